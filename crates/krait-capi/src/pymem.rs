//! `pymem.h`: memory for what is no object. `PyMem_Raw*`, which need no lock, are C's own (see
//! `variadic/`).

use std::ffi::c_void;

use krait_runtime::alloc;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMem_Malloc(size: usize) -> *mut c_void {
    alloc::allocate(size.max(1)).cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMem_Calloc(count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        Some(size) => alloc::allocate_zeroed(size.max(1)).cast(),
        None => std::ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMem_Realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return alloc::allocate(size.max(1)).cast();
    }
    // SAFETY: the block is the caller's, from this allocator.
    unsafe { alloc::reallocate(block.cast(), size.max(1)).cast() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMem_Free(block: *mut c_void) {
    // SAFETY: the block is the caller's, from this allocator, or null.
    unsafe { alloc::free(block.cast()) }
}
