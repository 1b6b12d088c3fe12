//! `Task`: a future that runs a coroutine. How it runs is in `step`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::context::Context;
use krait_runtime::{
    Field, Obj, Py, PyClass, PyDict, PyObject, PyResult, PyStr, PyTuple, PyType, context, intern,
    none, runtime_error, type_error,
};

use super::future::{Future, assigned, undisturbed};
use super::state::state;
use super::{library, or_none, step};

/// A coroutine wrapped in a Future.
#[pyclass(name = "Task", module = "_asyncio", base = Future, flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Task {
    future: Future,
    /// What the coroutine waits for.
    #[traverse]
    waits_for: Field<PyObject>,
    #[traverse]
    coroutine: Field<PyObject>,
    /// Its name, or nothing if it has only a number yet.
    #[traverse]
    name: Field<PyObject>,
    #[traverse]
    context: Field<PyObject>,
    number: Cell<u64>,
    cancel_requests: Cell<isize>,
    /// Whether a `CancelledError` is to be thrown at the next step.
    must_cancel: Cell<bool>,
    log_destroy_pending: Cell<bool>,
}

impl Task {
    /// The task as a future.
    pub(super) fn future(&self) -> &Future {
        &self.future
    }

    pub(super) fn coroutine(&self) -> Option<Obj> {
        self.coroutine.get()
    }

    pub(super) fn context(&self) -> PyResult<Obj> {
        self.context
            .get()
            .ok_or_else(|| runtime_error!("Task object is not initialized."))
    }

    pub(super) fn must_cancel(&self) -> bool {
        self.must_cancel.get()
    }

    pub(super) fn set_must_cancel(&self, must: bool) {
        self.must_cancel.set(must);
    }

    pub(super) fn wait_for(&self, future: Option<Obj>) {
        self.waits_for.set(future);
    }

    /// Runs the first step at once instead of scheduling it.
    fn start_eagerly(&self, event_loop: &PyObject) -> PyResult<()> {
        let before = state().swap(event_loop, Some(self.to_obj()))?;
        let result = self.first_step();
        let back = state().swap(event_loop, before);
        if self.future.is_pending() {
            state().register(self)?;
        } else {
            self.coroutine.set(None);
        }
        result?;
        back.map(drop)
    }

    fn first_step(&self) -> PyResult<()> {
        let context = self.context()?;
        let Some(context) = context.downcast::<Context>() else {
            return Err(type_error!(
                "an instance of Context was expected, not {}",
                context.type_().tp_name()
            ));
        };
        let eager = state().eager()?;
        let hash = self.as_object().hash()?;
        eager.table().add_hash(self.as_object(), hash)?;
        let result = context.run_in(|| step::run(self, None));
        eager.table().discard_hash(self.as_object(), hash)?;
        result
    }
}

/// Whether an object can be run as a coroutine.
fn is_coroutine(object: &PyObject) -> PyResult<bool> {
    let known = &state().coroutine_class;
    if known.is(object.type_()) {
        return Ok(true);
    }
    let found = library("asyncio.coroutines", "iscoroutine")?
        .call1(object)?
        .is_true()?;
    if found && !object.type_().is_heap_type() {
        known.set(Some(PyClass::to_owned(object.type_())));
    }
    Ok(found)
}

#[pymethods]
impl Task {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let task = Task {
            future: Future::empty(),
            waits_for: Field::empty(),
            coroutine: Field::empty(),
            name: Field::empty(),
            context: Field::empty(),
            number: Cell::new(0),
            cancel_requests: Cell::new(0),
            must_cancel: Cell::new(false),
            log_destroy_pending: Cell::new(false),
        };
        Ok(Py::new_in(class, task)?.into_object())
    }

    #[pyinit(signature = "(coro, *, loop=None, name=None, context=None, eager_start=False)")]
    fn init(
        &self,
        coro: &PyObject,
        r#loop: Option<&PyObject>,
        name: Option<&PyObject>,
        context: Option<&PyObject>,
        eager_start: bool,
    ) -> PyResult<()> {
        self.future.initialize(r#loop)?;
        if !is_coroutine(coro)? {
            self.log_destroy_pending.set(false);
            return Err(type_error!(
                "a coroutine was expected, got {}",
                coro.to_display_repr()
            ));
        }
        let context = match context {
            Some(context) => context.to_obj(),
            None => context::copy_current()?.into_object(),
        };
        self.context.set(Some(context));
        self.waits_for.set(None);
        self.must_cancel.set(false);
        self.log_destroy_pending.set(true);
        self.cancel_requests.set(0);
        self.coroutine.set(Some(coro.to_obj()));
        match name {
            None => self.number.set(state().next_number()),
            Some(name) if name.is_exact::<PyStr>() => self.name.set(Some(name.to_obj())),
            Some(name) => self.name.set(Some(name.str()?.into_object())),
        }
        let event_loop = self.future.event_loop()?;
        if eager_start
            && event_loop
                .call_method(intern!("is_running"), &[])?
                .is_true()?
        {
            return self.start_eagerly(&event_loop);
        }
        step::schedule(self, None)?;
        state().register(self)
    }

    /// Request that this task cancel itself.
    ///
    /// This arranges for a CancelledError to be thrown into the
    /// wrapped coroutine on the next cycle through the event loop.
    /// The coroutine then has a chance to clean up or even deny
    /// the request using try/except/finally.
    ///
    /// Unlike Future.cancel, this does not guarantee that the
    /// task will be cancelled: the exception might be caught and
    /// acted upon, delaying cancellation of the task or preventing
    /// cancellation completely.  The task may also return a value or
    /// raise a different exception.
    ///
    /// This also increases the task's count of cancellation requests.
    #[pymethod(signature = "($self, /, msg=None)")]
    fn cancel(&self, msg: Option<&PyObject>) -> PyResult<bool> {
        self.future.forget_traceback();
        if !self.future.is_pending() {
            return Ok(false);
        }
        self.cancel_requests.set(self.cancel_requests.get() + 1);
        let message = or_none(msg.map(PyClass::to_obj));
        if let Some(waits_for) = self.waits_for.get() {
            let cancel = waits_for.getattr(intern!("cancel"))?;
            if cancel.call_kw(&[], &[("msg", &message)])?.is_true()? {
                return Ok(true);
            }
        }
        self.must_cancel.set(true);
        self.future.set_cancel_message(Some(message));
        Ok(true)
    }

    /// Return the count of the task's cancellation requests.
    ///
    /// This count is incremented when .cancel() is called
    /// and may be decremented using .uncancel().
    #[pymethod(signature = "($self, /)")]
    fn cancelling(&self) -> isize {
        self.cancel_requests.get()
    }

    /// Decrement the task's count of cancellation requests.
    ///
    /// This should be used by tasks that catch CancelledError
    /// and wish to continue indefinitely until they are cancelled again.
    ///
    /// Returns the remaining number of cancellation requests.
    #[pymethod(signature = "($self, /)")]
    fn uncancel(&self) -> isize {
        let requests = self.cancel_requests.get();
        if requests > 0 {
            self.cancel_requests.set(requests - 1);
            if requests == 1 {
                self.must_cancel.set(false);
            }
        }
        self.cancel_requests.get()
    }

    /// Return the list of stack frames for this task's coroutine.
    ///
    /// If the coroutine is not done, this returns the stack where it is
    /// suspended.  If the coroutine has completed successfully or was
    /// cancelled, this returns an empty list.  If the coroutine was
    /// terminated by an exception, this returns the list of traceback
    /// frames.
    ///
    /// The optional limit gives the maximum number of frames to
    /// return; by default all available frames are returned.
    #[pymethod(signature = "($self, /, *, limit=None)")]
    fn get_stack(&self, limit: Option<&PyObject>) -> PyResult<Obj> {
        library("asyncio.base_tasks", "_task_get_stack")?
            .call(&[self.as_object(), limit.unwrap_or(none())])
    }

    /// Print the stack or traceback for this task's coroutine.
    ///
    /// The limit argument is passed to get_stack().  The file argument is
    /// an I/O stream to which the output is written; by default output
    /// is written to sys.stderr.
    #[pymethod(signature = "($self, /, *, limit=None, file=None)")]
    fn print_stack(&self, limit: Option<&PyObject>, file: Option<&PyObject>) -> PyResult<Obj> {
        library("asyncio.base_tasks", "_task_print_stack")?.call(&[
            self.as_object(),
            limit.unwrap_or(none()),
            file.unwrap_or(none()),
        ])
    }

    #[pymethod(signature = "($self, result, /)")]
    fn set_result(&self, result: &PyObject) -> PyResult<()> {
        let _ = result;
        Err(runtime_error!("Task does not support set_result operation"))
    }

    #[pymethod(signature = "($self, exception, /)")]
    fn set_exception(&self, exception: &PyObject) -> PyResult<()> {
        let _ = exception;
        Err(runtime_error!(
            "Task does not support set_exception operation"
        ))
    }

    #[pymethod(signature = "($self, /)")]
    fn get_coro(&self) -> Option<Obj> {
        self.coroutine.get()
    }

    #[pymethod(signature = "($self, /)")]
    fn get_context(&self) -> Option<Obj> {
        self.context.get()
    }

    #[pymethod(signature = "($self, /)")]
    fn get_name(&self) -> PyResult<Option<Obj>> {
        if !self.name.is_some() && self.number.get() > 0 {
            let name = PyStr::new(&format!("Task-{}", self.number.get()))?;
            self.name.set(Some(name.into_object()));
        }
        Ok(self.name.get())
    }

    #[pymethod(signature = "($self, value, /)")]
    fn set_name(&self, value: &PyObject) -> PyResult<()> {
        let name = if value.is_exact::<PyStr>() {
            value.to_obj()
        } else {
            value.str()?.into_object()
        };
        self.name.set(Some(name));
        Ok(())
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        library("asyncio.base_tasks", "_task_repr")?.call1(self.as_object())
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        state().forget(self);
        undisturbed(|| {
            if self.future.is_pending() && self.log_destroy_pending.get() {
                let reported = self.future.report(
                    "Task was destroyed but it is pending!",
                    &[
                        ("task", Some(self.to_obj())),
                        ("source_traceback", self.future.source_traceback()),
                    ],
                );
                if let Err(error) = reported {
                    error.write_unraisable(None, Some(self.as_object()));
                }
            }
            self.future.end();
        });
    }

    #[pygetter(name = "_log_destroy_pending")]
    fn get_log_destroy_pending(&self) -> bool {
        self.log_destroy_pending.get()
    }

    #[pysetter(name = "_log_destroy_pending")]
    fn set_log_destroy_pending(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.log_destroy_pending.set(assigned(value)?.is_true()?);
        Ok(())
    }

    #[pygetter(name = "_must_cancel")]
    fn get_must_cancel(&self) -> bool {
        self.must_cancel.get()
    }

    #[pygetter(name = "_coro")]
    fn get_coroutine(&self) -> Option<Obj> {
        self.coroutine.get()
    }

    #[pygetter(name = "_fut_waiter")]
    fn get_fut_waiter(&self) -> Option<Obj> {
        self.waits_for.get()
    }
}
