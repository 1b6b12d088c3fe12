//! Single items of a memoryview: from memory to objects and back, by their format code.

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyBytes, PyErr, PyFloat, PyLong, PyResult};

/// Bytes of an item of a native format code; `None` for unknown codes.
pub(super) fn size_of_code(code: u8) -> Option<isize> {
    Some(match code {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
        _ => return None,
    })
}

/// The object of an item.
///
/// # Safety
/// `item` must point at an item of this format.
pub(super) unsafe fn unpack(code: u8, item: *const u8) -> PyResult<Obj> {
    macro_rules! read {
        ($ty:ty) => {
            // SAFETY: the caller's contract; items need not be aligned.
            unsafe { item.cast::<$ty>().read_unaligned() }
        };
    }
    let signed = |value: i64| PyLong::from_i64(value).map(Py::into_object);
    let unsigned = |value: u64| PyLong::from_u64(value).map(Py::into_object);
    match code {
        b'B' => unsigned(read!(u8).into()),
        b'b' => signed(read!(i8).into()),
        b'c' => Ok(PyBytes::new(&[read!(u8)])?.into_object()),
        b'?' => Ok(PyClass::to_obj(crate::bool_object(read!(u8) != 0))),
        b'h' => signed(read!(i16).into()),
        b'H' => unsigned(read!(u16).into()),
        b'i' => signed(read!(i32).into()),
        b'I' => unsigned(read!(u32).into()),
        b'l' | b'q' | b'n' => signed(read!(i64)),
        b'L' | b'Q' | b'N' | b'P' => unsigned(read!(u64)),
        b'e' => Ok(PyFloat::new(half_to_f64(read!(u16)))?.into_object()),
        b'f' => Ok(PyFloat::new(read!(f32).into())?.into_object()),
        b'd' => Ok(PyFloat::new(read!(f64))?.into_object()),
        _ => Err(unsupported(&[code])),
    }
}

/// The bytes of an object as an item.
pub(super) fn pack(code: u8, value: &PyObject) -> PyResult<Vec<u8>> {
    let format = char::from(code);
    let invalid_type = || crate::type_error!("memoryview: invalid type for format '{format}'");
    let invalid_value = || crate::value_error!("memoryview: invalid value for format '{format}'");
    let typed = |error: PyErr| {
        if error.matches(&crate::exc::TypeError) {
            error.clear();
            return invalid_type();
        }
        error
    };
    let signed = |bits: u32| -> PyResult<i64> {
        let value = value
            .index()
            .map_err(typed)?
            .to_i64()
            .ok_or_else(invalid_value)?;
        if bits < 64 && !(-(1_i64 << (bits - 1))..1 << (bits - 1)).contains(&value) {
            return Err(invalid_value());
        }
        Ok(value)
    };
    let unsigned = |bits: u32| -> PyResult<u64> {
        let value = value
            .index()
            .map_err(typed)?
            .to_u64()
            .ok_or_else(invalid_value)?;
        if bits < 64 && value >> bits != 0 {
            return Err(invalid_value());
        }
        Ok(value)
    };
    Ok(match code {
        b'B' => vec![unsigned(8)? as u8],
        b'b' => (signed(8)? as i8).to_ne_bytes().to_vec(),
        b'h' => (signed(16)? as i16).to_ne_bytes().to_vec(),
        b'H' => (unsigned(16)? as u16).to_ne_bytes().to_vec(),
        b'i' => (signed(32)? as i32).to_ne_bytes().to_vec(),
        b'I' => (unsigned(32)? as u32).to_ne_bytes().to_vec(),
        b'l' | b'q' | b'n' => signed(64)?.to_ne_bytes().to_vec(),
        b'L' | b'Q' | b'N' | b'P' => unsigned(64)?.to_ne_bytes().to_vec(),
        b'?' => vec![u8::from(value.is_true()?)],
        b'e' => f64_to_half(value.to_f64().map_err(typed)?)
            .ok_or_else(invalid_value)?
            .to_ne_bytes()
            .to_vec(),
        b'f' => (value.to_f64().map_err(typed)? as f32)
            .to_ne_bytes()
            .to_vec(),
        b'd' => value.to_f64().map_err(typed)?.to_ne_bytes().to_vec(),
        b'c' => {
            let Some(bytes) = value.downcast::<PyBytes>() else {
                return Err(invalid_type());
            };
            let [byte] = bytes.as_bytes() else {
                return Err(invalid_value());
            };
            vec![*byte]
        }
        _ => return Err(unsupported(&[code])),
    })
}

/// A format that memoryviews do not read.
pub(super) fn unsupported(format: &[u8]) -> PyErr {
    crate::exc!(
        NotImplementedError,
        "memoryview: format {} not supported",
        String::from_utf8_lossy(format)
    )
}

/// The value of an IEEE half-precision number.
pub fn half_to_f64(half: u16) -> f64 {
    let sign = if half & 0x8000 != 0 { -1.0 } else { 1.0 };
    let exponent = i32::from(half >> 10 & 0x1F);
    let fraction = f64::from(half & 0x3FF);
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN.copysign(sign),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The nearest IEEE half-precision number, halves to even; `None` if the value is too large.
pub fn f64_to_half(value: f64) -> Option<u16> {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    if value.is_nan() {
        return Some(sign | 0x7E00);
    }
    if value.is_infinite() {
        return Some(sign | 0x7C00);
    }
    let magnitude = value.abs();
    // In units of the last place at this magnitude, where rounding is that of an integer.
    let exponent = if magnitude < 2f64.powi(-14) {
        -14
    } else {
        (magnitude.to_bits() >> 52) as i32 - 1023
    };
    if exponent > 15 {
        return None;
    }
    let units = (magnitude * 2f64.powi(10 - exponent)).round_ties_even() as u32;
    // A carry out of the fraction moves into the exponent by itself.
    let bits = if units < 1024 {
        units
    } else {
        ((exponent + 14) as u32 * 1024) + units
    };
    if bits >= 0x7C00 {
        None
    } else {
        Some(sign | bits as u16)
    }
}
