//! `getset_descriptor`: computed attributes of native classes.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{Descriptor, descriptor_class, docstring};
use crate::call::result_from_ptr;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue;
use crate::typeobject::intern_c;
use crate::{PyResult, PyStr};

/// A computed attribute of a native class.
#[pyclass(
    name = "getset_descriptor",
    symbol = PyGetSetDescr_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    methods(COMMON, METHODS)
)]
#[repr(C)]
pub struct PyGetSetDescr {
    ob_base: PyObject,
    #[traverse]
    d_type: Field<PyType>,
    d_name: Field<PyStr>,
    d_qualname: Field<PyObject>,
    d_getset: Cell<*mut abi::PyGetSetDef>,
}

descriptor_class!(PyGetSetDescr, "attribute");

impl PyGetSetDescr {
    /// The descriptor of a row of `class`'s table of computed attributes.
    pub fn new(class: &PyType, def: &abi::PyGetSetDef) -> PyResult<Py<PyGetSetDescr>> {
        Py::new(PyGetSetDescr {
            ob_base: PyObject::HEADER,
            d_type: Field::new(PyClass::to_owned(class)),
            d_name: Field::new(intern_c(def.name)?),
            d_qualname: Field::empty(),
            d_getset: Cell::new(std::ptr::from_ref(def).cast_mut()),
        })
    }

    fn def(&self) -> &abi::PyGetSetDef {
        // SAFETY: the module's invariant.
        unsafe { &*self.d_getset.get() }
    }

    /// The class that the attribute belongs to.
    pub fn class(&self) -> Option<Py<PyType>> {
        self.d_type.get()
    }
}

#[pymethods]
impl PyGetSetDescr {
    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object else {
            return Ok(self.to_obj());
        };
        self.check_instance(object)?;
        let def = self.def();
        match def.get {
            // SAFETY: the getter takes an instance of its class and the row's closure.
            Some(get) => unsafe { result_from_ptr(get(object.as_ptr(), def.closure)) },
            None => Err(crate::attribute_error!(
                "attribute '{}' of '{}' objects is not readable",
                self.name_text(),
                self.class_name()
            )),
        }
    }

    #[slot(tp_descr_set)]
    fn descr_set(&self, object: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        self.check_instance(object)?;
        let def = self.def();
        let Some(set) = def.set else {
            return Err(crate::attribute_error!(
                "attribute '{}' of '{}' objects is not writable",
                self.name_text(),
                self.class_name()
            ));
        };
        let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
        // SAFETY: the setter takes an instance of its class, a value or null, and the row's closure.
        glue::check_status(unsafe { set(object.as_ptr(), value, def.closure) })
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name_text(), self.def().doc)
    }
}
