//! `_string`: the parser of `str.format`, for `string.Formatter`.

use krait_macros::pyfunction;
use krait_runtime::{Obj, Py, PyObject, PyResult, PyStr, PyTuple, formatter, pymodule, type_error};

pymodule! {
    pub STRING = "_string", "string helper module",
    functions: [formatter_field_name_split, formatter_parser],
    classes: [],
    hidden: [formatter::FormatterIterator, formatter::FieldNameIterator],
    exec: None
}

fn expect_str(object: &PyObject) -> PyResult<&PyStr> {
    object
        .downcast::<PyStr>()
        .ok_or_else(|| type_error!("expected str, got {}", object.type_().tp_name()))
}

/// split the argument as a field name
#[pyfunction(signature = "($self, object, /)")]
fn formatter_field_name_split(object: &PyObject) -> PyResult<Py<PyTuple>> {
    formatter::formatter_field_name_split(expect_str(object)?)
}

/// parse the argument as a format string
#[pyfunction(signature = "($self, object, /)")]
fn formatter_parser(object: &PyObject) -> PyResult<Obj> {
    Ok(formatter::formatter_parser(expect_str(object)?)?.into_object())
}
