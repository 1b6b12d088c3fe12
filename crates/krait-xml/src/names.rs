//! Names, each stored once: elements, attributes, prefixes, entities.

use std::collections::HashMap;
use std::rc::Rc;

/// A name of a [`Names`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Atom(u32);

impl Atom {
    /// The place of the name in its table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

const RECENT: usize = 512;

/// A table of names. Copies share the strings.
///
/// A name that was seen a short while ago is found without the hash map, whose hash withstands hostile names and
/// costs more.
#[derive(Clone)]
pub(crate) struct Names {
    strings: Vec<Rc<str>>,
    map: HashMap<Rc<str>, u32>,
    recent: Box<[u32]>,
    bytes: usize,
}

impl Names {
    pub(crate) fn new() -> Self {
        Names {
            strings: Vec::new(),
            map: HashMap::new(),
            recent: vec![u32::MAX; RECENT].into_boxed_slice(),
            bytes: 0,
        }
    }

    pub(crate) fn intern(&mut self, text: &str) -> Atom {
        let mut hash = text.len() as u32;
        for &byte in text.as_bytes() {
            hash = hash.wrapping_mul(31).wrapping_add(u32::from(byte));
        }
        let slot = (hash ^ (hash >> 13)) as usize % RECENT;
        let recent = self.recent[slot];
        if self
            .strings
            .get(recent as usize)
            .is_some_and(|known| **known == *text)
        {
            return Atom(recent);
        }
        let index = match self.map.get(text) {
            Some(&index) => index,
            None => {
                let index = self.strings.len() as u32;
                let string: Rc<str> = Rc::from(text);
                self.bytes += text.len() + size_of::<(Rc<str>, Rc<str>, u32)>();
                self.strings.push(string.clone());
                self.map.insert(string, index);
                index
            }
        };
        self.recent[slot] = index;
        Atom(index)
    }

    /// How much memory the names take.
    pub(crate) fn memory(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&self, atom: Atom) -> &Rc<str> {
        &self.strings[atom.index()]
    }
}
