//! Recognising the pieces of markup: every function looks at bytes from an index on and says where the piece ends.
//!
//! The bytes are UTF-8 that nobody has checked yet. [`ILL`] stands for a unit of the source that its encoding does
//! not have. Whatever is accepted here has been checked, so that a slice between two results is valid UTF-8.

use crate::chars;

/// The byte that decoders put where the source has no character. It never occurs in UTF-8.
pub(crate) const ILL: u8 = 0xff;

/// Why no piece was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end within the piece.
    Partial,
    /// The bytes end within a character.
    PartialChar,
    /// What stands at this index cannot stand there.
    Invalid(usize),
}

pub(crate) type Scan<T> = Result<T, Stop>;

/// The byte at an index.
pub(crate) fn byte(text: &[u8], at: usize) -> Scan<u8> {
    text.get(at).copied().ok_or(Stop::Partial)
}

/// The length and number of the character at an index, which must be one that documents may contain.
pub(crate) fn character(text: &[u8], at: usize) -> Scan<(usize, u32)> {
    let first = byte(text, at)?;
    let (length, bits) = match first {
        0..0x80 if chars::is_illegal(first) => return Err(Stop::Invalid(at)),
        0..0x80 => return Ok((1, u32::from(first))),
        0xc0..0xe0 => (2, first & 0x1f),
        0xe0..0xf0 => (3, first & 0x0f),
        0xf0..0xf5 => (4, first & 0x07),
        _ => return Err(Stop::Invalid(at)),
    };
    let Some(rest) = text.get(at + 1..at + length) else {
        return Err(Stop::PartialChar);
    };
    let mut code = u32::from(bits);
    for &next in rest {
        if next & 0xc0 != 0x80 {
            return Err(Stop::Invalid(at));
        }
        code = code << 6 | u32::from(next & 0x3f);
    }
    let valid = match length {
        2 => code >= 0x80,
        3 => code >= 0x800 && !matches!(code, 0xd800..=0xdfff | 0xfffe | 0xffff),
        _ => matches!(code, 0x1_0000..=0x10_ffff),
    };
    if valid {
        Ok((length, code))
    } else {
        Err(Stop::Invalid(at))
    }
}

/// Whether a character goes on with a name; colons do not where namespaces are looked at.
fn name_part(text: &[u8], at: usize, colons: bool, first: bool) -> Scan<Option<usize>> {
    let lead = byte(text, at)?;
    if lead < 0x80 {
        let fits = if first {
            chars::starts_name(lead)
        } else {
            chars::continues_name(lead)
        };
        return Ok((fits && (colons || lead != b':')).then_some(at + 1));
    }
    let (length, code) = character(text, at)?;
    let fits = if first {
        chars::wide_starts_name(code)
    } else {
        chars::wide_continues_name(code)
    };
    if fits {
        Ok(Some(at + length))
    } else {
        Err(Stop::Invalid(at))
    }
}

/// The end of the first character of a name.
pub(crate) fn name_start(text: &[u8], at: usize, colons: bool) -> Scan<usize> {
    name_part(text, at, colons, true)?.ok_or(Stop::Invalid(at))
}

/// The end of the characters that go on with a name.
pub(crate) fn name_rest(text: &[u8], mut at: usize, colons: bool) -> Scan<usize> {
    while at < text.len() {
        match name_part(text, at, colons, false)? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(at)
}

/// The end of a name.
pub(crate) fn name(text: &[u8], at: usize, colons: bool) -> Scan<usize> {
    let start = name_start(text, at, colons)?;
    name_rest(text, start, colons)
}

/// The end of a name that may have a prefix.
pub(crate) fn qualified_name(text: &[u8], at: usize, namespaces: bool) -> Scan<usize> {
    let end = name(text, at, !namespaces)?;
    if namespaces && text.get(end) == Some(&b':') {
        let end = name(text, end + 1, false)?;
        return match text.get(end) {
            Some(b':') => Err(Stop::Invalid(end)),
            _ => Ok(end),
        };
    }
    Ok(end)
}

/// The first index from `at` on that is not white space.
pub(crate) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|&byte| chars::is_space(byte)) {
        at += 1;
    }
    at
}

/// What an ampersand refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A general entity.
    Entity,
    /// A character by its number.
    Character,
}

/// The reference whose ampersand is just before `at`, and its end.
pub(crate) fn reference(text: &[u8], at: usize, colons: bool) -> Scan<(Reference, usize)> {
    if byte(text, at)? != b'#' {
        let end = name(text, at, colons)?;
        return match byte(text, end)? {
            b';' => Ok((Reference::Entity, end + 1)),
            _ => Err(Stop::Invalid(end)),
        };
    }
    let hexadecimal = byte(text, at + 1)? == b'x';
    let start = if hexadecimal { at + 2 } else { at + 1 };
    let mut end = start;
    loop {
        match byte(text, end)? {
            b'0'..=b'9' => end += 1,
            b'a'..=b'f' | b'A'..=b'F' if hexadecimal => end += 1,
            b';' if end > start => return Ok((Reference::Character, end + 1)),
            _ => return Err(Stop::Invalid(end)),
        }
    }
}

/// The character that a whole reference `&#…;` names, if documents may contain it.
pub(crate) fn character_of_reference(reference: &[u8]) -> Option<char> {
    let digits = reference.get(2..reference.len().checked_sub(1)?)?;
    let (digits, radix) = match digits.split_first() {
        Some((b'x', digits)) => (digits, 16),
        _ => (digits, 10),
    };
    let mut code = 0u32;
    for &digit in digits {
        code = code * radix + char::from(digit).to_digit(radix)?;
        if code > 0x10_ffff {
            return None;
        }
    }
    let legal = code >= 0x20 || matches!(code, 9 | 10 | 13);
    if legal && !matches!(code, 0xfffe | 0xffff) {
        char::from_u32(code)
    } else {
        None
    }
}

/// The character that a predefined entity stands for.
pub(crate) fn predefined(name: &[u8]) -> Option<char> {
    Some(match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        _ => return None,
    })
}

/// The end of the comment of which `<!-` is before `at`.
pub(crate) fn comment(text: &[u8], at: usize) -> Scan<usize> {
    if byte(text, at)? != b'-' {
        return Err(Stop::Invalid(at));
    }
    let mut at = at + 1;
    loop {
        if byte(text, at)? != b'-' {
            at += character(text, at)?.0;
            continue;
        }
        at += 1;
        if byte(text, at)? == b'-' {
            at += 1;
            return match byte(text, at)? {
                b'>' => Ok(at + 1),
                _ => Err(Stop::Invalid(at)),
            };
        }
    }
}

/// What `<?` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instruction {
    /// A processing instruction.
    Processing,
    /// An XML or text declaration.
    Declaration,
}

/// The instruction of which `<?` is before `at`, and its end.
pub(crate) fn instruction(text: &[u8], at: usize, colons: bool) -> Scan<(Instruction, usize)> {
    let end = name(text, at, colons)?;
    let next = byte(text, end)?;
    let kind = match &text[at..end] {
        b"xml" => Instruction::Declaration,
        target if target.eq_ignore_ascii_case(b"xml") => return Err(Stop::Invalid(end)),
        _ => Instruction::Processing,
    };
    if next == b'?' {
        return match byte(text, end + 1)? {
            b'>' => Ok((kind, end + 2)),
            _ => Err(Stop::Invalid(end + 1)),
        };
    }
    if !chars::is_space(next) {
        return Err(Stop::Invalid(end));
    }
    let mut at = end + 1;
    loop {
        if byte(text, at)? == b'?' {
            at += 1;
            if byte(text, at)? == b'>' {
                return Ok((kind, at + 1));
            }
        } else {
            at += character(text, at)?.0;
        }
    }
}
