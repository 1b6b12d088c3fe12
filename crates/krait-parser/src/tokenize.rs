//! Tokens as the `tokenize` module shows them: with text, character columns and their lines.
//!
//! This is what CPython's `_tokenize.TokenizerIter` yields. Positions come from the lexer in bytes
//! and are given in characters here; the last tokens stand on a line of their own.

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::{Done, LexError, LexOptions, Lexer};
use crate::token::{Token, TokenKind};

/// One token of [`Tokenizer`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenInfo<'a> {
    /// Its number in the `token` module.
    pub kind: u8,
    /// Its text.
    pub string: &'a str,
    /// Line (from 1) and column (from 0) of its first character; the column is -1 if it has none.
    pub start: (u32, i32),
    /// Line and column after its last character.
    pub end: (u32, i32),
    /// The line or lines that it stands on.
    pub line: &'a str,
}

/// Iterates over the tokens of a source; an error is the last item.
pub struct Tokenizer<'a> {
    text: &'a str,
    tokens: std::vec::IntoIter<Token>,
    error: Option<SyntaxError>,
    extra_tokens: bool,
    /// The last byte position whose column was counted: its line's start, itself, its column.
    counted: (usize, usize, i32),
    finished: bool,
}

impl<'a> Tokenizer<'a> {
    /// Tokenises `text`. With `extra_tokens`, comments and blank lines are tokens, too, operators
    /// are all of the kind `OP`, and stray brackets are no error.
    pub fn new(text: &'a str, extra_tokens: bool) -> Self {
        let options = LexOptions {
            extra_tokens,
            file: true,
            ..LexOptions::default()
        };
        let text = if text.is_empty() && !extra_tokens {
            None
        } else {
            Some(text)
        };
        let (tokens, error) = match text.map(|text| (text, memchr::memchr(0, text.as_bytes()))) {
            None => (Vec::new(), None),
            Some((text, Some(null))) => null_byte(text, null),
            Some((text, None)) => {
                let lexed = Lexer::new(text, options).run();
                (
                    lexed.tokens,
                    lexed.error.map(|error| as_tokenize_reports(*error)),
                )
            }
        };
        let text = text.unwrap_or_default();
        Self {
            text,
            tokens: tokens.into_iter(),
            error,
            extra_tokens,
            counted: (0, 0, 0),
            finished: false,
        }
    }

    /// The column of a byte position on the line that begins at `line_start`.
    fn column(&mut self, line_start: usize, pos: usize) -> i32 {
        let (start, from, base) = match self.counted {
            (start, from, base) if start == line_start && from <= pos => (start, from, base),
            _ => (line_start, line_start, 0),
        };
        let bytes = self.text.as_bytes().get(from..pos).unwrap_or_default();
        let characters = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        self.counted = (start, pos, base + characters as i32);
        self.counted.2
    }

    fn info(&mut self, token: Token) -> TokenInfo<'a> {
        use TokenKind as K;
        let range = token.range;
        let (start, end) = (
            token.start as usize,
            (token.end as usize).min(self.text.len()),
        );
        let first_line = start - (range.col_offset as usize).min(start);
        let trailing =
            token.kind == K::EndMarker || token.kind == K::Dedent && start >= self.text.len();
        if trailing && self.extra_tokens {
            let at = (range.lineno + u32::from(!self.text.is_empty()), 0);
            return TokenInfo {
                kind: token.kind.number(),
                string: "",
                start: at,
                end: at,
                line: "",
            };
        }
        let last_line = if range.lineno == range.end_lineno {
            first_line
        } else {
            self.text[..end]
                .rfind('\n')
                .map_or(0, |newline| newline + 1)
        };
        let line_end = self.text[last_line..]
            .find('\n')
            .map_or(self.text.len(), |at| last_line + at + 1);
        let mut info = TokenInfo {
            kind: token.kind.number(),
            string: &self.text[start.min(end)..end],
            start: (range.lineno, self.column(first_line, start)),
            end: (range.end_lineno, self.column(last_line, end)),
            line: &self.text[first_line..line_end],
        };
        match token.kind {
            K::Newline if !self.extra_tokens => {
                // A comment before the line end is part of this token.
                info.string = info.string.trim_end_matches('\n');
                info.end.1 = info.start.1 + info.string.chars().count() as i32;
            }
            K::Newline | K::Nl => {
                info.end = (info.start.0, info.start.1 + info.string.len().max(1) as i32);
            }
            K::Indent if self.extra_tokens => {
                info.string = &self.text[first_line..start];
                info.start.1 = 0;
            }
            K::Indent | K::Dedent | K::EndMarker if !self.extra_tokens => {
                info.start.1 = -1;
                info.end.1 = -1;
            }
            kind if self.extra_tokens
                && (K::Dedent as u8..K::Op as u8).contains(&kind.number()) =>
            {
                info.kind = if kind == K::Dedent {
                    kind.number()
                } else {
                    K::Op.number()
                };
            }
            _ => {}
        }
        info
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Result<TokenInfo<'a>, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let token = self.tokens.next()?;
        if token.kind == TokenKind::ErrorToken {
            self.finished = true;
            let unknown =
                || SyntaxError::unplaced(ErrorKind::SyntaxError, "unknown tokenization error");
            return Some(Err(self.error.take().unwrap_or_else(unknown)));
        }
        Some(Ok(self.info(token)))
    }
}

/// The error for a source with a null byte, which is found before anything else.
fn null_byte(text: &str, null: usize) -> (Vec<Token>, Option<SyntaxError>) {
    let before = &text[..null];
    let lineno = before.matches('\n').count() as u32 + 1;
    let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    let mut error = SyntaxError::unplaced(
        ErrorKind::SyntaxError,
        "source code cannot contain null bytes",
    );
    error.lineno = lineno;
    error.end_lineno = lineno;
    error.text = Some(line.to_owned());
    let range = krait_ast::Range::default();
    (
        vec![Token {
            kind: TokenKind::ErrorToken,
            start: 0,
            end: 0,
            range,
        }],
        Some(error),
    )
}

/// A lexer's error as `_tokenize` raises it. Where the parser would have raised it, the column is
/// that of the line's end, and there is no end; at the end of the source there is no place at all.
fn as_tokenize_reports(lexed: LexError) -> SyntaxError {
    let mut error = lexed.error;
    if lexed.done == Done::Eof {
        return SyntaxError::unplaced(error.kind, "unexpected EOF in multi-line statement");
    }
    if !lexed.eager {
        let line = error.text.unwrap_or_default();
        let line = line.strip_suffix('\n').unwrap_or(&line);
        error.offset = line.chars().count() as i32 + 1;
        (error.end_lineno, error.end_offset) = (0, 0);
        error.text = Some(line.to_owned());
    }
    error
}
