//! PEP 263: which encoding a source is in, and its text.

use crate::error::{ErrorKind, ParseError, SyntaxError};
use std::borrow::Cow;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a source given as bytes, whose line ends are `\n` already.
pub(crate) fn decode<'a>(source: &'a [u8], file: Option<&str>) -> Result<Cow<'a, str>, ParseError> {
    let (bytes, bom) = match source.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (source, false),
    };
    let declared = declared_encoding(bytes);
    let codec = declared.as_deref().map_or("utf-8", normal_name);
    if bom && codec != "utf-8" {
        return Err(wrong_bom(bytes, codec));
    }
    match codec {
        "utf-8" => decode_utf8(bytes, file),
        "iso-8859-1" => Ok(Cow::Owned(bytes.iter().map(|&byte| byte as char).collect())),
        // The codec has the last word on what it cannot decode.
        "utf8" | "ascii" | "us-ascii" if bytes.is_ascii() => Ok(String::from_utf8_lossy(bytes)),
        _ => Err(ParseError::ForeignCodec {
            codec: codec.to_owned(),
            source: bytes.to_vec(),
        }),
    }
}

/// The text of a source that is UTF-8.
pub(crate) fn decode_utf8<'a>(
    bytes: &'a [u8],
    file: Option<&str>,
) -> Result<Cow<'a, str>, ParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => Err(not_utf8(bytes, error.valid_up_to(), file)),
    }
}

/// The error for a byte order mark before a source that declares another encoding.
fn wrong_bom(bytes: &[u8], codec: &str) -> ParseError {
    let lines = bytes.split(|&byte| byte == b'\n').take(2).enumerate();
    let declaring = lines.filter(|(_, line)| declaration(line).is_some()).last();
    let (index, line) = declaring.unwrap_or((0, bytes));
    let text = String::from_utf8_lossy(line).into_owned();
    let message = format!("encoding problem: {codec} with BOM");
    let end_offset = text.chars().count() as i32;
    on_line(index as u32 + 1, 0, end_offset, text, message)
}

/// The error for bytes that are not UTF-8.
fn not_utf8(bytes: &[u8], at: usize, file: Option<&str>) -> ParseError {
    let before = &bytes[..at];
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline);
    let lineno = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let offset = String::from_utf8_lossy(&bytes[start..at]).chars().count() as i32 + 1;
    let text = String::from_utf8_lossy(&bytes[start..end]).into_owned();
    let file = file.map_or(String::new(), |file| format!(" in file {file}"));
    let message = format!(
        "Non-UTF-8 code starting with '\\x{:02x}'{file} on line {lineno}, but no encoding declared; see \
         https://peps.python.org/pep-0263/ for details",
        bytes[at]
    );
    on_line(lineno, offset, offset, text, message)
}

/// The error for a null byte in a file, found when its line is read.
pub(crate) fn null_byte(bytes: &[u8], at: usize) -> ParseError {
    let before = &bytes[..at];
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let lineno = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let text = String::from_utf8_lossy(&before[start..]).into_owned();
    let message = "source code cannot contain null bytes".to_owned();
    on_line(lineno, 0, 0, text, message)
}

fn on_line(lineno: u32, offset: i32, end_offset: i32, text: String, message: String) -> ParseError {
    let kind = ErrorKind::SyntaxError;
    let text = Some(text);
    let error = SyntaxError {
        kind,
        message,
        lineno,
        offset,
        end_lineno: lineno,
        end_offset,
        text,
        warnings: Vec::new(),
        source: None,
    };
    ParseError::Undecodable(Box::new(error))
}

/// The encoding that a comment on the first two lines declares, as it is written.
pub fn declared_encoding(bytes: &[u8]) -> Option<String> {
    // A line that the source's end ends is not looked at.
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').take(2);
    for line in lines.filter_map(|line| line.strip_suffix(b"\n")) {
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

/// A codec's name, with one spelling for those that the tokenizer knows.
fn normal_name(name: &str) -> &str {
    let start = name.as_bytes().get(..12).unwrap_or(name.as_bytes());
    let start: Vec<u8> = start
        .iter()
        .map(|&byte| match byte {
            b'_' => b'-',
            byte => byte.to_ascii_lowercase(),
        })
        .collect();
    let is = |known: &str| {
        start
            .strip_prefix(known.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"-"))
    };
    if is("utf-8") {
        "utf-8"
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1"
    } else {
        name
    }
}
