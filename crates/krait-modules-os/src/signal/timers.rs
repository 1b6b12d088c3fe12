//! Timers that end in signals, and waiting for any.

use krait_host::signal as host;
use krait_macros::pyfunction;
use krait_runtime::object::PyObject;
use krait_runtime::{PyResult, ThreadState, hooks};

/// Arrange for SIGALRM to arrive after the given number of seconds.
///
/// Returns what was left of an earlier alarm.
#[pyfunction(signature = "(seconds, /)")]
pub(super) fn alarm(seconds: i32) -> u32 {
    host::alarm(seconds as u32)
}

/// Wait until a signal arrives.
#[pyfunction(signature = "()")]
pub(super) fn pause() -> PyResult<()> {
    ThreadState::allow_threads(host::pause);
    hooks::check_signals()
}

/// Seconds as the timers take them: rounded up to microseconds.
fn seconds(value: &PyObject) -> PyResult<f64> {
    let nanoseconds = crate::duration::nanoseconds(value)?;
    Ok((nanoseconds as f64 / 1e3).ceil() / 1e6)
}

/// Set an interval timer, which fires after the given seconds and then at each interval.
///
/// Returns the old values.
#[pyfunction(signature = "(which, seconds, interval=0.0, /)")]
pub(super) fn setitimer(
    which: i32,
    seconds: &PyObject,
    interval: Option<&PyObject>,
) -> PyResult<(f64, f64)> {
    let first = self::seconds(seconds)?;
    let interval = interval.map_or(Ok(0.0), self::seconds)?;
    host::setitimer(which, (first, interval))
        .map_err(|error| crate::exception::raise_errno("signal.ItimerError", error))
}

/// Return the current values of an interval timer.
#[pyfunction(signature = "(which, /)")]
pub(super) fn getitimer(which: i32) -> PyResult<(f64, f64)> {
    host::getitimer(which)
        .map_err(|error| crate::exception::raise_errno("signal.ItimerError", error))
}
