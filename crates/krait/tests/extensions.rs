//! Loads C extension modules and compares what their test programs print with what CPython printed.
//!
//! The modules are built with declarations of our own, so that the test needs a C compiler alone; with
//! CPython's headers, and with more modules, `cargo xtask capi` does the same.

use std::path::{Path, PathBuf};
use std::process::Command;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../krait-capi/tests")
}

fn build(name: &str, folder: &Path) {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let status = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-w", "-I", "include", "-o"])
        .arg(folder.join(name).with_extension("so"))
        .arg(format!("ext/{name}.c"))
        .current_dir(sources())
        .status()
        .expect("a C compiler is needed");
    assert!(status.success(), "{name}.c does not compile");
}

fn check(name: &str, mode: &[(&str, &str)]) {
    let folder = std::env::temp_dir().join(format!(
        "krait-ext-{name}-{}-{}",
        std::process::id(),
        mode.len()
    ));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    build(name, &folder);
    let program = format!("test_{name}.py");
    let output = Command::new(env!("CARGO_BIN_EXE_krait"))
        .arg(&program)
        .current_dir(sources().join("ext"))
        .env("PYTHONPATH", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0")
        .envs(mode.iter().copied())
        .output()
        .expect("the krait binary starts");
    let _ = std::fs::remove_dir_all(&folder);
    let printed = String::from_utf8_lossy(&output.stdout);
    let expected = sources().join("ext").join(program).with_extension("out");
    let expected = std::fs::read_to_string(expected).expect("the expected output");
    for (number, (line, right)) in printed.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, right, "line {} of test_{name}.py", number + 1);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        printed.lines().count(),
        expected.lines().count(),
        "{errors}"
    );
    assert!(output.status.success(), "{}: {errors}", output.status);
}

#[test]
fn calls() {
    check("calls", &[]);
}

#[test]
fn calls_while_collecting_at_every_allocation() {
    check("calls", &[("KRAIT_GC_STRESS", "1")]);
}

#[test]
fn modules_that_cannot_be_loaded() {
    check("errors", &[]);
}
