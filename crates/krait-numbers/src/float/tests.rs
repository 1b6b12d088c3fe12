//! Values from CPython 3.14 (`tests/float.txt`, written by `tests/make_float.py`).

use super::*;

fn float(text: &str) -> f64 {
    from_hex(text.as_bytes()).unwrap()
}

#[test]
fn floats_agree_with_cpython() {
    for line in include_str!("../../tests/float.txt").lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let shown = |value: Option<f64>| value.map_or("None".into(), to_hex);
        let actual = match fields[0] {
            "repr" => {
                let value = float(fields[1]);
                assert_eq!(to_hex(value), fields[1]);
                assert_eq!(
                    parse(fields[2].as_bytes()).map(to_hex),
                    Some(fields[1].into())
                );
                repr(value)
            }
            "format" => {
                let style = Style {
                    plus: fields[4].contains('+'),
                    alternate: fields[4].contains('#'),
                    add_dot_0: false,
                };
                let precision = fields[3].parse().unwrap();
                format_double(float(fields[1]), fields[2].as_bytes()[0], precision, style)
            }
            "round" => shown(round_to_digits(
                float(fields[1]),
                fields[2].parse().unwrap(),
            )),
            "hash" => hash(float(fields[1])).unwrap().to_string(),
            "ratio" => {
                let (numerator, denominator) = as_integer_ratio(float(fields[1])).unwrap();
                format!(
                    "{}/{}",
                    numerator.to_str_radix(16),
                    denominator.to_str_radix(16)
                )
            }
            "divmod" => {
                let (x, y) = (float(fields[1]), float(fields[2]));
                let (quotient, remainder) = divmod(x, y);
                assert_eq!(modulo(x, y).to_bits(), remainder.to_bits());
                format!("{} {}", to_hex(quotient), to_hex(remainder))
            }
            "complex" => match parse_complex(fields[1].as_bytes()) {
                Ok((real, imaginary)) => complex_repr(real, imaginary),
                Err(ParseComplexError::Malformed) => "malformed".into(),
                Err(ParseComplexError::Underscore) => "underscore".into(),
            },
            "parse" => shown(parse(fields[1].as_bytes())),
            "fromhex" => from_hex(fields[1].as_bytes()).map_or_else(|e| e.message().into(), to_hex),
            other => panic!("unknown operation {other}"),
        };
        assert_eq!(actual, fields[fields.len() - 1], "{line}");
    }
}
