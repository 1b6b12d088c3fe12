//! `set` and `frozenset`: CPython's open-addressed table of hashed references.
//!
//! Invariants:
//! 1. `table` has `mask + 1` entries (a power of two): null keys are free, the dummy marks deleted
//!    ones; `fill` counts both used and dummy entries, and at least two fifths stay free.
//! 2. Whatever may run Python code is done with the table consistent, and the table is looked at
//!    anew afterwards.

mod algebra;
mod methods;

pub use methods::PySetIter;

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyLong, PyResult, PyStr, PyType, alloc};

/// set(iterable=(), /)
///
/// An unordered collection of unique elements.
#[pyclass(
    name = "set",
    symbol = PySet_Type,
    flags(BASETYPE, GC, MATCH_SELF),
    methods(COMMON, MUTABLE),
    weaklist_offset = std::mem::offset_of!(abi::PySetObject, weakreflist),
    layout = manual
)]
#[repr(transparent)]
pub struct PySet(pub(crate) abi::PySetObject);

/// frozenset(iterable=(), /)
///
/// An immutable unordered collection of unique elements.
#[pyclass(
    name = "frozenset",
    symbol = PyFrozenSet_Type,
    flags(BASETYPE, GC, MATCH_SELF),
    methods(COMMON, FROZEN),
    weaklist_offset = std::mem::offset_of!(abi::PySetObject, weakreflist),
    layout = manual
)]
#[repr(transparent)]
pub struct PyFrozenSet(pub(crate) abi::PySetObject);

/// The table that both classes have; `&SetTable` is a `set` or a `frozenset`.
#[repr(transparent)]
pub struct SetTable(abi::PySetObject);

impl PySet {
    /// The table.
    #[inline(always)]
    pub fn table(&self) -> &SetTable {
        // SAFETY: both are transparent over the C struct.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// A set of the items of any iterable.
    pub fn from_iterable(iterable: &PyObject) -> PyResult<Py<PySet>> {
        let set = Self::new()?;
        set.table().update(iterable)?;
        Ok(set)
    }

    /// An empty set.
    pub fn new() -> PyResult<Py<PySet>> {
        let object = SetTable::allocate(PySet::type_object())?;
        // SAFETY: made as an instance of `set`.
        Ok(unsafe { object.cast_unchecked() })
    }
}

impl PyFrozenSet {
    /// The table.
    #[inline(always)]
    pub fn table(&self) -> &SetTable {
        // SAFETY: both are transparent over the C struct.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    fn new_empty() -> PyResult<Py<PyFrozenSet>> {
        let object = SetTable::allocate(PyFrozenSet::type_object())?;
        // SAFETY: made as an instance of `frozenset`.
        Ok(unsafe { object.cast_unchecked() })
    }

    /// A frozenset of the items of any iterable.
    pub fn from_iterable(iterable: &PyObject) -> PyResult<Py<PyFrozenSet>> {
        let set = Self::new_empty()?;
        set.table().update(iterable)?;
        Ok(set)
    }

    /// A frozenset of the given items.
    pub fn from_vec(items: Vec<Obj>) -> PyResult<Py<PyFrozenSet>> {
        let set = Self::new_empty()?;
        for item in &items {
            set.table().add(item)?;
        }
        Ok(set)
    }
}

/// How far a probe looks in the neighbourhood before it jumps.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const SMALL: usize = abi::PySet_MINSIZE;

/// What messages call an item.
const SET_ELEMENT: &str = "a set element";

/// Where a deleted entry's key points: an address that no object has.
fn dummy() -> *mut abi::PyObject {
    static DUMMY: u64 = 0;
    (&raw const DUMMY).cast_mut().cast()
}

/// A table that a set had, whose keys' counts are for whoever has it now.
enum OldTable {
    Small([abi::setentry; SMALL]),
    Block(*mut abi::setentry, usize),
}

impl OldTable {
    fn entries(&self) -> &[abi::setentry] {
        match self {
            OldTable::Small(entries) => entries,
            // SAFETY: a block of that many entries, which nobody else points at any more.
            OldTable::Block(first, len) => unsafe { std::slice::from_raw_parts(*first, *len) },
        }
    }
}

impl Drop for OldTable {
    fn drop(&mut self) {
        if let OldTable::Block(first, _) = self {
            // SAFETY: as above; the block came from the allocator.
            unsafe { alloc::free(first.cast()) };
        }
    }
}

/// The place of a key.
enum Place {
    Found(usize),
    /// Not there; the entry where it may be put.
    Free(usize),
}

/// What a comparison says of two keys with the same hash.
enum Match {
    Same,
    Other,
    /// Python code may have run: the table must be looked at anew.
    Unknown(bool),
}

/// Where the neighbourhood ends that a probe at `at` looks at.
#[inline(always)]
fn probe_end(at: usize, mask: usize) -> usize {
    if at + LINEAR_PROBES <= mask {
        at + LINEAR_PROBES + 1
    } else {
        at + 1
    }
}

impl SetTable {
    /// The set that the table belongs to.
    #[inline(always)]
    pub fn object(&self) -> &PyObject {
        // SAFETY: the table is the object.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// The table of a set or frozenset.
    pub fn of(object: &PyObject) -> Option<&SetTable> {
        if let Some(set) = object.downcast::<PySet>() {
            return Some(set.table());
        }
        object.downcast::<PyFrozenSet>().map(PyFrozenSet::table)
    }

    /// An empty instance of `set`, `frozenset` or a subclass.
    pub fn allocate(class: &PyType) -> PyResult<Obj> {
        let object = class.alloc(0)?;
        // SAFETY: an instance of a class laid out on the set's struct, all fields zero.
        let this: &SetTable = unsafe { &*object.as_ptr().cast() };
        this.0.mask.set(SMALL as isize - 1);
        this.0.table.set(this.0.smalltable.as_ptr().cast_mut());
        this.0.hash.set(-1);
        Ok(object)
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.used.get() as usize
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn mask(&self) -> usize {
        self.0.mask.get() as usize
    }

    /// The entry at `index`.
    #[inline(always)]
    fn entry(&self, index: usize) -> &abi::setentry {
        debug_assert!(index <= self.mask());
        // SAFETY: invariant 1.
        unsafe { &*self.0.table.get().add(index) }
    }

    /// The key at `index`, if one is there.
    fn key_at(&self, index: usize) -> Option<&PyObject> {
        let key = self.entry(index).key.get();
        // SAFETY: neither free nor deleted: a live object that the set keeps.
        (!key.is_null() && key != dummy()).then(|| unsafe { PyObject::from_ptr(key) })
    }

    /// Finds a key, or where to put it.
    fn find(&self, key: &PyObject, hash: isize) -> PyResult<Place> {
        'restart: loop {
            let (table, mask) = (self.0.table.get(), self.mask());
            let (mut at, mut perturb) = (hash as usize & mask, hash as usize);
            let mut free = None;
            loop {
                let mut next = at;
                let end = probe_end(at, mask);
                while next < end {
                    let index = next;
                    next += 1;
                    let entry = self.entry(index);
                    let found = entry.key.get();
                    // No key has the hash of a deleted one.
                    if entry.hash.get() == hash && !found.is_null() {
                        if std::ptr::eq(found, key.as_ptr()) {
                            return Ok(Place::Found(index));
                        }
                        match self.same_key(found, key)? {
                            Match::Same => return Ok(Place::Found(index)),
                            Match::Other => {}
                            Match::Unknown(equal) => {
                                let changed = self.0.table.get() != table
                                    || self.mask() != mask
                                    || self.entry(index).key.get() != found
                                    || free.is_some_and(|free: usize| {
                                        self.entry(free).key.get() != dummy()
                                    });
                                if changed {
                                    continue 'restart;
                                }
                                if equal {
                                    return Ok(Place::Found(index));
                                }
                            }
                        }
                    } else if found.is_null() {
                        return Ok(Place::Free(free.unwrap_or(index)));
                    } else if found == dummy() {
                        free.get_or_insert(index);
                    }
                }
                perturb >>= PERTURB_SHIFT;
                at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
            }
        }
    }

    /// Compares the key of a live entry with another of the same hash.
    #[inline]
    fn same_key(&self, found: *mut abi::PyObject, key: &PyObject) -> PyResult<Match> {
        // SAFETY: a live entry; no Python code runs in this function before it has its own count.
        let candidate = unsafe { PyObject::from_ptr(found) };
        if let (Some(left), Some(right)) = (
            candidate.downcast_exact::<PyStr>(),
            key.downcast_exact::<PyStr>(),
        ) {
            return Ok(if left.same_text(right) {
                Match::Same
            } else {
                Match::Other
            });
        }
        if let (Some(left), Some(right)) = (
            candidate.downcast_exact::<PyLong>(),
            key.downcast_exact::<PyLong>(),
        ) && left.is_compact()
            && right.is_compact()
        {
            return Ok(if left.compact_value() == right.compact_value() {
                Match::Same
            } else {
                Match::Other
            });
        }
        Ok(Match::Unknown(candidate.to_obj().eq(key)?))
    }

    /// Whether the key is there.
    pub fn contains_hash(&self, key: &PyObject, hash: isize) -> PyResult<bool> {
        Ok(matches!(self.find(key, hash)?, Place::Found(_)))
    }

    /// Adds a key; whether it is new.
    pub fn add(&self, key: &PyObject) -> PyResult<bool> {
        let hash = key.hash_for(SET_ELEMENT)?;
        self.add_hash(key, hash)
    }

    /// Adds a key whose hash is known; whether it is new.
    pub fn add_hash(&self, key: &PyObject, hash: isize) -> PyResult<bool> {
        let Place::Free(index) = self.find(key, hash)? else {
            return Ok(false);
        };
        let entry = self.entry(index);
        if entry.key.get().is_null() {
            self.0.fill.update(|fill| fill + 1);
        }
        entry.key.set(key.to_obj().into_ptr());
        entry.hash.set(hash);
        self.0.used.update(|used| used + 1);
        if self.0.fill.get() as usize * 5 >= self.mask() * 3 {
            let used = self.len();
            self.resize(if used > 50_000 { used * 2 } else { used * 4 })?;
        }
        Ok(true)
    }

    /// Removes a key; whether it was there.
    pub fn discard_hash(&self, key: &PyObject, hash: isize) -> PyResult<bool> {
        match self.find(key, hash)? {
            Place::Free(_) => Ok(false),
            Place::Found(index) => {
                drop(self.take_at(index));
                Ok(true)
            }
        }
    }

    /// Takes the key out of an entry that has one.
    fn take_at(&self, index: usize) -> Option<Obj> {
        let entry = self.entry(index);
        let key = self.key_at(index)?.as_ptr();
        entry.key.set(dummy());
        entry.hash.set(-1);
        self.0.used.update(|used| used - 1);
        // SAFETY: the set's count is handed on.
        Some(unsafe { Py::from_owned_ptr(key) })
    }

    /// Moves all keys into a table of more than `min_used` entries.
    fn resize(&self, min_used: usize) -> PyResult<()> {
        let size = (min_used + 1).next_power_of_two().max(SMALL);
        let small = self.0.smalltable.as_ptr().cast_mut();
        let new = if size == SMALL {
            small
        } else {
            let bytes = size
                .checked_mul(size_of::<abi::setentry>())
                .ok_or_else(no_memory)?;
            let block = alloc::allocate(bytes);
            if block.is_null() {
                return Err(no_memory());
            }
            block.cast()
        };
        let used = self.0.used.get();
        let old = self.take_table(new, size);
        for entry in old.entries() {
            let (key, hash) = (entry.key.get(), entry.hash.get());
            if !key.is_null() && key != dummy() {
                let place = self.entry(self.free_index(hash));
                place.key.set(key);
                place.hash.set(hash);
            }
        }
        self.0.fill.set(used);
        self.0.used.set(used);
        Ok(())
    }

    /// Puts an empty table in place of the set's and gives the old one.
    fn take_table(&self, new: *mut abi::setentry, size: usize) -> OldTable {
        let (old, len) = (self.0.table.get(), self.mask() + 1);
        let small = self.0.smalltable.as_ptr().cast_mut();
        let old = if std::ptr::eq(old, small) {
            // SAFETY: entries are plain words, of which the small table has `SMALL`.
            OldTable::Small(unsafe { small.cast::<[abi::setentry; SMALL]>().read() })
        } else {
            OldTable::Block(old, len)
        };
        // SAFETY: `size` entries that nobody else uses, or the small table, which was copied above.
        unsafe {
            new.cast::<u8>()
                .write_bytes(0, size * size_of::<abi::setentry>())
        };
        self.0.table.set(new);
        self.0.mask.set(size as isize - 1);
        self.0.fill.set(0);
        self.0.used.set(0);
        old
    }

    /// Adds a key that is not there to a table without dummies that has room for it.
    #[inline(always)]
    fn insert_clean(&self, key: Obj, hash: isize) {
        let place = self.entry(self.free_index(hash));
        place.key.set(key.into_ptr());
        place.hash.set(hash);
        self.0.fill.update(|fill| fill + 1);
        self.0.used.update(|used| used + 1);
    }

    /// Adds the keys of another set to this one, which is empty, without dummies and has room for them.
    fn fill_from(&self, other: &SetTable) {
        if self.mask() == other.mask() && other.0.fill.get() == other.0.used.get() {
            // The same size, and nothing was deleted: every key has the same place.
            for index in 0..=other.mask() {
                let (to, from) = (self.entry(index), other.entry(index));
                if let Some(key) = other.key_at(index) {
                    to.key.set(key.to_obj().into_ptr());
                    to.hash.set(from.hash.get());
                }
            }
            self.0.fill.set(other.0.fill.get());
            self.0.used.set(other.0.used.get());
            return;
        }
        for (key, hash) in other.keys() {
            self.insert_clean(key, hash);
        }
    }

    /// The first free entry for a hash in a table without dummies.
    #[inline(always)]
    fn free_index(&self, hash: isize) -> usize {
        let mask = self.mask();
        let (mut at, mut perturb) = (hash as usize & mask, hash as usize);
        loop {
            for index in at..probe_end(at, mask) {
                if self.entry(index).key.get().is_null() {
                    return index;
                }
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Removes all keys.
    pub fn clear(&self) {
        // What the keys' ends run sees an empty set.
        let old = self.take_table(self.0.smalltable.as_ptr().cast_mut(), SMALL);
        for entry in old.entries() {
            let key = entry.key.get();
            if !key.is_null() && key != dummy() {
                // SAFETY: the set's count, which the old table still has.
                unsafe { crate::object::decref(key) };
            }
        }
    }

    /// Lets go of all keys and of the table, which nobody will look at again.
    pub(crate) fn release(&self) {
        let table = self.0.table.get();
        let mut left = self.len();
        for index in 0..=self.mask() {
            if left == 0 {
                break;
            }
            let key = self.entry(index).key.get();
            if !key.is_null() && key != dummy() {
                left -= 1;
                // SAFETY: the set's count. What the key's end runs cannot reach the set any more.
                unsafe { crate::object::decref(key) };
            }
        }
        if !std::ptr::eq(table, self.0.smalltable.as_ptr()) {
            // SAFETY: the set's own block, which is not used again.
            unsafe { alloc::free(table.cast()) };
        }
    }

    /// The key at or after `position`, which moves behind it, with its hash.
    #[inline]
    pub fn next(&self, position: &mut usize) -> Option<(Obj, isize)> {
        while *position <= self.mask() {
            let index = *position;
            *position += 1;
            if let Some(key) = self.key_at(index) {
                return Some((key.to_obj(), self.entry(index).hash.get()));
            }
        }
        None
    }

    /// All keys with their hashes. A set that Python code changes meanwhile gives what is at the places
    /// that are not yet passed.
    #[inline]
    pub(super) fn keys(&self) -> impl Iterator<Item = (Obj, isize)> {
        let (len, mut given, mut position) = (self.len(), 0, 0);
        std::iter::from_fn(move || {
            // Most of a table is free: there is nothing to look for behind the last key.
            if given >= len && self.len() == len {
                return None;
            }
            given += 1;
            self.next(&mut position)
        })
    }

    /// Adds all items of an iterable.
    pub fn update(&self, iterable: &PyObject) -> PyResult<()> {
        if let Some(other) = SetTable::of(iterable) {
            if std::ptr::eq(self, other) {
                return Ok(());
            }
            if (self.0.fill.get() as usize + other.len()) * 5 >= self.mask() * 3 {
                self.resize((self.len() + other.len()) * 2)?;
            }
            if self.0.fill.get() == 0 {
                // Keys of a set are all different: there is nothing to compare.
                self.fill_from(other);
                return Ok(());
            }
            for (key, hash) in other.keys() {
                self.add_hash(&key, hash)?;
            }
            return Ok(());
        }
        if let Some(dict) = iterable.downcast_exact::<crate::PyDict>() {
            let mut position = 0;
            while let Some((key, _, hash)) = dict.next_hash(&mut position) {
                self.add_hash(&key, hash)?;
            }
            return Ok(());
        }
        for key in iterable.try_iter()? {
            self.add(&*key?)?;
        }
        Ok(())
    }

    /// Whether every item of this set is in `other`.
    pub fn is_subset(&self, other: &SetTable) -> PyResult<bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        for (key, hash) in self.keys() {
            if !other.contains_hash(&key, hash)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Bytes of the table beyond the object.
    fn extra_size(&self) -> usize {
        if std::ptr::eq(self.0.table.get(), self.0.smalltable.as_ptr()) {
            0
        } else {
            (self.mask() + 1) * size_of::<abi::setentry>()
        }
    }
}
