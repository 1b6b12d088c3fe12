//! Running a generator from native code: `next`, `send`, and an exception raised inside it.

use krait_abi as abi;
use krait_runtime::frame::StackRef;
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Obj, PyClass, PyErr, PyObject, PyResult, SendResult, exc, runtime_error, type_error,
    value_error,
};

use super::{GenBody, PyGenerator, resume_in_loop, unlink_exceptions};
use crate::eval::eval_frame;

/// How a generator is resumed from native code.
enum Resume<'a> {
    /// `next()`: nothing is said when it has already finished.
    Next,
    /// `send(value)`.
    Send(&'a PyObject),
    /// The exception that is set is raised in it.
    Throw {
        /// It is being closed: that it has already finished is no error.
        closing: bool,
    },
}

impl PyGenerator {
    /// Runs the generator until it yields, returns or raises; `None` if it had finished before.
    fn resume(&self, how: Resume<'_>) -> PyResult<Option<SendResult>> {
        let body = &self.body;
        let state = body.gi_frame_state.get();
        if state == abi::FRAME_CREATED
            && let Resume::Send(value) = &how
            && !value.is(krait_runtime::none())
        {
            return Err(type_error!(
                "can't send non-None value to a just-started {}",
                self.kind()
            ));
        }
        if state == abi::FRAME_EXECUTING {
            return Err(value_error!("{} already executing", self.kind()));
        }
        if state > abi::FRAME_EXECUTING {
            return self.resume_finished(&how);
        }
        let ts = ThreadState::current();
        let throw = matches!(how, Resume::Throw { .. });
        crate::call::check_recursion(ts)?;
        // The frame may be the last to refer to the generator.
        let _alive = self.to_obj();
        let value = match how {
            Resume::Send(value) => StackRef::new(value),
            _ => StackRef::from_immortal(krait_runtime::none()),
        };
        if throw {
            chain_context(ts, body);
        }
        // SAFETY: the generator is suspended, and alive during the run.
        let result = unsafe {
            let frame = resume_in_loop(ts, self, value, std::ptr::null_mut());
            eval_frame(ts, frame, throw)
        };
        let suspended = body.gi_frame_state.get() < abi::FRAME_EXECUTING;
        match result {
            Ok(value) if suspended => Ok(Some(SendResult::Next(value))),
            Ok(value) => Ok(Some(SendResult::Return(value))),
            Err(error) => {
                if body.gi_frame_state.get() == abi::FRAME_EXECUTING {
                    // The loop was never entered.
                    unlink_exceptions(ts, body);
                    body.gi_frame_state.set(state);
                }
                Err(error)
            }
        }
    }

    fn resume_finished(&self, how: &Resume<'_>) -> PyResult<Option<SendResult>> {
        if self.is_coroutine() && !matches!(how, Resume::Throw { closing: true }) {
            if let Some(pending) = PyErr::occurred() {
                pending.clear();
            }
            return Err(runtime_error!("cannot reuse already awaited coroutine"));
        }
        match how {
            Resume::Send(_) => Ok(Some(SendResult::Return(krait_runtime::none().to_obj()))),
            Resume::Next => Ok(None),
            Resume::Throw { .. } => Err(PyErr::fetch()),
        }
    }

    /// `send` as the `am_send` slot does it: no `StopIteration` is made.
    pub(crate) fn send_raw(&self, value: &PyObject) -> PyResult<SendResult> {
        match self.resume(Resume::Send(value))? {
            Some(result) => Ok(result),
            None => Ok(SendResult::Return(krait_runtime::none().to_obj())),
        }
    }

    /// `send` as Python code sees it.
    pub(crate) fn gen_send(&self, value: &PyObject) -> PyResult<Obj> {
        match self.send_raw(value)? {
            SendResult::Next(value) => Ok(value),
            SendResult::Return(value) => Err(self.stop(value)),
        }
    }

    /// The exception that ends an iteration with this value.
    fn stop(&self, value: Obj) -> PyErr {
        if self.is_async() && value.is(krait_runtime::none()) {
            return PyErr::set_none(&exc::StopAsyncIteration);
        }
        krait_runtime::err::stop_iteration(value)
    }

    /// `__next__`: `None` at the end, an exception if the return value is not None.
    pub(crate) fn next(&self) -> PyResult<Option<Obj>> {
        match self.resume(Resume::Next)? {
            Some(SendResult::Next(value)) => Ok(Some(value)),
            None => Ok(None),
            Some(SendResult::Return(value)) if value.is(krait_runtime::none()) => Ok(None),
            Some(SendResult::Return(value)) => Err(self.stop(value)),
        }
    }

    /// Raises the exception that is set inside the generator.
    pub(super) fn throw_set(&self, closing: bool) -> PyResult<Obj> {
        match self.resume(Resume::Throw { closing })? {
            Some(SendResult::Next(value)) => Ok(value),
            Some(SendResult::Return(value)) => Err(self.stop(value)),
            None => Err(PyErr::fetch()),
        }
    }
}

/// Links what is being handled outside the generator as the context of what is thrown into it.
fn chain_context(ts: &ThreadState, body: &GenBody) {
    let handled = body.gi_exc_state.exc_value.get();
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let _ = ts;
    let exception = error.value();
    if let (Some(handled), Some(raised)) = (
        handled,
        exception.downcast::<krait_runtime::PyBaseException>(),
    ) && !handled.is(&exception)
        && !raised.context.is_some()
    {
        raised.context.set(Some(handled));
    }
}
