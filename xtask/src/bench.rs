//! `cargo xtask bench`: times the primitives of `benches/primitives.py` on Krait beside CPython.
//!
//! Each primitive runs on the two in turn, in fresh processes, so that both see the same machine; the
//! best of the turns counts.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, root};

/// How often the two take turns.
const TURNS: usize = 2;

/// How the chore is called.
const USAGE: &str = "usage: cargo xtask bench [--cpython PATH] [--krait PATH] [NAME…]";

/// What the command line asks for.
struct Options {
    cpython: PathBuf,
    krait: PathBuf,
    names: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, Error> {
        let home = std::env::var_os("HOME").unwrap_or_default();
        let mut options = Options {
            cpython: Path::new(&home).join("oracle/bin/python3.14"),
            krait: root().join("target/release/krait"),
            names: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let path = match argument.as_str() {
                "--cpython" => &mut options.cpython,
                "--krait" => &mut options.krait,
                name if !name.starts_with('-') => {
                    options.names.push(name.to_owned());
                    continue;
                }
                _ => return Err(USAGE.into()),
            };
            *path = arguments.next().ok_or(USAGE)?.into();
        }
        Ok(options)
    }
}

/// Runs the script and gives its output.
fn script(python: &Path, arguments: &[&str]) -> Result<String, Error> {
    let output = Command::new(python)
        .arg(root().join("benches/primitives.py"))
        .args(arguments)
        .output()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {message}", python.display()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The nanoseconds of one primitive on one interpreter.
fn time(python: &Path, name: &str) -> Result<f64, Error> {
    let line = script(python, &[name])?;
    let value = line.split_whitespace().nth(1);
    Ok(value.ok_or("the script printed no figure")?.parse()?)
}

/// Times the primitives and prints a line each, then the geometric mean of the ratios.
pub fn run(arguments: &[String]) -> Result<(), Error> {
    let options = Options::parse(arguments)?;
    let names = if options.names.is_empty() {
        script(&options.cpython, &["--list"])?
            .lines()
            .map(str::to_owned)
            .collect()
    } else {
        options.names
    };
    println!(
        "{:<24}{:>12}{:>12}{:>8}",
        "primitive", "CPython ns", "Krait ns", "ratio"
    );
    let mut logarithms = 0.0;
    let mut least = (f64::INFINITY, "");
    for name in &names {
        let (mut theirs, mut ours) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..TURNS {
            theirs = theirs.min(time(&options.cpython, name)?);
            ours = ours.min(time(&options.krait, name)?);
        }
        let ratio = theirs / ours;
        println!("{name:<24}{theirs:>12.1}{ours:>12.1}{ratio:>7.2}x");
        logarithms += ratio.ln();
        if ratio < least.0 {
            least = (ratio, name);
        }
    }
    let mean = (logarithms / names.len() as f64).exp();
    println!(
        "geometric mean {mean:.2}x of {}, the least {:.2}x ({})",
        names.len(),
        least.0,
        least.1
    );
    Ok(())
}
