//! `cargo xtask cjk [PYTHON]`: writes `tables.bin` of krait-text's multibyte codecs.
//!
//! `cjk.py`, run by CPython 3.14, prints what that interpreter's codecs map to what; this module packs it. The
//! layout is described where it is read, in `krait-text/src/cjk/tables.rs`.

use std::process::Command;

use crate::{Error, root};

/// Bytes as they are packed: numbers of seven bits a byte, the lowest first.
#[derive(Default)]
struct Packer(Vec<u8>);

impl Packer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A step in either direction.
    fn step(&mut self, from: &mut i64, to: i64, spare: u64) {
        let step = to - *from;
        self.number(((step << 1) ^ (step >> 63)) as u64 + spare);
        *from = to;
    }
}

/// What the lines of one map say.
#[derive(Default)]
struct Map {
    name: String,
    bases: Vec<(String, u64)>,
    keys: Vec<(i64, Option<i64>)>,
    codes: Vec<(i64, Option<i64>)>,
    singles: Vec<(u64, u64)>,
    only: Vec<(u64, u64)>,
    ranges: Vec<(i64, i64, u64)>,
    wholes: Vec<u64>,
}

fn parse(dump: &str) -> Result<Vec<Map>, Error> {
    let mut maps: Vec<Map> = Vec::new();
    for line in dump.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["map", name] = words[..] {
            maps.push(Map {
                name: name.into(),
                ..Map::default()
            });
            continue;
        }
        let map = maps.last_mut().ok_or("the dump starts with a map")?;
        let optional = |word: &str| -> Result<Option<i64>, Error> {
            Ok(if word == "-" {
                None
            } else {
                Some(word.parse()?)
            })
        };
        match words[..] {
            ["base", name, how] => {
                let how = ["none", "euc", "euc3", "sjis"]
                    .iter()
                    .position(|each| *each == how)
                    .ok_or("an unknown shift")?;
                map.bases.push((name.into(), how as u64));
            }
            ["key", key, value] => map.keys.push((key.parse()?, optional(value)?)),
            ["code", value, key] => map.codes.push((value.parse()?, optional(key)?)),
            ["single", byte, value] => {
                let value = match value {
                    "n2" => 0,
                    "n3" => 1,
                    "n4" => 2,
                    value => 3 + value.parse::<u64>()?,
                };
                map.singles.push((byte.parse()?, value));
            }
            ["whole", key] => map.wholes.push(key.parse()?),
            ["only", code, byte] => map.only.push((code.parse()?, byte.parse()?)),
            ["range", linear, code, len] => {
                map.ranges
                    .push((linear.parse()?, code.parse()?, len.parse()?));
            }
            _ => return Err(format!("what is {line:?}?").into()),
        }
    }
    Ok(maps)
}

fn pack(maps: &[Map]) -> Result<Vec<u8>, Error> {
    let mut packer = Packer::default();
    packer.number(maps.len() as u64);
    for map in maps {
        packer.text(&map.name);
        packer.number(map.bases.len() as u64);
        for (name, how) in &map.bases {
            let index = maps
                .iter()
                .position(|map| map.name == *name)
                .ok_or("an unknown base")?;
            packer.number(index as u64);
            packer.number(*how);
        }
        for (rows, spare) in [(&map.keys, 1), (&map.codes, 1)] {
            packer.number(rows.len() as u64);
            let (mut last, mut last_value) = (0, 0);
            for (at, value) in rows {
                packer.number((at - last) as u64);
                last = *at;
                match value {
                    Some(value) => packer.step(&mut last_value, *value, spare),
                    None => packer.number(0),
                }
            }
        }
        for rows in [&map.singles, &map.only] {
            packer.number(rows.len() as u64);
            for (left, right) in rows {
                packer.number(*left);
                packer.number(*right);
            }
        }
        packer.number(map.ranges.len() as u64);
        let (mut last, mut last_code) = (0, 0);
        for (linear, code, len) in &map.ranges {
            packer.step(&mut last, *linear, 0);
            packer.step(&mut last_code, *code, 0);
            packer.number(*len);
        }
        packer.number(map.wholes.len() as u64);
        for key in &map.wholes {
            packer.number(*key);
        }
    }
    Ok(packer.0)
}

/// Generates the file.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let home = std::env::var("HOME")?;
    let python = arguments
        .first()
        .cloned()
        .unwrap_or(format!("{home}/oracle/bin/python3.14"));
    let output = Command::new(python)
        .arg(root().join("xtask/src/cjk.py"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let packed = pack(&parse(&String::from_utf8(output.stdout)?)?)?;
    let target = root().join("crates/krait-text/src/cjk/tables.bin");
    std::fs::write(target, lz4_flex::compress_prepend_size(&packed))?;
    Ok(())
}
