//! `datetime.time`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, CompareOp, Field, IntoPy, KwArgs, OptionalArg, PyBytes, PyLong, PyResult, PyStr, PyTuple,
    PyType, abstract_, hash, none, type_error, value_error,
};

use super::calendar::{Clock, Day};
use super::date::{bad_iso, iso_text, state_bytes};
use super::delta::PyDelta;
use super::{c_int, format, parse, tz};

/// time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object
///
/// All arguments are optional. tzinfo may be None, or an instance of
/// a tzinfo subclass. The remaining arguments may be ints.
#[pyclass(name = "time", module = "datetime", flags(BASETYPE))]
#[repr(C)]
pub(crate) struct PyTime {
    ob_base: PyObject,
    hashcode: Cell<isize>,
    hastzinfo: Cell<u8>,
    /// Hour, minute, second, three bytes of microseconds.
    data: [Cell<u8>; 6],
    fold: Cell<u8>,
    tzinfo: Field<PyObject>,
}

const _: () = assert!(size_of::<PyTime>() == size_of::<krait_abi::PyDateTime_Time>());

/// Refuses times that do not exist.
pub(super) fn check_clock(clock: Clock) -> PyResult<()> {
    let parts = [
        ("hour", clock.hour, 23),
        ("minute", clock.minute, 59),
        ("second", clock.second, 59),
        ("microsecond", clock.micro, 999_999),
    ];
    for (name, value, last) in parts {
        if !(0..=last).contains(&value) {
            return Err(value_error!("{name} must be in 0..{last}, not {value}"));
        }
    }
    Ok(())
}

/// `fold` as an argument.
pub(super) fn check_fold(fold: i32) -> PyResult<bool> {
    match fold {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(value_error!("fold must be either 0 or 1, not {fold}")),
    }
}

/// The six bytes of a time.
pub(super) fn clock_bytes(clock: Clock) -> [u8; 6] {
    let [_, high, middle, low] = (clock.micro as u32).to_be_bytes();
    [
        clock.hour as u8,
        clock.minute as u8,
        clock.second as u8,
        high,
        middle,
        low,
    ]
}

/// The time that six bytes hold.
pub(super) fn clock_of(bytes: [u8; 6]) -> Clock {
    let [hour, minute, second, high, middle, low] = bytes;
    Clock {
        hour: hour.into(),
        minute: minute.into(),
        second: second.into(),
        micro: u32::from_be_bytes([0, high, middle, low]) as i32,
    }
}

/// A part of a date or time as an argument, or what it is otherwise.
pub(super) fn part(value: OptionalArg<&PyObject>, otherwise: i32) -> PyResult<i32> {
    value.present().map_or(Ok(otherwise), c_int)
}

/// The zone of a pickled state.
pub(super) fn state_zone(zone: OptionalArg<&PyObject>) -> PyResult<Option<Obj>> {
    match zone.present() {
        None => Ok(None),
        Some(zone) if zone.is_instance_of::<tz::PyTzInfo>() => Ok(Some(zone.to_obj())),
        Some(_) => Err(type_error!("bad tzinfo state arg")),
    }
}

/// Why text of a state's length is no state: Python 2 wrote what cannot be read here.
pub(super) fn state_error(value: &PyObject, len: usize, class: &str) -> PyResult<()> {
    if value
        .downcast::<PyStr>()
        .is_some_and(|text| text.len() == len)
    {
        return Err(value_error!(
            "Failed to encode latin1 string when unpickling a {class} object. \
             pickle.load(data, encoding='latin1') is assumed."
        ));
    }
    Ok(())
}

impl PyTime {
    fn holding(bytes: [u8; 6], zone: Option<Obj>, fold: bool) -> PyTime {
        PyTime {
            ob_base: PyObject::HEADER,
            hashcode: Cell::new(-1),
            hastzinfo: Cell::new(zone.is_some().into()),
            data: bytes.map(Cell::new),
            fold: Cell::new(fold.into()),
            tzinfo: Field::from_option(zone),
        }
    }

    /// A time of a class, checked.
    pub(super) fn create(
        cls: &PyType,
        clock: Clock,
        zone: Option<Obj>,
        fold: bool,
    ) -> PyResult<Py<PyTime>> {
        check_clock(clock)?;
        Py::new_in(cls, PyTime::holding(clock_bytes(clock), zone, fold))
    }

    /// As [`PyTime::create`], by a call if the class is a subclass.
    fn of_class(cls: &PyType, clock: Clock, zone: Option<Obj>, fold: bool) -> PyResult<Obj> {
        if std::ptr::eq(cls, PyTime::type_object()) {
            return Ok(PyTime::create(cls, clock, zone, fold)?.into_object());
        }
        let made = cls.as_object().call(&[
            &*PyLong::from_i64(clock.hour.into())?,
            &*PyLong::from_i64(clock.minute.into())?,
            &*PyLong::from_i64(clock.second.into())?,
            &*PyLong::from_i64(clock.micro.into())?,
            &*format::or_none(zone),
        ])?;
        if let Some(time) = made.downcast::<PyTime>() {
            time.fold.set(fold.into());
        }
        Ok(made)
    }

    fn raw(&self) -> [u8; 6] {
        self.data.each_ref().map(Cell::get)
    }

    /// The time of day.
    pub(super) fn value(&self) -> Clock {
        clock_of(self.raw())
    }

    /// The zone.
    pub(super) fn zone(&self) -> Option<Obj> {
        self.tzinfo.get()
    }

    /// Whether it is the second time that the clock shows it.
    pub(super) fn is_fold(&self) -> bool {
        self.fold.get() != 0
    }

    fn offset(&self) -> PyResult<Option<i128>> {
        tz::offset_micros(self.zone().as_deref(), none())
    }

    fn state(&self, protocol: i64) -> PyResult<Obj> {
        let mut bytes = self.raw();
        if protocol > 3 && self.is_fold() {
            bytes[0] |= 0x80;
        }
        let bytes = PyBytes::new(&bytes)?.into_object();
        let state = match self.zone() {
            Some(zone) => vec![bytes, zone],
            None => vec![bytes],
        };
        (self.type_().to_obj(), PyTuple::from_vec(state)?).into_py()
    }
}

#[pymethods]
impl PyTime {
    #[pynew(
        signature = "(hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)",
        text_signature = ""
    )]
    fn new(
        cls: &PyType,
        hour: OptionalArg<&PyObject>,
        minute: OptionalArg<&PyObject>,
        second: OptionalArg<&PyObject>,
        microsecond: OptionalArg<&PyObject>,
        tzinfo: OptionalArg<&PyObject>,
        fold: OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        if let Some(hour) = hour.present()
            && second.present().is_none()
            && (hour.is_instance_of::<PyBytes>() || hour.is_instance_of::<PyStr>())
        {
            let state = state_bytes(hour, 6)?.and_then(|state| <[u8; 6]>::try_from(state).ok());
            match state {
                Some(mut state) if state[0] & 0x7F < 24 => {
                    let fold = state[0] & 0x80 != 0;
                    state[0] &= 0x7F;
                    let zone = state_zone(minute)?;
                    return Py::new_in(cls, PyTime::holding(state, zone, fold));
                }
                Some(_) => {}
                None => state_error(hour, 6, "time")?,
            }
        }
        let clock = Clock {
            hour: part(hour, 0)?,
            minute: part(minute, 0)?,
            second: part(second, 0)?,
            micro: part(microsecond, 0)?,
        };
        let fold = part(fold, 0)?;
        check_clock(clock)?;
        let zone = tz::checked(tzinfo.present())?;
        PyTime::create(cls, clock, zone, check_fold(fold)?)
    }

    /// string, format -> new time parsed from a string (like time.strptime()).
    #[pyclassmethod(signature = "($type, string, format, /)", text_signature = "")]
    fn strptime(cls: &PyType, string: &PyStr, format: &PyStr) -> PyResult<Obj> {
        format::strptime("_strptime_datetime_time", cls, string, format)
    }

    /// Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    ///
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[pymethod(signature = "($self, timespec='auto')", text_signature = "")]
    fn isoformat(&self, timespec: Option<&PyStr>) -> PyResult<String> {
        let text = format::iso_clock(self.value(), timespec)?;
        let zone = self.zone();
        Ok(text + &format::iso_offset(zone.as_deref(), none())?)
    }

    /// format -> strftime() style string.
    #[pymethod(signature = "($self, format)", text_signature = "")]
    fn strftime(&self, format: &PyStr) -> PyResult<Obj> {
        let day = Day {
            year: 1900,
            month: 1,
            day: 1,
        };
        let clock = self.value();
        let tuple = format::struct_time(day, clock, -1)?;
        let zone = self.zone();
        let moment = format::Moment {
            micro: clock.micro,
            zone: zone.as_deref(),
            asked: none(),
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

    /// Return self.tzinfo.utcoffset(self).
    #[pymethod(signature = "($self, /)")]
    fn utcoffset(&self) -> PyResult<Option<Obj>> {
        tz::utcoffset(self.zone().as_deref(), none())
    }

    /// Return self.tzinfo.tzname(self).
    #[pymethod(signature = "($self, /)")]
    fn tzname(&self) -> PyResult<Obj> {
        tz::tzname(self.zone().as_deref(), none())
    }

    /// Return self.tzinfo.dst(self).
    #[pymethod(signature = "($self, /)")]
    fn dst(&self) -> PyResult<Option<Obj>> {
        tz::dst(self.zone().as_deref(), none())
    }

    /// Return time with new specified fields.
    #[pymethod(
        signature = "($self, /, hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)",
        text_signature = "($self, /, hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        &self,
        hour: OptionalArg<&PyObject>,
        minute: OptionalArg<&PyObject>,
        second: OptionalArg<&PyObject>,
        microsecond: OptionalArg<&PyObject>,
        tzinfo: OptionalArg<&PyObject>,
        fold: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let own = self.value();
        let clock = Clock {
            hour: part(hour, own.hour)?,
            minute: part(minute, own.minute)?,
            second: part(second, own.second)?,
            micro: part(microsecond, own.micro)?,
        };
        let fold = check_fold(part(fold, self.fold.get().into())?)?;
        let zone = match tzinfo.present() {
            Some(zone) => tz::checked(Some(zone))?,
            None => self.zone(),
        };
        PyTime::of_class(self.type_(), clock, zone, fold)
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

    /// string -> time from a string in ISO 8601 format
    #[pyclassmethod(signature = "($type, object, /)")]
    fn fromisoformat(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        let text = iso_text(object)?;
        let text = match text.split_first() {
            Some((&first, rest)) if first == u32::from(b'T') => rest,
            _ => &text[..],
        };
        let time = parse::time(text).ok_or_else(|| bad_iso(object))?;
        let (clock, _) = midnight(time.clock)?;
        let zone = time
            .offset
            .map(|offset| tz::fixed(offset, None))
            .transpose()?;
        PyTime::of_class(cls, clock, zone, false)
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[pymethod(
        name = "__reduce_ex__",
        signature = "($self, proto, /)",
        text_signature = ""
    )]
    fn reduce_ex(&self, proto: i32) -> PyResult<Obj> {
        self.state(proto.into())
    }

    /// __reduce__() -> (cls, state)
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        self.state(2)
    }

    #[pygetter]
    fn hour(&self) -> i32 {
        self.value().hour
    }

    #[pygetter]
    fn minute(&self) -> i32 {
        self.value().minute
    }

    #[pygetter]
    fn second(&self) -> i32 {
        self.value().second
    }

    #[pygetter]
    fn microsecond(&self) -> i32 {
        self.value().micro
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
        let Clock {
            hour,
            minute,
            second,
            micro,
        } = self.value();
        let mut text = format!("{}({hour}, {minute}", self.type_().tp_name());
        if second != 0 || micro != 0 {
            text.push_str(&format!(", {second}"));
        }
        if micro != 0 {
            text.push_str(&format!(", {micro}"));
        }
        if let Some(zone) = self.zone() {
            text.push_str(&format!(", tzinfo={}", zone.repr()?.to_string_lossy()));
        }
        if self.is_fold() {
            text.push_str(", fold=1");
        }
        text.push(')');
        Ok(text)
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Obj> {
        let object: &PyObject = self;
        object.call_method(krait_runtime::intern!("isoformat"), &[])
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.hashcode.get() == -1 {
            let value = match self.offset()? {
                None => hash::hash_bytes(&self.raw()),
                Some(offset) => {
                    let micros = i128::from(self.value().micros()) - offset;
                    PyDelta::from_total(micros)?.as_object().hash()?
                }
            };
            self.hashcode.set(value);
        }
        Ok(self.hashcode.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyTime>() else {
            return Ok(abstract_::not_implemented_if(None));
        };
        let same_zone = self.tzinfo.as_ptr() == other.tzinfo.as_ptr();
        let order = if same_zone {
            self.raw().cmp(&other.raw())
        } else {
            match (self.offset()?, other.offset()?) {
                (left, right) if left == right => self.raw().cmp(&other.raw()),
                (Some(left), Some(right)) => {
                    let left = i128::from(self.value().micros()) - left;
                    left.cmp(&(i128::from(other.value().micros()) - right))
                }
                _ => {
                    return match op {
                        CompareOp::Eq => false.into_py(),
                        CompareOp::Ne => true.into_py(),
                        _ => Err(type_error!(
                            "can't compare offset-naive and offset-aware times"
                        )),
                    };
                }
            }
        };
        Ok(abstract_::not_implemented_if(Some(op.holds(order))))
    }
}

/// Hour 24 of ISO 8601, which is midnight, and whether the day after is meant.
pub(super) fn midnight(clock: Clock) -> PyResult<(Clock, bool)> {
    if clock.hour != 24 {
        return Ok((clock, false));
    }
    if clock.minute != 0 || clock.second != 0 || clock.micro != 0 {
        return Err(value_error!(
            "minute, second, and microsecond must be 0 when hour is 24"
        ));
    }
    Ok((Clock::default(), true))
}
