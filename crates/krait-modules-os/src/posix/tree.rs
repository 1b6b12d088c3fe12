//! The tree of files: making, removing, renaming and linking, permissions and times.

use krait_host::errno::{Errno, Result};
use krait_host::fs::{self, Moment};
use krait_macros::pyfunction;
use krait_runtime::codecs::Encoding;
use krait_runtime::convert::{ArgRef, FromPyObject};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    IntoPy, OptionalArg, PyBytes, PyErr, PyFloat, PyLong, PyResult, PyStr, PyTuple, ThreadState,
    err, exc, none, overflow_error, type_error, value_error,
};

use super::path::{Allowed, DirFd, Gid, PATH, PATH_OR_FD, PathArg, Uid, folder};
use crate::common::{Fildes, fs_decode, quick, raise, retry};

/// Use the real uid/gid to test for access to a path.
#[pyfunction(signature = "(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
pub(crate) fn access(
    path: &PyObject,
    mode: i32,
    dir_fd: Option<DirFd>,
    effective_ids: bool,
    follow_symlinks: bool,
) -> PyResult<bool> {
    let path = PathArg::new("access", "path", path, PATH)?;
    path.run(|text| {
        Ok(fs::access(
            folder(dir_fd),
            text,
            mode,
            effective_ids,
            follow_symlinks,
        ))
    })
}

/// Change the current working directory to the specified path.
#[pyfunction(signature = "(path)")]
pub(crate) fn chdir(path: &PyObject) -> PyResult<()> {
    let path = PathArg::new("chdir", "path", path, PATH_OR_FD)?;
    match path.fd {
        Some(fd) => path.run(|_| fs::fchdir(fd)),
        None => path.run(fs::chdir),
    }
}

/// Change to the directory of the given file descriptor.
#[pyfunction(signature = "(fd)")]
pub(crate) fn fchdir(fd: Fildes) -> PyResult<()> {
    retry(|| fs::fchdir(fd.0))
}

/// Change root directory to path.
#[pyfunction(signature = "(path)")]
pub(crate) fn chroot(path: &PyObject) -> PyResult<()> {
    PathArg::new("chroot", "path", path, PATH)?.run(fs::chroot)
}

/// Return a unicode string representing the current working directory.
#[pyfunction(signature = "()")]
pub(crate) fn getcwd() -> PyResult<Py<PyStr>> {
    fs_decode(&quick(ThreadState::allow_threads(fs::getcwd))?)
}

/// Return a bytes string representing the current working directory.
#[pyfunction(signature = "()")]
pub(crate) fn getcwdb() -> PyResult<Py<PyBytes>> {
    PyBytes::new(&quick(ThreadState::allow_threads(fs::getcwd))?)
}

/// Change the access permissions of a file.
#[pyfunction(
    signature = "(path, mode, *, dir_fd=None, follow_symlinks=True)",
    text_signature = "($module, /, path, mode, *, dir_fd=None,\n      follow_symlinks=(os.name != 'nt'))"
)]
pub(crate) fn chmod(
    path: &PyObject,
    mode: i32,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    let path = PathArg::new("chmod", "path", path, PATH_OR_FD)?;
    let (mode, dir) = (mode as u32, folder(dir_fd));
    match path.fd {
        Some(fd) => path.run(|_| fs::fchmod(fd, mode)),
        None => match path.run(|text| Ok(fs::chmod(dir, text, mode, follow_symlinks)))? {
            Err(Errno(libc::EOPNOTSUPP)) if !follow_symlinks => {
                Err(not_implemented("chmod", "follow_symlinks"))
            }
            answer => answer.map_err(|errno| path.error(errno)),
        },
    }
}

fn not_implemented(function: &str, argument: &str) -> PyErr {
    PyErr::new(
        &exc::NotImplementedError,
        format!("{function}: {argument} unavailable on this platform"),
    )
}

/// Change the access permissions of the file given by file descriptor fd.
#[pyfunction(signature = "(fd, mode)")]
pub(crate) fn fchmod(fd: i32, mode: i32) -> PyResult<()> {
    retry(|| fs::fchmod(fd, mode as u32))
}

/// Change the owner and group id of path to the numeric uid and gid.
#[pyfunction(signature = "(path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
pub(crate) fn chown(
    path: &PyObject,
    uid: Uid,
    gid: Gid,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    let path = PathArg::new("chown", "path", path, PATH_OR_FD)?;
    let dir = folder(dir_fd);
    path.check_fd("chown", dir, follow_symlinks)?;
    match path.fd {
        Some(fd) => path.run(|_| fs::fchown(fd, uid.0, gid.0)),
        None => path.run(|text| fs::chown(dir, text, uid.0, gid.0, follow_symlinks)),
    }
}

/// Change the owner and group id of the file specified by file descriptor.
#[pyfunction(signature = "(fd, uid, gid)")]
pub(crate) fn fchown(fd: i32, uid: Uid, gid: Gid) -> PyResult<()> {
    retry(|| fs::fchown(fd, uid.0, gid.0))
}

/// Change the owner and group id of path, without following symbolic links.
#[pyfunction(signature = "(path, uid, gid)")]
pub(crate) fn lchown(path: &PyObject, uid: Uid, gid: Gid) -> PyResult<()> {
    let path = PathArg::new("lchown", "path", path, PATH)?;
    path.run(|text| fs::chown(libc::AT_FDCWD, text, uid.0, gid.0, false))
}

/// Create a directory.
#[pyfunction(signature = "(path, mode=511, *, dir_fd=None)")]
pub(crate) fn mkdir(path: &PyObject, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
    let path = PathArg::new("mkdir", "path", path, PATH)?;
    path.run(|text| fs::mkdir(folder(dir_fd), text, mode as u32))
}

/// Remove a directory.
#[pyfunction(signature = "(path, *, dir_fd=None)")]
pub(crate) fn rmdir(path: &PyObject, dir_fd: Option<DirFd>) -> PyResult<()> {
    let path = PathArg::new("rmdir", "path", path, PATH)?;
    path.run(|text| fs::rmdir(folder(dir_fd), text))
}

/// Remove a file (same as remove()).
#[pyfunction(signature = "(path, *, dir_fd=None)")]
pub(crate) fn unlink(path: &PyObject, dir_fd: Option<DirFd>) -> PyResult<()> {
    let path = PathArg::new("unlink", "path", path, PATH)?;
    path.run(|text| fs::unlink(folder(dir_fd), text))
}

/// Remove a file (same as unlink()).
#[pyfunction(signature = "(path, *, dir_fd=None)")]
pub(crate) fn remove(path: &PyObject, dir_fd: Option<DirFd>) -> PyResult<()> {
    let path = PathArg::new("remove", "path", path, PATH)?;
    path.run(|text| fs::unlink(folder(dir_fd), text))
}

/// Calls the system with two paths and blames both for a failure.
fn run_two(source: &PathArg, target: &PathArg, call: impl FnOnce() -> Result<()>) -> PyResult<()> {
    ThreadState::allow_threads(call)
        .map_err(|errno| err::os_error(errno.0, Some(&source.object), Some(&target.object)))
}

fn rename_as(
    function: &str,
    src: &PyObject,
    dst: &PyObject,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
) -> PyResult<()> {
    let source = PathArg::new(function, "src", src, PATH)?;
    let target = PathArg::new(function, "dst", dst, PATH)?;
    let (from, to) = (source.c(), target.c());
    run_two(&source, &target, || {
        fs::rename(folder(src_dir_fd), from, folder(dst_dir_fd), to)
    })
}

/// Rename a file or directory.
#[pyfunction(signature = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
pub(crate) fn rename(
    src: &PyObject,
    dst: &PyObject,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
) -> PyResult<()> {
    rename_as("rename", src, dst, src_dir_fd, dst_dir_fd)
}

/// Rename a file or directory, overwriting the destination.
#[pyfunction(signature = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
pub(crate) fn replace(
    src: &PyObject,
    dst: &PyObject,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
) -> PyResult<()> {
    rename_as("replace", src, dst, src_dir_fd, dst_dir_fd)
}

/// Create a hard link to a file.
#[pyfunction(
    signature = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
    text_signature = "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None,\n     follow_symlinks=(os.name != 'nt'))"
)]
pub(crate) fn link(
    src: &PyObject,
    dst: &PyObject,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    let source = PathArg::new("link", "src", src, PATH)?;
    let target = PathArg::new("link", "dst", dst, PATH)?;
    let (from, to) = (source.c(), target.c());
    run_two(&source, &target, || {
        fs::link(
            folder(src_dir_fd),
            from,
            folder(dst_dir_fd),
            to,
            follow_symlinks,
        )
    })
}

/// Create a symbolic link pointing to src named dst.
#[pyfunction(signature = "(src, dst, target_is_directory=False, *, dir_fd=None)")]
pub(crate) fn symlink(
    src: &PyObject,
    dst: &PyObject,
    target_is_directory: bool,
    dir_fd: Option<DirFd>,
) -> PyResult<()> {
    // Only Windows asks what the target is.
    let _ = target_is_directory;
    let source = PathArg::new("symlink", "src", src, PATH)?;
    let target = PathArg::new("symlink", "dst", dst, PATH)?;
    let (from, to) = (source.c(), target.c());
    run_two(&source, &target, || fs::symlink(from, folder(dir_fd), to))
}

/// Return a string representing the path to which the symbolic link points.
#[pyfunction(signature = "(path, *, dir_fd=None)")]
pub(crate) fn readlink(path: &PyObject, dir_fd: Option<DirFd>) -> PyResult<Obj> {
    let path = PathArg::new("readlink", "path", path, PATH)?;
    let target = path.run(|text| fs::readlink(folder(dir_fd), text))?;
    path.name(&target)
}

/// Create a "fifo" (a POSIX named pipe).
#[pyfunction(signature = "(path, mode=438, *, dir_fd=None)")]
pub(crate) fn mkfifo(path: &PyObject, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
    let path = PathArg::new("mkfifo", "path", path, PATH)?;
    path.run(|text| fs::mkfifo(folder(dir_fd), text, mode as u32))
}

/// Create a node in the file system.
#[pyfunction(signature = "(path, mode=384, device=0, *, dir_fd=None)")]
pub(crate) fn mknod(
    path: &PyObject,
    mode: i32,
    device: u64,
    dir_fd: Option<DirFd>,
) -> PyResult<()> {
    let path = PathArg::new("mknod", "path", path, PATH)?;
    path.run(|text| fs::mknod(folder(dir_fd), text, mode as u32, device))
}

/// The number of a device, or of its kind or its place among them; −1 is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device(u64);

impl Device {
    const NONE: Device = Device(u64::MAX);

    /// A number that is half of a device's.
    fn half(self) -> PyResult<u32> {
        match self {
            Device::NONE => Ok(u32::MAX),
            Device(number) => u32::try_from(number)
                .map_err(|_| overflow_error!("Python int too large to convert to C unsigned int")),
        }
    }
}

impl<'a> FromPyObject<'a> for Device {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        let number = object.index()?;
        if number.to_i64() == Some(-1) {
            return Ok(Device::NONE);
        }
        if number.is_negative() {
            return Err(overflow_error!("can't convert negative int to unsigned"));
        }
        let number = number.to_u64();
        number
            .map(Device)
            .ok_or_else(|| overflow_error!("int too big to convert"))
    }
}

/// Extracts a device major number from a raw device number.
#[pyfunction(signature = "(device, /)")]
pub(crate) fn major(device: Device) -> PyResult<Obj> {
    match device {
        Device::NONE => (-1).into_py(),
        Device(device) => fs::major(device).into_py(),
    }
}

/// Extracts a device minor number from a raw device number.
#[pyfunction(signature = "(device, /)")]
pub(crate) fn minor(device: Device) -> PyResult<Obj> {
    match device {
        Device::NONE => (-1).into_py(),
        Device(device) => fs::minor(device).into_py(),
    }
}

/// Composes a raw device number from the major and minor device numbers.
#[pyfunction(signature = "(major, minor, /)")]
pub(crate) fn makedev(major: Device, minor: Device) -> PyResult<Obj> {
    match Device(fs::makedev(major.half()?, minor.half()?)) {
        Device::NONE => (-1).into_py(),
        Device(device) => device.into_py(),
    }
}

/// Set the current numeric umask and return the previous umask.
#[pyfunction(signature = "(mask, /)")]
pub(crate) fn umask(mask: i32) -> u32 {
    fs::umask(mask as u32)
}

/// A number of seconds as a moment, cut towards the past.
pub(crate) fn moment_from_seconds(value: &PyObject) -> PyResult<Moment> {
    let too_large = || overflow_error!("timestamp out of range for platform time_t");
    if let Some(float) = value.downcast::<PyFloat>() {
        let seconds = float.value();
        if seconds.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        let whole = seconds.floor();
        if !(-9.3e18..9.3e18).contains(&whole) {
            return Err(too_large());
        }
        let nsec = ((seconds - whole) * 1e9).floor() as i64;
        let (carry, nsec) = (nsec / 1_000_000_000, nsec % 1_000_000_000);
        return Ok(Moment {
            sec: whole as i64 + carry,
            nsec,
        });
    }
    let number = value.index()?;
    number
        .to_i64()
        .map(|sec| Moment { sec, nsec: 0 })
        .ok_or_else(too_large)
}

/// A number of nanoseconds as a moment.
fn moment_from_ns(value: &PyObject) -> PyResult<Moment> {
    let parts = value.divmod(&*PyLong::from_i64(1_000_000_000)?)?;
    let Some(parts) = parts.downcast::<PyTuple>().filter(|parts| parts.len() == 2) else {
        return Err(type_error!(
            "{}.__divmod__() must return a 2-tuple, not {}",
            value.type_().tp_name(),
            parts.type_().tp_name()
        ));
    };
    let sec = parts.as_slice()[0].extract::<i64>()?;
    let nsec = parts.as_slice()[1].extract::<i64>()?;
    Ok(Moment { sec, nsec })
}

fn pair(
    value: &PyObject,
    message: &str,
    convert: impl Fn(&PyObject) -> PyResult<Moment>,
) -> PyResult<(Moment, Moment)> {
    match value.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([access, modified]) => Ok((convert(access)?, convert(modified)?)),
        _ => Err(type_error!("{message}")),
    }
}

/// Set the access and modified time of path.
#[pyfunction(
    signature = "(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)"
)]
pub(crate) fn utime(
    path: &PyObject,
    times: Option<&PyObject>,
    ns: OptionalArg<&PyObject>,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    let path = PathArg::new("utime", "path", path, PATH_OR_FD)?;
    let times = times.filter(|times| !times.is(none()));
    let times = match (times, ns.present()) {
        (Some(_), Some(_)) => {
            return Err(value_error!(
                "utime: you may specify either 'times' or 'ns' but not both"
            ));
        }
        (Some(times), None) => Some(pair(
            times,
            "utime: 'times' must be either a tuple of two ints or None",
            moment_from_seconds,
        )?),
        (None, Some(ns)) => Some(pair(
            ns,
            "utime: 'ns' must be a tuple of two ints",
            moment_from_ns,
        )?),
        (None, None) => None,
    };
    let dir = folder(dir_fd);
    path.check_fd("utime", dir, follow_symlinks)?;
    match path.fd {
        Some(fd) => path.run(|_| fs::futime(fd, times)),
        None => path.run(|text| fs::utime(dir, text, times, follow_symlinks)),
    }
}

/// A path for the functions on extended attributes.
fn subject<'a>(path: &'a PathArg, function: &str, follow: bool) -> PyResult<fs::Subject<'a>> {
    match path.fd {
        Some(_) if !follow => Err(value_error!(
            "{function}: cannot use fd and follow_symlinks together"
        )),
        Some(fd) => Ok(fs::Subject::Fd(fd)),
        None if follow => Ok(fs::Subject::Path(path.c())),
        None => Ok(fs::Subject::Link(path.c())),
    }
}

/// Return the value of extended attribute attribute on path.
#[pyfunction(signature = "(path, attribute, *, follow_symlinks=True)")]
pub(crate) fn getxattr(
    path: &PyObject,
    attribute: &PyObject,
    follow_symlinks: bool,
) -> PyResult<Py<PyBytes>> {
    let path = PathArg::new("getxattr", "path", path, PATH_OR_FD)?;
    let name = PathArg::new("getxattr", "attribute", attribute, PATH)?;
    let subject = subject(&path, "getxattr", follow_symlinks)?;
    let name = name.c();
    PyBytes::new(&path.run(|_| fs::getxattr(subject, name))?)
}

/// Set extended attribute attribute on path to value.
#[pyfunction(signature = "(path, attribute, value, flags=0, *, follow_symlinks=True)")]
pub(crate) fn setxattr(
    path: &PyObject,
    attribute: &PyObject,
    value: &PyObject,
    flags: i32,
    follow_symlinks: bool,
) -> PyResult<()> {
    let path = PathArg::new("setxattr", "path", path, PATH_OR_FD)?;
    let name = PathArg::new("setxattr", "attribute", attribute, PATH)?;
    let subject = subject(&path, "setxattr", follow_symlinks)?;
    let (name, value) = (name.c(), value.bytes_buffer()?.to_vec());
    path.run(|_| fs::setxattr(subject, name, &value, flags))
}

/// Remove extended attribute attribute on path.
#[pyfunction(signature = "(path, attribute, *, follow_symlinks=True)")]
pub(crate) fn removexattr(
    path: &PyObject,
    attribute: &PyObject,
    follow_symlinks: bool,
) -> PyResult<()> {
    let path = PathArg::new("removexattr", "path", path, PATH_OR_FD)?;
    let name = PathArg::new("removexattr", "attribute", attribute, PATH)?;
    let subject = subject(&path, "removexattr", follow_symlinks)?;
    let name = name.c();
    path.run(|_| fs::removexattr(subject, name))
}

/// Return a list of extended attributes on path.
#[pyfunction(signature = "(path=None, *, follow_symlinks=True)")]
pub(crate) fn listxattr(
    path: Option<&PyObject>,
    follow_symlinks: bool,
) -> PyResult<Py<krait_runtime::PyList>> {
    let either = Allowed {
        fd: true,
        none: true,
    };
    let path = PathArg::new("listxattr", "path", path.unwrap_or(none()), either)?;
    let subject = subject(&path, "listxattr", follow_symlinks)?;
    let names = path.run(|_| fs::listxattr(subject))?;
    let names = names.iter().map(|name| fs_decode(name));
    crate::common::list_of(names.collect::<PyResult<Vec<_>>>()?)
}

/// Return the file system path representation of the object.
#[pyfunction(signature = "(path)")]
pub(crate) fn fspath(path: &PyObject) -> PyResult<Obj> {
    path.fspath()
}

/// Translate an error code to a message string.
#[pyfunction(signature = "(code, /)")]
pub(crate) fn strerror(code: i32) -> String {
    Errno(code).text()
}

/// Normalize path, eliminating double slashes, etc.
#[pyfunction(name = "_path_normpath", signature = "(path)")]
pub(crate) fn path_normpath(path: &PyObject) -> PyResult<Obj> {
    let path = path.fspath()?;
    if let Some(bytes) = path.downcast::<PyBytes>() {
        return PyBytes::new(&normalized(bytes.as_bytes())).map(Py::into_object);
    }
    let Some(text) = path.downcast::<PyStr>() else {
        return Err(raise(Errno::EINVAL));
    };
    // The text goes to no system: every surrogate may stand in it.
    let errors = Some("surrogatepass");
    let bytes = Encoding::Utf8.encode(text, errors)?;
    krait_runtime::codecs::decode(&normalized(bytes.as_bytes()), "utf-8", errors)
        .map(Py::into_object)
}

/// A path without empty parts, `.` and `..` where it can go.
fn normalized(path: &[u8]) -> Vec<u8> {
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    // Two slashes at the start, exactly, may mean something else (POSIX).
    let root: &[u8] = match slashes {
        0 => b"",
        2 => b"//",
        _ => b"/",
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                None if slashes > 0 => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let normal = [root, &parts.join(&b'/')].concat();
    if normal.is_empty() {
        b".".to_vec()
    } else {
        normal
    }
}

/// Split a pathname into drive, root and tail.
#[pyfunction(name = "_path_splitroot_ex", signature = "(p)")]
pub(crate) fn path_splitroot_ex(p: &PyObject) -> PyResult<Obj> {
    let path = p.fspath()?;
    if let Some(text) = path.downcast::<PyStr>() {
        let slashes = (0..text.len().min(3))
            .take_while(|&index| text.char_at(index) == u32::from(b'/'))
            .count();
        let root = if slashes == 2 { 2 } else { slashes.min(1) };
        let items = vec![
            PyStr::new("")?.into_object(),
            text.substring(0, root)?.into_object(),
            text.substring(root, text.len())?.into_object(),
        ];
        return Ok(PyTuple::from_vec(items)?.into_object());
    }
    let Some(bytes) = path.downcast::<PyBytes>().map(PyBytes::as_bytes) else {
        return Err(raise(Errno::EINVAL));
    };
    let slashes = bytes.iter().take(3).take_while(|&&byte| byte == b'/');
    let slashes = slashes.count();
    let (root, tail) = bytes.split_at(if slashes == 2 { 2 } else { slashes.min(1) });
    let items = vec![
        PyBytes::new(b"")?.into_object(),
        PyBytes::new(root)?.into_object(),
        PyBytes::new(tail)?.into_object(),
    ];
    Ok(PyTuple::from_vec(items)?.into_object())
}
