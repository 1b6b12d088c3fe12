//! `datetime.datetime`: its struct, how instances are made, and arithmetic.

use std::cell::Cell;
use std::cmp::Ordering;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    CompareOp, Field, IntoPy, OptionalArg, PyBytes, PyLong, PyResult, PyStr, PyType, abstract_,
    hash, not_implemented, type_error,
};

use super::calendar::{Clock, Day};
use super::date::{PyDate, check_day, day_in_range, required, state_bytes};
use super::delta::PyDelta;
use super::time::{check_clock, check_fold, clock_bytes, clock_of, part, state_error, state_zone};
use super::{c_int, format, tz};

const DAY: i128 = 86_400_000_000;

/// datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])
///
/// The year, month and day arguments are required. tzinfo may be None, or an
/// instance of a tzinfo subclass. The remaining arguments may be ints.
#[pyclass(
    name = "datetime",
    module = "datetime",
    base = PyDate,
    flags(BASETYPE),
    methods(CORE, NUMBER, METHODS)
)]
#[repr(C)]
pub(crate) struct PyDateTime {
    pub(super) ob_base: PyDate,
    time_rest: [Cell<u8>; 3],
    fold: Cell<u8>,
    pub(super) tzinfo: Field<PyObject>,
}

const _: () = {
    assert!(size_of::<PyDateTime>() == size_of::<krait_abi::PyDateTime_DateTime>());
    assert!(
        std::mem::offset_of!(PyDateTime, fold)
            == std::mem::offset_of!(krait_abi::PyDateTime_DateTime, fold)
    );
};

impl PyDateTime {
    fn holding(day: Day, time: [u8; 6], zone: Option<Obj>, fold: bool) -> PyDateTime {
        let date = PyDate::holding(day);
        date.hastzinfo.set(zone.is_some().into());
        for (cell, byte) in date.time_start.iter().zip(time) {
            cell.set(byte);
        }
        PyDateTime {
            ob_base: date,
            time_rest: [time[3], time[4], time[5]].map(Cell::new),
            fold: Cell::new(fold.into()),
            tzinfo: Field::from_option(zone),
        }
    }

    /// A moment of a class, checked.
    pub(super) fn create(
        cls: &PyType,
        day: Day,
        clock: Clock,
        zone: Option<Obj>,
        fold: bool,
    ) -> PyResult<Py<PyDateTime>> {
        check_day(day)?;
        check_clock(clock)?;
        let value = PyDateTime::holding(day, clock_bytes(clock), zone, fold);
        Py::new_in(cls, value)
    }

    /// As [`PyDateTime::create`], by a call if the class is a subclass.
    pub(super) fn of_class(
        cls: &PyType,
        day: Day,
        clock: Clock,
        zone: Option<Obj>,
        fold: bool,
    ) -> PyResult<Obj> {
        if std::ptr::eq(cls, PyDateTime::type_object()) {
            return Ok(PyDateTime::create(cls, day, clock, zone, fold)?.into_object());
        }
        let parts = [
            day.year,
            day.month,
            day.day,
            clock.hour,
            clock.minute,
            clock.second,
            clock.micro,
        ];
        let mut args = Vec::with_capacity(8);
        for value in parts {
            args.push(PyLong::from_i64(value.into())?.into_object());
        }
        args.push(format::or_none(zone));
        let args: Vec<&PyObject> = args.iter().map(|arg| &**arg).collect();
        let made = cls.as_object().call(&args)?;
        if let Some(moment) = made.downcast::<PyDateTime>() {
            moment.fold.set(fold.into());
        }
        Ok(made)
    }

    /// The day.
    pub(super) fn day(&self) -> Day {
        self.ob_base.value()
    }

    fn time_bytes(&self) -> [u8; 6] {
        let [hour, minute, second] = self.ob_base.time_start.each_ref().map(Cell::get);
        let [high, middle, low] = self.time_rest.each_ref().map(Cell::get);
        [hour, minute, second, high, middle, low]
    }

    /// The time of day.
    pub(super) fn clock(&self) -> Clock {
        clock_of(self.time_bytes())
    }

    /// The zone.
    pub(super) fn zone(&self) -> Option<Obj> {
        self.tzinfo.get()
    }

    /// Whether it is the second time that the clock shows it.
    pub(super) fn is_fold(&self) -> bool {
        self.fold.get() != 0
    }

    /// All ten bytes.
    pub(super) fn raw(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..4].copy_from_slice(&self.ob_base.raw());
        bytes[4..].copy_from_slice(&self.time_bytes());
        bytes
    }

    /// Microseconds since the start of year 1, in the moment's own zone.
    pub(super) fn micros(&self) -> i128 {
        i128::from(self.day().ordinal()) * DAY + i128::from(self.clock().micros())
    }

    /// The zone's offset in microseconds.
    pub(super) fn offset(&self) -> PyResult<Option<i128>> {
        tz::offset_micros(self.zone().as_deref(), self)
    }

    /// The day and time of so many microseconds since the start of year 1.
    pub(super) fn split(micros: i128) -> PyResult<(Day, Clock)> {
        let ordinal = i64::try_from(micros.div_euclid(DAY)).unwrap_or(i64::MAX);
        let day = day_in_range(ordinal)?;
        Ok((day, Clock::from_micros(micros.rem_euclid(DAY) as i64)))
    }

    /// The moment so many microseconds later.
    pub(super) fn moved(&self, micros: i128) -> PyResult<Obj> {
        let (day, clock) = PyDateTime::split(self.micros() + micros)?;
        PyDateTime::of_class(self.type_(), day, clock, self.zone(), false)
    }

    /// A plain moment with the same parts but for what is given.
    pub(super) fn with(&self, zone: Option<Obj>, fold: bool) -> PyResult<Py<PyDateTime>> {
        let class = PyDateTime::type_object();
        PyDateTime::create(class, self.day(), self.clock(), zone, fold)
    }

    /// Whether the offset depends on `fold`: such moments equal none in other zones (PEP 495).
    fn is_ambiguous(&self, offset: Option<i128>) -> PyResult<bool> {
        Ok(self.with(self.zone(), !self.is_fold())?.offset()? != offset)
    }

    /// How two moments compare; `None` if one has an offset and the other none.
    fn order(&self, other: &PyDateTime, equality: bool) -> PyResult<Option<Ordering>> {
        if self.tzinfo.as_ptr() == other.tzinfo.as_ptr() {
            return Ok(Some(self.raw().cmp(&other.raw())));
        }
        let (left, right) = (self.offset()?, other.offset()?);
        let order = match (left, right) {
            (None, None) => self.raw().cmp(&other.raw()),
            (Some(left), Some(right)) => (self.micros() - left).cmp(&(other.micros() - right)),
            _ => return Ok(None),
        };
        if equality && order.is_eq() && (self.is_ambiguous(left)? || other.is_ambiguous(right)?) {
            return Ok(Some(Ordering::Greater));
        }
        Ok(Some(order))
    }
}

#[pymethods(CORE)]
impl PyDateTime {
    #[pynew(
        signature = "(year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>, hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)",
        text_signature = ""
    )]
    fn new(
        cls: &PyType,
        year: OptionalArg<&PyObject>,
        month: OptionalArg<&PyObject>,
        day: OptionalArg<&PyObject>,
        hour: OptionalArg<&PyObject>,
        minute: OptionalArg<&PyObject>,
        second: OptionalArg<&PyObject>,
        microsecond: OptionalArg<&PyObject>,
        tzinfo: OptionalArg<&PyObject>,
        fold: OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let year = required(year, "year", 1)?;
        if day.present().is_none()
            && (year.is_instance_of::<PyBytes>() || year.is_instance_of::<PyStr>())
        {
            let state = state_bytes(year, 10)?.and_then(|state| <[u8; 10]>::try_from(state).ok());
            match state {
                Some(state) if (1..=12).contains(&(state[2] & 0x7F)) => {
                    let day = Day {
                        year: u16::from_be_bytes([state[0], state[1]]).into(),
                        month: (state[2] & 0x7F).into(),
                        day: state[3].into(),
                    };
                    let [.., a, b, c, d, e, f] = state;
                    let zone = state_zone(month)?;
                    let fold = state[2] & 0x80 != 0;
                    let value = PyDateTime::holding(day, [a, b, c, d, e, f], zone, fold);
                    return Py::new_in(cls, value);
                }
                Some(_) => {}
                None => state_error(year, 10, "datetime")?,
            }
        }
        let month = required(month, "month", 2)?;
        let day = required(day, "day", 3)?;
        let day = Day {
            year: c_int(year)?,
            month: c_int(month)?,
            day: c_int(day)?,
        };
        let clock = Clock {
            hour: part(hour, 0)?,
            minute: part(minute, 0)?,
            second: part(second, 0)?,
            micro: part(microsecond, 0)?,
        };
        let fold = part(fold, 0)?;
        check_day(day)?;
        check_clock(clock)?;
        let zone = tz::checked(tzinfo.present())?;
        PyDateTime::create(cls, day, clock, zone, check_fold(fold)?)
    }

    #[pygetter]
    fn hour(&self) -> i32 {
        self.clock().hour
    }

    #[pygetter]
    fn minute(&self) -> i32 {
        self.clock().minute
    }

    #[pygetter]
    fn second(&self) -> i32 {
        self.clock().second
    }

    #[pygetter]
    fn microsecond(&self) -> i32 {
        self.clock().micro
    }

    #[pygetter(name = "tzinfo")]
    fn get_tzinfo(&self) -> Option<Obj> {
        self.zone()
    }

    #[pygetter(name = "fold")]
    fn get_fold(&self) -> i32 {
        self.fold.get().into()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let Day { year, month, day } = self.day();
        let Clock {
            hour,
            minute,
            second,
            micro,
        } = self.clock();
        let class = self.type_().tp_name();
        let mut text = format!("{class}({year}, {month}, {day}, {hour}, {minute}");
        if second != 0 || micro != 0 {
            text.push_str(&format!(", {second}"));
        }
        if micro != 0 {
            text.push_str(&format!(", {micro}"));
        }
        if self.is_fold() {
            text.push_str(", fold=1");
        }
        if let Some(zone) = self.zone() {
            text.push_str(&format!(", tzinfo={}", zone.repr()?.to_string_lossy()));
        }
        text.push(')');
        Ok(text)
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Obj> {
        let object: &PyObject = self;
        object.call_method(
            krait_runtime::intern!("isoformat"),
            &[&*PyStr::intern(" ")?],
        )
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let kept = &self.ob_base.hashcode;
        if kept.get() == -1 {
            let offset = if self.is_fold() {
                self.with(self.zone(), false)?.offset()?
            } else {
                self.offset()?
            };
            kept.set(match offset {
                None => hash::hash_bytes(&self.raw()),
                Some(offset) => PyDelta::from_total(self.micros() - offset)?
                    .as_object()
                    .hash()?,
            });
        }
        Ok(kept.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyDateTime>() else {
            return Ok(abstract_::not_implemented_if(None));
        };
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let holds = match self.order(other, equality)? {
            Some(order) => op.holds(order),
            None if equality => op == CompareOp::Ne,
            None => {
                return Err(type_error!(
                    "can't compare offset-naive and offset-aware datetimes"
                ));
            }
        };
        Ok(abstract_::not_implemented_if(Some(holds)))
    }
}

/// The duration between two moments.
fn between(left: &PyDateTime, right: &PyDateTime) -> PyResult<Obj> {
    let apart = left.micros() - right.micros();
    let shift = if left.tzinfo.as_ptr() == right.tzinfo.as_ptr() {
        0
    } else {
        match (left.offset()?, right.offset()?) {
            (None, None) => 0,
            (Some(left), Some(right)) => left - right,
            _ => {
                return Err(type_error!(
                    "can't subtract offset-naive and offset-aware datetimes"
                ));
            }
        }
    };
    PyDelta::from_total(apart - shift)?.into_py()
}

#[pymethods(NUMBER)]
impl PyDateTime {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let moment = |object: &'_ PyObject| object.is_instance_of::<PyDateTime>();
        let (moment, delta) = if moment(left) {
            (left, right)
        } else {
            (right, left)
        };
        match (moment.downcast::<PyDateTime>(), delta.downcast::<PyDelta>()) {
            (Some(moment), Some(delta)) => moment.moved(delta.total()),
            _ => Ok(not_implemented().to_obj()),
        }
    }

    #[slot(nb_subtract)]
    fn nb_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let Some(moment) = left.downcast::<PyDateTime>() else {
            return Ok(not_implemented().to_obj());
        };
        if let Some(other) = right.downcast::<PyDateTime>() {
            return between(moment, other);
        }
        match right.downcast::<PyDelta>() {
            Some(delta) => moment.moved(-delta.total()),
            None => Ok(not_implemented().to_obj()),
        }
    }
}
