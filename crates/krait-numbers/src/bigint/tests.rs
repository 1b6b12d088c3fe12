//! Values from CPython 3.14 (`tests/bigint.txt`, written by `tests/make_bigint.py`), and laws.

use super::*;

fn int(text: &str) -> BigInt {
    BigInt::from_str_radix(text, 16).unwrap_or_else(|| panic!("bad integer {text}"))
}

/// Each line of the data is an operation, its operands and its result, in hexadecimal.
#[test]
fn operations_agree_with_cpython() {
    for line in include_str!("../../tests/bigint.txt").lines() {
        let mut fields = line.split(' ');
        let op = fields.next().unwrap_or_default();
        let fields: Vec<&str> = fields.collect();
        let arg = |index: usize| int(fields[index]);
        let shown = |value: Option<BigInt>| value.map_or("None".into(), |v| v.to_str_radix(16));
        let (a, expected) = (arg(0), fields[fields.len() - 1]);
        let b = |apply: &dyn Fn(IntRef<'_>, IntRef<'_>) -> Option<BigInt>| {
            shown(apply(a.as_ref(), arg(1).as_ref()))
        };
        let actual = match op {
            "add" => b(&|x, y| Some(x.add(y))),
            "sub" => b(&|x, y| Some(x.sub(y))),
            "mul" => b(&|x, y| Some(x.mul(y))),
            "div" => b(&|x, y| x.div_floor(y)),
            "mod" => b(&|x, y| x.mod_floor(y)),
            "and" => b(&|x, y| Some(x.bitand(y))),
            "or" => b(&|x, y| Some(x.bitor(y))),
            "xor" => b(&|x, y| Some(x.bitxor(y))),
            "gcd" => b(&|x, y| Some(x.gcd(y))),
            "pow" => b(&|x, y| x.pow(y)),
            "shl" => b(&|x, y| x.shl(y.to_u64()?)),
            "shr" => b(&|x, y| Some(x.shr(y.to_u64()?))),
            "powmod" => shown(a.as_ref().pow_mod(arg(1).as_ref(), arg(2).as_ref()).ok()),
            "isqrt" => shown(a.as_ref().isqrt()),
            "invert" => shown(Some(a.as_ref().invert())),
            "hash" => a.as_ref().hash().to_string(),
            "dec" => a.to_string(),
            "base7" => a.to_str_radix(7),
            "float" => a
                .to_f64()
                .map_or("None".into(), |v| format!("{:x}", v.to_bits())),
            "frexp" => {
                let (mantissa, exponent) = a.as_ref().frexp();
                format!("{:x}:{exponent}", mantissa.to_bits())
            }
            "truediv" => match a.as_ref().true_divide(arg(1).as_ref()) {
                Ok(value) => format!("{:x}", value.to_bits()),
                Err(_) => "None".into(),
            },
            "bytes" => {
                let bytes = a
                    .as_ref()
                    .to_le_bytes(arg(1).to_u64().unwrap() as usize, true);
                if let Ok(bytes) = &bytes {
                    assert_eq!(BigInt::from_le_bytes(bytes, true), a);
                }
                bytes.map_or("None".into(), |b| {
                    b.iter().map(|x| format!("{x:02x}")).collect()
                })
            }
            _ => panic!("unknown operation {op}"),
        };
        assert_eq!(actual, expected, "{}", &line[..line.len().min(300)]);
        if op == "dec" {
            assert_eq!(BigInt::from_str_radix(expected, 10), Some(a));
        } else if op == "base7" {
            assert_eq!(BigInt::from_str_radix(expected, 7), Some(a));
        }
    }
}

fn pseudo_random(len: usize, mut seed: u64) -> Vec<u32> {
    let mut digits: Vec<u32> = std::iter::repeat_with(|| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let value = (seed >> 33) as u32 & DIGIT_MASK;
        // Runs of extreme digits find missed carries.
        match value >> 27 {
            0 => 0,
            1 => DIGIT_MASK,
            _ => value,
        }
    })
    .take(len)
    .collect();
    if let Some(top) = digits.last_mut() {
        *top |= 1;
    }
    digits
}

/// The residue modulo a prime below 2**30.
fn residue(digits: &[u32]) -> u64 {
    digits
        .iter()
        .rev()
        .fold(0, |acc, &d| ((acc << 30) + u64::from(d)) % 998_244_353)
}

#[test]
fn products_of_all_sizes() {
    for (a, b) in [
        (3, 3),
        (5, 200),
        (80, 80),
        (161, 79),
        (500, 497),
        (3000, 170),
        (6100, 6050),
        (30000, 6001),
    ] {
        let (x, y) = (pseudo_random(a, a as u64), pseudo_random(b, 7 * b as u64));
        let product = mag::mul(&x, &y);
        assert_eq!(
            residue(&product),
            residue(&x) * residue(&y) % 998_244_353,
            "{a} x {b}"
        );
        assert_eq!(
            mag::divrem(&product, &x),
            Some((y.clone(), vec![])),
            "{a} x {b}"
        );
    }
}

#[test]
fn division_undoes_multiplication() {
    for (a, b) in [
        (400, 170),
        (1000, 500),
        (2000, 161),
        (1283, 640),
        (5000, 2500),
        (330, 165),
    ] {
        for seed in 0..4 {
            let (x, y) = (pseudo_random(a, seed), pseudo_random(b, seed + 99));
            let (quotient, remainder) = mag::divrem(&x, &y).unwrap();
            assert_eq!(mag::cmp(&remainder, &y), Ordering::Less);
            assert_eq!(
                mag::add(&mag::mul(&quotient, &y), &remainder),
                x,
                "{a} / {b}"
            );
        }
    }
}

#[test]
fn long_numbers_survive_decimal() {
    for len in [60, 69, 70, 71, 150, 1000, 5000] {
        let digits = pseudo_random(len, len as u64);
        let text = mag::to_decimal(&digits);
        assert!(!text.starts_with('0'));
        assert_eq!(mag::from_ascii_digits(text.as_bytes(), 10), digits);
    }
    let power = BigInt::from(10)
        .as_ref()
        .pow(BigInt::from(3000).as_ref())
        .unwrap();
    assert_eq!(power.to_string(), format!("1{}", "0".repeat(3000)));
}

#[test]
fn int_grammar() {
    let accepted = [
        ("  -1_000\n", 10, -1000),
        ("0x_ff", 0, 255),
        ("0b101", 0, 5),
        ("0b1", 16, 0xB1),
        ("00_0", 0, 0),
        ("+0O17", 8, 15),
        ("z", 36, 35),
        ("1_0", 0, 10),
        ("0_7", 10, 7),
    ];
    for (text, base, value) in accepted {
        assert_eq!(
            BigInt::from_str_radix(text, base),
            Some(BigInt::from(value)),
            "{text:?}"
        );
    }
    for (text, base) in [
        ("", 10),
        (" ", 10),
        ("- 1", 10),
        ("1__0", 10),
        ("_1", 10),
        ("1_", 10),
        ("010", 0),
        ("0x", 0),
        ("0x__1", 0),
        ("12", 2),
        ("1 2", 10),
        ("--1", 10),
        ("0_", 0),
        ("0x1", 10),
        ("+", 10),
    ] {
        assert_eq!(BigInt::from_str_radix(text, base), None, "{text:?}");
    }
}

#[test]
fn comparison_with_floats() {
    let two_to_53 = BigInt::from(1i64 << 53);
    let odd = two_to_53.add(&BigInt::one());
    assert_eq!(
        odd.as_ref().partial_cmp_f64(9007199254740992.0),
        Some(Ordering::Greater)
    );
    assert_eq!(
        two_to_53.as_ref().partial_cmp_f64(9007199254740992.0),
        Some(Ordering::Equal)
    );
    assert_eq!(
        BigInt::from(-2).as_ref().partial_cmp_f64(-1.5),
        Some(Ordering::Less)
    );
    assert_eq!(
        BigInt::from(-1).as_ref().partial_cmp_f64(-1.5),
        Some(Ordering::Greater)
    );
    assert_eq!(BigInt::ZERO.as_ref().partial_cmp_f64(f64::NAN), None);
}

#[test]
fn division_by_one_digit() {
    for len in [1, 2, 11, 12, 13, 40, 41] {
        for divisor in [1, 2, 3, 10, 65_537, 1 << 29, DIGIT_MASK - 1, DIGIT_MASK] {
            let digits = pseudo_random(len, u64::from(divisor));
            let (quotient, remainder) = mag::divrem_small(&digits, divisor);
            assert!(remainder < divisor);
            let mut back = mag::mul_small(&quotient, divisor);
            back = mag::add(&back, &[remainder]);
            assert_eq!(
                mag::trimmed(&back),
                mag::trimmed(&digits),
                "{len} digits by {divisor}"
            );
        }
    }
}
