//! `cpython/unicodeobject.h`: strings of 1, 2 or 4 bytes a character, in one block or (subclasses) two.

use core::cell::Cell;
use core::ffi::{c_int, c_void};

use crate::{Py_hash_t, Py_ssize_t, PyObject};

/// A character of a string that holds nothing above U+00FF.
pub type Py_UCS1 = u8;
/// A character of a string that holds nothing above U+FFFF.
pub type Py_UCS2 = u16;
/// Any character.
pub type Py_UCS4 = u32;

abi_structs! {
    /// The start of every string; when compact and ASCII the characters and a NUL follow at once.
    pub struct PyASCIIObject {
        pub ob_base: PyObject,
        pub length: Cell<Py_ssize_t>,
        /// -1 until computed.
        pub hash: Cell<Py_hash_t>,
        /// C's bit-fields as one word: see `STATE_*`.
        pub state: Cell<u32>,
    }

    /// A string that is not ASCII; when compact the characters and a NUL character follow.
    pub struct PyCompactUnicodeObject {
        pub _base: PyASCIIObject,
        pub utf8_length: Cell<Py_ssize_t>,
        pub utf8: Cell<*mut u8>,
    }

    /// An instance of a subclass of `str`: the characters are in a block of their own.
    pub struct PyUnicodeObject {
        pub _base: PyCompactUnicodeObject,
        pub data: Cell<*mut c_void>,
    }
}

abi_sync!(PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject);

/// Bits of `PyASCIIObject::state` that hold the interning state (`SSTATE_*`).
pub const STATE_INTERNED_MASK: u32 = 0b11;
/// Where the kind starts in `PyASCIIObject::state`.
pub const STATE_KIND_SHIFT: u32 = 2;
/// Bits of `PyASCIIObject::state` that hold the kind (`PyUnicode_*BYTE_KIND`), in place.
pub const STATE_KIND_MASK: u32 = 0b111 << STATE_KIND_SHIFT;
/// Bit of `PyASCIIObject::state`: characters follow the struct.
pub const STATE_COMPACT: u32 = 1 << 5;
/// Bit of `PyASCIIObject::state`: nothing above U+007F.
pub const STATE_ASCII: u32 = 1 << 6;
/// Bit of `PyASCIIObject::state`: the string is a static, never freed.
pub const STATE_STATICALLY_ALLOCATED: u32 = 1 << 7;

/// Packs the parts of `PyASCIIObject::state`.
#[inline]
pub const fn unicode_state(interned: u32, kind: c_int, compact: bool, ascii: bool) -> u32 {
    (interned & STATE_INTERNED_MASK)
        | ((kind as u32) << STATE_KIND_SHIFT)
        | if compact { STATE_COMPACT } else { 0 }
        | if ascii { STATE_ASCII } else { 0 }
}

abi_consts! {
    pub const SSTATE_NOT_INTERNED: u32 = 0;
    pub const SSTATE_INTERNED_MORTAL: u32 = 1;
    pub const SSTATE_INTERNED_IMMORTAL: u32 = 2;
    pub const SSTATE_INTERNED_IMMORTAL_STATIC: u32 = 3;
    pub const PyUnicode_1BYTE_KIND: c_int = 1;
    pub const PyUnicode_2BYTE_KIND: c_int = 2;
    pub const PyUnicode_4BYTE_KIND: c_int = 4;
}
