//! A tree of files that the program carries inside, readable at paths where the system has none.
//!
//! There is at most one, mounted once. The functions of [`fs`](crate::fs) and [`fd`](crate::fd) ask
//! it when the system answers `ENOENT`, so that what is on the disk comes first; a folder that is in
//! both lists the names of both. Nothing in the tree can be changed. Other processes do not see it,
//! but a file that was opened is a descriptor like any other.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::sync::OnceLock;

use crate::errno::{Errno, Result};
use crate::fd::{self, AT_FDCWD, Fd};
use crate::fs::{self, DirEntry, Moment, Stat};

/// What a path of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A file of so many bytes.
    File(usize),
}

impl Node {
    fn kind(self) -> u8 {
        match self {
            Node::Folder => libc::DT_DIR,
            Node::File(_) => libc::DT_REG,
        }
    }
}

/// A tree of files. Its paths have slashes between the names and none in front; the root is empty.
pub trait Tree: Sync {
    /// What is at a path.
    fn find(&self, path: &str) -> Option<Node>;
    /// What lies directly in a folder.
    fn list(&self, path: &str) -> Vec<(&'static str, Node)>;
    /// The bytes of a file.
    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>>;
}

/// All that is in a tree was changed at this time, and never after.
const CHANGED: Moment = Moment { sec: 0, nsec: 0 };

struct Mount {
    root: Vec<u8>,
    tree: &'static dyn Tree,
}

static MOUNT: OnceLock<Mount> = OnceLock::new();

/// Serves a tree under an absolute path. Whether it does: the first call decides for the process.
pub fn mount(root: &[u8], tree: &'static dyn Tree) -> bool {
    let root = normal(&[], root);
    MOUNT.set(Mount { root, tree }).is_ok()
}

/// A path that starts from a folder, without empty names and dots.
fn normal(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in folder
        .split(|&b| b == b'/')
        .chain(path.split(|&b| b == b'/'))
    {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let mut whole = Vec::with_capacity(folder.len() + path.len() + 2);
    for name in names {
        whole.push(b'/');
        whole.extend_from_slice(name);
    }
    whole
}

/// The rest of a path below a folder; empty if it is that folder.
fn below<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    match path.strip_prefix(folder)? {
        [] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// A path of the mounted tree, or of a folder that leads to it.
pub(crate) struct Found {
    mount: &'static Mount,
    /// The whole path.
    path: Vec<u8>,
    /// The path in the tree; none for a folder above its root.
    inner: Option<String>,
    node: Node,
}

/// Looks up what a path names, from the open folder `dir` on.
pub(crate) fn find(dir: Fd, path: &CStr) -> Option<Found> {
    let mount = MOUNT.get()?;
    let given = path.to_bytes();
    let path = match given {
        [b'/', ..] => normal(&[], given),
        [_, ..] if dir == AT_FDCWD => normal(&fs::getcwd().ok()?, given),
        _ => return None,
    };
    if let Some(inner) = below(&path, &mount.root) {
        let inner = std::str::from_utf8(inner).ok()?.to_owned();
        let node = mount.tree.find(&inner)?;
        let as_folder = given.ends_with(b"/") || given.ends_with(b"/.");
        if as_folder && node != Node::Folder {
            return None;
        }
        return Some(Found {
            mount,
            path,
            inner: Some(inner),
            node,
        });
    }
    below(&mount.root, &path)?;
    Some(Found {
        mount,
        path,
        inner: None,
        node: Node::Folder,
    })
}

/// Asks the tree where the system has nothing at a path.
pub(crate) fn or_found<T>(
    answer: Result<T>,
    dir: Fd,
    path: &CStr,
    found: impl FnOnce(&Found) -> Result<T>,
) -> Result<T> {
    match answer {
        Err(Errno(libc::ENOENT)) => match find(dir, path) {
            Some(place) => found(&place),
            None => answer,
        },
        answer => answer,
    }
}

/// A number that a path always has (FNV-1a).
fn number(path: &[u8]) -> u64 {
    path.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Found {
    /// The state of the file or folder.
    pub(crate) fn stat(&self) -> Stat {
        let (mode, nlink, size) = match self.node {
            Node::Folder => (libc::S_IFDIR | 0o555, 2, 0),
            Node::File(size) => (libc::S_IFREG | 0o444, 1, size as i64),
        };
        Stat {
            mode,
            ino: number(&self.path),
            dev: 0,
            nlink,
            uid: 0,
            gid: 0,
            size,
            atime: CHANGED,
            mtime: CHANGED,
            ctime: CHANGED,
            blksize: 4096,
            blocks: (size + 511) / 512,
            rdev: 0,
        }
    }

    /// Whether the process may use it so: read files, and go through folders.
    pub(crate) fn allows(&self, mode: c_int) -> bool {
        let runs = mode & libc::X_OK == 0 || self.node == Node::Folder;
        mode & libc::W_OK == 0 && runs
    }

    /// The bytes of the file.
    pub(crate) fn read(&self) -> Result<Cow<'static, [u8]>> {
        match (&self.inner, self.node) {
            (Some(inner), Node::File(_)) => self.mount.tree.read(inner).ok_or(Errno(libc::EIO)),
            _ => Err(Errno(libc::EISDIR)),
        }
    }

    /// Opens the file: a file in memory with the same bytes, which nobody can write to. Folders of a
    /// tree have no descriptors.
    pub(crate) fn open(&self, flags: c_int) -> Result<Fd> {
        if flags & libc::O_CREAT != 0 && flags & libc::O_EXCL != 0 {
            return Err(Errno(libc::EEXIST));
        }
        if self.node == Node::Folder {
            return Err(Errno(libc::EISDIR));
        }
        if flags & libc::O_DIRECTORY == libc::O_DIRECTORY {
            return Err(Errno(libc::ENOTDIR));
        }
        if flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0 {
            return Err(Errno(libc::EROFS));
        }
        let bytes = self.read()?;
        let name = self.path.rsplit(|&b| b == b'/').next().unwrap_or_default();
        // The system takes names of this length; the name is for people only.
        let name = CString::new(&name[..name.len().min(200)]).map_err(|_| Errno::EINVAL)?;
        let writer = fd::memfd_create(&name, libc::MFD_CLOEXEC)?;
        let reader = fill(writer, &bytes).and_then(|()| {
            let path =
                CString::new(format!("/proc/self/fd/{writer}")).map_err(|_| Errno::EINVAL)?;
            fd::open_on_system(
                AT_FDCWD,
                &path,
                flags & !libc::O_NOFOLLOW & !libc::O_CREAT,
                0,
            )
        });
        // The descriptor that wrote has served; that it is gone is all that closing can say.
        let _ = fd::close(writer);
        reader
    }

    /// What lies in the folder.
    pub(crate) fn list(&self) -> Result<Vec<DirEntry>> {
        if self.node != Node::Folder {
            return Err(Errno(libc::ENOTDIR));
        }
        let Some(inner) = &self.inner else {
            let rest = below(&self.mount.root, &self.path).unwrap_or_default();
            let name = rest.split(|&b| b == b'/').next().unwrap_or_default();
            return Ok(self.entry(name, Node::Folder).into_iter().collect());
        };
        let rows = self.mount.tree.list(inner);
        Ok(rows
            .iter()
            .filter_map(|&(name, node)| self.entry(name.as_bytes(), node))
            .collect())
    }

    fn entry(&self, name: &[u8], node: Node) -> Option<DirEntry> {
        Some(DirEntry {
            name: CString::new(name).ok()?,
            ino: number(&[&self.path, b"/".as_slice(), name].concat()),
            kind: node.kind(),
        })
    }
}

/// Gives a file its content, its permissions and its times.
fn fill(file: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match fd::write(file, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    fs::fchmod(file, 0o444)?;
    fs::futime(file, Some((CHANGED, CHANGED)))
}

/// What a folder of the tree adds to the one of the system with the same path, which is open.
pub(crate) fn added(path: &CStr, open: Fd) -> Vec<DirEntry> {
    let names = match find(AT_FDCWD, path) {
        Some(place) if place.inner.is_some() => place.list().unwrap_or_default(),
        _ => return Vec::new(),
    };
    let new = |entry: &DirEntry| fs::stat(open, &entry.name, false).is_err();
    names.into_iter().filter(new).collect()
}
