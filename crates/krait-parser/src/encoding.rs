//! PEP 263: which encoding a source is in, and its text.

use crate::error::{ErrorKind, ParseError, SyntaxError};
use std::borrow::Cow;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a source given as bytes.
pub(crate) fn decode(source: &[u8]) -> Result<Cow<'_, str>, ParseError> {
    let (bytes, bom) = match source.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (source, false),
    };
    let declared = declared_encoding(bytes);
    let codec = declared
        .as_deref()
        .map_or_else(|| "utf-8".to_owned(), normalised);
    if bom && codec != "utf-8" {
        let name = declared.unwrap_or_default();
        return Err(unplaced(format!("encoding problem: {name} with BOM")));
    }
    match codec.as_str() {
        "utf-8" | "utf8" => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(not_utf8(bytes, error.valid_up_to(), declared.is_some())),
        },
        "iso-8859-1" => Ok(Cow::Owned(bytes.iter().map(|&byte| byte as char).collect())),
        "ascii" | "us-ascii" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(String::from_utf8_lossy(bytes)),
            Some(at) => Err(unplaced(format!(
                "(unicode error) 'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal \
                 not in range(128)",
                bytes[at]
            ))),
        },
        _ => Err(ParseError::ForeignCodec(declared.unwrap_or(codec))),
    }
}

fn unplaced(message: String) -> ParseError {
    SyntaxError::unplaced(ErrorKind::SyntaxError, message).into()
}

/// The error for bytes that are not UTF-8.
fn not_utf8(bytes: &[u8], at: usize, declared: bool) -> ParseError {
    let lineno = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
    if declared {
        return unplaced(format!(
            "(unicode error) 'utf-8' codec can't decode byte 0x{:02x} in position {at}: {}",
            bytes[at],
            reason(&bytes[at..])
        ));
    }
    let mut error = SyntaxError::unplaced(
        ErrorKind::SyntaxError,
        format!(
            "Non-UTF-8 code starting with '\\x{:02x}' on line {lineno}, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details",
            bytes[at]
        ),
    );
    error.lineno = lineno;
    error.end_lineno = lineno;
    error.into()
}

fn reason(bytes: &[u8]) -> &'static str {
    match bytes[0] {
        0x80..=0xC1 | 0xF5.. => "invalid start byte",
        _ if std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none()) => {
            "unexpected end of data"
        }
        _ => "invalid continuation byte",
    }
}

/// The encoding that a comment on the first two lines declares, as it is written.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    for line in [lines.next()?, lines.next().unwrap_or_default()] {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let begin = line
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | 0x0C));
        let Some(begin) = begin else { continue };
        if line[begin] != b'#' {
            return None;
        }
        if let Some(name) = declaration(&line[begin..]) {
            return Some(name);
        }
    }
    None
}

/// The name in `coding: name` or `coding=name`.
fn declaration(comment: &[u8]) -> Option<String> {
    let text: String = comment.iter().map(|&byte| byte as char).collect();
    let mut rest = text.as_str();
    while let Some(found) = rest.find("coding") {
        rest = &rest[found + "coding".len()..];
        let Some(after) = rest.strip_prefix([':', '=']) else {
            continue;
        };
        let after = after.trim_start_matches([' ', '\t']);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let length = after.find(|c| !is_part(c)).unwrap_or(after.len());
        if length > 0 {
            return Some(after[..length].to_owned());
        }
    }
    None
}

/// A codec's name in the spelling that the tokenizer compares.
fn normalised(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let is_one_of = |names: &[&str]| {
        names.iter().any(|known| {
            lower
                .strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    if is_one_of(&["utf-8"]) {
        "utf-8".into()
    } else if is_one_of(&["latin-1", "iso-8859-1", "iso-latin-1"]) || lower == "latin1" {
        "iso-8859-1".into()
    } else {
        lower
    }
}
