//! Operations against tables that CPython's C module made (`make_tables.py` has their format).

use krait_decimal::*;

type Unary = fn(&Decimal, &Context, &mut Status) -> Decimal;
type Binary = fn(&Decimal, &Decimal, &Context, &mut Status) -> Decimal;
type Ternary = fn(&Decimal, &Decimal, &Decimal, &Context, &mut Status) -> Decimal;

const UNARY: &[(&str, Unary)] = &[
    ("abs", abs),
    ("plus", plus),
    ("minus", minus),
    ("to_integral_value", to_integral_value),
    ("to_integral_exact", to_integral_exact),
    ("normalize", reduce),
    ("next_plus", next_plus),
    ("next_minus", next_minus),
    ("logb", logb),
    ("logical_invert", logical_invert),
    ("sqrt", sqrt),
    ("exp", exp),
    ("ln", ln),
    ("log10", log10),
];

const BINARY: &[(&str, Binary)] = &[
    ("add", add),
    ("subtract", sub),
    ("multiply", mul),
    ("divide", div),
    ("divide_int", div_int),
    ("remainder", rem),
    ("remainder_near", rem_near),
    ("quantize", quantize),
    ("next_toward", next_toward),
    ("scaleb", scaleb),
    ("shift", shift),
    ("rotate", rotate),
    ("logical_and", logical_and),
    ("logical_or", logical_or),
    ("logical_xor", logical_xor),
    ("compare", compare),
    ("compare_signal", compare_signal),
    ("compare_total", |a, b, _, _| {
        Decimal::from_i64(a.total_cmp(b) as i64)
    }),
    ("compare_total_mag", |a, b, _, _| {
        Decimal::from_i64(a.total_cmp_magnitude(b) as i64)
    }),
    ("max", max),
    ("min", min),
    ("max_mag", max_magnitude),
    ("min_mag", min_magnitude),
    ("power", pow),
];

const TERNARY: &[(&str, Ternary)] = &[("fma", fma), ("powmod", pow_mod)];

const SIGNALS: &[(&str, Status)] = &[
    ("Clamped", Status::Clamped),
    ("DivisionByZero", Status::DivisionByZero),
    ("Inexact", Status::Inexact),
    ("InvalidOperation", Status::IEEE_INVALID),
    ("Overflow", Status::Overflow),
    ("Rounded", Status::Rounded),
    ("Subnormal", Status::Subnormal),
    ("Underflow", Status::Underflow),
];

const ROUNDINGS: [Rounding; 8] = [
    Rounding::Up,
    Rounding::Down,
    Rounding::Ceiling,
    Rounding::Floor,
    Rounding::HalfUp,
    Rounding::HalfDown,
    Rounding::HalfEven,
    Rounding::ZeroFiveUp,
];

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|row| row.0 == name).map(|row| row.1)
}

fn evaluate(operation: &str, operands: &[&str], context: &Context, status: &mut Status) -> String {
    match (operation, operands) {
        ("create_decimal", [text]) => return to_sci(&parse(text, context, status), true),
        ("to_eng_string", [text]) => return to_eng(&parse(text, context, status), true),
        ("exact", [text]) => return to_sci(&parse_exact(text, status), true),
        ("format", [number, spec]) => {
            let number = parse_exact(number, status);
            return match Spec::parse(spec) {
                Ok(spec) => format(&number, &spec, true, context, status),
                Err(SpecError) => "ValueError".to_owned(),
            };
        }
        _ => {}
    }
    let numbers: Vec<Decimal> = operands
        .iter()
        .map(|text| parse_exact(text, status))
        .collect();
    match &numbers[..] {
        [a, b] if operation == "divmod" => {
            let (quotient, remainder) = div_mod(a, b, context, status);
            std::format!("{};{}", to_sci(&quotient, true), to_sci(&remainder, true))
        }
        [a] => to_sci(&find(UNARY, operation).unwrap()(a, context, status), true),
        [a, b] => to_sci(
            &find(BINARY, operation).unwrap()(a, b, context, status),
            true,
        ),
        [a, b, c] => to_sci(
            &find(TERNARY, operation).unwrap()(a, b, c, context, status),
            true,
        ),
        _ => unreachable!("{operation} has {} operands", operands.len()),
    }
}

fn check(line: &str) {
    let head: Vec<&str> = line.splitn(7, ' ').collect();
    let separator = if head[0] == "format" { '\t' } else { ' ' };
    let fields: Vec<&str> = head[6].split(separator).collect();
    let arrow = fields.iter().position(|&field| field == "->").unwrap();
    let context = Context {
        prec: head[1].parse().unwrap(),
        emax: head[2].parse().unwrap(),
        emin: head[3].parse().unwrap(),
        rounding: ROUNDINGS[head[4].parse::<usize>().unwrap()],
        clamp: head[5] == "1",
    };
    let mut status = Status::empty();
    let result = evaluate(head[0], &fields[..arrow], &context, &mut status);
    assert_eq!(result, fields[arrow + 1], "{line}");
    let mut expected: Vec<&str> = fields[arrow + 2..].to_vec();
    expected.retain(|name| !name.is_empty());
    let found: Vec<&str> = SIGNALS
        .iter()
        .filter(|signal| status.intersects(signal.1))
        .map(|signal| signal.0)
        .collect();
    assert_eq!(found, expected, "{line}");
}

macro_rules! tables {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            include_str!(concat!(stringify!($name), ".txt")).lines().for_each(check);
        })*
    };
}

tables! { arithmetic division digits order elementary text }

#[test]
fn formats() {
    include_str!("format.txt").lines().for_each(check);
}
