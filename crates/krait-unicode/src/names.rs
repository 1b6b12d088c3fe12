//! Names of characters, their aliases, and named sequences, in both directions.
//!
//! `names.bin` holds, in this order: the ends of the words (`u32`), the words, where every 16th
//! name begins in the stream (`u32`), the stream, and a hash table of name numbers plus one
//! (`u16`, open addressing). A name in the stream is the number of its words and the words: below
//! 160 one byte, else two. A space goes before each word unless the word before ends with a
//! hyphen. Characters come first, by code point; then the aliases; then the sequences.

use crate::tables;

static NAMES: &[u8] = include_bytes!("names.bin");

const SHORT_WORDS: usize = 160;
const NAMES_PER_OFFSET: usize = 16;

/// Syllables of Hangul: what their names are made of.
const HANGUL_LEADS: [&str; 19] = [
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P",
    "H",
];
const HANGUL_VOWELS: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE",
    "WI", "YU", "EU", "YI", "I",
];
const HANGUL_TAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M",
    "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];
const HANGUL_PREFIX: &str = "HANGUL SYLLABLE ";
const HANGUL_FIRST: u32 = 0xAC00;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// One character, by its name or an alias.
    Character(u32),
    /// A named sequence, which `\N{...}` does not accept but `unicodedata.lookup` does.
    Sequence(&'static [u32]),
}

fn word_offset(index: usize) -> usize {
    let table = &NAMES[tables::WORD_OFFSETS];
    table[4 * index..4 * index + 4]
        .iter()
        .rev()
        .fold(0, |acc, &byte| acc << 8 | usize::from(byte))
}

fn word(index: usize) -> &'static [u8] {
    &NAMES[tables::WORD_TEXT][word_offset(index)..word_offset(index + 1)]
}

/// The words of a name in the stream.
fn words(number: usize) -> impl Iterator<Item = &'static [u8]> {
    let starts = &NAMES[tables::NAME_STARTS];
    let slot = 4 * (number / NAMES_PER_OFFSET);
    let start = starts[slot..slot + 4]
        .iter()
        .rev()
        .fold(0, |acc, &byte| acc << 8 | usize::from(byte));
    let mut bytes = NAMES[tables::NAME_STREAM][start..]
        .iter()
        .map(|&byte| usize::from(byte));
    for _ in 0..number % NAMES_PER_OFFSET {
        for _ in 0..bytes.next().unwrap_or(0) {
            if bytes.next().is_some_and(|byte| byte >= SHORT_WORDS) {
                bytes.next();
            }
        }
    }
    let count = bytes.next().unwrap_or(0);
    (0..count).map(move |_| {
        let first = bytes.next().unwrap_or(0);
        if first < SHORT_WORDS {
            return word(first);
        }
        word(SHORT_WORDS + ((first - SHORT_WORDS) << 8) + bytes.next().unwrap_or(0))
    })
}

fn spelled(number: usize) -> String {
    let mut name = Vec::new();
    for word in words(number) {
        if !name.is_empty() && !name.ends_with(b"-") {
            name.push(b' ');
        }
        name.extend_from_slice(word);
    }
    String::from_utf8(name).unwrap_or_default()
}

/// The name of a character (`unicodedata.name`).
pub fn name(code_point: u32) -> Option<String> {
    if let Some(index) = code_point.checked_sub(HANGUL_FIRST)
        && index < 19 * 21 * 28
    {
        let (lead, rest) = (index / (21 * 28), index % (21 * 28));
        let parts = [
            HANGUL_LEADS[lead as usize],
            HANGUL_VOWELS[(rest / 28) as usize],
            HANGUL_TAILS[(rest % 28) as usize],
        ];
        return Some(format!("{HANGUL_PREFIX}{}", parts.concat()));
    }
    let range = tables::DERIVED_NAMES
        .iter()
        .find(|r| (r.0..=r.1).contains(&code_point));
    if let Some(&(_, _, prefix, named)) = range {
        return named.then(|| format!("{prefix}{code_point:04X}"));
    }
    let run = tables::NAME_RUNS
        .partition_point(|run| run.0 <= code_point)
        .checked_sub(1)?;
    let (first, count, number) = tables::NAME_RUNS[run];
    let index = code_point - first;
    (index < count).then(|| spelled((number + index) as usize))
}

/// FNV-1a; the generator has the same.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811C_9DC5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 16) as usize
}

/// What a name, an alias or the name of a sequence stands for, without regard to case
/// (`unicodedata.lookup`).
pub fn lookup(name: &str) -> Option<Named> {
    // No name is longer than 88 characters; neither is what is worth folding.
    if name.len() > 256 || !name.is_ascii() {
        return None;
    }
    let name = name.to_ascii_uppercase();
    if let Some(syllable) = name.strip_prefix(HANGUL_PREFIX)
        && let Some(code_point) = hangul(syllable)
    {
        return Some(Named::Character(code_point));
    }
    if let Some(code_point) = derived(&name) {
        return Some(Named::Character(code_point));
    }
    let slots = &NAMES[tables::NAME_SLOTS];
    let slot_count = slots.len() / 2;
    let mut slot = hash(&name) % slot_count;
    loop {
        let number = usize::from(slots[2 * slot]) | usize::from(slots[2 * slot + 1]) << 8;
        let number = number.checked_sub(1)?;
        if spelled(number) == name {
            return Some(named(number));
        }
        slot = (slot + 1) % slot_count;
    }
}

/// What `\N{...}` in a string literal stands for.
pub fn lookup_character(name: &str) -> Option<u32> {
    match lookup(name)? {
        Named::Character(code_point) => Some(code_point),
        Named::Sequence(_) => None,
    }
}

fn named(number: usize) -> Named {
    if let Some(index) = number.checked_sub(tables::CHARACTER_NAMES) {
        return match index.checked_sub(tables::ALIASES.len()) {
            Some(index) => Named::Sequence(tables::SEQUENCES[index]),
            None => Named::Character(tables::ALIASES[index]),
        };
    }
    let run = tables::NAME_RUNS.partition_point(|run| run.2 as usize <= number) - 1;
    let (first, _, start) = tables::NAME_RUNS[run];
    Named::Character(first + number as u32 - start)
}

fn hangul(syllable: &str) -> Option<u32> {
    // The longest part that fits is the right one: "GGA" begins with GG, not with G.
    let longest = |parts: &[&str], text: &str| {
        (parts.iter().enumerate())
            .filter(|(_, part)| text.starts_with(**part))
            .max_by_key(|(_, part)| part.len())
            .map(|(index, part)| (index as u32, part.len()))
    };
    let (lead, skipped) = longest(&HANGUL_LEADS, syllable)?;
    let rest = &syllable[skipped..];
    let (vowel, skipped) = longest(&HANGUL_VOWELS, rest)?;
    let tail = HANGUL_TAILS
        .iter()
        .position(|&tail| tail == &rest[skipped..])? as u32;
    Some(HANGUL_FIRST + (lead * 21 + vowel) * 28 + tail)
}

fn derived(name: &str) -> Option<u32> {
    tables::DERIVED_NAMES
        .iter()
        .find_map(|&(first, last, prefix, _)| {
            let digits = name.strip_prefix(prefix)?;
            let code_point = u32::from_str_radix(digits, 16).ok()?;
            let exact = format!("{code_point:04X}") == digits;
            (exact && (first..=last).contains(&code_point)).then_some(code_point)
        })
}
