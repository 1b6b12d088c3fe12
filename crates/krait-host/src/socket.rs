//! Sockets.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::errno::{Errno, Result, check, count, done, lent, plain, zeroed};
use crate::fd::Fd;

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// None, as of an end of a socket pair.
    Unnamed,
    /// IPv4.
    Inet {
        /// The address, in the order of its parts.
        host: [u8; 4],
        /// The port.
        port: u16,
    },
    /// IPv6.
    Inet6 {
        /// The address, in the order of its parts.
        host: [u8; 16],
        /// The port.
        port: u16,
        /// The flow.
        flowinfo: u32,
        /// The scope.
        scope: u32,
    },
    /// A file, or an abstract name, which begins with a zero.
    Unix(Vec<u8>),
    /// Netlink.
    Netlink {
        /// The process.
        pid: u32,
        /// The groups.
        groups: u32,
    },
    /// Of a family that is not known here.
    Other {
        /// The family.
        family: u16,
        /// What follows it.
        data: Vec<u8>,
    },
}

/// An address in C's form, with its length.
struct Raw {
    storage: libc::sockaddr_storage,
    length: libc::socklen_t,
}

impl Raw {
    fn empty() -> Raw {
        Raw {
            storage: zeroed!(libc::sockaddr_storage),
            length: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }

    fn put<T>(&mut self, value: T, length: usize) {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        // SAFETY: the storage is large enough for every address, as was just checked, and aligned.
        unsafe { (&raw mut self.storage).cast::<T>().write(value) };
        self.length = length as libc::socklen_t;
    }

    fn get<T: Copy>(&self) -> T {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        // SAFETY: as in `put`; the structs are made of numbers, and all bytes were initialised.
        unsafe { (&raw const self.storage).cast::<T>().read() }
    }

    fn new(address: &Address) -> Result<Raw> {
        let mut raw = Raw::empty();
        match address {
            Address::Unnamed => raw.length = 0,
            Address::Inet { host, port } => {
                let mut value = zeroed!(libc::sockaddr_in);
                value.sin_family = libc::AF_INET as _;
                value.sin_port = port.to_be();
                value.sin_addr.s_addr = u32::from_ne_bytes(*host);
                raw.put(value, size_of::<libc::sockaddr_in>());
            }
            Address::Inet6 {
                host,
                port,
                flowinfo,
                scope,
            } => {
                let mut value = zeroed!(libc::sockaddr_in6);
                value.sin6_family = libc::AF_INET6 as _;
                value.sin6_port = port.to_be();
                value.sin6_addr.s6_addr = *host;
                value.sin6_flowinfo = flowinfo.to_be();
                value.sin6_scope_id = *scope;
                raw.put(value, size_of::<libc::sockaddr_in6>());
            }
            Address::Unix(path) => {
                let mut value = zeroed!(libc::sockaddr_un);
                value.sun_family = libc::AF_UNIX as _;
                let named = path.first().is_some_and(|&b| b != 0);
                // A name of a file needs room for its zero.
                if path.len() + usize::from(named) > value.sun_path.len() {
                    return Err(Errno(libc::ENAMETOOLONG));
                }
                for (slot, &byte) in value.sun_path.iter_mut().zip(path) {
                    *slot = byte as _;
                }
                raw.put(value, UNIX_PATH + path.len() + usize::from(named));
            }
            Address::Netlink { pid, groups } => {
                let mut value = zeroed!(libc::sockaddr_nl);
                value.nl_family = libc::AF_NETLINK as _;
                value.nl_pid = *pid;
                value.nl_groups = *groups;
                raw.put(value, size_of::<libc::sockaddr_nl>());
            }
            Address::Other { .. } => return Err(Errno(libc::EAFNOSUPPORT)),
        }
        Ok(raw)
    }

    fn address(&self) -> Address {
        let length = (self.length as usize).min(size_of::<libc::sockaddr_storage>());
        if length < 2 {
            return Address::Unnamed;
        }
        match c_int::from(self.storage.ss_family) {
            libc::AF_INET => {
                let value: libc::sockaddr_in = self.get();
                let host = value.sin_addr.s_addr.to_ne_bytes();
                Address::Inet {
                    host,
                    port: u16::from_be(value.sin_port),
                }
            }
            libc::AF_INET6 => {
                let value: libc::sockaddr_in6 = self.get();
                Address::Inet6 {
                    host: value.sin6_addr.s6_addr,
                    port: u16::from_be(value.sin6_port),
                    flowinfo: u32::from_be(value.sin6_flowinfo),
                    scope: value.sin6_scope_id,
                }
            }
            libc::AF_UNIX => {
                let value: libc::sockaddr_un = self.get();
                let most = length.saturating_sub(UNIX_PATH).min(value.sun_path.len());
                let mut path: Vec<u8> = value.sun_path[..most].iter().map(|&c| c as u8).collect();
                // The name of a file ends with a zero; an abstract one begins with it.
                if path.first().is_some_and(|&b| b != 0) {
                    let end = path.iter().position(|&b| b == 0).unwrap_or(path.len());
                    path.truncate(end);
                }
                Address::Unix(path)
            }
            libc::AF_NETLINK => {
                let value: libc::sockaddr_nl = self.get();
                Address::Netlink {
                    pid: value.nl_pid,
                    groups: value.nl_groups,
                }
            }
            _ => {
                let bytes: [u8; size_of::<libc::sockaddr_storage>()] = self.get();
                Address::Other {
                    family: self.storage.ss_family,
                    data: bytes[2..length].to_vec(),
                }
            }
        }
    }

    fn ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    fn ptr_mut(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }
}

/// Where the path stands in the address of a file.
const UNIX_PATH: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// Makes a socket, which is not inherited.
pub fn socket(family: c_int, kind: c_int, protocol: c_int) -> Result<Fd> {
    check(plain!(socket(family, kind | libc::SOCK_CLOEXEC, protocol)))
}

/// Makes two sockets that are connected.
pub fn socketpair(family: c_int, kind: c_int, protocol: c_int) -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    done(lent!(socketpair(
        family,
        kind | libc::SOCK_CLOEXEC,
        protocol,
        ends.as_mut_ptr()
    )))?;
    Ok((ends[0], ends[1]))
}

/// Gives a socket an address.
pub fn bind(fd: Fd, address: &Address) -> Result<()> {
    let raw = Raw::new(address)?;
    done(lent!(bind(fd, raw.ptr(), raw.length)))
}

/// Connects a socket.
pub fn connect(fd: Fd, address: &Address) -> Result<()> {
    let raw = Raw::new(address)?;
    done(lent!(connect(fd, raw.ptr(), raw.length)))
}

/// Lets a socket be connected to.
pub fn listen(fd: Fd, backlog: c_int) -> Result<()> {
    done(plain!(listen(fd, backlog)))
}

/// Takes a connection: the new socket, not inherited, and where it comes from.
pub fn accept(fd: Fd) -> Result<(Fd, Address)> {
    let mut raw = Raw::empty();
    let length = &raw mut raw.length;
    let new = check(lent!(accept4(
        fd,
        raw.ptr_mut(),
        length,
        libc::SOCK_CLOEXEC
    )))?;
    Ok((new, raw.address()))
}

/// The address of a socket.
pub fn getsockname(fd: Fd) -> Result<Address> {
    let mut raw = Raw::empty();
    let length = &raw mut raw.length;
    done(lent!(getsockname(fd, raw.ptr_mut(), length)))?;
    Ok(raw.address())
}

/// The address of the other end.
pub fn getpeername(fd: Fd) -> Result<Address> {
    let mut raw = Raw::empty();
    let length = &raw mut raw.length;
    done(lent!(getpeername(fd, raw.ptr_mut(), length)))?;
    Ok(raw.address())
}

/// Receives.
pub fn recv(fd: Fd, buffer: &mut [u8], flags: c_int) -> Result<usize> {
    count(lent!(recv(
        fd,
        buffer.as_mut_ptr().cast(),
        buffer.len(),
        flags
    )))
}

/// Receives, and tells from where.
pub fn recvfrom(fd: Fd, buffer: &mut [u8], flags: c_int) -> Result<(usize, Address)> {
    let mut raw = Raw::empty();
    raw.storage.ss_family = 0;
    let length = &raw mut raw.length;
    let data = buffer.as_mut_ptr().cast();
    let received = count(lent!(recvfrom(
        fd,
        data,
        buffer.len(),
        flags,
        raw.ptr_mut(),
        length
    )))?;
    Ok((received, raw.address()))
}

/// Sends.
pub fn send(fd: Fd, data: &[u8], flags: c_int) -> Result<usize> {
    count(lent!(send(fd, data.as_ptr().cast(), data.len(), flags)))
}

/// Sends to an address.
pub fn sendto(fd: Fd, data: &[u8], flags: c_int, address: &Address) -> Result<usize> {
    let raw = Raw::new(address)?;
    let bytes = data.as_ptr().cast();
    count(lent!(sendto(
        fd,
        bytes,
        data.len(),
        flags,
        raw.ptr(),
        raw.length
    )))
}

/// A message beside the data: level, type, bytes.
pub type Ancillary = (c_int, c_int, Vec<u8>);

/// Sends several buffers with messages beside them.
pub fn sendmsg(
    fd: Fd,
    buffers: &[&[u8]],
    ancillary: &[Ancillary],
    flags: c_int,
    address: Option<&Address>,
) -> Result<usize> {
    let mut list: Vec<libc::iovec> = buffers
        .iter()
        .map(|b| libc::iovec {
            iov_base: b.as_ptr().cast_mut().cast(),
            iov_len: b.len(),
        })
        .collect();
    let raw = address.map(Raw::new).transpose()?;
    let mut message = zeroed!(libc::msghdr);
    if let Some(raw) = &raw {
        message.msg_name = raw.ptr().cast_mut().cast();
        message.msg_namelen = raw.length;
    }
    message.msg_iov = list.as_mut_ptr();
    message.msg_iovlen = list.len() as _;
    let sizes = ancillary
        .iter()
        .map(|(_, _, data)| plain!(CMSG_SPACE(data.len() as u32)) as usize);
    // Words, so that the messages are aligned.
    let mut control = vec![0u64; sizes.sum::<usize>().div_ceil(8)];
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = ancillary
        .iter()
        .map(|(_, _, data)| plain!(CMSG_SPACE(data.len() as u32)) as usize)
        .sum::<usize>() as _;
    // SAFETY: the buffer has room for all messages, as computed with the macros of C; the headers
    // are walked with them too.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(&raw const message);
        for (level, kind, data) in ancillary {
            if header.is_null() {
                return Err(Errno::EINVAL);
            }
            (*header).cmsg_level = *level;
            (*header).cmsg_type = *kind;
            (*header).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
            libc::CMSG_DATA(header).copy_from(data.as_ptr(), data.len());
            header = libc::CMSG_NXTHDR(&raw const message, header);
        }
        count(libc::sendmsg(fd, &raw const message, flags))
    }
}

/// What [`recvmsg`] received.
#[derive(Clone, Debug)]
pub struct Received {
    /// How many bytes.
    pub length: usize,
    /// The messages beside them.
    pub ancillary: Vec<Ancillary>,
    /// Flags.
    pub flags: c_int,
    /// From where.
    pub address: Address,
}

/// Receives into several buffers, with messages beside them (up to `control_size` bytes).
pub fn recvmsg(
    fd: Fd,
    buffers: &mut [&mut [u8]],
    control_size: usize,
    flags: c_int,
) -> Result<Received> {
    let mut list: Vec<libc::iovec> = buffers
        .iter_mut()
        .map(|b| libc::iovec {
            iov_base: b.as_mut_ptr().cast(),
            iov_len: b.len(),
        })
        .collect();
    let mut raw = Raw::empty();
    let mut control = vec![0u64; control_size.div_ceil(8)];
    let mut message = zeroed!(libc::msghdr);
    message.msg_name = raw.ptr_mut().cast();
    message.msg_namelen = raw.length;
    message.msg_iov = list.as_mut_ptr();
    message.msg_iovlen = list.len() as _;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control_size as _;
    let mut ancillary = Vec::new();
    // SAFETY: all buffers live here; the headers are walked with C's macros, and a message's
    // length is cut to what the buffer holds.
    let length = unsafe {
        let length = count(libc::recvmsg(fd, &raw mut message, flags))?;
        let end = message.msg_control as usize + message.msg_controllen as usize;
        let mut header = libc::CMSG_FIRSTHDR(&raw const message);
        while !header.is_null() {
            let data = libc::CMSG_DATA(header);
            let before = data as usize - header as usize;
            let size = ((*header).cmsg_len as usize).saturating_sub(before);
            let size = size.min(end.saturating_sub(data as usize));
            let bytes = std::slice::from_raw_parts(data, size).to_vec();
            ancillary.push(((*header).cmsg_level, (*header).cmsg_type, bytes));
            header = libc::CMSG_NXTHDR(&raw const message, header);
        }
        length
    };
    raw.length = message.msg_namelen;
    Ok(Received {
        length,
        ancillary,
        flags: message.msg_flags,
        address: raw.address(),
    })
}

/// The room that a message of this length takes, and without padding.
pub fn cmsg_space(length: u32) -> (usize, usize) {
    (
        plain!(CMSG_SPACE(length)) as usize,
        plain!(CMSG_LEN(length)) as usize,
    )
}

/// Ends one or both directions.
pub fn shutdown(fd: Fd, how: c_int) -> Result<()> {
    done(plain!(shutdown(fd, how)))
}

/// A setting, as bytes, `size` at most.
pub fn getsockopt(fd: Fd, level: c_int, option: c_int, size: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; size];
    let mut length = size as libc::socklen_t;
    done(lent!(getsockopt(
        fd,
        level,
        option,
        buffer.as_mut_ptr().cast(),
        &raw mut length
    )))?;
    buffer.truncate(length as usize);
    Ok(buffer)
}

/// A setting that is a number.
pub fn getsockopt_int(fd: Fd, level: c_int, option: c_int) -> Result<c_int> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    done(lent!(getsockopt(
        fd,
        level,
        option,
        (&raw mut value).cast(),
        &raw mut length
    )))?;
    Ok(value)
}

/// Changes a setting.
pub fn setsockopt(fd: Fd, level: c_int, option: c_int, value: &[u8]) -> Result<()> {
    let length = value.len() as libc::socklen_t;
    done(lent!(setsockopt(
        fd,
        level,
        option,
        value.as_ptr().cast(),
        length
    )))
}

/// Changes a setting to nothing, with a length alone.
pub fn setsockopt_none(fd: Fd, level: c_int, option: c_int, length: u32) -> Result<()> {
    done(plain!(setsockopt(
        fd,
        level,
        option,
        std::ptr::null(),
        length
    )))
}

/// The name of the machine.
pub fn gethostname() -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 1024];
    done(lent!(gethostname(
        buffer.as_mut_ptr().cast(),
        buffer.len() - 1
    )))?;
    let length = buffer.iter().position(|&b| b == 0).unwrap_or(0);
    buffer.truncate(length);
    Ok(buffer)
}

/// Sets the name of the machine.
pub fn sethostname(name: &[u8]) -> Result<()> {
    done(lent!(sethostname(name.as_ptr().cast(), name.len())))
}

/// An error of the resolver, with its text.
#[derive(Clone, Debug)]
pub struct GaiError {
    /// The number (`EAI_*`).
    pub code: c_int,
    /// The text.
    pub text: String,
    /// The error of the system, if the number says so.
    pub errno: Option<Errno>,
}

fn gai(code: c_int) -> std::result::Result<(), GaiError> {
    if code == 0 {
        return Ok(());
    }
    let errno = (code == libc::EAI_SYSTEM).then(Errno::last);
    // SAFETY: the C library has a text for every number, which stays.
    let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
    Err(GaiError {
        code,
        text: text.to_string_lossy().into_owned(),
        errno,
    })
}

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// The family; 0 for any.
    pub family: c_int,
    /// The type; 0 for any.
    pub kind: c_int,
    /// The protocol; 0 for any.
    pub protocol: c_int,
    /// Flags (`AI_*`).
    pub flags: c_int,
}

/// An address that was found.
#[derive(Clone, Debug)]
pub struct AddrInfo {
    /// The family.
    pub family: c_int,
    /// The type.
    pub kind: c_int,
    /// The protocol.
    pub protocol: c_int,
    /// The name in full, if asked for.
    pub canonical: Vec<u8>,
    /// The address.
    pub address: Address,
}

/// Looks up a name and a service. It may take long: the interpreter's lock should be free.
pub fn getaddrinfo(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: Hints,
) -> std::result::Result<Vec<AddrInfo>, GaiError> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    let mut wanted = zeroed!(libc::addrinfo);
    wanted.ai_family = hints.family;
    wanted.ai_socktype = hints.kind;
    wanted.ai_protocol = hints.protocol;
    wanted.ai_flags = hints.flags;
    let mut first = std::ptr::null_mut();
    gai(lent!(getaddrinfo(
        pointer(host),
        pointer(service),
        &raw const wanted,
        &raw mut first
    )))?;
    let mut found = Vec::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: the list is the C library's, and is freed only below.
        let info = unsafe { &*next };
        let mut raw = Raw::empty();
        raw.length = raw.length.min(info.ai_addrlen);
        // SAFETY: the address has the length that stands beside it, cut to the storage's.
        unsafe {
            let from = info.ai_addr.cast::<u8>();
            (&raw mut raw.storage)
                .cast::<u8>()
                .copy_from(from, raw.length as usize);
        }
        let canonical = if info.ai_canonname.is_null() {
            Vec::new()
        } else {
            // SAFETY: the name ends with a zero.
            unsafe { CStr::from_ptr(info.ai_canonname) }
                .to_bytes()
                .to_vec()
        };
        found.push(AddrInfo {
            family: info.ai_family,
            kind: info.ai_socktype,
            protocol: info.ai_protocol,
            canonical,
            address: raw.address(),
        });
        next = info.ai_next;
    }
    // SAFETY: the list came from `getaddrinfo`, and nothing of it is used any more.
    unsafe { libc::freeaddrinfo(first) };
    Ok(found)
}

/// The names of an address and its port.
pub fn getnameinfo(
    address: &Address,
    flags: c_int,
) -> std::result::Result<(Vec<u8>, Vec<u8>), GaiError> {
    let raw = Raw::new(address).map_err(|error| GaiError {
        code: libc::EAI_FAMILY,
        text: error.text(),
        errno: Some(error),
    })?;
    let (mut host, mut service) = (vec![0u8; 1025], vec![0u8; 64]);
    gai(lent!(getnameinfo(
        raw.ptr(),
        raw.length,
        host.as_mut_ptr().cast(),
        host.len() as _,
        service.as_mut_ptr().cast(),
        service.len() as _,
        flags
    )))?;
    for text in [&mut host, &mut service] {
        let length = text.iter().position(|&b| b == 0).unwrap_or(0);
        text.truncate(length);
    }
    Ok((host, service))
}

/// Reads an address of a family (`AF_INET`, `AF_INET6`); the answer has its bytes.
pub fn inet_pton(family: c_int, text: &CStr) -> Result<Option<Vec<u8>>> {
    let mut buffer = [0u8; 16];
    // SAFETY: the text ends with a zero; no family has more than the 16 bytes of the buffer.
    match check(unsafe { inet_pton_c(family, text.as_ptr(), buffer.as_mut_ptr()) })? {
        0 => Ok(None),
        _ => Ok(Some(
            buffer[..if family == libc::AF_INET { 4 } else { 16 }].to_vec(),
        )),
    }
}

/// Writes an address of a family; its bytes must be as many as the family has.
pub fn inet_ntop(family: c_int, bytes: &[u8]) -> Result<String> {
    match (family, bytes.len()) {
        (libc::AF_INET, 4) | (libc::AF_INET6, 16) => {}
        (libc::AF_INET | libc::AF_INET6, _) => return Err(Errno::EINVAL),
        _ => return Err(Errno(libc::EAFNOSUPPORT)),
    }
    let mut buffer = [0u8; 64];
    let text = buffer.as_mut_ptr().cast();
    // SAFETY: the address has the bytes of its family; the length is the buffer's.
    if unsafe { inet_ntop_c(family, bytes.as_ptr(), text, 64) }.is_null() {
        return Err(Errno::last());
    }
    let length = buffer.iter().position(|&b| b == 0).unwrap_or(0);
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// Reads an IPv4 address in any of the old forms.
pub fn inet_aton(text: &CStr) -> Option<[u8; 4]> {
    let mut address: u32 = 0;
    // SAFETY: the text ends with a zero; the address is four bytes, as the function wants.
    (unsafe { inet_aton_c(text.as_ptr(), &raw mut address) } != 0).then(|| address.to_ne_bytes())
}

unsafe extern "C" {
    #[link_name = "inet_aton"]
    fn inet_aton_c(text: *const c_char, address: *mut u32) -> c_int;
    #[link_name = "inet_pton"]
    fn inet_pton_c(family: c_int, text: *const c_char, address: *mut u8) -> c_int;
    #[link_name = "inet_ntop"]
    fn inet_ntop_c(
        family: c_int,
        address: *const u8,
        text: *mut c_char,
        size: u32,
    ) -> *const c_char;
}

/// The databases of services and protocols have one buffer for the whole process.
static READING: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn protocol_ptr(protocol: Option<&CStr>) -> *const c_char {
    protocol.map_or(std::ptr::null(), CStr::as_ptr)
}

/// The port of a service.
pub fn getservbyname(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    let _guard = READING.lock();
    let entry = lent!(getservbyname(name.as_ptr(), protocol_ptr(protocol)));
    // SAFETY: the entry stays until the next call, which the lock keeps others from making.
    (!entry.is_null()).then(|| u16::from_be(unsafe { (*entry).s_port } as u16))
}

/// The service at a port.
pub fn getservbyport(port: u16, protocol: Option<&CStr>) -> Option<Vec<u8>> {
    let _guard = READING.lock();
    let entry = lent!(getservbyport(
        c_int::from(port.to_be()),
        protocol_ptr(protocol)
    ));
    if entry.is_null() {
        return None;
    }
    // SAFETY: as in `getservbyname`; the name ends with a zero.
    let name = unsafe { CStr::from_ptr((*entry).s_name) };
    Some(name.to_bytes().to_vec())
}

/// The number of a protocol.
pub fn getprotobyname(name: &CStr) -> Option<c_int> {
    let _guard = READING.lock();
    let entry = lent!(getprotobyname(name.as_ptr()));
    // SAFETY: as in `getservbyname`.
    (!entry.is_null()).then(|| unsafe { (*entry).p_proto })
}

/// The number of a network interface.
pub fn if_nametoindex(name: &CStr) -> Result<u32> {
    match lent!(if_nametoindex(name.as_ptr())) {
        0 => Err(Errno::last()),
        index => Ok(index),
    }
}

/// The name of a network interface.
pub fn if_indextoname(index: u32) -> Result<Vec<u8>> {
    let mut buffer = [0u8; libc::IF_NAMESIZE];
    if lent!(if_indextoname(index, buffer.as_mut_ptr().cast())).is_null() {
        return Err(Errno::last());
    }
    Ok(buffer.iter().copied().take_while(|&b| b != 0).collect())
}

/// All network interfaces.
pub fn if_nameindex() -> Result<Vec<(u32, CString)>> {
    let list = plain!(if_nameindex());
    if list.is_null() {
        return Err(Errno::last());
    }
    let mut interfaces = Vec::new();
    // SAFETY: the list ends with an entry without a number; it is freed when it was copied.
    unsafe {
        let mut next = list;
        while (*next).if_index != 0 {
            interfaces.push(((*next).if_index, CStr::from_ptr((*next).if_name).to_owned()));
            next = next.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(interfaces)
}
