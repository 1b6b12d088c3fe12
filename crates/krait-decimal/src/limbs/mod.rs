//! Magnitudes in base 10**19: slices of limbs, the least significant first.
//!
//! Results have no leading zero limb and zero is empty; operands may have leading zeros only
//! where a function says so.

mod div;
mod mul;
mod ntt;
mod sqrt;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub(crate) use div::{DIVIDEND, TENS, divide_on_stack, divrem, divrem_small};
pub(crate) use mul::{mul, mul_small, mul_wide};
pub(crate) use sqrt::isqrt;

/// The base of the limbs.
pub const BASE: u64 = 10_000_000_000_000_000_000;
/// How many decimal digits a limb has.
pub const DIGITS: usize = 19;

/// How many limbs a product or dividend has at most that is handled on the stack.
pub(crate) const WIDE: usize = 4;

/// The powers of ten that fit a limb's word.
pub(crate) const POW10: [u64; 20] = {
    let mut table = [1; 20];
    let mut index = 1;
    while index < 20 {
        table[index] = table[index - 1] * 10;
        index += 1;
    }
    table
};

/// The powers of ten that fit 128 bits.
pub(crate) const POW10_WIDE: [u128; 39] = {
    let mut table = [1; 39];
    let mut index = 1;
    while index < 39 {
        table[index] = table[index - 1] * 10;
        index += 1;
    }
    table
};

const RECIPROCAL: u64 = (u128::MAX / BASE as u128 - (1 << 64)) as u64;

/// Divides `high * 2**64 + low` by the base; `high` is below the base.
#[inline]
pub(crate) fn divrem_base(high: u64, low: u64) -> (u64, u64) {
    divrem_word(high, low, BASE, RECIPROCAL)
}

/// Divides two words by one that has its top bit set, with its reciprocal; `high < divisor`.
#[inline]
fn divrem_word(high: u64, low: u64, divisor: u64, reciprocal: u64) -> (u64, u64) {
    let estimate =
        u128::from(reciprocal) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let (fraction, mut quotient) = (estimate as u64, (estimate >> 64) as u64);
    quotient = quotient.wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(divisor));
    if remainder > fraction {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(divisor);
    }
    if remainder >= divisor {
        quotient = quotient.wrapping_add(1);
        remainder -= divisor;
    }
    (quotient, remainder)
}

/// How many decimal digits a word has; 0 for zero.
#[inline]
pub(crate) fn word_digits(word: u64) -> usize {
    word.checked_ilog10().map_or(0, |log| log as usize + 1)
}

/// How many decimal digits a magnitude has; 0 for zero.
#[inline]
pub(crate) fn digits(a: &[u64]) -> usize {
    match a.split_last() {
        Some((&top, rest)) => rest.len() * DIGITS + word_digits(top),
        None => 0,
    }
}

/// Takes leading zeros off.
pub(crate) fn trim(a: &mut Vec<u64>) {
    while a.last() == Some(&0) {
        a.pop();
    }
}

/// The same without leading zeros.
pub(crate) fn trimmed(a: &[u64]) -> &[u64] {
    let len = a
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(0, |top| top + 1);
    &a[..len]
}

/// Compares two magnitudes.
pub(crate) fn cmp(a: &[u64], b: &[u64]) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `x + y + carry` as a limb and the next carry.
#[inline]
fn add_limb(x: u64, y: u64, carry: bool) -> (u64, bool) {
    let (sum, overflow) = x.overflowing_add(y + u64::from(carry));
    if overflow || sum >= BASE {
        (sum.wrapping_sub(BASE), true)
    } else {
        (sum, false)
    }
}

/// `x - y - borrow` as a limb and the next borrow.
#[inline]
fn sub_limb(x: u64, y: u64, borrow: bool) -> (u64, bool) {
    let (difference, less) = x.overflowing_sub(y + u64::from(borrow));
    if less {
        (difference.wrapping_add(BASE), true)
    } else {
        (difference, false)
    }
}

/// Adds `b` to the not shorter `a` and returns the carry.
pub(crate) fn add_assign(a: &mut [u64], b: &[u64]) -> bool {
    let mut carry = false;
    let (low, high) = a.split_at_mut(b.len());
    for (slot, &y) in low.iter_mut().zip(b) {
        (*slot, carry) = add_limb(*slot, y, carry);
    }
    for slot in high {
        if !carry {
            break;
        }
        (*slot, carry) = add_limb(*slot, 0, true);
    }
    carry
}

/// Subtracts `b` from the not shorter `a` and returns the borrow.
pub(crate) fn sub_assign(a: &mut [u64], b: &[u64]) -> bool {
    let mut borrow = false;
    let (low, high) = a.split_at_mut(b.len());
    for (slot, &y) in low.iter_mut().zip(b) {
        (*slot, borrow) = sub_limb(*slot, y, borrow);
    }
    for slot in high {
        if !borrow {
            break;
        }
        (*slot, borrow) = sub_limb(*slot, 0, true);
    }
    borrow
}

/// The sum.
pub(crate) fn add(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut out = Vec::with_capacity(long.len() + 1);
    out.extend_from_slice(long);
    if add_assign(&mut out, short) {
        out.push(1);
    }
    out
}

/// The difference; `b` is not above `a`.
pub(crate) fn sub(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut out = a.to_vec();
    sub_assign(&mut out, b);
    trim(&mut out);
    out
}

/// `|a - b|`, and whether `a < b`.
pub(crate) fn abs_diff(a: &[u64], b: &[u64]) -> (Vec<u64>, bool) {
    match cmp(a, b) {
        Ordering::Less => (sub(b, a), true),
        _ => (sub(a, b), false),
    }
}

/// `a * 10**count`.
pub(crate) fn shl(a: &[u64], count: usize) -> Vec<u64> {
    if a.is_empty() {
        return Vec::new();
    }
    let (whole, part) = (count / DIGITS, count % DIGITS);
    let mut out = Vec::with_capacity(a.len() + whole + 1);
    out.resize(whole, 0);
    if part == 0 {
        out.extend_from_slice(a);
        return out;
    }
    let factor = POW10[part];
    let mut carry = 0;
    for &limb in a {
        let product = u128::from(limb) * u128::from(factor) + u128::from(carry);
        let (high, low) = divrem_base((product >> 64) as u64, product as u64);
        out.push(low);
        carry = high;
    }
    if carry != 0 {
        out.push(carry);
    }
    out
}

/// `a * 10**count` as a dividend on the stack; it has at most 95 digits.
pub(crate) fn shl_on_stack(a: &[u64], count: usize) -> [u64; DIVIDEND] {
    let mut out = [0; DIVIDEND];
    let factor = POW10[count % DIGITS];
    let mut carry = 0;
    let slots = &mut out[count / DIGITS..];
    for (slot, &limb) in slots.iter_mut().zip(a) {
        let product = u128::from(limb) * u128::from(factor) + u128::from(carry);
        (carry, *slot) = divrem_base((product >> 64) as u64, product as u64);
    }
    if let Some(slot) = slots.get_mut(a.len()) {
        *slot = carry;
    }
    out
}

/// `a / 10**count`, truncated.
pub(crate) fn shr(a: &[u64], count: usize) -> Vec<u64> {
    let (whole, part) = (count / DIGITS, count % DIGITS);
    if whole >= a.len() {
        return Vec::new();
    }
    let kept = &a[whole..];
    if part == 0 {
        return kept.to_vec();
    }
    let (divisor, factor) = (TENS[part], POW10[DIGITS - part]);
    let mut out = vec![0; kept.len()];
    let mut above = 0;
    for (slot, &limb) in out.iter_mut().zip(kept).rev() {
        let (quotient, remainder) = divisor.divrem_word(limb);
        *slot = quotient + above * factor;
        above = remainder;
    }
    trim(&mut out);
    out
}

/// `a % 10**count`.
pub(crate) fn low_digits(a: &[u64], count: usize) -> Vec<u64> {
    let (whole, part) = (count / DIGITS, count % DIGITS);
    if whole >= a.len() {
        return a.to_vec();
    }
    let mut out = a[..whole].to_vec();
    out.push(a[whole] % POW10[part]);
    trim(&mut out);
    out
}

/// The digit that counts `10**index`.
pub(crate) fn digit(a: &[u64], index: usize) -> u8 {
    a.get(index / DIGITS)
        .map_or(0, |limb| (limb / POW10[index % DIGITS] % 10) as u8)
}

/// How many zeros the digits end in; 0 for zero.
pub(crate) fn trailing_zeros(a: &[u64]) -> usize {
    let Some(whole) = a.iter().position(|&limb| limb != 0) else {
        return 0;
    };
    let mut limb = a[whole];
    let mut count = 0;
    for step in [16, 8, 4, 2, 1] {
        if limb.is_multiple_of(POW10[step]) {
            limb /= POW10[step];
            count += step;
        }
    }
    whole * DIGITS + count
}

/// Adds one.
pub(crate) fn increment(a: &mut Vec<u64>) {
    for slot in a.iter_mut() {
        if *slot < BASE - 1 {
            *slot += 1;
            return;
        }
        *slot = 0;
    }
    a.push(1);
}

/// `10**count - 1`.
pub(crate) fn nines(count: usize) -> Vec<u64> {
    let mut out = vec![BASE - 1; count / DIGITS];
    if !count.is_multiple_of(DIGITS) {
        out.push(POW10[count % DIGITS] - 1);
    }
    out
}

/// The magnitude of digits, in ASCII or as values; there is nothing else.
pub(crate) fn from_digits(digits: &[u8]) -> Vec<u64> {
    let mut out: Vec<u64> = digits
        .rchunks(DIGITS)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |value, &digit| value * 10 + u64::from(digit & 15).min(9))
        })
        .collect();
    trim(&mut out);
    out
}

/// The digits of all numbers below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut table = [[0; 2]; 100];
    let mut index = 0;
    while index < 100 {
        table[index] = [b'0' + (index / 10) as u8, b'0' + (index % 10) as u8];
        index += 1;
    }
    table
};

/// Appends the digits, "0" for zero.
pub(crate) fn push_ascii(a: &[u64], out: &mut Vec<u8>) {
    let Some((&top, rest)) = a.split_last() else {
        out.push(b'0');
        return;
    };
    let text = padded(top);
    let used = DIGITS - word_digits(top).max(1);
    out.extend_from_slice(&text[used..]);
    for &limb in rest.iter().rev() {
        out.extend_from_slice(&padded(limb));
    }
}

/// All digits of a limb.
fn padded(limb: u64) -> [u8; DIGITS] {
    let mut text = [b'0'; DIGITS];
    // Two halves, whose divisions do not wait for each other.
    let (high, low) = (limb / 10_000_000_000, limb % 10_000_000_000);
    let (mut low, mut high) = (low, high as u32);
    for at in [17, 15, 13, 11, 9] {
        text[at..at + 2].copy_from_slice(&PAIRS[(low % 100) as usize]);
        low /= 100;
    }
    for at in [7, 5, 3, 1] {
        text[at..at + 2].copy_from_slice(&PAIRS[(high % 100) as usize]);
        high /= 100;
    }
    text[0] += high as u8;
    text
}

/// Whether a number of so many digits may be made: more would need absurd memory.
#[inline]
pub(crate) fn fits(digits: usize) -> bool {
    digits <= MAX_DIGITS
}

/// The most digits a number may have here: 319 million, an eighth of a gigabyte.
const MAX_DIGITS: usize = DIGITS << 24;
