//! Small steps with objects that several parts of the start-up need.

use krait_runtime::{
    Interpreter, Obj, Py, PyDict, PyErr, PyObject, PyResult, PyStr, PyTuple, runtime_error,
};

/// The `sys` module's dictionary.
pub(crate) fn sys_dict() -> PyResult<Py<PyDict>> {
    Interpreter::current()
        .sysdict
        .get()
        .ok_or_else(|| runtime_error!("lost sys"))
}

/// `sys.modules`.
pub(crate) fn modules() -> PyResult<Py<PyDict>> {
    Interpreter::current()
        .modules
        .get()
        .ok_or_else(|| runtime_error!("unable to get sys.modules"))
}

/// `import name`, giving the module itself also for a dotted name.
pub(crate) fn import(name: &str) -> PyResult<Obj> {
    let hook = Interpreter::current().hooks.get().import;
    let full = PyStr::intern(name)?;
    hook(&full, None, None, None, 0)?;
    modules()?
        .get_item(&full)?
        .ok_or_else(|| krait_runtime::import_error!("'{name}' is not in sys.modules"))
}

/// A module that was imported before.
pub(crate) fn imported(name: &str) -> PyResult<Option<Obj>> {
    modules()?.get(name)
}

/// Text of the system (arguments, paths) as `str`: UTF-8, other bytes as lone surrogates.
pub(crate) fn text(bytes: &[u8]) -> PyResult<Py<PyStr>> {
    krait_runtime::codecs::decode(bytes, "utf-8", Some("surrogateescape"))
}

/// The dictionary of `__main__`.
pub(crate) fn main_dict() -> PyResult<Py<PyDict>> {
    let module = imported("__main__")?;
    let module = module
        .as_deref()
        .and_then(PyObject::downcast::<krait_runtime::PyModule>);
    module
        .map(krait_runtime::PyModule::dict)
        .ok_or_else(|| runtime_error!("lost __main__"))
}

/// Tells the audit hooks of an event.
pub(crate) fn audit(event: &str, arguments: &[&PyObject]) -> PyResult<()> {
    krait_modules_core::sys::audit_event(event, arguments)
}

/// `(…)` of borrowed objects.
pub(crate) fn tuple(items: &[&PyObject]) -> PyResult<Py<PyTuple>> {
    PyTuple::from_refs(items)
}

/// Forgets an error that nobody could do anything about.
pub(crate) fn ignore<T>(result: PyResult<T>) -> Option<T> {
    result.map_err(PyErr::clear).ok()
}
