//! `_signal`: what happens at signals.
//!
//! Invariant: the handler that the system calls only sets flags ([`TRIPPED`] and the main thread's
//! eval breaker) and writes to the wakeup descriptor. Python's handlers are run by the main thread,
//! when it comes to check. Signals belong to the process, not to an interpreter: this is why their
//! flags are statics.

mod waiting;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use krait_host::errno::Errno;
use krait_host::signal::{self as host, Disposition, NSIG};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::state::breaker;
use krait_runtime::{
    Interpreter, IntoPy, PyDict, PyErr, PyLong, PyModule, PyResult, PyStr, PyTuple, PyType,
    ThreadState, exc, none, pymodule, type_error, value_error,
};

use crate::common::{add_ints, constants, quick, raise};

pymodule! {
    pub SIGNAL = "_signal",
    "This module provides mechanisms to use signal handlers in Python.",
    functions: [
        default_int_handler, signal, getsignal, raise_signal, strsignal, siginterrupt,
        set_wakeup_fd,
        waiting::alarm, waiting::pause, waiting::setitimer, waiting::getitimer,
        waiting::pthread_kill, waiting::pthread_sigmask, waiting::sigpending, waiting::sigwait,
        waiting::sigwaitinfo, waiting::sigtimedwait, waiting::valid_signals,
        waiting::pidfd_send_signal,
    ],
    classes: [],
    exec: Some(exec)
}

const COUNT: usize = NSIG as usize;

/// Which signals arrived and were not handled yet.
static TRIPPED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

/// Whether any did.
static ANY_TRIPPED: AtomicBool = AtomicBool::new(false);

/// The main thread's eval breaker, which is alive as long as it is registered here.
static MAIN_BREAKER: AtomicPtr<AtomicUsize> = AtomicPtr::new(std::ptr::null_mut());

/// The main thread.
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);

/// The descriptor that gets a byte for each signal; −1 for none.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);

/// Whether a full wakeup descriptor is worth a warning.
static WAKEUP_WARN: AtomicBool = AtomicBool::new(true);

/// The error of the last write to the wakeup descriptor that is still to be told.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);

/// What Python code set for each signal.
struct Handlers(RefCell<Vec<Option<Obj>>>);

impl Default for Handlers {
    fn default() -> Self {
        Handlers(RefCell::new((0..COUNT).map(|_| None).collect()))
    }
}

/// What the system calls at a signal.
extern "C" fn on_signal(number: i32) {
    let before = Errno::last();
    if let Some(flag) = TRIPPED.get(number as usize) {
        flag.store(true, Ordering::Relaxed);
        ANY_TRIPPED.store(true, Ordering::Release);
        // SAFETY: a registered breaker is alive.
        if let Some(bits) = unsafe { MAIN_BREAKER.load(Ordering::Acquire).as_ref() } {
            bits.fetch_or(breaker::SIGNALS, Ordering::Relaxed);
        }
    }
    let fd = WAKEUP_FD.load(Ordering::Relaxed);
    if fd >= 0
        && let Err(errno) = host::wake(fd, number)
        && (errno.0 != libc::EAGAIN || WAKEUP_WARN.load(Ordering::Relaxed))
    {
        WAKEUP_ERROR.store(errno.0, Ordering::Relaxed);
        ANY_TRIPPED.store(true, Ordering::Release);
    }
    before.set_last();
}

/// Whether this is the thread that handles signals.
fn is_main_thread() -> bool {
    MAIN_THREAD.load(Ordering::Relaxed) == krait_host::thread::ident()
}

/// Makes the calling thread the one that handles signals.
fn become_main_thread() {
    let breaker = std::ptr::from_ref(&ThreadState::current().eval_breaker).cast_mut();
    MAIN_BREAKER.store(breaker, Ordering::Release);
    MAIN_THREAD.store(krait_host::thread::ident(), Ordering::Relaxed);
}

/// In a child of `fork`: its only thread is the main one, and no signal of the parent's is its own.
pub(crate) fn after_fork_in_child() {
    if MAIN_THREAD.load(Ordering::Relaxed) == 0 {
        return;
    }
    become_main_thread();
    for flag in &TRIPPED {
        flag.store(false, Ordering::Relaxed);
    }
    ANY_TRIPPED.store(false, Ordering::Relaxed);
}

/// The hook `check_signals`: runs the handlers of signals that arrived, in the main thread.
fn check() -> PyResult<()> {
    if !ANY_TRIPPED.load(Ordering::Acquire) || !is_main_thread() {
        return Ok(());
    }
    ThreadState::current().clear_breaker(breaker::SIGNALS);
    ANY_TRIPPED.store(false, Ordering::Relaxed);
    tell_wakeup_error();
    let handlers = Interpreter::current().extension::<Handlers>();
    for (number, flag) in TRIPPED.iter().enumerate() {
        if !flag.swap(false, Ordering::Relaxed) {
            continue;
        }
        let handler = handlers.0.borrow()[number].clone();
        // A handler that was replaced by SIG_DFL or SIG_IGN meanwhile is not called.
        let Some(handler) = handler.filter(|handler| handler.is_callable()) else {
            continue;
        };
        let frame = match krait_runtime::frame::current_frame() {
            Some(frame) => krait_runtime::frame::frame_of(frame)?.into_object(),
            None => none().to_obj(),
        };
        let answer = handler.call(&[&*PyLong::from_i64(number as i64)?, &frame]);
        if let Err(error) = answer {
            // The others are handled at the next check.
            ANY_TRIPPED.store(true, Ordering::Release);
            ThreadState::current().set_breaker(breaker::SIGNALS);
            return Err(error);
        }
    }
    Ok(())
}

/// Reports a failure to write to the wakeup descriptor, which no caller can be told of.
fn tell_wakeup_error() {
    let errno = WAKEUP_ERROR.swap(0, Ordering::Relaxed);
    if errno != 0 {
        raise(Errno(errno)).write_unraisable(
            Some("Exception ignored when trying to write to the signal wakeup fd"),
            None,
        );
    }
}

/// The number of a signal.
fn number(signal: i32) -> PyResult<i32> {
    if (1..NSIG).contains(&signal) {
        return Ok(signal);
    }
    Err(value_error!("signal number out of range"))
}

fn disposition_object(disposition: Disposition) -> PyResult<Option<Obj>> {
    match disposition {
        Disposition::Default => (libc::SIG_DFL as i64).into_py().map(Some),
        Disposition::Ignore => (libc::SIG_IGN as i64).into_py().map(Some),
        Disposition::Handler(_) => Ok(None),
    }
}

/// The default handler for SIGINT installed by Python.
///
/// It raises KeyboardInterrupt.
#[pyfunction(signature = "(signalnum, frame, /)")]
fn default_int_handler(signalnum: i32, frame: &PyObject) -> PyResult<()> {
    let _ = (signalnum, frame);
    Err(PyErr::set_none(&exc::KeyboardInterrupt))
}

/// Set the action for the given signal.
///
/// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
/// The previous action is returned.  See getsignal() for possible return values.
#[pyfunction(signature = "(signalnum, handler, /)")]
fn signal(signalnum: i32, handler: &PyObject) -> PyResult<Obj> {
    if !is_main_thread() {
        return Err(value_error!(
            "signal only works in main thread of the main interpreter"
        ));
    }
    let number = number(signalnum)?;
    let wanted = if handler.is_callable() {
        None
    } else {
        match handler.int_value() {
            Some(value) if value == libc::SIG_DFL as i64 => Some(Disposition::Default),
            Some(value) if value == libc::SIG_IGN as i64 => Some(Disposition::Ignore),
            _ => {
                return Err(type_error!(
                    "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
                ));
            }
        }
    };
    // Signals that arrived go to the old handler.
    check()?;
    quick(match wanted {
        None => host::set_handler(number, on_signal),
        Some(disposition) => host::set_disposition(number, disposition),
    })?;
    let handlers = Interpreter::current().extension::<Handlers>();
    let old = handlers.0.borrow_mut()[number as usize].replace(handler.to_obj());
    Ok(old.unwrap_or_else(|| none().to_obj()))
}

/// Return the current action for the given signal.
#[pyfunction(signature = "(signalnum, /)")]
fn getsignal(signalnum: i32) -> PyResult<Option<Obj>> {
    let number = number(signalnum)?;
    let handlers = Interpreter::current().extension::<Handlers>();
    let handler = handlers.0.borrow()[number as usize].clone();
    Ok(handler)
}

/// Send a signal to the executing process.
#[pyfunction(signature = "(signalnum, /)")]
fn raise_signal(signalnum: i32) -> PyResult<()> {
    quick(ThreadState::allow_threads(|| host::raise(signalnum)))?;
    check()
}

/// Return the system description of the given signal.
#[pyfunction(signature = "(signalnum, /)")]
fn strsignal(signalnum: i32) -> PyResult<Option<String>> {
    Ok(host::strsignal(number(signalnum)?).filter(|text| !text.starts_with("Unknown signal")))
}

/// Change system call restart behaviour.
#[pyfunction(signature = "(signalnum, flag, /)")]
fn siginterrupt(signalnum: i32, flag: i32) -> PyResult<()> {
    quick(host::siginterrupt(number(signalnum)?, flag != 0))
}

/// Sets the fd to be written to (with the signal number) when a signal comes in.
#[pyfunction(signature = "(fd, /, *, warn_on_full_buffer=True)")]
fn set_wakeup_fd(fd: i32, warn_on_full_buffer: bool) -> PyResult<i32> {
    if !is_main_thread() {
        return Err(value_error!(
            "set_wakeup_fd only works in main thread of the main interpreter"
        ));
    }
    if fd != -1 {
        quick(krait_host::fs::fstat(fd))?;
        if quick(krait_host::fd::get_blocking(fd))? {
            return Err(value_error!("the fd {fd} must be in non-blocking mode"));
        }
    }
    WAKEUP_WARN.store(warn_on_full_buffer, Ordering::Relaxed);
    Ok(WAKEUP_FD.swap(fd, Ordering::Relaxed))
}

/// Reads what the process began with, and takes SIGINT over.
fn fill_handlers(module: &PyModule) -> PyResult<()> {
    let handlers = Interpreter::current().extension::<Handlers>();
    for signal in 1..NSIG {
        // Some numbers are the C library's own.
        let Ok(disposition) = host::get_disposition(signal) else {
            continue;
        };
        let object = disposition_object(disposition)?;
        handlers.0.borrow_mut()[signal as usize] = object;
        if signal == libc::SIGINT && disposition == Disposition::Default {
            let handler = module.dict().get("default_int_handler")?;
            if handler.is_some() && host::set_handler(signal, on_signal).is_ok() {
                handlers.0.borrow_mut()[signal as usize] = handler;
            }
        }
    }
    Ok(())
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    if MAIN_THREAD.load(Ordering::Relaxed) == 0 {
        become_main_thread();
        fill_handlers(module)?;
    }
    let interp = Interpreter::current();
    let mut hooks = interp.hooks.get();
    hooks.check_signals = check;
    interp.hooks.set(hooks);
    for (name, signal) in host::NAMES {
        dict.set(name, &*PyLong::from_i64(i64::from(*signal))?)?;
    }
    add_ints(
        &dict,
        &[
            ("NSIG", i64::from(NSIG)),
            ("SIGCLD", i64::from(libc::SIGCHLD)),
            ("SIGIOT", i64::from(libc::SIGABRT)),
            ("SIGRTMIN", i64::from(host::sigrtmin())),
            ("SIGRTMAX", i64::from(host::sigrtmax())),
        ],
    )?;
    constants!(
        &dict,
        ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF SIG_BLOCK SIG_UNBLOCK SIG_SETMASK SIG_DFL SIG_IGN
    )?;
    dict.set("struct_siginfo", waiting::STRUCT_SIGINFO.class()?)?;
    dict.set("ItimerError", &*itimer_error()?)
}

/// `signal.itimer_error`, made once.
fn itimer_error() -> PyResult<Obj> {
    #[derive(Default)]
    struct Made(RefCell<Option<Obj>>);
    let made = Interpreter::current().extension::<Made>();
    if let Some(class) = &*made.0.borrow() {
        return Ok(class.clone());
    }
    let dict = PyDict::new()?;
    dict.set("__module__", &*PyStr::intern("signal")?)?;
    let bases = PyTuple::from_refs(&[exc::OSError.as_object()])?;
    let name = PyStr::intern("itimer_error")?;
    let class = PyType::type_object().instantiate(&[&name, &bases, &dict])?;
    *made.0.borrow_mut() = Some(class.clone());
    Ok(class)
}
