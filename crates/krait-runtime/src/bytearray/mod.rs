//! `bytearray`: a growable row of bytes.
//!
//! Invariants:
//! 1. `ob_bytes` points at `ob_alloc` bytes (or is null), `ob_start` into them, at `ob_size` bytes in
//!    use with a NUL after them.
//! 2. While `ob_exports` is not zero the size does not change: a buffer that was lent stays valid.

mod changes;
mod methods;

pub use methods::PyByteArrayIter;

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Obj, Py, PyVarObject};
use crate::{PyResult, PyType, alloc};

/// bytearray(source=b'', /, encoding, errors)
///
/// A mutable sequence of bytes.
#[pyclass(
    name = "bytearray",
    symbol = PyByteArray_Type,
    flags(BASETYPE, MATCH_SELF),
    methods(CORE, ROWS, CHANGES),
    layout = manual
)]
#[repr(transparent)]
pub struct PyByteArray(pub(crate) abi::PyByteArrayObject);

impl PyByteArray {
    /// A bytearray of these bytes.
    pub fn new(bytes: &[u8]) -> PyResult<Py<PyByteArray>> {
        let array = Py::new(PyByteArray(abi::PyByteArrayObject {
            ob_base: PyVarObject::HEADER.0,
            ob_alloc: Cell::new(0),
            ob_bytes: Cell::new(std::ptr::null_mut()),
            ob_start: Cell::new(std::ptr::null_mut()),
            ob_exports: Cell::new(0),
        }))?;
        array.set_bytes(bytes)?;
        Ok(array)
    }

    /// An empty instance of `bytearray` or of a subclass.
    pub(crate) fn allocate(class: &PyType) -> PyResult<Obj> {
        class.alloc(0)
    }

    /// The number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.ob_base.ob_size.get() as usize
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes as cells: others may change them.
    pub fn as_cells(&self) -> &[Cell<u8>] {
        let start = self.0.ob_start.get();
        if start.is_null() {
            return &[];
        }
        // SAFETY: invariant 1; the borrow is short: callers do not resize while they hold it.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), self.len()) }
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_cells().iter().map(Cell::get).collect()
    }

    /// Runs `body` with the bytes borrowed; it must not run Python code.
    pub fn with_bytes<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R {
        let start = self.0.ob_start.get();
        if start.is_null() {
            return body(&[]);
        }
        // SAFETY: invariant 1; `body` runs no Python code, so nothing changes the bytes.
        body(unsafe { std::slice::from_raw_parts(start.cast(), self.len()) })
    }

    /// The address of the bytes, for buffers.
    pub(crate) fn data(&self) -> *mut u8 {
        let start = self.0.ob_start.get();
        if start.is_null() {
            c"".as_ptr().cast_mut().cast()
        } else {
            start.cast()
        }
    }

    /// `BufferError` while a buffer is lent.
    pub(crate) fn check_resizable(&self) -> PyResult<()> {
        if self.0.ob_exports.get() > 0 {
            return Err(crate::buffer_error!(
                "Existing exports of data: object cannot be re-sized"
            ));
        }
        Ok(())
    }

    /// Changes the size; new bytes are zero.
    pub fn resize(&self, len: usize) -> PyResult<()> {
        if len == self.len() {
            return Ok(());
        }
        self.check_resizable()?;
        let old_len = self.len();
        self.reserve(len)?;
        self.0.ob_base.ob_size.set(len as isize);
        let start = self.0.ob_start.get();
        // SAFETY: there is room for `len` bytes and a NUL.
        unsafe {
            if len > old_len {
                start.add(old_len).write_bytes(0, len - old_len);
            }
            start.add(len).write_bytes(0, 1);
        }
        Ok(())
    }

    /// Makes room for `len` bytes and a NUL, keeping the bytes in use.
    fn reserve(&self, len: usize) -> PyResult<()> {
        let used = self.len().min(len);
        let block = self.0.ob_bytes.get();
        let start = self.0.ob_start.get();
        let offset = if block.is_null() {
            0
        } else {
            start.addr() - block.addr()
        };
        let allocated = self.0.ob_alloc.get() as usize;
        if len + 1 + offset <= allocated && len + 1 >= allocated / 2 {
            return Ok(());
        }
        // Grown arrays get an eighth to spare, so that appending takes linear time.
        let capacity = if len > self.len() && !block.is_null() {
            len + (len >> 3) + 9
        } else {
            len + 1
        };
        if capacity > isize::MAX as usize {
            return Err(no_memory());
        }
        let new = alloc::allocate(capacity);
        if new.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the new block has room for the used bytes; the old one is the array's own.
        unsafe {
            if !block.is_null() {
                new.copy_from_nonoverlapping(start.cast(), used);
                alloc::free(block.cast());
            }
        }
        self.0.ob_bytes.set(new.cast());
        self.0.ob_start.set(new.cast());
        self.0.ob_alloc.set(capacity as isize);
        Ok(())
    }

    /// Replaces all bytes.
    pub fn set_bytes(&self, bytes: &[u8]) -> PyResult<()> {
        self.resize(bytes.len())?;
        self.write_at(0, bytes);
        Ok(())
    }

    /// Writes bytes at an offset, within the size.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        for (cell, &byte) in self.as_cells().iter().skip(offset).zip(bytes) {
            cell.set(byte);
        }
    }

    /// Appends bytes.
    pub fn extend(&self, bytes: &[u8]) -> PyResult<()> {
        let len = self.len();
        self.resize(len + bytes.len())?;
        self.write_at(len, bytes);
        Ok(())
    }

    /// `self[start:stop] = bytes`.
    pub fn splice(&self, start: usize, stop: usize, bytes: &[u8]) -> PyResult<()> {
        let len = self.len();
        let start = start.min(len);
        let stop = stop.clamp(start, len);
        let new_len = len - (stop - start) + bytes.len();
        if new_len != len {
            self.check_resizable()?;
            let tail = self.as_cells()[stop..]
                .iter()
                .map(Cell::get)
                .collect::<Vec<u8>>();
            self.resize(new_len)?;
            self.write_at(start + bytes.len(), &tail);
        }
        self.write_at(start, bytes);
        Ok(())
    }

    /// Gives the block back: for deallocation.
    pub(crate) fn release_block(&self) {
        let block = self.0.ob_bytes.replace(std::ptr::null_mut());
        self.0.ob_start.set(std::ptr::null_mut());
        self.0.ob_base.ob_size.set(0);
        if !block.is_null() {
            // SAFETY: the array's own block.
            unsafe { alloc::free(block.cast()) };
        }
    }
}
