//! The specialiser: rewrites an adaptive instruction into the form that fits what it has just met,
//! with its evidence in the inline cache (PEP 659).
//!
//! Invariant: a specialised instruction with its caches may rely only on what it checks itself, or
//! on what cannot change while the versions that it checks stay the same.

mod attr;
mod call;
mod operators;

pub(crate) use attr::{load_attr, load_super_attr, store_attr};
pub(crate) use call::{Known, call, call_kw, init_shim, install, is_builtin, push_init_shim};
pub(crate) use operators::{
    Extended, binary_op, compare_op, contains_op, extend, for_iter, is_exact_set, send,
    store_subscr, to_bool, unpack_sequence,
};

use std::cell::Cell;

use krait_abi as abi;
use krait_bytecode::op;
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::list::PyListIter;
use krait_runtime::range::PyRangeIter;
use krait_runtime::state::{Interpreter, Specialization};
use krait_runtime::tuple::PyTupleIter;
use krait_runtime::{PyDict, PyObject, PyStr, PyType};

use crate::eval::machine::Unit;

/// An instruction that is being specialised.
#[derive(Clone, Copy)]
pub(crate) struct Site(*mut Unit);

impl Site {
    /// The instruction at `ip`, which has inline caches.
    pub(crate) fn new(ip: *mut Unit) -> Site {
        Site(ip)
    }

    fn unit(&self, index: usize) -> &Unit {
        // SAFETY: the instruction and its caches are within the code being run.
        unsafe { &*self.0.add(index) }
    }

    /// Sets a cache entry.
    pub(crate) fn set(&self, index: usize, value: u16) {
        self.unit(1 + index).cache.set(value);
    }

    /// Sets two cache entries.
    pub(crate) fn set32(&self, index: usize, value: u32) {
        self.set(index, value as u16);
        self.set(index + 1, (value >> 16) as u16);
    }

    /// Sets four cache entries.
    pub(crate) fn set64(&self, index: usize, value: u64) {
        self.set32(index, value as u32);
        self.set32(index + 2, (value >> 32) as u32);
    }

    /// Becomes `opcode`, which gets some time before its misses count.
    pub(crate) fn become_(&self, opcode: u8) {
        let instruction = self.unit(0);
        instruction
            .cache
            .set(u16::from_le_bytes([opcode, instruction.arg()]));
        // Never 0: the general form must get its turn after a miss.
        let misses = if is_eager() {
            1
        } else {
            abi::ADAPTIVE_COOLDOWN_VALUE
        };
        self.set(
            0,
            misses << abi::BACKOFF_BITS | abi::ADAPTIVE_COOLDOWN_BACKOFF,
        );
    }

    /// Stays as it is, to be tried again after a time that doubles with each failure.
    pub(crate) fn fail(&self) {
        let instruction = self.unit(0);
        let base = krait_bytecode::opcode::DEOPT[usize::from(instruction.code())];
        instruction
            .cache
            .set(u16::from_le_bytes([base, instruction.arg()]));
        let backoff = self.unit(1).cache.get() & ((1 << abi::BACKOFF_BITS) - 1);
        let backoff = if is_eager() {
            1
        } else {
            (backoff + 1).min(abi::MAX_BACKOFF)
        };
        self.set(0, ((1 << backoff) - 1) << abi::BACKOFF_BITS | backoff);
    }

    /// `become_` if there is an opcode, `fail` otherwise.
    pub(crate) fn decide(&self, opcode: Option<u8>) {
        match opcode {
            Some(opcode) => self.become_(opcode),
            None => self.fail(),
        }
    }
}

/// Whether no counter is to make an instruction wait.
fn is_eager() -> bool {
    Interpreter::current().specialization.get() == Specialization::Eager
}

/// The inline values of an instance.
///
/// # Safety
/// The object's class has `INLINE_VALUES`.
#[inline(always)]
pub(crate) unsafe fn inline_values(object: &PyObject) -> &abi::PyDictValues {
    let size = object.type_().raw().tp_basicsize.get();
    // SAFETY: the caller's contract: the values follow the object.
    unsafe { &*object.as_ptr().byte_offset(size).cast() }
}

/// The managed dictionary of an instance, if it has been made.
///
/// # Safety
/// The object's class has `MANAGED_DICT`.
#[inline(always)]
pub(crate) unsafe fn managed_dict(object: &PyObject) -> Option<&abi::PyDictObject> {
    // SAFETY: the caller's contract: the word three before the object is the dictionary or null.
    unsafe {
        (*object
            .as_ptr()
            .cast::<*const abi::PyDictObject>()
            .offset(-3))
        .as_ref()
    }
}

/// An entry of a key table of strings.
///
/// # Safety
/// The table is a unicode one with more than `index` entries.
#[inline(always)]
pub(crate) unsafe fn unicode_entry(
    keys: &abi::PyDictKeysObject,
    index: usize,
) -> *const abi::PyDictUnicodeEntry {
    // SAFETY: the entries follow the indices, which follow the header.
    unsafe {
        std::ptr::from_ref(keys)
            .add(1)
            .byte_add(1 << keys.dk_log2_index_bytes.get())
            .cast::<abi::PyDictUnicodeEntry>()
            .add(index)
    }
}

/// The version of the keys that instances of a class share, as it is; 0 if there is none.
#[inline(always)]
pub(crate) fn cached_keys_version(class: &PyType) -> u32 {
    class.heap().map_or(0, |heap| {
        // SAFETY: a class keeps its shared keys.
        unsafe { heap.ht_cached_keys.get().as_ref() }.map_or(0, |keys| keys.dk_version.get())
    })
}

/// Notes that one of an instance's values was set for the first time.
///
/// # Safety
/// `slot` is one of the values.
#[inline(always)]
pub(crate) unsafe fn note_inserted(
    values: &abi::PyDictValues,
    slot: *mut Cell<*mut abi::PyObject>,
) {
    // SAFETY: the order of insertion follows the values: a byte for each.
    unsafe {
        let first = values.values.as_ptr().cast_mut();
        let index = slot.offset_from(first) as u8;
        let size = usize::from(values.size.get());
        let order = first.add(usize::from(values.capacity.get())).cast::<u8>();
        *order.add(size) = index;
        values.size.set(size as u8 + 1);
    }
}

/// Specialises `LOAD_GLOBAL`.
#[inline(never)]
pub(crate) fn load_global(frame: &Frame, ip: *mut Unit, name: &PyStr) {
    let site = Site::new(ip);
    site.decide(specialize_global(frame, site, name));
}

fn small_version(version: u32) -> Option<u16> {
    u16::try_from(version).ok().filter(|version| *version != 0)
}

/// Whether all keys of the dictionary are strings, in a table of its own.
fn has_unicode_keys(dict: &PyDict) -> bool {
    // SAFETY: a dictionary has a key table.
    unsafe {
        let raw = &*dict.as_ptr().cast::<abi::PyDictObject>();
        raw.ma_values.get().is_null()
            && (*raw.ma_keys.get()).dk_kind.get() == abi::DICT_KEYS_UNICODE
    }
}

fn specialize_global(frame: &Frame, site: Site, name: &PyStr) -> Option<u8> {
    let globals = frame.globals().downcast_exact::<PyDict>()?;
    if !has_unicode_keys(globals) {
        return None;
    }
    if let Some(index) = globals.index_of_str(name) {
        site.set(1, small_version(globals.keys_version())?);
        site.set(3, u16::try_from(index).ok()?);
        return Some(op::LOAD_GLOBAL_MODULE);
    }
    let builtins = frame.builtins().downcast_exact::<PyDict>()?;
    if !has_unicode_keys(builtins) {
        return None;
    }
    let index = builtins.index_of_str(name)?;
    site.set(1, small_version(globals.keys_version())?);
    site.set(2, small_version(builtins.keys_version())?);
    site.set(3, u16::try_from(index).ok()?);
    Some(op::LOAD_GLOBAL_BUILTIN)
}

/// The next item of a list's iterator: `None` if it is no such, `Some(None)` at the end.
#[inline(always)]
pub(crate) fn next_of_list(iterator: &PyObject) -> Option<Option<StackRef>> {
    let iterator = iterator.downcast_exact::<PyListIter>()?;
    Some(iterator.next_item().map(StackRef::from_obj))
}

/// The next item of a tuple's iterator, as [`next_of_list`].
#[inline(always)]
pub(crate) fn next_of_tuple(iterator: &PyObject) -> Option<Option<StackRef>> {
    let iterator = iterator.downcast_exact::<PyTupleIter>()?;
    Some(iterator.next_item().map(StackRef::from_obj))
}

/// The next value of a range's iterator, as [`next_of_list`].
#[inline(always)]
pub(crate) fn next_of_range(iterator: &PyObject) -> Option<Option<i64>> {
    Some(iterator.downcast_exact::<PyRangeIter>()?.next_value())
}
