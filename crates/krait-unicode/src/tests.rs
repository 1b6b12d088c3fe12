//! Checksums over all code points, and samples, computed by CPython 3.14
//! (`tests/unicode.txt`, written by `tests/make_unicode.py`).

use crate::names::Named;
use crate::normalize::{Form, is_normalized, normalize, normalize_by};
use crate::*;

const DATA: &str = include_str!("../tests/unicode.txt");

fn hexes(text: &[u32]) -> String {
    text.iter()
        .map(|c| format!("{c:X}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn codes(text: &str) -> Vec<u32> {
    text.split_whitespace()
        .map(|c| u32::from_str_radix(c, 16).unwrap())
        .collect()
}

fn adler32(lines: impl Iterator<Item = String>) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    let mut first = true;
    for line in lines {
        let separator: &[u8] = if first { b"" } else { b"\n" };
        first = false;
        for &byte in separator.iter().chain(line.as_bytes()) {
            a = (a + u32::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
    }
    b << 16 | a
}

fn bit(value: bool) -> String {
    u8::from(value).to_string()
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or("-".into(), |value| value.to_string())
}

/// As Python's `float.hex`.
fn float_hex(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".into();
    };
    let bits = value.to_bits();
    let sign = if value < 0.0 { "-" } else { "" };
    let (lead, exponent) = match (bits >> 52 & 0x7FF) as i64 {
        0 => (0, 0),
        biased => (1, biased - 1023),
    };
    let mantissa = bits & ((1 << 52) - 1);
    match (lead, mantissa) {
        (0, 0) => "0x0.0p+0".into(),
        _ => format!("{sign}0x{lead}.{mantissa:013x}p{exponent:+}"),
    }
}

fn property(name: &str, c: u32) -> String {
    if let Some(form) = Form::from_name(name) {
        return hexes(&normalize(form, &[c]));
    }
    if let Some(form) = name.strip_prefix("is_").and_then(Form::from_name) {
        return bit(is_normalized(form, &[c]));
    }
    if let Some(form) = name.strip_prefix("old_").and_then(Form::from_name) {
        return hexes(&normalize_by(normalize::Database::Old, form, &[c]));
    }
    match name {
        "alpha" => bit(is_alpha(c)),
        "alnum" => bit(is_alnum(c)),
        "decimal" => bit(is_decimal(c)),
        "digit" => bit(is_digit(c)),
        "numeric" => bit(is_numeric(c)),
        "space" => bit(is_space(c)),
        "printable" => bit(is_printable(c)),
        "upper" => bit(is_upper(c)),
        "lower" => bit(is_lower(c)),
        "title" => bit(case::is_title_text([c].into_iter())),
        "identifier" => bit(is_identifier([c].into_iter())),
        "continues" => bit(is_identifier([0x61, c].into_iter())),
        "to_lower" => hexes(&case::lower(&[c])),
        "to_upper" => hexes(&case::upper(&[c])),
        "to_title" => hexes(&case::title(&[c])),
        "to_folded" => hexes(&case::casefold(&[c])),
        "swapcase" => hexes(&case::swapcase(&[c])),
        "simple_lower" => format!("{:X}", case::simple_lower(c)),
        "category" => category(c).into(),
        "bidirectional" => bidirectional(c).into(),
        "combining" => combining(c).to_string(),
        "width" => east_asian_width(c).into(),
        "mirrored" => bit(is_mirrored(c)),
        "decimal_value" => or_dash(decimal(c)),
        "digit_value" => or_dash(digit(c)),
        "numeric_value" => float_hex(numeric(c)),
        "decomposition" => normalize::decomposition(c),
        "name" => or_dash(names::name(c)),
        "old_category" => old::category(c).into(),
        "old_bidirectional" => old::bidirectional(c).into(),
        "old_combining" => old::combining(c).to_string(),
        "old_width" => old::east_asian_width(c).into(),
        "old_mirrored" => bit(old::is_mirrored(c)),
        "old_decimal" => or_dash(old::decimal(c)),
        "old_digit" => or_dash(old::digit(c)),
        "old_numeric" => float_hex(old::numeric(c)),
        "old_decomposition" => old::decomposition(c),
        "old_name" => or_dash(old::name(c)),
        _ => panic!("unknown property {name}"),
    }
}

#[test]
fn properties_agree_with_cpython() {
    let mut wrong = Vec::new();
    for line in DATA.lines().filter_map(|line| line.strip_prefix("sum ")) {
        let (name, expected) = line.split_once(' ').unwrap();
        let actual = adler32((0..0x11_0000).map(|c| property(name, c)));
        if actual.to_string() != expected {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn strings_are_normalised_and_mapped_as_by_cpython() {
    for line in DATA.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let head: Vec<&str> = fields[0].split(' ').collect();
        let text = || codes(fields[1]);
        match head[0] {
            "norm" => {
                let form = Form::from_name(head[1]).unwrap();
                assert_eq!(hexes(&normalize(form, &text())), fields[2], "{line}");
                assert_eq!(bit(is_normalized(form, &text())), head[2], "{line}");
            }
            "case" => {
                let mapped = match head[1] {
                    "lower" => case::lower(&text()),
                    "upper" => case::upper(&text()),
                    "title" => case::title(&text()),
                    "capitalize" => case::capitalize(&text()),
                    "swapcase" => case::swapcase(&text()),
                    _ => case::casefold(&text()),
                };
                assert_eq!(hexes(&mapped), fields[2], "{line}");
                assert_eq!(
                    bit(case::is_title_text(text().into_iter())),
                    head[2],
                    "{line}"
                );
            }
            "lookup" => {
                let found = match names::lookup(fields[1]) {
                    None => "-".into(),
                    Some(Named::Character(c)) => hexes(&[c]),
                    Some(Named::Sequence(codes)) => hexes(codes),
                };
                assert_eq!(found, fields[2], "{line}");
            }
            _ => {}
        }
    }
}

#[test]
fn every_name_is_found_again() {
    for c in 0..0x11_0000 {
        if let Some(name) = names::name(c) {
            assert_eq!(names::lookup_character(&name), Some(c), "{name}");
        }
    }
}

#[test]
fn numbers_beyond_unicode_have_no_properties() {
    assert_eq!(category(0x11_0000), "Cn");
    assert_eq!(case::simple_lower(u32::MAX), u32::MAX);
    assert_eq!(names::name(u32::MAX), None);
    assert!(!is_printable(0x11_0000));
}
