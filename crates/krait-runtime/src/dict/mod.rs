//! `dict`: CPython's compact, ordered hash table, with split tables for instances.
//!
//! Invariants:
//! 1. `ma_keys` is a live table that the dictionary holds a reference on. With `ma_values` null the
//!    table is its own (or the empty one) and holds the values; otherwise the table is shared, of
//!    kind split, and `ma_values` holds one value an entry.
//! 2. Whatever may run Python code (hashing, comparing, dropping a value) is done with the table in
//!    a consistent state, and the table is looked at anew afterwards.

mod keys;
mod lookup;
mod methods;
mod split;
mod table;
mod views;

pub(crate) use keys::Keys;
pub(crate) use split::{Values, new_shared_keys, shared_index};
pub use views::{
    DictIter, DictIterKind, DictView, PyDictItemIter, PyDictItems, PyDictKeyIter, PyDictKeys,
    PyDictRevItemIter, PyDictRevKeyIter, PyDictRevValueIter, PyDictValueIter, PyDictValues,
    ViewKind,
};

use krait_abi as abi;
use krait_macros::pyclass;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyStr};

/// dict() -> new empty dictionary
/// dict(mapping) -> new dictionary initialized from a mapping object's (key, value) pairs
/// dict(iterable) -> new dictionary initialized from pairs
/// dict(**kwargs) -> new dictionary initialized with the name=value pairs
#[pyclass(
    name = "dict",
    symbol = PyDict_Type,
    flags(BASETYPE, GC, DICT_SUBCLASS, MAPPING, MATCH_SELF),
    methods(CORE),
    layout = manual
)]
#[repr(transparent)]
pub struct PyDict(pub(crate) abi::PyDictObject);

/// What messages call a key.
const DICT_KEY: &str = "a dict key";

impl PyDict {
    /// An empty dictionary.
    pub fn new() -> PyResult<Py<PyDict>> {
        Self::from_keys(Keys::empty())
    }

    /// An empty dictionary that is about to get `entries` items, at least one, with keys like `key`.
    pub fn for_items(entries: usize, key: &PyObject) -> PyResult<Py<PyDict>> {
        let kind = if key.is_exact::<PyStr>() {
            abi::DICT_KEYS_UNICODE
        } else {
            abi::DICT_KEYS_GENERAL
        };
        let log2 = keys::log2_for_entries(entries);
        Self::from_keys(Keys::new(log2, kind)?)
    }

    /// An empty dictionary with room for `entries` entries.
    pub fn with_capacity(entries: usize) -> PyResult<Py<PyDict>> {
        if entries <= 5 {
            return Self::new();
        }
        Self::from_keys(Keys::new(
            keys::log2_for_entries(entries),
            abi::DICT_KEYS_UNICODE,
        )?)
    }

    fn from_keys(keys: Keys) -> PyResult<Py<PyDict>> {
        Py::new(PyDict(abi::PyDictObject {
            ob_base: PyObject::HEADER.0,
            ma_used: std::cell::Cell::new(0),
            _ma_watcher_tag: std::cell::Cell::new(0),
            ma_keys: std::cell::Cell::new(keys.as_ptr()),
            ma_values: std::cell::Cell::new(std::ptr::null_mut()),
        }))
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.ma_used.get() as usize
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub(crate) fn keys(&self) -> Keys {
        // SAFETY: invariant 1.
        unsafe { Keys::from_ptr(self.0.ma_keys.get()) }
    }

    #[inline(always)]
    pub(crate) fn values(&self) -> Option<Values> {
        Values::from_ptr(self.0.ma_values.get())
    }

    /// The version of the keys for inline caches; 0 if there can be none (not all keys are `str`).
    pub fn keys_version(&self) -> u32 {
        if self.keys().is_unicode() {
            self.keys().version()
        } else {
            0
        }
    }

    /// The value for `key`, `None` if there is none.
    pub fn get_item(&self, key: &PyObject) -> PyResult<Option<Obj>> {
        let hash = key.hash_for(DICT_KEY)?;
        self.get_item_hash(key, hash)
    }

    /// The value for `key`, whose hash is known.
    pub fn get_item_hash(&self, key: &PyObject, hash: isize) -> PyResult<Option<Obj>> {
        Ok(match self.find(key, hash)? {
            Some(index) => {
                // SAFETY: the entry was found just now; nothing has run since.
                unsafe { PyObject::from_ptr_opt(self.value_at(index)) }.map(PyClass::to_obj)
            }
            None => None,
        })
    }

    /// The value for a `str` key, without an error: keys of other types that claim to be equal
    /// count only if comparing them raises nothing.
    pub fn get_str(&self, key: &PyStr) -> PyResult<Option<Obj>> {
        if self.keys().is_unicode() {
            // SAFETY: turned into a reference of its own at once.
            return Ok(unsafe { self.get_str_ref(key) }.map(PyClass::to_obj));
        }
        self.get_item_hash(key, key.hash_text())
    }

    /// The value for a `str` literal.
    pub fn get(&self, key: &str) -> PyResult<Option<Obj>> {
        self.get_str(&*PyStr::intern(key)?)
    }

    /// Borrows the value for an exact `str`, if that is found without running Python code: in a
    /// table that has other keys too, only `str` keys and identity count.
    ///
    /// # Safety
    /// The borrow must end before anything that may change the dictionary.
    #[inline]
    pub unsafe fn get_str_ref(&self, key: &PyStr) -> Option<&PyObject> {
        let hash = key.hash_text();
        let keys = self.keys();
        let index = if keys.is_unicode() {
            keys.find_str(key, hash)?
        } else {
            self.find_str_general(key, hash)?
        };
        // SAFETY: the entry was just found; the caller keeps the dictionary unchanged.
        unsafe { PyObject::from_ptr_opt(self.value_at(index)) }
    }

    /// The index of a `str` key's entry in a table whose keys are all `str`, for inline caches.
    pub fn index_of_str(&self, key: &PyStr) -> Option<usize> {
        let keys = self.keys();
        if !keys.is_unicode() {
            return None;
        }
        let index = keys.find_str(key, key.hash_text())?;
        (!self.value_at(index).is_null()).then_some(index as usize)
    }

    /// The value pointer of entry `index`: null when deleted.
    #[inline(always)]
    pub(crate) fn value_at(&self, index: isize) -> *mut abi::PyObject {
        match self.values() {
            Some(values) => values.get(index as usize),
            None => self.keys().value_ptr(index),
        }
    }

    /// Whether `key` is in the dictionary.
    pub fn contains(&self, key: &PyObject) -> PyResult<bool> {
        let hash = key.hash_for(DICT_KEY)?;
        Ok(self.find(key, hash)?.is_some())
    }

    /// `self[key] = value`.
    pub fn set_item(&self, key: &PyObject, value: &PyObject) -> PyResult<()> {
        let hash = key.hash_for(DICT_KEY)?;
        self.insert(key.to_obj(), hash, value.to_obj())
    }

    /// `self[key] = value` for a key whose hash is known, without counting up.
    pub fn set_item_owned(&self, key: Obj, hash: isize, value: Obj) -> PyResult<()> {
        self.insert(key, hash, value)
    }

    /// `self[key] = value` for a `str` literal as the key.
    pub fn set(&self, key: &str, value: &PyObject) -> PyResult<()> {
        let key = PyStr::intern(key)?;
        let hash = key.hash_text();
        self.insert(key.into_object(), hash, value.to_obj())
    }

    /// `del self[key]`; whether it was there.
    pub fn del_item(&self, key: &PyObject) -> PyResult<bool> {
        let hash = key.hash_for(DICT_KEY)?;
        Ok(self.remove(key, hash)?.is_some())
    }

    /// Removes the item of `key` and returns its value.
    pub fn pop_item_for(&self, key: &PyObject) -> PyResult<Option<Obj>> {
        // Nothing is in an empty dictionary, not even what cannot be hashed.
        if self.is_empty() {
            return Ok(None);
        }
        let hash = key.hash_for(DICT_KEY)?;
        self.remove(key, hash)
    }

    /// The value for `key`, which is inserted with `default` if it is not there.
    pub fn set_default(&self, key: &PyObject, default: &PyObject) -> PyResult<Obj> {
        let hash = key.hash_for(DICT_KEY)?;
        match self.get_item_hash(key, hash)? {
            Some(value) => Ok(value),
            None => {
                self.insert_new(key.to_obj(), hash, default.to_obj())?;
                Ok(default.to_obj())
            }
        }
    }

    /// Whether every key is a `str`.
    pub(crate) fn has_only_string_keys(&self) -> bool {
        if self.keys().is_unicode() {
            return true;
        }
        let mut position = 0;
        while let Some((key, _)) = self.next(&mut position) {
            if !key.is_instance_of::<PyStr>() {
                return false;
            }
        }
        true
    }

    /// The item at or after position `position`, and the position after it; in order of insertion.
    /// The dictionary may change between calls (items may then be missed, never invalid).
    pub fn next(&self, position: &mut usize) -> Option<(Obj, Obj)> {
        let (key, value) = self.next_pointers(position)?;
        // SAFETY: the entry was read just now, and the table keeps both alive until here.
        unsafe { Some((Py::from_borrowed_ptr(key), Py::from_borrowed_ptr(value))) }
    }

    /// As [`PyDict::next`], with the key's hash.
    pub fn next_hash(&self, position: &mut usize) -> Option<(Obj, Obj, isize)> {
        let (key, value) = self.next(position)?;
        let hash = match key.downcast_exact::<PyStr>() {
            Some(text) => text.hash_text(),
            None => self.keys().hash_at(*position as isize - 1),
        };
        Some((key, value, hash))
    }

    pub(crate) fn next_pointers(
        &self,
        position: &mut usize,
    ) -> Option<(*mut abi::PyObject, *mut abi::PyObject)> {
        let keys = self.keys();
        if let Some(values) = self.values() {
            // A split table's order is that of the values' insertion.
            if *position >= values.len() {
                return None;
            }
            let index = values.ordered_index(*position);
            *position += 1;
            return Some((keys.key_ptr(index as isize), values.get(index)));
        }
        let mut index = *position as isize;
        while index < keys.nentries() {
            let value = keys.value_ptr(index);
            if !value.is_null() {
                *position = index as usize + 1;
                return Some((keys.key_ptr(index), value));
            }
            index += 1;
        }
        None
    }

    /// All items at this moment.
    pub fn items_vec(&self) -> Vec<(Obj, Obj)> {
        let mut items = Vec::with_capacity(self.len());
        let mut position = 0;
        while let Some(item) = self.next(&mut position) {
            items.push(item);
        }
        items
    }

    /// All keys at this moment.
    pub fn keys_vec(&self) -> Vec<Obj> {
        self.items_vec().into_iter().map(|(key, _)| key).collect()
    }
}
