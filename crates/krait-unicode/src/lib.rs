//! The Unicode database at CPython 3.14's version (16.0), and the one of Unicode 3.2 that `idna` needs.
//!
//! Code points are `u32`, because Python's strings hold surrogates; a number above 0x10FFFF has
//! the properties of an unassigned code point. [`char_type`] has the properties behind `str`'s
//! methods and `unicodedata`, [`case`] the case mappings, [`normalize`] the normal forms,
//! [`names`] the names.
#![forbid(unsafe_code)]

pub mod case;
pub mod char_type;
pub mod names;
pub mod normalize;
pub mod old;
mod record;
#[rustfmt::skip]
mod tables;
#[cfg(test)]
mod tests;

pub use char_type::*;

/// The version of the database, such as `16.0.0`.
pub const UNIDATA_VERSION: &str = tables::VERSION;
