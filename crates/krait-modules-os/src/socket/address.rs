//! Addresses between Python's tuples and the system.

use std::ffi::CString;

use krait_host::socket::{self as host, Address, GaiError, Hints};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    IntoPy, PyBytes, PyErr, PyResult, PyStr, PyTuple, ThreadState, exc, overflow_error, type_error,
};

use crate::common::{fs_decode, fs_encode, raise};

/// The error of the resolver.
#[cold]
pub(super) fn raise_gai(error: GaiError) -> PyErr {
    match error.errno {
        Some(errno) => raise(errno),
        None => crate::exception::raise_numbered("socket.gaierror", error.code, &error.text),
    }
}

/// The bytes of a string or bytes-like object; `None` for anything else.
fn plain_bytes(object: &PyObject) -> PyResult<Option<Vec<u8>>> {
    if object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<krait_runtime::bytearray::PyByteArray>()
    {
        return Ok(Some(object.bytes_buffer()?.to_vec()));
    }
    Ok(None)
}

/// The name of a host: text goes through IDNA.
pub(super) fn host_name(object: &PyObject, other: impl FnOnce() -> PyErr) -> PyResult<CString> {
    let bytes = if let Some(text) = object.downcast::<PyStr>() {
        match text.as_ascii() {
            Some(text) => text.as_bytes().to_vec(),
            None => idna(text)?,
        }
    } else {
        match plain_bytes(object)? {
            Some(bytes) => bytes,
            None => return Err(other()),
        }
    };
    CString::new(bytes).map_err(|_| type_error!("host name must not contain null character"))
}

/// The name of a host in IDNA.
pub(super) fn idna(text: &PyStr) -> PyResult<Vec<u8>> {
    let encoded = text.call_method(krait_runtime::intern!("encode"), &[&*PyStr::new("idna")?])?;
    match encoded.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_bytes().to_vec()),
        None => Err(type_error!("encoding of hostname failed")),
    }
}

/// The address of a host of a family, with port 0.
pub(super) fn resolve(name: &CString, family: i32) -> PyResult<Address> {
    let any = match (name.to_bytes(), family) {
        (b"", libc::AF_INET6) => return Ok(inet6([0; 16], 0, 0, 0)),
        (b"", _) => Some([0; 4]),
        (b"<broadcast>" | b"255.255.255.255", libc::AF_INET | libc::AF_UNSPEC) => Some([255; 4]),
        _ => None,
    };
    if let Some(host) = any {
        return Ok(Address::Inet { host, port: 0 });
    }
    if family != libc::AF_INET6
        && let Ok(Some(bytes)) = host::inet_pton(libc::AF_INET, name)
        && let Ok(host) = bytes.try_into()
    {
        return Ok(Address::Inet { host, port: 0 });
    }
    let hints = Hints {
        family,
        ..Hints::default()
    };
    ThreadState::allow_threads(|| host::getaddrinfo(Some(name), None, hints))
        .map_err(raise_gai)?
        .into_iter()
        .next()
        .map(|info| info.address)
        .ok_or_else(|| PyErr::new(&exc::OSError, "unknown address family"))
}

fn inet6(host: [u8; 16], port: u16, flowinfo: u32, scope: u32) -> Address {
    Address::Inet6 {
        host,
        port,
        flowinfo,
        scope,
    }
}

fn port(caller: &str, object: &PyObject) -> PyResult<u16> {
    let number = object.extract::<i32>()?;
    u16::try_from(number).map_err(|_| overflow_error!("{caller}(): port must be 0-65535."))
}

fn tuple<'a>(caller: &str, family: &str, object: &'a PyObject) -> PyResult<&'a [Obj]> {
    match object.downcast::<PyTuple>() {
        Some(tuple) => Ok(tuple.as_slice()),
        None => Err(type_error!(
            "{caller}(): {family} address must be tuple, not {}",
            object.type_().tp_name()
        )),
    }
}

/// The address that a socket of a family is given.
pub(super) fn parse(family: i32, object: &PyObject, caller: &str) -> PyResult<Address> {
    let bad_host = |object: &Obj| {
        let name = object.type_().tp_name();
        move || type_error!("str, bytes or bytearray expected, not {name}")
    };
    match family {
        libc::AF_UNIX => unix(object),
        libc::AF_INET => {
            let [name, port_object] = tuple(caller, "AF_INET", object)? else {
                return Err(type_error!("AF_INET address must be a pair (host, port)"));
            };
            let name = host_name(name, bad_host(name))?;
            // The name is resolved only when the rest is in order.
            let port = port(caller, port_object)?;
            match resolve(&name, libc::AF_INET)? {
                Address::Inet { host, .. } => Ok(Address::Inet { host, port }),
                _ => Err(PyErr::new(&exc::OSError, "address family mismatched")),
            }
        }
        libc::AF_INET6 => {
            let items = tuple(caller, "AF_INET6", object)?;
            let (2..=4, [name, port_object, rest @ ..]) = (items.len(), items) else {
                return Err(type_error!(
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
                ));
            };
            let number = |index: usize| rest.get(index).map_or(Ok(0), |item| item.extract::<u32>());
            let name = host_name(name, bad_host(name))?;
            let port = port(caller, port_object)?;
            let (flowinfo, given) = (number(0)?, number(1)?);
            if flowinfo > 0xfffff {
                return Err(overflow_error!("{caller}(): flowinfo must be 0-1048575."));
            }
            match resolve(&name, libc::AF_INET6)? {
                Address::Inet6 { host, scope, .. } => {
                    let scope = if rest.len() == 2 { given } else { scope };
                    Ok(inet6(host, port, flowinfo, scope))
                }
                _ => Err(PyErr::new(&exc::OSError, "address family mismatched")),
            }
        }
        libc::AF_NETLINK => {
            let [pid, groups] = tuple(caller, "AF_NETLINK", object)? else {
                return Err(type_error!(
                    "AF_NETLINK address must be a pair (pid, groups)"
                ));
            };
            Ok(Address::Netlink {
                pid: pid.extract()?,
                groups: groups.extract()?,
            })
        }
        _ => Err(PyErr::new(&exc::OSError, format!("{caller}(): bad family"))),
    }
}

fn unix(object: &PyObject) -> PyResult<Address> {
    let path = match object.downcast::<PyStr>() {
        Some(text) => fs_encode(text)?.as_bytes().to_vec(),
        None => object.bytes_buffer()?.to_vec(),
    };
    // The name of a file needs room for its zero.
    let named = path.first().is_some_and(|&byte| byte != 0);
    if path.len() + usize::from(named) > 108 {
        return Err(PyErr::new(&exc::OSError, "AF_UNIX path too long"));
    }
    Ok(Address::Unix(path))
}

/// The address as Python sees it.
pub(super) fn object(address: &Address) -> PyResult<Obj> {
    let text = |family: i32, bytes: &[u8]| host::inet_ntop(family, bytes).map_err(raise);
    match address {
        Address::Unnamed => ().into_py(),
        Address::Inet { host, port } => (text(libc::AF_INET, host)?, *port).into_py(),
        Address::Inet6 {
            host,
            port,
            flowinfo,
            scope,
        } => {
            let mut name = text(libc::AF_INET6, host)?;
            // A link-local address means something on its own link only.
            if host[0] == 0xfe
                && host[1] & 0xc0 == 0x80
                && let Ok(link) = host::if_indextoname(*scope)
            {
                name.push('%');
                name.push_str(&String::from_utf8_lossy(&link));
            }
            (name, *port, *flowinfo, *scope).into_py()
        }
        Address::Unix(path) if path.first() == Some(&0) => Ok(PyBytes::new(path)?.into_object()),
        Address::Unix(path) => fs_decode(path).map(Py::into_object),
        Address::Netlink { pid, groups } => (*pid, *groups).into_py(),
        Address::Other { family, data } => (*family, PyBytes::new(data)?).into_py(),
    }
}
