//! Number algorithms: big integers, float parsing and printing.
#![forbid(unsafe_code)]

pub mod bigint;

pub use bigint::BigInt;
