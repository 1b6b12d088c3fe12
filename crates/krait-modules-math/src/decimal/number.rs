//! `Decimal`: the class, its constructors and what it shows of itself.

use std::cell::Cell;

use krait_decimal::{Coefficient, Decimal, Kind, write_sci};
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    OptionalArg, PyLong, PyResult, PyStr, PyTuple, PyType, overflow_error, system_error,
    type_error, value_error,
};

use super::current::{context_or_current, current};
use super::{convert, state};

/// Construct a new Decimal object. value can be an integer, string, tuple,
/// float or another Decimal. If no value is given, the result is Decimal('0').
/// Of the context only the trap for text that is no number matters:
/// the value is never rounded.
#[pyclass(
    name = "Decimal",
    module = "decimal",
    flags(BASETYPE),
    methods(
        CORE,
        NUMBER,
        COMPARISON,
        CONVERSIONS,
        UNARY,
        BINARY,
        QUESTIONS,
        OTHERS,
        FORMAT
    )
)]
#[repr(C)]
pub(super) struct PyDecimal {
    ob_base: PyObject,
    /// The hash, once it is known; -1 before.
    pub(super) hash: Cell<isize>,
    pub(super) value: Decimal,
}

impl PyDecimal {
    /// A decimal number as a plain object.
    #[inline]
    pub(super) fn make(value: Decimal) -> PyResult<Obj> {
        let made = Py::new(PyDecimal {
            ob_base: PyObject::HEADER,
            hash: Cell::new(-1),
            value,
        })?;
        Ok(made.into_object())
    }

    /// A decimal number as an object of a class.
    fn make_in(cls: &PyType, value: Decimal) -> PyResult<Obj> {
        let made = Py::new_in(
            cls,
            PyDecimal {
                ob_base: PyObject::HEADER,
                hash: Cell::new(-1),
                value,
            },
        )?;
        Ok(made.into_object())
    }

    /// The exact number as an object of a class: the object itself, if it is one of exactly `Decimal`.
    fn exact_in(cls: &PyType, number: &PyObject) -> Option<PyResult<Obj>> {
        let value = number.downcast::<PyDecimal>()?;
        if number.is_exact::<PyDecimal>() && std::ptr::eq(cls, PyDecimal::type_object()) {
            return Some(Ok(number.to_obj()));
        }
        Some(Self::make_in(cls, value.value.clone()))
    }

    /// What a subclass makes of a number, by its own constructor.
    fn through_class(cls: &PyType, value: Decimal) -> PyResult<Obj> {
        let number = Self::make(value)?;
        if std::ptr::eq(cls, PyDecimal::type_object()) {
            return Ok(number);
        }
        cls.as_object().call1(&number)
    }

    /// The text in scientific notation, as the current context writes exponents, between two others.
    fn text_between(&self, before: &[u8], after: &[u8]) -> PyResult<Py<PyStr>> {
        let capitals = current()?.capitals();
        let room = self.value.digits() + before.len() + after.len() + ROOM_FOR_EXPONENT;
        let mut text = Vec::with_capacity(room);
        text.extend_from_slice(before);
        write_sci(&self.value, capitals, &mut text);
        text.extend_from_slice(after);
        PyStr::from_ascii(&text).unwrap_or_else(|| Err(system_error!("a number's text is ASCII")))
    }
}

/// What a number's text needs beside its digits: a sign, a point, zeros and an exponent.
const ROOM_FOR_EXPONENT: usize = 32;

fn int(value: i64) -> PyResult<Obj> {
    PyLong::from_i64(value).map(Py::into_object)
}

/// The digits of a coefficient as a tuple of ints.
fn digits(coefficient: &Coefficient) -> PyResult<Obj> {
    let digits = coefficient.to_digits().into_iter();
    let digits = digits.map(|digit| int(i64::from(digit)));
    let digits = digits.collect::<PyResult<Vec<Obj>>>()?;
    Ok(PyTuple::from_vec(digits)?.into_object())
}

#[pymethods(CORE)]
impl PyDecimal {
    #[pynew(signature = "(value=\"0\", context=None)", anonymous, vectorcall)]
    fn new(
        cls: &PyType,
        value: OptionalArg<&PyObject>,
        context: Option<&PyObject>,
    ) -> PyResult<Obj> {
        let context = context_or_current(context)?;
        let Some(value) = value.present() else {
            return Self::make_in(cls, Decimal::zero());
        };
        if let Some(made) = Self::exact_in(cls, value) {
            return made;
        }
        Self::make_in(cls, convert::exact(value, &context)?)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        self.text_between(b"Decimal('", b"')")
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Py<PyStr>> {
        self.text_between(b"", b"")
    }

    /// Convert a float or an int to a Decimal number, exactly. Since 0.1 is
    /// not exactly representable in binary floating point,
    /// Decimal.from_float(0.1) is not the same as Decimal('0.1').
    #[pyclassmethod(signature = "($type, f, /)")]
    fn from_float(cls: &PyType, f: &PyObject) -> PyResult<Obj> {
        Self::through_class(cls, convert::float_or_int(f)?)
    }

    /// Convert a real number to a Decimal number, exactly.
    ///
    /// >>> Decimal.from_number(314)
    /// Decimal('314')
    /// >>> Decimal.from_number(0.1)
    /// Decimal('0.1000000000000000055511151231257827021181583404541015625')
    #[pyclassmethod(signature = "($type, number, /)")]
    fn from_number(cls: &PyType, number: &PyObject) -> PyResult<Obj> {
        let value = match number.downcast::<PyDecimal>() {
            Some(number) => number.value.clone(),
            None => convert::number(number)?,
        };
        Self::through_class(cls, value)
    }

    /// Return a tuple representation of the number: sign, digits, exponent.
    #[pymethod(signature = "($self, /)")]
    fn as_tuple(&self) -> PyResult<Obj> {
        let value = &self.value;
        let letter = |letter: &str| PyStr::intern(letter).map(Py::into_object);
        let payload = || {
            if value.coefficient().is_zero() {
                Ok(PyTuple::empty().into_object())
            } else {
                digits(value.coefficient())
            }
        };
        let (digits, exponent) = match value.kind() {
            Kind::Finite => (digits(value.coefficient())?, int(value.exponent())?),
            Kind::Infinity => (PyTuple::from_array([int(0)?])?.into_object(), letter("F")?),
            Kind::QuietNan => (payload()?, letter("n")?),
            Kind::SignalingNan => (payload()?, letter("N")?),
        };
        let sign = int(i64::from(value.negative()))?;
        state()?
            .decimal_tuple
            .as_object()
            .call(&[&sign, &digits, &exponent])
    }

    /// Decimal.as_integer_ratio() -> (int, int)
    ///
    /// Return a pair of integers whose ratio is exactly the number, in lowest
    /// terms and with a positive denominator. Infinities raise OverflowError
    /// and NaNs ValueError.
    #[pymethod(signature = "($self, /)")]
    fn as_integer_ratio(&self) -> PyResult<(Obj, Obj)> {
        match self.value.kind() {
            Kind::Finite => convert::integer_ratio(&self.value),
            Kind::Infinity => Err(overflow_error!("cannot convert Infinity to integer ratio")),
            _ => Err(value_error!("cannot convert NaN to integer ratio")),
        }
    }

    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn copy(&self) -> Obj {
        self.to_obj()
    }

    #[pymethod(name = "__deepcopy__", signature = "($self, object, /)")]
    fn deepcopy(&self, _memo: &PyObject) -> Obj {
        self.to_obj()
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<(Obj, (Py<PyStr>,))> {
        Ok((self.as_object().type_().to_obj(), (self.str()?,)))
    }

    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn size(&self) -> usize {
        let own = self.as_object().type_().raw().tp_basicsize.get() as usize;
        own + self.value.heap_size()
    }

    #[pygetter]
    fn real(&self) -> Obj {
        self.to_obj()
    }

    #[pygetter]
    fn imag(&self) -> PyResult<Obj> {
        PyDecimal::make(Decimal::zero())
    }

    /// Return the adjusted exponent of the number: the exponent of its first
    /// digit. It is 0 for infinities and NaNs.
    #[pymethod(signature = "($self, /)")]
    fn adjusted(&self) -> i64 {
        if self.value.is_finite() {
            self.value.adjusted()
        } else {
            0
        }
    }
}

/// The number that an argument must be.
pub(super) fn decimal(object: &PyObject) -> PyResult<&PyDecimal> {
    object
        .downcast::<PyDecimal>()
        .ok_or_else(|| type_error!("argument must be a Decimal"))
}
