//! Case mappings: of single code points, and of whole strings as `str`'s methods make them.

use crate::char_type::{is_case_ignorable, is_cased, is_lower, is_title, is_upper};
use crate::record::{Record, flag, record};
use crate::tables;

const CAPITAL_SIGMA: u32 = 0x3A3;
const SMALL_SIGMA: u32 = 0x3C3;
const FINAL_SIGMA: u32 = 0x3C2;

/// What a code point maps to: one to three code points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    chars: [u32; 3],
    len: u8,
}

impl Mapping {
    fn one(code_point: u32) -> Self {
        Self {
            chars: [code_point, 0, 0],
            len: 1,
        }
    }

    /// The code points.
    pub fn as_slice(&self) -> &[u32] {
        &self.chars[..usize::from(self.len)]
    }
}

fn shifted(code_point: u32, delta: i32) -> u32 {
    code_point.wrapping_add_signed(delta)
}

fn full(code_point: u32, which: usize, delta: impl Fn(&Record) -> i32) -> Mapping {
    let record = record(code_point);
    if record.flags & flag::EXTENDED_CASE != 0
        && let Ok(row) = tables::FULL_CASES.binary_search_by_key(&code_point, |row| row.0)
    {
        let chars = tables::FULL_CASES[row].1[which];
        return Mapping {
            chars,
            len: chars.iter().take_while(|&&c| c != 0).count() as u8,
        };
    }
    Mapping::one(shifted(code_point, delta(record)))
}

/// The full lower-case mapping, apart from the final sigma, which needs its context.
pub fn to_lower(code_point: u32) -> Mapping {
    full(code_point, 0, |record| record.lower)
}

/// The full upper-case mapping.
pub fn to_upper(code_point: u32) -> Mapping {
    full(code_point, 1, |record| record.upper)
}

/// The full title-case mapping.
pub fn to_title(code_point: u32) -> Mapping {
    full(code_point, 2, |record| record.title)
}

/// The full case folding.
pub fn to_folded(code_point: u32) -> Mapping {
    full(code_point, 3, |record| record.fold)
}

/// The lower-case mapping to one code point (`_sre.unicode_tolower`).
#[inline]
pub fn simple_lower(code_point: u32) -> u32 {
    shifted(code_point, record(code_point).lower)
}

/// The upper-case mapping to one code point.
#[inline]
pub fn simple_upper(code_point: u32) -> u32 {
    shifted(code_point, record(code_point).upper)
}

/// The title-case mapping to one code point.
pub fn simple_title(code_point: u32) -> u32 {
    shifted(code_point, record(code_point).title)
}

/// A sigma at the end of a word has a form of its own: a cased letter before it and none after,
/// looking past what is ignorable for case.
fn lower_sigma<T: Copy + Into<u32>>(text: &[T], index: usize) -> u32 {
    let cased = |mut context: &mut dyn Iterator<Item = u32>| {
        (&mut context)
            .find(|&c| !is_case_ignorable(c))
            .is_some_and(is_cased)
    };
    let before = cased(&mut text[..index].iter().rev().map(|&c| c.into()));
    let after = cased(&mut text[index + 1..].iter().map(|&c| c.into()));
    if before && !after {
        FINAL_SIGMA
    } else {
        SMALL_SIGMA
    }
}

fn push_lower<T: Copy + Into<u32>>(out: &mut Vec<u32>, text: &[T], index: usize) {
    match text[index].into() {
        CAPITAL_SIGMA => out.push(lower_sigma(text, index)),
        code_point => out.extend_from_slice(to_lower(code_point).as_slice()),
    }
}

fn map<T: Copy + Into<u32>>(text: &[T], mut each: impl FnMut(&mut Vec<u32>, usize)) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    for index in 0..text.len() {
        each(&mut out, index);
    }
    out
}

/// `str.lower`.
pub fn lower<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    map(text, |out, index| push_lower(out, text, index))
}

/// `str.upper`.
pub fn upper<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    map(text, |out, index| {
        out.extend_from_slice(to_upper(text[index].into()).as_slice())
    })
}

/// `str.casefold`.
pub fn casefold<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    map(text, |out, index| {
        out.extend_from_slice(to_folded(text[index].into()).as_slice())
    })
}

/// `str.title`.
pub fn title<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    let mut previous_cased = false;
    map(text, |out, index| {
        let code_point = text[index].into();
        if previous_cased {
            push_lower(out, text, index);
        } else {
            out.extend_from_slice(to_title(code_point).as_slice());
        }
        previous_cased = is_cased(code_point);
    })
}

/// `str.capitalize`.
pub fn capitalize<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    map(text, |out, index| {
        if index == 0 {
            out.extend_from_slice(to_title(text[0].into()).as_slice());
        } else {
            push_lower(out, text, index);
        }
    })
}

/// `str.swapcase`.
pub fn swapcase<T: Copy + Into<u32>>(text: &[T]) -> Vec<u32> {
    map(text, |out, index| {
        let code_point = text[index].into();
        if is_upper(code_point) {
            push_lower(out, text, index);
        } else if is_lower(code_point) {
            out.extend_from_slice(to_upper(code_point).as_slice());
        } else {
            out.push(code_point);
        }
    })
}

/// `str.istitle`: upper and title case only after what is uncased, lower case only after what is
/// cased, and at least one of them.
pub fn is_title_text(text: impl Iterator<Item = u32>) -> bool {
    let (mut cased, mut previous_cased) = (false, false);
    for code_point in text {
        if is_upper(code_point) || is_title(code_point) {
            if previous_cased {
                return false;
            }
            (cased, previous_cased) = (true, true);
        } else if is_lower(code_point) {
            if !previous_cased {
                return false;
            }
            (cased, previous_cased) = (true, true);
        } else {
            previous_cased = false;
        }
    }
    cased
}
