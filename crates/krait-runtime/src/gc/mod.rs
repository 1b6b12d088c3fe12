//! The cycle collector: three generations over the objects that counts alone cannot free.
//!
//! Every object of a class with `HAVE_GC` has a `PyGC_Head` before it ([`list`]). Tracked objects are
//! in the list of a generation. A collection runs between two instructions of the eval loop, or when
//! asked for: an allocation only sets `breaker::COLLECT` when the youngest generation is full.
//!
//! Invariants:
//! 1. A tracked object's `tp_traverse` may be called at any time.
//! 2. An object is untracked before its fields are taken apart.
//! 3. Nothing but `tp_traverse` functions runs between the copying of counts and the end of the
//!    search for what is unreachable; these run no Python code.

mod collect;
mod inspect;
mod list;
pub mod module;
mod traverse;

pub use collect::{collect, collect_all, run_scheduled};
pub use inspect::{is_finalized, objects, referents, referrers};
pub use traverse::{TRAVERSED, Traverse, TraverseResult, Visitor, traverse_status};

use std::cell::Cell;
use std::ffi::c_int;

use krait_abi as abi;

use crate::field::Field;
use crate::object::{Obj, PyObject};
use crate::state::{Interpreter, ThreadState, breaker};
use crate::{PyErr, PyList, PyResult};
use list::{List, Node};

/// How many generations are collected.
pub const GENERATIONS: usize = 3;

/// What a generation's collections found so far, as `gc.get_stats()` has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// How often the generation was collected.
    pub collections: usize,
    /// How many objects were found unreachable.
    pub collected: usize,
    /// How many of these could not be freed.
    pub uncollectable: usize,
}

/// One generation.
struct Generation {
    list: List,
    threshold: Cell<c_int>,
    /// For the youngest: allocations less deallocations; for the others: collections of the younger.
    count: Cell<c_int>,
    stats: Cell<Stats>,
}

impl Generation {
    const fn new(threshold: c_int) -> Self {
        Generation {
            list: List::unset(),
            threshold: Cell::new(threshold),
            count: Cell::new(0),
            stats: Cell::new(Stats {
                collections: 0,
                collected: 0,
                uncollectable: 0,
            }),
        }
    }
}

/// The lists, which must not move.
struct Heap {
    generations: [Generation; GENERATIONS],
    /// What `gc.freeze()` set aside.
    permanent: List,
}

/// The collector's state in one interpreter.
pub struct GcState {
    heap: &'static Heap,
    /// The youngest generation's threshold while a collection may be scheduled, else the maximum.
    trigger: Cell<c_int>,
    enabled: Cell<bool>,
    collecting: Cell<bool>,
    /// Collects at every check of the eval breaker, to find objects that are looked at too late.
    stress: Cell<bool>,
    debug: Cell<c_int>,
    /// Objects that survived the last full collection.
    long_lived_total: Cell<usize>,
    /// Objects that came into the oldest generation since.
    long_lived_pending: Cell<usize>,
    /// `gc.garbage`.
    garbage: Field<PyList>,
    /// `gc.callbacks`.
    callbacks: Field<PyList>,
}

impl GcState {
    /// The state of a new interpreter, with CPython's thresholds.
    #[allow(
        clippy::new_without_default,
        reason = "it leaks the lists: made once an interpreter"
    )]
    pub fn new() -> GcState {
        let heap: &'static Heap = Box::leak(Box::new(Heap {
            generations: [
                Generation::new(2000),
                Generation::new(10),
                Generation::new(10),
            ],
            permanent: List::unset(),
        }));
        for generation in &heap.generations {
            generation.list.init();
        }
        heap.permanent.init();
        let state = GcState {
            heap,
            trigger: Cell::new(c_int::MAX),
            enabled: Cell::new(true),
            collecting: Cell::new(false),
            stress: Cell::new(false),
            debug: Cell::new(0),
            long_lived_total: Cell::new(0),
            long_lived_pending: Cell::new(0),
            garbage: Field::empty(),
            callbacks: Field::empty(),
        };
        state.rearm();
        state
    }

    fn generation(&self, index: usize) -> &'static Generation {
        &self.heap.generations[index.min(GENERATIONS - 1)]
    }

    /// Recomputes when an allocation schedules a collection.
    fn rearm(&self) {
        let threshold = self.heap.generations[0].threshold.get();
        let armed = self.enabled.get() && threshold > 0 && !self.collecting.get();
        self.trigger.set(match (self.stress.get(), armed) {
            (true, _) if !self.collecting.get() => -1,
            (_, true) => threshold,
            _ => c_int::MAX,
        });
    }

    /// `gc.isenabled()`.
    pub fn is_enabled(&self) -> bool {
        self.enabled.get()
    }

    /// `gc.enable()`, `gc.disable()`.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.set(enabled);
        self.rearm();
    }

    /// Whether a collection is running.
    pub fn is_collecting(&self) -> bool {
        self.collecting.get()
    }

    /// Collects at every check of the eval breaker; set by `KRAIT_GC_STRESS`.
    pub fn set_stress(&self, stress: bool) {
        self.stress.set(stress);
        self.rearm();
    }

    /// Whether the collector is under stress.
    pub fn is_stressed(&self) -> bool {
        self.stress.get()
    }

    /// `gc.get_debug()`: `_PyGC_DEBUG_*` flags.
    pub fn debug(&self) -> c_int {
        self.debug.get()
    }

    /// `gc.set_debug()`.
    pub fn set_debug(&self, flags: c_int) {
        self.debug.set(flags);
    }

    /// `gc.get_threshold()`.
    pub fn thresholds(&self) -> [c_int; GENERATIONS] {
        [0, 1, 2].map(|index| self.generation(index).threshold.get())
    }

    /// `gc.set_threshold()`; `None` leaves a threshold as it is.
    pub fn set_thresholds(&self, thresholds: [Option<c_int>; GENERATIONS]) {
        for (generation, threshold) in self.heap.generations.iter().zip(thresholds) {
            if let Some(threshold) = threshold {
                generation.threshold.set(threshold);
            }
        }
        self.rearm();
    }

    /// `gc.get_count()`.
    pub fn counts(&self) -> [c_int; GENERATIONS] {
        [0, 1, 2].map(|index| self.generation(index).count.get())
    }

    /// `gc.get_stats()`.
    pub fn stats(&self) -> [Stats; GENERATIONS] {
        [0, 1, 2].map(|index| self.generation(index).stats.get())
    }

    /// `gc.freeze()`: what is tracked now is left out of collections.
    pub fn freeze(&self) {
        for generation in &self.heap.generations {
            generation.list.append_to(&self.heap.permanent);
            generation.count.set(0);
        }
    }

    /// `gc.unfreeze()`.
    pub fn unfreeze(&self) {
        self.heap
            .permanent
            .append_to(&self.generation(GENERATIONS - 1).list);
    }

    /// `gc.get_freeze_count()`.
    pub fn freeze_count(&self) -> usize {
        self.heap.permanent.len()
    }

    /// `gc.garbage`, made on first use.
    pub fn garbage(&self) -> PyResult<crate::Py<PyList>> {
        list_in(&self.garbage)
    }

    /// `gc.callbacks`, made on first use.
    pub fn callbacks(&self) -> PyResult<crate::Py<PyList>> {
        list_in(&self.callbacks)
    }
}

fn list_in(field: &Field<PyList>) -> PyResult<crate::Py<PyList>> {
    if let Some(list) = field.get() {
        return Ok(list);
    }
    let list = PyList::new()?;
    field.set(Some(list.clone()));
    Ok(list)
}

/// Whether the object has a collector's header: its class has the flag, and for a class object, it
/// is no static one.
#[inline]
pub fn is_gc(object: &PyObject) -> bool {
    let class = object.type_();
    if !class.has_flag(abi::Py_TPFLAGS_HAVE_GC) {
        return false;
    }
    match class.raw().tp_is_gc.get() {
        None => true,
        // SAFETY: `tp_is_gc` takes an instance of its class and only looks at it.
        Some(tp_is_gc) => unsafe { tp_is_gc(object.as_ptr()) != 0 },
    }
}

/// The header of an object, if it has one.
fn node_of(object: &PyObject) -> Option<Node> {
    // SAFETY: it has a header.
    is_gc(object).then(|| unsafe { Node::of(object.as_ptr()) })
}

/// Starts tracking an object; nothing happens if it is tracked or cannot be.
#[inline]
pub fn track(object: &PyObject) {
    if is_gc(object) && !is_tracked_raw(object.as_ptr()) {
        // SAFETY: checked above.
        unsafe { track_raw(object.as_ptr()) };
    }
}

/// Stops tracking an object; nothing happens if it is not tracked.
#[inline]
pub fn untrack(object: &PyObject) {
    if is_gc(object) {
        // SAFETY: checked above.
        unsafe { untrack_raw(object.as_ptr()) };
    }
}

/// `gc.is_tracked(object)`.
pub fn is_tracked(object: &PyObject) -> bool {
    node_of(object).is_some_and(Node::is_tracked)
}

/// Starts tracking an object.
///
/// # Safety
/// The object has a collector's header and is not tracked; it can be traversed from now on.
#[inline(always)]
pub unsafe fn track_raw(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    let node = unsafe { Node::of(object) };
    debug_assert!(!node.is_tracked());
    node.insert_before(Interpreter::current().gc.heap.generations[0].list.ring());
}

/// Starts tracking an object whose collector's header has not been set yet.
///
/// # Safety
/// The words before the object are its collector's header; it can be traversed from now on.
#[inline(always)]
pub(crate) unsafe fn track_new(object: *mut abi::PyObject) {
    let youngest = &Interpreter::current().gc.heap.generations[0].list;
    // SAFETY: the caller's contract.
    unsafe { Node::of(object).insert_new_before(youngest.ring()) };
}

/// Sets the collector's header of a new object that is not tracked.
///
/// # Safety
/// The words before the object are its collector's header.
#[inline(always)]
pub(crate) unsafe fn init_untracked(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    unsafe {
        let header = object.cast::<abi::PyGC_Head>().sub(1);
        header
            .cast::<u8>()
            .write_bytes(0, size_of::<abi::PyGC_Head>());
    }
}

/// Stops tracking an object, if it is tracked.
///
/// # Safety
/// The object has a collector's header.
#[inline(always)]
pub unsafe fn untrack_raw(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    let node = unsafe { Node::of(object) };
    if node.is_tracked() {
        node.unlink();
    }
}

/// Whether an object that has a collector's header is tracked.
#[inline(always)]
pub(crate) fn is_tracked_raw(object: *mut abi::PyObject) -> bool {
    // SAFETY: callers pass live objects with a header.
    unsafe { Node::of(object) }.is_tracked()
}

/// Counts an allocation of an object with a collector's header; schedules a collection when the
/// youngest generation is full.
#[inline(always)]
pub fn note_allocation(tstate: &ThreadState) {
    let gc = &tstate.interp.gc;
    let count = &gc.heap.generations[0].count;
    count.set(count.get().saturating_add(1));
    if count.get() > gc.trigger.get() {
        tstate.set_breaker(breaker::COLLECT);
    }
}

/// Counts the end of an object with a collector's header, which must not be tracked any more.
///
/// # Safety
/// The object has a collector's header and is about to be freed.
#[inline(always)]
pub unsafe fn note_deallocation(object: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    unsafe { untrack_raw(object) };
    let count = &Interpreter::current().gc.heap.generations[0].count;
    if count.get() > 0 {
        count.set(count.get() - 1);
    }
}

/// Calls `tp_finalize` if the class has one and it was not called for the object before (PEP 442).
pub fn finalize(object: &PyObject) {
    let Some(tp_finalize) = object.type_().raw().tp_finalize.get() else {
        return;
    };
    if let Some(node) = node_of(object) {
        if node.is_finalized() {
            return;
        }
        node.set_finalized();
    }
    // SAFETY: `tp_finalize` takes an instance of its class.
    unsafe { tp_finalize(object.as_ptr()) };
}

/// Calls `tp_finalize` for an object whose count has reached zero; true if that gave it a new life,
/// so that its deallocator must stop.
///
/// # Safety
/// The object's count is zero and it is whole: nothing of it was taken apart.
pub unsafe fn finalize_from_dealloc(object: *mut abi::PyObject) -> bool {
    // SAFETY: the caller's contract; the object is given a count for the call.
    unsafe {
        (*object).ob_refcnt.set(1);
        finalize(PyObject::from_ptr(object));
        let count = (*object).ob_refcnt.get() - 1;
        (*object).ob_refcnt.set(count);
        count != 0
    }
}

/// Whether the object's class is a container that the collector follows, for `_PyObject_GC_MAY_BE_TRACKED`.
pub(crate) fn may_be_tracked(object: &PyObject) -> bool {
    is_gc(object) && (!object.is_exact::<crate::PyTuple>() || is_tracked(object))
}

/// Writes to `sys.stderr`, for the debug flags.
fn write_stderr(text: &str) {
    let write = || -> PyResult<()> {
        let Some(sys) = Interpreter::current().sysdict.get() else {
            return Ok(());
        };
        let Some(stderr) = sys.get("stderr")? else {
            return Ok(());
        };
        let text = crate::PyStr::new(text)?;
        stderr.call_method(crate::intern!("write"), &[&*text])?;
        Ok(())
    };
    if let Err(error) = write() {
        error.clear();
    }
}

/// An exception put aside while code runs that may use the error indicator.
struct SavedError(Option<Obj>);

impl SavedError {
    fn save() -> Self {
        SavedError(PyErr::occurred().map(PyErr::take))
    }
}

impl Drop for SavedError {
    fn drop(&mut self) {
        if let Some(error) = self.0.take() {
            let _restored = PyErr::restore(error);
        }
    }
}

#[cfg(test)]
mod tests;
