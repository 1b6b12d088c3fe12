//! The `import` statement: calls `__import__`, takes names from modules.

use krait_runtime::frame::Frame;
use krait_runtime::state::Interpreter;
use krait_runtime::{
    Obj, PyClass, PyDict, PyErr, PyLong, PyObject, PyResult, PyStr, exc, import_error, type_error,
};

/// `import name`, with what the compiler pushed: the names wanted and the level.
#[inline(never)]
pub(crate) fn import_name(
    frame: &Frame,
    name: &PyStr,
    fromlist: &PyObject,
    level: &PyObject,
) -> PyResult<Obj> {
    let builtins = frame.builtins();
    let Some(import) = builtins.lookup_item(krait_runtime::intern!("__import__"))? else {
        return Err(exc!(ImportError, "__import__ not found"));
    };
    let globals = frame.globals();
    let interp = Interpreter::current();
    if interp.import_func.is(&import) {
        let level = level
            .downcast::<PyLong>()
            .and_then(PyLong::to_i64)
            .unwrap_or(0) as i32;
        let hook = interp.hooks.get().import;
        return hook(name, Some(globals), frame.locals(), Some(fromlist), level);
    }
    let locals = frame.locals().unwrap_or_else(|| krait_runtime::none());
    import.call(&[name, globals, locals, fromlist, level])
}

/// `from module import name`.
#[inline(never)]
pub(crate) fn import_from(module: &PyObject, name: &PyStr) -> PyResult<Obj> {
    if let Some(value) = module.lookup_attr(name)? {
        return Ok(value);
    }
    // A submodule that is being imported in a circle is in `sys.modules` already.
    let module_name = module.lookup_attr(krait_runtime::intern!("__name__"))?;
    let text = module_name.as_deref().and_then(PyObject::downcast::<PyStr>);
    if let Some(package) = text {
        let full = PyStr::new(&format!(
            "{}.{}",
            package.to_string_lossy(),
            name.to_string_lossy()
        ))?;
        if let Some(modules) = Interpreter::current().modules.get()
            && let Some(found) = modules.get_item(&full)?
        {
            return Ok(found);
        }
    }
    Err(cannot_import(module, text, name)?)
}

/// CPython's error for a name that a module does not have.
fn cannot_import(module: &PyObject, package: Option<&PyStr>, name: &PyStr) -> PyResult<PyErr> {
    let shown = package.map_or_else(
        || "<unknown module name>".to_owned(),
        PyStr::to_string_lossy,
    );
    let wanted = name.to_string_lossy();
    let spec = module.lookup_attr(krait_runtime::intern!("__spec__"))?;
    let origin = match &spec {
        Some(spec) => spec.lookup_attr(krait_runtime::intern!("origin"))?,
        None => None,
    };
    let file = match origin.filter(|origin| origin.is_instance_of::<PyStr>()) {
        Some(origin) => Some(origin),
        None => module
            .lookup_attr(krait_runtime::intern!("__file__"))?
            .filter(|file| file.is_instance_of::<PyStr>()),
    };
    let initializing = match &spec {
        Some(spec) => match spec.lookup_attr(krait_runtime::intern!("_initializing"))? {
            Some(flag) => flag.is_true()?,
            None => false,
        },
        None => false,
    };
    let place = file
        .as_deref()
        .and_then(PyObject::downcast::<PyStr>)
        .map(PyStr::to_string_lossy);
    let message = match (&place, initializing) {
        (Some(place), true) => format!(
            "cannot import name '{wanted}' from partially initialized module '{shown}' \
             (most likely due to a circular import) ({place})"
        ),
        (Some(place), false) => format!("cannot import name '{wanted}' from '{shown}' ({place})"),
        (None, true) => format!(
            "cannot import name '{wanted}' from partially initialized module '{shown}' \
             (most likely due to a circular import) (unknown location)"
        ),
        (None, false) => format!("cannot import name '{wanted}' from '{shown}' (unknown location)"),
    };
    let error = import_error!("{message}");
    let value = error.value();
    if let Some(package) = package {
        value.setattr_str("name", package)?;
    }
    if let Some(file) = file {
        value.setattr_str("path", &file)?;
    }
    value.setattr_str("name_from", name)?;
    Ok(error)
}

/// `from module import *`.
pub(crate) fn import_star(frame: &Frame, module: &PyObject) -> PyResult<Obj> {
    let Some(locals) = frame.locals() else {
        return Err(krait_runtime::system_error!(
            "no locals found during 'import *'"
        ));
    };
    let (names, skip_private) = match module.lookup_attr(krait_runtime::intern!("__all__"))? {
        Some(all) => (all, false),
        None => match module.lookup_attr(krait_runtime::intern!("__dict__"))? {
            Some(dict) => (dict.call_method(krait_runtime::intern!("keys"), &[])?, true),
            None => {
                return Err(import_error!(
                    "from-import-* object has no __dict__ and no __all__"
                ));
            }
        },
    };
    for name in names.to_vec()? {
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(not_a_name(module, &name, skip_private)?);
        };
        if skip_private && text.as_slice().iter().next() == Some(u32::from('_')) {
            continue;
        }
        let value = module.getattr(&name)?;
        match locals.downcast_exact::<PyDict>() {
            Some(dict) => dict.set_item(&name, &value)?,
            None => locals.set_item(&name, &value)?,
        }
    }
    Ok(krait_runtime::none().to_obj())
}

fn not_a_name(module: &PyObject, name: &PyObject, from_dict: bool) -> PyResult<PyErr> {
    let module_name = module.getattr(krait_runtime::intern!("__name__"))?;
    let Some(module_name) = module_name.downcast::<PyStr>() else {
        return Ok(type_error!(
            "module __name__ must be a string, not {}",
            module_name.type_name()
        ));
    };
    let (kind, place) = if from_dict {
        ("Key", "__dict__")
    } else {
        ("Item", "__all__")
    };
    Ok(type_error!(
        "{kind} in {}.{place} must be str, not {}",
        module_name.to_string_lossy(),
        name.type_().tp_name()
    ))
}
