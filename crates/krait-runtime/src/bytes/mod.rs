//! `bytes`: an immutable row of bytes behind a header of variable size, with a NUL after it.
//!
//! Invariant: the bytes are set before anything but the maker sees the object, and never change.

mod methods;
mod row_ops;
mod rows;

pub use row_ops::hex_text;

pub(crate) use methods::warn_comparison;
pub use methods::{
    PyBytesIter, byte_from, bytes_from_iterable, bytes_if_lent, bytes_like, bytes_of_buffer,
    bytes_or_bytearray, construct, contains, from_object, repr_bytes,
};

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Py, PyClass, new_header};
use crate::str::copy_bytes;
use crate::{PyResult, alloc};

/// bytes(source=b'', /, encoding, errors)
///
/// An immutable sequence of bytes.
#[pyclass(
    name = "bytes",
    symbol = PyBytes_Type,
    flags(BASETYPE, BYTES_SUBCLASS, MATCH_SELF),
    methods(CORE, ROWS),
    basicsize = HEADER + 1,
    itemsize = 1,
    layout = manual
)]
#[repr(transparent)]
pub struct PyBytes(pub(crate) abi::PyBytesObject);

/// Bytes of the struct before the data.
const HEADER: usize = std::mem::offset_of!(abi::PyBytesObject, ob_sval);

impl PyBytes {
    /// The number of bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.ob_base.ob_size.get() as usize
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes.
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the module's invariant.
        unsafe {
            std::slice::from_raw_parts(std::ptr::from_ref(self).byte_add(HEADER).cast(), self.len())
        }
    }

    /// A bytes object with these bytes; those of no or one byte are shared.
    #[inline]
    pub fn new(bytes: &[u8]) -> PyResult<Py<PyBytes>> {
        if bytes.len() <= 1 {
            return Ok(PyClass::to_owned(crate::singletons::shared_bytes(
                bytes.first().copied(),
            )));
        }
        Self::unshared(bytes)
    }

    /// As [`PyBytes::new`], never a shared object: what the shared ones are made with.
    #[inline]
    pub(crate) fn unshared(bytes: &[u8]) -> PyResult<Py<PyBytes>> {
        Self::from_parts(bytes.len(), std::iter::once(bytes))
    }

    /// A new bytes object of the parts one after the other, which are `len` bytes in all.
    ///
    /// # Panics
    /// If they are not.
    #[inline]
    pub fn from_parts<'a>(
        len: usize,
        parts: impl Iterator<Item = &'a [u8]>,
    ) -> PyResult<Py<PyBytes>> {
        let block = Self::allocate(len)?;
        let mut at = 0;
        for part in parts {
            assert!(part.len() <= len - at, "the length of all parts");
            // SAFETY: the block has room for `len` bytes behind its header, of which this is a part.
            copy_bytes(
                unsafe { std::slice::from_raw_parts_mut(block.add(HEADER + at), part.len()) },
                part,
            );
            at += part.len();
        }
        assert_eq!(at, len, "the length of all parts");
        // SAFETY: a whole object now.
        Ok(unsafe { Py::from_owned_ptr(block.cast()) })
    }

    /// A new bytes object of `len` bytes that `fill` writes over zeros.
    pub fn new_with(len: usize, fill: impl FnOnce(&mut [u8])) -> PyResult<Py<PyBytes>> {
        let block = Self::allocate(len)?;
        // SAFETY: the block has room for `len` bytes behind its header.
        unsafe {
            let data = block.add(HEADER);
            data.write_bytes(0, len);
            fill(std::slice::from_raw_parts_mut(data, len));
            Ok(Py::from_owned_ptr(block.cast()))
        }
    }

    /// Memory for an object of `len` bytes: all is set but these.
    #[inline(always)]
    fn allocate(len: usize) -> PyResult<*mut u8> {
        if len > isize::MAX as usize / 2 {
            return Err(no_memory());
        }
        // A short block keeps the struct's padding: a reference to the object covers that.
        let size = (len + HEADER + 1).max(size_of::<abi::PyBytesObject>());
        let block = alloc::allocate(size);
        if block.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the block has room for header, bytes and NUL.
        unsafe {
            let object = block.cast::<abi::PyBytesObject>();
            (&raw mut (*object).ob_base).write(abi::PyVarObject {
                ob_base: new_header(PyBytes::type_object()),
                ob_size: (len as isize).into(),
            });
            (&raw mut (*object).ob_shash).write((-1).into());
            block.add(HEADER + len).write(0);
        }
        Ok(block)
    }
}
