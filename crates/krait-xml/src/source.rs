//! The bytes of an entity, decoded into UTF-8, and where in them the parser is.
//!
//! UTF-8 is kept as it comes: the scanners check it. What is in another encoding is decoded when it arrives; then the
//! original bytes are kept beside it, since positions and the input context are told in them.

use crate::error::Error;
use crate::scan::ILL;

/// How bytes become characters.
#[derive(Clone, Debug)]
pub(crate) enum Encoding {
    Utf8,
    Latin1,
    Ascii,
    Utf16 {
        big: bool,
    },
    /// One byte a character, by a table.
    Table(Box<[Option<char>; 256]>),
}

impl Encoding {
    /// How many bytes the smallest character takes.
    pub(crate) fn unit(&self) -> usize {
        if matches!(self, Encoding::Utf16 { .. }) {
            2
        } else {
            1
        }
    }
}

/// The encodings that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Latin1,
    Ascii,
    Utf8,
    Utf16,
    Utf16Be,
    Utf16Le,
}

impl Named {
    pub(crate) fn find(name: &str) -> Option<Named> {
        const NAMES: [(&str, Named); 6] = [
            ("ISO-8859-1", Named::Latin1),
            ("US-ASCII", Named::Ascii),
            ("UTF-8", Named::Utf8),
            ("UTF-16", Named::Utf16),
            ("UTF-16BE", Named::Utf16Be),
            ("UTF-16LE", Named::Utf16Le),
        ];
        NAMES
            .iter()
            .find(|row| row.0.eq_ignore_ascii_case(name))
            .map(|row| row.1)
    }

    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Named::Latin1 => Encoding::Latin1,
            Named::Ascii => Encoding::Ascii,
            Named::Utf8 => Encoding::Utf8,
            Named::Utf16 | Named::Utf16Be => Encoding::Utf16 { big: true },
            Named::Utf16Le => Encoding::Utf16 { big: false },
        }
    }
}

/// What the first bytes of an entity say of its encoding.
pub(crate) enum Guess {
    /// More bytes are needed.
    Unknown,
    /// A byte order mark or the look of UTF-16.
    Known { encoding: Encoding, bom: bool },
    /// Nothing.
    Silent,
}

/// Looks at the first bytes of a document, or of an external entity (`content`), for which a named encoding decides more.
pub(crate) fn guess(bytes: &[u8], named: Option<Named>, content: bool) -> Guess {
    let utf16 = |big, bom| Guess::Known {
        encoding: Encoding::Utf16 { big },
        bom,
    };
    let single = content && named == Some(Named::Latin1);
    match *bytes {
        [] => Guess::Unknown,
        [0xfe | 0xff | 0xef] if single => Guess::Silent,
        [0xfe | 0xff | 0xef | 0 | b'<'] => Guess::Unknown,
        [_] => Guess::Silent,
        [0xfe, 0xff, ..] if !single => utf16(true, true),
        [0xff, 0xfe, ..] if !single => utf16(false, true),
        [b'<', 0, ..] if !(content && matches!(named, Some(Named::Utf16Be | Named::Utf16))) => {
            utf16(false, false)
        }
        [0xef, 0xbb, ref rest @ ..]
            if !(content
                && matches!(
                    named,
                    Some(Named::Latin1 | Named::Utf16 | Named::Utf16Be | Named::Utf16Le)
                )) =>
        {
            match rest.first() {
                None => Guess::Unknown,
                Some(0xbf) => Guess::Known {
                    encoding: Encoding::Utf8,
                    bom: true,
                },
                Some(_) => Guess::Silent,
            }
        }
        [0, _, ..] if !(content && named == Some(Named::Utf16Le)) => utf16(true, false),
        [_, 0, ..] if !content => utf16(false, false),
        _ => Guess::Silent,
    }
}

/// How much of what is behind the current event stays for the input context.
const CONTEXT: usize = 1024;

/// How much text of another encoding than UTF-8 is told at once, as expat's buffer has it.
pub(crate) const CONVERTED: usize = 1024;

/// The end of the piece of `text[at..end]` that is told at once.
pub(crate) fn cut(text: &[u8], at: usize, end: usize) -> usize {
    if end - at <= CONVERTED {
        return end;
    }
    let mut cut = at + CONVERTED;
    while text.get(cut).is_some_and(|byte| byte & 0xc0 == 0x80) {
        cut -= 1;
    }
    cut
}

/// The bytes that have arrived and are not forgotten yet.
pub(crate) struct Source {
    encoding: Encoding,
    /// UTF-8, or the bytes as they came while the encoding is not known.
    pub(crate) text: Vec<u8>,
    /// The original bytes of `text`, and those after it that do not make a character yet. Empty for UTF-8.
    raw: Vec<u8>,
    /// How many of `raw` are decoded.
    decoded: usize,
    /// How many original bytes went before `text`.
    base: u64,
    mark: Mark,
}

/// A place in the text for which line, column and original byte are known.
#[derive(Clone, Copy, Default)]
struct Mark {
    at: usize,
    line: u64,
    column: u64,
    /// Original bytes since the beginning of `text`.
    raw: usize,
}

impl Source {
    pub(crate) fn new() -> Self {
        Source {
            encoding: Encoding::Utf8,
            text: Vec::new(),
            raw: Vec::new(),
            decoded: 0,
            base: 0,
            mark: Mark::default(),
        }
    }

    pub(crate) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    pub(crate) fn is_utf8(&self) -> bool {
        matches!(self.encoding, Encoding::Utf8)
    }

    /// What is wrong if no more bytes come after these: they may end within a character or a unit of two bytes.
    pub(crate) fn unfinished(&self) -> Option<Error> {
        match self.raw.len() - self.decoded {
            0 => None,
            1 => Some(Error::UnclosedToken),
            _ => Some(Error::PartialChar),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.is_utf8() {
            self.text.extend_from_slice(bytes);
        } else {
            self.raw.extend_from_slice(bytes);
            self.decode();
        }
    }

    /// Takes another encoding for what is after `at`. It may be UTF-8 only if it was that before.
    pub(crate) fn switch(&mut self, encoding: Encoding, at: usize) {
        if self.is_utf8() {
            if matches!(encoding, Encoding::Utf8) {
                return;
            }
            self.raw = self.text.clone();
            self.decoded = at;
        } else {
            self.settle(at);
            self.decoded = self.mark.raw;
        }
        self.text.truncate(at);
        self.encoding = encoding;
        self.decode();
    }

    fn decode(&mut self) {
        let fresh = &self.raw[self.decoded..];
        let mut buffer = [0; 4];
        let text = &mut self.text;
        let mut put = |character: Option<char>| match character {
            Some(character) => {
                text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes())
            }
            None => text.push(ILL),
        };
        match &self.encoding {
            Encoding::Utf8 => text.extend_from_slice(fresh),
            Encoding::Latin1 => fresh.iter().for_each(|&byte| put(Some(char::from(byte)))),
            Encoding::Ascii => fresh
                .iter()
                .for_each(|&byte| put(byte.is_ascii().then(|| char::from(byte)))),
            Encoding::Table(table) => {
                fresh.iter().for_each(|&byte| put(table[usize::from(byte)]));
            }
            Encoding::Utf16 { big } => {
                let unit = |at: usize| {
                    let pair = [*fresh.get(at)?, *fresh.get(at + 1)?];
                    Some(if *big {
                        u16::from_be_bytes(pair)
                    } else {
                        u16::from_le_bytes(pair)
                    })
                };
                let mut at = 0;
                while let Some(first) = unit(at) {
                    if first & 0xfc00 != 0xd800 {
                        put(char::from_u32(u32::from(first)));
                        at += 2;
                        continue;
                    }
                    let Some(second) = unit(at + 2) else { break };
                    match char::decode_utf16([first, second]).next() {
                        Some(Ok(character)) => {
                            put(Some(character));
                            at += 4;
                        }
                        _ => {
                            put(None);
                            at += 2;
                        }
                    }
                }
                self.decoded += at;
                return;
            }
        }
        self.decoded = self.raw.len();
    }

    /// How many original bytes the character that begins with `lead` takes.
    fn width(&self, lead: u8) -> usize {
        match self.encoding {
            Encoding::Utf8 => 1,
            Encoding::Utf16 { .. } if (0xf0..ILL).contains(&lead) => 4,
            Encoding::Utf16 { .. } => 2,
            _ => 1,
        }
    }

    /// Moves the mark to a later place.
    pub(crate) fn settle(&mut self, at: usize) {
        let mut mark = self.mark;
        let text = &self.text;
        let utf8 = self.is_utf8();
        let end = at.min(text.len());
        while mark.at < end {
            let byte = text[mark.at];
            if utf8 {
                mark.raw += 1;
            } else if byte & 0xc0 != 0x80 {
                mark.raw += self.width(byte);
            }
            match byte {
                b'\r' if mark.at + 1 < end && text[mark.at + 1] == b'\n' => {}
                b'\n' | b'\r' => {
                    mark.line += 1;
                    mark.column = 0;
                }
                _ if byte & 0xc0 != 0x80 => mark.column += 1,
                _ => {}
            }
            mark.at += 1;
        }
        self.mark = mark;
    }

    /// Line (from 1) and column (from 0) of an index, or of the mark where it is already past that.
    pub(crate) fn line_and_column(&mut self, at: usize) -> (u64, u64) {
        self.settle(at);
        (self.mark.line + 1, self.mark.column)
    }

    fn raw_offset(&self, at: usize) -> usize {
        if self.is_utf8() {
            return at;
        }
        let at = at.min(self.text.len());
        let between = |from: usize, to: usize| -> usize {
            self.text[from..to]
                .iter()
                .filter(|&&byte| byte & 0xc0 != 0x80)
                .map(|&byte| self.width(byte))
                .sum()
        };
        if at >= self.mark.at {
            self.mark.raw + between(self.mark.at, at)
        } else {
            self.mark.raw - between(at, self.mark.at)
        }
    }

    /// The end of the piece of the text that is told at once.
    pub(crate) fn cut(&self, at: usize, end: usize) -> usize {
        cut(&self.text, at, end)
    }

    /// How much memory the bytes take.
    pub(crate) fn memory(&self) -> usize {
        self.text.len() + self.raw.len()
    }

    /// How many bytes of the original went before an index.
    pub(crate) fn byte_index(&self, at: usize) -> u64 {
        self.base.wrapping_add(self.raw_offset(at) as u64)
    }

    /// The original bytes from an index to the end of what has arrived.
    pub(crate) fn context(&self, at: usize) -> &[u8] {
        let bytes = if self.is_utf8() {
            &self.text
        } else {
            &self.raw
        };
        bytes.get(self.raw_offset(at)..).unwrap_or_default()
    }

    /// Forgets what is far behind `at`; the result is by how much indices shrink.
    pub(crate) fn forget(&mut self, at: usize) -> usize {
        let mut drop = at.saturating_sub(CONTEXT);
        // Neither a character nor the end of a line is cut in two.
        let within = |byte: &u8| byte & 0xc0 == 0x80 || *byte == b'\n';
        while drop > 0 && self.text.get(drop).is_some_and(within) {
            drop -= 1;
        }
        // Moving a long tail for a short step would cost more than the room is worth.
        if drop < CONTEXT || drop < self.text.len() / 4 {
            return 0;
        }
        self.settle(drop);
        if self.mark.at < drop {
            return 0;
        }
        let raw = self.raw_offset(drop);
        self.text.drain(..drop);
        if !self.is_utf8() {
            self.raw.drain(..raw);
            self.decoded -= raw;
        }
        self.base += raw as u64;
        self.mark.at -= drop;
        self.mark.raw -= raw;
        drop
    }
}

/// The decoder of an encoding of single bytes, if markup looks in it as it does in ASCII.
pub(crate) fn table(codes: &[i32; 256]) -> Option<Box<[Option<char>; 256]>> {
    let mut table = Box::new([None; 256]);
    for (byte, &code) in (0..=255u8).zip(codes) {
        if byte.is_ascii() && is_significant(byte) && code != i32::from(byte) {
            return None;
        }
        if code < 0 {
            // Sequences of several bytes are not known; -1 is no character.
            continue;
        }
        if let Ok(ascii) = u8::try_from(code)
            && ascii.is_ascii()
            && is_significant(ascii)
            && ascii != byte
        {
            return None;
        }
        if code > 0xffff {
            return None;
        }
        table[usize::from(byte)] =
            char::from_u32(code as u32).filter(|_| !matches!(code, 0xfffe | 0xffff));
    }
    Some(table)
}

/// Whether an ASCII character means something in markup.
fn is_significant(byte: u8) -> bool {
    match byte {
        b'\t' | b'\n' | b'\r' => true,
        0..0x20 | 0x7f => false,
        _ => !b"$@\\^`{}~".contains(&byte),
    }
}
