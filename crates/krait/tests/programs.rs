//! Runs every program under `tests/programs` and compares what it prints with what CPython 3.14
//! printed: `NAME.out` is standard output, `NAME.err` standard error, `NAME.status` the exit status
//! (none means an empty stderr and status 0); `NAME.in` is standard input.
//!
//! Programs that do not pass yet are named in `tests/programs/pending.txt`; one that passes although
//! it is named there fails the test, so that the list stays true.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Modes of the interpreter, as variables of the environment.
const NEVER: (&str, &str) = ("KRAIT_SPECIALIZE", "off");
const AT_ONCE: (&str, &str) = ("KRAIT_SPECIALIZE", "eager");
const COLLECT: (&str, &str) = ("KRAIT_GC_STRESS", "1");

/// A program that runs longer is taken to hang.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The same where collections take most of the time.
const COLLECTING_TIMEOUT: Duration = Duration::from_secs(600);

/// Programs that are not for collections at every allocation: those that are deep would have thousands of frames or
/// objects looked at each time, for hours; the other has a cycle that must last until the interpreter ends.
const NOT_TO_COLLECT: &[&str] = &[
    "deep_recursion.py",
    "fork_with_threads.py",
    "xml_deep_tree.py",
];

/// Programs that show much of the kernel and are quick although everything is collected all the time.
const QUICK_TO_COLLECT: &[&str] = &[
    "bytes_work.py",
    "chained_compare.py",
    "classes_basic.py",
    "closures.py",
    "comprehensions.py",
    "coroutines_manual.py",
    "hostile_containers.py",
    "sets_work.py",
    "weakrefs_gc.py",
];

fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    here.canonicalize()
        .expect("tests/programs is part of the repository")
}

/// What a process printed, and how it ended.
struct Outcome {
    stdout: String,
    stderr: String,
    status: String,
}

/// Runs a program to its end or the timeout.
fn run(folder: &Path, name: &str, mode: &[(&str, &str)]) -> Outcome {
    let input = folder.join(name).with_extension("in");
    let stdin = match File::open(input) {
        Ok(file) => Stdio::from(file),
        Err(_) => Stdio::null(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_krait"));
    command
        .arg(name)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", std::env::temp_dir())
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "80")
        .env("NO_COLOR", "1")
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(mode.iter().copied())
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the krait binary starts");
    let stdout = reader(child.stdout.take().expect("piped"));
    let stderr = reader(child.stderr.take().expect("piped"));
    let timeout = if mode.contains(&COLLECT) {
        COLLECTING_TIMEOUT
    } else {
        TIMEOUT
    };
    let started = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => {
                break status
                    .code()
                    .map_or_else(|| status.to_string(), |code| code.to_string());
            }
            None if started.elapsed() > timeout => {
                child.kill().expect("a child can be killed");
                child.wait().expect("a killed child ends");
                break "timeout".to_owned();
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let shown = folder.to_str().expect("the path is UTF-8");
    let text = |stream: JoinHandle<String>| {
        stream
            .join()
            .expect("the reader does not panic")
            .replace(shown, "DIR")
    };
    Outcome {
        stdout: text(stdout),
        stderr: text(stderr),
        status,
    }
}

/// Reads a stream to its end in a thread, so that the child never waits for us.
fn reader(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// How a program's outcome differs from CPython's; `None` if it does not.
fn difference(folder: &Path, name: &str, mode: &[(&str, &str)]) -> Option<String> {
    let expected = |extension: &str, default: &str| {
        fs::read_to_string(folder.join(name).with_extension(extension))
            .unwrap_or_else(|_| default.to_owned())
    };
    let got = run(folder, name, mode);
    let pairs = [
        (
            "status",
            expected("status", "0").trim().to_owned(),
            got.status,
        ),
        ("stdout", expected("out", ""), got.stdout),
        ("stderr", expected("err", ""), got.stderr),
    ];
    let wrong: Vec<String> = pairs
        .iter()
        .filter(|(_, wanted, got)| wanted != got)
        .map(|(what, wanted, got)| {
            let line = wanted.lines().zip(got.lines()).position(|(a, b)| a != b);
            let at = line.unwrap_or_else(|| wanted.lines().count().min(got.lines().count()));
            format!(
                "{what}, line {}:\n      CPython: {:?}\n      Krait:   {:?}",
                at + 1,
                wanted.lines().nth(at).unwrap_or("(end)"),
                got.lines().nth(at).unwrap_or("(end)")
            )
        })
        .collect();
    (!wrong.is_empty()).then(|| format!("  {name}: {}", wrong.join("\n    ")))
}

/// Runs all programs in a mode.
fn check_all(mode: &[(&str, &str)]) {
    let collects = mode.contains(&COLLECT);
    check(mode, |name| !(collects && NOT_TO_COLLECT.contains(&name)));
}

/// Runs programs in a mode, two at a time, and fails with every surprise.
fn check(mode: &[(&str, &str)], is_wanted: impl Fn(&str) -> bool) {
    let folder = folder();
    let pending: BTreeSet<String> = fs::read_to_string(folder.join("pending.txt"))
        .expect("pending.txt is part of the repository")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".py"))
        .collect();
    names.sort();
    assert!(names.len() >= 70, "only {} programs found", names.len());
    names.retain(|name| is_wanted(name));
    let (next, surprises) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let surprise = match (difference(&folder, name, mode), pending.contains(name)) {
                        (Some(difference), false) => difference,
                        (None, true) => format!("  {name} passes: take it off pending.txt"),
                        _ => continue,
                    };
                    surprises
                        .lock()
                        .expect("no thread panics with the lock")
                        .push(surprise);
                }
            });
        }
    });
    let surprises = surprises.into_inner().expect("no thread panicked");
    assert!(
        surprises.is_empty(),
        "{} of {} programs:\n{}",
        surprises.len(),
        names.len(),
        surprises.join("\n")
    );
}

#[test]
fn programs_print_what_cpython_prints() {
    check_all(&[]);
}

#[test]
fn programs_run_without_specialisation() {
    check_all(&[NEVER]);
}

#[test]
fn programs_run_with_specialisation_at_once() {
    check_all(&[AT_ONCE]);
}

#[test]
fn quick_programs_run_with_collections_at_every_allocation() {
    check(&[COLLECT], |name| QUICK_TO_COLLECT.contains(&name));
}

/// Takes minutes: `cargo xtask stress` runs this and the following ones.
#[test]
#[ignore = "takes minutes"]
fn programs_run_with_collections_at_every_allocation() {
    check_all(&[COLLECT]);
}

#[test]
#[ignore = "takes minutes"]
fn programs_run_with_collections_and_without_specialisation() {
    check_all(&[COLLECT, NEVER]);
}

#[test]
#[ignore = "takes minutes"]
fn programs_run_with_collections_and_specialisation_at_once() {
    check_all(&[COLLECT, AT_ONCE]);
}
