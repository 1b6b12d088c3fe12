//! From the system's call of a handler to the call of Python's.
//!
//! Invariants: what is reached from [`note`] is atomic and allocates nothing, for it runs inside
//! signal handlers; Python's handlers run in the main thread only.

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};

use krait_host::errno::{Errno, Result};
use krait_host::fd;
use krait_host::signal::{self as host, Disposition, NSIG};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass};
use krait_runtime::state::breaker;
use krait_runtime::{Interpreter, IntoPy, PyLong, PyResult, ThreadState, none, value_error};

use crate::common::quick;

/// The signals that arrived.
static ARRIVED: [AtomicBool; NSIG as usize] = [const { AtomicBool::new(false) }; NSIG as usize];
/// Whether any did.
static ANY: AtomicBool = AtomicBool::new(false);
/// The eval breaker of the main thread.
static MAIN: AtomicPtr<AtomicUsize> = AtomicPtr::new(ptr::null_mut());
/// Where each signal's number is written as a byte; -1 for nowhere.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
/// Whether it is told when there is no room for the byte.
static WARN_ON_FULL_BUFFER: AtomicBool = AtomicBool::new(true);
/// The error of writing the byte that is not told yet; 0 for none.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);

/// The system's handler of all signals that Python handles.
extern "C" fn note(number: i32) {
    let errno = Errno::last();
    if let Some(arrived) = ARRIVED.get(number as usize) {
        arrived.store(true, Ordering::Relaxed);
        ANY.store(true, Ordering::Release);
    }
    stop_main_thread();
    let fd = WAKEUP_FD.load(Ordering::Relaxed);
    if fd != -1
        && let Err(error) = host::wake(fd, number)
    {
        let full = matches!(error.0, libc::EAGAIN);
        if !full || WARN_ON_FULL_BUFFER.load(Ordering::Relaxed) {
            WAKEUP_ERROR.store(error.0, Ordering::Relaxed);
            ANY.store(true, Ordering::Release);
        }
    }
    errno.set_last();
}

fn stop_main_thread() {
    // SAFETY: null, or the breaker of the main thread's state, which lives until the process ends.
    if let Some(bits) = unsafe { MAIN.load(Ordering::Acquire).as_ref() } {
        bits.fetch_or(breaker::SIGNALS, Ordering::Relaxed);
    }
}

/// Lets a signal arrive without the system: its handler runs at the main thread's next check.
pub(crate) fn trip(number: i32) {
    note(number);
}

/// The interpreter ends: Python's handlers are forgotten, and the system handles their signals.
pub fn disable() {
    for number in 1..NSIG {
        ARRIVED[number as usize].store(false, Ordering::Relaxed);
        let handler = handlers().replace(number, None);
        if handler.is_some_and(|handler| handler.downcast::<PyLong>().is_none()) {
            // A signal that is handled can be handled otherwise.
            let _old = host::set_disposition(number, Disposition::Default);
        }
    }
}

/// Has Python handle a signal.
pub(super) fn catch(number: i32) -> Result<Disposition> {
    host::set_handler(number, note)
}

/// What happens at each signal: an int, a callable, or nothing if it is not Python's.
pub(super) struct Handlers(RefCell<Vec<Option<Obj>>>);

impl Default for Handlers {
    fn default() -> Handlers {
        Handlers(RefCell::new((0..NSIG).map(|_| None).collect()))
    }
}

impl Handlers {
    pub(super) fn get(&self, number: i32) -> Option<Obj> {
        self.0.borrow().get(number as usize).cloned().flatten()
    }

    pub(super) fn replace(&self, number: i32, handler: Option<Obj>) -> Option<Obj> {
        match self.0.borrow_mut().get_mut(number as usize) {
            Some(slot) => std::mem::replace(slot, handler),
            None => None,
        }
    }
}

/// The handlers of this interpreter.
pub(super) fn handlers() -> &'static Handlers {
    Interpreter::current().extension::<Handlers>()
}

/// Makes the calling thread the one that runs handlers, and has the interpreter look for signals.
/// The answer is the empty table of handlers, or nothing if all this was done before.
pub(super) fn attach() -> PyResult<Option<&'static Handlers>> {
    let breaker = ptr::from_ref(&ThreadState::current().eval_breaker).cast_mut();
    if MAIN
        .compare_exchange(
            ptr::null_mut(),
            breaker,
            Ordering::AcqRel,
            Ordering::Relaxed,
        )
        .is_err()
    {
        return Ok(None);
    }
    let interp = Interpreter::current();
    let mut hooks = interp.hooks.get();
    hooks.check_signals = run_handlers;
    interp.hooks.set(hooks);
    Ok(Some(handlers()))
}

fn is_main_thread() -> bool {
    let breaker = ptr::from_ref(&ThreadState::current().eval_breaker);
    ptr::eq(MAIN.load(Ordering::Relaxed), breaker)
}

/// Raises `ValueError` in other threads than the main one.
pub(super) fn check_main_thread(message: &str) -> PyResult<()> {
    if is_main_thread() {
        Ok(())
    } else {
        Err(value_error!("{message}"))
    }
}

/// In a child process the calling thread is the main one, and signals of the parent are not its.
pub(crate) fn after_fork_in_child() {
    for arrived in &ARRIVED {
        arrived.store(false, Ordering::Relaxed);
    }
    if !MAIN.load(Ordering::Relaxed).is_null() {
        let breaker = ptr::from_ref(&ThreadState::current().eval_breaker).cast_mut();
        MAIN.store(breaker, Ordering::Release);
    }
}

/// Runs Python's handlers of the signals that arrived: the hook of system calls that were
/// interrupted, and of the eval loop.
fn run_handlers() -> PyResult<()> {
    let thread = ThreadState::current();
    thread.clear_breaker(breaker::SIGNALS);
    if !is_main_thread() || !ANY.swap(false, Ordering::AcqRel) {
        return Ok(());
    }
    report_wakeup_error();
    let frame = match krait_runtime::frame::current_frame() {
        Some(frame) => krait_runtime::frame::frame_of(frame)?.into_object(),
        None => none().to_obj(),
    };
    for number in 1..NSIG {
        if !ARRIVED[number as usize].swap(false, Ordering::Relaxed) {
            continue;
        }
        let handler = handlers().get(number);
        let result = match handler.filter(|handler| handler.downcast::<PyLong>().is_none()) {
            Some(handler) => handler.call(&[&*number.into_py()?, &frame]).map(drop),
            // The handler was taken away after the signal had come.
            None => {
                krait_runtime::exc!(OSError, "Signal {number} ignored due to race condition")
                    .write_unraisable(None, None);
                Ok(())
            }
        };
        if result.is_err() {
            // The rest is for the next time.
            ANY.store(true, Ordering::Release);
            thread.set_breaker(breaker::SIGNALS);
            return result;
        }
    }
    Ok(())
}

fn report_wakeup_error() {
    let error = WAKEUP_ERROR.swap(0, Ordering::Relaxed);
    if error != 0 {
        crate::common::raise(Errno(error)).write_unraisable(
            Some("Exception ignored while trying to write to the signal wakeup fd"),
            None,
        );
    }
}

/// Set the descriptor to which the number of each signal is written as a byte.
///
/// It must not block. Returns the old one, -1 for none, and takes -1 to stop.
#[pyfunction(signature = "(fd, /, *, warn_on_full_buffer=True)")]
pub(super) fn set_wakeup_fd(fd: i32, warn_on_full_buffer: bool) -> PyResult<i32> {
    check_main_thread("set_wakeup_fd only works in main thread of the main interpreter")?;
    if fd != -1 {
        quick(krait_host::fs::fstat(fd))?;
        if quick(fd::get_blocking(fd))? {
            return Err(value_error!("the fd {fd} must be in non-blocking mode"));
        }
    }
    WARN_ON_FULL_BUFFER.store(warn_on_full_buffer, Ordering::Relaxed);
    Ok(WAKEUP_FD.swap(fd, Ordering::Relaxed))
}
