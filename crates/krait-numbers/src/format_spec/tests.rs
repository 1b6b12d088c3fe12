//! Specifiers and their results in CPython 3.14 (`tests/format_spec.txt`, written by
//! `tests/make_format_spec.py`).

use super::*;
use crate::BigInt;

fn rendered(value: &str, spec: &str) -> String {
    let codes: Vec<u32> = spec.chars().map(u32::from).collect();
    let (kind, text) = value.split_at(1);
    let locale = Locale::default();
    let shown = |r: Rendered| {
        assert_eq!(r.code_points().count(), r.len());
        r.code_points()
            .filter_map(char::from_u32)
            .collect::<String>()
    };
    let float = |text: &str| crate::float::from_hex(text.as_bytes()).unwrap();
    let (result, name) = match kind {
        "s" => {
            let result = FormatSpec::parse(&codes, Kind::Str)
                .and_then(|spec| layout_str(&spec, text.chars().count()))
                .map(|layout| {
                    let fill = char::from_u32(layout.fill).unwrap();
                    let fills = |count| std::iter::repeat_n(fill, count);
                    fills(layout.left)
                        .chain(text.chars().take(layout.take))
                        .chain(fills(layout.right))
                        .collect()
                });
            (result, "str")
        }
        "i" => {
            let value = BigInt::from_str_radix(text, 10).unwrap();
            let result = FormatSpec::parse(&codes, Kind::Int)
                .and_then(|spec| render_int(&spec, value.as_ref(), &locale))
                .map(shown);
            (result, "int")
        }
        "f" => {
            let result = FormatSpec::parse(&codes, Kind::Float)
                .and_then(|spec| render_float(&spec, float(text), &locale))
                .map(shown);
            (result, "float")
        }
        _ => {
            let (real, imaginary) = text.split_once(' ').unwrap();
            let result = FormatSpec::parse(&codes, Kind::Float)
                .and_then(|spec| render_complex(&spec, float(real), float(imaginary), &locale))
                .map(shown);
            (result, "complex")
        }
    };
    result.unwrap_or_else(|error| {
        let kind = if error.is_overflow() {
            "OverflowError"
        } else {
            "ValueError"
        };
        format!("{kind}: {}", error.message(spec, name))
    })
}

#[test]
fn specifiers_agree_with_cpython() {
    let mut wrong = Vec::new();
    for line in include_str!("../../tests/format_spec.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let actual = rendered(fields[0], fields[1]);
        if actual != fields[2] {
            wrong.push(format!(
                "{:?} {:?}: {actual:?}, not {:?}",
                fields[0], fields[1], fields[2]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
}

#[test]
fn locales_group_as_they_say() {
    let locale = Locale {
        decimal_point: ",".into(),
        thousands_sep: "\u{202f}".into(),
        grouping: vec![3, 2].into(),
    };
    let code_points = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
    let spec = FormatSpec::parse(&code_points("015n"), Kind::Int).unwrap();
    let value = BigInt::from(12345678);
    let text = render_int(&spec, value.as_ref(), &locale).unwrap();
    assert_eq!(text.text, "00\u{202f}01\u{202f}23\u{202f}45\u{202f}678");
    let spec = FormatSpec::parse(&code_points("n"), Kind::Float).unwrap();
    assert_eq!(
        render_float(&spec, 1234.5, &locale).unwrap().text,
        "1\u{202f}234,5"
    );
    let locale = Locale {
        grouping: vec![3, 127].into(),
        ..locale
    };
    let spec = FormatSpec::parse(&code_points("n"), Kind::Int).unwrap();
    assert_eq!(
        render_int(&spec, value.as_ref(), &locale).unwrap().text,
        "12345\u{202f}678"
    );
}

#[test]
fn surrogates_are_characters_too() {
    let code_points: Vec<u32> = ">3c".chars().map(u32::from).collect();
    let spec = FormatSpec::parse(&code_points, Kind::Int).unwrap();
    let value = BigInt::from(0xD800);
    let rendered = render_int(&spec, value.as_ref(), &Locale::default()).unwrap();
    assert_eq!(
        rendered.code_points().collect::<Vec<_>>(),
        [0x20, 0x20, 0xD800]
    );
}
