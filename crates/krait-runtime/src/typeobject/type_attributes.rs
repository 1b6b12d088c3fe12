//! The computed attributes of `type`: `__name__`, `__bases__`, `__annotations__` and their kin.

use krait_abi as abi;
use krait_macros::pymethods;

use super::glue;
use super::type_methods::type_type;
use super::{PyType, new};
use crate::descr::{PyMappingProxy, docstring};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyDict, PyResult, PyStr, PyTuple, attribute_error, intern, type_error};

/// Tells audit hooks that an attribute of a class is about to change.
fn audit_change(class: &PyType, name: &str, value: Option<&PyObject>) -> PyResult<()> {
    match value {
        Some(value) => crate::audit!("object.__setattr__", class, name, value),
        None => crate::audit!("object.__delattr__", class, name),
    }
}

#[pymethods(ATTRIBUTES)]
impl PyType {
    #[pygetter(name = "__name__")]
    fn get_name(&self) -> PyResult<Py<PyStr>> {
        self.name_object()
    }

    #[pysetter(name = "__name__")]
    fn set_name(&self, value: Option<&PyObject>) -> PyResult<()> {
        audit_change(self, "__name__", value)?;
        let value = self.check_special(value, "__name__")?;
        let Some(name) = value.downcast::<PyStr>() else {
            return Err(type_error!(
                "can only assign string to {}.__name__, not '{}'",
                self.tp_name(),
                value.type_().tp_name()
            ));
        };
        let text = new::check_name(name)?;
        self.raw().tp_name.set(text.as_ptr().cast());
        if let Some(heap) = self.heap() {
            // SAFETY: the class owns its name.
            unsafe { glue::set_field(&heap.ht_name, Some(name.to_obj())) };
        }
        Ok(())
    }

    #[pygetter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Py<PyStr>> {
        self.qualname_object()
    }

    #[pysetter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<&PyObject>) -> PyResult<()> {
        audit_change(self, "__qualname__", value)?;
        let value = self.check_special(value, "__qualname__")?;
        if value.downcast::<PyStr>().is_none() {
            return Err(type_error!(
                "can only assign string to {}.__qualname__, not '{}'",
                self.tp_name(),
                value.type_().tp_name()
            ));
        }
        if let Some(heap) = self.heap() {
            // SAFETY: the class owns its name.
            unsafe { glue::set_field(&heap.ht_qualname, Some(value.to_obj())) };
        }
        Ok(())
    }

    #[pygetter(name = "__bases__")]
    fn get_bases(&self) -> PyResult<Obj> {
        match self.bases() {
            Some(bases) => Ok(bases.to_obj()),
            None => Ok(glue::none_obj()),
        }
    }

    #[pysetter(name = "__bases__")]
    fn set_bases(&self, value: Option<&PyObject>) -> PyResult<()> {
        audit_change(self, "__bases__", value)?;
        let value = self.check_special(value, "__bases__")?;
        super::layout::set_bases(self, value)
    }

    #[pygetter(name = "__mro__")]
    fn get_mro(&self) -> PyResult<Obj> {
        Ok(self.mro().map_or_else(glue::none_obj, PyClass::to_obj))
    }

    #[pygetter(name = "__module__")]
    fn get_module(&self) -> PyResult<Obj> {
        self.module_object()?
            .ok_or_else(|| attribute_error!("__module__"))
    }

    #[pysetter(name = "__module__")]
    fn set_module(&self, value: Option<&PyObject>) -> PyResult<()> {
        audit_change(self, "__module__", value)?;
        let value = self.check_special(value, "__module__")?;
        self.set_in_dict(intern!("__module__"), value)?;
        // Where the class was defined goes by its module.
        self.dict().del_item(intern!("__firstlineno__")).map(drop)
    }

    #[pygetter(name = "__abstractmethods__")]
    fn abstractmethods(&self) -> PyResult<Obj> {
        let missing = || attribute_error!("__abstractmethods__");
        if std::ptr::eq(self, type_type()) {
            return Err(missing());
        }
        self.dict()
            .get_str(intern!("__abstractmethods__"))?
            .ok_or_else(missing)
    }

    #[pysetter(name = "__abstractmethods__")]
    fn set_abstractmethods(&self, value: Option<&PyObject>) -> PyResult<()> {
        let name = intern!("__abstractmethods__");
        let is_abstract = match value {
            Some(value) => {
                let is_abstract = value.is_true()?;
                self.set_in_dict(name, value)?;
                is_abstract
            }
            None => {
                if !self.dict().del_item(name)? {
                    return Err(attribute_error!("__abstractmethods__"));
                }
                self.modified();
                false
            }
        };
        let flags = self.flags() & !abi::Py_TPFLAGS_IS_ABSTRACT;
        let flag = if is_abstract {
            abi::Py_TPFLAGS_IS_ABSTRACT
        } else {
            0
        };
        self.set_flags(flags | flag);
        Ok(())
    }

    #[pygetter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Obj> {
        PyMappingProxy::from_mapping(self.dict()).map(Py::into_object)
    }

    #[pygetter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Obj> {
        let doc = self.raw().tp_doc.get();
        if !self.is_heap_type() && !doc.is_null() {
            let doc = crate::cfunction::c_text(doc);
            let text = docstring::without_signature(&self.tp_name(), &doc);
            return PyStr::new(text).map(Py::into_object);
        }
        Ok(self
            .bound_in_dict(intern!("__doc__"))?
            .unwrap_or_else(glue::none_obj))
    }

    #[pysetter(name = "__doc__")]
    fn set_doc(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value = self.check_special(value, "__doc__")?;
        self.set_in_dict(intern!("__doc__"), value)
    }

    #[pygetter(name = "__text_signature__")]
    fn get_text_signature(&self) -> PyResult<Obj> {
        docstring::signature_object(&self.tp_name(), self.raw().tp_doc.get())
    }

    #[pygetter(name = "__annotations__")]
    fn get_annotations(&self) -> PyResult<Obj> {
        if !self.is_heap_type() {
            return Err(self.no_type_attribute("__annotations__"));
        }
        for name in [intern!("__annotations__"), intern!("__annotations_cache__")] {
            if let Some(annotations) = self.bound_in_dict(name)? {
                return Ok(annotations);
            }
        }
        let annotate = self.get_annotate()?;
        let annotations = if annotate.is_callable() {
            // Format 1: the values themselves.
            let annotations = annotate.call1(&*crate::PyLong::from_i64(1)?)?;
            if annotations.downcast::<PyDict>().is_none() {
                return Err(type_error!(
                    "__annotate__ returned non-dict of type '{}'",
                    annotations.type_().tp_name()
                ));
            }
            annotations
        } else {
            PyDict::new()?.into_object()
        };
        self.set_in_dict(intern!("__annotations_cache__"), &annotations)?;
        Ok(annotations)
    }

    #[pysetter(name = "__annotations__")]
    fn set_annotations(&self, value: Option<&PyObject>) -> PyResult<()> {
        if self.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE) {
            return Err(type_error!(
                "cannot set '__annotations__' attribute of immutable type '{}'",
                self.tp_name()
            ));
        }
        let dict = self.dict();
        let (plain, cache) = (intern!("__annotations__"), intern!("__annotations_cache__"));
        match value {
            Some(value) if dict.contains(plain)? => dict.set_item(plain, value)?,
            Some(value) => dict.set_item(cache, value)?,
            None => {
                let found = dict.del_item(plain)?;
                if !(dict.del_item(cache)? || found) {
                    return Err(attribute_error!("__annotations__"));
                }
            }
        }
        // What computed the old annotations does not go with the new ones.
        for name in [intern!("__annotate_func__"), intern!("__annotate__")] {
            dict.del_item(name)?;
        }
        self.modified();
        Ok(())
    }

    #[pygetter(name = "__annotate__")]
    fn get_annotate(&self) -> PyResult<Obj> {
        if !self.is_heap_type() {
            return Err(self.no_type_attribute("__annotate__"));
        }
        // What a class body defines itself comes before what the compiler made.
        for name in [intern!("__annotate__"), intern!("__annotate_func__")] {
            if let Some(annotate) = self.bound_in_dict(name)? {
                return Ok(annotate);
            }
        }
        self.set_in_dict(intern!("__annotate_func__"), crate::none())?;
        Ok(glue::none_obj())
    }

    #[pysetter(name = "__annotate__")]
    fn set_annotate(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(type_error!("cannot delete __annotate__ attribute"));
        };
        self.check_special(Some(value), "__annotate__")?;
        if !value.is(crate::none()) && !value.is_callable() {
            return Err(type_error!("__annotate__ must be callable or None"));
        }
        self.set_in_dict(intern!("__annotate_func__"), value)?;
        if !value.is(crate::none()) {
            for name in [intern!("__annotations_cache__"), intern!("__annotations__")] {
                self.dict().del_item(name)?;
            }
        }
        self.modified();
        Ok(())
    }

    #[pygetter(name = "__type_params__")]
    fn type_params(&self) -> PyResult<Obj> {
        if !std::ptr::eq(self, type_type())
            && let Some(params) = self.dict().get_str(intern!("__type_params__"))?
        {
            return Ok(params);
        }
        PyTuple::from_vec(Vec::new()).map(Py::into_object)
    }

    #[pysetter(name = "__type_params__")]
    fn set_type_params(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value = self.check_special(value, "__type_params__")?;
        self.set_in_dict(intern!("__type_params__"), value)
    }
}
