//! `mappingproxy`: a read-only view of a mapping; what `cls.__dict__` is.

use krait_macros::{pyclass, pymethods};

use crate::abstract_::{BinaryOp, binary_op};
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue;
use crate::{CompareOp, PyDict, PyResult, PyStr, intern, type_error};

/// Read-only proxy of a mapping.
#[pyclass(name = "mappingproxy", symbol = PyDictProxy_Type, flags(GC, MAPPING))]
#[repr(C)]
pub struct PyMappingProxy {
    ob_base: PyObject,
    #[traverse]
    mapping: Field<PyObject>,
}

impl PyMappingProxy {
    /// A view of `mapping`.
    pub fn from_mapping(mapping: &PyObject) -> PyResult<Py<PyMappingProxy>> {
        Py::new(PyMappingProxy {
            ob_base: PyObject::HEADER,
            mapping: Field::new(mapping.to_obj()),
        })
    }

    fn mapping(&self) -> Obj {
        self.mapping.get().unwrap_or_else(glue::none_obj)
    }

    /// The mapping, to be asked itself: it may be a proxy, too.
    fn entered(&self) -> PyResult<Obj> {
        crate::state::enter_recursive_call("")?;
        Ok(self.mapping())
    }
}

/// The mapping behind a proxy, or the object itself.
fn unwrapped(object: &PyObject) -> Obj {
    match object.downcast::<PyMappingProxy>() {
        Some(proxy) => proxy.mapping(),
        None => object.to_obj(),
    }
}

#[pymethods]
impl PyMappingProxy {
    #[pynew(signature = "(mapping)")]
    fn new(_cls: &PyType, mapping: &PyObject) -> PyResult<Py<Self>> {
        let is_list_like = mapping.downcast::<crate::PyList>().is_some()
            || mapping.downcast::<crate::PyTuple>().is_some();
        if !mapping.is_mapping() || is_list_like {
            return Err(type_error!(
                "mappingproxy() argument must be a mapping, not {}",
                mapping.type_().tp_name()
            ));
        }
        Self::from_mapping(mapping)
    }

    #[slot(mp_length)]
    fn len(&self) -> PyResult<usize> {
        self.entered()?.length()
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        self.entered()?.get_item(key)
    }

    #[slot(sq_contains)]
    fn contains(&self, key: &PyObject) -> PyResult<bool> {
        let mapping = self.entered()?;
        match mapping.downcast_exact::<PyDict>() {
            Some(dict) => dict.contains(key),
            None => mapping.contains(key),
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        self.entered()?.iter()
    }

    #[slot(tp_str)]
    fn str_slot(&self) -> PyResult<Obj> {
        self.mapping().str().map(Py::into_object)
    }

    #[slot(tp_repr)]
    fn repr_slot(&self) -> PyResult<Obj> {
        let text = format!("mappingproxy({})", self.mapping().repr()?.to_string_lossy());
        PyStr::new(&text).map(Py::into_object)
    }

    #[slot(tp_hash)]
    fn hash_slot(&self) -> PyResult<isize> {
        self.mapping().hash()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        self.entered()?.rich_compare(&unwrapped(other), op)
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary_op(&unwrapped(left), &unwrapped(right), BinaryOp::Or)
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        Err(type_error!(
            "'|=' is not supported by {}; use '|' instead",
            if left.downcast::<PyMappingProxy>().is_some() {
                left
            } else {
                right
            }
            .type_()
            .tp_name()
        ))
    }

    /// Return the value for key if key is in the mapping, else default.
    #[pymethod(signature = "($self, key, default=None, /)")]
    fn get(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let default = default.unwrap_or_else(|| crate::none());
        self.mapping().call_method(intern!("get"), &[key, default])
    }

    /// a set-like object providing a view on D's keys
    #[pymethod]
    fn keys(&self) -> PyResult<Obj> {
        self.mapping().call_method(intern!("keys"), &[])
    }

    /// an object providing a view on D's values
    #[pymethod]
    fn values(&self) -> PyResult<Obj> {
        self.mapping().call_method(intern!("values"), &[])
    }

    /// a set-like object providing a view on D's items
    #[pymethod]
    fn items(&self) -> PyResult<Obj> {
        self.mapping().call_method(intern!("items"), &[])
    }

    /// a shallow copy of D
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        self.mapping().call_method(intern!("copy"), &[])
    }

    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Obj> {
        self.mapping().call_method(intern!("__reversed__"), &[])
    }

    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(cls, object)
    }
}
