//! `FileIO`: a file descriptor as a raw stream.

use std::cell::Cell;

use krait_host::errno::Errno;
use krait_host::fd::{self, Fd};
use krait_host::fs;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    IntoPy, OptionalArg, PyBytes, PyDict, PyErr, PyFloat, PyLong, PyResult, PyStr, PyTuple, PyType,
    ThreadState, err, exc, hooks, none, type_error, value_error,
};

use super::base::{self, PyRawIOBase, Size};
use super::unsupported;
use crate::common::{fs_path, raise, retry};

/// What the system moves in one call.
const MOST: usize = 0x7fff_f000;

/// The smallest buffer that reading to the end begins with.
const SMALLEST: usize = 8192;
/// Files up to this size are read whole without asking for the position.
const SMALL_FILE: i64 = 65536;

/// A file that is not buffered.
#[pyclass(name = "FileIO", module = "_io", base = PyRawIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyFileIO {
    base: PyRawIOBase,
    fd: Cell<Fd>,
    mode: Cell<Mode>,
    seekable: Cell<Option<bool>>,
    closefd: Cell<bool>,
    finalizing: Cell<bool>,
    blksize: Cell<u32>,
    /// The size that `fstat` gave at opening, to guess how much there is to read.
    size: Cell<i64>,
    /// Whether the file can be a terminal.
    regular: Cell<bool>,
}

/// What a file was opened for.
#[derive(Clone, Copy, Default)]
struct Mode {
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
}

impl Mode {
    fn parse(text: &str) -> PyResult<(Mode, i32)> {
        let mut mode = Mode::default();
        let (mut flags, mut main, mut plus) = (0, false, false);
        for letter in text.chars() {
            match letter {
                'x' | 'r' | 'w' | 'a' => {
                    if main {
                        return Err(bad_mode());
                    }
                    main = true;
                    mode.readable = letter == 'r';
                    mode.writable = letter != 'r';
                    mode.created = letter == 'x';
                    mode.appending = letter == 'a';
                    flags |= match letter {
                        'x' => libc::O_EXCL | libc::O_CREAT,
                        'w' => libc::O_CREAT | libc::O_TRUNC,
                        'a' => libc::O_APPEND | libc::O_CREAT,
                        _ => 0,
                    };
                }
                'b' => {}
                '+' if plus => return Err(bad_mode()),
                '+' => plus = true,
                _ => return Err(value_error!("invalid mode: {text}")),
            }
        }
        if !main {
            return Err(bad_mode());
        }
        if plus {
            (mode.readable, mode.writable) = (true, true);
        }
        flags |= match (mode.readable, mode.writable) {
            (true, true) => libc::O_RDWR,
            (true, false) => libc::O_RDONLY,
            _ => libc::O_WRONLY,
        };
        Ok((mode, flags | libc::O_CLOEXEC))
    }

    fn text(self) -> &'static str {
        match (self.created, self.appending, self.readable, self.writable) {
            (true, _, true, _) => "xb+",
            (true, ..) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, ..) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, false) => "rb",
            _ => "wb",
        }
    }
}

fn bad_mode() -> PyErr {
    value_error!("Must have exactly one of create/read/write/append mode and at most one plus")
}

impl PyFileIO {
    /// A stream that is not open yet.
    fn unopened() -> PyFileIO {
        PyFileIO {
            base: PyRawIOBase::part(),
            fd: Cell::new(-1),
            mode: Cell::default(),
            seekable: Cell::new(None),
            closefd: Cell::new(true),
            finalizing: Cell::new(false),
            blksize: Cell::new(0),
            size: Cell::new(-1),
            regular: Cell::new(false),
        }
    }

    /// Opens a file by name, by descriptor or with an opener.
    pub(crate) fn open(
        file: &PyObject,
        mode: &str,
        closefd: bool,
        opener: Option<&PyObject>,
    ) -> PyResult<Py<PyFileIO>> {
        let stream = Py::new(Self::unopened())?;
        stream.init(file, mode, closefd, opener)?;
        Ok(stream)
    }

    /// The open descriptor.
    pub(crate) fn open_fd(&self) -> PyResult<Fd> {
        if self.fd.get() < 0 {
            return Err(value_error!("I/O operation on closed file"));
        }
        Ok(self.fd.get())
    }

    fn readable_fd(&self) -> PyResult<Fd> {
        let fd = self.open_fd()?;
        if !self.mode.get().readable {
            return Err(unsupported("File not open for reading"));
        }
        Ok(fd)
    }

    fn writable_fd(&self) -> PyResult<Fd> {
        let fd = self.open_fd()?;
        if !self.mode.get().writable {
            return Err(unsupported("File not open for writing"));
        }
        Ok(fd)
    }

    /// Reads once into memory of ours; `None` if the file would block.
    pub(crate) fn read_slice(&self, buffer: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.readable_fd()?;
        let length = buffer.len().min(MOST);
        let buffer = &mut buffer[..length];
        loop {
            match ThreadState::allow_threads(|| fd::read(fd, buffer)) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::EINTR) => hooks::check_signals()?,
                Err(Errno(libc::EAGAIN)) => return Ok(None),
                Err(errno) => return Err(raise(errno)),
            }
        }
    }

    /// Writes once; `None` if the file would block.
    pub(crate) fn write_slice(&self, data: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.writable_fd()?;
        let data = &data[..data.len().min(MOST)];
        loop {
            match ThreadState::allow_threads(|| fd::write(fd, data)) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::EINTR) => hooks::check_signals()?,
                Err(Errno(libc::EAGAIN)) => return Ok(None),
                Err(errno) => return Err(raise(errno)),
            }
        }
    }

    /// The preferred size of a read.
    pub(crate) fn block_size(&self) -> u32 {
        self.blksize.get()
    }

    /// Whether the descriptor is a terminal.
    pub(crate) fn is_terminal(&self) -> PyResult<bool> {
        let fd = self.open_fd()?;
        Ok(!self.regular.get() && ThreadState::allow_threads(|| fd::isatty(fd)))
    }

    /// The mode as text.
    pub(crate) fn mode_text(&self) -> &'static str {
        self.mode.get().text()
    }

    /// Closes the descriptor, if it is ours.
    fn close_fd(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 || !self.closefd.get() {
            return Ok(());
        }
        match ThreadState::allow_threads(|| fd::close(fd)) {
            Err(Errno::EINTR) => Ok(()),
            answer => answer.map_err(raise),
        }
    }

    fn opened(&self, file: &PyObject, flags: i32, opener: Option<&PyObject>) -> PyResult<Fd> {
        let Some(opener) = opener else {
            let path = fs_path(file)?;
            loop {
                match ThreadState::allow_threads(|| fd::open(fd::AT_FDCWD, &path, flags, 0o666)) {
                    Err(Errno::EINTR) => hooks::check_signals()?,
                    answer => {
                        return answer.map_err(|errno| err::os_error(errno.0, Some(file), None));
                    }
                }
            }
        };
        let number = opener.call(&[file, &*PyLong::from_i64(i64::from(flags))?])?;
        if number.downcast::<PyLong>().is_none() {
            return Err(type_error!("expected integer from opener"));
        }
        let fd: i32 = number.extract()?;
        if fd < 0 {
            return Err(value_error!("opener returned {fd}"));
        }
        fd::set_inheritable(fd, false).map_err(raise)?;
        Ok(fd)
    }

    fn init(
        &self,
        file: &PyObject,
        mode: &str,
        closefd: bool,
        opener: Option<&PyObject>,
    ) -> PyResult<()> {
        if self.fd.get() >= 0 {
            // Opened once more: what was open ends.
            self.close_fd()?;
        }
        let mut given = None;
        if file.is_instance_of::<PyFloat>() {
            return Err(type_error!("integer argument expected, got float"));
        }
        if let Some(number) = file.downcast::<PyLong>() {
            crate::common::warn_bool_descriptor(file)?;
            let fd: i32 = number.extract()?;
            if fd < 0 {
                return Err(value_error!("negative file descriptor"));
            }
            given = Some(fd);
        }
        let shown_mode = mode;
        let (mode, flags) = Mode::parse(mode)?;
        self.mode.set(mode);
        self.seekable.set(None);
        krait_runtime::audit!("open", file, shown_mode, flags)?;
        if given.is_none() && !closefd {
            return Err(value_error!("Cannot use closefd=False with file name"));
        }
        let fd = match given {
            Some(fd) => fd,
            None => self.opened(file, flags, opener)?,
        };
        let finish = || -> PyResult<()> {
            let stat = match ThreadState::allow_threads(|| fs::fstat(fd)) {
                Ok(stat) => Some(stat),
                Err(Errno(libc::EBADF)) => return Err(raise(Errno(libc::EBADF))),
                Err(_) => None,
            };
            if let Some(stat) = stat {
                if stat.mode & libc::S_IFMT == libc::S_IFDIR {
                    return Err(err::os_error(libc::EISDIR, Some(file), None));
                }
                self.regular.set(stat.mode & libc::S_IFMT == libc::S_IFREG);
                self.size.set(stat.size);
                self.blksize.set(u32::try_from(stat.blksize).unwrap_or(0));
            }
            self.as_object().setattr_str("name", file)?;
            if mode.appending {
                // At the end already, so that `tell` says what the user expects.
                let _position = ThreadState::allow_threads(|| fd::lseek(fd, 0, libc::SEEK_END));
            }
            Ok(())
        };
        match finish() {
            Ok(()) => {
                self.fd.set(fd);
                self.closefd.set(closefd);
                Ok(())
            }
            Err(error) => {
                if given.is_none() {
                    let _closed = fd::close(fd);
                }
                Err(error)
            }
        }
    }

    fn seek_to(&self, position: i64, whence: i32) -> PyResult<i64> {
        let fd = self.open_fd()?;
        let answer = ThreadState::allow_threads(|| fd::lseek(fd, position, whence));
        if self.seekable.get().is_none() {
            self.seekable.set(Some(answer.is_ok()));
        }
        answer.map_err(raise)
    }

    /// Reads to the end: the bytes, or `None` if nothing was there yet.
    pub(crate) fn read_all(&self) -> PyResult<Option<Vec<u8>>> {
        let fd = self.readable_fd()?;
        let mut expected = SMALLEST;
        if self.regular.get() && self.size.get() > 0 {
            // One byte more tells that this is the end. Room for a small file costs less than to ask where it stands.
            let mut rest = self.size.get();
            if rest > SMALL_FILE {
                let here = fd::lseek(fd, 0, libc::SEEK_CUR).unwrap_or(0);
                let end = fs::fstat(fd).map_or(rest, |stat| stat.size);
                rest = end - here;
            }
            expected = usize::try_from(rest).unwrap_or(0) + 1;
        }
        let mut data: Vec<u8> = Vec::new();
        base::reserve(&mut data, expected)?;
        loop {
            if data.capacity() == data.len() {
                let more = data.len().clamp(SMALLEST, 1 << 26);
                base::reserve(&mut data, more)?;
            }
            let start = data.len();
            data.resize(data.capacity(), 0);
            let answer = self.read_slice(&mut data[start..]);
            let count = match &answer {
                Ok(Some(count)) => *count,
                _ => 0,
            };
            data.truncate(start + count);
            match answer? {
                None if data.is_empty() => return Ok(None),
                None | Some(0) => return Ok(Some(data)),
                Some(_) => {}
            }
        }
    }
}

/// A position argument: floats are refused.
pub(crate) fn position(value: &PyObject) -> PyResult<i64> {
    value.extract::<i64>()
}

#[pymethods]
impl PyFileIO {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, Self::unopened())?.into_object())
    }

    #[pyinit(signature = "(file, mode='r', closefd=True, opener=None)")]
    fn py_init(
        &self,
        file: &PyObject,
        mode: &str,
        closefd: bool,
        opener: Option<&PyObject>,
    ) -> PyResult<()> {
        self.init(file, mode, closefd, opener)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let class = self.as_object().type_().tp_name();
        if self.fd.get() < 0 {
            return PyStr::new(&format!("<{class} [closed]>"));
        }
        let closefd = if self.closefd.get() { "True" } else { "False" };
        let mut text = krait_runtime::StrBuilder::new();
        text.push_str(&format!("<{class} "));
        match base::name_for_repr(self)? {
            Some(name) => {
                text.push_str("name=");
                text.push_py(&name);
            }
            None => text.push_str(&format!("fd={}", self.fd.get())),
        }
        text.push_str(&format!(" mode='{}' closefd={closefd}>", self.mode_text()));
        text.finish()
    }

    /// Read at most size bytes, returned as bytes.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, size: OptionalArg<Size>) -> PyResult<Obj> {
        self.readable_fd()?;
        let Some(size) = base::size_or_all(size).limit() else {
            return self.readall();
        };
        let mut data = Vec::new();
        base::reserve(&mut data, size.min(MOST))?;
        data.resize(size.min(MOST), 0);
        match self.read_slice(&mut data)? {
            Some(count) => PyBytes::new(&data[..count])?.into_py(),
            None => none().into_py(),
        }
    }

    /// Read all data from the file, returned as bytes.
    #[pymethod(signature = "($self, /)")]
    fn readall(&self) -> PyResult<Obj> {
        match self.read_all()? {
            Some(data) => PyBytes::new(&data)?.into_py(),
            None => none().into_py(),
        }
    }

    /// Same as RawIOBase.readinto().
    #[pymethod(signature = "($self, buffer, /)")]
    fn readinto(&self, buffer: &PyObject) -> PyResult<Option<usize>> {
        self.readable_fd()?;
        let view = writable_view("readinto", buffer)?;
        let mut data = vec![0; view.len().min(MOST)];
        let count = self.read_slice(&mut data)?;
        if let Some(count) = count {
            view.write_at(0, &data[..count]);
        }
        Ok(count)
    }

    /// Write buffer b to file, return number of bytes written.
    #[pymethod(signature = "($self, b, /)")]
    fn write(&self, b: &PyObject) -> PyResult<Option<usize>> {
        self.writable_fd()?;
        crate::posix::with_bytes(b, |bytes| self.write_slice(bytes))
    }

    /// Move to new file position and return the file position.
    #[pymethod(signature = "($self, pos, whence=0, /)")]
    fn seek(&self, pos: &PyObject, whence: i32) -> PyResult<i64> {
        self.open_fd()?;
        self.seek_to(position(pos)?, whence)
    }

    /// Current file position.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<i64> {
        self.seek_to(0, libc::SEEK_CUR)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    #[pymethod(signature = "($self, size=None, /)")]
    fn truncate(&self, size: Option<&PyObject>) -> PyResult<Obj> {
        let fd = self.writable_fd()?;
        let size = match size {
            Some(size) => size.to_obj(),
            None => self.tell()?.into_py()?,
        };
        let length = position(&size)?;
        retry(|| fd::ftruncate(fd, length))?;
        Ok(size)
    }

    /// Close the file.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        let base = PyRawIOBase::type_object()
            .as_object()
            .getattr(krait_runtime::intern!("close"))?;
        // It flushes, and whoever writes that looks at a file that is still open.
        let flushed = base.call1(self);
        base::chain(flushed, || {
            if self.finalizing.get() && self.closefd.get() && self.fd.get() >= 0 {
                self.warn_unclosed(self);
            }
            self.close_fd()?;
            none().into_py()
        })
    }

    /// True if file supports random-access.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.open_fd()?;
        if self.seekable.get().is_none() {
            match self.tell() {
                Ok(_) => {}
                Err(error) => error.clear(),
            }
        }
        Ok(self.seekable.get().unwrap_or(false))
    }

    /// True if file was opened in a read mode.
    #[pymethod(signature = "($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.open_fd()?;
        Ok(self.mode.get().readable)
    }

    /// True if file was opened in a write mode.
    #[pymethod(signature = "($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.open_fd()?;
        Ok(self.mode.get().writable)
    }

    /// Return the underlying file descriptor (an integer).
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> PyResult<i32> {
        self.open_fd()
    }

    /// True if the file is connected to a TTY device.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        let fd = self.open_fd()?;
        Ok(ThreadState::allow_threads(|| fd::isatty(fd)))
    }

    #[pymethod(name = "_isatty_open_only", signature = "($self, /)")]
    fn isatty_open_only(&self) -> PyResult<bool> {
        self.is_terminal()
    }

    #[pymethod(name = "_dealloc_warn", signature = "($self, object, /)")]
    fn dealloc_warn(&self, object: &PyObject) {
        self.warn_unclosed(object);
    }

    #[pymethod(name = "__getstate__", signature = "($self, /)")]
    fn getstate(&self) -> PyResult<()> {
        Err(base::cannot_pickle(self))
    }

    /// True if the file is closed
    #[pygetter]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }

    /// True if the file descriptor will be closed by close().
    #[pygetter]
    fn closefd(&self) -> bool {
        self.closefd.get()
    }

    /// String giving the file mode
    #[pygetter]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }

    /// Stat st_blksize if available
    #[pygetter(name = "_blksize")]
    fn get_blksize(&self) -> u32 {
        self.blksize.get()
    }

    #[pygetter(name = "_finalizing")]
    fn get_finalizing(&self) -> bool {
        self.finalizing.get()
    }

    #[pysetter(name = "_finalizing")]
    fn set_finalizing(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.finalizing.set(base::finalizing_flag(value)?);
        Ok(())
    }
}

impl PyFileIO {
    /// `ResourceWarning` for a file that ends open.
    pub(crate) fn warn_unclosed(&self, object: &PyObject) {
        if self.fd.get() < 0 || !self.closefd.get() {
            return;
        }
        let pending = PyErr::occurred().map(PyErr::take);
        let warn = || -> PyResult<()> {
            let text = format!("unclosed file {}", object.repr()?.to_string_lossy());
            hooks::warn_resource(&text, object)
        };
        if let Err(error) = warn() {
            if error.matches(&exc::Warning) {
                error.write_unraisable(None, Some(self));
            } else {
                error.clear();
            }
        }
        if let Some(pending) = pending {
            // The exception that was set goes on; its token is the caller's.
            let _restored = PyErr::restore(pending);
        }
    }
}

/// Memory for a `readinto` to fill.
pub(crate) fn writable_view(
    method: &str,
    buffer: &PyObject,
) -> PyResult<krait_runtime::buffer::BufferView> {
    buffer.writable_buffer().map_err(|error| {
        if !error.matches(&exc::TypeError) {
            return error;
        }
        error.clear();
        type_error!(
            "{method}() argument must be read-write bytes-like object, not {}",
            buffer.type_().tp_name()
        )
    })
}
