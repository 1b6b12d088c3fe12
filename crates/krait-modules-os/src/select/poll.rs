//! `select.poll`.

use std::cell::{Cell, RefCell};

use krait_host::fd::Fd;
use krait_host::poll::{self as host, PollFd};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Py, PyObject};
use krait_runtime::{PyFloat, PyList, PyResult, exc, overflow_error, runtime_error};

use super::{or_say, wait};
use crate::common::{Fildes, list_of, raise};
use crate::duration::{Deadline, nanoseconds};

#[pyclass(name = "poll", module = "select", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct PyPoll {
    ob_base: PyObject,
    watched: RefCell<Vec<(Fd, u16)>>,
    running: Cell<bool>,
}

/// Return a polling object, which waits for the descriptors that are registered with it.
#[pyfunction(signature = "()")]
pub(super) fn poll() -> PyResult<Py<PyPoll>> {
    Py::new(PyPoll {
        ob_base: PyObject::HEADER,
        watched: RefCell::default(),
        running: Cell::new(false),
    })
}

/// Milliseconds, an int or a float, as nanoseconds.
fn milliseconds(timeout: &PyObject) -> PyResult<i64> {
    let out_of_range = || overflow_error!("timestamp out of range for C PyTime_t");
    if let Some(float) = timeout.downcast::<PyFloat>() {
        let seconds = PyFloat::new(float.value() / 1e3)?;
        return match nanoseconds(&seconds) {
            Err(error) if error.matches(&exc::OverflowError) => {
                error.clear();
                Err(out_of_range())
            }
            other => other,
        };
    }
    timeout
        .index()?
        .to_i64()
        .and_then(|time| time.checked_mul(1_000_000))
        .ok_or_else(out_of_range)
}

impl PyPoll {
    fn find(&self, fd: Fd) -> Option<usize> {
        self.watched.borrow().iter().position(|row| row.0 == fd)
    }
}

const DEFAULT: u16 = (libc::POLLIN | libc::POLLPRI | libc::POLLOUT) as u16;

#[pymethods]
impl PyPoll {
    /// Register a descriptor, with the events to wait for.
    #[pymethod(
        signature = "($self, fd, eventmask=7, /)",
        text_signature = "($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)"
    )]
    fn register(&self, fd: Fildes, eventmask: u16) {
        const { assert!(DEFAULT == 7) };
        match self.find(fd.0) {
            Some(index) => self.watched.borrow_mut()[index].1 = eventmask,
            None => self.watched.borrow_mut().push((fd.0, eventmask)),
        }
    }

    /// Change the events of a descriptor that is registered.
    #[pymethod(signature = "($self, fd, eventmask, /)")]
    fn modify(&self, fd: Fildes, eventmask: u16) -> PyResult<()> {
        match self.find(fd.0) {
            Some(index) => {
                self.watched.borrow_mut()[index].1 = eventmask;
                Ok(())
            }
            None => Err(raise(krait_host::Errno(libc::ENOENT))),
        }
    }

    /// Remove a descriptor.
    #[pymethod(signature = "($self, fd, /)")]
    fn unregister(&self, fd: Fildes) -> PyResult<()> {
        match self.find(fd.0) {
            Some(index) => {
                self.watched.borrow_mut().remove(index);
                Ok(())
            }
            None => {
                let key = krait_runtime::PyLong::from_i64(fd.0.into())?;
                Err(krait_runtime::err::key_error_object(&key))
            }
        }
    }

    /// Wait for the registered descriptors.
    ///
    /// The timeout is in milliseconds; None and negative ones wait without end. Returns a list of
    /// pairs: descriptor, events.
    #[pymethod(signature = "($self, timeout=None, /)")]
    fn poll(&self, timeout: Option<&PyObject>) -> PyResult<Py<PyList>> {
        let timeout = timeout
            .map(|timeout| or_say(milliseconds(timeout), "timeout must be an integer or None"))
            .transpose()?;
        if self.running.replace(true) {
            return Err(runtime_error!("concurrent poll() invocation"));
        }
        let rows = self.watched.borrow().clone();
        let mut list: Vec<PollFd> = rows
            .into_iter()
            .map(|(fd, events)| PollFd {
                fd,
                events: events as i16,
                revents: 0,
            })
            .collect();
        let deadline = Deadline::after(timeout.filter(|&time| time >= 0));
        let result = wait(deadline, 0, |time| host::poll(&mut list, time));
        self.running.set(false);
        if result? == 0 {
            return PyList::new();
        }
        let ready = list.iter().filter(|row| row.revents != 0);
        list_of(ready.map(|row| (row.fd, row.revents as u16)))
    }
}
