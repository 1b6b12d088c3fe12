//! `_thread`: threads, locks, data of threads.

mod handle;
mod local;
mod lock;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::structseq::{PyStructSeq, StructSeq};
use krait_runtime::{
    Interpreter, PyErr, PyFloat, PyLong, PyModule, PyResult, PyStr, PyTuple, ThreadState, exc,
    none, pymodule, type_error, value_error,
};

use handle::Threads;

pymodule! {
    pub(crate) THREAD = "_thread",
    "Threads and locks, as the operating system has them.\n\nThe module threading is easier to use.",
    functions: [
        handle::start_new_thread,
        handle::start_new,
        handle::start_joinable_thread,
        handle::_make_thread_handle,
        handle::_shutdown,
        allocate_lock,
        allocate,
        get_ident,
        get_native_id,
        _get_main_thread_ident,
        _is_main_interpreter,
        daemon_threads_allowed,
        interrupt_main,
        exit,
        exit_thread,
        stack_size,
        set_name,
        _get_name,
        _count,
        _excepthook,
    ],
    classes: [lock::PyLock, lock::PyRLock, local::PyLocal, handle::PyThreadHandle],
    hidden: [local::PyLocalDummy],
    exec: Some(exec)
}

static EXCEPT_HOOK_ARGS: StructSeq = StructSeq::new(
    "_thread._ExceptHookArgs",
    "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("thread", "Exception thread"),
    ],
);

/// The bytes of a thread's name, as the system has it.
const NAME_MAX: usize = 15;

/// The longest time to wait, in seconds.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;

fn exec(module: &PyModule) -> PyResult<()> {
    // The thread that imports the module first is the main one.
    let threads = Interpreter::current().extension::<Threads>();
    threads.main_ident.set(ThreadState::current().ident.get());
    module.add("error", &exc::RuntimeError)?;
    module.add("LockType", lock::PyLock::type_object())?;
    module.add("TIMEOUT_MAX", &*PyFloat::new(TIMEOUT_MAX)?)?;
    module.add("_NAME_MAXLEN", &*PyLong::from_i64(NAME_MAX as i64)?)?;
    module.add("_ExceptHookArgs", EXCEPT_HOOK_ARGS.class()?)
}

/// Puts the state of threads right in a child process, where only the calling thread is left.
pub(crate) fn after_fork_in_child() {
    handle::after_fork_in_child();
}

/// How many threads run beside the main one.
pub(crate) fn count() -> usize {
    Interpreter::current().extension::<Threads>().running.get()
}

/// Create a new lock object.
#[pyfunction]
fn allocate_lock() -> PyResult<Obj> {
    Ok(lock::PyLock::create()?.into_object())
}

/// An obsolete synonym of allocate_lock().
#[pyfunction]
fn allocate() -> PyResult<Obj> {
    Ok(lock::PyLock::create()?.into_object())
}

/// Return a non-zero integer that identifies the current thread among those that run.
#[pyfunction]
fn get_ident() -> usize {
    ThreadState::current().ident.get()
}

/// Return the number by which the operating system knows the current thread.
#[pyfunction]
fn get_native_id() -> i32 {
    krait_host::thread::native_id()
}

/// Return the ident of the main thread.
#[pyfunction]
fn _get_main_thread_ident() -> usize {
    Interpreter::current()
        .extension::<Threads>()
        .main_ident
        .get()
}

/// Return True if the current interpreter is the main one.
#[pyfunction]
fn _is_main_interpreter() -> bool {
    true
}

/// Return True if daemon threads are allowed in the current interpreter.
#[pyfunction]
fn daemon_threads_allowed() -> bool {
    true
}

/// Act as if the signal had arrived: the main thread runs its handler.
///
/// A signal that is ignored, or left to the system, does nothing.
#[pyfunction(
    signature = "(signum=2, /)",
    text_signature = "($module, signum=signal.SIGINT, /)"
)]
fn interrupt_main(signum: i32) -> PyResult<()> {
    if !(1..krait_host::signal::NSIG).contains(&signum) {
        return Err(value_error!("signal number out of range"));
    }
    if !crate::signal::is_left_to_system(signum) {
        crate::signal::trip(signum);
    }
    Ok(())
}

/// End the current thread: the same as raising SystemExit.
#[pyfunction]
fn exit() -> PyResult<()> {
    Err(PyErr::set_none(&exc::SystemExit))
}

/// An obsolete synonym of exit().
#[pyfunction]
fn exit_thread() -> PyResult<()> {
    Err(PyErr::set_none(&exc::SystemExit))
}

/// Return the stack size of new threads, and set it if one is given; 0 is the system's own.
#[pyfunction(signature = "(size=0, /)")]
fn stack_size(size: isize) -> PyResult<usize> {
    let Ok(size) = usize::try_from(size) else {
        return Err(value_error!("size must be 0 or a positive value"));
    };
    if size != 0 && size < krait_host::thread::smallest_stack().max(32 * 1024) {
        return Err(value_error!("size not valid: {size} bytes"));
    }
    let threads = Interpreter::current().extension::<Threads>();
    Ok(threads.stack_size.replace(size))
}

/// Set the name of the current thread, as the system shows it.
#[pyfunction(signature = "(name)")]
fn set_name(name: &PyStr) -> PyResult<()> {
    let encoded = krait_runtime::codecs::encode_to_bytes(name, "utf-8", Some("replace"))?;
    // The name ends at the first zero, and the system has no more than this.
    let text = encoded.as_bytes().split(|&byte| byte == 0).next();
    let text = text.unwrap_or_default();
    krait_host::thread::set_name(&text[..text.len().min(NAME_MAX)])
        .map_err(|error| krait_runtime::err::os_error(error.0, None, None))
}

/// Return the name of the current thread, as the system shows it.
#[pyfunction]
fn _get_name() -> PyResult<Obj> {
    let name = krait_host::fs::read_file(c"/proc/thread-self/comm")
        .map_err(|error| krait_runtime::err::os_error(error.0, None, None))?;
    let name = name.strip_suffix(b"\n").unwrap_or(&name);
    Ok(crate::common::fs_decode(name)?.into_object())
}

/// Return how many threads this module started that have not ended.
#[pyfunction]
fn _count() -> usize {
    count()
}

/// Handle an exception that a thread's run() did not.
#[pyfunction(signature = "(args, /)")]
fn _excepthook(args: &PyObject) -> PyResult<()> {
    let class = EXCEPT_HOOK_ARGS.class()?;
    let fields = args
        .downcast::<PyStructSeq>()
        .filter(|_| std::ptr::eq(args.type_(), class));
    let Some(fields) = fields else {
        return Err(type_error!(
            "_thread._excepthook argument type must be ExceptHookArgs"
        ));
    };
    let field = |index: usize| fields.field(index).unwrap_or_else(|| none().to_obj());
    let (class, value, traceback, thread) = (field(0), field(1), field(2), field(3));
    if class.is(&exc::SystemExit) {
        return Ok(());
    }
    let sys = Interpreter::current().sysdict.get();
    let Some(sys) = sys else { return Ok(()) };
    let stderr = sys.get("stderr")?.filter(|file| !file.is(none()));
    let is_usual = stderr.is_some();
    let file = match stderr {
        Some(file) => file,
        None if thread.is(none()) => return Ok(()),
        None => {
            let file = thread.getattr(krait_runtime::intern!("_stderr"))?;
            if file.is(none()) {
                return Ok(());
            }
            file
        }
    };
    let name = match thread
        .lookup_attr(krait_runtime::intern!("_name"))?
        .filter(|_| !thread.is(none()))
    {
        Some(name) => name.str()?.to_string_lossy(),
        None => ThreadState::current().ident.get().to_string(),
    };
    file.call_method_str(
        "write",
        &[&*PyStr::new(&format!("Exception in thread {name}:\n"))?],
    )?;
    if !is_usual {
        // Without `sys.stderr` the hook would be silent; this writes to `sys.__stderr__` then.
        crate::common::import_attr("traceback", "_print_exception_bltin")?.call1(&value)?;
    } else if let Some(hook) = sys.get("__excepthook__")? {
        hook.call(&[&*class, &*value, &*traceback])?;
    }
    file.call_method(krait_runtime::intern!("flush"), &[])?;
    Ok(())
}

/// Splits a tuple of two numbers, as saved states of locks are.
fn pair(state: &PyTuple) -> Option<(u64, u64)> {
    let number = |index: usize| {
        state
            .get(index)?
            .downcast::<PyLong>()
            .and_then(PyLong::to_u64)
    };
    Some((number(0)?, number(1)?))
}
