//! The interactive session: `_pyrepl` on a terminal, else a plain loop.

use std::cell::Cell;

use krait_modules_core::sys::{BaseRepl, FULL_VERSION};
use krait_runtime::{
    Interpreter, Obj, PyClass, PyCode, PyDict, PyErr, PyObject, PyResult, PyStr, exc, none,
};

use crate::config::Config;
use crate::errors::{self, Outcome};
use crate::objects::{audit, ignore, import, imported, main_dict, sys_dict, text};
use crate::run;

/// `PyCF_DONT_IMPLY_DEDENT` and `PyCF_ALLOW_INCOMPLETE_INPUT`: how the loop compiles.
const INTERACTIVE_FLAGS: u32 = 0x200 | 0x4000;

/// A session that was not preceded by a program: it greets.
pub(crate) fn run_interactively(config: &Config) -> PyResult<()> {
    if config.flags.quiet == 0 {
        krait_host::reportln!("Python {FULL_VERSION} on linux");
        if config.flags.no_site == 0 {
            krait_host::reportln!(
                "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information."
            );
        }
    }
    if let Some(startup) = &config.startup
        && config.flags.ignore_environment == 0
    {
        run_startup(startup)?;
    }
    audit("cpython.run_stdin", &[])?;
    call_interactive_hook();
    run(config)
}

/// A session, after a program or at the start.
pub(crate) fn run(config: &Config) -> PyResult<()> {
    let interp = Interpreter::current();
    interp.extension::<BaseRepl>().0.set(Some(plain_loop));
    let terminal = krait_host::fd::isatty(0) && krait_host::fd::isatty(1);
    if terminal && !config.basic_repl {
        match import("_pyrepl.main") {
            Ok(pyrepl) => {
                let main = imported("__main__")?.unwrap_or_else(|| none().to_obj());
                let console = pyrepl.getattr_str("interactive_console")?;
                return console.call(&[&main]).map(drop);
            }
            Err(error) => errors::print(error),
        }
    }
    plain_loop()
}

/// Runs the file that `PYTHONSTARTUP` names; its errors do not end the session.
fn run_startup(path: &[u8]) -> PyResult<()> {
    let name = text(path)?;
    audit("cpython.run_startup", &[&*name])?;
    let source = std::ffi::CString::new(path)
        .ok()
        .and_then(|path| krait_host::fs::read_file(&path).ok());
    let Some(source) = source else {
        krait_host::reportln!("Could not open PYTHONSTARTUP");
        return Ok(());
    };
    let source = krait_runtime::PyBytes::new(&source)?;
    let result =
        run::compile(&source, &name, "exec", 0).and_then(|code| run::eval(&code, &*main_dict()?));
    match result {
        Err(error) => shown(error),
        Ok(()) => Ok(()),
    }
}

/// `sys.__interactivehook__`, with which `site` sets readline up.
fn call_interactive_hook() {
    let hook = sys_dict().and_then(|sys| sys.get("__interactivehook__"));
    if let Some(Some(hook)) = ignore(hook)
        && let Err(error) = hook.call0()
    {
        krait_host::reportln!("Failed calling sys.__interactivehook__");
        errors::print(error);
    }
}

/// Shows an error of the session; only the wish to end is passed on.
fn shown(error: PyErr) -> PyResult<()> {
    if error.matches(&exc::SystemExit) {
        return Err(error);
    }
    match errors::handle(error, false) {
        Outcome::Exit(_) | Outcome::Failed | Outcome::Interrupted => Ok(()),
    }
}

/// The prompt that `sys` names.
fn prompt(name: &str, default: &str) -> PyResult<String> {
    let sys = sys_dict()?;
    if let Some(prompt) = sys.get(name)? {
        return Ok(prompt.str()?.to_string_lossy());
    }
    sys.set(name, &*PyStr::new(default)?)?;
    Ok(default.to_owned())
}

/// A line of standard input, with its end; `None` at the end of the input.
fn read_line(prompt: &str) -> PyResult<Option<String>> {
    crate::stdio::flush();
    krait_host::report!("{prompt}");
    let stdin = sys_dict()?.get("stdin")?;
    let Some(stdin) = stdin.filter(|stdin| !stdin.is(none())) else {
        return Ok(None);
    };
    let line = match stdin.call_method_str("readline", &[]) {
        Ok(line) => line.str()?.to_string_lossy(),
        // What cannot be read any more has come to its end.
        Err(error) if error.matches(&exc::OSError) => {
            error.clear();
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    Ok((!line.is_empty()).then_some(line))
}

/// Reads, runs and shows until the input ends.
fn plain_loop() -> PyResult<()> {
    let dict = main_dict()?;
    let count = Cell::new(0);
    // The features that the session has imported from `__future__`.
    let flags = Cell::new(0);
    loop {
        match one_statement(&dict, &count, &flags) {
            Ok(true) => {}
            Ok(false) => {
                krait_host::reportln!();
                return Ok(());
            }
            Err(error) => shown(error)?,
        }
        crate::stdio::flush();
    }
}

/// Reads one statement and runs it; false at the end of the input.
fn one_statement(dict: &PyDict, count: &Cell<usize>, flags: &Cell<u32>) -> PyResult<bool> {
    let Some(mut source) = read_line(&prompt("ps1", ">>> ")?)? else {
        return Ok(false);
    };
    let number = count.get();
    count.set(number + 1);
    let filename = PyStr::new(&format!("<stdin-{number}>"))?;
    let (code, text) = loop {
        let text = PyStr::new(&source)?;
        match compile_whole(&text, &filename, flags.get())? {
            Some(code) => break (code, text),
            None => match read_line(&prompt("ps2", "... ")?)? {
                Some(line) => source.push_str(&line),
                // What is not complete by now is an error.
                None => break (run::compile(&text, &filename, "single", flags.get())?, text),
            },
        }
    };
    if let Some(code) = code.downcast::<PyCode>() {
        let features = code.co_flags.get() as u32 & krait_interp::FUTURE_MASK;
        flags.set(flags.get() | features);
    }
    run::register_source(&code, &text, &filename);
    run::eval(&code, dict)?;
    Ok(true)
}

/// The code of a statement; `None` if more lines are needed.
fn compile_whole(source: &PyStr, filename: &PyStr, flags: u32) -> PyResult<Option<Obj>> {
    let blank = source.to_string_lossy();
    let blank = blank
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if blank {
        let empty = PyStr::new("")?;
        return run::compile(&empty, filename, "exec", flags).map(Some);
    }
    // Without the last line's end, a block that another line could go on with is not complete.
    let text = source.to_string_lossy();
    let open = PyStr::new(text.strip_suffix('\n').unwrap_or(&text))?;
    match run::compile(&open, filename, "single", flags | INTERACTIVE_FLAGS) {
        Ok(code) => Ok(Some(code)),
        Err(error) if is_incomplete(&error) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn is_incomplete(error: &PyErr) -> bool {
    let exception = error.value();
    let class: &PyObject = exception.type_();
    class
        .downcast::<krait_runtime::PyType>()
        .is_some_and(|class| class.name() == "_IncompleteInputError")
}
