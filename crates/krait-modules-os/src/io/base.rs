//! The abstract classes: `_IOBase`, `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, Field, PyBytes, PyDict, PyErr, PyList, PyResult, PyStr, PyTuple, PyType, WeakList, err,
    exc, none, type_error, value_error,
};

use krait_runtime::bytearray::PyByteArray;
use krait_runtime::state::enter_recursive_call;

use super::unsupported;

/// The base of all streams.
#[pyclass(name = "_IOBase", module = "_io", flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyIOBase {
    ob_base: PyObject,
    #[dict]
    dict: Field<PyDict>,
    #[weaklist]
    weaklist: WeakList,
    closed: Cell<bool>,
}

impl PyIOBase {
    /// The part of a new stream.
    pub(crate) fn part() -> PyIOBase {
        PyIOBase {
            ob_base: PyObject::HEADER,
            dict: Field::empty(),
            weaklist: WeakList::new(),
            closed: Cell::new(false),
        }
    }
}

/// An attribute of the stream that another one stands on. A stream can be made to stand on itself.
pub(crate) fn attribute_below(stream: &PyObject, name: &PyStr) -> PyResult<Obj> {
    enter_recursive_call("")?;
    stream.getattr(name)
}

/// `stream.closed`.
pub(crate) fn is_closed(stream: &PyObject) -> PyResult<bool> {
    attribute_below(stream, krait_runtime::intern!("closed"))?.is_true()
}

/// Raises `ValueError` if the stream is closed.
pub(crate) fn check_closed(stream: &PyObject) -> PyResult<()> {
    if is_closed(stream)? {
        return Err(value_error!("I/O operation on closed file."));
    }
    Ok(())
}

fn check(stream: &PyObject, method: &'static str, message: &str) -> PyResult<()> {
    if stream
        .call_method_str(method, &[])?
        .is(krait_runtime::true_())
    {
        return Ok(());
    }
    Err(unsupported(message))
}

/// Raises unless `stream.readable()`.
pub(crate) fn check_readable(stream: &PyObject) -> PyResult<()> {
    check(stream, "readable", "File or stream is not readable.")
}

/// Raises unless `stream.writable()`.
pub(crate) fn check_writable(stream: &PyObject) -> PyResult<()> {
    check(stream, "writable", "File or stream is not writable.")
}

/// Raises unless `stream.seekable()`.
pub(crate) fn check_seekable(stream: &PyObject) -> PyResult<()> {
    check(stream, "seekable", "File or stream is not seekable.")
}

/// Whether an error is `OSError` with `EINTR`, which a read or write answers by trying again.
pub(crate) fn was_interrupted(error: &PyErr) -> bool {
    error.matches(&exc::InterruptedError)
}

/// Calls a method until no signal interrupts it.
pub(crate) fn call_retried(
    stream: &PyObject,
    method: &'static str,
    args: &[&PyObject],
) -> PyResult<Obj> {
    loop {
        match stream.call_method_str(method, args) {
            Err(error) if was_interrupted(&error) => {
                error.clear();
                krait_runtime::hooks::check_signals()?;
            }
            answer => return answer,
        }
    }
}

/// The new value of `_finalizing`, which is a C `char` in CPython's structs.
pub(crate) fn finalizing_flag(value: Option<&PyObject>) -> PyResult<bool> {
    match value {
        Some(value) if value.is_instance_of::<krait_runtime::PyBool>() => value.is_true(),
        Some(_) => Err(type_error!("attribute value type must be bool")),
        None => Err(type_error!("can't delete numeric/char attribute")),
    }
}

/// A size argument: None and negative numbers mean "all".
#[derive(Clone, Copy)]
pub(crate) struct Size(pub(crate) isize);

impl<'a> krait_runtime::FromPyObject<'a> for Size {
    fn from_py(object: &'a PyObject, _: krait_runtime::convert::ArgRef) -> PyResult<Self> {
        if object.is(none()) {
            return Ok(Size(-1));
        }
        if !object.has_index() {
            return Err(type_error!(
                "argument should be integer or None, not '{}'",
                object.type_().tp_name()
            ));
        }
        object.as_isize(Some(&exc::OverflowError)).map(Size)
    }
}

impl Size {
    /// The size as a count, `None` for all.
    pub(crate) fn limit(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }
}

/// A missing size argument is "all".
pub(crate) fn size_or_all(size: krait_runtime::OptionalArg<Size>) -> Size {
    size.unwrap_or(Size(-1))
}

#[pymethods]
impl PyIOBase {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let given = args.len() + kwargs.map_or(0, PyDict::len);
        let own_init = cls.raw().tp_init.get().map(|slot| slot as usize)
            == PyIOBase::type_object()
                .raw()
                .tp_init
                .get()
                .map(|slot| slot as usize);
        if given > 0 && own_init {
            return Err(type_error!("{}() takes no arguments", cls.name()));
        }
        Ok(Py::new_in(cls, Self::part())?.into_object())
    }

    #[pygetter(name = "__dict__")]
    fn dict(&self) -> PyResult<Option<Py<PyDict>>> {
        self.as_object().instance_dict_or_new()
    }

    /// Whether the stream is closed.
    #[pygetter]
    fn closed(&self) -> bool {
        self.closed.get()
    }

    /// Change the stream position to the given byte offset.
    #[pymethod(
        signature = "($self, offset, whence=0, /)",
        text_signature = "($self, offset, whence=os.SEEK_SET, /)"
    )]
    fn seek(&self, _offset: &PyObject, _whence: i32) -> PyResult<()> {
        Err(unsupported("seek"))
    }

    /// Return current stream position.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<Obj> {
        let (zero, one) = (
            krait_runtime::PyLong::from_i64(0)?,
            krait_runtime::PyLong::from_i64(1)?,
        );
        self.call_method(krait_runtime::intern!("seek"), &[&zero, &one])
    }

    /// Truncate file to size bytes.
    #[pymethod(signature = "($self, size=None, /)")]
    fn truncate(&self, _size: Option<&PyObject>) -> PyResult<()> {
        Err(unsupported("truncate"))
    }

    /// Flush write buffers, if applicable.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<()> {
        if self.closed.get() {
            return Err(value_error!("I/O operation on closed file."));
        }
        Ok(())
    }

    /// Flush and close the IO object.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.closed.get() {
            return Ok(());
        }
        let flushed = self.call_method(krait_runtime::intern!("flush"), &[]);
        self.closed.set(true);
        flushed.map(|_| ())
    }

    /// Return whether object supports random access.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    #[pymethod(signature = "($self, /)")]
    fn readable(&self) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    #[pymethod(signature = "($self, /)")]
    fn writable(&self) -> bool {
        false
    }

    #[pymethod(name = "_checkClosed", signature = "($self, /)")]
    fn py_check_closed(&self) -> PyResult<()> {
        check_closed(self)
    }

    #[pymethod(name = "_checkSeekable", signature = "($self, /)")]
    fn py_check_seekable(&self) -> PyResult<bool> {
        check_seekable(self).map(|()| true)
    }

    #[pymethod(name = "_checkReadable", signature = "($self, /)")]
    fn py_check_readable(&self) -> PyResult<bool> {
        check_readable(self).map(|()| true)
    }

    #[pymethod(name = "_checkWritable", signature = "($self, /)")]
    fn py_check_writable(&self) -> PyResult<bool> {
        check_writable(self).map(|()| true)
    }

    /// Return underlying file descriptor if one exists.
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> PyResult<()> {
        Err(unsupported("fileno"))
    }

    /// Return whether this is an 'interactive' stream.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        check_closed(self)?;
        Ok(false)
    }

    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<Obj> {
        check_closed(self)?;
        Ok(self.to_obj())
    }

    #[pymethod(name = "__exit__", signature = "($self, *args)")]
    fn exit(&self, _args: Args<'_>) -> PyResult<Obj> {
        self.call_method(krait_runtime::intern!("close"), &[])
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        check_closed(self)?;
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let line = self.call_method(krait_runtime::intern!("readline"), &[])?;
        Ok((line.length()? > 0).then_some(line))
    }

    /// Read and return a line from the stream.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn readline(&self, size: krait_runtime::OptionalArg<Size>) -> PyResult<Py<PyBytes>> {
        let limit = size_or_all(size).limit().unwrap_or(usize::MAX);
        let peek = self.lookup_attr(krait_runtime::intern!("peek"))?;
        let mut line: Vec<u8> = Vec::new();
        while line.len() < limit {
            let mut want = 1;
            if let Some(peek) = &peek {
                let ahead = peek.call1(&*krait_runtime::PyLong::from_i64(1)?)?;
                let Some(ahead) = ahead.downcast::<PyBytes>() else {
                    return Err(not_bytes("peek", &ahead));
                };
                let room = ahead.len().min(limit - line.len());
                let ahead = &ahead.as_bytes()[..room];
                want = memchr::memchr(b'\n', ahead)
                    .map_or(room, |end| end + 1)
                    .max(1);
            }
            let part = call_retried(self, "read", &[&*krait_runtime::PyLong::from_usize(want)?])?;
            let Some(part) = part.downcast::<PyBytes>() else {
                return Err(not_bytes("read", &part));
            };
            if part.is_empty() {
                break;
            }
            line.extend(part.as_bytes());
            if line.last() == Some(&b'\n') {
                break;
            }
        }
        PyBytes::new(&line)
    }

    /// Return a list of lines from the stream.
    #[pymethod(signature = "($self, hint=-1, /)")]
    fn readlines(&self, hint: krait_runtime::OptionalArg<Size>) -> PyResult<Py<PyList>> {
        let list = PyList::new()?;
        let hint = size_or_all(hint).limit().filter(|&hint| hint > 0);
        let mut total = 0;
        let lines = self.iter_object()?;
        while let Some(line) = lines.iter_next()? {
            let length = line.length()?;
            list.push(line)?;
            total += length;
            if hint.is_some_and(|hint| total > hint) {
                break;
            }
        }
        Ok(list)
    }

    /// Write a list of lines to stream.
    #[pymethod(signature = "($self, lines, /)")]
    fn writelines(&self, lines: &PyObject) -> PyResult<()> {
        check_closed(self)?;
        let lines = lines.iter()?;
        while let Some(line) = lines.iter_next()? {
            call_retried(self, "write", &[&line])?;
        }
        Ok(())
    }

    #[slot(tp_finalize)]
    fn finalize(&self) {
        finalize(self);
    }
}

impl PyIOBase {
    fn iter_object(&self) -> PyResult<Obj> {
        self.as_object().iter()
    }
}

fn not_bytes(method: &str, found: &PyObject) -> PyErr {
    krait_runtime::exc!(
        OSError,
        "{method}() should have returned a bytes object, not '{}'",
        found.type_().tp_name()
    )
}

/// Closes a stream that nobody refers to any more, unless it is closed.
fn finalize(stream: &PyObject) {
    let close = || -> PyResult<()> {
        let closed = match stream.lookup_attr(krait_runtime::intern!("closed")) {
            Ok(Some(closed)) => closed.is_true(),
            Ok(None) => return Ok(()),
            Err(error) => Err(error),
        };
        match closed {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // A stream that cannot tell was never opened, or was detached: it has nothing to close.
            Err(error) => {
                error.clear();
                return Ok(());
            }
        }
        if let Err(error) = stream.setattr_str("_finalizing", krait_runtime::true_()) {
            error.clear();
        }
        stream
            .call_method(krait_runtime::intern!("close"), &[])
            .map(|_| ())
    };
    let pending = PyErr::occurred().map(PyErr::take);
    if let Err(error) = close() {
        // The stream's repr may run Python code, which begins without an exception.
        let exception = error.take();
        let message = format!(
            "Exception ignored while finalizing file {}",
            stream.to_display()
        );
        PyErr::restore(exception).write_unraisable(Some(&message), None);
    }
    if let Some(pending) = pending {
        // The exception that was set goes on; its token is the caller's.
        let _restored = PyErr::restore(pending);
    }
}

/// The base of unbuffered binary streams.
#[pyclass(name = "_RawIOBase", module = "_io", base = PyIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyRawIOBase {
    base: PyIOBase,
}

impl PyRawIOBase {
    /// The part of a new stream.
    pub(crate) fn part() -> PyRawIOBase {
        PyRawIOBase {
            base: PyIOBase::part(),
        }
    }
}

#[pymethods]
impl PyRawIOBase {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, Self::part())?.into_object())
    }

    /// Read up to size bytes.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, size: isize) -> PyResult<Obj> {
        let Ok(size) = usize::try_from(size) else {
            return self.call_method(krait_runtime::intern!("readall"), &[]);
        };
        let buffer = PyByteArray::new(&[])?;
        buffer.resize(size)?;
        let count = self.call_method(krait_runtime::intern!("readinto"), &[&buffer])?;
        if count.is(none()) {
            return Ok(count);
        }
        let number = count.as_isize(Some(&exc::ValueError))?;
        match usize::try_from(number) {
            Ok(number) if number <= size => Ok(buffer
                .with_bytes(|bytes| PyBytes::new(&bytes[..number]))?
                .into_object()),
            _ => Err(value_error!(
                "readinto returned {number} outside buffer size {size}"
            )),
        }
    }

    /// Read until EOF, using multiple read() call.
    #[pymethod(signature = "($self, /)")]
    fn readall(&self) -> PyResult<Obj> {
        let mut all: Vec<u8> = Vec::new();
        let chunk = krait_runtime::PyLong::from_i64(super::DEFAULT_BUFFER_SIZE)?;
        loop {
            let part = call_retried(self, "read", &[&chunk])?;
            if part.is(none()) {
                if all.is_empty() {
                    return Ok(part);
                }
                break;
            }
            let Some(bytes) = part.downcast::<PyBytes>() else {
                return Err(type_error!("read() should return bytes"));
            };
            if bytes.is_empty() {
                break;
            }
            all.extend(bytes.as_bytes());
        }
        Ok(PyBytes::new(&all)?.into_object())
    }

    #[pymethod(signature = "($self, buffer, /)", text_signature = "")]
    fn readinto(&self, _buffer: &PyObject) -> PyResult<()> {
        Err(PyErr::set_none(&exc::NotImplementedError))
    }

    #[pymethod(signature = "($self, b, /)", text_signature = "")]
    fn write(&self, _b: &PyObject) -> PyResult<()> {
        Err(PyErr::set_none(&exc::NotImplementedError))
    }
}

/// The base of buffered binary streams.
#[pyclass(name = "_BufferedIOBase", module = "_io", base = PyIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyBufferedIOBase {
    base: PyIOBase,
}

impl PyBufferedIOBase {
    /// The part of a new stream.
    pub(crate) fn part() -> PyBufferedIOBase {
        PyBufferedIOBase {
            base: PyIOBase::part(),
        }
    }
}

/// Reads with a method into a buffer that was lent.
fn read_into(stream: &PyObject, buffer: &PyObject, method: &'static str) -> PyResult<usize> {
    let view = buffer.writable_buffer()?;
    let data =
        stream.call_method_str(method, &[&*krait_runtime::PyLong::from_usize(view.len())?])?;
    let Some(bytes) = data.downcast::<PyBytes>() else {
        return Err(type_error!("read() should return bytes"));
    };
    if bytes.len() > view.len() {
        return Err(value_error!(
            "read() returned too much data: {} bytes requested, {} returned",
            view.len(),
            bytes.len()
        ));
    }
    view.write_at(0, bytes.as_bytes());
    Ok(bytes.len())
}

#[pymethods]
impl PyBufferedIOBase {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, Self::part())?.into_object())
    }

    /// Disconnect this buffer from its underlying raw stream and return it.
    #[pymethod(signature = "($self, /)")]
    fn detach(&self) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read and return up to n bytes.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, _size: krait_runtime::OptionalArg<&PyObject>) -> PyResult<()> {
        Err(unsupported("read"))
    }

    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read1(&self, _size: krait_runtime::OptionalArg<&PyObject>) -> PyResult<()> {
        Err(unsupported("read1"))
    }

    /// Read bytes into a buffer.
    #[pymethod(signature = "($self, buffer, /)")]
    fn readinto(&self, buffer: &PyObject) -> PyResult<usize> {
        read_into(self, buffer, "read")
    }

    /// Read bytes into a buffer, with at most one read of the underlying raw stream.
    #[pymethod(signature = "($self, buffer, /)")]
    fn readinto1(&self, buffer: &PyObject) -> PyResult<usize> {
        read_into(self, buffer, "read1")
    }

    /// Write buffer b to the IO stream.
    #[pymethod(signature = "($self, b, /)")]
    fn write(&self, _b: &PyObject) -> PyResult<()> {
        Err(unsupported("write"))
    }
}

/// The base of text streams.
#[pyclass(name = "_TextIOBase", module = "_io", base = PyIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyTextIOBase {
    base: PyIOBase,
}

impl PyTextIOBase {
    /// The part of a new stream.
    pub(crate) fn part() -> PyTextIOBase {
        PyTextIOBase {
            base: PyIOBase::part(),
        }
    }
}

#[pymethods]
impl PyTextIOBase {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, Self::part())?.into_object())
    }

    /// Separate the underlying buffer from the TextIOBase and return it.
    #[pymethod(signature = "($self, /)")]
    fn detach(&self) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read at most size characters from stream.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, _size: krait_runtime::OptionalArg<&PyObject>) -> PyResult<()> {
        Err(unsupported("read"))
    }

    /// Read until newline or EOF.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn readline(&self, _size: krait_runtime::OptionalArg<&PyObject>) -> PyResult<()> {
        Err(unsupported("readline"))
    }

    /// Write string s to stream.
    #[pymethod(signature = "($self, s, /)")]
    fn write(&self, _s: &PyObject) -> PyResult<()> {
        Err(unsupported("write"))
    }

    /// Encoding of the text stream.
    #[pygetter]
    fn encoding(&self) {}

    /// Line endings translated so far.
    #[pygetter]
    fn newlines(&self) {}

    /// The error setting of the decoder or encoder.
    #[pygetter]
    fn errors(&self) {}
}

/// `TypeError` for an object whose state cannot be saved.
pub(crate) fn cannot_pickle(object: &PyObject) -> PyErr {
    type_error!("cannot pickle '{}' instances", object.type_().name())
}

/// The name that a `repr` shows: `stream.name`, if there is one.
pub(crate) fn name_for_repr(stream: &PyObject) -> PyResult<Option<Py<PyStr>>> {
    match stream.lookup_attr(krait_runtime::intern!("name")) {
        Ok(Some(name)) => {
            let Some(_guard) = krait_runtime::repr::ReprGuard::enter(stream) else {
                return Err(krait_runtime::runtime_error!(
                    "reentrant call inside {}.__repr__",
                    stream.type_().tp_name()
                ));
            };
            name.repr().map(Some)
        }
        Ok(None) => Ok(None),
        Err(error) if error.matches(&exc::ValueError) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Raises an error again after what had to be done in between, whose own error comes first with the
/// other as its context.
pub(crate) fn chain(first: PyResult<Obj>, second: impl FnOnce() -> PyResult<Obj>) -> PyResult<Obj> {
    let Err(error) = first else { return second() };
    let earlier = error.take();
    match second() {
        Ok(_) => Err(PyErr::restore(earlier)),
        Err(error) => {
            let later = error.take();
            if let Some(raised) = later.downcast::<krait_runtime::PyBaseException>()
                && !later.is(&earlier)
            {
                raised.context.set(Some(earlier));
            }
            Err(PyErr::restore(later))
        }
    }
}

/// Raises `MemoryError` for a size that cannot be had.
pub(crate) fn reserve(buffer: &mut Vec<u8>, more: usize) -> PyResult<()> {
    buffer.try_reserve(more).map_err(|_| err::no_memory())
}
