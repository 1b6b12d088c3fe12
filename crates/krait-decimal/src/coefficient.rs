//! The digits of a number: a magnitude in base 10**19, up to 38 digits without heap.

use crate::limbs;

/// A natural number of any size, as decimal limbs.
#[derive(Clone, Debug)]
pub struct Coefficient(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// Up to two limbs.
    Inline([u64; 2]),
    /// Three limbs or more, the last of them not zero.
    Heap(Vec<u64>),
}

const WIDE_BASE: u128 = limbs::BASE as u128;

impl Coefficient {
    /// Zero.
    pub const ZERO: Coefficient = Coefficient(Repr::Inline([0; 2]));
    /// One.
    pub const ONE: Coefficient = Coefficient(Repr::Inline([1, 0]));

    /// From limbs in base 10**19, the least significant first; leading zeros may be there.
    pub fn from_limbs(mut limbs: Vec<u64>) -> Coefficient {
        debug_assert!(limbs.iter().all(|&limb| limb < limbs::BASE));
        limbs::trim(&mut limbs);
        match limbs[..] {
            [] => Coefficient::ZERO,
            [low] => Coefficient::from_pair(low, 0),
            [low, high] => Coefficient::from_pair(low, high),
            _ => Coefficient(Repr::Heap(limbs)),
        }
    }

    /// From a copy of limbs, which may have leading zeros.
    pub(crate) fn from_slice(limbs: &[u64]) -> Coefficient {
        match *limbs::trimmed(limbs) {
            [] => Coefficient::ZERO,
            [low] => Coefficient::from_pair(low, 0),
            [low, high] => Coefficient::from_pair(low, high),
            ref limbs => Coefficient(Repr::Heap(limbs.to_vec())),
        }
    }

    /// From two limbs.
    #[inline]
    pub(crate) const fn from_pair(low: u64, high: u64) -> Coefficient {
        Coefficient(Repr::Inline([low, high]))
    }

    /// From a machine integer.
    pub const fn from_u64(value: u64) -> Coefficient {
        Coefficient(Repr::Inline(if value < limbs::BASE {
            [value, 0]
        } else {
            [value - limbs::BASE, 1]
        }))
    }

    /// From a wide machine integer.
    #[inline]
    pub fn from_u128(value: u128) -> Coefficient {
        if value < WIDE_BASE {
            return Coefficient(Repr::Inline([value as u64, 0]));
        }
        if value < limbs::POW10_WIDE[38] {
            let (high, low) = limbs::divrem_base((value >> 64) as u64, value as u64);
            return Coefficient(Repr::Inline([low, high]));
        }
        let (rest, low) = (value / WIDE_BASE, (value % WIDE_BASE) as u64);
        let middle = (rest % WIDE_BASE) as u64;
        Coefficient(Repr::Heap(vec![low, middle, (rest / WIDE_BASE) as u64]))
    }

    /// The value, if it has at most 38 digits.
    #[inline]
    pub fn to_u128(&self) -> Option<u128> {
        match self.0 {
            Repr::Inline([low, 0]) => Some(u128::from(low)),
            Repr::Inline([low, high]) => Some(u128::from(high) * WIDE_BASE + u128::from(low)),
            Repr::Heap(_) => None,
        }
    }

    /// The value, if it fits.
    pub fn to_u64(&self) -> Option<u64> {
        self.to_u128().and_then(|value| u64::try_from(value).ok())
    }

    /// From the values of decimal digits, the most significant first; none are zero. `None` if
    /// one is above 9.
    pub fn from_digits(digits: &[u8]) -> Option<Coefficient> {
        let valid = digits.iter().all(|&digit| digit <= 9);
        valid.then(|| Coefficient::from_limbs(limbs::from_digits(digits)))
    }

    /// The values of the digits, the most significant first; one 0 for zero.
    pub fn to_digits(&self) -> Vec<u8> {
        let mut out = self.to_text().into_bytes();
        out.iter_mut().for_each(|byte| *byte -= b'0');
        out
    }

    /// The digits in ASCII, "0" for zero.
    pub fn to_text(&self) -> String {
        let mut out = Vec::with_capacity(self.digits());
        self.push_digits(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    pub(crate) fn push_digits(&self, out: &mut Vec<u8>) {
        limbs::push_ascii(self.limbs(), out);
    }

    /// The remainder by a modulus below 2**63, which is not zero.
    pub fn rem_u64(&self, modulus: u64) -> u64 {
        if modulus == 0 {
            return 0;
        }
        let modulus = u128::from(modulus);
        self.limbs().iter().rev().fold(0, |rest, &limb| {
            ((u128::from(rest) * WIDE_BASE + u128::from(limb)) % modulus) as u64
        })
    }

    /// How many bytes of heap it holds.
    pub fn heap_size(&self) -> usize {
        match &self.0 {
            Repr::Inline(_) => 0,
            Repr::Heap(limbs) => limbs.len() * size_of::<u64>(),
        }
    }

    /// The limbs in base 10**19, the least significant first; none for zero.
    #[inline]
    pub fn limbs(&self) -> &[u64] {
        match &self.0 {
            Repr::Inline(pair) => {
                let len = if pair[1] != 0 {
                    2
                } else {
                    usize::from(pair[0] != 0)
                };
                &pair[..len]
            }
            Repr::Heap(limbs) => limbs,
        }
    }

    /// The limbs for one's own use.
    pub(crate) fn into_limbs(self) -> Vec<u64> {
        match self.0 {
            Repr::Heap(limbs) => limbs,
            Repr::Inline(_) => self.limbs().to_vec(),
        }
    }

    /// Whether it is zero.
    #[inline]
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Inline([0, 0]))
    }

    /// How many digits it has, 1 for zero.
    #[inline]
    pub fn digits(&self) -> usize {
        match self.0 {
            Repr::Inline([low, 0]) => limbs::word_digits(low).max(1),
            Repr::Inline([_, high]) => limbs::DIGITS + limbs::word_digits(high),
            Repr::Heap(ref limbs) => limbs::digits(limbs),
        }
    }

    /// How many zeros it ends in, 0 for zero.
    pub fn trailing_zeros(&self) -> usize {
        limbs::trailing_zeros(self.limbs())
    }

    /// Whether it is even.
    #[inline]
    pub(crate) fn is_even(&self) -> bool {
        self.limbs()
            .first()
            .is_none_or(|limb| limb.is_multiple_of(2))
    }

    /// The last digit.
    #[inline]
    pub(crate) fn last_digit(&self) -> u8 {
        self.limbs().first().map_or(0, |limb| (limb % 10) as u8)
    }
}

impl PartialEq for Coefficient {
    fn eq(&self, other: &Coefficient) -> bool {
        self.limbs() == other.limbs()
    }
}

impl Eq for Coefficient {}

impl PartialOrd for Coefficient {
    fn partial_cmp(&self, other: &Coefficient) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Coefficient {
    fn cmp(&self, other: &Coefficient) -> std::cmp::Ordering {
        limbs::cmp(self.limbs(), other.limbs())
    }
}

impl From<u64> for Coefficient {
    fn from(value: u64) -> Coefficient {
        Coefficient::from_u64(value)
    }
}
