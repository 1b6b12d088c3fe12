//! The sequence protocol: length, concatenation, repetition, containment.

use krait_abi as abi;

use crate::call::result_from_ptr;
use crate::object::{Obj, PyObject};
use crate::{PyErr, PyList, PyResult, PyTuple};

impl PyObject {
    #[inline(always)]
    pub(super) fn sequence_suite(&self) -> Option<&abi::PySequenceMethods> {
        // SAFETY: a suite lives as long as its class.
        unsafe { self.type_().raw().tp_as_sequence.get().as_ref() }
    }

    #[inline(always)]
    pub(super) fn mapping_suite(&self) -> Option<&abi::PyMappingMethods> {
        // SAFETY: a suite lives as long as its class.
        unsafe { self.type_().raw().tp_as_mapping.get().as_ref() }
    }

    /// `len(self)`.
    pub fn length(&self) -> PyResult<usize> {
        let slot = self
            .sequence_suite()
            .and_then(|suite| suite.sq_length.get())
            .or_else(|| self.mapping_suite().and_then(|suite| suite.mp_length.get()));
        let Some(slot) = slot else {
            return Err(crate::type_error!(
                "object of type '{}' has no len()",
                self.type_().tp_name()
            ));
        };
        // SAFETY: a length slot takes instances of its class.
        let length = unsafe { slot(self.as_ptr()) };
        usize::try_from(length).map_err(|_| PyErr::fetch())
    }

    /// `operator.length_hint(self, default)`.
    pub fn length_hint(&self, default: usize) -> PyResult<usize> {
        let has_length = self
            .sequence_suite()
            .is_some_and(|suite| suite.sq_length.get().is_some())
            || self
                .mapping_suite()
                .is_some_and(|suite| suite.mp_length.get().is_some());
        if has_length {
            match self.length() {
                Ok(length) => return Ok(length),
                Err(error) if error.matches(&crate::exc::TypeError) => error.clear(),
                Err(error) => return Err(error),
            }
        }
        let hint = match self.call_special(crate::intern!("__length_hint__"), &[]) {
            Ok(Some(hint)) if !hint.is(crate::not_implemented()) => hint,
            Ok(_) => return Ok(default),
            Err(error) if error.matches(&crate::exc::TypeError) => {
                error.clear();
                return Ok(default);
            }
            Err(error) => return Err(error),
        };
        let Some(hint) = hint.downcast::<crate::PyLong>() else {
            return Err(crate::type_error!(
                "__length_hint__ must be an integer, not {}",
                hint.type_().tp_name()
            ));
        };
        match hint.to_i64() {
            Some(hint) if hint >= 0 => Ok(hint as usize),
            Some(_) => Err(crate::value_error!("__length_hint__() should return >= 0")),
            None => Err(crate::overflow_error!(
                "Python int too large to convert to C ssize_t"
            )),
        }
    }

    /// Whether the class has `sq_item`, or is a mapping only (`PySequence_Check`).
    pub fn is_sequence(&self) -> bool {
        !self.type_().has_flag(abi::Py_TPFLAGS_DICT_SUBCLASS)
            && self
                .sequence_suite()
                .is_some_and(|suite| suite.sq_item.get().is_some())
    }

    /// The result of `sq_concat`, if the class has it.
    pub(super) fn concat_slot(&self, other: &PyObject, inplace: bool) -> PyResult<Option<Obj>> {
        let Some(suite) = self.sequence_suite() else {
            return Ok(None);
        };
        let slot = match suite.sq_inplace_concat.get() {
            Some(slot) if inplace => Some(slot),
            _ => suite.sq_concat.get(),
        };
        // SAFETY: the slot takes an instance of its class and any object.
        slot.map(|slot| unsafe { result_from_ptr(slot(self.as_ptr(), other.as_ptr())) })
            .transpose()
    }

    /// The result of `sq_repeat`, if the class has it.
    pub(super) fn repeat_slot(&self, count: &PyObject, inplace: bool) -> PyResult<Option<Obj>> {
        let Some(suite) = self.sequence_suite() else {
            return Ok(None);
        };
        let slot = match suite.sq_inplace_repeat.get() {
            Some(slot) if inplace => Some(slot),
            _ => suite.sq_repeat.get(),
        };
        let Some(slot) = slot else { return Ok(None) };
        if !count.has_index() {
            return Err(crate::type_error!(
                "can't multiply sequence by non-int of type '{}'",
                count.type_().tp_name()
            ));
        }
        let count = count.as_isize(Some(&crate::exc::OverflowError))?;
        // SAFETY: the slot takes an instance of its class and a count.
        unsafe { result_from_ptr(slot(self.as_ptr(), count)) }.map(Some)
    }

    /// `self + other` of sequences (`operator.concat`).
    pub fn sequence_concat(&self, other: &PyObject) -> PyResult<Obj> {
        if let Some(result) = self.concat_slot(other, false)? {
            return Ok(result);
        }
        if self.is_sequence() && other.is_sequence() {
            return self.add(other);
        }
        Err(crate::type_error!(
            "'{}' object can't be concatenated",
            self.type_().tp_name()
        ))
    }

    /// `self[index]` through `sq_item`; a negative index counts from the end.
    pub fn sequence_get(&self, index: isize) -> PyResult<Obj> {
        let Some(item) = self.sequence_suite().and_then(|suite| suite.sq_item.get()) else {
            let class = self.type_().tp_name();
            return Err(
                if self
                    .mapping_suite()
                    .is_some_and(|suite| suite.mp_subscript.get().is_some())
                {
                    crate::type_error!("{class} is not a sequence")
                } else {
                    crate::type_error!("'{class}' object does not support indexing")
                },
            );
        };
        let index = self.absolute_index(index)?;
        // SAFETY: the slot takes an instance of its class and an index.
        unsafe { result_from_ptr(item(self.as_ptr(), index)) }
    }

    /// `self[index] = value` through `sq_ass_item`; `None` deletes.
    pub fn sequence_set(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let Some(assign) = self
            .sequence_suite()
            .and_then(|suite| suite.sq_ass_item.get())
        else {
            let verb = if value.is_some() {
                "assignment"
            } else {
                "deletion"
            };
            return Err(crate::type_error!(
                "'{}' object does not support item {verb}",
                self.type_().tp_name()
            ));
        };
        let index = self.absolute_index(index)?;
        let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
        // SAFETY: the slot takes an instance of its class, an index, a value or null.
        if unsafe { assign(self.as_ptr(), index, value) } < 0 {
            Err(PyErr::fetch())
        } else {
            Ok(())
        }
    }

    fn absolute_index(&self, index: isize) -> PyResult<isize> {
        if index < 0
            && self
                .sequence_suite()
                .is_some_and(|suite| suite.sq_length.get().is_some())
        {
            return Ok(index + self.length()? as isize);
        }
        Ok(index)
    }

    /// `item in self`.
    pub fn contains(&self, item: &PyObject) -> PyResult<bool> {
        if let Some(slot) = self
            .sequence_suite()
            .and_then(|suite| suite.sq_contains.get())
        {
            // SAFETY: the slot takes an instance of its class and any object.
            return match unsafe { slot(self.as_ptr(), item.as_ptr()) } {
                0 => Ok(false),
                1.. => Ok(true),
                _ => Err(PyErr::fetch()),
            };
        }
        let iter = match self.iter() {
            Ok(iter) => iter,
            Err(error) if error.matches(&crate::exc::TypeError) => {
                error.clear();
                return Err(crate::type_error!(
                    "argument of type '{}' is not a container or iterable",
                    self.type_().tp_name()
                ));
            }
            Err(error) => return Err(error),
        };
        while let Some(each) = iter.iter_next()? {
            if each.is(item) || each.eq(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All items, as by `tuple(self)`.
    pub fn to_vec(&self) -> PyResult<Vec<Obj>> {
        if let Some(tuple) = self.downcast_exact::<PyTuple>() {
            return Ok(tuple.as_slice().to_vec());
        }
        if let Some(list) = self.downcast_exact::<PyList>() {
            return Ok(list.to_vec());
        }
        let iter = self.iter()?;
        let mut items = Vec::new();
        while let Some(item) = iter.iter_next()? {
            items.push(item);
        }
        Ok(items)
    }

    /// The items of a sequence or iterable, with `message` for the `TypeError` if it is neither
    /// (`PySequence_Fast`).
    pub fn to_vec_or(&self, message: &str) -> PyResult<Vec<Obj>> {
        if self.is_exact::<PyTuple>() || self.is_exact::<PyList>() {
            return self.to_vec();
        }
        match self.iter() {
            Ok(iter) => {
                let hint = iter.length_hint(8)?;
                let mut items = Vec::with_capacity(hint.min(1 << 16));
                while let Some(item) = iter.iter_next()? {
                    items.push(item);
                }
                Ok(items)
            }
            Err(error) if error.matches(&crate::exc::TypeError) => {
                error.clear();
                Err(crate::type_error!("{message}"))
            }
            Err(error) => Err(error),
        }
    }
}
