//! `leaks KRAIT TEST…`: runs modules of CPython's test suite several times in one process and fails when the process
//! grows with every run.

use std::path::PathBuf;
use std::process::Command;

use crate::Error;

/// What runs in the interpreter under test.
const SCRIPT: &str = include_str!("leaks.py");

/// How many runs are counted.
const RUNS: &str = "3";

/// Runs the chore.
pub fn run(arguments: &[String]) -> Result<(), Error> {
    let [python, tests @ ..] = arguments else {
        return Err("usage: leaks KRAIT TEST…".into());
    };
    if tests.is_empty() {
        return Err("name the test modules to run".into());
    }
    let scratch = std::env::temp_dir().join(format!("krait-leaks-{}", std::process::id()));
    // Only the tests: the library is the interpreter's own.
    let path = scratch.join("path");
    std::fs::create_dir_all(&path)?;
    std::os::unix::fs::symlink(suite()?, path.join("test"))?;
    let status = Command::new(std::fs::canonicalize(python)?)
        .args(["-c", SCRIPT])
        .arg(&path)
        .arg(RUNS)
        .args(tests)
        .current_dir(&scratch)
        .env("TMPDIR", &scratch)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status();
    std::fs::remove_dir_all(&scratch)?;
    if status?.success() {
        Ok(())
    } else {
        Err("see above".into())
    }
}

/// The test suite of the reference interpreter: of `$ORACLE`, or of `~/oracle`.
fn suite() -> Result<PathBuf, Error> {
    let oracle = match std::env::var_os("ORACLE") {
        Some(oracle) => PathBuf::from(oracle),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("no home folder")?).join("oracle"),
    };
    let suite = oracle.join("root/usr/lib/python3.14/test");
    if suite.is_dir() {
        Ok(suite)
    } else {
        Err(format!("no test suite in {}", suite.display()).into())
    }
}
