//! Subscription: `self[key]`, its assignment and deletion.

use crate::call::result_from_ptr;
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyErr, PyResult, PyStr, PyType};

impl PyObject {
    /// `self[key]`.
    pub fn get_item(&self, key: &PyObject) -> PyResult<Obj> {
        if let Some(slot) = self
            .mapping_suite()
            .and_then(|suite| suite.mp_subscript.get())
        {
            // SAFETY: the slot takes an instance of its class and any object.
            return unsafe { result_from_ptr(slot(self.as_ptr(), key.as_ptr())) };
        }
        if self
            .sequence_suite()
            .is_some_and(|suite| suite.sq_item.get().is_some())
        {
            if key.has_index() {
                let index = key.as_isize(Some(&crate::exc::IndexError))?;
                return self.sequence_get(index);
            }
            return Err(crate::type_error!(
                "sequence index must be integer, not '{}'",
                key.type_().tp_name()
            ));
        }
        if let Some(class) = self.downcast::<PyType>() {
            // `type[int]` is special: `type` itself has no `__class_getitem__`.
            if std::ptr::eq(class, PyType::type_object()) {
                return crate::generic_alias::new_generic_alias(class, key);
            }
            if let Some(getitem) = self.lookup_attr(crate::intern!("__class_getitem__"))?
                && !getitem.is(crate::none())
            {
                return getitem.call1(key);
            }
            return Err(crate::type_error!(
                "type '{}' is not subscriptable",
                class.tp_name()
            ));
        }
        Err(crate::type_error!(
            "'{}' object is not subscriptable",
            self.type_().tp_name()
        ))
    }

    /// `self[name]` for a `str` key.
    pub fn get_item_str(&self, key: &str) -> PyResult<Obj> {
        self.get_item(&*PyStr::intern(key)?)
    }

    /// `self[key]`, `None` instead of `KeyError` (`PyMapping_GetOptionalItem`).
    pub fn lookup_item(&self, key: &PyObject) -> PyResult<Option<Obj>> {
        if let Some(dict) = self.downcast_exact::<crate::PyDict>() {
            return dict.get_item(key);
        }
        match self.get_item(key) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.matches(&crate::exc::KeyError) => {
                error.clear();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// `self[key] = value`.
    pub fn set_item(&self, key: &PyObject, value: &PyObject) -> PyResult<()> {
        self.assign_item(key, Some(value), "assignment")
    }

    /// `del self[key]`.
    pub fn del_item(&self, key: &PyObject) -> PyResult<()> {
        self.assign_item(key, None, "deletion")
    }

    fn assign_item(&self, key: &PyObject, value: Option<&PyObject>, verb: &str) -> PyResult<()> {
        if let Some(slot) = self
            .mapping_suite()
            .and_then(|suite| suite.mp_ass_subscript.get())
        {
            let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
            // SAFETY: the slot takes an instance of its class, any key, a value or null.
            let status = unsafe { slot(self.as_ptr(), key.as_ptr(), value) };
            return if status < 0 {
                Err(PyErr::fetch())
            } else {
                Ok(())
            };
        }
        if self
            .sequence_suite()
            .is_some_and(|suite| suite.sq_ass_item.get().is_some())
        {
            if key.has_index() {
                let index = key.as_isize(Some(&crate::exc::IndexError))?;
                return self.sequence_set(index, value);
            }
            return Err(crate::type_error!(
                "sequence index must be integer, not '{}'",
                key.type_().tp_name()
            ));
        }
        Err(crate::type_error!(
            "'{}' object does not support item {verb}",
            self.type_().tp_name()
        ))
    }

    /// Whether the class has `__getitem__` as a mapping or sequence (`PyMapping_Check`).
    pub fn is_mapping(&self) -> bool {
        self.mapping_suite()
            .is_some_and(|suite| suite.mp_subscript.get().is_some())
    }
}
