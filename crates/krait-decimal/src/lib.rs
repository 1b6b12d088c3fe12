//! Decimal floating point at arbitrary precision, by the General Decimal Arithmetic Specification.
//!
//! Results, exponents and conditions are those of the C module `_decimal` of CPython. Every
//! operation is a pure function of its operands and a [`Context`], never panics, and adds the
//! conditions it met to a [`Status`]. A [`Decimal`] has a [`Coefficient`] of limbs in base
//! 10**19, so that shifts by digits and rounding never change the radix; up to 38 digits need no
//! heap. Start with `round` (how every result is fitted to its context), then `arith`.
#![forbid(unsafe_code)]

mod arith;
mod coefficient;
mod compare;
mod context;
mod decimal;
mod div;
mod elementary;
mod format;
mod integral;
mod limbs;
mod round;
mod sqrt;
mod status;
mod text;

pub use arith::{abs, add, fma, minus, mul, plus, sub};
pub use coefficient::Coefficient;
pub use compare::{compare, compare_signal};
pub use context::{Context, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding};
pub use decimal::{Decimal, Kind};
pub use div::{div, div_int, div_mod, pow_mod, rem, rem_near};
pub use elementary::{exp, ln, log10, pow};
pub use format::{Spec, SpecError, format};
pub use integral::{
    logb, logical_and, logical_invert, logical_or, logical_xor, max, max_magnitude, min,
    min_magnitude, next_minus, next_plus, next_toward, quantize, reduce, rotate, scaleb, shift,
    to_integral_exact, to_integral_value,
};
pub use limbs::{BASE as LIMB_BASE, DIGITS as LIMB_DIGITS};
pub use round::{exact, finalize};
pub use sqrt::sqrt;
pub use status::Status;
pub use text::{parse, parse_exact, to_eng, to_sci, write_sci};
