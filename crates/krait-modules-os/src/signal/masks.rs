//! Masks of threads, and waiting for signals without handlers.

use krait_host::errno::Errno;
use krait_host::fs::Moment;
use krait_host::signal::{self as host, SigInfo, SigSet};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{IntoPy, PyResult, PySet, ThreadState, hooks, value_error};

use super::STRUCT_SIGINFO;
use crate::common::{quick, raise, retry};
use crate::duration::{Deadline, nanoseconds};
use crate::posix::spawn::signal_set;

fn set_object(signals: SigSet) -> PyResult<Py<PySet>> {
    let set = PySet::new()?;
    for signal in signals.iter() {
        set.table().add(&*signal.into_py()?)?;
    }
    Ok(set)
}

fn info_object(info: SigInfo) -> PyResult<Obj> {
    STRUCT_SIGINFO.make(vec![
        info.signo.into_py()?,
        info.code.into_py()?,
        info.errno.into_py()?,
        info.pid.into_py()?,
        info.uid.into_py()?,
        info.status.into_py()?,
        info.band.into_py()?,
    ])
}

/// Send a signal to a thread.
#[pyfunction(signature = "(thread_id, signalnum, /)")]
pub(super) fn pthread_kill(thread_id: u64, signalnum: i32) -> PyResult<()> {
    // SAFETY: the caller names a thread that runs: that is what the function's documentation asks
    // for, and the system has no way to find out.
    quick(unsafe { host::pthread_kill(thread_id, signalnum) })?;
    hooks::check_signals()
}

/// Fetch and change the signals whose delivery is blocked for this thread.
///
/// The previous set is returned.
#[pyfunction(signature = "(how, mask, /)")]
pub(super) fn pthread_sigmask(how: i32, mask: &PyObject) -> PyResult<Py<PySet>> {
    let old = quick(host::pthread_sigmask(how, signal_set(mask)?))?;
    // Signals that were waiting may have been let through.
    hooks::check_signals()?;
    set_object(old)
}

/// Return the signals that wait to be delivered.
#[pyfunction(signature = "()")]
pub(super) fn sigpending() -> PyResult<Py<PySet>> {
    set_object(quick(host::sigpending())?)
}

/// Wait until one of the signals is pending, take it and return its number.
#[pyfunction(signature = "(sigset, /)")]
pub(super) fn sigwait(sigset: &PyObject) -> PyResult<i32> {
    let set = signal_set(sigset)?;
    quick(ThreadState::allow_threads(|| host::sigwait(set)))
}

/// Wait until one of the signals is pending, take it and return what is known of it.
#[pyfunction(signature = "(sigset, /)")]
pub(super) fn sigwaitinfo(sigset: &PyObject) -> PyResult<Obj> {
    let set = signal_set(sigset)?;
    info_object(retry(|| host::sigwaitinfo(set))?)
}

/// Like sigwaitinfo(), but with a limit in seconds; None if no signal came.
#[pyfunction(signature = "(sigset, timeout, /)")]
pub(super) fn sigtimedwait(sigset: &PyObject, timeout: &PyObject) -> PyResult<Option<Obj>> {
    let timeout = nanoseconds(timeout)?;
    if timeout < 0 {
        return Err(value_error!("timeout must be non-negative"));
    }
    let set = signal_set(sigset)?;
    let deadline = Deadline::after(Some(timeout));
    loop {
        let left = deadline.left().unwrap_or_default();
        let limit = Moment {
            sec: left.as_secs() as i64,
            nsec: i64::from(left.subsec_nanos()),
        };
        match ThreadState::allow_threads(|| host::sigtimedwait(set, limit)) {
            Ok(info) => return info.map(info_object).transpose(),
            Err(Errno::EINTR) => hooks::check_signals()?,
            Err(error) => return Err(raise(error)),
        }
    }
}

/// Return the signals that the platform has.
#[pyfunction(signature = "()")]
pub(super) fn valid_signals() -> PyResult<Py<PySet>> {
    set_object(host::valid_signals())
}
