//! `objimpl.h`: the memory of objects, and the collector.

use std::ffi::{c_int, c_void};

use krait_abi as abi;
use krait_runtime::alloc;
use krait_runtime::{Interpreter, PyClass, PyObject, PyType, gc};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Malloc(size: usize) -> *mut c_void {
    alloc::allocate(size.max(1)).cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Calloc(count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        Some(size) => alloc::allocate_zeroed(size.max(1)).cast(),
        None => std::ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return alloc::allocate(size.max(1)).cast();
    }
    // SAFETY: the block is the caller's, from this allocator.
    unsafe { alloc::reallocate(block.cast(), size.max(1)).cast() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Free(block: *mut c_void) {
    // SAFETY: the block is the caller's, from this allocator, or null.
    unsafe { alloc::free(block.cast()) }
}

/// Sets the header of a new object.
///
/// # Safety
/// There is room for the header at `object`, and the class is ready.
unsafe fn init(object: Ptr, class: &PyType) {
    if class.is_heap_type() {
        std::mem::forget(class.to_obj());
    }
    // SAFETY: the caller's contract.
    unsafe { object.write(abi::PyObject::EMPTY) };
    // SAFETY: written just now.
    let header = unsafe { &*object };
    header.ob_refcnt.set(1);
    header.ob_type.set(class.as_type_ptr());
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Init(object: Ptr, class: TypeArg) -> Ptr {
    let Some(class) = class.filter(|_| !object.is_null()) else {
        let _error = krait_runtime::err::no_memory();
        return std::ptr::null_mut();
    };
    // SAFETY: memory for an object, from the caller.
    unsafe { init(object, class) };
    object
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_InitVar(
    object: *mut abi::PyVarObject,
    class: TypeArg,
    size: isize,
) -> *mut abi::PyVarObject {
    let Some(class) = class.filter(|_| !object.is_null()) else {
        let _error = krait_runtime::err::no_memory();
        return std::ptr::null_mut();
    };
    // SAFETY: memory for an object with a size, from the caller.
    unsafe {
        init(object.cast(), class);
        (*object).ob_size.set(size);
    }
    object
}

/// How many bytes an instance with `items` items has.
fn instance_size(class: &PyType, items: isize) -> Option<usize> {
    let raw = class.raw();
    let items = usize::try_from(items).ok()?;
    let size = items.checked_mul(raw.tp_itemsize.get() as usize)?;
    let size = size.checked_add(raw.tp_basicsize.get() as usize)?;
    (size < isize::MAX as usize / 2).then(|| size.next_multiple_of(size_of::<usize>()))
}

/// A new object whose fields are not set, by [`alloc::allocate`] alone.
fn new_plain(class: TypeArg, items: Option<isize>) -> Ptr {
    let Some(class) = class else {
        let _error = bad_call();
        return std::ptr::null_mut();
    };
    let block =
        instance_size(class, items.unwrap_or(0)).map_or(std::ptr::null_mut(), alloc::allocate);
    if block.is_null() {
        let _error = krait_runtime::err::no_memory();
        return std::ptr::null_mut();
    }
    // SAFETY: the block is an instance's size, which is at least its header's.
    unsafe {
        init(block.cast(), class);
        if let Some(items) = items {
            (*block.cast::<abi::PyVarObject>()).ob_size.set(items);
        }
    }
    block.cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_New(class: TypeArg) -> Ptr {
    new_plain(class, None)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_NewVar(class: TypeArg, items: isize) -> Ptr {
    new_plain(class, Some(items))
}

/// A new untracked object with a collector's header; every field is zero.
fn new_collected(class: TypeArg, items: isize) -> Ptr {
    run(|| {
        let object = alloc::alloc_object(some(class)?, items.max(0) as usize)?;
        Ok(object.into_ptr())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_GC_New(class: TypeArg) -> Ptr {
    new_collected(class, 0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_GC_NewVar(class: TypeArg, items: isize) -> Ptr {
    new_collected(class, items)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Object_GC_NewWithExtraData(
    class: TypeArg,
    extra: usize,
) -> Ptr {
    let Some(class) = class else {
        let _error = bad_call();
        return std::ptr::null_mut();
    };
    let before = alloc::pre_header_size(class.flags());
    let size =
        instance_size(class, 0).and_then(|size| size.checked_add(extra)?.checked_add(before));
    let block = size.map_or(std::ptr::null_mut(), alloc::allocate_zeroed);
    if block.is_null() {
        let _error = krait_runtime::err::no_memory();
        return std::ptr::null_mut();
    }
    gc::note_allocation(krait_runtime::ThreadState::current());
    // SAFETY: the object follows the words before it in the block.
    unsafe {
        let object = block.add(before).cast();
        init(object, class);
        object
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_GC_Resize(
    object: *mut abi::PyVarObject,
    items: isize,
) -> *mut abi::PyVarObject {
    // SAFETY: an untracked object with a collector's header, which only the caller refers to.
    unsafe {
        let class = PyObject::from_ptr(object.cast()).type_();
        let before = alloc::pre_header_size(class.flags());
        let block = match instance_size(class, items).and_then(|size| size.checked_add(before)) {
            Some(size) => alloc::reallocate(object.cast::<u8>().sub(before), size),
            None => std::ptr::null_mut(),
        };
        if block.is_null() {
            let _error = krait_runtime::err::no_memory();
            return std::ptr::null_mut();
        }
        let object = block.add(before).cast::<abi::PyVarObject>();
        (*object).ob_size.set(items);
        object
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GC_Track(object: &PyObject) {
    gc::track(object);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GC_UnTrack(object: &PyObject) {
    gc::untrack(object);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GC_Del(object: *mut c_void) {
    if !object.is_null() {
        // SAFETY: an object with a collector's header that nobody uses any more.
        unsafe { alloc::free_object(object.cast()) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GC_IsTracked(object: &PyObject) -> c_int {
    c_int::from(gc::is_tracked(object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GC_IsFinalized(object: &PyObject) -> c_int {
    c_int::from(gc::is_finalized(object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IS_GC(object: &PyObject) -> c_int {
    c_int::from(gc::is_gc(object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGC_Collect() -> isize {
    let state = &Interpreter::current().gc;
    if !state.is_enabled() || state.is_collecting() {
        return 0;
    }
    // What the program is about to raise must outlive the collection.
    let pending = krait_runtime::PyErr::occurred().map(krait_runtime::PyErr::take);
    let found = gc::collect(gc::GENERATIONS - 1);
    if let Some(pending) = pending {
        let _restored = krait_runtime::PyErr::restore(pending);
    }
    found as isize
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGC_Enable() -> c_int {
    let state = &Interpreter::current().gc;
    let before = state.is_enabled();
    state.set_enabled(true);
    c_int::from(before)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGC_Disable() -> c_int {
    let state = &Interpreter::current().gc;
    let before = state.is_enabled();
    state.set_enabled(false);
    c_int::from(before)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGC_IsEnabled() -> c_int {
    c_int::from(Interpreter::current().gc.is_enabled())
}

/// Calls a C function with every object that the collector tracks, until it answers 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_GC_VisitObjects(
    callback: unsafe extern "C" fn(Ptr, *mut c_void) -> c_int,
    arg: *mut c_void,
) {
    for object in gc::objects(&Interpreter::current().gc, None) {
        // SAFETY: the callback takes a live object and its own argument.
        if unsafe { callback(object.as_ptr(), arg) } == 0 {
            return;
        }
    }
}
