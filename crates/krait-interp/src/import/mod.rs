//! `__import__`: finds modules in `sys.modules` itself and leaves the rest to
//! `importlib._bootstrap`.

mod timing;

use krait_runtime::state::Interpreter;
use krait_runtime::{
    Obj, PyClass, PyDict, PyModule, PyObject, PyResult, PyStr, exc, import_error, key_error,
    runtime_error, type_error, value_error,
};

/// `PyImport_ImportModuleLevelObject`.
pub(crate) fn import_module_level(
    name: &PyStr,
    globals: Option<&PyObject>,
    _locals: Option<&PyObject>,
    fromlist: Option<&PyObject>,
    level: i32,
) -> PyResult<Obj> {
    if level < 0 {
        return Err(value_error!("level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_name(name, globals, level as usize)?
    } else if name.is_empty() {
        return Err(value_error!("Empty module name"));
    } else {
        PyClass::to_owned(name)
    };
    let module = match loaded(&absolute)? {
        Some(module) => {
            ensure_initialized(&module, &absolute)?;
            timing::note_cached(&absolute);
            module
        }
        None => timing::measured(&absolute, || find_and_load(&absolute))?,
    };
    let has_from = match fromlist {
        Some(list) => !list.is(krait_runtime::none()) && list.is_true()?,
        None => false,
    };
    if has_from {
        return match (
            fromlist,
            module.lookup_attr(krait_runtime::intern!("__path__"))?,
        ) {
            (Some(list), Some(_)) => {
                let bootstrap = bootstrap()?;
                let import = crate::builtins::import_function()?;
                bootstrap.call_method(
                    krait_runtime::intern!("_handle_fromlist"),
                    &[&module, list, &import],
                )
            }
            _ => Ok(module),
        };
    }
    if level != 0 && name.is_empty() {
        return Ok(module);
    }
    let text = name.to_string_lossy();
    let Some(dot) = text.find('.') else {
        return Ok(module);
    };
    let front = &text[..dot];
    if level == 0 {
        let front = PyStr::intern(front)?;
        return import_module_level(&front, None, None, None, 0);
    }
    // `import .a.b` gives the module of the first part.
    let cut = text.len() - dot;
    let absolute = absolute.to_string_lossy();
    let top = PyStr::intern(&absolute[..absolute.len() - cut])?;
    match loaded(&top)? {
        Some(module) => Ok(module),
        None => Err(key_error!(
            "'{}' not in sys.modules as expected",
            top.to_string_lossy()
        )),
    }
}

/// The module in `sys.modules`.
fn loaded(name: &PyStr) -> PyResult<Option<Obj>> {
    match Interpreter::current().modules.get() {
        Some(modules) => Ok(modules
            .get_item(name)?
            .filter(|module| !module.is(krait_runtime::none()))),
        None => Err(runtime_error!("unable to get sys.modules")),
    }
}

fn bootstrap() -> PyResult<Obj> {
    Interpreter::current()
        .importlib
        .get()
        .ok_or_else(|| exc!(ImportError, "importlib is not available"))
}

/// Waits until a module that another thread imports is complete.
fn ensure_initialized(module: &PyObject, name: &PyStr) -> PyResult<()> {
    // The common case without attribute lookups through descriptors.
    let spec = match module.downcast::<PyModule>() {
        Some(module) => module.dict().get_item(krait_runtime::intern!("__spec__"))?,
        None => module.lookup_attr(krait_runtime::intern!("__spec__"))?,
    };
    let Some(spec) = spec.filter(|spec| !spec.is(krait_runtime::none())) else {
        return Ok(());
    };
    let initializing = match spec.lookup_attr(krait_runtime::intern!("_initializing"))? {
        Some(flag) => flag.is_true()?,
        None => false,
    };
    if initializing {
        bootstrap()?.call_method(krait_runtime::intern!("_lock_unlock_module"), &[name])?;
    }
    Ok(())
}

/// Tells audit hooks of an import that has to look for the module.
fn audit_import(name: &PyStr) -> PyResult<()> {
    let Some(sys) = Interpreter::current().sysdict.get() else {
        return Ok(());
    };
    krait_runtime::audit!(
        "import",
        name,
        krait_runtime::none(),
        sys.get("path")?,
        sys.get("meta_path")?,
        sys.get("path_hooks")?
    )
}

fn find_and_load(name: &PyStr) -> PyResult<Obj> {
    if krait_runtime::audit::is_on() {
        audit_import(name)?;
    }
    let import = crate::builtins::import_function()?;
    let result =
        bootstrap()?.call_method(krait_runtime::intern!("_find_and_load"), &[name, &import]);
    result.inspect_err(trim_frames)
}

/// Removes importlib's own frames from the traceback of an import that failed.
fn trim_frames(error: &krait_runtime::PyErr) {
    use krait_runtime::traceback::PyTraceback;
    let exception = error.value();
    let Some(raised) = exception.downcast::<krait_runtime::PyBaseException>() else {
        return;
    };
    let always = error.matches(&exc::ImportError);
    let mut kept: Vec<krait_runtime::Py<PyTraceback>> = Vec::new();
    let mut chunk: Vec<krait_runtime::Py<PyTraceback>> = Vec::new();
    let mut level = raised
        .traceback
        .get()
        .and_then(|tb| tb.cast::<PyTraceback>().ok());
    while let Some(tb) = level {
        level = tb.tb_next.get();
        let (file, function) = place(&tb);
        let is_importlib = matches!(
            file.as_str(),
            "<frozen importlib._bootstrap>" | "<frozen importlib._bootstrap_external>"
        );
        if is_importlib {
            let calls_out = function == "_call_with_frames_removed";
            chunk.push(tb);
            if calls_out {
                chunk.clear();
            }
        } else {
            kept.append(&mut chunk);
            kept.push(tb);
        }
    }
    if !always {
        kept.append(&mut chunk);
    }
    for (index, tb) in kept.iter().enumerate() {
        tb.tb_next.set(kept.get(index + 1).cloned());
    }
    raised
        .traceback
        .set(kept.first().map(|first| first.to_obj()));
}

fn place(tb: &krait_runtime::traceback::PyTraceback) -> (String, String) {
    let Some(frame) = tb.tb_frame.get() else {
        return Default::default();
    };
    let code = frame.frame().code();
    let text = |text: Option<krait_runtime::Py<PyStr>>| {
        text.map(|text| text.to_string_lossy()).unwrap_or_default()
    };
    (text(code.co_filename.get()), text(code.co_name.get()))
}

/// The absolute name of a relative import.
fn resolve_name(
    name: &PyStr,
    globals: Option<&PyObject>,
    level: usize,
) -> PyResult<krait_runtime::Py<PyStr>> {
    let Some(globals) = globals else {
        return Err(key_error!("'__name__' not in globals"));
    };
    let Some(globals) = globals.downcast::<PyDict>() else {
        return Err(type_error!("globals must be a dict"));
    };
    let get = |key: &str| -> PyResult<Option<Obj>> {
        Ok(globals
            .get_item(&*PyStr::intern(key)?)?
            .filter(|value| !value.is(krait_runtime::none())))
    };
    let package = package_name(&get)?;
    if package.is_empty() {
        return Err(import_error!(
            "attempted relative import with no known parent package"
        ));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rfind('.') {
            Some(dot) => base = &base[..dot],
            None => {
                return Err(import_error!(
                    "attempted relative import beyond top-level package"
                ));
            }
        }
    }
    if name.is_empty() {
        return PyStr::intern(base);
    }
    PyStr::intern(&format!("{base}.{}", name.to_string_lossy()))
}

/// `__package__`, `__spec__.parent`, or what `__name__` and `__path__` say.
fn package_name(get: &dyn Fn(&str) -> PyResult<Option<Obj>>) -> PyResult<String> {
    let text = |value: &PyObject, what: &str| match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy()),
        None => Err(type_error!("{what} must be a string")),
    };
    let spec = get("__spec__")?;
    if let Some(package) = get("__package__")? {
        let package = text(&package, "package")?;
        return Ok(package);
    }
    if let Some(spec) = spec {
        let parent = spec.getattr(krait_runtime::intern!("parent"))?;
        return text(&parent, "__spec__.parent");
    }
    krait_runtime::hooks::warn(
        &exc::ImportWarning,
        "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
        1,
    )?;
    let Some(name) = get("__name__")? else {
        return Err(key_error!("'__name__' not in globals"));
    };
    let name = text(&name, "__name__")?;
    if get("__path__")?.is_some() {
        return Ok(name);
    }
    Ok(name
        .rfind('.')
        .map_or_else(String::new, |dot| name[..dot].to_owned()))
}
