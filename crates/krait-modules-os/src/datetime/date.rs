//! `datetime.date`.

use std::cell::Cell;

use krait_host::time as host;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, CompareOp, IntoPy, KwArgs, OptionalArg, PyBytes, PyErr, PyLong, PyResult, PyStr, PyTuple,
    PyType, abstract_, exc, hash, not_implemented, overflow_error, type_error, value_error,
};

use super::calendar::{self, BadIso, Clock, Day, MAX_ORDINAL, MAX_YEAR, MIN_YEAR};
use super::delta::PyDelta;
use super::moment::PyDateTime;
use super::{c_int, format, parse, timestamp};
use crate::common::quick;

/// date(year, month, day) --> date object
#[pyclass(
    name = "date",
    module = "datetime",
    flags(BASETYPE),
    methods(METHODS, NUMBER)
)]
#[repr(C)]
pub(crate) struct PyDate {
    ob_base: PyObject,
    pub(super) hashcode: Cell<isize>,
    pub(super) hastzinfo: Cell<u8>,
    /// Two bytes of the year, month, day.
    data: [Cell<u8>; 4],
    /// In a `datetime`, the start of its time: C's struct has them in this place.
    pub(super) time_start: [Cell<u8>; 3],
}

const _: () = assert!(size_of::<PyDate>() == size_of::<krait_abi::PyDateTime_Date>());

/// Refuses days that do not exist.
pub(super) fn check_day(day: Day) -> PyResult<()> {
    let Day { year, month, day } = day;
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(value_error!(
            "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"
        ));
    }
    if !(1..=12).contains(&month) {
        return Err(value_error!("month must be in 1..12, not {month}"));
    }
    let last = calendar::days_in_month(year, month);
    if !(1..=last).contains(&day) {
        return Err(value_error!(
            "day {day} must be in range 1..{last} for month {month} in year {year}"
        ));
    }
    Ok(())
}

/// The day of an ordinal that arithmetic came to.
pub(super) fn day_in_range(ordinal: i64) -> PyResult<Day> {
    if !(1..=MAX_ORDINAL).contains(&ordinal) {
        return Err(overflow_error!("date value out of range"));
    }
    Ok(Day::from_ordinal(ordinal))
}

/// The bytes of a pickled state: of bytes, or of text as Python 2 had it.
pub(super) fn state_bytes(value: &PyObject, len: usize) -> PyResult<Option<Vec<u8>>> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok((bytes.len() == len).then(|| bytes.as_bytes().to_vec()));
    }
    let Some(text) = value.downcast::<PyStr>().filter(|text| text.len() == len) else {
        return Ok(None);
    };
    Ok(text
        .as_slice()
        .iter()
        .map(|code| u8::try_from(code).ok())
        .collect())
}

impl PyDate {
    pub(super) fn holding(day: Day) -> PyDate {
        let [high, low] = (day.year as u16).to_be_bytes();
        PyDate {
            ob_base: PyObject::HEADER,
            hashcode: Cell::new(-1),
            hastzinfo: Cell::new(0),
            data: [high, low, day.month as u8, day.day as u8].map(Cell::new),
            time_start: Default::default(),
        }
    }

    /// A date of a class, checked.
    pub(super) fn create(cls: &PyType, day: Day) -> PyResult<Py<PyDate>> {
        check_day(day)?;
        Py::new_in(cls, PyDate::holding(day))
    }

    /// As [`PyDate::create`], by a call if the class is a subclass.
    pub(super) fn of_class(cls: &PyType, day: Day) -> PyResult<Obj> {
        if std::ptr::eq(cls, PyDate::type_object()) {
            return Ok(PyDate::create(cls, day)?.into_object());
        }
        cls.as_object().call(&[
            &*PyLong::from_i64(day.year.into())?,
            &*PyLong::from_i64(day.month.into())?,
            &*PyLong::from_i64(day.day.into())?,
        ])
    }

    /// The day.
    pub(super) fn value(&self) -> Day {
        let [high, low, month, day] = self.raw();
        Day {
            year: i32::from(u16::from_be_bytes([high, low])),
            month: i32::from(month),
            day: i32::from(day),
        }
    }

    pub(super) fn raw(&self) -> [u8; 4] {
        self.data.each_ref().map(Cell::get)
    }

    /// A date and no datetime.
    fn plain(object: &PyObject) -> Option<&PyDate> {
        object
            .downcast::<PyDate>()
            .filter(|date| !date.is_instance_of::<PyDateTime>())
    }
}

/// Day of an ISO calendar date, with the messages for what is wrong with it.
fn iso_day(year: i32, week: i32, weekday: i32) -> PyResult<Day> {
    match calendar::from_iso(year, week, weekday) {
        Ok(ordinal) if ordinal >= 1 => {
            let day = Day::from_ordinal(ordinal);
            check_day(day)?;
            Ok(day)
        }
        Ok(_) => Err(value_error!("year must be in 1..9999, not 0")),
        Err(BadIso::Year) => Err(value_error!(
            "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"
        )),
        Err(BadIso::Week) => Err(value_error!("Invalid week: {week}")),
        Err(BadIso::Weekday) => Err(value_error!("Invalid weekday: {weekday} (range is [1, 7])")),
    }
}

fn iso_part(value: &PyObject) -> PyResult<i32> {
    c_int(value).map_err(|error| {
        if !error.matches(&exc::OverflowError) {
            return error;
        }
        error.clear();
        value_error!("ISO calendar component out of range")
    })
}

/// Text for `fromisoformat`.
pub(super) fn iso_text(object: &PyObject) -> PyResult<Vec<u32>> {
    match object.downcast::<PyStr>() {
        Some(text) => Ok(text.as_slice().iter().collect()),
        None => Err(type_error!("fromisoformat: argument must be str")),
    }
}

#[cold]
pub(super) fn bad_iso(object: &PyObject) -> PyErr {
    match object.repr() {
        Ok(shown) => value_error!("Invalid isoformat string: {}", shown.to_string_lossy()),
        Err(error) => error,
    }
}

/// A required part that is missing.
pub(super) fn required<'a>(
    value: OptionalArg<&'a PyObject>,
    name: &str,
    position: usize,
) -> PyResult<&'a PyObject> {
    value
        .present()
        .ok_or_else(|| type_error!("function missing required argument '{name}' (pos {position})"))
}

#[pymethods]
impl PyDate {
    #[pynew(
        signature = "(year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>)",
        text_signature = ""
    )]
    fn new(
        cls: &PyType,
        year: OptionalArg<&PyObject>,
        month: OptionalArg<&PyObject>,
        day: OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let year = required(year, "year", 1)?;
        if month.present().is_none()
            && let Some(state) = state_bytes(year, 4)?
            && (1..=12).contains(&state[2])
        {
            let date = PyDate::holding(Day {
                year: 1,
                month: 1,
                day: 1,
            });
            for (cell, byte) in date.data.iter().zip(state) {
                cell.set(byte);
            }
            return Py::new_in(cls, date);
        }
        let month = required(month, "month", 2)?;
        let day = required(day, "day", 3)?;
        PyDate::create(
            cls,
            Day {
                year: c_int(year)?,
                month: c_int(month)?,
                day: c_int(day)?,
            },
        )
    }

    /// Create a date from a POSIX timestamp.
    ///
    /// The timestamp is a number, e.g. created via time.time(), that is
    /// interpreted as local time.
    #[pyclassmethod(signature = "($type, timestamp, /)")]
    fn fromtimestamp(cls: &PyType, timestamp: &PyObject) -> PyResult<Obj> {
        let seconds = timestamp::floor_seconds(timestamp)?;
        let local = quick(host::localtime(seconds))?;
        PyDate::of_class(
            cls,
            Day {
                year: local.year + 1900,
                month: local.month + 1,
                day: local.day,
            },
        )
    }

    /// int -> date corresponding to a proleptic Gregorian ordinal.
    #[pyclassmethod(signature = "($type, ordinal, /)", text_signature = "")]
    fn fromordinal(cls: &PyType, ordinal: &PyObject) -> PyResult<Obj> {
        let ordinal = c_int(ordinal)?;
        if ordinal < 1 {
            return Err(value_error!("ordinal must be >= 1"));
        }
        PyDate::of_class(cls, Day::from_ordinal(ordinal.into()))
    }

    /// str -> Construct a date from a string in ISO 8601 format.
    #[pyclassmethod(signature = "($type, object, /)")]
    fn fromisoformat(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        let text = iso_text(object)?;
        let day = match text.len() {
            7 | 8 | 10 => parse::date(&text),
            _ => None,
        };
        PyDate::of_class(cls, day.ok_or_else(|| bad_iso(object))?)
    }

    /// int, int, int -> Construct a date from the ISO year, week number and weekday.
    ///
    /// This is the inverse of the date.isocalendar() function
    #[pyclassmethod(signature = "($type, year, week, day)", text_signature = "")]
    fn fromisocalendar(
        cls: &PyType,
        year: &PyObject,
        week: &PyObject,
        day: &PyObject,
    ) -> PyResult<Obj> {
        let (year, week, day) = (iso_part(year)?, iso_part(week)?, iso_part(day)?);
        PyDate::of_class(cls, iso_day(year, week, day)?)
    }

    /// string, format -> new date parsed from a string (like time.strptime()).
    #[pyclassmethod(signature = "($type, string, format, /)", text_signature = "")]
    fn strptime(cls: &PyType, string: &PyStr, format: &PyStr) -> PyResult<Obj> {
        format::strptime("_strptime_datetime_date", cls, string, format)
    }

    /// Current date or datetime:  same as self.__class__.fromtimestamp(time.time()).
    #[pyclassmethod(signature = "($type, /)")]
    fn today(cls: &PyType) -> PyResult<Obj> {
        let now = crate::common::import_attr("time", "time")?.call0()?;
        cls.as_object()
            .call_method(krait_runtime::intern!("fromtimestamp"), &[&now])
    }

    /// Return ctime() style string.
    #[pymethod(signature = "($self, /)")]
    fn ctime(&self) -> String {
        format::ctime(self.value(), Clock::default())
    }

    /// format -> strftime() style string.
    #[pymethod(signature = "($self, format)", text_signature = "")]
    fn strftime(&self, format: &PyStr) -> PyResult<Obj> {
        let object: &PyObject = self;
        let tuple = object.call_method(krait_runtime::intern!("timetuple"), &[])?;
        let moment = format::Moment {
            micro: 0,
            zone: None,
            asked: object,
        };
        format::strftime(&moment, format, &tuple)
    }

    /// Formats self with strftime.
    #[pymethod(
        name = "__format__",
        signature = "($self, format, /)",
        text_signature = ""
    )]
    fn format(&self, format: &PyObject) -> PyResult<Obj> {
        format::format(self, format)
    }

    /// Return time tuple, compatible with time.localtime().
    #[pymethod(signature = "($self, /)")]
    fn timetuple(&self) -> PyResult<Obj> {
        format::struct_time(self.value(), Clock::default(), -1)
    }

    /// Return a named tuple containing ISO year, week number, and weekday.
    #[pymethod(signature = "($self, /)")]
    fn isocalendar(&self) -> PyResult<Obj> {
        let parts = self.value().iso().into_py()?;
        super::IsoCalendarDate::type_object()
            .as_object()
            .call1(&parts)
    }

    /// Return string in ISO 8601 format, YYYY-MM-DD.
    #[pymethod(signature = "($self, /)")]
    fn isoformat(&self) -> String {
        format::iso_day(self.value())
    }

    /// Return the day of the week represented by the date.
    /// Monday == 1 ... Sunday == 7
    #[pymethod(signature = "($self, /)")]
    fn isoweekday(&self) -> i32 {
        self.value().weekday() + 1
    }

    /// Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.
    #[pymethod(signature = "($self, /)")]
    fn toordinal(&self) -> i64 {
        self.value().ordinal()
    }

    /// Return the day of the week represented by the date.
    /// Monday == 0 ... Sunday == 6
    #[pymethod(signature = "($self, /)")]
    fn weekday(&self) -> i32 {
        self.value().weekday()
    }

    /// Return date with new specified fields.
    #[pymethod(
        signature = "($self, /, year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>)",
        text_signature = "($self, /, year=unchanged, month=unchanged, day=unchanged)"
    )]
    fn replace(
        &self,
        year: OptionalArg<&PyObject>,
        month: OptionalArg<&PyObject>,
        day: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let own = self.value();
        let day = Day {
            year: year.present().map_or(Ok(own.year), c_int)?,
            month: month.present().map_or(Ok(own.month), c_int)?,
            day: day.present().map_or(Ok(own.day), c_int)?,
        };
        PyDate::of_class(self.type_(), day)
    }

    /// The same as replace().
    #[pymethod(
        name = "__replace__",
        signature = "($self, *args, **changes)",
        text_signature = "($self, /, **changes)"
    )]
    fn replace_by(&self, args: Args<'_>, changes: KwArgs<'_>) -> PyResult<Obj> {
        super::call_replace(self, args, changes)
    }

    /// __reduce__() -> (cls, state)
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let state = PyTuple::from_vec(vec![PyBytes::new(&self.raw())?.into_object()])?;
        (self.type_().to_obj(), state).into_py()
    }

    #[pygetter]
    fn year(&self) -> i32 {
        self.value().year
    }

    #[pygetter]
    fn month(&self) -> i32 {
        self.value().month
    }

    #[pygetter]
    fn day(&self) -> i32 {
        self.value().day
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let Day { year, month, day } = self.value();
        Ok(format!(
            "{}({year}, {month}, {day})",
            self.type_().tp_name()
        ))
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Obj> {
        let object: &PyObject = self;
        object.call_method(krait_runtime::intern!("isoformat"), &[])
    }

    #[slot(tp_hash)]
    fn hash(&self) -> isize {
        if self.hashcode.get() == -1 {
            self.hashcode.set(hash::hash_bytes(&self.raw()));
        }
        self.hashcode.get()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let order = PyDate::plain(other)
            .filter(|_| !self.is_instance_of::<PyDateTime>())
            .map(|other| self.raw().cmp(&other.raw()));
        Ok(abstract_::not_implemented_if(
            order.map(|order| op.holds(order)),
        ))
    }
}

/// A date moved by the days of a duration.
fn moved(date: &PyDate, delta: &PyDelta, sign: i64) -> PyResult<Obj> {
    let ordinal = date.value().ordinal() + sign * i64::from(delta.parts().0);
    PyDate::of_class(date.type_(), day_in_range(ordinal)?)
}

#[pymethods(NUMBER)]
impl PyDate {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let operands = match (PyDate::plain(left), PyDate::plain(right)) {
            (Some(date), None) => right.downcast::<PyDelta>().map(|delta| (date, delta)),
            (None, Some(date)) => left.downcast::<PyDelta>().map(|delta| (date, delta)),
            _ => None,
        };
        match operands {
            Some((date, delta)) => moved(date, delta, 1),
            None => Ok(not_implemented().to_obj()),
        }
    }

    #[slot(nb_subtract)]
    fn nb_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let Some(date) = PyDate::plain(left) else {
            return Ok(not_implemented().to_obj());
        };
        if let Some(other) = PyDate::plain(right) {
            let days = date.value().ordinal() - other.value().ordinal();
            return PyDelta::from_total(i128::from(days) * 86_400_000_000)?.into_py();
        }
        match right.downcast::<PyDelta>() {
            Some(delta) => moved(date, delta, -1),
            None => Ok(not_implemented().to_obj()),
        }
    }
}
