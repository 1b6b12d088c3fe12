//! Source text to tokens.
//!
//! The whole source becomes one vector of tokens before the parser starts. A source that cannot be
//! tokenised to its end yields its good tokens, then one `ErrorToken` (the last token), with the
//! reason in [`Lexed::error`]; whether that is the error to report is the parser's to decide.
//! The source holds no null byte and only `\n` line ends, so a 0 byte stands for the end.

mod errors;
mod lines;
mod number;
mod string;

use crate::error::{SyntaxError, Warning};
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
