//! Type parameters and `type` statements.

use krait_runtime::{Obj, PyObject, PyResult, PyTuple, system_error};

pub(crate) use krait_runtime::typing::{
    make_paramspec as param_spec, make_typevar as type_var, make_typevartuple as type_var_tuple,
    set_default, subscript_generic,
};

/// A `type` statement: name, type parameters, and a function that gives the value.
pub(crate) fn type_alias(parts: &PyObject) -> PyResult<Obj> {
    match parts.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([name, parameters, evaluate]) => {
            krait_runtime::typing::make_type_alias(name, parameters, evaluate)
        }
        _ => Err(system_error!(
            "type alias made of something that is no triple"
        )),
    }
}
