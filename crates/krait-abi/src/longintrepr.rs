//! `cpython/longintrepr.h` and `pycore_long.h`: integers as 30-bit digits behind a tag of size and sign.

use core::cell::Cell;
use core::ffi::{c_int, c_void};

use crate::{Py_ssize_t, PyObject};

/// One base 2^30 digit.
pub type digit = u32;
/// Signed variant of [`digit`].
pub type sdigit = i32;
/// Holds the product of two digits.
pub type twodigits = u64;
/// Signed variant of [`twodigits`].
pub type stwodigits = i64;

abi_structs! {
    /// Tag (number of digits, immortality bit, sign) and digits, least significant first.
    pub struct _PyLongValue {
        pub lv_tag: Cell<usize>,
        pub ob_digit: [Cell<digit>; 1],
    }

    /// `int` and `bool`.
    pub struct PyLongObject {
        pub ob_base: PyObject,
        pub long_value: _PyLongValue,
    }

    /// The layout of digits that `PyLong_GetNativeLayout` describes.
    #[derive(Clone, Copy)]
    pub struct PyLongLayout {
        pub bits_per_digit: u8,
        pub digit_size: u8,
        pub digits_order: i8,
        pub digit_endianness: i8,
    }

    /// What `PyLong_Export` fills in.
    pub struct PyLongExport {
        pub value: Cell<i64>,
        pub negative: Cell<u8>,
        pub ndigits: Cell<Py_ssize_t>,
        pub digits: Cell<*const c_void>,
        pub _reserved: Cell<usize>,
    }
}

abi_sync!(PyLongObject);

abi_consts! {
    pub const PyLong_SHIFT: c_int = 30;
    pub const _PyLong_DECIMAL_SHIFT: c_int = 9;
    pub const _PyLong_DECIMAL_BASE: digit = 1_000_000_000;
    pub const PyLong_BASE: digit = 1 << PyLong_SHIFT;
    pub const PyLong_MASK: digit = PyLong_BASE - 1;
    /// The sign in `lv_tag`: 0 positive, 1 zero, 2 negative.
    pub const _PyLong_SIGN_MASK: usize = 3;
    /// The number of digits is `lv_tag` shifted right by this.
    pub const _PyLong_NON_SIZE_BITS: u32 = 3;
    pub const SIGN_MASK: usize = 3;
    pub const SIGN_ZERO: usize = 1;
    pub const SIGN_NEGATIVE: usize = 2;
    pub const NON_SIZE_BITS: u32 = 3;
    /// Set in `lv_tag` of the small integers that every interpreter shares.
    pub const IMMORTALITY_BIT_MASK: usize = 1 << 2;
    pub const NON_SIZE_MASK: usize = !((1 << NON_SIZE_BITS) - 1);
    /// `lv_tag` of `False` and of zero.
    pub const _PyLong_FALSE_TAG: usize = SIGN_ZERO;
    /// `lv_tag` of `True` and of one.
    pub const _PyLong_TRUE_TAG: usize = 1 << NON_SIZE_BITS;
    pub const _PY_LONG_DEFAULT_MAX_STR_DIGITS: c_int = 4300;
    pub const _PY_LONG_MAX_STR_DIGITS_THRESHOLD: c_int = 640;
    /// How many of 0, 1, 2… are shared.
    pub const _PY_NSMALLPOSINTS: c_int = 257;
    /// How many of -1, -2… are shared.
    pub const _PY_NSMALLNEGINTS: c_int = 5;
}
