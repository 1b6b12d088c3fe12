//! The tokens of what is inside elements.

use std::ops::Range;

use crate::chars;
use crate::scan::{self, Reference, Scan, Stop, byte};

/// A token of an element's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Nothing is left.
    None,
    Data,
    Newline,
    /// A carriage return at the end of the bytes: a line feed may follow.
    TrailingReturn,
    /// Brackets at the end of the bytes, after which `>` must not follow.
    TrailingBracket,
    StartTag {
        name_end: usize,
        empty: bool,
    },
    EndTag,
    EntityRef,
    CharRef,
    CdataOpen,
    CdataClose,
    Comment,
    Instruction,
    Declaration,
}

/// Where an attribute is in its tag.
#[derive(Clone, Debug)]
pub(crate) struct RawAttribute {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    /// Whether the value stands for itself.
    pub(crate) plain: bool,
}

/// The next token from `at` on and its end. A start tag leaves its attributes in `attributes`.
pub(crate) fn token(
    text: &[u8],
    at: usize,
    namespaces: bool,
    attributes: &mut Vec<RawAttribute>,
) -> Scan<(Token, usize)> {
    let Some(&first) = text.get(at) else {
        return Ok((Token::None, at));
    };
    match first {
        b'<' => markup(text, at + 1, namespaces, attributes),
        b'&' => {
            let (kind, end) = scan::reference(text, at + 1, !namespaces)?;
            let token = match kind {
                Reference::Entity => Token::EntityRef,
                Reference::Character => Token::CharRef,
            };
            Ok((token, end))
        }
        b'\n' => Ok((Token::Newline, at + 1)),
        b'\r' => Ok(match text.get(at + 1) {
            Some(b'\n') => (Token::Newline, at + 2),
            Some(_) => (Token::Newline, at + 1),
            None => (Token::TrailingReturn, at + 1),
        }),
        b']' => match (text.get(at + 1), text.get(at + 2)) {
            (None, _) => Ok((Token::TrailingBracket, at + 1)),
            (Some(b']'), None) => Ok((Token::TrailingBracket, at + 2)),
            (Some(b']'), Some(b'>')) => Err(Stop::Invalid(at + 2)),
            _ => data(text, at + 1),
        },
        _ => {
            let (length, _) = scan::character(text, at)?;
            data(text, at + length)
        }
    }
}

/// The end of the run of text that goes on at `at`.
fn data(text: &[u8], mut at: usize) -> Scan<(Token, usize)> {
    loop {
        while text.get(at).is_some_and(|&byte| chars::is_plain(byte)) {
            at += 1;
        }
        match text.get(at) {
            Some(b']') => match (text.get(at + 1), text.get(at + 2)) {
                (None, _) | (Some(b']'), None) => break,
                (Some(b']'), Some(b'>')) => return Err(Stop::Invalid(at + 2)),
                _ => at += 1,
            },
            Some(0x80..) => match scan::character(text, at) {
                Ok((length, _)) => at += length,
                Err(_) => break,
            },
            _ => break,
        }
    }
    Ok((Token::Data, at))
}

/// The next token of a CDATA section.
pub(crate) fn cdata_token(text: &[u8], at: usize) -> Scan<(Token, usize)> {
    let Some(&first) = text.get(at) else {
        return Ok((Token::None, at));
    };
    let mut end = match first {
        b']' => match (byte(text, at + 1)?, text.get(at + 2)) {
            (b']', None) => return Err(Stop::Partial),
            (b']', Some(b'>')) => return Ok((Token::CdataClose, at + 3)),
            _ => at + 1,
        },
        b'\r' => match byte(text, at + 1)? {
            b'\n' => return Ok((Token::Newline, at + 2)),
            _ => return Ok((Token::Newline, at + 1)),
        },
        b'\n' => return Ok((Token::Newline, at + 1)),
        _ => at + scan::character(text, at)?.0,
    };
    loop {
        match text.get(end) {
            None | Some(b']' | b'\r' | b'\n') => break,
            Some(_) => match scan::character(text, end) {
                Ok((length, _)) => end += length,
                Err(_) => break,
            },
        }
    }
    Ok((Token::Data, end))
}

fn markup(
    text: &[u8],
    at: usize,
    namespaces: bool,
    attributes: &mut Vec<RawAttribute>,
) -> Scan<(Token, usize)> {
    match byte(text, at)? {
        b'!' => match byte(text, at + 1)? {
            b'-' => Ok((Token::Comment, scan::comment(text, at + 2)?)),
            b'[' => {
                byte(text, at + 7)?;
                for (index, &wanted) in b"CDATA[".iter().enumerate() {
                    if byte(text, at + 2 + index)? != wanted {
                        return Err(Stop::Invalid(at + 2 + index));
                    }
                }
                Ok((Token::CdataOpen, at + 8))
            }
            _ => Err(Stop::Invalid(at + 1)),
        },
        b'?' => {
            let (kind, end) = scan::instruction(text, at + 1, !namespaces)?;
            let token = match kind {
                scan::Instruction::Processing => Token::Instruction,
                scan::Instruction::Declaration => Token::Declaration,
            };
            Ok((token, end))
        }
        b'/' => end_tag(text, at + 1, namespaces),
        _ => start_tag(text, at, namespaces, attributes),
    }
}

fn end_tag(text: &[u8], at: usize, namespaces: bool) -> Scan<(Token, usize)> {
    // In what must equal the start tag's name, colons need no look.
    let start = scan::name_start(text, at, !namespaces)?;
    let end = scan::skip_space(text, scan::name_rest(text, start, true)?);
    match byte(text, end)? {
        b'>' => Ok((Token::EndTag, end + 1)),
        _ => Err(Stop::Invalid(end)),
    }
}

fn start_tag(
    text: &[u8],
    at: usize,
    namespaces: bool,
    attributes: &mut Vec<RawAttribute>,
) -> Scan<(Token, usize)> {
    attributes.clear();
    let name_end = scan::qualified_name(text, at, namespaces)?;
    let mut at = name_end;
    loop {
        let spaced = chars::is_space(byte(text, at)?);
        at = scan::skip_space(text, at);
        match byte(text, at)? {
            b'>' => {
                return Ok((
                    Token::StartTag {
                        name_end,
                        empty: false,
                    },
                    at + 1,
                ));
            }
            b'/' => {
                return match byte(text, at + 1)? {
                    b'>' => Ok((
                        Token::StartTag {
                            name_end,
                            empty: true,
                        },
                        at + 2,
                    )),
                    _ => Err(Stop::Invalid(at + 1)),
                };
            }
            _ if !spaced => return Err(Stop::Invalid(at)),
            _ => at = attribute(text, at, namespaces, attributes)?,
        }
    }
}

/// The end of the attribute at `at`, which is added to `attributes`.
fn attribute(
    text: &[u8],
    at: usize,
    namespaces: bool,
    attributes: &mut Vec<RawAttribute>,
) -> Scan<usize> {
    let name_end = scan::qualified_name(text, at, namespaces)?;
    let equals = scan::skip_space(text, name_end);
    if byte(text, equals)? != b'=' {
        return Err(Stop::Invalid(equals));
    }
    let open = scan::skip_space(text, equals + 1);
    let quote = byte(text, open)?;
    if !matches!(quote, b'"' | b'\'') {
        return Err(Stop::Invalid(open));
    }
    let mut plain = true;
    let mut end = open + 1;
    loop {
        while text
            .get(end)
            .is_some_and(|&byte| chars::is_plain_value(byte))
        {
            end += 1;
        }
        match byte(text, end)? {
            closing if closing == quote => break,
            b'<' => return Err(Stop::Invalid(end)),
            b'&' => {
                plain = false;
                end = scan::reference(text, end + 1, !namespaces)?.1;
            }
            b'\t' | b'\r' | b'\n' => {
                plain = false;
                end += 1;
            }
            _ => end += scan::character(text, end)?.0,
        }
    }
    attributes.push(RawAttribute {
        name: at..name_end,
        value: open + 1..end,
        plain,
    });
    Ok(end + 1)
}
