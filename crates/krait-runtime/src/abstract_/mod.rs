//! The abstract protocols: what `+`, `[]`, `len`, `iter`, `==` and their kin do for any object.

mod compare;
mod isinstance;
mod iter;
mod mapping;
pub mod number;
mod path;
mod sequence;

pub use compare::{CompareOp, hash_not_implemented, not_implemented_if, unhashable};
pub use isinstance::{is_instance, is_subclass};
pub(crate) use isinstance::{recursive_isinstance, recursive_issubclass};
pub use iter::{ObjIter, SendResult};
pub use number::{BinaryOp, binary_op, inplace_op};
