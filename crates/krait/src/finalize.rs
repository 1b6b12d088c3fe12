//! The end: threads, `atexit`, the streams, and then the modules, in CPython's order.

use krait_runtime::{
    Interpreter, PyClass, PyDict, PyModule, PyResult, PyStr, ThreadState, gc, none,
};

use crate::objects::{ignore, imported, modules, sys_dict};
use crate::stdio;

/// The exit status when the streams could not be flushed.
const FLUSH_FAILED: i32 = 120;

/// Attributes of `sys` that must not keep anything alive.
const SYS_DELETES: &[&str] = &[
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_exc",
    "last_type",
    "last_value",
    "last_traceback",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
];

/// Takes the interpreter down; the result is the exit status.
pub(crate) fn finalize(status: i32) -> i32 {
    let interp = Interpreter::current();
    wait_for_threads();
    krait_modules_core::atexit::run_exit_functions();
    let flushed = stdio::flush();
    ThreadState::current().begin_finalizing();
    krait_modules_os::disable_signals();
    if interp.gc.is_stressed() {
        // What was put aside at the start, to make each collection quick, ends with all else.
        interp.gc.unfreeze();
    }
    gc::collect_all();
    if let Err(error) = delete_modules(interp) {
        error.clear();
    }
    let flushed = stdio::flush() && flushed;
    if flushed { status } else { FLUSH_FAILED }
}

/// Calls a function of a module that may not have been imported; its error is only reported.
fn call_if_imported(module: &str, function: &str, context: &str) {
    let result = (|| -> PyResult<()> {
        if let Some(module) = imported(module)? {
            module.getattr_str(function)?.call0()?;
        }
        Ok(())
    })();
    if let Err(error) = result {
        error.write_unraisable(Some(context), None);
    }
}

fn wait_for_threads() {
    call_if_imported(
        "threading",
        "_shutdown",
        "Exception ignored on threading shutdown",
    );
}

/// Ends the modules: first those that nothing else needs, `sys` and `builtins` last.
fn delete_modules(interp: &'static Interpreter) -> PyResult<()> {
    let sys = sys_dict()?;
    if let Some(builtins) = interp.builtins.get() {
        builtins.set("_", none())?;
    }
    for name in SYS_DELETES {
        sys.set(name, none())?;
    }
    for name in ["stdin", "stdout", "stderr"] {
        if let Some(stream) = sys.get(&format!("__{name}__"))? {
            sys.set(name, &stream)?;
        }
    }
    let all = modules()?;
    let mut weak = Vec::new();
    for (name, module) in all.items_vec() {
        let keep = name
            .downcast::<PyStr>()
            .is_some_and(|name| name.is_text("sys") || name.is_text("builtins"));
        if !keep && module.is_instance_of::<PyModule>() {
            let reference = krait_runtime::weakref::PyWeakReference::type_object();
            weak.push(reference.instantiate(&[&module])?);
        }
        if !keep {
            all.set_item(&name, none())?;
        }
    }
    all.clear();
    interp.importlib.set(None);
    interp.import_func.set(None);
    gc::collect_all();
    for reference in weak.iter().rev() {
        let module = reference.call0()?;
        if let Some(module) = module.downcast::<PyModule>() {
            clear_module(&module.dict());
        }
    }
    gc::collect_all();
    Ok(())
}

/// Lets go of what a module holds: private names first, `__builtins__` not at all.
fn clear_module(dict: &PyDict) {
    let is_private = |name: &str| name.starts_with('_') && !name.starts_with("__");
    for private in [true, false] {
        for (name, value) in dict.items_vec() {
            let Some(text) = name.downcast::<PyStr>().map(PyStr::to_string_lossy) else {
                continue;
            };
            let due = if private {
                is_private(&text)
            } else {
                text != "__builtins__"
            };
            if due && !value.is(none()) {
                drop(value);
                ignore(dict.set_item(&name, none()));
            }
        }
    }
}
