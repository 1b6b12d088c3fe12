//! The machine: limits, names, times, randomness, processors, the environment, terminals.

use krait_host::errno::Errno;
use krait_host::{env, process, sched, sysconf as host_sysconf, time, tty};
use krait_macros::pyfunction;
use krait_runtime::args::ArgSpec;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::structseq::{PyStructSeq, StructSeq};
use krait_runtime::{
    IntoPy, OptionalArg, PyBytes, PyDict, PyErr, PyLong, PyResult, PySet, PyStr, exc, hooks,
    overflow_error, type_error, value_error,
};

use crate::common::{FsPath, fs_decode, quick, raise};

/// The number behind a name of `sysconf` and its kin.
pub(crate) fn conf_name(name: &PyObject, table: &[(&str, i32)]) -> PyResult<i32> {
    if let Some(text) = name.downcast::<PyStr>() {
        return table
            .iter()
            .find(|(known, _)| text.is_text(known))
            .map(|(_, number)| *number)
            .ok_or_else(|| value_error!("unrecognized configuration name"));
    }
    if name.has_index() {
        return name.extract();
    }
    Err(type_error!(
        "configuration names must be strings or integers"
    ))
}

/// Return an integer-valued system configuration variable.
#[pyfunction(signature = "(name, /)")]
pub(crate) fn sysconf(name: &PyObject) -> PyResult<i64> {
    let name = conf_name(name, host_sysconf::SYSCONF_NAMES)?;
    Ok(quick(host_sysconf::sysconf(name))?.unwrap_or(-1))
}

/// Return a string-valued system configuration variable.
#[pyfunction(signature = "(name, /)")]
pub(crate) fn confstr(name: &PyObject) -> PyResult<Option<Py<PyStr>>> {
    let name = conf_name(name, host_sysconf::CONFSTR_NAMES)?;
    match quick(host_sysconf::confstr(name))? {
        Some(text) => fs_decode(&text).map(Some),
        None => Ok(None),
    }
}

pub(crate) static UNAME_RESULT: StructSeq = StructSeq::new(
    "posix.uname_result",
    "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    &[
        ("sysname", "operating system name"),
        (
            "nodename",
            "name of machine on network (implementation-defined)",
        ),
        ("release", "operating system release"),
        ("version", "operating system version"),
        ("machine", "hardware identifier"),
    ],
);

/// Return an object identifying the current operating system.
#[pyfunction(signature = "()")]
pub(crate) fn uname() -> PyResult<Obj> {
    let name = quick(process::uname())?;
    let parts = [
        name.sysname,
        name.nodename,
        name.release,
        name.version,
        name.machine,
    ];
    let parts = parts
        .iter()
        .map(|part| fs_decode(part).map(Py::into_object));
    UNAME_RESULT.make(parts.collect::<PyResult<Vec<_>>>()?)
}

pub(crate) static TIMES_RESULT: StructSeq = StructSeq::new(
    "posix.times_result",
    "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    &[
        ("user", "user time"),
        ("system", "system time"),
        ("children_user", "user time of children"),
        ("children_system", "system time of children"),
        (
            "elapsed",
            "elapsed time since an arbitrary point in the past",
        ),
    ],
);

/// Return a collection containing process timing information.
#[pyfunction(signature = "()")]
pub(crate) fn times() -> PyResult<Obj> {
    let times = quick(time::times())?;
    let ticks = time::ticks_per_second() as f64;
    let parts = [
        times.user,
        times.system,
        times.children_user,
        times.children_system,
        times.elapsed,
    ];
    let parts = parts
        .into_iter()
        .map(|part| (part as f64 / ticks).into_py());
    TIMES_RESULT.make(parts.collect::<PyResult<Vec<_>>>()?)
}

pub(crate) static TERMINAL_SIZE: StructSeq = StructSeq::new(
    "os.terminal_size",
    "A tuple of (columns, lines) for holding terminal window size",
    &[
        ("columns", "width of the terminal window in characters"),
        ("lines", "height of the terminal window in characters"),
    ],
);

/// Return the size of the terminal window as (columns, lines).
#[pyfunction(signature = "(fd=<unrepresentable>, /)")]
pub(crate) fn get_terminal_size(fd: OptionalArg<i32>) -> PyResult<Obj> {
    let (columns, lines) = quick(tty::window_size(fd.unwrap_or(1)))?;
    TERMINAL_SIZE.make(vec![columns.into_py()?, lines.into_py()?])
}

/// Return average recent system load information.
#[pyfunction(signature = "()")]
pub(crate) fn getloadavg() -> PyResult<(f64, f64, f64)> {
    match process::getloadavg() {
        Some([one, five, fifteen]) => Ok((one, five, fifteen)),
        None => Err(PyErr::new(&exc::OSError, "Load averages are unobtainable")),
    }
}

/// Return a bytes object containing random bytes suitable for cryptographic use.
#[pyfunction(signature = "(size, /)")]
pub(crate) fn urandom(size: isize) -> PyResult<Py<PyBytes>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(value_error!("negative argument not allowed"));
    };
    let mut failure = Ok(());
    let bytes = PyBytes::new_with(size, |buffer| failure = process::urandom(buffer))?;
    quick(failure)?;
    Ok(bytes)
}

/// Obtain a series of random bytes.
#[pyfunction(signature = "(size, flags=0)")]
pub(crate) fn getrandom(size: isize, flags: i32) -> PyResult<Py<PyBytes>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(raise(Errno::EINVAL));
    };
    let mut buffer = vec![0; size];
    let count = loop {
        match process::getrandom(&mut buffer, flags as u32) {
            Err(Errno::EINTR) => hooks::check_signals()?,
            answer => break quick(answer)?,
        }
    };
    PyBytes::new(&buffer[..count])
}

/// Return the number of logical CPUs in the system.
#[pyfunction(signature = "()")]
pub(crate) fn cpu_count() -> Option<usize> {
    match krait_runtime::Interpreter::current()
        .flags
        .borrow()
        .cpu_count
    {
        0 => sched::cpu_count(),
        given => usize::try_from(given).ok(),
    }
}

/// The variables as `os.environ` is made from them.
pub(crate) fn environ_dict() -> PyResult<Py<PyDict>> {
    let dict = PyDict::new()?;
    for variable in env::all() {
        // A name may begin with an equals sign, but not be empty.
        let Some(end) = variable.iter().skip(1).position(|&byte| byte == b'=') else {
            continue;
        };
        let (name, value) = (&variable[..=end], &variable[end + 2..]);
        dict.set_default(&*PyBytes::new(name)?, &*PyBytes::new(value)?)?;
    }
    Ok(dict)
}

/// Create the environment dictionary.
#[pyfunction(name = "_create_environ", signature = "()")]
pub(crate) fn create_environ() -> PyResult<Py<PyDict>> {
    environ_dict()
}

/// Change or add an environment variable.
#[pyfunction(signature = "(name, value, /)")]
pub(crate) fn putenv(name: FsPath, value: FsPath) -> PyResult<()> {
    if name.0.to_bytes().contains(&b'=') {
        return Err(value_error!("illegal environment variable name"));
    }
    // SAFETY: Python threads read and write the environment with the interpreter's lock held.
    quick(unsafe { env::set(&name.0, &value.0) })
}

/// Delete an environment variable.
#[pyfunction(signature = "(name, /)")]
pub(crate) fn unsetenv(name: FsPath) -> PyResult<()> {
    // SAFETY: as in `putenv`.
    quick(unsafe { env::unset(&name.0) })
}

pub(crate) static SCHED_PARAM: StructSeq = StructSeq::new(
    "posix.sched_param",
    "sched_param(sched_priority)\n--\n\nCurrently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.",
    &[("sched_priority", "the scheduling priority")],
)
.called_with(&ArgSpec {
    function: "sched_param",
    params: &["sched_priority"],
    positional_only: 0,
    positional: 1,
    required: 1,
    required_keywords: 0,
    varargs: false,
    varkeywords: false,
    single: false,
});

/// The priority in a `sched_param`.
pub(crate) fn sched_priority(param: &PyObject) -> PyResult<i32> {
    let class = SCHED_PARAM.class()?;
    let field = match param.downcast::<PyStructSeq>() {
        Some(param) if std::ptr::eq(param.as_object().type_(), class) => param.field(0),
        _ => None,
    };
    let Some(priority) = field else {
        return Err(type_error!("must have a sched_param object"));
    };
    match priority.index()?.to_i64().map(i32::try_from) {
        Some(Ok(priority)) => Ok(priority),
        _ => Err(overflow_error!("sched_priority out of range")),
    }
}

/// Voluntarily relinquish the CPU.
#[pyfunction(signature = "()")]
pub(crate) fn sched_yield() -> PyResult<()> {
    quick(krait_runtime::ThreadState::allow_threads(
        sched::sched_yield,
    ))
}

/// Get the maximum scheduling priority for policy.
#[pyfunction(signature = "(policy)")]
pub(crate) fn sched_get_priority_max(policy: i32) -> PyResult<i32> {
    quick(sched::priority_max(policy))
}

/// Get the minimum scheduling priority for policy.
#[pyfunction(signature = "(policy)")]
pub(crate) fn sched_get_priority_min(policy: i32) -> PyResult<i32> {
    quick(sched::priority_min(policy))
}

/// Get the scheduling policy for the process identified by pid.
#[pyfunction(signature = "(pid, /)")]
pub(crate) fn sched_getscheduler(pid: i32) -> PyResult<i32> {
    quick(sched::getscheduler(pid))
}

/// Set the scheduling policy for the process identified by pid.
#[pyfunction(signature = "(pid, policy, param, /)")]
pub(crate) fn sched_setscheduler(pid: i32, policy: i32, param: &PyObject) -> PyResult<()> {
    let priority = sched_priority(param)?;
    quick(sched::setscheduler(pid, policy, priority))
}

/// Returns scheduling parameters for the process identified by pid.
#[pyfunction(signature = "(pid, /)")]
pub(crate) fn sched_getparam(pid: i32) -> PyResult<Obj> {
    let priority = quick(sched::getparam(pid))?;
    SCHED_PARAM.make(vec![priority.into_py()?])
}

/// Set scheduling parameters for the process identified by pid.
#[pyfunction(signature = "(pid, param, /)")]
pub(crate) fn sched_setparam(pid: i32, param: &PyObject) -> PyResult<()> {
    let priority = sched_priority(param)?;
    quick(sched::setparam(pid, priority))
}

/// Return the round-robin quantum for the process identified by pid, in seconds.
#[pyfunction(signature = "(pid, /)")]
pub(crate) fn sched_rr_get_interval(pid: i32) -> PyResult<f64> {
    let interval = quick(sched::rr_get_interval(pid))?;
    Ok(interval.sec as f64 + interval.nsec as f64 * 1e-9)
}

/// Return the affinity of the process identified by pid.
#[pyfunction(signature = "(pid, /)")]
pub(crate) fn sched_getaffinity(pid: i32) -> PyResult<Obj> {
    let cpus = quick(sched::getaffinity(pid))?;
    let list = crate::common::list_of(cpus)?;
    PySet::type_object().instantiate(&[list.as_object()])
}

/// Set the CPU affinity of the process identified by pid to mask.
#[pyfunction(signature = "(pid, mask, /)")]
pub(crate) fn sched_setaffinity(pid: i32, mask: &PyObject) -> PyResult<()> {
    let mut cpus = Vec::new();
    for item in mask.to_vec()? {
        let Some(number) = item.downcast::<PyLong>() else {
            return Err(type_error!(
                "expected an iterator of ints, but iterator yielded {}",
                item.type_().repr()?.to_string_lossy()
            ));
        };
        if number.is_negative() {
            return Err(value_error!("negative CPU number"));
        }
        match number.to_i64().map(i32::try_from) {
            Some(Ok(cpu)) => cpus.push(cpu as usize),
            _ => return Err(overflow_error!("CPU number too large")),
        }
    }
    quick(sched::setaffinity(pid, &cpus))
}

/// Whether a Python-level hook waits for input.
#[pyfunction(name = "_is_inputhook_installed", signature = "()")]
pub(crate) fn is_inputhook_installed() -> bool {
    false
}

/// Calls PyOS_CallInputHook dropping the GIL first.
#[pyfunction(name = "_inputhook", signature = "()")]
pub(crate) fn inputhook() {}
