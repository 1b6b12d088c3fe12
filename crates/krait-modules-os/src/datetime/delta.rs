//! `datetime.timedelta`.
//!
//! Invariant: seconds are in 0..86400 and microseconds in 0..1000000; days carry the sign.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::long::ops;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    CompareOp, IntoPy, OptionalArg, PyFloat, PyLong, PyResult, PyTuple, PyType, abstract_,
    not_implemented, overflow_error, type_error, value_error,
};

const DAY: i128 = 86_400_000_000;
const SECOND: i128 = 1_000_000;
const MAX_DAYS: i64 = 999_999_999;

/// Difference between two datetime values.
///
/// timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)
///
/// All arguments are optional and default to 0.
/// Arguments may be integers or floats, and may be positive or negative.
#[pyclass(
    name = "timedelta",
    module = "datetime",
    flags(BASETYPE),
    methods(CORE, NUMBER)
)]
#[repr(C)]
pub(crate) struct PyDelta {
    ob_base: PyObject,
    hashcode: Cell<isize>,
    days: Cell<i32>,
    seconds: Cell<i32>,
    micros: Cell<i32>,
}

/// An int of any size that fits 128 bits.
fn wide(int: &PyLong) -> Option<i128> {
    let mut value: i128 = 0;
    for &digit in int.digits().iter().rev() {
        value = value.checked_mul(1 << 30)?.checked_add(i128::from(digit))?;
    }
    Some(if int.is_negative() { -value } else { value })
}

/// An int object of 128 bits.
pub(super) fn int(value: i128) -> PyResult<Py<PyLong>> {
    let mut rest = value.unsigned_abs();
    let mut digits = Vec::new();
    while rest != 0 {
        digits.push((rest & 0x3FFF_FFFF) as u32);
        rest >>= 30;
    }
    PyLong::from_digits(value < 0, &digits)
}

fn too_large() -> krait_runtime::PyErr {
    overflow_error!("Python int too large to convert to C int")
}

impl PyDelta {
    /// A duration of so many microseconds.
    pub(super) fn from_total(total: i128) -> PyResult<Py<PyDelta>> {
        PyDelta::new_in(PyDelta::type_object(), total)
    }

    fn new_in(cls: &PyType, total: i128) -> PyResult<Py<PyDelta>> {
        let (days, rest) = (total.div_euclid(DAY), total.rem_euclid(DAY));
        let days = i32::try_from(days).map_err(|_| too_large())?;
        if i64::from(days).abs() > MAX_DAYS {
            return Err(overflow_error!(
                "days={days}; must have magnitude <= {MAX_DAYS}"
            ));
        }
        Py::new_in(
            cls,
            PyDelta {
                ob_base: PyObject::HEADER,
                hashcode: Cell::new(-1),
                days: Cell::new(days),
                seconds: Cell::new((rest / SECOND) as i32),
                micros: Cell::new((rest % SECOND) as i32),
            },
        )
    }

    /// The whole duration in microseconds.
    pub(super) fn total(&self) -> i128 {
        i128::from(self.days.get()) * DAY
            + i128::from(self.seconds.get()) * SECOND
            + i128::from(self.micros.get())
    }

    /// Days, seconds and microseconds.
    pub(super) fn parts(&self) -> (i32, i32, i32) {
        (self.days.get(), self.seconds.get(), self.micros.get())
    }

    /// A duration of as many microseconds as an int says.
    fn from_int(total: &PyLong) -> PyResult<Obj> {
        let total = wide(total).ok_or_else(too_large)?;
        Ok(PyDelta::from_total(total)?.into_object())
    }

    /// The whole duration as an int object.
    fn total_object(&self) -> PyResult<Py<PyLong>> {
        int(self.total())
    }
}

/// A part of a duration, in units of `factor` microseconds: what is whole, and what is left over.
fn component(name: &str, value: &PyObject, factor: i128, left: &mut f64) -> PyResult<i128> {
    if let Some(value) = value.downcast::<PyLong>() {
        return wide(value)
            .and_then(|value| value.checked_mul(factor))
            .ok_or_else(too_large);
    }
    let Some(float) = value.downcast::<PyFloat>() else {
        return Err(type_error!(
            "unsupported type for timedelta {name} component: {}",
            value.type_().tp_name()
        ));
    };
    let float = float.value();
    let whole = PyLong::from_object(&*PyFloat::new(float.trunc())?)?;
    let whole = wide(&whole)
        .and_then(|whole| whole.checked_mul(factor))
        .ok_or_else(too_large)?;
    let part = factor as f64 * float.fract();
    *left += part.fract();
    whole
        .checked_add(part.trunc() as i128)
        .ok_or_else(too_large)
}

/// Rounds to the nearest integer; a half goes to where the sum with `base` is even.
fn round_half_even(left: f64, base: i128) -> i128 {
    let whole = left.round();
    if (whole - left).abs() == 0.5 {
        let odd = (base & 1) as f64;
        return (2.0 * ((left + odd) * 0.5).round() - odd) as i128;
    }
    whole as i128
}

/// The quotient of two ints, rounded half to even.
fn nearest_quotient(over: &PyLong, under: &PyLong) -> PyResult<Py<PyLong>> {
    let quotient = ops::floor_divide(over, under)?.index()?;
    let rest = ops::remainder(over, under)?.index()?;
    let twice = ops::add(&rest, &rest)?.index()?;
    let order = if under.is_negative() {
        under.compare(&twice)
    } else {
        twice.compare(under)
    };
    let odd = quotient
        .digits()
        .first()
        .is_some_and(|digit| digit & 1 == 1);
    if order.is_gt() || (order.is_eq() && odd) {
        return ops::add(&quotient, &*PyLong::from_i64(1)?)?.index();
    }
    Ok(quotient)
}

/// A float as a fraction of ints.
fn ratio(value: &PyObject) -> PyResult<(Py<PyLong>, Py<PyLong>)> {
    let ratio = value.call_method(krait_runtime::intern!("as_integer_ratio"), &[])?;
    match ratio.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([over, under]) => Ok((over.index()?, under.index()?)),
        Some(_) => Err(value_error!("as_integer_ratio() must return a 2-tuple")),
        None => Err(type_error!(
            "unexpected return type from as_integer_ratio(): expected tuple, not '{}'",
            ratio.type_().tp_name()
        )),
    }
}

/// A duration times a fraction.
fn scaled(delta: &PyDelta, over: &PyLong, under: &PyLong) -> PyResult<Obj> {
    let product = ops::multiply(&*delta.total_object()?, over)?.index()?;
    PyDelta::from_int(&*nearest_quotient(&product, under)?)
}

fn undefined() -> PyResult<Obj> {
    Ok(not_implemented().to_obj())
}

#[pymethods(CORE)]
impl PyDelta {
    #[pynew(
        signature = "(days=<unrepresentable>, seconds=<unrepresentable>, microseconds=<unrepresentable>, milliseconds=<unrepresentable>, minutes=<unrepresentable>, hours=<unrepresentable>, weeks=<unrepresentable>)",
        text_signature = "",
        name = "__new__"
    )]
    fn new(
        cls: &PyType,
        days: OptionalArg<&PyObject>,
        seconds: OptionalArg<&PyObject>,
        microseconds: OptionalArg<&PyObject>,
        milliseconds: OptionalArg<&PyObject>,
        minutes: OptionalArg<&PyObject>,
        hours: OptionalArg<&PyObject>,
        weeks: OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let parts = [
            ("microseconds", microseconds, 1),
            ("milliseconds", milliseconds, 1000),
            ("seconds", seconds, SECOND),
            ("minutes", minutes, SECOND * 60),
            ("hours", hours, SECOND * 3600),
            ("days", days, DAY),
            ("weeks", weeks, DAY * 7),
        ];
        let (mut total, mut left) = (0i128, 0.0);
        for (name, value, factor) in parts {
            if let Some(value) = value.present() {
                total = total
                    .checked_add(component(name, value, factor, &mut left)?)
                    .ok_or_else(too_large)?;
            }
        }
        if left != 0.0 {
            total += round_half_even(left, total);
        }
        PyDelta::new_in(cls, total)
    }

    /// Number of days.
    #[pygetter(name = "days")]
    fn get_days(&self) -> i32 {
        self.days.get()
    }

    /// Number of seconds (>= 0 and less than 1 day).
    #[pygetter(name = "seconds")]
    fn get_seconds(&self) -> i32 {
        self.seconds.get()
    }

    /// Number of microseconds (>= 0 and less than 1 second).
    #[pygetter(name = "microseconds")]
    fn get_microseconds(&self) -> i32 {
        self.micros.get()
    }

    /// Total seconds in the duration.
    #[pymethod(signature = "($self, /)")]
    fn total_seconds(&self) -> PyResult<Obj> {
        ops::true_divide(&*self.total_object()?, &*int(SECOND)?)
    }

    /// __reduce__() -> (cls, state)
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        (self.type_().to_obj(), self.parts()).into_py()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let (days, seconds, micros) = self.parts();
        let parts: Vec<String> = [
            ("days", days),
            ("seconds", seconds),
            ("microseconds", micros),
        ]
        .iter()
        .filter(|(_, value)| *value != 0)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
        let shown = if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(", ")
        };
        Ok(format!("{}({shown})", self.type_().tp_name()))
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<String> {
        let (days, seconds, micros) = self.parts();
        let mut text = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            _ => format!("{days} days, "),
        };
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        text.push_str(&format!(
            "{}:{:02}:{seconds:02}",
            minutes / 60,
            minutes % 60
        ));
        if micros != 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        Ok(text)
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.hashcode.get() == -1 {
            let parts = self.parts().into_py()?;
            self.hashcode.set(parts.hash()?);
        }
        Ok(self.hashcode.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let order = other
            .downcast::<PyDelta>()
            .map(|other| self.parts().cmp(&other.parts()));
        Ok(abstract_::not_implemented_if(
            order.map(|order| op.holds(order)),
        ))
    }
}

/// Both operands, if they are durations.
fn both<'a>(left: &'a PyObject, right: &'a PyObject) -> Option<(&'a PyDelta, &'a PyDelta)> {
    left.downcast::<PyDelta>().zip(right.downcast::<PyDelta>())
}

#[pymethods(NUMBER)]
impl PyDelta {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        match both(left, right) {
            Some((left, right)) => PyDelta::from_total(left.total() + right.total())?.into_py(),
            None => undefined(),
        }
    }

    #[slot(nb_subtract)]
    fn nb_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        match both(left, right) {
            Some((left, right)) => PyDelta::from_total(left.total() - right.total())?.into_py(),
            None => undefined(),
        }
    }

    #[slot(nb_multiply)]
    fn nb_multiply(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let (delta, factor) = match (left.downcast::<PyDelta>(), right.downcast::<PyDelta>()) {
            (Some(delta), _) => (delta, right),
            (None, Some(delta)) => (delta, left),
            (None, None) => return undefined(),
        };
        if let Some(factor) = factor.downcast::<PyLong>() {
            return PyDelta::from_int(&*ops::multiply(&*delta.total_object()?, factor)?.index()?);
        }
        if factor.is_instance_of::<PyFloat>() {
            let (over, under) = ratio(factor)?;
            return scaled(delta, &over, &under);
        }
        undefined()
    }

    #[slot(nb_true_divide)]
    fn nb_true_divide(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let Some(delta) = left.downcast::<PyDelta>() else {
            return undefined();
        };
        if let Some(other) = right.downcast::<PyDelta>() {
            return ops::true_divide(&*delta.total_object()?, &*other.total_object()?);
        }
        if let Some(divisor) = right.downcast::<PyLong>() {
            let quotient = nearest_quotient(&*delta.total_object()?, divisor)?;
            return PyDelta::from_int(&quotient);
        }
        if right.is_instance_of::<PyFloat>() {
            let (over, under) = ratio(right)?;
            return scaled(delta, &under, &over);
        }
        undefined()
    }

    #[slot(nb_floor_divide)]
    fn nb_floor_divide(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let Some(delta) = left.downcast::<PyDelta>() else {
            return undefined();
        };
        if let Some(other) = right.downcast::<PyDelta>() {
            return ops::floor_divide(&*delta.total_object()?, &*other.total_object()?);
        }
        match right.downcast::<PyLong>() {
            Some(divisor) => {
                let quotient = ops::floor_divide(&*delta.total_object()?, divisor)?;
                PyDelta::from_int(&*quotient.index()?)
            }
            None => undefined(),
        }
    }

    #[slot(nb_remainder)]
    fn nb_remainder(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let Some((left, right)) = both(left, right) else {
            return undefined();
        };
        let rest = ops::remainder(&*left.total_object()?, &*right.total_object()?)?;
        PyDelta::from_int(&*rest.index()?)
    }

    #[slot(nb_divmod)]
    fn nb_divmod(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        if both(left, right).is_none() {
            return undefined();
        }
        let quotient = Self::nb_floor_divide(left, right)?;
        (quotient, Self::nb_remainder(left, right)?).into_py()
    }

    #[slot(nb_negative)]
    fn nb_negative(&self) -> PyResult<Py<PyDelta>> {
        PyDelta::from_total(-self.total())
    }

    #[slot(nb_positive)]
    fn nb_positive(&self) -> PyResult<Py<PyDelta>> {
        PyDelta::from_total(self.total())
    }

    #[slot(nb_absolute)]
    fn nb_absolute(&self) -> PyResult<Py<PyDelta>> {
        PyDelta::from_total(self.total().abs())
    }

    #[slot(nb_bool)]
    fn nb_bool(&self) -> bool {
        self.parts() != (0, 0, 0)
    }
}
