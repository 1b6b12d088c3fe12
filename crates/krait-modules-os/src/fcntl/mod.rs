//! `fcntl`: control of descriptors, and locks on files.

mod constants;

use krait_host::fd as host;
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{
    BinaryOp, IntoPy, PyBytes, PyLong, PyModule, PyResult, PyStr, ThreadState, pymodule,
    type_error, value_error,
};

use crate::common::{Fildes, add_ints, raise, retry};

pymodule! {
    pub(crate) FCNTL = "fcntl",
    "File control and I/O control on file descriptors.\n\nA descriptor may also be given as an object with a method fileno().",
    functions: [fcntl, ioctl, flock, lockf],
    classes: [],
    exec: Some(exec)
}

/// How much the system may read or write in a buffer.
const BUFFER: usize = 1024;

fn exec(module: &PyModule) -> PyResult<()> {
    add_ints(&module.dict(), constants::CONSTANTS)
}

/// The low 64 bits of an int.
fn masked(number: &PyObject) -> PyResult<u64> {
    let number = number.index()?;
    if let Some(value) = number.to_i64() {
        return Ok(value as u64);
    }
    let mask = PyLong::from_u64(u64::MAX)?;
    let low = krait_runtime::long::ops::bitwise(&number, &mask, BinaryOp::And)?;
    Ok(low.index()?.to_u64().unwrap_or_default())
}

/// The bytes of a string or of an object with a buffer; nothing for what is neither.
fn bytes_of(argument: &PyObject) -> PyResult<Option<Vec<u8>>> {
    if let Some(text) = argument.downcast::<PyStr>() {
        return Ok(Some(text.as_utf8()?.as_bytes().to_vec()));
    }
    if argument.has_buffer() {
        return Ok(Some(argument.bytes_buffer()?.to_vec()));
    }
    Ok(None)
}

fn padded(function: &str, bytes: &[u8]) -> PyResult<[u8; BUFFER]> {
    let mut buffer = [0; BUFFER];
    match buffer.get_mut(..bytes.len()) {
        Some(start) => start.copy_from_slice(bytes),
        None => return Err(value_error!("{function} argument 3 is too long")),
    }
    Ok(buffer)
}

fn bad_argument(function: &str, argument: &PyObject) -> krait_runtime::PyErr {
    type_error!(
        "{function}() argument 3 must be an integer, a bytes-like object, or a string, not {}",
        argument.type_().tp_name()
    )
}

/// Perform the operation cmd on file descriptor fd.
///
/// The argument is an int, or bytes that the system reads and fills; these are returned then.
#[pyfunction(
    signature = "(fd, cmd, arg=None, /)",
    text_signature = "($module, fd, cmd, arg=0, /)"
)]
fn fcntl(fd: Fildes, cmd: i32, arg: Option<&PyObject>) -> PyResult<Obj> {
    let Some(arg) = arg else {
        return retry(|| host::fcntl(fd.0, cmd, 0))?.into_py();
    };
    if arg.has_index() {
        let number = masked(arg)? as i32;
        return retry(|| host::fcntl(fd.0, cmd, number))?.into_py();
    }
    let Some(bytes) = bytes_of(arg)? else {
        return Err(bad_argument("fcntl", arg));
    };
    let mut buffer = padded("fcntl", &bytes)?;
    retry(|| host::fcntl_buffer(fd.0, cmd, &mut buffer))?;
    Ok(PyBytes::new(&buffer[..bytes.len()])?.into_object())
}

/// Perform the operation request on file descriptor fd.
///
/// The argument is an int, or bytes that the system reads and fills. A buffer that can be changed
/// is, unless mutate_flag is false; of others the new bytes are returned.
#[pyfunction(
    signature = "(fd, request, arg=None, mutate_flag=True, /)",
    text_signature = "($module, fd, request, arg=0, mutate_flag=True, /)"
)]
fn ioctl(
    fd: Fildes,
    request: &PyObject,
    arg: Option<&PyObject>,
    mutate_flag: bool,
) -> PyResult<Obj> {
    let request = masked(request)?;
    let Some(arg) = arg else {
        return retry(|| host::ioctl(fd.0, request, 0))?.into_py();
    };
    if arg.has_index() {
        let number = masked(arg)? as i32;
        return retry(|| host::ioctl(fd.0, request, number))?.into_py();
    }
    let mutable = if mutate_flag && arg.has_buffer() {
        match arg.buffer(krait_abi::PyBUF_WRITABLE) {
            Ok(view) => Some(view),
            Err(error) => {
                error.clear();
                None
            }
        }
    } else {
        None
    };
    let Some(bytes) = bytes_of(arg)? else {
        return Err(bad_argument("ioctl", arg));
    };
    // Only where the object's own memory is changed may it be larger than our buffer.
    let mut buffer = if mutable.is_some() && bytes.len() > BUFFER {
        bytes.clone()
    } else {
        padded("ioctl", &bytes)?.to_vec()
    };
    // SAFETY: as in C, the program chooses the request and a buffer for it; ours has 1024 bytes at
    // least, which are enough for every request that fits into the argument's size bits in use.
    let answer =
        ThreadState::allow_threads(|| unsafe { host::ioctl_buffer(fd.0, request, &mut buffer) })
            .map_err(raise)?;
    let changed = &buffer[..bytes.len()];
    match mutable {
        Some(view) => {
            view.write_at(0, changed);
            answer.into_py()
        }
        None => Ok(PyBytes::new(changed)?.into_object()),
    }
}

/// Perform the lock operation on file descriptor fd.
#[pyfunction(signature = "(fd, operation, /)")]
fn flock(fd: Fildes, operation: i32) -> PyResult<()> {
    retry(|| host::flock(fd.0, operation))
}

fn offset(value: Option<&PyObject>) -> PyResult<i64> {
    value.map_or(Ok(0), PyObject::extract)
}

/// Lock a part of a file, as flock() does with whole ones.
///
/// The part begins at start, counted from the beginning, the position or the end of the file as
/// whence says, and has len bytes; 0 reaches to the end.
#[pyfunction(
    signature = "(fd, cmd, len=None, start=None, whence=0, /)",
    text_signature = "($module, fd, cmd, len=0, start=0, whence=0, /)"
)]
fn lockf(
    fd: Fildes,
    cmd: i32,
    len: Option<&PyObject>,
    start: Option<&PyObject>,
    whence: i32,
) -> PyResult<()> {
    if cmd != libc::LOCK_UN && cmd & (libc::LOCK_SH | libc::LOCK_EX) == 0 {
        return Err(value_error!("unrecognized lockf argument"));
    }
    let (length, start) = (offset(len)?, offset(start)?);
    retry(|| host::lock_range(fd.0, cmd, length, start, whence))
}
