//! Marshal version 5, as far as code objects need it: what `.pyc` files hold.
//!
//! The writer makes CPython's own bytes where these depend on the code alone. CPython marks an
//! object as referable when it has more than one reference; here objects that are equal are one
//! object (as the compiler's constant cache makes them), interned strings and immortal objects are
//! always marked.

mod reader;
mod writer;

pub use reader::{MarshalError, read, read_code};
pub use writer::{write, write_code};

/// The version of the format.
pub const VERSION: u32 = 5;

/// The bit that enters an object into the table of references.
const FLAG_REF: u8 = 0x80;

/// The type codes.
mod tag {
    pub(super) const NULL: u8 = b'0';
    pub(super) const NONE: u8 = b'N';
    pub(super) const FALSE: u8 = b'F';
    pub(super) const TRUE: u8 = b'T';
    pub(super) const ELLIPSIS: u8 = b'.';
    pub(super) const INT: u8 = b'i';
    pub(super) const INT64: u8 = b'I';
    pub(super) const LONG: u8 = b'l';
    pub(super) const FLOAT: u8 = b'f';
    pub(super) const BINARY_FLOAT: u8 = b'g';
    pub(super) const COMPLEX: u8 = b'x';
    pub(super) const BINARY_COMPLEX: u8 = b'y';
    pub(super) const STRING: u8 = b's';
    pub(super) const INTERNED: u8 = b't';
    pub(super) const REF: u8 = b'r';
    pub(super) const TUPLE: u8 = b'(';
    pub(super) const SMALL_TUPLE: u8 = b')';
    pub(super) const CODE: u8 = b'c';
    pub(super) const UNICODE: u8 = b'u';
    pub(super) const FROZENSET: u8 = b'>';
    pub(super) const SLICE: u8 = b':';
    pub(super) const ASCII: u8 = b'a';
    pub(super) const ASCII_INTERNED: u8 = b'A';
    pub(super) const SHORT_ASCII: u8 = b'z';
    pub(super) const SHORT_ASCII_INTERNED: u8 = b'Z';
}

/// Whether CPython interns a string constant: ASCII letters, digits and underscores only.
fn all_name_chars(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests;
