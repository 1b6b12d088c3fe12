//! `property`.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::classmethod::is_abstract;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue;
use crate::{PyDict, PyResult, PyTuple, attribute_error, intern};

/// Property attribute.
///
///   fget
///     function to be used for getting an attribute value
///   fset
///     function to be used for setting an attribute value
///   fdel
///     function to be used for del'ing an attribute
///   doc
///     docstring
///
/// Typical use is as a decorator: `@property` on the getter, then `@name.setter` and
/// `@name.deleter` on functions of the same name.
#[pyclass(name = "property", symbol = PyProperty_Type, flags(BASETYPE, GC), members = MEMBERS)]
#[repr(C)]
pub struct PyProperty {
    ob_base: PyObject,
    #[traverse]
    prop_get: Field<PyObject>,
    #[traverse]
    prop_set: Field<PyObject>,
    #[traverse]
    prop_del: Field<PyObject>,
    #[traverse]
    prop_doc: Field<PyObject>,
    #[traverse]
    prop_name: Field<PyObject>,
    getter_doc: Cell<i32>,
}

const _: () = {
    assert!(size_of::<PyProperty>() == size_of::<abi::propertyobject>());
    assert!(
        std::mem::offset_of!(PyProperty, prop_name)
            == std::mem::offset_of!(abi::propertyobject, prop_name)
    );
};

/// `None` counts as missing.
fn given(value: Option<&PyObject>) -> Option<Obj> {
    value
        .filter(|value| !value.is(crate::none()))
        .map(PyClass::to_obj)
}

impl PyProperty {
    /// The getter, for the specialiser.
    pub fn getter_function(&self) -> Option<Obj> {
        self.prop_get.get()
    }

    /// The name: as `__set_name__` told, or the getter's.
    fn name(&self) -> PyResult<Option<Obj>> {
        if let Some(name) = self.prop_name.get() {
            return Ok(Some(name));
        }
        match self.prop_get.get() {
            Some(getter) => getter.lookup_attr(intern!("__name__")),
            None => Ok(None),
        }
    }

    /// Raises `AttributeError` for an accessor that is missing.
    #[cold]
    fn no_accessor(&self, object: &PyObject, what: &str) -> crate::PyErr {
        let describe = || -> PyResult<(Option<String>, String)> {
            let name = self.name()?.map(|name| name.repr()).transpose()?;
            let class = object
                .type_()
                .as_object()
                .getattr(intern!("__qualname__"))?
                .repr()?;
            Ok((
                name.map(|name| name.to_string_lossy()),
                class.to_string_lossy(),
            ))
        };
        match describe() {
            Ok((Some(name), class)) => {
                attribute_error!("property {name} of {class} object has no {what}")
            }
            Ok((None, class)) => attribute_error!("property of {class} object has no {what}"),
            Err(error) => error,
        }
    }

    /// A copy with some accessors replaced, made by calling the property's class.
    fn copy(
        &self,
        get: Option<&PyObject>,
        set: Option<&PyObject>,
        del: Option<&PyObject>,
    ) -> PyResult<Obj> {
        let pick = |new: Option<&PyObject>, old: &Field| {
            given(new)
                .or_else(|| old.get())
                .unwrap_or_else(glue::none_obj)
        };
        let get = pick(get, &self.prop_get);
        let set = pick(set, &self.prop_set);
        let del = pick(del, &self.prop_del);
        // A doc that came from the getter is taken from the new getter.
        let doc = if self.getter_doc.get() != 0 && !get.is(crate::none()) {
            glue::none_obj()
        } else {
            self.prop_doc.get().unwrap_or_else(glue::none_obj)
        };
        let copy = self.type_().as_object().call(&[&get, &set, &del, &doc])?;
        if let Some(copied) = copy.downcast::<PyProperty>() {
            copied.prop_name.set(self.prop_name.get());
        }
        Ok(copy)
    }

    /// Takes the getter's docstring over, if the property was given none.
    fn init_doc(&self, doc: Option<Obj>) -> PyResult<()> {
        let mut doc = doc;
        if doc.is_none()
            && let Some(getter) = self.prop_get.get()
        {
            doc = getter
                .lookup_attr(intern!("__doc__"))?
                .filter(|doc| !doc.is(crate::none()));
            if doc.is_some() {
                self.getter_doc.set(1);
            }
        }
        if self.is_exact::<PyProperty>() {
            self.prop_doc.set(doc);
            return Ok(());
        }
        // A subclass keeps the doc in the instance's dictionary: its class has a `__doc__` of its
        // own, which would hide the member.
        let value = doc.unwrap_or_else(glue::none_obj);
        match self.as_object().setattr(intern!("__doc__"), Some(&value)) {
            // A class with no place for it simply has no doc of its own; that of the getter is not
            // dropped in silence.
            Err(error)
                if error.matches(&crate::exc::AttributeError) && self.getter_doc.get() == 0 =>
            {
                error.clear();
                Ok(())
            }
            result => result,
        }
    }
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyProperty:
    c"fget" prop_get _Py_T_OBJECT;
    c"fset" prop_set _Py_T_OBJECT;
    c"fdel" prop_del _Py_T_OBJECT;
};

#[pymethods]
impl PyProperty {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let property = Py::new_in(
            cls,
            PyProperty {
                ob_base: PyObject::HEADER,
                prop_get: Field::empty(),
                prop_set: Field::empty(),
                prop_del: Field::empty(),
                prop_doc: Field::empty(),
                prop_name: Field::empty(),
                getter_doc: Cell::new(0),
            },
        )?;
        Ok(property.into_object())
    }

    #[pyinit(signature = "(fget=None, fset=None, fdel=None, doc=None)")]
    fn init(
        &self,
        fget: Option<&PyObject>,
        fset: Option<&PyObject>,
        fdel: Option<&PyObject>,
        doc: Option<&PyObject>,
    ) -> PyResult<()> {
        self.prop_get.set(given(fget));
        self.prop_set.set(given(fset));
        self.prop_del.set(given(fdel));
        self.prop_doc.set(None);
        self.prop_name.set(None);
        self.getter_doc.set(0);
        self.init_doc(given(doc))
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object.filter(|object| !object.is(crate::none())) else {
            return Ok(self.to_obj());
        };
        match self.prop_get.get() {
            Some(get) => get.call1(object),
            None => Err(self.no_accessor(object, "getter")),
        }
    }

    #[slot(tp_descr_set)]
    fn descr_set(&self, object: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let (function, what) = match value {
            Some(_) => (self.prop_set.get(), "setter"),
            None => (self.prop_del.get(), "deleter"),
        };
        let Some(function) = function else {
            return Err(self.no_accessor(object, what));
        };
        match value {
            Some(value) => function.call(&[object, value]).map(drop),
            None => function.call1(object).map(drop),
        }
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[pymethod(signature = "($self, object, /)")]
    fn getter(&self, fget: &PyObject) -> PyResult<Obj> {
        self.copy(Some(fget), None, None)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[pymethod(signature = "($self, object, /)")]
    fn setter(&self, fset: &PyObject) -> PyResult<Obj> {
        self.copy(None, Some(fset), None)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[pymethod(signature = "($self, object, /)")]
    fn deleter(&self, fdel: &PyObject) -> PyResult<Obj> {
        self.copy(None, None, Some(fdel))
    }

    /// Method to set name of a property.
    #[pymethod(
        name = "__set_name__",
        signature = "($self, *args)",
        text_signature = "($self, owner, name, /)"
    )]
    fn set_name(&self, args: crate::Args<'_>) -> PyResult<()> {
        let Some(name) = args.get(1).filter(|_| args.len() == 2) else {
            return Err(crate::type_error!(
                "__set_name__() takes 2 positional arguments but {} were given",
                args.len()
            ));
        };
        self.prop_name.set(Some(name.to_obj()));
        Ok(())
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        Ok(self.prop_doc.get().unwrap_or_else(glue::none_obj))
    }

    #[pysetter(name = "__doc__")]
    fn set_doc(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.prop_doc.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[pygetter(name = "__name__")]
    fn get_name(&self) -> PyResult<Obj> {
        self.name()?.ok_or_else(|| {
            attribute_error!(
                "'{}' object has no attribute '__name__'",
                self.type_().tp_name()
            )
        })
    }

    #[pysetter(name = "__name__")]
    fn set_name_attribute(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.prop_name.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[pygetter(name = "__isabstractmethod__")]
    fn isabstractmethod(&self) -> PyResult<bool> {
        Ok(is_abstract(self.prop_get.get())?
            || is_abstract(self.prop_set.get())?
            || is_abstract(self.prop_del.get())?)
    }
}
