//! Which Python code asked for each block of memory that is in use: what `tracemalloc` shows.
//!
//! Invariants:
//! 1. The state is touched only by the thread that holds the interpreter lock, and only inside
//!    [`with`], where nothing runs Python code or comes to the object allocator: a string that a
//!    traceback holds is given up outside.
//! 2. `current` is the sum of the traces' sizes.

use std::cell::{Cell, UnsafeCell};
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::{blocks, pre_header_size};
use crate::PyResult;
use crate::frame::visible_frame;
use crate::long::PyLong;
use crate::object::{Py, PyObject};
use crate::state::ThreadState;
use crate::str::PyStr;
use crate::tuple::PyTuple;

/// The domain of what the object allocator gives out.
pub const DEFAULT_DOMAIN: u32 = 0;

/// The most frames that a traceback can have.
pub const MAX_FRAMES: u16 = u16::MAX;

/// The frames that led to an allocation, the innermost first.
#[derive(Clone)]
pub struct Traceback {
    /// Files and lines.
    pub frames: Box<[(Py<PyStr>, u32)]>,
    /// How many frames there were in all.
    pub total: u16,
}

/// All traces at one time.
#[derive(Default)]
pub struct Snapshot {
    /// The domain, the size, and the index of the traceback.
    pub traces: Vec<(u32, usize, usize)>,
    /// The tracebacks, each once.
    pub tracebacks: Vec<Traceback>,
}

#[derive(Clone, Copy)]
struct Trace {
    size: usize,
    traceback: u32,
}

struct Tracer {
    limit: u16,
    /// By domain and address.
    traces: HashMap<(u32, usize), Trace>,
    tracebacks: Vec<Traceback>,
    /// The indices of the tracebacks, by their frames.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    current: usize,
    peak: usize,
    /// The file of code that is not known.
    unknown: Py<PyStr>,
}

struct State {
    tracer: UnsafeCell<Option<Box<Tracer>>>,
    /// Kept when tracing stops.
    limit: Cell<u16>,
}

// SAFETY: invariant 1.
unsafe impl Sync for State {}

static STATE: State = State {
    tracer: UnsafeCell::new(None),
    limit: Cell::new(1),
};

/// Works on the tracer; `None` if nothing is traced.
fn with<R>(work: impl FnOnce(&mut Tracer) -> R) -> Option<R> {
    // SAFETY: invariant 1: nothing in `work` can come here again.
    unsafe { &mut *STATE.tracer.get() }.as_deref_mut().map(work)
}

impl Traceback {
    /// The frames as Python sees them: a tuple of (filename, lineno) tuples.
    pub fn to_tuple(&self) -> PyResult<Py<PyTuple>> {
        let mut frames = Vec::with_capacity(self.frames.len());
        for (file, line) in &self.frames {
            let line = PyLong::from_i64(i64::from(*line))?;
            let frame: [&PyObject; 2] = [file, &line];
            frames.push(PyTuple::from_refs(&frame)?.into_object());
        }
        PyTuple::from_vec(frames)
    }

    /// The addresses of the files' names, which stand for them, and the lines.
    fn places(&self) -> impl Iterator<Item = (usize, u32)> {
        self.frames
            .iter()
            .map(|(file, line)| (file.as_ptr().addr(), *line))
    }

    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        let mut state = hasher.build_hasher();
        self.total.hash(&mut state);
        self.places().for_each(|place| place.hash(&mut state));
        state.finish()
    }

    fn is_same(&self, other: &Traceback) -> bool {
        self.total == other.total && self.places().eq(other.places())
    }
}

impl Tracer {
    /// The index of the running thread's traceback.
    fn traceback(&mut self) -> u32 {
        // The names are released again here, but never their last reference: the code objects of
        // running frames have them too.
        let mut frames: Vec<(Py<PyStr>, u32)> = Vec::new();
        let mut total: u16 = 0;
        let mut next = ThreadState::current_opt().and_then(visible_frame);
        while let Some(frame) = next {
            if frames.len() < usize::from(self.limit) {
                let file = frame.code().co_filename.get();
                let line = frame.line().unwrap_or(0).max(0) as u32;
                frames.push((file.unwrap_or_else(|| self.unknown.clone()), line));
            }
            total = total.saturating_add(1);
            next = frame.back();
        }
        if frames.is_empty() {
            frames.push((self.unknown.clone(), 0));
            total = 1;
        }
        let new = Traceback {
            frames: frames.into(),
            total,
        };
        let hash = new.hash(&self.hasher);
        let same = |&index: &u32| new.is_same(&self.tracebacks[index as usize]);
        if let Some(&index) = self.index.find(hash, same) {
            return index;
        }
        let index = self.tracebacks.len() as u32;
        self.tracebacks.push(new);
        let (tracebacks, hasher) = (&self.tracebacks, &self.hasher);
        self.index.insert_unique(hash, index, |&index| {
            tracebacks[index as usize].hash(hasher)
        });
        index
    }

    fn remove(&mut self, domain: u32, address: usize) {
        if let Some(trace) = self.traces.remove(&(domain, address)) {
            self.current -= trace.size;
        }
    }
}

/// Whether allocations are traced.
pub fn is_tracing() -> bool {
    with(|_| ()).is_some()
}

/// How many frames of a traceback are kept.
pub fn limit() -> u16 {
    STATE.limit.get()
}

/// Starts tracing, if that is not done already.
pub fn start(limit: u16) -> PyResult<()> {
    if is_tracing() {
        return Ok(());
    }
    let tracer = Tracer {
        limit,
        traces: HashMap::new(),
        tracebacks: Vec::new(),
        index: HashTable::new(),
        hasher: DefaultHashBuilder::default(),
        current: 0,
        peak: 0,
        unknown: PyStr::intern("<unknown>")?,
    };
    STATE.limit.set(limit);
    // SAFETY: invariant 1; there is no tracer that could be in use.
    unsafe { *STATE.tracer.get() = Some(Box::new(tracer)) };
    blocks::set_traced(true);
    Ok(())
}

/// Ends tracing and forgets all traces.
pub fn stop() {
    blocks::set_traced(false);
    // SAFETY: invariant 1: the tracer is out of reach before what it holds is given up.
    let tracer = unsafe { (*STATE.tracer.get()).take() };
    drop(tracer);
}

/// Forgets all traces.
pub fn clear() {
    let tracebacks = with(|tracer| {
        tracer.traces.clear();
        tracer.traces.shrink_to_fit();
        tracer.index.clear();
        (tracer.current, tracer.peak) = (0, 0);
        std::mem::take(&mut tracer.tracebacks)
    });
    drop(tracebacks);
}

/// Notes an allocation; false if nothing is traced. An earlier trace of the address is replaced.
pub fn track(domain: u32, address: usize, size: usize) -> bool {
    let traced = with(|tracer| {
        let traceback = tracer.traceback();
        tracer.remove(domain, address);
        let trace = Trace { size, traceback };
        tracer.traces.insert((domain, address), trace);
        tracer.current += size;
        tracer.peak = tracer.peak.max(tracer.current);
    });
    traced.is_some()
}

/// Notes a release; false if nothing is traced.
pub fn untrack(domain: u32, address: usize) -> bool {
    with(|tracer| tracer.remove(domain, address)).is_some()
}

/// The traceback of the allocation of the block at an address.
pub fn traceback_of(domain: u32, address: usize) -> Option<Traceback> {
    with(|tracer| {
        let trace = tracer.traces.get(&(domain, address))?;
        Some(tracer.tracebacks[trace.traceback as usize].clone())
    })
    .flatten()
}

/// The traceback of the allocation of an object.
pub fn traceback_of_object(object: &PyObject) -> Option<Traceback> {
    let before = pre_header_size(object.type_().flags());
    traceback_of(DEFAULT_DOMAIN, object.as_ptr().addr() - before)
}

/// All traces.
pub fn snapshot() -> Snapshot {
    with(|tracer| Snapshot {
        traces: tracer
            .traces
            .iter()
            .map(|(&(domain, _), trace)| (domain, trace.size, trace.traceback as usize))
            .collect(),
        tracebacks: tracer.tracebacks.clone(),
    })
    .unwrap_or_default()
}

/// The traced bytes in use, and the most that there were.
pub fn traced_memory() -> (usize, usize) {
    with(|tracer| (tracer.current, tracer.peak)).unwrap_or_default()
}

/// Sets the peak to what is in use now.
pub fn reset_peak() {
    with(|tracer| tracer.peak = tracer.current);
}

/// The bytes that the traces themselves take.
pub fn own_memory() -> usize {
    with(|tracer| {
        let frames: usize = tracer
            .tracebacks
            .iter()
            .map(|traceback| size_of_val(&*traceback.frames))
            .sum();
        tracer.traces.allocation_size()
            + tracer.index.capacity() * size_of::<u32>()
            + tracer.tracebacks.capacity() * size_of::<Traceback>()
            + frames
    })
    .unwrap_or_default()
}
