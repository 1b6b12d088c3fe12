//! `_signal`: handlers written in Python, and what the system offers around signals.
//!
//! The handler that the system calls only notes the signal and stops the main thread's eval loop;
//! Python's handlers run from there, or where a system call was interrupted (see [`delivery`]).

mod delivery;
mod masks;
mod timers;

use krait_host::signal::{self as host, Disposition, NSIG};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{
    IntoPy, PyErr, PyLong, PyModule, PyResult, exc, hooks, none, pymodule, type_error, value_error,
};

use crate::common::{Fildes, add_ints, constants, quick};
use delivery::{check_main_thread, handlers};

pymodule! {
    pub(crate) SIGNAL = "_signal",
    "Handlers of signals, timers and masks.\n\nThe module signal gives the numbers their names.",
    functions: [
        default_int_handler,
        signal,
        getsignal,
        siginterrupt,
        strsignal,
        raise_signal,
        pidfd_send_signal,
        delivery::set_wakeup_fd,
        timers::alarm,
        timers::pause,
        timers::setitimer,
        timers::getitimer,
        masks::pthread_kill,
        masks::pthread_sigmask,
        masks::sigpending,
        masks::sigwait,
        masks::sigwaitinfo,
        masks::sigtimedwait,
        masks::valid_signals,
    ],
    classes: [],
    exec: Some(exec)
}

static STRUCT_SIGINFO: StructSeq = StructSeq::new(
    "signal.struct_siginfo",
    "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    &[
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ],
);

const SIG_DFL: i64 = libc::SIG_DFL as i64;
const SIG_IGN: i64 = libc::SIG_IGN as i64;

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("struct_siginfo", STRUCT_SIGINFO.class()?)?;
    crate::exception::add_exception(module, "signal.ItimerError", &exc::OSError)?;
    let names = host::NAMES
        .iter()
        .map(|&(name, number)| (name, i64::from(number)));
    add_ints(&dict, &names.collect::<Vec<_>>())?;
    constants!(
        &dict,
        SIG_BLOCK SIG_UNBLOCK SIG_SETMASK ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF
    )?;
    add_ints(
        &dict,
        &[
            ("SIG_DFL", SIG_DFL),
            ("SIG_IGN", SIG_IGN),
            ("SIGCLD", i64::from(libc::SIGCHLD)),
            ("NSIG", i64::from(NSIG)),
            ("SIGRTMIN", i64::from(host::sigrtmin())),
            ("SIGRTMAX", i64::from(host::sigrtmax())),
        ],
    )?;
    install(module)
}

/// Learns what happens at each signal, and has Ctrl-C raise `KeyboardInterrupt` if the system
/// would have ended the process.
fn install(module: &PyModule) -> PyResult<()> {
    let Some(table) = delivery::attach()? else {
        return Ok(());
    };
    for number in 1..NSIG {
        let handler = match host::get_disposition(number) {
            Ok(Disposition::Default) => Some(SIG_DFL.into_py()?),
            Ok(Disposition::Ignore) => Some(SIG_IGN.into_py()?),
            Ok(Disposition::Handler(_)) | Err(_) => None,
        };
        table.replace(number, handler);
    }
    if host::get_disposition(libc::SIGINT) == Ok(Disposition::Default) {
        let handler = module
            .as_object()
            .getattr(krait_runtime::intern!("default_int_handler"))?;
        table.replace(libc::SIGINT, Some(handler));
        quick(delivery::catch(libc::SIGINT))?;
    }
    Ok(())
}

pub use delivery::disable;
pub(crate) use delivery::{after_fork_in_child, trip};

/// Whether a signal that arrives is let pass without Python.
pub(crate) fn is_left_to_system(number: i32) -> bool {
    let handler = delivery::handlers().get(number);
    handler.is_some_and(|handler| handler.downcast::<PyLong>().is_some())
}

/// Checks the number of a signal.
fn check_number(number: i32) -> PyResult<()> {
    if (1..NSIG).contains(&number) {
        Ok(())
    } else {
        Err(value_error!("signal number out of range"))
    }
}

/// Raise KeyboardInterrupt: what happens at SIGINT unless a program wants another thing.
#[pyfunction(signature = "(signalnum, frame, /)")]
fn default_int_handler(signalnum: i32, frame: &PyObject) -> PyResult<()> {
    let _ = (signalnum, frame);
    Err(PyErr::set_none(&exc::KeyboardInterrupt))
}

/// Set the action for the given signal.
///
/// The action is SIG_DFL, SIG_IGN or a callable, which is called with the signal's number and the
/// frame that was interrupted. The previous action is returned.
#[pyfunction(signature = "(signalnum, handler, /)")]
fn signal(signalnum: i32, handler: &PyObject) -> PyResult<Obj> {
    check_main_thread("signal only works in main thread of the main interpreter")?;
    check_number(signalnum)?;
    let number = handler
        .downcast::<PyLong>()
        .and_then(|handler| handler.to_i64());
    let wanted = match number {
        Some(SIG_IGN) => Some(Disposition::Ignore),
        Some(SIG_DFL) => Some(Disposition::Default),
        _ if handler.is_callable() => None,
        _ => {
            return Err(type_error!(
                "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
            ));
        }
    };
    // Signals that arrived under the old handler are the old handler's.
    hooks::check_signals()?;
    match wanted {
        Some(wanted) => quick(host::set_disposition(signalnum, wanted))?,
        None => quick(delivery::catch(signalnum))?,
    };
    let old = handlers().replace(signalnum, Some(handler.to_obj()));
    Ok(old.unwrap_or_else(|| none().to_obj()))
}

/// Return the current action for the given signal.
///
/// None is a handler that was not installed by Python.
#[pyfunction(signature = "(signalnum, /)")]
fn getsignal(signalnum: i32) -> PyResult<Option<Obj>> {
    check_number(signalnum)?;
    Ok(handlers().get(signalnum))
}

/// Change whether system calls that a signal interrupts are begun again.
#[pyfunction(signature = "(signalnum, flag, /)")]
fn siginterrupt(signalnum: i32, flag: i32) -> PyResult<()> {
    check_number(signalnum)?;
    quick(host::siginterrupt(signalnum, flag != 0))
}

/// Return the system's description of the given signal; None if it has none.
#[pyfunction(signature = "(signalnum, /)")]
fn strsignal(signalnum: i32) -> PyResult<Option<String>> {
    check_number(signalnum)?;
    Ok(host::strsignal(signalnum).filter(|text| !text.starts_with("Unknown signal")))
}

/// Send a signal to the executing process.
#[pyfunction(signature = "(signalnum, /)")]
fn raise_signal(signalnum: i32) -> PyResult<()> {
    quick(host::raise(signalnum))?;
    hooks::check_signals()
}

/// Send a signal to a process referred to by a descriptor.
#[pyfunction(signature = "(pidfd, signalnum, siginfo=None, flags=0, /)")]
fn pidfd_send_signal(
    pidfd: Fildes,
    signalnum: i32,
    siginfo: Option<&PyObject>,
    flags: i32,
) -> PyResult<()> {
    if siginfo.is_some() {
        return Err(type_error!("siginfo must be None"));
    }
    quick(host::pidfd_send_signal(pidfd.0, signalnum, flags as u32))
}
