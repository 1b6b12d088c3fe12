//! The class `mmap`.
//!
//! Invariant: the mapping stays where it is while buffers of it are lent (`exports` counts them).
//! Other processes may change its bytes at any time, so these are only copied, never lent as slices.

use std::cell::{Cell, RefCell};

use krait_abi::Py_buffer;
use krait_host::errno::Errno;
use krait_host::fd::{self, Fd};
use krait_host::mmap::Map;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    IntoPy, PyBytes, PyErr, PyResult, PySlice, PyType, WeakList, exc, index_error, overflow_error,
    slice, type_error, value_error,
};

use crate::common::{quick, raise};

pub(super) const ACCESS_DEFAULT: i32 = 0;
pub(super) const ACCESS_READ: i32 = 1;
pub(super) const ACCESS_WRITE: i32 = 2;
pub(super) const ACCESS_COPY: i32 = 3;

/// A descriptor that is closed with its object; −1 for none.
struct Owned(Cell<Fd>);

impl Drop for Owned {
    fn drop(&mut self) {
        if self.0.get() >= 0 {
            let _ = fd::close(self.0.get());
        }
    }
}

/// mmap(fileno, length[, flags[, prot[, access[, offset]]]])
///
/// A file in memory, or with the fileno -1 memory alone. A length of 0 is that of the file. The
/// access says whether writing is allowed, and whether it reaches the file.
#[pyclass(name = "mmap", module = "mmap", flags(BASETYPE))]
#[repr(C)]
pub(super) struct PyMmap {
    ob_base: PyObject,
    /// None once it is closed.
    map: RefCell<Option<Map>>,
    pos: Cell<usize>,
    offset: Cell<i64>,
    fd: Owned,
    access: Cell<i32>,
    trackfd: Cell<bool>,
    exports: Cell<usize>,
    #[weaklist]
    weaklist: WeakList,
}

#[cold]
fn closed() -> PyErr {
    value_error!("mmap closed or invalid")
}

impl PyMmap {
    fn with_map<R>(&self, body: impl FnOnce(&Map) -> PyResult<R>) -> PyResult<R> {
        match &*self.map.borrow() {
            Some(map) => body(map),
            None => Err(closed()),
        }
    }

    fn len(&self) -> PyResult<usize> {
        self.with_map(|map| Ok(map.len()))
    }

    /// Copies a range out, which must be inside.
    fn copy(&self, start: usize, len: usize) -> PyResult<Vec<u8>> {
        self.with_map(|map| {
            let end = start.checked_add(len).filter(|&end| end <= map.len());
            if end.is_none() {
                return Err(value_error!("data out of range"));
            }
            let mut bytes = vec![0; len];
            // SAFETY: the range is inside the mapping, and the vector is another place.
            unsafe { map.as_ptr().add(start).copy_to(bytes.as_mut_ptr(), len) };
            Ok(bytes)
        })
    }

    /// Copies bytes in, at a place where there is room for them.
    fn put(&self, start: usize, bytes: &[u8]) -> PyResult<()> {
        self.with_map(|map| {
            let end = start
                .checked_add(bytes.len())
                .filter(|&end| end <= map.len());
            if end.is_none() {
                return Err(value_error!("data out of range"));
            }
            // SAFETY: the range is inside the mapping, which may be written (the callers checked
            // the access); the source may overlap it, which `copy_from` allows.
            unsafe {
                map.as_ptr()
                    .add(start)
                    .copy_from(bytes.as_ptr(), bytes.len())
            };
            Ok(())
        })
    }

    fn check_writable(&self) -> PyResult<()> {
        if self.access.get() == ACCESS_READ {
            return Err(type_error!("mmap can't modify a readonly memory map."));
        }
        Ok(())
    }

    fn check_resizable(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(krait_runtime::buffer_error!(
                "mmap can't resize with extant buffers exported."
            ));
        }
        if !self.trackfd.get() {
            return Err(value_error!("mmap can't resize with trackfd=False."));
        }
        if matches!(self.access.get(), ACCESS_READ | ACCESS_COPY) {
            return Err(type_error!(
                "mmap can't resize a readonly or copy-on-write memory map."
            ));
        }
        Ok(())
    }

    fn position(&self, index: &PyObject, message: &str) -> PyResult<usize> {
        if !index.has_index() {
            return Err(type_error!("{message}"));
        }
        let length = self.len()?;
        let index = index.as_isize(Some(&exc::IndexError))?;
        let index = if index < 0 {
            index.saturating_add(length as isize)
        } else {
            index
        };
        usize::try_from(index)
            .ok()
            .filter(|&index| index < length)
            .ok_or_else(|| index_error!("mmap index out of range"))
    }

    fn search(
        &self,
        view: &PyObject,
        start: Option<&PyObject>,
        end: Option<&PyObject>,
        find: impl FnOnce(&[u8], &[u8]) -> Option<usize>,
    ) -> PyResult<isize> {
        let length = self.len()?;
        let needle = view.bytes_buffer()?.to_vec();
        let bound = |value: Option<&PyObject>, default: usize| match value {
            None => Ok(default),
            value => slice::clip_bounds(value, None, length).map(|bounds| bounds.0),
        };
        let start = bound(start, self.pos.get().min(length))?;
        let end = bound(end, length)?;
        if start > end {
            return Ok(-1);
        }
        let bytes = self.copy(start, end - start)?;
        Ok(find(&bytes, &needle).map_or(-1, |at| (start + at) as isize))
    }
}

/// The protection and flags that an access means.
fn settings(access: i32, flags: i32, prot: i32) -> PyResult<(i32, i32, i32)> {
    let both = libc::PROT_READ | libc::PROT_WRITE;
    match access {
        ACCESS_READ => Ok((libc::MAP_SHARED, libc::PROT_READ, access)),
        ACCESS_WRITE => Ok((libc::MAP_SHARED, both, access)),
        ACCESS_COPY => Ok((libc::MAP_PRIVATE, both, access)),
        ACCESS_DEFAULT => {
            let access = match prot & both {
                both_set if both_set == both => ACCESS_DEFAULT,
                libc::PROT_WRITE => ACCESS_WRITE,
                _ => ACCESS_READ,
            };
            Ok((flags, prot, access))
        }
        _ => Err(value_error!("mmap invalid access parameter.")),
    }
}

/// The length of a mapping of a regular file, which must have that many bytes.
fn file_length(size: i64, length: isize, offset: i64) -> PyResult<usize> {
    if length == 0 {
        if size == 0 {
            return Err(value_error!("cannot mmap an empty file"));
        }
        if offset >= size {
            return Err(value_error!("mmap offset is greater than file size"));
        }
        return Ok((size - offset) as usize);
    }
    if offset > size || size - offset < length as i64 {
        return Err(value_error!("mmap length is greater than file size"));
    }
    Ok(length as usize)
}

const DEFAULT_FLAGS: i32 = libc::MAP_SHARED;
const DEFAULT_PROT: i32 = libc::PROT_READ | libc::PROT_WRITE;

#[pymethods]
impl PyMmap {
    #[pynew(
        signature = "(fileno, length, flags=1, prot=3, access=0, offset=0, *, trackfd=True)",
        text_signature = ""
    )]
    fn new(
        cls: &PyType,
        fileno: i32,
        length: isize,
        flags: i32,
        prot: i32,
        access: i32,
        offset: i64,
        trackfd: bool,
    ) -> PyResult<Py<Self>> {
        const { assert!(DEFAULT_FLAGS == 1 && DEFAULT_PROT == 3) };
        krait_runtime::audit!("mmap.__new__", fileno, length, access, offset)?;
        if length < 0 {
            return Err(overflow_error!("memory mapped length must be positive"));
        }
        if offset < 0 {
            return Err(overflow_error!("memory mapped offset must be positive"));
        }
        if access != ACCESS_DEFAULT && (flags != DEFAULT_FLAGS || prot != DEFAULT_PROT) {
            return Err(value_error!(
                "mmap can't specify both access and flags, prot."
            ));
        }
        let (mut flags, prot, access) = settings(access, flags, prot)?;
        let mut size = length as usize;
        let mut own = -1;
        if fileno == -1 {
            flags |= libc::MAP_ANONYMOUS;
        } else {
            let stat = quick(krait_host::fs::fstat(fileno))?;
            if stat.mode & libc::S_IFMT == libc::S_IFREG {
                size = file_length(stat.size, length, offset)?;
            }
            if trackfd {
                own = quick(fd::dup(fileno))?;
            }
        }
        let own = Owned(Cell::new(own));
        let map = quick(Map::new(size, prot, flags, fileno, offset))?;
        Py::new_in(
            cls,
            PyMmap {
                ob_base: PyObject::HEADER,
                map: RefCell::new(Some(map)),
                pos: Cell::new(0),
                offset: Cell::new(offset),
                fd: own,
                access: Cell::new(access),
                trackfd: Cell::new(trackfd),
                exports: Cell::new(0),
                weaklist: WeakList::new(),
            },
        )
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        let Some(length) = self.map.borrow().as_ref().map(Map::len) else {
            return "<mmap.mmap closed=True>".to_owned();
        };
        let access = match self.access.get() {
            ACCESS_READ => "ACCESS_READ",
            ACCESS_WRITE => "ACCESS_WRITE",
            ACCESS_COPY => "ACCESS_COPY",
            _ => "ACCESS_DEFAULT",
        };
        format!(
            "<mmap.mmap closed=False, access={access}, length={length}, pos={}, offset={}>",
            self.pos.get(),
            self.offset.get()
        )
    }

    #[slot(mp_length)]
    fn length(&self) -> PyResult<usize> {
        self.len()
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        let length = self.len()?;
        match usize::try_from(index).ok().filter(|&index| index < length) {
            Some(index) => Ok(PyBytes::new(&self.copy(index, 1)?)?.into_object()),
            None => Err(index_error!("mmap index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        let length = self.len()?;
        let Some(range) = key.downcast::<PySlice>() else {
            let index = self.position(key, "mmap indices must be integers")?;
            return self.copy(index, 1)?.first().copied().into_py();
        };
        let range = range.adjusted(length)?;
        let bytes = self.copy(0, length)?;
        let chosen: Vec<u8> = range.indices().map(|index| bytes[index]).collect();
        Ok(PyBytes::new(&chosen)?.into_object())
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let length = self.len()?;
        self.check_writable()?;
        let Some(range) = key.downcast::<PySlice>() else {
            let index = self.position(key, "mmap indices must be integer")?;
            let Some(value) = value else {
                return Err(type_error!("mmap doesn't support item deletion"));
            };
            if !value.has_index() {
                return Err(type_error!("mmap item value must be an int"));
            }
            let byte = u8::try_from(value.as_isize(Some(&exc::TypeError))?)
                .map_err(|_| value_error!("mmap item value must be in range(0, 256)"))?;
            return self.put(index, &[byte]);
        };
        let range = range.adjusted(length)?;
        let Some(value) = value else {
            return Err(type_error!("mmap object doesn't support slice deletion"));
        };
        let bytes = value.bytes_buffer()?.to_vec();
        if bytes.len() != range.len {
            return Err(index_error!("mmap slice assignment is wrong size"));
        }
        if range.step == 1 {
            return self.put(range.start as usize, &bytes);
        }
        for (index, byte) in range.indices().zip(bytes) {
            self.put(index, &[byte])?;
        }
        Ok(())
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut Py_buffer, flags: i32) -> PyResult<()> {
        let (data, length) = self.with_map(|map| Ok((map.as_ptr(), map.len())))?;
        let readonly = self.access.get() == ACCESS_READ;
        krait_runtime::buffer::fill_info(view, self, data, length, readonly, flags)?;
        self.exports.set(self.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, _view: &mut Py_buffer) {
        self.exports.set(self.exports.get().saturating_sub(1));
    }

    /// Unmap the memory; nothing of it can be used afterwards.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(krait_runtime::buffer_error!(
                "cannot close exported pointers exist"
            ));
        }
        drop(self.map.take());
        let fd = self.fd.0.replace(-1);
        if fd >= 0 {
            let _ = fd::close(fd);
        }
        Ok(())
    }

    /// Return where the bytes first are, from the position on unless start is given; -1 if nowhere.
    #[pymethod(signature = "($self, view, start=None, end=None, /)")]
    fn find(
        &self,
        view: &PyObject,
        start: Option<&PyObject>,
        end: Option<&PyObject>,
    ) -> PyResult<isize> {
        self.search(view, start, end, memchr::memmem::find)
    }

    /// Return where the bytes last are, from the position on unless start is given; -1 if nowhere.
    #[pymethod(signature = "($self, view, start=None, end=None, /)")]
    fn rfind(
        &self,
        view: &PyObject,
        start: Option<&PyObject>,
        end: Option<&PyObject>,
    ) -> PyResult<isize> {
        self.search(view, start, end, memchr::memmem::rfind)
    }

    /// Write a part, or all, to the file.
    #[pymethod(signature = "($self, offset=0, size=None, /)")]
    fn flush(&self, offset: isize, size: Option<isize>) -> PyResult<()> {
        let length = self.len()? as isize;
        let size = size.unwrap_or(length);
        if size < 0 || offset < 0 || length - offset < size {
            return Err(value_error!("flush values out of range"));
        }
        if matches!(self.access.get(), ACCESS_READ | ACCESS_COPY) {
            return Ok(());
        }
        self.with_map(|map| quick(map.sync(offset as usize, size as usize, libc::MS_SYNC)))
    }

    /// Say how a part will be used.
    #[pymethod(signature = "($self, option, start=0, length=None, /)")]
    fn madvise(&self, option: i32, start: isize, length: Option<isize>) -> PyResult<()> {
        let whole = self.len()? as isize;
        let length = length.unwrap_or(whole);
        if start < 0 || start >= whole {
            return Err(value_error!("madvise start out of bounds"));
        }
        if length < 0 {
            return Err(value_error!("madvise length invalid"));
        }
        if isize::MAX - start < length {
            return Err(overflow_error!("madvise length too large"));
        }
        let length = length.min(whole - start);
        self.with_map(|map| quick(map.advise(start as usize, length as usize, option)))
    }

    /// Copy count bytes from src to dest.
    #[pymethod(signature = "($self, dest, src, count, /)")]
    fn r#move(&self, dest: isize, src: isize, count: isize) -> PyResult<()> {
        let length = self.len()? as isize;
        self.check_writable()?;
        let fits = |start: isize| start >= 0 && start <= length && count <= length - start;
        if count < 0 || !fits(dest) || !fits(src) {
            return Err(value_error!("source, destination, or count out of range"));
        }
        let bytes = self.copy(src as usize, count as usize)?;
        self.put(dest as usize, &bytes)
    }

    /// Read up to n bytes from the position on; all without n.
    #[pymethod(signature = "($self, n=None, /)")]
    fn read(&self, n: Option<isize>) -> PyResult<Py<PyBytes>> {
        let left = self.len()?.saturating_sub(self.pos.get());
        let count = n
            .and_then(|n| usize::try_from(n).ok())
            .map_or(left, |n| n.min(left));
        let bytes = self.copy(self.pos.get().min(self.len()?), count)?;
        self.pos.set(self.pos.get() + count);
        PyBytes::new(&bytes)
    }

    /// Read a byte, as an int.
    #[pymethod(signature = "($self, /)")]
    fn read_byte(&self) -> PyResult<Option<u8>> {
        if self.pos.get() >= self.len()? {
            return Err(value_error!("read byte out of range"));
        }
        let byte = self.copy(self.pos.get(), 1)?;
        self.pos.set(self.pos.get() + 1);
        Ok(byte.first().copied())
    }

    /// Read up to and with the next newline.
    #[pymethod(signature = "($self, /)")]
    fn readline(&self) -> PyResult<Py<PyBytes>> {
        let length = self.len()?;
        let pos = self.pos.get().min(length);
        let mut line = Vec::new();
        // In parts, so that a large mapping is not copied for each line.
        while pos + line.len() < length {
            let at = pos + line.len();
            let part = self.copy(at, (length - at).min(4096))?;
            if let Some(end) = memchr::memchr(b'\n', &part) {
                line.extend_from_slice(&part[..=end]);
                break;
            }
            line.extend_from_slice(&part);
        }
        self.pos.set(pos + line.len());
        PyBytes::new(&line)
    }

    /// Change the length of the mapping, and of the file.
    #[pymethod(signature = "($self, newsize, /)")]
    fn resize(&self, newsize: isize) -> PyResult<()> {
        self.len()?;
        self.check_resizable()?;
        let offset = self.offset.get();
        if newsize < 0 || (isize::MAX as i64) - (newsize as i64) < offset {
            return Err(value_error!("new size out of range"));
        }
        if self.fd.0.get() != -1 {
            quick(fd::ftruncate(self.fd.0.get(), offset + newsize as i64))?;
        }
        match &mut *self.map.borrow_mut() {
            Some(map) => quick(map.resize(newsize as usize)),
            None => Err(closed()),
        }
    }

    /// Move the position: from the beginning, from itself, or from the end.
    #[pymethod(signature = "($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        let length = self.len()?;
        let base = match whence {
            0 => 0,
            1 => self.pos.get(),
            2 => length,
            _ => return Err(value_error!("unknown seek type")),
        };
        let target = (base as isize)
            .checked_add(pos)
            .and_then(|target| usize::try_from(target).ok())
            .filter(|&target| target <= length)
            .ok_or_else(|| value_error!("seek out of range"))?;
        self.pos.set(target);
        Ok(target)
    }

    /// Return True: the position can be moved.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> bool {
        true
    }

    /// Return the length of the file, which may be more than that of the mapping.
    #[pymethod(signature = "($self, /)")]
    fn size(&self) -> PyResult<i64> {
        self.len()?;
        if self.fd.0.get() == -1 {
            return Err(raise(Errno(libc::EBADF)));
        }
        Ok(quick(krait_host::fs::fstat(self.fd.0.get()))?.size)
    }

    /// Return the position.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.len()?;
        Ok(self.pos.get())
    }

    /// Write bytes at the position; returns how many.
    #[pymethod(signature = "($self, bytes, /)")]
    fn write(&self, bytes: &PyObject) -> PyResult<usize> {
        let bytes = bytes.bytes_buffer()?.to_vec();
        self.len()?;
        self.check_writable()?;
        self.put(self.pos.get(), &bytes)?;
        self.pos.set(self.pos.get() + bytes.len());
        Ok(bytes.len())
    }

    /// Write a byte, given as an int, at the position.
    #[pymethod(signature = "($self, byte, /)")]
    fn write_byte(&self, byte: u8) -> PyResult<()> {
        let length = self.len()?;
        self.check_writable()?;
        if self.pos.get() >= length {
            return Err(value_error!("write byte out of range"));
        }
        self.put(self.pos.get(), &[byte])?;
        self.pos.set(self.pos.get() + 1);
        Ok(())
    }

    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<Obj> {
        self.len()?;
        Ok(self.to_obj())
    }

    #[pymethod(
        name = "__exit__",
        signature = "($self, exc_type, exc_value, traceback, /)"
    )]
    fn exit(
        &self,
        exc_type: &PyObject,
        exc_value: &PyObject,
        traceback: &PyObject,
    ) -> PyResult<Obj> {
        let _ = (exc_type, exc_value, traceback);
        self.as_object()
            .call_method(krait_runtime::intern!("close"), &[])
    }

    /// Whether the mapping is closed.
    #[pygetter]
    fn closed(&self) -> bool {
        self.map.borrow().is_none()
    }
}
