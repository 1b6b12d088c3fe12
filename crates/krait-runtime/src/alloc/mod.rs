//! The object allocator: blocks of memory ([`blocks`]) and objects in them ([`objects`]).
//!
//! Everything here is guarded by the interpreter lock: only an attached thread allocates or frees.

mod blocks;
mod objects;

#[cfg(test)]
mod tests;

pub use blocks::{
    allocate, allocate_zeroed, allocated_blocks, free, limit, reallocate, set_limit, size_of_block,
};
pub use objects::{
    alloc_object, allocate_gc, free_object, generic_alloc, generic_free, new_object,
    new_var_object, object_size, pre_header_size, type_generic_alloc,
};
