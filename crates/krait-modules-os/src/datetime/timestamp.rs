//! Seconds since 1970 and the local zone.

use krait_host::time as host;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{PyErr, PyFloat, PyResult, overflow_error, value_error};

use super::calendar::{Clock, Day, MAX_YEAR, MIN_YEAR};
use super::tz;
use crate::common::quick;

/// Seconds from the start of year 1 (as day 1) to 1970.
pub(super) const EPOCH: i64 = 719_163 * 86_400;
/// The clock is never set further than this.
const MAX_FOLD: i64 = 24 * 3600;
const MICROS: f64 = 1e6;
/// The ends of `time_t`, as doubles.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

fn out_of_range() -> PyErr {
    overflow_error!("timestamp out of range for platform time_t")
}

fn float_of(value: &PyObject) -> PyResult<Option<f64>> {
    let Some(float) = value.downcast::<PyFloat>() else {
        return Ok(None);
    };
    if float.value().is_nan() {
        return Err(value_error!("Invalid value NaN (not a number)"));
    }
    Ok(Some(float.value()))
}

fn whole(value: f64) -> PyResult<i64> {
    if !(-LIMIT..LIMIT).contains(&value) {
        return Err(out_of_range());
    }
    Ok(value as i64)
}

fn int_of(value: &PyObject) -> PyResult<i64> {
    value.index()?.to_i64().ok_or_else(out_of_range)
}

/// A timestamp in whole seconds, rounded down.
pub(super) fn floor_seconds(value: &PyObject) -> PyResult<i64> {
    match float_of(value)? {
        Some(float) => whole(float.floor()),
        None => int_of(value),
    }
}

/// A timestamp in seconds and microseconds, a half rounded to even.
pub(super) fn seconds_and_micros(value: &PyObject) -> PyResult<(i64, i32)> {
    let Some(float) = float_of(value)? else {
        return Ok((int_of(value)?, 0));
    };
    let mut seconds = float.trunc();
    let mut micros = (float.fract() * MICROS).round_ties_even();
    if micros >= MICROS {
        micros -= MICROS;
        seconds += 1.0;
    } else if micros < 0.0 {
        micros += MICROS;
        seconds -= 1.0;
    }
    Ok((whole(seconds)?, micros as i32))
}

/// Now, in seconds and microseconds.
pub(super) fn now() -> PyResult<(i64, i32)> {
    let moment = quick(host::clock_gettime(libc::CLOCK_REALTIME))?;
    Ok((moment.sec, (moment.nsec / 1000) as i32))
}

/// A broken-down time as a day and a time of day. The C library may count a leap second.
fn broken_down(parts: &host::Calendar) -> (Day, Clock) {
    let day = Day {
        year: parts.year + 1900,
        month: parts.month + 1,
        day: parts.day,
    };
    let clock = Clock {
        hour: parts.hour,
        minute: parts.minute,
        second: parts.second.min(59),
        micro: 0,
    };
    (day, clock)
}

/// Seconds since the start of year 1.
pub(super) fn total_seconds(day: Day, clock: Clock) -> i64 {
    day.ordinal() * 86_400 + clock.seconds()
}

/// Seconds in the local zone, of seconds in Greenwich.
fn local(seconds: i64) -> PyResult<i64> {
    let parts = quick(host::localtime(seconds - EPOCH))?;
    let (day, clock) = broken_down(&parts);
    if !(MIN_YEAR..=MAX_YEAR).contains(&day.year) {
        return Err(value_error!(
            "year must be in {MIN_YEAR}..{MAX_YEAR}, not {}",
            day.year
        ));
    }
    Ok(total_seconds(day, clock))
}

/// Seconds in Greenwich, of a local time; where the clock is set, `fold` chooses between the two.
pub(super) fn from_local(day: Day, clock: Clock, fold: bool) -> PyResult<i64> {
    let seconds = total_seconds(day, clock);
    let shift = local(seconds)? - seconds;
    let first = seconds - shift;
    let back = local(first)?;
    let other_shift = if back == seconds {
        // One answer; there is another if the zone's offset is a different one nearby.
        let near = if fold {
            first + MAX_FOLD
        } else {
            first - MAX_FOLD
        };
        let other = local(near)? - near;
        if other == shift {
            return Ok(first);
        }
        other
    } else {
        back - first
    };
    let second = seconds - other_shift;
    if local(second)? == seconds {
        return Ok(second);
    }
    if back == seconds {
        return Ok(first);
    }
    // The time was skipped.
    Ok(if fold {
        first.min(second)
    } else {
        first.max(second)
    })
}

/// The day and time of a timestamp in Greenwich.
pub(super) fn in_utc(seconds: i64) -> PyResult<(Day, Clock)> {
    Ok(broken_down(&quick(host::gmtime(seconds))?))
}

/// The day and time of a timestamp in the local zone, and whether it is the second time that the clock shows it.
pub(super) fn in_local(seconds: i64) -> PyResult<(Day, Clock, bool)> {
    let (day, clock) = broken_down(&quick(host::localtime(seconds))?);
    let shown = total_seconds(day, clock);
    let mut fold = false;
    if (MIN_YEAR..=MAX_YEAR).contains(&day.year) && shown - MAX_FOLD > 2 * 86_400 {
        let before = local(EPOCH + seconds - MAX_FOLD)?;
        let jump = shown - before - MAX_FOLD;
        if jump < 0 {
            fold = local(EPOCH + seconds + jump)? == shown;
        }
    }
    Ok((day, clock, fold))
}

/// The local zone at a timestamp, as a fixed offset with a name.
pub(super) fn local_zone(seconds: i64) -> PyResult<Obj> {
    let parts = quick(host::localtime(seconds))?;
    let name = crate::common::fs_decode(parts.zone.to_bytes())?;
    tz::fixed(i128::from(parts.gmtoff) * 1_000_000, Some(name))
}
