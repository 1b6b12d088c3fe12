//! The built-in codecs that need no table.

use krait_text::codec::{self, ByteOrder, DecodeError, EncodeError};
use krait_text::escape::{self, InvalidEscape};
use krait_text::{StrBuf, StrSlice};

use super::drive::{decode_by, encode_by};
use crate::object::Py;
use crate::{PyBytes, PyResult, PyStr};

/// A codec that is written in Rust.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// `utf-8`.
    Utf8,
    /// `utf-7`.
    Utf7,
    /// `utf-16` with a byte order mark (`None`), or in a given order without one.
    Utf16(Option<ByteOrder>),
    /// `utf-32` with a byte order mark (`None`), or in a given order without one.
    Utf32(Option<ByteOrder>),
    /// `ascii`.
    Ascii,
    /// `latin-1`.
    Latin1,
    /// `unicode_escape`.
    UnicodeEscape,
    /// `raw_unicode_escape`.
    RawUnicodeEscape,
}

/// What a decoder gives.
pub struct Decoded {
    /// The text.
    pub text: Py<PyStr>,
    /// How many bytes were read: fewer than all only if more could follow.
    pub consumed: usize,
    /// For `utf-16` and `utf-32` with a mark: the order that was found.
    pub order: Option<ByteOrder>,
}

/// One step of an encoder, from `krait-text`.
type Step = fn(StrSlice<'_>, usize, &mut Vec<u8>) -> Result<(), EncodeError>;

fn utf16_little(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode_utf16(text, from, ByteOrder::Little, out)
}

fn utf16_big(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode_utf16(text, from, ByteOrder::Big, out)
}

fn utf32_little(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode_utf32(text, from, ByteOrder::Little, out)
}

fn utf32_big(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode_utf32(text, from, ByteOrder::Big, out)
}

impl Encoding {
    /// The codecs that `str.encode` and `bytes.decode` reach without the registry, by normalized
    /// name.
    pub fn without_registry(name: &str) -> Option<Encoding> {
        Some(match name {
            "utf_8" | "utf8" => Encoding::Utf8,
            "utf_16" | "utf16" => Encoding::Utf16(None),
            "utf_32" | "utf32" => Encoding::Utf32(None),
            "ascii" | "us_ascii" => Encoding::Ascii,
            "latin1" | "latin_1" | "iso_8859_1" | "iso8859_1" => Encoding::Latin1,
            _ => return None,
        })
    }

    /// The name that errors show.
    pub fn error_name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf7 => "utf7",
            Encoding::Utf16(None) => "utf-16",
            Encoding::Utf16(Some(ByteOrder::Little)) => "utf-16-le",
            Encoding::Utf16(Some(ByteOrder::Big)) => "utf-16-be",
            Encoding::Utf32(None) => "utf-32",
            Encoding::Utf32(Some(ByteOrder::Little)) => "utf-32-le",
            Encoding::Utf32(Some(ByteOrder::Big)) => "utf-32-be",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::UnicodeEscape => "unicodeescape",
            Encoding::RawUnicodeEscape => "rawunicodeescape",
        }
    }

    /// Encodes a string.
    pub fn encode(self, text: &PyStr, errors: Option<&str>) -> PyResult<Py<PyBytes>> {
        let units = text.as_slice();
        match (self, units) {
            (Encoding::Utf8 | Encoding::Ascii, StrSlice::Latin1(units)) if text.is_ascii() => {
                return PyBytes::new(units);
            }
            (Encoding::Latin1, StrSlice::Latin1(units)) => return PyBytes::new(units),
            _ => {}
        }
        let (step, unit, out): (Step, usize, Vec<u8>) = match self {
            Encoding::Utf7 => return PyBytes::new(&codec::utf7::encode_utf7(units)),
            Encoding::UnicodeEscape => return PyBytes::new(&escape::encode_unicode_escape(units)),
            Encoding::RawUnicodeEscape => {
                return PyBytes::new(&escape::encode_raw_unicode_escape(units));
            }
            Encoding::Utf8 => (codec::encode_utf8, 1, Vec::with_capacity(units.len() * 2)),
            Encoding::Ascii => (codec::encode_ascii, 1, Vec::with_capacity(units.len())),
            Encoding::Latin1 => (codec::encode_latin1, 1, Vec::with_capacity(units.len())),
            Encoding::Utf16(order) => {
                let native = order.unwrap_or(ByteOrder::NATIVE);
                let step = if native == ByteOrder::Little {
                    utf16_little
                } else {
                    utf16_big
                };
                (step, 2, byte_order_mark(order, step, units.len() * 2 + 2)?)
            }
            Encoding::Utf32(order) => {
                let native = order.unwrap_or(ByteOrder::NATIVE);
                let step = if native == ByteOrder::Little {
                    utf32_little
                } else {
                    utf32_big
                };
                (step, 4, byte_order_mark(order, step, units.len() * 4 + 4)?)
            }
        };
        encode_by(text, self.error_name(), errors, unit, out, step)
    }

    /// Decodes bytes. Unless `last`, an incomplete sequence at the end is left for the next call.
    pub fn decode(self, bytes: &[u8], errors: Option<&str>, last: bool) -> PyResult<Decoded> {
        match self {
            Encoding::Utf8 | Encoding::Ascii if bytes.is_ascii() => return all_latin1(bytes),
            Encoding::Latin1 => return all_latin1(bytes),
            Encoding::Utf16(None) => return self.decode_marked(bytes, errors, last, 2),
            Encoding::Utf32(None) => return self.decode_marked(bytes, errors, last, 4),
            _ => {}
        }
        let mut invalid = None;
        let (text, consumed) = decode_by(bytes, self.error_name(), errors, |bytes, from, out| {
            self.step(bytes, from, last, out, &mut invalid)
        })?;
        if let Some(invalid) = invalid {
            crate::hooks::warn(&crate::exc::DeprecationWarning, &invalid.message(), 1)?;
        }
        Ok(Decoded {
            text,
            // A handler may have put other bytes in: what counts is what was given.
            consumed: if last { bytes.len() } else { consumed },
            order: None,
        })
    }

    fn step(
        self,
        bytes: &[u8],
        from: usize,
        last: bool,
        out: &mut StrBuf,
        invalid: &mut Option<InvalidEscape>,
    ) -> Result<usize, DecodeError> {
        match self {
            Encoding::Utf8 => codec::decode_utf8(bytes, from, last, out),
            Encoding::Utf7 => codec::utf7::decode_utf7(bytes, from, last, out),
            Encoding::Utf16(order) => {
                codec::decode_utf16(bytes, from, last, order.unwrap_or(ByteOrder::NATIVE), out)
            }
            Encoding::Utf32(order) => {
                codec::decode_utf32(bytes, from, last, order.unwrap_or(ByteOrder::NATIVE), out)
            }
            Encoding::Ascii => codec::decode_ascii(bytes, from, out).map(|()| bytes.len()),
            Encoding::Latin1 => {
                codec::decode_latin1(&bytes[from..], out);
                Ok(bytes.len())
            }
            Encoding::UnicodeEscape => {
                let done = escape::decode_unicode_escape(bytes, from, last, out)?;
                *invalid = invalid.or(done.invalid);
                Ok(done.consumed)
            }
            Encoding::RawUnicodeEscape => escape::decode_raw_unicode_escape(bytes, from, last, out),
        }
    }

    /// Decodes in the order that a mark at the start says, which is not part of the text; in the
    /// machine's own without a mark.
    fn decode_marked(
        self,
        bytes: &[u8],
        errors: Option<&str>,
        last: bool,
        unit: usize,
    ) -> PyResult<Decoded> {
        let found = if unit == 2 {
            ByteOrder::from_utf16_mark(bytes)
        } else {
            ByteOrder::from_utf32_mark(bytes)
        };
        let skipped = if found.is_some() { unit } else { 0 };
        let order = found.unwrap_or(ByteOrder::NATIVE);
        let ordered = if unit == 2 {
            Encoding::Utf16(Some(order))
        } else {
            Encoding::Utf32(Some(order))
        };
        // Errors count from the mark, so the whole is decoded and the first step skips it.
        let (text, consumed) =
            decode_by(bytes, ordered.error_name(), errors, |bytes, from, out| {
                ordered.step(
                    bytes,
                    from.max(skipped.min(bytes.len())),
                    last,
                    out,
                    &mut None,
                )
            })?;
        Ok(Decoded {
            text,
            consumed: if last { bytes.len() } else { consumed },
            order: found,
        })
    }
}

fn all_latin1(bytes: &[u8]) -> PyResult<Decoded> {
    Ok(Decoded {
        text: PyStr::from_latin1(bytes)?,
        consumed: bytes.len(),
        order: None,
    })
}

/// What the output begins with: a mark, unless the order was given.
fn byte_order_mark(order: Option<ByteOrder>, step: Step, capacity: usize) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    out.try_reserve(capacity)
        .map_err(|_| crate::err::no_memory())?;
    if order.is_none() {
        // U+FEFF is encoded by every codec that gets here.
        let _encoded = step(StrSlice::Ucs2(&[0xFEFF]), 0, &mut out);
    }
    Ok(out)
}
