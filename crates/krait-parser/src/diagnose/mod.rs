//! Why a source is wrong: CPython's own message for what the parser has refused.
//!
//! The parser says only at which statement it stopped. From there the tokens are matched against
//! [`grammar::GRAMMAR`], the whole grammar with its error productions, in CPython's own order: that
//! is what decides which of several possible messages is given, and where.

mod actions;
mod first;
mod grammar;
mod literals;
mod matcher;
mod table;

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::{Done, LexError};
use crate::parser::strings::Literal;
use crate::token::{Token, TokenKind};
use crate::{Mode, Options};
use matcher::{Matcher, Raised};

/// The source that was refused.
pub(crate) struct Refused<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: &'a [Token],
    pub(crate) lex_error: Option<&'a LexError>,
    pub(crate) mode: Mode,
    pub(crate) options: &'a Options,
    /// The token at which the refused statement begins.
    pub(crate) start: usize,
    pub(crate) barry_as_bdfl: bool,
}

impl Refused<'_> {
    /// The error to raise.
    pub(crate) fn diagnose(&self) -> SyntaxError {
        let rule = match self.mode {
            Mode::Exec => "file",
            Mode::Single => "interactive",
            Mode::Eval => "eval",
            Mode::FuncType => "func_type",
        };
        let mut matcher = Matcher::new(self.text, self.tokens, self.lex_error, self.barry_as_bdfl);
        let first = matcher.run(rule, self.start, false);
        if self.options.allow_incomplete_input && self.is_end_of_source(&matcher, first.is_err()) {
            let message = "incomplete input".to_owned();
            let kind = ErrorKind::IncompleteInputError;
            let mut error = actions::at_last_token(&matcher, kind, message);
            if let Some(lexed) = self.lex_error.filter(|e| e.done == Done::EofInTripleString) {
                // CPython's line is then all that it has read for the string.
                let lines = self
                    .text
                    .split_inclusive('\n')
                    .skip(lexed.error.lineno as usize - 1);
                error.text = Some(lines.collect());
            }
            return self.before_line_one(error);
        }
        let last = matcher.last_token();
        let raised = match first {
            Err(raised) => Some(raised),
            Ok(_) => matcher.run(rule, self.start, true).err(),
        };
        match raised {
            Some(Raised {
                error,
                from_lexer: true,
            }) => *error,
            Some(Raised { error, .. }) if error.kind == ErrorKind::MemoryError => *error,
            Some(Raised { error, .. }) if self.is_end_of_source(&matcher, false) => *error,
            Some(Raised { error, .. }) => self.unless_lexer_objects(&matcher, *error),
            None if last.kind == TokenKind::Indent || last.kind == TokenKind::Dedent => {
                let message = match last.kind {
                    TokenKind::Indent => "unexpected indent",
                    _ => "unexpected unindent",
                };
                actions::at_last_token(&matcher, ErrorKind::IndentationError, message.to_owned())
            }
            None => self.unless_lexer_objects(&matcher, self.invalid_syntax(&matcher, last)),
        }
    }

    /// The error for a source that no production explains.
    fn invalid_syntax(&self, matcher: &Matcher<'_>, last: Token) -> SyntaxError {
        let error = actions::at_place_of(matcher, last, "invalid syntax".to_owned());
        self.before_line_one(error)
    }

    /// An empty source has no line at all.
    fn before_line_one(&self, mut error: SyntaxError) -> SyntaxError {
        if self.text.is_empty() {
            error.lineno = 0;
            error.end_lineno = 0;
        }
        error
    }

    /// The error if something follows the one statement that was asked for.
    pub(crate) fn more_than_one_statement(&self, end: usize) -> Option<SyntaxError> {
        let token = self.tokens[end.saturating_sub(1)];
        let mut rest = &self.text[token.end as usize..];
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\n', '\x0C']);
            match rest.strip_prefix('#') {
                Some(comment) => rest = comment.split_once('\n').map_or("", |(_, next)| next),
                None => break,
            }
        }
        if rest.is_empty() {
            return None;
        }
        let mut matcher = Matcher::new(self.text, self.tokens, None, false);
        matcher.fill = end;
        let message = "multiple statements found while compiling a single statement".to_owned();
        Some(actions::at_last_token(
            &matcher,
            ErrorKind::SyntaxError,
            message,
        ))
    }

    /// The error of a literal's value, unless the lexer has a better one.
    pub(crate) fn of_literal(&self, error: SyntaxError, fill: usize) -> SyntaxError {
        let mut matcher = Matcher::new(self.text, self.tokens, self.lex_error, false);
        matcher.fill = fill;
        self.unless_lexer_objects(&matcher, error)
    }

    /// The lexer's error instead, if it takes precedence over one of the parser.
    fn precedence_to_lexer(&self, error: SyntaxError) -> SyntaxError {
        match self.lex_error {
            Some(lexed) if lexed.eager && !lexed.in_format_string => lexed.error.clone(),
            _ => error,
        }
    }

    fn unless_lexer_objects(&self, matcher: &Matcher<'_>, error: SyntaxError) -> SyntaxError {
        let lexed = self
            .lex_error
            .filter(|lexed| !lexed.eager && !lexed.in_format_string);
        let line = matcher.last_token().range.lineno;
        match lexed.and_then(|lexed| lexed.unclosed.as_ref()) {
            Some(unclosed) if line > unclosed.lineno => unclosed.clone(),
            _ => self.precedence_to_lexer(error),
        }
    }

    /// Whether the parser had seen the end of the source when it gave up.
    fn is_end_of_source(&self, matcher: &Matcher<'_>, raised: bool) -> bool {
        let last = matcher.last_token();
        if last.kind == TokenKind::ErrorToken {
            return raised
                && self
                    .lex_error
                    .is_some_and(|lexed| lexed.done != Done::Error);
        }
        let end = last.end as usize;
        let at_end = end >= self.text.len();
        match last.kind {
            // Of two quotes, the lexer looks for a third.
            TokenKind::String => at_end && Literal::of(matcher.token_text(last)).is_two_quotes(),
            TokenKind::FStringEnd | TokenKind::TStringEnd => false,
            TokenKind::Newline => at_end && last.start == last.end,
            // Of a dot, the lexer looks at two characters more; of the longest operators, at none.
            TokenKind::Dot => at_end || &self.text[end..] == ".",
            kind => at_end && (kind.is_keyword() || kind.text().len() != 3),
        }
    }

    /// The error that the input is incomplete, if that is asked for and the parser, refusing a
    /// literal's value, had seen its end.
    pub(crate) fn incomplete_at(&self, fill: usize) -> Option<SyntaxError> {
        let mut matcher = Matcher::new(self.text, self.tokens, self.lex_error, false);
        matcher.fill = fill;
        if !self.options.allow_incomplete_input || !self.is_end_of_source(&matcher, true) {
            return None;
        }
        let message = "incomplete input".to_owned();
        Some(actions::at_last_token(
            &matcher,
            ErrorKind::IncompleteInputError,
            message,
        ))
    }
}
