//! `select`: waiting for many descriptors.

mod epoll;
mod poll;

use krait_host::errno::Errno;
use krait_host::fd::Fd;
use krait_host::poll as host;
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    PyErr, PyList, PyModule, PyResult, ThreadState, exc, hooks, pymodule, type_error, value_error,
};

use crate::common::{add_ints, constants, file_descriptor, raise};
use crate::duration::{Deadline, nanoseconds};

pymodule! {
    pub(crate) SELECT = "select",
    "Waiting until some of many file descriptors are ready.",
    functions: [select, poll::poll],
    classes: [epoll::PyEpoll],
    hidden: [poll::PyPoll],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("error", exc::OSError.as_object())?;
    constants!(
        &dict,
        PIPE_BUF POLLERR POLLHUP POLLIN POLLNVAL POLLOUT POLLPRI POLLRDBAND POLLRDHUP POLLRDNORM
        POLLWRBAND POLLWRNORM EPOLLERR EPOLLEXCLUSIVE EPOLLHUP EPOLLIN EPOLLMSG EPOLLONESHOT
        EPOLLOUT EPOLLPRI EPOLLRDBAND EPOLLRDHUP EPOLLRDNORM EPOLLWAKEUP EPOLLWRBAND EPOLLWRNORM
        EPOLL_CLOEXEC
    )?;
    add_ints(&dict, &[("POLLMSG", 0x400), ("EPOLLET", 0x8000_0000)])
}

/// Says a type error of a time in the module's own words.
fn or_say(result: PyResult<i64>, message: &str) -> PyResult<i64> {
    match result {
        Err(error) if error.matches(&exc::TypeError) => {
            error.clear();
            Err(type_error!("{message}"))
        }
        other => other,
    }
}

/// The objects of a sequence with their descriptors.
fn watched(objects: &PyObject) -> PyResult<(Vec<Obj>, Vec<Fd>)> {
    let items = objects.to_vec_or("arguments 1-3 must be sequences")?;
    let mut fds = Vec::with_capacity(items.len());
    for item in &items {
        let fd = file_descriptor(item)?;
        if fd >= host::FD_SETSIZE {
            return Err(value_error!("filedescriptor out of range in select()"));
        }
        if fds.len() > host::FD_SETSIZE as usize {
            return Err(value_error!("too many file descriptors in select()"));
        }
        fds.push(fd);
    }
    Ok((items, fds))
}

fn ready(objects: (Vec<Obj>, Vec<Fd>), ready: &[Fd]) -> PyResult<Py<PyList>> {
    let (items, fds) = objects;
    let pairs = items.into_iter().zip(fds);
    PyList::from_vec(
        pairs
            .filter(|(_, fd)| ready.contains(fd))
            .map(|(item, _)| item)
            .collect(),
    )
}

/// Wait until one or more file descriptors are ready for some kind of I/O.
///
/// The first three arguments are iterables of descriptors, or of objects with a method fileno(), to
/// be waited for: until they can be read, can be written, or are in an exceptional state. The
/// fourth is the longest time to wait in seconds; None waits without end. The result has the three
/// lists of those that are ready.
#[pyfunction(signature = "(rlist, wlist, xlist, timeout=None, /)")]
fn select(
    rlist: &PyObject,
    wlist: &PyObject,
    xlist: &PyObject,
    timeout: Option<&PyObject>,
) -> PyResult<(Py<PyList>, Py<PyList>, Py<PyList>)> {
    let timeout = match timeout {
        None => None,
        Some(timeout) => {
            let time = or_say(nanoseconds(timeout), "timeout must be a float or None")?;
            if time < 0 {
                return Err(value_error!("timeout must be non-negative"));
            }
            Some(time)
        }
    };
    let (reads, writes, excepts) = (watched(rlist)?, watched(wlist)?, watched(xlist)?);
    let deadline = Deadline::after(timeout);
    loop {
        let (mut read, mut write, mut except) =
            (reads.1.clone(), writes.1.clone(), excepts.1.clone());
        let limit = deadline.left().map(|left| {
            let microseconds = left.as_nanos().div_ceil(1000);
            (
                (microseconds / 1_000_000) as i64,
                (microseconds % 1_000_000) as i64,
            )
        });
        let answer =
            ThreadState::allow_threads(|| host::select(&mut read, &mut write, &mut except, limit));
        match answer {
            Ok(()) => {
                return Ok((
                    ready(reads, &read)?,
                    ready(writes, &write)?,
                    ready(excepts, &except)?,
                ));
            }
            Err(Errno::EINTR) => hooks::check_signals()?,
            Err(errno) => return Err(raise(errno)),
        }
    }
}

/// Waits in a call that takes milliseconds, again after signals; the answer of a wait that ends
/// during a handler is `nothing`.
fn wait<T>(
    deadline: Deadline,
    nothing: T,
    mut call: impl FnMut(i32) -> krait_host::Result<T>,
) -> PyResult<T> {
    loop {
        let milliseconds = deadline.left_milliseconds();
        match ThreadState::allow_threads(|| call(milliseconds)) {
            Ok(answer) => return Ok(answer),
            Err(Errno::EINTR) => hooks::check_signals()?,
            Err(errno) => return Err(raise(errno)),
        }
        if deadline.left().is_some_and(|left| left.is_zero()) {
            return Ok(nothing);
        }
    }
}

#[cold]
fn closed() -> PyErr {
    value_error!("I/O operation on closed epoll object")
}
