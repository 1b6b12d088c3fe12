//! What the modules share: errors, retried calls, constants, file-system text and descriptors.

use std::ffi::CString;

use krait_host::errno::{Errno, Result};
use krait_host::fd::Fd;
use krait_runtime::convert::{ArgRef, FromPyObject};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, PyBytes, PyDict, PyErr, PyList, PyLong, PyResult, PyStr, PyTuple,
    ThreadState, err, hooks, overflow_error, type_error, value_error,
};

/// The `OSError` of an error number.
#[cold]
pub(crate) fn raise(error: Errno) -> PyErr {
    err::os_error(error.0, None, None)
}

/// Calls the system once, with the lock held: for calls that return at once.
pub(crate) fn quick<T>(result: Result<T>) -> PyResult<T> {
    result.map_err(raise)
}

/// Calls the system without the lock, again whenever a signal interrupted it (PEP 475).
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T>) -> PyResult<T> {
    retry_named(&mut call, raise)
}

/// As [`retry`], with another way to make the error.
pub(crate) fn retry_named<T>(
    mut call: impl FnMut() -> Result<T>,
    error: impl FnOnce(Errno) -> PyErr,
) -> PyResult<T> {
    loop {
        match ThreadState::allow_threads(&mut call) {
            Ok(value) => return Ok(value),
            Err(Errno::EINTR) => hooks::check_signals()?,
            Err(errno) => return Err(error(errno)),
        }
    }
}

/// Ends the process: what must not go on cannot be told by an exception.
#[cold]
pub(crate) fn fatal(function: &str, message: &str) -> ! {
    let interp = Interpreter::current();
    let state = if interp.finalizing.get() {
        "finalizing"
    } else {
        "initialized"
    };
    krait_host::reportln!(
        "Fatal Python error: {function}: {message}\nPython runtime state: {state}\n"
    );
    std::process::abort()
}

/// Adds ints to a namespace.
pub(crate) fn add_ints(dict: &PyDict, rows: &[(&str, i64)]) -> PyResult<()> {
    for (name, value) in rows {
        dict.set(name, &*PyLong::from_i64(*value)?)?;
    }
    Ok(())
}

/// Adds the C library's constants to a namespace under their own names.
macro_rules! constants {
    ($dict:expr, $($name:ident)*) => {
        $crate::common::add_ints($dict, &[$((stringify!($name), libc::$name as i64)),*])
    };
}
pub(crate) use constants;

/// A string as the file system has it: UTF-8, with `surrogateescape`.
pub(crate) fn fs_encode(text: &PyStr) -> PyResult<Py<PyBytes>> {
    krait_runtime::codecs::encode_to_bytes(text, "utf-8", Some("surrogateescape"))
}

/// A file system's name as a string.
pub(crate) fn fs_decode(bytes: &[u8]) -> PyResult<Py<PyStr>> {
    krait_runtime::codecs::decode(bytes, "utf-8", Some("surrogateescape"))
}

/// Text for the C library.
pub(crate) fn c_string(bytes: &[u8]) -> PyResult<CString> {
    CString::new(bytes).map_err(|_| value_error!("embedded null byte"))
}

/// `PyUnicode_FSConverter`: a path as bytes for the C library.
pub(crate) fn fs_path(path: &PyObject) -> PyResult<CString> {
    let path = path.fspath()?;
    match path.downcast::<PyStr>() {
        Some(text) => c_string(fs_encode(text)?.as_bytes()),
        None => match path.downcast::<PyBytes>() {
            Some(bytes) => c_string(bytes.as_bytes()),
            None => Err(type_error!("path should be str or bytes")),
        },
    }
}

/// A path argument that is only text for the system (`FSConverter`).
pub(crate) struct FsPath(pub(crate) CString);

impl<'a> FromPyObject<'a> for FsPath {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        fs_path(object).map(FsPath)
    }
}

/// A descriptor, given as an int or as an object with `fileno()`.
#[derive(Clone, Copy)]
pub(crate) struct Fildes(pub(crate) Fd);

impl<'a> FromPyObject<'a> for Fildes {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        file_descriptor(object).map(Fildes)
    }
}

/// Warns of a descriptor that is True or False: most likely something else was meant.
pub(crate) fn warn_bool_descriptor(object: &PyObject) -> PyResult<()> {
    if object.is_instance_of::<krait_runtime::PyBool>() {
        hooks::warn(
            &krait_runtime::exc::RuntimeWarning,
            "bool is used as a file descriptor",
            1,
        )?;
    }
    Ok(())
}

/// `PyObject_AsFileDescriptor`.
pub(crate) fn file_descriptor(object: &PyObject) -> PyResult<Fd> {
    let number = if let Some(number) = object.downcast::<PyLong>() {
        warn_bool_descriptor(object)?;
        PyClass::to_owned(number)
    } else if let Some(method) = object.lookup_attr(krait_runtime::intern!("fileno"))? {
        method
            .call0()?
            .cast::<PyLong>()
            .map_err(|_| type_error!("fileno() returned a non-integer"))?
    } else {
        return Err(type_error!(
            "argument must be an int, or have a fileno() method."
        ));
    };
    let fd = number
        .to_i64()
        .and_then(|fd| Fd::try_from(fd).ok())
        .ok_or_else(|| overflow_error!("Python int too large to convert to C int"))?;
    if fd < 0 {
        return Err(value_error!(
            "file descriptor cannot be a negative integer ({fd})"
        ));
    }
    Ok(fd)
}

/// A list of converted values.
pub(crate) fn list_of<T: IntoPy>(values: impl IntoIterator<Item = T>) -> PyResult<Py<PyList>> {
    let items = values.into_iter().map(IntoPy::into_py);
    PyList::from_vec(items.collect::<PyResult<Vec<_>>>()?)
}

/// A tuple of converted values.
pub(crate) fn tuple_of<T: IntoPy>(values: impl IntoIterator<Item = T>) -> PyResult<Obj> {
    let items = values.into_iter().map(IntoPy::into_py);
    Ok(PyTuple::from_vec(items.collect::<PyResult<Vec<_>>>()?)?.into_object())
}

/// A name of the registry of a module: `module.name`, which Python code may have replaced.
pub(crate) fn import_attr(module: &str, name: &str) -> PyResult<Obj> {
    import(module)?.getattr_str(name)
}

/// Imports a module by its full name.
pub(crate) fn import(module: &str) -> PyResult<Obj> {
    let name = PyStr::intern(module)?;
    let hooks = krait_runtime::Interpreter::current().hooks.get();
    let fromlist = PyTuple::from_vec(vec![PyStr::intern("*")?.into_object()])?;
    (hooks.import)(&name, None, None, Some(&fromlist), 0)
}

/// A `sys` attribute; `None` if there is none.
pub(crate) fn sys_attr(name: &str) -> PyResult<Option<Obj>> {
    match krait_runtime::Interpreter::current().sysdict.get() {
        Some(dict) => dict.get(name),
        None => Ok(None),
    }
}

/// `cls[item]` for classes that are generic in name only.
pub(crate) fn generic_alias(class: &krait_runtime::PyType, item: &PyObject) -> PyResult<Obj> {
    krait_runtime::generic_alias::new_generic_alias(class, item)
}
