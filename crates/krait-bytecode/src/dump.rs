//! Code objects as text, to be compared with CPython's line by line.

use krait_text::Wtf8Buf;

use crate::code::{CodeUnit, Const};

fn ascii(text: &Wtf8Buf) -> String {
    let bytes = text.as_bytes();
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for point in text.code_points() {
        match point {
            0x09 => out.push_str("\\t"),
            0x0A => out.push_str("\\n"),
            0x0D => out.push_str("\\r"),
            0x5C => out.push_str("\\\\"),
            _ if point == quote as u32 => {
                out.push('\\');
                out.push(quote);
            }
            0x20..0x7F => out.push(point as u8 as char),
            0..0x100 => out.push_str(&format!("\\x{point:02x}")),
            0x100..0x1_0000 => out.push_str(&format!("\\u{point:04x}")),
            _ => out.push_str(&format!("\\U{point:08x}")),
        }
    }
    out.push(quote);
    out
}

fn ascii_bytes(bytes: &[u8]) -> String {
    let mut text = Wtf8Buf::new();
    bytes.iter().for_each(|byte| text.push(u32::from(*byte)));
    format!("b{}", ascii(&text))
}

fn hex_float(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() && !value.is_nan() {
        "-"
    } else {
        ""
    };
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let exponent = (bits >> 52 & 0x7FF) as i64;
    let mantissa = bits & ((1 << 52) - 1);
    if exponent == 0 && mantissa == 0 {
        return format!("{sign}0x0.0p+0");
    }
    let (lead, exponent) = if exponent == 0 {
        (0, -1022)
    } else {
        (1, exponent - 1023)
    };
    format!("{sign}0x{lead}.{mantissa:013x}p{exponent:+}")
}

fn constant(value: &Const) -> String {
    let many = |items: &[Const]| items.iter().map(constant).collect::<Vec<_>>();
    match value {
        Const::None => "NoneType None".into(),
        Const::True => "bool True".into(),
        Const::False => "bool False".into(),
        Const::Ellipsis => "ellipsis Ellipsis".into(),
        Const::Int(int) => {
            let decimal = int.to_string();
            if decimal.trim_start_matches('-').len() > 301 {
                let hex = int.to_str_radix(16);
                return match hex.strip_prefix('-') {
                    Some(hex) => format!("int -0x{hex}"),
                    None => format!("int 0x{hex}"),
                };
            }
            format!("int {decimal}")
        }
        Const::Float(float) => format!("float {}", hex_float(*float)),
        Const::Complex(real, imag) => {
            format!("complex {} {}", hex_float(*real), hex_float(*imag))
        }
        Const::Str(text) => format!("str {}", ascii(text)),
        Const::Bytes(bytes) => format!("bytes {}", ascii_bytes(bytes)),
        Const::Tuple(items) => format!("({})", many(items).join(", ")),
        Const::FrozenSet(items) => {
            let mut items = many(items);
            items.sort();
            format!("frozenset{{{}}}", items.join(", "))
        }
        Const::Slice(parts) => format!("slice({})", many(&parts[..]).join(", ")),
        Const::Code(code) => format!("code {}", code.qualname.as_str().unwrap_or_default()),
    }
}

fn names<'a>(names: impl IntoIterator<Item = &'a Wtf8Buf>) -> String {
    let names: Vec<String> = names.into_iter().map(ascii).collect();
    match &names[..] {
        [one] => format!("({one},)"),
        _ => format!("({})", names.join(", ")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a code object and those inside it: every field, a line each.
pub fn describe(code: &CodeUnit) -> String {
    let mut out = String::new();
    describe_into(code, &mut out);
    out
}

fn describe_into(code: &CodeUnit, out: &mut String) {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!(
        "code {}",
        code.qualname.as_str().unwrap_or_default()
    ));
    line(format!("  co_name {}", ascii(&code.name)));
    line(format!("  co_qualname {}", ascii(&code.qualname)));
    line(format!("  co_firstlineno {}", code.firstlineno));
    line(format!("  co_flags {}", code.flags));
    line(format!("  co_argcount {}", code.argcount));
    line(format!("  co_posonlyargcount {}", code.posonlyargcount));
    line(format!("  co_kwonlyargcount {}", code.kwonlyargcount));
    line(format!("  co_nlocals {}", code.nlocals()));
    line(format!("  co_stacksize {}", code.stacksize));
    line(format!("  co_names {}", names(&code.names)));
    line(format!("  co_varnames {}", names(code.varnames())));
    line(format!("  co_cellvars {}", names(code.cellvars())));
    line(format!("  co_freevars {}", names(code.freevars())));
    line("  co_code".into());
    for (index, unit) in code.code.chunks(2).enumerate() {
        line(format!("    {}: {} {}", index * 2, unit[0], unit[1]));
    }
    line(format!("  co_exceptiontable {}", hex(&code.exceptiontable)));
    line(format!("  co_linetable {}", hex(&code.linetable)));
    for value in &code.consts {
        line(format!("  const {}", constant(value)));
    }
    for value in &code.consts {
        if let Const::Code(code) = value {
            describe_into(code, out);
        }
    }
}
