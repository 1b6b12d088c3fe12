//! CPython 3.14's C struct layouts (the default, GIL build, 64-bit little endian) as `repr(C)` types, with their flags
//! and constants; no logic.
//!
//! Each module is named after the C header it describes and everything is re-exported here under its C name. A field
//! that may change after creation is a [`Cell`](core::cell::Cell): Python aliases everything. Every struct and constant
//! is a row of the table in [`layout`], which `cargo xtask layout` compares with what a C compiler says of the real
//! headers, and which `cargo test` compares with the recorded answer.
//!
//! Shared access between threads is guarded by the interpreter lock, which is what the `Sync` implementations rest on.

#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the C names are the contract"
)]

#[cfg(not(all(target_pointer_width = "64", target_endian = "little")))]
compile_error!("krait-abi describes the 64-bit little endian layout only");

#[macro_use]
pub mod layout;

pub mod bytesobject;
pub mod code;
pub mod constants;
pub mod contextobject;
pub mod datetime;
pub mod descrobject;
pub mod dictobject;
pub mod floatobject;
pub mod frame;
pub mod funcobject;
pub mod gc;
pub mod listobject;
pub mod longintrepr;
pub mod memoryobject;
pub mod methodobject;
pub mod moduleobject;
pub mod object;
pub mod private;
pub mod pybuffer;
pub mod pyerrors;
pub mod pystate;
pub mod refcount;
pub mod setobject;
pub mod sliceobject;
pub mod structseq;
pub mod typeobject;
pub mod typeslots;
pub mod unicodeobject;
pub mod weakrefobject;

pub use bytesobject::*;
pub use code::*;
pub use constants::*;
pub use contextobject::*;
pub use datetime::*;
pub use descrobject::*;
pub use dictobject::*;
pub use floatobject::*;
pub use frame::*;
pub use funcobject::*;
pub use gc::*;
pub use listobject::*;
pub use longintrepr::*;
pub use memoryobject::*;
pub use methodobject::*;
pub use moduleobject::*;
pub use object::*;
pub use private::*;
pub use pybuffer::*;
pub use pyerrors::*;
pub use pystate::*;
pub use refcount::*;
pub use setobject::*;
pub use sliceobject::*;
pub use structseq::*;
pub use typeobject::*;
pub use typeslots::*;
pub use unicodeobject::*;
pub use weakrefobject::*;
