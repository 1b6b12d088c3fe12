//! The tokens of the document type declaration and of what surrounds the root element.

use crate::chars;
use crate::scan::{self, Scan, Stop, byte};

/// How often a part of a content model may occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// Once.
    One,
    /// Once or not at all: `?`.
    Optional,
    /// Any number of times: `*`.
    Any,
    /// At least once: `+`.
    Some,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Nothing is left.
    None,
    Space,
    Bom,
    Instruction,
    Declaration,
    Comment,
    /// `<!WORD`
    DeclOpen,
    DeclClose,
    /// The `<` of the root element; the token ends before it.
    InstanceStart,
    Literal,
    /// `#WORD`
    PoundName,
    Name,
    PrefixedName,
    /// A name with `?`, `*` or `+` after it.
    NameWith(Quantifier),
    Nmtoken,
    Percent,
    ParamEntityRef,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen(Quantifier),
    Comma,
    Or,
    /// `<![`
    CondSectOpen,
    /// `]]>`
    CondSectClose,
}

/// A token, its end, and whether more bytes might make another token of it.
pub(crate) type Lexed = (Token, usize, bool);

/// The next token from `at` on.
///
/// `letters` says whether the keyword after `<!` may have letters beyond ASCII, which is only so in encodings other than
/// UTF-8: such a keyword is a token, although no declaration.
pub(crate) fn token(text: &[u8], at: usize, namespaces: bool, letters: bool) -> Scan<Lexed> {
    let Some(&first) = text.get(at) else {
        return Ok((Token::None, at, false));
    };
    let one = |token| Ok((token, at + 1, false));
    match first {
        b'"' | b'\'' => literal(text, at),
        b'<' => markup(text, at, namespaces, letters),
        b' ' | b'\t' | b'\r' | b'\n' => {
            let end = scan::skip_space(text, at);
            if end < text.len() {
                return Ok((Token::Space, end, false));
            }
            // A line feed may follow a carriage return.
            match text[end - 1] {
                b'\r' if end - 1 > at => Ok((Token::Space, end - 1, false)),
                b'\r' => Ok((Token::Space, end, true)),
                _ => Ok((Token::Space, end, false)),
            }
        }
        b'%' => percent(text, at + 1, namespaces),
        b',' => one(Token::Comma),
        b'[' => one(Token::OpenBracket),
        b']' => match (text.get(at + 1), text.get(at + 2)) {
            (None, _) | (Some(b']'), None) => Ok((Token::CloseBracket, at + 1, true)),
            (Some(b']'), Some(b'>')) => Ok((Token::CondSectClose, at + 3, false)),
            _ => one(Token::CloseBracket),
        },
        b'(' => one(Token::OpenParen),
        b')' => match text.get(at + 1) {
            None => Ok((Token::CloseParen(Quantifier::One), at + 1, true)),
            Some(b'*') => Ok((Token::CloseParen(Quantifier::Any), at + 2, false)),
            Some(b'?') => Ok((Token::CloseParen(Quantifier::Optional), at + 2, false)),
            Some(b'+') => Ok((Token::CloseParen(Quantifier::Some), at + 2, false)),
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'>' | b',' | b'|' | b')') => {
                one(Token::CloseParen(Quantifier::One))
            }
            Some(_) => Err(Stop::Invalid(at + 1)),
        },
        b'|' => one(Token::Or),
        b'>' => one(Token::DeclClose),
        b'#' => pound_name(text, at + 1, namespaces),
        _ => word(text, at, namespaces),
    }
}

fn markup(text: &[u8], at: usize, namespaces: bool, letters: bool) -> Scan<Lexed> {
    match byte(text, at + 1)? {
        b'!' => declaration(text, at + 2, !namespaces, letters),
        b'?' => {
            let (kind, end) = scan::instruction(text, at + 2, !namespaces)?;
            let token = match kind {
                scan::Instruction::Processing => Token::Instruction,
                scan::Instruction::Declaration => Token::Declaration,
            };
            Ok((token, end, false))
        }
        0xc0..0xf5 => Ok((Token::InstanceStart, at, false)),
        other if chars::starts_name(other) && (other != b':' || !namespaces) => {
            Ok((Token::InstanceStart, at, false))
        }
        _ => Err(Stop::Invalid(at + 1)),
    }
}

/// What follows `<!`.
fn declaration(text: &[u8], at: usize, colons: bool, letters: bool) -> Scan<Lexed> {
    match byte(text, at)? {
        b'-' => return Ok((Token::Comment, scan::comment(text, at + 1)?, false)),
        b'[' => return Ok((Token::CondSectOpen, at + 1, false)),
        _ => {}
    }
    let letter = |at: usize| -> Scan<Option<usize>> {
        match byte(text, at)? {
            first @ 0..0x80 => {
                let fits =
                    first.is_ascii_alphabetic() || first == b'_' || (colons && first == b':');
                Ok(fits.then_some(at + 1))
            }
            _ => match scan::character(text, at) {
                Ok((length, code)) if letters && code < 0x100 && chars::wide_starts_name(code) => {
                    Ok(Some(at + length))
                }
                _ => Ok(None),
            },
        }
    };
    let mut end = letter(at)?.ok_or(Stop::Invalid(at))?;
    while let Some(next) = letter(end)? {
        end = next;
    }
    match byte(text, end)? {
        // `<!ENTITY% name` lacks the space that `<!ENTITY%pe;` may lack.
        b'%' => {
            let next = byte(text, end + 1)?;
            if chars::is_space(next) || next == b'%' {
                return Err(Stop::Invalid(end));
            }
            Ok((Token::DeclOpen, end, false))
        }
        space if chars::is_space(space) => Ok((Token::DeclOpen, end, false)),
        _ => Err(Stop::Invalid(end)),
    }
}

fn literal(text: &[u8], at: usize) -> Scan<Lexed> {
    let quote = text[at];
    let mut end = at + 1;
    while byte(text, end)? != quote {
        end += scan::character(text, end)?.0;
    }
    end += 1;
    match text.get(end) {
        None => Ok((Token::Literal, end, true)),
        Some(&(b'>' | b'%' | b'[')) => Ok((Token::Literal, end, false)),
        Some(&next) if chars::is_space(next) => Ok((Token::Literal, end, false)),
        Some(_) => Err(Stop::Invalid(end)),
    }
}

fn percent(text: &[u8], at: usize, namespaces: bool) -> Scan<Lexed> {
    let next = byte(text, at)?;
    if chars::is_space(next) || next == b'%' {
        return Ok((Token::Percent, at, false));
    }
    let end = scan::name(text, at, !namespaces)?;
    match byte(text, end)? {
        b';' => Ok((Token::ParamEntityRef, end + 1, false)),
        _ => Err(Stop::Invalid(end)),
    }
}

fn pound_name(text: &[u8], at: usize, namespaces: bool) -> Scan<Lexed> {
    let end = scan::name(text, at, !namespaces)?;
    match text.get(end) {
        None => Ok((Token::PoundName, end, true)),
        Some(&(b')' | b'>' | b'%' | b'|')) => Ok((Token::PoundName, end, false)),
        Some(&next) if chars::is_space(next) => Ok((Token::PoundName, end, false)),
        Some(_) => Err(Stop::Invalid(end)),
    }
}

/// A name or a token of name characters, with what may follow it.
fn word(text: &[u8], at: usize, namespaces: bool) -> Scan<Lexed> {
    let mut token = Token::Name;
    let first = text[at];
    let mut end = if first < 0x80 {
        if !chars::starts_name(first) || (namespaces && first == b':') {
            if !chars::continues_name(first) {
                return Err(Stop::Invalid(at));
            }
            token = Token::Nmtoken;
        }
        at + 1
    } else {
        let (length, code) = scan::character(text, at)?;
        if !chars::wide_starts_name(code) {
            if !chars::wide_continues_name(code) {
                return Err(Stop::Invalid(at));
            }
            token = Token::Nmtoken;
        }
        at + length
    };
    loop {
        end = scan::name_rest(text, end, !namespaces)?;
        let Some(&next) = text.get(end) else {
            return Ok((token, end, true));
        };
        let quantifier = match next {
            b':' if namespaces => {
                end += 1;
                token = match token {
                    Token::Name => prefixed(text, end)?,
                    _ => Token::Nmtoken,
                };
                continue;
            }
            b'>' | b')' | b',' | b'|' | b'[' | b'%' => return Ok((token, end, false)),
            space if chars::is_space(space) => return Ok((token, end, false)),
            b'?' => Quantifier::Optional,
            b'*' => Quantifier::Any,
            b'+' => Quantifier::Some,
            _ => return Err(Stop::Invalid(end)),
        };
        if token == Token::Nmtoken {
            return Err(Stop::Invalid(end));
        }
        return Ok((Token::NameWith(quantifier), end + 1, false));
    }
}

/// What a name with a colon before `at` is: a local name must follow.
fn prefixed(text: &[u8], at: usize) -> Scan<Token> {
    Ok(match scan::name_rest(text, at, false) {
        Ok(end) if end == at => {
            byte(text, at)?;
            Token::Nmtoken
        }
        Err(stop @ (Stop::Partial | Stop::PartialChar)) => return Err(stop),
        _ => Token::PrefixedName,
    })
}

/// The end of an ignored section, whose `<![IGNORE[` is before `at`.
pub(crate) fn ignored(text: &[u8], mut at: usize) -> Scan<usize> {
    let mut depth = 0usize;
    loop {
        match (byte(text, at)?, text.get(at + 1), text.get(at + 2)) {
            (b'<', Some(b'!'), Some(b'[')) => {
                depth += 1;
                at += 3;
            }
            (b']', Some(b']'), Some(b'>')) => {
                at += 3;
                if depth == 0 {
                    return Ok(at);
                }
                depth -= 1;
            }
            _ => at += scan::character(text, at)?.0,
        }
    }
}
