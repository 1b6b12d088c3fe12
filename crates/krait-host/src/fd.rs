//! File descriptors.

use std::ffi::{CStr, c_int};

use crate::errno::{Result, check, count, done, lent, plain};
use crate::mount;

/// A file descriptor as Python sees it: a number that may or may not be open.
pub type Fd = c_int;

/// The directory that relative paths start from.
pub const AT_FDCWD: Fd = libc::AT_FDCWD;

/// Opens a file, relative to the folder `dir`; the flags are passed as they are.
pub fn open(dir: Fd, path: &CStr, flags: c_int, mode: u32) -> Result<Fd> {
    let answer = open_on_system(dir, path, flags, mode);
    mount::or_found(answer, dir, path, |place| place.open(flags))
}

/// The same without what is mounted.
pub(crate) fn open_on_system(dir: Fd, path: &CStr, flags: c_int, mode: u32) -> Result<Fd> {
    check(lent!(openat(dir, path.as_ptr(), flags, mode)))
}

/// Closes a descriptor. It is closed even if the call is interrupted.
pub fn close(fd: Fd) -> Result<()> {
    done(plain!(close(fd)))
}

/// Closes `low..high`, whether open or not.
pub fn close_range(low: Fd, high: Fd) {
    if low >= high {
        return;
    }
    let (first, last) = (
        low.max(0) as libc::c_uint,
        (high - 1).max(0) as libc::c_uint,
    );
    if plain!(syscall(libc::SYS_close_range, first, last, 0)) == 0 {
        return;
    }
    for fd in first..=last {
        plain!(close(fd as Fd));
    }
}

/// Reads into `buffer`; 0 is the end.
pub fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    count(lent!(read(fd, buffer.as_mut_ptr().cast(), buffer.len())))
}

/// Writes what the system takes of `data`.
pub fn write(fd: Fd, data: &[u8]) -> Result<usize> {
    count(lent!(write(fd, data.as_ptr().cast(), data.len())))
}

/// Reads at an offset.
pub fn pread(fd: Fd, buffer: &mut [u8], offset: i64) -> Result<usize> {
    count(lent!(pread(
        fd,
        buffer.as_mut_ptr().cast(),
        buffer.len(),
        offset
    )))
}

/// Writes at an offset.
pub fn pwrite(fd: Fd, data: &[u8], offset: i64) -> Result<usize> {
    count(lent!(pwrite(fd, data.as_ptr().cast(), data.len(), offset)))
}

fn vectors_mut(buffers: &mut [&mut [u8]]) -> Vec<libc::iovec> {
    buffers
        .iter_mut()
        .map(|b| libc::iovec {
            iov_base: b.as_mut_ptr().cast(),
            iov_len: b.len(),
        })
        .collect()
}

fn vectors(buffers: &[&[u8]]) -> Vec<libc::iovec> {
    buffers
        .iter()
        .map(|b| libc::iovec {
            iov_base: b.as_ptr().cast_mut().cast(),
            iov_len: b.len(),
        })
        .collect()
}

/// Reads into several buffers.
pub fn readv(fd: Fd, buffers: &mut [&mut [u8]]) -> Result<usize> {
    let list = vectors_mut(buffers);
    count(lent!(readv(fd, list.as_ptr(), list.len() as c_int)))
}

/// Writes several buffers.
pub fn writev(fd: Fd, buffers: &[&[u8]]) -> Result<usize> {
    let list = vectors(buffers);
    count(lent!(writev(fd, list.as_ptr(), list.len() as c_int)))
}

/// Reads into several buffers at an offset, with `RWF_*` flags.
pub fn preadv(fd: Fd, buffers: &mut [&mut [u8]], offset: i64, flags: c_int) -> Result<usize> {
    let list = vectors_mut(buffers);
    if flags == 0 {
        return count(lent!(preadv(
            fd,
            list.as_ptr(),
            list.len() as c_int,
            offset
        )));
    }
    count(lent!(preadv2(
        fd,
        list.as_ptr(),
        list.len() as c_int,
        offset,
        flags
    )))
}

/// Writes several buffers at an offset, with `RWF_*` flags.
pub fn pwritev(fd: Fd, buffers: &[&[u8]], offset: i64, flags: c_int) -> Result<usize> {
    let list = vectors(buffers);
    if flags == 0 {
        return count(lent!(pwritev(
            fd,
            list.as_ptr(),
            list.len() as c_int,
            offset
        )));
    }
    count(lent!(pwritev2(
        fd,
        list.as_ptr(),
        list.len() as c_int,
        offset,
        flags
    )))
}

/// Moves the position.
pub fn lseek(fd: Fd, offset: i64, whence: c_int) -> Result<i64> {
    check(plain!(lseek(fd, offset, whence)))
}

/// Duplicates a descriptor; the copy is not inherited.
pub fn dup(fd: Fd) -> Result<Fd> {
    fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)
}

/// Makes `target` a copy of `fd`.
pub fn dup2(fd: Fd, target: Fd, inheritable: bool) -> Result<Fd> {
    if inheritable || fd == target {
        let result = check(plain!(dup2(fd, target)))?;
        if fd == target && !inheritable {
            set_inheritable(target, false)?;
        }
        return Ok(result);
    }
    check(plain!(dup3(fd, target, libc::O_CLOEXEC)))
}

/// Whether a program that is executed gets the descriptor.
pub fn get_inheritable(fd: Fd) -> Result<bool> {
    Ok(fcntl(fd, libc::F_GETFD, 0)? & libc::FD_CLOEXEC == 0)
}

/// Decides it.
pub fn set_inheritable(fd: Fd, inheritable: bool) -> Result<()> {
    let flags = fcntl(fd, libc::F_GETFD, 0)?;
    let wanted = if inheritable {
        flags & !libc::FD_CLOEXEC
    } else {
        flags | libc::FD_CLOEXEC
    };
    if wanted != flags {
        fcntl(fd, libc::F_SETFD, wanted)?;
    }
    Ok(())
}

/// Whether reads and writes wait.
pub fn get_blocking(fd: Fd) -> Result<bool> {
    Ok(fcntl(fd, libc::F_GETFL, 0)? & libc::O_NONBLOCK == 0)
}

/// Decides it.
pub fn set_blocking(fd: Fd, blocking: bool) -> Result<()> {
    let flags = fcntl(fd, libc::F_GETFL, 0)?;
    let wanted = if blocking {
        flags & !libc::O_NONBLOCK
    } else {
        flags | libc::O_NONBLOCK
    };
    fcntl(fd, libc::F_SETFL, wanted).map(|_| ())
}

/// Writes a file's data and metadata to the disk.
pub fn fsync(fd: Fd) -> Result<()> {
    done(plain!(fsync(fd)))
}

/// Writes a file's data to the disk.
pub fn fdatasync(fd: Fd) -> Result<()> {
    done(plain!(fdatasync(fd)))
}

/// Writes everything to the disks.
pub fn sync() {
    plain!(sync());
}

/// Sets the size of a file.
pub fn ftruncate(fd: Fd, length: i64) -> Result<()> {
    done(plain!(ftruncate(fd, length)))
}

/// Sets the size of a file by its path.
pub fn truncate(path: &CStr, length: i64) -> Result<()> {
    done(lent!(truncate(path.as_ptr(), length)))
}

/// Whether the descriptor is a terminal.
pub fn isatty(fd: Fd) -> bool {
    plain!(isatty(fd)) == 1
}

/// A pipe: the end to read and the end to write.
pub fn pipe2(flags: c_int) -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    done(lent!(pipe2(ends.as_mut_ptr(), flags)))?;
    Ok((ends[0], ends[1]))
}

/// `fcntl` with a number.
pub fn fcntl(fd: Fd, command: c_int, argument: c_int) -> Result<c_int> {
    check(plain!(fcntl(fd, command, argument)))
}

/// `fcntl` with a buffer that the system reads and fills. The caller passes a buffer that is large
/// enough for the command; 1024 bytes are enough for all that Python allows.
pub fn fcntl_buffer(fd: Fd, command: c_int, buffer: &mut [u8; 1024]) -> Result<c_int> {
    check(lent!(fcntl(fd, command, buffer.as_mut_ptr())))
}

/// `ioctl` with a number.
pub fn ioctl(fd: Fd, request: u64, argument: c_int) -> Result<c_int> {
    check(plain!(ioctl(fd, request as _, argument)))
}

/// `ioctl` with a buffer that the system reads and fills.
///
/// # Safety
///
/// The buffer must be as large as the request, which is the caller's to choose, demands.
pub unsafe fn ioctl_buffer(fd: Fd, request: u64, buffer: &mut [u8]) -> Result<c_int> {
    // SAFETY: the caller vouches for the size.
    check(unsafe { libc::ioctl(fd, request as _, buffer.as_mut_ptr()) })
}

/// Locks a whole file.
pub fn flock(fd: Fd, operation: c_int) -> Result<()> {
    done(plain!(flock(fd, operation)))
}

/// Locks a part of a file with `fcntl`; `operation` is one of the `LOCK_*` of `flock`, as in
/// `fcntl.lockf`.
pub fn lock_range(fd: Fd, operation: c_int, length: i64, start: i64, whence: c_int) -> Result<()> {
    let kind = if operation == libc::LOCK_UN {
        libc::F_UNLCK
    } else if operation & libc::LOCK_SH != 0 {
        libc::F_RDLCK
    } else if operation & libc::LOCK_EX != 0 {
        libc::F_WRLCK
    } else {
        return Err(crate::Errno::EINVAL);
    };
    let lock = libc::flock {
        l_type: kind as _,
        l_whence: whence as _,
        l_start: start,
        l_len: length,
        l_pid: 0,
    };
    let wait = operation & libc::LOCK_NB == 0;
    let command = if wait { libc::F_SETLKW } else { libc::F_SETLK };
    done(lent!(fcntl(fd, command, &raw const lock)))
}

/// Locks from the position on, as `os.lockf`.
pub fn lockf(fd: Fd, command: c_int, length: i64) -> Result<()> {
    done(plain!(lockf(fd, command, length)))
}

/// Copies from a file to a descriptor inside the system; without an offset, from the position.
pub fn sendfile(out: Fd, input: Fd, offset: Option<i64>, size: usize) -> Result<usize> {
    match offset {
        None => count(plain!(sendfile(out, input, std::ptr::null_mut(), size))),
        Some(mut at) => count(lent!(sendfile(out, input, &raw mut at, size))),
    }
}

fn offset_ptr(offset: &mut Option<i64>) -> *mut i64 {
    offset
        .as_mut()
        .map_or(std::ptr::null_mut(), |at| at as *mut i64)
}

/// Copies between files inside the system.
pub fn copy_file_range(
    source: Fd,
    target: Fd,
    size: usize,
    mut from: Option<i64>,
    mut to: Option<i64>,
) -> Result<usize> {
    let (from, to) = (offset_ptr(&mut from), offset_ptr(&mut to));
    count(lent!(copy_file_range(source, from, target, to, size, 0)))
}

/// Moves data between a pipe and another descriptor.
pub fn splice(
    source: Fd,
    target: Fd,
    size: usize,
    mut from: Option<i64>,
    mut to: Option<i64>,
    flags: u32,
) -> Result<usize> {
    let (from, to) = (offset_ptr(&mut from), offset_ptr(&mut to));
    count(lent!(splice(source, from, target, to, size, flags)))
}

/// A file that lives in memory.
pub fn memfd_create(name: &CStr, flags: u32) -> Result<Fd> {
    check(lent!(memfd_create(name.as_ptr(), flags)))
}

/// A counter that can be waited for.
pub fn eventfd(initial: u32, flags: c_int) -> Result<Fd> {
    check(plain!(eventfd(initial, flags)))
}

/// Makes sure that a part of a file has room on the disk.
pub fn posix_fallocate(fd: Fd, offset: i64, length: i64) -> Result<()> {
    crate::errno::direct(plain!(posix_fallocate(fd, offset, length)))
}

/// Says how a part of a file will be used.
pub fn posix_fadvise(fd: Fd, offset: i64, length: i64, advice: c_int) -> Result<()> {
    crate::errno::direct(plain!(posix_fadvise(fd, offset, length, advice)))
}

/// A file of POSIX shared memory.
pub fn shm_open(name: &CStr, flags: c_int, mode: u32) -> Result<Fd> {
    check(lent!(shm_open(name.as_ptr(), flags, mode)))
}

/// Removes the name of a file of POSIX shared memory.
pub fn shm_unlink(name: &CStr) -> Result<()> {
    done(lent!(shm_unlink(name.as_ptr())))
}
