//! Floats: printing, parsing, rounding, hashing, always exactly as CPython does.

mod arith;
mod complex;
mod hex;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use arith::{as_integer_ratio, divmod, floor_div, hash, modulo, round_to_digits};
pub use complex::{ParseComplexError, complex_repr, parse_complex};
pub use hex::{FromHexError, from_hex, to_hex};
pub use parse::parse;
pub use print::{Style, format_double, repr};
