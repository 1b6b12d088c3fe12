//! The configuration: what arguments and environment say, as CPython reads them.

mod arguments;
mod environment;
mod locale;
mod paths;
mod usage;

use krait_runtime::state::{Flags, Specialization};

pub(crate) use paths::Paths;

/// What the process is to do.
pub(crate) enum Action {
    /// Run a program.
    Run(Box<Config>),
    /// Print a text, such as the version, and end.
    Print(String),
}

/// Why there is nothing to run: what to print on stderr, and the exit status.
pub(crate) struct ConfigError {
    pub(crate) text: String,
    pub(crate) status: i32,
}

impl ConfigError {
    /// An error of the command line.
    fn usage(program: &str, message: &str) -> Self {
        let text = format!(
            "{message}\n{}Try `python -h' for more information.\n",
            usage::line(program)
        );
        ConfigError { text, status: 2 }
    }

    /// An error in the value of an option or variable.
    fn fatal(function: &str, message: &str) -> Self {
        let state = if function.starts_with("preconfig") {
            "preinitializing"
        } else {
            "preinitialized"
        };
        let text =
            format!("Fatal Python error: {function}: {message}\nPython runtime state: {state}\n\n");
        ConfigError { text, status: 1 }
    }
}

/// Which program is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// `-c`
    Command(Vec<u8>),
    /// `-m`
    Module(Vec<u8>),
    /// A script, or a folder or archive with a `__main__.py`.
    File(Vec<u8>),
    /// `-`, or no argument.
    Stdin,
}

/// All that the start-up needs to know. Texts are the system's own bytes.
pub(crate) struct Config {
    pub(crate) flags: Flags,
    pub(crate) program: Program,
    /// `sys.argv`.
    pub(crate) argv: Vec<Vec<u8>>,
    pub(crate) orig_argv: Vec<Vec<u8>>,
    pub(crate) warnoptions: Vec<Vec<u8>>,
    pub(crate) xoptions: Vec<Vec<u8>>,
    /// `-x`
    pub(crate) skip_first_line: bool,
    /// `-u`
    pub(crate) unbuffered: bool,
    /// `KRAIT_GC_STRESS`: collect at every allocation of a container.
    pub(crate) gc_stress: bool,
    /// `KRAIT_SPECIALIZE`: when instructions are specialised.
    pub(crate) specialization: Specialization,
    /// `PYTHONMALLOC`: every block of memory comes from the C library.
    pub(crate) c_allocator: bool,
    /// The key of string hashes.
    pub(crate) hash_key: (u64, u64),
    /// `--check-hash-based-pycs`
    pub(crate) check_hash_pycs: Option<String>,
    pub(crate) pycache_prefix: Option<Vec<u8>>,
    /// `PYTHONIOENCODING`: encoding and errors.
    pub(crate) stdio_encoding: (Option<String>, Option<String>),
    /// What undecodable bytes of standard input and output become.
    pub(crate) stdio_errors: &'static str,
    pub(crate) faulthandler: bool,
    pub(crate) tracemalloc: u16,
    /// `PYTHONMALLOCSTATS`: whether the end prints what the allocator holds.
    pub(crate) malloc_stats: bool,
    pub(crate) paths: Paths,
    /// `PYTHONSTARTUP`, for interactive use.
    pub(crate) startup: Option<Vec<u8>>,
    /// `PYTHON_BASIC_REPL`
    pub(crate) basic_repl: bool,
}

/// Reads the configuration from the process's arguments and its environment.
pub(crate) fn parse(arguments: Vec<Vec<u8>>) -> Result<Action, ConfigError> {
    let program = arguments
        .first()
        .cloned()
        .unwrap_or_else(|| b"krait".to_vec());
    let shown = String::from_utf8_lossy(&program).into_owned();
    let parsed =
        arguments::parse(&arguments).map_err(|message| ConfigError::usage(&shown, &message))?;
    if let Some(help) = parsed.help {
        return Ok(Action::Print(usage::help(help, &shown)));
    }
    if parsed.version > 0 {
        return Ok(Action::Print(usage::version(parsed.version > 1)));
    }
    let environment = environment::Environment::new(parsed.flags.ignore_environment == 0);
    let config = environment::complete(parsed, &environment, &program, arguments)?;
    Ok(Action::Run(Box::new(config)))
}

#[cfg(test)]
mod tests;
