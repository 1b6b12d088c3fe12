//! The awaitable of `anext(iterator, default)`.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{Field, Obj, OptionalArg, Py, PyClass, PyObject, PyResult, exc, type_error};

use super::self_awaiting;
use crate::genobject::{await_iter, next_with_value, thrown};

/// What `anext(iterator, default)` returns.
#[pyclass(name = "anext_awaitable", symbol = _PyAnextAwaitable_Type, flags(GC, DISALLOW_INSTANTIATION), methods(METHODS, AWAIT))]
#[repr(C)]
pub struct PyAnextAwaitable {
    ob_base: PyObject,
    #[traverse]
    wrapped: Field<PyObject>,
    #[traverse]
    default: Field<PyObject>,
}

impl PyAnextAwaitable {
    /// Awaits `wrapped`; its end gives `default`.
    pub fn over(wrapped: Obj, default: Obj) -> PyResult<Obj> {
        let made = PyAnextAwaitable {
            ob_base: PyObject::HEADER,
            wrapped: Field::new(wrapped),
            default: Field::new(default),
        };
        Ok(Py::new(made)?.into_object())
    }

    /// The iterator that drives what is awaited.
    fn driver(&self) -> PyResult<Obj> {
        let wrapped = self
            .wrapped
            .get()
            .unwrap_or_else(|| krait_runtime::none().to_obj());
        let iterator = await_iter(&wrapped)?;
        if iterator.is_iterator() {
            return Ok(iterator);
        }
        // A coroutine: its own `__await__` gives an iterator.
        match iterator.call_special(krait_runtime::intern!("__await__"), &[])? {
            Some(driver) => Ok(driver),
            None => Err(type_error!(
                "'{}' object can't be awaited",
                iterator.type_().tp_name()
            )),
        }
    }

    fn or_default(&self, result: PyResult<Obj>) -> PyResult<Obj> {
        match result {
            Err(error) if error.matches(&exc::StopAsyncIteration) => {
                error.clear();
                let default = self
                    .default
                    .get()
                    .unwrap_or_else(|| krait_runtime::none().to_obj());
                Err(krait_runtime::err::stop_iteration(default))
            }
            result => result,
        }
    }

    fn proxy(&self, method: &'static str, args: &[&PyObject]) -> PyResult<Obj> {
        let driver = self.driver()?;
        self.or_default(driver.call_method_str(method, args))
    }
}

#[pymethods]
impl PyAnextAwaitable {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        self.proxy("send", &[value])
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
        let args = thrown(kind, value, traceback);
        let args: Vec<&PyObject> = args.iter().map(|arg| &**arg).collect();
        self.proxy("throw", &args)
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        self.proxy("close", &[])
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        let driver = self.driver()?;
        match self.or_default(next_with_value(&driver)) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error),
        }
    }
}

self_awaiting!(PyAnextAwaitable);
