//! Coroutines, and the iterators that `__await__` makes of them.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::frame::PyFrame;
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyObject, PyResult, PyStr, SendResult, WeakList,
    runtime_error, type_error,
};

use super::methods::{generator_attributes, generator_resumption};
use super::{BASIC_SIZE, GenBody, PyGenerator, dealloc, generic, traverse};

/// A coroutine: what calling an `async def` function makes.
#[pyclass(
    name = "coroutine",
    symbol = PyCoro_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = BASIC_SIZE,
    itemsize = 8,
    methods(ATTRIBUTES, RESUMPTION, METHODS, SLOTS)
)]
#[repr(C)]
pub struct PyCoroutine {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

impl PyCoroutine {
    /// What all generators have.
    pub(crate) fn body(&self) -> &GenBody {
        &self.body
    }

    /// The coroutine as what it is laid out as.
    pub(crate) fn as_generator(&self) -> &PyGenerator {
        // SAFETY: the classes have one layout.
        unsafe { self.as_object().downcast_unchecked() }
    }
}

generator_attributes!(PyCoroutine [
    "The name of the coroutine."
    "The qualified name of the coroutine."
]);

generator_resumption!(PyCoroutine [
    "send(value) -> pass the value into coroutine, and\nreturn the next value it yields or raise StopIteration."
    "throw(exception) -> raise the exception in coroutine, and\nreturn the next value it yields or raise StopIteration."
    "close() -> raise GeneratorExit inside coroutine."
]);

#[pymethods]
impl PyCoroutine {
    #[pygetter]
    fn cr_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        generic(self).frame_object()
    }

    #[pygetter]
    fn cr_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn cr_running(&self) -> bool {
        self.body.gi_frame_state.get() == abi::FRAME_EXECUTING
    }

    #[pygetter]
    fn cr_suspended(&self) -> bool {
        matches!(
            self.body.gi_frame_state.get(),
            abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM
        )
    }

    /// What the coroutine is awaiting, or None.
    #[pygetter]
    fn cr_await(&self) -> Option<Obj> {
        self.body.delegate()
    }

    #[pygetter]
    fn cr_origin(&self) -> Option<Obj> {
        self.body.gi_origin_or_finalizer.get()
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        Ok(PyCoroWrapper::over(self)?.into_object())
    }
}

/// What a coroutine's `__await__` returns: an iterator that drives it.
#[pyclass(name = "coroutine_wrapper", symbol = _PyCoroWrapper_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyCoroWrapper {
    ob_base: PyObject,
    #[traverse]
    coroutine: Field<PyCoroutine>,
}

impl PyCoroWrapper {
    fn over(coroutine: &PyCoroutine) -> PyResult<Py<PyCoroWrapper>> {
        Py::new(PyCoroWrapper {
            ob_base: PyObject::HEADER,
            coroutine: Field::new(PyClass::to_owned(coroutine)),
        })
    }

    fn coroutine(&self) -> PyResult<Py<PyCoroutine>> {
        self.coroutine
            .get()
            .ok_or_else(|| runtime_error!("the coroutine is gone"))
    }
}

#[pymethods]
impl PyCoroWrapper {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        self.coroutine()?.as_generator().gen_send(value)
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
        self.coroutine()?
            .as_generator()
            .throw_given(kind, value, traceback)
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        self.coroutine()?.as_generator().gen_close()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.coroutine()?.as_generator().next()
    }
}
