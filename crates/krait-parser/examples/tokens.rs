//! Prints the tokens of a file, one a line, for comparison with CPython's `tokenize`.

use krait_parser::tokenize::Tokenizer;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let extra_tokens = arguments.next().is_none();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for token in Tokenizer::new(&text, extra_tokens) {
        match token {
            Ok(t) => println!(
                "{} {:?} {:?} {:?} {:?}",
                t.kind, t.start, t.end, t.string, t.line
            ),
            Err(error) => println!("{error} {}", error.offset),
        }
    }
}
