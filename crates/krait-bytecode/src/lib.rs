//! CPython 3.14's opcode table, code units, marshal and `.pyc` formats.
//!
//! Nothing here knows a Python object: a code object is a plain [`CodeUnit`], a constant a plain
//! [`Const`].
#![forbid(unsafe_code)]

pub mod code;
pub mod dump;
pub mod exceptiontable;
pub mod linetable;
pub mod marshal;
pub mod oparg;
pub mod opcode;
pub mod pyc;

pub use code::{CodeUnit, Const, code_flags, local_kind};
pub use linetable::Location;
pub use opcode::{AnyOpcode, Opcode, op};
