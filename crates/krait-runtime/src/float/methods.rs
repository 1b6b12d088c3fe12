//! What floats do.

use std::cmp::Ordering;

use krait_abi as abi;
use krait_macros::pymethods;
use krait_numbers::float as algo;

use super::PyFloat;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, PyLong, PyResult, PyStr, PyTuple, PyType};

/// A float's or int's value as a double; `None` for other classes.
#[inline(always)]
fn operand(value: &PyObject) -> PyResult<Option<f64>> {
    if let Some(float) = value.downcast::<PyFloat>() {
        return Ok(Some(float.value()));
    }
    match value.downcast::<PyLong>() {
        Some(int) => int.to_f64().map(Some),
        None => Ok(None),
    }
}

fn float(value: f64) -> PyResult<Obj> {
    Ok(PyFloat::new(value)?.into_object())
}

/// Applies an operator to two numbers; `NotImplemented` if one is no real number.
#[inline(always)]
fn binary(
    left: &PyObject,
    right: &PyObject,
    op: impl FnOnce(f64, f64) -> PyResult<Obj>,
) -> PyResult<Obj> {
    match (operand(left)?, operand(right)?) {
        (Some(left), Some(right)) => op(left, right),
        _ => Ok(crate::not_implemented().to_obj()),
    }
}

#[cold]
fn zero_division(message: &str) -> crate::PyErr {
    crate::zero_division_error!("{message}")
}

/// `base ** exponent`, with Python's errors; a negative base with a fraction gives a complex.
pub fn power(base: f64, exponent: f64) -> PyResult<Obj> {
    if exponent == 0.0 || base == 1.0 {
        return float(1.0);
    }
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return Err(zero_division("zero to a negative power"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return crate::complex::power_of_floats(base, exponent);
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(crate::overflow_error!(
            "(34, 'Numerical result out of range')"
        ));
    }
    float(result)
}

/// The hash of a double: that of the int with the same value, where there is one.
pub(crate) fn hash_f64(value: f64, object: &PyObject) -> isize {
    match algo::hash(value) {
        Some(-1) => -2,
        Some(hash) => hash as isize,
        // Not-a-numbers are all different: their identity decides.
        None => crate::object_type::identity_hash(object),
    }
}

/// Parses `float(text)`; `None` if it is none.
pub(crate) fn parse(text: &[u8]) -> Option<f64> {
    let is_space = |byte: &u8| matches!(byte, b' ' | 9..=13);
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))? + 1;
    algo::parse(&text[start..end])
}

impl PyFloat {
    /// `float(value)`.
    pub fn from_object(value: &PyObject) -> PyResult<f64> {
        let invalid =
            |shown: String| crate::value_error!("could not convert string to float: {shown}");
        let converts = !value.is_exact::<PyStr>()
            && value.type_().lookup(crate::intern!("__float__")).is_some();
        if !converts && let Some(text) = value.downcast::<PyStr>() {
            let ascii = crate::str::to_ascii_digits(text);
            return match parse(ascii.as_bytes()) {
                Some(number) => Ok(number),
                None => Err(invalid(text.repr()?.to_string_lossy())),
            };
        }
        let is_number = converts || value.has_index();
        if !is_number && let Some(bytes) = crate::bytes::bytes_if_lent(value) {
            return match parse(&bytes) {
                Some(number) => Ok(number),
                None => Err(invalid(value.repr()?.to_string_lossy())),
            };
        }
        if !is_number {
            return Err(crate::type_error!(
                "float() argument must be a string or a real number, not '{}'",
                value.type_().tp_name()
            ));
        }
        value.to_f64()
    }

    fn in_class(class: &PyType, value: f64) -> PyResult<Obj> {
        if std::ptr::eq(class, PyFloat::type_object()) {
            return float(value);
        }
        let object = class.alloc(0)?;
        // SAFETY: an instance of a class laid out on `float`.
        unsafe { object.downcast_unchecked::<PyFloat>() }
            .0
            .ob_fval
            .set(value);
        Ok(object)
    }

    fn to_int(value: f64) -> PyResult<Py<PyLong>> {
        if value.is_nan() {
            return Err(crate::value_error!("cannot convert float NaN to integer"));
        }
        match krait_numbers::BigInt::from_f64(value) {
            Some(int) => PyLong::from_bigint(&int),
            None => Err(crate::overflow_error!(
                "cannot convert float infinity to integer"
            )),
        }
    }
}

#[pymethods(NUMBER)]
impl PyFloat {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| float(a + b))
    }

    #[slot(nb_subtract)]
    fn nb_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| float(a - b))
    }

    #[slot(nb_multiply)]
    fn nb_multiply(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| float(a * b))
    }

    #[slot(nb_true_divide)]
    fn nb_true_divide(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| match b {
            0.0 => Err(zero_division("division by zero")),
            _ => float(a / b),
        })
    }

    #[slot(nb_floor_divide)]
    fn nb_floor_divide(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| match b {
            0.0 => Err(zero_division("division by zero")),
            _ => float(algo::floor_div(a, b)),
        })
    }

    #[slot(nb_remainder)]
    fn nb_remainder(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| match b {
            0.0 => Err(zero_division("division by zero")),
            _ => float(algo::modulo(a, b)),
        })
    }

    #[slot(nb_divmod)]
    fn nb_divmod(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        binary(left, right, |a, b| {
            if b == 0.0 {
                return Err(zero_division("division by zero"));
            }
            let (quotient, rest) = algo::divmod(a, b);
            Ok(PyTuple::from_vec(vec![float(quotient)?, float(rest)?])?.into_object())
        })
    }

    #[slot(nb_power)]
    fn nb_power(base: &PyObject, exponent: &PyObject, modulus: &PyObject) -> PyResult<Obj> {
        if !modulus.is(crate::none()) {
            return Err(crate::type_error!(
                "pow() 3rd argument not allowed unless all arguments are integers"
            ));
        }
        binary(base, exponent, power)
    }

    #[slot(nb_negative)]
    fn nb_negative(&self) -> PyResult<Obj> {
        float(-self.value())
    }

    #[slot(nb_positive, nb_float)]
    fn nb_positive(&self) -> PyResult<Obj> {
        if self.is_exact::<PyFloat>() {
            Ok(self.to_obj())
        } else {
            float(self.value())
        }
    }

    #[slot(nb_absolute)]
    fn nb_absolute(&self) -> PyResult<Obj> {
        float(self.value().abs())
    }

    #[slot(nb_bool)]
    fn nb_bool(&self) -> PyResult<bool> {
        Ok(self.value() != 0.0)
    }

    #[slot(nb_int)]
    fn nb_int(&self) -> PyResult<Py<PyLong>> {
        PyFloat::to_int(self.value())
    }
}

#[pymethods(CORE)]
impl PyFloat {
    #[pynew(signature = "(x=0, /)", vectorcall)]
    fn new_object(class: &PyType, x: crate::OptionalArg<&PyObject>) -> PyResult<Obj> {
        match x.present() {
            None => PyFloat::in_class(class, 0.0),
            Some(x) if x.is_exact::<PyFloat>() && std::ptr::eq(class, PyFloat::type_object()) => {
                Ok(x.to_obj())
            }
            Some(x) => PyFloat::in_class(class, PyFloat::from_object(x)?),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&algo::repr(self.value()))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(hash_f64(self.value(), self))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let value = self.value();
        let order = if let Some(other) = other.downcast::<PyFloat>() {
            value.partial_cmp(&other.value())
        } else if let Some(int) = other.downcast::<PyLong>() {
            int.as_int_ref()
                .partial_cmp_f64(value)
                .map(Ordering::reverse)
        } else {
            return Ok(crate::not_implemented().to_obj());
        };
        // Nothing holds for a not-a-number but `!=`.
        let holds = order.map_or(op == CompareOp::Ne, |order| op.holds(order));
        Ok(crate::bool_object(holds).to_obj())
    }

    /// Return self, the complex conjugate of any float.
    #[pymethod]
    fn conjugate(&self) -> PyResult<Obj> {
        self.nb_positive()
    }

    /// Return the Integral closest to x between 0 and x.
    #[pymethod(name = "__trunc__")]
    fn trunc(&self) -> PyResult<Py<PyLong>> {
        PyFloat::to_int(self.value())
    }

    /// Return the floor as an Integral.
    #[pymethod(name = "__floor__")]
    fn floor(&self) -> PyResult<Py<PyLong>> {
        PyFloat::to_int(self.value().floor())
    }

    /// Return the ceiling as an Integral.
    #[pymethod(name = "__ceil__")]
    fn ceil(&self) -> PyResult<Py<PyLong>> {
        PyFloat::to_int(self.value().ceil())
    }

    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[pymethod(name = "__round__", signature = "($self, ndigits=None, /)")]
    fn round(&self, ndigits: Option<&PyObject>) -> PyResult<Obj> {
        let value = self.value();
        let Some(ndigits) = ndigits else {
            return Ok(PyFloat::to_int(value.round_ties_even())?.into_object());
        };
        let digits = ndigits.as_isize(None)?;
        match algo::round_to_digits(value, digits as i64) {
            Some(rounded) => float(rounded),
            None => Err(crate::overflow_error!(
                "rounded value too large to represent"
            )),
        }
    }

    /// Return True if the float is an integer.
    #[pymethod]
    fn is_integer(&self) -> bool {
        self.value().is_finite() && self.value().fract() == 0.0
    }

    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator. Raise OverflowError on infinities
    /// and a ValueError on NaNs.
    ///
    /// >>> (0.375).as_integer_ratio(), (-4.0).as_integer_ratio()
    /// ((3, 8), (-4, 1))
    #[pymethod]
    fn as_integer_ratio(&self) -> PyResult<Py<PyTuple>> {
        match algo::as_integer_ratio(self.value()) {
            Some((numerator, denominator)) => PyTuple::from_vec(vec![
                PyLong::from_bigint(&numerator)?.into_object(),
                PyLong::from_bigint(&denominator)?.into_object(),
            ]),
            None if self.value().is_nan() => {
                Err(crate::value_error!("cannot convert NaN to integer ratio"))
            }
            None => Err(crate::overflow_error!(
                "cannot convert Infinity to integer ratio"
            )),
        }
    }

    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (0.75).hex(), (-10.0).hex()
    /// ('0x1.8000000000000p-1', '-0x1.4000000000000p+3')
    #[pymethod]
    fn hex(&self) -> String {
        algo::to_hex(self.value())
    }

    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.8p-1'), float.fromhex('-a.8')
    /// (0.75, -10.5)
    #[pyclassmethod(signature = "($type, string, /)")]
    fn fromhex(class: &PyType, string: &PyStr) -> PyResult<Obj> {
        match algo::from_hex(string.to_wtf8().as_bytes()) {
            Ok(value) if std::ptr::eq(class, PyFloat::type_object()) => float(value),
            Ok(value) => class.call1(&*PyFloat::new(value)?),
            Err(algo::FromHexError::Overflow) => Err(crate::overflow_error!(
                "{}",
                algo::FromHexError::Overflow.message()
            )),
            Err(error) => Err(crate::value_error!("{}", error.message())),
        }
    }

    /// Convert real number to a floating-point number.
    #[pyclassmethod(signature = "($type, number, /)")]
    fn from_number(class: &PyType, number: &PyObject) -> PyResult<Obj> {
        let exact = std::ptr::eq(class, PyFloat::type_object());
        if exact && number.is_exact::<PyFloat>() {
            return Ok(number.to_obj());
        }
        let value = number.to_f64()?;
        if exact {
            float(value)
        } else {
            class.call1(&*PyFloat::new(value)?)
        }
    }

    #[pymethod(name = "__getnewargs__")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_vec(vec![float(self.value())?])
    }

    /// Formats the float according to format_spec.
    #[pymethod(name = "__format__", signature = "($self, format_spec, /)")]
    fn format_method(&self, format_spec: &PyStr) -> PyResult<Py<PyStr>> {
        crate::formatter::format_float(self, format_spec)
    }

    /// You probably don't want to use this function: it exists for the tests.
    #[pyclassmethod(name = "__getformat__", signature = "($type, typestr, /)")]
    fn getformat(_class: &PyType, typestr: &PyStr) -> PyResult<&'static str> {
        if typestr.is_text("double") || typestr.is_text("float") {
            return Ok(if cfg!(target_endian = "big") {
                "IEEE, big-endian"
            } else {
                "IEEE, little-endian"
            });
        }
        Err(crate::value_error!(
            "__getformat__() argument 1 must be 'double' or 'float'"
        ))
    }

    /// the real part of a complex number
    #[pygetter]
    fn real(&self) -> PyResult<Obj> {
        self.nb_positive()
    }

    /// the imaginary part of a complex number
    #[pygetter]
    fn imag(&self) -> f64 {
        0.0
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a float that nothing refers to any more; an exact one has
        // nothing before its header.
        unsafe {
            if std::ptr::eq(
                (*object).ob_type.get(),
                PyFloat::type_object().as_type_ptr(),
            ) {
                crate::alloc::free(object.cast());
            } else {
                crate::alloc::free_object(object);
            }
        }
    }
}
