//! The object allocator: blocks of memory ([`blocks`]), objects in them ([`objects`]), and who asked
//! for them ([`trace`]).
//!
//! Everything here is guarded by the interpreter lock: only an attached thread allocates or frees.

mod blocks;
mod objects;
mod stats;
pub mod trace;

pub(crate) use blocks::whole;
pub(crate) use objects::allocate_gc;

#[cfg(test)]
mod tests;

pub use blocks::{
    allocate, allocate_zeroed, allocated_blocks, free, limit, reallocate, set_limit, size_of_block,
    stats, use_c_library,
};
pub(crate) use objects::free_by_slot;
pub use objects::{
    alloc_object, free_object, generic_alloc, generic_free, new_collected, new_object, new_plain,
    new_var_object, object_size, pre_header_size, type_generic_alloc,
};
pub use stats::{ClassStats, Stats};
