//! `int`: CPython's representation, a tag of sign and size followed by 30-bit digits.
//!
//! Invariants:
//! 1. There is no leading zero digit; zero has one digit slot, tagged as empty.
//! 2. The value never changes, so the digits may be borrowed for as long as the int lives.
//! 3. The ints -5 to 256 are shared and immortal: an exact `int` of such a value is the shared one.

mod methods;
pub mod ops;

pub use ops::bitwise;

use std::cell::Cell;
use std::cmp::Ordering;

use krait_abi as abi;
use krait_macros::pyclass;
use krait_numbers::BigInt;

use crate::err::no_memory;
use crate::object::{Py, PyClass, PyObject, new_header};
use crate::{PyResult, alloc};

/// int(x, /, base=10)
///
/// An integer of any size.
///
/// Without a base the argument is a number or its decimal text; with one it is text in that base,
/// where base 0 takes the base from a prefix as Python source has it.
///
/// >>> int('-7'), int(3.9), int('ff', base=16), int('0o17', base=0)
/// (-7, 3, 255, 15)
#[pyclass(
    name = "int",
    symbol = PyLong_Type,
    flags(BASETYPE, LONG_SUBCLASS, MATCH_SELF),
    methods(CORE, NUMBER),
    basicsize = std::mem::offset_of!(abi::PyLongObject, long_value) + std::mem::offset_of!(abi::_PyLongValue, ob_digit),
    itemsize = 4,
    layout = manual
)]
#[repr(transparent)]
pub struct PyLong(pub(crate) abi::PyLongObject);

/// Bytes before the digits.
const HEADER: usize = std::mem::offset_of!(abi::PyLongObject, long_value)
    + std::mem::offset_of!(abi::_PyLongValue, ob_digit);

const SMALL_NEGATIVE: i64 = abi::_PY_NSMALLNEGINTS as i64;
const SMALL_COUNT: usize = (abi::_PY_NSMALLNEGINTS + abi::_PY_NSMALLPOSINTS) as usize;

struct SmallInts([PyLong; SMALL_COUNT]);

// SAFETY: immortal and never written.
unsafe impl Sync for SmallInts {}

static SMALL_INTS: SmallInts = {
    let mut ints =
        [const { static_int(0, abi::SIGN_ZERO | abi::IMMORTALITY_BIT_MASK) }; SMALL_COUNT];
    let mut index = 0;
    while index < SMALL_COUNT {
        let value = index as i64 - SMALL_NEGATIVE;
        if value != 0 {
            let sign = if value < 0 { abi::SIGN_NEGATIVE } else { 0 };
            let tag = 1 << abi::NON_SIZE_BITS | abi::IMMORTALITY_BIT_MASK | sign;
            ints[index] = static_int(value.unsigned_abs() as u32, tag);
        }
        index += 1;
    }
    SmallInts(ints)
};

const fn static_int(digit: u32, tag: usize) -> PyLong {
    PyLong(static_long(digit, tag, &raw const PyLong_Type))
}

/// A static int of one digit, of the given class (`int` or `bool`).
pub(crate) const fn static_long(
    digit: u32,
    tag: usize,
    class: *const crate::PyType,
) -> abi::PyLongObject {
    abi::PyLongObject {
        ob_base: abi::PyObject_HEAD_INIT(class.cast_mut().cast()),
        long_value: abi::_PyLongValue {
            lv_tag: Cell::new(tag),
            ob_digit: [Cell::new(digit)],
        },
    }
}

impl PyLong {
    /// The shared int of a small value.
    #[inline(always)]
    pub fn small(value: i64) -> Option<&'static PyLong> {
        SMALL_INTS
            .0
            .get(usize::try_from(value + SMALL_NEGATIVE).ok()?)
    }

    /// The int of a value.
    #[inline]
    pub fn from_i64(value: i64) -> PyResult<Py<PyLong>> {
        if let Some(small) = value
            .checked_add(SMALL_NEGATIVE)
            .and_then(|_| Self::small(value))
        {
            return Ok(PyClass::to_owned(small));
        }
        Self::from_magnitude(value < 0, value.unsigned_abs())
    }

    /// Gives an exact int another value in place, if both take one digit, the value is not a shared
    /// int's, and there is one reference to the object; whether it has.
    ///
    /// # Safety
    /// The one reference is the caller's, and the value the int had is of no use any more.
    #[inline(always)]
    pub unsafe fn overwrite(&self, value: i64) -> bool {
        let magnitude = value.unsigned_abs();
        let fits = self.is_unique()
            && self.digit_count() == 1
            && magnitude <= u64::from(abi::PyLong_MASK)
            && Self::small(value).is_none();
        if fits {
            let sign = if value < 0 { abi::SIGN_NEGATIVE } else { 0 };
            let body = &self.0.long_value;
            body.lv_tag.set(1 << abi::NON_SIZE_BITS | sign);
            body.ob_digit[0].set(magnitude as u32);
        }
        fits
    }

    /// The int of an unsigned value.
    pub fn from_u64(value: u64) -> PyResult<Py<PyLong>> {
        match i64::try_from(value) {
            Ok(value) => Self::from_i64(value),
            Err(_) => Self::from_magnitude(false, value),
        }
    }

    /// The int of a size or index.
    pub fn from_usize(value: usize) -> PyResult<Py<PyLong>> {
        Self::from_u64(value as u64)
    }

    /// A new int of a value that is not small.
    #[inline]
    fn from_magnitude(negative: bool, magnitude: u64) -> PyResult<Py<PyLong>> {
        const MASK: u64 = abi::PyLong_MASK as u64;
        if magnitude <= MASK {
            return Self::allocate(negative, 1, |digits| {
                // SAFETY: one digit slot.
                unsafe { digits.write(magnitude as u32) }
            });
        }
        let all = [
            (magnitude & MASK) as u32,
            (magnitude >> 30 & MASK) as u32,
            (magnitude >> 60) as u32,
        ];
        let count = if all[2] != 0 { 3 } else { 2 };
        // SAFETY: `count` digit slots.
        Self::allocate(negative, count, |digits| unsafe {
            digits.copy_from_nonoverlapping(all.as_ptr(), count);
        })
    }

    /// An int from its sign and magnitude; leading zero digits are dropped.
    pub fn from_digits(negative: bool, digits: &[u32]) -> PyResult<Py<PyLong>> {
        let used = digits
            .iter()
            .rposition(|&digit| digit != 0)
            .map_or(0, |index| index + 1);
        let digits = &digits[..used];
        if digits.len() <= 1 {
            let value = digits.first().map_or(0, |&digit| i64::from(digit));
            return Self::from_i64(if negative { -value } else { value });
        }
        // SAFETY: as many digit slots as digits.
        Self::allocate(negative, used, |to| unsafe {
            to.copy_from_nonoverlapping(digits.as_ptr(), used);
        })
    }

    /// An int of at most `most` digits, of which `write` fills in those that it says it uses: the
    /// result is made in its own memory, without a copy.
    pub(crate) fn build(
        negative: bool,
        most: usize,
        write: impl FnOnce(&mut [u32]) -> usize,
    ) -> PyResult<Py<PyLong>> {
        let mut used = 0;
        let made = Self::allocate(negative, most, |digits| {
            // SAFETY: `most` digit slots, all of them set before they are seen as a slice.
            let digits = unsafe {
                digits.write_bytes(0, most);
                std::slice::from_raw_parts_mut(digits, most)
            };
            used = write(digits).min(most);
        })?;
        if used <= 1 {
            let digit = if used == 0 {
                0
            } else {
                i64::from(made.digits()[0])
            };
            return Self::from_i64(if negative { -digit } else { digit });
        }
        // Nobody has seen the int yet.
        let sign = made.tag() & abi::SIGN_MASK;
        made.0
            .long_value
            .lv_tag
            .set(used << abi::NON_SIZE_BITS | sign);
        Ok(made)
    }

    /// An int from a plain big integer.
    pub fn from_bigint(value: &BigInt) -> PyResult<Py<PyLong>> {
        Self::from_digits(value.is_negative(), value.digits())
    }

    fn allocate(
        negative: bool,
        digits: usize,
        fill: impl FnOnce(*mut u32),
    ) -> PyResult<Py<PyLong>> {
        let size = digits
            .checked_mul(size_of::<u32>())
            .and_then(|bytes| bytes.checked_add(HEADER))
            .ok_or_else(no_memory)?;
        // A block for one digit keeps the struct's padding, as `sizeof(PyLongObject)`.
        let block = alloc::allocate(size.max(size_of::<abi::PyLongObject>()));
        if block.is_null() {
            return Err(no_memory());
        }
        let sign = if negative { abi::SIGN_NEGATIVE } else { 0 };
        // SAFETY: the block has room for header and digits, which `fill` writes.
        unsafe {
            let object = block.cast::<abi::PyLongObject>();
            (&raw mut (*object).ob_base).write(new_header(PyLong::type_object()));
            let tag = digits << abi::NON_SIZE_BITS | sign;
            (&raw mut (*object).long_value.lv_tag).write(tag.into());
            fill(block.add(HEADER).cast());
            Ok(Py::from_owned_ptr(block.cast()))
        }
    }

    #[inline(always)]
    fn tag(&self) -> usize {
        self.0.long_value.lv_tag.get()
    }

    /// The number of digits; 0 for zero.
    #[inline(always)]
    pub fn digit_count(&self) -> usize {
        self.tag() >> abi::NON_SIZE_BITS
    }

    /// The magnitude's 30-bit digits, the least significant first.
    #[inline(always)]
    pub fn digits(&self) -> &[u32] {
        // SAFETY: invariant 2; the digits follow the tag.
        unsafe {
            std::slice::from_raw_parts(
                std::ptr::from_ref(self).byte_add(HEADER).cast(),
                self.digit_count(),
            )
        }
    }

    /// Whether the value is below zero.
    #[inline(always)]
    pub fn is_negative(&self) -> bool {
        self.tag() & abi::SIGN_MASK == abi::SIGN_NEGATIVE
    }

    /// Whether the value is zero.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        self.tag() & abi::SIGN_MASK == abi::SIGN_ZERO
    }

    /// Whether the value has at most one digit (`_PyLong_IsCompact`).
    #[inline(always)]
    pub fn is_compact(&self) -> bool {
        self.tag() < 2 << abi::NON_SIZE_BITS
    }

    /// The value of a compact int.
    #[inline(always)]
    pub fn compact_value(&self) -> i64 {
        debug_assert!(self.is_compact());
        let sign = 1 - (self.tag() & abi::SIGN_MASK) as i64;
        sign * i64::from(self.0.long_value.ob_digit[0].get())
    }

    /// The value, if it fits.
    #[inline]
    pub fn to_i64(&self) -> Option<i64> {
        if self.is_compact() {
            return Some(self.compact_value());
        }
        let magnitude = self.magnitude_u64()?;
        if self.is_negative() {
            0_i64.checked_sub_unsigned(magnitude)
        } else {
            i64::try_from(magnitude).ok()
        }
    }

    /// The value, if it fits.
    pub fn to_u64(&self) -> Option<u64> {
        if self.is_negative() {
            None
        } else {
            self.magnitude_u64()
        }
    }

    fn magnitude_u64(&self) -> Option<u64> {
        match *self.digits() {
            [] => Some(0),
            [a] => Some(a.into()),
            [a, b] => Some(u64::from(a) | u64::from(b) << 30),
            [a, b, c] if c < 16 => Some(u64::from(a) | u64::from(b) << 30 | u64::from(c) << 60),
            _ => None,
        }
    }

    /// The value as a plain big integer.
    pub fn to_bigint(&self) -> BigInt {
        BigInt::from_digits(self.is_negative(), self.digits().to_vec())
    }

    /// The value as a float, rounded half to even; `OverflowError` if it is too large.
    pub fn to_f64(&self) -> PyResult<f64> {
        if self.is_compact() {
            return Ok(self.compact_value() as f64);
        }
        match self.as_int_ref().to_f64() {
            Some(value) => Ok(value),
            None => Err(crate::overflow_error!("int too large to convert to float")),
        }
    }

    /// An exact `int` of the same value.
    pub fn exact_copy(value: &PyLong) -> PyResult<Py<PyLong>> {
        if value.is_exact::<PyLong>() {
            return Ok(PyClass::to_owned(value));
        }
        Self::from_digits(value.is_negative(), value.digits())
    }

    /// Compares two values.
    pub fn compare(&self, other: &PyLong) -> Ordering {
        if self.is_compact() && other.is_compact() {
            return self.compact_value().cmp(&other.compact_value());
        }
        let (left, right) = (self.digits(), other.digits());
        let magnitudes = || {
            left.len()
                .cmp(&right.len())
                .then_with(|| left.iter().rev().cmp(right.iter().rev()))
        };
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitudes(),
            (true, true) => magnitudes().reverse(),
        }
    }
}

impl PyObject {
    /// The value of an `int` that fits, whatever its subclass.
    pub fn int_value(&self) -> Option<i64> {
        self.downcast::<PyLong>()?.to_i64()
    }
}
