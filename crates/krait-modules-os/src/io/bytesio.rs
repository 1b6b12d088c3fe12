//! `BytesIO`: a stream in memory.

use std::cell::{Cell, RefCell};

use krait_abi::Py_buffer;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, IntoPy, OptionalArg, PyBytes, PyDict, PyList, PyResult, PyTuple, PyType, buffer,
    buffer_error, none, overflow_error, type_error, value_error,
};

use super::base::{PyBufferedIOBase, Size, reserve, size_or_all};
use super::fileio::writable_view;

/// Bytes that can be read and written like a file.
#[pyclass(name = "BytesIO", module = "_io", base = PyBufferedIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyBytesIO {
    base: PyBufferedIOBase,
    /// The content. It stays where it is while there are exports.
    data: RefCell<Vec<u8>>,
    position: Cell<usize>,
    exports: Cell<usize>,
    closed: Cell<bool>,
}

impl PyBytesIO {
    fn check_closed(&self) -> PyResult<()> {
        if self.closed.get() {
            return Err(value_error!("I/O operation on closed file."));
        }
        Ok(())
    }

    fn check_exports(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(buffer_error!(
                "Existing exports of data: object cannot be re-sized"
            ));
        }
        Ok(())
    }

    /// Takes up to `size` bytes from the position on.
    fn take(&self, size: Option<usize>) -> PyResult<Py<PyBytes>> {
        let data = self.data.borrow();
        let start = self.position.get().min(data.len());
        let end = size.map_or(data.len(), |size| {
            start.saturating_add(size).min(data.len())
        });
        let bytes = PyBytes::new(&data[start..end])?;
        self.position.set(self.position.get() + (end - start));
        Ok(bytes)
    }

    /// How long the line at the position is, cut to `limit`.
    fn line_length(&self, limit: Option<usize>) -> usize {
        let data = self.data.borrow();
        let rest = data.get(self.position.get()..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        limit.map_or(length, |limit| length.min(limit))
    }

    fn put(&self, bytes: &[u8]) -> PyResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut data = self.data.borrow_mut();
        let start = self.position.get();
        let Some(end) = start.checked_add(bytes.len()) else {
            return Err(overflow_error!("new buffer size too large"));
        };
        if end > data.len() {
            let more = end - data.len();
            reserve(&mut data, more)?;
            data.resize(end, 0);
        }
        data[start..end].copy_from_slice(bytes);
        self.position.set(end);
        Ok(())
    }
}

#[pymethods]
impl PyBytesIO {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let stream = PyBytesIO {
            base: PyBufferedIOBase::part(),
            data: RefCell::default(),
            position: Cell::new(0),
            exports: Cell::new(0),
            closed: Cell::new(false),
        };
        Ok(Py::new_in(cls, stream)?.into_object())
    }

    #[pyinit(signature = "(initial_bytes=b'')")]
    fn init(&self, initial_bytes: Option<&PyObject>) -> PyResult<()> {
        self.check_exports()?;
        let data = match initial_bytes {
            Some(initial) => initial.bytes_buffer()?.to_vec(),
            None => Vec::new(),
        };
        self.data.replace(data);
        self.position.set(0);
        Ok(())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        self.check_closed()?;
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        self.check_closed()?;
        match self.line_length(None) {
            0 => Ok(None),
            length => Ok(Some(self.take(Some(length))?.into_object())),
        }
    }

    /// Returns True if the IO object can be read.
    #[pymethod(signature = "($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.check_closed().map(|()| true)
    }

    /// Returns True if the IO object can be seeked.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.check_closed().map(|()| true)
    }

    /// Returns True if the IO object can be written.
    #[pymethod(signature = "($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.check_closed().map(|()| true)
    }

    /// Disable all I/O operations.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.check_exports()?;
        self.closed.set(true);
        self.data.replace(Vec::new());
        Ok(())
    }

    /// Does nothing.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<()> {
        self.check_closed()
    }

    /// Always returns False.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        self.check_closed().map(|()| false)
    }

    /// Current file position, an integer.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check_closed().map(|()| self.position.get())
    }

    /// Write bytes to file.
    #[pymethod(signature = "($self, b, /)")]
    fn write(&self, b: &PyObject) -> PyResult<usize> {
        self.check_closed()?;
        self.check_exports()?;
        if let Some(bytes) = b.downcast::<PyBytes>() {
            self.put(bytes.as_bytes())?;
            return Ok(bytes.len());
        }
        let bytes = b.bytes_buffer()?.to_vec();
        // The exporter may have closed the stream, or lent it.
        self.check_closed()?;
        self.check_exports()?;
        self.put(&bytes)?;
        Ok(bytes.len())
    }

    /// Write lines to the file.
    #[pymethod(signature = "($self, lines, /)")]
    fn writelines(&self, lines: &PyObject) -> PyResult<()> {
        self.check_closed()?;
        let lines = lines.iter()?;
        while let Some(line) = lines.iter_next()? {
            self.write(&line)?;
        }
        Ok(())
    }

    /// Read at most size bytes, returned as a bytes object.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, size: OptionalArg<Size>) -> PyResult<Py<PyBytes>> {
        self.check_closed()?;
        self.take(size_or_all(size).limit())
    }

    /// Read at most size bytes, returned as a bytes object.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read1(&self, size: OptionalArg<Size>) -> PyResult<Py<PyBytes>> {
        self.read(size)
    }

    /// Read bytes into buffer.
    #[pymethod(signature = "($self, buffer, /)")]
    fn readinto(&self, buffer: &PyObject) -> PyResult<usize> {
        let view = writable_view("readinto", buffer)?;
        self.check_closed()?;
        let data = self.data.borrow();
        let start = self.position.get().min(data.len());
        let end = (start + view.len()).min(data.len());
        view.write_at(0, &data[start..end]);
        self.position.set(self.position.get() + (end - start));
        Ok(end - start)
    }

    /// Next line from the file, as a bytes object.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn readline(&self, size: OptionalArg<Size>) -> PyResult<Py<PyBytes>> {
        self.check_closed()?;
        let length = self.line_length(size_or_all(size).limit());
        self.take(Some(length))
    }

    /// List of bytes objects, each a line from the file.
    #[pymethod(signature = "($self, size=None, /)")]
    fn readlines(&self, size: OptionalArg<Size>) -> PyResult<Py<PyList>> {
        self.check_closed()?;
        let limit = size_or_all(size).limit().filter(|&limit| limit > 0);
        let (list, mut total) = (PyList::new()?, 0);
        loop {
            let length = self.line_length(None);
            if length == 0 {
                return Ok(list);
            }
            list.push(self.take(Some(length))?.into_object())?;
            total += length;
            if limit.is_some_and(|limit| total >= limit) {
                return Ok(list);
            }
        }
    }

    /// Get a read-write view over the contents of the BytesIO object.
    #[pymethod(signature = "($self, /)")]
    fn getbuffer(&self) -> PyResult<Obj> {
        self.check_closed()?;
        let exporter = Py::new(PyBytesIOBuffer {
            ob_base: PyObject::HEADER,
            source: Field::new(PyClass::to_owned(self)),
        })?;
        krait_runtime::memoryview::PyMemoryView::type_object().instantiate(&[exporter.as_object()])
    }

    /// Retrieve the entire contents of the BytesIO object.
    #[pymethod(signature = "($self, /)")]
    fn getvalue(&self) -> PyResult<Py<PyBytes>> {
        self.check_closed()?;
        PyBytes::new(&self.data.borrow())
    }

    /// Change stream position.
    #[pymethod(signature = "($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        self.check_closed()?;
        if pos < 0 && whence == 0 {
            return Err(value_error!("negative seek value {pos}"));
        }
        let origin = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => self.data.borrow().len(),
            _ => {
                return Err(value_error!(
                    "invalid whence ({whence}, should be 0, 1 or 2)"
                ));
            }
        };
        let Some(position) = pos.checked_add(origin as isize) else {
            return Err(overflow_error!("new position too large"));
        };
        self.position.set(position.max(0) as usize);
        Ok(self.position.get())
    }

    /// Truncate the file to at most size bytes.
    #[pymethod(signature = "($self, size=None, /)")]
    fn truncate(&self, size: Option<&PyObject>) -> PyResult<usize> {
        self.check_closed()?;
        self.check_exports()?;
        let size = match size {
            None => self.position.get(),
            Some(size) => {
                let size: isize = size.as_isize(Some(&krait_runtime::exc::OverflowError))?;
                usize::try_from(size).map_err(|_| value_error!("negative size value {size}"))?
            }
        };
        self.data.borrow_mut().truncate(size);
        Ok(size)
    }

    /// True if the file is closed.
    #[pygetter]
    fn closed(&self) -> bool {
        self.closed.get()
    }

    #[pymethod(name = "__getstate__", signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Obj> {
        let dict = match self.as_object().instance_dict() {
            Some(dict) => dict.copy()?.into_object(),
            None => none().to_obj(),
        };
        (self.getvalue()?, self.position.get(), dict).into_py()
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, object: &PyObject) -> PyResult<()> {
        let Some([value, position, dict]) = object.downcast::<PyTuple>().map(PyTuple::as_slice)
        else {
            return Err(type_error!(
                "{}.__setstate__ argument should be 3-tuple, got {}",
                self.as_object().type_().tp_name(),
                object.type_().tp_name()
            ));
        };
        self.check_exports()?;
        let value = value.bytes_buffer()?.to_vec();
        self.check_closed()?;
        self.data.replace(value);
        if position.downcast::<krait_runtime::PyLong>().is_none() {
            return Err(type_error!(
                "second item of state must be an integer, not {}",
                position.type_().tp_name()
            ));
        }
        let position: isize = position.extract()?;
        let Ok(position) = usize::try_from(position) else {
            return Err(value_error!("position value cannot be negative"));
        };
        self.position.set(position);
        if dict.is(none()) {
            return Ok(());
        }
        let Some(entries) = dict.downcast::<PyDict>() else {
            return Err(type_error!(
                "third item of state should be a dict, got a {}",
                dict.type_().tp_name()
            ));
        };
        if let Some(own) = self.as_object().instance_dict_or_new()? {
            own.update(entries, true)?;
        }
        Ok(())
    }

    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<PyBytesIO>() + self.data.borrow().capacity()
    }
}

/// What `getbuffer` shows a view of.
#[pyclass(
    name = "_BytesIOBuffer",
    module = "_io",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(crate) struct PyBytesIOBuffer {
    ob_base: PyObject,
    #[traverse]
    source: Field<PyBytesIO>,
}

#[pymethods]
impl PyBytesIOBuffer {
    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut Py_buffer, flags: i32) -> PyResult<()> {
        let Some(source) = self.source.get() else {
            return Err(buffer_error!("the stream is gone"));
        };
        let mut data = source.data.borrow_mut();
        let (start, length) = (data.as_mut_ptr(), data.len());
        drop(data);
        buffer::fill_info(view, self, start, length, false, flags)?;
        source.exports.set(source.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, _view: &mut Py_buffer) {
        if let Some(source) = self.source.get() {
            source.exports.set(source.exports.get().saturating_sub(1));
        }
    }
}
