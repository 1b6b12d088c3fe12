//! `_typing`: type parameters, type aliases and `Generic`, which PEP 695 syntax makes and `typing` builds on.
//!
//! What a bound, a default or an alias stands for may be a function that is called when somebody asks for
//! the first time: [`Lazy`].

mod alias;
mod evaluator;
mod generic;
mod lazy;
mod paramspec;
mod typevar;
mod typevartuple;

pub use alias::{PyTypeAlias, make_type_alias};
pub use generic::subscript_generic;
pub use paramspec::make_paramspec;
pub use typevar::make_typevar;
pub use typevartuple::make_typevartuple;

pub(crate) use evaluator::PyConstEvaluator;
pub(crate) use generic::PyGeneric;
pub(crate) use lazy::PyNoDefault;
pub(crate) use paramspec::{PyParamSpec, PyParamSpecArgs, PyParamSpecKwargs};
pub(crate) use typevar::PyTypeVar;
pub(crate) use typevartuple::PyTypeVarTuple;

use krait_macros::pyfunction;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Interpreter, PyModule, PyResult, PyStr, PyTuple};
use lazy::{Lazy, no_default};

crate::pymodule! {
    /// Registered with the modules of the core.
    pub TYPING = "_typing", "Primitives and accelerators for the typing module.\n",
    functions: [_idfunc],
    classes: [
        PyTypeVar, PyParamSpec, PyParamSpecArgs, PyParamSpecKwargs, PyTypeVarTuple, PyTypeAlias,
        crate::union::PyUnion,
    ],
    hidden: [PyNoDefault, PyConstEvaluator, PyGeneric],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("Generic", &*generic::generic_class()?)?;
    // Instances show it too, and pickle asks them for it.
    let name = PyStr::intern("typing")?;
    for class in [
        PyTypeVar::type_object(),
        PyParamSpec::type_object(),
        PyTypeVarTuple::type_object(),
    ] {
        class.dict().set("__module__", &name)?;
        class.modified();
    }
    module.add("NoDefault", &*no_default()?)
}

#[pyfunction(signature = "($module, x, /)")]
fn _idfunc(x: &PyObject) -> Obj {
    x.to_obj()
}

/// Calls a function of `typing`, which the program may not have imported yet.
pub(crate) fn call_typing(name: &str, args: &[&PyObject]) -> PyResult<Obj> {
    let import = Interpreter::current().hooks.get().import;
    let module = import(crate::intern!("typing"), None, None, None, 0)?;
    module.getattr_str(name)?.call(args)
}

/// `typing._type_check`, with None for `type(None)`.
fn type_check(argument: &PyObject, message: &str) -> PyResult<Obj> {
    if argument.is(crate::none()) {
        return Ok(argument.type_().to_obj());
    }
    let message = PyStr::new(message)?;
    call_typing("_type_check", &[argument, &message])
}

/// `Unpack[parameter]`.
fn unpack(parameter: &PyObject) -> PyResult<Obj> {
    let import = Interpreter::current().hooks.get().import;
    let module = import(crate::intern!("typing"), None, None, None, 0)?;
    module
        .getattr(crate::intern!("Unpack"))?
        .get_item(parameter)
}

/// What `*parameter` iterates over: `Unpack[parameter]` alone.
fn unpack_iter(parameter: &PyObject) -> PyResult<Obj> {
    let only = PyTuple::from_vec(vec![unpack(parameter)?])?;
    only.as_object().iter()
}

/// Parameters as a subscript takes them: those of type `TypeVarTuple` unpacked.
fn unpack_parameters(parameters: &PyTuple) -> PyResult<Py<PyTuple>> {
    let items = parameters
        .as_slice()
        .iter()
        .map(
            |parameter| match parameter.is_instance_of::<PyTypeVarTuple>() {
                true => unpack(parameter),
                false => Ok(parameter.clone()),
            },
        )
        .collect::<PyResult<_>>()?;
    PyTuple::from_vec(items)
}

/// The `__module__` of the code that makes a parameter.
fn caller_module() -> PyResult<Option<Obj>> {
    match (Interpreter::current().hooks.get().current_globals)() {
        Some(globals) => globals.get("__name__"),
        None => Ok(None),
    }
}

/// Gives a new parameter the `__module__` of the code that makes it.
fn set_module(parameter: &PyObject) -> PyResult<()> {
    let module = caller_module()?.unwrap_or_else(|| crate::none().to_obj());
    parameter.setattr_str("__module__", &module)
}

/// Which way subclasses go.
#[derive(Clone, Copy)]
struct Variance {
    covariant: bool,
    contravariant: bool,
    infer: bool,
}

impl Variance {
    const INFERRED: Variance = Variance {
        covariant: false,
        contravariant: false,
        infer: true,
    };

    fn new(covariant: bool, contravariant: bool, infer: bool) -> PyResult<Variance> {
        if covariant && contravariant {
            return Err(crate::value_error!("Bivariant types are not supported."));
        }
        if infer && (covariant || contravariant) {
            return Err(crate::value_error!(
                "Variance cannot be specified with infer_variance."
            ));
        }
        Ok(Variance {
            covariant,
            contravariant,
            infer,
        })
    }

    /// What `repr` puts in front of the name.
    fn sign(self) -> &'static str {
        match self {
            Variance { infer: true, .. } => "",
            Variance {
                covariant: true, ..
            } => "+",
            Variance {
                contravariant: true,
                ..
            } => "-",
            _ => "~",
        }
    }
}

/// Gives a type parameter its default, evaluated when asked for.
pub fn set_default(parameter: &PyObject, evaluate: &PyObject) -> PyResult<Obj> {
    let default = if let Some(parameter) = parameter.downcast::<PyTypeVar>() {
        parameter.default_value()
    } else if let Some(parameter) = parameter.downcast::<PyParamSpec>() {
        parameter.default_value()
    } else if let Some(parameter) = parameter.downcast::<PyTypeVarTuple>() {
        parameter.default_value()
    } else {
        return Err(crate::type_error!(
            "Expected a type param, got {}",
            parameter.to_display()
        ));
    };
    default.set_evaluator(evaluate);
    Ok(parameter.to_obj())
}

/// Whether a type parameter has a default; an error for anything else.
fn has_default(parameter: &PyObject) -> PyResult<bool> {
    if let Some(parameter) = parameter.downcast::<PyTypeVar>() {
        Ok(parameter.default_value().is_set())
    } else if let Some(parameter) = parameter.downcast::<PyParamSpec>() {
        Ok(parameter.default_value().is_set())
    } else if let Some(parameter) = parameter.downcast::<PyTypeVarTuple>() {
        Ok(parameter.default_value().is_set())
    } else {
        let shown = parameter.repr()?.to_string_lossy();
        Err(crate::type_error!("Expected a type param, got {shown}"))
    }
}
