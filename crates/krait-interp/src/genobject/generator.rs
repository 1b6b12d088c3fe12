//! The methods of generators.

use krait_abi as abi;
use krait_macros::pymethods;
use krait_runtime::frame::PyFrame;
use krait_runtime::{
    Obj, OptionalArg, Py, PyClass, PyObject, PyResult, PyStr, SendResult, type_error,
};

use super::methods::{generator_attributes, generator_resumption};
use super::{BASIC_SIZE, PyGenerator, dealloc, generic, traverse};

generator_attributes!(PyGenerator [
    "The name of the generator."
    "The qualified name of the generator."
]);

generator_resumption!(PyGenerator [
    "send(value) -> go on inside the generator with value, and\nreturn the next value it yields or raise StopIteration."
    "throw(exception) -> raise the exception inside the generator, and\nreturn the next value it yields or raise StopIteration."
    "close() -> raise GeneratorExit inside the generator."
]);

#[pymethods]
impl PyGenerator {
    #[pygetter]
    fn gi_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        generic(self).frame_object()
    }

    #[pygetter]
    fn gi_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn gi_running(&self) -> bool {
        self.body.gi_frame_state.get() == abi::FRAME_EXECUTING
    }

    #[pygetter]
    fn gi_suspended(&self) -> bool {
        matches!(
            self.body.gi_frame_state.get(),
            abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM
        )
    }

    /// What the generator is iterating over with `yield from`, or None.
    #[pygetter]
    fn gi_yieldfrom(&self) -> Option<Obj> {
        self.body.delegate()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.next()
    }
}
