//! `cargo xtask capi`: C extension modules, built with the real headers of CPython 3.14, do the same
//! on CPython and on Krait.
//!
//! Each `crates/krait-capi/tests/ext/NAME.c` is a module that `test_NAME.py` beside it tests: the program
//! is run on CPython, on Krait, and on Krait with a collection at every allocation.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

struct Options {
    include: PathBuf,
    python: PathBuf,
    krait: PathBuf,
    names: Vec<String>,
}

fn options(arguments: &[String]) -> Result<Options, Error> {
    let home = PathBuf::from(std::env::var("HOME")?);
    let mut options = Options {
        include: home.join("oracle/include"),
        python: home.join("oracle/bin/python3.14"),
        krait: crate::root().join("target/quick/krait"),
        names: Vec::new(),
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let place = match argument.as_str() {
            "--include" => &mut options.include,
            "--python" => &mut options.python,
            "--krait" => &mut options.krait,
            name if !name.starts_with('-') => {
                options.names.push(name.to_owned());
                continue;
            }
            other => return Err(format!("unknown argument {other}").into()),
        };
        *place = arguments
            .next()
            .ok_or(format!("{argument} needs a path"))?
            .into();
    }
    Ok(options)
}

/// Builds one module.
fn build(source: &Path, include: &Path, folder: &Path) -> Result<(), Error> {
    let name = source.file_stem().ok_or("a source has a name")?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let headers = include.join("python3.14");
    let mut target = folder.join(name).into_os_string();
    target.push(".so");
    let mut command = Command::new(compiler);
    command
        .args([
            "-shared",
            "-fPIC",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Wno-missing-field-initializers",
            "-Wno-cast-function-type",
            "-I",
        ])
        .arg(&headers)
        // Debian's headers have a part of their configuration beside their folder.
        .arg("-idirafter")
        .arg(headers.canonicalize()?.join(".."))
        .arg(source)
        .arg("-o")
        .arg(target);
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{} does not compile", source.display()).into())
    }
}

/// What a test program printed, and how it ended.
fn outcome(
    interpreter: &Path,
    program: &Path,
    folder: &Path,
    mode: &[(&str, &str)],
) -> Result<String, Error> {
    let output = Command::new(interpreter)
        .arg(program)
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0")
        .env("NO_COLOR", "1")
        .envs(mode.iter().copied())
        .output()?;
    Ok(format!(
        "{}{}[{}]\n",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status
    ))
}

/// Prints the lines that differ; how many there are.
fn report(expected: &str, found: &str) -> usize {
    let (mut left, mut right) = (expected.lines(), found.lines());
    let mut different = 0;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return different,
            (left, right) if left == right => {}
            (left, right) => {
                different += 1;
                if different <= 20 {
                    println!(
                        "  - {}\n  + {}",
                        left.unwrap_or("(end)"),
                        right.unwrap_or("(end)")
                    );
                }
            }
        }
    }
}

/// Runs the chore: `[--include DIR] [--python FILE] [--krait FILE] [NAME…]`, where DIR holds
/// `python3.14/Python.h`.
pub fn run(arguments: &[String]) -> Result<(), Error> {
    let options = options(arguments)?;
    let sources = crate::root().join("crates/krait-capi/tests/ext");
    let folder = crate::root().join("target/capi");
    std::fs::create_dir_all(&folder)?;
    let mut programs: Vec<PathBuf> = std::fs::read_dir(&sources)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    programs.sort();
    let mut failed = Vec::new();
    for source in programs {
        let name = source
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !options.names.is_empty() && !options.names.contains(&name) {
            continue;
        }
        build(&source, &options.include, &folder)?;
        let program = sources.join(format!("test_{name}.py"));
        let expected = outcome(&options.python, &program, &folder, &[])?;
        for (what, mode) in [
            ("", &[][..]),
            (
                " (collecting at every allocation)",
                &[("KRAIT_GC_STRESS", "1")][..],
            ),
        ] {
            let found = outcome(&options.krait, &program, &folder, mode)?;
            let different = report(&expected, &found);
            println!(
                "{name}{what}: {} lines, {different} differ",
                expected.lines().count()
            );
            if different > 0 {
                failed.push(format!("{name}{what}"));
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("differs from CPython: {}", failed.join(", ")).into())
    }
}
