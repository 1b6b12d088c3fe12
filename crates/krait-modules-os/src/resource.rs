//! `resource`: limits and usage.

use krait_host::resource as host;
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{IntoPy, PyModule, PyResult, exc, overflow_error, pymodule, value_error};

use crate::common::{constants, quick, raise};

pymodule! {
    pub RESOURCE = "resource",
    "Limits on, and usage of, the system's resources.",
    functions: [getrusage, getrlimit, setrlimit, prlimit, getpagesize],
    classes: [],
    exec: Some(exec)
}

pub(crate) static STRUCT_RUSAGE: StructSeq = StructSeq::new(
    "resource.struct_rusage",
    "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    &[
        ("ru_utime", "user time used"),
        ("ru_stime", "system time used"),
        ("ru_maxrss", "max. resident set size"),
        ("ru_ixrss", "shared memory size"),
        ("ru_idrss", "unshared data size"),
        ("ru_isrss", "unshared stack size"),
        ("ru_minflt", "page faults not requiring I/O"),
        ("ru_majflt", "page faults requiring I/O"),
        ("ru_nswap", "number of swap outs"),
        ("ru_inblock", "block input operations"),
        ("ru_oublock", "block output operations"),
        ("ru_msgsnd", "IPC messages sent"),
        ("ru_msgrcv", "IPC messages received"),
        ("ru_nsignals", "signals received"),
        ("ru_nvcsw", "voluntary context switches"),
        ("ru_nivcsw", "involuntary context switches"),
    ],
);

/// Resource usage of a process, its children or a thread.
#[pyfunction(signature = "(who, /)")]
fn getrusage(who: i32) -> PyResult<Obj> {
    match host::getrusage(who) {
        Ok(usage) => crate::posix::process::usage_object(&usage),
        Err(krait_host::Errno::EINVAL) => Err(value_error!("invalid who parameter")),
        Err(errno) => Err(raise(errno)),
    }
}

/// "No limit" is −1 in Python.
fn limit_object(limit: u64) -> PyResult<Obj> {
    match limit {
        libc::RLIM_INFINITY => (-1).into_py(),
        limit => limit.into_py(),
    }
}

fn limits_object(limit: host::Limit) -> PyResult<(Obj, Obj)> {
    Ok((limit_object(limit.0)?, limit_object(limit.1)?))
}

fn limit_from(value: &PyObject) -> PyResult<u64> {
    let number = value.index()?;
    if number.to_i64() == Some(-1) {
        return Ok(libc::RLIM_INFINITY);
    }
    if number.is_negative() {
        return Err(value_error!("Cannot convert negative int"));
    }
    number
        .to_u64()
        .ok_or_else(|| overflow_error!("Python int too large to convert to C rlim_t"))
}

fn limits_from(limits: &PyObject) -> PyResult<host::Limit> {
    match &limits.to_vec()?[..] {
        [soft, hard] => Ok((limit_from(soft)?, limit_from(hard)?)),
        _ => Err(value_error!("expected a tuple of 2 integers")),
    }
}

fn check_resource(resource: i32) -> PyResult<()> {
    if (0..16).contains(&resource) {
        Ok(())
    } else {
        Err(value_error!("invalid resource specified"))
    }
}

/// The soft and hard limit of a resource.
#[pyfunction(signature = "(resource, /)")]
fn getrlimit(resource: i32) -> PyResult<(Obj, Obj)> {
    check_resource(resource)?;
    quick(host::getrlimit(resource)).and_then(limits_object)
}

fn set_error(errno: krait_host::Errno) -> krait_runtime::PyErr {
    match errno.0 {
        libc::EINVAL => value_error!("current limit exceeds maximum limit"),
        libc::EPERM => value_error!("not allowed to raise maximum limit"),
        _ => raise(errno),
    }
}

/// Sets the soft and hard limit of a resource.
#[pyfunction(signature = "(resource, limits, /)")]
fn setrlimit(resource: i32, limits: &PyObject) -> PyResult<()> {
    check_resource(resource)?;
    let limits = limits_from(limits)?;
    host::setrlimit(resource, limits).map_err(set_error)
}

/// Gets, and sets if given, the limits of a process.
#[pyfunction(signature = "(pid, resource, limits=None, /)")]
fn prlimit(pid: i32, resource: i32, limits: Option<&PyObject>) -> PyResult<(Obj, Obj)> {
    check_resource(resource)?;
    let limits = limits.map(limits_from).transpose()?;
    match host::prlimit(pid, resource, limits) {
        Ok(old) => limits_object(old),
        Err(krait_host::Errno::EINVAL) => Err(set_error(krait_host::Errno::EINVAL)),
        Err(errno) => Err(raise(errno)),
    }
}

/// The size of a page of memory.
#[pyfunction(signature = "()")]
fn getpagesize() -> usize {
    krait_host::mmap::page_size()
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("error", exc::OSError.as_object())?;
    dict.set("struct_rusage", STRUCT_RUSAGE.class()?)?;
    dict.set("RLIMIT_OFILE", &*libc::RLIMIT_NOFILE.into_py()?)?;
    dict.set("RLIM_INFINITY", &*(-1).into_py()?)?;
    constants!(
        &dict,
        RLIMIT_AS RLIMIT_CORE RLIMIT_CPU RLIMIT_DATA RLIMIT_FSIZE RLIMIT_MEMLOCK RLIMIT_MSGQUEUE
        RLIMIT_NICE RLIMIT_NOFILE RLIMIT_NPROC RLIMIT_RSS RLIMIT_RTPRIO RLIMIT_RTTIME
        RLIMIT_SIGPENDING RLIMIT_STACK RUSAGE_CHILDREN RUSAGE_SELF RUSAGE_THREAD
    )
}
