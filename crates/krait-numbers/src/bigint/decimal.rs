//! Decimal text of short numbers, both ways, in limbs of 60 bits and chunks of 18 digits.
//!
//! Quadratic, but with a small factor; `convert` cuts long numbers into short ones.

use super::div::Reciprocal;
use super::mul::{LIMB_BITS, LIMB_MASK, pack, unpack};
use super::trim;

const CHUNK_DIGITS: usize = 18;
const CHUNK: u64 = 1_000_000_000_000_000_000;
const RECIPROCAL: Reciprocal = Reciprocal::new(CHUNK);

/// Divides limbs by the chunk in place and returns the remainder.
fn divrem_chunk(limbs: &mut [u64]) -> u64 {
    let mut remainder = 0;
    for slot in limbs.iter_mut().rev() {
        (*slot, remainder) = RECIPROCAL.divide(remainder, *slot);
    }
    remainder
}

/// A machine integer in decimal, at the end of a buffer on the caller's stack.
pub fn u64_decimal(mut value: u64, buffer: &mut [u8; 20]) -> &str {
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

/// Appends a number of at least `width` digits; zero is `width` zeros.
fn push(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = [0; 20];
    let text = if value == 0 {
        ""
    } else {
        u64_decimal(value, &mut buffer)
    };
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(text.len())));
    out.extend_from_slice(text.as_bytes());
}

/// Appends a magnitude with zeros in front up to `width`; zero is `width` zeros.
pub(super) fn print(digits: &[u32], out: &mut Vec<u8>, width: usize) {
    let mut limbs = pack(digits);
    let mut chunks = Vec::with_capacity(limbs.len() + 1);
    while let Some(&top) = limbs.last() {
        if top == 0 {
            limbs.pop();
        } else {
            chunks.push(divrem_chunk(&mut limbs));
        }
    }
    let top = chunks.pop().unwrap_or(0);
    push(out, top, width.saturating_sub(chunks.len() * CHUNK_DIGITS));
    for &chunk in chunks.iter().rev() {
        push(out, chunk, CHUNK_DIGITS);
    }
}

/// The magnitude of decimal digits; the text holds nothing else.
pub(super) fn read(text: impl Iterator<Item = u8>) -> Vec<u32> {
    let mut limbs: Vec<u64> = Vec::new();
    let mut take = |factor: u64, value: u64| {
        let mut carry = value;
        for limb in &mut limbs {
            let product = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            *limb = product as u64 & LIMB_MASK;
            carry = (product >> LIMB_BITS) as u64;
        }
        if carry != 0 {
            limbs.push(carry);
        }
    };
    let (mut value, mut factor) = (0, 1);
    for byte in text {
        value = value * 10 + u64::from(byte.wrapping_sub(b'0').min(9));
        factor *= 10;
        if factor == CHUNK {
            take(factor, value);
            (value, factor) = (0, 1);
        }
    }
    if factor > 1 {
        take(factor, value);
    }
    let mut digits = vec![0; limbs.len() * 2];
    unpack(&mut digits, &limbs);
    trim(&mut digits);
    digits
}
