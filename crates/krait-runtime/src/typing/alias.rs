//! `TypeAliasType`: what a `type` statement makes.

use krait_macros::{pyclass, pymethods};

use super::{Lazy, caller_module, has_default, unpack_iter, unpack_parameters};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, OptionalArg, PyResult, PyStr, PyTuple, PyType};

/// Type alias.
///
/// Type aliases are created through the type statement: type Alias = int
#[pyclass(name = "TypeAliasType", module = "typing", symbol = _PyTypeAlias_Type, flags(GC))]
#[repr(C)]
pub struct PyTypeAlias {
    ob_base: PyObject,
    #[traverse]
    name: Field<PyStr>,
    /// `None` for an alias that is not generic.
    #[traverse]
    parameters: Field<PyTuple>,
    #[traverse]
    value: Lazy,
    #[traverse]
    module: Field<PyObject>,
}

/// A `type` statement's alias: name, type parameters or None, and a function that gives the value.
pub fn make_type_alias(
    name: &PyObject,
    parameters: &PyObject,
    evaluate: &PyObject,
) -> PyResult<Obj> {
    let parameters = parameters
        .downcast::<PyTuple>()
        .filter(|list| !list.is_empty());
    let alias = Py::new(PyTypeAlias {
        ob_base: PyObject::HEADER,
        name: Field::from_option(name.downcast::<PyStr>().map(PyClass::to_owned)),
        parameters: Field::from_option(parameters.map(PyClass::to_owned)),
        value: Lazy::by(Some(evaluate)),
        module: Field::empty(),
    })?;
    Ok(alias.into_object())
}

/// Checks that parameters are ones, and that those with a default come last.
fn check_parameters(parameters: &PyObject) -> PyResult<Option<Py<PyTuple>>> {
    let Some(parameters) = parameters.downcast::<PyTuple>() else {
        return Err(crate::type_error!("type_params must be a tuple"));
    };
    let mut seen_default = false;
    for parameter in parameters.as_slice() {
        let default = has_default(parameter)?;
        if seen_default && !default {
            return Err(crate::type_error!(
                "non-default type parameter '{}' follows default type parameter",
                parameter.repr()?.to_string_lossy()
            ));
        }
        seen_default |= default;
    }
    Ok((!parameters.is_empty()).then(|| PyClass::to_owned(parameters)))
}

#[pymethods]
impl PyTypeAlias {
    #[pynew(
        name = "typealias",
        signature = "(name, value, *, type_params=<unrepresentable>)",
        text_signature = ""
    )]
    fn new(
        _class: &PyType,
        name: &PyStr,
        value: &PyObject,
        type_params: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let parameters = match type_params.present() {
            Some(parameters) => check_parameters(parameters)?,
            None => None,
        };
        let alias = Py::new(PyTypeAlias {
            ob_base: PyObject::HEADER,
            name: Field::new(PyClass::to_owned(name)),
            parameters: Field::from_option(parameters),
            value: Lazy::known(Some(value.to_obj())),
            module: Field::from_option(caller_module()?),
        })?;
        Ok(alias.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.name.get())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        unpack_iter(self)
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        crate::union::make_union(&[left.to_obj(), right.to_obj()])
    }

    #[slot(mp_subscript)]
    fn subscript(&self, item: &PyObject) -> PyResult<Obj> {
        if !self.parameters.is_some() {
            return Err(crate::type_error!(
                "Only generic type aliases are subscriptable"
            ));
        }
        crate::generic_alias::new_generic_alias(self, item)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.name.get())
    }

    #[pygetter]
    fn __name__(&self) -> Option<Py<PyStr>> {
        self.name.get()
    }

    #[pygetter]
    fn __parameters__(&self) -> PyResult<Py<PyTuple>> {
        match self.parameters.get() {
            Some(parameters) => unpack_parameters(&parameters),
            None => Ok(PyTuple::empty()),
        }
    }

    #[pygetter]
    fn __type_params__(&self) -> Py<PyTuple> {
        self.parameters.get().unwrap_or_else(PyTuple::empty)
    }

    #[pygetter]
    fn __value__(&self) -> PyResult<Option<Obj>> {
        self.value.get()
    }

    #[pygetter]
    fn evaluate_value(&self) -> PyResult<Option<Obj>> {
        self.value.evaluator()
    }

    #[pygetter]
    fn __module__(&self) -> PyResult<Option<Obj>> {
        match (self.module.get(), self.value.given_evaluator()) {
            (Some(module), _) => Ok(Some(module)),
            (None, Some(function)) => function.lookup_attr(crate::intern!("__module__")),
            (None, None) => Ok(None),
        }
    }
}
