//! `cargo xtask fuzz-objects`: random programs in which the special methods of hostile objects change the very
//! container that they are used in. The interpreter must outlive them all; with a reference, it is also told how often
//! both did the same.
//!
//! Case N of a seed is always the same program. `--show` prints it. With `PYTHONMALLOC=malloc` and
//! `--under "valgrind --exit-on-first-error=yes --error-exitcode=9"` every wrong access to an object's memory is a crash.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::watch::watched;

/// The files of the Python half, which makes the programs and runs them.
const FILES: &[(&str, &str)] = &[
    ("runner.py", include_str!("fuzz_objects/runner.py")),
    ("grammar.py", include_str!("fuzz_objects/grammar.py")),
    ("containers.py", include_str!("fuzz_objects/containers.py")),
    ("library.py", include_str!("fuzz_objects/library.py")),
    ("hostile.py", include_str!("fuzz_objects/hostile.py")),
    ("support.py", include_str!("fuzz_objects/support.py")),
];

const USAGE: &str = "usage: fuzz-objects PYTHON [--reference PYTHON] [--cases N] [--first N] [--seed N] [--batch N] \
                     [--patience SECONDS] [--differences N] [--under COMMAND] [--save DIR] [--show CASE]";

struct Settings {
    python: PathBuf,
    reference: Option<PathBuf>,
    save: Option<PathBuf>,
    /// What the interpreter runs under: a checker of memory, with its options.
    under: Vec<String>,
    /// The settings that are numbers, by the name of their option.
    numbers: BTreeMap<&'static str, usize>,
}

impl Settings {
    fn number(&self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_default()
    }
}

/// Runs the chore.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let settings = settings(arguments)?;
    let scratch = std::env::temp_dir().join(format!("fuzz-objects-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    for (name, text) in FILES {
        std::fs::write(scratch.join(name), text)?;
    }
    let result = match settings.numbers.get("--show") {
        Some(&case) => text_of(&settings, &scratch, case).map(|text| print!("{text}")),
        None => fuzz(&settings, &scratch),
    };
    std::fs::remove_dir_all(&scratch)?;
    result
}

fn settings(arguments: &[String]) -> Result<Settings, Error> {
    let mut numbers = BTreeMap::from([
        ("--cases", 10_000),
        ("--first", 0),
        ("--seed", 1),
        ("--batch", 1000),
        ("--patience", 30),
        ("--differences", 10),
    ]);
    let (mut python, mut reference, mut save, mut under) = (None, None, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || {
            rest.next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--reference" => reference = Some(std::fs::canonicalize(value()?)?),
            "--under" => under = value()?.split_whitespace().map(str::to_owned).collect(),
            "--save" => save = Some(PathBuf::from(value()?)),
            "--show" => {
                numbers.insert("--show", value()?.parse()?);
            }
            name => match numbers.get_mut(name) {
                Some(number) => *number = value()?.parse()?,
                None if python.is_none() => python = Some(std::fs::canonicalize(name)?),
                None => return Err(USAGE.into()),
            },
        }
    }
    Ok(Settings {
        python: python.ok_or(USAGE)?,
        reference,
        save,
        under,
        numbers,
    })
}

/// What an interpreter did with a range of cases.
#[derive(Default)]
struct Outcomes {
    /// What each case printed.
    lines: BTreeMap<usize, String>,
    /// The cases that ended the interpreter: the first case of the process, how it ended, and its last words.
    deaths: BTreeMap<usize, (usize, String, String)>,
}

fn fuzz(settings: &Settings, scratch: &Path) -> Result<(), Error> {
    let first = settings.number("--first");
    let end = first + settings.number("--cases");
    let mut deaths = 0;
    let mut compared = 0;
    let mut differences: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut at = first;
    while at < end {
        let cases = at..end.min(at + settings.number("--batch").max(1));
        let found = outcomes(settings, &settings.python, scratch, cases.clone())?;
        for (&case, death) in &found.deaths {
            deaths += 1;
            report_death(settings, scratch, case, death)?;
        }
        if let Some(reference) = &settings.reference {
            let wanted = outcomes(settings, reference, scratch, cases.clone())?;
            for (case, line) in &wanted.lines {
                let Some(other) = found.lines.get(case) else {
                    continue;
                };
                compared += 1;
                if let Some(cause) = difference(line, other) {
                    differences.entry(cause).or_default().push(*case);
                }
            }
        }
        at = cases.end;
    }
    println!("{} cases, {deaths} crashes or hangs", end - first);
    if settings.reference.is_some() {
        report_differences(&differences, compared, settings.number("--differences"));
    }
    if deaths > 0 {
        return Err("the interpreter did not outlive every case".into());
    }
    Ok(())
}

/// Runs cases in as few processes as it takes: after a death the next process goes on behind the case.
fn outcomes(
    settings: &Settings,
    python: &Path,
    scratch: &Path,
    cases: std::ops::Range<usize>,
) -> Result<Outcomes, Error> {
    let mut found = Outcomes::default();
    let mut first = cases.start;
    while first < cases.end {
        let (lines, ended, words) = run_cases(settings, python, scratch, first, cases.end - first)?;
        let next = first + lines.len();
        found.lines.extend((first..).zip(lines));
        if next < cases.end {
            found.deaths.insert(next, (first, ended, words));
        }
        first = next + 1;
    }
    Ok(found)
}

/// Runs `count` cases in one process: what the finished ones printed, how it ended, and its last words.
fn run_cases(
    settings: &Settings,
    python: &Path,
    scratch: &Path,
    first: usize,
    count: usize,
) -> Result<(Vec<String>, String, String), Error> {
    let (output, errors) = (scratch.join("output"), scratch.join("errors"));
    let under: &[String] = if python == settings.python {
        &settings.under
    } else {
        &[]
    };
    let mut command = runner(under, python, scratch)?;
    command
        .args([settings.number("--seed"), first, count].map(|number| number.to_string()))
        .stderr(File::create(&errors)?);
    let patience = Duration::from_secs(settings.number("--patience") as u64);
    let ended = watched(&mut command, &output, patience)?;
    let text = String::from_utf8_lossy(&std::fs::read(&output)?).into_owned();
    let lines = text
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
        .map(|line| {
            line.split_once('\t')
                .map_or(line, |(_, log)| log)
                .to_owned()
        })
        .collect();
    let words = String::from_utf8_lossy(&std::fs::read(&errors)?).into_owned();
    Ok((lines, ended, words))
}

fn runner(under: &[String], python: &Path, scratch: &Path) -> Result<Command, Error> {
    let folder = scratch.join("work");
    std::fs::create_dir_all(&folder)?;
    let mut command = match under {
        [] => Command::new(python),
        [program, options @ ..] => {
            let mut command = Command::new(program);
            command.args(options).arg(python);
            command
        }
    };
    command
        .arg("-B")
        .arg(scratch.join("runner.py"))
        .current_dir(folder)
        .env("PYTHONHASHSEED", "0");
    Ok(command)
}

/// The text of a case, as a program of its own.
fn text_of(settings: &Settings, scratch: &Path, case: usize) -> Result<String, Error> {
    let python = settings.reference.as_ref().unwrap_or(&settings.python);
    let output = runner(&[], python, scratch)?
        .arg("--show")
        .args([settings.number("--seed"), case].map(|number| number.to_string()))
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Tells of a case that ended the interpreter, and whether it does so alone.
fn report_death(
    settings: &Settings,
    scratch: &Path,
    case: usize,
    (first, ended, words): &(usize, String, String),
) -> Result<(), Error> {
    let (lines, ..) = run_cases(settings, &settings.python, scratch, case, 1)?;
    let alone = if lines.is_empty() {
        String::new()
    } else {
        format!(" (only with the cases from {first} on)")
    };
    println!("case {case}: {ended}{alone}");
    for line in words.lines().take(6) {
        println!("    {line}");
    }
    if let Some(folder) = &settings.save {
        std::fs::create_dir_all(folder)?;
        let text = text_of(settings, scratch, case)?;
        std::fs::write(folder.join(format!("{case}.py")), text)?;
    }
    Ok(())
}

/// Where two logs part.
fn difference(wanted: &str, found: &str) -> Option<String> {
    if wanted == found {
        return None;
    }
    let (wanted, found): (Vec<&str>, Vec<&str>) =
        (wanted.split(' ').collect(), found.split(' ').collect());
    let same = wanted
        .iter()
        .zip(&found)
        .take_while(|(a, b)| a == b)
        .count();
    let rest = |words: &[&str]| {
        words[same..]
            .iter()
            .take(8)
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    };
    Some(format!("{}  NOT  {}", rest(&found), rest(&wanted)))
}

fn report_differences(differences: &BTreeMap<String, Vec<usize>>, compared: usize, show: usize) {
    let mut order: Vec<_> = differences.iter().collect();
    order.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    for (cause, cases) in order.iter().take(show) {
        println!("{:6}  case {}: {cause}", cases.len(), cases[0]);
    }
    let differ: usize = differences.values().map(Vec::len).sum();
    println!(
        "{} of {compared} cases agree ({:.2}%)",
        compared - differ,
        100.0 * (compared - differ) as f64 / compared.max(1) as f64
    );
}
