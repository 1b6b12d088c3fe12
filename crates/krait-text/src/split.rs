//! Splitting and stripping: `split`, `rsplit`, `splitlines`, `strip` and their kin, as ranges.

use std::ops::Range;

use crate::search::{matches, rmatches};
use crate::{StrSlice, with_units};

/// Whose white space and line breaks: those of `str` or those of `bytes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavor {
    /// All of Unicode's.
    Str,
    /// ASCII's only; lines end with `\n`, `\r` or both.
    Bytes,
}

impl Flavor {
    #[inline(always)]
    fn is_space(self, code_point: u32) -> bool {
        match code_point {
            0x20 | 9..=13 => true,
            0..=0x1B | 0x21..=0x84 => false,
            0x1C..=0x1F => self == Flavor::Str,
            _ => self == Flavor::Str && krait_unicode::is_space(code_point),
        }
    }

    fn is_linebreak(self, code_point: u32) -> bool {
        match self {
            _ if matches!(code_point, 10 | 13) => true,
            Flavor::Bytes => false,
            Flavor::Str if (0x20..0x85).contains(&code_point) || code_point < 10 => false,
            Flavor::Str => krait_unicode::is_linebreak(code_point),
        }
    }
}

/// The words between runs of white space; after `max` of them the rest is one piece, without the
/// white space at its start (nor, as in CPython, any at its end).
pub fn split_whitespace(text: StrSlice<'_>, flavor: Flavor, max: usize) -> Vec<Range<usize>> {
    with_units!(text, units => words(units, flavor, max))
}

fn words<T: Copy + Into<u32>>(units: &[T], flavor: Flavor, max: usize) -> Vec<Range<usize>> {
    let len = units.len();
    let space = |index: usize| flavor.is_space(units[index].into());
    let mut pieces = Vec::new();
    let mut index = 0;
    loop {
        while index < len && space(index) {
            index += 1;
        }
        if index == len {
            return pieces;
        }
        if pieces.len() >= max {
            pieces.push(index..len);
            return pieces;
        }
        let start = index;
        while index < len && !space(index) {
            index += 1;
        }
        pieces.push(start..index);
    }
}

/// As [`split_whitespace`], but counting `max` from the right; the pieces are in order.
pub fn rsplit_whitespace(text: StrSlice<'_>, flavor: Flavor, max: usize) -> Vec<Range<usize>> {
    let space = |index: usize| flavor.is_space(text.at(index));
    let mut pieces = Vec::new();
    let mut end = text.len();
    loop {
        while end > 0 && space(end - 1) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        if pieces.len() >= max {
            pieces.push(0..end);
            break;
        }
        let stop = end;
        while end > 0 && !space(end - 1) {
            end -= 1;
        }
        pieces.push(end..stop);
    }
    pieces.reverse();
    pieces
}

/// The pieces between a separator that is not empty, cut at most `max` times from the left.
pub fn split(text: StrSlice<'_>, separator: StrSlice<'_>, max: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for found in matches(text, separator).take(max) {
        pieces.push(start..found);
        start = found + separator.len();
    }
    pieces.push(start..text.len());
    pieces
}

/// The pieces between a separator that is not empty, cut at most `max` times from the right; in
/// order.
pub fn rsplit(text: StrSlice<'_>, separator: StrSlice<'_>, max: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut end = text.len();
    for found in rmatches(text, separator).take(max) {
        pieces.push(found + separator.len()..end);
        end = found;
    }
    pieces.push(0..end);
    pieces.reverse();
    pieces
}

/// The lines, with their ends if `keep_ends`.
pub fn split_lines(text: StrSlice<'_>, flavor: Flavor, keep_ends: bool) -> Vec<Range<usize>> {
    with_units!(text, units => lines(units, flavor, keep_ends))
}

fn lines<T: Copy + Into<u32>>(units: &[T], flavor: Flavor, keep_ends: bool) -> Vec<Range<usize>> {
    let len = units.len();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < len {
        let end = units[start..]
            .iter()
            .position(|&unit| flavor.is_linebreak(unit.into()))
            .map_or(len, |found| start + found);
        let mut next = end;
        if next < len {
            let pair = units[next].into() == 13 && next + 1 < len && units[next + 1].into() == 10;
            next += if pair { 2 } else { 1 };
        }
        lines.push(start..if keep_ends { next } else { end });
        start = next;
    }
    lines
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

fn strip_by(text: StrSlice<'_>, ends: Ends, stripped: impl Fn(u32) -> bool) -> Range<usize> {
    let (mut start, mut end) = (0, text.len());
    if ends != Ends::Right {
        while start < end && stripped(text.at(start)) {
            start += 1;
        }
    }
    if ends != Ends::Left {
        while start < end && stripped(text.at(end - 1)) {
            end -= 1;
        }
    }
    start..end
}

/// What is left without white space at the ends.
pub fn strip_whitespace(text: StrSlice<'_>, flavor: Flavor, ends: Ends) -> Range<usize> {
    strip_by(text, ends, |code_point| flavor.is_space(code_point))
}

/// What is left without some characters at the ends.
pub fn strip_chars(text: StrSlice<'_>, characters: StrSlice<'_>, ends: Ends) -> Range<usize> {
    // A filter of 64 bits answers for most characters that are not in the set.
    let filter = characters.iter().fold(0u64, |bits, c| bits | 1 << (c & 63));
    strip_by(text, ends, |c| {
        filter >> (c & 63) & 1 == 1 && crate::search::find_char(characters, c).is_some()
    })
}
