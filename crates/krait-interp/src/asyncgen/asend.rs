//! The awaitable of `__anext__` and `asend`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyObject, PyResult, SendResult, exc, runtime_error,
};

use super::{PyAsyncGen, State, awaiter, shown, warn_unawaited_method};
use crate::genobject::{generic, thrown};

/// What `__anext__` and `asend` return.
#[pyclass(name = "async_generator_asend", symbol = _PyAsyncGenASend_Type, flags(GC, DISALLOW_INSTANTIATION), methods(METHODS, AWAIT, CLOSE))]
#[repr(C)]
pub struct PyAsyncGenASend {
    ob_base: PyObject,
    #[traverse]
    generator: Field<PyAsyncGen>,
    #[traverse]
    value: Field<PyObject>,
    state: Cell<State>,
}

const ASEND_REUSED: &str = "cannot reuse already awaited __anext__()/asend()";

impl PyAsyncGenASend {
    pub(super) fn over(generator: &PyAsyncGen, value: Option<Obj>) -> PyResult<Obj> {
        let made = PyAsyncGenASend {
            ob_base: PyObject::HEADER,
            generator: Field::new(PyClass::to_owned(generator)),
            value: Field::from_option(value),
            state: Cell::new(State::Init),
        };
        Ok(Py::new(made)?.into_object())
    }

    /// Marks generator and awaitable as running; an error if either cannot be.
    fn start(&self) -> PyResult<Py<PyAsyncGen>> {
        let generator = self
            .generator
            .get()
            .ok_or_else(|| runtime_error!("{ASEND_REUSED}"))?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ASEND_REUSED}"));
        }
        if self.state.get() == State::Init {
            if generator.is_running() {
                self.state.set(State::Closed);
                return Err(runtime_error!(
                    "anext(): asynchronous generator is already running"
                ));
            }
            self.state.set(State::Iter);
        }
        generator.set_running(true);
        Ok(generator)
    }

    fn finish(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<SendResult> {
        let result = generator.unwrap(result);
        if !matches!(result, Ok(SendResult::Next(_))) {
            self.state.set(State::Closed);
        }
        result
    }

    /// Sends a value into the generator, without a `StopIteration` when it has yielded.
    pub(crate) fn send_raw(&self, value: &PyObject) -> PyResult<SendResult> {
        let first = self.state.get() == State::Init;
        let generator = self.start()?;
        let own = self.value.get();
        let value = match &own {
            Some(own) if first && value.is(krait_runtime::none()) => own,
            _ => value,
        };
        let result = generator.send_value(value);
        self.finish(&generator, result)
    }
}

#[pymethods]
impl PyAsyncGenASend {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        shown(self.send_raw(value))
    }

    /// Raise an exception where execution is suspended.
    #[pymethod(
        signature = "($self, type, value=None, traceback=None, /)",
        text_signature = ""
    )]
    fn throw(
        &self,
        kind: Obj,
        value: OptionalArg<Obj>,
        traceback: OptionalArg<Obj>,
    ) -> PyResult<Obj> {
        let generator = self.start()?;
        let result = generic(&*generator).gen_throw(&thrown(kind, value, traceback), true);
        shown(self.finish(&generator, result))
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        if self.state.get() == State::Init
            && let Some(generator) = self.generator.get()
        {
            warn_unawaited_method(&generator, "asend");
        }
    }
}

awaiter!(PyAsyncGenASend);
