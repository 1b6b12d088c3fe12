//! The environment variables, and what they and the `-X` options make of the command line.

use std::ffi::CString;

use super::arguments::Arguments;
use super::locale::Locale;
use super::paths::Paths;
use krait_runtime::state::Specialization;

use super::{Config, ConfigError};

/// The variables of Python; none if they are to be ignored.
pub(super) struct Environment {
    used: bool,
}

impl Environment {
    pub(super) fn new(used: bool) -> Self {
        Environment { used }
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        if !self.used {
            return None;
        }
        let name = CString::new(name).ok()?;
        krait_host::env::get(&name).filter(|value| !value.is_empty())
    }

    fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Raises a counting flag to a variable's value; what is no number counts as 1.
    fn raise(&self, flag: &mut i32, name: &str) {
        if let Some(value) = self.get(name) {
            let number = std::str::from_utf8(&value)
                .ok()
                .and_then(|text| text.parse().ok());
            *flag = (*flag).max(number.filter(|&number: &i32| number >= 0).unwrap_or(1));
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name)
            .map(|value| String::from_utf8_lossy(&value).into_owned())
    }
}

/// The last `-X` option of a name: its value, if it has one.
fn xoption<'a>(xoptions: &'a [Vec<u8>], name: &str) -> Option<Option<&'a str>> {
    xoptions.iter().rev().find_map(|option| {
        let option = std::str::from_utf8(option).ok()?;
        match option.split_once('=') {
            Some((key, value)) => (key == name).then_some(Some(value)),
            None => (option == name).then_some(None),
        }
    })
}

/// Completes what the command line says.
pub(super) fn complete(
    mut parsed: Arguments,
    environment: &Environment,
    program: &[u8],
    orig_argv: Vec<Vec<u8>>,
) -> Result<Config, ConfigError> {
    let xoptions = std::mem::take(&mut parsed.xoptions);
    read_flags(&mut parsed, environment, &xoptions)?;
    let c_allocator = c_allocator(environment)?;
    let locale = Locale::settle(environment);
    utf8_mode(&mut parsed, environment, &xoptions, locale.was_c)?;
    let hash_key = hash_key(&mut parsed, environment)?;
    let warnoptions = warnoptions(&parsed, environment);
    let faulthandler = parsed.flags.dev_mode
        || xoption(&xoptions, "faulthandler").is_some()
        || environment.is_set("PYTHONFAULTHANDLER");
    let pycache_prefix = match xoption(&xoptions, "pycache_prefix") {
        Some(value) => value
            .filter(|value| !value.is_empty())
            .map(|value| value.as_bytes().to_vec()),
        None => environment.get("PYTHONPYCACHEPREFIX"),
    };
    let home = environment.get("PYTHONHOME");
    let python_path = environment.get("PYTHONPATH");
    let lenient = locale.is_lenient || parsed.flags.utf8_mode != 0;
    Ok(Config {
        paths: Paths::find(program, home, python_path),
        gc_stress: engine_switch("KRAIT_GC_STRESS").is_some(),
        specialization: specialization()?,
        c_allocator,
        hash_key,
        warnoptions,
        faulthandler,
        pycache_prefix,
        tracemalloc: tracemalloc(environment, &xoptions)?,
        malloc_stats: environment
            .text("PYTHONMALLOCSTATS")
            .is_some_and(|text| !text.is_empty()),
        stdio_encoding: stdio_encoding(environment),
        stdio_errors: if lenient { "surrogateescape" } else { "strict" },
        startup: environment.get("PYTHONSTARTUP"),
        basic_repl: environment.is_set("PYTHON_BASIC_REPL"),
        skip_first_line: parsed.skip_first_line,
        unbuffered: parsed.unbuffered || environment.is_set("PYTHONUNBUFFERED"),
        check_hash_pycs: parsed.check_hash_pycs,
        program: parsed.program,
        argv: parsed.argv,
        flags: parsed.flags,
        xoptions,
        orig_argv,
    })
}

/// The flags that a variable or an `-X` option can set.
fn read_flags(
    parsed: &mut Arguments,
    environment: &Environment,
    xoptions: &[Vec<u8>],
) -> Result<(), ConfigError> {
    let flags = &mut parsed.flags;
    environment.raise(&mut flags.debug, "PYTHONDEBUG");
    environment.raise(&mut flags.verbose, "PYTHONVERBOSE");
    environment.raise(&mut flags.optimize, "PYTHONOPTIMIZE");
    environment.raise(&mut flags.inspect, "PYTHONINSPECT");
    environment.raise(&mut flags.dont_write_bytecode, "PYTHONDONTWRITEBYTECODE");
    environment.raise(&mut flags.no_user_site, "PYTHONNOUSERSITE");
    // Only `optimize`, `verbose` and `bytes_warning` are more than switches.
    for switch in [
        &mut flags.debug,
        &mut flags.inspect,
        &mut flags.interactive,
        &mut flags.dont_write_bytecode,
        &mut flags.no_user_site,
        &mut flags.no_site,
        &mut flags.ignore_environment,
        &mut flags.quiet,
        &mut flags.isolated,
    ] {
        *switch = i32::from(*switch > 0);
    }
    flags.safe_path |= environment.is_set("PYTHONSAFEPATH");
    flags.dev_mode = xoption(xoptions, "dev").is_some() || environment.is_set("PYTHONDEVMODE");
    flags.warn_default_encoding = i32::from(
        xoption(xoptions, "warn_default_encoding").is_some()
            || environment.is_set("PYTHONWARNDEFAULTENCODING"),
    );
    let switch = |option: &str, variable: &str| -> Result<i32, ConfigError> {
        let error = |what: &str| {
            ConfigError::fatal(
                &format!("config_init_{option}"),
                &format!("{what}=n: n is missing or invalid"),
            )
        };
        match (xoption(xoptions, option), environment.text(variable)) {
            (Some(Some("0")), _) => Ok(0),
            (Some(Some("1")), _) => Ok(1),
            (Some(_), _) => Err(error(&format!("-X {option}"))),
            (None, Some(value)) if value == "0" => Ok(0),
            (None, Some(value)) if value == "1" => Ok(1),
            (None, Some(_)) => Err(error(variable)),
            (None, None) => Ok(0),
        }
    };
    flags.thread_inherit_context =
        switch("thread_inherit_context", "PYTHON_THREAD_INHERIT_CONTEXT")?;
    flags.context_aware_warnings =
        switch("context_aware_warnings", "PYTHON_CONTEXT_AWARE_WARNINGS")?;
    flags.int_max_str_digits = int_max_str_digits(environment, xoptions)?;
    flags.cpu_count = cpu_count(environment, xoptions)?;
    flags.import_time = import_time(environment, xoptions)?;
    flags.no_debug_ranges =
        xoption(xoptions, "no_debug_ranges").is_some() || environment.is_set("PYTHONNODEBUGRANGES");
    check_others(environment, xoptions)
}

fn int_max_str_digits(environment: &Environment, xoptions: &[Vec<u8>]) -> Result<i32, ConfigError> {
    let parse = |text: &str, what: &str| {
        let number = text.parse::<i32>().ok();
        number
            .filter(|&number| number == 0 || number >= 640)
            .ok_or_else(|| {
                let message = format!("{what}: invalid limit; must be >= 640 or 0 for unlimited.");
                ConfigError::fatal("config_init_int_max_str_digits", &message)
            })
    };
    if let Some(value) = xoption(xoptions, "int_max_str_digits") {
        return parse(value.unwrap_or_default(), "-X int_max_str_digits");
    }
    match environment.text("PYTHONINTMAXSTRDIGITS") {
        Some(value) => parse(&value, "PYTHONINTMAXSTRDIGITS"),
        None => Ok(4300),
    }
}

/// Options whose values are only checked.
fn check_others(environment: &Environment, xoptions: &[Vec<u8>]) -> Result<(), ConfigError> {
    let gil = match xoption(xoptions, "gil") {
        Some(value) => Some(value.unwrap_or_default().to_owned()),
        None => environment.text("PYTHON_GIL"),
    };
    match gil.as_deref() {
        None | Some("1") => {}
        Some("0") => {
            return Err(ConfigError::fatal(
                "config_read_gil",
                "Disabling the GIL is not supported by this build",
            ));
        }
        Some(_) => {
            return Err(ConfigError::fatal(
                "config_read_gil",
                "PYTHON_GIL / -X gil must be \"0\" or \"1\"",
            ));
        }
    }
    Ok(())
}

/// How much `-X importtime` tells. A text is as good as 1, a number must mean something.
fn import_time(environment: &Environment, xoptions: &[Vec<u8>]) -> Result<i32, ConfigError> {
    let given = match xoption(xoptions, "importtime") {
        Some(value) => Some(("-X importtime", value.unwrap_or("1").to_owned())),
        None => environment
            .text("PYTHONPROFILEIMPORTTIME")
            .map(|value| ("PYTHONPROFILEIMPORTTIME", value)),
    };
    let Some((name, value)) = given else {
        return Ok(0);
    };
    match value.parse::<i32>() {
        Err(_) => Ok(1),
        Ok(level @ 1..=2) => Ok(level),
        Ok(_) => {
            let message = format!("{name}: values other than 1 and 2 are reserved for future use.");
            Err(ConfigError::fatal("config_init_import_time", &message))
        }
    }
}

/// The number of processors that the program is told of; 0 for the machine's own.
fn cpu_count(environment: &Environment, xoptions: &[Vec<u8>]) -> Result<i32, ConfigError> {
    let (given, what) = match xoption(xoptions, "cpu_count") {
        Some(value) => (
            Some(value.unwrap_or_default().to_owned()),
            "-X cpu_count=n option: n is missing or an invalid number, n must be greater than 0",
        ),
        None => (
            environment.text("PYTHON_CPU_COUNT"),
            "PYTHON_CPU_COUNT=n: n is missing or an invalid number, n must be greater than 0",
        ),
    };
    match given.as_deref() {
        None | Some("default") => Ok(0),
        Some(text) => match text.parse::<i32>() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(ConfigError::fatal("config_init_cpu_count", what)),
        },
    }
}

/// Sets the UTF-8 mode.
fn utf8_mode(
    parsed: &mut Arguments,
    environment: &Environment,
    xoptions: &[Vec<u8>],
    was_c: bool,
) -> Result<(), ConfigError> {
    let given = if let Some(value) = xoption(xoptions, "utf8") {
        match value {
            None | Some("1") => Some(1),
            Some("0") => Some(0),
            Some(_) => {
                return Err(ConfigError::fatal(
                    "preconfig_init_utf8_mode",
                    "invalid -X utf8 option value",
                ));
            }
        }
    } else {
        match environment.text("PYTHONUTF8").as_deref() {
            None => None,
            Some("1") => Some(1),
            Some("0") => Some(0),
            Some(_) => {
                return Err(ConfigError::fatal(
                    "preconfig_init_utf8_mode",
                    "invalid PYTHONUTF8 environment variable value",
                ));
            }
        }
    };
    parsed.flags.utf8_mode = given.unwrap_or(i32::from(was_c));
    Ok(())
}

fn tracemalloc(environment: &Environment, xoptions: &[Vec<u8>]) -> Result<u16, ConfigError> {
    let valid = |text: &str| text.parse::<u16>().ok();
    if let Some(value) = xoption(xoptions, "tracemalloc") {
        let frames = value.map_or(Some(1), valid);
        return frames.ok_or_else(|| {
            let message = "-X tracemalloc=NFRAME: invalid number of frames";
            ConfigError::fatal("config_init_tracemalloc", message)
        });
    }
    match environment.text("PYTHONTRACEMALLOC") {
        None => Ok(0),
        Some(value) => valid(&value).ok_or_else(|| {
            let message = "PYTHONTRACEMALLOC: invalid number of frames";
            ConfigError::fatal("config_init_tracemalloc", message)
        }),
    }
}

/// A switch of the engine's own, which means the same whatever `-E` says of Python's variables.
fn engine_switch(name: &str) -> Option<String> {
    Environment::new(true).text(name)
}

fn specialization() -> Result<Specialization, ConfigError> {
    match engine_switch("KRAIT_SPECIALIZE").as_deref() {
        None => Ok(Specialization::Adaptive),
        Some("off") => Ok(Specialization::Off),
        Some("eager") => Ok(Specialization::Eager),
        Some(_) => Err(ConfigError::fatal(
            "config_init_specialize",
            "KRAIT_SPECIALIZE must be \"off\" or \"eager\"",
        )),
    }
}

/// Whether the C library is to give every block; the allocators that CPython names otherwise are all ours.
fn c_allocator(environment: &Environment) -> Result<bool, ConfigError> {
    match environment.text("PYTHONMALLOC").as_deref() {
        Some("malloc" | "malloc_debug") => Ok(true),
        None
        | Some(
            "default" | "debug" | "pymalloc" | "pymalloc_debug" | "mimalloc" | "mimalloc_debug",
        ) => Ok(false),
        Some(_) => Err(ConfigError::fatal(
            "preconfig_init_allocator",
            "PYTHONMALLOC: unknown allocator",
        )),
    }
}

/// The key of string hashes: random, or from `PYTHONHASHSEED` as CPython makes it.
fn hash_key(parsed: &mut Arguments, environment: &Environment) -> Result<(u64, u64), ConfigError> {
    parsed.flags.hash_randomization = 1;
    let seed = if parsed.random_hashes {
        None
    } else {
        environment.text("PYTHONHASHSEED")
    };
    let mut key = [0; 16];
    match seed.as_deref() {
        None | Some("random") => {
            if krait_host::process::urandom(&mut key).is_err() {
                let message = "failed to get random numbers to initialize Python";
                return Err(ConfigError::fatal("_Py_HashRandomization_Init", message));
            }
        }
        Some(seed) => {
            let Ok(seed) = seed.parse::<u32>() else {
                let message =
                    "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]";
                return Err(ConfigError::fatal("config_init_hash_seed", message));
            };
            if seed == 0 {
                parsed.flags.hash_randomization = 0;
            } else {
                let mut state = seed;
                for byte in &mut key {
                    state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
                    *byte = (state >> 16) as u8;
                }
            }
        }
    }
    let half = |at: usize| {
        key[at..at + 8]
            .iter()
            .rev()
            .fold(0, |word, &byte| word << 8 | u64::from(byte))
    };
    Ok((half(0), half(8)))
}

/// `sys.warnoptions`, the weightiest last.
fn warnoptions(parsed: &Arguments, environment: &Environment) -> Vec<Vec<u8>> {
    let mut options: Vec<Vec<u8>> = Vec::new();
    if parsed.flags.dev_mode {
        options.push(b"default".to_vec());
    }
    if let Some(value) = environment.get("PYTHONWARNINGS") {
        options.extend(value.split(|&byte| byte == b',').map(<[u8]>::to_vec));
    }
    options.extend(parsed.warnoptions.iter().cloned());
    match parsed.flags.bytes_warning {
        0 => {}
        1 => options.push(b"default::BytesWarning".to_vec()),
        _ => options.push(b"error::BytesWarning".to_vec()),
    }
    options
}

fn stdio_encoding(environment: &Environment) -> (Option<String>, Option<String>) {
    let Some(value) = environment.text("PYTHONIOENCODING") else {
        return (None, None);
    };
    let (encoding, errors) = match value.split_once(':') {
        Some((encoding, errors)) => (encoding, errors),
        None => (value.as_str(), ""),
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (given(encoding), given(errors))
}
