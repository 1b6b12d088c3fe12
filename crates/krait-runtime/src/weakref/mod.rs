//! Weak references: `weakref.ref`, the proxies, and the list of them that each referent has.
//!
//! Invariants:
//! 1. A weak reference whose `wr_object` is not `None` is in its referent's list, and its referent is
//!    alive or being deallocated (its count is then zero, and it counts as gone).
//! 2. A list begins with the plain `ref` without callback, then the plain proxy without callback,
//!    each at most once; they are shared by all who ask for such.
//! 3. A deallocator calls [`clear_weakrefs`] before it takes the object apart.

pub mod module;
mod proxy;
mod reference;

pub use proxy::{PyWeakCallableProxy, PyWeakProxy, new_proxy};
pub use reference::{PyWeakReference, new_ref};

use std::cell::Cell;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyErr, PyResult};

/// `tp_weaklistoffset` of classes with `MANAGED_WEAKREF`: the word before the managed dictionary's.
pub const MANAGED_WEAKREF_OFFSET: isize = -4 * size_of::<usize>() as isize;

/// The head of an object's list; `None` if its class does not support weak references.
#[inline]
fn list_head(object: &PyObject) -> Option<&Cell<*mut PyWeakReference>> {
    let offset = object.type_().raw().tp_weaklistoffset.get();
    if offset == 0 {
        return None;
    }
    // SAFETY: the class says that a list head (a pointer, null at first) is there; it is a field of
    // the object or one of the words before it.
    Some(unsafe {
        &*object
            .as_ptr()
            .byte_offset(offset)
            .cast::<Cell<*mut PyWeakReference>>()
    })
}

/// Whether weak references to the object can be made.
pub fn supports_weakrefs(object: &PyObject) -> bool {
    object.type_().raw().tp_weaklistoffset.get() != 0
}

/// The weak references to an object, in the order of its list.
pub(crate) fn references(object: &PyObject) -> Vec<Py<PyWeakReference>> {
    let mut found = Vec::new();
    let Some(head) = list_head(object) else {
        return found;
    };
    let mut next = head.get();
    // SAFETY: invariant 1: linked weak references are not freed yet.
    while let Some(reference) = unsafe { next.as_ref() } {
        // One that is being deallocated must not be brought back.
        if reference.refcount() > 0 {
            found.push(PyClass::to_owned(reference));
        }
        next = reference.wr_next.get();
    }
    found
}

/// `weakref.getweakrefcount(object)`.
pub fn weakref_count(object: &PyObject) -> usize {
    references(object).len()
}

/// `weakref.getweakrefs(object)`.
pub fn weakrefs(object: &PyObject) -> Vec<Obj> {
    references(object)
        .into_iter()
        .map(Py::into_object)
        .collect()
}

/// Ends all weak references to an object and then calls their callbacks, the newest first. To be
/// called by deallocators.
#[inline]
pub fn clear_weakrefs(object: &PyObject) {
    if list_head(object).is_some_and(|head| !head.get().is_null()) {
        clear_list(object);
    }
}

#[inline(never)]
fn clear_list(object: &PyObject) {
    let references = references(object);
    let mut due = Vec::new();
    for reference in references {
        reference.detach();
        if let Some(callback) = reference.take_callback() {
            due.push((reference, callback));
        }
    }
    clear_without_callbacks(object);
    if due.is_empty() {
        return;
    }
    let saved = PyErr::occurred().map(PyErr::take);
    for (reference, callback) in due {
        call_callback(&reference, callback);
    }
    if let Some(saved) = saved {
        let _restored = PyErr::restore(saved);
    }
}

/// Ends all weak references to an object without calling callbacks.
pub(crate) fn clear_without_callbacks(object: &PyObject) {
    let Some(head) = list_head(object) else {
        return;
    };
    // SAFETY: invariant 1.
    while let Some(reference) = unsafe { head.get().as_ref() } {
        reference.detach();
    }
}

/// Calls a weak reference's callback with it; an error is reported, since nobody can catch it.
pub(crate) fn call_callback(reference: &PyWeakReference, callback: Obj) {
    if let Err(error) = callback.call1(reference) {
        let shown = error_free_repr(&callback);
        error.write_unraisable(
            Some(&format!("while calling weakref callback {shown}")),
            None,
        );
    }
}

/// `repr(object)` while an exception is set.
fn error_free_repr(object: &PyObject) -> String {
    let saved = PyErr::occurred().map(PyErr::take);
    let shown = match object.repr() {
        Ok(text) => text.to_string_lossy(),
        Err(error) => {
            error.clear();
            format!("<{} object at {object:p}>", object.type_name())
        }
    };
    if let Some(saved) = saved {
        let _restored = PyErr::restore(saved);
    }
    shown
}

/// The object that a weak reference or proxy refers to, if it is alive.
pub fn referent(reference: &PyObject) -> PyResult<Option<Obj>> {
    match PyWeakReference::any(reference) {
        Some(reference) => Ok(reference.get()),
        None => Err(crate::type_error!("expected a weakref")),
    }
}

#[cfg(test)]
mod tests;
