//! Python programs with the output that CPython 3.14 gives for them (`programs/*.py`, `*.out`).

#![allow(dead_code, reason = "the runner's own main is not used")]

#[path = "../examples/run.rs"]
mod run;

use std::path::Path;

#[test]
fn programs_print_what_cpython_prints() {
    assert!(run::start().is_ok(), "the interpreter starts");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the programs are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("the program can be read");
        let expected =
            std::fs::read_to_string(file.with_extension("out")).expect("so can its output");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if let Err(error) = run::run(&source, &name) {
            run::show(error);
        }
        assert_eq!(run::WRITTEN.take(), expected, "{name}");
    }
}
