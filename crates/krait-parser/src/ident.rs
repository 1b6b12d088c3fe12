//! Identifiers: which characters they may hold, their normal form, and one copy of each per parse.

use krait_ast::Identifier;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Whether `c` may begin an identifier.
pub(crate) fn is_start(c: char) -> bool {
    c == '_' || krait_unicode::is_xid_start(c as u32)
}

/// Whether `c` may continue an identifier.
pub(crate) fn is_continue(c: char) -> bool {
    krait_unicode::is_xid_continue(c as u32)
}

/// Whether Python's `str.isprintable` holds for `c`.
pub(crate) fn is_printable(c: char) -> bool {
    krait_unicode::is_printable(c as u32)
}

/// Multiplicative hashing of eight bytes at a time: names are short, and the keys are ours.
#[derive(Default)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.write_u64(u64::from_le_bytes(chunk.try_into().unwrap_or_default()));
        }
        let mut last = 0;
        for &byte in chunks.remainder() {
            last = last << 8 | u64::from(byte);
        }
        self.write_u64(last);
    }

    fn write_u8(&mut self, _: u8) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

/// The identifiers of one parse.
#[derive(Default)]
pub(crate) struct Interner<'a> {
    names: HashMap<&'a str, Identifier, BuildHasherDefault<NameHasher>>,
}

impl<'a> Interner<'a> {
    /// The identifier that `text` spells.
    pub(crate) fn get(&mut self, text: &'a str) -> Identifier {
        self.names
            .entry(text)
            .or_insert_with(|| {
                if text.is_ascii() {
                    Identifier::from(text)
                } else {
                    Identifier::from(normalise(text))
                }
            })
            .clone()
    }
}

/// The normal form NFKC.
pub(crate) fn normalise(text: &str) -> String {
    krait_unicode::normalize::nfkc_str(text).into_owned()
}

/// The character that Unicode calls `name`.
pub(crate) fn by_name(name: &str) -> Option<u32> {
    krait_unicode::names::lookup_character(name)
}
