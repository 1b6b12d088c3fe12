//! `select.epoll`.

use std::cell::Cell;

use krait_host::fd::{self, Fd};
use krait_host::poll as host;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{PyList, PyResult, PyType, exc, value_error};

use super::{closed, or_say, wait};
use crate::common::{Fildes, list_of, quick};
use crate::duration::{Deadline, nanoseconds};

/// A descriptor that is closed with its object; −1 once it is.
struct Owned(Cell<Fd>);

impl Drop for Owned {
    fn drop(&mut self) {
        if self.0.get() >= 0 {
            let _ = fd::close(self.0.get());
        }
    }
}

/// An epoll object, which waits for the descriptors that are registered with it.
///
/// sizehint only has to be positive or -1; flags may be EPOLL_CLOEXEC, which is always on.
#[pyclass(name = "epoll", module = "select")]
#[repr(C)]
pub(super) struct PyEpoll {
    ob_base: PyObject,
    fd: Owned,
}

impl PyEpoll {
    fn open(&self) -> PyResult<Fd> {
        match self.fd.0.get() {
            -1 => Err(closed()),
            fd => Ok(fd),
        }
    }

    fn control(&self, operation: i32, fd: Fd, events: u32) -> PyResult<()> {
        let epoll = self.open()?;
        quick(host::epoll_ctl(epoll, operation, fd, events, fd as u64))
    }

    fn close_now(&self) -> PyResult<()> {
        match self.fd.0.replace(-1) {
            -1 => Ok(()),
            fd => quick(fd::close(fd)),
        }
    }
}

#[pymethods]
impl PyEpoll {
    #[pynew(signature = "(sizehint=-1, flags=0)")]
    fn new(cls: &PyType, sizehint: i32, flags: i32) -> PyResult<Py<Self>> {
        if sizehint < -1 || sizehint == 0 {
            return Err(value_error!("negative sizehint"));
        }
        if flags & !libc::EPOLL_CLOEXEC != 0 {
            return Err(krait_runtime::PyErr::new(&exc::OSError, "invalid flags"));
        }
        let fd = quick(host::epoll_create(libc::EPOLL_CLOEXEC))?;
        Py::new_in(
            cls,
            PyEpoll {
                ob_base: PyObject::HEADER,
                fd: Owned(Cell::new(fd)),
            },
        )
    }

    /// Create an epoll object from a given control descriptor.
    #[pyclassmethod(signature = "($type, fd, /)")]
    fn fromfd(cls: &PyType, fd: i32) -> PyResult<Py<Self>> {
        Py::new_in(
            cls,
            PyEpoll {
                ob_base: PyObject::HEADER,
                fd: Owned(Cell::new(fd)),
            },
        )
    }

    /// Close the control descriptor; further operations raise an exception.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.close_now()
    }

    /// Return the control descriptor.
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> PyResult<Fd> {
        self.open()
    }

    /// Register a descriptor, with the events to wait for.
    #[pymethod(
        signature = "($self, /, fd, eventmask=7)",
        text_signature = "($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)"
    )]
    fn register(&self, fd: Fildes, eventmask: u32) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_ADD, fd.0, eventmask)
    }

    /// Change the events of a descriptor that is registered.
    #[pymethod(signature = "($self, /, fd, eventmask)")]
    fn modify(&self, fd: Fildes, eventmask: u32) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_MOD, fd.0, eventmask)
    }

    /// Remove a descriptor.
    #[pymethod(signature = "($self, /, fd)")]
    fn unregister(&self, fd: Fildes) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_DEL, fd.0, 0)
    }

    /// Wait for the registered descriptors.
    ///
    /// The timeout is in seconds; None and negative ones wait without end. Returns a list of pairs,
    /// descriptor and events, at most maxevents of them.
    #[pymethod(signature = "($self, /, timeout=None, maxevents=-1)")]
    fn poll(&self, timeout: Option<&PyObject>, maxevents: i32) -> PyResult<Py<PyList>> {
        let epoll = self.open()?;
        let timeout = timeout
            .map(|timeout| or_say(nanoseconds(timeout), "timeout must be an integer or None"))
            .transpose()?;
        let most = match maxevents {
            -1 => host::FD_SETSIZE as usize - 1,
            most if most > 0 => most as usize,
            most => {
                return Err(value_error!("maxevents must be greater than 0, got {most}"));
            }
        };
        let deadline = Deadline::after(timeout.filter(|&time| time >= 0));
        let events = wait(deadline, Vec::new(), |time| {
            host::epoll_wait(epoll, most, time)
        })?;
        list_of(
            events
                .into_iter()
                .map(|event| (event.data as i32, event.events)),
        )
    }

    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<Obj> {
        self.open()?;
        Ok(self.to_obj())
    }

    #[pymethod(
        name = "__exit__",
        signature = "($self, exc_type=None, exc_value=None, exc_tb=None, /)"
    )]
    fn exit(
        &self,
        exc_type: Option<&PyObject>,
        exc_value: Option<&PyObject>,
        exc_tb: Option<&PyObject>,
    ) -> PyResult<Obj> {
        let _ = (exc_type, exc_value, exc_tb);
        self.as_object()
            .call_method(krait_runtime::intern!("close"), &[])
    }

    /// Whether the control descriptor is closed.
    #[pygetter]
    fn closed(&self) -> bool {
        self.fd.0.get() == -1
    }
}
