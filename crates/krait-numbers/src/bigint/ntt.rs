//! Multiplication by a number-theoretic transform.
//!
//! Digits are cut into halves of 15 bits, so that a coefficient of the product is below
//! 2**30 times the length: exact for any length that the transform takes.

use super::{DIGIT_BITS, MASK64};
use crate::convolution::convolve;

fn load(digits: &[u32], len: usize) -> Vec<u64> {
    let mut data = Vec::with_capacity(len);
    data.extend(
        digits
            .iter()
            .flat_map(|&d| [u64::from(d & 0x7FFF), u64::from(d >> 15)]),
    );
    data.resize(len, 0);
    data
}

/// The product into `out`, of `a.len() + b.len()` digits.
pub(super) fn mul_into(out: &mut [u32], a: &[u32], b: &[u32]) {
    let len = (2 * (a.len() + b.len())).next_power_of_two();
    let other = (!std::ptr::eq(a, b)).then(|| load(b, len));
    let x = convolve(load(a, len), other);
    let mut carry = 0u128;
    for (slot, pair) in out.iter_mut().zip(x.chunks_exact(2)) {
        carry += u128::from(pair[0]) + (u128::from(pair[1]) << 15);
        *slot = (carry as u64 & MASK64) as u32;
        carry >>= DIGIT_BITS;
    }
}
