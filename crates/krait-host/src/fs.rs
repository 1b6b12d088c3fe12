//! Files and folders by name. Where a function takes `dir`, relative paths start from that open
//! folder; [`AT_FDCWD`] is the current one.

use std::ffi::{CStr, CString, c_int};

use crate::errno::{Errno, Result, check, count, done, lent, plain, zeroed};
use crate::fd::{self, AT_FDCWD, Fd};
use crate::mount;

/// A moment: seconds, and nanoseconds after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub sec: i64,
    /// Nanoseconds, below a thousand million.
    pub nsec: i64,
}

/// The whole content of a file.
pub fn read_file(path: &CStr) -> Result<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    let answer = std::fs::read(std::ffi::OsStr::from_bytes(path.to_bytes()));
    mount::or_found(answer.map_err(Errno::from), AT_FDCWD, path, |place| {
        Ok(place.read()?.into_owned())
    })
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// Type and permissions.
    pub mode: u32,
    /// The number of the file on its device.
    pub ino: u64,
    /// The device it is on.
    pub dev: u64,
    /// How many names it has.
    pub nlink: u64,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its size in bytes.
    pub size: i64,
    /// Last access.
    pub atime: Moment,
    /// Last change of the content.
    pub mtime: Moment,
    /// Last change of the metadata.
    pub ctime: Moment,
    /// The size of blocks to read or write.
    pub blksize: i64,
    /// Blocks of 512 bytes it takes.
    pub blocks: i64,
    /// The device it is, if it is one.
    pub rdev: u64,
}

// The widths of some fields differ between the two machines.
#[allow(clippy::unnecessary_cast)]
fn stat_of(raw: &libc::stat) -> Stat {
    Stat {
        mode: raw.st_mode,
        ino: raw.st_ino,
        dev: raw.st_dev,
        nlink: raw.st_nlink as u64,
        uid: raw.st_uid,
        gid: raw.st_gid,
        size: raw.st_size,
        atime: Moment {
            sec: raw.st_atime,
            nsec: raw.st_atime_nsec,
        },
        mtime: Moment {
            sec: raw.st_mtime,
            nsec: raw.st_mtime_nsec,
        },
        ctime: Moment {
            sec: raw.st_ctime,
            nsec: raw.st_ctime_nsec,
        },
        blksize: raw.st_blksize as i64,
        blocks: raw.st_blocks,
        rdev: raw.st_rdev,
    }
}

/// The state of a file; without `follow`, of a link itself.
pub fn stat(dir: Fd, path: &CStr, follow: bool) -> Result<Stat> {
    let mut raw = zeroed!(libc::stat);
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let answer = done(lent!(fstatat(dir, path.as_ptr(), &raw mut raw, flags)));
    let answer = answer.map(|()| stat_of(&raw));
    mount::or_found(answer, dir, path, |place| Ok(place.stat()))
}

/// The state of an open file.
pub fn fstat(fd: Fd) -> Result<Stat> {
    let mut raw = zeroed!(libc::stat);
    done(lent!(fstat(fd, &raw mut raw)))?;
    Ok(stat_of(&raw))
}

/// What the system says of a file system.
#[derive(Clone, Copy, Debug)]
pub struct StatVfs {
    /// Preferred block size.
    pub bsize: u64,
    /// Unit of `blocks`.
    pub frsize: u64,
    /// All blocks.
    pub blocks: u64,
    /// Free blocks.
    pub bfree: u64,
    /// Blocks that a user may take.
    pub bavail: u64,
    /// All inodes.
    pub files: u64,
    /// Free inodes.
    pub ffree: u64,
    /// Inodes that a user may take.
    pub favail: u64,
    /// Flags of the mount.
    pub flag: u64,
    /// The longest file name.
    pub namemax: u64,
    /// The identity of the file system.
    pub fsid: u64,
}

fn vfs_of(raw: &libc::statvfs) -> StatVfs {
    StatVfs {
        bsize: raw.f_bsize,
        frsize: raw.f_frsize,
        blocks: raw.f_blocks,
        bfree: raw.f_bfree,
        bavail: raw.f_bavail,
        files: raw.f_files,
        ffree: raw.f_ffree,
        favail: raw.f_favail,
        flag: raw.f_flag,
        namemax: raw.f_namemax,
        fsid: raw.f_fsid,
    }
}

/// The file system of a path.
pub fn statvfs(path: &CStr) -> Result<StatVfs> {
    let mut raw = zeroed!(libc::statvfs);
    done(lent!(statvfs(path.as_ptr(), &raw mut raw)))?;
    Ok(vfs_of(&raw))
}

/// The file system of an open file.
pub fn fstatvfs(fd: Fd) -> Result<StatVfs> {
    let mut raw = zeroed!(libc::statvfs);
    done(lent!(fstatvfs(fd, &raw mut raw)))?;
    Ok(vfs_of(&raw))
}

/// Makes a folder.
pub fn mkdir(dir: Fd, path: &CStr, mode: u32) -> Result<()> {
    done(lent!(mkdirat(dir, path.as_ptr(), mode)))
}

/// Removes an empty folder.
pub fn rmdir(dir: Fd, path: &CStr) -> Result<()> {
    done(lent!(unlinkat(dir, path.as_ptr(), libc::AT_REMOVEDIR)))
}

/// Removes a name.
pub fn unlink(dir: Fd, path: &CStr) -> Result<()> {
    done(lent!(unlinkat(dir, path.as_ptr(), 0)))
}

/// Renames, replacing what is there.
pub fn rename(from_dir: Fd, from: &CStr, to_dir: Fd, to: &CStr) -> Result<()> {
    done(lent!(renameat(
        from_dir,
        from.as_ptr(),
        to_dir,
        to.as_ptr()
    )))
}

/// Gives a file another name.
pub fn link(from_dir: Fd, from: &CStr, to_dir: Fd, to: &CStr, follow: bool) -> Result<()> {
    let flags = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
    done(lent!(linkat(
        from_dir,
        from.as_ptr(),
        to_dir,
        to.as_ptr(),
        flags
    )))
}

/// Makes a symbolic link.
pub fn symlink(target: &CStr, dir: Fd, path: &CStr) -> Result<()> {
    done(lent!(symlinkat(target.as_ptr(), dir, path.as_ptr())))
}

/// Calls `fill` with growing buffers until what it writes fits.
fn grown(first: usize, mut fill: impl FnMut(&mut [u8]) -> Result<usize>) -> Result<Vec<u8>> {
    let mut buffer = vec![0; first];
    loop {
        let length = fill(&mut buffer)?;
        if length < buffer.len() {
            buffer.truncate(length);
            return Ok(buffer);
        }
        buffer.resize(buffer.len() * 2, 0);
    }
}

/// Where a symbolic link leads.
pub fn readlink(dir: Fd, path: &CStr) -> Result<Vec<u8>> {
    let answer = grown(4096, |buffer| {
        count(lent!(readlinkat(
            dir,
            path.as_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len()
        )))
    });
    mount::or_found(answer, dir, path, |_| Err(Errno::EINVAL))
}

/// Sets the permissions; without `follow`, of a link itself (which Linux refuses).
pub fn chmod(dir: Fd, path: &CStr, mode: u32, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    done(lent!(fchmodat(dir, path.as_ptr(), mode, flags)))
}

/// Sets the permissions of an open file.
pub fn fchmod(fd: Fd, mode: u32) -> Result<()> {
    done(plain!(fchmod(fd, mode)))
}

/// Sets owner and group; −1 (all bits) leaves one as it is.
pub fn chown(dir: Fd, path: &CStr, uid: u32, gid: u32, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    done(lent!(fchownat(dir, path.as_ptr(), uid, gid, flags)))
}

/// Sets owner and group of an open file.
pub fn fchown(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    done(plain!(fchown(fd, uid, gid)))
}

fn timespecs(times: Option<(Moment, Moment)>) -> Option<[libc::timespec; 2]> {
    let timespec = |m: Moment| libc::timespec {
        tv_sec: m.sec,
        tv_nsec: m.nsec,
    };
    times.map(|(atime, mtime)| [timespec(atime), timespec(mtime)])
}

fn timespecs_ptr(times: &Option<[libc::timespec; 2]>) -> *const libc::timespec {
    times
        .as_ref()
        .map_or(std::ptr::null(), |times| times.as_ptr())
}

/// Sets the times of access and change; `None` is now.
pub fn utime(dir: Fd, path: &CStr, times: Option<(Moment, Moment)>, follow: bool) -> Result<()> {
    let times = timespecs(times);
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    done(lent!(utimensat(
        dir,
        path.as_ptr(),
        timespecs_ptr(&times),
        flags
    )))
}

/// Sets the times of an open file.
pub fn futime(fd: Fd, times: Option<(Moment, Moment)>) -> Result<()> {
    let times = timespecs(times);
    done(lent!(futimens(fd, timespecs_ptr(&times))))
}

/// Whether the process may use a file so.
pub fn access(dir: Fd, path: &CStr, mode: c_int, effective_ids: bool, follow: bool) -> bool {
    let mut flags = if effective_ids { libc::AT_EACCESS } else { 0 };
    if !follow {
        flags |= libc::AT_SYMLINK_NOFOLLOW;
    }
    let answer = done(lent!(faccessat(dir, path.as_ptr(), mode, flags)));
    let answer = answer.map(|()| true);
    mount::or_found(answer, dir, path, |place| Ok(place.allows(mode))).unwrap_or(false)
}

/// Makes a named pipe.
pub fn mkfifo(dir: Fd, path: &CStr, mode: u32) -> Result<()> {
    done(lent!(mkfifoat(dir, path.as_ptr(), mode)))
}

/// Makes a file of any type.
pub fn mknod(dir: Fd, path: &CStr, mode: u32, device: u64) -> Result<()> {
    done(lent!(mknodat(dir, path.as_ptr(), mode, device)))
}

/// The major number of a device.
pub fn major(device: u64) -> u32 {
    libc::major(device)
}

/// The minor number of a device.
pub fn minor(device: u64) -> u32 {
    libc::minor(device)
}

/// A device from its numbers.
pub fn makedev(major: u32, minor: u32) -> u64 {
    libc::makedev(major, minor)
}

/// Changes the current folder.
pub fn chdir(path: &CStr) -> Result<()> {
    done(lent!(chdir(path.as_ptr())))
}

/// Changes the current folder to an open one.
pub fn fchdir(fd: Fd) -> Result<()> {
    done(plain!(fchdir(fd)))
}

/// Changes the root folder of the process.
pub fn chroot(path: &CStr) -> Result<()> {
    done(lent!(chroot(path.as_ptr())))
}

/// The current folder.
pub fn getcwd() -> Result<Vec<u8>> {
    let mut size = 4096;
    loop {
        let mut buffer = vec![0u8; size];
        if !lent!(getcwd(buffer.as_mut_ptr().cast(), buffer.len())).is_null() {
            let length = buffer.iter().position(|&b| b == 0).unwrap_or(buffer.len());
            buffer.truncate(length);
            return Ok(buffer);
        }
        match Errno::last() {
            Errno::ERANGE => size *= 2,
            error => return Err(error),
        }
    }
}

/// The path without links and dots.
pub fn realpath(path: &CStr) -> Result<Vec<u8>> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let path = std::ffi::OsStr::from_bytes(path.to_bytes());
    Ok(std::fs::canonicalize(path)?.into_os_string().into_vec())
}

/// Sets the mask of permissions; the answer is the one before.
pub fn umask(mask: u32) -> u32 {
    plain!(umask(mask))
}

/// A name in a folder.
#[derive(Clone, Debug)]
pub struct DirEntry {
    /// The name, without the folder.
    pub name: CString,
    /// The number of the file.
    pub ino: u64,
    /// The type (`DT_*`), which may be unknown.
    pub kind: u8,
}

/// The names in a folder of the system, without what is mounted there.
pub fn names_on_system(path: &CStr) -> Result<Vec<CString>> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
    let fd = fd::open_on_system(AT_FDCWD, path, flags, 0)?;
    let mut names = Vec::new();
    let mut dir = Dir::from_fd(fd).inspect_err(|_| {
        // Nothing has taken it over.
        let _ = fd::close(fd);
    })?;
    while let Some(entry) = dir.read()? {
        names.push(entry.name);
    }
    Ok(names)
}

/// A folder that is being read: what the system has, then what is mounted.
#[derive(Debug)]
pub struct Dir {
    stream: Option<Stream>,
    mounted: std::vec::IntoIter<DirEntry>,
}

impl Dir {
    /// Opens a folder by name.
    pub fn open(path: &CStr) -> Result<Dir> {
        let answer = Stream::open(path).map(|stream| Dir {
            mounted: mount::added(path, stream.fd()).into_iter(),
            stream: Some(stream),
        });
        mount::or_found(answer, AT_FDCWD, path, |place| {
            Ok(Dir {
                stream: None,
                mounted: place.list()?.into_iter(),
            })
        })
    }

    /// Takes a descriptor over, from its beginning on.
    pub fn from_fd(fd: Fd) -> Result<Dir> {
        Ok(Dir {
            stream: Some(Stream::from_fd(fd)?),
            mounted: Vec::new().into_iter(),
        })
    }

    /// Begins again with what the system has.
    pub fn rewind(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.rewind();
        }
    }

    /// The next name, `.` and `..` left out.
    pub fn read(&mut self) -> Result<Option<DirEntry>> {
        if let Some(stream) = &mut self.stream
            && let Some(entry) = stream.read()?
        {
            return Ok(Some(entry));
        }
        Ok(self.mounted.next())
    }
}

/// A folder of the system that is being read.
#[derive(Debug)]
struct Stream(std::ptr::NonNull<libc::DIR>);

// SAFETY: the C library's state belongs to this value alone; no thread owns it.
unsafe impl Send for Stream {}

impl Stream {
    fn open(path: &CStr) -> Result<Stream> {
        let dir = lent!(opendir(path.as_ptr()));
        std::ptr::NonNull::new(dir)
            .map(Stream)
            .ok_or_else(Errno::last)
    }

    fn from_fd(fd: Fd) -> Result<Stream> {
        let dir = plain!(fdopendir(fd));
        let mut dir = std::ptr::NonNull::new(dir)
            .map(Stream)
            .ok_or_else(Errno::last)?;
        dir.rewind();
        Ok(dir)
    }

    /// The descriptor that reads.
    fn fd(&self) -> Fd {
        // SAFETY: the folder is open as long as the value lives.
        unsafe { libc::dirfd(self.0.as_ptr()) }
    }

    fn rewind(&mut self) {
        // SAFETY: as in `fd`.
        unsafe { libc::rewinddir(self.0.as_ptr()) }
    }

    fn read(&mut self) -> Result<Option<DirEntry>> {
        loop {
            Errno(0).set_last();
            // SAFETY: as in `fd`; nobody else reads, the value being borrowed mutably.
            let entry = unsafe { libc::readdir(self.0.as_ptr()) };
            if entry.is_null() {
                return match Errno::last() {
                    Errno(0) => Ok(None),
                    error => Err(error),
                };
            }
            // SAFETY: the entry is valid until the next call, and its name ends with a zero.
            let (name, ino, kind) = unsafe {
                (
                    CStr::from_ptr((*entry).d_name.as_ptr()),
                    (*entry).d_ino,
                    (*entry).d_type,
                )
            };
            if !matches!(name.to_bytes(), b"." | b"..") {
                return Ok(Some(DirEntry {
                    name: name.to_owned(),
                    ino,
                    kind,
                }));
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the folder is open, and nobody uses it afterwards.
        unsafe { libc::closedir(self.0.as_ptr()) };
    }
}

/// The file whose extended attributes are meant.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A path.
    Path(&'a CStr),
    /// A path, a link not being followed.
    Link(&'a CStr),
    /// An open file.
    Fd(Fd),
}

/// Asks for a size first, then for the value; asks again if it grew between.
fn sized(mut ask: impl FnMut(*mut u8, usize) -> isize) -> Result<Vec<u8>> {
    loop {
        let mut buffer = vec![0u8; count(ask(std::ptr::null_mut(), 0))?.max(1)];
        match count(ask(buffer.as_mut_ptr(), buffer.len())) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(Errno::ERANGE) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The value of an extended attribute.
pub fn getxattr(subject: Subject<'_>, name: &CStr) -> Result<Vec<u8>> {
    let name = name.as_ptr();
    sized(|buffer, size| match subject {
        Subject::Path(path) => lent!(getxattr(path.as_ptr(), name, buffer.cast(), size)),
        Subject::Link(path) => lent!(lgetxattr(path.as_ptr(), name, buffer.cast(), size)),
        Subject::Fd(fd) => lent!(fgetxattr(fd, name, buffer.cast(), size)),
    })
}

/// Sets an extended attribute.
pub fn setxattr(subject: Subject<'_>, name: &CStr, value: &[u8], flags: c_int) -> Result<()> {
    let (name, size) = (name.as_ptr(), value.len());
    let value = value.as_ptr().cast();
    done(match subject {
        Subject::Path(path) => lent!(setxattr(path.as_ptr(), name, value, size, flags)),
        Subject::Link(path) => lent!(lsetxattr(path.as_ptr(), name, value, size, flags)),
        Subject::Fd(fd) => lent!(fsetxattr(fd, name, value, size, flags)),
    })
}

/// Removes an extended attribute.
pub fn removexattr(subject: Subject<'_>, name: &CStr) -> Result<()> {
    let name = name.as_ptr();
    done(match subject {
        Subject::Path(path) => lent!(removexattr(path.as_ptr(), name)),
        Subject::Link(path) => lent!(lremovexattr(path.as_ptr(), name)),
        Subject::Fd(fd) => lent!(fremovexattr(fd, name)),
    })
}

/// The names of the extended attributes.
pub fn listxattr(subject: Subject<'_>) -> Result<Vec<Vec<u8>>> {
    let answer = sized(|buffer, size| match subject {
        Subject::Path(path) => lent!(listxattr(path.as_ptr(), buffer.cast(), size)),
        Subject::Link(path) => lent!(llistxattr(path.as_ptr(), buffer.cast(), size)),
        Subject::Fd(fd) => lent!(flistxattr(fd, buffer.cast(), size)),
    });
    let names = match subject {
        Subject::Path(path) | Subject::Link(path) => {
            mount::or_found(answer, AT_FDCWD, path, |_| Ok(Vec::new()))?
        }
        Subject::Fd(_) => answer?,
    };
    Ok(names
        .split(|&b| b == 0)
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect())
}

/// A limit of a path's file system; `None` if there is none.
pub fn pathconf(path: &CStr, name: c_int) -> Result<Option<i64>> {
    limit(|| lent!(pathconf(path.as_ptr(), name)))
}

/// A limit of an open file's file system.
pub fn fpathconf(fd: Fd, name: c_int) -> Result<Option<i64>> {
    limit(|| plain!(fpathconf(fd, name)))
}

/// Distinguishes −1 that means "no limit" from failure.
pub(crate) fn limit(ask: impl FnOnce() -> i64) -> Result<Option<i64>> {
    Errno(0).set_last();
    match check(ask()) {
        Ok(value) => Ok(Some(value)),
        Err(Errno(0)) => Ok(None),
        Err(error) => Err(error),
    }
}
