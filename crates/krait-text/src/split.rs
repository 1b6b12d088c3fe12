//! Splitting and stripping: `split`, `rsplit`, `splitlines`, `strip` and their kin, as ranges that are found one by one.

use std::ops::Range;

use crate::search::{latin1, matches, rmatches};
use crate::{StrSlice, with_units};

/// Whose white space and line breaks: those of `str` or those of `bytes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavor {
    /// All of Unicode's.
    Str,
    /// ASCII's only; lines end with `\n`, `\r` or both.
    Bytes,
}

/// What the characters below U+0100 are: a bit for each question.
const LATIN1: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let ascii_space = at == 0x20 || (at >= 9 && at <= 13);
        let space = ascii_space || (at >= 0x1C && at <= 0x1F) || at == 0x85 || at == 0xA0;
        let linebreak = (at >= 10 && at <= 13) || (at >= 0x1C && at <= 0x1E) || at == 0x85;
        classes[at] = (ascii_space as u8 * BYTES_SPACE)
            | (space as u8 * STR_SPACE)
            | ((at == 10 || at == 13) as u8 * BYTES_LINEBREAK)
            | (linebreak as u8 * STR_LINEBREAK);
        at += 1;
    }
    classes
};
const STR_SPACE: u8 = 1;
const BYTES_SPACE: u8 = 2;
const STR_LINEBREAK: u8 = 4;
const BYTES_LINEBREAK: u8 = 8;

impl Flavor {
    #[inline(always)]
    fn is_space(self, code_point: u32) -> bool {
        let bit = match self {
            Flavor::Str => STR_SPACE,
            Flavor::Bytes => BYTES_SPACE,
        };
        match LATIN1.get(code_point as usize) {
            Some(class) => class & bit != 0,
            None => self == Flavor::Str && krait_unicode::is_space(code_point),
        }
    }

    #[inline(always)]
    fn is_linebreak(self, code_point: u32) -> bool {
        let bit = match self {
            Flavor::Str => STR_LINEBREAK,
            Flavor::Bytes => BYTES_LINEBREAK,
        };
        match LATIN1.get(code_point as usize) {
            Some(class) => class & bit != 0,
            None => self == Flavor::Str && krait_unicode::is_linebreak(code_point),
        }
    }
}

/// The place of the next unit from `at` on of which `wanted` holds, else the end.
#[inline(always)]
fn next_where<T: Copy + Into<u32>>(units: &[T], at: usize, wanted: impl Fn(u32) -> bool) -> usize {
    units[at..]
        .iter()
        .position(|&unit| wanted(unit.into()))
        .map_or(units.len(), |found| at + found)
}

/// The place behind the last unit before `end` of which `wanted` holds, else the start.
#[inline(always)]
fn last_where<T: Copy + Into<u32>>(units: &[T], end: usize, wanted: impl Fn(u32) -> bool) -> usize {
    units[..end]
        .iter()
        .rposition(|&unit| wanted(unit.into()))
        .map_or(0, |found| found + 1)
}

/// The words between runs of white space; after `max` of them the rest is one piece, without the
/// white space at its start (nor, as in CPython, any at its end).
#[inline]
pub fn split_whitespace(
    text: StrSlice<'_>,
    flavor: Flavor,
    max: usize,
) -> impl Iterator<Item = Range<usize>> {
    let (mut at, mut left) = (0, max);
    std::iter::from_fn(move || {
        let word = with_units!(text, units => {
            let start = next_where(units, at, |c| !flavor.is_space(c));
            if left == 0 {
                start..units.len()
            } else {
                start..next_where(units, start, |c| flavor.is_space(c))
            }
        });
        left = left.saturating_sub(1);
        at = word.end;
        (!word.is_empty()).then_some(word)
    })
}

/// As [`split_whitespace`], but counting `max` from the right, where the pieces begin.
pub fn rsplit_whitespace(
    text: StrSlice<'_>,
    flavor: Flavor,
    max: usize,
) -> impl Iterator<Item = Range<usize>> {
    let (mut end, mut left) = (text.len(), max);
    std::iter::from_fn(move || {
        let word = with_units!(text, units => {
            let stop = last_where(units, end, |c| !flavor.is_space(c));
            if left == 0 {
                0..stop
            } else {
                last_where(units, stop, |c| flavor.is_space(c))..stop
            }
        });
        left = left.saturating_sub(1);
        end = word.start;
        (!word.is_empty()).then_some(word)
    })
}

/// The pieces between a separator that is not empty, cut at most `max` times from the left.
#[inline]
pub fn split<'a>(
    text: StrSlice<'a>,
    separator: StrSlice<'a>,
    max: usize,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut matches = matches(text, separator).take(max);
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let found = matches.next();
        start = found.map(|found| found + separator.len());
        Some(from..found.unwrap_or(text.len()))
    })
}

/// The pieces between a separator that is not empty, cut at most `max` times from the right, where
/// they begin.
pub fn rsplit<'a>(
    text: StrSlice<'a>,
    separator: StrSlice<'a>,
    max: usize,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut matches = rmatches(text, separator).take(max);
    let mut end = Some(text.len());
    std::iter::from_fn(move || {
        let to = end?;
        end = matches.next();
        Some(end.map_or(0, |found| found + separator.len())..to)
    })
}

/// The lines, with their ends if `keep_ends`.
#[inline]
pub fn split_lines(
    text: StrSlice<'_>,
    flavor: Flavor,
    keep_ends: bool,
) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let (end, next) = with_units!(text, units => line(units, start, flavor));
        let line = start..if keep_ends { next } else { end };
        let is_line = next > start;
        start = next;
        is_line.then_some(line)
    })
}

/// Where the line at `start` ends, without and with its end.
#[inline]
fn line<T: Copy + Into<u32>>(units: &[T], start: usize, flavor: Flavor) -> (usize, usize) {
    let end = next_where(units, start, |c| flavor.is_linebreak(c));
    let next = match units[end..] {
        [] => end,
        [first, second, ..] if first.into() == 13 && second.into() == 10 => end + 2,
        [_, ..] => end + 1,
    };
    (end, next)
}

/// Which ends to strip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// `lstrip`.
    Left,
    /// `rstrip`.
    Right,
    /// `strip`.
    Both,
}

#[inline(always)]
fn strip_by(text: StrSlice<'_>, ends: Ends, stripped: impl Fn(u32) -> bool) -> Range<usize> {
    with_units!(text, units => {
        let start = match ends {
            Ends::Right => 0,
            Ends::Left | Ends::Both => next_where(units, 0, |c| !stripped(c)),
        };
        let end = match ends {
            Ends::Left => units.len(),
            Ends::Right | Ends::Both => last_where(units, units.len(), |c| !stripped(c)),
        };
        start..end.max(start)
    })
}

/// What is left without white space at the ends.
pub fn strip_whitespace(text: StrSlice<'_>, flavor: Flavor, ends: Ends) -> Range<usize> {
    strip_by(text, ends, |code_point| flavor.is_space(code_point))
}

/// What is left without some characters at the ends.
pub fn strip_chars(text: StrSlice<'_>, characters: StrSlice<'_>, ends: Ends) -> Range<usize> {
    if let (StrSlice::Latin1(_), [only]) = (text, latin1(characters)) {
        let only = u32::from(*only);
        return strip_by(text, ends, |c| c == only);
    }
    // A filter of 64 bits answers for most characters that are not in the set.
    let filter = characters.iter().fold(0u64, |bits, c| bits | 1 << (c & 63));
    strip_by(text, ends, |c| {
        filter >> (c & 63) & 1 == 1 && crate::search::find_char(characters, c).is_some()
    })
}
