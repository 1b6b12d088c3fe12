//! The four normal forms, and the decompositions behind them.

use std::borrow::Cow;

use crate::old;
use crate::record::{flag, record};
use crate::tables;

/// A normal form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Canonical decomposition, then composition.
    Nfc,
    /// Compatibility decomposition, then composition.
    Nfkc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// The form of a name such as `NFKC`.
    pub fn from_name(name: &str) -> Option<Form> {
        match name {
            "NFC" => Some(Form::Nfc),
            "NFKC" => Some(Form::Nfkc),
            "NFD" => Some(Form::Nfd),
            "NFKD" => Some(Form::Nfkd),
            _ => None,
        }
    }

    fn is_compatibility(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }
}

/// Which database a string is normalised by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Database {
    /// The current one.
    Current,
    /// Unicode 3.2's (`unicodedata.ucd_3_2_0`).
    Old,
}

const HANGUL: std::ops::Range<u32> = 0xAC00..0xD7A4;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;

fn hangul_parts(code_point: u32) -> ([u32; 3], usize) {
    let index = code_point - HANGUL.start;
    let tail = index % T_COUNT;
    let parts = [
        L_BASE + index / (V_COUNT * T_COUNT),
        V_BASE + index / T_COUNT % V_COUNT,
        T_BASE + tail,
    ];
    (parts, if tail == 0 { 2 } else { 3 })
}

/// One step of decomposition from the table: the tag (empty if canonical) and the code points.
fn table_decomposition(code_point: u32) -> Option<(&'static str, &'static [u32])> {
    if record(code_point).flags & flag::NFKD_NO == 0 {
        return None;
    }
    let row = tables::DECOMPOSITION_KEYS.binary_search(&code_point).ok()?;
    let (start, len, tag) = tables::DECOMPOSITION_STARTS[row];
    let start = usize::from(start);
    let mapped = &tables::DECOMPOSITION_POOL[start..start + usize::from(len)];
    Some((tables::TAGS[usize::from(tag)], mapped))
}

/// `unicodedata.decomposition`: one step, in hexadecimal, with its tag; empty if there is none.
pub fn decomposition(code_point: u32) -> String {
    let hex = |codes: &[u32]| {
        codes
            .iter()
            .map(|c| format!("{c:04X}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    if HANGUL.contains(&code_point) {
        let (parts, len) = hangul_parts(code_point);
        return hex(&parts[..len]);
    }
    match table_decomposition(code_point) {
        None => String::new(),
        Some(("", codes)) => hex(codes),
        Some((tag, codes)) => format!("{tag} {}", hex(codes)),
    }
}

fn decompose_into(out: &mut Vec<u32>, code_point: u32, compatibility: bool, database: Database) {
    if code_point < 0xA0 {
        out.push(code_point);
        return;
    }
    if HANGUL.contains(&code_point) {
        let (parts, len) = hangul_parts(code_point);
        out.extend_from_slice(&parts[..len]);
        return;
    }
    if database == Database::Old {
        if let Some(mapped) = old::corrected_decomposition(code_point) {
            out.push(mapped);
            return;
        }
        if !old::is_assigned(code_point) {
            out.push(code_point);
            return;
        }
    }
    match table_decomposition(code_point) {
        Some((tag, mapped)) if compatibility || tag.is_empty() => {
            for &part in mapped {
                decompose_into(out, part, compatibility, database);
            }
        }
        _ => out.push(code_point),
    }
}

/// Puts each run of combining marks in the order of their classes.
fn reorder(text: &mut [u32]) {
    for run in text.chunk_by_mut(|_, &next| record(next).combining != 0) {
        // The first of a run may be a starter, whose class 0 keeps it in front.
        run.sort_by_key(|&code_point| record(code_point).combining);
    }
}

/// The primary composite of two code points.
pub fn compose(first: u32, second: u32) -> Option<u32> {
    if (L_BASE..L_BASE + L_COUNT).contains(&first) && (V_BASE..V_BASE + V_COUNT).contains(&second) {
        let syllable = (first - L_BASE) * V_COUNT + second - V_BASE;
        return Some(HANGUL.start + syllable * T_COUNT);
    }
    if HANGUL.contains(&first)
        && (first - HANGUL.start).is_multiple_of(T_COUNT)
        && (T_BASE + 1..T_BASE + T_COUNT).contains(&second)
    {
        return Some(first + second - T_BASE);
    }
    let row = tables::COMPOSITIONS
        .binary_search_by_key(&(first, second), |row| (row.0, row.1))
        .ok()?;
    Some(tables::COMPOSITIONS[row].2)
}

fn recompose(text: &[u32]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(text.len());
    let mut starter: Option<usize> = None;
    // The class of the last mark kept after the starter; none right after the starter itself.
    let mut last_class: Option<u8> = None;
    for &code_point in text {
        let class = record(code_point).combining;
        let may_compose = record(code_point).flags & flag::NFC_MAYBE != 0;
        let blocked = last_class.is_some_and(|last| last == 0 || last >= class);
        if let Some(index) = starter
            && may_compose
            && !blocked
            && let Some(composite) = compose(out[index], code_point)
        {
            out[index] = composite;
            continue;
        }
        if class == 0 {
            starter = Some(out.len());
            last_class = None;
        } else {
            last_class = Some(class);
        }
        out.push(code_point);
    }
    out
}

/// Whether a string is in a normal form, so far as a look at each code point can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuickCheck {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Only normalising it can tell.
    Maybe,
}

/// The quick check of Unicode's Annex 15.
pub fn quick_check<T: Copy + Into<u32>>(form: Form, text: &[T]) -> QuickCheck {
    let (no, maybe) = match form {
        Form::Nfc => (flag::NFC_NO, flag::NFC_MAYBE),
        Form::Nfkc => (flag::NFKC_NO, flag::NFKC_MAYBE),
        Form::Nfd => (flag::NFD_NO, 0),
        Form::Nfkd => (flag::NFKD_NO, 0),
    };
    let mut last_class = 0;
    let mut result = QuickCheck::Yes;
    for &unit in text {
        let code_point = unit.into();
        if code_point < 0xA0 {
            last_class = 0;
            continue;
        }
        let record = record(code_point);
        if record.combining != 0 && record.combining < last_class || record.flags & no != 0 {
            return QuickCheck::No;
        }
        if record.flags & maybe != 0 {
            result = QuickCheck::Maybe;
        }
        last_class = record.combining;
    }
    result
}

/// The string in a normal form.
pub fn normalize<T: Copy + Into<u32>>(form: Form, text: &[T]) -> Vec<u32> {
    normalize_by(Database::Current, form, text)
}

/// The string in a normal form of one database.
pub fn normalize_by<T: Copy + Into<u32>>(database: Database, form: Form, text: &[T]) -> Vec<u32> {
    if database == Database::Current && quick_check(form, text) == QuickCheck::Yes {
        return text.iter().map(|&unit| unit.into()).collect();
    }
    let mut out = Vec::with_capacity(text.len());
    for &unit in text {
        decompose_into(&mut out, unit.into(), form.is_compatibility(), database);
    }
    reorder(&mut out);
    if form.composes() {
        recompose(&out)
    } else {
        out
    }
}

/// Whether a string is in a normal form.
pub fn is_normalized<T: Copy + Into<u32>>(form: Form, text: &[T]) -> bool {
    match quick_check(form, text) {
        QuickCheck::Yes => true,
        QuickCheck::No => false,
        QuickCheck::Maybe => {
            let normal = normalize(form, text);
            normal.len() == text.len()
                && text.iter().zip(&normal).all(|(&unit, &c)| unit.into() == c)
        }
    }
}

/// A Rust string in NFKC, in which Python compares identifiers.
pub fn nfkc_str(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    match quick_check(Form::Nfkc, &codes) {
        QuickCheck::Yes => Cow::Borrowed(text),
        // Normalising makes no surrogates, so that every code point is a `char`.
        _ => Cow::Owned(
            normalize(Form::Nfkc, &codes)
                .into_iter()
                .filter_map(char::from_u32)
                .collect(),
        ),
    }
}
