//! Values that stand in the tree itself.

use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

/// The value of a `Constant` node. The parser makes the literals; `Tuple` and `FrozenSet` come
/// from constant folding and from trees that a program has built.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// A string.
    Str(Wtf8Buf),
    /// A bytes string.
    Bytes(Vec<u8>),
    /// An integer.
    Int(BigInt),
    /// A float.
    Float(f64),
    /// A complex number; a literal has only the imaginary part.
    Complex {
        /// The real part.
        real: f64,
        /// The imaginary part.
        imag: f64,
    },
    /// A tuple of constants.
    Tuple(Vec<Constant>),
    /// A frozen set of constants, in source order.
    FrozenSet(Vec<Constant>),
}
