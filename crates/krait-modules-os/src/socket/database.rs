//! Small functions: names of the machine, services, protocols and interfaces, forms of addresses.

use std::ffi::CString;

use krait_host::socket as host;
use krait_macros::pyfunction;
use krait_runtime::object::{Py, PyClass, PyObject};
use krait_runtime::{
    PyBytes, PyErr, PyList, PyLong, PyResult, PyStr, ThreadState, exc, overflow_error, value_error,
};

use crate::common::{FsPath, c_string, fs_decode, list_of, quick};

/// Return the name of the machine.
#[pyfunction(signature = "()", text_signature = "($self, /)")]
pub(super) fn gethostname() -> PyResult<Py<PyStr>> {
    krait_runtime::audit!("socket.gethostname")?;
    fs_decode(&quick(host::gethostname())?)
}

/// Set the name of the machine.
#[pyfunction(signature = "(name, /)", text_signature = "")]
pub(super) fn sethostname(name: FsPath) -> PyResult<()> {
    quick(host::sethostname(name.0.to_bytes()))
}

fn not_found(message: &str) -> PyErr {
    PyErr::new(&exc::OSError, message)
}

fn optional(text: Option<&str>) -> PyResult<Option<CString>> {
    text.map(|text| c_string(text.as_bytes())).transpose()
}

/// Return the port of a service, of a protocol if one is given.
#[pyfunction(signature = "(servicename, protocolname=None, /)", text_signature = "")]
pub(super) fn getservbyname(servicename: &str, protocolname: Option<&str>) -> PyResult<u16> {
    let (name, protocol) = (c_string(servicename.as_bytes())?, optional(protocolname)?);
    ThreadState::allow_threads(|| host::getservbyname(&name, protocol.as_deref()))
        .ok_or_else(|| not_found("service/proto not found"))
}

/// Return the name of the service at a port, of a protocol if one is given.
#[pyfunction(signature = "(port, protocolname=None, /)", text_signature = "")]
pub(super) fn getservbyport(port: i32, protocolname: Option<&str>) -> PyResult<Py<PyStr>> {
    let Ok(port) = u16::try_from(port) else {
        return Err(overflow_error!("getservbyport: port must be 0-65535."));
    };
    let protocol = optional(protocolname)?;
    let name = ThreadState::allow_threads(|| host::getservbyport(port, protocol.as_deref()));
    match name {
        Some(name) => fs_decode(&name),
        None => Err(not_found("port/proto not found")),
    }
}

/// Return the number of a protocol.
#[pyfunction(signature = "(name, /)", text_signature = "")]
pub(super) fn getprotobyname(name: &str) -> PyResult<i32> {
    let name = c_string(name.as_bytes())?;
    ThreadState::allow_threads(|| host::getprotobyname(&name))
        .ok_or_else(|| not_found("protocol not found"))
}

/// Return a list of the network interfaces: pairs of number and name.
#[pyfunction(signature = "()", text_signature = "($self, /)")]
pub(super) fn if_nameindex() -> PyResult<Py<PyList>> {
    let interfaces = quick(host::if_nameindex())?;
    list_of(
        interfaces
            .iter()
            .map(|(index, name)| fs_decode(name.to_bytes()).map(|name| (*index, name))),
    )
}

/// Return the number of a network interface.
#[pyfunction(signature = "(oname, /)")]
pub(super) fn if_nametoindex(oname: FsPath) -> PyResult<u32> {
    quick(host::if_nametoindex(&oname.0))
}

/// Return the name of a network interface.
#[pyfunction(signature = "(if_index, /)")]
pub(super) fn if_indextoname(if_index: u32) -> PyResult<Py<PyStr>> {
    fs_decode(&quick(host::if_indextoname(if_index))?)
}

/// Convert an IPv4 address from text to its four bytes.
#[pyfunction(signature = "(ip_addr, /)")]
pub(super) fn inet_aton(ip_addr: &str) -> PyResult<Py<PyBytes>> {
    match host::inet_aton(&c_string(ip_addr.as_bytes())?) {
        Some(bytes) => PyBytes::new(&bytes),
        None => Err(not_found("illegal IP address string passed to inet_aton")),
    }
}

/// Convert an IPv4 address from its four bytes to text.
#[pyfunction(signature = "(packed_ip, /)")]
pub(super) fn inet_ntoa(packed_ip: &PyObject) -> PyResult<String> {
    let bytes = packed_ip.bytes_buffer()?.to_vec();
    if bytes.len() != 4 {
        return Err(not_found("packed IP wrong length for inet_ntoa"));
    }
    quick(host::inet_ntop(libc::AF_INET, &bytes))
}

/// Convert an address of a family from text to bytes.
#[pyfunction(signature = "(af, ip, /)", text_signature = "")]
pub(super) fn inet_pton(af: i32, ip: &str) -> PyResult<Py<PyBytes>> {
    match quick(host::inet_pton(af, &c_string(ip.as_bytes())?))? {
        Some(bytes) => PyBytes::new(&bytes),
        None => Err(not_found("illegal IP address string passed to inet_pton")),
    }
}

/// Convert an address of a family from bytes to text.
#[pyfunction(signature = "(af, packed_ip, /)", text_signature = "")]
pub(super) fn inet_ntop(af: i32, packed_ip: &PyObject) -> PyResult<String> {
    let bytes = packed_ip.bytes_buffer()?.to_vec();
    let length = match af {
        libc::AF_INET => 4,
        libc::AF_INET6 => 16,
        _ => return Err(value_error!("unknown address family {af}")),
    };
    if bytes.len() != length {
        return Err(value_error!("invalid length of packed IP address string"));
    }
    quick(host::inet_ntop(af, &bytes))
}

fn unsigned<T: TryFrom<u64>>(integer: &PyObject, name: &str) -> PyResult<T> {
    let number: Py<PyLong> = match integer.downcast::<PyLong>() {
        Some(number) => PyClass::to_owned(number),
        None => integer.index()?,
    };
    if number.is_negative() {
        return Err(value_error!("Cannot convert negative int"));
    }
    number
        .to_u64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| overflow_error!("Python int too large for C {name}"))
}

/// Convert a 16-bit unsigned integer from host to network byte order.
#[pyfunction(signature = "(integer, /)")]
pub(super) fn htons(integer: &PyObject) -> PyResult<u16> {
    Ok(unsigned::<u16>(integer, "uint16_t")?.to_be())
}

/// Convert a 16-bit unsigned integer from network to host byte order.
#[pyfunction(signature = "(integer, /)")]
pub(super) fn ntohs(integer: &PyObject) -> PyResult<u16> {
    Ok(u16::from_be(unsigned(integer, "uint16_t")?))
}

/// Convert a 32-bit unsigned integer from host to network byte order.
#[pyfunction(signature = "(integer, /)")]
pub(super) fn htonl(integer: &PyObject) -> PyResult<u32> {
    Ok(unsigned::<u32>(integer, "uint32_t")?.to_be())
}

/// Convert a 32-bit unsigned integer from network to host byte order.
#[pyfunction(signature = "(integer, /)")]
pub(super) fn ntohl(integer: &PyObject) -> PyResult<u32> {
    Ok(u32::from_be(unsigned(integer, "uint32_t")?))
}
