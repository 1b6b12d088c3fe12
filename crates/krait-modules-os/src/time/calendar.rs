//! Calendars: `struct_time` and what makes and reads it.

use std::ffi::CString;

use krait_host::time::{self as host, Calendar};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::structseq::{PyStructSeq, StructSeq};
use krait_runtime::{
    Args, IntoPy, OptionalArg, PyErr, PyFloat, PyResult, PyStr, PyTuple, StrBuilder, exc, none,
    overflow_error, type_error, value_error,
};

use crate::common::{fs_decode, import_attr, quick, sys_attr};

pub(crate) static STRUCT_TIME: StructSeq = StructSeq::new(
    "time.struct_time",
    "The time value as returned by gmtime(), localtime(), and strptime(), and\naccepted by asctime(), mktime() and strftime().  May be considered as a\nsequence of 9 integers.\n\nNote that several fields' values are not the same as those defined by\nthe C language standard for struct tm.  For example, the value of the\nfield tm_year is the actual year, not year - 1900.  See individual\nfields' descriptions for details.",
    &[
        ("tm_year", "year, for example, 1993"),
        ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"),
        ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"),
        ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"),
        ("tm_yday", "day of year, range [1, 366]"),
        (
            "tm_isdst",
            "1 if summer time is in effect, 0 if not, and -1 if unknown",
        ),
        ("tm_zone", "abbreviation of timezone name"),
        ("tm_gmtoff", "offset from UTC in seconds"),
    ],
)
.visible(9);

fn struct_time(parts: &Calendar) -> PyResult<Obj> {
    STRUCT_TIME.make(vec![
        (i64::from(parts.year) + 1900).into_py()?,
        (parts.month + 1).into_py()?,
        parts.day.into_py()?,
        parts.hour.into_py()?,
        parts.minute.into_py()?,
        parts.second.into_py()?,
        ((parts.weekday + 6) % 7).into_py()?,
        (parts.yearday + 1).into_py()?,
        parts.dst.into_py()?,
        fs_decode(parts.zone.to_bytes())?.into_object(),
        parts.gmtoff.into_py()?,
    ])
}

/// The seconds that an argument gives, now if it is missing.
fn timestamp(seconds: Option<&PyObject>) -> PyResult<i64> {
    let Some(seconds) = seconds else {
        return Ok(quick(host::clock_gettime(libc::CLOCK_REALTIME))?.sec);
    };
    let out_of_range = || overflow_error!("timestamp out of range for platform time_t");
    if let Some(float) = seconds.downcast::<PyFloat>() {
        let value = float.value();
        if value.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        let whole = value.floor();
        if !(-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&whole) {
            return Err(out_of_range());
        }
        return Ok(whole as i64);
    }
    seconds.index()?.to_i64().ok_or_else(out_of_range)
}

/// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT).
#[pyfunction(signature = "(seconds=None, /)", text_signature = "")]
pub(crate) fn gmtime(seconds: Option<&PyObject>) -> PyResult<Obj> {
    let mut parts = quick(host::gmtime(timestamp(seconds)?))?;
    parts.zone = c"UTC".to_owned();
    parts.gmtoff = 0;
    struct_time(&parts)
}

/// Convert seconds since the Epoch to a time tuple expressing local time.
#[pyfunction(signature = "(seconds=None, /)", text_signature = "")]
pub(crate) fn localtime(seconds: Option<&PyObject>) -> PyResult<Obj> {
    struct_time(&quick(host::localtime(timestamp(seconds)?))?)
}

/// Reads a time tuple.
fn parts_of(function: &str, value: &PyObject) -> PyResult<Calendar> {
    let Some(tuple) = value.downcast::<PyTuple>() else {
        return Err(type_error!("Tuple or struct_time argument required"));
    };
    let illegal = || type_error!("{function}(): illegal time tuple argument");
    let items = tuple.as_slice();
    if items.len() != 9 {
        return Err(illegal());
    }
    let mut numbers = [0i32; 9];
    for (number, item) in numbers.iter_mut().zip(items) {
        let value = item.index().map_err(|error| {
            if error.matches(&exc::TypeError) {
                error.clear();
                return illegal();
            }
            error
        })?;
        *number = match value.to_i64().map(i32::try_from) {
            Some(Ok(value)) => value,
            _ if value.is_negative() => {
                return Err(overflow_error!("signed integer is less than minimum"));
            }
            _ => return Err(overflow_error!("signed integer is greater than maximum")),
        };
    }
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
        yearday,
        dst,
    ] = numbers;
    let Some(year) = year.checked_sub(1900) else {
        return Err(overflow_error!("year out of range"));
    };
    let mut parts = Calendar {
        year,
        month: month.wrapping_sub(1),
        day,
        hour,
        minute,
        second,
        weekday: weekday.wrapping_add(1) % 7,
        yearday: yearday.wrapping_sub(1),
        dst,
        gmtoff: 0,
        zone: CString::default(),
    };
    if let Some(time) = value.downcast::<PyStructSeq>()
        && std::ptr::eq(value.type_(), STRUCT_TIME.class()?)
    {
        if let Some(zone) = time.field(9)
            && let Some(zone) = zone.downcast::<PyStr>()
        {
            parts.zone = crate::common::c_string(crate::common::fs_encode(zone)?.as_bytes())?;
        }
        if let Some(offset) = time.field(10).filter(|offset| !offset.is(none())) {
            parts.gmtoff = offset.extract()?;
        }
    }
    Ok(parts)
}

/// Refuses what the C library would stumble over.
fn check(parts: &mut Calendar) -> PyResult<()> {
    let fit = |value: &mut i32, empty: i32, range: std::ops::RangeInclusive<i32>, what: &str| {
        if *value == empty && !range.contains(&empty) {
            *value = *range.start();
        }
        if range.contains(value) {
            Ok(())
        } else {
            Err(value_error!("{what} out of range"))
        }
    };
    fit(&mut parts.month, -1, 0..=11, "month")?;
    fit(&mut parts.day, 0, 1..=31, "day of month")?;
    fit(&mut parts.hour, 0, 0..=23, "hour")?;
    fit(&mut parts.minute, 0, 0..=59, "minute")?;
    fit(&mut parts.second, 0, 0..=61, "seconds")?;
    if parts.weekday < 0 {
        return Err(value_error!("day of week out of range"));
    }
    fit(&mut parts.yearday, -1, 0..=365, "day of year")
}

fn in_words(parts: &Calendar) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[parts.weekday.rem_euclid(7) as usize],
        MONTHS[parts.month.rem_euclid(12) as usize],
        parts.day,
        parts.hour,
        parts.minute,
        parts.second,
        1900 + i64::from(parts.year)
    )
}

/// The tuple that an argument gives, the local time now if it is missing.
fn parts_or_now(function: &str, value: OptionalArg<&PyObject>) -> PyResult<Calendar> {
    match value.present() {
        None => quick(host::localtime(timestamp(None)?)),
        Some(value) => {
            let mut parts = parts_of(function, value)?;
            check(&mut parts)?;
            Ok(parts)
        }
    }
}

/// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
#[pyfunction(signature = "(tuple=<unrepresentable>, /)", text_signature = "")]
pub(crate) fn asctime(tuple: OptionalArg<&PyObject>) -> PyResult<String> {
    Ok(in_words(&parts_or_now("asctime", tuple)?))
}

/// Convert a time in seconds since the Epoch to a string in local time.
#[pyfunction(signature = "(seconds=None, /)", text_signature = "")]
pub(crate) fn ctime(seconds: Option<&PyObject>) -> PyResult<String> {
    Ok(in_words(&quick(host::localtime(timestamp(seconds)?))?))
}

/// Convert a time tuple in local time to seconds since the Epoch.
#[pyfunction(signature = "(tuple, /)", text_signature = "($self, object, /)")]
pub(crate) fn mktime(tuple: &PyObject) -> PyResult<f64> {
    let parts = parts_of("mktime", tuple)?;
    match host::mktime(&parts) {
        Some(seconds) => Ok(seconds as f64),
        None => Err(PyErr::new(
            &exc::OverflowError,
            "mktime argument out of range",
        )),
    }
}

/// Convert a time tuple to a string according to a format specification.
#[pyfunction(
    signature = "(format, tuple=<unrepresentable>, /)",
    text_signature = ""
)]
pub(crate) fn strftime(format: &PyStr, tuple: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let mut parts = parts_or_now("strftime", tuple)?;
    // The C library takes all numbers above zero for summer time, and some stumble over others.
    parts.dst = parts.dst.clamp(-1, 1);
    let mut out = StrBuilder::new();
    let mut piece = Vec::new();
    // Only ASCII concerns the C library; all else passes through.
    for code in format.as_slice().iter().map(Some).chain([None]) {
        if let Some(byte @ 1..=0x7F) = code {
            piece.push(byte as u8);
            continue;
        }
        if !piece.is_empty() {
            let text = crate::common::c_string(&std::mem::take(&mut piece))?;
            out.push_py(&*fs_decode(&quick(host::strftime(&text, &parts))?)?);
        }
        if let Some(code) = code {
            out.push(code);
        }
    }
    Ok(out.finish()?.into_object())
}

/// Parse a string to a time tuple according to a format specification.
#[pyfunction(signature = "(*args)", text_signature = "")]
pub(crate) fn strptime(args: Args<'_>) -> PyResult<Obj> {
    import_attr("_strptime", "_strptime_time")?.call(args.as_slice())
}

/// Initialize, or reinitialize, the local timezone to the value stored in os.environ['TZ'].
#[pyfunction(signature = "()", text_signature = "($self, /)")]
pub(crate) fn tzset() -> PyResult<()> {
    let modules = match sys_attr("modules")? {
        Some(modules) => modules,
        None => return Err(krait_runtime::runtime_error!("lost sys.modules")),
    };
    let module = modules.get_item_str("time")?;
    match module.downcast::<krait_runtime::PyModule>() {
        Some(module) => super::add_zone(&module.dict()),
        None => Ok(()),
    }
}
