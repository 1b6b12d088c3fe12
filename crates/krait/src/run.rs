//! Running the program: a command, a module, a script, or what standard input says.

use std::ffi::CString;
use std::sync::atomic::{AtomicBool, Ordering};

use krait_runtime::hooks::CompileRequest;
use krait_runtime::{
    Interpreter, Obj, PyBytes, PyCode, PyDict, PyErr, PyList, PyObject, PyResult, PyStr,
    bool_object, none, type_error,
};

use crate::config::{Config, Program};
use crate::errors::{self, Outcome};
use crate::objects::{audit, ignore, import, main_dict, sys_dict, text};
use crate::{init, repl, stdio};

/// Set when `KeyboardInterrupt` ended the program.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether the program ended by `KeyboardInterrupt`.
pub(crate) fn take_interrupted() -> bool {
    INTERRUPTED.swap(false, Ordering::Relaxed)
}

/// Ends the process by SIGINT itself.
pub(crate) fn die_by_interrupt() {
    const SIGINT: i32 = 2;
    use krait_host::signal::{Disposition, kill, set_disposition};
    let _ = set_disposition(SIGINT, Disposition::Default);
    let _ = kill(krait_host::process::getpid(), SIGINT);
}

/// Runs what the configuration asks for; the result is the exit status.
pub(crate) fn run_main(config: &Config) -> i32 {
    let status = match run_program(config) {
        Ok(status) => status,
        Err(error) => status_of(error, config),
    };
    // The program may have asked for it meanwhile.
    let asked = config.flags.ignore_environment == 0
        && krait_host::env::get(c"PYTHONINSPECT").is_some_and(|value| !value.is_empty());
    if (config.flags.inspect > 0 || asked) && may_go_on(config) {
        return match repl::run(config) {
            Ok(()) => 0,
            Err(error) => status_of(error, config),
        };
    }
    status
}

/// Whether a session may follow the program: standard input is not itself the program.
fn may_go_on(config: &Config) -> bool {
    config.program != Program::Stdin && (krait_host::fd::isatty(0) || config.flags.interactive > 0)
}

/// Shows an error and gives the status that it means.
fn status_of(error: PyErr, config: &Config) -> i32 {
    let inspect = config.flags.inspect > 0 && config.program != Program::Stdin;
    match errors::handle(error, inspect) {
        Outcome::Exit(status) => status,
        Outcome::Failed => 1,
        Outcome::Interrupted => {
            INTERRUPTED.store(true, Ordering::Relaxed);
            130
        }
    }
}

fn run_program(config: &Config) -> PyResult<i32> {
    match &config.program {
        Program::Command(command) => {
            prepend_path(config, Some(b""))?;
            run_command(command)?;
        }
        Program::Module(module) => {
            prepend_path(config, krait_host::fs::getcwd().ok().as_deref())?;
            run_module(module, true)?;
        }
        Program::File(path) => return run_file(config, path),
        Program::Stdin => {
            prepend_path(config, Some(b""))?;
            if krait_host::fd::isatty(0) || config.flags.interactive > 0 {
                repl::run_interactively(config)?;
            } else {
                run_stdin(config)?;
            }
        }
    }
    Ok(0)
}

/// Puts the program's own folder at the front of `sys.path`.
fn prepend_path(config: &Config, folder: Option<&[u8]>) -> PyResult<()> {
    match folder {
        Some(folder) if !config.flags.safe_path => insert_path(folder),
        _ => Ok(()),
    }
}

fn insert_path(folder: &[u8]) -> PyResult<()> {
    let path = sys_dict()?.get("path")?;
    match path.as_deref().and_then(PyObject::downcast::<PyList>) {
        Some(path) => path.insert(0, text(folder)?.into_object()),
        None => Err(krait_runtime::runtime_error!("unable to get sys.path")),
    }
}

/// Compiles the text of a program.
pub(crate) fn compile(
    source: &PyObject,
    filename: &PyStr,
    mode: &str,
    flags: u32,
) -> PyResult<Obj> {
    let filename: &PyObject = filename;
    (Interpreter::current().hooks.get().compile)(&CompileRequest {
        source,
        filename,
        mode,
        flags,
        dont_inherit: true,
        optimize: -1,
        feature_version: -1,
    })
}

/// Runs code in the namespace of `__main__`.
pub(crate) fn eval(code: &PyObject, dict: &PyDict) -> PyResult<()> {
    let Some(code) = code.downcast::<PyCode>() else {
        return Err(type_error!("compiling gave no code object"));
    };
    audit("exec", &[code])?;
    (Interpreter::current().hooks.get().eval_code)(code, dict, dict, None).map(drop)
}

/// Lets tracebacks show the lines of text that comes from no file.
pub(crate) fn register_source(code: &PyObject, source: &PyObject, filename: &PyStr) {
    let register = import("linecache").and_then(|linecache| {
        let register = linecache.getattr_str("_register_code")?;
        register.call(&[code, source, filename])
    });
    ignore(register);
}

/// `-c`: the text runs without the indentation that all its lines share.
fn run_command(command: &[u8]) -> PyResult<()> {
    let source = text(&dedent(command))?;
    if let Err(error) = krait_runtime::codecs::encode_to_bytes(&source, "utf-8", None) {
        krait_host::reportln!("Unable to decode the command from the command line:");
        return Err(error);
    }
    audit("cpython.run_command", &[&*source])?;
    let filename = PyStr::new("<string>")?;
    let code = compile(&source, &filename, "exec", 0)?;
    register_source(&code, &source, &filename);
    eval(&code, &*main_dict()?)
}

/// Takes the blanks off that all lines begin with; blank lines do not count.
fn dedent(command: &[u8]) -> Vec<u8> {
    let lines = || command.split(|&byte| byte == b'\n');
    let mut margin: Option<&[u8]> = None;
    for line in lines() {
        let indent = line
            .iter()
            .take_while(|&&byte| byte == b' ' || byte == b'\t')
            .count();
        if indent == line.len() {
            continue;
        }
        let indent = &line[..indent];
        margin = Some(match margin {
            None => indent,
            Some(margin) => {
                let shared = margin
                    .iter()
                    .zip(indent)
                    .take_while(|(a, b)| a == b)
                    .count();
                &margin[..shared]
            }
        });
    }
    let margin = margin.map_or(0, <[u8]>::len);
    let mut result = Vec::with_capacity(command.len() + 1);
    for (index, line) in lines().enumerate() {
        if index > 0 {
            result.push(b'\n');
        }
        let blank = line.iter().all(|&byte| byte == b' ' || byte == b'\t');
        if !blank {
            result.extend_from_slice(&line[margin..]);
        }
    }
    result.push(b'\n');
    result
}

/// `-m`, or the `__main__` of a folder or archive.
fn run_module(name: &[u8], set_argv0: bool) -> PyResult<()> {
    let name = text(name)?;
    if set_argv0 {
        audit("cpython.run_module", &[&*name])?;
    }
    let runpy = import("runpy")?;
    let run = runpy.getattr_str("_run_module_as_main")?;
    run.call(&[&*name, bool_object(set_argv0)]).map(drop)
}

fn run_file(config: &Config, path: &[u8]) -> PyResult<i32> {
    let name = text(path)?;
    if let Some(importer) = importer_of(&name, path)?
        && !importer.is(none())
    {
        insert_path(path)?;
        run_module(b"__main__", false)?;
        return Ok(0);
    }
    let full = absolute(path);
    let Some(source) = read_script(config, path, &full)? else {
        return Ok(2);
    };
    prepend_path(config, Some(&folder_of_script(path)))?;
    let filename = text(&full)?;
    audit("cpython.run_file", &[&*filename])?;
    let dict = main_dict()?;
    dict.set("__file__", &filename)?;
    dict.set("__cached__", none())?;
    let is_compiled = source.get(..4) == Some(&MAGIC);
    let loader = if is_compiled {
        "SourcelessFileLoader"
    } else {
        "SourceFileLoader"
    };
    dict.set("__loader__", &*init::script_loader(loader, &filename)?)?;
    let result = if is_compiled {
        run_pyc(&source, &dict)
    } else {
        let source = PyBytes::new(if config.skip_first_line {
            after_first_line(&source)
        } else {
            &source
        })?;
        krait_interp::compile_file(&source, &filename).and_then(|code| eval(&code, &dict))
    };
    result.map(|()| 0)
}

/// The magic number of `.pyc` files.
const MAGIC: [u8; 4] = [0x2B, 0x0E, 0x0D, 0x0A];

/// A compiled file as the program.
fn run_pyc(content: &[u8], dict: &PyDict) -> PyResult<()> {
    let code =
        krait_modules_lang::marshal::loads_bytes(content.get(16..).unwrap_or_default(), true)?;
    if !code.is_instance_of::<PyCode>() {
        return Err(krait_runtime::runtime_error!(
            "Bad code object in .pyc file"
        ));
    }
    eval(&code, dict)
}

/// What is left without the first line: an empty one, so that the others keep their numbers.
fn after_first_line(source: &[u8]) -> &[u8] {
    let end = source
        .iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(source.len());
    &source[end..]
}

/// The importer that a folder or archive has; scripts have none.
fn importer_of(name: &PyStr, path: &[u8]) -> PyResult<Option<Obj>> {
    let sys = sys_dict()?;
    let (Some(hooks), Some(cache)) = (sys.get("path_hooks")?, sys.get("path_importer_cache")?)
    else {
        return Ok(None);
    };
    // An archive has another name.
    if path.ends_with(b".py") {
        return Ok(None);
    }
    for hook in hooks.to_vec()? {
        match hook.call1(name) {
            Ok(importer) => {
                cache.set_item(name, &importer)?;
                return Ok(Some(importer));
            }
            Err(error) if error.matches(&krait_runtime::exc::ImportError) => error.clear(),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn absolute(path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") {
        return path.to_vec();
    }
    let Ok(mut full) = krait_host::fs::getcwd() else {
        return path.to_vec();
    };
    full.push(b'/');
    full.extend_from_slice(path);
    full
}

/// The script's bytes; `None` once it is said that they cannot be read.
fn read_script(config: &Config, path: &[u8], full: &[u8]) -> PyResult<Option<Vec<u8>>> {
    let program = String::from_utf8_lossy(&config.orig_argv[0]).into_owned();
    let shown = text(full)?.repr()?.to_string_lossy();
    let Ok(c_path) = CString::new(path) else {
        return Ok(None);
    };
    match krait_host::fs::read_file(&c_path) {
        Ok(source) => Ok(Some(source)),
        Err(error) => {
            krait_host::reportln!(
                "{program}: can't open file {shown}: [Errno {}] {}",
                error.0,
                error.text()
            );
            Ok(None)
        }
    }
}

/// The folder that a script lies in, symbolic links followed.
fn folder_of_script(path: &[u8]) -> Vec<u8> {
    let full = absolute(path);
    let real = CString::new(full.clone())
        .ok()
        .and_then(|path| krait_host::fs::realpath(&path).ok());
    let real = real.unwrap_or(full);
    match real.iter().rposition(|&byte| byte == b'/') {
        Some(0) | None => b"/".to_vec(),
        Some(end) => real[..end].to_vec(),
    }
}

/// A program from standard input that is no terminal.
fn run_stdin(config: &Config) -> PyResult<()> {
    audit("cpython.run_stdin", &[])?;
    let source = stdio::read_stdin()?;
    let source = PyBytes::new(if config.skip_first_line {
        after_first_line(&source)
    } else {
        &source
    })?;
    let filename = PyStr::new("<stdin>")?;
    let dict = main_dict()?;
    dict.set("__file__", &filename)?;
    dict.set("__cached__", none())?;
    let code = krait_interp::compile_file(&source, &filename)?;
    let result = eval(&code, &dict);
    for name in ["__file__", "__cached__"] {
        dict.del_item(&*PyStr::intern(name)?)?;
    }
    result
}
