//! Source text to tokens.
//!
//! The whole source becomes one vector of tokens before the parser starts. A source that cannot be
//! tokenised to its end yields its good tokens, then one `ErrorToken` (the last token), with the
//! reason in [`Lexed::error`]; whether that is the error to report is the parser's to decide.
//! The source holds no null byte and only `\n` line ends, so a 0 byte stands for the end.

mod number;
mod string;

use crate::error::{ErrorKind, SyntaxError, Warning, WarningCategory};
use crate::ident;
use crate::token::{Token, TokenKind};
use krait_ast::{Range, TypeIgnore};
use string::StringMode;

/// CPython's limits.
const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;
const TAB_SIZE: u32 = 8;

/// What the caller wants of the lexer.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct LexOptions {
    /// Comments and blank line ends are tokens too, and stray brackets no error (`tokenize`).
    pub(crate) extra_tokens: bool,
    /// The source is a file: its last line ends even without a newline.
    pub(crate) file: bool,
    /// `# type:` comments are tokens.
    pub(crate) type_comments: bool,
    /// The end of the source ends a statement, too (`single`).
    pub(crate) interactive: bool,
    /// The end of interactive source closes open blocks.
    pub(crate) imply_dedent: bool,
    /// `<>` is one token.
    pub(crate) barry_as_bdfl: bool,
}

/// How the lexer stopped, in the terms that decide which error wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// The source ends inside something.
    Eof,
    /// It ends inside a triple-quoted string.
    EofInTripleString,
    /// It ends inside a one-line string.
    EofInString,
    /// Some other error.
    Error,
}

/// Why the source could not be tokenised to its end.
#[derive(Clone, Debug)]
pub(crate) struct LexError {
    /// The error to raise.
    pub(crate) error: SyntaxError,
    /// Whether CPython's tokenizer raises it itself, so that it replaces errors of the parser.
    pub(crate) eager: bool,
    /// How the lexer stopped.
    pub(crate) done: Done,
    /// Whether that was inside an f-string, so that errors of its expressions come first.
    pub(crate) in_format_string: bool,
    /// What there is to say of the innermost bracket that was open.
    pub(crate) unclosed: Option<SyntaxError>,
}

/// The lexer's result.
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) error: Option<Box<LexError>>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) type_ignores: Vec<TypeIgnore>,
}

#[derive(Clone, Copy)]
struct Bracket {
    open: u8,
    lineno: u32,
    line_start: usize,
    pos: usize,
}

/// The lexer stopped; the reason is in `Lexer::error`.
pub(crate) struct Stop;

type Step = Result<(), Stop>;

pub(crate) struct Lexer<'a> {
    text: &'a str,
    src: &'a [u8],
    options: LexOptions,
    /// The next byte to read.
    pos: usize,
    lineno: u32,
    line_start: usize,
    at_line_start: bool,
    /// Columns of the open blocks, with tabs to 8 and tabs to 1.
    indents: Vec<(u32, u32)>,
    brackets: Vec<Bracket>,
    modes: Vec<StringMode>,
    tokens: Vec<Token>,
    error: Option<Box<LexError>>,
    warnings: Vec<Warning>,
    type_ignores: Vec<TypeIgnore>,
}

/// Classes of bytes that begin a token.
const NAME: u8 = 1;
const DIGIT: u8 = 2;
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 {
            table[byte] = NAME;
        } else if b.is_ascii_digit() {
            table[byte] = DIGIT;
        }
        byte += 1;
    }
    table
};

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str, options: LexOptions) -> Self {
        Self {
            text,
            src: text.as_bytes(),
            options,
            pos: 0,
            lineno: 1,
            line_start: 0,
            at_line_start: true,
            indents: vec![(0, 0)],
            brackets: Vec::new(),
            modes: Vec::new(),
            tokens: Vec::with_capacity(text.len() / 4 + 16),
            error: None,
            warnings: Vec::new(),
            type_ignores: Vec::new(),
        }
    }

    /// Tokenises the whole source.
    pub(crate) fn run(mut self) -> Lexed {
        if self.all_tokens().is_err() {
            let here = self.here();
            self.tokens.push(Token {
                kind: TokenKind::ErrorToken,
                start: self.pos as u32,
                end: self.pos as u32,
                range: here,
            });
        }
        Lexed {
            tokens: self.tokens,
            error: self.error,
            warnings: self.warnings,
            type_ignores: self.type_ignores,
        }
    }

    fn all_tokens(&mut self) -> Step {
        loop {
            if self.modes.last().is_some_and(|mode| mode.in_string) {
                self.string_part()?;
                continue;
            }
            if self.at_line_start {
                self.at_line_start = false;
                if self.line_start()? {
                    continue;
                }
            }
            if self.token()? {
                return Ok(());
            }
        }
    }

    /// The byte at `pos`, 0 at the end.
    #[inline]
    fn at(&self, pos: usize) -> u8 {
        self.src.get(pos).copied().unwrap_or(0)
    }

    #[inline]
    fn column(&self, pos: usize) -> u32 {
        (pos - self.line_start) as u32
    }

    fn here(&self) -> Range {
        let col_offset = self.column(self.pos.max(self.line_start));
        Range {
            lineno: self.lineno,
            col_offset,
            end_lineno: self.lineno,
            end_col_offset: col_offset,
        }
    }

    /// Adds a token that lies on the current line.
    #[inline]
    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        let range = Range {
            lineno: self.lineno,
            col_offset: self.column(start),
            end_lineno: self.lineno,
            end_col_offset: self.column(end),
        };
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
            range,
        });
    }

    /// Adds a token that began on an earlier line and ends at `end`.
    fn push_from(&mut self, kind: TokenKind, start: usize, end: usize, first: Range) {
        let range = Range {
            end_lineno: self.lineno,
            end_col_offset: self.column(end),
            ..first
        };
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
            range,
        });
    }

    /// Steps over the newline at `pos`.
    #[inline]
    fn newline_at(&mut self, pos: usize) {
        self.pos = pos + 1;
        // CPython counts a line only when it reads it, and there is none after the last newline.
        if self.pos < self.src.len() {
            self.lineno += 1;
            self.line_start = self.pos;
        }
    }

    /// Handles indentation. True if the line holds no statement and was skipped.
    fn line_start(&mut self) -> Result<bool, Stop> {
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
        if byte == b'\n' || byte == b'#' || byte == b'\r' && self.newline_width(pos) > 0 {
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
    fn blank_line_tokens(&mut self) {
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
    fn skip_comment(&mut self, pos: usize) -> usize {
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
    fn is_type_comment(&self, end: usize) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.kind == TokenKind::TypeComment && token.end as usize == end)
    }

    /// The width of the line end at `pos`, 0 if there is none. Only `tokenize` meets `\r\n`.
    fn newline_width(&self, pos: usize) -> usize {
        match self.at(pos) {
            b'\n' => 1,
            b'\r' if self.at(pos + 1) == b'\n' => 2,
            _ => 0,
        }
    }

    /// Makes a token of the comment if it is a type comment.
    fn type_comment(&mut self, start: usize, end: usize) {
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
    fn indentation(&mut self, col: u32, alt_col: u32) -> Step {
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
    fn check_dedent(&mut self, col: u32, alt_col: u32) -> Step {
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

    fn tab_error(&mut self) -> Step {
        self.fail_at_line(
            ErrorKind::TabError,
            "inconsistent use of tabs and spaces in indentation",
        )
    }

    /// Steps over the line end after a backslash at `pos - 1`.
    fn line_continuation(&mut self) -> Step {
        if self.at(self.pos) != b'\n' {
            return self.fail_at_continuation();
        }
        let newline = self.pos;
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

    /// One token outside strings. True at the end of the source.
    fn token(&mut self) -> Result<bool, Stop> {
        let mut pos = self.pos;
        loop {
            match self.at(pos) {
                b' ' | b'\t' | 0x0C => pos += 1,
                b'\\' => {
                    self.pos = pos + 1;
                    self.line_continuation()?;
                    pos = self.pos;
                }
                _ => break,
            }
        }
        let byte = self.at(pos);
        match CLASS[byte as usize] {
            NAME => return self.name(pos).map(|()| false),
            DIGIT => return self.number(pos).map(|()| false),
            _ => {}
        }
        match byte {
            b'\n' => self.line_end_token(pos, pos),
            b'\r' if self.newline_width(pos) > 0 => self.line_end_token(pos, pos),
            b'#' => {
                let end = self.skip_comment(pos);
                self.pos = end;
                if self.options.extra_tokens {
                    self.push(TokenKind::Comment, pos, end);
                } else if end < self.src.len() && !self.is_type_comment(end) {
                    self.line_end_token(pos, end);
                }
            }
            b'"' | b'\'' => self.string(pos, pos)?,
            b'.' if self.at(pos + 1).is_ascii_digit() => self.number(pos)?,
            0 if pos >= self.src.len() => return self.end(pos).map(|()| true),
            _ => self.operator(pos, byte)?,
        }
        Ok(false)
    }

    /// The line end at `pos`; a comment at `start` before it is part of its token.
    fn line_end_token(&mut self, start: usize, pos: usize) {
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
    fn end(&mut self, pos: usize) -> Step {
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

    fn unclosed(&self, bracket: Bracket) -> SyntaxError {
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
        }
    }

    /// A name, keyword, or string with a prefix.
    fn name(&mut self, start: usize) -> Step {
        let mut pos = start;
        let mut ascii = true;
        loop {
            let byte = self.at(pos);
            if CLASS[byte as usize] == 0 {
                if pos - start <= 5
                    && (byte == b'"' || byte == b'\'')
                    && let Some(prefix) = self.string_prefix(start, pos)?
                {
                    return self.prefixed_string(start, pos, prefix);
                }
                break;
            }
            ascii &= byte < 0x80;
            pos += 1;
        }
        self.pos = pos;
        if ascii {
            let kind = TokenKind::of_name(&self.src[start..pos]);
            self.push(kind, start, pos);
            return Ok(());
        }
        if !self.options.extra_tokens {
            self.check_identifier(start, pos)?;
        }
        self.push(TokenKind::Name, start, pos);
        Ok(())
    }

    /// Refuses a name that holds a character no identifier may.
    fn check_identifier(&mut self, start: usize, end: usize) -> Step {
        let text = &self.text[start..end];
        let bad = text.char_indices().find(|&(at, c)| {
            if at == 0 {
                !ident::is_start(c)
            } else {
                !ident::is_continue(c)
            }
        });
        let Some((at, c)) = bad else { return Ok(()) };
        self.pos = start + at + c.len_utf8();
        let code = c as u32;
        if ident::is_printable(c) {
            self.fail(format!("invalid character '{c}' (U+{code:04X})"))
        } else {
            self.fail(format!("invalid non-printable character U+{code:04X}"))
        }
    }

    fn operator(&mut self, start: usize, byte: u8) -> Step {
        if let Some(mode) = self.modes.last_mut() {
            let cursor = mode.depth - i32::from(byte != b'{');
            if byte == b':' && cursor == mode.expression_depth {
                mode.in_string = true;
                mode.in_format_spec = true;
                self.pos = start + 1;
                self.push(TokenKind::Colon, start, start + 1);
                return Ok(());
            }
        }
        let (mut kind, mut width) = operator_kind(byte, self.at(start + 1), self.at(start + 2));
        if self.options.barry_as_bdfl && self.src[start..].starts_with(b"<>") {
            (kind, width) = (TokenKind::NotEqual, 2);
        }
        self.pos = start + width;
        match kind {
            TokenKind::LPar | TokenKind::LSqb | TokenKind::LBrace => {
                if self.brackets.len() >= MAX_LEVEL {
                    return self.fail("too many nested parentheses");
                }
                let (lineno, line_start) = (self.lineno, self.line_start);
                self.brackets.push(Bracket {
                    open: byte,
                    lineno,
                    line_start,
                    pos: start,
                });
                if let Some(mode) = self.modes.last_mut() {
                    mode.depth += 1;
                }
            }
            TokenKind::RPar | TokenKind::RSqb | TokenKind::RBrace => self.close(byte)?,
            TokenKind::Op => return self.stray_character(start, byte),
            _ => {}
        }
        self.push(kind, start, start + width);
        Ok(())
    }

    /// A byte that begins no token.
    fn stray_character(&mut self, start: usize, byte: u8) -> Step {
        if byte < b' ' || byte == 0x7F {
            return self.fail(format!(
                "invalid non-printable character U+{:04X}",
                u32::from(byte)
            ));
        }
        self.push(TokenKind::Op, start, start + 1);
        Ok(())
    }

    /// Checks a closing bracket against the open ones.
    fn close(&mut self, byte: u8) -> Step {
        let closing = byte as char;
        if let Some(mode) = self.modes.last()
            && mode.depth == 0
            && byte == b'}'
        {
            return self.fail(format!(
                "{}-string: single '}}' is not allowed",
                mode.letter()
            ));
        }
        let Some(open) = self.brackets.pop() else {
            if self.options.extra_tokens {
                return Ok(());
            }
            return self.fail(format!("unmatched '{closing}'"));
        };
        let matches = matches!(
            (open.open, byte),
            (b'(', b')') | (b'[', b']') | (b'{', b'}')
        );
        if !matches && !self.options.extra_tokens {
            if let Some(mode) = self.modes.last()
                && open.open == b'{'
                && mode.depth - 1 == mode.expression_depth
            {
                return self.fail(format!("{}-string: unmatched '{closing}'", mode.letter()));
            }
            let opening = open.open as char;
            let mut message = format!(
                "closing parenthesis '{closing}' does not match opening parenthesis '{opening}'"
            );
            if open.lineno != self.lineno {
                message += &format!(" on line {}", open.lineno);
            }
            return self.fail(message);
        }
        if let Some(mode) = self.modes.last_mut() {
            mode.depth -= 1;
            if mode.depth < 0 {
                let letter = mode.letter();
                return self.fail(format!("{letter}-string: unmatched '{closing}'"));
            }
            if byte == b'}' && mode.depth == mode.expression_depth {
                mode.expression_depth -= 1;
                mode.in_string = true;
                mode.in_format_spec = false;
            }
        }
        Ok(())
    }
}

/// Errors.
impl Lexer<'_> {
    fn stop(&mut self, error: SyntaxError, eager: bool, done: Done) -> Step {
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
    fn fail(&mut self, message: impl Into<String>) -> Step {
        let offset = self.chars(self.line_start, self.pos) as i32;
        self.fail_range(message, offset, offset)
    }

    /// An error at columns of the current line.
    fn fail_range(&mut self, message: impl Into<String>, offset: i32, end_offset: i32) -> Step {
        let error = SyntaxError {
            kind: ErrorKind::SyntaxError,
            message: message.into(),
            lineno: self.lineno,
            offset,
            end_lineno: self.lineno,
            end_offset,
            text: Some(self.line_text(false)),
        };
        self.stop(error, true, Done::Error)
    }

    /// An error that CPython's parser raises at the tokenizer's place when it meets it.
    fn fail_lazily(&mut self, kind: ErrorKind, message: &str, done: Done) -> Step {
        let error = SyntaxError {
            kind,
            message: message.into(),
            lineno: self.lineno,
            offset: self.chars(self.line_start, self.pos.min(self.src.len())) as i32,
            end_lineno: self.lineno,
            end_offset: -1,
            text: Some(self.line_text(true)),
        };
        self.stop(error, false, done)
    }

    /// The error for anything but a line end after a backslash. CPython counts its column from the
    /// first of the lines that backslashes join.
    fn fail_at_continuation(&mut self) -> Step {
        let mut first = self.line_start;
        while self.src[..first].ends_with(b"\\\n") {
            let before = &self.src[..first - 1];
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
        };
        self.stop(error, false, Done::Error)
    }

    fn fail_at_line(&mut self, kind: ErrorKind, message: &str) -> Step {
        let error = SyntaxError {
            kind,
            message: message.into(),
            lineno: self.lineno,
            offset: 1,
            end_lineno: self.lineno,
            end_offset: 0,
            text: Some(self.line_text(true)),
        };
        self.stop(error, false, Done::Error)
    }

    fn warn(&mut self, message: String) {
        let category = WarningCategory::SyntaxWarning;
        let range = self.here();
        self.warnings.push(Warning {
            category,
            message,
            range,
        });
    }

    /// How many characters stand between two byte positions.
    fn chars(&self, start: usize, end: usize) -> usize {
        let end = end.min(self.src.len());
        self.src[start.min(end)..end]
            .iter()
            .filter(|&&byte| byte & 0xC0 != 0x80)
            .count()
    }

    /// The end of the line that `pos` is on, after or before its newline.
    fn line_end(&self, pos: usize, with_newline: bool) -> usize {
        let pos = pos.min(self.src.len());
        match memchr::memchr(b'\n', &self.src[pos..]) {
            Some(found) => pos + found + usize::from(with_newline),
            None => self.src.len(),
        }
    }

    fn line_text(&self, with_newline: bool) -> String {
        self.line_text_at(self.line_start, with_newline)
    }

    fn line_text_at(&self, start: usize, with_newline: bool) -> String {
        self.text
            .get(start..self.line_end(start, with_newline))
            .unwrap_or_default()
            .to_owned()
    }
}

/// The operator that begins with these bytes, and its width.
#[inline]
fn operator_kind(first: u8, second: u8, third: u8) -> (TokenKind, usize) {
    use TokenKind as K;
    let or_equal = |kind, with_equal| {
        if second == b'=' {
            (with_equal, 2)
        } else {
            (kind, 1)
        }
    };
    let doubled = |kind, with_equal, double, double_equal| {
        if second == first {
            if third == b'=' {
                (double_equal, 3)
            } else {
                (double, 2)
            }
        } else {
            or_equal(kind, with_equal)
        }
    };
    match first {
        b'(' => (K::LPar, 1),
        b')' => (K::RPar, 1),
        b'[' => (K::LSqb, 1),
        b']' => (K::RSqb, 1),
        b'{' => (K::LBrace, 1),
        b'}' => (K::RBrace, 1),
        b',' => (K::Comma, 1),
        b';' => (K::Semi, 1),
        b'~' => (K::Tilde, 1),
        b':' => or_equal(K::Colon, K::ColonEqual),
        b'=' => or_equal(K::Equal, K::EqEqual),
        b'+' => or_equal(K::Plus, K::PlusEqual),
        b'%' => or_equal(K::Percent, K::PercentEqual),
        b'&' => or_equal(K::Amper, K::AmperEqual),
        b'|' => or_equal(K::VBar, K::VBarEqual),
        b'^' => or_equal(K::Circumflex, K::CircumflexEqual),
        b'@' => or_equal(K::At, K::AtEqual),
        b'!' => or_equal(K::Exclamation, K::NotEqual),
        b'-' if second == b'>' => (K::RArrow, 2),
        b'-' => or_equal(K::Minus, K::MinEqual),
        b'.' if second == b'.' && third == b'.' => (K::Ellipsis, 3),
        b'.' => (K::Dot, 1),
        b'*' => doubled(K::Star, K::StarEqual, K::DoubleStar, K::DoubleStarEqual),
        b'/' => doubled(K::Slash, K::SlashEqual, K::DoubleSlash, K::DoubleSlashEqual),
        b'<' => doubled(K::Less, K::LessEqual, K::LeftShift, K::LeftShiftEqual),
        b'>' => doubled(
            K::Greater,
            K::GreaterEqual,
            K::RightShift,
            K::RightShiftEqual,
        ),
        _ => (K::Op, 1),
    }
}
