//! The compiler against CPython 3.14: code objects, errors and warnings, from `tests/cases`.
//!
//! `NAME.txt` is the text of CPython's code objects for `NAME.py`. In `errors.txt` and `warnings.txt` a
//! case is some source, then what CPython says of it in a line that starts with `=>`.

use krait_bytecode::dump::describe;
use krait_bytecode::marshal;
use krait_compiler::{CompileError, CompileOptions, Compiled, compile};
use krait_parser::{Mode, Options, parse};

fn compiled(source: &str) -> Result<Compiled, CompileError> {
    let parsed = parse(source.as_bytes(), Mode::Exec, &Options::default());
    let module = parsed
        .unwrap_or_else(|error| panic!("{source}: {error:?}"))
        .module;
    compile(module, &CompileOptions::new("<file>"))
}

fn check_code(name: &str, source: &str, expected: &str) {
    let code = compiled(source)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .code;
    let text = describe(&code);
    for (number, (line, wanted)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, wanted, "{name}.txt, line {}", number + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "{name}");
    let read = marshal::read_code(&marshal::write_code(&code));
    assert_eq!(
        describe(&read.expect("what was written is read")),
        text,
        "{name}"
    );
}

macro_rules! code_cases {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let source = include_str!(concat!("cases/", stringify!($name), ".py"));
            let expected = include_str!(concat!("cases/", stringify!($name), ".txt"));
            check_code(stringify!($name), source, expected);
        })*
    };
}

code_cases! { classes coroutines folding futures handlers loops patterns scopes }

/// Splits a file of cases into sources and what is said of each.
fn cases(text: &str) -> impl Iterator<Item = (String, Vec<&str>)> {
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || {
        lines.peek()?;
        let (mut source, mut said) = (Vec::new(), Vec::new());
        for line in lines.by_ref() {
            match line.strip_prefix("=> ") {
                Some(line) => said.push(line),
                None if line.is_empty() && !said.is_empty() => break,
                None => source.push(line),
            }
        }
        Some((source.join("\n"), said))
    })
}

#[test]
fn errors() {
    for (source, said) in cases(include_str!("cases/errors.txt")) {
        let Err(error) = compiled(&source) else {
            panic!("no error: {source}")
        };
        let loc = error.location;
        let (col, end_col) = (loc.col + 1, loc.end_col + 1);
        let text = format!(
            "{} at {}:{col}-{}:{end_col}",
            error.message, loc.line, loc.end_line
        );
        assert_eq!([text.as_str()], said[..], "{source}");
    }
}

#[test]
fn warnings() {
    for (source, said) in cases(include_str!("cases/warnings.txt")) {
        let compiled = compiled(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
        let warnings: Vec<String> = compiled
            .warnings
            .iter()
            .map(|warning| format!("{} at {}", warning.message, warning.location.line))
            .collect();
        assert_eq!(warnings, said, "{source}");
    }
}

#[test]
fn deep_trees_are_errors() {
    let sources = [
        "+".to_owned() + &"a+".repeat(5000) + "a",
        "a".to_owned() + &".b".repeat(5000),
    ];
    for source in sources {
        if let Ok(parsed) = parse(source.as_bytes(), Mode::Exec, &Options::default()) {
            let _ = compile(parsed.module, &CompileOptions::new("<file>"));
        }
    }
}
