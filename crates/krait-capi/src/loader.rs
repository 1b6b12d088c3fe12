//! Loading extension modules: what `_imp.create_dynamic` and `_imp.exec_dynamic` do.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CString;

use krait_abi as abi;
use krait_runtime::codecs::Encoding;
use krait_runtime::{
    Interpreter, Obj, Py, PyClass, PyDict, PyErr, PyModule, PyObject, PyResult, PyStr, exc,
    system_error,
};

use crate::glue::Ptr;
use crate::moduleobject::{self, PyModuleDefObject, check_made};

/// Modules of one phase that cannot be made twice: their definitions and first contents, by file
/// and name.
#[derive(Default)]
struct Loaded(RefCell<HashMap<(String, String), (&'static abi::PyModuleDef, Py<PyDict>)>>);

/// The name of the function that makes a module, and that of the module in messages.
fn init_name(name: &PyStr) -> PyResult<String> {
    let text = name.to_string_lossy();
    let last = text.rsplit('.').next().unwrap_or_default();
    if last.is_ascii() {
        return Ok(format!("PyInit_{last}"));
    }
    let last = PyStr::new(last)?;
    let encoded = krait_runtime::codecs::registry::encode_text(&last, "punycode", None)?;
    let encoded = String::from_utf8_lossy(encoded.as_bytes()).replace('-', "_");
    Ok(format!("PyInitU_{encoded}"))
}

/// Raises `ImportError` with the module's name and file.
fn import_error(message: &str, name: &PyStr, path: &PyObject) -> PyErr {
    let make = || {
        let keywords = [("name", name.as_object()), ("path", path)];
        exc::ImportError
            .as_object()
            .call_kw(&[&*PyStr::new(message)?], &keywords)
    };
    match make() {
        Ok(error) => PyErr::raise(error),
        Err(error) => error,
    }
}

type InitFunction = unsafe extern "C" fn() -> Ptr;

/// Loads the library and finds the module's function.
fn find_init(name: &PyStr, path: &PyStr) -> PyResult<InitFunction> {
    let symbol = init_name(name)?;
    let file = Encoding::Utf8.encode(path, Some("surrogateescape"))?;
    let mut file = file.as_bytes().to_vec();
    if !file.contains(&b'/') {
        // The linker would search its own path.
        file.splice(0..0, *b"./");
    }
    let nul = |_| krait_runtime::value_error!("embedded null byte");
    let (file, symbol_name) = (
        CString::new(file).map_err(nul)?,
        CString::new(&*symbol).map_err(nul)?,
    );
    let flags = crate::longobject::sys_attribute("getdlopenflags")?.call0()?;
    let flags: i32 = flags.extract()?;
    // SAFETY: a program that imports an extension trusts it.
    let library = unsafe { krait_host::dl::open(Some(&file), flags) };
    let library =
        library.map_err(|text| import_error(&String::from_utf8_lossy(&text), name, path))?;
    match krait_host::dl::symbol(library, &symbol_name) {
        Ok(address) if !address.is_null() => {
            // SAFETY: a function of that name makes a module.
            Ok(unsafe { std::mem::transmute::<*mut std::ffi::c_void, InitFunction>(address) })
        }
        _ => {
            let message =
                format!("dynamic module does not define module export function ({symbol})");
            Err(import_error(&message, name, path))
        }
    }
}

/// Makes the module of a spec; it is run by [`exec`] if it has several phases.
pub fn create(spec: &PyObject) -> PyResult<Obj> {
    let (name, path) = (spec.getattr_str("name")?, spec.getattr_str("origin")?);
    let string = |object: &Obj| {
        object.clone().cast::<PyStr>().map_err(|object| {
            krait_runtime::type_error!("a str is required, not '{}'", object.type_name())
        })
    };
    let (name, path) = (string(&name)?, string(&path)?);
    let key = (path.to_string_lossy(), name.to_string_lossy());
    if let Some(module) = reload(&key, &name)? {
        return Ok(module);
    }
    let init = find_init(&name, &path)?;
    let full = name.to_string_lossy();
    let outer = moduleobject::modules().loading.replace(Some(full.clone()));
    // SAFETY: the function takes nothing and gives a module, a definition, or null with an error.
    let made = unsafe { init() };
    moduleobject::modules().loading.replace(outer);
    // A definition is no counted object: nothing is owned by its pointer.
    // SAFETY: null or an object that the function made.
    let is_definition = unsafe { PyObject::from_ptr_opt(made) }
        .is_some_and(|made| made.type_ptr() == PyModuleDefObject::type_object().as_type_ptr());
    // SAFETY: null or an owned reference; a definition is immortal.
    let made = unsafe { Obj::from_owned_ptr_opt(made) };
    let short = full.rsplit('.').next().unwrap_or_default().to_owned();
    let made = check_made(
        made,
        &short,
        "initialization of",
        "failed without raising an exception",
        "raised unreported exception",
    )?;
    if made.type_ptr().is_null() {
        return Err(system_error!(
            "init function of {short} returned uninitialized object"
        ));
    }
    if is_definition {
        // SAFETY: its class says that it is a definition, which is static.
        let def = unsafe { &*made.as_ptr().cast::<abi::PyModuleDef>() };
        return moduleobject::from_def_and_spec(def, spec);
    }
    finish_single_phase(&made, key, &path)?;
    Ok(made)
}

/// What is left to do for a module that its function made at once.
fn finish_single_phase(made: &PyObject, key: (String, String), path: &PyObject) -> PyResult<()> {
    let short = key.1.rsplit('.').next().unwrap_or_default();
    // SAFETY: a module's definition is static.
    let def = made
        .downcast::<PyModule>()
        .and_then(|module| unsafe { module.def().as_ref() });
    let (Some(module), Some(def)) = (made.downcast::<PyModule>(), def) else {
        return Err(system_error!(
            "initialization of {short} did not return an extension module"
        ));
    };
    module.add("__file__", path)?;
    moduleobject::remember(module, def)?;
    if def.m_size == -1 {
        let copy = module.dict().copy()?;
        let loaded = Interpreter::current().extension::<Loaded>();
        loaded.0.borrow_mut().insert(key, (def, copy));
    }
    Ok(())
}

/// A module of one phase that was loaded before: a new one with its first contents.
fn reload(key: &(String, String), name: &PyStr) -> PyResult<Option<Obj>> {
    let loaded = Interpreter::current().extension::<Loaded>();
    let Some((def, contents)) = loaded
        .0
        .borrow()
        .get(key)
        .map(|(def, dict)| (*def, dict.clone()))
    else {
        return Ok(None);
    };
    let module = PyModule::new_object(name)?;
    module.dict().merge(&contents, true)?;
    // SAFETY: definitions are static; there is no state.
    unsafe { module.set_def(std::ptr::from_ref(def).cast_mut(), std::ptr::null_mut()) };
    moduleobject::remember(&module, def)?;
    Ok(Some(module.into_object()))
}

/// Runs a module of several phases that is not run yet.
pub fn exec(module: &PyObject) -> PyResult<()> {
    let Some(module) = module.downcast::<PyModule>() else {
        return Ok(());
    };
    // SAFETY: a module's definition is static.
    match unsafe { module.def().as_ref() } {
        Some(def) if module.state().is_null() && !def.m_slots.is_null() => {
            moduleobject::exec_def(module, def)
        }
        Some(def) if module.state().is_null() && def.m_size >= 0 => {
            moduleobject::exec_def(module, def)
        }
        _ => Ok(()),
    }
}
