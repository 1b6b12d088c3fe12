//! Split tables: values of one instance over keys shared by all instances of a class.
//!
//! Invariant: `capacity` values, then as many bytes with the order of insertion, of which `size`
//! are in use. Embedded values are part of an instance and freed with it, others are a block of
//! their own.

use std::ptr::NonNull;

use krait_abi as abi;

use super::PyDict;
use super::keys::{Keys, log2_for_entries};
use crate::object::{Obj, PyClass, PyObject, decref};
use crate::{PyResult, PyStr, alloc};

/// A handle on live values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Values(NonNull<abi::PyDictValues>);

impl Values {
    #[inline(always)]
    pub(crate) fn from_ptr(ptr: *mut abi::PyDictValues) -> Option<Values> {
        NonNull::new(ptr).map(Values)
    }

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut abi::PyDictValues {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub(crate) fn header<'a>(self) -> &'a abi::PyDictValues {
        // SAFETY: a handle is on live values.
        unsafe { &*self.0.as_ptr() }
    }

    #[inline(always)]
    fn cell(self, index: usize) -> *mut *mut abi::PyObject {
        debug_assert!(index < usize::from(self.header().capacity.get()));
        // SAFETY: `index` is below the capacity: the values follow the header.
        unsafe {
            self.0
                .as_ptr()
                .byte_add(std::mem::offset_of!(abi::PyDictValues, values))
                .cast::<*mut abi::PyObject>()
                .add(index)
        }
    }

    #[inline(always)]
    fn order(self) -> *mut u8 {
        let capacity = usize::from(self.header().capacity.get());
        // SAFETY: the order bytes follow the values.
        unsafe {
            self.0
                .as_ptr()
                .byte_add(std::mem::offset_of!(abi::PyDictValues, values))
                .cast::<*mut abi::PyObject>()
                .add(capacity)
                .cast()
        }
    }

    /// The value at `index`; null if unset.
    #[inline(always)]
    pub(crate) fn get(self, index: usize) -> *mut abi::PyObject {
        // SAFETY: see `cell`.
        unsafe { *self.cell(index) }
    }

    /// Puts a value in place; the old pointer. The counts are the caller's.
    #[inline(always)]
    pub(crate) fn replace(self, index: usize, value: *mut abi::PyObject) -> *mut abi::PyObject {
        // SAFETY: see `cell`.
        unsafe { std::mem::replace(&mut *self.cell(index), value) }
    }

    /// How many values are set.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        usize::from(self.header().size.get())
    }

    /// The index of the value inserted as number `position`.
    #[inline(always)]
    pub(crate) fn ordered_index(self, position: usize) -> usize {
        // SAFETY: `position` is below the number of values in use.
        usize::from(unsafe { *self.order().add(position) })
    }

    /// Notes that the value at `index` was set for the first time.
    #[inline(always)]
    pub(crate) fn note_inserted(self, index: usize) {
        let size = self.len();
        // SAFETY: there are as many order bytes as values, and this index was unset before.
        unsafe { *self.order().add(size) = index as u8 };
        self.header().size.set(size as u8 + 1);
    }

    /// Unsets the value at `index`; its pointer, whose count the caller takes over.
    pub(crate) fn remove(self, index: usize) -> *mut abi::PyObject {
        let size = self.len();
        // SAFETY: the order bytes in use.
        let order = unsafe { std::slice::from_raw_parts_mut(self.order(), size) };
        if let Some(at) = order.iter().position(|&each| usize::from(each) == index) {
            order.copy_within(at + 1.., at);
            self.header().size.set(size as u8 - 1);
        }
        self.replace(index, std::ptr::null_mut())
    }

    /// Drops all values.
    pub(crate) fn clear(self) {
        self.header().size.set(0);
        for index in 0..usize::from(self.header().capacity.get()) {
            let value = self.replace(index, std::ptr::null_mut());
            if !value.is_null() {
                // SAFETY: the values' own count.
                unsafe { decref(value) };
            }
        }
    }

    /// Ends the use of emptied values by a dictionary: embedded ones become invalid for their
    /// instance, others are freed.
    pub(crate) fn abandon(self) {
        if self.header().embedded.get() != 0 {
            self.header().valid.set(0);
        } else {
            // SAFETY: a block of its own, which nothing uses any more.
            unsafe { alloc::free(self.as_ptr().cast()) };
        }
    }

    /// The bytes that `capacity` values take with header and order.
    pub(crate) fn size_for(capacity: usize) -> usize {
        std::mem::offset_of!(abi::PyDictValues, values)
            + capacity * size_of::<*mut abi::PyObject>()
            + capacity.next_multiple_of(size_of::<usize>())
    }

    /// Prepares embedded values in a new instance.
    ///
    /// # Safety
    /// `block` must have room for [`Values::size_for`] bytes.
    pub(crate) unsafe fn init_embedded(block: *mut abi::PyDictValues, capacity: usize) {
        // SAFETY: the caller's contract.
        unsafe {
            block.cast::<u8>().write_bytes(0, Self::size_for(capacity));
            (*block).capacity.set(capacity as u8);
            (*block).embedded.set(1);
            (*block).valid.set(1);
        }
    }

    /// Moves embedded values into a block of their own: their instance is going away.
    pub(crate) fn move_out(self) -> PyResult<Values> {
        let capacity = usize::from(self.header().capacity.get());
        let size = Self::size_for(capacity);
        let block = alloc::allocate(size).cast::<abi::PyDictValues>();
        let Some(block) = NonNull::new(block) else {
            return Err(crate::err::no_memory());
        };
        // SAFETY: both blocks have this size; the values' counts move over.
        unsafe {
            block
                .cast::<u8>()
                .copy_from_nonoverlapping(self.0.cast(), size);
            self.0.cast::<u8>().write_bytes(0, size);
        }
        self.header().capacity.set(capacity as u8);
        self.header().embedded.set(1);
        let moved = Values(block);
        moved.header().embedded.set(0);
        Ok(moved)
    }
}

impl From<Values> for bool {
    /// Whether the values are embedded in an instance.
    fn from(values: Values) -> bool {
        values.header().embedded.get() != 0
    }
}

/// A new table of shared keys for the instances of a class whose methods assign to `attributes` of
/// `self` (`__static_attributes__`): instances that are made before another gets all of them keep room.
pub(crate) fn new_shared_keys(attributes: &[Obj]) -> PyResult<Keys> {
    let keys = Keys::new(
        log2_for_entries(abi::SHARED_KEYS_MAX_SIZE as usize),
        abi::DICT_KEYS_SPLIT,
    )?;
    keys.header().dk_usable.set(abi::SHARED_KEYS_MAX_SIZE);
    for name in attributes {
        // What finds no room is not shared, that is all.
        if let Some(name) = name.downcast_exact::<PyStr>() {
            let _index = shared_index(keys, name);
        }
    }
    Ok(keys)
}

/// The index of a shared key, which is added if there is room.
pub(crate) fn shared_index(keys: Keys, name: &PyStr) -> Option<usize> {
    let hash = name.hash_text();
    if let Some(index) = keys.find_str(name, hash) {
        return Some(index as usize);
    }
    if keys.usable() <= 0 {
        return None;
    }
    keys.touch();
    Some(keys.append(name.to_obj().into_ptr(), hash, std::ptr::null_mut()) as usize)
}

impl PyDict {
    /// A dictionary that shows an instance's embedded values.
    pub(crate) fn over_values(keys: Keys, values: Values) -> PyResult<crate::Py<PyDict>> {
        keys.incref();
        let dict = PyDict::new()?;
        dict.0.ma_keys.set(keys.as_ptr());
        dict.0.ma_values.set(values.as_ptr());
        dict.0.ma_used.set(values.len() as isize);
        Ok(dict)
    }

    /// Inserts into a split table; false if the shared keys have no room.
    pub(super) fn insert_split(&self, key: &Obj, _hash: isize, value: &Obj) -> bool {
        let (Some(values), Some(name)) = (self.values(), key.downcast_exact::<PyStr>()) else {
            return false;
        };
        let Some(index) = shared_index(self.keys(), name) else {
            return false;
        };
        if index >= usize::from(values.header().capacity.get()) {
            return false;
        }
        let old = values.replace(index, value.clone().into_ptr());
        debug_assert!(old.is_null());
        values.note_inserted(index);
        self.0.ma_used.update(|used| used + 1);
        true
    }

    /// Gives a dictionary values of its own because their instance is going away.
    pub(crate) fn detach_from_instance(&self) -> PyResult<()> {
        if let Some(values) = self.values()
            && bool::from(values)
        {
            self.0.ma_values.set(values.move_out()?.as_ptr());
        }
        Ok(())
    }

    /// Visits what the dictionary refers to, for the collector.
    pub(crate) fn visit_items(&self, mut visit: impl FnMut(&PyObject) -> i32) -> i32 {
        let mut position = 0;
        let text_keys = self.keys().is_unicode();
        while let Some((key, value)) = self.next_pointers(&mut position) {
            // SAFETY: live entries; visiting changes nothing.
            let (key, value) = unsafe { (PyObject::from_ptr(key), PyObject::from_ptr(value)) };
            let mut stop = visit(value);
            if stop == 0 && !text_keys {
                stop = visit(key);
            }
            if stop != 0 {
                return stop;
            }
        }
        0
    }
}
