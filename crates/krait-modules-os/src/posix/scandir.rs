//! `listdir`, `scandir` and `DirEntry`.

use std::cell::{Cell, RefCell};

use krait_host::fd::{AT_FDCWD, Fd};
use krait_host::fs::{Dir, Stat};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{Args, Field, PyList, PyResult, PyStr, PyType, ThreadState, exc, hooks, none};

use super::path::{Allowed, PATH, PathArg};
use super::stat;

const ANYTHING: Allowed = Allowed {
    fd: true,
    none: true,
};

fn open_dir(path: &PathArg) -> PyResult<Dir> {
    match path.fd {
        // The folder closes its descriptor: it gets a copy.
        Some(fd) => path.run(|_| krait_host::fd::dup(fd).and_then(Dir::from_fd)),
        None => path.run(Dir::open),
    }
}

fn is_dots(name: &[u8]) -> bool {
    name == b"." || name == b".."
}

/// Return a list containing the names of the files in the directory.
#[pyfunction(signature = "(path=None)")]
pub(crate) fn listdir(path: Option<&PyObject>) -> PyResult<Py<PyList>> {
    let path = PathArg::new("listdir", "path", path.unwrap_or(none()), ANYTHING)?;
    let mut dir = open_dir(&path)?;
    if path.fd.is_some() {
        dir.rewind();
    }
    let names = path.run(|_| {
        let mut names = Vec::new();
        while let Some(entry) = dir.read()? {
            if !is_dots(entry.name.to_bytes()) {
                names.push(entry.name);
            }
        }
        Ok(names)
    })?;
    let names = names.iter().map(|name| path.name(name.to_bytes()));
    PyList::from_vec(names.collect::<PyResult<Vec<_>>>()?)
}

/// Return an iterator of DirEntry objects for given path.
#[pyfunction(signature = "(path=None)")]
pub(crate) fn scandir(path: Option<&PyObject>) -> PyResult<Py<ScandirIterator>> {
    let path = PathArg::new("scandir", "path", path.unwrap_or(none()), ANYTHING)?;
    let mut dir = open_dir(&path)?;
    if path.fd.is_some() {
        dir.rewind();
    }
    Py::new(ScandirIterator {
        ob_base: PyObject::HEADER,
        dir: RefCell::new(Some(dir)),
        path,
    })
}

/// What `os.scandir` returns.
#[pyclass(
    name = "ScandirIterator",
    module = "posix",
    flags(DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(crate) struct ScandirIterator {
    ob_base: PyObject,
    dir: RefCell<Option<Dir>>,
    path: PathArg,
}

#[pymethods]
impl ScandirIterator {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        loop {
            // Out of the cell, so that another thread finds the iterator ended, not borrowed.
            let Some(mut dir) = self.dir.take() else {
                return Ok(None);
            };
            let (dir, entry) = ThreadState::allow_threads(|| {
                let entry = dir.read();
                (dir, entry)
            });
            let Some(entry) = entry.map_err(|errno| self.path.error(errno))? else {
                return Ok(None);
            };
            let fd = self.path.fd;
            self.dir.replace(Some(dir));
            if is_dots(entry.name.to_bytes()) {
                continue;
            }
            let name = self.path.name(entry.name.to_bytes())?;
            let full = match fd {
                Some(_) => name.clone(),
                None => self.path.name(&joined(&self.path, entry.name.to_bytes()))?,
            };
            let entry = Py::new(DirEntry {
                ob_base: PyObject::HEADER,
                name: Field::new(name),
                path: Field::new(full),
                dir_fd: Cell::new(fd.unwrap_or(AT_FDCWD)),
                kind: Cell::new(entry.kind),
                inode: Cell::new(entry.ino),
                stat: RefCell::new(None),
                lstat: RefCell::new(None),
            })?;
            return Ok(Some(entry.into_object()));
        }
    }

    /// Closes the iterator.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) {
        drop(self.dir.take());
    }

    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[pymethod(name = "__exit__", signature = "($self, *args)")]
    fn exit(&self, _args: Args<'_>) {
        self.close();
    }

    #[slot(tp_finalize)]
    fn finalize(&self) {
        if self.dir.take().is_none() {
            return;
        }
        let shown = self.to_display();
        let message = format!("unclosed scandir iterator {shown}");
        if let Err(error) = hooks::warn_resource(&message, self) {
            error.write_unraisable(None, Some(self));
        }
    }
}

/// The path of an entry.
fn joined(folder: &PathArg, name: &[u8]) -> Vec<u8> {
    let mut path = folder.c().to_bytes().to_vec();
    if folder.object.is(none()) {
        path = b".".to_vec();
    }
    if !path.is_empty() && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend(name);
    path
}

/// An entry of a folder.
#[pyclass(name = "DirEntry", module = "posix", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(crate) struct DirEntry {
    ob_base: PyObject,
    name: Field<PyObject>,
    path: Field<PyObject>,
    dir_fd: Cell<Fd>,
    kind: Cell<u8>,
    inode: Cell<u64>,
    stat: RefCell<Option<(u32, Obj)>>,
    lstat: RefCell<Option<(u32, Obj)>>,
}

impl DirEntry {
    /// Asks the system about the file once; the answer's mode and object are kept.
    fn fetch(&self, follow: bool) -> PyResult<(u32, Obj)> {
        let cell = if follow { &self.stat } else { &self.lstat };
        if let Some((mode, object)) = &*cell.borrow() {
            return Ok((*mode, object.clone()));
        }
        let path = self.path.get().unwrap_or_else(|| none().to_obj());
        let path = PathArg::new("DirEntry", "path", &path, PATH)?;
        let (Stat { mode, .. }, object) = stat::stat_entry(&path, self.dir_fd.get(), follow)?;
        *cell.borrow_mut() = Some((mode, object.clone()));
        Ok((mode, object))
    }

    fn is_link(&self) -> PyResult<bool> {
        match self.kind.get() {
            libc::DT_UNKNOWN => Ok(self.fetch(false)?.0 & libc::S_IFMT == libc::S_IFLNK),
            kind => Ok(kind == libc::DT_LNK),
        }
    }

    fn has_mode(&self, follow: bool, kind: u8, mode: u32) -> PyResult<bool> {
        let known = self.kind.get();
        let ask = known == libc::DT_UNKNOWN || follow && known == libc::DT_LNK;
        if !ask {
            return Ok(known == kind);
        }
        let follow = follow && self.is_link()?;
        match self.fetch(follow) {
            Ok((found, _)) => Ok(found & libc::S_IFMT == mode),
            // What is not there is nothing.
            Err(error) if error.matches(&exc::FileNotFoundError) => {
                error.clear();
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

#[pymethods]
impl DirEntry {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let name = self.name.get().unwrap_or_else(|| none().to_obj());
        let mut text = krait_runtime::StrBuilder::new();
        text.push_str("<DirEntry ");
        text.push_py(&*name.repr()?);
        text.push_str(">");
        text.finish()
    }

    /// the entry's base filename, relative to scandir() "path" argument
    #[pygetter]
    fn name(&self) -> Option<Obj> {
        self.name.get()
    }

    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    #[pygetter]
    fn path(&self) -> Option<Obj> {
        self.path.get()
    }

    /// Returns the path for the entry.
    #[pymethod(name = "__fspath__", signature = "($self, /)")]
    fn fspath(&self) -> Option<Obj> {
        self.path.get()
    }

    /// Return inode of the entry; cached per entry.
    #[pymethod(signature = "($self, /)")]
    fn inode(&self) -> u64 {
        self.inode.get()
    }

    /// Return True if the entry is a directory; cached per entry.
    #[pymethod(signature = "($self, /, *, follow_symlinks=True)")]
    fn is_dir(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.has_mode(follow_symlinks, libc::DT_DIR, libc::S_IFDIR)
    }

    /// Return True if the entry is a file; cached per entry.
    #[pymethod(signature = "($self, /, *, follow_symlinks=True)")]
    fn is_file(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.has_mode(follow_symlinks, libc::DT_REG, libc::S_IFREG)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[pymethod(signature = "($self, /)")]
    fn is_symlink(&self) -> PyResult<bool> {
        self.is_link()
    }

    /// Return True if the entry is a junction; cached per entry.
    #[pymethod(signature = "($self, /)")]
    fn is_junction(&self) -> bool {
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[pymethod(signature = "($self, /, *, follow_symlinks=True)")]
    fn stat(&self, follow_symlinks: bool) -> PyResult<Obj> {
        let follow = follow_symlinks && self.is_link()?;
        let (_, object) = self.fetch(follow)?;
        Ok(object)
    }

    /// DirEntry is generic over the type of the path (str or bytes)
    #[pyclassmethod(name = "__class_getitem__", signature = "(object, /)")]
    fn class_getitem(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        crate::common::generic_alias(cls, object)
    }
}
