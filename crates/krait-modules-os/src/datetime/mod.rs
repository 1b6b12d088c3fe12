//! `_datetime`: dates, times, durations and time zones.
//!
//! The structs are laid out as C's macros expect. A naive date or time has the room for a zone too, which stays empty.

mod calendar;
mod date;
mod delta;
mod format;
mod moment;
mod moment_methods;
mod parse;
mod time;
mod timestamp;
mod tz;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    Args, KwArgs, PyLong, PyModule, PyResult, PyTuple, PyType, overflow_error, pymodule,
};

use calendar::{Clock, Day, MAX_YEAR, MIN_YEAR};
use date::PyDate;
use delta::PyDelta;
use moment::PyDateTime;
use time::PyTime;
use tz::{PyTimeZone, PyTzInfo};

pymodule! {
    pub DATETIME = "_datetime", "Fast implementation of the datetime module.",
    functions: [],
    classes: [PyDate, PyDateTime, PyDelta, PyTime, PyTimeZone, PyTzInfo],
    hidden: [IsoCalendarDate],
    exec: Some(exec)
}

/// Adds constants to a class, which is not seen by others yet.
fn add(class: &PyType, constants: &[(&str, Obj)]) -> PyResult<()> {
    for (name, value) in constants {
        class.dict().set(name, value)?;
    }
    class.modified();
    Ok(())
}

fn exec(module: &PyModule) -> PyResult<()> {
    let delta = |micros: i128| -> PyResult<Obj> { Ok(PyDelta::from_total(micros)?.into_object()) };
    let day_micros = 86_400_000_000i128;
    let limit = 999_999_999 * day_micros;
    add(
        PyDelta::type_object(),
        &[
            ("min", delta(-limit)?),
            ("max", delta(limit + day_micros - 1)?),
            ("resolution", delta(1)?),
        ],
    )?;
    let first = Day {
        year: MIN_YEAR,
        month: 1,
        day: 1,
    };
    let last = Day {
        year: MAX_YEAR,
        month: 12,
        day: 31,
    };
    let end = Clock::from_micros(day_micros as i64 - 1);
    let date = |day| PyDate::of_class(PyDate::type_object(), day);
    add(
        PyDate::type_object(),
        &[
            ("min", date(first)?),
            ("max", date(last)?),
            ("resolution", delta(day_micros)?),
        ],
    )?;
    let time = |clock| -> PyResult<Obj> {
        Ok(PyTime::create(PyTime::type_object(), clock, None, false)?.into_object())
    };
    add(
        PyTime::type_object(),
        &[
            ("min", time(Clock::default())?),
            ("max", time(end)?),
            ("resolution", delta(1)?),
        ],
    )?;
    let moment =
        |day, clock| PyDateTime::of_class(PyDateTime::type_object(), day, clock, None, false);
    add(
        PyDateTime::type_object(),
        &[
            ("min", moment(first, Clock::default())?),
            ("max", moment(last, end)?),
            ("resolution", delta(1)?),
        ],
    )?;
    let utc = tz::utc()?.into_object();
    let most = (23 * 60 + 59) * 60_000_000;
    add(
        PyTimeZone::type_object(),
        &[
            ("utc", utc.clone()),
            ("min", tz::fixed(-most, None)?),
            ("max", tz::fixed(most, None)?),
        ],
    )?;
    let dict = module.dict();
    dict.set("UTC", &utc)?;
    dict.set("MINYEAR", &*PyLong::from_i64(MIN_YEAR.into())?)?;
    dict.set("MAXYEAR", &*PyLong::from_i64(MAX_YEAR.into())?)
}

/// An argument as a C int.
fn c_int(value: &PyObject) -> PyResult<i32> {
    let value: i64 = value.extract()?;
    i32::try_from(value).map_err(|_| {
        let bound = if value < 0 {
            "less than minimum"
        } else {
            "greater than maximum"
        };
        overflow_error!("signed integer is {bound}")
    })
}

/// `object.__replace__`: the object's own class's `replace`.
fn call_replace(object: &PyObject, args: Args<'_>, changes: KwArgs<'_>) -> PyResult<Obj> {
    let method = object.getattr_str("replace")?;
    let args = PyTuple::from_refs(args.as_slice())?;
    method.call_tuple(&args, Some(&*changes.to_dict()?))
}

/// The result of date.isocalendar() or datetime.isocalendar()
///
/// This object may be accessed either as a tuple of
///   ((year, week, weekday))
/// or via the object attributes as named in the above tuple.
#[pyclass(name = "IsoCalendarDate", module = "datetime", base = PyTuple, layout = manual)]
#[repr(C)]
pub(crate) struct IsoCalendarDate {
    ob_base: PyTuple,
}

impl IsoCalendarDate {
    fn part(&self, index: usize) -> Option<Obj> {
        self.ob_base.get(index).map(PyClass::to_obj)
    }
}

#[pymethods]
impl IsoCalendarDate {
    #[pygetter]
    fn year(&self) -> Option<Obj> {
        self.part(0)
    }

    #[pygetter]
    fn week(&self) -> Option<Obj> {
        self.part(1)
    }

    #[pygetter]
    fn weekday(&self) -> Option<Obj> {
        self.part(2)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let mut shown = Vec::new();
        for (name, part) in ["year", "week", "weekday"]
            .iter()
            .zip(self.ob_base.as_slice())
        {
            shown.push(format!("{name}={}", part.repr()?.to_string_lossy()));
        }
        Ok(format!(
            "{}({})",
            self.as_object().type_().tp_name(),
            shown.join(", ")
        ))
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<(Obj, (Obj,))> {
        let plain = PyTuple::from_vec(self.ob_base.as_slice().to_vec())?;
        Ok((PyTuple::type_object().to_obj(), (plain.into_object(),)))
    }
}
