//! Type parameters and `type` statements: what the intrinsics of PEP 695 make.

use krait_runtime::{Obj, PyObject, PyResult, PyTuple, system_error, typing};

pub(crate) use typing::{
    make_paramspec as param_spec, make_typevartuple as type_var_tuple, set_default,
    subscript_generic,
};

/// A `TypeVar` of a type parameter list, whose bound or constraints are evaluated when asked for.
pub(crate) fn type_var(
    name: &PyObject,
    bound: Option<&PyObject>,
    constraints: Option<&PyObject>,
) -> PyResult<Obj> {
    typing::make_typevar(name, bound, constraints)
}

/// A `type` statement: name, type parameters, and a function that gives the value.
pub(crate) fn type_alias(parts: &PyObject) -> PyResult<Obj> {
    match parts.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([name, parameters, evaluate]) => typing::make_type_alias(name, parameters, evaluate),
        _ => Err(system_error!(
            "type alias made of something that is no triple"
        )),
    }
}
