//! `BufferedReader`, `BufferedWriter`, `BufferedRandom` and `BufferedRWPair`.

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, IntoPy, OptionalArg, PyBytes, PyDict, PyErr, PyResult, PyStr, PyTuple, PyType, none,
    type_error, value_error,
};

use super::base::{self, PyBufferedIOBase, Size, chain, size_or_all};
use super::buffered::Buffered;
use super::fileio::writable_view;
use super::unsupported;

/// A buffer over a raw stream that is read.
#[pyclass(
    name = "BufferedReader",
    module = "_io",
    base = PyBufferedIOBase,
    flags(BASETYPE, GC),
    methods(COMMON, READING, OWN)
)]
#[repr(C)]
pub(crate) struct PyBufferedReader {
    base: PyBufferedIOBase,
    #[traverse]
    inner: Buffered,
}

/// A buffer over a raw stream that is written.
#[pyclass(
    name = "BufferedWriter",
    module = "_io",
    base = PyBufferedIOBase,
    flags(BASETYPE, GC),
    methods(COMMON, WRITING, OWN)
)]
#[repr(C)]
pub(crate) struct PyBufferedWriter {
    base: PyBufferedIOBase,
    #[traverse]
    inner: Buffered,
}

/// A buffer over a raw stream that is read and written.
#[pyclass(
    name = "BufferedRandom",
    module = "_io",
    base = PyBufferedIOBase,
    flags(BASETYPE, GC),
    methods(COMMON, READING, WRITING, OWN)
)]
#[repr(C)]
pub(crate) struct PyBufferedRandom {
    base: PyBufferedIOBase,
    #[traverse]
    inner: Buffered,
}

/// What `seek` may be asked.
const WHENCES: std::ops::RangeInclusive<i32> = 0..=4;

macro_rules! common_methods {
    ($class:ident, flush: $flush:expr, writes: $writes:literal) => {
        impl $class {
            /// A stream over a raw one.
            pub(crate) fn over(raw: &PyObject, size: isize) -> PyResult<Py<$class>> {
                let stream = Py::new($class {
                    base: PyBufferedIOBase::part(),
                    inner: Buffered::new(),
                })?;
                stream.init(raw, OptionalArg::Present(size))?;
                Ok(stream)
            }
        }

        #[pymethods(COMMON)]
        impl $class {
            #[slot(tp_new)]
            fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
                let stream = $class {
                    base: PyBufferedIOBase::part(),
                    inner: Buffered::new(),
                };
                Ok(Py::new_in(cls, stream)?.into_object())
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Py<PyStr>> {
                Buffered::repr(self)
            }

            /// Flush the stream.
            #[pymethod(signature = "($self, /)")]
            fn flush(&self) -> PyResult<()> {
                let flush: fn(&$class) -> PyResult<()> = $flush;
                flush(self)
            }

            /// Flush and close the stream.
            #[pymethod(signature = "($self, /)")]
            fn close(&self) -> PyResult<Obj> {
                let raw = self.inner.raw()?;
                if self.inner.is_closed()? {
                    return none().into_py();
                }
                if self.inner.finalizing.get() {
                    self.inner.dealloc_warn(self);
                }
                let answer = chain(
                    self.call_method(krait_runtime::intern!("flush"), &[]),
                    || {
                        // Other threads wait, and then find it closed.
                        let _entered = self.inner.enter(self)?;
                        raw.call_method(krait_runtime::intern!("close"), &[])
                    },
                );
                // Asking whether it is closed may run anything: no exception may be set then.
                let answer = answer.map_err(PyErr::take);
                let closed = self.inner.is_ready()
                    && self.inner.is_closed().unwrap_or_else(|error| {
                        error.clear();
                        false
                    });
                if closed {
                    self.inner.release();
                }
                answer.map_err(PyErr::restore)
            }

            /// Disconnect this buffer from its underlying raw stream and return it.
            #[pymethod(signature = "($self, /)")]
            fn detach(&self) -> PyResult<Obj> {
                self.inner.raw()?;
                self.call_method(krait_runtime::intern!("flush"), &[])?;
                self.inner.detach()
            }

            /// Whether the raw stream supports random access.
            #[pymethod(signature = "($self, /)")]
            fn seekable(&self) -> PyResult<Obj> {
                self.inner
                    .raw()?
                    .call_method(krait_runtime::intern!("seekable"), &[])
            }

            /// The raw stream's file descriptor.
            #[pymethod(signature = "($self, /)")]
            fn fileno(&self) -> PyResult<Obj> {
                self.inner
                    .raw()?
                    .call_method(krait_runtime::intern!("fileno"), &[])
            }

            /// Whether the raw stream is a terminal.
            #[pymethod(signature = "($self, /)")]
            fn isatty(&self) -> PyResult<Obj> {
                self.inner
                    .raw()?
                    .call_method(krait_runtime::intern!("isatty"), &[])
            }

            #[pymethod(name = "_dealloc_warn", signature = "($self, source, /)")]
            fn dealloc_warn(&self, source: &PyObject) {
                self.inner.dealloc_warn(source);
            }

            /// Change the stream position.
            #[pymethod(signature = "($self, target, whence=0, /)")]
            fn seek(&self, target: &PyObject, whence: i32) -> PyResult<i64> {
                self.inner.raw()?;
                if !WHENCES.contains(&whence) {
                    return Err(value_error!("whence value {whence} unsupported"));
                }
                self.inner.check_open("seek of closed file")?;
                self.inner.check_seekable()?;
                let _entered = self.inner.enter(self)?;
                self.inner.seek(target, whence)
            }

            /// The stream position.
            #[pymethod(signature = "($self, /)")]
            fn tell(&self) -> PyResult<i64> {
                self.inner.raw()?;
                let _entered = self.inner.enter(self)?;
                self.inner.tell()
            }

            /// Truncate the file.
            #[pymethod(signature = "($self, pos=None, /)")]
            fn truncate(&self, pos: Option<&PyObject>) -> PyResult<Obj> {
                self.inner.raw()?;
                self.inner.check_open("truncate of closed file")?;
                if !$writes {
                    return Err(unsupported("truncate"));
                }
                let _entered = self.inner.enter(self)?;
                self.inner.truncate(pos)
            }

            #[pymethod(name = "__sizeof__", signature = "($self, /)")]
            fn sizeof(&self) -> usize {
                size_of::<$class>() + self.inner.memory()
            }

            #[pymethod(name = "__getstate__", signature = "($self, /)")]
            fn getstate(&self) -> PyResult<()> {
                Err(base::cannot_pickle(self))
            }

            #[pygetter]
            fn raw(&self) -> Option<Obj> {
                self.inner.raw.get()
            }

            #[pygetter(name = "_finalizing")]
            fn get_finalizing(&self) -> bool {
                self.inner.finalizing.get()
            }

            #[pysetter(name = "_finalizing")]
            fn set_finalizing(&self, value: Option<&PyObject>) -> PyResult<()> {
                self.inner.finalizing.set(base::finalizing_flag(value)?);
                Ok(())
            }

            #[pygetter]
            fn closed(&self) -> PyResult<Obj> {
                base::attribute_below(&*self.inner.raw()?, krait_runtime::intern!("closed"))
            }

            #[pygetter]
            fn name(&self) -> PyResult<Obj> {
                base::attribute_below(&*self.inner.raw()?, krait_runtime::intern!("name"))
            }

            #[pygetter]
            fn mode(&self) -> PyResult<Obj> {
                base::attribute_below(&*self.inner.raw()?, krait_runtime::intern!("mode"))
            }
        }
    };
}

macro_rules! reading_methods {
    ($class:ident) => {
        impl $class {
            /// Reads at most one block, for the text layer.
            pub(crate) fn read_chunk(&self, size: usize) -> PyResult<Py<PyBytes>> {
                self.inner.raw()?;
                self.inner.check_open("read of closed file")?;
                let _entered = self.inner.enter(self)?;
                self.inner.read1(size)
            }
        }

        #[pymethods(READING)]
        impl $class {
            /// Whether the raw stream can be read.
            #[pymethod(signature = "($self, /)")]
            fn readable(&self) -> PyResult<Obj> {
                self.inner
                    .raw()?
                    .call_method(krait_runtime::intern!("readable"), &[])
            }

            /// Read and return up to size bytes, or all.
            #[pymethod(signature = "($self, size=-1, /)")]
            fn read(&self, size: OptionalArg<Size>) -> PyResult<Obj> {
                let size = size_or_all(size);
                self.inner.raw()?;
                if size.0 < -1 {
                    return Err(value_error!("read length must be non-negative or -1"));
                }
                self.inner.check_open("read of closed file")?;
                let _entered = self.inner.enter(self)?;
                match size.limit() {
                    None => self.inner.read_all(),
                    Some(size) => match self.inner.read(size)? {
                        Some(bytes) => bytes.into_py(),
                        None => none().into_py(),
                    },
                }
            }

            /// Read and return up to size bytes, with at most one read() call to the raw stream.
            #[pymethod(signature = "($self, size=-1, /)")]
            fn read1(&self, size: isize) -> PyResult<Py<PyBytes>> {
                self.inner.raw()?;
                let size = usize::try_from(size).unwrap_or(self.inner.block());
                self.inner.check_open("read of closed file")?;
                let _entered = self.inner.enter(self)?;
                self.inner.read1(size)
            }

            /// Read bytes into a buffer.
            #[pymethod(signature = "($self, buffer, /)")]
            fn readinto(&self, buffer: &PyObject) -> PyResult<Option<usize>> {
                self.fill_view("readinto", buffer, false)
            }

            /// Read bytes into a buffer, with at most one read of the raw stream.
            #[pymethod(signature = "($self, buffer, /)")]
            fn readinto1(&self, buffer: &PyObject) -> PyResult<Option<usize>> {
                self.fill_view("readinto1", buffer, true)
            }

            /// Show the bytes that come next without moving the position.
            #[pymethod(signature = "($self, size=0, /)")]
            fn peek(&self, size: isize) -> PyResult<Py<PyBytes>> {
                // The size is a hint that nobody follows.
                let _ = size;
                self.inner.raw()?;
                self.inner.check_open("peek of closed file")?;
                let _entered = self.inner.enter(self)?;
                self.inner.peek()
            }

            /// Read and return a line.
            #[pymethod(signature = "($self, size=-1, /)")]
            fn readline(&self, size: OptionalArg<Size>) -> PyResult<Py<PyBytes>> {
                self.inner.raw()?;
                self.inner.check_open("readline of closed file")?;
                let limit = size_or_all(size).limit().unwrap_or(usize::MAX);
                let _entered = self.inner.enter(self)?;
                self.inner.read_line(limit)
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Obj>> {
                if !self.as_object().is_exact::<$class>() {
                    let line = self.call_method(krait_runtime::intern!("readline"), &[])?;
                    let Some(bytes) = line.downcast::<PyBytes>() else {
                        return Err(krait_runtime::exc!(
                            OSError,
                            "readline() should have returned a bytes object, not '{}'",
                            line.type_().tp_name()
                        ));
                    };
                    return Ok((!bytes.is_empty()).then(|| line.clone()));
                }
                let line = self.readline(OptionalArg::Missing)?;
                Ok((!line.is_empty()).then(|| line.into_object()))
            }
        }

        impl $class {
            fn fill_view(
                &self,
                method: &str,
                buffer: &PyObject,
                once: bool,
            ) -> PyResult<Option<usize>> {
                self.inner.raw()?;
                let view = writable_view(method, buffer)?;
                self.inner.check_open("readinto of closed file")?;
                let _entered = self.inner.enter(self)?;
                let data = self.inner.read_into(view.len(), once)?;
                Ok(data.map(|data| {
                    view.write_at(0, &data);
                    data.len()
                }))
            }
        }
    };
}

macro_rules! writing_methods {
    ($class:ident) => {
        impl $class {
            /// Writes bytes, for the text layer.
            pub(crate) fn write_bytes(&self, data: &[u8]) -> PyResult<usize> {
                self.inner.raw()?;
                let _entered = self.inner.enter(self)?;
                // Asked with the lock held: who had it may have been closing the stream.
                self.inner.check_open("write to closed file")?;
                self.inner.write(data)
            }
        }

        #[pymethods(WRITING)]
        impl $class {
            /// Whether the raw stream can be written.
            #[pymethod(signature = "($self, /)")]
            fn writable(&self) -> PyResult<Obj> {
                self.inner
                    .raw()?
                    .call_method(krait_runtime::intern!("writable"), &[])
            }

            /// Write the given buffer to the stream.
            #[pymethod(signature = "($self, buffer, /)")]
            fn write(&self, buffer: &PyObject) -> PyResult<usize> {
                self.inner.raw()?;
                crate::posix::with_bytes(buffer, |bytes| self.write_bytes(bytes))
            }
        }
    };
}

/// `flush` of a reader: the raw stream's.
fn flush_raw(inner: &Buffered) -> PyResult<()> {
    inner
        .raw()?
        .call_method(krait_runtime::intern!("flush"), &[])
        .map(|_| ())
}

fn flush_writes(stream: &PyObject, inner: &Buffered) -> PyResult<()> {
    inner.raw()?;
    inner.check_open("flush of closed file")?;
    let _entered = inner.enter(stream)?;
    inner.flush_and_rewind()
}

common_methods!(PyBufferedReader, flush: |this| flush_raw(&this.inner), writes: false);
common_methods!(PyBufferedWriter, flush: |this| flush_writes(this, &this.inner), writes: true);
common_methods!(PyBufferedRandom, flush: |this| flush_writes(this, &this.inner), writes: true);
reading_methods!(PyBufferedReader);
reading_methods!(PyBufferedRandom);
writing_methods!(PyBufferedWriter);
writing_methods!(PyBufferedRandom);

fn size_argument(size: OptionalArg<isize>) -> isize {
    size.unwrap_or(super::DEFAULT_BUFFER_SIZE as isize)
}

#[pymethods(OWN)]
impl PyBufferedReader {
    #[pyinit(
        signature = "(raw, buffer_size=<unrepresentable>)",
        text_signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)"
    )]
    fn init(&self, raw: &PyObject, buffer_size: OptionalArg<isize>) -> PyResult<()> {
        self.inner.begin_init();
        base::check_readable(raw)?;
        self.inner.init(raw, size_argument(buffer_size))
    }
}

#[pymethods(OWN)]
impl PyBufferedWriter {
    #[pyinit(
        signature = "(raw, buffer_size=<unrepresentable>)",
        text_signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)"
    )]
    fn init(&self, raw: &PyObject, buffer_size: OptionalArg<isize>) -> PyResult<()> {
        self.inner.begin_init();
        base::check_writable(raw)?;
        self.inner.init(raw, size_argument(buffer_size))
    }
}

#[pymethods(OWN)]
impl PyBufferedRandom {
    #[pyinit(
        signature = "(raw, buffer_size=<unrepresentable>)",
        text_signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)"
    )]
    fn init(&self, raw: &PyObject, buffer_size: OptionalArg<isize>) -> PyResult<()> {
        self.inner.begin_init();
        base::check_seekable(raw)?;
        base::check_readable(raw)?;
        base::check_writable(raw)?;
        self.inner.init(raw, size_argument(buffer_size))
    }
}

/// A reader and a writer as one stream.
#[pyclass(
    name = "BufferedRWPair",
    module = "_io",
    base = PyBufferedIOBase,
    flags(BASETYPE, GC),
    methods(METHODS, FORWARDED)
)]
#[repr(C)]
pub(crate) struct PyBufferedRWPair {
    base: PyBufferedIOBase,
    #[traverse]
    reader: Field<PyBufferedReader>,
    #[traverse]
    writer: Field<PyBufferedWriter>,
}

impl PyBufferedRWPair {
    fn reader(&self) -> PyResult<Py<PyBufferedReader>> {
        self.reader
            .get()
            .ok_or_else(|| value_error!("I/O operation on uninitialized object"))
    }

    fn writer(&self) -> PyResult<Py<PyBufferedWriter>> {
        self.writer
            .get()
            .ok_or_else(|| value_error!("I/O operation on uninitialized object"))
    }
}

macro_rules! forwarded {
    ($($name:ident => $end:ident;)*) => {
        #[pymethods(FORWARDED)]
        impl PyBufferedRWPair {
            $(
                #[pymethod(signature = "($self, *args)", text_signature = "")]
                fn $name(&self, args: krait_runtime::Args<'_>) -> PyResult<Obj> {
                    self.$end()?.call_method_str(stringify!($name), args.as_slice())
                }
            )*
        }
    };
}

forwarded! {
    read => reader;
    peek => reader;
    read1 => reader;
    readinto => reader;
    readinto1 => reader;
    write => writer;
    flush => writer;
    readable => reader;
    writable => writer;
}

#[pymethods]
impl PyBufferedRWPair {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let pair = PyBufferedRWPair {
            base: PyBufferedIOBase::part(),
            reader: Field::empty(),
            writer: Field::empty(),
        };
        Ok(Py::new_in(cls, pair)?.into_object())
    }

    #[pyinit(
        signature = "(reader, writer, buffer_size=<unrepresentable>, /)",
        text_signature = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)"
    )]
    fn init(
        &self,
        reader: &PyObject,
        writer: &PyObject,
        buffer_size: OptionalArg<isize>,
    ) -> PyResult<()> {
        base::check_readable(reader)?;
        base::check_writable(writer)?;
        let size = size_argument(buffer_size);
        self.reader.set(Some(PyBufferedReader::over(reader, size)?));
        self.writer.set(Some(PyBufferedWriter::over(writer, size)?));
        Ok(())
    }

    /// Close both ends, the writer first.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        let (reader, writer) = (self.reader()?, self.writer()?);
        chain(
            writer.call_method(krait_runtime::intern!("close"), &[]),
            || reader.call_method(krait_runtime::intern!("close"), &[]),
        )
    }

    /// Whether one end is a terminal.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> PyResult<Obj> {
        let answer = self
            .writer()?
            .call_method(krait_runtime::intern!("isatty"), &[])?;
        if !answer.is(krait_runtime::false_()) {
            return Ok(answer);
        }
        self.reader()?
            .call_method(krait_runtime::intern!("isatty"), &[])
    }

    #[pygetter]
    fn closed(&self) -> PyResult<Obj> {
        if self.writer.get().is_none() {
            return Err(krait_runtime::runtime_error!(
                "the BufferedRWPair object is being garbage-collected"
            ));
        }
        base::attribute_below(&*self.writer()?, krait_runtime::intern!("closed"))
    }
}

/// Whether a value is bytes; the message names the method that should have returned them.
pub(crate) fn expect_bytes(value: Obj, method: &str) -> PyResult<Py<PyBytes>> {
    value.cast::<PyBytes>().map_err(|value| {
        type_error!(
            "underlying {method}() should have returned a bytes-like object, not '{}'",
            value.type_().tp_name()
        )
    })
}
