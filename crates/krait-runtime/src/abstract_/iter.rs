//! Iteration: `iter`, `next`, and what `send` gives back.

use krait_abi as abi;

use crate::call::result_from_ptr;
use crate::object::{Obj, PyClass, PyObject};
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
    /// Sends a value into a generator, a coroutine or another iterator: `PyIter_Send`.
    pub fn send(&self, value: &PyObject) -> PyResult<SendResult> {
        // SAFETY: a suite lives as long as its class.
        let suite = unsafe { self.type_().raw().tp_as_async.get().as_ref() };
        if let Some(am_send) = suite.and_then(|suite| suite.am_send.get()) {
            let mut result = std::ptr::null_mut();
            // SAFETY: the slot takes an instance of its class and a value, and gives a reference.
            let value = unsafe {
                let status = am_send(self.as_ptr(), value.as_ptr(), &raw mut result);
                (status, Obj::from_owned_ptr_opt(result))
            };
            return match value {
                (abi::PYGEN_NEXT, Some(value)) => Ok(SendResult::Next(value)),
                (abi::PYGEN_RETURN, Some(value)) => Ok(SendResult::Return(value)),
                _ => Err(PyErr::fetch()),
            };
        }
        let sent = if value.is(crate::none()) && self.is_iterator() {
            match self.iter_next() {
                Ok(Some(value)) => return Ok(SendResult::Next(value)),
                Ok(None) => return Ok(SendResult::Return(crate::none().to_obj())),
                Err(error) => Err(error),
            }
        } else {
            self.call_method(crate::intern!("send"), &[value])
        };
        match sent {
            Ok(value) => Ok(SendResult::Next(value)),
            Err(error) => crate::err::fetch_stop_iteration_value(error).map(SendResult::Return),
        }
    }

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
