//! What is different for instances of subclasses of `str`, whose characters are in a block of their
//! own (`PyUnicodeObject`), and the end of strings of both layouts.

use std::ffi::c_void;

use krait_abi as abi;

use super::PyStr;
use crate::object::Obj;
use crate::{PyResult, PyType, alloc};

impl PyStr {
    /// A new instance of a subclass with the text of `text`.
    pub(super) fn new_in_subclass(class: &PyType, text: &PyStr) -> PyResult<Obj> {
        let bytes = text.len() * text.kind() as usize;
        let object = class.alloc(0)?;
        let data = alloc::allocate(bytes + text.kind() as usize);
        // SAFETY: an instance of a subclass is laid out as `PyUnicodeObject`, with every field zero;
        // the block has room for the characters and a NUL. The state is set before anything can
        // see the object, also when there is no memory for the characters.
        unsafe {
            let raw = &*object.as_ptr().cast::<abi::PyUnicodeObject>();
            let start = &raw._base._base;
            start.hash.set(-1);
            let ascii = text.is_ascii();
            start.state.set(abi::unicode_state(
                abi::SSTATE_NOT_INTERNED,
                text.kind() as i32,
                false,
                ascii,
            ));
            if data.is_null() {
                return Err(crate::err::no_memory());
            }
            // With its NUL, which has the characters' width.
            data.copy_from_nonoverlapping(text.data(), bytes + text.kind() as usize);
            raw.data.set(data.cast::<c_void>());
            start.length.set(text.len() as isize);
            if ascii {
                raw._base.utf8.set(data);
                raw._base.utf8_length.set(text.len() as isize);
            }
        }
        Ok(object)
    }

    /// What `__sizeof__` says: the blocks that the string owns.
    pub(super) fn memory_size(&self) -> usize {
        let data = (self.len() + 1) * self.kind() as usize;
        let compact = self.state() & abi::STATE_COMPACT != 0;
        if compact && self.is_ascii() {
            return size_of::<abi::PyASCIIObject>() + data;
        }
        let (header, shares_utf8) = if compact {
            (size_of::<abi::PyCompactUnicodeObject>(), false)
        } else {
            (size_of::<abi::PyUnicodeObject>(), self.is_ascii())
        };
        // SAFETY: all strings but compact ASCII have the longer struct.
        let raw = unsafe { &*std::ptr::from_ref(self).cast::<abi::PyCompactUnicodeObject>() };
        let utf8 = if raw.utf8.get().is_null() || shares_utf8 {
            0
        } else {
            raw.utf8_length.get() as usize + 1
        };
        header + data + utf8
    }

    /// Frees what a dying string owns apart from its own block, and takes it out of the table of
    /// interned strings.
    ///
    /// # Safety
    /// Nothing refers to the string any more.
    pub(super) unsafe fn release(&self) {
        if self.is_interned() {
            crate::Interpreter::current().interned.forget(self);
        }
        let compact = self.state() & abi::STATE_COMPACT != 0;
        if compact && self.is_ascii() {
            return;
        }
        // SAFETY: all strings but compact ASCII have the longer struct, and those that are not
        // compact the longest; their blocks are theirs alone, except that the UTF-8 form of ASCII
        // text is the text itself.
        unsafe {
            let raw = std::ptr::from_ref(self).cast::<abi::PyUnicodeObject>();
            let data = if compact {
                std::ptr::null_mut()
            } else {
                (*raw).data.get()
            };
            let utf8 = (*raw)._base.utf8.get();
            if !utf8.is_null() && utf8.cast() != data {
                alloc::free(utf8);
            }
            if !data.is_null() {
                alloc::free(data.cast());
            }
        }
    }
}
