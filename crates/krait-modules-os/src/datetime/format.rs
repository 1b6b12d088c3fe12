//! Dates and times as text: ISO 8601, and `strftime`.

use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{IntoPy, PyResult, PyStr, PyTuple, none, type_error, value_error};

use super::calendar::{Clock, Day};
use super::tz;
use crate::common::import_attr;

const DAY_NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTH_NAMES: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `YYYY-MM-DD`.
pub(super) fn iso_day(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// `HH:MM:SS`, in as much detail as `timespec` asks for.
pub(super) fn iso_clock(clock: Clock, timespec: Option<&PyStr>) -> PyResult<String> {
    let Clock {
        hour,
        minute,
        second,
        micro,
    } = clock;
    let spec = timespec.map_or_else(|| "auto".to_owned(), PyStr::to_string_lossy);
    Ok(match (&*spec, micro) {
        ("hours", _) => format!("{hour:02}"),
        ("minutes", _) => format!("{hour:02}:{minute:02}"),
        ("seconds", _) | ("auto", 0) => format!("{hour:02}:{minute:02}:{second:02}"),
        ("milliseconds", _) => {
            format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000)
        }
        ("microseconds" | "auto", _) => {
            format!("{hour:02}:{minute:02}:{second:02}.{micro:06}")
        }
        _ => return Err(value_error!("Unknown timespec value")),
    })
}

/// The offset of a zone as it ends ISO text; empty if there is none.
pub(super) fn iso_offset(zone: Option<&PyObject>, moment: &PyObject) -> PyResult<String> {
    Ok(tz::offset_micros(zone, moment)?
        .map_or_else(String::new, |total| tz::offset_text(total, ":")))
}

/// `Mon Jan  1 00:00:00 0001`.
pub(super) fn ctime(day: Day, clock: Clock) -> String {
    let weekday = DAY_NAMES.get(day.weekday() as usize).copied();
    let month = MONTH_NAMES.get(day.month as usize - 1).copied();
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        weekday.unwrap_or_default(),
        month.unwrap_or_default(),
        day.day,
        clock.hour,
        clock.minute,
        clock.second,
        day.year
    )
}

/// A `time.struct_time`.
pub(super) fn struct_time(day: Day, clock: Clock, dst: i32) -> PyResult<Obj> {
    let mut parts = Vec::with_capacity(9);
    for part in [
        day.year,
        day.month,
        day.day,
        clock.hour,
        clock.minute,
        clock.second,
        day.weekday(),
        day.yearday(),
        dst,
    ] {
        parts.push(part.into_py()?);
    }
    import_attr("time", "struct_time")?.call1(&*PyTuple::from_vec(parts)?)
}

/// What `strftime` needs to know of the date or time besides its time tuple.
pub(super) struct Moment<'a> {
    pub(super) micro: i32,
    pub(super) zone: Option<&'a PyObject>,
    /// What the zone is asked about.
    pub(super) asked: &'a PyObject,
}

/// The offset for `%z` and `%:z`.
fn plain_offset(moment: &Moment<'_>, separator: &str) -> PyResult<String> {
    Ok(tz::offset_micros(moment.zone, moment.asked)?
        .map_or_else(String::new, |total| tz::offset_text(total, separator)))
}

/// A year of a time tuple in four digits; of the ISO calendar for `%G`.
fn year(directive: u32, tuple: &PyObject, strftime: &PyObject) -> PyResult<i64> {
    let year = if directive == u32::from(b'G') {
        let text = strftime.call(&[&*PyStr::new("%G")?, tuple])?;
        text.str()?.to_string_lossy().parse().unwrap_or(0)
    } else {
        tuple.sequence_get(0)?.extract::<i64>()?
    };
    Ok(year)
}

/// Formats by `time.strftime`, after what only dates and times know is filled in.
pub(super) fn strftime(moment: &Moment<'_>, format: &PyStr, tuple: &PyObject) -> PyResult<Obj> {
    let function = import_attr("time", "strftime")?;
    let mut out = krait_runtime::StrBuilder::new();
    let mut codes = format.as_slice().iter().peekable();
    let percent = u32::from(b'%');
    while let Some(code) = codes.next() {
        if code != percent {
            out.push(code);
            continue;
        }
        let Some(directive) = codes.next() else {
            out.push(percent);
            break;
        };
        match char::from_u32(directive) {
            Some('z') => out.push_str(&plain_offset(moment, "")?),
            Some(':') if codes.peek() == Some(&u32::from(b'z')) => {
                codes.next();
                out.push_str(&plain_offset(moment, ":")?);
            }
            Some('Z') => {
                let name = tz::tzname(moment.zone, moment.asked)?;
                if !name.is(none()) {
                    let (one, two) = (PyStr::intern("%")?, PyStr::intern("%%")?);
                    let escaped =
                        name.call_method(krait_runtime::intern!("replace"), &[&one, &two])?;
                    let Some(escaped) = escaped.downcast::<PyStr>() else {
                        return Err(type_error!(
                            "tzinfo.tzname().replace() did not return a string"
                        ));
                    };
                    out.push_py(escaped);
                }
            }
            Some('f') => out.push_str(&format!("{:06}", moment.micro)),
            Some('Y' | 'G') => {
                out.push_str(&format!("{:04}", year(directive, tuple, &function)?));
            }
            Some('C') => {
                out.push_str(&format!("{:02}", year(directive, tuple, &function)? / 100));
            }
            Some('F') => {
                out.push_str(&format!("{:04}-%m-%d", year(directive, tuple, &function)?));
            }
            _ => {
                out.push(percent);
                out.push(directive);
            }
        }
    }
    function.call(&[&*out.finish()?, tuple])
}

/// `object.__format__`: `str()` for an empty format, the object's own `strftime` otherwise.
pub(super) fn format(object: &PyObject, format: &PyObject) -> PyResult<Obj> {
    let Some(text) = format.downcast::<PyStr>() else {
        return Err(type_error!(
            "__format__() argument 1 must be str, not {}",
            tz::type_or_none(format)
        ));
    };
    if text.is_empty() {
        return Ok(object.str()?.into_object());
    }
    object.call_method(krait_runtime::intern!("strftime"), &[format])
}

/// `strptime` of a class, by a function of the module `_strptime`.
pub(super) fn strptime(
    function: &str,
    class: &PyObject,
    string: &PyStr,
    format: &PyStr,
) -> PyResult<Obj> {
    import_attr("_strptime", function)?.call(&[class, string, format])
}

/// `None` as an object, or what there is.
pub(super) fn or_none(value: Option<Obj>) -> Obj {
    value.unwrap_or_else(|| none().to_obj())
}
