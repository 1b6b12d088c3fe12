//! The regular-expression machine behind `_sre`.
//!
//! The input is the code array that the library's own `re._compiler` emits. [`Program::new`]
//! validates it and lowers it, once, into instructions of ours: character classes become tables,
//! runs of literals become strings, and every place where the machine may have to choose knows
//! which characters can come next. [`Scratch::run`] then matches a program against a subject.
//!
//! Invariants:
//! - nothing here recurses by the nesting of a pattern or the length of a subject: lowering keeps
//!   an explicit list of open constructs, matching an explicit stack of backtrack frames;
//! - a program that was built is well formed: the machine trusts its jump targets and indices;
//! - positions are indices into the subject, never bytes of an encoding.
#![forbid(unsafe_code)]

mod class;
pub mod constants;
mod first;
mod lower;
mod machine;
mod program;
mod search;
mod unit;

pub use class::{
    Locale, ascii_iscased, ascii_tolower, unicode_iscased, unicode_tolower, unicode_toupper,
};
pub use lower::InvalidCode;
pub use machine::{Mode, Request, Scratch, Stop};
pub use program::Program;
pub use unit::Unit;
