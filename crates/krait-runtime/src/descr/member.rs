//! `member_descriptor`: struct fields of native classes and `__slots__` of Python ones.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{
    Descriptor, descriptor_class, docstring, member_get, member_set, reducible_descriptor,
};
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::intern_c;
use crate::{PyResult, PyStr};

/// A field of a native struct as an attribute.
#[pyclass(
    name = "member_descriptor",
    symbol = PyMemberDescr_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    methods(COMMON, REDUCE, METHODS)
)]
#[repr(C)]
pub struct PyMemberDescr {
    ob_base: PyObject,
    #[traverse]
    d_type: Field<PyType>,
    d_name: Field<PyStr>,
    d_qualname: Field<PyObject>,
    d_member: Cell<*mut abi::PyMemberDef>,
}

descriptor_class!(PyMemberDescr, "member");
reducible_descriptor!(PyMemberDescr);

impl PyMemberDescr {
    /// The descriptor of a row of `class`'s table of members.
    pub fn new(class: &PyType, def: &abi::PyMemberDef) -> PyResult<Py<PyMemberDescr>> {
        Py::new(PyMemberDescr {
            ob_base: PyObject::HEADER,
            d_type: Field::new(PyClass::to_owned(class)),
            d_name: Field::new(intern_c(def.name)?),
            d_qualname: Field::empty(),
            d_member: Cell::new(std::ptr::from_ref(def).cast_mut()),
        })
    }

    /// The row of the table.
    pub fn def(&self) -> &abi::PyMemberDef {
        // SAFETY: the module's invariant.
        unsafe { &*self.d_member.get() }
    }

    /// The class that the member belongs to.
    pub fn class(&self) -> Option<Py<PyType>> {
        self.d_type.get()
    }
}

#[pymethods]
impl PyMemberDescr {
    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object else {
            return Ok(self.to_obj());
        };
        self.check_instance(object)?;
        // SAFETY: the object is an instance of the class whose layout the row describes.
        unsafe { member_get(object, self.def()) }
    }

    #[slot(tp_descr_set)]
    fn descr_set(&self, object: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        self.check_instance(object)?;
        // SAFETY: as above.
        unsafe { member_set(object, self.def(), value) }
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name_text(), self.def().doc)
    }
}
