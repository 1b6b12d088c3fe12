//! Prints the error of each source, for comparison with CPython's.
//!
//! Standard input holds one source a line, as `mode flags escaped-source`; an escape is `\n`, `\\`
//! or `\xHEX;`. Each answer is one line: `OK`, or the error's fields.

use krait_parser::parse_str;
use std::io::BufRead;

#[path = "../tests/support/lines.rs"]
mod lines;

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (mode, options, source) = lines::case(&line);
        match parse_str(&source, mode, &options) {
            Ok(_) => println!("OK"),
            Err(error) => println!("{}", lines::describe(&error)),
        }
    }
}
