//! Reads `tables.bin`, which `cargo xtask cjk` makes.
//!
//! The file is LZ4-packed. Numbers have seven bits a byte, the lowest first; steps are zigzag numbers that add to the
//! value of the row before. It holds the number of maps, then for each: its name; its bases (index, shift); keys and
//! then encodings (step forward, then 0 for nothing or one more than a step of the value); single bytes (byte, then
//! how many bytes more, or three more than the code point); code points that only are encoded as a byte (code point,
//! byte); the runs of GB18030's four-byte keys (step, step of the code point, length); and keys without meaning that are
//! one error as a whole.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

static PACKED: &[u8] = include_bytes!("tables.bin");

/// What a byte means by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    Illegal,
    /// This character.
    Char(u32),
    /// The first of so many bytes.
    Needs(usize),
}

/// A map between code points and keys: two bytes, or three of which the first is 8F.
///
/// A value above U+10FFFF is two code points: the first times 65536, plus the second.
#[derive(Debug)]
pub struct Charset {
    /// The name of the map.
    pub(super) name: &'static str,
    pub(super) leads: Box<[Lead; 256]>,
    /// 256 values each; those after 8F are 256 rows further.
    decode: Vec<Option<Box<[u32; 256]>>>,
    encode: Vec<Option<Box<[u32; 256]>>>,
    pairs: HashMap<(u32, u32), u32>,
    starters: Vec<u32>,
    singles: HashMap<u32, u8>,
    pub(super) ranges: Vec<(u32, u32, u32)>,
    wholes: Vec<u32>,
}

/// Sets a cell of a table of rows.
fn set(rows: &mut [Option<Box<[u32; 256]>>], at: usize, value: u32) {
    if let Some(row) = rows.get_mut(at >> 8) {
        row.get_or_insert_with(|| Box::new([0; 256]))[at & 255] = value;
    }
}

fn get(rows: &[Option<Box<[u32; 256]>>], at: usize) -> Option<u32> {
    let value = rows.get(at >> 8)?.as_ref()?[at & 255];
    (value != 0).then_some(value)
}

/// Where a key's value lies in the rows.
fn cell(key: u32) -> usize {
    (key & 0xFFFF) as usize + if key > 0xFFFF { 0x1_0000 } else { 0 }
}

impl Charset {
    /// What a key means.
    pub(super) fn value(&self, key: u32) -> Option<u32> {
        get(&self.decode, cell(key))
    }

    /// The key of a code point.
    pub(super) fn key(&self, code: u32) -> Option<u32> {
        get(&self.encode, code as usize)
    }

    /// The key of two code points together.
    pub(super) fn pair(&self, first: u32, second: u32) -> Option<u32> {
        self.pairs.get(&(first, second)).copied()
    }

    /// How many bytes an error at a key without meaning has.
    pub(super) fn error_len(&self, key: u32) -> usize {
        if self.wholes.contains(&key) { 2 } else { 1 }
    }

    /// Whether some key means this code point and another after it.
    pub(super) fn starts_pair(&self, code: u32) -> bool {
        self.starters.contains(&code)
    }

    /// The byte that is a code point's encoding.
    pub(super) fn single(&self, code: u32) -> Option<u8> {
        self.singles.get(&code).copied()
    }

    fn build(map: &Map, keys: &BTreeMap<u32, u32>) -> Charset {
        let mut charset = Charset {
            name: map.name,
            leads: Box::new([Lead::Illegal; 256]),
            decode: vec![None; 512],
            encode: vec![None; 0x300],
            pairs: HashMap::new(),
            starters: Vec::new(),
            singles: HashMap::new(),
            ranges: map.ranges.clone(),
            wholes: map.wholes.clone(),
        };
        for (&key, &value) in keys {
            set(&mut charset.decode, cell(key), value);
            if charset.encoding(value).is_none() {
                charset.set_encoding(value, key);
            }
        }
        for &(value, key) in &map.codes {
            charset.set_encoding(value, key.unwrap_or(0));
        }
        for byte in 0..0x80u8 {
            charset.leads[usize::from(byte)] = Lead::Char(u32::from(byte));
        }
        for &(byte, lead) in &map.singles {
            charset.leads[usize::from(byte)] = lead;
        }
        for (byte, lead) in (0..=u8::MAX).zip(charset.leads.iter()) {
            if let Lead::Char(code) = lead {
                charset.singles.insert(*code, byte);
            }
        }
        charset.singles.extend(map.only.iter().copied());
        charset
    }

    fn encoding(&self, value: u32) -> Option<u32> {
        match value {
            0..=0x10_FFFF => self.key(value),
            pair => self.pair(pair >> 16, pair & 0xFFFF),
        }
    }

    fn set_encoding(&mut self, value: u32, key: u32) {
        if value <= 0x10_FFFF {
            set(&mut self.encode, value as usize, key);
            return;
        }
        let (first, second) = (value >> 16, value & 0xFFFF);
        self.pairs.insert((first, second), key);
        if !self.starters.contains(&first) {
            self.starters.push(first);
        }
    }
}

/// A map as the file has it.
struct Map {
    name: &'static str,
    bases: Vec<(usize, u64)>,
    keys: Vec<(u32, Option<u32>)>,
    codes: Vec<(u32, Option<u32>)>,
    singles: Vec<(u8, Lead)>,
    only: Vec<(u32, u8)>,
    ranges: Vec<(u32, u32, u32)>,
    wholes: Vec<u32>,
    built: OnceLock<Charset>,
}

/// Takes numbers off the unpacked file; past its end there are only zeros.
struct Reader(std::vec::IntoIter<u8>);

impl Reader {
    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        for byte in self.0.by_ref() {
            number |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte < 0x80 || shift > 56 {
                break;
            }
        }
        number
    }

    fn step(&mut self, from: &mut u32, number: u64) -> u32 {
        let step = (number >> 1) as i64 ^ -((number & 1) as i64);
        *from = (i64::from(*from) + step) as u32;
        *from
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| each(self)).collect()
    }

    /// Rows of a growing number and an optional value.
    fn rows(&mut self) -> Vec<(u32, Option<u32>)> {
        let (mut at, mut value) = (0, 0);
        self.list(|reader| {
            at += reader.number() as u32;
            match reader.number() {
                0 => (at, None),
                number => (at, Some(reader.step(&mut value, number - 1))),
            }
        })
    }

    fn map(&mut self) -> Map {
        let name = self.list(|reader| reader.0.next().unwrap_or_default());
        let bases = self.list(|reader| (reader.number() as usize, reader.number()));
        let keys = self.rows();
        let codes = self.rows();
        let singles = self.list(|reader| {
            let byte = reader.number() as u8;
            let lead = match reader.number() {
                more @ 0..=2 => Lead::Needs(more as usize + 2),
                char => Lead::Char(char as u32 - 3),
            };
            (byte, lead)
        });
        let only = self.list(|reader| (reader.number() as u32, reader.number() as u8));
        let (mut linear, mut code) = (0, 0);
        let ranges = self.list(|reader| {
            let step = reader.number();
            let linear = reader.step(&mut linear, step);
            let step = reader.number();
            let code = reader.step(&mut code, step);
            (linear, code, reader.number() as u32)
        });
        Map {
            name: String::from_utf8(name).unwrap_or_default().leak(),
            bases,
            keys,
            codes,
            singles,
            only,
            ranges,
            wholes: self.list(|reader| reader.number() as u32),
            built: OnceLock::new(),
        }
    }
}

fn maps() -> &'static [Map] {
    static MAPS: OnceLock<Vec<Map>> = OnceLock::new();
    MAPS.get_or_init(|| {
        let bytes = lz4_flex::decompress_size_prepended(PACKED).unwrap_or_default();
        Reader(bytes.into_iter()).list(Reader::map)
    })
}

/// A key of a base as a key of the map made from it.
fn shifted(key: u32, how: u64) -> u32 {
    match how {
        0 => key,
        1 => key | 0x8080,
        2 => key | 0x8F_8080,
        _ => {
            let (row, column) = ((key >> 8) - 0x21, (key & 255) - 0x21);
            let trail = column + if row & 1 == 1 { 94 } else { 0 };
            let trail = trail + if trail < 0x3F { 0x40 } else { 0x41 };
            let lead = row >> 1;
            let lead = lead + if lead < 0x1F { 0x81 } else { 0xC1 };
            lead << 8 | trail
        }
    }
}

/// All keys of a map, those of its bases with them.
fn keys_of(map: &Map) -> BTreeMap<u32, u32> {
    let mut keys = BTreeMap::new();
    for &(base, how) in &map.bases {
        // A base comes before the maps that are made from it.
        let base = keys_of(&maps()[base]);
        keys.extend(base.iter().map(|(&key, &value)| (shifted(key, how), value)));
    }
    for &(key, value) in &map.keys {
        match value {
            Some(value) => keys.insert(key, value),
            None => keys.remove(&key),
        };
    }
    keys
}

/// The map of this name.
pub(super) fn charset(name: &str) -> &'static Charset {
    let map = maps()
        .iter()
        .find(|map| map.name == name)
        // Names are those of this crate's own tables, which a test compares with the file's.
        .unwrap_or_else(|| panic!("there is no map `{name}`"));
    map.built.get_or_init(|| Charset::build(map, &keys_of(map)))
}
