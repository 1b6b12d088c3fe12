//! Lines and columns of the source, as errors report them.

use crate::error::{ErrorKind, SyntaxError};
use crate::token::{Token, TokenKind};
use krait_ast::Range;

/// The text of a line, from 1, with its newline or without.
pub(crate) fn line(text: &str, lineno: u32, with_newline: bool) -> &str {
    let line = text
        .split_inclusive('\n')
        .nth(lineno.saturating_sub(1) as usize)
        .unwrap_or("");
    if with_newline {
        line
    } else {
        line.strip_suffix('\n').unwrap_or(line)
    }
}

/// How many characters the first `col` bytes of a line are.
pub(crate) fn chars(line: &str, col: u32) -> i32 {
    let end = (col as usize).min(line.len());
    let inside = line.as_bytes()[..end]
        .iter()
        .filter(|&&byte| byte & 0xC0 != 0x80)
        .count();
    inside as i32
}

/// An error at a range of the source. `last_line` is the last line that was tokenised, whose text
/// CPython reports with its newline.
pub(crate) fn error_at(
    text: &str,
    kind: ErrorKind,
    message: impl Into<String>,
    range: Range,
    last_line: u32,
) -> SyntaxError {
    let first = match line(text, range.lineno, range.lineno >= last_line) {
        // A place past the source is shown in its last line.
        "" if range.lineno > last_line => line(text, last_line, true),
        first => first,
    };
    let column = |col: u32| chars(first, col + 1) + i32::from(col as usize >= first.len());
    // CPython counts the end's characters on the first line, too.
    let (offset, end_offset) = (column(range.col_offset), column(range.end_col_offset));
    SyntaxError {
        kind,
        message: message.into(),
        lineno: range.lineno,
        offset,
        end_lineno: range.end_lineno,
        end_offset,
        text: Some(first.to_owned()),
        warnings: Vec::new(),
        source: None,
    }
}

/// An error at a token. Tokens without text have no column of their own: the tokenizer's counts.
pub(crate) fn error_at_token(
    text: &str,
    kind: ErrorKind,
    message: impl Into<String>,
    token: Token,
    last_line: u32,
) -> SyntaxError {
    use TokenKind as K;
    let mut error = error_at(text, kind, message, token.range, last_line);
    let may_be_empty = matches!(
        token.kind,
        K::Indent | K::Dedent | K::EndMarker | K::ErrorToken | K::Newline
    );
    if may_be_empty && token.start == token.end {
        error.offset -= 1;
        error.end_offset = -1;
    }
    error
}
