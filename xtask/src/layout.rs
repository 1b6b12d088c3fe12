//! `cargo xtask layout`: asks a C compiler how CPython's headers lay out the structs of `krait-abi`.
//!
//! The table in `krait_abi::layout` becomes a C program that prints `sizeof`, `offsetof` and values; its output is
//! the data file that `cargo test -p krait-abi` compares with Rust's layout, where no headers are needed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use krait_abi::layout;

use crate::Error;

const EXPECTED: &str = "crates/krait-abi/tests/layout.expected";

/// Every header that defines something of the table.
const HEADERS: &[&str] = &[
    "Python.h",
    "datetime.h",
    "frameobject.h",
    "structmember.h",
    "internal/pycore_backoff.h",
    "internal/pycore_code.h",
    "internal/pycore_context.h",
    "internal/pycore_descrobject.h",
    "internal/pycore_dict.h",
    "internal/pycore_frame.h",
    "internal/pycore_function.h",
    "internal/pycore_gc.h",
    "internal/pycore_genobject.h",
    "internal/pycore_hamt.h",
    "internal/pycore_interpframe_structs.h",
    "internal/pycore_list.h",
    "internal/pycore_long.h",
    "internal/pycore_moduleobject.h",
    "internal/pycore_range.h",
    "internal/pycore_runtime_structs.h",
    "internal/pycore_stackref.h",
    "internal/pycore_tuple.h",
    "internal/pycore_typeobject.h",
];

/// Runs the chore: `[--check] [--include DIR]`, where DIR holds `python3.14/Python.h`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let mut check = false;
    let mut include = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--include" => {
                include = Some(PathBuf::from(
                    arguments.next().ok_or("--include needs a folder")?,
                ))
            }
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let include = match include {
        Some(include) => include,
        None => Path::new(&std::env::var("HOME")?).join("oracle/include"),
    };
    let said = ask_compiler(&include)?;
    let path = crate::root().join(EXPECTED);
    if !check {
        std::fs::write(&path, said)?;
        return Ok(());
    }
    let recorded = std::fs::read_to_string(&path)?;
    let differences: Vec<String> = recorded
        .lines()
        .filter(|line| !said.lines().any(|other| other == *line))
        .map(|line| format!("recorded only: {line}"))
        .chain(
            said.lines()
                .filter(|line| !recorded.lines().any(|other| other == *line))
                .map(|line| format!("headers only:  {line}")),
        )
        .collect();
    if said == recorded {
        Ok(())
    } else {
        Err(format!(
            "{EXPECTED} disagrees with the headers\n{}",
            differences.join("\n")
        )
        .into())
    }
}

/// Compiles and runs the C program, and gives what it prints.
fn ask_compiler(include: &Path) -> Result<String, Error> {
    let folder = std::env::temp_dir().join(format!("krait-layout-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = compile_and_run(include, &folder);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn compile_and_run(include: &Path, folder: &Path) -> Result<String, Error> {
    let source = folder.join("layout.c");
    let program = folder.join("layout");
    std::fs::write(&source, c_program()?)?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let headers = include.join("python3.14");
    let status = Command::new(compiler)
        .args(["-std=c11", "-w", "-DPy_BUILD_CORE", "-I"])
        .arg(&headers)
        .arg("-I")
        .arg(headers.join("internal"))
        .arg("-I")
        .arg(include)
        .arg("-o")
        .arg(&program)
        .arg(&source)
        .status()?;
    if !status.success() {
        return Err("the C compiler rejects the program made from the table".into());
    }
    let output = Command::new(&program).output()?;
    if !output.status.success() {
        return Err(format!("the C program ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The C program: one line for each struct (size, alignment), field (offset, size) and constant.
fn c_program() -> Result<String, std::fmt::Error> {
    let mut c = String::new();
    for header in HEADERS {
        writeln!(c, "#include \"{header}\"")?;
    }
    writeln!(
        c,
        "#include <stddef.h>\n#include <stdio.h>\nint main(void) {{"
    )?;
    for row in layout::all() {
        let (name, ty) = (row.name, row.c_name);
        writeln!(
            c,
            "printf(\"struct {name} %zu %zu\\n\", sizeof({ty}), _Alignof({ty}));"
        )?;
        for field in row.fields {
            let field_name = field.name;
            // A flexible array member has no size in C.
            let size = if field.size == 0 {
                "(size_t)0".to_owned()
            } else {
                format!("sizeof((({ty} *)0)->{field_name})")
            };
            writeln!(
                c,
                "printf(\"field {name}.{field_name} %zu %zu\\n\", offsetof({ty}, {field_name}), {size});"
            )?;
        }
    }
    for constant in layout::constants() {
        let name = constant.name;
        writeln!(c, "printf(\"const {name} %lld\\n\", (long long)({name}));")?;
    }
    writeln!(c, "return 0; }}")?;
    Ok(c)
}
