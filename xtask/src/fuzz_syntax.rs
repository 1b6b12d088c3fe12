//! `cargo xtask fuzz-syntax`: damaged sources, compiled by two interpreters that must agree on the code
//! objects, or on the error with its message and place, and on the warnings.

mod mutate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Error;
use crate::watch::watched;
use mutate::Random;

/// The program that both interpreters run.
const RUNNER: &str = include_str!("fuzz_syntax/runner.py");

/// The longest that a case may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The share of the cases, in thousandths, on which the interpreters must agree.
const MUST_AGREE: usize = 995;

struct Settings {
    python: PathBuf,
    reference: PathBuf,
    library: PathBuf,
    cases: usize,
    seed: u64,
    batch: usize,
    show: usize,
    save: Option<PathBuf>,
}

/// Runs the chore: `PYTHON REFERENCE LIBRARY [--cases N] [--seed N] [--batch N] [--show N] [--save DIR]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let settings = settings(arguments)?;
    let sources = sources(&settings.library)?;
    if sources.is_empty() {
        return Err(format!("no sources in {}", settings.library.display()).into());
    }
    let scratch = std::env::temp_dir().join(format!("fuzz-syntax-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let result = fuzz(&settings, &sources, &scratch);
    std::fs::remove_dir_all(&scratch)?;
    result
}

fn settings(arguments: &[String]) -> Result<Settings, Error> {
    let mut places = Vec::new();
    let mut numbers = BTreeMap::from([
        ("--cases", 20_000),
        ("--seed", 1),
        ("--batch", 500),
        ("--show", 3),
    ]);
    let mut save = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--save" {
            save = Some(PathBuf::from(rest.next().ok_or("--save needs a folder")?));
        } else if let Some(number) = numbers.get_mut(argument.as_str()) {
            let text = rest
                .next()
                .ok_or_else(|| format!("{argument} needs a number"))?;
            *number = text.parse()?;
        } else {
            places.push(PathBuf::from(argument));
        }
    }
    let [python, reference, library] = <[PathBuf; 3]>::try_from(places)
        .map_err(|_| "usage: fuzz-syntax PYTHON REFERENCE LIBRARY [--cases N] [--seed N] [--batch N] [--show N] [--save DIR]")?;
    Ok(Settings {
        python,
        reference,
        library,
        cases: numbers["--cases"],
        seed: numbers["--seed"] as u64,
        batch: numbers["--batch"].max(1),
        show: numbers["--show"],
        save,
    })
}

/// The text of all Python files of a folder, in the order of their names.
fn sources(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                names.push(path);
            }
        }
    }
    names.sort();
    let texts = names
        .iter()
        .filter_map(|name| std::fs::read_to_string(name).ok());
    Ok(texts.filter(|text| !text.is_empty()).collect())
}

/// The cases on which the interpreters differ, by cause.
type Causes = BTreeMap<String, Vec<(usize, String)>>;

fn fuzz(settings: &Settings, sources: &[String], scratch: &Path) -> Result<(), Error> {
    let runner = scratch.join("runner.py");
    std::fs::write(&runner, RUNNER)?;
    let mut random = Random::new(settings.seed);
    let mut causes = Causes::new();
    let mut done = 0;
    while done < settings.cases {
        let count = settings.batch.min(settings.cases - done);
        let cases: Vec<String> = (0..count)
            .map(|_| mutate::case(&sources[random.below(sources.len())], &mut random))
            .collect();
        let work = scratch.join("cases");
        let wanted = outcomes(&settings.reference, &runner, &work, &cases)?;
        let found = outcomes(&settings.python, &runner, &work, &cases)?;
        for (index, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
            if let Some((cause, how)) = difference(wanted, found) {
                let number = done + index;
                causes.entry(cause).or_default().push((number, how));
                if let Some(folder) = &settings.save {
                    std::fs::create_dir_all(folder)?;
                    std::fs::write(folder.join(format!("{number}.py")), &cases[index])?;
                }
            }
        }
        done += count;
    }
    report(&causes, done, settings.show)
}

/// What an interpreter makes of the cases. Where it crashes or hangs, that is the outcome, and it goes on
/// with the next case.
fn outcomes(
    python: &Path,
    runner: &Path,
    work: &Path,
    cases: &[String],
) -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = Vec::new();
    while found.len() < cases.len() {
        let mut file = Vec::new();
        for case in &cases[found.len()..] {
            file.extend_from_slice(format!("{}\n{case}", case.len()).as_bytes());
        }
        std::fs::write(work, file)?;
        let (lines, ended) = run_batch(python, runner, work)?;
        found.extend(lines);
        if found.len() < cases.len() {
            found.push(ended);
        }
    }
    Ok(found)
}

/// The lines that the runner printed, and how it ended.
fn run_batch(python: &Path, runner: &Path, work: &Path) -> Result<(Vec<String>, String), Error> {
    let output = work.with_extension("out");
    let mut command = Command::new(python);
    command
        .args([Path::new("-I"), runner, work])
        .stderr(Stdio::null());
    let ended = format!("died\t{}", watched(&mut command, &output, PATIENCE)?);
    let text = String::from_utf8_lossy(&std::fs::read(&output)?).into_owned();
    let whole = text
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'));
    Ok((whole.map(str::to_owned).collect(), ended))
}

/// The cause of a difference, without what is the case's own, and the difference itself.
fn difference(wanted: &str, found: &str) -> Option<(String, String)> {
    if wanted == found {
        return None;
    }
    let facts = |line: &str| -> Vec<String> { line.split('\t').map(str::to_owned).collect() };
    let (wanted, found) = (facts(wanted), facts(found));
    let how = format!("{} | {}", shown(&wanted), shown(&found));
    if wanted[0] != found[0] {
        let message = |facts: &[String]| {
            facts
                .iter()
                .find(|fact| fact.starts_with("message="))
                .cloned()
        };
        let said = message(&wanted).or(message(&found)).unwrap_or_default();
        return Some((
            format!("{} not {}: {}", found[0], wanted[0], general(&said)),
            how,
        ));
    }
    let pairs = wanted
        .iter()
        .zip(&found)
        .filter(|(wanted, found)| wanted != found);
    let cause = pairs
        .map(|(wanted, found)| match wanted.split_once('=') {
            Some(("message" | "class" | "warnings", _)) => {
                format!("{} not {}", general(found), general(wanted))
            }
            Some((name, _)) => name.to_owned(),
            None => wanted.clone(),
        })
        .collect::<Vec<_>>()
        .join(", ");
    let message = wanted.iter().find(|fact| fact.starts_with("message="));
    let of = message.map_or(String::new(), |message| format!(" of {}", general(message)));
    Some((format!("{cause}{of}"), how))
}

/// The facts that a person wants to see.
fn shown(facts: &[String]) -> String {
    match facts[0].as_str() {
        "code" => "code".to_owned(),
        _ => facts[1..].join(" "),
    }
}

/// A message without names and numbers of its own.
fn general(message: &str) -> String {
    let mut text = String::new();
    let mut quoted = false;
    for c in message.chars() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted && text.len() > 60 => {}
            c if c.is_ascii_digit() => {
                if !text.ends_with('#') {
                    text.push('#');
                }
            }
            c => text.push(c),
        }
    }
    text
}

fn report(causes: &Causes, cases: usize, show: usize) -> Result<(), Error> {
    let mut order: Vec<_> = causes.iter().collect();
    order.sort_by_key(|(_, which)| std::cmp::Reverse(which.len()));
    for (cause, which) in order {
        println!("{:5} {cause}", which.len());
        for (number, how) in which.iter().take(show) {
            println!("        case {number}: {how}");
        }
    }
    let differ: usize = causes.values().map(Vec::len).sum();
    let died = causes
        .values()
        .flatten()
        .any(|(_, how)| how.contains("status="));
    let agree = cases - differ;
    println!(
        "{agree} of {cases} cases agree ({:.2}%)",
        100.0 * agree as f64 / cases.max(1) as f64
    );
    if died {
        return Err("an interpreter died".into());
    }
    if agree * 1000 < cases * MUST_AGREE {
        return Err("they agree on too few".into());
    }
    Ok(())
}
