//! Test data: one case or answer on a line.

use krait_parser::{Mode, Options, SyntaxError};

/// The error as one line of test data.
pub(crate) fn describe(error: &SyntaxError) -> String {
    format!(
        "{:?}|{}|{}|{}|{}|{}|{}",
        error.kind,
        quote(&error.message),
        error.lineno,
        error.offset,
        error.end_lineno,
        error.end_offset,
        quote(error.text.as_deref().unwrap_or_default())
    )
}

/// Reads `mode flags source`, where the flags are those of `compile()`.
pub(crate) fn case(line: &str) -> (Mode, Options, String) {
    let mut fields = line.splitn(3, ' ');
    let (mode, flags, source) = (fields.next(), fields.next(), fields.next());
    let mode = match mode {
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        Some("func_type") => Mode::FuncType,
        _ => Mode::Exec,
    };
    let flags: u32 = flags.and_then(|flags| flags.parse().ok()).unwrap_or(0);
    let options = Options {
        dont_imply_dedent: flags & 0x200 != 0,
        allow_incomplete_input: flags & 0x4000 != 0,
        type_comments: flags & 0x1000 != 0,
        barry_as_bdfl: flags & 0x40_0000 != 0,
        ..Options::default()
    };
    (mode, options, unescape(source.unwrap_or("")))
}

/// The text that `\n`, `\\` and `\\xHEX;` stand for in a line of test data.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('x') => {
                let digits: String = chars.by_ref().take_while(|&c| c != ';').collect();
                out.extend(
                    u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32),
                );
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// The text in quotes, on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ => out.push(c),
        }
    }
    out + "\""
}
