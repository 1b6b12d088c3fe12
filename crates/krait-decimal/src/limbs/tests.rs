//! Long operands on both sides of every threshold, checked modulo a prime.

use super::*;

const PRIME: u64 = (1 << 61) - 1;

fn modulo(a: &[u64]) -> u128 {
    let prime = u128::from(PRIME);
    a.iter().rev().fold(0, |rest, &limb| {
        (rest * (u128::from(BASE) % prime) + u128::from(limb)) % prime
    })
}

fn sample(len: usize, seed: u64) -> Vec<u64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Limbs of nines and zeros carry and borrow.
        match state % 8 {
            0 => 0,
            1 => BASE - 1,
            _ => state % BASE,
        }
    };
    let mut out: Vec<u64> = (0..len).map(|_| next()).collect();
    if let Some(top) = out.last_mut() {
        *top = (*top).max(1);
    }
    out
}

const SIZES: [usize; 18] = [
    1, 2, 3, 5, 20, 47, 48, 49, 97, 159, 160, 161, 330, 399, 400, 401, 900, 2500,
];

#[test]
fn products() {
    for (index, &m) in SIZES.iter().enumerate() {
        for &n in &SIZES[..=index] {
            let (a, b) = (sample(m, n as u64 + 1), sample(n, m as u64 + 7));
            let product = mul(&a, &b);
            assert_ne!(product.last(), Some(&0));
            assert_eq!(
                modulo(&product),
                modulo(&a) * modulo(&b) % u128::from(PRIME),
                "{m} {n}"
            );
        }
    }
    let nines = vec![BASE - 1; 67_000];
    let square = mul(&nines, &nines);
    assert_eq!(
        add(&square, &mul_small(&nines, 2)),
        sub(&shl(&[1], 67_000 * 2 * DIGITS), &[1])
    );
}

#[test]
fn quotients() {
    for &m in &SIZES {
        for &n in &SIZES {
            let (a, b) = (sample(m, n as u64 + 3), sample(n, m as u64 + 5));
            let (quotient, remainder) = divrem(&a, &b);
            assert!(cmp(&remainder, &b).is_lt());
            assert_eq!(add(&mul(&quotient, &b), &remainder), a, "{m} {n}");
            // What nearly is one more.
            let below = sub(&mul(&a, &b), &[1]);
            assert_eq!(
                divrem(&below, &b),
                (sub(&a, &[1]), sub(&b, &[1])),
                "{m} {n}"
            );
        }
    }
}

#[test]
fn roots() {
    for len in 1..60 {
        let a = sample(len, len as u64);
        let (root, exact) = isqrt(&a);
        let square = mul(&root, &root);
        assert_eq!(exact, square == a);
        assert!(cmp(&square, &a).is_le());
        let next = add(&root, &[1]);
        assert!(cmp(&mul(&next, &next), &a).is_gt());
        assert_eq!(isqrt(&square), (root, true));
    }
}

#[test]
fn shifts_and_digits() {
    let a = sample(7, 1);
    for count in 0..150 {
        let shifted = shl(&a, count);
        assert_eq!(digits(&shifted), digits(&a) + count);
        assert_eq!(shr(&shifted, count), a);
        assert!(low_digits(&shifted, count).is_empty());
        assert_eq!(trailing_zeros(&shifted), trailing_zeros(&a) + count);
        let rest = low_digits(&a, count);
        assert_eq!(add(&shl(&shr(&a, count), count), &rest), a);
    }
    let mut text = Vec::new();
    push_ascii(&a, &mut text);
    assert_eq!(from_digits(&text), a);
}
