//! The table that ties `__dunder__` names to slots, and what follows from it in both directions.
//!
//! - A native class fills slots; each filled slot gives a wrapper descriptor in its dictionary.
//! - A class made in Python defines methods; each gives a slot function from `slots`, or the native
//!   function itself where the method is the wrapper descriptor of that very slot.
//!
//! Invariant: rows of one slot stand together, and a name's rows are in CPython's order, which
//! decides which of `nb_add` and `sq_concat` shows as `__add__`.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicBool, Ordering};

use krait_abi as abi;
use krait_abi::PyHeapTypeObject as Heap;

use super::PyType;
use super::slots::*;
use super::wrappers::*;
use crate::abstract_::hash_not_implemented;
use crate::cfunction::PyCFunction;
use crate::descr::PyWrapperDescr;
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyResult, PyStr};

/// A row of the table.
pub(crate) type SlotDef = abi::wrapperbase;

/// A row: name, place of the slot, Python-level slot function (or none), wrapper (or none), docs.
macro_rules! row {
    ($name:literal, $offset:expr, $function:expr, $wrapper:expr, $flags:expr, $doc:literal) => {
        SlotDef {
            name: $name.as_ptr(),
            offset: $offset as c_int,
            function: $function as *const () as *mut c_void,
            wrapper: $wrapper,
            doc: $doc.as_ptr(),
            flags: $flags,
            name_strobj: Cell::new(std::ptr::null_mut()),
        }
    };
}

/// The place of a slot in a heap type.
macro_rules! place {
    (tp $slot:ident) => {
        offset_of!(Heap, ht_type) + offset_of!(abi::PyTypeObject, $slot)
    };
    (am $slot:ident) => {
        offset_of!(Heap, as_async) + offset_of!(abi::PyAsyncMethods, $slot)
    };
    (nb $slot:ident) => {
        offset_of!(Heap, as_number) + offset_of!(abi::PyNumberMethods, $slot)
    };
    (mp $slot:ident) => {
        offset_of!(Heap, as_mapping) + offset_of!(abi::PyMappingMethods, $slot)
    };
    (sq $slot:ident) => {
        offset_of!(Heap, as_sequence) + offset_of!(abi::PySequenceMethods, $slot)
    };
    (bf $slot:ident) => {
        offset_of!(Heap, as_buffer) + offset_of!(abi::PyBufferProcs, $slot)
    };
}

/// No function, or no wrapper.
const NO_FUNCTION: *const () = std::ptr::null();

/// Builds the table: `kind slot: name, function, wrapper, doc;`.
macro_rules! table {
    ($( $kind:ident $slot:ident: $name:literal, $function:expr, $wrapper:expr, $doc:literal $(, $flags:expr)?; )+) => {
        [ $( row!($name, place!($kind $slot), $function, $wrapper, table!(@flags $($flags)?), $doc) ),+ ]
    };
    (@flags) => { 0 };
    (@flags $flags:expr) => { $flags };
}

/// A wrapper that takes keywords is stored under the type of those that do not; the flag tells.
const fn with_keywords(wrapper: abi::wrapperfunc_kwds) -> Option<abi::wrapperfunc> {
    // SAFETY: both are C function pointers; the flag in the row makes every caller convert back.
    Some(unsafe { std::mem::transmute::<abi::wrapperfunc_kwds, abi::wrapperfunc>(wrapper) })
}

const KEYWORDS: c_int = abi::PyWrapperFlag_KEYWORDS;

/// The number of rows.
const ROWS: usize = 94;

struct Table([SlotDef; ROWS]);

// SAFETY: the rows' only cells are the interned names, set once by the first thread to get ready.
unsafe impl Sync for Table {}

#[rustfmt::skip]
static TABLE: Table = Table(table! {
    tp tp_getattr: c"__getattribute__", NO_FUNCTION, None, c"";
    tp tp_getattr: c"__getattr__", NO_FUNCTION, None, c"";
    tp tp_setattr: c"__setattr__", NO_FUNCTION, None, c"";
    tp tp_setattr: c"__delattr__", NO_FUNCTION, None, c"";
    tp tp_repr: c"__repr__", slot_tp_repr, Some(wrap_unaryfunc), c"__repr__($self, /)\n--\n\nReturn repr(self).";
    tp tp_hash: c"__hash__", slot_tp_hash, Some(wrap_hashfunc), c"__hash__($self, /)\n--\n\nReturn hash(self).";
    tp tp_call: c"__call__", slot_tp_call, with_keywords(wrap_call), c"__call__($self, /, *args, **kwargs)\n--\n\nCall self as a function.", KEYWORDS;
    tp tp_str: c"__str__", slot_tp_str, Some(wrap_unaryfunc), c"__str__($self, /)\n--\n\nReturn str(self).";
    tp tp_getattro: c"__getattribute__", slot_tp_getattr_hook, Some(wrap_binaryfunc), c"__getattribute__($self, name, /)\n--\n\nReturn getattr(self, name).";
    tp tp_getattro: c"__getattr__", slot_tp_getattr_hook, None, c"__getattr__($self, name, /)\n--\n\nImplement getattr(self, name).";
    tp tp_setattro: c"__setattr__", slot_tp_setattro, Some(wrap_setattr), c"__setattr__($self, name, value, /)\n--\n\nImplement setattr(self, name, value).";
    tp tp_setattro: c"__delattr__", slot_tp_setattro, Some(wrap_delattr), c"__delattr__($self, name, /)\n--\n\nImplement delattr(self, name).";
    tp tp_richcompare: c"__lt__", slot_tp_richcompare, Some(richcmp_lt), c"__lt__($self, value, /)\n--\n\nReturn self<value.";
    tp tp_richcompare: c"__le__", slot_tp_richcompare, Some(richcmp_le), c"__le__($self, value, /)\n--\n\nReturn self<=value.";
    tp tp_richcompare: c"__eq__", slot_tp_richcompare, Some(richcmp_eq), c"__eq__($self, value, /)\n--\n\nReturn self==value.";
    tp tp_richcompare: c"__ne__", slot_tp_richcompare, Some(richcmp_ne), c"__ne__($self, value, /)\n--\n\nReturn self!=value.";
    tp tp_richcompare: c"__gt__", slot_tp_richcompare, Some(richcmp_gt), c"__gt__($self, value, /)\n--\n\nReturn self>value.";
    tp tp_richcompare: c"__ge__", slot_tp_richcompare, Some(richcmp_ge), c"__ge__($self, value, /)\n--\n\nReturn self>=value.";
    tp tp_iter: c"__iter__", slot_tp_iter, Some(wrap_unaryfunc), c"__iter__($self, /)\n--\n\nImplement iter(self).";
    tp tp_iternext: c"__next__", slot_tp_iternext, Some(wrap_next), c"__next__($self, /)\n--\n\nImplement next(self).";
    tp tp_descr_get: c"__get__", slot_tp_descr_get, Some(wrap_descr_get), c"__get__($self, instance, owner=None, /)\n--\n\nReturn an attribute of instance, which is of type owner.";
    tp tp_descr_set: c"__set__", slot_tp_descr_set, Some(wrap_descr_set), c"__set__($self, instance, value, /)\n--\n\nSet an attribute of instance to value.";
    tp tp_descr_set: c"__delete__", slot_tp_descr_set, Some(wrap_descr_delete), c"__delete__($self, instance, /)\n--\n\nDelete an attribute of instance.";
    tp tp_init: c"__init__", slot_tp_init, with_keywords(wrap_init), c"__init__($self, /, *args, **kwargs)\n--\n\nInitialize self.  See help(type(self)) for accurate signature.", KEYWORDS;
    tp tp_new: c"__new__", slot_tp_new, None, c"__new__(type, /, *args, **kwargs)\n--\n\nCreate and return new object.  See help(type) for accurate signature.";
    tp tp_finalize: c"__del__", slot_tp_finalize, Some(wrap_del), c"__del__($self, /)\n--\n\nCalled when the instance is about to be destroyed.";
    bf bf_getbuffer: c"__buffer__", super::buffer_slots::slot_bf_getbuffer, Some(wrap_buffer), c"__buffer__($self, flags, /)\n--\n\nReturn a buffer object that exposes the underlying memory of the object.";
    bf bf_releasebuffer: c"__release_buffer__", super::buffer_slots::slot_bf_releasebuffer, Some(wrap_releasebuffer), c"__release_buffer__($self, buffer, /)\n--\n\nRelease the buffer object that exposes the underlying memory of the object.";
    am am_await: c"__await__", slot_am_await, Some(wrap_unaryfunc), c"__await__($self, /)\n--\n\nReturn an iterator to be used in await expression.";
    am am_aiter: c"__aiter__", slot_am_aiter, Some(wrap_unaryfunc), c"__aiter__($self, /)\n--\n\nReturn an awaitable, that resolves in asynchronous iterator.";
    am am_anext: c"__anext__", slot_am_anext, Some(wrap_unaryfunc), c"__anext__($self, /)\n--\n\nReturn a value or raise StopAsyncIteration.";
    nb nb_add: c"__add__", slot_nb_add, Some(wrap_binaryfunc_l), c"__add__($self, value, /)\n--\n\nReturn self+value.";
    nb nb_add: c"__radd__", slot_nb_add, Some(wrap_binaryfunc_r), c"__radd__($self, value, /)\n--\n\nReturn value+self.";
    nb nb_subtract: c"__sub__", slot_nb_subtract, Some(wrap_binaryfunc_l), c"__sub__($self, value, /)\n--\n\nReturn self-value.";
    nb nb_subtract: c"__rsub__", slot_nb_subtract, Some(wrap_binaryfunc_r), c"__rsub__($self, value, /)\n--\n\nReturn value-self.";
    nb nb_multiply: c"__mul__", slot_nb_multiply, Some(wrap_binaryfunc_l), c"__mul__($self, value, /)\n--\n\nReturn self*value.";
    nb nb_multiply: c"__rmul__", slot_nb_multiply, Some(wrap_binaryfunc_r), c"__rmul__($self, value, /)\n--\n\nReturn value*self.";
    nb nb_remainder: c"__mod__", slot_nb_remainder, Some(wrap_binaryfunc_l), c"__mod__($self, value, /)\n--\n\nReturn self%value.";
    nb nb_remainder: c"__rmod__", slot_nb_remainder, Some(wrap_binaryfunc_r), c"__rmod__($self, value, /)\n--\n\nReturn value%self.";
    nb nb_divmod: c"__divmod__", slot_nb_divmod, Some(wrap_binaryfunc_l), c"__divmod__($self, value, /)\n--\n\nReturn divmod(self, value).";
    nb nb_divmod: c"__rdivmod__", slot_nb_divmod, Some(wrap_binaryfunc_r), c"__rdivmod__($self, value, /)\n--\n\nReturn divmod(value, self).";
    nb nb_power: c"__pow__", slot_nb_power, Some(wrap_ternaryfunc), c"__pow__($self, value, mod=None, /)\n--\n\nReturn pow(self, value, mod).";
    nb nb_power: c"__rpow__", slot_nb_power, Some(wrap_ternaryfunc_r), c"__rpow__($self, value, mod=None, /)\n--\n\nReturn pow(value, self, mod).";
    nb nb_negative: c"__neg__", slot_nb_negative, Some(wrap_unaryfunc), c"__neg__($self, /)\n--\n\n-self";
    nb nb_positive: c"__pos__", slot_nb_positive, Some(wrap_unaryfunc), c"__pos__($self, /)\n--\n\n+self";
    nb nb_absolute: c"__abs__", slot_nb_absolute, Some(wrap_unaryfunc), c"__abs__($self, /)\n--\n\nabs(self)";
    nb nb_bool: c"__bool__", slot_nb_bool, Some(wrap_inquirypred), c"__bool__($self, /)\n--\n\nTrue if self else False";
    nb nb_invert: c"__invert__", slot_nb_invert, Some(wrap_unaryfunc), c"__invert__($self, /)\n--\n\n~self";
    nb nb_lshift: c"__lshift__", slot_nb_lshift, Some(wrap_binaryfunc_l), c"__lshift__($self, value, /)\n--\n\nReturn self<<value.";
    nb nb_lshift: c"__rlshift__", slot_nb_lshift, Some(wrap_binaryfunc_r), c"__rlshift__($self, value, /)\n--\n\nReturn value<<self.";
    nb nb_rshift: c"__rshift__", slot_nb_rshift, Some(wrap_binaryfunc_l), c"__rshift__($self, value, /)\n--\n\nReturn self>>value.";
    nb nb_rshift: c"__rrshift__", slot_nb_rshift, Some(wrap_binaryfunc_r), c"__rrshift__($self, value, /)\n--\n\nReturn value>>self.";
    nb nb_and: c"__and__", slot_nb_and, Some(wrap_binaryfunc_l), c"__and__($self, value, /)\n--\n\nReturn self&value.";
    nb nb_and: c"__rand__", slot_nb_and, Some(wrap_binaryfunc_r), c"__rand__($self, value, /)\n--\n\nReturn value&self.";
    nb nb_xor: c"__xor__", slot_nb_xor, Some(wrap_binaryfunc_l), c"__xor__($self, value, /)\n--\n\nReturn self^value.";
    nb nb_xor: c"__rxor__", slot_nb_xor, Some(wrap_binaryfunc_r), c"__rxor__($self, value, /)\n--\n\nReturn value^self.";
    nb nb_or: c"__or__", slot_nb_or, Some(wrap_binaryfunc_l), c"__or__($self, value, /)\n--\n\nReturn self|value.";
    nb nb_or: c"__ror__", slot_nb_or, Some(wrap_binaryfunc_r), c"__ror__($self, value, /)\n--\n\nReturn value|self.";
    nb nb_int: c"__int__", slot_nb_int, Some(wrap_unaryfunc), c"__int__($self, /)\n--\n\nint(self)";
    nb nb_float: c"__float__", slot_nb_float, Some(wrap_unaryfunc), c"__float__($self, /)\n--\n\nfloat(self)";
    nb nb_inplace_add: c"__iadd__", slot_nb_inplace_add, Some(wrap_binaryfunc), c"__iadd__($self, value, /)\n--\n\nReturn self+=value.";
    nb nb_inplace_subtract: c"__isub__", slot_nb_inplace_subtract, Some(wrap_binaryfunc), c"__isub__($self, value, /)\n--\n\nReturn self-=value.";
    nb nb_inplace_multiply: c"__imul__", slot_nb_inplace_multiply, Some(wrap_binaryfunc), c"__imul__($self, value, /)\n--\n\nReturn self*=value.";
    nb nb_inplace_remainder: c"__imod__", slot_nb_inplace_remainder, Some(wrap_binaryfunc), c"__imod__($self, value, /)\n--\n\nReturn self%=value.";
    nb nb_inplace_power: c"__ipow__", slot_nb_inplace_power, Some(wrap_ternaryfunc), c"__ipow__($self, value, /)\n--\n\nReturn self**=value.";
    nb nb_inplace_lshift: c"__ilshift__", slot_nb_inplace_lshift, Some(wrap_binaryfunc), c"__ilshift__($self, value, /)\n--\n\nReturn self<<=value.";
    nb nb_inplace_rshift: c"__irshift__", slot_nb_inplace_rshift, Some(wrap_binaryfunc), c"__irshift__($self, value, /)\n--\n\nReturn self>>=value.";
    nb nb_inplace_and: c"__iand__", slot_nb_inplace_and, Some(wrap_binaryfunc), c"__iand__($self, value, /)\n--\n\nReturn self&=value.";
    nb nb_inplace_xor: c"__ixor__", slot_nb_inplace_xor, Some(wrap_binaryfunc), c"__ixor__($self, value, /)\n--\n\nReturn self^=value.";
    nb nb_inplace_or: c"__ior__", slot_nb_inplace_or, Some(wrap_binaryfunc), c"__ior__($self, value, /)\n--\n\nReturn self|=value.";
    nb nb_floor_divide: c"__floordiv__", slot_nb_floor_divide, Some(wrap_binaryfunc_l), c"__floordiv__($self, value, /)\n--\n\nReturn self//value.";
    nb nb_floor_divide: c"__rfloordiv__", slot_nb_floor_divide, Some(wrap_binaryfunc_r), c"__rfloordiv__($self, value, /)\n--\n\nReturn value//self.";
    nb nb_true_divide: c"__truediv__", slot_nb_true_divide, Some(wrap_binaryfunc_l), c"__truediv__($self, value, /)\n--\n\nReturn self/value.";
    nb nb_true_divide: c"__rtruediv__", slot_nb_true_divide, Some(wrap_binaryfunc_r), c"__rtruediv__($self, value, /)\n--\n\nReturn value/self.";
    nb nb_inplace_floor_divide: c"__ifloordiv__", slot_nb_inplace_floor_divide, Some(wrap_binaryfunc), c"__ifloordiv__($self, value, /)\n--\n\nReturn self//=value.";
    nb nb_inplace_true_divide: c"__itruediv__", slot_nb_inplace_true_divide, Some(wrap_binaryfunc), c"__itruediv__($self, value, /)\n--\n\nReturn self/=value.";
    nb nb_index: c"__index__", slot_nb_index, Some(wrap_unaryfunc), c"__index__($self, /)\n--\n\nReturn self converted to an integer, if self is suitable for use as an index into a list.";
    nb nb_matrix_multiply: c"__matmul__", slot_nb_matrix_multiply, Some(wrap_binaryfunc_l), c"__matmul__($self, value, /)\n--\n\nReturn self@value.";
    nb nb_matrix_multiply: c"__rmatmul__", slot_nb_matrix_multiply, Some(wrap_binaryfunc_r), c"__rmatmul__($self, value, /)\n--\n\nReturn value@self.";
    nb nb_inplace_matrix_multiply: c"__imatmul__", slot_nb_inplace_matrix_multiply, Some(wrap_binaryfunc), c"__imatmul__($self, value, /)\n--\n\nReturn self@=value.";
    mp mp_length: c"__len__", slot_sq_length, Some(wrap_lenfunc), c"__len__($self, /)\n--\n\nReturn len(self).";
    mp mp_subscript: c"__getitem__", slot_mp_subscript, Some(wrap_binaryfunc), c"__getitem__($self, key, /)\n--\n\nReturn self[key].";
    mp mp_ass_subscript: c"__setitem__", slot_mp_ass_subscript, Some(wrap_objobjargproc), c"__setitem__($self, key, value, /)\n--\n\nSet self[key] to value.";
    mp mp_ass_subscript: c"__delitem__", slot_mp_ass_subscript, Some(wrap_delitem), c"__delitem__($self, key, /)\n--\n\nDelete self[key].";
    sq sq_length: c"__len__", slot_sq_length, Some(wrap_lenfunc), c"__len__($self, /)\n--\n\nReturn len(self).";
    sq sq_concat: c"__add__", NO_FUNCTION, Some(wrap_binaryfunc), c"__add__($self, value, /)\n--\n\nReturn self+value.";
    sq sq_repeat: c"__mul__", NO_FUNCTION, Some(wrap_indexargfunc), c"__mul__($self, value, /)\n--\n\nReturn self*value.";
    sq sq_repeat: c"__rmul__", NO_FUNCTION, Some(wrap_indexargfunc), c"__rmul__($self, value, /)\n--\n\nReturn value*self.";
    sq sq_item: c"__getitem__", slot_sq_item, Some(wrap_sq_item), c"__getitem__($self, key, /)\n--\n\nReturn self[key].";
    sq sq_ass_item: c"__setitem__", slot_sq_ass_item, Some(wrap_sq_setitem), c"__setitem__($self, key, value, /)\n--\n\nSet self[key] to value.";
    sq sq_ass_item: c"__delitem__", slot_sq_ass_item, Some(wrap_sq_delitem), c"__delitem__($self, key, /)\n--\n\nDelete self[key].";
    sq sq_contains: c"__contains__", slot_sq_contains, Some(wrap_objobjproc), c"__contains__($self, key, /)\n--\n\nReturn bool(key in self).";
    sq sq_inplace_concat: c"__iadd__", NO_FUNCTION, Some(wrap_binaryfunc), c"__iadd__($self, value, /)\n--\n\nImplement self+=value.";
    sq sq_inplace_repeat: c"__imul__", NO_FUNCTION, Some(wrap_indexargfunc), c"__imul__($self, value, /)\n--\n\nImplement self*=value.";
});

/// All rows, with their names interned.
pub(crate) fn slot_defs() -> &'static [SlotDef] {
    static NAMED: AtomicBool = AtomicBool::new(false);
    let rows = &TABLE.0;
    if !NAMED.load(Ordering::Relaxed) {
        for row in rows {
            // SAFETY: the table's names are C strings of ASCII.
            let name = unsafe { std::ffi::CStr::from_ptr(row.name) }
                .to_str()
                .unwrap_or_default();
            match PyStr::intern(name) {
                // The table keeps its names for good.
                Ok(name) => row.name_strobj.set(name.into_ptr()),
                Err(error) => {
                    error.clear();
                    return &[];
                }
            }
        }
        NAMED.store(true, Ordering::Relaxed);
    }
    rows
}

/// A row's interned name.
pub(crate) fn row_name(row: &SlotDef) -> &PyStr {
    // SAFETY: rows are handed out by `slot_defs` only, which has set the names.
    unsafe { PyObject::from_ptr(row.name_strobj.get()).downcast_unchecked() }
}

/// The place of a row's slot in a class; none if the class lacks the whole suite.
pub(crate) fn slot_place(class: &PyType, offset: c_int) -> Option<&Cell<*mut c_void>> {
    let offset = offset as usize;
    let raw = class.raw();
    let (suite, start): (*mut c_void, usize) = if offset >= offset_of!(Heap, as_buffer) {
        (raw.tp_as_buffer.get().cast(), offset_of!(Heap, as_buffer))
    } else if offset >= offset_of!(Heap, as_sequence) {
        (
            raw.tp_as_sequence.get().cast(),
            offset_of!(Heap, as_sequence),
        )
    } else if offset >= offset_of!(Heap, as_mapping) {
        (raw.tp_as_mapping.get().cast(), offset_of!(Heap, as_mapping))
    } else if offset >= offset_of!(Heap, as_number) {
        (raw.tp_as_number.get().cast(), offset_of!(Heap, as_number))
    } else if offset >= offset_of!(Heap, as_async) {
        (raw.tp_as_async.get().cast(), offset_of!(Heap, as_async))
    } else {
        (class.as_type_ptr().cast(), 0)
    };
    if suite.is_null() {
        return None;
    }
    // SAFETY: the suite is as large as the one in a heap type, and each slot is a nullable function
    // pointer in a cell; suites live as long as their class.
    Some(unsafe { &*suite.byte_add(offset - start).cast::<Cell<*mut c_void>>() })
}

/// Whether the class's `tp_setattro` is the one that calls `__setattr__`.
pub(super) fn is_dynamic_setattro(class: &PyType) -> bool {
    class
        .raw()
        .tp_setattro
        .get()
        .is_some_and(|slot| slot as usize == slot_tp_setattro as *const () as usize)
}

/// Whether the class's `tp_new` is the one that calls `__new__`.
pub(super) fn is_dynamic_new(class: &PyType) -> bool {
    class
        .raw()
        .tp_new
        .get()
        .is_some_and(|slot| slot as usize == slot_tp_new as *const () as usize)
}

/// Puts a wrapper descriptor into the dictionary of a native class for each slot that it fills.
pub(super) fn add_operators(class: &PyType) -> PyResult<()> {
    for row in slot_defs() {
        if row.wrapper.is_none() {
            continue;
        }
        let Some(slot) = slot_place(class, row.offset)
            .map(Cell::get)
            .filter(|slot| !slot.is_null())
        else {
            continue;
        };
        let name = row_name(row);
        if class.dict().get_str(name)?.is_some() {
            continue;
        }
        if std::ptr::addr_eq(slot, hash_not_implemented as *const ()) {
            class.dict().set_item(name, crate::none())?;
        } else {
            let wrapper = PyWrapperDescr::new(class, row, slot)?;
            class.dict().set_item(name, &wrapper)?;
        }
    }
    Ok(())
}

/// The first row whose wrapper shows the slot of that name that `class` fills, with its function.
pub fn slot_wrapper_for(class: &PyType, name: &PyStr) -> Option<(&'static SlotDef, *mut c_void)> {
    slot_defs()
        .iter()
        .filter(|row| row.wrapper.is_some() && row_name(row).is(name))
        .find_map(|row| {
            let slot = slot_place(class, row.offset)?.get();
            (!slot.is_null()).then_some((row, slot))
        })
}

/// The rows that stand together with the same slot, each group once.
fn groups() -> impl Iterator<Item = &'static [SlotDef]> {
    slot_defs().chunk_by(|left, right| left.offset == right.offset)
}

/// Whether more than one slot of that name is filled (`__add__` by number and sequence suite), or
/// the one that is filled is another than `place`.
fn is_other_filled(class: &PyType, name: &PyStr, place: &Cell<*mut c_void>) -> bool {
    let mut filled = slot_defs()
        .iter()
        .filter(|row| row_name(row).is(name))
        .filter_map(|row| slot_place(class, row.offset))
        .filter(|each| !each.get().is_null());
    match (filled.next(), filled.next()) {
        (Some(only), None) => !std::ptr::eq(only, place),
        (None, _) => false,
        (Some(_), Some(_)) => false,
    }
}

/// Decides one slot of a class from the methods that its MRO has now.
fn update_group(class: &PyType, rows: &'static [SlotDef]) {
    let offset = rows[0].offset;
    let Some(place) = slot_place(class, offset) else {
        return;
    };
    // A native function that may stand in the slot itself, and the one that calls the methods.
    let mut specific: *mut c_void = std::ptr::null_mut();
    let mut generic: *mut c_void = std::ptr::null_mut();
    let mut use_generic = false;
    for row in rows {
        let name = row_name(row);
        let Some(found) = class.lookup_for_slot(name) else {
            if offset as usize == place!(tp tp_iternext) {
                specific = next_not_implemented as *const () as *mut c_void;
            }
            continue;
        };
        match native_source(class, row, &found, place) {
            Source::Wrapper { slot, fits, shared } => {
                if !shared {
                    generic = row.function;
                }
                if fits && (specific.is_null() || specific == slot) {
                    specific = slot;
                } else {
                    use_generic = true;
                }
            }
            Source::Slot(slot) => specific = slot,
            Source::Python => {
                use_generic = true;
                generic = row.function;
                if std::ptr::addr_eq(row.function, slot_tp_call as *const ()) {
                    // Vectorcall would go past the `__call__` that was found.
                    class.set_flags(class.flags() & !abi::Py_TPFLAGS_HAVE_VECTORCALL);
                }
            }
        }
    }
    place.set(if specific.is_null() || use_generic {
        generic
    } else {
        specific
    });
}

/// What was found for a row's name.
enum Source {
    /// A wrapper descriptor of that name: the slot it wraps, whether that may stand in this slot,
    /// and whether another slot of the same name is the one to use.
    Wrapper {
        slot: *mut c_void,
        fits: bool,
        shared: bool,
    },
    /// A native function for the slot.
    Slot(*mut c_void),
    /// Any other object.
    Python,
}

/// Whether a slot is in the suite of numbers.
fn is_number(row: &SlotDef) -> bool {
    let start = offset_of!(Heap, as_number);
    (start..start + size_of::<abi::PyNumberMethods>()).contains(&(row.offset as usize))
}

/// Whether two rows of one name may have the same wrapper. Their addresses alone do not say so: wrappers that do the
/// same are one function once they are linked. Numbers and sequences share only the in-place operators'.
fn shares_wrapper(left: &SlotDef, right: &SlotDef) -> bool {
    // SAFETY: every row's name is a static C string.
    let in_place = unsafe { std::ffi::CStr::from_ptr(right.name) }
        .to_bytes()
        .starts_with(b"__i");
    in_place || is_number(left) == is_number(right)
}

fn native_source(
    class: &PyType,
    row: &'static SlotDef,
    found: &PyObject,
    place: &Cell<*mut c_void>,
) -> Source {
    if let Some(wrapper) = found.downcast_exact::<PyWrapperDescr>() {
        let base = wrapper.base();
        if row_name(base).is(row_name(row)) {
            let same_wrapper = base.wrapper.map(|each| each as usize)
                == row.wrapper.map(|each| each as usize)
                && shares_wrapper(base, row);
            return Source::Wrapper {
                slot: wrapper.wrapped(),
                fits: same_wrapper && wrapper.class().is_some_and(|own| class.is_subtype(&own)),
                shared: is_other_filled(class, row_name(row), place),
            };
        }
        return Source::Python;
    }
    let offset = row.offset as usize;
    if offset == place!(tp tp_new)
        && let Some(function) = found.downcast_exact::<PyCFunction>()
        && function.function_address() == tp_new_wrapper as *const () as usize
    {
        // The `__new__` of a native class: what was inherited already is right.
        return Source::Slot(place.get());
    }
    if offset == place!(tp tp_hash) && found.is(crate::none()) {
        return Source::Slot(hash_not_implemented as *const () as *mut c_void);
    }
    Source::Python
}

impl PyType {
    /// As [`PyType::lookup`], past the cache: a class whose slots are being set has no version yet.
    pub(super) fn lookup_for_slot(&self, name: &PyStr) -> Option<Obj> {
        let mro = self.mro()?;
        mro.as_slice().iter().find_map(|class| {
            let class = class.downcast::<PyType>()?;
            // SAFETY: turned into a reference of its own at once.
            unsafe { class.dict().get_str_ref(name) }.map(PyClass::to_obj)
        })
    }
}

/// Sets every slot of a new class from its methods.
pub(super) fn fixup_slot_dispatchers(class: &PyType) {
    let heir_of = plain_base(class);
    for rows in groups() {
        let inherited = heir_of
            .filter(|_| !defines_any(class, rows))
            .and_then(|base| {
                let offset = rows[0].offset;
                // `object` leaves this empty, where a class says that it is no iterator.
                let differs = offset as usize == place!(tp tp_iternext) && is_object(base);
                let value = slot_place(base, offset).map_or(std::ptr::null_mut(), Cell::get);
                (!differs).then_some((slot_place(class, offset)?, value))
            });
        match inherited {
            Some((place, value)) => place.set(value),
            None => update_group(class, rows),
        }
    }
}

/// The base whose slots a class has wherever it defines no method itself: its MRO is the base's with
/// itself in front, and the base's slots were decided by its MRO too (by [`update_group`], which an
/// extension's types and the native ones but for `object` have not been through).
fn plain_base(class: &PyType) -> Option<&PyType> {
    let base = class.base()?;
    let (own, inherited) = (class.mro()?, base.mro()?);
    let is_plain = own.len() == inherited.len() + 1
        && own.as_slice()[0].is(class)
        && std::iter::zip(&own.as_slice()[1..], inherited.as_slice()).all(|(a, b)| a.is(b));
    let is_decided = base
        .heap()
        .map_or(is_object(base), |heap| heap._ht_tpname.get().is_null());
    (is_plain && is_decided).then_some(base)
}

fn is_object(class: &PyType) -> bool {
    std::ptr::eq(class, PyObject::type_object())
}

/// Whether the class's own dictionary has one of the rows' names.
fn defines_any(class: &PyType, rows: &[SlotDef]) -> bool {
    let dict = class.dict();
    // SAFETY: only asked for whether it is there.
    rows.iter()
        .any(|row| unsafe { dict.get_str_ref(row_name(row)) }.is_some())
}

/// Sets the slots that depend on `name`, in the class and in all subclasses that do not define it
/// themselves: after the class's dictionary has changed.
pub fn update_slot(class: &PyType, name: &PyStr) {
    let affected: Vec<_> = groups()
        .filter(|rows| rows.iter().any(|row| row_name(row).is(name)))
        .collect();
    if !affected.is_empty() {
        update_recursively(class, name, &affected);
    }
}

fn update_recursively(class: &PyType, name: &PyStr, affected: &[&'static [SlotDef]]) {
    for rows in affected {
        update_group(class, rows);
    }
    class.for_each_subclass(|subclass| {
        // SAFETY: only asked for whether it is there.
        if unsafe { subclass.dict().get_str_ref(name) }.is_none() {
            update_recursively(subclass, name, affected);
        }
    });
}

/// Sets every slot again, in the class and in all subclasses: after its bases have changed.
pub(super) fn update_all_slots(class: &PyType) {
    fixup_slot_dispatchers(class);
    class.for_each_subclass(update_all_slots);
}
