//! The conditions an operation can meet.

use std::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of conditions; the bits are those of libmpdec.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Status(u32);

macro_rules! conditions {
    ($($(#[$doc:meta])* $name:ident = $bits:literal),* $(,)?) => {
        #[allow(non_upper_case_globals, reason = "the conditions have the names of the specification")]
        impl Status {
            $($(#[$doc])* pub const $name: Status = Status($bits);)*
        }
    };
}

conditions! {
    /// The exponent was altered to fit the format.
    Clamped = 0x1,
    /// Text that is no number.
    ConversionSyntax = 0x2,
    /// A finite number by zero, or the logarithm of zero.
    DivisionByZero = 0x4,
    /// An integer quotient of more digits than the precision.
    DivisionImpossible = 0x8,
    /// Zero by zero.
    DivisionUndefined = 0x10,
    /// The floating-point unit is not in the expected state; never met here.
    FpuError = 0x20,
    /// Digits other than zeros were discarded.
    Inexact = 0x40,
    /// The operation does not exist in this context.
    InvalidContext = 0x80,
    /// An operation without a result.
    InvalidOperation = 0x100,
    /// The result needs more memory than can be had.
    MallocError = 0x200,
    /// Never met here.
    NotImplemented = 0x400,
    /// The exponent is above `emax`.
    Overflow = 0x800,
    /// Digits were discarded.
    Rounded = 0x1000,
    /// The adjusted exponent is below `emin`.
    Subnormal = 0x2000,
    /// Both subnormal and inexact.
    Underflow = 0x4000,
}

impl Status {
    /// The conditions that make the signal `InvalidOperation`.
    pub const IEEE_INVALID: Status = Status(
        Status::ConversionSyntax.0
            | Status::DivisionImpossible.0
            | Status::DivisionUndefined.0
            | Status::FpuError.0
            | Status::InvalidContext.0
            | Status::InvalidOperation.0
            | Status::MallocError.0,
    );
    /// The conditions that leave no result: those of an invalid operation, and division by zero.
    pub const ERRORS: Status = Status(Status::IEEE_INVALID.0 | Status::DivisionByZero.0);

    /// No condition.
    pub const fn empty() -> Status {
        Status(0)
    }

    /// A set of conditions by libmpdec's bits.
    pub const fn from_bits(bits: u32) -> Status {
        Status(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether no condition was met.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of `other` was met.
    pub const fn intersects(self, other: Status) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` were met.
    pub const fn contains(self, other: Status) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds conditions.
    pub const fn insert(&mut self, other: Status) {
        self.0 |= other.0;
    }
}

impl BitOr for Status {
    type Output = Status;
    fn bitor(self, other: Status) -> Status {
        Status(self.0 | other.0)
    }
}

impl BitAnd for Status {
    type Output = Status;
    fn bitand(self, other: Status) -> Status {
        Status(self.0 & other.0)
    }
}

impl BitOrAssign for Status {
    fn bitor_assign(&mut self, other: Status) {
        self.0 |= other.0;
    }
}
