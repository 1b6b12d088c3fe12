//! Values that are evaluated when asked for, and `NoDefault`.

use krait_macros::{pyclass, pymethods};

use super::PyConstEvaluator;
use crate::gc::{Traverse, TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, Interpreter, PyDict, PyLong, PyResult, PyTuple, PyType};

/// The format that asks an evaluator for the value itself (`annotationlib.Format.VALUE`).
const FORMAT_VALUE: i64 = 1;

/// A value, the function that gives it, or neither.
#[derive(Default)]
pub(super) struct Lazy {
    value: Field<PyObject>,
    evaluate: Field<PyObject>,
}

impl Lazy {
    /// A value that is known.
    pub(super) fn known(value: Option<Obj>) -> Lazy {
        Lazy {
            value: Field::from_option(value),
            evaluate: Field::empty(),
        }
    }

    /// A value that a function gives.
    pub(super) fn by(evaluate: Option<&PyObject>) -> Lazy {
        Lazy {
            value: Field::empty(),
            evaluate: Field::from_option(evaluate.map(PyClass::to_obj)),
        }
    }

    /// Whether there is a value, evaluated or not.
    pub(super) fn is_set(&self) -> bool {
        self.value.is_some() || self.evaluate.is_some()
    }

    /// Has a function give the value from now on.
    pub(super) fn set_evaluator(&self, evaluate: &PyObject) {
        self.evaluate.set(Some(evaluate.to_obj()));
    }

    /// The value, evaluated on first use.
    pub(super) fn get(&self) -> PyResult<Option<Obj>> {
        if let Some(value) = self.value.get() {
            return Ok(Some(value));
        }
        let Some(evaluate) = self.evaluate.get() else {
            return Ok(None);
        };
        let value = evaluate.call1(&*PyLong::from_i64(FORMAT_VALUE)?)?;
        self.value.set(Some(value.clone()));
        Ok(Some(value))
    }

    /// The function that gives the value, made on the spot for one that was known from the start.
    pub(super) fn evaluator(&self) -> PyResult<Option<Obj>> {
        if let Some(evaluate) = self.evaluate.get() {
            return Ok(Some(evaluate));
        }
        match self.value.get() {
            Some(value) => Ok(Some(PyConstEvaluator::over(value)?)),
            None => Ok(None),
        }
    }

    /// The function as it was given.
    pub(super) fn given_evaluator(&self) -> Option<Obj> {
        self.evaluate.get()
    }
}

impl Traverse for Lazy {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.value.traverse(visitor)?;
        self.evaluate.traverse(visitor)
    }

    fn clear(&self) {
        self.value.set(None);
        self.evaluate.set(None);
    }
}

/// The type of the NoDefault singleton.
#[pyclass(name = "NoDefaultType")]
#[repr(C)]
pub(crate) struct PyNoDefault {
    ob_base: PyObject,
}

/// The interpreter's `NoDefault`.
#[derive(Default)]
struct Singleton(Field<PyObject>);

/// `typing.NoDefault`.
pub(super) fn no_default() -> PyResult<Obj> {
    let singleton = &Interpreter::current().extension::<Singleton>().0;
    if let Some(object) = singleton.get() {
        return Ok(object);
    }
    let object = Py::new(PyNoDefault {
        ob_base: PyObject::HEADER,
    })?
    .into_object();
    singleton.set(Some(object.clone()));
    Ok(object)
}

/// An argument `default=`: missing and `NoDefault` are the same.
pub(super) fn default_argument(default: Option<&PyObject>) -> Lazy {
    let default = default.filter(|default| !default.is_instance_of::<PyNoDefault>());
    Lazy::known(default.map(PyClass::to_obj))
}

#[pymethods]
impl PyNoDefault {
    #[slot(tp_new)]
    fn tp_new(_class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(crate::type_error!("NoDefaultType takes no arguments"));
        }
        no_default()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> &'static str {
        "typing.NoDefault"
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)", text_signature = "")]
    fn reduce(&self) -> &'static str {
        "NoDefault"
    }
}
