//! Trees, errors, warnings and tokens, compared with what CPython 3.14 gives for the same source.
//!
//! In each file of `data/`, a line with a case is followed by the lines that CPython answers.

use krait_parser::tokenize::Tokenizer;
use krait_parser::{ErrorKind, Mode, Options, ParseError, parse, parse_str};

#[path = "support/dump.rs"]
mod dump;
#[path = "support/lines.rs"]
mod lines;

/// Runs a test on the stack that a main thread has; those of test threads are smaller.
fn on_full_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(test);
    thread
        .expect("a thread starts")
        .join()
        .expect("the test passes");
}

/// Compares the answer to each case with the line after it.
fn check(data: &'static str, answer: fn(&str) -> String) {
    on_full_stack(move || compare(data, answer));
}

fn compare(data: &str, answer: fn(&str) -> String) {
    let mut wrong = Vec::new();
    let mut cases = data.lines();
    while let (Some(case), Some(expected)) = (cases.next(), cases.next()) {
        let actual = answer(case);
        if actual != expected {
            wrong.push(format!(
                "{case}\n  expected {expected}\n  actual   {actual}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trees() {
    check(include_str!("data/trees.txt"), |case| {
        let (mode, options, source) = lines::case(case);
        match parse_str(&source, mode, &options) {
            Ok(parsed) => dump::dump(&parsed.module),
            Err(error) => lines::describe(&error),
        }
    });
}

#[test]
fn errors() {
    check(include_str!("data/errors.txt"), |case| {
        let (mode, options, source) = lines::case(case);
        match parse_str(&source, mode, &options) {
            Ok(_) => "OK".to_owned(),
            Err(error) => lines::describe(&error),
        }
    });
}

#[test]
fn warnings() {
    check(include_str!("data/warnings.txt"), |case| {
        let (mode, options, source) = lines::case(case);
        let warnings = parse_str(&source, mode, &options).map_or(Vec::new(), |p| p.warnings);
        let each = warnings.iter().map(|warning| {
            let message = lines::quote(&warning.message);
            format!("{:?} {} {message};", warning.category, warning.lineno)
        });
        each.collect()
    });
}

#[test]
fn tokens() {
    check(include_str!("data/tokens.txt"), |case| {
        let (_, _, source) = lines::case(case);
        let each = Tokenizer::new(&source, true).map(|token| match token {
            Ok(t) => format!(
                "{} {:?} {:?} {} {};",
                t.kind,
                t.start,
                t.end,
                lines::quote(t.string),
                lines::quote(t.line)
            ),
            Err(error) => format!("{:?} {};", error.kind, lines::quote(&error.message)),
        });
        each.collect()
    });
}

#[test]
fn encodings() {
    let parse = |source: &[u8]| parse(source, Mode::Exec, &Options::default());
    assert!(parse(b"\xEF\xBB\xBFx = 'a'\n").is_ok());
    assert!(parse(b"# coding: latin-1\nx = '\xE9'\n").is_ok());
    assert!(parse(b"#!/bin/x\n# -*- coding: ISO_8859_1 -*-\nx = '\xE9'\n").is_ok());
    let foreign = parse(b"# vim: set fileencoding=cp1252 :\nx = 1\n");
    let Err(ParseError::ForeignCodec { codec, source }) = foreign else {
        panic!("{foreign:?}");
    };
    assert_eq!((&*codec, source.len()), ("cp1252", 39));
    let message = |source: &[u8]| match parse(source) {
        Err(ParseError::Undecodable(error)) => error.message,
        other => format!("{other:?}"),
    };
    assert_eq!(
        message(b"x = 1\ny = '\xF6'\n"),
        "Non-UTF-8 code starting with '\\xf6' on line 2, but no encoding declared; see \
         https://peps.python.org/pep-0263/ for details"
    );
    assert_eq!(
        message(b"\xEF\xBB\xBF# coding: latin-1\n"),
        "encoding problem: iso-8859-1 with BOM"
    );
}

/// Source that nests or goes on too far raises, whatever it nests.
#[test]
fn depth_is_bounded() {
    on_full_stack(deep_sources);
}

fn deep_sources() {
    let long = 100_000;
    let cases = [
        ("-".repeat(long) + "1", ErrorKind::MemoryError),
        ("not ".repeat(long) + "1", ErrorKind::MemoryError),
        ("lambda: ".repeat(long) + "1", ErrorKind::MemoryError),
        ("2 ** ".repeat(long) + "1", ErrorKind::MemoryError),
        ("(".repeat(long), ErrorKind::SyntaxError),
        (
            "a".to_owned() + &".b".repeat(long),
            ErrorKind::RecursionError,
        ),
        ("1 + ".repeat(long) + "1", ErrorKind::RecursionError),
        (
            "[".repeat(150) + "x y" + &"]".repeat(150),
            ErrorKind::SyntaxError,
        ),
    ];
    for (source, expected) in cases {
        let error = parse_str(&source, Mode::Exec, &Options::default()).err();
        assert_eq!(
            error.map(|error| error.kind),
            Some(expected),
            "{:.20}",
            source
        );
    }
}
