//! Asynchronous generators, and what their `__anext__`, `asend`, `athrow` and `aclose` return.
//!
//! A value that an asynchronous generator yields is wrapped ([`PyAsyncGenWrappedValue`]), so that it
//! can be told from what an `await` inside it passes through.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::frame::PyFrame;
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyErr, PyObject, PyResult, PyStr, SendResult, WeakList,
    exc, runtime_error, type_error,
};

use crate::genobject::{
    BASIC_SIZE, GenBody, dealloc, generator_attributes, generic, thrown_with_warning, traverse,
};

mod anext;
mod asend;
mod athrow;

pub use anext::PyAnextAwaitable;
pub(crate) use asend::PyAsyncGenASend;
pub(crate) use athrow::PyAsyncGenAThrow;

/// An asynchronous generator.
#[pyclass(
    name = "async_generator",
    symbol = PyAsyncGen_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = BASIC_SIZE,
    itemsize = 8,
    methods(METHODS, ATTRIBUTES, STATE, ASYNC, SLOTS)
)]
#[repr(C)]
pub struct PyAsyncGen {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

/// A value yielded by an asynchronous generator.
#[pyclass(
    name = "async_generator_wrapped_value",
    symbol = _PyAsyncGenWrappedValue_Type,
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct PyAsyncGenWrappedValue {
    ob_base: PyObject,
    #[traverse]
    value: Field<PyObject>,
}

#[pymethods]
impl PyAsyncGenWrappedValue {}

/// Wraps what an asynchronous generator yields.
pub(crate) fn wrap_value(value: &PyObject) -> PyResult<Obj> {
    let wrapped = PyAsyncGenWrappedValue {
        ob_base: PyObject::HEADER,
        value: Field::new(value.to_obj()),
    };
    Ok(Py::new(wrapped)?.into_object())
}

/// How far an awaitable of an asynchronous generator has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Init,
    Iter,
    Closed,
}

impl PyAsyncGen {
    /// Calls the hooks of the event loop when the generator is first used.
    fn init_hooks(&self) -> PyResult<()> {
        if self.body.gi_hooks_inited.replace(1) != 0 {
            return Ok(());
        }
        let ts = ThreadState::current();
        if let Some(finalizer) = ts.async_gen_finalizer.get() {
            self.body.gi_origin_or_finalizer.set(Some(finalizer));
        }
        match ts.async_gen_firstiter.get() {
            Some(first) => first.call1(self.as_object()).map(drop),
            None => Ok(()),
        }
    }

    fn set_running(&self, running: bool) {
        self.body.gi_running_async.set(i8::from(running));
    }

    fn is_running(&self) -> bool {
        self.body.gi_running_async.get() != 0
    }

    /// What came out of the generator, for who awaits it: a yielded value ends the awaiting.
    fn unwrap(&self, result: PyResult<Obj>) -> PyResult<SendResult> {
        match result {
            Err(error) => {
                if error.matches(&exc::StopAsyncIteration) || error.matches(&exc::GeneratorExit) {
                    self.body.gi_closed.set(1);
                }
                self.set_running(false);
                Err(error)
            }
            Ok(value) => match value.downcast_exact::<PyAsyncGenWrappedValue>() {
                Some(wrapped) => {
                    self.set_running(false);
                    let value = wrapped
                        .value
                        .get()
                        .unwrap_or_else(|| krait_runtime::none().to_obj());
                    Ok(SendResult::Return(value))
                }
                None => Ok(SendResult::Next(value)),
            },
        }
    }

    /// Sends a value; the end of the generator is `StopAsyncIteration`.
    fn send_value(&self, value: &PyObject) -> PyResult<Obj> {
        match generic(self).send_raw(value)? {
            SendResult::Next(value) => Ok(value),
            SendResult::Return(_) => Err(PyErr::set_none(&exc::StopAsyncIteration)),
        }
    }
}

/// What an awaitable's `send` and `throw` show to Python code: the end is `StopIteration`.
fn shown(result: PyResult<SendResult>) -> PyResult<Obj> {
    match result? {
        SendResult::Next(value) => Ok(value),
        SendResult::Return(value) => Err(krait_runtime::err::stop_iteration(value)),
    }
}

#[pymethods]
impl PyAsyncGen {
    /// Return an awaitable, that resumes the async generator with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn asend(&self, value: &PyObject) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenASend::over(self, Some(value.to_obj()))
    }

    /// Return an awaitable, that raises an exception where the generator is suspended.
    #[pymethod(
        signature = "($self, type, value=None, traceback=None, /)",
        text_signature = ""
    )]
    fn athrow(
        &self,
        kind: Obj,
        value: OptionalArg<Obj>,
        traceback: OptionalArg<Obj>,
    ) -> PyResult<Obj> {
        let args = thrown_with_warning("athrow", kind, value, traceback)?;
        self.init_hooks()?;
        PyAsyncGenAThrow::over(self, Some(krait_runtime::PyTuple::from_vec(args)?))
    }

    /// Return an awaitable, that raises GeneratorExit where the generator is suspended.
    #[pymethod(signature = "($self, /)")]
    fn aclose(&self) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenAThrow::over(self, None)
    }
}

generator_attributes!(PyAsyncGen [
    "The generator's name."
    "The generator's qualified name."
]);

#[pymethods(STATE)]
impl PyAsyncGen {
    #[pygetter]
    fn ag_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        generic(self).frame_object()
    }

    #[pygetter]
    fn ag_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn ag_running(&self) -> bool {
        self.is_running()
    }

    #[pygetter]
    fn ag_suspended(&self) -> bool {
        matches!(
            self.body.gi_frame_state.get(),
            abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM
        )
    }

    /// What the generator is awaiting, or None.
    #[pygetter]
    fn ag_await(&self) -> Option<Obj> {
        self.body.delegate()
    }
}

#[pymethods(ASYNC)]
impl PyAsyncGen {
    #[slot(am_aiter)]
    fn am_aiter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(am_anext)]
    fn am_anext(&self) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenASend::over(self, None)
    }
}

/// Warns that what a method of an asynchronous generator returned was never awaited.
fn warn_unawaited_method(generator: &PyAsyncGen, method: &str) {
    let pending = PyErr::occurred().map(PyErr::take);
    let name = generator
        .body
        .gi_qualname
        .get()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let message = format!("coroutine method '{method}' of '{name}' was never awaited");
    if let Err(error) =
        krait_runtime::hooks::warn_about(generator, &exc::RuntimeWarning, &message, 1)
    {
        let context =
            format!("Exception ignored while finalizing coroutine method '{method}' of '{name}'");
        error.write_unraisable(Some(&context), None);
    }
    if let Some(pending) = pending {
        let _set = PyErr::restore(pending);
    }
}

/// What `close()` makes of what a thrown `GeneratorExit` led to.
fn closed(result: PyResult<Obj>) -> PyResult<()> {
    match result {
        Ok(_) => Err(runtime_error!("coroutine ignored GeneratorExit")),
        Err(error)
            if error.matches(&exc::StopIteration)
                || error.matches(&exc::StopAsyncIteration)
                || error.matches(&exc::GeneratorExit) =>
        {
            error.clear();
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// An object that is its own iterator, and what awaiting it drives.
macro_rules! self_awaiting {
    ($class:ident) => {
        #[pymethods(AWAIT)]
        impl $class {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(am_await)]
            fn am_await(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }
        }
    };
}

/// An awaitable of an asynchronous generator: how it is awaited, driven and closed by its own `send`
/// and `throw`.
macro_rules! awaiter {
    ($class:ident) => {
        $crate::asyncgen::self_awaiting!($class);

        #[pymethods(CLOSE)]
        impl $class {
            /// Raise GeneratorExit where execution is suspended.
            #[pymethod(signature = "($self, /)")]
            fn close(&self) -> PyResult<()> {
                if self.state.get() == State::Closed {
                    return Ok(());
                }
                let exit = exc::GeneratorExit.to_obj();
                $crate::asyncgen::closed(self.throw(
                    exit,
                    OptionalArg::Missing,
                    OptionalArg::Missing,
                ))
            }

            #[slot(tp_iternext)]
            fn iternext(&self) -> PyResult<Option<Obj>> {
                self.send(krait_runtime::none()).map(Some)
            }
        }
    };
}

use {awaiter, self_awaiting};
