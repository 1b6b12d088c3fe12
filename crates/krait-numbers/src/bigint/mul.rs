//! Multiplication: schoolbook, Karatsuba, and the number-theoretic transform for huge operands.
//!
//! Beyond a few digits the operands are packed into limbs of 60 bits: one 64×64 multiplication
//! then does the work of four, and the four spare bits keep carries simple.

use super::{DIGIT_BITS, DIGIT_MASK, MASK64, ntt, trim};

pub(super) const LIMB_BITS: u32 = 60;
pub(super) const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// Below this many digits in the shorter operand, plain digit loops beat packing.
const PACK_MIN: usize = 20;
/// Below this many limbs in the shorter operand, schoolbook beats Karatsuba.
const KARATSUBA_MIN: usize = 36;
/// From this many digits in the shorter operand, the transform beats Karatsuba.
const NTT_MIN: usize = 6000;

/// The product of two magnitudes.
pub fn mul(a: &[u32], b: &[u32]) -> Vec<u32> {
    match (a, b) {
        ([], _) | (_, []) => return Vec::new(),
        ([digit], other) | (other, [digit]) => return mul_small(other, *digit),
        _ => {}
    }
    let mut out = vec![0; a.len() + b.len()];
    let len = mul_into(&mut out, a, b);
    out.truncate(len);
    out
}

/// The square of a magnitude.
pub fn square(a: &[u32]) -> Vec<u32> {
    mul(a, a)
}

/// Writes the product into `out`, of exactly `a.len() + b.len()` digits, and returns its
/// normalised length. What `out` held does not matter.
pub fn mul_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    match short {
        [] => out.fill(0),
        [digit] => {
            let (top, low) = out
                .split_last_mut()
                .expect("the product has room for both operands");
            *top = mul_small_into(low, long, *digit);
        }
        _ if short.len() < PACK_MIN => mul_rows(out, long, short),
        _ if short.len() >= NTT_MIN => mul_huge(out, long, short),
        _ => {
            let (long, short) = (pack(long), pack(short));
            let mut product = vec![0; long.len() + short.len()];
            mul_limbs(&mut product, &long, &short);
            unpack(out, &product);
        }
    }
    super::normalized_len(out)
}

/// Writes the low digits of `a * digit` into `out`, as long as `a`, and returns the top digit.
fn mul_small_into(out: &mut [u32], a: &[u32], digit: u32) -> u32 {
    let digit = u64::from(digit);
    let mut carry = 0u64;
    for (slot, &x) in out.iter_mut().zip(a) {
        carry += u64::from(x) * digit;
        *slot = (carry & MASK64) as u32;
        carry >>= DIGIT_BITS;
    }
    carry as u32
}

/// A magnitude times one digit.
pub fn mul_small(a: &[u32], digit: u32) -> Vec<u32> {
    let digit = u64::from(digit);
    let mut carry = 0u64;
    let mut out = Vec::with_capacity(a.len() + 1);
    out.extend(a.iter().map(|&x| {
        carry += u64::from(x) * digit;
        let low = (carry & MASK64) as u32;
        carry >>= DIGIT_BITS;
        low
    }));
    out.push(carry as u32);
    trim(&mut out);
    out
}

/// Replaces a magnitude by itself times one factor plus one addend, both below 2**30.
pub fn mul_small_add_in_place(digits: &mut Vec<u32>, factor: u32, addend: u32) {
    let factor = u64::from(factor);
    let mut carry = u64::from(addend);
    for slot in digits.iter_mut() {
        carry += u64::from(*slot) * factor;
        *slot = (carry & MASK64) as u32;
        carry >>= DIGIT_BITS;
    }
    if carry != 0 {
        digits.push(carry as u32);
    }
    trim(digits);
}

/// Schoolbook on digits, two rows at a time.
fn mul_rows(out: &mut [u32], long: &[u32], short: &[u32]) {
    out.fill(0);
    for (row, pair) in short.chunks(2).enumerate() {
        let x0 = u64::from(pair[0]);
        let x1 = pair.get(1).map_or(0, |&x| u64::from(x));
        let target = &mut out[2 * row..];
        let (mut carry, mut below) = (0u64, 0u64);
        let (body, tail) = target.split_at_mut(long.len());
        for (slot, &y) in body.iter_mut().zip(long) {
            let y = u64::from(y);
            carry += u64::from(*slot) + x0 * y + x1 * below;
            below = y;
            *slot = (carry & MASK64) as u32;
            carry >>= DIGIT_BITS;
        }
        carry += x1 * below;
        for slot in tail {
            if carry == 0 {
                break;
            }
            carry += u64::from(*slot);
            *slot = (carry & MASK64) as u32;
            carry >>= DIGIT_BITS;
        }
    }
}

pub(super) fn pack(digits: &[u32]) -> Vec<u64> {
    let pairs = digits.chunks_exact(2);
    let last = pairs.remainder().first().map(|&digit| u64::from(digit));
    pairs
        .map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << DIGIT_BITS)
        .chain(last)
        .collect()
}

pub(super) fn unpack(out: &mut [u32], limbs: &[u64]) {
    for (pair, &limb) in out.chunks_mut(2).zip(limbs) {
        pair[0] = limb as u32 & DIGIT_MASK;
        if let Some(high) = pair.get_mut(1) {
            *high = (limb >> DIGIT_BITS) as u32;
        }
    }
}

/// Operands large enough for the transform; a much longer one is cut into pieces first.
fn mul_huge(out: &mut [u32], long: &[u32], short: &[u32]) {
    if long.len() <= short.len() * 3 {
        ntt::mul_into(out, long, short);
        return;
    }
    out.fill(0);
    for (index, piece) in long.chunks(short.len() * 2).enumerate() {
        let product = mul(piece, short);
        super::add::add_assign(&mut out[index * short.len() * 2..], &product);
    }
}

/// The product of limbs into `out`, of `a.len() + b.len()` zeroed limbs; `a` is not the shorter.
fn mul_limbs(out: &mut [u64], a: &[u64], b: &[u64]) {
    let n = b.len();
    if n < KARATSUBA_MIN {
        school(out, a, b);
        return;
    }
    let mut scratch = vec![0; 4 * n + 128];
    if a.len() == n {
        karatsuba(out, a, b, &mut scratch);
        return;
    }
    let mut product = vec![0; 2 * n];
    for (index, piece) in a.chunks(n).enumerate() {
        let target = &mut out[index * n..];
        if piece.len() == n {
            karatsuba(&mut product, piece, b, &mut scratch);
            add_limbs(target, &product);
        } else {
            let mut product = vec![0; n + piece.len()];
            mul_limbs(&mut product, b, piece);
            add_limbs(target, &product);
        }
    }
}

/// Schoolbook; overwrites all of `out`.
fn school(out: &mut [u64], a: &[u64], b: &[u64]) {
    out.fill(0);
    for (index, &x) in b.iter().enumerate() {
        let (row, top) = out[index..].split_at_mut(a.len());
        let mut carry = 0u64;
        for (slot, &y) in row.iter_mut().zip(a) {
            let sum = u128::from(x) * u128::from(y) + u128::from(*slot) + u128::from(carry);
            *slot = sum as u64 & LIMB_MASK;
            carry = (sum >> LIMB_BITS) as u64;
        }
        top[0] = carry;
    }
}

/// Karatsuba on operands of equal length; overwrites all of `out`.
fn karatsuba(out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
    let n = a.len();
    if n < KARATSUBA_MIN {
        school(out, a, b);
        return;
    }
    let half = n.div_ceil(2);
    let (a0, a1) = a.split_at(half);
    let (b0, b1) = b.split_at(half);
    // The middle term is z0 + z2 - (a0 - a1)(b0 - b1).
    let (cross, rest) = scratch.split_at_mut(2 * half);
    let negative = {
        let (da, db) = out[..2 * half].split_at_mut(half);
        let sign = difference(da, a0, a1) != difference(db, b0, b1);
        karatsuba(cross, da, db, rest);
        sign
    };
    let (low, high) = out.split_at_mut(2 * half);
    karatsuba(low, a0, b0, rest);
    karatsuba(high, a1, b1, rest);
    let middle = &mut rest[..2 * half + 1];
    middle[..2 * half].copy_from_slice(low);
    middle[2 * half] = 0;
    add_limbs(middle, high);
    if negative {
        add_limbs(middle, cross);
    } else {
        sub_limbs(middle, cross);
    }
    let len = middle
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(0, |top| top + 1);
    add_limbs(&mut out[half..], &middle[..len]);
}

/// Writes |x - y| into `out` and says whether x < y; `y` may be one limb shorter.
fn difference(out: &mut [u64], x: &[u64], y: &[u64]) -> bool {
    let spare = y.len()..x.len();
    let less =
        x[spare].iter().all(|&limb| limb == 0) && x[..y.len()].iter().rev().lt(y.iter().rev());
    if less {
        out.fill(0);
        out[..y.len()].copy_from_slice(y);
        sub_limbs(out, &x[..y.len()]);
    } else {
        out.copy_from_slice(x);
        sub_limbs(out, y);
    }
    less
}

fn add_limbs(a: &mut [u64], b: &[u64]) {
    let (low, high) = a.split_at_mut(b.len());
    let mut carry = 0;
    for (slot, &y) in low.iter_mut().zip(b) {
        let sum = *slot + y + carry;
        *slot = sum & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    for slot in high {
        if carry == 0 {
            break;
        }
        let sum = *slot + carry;
        *slot = sum & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
}

fn sub_limbs(a: &mut [u64], b: &[u64]) {
    let (low, high) = a.split_at_mut(b.len());
    let mut borrow = 0;
    for (slot, &y) in low.iter_mut().zip(b) {
        let difference = slot.wrapping_sub(y).wrapping_sub(borrow);
        *slot = difference & LIMB_MASK;
        borrow = difference >> 63;
    }
    for slot in high {
        if borrow == 0 {
            break;
        }
        let difference = slot.wrapping_sub(borrow);
        *slot = difference & LIMB_MASK;
        borrow = difference >> 63;
    }
}
