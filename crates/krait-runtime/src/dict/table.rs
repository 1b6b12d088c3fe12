//! Changing a dictionary: insertion, removal, growth, copies.

use krait_abi as abi;

use super::keys::{LOG2_MIN, log2_for_entries, log2_for_slots};
use super::{Keys, PyDict};
use crate::object::{Obj, Py, PyObject, decref};
use crate::{PyResult, PyStr};

impl PyDict {
    /// Inserts or replaces an item.
    pub(crate) fn insert(&self, key: Obj, hash: isize, value: Obj) -> PyResult<()> {
        if let Some(index) = self.find(&key, hash)? {
            self.replace_at(index, value);
            return Ok(());
        }
        self.insert_new(key, hash, value)
    }

    /// Puts a value in place of another and drops the old one afterwards.
    pub(crate) fn replace_at(&self, index: isize, value: Obj) {
        let old = match self.values() {
            Some(values) => values.replace(index as usize, value.into_ptr()),
            None => self.keys().replace_value(index, value.into_ptr()),
        };
        // SAFETY: the dictionary held a count on the old value.
        drop(unsafe { Py::<PyObject>::from_owned_ptr_opt(old) });
    }

    /// Inserts an item whose key is not in the dictionary.
    pub(super) fn insert_new(&self, key: Obj, hash: isize, value: Obj) -> PyResult<()> {
        let is_text = key.is_exact::<PyStr>();
        if self.values().is_some() {
            if is_text && self.insert_split(&key, hash, &value) {
                return Ok(());
            }
            self.make_combined()?;
        }
        let keys = self.keys();
        if keys.usable() <= 0 || (keys.is_unicode() && !is_text) {
            self.make_room(!is_text)?;
        }
        let keys = self.keys();
        keys.touch();
        keys.append(key.into_ptr(), hash, value.into_ptr());
        self.0.ma_used.update(|used| used + 1);
        Ok(())
    }

    /// Makes the table able to take another entry, of a key that is not a `str` if `general`.
    fn make_room(&self, general: bool) -> PyResult<()> {
        let keys = self.keys();
        let kind = if general {
            abi::DICT_KEYS_GENERAL
        } else {
            keys.kind()
        };
        let log2 = if keys.is_empty_table() {
            LOG2_MIN
        } else if keys.usable() > 0 {
            keys.header().dk_log2_size.get()
        } else {
            // Three times the items: room to grow, and a chance to shrink after deletions.
            log2_for_slots(self.len() * 3)
        };
        self.rebuild(log2, kind)
    }

    /// Moves all items into a new table; deleted entries are left behind.
    pub(crate) fn rebuild(&self, log2: u8, kind: u8) -> PyResult<()> {
        debug_assert!(self.values().is_none());
        let old = self.keys();
        let new = Keys::new(log2, kind)?;
        for index in 0..old.nentries() {
            let value = old.value_ptr(index);
            if !value.is_null() {
                new.append(old.key_ptr(index), old.hash_at(index), value);
            }
        }
        self.0.ma_keys.set(new.as_ptr());
        // SAFETY: the items moved over with their counts; only the block is left.
        unsafe { old.free_block() };
        Ok(())
    }

    /// Turns a split table into one of the dictionary's own.
    pub(crate) fn make_combined(&self) -> PyResult<()> {
        let Some(values) = self.values() else {
            return Ok(());
        };
        let shared = self.keys();
        let own = Keys::new(
            log2_for_entries(self.len() + 1).max(shared.header().dk_log2_size.get()),
            abi::DICT_KEYS_UNICODE,
        )?;
        for position in 0..values.len() {
            let index = values.ordered_index(position);
            let (key, hash) = (
                shared.key_ptr(index as isize),
                shared.hash_at(index as isize),
            );
            // SAFETY: the shared table keeps its key; ours needs a count of its own.
            let key = unsafe { Py::<PyObject>::from_borrowed_ptr(key) };
            own.append(
                key.into_ptr(),
                hash,
                values.replace(index, std::ptr::null_mut()),
            );
        }
        self.0.ma_keys.set(own.as_ptr());
        self.0.ma_values.set(std::ptr::null_mut());
        values.abandon();
        // SAFETY: the dictionary's reference on the shared table.
        unsafe { shared.decref() };
        Ok(())
    }

    /// Removes the item of `key`; its value.
    pub(crate) fn remove(&self, key: &PyObject, hash: isize) -> PyResult<Option<Obj>> {
        let Some(index) = self.find(key, hash)? else {
            return Ok(None);
        };
        Ok(Some(self.remove_at(index, hash)?))
    }

    /// Removes the entry at `index`, which has a value.
    pub(crate) fn remove_at(&self, index: isize, hash: isize) -> PyResult<Obj> {
        self.0.ma_used.update(|used| used - 1);
        if let Some(values) = self.values() {
            let value = values.remove(index as usize);
            // SAFETY: the dictionary's count on the value is handed on.
            return Ok(unsafe { Py::from_owned_ptr(value) });
        }
        let keys = self.keys();
        keys.mark_deleted(hash, index);
        keys.touch();
        let (key, value) = keys.clear_entry(index);
        // SAFETY: the table's counts on both are handed on.
        unsafe {
            let value = Py::from_owned_ptr(value);
            decref(key);
            Ok(value)
        }
    }

    /// Removes and returns the item inserted last.
    pub fn pop_last(&self) -> PyResult<Option<(Obj, Obj)>> {
        self.make_combined()?;
        let keys = self.keys();
        let mut index = keys.nentries() - 1;
        while index >= 0 && keys.value_ptr(index).is_null() {
            index -= 1;
        }
        if index < 0 {
            return Ok(None);
        }
        // SAFETY: a live entry has a key.
        let key: Obj = unsafe { Py::from_borrowed_ptr(keys.key_ptr(index)) };
        let value = self.remove_at(index, keys.hash_at(index))?;
        // The entry was the last: its place can be used again.
        keys.header().dk_nentries.set(index);
        Ok(Some((key, value)))
    }

    /// Removes all items.
    pub fn clear(&self) {
        let (keys, values) = (self.keys(), self.values());
        self.0.ma_keys.set(Keys::empty().as_ptr());
        self.0.ma_values.set(std::ptr::null_mut());
        self.0.ma_used.set(0);
        if let Some(values) = values {
            values.clear();
            values.abandon();
        }
        // SAFETY: the dictionary's reference on its table.
        unsafe { keys.decref() };
    }

    /// A copy: the same keys and values in the same order.
    pub fn copy(&self) -> PyResult<Py<PyDict>> {
        let copy = PyDict::with_capacity(self.len())?;
        copy.merge_new(self)?;
        Ok(copy)
    }

    /// Appends the items of `other` to an empty dictionary, without comparing keys.
    pub(crate) fn merge_new(&self, other: &PyDict) -> PyResult<()> {
        debug_assert!(self.is_empty());
        let kind = if other.keys().is_unicode() {
            abi::DICT_KEYS_UNICODE
        } else {
            abi::DICT_KEYS_GENERAL
        };
        if other.is_empty() {
            return Ok(());
        }
        let keys = Keys::new(log2_for_entries(other.len()), kind)?;
        let source = other.keys();
        let mut position = 0;
        while let Some((key, value)) = other.next_pointers(&mut position) {
            // SAFETY: live entries of `other`, whose table nothing changes meanwhile.
            let (key, value): (Obj, Obj) =
                unsafe { (Py::from_borrowed_ptr(key), Py::from_borrowed_ptr(value)) };
            let hash = match key.downcast_exact::<PyStr>() {
                Some(text) => text.hash_text(),
                None => source.hash_at(position as isize - 1),
            };
            keys.append(key.into_ptr(), hash, value.into_ptr());
        }
        let old = self.keys();
        self.0.ma_keys.set(keys.as_ptr());
        self.0.ma_used.set(other.0.ma_used.get());
        // SAFETY: the dictionary's reference on its old, empty table.
        unsafe { old.decref() };
        Ok(())
    }

    /// Copies all items of another dictionary into this one; existing keys are replaced if
    /// `replace`.
    pub fn merge(&self, other: &PyDict, replace: bool) -> PyResult<()> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        if self.is_empty() && self.values().is_none() {
            return self.merge_new(other);
        }
        let mut position = 0;
        while let Some((key, value, hash)) = other.next_hash(&mut position) {
            let size = other.len();
            if replace || self.find(&key, hash)?.is_none() {
                self.insert(key, hash, value)?;
            }
            if other.len() != size {
                return Err(crate::runtime_error!("dict mutated during update"));
            }
        }
        Ok(())
    }

    /// Bytes that the dictionary takes beyond its struct and header, as `sys.getsizeof` counts.
    pub fn table_size(&self) -> usize {
        let keys = self.keys();
        let header = keys.header();
        let mut size = 0;
        if self.values().is_some() {
            let room = header.dk_nentries.get() + header.dk_usable.get();
            size += room.max(0) as usize * size_of::<usize>();
        }
        // A table that others share is nobody's.
        if header.dk_refcnt.get() == 1 && !keys.is_empty_table() {
            size += keys.size_in_bytes();
        }
        size
    }
}
