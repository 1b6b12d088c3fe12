//! Where lines begin and end: indentation, blank lines, comments, backslashes, the end of the source.

use super::{Bracket, Done, Lexer, MAX_INDENT, Step, Stop, TAB_SIZE};
use crate::error::{ErrorKind, SyntaxError};
use crate::token::TokenKind;
use krait_ast::TypeIgnore;

impl Lexer<'_> {
    /// Handles indentation. True if the line holds no statement and was skipped.
    pub(super) fn line_start(&mut self) -> Result<bool, Stop> {
        let mut pos = self.pos;
        let (mut col, mut alt_col) = (0, 0);
        let mut continued: Option<(u32, u32)> = None;
        let byte = loop {
            let byte = self.at(pos);
            match byte {
                b' ' => {
                    col += 1;
                    alt_col += 1;
                }
                b'\t' => {
                    col = (col / TAB_SIZE + 1) * TAB_SIZE;
                    alt_col += 1;
                }
                0x0C => {
                    col = 0;
                    alt_col = 0;
                }
                b'\\' => {
                    continued.get_or_insert((col, alt_col));
                    self.pos = pos + 1;
                    self.line_continuation()?;
                    pos = self.pos;
                    continue;
                }
                _ => break byte,
            }
            pos += 1;
        };
        self.pos = pos;
        let only_blanks = self.options.extra_tokens && pos >= self.src.len() && col > 0;
        if byte == b'\n'
            || byte == b'#'
            || byte == b'\r' && self.newline_width(pos) > 0
            || only_blanks && self.brackets.is_empty()
        {
            if self.options.extra_tokens && self.brackets.is_empty() {
                self.blank_line_tokens();
            } else {
                let end = self.skip_comment(pos);
                if self.at(end) == 0 || self.is_type_comment(end) {
                    self.pos = end;
                    return Ok(false);
                }
                self.newline_at(end);
                self.at_line_start = true;
            }
            return Ok(true);
        }
        if self.brackets.is_empty() {
            let (col, alt_col) = match continued {
                Some(first) if first.0 > 0 => first,
                _ => (col, alt_col),
            };
            self.indentation(col, alt_col)?;
        }
        Ok(false)
    }

    /// The comment and line end of a line without a statement, for `tokenize`.
    pub(super) fn blank_line_tokens(&mut self) {
        let start = self.pos;
        let end = self.skip_comment(start);
        if end > start {
            self.push(TokenKind::Comment, start, end);
        }
        let width = self.newline_width(end);
        self.push(TokenKind::Nl, end, end + width);
        self.pos = end;
        if width > 0 {
            self.newline_at(end + width - 1);
            self.at_line_start = true;
        }
    }

    /// The end of the comment at `pos`, if there is one; notes `# type: ignore`.
    pub(super) fn skip_comment(&mut self, pos: usize) -> usize {
        if self.at(pos) != b'#' {
            return pos;
        }
        let newline = memchr::memchr(b'\n', &self.src[pos..]);
        let mut end = newline.map_or(self.src.len(), |found| pos + found);
        if newline.is_some() && self.src[..end].ends_with(b"\r") {
            end -= 1;
        }
        if self.options.type_comments {
            self.type_comment(pos, end);
        }
        end
    }

    /// Whether the comment that ends at `end` has become a token.
    pub(super) fn is_type_comment(&self, end: usize) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.kind == TokenKind::TypeComment && token.end as usize == end)
    }

    /// The width of the line end at `pos`, 0 if there is none. Only `tokenize` meets `\r\n`.
    pub(super) fn newline_width(&self, pos: usize) -> usize {
        match self.at(pos) {
            b'\n' => 1,
            b'\r' if self.at(pos + 1) == b'\n' => 2,
            _ => 0,
        }
    }

    /// Makes a token of the comment if it is a type comment.
    pub(super) fn type_comment(&mut self, start: usize, end: usize) {
        let after_hash = self.text[start + 1..end].trim_start_matches([' ', '\t']);
        let Some(rest) = after_hash.strip_prefix("type: ") else {
            return;
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        let begin = end - rest.len();
        let ignored = rest.strip_prefix("ignore").filter(|tag| {
            !tag.bytes()
                .next()
                .is_some_and(|byte| byte >= 0x80 || byte.is_ascii_alphanumeric())
        });
        match ignored {
            Some(tag) => {
                self.type_ignores.push(TypeIgnore {
                    lineno: self.lineno,
                    tag: tag.into(),
                });
            }
            None => self.push(TokenKind::TypeComment, begin, end),
        }
    }

    /// Compares the line's columns with the open blocks' and emits `Indent` and `Dedent`.
    pub(super) fn indentation(&mut self, col: u32, alt_col: u32) -> Step {
        let (top, alt_top) = self.indents.last().copied().unwrap_or_default();
        if col == top {
            if alt_col != alt_top {
                return self.tab_error();
            }
        } else if col > top {
            if self.indents.len() >= MAX_INDENT {
                let message = "too many levels of indentation";
                return self.fail_at_line(ErrorKind::IndentationError, message);
            }
            if alt_col <= alt_top {
                return self.tab_error();
            }
            self.indents.push((col, alt_col));
            self.push(TokenKind::Indent, self.pos, self.pos);
        } else {
            while self.indents.len() > 1 && self.indents.last().is_some_and(|top| col < top.0) {
                self.indents.pop();
                if col >= self.indents.last().map_or(0, |top| top.0) {
                    self.check_dedent(col, alt_col)?;
                }
                self.push(TokenKind::Dedent, self.pos, self.pos);
            }
        }
        Ok(())
    }

    /// Checks that a dedent ends at an open block's columns, before its tokens go out.
    pub(super) fn check_dedent(&mut self, col: u32, alt_col: u32) -> Step {
        let (top, alt_top) = self.indents.last().copied().unwrap_or_default();
        if col != top {
            // CPython drops the dedents of such a line.
            while self.tokens.last().is_some_and(|token| {
                token.kind == TokenKind::Dedent && token.start as usize == self.pos
            }) {
                self.tokens.pop();
            }
            self.pos = self.line_end(self.pos, true);
            let message = "unindent does not match any outer indentation level";
            return self.fail_lazily(ErrorKind::IndentationError, message, Done::Error);
        }
        if alt_col != alt_top {
            return self.tab_error();
        }
        Ok(())
    }

    pub(super) fn tab_error(&mut self) -> Step {
        self.fail_at_line(
            ErrorKind::TabError,
            "inconsistent use of tabs and spaces in indentation",
        )
    }

    /// Steps over the line end after a backslash at `pos - 1`.
    pub(super) fn line_continuation(&mut self) -> Step {
        let width = self.newline_width(self.pos);
        if width == 0 {
            return self.fail_at_continuation();
        }
        let newline = self.pos + width - 1;
        if newline + 1 >= self.src.len() {
            self.pos = newline + 1;
            if let Some(bracket) = self.brackets.last().copied() {
                return self.stop(self.unclosed(bracket), false, Done::Eof);
            }
            let message = "unexpected EOF while parsing";
            return self.fail_lazily(ErrorKind::SyntaxError, message, Done::Eof);
        }
        self.newline_at(newline);
        Ok(())
    }

    /// The line end at `pos`; a comment at `start` before it is part of its token.
    pub(super) fn line_end_token(&mut self, start: usize, pos: usize) {
        let end = pos + self.newline_width(pos).max(1);
        if self.brackets.is_empty() {
            self.push(TokenKind::Newline, start, end);
        } else if self.options.extra_tokens {
            self.push(TokenKind::Nl, pos, end);
        }
        self.newline_at(end - 1);
        self.at_line_start = self.brackets.is_empty();
    }

    /// What stands at the end of the source: an implied newline, dedents, the end marker.
    pub(super) fn end(&mut self, pos: usize) -> Step {
        self.pos = pos;
        if let Some(bracket) = self.brackets.last().copied() {
            if self.options.extra_tokens && !self.src.ends_with(b"\n") {
                self.push(TokenKind::Nl, pos, pos + 1);
            }
            return self.stop(self.unclosed(bracket), false, Done::Eof);
        }
        let open_line = self.tokens.last().is_some_and(|token| {
            use TokenKind as K;
            !matches!(
                token.kind,
                K::Newline | K::Indent | K::Dedent | K::Nl | K::TypeComment
            )
        });
        if self.options.file && open_line {
            self.push(TokenKind::Newline, pos, pos + 1);
        }
        let interactive = self.options.interactive && !self.tokens.is_empty();
        if interactive {
            self.push(TokenKind::Newline, pos, pos);
        }
        if (!interactive || self.options.imply_dedent) && self.indents.len() > 1 {
            for _ in 1..self.indents.len() {
                self.push(TokenKind::Dedent, pos, pos);
            }
            if interactive {
                self.push(TokenKind::Newline, pos, pos);
            }
        }
        self.push(TokenKind::EndMarker, pos, pos);
        Ok(())
    }

    pub(super) fn unclosed(&self, bracket: Bracket) -> SyntaxError {
        let text = if bracket.lineno >= self.lineno {
            self.line_text_at(bracket.line_start, true)
        } else {
            self.line_text_at(bracket.line_start, false)
        };
        SyntaxError {
            kind: ErrorKind::SyntaxError,
            message: format!("'{}' was never closed", bracket.open as char),
            lineno: bracket.lineno,
            offset: self.chars(bracket.line_start, bracket.pos) as i32 + 1,
            end_lineno: bracket.lineno,
            end_offset: 0,
            text: Some(text),
            warnings: Vec::new(),
            source: None,
        }
    }
}
