//! `_krait_library`: the embedded library, for the importer in `_krait_importer.py`.
//!
//! Paths are those of the library, with slashes and without a leading one.

use std::ffi::CString;

use krait_lib::Entry;
use krait_macros::pyfunction;
use krait_runtime::hooks::CompileRequest;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, PyBytes, PyErr, PyList, PyResult, PyStr, codecs, exc, pymodule,
};

pymodule! {
    pub LIBRARY = "_krait_library",
    "The standard library inside the binary.",
    functions: [get_code, get_data, get_size, is_file, is_dir, list_dir, list_disk],
    classes: [],
    exec: None
}

/// The code of a module of the library, as that of a file with this name.
pub fn code_of(entry: Entry, filename: &str) -> PyResult<Obj> {
    let interp = Interpreter::current();
    if interp.flags.borrow().optimize == 0
        && let Some(code) = entry.code(filename)
    {
        return crate::marshal::loads_bytes(&code, true);
    }
    let source = PyBytes::new(&entry.source())?;
    let filename = PyStr::new(filename)?;
    let source: &PyObject = &source;
    let filename: &PyObject = &filename;
    (interp.hooks.get().compile)(&CompileRequest {
        source,
        filename,
        mode: "exec",
        flags: 0,
        dont_inherit: true,
        optimize: -1,
        feature_version: -1,
    })
}

fn entry(path: &str) -> PyResult<Entry> {
    krait_lib::find(path).ok_or_else(|| {
        PyErr::new(
            &exc::FileNotFoundError,
            format!("no file '{path}' in the library"),
        )
    })
}

/// Return the code object of a module.
#[pyfunction(signature = "(path, filename, /)")]
fn get_code(path: &str, filename: &str) -> PyResult<Obj> {
    code_of(entry(path)?, filename)
}

/// Return the bytes of a file.
#[pyfunction(signature = "(path, /)")]
fn get_data(path: &str) -> PyResult<Obj> {
    Ok(PyBytes::new(&entry(path)?.source())?.into_object())
}

/// Return the size of a file.
#[pyfunction(signature = "(path, /)")]
fn get_size(path: &str) -> PyResult<usize> {
    Ok(entry(path)?.size())
}

/// A name as text; the library has no other names.
fn text_of(path: &PyStr) -> Option<&str> {
    path.as_utf8().map_err(PyErr::clear).ok()
}

/// Return True if the library has this file.
#[pyfunction(signature = "(path, /)")]
fn is_file(path: &PyStr) -> bool {
    text_of(path).is_some_and(|path| krait_lib::find(path).is_some())
}

/// Return True if the library has this folder.
#[pyfunction(signature = "(path, /)")]
fn is_dir(path: &PyStr) -> bool {
    text_of(path).is_some_and(krait_lib::is_dir)
}

/// Return the names that the disk itself has in a folder; the path is that of the system.
#[pyfunction(signature = "(path, /)")]
fn list_disk(path: &PyStr) -> PyResult<Obj> {
    let path = codecs::encode_to_bytes(path, "utf-8", Some("surrogateescape"))?;
    let names = match CString::new(path.as_bytes()) {
        Ok(path) => krait_host::fs::names_on_system(&path).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let names = names.into_iter().map(|name| {
        let name = codecs::decode(name.as_bytes(), "utf-8", Some("surrogateescape"))?;
        Ok(name.into_object())
    });
    Ok(PyList::from_vec(names.collect::<PyResult<_>>()?)?.into_object())
}

/// Return what is in a folder: a list of (name, is_file).
#[pyfunction(signature = "(path, /)")]
fn list_dir(path: &str) -> PyResult<Obj> {
    let rows = krait_lib::list_dir(path);
    let rows = rows
        .iter()
        .map(|(name, entry)| (*name, entry.is_some()).into_py());
    Ok(PyList::from_vec(rows.collect::<PyResult<_>>()?)?.into_object())
}
