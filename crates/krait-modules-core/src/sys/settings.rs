//! What programs ask and set of the interpreter: limits, encodings, hooks of generators.

use std::cell::Cell;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, OptionalArg, PyModule, PyResult, PyStr, ThreadState, none, pymodule,
    runtime_error, type_error, value_error,
};

use super::info::ASYNCGEN_HOOKS;

/// The least limit of digits that may be set.
const DIGITS_THRESHOLD: i32 = 640;

/// Settings that only `sys` reads and writes.
struct Settings {
    dlopen_flags: Cell<i32>,
    switch_interval: Cell<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        // RTLD_NOW; five milliseconds.
        Settings {
            dlopen_flags: Cell::new(2),
            switch_interval: Cell::new(0.005),
        }
    }
}

fn settings() -> &'static Settings {
    Interpreter::current().extension::<Settings>()
}

/// Return the default encoding of str.
#[pyfunction]
pub fn getdefaultencoding() -> &'static str {
    "utf-8"
}

/// Return the encoding of file names.
#[pyfunction]
pub fn getfilesystemencoding() -> &'static str {
    "utf-8"
}

/// Return what happens to bytes of file names that are not valid text.
#[pyfunction]
pub fn getfilesystemencodeerrors() -> &'static str {
    "surrogateescape"
}

/// Return the recursion limit: how deep Python calls may nest.
#[pyfunction]
pub fn getrecursionlimit() -> usize {
    Interpreter::current().recursion_limit.get()
}

/// Set how deep Python calls may nest.
#[pyfunction(signature = "(limit, /)")]
pub fn setrecursionlimit(limit: i32) -> PyResult<()> {
    if limit < 1 {
        return Err(value_error!(
            "recursion limit must be greater or equal than 1"
        ));
    }
    let interp = Interpreter::current();
    let old = interp.recursion_limit.get() as isize;
    let new = limit as isize;
    let depth = old - ThreadState::current().recursion_remaining.get();
    if depth >= new {
        return Err(krait_runtime::exc!(
            RecursionError,
            "cannot set the recursion limit to {new} at the recursion depth {depth}: the limit is too low"
        ));
    }
    interp.recursion_limit.set(new as usize);
    interp.for_each_thread(|thread| {
        thread
            .recursion_remaining
            .set(thread.recursion_remaining.get() + new - old);
    });
    Ok(())
}

/// Return how many digits a conversion between int and str may have; 0 means any number.
#[pyfunction]
pub fn get_int_max_str_digits() -> usize {
    Interpreter::current().int_max_str_digits.get()
}

/// Set how many digits a conversion between int and str may have; 0 means any number.
#[pyfunction(signature = "(maxdigits)")]
pub fn set_int_max_str_digits(maxdigits: i32) -> PyResult<()> {
    if maxdigits != 0 && maxdigits < DIGITS_THRESHOLD {
        return Err(value_error!(
            "maxdigits must be >= {DIGITS_THRESHOLD} or 0 for unlimited"
        ));
    }
    Interpreter::current()
        .int_max_str_digits
        .set(maxdigits as usize);
    Ok(())
}

/// Return the interval at which threads take turns, in seconds.
#[pyfunction]
pub fn getswitchinterval() -> f64 {
    settings().switch_interval.get()
}

/// Set the interval at which threads take turns, in seconds.
#[pyfunction(signature = "(interval, /)")]
pub fn setswitchinterval(interval: f64) -> PyResult<()> {
    if interval.is_nan() || interval <= 0.0 {
        return Err(value_error!("switch interval must be strictly positive"));
    }
    settings().switch_interval.set(interval);
    Ok(())
}

/// Return the flags that extension modules are opened with.
#[pyfunction]
pub fn getdlopenflags() -> i32 {
    settings().dlopen_flags.get()
}

/// Set the flags that extension modules are opened with (os.RTLD_*).
#[pyfunction(signature = "(flags, /)")]
pub fn setdlopenflags(flags: i32) {
    settings().dlopen_flags.set(flags);
}

fn or_none(value: Option<Obj>) -> Obj {
    value.unwrap_or_else(|| none().to_obj())
}

/// Return the hooks of asynchronous generators, as a named tuple (firstiter, finalizer).
#[pyfunction]
pub fn get_asyncgen_hooks() -> PyResult<Obj> {
    let thread = ThreadState::current();
    ASYNCGEN_HOOKS.make(vec![
        or_none(thread.async_gen_firstiter.get()),
        or_none(thread.async_gen_finalizer.get()),
    ])
}

/// set_asyncgen_hooks([firstiter] [, finalizer])
///
/// Set the hooks of asynchronous generators.
#[pyfunction(
    signature = "(firstiter=<unrepresentable>, finalizer=<unrepresentable>)",
    text_signature = ""
)]
pub fn set_asyncgen_hooks(
    firstiter: OptionalArg<&PyObject>,
    finalizer: OptionalArg<&PyObject>,
) -> PyResult<()> {
    let check = |name: &str, hook: Option<&PyObject>| match hook {
        Some(hook) if !hook.is(none()) && !hook.is_callable() => Err(type_error!(
            "callable {name} expected, got {}",
            hook.type_().tp_name()
        )),
        _ => Ok(()),
    };
    let (firstiter, finalizer) = (firstiter.present(), finalizer.present());
    check("finalizer", finalizer)?;
    check("firstiter", firstiter)?;
    let hook = |hook: &PyObject| (!hook.is(none())).then(|| hook.to_obj());
    let thread = ThreadState::current();
    if let Some(finalizer) = finalizer {
        thread.async_gen_finalizer.set(hook(finalizer));
    }
    if let Some(firstiter) = firstiter {
        thread.async_gen_firstiter.set(hook(firstiter));
    }
    Ok(())
}

/// Return how many frames a new coroutine notes of where it was made.
#[pyfunction]
pub fn get_coroutine_origin_tracking_depth() -> usize {
    ThreadState::current().coroutine_origin_depth.get()
}

/// Set how many frames a new coroutine notes of where it was made (its cr_origin); 0 for none.
#[pyfunction(signature = "(depth)")]
pub fn set_coroutine_origin_tracking_depth(depth: i32) -> PyResult<()> {
    let Ok(depth) = usize::try_from(depth) else {
        return Err(value_error!("depth must be >= 0"));
    };
    ThreadState::current().coroutine_origin_depth.set(depth);
    Ok(())
}

/// Return True if Python is exiting.
#[pyfunction]
pub fn is_finalizing() -> bool {
    Interpreter::current().finalizing.get()
}

/// Return True if the interpreter lock is in use, which it always is.
#[pyfunction]
pub fn _is_gil_enabled() -> bool {
    true
}

/// Return True if a stack profiler's trampoline is active, which none ever is.
#[pyfunction]
pub fn is_stack_trampoline_active() -> bool {
    false
}

/// Activate a stack profiler's trampoline.
#[pyfunction(signature = "(backend, /)")]
pub fn activate_stack_trampoline(backend: &PyStr) -> PyResult<()> {
    match backend.to_string_lossy().as_str() {
        "perf" | "perf_jit" => Err(value_error!("perf trampoline not available")),
        backend => Err(value_error!("invalid backend: {backend}")),
    }
}

/// Deactivate the stack profiler's trampoline; does nothing if there is none.
#[pyfunction]
pub fn deactivate_stack_trampoline() {}

/// Private function for getting the number of CPUs that the command line gives.
#[pyfunction]
pub fn _get_cpu_count_config() -> i32 {
    match Interpreter::current().flags.borrow().cpu_count {
        0 => -1,
        count => count,
    }
}

/// Return True if other processes may have code run in this one, which they may not.
#[pyfunction]
pub fn is_remote_debug_enabled() -> bool {
    false
}

/// Have a file of Python code run in another process.
#[pyfunction(signature = "(pid, script)")]
pub fn remote_exec(pid: i32, script: &PyObject) -> PyResult<()> {
    let _ = (pid, script);
    Err(runtime_error!("Remote debugging is not enabled"))
}

/// Private function for the plain interactive loop, which `_pyrepl` falls back to.
#[pyfunction]
pub fn _baserepl() -> PyResult<()> {
    match Interpreter::current().extension::<BaseRepl>().0.get() {
        Some(repl) => repl(),
        None => Err(runtime_error!("this interpreter has no interactive loop")),
    }
}

/// The plain interactive loop, which the command line provides.
#[derive(Default)]
pub struct BaseRepl(pub Cell<Option<fn() -> PyResult<()>>>);

/// Return True if this Python was built with a just-in-time compiler.
#[pyfunction]
fn is_available() -> bool {
    false
}

/// Return True if the just-in-time compiler is switched on.
#[pyfunction]
fn is_enabled() -> bool {
    false
}

/// Return True if the calling code was compiled just in time.
#[pyfunction]
fn is_active() -> bool {
    false
}

pymodule! {
    JIT = "sys._jit",
    "Utilities for observing just-in-time compilation.",
    functions: [is_active, is_available, is_enabled],
    classes: [],
    exec: None
}

/// The namespace `sys._jit`.
pub(super) fn jit_module() -> PyResult<Py<PyModule>> {
    JIT.create()
}
