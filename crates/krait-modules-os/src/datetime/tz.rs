//! `datetime.tzinfo` and `datetime.timezone`, and the questions that dates and times ask of a zone.

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    CompareOp, Field, Interpreter, IntoPy, PyErr, PyResult, PyStr, PyTuple, PyType, abstract_, exc,
    none, type_error, value_error,
};

use super::delta::PyDelta;
use super::moment::PyDateTime;

const DAY: i128 = 86_400_000_000;

/// Whether an offset is less than a day.
fn in_range(offset: &PyDelta) -> bool {
    offset.total().abs() < DAY
}

/// A time zone as an argument: `None`, or an instance of `tzinfo`.
pub(super) fn checked(zone: Option<&PyObject>) -> PyResult<Option<Obj>> {
    let Some(zone) = zone.filter(|zone| !zone.is(none())) else {
        return Ok(None);
    };
    if !zone.is_instance_of::<PyTzInfo>() {
        return Err(type_error!(
            "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
            zone.type_().tp_name()
        ));
    }
    Ok(Some(zone.to_obj()))
}

/// What a zone's `utcoffset` or `dst` says of a moment.
fn ask(zone: Option<&PyObject>, method: &'static str, moment: &PyObject) -> PyResult<Option<Obj>> {
    let Some(zone) = zone else {
        return Ok(None);
    };
    let offset = zone.call_method_str(method, &[moment])?;
    if offset.is(none()) {
        return Ok(None);
    }
    let Some(delta) = offset.downcast::<PyDelta>() else {
        return Err(type_error!(
            "tzinfo.{method}() must return None or a timedelta, not '{}'",
            offset.type_().tp_name()
        ));
    };
    if !in_range(delta) {
        return Err(value_error!(
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)."
        ));
    }
    Ok(Some(offset))
}

/// `zone.utcoffset(moment)`.
pub(super) fn utcoffset(zone: Option<&PyObject>, moment: &PyObject) -> PyResult<Option<Obj>> {
    ask(zone, "utcoffset", moment)
}

/// As [`utcoffset`], in microseconds.
pub(super) fn offset_micros(zone: Option<&PyObject>, moment: &PyObject) -> PyResult<Option<i128>> {
    let offset = utcoffset(zone, moment)?;
    Ok(offset.and_then(|offset| offset.downcast::<PyDelta>().map(PyDelta::total)))
}

/// `zone.dst(moment)`.
pub(super) fn dst(zone: Option<&PyObject>, moment: &PyObject) -> PyResult<Option<Obj>> {
    ask(zone, "dst", moment)
}

/// `zone.tzname(moment)`.
pub(super) fn tzname(zone: Option<&PyObject>, moment: &PyObject) -> PyResult<Obj> {
    let Some(zone) = zone else {
        return Ok(none().to_obj());
    };
    let name = zone.call_method(krait_runtime::intern!("tzname"), &[moment])?;
    if name.is(none()) || name.is_instance_of::<PyStr>() {
        return Ok(name);
    }
    Err(type_error!(
        "tzinfo.tzname() must return None or a string, not '{}'",
        name.type_().tp_name()
    ))
}

/// An offset as `+HH:MM`, with seconds and microseconds where there are any.
pub(super) fn offset_text(total: i128, separator: &str) -> String {
    let sign = if total < 0 { '-' } else { '+' };
    let total = total.unsigned_abs();
    let (seconds, micros) = (total / 1_000_000, total % 1_000_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let mut text = format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60);
    if seconds != 0 || micros != 0 {
        text.push_str(&format!("{separator}{seconds:02}"));
    }
    if micros != 0 {
        text.push_str(&format!(".{micros:06}"));
    }
    text
}

/// Abstract base class for time zone info objects.
#[pyclass(name = "tzinfo", module = "datetime", flags(BASETYPE))]
#[repr(C)]
pub(crate) struct PyTzInfo {
    ob_base: PyObject,
}

fn abstract_method(name: &str) -> PyErr {
    exc!(
        NotImplementedError,
        "a tzinfo subclass must implement {name}()"
    )
}

/// The argument of `fromutc`: a moment whose zone is the one that is asked.
fn moment_of<'a>(zone: &PyObject, moment: &'a PyObject) -> PyResult<&'a PyDateTime> {
    let Some(moment) = moment.downcast::<PyDateTime>() else {
        return Err(type_error!("fromutc: argument must be a datetime"));
    };
    if !moment.tzinfo.is(zone) {
        return Err(value_error!("fromutc: dt.tzinfo is not self"));
    }
    Ok(moment)
}

#[pymethods]
impl PyTzInfo {
    #[slot(tp_new)]
    fn new(
        cls: &PyType,
        _args: &PyTuple,
        _kwargs: Option<&krait_runtime::PyDict>,
    ) -> PyResult<Obj> {
        let object = Py::new_in(
            cls,
            PyTzInfo {
                ob_base: PyObject::HEADER,
            },
        )?;
        Ok(object.into_object())
    }

    /// datetime -> string name of time zone.
    #[pymethod(signature = "($self, object, /)")]
    fn tzname(&self, object: &PyObject) -> PyResult<()> {
        let _ = object;
        Err(abstract_method("tzname"))
    }

    /// datetime -> timedelta showing offset from UTC, negative values indicating West of UTC
    #[pymethod(signature = "($self, object, /)")]
    fn utcoffset(&self, object: &PyObject) -> PyResult<()> {
        let _ = object;
        Err(abstract_method("utcoffset"))
    }

    /// datetime -> DST offset as timedelta positive east of UTC.
    #[pymethod(signature = "($self, object, /)")]
    fn dst(&self, object: &PyObject) -> PyResult<()> {
        let _ = object;
        Err(abstract_method("dst"))
    }

    /// datetime in UTC -> datetime in local time.
    #[pymethod(signature = "($self, object, /)")]
    fn fromutc(&self, object: &PyObject) -> PyResult<Obj> {
        let moment = moment_of(self, object)?;
        let zone: &PyObject = self;
        let Some(offset) = utcoffset(Some(zone), moment)? else {
            return Err(value_error!(
                "fromutc: non-None utcoffset() result required"
            ));
        };
        let Some(saving) = dst(Some(zone), moment)? else {
            return Err(value_error!("fromutc: non-None dst() result required"));
        };
        let total = |delta: &PyObject| delta.downcast::<PyDelta>().map_or(0, PyDelta::total);
        let standard = total(&offset) - total(&saving);
        let mut result = moment.to_obj();
        if standard != 0 {
            result = result.add(&*PyDelta::from_total(standard)?)?;
            let Some(saving) = dst(Some(zone), &result)? else {
                return Err(value_error!(
                    "fromutc: tz.dst() gave inconsistent results; cannot convert"
                ));
            };
            return result.add(&saving);
        }
        if total(&saving) != 0 {
            result = result.add(&saving)?;
        }
        Ok(result)
    }

    /// -> (cls, state)
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let object: &PyObject = self;
        let args = match object.lookup_attr_str("__getinitargs__")? {
            Some(method) => method.call0()?,
            None => PyTuple::empty().into_object(),
        };
        let state = object.call_method(krait_runtime::intern!("__getstate__"), &[])?;
        (self.type_().to_obj(), args, state).into_py()
    }
}

/// Fixed offset from UTC implementation of tzinfo.
#[pyclass(name = "timezone", module = "datetime", base = PyTzInfo)]
#[repr(C)]
pub(crate) struct PyTimeZone {
    ob_base: PyTzInfo,
    offset: Field<PyDelta>,
    name: Field<PyStr>,
}

/// What an interpreter has of this module.
#[derive(Default)]
pub(super) struct Zones {
    utc: Field<PyTimeZone>,
}

/// `timezone.utc`.
pub(super) fn utc() -> PyResult<Py<PyTimeZone>> {
    let kept = &Interpreter::current().extension::<Zones>().utc;
    if let Some(utc) = kept.get() {
        return Ok(utc);
    }
    let utc = PyTimeZone::create(PyTimeZone::type_object(), PyDelta::from_total(0)?, None)?;
    kept.set(Some(utc.clone()));
    Ok(utc)
}

/// The zone of an offset, which is UTC itself for none.
pub(super) fn fixed(total: i128, name: Option<Py<PyStr>>) -> PyResult<Obj> {
    let offset = PyDelta::from_total(total)?;
    Ok(PyTimeZone::of_offset(PyTimeZone::type_object(), offset, name)?.into_object())
}

impl PyTimeZone {
    fn create(
        cls: &PyType,
        offset: Py<PyDelta>,
        name: Option<Py<PyStr>>,
    ) -> PyResult<Py<PyTimeZone>> {
        Py::new_in(
            cls,
            PyTimeZone {
                ob_base: PyTzInfo {
                    ob_base: PyObject::HEADER,
                },
                offset: Field::new(offset),
                name: Field::from_option(name),
            },
        )
    }

    fn of_offset(
        cls: &PyType,
        offset: Py<PyDelta>,
        name: Option<Py<PyStr>>,
    ) -> PyResult<Py<PyTimeZone>> {
        if name.is_none() && offset.total() == 0 {
            return utc();
        }
        if !in_range(&offset) {
            return Err(value_error!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {}",
                offset.as_object().repr()?.to_string_lossy()
            ));
        }
        PyTimeZone::create(cls, offset, name)
    }

    fn total(&self) -> i128 {
        self.offset.get().map_or(0, |offset| offset.total())
    }

    fn is_utc(&self) -> bool {
        Interpreter::current().extension::<Zones>().utc.is(self)
    }

    fn text(&self) -> PyResult<Py<PyStr>> {
        if let Some(name) = self.name.get() {
            return Ok(name);
        }
        match self.total() {
            0 => PyStr::new("UTC"),
            total => PyStr::new(&format!("UTC{}", offset_text(total, ":"))),
        }
    }
}

/// The argument of a zone's methods: a moment or `None`.
fn check_moment(function: &str, moment: &PyObject) -> PyResult<()> {
    if moment.is(none()) || moment.is_instance_of::<PyDateTime>() {
        return Ok(());
    }
    Err(type_error!(
        "{function}(dt) argument must be a datetime instance or None, not {}",
        moment.type_().tp_name()
    ))
}

#[pymethods]
impl PyTimeZone {
    #[pynew(signature = "(offset, name=<unrepresentable>)", text_signature = "")]
    fn new(
        cls: &PyType,
        offset: &PyObject,
        name: krait_runtime::OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let Some(offset) = offset.downcast::<PyDelta>() else {
            return Err(type_error!(
                "timezone() argument 1 must be datetime.timedelta, not {}",
                type_or_none(offset)
            ));
        };
        let name = match name.present() {
            None => None,
            Some(name) => match name.downcast::<PyStr>() {
                Some(name) => Some(PyClass::to_owned(name)),
                None => {
                    return Err(type_error!(
                        "timezone() argument 2 must be str, not {}",
                        type_or_none(name)
                    ));
                }
            },
        };
        PyTimeZone::of_offset(cls, PyClass::to_owned(offset), name)
    }

    /// If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.
    #[pymethod(signature = "($self, object, /)")]
    fn tzname(&self, object: &PyObject) -> PyResult<Py<PyStr>> {
        check_moment("tzname", object)?;
        self.text()
    }

    /// Return fixed offset.
    #[pymethod(signature = "($self, object, /)")]
    fn utcoffset(&self, object: &PyObject) -> PyResult<Option<Py<PyDelta>>> {
        check_moment("utcoffset", object)?;
        Ok(self.offset.get())
    }

    /// Return None.
    #[pymethod(signature = "($self, object, /)")]
    fn dst(&self, object: &PyObject) -> PyResult<()> {
        check_moment("dst", object)
    }

    /// datetime in UTC -> datetime in local time.
    #[pymethod(signature = "($self, object, /)")]
    fn fromutc(&self, object: &PyObject) -> PyResult<Obj> {
        let moment = moment_of(self, object)?;
        moment.moved(self.total())
    }

    /// pickle support
    #[pymethod(name = "__getinitargs__", signature = "($self, /)")]
    fn getinitargs(&self) -> PyResult<Obj> {
        let offset = self.offset.get();
        match self.name.get() {
            Some(name) => (offset, name).into_py(),
            None => (offset,).into_py(),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let class = self.type_().tp_name();
        if self.is_utc() {
            return Ok("datetime.timezone.utc".to_owned());
        }
        let offset = match self.offset.get() {
            Some(offset) => offset.as_object().repr()?.to_string_lossy(),
            None => String::new(),
        };
        Ok(match self.name.get() {
            Some(name) => {
                let name = name.as_object().repr()?.to_string_lossy();
                format!("{class}({offset}, {name})")
            }
            None => format!("{class}({offset})"),
        })
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Py<PyStr>> {
        self.text()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        match self.offset.get() {
            Some(offset) => offset.as_object().hash(),
            None => Ok(0),
        }
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let equal = match (other.downcast::<PyTimeZone>(), op) {
            (Some(other), CompareOp::Eq) => Some(self.total() == other.total()),
            (Some(other), CompareOp::Ne) => Some(self.total() != other.total()),
            _ => None,
        };
        Ok(abstract_::not_implemented_if(equal))
    }
}

/// A type's name in messages about arguments.
pub(super) fn type_or_none(object: &PyObject) -> String {
    if object.is(none()) {
        "None".to_owned()
    } else {
        object.type_().tp_name()
    }
}
