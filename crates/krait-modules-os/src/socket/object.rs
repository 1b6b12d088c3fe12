//! The class `socket`: life, connections and settings.
//!
//! Invariant: the descriptor blocks exactly if the socket has no timeout; with one, waiting is done
//! by `poll` before each call.

use std::cell::Cell;

use krait_host::errno::{Errno, Result};
use krait_host::fd::{self, Fd};
use krait_host::poll::{self, PollFd};
use krait_host::socket as host;
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, OptionalArg, PyBytes, PyDict, PyErr, PyFloat, PyResult, PyTuple, PyType,
    ThreadState, exc, hooks, none, type_error, value_error,
};

use super::address;
use crate::common::{quick, raise};
use crate::duration::{Deadline, nanoseconds};

/// The timeout of new sockets.
#[derive(Default)]
struct DefaultTimeout(Cell<Option<i64>>);

/// A descriptor that is closed with its object; −1 once it is.
pub(super) struct Owned(Cell<Fd>);

impl Drop for Owned {
    fn drop(&mut self) {
        if self.0.get() >= 0 {
            let _ = fd::close(self.0.get());
        }
    }
}

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
/// socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object
///
/// One end of a connection. With a fileno, the family, type and protocol are found out.
#[pyclass(
    name = "socket",
    module = "_socket",
    flags(BASETYPE),
    methods(METHODS, TRANSFER, MESSAGE)
)]
#[repr(C)]
pub(super) struct PySocket {
    ob_base: PyObject,
    fd: Owned,
    pub(super) family: Cell<i32>,
    kind: Cell<i32>,
    proto: Cell<i32>,
    /// In nanoseconds; 0 never waits, none waits without end.
    timeout: Cell<Option<i64>>,
}

/// What a call waits for.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    Read,
    Write,
}

#[cold]
pub(super) fn timed_out() -> PyErr {
    PyErr::new(&exc::TimeoutError, "timed out")
}

/// A timeout as nanoseconds.
fn timeout_from(value: &PyObject) -> PyResult<Option<i64>> {
    if value.is(none()) {
        return Ok(None);
    }
    let time = nanoseconds(value)?;
    if time < 0 {
        return Err(value_error!("Timeout value out of range"));
    }
    Ok(Some(time))
}

fn timeout_object(timeout: Option<i64>) -> PyResult<Obj> {
    match timeout {
        None => Ok(none().to_obj()),
        Some(time) => Ok(PyFloat::new(time as f64 / 1e9)?.into_object()),
    }
}

impl PySocket {
    fn header(fd: Fd, family: i32, kind: i32, proto: i32) -> PySocket {
        PySocket {
            ob_base: PyObject::HEADER,
            fd: Owned(Cell::new(fd)),
            family: Cell::new(family),
            kind: Cell::new(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC)),
            proto: Cell::new(proto),
            timeout: Cell::new(None),
        }
    }

    /// Gives a new socket the default timeout.
    fn start(&self, kind: i32) -> PyResult<()> {
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(Some(0));
            return Ok(());
        }
        let default = Interpreter::current().extension::<DefaultTimeout>();
        self.timeout.set(default.0.get());
        if default.0.get().is_some() {
            quick(fd::set_blocking(self.fd(), false))?;
        }
        Ok(())
    }

    pub(super) fn fd(&self) -> Fd {
        self.fd.0.get()
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout.get())
    }

    fn has_deadline(&self) -> bool {
        self.timeout.get().is_some_and(|time| time > 0)
    }

    /// Waits until the socket is ready or the time is over: whether it is ready.
    fn wait(&self, wait: Wait, deadline: Deadline) -> PyResult<bool> {
        let events = match wait {
            Wait::Read => libc::POLLIN,
            Wait::Write => libc::POLLOUT,
        };
        loop {
            let mut list = [PollFd {
                fd: self.fd(),
                events,
                revents: 0,
            }];
            // A closed socket has the call itself fail.
            if list[0].fd < 0 {
                return Ok(true);
            }
            let time = deadline.left_milliseconds();
            match ThreadState::allow_threads(|| poll::poll(&mut list, time)) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::EINTR) => hooks::check_signals()?,
                Err(errno) => return Err(raise(errno)),
            }
        }
    }

    /// Makes a call when the socket is ready for it, again after signals.
    pub(super) fn call_until<T>(
        &self,
        wait: Wait,
        deadline: Deadline,
        mut call: impl FnMut(Fd) -> Result<T>,
    ) -> PyResult<T> {
        let fd = self.fd();
        loop {
            if self.has_deadline() && !self.wait(wait, deadline)? {
                return Err(timed_out());
            }
            match ThreadState::allow_threads(|| call(fd)) {
                Ok(value) => return Ok(value),
                Err(Errno::EINTR) => hooks::check_signals()?,
                Err(Errno(libc::EAGAIN)) if self.has_deadline() => {}
                Err(errno) => return Err(raise(errno)),
            }
        }
    }

    /// As [`call_until`](Self::call_until), with the socket's own timeout.
    pub(super) fn call<T>(&self, wait: Wait, call: impl FnMut(Fd) -> Result<T>) -> PyResult<T> {
        self.call_until(wait, self.deadline(), call)
    }

    /// Connects; the answer is an error of the system.
    fn connect_to(&self, address: &host::Address) -> PyResult<Result<()>> {
        let fd = self.fd();
        let deadline = self.deadline();
        let waits = match ThreadState::allow_threads(|| host::connect(fd, address)) {
            Ok(()) => return Ok(Ok(())),
            Err(Errno::EINTR) => {
                hooks::check_signals()?;
                self.timeout.get() != Some(0)
            }
            Err(Errno(libc::EINPROGRESS)) if self.has_deadline() => true,
            Err(errno) => return Ok(Err(errno)),
        };
        if !waits {
            return Ok(Err(Errno(libc::EINPROGRESS)));
        }
        if !self.wait(Wait::Write, deadline)? {
            return Ok(Err(Errno(libc::EWOULDBLOCK)));
        }
        Ok(
            match host::getsockopt_int(fd, libc::SOL_SOCKET, libc::SO_ERROR) {
                Ok(0 | libc::EISCONN) => Ok(()),
                Ok(error) => Err(Errno(error)),
                Err(errno) => Err(errno),
            },
        )
    }

    fn set_time(&self, timeout: Option<i64>) -> PyResult<()> {
        self.timeout.set(timeout);
        quick(fd::set_blocking(self.fd(), timeout.is_none()))
    }

    /// What a descriptor that was given is.
    fn adopt(&self, fileno: &PyObject, family: i32, kind: i32, proto: i32) -> PyResult<()> {
        let fd = fileno.extract::<i32>()?;
        if fd < 0 {
            return Err(value_error!("negative file descriptor"));
        }
        quick(host::getsockname(fd))?;
        let ask = |given: i32, option: i32| match given {
            -1 => quick(host::getsockopt_int(fd, libc::SOL_SOCKET, option)),
            given => Ok(given),
        };
        self.family.set(ask(family, libc::SO_DOMAIN)?);
        self.kind.set(ask(kind, libc::SO_TYPE)?);
        self.proto.set(ask(proto, libc::SO_PROTOCOL)?);
        self.replace_fd(fd);
        Ok(())
    }

    fn replace_fd(&self, fd: Fd) {
        let old = self.fd.0.replace(fd);
        if old >= 0 && old != fd {
            let _ = fd::close(old);
        }
    }
}

#[pymethods]
impl PySocket {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, PySocket::header(-1, 0, 0, 0))?.into_object())
    }

    #[pyinit(signature = "(family=-1, type=-1, proto=-1, fileno=None)")]
    fn init(
        &self,
        family: i32,
        r#type: i32,
        proto: i32,
        fileno: Option<&PyObject>,
    ) -> PyResult<()> {
        krait_runtime::audit!("socket.__new__", self, family, r#type, proto)?;
        if let Some(fileno) = fileno {
            self.adopt(fileno, family, r#type, proto)?;
            return self.start(r#type.max(0));
        }
        let or = |given: i32, default: i32| if given == -1 { default } else { given };
        let (family, kind) = (or(family, libc::AF_INET), or(r#type, libc::SOCK_STREAM));
        let proto = or(proto, 0);
        let fd = quick(ThreadState::allow_threads(|| {
            host::socket(family, kind, proto)
        }))?;
        self.replace_fd(fd);
        self.family.set(family);
        self.kind
            .set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        self.proto.set(proto);
        self.start(kind)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        format!(
            "<socket object, fd={}, family={}, type={}, proto={}>",
            self.fd(),
            self.family.get(),
            self.kind.get(),
            self.proto.get()
        )
    }

    #[slot(tp_finalize)]
    fn finalize(&self) {
        if self.fd() < 0 {
            return;
        }
        let message = format!("unclosed {}", self.as_object().to_display());
        if let Err(error) = hooks::warn_resource(&message, self) {
            error.write_unraisable(None, Some(self));
        }
        self.replace_fd(-1);
    }

    /// The socket's family.
    #[pygetter]
    fn family(&self) -> i32 {
        self.family.get()
    }

    /// The socket's type.
    #[pygetter(name = "type")]
    fn kind(&self) -> i32 {
        self.kind.get()
    }

    /// The socket's protocol.
    #[pygetter]
    fn proto(&self) -> i32 {
        self.proto.get()
    }

    /// The socket's timeout.
    #[pygetter]
    fn timeout(&self) -> PyResult<Obj> {
        timeout_object(self.timeout.get())
    }

    /// Wait for a connection: a new descriptor, and where it comes from.
    #[pymethod(signature = "($self, /)")]
    fn _accept(&self) -> PyResult<(Fd, Obj)> {
        let (fd, from) = self.call(Wait::Read, host::accept)?;
        match address::object(&from) {
            Ok(from) => Ok((fd, from)),
            Err(error) => {
                let _ = fd::close(fd);
                Err(error)
            }
        }
    }

    /// Give the socket an address of its own.
    #[pymethod(signature = "($self, object, /)")]
    fn bind(&self, object: &PyObject) -> PyResult<()> {
        krait_runtime::audit!("socket.bind", self, object)?;
        let address = address::parse(self.family.get(), object, "bind")?;
        let fd = self.fd();
        quick(ThreadState::allow_threads(|| host::bind(fd, &address)))
    }

    /// Close the socket; it cannot be used afterwards.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        let fd = self.fd.0.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match ThreadState::allow_threads(|| fd::close(fd)) {
            Err(errno) if errno.0 != libc::ECONNRESET => Err(raise(errno)),
            _ => Ok(()),
        }
    }

    /// Connect the socket to an address.
    #[pymethod(signature = "($self, object, /)")]
    fn connect(&self, object: &PyObject) -> PyResult<()> {
        let address = address::parse(self.family.get(), object, "connect")?;
        match self.connect_to(&address)? {
            Ok(()) => Ok(()),
            Err(Errno(libc::EWOULDBLOCK)) if self.has_deadline() => Err(timed_out()),
            Err(errno) => Err(raise(errno)),
        }
    }

    /// Like connect(), but returns the error's number instead of raising it.
    #[pymethod(signature = "($self, object, /)")]
    fn connect_ex(&self, object: &PyObject) -> PyResult<i32> {
        let address = address::parse(self.family.get(), object, "connect_ex")?;
        Ok(self
            .connect_to(&address)?
            .map_or_else(|errno| errno.0, |()| 0))
    }

    /// Let go of the descriptor and return it, without closing it.
    #[pymethod(signature = "($self, /)")]
    fn detach(&self) -> Fd {
        self.fd.0.replace(-1)
    }

    /// Return the descriptor; -1 if the socket is closed.
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> Fd {
        self.fd()
    }

    /// Return the address of the other end.
    #[pymethod(signature = "($self, /)")]
    fn getpeername(&self) -> PyResult<Obj> {
        address::object(&quick(host::getpeername(self.fd()))?)
    }

    /// Return the address of this end.
    #[pymethod(signature = "($self, /)")]
    fn getsockname(&self) -> PyResult<Obj> {
        address::object(&quick(host::getsockname(self.fd()))?)
    }

    /// Return a setting: an int, or with a buflen bytes of at most that length.
    #[pymethod(signature = "($self, level, option, buflen=0, /)", text_signature = "")]
    fn getsockopt(&self, level: i32, option: i32, buflen: i32) -> PyResult<Obj> {
        if buflen == 0 {
            return quick(host::getsockopt_int(self.fd(), level, option))?.into_py();
        }
        let Some(size) = usize::try_from(buflen).ok().filter(|&size| size <= 1024) else {
            return Err(PyErr::new(&exc::OSError, "getsockopt buflen out of range"));
        };
        let value = quick(host::getsockopt(self.fd(), level, option, size))?;
        Ok(PyBytes::new(&value)?.into_object())
    }

    /// Set a setting to an int, to bytes, or to nothing with a length.
    #[pymethod(
        signature = "($self, level, option, value, optlen=None, /)",
        text_signature = ""
    )]
    fn setsockopt(
        &self,
        level: i32,
        option: i32,
        value: &PyObject,
        optlen: OptionalArg<u32>,
    ) -> PyResult<()> {
        if let Some(length) = optlen.present() {
            if !value.is(none()) {
                return Err(type_error!(
                    "setsockopt() takes exactly 3 arguments (4 given)"
                ));
            }
            return quick(host::setsockopt_none(self.fd(), level, option, length));
        }
        if let Some(number) = value.int_value()
            && let Ok(number) = i32::try_from(number)
        {
            let bytes = number.to_ne_bytes();
            return quick(host::setsockopt(self.fd(), level, option, &bytes));
        }
        let bytes = value.bytes_buffer()?.to_vec();
        quick(host::setsockopt(self.fd(), level, option, &bytes))
    }

    /// Let the socket be connected to; backlog connections wait until they are accepted.
    #[pymethod(signature = "($self, backlog=128, /)", text_signature = "")]
    fn listen(&self, backlog: i32) -> PyResult<()> {
        let fd = self.fd();
        quick(ThreadState::allow_threads(|| {
            host::listen(fd, backlog.max(0))
        }))
    }

    /// Have calls wait, or not.
    #[pymethod(signature = "($self, object, /)")]
    fn setblocking(&self, object: bool) -> PyResult<()> {
        self.set_time(if object { None } else { Some(0) })
    }

    /// Return whether calls wait.
    #[pymethod(signature = "($self, /)")]
    fn getblocking(&self) -> bool {
        self.timeout.get() != Some(0)
    }

    /// Set how long calls wait, in seconds; None is without end.
    #[pymethod(signature = "($self, object, /)")]
    fn settimeout(&self, object: &PyObject) -> PyResult<()> {
        self.set_time(timeout_from(object)?)
    }

    /// Return how long calls wait, in seconds; None is without end.
    #[pymethod(signature = "($self, /)")]
    fn gettimeout(&self) -> PyResult<Obj> {
        timeout_object(self.timeout.get())
    }

    /// End reading, writing or both.
    #[pymethod(signature = "($self, object, /)")]
    fn shutdown(&self, object: i32) -> PyResult<()> {
        let fd = self.fd();
        quick(ThreadState::allow_threads(|| host::shutdown(fd, object)))
    }
}

/// Return two sockets that are connected with each other.
#[pyfunction(signature = "(family=1, type=1, proto=0, /)", text_signature = "")]
pub(super) fn socketpair(
    family: i32,
    r#type: i32,
    proto: i32,
) -> PyResult<(Py<PySocket>, Py<PySocket>)> {
    const { assert!(libc::AF_UNIX == 1 && libc::SOCK_STREAM == 1) };
    let (first, second) = quick(host::socketpair(family, r#type, proto))?;
    let wrap = |fd: Fd| -> PyResult<Py<PySocket>> {
        let socket = Py::new(PySocket::header(fd, family, r#type, proto))?;
        socket.start(r#type)?;
        Ok(socket)
    };
    Ok((wrap(first)?, wrap(second)?))
}

/// Close a socket's descriptor.
#[pyfunction(signature = "(object, /)", text_signature = "($self, object, /)")]
pub(super) fn close(object: i32) -> PyResult<()> {
    match ThreadState::allow_threads(|| fd::close(object)) {
        Err(errno) if errno.0 != libc::ECONNRESET => Err(raise(errno)),
        _ => Ok(()),
    }
}

/// Duplicate a socket's descriptor; the copy is not inherited.
#[pyfunction(signature = "(object, /)", text_signature = "($self, object, /)")]
pub(super) fn dup(object: i32) -> PyResult<Fd> {
    quick(fd::dup(object))
}

/// Return how long calls of new sockets wait, in seconds; None is without end.
#[pyfunction(signature = "()", text_signature = "($self, /)")]
pub(super) fn getdefaulttimeout() -> PyResult<Obj> {
    let default = Interpreter::current().extension::<DefaultTimeout>();
    timeout_object(default.0.get())
}

/// Set how long calls of new sockets wait, in seconds; None is without end.
#[pyfunction(signature = "(object, /)", text_signature = "($self, object, /)")]
pub(super) fn setdefaulttimeout(object: &PyObject) -> PyResult<()> {
    let default = Interpreter::current().extension::<DefaultTimeout>();
    default.0.set(timeout_from(object)?);
    Ok(())
}
