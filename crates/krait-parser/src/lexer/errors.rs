//! How the lexer stops: errors in the places that CPython's tokenizer gives them, and warnings.

use super::{Done, LexError, Lexer, Step, Stop};
use crate::error::{ErrorKind, SyntaxError, Warning, WarningCategory};

impl Lexer<'_> {
    pub(super) fn stop(&mut self, error: SyntaxError, eager: bool, done: Done) -> Step {
        self.error = Some(Box::new(LexError {
            error,
            eager,
            done,
            in_format_string: !self.modes.is_empty(),
            unclosed: self.brackets.last().map(|bracket| self.unclosed(*bracket)),
        }));
        Err(Stop)
    }

    /// An error that ends just before `pos`, as CPython's tokenizer raises them.
    pub(super) fn fail(&mut self, message: impl Into<String>) -> Step {
        let offset = self.chars(self.line_start, self.pos) as i32;
        self.fail_range(message, offset, offset)
    }

    /// An error at columns of the current line.
    pub(super) fn fail_range(
        &mut self,
        message: impl Into<String>,
        offset: i32,
        end_offset: i32,
    ) -> Step {
        let error = self.error_at(message.into(), offset, end_offset);
        self.stop(error, true, Done::Error)
    }

    fn error_at(&self, message: String, offset: i32, end_offset: i32) -> SyntaxError {
        SyntaxError {
            kind: ErrorKind::SyntaxError,
            message,
            lineno: self.lineno,
            offset,
            end_lineno: self.lineno,
            end_offset,
            text: Some(self.line_text(false)),
            warnings: Vec::new(),
            source: None,
        }
    }

    /// An error that CPython's parser raises at the tokenizer's place when it meets it.
    pub(super) fn fail_lazily(&mut self, kind: ErrorKind, message: &str, done: Done) -> Step {
        let error = SyntaxError {
            kind,
            message: message.into(),
            lineno: self.lineno,
            offset: self.chars(self.line_start, self.pos.min(self.src.len())) as i32,
            end_lineno: self.lineno,
            end_offset: -1,
            text: Some(self.line_text(true)),
            warnings: Vec::new(),
            source: None,
        };
        self.stop(error, false, done)
    }

    /// The error for anything but a line end after a backslash. CPython counts its column from the
    /// first of the lines that it has read without a token's end between them: those that backslashes
    /// join, and those of a string.
    pub(super) fn fail_at_continuation(&mut self) -> Step {
        let mut first = self.line_start;
        loop {
            let around = self
                .tokens
                .iter()
                .rev()
                .find(|token| (token.start as usize) < first);
            let inside = around.filter(|token| token.end as usize > first);
            let before = match inside {
                Some(token) => &self.src[..token.start as usize],
                None if self.src[..first].ends_with(b"\\\n") => &self.src[..first - 1],
                None => break,
            };
            first = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        }
        let at_end = self.pos >= self.src.len();
        let col = self.pos - first - usize::from(at_end);
        let text = self.line_text(true);
        let error = SyntaxError {
            kind: ErrorKind::SyntaxError,
            message: "unexpected character after line continuation character".into(),
            lineno: self.lineno,
            offset: crate::source::chars(&text, col as u32) + 1,
            end_lineno: self.lineno,
            end_offset: 0,
            text: Some(text),
            warnings: Vec::new(),
            source: None,
        };
        self.stop(error, false, Done::Error)
    }

    pub(super) fn fail_at_line(&mut self, kind: ErrorKind, message: &str) -> Step {
        let error = SyntaxError {
            kind,
            message: message.into(),
            lineno: self.lineno,
            offset: 1,
            end_lineno: self.lineno,
            end_offset: 0,
            text: Some(self.line_text(true)),
            warnings: Vec::new(),
            source: None,
        };
        self.stop(error, false, Done::Error)
    }

    pub(super) fn warn_of_escaped_brace(&mut self, brace: char) {
        let what = format!("\"\\{brace}\" is an invalid escape sequence.");
        let advice = format!("Did you mean \"\\\\{brace}\"? A raw string is also an option.");
        let error = format!("{what} {advice}");
        self.warn(
            format!("{what} Such sequences will not work in the future. {advice}"),
            error,
        );
    }

    /// Warns just before `pos`; `error` is the message if the warning is an error.
    pub(super) fn warn(&mut self, message: String, error: String) {
        let offset = self.chars(self.line_start, self.pos) as i32;
        self.warnings.push(Warning {
            category: WarningCategory::SyntaxWarning,
            error: Box::new(self.error_at(error, offset, offset)),
            message,
            lineno: self.lineno,
        });
    }

    /// How many characters stand between two byte positions.
    pub(super) fn chars(&self, start: usize, end: usize) -> usize {
        let end = end.min(self.src.len());
        self.src[start.min(end)..end]
            .iter()
            .filter(|&&byte| byte & 0xC0 != 0x80)
            .count()
    }

    /// The end of the line that `pos` is on, after or before its newline.
    pub(super) fn line_end(&self, pos: usize, with_newline: bool) -> usize {
        let pos = pos.min(self.src.len());
        match memchr::memchr(b'\n', &self.src[pos..]) {
            Some(found) => pos + found + usize::from(with_newline),
            None => self.src.len(),
        }
    }

    pub(super) fn line_text(&self, with_newline: bool) -> String {
        self.line_text_at(self.line_start, with_newline)
    }

    pub(super) fn line_text_at(&self, start: usize, with_newline: bool) -> String {
        self.text
            .get(start..self.line_end(start, with_newline))
            .unwrap_or_default()
            .to_owned()
    }
}
