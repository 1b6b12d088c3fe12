//! Time limits that Python code gives in seconds, as whole nanoseconds.

use std::time::{Duration, Instant};

use krait_runtime::object::PyObject;
use krait_runtime::{PyFloat, PyLong, PyResult, overflow_error, type_error, value_error};

const BILLION: f64 = 1e9;

/// Seconds, an int or a float, as nanoseconds; what is between two is rounded away from zero, so
/// that no wait is too short.
pub(crate) fn nanoseconds(seconds: &PyObject) -> PyResult<i64> {
    let too_large = || overflow_error!("timestamp out of range for C PyTime_t");
    if let Some(float) = seconds.downcast::<PyFloat>() {
        let value = float.value();
        if value.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        let scaled = value * BILLION;
        let rounded = if scaled >= 0.0 {
            scaled.ceil()
        } else {
            scaled.floor()
        };
        // The upper bound is not a float: 2**63 is the first that is too large.
        return if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
            Ok(rounded as i64)
        } else {
            Err(too_large())
        };
    }
    if seconds.downcast::<PyLong>().is_none() && !seconds.has_index() {
        return Err(type_error!(
            "'{}' object cannot be interpreted as an integer or float",
            seconds.type_().tp_name()
        ));
    }
    seconds
        .index()?
        .to_i64()
        .and_then(|seconds| seconds.checked_mul(1_000_000_000))
        .ok_or_else(too_large)
}

/// The end of a wait, for calls that are made again after a signal.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// So many nanoseconds from now; `None` never ends.
    pub(crate) fn after(nanoseconds: Option<i64>) -> Deadline {
        Deadline(nanoseconds.and_then(|time| {
            Instant::now().checked_add(Duration::from_nanos(u64::try_from(time).unwrap_or(0)))
        }))
    }

    /// What is left; `None` if it never ends.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// What is left in whole milliseconds as `poll` takes them, −1 for no end.
    pub(crate) fn left_milliseconds(self) -> i32 {
        self.left().map_or(-1, |left| {
            i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        })
    }
}
