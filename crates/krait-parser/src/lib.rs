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
    /// `PyCF_DONT_IMPLY_DEDENT`: the end of interactive input closes no blocks.
    pub dont_imply_dedent: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: source that merely stops too early says so.
    pub allow_incomplete_input: bool,
    /// `from __future__ import barry_as_FLUFL` is in force.
    pub barry_as_bdfl: bool,
    /// `sys.get_int_max_str_digits()`; 0 is no limit.
    pub int_max_str_digits: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            type_comments: false,
            dont_imply_dedent: false,
            allow_incomplete_input: false,
            barry_as_bdfl: false,
            int_max_str_digits: 4300,
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
    let text = encoding::decode(source)?;
    Ok(parse_str(&text, mode, options)?)
}

/// Parses source given as text.
pub fn parse_str(source: &str, mode: Mode, options: &Options) -> Result<Parsed, SyntaxError> {
    if memchr::memchr(0, source.as_bytes()).is_some() {
        let message = "source code string cannot contain null bytes";
        return Err(SyntaxError::unplaced(ErrorKind::SyntaxError, message));
    }
    let text = translate_newlines(source, mode == Mode::Exec);
    let lex_options = LexOptions {
        extra_tokens: false,
        file: mode == Mode::Exec,
        type_comments: options.type_comments,
        interactive: mode == Mode::Single,
        imply_dedent: !options.dont_imply_dedent,
        barry_as_bdfl: options.barry_as_bdfl,
    };
    let mut lexed = Lexer::new(&text, lex_options).run();
    let type_ignores = std::mem::take(&mut lexed.type_ignores);
    let mut parser = Parser::new(&text, &lexed.tokens, options);
    let result = parser.module(mode, type_ignores);
    let refused = diagnose::Refused {
        text: &text,
        tokens: &lexed.tokens,
        lex_error: lexed.error.as_deref(),
        mode,
        options,
        start: parser.suspect(),
        barry_as_bdfl: parser.barry_as_bdfl(),
    };
    match (result, parser.error.take()) {
        (Ok(module), _) => {
            if mode == Mode::Single
                && let Some(error) = refused.more_than_one_statement(parser.position())
            {
                return Err(error);
            }
            let mut warnings = lexed.warnings;
            warnings.append(&mut parser.warnings);
            warnings.sort_by_key(|warning| (warning.range.lineno, warning.range.col_offset));
            Ok(Parsed { module, warnings })
        }
        (Err(Fail), Some(error)) if error.kind == ErrorKind::SyntaxError => {
            if let Some(error) = refused.incomplete_at(parser.error_fill) {
                return Err(error);
            }
            Err(refused.of_literal(*error, parser.error_fill))
        }
        (Err(Fail), Some(error)) => Err(*error),
        (Err(Fail), None) => Err(refused.diagnose()),
    }
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
