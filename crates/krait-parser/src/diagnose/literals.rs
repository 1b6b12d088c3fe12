//! Literals whose syntax is right but which have no value: CPython finds out while it parses.

use super::actions;
use super::matcher::Matcher;
use crate::error::{ErrorKind, SyntaxError};
use crate::parser::strings::{Literal, decode_bytes, decode_str};
use crate::token::{Token, TokenKind};

/// The error of one plain string or bytes literal.
pub(super) fn in_string(matcher: &Matcher<'_>, token: Token) -> Option<SyntaxError> {
    let literal = Literal::of(matcher.token_text(token));
    let message = if literal.is_bytes() && !literal.body.is_ascii() {
        "bytes can only contain ASCII literal characters".to_owned()
    } else if literal.is_raw() || !literal.body.contains('\\') {
        return None;
    } else {
        let undecodable = match literal.is_bytes() {
            true => decode_bytes(literal.body).err(),
            false => decode_str(literal.body).err(),
        };
        return Some(at_last_token(matcher, undecodable?));
    };
    Some(actions::at_range(matcher, token.range, message))
}

fn at_last_token(matcher: &Matcher<'_>, message: String) -> SyntaxError {
    actions::at_last_token(matcher, ErrorKind::SyntaxError, message)
}

/// The error of the text of an f-string or t-string, reported at its end.
pub(super) fn in_format_string(matcher: &Matcher<'_>, tokens: &[Token]) -> Option<SyntaxError> {
    use TokenKind as K;
    if matcher.token_text(*tokens.first()?).contains(['r', 'R']) {
        return None;
    }
    let mut depth = 0;
    for token in tokens {
        match token.kind {
            K::FStringStart | K::TStringStart => depth += 1,
            K::FStringEnd | K::TStringEnd => depth -= 1,
            K::FStringMiddle | K::TStringMiddle if depth == 1 => {
                if let Err(message) = decode_str(matcher.token_text(*token)) {
                    return Some(at_last_token(matcher, message));
                }
            }
            _ => {}
        }
    }
    None
}

/// The error of adjacent literals of which some are bytes and some are not.
pub(super) fn in_mixture(matcher: &Matcher<'_>, tokens: &[Token]) -> Option<SyntaxError> {
    let mut depth = 0;
    let (mut bytes, mut text) = (false, false);
    for token in tokens {
        match token.kind {
            TokenKind::FStringStart => {
                text |= depth == 0;
                depth += 1;
            }
            TokenKind::FStringEnd => depth -= 1,
            TokenKind::String if depth == 0 => {
                let is_bytes = Literal::of(matcher.token_text(*token)).is_bytes();
                bytes |= is_bytes;
                text |= !is_bytes;
            }
            _ => {}
        }
    }
    let message = "cannot mix bytes and nonbytes literals".to_owned();
    (bytes && text).then(|| at_last_token(matcher, message))
}
