//! Comparison, addition and subtraction of magnitudes.

use std::cmp::Ordering;

use super::{DIGIT_BITS, DIGIT_MASK, normalized_len, trim};

/// Compares two normalised magnitudes.
pub fn cmp(a: &[u32], b: &[u32]) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// The sum of two magnitudes.
pub fn add(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (common, rest) = long.split_at(short.len());
    let mut out = Vec::with_capacity(long.len() + 1);
    let mut carry = 0;
    out.extend(common.iter().zip(short).map(|(&x, &y)| {
        let sum = x + y + carry;
        carry = sum >> DIGIT_BITS;
        sum & DIGIT_MASK
    }));
    out.extend(rest.iter().map(|&x| {
        let sum = x + carry;
        carry = sum >> DIGIT_BITS;
        sum & DIGIT_MASK
    }));
    if carry != 0 {
        out.push(carry);
    }
    out
}

/// Writes the sum into `out` and returns its normalised length. `out` must be longer than both
/// operands by at least one digit; its digits above the sum are zeroed.
pub fn add_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (common, rest) = long.split_at(short.len());
    let (out_common, out_rest) = out.split_at_mut(short.len());
    let mut carry = 0;
    for ((slot, &x), &y) in out_common.iter_mut().zip(common).zip(short) {
        let sum = x + y + carry;
        *slot = sum & DIGIT_MASK;
        carry = sum >> DIGIT_BITS;
    }
    let (out_rest, out_top) = out_rest.split_at_mut(rest.len());
    for (slot, &x) in out_rest.iter_mut().zip(rest) {
        let sum = x + carry;
        *slot = sum & DIGIT_MASK;
        carry = sum >> DIGIT_BITS;
    }
    out_top.fill(0);
    if let Some(top) = out_top.first_mut() {
        *top = carry;
    }
    normalized_len(&out[..(long.len() + 1).min(out.len())])
}

/// The difference of two magnitudes, of which the first must not be the smaller.
pub fn sub(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = vec![0; a.len()];
    let len = sub_into(&mut out, a, b);
    out.truncate(len);
    out
}

/// Writes `a - b` into `out` and returns its normalised length. `a` must not be smaller than `b`,
/// and `out` must be at least as long as `a`; its digits above the difference are zeroed.
pub fn sub_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let (common, rest) = a.split_at(b.len().min(a.len()));
    let (out_common, out_rest) = out.split_at_mut(common.len());
    let mut borrow = 0u32;
    for ((slot, &x), &y) in out_common.iter_mut().zip(common).zip(b) {
        let difference = x.wrapping_sub(y).wrapping_sub(borrow);
        *slot = difference & DIGIT_MASK;
        borrow = difference >> 31;
    }
    let (out_rest, out_top) = out_rest.split_at_mut(rest.len());
    for (slot, &x) in out_rest.iter_mut().zip(rest) {
        let difference = x.wrapping_sub(borrow);
        *slot = difference & DIGIT_MASK;
        borrow = difference >> 31;
    }
    out_top.fill(0);
    normalized_len(&out[..a.len()])
}

/// Adds `b` to `a` in place, with `a` at least as long; returns the carry out of `a`.
pub(super) fn add_assign(a: &mut [u32], b: &[u32]) -> u32 {
    let (low, high) = a.split_at_mut(b.len());
    let mut carry = 0;
    for (slot, &y) in low.iter_mut().zip(b) {
        let sum = *slot + y + carry;
        *slot = sum & DIGIT_MASK;
        carry = sum >> DIGIT_BITS;
    }
    for slot in high {
        if carry == 0 {
            break;
        }
        let sum = *slot + carry;
        *slot = sum & DIGIT_MASK;
        carry = sum >> DIGIT_BITS;
    }
    carry
}

/// Subtracts `b` from `a` in place, with `a` at least as long; returns the borrow out of `a`.
pub(super) fn sub_assign(a: &mut [u32], b: &[u32]) -> u32 {
    let (low, high) = a.split_at_mut(b.len());
    let mut borrow = 0u32;
    for (slot, &y) in low.iter_mut().zip(b) {
        let difference = slot.wrapping_sub(y).wrapping_sub(borrow);
        *slot = difference & DIGIT_MASK;
        borrow = difference >> 31;
    }
    for slot in high {
        if borrow == 0 {
            break;
        }
        let difference = slot.wrapping_sub(borrow);
        *slot = difference & DIGIT_MASK;
        borrow = difference >> 31;
    }
    borrow
}

/// Adds one to a magnitude.
pub(super) fn increment(digits: &mut Vec<u32>) {
    for slot in digits.iter_mut() {
        if *slot < DIGIT_MASK {
            *slot += 1;
            return;
        }
        *slot = 0;
    }
    digits.push(1);
}

/// Subtracts one from a magnitude above zero.
pub(super) fn decrement(digits: &mut Vec<u32>) {
    sub_assign(digits, &[1]);
    trim(digits);
}
