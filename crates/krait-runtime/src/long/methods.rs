//! What ints do beyond arithmetic: construction, text, bytes, rounding.

use krait_abi as abi;
use krait_macros::pymethods;
use krait_numbers::BigInt;
use krait_numbers::bigint::{bit_length, scan_int};

use super::{PyLong, ops};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{
    CompareOp, Interpreter, OptionalArg, PyBytes, PyErr, PyResult, PyStr, PyTuple, PyType,
};

/// The value of a plain decimal number that fits a machine word whatever its digits are; `None` for
/// everything else, right or wrong.
fn short_decimal(text: &str) -> Option<i64> {
    const SAFE_DIGITS: usize = 18;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > SAFE_DIGITS {
        return None;
    }
    let mut value = 0;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(if negative { -value } else { value })
}

impl PyLong {
    /// An instance of `int` or of a subclass with this value.
    fn in_class(class: &PyType, value: Py<PyLong>) -> PyResult<Obj> {
        if std::ptr::eq(class, PyLong::type_object()) {
            return Ok(PyLong::exact_copy(&value)?.into_object());
        }
        let object = class.alloc(value.digit_count().max(1))?;
        // SAFETY: `tp_alloc` made room for the digits; an int's fields are plain data.
        unsafe {
            let raw = &*object.as_ptr().cast::<abi::PyLongObject>();
            let tag = value.0.long_value.lv_tag.get() & !abi::IMMORTALITY_BIT_MASK;
            raw.long_value.lv_tag.set(tag);
            let digits = object.as_ptr().byte_add(super::HEADER).cast::<u32>();
            digits.write(0);
            digits.copy_from_nonoverlapping(value.digits().as_ptr(), value.digit_count());
        }
        Ok(object)
    }

    /// The decimal text as a string object: what `str()` and `repr()` give.
    pub fn to_decimal_str(&self) -> PyResult<Py<PyStr>> {
        if !self.is_compact() {
            return PyStr::new(&self.to_decimal()?);
        }
        let mut buffer = [0; krait_numbers::DECIMAL_DIGITS];
        let digits = krait_numbers::decimal_digits(self.compact_value(), &mut buffer);
        PyStr::from_ascii_bytes(digits)
    }

    /// The decimal text; `ValueError` beyond the interpreter's limit of digits.
    pub fn to_decimal(&self) -> PyResult<String> {
        if self.is_compact() {
            return Ok(self.compact_value().to_string());
        }
        let limit = Interpreter::current().int_max_str_digits.get();
        // A digit has a little more than nine decimal ones: no need to convert to know.
        if limit > 0 && self.digit_count() >= 10 * limit / 90 {
            let bits = bit_length(self.digits());
            if (bits as f64 * std::f64::consts::LOG10_2) as usize > limit {
                return Err(too_many_digits_out(limit));
            }
        }
        let text = self.as_int_ref().to_str_radix(10);
        if limit > 0 && text.len() - usize::from(self.is_negative()) > limit {
            return Err(too_many_digits_out(limit));
        }
        Ok(text)
    }

    /// `int(text, base)`; `shown` is what the error message shows.
    pub fn parse(
        text: &[u8],
        base: u32,
        shown: impl FnOnce() -> PyResult<String>,
    ) -> PyResult<Py<PyLong>> {
        let Some(scanned) = scan_int(text, base) else {
            return Err(crate::value_error!(
                "invalid literal for int() with base {base}: {}",
                shown()?
            ));
        };
        let limit = Interpreter::current().int_max_str_digits.get();
        if limit > 0 && !scanned.radix.is_power_of_two() && scanned.digits.len() > limit {
            let count = scanned
                .digits
                .iter()
                .filter(|&&digit| digit != b'_')
                .count();
            if count > limit {
                return Err(crate::value_error!(
                    "Exceeds the limit ({limit} digits) for integer string conversion: value has \
                     {count} digits; use sys.set_int_max_str_digits() to increase the limit"
                ));
            }
        }
        PyLong::from_bigint(&scanned.to_bigint())
    }

    /// `int(str, base)`: Unicode digits and spaces count like ASCII's.
    pub fn from_str(text: &PyStr, base: u32) -> PyResult<Py<PyLong>> {
        if base == 10
            && let Some(value) = text.as_ascii().and_then(short_decimal)
        {
            return PyLong::from_i64(value);
        }
        let ascii = crate::str::to_ascii_digits(text);
        PyLong::parse(ascii.as_bytes(), base, || {
            Ok(text.repr()?.to_string_lossy())
        })
    }

    /// `int(value)` without a base.
    pub fn from_object(value: &PyObject) -> PyResult<Py<PyLong>> {
        if let Some(int) = value.to_int_slots()? {
            return Ok(int);
        }
        if let Some(text) = value.downcast::<PyStr>() {
            return PyLong::from_str(text, 10);
        }
        if let Some(bytes) = crate::bytes::bytes_if_lent(value) {
            return PyLong::parse(&bytes, 10, || {
                Ok(PyBytes::new(&bytes)?.repr()?.to_string_lossy())
            });
        }
        Err(crate::type_error!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            value.type_().tp_name()
        ))
    }
}

#[cold]
fn too_many_digits_out(limit: usize) -> PyErr {
    crate::value_error!(
        "Exceeds the limit ({limit} digits) for integer string conversion; use \
         sys.set_int_max_str_digits() to increase the limit"
    )
}

/// `byteorder` arguments: whether it is "little".
fn is_little(order: OptionalArg<&PyStr>) -> PyResult<bool> {
    match order.present() {
        None => Ok(false),
        Some(order) if order.is_text("little") => Ok(true),
        Some(order) if order.is_text("big") => Ok(false),
        Some(_) => Err(crate::value_error!(
            "byteorder must be either 'little' or 'big'"
        )),
    }
}

#[pymethods(CORE)]
impl PyLong {
    #[pynew(signature = "(x=0, /, base=10)", text_signature = "", vectorcall)]
    fn new(
        class: &PyType,
        x: OptionalArg<&PyObject>,
        base: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let value = match (x.present(), base.present()) {
            (None, None) => PyLong::from_i64(0)?,
            (None, Some(_)) => return Err(crate::type_error!("int() missing string argument")),
            (Some(x), None) => PyLong::from_object(x)?,
            (Some(x), Some(base)) => {
                let base = base.as_isize(None)?;
                if base != 0 && !(2..=36).contains(&base) {
                    return Err(crate::value_error!(
                        "int() base must be >= 2 and <= 36, or 0"
                    ));
                }
                if let Some(text) = x.downcast::<PyStr>() {
                    PyLong::from_str(text, base as u32)?
                } else if let Some(bytes) = crate::bytes::bytes_or_bytearray(x) {
                    PyLong::parse(&bytes, base as u32, || {
                        Ok(PyBytes::new(&bytes)?.repr()?.to_string_lossy())
                    })?
                } else {
                    return Err(crate::type_error!(
                        "int() can't convert non-string with explicit base"
                    ));
                }
            }
        };
        PyLong::in_class(class, value)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        self.to_decimal_str()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(ops::hash(self))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        Ok(match other.downcast::<PyLong>() {
            Some(other) => crate::bool_object(op.holds(self.compare(other))).to_obj(),
            None => crate::not_implemented().to_obj(),
        })
    }

    /// Returns self, the complex conjugate of any int.
    #[pymethod]
    fn conjugate(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> (0).bit_length(), (8).bit_length(), (-255).bit_length()
    /// (0, 4, 8)
    #[pymethod]
    fn bit_length(&self) -> u64 {
        self.as_int_ref().bit_length()
    }

    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// >>> (10).bit_count(), (-7).bit_count()
    /// (2, 3)
    #[pymethod]
    fn bit_count(&self) -> u64 {
        self.as_int_ref().bit_count()
    }

    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (-3).as_integer_ratio()
    /// (-3, 1)
    #[pymethod]
    fn as_integer_ratio(&self) -> PyResult<Py<PyTuple>> {
        let one = PyLong::from_i64(1)?.into_object();
        PyTuple::from_vec(vec![PyLong::exact_copy(self)?.into_object(), one])
    }

    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[pymethod]
    fn is_integer(&self) -> bool {
        true
    }

    /// Return an array of bytes representing an integer.
    ///
    /// An OverflowError is raised if the integer is not representable with the given number of
    /// bytes.
    #[pymethod(signature = "($self, /, length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(
        &self,
        length: OptionalArg<isize>,
        byteorder: OptionalArg<&PyStr>,
        signed: bool,
    ) -> PyResult<Py<PyBytes>> {
        let little = is_little(byteorder)?;
        let Ok(length) = usize::try_from(length.present().unwrap_or(1)) else {
            return Err(crate::value_error!("length argument must be non-negative"));
        };
        let value = self.as_int_ref();
        let bytes = if little {
            value.to_le_bytes(length, signed)
        } else {
            value.to_be_bytes(length, signed)
        };
        match bytes {
            Ok(bytes) => PyBytes::new(&bytes),
            Err(error) => Err(crate::overflow_error!("{}", error.message())),
        }
    }

    /// Return the integer represented by the given array of bytes.
    #[pyclassmethod(signature = "($type, /, bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(
        class: &PyType,
        bytes: &PyObject,
        byteorder: OptionalArg<&PyStr>,
        signed: bool,
    ) -> PyResult<Obj> {
        let little = is_little(byteorder)?;
        let bytes = crate::bytes::from_object(bytes)?;
        let value = if little {
            BigInt::from_le_bytes(bytes.as_bytes(), signed)
        } else {
            BigInt::from_be_bytes(bytes.as_bytes(), signed)
        };
        let value = PyLong::from_bigint(&value)?;
        if std::ptr::eq(class, PyLong::type_object()) {
            return Ok(value.into_object());
        }
        class.call1(&value)
    }

    /// Truncating an Integral returns itself.
    #[pymethod(name = "__trunc__")]
    fn trunc(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// Flooring an Integral returns itself.
    #[pymethod(name = "__floor__")]
    fn floor(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// Ceiling of an Integral returns itself.
    #[pymethod(name = "__ceil__")]
    fn ceil(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[pymethod(name = "__round__", signature = "($self, ndigits=None, /)")]
    fn round(&self, ndigits: Option<&PyObject>) -> PyResult<Obj> {
        let Some(ndigits) = ndigits else {
            return Ok(PyLong::exact_copy(self)?.into_object());
        };
        let ndigits = ndigits.index()?;
        if !ndigits.is_negative() {
            return Ok(PyLong::exact_copy(self)?.into_object());
        }
        // To the nearest multiple of 10 ** -ndigits, halves to the even one.
        let power = PyLong::from_bigint(&ndigits.as_int_ref().neg().to_owned())?;
        let unit = ops::power(&*PyLong::from_i64(10)?, &power, None)?.index()?;
        let rest = ops::remainder(self, &unit)?;
        let down = self.subtract(&rest)?;
        let doubled = rest.add(&rest)?;
        let up = match doubled.index()?.compare(&unit) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => ops::floor_divide(self, &unit)?
                .index()?
                .digits()
                .first()
                .is_some_and(|d| d & 1 == 1),
        };
        if up { down.add(&unit) } else { Ok(down) }
    }

    #[pymethod(name = "__getnewargs__")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_vec(vec![PyLong::exact_copy(self)?.into_object()])
    }

    /// Convert to a string according to format_spec.
    #[pymethod(name = "__format__", signature = "($self, format_spec, /)")]
    fn format_method(&self, format_spec: &PyStr) -> PyResult<Py<PyStr>> {
        crate::formatter::format_int(self, format_spec)
    }

    /// Returns size in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        // There is always room for one digit, also in subclasses.
        let digits = self.digit_count().max(1);
        PyLong::type_object().raw().tp_basicsize.get() as usize + digits * size_of::<u32>()
    }

    /// the real part of a complex number
    #[pygetter]
    fn real(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// the imaginary part of a complex number
    #[pygetter]
    fn imag(&self) -> i64 {
        0
    }

    /// the numerator of a rational number in lowest terms
    #[pygetter]
    fn numerator(&self) -> PyResult<Py<PyLong>> {
        PyLong::exact_copy(self)
    }

    /// the denominator of a rational number in lowest terms
    #[pygetter]
    fn denominator(&self) -> i64 {
        1
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe { ops::dealloc(object) }
    }
}
