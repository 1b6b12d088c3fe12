//! What several modules of this crate need.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;

use krait_runtime::buffer::BufferView;
use krait_runtime::{
    Interpreter, Obj, Py, PyBytes, PyClass, PyDict, PyErr, PyModule, PyObject, PyResult, PyStr,
    PyTuple, PyType, runtime_error, system_error,
};

/// A module of the standard library, by its full name.
pub(crate) fn import(name: &str) -> PyResult<Obj> {
    import_named(&*PyStr::intern(name)?)
}

/// A module by its full name.
pub(crate) fn import_named(name: &PyStr) -> PyResult<Obj> {
    let interp = Interpreter::current();
    let modules = |interp: &Interpreter| match interp.modules.get() {
        Some(modules) => modules.get_item(name),
        None => Ok(None),
    };
    if let Some(module) = modules(interp)? {
        return Ok(module);
    }
    let package = (interp.hooks.get().import)(name, None, None, None, 0)?;
    // The hook gives the outermost package of a dotted name.
    Ok(modules(interp)?.unwrap_or(package))
}

/// The exception classes that this crate's modules made, by their full names.
#[derive(Default)]
struct Exceptions(RefCell<HashMap<&'static str, Py<PyType>>>);

/// Makes an exception class with a full name such as `struct.error`, and puts it into the module. A module that is
/// executed once more has the class of the first time, which is the one that its functions raise.
pub(crate) fn add_exception(
    module: &PyModule,
    full_name: &'static str,
    bases: &[&PyType],
    doc: Option<&str>,
) -> PyResult<Py<PyType>> {
    let (home, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    if let Some(class) = exception(full_name) {
        module.add(name, &class)?;
        return Ok(class);
    }
    let namespace = PyDict::new()?;
    namespace.set("__module__", &*PyStr::new(home)?)?;
    if let Some(doc) = doc {
        namespace.set("__doc__", &*PyStr::new(doc)?)?;
    }
    let bases = PyTuple::from_vec(bases.iter().map(|base| base.to_obj()).collect())?;
    let name_object = PyStr::intern(name)?;
    let class = PyType::type_object()
        .as_object()
        .call(&[&name_object, &bases, &namespace])?;
    let Ok(class) = class.cast::<PyType>() else {
        return Err(system_error!("{full_name} is no class"));
    };
    module.add(name, &class)?;
    let exceptions = Interpreter::current().extension::<Exceptions>();
    let old = exceptions.0.borrow_mut().insert(full_name, class.clone());
    drop(old);
    Ok(class)
}

/// An exception class made by [`add_exception`].
pub(crate) fn exception(full_name: &'static str) -> Option<Py<PyType>> {
    let exceptions = Interpreter::current().extension::<Exceptions>();
    exceptions.0.borrow().get(full_name).cloned()
}

/// Raises an exception of a class made by [`add_exception`].
#[cold]
pub(crate) fn raise(full_name: &'static str, message: impl AsRef<str>) -> PyErr {
    match exception(full_name) {
        Some(class) => PyErr::new(&class, message),
        None => system_error!("{full_name} was not made: {}", message.as_ref()),
    }
}

/// The bytes of a bytes-like object: borrowed if they cannot change, copied if they can.
pub(crate) enum Data {
    Bytes(Py<PyBytes>),
    Copy(Vec<u8>),
}

impl Data {
    /// Borrows or copies all bytes.
    pub(crate) fn of(object: &PyObject) -> PyResult<Data> {
        match object.downcast::<PyBytes>() {
            Some(bytes) => Ok(Data::Bytes(PyClass::to_owned(bytes))),
            None => Ok(Data::Copy(object.bytes_buffer()?.to_vec())),
        }
    }
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Data::Bytes(bytes) => bytes.as_bytes(),
            Data::Copy(bytes) => bytes,
        }
    }
}

/// A copy of a part of a lent buffer.
pub(crate) fn copy_range(view: &BufferView, start: usize, len: usize) -> Vec<u8> {
    let cells = view.as_cells();
    let end = (start + len).min(cells.len());
    cells[start.min(end)..end]
        .iter()
        .map(std::cell::Cell::get)
        .collect()
}

/// The time in which an XML parser runs: it takes no more until this is dropped.
pub(crate) struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    /// Begins, or raises `RuntimeError` if the parser runs already: a handler called it.
    pub(crate) fn begin(running: &'a Cell<bool>) -> PyResult<Running<'a>> {
        if running.replace(true) {
            return Err(runtime_error!("the parser is running already"));
        }
        Ok(Running(running))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
