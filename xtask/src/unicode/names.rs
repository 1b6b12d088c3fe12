//! Packs the names of characters, aliases and named sequences.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::{array, code_point, sequence};
use crate::Error;

/// Words with a number below this take one byte.
const SHORT_WORDS: usize = 160;
/// Names between two recorded offsets.
const NAMES_PER_OFFSET: usize = 16;
const HASH_SLOTS: usize = 1 << 16;

struct Entry {
    name: String,
    codes: Vec<u32>,
}

/// Writes the small tables to `out` and returns the packed names.
pub(super) fn pack(rows: &[Vec<&str>], out: &mut String) -> Result<Vec<u8>, Error> {
    let mut characters = Vec::new();
    let mut derived = Vec::new();
    for row in rows.iter().filter(|row| row[0] == "C") {
        let code = code_point(row[1])?;
        let (name, prefix) = (row[18], row[19]);
        if name.starts_with("HANGUL SYLLABLE ") {
            continue;
        }
        if !prefix.is_empty() {
            derived.push((code, prefix, !name.is_empty()));
        } else if !name.is_empty() {
            characters.push(Entry {
                name: name.into(),
                codes: vec![code as u32],
            });
        }
    }
    write_derived(out, &derived)?;
    let mut aliases = Vec::new();
    let mut sequences = Vec::new();
    for row in rows.iter().filter(|row| row[0] == "N") {
        let entry = Entry {
            name: row[2].into(),
            codes: sequence(row[1])?,
        };
        if entry.codes.len() == 1 {
            aliases.push(entry)
        } else {
            sequences.push(entry)
        }
    }
    write_runs(out, &characters)?;
    array(
        out,
        "ALIASES",
        "u32",
        &aliases
            .iter()
            .map(|entry| entry.codes[0])
            .collect::<Vec<_>>(),
    )?;
    let texts: Vec<String> = sequences
        .iter()
        .map(|entry| format!("&{:?}", entry.codes))
        .collect();
    array(out, "SEQUENCES", "&[u32]", &texts)?;
    let entries: Vec<Entry> = characters
        .into_iter()
        .chain(aliases)
        .chain(sequences)
        .collect();
    pack_entries(out, &entries)
}

/// Ranges of code points whose name is a prefix and their number in hexadecimal.
fn write_derived(out: &mut String, derived: &[(usize, &str, bool)]) -> Result<(), Error> {
    let mut ranges: Vec<(usize, usize, &str, bool)> = Vec::new();
    for &(code, prefix, named) in derived {
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == code && last.2 == prefix && last.3 == named => {
                last.1 = code
            }
            _ => ranges.push((code, code, prefix, named)),
        }
    }
    let texts: Vec<String> = ranges.iter().map(|range| format!("{range:?}")).collect();
    array(out, "DERIVED_NAMES", "(u32, u32, &str, bool)", &texts)
}

/// Runs of consecutive named code points: the first, how many, and the number of its entry.
fn write_runs(out: &mut String, characters: &[Entry]) -> Result<(), Error> {
    let mut runs: Vec<(u32, u32, usize)> = Vec::new();
    for (number, entry) in characters.iter().enumerate() {
        match runs.last_mut() {
            Some(last) if last.0 + last.1 == entry.codes[0] => last.1 += 1,
            _ => runs.push((entry.codes[0], 1, number)),
        }
    }
    let texts: Vec<String> = runs
        .iter()
        .map(|run| format!("{run:?}").replace(' ', ""))
        .collect();
    array(out, "NAME_RUNS", "(u32, u32, u32)", &texts)?;
    writeln!(
        out,
        "pub(crate) const CHARACTER_NAMES: usize = {};",
        characters.len()
    )?;
    Ok(())
}

/// Cuts a name so that one space stands before every piece but the first, unless the piece before
/// it ends with a hyphen.
fn words(name: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let bytes = name.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let last = index + 1 == bytes.len();
        if byte == b' ' && bytes[index - 1] != b'-' {
            pieces.push(&name[start..index]);
            start = index + 1;
        } else if byte == b'-' && !last && bytes[index + 1] != b' ' {
            pieces.push(&name[start..=index]);
            start = index + 1;
        }
    }
    pieces.push(&name[start..]);
    pieces
}

fn pack_entries(out: &mut String, entries: &[Entry]) -> Result<Vec<u8>, Error> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in entries.iter().flat_map(|entry| words(&entry.name)) {
        *counts.entry(word).or_default() += 1;
    }
    let mut lexicon: Vec<&str> = counts.keys().copied().collect();
    lexicon.sort_by_key(|word| std::cmp::Reverse(counts[word]));
    let numbers: HashMap<&str, usize> = lexicon
        .iter()
        .enumerate()
        .map(|(i, word)| (*word, i))
        .collect();
    if lexicon.len() > SHORT_WORDS + (256 - SHORT_WORDS) * 256 || entries.len() >= HASH_SLOTS {
        return Err("too many words or names for their encoding".into());
    }
    let mut offsets = vec![0u32];
    let mut text = Vec::new();
    for word in &lexicon {
        text.extend_from_slice(word.as_bytes());
        offsets.push(text.len() as u32);
    }
    let (mut starts, mut stream) = (Vec::new(), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        if index % NAMES_PER_OFFSET == 0 {
            starts.push(stream.len() as u32);
        }
        let pieces = words(&entry.name);
        stream.push(pieces.len() as u8);
        for word in pieces {
            let number = numbers[word];
            if number >= SHORT_WORDS {
                let rest = number - SHORT_WORDS;
                stream.push((SHORT_WORDS + (rest >> 8)) as u8);
                stream.push(rest as u8);
            } else {
                stream.push(number as u8);
            }
        }
    }
    let mut slots = vec![0u16; HASH_SLOTS];
    for (index, entry) in entries.iter().enumerate() {
        let mut slot = hash(&entry.name) % HASH_SLOTS;
        while slots[slot] != 0 {
            slot = (slot + 1) % HASH_SLOTS;
        }
        slots[slot] = index as u16 + 1;
    }
    let mut packed = Vec::new();
    let section = |out: &mut String, packed: &mut Vec<u8>, name: &str, bytes: &[u8]| {
        let start = packed.len();
        packed.extend_from_slice(bytes);
        writeln!(
            out,
            "pub(crate) const {name}: std::ops::Range<usize> = {start}..{};",
            packed.len()
        )
    };
    let wide = |values: &[u32]| {
        values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    section(out, &mut packed, "WORD_OFFSETS", &wide(&offsets))?;
    section(out, &mut packed, "WORD_TEXT", &text)?;
    section(out, &mut packed, "NAME_STARTS", &wide(&starts))?;
    section(out, &mut packed, "NAME_STREAM", &stream)?;
    let slots: Vec<u8> = slots.iter().flat_map(|v| v.to_le_bytes()).collect();
    section(out, &mut packed, "NAME_SLOTS", &slots)?;
    Ok(packed)
}

/// FNV-1a; krait-unicode has the same.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811C_9DC5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 16) as usize
}
