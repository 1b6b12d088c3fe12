//! What the incremental decompressors share: input that waits, and what follows the end of the data.

use std::cell::{Cell, RefCell};

use krait_runtime::{Obj, PyBytes, PyErr, PyObject, PyResult, exc};

/// How much output is asked for at a time.
pub(crate) const BLOCK: usize = 32 * 1024;

/// The input of a decompressor, from call to call.
pub(crate) struct Inflow {
    /// Input that was not looked at yet; after the end, what follows the data.
    pending: RefCell<Vec<u8>>,
    at_end: Cell<bool>,
    needs_input: Cell<bool>,
}

impl Default for Inflow {
    fn default() -> Self {
        Inflow {
            pending: RefCell::default(),
            at_end: Cell::new(false),
            needs_input: Cell::new(true),
        }
    }
}

/// What one step of a decompressor came to.
pub(crate) struct Step {
    /// How many bytes of the input it took.
    pub(crate) taken: usize,
    /// How many bytes of output it made.
    pub(crate) made: usize,
    /// Whether the data ended.
    pub(crate) ended: bool,
}

impl Inflow {
    pub(crate) fn at_end(&self) -> bool {
        self.at_end.get()
    }

    pub(crate) fn needs_input(&self) -> bool {
        self.needs_input.get()
    }

    /// What follows the end of the data.
    pub(crate) fn unused_data(&self) -> PyResult<Obj> {
        let pending = self.pending.borrow();
        let unused = if self.at_end.get() { &pending[..] } else { &[] };
        Ok(PyBytes::new(unused)?.into_object())
    }

    /// Decompresses more input, up to `max_length` bytes if that is not negative. `step` takes from the input and
    /// fills its output from the start; `held_back` says that it may hold output back when all input is taken.
    pub(crate) fn run(
        &self,
        data: &PyObject,
        max_length: isize,
        past_end: &str,
        held_back: bool,
        mut step: impl FnMut(&[u8], &mut [u8]) -> PyResult<Step>,
    ) -> PyResult<Obj> {
        let more = data.bytes_buffer()?.to_vec();
        if self.at_end.get() {
            return Err(PyErr::new(&exc::EOFError, past_end));
        }
        let mut bytes = self.pending.take();
        bytes.extend_from_slice(&more);
        let limit = usize::try_from(max_length).unwrap_or(usize::MAX);
        let (mut at, mut out) = (0, Vec::new());
        let mut block = vec![0; BLOCK.min(limit)];
        let mut full;
        loop {
            let room = block.len().min(limit - out.len());
            let done = step(&bytes[at..], &mut block[..room])?;
            full = done.made >= room;
            out.extend_from_slice(&block[..done.made]);
            at += done.taken;
            if done.ended {
                self.at_end.set(true);
                break;
            }
            let starved = at == bytes.len();
            if starved && !(held_back && full) {
                break;
            }
            if full && out.len() >= limit {
                break;
            }
        }
        let ended = self.at_end.get();
        self.needs_input
            .set(!ended && at == bytes.len() && !(held_back && full));
        *self.pending.borrow_mut() = bytes.split_off(at);
        Ok(PyBytes::new(&out)?.into_object())
    }
}
