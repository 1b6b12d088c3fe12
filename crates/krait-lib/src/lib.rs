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
struct Packed {
    start: usize,
    packed: usize,
    size: usize,
}

#[derive(Debug)]
struct Record {
    path: &'static str,
    source: Packed,
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
        let Packed {
            start,
            packed,
            size,
        } = self.0.source;
        // The build script wrote both the blob and the index: the block is whole.
        let text = BLOB
            .get(start..start + packed)
            .and_then(|block| lz4_flex::block::decompress(block, size).ok());
        Cow::Owned(text.unwrap_or_default())
    }

    /// The size of the file.
    pub fn size(self) -> usize {
        self.0.source.size
    }

    /// The marshalled code object of the module, if the library was compiled at build time.
    pub fn code(self) -> Option<Cow<'static, [u8]>> {
        None
    }

    /// Whether this is the module of a package.
    pub fn is_package(self) -> bool {
        self.path().ends_with("/__init__.py")
    }
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
