//! What the buffered streams share: read-ahead, pending writes, position and lock.
//!
//! Invariants:
//! 1. There is read-ahead or there are pending writes, never both. The raw stream stands at the end
//!    of the read-ahead, or at the beginning of the pending writes.
//! 2. All of it is touched only by the thread that holds the stream's own lock ([`Buffered::enter`]),
//!    since a call of the raw stream may let other threads run. A `RefCell` here is never borrowed
//!    across such a call.

use std::cell::{Cell, RefCell};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use krait_runtime::bytearray::PyByteArray;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, Interpreter, IntoPy, PyBaseException, PyBytes, PyErr, PyLong, PyResult, PyStr,
    ThreadState, none, runtime_error, value_error,
};

use super::base::{self, reserve};
use super::fileio::PyFileIO;
use super::unsupported;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Ready,
    Detached,
}

/// See the module's text.
pub(crate) struct Buffered {
    pub(super) raw: Field<PyObject>,
    state: Cell<State>,
    /// The raw stream is exactly a `FileIO`, which is called without Python's help.
    fast: Cell<bool>,
    size: Cell<usize>,
    /// The stream was closed, and the memory of its buffer given back.
    released_memory: Cell<bool>,
    ahead: RefCell<Vec<u8>>,
    start: Cell<usize>,
    pending: RefCell<Vec<u8>>,
    /// Where the raw stream stands, if that is known.
    raw_position: Cell<Option<i64>>,
    pub(super) finalizing: Cell<bool>,
    owner: Cell<u64>,
    waiting: Cell<usize>,
    released: (Mutex<()>, Condvar),
}

/// How long a stream's lock is waited for when no other thread runs any more.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The stream's lock; given up when dropped.
pub(super) struct Entered<'a>(&'a Buffered);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.owner.set(0);
        if self.0.waiting.get() > 0 {
            self.0.released.1.notify_all();
        }
    }
}

fn would_block(written: usize) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let arguments = [
            libc::EAGAIN.into_py()?,
            "write could not complete without blocking".into_py()?,
            written.into_py()?,
        ];
        let arguments: Vec<&PyObject> = arguments.iter().map(|item| &**item).collect();
        let class = &krait_runtime::exc::BlockingIOError;
        Ok(PyErr::raise(class.instantiate(&arguments)?))
    };
    make().unwrap_or_else(|error| error)
}

/// `OSError` with an exception as its cause.
fn caused(cause: PyErr, message: &'static str) -> PyErr {
    let cause = cause.take();
    let error = PyErr::new(&krait_runtime::exc::OSError, message).take();
    if let Some(error) = error.downcast::<PyBaseException>() {
        error.context.set(Some(cause.clone()));
        error.set_cause(Some(cause));
    }
    PyErr::raise(error)
}

impl Buffered {
    /// A stream before `__init__`.
    pub(super) fn new() -> Buffered {
        Buffered {
            raw: Field::empty(),
            state: Cell::new(State::New),
            fast: Cell::new(false),
            size: Cell::new(0),
            released_memory: Cell::new(false),
            ahead: RefCell::default(),
            start: Cell::new(0),
            pending: RefCell::default(),
            raw_position: Cell::new(None),
            finalizing: Cell::new(false),
            owner: Cell::new(0),
            waiting: Cell::new(0),
            released: Default::default(),
        }
    }

    /// `__init__`.
    pub(super) fn init(&self, raw: &PyObject, size: isize) -> PyResult<()> {
        self.state.set(State::New);
        let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
            return Err(value_error!("buffer size must be strictly positive"));
        };
        self.size.set(size);
        self.released_memory.set(false);
        self.fast.set(raw.is_exact::<PyFileIO>());
        self.raw.set(Some(raw.to_obj()));
        self.reset_ahead();
        self.pending.replace(Vec::new());
        self.raw_position.set(None);
        self.state.set(State::Ready);
        if let Err(error) = self.raw_tell() {
            error.clear();
        }
        Ok(())
    }

    /// Ends what an earlier `__init__` made: while the next one looks at its raw stream, nothing can be done with this.
    pub(super) fn begin_init(&self) {
        self.state.set(State::New);
    }

    /// The raw stream, if the object is in use.
    pub(super) fn raw(&self) -> PyResult<Obj> {
        match (self.state.get(), self.raw.get()) {
            (State::Ready, Some(raw)) => Ok(raw),
            (State::Detached, _) => Err(value_error!("raw stream has been detached")),
            _ => Err(value_error!("I/O operation on uninitialized object")),
        }
    }

    /// Takes the raw stream away.
    pub(super) fn detach(&self) -> PyResult<Obj> {
        let raw = self.raw()?;
        self.raw.set(None);
        self.state.set(State::Detached);
        Ok(raw)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state.get() == State::Ready
    }

    /// Takes the stream's lock.
    pub(super) fn enter(&self, stream: &PyObject) -> PyResult<Entered<'_>> {
        let me = krait_host::thread::ident();
        if self.owner.get() == me {
            return Err(runtime_error!(
                "reentrant call inside {}",
                stream.repr()?.to_string_lossy()
            ));
        }
        if self.owner.get() != 0 {
            self.wait_for_owner(stream)?;
        }
        self.owner.set(me);
        Ok(Entered(self))
    }

    /// Waits until no thread holds the stream's lock.
    #[cold]
    fn wait_for_owner(&self, stream: &PyObject) -> PyResult<()> {
        let began = Instant::now();
        while self.owner.get() != 0 {
            if Interpreter::current().finalizing.get() && began.elapsed() > LAST_WAIT {
                // The owner was stopped while it had the lock.
                let stream = stream.repr()?.to_string_lossy();
                crate::common::fatal(
                    "_enter_buffered_busy",
                    &format!(
                        "could not acquire lock for {stream} at interpreter shutdown, possibly due to daemon threads"
                    ),
                );
            }
            self.waiting.set(self.waiting.get() + 1);
            let (mutex, released) = &self.released;
            ThreadState::allow_threads(|| {
                let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
                // The time is short, because the owner may have left before the wait began.
                drop(released.wait_timeout(guard, Duration::from_millis(1)));
            });
            self.waiting.set(self.waiting.get() - 1);
        }
        Ok(())
    }

    /// Whether the raw stream is closed.
    pub(super) fn is_closed(&self) -> PyResult<bool> {
        let raw = self.raw()?;
        if self.fast.get()
            && let Some(file) = raw.downcast::<PyFileIO>()
        {
            return Ok(file.open_fd().map_err(PyErr::clear).is_err());
        }
        base::is_closed(&raw)
    }

    /// Raises `ValueError` if the stream is closed; reading ahead stays possible.
    pub(super) fn check_open(&self, message: &str) -> PyResult<()> {
        if self.is_closed()? {
            return Err(value_error!("{message}"));
        }
        Ok(())
    }

    // The raw stream.

    fn moved(&self, count: usize) {
        if let Some(position) = self.raw_position.get() {
            self.raw_position.set(Some(position + count as i64));
        }
    }

    /// Reads once from the raw stream; `None` if it would block.
    fn raw_read(&self, buffer: &mut [u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        if self.fast.get()
            && let Some(file) = raw.downcast::<PyFileIO>()
        {
            let count = file.read_slice(buffer)?;
            self.moved(count.unwrap_or(0));
            return Ok(count);
        }
        let array = PyByteArray::new(&[])?;
        array.resize(buffer.len())?;
        let answer = base::call_retried(&raw, "readinto", &[&array])?;
        if answer.is(none()) {
            return Ok(None);
        }
        let count = answer
            .as_isize(Some(&krait_runtime::exc::ValueError))
            .map_err(|error| caused(error, "raw readinto() failed"))?;
        let Some(count) = usize::try_from(count).ok().filter(|&n| n <= buffer.len()) else {
            return Err(krait_runtime::exc!(
                OSError,
                "raw readinto() returned invalid length {count} (should have been between 0 and {})",
                buffer.len()
            ));
        };
        array.with_bytes(|bytes| buffer[..count].copy_from_slice(&bytes[..count]));
        self.moved(count);
        Ok(Some(count))
    }

    /// Writes once to the raw stream; `None` if it would block.
    fn raw_write(&self, data: &[u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        if self.fast.get()
            && let Some(file) = raw.downcast::<PyFileIO>()
        {
            let count = file.write_slice(data)?;
            self.moved(count.unwrap_or(0));
            return Ok(count);
        }
        let bytes = PyBytes::new(data)?;
        let answer = base::call_retried(&raw, "write", &[&bytes])?;
        if answer.is(none()) {
            return Ok(None);
        }
        let count = answer.as_isize(Some(&krait_runtime::exc::ValueError))?;
        let Some(count) = usize::try_from(count).ok().filter(|&n| n <= data.len()) else {
            return Err(krait_runtime::exc!(
                OSError,
                "raw write() returned invalid length {count} (should have been between 0 and {})",
                data.len()
            ));
        };
        self.moved(count);
        Ok(Some(count))
    }

    fn position_of(&self, answer: &PyObject, call: &str) -> PyResult<i64> {
        let position: i64 = answer.extract()?;
        if position < 0 {
            return Err(krait_runtime::exc!(
                OSError,
                "Raw stream returned invalid position {position}{call}"
            ));
        }
        self.raw_position.set(Some(position));
        Ok(position)
    }

    /// Asks the raw stream where it stands.
    pub(super) fn raw_tell(&self) -> PyResult<i64> {
        self.raw_position.set(None);
        let answer = self
            .raw()?
            .call_method(krait_runtime::intern!("tell"), &[])?;
        self.position_of(&answer, "")
    }

    fn raw_seek(&self, target: &PyObject, whence: i32) -> PyResult<i64> {
        self.raw_position.set(None);
        let whence = PyLong::from_i64(i64::from(whence))?;
        let answer = self
            .raw()?
            .call_method(krait_runtime::intern!("seek"), &[target, &whence])?;
        self.position_of(&answer, "")
    }

    // Reading ahead.

    /// How many bytes wait to be read.
    pub(super) fn available(&self) -> usize {
        self.ahead.borrow().len() - self.start.get()
    }

    fn reset_ahead(&self) {
        self.ahead.borrow_mut().clear();
        self.start.set(0);
    }

    /// Takes up to `limit` bytes of the read-ahead.
    fn take_ahead(&self, limit: usize, out: &mut Vec<u8>) -> PyResult<usize> {
        let ahead = self.ahead.borrow();
        let rest = &ahead[self.start.get()..];
        let count = rest.len().min(limit);
        reserve(out, count)?;
        out.extend_from_slice(&rest[..count]);
        self.start.set(self.start.get() + count);
        Ok(count)
    }

    /// Fills the empty read-ahead by one read of the raw stream.
    fn fill(&self) -> PyResult<Option<usize>> {
        let mut buffer = self.ahead.take();
        self.start.set(0);
        buffer.clear();
        let size = self.size.get();
        reserve(&mut buffer, size)?;
        buffer.resize(size, 0);
        let answer = self.raw_read(&mut buffer);
        let count = match &answer {
            Ok(Some(count)) => *count,
            _ => 0,
        };
        buffer.truncate(count);
        self.ahead.replace(buffer);
        answer
    }

    /// Writes what is pending, so that reading can begin.
    fn turn_to_reading(&self) -> PyResult<()> {
        if self.pending.borrow().is_empty() {
            return Ok(());
        }
        self.flush_pending()
    }

    /// `read(n)`; `None` if nothing could be read without blocking.
    pub(super) fn read(&self, size: usize) -> PyResult<Option<Py<PyBytes>>> {
        if size <= self.available() {
            let (start, ahead) = (self.start.get(), self.ahead.borrow());
            self.start.set(start + size);
            return PyBytes::new(&ahead[start..start + size]).map(Some);
        }
        self.turn_to_reading()?;
        let mut out = Vec::new();
        self.take_ahead(size, &mut out)?;
        let block = self.size.get();
        while out.len() < size {
            let left = size - out.len();
            let count = if left >= block {
                // Large pieces go where they are wanted, in whole blocks.
                let (here, piece) = (out.len(), (left - left % block).min(1 << 26));
                reserve(&mut out, piece)?;
                out.resize(here + piece, 0);
                let answer = self.raw_read(&mut out[here..]);
                let count = match &answer {
                    Ok(Some(count)) => *count,
                    _ => 0,
                };
                out.truncate(here + count);
                answer?
            } else {
                let answer = self.fill()?;
                self.take_ahead(left, &mut out)?;
                answer
            };
            match count {
                Some(0) => break,
                None if out.is_empty() => return Ok(None),
                None => break,
                Some(_) => {}
            }
        }
        PyBytes::new(&out).map(Some)
    }

    /// `read()`: all there is.
    pub(super) fn read_all(&self) -> PyResult<Obj> {
        self.turn_to_reading()?;
        let mut out = Vec::new();
        self.take_ahead(usize::MAX, &mut out)?;
        self.reset_ahead();
        let raw = self.raw()?;
        if self.fast.get()
            && let Some(file) = raw.downcast::<PyFileIO>()
        {
            let rest = file.read_all()?;
            self.moved(rest.as_ref().map_or(0, Vec::len));
            return match rest {
                Some(rest) if out.is_empty() => PyBytes::new(&rest)?.into_py(),
                Some(rest) => {
                    out.extend(rest);
                    PyBytes::new(&out)?.into_py()
                }
                None if out.is_empty() => none().into_py(),
                None => PyBytes::new(&out)?.into_py(),
            };
        }
        self.raw_position.set(None);
        let readall = raw.lookup_attr(krait_runtime::intern!("readall"))?;
        loop {
            let part = match &readall {
                Some(readall) => readall.call0()?,
                None => base::call_retried(&raw, "read", &[])?,
            };
            if part.is(none()) {
                if out.is_empty() {
                    return Ok(part);
                }
                break;
            }
            let Some(bytes) = part.downcast::<PyBytes>() else {
                return Err(krait_runtime::type_error!("readall() should return bytes"));
            };
            out.extend(bytes.as_bytes());
            if readall.is_some() || bytes.is_empty() {
                break;
            }
        }
        PyBytes::new(&out)?.into_py()
    }

    /// `read1(n)`: what is there, or one read of the raw stream.
    pub(super) fn read1(&self, size: usize) -> PyResult<Py<PyBytes>> {
        self.turn_to_reading()?;
        let mut out = Vec::new();
        if self.available() > 0 {
            self.take_ahead(size, &mut out)?;
            return PyBytes::new(&out);
        }
        if size == 0 {
            return PyBytes::new(&[]);
        }
        self.reset_ahead();
        reserve(&mut out, size)?;
        out.resize(size, 0);
        let count = self.raw_read(&mut out)?.unwrap_or(0);
        PyBytes::new(&out[..count])
    }

    /// The size of the buffer.
    pub(super) fn block(&self) -> usize {
        self.size.get()
    }

    /// `readinto`: fills a copy, which goes to the caller's memory.
    pub(super) fn read_into(&self, length: usize, once: bool) -> PyResult<Option<Vec<u8>>> {
        self.turn_to_reading()?;
        let mut out = Vec::new();
        self.take_ahead(length, &mut out)?;
        while out.len() < length {
            let left = length - out.len();
            let count = if left > self.size.get() {
                let here = out.len();
                reserve(&mut out, left)?;
                out.resize(length, 0);
                let answer = self.raw_read(&mut out[here..]);
                let count = match &answer {
                    Ok(Some(count)) => *count,
                    _ => 0,
                };
                out.truncate(here + count);
                answer?
            } else if once && !out.is_empty() {
                break;
            } else {
                let answer = self.fill()?;
                self.take_ahead(left, &mut out)?;
                answer
            };
            match count {
                Some(0) => break,
                None if out.is_empty() => return Ok(None),
                None => break,
                Some(_) if once => break,
                Some(_) => {}
            }
        }
        Ok(Some(out))
    }

    /// `peek`: the read-ahead, filled by one read if it is empty.
    pub(super) fn peek(&self) -> PyResult<Py<PyBytes>> {
        self.turn_to_reading()?;
        if self.available() == 0 {
            self.fill()?;
        }
        PyBytes::new(&self.ahead.borrow()[self.start.get()..])
    }

    /// `readline`, cut to `limit`.
    pub(super) fn read_line(&self, limit: usize) -> PyResult<Py<PyBytes>> {
        if let Some(line) = self.line_ahead(limit)? {
            return Ok(line);
        }
        self.turn_to_reading()?;
        let mut line = Vec::new();
        loop {
            let left = limit - line.len();
            let (end, found) = {
                let ahead = self.ahead.borrow();
                let rest = &ahead[self.start.get()..];
                let rest = &rest[..rest.len().min(left)];
                match memchr::memchr(b'\n', rest) {
                    Some(end) => (end + 1, true),
                    None => (rest.len(), false),
                }
            };
            self.take_ahead(end, &mut line)?;
            if found || line.len() == limit || matches!(self.fill()?, None | Some(0)) {
                return PyBytes::new(&line);
            }
        }
    }

    /// A line that is in the read-ahead as a whole.
    fn line_ahead(&self, limit: usize) -> PyResult<Option<Py<PyBytes>>> {
        let (start, ahead) = (self.start.get(), self.ahead.borrow());
        let rest = &ahead[start..];
        let rest = &rest[..rest.len().min(limit)];
        let length = match memchr::memchr(b'\n', rest) {
            Some(end) => end + 1,
            None if rest.len() == limit => limit,
            None => return Ok(None),
        };
        self.start.set(start + length);
        PyBytes::new(&rest[..length]).map(Some)
    }

    // Writing.

    /// Writes all that is pending.
    pub(super) fn flush_pending(&self) -> PyResult<()> {
        let mut data = self.pending.take();
        let mut written = 0;
        let result = loop {
            if written == data.len() {
                break Ok(());
            }
            match self.raw_write(&data[written..]) {
                Ok(Some(count)) => written += count,
                Ok(None) => break Err(would_block(0)),
                Err(error) => break Err(error),
            }
            if let Err(error) = krait_runtime::hooks::check_signals() {
                break Err(error);
            }
        };
        data.drain(..written);
        self.pending.replace(data);
        result
    }

    /// Takes the read-ahead back, so that writing can begin.
    fn turn_to_writing(&self) -> PyResult<()> {
        let ahead = self.available();
        if ahead > 0 {
            let back = PyLong::from_i64(-(ahead as i64))?;
            self.raw_seek(&back, 1)?;
        }
        if !self.ahead.borrow().is_empty() {
            self.reset_ahead();
        }
        Ok(())
    }

    /// `flush`: nothing pending, and the raw stream where the user believes it is.
    pub(super) fn flush_and_rewind(&self) -> PyResult<()> {
        self.flush_pending()?;
        self.turn_to_writing()
    }

    /// `write`.
    pub(super) fn write(&self, data: &[u8]) -> PyResult<usize> {
        self.turn_to_writing()?;
        let size = self.size.get();
        {
            let mut pending = self.pending.borrow_mut();
            if data.len() <= size.saturating_sub(pending.len()) {
                if pending.capacity() == 0 {
                    // Small streams stay small, busy ones grow once.
                    reserve(&mut pending, size.min(data.len().max(8192)))?;
                }
                pending.extend_from_slice(data);
                return Ok(data.len());
            }
        }
        if let Err(error) = self.flush_pending() {
            if !error.matches(&krait_runtime::exc::BlockingIOError) {
                return Err(error);
            }
            error.clear();
            let mut pending = self.pending.borrow_mut();
            let room = size.saturating_sub(pending.len()).min(data.len());
            pending.extend_from_slice(&data[..room]);
            drop(pending);
            return if room == data.len() {
                Ok(room)
            } else {
                Err(would_block(room))
            };
        }
        let mut written = 0;
        while data.len() - written > size {
            match self.raw_write(&data[written..])? {
                Some(count) => written += count,
                None => {
                    let room = size.min(data.len() - written);
                    self.pending
                        .borrow_mut()
                        .extend_from_slice(&data[written..written + room]);
                    return Err(would_block(written + room));
                }
            }
            krait_runtime::hooks::check_signals()?;
        }
        self.pending
            .borrow_mut()
            .extend_from_slice(&data[written..]);
        Ok(data.len())
    }

    // Position.

    /// `tell`.
    pub(super) fn tell(&self) -> PyResult<i64> {
        let raw = self.raw_tell()?;
        Ok((raw - self.available() as i64 + self.pending.borrow().len() as i64).max(0))
    }

    /// `seek`.
    pub(super) fn seek(&self, target: &PyObject, whence: i32) -> PyResult<i64> {
        if whence < 2 && self.pending.borrow().is_empty() && !self.ahead.borrow().is_empty() {
            let raw = match self.raw_position.get() {
                Some(position) => position,
                None => self.raw_tell()?,
            };
            let here = raw - self.available() as i64;
            let wanted: i64 = target.extract()?;
            let offset = if whence == 0 {
                wanted.checked_sub(here)
            } else {
                Some(wanted)
            };
            if let Some(offset) = offset
                && offset >= -(self.start.get() as i64)
                && offset <= self.available() as i64
            {
                self.start.set((self.start.get() as i64 + offset) as usize);
                // The position of a character device says nothing.
                return Ok((here + offset).max(0));
            }
        }
        self.flush_pending()?;
        let position = if whence == 1 {
            let wanted: i64 = target.extract()?;
            let target = PyLong::from_i64(wanted - self.available() as i64)?;
            self.raw_seek(&target, 1)?
        } else {
            self.raw_seek(target, whence)?
        };
        self.reset_ahead();
        Ok(position)
    }

    /// `truncate`.
    pub(super) fn truncate(&self, size: Option<&PyObject>) -> PyResult<Obj> {
        self.flush_and_rewind()?;
        let answer = self.raw()?.call_method(
            krait_runtime::intern!("truncate"),
            &[size.unwrap_or(none())],
        )?;
        if let Err(error) = self.raw_tell() {
            error.clear();
        }
        Ok(answer)
    }

    /// Lets go of the memory of a stream that was closed.
    pub(super) fn release(&self) {
        self.ahead.replace(Vec::new());
        self.start.set(0);
        self.pending.replace(Vec::new());
        self.released_memory.set(true);
    }

    /// How much memory the buffer may take: all its size, until the stream is closed.
    pub(super) fn memory(&self) -> usize {
        if self.released_memory.get() {
            0
        } else {
            self.size.get()
        }
    }

    /// The `repr` of the stream.
    pub(super) fn repr(stream: &PyObject) -> PyResult<Py<PyStr>> {
        let mut text = krait_runtime::StrBuilder::new();
        text.push_str(&format!("<{}", stream.type_().tp_name()));
        if let Some(name) = base::name_for_repr(stream)? {
            text.push_str(" name=");
            text.push_py(&name);
        }
        text.push_str(">");
        text.finish()
    }

    /// `_dealloc_warn`: passes the warning on to the raw stream.
    pub(super) fn dealloc_warn(&self, source: &PyObject) {
        if let Some(raw) = self.raw.get().filter(|_| self.is_ready())
            && let Err(error) = raw.call_method(krait_runtime::intern!("_dealloc_warn"), &[source])
        {
            error.clear();
        }
    }

    /// Raises unless positions make sense for the raw stream.
    pub(super) fn check_seekable(&self) -> PyResult<()> {
        let raw = self.raw()?;
        if raw
            .call_method(krait_runtime::intern!("seekable"), &[])?
            .is_true()?
        {
            return Ok(());
        }
        Err(unsupported("File or stream is not seekable."))
    }
}

impl krait_runtime::Traverse for Buffered {
    fn traverse(&self, visitor: &mut krait_runtime::Visitor) -> krait_runtime::gc::TraverseResult {
        self.raw.traverse(visitor)
    }

    fn clear(&self) {
        self.raw.clear();
        self.state.set(State::New);
    }
}
