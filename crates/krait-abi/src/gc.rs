//! `pycore_gc.h`: the two words before an object that the collector can see.

use core::cell::Cell;
use core::ffi::c_int;

abi_structs! {
    /// Links of the collector's doubly linked lists, with flags in the low bits; 16 bytes before the object.
    pub struct PyGC_Head {
        /// 0 when the object is not tracked.
        pub _gc_next: Cell<usize>,
        pub _gc_prev: Cell<usize>,
    }

    /// A generation: the list's head, and when to collect it.
    pub struct gc_generation = "struct gc_generation" {
        pub head: PyGC_Head,
        pub threshold: Cell<c_int>,
        pub count: Cell<c_int>,
    }
}

/// In `_gc_next` during a collection: the object is not (yet) known to be reachable.
pub const NEXT_MASK_UNREACHABLE: usize = 1;

abi_consts! {
    /// In `_gc_prev`: `tp_finalize` has run.
    pub const _PyGC_PREV_MASK_FINALIZED: usize = 1;
    /// In `_gc_prev`: the object is in the generation being collected.
    pub const _PyGC_PREV_MASK_COLLECTING: usize = 2;
    pub const _PyGC_PREV_SHIFT: u32 = 2;
    pub const _PyGC_PREV_MASK: usize = usize::MAX << _PyGC_PREV_SHIFT;
    pub const _PyGC_DEBUG_STATS: c_int = 1 << 0;
    pub const _PyGC_DEBUG_COLLECTABLE: c_int = 1 << 1;
    pub const _PyGC_DEBUG_UNCOLLECTABLE: c_int = 1 << 2;
    pub const _PyGC_DEBUG_SAVEALL: c_int = 1 << 5;
    pub const _PyGC_DEBUG_LEAK: c_int = _PyGC_DEBUG_COLLECTABLE | _PyGC_DEBUG_UNCOLLECTABLE | _PyGC_DEBUG_SAVEALL;
}
