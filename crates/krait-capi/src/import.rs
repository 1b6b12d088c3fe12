//! `import.h`.

use std::ffi::{c_char, c_int, c_long};

use krait_runtime::{
    Interpreter, Obj, Py, PyClass, PyCode, PyDict, PyModule, PyResult, PyStr, none, runtime_error,
};

use crate::glue::*;

/// Imports a module by its full name: the module itself, not the top of its packages.
pub(crate) fn import_name(name: &str) -> PyResult<Obj> {
    import_object(&*PyStr::intern(name)?)
}

fn import_object(name: &PyStr) -> PyResult<Obj> {
    import(name, None, None, None, 0)?;
    match modules()?.get_item(name)? {
        Some(module) => Ok(module),
        None => Err(krait_runtime::err::key_error_object(name)),
    }
}

fn import(name: &PyStr, globals: Arg, locals: Arg, fromlist: Arg, level: c_int) -> PyResult<Obj> {
    (Interpreter::current().hooks.get().import)(name, globals, locals, fromlist, level)
}

/// `sys.modules`.
fn modules() -> PyResult<Py<PyDict>> {
    Interpreter::current()
        .modules
        .get()
        .ok_or_else(|| runtime_error!("no import module dictionary"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModule(name: Text) -> Out {
    run(|| import_object(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModuleNoBlock(name: Text) -> Out {
    run(|| import_object(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_Import(name: Arg) -> Out {
    run(|| import_object(cast(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModuleLevel(
    name: Text,
    globals: Arg,
    locals: Arg,
    fromlist: Arg,
    level: c_int,
) -> Out {
    run(|| import(&*name.name()?, globals, locals, fromlist, level))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModuleLevelObject(
    name: Arg,
    globals: Arg,
    locals: Arg,
    fromlist: Arg,
    level: c_int,
) -> Out {
    run(|| import(cast(name)?, globals, locals, fromlist, level))
}

/// An attribute of a module: `PyImport_ImportModuleAttr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModuleAttr(module: Arg, name: Arg) -> Out {
    run(|| import_object(cast(module)?)?.getattr(some(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModuleAttrString(module: Text, name: Text) -> Out {
    run(|| import_object(&*module.name()?)?.getattr(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_GetModuleDict() -> Ptr {
    lend_result(modules().map(|modules| Some(modules.into_object())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_GetModule(name: Arg) -> Out {
    modules()
        .and_then(|modules| modules.get_item(some(name)?))
        .ok()
        .flatten()
}

/// The module of a name, an empty one if there is none.
fn add_module(name: &PyStr) -> PyResult<Obj> {
    let modules = modules()?;
    if let Some(module) = modules.get_item(name)?
        && module.downcast::<PyModule>().is_some()
    {
        return Ok(module);
    }
    let module = PyModule::new_object(name)?;
    modules.set_item(name, &module)?;
    Ok(module.into_object())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_AddModuleObject(name: Arg) -> Ptr {
    lend_result(cast::<PyStr>(name).and_then(add_module).map(Some))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_AddModule(name: Text) -> Ptr {
    lend_result(name.name().and_then(|name| add_module(&name)).map(Some))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_AddModuleRef(name: Text) -> Out {
    run(|| add_module(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ReloadModule(module: Arg) -> Out {
    run(|| import_name("importlib")?.call_method_str("reload", &[some(module)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_GetImporter(path: Arg) -> Out {
    run(|| import_name("pkgutil")?.call_method_str("get_importer", &[some(path)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_GetMagicNumber() -> c_long {
    // 3627 and a line end of each kind, little endian.
    c_long::from(u32::from_le_bytes([0x2b, 0x0e, b'\r', b'\n']))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_GetMagicTag() -> *const c_char {
    c"cpython-314".as_ptr()
}

/// Runs code as a module's.
fn exec_module(name: Py<PyStr>, code: Arg, path: Arg) -> PyResult<Obj> {
    let code = cast::<PyCode>(code)?;
    let module = add_module(&name)?;
    let dict = cast::<PyModule>(Some(&module))?.dict();
    let interp = Interpreter::current();
    if dict.get("__builtins__")?.is_none()
        && let Some(builtins) = interp.builtins.get()
    {
        dict.set("__builtins__", &builtins)?;
    }
    match path.filter(|path| !path.is(none())) {
        Some(path) => dict.set("__file__", path)?,
        None => dict.set("__file__", &*code.as_object().getattr_str("co_filename")?)?,
    }
    if let Err(error) = (interp.hooks.get().eval_code)(code, &dict, &dict, None) {
        let exception = error.take();
        modules()?.del_item(&name)?;
        return Err(krait_runtime::PyErr::restore(exception));
    }
    match modules()?.get_item(&name)? {
        Some(module) => Ok(module),
        None => Err(krait_runtime::import_error!(
            "Loaded module '{}' not found in sys.modules",
            name.to_string_lossy()
        )),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ExecCodeModule(name: Text, code: Arg) -> Out {
    run(|| exec_module(name.name()?, code, None))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ExecCodeModuleEx(name: Text, code: Arg, path: Text) -> Out {
    run(|| {
        let path = path.get().map(|_| path.str()).transpose()?;
        exec_module(name.name()?, code, path.as_deref().map(PyClass::as_object))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ExecCodeModuleObject(
    name: Arg,
    code: Arg,
    path: Arg,
    _cached: Arg,
) -> Out {
    run(|| exec_module(PyClass::to_owned(cast::<PyStr>(name)?), code, path))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyImport_GetModuleAttrString(module: Text, name: Text) -> Out {
    run(|| import_object(&*module.name()?)?.getattr(&*name.name()?))
}
