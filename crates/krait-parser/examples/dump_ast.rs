//! Prints syntax trees in one line each, for comparison with CPython's.
//!
//! `dump_ast FILE` prints the tree of a file; `dump_ast --check` reads paths from standard input
//! and prints a CRC-32 of each tree, or the error. A node is `Name(field, …)@l:c-l:c`.

use krait_parser::{Mode, Options, ParseError, parse};
use std::io::BufRead;

#[path = "../tests/support/dump.rs"]
mod dump;

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    if argument != "--check" {
        println!("{}", dump_file(&argument).unwrap_or_else(|error| error));
        return;
    }
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        match dump_file(&path) {
            Ok(text) => println!("{:08x} {path}", crc32(text.as_bytes())),
            Err(error) => println!("{error} {path}"),
        }
    }
}

fn dump_file(path: &str) -> Result<String, String> {
    let source = std::fs::read(path).map_err(|error| error.to_string())?;
    match parse(&source, Mode::Exec, &Options::default()) {
        Ok(parsed) => Ok(dump::dump(&parsed.module)),
        Err(ParseError::Syntax(error) | ParseError::Undecodable(error)) => {
            Err(format!("error {}:{}", error.lineno, error.message))
        }
        Err(ParseError::ForeignCodec { codec, .. }) => Err(format!("codec {codec}")),
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}
