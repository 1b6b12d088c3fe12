//! Waiting for signals, blocking and sending them, timers.

use krait_host::errno::Errno;
use krait_host::fs::Moment;
use krait_host::signal::{self as host, SigInfo, SigSet};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{
    IntoPy, PyErr, PyResult, PySet, PyType, ThreadState, hooks, none, type_error, value_error,
};

use crate::common::{list_of, quick, raise, retry};

pub(crate) static STRUCT_SIGINFO: StructSeq = StructSeq::new(
    "signal.struct_siginfo",
    "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    &[
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ],
);

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

/// A set of signals as Python's.
fn set_object(set: SigSet) -> PyResult<Obj> {
    let list = list_of(set.iter())?;
    PySet::type_object().instantiate(&[list.as_object()])
}

fn set_from(signals: &PyObject) -> PyResult<SigSet> {
    let mut set = SigSet::default();
    for item in signals.to_vec()? {
        let number = item.index()?;
        match number.to_i64() {
            Some(signal) if (1..i64::from(host::NSIG)).contains(&signal) => set.add(signal as i32),
            _ => {
                return Err(value_error!(
                    "signal number {} out of range [1; {}]",
                    number.to_display(),
                    host::NSIG - 1
                ));
            }
        }
    }
    Ok(set)
}

/// Arrange for SIGALRM to arrive after the given number of seconds.
#[pyfunction(signature = "(seconds, /)")]
pub(crate) fn alarm(seconds: i32) -> u32 {
    host::alarm(seconds as u32)
}

/// Wait until a signal arrives.
#[pyfunction(signature = "()")]
pub(crate) fn pause() -> PyResult<()> {
    ThreadState::allow_threads(host::pause);
    hooks::check_signals()
}

fn timer_error(errno: Errno) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = super::itimer_error()?;
        let arguments = (errno.0, errno.text()).into_py()?;
        match class.downcast::<PyType>() {
            Some(class) => Ok(PyErr::set_object(class, arguments)),
            None => Ok(raise(errno)),
        }
    };
    make().unwrap_or_else(|error| error)
}

fn seconds(value: &PyObject) -> PyResult<f64> {
    crate::time::duration(value, f64::ceil).map(|nanoseconds| nanoseconds as f64 / 1e9)
}

/// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
#[pyfunction(signature = "(which, seconds, interval=0.0, /)")]
pub(crate) fn setitimer(
    which: i32,
    seconds: &PyObject,
    interval: Option<&PyObject>,
) -> PyResult<(f64, f64)> {
    let first = self::seconds(seconds)?;
    let interval = interval.map_or(Ok(0.0), self::seconds)?;
    host::setitimer(which, (first, interval)).map_err(timer_error)
}

/// Returns current value of given itimer.
#[pyfunction(signature = "(which, /)")]
pub(crate) fn getitimer(which: i32) -> PyResult<(f64, f64)> {
    host::getitimer(which).map_err(timer_error)
}

/// Send a signal to a thread.
#[pyfunction(signature = "(thread_id, signalnum, /)")]
pub(crate) fn pthread_kill(thread_id: u64, signalnum: i32) -> PyResult<()> {
    // SAFETY: as in CPython, the caller vouches for the thread being alive.
    quick(unsafe { host::pthread_kill(thread_id, signalnum) })?;
    hooks::check_signals()
}

/// Fetch and/or change the signal mask of the calling thread.
#[pyfunction(signature = "(how, mask, /)")]
pub(crate) fn pthread_sigmask(how: i32, mask: &PyObject) -> PyResult<Obj> {
    let old = quick(host::pthread_sigmask(how, set_from(mask)?))?;
    // A signal that was unblocked has arrived by now.
    hooks::check_signals()?;
    set_object(old)
}

/// Examine pending signals.
#[pyfunction(signature = "()")]
pub(crate) fn sigpending() -> PyResult<Obj> {
    set_object(quick(host::sigpending())?)
}

/// Wait for a signal.
#[pyfunction(signature = "(sigset, /)")]
pub(crate) fn sigwait(sigset: &PyObject) -> PyResult<i32> {
    let set = set_from(sigset)?;
    retry(|| host::sigwait(set))
}

/// Wait synchronously until one of the signals in *sigset* is delivered.
#[pyfunction(signature = "(sigset, /)")]
pub(crate) fn sigwaitinfo(sigset: &PyObject) -> PyResult<Obj> {
    let set = set_from(sigset)?;
    info_object(retry(|| host::sigwaitinfo(set))?)
}

/// Like sigwaitinfo(), but with a timeout.
#[pyfunction(signature = "(sigset, timeout, /)")]
pub(crate) fn sigtimedwait(sigset: &PyObject, timeout: &PyObject) -> PyResult<Option<Obj>> {
    let length = crate::time::duration(timeout, f64::ceil)?;
    if length < 0 {
        return Err(value_error!("timeout must be non-negative"));
    }
    let set = set_from(sigset)?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_nanos(length as u64);
    let info = retry(|| {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        host::sigtimedwait(
            set,
            Moment {
                sec: left.as_secs() as i64,
                nsec: i64::from(left.subsec_nanos()),
            },
        )
    })?;
    info.map(info_object).transpose()
}

/// Return a set of valid signal numbers on this platform.
#[pyfunction(signature = "()")]
pub(crate) fn valid_signals() -> PyResult<Obj> {
    set_object(host::valid_signals())
}

/// Send a signal to a process referred to by a pid file descriptor.
#[pyfunction(signature = "(pidfd, signalnum, siginfo=None, flags=0, /)")]
pub(crate) fn pidfd_send_signal(
    pidfd: i32,
    signalnum: i32,
    siginfo: Option<&PyObject>,
    flags: i32,
) -> PyResult<()> {
    if siginfo.is_some_and(|info| !info.is(none())) {
        return Err(type_error!("siginfo must be None"));
    }
    quick(host::pidfd_send_signal(pidfd, signalnum, flags as u32))
}
