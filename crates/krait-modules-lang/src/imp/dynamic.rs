//! Extension modules: shared libraries, once something can load them.

use std::cell::Cell;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{Interpreter, PyErr, PyResult, PyStr, exc, runtime_error};

/// How extension modules are made and run.
#[derive(Clone, Copy)]
pub struct DynamicLoader {
    /// Makes the module of a spec.
    pub create: fn(&PyObject) -> PyResult<Obj>,
    /// Runs a module's code.
    pub exec: fn(&PyObject) -> PyResult<()>,
}

/// Where the C API leaves its [`DynamicLoader`], per interpreter.
#[derive(Default)]
pub struct ExtensionLoading(pub Cell<Option<DynamicLoader>>);

fn loader() -> Option<DynamicLoader> {
    Interpreter::current()
        .extension::<ExtensionLoading>()
        .0
        .get()
}

/// Create an extension module.
#[pyfunction(signature = "(spec, file=<unrepresentable>, /)")]
pub(super) fn create_dynamic(spec: &PyObject, file: Option<&PyObject>) -> PyResult<Obj> {
    let _ = file;
    match loader() {
        Some(loader) => (loader.create)(spec),
        None => Err(unsupported(spec)?),
    }
}

fn unsupported(spec: &PyObject) -> PyResult<PyErr> {
    let (name, path) = (
        spec.getattr(krait_runtime::intern!("name"))?,
        spec.getattr(krait_runtime::intern!("origin"))?,
    );
    let text = format!(
        "cannot load '{}': this build of Krait has no C API",
        path.str()?.to_string_lossy()
    );
    let error = exc::ImportError.as_object().call_kw(
        &[&*PyStr::new(&text)?],
        &[("name", &*name), ("path", &*path)],
    )?;
    Ok(PyErr::raise(error))
}

/// Run the code of an extension module.
#[pyfunction(name = "exec_dynamic", signature = "(mod, /)")]
pub(super) fn exec_dynamic(r#mod: &PyObject) -> PyResult<i32> {
    if let Some(loader) = loader() {
        (loader.exec)(r#mod)?;
    }
    Ok(0)
}

/// Override the check of extension modules for support of sub-interpreters.
#[pyfunction(signature = "(override, /)")]
pub(super) fn _override_multi_interp_extensions_check(r#override: i32) -> PyResult<i32> {
    let _ = r#override;
    Err(runtime_error!(
        "_imp._override_multi_interp_extensions_check() cannot be used in the main interpreter"
    ))
}
