//! The bytes of a pickle that is being loaded, and its frames.

use krait_runtime::{Obj, PyErr, PyLong, PyObject, PyResult, exc};

use super::unpickling_error;
use crate::util::Data;

/// Where the bytes come from: all at once, or from a file that nothing too much is read of.
pub(super) struct Input {
    data: Data,
    at: usize,
    /// What can be taken without a further look: the end of the present frame, else of the data.
    limit: usize,
    /// Where the present frame ends, which no instruction may leave half-way; behind it there is none.
    frame_end: usize,
    file: Option<(Obj, Obj)>,
}

impl Input {
    pub(super) fn of_bytes(data: Data) -> Input {
        Input {
            limit: data.len(),
            data,
            at: 0,
            frame_end: 0,
            file: None,
        }
    }

    pub(super) fn of_file(read: Obj, readline: Obj) -> Input {
        Input {
            data: Data::Copy(Vec::new()),
            at: 0,
            limit: 0,
            frame_end: 0,
            file: Some((read, readline)),
        }
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.data.len() - self.at
    }

    fn set_limit(&mut self) {
        self.limit = if self.frame_end > self.at {
            self.frame_end.min(self.data.len())
        } else {
            self.data.len()
        };
    }

    /// Adds what the file gives to what was not used yet; how much it was.
    fn refill(&mut self, more: &PyObject) -> PyResult<usize> {
        let more = Data::of(more)?;
        let mut rest = self.data[self.at..].to_vec();
        rest.extend_from_slice(&more);
        self.data = Data::Copy(rest);
        self.frame_end = self.frame_end.saturating_sub(self.at);
        self.at = 0;
        self.set_limit();
        Ok(more.len())
    }

    /// Makes sure of `count` bytes, as far as there are so many.
    #[inline]
    pub(super) fn ensure(&mut self, count: usize) -> PyResult<bool> {
        if self.left() >= count {
            return Ok(true);
        }
        self.ensure_from_file(count)
    }

    #[cold]
    fn ensure_from_file(&mut self, count: usize) -> PyResult<bool> {
        if let Some((read, _)) = &self.file {
            let missing = PyLong::from_usize(count - self.left())?;
            let more = read.clone().call1(&missing)?;
            self.refill(&more)?;
        }
        Ok(self.left() >= count)
    }

    #[inline(always)]
    pub(super) fn take(&mut self, count: usize) -> PyResult<&[u8]> {
        if count > self.limit - self.at {
            self.make_room(count)?;
        }
        let start = self.at;
        self.at += count;
        Ok(&self.data[start..start + count])
    }

    /// Sees to it that `count` bytes are within the limit: the frame has ended, or there is more in the file.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, count: usize) -> PyResult<()> {
        if !self.ensure(count)? {
            return Err(truncated());
        }
        self.check_frame(count)?;
        self.set_limit();
        Ok(())
    }

    /// Whether the present frame has bytes left.
    pub(super) fn is_in_frame(&self) -> bool {
        self.frame_end > self.at
    }

    /// Checks that `count` bytes do not leave the present frame.
    pub(super) fn check_frame(&self, count: usize) -> PyResult<()> {
        if self.is_in_frame() && count > self.frame_end - self.at {
            return Err(unpickling_error("pickle exhausted before end of frame"));
        }
        Ok(())
    }

    /// Begins a frame of `len` bytes.
    pub(super) fn begin_frame(&mut self, len: usize) -> PyResult<()> {
        if !self.ensure(len)? {
            return Err(truncated());
        }
        self.frame_end = self.at + len;
        self.set_limit();
        Ok(())
    }

    /// The code of the next instruction.
    #[inline(always)]
    pub(super) fn code(&mut self) -> PyResult<u8> {
        if self.at == self.limit && !self.ensure(1)? {
            return Err(exc!(EOFError, "Ran out of input"));
        }
        Ok(self.take(1)?[0])
    }

    pub(super) fn line(&mut self) -> PyResult<&[u8]> {
        let end = loop {
            if let Some(index) = memchr::memchr(b'\n', &self.data[self.at..]) {
                break self.at + index;
            }
            let Some((_, readline)) = &self.file else {
                return Err(truncated());
            };
            let more = readline.clone().call0()?;
            if self.refill(&more)? == 0 {
                return Err(truncated());
            }
        };
        self.check_frame(end + 1 - self.at)?;
        let start = std::mem::replace(&mut self.at, end + 1);
        self.set_limit();
        Ok(&self.data[start..end])
    }

    /// A line of which something must be there.
    pub(super) fn full_line(&mut self) -> PyResult<&[u8]> {
        match self.line()? {
            [] => Err(truncated()),
            line => Ok(line),
        }
    }
}

#[cold]
fn truncated() -> PyErr {
    unpickling_error("pickle data was truncated")
}
