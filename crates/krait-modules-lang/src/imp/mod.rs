//! `_imp`: what `importlib` is built on: native and frozen modules, the import lock.

mod builtin;
mod dynamic;
mod frozen;
mod lock;

pub use builtin::import_builtin;
pub use dynamic::{DynamicLoader, ExtensionLoading};
pub use frozen::import_frozen;

use krait_macros::pyfunction;
use krait_runtime::object::PyObject;
use krait_runtime::{
    IntoPy, Obj, Py, PyBytes, PyCode, PyLong, PyModule, PyResult, PyStr, pymodule,
};

pymodule! {
    pub IMP = "_imp",
    "What importlib is built on.",
    functions: [
        extension_suffixes,
        lock::lock_held,
        lock::acquire_lock,
        lock::release_lock,
        frozen::find_frozen,
        frozen::get_frozen_object,
        frozen::is_frozen_package,
        frozen::is_frozen,
        frozen::init_frozen,
        frozen::_frozen_module_names,
        frozen::_override_frozen_modules_for_tests,
        builtin::create_builtin,
        builtin::exec_builtin,
        builtin::is_builtin,
        dynamic::create_dynamic,
        dynamic::exec_dynamic,
        dynamic::_override_multi_interp_extensions_check,
        _fix_co_filename,
        source_hash,
    ],
    classes: [],
    exec: Some(exec)
}

/// The `.pyc` magic number as an int of four bytes.
fn magic_token() -> u32 {
    u32::from_le_bytes(krait_bytecode::pyc::MAGIC)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add(
        "pyc_magic_number_token",
        &*PyLong::from_u64(magic_token().into())?,
    )?;
    module.add("check_hash_based_pycs", &*PyStr::intern("default")?)
}

/// Return the endings of the names of extension modules.
#[pyfunction]
fn extension_suffixes() -> PyResult<Obj> {
    const ARCH: &str = if cfg!(target_arch = "aarch64") {
        "aarch64-linux-gnu"
    } else {
        "x86_64-linux-gnu"
    };
    let suffixes = [
        format!(".cpython-314-{ARCH}.so"),
        ".abi3.so".to_owned(),
        format!(".abi3-{ARCH}.so"),
        ".so".to_owned(),
    ];
    let suffixes = suffixes.iter().map(|suffix| suffix.as_str().into_py());
    Ok(krait_runtime::PyList::from_vec(suffixes.collect::<PyResult<_>>()?)?.into_object())
}

/// Change the file name of a code object, and of those within it that have the same.
#[pyfunction(signature = "(code, path, /)")]
fn _fix_co_filename(code: &PyCode, path: &PyStr) -> PyResult<()> {
    match code.co_filename.get() {
        Some(old) if !old.same_text(path) => rename(code, &old, path),
        _ => {}
    }
    Ok(())
}

fn rename(code: &PyCode, old: &PyStr, new: &PyStr) {
    if !code
        .co_filename
        .get()
        .is_some_and(|name| name.same_text(old))
    {
        return;
    }
    code.co_filename.set(Some(new.into()));
    for constant in code
        .co_consts
        .get()
        .iter()
        .flat_map(|consts| consts.as_slice())
    {
        if let Some(inner) = constant.downcast::<PyCode>() {
            rename(inner, old, new);
        }
    }
}

/// Return the hash of source that a hash-based .pyc file holds.
#[pyfunction(signature = "(key, source)")]
fn source_hash(key: i64, source: &PyObject) -> PyResult<Py<PyBytes>> {
    let source = source.bytes_buffer()?.to_vec();
    let hash = krait_runtime::hash::siphash13(key as u64, 0, &source);
    PyBytes::new(&hash.to_le_bytes())
}
