//! The awaitable of `athrow` and `aclose`.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyErr, PyObject, PyResult, exc, runtime_error,
};

use super::{PyAsyncGen, PyAsyncGenWrappedValue, State, awaiter, shown, warn_unawaited_method};
use crate::genobject::{generic, thrown};

/// What `athrow` and `aclose` return.
#[pyclass(name = "async_generator_athrow", symbol = _PyAsyncGenAThrow_Type, flags(GC, DISALLOW_INSTANTIATION), methods(METHODS, AWAIT, CLOSE))]
#[repr(C)]
pub struct PyAsyncGenAThrow {
    ob_base: PyObject,
    #[traverse]
    generator: Field<PyAsyncGen>,
    /// What is thrown; empty for `aclose`.
    #[traverse]
    args: Field<krait_runtime::PyTuple>,
    state: Cell<State>,
}

const ATHROW_REUSED: &str = "cannot reuse already awaited aclose()/athrow()";

impl PyAsyncGenAThrow {
    pub(super) fn over(
        generator: &PyAsyncGen,
        args: Option<Py<krait_runtime::PyTuple>>,
    ) -> PyResult<Obj> {
        let made = PyAsyncGenAThrow {
            ob_base: PyObject::HEADER,
            generator: Field::new(PyClass::to_owned(generator)),
            args: Field::from_option(args),
            state: Cell::new(State::Init),
        };
        Ok(Py::new(made)?.into_object())
    }

    fn is_aclose(&self) -> bool {
        !self.args.is_some()
    }

    /// The method that made it.
    fn method_name(&self) -> &'static str {
        if self.is_aclose() { "aclose" } else { "athrow" }
    }

    fn generator(&self) -> PyResult<Py<PyAsyncGen>> {
        self.generator
            .get()
            .ok_or_else(|| runtime_error!("{ATHROW_REUSED}"))
    }

    /// The first resumption: throws.
    fn begin(&self, generator: &PyAsyncGen) -> PyResult<Obj> {
        if generator.is_running() {
            self.state.set(State::Closed);
            let name = self.method_name();
            return Err(runtime_error!(
                "{name}(): asynchronous generator is already running"
            ));
        }
        if generator.body.gi_closed.get() != 0 {
            self.state.set(State::Closed);
            return Err(PyErr::set_none(&exc::StopAsyncIteration));
        }
        self.state.set(State::Iter);
        generator.set_running(true);
        match self.args.get() {
            None => {
                generator.body.gi_closed.set(1);
                let result = generic(generator).gen_throw(&[exc::GeneratorExit.to_obj()], false);
                self.finish_close(generator, result)
            }
            Some(args) => {
                let args: Vec<Obj> = args.as_slice().to_vec();
                let result = generic(generator).gen_throw(&args, false);
                let result = shown(generator.unwrap(result));
                if result.is_err() {
                    self.check_error(generator, result)
                } else {
                    result
                }
            }
        }
    }

    /// In `aclose`, a generator that yields a value has ignored the request.
    fn finish_close(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<Obj> {
        match result {
            Ok(value) if value.is_exact::<PyAsyncGenWrappedValue>() => {
                generator.set_running(false);
                self.state.set(State::Closed);
                Err(runtime_error!("async generator ignored GeneratorExit"))
            }
            Ok(value) => Ok(value),
            Err(error) => self.check_error(generator, Err(error)),
        }
    }

    fn check_error(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<Obj> {
        generator.set_running(false);
        self.state.set(State::Closed);
        match result {
            Err(error)
                if self.is_aclose()
                    && (error.matches(&exc::StopAsyncIteration)
                        || error.matches(&exc::GeneratorExit)) =>
            {
                error.clear();
                Err(PyErr::set_none(&exc::StopIteration))
            }
            result => result,
        }
    }
}

#[pymethods]
impl PyAsyncGenAThrow {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        let generator = self.generator()?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ATHROW_REUSED}"));
        }
        if generator.body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            self.state.set(State::Closed);
            return Err(PyErr::set_none(&exc::StopIteration));
        }
        if self.state.get() == State::Init {
            if !value.is(krait_runtime::none()) && !generator.is_running() {
                return Err(runtime_error!(
                    "can't send non-None value to a just-started coroutine"
                ));
            }
            return self.begin(&generator);
        }
        let result = generator.send_value(value);
        if self.is_aclose() {
            return self.finish_close(&generator, result);
        }
        shown(generator.unwrap(result))
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
        let generator = self.generator()?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ATHROW_REUSED}"));
        }
        if self.state.get() == State::Init {
            if generator.is_running() {
                self.state.set(State::Closed);
                let name = self.method_name();
                return Err(runtime_error!(
                    "{name}(): asynchronous generator is already running"
                ));
            }
            self.state.set(State::Iter);
            generator.set_running(true);
        }
        let result = generic(&*generator).gen_throw(&thrown(kind, value, traceback), true);
        if self.is_aclose() {
            return self.finish_close(&generator, result);
        }
        let result = shown(generator.unwrap(result));
        if result.is_err() {
            self.state.set(State::Closed);
        }
        result
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        if self.state.get() == State::Init
            && let Some(generator) = self.generator.get()
        {
            warn_unawaited_method(&generator, self.method_name());
        }
    }
}

awaiter!(PyAsyncGenAThrow);
