//! What the `gc` module shows of the heap.

use std::ffi::{c_int, c_void};

use krait_abi as abi;

use super::list::Node;
use super::{GENERATIONS, GcState, is_gc, node_of};
use crate::object::{Obj, Py, PyClass, PyObject};

/// `gc.is_finalized(object)`.
pub fn is_finalized(object: &PyObject) -> bool {
    node_of(object).is_some_and(Node::is_finalized)
}

/// `gc.get_objects(generation)`: the tracked objects of one generation, or of all.
pub fn objects(gc: &GcState, generation: Option<usize>) -> Vec<Obj> {
    let chosen = match generation {
        Some(generation) => generation..generation + 1,
        None => 0..GENERATIONS,
    };
    chosen
        .flat_map(|index| gc.generation(index).list.nodes())
        // SAFETY: tracked objects are alive.
        .map(|node| unsafe { Py::from_borrowed_ptr(node.object()) })
        .collect()
}

unsafe extern "C" fn visit_referent(object: *mut abi::PyObject, found: *mut c_void) -> c_int {
    // SAFETY: `referents` passes a vector, and `tp_traverse` live objects.
    unsafe { (*found.cast::<Vec<Obj>>()).push(Py::from_borrowed_ptr(object)) };
    0
}

/// `gc.get_referents(*objects)`: what the objects refer to directly.
pub fn referents<'a>(objects: impl IntoIterator<Item = &'a PyObject>) -> Vec<Obj> {
    let mut found: Vec<Obj> = Vec::new();
    for object in objects {
        if is_gc(object)
            && let Some(traverse) = object.type_().raw().tp_traverse.get()
        {
            // SAFETY: `tp_traverse` visits live objects; the vector outlives the call.
            unsafe { traverse(object.as_ptr(), visit_referent, (&raw mut found).cast()) };
        }
    }
    found
}

unsafe extern "C" fn visit_searched(object: *mut abi::PyObject, searched: *mut c_void) -> c_int {
    // SAFETY: `referrers` passes a slice of pointers.
    let searched = unsafe { &*searched.cast::<&[*mut abi::PyObject]>() };
    c_int::from(searched.contains(&object))
}

/// `gc.get_referrers(*objects)`: tracked objects that refer to one of `objects`; `except` is left
/// out (the caller's own tuple of them).
pub fn referrers(gc: &GcState, objects: &[&PyObject], except: Option<&PyObject>) -> Vec<Obj> {
    let searched: Vec<_> = objects.iter().map(|object| object.as_ptr()).collect();
    let searched: &[*mut abi::PyObject] = &searched;
    let refers = |object: &PyObject| {
        let Some(traverse) = object.type_().raw().tp_traverse.get() else {
            return false;
        };
        // SAFETY: `tp_traverse` of a tracked object; the slice outlives the call.
        let status = unsafe {
            traverse(
                object.as_ptr(),
                visit_searched,
                (&raw const searched).cast_mut().cast(),
            )
        };
        status != 0
    };
    (0..GENERATIONS)
        .flat_map(|index| gc.generation(index).list.nodes())
        .filter_map(|node| {
            // SAFETY: tracked objects are alive.
            let object = unsafe { PyObject::from_ptr(node.object()) };
            let skipped = except.is_some_and(|except| except.is(object));
            (!skipped && refers(object)).then(|| object.to_obj())
        })
        .collect()
}
