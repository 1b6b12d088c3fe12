//! Clocks and `sleep`.

use krait_host::errno::Errno;
use krait_host::fs::Moment;
use krait_host::time as host;
use krait_macros::pyfunction;
use krait_runtime::namespace::PyNamespace;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    IntoPy, PyDict, PyFloat, PyResult, ThreadState, bool_object, hooks, overflow_error, type_error,
    value_error,
};

use crate::common::{quick, raise};

const NANOS: i128 = 1_000_000_000;

fn total(moment: Moment) -> i128 {
    i128::from(moment.sec) * NANOS + i128::from(moment.nsec)
}

fn now(clock: i32) -> PyResult<Moment> {
    quick(host::clock_gettime(clock))
}

fn seconds(clock: i32) -> PyResult<f64> {
    Ok(total(now(clock)?) as f64 / 1e9)
}

fn nanoseconds(clock: i32) -> PyResult<i64> {
    Ok(total(now(clock)?) as i64)
}

macro_rules! clocks {
    ($($(#[$doc:meta])* $name:ident, $name_ns:ident = $clock:ident;)*) => {$(
        $(#[$doc])*
        #[pyfunction(signature = "()", text_signature = "($self, /)")]
        pub(crate) fn $name() -> PyResult<f64> {
            seconds(libc::$clock)
        }

        $(#[$doc])*
        ///
        /// In nanoseconds.
        #[pyfunction(signature = "()", text_signature = "($self, /)")]
        pub(crate) fn $name_ns() -> PyResult<i64> {
            nanoseconds(libc::$clock)
        }
    )*};
}

clocks! {
    /// Return the current time in seconds since the Epoch.
    time, time_ns = CLOCK_REALTIME;
    /// Monotonic clock, cannot go backward.
    monotonic, monotonic_ns = CLOCK_MONOTONIC;
    /// Performance counter for benchmarking.
    perf_counter, perf_counter_ns = CLOCK_MONOTONIC;
    /// Process time for profiling: the sum of the kernel and user-space CPU time.
    process_time, process_time_ns = CLOCK_PROCESS_CPUTIME_ID;
    /// Thread time for profiling: the sum of the kernel and user-space CPU time.
    thread_time, thread_time_ns = CLOCK_THREAD_CPUTIME_ID;
}

/// Return the time of the specified clock clk_id as a float.
#[pyfunction(signature = "(clk_id, /)")]
pub(crate) fn clock_gettime(clk_id: i32) -> PyResult<f64> {
    seconds(clk_id)
}

/// Return the time of the specified clock clk_id as nanoseconds (int).
#[pyfunction(signature = "(clk_id, /)")]
pub(crate) fn clock_gettime_ns(clk_id: i32) -> PyResult<i64> {
    nanoseconds(clk_id)
}

/// Set the time of the specified clock clk_id.
#[pyfunction(signature = "(clk_id, time, /)", text_signature = "")]
pub(crate) fn clock_settime(clk_id: i32, time: &PyObject) -> PyResult<()> {
    let time = duration(time, f64::floor)?;
    quick(host::clock_settime(clk_id, moment(time)))
}

/// Set the time of the specified clock clk_id with nanoseconds.
#[pyfunction(signature = "(clk_id, time, /)", text_signature = "")]
pub(crate) fn clock_settime_ns(clk_id: i32, time: i64) -> PyResult<()> {
    quick(host::clock_settime(clk_id, moment(i128::from(time))))
}

/// Return the resolution (precision) of the specified clock clk_id.
#[pyfunction(signature = "(clk_id, /)", text_signature = "")]
pub(crate) fn clock_getres(clk_id: i32) -> PyResult<f64> {
    Ok(total(quick(host::clock_getres(clk_id))?) as f64 / 1e9)
}

/// Return the clk_id of a thread's CPU time clock.
#[pyfunction(signature = "(thread_id, /)", text_signature = "")]
pub(crate) fn pthread_getcpuclockid(thread_id: u64) -> PyResult<i32> {
    // SAFETY: as in CPython, the caller vouches for the thread being alive.
    quick(unsafe { host::pthread_getcpuclockid(thread_id) })
}

fn moment(nanoseconds: i128) -> Moment {
    Moment {
        sec: nanoseconds.div_euclid(NANOS) as i64,
        nsec: nanoseconds.rem_euclid(NANOS) as i64,
    }
}

/// A number of seconds as nanoseconds that fit in 64 bits.
fn duration(value: &PyObject, round: impl Fn(f64) -> f64) -> PyResult<i128> {
    let out_of_range = || overflow_error!("timestamp out of range for C PyTime_t");
    let nanoseconds = if let Some(float) = value.downcast::<PyFloat>() {
        let seconds = float.value();
        if seconds.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        let nanoseconds = round(seconds * 1e9);
        if !(-9.3e18..9.3e18).contains(&nanoseconds) {
            return Err(out_of_range());
        }
        nanoseconds as i128
    } else if value.has_index() {
        let seconds = value.index()?.to_i64().ok_or_else(out_of_range)?;
        i128::from(seconds) * NANOS
    } else {
        return Err(type_error!(
            "'{}' object cannot be interpreted as an integer or float",
            value.type_().tp_name()
        ));
    };
    if i64::try_from(nanoseconds).is_err() {
        return Err(out_of_range());
    }
    Ok(nanoseconds)
}

/// Delay execution for a given number of seconds.
#[pyfunction(signature = "(seconds, /)", text_signature = "($self, object, /)")]
pub(crate) fn sleep(seconds: &PyObject) -> PyResult<()> {
    krait_runtime::audit!("time.sleep", seconds)?;
    let length = duration(seconds, f64::ceil)?;
    if length < 0 {
        return Err(value_error!("sleep length must be non-negative"));
    }
    let deadline = moment(total(now(libc::CLOCK_MONOTONIC)?).saturating_add(length));
    loop {
        match ThreadState::allow_threads(|| host::sleep_until(deadline)) {
            Ok(()) => return Ok(()),
            Err(Errno::EINTR) => hooks::check_signals()?,
            Err(errno) => return Err(raise(errno)),
        }
    }
}

/// Return information on a clock as a namespace.
#[pyfunction(signature = "(name, /)", text_signature = "")]
pub(crate) fn get_clock_info(name: &str) -> PyResult<Obj> {
    let (clock, label, monotonic) = match name {
        "time" => (libc::CLOCK_REALTIME, "CLOCK_REALTIME", false),
        "monotonic" | "perf_counter" => (libc::CLOCK_MONOTONIC, "CLOCK_MONOTONIC", true),
        "process_time" => (
            libc::CLOCK_PROCESS_CPUTIME_ID,
            "CLOCK_PROCESS_CPUTIME_ID",
            true,
        ),
        "thread_time" => (
            libc::CLOCK_THREAD_CPUTIME_ID,
            "CLOCK_THREAD_CPUTIME_ID",
            true,
        ),
        _ => return Err(value_error!("unknown clock")),
    };
    let dict = PyDict::new()?;
    dict.set(
        "implementation",
        &*format!("clock_gettime({label})").into_py()?,
    )?;
    dict.set("monotonic", bool_object(monotonic))?;
    dict.set("adjustable", bool_object(!monotonic))?;
    dict.set("resolution", &*clock_getres(clock)?.into_py()?)?;
    PyNamespace::with_dict(dict).map(Py::into_object)
}
