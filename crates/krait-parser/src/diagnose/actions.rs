//! What the error productions raise.

use super::matcher::{Captures, Matcher, Ref};
use super::table::Action;
use crate::error::{ErrorKind, SyntaxError};
use crate::source;
use crate::token::{Token, TokenKind};
use krait_ast::Range;

/// Which targets are looked for.
#[derive(Clone, Copy, PartialEq)]
enum Targets {
    Star,
    Del,
    For,
}

/// The error of a production that has matched up to token `end`, if it raises one after all.
pub(super) fn raise(
    matcher: &Matcher<'_>,
    action: &Action,
    captures: &Captures,
    end: usize,
) -> Option<SyntaxError> {
    let name = action.name.split(' ').next().unwrap_or_default();
    if let Some((range, about)) = place(matcher, name, captures, end) {
        return Some(at_range(
            matcher,
            range,
            fill_in(matcher, action.message, about),
        ));
    }
    let syntax_error = ErrorKind::SyntaxError;
    let text = action.message.to_owned();
    let first = captures[0].map(|(first, _)| first);
    let message = |of: Ref| fill_in(matcher, action.message, of);
    match name {
        "from" => {
            let mut error = from_here_on(matcher, range(matcher, first?), message(first?));
            if has_no_column(matcher.tokens[first_token(matcher, first?)]) {
                error.offset = 0;
            }
            Some(error)
        }
        "here" => Some(at_last_token(matcher, syntax_error, text)),
        "next" => {
            let token = matcher.tokens[end.min(matcher.tokens.len() - 1)];
            Some(at_token(matcher, token, syntax_error, text))
        }
        "indent" => {
            let text = first.map_or(text, message);
            Some(at_last_token(matcher, ErrorKind::IndentationError, text))
        }
        "assign_target" => invalid_target(matcher, first?, Targets::Star),
        "delete_target" => invalid_target(matcher, first?, Targets::Del),
        "for_target" => invalid_target(matcher, first?, Targets::For),
        "bound" => {
            let is_tuple = matcher.kind(captures[1]?.0) == "Tuple";
            let what = if is_tuple { "constraints" } else { "bound" };
            let text = format!("cannot use {what} with {text}");
            Some(from_here_on(matcher, range(matcher, first?), text))
        }
        "key_end" => {
            let range = range(matcher, first?);
            let col_offset = range.end_col_offset.saturating_sub(1);
            let mut error = at_range(
                matcher,
                Range {
                    col_offset,
                    ..range
                },
                text,
            );
            error.end_offset = 0;
            Some(error)
        }
        "misplaced_argument" => {
            let unpacking = contains(matcher, first?, "DoubleStarred");
            let suffix = if unpacking { " unpacking" } else { "" };
            Some(at_last_token(matcher, syntax_error, text + suffix))
        }
        _ => None,
    }
}

/// For the actions that raise at a range: the range, and the part that the message speaks of.
fn place(
    matcher: &Matcher<'_>,
    name: &str,
    captures: &Captures,
    end: usize,
) -> Option<(Range, Ref)> {
    let (first, last_of_a) = captures[0]?;
    let last = captures[1].map_or(last_of_a, |(_, last)| last);
    let applies = match name {
        "loc" => return Some((span(matcher, first, last_of_a), first)),
        "last_range" => return Some((span(matcher, last_of_a, last), last_of_a)),
        "bare_generator" => {
            let arguments = positional(matcher, first);
            let argument = arguments.last().copied().filter(|_| arguments.len() > 1)?;
            return Some((
                span(matcher, argument, last_expression(matcher, last)),
                argument,
            ));
        }
        "range" | "comprehension_range" => true,
        "diamond" => {
            let (left, right) = (first_token(matcher, first), first_token(matcher, last));
            matcher.tokens[left].end == matcher.tokens[right].start
        }
        "missing_comma" => {
            bracket_level(matcher, end.saturating_sub(1)) > 0 && !is_legacy(matcher, first)
        }
        "legacy" => is_legacy(matcher, first),
        _ => false,
    };
    applies.then(|| (span(matcher, first, last_expression(matcher, last)), first))
}

/// The message with its `%s` (kind of expression), `%d` (line) and `%n` (text) filled in.
fn fill_in(matcher: &Matcher<'_>, message: &str, of: Ref) -> String {
    let mut text = message.to_owned();
    if text.contains("%s") {
        text = text.replace("%s", expression_name(matcher, of));
    }
    if text.contains("%d") {
        text = text.replace("%d", &range(matcher, of).lineno.to_string());
    }
    if text.contains("%n") {
        let token = matcher.tokens[first_token(matcher, of)];
        text = text.replace("%n", matcher.token_text(token));
    }
    text
}

fn first_token(matcher: &Matcher<'_>, of: Ref) -> usize {
    match of {
        Ref::Token(token) => token as usize,
        Ref::Node(node) => matcher.nodes[node as usize].first as usize,
    }
}

fn range(matcher: &Matcher<'_>, of: Ref) -> Range {
    match of {
        Ref::Token(token) => matcher.tokens[token as usize].range,
        Ref::Node(node) => {
            let node = &matcher.nodes[node as usize];
            matcher.tokens[node.first as usize]
                .range
                .to(matcher.tokens[node.last as usize].range)
        }
    }
}

fn span(matcher: &Matcher<'_>, first: Ref, last: Ref) -> Range {
    range(matcher, first).to(range(matcher, last))
}

fn children<'m>(matcher: &'m Matcher<'_>, of: Ref) -> &'m [Ref] {
    match of {
        Ref::Token(_) => &[],
        Ref::Node(node) => &matcher.nodes[node as usize].children,
    }
}

/// The expressions in a node, those inside other expressions left out.
fn expressions(matcher: &Matcher<'_>, of: Ref, found: &mut Vec<Ref>) {
    for &child in children(matcher, of) {
        if matcher.kind(child).is_empty() {
            expressions(matcher, child, found);
        } else {
            found.push(child);
        }
    }
}

/// For a list of expressions the last of them, without a comma after it; for the clauses of a
/// comprehension the last condition or iterable.
fn last_expression(matcher: &Matcher<'_>, of: Ref) -> Ref {
    if !matcher.kind(of).is_empty() {
        return of;
    }
    let mut found = Vec::new();
    expressions(matcher, of, &mut found);
    found.last().copied().unwrap_or(of)
}

/// The plain and starred arguments among `args`.
fn positional(matcher: &Matcher<'_>, of: Ref) -> Vec<Ref> {
    if !matcher.kind(of).is_empty() {
        return vec![of];
    }
    let mut found = Vec::new();
    expressions(matcher, of, &mut found);
    found.retain(|&argument| !matches!(matcher.kind(argument), "Keyword" | "DoubleStarred"));
    found
}

fn contains(matcher: &Matcher<'_>, of: Ref, kind: &str) -> bool {
    if matcher.kind(of) == kind {
        return true;
    }
    let mut found = Vec::new();
    expressions(matcher, of, &mut found);
    found.iter().any(|&argument| matcher.kind(argument) == kind)
}

fn is_legacy(matcher: &Matcher<'_>, of: Ref) -> bool {
    let token = matcher.tokens[first_token(matcher, of)];
    let is_name = match of {
        Ref::Token(_) => true,
        Ref::Node(_) => matcher.kind(of) == "Name",
    };
    is_name && matches!(matcher.token_text(token), "print" | "exec")
}

/// How many brackets are open after a token.
fn bracket_level(matcher: &Matcher<'_>, token: usize) -> usize {
    use TokenKind as K;
    let mut level = 0usize;
    for token in &matcher.tokens[..=token.min(matcher.tokens.len() - 1)] {
        match token.kind {
            K::LPar | K::LSqb | K::LBrace => level += 1,
            K::RPar | K::RSqb | K::RBrace => level = level.saturating_sub(1),
            _ => {}
        }
    }
    level
}

/// The error for the first part of a target that cannot be one.
fn invalid_target(matcher: &Matcher<'_>, of: Ref, targets: Targets) -> Option<SyntaxError> {
    let bad = find_invalid_target(matcher, of, targets)?;
    let verb = if targets == Targets::Del {
        "delete"
    } else {
        "assign to"
    };
    let message = format!("cannot {verb} {}", expression_name(matcher, bad));
    Some(at_range(matcher, range(matcher, bad), message))
}

fn find_invalid_target(matcher: &Matcher<'_>, of: Ref, targets: Targets) -> Option<Ref> {
    let mut parts = Vec::new();
    match matcher.kind(of) {
        "Name" | "Subscript" | "Attribute" => None,
        "List" | "Tuple" => {
            expressions(matcher, of, &mut parts);
            parts
                .into_iter()
                .find_map(|part| find_invalid_target(matcher, part, targets))
        }
        "Starred" if targets == Targets::Del => Some(of),
        "Starred" => {
            expressions(matcher, of, &mut parts);
            find_invalid_target(matcher, *parts.first()?, targets)
        }
        "Compare" if targets == Targets::For => {
            let (left, comparison) = match children(matcher, of) {
                [left, comparison, ..] => (*left, *comparison),
                _ => return None,
            };
            let operator = matcher.tokens[first_token(matcher, comparison)].kind;
            if operator == TokenKind::In {
                find_invalid_target(matcher, left, targets)
            } else {
                None
            }
        }
        _ => Some(of),
    }
}

/// What messages call an expression.
fn expression_name(matcher: &Matcher<'_>, of: Ref) -> &'static str {
    match matcher.kind(of) {
        "Attribute" => "attribute",
        "Subscript" => "subscript",
        "Starred" => "starred",
        "Name" => "name",
        "List" => "list",
        "Tuple" => "tuple",
        "Lambda" => "lambda",
        "Call" => "function call",
        "BoolOp" | "BinOp" | "UnaryOp" => "expression",
        "GeneratorExp" => "generator expression",
        "Yield" => "yield expression",
        "Await" => "await expression",
        "ListComp" => "list comprehension",
        "SetComp" => "set comprehension",
        "DictComp" => "dict comprehension",
        "Dict" => "dict literal",
        "Set" => "set display",
        "FString" => "f-string expression",
        "TString" => "t-string expression",
        "None" => "None",
        "True" => "True",
        "False" => "False",
        "Ellipsis" => "ellipsis",
        "Compare" => "comparison",
        "IfExp" => "conditional expression",
        "NamedExpr" => "named expression",
        _ => "literal",
    }
}

/// An error at a range of the source.
pub(super) fn at_range(matcher: &Matcher<'_>, range: Range, message: String) -> SyntaxError {
    let last_line = matcher.last_token().range.end_lineno;
    source::error_at(
        matcher.text,
        ErrorKind::SyntaxError,
        message,
        range,
        last_line,
    )
}

/// Whether CPython has no column for a token: it stands for something that is not in the source.
fn has_no_column(token: Token) -> bool {
    use TokenKind as K;
    let may_be_empty = matches!(
        token.kind,
        K::Newline | K::EndMarker | K::Indent | K::Dedent
    );
    may_be_empty && token.start == token.end
}

/// An error at the place of a token.
pub(super) fn at_place_of(matcher: &Matcher<'_>, token: Token, message: String) -> SyntaxError {
    let mut error = at_range(matcher, token.range, message);
    if has_no_column(token) {
        error.offset = 0;
        error.end_offset = 0;
    }
    error
}

/// An error from a place to where the tokenizer is.
fn from_here_on(matcher: &Matcher<'_>, start: Range, message: String) -> SyntaxError {
    let last = matcher.last_token();
    let mut error = at_range(matcher, start.to(last.range), message);
    error.end_offset -= 1;
    error
}

pub(super) fn at_last_token(
    matcher: &Matcher<'_>,
    kind: ErrorKind,
    message: String,
) -> SyntaxError {
    at_token(matcher, matcher.last_token(), kind, message)
}

fn at_token(matcher: &Matcher<'_>, token: Token, kind: ErrorKind, message: String) -> SyntaxError {
    let last_line = matcher.last_token().range.end_lineno;
    source::error_at_token(matcher.text, kind, message, token, last_line)
}
