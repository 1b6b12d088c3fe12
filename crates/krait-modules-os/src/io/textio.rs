//! `TextIOWrapper`: text over a buffered stream.
//!
//! Text that was decoded but not read waits in `decoded` from index `used` on; bytes that were
//! encoded but not written wait in `pending`. `snapshot` is the decoder's state before the last
//! chunk together with that chunk's bytes: positions are computed from it.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, Interpreter, IntoPy, OptionalArg, PyBytes, PyDict, PyErr, PyResult, PyStr, PyTuple,
    PyType, StrBuilder, exc, none, type_error, value_error,
};

use super::base::{self, PyTextIOBase, Size, chain, size_or_all};
use super::bufferedclasses::{PyBufferedRandom, PyBufferedReader, PyBufferedWriter, expect_bytes};
use super::coder::{Decoder, Encoder, codec_info, native};
use super::newline::{LineEnd, NewlineMode};
use super::unsupported;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    New,
    Ready,
    Detached,
}

/// The decoder's flags before a chunk, and the bytes that it had kept with those of the chunk.
pub(super) type Snapshot = (i64, Py<PyBytes>);

/// Character and line based layer over a buffered stream.
#[pyclass(
    name = "TextIOWrapper",
    module = "_io",
    base = PyTextIOBase,
    flags(BASETYPE, GC),
    methods(METHODS, ATTRIBUTES, POSITION)
)]
#[repr(C)]
pub(crate) struct PyTextIOWrapper {
    base: PyTextIOBase,
    #[traverse]
    pub(super) buffer: Field<PyObject>,
    #[traverse]
    pub(super) decoder: Decoder,
    #[traverse]
    pub(super) encoder: Encoder,
    #[traverse]
    pub(super) encoding: Field<PyStr>,
    #[traverse]
    pub(super) errors: Field<PyStr>,
    pub(super) state: Cell<State>,
    mode: Cell<Option<NewlineMode>>,
    pub(super) chunk_size: Cell<usize>,
    pub(super) line_buffering: Cell<bool>,
    pub(super) write_through: Cell<bool>,
    pub(super) seekable: Cell<bool>,
    pub(super) telling: Cell<bool>,
    has_read1: Cell<bool>,
    pub(super) finalizing: Cell<bool>,
    #[traverse]
    pub(super) decoded: Field<PyStr>,
    pub(super) used: Cell<usize>,
    pub(super) snapshot: RefCell<Option<Snapshot>>,
    pending: RefCell<Vec<u8>>,
}

impl PyTextIOWrapper {
    fn unopened() -> PyTextIOWrapper {
        PyTextIOWrapper {
            base: PyTextIOBase::part(),
            buffer: Field::empty(),
            decoder: Decoder::none(),
            encoder: Encoder::none(),
            encoding: Field::empty(),
            errors: Field::empty(),
            state: Cell::new(State::New),
            mode: Cell::new(None),
            chunk_size: Cell::new(8192),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            finalizing: Cell::new(false),
            decoded: Field::empty(),
            used: Cell::new(0),
            snapshot: RefCell::new(None),
            pending: RefCell::default(),
        }
    }

    /// A text layer over a buffer.
    pub(crate) fn over(
        buffer: &PyObject,
        encoding: Option<&str>,
        errors: Option<&str>,
        newline: Option<&PyStr>,
        line_buffering: bool,
    ) -> PyResult<Py<PyTextIOWrapper>> {
        let stream = Py::new(Self::unopened())?;
        stream.init(buffer, encoding, errors, newline, line_buffering, false)?;
        Ok(stream)
    }

    /// The buffer of a stream in use.
    pub(super) fn attached(&self) -> PyResult<Obj> {
        match (self.state.get(), self.buffer.get()) {
            (State::Ready, Some(buffer)) => Ok(buffer),
            (State::Detached, _) => Err(value_error!("underlying buffer has been detached")),
            _ => Err(value_error!("I/O operation on uninitialized object")),
        }
    }

    /// Raises `ValueError` if the stream is closed.
    pub(super) fn check_open(&self) -> PyResult<Obj> {
        let buffer = self.attached()?;
        if base::is_closed(&buffer)? {
            return Err(value_error!("I/O operation on closed file."));
        }
        Ok(buffer)
    }

    pub(super) fn error_mode(&self) -> PyResult<Py<PyStr>> {
        match self.errors.get() {
            Some(errors) => Ok(errors),
            None => PyStr::intern("strict"),
        }
    }

    /// Sets decoder and encoder up.
    fn install(
        &self,
        buffer: &PyObject,
        encoding: &str,
        errors: &PyStr,
        mode: NewlineMode,
    ) -> PyResult<()> {
        if native(encoding).is_none() {
            codec_info(encoding)?;
        }
        if Interpreter::current().flags.borrow().dev_mode {
            krait_runtime::codecs::registry::lookup_error(errors.as_utf8()?)?;
        }
        self.decoder.remove();
        self.encoder.remove();
        if buffer
            .call_method(krait_runtime::intern!("readable"), &[])?
            .is_true()?
        {
            self.decoder
                .install(encoding, errors, mode.universal, mode.translate)?;
        }
        if buffer
            .call_method(krait_runtime::intern!("writable"), &[])?
            .is_true()?
        {
            self.encoder.install(encoding, errors)?;
        }
        self.encoding.set(Some(PyStr::new(encoding)?));
        self.errors.set(Some(PyClass::to_owned(errors)));
        self.mode.set(Some(mode));
        Ok(())
    }

    fn init(
        &self,
        buffer: &PyObject,
        encoding: Option<&str>,
        errors: Option<&str>,
        newline: Option<&PyStr>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        self.state.set(State::New);
        let mode = NewlineMode::new(newline, false)?;
        let errors = match errors {
            Some(errors) => PyStr::new(errors)?,
            None => PyStr::intern("strict")?,
        };
        let encoding = match encoding {
            None => {
                super::warn_default_encoding(1)?;
                super::locale_encoding()
            }
            Some("locale") => super::locale_encoding(),
            Some(name) => name.to_owned(),
        };
        self.drop_decoded();
        self.pending.borrow_mut().clear();
        self.line_buffering.set(line_buffering);
        self.write_through.set(write_through);
        self.install(buffer, &encoding, &errors, mode)?;
        let seekable = buffer
            .call_method(krait_runtime::intern!("seekable"), &[])?
            .is_true()?;
        self.seekable.set(seekable);
        self.telling.set(seekable);
        self.has_read1.set(
            buffer
                .lookup_attr(krait_runtime::intern!("read1"))?
                .is_some(),
        );
        self.buffer.set(Some(buffer.to_obj()));
        self.fix_encoder()?;
        self.state.set(State::Ready);
        Ok(())
    }

    /// An encoder that begins in the middle of a file writes no mark of its byte order.
    fn fix_encoder(&self) -> PyResult<()> {
        if !self.seekable.get() || !self.encoder.exists() {
            return Ok(());
        }
        let Some(buffer) = self.buffer.get() else {
            return Ok(());
        };
        let position = buffer.call_method(krait_runtime::intern!("tell"), &[])?;
        if position.int_value() != Some(0) {
            self.encoder.restart(false)?;
        }
        Ok(())
    }

    // Reading.

    /// Forgets what was decoded.
    pub(super) fn drop_decoded(&self) {
        self.decoded.set(None);
        self.used.set(0);
        drop(self.snapshot.take());
    }

    /// Takes up to `limit` decoded characters.
    fn take_decoded(&self, limit: usize) -> PyResult<Py<PyStr>> {
        let Some(decoded) = self.decoded.get() else {
            return PyStr::new("");
        };
        let (start, length) = (self.used.get(), decoded.len());
        let end = start.saturating_add(limit).min(length);
        self.used.set(end);
        if start == 0 && end == length {
            return Ok(decoded);
        }
        decoded.substring(start, end)
    }

    /// Reads bytes from the buffer.
    fn read_bytes(&self, buffer: &PyObject, size: usize) -> PyResult<Py<PyBytes>> {
        if let Some(reader) = buffer.downcast_exact::<PyBufferedReader>() {
            return reader.read_chunk(size);
        }
        if let Some(random) = buffer.downcast_exact::<PyBufferedRandom>() {
            return random.read_chunk(size);
        }
        let method = if self.has_read1.get() {
            "read1"
        } else {
            "read"
        };
        let size = krait_runtime::PyLong::from_usize(size)?;
        let chunk = buffer.call_method_str(method, &[&size])?;
        if let Some(bytes) = chunk.downcast::<PyBytes>() {
            return Ok(PyClass::to_owned(bytes));
        }
        if chunk.has_buffer() {
            return PyBytes::new(&chunk.bytes_buffer()?.to_vec());
        }
        expect_bytes(chunk, method)
    }

    /// Decodes one more chunk; false at the end of the stream.
    fn read_chunk(&self, hint: usize) -> PyResult<bool> {
        let buffer = self.attached()?;
        if !self.decoder.exists() {
            return Err(unsupported("not readable"));
        }
        let before = if self.telling.get() {
            Some(self.decoder.state()?)
        } else {
            None
        };
        let chunk = self.read_bytes(&buffer, self.chunk_size.get().max(hint))?;
        let end = chunk.is_empty();
        let text = self.decoder.decode(&chunk, &*self.error_mode()?, end)?;
        let any = !text.is_empty();
        self.decoded.set(Some(text));
        self.used.set(0);
        if let Some((kept, flags)) = before {
            let bytes = if kept.is_empty() {
                chunk
            } else {
                PyBytes::new(&[kept.as_bytes(), chunk.as_bytes()].concat())?
            };
            self.snapshot.replace(Some((flags, bytes)));
        }
        Ok(!end || any)
    }

    fn read_all(&self, buffer: &PyObject) -> PyResult<Py<PyStr>> {
        let bytes = buffer.call_method(krait_runtime::intern!("read"), &[])?;
        if bytes.is(none()) {
            return Err(PyErr::new(&exc::BlockingIOError, "Read returned None."));
        }
        let bytes = expect_bytes(bytes, "read")?;
        let rest = self.decoder.decode(&bytes, &*self.error_mode()?, true)?;
        let first = self.take_decoded(usize::MAX)?;
        self.drop_decoded();
        if first.is_empty() {
            return Ok(rest);
        }
        first.concat(&rest)
    }

    fn read_line(&self, limit: Option<usize>) -> PyResult<Py<PyStr>> {
        let end_mode = self.mode.get().map_or(LineEnd::Lf, |mode| mode.end);
        let mut line: Option<StrBuilder> = None;
        // Whether the line so far ends with a \r that a \n would complete.
        let mut open_cr = false;
        loop {
            let waiting = self
                .decoded
                .get()
                .filter(|text| self.used.get() < text.len());
            let Some(text) = waiting else {
                if self.read_chunk(0)? {
                    continue;
                }
                self.decoded.set(None);
                drop(self.snapshot.take());
                break;
            };
            let (start, units) = (self.used.get(), text.as_slice());
            let so_far = line.as_ref().map_or(0, StrBuilder::len);
            let completes = open_cr && units.at(start) == u32::from(b'\n');
            let found = if completes {
                Some(start + 1)
            } else if open_cr && end_mode == LineEnd::Any {
                Some(start)
            } else {
                end_mode.find(units, start)
            };
            let mut end = found.unwrap_or(units.len());
            let mut done = found.is_some();
            if let Some(limit) = limit
                && so_far + (end - start) >= limit
            {
                end = start + (limit - so_far);
                done = true;
            } else if done && end == units.len() && end > start && self.ends_open(&text, end_mode) {
                // What follows the \r is not known yet.
                done = false;
            }
            self.used.set(end);
            if done && line.is_none() {
                return text.substring(start, end);
            }
            let builder = line.get_or_insert_with(StrBuilder::new);
            builder.push_slice(units.sub(start, end));
            if done {
                break;
            }
            open_cr =
                end > start && units.at(end - 1) == u32::from(b'\r') && end_mode != LineEnd::Lf;
        }
        match line {
            None => PyStr::new(""),
            Some(line) => line.finish(),
        }
    }

    /// Whether text ends with a `\r` that may be the first half of a line end.
    fn ends_open(&self, text: &PyStr, end: LineEnd) -> bool {
        // A decoder of universal line ends keeps such a \r back by itself.
        end == LineEnd::CrLf && text.char_at(text.len() - 1) == u32::from(b'\r')
    }

    // Writing.

    /// Hands pending bytes to the buffer.
    pub(super) fn write_pending(&self) -> PyResult<()> {
        if self.pending.borrow().is_empty() {
            return Ok(());
        }
        let buffer = self.attached()?;
        let mut bytes = self.pending.take();
        if let Some(writer) = buffer.downcast_exact::<PyBufferedWriter>() {
            writer.write_bytes(&bytes)?;
        } else {
            let object = PyBytes::new(&bytes)?;
            base::call_retried(&buffer, "write", &[&object])?;
        }
        // What could not be written is lost, as the program was told; the room is used again.
        bytes.clear();
        let mut pending = self.pending.borrow_mut();
        if pending.is_empty() {
            *pending = bytes;
        }
        Ok(())
    }

    /// Writes text; the answer is its length.
    pub(crate) fn write_text(&self, text: &PyStr) -> PyResult<usize> {
        let buffer = self.check_open()?;
        if !self.encoder.exists() {
            return Err(unsupported("not writable"));
        }
        let units = text.as_slice();
        let end = self.mode.get().and_then(|mode| mode.write);
        let mut flush = false;
        let mut translated = None;
        if end.is_some() || self.line_buffering.get() {
            let has_newline = LineEnd::Lf.find(units, 0).is_some();
            if let Some(end) = end.filter(|_| has_newline) {
                let newline = PyStr::intern("\n")?;
                translated = Some(text.replaced(&newline, &*PyStr::intern(end)?, usize::MAX)?);
            }
            flush =
                self.line_buffering.get() && (has_newline || LineEnd::Cr.find(units, 0).is_some());
        }
        let mut bytes = Vec::new();
        let small = self.pending.borrow().len() + text.len() <= self.chunk_size.get();
        if small {
            // Encoded right behind what waits, which no Python code sees meanwhile.
            bytes = self.pending.take();
        }
        let before = bytes.len();
        let encoded = self.encoder.encode(
            translated.as_deref().unwrap_or(text),
            &*self.error_mode()?,
            &mut bytes,
        );
        if small {
            if encoded.is_err() {
                bytes.truncate(before);
            }
            self.pending.replace(bytes);
            encoded?;
        } else {
            encoded?;
            // The buffer may write more to this stream meanwhile: that comes first.
            while !self.pending.borrow().is_empty() {
                self.write_pending()?;
            }
            self.pending.replace(bytes);
        }
        if self.pending.borrow().len() >= self.chunk_size.get() || flush || self.write_through.get()
        {
            self.write_pending()?;
        }
        if flush {
            buffer.call_method(krait_runtime::intern!("flush"), &[])?;
        }
        if self.snapshot.borrow().is_some() {
            self.drop_decoded();
        }
        if self.decoder.exists() {
            self.decoder.reset()?;
        }
        Ok(text.len())
    }

    fn flush_all(&self) -> PyResult<Obj> {
        let buffer = self.check_open()?;
        self.telling.set(self.seekable.get());
        self.write_pending()?;
        buffer.call_method(krait_runtime::intern!("flush"), &[])
    }
}

/// A keyword of `reconfigure` that must be text or None.
fn text_or_none<'a>(value: OptionalArg<&'a PyObject>, name: &str) -> PyResult<Option<&'a PyStr>> {
    match value.present().filter(|value| !value.is(none())) {
        None => Ok(None),
        Some(value) => value.downcast::<PyStr>().map(Some).ok_or_else(|| {
            type_error!(
                "reconfigure() argument '{name}' must be str or None, not {}",
                value.type_().tp_name()
            )
        }),
    }
}

/// As [`text_or_none`], of text that names something of the registry of codecs.
fn name_or_none<'a>(value: OptionalArg<&'a PyObject>, name: &str) -> PyResult<Option<&'a str>> {
    text_or_none(value, name)?.map(PyStr::as_utf8).transpose()
}

#[pymethods]
impl PyTextIOWrapper {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(cls, Self::unopened())?.into_object())
    }

    #[pyinit(
        signature = "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)"
    )]
    fn py_init(
        &self,
        buffer: &PyObject,
        encoding: Option<&str>,
        errors: Option<&str>,
        newline: Option<&PyStr>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        self.init(
            buffer,
            encoding,
            errors,
            newline,
            line_buffering,
            write_through,
        )
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let Some(encoding) = self
            .encoding
            .get()
            .filter(|_| self.state.get() != State::New)
        else {
            return Err(value_error!("I/O operation on uninitialized object"));
        };
        let mut text = StrBuilder::new();
        text.push_str(&format!("<{}", self.as_object().type_().tp_name()));
        if let Some(name) = base::name_for_repr(self)? {
            text.push_str(" name=");
            text.push_py(&name);
        }
        if let Some(mode) = self
            .as_object()
            .lookup_attr(krait_runtime::intern!("mode"))?
        {
            text.push_str(" mode=");
            text.push_py(&*mode.repr()?);
        }
        text.push_str(" encoding=");
        text.push_py(&*encoding.repr()?);
        text.push_str(">");
        text.finish()
    }

    /// Separate the underlying buffer from the text layer and return it.
    #[pymethod(signature = "($self, /)")]
    fn detach(&self) -> PyResult<Obj> {
        let buffer = self.attached()?;
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        self.buffer.set(None);
        self.state.set(State::Detached);
        Ok(buffer)
    }

    /// Reconfigure the text stream with new parameters.
    #[pymethod(
        signature = "($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)",
        text_signature = "($self, /, *, encoding=None, errors=None, newline=None,\n            line_buffering=None, write_through=None)"
    )]
    fn reconfigure(
        &self,
        encoding: OptionalArg<&PyObject>,
        errors: OptionalArg<&PyObject>,
        newline: OptionalArg<&PyObject>,
        line_buffering: Option<&PyObject>,
        write_through: Option<&PyObject>,
    ) -> PyResult<()> {
        let encoding = name_or_none(encoding, "encoding")?;
        let errors = name_or_none(errors, "errors")?;
        let buffer = self.attached()?;
        let coding = encoding.is_some() || errors.is_some() || newline.is_present();
        if self.decoded.is_some() && coding {
            return Err(unsupported(
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        let mode = match newline.present() {
            None => self.mode.get(),
            Some(_) => Some(NewlineMode::new(text_or_none(newline, "newline")?, false)?),
        };
        let flag = |value: Option<&PyObject>, old: bool| match value {
            None => Ok(old),
            Some(value) => Ok::<bool, PyErr>(value.extract::<i64>()? != 0),
        };
        let line_buffering = flag(line_buffering, self.line_buffering.get())?;
        let write_through = flag(write_through, self.write_through.get())?;
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        if coding && let Some(mode) = mode {
            let new_encoding = match encoding {
                Some("locale") => Some(super::locale_encoding()),
                Some(name) => Some(name.to_owned()),
                None => self.encoding.get().map(|name| name.to_string_lossy()),
            };
            let errors = match (errors, encoding) {
                (Some(errors), _) => PyStr::new(errors)?,
                (None, Some(_)) => PyStr::intern("strict")?,
                (None, None) => self.error_mode()?,
            };
            if let Some(new_encoding) = new_encoding {
                self.drop_decoded();
                self.install(&buffer, &new_encoding, &errors, mode)?;
                self.fix_encoder()?;
            }
        }
        self.line_buffering.set(line_buffering);
        self.write_through.set(write_through);
        Ok(())
    }

    /// Write text.
    #[pymethod(signature = "($self, text, /)")]
    fn write(&self, text: &PyObject) -> PyResult<usize> {
        let Some(text) = text.downcast::<PyStr>() else {
            return Err(type_error!(
                "write() argument must be str, not {}",
                text.type_().tp_name()
            ));
        };
        self.write_text(text)
    }

    /// Read at most size characters.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, size: OptionalArg<Size>) -> PyResult<Py<PyStr>> {
        let buffer = self.check_open()?;
        if !self.decoder.exists() {
            return Err(unsupported("not readable"));
        }
        self.write_pending()?;
        let Some(size) = size_or_all(size).limit() else {
            return self.read_all(&buffer);
        };
        let first = self.take_decoded(size)?;
        if first.len() >= size {
            return Ok(first);
        }
        let mut out = StrBuilder::new();
        out.push_py(&first);
        while out.len() < size {
            if !self.read_chunk(size - out.len())? {
                break;
            }
            out.push_py(&*self.take_decoded(size - out.len())?);
        }
        out.finish()
    }

    /// Read until newline or EOF.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn readline(&self, size: OptionalArg<Size>) -> PyResult<Py<PyStr>> {
        self.check_open()?;
        self.write_pending()?;
        let limit = size_or_all(size).limit();
        if limit == Some(0) {
            return PyStr::new("");
        }
        self.read_line(limit)
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        self.attached()?;
        self.telling.set(false);
        let line = if self.as_object().is_exact::<PyTextIOWrapper>() {
            self.check_open()?;
            self.write_pending()?;
            self.read_line(None)?
        } else {
            let line = self.call_method(krait_runtime::intern!("readline"), &[])?;
            line.cast::<PyStr>().map_err(|line| {
                krait_runtime::exc!(
                    OSError,
                    "readline() should have returned a str object, not '{}'",
                    line.type_().tp_name()
                )
            })?
        };
        if line.is_empty() {
            drop(self.snapshot.take());
            self.telling.set(self.seekable.get());
            return Ok(None);
        }
        Ok(Some(line.into_object()))
    }

    /// Flush the stream.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<Obj> {
        self.flush_all()
    }

    /// Flush and close the stream.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        let buffer = self.attached()?;
        // To ask may run code that detaches the buffer.
        if base::is_closed(&buffer)? || self.state.get() == State::Detached {
            return none().into_py();
        }
        if self.finalizing.get()
            && let Err(error) = buffer.call_method(krait_runtime::intern!("_dealloc_warn"), &[self])
        {
            error.clear();
        }
        chain(
            self.call_method(krait_runtime::intern!("flush"), &[]),
            || buffer.call_method(krait_runtime::intern!("close"), &[]),
        )
    }
}
