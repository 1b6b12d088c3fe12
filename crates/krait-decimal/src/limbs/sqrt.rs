//! Square roots by halves (Zimmermann's Karatsuba square root).

use super::{BASE, add_assign, divrem, divrem_small, mul, mul_small, sub, trim, trimmed};

/// The integer square root, and whether it is exact.
pub(crate) fn isqrt(a: &[u64]) -> (Vec<u64>, bool) {
    if a.is_empty() {
        return (Vec::new(), true);
    }
    // A square factor brings the top limb to a quarter of the base, and the limbs to an even
    // count; its root is taken out again.
    let odd = !a.len().is_multiple_of(2);
    let room = if odd { u128::from(BASE) } else { 1 };
    let factor = (u128::from(BASE) * room / (u128::from(a[a.len() - 1]) + 1)).isqrt() as u64;
    let scaled = mul_small(&mul_small(a, factor), factor);
    let (root, rest) = sqrt_rem(&scaled);
    let (root, lost) = divrem_small(&root, factor);
    (root, lost == 0 && rest.is_empty())
}

/// Root and remainder of an even number of limbs, the top one at least a quarter of the base.
fn sqrt_rem(a: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let half = a.len() / 2;
    if half == 1 {
        let value = u128::from(a[1]) * u128::from(BASE) + u128::from(a[0]);
        let root = value.isqrt();
        let rest = value - root * root;
        let rest = if rest >= u128::from(BASE) {
            vec![(rest - u128::from(BASE)) as u64, 1]
        } else if rest > 0 {
            vec![rest as u64]
        } else {
            vec![]
        };
        return (vec![root as u64], rest);
    }
    let low = half / 2;
    let (root, rest) = sqrt_rem(&a[2 * low..]);
    let mut numerator = a[low..2 * low].to_vec();
    numerator.extend_from_slice(&rest);
    trim(&mut numerator);
    let (quotient, rest) = divrem(&numerator, &mul_small(&root, 2));
    let mut root: Vec<u64> = std::iter::repeat_n(0, low).chain(root).collect();
    if add_assign(&mut root, &quotient) {
        root.push(1);
    }
    let mut remainder = a[..low].to_vec();
    remainder.extend_from_slice(&rest);
    trim(&mut remainder);
    let square = mul(&quotient, &quotient);
    let (difference, negative) = super::abs_diff(&remainder, &square);
    if !negative {
        return (root, difference);
    }
    // One too large: (s - 1)**2 is s**2 - (2s - 1).
    let step = sub(&mul_small(&root, 2), &[1]);
    let root = sub(&root, &[1]);
    (root, sub(&step, trimmed(&difference)))
}
