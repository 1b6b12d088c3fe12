//! `TypeVarTuple`.

use krait_macros::{pyclass, pymethods};

use super::lazy::default_argument;
use super::{Lazy, call_typing, no_default, set_module, unpack_iter};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, OptionalArg, PyResult, PyStr, PyType};

/// Type variable tuple. A specialized form of type variable that enables
/// variadic generics.
///
/// The preferred way to construct a type variable tuple is via the dedicated
/// syntax for generic functions, classes, and type aliases, where a single
/// star indicates a type variable tuple: def move[*Ts](tup: tuple[*Ts]): ...
#[pyclass(
    name = "TypeVarTuple",
    module = "typing",
    flags(GC, MANAGED_DICT, MANAGED_WEAKREF)
)]
#[repr(C)]
pub(crate) struct PyTypeVarTuple {
    ob_base: PyObject,
    #[traverse]
    name: Field<PyStr>,
    #[traverse]
    default: Lazy,
}

/// A `TypeVarTuple` of a type parameter list.
pub fn make_typevartuple(name: &PyObject) -> PyResult<Obj> {
    let tuple = Py::new(PyTypeVarTuple {
        ob_base: PyObject::HEADER,
        name: Field::from_option(name.downcast::<PyStr>().map(PyClass::to_owned)),
        default: Lazy::default(),
    })?;
    Ok(tuple.into_object())
}

impl PyTypeVarTuple {
    pub(super) fn default_value(&self) -> &Lazy {
        &self.default
    }
}

#[pymethods]
impl PyTypeVarTuple {
    #[pynew(
        name = "typevartuple",
        signature = "(name, *, default=<unrepresentable>)",
        text_signature = ""
    )]
    fn new(_class: &PyType, name: &PyStr, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        let tuple = Py::new(PyTypeVarTuple {
            ob_base: PyObject::HEADER,
            name: Field::new(PyClass::to_owned(name)),
            default: default_argument(default.present()),
        })?;
        set_module(&tuple)?;
        Ok(tuple.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.name.get())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        unpack_iter(self)
    }

    #[pymethod(name = "__typing_subst__", signature = "($self, arg, /)")]
    fn typing_subst(&self, _arg: &PyObject) -> PyResult<Obj> {
        Err(crate::type_error!(
            "Substitution of bare TypeVarTuple is not supported"
        ))
    }

    #[pymethod(
        name = "__typing_prepare_subst__",
        signature = "($self, alias, args, /)"
    )]
    fn typing_prepare_subst(&self, alias: &PyObject, args: &PyObject) -> PyResult<Obj> {
        call_typing("_typevartuple_prepare_subst", &[self, alias, args])
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.name.get())
    }

    #[pymethod]
    fn has_default(&self) -> bool {
        self.default.is_set()
    }

    #[pymethod(name = "__mro_entries__", signature = "($self, object, /)")]
    fn mro_entries(&self, _bases: &PyObject) -> PyResult<Obj> {
        Err(crate::type_error!(
            "Cannot subclass an instance of TypeVarTuple"
        ))
    }

    #[pygetter]
    fn __name__(&self) -> Option<Py<PyStr>> {
        self.name.get()
    }

    #[pygetter]
    fn __default__(&self) -> PyResult<Obj> {
        match self.default.get()? {
            Some(default) => Ok(default),
            None => no_default(),
        }
    }

    #[pygetter]
    fn evaluate_default(&self) -> PyResult<Option<Obj>> {
        self.default.evaluator()
    }
}
