//! `stat` and its kin.

use krait_host::errno::Errno;
use krait_host::fs::{self, Moment, Stat, StatVfs};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{IntoPy, PyLong, PyResult};

use super::path::{DirFd, PATH, PATH_OR_FD, PathArg, folder};
use crate::common::{Fildes, raise, retry, retry_named};

pub(crate) static STAT_RESULT: StructSeq = StructSeq::new(
    "os.stat_result",
    "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    &[
        ("st_mode", "protection bits"),
        ("st_ino", "inode"),
        ("st_dev", "device"),
        ("st_nlink", "number of hard links"),
        ("st_uid", "user ID of owner"),
        ("st_gid", "group ID of owner"),
        ("st_size", "total size, in bytes"),
        ("", "integer time of last access"),
        ("", "integer time of last modification"),
        ("", "integer time of last change"),
        ("st_atime", "time of last access"),
        ("st_mtime", "time of last modification"),
        ("st_ctime", "time of last change"),
        ("st_atime_ns", "time of last access in nanoseconds"),
        ("st_mtime_ns", "time of last modification in nanoseconds"),
        ("st_ctime_ns", "time of last change in nanoseconds"),
        ("st_blksize", "blocksize for filesystem I/O"),
        ("st_blocks", "number of blocks allocated"),
        ("st_rdev", "device type (if inode device)"),
    ],
)
.visible(10)
.completed_by(complete_times);

/// The times as floats are the ints, unless Python code gave them.
fn complete_times(fields: &mut [Option<Obj>]) {
    for index in 7..10 {
        if fields[index + 3].is_none() {
            fields[index + 3] = fields[index].clone();
        }
    }
}

pub(crate) static STATVFS_RESULT: StructSeq = StructSeq::new(
    "os.statvfs_result",
    "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    &[
        ("f_bsize", ""),
        ("f_frsize", ""),
        ("f_blocks", ""),
        ("f_bfree", ""),
        ("f_bavail", ""),
        ("f_files", ""),
        ("f_ffree", ""),
        ("f_favail", ""),
        ("f_flag", ""),
        ("f_namemax", ""),
        ("f_fsid", ""),
    ],
)
.visible(10);

/// Nanoseconds since the epoch, however far away.
pub(crate) fn nanoseconds(time: Moment) -> PyResult<Obj> {
    let small = time
        .sec
        .checked_mul(1_000_000_000)
        .and_then(|sec| sec.checked_add(time.nsec));
    if let Some(total) = small {
        return total.into_py();
    }
    let seconds = PyLong::from_i64(time.sec)?.multiply(&*PyLong::from_i64(1_000_000_000)?)?;
    seconds.add(&*PyLong::from_i64(time.nsec)?)
}

fn float_time(time: Moment) -> PyResult<Obj> {
    (time.sec as f64 + 1e-9 * time.nsec as f64).into_py()
}

/// The Python object for what the system says of a file.
pub(crate) fn stat_object(stat: &Stat) -> PyResult<Obj> {
    let times = [stat.atime, stat.mtime, stat.ctime];
    let mut values = vec![
        stat.mode.into_py()?,
        stat.ino.into_py()?,
        stat.dev.into_py()?,
        stat.nlink.into_py()?,
        stat.uid.into_py()?,
        stat.gid.into_py()?,
        stat.size.into_py()?,
    ];
    for time in times {
        values.push(time.sec.into_py()?);
    }
    for time in times {
        values.push(float_time(time)?);
    }
    for time in times {
        values.push(nanoseconds(time)?);
    }
    values.push(stat.blksize.into_py()?);
    values.push(stat.blocks.into_py()?);
    values.push(stat.rdev.into_py()?);
    STAT_RESULT.make(values)
}

fn stat_of(function: &str, path: &PathArg, dir: i32, follow: bool) -> PyResult<Obj> {
    path.check_fd(function, dir, follow)?;
    let stat = match path.fd {
        Some(fd) => path.run(|_| fs::fstat(fd))?,
        None => path.run(|text| fs::stat(dir, text, follow))?,
    };
    stat_object(&stat)
}

/// Perform a stat system call on the given path.
#[pyfunction(signature = "(path, *, dir_fd=None, follow_symlinks=True)")]
pub(crate) fn stat(path: &PyObject, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<Obj> {
    let path = PathArg::new("stat", "path", path, PATH_OR_FD)?;
    stat_of("stat", &path, folder(dir_fd), follow_symlinks)
}

/// Perform a stat system call on the given path, without following symbolic links.
#[pyfunction(signature = "(path, *, dir_fd=None)")]
pub(crate) fn lstat(path: &PyObject, dir_fd: Option<DirFd>) -> PyResult<Obj> {
    let path = PathArg::new("lstat", "path", path, PATH)?;
    stat_of("lstat", &path, folder(dir_fd), false)
}

/// Perform a stat system call on the given file descriptor.
#[pyfunction(signature = "(fd)")]
pub(crate) fn fstat(fd: i32) -> PyResult<Obj> {
    stat_object(&retry(|| fs::fstat(fd))?)
}

fn statvfs_object(vfs: &StatVfs) -> PyResult<Obj> {
    let values = [
        vfs.bsize,
        vfs.frsize,
        vfs.blocks,
        vfs.bfree,
        vfs.bavail,
        vfs.files,
        vfs.ffree,
        vfs.favail,
        vfs.flag,
        vfs.namemax,
        vfs.fsid,
    ];
    let values = values.into_iter().map(|value| value.into_py());
    STATVFS_RESULT.make(values.collect::<PyResult<Vec<_>>>()?)
}

/// Perform a statvfs system call on the given path.
#[pyfunction(signature = "(path)")]
pub(crate) fn statvfs(path: &PyObject) -> PyResult<Obj> {
    let path = PathArg::new("statvfs", "path", path, PATH_OR_FD)?;
    let vfs = match path.fd {
        Some(fd) => path.run(|_| fs::fstatvfs(fd))?,
        None => path.run(fs::statvfs)?,
    };
    statvfs_object(&vfs)
}

/// Perform an fstatvfs system call on the given fd.
#[pyfunction(signature = "(fd, /)")]
pub(crate) fn fstatvfs(fd: i32) -> PyResult<Obj> {
    statvfs_object(&retry(|| fs::fstatvfs(fd))?)
}

/// A limit for an open file; None if there is none.
#[pyfunction(signature = "(fd, name, /)")]
pub(crate) fn fpathconf(fd: Fildes, name: &PyObject) -> PyResult<i64> {
    let name = super::system::conf_name(name, krait_host::sysconf::PATHCONF_NAMES)?;
    Ok(retry_named(|| fs::fpathconf(fd.0, name), raise)?.unwrap_or(-1))
}

/// A limit for a path; −1 if there is none.
#[pyfunction(signature = "(path, name)")]
pub(crate) fn pathconf(path: &PyObject, name: &PyObject) -> PyResult<i64> {
    let path = PathArg::new("pathconf", "path", path, PATH_OR_FD)?;
    let name = super::system::conf_name(name, krait_host::sysconf::PATHCONF_NAMES)?;
    let answer = match path.fd {
        Some(fd) => fs::fpathconf(fd, name),
        None => fs::pathconf(path.c(), name),
    };
    match answer {
        Ok(value) => Ok(value.unwrap_or(-1)),
        // A name that the system does not know says nothing about the path.
        Err(Errno::EINVAL) => Err(raise(Errno::EINVAL)),
        Err(errno) => Err(path.error(errno)),
    }
}

/// Returns the object of a fresh stat, for `DirEntry.stat`.
pub(crate) fn stat_entry(path: &PathArg, dir: i32, follow: bool) -> PyResult<(Stat, Obj)> {
    let stat = path.run(|text| fs::stat(dir, text, follow))?;
    let object = stat_object(&stat)?;
    Ok((stat, object))
}
