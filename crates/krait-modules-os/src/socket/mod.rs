//! `_socket`: sockets and the resolver.

mod address;
mod constants;
mod database;
mod message;
mod object;
mod resolve;
mod transfer;

use krait_runtime::object::PyClass;
use krait_runtime::{PyModule, PyResult, exc, pymodule, true_};

use crate::common::add_ints;

pymodule! {
    pub(crate) SOCKET = "_socket",
    "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    functions: [
        object::socketpair,
        object::close,
        object::dup,
        object::getdefaulttimeout,
        object::setdefaulttimeout,
        message::CMSG_LEN,
        message::CMSG_SPACE,
        resolve::getaddrinfo,
        resolve::getnameinfo,
        resolve::gethostbyname,
        resolve::gethostbyname_ex,
        resolve::gethostbyaddr,
        database::gethostname,
        database::sethostname,
        database::getservbyname,
        database::getservbyport,
        database::getprotobyname,
        database::if_nameindex,
        database::if_nametoindex,
        database::if_indextoname,
        database::inet_aton,
        database::inet_ntoa,
        database::inet_pton,
        database::inet_ntop,
        database::htons,
        database::ntohs,
        database::htonl,
        database::ntohl,
    ],
    classes: [object::PySocket],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("error", exc::OSError.as_object())?;
    dict.set("timeout", exc::TimeoutError.as_object())?;
    dict.set("SocketType", object::PySocket::type_object())?;
    dict.set("has_ipv6", true_())?;
    crate::exception::add_exception(module, "socket.herror", &exc::OSError)?;
    crate::exception::add_exception(module, "socket.gaierror", &exc::OSError)?;
    dict.set(
        "BDADDR_ANY",
        &*krait_runtime::PyStr::new("00:00:00:00:00:00")?,
    )?;
    dict.set(
        "BDADDR_LOCAL",
        &*krait_runtime::PyStr::new("00:00:00:FF:FF:FF")?,
    )?;
    add_ints(&dict, constants::CONSTANTS)
}
