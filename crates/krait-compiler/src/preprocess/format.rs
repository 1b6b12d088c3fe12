//! `'…%s…' % (a, b)` becomes an f-string where both surely mean the same.

use krait_ast::{Constant, Expr, ExprKind, Range};
use krait_text::Wtf8Buf;

/// The widest field that is turned into a format specification.
const MAX_DIGITS: usize = 3;

/// Rewrites a `%` of a string and a tuple, if the whole format is understood.
pub(super) fn optimize_format(expr: &mut Expr) {
    let ExprKind::BinOp { left, right, .. } = &mut expr.kind else {
        return;
    };
    let ExprKind::Constant {
        value: Constant::Str(format),
        ..
    } = &left.kind
    else {
        return;
    };
    let ExprKind::Tuple { elts, .. } = &mut right.kind else {
        return;
    };
    if elts
        .iter()
        .any(|elt| matches!(elt.kind, ExprKind::Starred { .. }))
    {
        return;
    }
    let points: Vec<u32> = format.code_points().collect();
    let Some(pieces) = parse_format(&points, elts.len()) else {
        return;
    };
    let mut arguments = std::mem::take(elts).into_iter();
    let mut values = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => values.push(string(text)),
            Piece::Field { conversion, spec } => {
                let Some(value) = arguments.next() else {
                    return;
                };
                let value_range = value.range;
                let format_spec = spec.map(|spec| Box::new(string(spec)));
                values.push(Expr {
                    kind: ExprKind::FormattedValue {
                        value: Box::new(value),
                        conversion,
                        format_spec,
                    },
                    range: value_range,
                });
            }
        }
    }
    expr.kind = ExprKind::JoinedStr { values };
}

/// A piece of the format, without a place: it takes that of what comes before it.
fn string(text: Wtf8Buf) -> Expr {
    let range = Range::default();
    Expr {
        kind: ExprKind::Constant {
            value: Constant::Str(text),
            kind: None,
        },
        range,
    }
}

enum Piece {
    Text(Wtf8Buf),
    Field {
        conversion: i32,
        spec: Option<Wtf8Buf>,
    },
}

/// Splits a format into literal text and fields; `None` if it has something else or the number of
/// fields is not `count`.
fn parse_format(points: &[u32], count: usize) -> Option<Vec<Piece>> {
    let percent = u32::from(b'%');
    let mut pieces = Vec::new();
    let mut fields = 0;
    let mut at = 0;
    loop {
        let mut text = Wtf8Buf::new();
        while let Some(&point) = points.get(at) {
            if point == percent {
                if points.get(at + 1) != Some(&percent) {
                    break;
                }
                at += 1;
            }
            text.push(point);
            at += 1;
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        if at >= points.len() {
            break;
        }
        if fields >= count {
            return None;
        }
        at += 1;
        pieces.push(parse_field(points, &mut at)?);
        fields += 1;
    }
    (fields == count).then_some(pieces)
}

fn parse_field(points: &[u32], at: &mut usize) -> Option<Piece> {
    let byte = |at: usize| points.get(at).and_then(|&point| u8::try_from(point).ok());
    let mut left_justified = false;
    while let Some(flag) = byte(*at) {
        match flag {
            b'-' => left_justified = true,
            b'+' | b' ' | b'#' | b'0' => return None,
            _ => break,
        }
        *at += 1;
    }
    let width = digits(points, at)?;
    let mut precision = None;
    if byte(*at) == Some(b'.') {
        *at += 1;
        precision = Some(digits(points, at)?.unwrap_or(0));
    }
    let conversion = byte(*at)?;
    *at += 1;
    if !matches!(conversion, b's' | b'r' | b'a') {
        return None;
    }
    let mut spec = String::new();
    // Strings are aligned to the left by format(), to the right by %.
    if let Some(width) = width.filter(|width| *width > 0) {
        if !left_justified {
            spec.push('>');
        }
        spec.push_str(&width.to_string());
    }
    if let Some(precision) = precision {
        spec.push_str(&format!(".{precision}"));
    }
    let spec = (!spec.is_empty()).then(|| Wtf8Buf::from(spec));
    Some(Piece::Field {
        conversion: i32::from(conversion),
        spec,
    })
}

/// A number of up to three digits; `None` if it is longer.
fn digits(points: &[u32], at: &mut usize) -> Option<Option<u32>> {
    let mut value = None;
    let mut count = 0;
    while let Some(digit) = points
        .get(*at)
        .and_then(|&point| char::from_u32(point)?.to_digit(10))
    {
        value = Some(value.unwrap_or(0) * 10 + digit);
        *at += 1;
        count += 1;
        if count >= MAX_DIGITS {
            return None;
        }
    }
    Some(value)
}
