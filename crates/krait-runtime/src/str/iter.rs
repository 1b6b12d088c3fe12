//! The iterators of strings: one for ASCII text, one for all other.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use super::PyStr;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, PyResult, exc};

/// `iter(text)`.
pub(super) fn new_iterator(text: &PyStr) -> PyResult<Obj> {
    let (index, text) = (Cell::new(0), Field::new(PyClass::to_owned(text)));
    // SAFETY: nothing else sees the field yet.
    if unsafe { text.borrow() }.is_some_and(PyStr::is_ascii) {
        let iter = PyStrAsciiIter {
            ob_base: PyObject::HEADER,
            index,
            text,
        };
        return Ok(Py::new(iter)?.into_object());
    }
    Ok(Py::new(PyStrIter {
        ob_base: PyObject::HEADER,
        index,
        text,
    })?
    .into_object())
}

/// Both classes do the same; ASCII's characters are always shared strings.
macro_rules! str_iterator {
    ($class:ident, $character:expr) => {
        #[pymethods]
        impl $class {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Obj>> {
                let index = self.index.get();
                // SAFETY: nothing runs that could change the field while it is borrowed.
                if let Some(text) = unsafe { self.text.borrow() } {
                    if index < text.len() {
                        self.index.set(index + 1);
                        let character: fn(u32) -> PyResult<Obj> = $character;
                        return character(text.char_at(index)).map(Some);
                    }
                    self.text.set(None);
                }
                Ok(None)
            }

            /// Private method returning an estimate of len(list(it)).
            #[pymethod(name = "__length_hint__")]
            fn length_hint(&self) -> usize {
                self.text
                    .get()
                    .map_or(0, |text| text.len() - self.index.get())
            }

            /// Return state information for pickling.
            #[pymethod(name = "__reduce__")]
            fn reduce(&self) -> PyResult<Obj> {
                let rest = || Some((self.text.get()?.into_object(), self.index.get() as isize));
                crate::seq_iter::reduce_iterator("iter", rest, || {
                    Ok(crate::interned::empty_str().to_obj())
                })
            }

            /// Set state information for unpickling.
            #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
            fn setstate(&self, object: &PyObject) -> PyResult<()> {
                let index = object.as_isize(Some(&exc::OverflowError))?;
                if let Some(text) = self.text.get() {
                    self.index.set((index.max(0) as usize).min(text.len()));
                }
                Ok(())
            }
        }
    };
}

/// The iterator of strings that are not ASCII.
#[pyclass(name = "str_iterator", symbol = PyUnicodeIter_Type, flags(GC))]
#[repr(C)]
pub struct PyStrIter {
    ob_base: PyObject,
    index: Cell<usize>,
    #[traverse]
    text: Field<PyStr>,
}

str_iterator!(PyStrIter, |code| match code {
    0..=0xFF => Ok(crate::interned::latin1_str(code as u8).to_obj()),
    _ => Ok(PyStr::from_char(code)?.into_object()),
});

/// The iterator of ASCII strings.
#[pyclass(name = "str_ascii_iterator", symbol = _PyUnicodeASCIIIter_Type, flags(GC))]
#[repr(C)]
pub struct PyStrAsciiIter {
    ob_base: PyObject,
    index: Cell<usize>,
    #[traverse]
    text: Field<PyStr>,
}

str_iterator!(PyStrAsciiIter, |code| Ok(crate::interned::latin1_str(
    code as u8
)
.to_obj()));
