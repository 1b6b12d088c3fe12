//! A Python string that is being built, in the narrowest width its characters allow.

use crate::StrSlice;

/// Code points in one of CPython's three widths; it widens when a character asks for it, and so
/// is always in the narrowest width as long as nothing is taken out.
#[derive(Clone, Debug)]
pub enum StrBuf {
    /// Every code point so far is below 0x100.
    Latin1(Vec<u8>),
    /// Every code point so far is below 0x10000, and one is not below 0x100.
    Ucs2(Vec<u16>),
    /// One code point is not below 0x10000.
    Ucs4(Vec<u32>),
}

impl Default for StrBuf {
    fn default() -> Self {
        Self::new()
    }
}

impl StrBuf {
    /// The empty string.
    pub const fn new() -> Self {
        StrBuf::Latin1(Vec::new())
    }

    /// The empty string, with room for so many narrow characters.
    pub fn with_capacity(capacity: usize) -> Self {
        StrBuf::Latin1(Vec::with_capacity(capacity))
    }

    /// The string, borrowed.
    pub fn as_slice(&self) -> StrSlice<'_> {
        match self {
            StrBuf::Latin1(units) => StrSlice::Latin1(units),
            StrBuf::Ucs2(units) => StrSlice::Ucs2(units),
            StrBuf::Ucs4(units) => StrSlice::Ucs4(units),
        }
    }

    /// The number of code points.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is no code point.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the width fit for a code point.
    fn widen_for(&mut self, code_point: u32) {
        if code_point < 0x100 {
            return;
        }
        *self = match std::mem::take(self) {
            StrBuf::Latin1(units) if code_point < 0x1_0000 => {
                StrBuf::Ucs2(units.into_iter().map(u16::from).collect())
            }
            StrBuf::Latin1(units) => StrBuf::Ucs4(units.into_iter().map(u32::from).collect()),
            StrBuf::Ucs2(units) if code_point >= 0x1_0000 => {
                StrBuf::Ucs4(units.into_iter().map(u32::from).collect())
            }
            wide => wide,
        };
    }

    /// Appends a code point.
    #[inline]
    pub fn push(&mut self, code_point: u32) {
        match self {
            StrBuf::Latin1(units) if code_point < 0x100 => units.push(code_point as u8),
            StrBuf::Ucs2(units) if code_point < 0x1_0000 => units.push(code_point as u16),
            StrBuf::Ucs4(units) => units.push(code_point),
            _ => {
                self.widen_for(code_point);
                match self {
                    StrBuf::Latin1(units) => units.push(code_point as u8),
                    StrBuf::Ucs2(units) => units.push(code_point as u16),
                    StrBuf::Ucs4(units) => units.push(code_point),
                }
            }
        }
    }

    /// Makes room for `count` more code points, of which none is larger than `largest`; false when there is no memory.
    pub fn try_reserve(&mut self, count: usize, largest: u32) -> bool {
        self.widen_for(largest);
        let made = match self {
            StrBuf::Latin1(units) => units.try_reserve(count),
            StrBuf::Ucs2(units) => units.try_reserve(count),
            StrBuf::Ucs4(units) => units.try_reserve(count),
        };
        made.is_ok()
    }

    /// Appends a code point `count` times.
    pub fn push_n(&mut self, code_point: u32, count: usize) {
        if count == 0 {
            return;
        }
        self.widen_for(code_point);
        match self {
            StrBuf::Latin1(units) => units.extend(std::iter::repeat_n(code_point as u8, count)),
            StrBuf::Ucs2(units) => units.extend(std::iter::repeat_n(code_point as u16, count)),
            StrBuf::Ucs4(units) => units.extend(std::iter::repeat_n(code_point, count)),
        }
    }

    /// Appends Latin-1 bytes.
    pub fn push_latin1(&mut self, bytes: &[u8]) {
        match self {
            StrBuf::Latin1(units) => units.extend_from_slice(bytes),
            StrBuf::Ucs2(units) => units.extend(bytes.iter().map(|&byte| u16::from(byte))),
            StrBuf::Ucs4(units) => units.extend(bytes.iter().map(|&byte| u32::from(byte))),
        }
    }

    /// Appends a Rust string.
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_latin1(text.as_bytes());
        } else {
            text.chars()
                .for_each(|character| self.push(u32::from(character)));
        }
    }

    /// Appends a string.
    pub fn push_slice(&mut self, text: StrSlice<'_>) {
        match (&mut *self, text) {
            (_, StrSlice::Latin1(bytes)) => self.push_latin1(bytes),
            (StrBuf::Ucs2(units), StrSlice::Ucs2(more)) => units.extend_from_slice(more),
            (StrBuf::Ucs4(units), StrSlice::Ucs4(more)) => units.extend_from_slice(more),
            (StrBuf::Ucs4(units), StrSlice::Ucs2(more)) => {
                units.extend(more.iter().map(|&unit| u32::from(unit)));
            }
            _ => {
                self.widen_for(text.max_code_point());
                text.for_each(|code_point| self.push(code_point));
            }
        }
    }
}

impl FromIterator<u32> for StrBuf {
    fn from_iter<I: IntoIterator<Item = u32>>(code_points: I) -> Self {
        let mut buffer = StrBuf::new();
        buffer.extend(code_points);
        buffer
    }
}

impl Extend<u32> for StrBuf {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, code_points: I) {
        code_points
            .into_iter()
            .for_each(|code_point| self.push(code_point));
    }
}

impl PartialEq for StrBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for StrBuf {}

impl From<&str> for StrBuf {
    fn from(text: &str) -> Self {
        let mut buffer = StrBuf::new();
        buffer.push_str(text);
        buffer
    }
}
