//! `cpython/dictobject.h` and `pycore_dict.h`: dictionaries, their key tables and split values.

use core::cell::Cell;
use core::ffi::c_int;

use crate::{Py_hash_t, Py_ssize_t, PyObject};

abi_structs! {
    /// `dict`: with `ma_values` the keys are shared with other dictionaries and the values are there (a split table).
    pub struct PyDictObject {
        pub ob_base: PyObject,
        pub ma_used: Cell<Py_ssize_t>,
        pub _ma_watcher_tag: Cell<u64>,
        pub ma_keys: Cell<*mut PyDictKeysObject>,
        pub ma_values: Cell<*mut PyDictValues>,
    }

    /// A key table: this header, then `1 << dk_log2_index_bytes` bytes of indices, then the entries.
    pub struct PyDictKeysObject {
        pub dk_refcnt: Cell<Py_ssize_t>,
        pub dk_log2_size: Cell<u8>,
        pub dk_log2_index_bytes: Cell<u8>,
        /// `DICT_KEYS_*`.
        pub dk_kind: Cell<u8>,
        /// 0 until the specialiser asks for one, and again after any change.
        pub dk_version: Cell<u32>,
        pub dk_usable: Cell<Py_ssize_t>,
        pub dk_nentries: Cell<Py_ssize_t>,
        pub dk_indices: [Cell<u8>; 0],
    }

    /// An entry of a general key table.
    pub struct PyDictKeyEntry {
        pub me_hash: Cell<Py_hash_t>,
        pub me_key: Cell<*mut PyObject>,
        pub me_value: Cell<*mut PyObject>,
    }

    /// An entry of a key table whose keys are all exactly `str`: the hash is in the key.
    pub struct PyDictUnicodeEntry {
        pub me_key: Cell<*mut PyObject>,
        pub me_value: Cell<*mut PyObject>,
    }

    /// The values of a split table: `capacity` values, then `capacity` bytes with the order of insertion.
    pub struct PyDictValues {
        pub capacity: Cell<u8>,
        pub size: Cell<u8>,
        /// Non-zero when the values are part of the object they belong to.
        pub embedded: Cell<u8>,
        pub valid: Cell<u8>,
        pub values: [Cell<*mut PyObject>; 1],
    }

    /// What `keys()`, `values()` and `items()` return.
    pub struct _PyDictViewObject {
        pub ob_base: PyObject,
        pub dv_dict: Cell<*mut PyDictObject>,
    }
}

abi_sync!(PyDictKeysObject);

abi_consts! {
    pub const DKIX_EMPTY: Py_ssize_t = -1;
    pub const DKIX_DUMMY: Py_ssize_t = -2;
    pub const DKIX_ERROR: Py_ssize_t = -3;
    pub const DKIX_KEY_CHANGED: Py_ssize_t = -4;
    pub const DICT_KEYS_GENERAL: u8 = 0;
    pub const DICT_KEYS_UNICODE: u8 = 1;
    pub const DICT_KEYS_SPLIT: u8 = 2;
    pub const SHARED_KEYS_MAX_SIZE: Py_ssize_t = 30;
    pub const NEXT_LOG2_SHARED_KEYS_MAX_SIZE: c_int = 6;
    pub const DICT_MAX_WATCHERS: c_int = 8;
    pub const DICT_WATCHED_MUTATION_BITS: c_int = 4;
    pub const DICT_VERSION_INCREMENT: u64 = 1 << (DICT_MAX_WATCHERS + DICT_WATCHED_MUTATION_BITS);
    pub const DICT_WATCHER_MASK: u64 = (1 << DICT_MAX_WATCHERS) - 1;
    pub const DICT_WATCHER_AND_MODIFICATION_MASK: u64 = (1 << (DICT_MAX_WATCHERS + DICT_WATCHED_MUTATION_BITS)) - 1;
    pub const DICT_UNIQUE_ID_SHIFT: c_int = 32;
    pub const PyDict_EVENT_ADDED: c_int = 0;
    pub const PyDict_EVENT_MODIFIED: c_int = 1;
    pub const PyDict_EVENT_DELETED: c_int = 2;
    pub const PyDict_EVENT_CLONED: c_int = 3;
    pub const PyDict_EVENT_CLEARED: c_int = 4;
    pub const PyDict_EVENT_DEALLOCATED: c_int = 5;
}
