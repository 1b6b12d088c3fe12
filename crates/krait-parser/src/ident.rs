//! Identifiers: which characters they may hold, their normal form, and one copy of each per parse.

use krait_ast::{Identifier, NameMap};

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

/// The identifiers of one parse.
#[derive(Default)]
pub(crate) struct Interner<'a> {
    names: NameMap<&'a str, Identifier>,
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
