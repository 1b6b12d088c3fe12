//! `syslog`: the system's log.

use std::cell::Cell;

use krait_host::syslog as host;
use krait_macros::pyfunction;
use krait_runtime::args::ArgSpec;
use krait_runtime::convert::ArgRef;
use krait_runtime::object::PyObject;
use krait_runtime::{
    Args, FromPyObject, Interpreter, OptionalArg, PyList, PyModule, PyResult, PyStr, ThreadState,
    pymodule, type_error,
};

use crate::common::{c_string, constants, sys_attr};

pymodule! {
    pub(crate) SYSLOG = "syslog",
    "",
    functions: [openlog, closelog, syslog, setlogmask, log_mask, log_upto],
    classes: [],
    exec: Some(exec)
}

/// Whether the log was opened by this module.
#[derive(Default)]
struct Log {
    is_open: Cell<bool>,
}

fn log() -> &'static Log {
    Interpreter::current().extension::<Log>()
}

/// What the program is called: the last part of `sys.argv[0]`.
fn program_name() -> PyResult<Option<String>> {
    let Some(argv) = sys_attr("argv")? else {
        return Ok(None);
    };
    let Some(first) = argv.downcast::<PyList>().and_then(|argv| argv.get(0)) else {
        return Ok(None);
    };
    let Some(script) = first.downcast::<PyStr>() else {
        return Ok(None);
    };
    let script = script.to_string_lossy();
    let name = script.rsplit('/').next().unwrap_or_default();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

fn open(ident: Option<String>, logoption: i32, facility: i32) -> PyResult<()> {
    let ident = match ident {
        Some(ident) => Some(ident),
        None => program_name()?,
    };
    krait_runtime::audit!("syslog.openlog", ident.as_deref(), logoption, facility)?;
    // C's text ends at the first zero.
    let until_zero = |ident: &str| ident.split('\0').next().map(str::to_owned);
    let ident = ident.and_then(|ident| until_zero(&ident));
    let ident = ident.map(|ident| c_string(ident.as_bytes())).transpose()?;
    host::openlog(ident, logoption, facility);
    log().is_open.set(true);
    Ok(())
}

/// Set the options of the calls of syslog() that follow.
#[pyfunction(signature = "(ident=<unrepresentable>, logoption=0, facility=LOG_USER)")]
fn openlog(
    ident: OptionalArg<&PyStr>,
    logoption: OptionalArg<i32>,
    facility: OptionalArg<i32>,
) -> PyResult<()> {
    let ident = match ident.present() {
        Some(ident) => Some(ident.as_utf8()?.to_owned()),
        None => None,
    };
    open(
        ident,
        logoption.present().unwrap_or(0),
        facility.present().unwrap_or(libc::LOG_USER),
    )
}

/// How messages number the arguments, of which the first may be missing.
static SYSLOG_ARGUMENTS: ArgSpec = ArgSpec {
    function: "syslog",
    params: &["priority", "message"],
    positional_only: 2,
    positional: 2,
    required: 1,
    required_keywords: 0,
    varargs: false,
    varkeywords: false,
    single: false,
};

/// syslog([priority=LOG_INFO,] message)
/// Send the string message to the system logger.
#[pyfunction(signature = "(*args)", text_signature = "")]
fn syslog(args: Args<'_>) -> PyResult<()> {
    let (priority, message): (i32, &PyObject) = match *args.as_slice() {
        [message] => (libc::LOG_INFO, message),
        [priority, message] => (priority.extract()?, message),
        _ => return Err(type_error!("syslog.syslog requires 1 to 2 arguments")),
    };
    let text: &str =
        FromPyObject::from_py(message, ArgRef::new(&SYSLOG_ARGUMENTS, args.len() - 1))?;
    krait_runtime::audit!("syslog.syslog", priority, message)?;
    if !log().is_open.get() {
        open(None, 0, libc::LOG_USER)?;
    }
    let text = c_string(text.as_bytes())?;
    ThreadState::allow_threads(|| host::syslog(priority, &text));
    Ok(())
}

/// Close the log, and forget the options that openlog() set.
#[pyfunction(signature = "()")]
fn closelog() -> PyResult<()> {
    krait_runtime::audit!("syslog.closelog")?;
    if log().is_open.replace(false) {
        host::closelog();
    }
    Ok(())
}

/// Set which priorities are logged, and return the mask before.
#[pyfunction(signature = "(maskpri, /)")]
fn setlogmask(maskpri: i32) -> PyResult<i32> {
    krait_runtime::audit!("syslog.setlogmask", maskpri)?;
    Ok(host::setlogmask(maskpri))
}

/// The mask of one priority.
#[pyfunction(name = "LOG_MASK", signature = "(pri, /)")]
fn log_mask(pri: i32) -> i32 {
    1_i32.wrapping_shl(pri.cast_unsigned())
}

/// The mask of all priorities up to one, that one included.
#[pyfunction(name = "LOG_UPTO", signature = "(pri, /)")]
fn log_upto(pri: i32) -> i32 {
    1_i32
        .wrapping_shl(pri.wrapping_add(1).cast_unsigned())
        .wrapping_sub(1)
}

fn exec(module: &PyModule) -> PyResult<()> {
    constants!(
        &module.dict(),
        LOG_EMERG LOG_ALERT LOG_CRIT LOG_ERR LOG_WARNING LOG_NOTICE LOG_INFO LOG_DEBUG
        LOG_PID LOG_CONS LOG_NDELAY LOG_ODELAY LOG_NOWAIT LOG_PERROR
        LOG_KERN LOG_USER LOG_MAIL LOG_DAEMON LOG_AUTH LOG_LPR LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2
        LOG_LOCAL3 LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7 LOG_SYSLOG LOG_CRON LOG_UUCP
        LOG_NEWS LOG_AUTHPRIV LOG_FTP
    )
}
