//! The resolver: names to addresses and back.

use std::ffi::CString;

use krait_host::socket::{self as host, Address, Hints};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    PyBytes, PyErr, PyList, PyLong, PyResult, PyStr, PyTuple, ThreadState, exc, none,
    overflow_error, type_error,
};

use super::address::{host_name, idna, object, raise_gai, resolve};
use crate::common::{c_string, fs_decode, list_of};

/// What getaddrinfo() looks for: nothing, or the name of a host.
fn wanted_host(host: &PyObject) -> PyResult<Option<CString>> {
    if host.is(none()) {
        return Ok(None);
    }
    let bytes = if let Some(text) = host.downcast::<PyStr>() {
        idna(text)?
    } else if let Some(bytes) = host.downcast::<PyBytes>() {
        bytes.as_bytes().to_vec()
    } else {
        return Err(type_error!(
            "getaddrinfo() argument 1 must be string or None"
        ));
    };
    c_string(&bytes).map(Some)
}

fn wanted_service(port: &PyObject) -> PyResult<Option<CString>> {
    if port.is(none()) {
        Ok(None)
    } else if let Some(number) = port.downcast::<PyLong>() {
        c_string(number.to_decimal()?.as_bytes()).map(Some)
    } else if let Some(text) = port.downcast::<PyStr>() {
        c_string(text.as_utf8()?.as_bytes()).map(Some)
    } else if let Some(bytes) = port.downcast::<PyBytes>() {
        c_string(bytes.as_bytes()).map(Some)
    } else {
        Err(PyErr::new(&exc::OSError, "Int or String expected"))
    }
}

/// Look up a host and a port or service.
///
/// Returns a list of (family, type, proto, canonical name, address).
#[pyfunction(
    signature = "(host, port, family=0, type=0, proto=0, flags=0)",
    text_signature = ""
)]
pub(super) fn getaddrinfo(
    host: &PyObject,
    port: &PyObject,
    family: i32,
    r#type: i32,
    proto: i32,
    flags: i32,
) -> PyResult<Py<PyList>> {
    let (name, service) = (wanted_host(host)?, wanted_service(port)?);
    let hints = Hints {
        family,
        kind: r#type,
        protocol: proto,
        flags,
    };
    let found = ThreadState::allow_threads(|| {
        host::getaddrinfo(name.as_deref(), service.as_deref(), hints)
    })
    .map_err(raise_gai)?;
    list_of(found.iter().map(|info| {
        Ok((
            info.family,
            info.kind,
            info.protocol,
            fs_decode(&info.canonical)?,
            object(&info.address)?,
        ))
    }))
}

/// Look up the names of a host and a port: of an address as sockets have it.
#[pyfunction(signature = "(sockaddr, flags, /)", text_signature = "")]
pub(super) fn getnameinfo(sockaddr: &PyObject, flags: i32) -> PyResult<(Py<PyStr>, Py<PyStr>)> {
    let Some(items) = sockaddr.downcast::<PyTuple>().map(PyTuple::as_slice) else {
        return Err(type_error!("getnameinfo() argument 1 must be a tuple"));
    };
    let illegal = || type_error!("getnameinfo(): illegal sockaddr argument");
    let [name, port, rest @ ..] = items else {
        return Err(illegal());
    };
    let Some(name) = name.downcast::<PyStr>().filter(|_| rest.len() <= 2) else {
        return Err(illegal());
    };
    let port = port.extract::<i32>()?;
    let number = |index: usize| rest.get(index).map_or(Ok(0), |item| item.extract::<u32>());
    let (flowinfo, scope) = (number(0)?, number(1)?);
    if flowinfo > 0xfffff {
        return Err(overflow_error!(
            "getnameinfo(): flowinfo must be 0-1048575."
        ));
    }
    let name = c_string(name.as_utf8()?.as_bytes())?;
    let service = c_string(port.to_string().as_bytes())?;
    // The address must be a number.
    let hints = Hints {
        kind: libc::SOCK_DGRAM,
        flags: libc::AI_NUMERICHOST,
        ..Hints::default()
    };
    let found =
        ThreadState::allow_threads(|| host::getaddrinfo(Some(&name), Some(&service), hints))
            .map_err(raise_gai)?;
    let mut found = found.into_iter();
    let (Some(info), None) = (found.next(), found.next()) else {
        return Err(PyErr::new(
            &exc::OSError,
            "sockaddr resolved to multiple addresses",
        ));
    };
    let wanted = match info.address {
        Address::Inet { .. } if !rest.is_empty() => {
            return Err(PyErr::new(&exc::OSError, "IPv4 sockaddr must be 2 tuple"));
        }
        Address::Inet6 { host, port, .. } => Address::Inet6 {
            host,
            port,
            flowinfo,
            scope,
        },
        other => other,
    };
    let (host, service) =
        ThreadState::allow_threads(|| host::getnameinfo(&wanted, flags)).map_err(raise_gai)?;
    Ok((fs_decode(&host)?, fs_decode(&service)?))
}

fn host_argument(function: &str, host: &PyObject) -> PyResult<CString> {
    host_name(host, || {
        type_error!(
            "{function}() argument 1 must be str, bytes or bytearray, not {}",
            host.type_().tp_name()
        )
    })
}

/// The address alone of what a socket has.
fn number_of(address: &Address) -> PyResult<Obj> {
    let whole = object(address)?;
    match whole.downcast::<PyTuple>().and_then(|tuple| tuple.get(0)) {
        Some(number) => Ok(number.to_obj()),
        None => Ok(whole),
    }
}

/// Return the IPv4 address of a host, as text.
#[pyfunction(signature = "(host, /)", text_signature = "")]
pub(super) fn gethostbyname(host: &PyObject) -> PyResult<Obj> {
    let name = host_argument("gethostbyname", host)?;
    number_of(&resolve(&name, libc::AF_INET)?)
}

/// What is known of a host: its name, other names, addresses.
type HostEntry = (Py<PyStr>, Py<PyList>, Py<PyList>);

/// The entry of a name: its canonical name and all its addresses.
fn entry(name: &CString, family: i32) -> PyResult<HostEntry> {
    let hints = Hints {
        family,
        kind: libc::SOCK_STREAM,
        flags: libc::AI_CANONNAME,
        ..Hints::default()
    };
    let found = ThreadState::allow_threads(|| host::getaddrinfo(Some(name), None, hints))
        .map_err(raise_gai)?;
    let canonical = found
        .first()
        .map(|info| info.canonical.clone())
        .filter(|canonical| !canonical.is_empty())
        .unwrap_or_else(|| name.to_bytes().to_vec());
    let addresses = list_of(found.iter().map(|info| number_of(&info.address)))?;
    Ok((fs_decode(&canonical)?, PyList::new()?, addresses))
}

/// Return the name, the other names and the IPv4 addresses of a host.
#[pyfunction(signature = "(host, /)", text_signature = "")]
pub(super) fn gethostbyname_ex(host: &PyObject) -> PyResult<HostEntry> {
    let name = host_argument("gethostbyname_ex", host)?;
    entry(&name, libc::AF_INET)
}

/// Return the name, the other names and the addresses of a host that is given by its address.
#[pyfunction(signature = "(host, /)", text_signature = "")]
pub(super) fn gethostbyaddr(host: &PyObject) -> PyResult<HostEntry> {
    let name = host_argument("gethostbyaddr", host)?;
    let address = resolve(&name, libc::AF_UNSPEC)?;
    let answer = ThreadState::allow_threads(|| host::getnameinfo(&address, libc::NI_NAMEREQD));
    match answer {
        Ok((found, _)) => Ok((
            fs_decode(&found)?,
            PyList::new()?,
            list_of([number_of(&address)])?,
        )),
        // The number and text of C's HOST_NOT_FOUND.
        Err(_) => Err(crate::exception::raise_numbered(
            "socket.herror",
            1,
            "Unknown host",
        )),
    }
}
