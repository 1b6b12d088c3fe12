//! Descriptors: opening, reading, writing, pipes and locks.

use std::cell::Cell;

use krait_host::errno::Errno;
use krait_host::{fd as host, time as host_time};
use krait_macros::pyfunction;
use krait_runtime::buffer::BufferView;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    IntoPy, OptionalArg, PyBytes, PyResult, ThreadState, hooks, none, type_error, value_error,
};

use super::path::{DirFd, PATH, PATH_OR_FD, PathArg, folder};
use crate::common::{Fildes, FsPath, quick, raise, retry};

/// What the system can move in one call.
const MOST: usize = 0x7fff_f000;

/// Open a file for low level IO.  Returns a file descriptor (integer).
#[pyfunction(signature = "(path, flags, mode=511, *, dir_fd=None)")]
pub(crate) fn open(path: &PyObject, flags: i32, mode: i32, dir_fd: Option<DirFd>) -> PyResult<i32> {
    let path = PathArg::new("open", "path", path, PATH)?;
    let (flags, dir) = (flags | libc::O_CLOEXEC, folder(dir_fd));
    loop {
        let text = path.c();
        match ThreadState::allow_threads(|| host::open(dir, text, flags, mode as u32)) {
            Err(Errno::EINTR) => hooks::check_signals()?,
            answer => return answer.map_err(|errno| path.error(errno)),
        }
    }
}

/// Close a file descriptor.
#[pyfunction(signature = "(fd)")]
pub(crate) fn close(fd: i32) -> PyResult<()> {
    match ThreadState::allow_threads(|| host::close(fd)) {
        // The descriptor is closed all the same.
        Err(Errno::EINTR) => hooks::check_signals(),
        answer => answer.map_err(raise),
    }
}

/// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
#[pyfunction(signature = "(fd_low, fd_high, /)")]
pub(crate) fn closerange(fd_low: i32, fd_high: i32) {
    ThreadState::allow_threads(|| host::close_range(fd_low, fd_high));
}

/// Reads into new bytes of at most `length`.
fn read_bytes(
    length: isize,
    mut read: impl FnMut(&mut [u8]) -> krait_host::Result<usize>,
) -> PyResult<Py<PyBytes>> {
    let Ok(length) = usize::try_from(length) else {
        return Err(raise(Errno::EINVAL));
    };
    let mut buffer = Vec::new();
    let length = length.min(MOST);
    if buffer.try_reserve_exact(length).is_err() {
        return Err(krait_runtime::err::no_memory());
    }
    buffer.resize(length, 0);
    let count = retry(|| read(&mut buffer))?;
    PyBytes::new(&buffer[..count])
}

/// Read from a file descriptor.  Returns a bytes object.
#[pyfunction(signature = "(fd, length, /)")]
pub(crate) fn read(fd: i32, length: isize) -> PyResult<Py<PyBytes>> {
    read_bytes(length, |buffer| host::read(fd, buffer))
}

/// Read a number of bytes from a file descriptor starting at a particular offset.
#[pyfunction(signature = "(fd, length, offset, /)")]
pub(crate) fn pread(fd: i32, length: isize, offset: i64) -> PyResult<Py<PyBytes>> {
    read_bytes(length, |buffer| host::pread(fd, buffer, offset))
}

/// Copies what was read into the buffers that were lent.
fn scatter(views: &[BufferView], mut data: &[u8]) {
    for view in views {
        let (here, rest) = data.split_at(data.len().min(view.len()));
        view.write_at(0, here);
        data = rest;
    }
}

/// Read into a buffer object from a file descriptor.
#[pyfunction(signature = "(fd, buffer, /)")]
pub(crate) fn readinto(fd: i32, buffer: &PyObject) -> PyResult<usize> {
    let view = buffer.writable_buffer()?;
    let mut data = vec![0; view.len().min(MOST)];
    let count = retry(|| host::read(fd, &mut data))?;
    view.write_at(0, &data[..count]);
    Ok(count)
}

/// Write a bytes object to a file descriptor.
#[pyfunction(signature = "(fd, data, /)")]
pub(crate) fn write(fd: i32, data: &PyObject) -> PyResult<usize> {
    with_bytes(data, |bytes| retry(|| host::write(fd, bytes)))
}

/// Gives the bytes of an object to a call that may let other threads run: those of `bytes` never
/// change; others are copied.
pub(crate) fn with_bytes<R>(
    data: &PyObject,
    body: impl FnOnce(&[u8]) -> PyResult<R>,
) -> PyResult<R> {
    if let Some(bytes) = data.downcast::<PyBytes>() {
        return body(bytes.as_bytes());
    }
    let copy = data.bytes_buffer()?.to_vec();
    body(&copy)
}

/// Write bytes to a file descriptor starting at a particular offset.
#[pyfunction(signature = "(fd, buffer, offset, /)")]
pub(crate) fn pwrite(fd: i32, buffer: &PyObject, offset: i64) -> PyResult<usize> {
    with_bytes(buffer, |bytes| retry(|| host::pwrite(fd, bytes, offset)))
}

fn views(
    function: &str,
    number: usize,
    buffers: &PyObject,
    writable: bool,
) -> PyResult<Vec<BufferView>> {
    if !buffers.is_sequence() {
        return Err(type_error!("{function}() arg {number} must be a sequence"));
    }
    let items = buffers.to_vec()?;
    items
        .iter()
        .map(|item| {
            if writable {
                item.writable_buffer()
            } else {
                item.bytes_buffer()
            }
        })
        .collect()
}

fn read_into_all(
    views: &[BufferView],
    mut read: impl FnMut(&mut [&mut [u8]]) -> krait_host::Result<usize>,
) -> PyResult<usize> {
    let mut data: Vec<Vec<u8>> = views.iter().map(|view| vec![0; view.len()]).collect();
    let count = retry(|| {
        let mut parts: Vec<&mut [u8]> = data.iter_mut().map(Vec::as_mut_slice).collect();
        read(&mut parts)
    })?;
    let mut whole = data.concat();
    whole.truncate(count);
    scatter(views, &whole);
    Ok(count)
}

fn write_all_of(
    views: &[BufferView],
    mut write: impl FnMut(&[&[u8]]) -> krait_host::Result<usize>,
) -> PyResult<usize> {
    let data: Vec<Vec<u8>> = views.iter().map(BufferView::to_vec).collect();
    let parts: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    retry(|| write(&parts))
}

/// Read from a file descriptor fd into an iterable of buffers.
#[pyfunction(signature = "(fd, buffers, /)")]
pub(crate) fn readv(fd: i32, buffers: &PyObject) -> PyResult<usize> {
    let views = views("readv", 2, buffers, true)?;
    read_into_all(&views, |parts| host::readv(fd, parts))
}

/// Iterate over buffers, and write the contents of each to a file descriptor.
#[pyfunction(signature = "(fd, buffers, /)")]
pub(crate) fn writev(fd: i32, buffers: &PyObject) -> PyResult<usize> {
    let views = views("writev", 2, buffers, false)?;
    write_all_of(&views, |parts| host::writev(fd, parts))
}

/// Reads from a file descriptor into a number of mutable bytes-like objects, from an offset.
#[pyfunction(signature = "(fd, buffers, offset, flags=0, /)")]
pub(crate) fn preadv(fd: i32, buffers: &PyObject, offset: i64, flags: i32) -> PyResult<usize> {
    let views = views("preadv", 2, buffers, true)?;
    read_into_all(&views, |parts| host::preadv(fd, parts, offset, flags))
}

/// Writes the contents of bytes-like objects to a file descriptor at a given offset.
#[pyfunction(signature = "(fd, buffers, offset, flags=0, /)")]
pub(crate) fn pwritev(fd: i32, buffers: &PyObject, offset: i64, flags: i32) -> PyResult<usize> {
    let views = views("pwritev", 2, buffers, false)?;
    write_all_of(&views, |parts| host::pwritev(fd, parts, offset, flags))
}

/// Set the position of a file descriptor.  Return the new position.
#[pyfunction(signature = "(fd, position, whence, /)")]
pub(crate) fn lseek(fd: i32, position: i64, whence: i32) -> PyResult<i64> {
    quick(ThreadState::allow_threads(|| {
        host::lseek(fd, position, whence)
    }))
}

/// Return True if the fd is connected to a terminal.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn isatty(fd: i32) -> bool {
    host::isatty(fd)
}

/// Return a duplicate of a file descriptor.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn dup(fd: i32) -> PyResult<i32> {
    quick(host::dup(fd))
}

/// Duplicate file descriptor.
#[pyfunction(signature = "(fd, fd2, inheritable=True)")]
pub(crate) fn dup2(fd: i32, fd2: i32, inheritable: bool) -> PyResult<i32> {
    if fd < 0 || fd2 < 0 {
        return Err(raise(Errno(libc::EBADF)));
    }
    quick(ThreadState::allow_threads(|| {
        host::dup2(fd, fd2, inheritable)
    }))
}

/// Create a pipe: (read_fd, write_fd).
#[pyfunction(signature = "()")]
pub(crate) fn pipe() -> PyResult<(i32, i32)> {
    quick(host::pipe2(libc::O_CLOEXEC))
}

/// Create a pipe with flags set atomically.
#[pyfunction(signature = "(flags, /)")]
pub(crate) fn pipe2(flags: i32) -> PyResult<(i32, i32)> {
    quick(host::pipe2(flags))
}

/// Force write of fd to disk.
#[pyfunction(signature = "(fd)")]
pub(crate) fn fsync(fd: Fildes) -> PyResult<()> {
    retry(|| host::fsync(fd.0))
}

/// Force write of fd to disk without forcing update of metadata.
#[pyfunction(signature = "(fd)")]
pub(crate) fn fdatasync(fd: Fildes) -> PyResult<()> {
    retry(|| host::fdatasync(fd.0))
}

/// Force write of everything to disk.
#[pyfunction(signature = "()")]
pub(crate) fn sync() {
    ThreadState::allow_threads(host::sync);
}

/// Truncate a file, specified by file descriptor, to a specific length.
#[pyfunction(signature = "(fd, length, /)")]
pub(crate) fn ftruncate(fd: i32, length: i64) -> PyResult<()> {
    retry(|| host::ftruncate(fd, length))
}

/// Truncate a file, specified by path, to a specific length.
#[pyfunction(signature = "(path, length)")]
pub(crate) fn truncate(path: &PyObject, length: i64) -> PyResult<()> {
    let path = PathArg::new("truncate", "path", path, PATH_OR_FD)?;
    match path.fd {
        Some(fd) => path.run(|_| host::ftruncate(fd, length)),
        None => path.run(|text| host::truncate(text, length)),
    }
}

/// Apply, test or remove a POSIX lock on an open file descriptor.
#[pyfunction(signature = "(fd, command, length, /)")]
pub(crate) fn lockf(fd: i32, command: i32, length: i64) -> PyResult<()> {
    quick(ThreadState::allow_threads(|| {
        host::lockf(fd, command, length)
    }))
}

/// Get the close-on-exe flag of the specified file descriptor.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn get_inheritable(fd: i32) -> PyResult<bool> {
    quick(host::get_inheritable(fd))
}

/// Set the inheritable flag of the specified file descriptor.
#[pyfunction(signature = "(fd, inheritable, /)")]
pub(crate) fn set_inheritable(fd: i32, inheritable: i32) -> PyResult<()> {
    quick(host::set_inheritable(fd, inheritable != 0))
}

/// Get the blocking mode of the file descriptor.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn get_blocking(fd: i32) -> PyResult<bool> {
    quick(host::get_blocking(fd))
}

/// Set the blocking mode of the specified file descriptor.
#[pyfunction(signature = "(fd, blocking, /)")]
pub(crate) fn set_blocking(fd: i32, blocking: bool) -> PyResult<()> {
    quick(host::set_blocking(fd, blocking))
}

/// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
#[pyfunction(signature = "(out_fd, in_fd, offset, count)")]
pub(crate) fn sendfile(
    out_fd: i32,
    in_fd: i32,
    offset: Option<i64>,
    count: isize,
) -> PyResult<usize> {
    retry(|| host::sendfile(out_fd, in_fd, offset, count as usize))
}

/// Copy count bytes from one file descriptor to another.
#[pyfunction(signature = "(src, dst, count, offset_src=None, offset_dst=None)")]
pub(crate) fn copy_file_range(
    src: i32,
    dst: i32,
    count: isize,
    offset_src: Option<i64>,
    offset_dst: Option<i64>,
) -> PyResult<usize> {
    if count < 0 {
        return Err(value_error!("negative value for 'count' not allowed"));
    }
    retry(|| host::copy_file_range(src, dst, count as usize, offset_src, offset_dst))
}

/// Transfer count bytes from one pipe to a descriptor or vice versa.
#[pyfunction(signature = "(src, dst, count, offset_src=None, offset_dst=None, flags=0)")]
pub(crate) fn splice(
    src: i32,
    dst: i32,
    count: isize,
    offset_src: Option<i64>,
    offset_dst: Option<i64>,
    flags: u32,
) -> PyResult<usize> {
    if count < 0 {
        return Err(value_error!("negative value for 'count' not allowed"));
    }
    retry(|| host::splice(src, dst, count as usize, offset_src, offset_dst, flags))
}

/// Create an anonymous file in memory.
#[pyfunction(
    signature = "(name, flags=<unrepresentable>)",
    text_signature = "($module, /, name, flags=MFD_CLOEXEC)"
)]
pub(crate) fn memfd_create(name: FsPath, flags: OptionalArg<u32>) -> PyResult<i32> {
    let flags = flags.unwrap_or(libc::MFD_CLOEXEC);
    retry(|| host::memfd_create(&name.0, flags))
}

/// Creates and returns an event notification file descriptor.
#[pyfunction(
    signature = "(initval, flags=<unrepresentable>)",
    text_signature = "($module, /, initval, flags=EFD_CLOEXEC)"
)]
pub(crate) fn eventfd(initval: u32, flags: OptionalArg<i32>) -> PyResult<i32> {
    quick(host::eventfd(initval, flags.unwrap_or(libc::EFD_CLOEXEC)))
}

/// Read eventfd value
#[pyfunction(signature = "(fd)")]
pub(crate) fn eventfd_read(fd: Fildes) -> PyResult<u64> {
    let value = Cell::new([0; 8]);
    retry(|| {
        let mut bytes = [0; 8];
        host::read(fd.0, &mut bytes).inspect(|_| value.set(bytes))
    })?;
    Ok(u64::from_ne_bytes(value.get()))
}

/// Write eventfd value.
#[pyfunction(signature = "(fd, value)")]
pub(crate) fn eventfd_write(fd: Fildes, value: u64) -> PyResult<()> {
    retry(|| host::write(fd.0, &value.to_ne_bytes())).map(|_| ())
}

/// Ensures that the disk space of a part of a file is allocated.
#[pyfunction(signature = "(fd, offset, length, /)")]
pub(crate) fn posix_fallocate(fd: i32, offset: i64, length: i64) -> PyResult<()> {
    retry(|| host::posix_fallocate(fd, offset, length))
}

/// Announce an intention to access data in a specific pattern.
#[pyfunction(signature = "(fd, offset, length, advice, /)")]
pub(crate) fn posix_fadvise(fd: i32, offset: i64, length: i64, advice: i32) -> PyResult<()> {
    retry(|| host::posix_fadvise(fd, offset, length, advice))
}

/// Seconds as a moment, for timers.
fn moment_of(seconds: f64) -> krait_host::fs::Moment {
    let whole = seconds.floor();
    krait_host::fs::Moment {
        sec: whole as i64,
        nsec: ((seconds - whole) * 1e9) as i64,
    }
}

fn moment_of_ns(nanoseconds: i64) -> krait_host::fs::Moment {
    krait_host::fs::Moment {
        sec: nanoseconds.div_euclid(1_000_000_000),
        nsec: nanoseconds.rem_euclid(1_000_000_000),
    }
}

fn timer_floats(state: host_time::TimerState) -> (f64, f64) {
    let seconds = |time: krait_host::fs::Moment| time.sec as f64 + time.nsec as f64 * 1e-9;
    (seconds(state.0), seconds(state.1))
}

fn timer_ns(state: host_time::TimerState) -> (i64, i64) {
    let total = |time: krait_host::fs::Moment| time.sec * 1_000_000_000 + time.nsec;
    (total(state.0), total(state.1))
}

/// Create and return a timer file descriptor.
#[pyfunction(
    signature = "(clockid, /, *, flags=<unrepresentable>)",
    text_signature = "($module, clockid, /, *, flags=TFD_CLOEXEC)"
)]
pub(crate) fn timerfd_create(clockid: i32, flags: OptionalArg<i32>) -> PyResult<i32> {
    // No descriptor that Python makes is inherited (PEP 446), whatever the flags.
    quick(host_time::timerfd_create(
        clockid,
        flags.unwrap_or(0) | libc::TFD_CLOEXEC,
    ))
}

/// Alter a timer file descriptor's internal timer in seconds.
#[pyfunction(signature = "(fd, /, *, flags=0, initial=0.0, interval=0.0)")]
pub(crate) fn timerfd_settime(
    fd: Fildes,
    flags: i32,
    initial: f64,
    interval: f64,
) -> PyResult<(f64, f64)> {
    let state = (moment_of(initial), moment_of(interval));
    quick(host_time::timerfd_settime(fd.0, flags, state)).map(timer_floats)
}

/// Alter a timer file descriptor's internal timer in nanoseconds.
#[pyfunction(signature = "(fd, /, *, flags=0, initial=0, interval=0)")]
pub(crate) fn timerfd_settime_ns(
    fd: Fildes,
    flags: i32,
    initial: i64,
    interval: i64,
) -> PyResult<(i64, i64)> {
    let state = (moment_of_ns(initial), moment_of_ns(interval));
    quick(host_time::timerfd_settime(fd.0, flags, state)).map(timer_ns)
}

/// Return a tuple of a timer file descriptor's (interval, next expiration) in float seconds.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn timerfd_gettime(fd: Fildes) -> PyResult<(f64, f64)> {
    quick(host_time::timerfd_gettime(fd.0)).map(timer_floats)
}

/// Return a tuple of a timer file descriptor's (interval, next expiration) in nanoseconds.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn timerfd_gettime_ns(fd: Fildes) -> PyResult<(i64, i64)> {
    quick(host_time::timerfd_gettime(fd.0)).map(timer_ns)
}

/// Return a string describing the encoding of a terminal's file descriptor.
#[pyfunction(signature = "(fd)")]
pub(crate) fn device_encoding(fd: i32) -> PyResult<Obj> {
    if !host::isatty(fd) {
        return none().into_py();
    }
    "utf-8".into_py()
}
