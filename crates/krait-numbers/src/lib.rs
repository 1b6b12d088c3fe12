//! Number algorithms: big integers, float parsing and printing, the format mini-language.
//!
//! Everything here is a pure function of its arguments. The runtime's `int` stores its digits
//! inline in the object and hands them over as [`IntRef`]; the compiler uses [`BigInt`].
#![forbid(unsafe_code)]

pub mod bigint;
pub mod convolution;
mod decimal;
pub mod float;
pub mod format_spec;

pub use bigint::{BigInt, IntRef};
pub use decimal::{DECIMAL_DIGITS, decimal_digits};
