//! `_warnings`: issuing warnings through the filters that the `warnings` module keeps.
//!
//! The state (filters, the registry of warnings shown once, the filters' version) is this module's
//! until `warnings` is imported; after that its attributes count, because programs change them.

use std::cell::{Cell, RefCell};

use krait_macros::pyfunction;
use krait_runtime::frame::{Frame, current_frame};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, OptionalArg, PyDict, PyErr, PyList, PyLong, PyModule, PyResult, PyStr, PyTuple,
    PyType, exc, none, pymodule, runtime_error, type_error, value_error,
};

/// The state of one interpreter.
#[derive(Default)]
struct State {
    version: Cell<i64>,
    lock_depth: Cell<usize>,
    filters: RefCell<Option<Py<PyList>>>,
    once: RefCell<Option<Py<PyDict>>>,
    /// The context variable that holds filters of a context.
    context: RefCell<Option<Obj>>,
}

fn state() -> &'static State {
    Interpreter::current().extension::<State>()
}

/// An attribute of the `warnings` module, if that has been imported.
fn warnings_attribute(name: &str) -> PyResult<Option<Obj>> {
    let Some(modules) = Interpreter::current().modules.get() else {
        return Ok(None);
    };
    match modules.get("warnings")? {
        Some(module) if !module.is(none()) => module.lookup_attr_str(name),
        _ => Ok(None),
    }
}

/// The filters of the current context, if it has its own.
fn context_filters() -> PyResult<Option<Py<PyList>>> {
    let Some(variable) = state().context.borrow().clone() else {
        return Ok(None);
    };
    let context = variable.call_method(krait_runtime::intern!("get"), &[none()])?;
    if context.is(none()) {
        return Ok(None);
    }
    match context.getattr_str("_filters")?.cast::<PyList>() {
        Ok(filters) => Ok(Some(filters)),
        Err(_) => Err(value_error!(
            "_filters of warnings._warnings_context must be a list"
        )),
    }
}

/// The filters in force: those of the context, of `warnings`, or our own.
fn filters() -> PyResult<Py<PyList>> {
    if let Some(filters) = context_filters()? {
        return Ok(filters);
    }
    if let Some(filters) = warnings_attribute("filters")? {
        let filters = filters
            .cast::<PyList>()
            .map_err(|_| value_error!("_warnings.filters must be a list"))?;
        // What was in force last stays so if the attribute goes away.
        let before = state().filters.replace(Some(filters.clone()));
        drop(before);
        return Ok(filters);
    }
    match &*state().filters.borrow() {
        Some(filters) => Ok(filters.clone()),
        None => PyList::new(),
    }
}

/// What is done with warnings that no filter is about.
fn default_action() -> PyResult<Obj> {
    let Some(action) = warnings_attribute("defaultaction")? else {
        return Ok(PyStr::intern("default")?.into_object());
    };
    if !action.is_instance_of::<PyStr>() {
        return Err(type_error!(
            "_warnings.defaultaction must be a string, not '{}'",
            action.type_().tp_name()
        ));
    }
    Ok(action)
}

/// The registry of the warnings that are shown once.
fn once_registry() -> PyResult<Option<Py<PyDict>>> {
    let Some(once) = warnings_attribute("onceregistry")? else {
        return Ok(state().once.borrow().clone());
    };
    let name = once.type_().tp_name();
    match once.cast::<PyDict>() {
        Ok(once) => {
            let before = state().once.replace(Some(once.clone()));
            drop(before);
            Ok(Some(once))
        }
        Err(_) => Err(type_error!(
            "_warnings.onceregistry must be a dict, not '{name}'"
        )),
    }
}

/// Whether a filter's pattern, a compiled expression or plain text, fits.
fn pattern_fits(pattern: &PyObject, text: &PyObject) -> PyResult<bool> {
    if pattern.is(none()) {
        return Ok(true);
    }
    if pattern.is_exact::<PyStr>() {
        return pattern.eq(text);
    }
    pattern
        .call_method(krait_runtime::intern!("match"), &[text])?
        .is_true()
}

/// The action of the first filter that fits, with that filter for messages.
fn action_for(
    category: &PyObject,
    text: &PyObject,
    line: i64,
    module: &PyObject,
) -> PyResult<(Obj, Obj)> {
    let filters = filters()?;
    let mut index = 0;
    while let Some(filter) = filters.get(index) {
        let parts = filter.downcast::<PyTuple>().map(PyTuple::as_slice);
        let Some([action, message, wanted, in_module, at_line]) = parts else {
            return Err(value_error!(
                "_warnings.filters item {index} isn't a 5-tuple"
            ));
        };
        if !action.is_instance_of::<PyStr>() {
            return Err(type_error!(
                "action must be a string, not '{}'",
                action.type_().tp_name()
            ));
        }
        let wanted_line = at_line.as_isize(None)? as i64;
        if pattern_fits(message, text)?
            && krait_runtime::abstract_::is_subclass(category, wanted)?
            && pattern_fits(in_module, module)?
            && (wanted_line == 0 || wanted_line == line)
        {
            return Ok((action.clone(), filter.clone()));
        }
        index += 1;
    }
    Ok((default_action()?, none().to_obj()))
}

/// Whether the key was seen before in a registry; it is noted if `set`.
fn already_warned(registry: &PyDict, key: &PyObject, set: bool) -> PyResult<bool> {
    let version = state().version.get();
    let noted = registry
        .get("version")?
        .and_then(|version| version.int_value());
    if noted == Some(version) {
        if let Some(seen) = registry.get_item(key)?
            && seen.is_true()?
        {
            return Ok(true);
        }
    } else {
        registry.clear();
        registry.set("version", &*PyLong::from_i64(version)?)?;
    }
    if set {
        registry.set_item(key, krait_runtime::true_())?;
    }
    Ok(false)
}

/// A warning on its way through the filters.
struct Warning<'a> {
    category: Obj,
    message: Obj,
    text: Obj,
    filename: &'a PyObject,
    line: i64,
    module: Obj,
    registry: Option<Py<PyDict>>,
    source: Option<&'a PyObject>,
    /// The line of source, where it is not to be found by the file's name.
    source_line: Option<Obj>,
}

fn tuple(parts: &[&PyObject]) -> PyResult<Py<PyTuple>> {
    PyTuple::from_refs(parts)
}

/// Whether the warning is to be shown, by the action of its filter.
fn should_show(warning: &Warning<'_>) -> PyResult<bool> {
    let line = PyLong::from_i64(warning.line)?;
    let key = tuple(&[&warning.text, &warning.category, &line])?;
    if let Some(registry) = &warning.registry
        && already_warned(registry, &key, false)?
    {
        return Ok(false);
    }
    let (action, filter) = action_for(
        &warning.category,
        &warning.text,
        warning.line,
        &warning.module,
    )?;
    let action = action.str()?.to_string_lossy();
    match &*action {
        "error" => {
            return Err(PyErr::set_object(
                warning.message.type_(),
                warning.message.clone(),
            ));
        }
        "ignore" => return Ok(false),
        _ => {}
    }
    let note = |registry: &Option<Py<PyDict>>, key: &PyObject| -> PyResult<bool> {
        match registry {
            Some(registry) => already_warned(registry, key, true),
            None => Ok(false),
        }
    };
    match &*action {
        "once" => {
            note(&warning.registry, &key)?;
            let once = once_registry()?;
            Ok(!note(&once, &*tuple(&[&warning.text, &warning.category])?)?)
        }
        "always" | "all" => Ok(true),
        "module" => {
            note(&warning.registry, &key)?;
            let zero = PyLong::from_i64(0)?;
            let module_key = tuple(&[&warning.text, &warning.category, &zero])?;
            Ok(!note(&warning.registry, &module_key)?)
        }
        "default" => Ok(!note(&warning.registry, &key)?),
        _ => Err(runtime_error!(
            "Unrecognized action ({}) in warnings.filters:\n {}",
            PyStr::new(&action)?.repr()?.to_string_lossy(),
            filter.repr()?.to_string_lossy()
        )),
    }
}

/// Shows a warning through `warnings._showwarnmsg`, or plainly before that is imported.
fn show(warning: &Warning<'_>) -> PyResult<()> {
    let line = PyLong::from_i64(warning.line)?;
    let Some(show) = warnings_attribute("_showwarnmsg")? else {
        return show_plainly(warning);
    };
    let Some(class) = warnings_attribute("WarningMessage")? else {
        return Err(runtime_error!("unable to get warnings.WarningMessage"));
    };
    let nothing = none();
    let source_line = match &warning.source_line {
        Some(line) if !is_readable(warning)? => &**line,
        _ => nothing,
    };
    let record = class.call(&[
        &*warning.message,
        &*warning.category,
        warning.filename,
        &*line,
        nothing,
        source_line,
        warning.source.unwrap_or(nothing),
    ])?;
    show.call1(&record).map(drop)
}

/// Whether `linecache` finds the line by the file's name.
fn is_readable(warning: &Warning<'_>) -> PyResult<bool> {
    let import = Interpreter::current().hooks.get().import;
    let linecache = import(&*PyStr::intern("linecache")?, None, None, None, 0)?;
    let line = PyLong::from_i64(warning.line)?;
    linecache
        .call_method(
            krait_runtime::intern!("getline"),
            &[warning.filename, &line],
        )?
        .is_true()
}

/// `file:line: Category: text` on `sys.stderr`.
fn show_plainly(warning: &Warning<'_>) -> PyResult<()> {
    let stderr = match Interpreter::current().sysdict.get() {
        Some(sys) => sys.get("stderr")?,
        None => None,
    };
    let Some(stderr) = stderr.filter(|stderr| !stderr.is(none())) else {
        return Ok(());
    };
    let name = warning
        .category
        .downcast::<PyType>()
        .map_or_else(String::new, PyType::name);
    let mut text = format!(
        "{}:{}: {name}: {}\n",
        warning.filename.to_display(),
        warning.line,
        warning.text.to_display()
    );
    let line = match &warning.source_line {
        Some(line) => Some(line.to_display().trim_start().to_owned()),
        None => {
            let line = i32::try_from(warning.line).unwrap_or(0);
            crate::sys::source_line(&warning.filename.to_display(), line)
        }
    };
    if let Some(line) = line {
        text.push_str(&format!("  {line}\n"));
    }
    stderr
        .call_method(krait_runtime::intern!("write"), &[&*PyStr::new(&text)?])
        .map(drop)
}

/// What `warn_explicit` does once the module and registry are known.
fn issue(mut warning: Warning<'_>) -> PyResult<()> {
    if krait_runtime::abstract_::is_instance(&warning.message, &exc::Warning)? {
        warning.text = warning.message.str()?.into_object();
        warning.category = warning.message.type_().to_obj();
    } else {
        warning.text = warning.message.clone();
        warning.message = warning.category.call1(&warning.message)?;
    }
    if should_show(&warning)? {
        show(&warning)
    } else {
        Ok(())
    }
}

/// The module name for a file: its name without `.py`.
fn module_of_file(filename: &PyObject) -> PyResult<Obj> {
    let name = filename.str()?.to_string_lossy();
    if name.is_empty() {
        return Ok(PyStr::new("<unknown>")?.into_object());
    }
    let stem = match name
        .len()
        .checked_sub(3)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, suffix)) if suffix.eq_ignore_ascii_case(".py") => stem,
        _ => &name,
    };
    Ok(PyStr::new(stem)?.into_object())
}

/// Issue a warning, or maybe ignore it or raise an exception.
#[pyfunction(
    signature = "(message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
)]
pub fn warn_explicit(
    message: &PyObject,
    category: &PyObject,
    filename: &PyObject,
    lineno: i32,
    module: Option<&PyObject>,
    registry: Option<&PyObject>,
    module_globals: Option<&PyObject>,
    source: Option<&PyObject>,
) -> PyResult<()> {
    let mut source_line = None;
    if let Some(globals) = module_globals {
        if !globals.is_instance_of::<PyDict>() {
            return Err(type_error!(
                "module_globals must be a dict, not '{}'",
                globals.type_().tp_name()
            ));
        }
        source_line = loaded_line(globals, lineno)?;
    }
    let registry = match registry {
        None => None,
        Some(registry) => match registry.downcast::<PyDict>() {
            Some(registry) => Some(registry.to_owned()),
            None => return Err(type_error!("'registry' must be a dict or None")),
        },
    };
    let module = match module {
        Some(module) => module.to_obj(),
        None => module_of_file(filename)?,
    };
    issue(Warning {
        category: category.to_obj(),
        message: message.to_obj(),
        text: none().to_obj(),
        filename,
        line: lineno.into(),
        module,
        registry,
        source,
        source_line,
    })
}

/// The line of source that the loader of a module has; `None` if it has no source.
fn loaded_line(globals: &PyObject, line: i32) -> PyResult<Option<Obj>> {
    let Some(importlib) = Interpreter::current().importlib.get() else {
        return Ok(None);
    };
    let entry = |name: &str| match globals.downcast::<PyDict>() {
        Some(globals) => globals.get(name),
        None => Ok(None),
    };
    let Some(mut name) = entry("__name__")? else {
        return Ok(None);
    };
    if name
        .downcast::<PyStr>()
        .is_some_and(|name| name.is_text("__main__"))
    {
        // A program has a loader that knows it only where it was found as a module.
        match entry("__spec__")? {
            Some(spec) if !spec.is(none()) => name = spec.getattr_str("name")?,
            _ => return Ok(None),
        }
    }
    let external = importlib.getattr_str("_bootstrap_external")?;
    let loader = external.call_method(krait_runtime::intern!("_bless_my_loader"), &[globals])?;
    if loader.is(none()) {
        return Ok(None);
    }
    let Some(get_source) = loader.lookup_attr_str("get_source")? else {
        return Ok(None);
    };
    let source = get_source.call1(&name)?;
    let Some(source) = source.downcast::<PyStr>() else {
        return Ok(None);
    };
    // A subclass's own `splitlines` is not asked.
    let lines = source
        .exact()?
        .call_method(krait_runtime::intern!("splitlines"), &[])?;
    match lines.downcast::<PyList>() {
        Some(lines) => Ok(usize::try_from(line - 1).ok().and_then(|at| lines.get(at))),
        None => Ok(None),
    }
}

/// The file that a frame's code came from.
fn filename_of(frame: &Frame) -> String {
    frame
        .code()
        .co_filename
        .get()
        .map_or_else(String::new, |name| name.to_display())
}

/// Whether a frame belongs to the import system, which warnings are not blamed on.
fn is_internal(frame: &Frame) -> bool {
    let filename = filename_of(frame);
    filename.contains("importlib") && filename.contains("_bootstrap")
}

/// The frame that a warning is blamed on.
fn blamed_frame(stack_level: isize, skip: &[Obj]) -> PyResult<Option<&'static Frame>> {
    let skipped = |frame: &Frame| -> bool {
        let filename = filename_of(frame);
        is_internal(frame)
            || skip
                .iter()
                .any(|prefix| filename.starts_with(&prefix.to_display()))
    };
    let mut frame = current_frame();
    if skip.is_empty() && (stack_level <= 0 || frame.is_some_and(is_internal)) {
        for _ in 1..stack_level {
            frame = frame.and_then(Frame::back);
        }
        return Ok(frame);
    }
    for _ in 1..stack_level {
        frame = frame.and_then(Frame::back);
        while let Some(inner) = frame
            && skipped(inner)
        {
            frame = inner.back();
        }
    }
    Ok(frame)
}

/// Issue a warning, or maybe ignore it or raise an exception.
///
///   message
///     Text of the warning message.
///   category
///     The Warning category subclass. Defaults to UserWarning.
///   stacklevel
///     How far up the call stack to make this warning appear.
///   source
///     If supplied, the destroyed object which emitted a ResourceWarning
///   skip_file_prefixes
///     An optional tuple of module filename prefixes indicating frames to skip during stacklevel
///     computations for stack frame attribution.
#[pyfunction(
    signature = "(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())"
)]
pub fn warn(
    message: &PyObject,
    category: Option<&PyObject>,
    stacklevel: isize,
    source: Option<&PyObject>,
    skip_file_prefixes: OptionalArg<&PyTuple>,
) -> PyResult<()> {
    let category = if krait_runtime::abstract_::is_instance(message, &exc::Warning)? {
        message.type_().to_obj()
    } else {
        category.map_or_else(|| exc::UserWarning.to_obj(), PyClass::to_obj)
    };
    let is_warning = category
        .downcast::<PyType>()
        .is_some_and(|class| class.is_subtype(&exc::Warning));
    if !is_warning {
        let shown = match category.downcast::<PyType>() {
            Some(class) => format!("class '{}'", class.tp_name()),
            None => format!("'{}'", category.type_().tp_name()),
        };
        return Err(type_error!(
            "category must be a Warning subclass, not {shown}"
        ));
    }
    let skip = skip_file_prefixes
        .present()
        .map_or(&[][..], PyTuple::as_slice);
    if let Some(wrong) = skip.iter().find(|prefix| !prefix.is_instance_of::<PyStr>()) {
        return Err(type_error!(
            "Found non-str '{}' in skip_file_prefixes.",
            wrong.type_().tp_name()
        ));
    }
    let level = if skip.is_empty() {
        stacklevel
    } else {
        stacklevel.max(2)
    };
    let (globals, filename, line) = match blamed_frame(level, skip)? {
        Some(frame) => (
            frame.globals().to_obj(),
            PyStr::new(&filename_of(frame))?.into_object(),
            i64::from(frame.line().unwrap_or(0)),
        ),
        None => {
            let sys = Interpreter::current().sysdict.get();
            let globals = sys.map_or_else(|| none().to_obj(), Py::into_object);
            (globals, PyStr::new("<sys>")?.into_object(), 0)
        }
    };
    let mut registry = None;
    let mut module = PyStr::new("<string>")?.into_object();
    if let Some(globals) = globals.downcast::<PyDict>() {
        let name = PyStr::intern("__warningregistry__")?;
        let found = match globals.get_str(&name)? {
            Some(found) => found,
            None => globals.set_default(&name, &*PyDict::new()?)?,
        };
        registry = found.cast::<PyDict>().ok();
        if let Some(found) = globals.get("__name__")? {
            module = found;
        }
    }
    issue(Warning {
        category,
        message: message.to_obj(),
        text: none().to_obj(),
        filename: &filename,
        line,
        module,
        registry,
        source,
        source_line: None,
    })
}

/// Says that the filters changed: registries of shown warnings are void.
#[pyfunction]
pub fn _filters_mutated_lock_held() -> PyResult<()> {
    let state = state();
    if state.lock_depth.get() == 0 {
        return Err(runtime_error!("warnings lock is not held"));
    }
    state.version.set(state.version.get() + 1);
    Ok(())
}

// One thread runs Python code at a time, and nothing here gives the interpreter lock up in the
// middle of a change: counting the depth is all the locking that is needed.

/// Take the lock on the filters.
#[pyfunction]
pub fn _acquire_lock() {
    state().lock_depth.update(|depth| depth + 1);
}

/// Give the lock on the filters up.
#[pyfunction]
pub fn _release_lock() -> PyResult<()> {
    let state = state();
    match state.lock_depth.get().checked_sub(1) {
        Some(depth) => {
            state.lock_depth.set(depth);
            Ok(())
        }
        None => Err(runtime_error!("cannot release un-acquired lock")),
    }
}

/// One default filter.
fn filter(category: &PyObject, action: &str, module: Option<&str>) -> PyResult<Obj> {
    let module = match module {
        Some(module) => PyStr::intern(module)?.into_object(),
        None => none().to_obj(),
    };
    let action = PyStr::intern(action)?;
    let zero = PyLong::from_i64(0)?;
    Ok(tuple(&[&action, none(), category, &module, &zero])?.into_object())
}

fn default_filters() -> PyResult<Py<PyList>> {
    PyList::from_vec(vec![
        filter(&exc::DeprecationWarning, "default", Some("__main__"))?,
        filter(&exc::DeprecationWarning, "ignore", None)?,
        filter(&exc::PendingDeprecationWarning, "ignore", None)?,
        filter(&exc::ImportWarning, "ignore", None)?,
        filter(&exc::ResourceWarning, "ignore", None)?,
    ])
}

/// Makes the module's attributes, which all modules of this name in an interpreter share.
/// Sends the warnings of native code through the filters, whether or not the Python half of `warnings` is there.
pub fn install(interp: &Interpreter) {
    let mut hooks = interp.hooks.get();
    hooks.warn = |category, message, stack_level, source| {
        let message = PyStr::new(message)?;
        warn(
            &message,
            Some(category),
            stack_level,
            source,
            OptionalArg::Missing,
        )
    };
    hooks.warn_explicit = |warning| {
        warn_explicit(
            warning.message,
            warning.category,
            warning.filename,
            warning.line,
            warning.module,
            warning.registry,
            None,
            None,
        )
    };
    interp.hooks.set(hooks);
}

fn exec(module: &PyModule) -> PyResult<()> {
    let state = state();
    if state.context.borrow().is_none() {
        let name = PyStr::intern("_warnings_context")?;
        let context = krait_runtime::context::ContextVar::type_object().instantiate(&[&*name])?;
        state.filters.replace(Some(default_filters()?));
        state.once.replace(Some(PyDict::new()?));
        state.context.replace(Some(context));
    }
    let (filters, once, context) = (
        state.filters.borrow().clone(),
        state.once.borrow().clone(),
        state.context.borrow().clone(),
    );
    if let (Some(filters), Some(once), Some(context)) = (filters, once, context) {
        let dict = module.dict();
        dict.set("filters", &filters)?;
        dict.set("_onceregistry", &once)?;
        dict.set("_warnings_context", &context)?;
    }
    module
        .dict()
        .set("_defaultaction", &*PyStr::intern("default")?)
}

pymodule! {
    pub WARNINGS = "_warnings",
    "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up.",
    functions: [
        warn, warn_explicit, _filters_mutated_lock_held, _acquire_lock, _release_lock,
    ],
    classes: [],
    exec: Some(exec)
}
