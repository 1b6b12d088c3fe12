//! Finding, counting and replacing: `find`, `rfind`, `count`, `replace`, `in`.
//!
//! Bytes go through `memchr`. Wider units are searched naively while that is cheap, and by the
//! two-way algorithm once it is not, so that no input takes quadratic time. A needle with a
//! character that the haystack's width cannot hold is nowhere in it.

use std::borrow::Cow;

use memchr::memmem;

use crate::{StrBuf, StrSlice};

/// One unit of a string in one of the three widths.
trait Unit: Copy + Ord + From<u8> + TryFrom<u32> {}
impl Unit for u8 {}
impl Unit for u16 {}
impl Unit for u32 {}

fn units_as<T: Unit>(text: StrSlice<'_>) -> Option<Vec<T>> {
    text.iter()
        .map(|code_point| T::try_from(code_point).ok())
        .collect()
}

/// Up to this many bytes a plain loop is quicker than a search that prepares itself.
const SHORT: usize = 32;
/// From this many bytes on it pays to prepare a needle that is looked for again and again.
const LONG: usize = 256;

/// A needle prepared for a haystack of one width.
enum Needle<'n> {
    Byte(u8),
    Bytes(Cow<'n, [u8]>),
    Finder(Box<memmem::Finder<'n>>),
    Wide2(Cow<'n, [u16]>),
    Wide4(Cow<'n, [u32]>),
}

impl<'n> Needle<'n> {
    /// `None` if the haystack cannot contain it.
    #[inline]
    fn new(haystack: StrSlice<'_>, needle: StrSlice<'n>) -> Option<Self> {
        if needle.len() > haystack.len() {
            return None;
        }
        Some(match (haystack, needle) {
            (StrSlice::Latin1(_), StrSlice::Latin1(&[byte])) => Needle::Byte(byte),
            (StrSlice::Latin1(_), StrSlice::Latin1(units)) => Needle::Bytes(Cow::Borrowed(units)),
            (StrSlice::Ucs2(_), StrSlice::Ucs2(units)) => Needle::Wide2(Cow::Borrowed(units)),
            (StrSlice::Ucs4(_), StrSlice::Ucs4(units)) => Needle::Wide4(Cow::Borrowed(units)),
            (StrSlice::Latin1(_), _) => Needle::Bytes(Cow::Owned(units_as(needle)?)),
            (StrSlice::Ucs2(_), _) => Needle::Wide2(Cow::Owned(units_as(needle)?)),
            (StrSlice::Ucs4(_), _) => Needle::Wide4(Cow::Owned(units_as(needle)?)),
        })
    }

    /// As [`Needle::new`], for a needle whose every place is wanted.
    #[inline]
    fn for_all(haystack: StrSlice<'_>, needle: StrSlice<'n>) -> Option<Self> {
        match (haystack, needle) {
            (StrSlice::Latin1(units), StrSlice::Latin1(needle))
                if units.len() >= LONG && needle.len() > 1 =>
            {
                Some(Needle::Finder(Box::new(memmem::Finder::new(needle))))
            }
            _ => Self::new(haystack, needle),
        }
    }

    #[inline]
    fn find(&self, haystack: StrSlice<'_>) -> Option<usize> {
        match (self, haystack) {
            (Needle::Byte(byte), StrSlice::Latin1(units)) => find_byte(units, *byte),
            (Needle::Bytes(needle), StrSlice::Latin1(units)) => find_bytes(units, needle),
            (Needle::Finder(finder), StrSlice::Latin1(units)) => finder.find(units),
            (Needle::Wide2(needle), StrSlice::Ucs2(units)) => find_wide(units, needle),
            (Needle::Wide4(needle), StrSlice::Ucs4(units)) => find_wide(units, needle),
            _ => None,
        }
    }

    fn rfind(&self, haystack: StrSlice<'_>) -> Option<usize> {
        match (self, haystack) {
            (Needle::Byte(byte), StrSlice::Latin1(units)) => memchr::memrchr(*byte, units),
            (Needle::Bytes(needle), StrSlice::Latin1(units)) => rfind_bytes(units, needle),
            (Needle::Wide2(needle), StrSlice::Ucs2(units)) => rfind_wide(units, needle),
            (Needle::Wide4(needle), StrSlice::Ucs4(units)) => rfind_wide(units, needle),
            _ => None,
        }
    }
}

/// The first place of a byte.
#[inline]
fn find_byte(units: &[u8], byte: u8) -> Option<usize> {
    // What is near is found before a call into the vectorised search would have begun.
    let near = units.len().min(SHORT / 2);
    match units[..near].iter().position(|&unit| unit == byte) {
        None if units.len() > near => {
            memchr::memchr(byte, &units[near..]).map(|found| near + found)
        }
        found => found,
    }
}

/// The first place of some bytes.
#[inline]
pub fn find_bytes(units: &[u8], needle: &[u8]) -> Option<usize> {
    match *needle {
        [] => Some(0),
        [byte] => find_byte(units, byte),
        [first, .., last] => {
            if units.len() > SHORT {
                return memmem::find(units, needle);
            }
            // A needle that is longer has no place to start at.
            let tails = units.get(needle.len() - 1..)?;
            let ends = units.iter().zip(tails).enumerate();
            ends.filter(|&(_, (&a, &b))| a == first && b == last)
                .map(|(start, _)| start)
                .find(|&start| &units[start..start + needle.len()] == needle)
        }
    }
}

/// The last place of some bytes.
pub fn rfind_bytes(units: &[u8], needle: &[u8]) -> Option<usize> {
    match *needle {
        [] => Some(units.len()),
        [byte] => memchr::memrchr(byte, units),
        _ => memmem::rfind(units, needle),
    }
}

fn find_wide<T: Unit>(haystack: &[T], needle: &[T]) -> Option<usize> {
    let Some((first, rest)) = needle.split_first() else {
        return Some(0);
    };
    let last_start = haystack.len().checked_sub(needle.len())?;
    // Comparisons beyond one for each unit that the naive search may spend.
    let mut budget = 64 + haystack.len() / 2;
    let mut start = 0;
    while start <= last_start {
        start += haystack[start..=last_start]
            .iter()
            .position(|unit| unit == first)?;
        let window = &haystack[start + 1..start + needle.len()];
        let matched = window.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if matched == rest.len() {
            return Some(start);
        }
        start += 1;
        match budget.checked_sub(matched) {
            Some(left) => budget = left,
            None => return two_way(&haystack[start..], needle).map(|found| start + found),
        }
    }
    None
}

fn rfind_wide<T: Unit>(haystack: &[T], needle: &[T]) -> Option<usize> {
    let Some((last, rest)) = needle.split_last() else {
        return Some(haystack.len());
    };
    let mut budget = 64 + haystack.len() / 2;
    let mut end = haystack.len();
    while end >= needle.len() {
        end = needle.len()
            + haystack[rest.len()..end]
                .iter()
                .rposition(|unit| unit == last)?;
        let window = &haystack[end - needle.len()..end - 1];
        let matched = window
            .iter()
            .rev()
            .zip(rest.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        if matched == rest.len() {
            return Some(end - needle.len());
        }
        end -= 1;
        match budget.checked_sub(matched) {
            Some(left) => budget = left,
            None => {
                let reversed = |units: &[T]| units.iter().rev().copied().collect::<Vec<T>>();
                let found = two_way(&reversed(&haystack[..end]), &reversed(needle))?;
                return Some(end - found - needle.len());
            }
        }
    }
    None
}

/// Where the largest suffix of the needle begins, in one order of units or the other, and the
/// period of that suffix.
fn maximal_suffix<T: Unit>(needle: &[T], inverted: bool) -> (usize, usize) {
    let (mut best, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
    while candidate + offset < needle.len() {
        let (a, b) = (needle[candidate + offset], needle[best + offset]);
        let smaller = if inverted { a > b } else { a < b };
        if a == b {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else if smaller {
            candidate += offset + 1;
            offset = 0;
            period = candidate - best;
        } else {
            best = candidate;
            candidate += 1;
            (offset, period) = (0, 1);
        }
    }
    (best, period)
}

/// The two-way algorithm of Crochemore and Perrin: linear time, no table.
fn two_way<T: Unit>(haystack: &[T], needle: &[T]) -> Option<usize> {
    let last_start = haystack.len().checked_sub(needle.len())?;
    let (first, second) = (maximal_suffix(needle, false), maximal_suffix(needle, true));
    let (critical, period) = if first.0 >= second.0 { first } else { second };
    let periodic = critical + period <= needle.len()
        && needle[..critical] == needle[period..period + critical];
    let shift = if periodic {
        period
    } else {
        critical.max(needle.len() - critical) + 1
    };
    // How much of the needle's start is known to match after a shift by the period.
    let mut known = 0;
    let mut start = 0;
    while start <= last_start {
        let window = &haystack[start..start + needle.len()];
        let right = critical.max(known);
        let matched = (window[right..].iter())
            .zip(&needle[right..])
            .take_while(|(a, b)| a == b)
            .count();
        if right + matched < needle.len() {
            start += right + matched - critical + 1;
            known = 0;
            continue;
        }
        let low = known.min(critical);
        if window[low..critical] == needle[low..critical] {
            return Some(start);
        }
        start += shift;
        known = if periodic { needle.len() - period } else { 0 };
    }
    None
}

/// The first place of a needle.
#[inline]
pub fn find(haystack: StrSlice<'_>, needle: StrSlice<'_>) -> Option<usize> {
    if let (StrSlice::Latin1(units), StrSlice::Latin1(needle)) = (haystack, needle) {
        return find_bytes(units, needle);
    }
    if needle.is_empty() {
        return Some(0);
    }
    Needle::new(haystack, needle)?.find(haystack)
}

/// The last place of a needle.
pub fn rfind(haystack: StrSlice<'_>, needle: StrSlice<'_>) -> Option<usize> {
    if needle.is_empty() {
        return Some(haystack.len());
    }
    Needle::new(haystack, needle)?.rfind(haystack)
}

/// The first place of a character.
pub fn find_char(haystack: StrSlice<'_>, character: u32) -> Option<usize> {
    match haystack {
        StrSlice::Latin1(units) => find_byte(units, u8::try_from(character).ok()?),
        StrSlice::Ucs2(units) => {
            let character = u16::try_from(character).ok()?;
            units.iter().position(|&unit| unit == character)
        }
        StrSlice::Ucs4(units) => units.iter().position(|&unit| unit == character),
    }
}

/// The places of a needle that is not empty, from the left and without overlap.
#[inline]
pub fn matches<'a>(
    haystack: StrSlice<'a>,
    needle: StrSlice<'a>,
) -> impl Iterator<Item = usize> + 'a {
    let prepared = if needle.is_empty() {
        None
    } else {
        Needle::for_all(haystack, needle)
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        let found = start
            + prepared
                .as_ref()?
                .find(haystack.sub(start, haystack.len()))?;
        start = found + needle.len();
        Some(found)
    })
}

/// The places of a needle that is not empty, from the right and without overlap.
pub fn rmatches<'a>(
    haystack: StrSlice<'a>,
    needle: StrSlice<'a>,
) -> impl Iterator<Item = usize> + 'a {
    let prepared = if needle.is_empty() {
        None
    } else {
        Needle::new(haystack, needle)
    };
    let mut end = haystack.len();
    std::iter::from_fn(move || {
        let found = prepared.as_ref()?.rfind(haystack.sub(0, end))?;
        end = found;
        Some(found)
    })
}

/// How often a needle is found without overlap, at most `max`; an empty one is between all
/// characters and at both ends.
pub fn count(haystack: StrSlice<'_>, needle: StrSlice<'_>, max: usize) -> usize {
    if needle.is_empty() {
        return haystack.len().saturating_add(1).min(max);
    }
    if let (StrSlice::Latin1(units), [byte]) = (haystack, latin1(needle)) {
        return memchr::memchr_iter(*byte, units).count().min(max);
    }
    matches(haystack, needle).take(max).count()
}

/// The bytes of a narrow string; none of a wide one.
pub(crate) fn latin1(text: StrSlice<'_>) -> &[u8] {
    match text {
        StrSlice::Latin1(units) => units,
        _ => &[],
    }
}

/// The string with `old` replaced by `new`, at most `max` times; `None` if nothing is replaced.
pub fn replace(
    text: StrSlice<'_>,
    old: StrSlice<'_>,
    new: StrSlice<'_>,
    max: usize,
) -> Option<StrBuf> {
    let mut out = StrBuf::with_capacity(text.len());
    if old.is_empty() {
        if max == 0 || new.is_empty() {
            return None;
        }
        out.push_slice(new);
        for index in 0..text.len() {
            out.push(text.at(index));
            if index + 1 < max {
                out.push_slice(new);
            }
        }
        return Some(out);
    }
    let mut from = 0;
    for found in matches(text, old).take(max) {
        out.push_slice(text.sub(from, found));
        out.push_slice(new);
        from = found + old.len();
    }
    if from == 0 {
        return None;
    }
    out.push_slice(text.sub(from, text.len()));
    Some(out)
}
