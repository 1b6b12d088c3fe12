//! Source text to tokens to AST.
//!
//! [`parse`] takes bytes and finds their encoding; [`parse_str`] takes text. Both first tokenise
//! the whole source, then run a recursive-descent parser that knows only valid code. What it
//! refuses goes to the diagnosis, which follows CPython's grammar to CPython's own message.
//! Nothing here knows an object, and no input makes it panic or exhaust the stack.
#![forbid(unsafe_code)]

mod diagnose;
mod encoding;
mod error;
mod ident;
mod lexer;
mod parser;
mod source;
mod token;
pub mod tokenize;

pub use encoding::declared_encoding;
pub use error::{ErrorKind, ParseError, SyntaxError, Warning, WarningCategory};
pub use token::{Token, TokenKind};

use krait_ast::Mod;
use lexer::{LexOptions, Lexer};
use parser::{Fail, Parser};
use std::borrow::Cow;

/// What a source is, as in `compile()`'s `mode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A file.
    Exec,
    /// An expression.
    Eval,
    /// One interactive statement.
    Single,
    /// A signature from a type comment.
    FuncType,
}

/// How to parse, after `compile()`'s flags.
#[derive(Clone, Debug)]
pub struct Options {
    /// `PyCF_TYPE_COMMENTS`: type comments go into the tree.
    pub type_comments: bool,
    /// The file that the source is read from, where CPython reads it line by line.
    pub file_name: Option<String>,
    /// `PyCF_IGNORE_COOKIE`: bytes are UTF-8, whatever they declare.
    pub ignore_cookie: bool,
    /// `PyCF_DONT_IMPLY_DEDENT`: the end of interactive input closes no blocks.
    pub dont_imply_dedent: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: source that merely stops too early says so.
    pub allow_incomplete_input: bool,
    /// `from __future__ import barry_as_FLUFL` is in force.
    pub barry_as_bdfl: bool,
    /// `sys.get_int_max_str_digits()`; 0 is no limit.
    pub int_max_str_digits: usize,
    /// The minor version of Python 3 beyond whose syntax nothing is accepted.
    pub feature_version: u32,
}

/// The version whose syntax this is.
pub const FEATURE_VERSION: u32 = 14;

impl Default for Options {
    fn default() -> Self {
        Self {
            type_comments: false,
            file_name: None,
            ignore_cookie: false,
            dont_imply_dedent: false,
            allow_incomplete_input: false,
            barry_as_bdfl: false,
            int_max_str_digits: 4300,
            feature_version: FEATURE_VERSION,
        }
    }
}

/// The result of a parse.
#[derive(Clone, PartialEq, Debug)]
pub struct Parsed {
    /// The tree.
    pub module: Mod,
    /// What to warn about, in source order.
    pub warnings: Vec<Warning>,
}

/// Parses source given as bytes, in the encoding that it declares (PEP 263).
pub fn parse(source: &[u8], mode: Mode, options: &Options) -> Result<Parsed, ParseError> {
    let file = options.file_name.as_deref();
    match memchr::memchr(0, source) {
        Some(null) if file.is_some() => return Err(encoding::null_byte(source, null)),
        _ => refuse_null_bytes(source)?,
    }
    let source = newlines_only(source, mode == Mode::Exec);
    let text = match options.ignore_cookie {
        true => encoding::decode_utf8(&source, file)?,
        false => encoding::decode(&source, file)?,
    };
    Ok(parse_text(&text, mode, options)?)
}

/// Parses source given as text.
pub fn parse_str(source: &str, mode: Mode, options: &Options) -> Result<Parsed, SyntaxError> {
    refuse_null_bytes(source.as_bytes())?;
    parse_text(
        &translate_newlines(source, mode == Mode::Exec),
        mode,
        options,
    )
}

fn refuse_null_bytes(source: &[u8]) -> Result<(), SyntaxError> {
    if memchr::memchr(0, source).is_some() {
        let message = "source code string cannot contain null bytes";
        return Err(SyntaxError::unplaced(ErrorKind::SyntaxError, message));
    }
    Ok(())
}

fn parse_text(text: &str, mode: Mode, options: &Options) -> Result<Parsed, SyntaxError> {
    let lex_options = LexOptions {
        extra_tokens: false,
        file: mode == Mode::Exec,
        type_comments: options.type_comments,
        interactive: mode == Mode::Single,
        imply_dedent: !options.dont_imply_dedent,
        barry_as_bdfl: options.barry_as_bdfl,
    };
    let mut lexed = Lexer::new(text, lex_options).run();
    let type_ignores = std::mem::take(&mut lexed.type_ignores);
    let mut parser = Parser::new(text, &lexed.tokens, options);
    let result = parser.module(mode, type_ignores);
    let position = parser.position();
    let mut warnings = lexed.warnings;
    warnings.append(&mut parser.warnings);
    warnings.sort_by_key(|warning| (warning.lineno, warning.error.offset));
    let refused = diagnose::Refused {
        text,
        tokens: &lexed.tokens,
        lex_error: lexed.error.as_deref(),
        mode,
        options,
        start: parser.suspect(),
        barry_as_bdfl: parser.barry_as_bdfl(),
    };
    let error = match (parser.too_new.take(), result, parser.error.take()) {
        (Some(error), ..) => *error,
        (None, Ok(module), _) => match mode {
            Mode::Single => match refused.more_than_one_statement(position) {
                None => return Ok(Parsed { module, warnings }),
                Some(error) => return Err(SyntaxError { warnings, ..error }),
            },
            _ => return Ok(Parsed { module, warnings }),
        },
        (None, Err(Fail), Some(error)) if error.kind == ErrorKind::SyntaxError => {
            match refused.incomplete_at(parser.error_fill) {
                Some(error) => error,
                None => refused.of_literal(*error, parser.error_fill),
            }
        }
        (None, Err(Fail), Some(error)) => *error,
        (None, Err(Fail), None) => refused.diagnose(),
    };
    if error.kind == ErrorKind::IndentationError && error.message.starts_with("unexpected") {
        // For any other error CPython reads on to the end of the source, and the tokenizer warns.
        let reached = lexed.tokens[position].range;
        let reached = (reached.lineno, reached.end_col_offset as i32);
        warnings.retain(|warning| (warning.lineno, warning.error.offset) <= reached);
    }
    let source = Some(text.to_owned());
    Err(SyntaxError {
        warnings,
        source,
        ..error
    })
}

/// The source with `\n` for every line end, and one at the end of a file.
fn translate_newlines(source: &str, file: bool) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(source);
    if memchr::memchr(b'\r', source.as_bytes()).is_some() {
        text = Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if file && !text.is_empty() && !text.ends_with('\n') {
        text.to_mut().push('\n');
    }
    text
}

/// The source with `\n` for every line end, and one at the end of a file.
pub fn newlines_only(source: &[u8], file: bool) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(source);
    if memchr::memchr(b'\r', source).is_some() {
        let mut bytes = Vec::with_capacity(source.len());
        for (at, &byte) in source.iter().enumerate() {
            match byte {
                b'\r' if source.get(at + 1) == Some(&b'\n') => {}
                b'\r' => bytes.push(b'\n'),
                byte => bytes.push(byte),
            }
        }
        text = Cow::Owned(bytes);
    }
    if file && !text.is_empty() && !text.ends_with(b"\n") {
        text.to_mut().push(b'\n');
    }
    text
}
