//! `weakrefobject.h` and `iterobject.h`.

use std::ffi::c_int;

use krait_runtime::weakref::{PyWeakReference, new_proxy, new_ref, referent};
use krait_runtime::{Obj, PyClass, PyResult, none, seq_iter, type_error};

use crate::glue::*;

/// The callback, where `None` is as good as none.
fn callback(object: Arg) -> Arg {
    object.filter(|object| !object.is(none()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWeakref_NewRef(object: Arg, call: Arg) -> Out {
    run(|| new_ref(some(object)?, callback(call)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWeakref_NewProxy(object: Arg, call: Arg) -> Out {
    run(|| new_proxy(some(object)?, callback(call)))
}

fn target(reference: Arg) -> PyResult<Option<Obj>> {
    let reference = some(reference)?;
    match PyWeakReference::any(reference) {
        Some(reference) => Ok(reference.get()),
        None => referent(reference),
    }
}

/// Nobody may hold the object: C's function has always lent it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWeakref_GetObject(reference: Arg) -> Ptr {
    lend_result(target(reference).map(|found| Some(found.unwrap_or_else(|| none().to_obj()))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWeakref_GetRef(reference: Arg, place: Place<Out>) -> c_int {
    let found = some(reference).and_then(|reference| {
        if PyWeakReference::any(reference).is_none() {
            return Err(type_error!("expected a weakref"));
        }
        target(Some(reference))
    });
    give_optional(place, found)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWeakref_IsDead(reference: Arg) -> c_int {
    run(|| Ok(target(reference)?.is_none()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySeqIter_New(sequence: Arg) -> Out {
    run(|| seq_iter::new_sequence_iterator(some(sequence)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCallIter_New(callable: Arg, sentinel: Arg) -> Out {
    run(|| seq_iter::PyCallIter::new(some(callable)?, some(sentinel)?).map(|made| made.to_obj()))
}
