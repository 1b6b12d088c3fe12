//! The key table of a dictionary: an open-addressed index over a dense, insertion-ordered array.
//!
//! Invariants (as in CPython, whose C API shows the layout):
//! 1. `1 << dk_log2_size` slots; a slot holds an entry's index, [`EMPTY`] or [`DUMMY`]. At least a
//!    third of the slots is empty, so every probe sequence ends.
//! 2. Entries `0..dk_nentries` were used; a deleted one has a null key (split tables: a null value).
//! 3. In a unicode or split table all keys are exactly `str`, hashed.
//! 4. The table owns its keys, and (unless split) its values.

use std::ptr::NonNull;

use krait_abi as abi;

use crate::PyResult;
use crate::PyStr;
use crate::alloc;
use crate::err::no_memory;
use crate::object::PyObject;

/// A slot that was never used.
pub(crate) const EMPTY: isize = abi::DKIX_EMPTY;
/// A slot whose entry was deleted.
pub(crate) const DUMMY: isize = abi::DKIX_DUMMY;
/// The smallest table has 8 slots.
pub(crate) const LOG2_MIN: u8 = 3;
/// How many high bits of the hash each probe brings in.
const PERTURB_SHIFT: u32 = 5;

/// A handle on a live key table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys(NonNull<abi::PyDictKeysObject>);

/// The table of all empty dictionaries.
#[repr(C)]
struct EmptyTable {
    header: abi::PyDictKeysObject,
    indices: [u8; 8],
}

// SAFETY: never written: it has no room for an entry, and its count is left alone.
unsafe impl Sync for EmptyTable {}

static EMPTY_TABLE: EmptyTable = EmptyTable {
    header: abi::PyDictKeysObject {
        dk_refcnt: std::cell::Cell::new(1),
        dk_log2_size: std::cell::Cell::new(0),
        dk_log2_index_bytes: std::cell::Cell::new(3),
        dk_kind: std::cell::Cell::new(abi::DICT_KEYS_UNICODE),
        dk_version: std::cell::Cell::new(1),
        dk_usable: std::cell::Cell::new(0),
        dk_nentries: std::cell::Cell::new(0),
        dk_indices: [],
    },
    indices: [0xFF; 8],
};

/// How many entries a table of `1 << log2` slots takes.
#[inline]
pub(crate) const fn usable_for(log2: u8) -> isize {
    ((1_isize << log2) << 1) / 3
}

/// The smallest table that has at least `min_slots` slots, as a logarithm.
#[inline]
pub(crate) fn log2_for_slots(min_slots: usize) -> u8 {
    let slots = min_slots.max(1 << LOG2_MIN).next_power_of_two();
    slots.trailing_zeros() as u8
}

/// The smallest table that takes `entries` entries, as a logarithm.
#[inline]
pub(crate) fn log2_for_entries(entries: usize) -> u8 {
    log2_for_slots((entries * 3).div_ceil(2))
}

/// What a lookup of an exact `str` or by identity found.
pub(crate) enum Probe {
    /// The entry's index.
    Found(isize),
    /// There is none.
    Absent,
    /// An entry with the same hash and another key, to be compared in Python: (entry, next probe state).
    Compare(isize, ProbeState),
}

/// Where a probe sequence stands.
#[derive(Clone, Copy)]
pub(crate) struct ProbeState {
    slot: usize,
    perturb: usize,
}

impl Keys {
    /// The table of an empty dictionary.
    pub(crate) fn empty() -> Keys {
        Keys(NonNull::from(&EMPTY_TABLE.header))
    }

    /// Whether this is the shared empty table.
    #[inline]
    pub(crate) fn is_empty_table(self) -> bool {
        self == Keys::empty()
    }

    /// A handle from a dictionary's field.
    ///
    /// # Safety
    /// `ptr` must be a live key table that stays alive while the handle is used.
    #[inline(always)]
    pub(crate) unsafe fn from_ptr(ptr: *mut abi::PyDictKeysObject) -> Keys {
        // SAFETY: the caller's contract.
        Keys(unsafe { NonNull::new_unchecked(ptr) })
    }

    /// The table as the dictionary's field holds it.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut abi::PyDictKeysObject {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub(crate) fn header<'a>(self) -> &'a abi::PyDictKeysObject {
        // SAFETY: a handle is on a live table (see `from_ptr`).
        unsafe { &*self.0.as_ptr() }
    }

    /// A new table without entries and with one reference.
    pub(crate) fn new(log2_size: u8, kind: u8) -> PyResult<Keys> {
        let usable = usable_for(log2_size);
        let log2_index_bytes = log2_size
            + match log2_size {
                0..8 => 0,
                8..16 => 1,
                16..32 => 2,
                _ => 3,
            };
        let entry_size = entry_size(kind);
        let index_bytes = 1_usize << log2_index_bytes;
        let size = (usable as usize)
            .checked_mul(entry_size)
            .and_then(|entries| {
                entries.checked_add(size_of::<abi::PyDictKeysObject>() + index_bytes)
            })
            .ok_or_else(no_memory)?;
        let block = NonNull::new(alloc::allocate(size).cast::<abi::PyDictKeysObject>())
            .ok_or_else(no_memory)?;
        // SAFETY: the block holds the header, the indices and the entries; the header is plain data.
        unsafe {
            block.write(abi::PyDictKeysObject {
                dk_refcnt: std::cell::Cell::new(1),
                dk_log2_size: std::cell::Cell::new(log2_size),
                dk_log2_index_bytes: std::cell::Cell::new(log2_index_bytes),
                dk_kind: std::cell::Cell::new(kind),
                dk_version: std::cell::Cell::new(0),
                dk_usable: std::cell::Cell::new(usable),
                dk_nentries: std::cell::Cell::new(0),
                dk_indices: [],
            });
            let indices = block.as_ptr().add(1).cast::<u8>();
            indices.write_bytes(0xFF, index_bytes);
            indices
                .add(index_bytes)
                .write_bytes(0, usable as usize * entry_size);
        }
        Ok(Keys(block))
    }

    /// Frees the block alone; the entries have been given away.
    ///
    /// # Safety
    /// Nothing may use the table any more.
    pub(crate) unsafe fn free_block(self) {
        if !self.is_empty_table() {
            // SAFETY: allocated by `new`.
            unsafe { alloc::free(self.as_ptr().cast()) };
        }
    }

    /// Adds a reference (shared keys).
    pub(crate) fn incref(self) {
        if !self.is_empty_table() {
            self.header().dk_refcnt.update(|count| count + 1);
        }
    }

    /// Drops a reference, and with the last one the keys and values.
    ///
    /// # Safety
    /// The caller gives its reference up.
    pub(crate) unsafe fn decref(self) {
        if self.is_empty_table() {
            return;
        }
        let count = self.header().dk_refcnt.get() - 1;
        self.header().dk_refcnt.set(count);
        if count > 0 {
            return;
        }
        for index in 0..self.nentries() {
            let (key, value) = (self.key_ptr(index), self.value_ptr(index));
            // SAFETY: invariant 4; each is given up once.
            unsafe {
                if !key.is_null() {
                    crate::object::decref(key);
                }
                if !value.is_null() {
                    crate::object::decref(value);
                }
            }
        }
        // SAFETY: that was the last reference.
        unsafe { self.free_block() };
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> u8 {
        self.header().dk_kind.get()
    }

    /// Whether all keys are exactly `str` (a unicode or split table).
    #[inline(always)]
    pub(crate) fn is_unicode(self) -> bool {
        self.kind() != abi::DICT_KEYS_GENERAL
    }

    #[inline(always)]
    pub(crate) fn nentries(self) -> isize {
        self.header().dk_nentries.get()
    }

    #[inline(always)]
    pub(crate) fn usable(self) -> isize {
        self.header().dk_usable.get()
    }

    #[inline(always)]
    pub(crate) fn mask(self) -> usize {
        (1_usize << self.header().dk_log2_size.get()) - 1
    }

    #[inline(always)]
    fn indices(self) -> *mut u8 {
        // SAFETY: the indices follow the header in the same block.
        unsafe { self.as_ptr().add(1).cast() }
    }

    #[inline(always)]
    fn entries(self) -> *mut u8 {
        // SAFETY: the entries follow the indices in the same block.
        unsafe {
            self.indices()
                .add(1 << self.header().dk_log2_index_bytes.get())
        }
    }

    /// The general entry at `index`.
    #[inline(always)]
    fn general<'a>(self, index: isize) -> &'a abi::PyDictKeyEntry {
        debug_assert!(self.kind() == abi::DICT_KEYS_GENERAL);
        // SAFETY: callers pass indices below the table's capacity; entries are zeroed at first.
        unsafe { &*self.entries().cast::<abi::PyDictKeyEntry>().offset(index) }
    }

    /// The unicode entry at `index`.
    #[inline(always)]
    fn unicode<'a>(self, index: isize) -> &'a abi::PyDictUnicodeEntry {
        debug_assert!(self.is_unicode());
        // SAFETY: as in `general`.
        unsafe {
            &*self
                .entries()
                .cast::<abi::PyDictUnicodeEntry>()
                .offset(index)
        }
    }

    /// The key at `index`; null if deleted.
    #[inline(always)]
    pub(crate) fn key_ptr(self, index: isize) -> *mut abi::PyObject {
        if self.is_unicode() {
            self.unicode(index).me_key.get()
        } else {
            self.general(index).me_key.get()
        }
    }

    /// The value at `index` of a table that is not split; null if deleted.
    #[inline(always)]
    pub(crate) fn value_ptr(self, index: isize) -> *mut abi::PyObject {
        if self.is_unicode() {
            self.unicode(index).me_value.get()
        } else {
            self.general(index).me_value.get()
        }
    }

    /// Puts a value in place and returns the old pointer; the counts are the caller's.
    #[inline(always)]
    pub(crate) fn replace_value(
        self,
        index: isize,
        value: *mut abi::PyObject,
    ) -> *mut abi::PyObject {
        if self.is_unicode() {
            self.unicode(index).me_value.replace(value)
        } else {
            self.general(index).me_value.replace(value)
        }
    }

    /// The hash of the key at `index`.
    #[inline(always)]
    pub(crate) fn hash_at(self, index: isize) -> isize {
        if self.is_unicode() {
            // SAFETY: invariant 3: the key is a `str` with its hash computed.
            unsafe {
                PyObject::from_ptr(self.unicode(index).me_key.get()).downcast_unchecked::<PyStr>()
            }
            .cached_hash()
        } else {
            self.general(index).me_hash.get()
        }
    }

    /// Empties the entry at `index` and returns key and value, whose counts the caller takes over.
    pub(crate) fn clear_entry(self, index: isize) -> (*mut abi::PyObject, *mut abi::PyObject) {
        let null = std::ptr::null_mut();
        if self.is_unicode() {
            let entry = self.unicode(index);
            (entry.me_key.replace(null), entry.me_value.replace(null))
        } else {
            let entry = self.general(index);
            entry.me_hash.set(0);
            (entry.me_key.replace(null), entry.me_value.replace(null))
        }
    }

    /// What the slot holds: an entry's index, [`EMPTY`] or [`DUMMY`].
    #[inline(always)]
    fn slot(self, slot: usize) -> isize {
        let log2_size = self.header().dk_log2_size.get();
        let indices = self.indices();
        // SAFETY: `slot` is masked to the table's size; the width follows from the size.
        unsafe {
            match log2_size {
                0..8 => isize::from(*indices.cast::<i8>().add(slot)),
                8..16 => isize::from(*indices.cast::<i16>().add(slot)),
                16..32 => *indices.cast::<i32>().add(slot) as isize,
                _ => *indices.cast::<i64>().add(slot) as isize,
            }
        }
    }

    #[inline(always)]
    fn set_slot(self, slot: usize, index: isize) {
        let log2_size = self.header().dk_log2_size.get();
        let indices = self.indices();
        // SAFETY: as in `slot`; the index fits the width because entries are fewer than slots.
        unsafe {
            match log2_size {
                0..8 => *indices.cast::<i8>().add(slot) = index as i8,
                8..16 => *indices.cast::<i16>().add(slot) = index as i16,
                16..32 => *indices.cast::<i32>().add(slot) = index as i32,
                _ => *indices.cast::<i64>().add(slot) = index as i64,
            }
        }
    }

    #[inline(always)]
    fn advance(self, state: ProbeState) -> ProbeState {
        let perturb = state.perturb >> PERTURB_SHIFT;
        let slot = state
            .slot
            .wrapping_mul(5)
            .wrapping_add(perturb)
            .wrapping_add(1);
        ProbeState {
            slot: slot & self.mask(),
            perturb,
        }
    }

    #[inline(always)]
    pub(crate) fn start(self, hash: isize) -> ProbeState {
        ProbeState {
            slot: hash as usize & self.mask(),
            perturb: hash as usize,
        }
    }

    /// Looks an exact `str` up in a table of exact `str`s: no Python code runs.
    #[inline]
    pub(crate) fn find_str(self, key: &PyStr, hash: isize) -> Option<isize> {
        debug_assert!(self.is_unicode());
        let mut state = self.start(hash);
        loop {
            let index = self.slot(state.slot);
            if index >= 0 {
                let other = self.unicode(index).me_key.get();
                if std::ptr::eq(other, key.as_ptr()) {
                    return Some(index);
                }
                // SAFETY: invariant 3; a live slot's entry has a key.
                let other = unsafe { PyObject::from_ptr(other).downcast_unchecked::<PyStr>() };
                if other.cached_hash() == hash && other.same_text(key) {
                    return Some(index);
                }
            } else if index == EMPTY {
                return None;
            }
            state = self.advance(state);
        }
    }

    /// Looks a key up in any table, as far as that goes without Python code.
    #[inline]
    pub(crate) fn probe(self, key: &PyObject, hash: isize, mut state: ProbeState) -> Probe {
        let text = key.downcast_exact::<PyStr>();
        loop {
            let index = self.slot(state.slot);
            if index >= 0 {
                let other = self.key_ptr(index);
                if std::ptr::eq(other, key.as_ptr()) {
                    return Probe::Found(index);
                }
                if self.hash_at(index) == hash {
                    // SAFETY: a live slot's entry has a key, which the table keeps alive.
                    let other = unsafe { PyObject::from_ptr(other) };
                    match (text, other.downcast_exact::<PyStr>()) {
                        (Some(text), Some(other)) => {
                            if other.same_text(text) {
                                return Probe::Found(index);
                            }
                        }
                        _ => return Probe::Compare(index, self.advance(state)),
                    }
                }
            } else if index == EMPTY {
                return Probe::Absent;
            }
            state = self.advance(state);
        }
    }

    /// The slot that refers to entry `index`, whose key has this hash.
    pub(crate) fn slot_of_entry(self, hash: isize, index: isize) -> usize {
        let mut state = self.start(hash);
        while self.slot(state.slot) != index {
            state = self.advance(state);
        }
        state.slot
    }

    /// Marks the slot of a deleted entry.
    pub(crate) fn mark_deleted(self, hash: isize, index: isize) {
        self.set_slot(self.slot_of_entry(hash, index), DUMMY);
    }

    /// Appends an entry; the counts of key and value are handed over.
    ///
    /// The key must not be in the table, and there must be room (`usable() > 0`).
    #[inline]
    pub(crate) fn append(
        self,
        key: *mut abi::PyObject,
        hash: isize,
        value: *mut abi::PyObject,
    ) -> isize {
        debug_assert!(self.usable() > 0);
        let mut state = self.start(hash);
        while self.slot(state.slot) >= 0 {
            state = self.advance(state);
        }
        let index = self.nentries();
        self.set_slot(state.slot, index);
        if self.is_unicode() {
            let entry = self.unicode(index);
            entry.me_key.set(key);
            entry.me_value.set(value);
        } else {
            let entry = self.general(index);
            entry.me_hash.set(hash);
            entry.me_key.set(key);
            entry.me_value.set(value);
        }
        self.header().dk_nentries.set(index + 1);
        self.header().dk_usable.update(|usable| usable - 1);
        index
    }

    /// Bytes that the table takes, as `sys.getsizeof` counts them.
    pub(crate) fn size_in_bytes(self) -> usize {
        let entries = usable_for(self.header().dk_log2_size.get()) as usize;
        size_of::<abi::PyDictKeysObject>()
            + (1 << self.header().dk_log2_index_bytes.get())
            + entries * entry_size(self.kind())
    }

    /// The version for inline caches, given now if there is none; 0 if the supply has run out.
    pub(crate) fn version(self) -> u32 {
        let version = self.header().dk_version.get();
        if version != 0 {
            return version;
        }
        let interp = crate::Interpreter::current();
        let next = interp.next_keys_version.get();
        if next == u32::MAX {
            return 0;
        }
        // 1 is the empty table's.
        let given = next.max(2);
        interp.next_keys_version.set(given + 1);
        self.header().dk_version.set(given);
        given
    }

    /// Takes the version away after a change to the keys.
    #[inline(always)]
    pub(crate) fn touch(self) {
        self.header().dk_version.set(0);
    }
}

const fn entry_size(kind: u8) -> usize {
    if kind == abi::DICT_KEYS_GENERAL {
        size_of::<abi::PyDictKeyEntry>()
    } else {
        size_of::<abi::PyDictUnicodeEntry>()
    }
}
