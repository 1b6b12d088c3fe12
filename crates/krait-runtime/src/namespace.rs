//! `types.SimpleNamespace`.

use krait_macros::{pyclass, pymethods};

use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::ReprGuard;
use crate::{CompareOp, PyDict, PyResult, PyStr, PyTuple, PyType};

/// A namespace of attributes that shows them in its repr.
#[pyclass(name = "SimpleNamespace", module = "types", symbol = _PyNamespace_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyNamespace {
    ob_base: PyObject,
    #[dict]
    ns_dict: Field<PyDict>,
}

impl PyNamespace {
    /// A namespace with these attributes.
    pub fn with_dict(dict: Py<PyDict>) -> PyResult<Py<PyNamespace>> {
        Py::new(PyNamespace {
            ob_base: PyObject::HEADER,
            ns_dict: Field::new(dict),
        })
    }

    fn dict(&self) -> PyResult<Py<PyDict>> {
        if let Some(dict) = self.ns_dict.get() {
            return Ok(dict);
        }
        let dict = PyDict::new()?;
        self.ns_dict.set(Some(dict.clone()));
        Ok(dict)
    }
}

fn check_keys(dict: &PyDict) -> PyResult<()> {
    if dict
        .keys_vec()
        .iter()
        .all(|key| key.downcast::<PyStr>().is_some())
    {
        Ok(())
    } else {
        Err(crate::type_error!("keywords must be strings"))
    }
}

#[pymethods]
impl PyNamespace {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let namespace = PyNamespace {
            ob_base: PyObject::HEADER,
            ns_dict: Field::new(PyDict::new()?),
        };
        Ok(Py::new_in(cls, namespace)?.into_object())
    }

    #[slot(tp_init)]
    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        let dict = self.dict()?;
        match args.as_slice() {
            [] => {}
            [source] => {
                let given = match source.downcast_exact::<PyDict>() {
                    Some(given) => given.to_owned(),
                    None => {
                        let given = PyDict::type_object().as_object().call1(source)?;
                        given
                            .cast::<PyDict>()
                            .map_err(|_| crate::system_error!("dict() did not return a dict"))?
                    }
                };
                check_keys(&given)?;
                dict.merge(&given, true)?;
            }
            more => {
                return Err(crate::type_error!(
                    "{} expected at most 1 argument, got {}",
                    self.type_name(),
                    more.len()
                ));
            }
        }
        if let Some(kwargs) = kwargs {
            check_keys(kwargs)?;
            dict.merge(kwargs, true)?;
        }
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let class = self.type_();
        let name = if std::ptr::eq(class, Self::type_object()) {
            "namespace".to_owned()
        } else {
            class.name()
        };
        let Some(_guard) = ReprGuard::enter(self) else {
            return Ok(PyStr::new(&format!("{name}(...)"))?.into_object());
        };
        let mut parts = Vec::new();
        for (key, value) in self.dict()?.items_vec() {
            if let Some(key) = key.downcast::<PyStr>().filter(|key| !key.is_empty()) {
                let value = value.repr()?.to_string_lossy();
                parts.push(format!("{}={value}", key.to_string_lossy()));
            }
        }
        Ok(PyStr::new(&format!("{name}({})", parts.join(", ")))?.into_object())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        match other.downcast::<PyNamespace>() {
            Some(other) => self.dict()?.rich_compare(&*other.dict()?, op),
            None => Ok(crate::not_implemented().to_obj()),
        }
    }

    /// What pickle stores.
    #[pymethod(name = "__reduce__", signature = "($self, /)", text_signature = "")]
    fn reduce(&self) -> PyResult<Obj> {
        let parts = vec![
            self.type_().to_obj(),
            PyTuple::from_vec(Vec::new())?.into_object(),
            self.dict()?.into_object(),
        ];
        Ok(PyTuple::from_vec(parts)?.into_object())
    }

    /// A copy in which the given attributes have new values.
    #[pymethod(name = "__replace__", signature = "($self, /, **changes)")]
    fn replace(&self, changes: crate::KwArgs<'_>) -> PyResult<Obj> {
        let copy = self.type_().as_object().call0()?;
        let Some(namespace) = copy.downcast::<PyNamespace>() else {
            return Err(crate::type_error!(
                "expect types.SimpleNamespace type, but {}() returned '{}' object",
                self.type_().qualified_name()?,
                copy.type_().qualified_name()?
            ));
        };
        let dict = namespace.dict()?;
        dict.merge(&*self.dict()?, true)?;
        dict.merge(&*changes.to_dict()?, true)?;
        Ok(copy)
    }

    #[pygetter]
    fn __dict__(&self) -> PyResult<Obj> {
        Ok(self.dict()?.into_object())
    }
}
