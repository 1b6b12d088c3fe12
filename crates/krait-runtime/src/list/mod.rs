//! `list`: a growable row of references.
//!
//! Invariants:
//! 1. `ob_item` points at `allocated` slots, of which the first `ob_size` hold references.
//! 2. No borrow of the items outlives the call that made it: any Python code may change the list.

mod methods;
mod sort;

pub use methods::{PyListIter, PyListReverseIter};

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Obj, Py, PyClass};
use crate::{PyResult, alloc};

/// list(iterable=(), /)
///
/// A mutable sequence of objects.
#[pyclass(
    name = "list",
    symbol = PyList_Type,
    flags(BASETYPE, GC, LIST_SUBCLASS, SEQUENCE, MATCH_SELF),
    methods(CORE),
    layout = manual
)]
#[repr(transparent)]
pub struct PyList(pub(crate) abi::PyListObject);

impl PyList {
    /// An empty list.
    #[inline]
    pub fn new() -> PyResult<Py<PyList>> {
        let block = alloc::allocate_gc(size_of::<abi::PyListObject>());
        if block.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the block has room for the struct, which is set before the collector sees it.
        unsafe {
            block.cast::<abi::PyListObject>().write(abi::PyListObject {
                ob_base: abi::PyVarObject {
                    ob_base: crate::object::new_header(PyList::type_object()),
                    ob_size: 0.into(),
                },
                ob_item: std::ptr::null_mut::<*mut abi::PyObject>().into(),
                allocated: 0.into(),
            });
            crate::gc::track_new(block.cast());
            Ok(Py::from_owned_ptr(block.cast()))
        }
    }

    /// A list of the given items.
    pub fn from_vec(items: Vec<Obj>) -> PyResult<Py<PyList>> {
        Self::from_exact(items.into_iter())
    }

    /// A list of the items of an iterator that knows how many they are and runs no Python code.
    #[inline]
    pub fn from_exact(items: impl ExactSizeIterator<Item = Obj>) -> PyResult<Py<PyList>> {
        let list = Self::new()?;
        let len = items.len();
        list.reserve_exact(len)?;
        let mut filled = 0;
        for item in items.take(len) {
            // SAFETY: there is room for `len` items.
            unsafe { list.0.ob_item.get().add(filled).write(item.into_ptr()) };
            filled += 1;
        }
        list.0.ob_base.ob_size.set(filled as isize);
        Ok(list)
    }

    /// A list of the pieces that a split into at most `max + 1` finds, with CPython's room for the
    /// first of them. `make` runs no Python code.
    #[inline]
    pub(crate) fn from_pieces<T>(
        max: usize,
        pieces: impl Iterator<Item = T>,
        make: impl Fn(T) -> PyResult<Obj>,
    ) -> PyResult<Py<PyList>> {
        const FIRST: usize = 12;
        let list = Self::new()?;
        if max > 0 {
            list.reserve_exact(max.saturating_add(1).min(FIRST))?;
        }
        for piece in pieces {
            list.push(make(piece)?)?;
        }
        Ok(list)
    }

    /// Puts the items in the opposite order.
    pub(crate) fn reverse_items(&self) {
        let (items, len) = (self.0.ob_item.get(), self.len());
        if len > 1 {
            // SAFETY: invariant 1; exchanging references runs no Python code.
            unsafe { std::slice::from_raw_parts_mut(items, len) }.reverse();
        }
    }

    /// A list of `len` empty places, which C code fills (`PyList_New`).
    ///
    /// # Safety
    /// Every place is filled before anything but the collector looks at the list.
    pub unsafe fn with_room(len: usize) -> PyResult<Py<PyList>> {
        let list = Self::new()?;
        list.reserve_exact(len)?;
        for index in 0..len {
            // SAFETY: there is room for `len` items.
            unsafe { list.0.ob_item.get().add(index).write(std::ptr::null_mut()) };
        }
        list.0.ob_base.ob_size.set(len as isize);
        Ok(list)
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.ob_base.ob_size.get() as usize
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items.
    ///
    /// # Safety
    /// The borrow must end before anything that may change the list (invariant 2).
    #[inline(always)]
    pub unsafe fn as_slice(&self) -> &[Obj] {
        let items = self.0.ob_item.get();
        if items.is_null() {
            return &[];
        }
        // SAFETY: invariant 1; `Obj` is one non-null pointer.
        unsafe { std::slice::from_raw_parts(items.cast::<Obj>(), self.len()) }
    }

    /// A new reference to the item at `index`, if there is one.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Obj> {
        // SAFETY: the borrow ends with the clone.
        unsafe { self.as_slice() }.get(index).cloned()
    }

    /// Puts an item in place of the one at `index`; the old one, or the new one back if there is
    /// no such place.
    #[inline]
    pub fn replace(&self, index: usize, item: Obj) -> Result<Obj, Obj> {
        if index >= self.len() {
            return Err(item);
        }
        // SAFETY: invariant 1.
        unsafe { Ok(self.0.ob_item.get().cast::<Obj>().add(index).replace(item)) }
    }

    /// All items at this moment.
    pub fn to_vec(&self) -> Vec<Obj> {
        // SAFETY: the borrow ends with the copy.
        unsafe { self.as_slice() }.to_vec()
    }

    /// How many items there is room for. A list that is being sorted has none, and marks it by -1.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.0.allocated.get().max(0) as usize
    }

    /// Appends an item.
    #[inline]
    pub fn push(&self, item: Obj) -> PyResult<()> {
        let len = self.len();
        if len as isize >= self.0.allocated.get() {
            self.resize_storage(len + 1)?;
        }
        // SAFETY: there is room for one more.
        unsafe { self.0.ob_item.get().add(len).write(item.into_ptr()) };
        self.0.ob_base.ob_size.set(len as isize + 1);
        Ok(())
    }

    /// Makes room for exactly `capacity` items if there is less.
    pub(crate) fn reserve_exact(&self, capacity: usize) -> PyResult<()> {
        if capacity > self.capacity() {
            self.set_capacity(capacity)?;
        }
        Ok(())
    }

    /// Makes room for `new_len` items with CPython's growth pattern, or gives much unused room back.
    pub(crate) fn resize_storage(&self, new_len: usize) -> PyResult<()> {
        let allocated = self.capacity();
        if allocated >= new_len && new_len >= allocated / 2 {
            return Ok(());
        }
        let mut capacity = (new_len + (new_len >> 3) + 6) & !3;
        // A large step is likely the last one: no room to spare.
        if new_len > self.len() && new_len - self.len() > capacity - new_len {
            capacity = (new_len + 3) & !3;
        }
        self.set_capacity(if new_len == 0 { 0 } else { capacity })
    }

    fn set_capacity(&self, capacity: usize) -> PyResult<()> {
        debug_assert!(capacity >= self.len());
        let old = self.0.ob_item.get();
        if capacity == 0 {
            self.0.ob_item.set(std::ptr::null_mut());
            self.0.allocated.set(0);
            if !old.is_null() {
                // SAFETY: the list's own block, which is empty.
                unsafe { alloc::free(old.cast()) };
            }
            return Ok(());
        }
        let size = capacity
            .checked_mul(size_of::<Obj>())
            .filter(|&size| size <= isize::MAX as usize)
            .ok_or_else(no_memory)?;
        let block = if old.is_null() {
            alloc::allocate(size)
        } else {
            // SAFETY: the list's own block; its items move along.
            unsafe { alloc::reallocate(old.cast(), size) }
        };
        if block.is_null() {
            return Err(no_memory());
        }
        self.0.ob_item.set(block.cast());
        self.0.allocated.set(capacity as isize);
        Ok(())
    }

    /// Inserts an item before `index`, or at the end if that is beyond it.
    pub fn insert(&self, index: usize, item: Obj) -> PyResult<()> {
        let len = self.len();
        if len as isize >= self.0.allocated.get() {
            self.resize_storage(len + 1)?;
        }
        let index = index.min(len);
        // SAFETY: there is room for one more; the tail moves up.
        unsafe {
            let at = self.0.ob_item.get().add(index);
            std::ptr::copy(at, at.add(1), len - index);
            at.write(item.into_ptr());
        }
        self.0.ob_base.ob_size.set(len as isize + 1);
        Ok(())
    }

    /// Removes the item at `index` and returns it, if there is one.
    pub fn remove(&self, index: usize) -> Option<Obj> {
        let len = self.len();
        if index >= len {
            return None;
        }
        // SAFETY: the item's count is handed on; the tail moves down.
        let item = unsafe {
            let at = self.0.ob_item.get().add(index);
            let item = Py::from_owned_ptr(*at);
            std::ptr::copy(at.add(1), at, len - index - 1);
            item
        };
        self.0.ob_base.ob_size.set(len as isize - 1);
        // Shrinking cannot fail: at worst the block stays as it is.
        if let Err(error) = self.resize_storage(len - 1) {
            error.clear();
        }
        Some(item)
    }

    /// Takes all items out; the list is empty afterwards.
    pub fn take_items(&self) -> Vec<Obj> {
        let items = self.to_vec();
        self.clear_items();
        items
    }

    /// Removes all items.
    pub fn clear_items(&self) {
        let (block, len) = (self.0.ob_item.replace(std::ptr::null_mut()), self.len());
        self.0.ob_base.ob_size.set(0);
        // Emptying a list that is being sorted does not count as a change: it looks empty as it is.
        if block.is_null() {
            return;
        }
        self.0.allocated.set(0);
        // SAFETY: the block is no longer the list's: whatever the items' ends run sees an empty list.
        unsafe {
            for index in (0..len).rev() {
                let item = *block.add(index);
                if !item.is_null() {
                    crate::object::decref(item);
                }
            }
            alloc::free(block.cast());
        }
    }

    /// Replaces all items.
    pub fn set_items(&self, items: Vec<Obj>) -> PyResult<()> {
        let old = self.take_items();
        self.reserve_exact(items.len())?;
        for item in items {
            self.push(item)?;
        }
        drop(old);
        Ok(())
    }
}
