//! XML and text declarations.

use std::ops::Range;

use crate::chars;

/// What a declaration says.
#[derive(Debug, Default)]
pub(crate) struct Declaration {
    pub(crate) version: Option<Range<usize>>,
    pub(crate) encoding: Option<Range<usize>>,
    pub(crate) standalone: Option<bool>,
}

/// A name and its value, with the index after both.
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
    end: usize,
}

/// Reads the declaration `text[at..end]`; the error is the index of what is wrong.
pub(crate) fn parse(
    text: &[u8],
    at: usize,
    end: usize,
    entity: bool,
) -> Result<Declaration, usize> {
    let (mut at, end) = (at + "<?xml".len(), end - "?>".len());
    let text = &text[..end];
    let mut declaration = Declaration::default();
    let mut next = pair(text, at)?.ok_or(at)?;
    if &text[next.name.clone()] == b"version" {
        if !is_version(&text[next.value.clone()]) {
            return Err(next.value.start);
        }
        declaration.version = Some(next.value);
        at = next.end;
        next = match pair(text, at)? {
            Some(next) => next,
            None if entity => return Err(end),
            None => return Ok(declaration),
        };
    } else if !entity {
        return Err(next.name.start);
    }
    if &text[next.name.clone()] == b"encoding" {
        if !text
            .get(next.value.start)
            .is_some_and(u8::is_ascii_alphabetic)
        {
            return Err(next.value.start);
        }
        declaration.encoding = Some(next.value);
        at = next.end;
        next = match pair(text, at)? {
            Some(next) => next,
            None => return Ok(declaration),
        };
    }
    if &text[next.name.clone()] != b"standalone" || entity {
        return Err(next.name.start);
    }
    declaration.standalone = Some(match &text[next.value.clone()] {
        b"yes" => true,
        b"no" => false,
        _ => return Err(next.value.start),
    });
    at = next.end;
    while text.get(at).is_some_and(|&byte| chars::is_space(byte)) {
        at += 1;
    }
    if at == end { Ok(declaration) } else { Err(at) }
}

/// Whether this is a version of XML 1.
fn is_version(text: &[u8]) -> bool {
    text.strip_prefix(b"1.")
        .is_some_and(|minor| !minor.is_empty() && minor.iter().all(u8::is_ascii_digit))
}

/// The next name with its value, if anything is left.
fn pair(text: &[u8], mut at: usize) -> Result<Option<Pair>, usize> {
    let space = |at: usize| text.get(at).is_some_and(|&byte| chars::is_space(byte));
    if at == text.len() {
        return Ok(None);
    }
    if !space(at) {
        return Err(at);
    }
    while space(at) {
        at += 1;
    }
    if at == text.len() {
        return Ok(None);
    }
    let start = at;
    while text
        .get(at)
        .is_some_and(|&byte| byte.is_ascii() && byte != b'=')
        && !space(at)
    {
        at += 1;
    }
    let name = start..at;
    while space(at) {
        at += 1;
    }
    if text.get(at) != Some(&b'=') || name.is_empty() {
        return Err(at);
    }
    at += 1;
    while space(at) {
        at += 1;
    }
    let quote = match text.get(at) {
        Some(&quote @ (b'"' | b'\'')) => quote,
        _ => return Err(at),
    };
    at += 1;
    let start = at;
    loop {
        match text.get(at) {
            Some(&byte) if byte == quote => break,
            Some(&byte) if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) => at += 1,
            _ => return Err(at),
        }
    }
    Ok(Some(Pair {
        name,
        value: start..at,
        end: at + 1,
    }))
}
