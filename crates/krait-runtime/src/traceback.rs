//! `traceback`: one level of the way an exception took.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::field::Field;
use crate::frame::{Frame, PyFrame, frame_of};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyErr, PyList, PyResult, PyStr, PyType};

/// Create a new traceback object.
#[pyclass(name = "traceback", symbol = PyTraceBack_Type, flags(GC))]
#[repr(C)]
pub struct PyTraceback {
    ob_base: PyObject,
    /// The next inner level.
    #[traverse]
    pub tb_next: Field<PyTraceback>,
    /// The frame.
    #[traverse]
    pub tb_frame: Field<PyFrame>,
    /// The byte offset of the instruction.
    pub tb_lasti: Cell<i32>,
    /// The line, or -1 while it has not been worked out.
    tb_lineno: Cell<i32>,
}

const _: () = {
    assert!(offset_of!(PyTraceback, tb_frame) == offset_of!(abi::PyTracebackObject, tb_frame));
    assert!(offset_of!(PyTraceback, tb_lineno) == offset_of!(abi::PyTracebackObject, tb_lineno));
};

impl PyTraceback {
    /// A level at an instruction of a frame.
    pub fn at(
        next: Option<Py<PyTraceback>>,
        frame: Py<PyFrame>,
        lasti: i32,
        line: i32,
    ) -> PyResult<Py<PyTraceback>> {
        Py::new(PyTraceback {
            ob_base: PyObject::HEADER,
            tb_next: Field::from_option(next),
            tb_frame: Field::new(frame),
            tb_lasti: Cell::new(lasti),
            tb_lineno: Cell::new(line),
        })
    }

    /// The line, worked out when it is first asked for.
    pub fn line(&self) -> Option<i32> {
        if self.tb_lineno.get() != -1 {
            return Some(self.tb_lineno.get());
        }
        self.tb_frame
            .get()?
            .frame()
            .code()
            .line_of(self.tb_lasti.get())
    }
}

/// Adds the place where a frame is to the traceback of an exception: `PyTraceBack_Here`.
pub fn add_here(exception: &PyObject, frame: &Frame) -> PyResult<()> {
    let Some(raised) = exception.downcast::<crate::exceptions::PyBaseException>() else {
        return Ok(());
    };
    let next = raised
        .traceback
        .get()
        .and_then(|next| next.cast::<PyTraceback>().ok());
    // Making objects must not disturb what is being raised.
    let pending = PyErr::occurred().map(PyErr::take);
    let result =
        frame_of(frame).and_then(|object| PyTraceback::at(next, object, frame.lasti(), -1));
    match result {
        Ok(level) => {
            if let Some(pending) = pending {
                let _token = PyErr::restore(pending);
            }
            raised.traceback.set(Some(level.into_object()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[pymethods]
impl PyTraceback {
    #[pynew(signature = "(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn new(
        _cls: &PyType,
        tb_next: &PyObject,
        tb_frame: &PyFrame,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Py<Self>> {
        let next = match tb_next.downcast::<PyTraceback>() {
            Some(next) => Some(PyClass::to_owned(next)),
            None if tb_next.is(crate::none()) => None,
            None => {
                return Err(crate::type_error!(
                    "expected traceback object or None, got '{}'",
                    tb_next.type_().tp_name()
                ));
            }
        };
        Self::at(next, PyClass::to_owned(tb_frame), tb_lasti, tb_lineno)
    }

    #[pygetter]
    fn tb_next(&self) -> Option<Py<PyTraceback>> {
        self.tb_next.get()
    }

    #[pysetter]
    fn set_tb_next(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("can't delete tb_next attribute"));
        };
        let next = match value.downcast::<PyTraceback>() {
            Some(next) => Some(PyClass::to_owned(next)),
            None if value.is(crate::none()) => None,
            None => {
                return Err(crate::type_error!(
                    "expected traceback object, got '{}'",
                    value.type_().tp_name()
                ));
            }
        };
        let mut cursor = next.clone();
        while let Some(level) = cursor {
            if level.is(self) {
                return Err(crate::value_error!("traceback loop detected"));
            }
            cursor = level.tb_next.get();
        }
        self.tb_next.set(next);
        Ok(())
    }

    #[pygetter]
    fn tb_frame(&self) -> Option<Py<PyFrame>> {
        self.tb_frame.get()
    }

    #[pygetter]
    fn tb_lasti(&self) -> i32 {
        self.tb_lasti.get()
    }

    #[pygetter]
    fn tb_lineno(&self) -> Option<i32> {
        self.line()
    }

    #[pymethod(name = "__dir__", signature = "($self, /)")]
    fn dir(&self) -> PyResult<Obj> {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        let names = names
            .iter()
            .map(|name| Ok(PyStr::intern(name)?.into_object()));
        Ok(PyList::from_vec(names.collect::<PyResult<_>>()?)?.into_object())
    }
}
