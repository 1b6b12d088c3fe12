//! Compiles the modules, as `import` would, with our own compiler.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use krait_bytecode::marshal;
use krait_compiler::CompileOptions;
use krait_parser::{Mode, Options};

use crate::{Code, Outcome};

/// Deeply nested source needs more stack than a thread usually has.
const STACK: usize = 64 << 20;

/// Compiles all modules. One that does not compile is left to the importer, with a warning.
pub(crate) fn compile_all(files: &BTreeMap<String, Vec<u8>>) -> Outcome<BTreeMap<String, Code>> {
    let modules: Vec<(&String, &Vec<u8>)> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".py"))
        .collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| -> Outcome<()> {
        let mut workers = Vec::new();
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let work = || {
                while let Some((path, source)) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = catch_unwind(AssertUnwindSafe(|| compile(path, source)))
                        .unwrap_or_else(|_| Err("the compiler panicked".into()));
                    if let Ok(mut done) = done.lock() {
                        done.insert((*path).clone(), result);
                    }
                }
            };
            workers.push(
                std::thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, work)?,
            );
        }
        Ok(())
    })?;
    let mut codes = BTreeMap::new();
    for (path, result) in done.into_inner()? {
        match result {
            Ok(code) => {
                codes.insert(path, code);
            }
            Err(error) => println!("cargo::warning={path} does not compile: {error}"),
        }
    }
    Ok(codes)
}

fn compile(path: &str, source: &[u8]) -> Result<Code, String> {
    let parsed = krait_parser::parse(source, Mode::Exec, &Options::default())
        .map_err(|error| format!("{error:?}"))?;
    // The importer knows the real name; this one cannot occur in any source.
    let name = format!("<krait-lib>/{path}");
    let options = CompileOptions::new(name.as_str());
    let compiled =
        krait_compiler::compile(parsed.module, &options).map_err(|error| format!("{error:?}"))?;
    let bytes = marshal::write_code(&compiled.code);
    let mut places = bytes
        .windows(name.len())
        .enumerate()
        .filter(|(_, w)| *w == name.as_bytes());
    let (Some((place, _)), None) = (places.next(), places.next()) else {
        return Err(String::from("the name of the file is not in the code once"));
    };
    // In front of the text stand its type and its length, of one byte here.
    let start = place.checked_sub(2).ok_or("no type before the name")?;
    if usize::from(bytes[start + 1]) != name.len() {
        return Err(String::from("the length before the name is another"));
    }
    Ok(Code {
        bytes,
        name: start,
        name_size: name.len() + 2,
    })
}
