//! The pure-Python half of the standard library, inside the binary.
//!
//! Files are named by their path in the library, such as `json/decoder.py`. What the path in front
//! of that is, is the importer's business. The build script (`build/`) decides what is embedded:
//! the text of `rustpython-pylib` with the passages that it changed for its own interpreter put
//! back, and over it our own `overlay/`.
#![forbid(unsafe_code)]

use std::borrow::Cow;

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// All files, sorted by path.
static INDEX: &[Record] = include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// Where a text lies in the blob.
#[derive(Clone, Copy, Debug)]
struct Text {
    start: usize,
    stored: usize,
    size: usize,
    /// Whether it is compressed.
    packed: bool,
}

impl Text {
    // The build script wrote both the blob and the index: the text is there, and whole.
    fn get(self) -> Cow<'static, [u8]> {
        let stored = BLOB
            .get(self.start..self.start + self.stored)
            .unwrap_or_default();
        if self.packed {
            Cow::Owned(lz4_flex::block::decompress(stored, self.size).unwrap_or_default())
        } else {
            Cow::Borrowed(stored)
        }
    }
}

/// The marshalled code object of a module.
#[derive(Clone, Copy, Debug)]
struct Code {
    text: Text,
    /// Where the name of the file stands in it, as a marshalled string.
    name: usize,
    /// How many bytes that takes.
    name_size: usize,
}

#[derive(Debug)]
struct Record {
    path: &'static str,
    source: Text,
    code: Option<Code>,
}

/// A file of the library.
#[derive(Clone, Copy, Debug)]
pub struct Entry(&'static Record);

impl Entry {
    /// The path in the library, with slashes.
    pub fn path(self) -> &'static str {
        self.0.path
    }

    /// The bytes of the file.
    pub fn source(self) -> Cow<'static, [u8]> {
        self.0.source.get()
    }

    /// The size of the file.
    pub fn size(self) -> usize {
        self.0.source.size
    }

    /// The marshalled code object of the module, compiled without optimisation, as code of a file
    /// with this name. There is none if the library was not compiled at build time.
    pub fn code(self, filename: &str) -> Option<Vec<u8>> {
        let Code {
            text,
            name,
            name_size,
        } = self.0.code?;
        let code = text.get();
        let (before, rest) = code.split_at_checked(name)?;
        let (&old_type, after) = (rest.first()?, rest.get(name_size..)?);
        let mut named = Vec::with_capacity(code.len() + filename.len() + 4);
        named.extend_from_slice(before);
        marshal_name(&mut named, old_type, filename);
        named.extend_from_slice(after);
        Some(named)
    }

    /// Whether this is the module of a package.
    pub fn is_package(self) -> bool {
        self.path().ends_with("/__init__.py")
    }
}

/// Writes a marshalled string in place of one with the type `old`, which was short and ASCII: the
/// bit that enters it into the table of references stays, and so does whether it is interned.
fn marshal_name(out: &mut Vec<u8>, old: u8, name: &str) {
    const REF: u8 = 0x80;
    let interned = old & !REF == b'Z';
    let kind = match (name.is_ascii(), u8::try_from(name.len())) {
        (true, Ok(length)) => {
            out.extend([old, length]);
            out.extend_from_slice(name.as_bytes());
            return;
        }
        (true, Err(_)) => {
            if interned {
                b'A'
            } else {
                b'a'
            }
        }
        (false, _) => {
            if interned {
                b't'
            } else {
                b'u'
            }
        }
    };
    out.push(kind | (old & REF));
    out.extend_from_slice(&(name.len() as u32).to_le_bytes());
    out.extend_from_slice(name.as_bytes());
}

/// The file with this path.
pub fn find(path: &str) -> Option<Entry> {
    INDEX
        .binary_search_by(|record| record.path.cmp(path))
        .ok()
        .map(|i| Entry(&INDEX[i]))
}

/// The module or package with this dotted name.
pub fn find_module(name: &str) -> Option<Entry> {
    let path = name.replace('.', "/");
    find(&format!("{path}/__init__.py")).or_else(|| find(&format!("{path}.py")))
}

/// All files, sorted by path.
pub fn iter() -> impl Iterator<Item = Entry> {
    INDEX.iter().map(Entry)
}

/// The files in a folder and in the folders under it; the root is the empty path.
fn under(dir: &str) -> impl Iterator<Item = (&'static str, Entry)> {
    let prefix = match dir.trim_end_matches('/') {
        "" => String::new(),
        dir => format!("{dir}/"),
    };
    let start = INDEX.partition_point(|record| record.path < prefix.as_str());
    INDEX[start..].iter().map_while(move |record| {
        record
            .path
            .strip_prefix(prefix.as_str())
            .map(|rest| (rest, Entry(record)))
    })
}

/// Whether this path is a folder of the library.
pub fn is_dir(path: &str) -> bool {
    under(path).next().is_some()
}

/// What lies directly in a folder: the names, and the entry where the name is a file.
pub fn list_dir(dir: &str) -> Vec<(&'static str, Option<Entry>)> {
    let mut names: Vec<(&'static str, Option<Entry>)> = Vec::new();
    for (rest, entry) in under(dir) {
        match rest.split_once('/') {
            None => names.push((rest, Some(entry))),
            Some((folder, _)) if names.last().is_none_or(|&(name, _)| name != folder) => {
                names.push((folder, None));
            }
            Some(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests;
