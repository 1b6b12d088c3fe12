//! The iterator over anything with `__getitem__`, `iter(callable, sentinel)`, and how iterators pickle.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, Interpreter, PyLong, PyResult, PyStr, PyTuple, exc};

/// The iterator of objects that have `__getitem__` but no `__iter__`.
#[pyclass(name = "iterator", symbol = PySeqIter_Type, flags(GC))]
#[repr(C)]
pub struct PySeqIter {
    ob_base: PyObject,
    index: Cell<isize>,
    #[traverse]
    sequence: Field<PyObject>,
}

/// `iter(sequence)` by indices from 0.
pub fn new_sequence_iterator(sequence: &PyObject) -> PyResult<Obj> {
    let iter = Py::new(PySeqIter {
        ob_base: PyObject::HEADER,
        index: Cell::new(0),
        sequence: Field::new(sequence.to_obj()),
    })?;
    Ok(iter.into_object())
}

/// The builtin of that name, as the code being run sees it.
pub fn builtin(name: &str) -> PyResult<Obj> {
    let name = PyStr::intern(name)?;
    let found = match crate::frame::current_frame() {
        Some(frame) => frame.builtins().lookup_item(&name)?,
        None => match Interpreter::current().builtins.get() {
            Some(builtins) => builtins.get_str(&name)?,
            None => None,
        },
    };
    found.ok_or_else(|| crate::attribute_error!("{}", name.to_string_lossy()))
}

/// `(builtin, (object,))`, with an index as the state if given: what iterators reduce to.
pub fn reduce_with(name: &str, object: Obj, index: Option<isize>) -> PyResult<Obj> {
    reduction(builtin(name)?, vec![object], index)
}

/// What an iterator over `rest` at `index` reduces to; an exhausted one gives an empty container.
///
/// The builtin is looked up first: that may run code, which may advance the iterator.
pub fn reduce_iterator(
    name: &str,
    rest: impl FnOnce() -> Option<(Obj, isize)>,
    empty: impl FnOnce() -> PyResult<Obj>,
) -> PyResult<Obj> {
    let builtin = builtin(name)?;
    match rest() {
        Some((rest, index)) => reduction(builtin, vec![rest], Some(index)),
        None => reduction(builtin, vec![empty()?], None),
    }
}

fn reduction(builtin: Obj, arguments: Vec<Obj>, index: Option<isize>) -> PyResult<Obj> {
    let mut parts = vec![builtin, PyTuple::from_vec(arguments)?.into_object()];
    if let Some(index) = index {
        parts.push(PyLong::from_i64(index as i64)?.into_object());
    }
    Ok(PyTuple::from_vec(parts)?.into_object())
}

#[pymethods]
impl PySeqIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        if index == isize::MAX {
            return Err(crate::overflow_error!("iter index too large"));
        }
        match sequence.sequence_get(index) {
            Ok(item) => {
                self.index.set(index + 1);
                Ok(Some(item))
            }
            Err(error) if error.matches(&exc::IndexError) || error.matches(&exc::StopIteration) => {
                error.clear();
                self.sequence.set(None);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<Obj> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(PyLong::from_i64(0)?.into_object());
        };
        match sequence.length() {
            Ok(length) => {
                let rest = (length as isize - self.index.get()).max(0);
                Ok(PyLong::from_i64(rest as i64)?.into_object())
            }
            Err(error) if error.matches(&exc::TypeError) => {
                error.clear();
                Ok(crate::not_implemented().to_obj())
            }
            Err(error) => Err(error),
        }
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.sequence.get()?, self.index.get()));
        reduce_iterator("iter", rest, || Ok(PyTuple::empty().into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if self.sequence.is_some() {
            self.index.set(index.max(0));
        }
        Ok(())
    }
}

/// `iter(callable, sentinel)`.
#[pyclass(name = "callable_iterator", symbol = PyCallIter_Type, flags(GC))]
#[repr(C)]
pub struct PyCallIter {
    ob_base: PyObject,
    #[traverse]
    callable: Field<PyObject>,
    #[traverse]
    sentinel: Field<PyObject>,
}

impl PyCallIter {
    /// An iterator that calls until the sentinel comes.
    pub fn new(callable: &PyObject, sentinel: &PyObject) -> PyResult<Py<PyCallIter>> {
        Py::new(PyCallIter {
            ob_base: PyObject::HEADER,
            callable: Field::new(callable.to_obj()),
            sentinel: Field::new(sentinel.to_obj()),
        })
    }

    fn end(&self) {
        self.callable.set(None);
        self.sentinel.set(None);
    }
}

#[pymethods]
impl PyCallIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(callable) = self.callable.get() else {
            return Ok(None);
        };
        let value = match callable.call0() {
            Ok(value) => value,
            Err(error) if error.matches(&exc::StopIteration) => {
                error.clear();
                self.end();
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        // The call may have ended the iteration by way of another `next`.
        let Some(sentinel) = self.sentinel.get() else {
            return Ok(None);
        };
        if sentinel.eq(&value)? {
            self.end();
            return Ok(None);
        }
        Ok(Some(value))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        // First, for it may run code that ends the iteration.
        let iter = builtin("iter")?;
        let arguments = match (self.callable.get(), self.sentinel.get()) {
            (Some(callable), Some(sentinel)) => vec![callable, sentinel],
            _ => vec![PyTuple::empty().into_object()],
        };
        reduction(iter, arguments, None)
    }
}
