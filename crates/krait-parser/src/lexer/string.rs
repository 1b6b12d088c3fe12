//! Strings: plain ones as one token, f-strings and t-strings as start, middles and end with the
//! tokens of their expressions between.

use super::{Done, Lexer, Step, Stop};
use crate::token::TokenKind;
use krait_ast::Range;

/// How deep f-strings may nest, and expressions in the format specs of one.
const MAX_STRING_LEVEL: usize = 150;
const MAX_EXPRESSION_NESTING: i32 = 3;

/// An f-string or t-string that is being read.
#[derive(Clone, Copy)]
pub(super) struct StringMode {
    quote: u8,
    quote_size: usize,
    raw: bool,
    template: bool,
    start: usize,
    lineno: u32,
    line_start: usize,
    /// Open brackets since the string began.
    pub(super) depth: i32,
    /// The depth outside the innermost replacement field, -1 outside all of them.
    pub(super) expression_depth: i32,
    /// Whether text comes next, not tokens of an expression.
    pub(super) in_string: bool,
    pub(super) in_format_spec: bool,
}

impl StringMode {
    pub(super) fn letter(&self) -> char {
        if self.template { 't' } else { 'f' }
    }
}

#[derive(Clone, Copy, Default)]
pub(super) struct Prefix {
    bytes: bool,
    unicode: bool,
    raw: bool,
    format: bool,
    template: bool,
}

impl Lexer<'_> {
    /// Reads `start..end` as a string prefix; `None` if it is none.
    pub(super) fn string_prefix(
        &mut self,
        start: usize,
        end: usize,
    ) -> Result<Option<Prefix>, Stop> {
        let mut prefix = Prefix::default();
        for pos in start..end {
            let seen = match self.at(pos) | 0x20 {
                b'b' => &mut prefix.bytes,
                b'u' => &mut prefix.unicode,
                b'r' => &mut prefix.raw,
                b'f' => &mut prefix.format,
                b't' => &mut prefix.template,
                _ => return Ok(None),
            };
            if *seen {
                return Ok(None);
            }
            *seen = true;
        }
        let clash = [
            (prefix.unicode && prefix.bytes, "'u' and 'b'"),
            (prefix.unicode && prefix.raw, "'u' and 'r'"),
            (prefix.unicode && prefix.format, "'u' and 'f'"),
            (prefix.unicode && prefix.template, "'u' and 't'"),
            (prefix.bytes && prefix.format, "'b' and 'f'"),
            (prefix.bytes && prefix.template, "'b' and 't'"),
            (prefix.format && prefix.template, "'f' and 't'"),
        ];
        if let Some((_, letters)) = clash.iter().find(|clash| clash.0) {
            let offset = self.chars(self.line_start, start) as i32 + 1;
            let end_offset = self.chars(self.line_start, end + 1) as i32;
            let message = format!("{letters} prefixes are incompatible");
            return self.fail_range(message, offset, end_offset).map(|()| None);
        }
        Ok(Some(prefix))
    }

    pub(super) fn prefixed_string(&mut self, start: usize, quote: usize, prefix: Prefix) -> Step {
        if prefix.format || prefix.template {
            self.format_string(start, quote, prefix)
        } else {
            self.string(start, quote)
        }
    }

    fn first_range(&self, start: usize) -> Range {
        let col_offset = self.column(start);
        Range {
            lineno: self.lineno,
            col_offset,
            end_lineno: self.lineno,
            end_col_offset: col_offset,
        }
    }

    /// A plain string whose prefix is at `start` and whose opening quote is at `quote_pos`.
    pub(super) fn string(&mut self, start: usize, quote_pos: usize) -> Step {
        let quote = self.at(quote_pos);
        let first = self.first_range(start);
        let first_line_start = self.line_start;
        let triple = self.at(quote_pos + 1) == quote && self.at(quote_pos + 2) == quote;
        let mut pos = quote_pos + if triple { 3 } else { 1 };
        let mut escaped_quote = false;
        loop {
            let hop = memchr::memchr3(quote, b'\\', b'\n', self.src.get(pos..).unwrap_or_default());
            let Some(hop) = hop else {
                pos = self.src.len();
                break;
            };
            pos += hop;
            match self.src[pos] {
                b'\n' if triple => {
                    self.newline_at(pos);
                    pos = self.pos;
                }
                b'\n' => break,
                b'\\' => {
                    pos += 1;
                    match self.at(pos) {
                        b'\n' => {
                            self.newline_at(pos);
                            pos = self.pos;
                        }
                        byte => {
                            escaped_quote |= byte == quote;
                            pos += 1;
                        }
                    }
                }
                _ if !triple => {
                    self.pos = pos + 1;
                    self.push_from(TokenKind::String, start, pos + 1, first);
                    return Ok(());
                }
                _ => {
                    if self.at(pos + 1) == quote && self.at(pos + 2) == quote {
                        self.pos = pos + 3;
                        self.push_from(TokenKind::String, start, pos + 3, first);
                        return Ok(());
                    }
                    pos += 1;
                }
            }
        }
        let at_end = pos >= self.src.len();
        self.unterminated(
            start,
            quote,
            first.lineno,
            first_line_start,
            triple,
            at_end,
            escaped_quote,
        )
    }

    fn unterminated(
        &mut self,
        start: usize,
        quote: u8,
        lineno: u32,
        line_start: usize,
        triple: bool,
        at_end: bool,
        escaped_quote: bool,
    ) -> Step {
        let detected = self.lineno;
        (self.pos, self.lineno, self.line_start) = (start + 1, lineno, line_start);
        if let Some(mode) = self.modes.last() {
            let quote_size = if triple { 3 } else { 1 };
            if mode.quote == quote && mode.quote_size == quote_size {
                return self.fail(format!("{}-string: expecting '}}'", mode.letter()));
            }
        }
        let message = if triple {
            format!("unterminated triple-quoted string literal (detected at line {detected})")
        } else if escaped_quote {
            format!(
                "unterminated string literal (detected at line {detected}); \
                 perhaps you escaped the end quote?"
            )
        } else {
            format!("unterminated string literal (detected at line {detected})")
        };
        let result = self.fail(message);
        self.mark_end_of_source(at_end, triple);
        result
    }

    /// Notes that the error is that the source ended inside a string.
    fn mark_end_of_source(&mut self, at_end: bool, triple: bool) {
        if let (true, Some(error)) = (at_end, &mut self.error) {
            error.done = if triple {
                Done::EofInTripleString
            } else {
                Done::EofInString
            };
        }
    }

    fn format_string(&mut self, start: usize, quote_pos: usize, prefix: Prefix) -> Step {
        let quote = self.at(quote_pos);
        let triple = self.at(quote_pos + 1) == quote && self.at(quote_pos + 2) == quote;
        let quote_size = if triple { 3 } else { 1 };
        self.pos = quote_pos + quote_size;
        if self.modes.len() + 1 >= MAX_STRING_LEVEL {
            return self.fail("too many nested f-strings or t-strings");
        }
        self.modes.push(StringMode {
            quote,
            quote_size,
            raw: prefix.raw,
            template: prefix.template,
            start,
            lineno: self.lineno,
            line_start: self.line_start,
            depth: 0,
            expression_depth: -1,
            in_string: true,
            in_format_spec: false,
        });
        let kind = if prefix.template {
            TokenKind::TStringStart
        } else {
            TokenKind::FStringStart
        };
        self.push(kind, start, self.pos);
        Ok(())
    }

    /// The next token of the f-string being read: text, its end, or the change to an expression.
    pub(super) fn string_part(&mut self) -> Step {
        let Some(mode) = self.modes.last().copied() else {
            return Ok(());
        };
        let start = self.pos;
        if self.closing_quotes(start, &mode) {
            self.modes.pop();
            self.pos = start + mode.quote_size;
            let kind = if mode.template {
                TokenKind::TStringEnd
            } else {
                TokenKind::FStringEnd
            };
            self.push(kind, start, self.pos);
            return Ok(());
        }
        if self.at(start) == b'{' && self.at(start + 1) != b'{' {
            return self.enter_expression();
        }
        let first = self.first_range(start);
        let (end, next) = self.string_text(start, &mode)?;
        let kind = if mode.template {
            TokenKind::TStringMiddle
        } else {
            TokenKind::FStringMiddle
        };
        self.push_from(kind, start, end, first);
        if let Some(token) = self.tokens.last_mut() {
            // Of a doubled brace, the text has one and the position both.
            token.range.end_col_offset += (next - end) as u32;
        }
        self.pos = next;
        Ok(())
    }

    fn closing_quotes(&self, pos: usize, mode: &StringMode) -> bool {
        (0..mode.quote_size).all(|i| self.at(pos + i) == mode.quote)
    }

    fn enter_expression(&mut self) -> Step {
        let Some(mode) = self.modes.last_mut() else {
            return Ok(());
        };
        mode.expression_depth += 1;
        mode.in_string = false;
        if mode.expression_depth >= MAX_EXPRESSION_NESTING {
            let letter = mode.letter();
            return self.fail(format!("{letter}-string: expressions nested too deeply"));
        }
        Ok(())
    }

    /// Text up to a brace or the closing quotes: where it ends, and where reading goes on.
    fn string_text(&mut self, start: usize, mode: &StringMode) -> Result<(usize, usize), Stop> {
        let mut pos = start;
        let mut named_escape = false;
        loop {
            let byte = self.at(pos);
            match byte {
                0 if pos >= self.src.len() => return self.unterminated_format(mode, true),
                b'\n' if mode.quote_size == 1 => {
                    if !mode.in_format_spec {
                        return self.unterminated_format(mode, false);
                    }
                    self.pos = pos + 1;
                    let letter = mode.letter();
                    self.fail(format!(
                        "{letter}-string: newlines are not allowed in format specifiers for \
                         single quoted {letter}-strings"
                    ))?;
                }
                b'\n' => {
                    self.newline_at(pos);
                    pos = self.pos;
                }
                b'{' => {
                    if self.at(pos + 1) == b'{' && !mode.in_format_spec {
                        return Ok((pos + 1, pos + 2));
                    }
                    self.pos = pos;
                    self.enter_expression()?;
                    return Ok((pos, pos));
                }
                b'}' if named_escape => return Ok((pos + 1, pos + 1)),
                b'}' => {
                    if self.at(pos + 1) == b'}' && !mode.in_format_spec && mode.depth == 0 {
                        return Ok((pos + 1, pos + 2));
                    }
                    self.back_to_expression();
                    return Ok((pos, pos));
                }
                b'\\' => {
                    pos += 1;
                    match self.at(pos) {
                        b'{' | b'}' if mode.raw => {}
                        brace @ (b'{' | b'}') => {
                            self.pos = pos + 1;
                            self.warn_of_escaped_brace(brace as char);
                        }
                        b'N' if !mode.raw => {
                            pos += 1;
                            if self.at(pos) == b'{' {
                                named_escape = true;
                                pos += 1;
                            }
                        }
                        b'\n' => {
                            self.newline_at(pos);
                            pos = self.pos;
                        }
                        0 if pos >= self.src.len() => {}
                        _ => pos += 1,
                    }
                }
                _ if byte == mode.quote && self.closing_quotes(pos, mode) => return Ok((pos, pos)),
                _ => pos += 1,
            }
        }
    }

    fn back_to_expression(&mut self) {
        if let Some(mode) = self.modes.last_mut() {
            mode.in_string = false;
            mode.in_format_spec = false;
        }
    }

    fn unterminated_format(
        &mut self,
        mode: &StringMode,
        at_end: bool,
    ) -> Result<(usize, usize), Stop> {
        let detected = self.lineno;
        (self.pos, self.lineno, self.line_start) = (mode.start + 1, mode.lineno, mode.line_start);
        let triple = mode.quote_size == 3;
        let size = if triple { "triple-quoted " } else { "" };
        let letter = mode.letter();
        let result = self.fail(format!(
            "unterminated {size}{letter}-string literal (detected at line {detected})"
        ));
        self.mark_end_of_source(at_end && triple, triple);
        result.map(|()| (0, 0))
    }
}
