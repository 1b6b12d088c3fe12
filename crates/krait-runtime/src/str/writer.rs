//! A string that is put together from small pieces, as by `%` and `str.format`: on the stack while it
//! is short and narrow.

use krait_text::{StrBuf, StrSlice};

use super::PyStr;
use super::build::copy_bytes;
use crate::PyResult;
use crate::object::Py;

/// How many narrow characters need no memory of their own.
const INLINE: usize = 160;

/// Collects a string piece by piece.
pub(crate) struct StrWriter {
    inline: [u8; INLINE],
    len: usize,
    /// Everything so far, once that is long or wide.
    long: Option<StrBuf>,
}

impl StrWriter {
    /// An empty writer.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        StrWriter {
            inline: [0; INLINE],
            len: 0,
            long: None,
        }
    }

    /// The buffer that holds everything, with room for as much again as `more`.
    #[cold]
    #[inline(never)]
    fn spill(&mut self, more: usize) -> &mut StrBuf {
        let inline = &self.inline[..self.len];
        self.long.get_or_insert_with(|| {
            let mut buffer = StrBuf::with_capacity(2 * INLINE + more);
            buffer.push_latin1(inline);
            buffer
        })
    }

    /// Makes room for `count` more code points, of which none is larger than `largest`; false when there is no memory.
    pub(crate) fn try_reserve(&mut self, count: usize, largest: u32) -> bool {
        let short = self.long.is_none() && largest < 0x100 && count <= INLINE - self.len;
        short || self.spill(0).try_reserve(count, largest)
    }

    /// Appends Latin-1 bytes.
    #[inline]
    pub(crate) fn push_latin1(&mut self, bytes: &[u8]) {
        if self.long.is_none()
            && let Some(place) = self.inline.get_mut(self.len..self.len + bytes.len())
        {
            copy_bytes(place, bytes);
            self.len += bytes.len();
            return;
        }
        self.spill(bytes.len()).push_latin1(bytes);
    }

    /// Appends characters.
    #[inline]
    pub(crate) fn push_slice(&mut self, text: StrSlice<'_>) {
        match text {
            StrSlice::Latin1(bytes) => self.push_latin1(bytes),
            _ => self.spill(text.len()).push_slice(text),
        }
    }

    /// Appends one code point.
    #[inline]
    pub(crate) fn push(&mut self, code_point: u32) {
        match u8::try_from(code_point) {
            Ok(byte) => self.push_latin1(&[byte]),
            Err(_) => self.spill(1).push(code_point),
        }
    }

    /// Appends a code point `count` times.
    #[inline]
    pub(crate) fn push_n(&mut self, code_point: u32, count: usize) {
        if count == 0 {
            return;
        }
        if self.long.is_none()
            && let Ok(byte) = u8::try_from(code_point)
            && let Some(place) = self.inline[self.len..].get_mut(..count)
        {
            place.fill(byte);
            self.len += count;
            return;
        }
        self.spill(count).push_n(code_point, count);
    }

    /// Appends an int's decimal digits.
    #[inline]
    pub(crate) fn push_int(&mut self, value: i64) {
        let mut digits = [0; krait_numbers::DECIMAL_DIGITS];
        self.push_latin1(krait_numbers::decimal_digits(value, &mut digits));
    }

    /// The characters so far.
    #[inline]
    pub(crate) fn as_slice(&self) -> StrSlice<'_> {
        match &self.long {
            None => StrSlice::Latin1(&self.inline[..self.len]),
            Some(buffer) => buffer.as_slice(),
        }
    }

    /// The string.
    #[inline]
    pub(crate) fn finish(&self) -> PyResult<Py<PyStr>> {
        match &self.long {
            None => PyStr::from_latin1(&self.inline[..self.len]),
            Some(buffer) => PyStr::from_slice(buffer.as_slice()),
        }
    }
}
