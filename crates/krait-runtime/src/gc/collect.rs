//! One collection: find what is unreachable, run weak references' callbacks and finalizers, let go.

use std::ffi::{c_int, c_void};
use std::time::Instant;

use krait_abi as abi;

use super::list::{List, Node};
use super::{
    GENERATIONS, GcState, SavedError, Stats, finalize, is_gc, may_be_tracked, write_stderr,
};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::{Interpreter, ThreadState, breaker};
use crate::weakref::{self, PyWeakReference};
use crate::{PyDict, PyErr, PyLong, PyResult, PyStr, PyTuple};

/// Runs the collection that an allocation scheduled; called where `breaker::COLLECT` is seen.
pub fn run_scheduled(tstate: &ThreadState) {
    tstate.clear_breaker(breaker::COLLECT);
    let gc = &tstate.interp.gc;
    if gc.collecting.get() {
        return;
    }
    if gc.stress.get() {
        collect(GENERATIONS - 1);
    } else if gc.enabled.get()
        && let Some(generation) = due_generation(gc)
    {
        collect(generation);
    }
}

/// The oldest generation whose threshold is passed. A full collection waits until the objects that
/// it has not seen yet are a quarter of those it has: its cost is then in proportion to allocation.
fn due_generation(gc: &GcState) -> Option<usize> {
    (0..GENERATIONS).rev().find(|&index| {
        let generation = gc.generation(index);
        let due = generation.count.get() > generation.threshold.get();
        let is_oldest = index == GENERATIONS - 1;
        due && !(is_oldest && gc.long_lived_pending.get() < gc.long_lived_total.get() / 4)
    })
}

/// `gc.collect(generation)`: collects a generation with all younger ones. How many objects were
/// unreachable; 0 if a collection is already running.
pub fn collect(generation: usize) -> usize {
    let gc = &Interpreter::current().gc;
    if gc.collecting.replace(true) {
        return 0;
    }
    gc.rearm();
    let saved = SavedError::save();
    invoke_callbacks(gc, "start", generation, Stats::default());
    let found = collect_generation(gc, generation);
    invoke_callbacks(gc, "stop", generation, found);
    drop(saved);
    gc.collecting.set(false);
    gc.rearm();
    found.collected + found.uncollectable
}

/// Collects everything, without callbacks that could fail: for the interpreter's end.
pub fn collect_all() -> usize {
    collect(GENERATIONS - 1)
}

/// Calls the functions in `gc.callbacks`.
fn invoke_callbacks(gc: &GcState, phase: &str, generation: usize, found: Stats) {
    let Some(callbacks) = gc.callbacks.get().filter(|callbacks| !callbacks.is_empty()) else {
        return;
    };
    let build_info = || -> PyResult<(Obj, Obj)> {
        let info = PyDict::new()?;
        info.set("generation", &*PyLong::from_usize(generation)?)?;
        info.set("collected", &*PyLong::from_usize(found.collected)?)?;
        info.set("uncollectable", &*PyLong::from_usize(found.uncollectable)?)?;
        Ok((PyStr::new(phase)?.into_object(), info.into_object()))
    };
    let (phase, info) = match build_info() {
        Ok(made) => made,
        Err(error) => return error.write_unraisable(None, None),
    };
    let mut index = 0;
    // The list may change under a callback.
    while let Some(callback) = callbacks.get(index) {
        if let Err(error) = callback.call(&[&phase, &info]) {
            error.write_unraisable(None, Some(&callback));
        }
        index += 1;
    }
}

fn collect_generation(gc: &GcState, index: usize) -> Stats {
    let started = Instant::now();
    report_start(gc, index);
    for younger in 0..=index {
        gc.generation(younger).count.set(0);
    }
    if index + 1 < GENERATIONS {
        gc.generation(index + 1)
            .count
            .update(|count| count.saturating_add(1));
    }
    let young = &gc.generation(index).list;
    for younger in 0..index {
        gc.generation(younger).list.append_to(young);
    }
    let unreachable = List::unset();
    unreachable.init();
    let survivors = find_unreachable(young, &unreachable);
    let old = &gc.generation(index + 1).list;
    if index < GENERATIONS - 1 {
        if index == GENERATIONS - 2 {
            gc.long_lived_pending.update(|pending| pending + survivors);
        }
        young.append_to(old);
    } else {
        gc.long_lived_pending.set(0);
        gc.long_lived_total.set(survivors);
    }

    // What has a finalizer of the old kind (`tp_del`), and what such an object refers to, is kept.
    let kept = List::unset();
    kept.init();
    keep_legacy_finalizers(&unreachable, &kept);

    if gc.debug.get() & abi::_PyGC_DEBUG_COLLECTABLE != 0 {
        unreachable
            .nodes()
            .for_each(|node| report_object("collectable", node));
    }
    run_weakref_callbacks(&unreachable);
    finalize_all(&unreachable);
    let garbage = List::unset();
    garbage.init();
    keep_resurrected(&unreachable, &garbage, old);
    for node in garbage.nodes() {
        // SAFETY: unreachable objects are alive until they are let go below.
        weakref::clear_without_callbacks(unsafe { PyObject::from_ptr(node.object()) });
    }
    let found = Stats {
        collections: 0,
        collected: garbage.len(),
        uncollectable: kept.len(),
    };
    let_go(gc, &garbage, old);
    report_kept(gc, &kept, old);

    let stats = &gc.generation(index).stats;
    stats.update(|stats| Stats {
        collections: stats.collections + 1,
        collected: stats.collected + found.collected,
        uncollectable: stats.uncollectable + found.uncollectable,
    });
    if gc.debug.get() & abi::_PyGC_DEBUG_STATS != 0 {
        write_stderr(&format!(
            "gc: done, {} unreachable, {} uncollectable, {:.4}s elapsed\n",
            found.collected + found.uncollectable,
            found.uncollectable,
            started.elapsed().as_secs_f64()
        ));
    }
    found
}

/// Calls an object's `tp_traverse`.
fn traverse(node: Node, visit: abi::visitproc, arg: *mut c_void) {
    // SAFETY: a tracked object is alive and can be traversed; `visit` takes `arg`.
    unsafe {
        let object = node.object();
        if let Some(tp_traverse) = (*(*object).ob_type.get()).tp_traverse.get() {
            tp_traverse(object, visit, arg);
        }
    }
}

/// Moves what only `young` itself refers to from `young` to `unreachable`, and stops tracking what need
/// not be tracked; how many objects stay in `young`.
///
/// Afterwards the objects in `unreachable` are still marked as being collected.
fn find_unreachable(young: &List, unreachable: &List) -> usize {
    for node in young.nodes() {
        // SAFETY: tracked objects are alive.
        let object = unsafe { PyObject::from_ptr(node.object()) };
        if object.is_immortal() {
            // Made immortal after it was tracked: always reachable.
            node.begin_collecting(usize::MAX >> abi::_PyGC_PREV_SHIFT >> 1);
        } else {
            node.begin_collecting(object.refcount() as usize);
        }
    }
    // What is left of a count afterwards came from outside.
    for node in young.nodes() {
        traverse(node, subtract_visited, node.object().cast());
    }
    separate_unreachable(young, unreachable)
}

unsafe extern "C" fn subtract_visited(object: *mut abi::PyObject, holder: *mut c_void) -> c_int {
    // SAFETY: `tp_traverse` visits live objects; those with a header have a node.
    unsafe {
        if is_gc(PyObject::from_ptr(object)) {
            let node = Node::of(object);
            if node.is_collecting() {
                debug_assert!(
                    node.refs() != 0,
                    "{}",
                    describe_excess(object, holder.cast())
                );
                node.subtract_ref();
            }
        }
    }
    0
}

/// Says whose `tp_traverse` visited what more often than there are counts: a live object would be
/// taken for garbage.
///
/// # Safety
/// Both objects are alive.
#[cold]
unsafe fn describe_excess(object: *mut abi::PyObject, holder: *mut abi::PyObject) -> String {
    // SAFETY: the caller's contract.
    let (object, holder) = unsafe { (PyObject::from_ptr(object), PyObject::from_ptr(holder)) };
    format!(
        "a {} at {:p} with {} references was visited once more, by a {} at {:p}",
        object.type_().tp_name(),
        object,
        object.refcount(),
        holder.type_().tp_name(),
        holder
    )
}

/// Walks `young`: an object with a count left is reachable, and so is what it refers to; any other
/// is set aside, and brought back when something reachable turns out to refer to it.
///
/// Whatever else is to be done with each object is done here, while it is in the processor's cache:
/// another walk would cost as much as this one.
fn separate_unreachable(young: &List, unreachable: &List) -> usize {
    let mut survivors = 0;
    let ring = young.ring();
    let mut prev = ring;
    let mut node = ring.next();
    // `ring.prev()` must be the last node at any time, because nodes that come back are appended.
    while node != ring {
        if node.refs() != 0 {
            traverse(
                node,
                bring_back_visited,
                std::ptr::from_ref(young).cast_mut().cast(),
            );
            if needs_no_tracking(node) {
                node.leave(prev, young);
            } else {
                node.set_prev(prev);
                node.clear_collecting();
                prev = node;
                survivors += 1;
            }
        } else {
            if ring.prev() == node {
                ring.set_prev(prev);
            }
            node.set_aside(prev, unreachable);
        }
        node = prev.next();
    }
    ring.set_prev(prev);
    for node in unreachable.nodes() {
        node.clear_unreachable_mark();
    }
    survivors
}

unsafe extern "C" fn bring_back_visited(object: *mut abi::PyObject, young: *mut c_void) -> c_int {
    // SAFETY: `separate_unreachable` passes the young list; `tp_traverse` visits live objects.
    unsafe {
        if is_gc(PyObject::from_ptr(object)) {
            let node = Node::of(object);
            if node.is_collecting() {
                if node.is_marked_unreachable() {
                    node.bring_back((*young.cast::<List>()).ring());
                } else if node.refs() == 0 {
                    // Not looked at yet: this tells that it is reachable when its turn comes.
                    node.set_refs(1);
                }
            }
        }
    }
    0
}

/// A tuple of things that are never tracked needs no tracking itself; one with empty places is still being filled.
#[inline]
fn needs_no_tracking(node: Node) -> bool {
    // SAFETY: tracked objects are alive.
    let object = unsafe { PyObject::from_ptr(node.object()) };
    object.downcast_exact::<PyTuple>().is_some_and(|tuple| {
        !tuple
            .items_or_null()
            .any(|item| item.is_none_or(may_be_tracked))
    })
}

fn has_legacy_finalizer(node: Node) -> bool {
    // SAFETY: the object is alive.
    unsafe { (*(*node.object()).ob_type.get()).tp_del.get().is_some() }
}

/// Moves objects with a `tp_del`, and all they refer to, from `unreachable` to `kept`.
fn keep_legacy_finalizers(unreachable: &List, kept: &List) {
    for node in unreachable.nodes() {
        if has_legacy_finalizer(node) {
            node.clear_collecting();
            node.move_to(kept);
        }
    }
    let ring = kept.ring();
    let mut node = ring.next();
    while node != ring {
        // What is visited is appended, and walked in its turn.
        traverse(
            node,
            keep_visited,
            std::ptr::from_ref(kept).cast_mut().cast(),
        );
        node = node.next();
    }
}

unsafe extern "C" fn keep_visited(object: *mut abi::PyObject, kept: *mut c_void) -> c_int {
    // SAFETY: `keep_legacy_finalizers` passes a list; `tp_traverse` visits live objects.
    unsafe {
        if is_gc(PyObject::from_ptr(object)) {
            let node = Node::of(object);
            if node.is_collecting() {
                node.clear_collecting();
                node.move_to(&*kept.cast::<List>());
            }
        }
    }
    0
}

/// Clears the weak references to unreachable objects, so that no finalizer can get at one that was
/// finalized before, and calls the callbacks whose weak reference is itself reachable.
fn run_weakref_callbacks(unreachable: &List) {
    let mut due: Vec<(Py<PyWeakReference>, Obj)> = Vec::new();
    for node in unreachable.nodes() {
        // SAFETY: unreachable objects are alive.
        let object = unsafe { PyObject::from_ptr(node.object()) };
        for reference in weakref::references(object) {
            reference.detach();
            let Some(callback) = reference.callback() else {
                continue;
            };
            // SAFETY: weak references have a collector's header.
            if unsafe { Node::of(reference.as_ptr()) }.is_collecting() {
                // Trash too: nobody could be told.
                continue;
            }
            due.push((reference, callback));
        }
    }
    for (reference, callback) in due {
        weakref::call_callback(&reference, callback);
    }
}

/// Calls `tp_finalize` of each object once in its life.
fn finalize_all(unreachable: &List) {
    let seen = List::unset();
    seen.init();
    while let Some(node) = unreachable.first() {
        node.move_to(&seen);
        // SAFETY: the object is alive: only finalizers of others ran, which free nothing that is
        // still in the list without unlinking it.
        let object: Obj = unsafe { Py::from_borrowed_ptr(node.object()) };
        finalize(&object);
    }
    seen.append_to(unreachable);
}

/// Moves what is unreachable still to `garbage`, and what finalizers brought back to life to `old`.
fn keep_resurrected(unreachable: &List, garbage: &List, old: &List) {
    find_unreachable(unreachable, garbage);
    unreachable.append_to(old);
}

/// Breaks the cycles: clears each object until counts have freed them all.
fn let_go(gc: &GcState, garbage: &List, old: &List) {
    while let Some(node) = garbage.first() {
        // SAFETY: an object in the list is alive; it is kept so for the call.
        let object: Obj = unsafe { Py::from_borrowed_ptr(node.object()) };
        if gc.debug.get() & abi::_PyGC_DEBUG_SAVEALL != 0 {
            add_garbage(gc, &object);
        } else if let Some(tp_clear) = object.type_().raw().tp_clear.get() {
            // SAFETY: `tp_clear` takes an instance of its class.
            unsafe { tp_clear(object.as_ptr()) };
            if let Some(error) = PyErr::occurred() {
                error.write_unraisable(Some("in tp_clear"), Some(object.type_()));
            }
        }
        drop(object);
        if garbage.first() == Some(node) {
            // Something holds it still: it lives on, perhaps cleared.
            node.clear_collecting();
            node.move_to(old);
        }
    }
}

fn add_garbage(gc: &GcState, object: &PyObject) {
    let added = gc
        .garbage()
        .and_then(|garbage| garbage.push(object.to_obj()));
    if let Err(error) = added {
        error.write_unraisable(Some("while adding to gc.garbage"), None);
    }
}

/// Reports what could not be freed and gives it to `gc.garbage`.
fn report_kept(gc: &GcState, kept: &List, old: &List) {
    let debug = gc.debug.get();
    for node in kept.nodes() {
        if debug & abi::_PyGC_DEBUG_UNCOLLECTABLE != 0 {
            report_object("uncollectable", node);
        }
        if debug & abi::_PyGC_DEBUG_SAVEALL != 0 || has_legacy_finalizer(node) {
            // SAFETY: kept objects are alive.
            add_garbage(gc, unsafe { PyObject::from_ptr(node.object()) });
        }
    }
    kept.append_to(old);
}

fn report_object(what: &str, node: Node) {
    // SAFETY: the object is alive.
    let object = unsafe { PyObject::from_ptr(node.object()) };
    write_stderr(&format!(
        "gc: {what} <{} {:p}>\n",
        object.type_().tp_name(),
        object
    ));
}

fn report_start(gc: &GcState, index: usize) {
    if gc.debug.get() & abi::_PyGC_DEBUG_STATS == 0 {
        return;
    }
    let sizes: Vec<String> = (0..GENERATIONS)
        .map(|each| gc.generation(each).list.len().to_string())
        .collect();
    write_stderr(&format!(
        "gc: collecting generation {index}...\ngc: objects in each generation: {}\ngc: objects in permanent generation: {}\n",
        sizes.join(" "),
        gc.freeze_count()
    ));
}
