//! Messages of several buffers, with data beside them.

use krait_host::socket::{self as host, Ancillary, Received};
use krait_macros::{pyfunction, pymethods};
use krait_runtime::buffer::BufferView;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    OptionalArg, PyBytes, PyErr, PyList, PyResult, PyTuple, exc, overflow_error, type_error,
    value_error,
};

use super::address;
use super::object::{PySocket, Wait};
use super::transfer::{given, room};
use crate::common::list_of;

/// What is received beside the data: a list of (level, type, bytes).
fn ancillary_list(received: &Received) -> PyResult<Py<PyList>> {
    list_of(
        received
            .ancillary
            .iter()
            .map(|(level, kind, data)| PyBytes::new(data).map(|data| (*level, *kind, data))),
    )
}

fn control_size(size: isize) -> PyResult<usize> {
    usize::try_from(size)
        .ok()
        .filter(|&size| size <= i32::MAX as usize)
        .ok_or_else(|| value_error!("invalid ancillary data buffer length"))
}

fn iterable(object: &PyObject, function: &str, number: usize) -> PyResult<Vec<Obj>> {
    object.to_vec_or(&format!(
        "{function}() argument {number} must be an iterable"
    ))
}

fn ancillary_item(item: &PyObject) -> PyResult<Ancillary> {
    let what = "[sendmsg() ancillary data items]() argument must be";
    let Some(tuple) = item.downcast::<PyTuple>() else {
        return Err(type_error!(
            "{what} 3-item tuple, not {}",
            item.type_().tp_name()
        ));
    };
    let [level, kind, data] = tuple.as_slice() else {
        return Err(type_error!("{what} tuple of length 3, not {}", tuple.len()));
    };
    Ok((
        level.extract()?,
        kind.extract()?,
        data.bytes_buffer()?.to_vec(),
    ))
}

#[pymethods(MESSAGE)]
impl PySocket {
    /// Receive bytes, what is beside them, flags and the address of the sender.
    #[pymethod(
        signature = "($self, bufsize, ancbufsize=0, flags=0, /)",
        text_signature = ""
    )]
    fn recvmsg(
        &self,
        bufsize: isize,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<(Py<PyBytes>, Py<PyList>, i32, Obj)> {
        let mut buffer = room(bufsize, "negative buffer size in recvmsg()")?;
        let control = control_size(ancbufsize)?;
        let received = self.call(Wait::Read, |fd| {
            host::recvmsg(fd, &mut [&mut buffer[..]], control, flags)
        })?;
        let length = received.length.min(buffer.len());
        Ok((
            PyBytes::new(&buffer[..length])?,
            ancillary_list(&received)?,
            received.flags,
            address::object(&received.address)?,
        ))
    }

    /// Like recvmsg(), into several buffers; the first item of the result is how many bytes.
    #[pymethod(
        signature = "($self, buffers, ancbufsize=0, flags=0, /)",
        text_signature = ""
    )]
    fn recvmsg_into(
        &self,
        buffers: &PyObject,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<(usize, Py<PyList>, i32, Obj)> {
        let items = iterable(buffers, "recvmsg_into", 1)?;
        let views = items
            .iter()
            .map(|item| item.writable_buffer())
            .collect::<PyResult<Vec<BufferView>>>()?;
        let control = control_size(ancbufsize)?;
        // Other threads may use the buffers meanwhile: what comes is copied in afterwards.
        let mut copies: Vec<Vec<u8>> = views.iter().map(|view| vec![0; view.len()]).collect();
        let received = self.call(Wait::Read, |fd| {
            let mut slices: Vec<&mut [u8]> = copies.iter_mut().map(|copy| &mut copy[..]).collect();
            host::recvmsg(fd, &mut slices, control, flags)
        })?;
        let mut left = received.length;
        for (view, copy) in views.iter().zip(&copies) {
            let count = left.min(copy.len());
            view.write_at(0, &copy[..count]);
            left -= count;
        }
        Ok((
            received.length,
            ancillary_list(&received)?,
            received.flags,
            address::object(&received.address)?,
        ))
    }

    /// Send several buffers as one message, with data beside them and to an address.
    #[pymethod(
        signature = "($self, buffers, ancdata=<unrepresentable>, flags=0, address=None, /)",
        text_signature = ""
    )]
    fn sendmsg(
        &self,
        buffers: &PyObject,
        ancdata: OptionalArg<&PyObject>,
        flags: i32,
        address: Option<&PyObject>,
    ) -> PyResult<usize> {
        let items = iterable(buffers, "sendmsg", 1)?;
        let copies = items
            .iter()
            .map(|item| item.bytes_buffer().map(|view| view.to_vec()))
            .collect::<PyResult<Vec<_>>>()?;
        let ancillary = match given(ancdata) {
            None => Vec::new(),
            Some(items) => iterable(items, "sendmsg", 2)?
                .iter()
                .map(|item| ancillary_item(item))
                .collect::<PyResult<Vec<_>>>()?,
        };
        let to = address
            .map(|to| super::address::parse(self.family.get(), to, "sendmsg"))
            .transpose()?;
        let slices: Vec<&[u8]> = copies.iter().map(|copy| &copy[..]).collect();
        if slices.len() > 1024 {
            return Err(PyErr::new(
                &exc::OSError,
                "sendmsg() argument 1 is too long",
            ));
        }
        self.call(Wait::Write, |fd| {
            host::sendmsg(fd, &slices, &ancillary, flags, to.as_ref())
        })
    }
}

fn control_length(function: &str, length: i64) -> PyResult<(usize, usize)> {
    let limit = i64::from(i32::MAX) - 32;
    if !(0..=limit).contains(&length) {
        return Err(overflow_error!("{function}() argument out of range"));
    }
    Ok(host::cmsg_space(length as u32))
}

/// Return the length of a message beside the data, without padding at the end.
#[pyfunction(signature = "(length, /)", text_signature = "")]
#[allow(non_snake_case, reason = "the name is C's")]
pub(super) fn CMSG_LEN(length: i64) -> PyResult<usize> {
    Ok(control_length("CMSG_LEN", length)?.1)
}

/// Return the room that a message beside the data takes, with padding.
#[pyfunction(signature = "(length, /)", text_signature = "")]
#[allow(non_snake_case, reason = "the name is C's")]
pub(super) fn CMSG_SPACE(length: i64) -> PyResult<usize> {
    Ok(control_length("CMSG_SPACE", length)?.0)
}
