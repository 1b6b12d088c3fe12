//! `_sysconfig`: the build's variables that `sysconfig` cannot know otherwise.

use krait_macros::pyfunction;
use krait_runtime::{Py, PyDict, PyLong, PyResult, pymodule};

pymodule! {
    pub SYSCONFIG = "_sysconfig", "A helper for the sysconfig module.",
    functions: [config_vars],
    classes: [],
    exec: None
}

/// Returns a dictionary containing build variables intended to be exposed by sysconfig.
#[pyfunction(signature = "()")]
fn config_vars() -> PyResult<Py<PyDict>> {
    let variables = PyDict::new()?;
    let zero = PyLong::from_i64(0)?;
    for name in ["Py_GIL_DISABLED", "Py_DEBUG"] {
        variables.set(name, &zero)?;
    }
    Ok(variables)
}
