//! The format mini-language: parsing a format specifier, and rendering numbers and strings by it.
//!
//! `format(value, spec)` of `int`, `float`, `complex` and `str` is [`FormatSpec::parse`] with the
//! [`Kind`] of the value, then [`render_int`], [`render_float`], [`render_complex`] or
//! [`layout_str`]. An empty specifier is `str(value)` and never gets here.

mod error;
mod number;
mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use error::SpecError;
pub use number::{Locale, grouped_fraction};
pub use render::{Rendered, StrLayout, layout_str, render_complex, render_float, render_int};

/// The type a specifier is for, which decides its defaults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `str`: left-aligned, code `s`.
    Str,
    /// `int`: right-aligned, code `d`.
    Int,
    /// `float` and `complex`: right-aligned, no code.
    Float,
}

/// Where the padding goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`: after.
    Left,
    /// `>`: before.
    Right,
    /// `^`: on both sides, the odd one after.
    Center,
    /// `=`: between sign and digits.
    AfterSign,
}

/// What separates groups of digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Separator {
    /// Nothing.
    None,
    /// `,` every three digits.
    Comma,
    /// `_` every three digits, or every four for `b`, `o`, `x` and `X`.
    Underscore,
}

/// A parsed format specifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatSpec {
    /// The character to pad with.
    pub fill: u32,
    /// Where the padding goes.
    pub align: Align,
    /// `#`.
    pub alternate: bool,
    /// `z`: a negative zero loses its sign.
    pub no_negative_zero: bool,
    /// `+`, `-` or a space, if given.
    pub sign: Option<u8>,
    /// The least width.
    pub width: Option<usize>,
    /// What separates groups of digits before the point.
    pub separator: Separator,
    /// The digits after a point, as given.
    pub precision: Option<usize>,
    /// What separates groups of digits after the point.
    pub fraction_separator: Separator,
    /// The presentation type; `None` for a float without one.
    pub code: Option<u32>,
}
