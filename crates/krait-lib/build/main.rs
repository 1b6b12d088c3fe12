//! Puts the pure-Python half of the library into one file, with an index in Rust.
//!
//! The text comes from the crate `rustpython-pylib`, which is fixed by Cargo.lock, so that only
//! changes of the overlay and of this script lead to another run.

#[cfg(feature = "compiled")]
mod compile;
mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use table::{LEFT_OUT, PATCHES, Patch};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=overlay");

    let mut files = BTreeMap::new();
    gather(Path::new(rustpython_pylib::LIB_PATH), "", &mut files)?;
    files.retain(|path, _| !is_left_out(path));
    for patch in PATCHES {
        let text = files
            .get_mut(patch.file)
            .ok_or_else(|| format!("no file {}", patch.file))?;
        *text = apply(patch, std::str::from_utf8(text)?)?.into_bytes();
    }
    gather(&here.join("overlay"), "", &mut files)?;

    let codes = compile(&files)?;
    let mut blob = Vec::new();
    let mut index = String::from("&[\n");
    for (path, source) in &files {
        let source = store(&mut blob, source, true);
        let code = match codes.get(path) {
            Some(Code {
                bytes,
                name,
                name_size,
            }) => {
                let packed = !table::STARTUP.contains(&path.as_str());
                let packed = store(&mut blob, bytes, packed);
                format!("Some(Code {{ text: {packed}, name: {name}, name_size: {name_size} }})")
            }
            None => String::from("None"),
        };
        writeln!(
            index,
            "Record {{ path: {path:?}, source: {source}, code: {code} }},"
        )?;
    }
    index.push(']');
    fs::write(out.join("library.bin"), blob)?;
    fs::write(out.join("index.rs"), index)?;
    Ok(())
}

/// A compiled module.
struct Code {
    /// Its code object, marshalled.
    bytes: Vec<u8>,
    /// Where the name of the file stands in it.
    name: usize,
    /// How long that object is.
    name_size: usize,
}

#[cfg(feature = "compiled")]
fn compile(files: &BTreeMap<String, Vec<u8>>) -> Outcome<BTreeMap<String, Code>> {
    compile::compile_all(files)
}

#[cfg(not(feature = "compiled"))]
fn compile(_files: &BTreeMap<String, Vec<u8>>) -> Outcome<BTreeMap<String, Code>> {
    Ok(BTreeMap::new())
}

/// Appends a text to the blob; the answer is the expression that names it.
fn store(blob: &mut Vec<u8>, text: &[u8], packed: bool) -> String {
    let start = blob.len();
    if packed {
        blob.extend_from_slice(&lz4_flex::block::compress(text));
    } else {
        blob.extend_from_slice(text);
    }
    let stored = blob.len() - start;
    let size = text.len();
    format!("Text {{ start: {start}, stored: {stored}, size: {size}, packed: {packed} }}")
}

/// Collects the files under `dir`, by their paths relative to the root.
fn gather(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Outcome<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or("a file name that is not UTF-8")?;
        let path = format!("{prefix}{name}");
        if name == "__pycache__" || name.ends_with(".pyc") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn is_left_out(path: &str) -> bool {
    LEFT_OUT.iter().any(|(name, _)| {
        path.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Replaces the lines of a patch.
fn apply(patch: &Patch, text: &str) -> Outcome<String> {
    let lost = || {
        format!(
            "the patch of {} ({}) does not apply",
            patch.file, patch.from
        )
    };
    let lines: Vec<&str> = text.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with(patch.from))
        .ok_or_else(lost)?;
    let length = lines[first..]
        .iter()
        .position(|line| line.starts_with(patch.to))
        .ok_or_else(lost)?;
    let mut result = String::with_capacity(text.len());
    let after = &lines[first + length + 1..];
    let with = (!patch.with.is_empty()).then_some(&patch.with);
    for line in lines[..first].iter().chain(with).chain(after) {
        result.push_str(line);
        result.push('\n');
    }
    Ok(result)
}
