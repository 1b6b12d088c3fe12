//! Prints what the compiler makes of a file, in a form that can be compared with CPython's.
//!
//! `dump_code FILE` prints one file's code objects; `dump_code --files LIST DIR` writes those of every
//! file named in LIST to `DIR/<index>.txt`; `dump_code --snippets FILE OUT` those of every source in
//! FILE; `dump_code --symtable FILE` prints the symbol table. There sources are separated by NULs, and each starts with a line `MODE OPTIMIZE`, where a `+` in
//! MODE allows `await` at the top.

use std::fmt::Write;
use std::process::ExitCode;

use krait_bytecode::dump::describe;
use krait_compiler::symtable::SymbolTable;
use krait_compiler::{CompileOptions, compile, symbol_table};
use krait_parser::{Mode, Options, parse};

fn compiled(path: &str) -> String {
    let source = match std::fs::read(path) {
        Ok(source) => source,
        Err(error) => return format!("{path}: {error}\n"),
    };
    compiled_source(&source, Mode::Exec, 0, false, false)
}

fn compiled_source(
    source: &[u8],
    mode: Mode,
    optimize: u8,
    with_warnings: bool,
    allow_top_level_await: bool,
) -> String {
    let module = match parse(source, mode, &Options::default()) {
        Ok(parsed) => parsed.module,
        Err(error) => return format!("PARSE {error:?}\n"),
    };
    let options = CompileOptions {
        optimize,
        allow_top_level_await,
        ..CompileOptions::new("<file>")
    };
    match compile(module, &options) {
        Ok(compiled) => {
            let mut out = String::new();
            if with_warnings {
                for warning in &compiled.warnings {
                    let _ = writeln!(
                        out,
                        "warning {} at {}",
                        warning.message, warning.location.line
                    );
                }
            }
            out.push_str(&describe(&compiled.code));
            out
        }
        Err(error) => {
            let mut out = String::new();
            let loc = error.location;
            let _ = writeln!(
                out,
                "SyntaxError: {} at {}:{}-{}:{}",
                error.message,
                loc.line,
                loc.col + 1,
                loc.end_line,
                loc.end_col + 1
            );
            out
        }
    }
}

fn print_entry(table: &SymbolTable, id: usize, indent: usize) {
    let entry = table.entry(id);
    let mut symbols: Vec<String> = entry
        .symbols
        .iter()
        .map(|(name, flags)| format!("{name}={flags}"))
        .collect();
    symbols.sort();
    println!(
        "{:indent$}{} {:?} {} {} {}",
        "",
        entry.name,
        entry.block_type,
        entry.location.line,
        u8::from(entry.nested),
        symbols.join(" ")
    );
    for &child in &entry.children {
        print_entry(table, child, indent + 1);
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [flag, list, directory] if flag == "--files" => {
            let Ok(list) = std::fs::read_to_string(list) else {
                return ExitCode::FAILURE;
            };
            for (index, path) in list.lines().enumerate() {
                let out = format!("{directory}/{index}.txt");
                let result = std::panic::catch_unwind(|| compiled(path));
                let text = result.unwrap_or_else(|_| "PANIC\n".into());
                if std::fs::write(out, text).is_err() {
                    return ExitCode::FAILURE;
                }
            }
        }
        [flag, list, directory] if flag == "--marshal" => {
            let Ok(list) = std::fs::read_to_string(list) else {
                return ExitCode::FAILURE;
            };
            for (index, path) in list.lines().enumerate() {
                let Ok(source) = std::fs::read(path) else {
                    continue;
                };
                let Ok(parsed) = parse(&source, Mode::Exec, &Options::default()) else {
                    continue;
                };
                let compiled = compile(parsed.module, &CompileOptions::new("<file>"));
                let Ok(compiled) = compiled else { continue };
                let bytes = krait_bytecode::marshal::write_code(&compiled.code);
                if std::fs::write(format!("{directory}/{index}.bin"), bytes).is_err() {
                    return ExitCode::FAILURE;
                }
            }
        }
        [flag, list, out] if flag == "--snippets" => {
            let Ok(list) = std::fs::read(list) else {
                return ExitCode::FAILURE;
            };
            let mut text = String::new();
            for snippet in list.split(|byte| *byte == 0) {
                let mut parts = snippet.splitn(2, |byte| *byte == b'\n');
                let (head, source) = (parts.next().unwrap_or_default(), parts.next());
                let mode = match head.get(1) {
                    Some(b'v') => Mode::Eval,
                    Some(b'i') => Mode::Single,
                    _ => Mode::Exec,
                };
                let optimize = head.last().map_or(0, |digit| digit.wrapping_sub(b'0'));
                let source = source.unwrap_or_default();
                let result = std::panic::catch_unwind(|| {
                    compiled_source(source, mode, optimize, true, head.contains(&b'+'))
                });
                text.push_str(&result.unwrap_or_else(|_| "PANIC\n".into()));
                text.push('\0');
            }
            if std::fs::write(out, text).is_err() {
                return ExitCode::FAILURE;
            }
        }
        [flag, path] if flag == "--symtable" => {
            let Ok(source) = std::fs::read(path) else {
                return ExitCode::FAILURE;
            };
            let Ok(parsed) = parse(&source, Mode::Exec, &Options::default()) else {
                return ExitCode::FAILURE;
            };
            match symbol_table(&parsed.module) {
                Ok(table) => print_entry(&table, 0, 0),
                Err(error) => println!("{error}"),
            }
        }
        [path] => print!("{}", compiled(path)),
        _ => {
            eprintln!("usage: dump_code FILE | --files LIST DIR | --snippets FILE OUT");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
