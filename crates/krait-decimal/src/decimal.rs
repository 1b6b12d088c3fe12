//! The number itself: sign, kind, coefficient and exponent.

use std::cmp::Ordering;

use krait_numbers::BigInt;
use krait_numbers::bigint::mag;

use crate::coefficient::Coefficient;
use crate::context::{Context, MAX_EMAX, MIN_ETINY};
use crate::limbs;

/// What sort of number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A coefficient times a power of ten.
    Finite,
    /// Beyond all finite numbers.
    Infinity,
    /// Not a number, and silent about it.
    QuietNan,
    /// Not a number, which signals in every operation.
    SignalingNan,
}

/// A decimal number.
#[derive(Clone, Debug)]
pub struct Decimal {
    pub(crate) negative: bool,
    pub(crate) kind: Kind,
    pub(crate) exponent: i64,
    /// Of a NaN, its payload; of an infinity, zero.
    pub(crate) coefficient: Coefficient,
}

impl Decimal {
    /// `(-1)**negative * coefficient * 10**exponent`, exact and not rounded. An exponent that no
    /// context allows becomes one just outside of what is allowed.
    pub fn new(negative: bool, coefficient: Coefficient, exponent: i64) -> Decimal {
        Decimal::raw(
            negative,
            coefficient,
            exponent.clamp(MIN_ETINY - 1, MAX_EMAX + 1),
        )
    }

    #[inline]
    pub(crate) fn raw(negative: bool, coefficient: Coefficient, exponent: i64) -> Decimal {
        Decimal {
            negative,
            kind: Kind::Finite,
            exponent,
            coefficient,
        }
    }

    /// An infinity.
    pub fn infinity(negative: bool) -> Decimal {
        Decimal {
            kind: Kind::Infinity,
            ..Decimal::raw(negative, Coefficient::ZERO, 0)
        }
    }

    /// A NaN; a payload of zero is none.
    pub fn nan(signaling: bool, negative: bool, payload: Coefficient) -> Decimal {
        Decimal {
            kind: if signaling {
                Kind::SignalingNan
            } else {
                Kind::QuietNan
            },
            ..Decimal::raw(negative, payload, 0)
        }
    }

    /// The NaN of operations without a result.
    pub(crate) fn quiet_nan() -> Decimal {
        Decimal::nan(false, false, Coefficient::ZERO)
    }

    /// From a machine integer.
    pub fn from_i64(value: i64) -> Decimal {
        Decimal::raw(value < 0, Coefficient::from_u64(value.unsigned_abs()), 0)
    }

    /// From a machine integer.
    pub fn from_u64(value: u64) -> Decimal {
        Decimal::raw(false, Coefficient::from_u64(value), 0)
    }

    /// From a wide machine integer.
    pub fn from_i128(value: i128) -> Decimal {
        Decimal::raw(value < 0, Coefficient::from_u128(value.unsigned_abs()), 0)
    }

    /// Zero.
    pub fn zero() -> Decimal {
        Decimal::from_u64(0)
    }

    /// From a sign and the 30-bit digits of an integer, the least significant first.
    pub fn from_bigint(negative: bool, magnitude: &[u32]) -> Decimal {
        let coefficient = if magnitude.len() <= 4 {
            let value = magnitude
                .iter()
                .rev()
                .fold(0, |value, &digit| value << 30 | u128::from(digit));
            Coefficient::from_u128(value)
        } else {
            let text = mag::to_decimal(magnitude);
            Coefficient::from_limbs(limbs::from_digits(text.as_bytes()))
        };
        Decimal::raw(negative, coefficient, 0)
    }

    /// The value truncated to an integer; `None` of infinities and NaNs, and where the integer
    /// would need absurd memory.
    pub fn to_bigint(&self) -> Option<BigInt> {
        if !self.is_finite() {
            return None;
        }
        let limbs = self.coefficient.limbs();
        let integer = if self.exponent < 0 {
            let cut = usize::try_from(self.exponent.unsigned_abs()).ok()?;
            limbs::shr(limbs, cut)
        } else if limbs.is_empty() {
            Vec::new()
        } else {
            let zeros = usize::try_from(self.exponent).ok()?;
            if !limbs::fits(limbs::digits(limbs).checked_add(zeros)?) {
                return None;
            }
            limbs::shl(limbs, zeros)
        };
        let mut text = Vec::with_capacity(integer.len() * limbs::DIGITS + 1);
        limbs::push_ascii(&integer, &mut text);
        let magnitude = mag::from_ascii_digits(&text, 10);
        Some(BigInt::from_digits(self.negative, magnitude))
    }

    /// What sort of number.
    #[inline]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sign.
    #[inline]
    pub fn negative(&self) -> bool {
        self.negative
    }

    /// The exponent of a finite number, which counts from the last digit.
    #[inline]
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// The digits of a finite number, or a NaN's payload.
    #[inline]
    pub fn coefficient(&self) -> &Coefficient {
        &self.coefficient
    }

    /// How many digits the coefficient has, 1 for zero.
    #[inline]
    pub fn digits(&self) -> usize {
        self.coefficient.digits()
    }

    /// The exponent of the first digit.
    #[inline]
    pub fn adjusted(&self) -> i64 {
        self.exponent + self.digits() as i64 - 1
    }

    /// How many bytes of heap it holds.
    pub fn heap_size(&self) -> usize {
        self.coefficient.heap_size()
    }

    /// Whether it is a finite zero.
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.coefficient.is_zero()
    }

    /// Whether it is neither an infinity nor a NaN.
    #[inline]
    pub fn is_finite(&self) -> bool {
        self.kind == Kind::Finite
    }

    /// Whether it is an infinity.
    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinity
    }

    /// Whether it is a NaN of either sort.
    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::QuietNan | Kind::SignalingNan)
    }

    /// Whether it is a quiet NaN.
    pub fn is_qnan(&self) -> bool {
        self.kind == Kind::QuietNan
    }

    /// Whether it is a signaling NaN.
    pub fn is_snan(&self) -> bool {
        self.kind == Kind::SignalingNan
    }

    /// Whether it is finite and has no fraction, whatever its exponent.
    pub fn is_integer(&self) -> bool {
        self.is_finite()
            && (self.exponent >= 0
                || self.coefficient.is_zero()
                || self.coefficient.trailing_zeros() as u64 >= self.exponent.unsigned_abs())
    }

    /// Whether it is finite, not zero and not subnormal.
    pub fn is_normal(&self, context: &Context) -> bool {
        self.is_finite() && !self.coefficient.is_zero() && self.adjusted() >= context.emin
    }

    /// Whether it is finite, not zero and below the normal numbers.
    pub fn is_subnormal(&self, context: &Context) -> bool {
        self.is_finite() && !self.coefficient.is_zero() && self.adjusted() < context.emin
    }

    /// The name of its class.
    pub fn class(&self, context: &Context) -> &'static str {
        let (positive, negative) = match self.kind {
            Kind::QuietNan => return "NaN",
            Kind::SignalingNan => return "sNaN",
            Kind::Infinity => ("+Infinity", "-Infinity"),
            Kind::Finite if self.coefficient.is_zero() => ("+Zero", "-Zero"),
            Kind::Finite if self.is_subnormal(context) => ("+Subnormal", "-Subnormal"),
            Kind::Finite => ("+Normal", "-Normal"),
        };
        if self.negative { negative } else { positive }
    }

    /// With a positive sign; no signal and no rounding.
    pub fn copy_abs(&self) -> Decimal {
        self.with_sign(false)
    }

    /// With the other sign; no signal and no rounding.
    pub fn copy_negate(&self) -> Decimal {
        self.with_sign(!self.negative)
    }

    /// With the sign of another; no signal and no rounding.
    pub fn copy_sign(&self, other: &Decimal) -> Decimal {
        self.with_sign(other.negative)
    }

    pub(crate) fn with_sign(&self, negative: bool) -> Decimal {
        Decimal {
            negative,
            ..self.clone()
        }
    }

    /// Whether both are NaNs, both infinities, or both finite with the same exponent.
    pub fn same_quantum(&self, other: &Decimal) -> bool {
        match (self.kind, other.kind) {
            (Kind::Finite, Kind::Finite) => self.exponent == other.exponent,
            (Kind::Infinity, Kind::Infinity) => true,
            _ => self.is_nan() && other.is_nan(),
        }
    }

    /// The order of the values; `None` with a NaN.
    pub fn partial_cmp_value(&self, other: &Decimal) -> Option<Ordering> {
        (!self.is_nan() && !other.is_nan()).then(|| crate::compare::cmp_values(self, other))
    }

    /// The total order, in which equal numbers are ordered by exponent and NaNs by payload.
    pub fn total_cmp(&self, other: &Decimal) -> Ordering {
        crate::compare::total_cmp(self, other)
    }

    /// The total order of the numbers without their signs.
    pub fn total_cmp_magnitude(&self, other: &Decimal) -> Ordering {
        crate::compare::total_cmp_magnitude(self, other)
    }
}
