//! Objects in blocks: the words before an object, its size, and its creation and end.
//!
//! Layout, from low to high addresses, as CPython has it:
//! `[weak references][dictionary]` if the class has `MANAGED_WEAKREF` or `MANAGED_DICT`, then
//! `PyGC_Head` if it has `HAVE_GC`, then the object, then embedded values if it has `INLINE_VALUES`.

use std::mem::ManuallyDrop;
use std::ptr;

use krait_abi as abi;

use super::{allocate, free};
use crate::dict::Values;
use crate::err::no_memory;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::ThreadState;
use crate::typeobject::PyType;
use crate::{PyResult, gc};

const HEADER: usize = size_of::<abi::PyObject>();

/// The bytes before an object whose class has these flags.
///
/// A class with managed words has `HAVE_GC` too (`type_ready` sees to it): their places count on it.
#[inline(always)]
pub fn pre_header_size(flags: u64) -> usize {
    let managed = flags & abi::Py_TPFLAGS_PREHEADER != 0;
    let gc = managed || flags & abi::Py_TPFLAGS_HAVE_GC != 0;
    usize::from(gc) * size_of::<abi::PyGC_Head>() + usize::from(managed) * 2 * size_of::<usize>()
}

/// `_PyObject_SIZE`/`_PyObject_VAR_SIZE`: the bytes of an object itself, without pre-header.
pub fn object_size(object: &PyObject) -> usize {
    let class = object.type_().raw();
    let basic = class.tp_basicsize.get() as usize;
    let itemsize = class.tp_itemsize.get() as usize;
    if itemsize == 0 {
        return basic;
    }
    // SAFETY: objects of classes with items start with `PyVarObject`.
    let items = unsafe { &*object.as_ptr().cast::<abi::PyVarObject>() }
        .ob_size
        .get();
    (basic + items.unsigned_abs() * itemsize).next_multiple_of(size_of::<usize>())
}

/// Memory for an object of `size` bytes whose class has no embedded values, with its header and the
/// words before it set; the rest is not. Null when out of memory.
#[inline(always)]
fn allocate_object(class: &PyType, flags: u64, size: usize) -> *mut abi::PyObject {
    let before = pre_header_size(flags);
    let block = allocate(size + before);
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block holds `before + size` bytes, and an object is never smaller than its header.
    let object = unsafe {
        if before != 0 {
            block.write_bytes(0, before);
            gc::note_allocation(ThreadState::current());
        }
        let object = block.add(before).cast::<abi::PyObject>();
        object.write(PyObject::HEADER.0);
        &*object
    };
    object.ob_refcnt.set(1);
    object.ob_type.set(class.as_type_ptr());
    if flags & abi::Py_TPFLAGS_HEAPTYPE != 0 {
        class.incref();
    }
    ptr::from_ref(object).cast_mut()
}

/// Memory for an instance of `class` with `nitems` items, every field zero; not tracked. Null when
/// out of memory.
fn allocate_instance(class: &PyType, nitems: usize) -> *mut abi::PyObject {
    let raw = class.raw();
    let flags = class.flags();
    let basic = raw.tp_basicsize.get() as usize;
    let itemsize = raw.tp_itemsize.get() as usize;
    let size = if itemsize == 0 {
        basic
    } else {
        // One item more than asked for, as C code expects: strings and the like end in a zero.
        let items = (nitems.saturating_add(1)).checked_mul(itemsize);
        match items.and_then(|items| basic.checked_add(items)) {
            Some(size) if size < isize::MAX as usize / 2 => {
                size.next_multiple_of(size_of::<usize>())
            }
            _ => return ptr::null_mut(),
        }
    };
    let keys = if flags & abi::Py_TPFLAGS_INLINE_VALUES != 0 {
        class.cached_keys()
    } else {
        None
    };
    let capacity = keys.map(|keys| {
        // Each instance gets room for a little less, until the room is what instances really use.
        if keys.usable() > 1 {
            keys.header().dk_usable.set(keys.usable() - 1);
        }
        (keys.nentries() + keys.usable()) as usize
    });
    let values_size = capacity.map_or(0, Values::size_for);
    let object = allocate_object(class, flags, size + values_size);
    if object.is_null() {
        return object;
    }
    // SAFETY: the object has `size` bytes, then room for the values.
    unsafe {
        object
            .cast::<u8>()
            .add(HEADER)
            .write_bytes(0, size - HEADER);
        if let Some(capacity) = capacity {
            Values::init_embedded(object.byte_add(size).cast(), capacity);
        }
        if itemsize != 0 {
            (*object.cast::<abi::PyVarObject>())
                .ob_size
                .set(nitems as isize);
        }
    }
    object
}

/// `PyType_GenericAlloc`: a new object with every field zero, tracked if its class is; null when out
/// of memory (no exception is set).
#[inline]
pub fn generic_alloc(class: &PyType, nitems: usize) -> *mut abi::PyObject {
    let object = allocate_instance(class, nitems);
    if !object.is_null() && class.has_flag(abi::Py_TPFLAGS_HAVE_GC) {
        // SAFETY: a new object with a collector's header; zeroed fields can be traversed.
        unsafe { gc::track_raw(object) };
    }
    object
}

/// A new object of `class` with `nitems` items, every field zero, *not* tracked.
///
/// The class's struct must be valid when all its fields are zero.
pub fn alloc_object(class: &PyType, nitems: usize) -> PyResult<Obj> {
    // SAFETY: an owned reference, or null.
    unsafe { Py::from_owned_ptr_opt(allocate_instance(class, nitems)) }.ok_or_else(no_memory)
}

/// Memory for an object of `size` bytes with a collector's header before it, for classes that write
/// their own header; null when out of memory. Neither header is set: `gc::track_new` sets the
/// collector's.
#[inline(always)]
pub(crate) fn allocate_gc(size: usize) -> *mut u8 {
    let block = allocate(size + size_of::<abi::PyGC_Head>());
    if block.is_null() {
        return block;
    }
    gc::note_allocation(ThreadState::current());
    // SAFETY: the block holds the header and `size` bytes.
    unsafe { block.add(size_of::<abi::PyGC_Head>()) }
}

/// `PyType_GenericAlloc` as the `tp_alloc` slot: raises `MemoryError`.
///
/// # Safety
/// The contract of `tp_alloc`: `class` is a ready class.
#[inline(never)]
pub unsafe extern "C" fn type_generic_alloc(
    class: *mut abi::PyTypeObject,
    nitems: isize,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_alloc`.
    let class = unsafe { PyType::from_type_ptr(class) };
    let object = generic_alloc(class, nitems.max(0) as usize);
    if object.is_null() {
        let _error = no_memory();
    }
    object
}

/// `PyObject_Free` and `PyObject_GC_Del` as the `tp_free` slot.
///
/// # Safety
/// The contract of [`free_object`].
#[inline(never)]
pub unsafe extern "C" fn generic_free(object: *mut std::ffi::c_void) {
    // SAFETY: the caller's contract.
    unsafe { free_object(object.cast()) };
}

/// Frees an object's memory by its class's `tp_free`.
///
/// # Safety
/// Nothing refers to the object and its fields are gone.
#[inline(always)]
pub(crate) unsafe fn free_by_slot(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    unsafe {
        match (*(*object).ob_type.get()).tp_free.get() {
            Some(tp_free) if !ptr::fn_addr_eq(tp_free, generic_free as abi::freefunc) => {
                tp_free(object.cast());
            }
            _ => free_object(object),
        }
    }
}

/// Frees an object's memory with the words before it. Its class is not touched: the reference that
/// an instance of a heap type holds is given up by the caller, afterwards.
///
/// # Safety
/// The object came from this allocator and its class is alive; nobody uses it any more.
#[inline]
pub unsafe fn free_object(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    unsafe {
        let flags = PyType::from_type_ptr((*object).ob_type.get()).flags();
        let before = pre_header_size(flags);
        if before != 0 {
            gc::note_deallocation(object);
        }
        free(object.cast::<u8>().sub(before));
    }
}

/// Allocates an object of `class` and moves `value` into it, except for the header, which is a
/// placeholder in `value`. The object is tracked if its class has `HAVE_GC`.
#[inline(always)]
pub fn new_object<T: PyClass>(class: &PyType, value: T) -> PyResult<Py<T>> {
    const { assert!(size_of::<T>() >= HEADER) };
    let object = allocate_struct(class, size_of::<T>())?;
    let value = ManuallyDrop::new(value);
    // SAFETY: the object is laid out as a `T` and new; what follows the header moves from `value`,
    // which is not dropped. The count is ours.
    unsafe {
        ptr::copy_nonoverlapping(
            ptr::from_ref(&value).cast::<u8>().add(HEADER),
            object.cast::<u8>().add(HEADER),
            size_of::<T>() - HEADER,
        );
        if class.has_flag(abi::Py_TPFLAGS_HAVE_GC) && !gc::is_tracked_raw(object) {
            gc::track_raw(object);
        }
        Ok(Py::from_owned_ptr(object))
    }
}

/// As [`new_object`], of exactly the class `T`, whose instances are the struct alone.
#[inline(always)]
pub fn new_plain<T: PyClass>(value: T) -> PyResult<Py<T>> {
    let block = allocate(size_of::<T>());
    if block.is_null() {
        return Err(no_memory());
    }
    // SAFETY: the block holds a `T`.
    Ok(unsafe { fill_new(block, value) })
}

/// As [`new_object`], of exactly the class `T`, whose instances are the struct behind a collector's
/// header.
#[inline(always)]
pub fn new_collected<T: PyClass>(value: T) -> PyResult<Py<T>> {
    let block = allocate_gc(size_of::<T>());
    if block.is_null() {
        return Err(no_memory());
    }
    // SAFETY: the memory holds a `T`, which can be traversed once it is filled.
    unsafe {
        let object = fill_new(block, value);
        gc::track_new(object.as_object().as_ptr());
        Ok(object)
    }
}

/// Moves `value` into a new object of exactly the class `T`, with a header of its own.
///
/// # Safety
/// The memory holds a `T` and is given up to the object.
#[inline(always)]
unsafe fn fill_new<T: PyClass>(object: *mut u8, value: T) -> Py<T> {
    const { assert!(size_of::<T>() >= HEADER) };
    debug_assert!(T::type_object().flags() & abi::Py_TPFLAGS_PREHEADER == 0);
    debug_assert!(T::type_object().raw().tp_basicsize.get() as usize == size_of::<T>());
    let value = ManuallyDrop::new(value);
    // SAFETY: the caller's contract; what follows the header moves from `value`, which is not
    // dropped. The count is ours.
    unsafe {
        let header = crate::object::new_header(T::type_object());
        object.cast::<abi::PyObject>().write(header);
        ptr::copy_nonoverlapping(
            ptr::from_ref(&value).cast::<u8>().add(HEADER),
            object.add(HEADER),
            size_of::<T>() - HEADER,
        );
        Py::from_owned_ptr(object.cast())
    }
}

/// Memory for an object of `class`, which is laid out on a struct of `size` bytes: the header is set,
/// the struct's other fields need not be.
#[inline(never)]
fn allocate_struct(class: &PyType, size: usize) -> PyResult<*mut abi::PyObject> {
    let raw = class.raw();
    let flags = class.flags();
    let basicsize = raw.tp_basicsize.get() as usize;
    debug_assert!(
        basicsize >= size,
        "{}: basicsize {basicsize} is too small",
        class.name()
    );
    // Nothing behind the struct that would have to be cleared.
    let is_plain = basicsize == size && raw.tp_itemsize.get() == 0;
    let object =
        if is_plain && uses_generic_alloc(class) && flags & abi::Py_TPFLAGS_INLINE_VALUES == 0 {
            allocate_object(class, flags, size)
        } else {
            allocate_for_subclass(class)?
        };
    if object.is_null() {
        return Err(no_memory());
    }
    Ok(object)
}

/// Allocates an object of a class with items and moves `value` into it, except for the whole
/// `PyVarObject` header; `nitems` zeroed items follow `tp_basicsize`. It is *not* tracked: the caller
/// fills the items in and then calls [`gc::track`].
pub fn new_var_object<T: PyClass>(class: &PyType, value: T, nitems: usize) -> PyResult<Py<T>> {
    const { assert!(size_of::<T>() >= size_of::<abi::PyVarObject>()) };
    let object = if uses_generic_alloc(class) {
        allocate_instance(class, nitems)
    } else {
        let object = call_tp_alloc(class, nitems)?;
        // SAFETY: a new object, which nobody has seen yet.
        unsafe { gc::untrack_raw(object) };
        object
    };
    if object.is_null() {
        return Err(no_memory());
    }
    let header = size_of::<abi::PyVarObject>();
    let value = ManuallyDrop::new(value);
    // SAFETY: as in `new_object`.
    unsafe {
        ptr::copy_nonoverlapping(
            ptr::from_ref(&value).cast::<u8>().add(header),
            object.cast::<u8>().add(header),
            size_of::<T>() - header,
        );
        Ok(Py::from_owned_ptr(object))
    }
}

#[inline(always)]
fn uses_generic_alloc(class: &PyType) -> bool {
    class
        .raw()
        .tp_alloc
        .get()
        .is_none_or(|tp_alloc| ptr::fn_addr_eq(tp_alloc, type_generic_alloc as abi::allocfunc))
}

/// Allocates a zeroed, untracked instance of a class that is more than its Rust struct.
#[inline(never)]
fn allocate_for_subclass(class: &PyType) -> PyResult<*mut abi::PyObject> {
    if uses_generic_alloc(class) {
        Ok(allocate_instance(class, 0))
    } else {
        call_tp_alloc(class, 0)
    }
}

fn call_tp_alloc(class: &PyType, nitems: usize) -> PyResult<*mut abi::PyObject> {
    let Some(tp_alloc) = class.raw().tp_alloc.get() else {
        return Ok(ptr::null_mut());
    };
    // SAFETY: `tp_alloc` takes its class and a number of items.
    let object = unsafe { tp_alloc(class.as_type_ptr(), nitems as isize) };
    if object.is_null() {
        Err(crate::PyErr::fetch())
    } else {
        Ok(object)
    }
}
