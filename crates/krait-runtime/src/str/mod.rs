//! `str`: CPython's compact strings of 1, 2 or 4 bytes a character.
//!
//! Invariants:
//! 1. The characters are in the narrowest width that holds them all, and `ascii` is set exactly when
//!    all are below 128; so two equal strings always have the same width.
//! 2. A string never changes once anything but its maker has seen it (its cached hash and UTF-8 form
//!    apart), so its characters may be borrowed for as long as the string lives.
//! 3. A NUL unit follows the characters.

mod build;
mod case;
mod digits;
mod iter;
mod layout;
mod methods;
mod predicates;
mod search;
mod subclass;
#[cfg(test)]
mod tests;
mod translate;
mod writer;

use krait_abi as abi;
use krait_macros::pyclass;
use krait_text::StrSlice;

use crate::object::Py;
use crate::{PyErr, PyResult};

pub(crate) use build::copy_bytes;
pub use build::{StrBuilder, append_in_place};
pub use digits::to_ascii_digits;
pub use iter::{PyStrAsciiIter, PyStrIter};
pub(crate) use writer::StrWriter;

/// str(object='') -> str
/// str(bytes_or_buffer[, encoding[, errors]]) -> str
///
/// Make a string of any object: what its `__str__` gives, else its `repr`. With an encoding or an
/// error handler given, the object must be bytes or another buffer, which is decoded; the encoding
/// is 'utf-8' and the error handler 'strict' where only the other is given.
#[pyclass(
    name = "str",
    symbol = PyUnicode_Type,
    flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF),
    methods(CORE, ENCODE, REPLACE, LAYOUT, CASE, SEARCH, TRANSLATE, PREDICATES, FORMAT),
    basicsize = size_of::<abi::PyUnicodeObject>(),
    layout = manual
)]
#[repr(transparent)]
pub struct PyStr(pub(crate) abi::PyASCIIObject);

impl PyStr {
    #[inline(always)]
    fn state(&self) -> u32 {
        self.0.state.get()
    }

    /// The number of characters (code points).
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.length.get() as usize
    }

    /// Whether the string has no character.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all characters are below U+0080.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.state() & abi::STATE_ASCII != 0
    }

    /// Bytes a character: 1, 2 or 4.
    #[inline(always)]
    pub fn kind(&self) -> u32 {
        (self.state() & abi::STATE_KIND_MASK) >> abi::STATE_KIND_SHIFT
    }

    /// The first character's address.
    #[inline(always)]
    fn data(&self) -> *const u8 {
        let this = std::ptr::from_ref(self);
        let state = self.state();
        // SAFETY: compact strings have their characters right behind their struct, others point at
        // theirs (`data` of `PyUnicodeObject`).
        unsafe {
            if state & abi::STATE_COMPACT == 0 {
                (*this.cast::<abi::PyUnicodeObject>()).data.get().cast()
            } else if state & abi::STATE_ASCII != 0 {
                this.cast::<abi::PyASCIIObject>().add(1).cast()
            } else {
                this.cast::<abi::PyCompactUnicodeObject>().add(1).cast()
            }
        }
    }

    /// The characters.
    #[inline(always)]
    pub fn as_slice(&self) -> StrSlice<'_> {
        let (data, len) = (self.data(), self.len());
        // SAFETY: invariants 1 and 2: `len` units of the kind's width, which do not change; the
        // data is aligned to its width by the allocation.
        unsafe {
            match self.kind() {
                1 => StrSlice::Latin1(std::slice::from_raw_parts(data, len)),
                2 => StrSlice::Ucs2(std::slice::from_raw_parts(data.cast(), len)),
                _ => StrSlice::Ucs4(std::slice::from_raw_parts(data.cast(), len)),
            }
        }
    }

    /// The characters of an ASCII string as a Rust `str`; `None` if it has others.
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        if !self.is_ascii() {
            return None;
        }
        // SAFETY: invariant 1: bytes below 128 are UTF-8.
        unsafe {
            Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(
                self.data(),
                self.len(),
            )))
        }
    }

    /// The character at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[inline]
    pub fn char_at(&self, index: usize) -> u32 {
        self.as_slice().at(index)
    }

    /// The string as a Rust `String`; lone surrogates become U+FFFD.
    pub fn to_string_lossy(&self) -> String {
        match self.as_ascii() {
            Some(text) => text.to_owned(),
            None => self
                .as_slice()
                .iter()
                .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        }
    }

    /// The string as UTF-8 with surrogates encoded as they are (`surrogatepass`).
    pub fn to_wtf8(&self) -> krait_text::Wtf8Buf {
        let mut text = krait_text::Wtf8Buf::new();
        match self.as_ascii() {
            Some(ascii) => text.push_str(ascii),
            None => self.as_slice().for_each(|code| text.push(code)),
        }
        text
    }

    /// The string as UTF-8, cached in the object; `UnicodeEncodeError` for lone surrogates.
    pub fn as_utf8(&self) -> PyResult<&str> {
        if let Some(text) = self.as_ascii() {
            return Ok(text);
        }
        // SAFETY: strings that are not ASCII have the longer struct; the cached form belongs to the
        // string and is never replaced once set.
        unsafe {
            let compact = &*std::ptr::from_ref(self).cast::<abi::PyCompactUnicodeObject>();
            if compact.utf8.get().is_null() {
                self.cache_utf8(compact)?;
            }
            let bytes = std::slice::from_raw_parts(
                compact.utf8.get().cast_const(),
                compact.utf8_length.get() as usize,
            );
            Ok(std::str::from_utf8_unchecked(bytes))
        }
    }

    fn cache_utf8(&self, compact: &abi::PyCompactUnicodeObject) -> PyResult<()> {
        let mut text = String::with_capacity(self.len() * 2);
        for (index, code) in self.as_slice().iter().enumerate() {
            match char::from_u32(code) {
                Some(each) => text.push(each),
                None => return Err(self.surrogate_error(index)),
            }
        }
        let block = crate::alloc::allocate(text.len() + 1);
        if block.is_null() {
            return Err(crate::err::no_memory());
        }
        // SAFETY: the block has room for the text and a NUL.
        unsafe {
            block.copy_from_nonoverlapping(text.as_ptr(), text.len());
            block.add(text.len()).write(0);
        }
        compact.utf8_length.set(text.len() as isize);
        compact.utf8.set(block);
        Ok(())
    }

    #[cold]
    fn surrogate_error(&self, start: usize) -> PyErr {
        let end = start
            + self
                .as_slice()
                .iter()
                .skip(start)
                .take_while(|c| (0xD800..0xE000).contains(c))
                .count();
        crate::exceptions::encode_error("utf-8", self, start, end, "surrogates not allowed")
    }

    /// The hash: SipHash-1-3 of the characters' bytes under the interpreter's key.
    #[inline(always)]
    pub fn hash_text(&self) -> isize {
        let hash = self.0.hash.get();
        if hash != -1 {
            hash
        } else {
            self.compute_hash()
        }
    }

    #[inline(never)]
    fn compute_hash(&self) -> isize {
        // SAFETY: the characters' bytes.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.data(), self.len() * self.kind() as usize) };
        let hash = crate::hash::hash_bytes(bytes);
        self.0.hash.set(hash);
        hash
    }

    /// The hash, which must have been computed.
    #[inline(always)]
    pub(crate) fn cached_hash(&self) -> isize {
        self.0.hash.get()
    }

    /// Whether both strings have the same characters.
    #[inline]
    pub fn same_text(&self, other: &PyStr) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        let len = self.len();
        if len != other.len() || self.kind() != other.kind() {
            return false;
        }
        // SAFETY: both have `len` characters of the same width.
        unsafe {
            let bytes = len * self.kind() as usize;
            std::slice::from_raw_parts(self.data(), bytes)
                == std::slice::from_raw_parts(other.data(), bytes)
        }
    }

    /// Whether the string is `text`.
    pub fn is_text(&self, text: &str) -> bool {
        match self.as_ascii() {
            Some(ascii) => ascii == text,
            None => self.as_slice().iter().eq(text.chars().map(u32::from)),
        }
    }

    /// Whether the string is in the table of interned strings.
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.state() & abi::STATE_INTERNED_MASK != abi::SSTATE_NOT_INTERNED
    }

    pub(crate) fn set_interned(&self, how: u32) {
        self.0
            .state
            .set(self.state() & !abi::STATE_INTERNED_MASK | how);
    }

    /// Keeps an interned name alive for the type cache, which compares addresses.
    #[inline]
    pub(crate) fn keep_for_cache(&self) {
        if !self.is_immortal() {
            self.set_interned(abi::SSTATE_INTERNED_IMMORTAL);
            self.make_immortal();
        }
    }

    /// The interned string equal to this one: itself, if it is the first.
    pub fn interned(&self) -> Py<PyStr> {
        crate::Interpreter::current().interned.intern(self)
    }

    /// The interned string for a Rust literal or name.
    pub fn intern(text: &str) -> PyResult<Py<PyStr>> {
        crate::Interpreter::current().interned.intern_text(text)
    }

    /// The interned string for UTF-8 that may hold surrogates.
    pub fn intern_wtf8(text: &krait_text::Wtf8Buf) -> PyResult<Py<PyStr>> {
        match text.as_str() {
            Some(text) => PyStr::intern(text),
            None => Ok(PyStr::from_wtf8(text)?.interned()),
        }
    }
}
