//! The arithmetic of constant folding: what an operation on constants gives, if it is worth having.
//!
//! `None` means "leave it to run time": the operation raises, or its result would be too big.

use krait_bytecode::oparg::nb;
use krait_bytecode::{AnyOpcode, Const};
use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

/// The most bits of a folded integer.
const MAX_INT_BITS: u64 = 128;
/// The most items of a folded tuple.
const MAX_COLLECTION_SIZE: usize = 256;
/// The most characters of a folded string.
const MAX_STR_SIZE: usize = 4096;
/// The most constants in a folded tuple, those in tuples inside included.
const MAX_TOTAL_ITEMS: usize = 1024;

/// Whether a constant is true.
pub(crate) fn is_true(value: &Const) -> bool {
    match value {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::Slice(_) | Const::Code(_) => true,
        Const::Int(int) => !int.is_zero(),
        Const::Float(float) => *float != 0.0,
        Const::Complex(real, imag) => *real != 0.0 || *imag != 0.0,
        Const::Str(text) => !text.is_empty(),
        Const::Bytes(bytes) => !bytes.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

/// A number in Python's tower.
#[derive(Clone)]
enum Number {
    Int(BigInt),
    Float(f64),
    Complex(f64, f64),
}

impl Number {
    fn from_const(value: &Const) -> Option<Number> {
        Some(match value {
            Const::True => Number::Int(BigInt::from(1u32)),
            Const::False => Number::Int(BigInt::from(0u32)),
            Const::Int(int) => Number::Int(int.clone()),
            Const::Float(float) => Number::Float(*float),
            Const::Complex(real, imag) => Number::Complex(*real, *imag),
            _ => return None,
        })
    }

    /// The number as a float, `None` if it is complex or too large.
    fn real(&self) -> Option<f64> {
        match self {
            Number::Int(int) => int.as_ref().to_f64(),
            Number::Float(float) => Some(*float),
            Number::Complex(..) => None,
        }
    }
}

/// The items of a frozen set in the order given, without those that equal an earlier one.
pub(crate) fn frozenset(items: Vec<Const>) -> Const {
    let mut distinct: Vec<Const> = Vec::with_capacity(items.len());
    for item in items {
        if !distinct.iter().any(|other| equals(other, &item)) {
            distinct.push(item);
        }
    }
    Const::FrozenSet(distinct)
}

/// Python's `==` between constants, under which `1`, `1.0` and `True` are equal.
pub(crate) fn equals(left: &Const, right: &Const) -> bool {
    match (Number::from_const(left), Number::from_const(right)) {
        (Some(Number::Int(a)), Some(Number::Int(b))) => a == b,
        (Some(Number::Complex(a, b)), Some(Number::Complex(c, d))) => a == c && b == d,
        (Some(Number::Complex(a, b)), Some(other)) | (Some(other), Some(Number::Complex(a, b))) => {
            b == 0.0 && number_equals_float(&other, a)
        }
        (Some(number), Some(Number::Float(float))) | (Some(Number::Float(float)), Some(number)) => {
            number_equals_float(&number, float)
        }
        _ => match (left, right) {
            (Const::Tuple(a), Const::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equals(a, b))
            }
            _ => left == right,
        },
    }
}

fn number_equals_float(number: &Number, float: f64) -> bool {
    match number {
        Number::Int(int) => {
            BigInt::from_f64(float).is_some_and(|whole| float.fract() == 0.0 && whole == *int)
        }
        Number::Float(other) => *other == float,
        Number::Complex(..) => false,
    }
}

/// A unary operation.
pub(crate) fn unary(op: AnyOpcode, operand: &Const) -> Option<Const> {
    if op == AnyOpcode::UNARY_NOT {
        return Some(Const::from(!is_true(operand)));
    }
    let number = Number::from_const(operand)?;
    let result = match (op, number) {
        (AnyOpcode::UNARY_NEGATIVE, Number::Int(int)) => Number::Int(int.neg()),
        (AnyOpcode::UNARY_NEGATIVE, Number::Float(float)) => Number::Float(-float),
        (AnyOpcode::UNARY_NEGATIVE, Number::Complex(real, imag)) => Number::Complex(-real, -imag),
        // Inverting a bool warns at run time.
        (AnyOpcode::UNARY_INVERT, Number::Int(int)) if matches!(operand, Const::Int(_)) => {
            Number::Int(int.as_ref().invert())
        }
        (AnyOpcode::CALL_INTRINSIC_1, number) => number,
        _ => return None,
    };
    Some(to_const(result))
}

fn to_const(number: Number) -> Const {
    match number {
        Number::Int(int) => Const::Int(int),
        Number::Float(float) => Const::Float(float),
        Number::Complex(real, imag) => Const::Complex(real, imag),
    }
}

/// A binary operation; `operator` is BINARY_OP's argument.
pub(crate) fn binary(operator: u32, left: &Const, right: &Const) -> Option<Const> {
    if operator == nb::SUBSCR {
        return subscript(left, right);
    }
    if let (Some(a), Some(b)) = (Number::from_const(left), Number::from_const(right)) {
        let both_bool = matches!(left, Const::True | Const::False)
            && matches!(right, Const::True | Const::False);
        return number_op(operator, &a, &b, both_bool);
    }
    match operator {
        nb::ADD => concatenate(left, right),
        nb::MULTIPLY => match (left, right) {
            (Const::Int(_) | Const::True | Const::False, _) => repeat(right, left),
            _ => repeat(left, right),
        },
        _ => None,
    }
}

fn concatenate(left: &Const, right: &Const) -> Option<Const> {
    Some(match (left, right) {
        (Const::Str(a), Const::Str(b)) => {
            let mut text = a.clone();
            text.push_wtf8(b);
            Const::Str(text)
        }
        (Const::Bytes(a), Const::Bytes(b)) => Const::Bytes([&a[..], b].concat()),
        (Const::Tuple(a), Const::Tuple(b)) => Const::Tuple([&a[..], b].concat()),
        _ => return None,
    })
}

fn total_items(items: &[Const], limit: usize) -> Option<usize> {
    let mut left = limit.checked_sub(items.len())?;
    for item in items {
        if let Const::Tuple(items) | Const::FrozenSet(items) = item {
            left = total_items(items, left)?;
        }
    }
    Some(left)
}

fn repeat(sequence: &Const, times: &Const) -> Option<Const> {
    let Number::Int(times) = Number::from_const(times)? else {
        return None;
    };
    let (size, limit) = match sequence {
        Const::Str(text) => (text.code_points().count(), MAX_STR_SIZE),
        Const::Bytes(bytes) => (bytes.len(), MAX_STR_SIZE),
        Const::Tuple(items) => (items.len(), MAX_COLLECTION_SIZE),
        _ => return None,
    };
    let times = match limit.checked_div(size) {
        None => 0,
        Some(most) => {
            let times = usize::try_from(times.to_i64()?).ok()?;
            if times > most {
                return None;
            }
            times
        }
    };
    Some(match sequence {
        Const::Str(text) => {
            Const::Str(Wtf8Buf::from_bytes(text.as_bytes().repeat(times)).unwrap_or_default())
        }
        Const::Bytes(bytes) => Const::Bytes(bytes.repeat(times)),
        Const::Tuple(items) => {
            if let Some(most) = MAX_TOTAL_ITEMS.checked_div(times) {
                total_items(items, most)?;
            }
            Const::Tuple(
                std::iter::repeat_n(items, times)
                    .flatten()
                    .cloned()
                    .collect(),
            )
        }
        _ => return None,
    })
}

fn number_op(operator: u32, left: &Number, right: &Number, both_bool: bool) -> Option<Const> {
    let result = match (left, right) {
        (Number::Int(a), Number::Int(b)) => {
            let bitwise = matches!(operator, nb::AND | nb::OR | nb::XOR);
            let value = int_op(operator, a, b)?;
            if bitwise
                && both_bool
                && let Number::Int(int) = &value
            {
                return Some(Const::from(!int.is_zero()));
            }
            value
        }
        (Number::Complex(..), _) | (_, Number::Complex(..)) => complex_op(operator, left, right)?,
        _ => float_op(operator, left.real()?, right.real()?)?,
    };
    Some(to_const(result))
}

fn int_op(operator: u32, a: &BigInt, b: &BigInt) -> Option<Number> {
    let (bits_a, bits_b) = (a.bit_length(), b.bit_length());
    let both_nonzero = !a.is_zero() && !b.is_zero();
    Some(Number::Int(match operator {
        nb::ADD => a.add(b),
        nb::SUBTRACT => a.sub(b),
        nb::MULTIPLY => {
            if both_nonzero && bits_a + bits_b > MAX_INT_BITS {
                return None;
            }
            a.mul(b)
        }
        nb::TRUE_DIVIDE => {
            return a.as_ref().true_divide(b.as_ref()).ok().map(Number::Float);
        }
        nb::FLOOR_DIVIDE => a.div_floor(b)?,
        nb::REMAINDER => a.mod_floor(b)?,
        nb::POWER => {
            if b.is_negative() {
                if a.is_zero() {
                    return None;
                }
                return float_op(operator, a.as_ref().to_f64()?, b.as_ref().to_f64()?);
            }
            if both_nonzero && bits_a > MAX_INT_BITS / b.to_u64()? {
                return None;
            }
            a.as_ref().pow(b.as_ref())?
        }
        nb::LSHIFT => {
            let by = b.to_u64()?;
            if both_nonzero && (by > MAX_INT_BITS || bits_a > MAX_INT_BITS - by) {
                return None;
            }
            a.as_ref().shl(by)?
        }
        nb::RSHIFT => a.as_ref().shr(b.to_u64()?),
        nb::AND => a.as_ref().bitand(b.as_ref()),
        nb::OR => a.as_ref().bitor(b.as_ref()),
        nb::XOR => a.as_ref().bitxor(b.as_ref()),
        _ => return None,
    }))
}

fn float_op(operator: u32, a: f64, b: f64) -> Option<Number> {
    Some(Number::Float(match operator {
        nb::ADD => a + b,
        nb::SUBTRACT => a - b,
        nb::MULTIPLY => a * b,
        nb::TRUE_DIVIDE if b != 0.0 => a / b,
        nb::FLOOR_DIVIDE if b != 0.0 => float_divmod(a, b).0,
        nb::REMAINDER if b != 0.0 => float_divmod(a, b).1,
        nb::POWER => return float_pow(a, b),
        _ => return None,
    }))
}

fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 {
        if (b < 0.0) != (remainder < 0.0) {
            remainder += b;
            quotient -= 1.0;
        }
    } else {
        remainder = 0.0f64.copysign(b);
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(a / b), remainder);
    }
    let mut floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor += 1.0;
    }
    (floor, remainder)
}

fn float_pow(a: f64, b: f64) -> Option<Number> {
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        let (real, imag) = complex_pow((a, 0.0), (b, 0.0))?;
        return Some(Number::Complex(real, imag));
    }
    let raises = a == 0.0 && b < 0.0;
    let result = a.powf(b);
    let overflows = result.is_infinite() && a.is_finite() && b.is_finite();
    (!raises && !overflows).then_some(Number::Float(result))
}

fn complex_op(operator: u32, left: &Number, right: &Number) -> Option<Number> {
    // A real operand keeps the other's signed zeros.
    let (real, imag) = match (operator, left, right) {
        (nb::ADD, Number::Complex(a, b), Number::Complex(c, d)) => (a + c, b + d),
        (nb::ADD, Number::Complex(a, b), other) | (nb::ADD, other, Number::Complex(a, b)) => {
            (a + other.real()?, *b)
        }
        (nb::SUBTRACT, Number::Complex(a, b), Number::Complex(c, d)) => (a - c, b - d),
        (nb::SUBTRACT, Number::Complex(a, b), other) => (a - other.real()?, *b),
        (nb::SUBTRACT, other, Number::Complex(c, d)) => (other.real()? - c, -d),
        (nb::MULTIPLY, Number::Complex(a, b), Number::Complex(c, d)) => {
            (a * c - b * d, a * d + b * c)
        }
        (nb::MULTIPLY, Number::Complex(a, b), other)
        | (nb::MULTIPLY, other, Number::Complex(a, b)) => {
            let by = other.real()?;
            (a * by, b * by)
        }
        (nb::TRUE_DIVIDE, Number::Complex(a, b), Number::Complex(c, d)) => {
            complex_quotient(*a, *b, *c, *d)?
        }
        (nb::TRUE_DIVIDE, Number::Complex(a, b), other) => {
            let by = other.real()?;
            if by == 0.0 {
                return None;
            }
            (a / by, b / by)
        }
        (nb::TRUE_DIVIDE, other, Number::Complex(c, d)) => {
            complex_quotient(other.real()?, 0.0, *c, *d)?
        }
        (nb::POWER, left, right) => {
            let parts = |number: &Number| match number {
                Number::Complex(real, imag) => Some((*real, *imag)),
                number => number.real().map(|real| (real, 0.0)),
            };
            complex_pow(parts(left)?, parts(right)?)?
        }
        _ => return None,
    };
    Some(Number::Complex(real, imag))
}

fn complex_product(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn complex_pow(a: (f64, f64), b: (f64, f64)) -> Option<(f64, f64)> {
    let result = if b.1 == 0.0 && b.0 == b.0.floor() && b.0.abs() <= 100.0 {
        let exponent = b.0.abs() as u32;
        let (mut power, mut square) = ((1.0, 0.0), a);
        let mut mask = 1;
        while exponent >= mask {
            if exponent & mask != 0 {
                power = complex_product(power, square);
            }
            mask <<= 1;
            square = complex_product(square, square);
        }
        if b.0 > 0.0 {
            power
        } else {
            complex_quotient(1.0, 0.0, power.0, power.1)?
        }
    } else if a == (0.0, 0.0) {
        if b.1 != 0.0 || b.0 < 0.0 {
            return None;
        }
        (0.0, 0.0)
    } else {
        let size = a.0.hypot(a.1);
        let angle = a.1.atan2(a.0);
        let mut length = size.powf(b.0);
        let mut phase = angle * b.0;
        if b.1 != 0.0 {
            length *= (-angle * b.1).exp();
            phase += b.1 * size.ln();
        }
        (length * phase.cos(), length * phase.sin())
    };
    (result.0.is_finite() && result.1.is_finite()).then_some(result)
}

fn complex_quotient(a: f64, b: f64, c: f64, d: f64) -> Option<(f64, f64)> {
    if c.abs() >= d.abs() {
        if c == 0.0 {
            return None;
        }
        let ratio = d / c;
        let denominator = c + d * ratio;
        Some(((a + b * ratio) / denominator, (b - a * ratio) / denominator))
    } else {
        let ratio = c / d;
        let denominator = c * ratio + d;
        Some(((a * ratio + b) / denominator, (b * ratio - a) / denominator))
    }
}

fn subscript(sequence: &Const, index: &Const) -> Option<Const> {
    match sequence {
        Const::Str(text) => {
            let points: Vec<u32> = text.code_points().collect();
            let picked = pick(&points, index)?;
            let mut out = Wtf8Buf::new();
            picked.items().iter().for_each(|&point| out.push(point));
            Some(Const::Str(out))
        }
        Const::Bytes(bytes) => Some(match pick(bytes, index)? {
            Picked::One(byte) => Const::from(i64::from(byte)),
            Picked::Many(bytes) => Const::Bytes(bytes),
        }),
        Const::Tuple(items) => Some(match pick(items, index)? {
            Picked::One(item) => item,
            Picked::Many(items) => Const::Tuple(items),
        }),
        _ => None,
    }
}

/// What a subscript picks out of a sequence.
enum Picked<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Picked<T> {
    fn items(&self) -> &[T] {
        match self {
            Picked::One(item) => std::slice::from_ref(item),
            Picked::Many(items) => items,
        }
    }
}

fn pick<T: Clone>(items: &[T], index: &Const) -> Option<Picked<T>> {
    if let Const::Slice(parts) = index {
        return pick_slice(items, parts);
    }
    let Number::Int(index) = Number::from_const(index)? else {
        return None;
    };
    let mut index = index.to_i64()?;
    if index < 0 {
        index += items.len() as i64;
    }
    items
        .get(usize::try_from(index).ok()?)
        .cloned()
        .map(Picked::One)
}

fn pick_slice<T: Clone>(items: &[T], parts: &[Const; 3]) -> Option<Picked<T>> {
    let part = |value: &Const| match value {
        Const::None => Some(None),
        _ => match Number::from_const(value)? {
            Number::Int(int) => {
                let huge = if int.is_negative() {
                    i64::MIN / 2
                } else {
                    i64::MAX / 2
                };
                Some(Some(
                    int.to_i64()
                        .unwrap_or(huge)
                        .clamp(i64::MIN / 2, i64::MAX / 2),
                ))
            }
            _ => None,
        },
    };
    let step = part(&parts[2])?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let length = items.len() as i64;
    let (lowest, highest) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let bound = |value: Option<i64>, default: i64| match value {
        None => default,
        Some(value) if value < 0 => (value + length).max(lowest),
        Some(value) => value.min(highest),
    };
    let (first, last) = if step > 0 {
        (lowest, highest)
    } else {
        (highest, lowest)
    };
    let (start, stop) = (
        bound(part(&parts[0])?, first),
        bound(part(&parts[1])?, last),
    );
    let mut picked = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        picked.extend(
            usize::try_from(at)
                .ok()
                .and_then(|at| items.get(at))
                .cloned(),
        );
        at += step;
    }
    Some(Picked::Many(picked))
}
