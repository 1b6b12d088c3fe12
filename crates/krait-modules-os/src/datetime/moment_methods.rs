//! The methods of `datetime.datetime`.

use krait_macros::pymethods;
use krait_runtime::convert::CodePoint;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, IntoPy, KwArgs, OptionalArg, PyBytes, PyResult, PyStr, PyTuple, PyType, exc, hooks, none,
    type_error,
};

use super::calendar::{Clock, Day};
use super::date::{PyDate, bad_iso, iso_text};
use super::delta::PyDelta;
use super::moment::PyDateTime;
use super::time::{PyTime, check_fold, midnight, part};
use super::{call_replace, format, parse, timestamp, tz};

/// The moment of a timestamp in the local zone, or in Greenwich.
fn from_timestamp(
    cls: &PyType,
    (seconds, micro): (i64, i32),
    local: bool,
    zone: Option<Obj>,
) -> PyResult<Obj> {
    let (day, clock, fold) = if local {
        timestamp::in_local(seconds)?
    } else {
        let (day, clock) = timestamp::in_utc(seconds)?;
        (day, clock, false)
    };
    PyDateTime::of_class(cls, day, Clock { micro, ..clock }, zone, fold)
}

/// The moment of a timestamp in a zone.
fn in_zone(cls: &PyType, stamp: (i64, i32), zone: Option<Obj>) -> PyResult<Obj> {
    let moment = from_timestamp(cls, stamp, zone.is_none(), zone.clone())?;
    match zone {
        Some(zone) => zone.call_method(krait_runtime::intern!("fromutc"), &[&moment]),
        None => Ok(moment),
    }
}

fn deprecated(name: &str, instead: &str) -> PyResult<()> {
    let message = format!(
        "datetime.datetime.{name}() is deprecated and scheduled for removal in a future version. \
         Use timezone-aware objects to represent datetimes in UTC: {instead}."
    );
    hooks::warn(&exc::DeprecationWarning, &message, 1)
}

/// The local zone at a moment that has none.
fn zone_of_naive(moment: &PyDateTime) -> PyResult<Obj> {
    let (day, clock, fold) = (moment.day(), moment.clock(), moment.is_fold());
    let mut seconds = timestamp::from_local(day, clock, fold)?;
    let other = timestamp::from_local(day, clock, !fold)?;
    if other != seconds && (other > seconds) == fold {
        // The time was skipped: the offset is that of the side which it is counted from.
        seconds = other;
    }
    timestamp::local_zone(seconds - timestamp::EPOCH)
}

#[pymethods]
impl PyDateTime {
    /// Returns new datetime object representing current time local to tz.
    ///
    ///   tz
    ///     Timezone object.
    ///
    /// If no tz is specified, uses local timezone.
    #[pyclassmethod(signature = "($type, /, tz=None)")]
    fn now(cls: &PyType, tz: Option<&PyObject>) -> PyResult<Obj> {
        let zone = tz::checked(tz)?;
        in_zone(cls, timestamp::now()?, zone)
    }

    /// Return a new datetime representing UTC day and time.
    #[pyclassmethod(signature = "($type, /)")]
    fn utcnow(cls: &PyType) -> PyResult<Obj> {
        deprecated("utcnow", "datetime.datetime.now(datetime.UTC)")?;
        from_timestamp(cls, timestamp::now()?, false, None)
    }

    /// timestamp[, tz] -> tz's local time from POSIX timestamp.
    #[pyclassmethod(signature = "($type, timestamp, tz=None)", text_signature = "")]
    fn fromtimestamp(cls: &PyType, timestamp: &PyObject, tz: Option<&PyObject>) -> PyResult<Obj> {
        let zone = tz::checked(tz)?;
        in_zone(cls, timestamp::seconds_and_micros(timestamp)?, zone)
    }

    /// Construct a naive UTC datetime from a POSIX timestamp.
    #[pyclassmethod(signature = "($type, timestamp, /)", text_signature = "")]
    fn utcfromtimestamp(cls: &PyType, timestamp: &PyObject) -> PyResult<Obj> {
        deprecated(
            "utcfromtimestamp",
            "datetime.datetime.fromtimestamp(timestamp, datetime.UTC)",
        )?;
        let stamp = timestamp::seconds_and_micros(timestamp)?;
        from_timestamp(cls, stamp, false, None)
    }

    /// string, format -> new datetime parsed from a string (like time.strptime()).
    #[pyclassmethod(signature = "($type, string, format, /)", text_signature = "")]
    fn strptime(cls: &PyType, string: &PyStr, format: &PyStr) -> PyResult<Obj> {
        format::strptime("_strptime_datetime_datetime", cls, string, format)
    }

    /// date, time -> datetime with same date and time fields
    #[pyclassmethod(
        signature = "($type, date, time, tzinfo=<unrepresentable>)",
        text_signature = ""
    )]
    fn combine(
        cls: &PyType,
        date: &PyObject,
        time: &PyObject,
        tzinfo: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let Some(date) = date.downcast::<PyDate>() else {
            return Err(type_error!(
                "combine() argument 1 must be datetime.date, not {}",
                tz::type_or_none(date)
            ));
        };
        let Some(time) = time.downcast::<PyTime>() else {
            return Err(type_error!(
                "combine() argument 2 must be datetime.time, not {}",
                tz::type_or_none(time)
            ));
        };
        let zone = match tzinfo.present() {
            Some(zone) => tz::checked(Some(zone))?,
            None => time.zone(),
        };
        PyDateTime::of_class(cls, date.value(), time.value(), zone, time.is_fold())
    }

    /// string -> datetime from a string in most ISO 8601 formats
    #[pyclassmethod(signature = "($type, object, /)")]
    fn fromisoformat(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        let text = iso_text(object)?;
        let bad = || bad_iso(object);
        let end = parse::date_end(&text).ok_or_else(bad)?;
        let day = text.get(..end).and_then(parse::date).ok_or_else(bad)?;
        let time = match &text[end..] {
            [] => parse::Time {
                clock: Clock::default(),
                offset: None,
            },
            [_, time @ ..] => parse::time(time).ok_or_else(bad)?,
        };
        let (clock, next_day) = midnight(time.clock)?;
        let zone = time
            .offset
            .map(|offset| tz::fixed(offset, None))
            .transpose()?;
        super::date::check_day(day)?;
        let day = if next_day {
            Day::from_ordinal(day.ordinal() + 1)
        } else {
            day
        };
        PyDateTime::of_class(cls, day, clock, zone, false)
    }

    /// Return date object with same year, month and day.
    #[pymethod(signature = "($self, /)")]
    fn date(&self) -> PyResult<Py<PyDate>> {
        PyDate::create(PyDate::type_object(), self.day())
    }

    /// Return time object with same time but with tzinfo=None.
    #[pymethod(signature = "($self, /)")]
    fn time(&self) -> PyResult<Py<PyTime>> {
        PyTime::create(PyTime::type_object(), self.clock(), None, self.is_fold())
    }

    /// Return time object with same time and tzinfo.
    #[pymethod(signature = "($self, /)")]
    fn timetz(&self) -> PyResult<Py<PyTime>> {
        let class = PyTime::type_object();
        PyTime::create(class, self.clock(), self.zone(), self.is_fold())
    }

    /// Return ctime() style string.
    #[pymethod(signature = "($self, /)")]
    fn ctime(&self) -> String {
        format::ctime(self.day(), self.clock())
    }

    /// Return time tuple, compatible with time.localtime().
    #[pymethod(signature = "($self, /)")]
    fn timetuple(&self) -> PyResult<Obj> {
        let saving = tz::dst(self.zone().as_deref(), self)?;
        let flag = match saving
            .as_ref()
            .and_then(|saving| saving.downcast::<PyDelta>())
        {
            Some(saving) => i32::from(saving.total() != 0),
            None => -1,
        };
        format::struct_time(self.day(), self.clock(), flag)
    }

    /// Return POSIX timestamp as float.
    #[pymethod(signature = "($self, /)")]
    fn timestamp(&self) -> PyResult<Obj> {
        let epoch = i128::from(timestamp::EPOCH) * 1_000_000;
        if self.zone().is_some() {
            let offset = self.offset()?.ok_or_else(|| {
                type_error!("can't subtract offset-naive and offset-aware datetimes")
            })?;
            let delta = PyDelta::from_total(self.micros() - offset - epoch)?;
            return delta
                .as_object()
                .call_method(krait_runtime::intern!("total_seconds"), &[]);
        }
        let seconds = timestamp::from_local(self.day(), self.clock(), self.is_fold())?;
        let whole = (seconds - timestamp::EPOCH) as f64;
        (whole + f64::from(self.clock().micro) / 1e6).into_py()
    }

    /// Return UTC time tuple, compatible with time.localtime().
    #[pymethod(signature = "($self, /)")]
    fn utctimetuple(&self) -> PyResult<Obj> {
        let offset = self.offset()?.unwrap_or(0);
        let (day, clock) = PyDateTime::split(self.micros() - offset)?;
        format::struct_time(day, clock, 0)
    }

    /// [sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    /// sep is used to separate the year from the time, and defaults to 'T'.
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[pymethod(signature = "($self, sep='T', timespec='auto')", text_signature = "")]
    fn isoformat(
        &self,
        sep: OptionalArg<&PyObject>,
        timespec: Option<&PyStr>,
    ) -> PyResult<Py<PyStr>> {
        let separator = match sep.present() {
            None => CodePoint(u32::from(b'T')),
            Some(sep) => separator(sep)?,
        };
        let clock = format::iso_clock(self.clock(), timespec)?;
        let mut text = krait_runtime::StrBuilder::new();
        text.push_str(&format::iso_day(self.day()));
        text.push(separator.0);
        text.push_str(&clock);
        text.push_str(&format::iso_offset(self.zone().as_deref(), self)?);
        text.finish()
    }

    /// format -> strftime() style string.
    #[pymethod(signature = "($self, format)", text_signature = "")]
    fn strftime(&self, format: &PyStr) -> PyResult<Obj> {
        let object: &PyObject = self;
        let tuple = object.call_method(krait_runtime::intern!("timetuple"), &[])?;
        let zone = self.zone();
        let moment = format::Moment {
            micro: self.clock().micro,
            zone: zone.as_deref(),
            asked: object,
        };
        format::strftime(&moment, format, &tuple)
    }

    /// Return self.tzinfo.utcoffset(self).
    #[pymethod(signature = "($self, /)")]
    fn utcoffset(&self) -> PyResult<Option<Obj>> {
        tz::utcoffset(self.zone().as_deref(), self)
    }

    /// Return self.tzinfo.tzname(self).
    #[pymethod(signature = "($self, /)")]
    fn tzname(&self) -> PyResult<Obj> {
        tz::tzname(self.zone().as_deref(), self)
    }

    /// Return self.tzinfo.dst(self).
    #[pymethod(signature = "($self, /)")]
    fn dst(&self) -> PyResult<Option<Obj>> {
        tz::dst(self.zone().as_deref(), self)
    }

    /// Return datetime with new specified fields.
    #[pymethod(
        signature = "($self, /, year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>, hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)",
        text_signature = "($self, /, year=unchanged, month=unchanged, day=unchanged,\n        hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        &self,
        year: OptionalArg<&PyObject>,
        month: OptionalArg<&PyObject>,
        day: OptionalArg<&PyObject>,
        hour: OptionalArg<&PyObject>,
        minute: OptionalArg<&PyObject>,
        second: OptionalArg<&PyObject>,
        microsecond: OptionalArg<&PyObject>,
        tzinfo: OptionalArg<&PyObject>,
        fold: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let (own, own_clock) = (self.day(), self.clock());
        let day = Day {
            year: part(year, own.year)?,
            month: part(month, own.month)?,
            day: part(day, own.day)?,
        };
        let clock = Clock {
            hour: part(hour, own_clock.hour)?,
            minute: part(minute, own_clock.minute)?,
            second: part(second, own_clock.second)?,
            micro: part(microsecond, own_clock.micro)?,
        };
        let fold = check_fold(part(fold, self.is_fold().into())?)?;
        let zone = match tzinfo.present() {
            Some(zone) => tz::checked(Some(zone))?,
            None => self.zone(),
        };
        PyDateTime::of_class(self.type_(), day, clock, zone, fold)
    }

    /// The same as replace().
    #[pymethod(
        name = "__replace__",
        signature = "($self, *args, **changes)",
        text_signature = "($self, /, **changes)"
    )]
    fn replace_by(&self, args: Args<'_>, changes: KwArgs<'_>) -> PyResult<Obj> {
        call_replace(self, args, changes)
    }

    /// tz -> convert to local time in new timezone tz
    #[pymethod(signature = "($self, tz=None)", text_signature = "")]
    fn astimezone(&self, tz: Option<&PyObject>) -> PyResult<Obj> {
        let zone = tz::checked(tz)?;
        let own = match self.zone() {
            Some(own) => own,
            None => zone_of_naive(self)?,
        };
        if zone.as_ref().is_some_and(|zone| zone.is(&own)) {
            return Ok(self.to_obj());
        }
        let offset = match tz::offset_micros(Some(&own), self)? {
            Some(offset) => offset,
            // A zone that knows no offset: the local one.
            None => {
                let local = zone_of_naive(self)?;
                if zone.as_ref().is_some_and(|zone| zone.is(&local)) {
                    return Ok(self.to_obj());
                }
                tz::offset_micros(Some(&local), self)?.unwrap_or(0)
            }
        };
        let (day, clock) = PyDateTime::split(self.micros() - offset)?;
        let zone = match zone {
            Some(zone) => zone,
            None => {
                let seconds = timestamp::total_seconds(day, clock) - timestamp::EPOCH;
                timestamp::local_zone(seconds)?
            }
        };
        let moment = PyDateTime::of_class(self.type_(), day, clock, Some(zone.clone()), false)?;
        zone.call_method(krait_runtime::intern!("fromutc"), &[&moment])
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[pymethod(
        name = "__reduce_ex__",
        signature = "($self, proto, /)",
        text_signature = ""
    )]
    fn reduce_ex(&self, proto: i32) -> PyResult<Obj> {
        state(self, proto)
    }

    /// __reduce__() -> (cls, state)
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        state(self, 2)
    }
}

/// The separator of `isoformat`: one character.
fn separator(sep: &PyObject) -> PyResult<CodePoint> {
    match sep.downcast::<PyStr>() {
        Some(text) if text.len() == 1 => Ok(CodePoint(text.char_at(0))),
        Some(text) => Err(type_error!(
            "isoformat() argument 1 must be a unicode character, not a string of length {}",
            text.len()
        )),
        None => Err(type_error!(
            "isoformat() argument 1 must be a unicode character, not {}",
            if sep.is(none()) {
                "None".to_owned()
            } else {
                sep.type_().tp_name()
            }
        )),
    }
}

/// The class and the state that pickles have of a moment; older protocols know no fold.
fn state(moment: &PyDateTime, protocol: i32) -> PyResult<Obj> {
    let mut bytes = moment.raw();
    if protocol > 3 && moment.is_fold() {
        bytes[2] |= 0x80;
    }
    let bytes = PyBytes::new(&bytes)?.into_object();
    let state = match moment.zone() {
        Some(zone) => vec![bytes, zone],
        None => vec![bytes],
    };
    (moment.type_().to_obj(), PyTuple::from_vec(state)?).into_py()
}
