//! `ParamSpec`, with its `args` and `kwargs`.

use krait_macros::{pyclass, pymethods};

use super::lazy::default_argument;
use super::{Lazy, Variance, call_typing, no_default, set_module};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, Field, OptionalArg, PyResult, PyStr, PyType, not_implemented};

/// Parameter specification variable.
///
/// The preferred way to construct a parameter specification is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where the use of '**' creates a parameter specification: type IntFunc[**P] = Callable[P, int]
///
/// For compatibility with Python 3.11 and earlier one can be made by a call.
///
/// >>> P = ParamSpec("P", default=[int])
/// >>> P.__name__, P.__default__, P.has_default()
/// ('P', [<class 'int'>], True)
#[pyclass(
    name = "ParamSpec",
    module = "typing",
    flags(GC, MANAGED_DICT, MANAGED_WEAKREF)
)]
#[repr(C)]
pub(crate) struct PyParamSpec {
    ob_base: PyObject,
    #[traverse]
    name: Field<PyStr>,
    #[traverse]
    bound: Field<PyObject>,
    #[traverse]
    default: Lazy,
    variance: Variance,
}

/// A `ParamSpec` of a type parameter list.
pub fn make_paramspec(name: &PyObject) -> PyResult<Obj> {
    let spec = Py::new(PyParamSpec {
        ob_base: PyObject::HEADER,
        name: Field::from_option(name.downcast::<PyStr>().map(PyClass::to_owned)),
        bound: Field::empty(),
        default: Lazy::default(),
        variance: Variance::INFERRED,
    })?;
    Ok(spec.into_object())
}

impl PyParamSpec {
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
impl PyParamSpec {
    #[pynew(
        name = "paramspec",
        signature = "(name, *, bound=None, default=<unrepresentable>, covariant=False, contravariant=False, infer_variance=False)",
        text_signature = ""
    )]
    fn new(
        _class: &PyType,
        name: &PyStr,
        bound: Option<&PyObject>,
        default: OptionalArg<&PyObject>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Obj> {
        let variance = Variance::new(covariant, contravariant, infer_variance)?;
        let bound = bound
            .filter(|bound| !bound.is(crate::none()))
            .map(PyClass::to_obj);
        let spec = Py::new(PyParamSpec {
            ob_base: PyObject::HEADER,
            name: Field::new(PyClass::to_owned(name)),
            bound: Field::from_option(bound),
            default: default_argument(default.present()),
            variance,
        })?;
        set_module(&spec)?;
        Ok(spec.into_object())
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
        call_typing("_paramspec_subst", &[self, arg])
    }

    #[pymethod(
        name = "__typing_prepare_subst__",
        signature = "($self, alias, args, /)"
    )]
    fn typing_prepare_subst(&self, alias: &PyObject, args: &PyObject) -> PyResult<Obj> {
        call_typing("_paramspec_prepare_subst", &[self, alias, args])
    }

    #[pymethod]
    fn has_default(&self) -> bool {
        self.default.is_set()
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.name.get())
    }

    #[pymethod(name = "__mro_entries__", signature = "($self, object, /)")]
    fn mro_entries(&self, _bases: &PyObject) -> PyResult<Obj> {
        Err(crate::type_error!(
            "Cannot subclass an instance of ParamSpec"
        ))
    }

    #[pygetter]
    fn __name__(&self) -> Option<Py<PyStr>> {
        self.name.get()
    }

    #[pygetter]
    fn __bound__(&self) -> Option<Obj> {
        self.bound.get()
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

    /// Represents positional arguments.
    #[pygetter]
    fn args(&self) -> PyResult<Py<PyParamSpecArgs>> {
        PyParamSpecArgs::of(self)
    }

    /// Represents keyword arguments.
    #[pygetter]
    fn kwargs(&self) -> PyResult<Py<PyParamSpecKwargs>> {
        PyParamSpecKwargs::of(self)
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

macro_rules! parts {
    ($($(#[$doc:meta])* $class:ident $name:literal $lower:literal $attribute:literal $subclass:literal;)+) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, module = "typing", flags(GC, MANAGED_WEAKREF))]
        #[repr(C)]
        pub(crate) struct $class {
            ob_base: PyObject,
            #[traverse]
            origin: Field<PyObject>,
        }

        impl $class {
            fn of(origin: &PyObject) -> PyResult<Py<Self>> {
                Py::new($class {
                    ob_base: PyObject::HEADER,
                    origin: Field::new(origin.to_obj()),
                })
            }

            fn origin(&self) -> Obj {
                self.origin.get().unwrap_or_else(|| crate::none().to_obj())
            }
        }

        #[pymethods]
        impl $class {
            #[pynew(name = $lower, signature = "(origin)", text_signature = "")]
            fn new(_class: &PyType, origin: &PyObject) -> PyResult<Py<Self>> {
                Self::of(origin)
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<String> {
                let origin = self.origin();
                Ok(match origin.downcast::<PyParamSpec>() {
                    Some(spec) => format!(concat!("{}.", $attribute), spec.name()),
                    None => format!(concat!("{}.", $attribute), origin.repr()?.to_string_lossy()),
                })
            }

            #[slot(tp_richcompare)]
            fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
                match (other.downcast::<$class>(), op) {
                    (Some(other), CompareOp::Eq | CompareOp::Ne) => {
                        self.origin().rich_compare(&other.origin(), op)
                    }
                    _ => Ok(not_implemented().to_obj()),
                }
            }

            #[pymethod(name = "__mro_entries__", signature = "($self, object, /)")]
            fn mro_entries(&self, _bases: &PyObject) -> PyResult<Obj> {
                Err(crate::type_error!($subclass))
            }

            #[pygetter]
            fn __origin__(&self) -> Obj {
                self.origin()
            }
        }
    )+};
}

parts! {
    /// The args for a ParamSpec object.
    ///
    /// Given a ParamSpec object P, P.args returns an instance of ParamSpecArgs.
    ///
    /// >>> P = ParamSpec("P")
    /// >>> P.args, P.args.__origin__ is P
    /// (P.args, True)
    PyParamSpecArgs "ParamSpecArgs" "paramspecargs" "args" "Cannot subclass an instance of ParamSpecArgs";
    /// The kwargs for a ParamSpec object.
    ///
    /// Given a ParamSpec object P, P.kwargs returns an instance of ParamSpecKwargs.
    ///
    /// >>> P = ParamSpec("P")
    /// >>> P.kwargs, P.kwargs.__origin__ is P
    /// (P.kwargs, True)
    PyParamSpecKwargs "ParamSpecKwargs" "paramspeckwargs" "kwargs" "Cannot subclass an instance of ParamSpecKwargs";
}
