//! Sending and receiving.

use krait_host::socket as host;
use krait_macros::pymethods;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{OptionalArg, PyBytes, PyResult, err, type_error, value_error};

use super::address;
use super::object::{PySocket, Wait};
use crate::posix::with_bytes;

/// Room for so many bytes.
pub(super) fn room(size: isize, negative: &str) -> PyResult<Vec<u8>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(value_error!("{negative}"));
    };
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(size)
        .map_err(|_| err::no_memory())?;
    buffer.resize(size, 0);
    Ok(buffer)
}

#[pymethods(TRANSFER)]
impl PySocket {
    /// Receive up to bufsize bytes; none at the end.
    #[pymethod(signature = "($self, bufsize, flags=0, /)", text_signature = "")]
    fn recv(&self, bufsize: isize, flags: i32) -> PyResult<Py<PyBytes>> {
        let mut buffer = room(bufsize, "negative buffersize in recv")?;
        // Nothing is to be waited for.
        if buffer.is_empty() {
            return PyBytes::new(b"");
        }
        let count = self.call(Wait::Read, |fd| host::recv(fd, &mut buffer, flags))?;
        PyBytes::new(&buffer[..count])
    }

    /// Like recv(), into a buffer; returns how many bytes.
    #[pymethod(
        signature = "($self, /, buffer, nbytes=0, flags=0)",
        text_signature = ""
    )]
    fn recv_into(&self, buffer: &PyObject, nbytes: isize, flags: i32) -> PyResult<usize> {
        let view = writable("recv_into", buffer)?;
        let mut bytes = room(nbytes, "negative buffersize in recv_into")?;
        if nbytes == 0 {
            bytes.resize(view.len(), 0);
        }
        if view.len() < bytes.len() {
            return Err(value_error!("buffer too small for requested bytes"));
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let count = self.call(Wait::Read, |fd| host::recv(fd, &mut bytes, flags))?;
        view.write_at(0, &bytes[..count]);
        Ok(count)
    }

    /// Like recv(), with the address of the sender.
    #[pymethod(signature = "($self, bufsize, flags=0, /)", text_signature = "")]
    fn recvfrom(&self, bufsize: isize, flags: i32) -> PyResult<(Py<PyBytes>, Obj)> {
        let mut buffer = room(bufsize, "negative buffersize in recvfrom")?;
        let (count, from) = self.call(Wait::Read, |fd| host::recvfrom(fd, &mut buffer, flags))?;
        Ok((PyBytes::new(&buffer[..count])?, address::object(&from)?))
    }

    /// Like recv_into(), with the address of the sender.
    #[pymethod(
        signature = "($self, /, buffer, nbytes=0, flags=0)",
        text_signature = ""
    )]
    fn recvfrom_into(
        &self,
        buffer: &PyObject,
        nbytes: isize,
        flags: i32,
    ) -> PyResult<(usize, Obj)> {
        let view = writable("recvfrom_into", buffer)?;
        let mut bytes = room(nbytes, "negative buffersize in recvfrom_into")?;
        if nbytes == 0 {
            bytes.resize(view.len(), 0);
        }
        if view.len() < bytes.len() {
            return Err(value_error!(
                "nbytes is greater than the length of the buffer"
            ));
        }
        let (count, from) = self.call(Wait::Read, |fd| host::recvfrom(fd, &mut bytes, flags))?;
        view.write_at(0, &bytes[..count]);
        Ok((count, address::object(&from)?))
    }

    /// Send bytes; returns how many the system took.
    #[pymethod(signature = "($self, data, flags=0, /)", text_signature = "")]
    fn send(&self, data: &PyObject, flags: i32) -> PyResult<usize> {
        with_bytes(data, |bytes| {
            self.call(Wait::Write, |fd| host::send(fd, bytes, flags))
        })
    }

    /// Send bytes, all of them, within the timeout.
    #[pymethod(signature = "($self, data, flags=0, /)", text_signature = "")]
    fn sendall(&self, data: &PyObject, flags: i32) -> PyResult<()> {
        let deadline = self.deadline();
        with_bytes(data, |mut bytes| {
            while !bytes.is_empty() {
                let count =
                    self.call_until(Wait::Write, deadline, |fd| host::send(fd, bytes, flags))?;
                bytes = bytes.get(count..).unwrap_or_default();
                krait_runtime::hooks::check_signals()?;
            }
            Ok(())
        })
    }

    /// Send bytes to an address, which may come after flags.
    #[pymethod(signature = "($self, /, *args)", text_signature = "")]
    fn sendto(&self, args: krait_runtime::Args<'_>) -> PyResult<usize> {
        let (data, flags, to) = match args.as_slice() {
            [data, to] => (*data, 0, *to),
            [data, flags, to] => (*data, flags.extract::<i32>()?, *to),
            other => {
                return Err(type_error!(
                    "sendto() takes 2 or 3 arguments ({} given)",
                    other.len()
                ));
            }
        };
        with_bytes(data, |bytes| {
            let to = address::parse(self.family.get(), to, "sendto")?;
            self.call(Wait::Write, |fd| host::sendto(fd, bytes, flags, &to))
        })
    }
}

fn writable(function: &str, buffer: &PyObject) -> PyResult<krait_runtime::buffer::BufferView> {
    match buffer.buffer(krait_abi::PyBUF_WRITABLE) {
        Ok(view) => Ok(view),
        Err(error) => {
            error.clear();
            Err(type_error!(
                "{function}() argument 1 must be read-write bytes-like object, not {}",
                buffer.type_().tp_name()
            ))
        }
    }
}

/// An argument that may be missing or None.
pub(super) fn given(argument: OptionalArg<&PyObject>) -> Option<&PyObject> {
    argument
        .present()
        .filter(|argument| !argument.is(krait_runtime::none()))
}
