//! Iteration: `iter`, `next`, and what `send` gives back.

use crate::call::result_from_ptr;
use crate::object::{Obj, PyObject};
use crate::{PyErr, PyResult};

/// What resuming a generator gives.
#[derive(Debug)]
pub enum SendResult {
    /// It yielded a value.
    Next(Obj),
    /// It returned.
    Return(Obj),
}

impl PyObject {
    /// `iter(self)`.
    pub fn iter(&self) -> PyResult<Obj> {
        let Some(slot) = self.type_().raw().tp_iter.get() else {
            if self.is_sequence() {
                return crate::seq_iter::new_sequence_iterator(self);
            }
            return Err(crate::type_error!(
                "'{}' object is not iterable",
                self.type_().tp_name()
            ));
        };
        // SAFETY: the slot takes instances of its class.
        let iterator = unsafe { result_from_ptr(slot(self.as_ptr()))? };
        if !iterator.is_iterator() {
            return Err(crate::type_error!(
                "iter() returned non-iterator of type '{}'",
                iterator.type_().tp_name()
            ));
        }
        Ok(iterator)
    }

    /// Whether the object's class has `__next__`.
    pub fn is_iterator(&self) -> bool {
        self.type_().iternext_slot().is_some()
    }

    /// The iterator's next item, `None` at the end. The object must be an iterator.
    #[inline]
    pub fn iter_next(&self) -> PyResult<Option<Obj>> {
        let Some(slot) = self.type_().iternext_slot() else {
            return Err(crate::type_error!(
                "'{}' object is not an iterator",
                self.type_().tp_name()
            ));
        };
        // SAFETY: the slot takes instances of its class.
        let next = unsafe { crate::object::Py::from_owned_ptr_opt(slot(self.as_ptr())) };
        match next {
            Some(item) => Ok(Some(item)),
            None => match PyErr::occurred() {
                None => Ok(None),
                Some(error) if error.matches(&crate::exc::StopIteration) => {
                    error.clear();
                    Ok(None)
                }
                Some(error) => Err(error),
            },
        }
    }

    /// `next(self)`: `StopIteration` at the end, as raised by the iterator if it was.
    pub fn iter_next_or_stop(&self) -> PyResult<Obj> {
        let Some(slot) = self.type_().iternext_slot() else {
            return Err(crate::type_error!(
                "'{}' object is not an iterator",
                self.type_().tp_name()
            ));
        };
        // SAFETY: the slot takes instances of its class.
        match unsafe { crate::object::Py::from_owned_ptr_opt(slot(self.as_ptr())) } {
            Some(item) => Ok(item),
            None => {
                Err(PyErr::occurred()
                    .unwrap_or_else(|| PyErr::set_none(&crate::exc::StopIteration)))
            }
        }
    }

    /// Iterates in Rust over a Python iterable.
    pub fn try_iter(&self) -> PyResult<ObjIter> {
        Ok(ObjIter(Some(self.iter()?)))
    }
}

/// A Rust iterator over a Python iterator; ends after the first error.
pub struct ObjIter(Option<Obj>);

impl Iterator for ObjIter {
    type Item = PyResult<Obj>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.0.as_ref()?.iter_next().transpose();
        if !matches!(result, Some(Ok(_))) {
            self.0 = None;
        }
        result
    }
}

impl crate::PyType {
    /// `tp_iternext`, unless it only says that there is no `__next__`.
    #[inline]
    fn iternext_slot(&self) -> Option<krait_abi::iternextfunc> {
        let refuses = crate::typeobject::next_not_implemented as krait_abi::iternextfunc;
        self.raw()
            .tp_iternext
            .get()
            .filter(|slot| !std::ptr::fn_addr_eq(*slot, refuses))
    }
}
