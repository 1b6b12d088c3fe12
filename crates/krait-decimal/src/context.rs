//! Precision, exponent range and rounding of an operation.

/// The largest precision.
pub const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest `emax`.
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The least `emin`.
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// The least exponent of any number.
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);

/// How discarded digits change those that are kept; numbered as libmpdec numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceiling,
    /// Towards negative infinity.
    Floor,
    /// To nearest, halves away from zero.
    HalfUp,
    /// To nearest, halves towards zero.
    HalfDown,
    /// To nearest, halves to the even neighbour.
    HalfEven,
    /// Away from zero if the last digit would be 0 or 5, else towards zero.
    ZeroFiveUp,
}

/// What an operation's result must fit, and how it is made to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// How many digits a result has at most, from 1 to [`MAX_PREC`].
    pub prec: i64,
    /// The largest adjusted exponent, from 0 to [`MAX_EMAX`].
    pub emax: i64,
    /// The least adjusted exponent of a normal number, from [`MIN_EMIN`] to 0.
    pub emin: i64,
    /// What happens to digits beyond the precision.
    pub rounding: Rounding,
    /// Whether exponents are at most `etop`, as in the interchange formats.
    pub clamp: bool,
}

impl Context {
    /// All numbers there are: what is not exact here is out of every range.
    pub const fn max() -> Context {
        Context {
            prec: MAX_PREC,
            emax: MAX_EMAX,
            emin: MIN_EMIN,
            rounding: Rounding::HalfEven,
            clamp: false,
        }
    }

    /// The exponent of the least subnormal number.
    pub const fn etiny(&self) -> i64 {
        self.emin - (self.prec - 1)
    }

    /// The largest exponent of a number with all its digits.
    pub const fn etop(&self) -> i64 {
        self.emax - (self.prec - 1)
    }

    /// The same with another precision in the widest range, halves to even: for intermediate
    /// results.
    pub(crate) const fn work(prec: i64) -> Context {
        Context {
            prec,
            ..Context::max()
        }
    }
}
