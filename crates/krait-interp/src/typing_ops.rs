//! Type parameters and `type` statements: the objects come from the `_typing` module.

use krait_runtime::{Obj, PyClass, PyObject, PyResult, PyStr, PyTuple, system_error};

/// A function or class of the `_typing` module.
fn typing(name: &str) -> PyResult<Obj> {
    let import = krait_runtime::Interpreter::current().hooks.get().import;
    let module = import(&*PyStr::intern("_typing")?, None, None, None, 0)?;
    module.getattr_str(name)
}

/// A `TypeVar` of a type parameter list, whose bound or constraints are evaluated when asked for.
pub(crate) fn type_var(
    name: &PyObject,
    bound: Option<&PyObject>,
    constraints: Option<&PyObject>,
) -> PyResult<Obj> {
    let none = krait_runtime::none();
    typing("_make_typevar")?.call(&[name, bound.unwrap_or(none), constraints.unwrap_or(none)])
}

/// A `ParamSpec` of a type parameter list.
pub(crate) fn param_spec(name: &PyObject) -> PyResult<Obj> {
    typing("_make_paramspec")?.call1(name)
}

/// A `TypeVarTuple` of a type parameter list.
pub(crate) fn type_var_tuple(name: &PyObject) -> PyResult<Obj> {
    typing("_make_typevartuple")?.call1(name)
}

/// `Generic[parameters]`, the implicit base of a generic class.
pub(crate) fn subscript_generic(parameters: &PyObject) -> PyResult<Obj> {
    typing("_subscript_generic")?.call1(parameters)
}

/// A `type` statement: name, type parameters, and a function that gives the value.
pub(crate) fn type_alias(parts: &PyObject) -> PyResult<Obj> {
    let Some(parts) = parts.downcast::<PyTuple>().filter(|parts| parts.len() == 3) else {
        return Err(system_error!(
            "type alias made of something that is no triple"
        ));
    };
    let parts: Vec<&PyObject> = parts
        .as_slice()
        .iter()
        .map(|part| part.as_object())
        .collect();
    typing("_make_typealias")?.call(&parts)
}

/// Gives a type parameter its default, evaluated when asked for.
pub(crate) fn set_default(parameter: &PyObject, evaluate: &PyObject) -> PyResult<Obj> {
    typing("_set_typeparam_default")?.call(&[parameter, evaluate])
}
