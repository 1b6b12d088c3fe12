//! Powers, powers modulo a number, and modular inverses.

use super::{BigInt, IntRef, div, mul};

/// Why a power modulo a number does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PowModError {
    /// The modulus is zero.
    ZeroModulus,
    /// The exponent is negative and the base shares a factor with the modulus.
    NotInvertible,
}

impl PowModError {
    /// The text of CPython's `ValueError`.
    pub fn message(self) -> &'static str {
        match self {
            PowModError::ZeroModulus => "pow() 3rd argument cannot be 0",
            PowModError::NotInvertible => "base is not invertible for the given modulus",
        }
    }
}

/// Bits of the exponent taken at a time where it is long.
const WINDOW: u64 = 5;

impl IntRef<'_> {
    /// The power to an exponent that is not negative; `None` if there is no memory for it.
    pub fn pow(self, exponent: IntRef<'_>) -> Option<BigInt> {
        let negative = self.negative && exponent.is_odd();
        if exponent.is_zero() {
            return Some(BigInt::one());
        }
        match *self.digits {
            [] => return Some(BigInt::ZERO),
            [1] => return Some(BigInt::from_digits(negative, vec![1])),
            _ => {}
        }
        let exponent = exponent.abs().to_u64()?;
        let bits = self.bit_length().checked_mul(exponent)?;
        // A result that could not be addressed is refused before anything is computed.
        Vec::<u32>::new()
            .try_reserve_exact(usize::try_from(bits / 30 + 1).ok()?)
            .ok()?;
        if let [digit] = *self.digits
            && digit.is_power_of_two()
        {
            let shift = exponent * u64::from(digit.trailing_zeros());
            let digits = super::shift::shl(&[1], shift)?;
            return Some(BigInt { negative, digits });
        }
        let mut digits = self.digits.to_vec();
        for bit in (0..63 - exponent.leading_zeros()).rev() {
            digits = mul::square(&digits);
            if exponent >> bit & 1 == 1 {
                digits = mul::mul(&digits, self.digits);
            }
        }
        Some(BigInt { negative, digits })
    }

    /// Python's `pow(self, exponent, modulus)`.
    pub fn pow_mod(self, exponent: IntRef<'_>, modulus: IntRef<'_>) -> Result<BigInt, PowModError> {
        if modulus.is_zero() {
            return Err(PowModError::ZeroModulus);
        }
        if modulus.digits == [1] {
            return Ok(BigInt::ZERO);
        }
        let base = if exponent.negative {
            self.mod_inverse(modulus.abs())?
        } else {
            self.mod_floor(modulus.abs())
                .ok_or(PowModError::ZeroModulus)?
        };
        let digits = pow_mod(&base.digits, exponent.digits, modulus.digits);
        let result = BigInt {
            negative: false,
            digits,
        };
        if modulus.negative && !result.is_zero() {
            return Ok(result.as_ref().add(modulus));
        }
        Ok(result)
    }

    /// The inverse modulo a positive number.
    fn mod_inverse(self, modulus: IntRef<'_>) -> Result<BigInt, PowModError> {
        let mut a = self.mod_floor(modulus).ok_or(PowModError::ZeroModulus)?;
        let mut b = modulus.to_owned();
        let (mut x, mut y) = (BigInt::one(), BigInt::ZERO);
        while !b.is_zero() {
            let Some((quotient, remainder)) = a.divmod_floor(&b) else {
                break;
            };
            (a, b) = (b, remainder);
            let next = x.sub(&quotient.mul(&y));
            (x, y) = (y, next);
        }
        if a.digits != [1] {
            return Err(PowModError::NotInvertible);
        }
        x.as_ref()
            .mod_floor(modulus)
            .ok_or(PowModError::ZeroModulus)
    }
}

fn reduce(digits: Vec<u32>, modulus: &[u32]) -> Vec<u32> {
    div::divrem(&digits, modulus).map_or(digits, |(_, remainder)| remainder)
}

/// The power of a magnitude below the modulus, which is above one.
fn pow_mod(base: &[u32], exponent: &[u32], modulus: &[u32]) -> Vec<u32> {
    if let [modulus] = *modulus {
        let base = base.first().copied().unwrap_or(0);
        return super::from_u64(pow_mod_small(base, exponent, modulus));
    }
    let product = |x: &[u32], y: &[u32]| reduce(mul::mul(x, y), modulus);
    let bits = super::bit_length(exponent);
    let bit = |index: u64| exponent[(index / 30) as usize] >> (index % 30) & 1;
    let mut result = vec![1];
    if bits <= 60 {
        for index in (0..bits).rev() {
            result = reduce(mul::square(&result), modulus);
            if bit(index) == 1 {
                result = product(&result, base);
            }
        }
        return result;
    }
    let mut powers = vec![vec![1]];
    for index in 0..(1 << WINDOW) - 1 {
        powers.push(product(&powers[index], base));
    }
    let mut index = bits.div_ceil(WINDOW) * WINDOW;
    while index > 0 {
        let mut window = 0;
        for _ in 0..WINDOW {
            index -= 1;
            window = window << 1 | if index < bits { bit(index) } else { 0 };
            result = reduce(mul::square(&result), modulus);
        }
        if window != 0 {
            result = product(&result, &powers[window as usize]);
        }
    }
    result
}

fn pow_mod_small(base: u32, exponent: &[u32], modulus: u32) -> u64 {
    let (base, modulus) = (u64::from(base), u64::from(modulus));
    let mut result = 1 % modulus;
    for &digit in exponent.iter().rev() {
        for bit in (0..30).rev() {
            result = result * result % modulus;
            if digit >> bit & 1 == 1 {
                result = result * base % modulus;
            }
        }
    }
    result
}
