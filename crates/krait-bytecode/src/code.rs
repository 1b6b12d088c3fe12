//! A code object as plain data, and the constants it can hold.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

/// The bits of `co_flags`.
#[allow(missing_docs)]
pub mod code_flags {
    pub const OPTIMIZED: u32 = 0x0001;
    pub const NEWLOCALS: u32 = 0x0002;
    pub const VARARGS: u32 = 0x0004;
    pub const VARKEYWORDS: u32 = 0x0008;
    pub const NESTED: u32 = 0x0010;
    pub const GENERATOR: u32 = 0x0020;
    pub const COROUTINE: u32 = 0x0080;
    pub const ITERABLE_COROUTINE: u32 = 0x0100;
    pub const ASYNC_GENERATOR: u32 = 0x0200;
    pub const FUTURE_DIVISION: u32 = 0x2_0000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x4_0000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x8_0000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x10_0000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x20_0000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x40_0000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x80_0000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x100_0000;
    pub const NO_MONITORING_EVENTS: u32 = 0x200_0000;
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    pub const METHOD: u32 = 0x800_0000;
}

/// The bits of one entry of `co_localspluskinds`.
#[allow(missing_docs)]
pub mod local_kind {
    pub const ARG_POS: u8 = 0x02;
    pub const ARG_KW: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    pub const ARG: u8 = ARG_POS | ARG_KW | ARG_VAR;
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

/// A constant of a code object.
///
/// Equality is that of CPython's constant pool: same type and same value, where floats are the
/// same if their bits are.
#[derive(Clone, Debug)]
pub enum Const {
    /// `None`.
    None,
    /// `True`.
    True,
    /// `False`.
    False,
    /// `...`.
    Ellipsis,
    /// An integer.
    Int(BigInt),
    /// A float.
    Float(f64),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
    /// A string.
    Str(Wtf8Buf),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Const>),
    /// A frozen set, its members in the order in which they were written.
    FrozenSet(Vec<Const>),
    /// A slice: start, stop, step.
    Slice(Box<[Const; 3]>),
    /// A nested code object.
    Code(Arc<CodeUnit>),
}

impl PartialEq for Const {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Const::None, Const::None)
            | (Const::True, Const::True)
            | (Const::False, Const::False)
            | (Const::Ellipsis, Const::Ellipsis) => true,
            (Const::Int(a), Const::Int(b)) => a == b,
            (Const::Float(a), Const::Float(b)) => a.to_bits() == b.to_bits(),
            (Const::Complex(a, b), Const::Complex(c, d)) => {
                a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits()
            }
            (Const::Str(a), Const::Str(b)) => a == b,
            (Const::Bytes(a), Const::Bytes(b)) => a == b,
            (Const::Tuple(a), Const::Tuple(b)) => a == b,
            (Const::FrozenSet(a), Const::FrozenSet(b)) => {
                a.len() == b.len() && a.iter().all(|each| b.contains(each))
            }
            (Const::Slice(a), Const::Slice(b)) => a == b,
            (Const::Code(a), Const::Code(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Const {}

impl Hash for Const {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Const::None | Const::True | Const::False | Const::Ellipsis => {}
            Const::Int(value) => value.hash(state),
            Const::Float(value) => value.to_bits().hash(state),
            Const::Complex(real, imag) => (real.to_bits(), imag.to_bits()).hash(state),
            Const::Str(value) => value.hash(state),
            Const::Bytes(value) => value.hash(state),
            Const::Tuple(items) => items.hash(state),
            // Order does not count for equality, so it must not for the hash.
            Const::FrozenSet(items) => items.len().hash(state),
            Const::Slice(parts) => parts.hash(state),
            Const::Code(code) => {
                (code.firstlineno, &code.name, &code.code, &code.linetable).hash(state);
            }
        }
    }
}

impl From<i64> for Const {
    fn from(value: i64) -> Self {
        let mut rest = value.unsigned_abs();
        let mut digits = Vec::new();
        while rest != 0 {
            digits.push((rest & 0x3FFF_FFFF) as u32);
            rest >>= krait_numbers::bigint::DIGIT_BITS;
        }
        Const::Int(BigInt::from_digits(value < 0, digits))
    }
}

impl From<&str> for Const {
    fn from(value: &str) -> Self {
        Const::Str(value.into())
    }
}

impl From<bool> for Const {
    fn from(value: bool) -> Self {
        if value { Const::True } else { Const::False }
    }
}

/// A code object as plain data: the fields that CPython's code constructor takes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeUnit {
    /// Positional parameters, the positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
    /// The most items the value stack holds.
    pub stacksize: u32,
    /// Bits from [`code_flags`].
    pub flags: u32,
    /// Instruction words (opcode, argument), inline caches zeroed.
    pub code: Vec<u8>,
    /// The constants.
    pub consts: Vec<Const>,
    /// The names that `LOAD_GLOBAL`, `LOAD_ATTR` and their kin refer to.
    pub names: Vec<Wtf8Buf>,
    /// Locals, cells, free variables, in the order of the frame.
    pub localsplusnames: Vec<Wtf8Buf>,
    /// Bits from [`local_kind`], one byte for each of `localsplusnames`.
    pub localspluskinds: Vec<u8>,
    /// The file's name.
    pub filename: Wtf8Buf,
    /// `co_name`.
    pub name: Wtf8Buf,
    /// `co_qualname`.
    pub qualname: Wtf8Buf,
    /// The line the code starts on.
    pub firstlineno: i32,
    /// The location table, see [`linetable`](crate::linetable).
    pub linetable: Vec<u8>,
    /// The exception table, see [`exceptiontable`](crate::exceptiontable).
    pub exceptiontable: Vec<u8>,
}

impl CodeUnit {
    /// The names whose kind has any of these bits, in order.
    pub fn locals_of_kind(&self, kinds: u8) -> impl Iterator<Item = &Wtf8Buf> {
        self.localsplusnames
            .iter()
            .zip(&self.localspluskinds)
            .filter(move |(_, kind)| **kind & kinds != 0)
            .map(|(name, _)| name)
    }

    /// `co_varnames`.
    pub fn varnames(&self) -> impl Iterator<Item = &Wtf8Buf> {
        self.locals_of_kind(local_kind::LOCAL)
    }

    /// `co_cellvars`.
    pub fn cellvars(&self) -> impl Iterator<Item = &Wtf8Buf> {
        self.locals_of_kind(local_kind::CELL)
    }

    /// `co_freevars`.
    pub fn freevars(&self) -> impl Iterator<Item = &Wtf8Buf> {
        self.locals_of_kind(local_kind::FREE)
    }

    /// `co_nlocals`.
    pub fn nlocals(&self) -> usize {
        self.varnames().count()
    }
}
