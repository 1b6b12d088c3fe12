//! `TypeVar`.

use krait_macros::{pyclass, pymethods};

use super::lazy::default_argument;
use super::{Lazy, Variance, call_typing, no_default, set_module, type_check};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Args, Field, OptionalArg, PyResult, PyStr, PyTuple, PyType};

/// Type variable.
///
/// The preferred way to construct a type variable is via the dedicated
/// syntax for generic functions, classes, and type aliases: class Sequence[T]: ...
///
/// Type variables can have bounds (class A[T: str]) or constraints
/// (class A[T: (str, bytes)]), and a default (class A[T = int]).
#[pyclass(
    name = "TypeVar",
    module = "typing",
    flags(GC, MANAGED_DICT, MANAGED_WEAKREF)
)]
#[repr(C)]
pub(crate) struct PyTypeVar {
    ob_base: PyObject,
    #[traverse]
    name: Field<PyStr>,
    #[traverse]
    bound: Lazy,
    #[traverse]
    constraints: Lazy,
    #[traverse]
    default: Lazy,
    variance: Variance,
}

/// A `TypeVar` of a type parameter list; bound or constraints are functions that give them.
pub fn make_typevar(
    name: &PyObject,
    bound: Option<&PyObject>,
    constraints: Option<&PyObject>,
) -> PyResult<Obj> {
    let var = Py::new(PyTypeVar {
        ob_base: PyObject::HEADER,
        name: Field::from_option(name.downcast::<PyStr>().map(PyClass::to_owned)),
        bound: Lazy::by(bound),
        constraints: Lazy::by(constraints),
        default: Lazy::default(),
        variance: Variance::INFERRED,
    })?;
    Ok(var.into_object())
}

impl PyTypeVar {
    pub(super) fn default_value(&self) -> &Lazy {
        &self.default
    }

    fn name(&self) -> String {
        self.name
            .get()
            .map_or_else(String::new, |name| name.to_string_lossy())
    }
}

#[pymethods]
impl PyTypeVar {
    #[pynew(
        name = "typevar",
        signature = "(name, *constraints, bound=None, default=<unrepresentable>, covariant=False, contravariant=False, infer_variance=False)",
        text_signature = ""
    )]
    fn new(
        _class: &PyType,
        name: &PyStr,
        constraints: Args<'_>,
        bound: Option<&PyObject>,
        default: OptionalArg<&PyObject>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Obj> {
        let variance = Variance::new(covariant, contravariant, infer_variance)?;
        let bound = match bound.filter(|bound| !bound.is(crate::none())) {
            Some(bound) => Some(type_check(bound, "Bound must be a type.")?),
            None => None,
        };
        let constraints = match constraints.len() {
            0 => None,
            1 => {
                return Err(crate::type_error!("A single constraint is not allowed"));
            }
            _ if bound.is_some() => {
                return Err(crate::type_error!(
                    "Constraints cannot be combined with bound=..."
                ));
            }
            _ => Some(constraints.to_tuple()?.into_object()),
        };
        let var = Py::new(PyTypeVar {
            ob_base: PyObject::HEADER,
            name: Field::new(PyClass::to_owned(name)),
            bound: Lazy::known(bound),
            constraints: Lazy::known(constraints),
            default: default_argument(default.present()),
            variance,
        })?;
        set_module(&var)?;
        Ok(var.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        format!("{}{}", self.variance.sign(), self.name())
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        crate::union::make_union(&[left.to_obj(), right.to_obj()])
    }

    #[pymethod(name = "__typing_subst__", signature = "($self, arg, /)")]
    fn typing_subst(&self, arg: &PyObject) -> PyResult<Obj> {
        call_typing("_typevar_subst", &[self, arg])
    }

    #[pymethod(
        name = "__typing_prepare_subst__",
        signature = "($self, alias, args, /)"
    )]
    fn typing_prepare_subst(&self, alias: &PyObject, args: &PyObject) -> PyResult<Obj> {
        let parameters = alias.getattr(crate::intern!("__parameters__"))?.to_vec()?;
        let index = parameters.iter().position(|parameter| parameter.is(self));
        let given = args.length()?;
        if index.is_some_and(|index| index < given) {
            return Ok(args.to_obj());
        }
        match self.default.get()? {
            Some(default) if index == Some(given) => {
                let default = PyTuple::from_vec(vec![default])?;
                args.sequence_concat(&default)
            }
            _ => Err(crate::type_error!(
                "Too few arguments for {}; actual {given}, expected at least {}",
                alias.str()?.to_string_lossy(),
                index.map_or(given, |index| index) + 1
            )),
        }
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
        Err(crate::type_error!("Cannot subclass an instance of TypeVar"))
    }

    #[pygetter]
    fn __name__(&self) -> Option<Py<PyStr>> {
        self.name.get()
    }

    #[pygetter]
    fn __covariant__(&self) -> bool {
        self.variance.covariant
    }

    #[pygetter]
    fn __contravariant__(&self) -> bool {
        self.variance.contravariant
    }

    #[pygetter]
    fn __infer_variance__(&self) -> bool {
        self.variance.infer
    }

    #[pygetter]
    fn __bound__(&self) -> PyResult<Option<Obj>> {
        self.bound.get()
    }

    #[pygetter]
    fn __constraints__(&self) -> PyResult<Obj> {
        Ok(match self.constraints.get()? {
            Some(constraints) => constraints,
            None => PyTuple::empty().into_object(),
        })
    }

    #[pygetter]
    fn __default__(&self) -> PyResult<Obj> {
        match self.default.get()? {
            Some(default) => Ok(default),
            None => no_default(),
        }
    }

    #[pygetter]
    fn evaluate_bound(&self) -> PyResult<Option<Obj>> {
        self.bound.evaluator()
    }

    #[pygetter]
    fn evaluate_constraints(&self) -> PyResult<Option<Obj>> {
        self.constraints.evaluator()
    }

    #[pygetter]
    fn evaluate_default(&self) -> PyResult<Option<Obj>> {
        self.default.evaluator()
    }
}
