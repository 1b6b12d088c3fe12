//! The project's chores: `cargo xtask CHORE [ARGUMENT…]`. Each chore is a module and a row of [`CHORES`].

mod bench;
mod capi;
mod cjk;
mod fuzz_objects;
mod fuzz_syntax;
mod layout;
mod leaks;
mod miri;
mod stress;
mod unicode;
mod watch;

use std::process::ExitCode;

/// What went wrong, for the person at the terminal.
type Error = Box<dyn std::error::Error>;

/// One chore: its name, what it does, and the function that takes the arguments after the name.
struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Error>,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "bench",
        about: "time the primitives of benches/primitives.py beside CPython",
        run: bench::run,
    },
    Chore {
        name: "capi",
        about: "build the test extensions with CPython's headers and compare what they do on CPython and on Krait",
        run: capi::run,
    },
    Chore {
        name: "cjk",
        about: "generate the tables of krait-text's multibyte codecs from the codecs of CPython 3.14",
        run: cjk::run,
    },
    Chore {
        name: "fuzz-objects",
        about: "run random programs whose objects change the containers that they are used in",
        run: fuzz_objects::run,
    },
    Chore {
        name: "fuzz-syntax",
        about: "compile damaged sources with two interpreters, which must agree",
        run: fuzz_syntax::run,
    },
    Chore {
        name: "layout",
        about: "record how CPython's headers lay out the structs of krait-abi (--check: only compare)",
        run: layout::run,
    },
    Chore {
        name: "leaks",
        about: "run test modules of CPython's suite again and again and fail if memory grows",
        run: leaks::run,
    },
    Chore {
        name: "miri",
        about: "run the unit tests of the object kernel under Miri",
        run: miri::run,
    },
    Chore {
        name: "stress",
        about: "run the test programs in every mode: specialisation, collections at every allocation",
        run: stress::run,
    },
    Chore {
        name: "unicode",
        about: "generate the tables of krait-unicode from the database of CPython 3.14",
        run: unicode::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(chore) = arguments
        .first()
        .and_then(|name| CHORES.iter().find(|chore| chore.name == name))
    else {
        eprintln!("usage: cargo xtask CHORE [ARGUMENT…]\n");
        for chore in CHORES {
            eprintln!("  {:<12} {}", chore.name, chore.about);
        }
        return ExitCode::from(2);
    };
    match (chore.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {}: {error}", chore.name);
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace.
fn root() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
