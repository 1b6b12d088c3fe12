//! `floatobject.h` and `complexobject.h`.

use std::ffi::{c_char, c_double, c_int};

use krait_abi as abi;
use krait_runtime::memoryview::{f64_to_half, half_to_f64};
use krait_runtime::{PyComplex, PyFloat, overflow_error};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_FromDouble(value: c_double) -> Out {
    run(|| PyFloat::new(value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_FromString(text: Arg) -> Out {
    run(|| PyFloat::new(PyFloat::from_object(some(text)?)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_AsDouble(object: Arg) -> c_double {
    run(|| match object {
        Some(object) => object.to_f64(),
        None => Err(krait_runtime::type_error!(
            "bad argument type for built-in operation"
        )),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_GetMax() -> c_double {
    f64::MAX
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_GetMin() -> c_double {
    f64::MIN_POSITIVE
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_GetInfo() -> Out {
    run(|| crate::longobject::sys_attribute("float_info"))
}

/// Writes bytes where C wants them, in the order that it wants.
///
/// # Safety
/// There is room for `N` bytes at `data`.
unsafe fn pack<const N: usize>(
    mut bytes: [u8; N],
    data: *mut c_char,
    little_endian: c_int,
) -> c_int {
    if little_endian == 0 {
        bytes.reverse();
    }
    // SAFETY: the caller's contract.
    unsafe { data.cast::<[u8; N]>().write_unaligned(bytes) };
    0
}

/// The reverse of [`pack`].
///
/// # Safety
/// There are `N` bytes at `data`.
unsafe fn unpack<const N: usize>(data: *const c_char, little_endian: c_int) -> [u8; N] {
    // SAFETY: the caller's contract.
    let mut bytes = unsafe { data.cast::<[u8; N]>().read_unaligned() };
    if little_endian == 0 {
        bytes.reverse();
    }
    bytes
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Pack2(
    value: c_double,
    data: *mut c_char,
    little_endian: c_int,
) -> c_int {
    let Some(half) = f64_to_half(value) else {
        let _error = overflow_error!("float too large to pack with e format");
        return -1;
    };
    // SAFETY: the caller's two bytes.
    unsafe { pack(half.to_le_bytes(), data, little_endian) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Pack4(
    value: c_double,
    data: *mut c_char,
    little_endian: c_int,
) -> c_int {
    let single = value as f32;
    if single.is_infinite() && !value.is_infinite() {
        let _error = overflow_error!("float too large to pack with f format");
        return -1;
    }
    // SAFETY: the caller's four bytes.
    unsafe { pack(single.to_le_bytes(), data, little_endian) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Pack8(
    value: c_double,
    data: *mut c_char,
    little_endian: c_int,
) -> c_int {
    // SAFETY: the caller's eight bytes.
    unsafe { pack(value.to_le_bytes(), data, little_endian) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Unpack2(data: *const c_char, little_endian: c_int) -> c_double {
    // SAFETY: the caller's two bytes.
    half_to_f64(u16::from_le_bytes(unsafe { unpack(data, little_endian) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Unpack4(data: *const c_char, little_endian: c_int) -> c_double {
    // SAFETY: the caller's four bytes.
    f64::from(f32::from_le_bytes(unsafe { unpack(data, little_endian) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_Unpack8(data: *const c_char, little_endian: c_int) -> c_double {
    // SAFETY: the caller's eight bytes.
    f64::from_le_bytes(unsafe { unpack(data, little_endian) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyComplex_FromDoubles(real: c_double, imag: c_double) -> Out {
    run(|| PyComplex::new(real, imag))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyComplex_FromCComplex(value: abi::Py_complex) -> Out {
    run(|| PyComplex::new(value.real, value.imag))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyComplex_RealAsDouble(object: Arg) -> c_double {
    run(|| Ok(PyComplex::from_object(some(object)?)?.real))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyComplex_ImagAsDouble(object: Arg) -> c_double {
    run(|| {
        let object = some(object)?;
        match object.downcast::<PyComplex>() {
            Some(value) => Ok(value.imag()),
            None => Ok(PyComplex::from_object(object)?.imag),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyComplex_AsCComplex(object: Arg) -> abi::Py_complex {
    some(object)
        .and_then(PyComplex::from_object)
        .unwrap_or(abi::Py_complex {
            real: -1.0,
            imag: 0.0,
        })
}

/// The hash of a number, as `hash()` gives it; a NaN's is its object's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_HashDouble(object: Arg, value: c_double) -> isize {
    if let (true, Some(object)) = (value.is_nan(), object) {
        return krait_runtime::object_type::identity_hash(object);
    }
    run(|| krait_runtime::PyClass::as_object(&*PyFloat::new(value)?).hash())
}

macro_rules! complex_operators {
    ($($name:ident $op:ident;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(left: abi::Py_complex, right: abi::Py_complex) -> abi::Py_complex {
            complex_operation(left, right, krait_runtime::BinaryOp::$op)
        }
    )+ };
}

/// Does arithmetic on complex numbers as objects: a division by zero leaves `errno` set.
fn complex_operation(
    left: abi::Py_complex,
    right: abi::Py_complex,
    op: krait_runtime::BinaryOp,
) -> abi::Py_complex {
    let result = PyComplex::new(left.real, left.imag).and_then(|left| {
        let right = PyComplex::new(right.real, right.imag)?;
        let result = krait_runtime::abstract_::binary_op(&left, &right, op)?;
        Ok(cast::<PyComplex>(Some(&result))?.value())
    });
    result.unwrap_or_else(|error| {
        const EDOM: i32 = 33;
        const ERANGE: i32 = 34;
        let errno = if error.matches(&krait_runtime::exc::OverflowError) {
            ERANGE
        } else {
            EDOM
        };
        error.clear();
        krait_host::errno::Errno(errno).set_last();
        abi::Py_complex {
            real: 0.0,
            imag: 0.0,
        }
    })
}

complex_operators! {
    _Py_c_sum Add;
    _Py_c_diff Subtract;
    _Py_c_prod Multiply;
    _Py_c_quot TrueDivide;
    _Py_c_pow Power;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_c_neg(value: abi::Py_complex) -> abi::Py_complex {
    abi::Py_complex {
        real: -value.real,
        imag: -value.imag,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_c_abs(value: abi::Py_complex) -> c_double {
    value.real.hypot(value.imag)
}
