//! Multiplication: by columns, by Karatsuba's method, and by a number-theoretic transform.

use super::{BASE, WIDE, add_assign, divrem_base, ntt, sub_assign, trim, trimmed};

/// Below this many limbs in the shorter operand, columns beat Karatsuba.
const KARATSUBA_MIN: usize = 48;
/// From this many limbs in the shorter operand, the transform beats Karatsuba.
const NTT_MIN: usize = 400;

/// The product.
pub(crate) fn mul(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    match short {
        [] => return Vec::new(),
        [limb] => return mul_small(long, *limb),
        _ => {}
    }
    let mut out = vec![0; long.len() + short.len()];
    mul_into(&mut out, long, short);
    trim(&mut out);
    out
}

/// The product of operands of [`WIDE`] limbs together at most.
#[inline]
pub(crate) fn mul_wide(a: &[u64], b: &[u64]) -> [u64; WIDE] {
    let mut out = [0; WIDE];
    match (a, b) {
        (&[x], &[y]) => {
            let product = u128::from(x) * u128::from(y);
            (out[1], out[0]) = divrem_base((product >> 64) as u64, product as u64);
        }
        (&[x0, x1], &[y0, y1]) => {
            let product = |x: u64, y: u64| u128::from(x) * u128::from(y);
            let (carry, low) = divrem_wide(product(x0, y0));
            let (carry, second) = divrem_wide(product(x0, y1) + product(x1, y0) + carry);
            let (carry, third) = divrem_wide(product(x1, y1) + carry);
            out = [low, second, third, carry as u64];
        }
        _ => columns(&mut out[..a.len() + b.len()], a, b),
    }
    out
}

/// Quotient and remainder by the base, of two products of limbs with a carry at most.
#[inline]
fn divrem_wide(value: u128) -> (u128, u64) {
    let (high, low) = ((value >> 64) as u64, value as u64);
    let above = high >= BASE;
    let high = if above { high - BASE } else { high };
    let (quotient, remainder) = divrem_base(high, low);
    (u128::from(above) << 64 | u128::from(quotient), remainder)
}

/// A magnitude times one limb.
pub(crate) fn mul_small(a: &[u64], factor: u64) -> Vec<u64> {
    let mut out = Vec::with_capacity(a.len() + 1);
    let mut carry = 0;
    for &limb in a {
        let product = u128::from(limb) * u128::from(factor) + u128::from(carry);
        let (high, low) = divrem_base((product >> 64) as u64, product as u64);
        out.push(low);
        carry = high;
    }
    out.push(carry);
    trim(&mut out);
    out
}

/// Writes the product over all of `out`, of `a.len() + b.len()` limbs; `b` is not the longer.
fn mul_into(out: &mut [u64], a: &[u64], b: &[u64]) {
    let n = b.len();
    if n < KARATSUBA_MIN {
        columns(out, a, b);
        return;
    }
    if a.len() == n {
        karatsuba(out, a, b, &mut vec![0; 4 * n + 128]);
        return;
    }
    if (NTT_MIN..=ntt::MAX_LIMBS).contains(&n) && a.len() <= 3 * n {
        ntt::mul_into(out, a, b);
        return;
    }
    let step = if n >= NTT_MIN { 2 * n } else { n };
    out.fill(0);
    for (index, piece) in a.chunks(step).enumerate() {
        let mut product = vec![0; piece.len() + n];
        if piece.len() >= n {
            mul_into(&mut product, piece, b);
        } else {
            mul_into(&mut product, b, piece);
        }
        add_assign(&mut out[index * step..], &product);
    }
}

/// Each limb of the product from all pairs that fall on it: one reduction a column.
fn columns(out: &mut [u64], a: &[u64], b: &[u64]) {
    let mut carry = 0u128;
    for (column, slot) in out.iter_mut().enumerate() {
        let first = (column + 1).saturating_sub(b.len());
        let last = (column + 1).min(a.len());
        let (mut sum, mut top) = (carry, 0u64);
        if first < last {
            let pairs = a[first..last]
                .iter()
                .zip(b[column + 1 - last..=column - first].iter().rev());
            for (&x, &y) in pairs {
                let (next, overflow) = sum.overflowing_add(u128::from(x) * u128::from(y));
                sum = next;
                top += u64::from(overflow);
            }
        }
        let (high, middle) = divrem_base(top, (sum >> 64) as u64);
        let (low, remainder) = divrem_base(middle, sum as u64);
        *slot = remainder;
        carry = u128::from(high) << 64 | u128::from(low);
    }
}

/// Karatsuba on operands of equal length; overwrites all of `out`.
fn karatsuba(out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
    let n = a.len();
    if n < KARATSUBA_MIN {
        columns(out, a, b);
        return;
    }
    if (NTT_MIN..=ntt::MAX_LIMBS).contains(&n) {
        ntt::mul_into(out, a, b);
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
    add_assign(middle, high);
    if negative {
        add_assign(middle, cross);
    } else {
        sub_assign(middle, cross);
    }
    let middle = trimmed(middle);
    add_assign(&mut out[half..], middle);
}

/// Writes `|x - y|` into `out` and says whether `x < y`; `y` may be one limb shorter.
fn difference(out: &mut [u64], x: &[u64], y: &[u64]) -> bool {
    let less =
        x[y.len()..].iter().all(|&limb| limb == 0) && x[..y.len()].iter().rev().lt(y.iter().rev());
    if less {
        out.fill(0);
        out[..y.len()].copy_from_slice(y);
        sub_assign(out, &x[..y.len()]);
    } else {
        out.copy_from_slice(x);
        sub_assign(out, y);
    }
    less
}

const _: () = assert!(
    BASE > 1 << 63,
    "divrem_base needs a base with the top bit set"
);
