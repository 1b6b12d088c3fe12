//! `tupleobject.h` and `listobject.h`.

use std::ffi::c_int;

use krait_runtime::{Obj, Py, PyClass, PyList, PyResult, PyTuple, index_error};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_New(size: isize) -> Out {
    run(|| {
        let size = usize::try_from(size).map_err(|_| bad_call())?;
        // SAFETY: the caller fills the places in.
        unsafe { PyTuple::with_room(size) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_Size(tuple: Arg) -> isize {
    run(|| Ok(cast::<PyTuple>(tuple)?.len()))
}

/// An index as C passes it.
fn place(index: isize) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_GetItem(tuple: Arg, index: isize) -> Ptr {
    run(|| match cast::<PyTuple>(tuple)?.get(place(index)) {
        Some(item) => Ok(item.as_ptr()),
        None => Err(index_error!("tuple index out of range")),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_SetItem(tuple: Arg, index: isize, item: Out) -> c_int {
    run(|| {
        let tuple = cast::<PyTuple>(tuple)?;
        if !tuple.is_unique() {
            return Err(bad_call());
        }
        if place(index) >= tuple.len() {
            return Err(index_error!("tuple assignment index out of range"));
        }
        let item = item.map_or(std::ptr::null_mut(), Py::into_ptr);
        // SAFETY: the index is that of a place of the tuple, which holds a reference or null.
        let old = unsafe {
            let items = (&raw const (*tuple.as_ptr().cast::<krait_abi::PyTupleObject>()).ob_item)
                .cast::<std::cell::Cell<Ptr>>();
            Obj::from_owned_ptr_opt((*items.add(place(index))).replace(item))
        };
        drop(old);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_GetSlice(tuple: Arg, start: isize, stop: isize) -> Out {
    run(|| {
        let tuple = cast::<PyTuple>(tuple)?;
        let (start, stop) = clip(start, stop, tuple.len());
        tuple.sub(start, stop)
    })
}

/// Bounds of a slice within a length.
fn clip(start: isize, stop: isize, len: usize) -> (usize, usize) {
    let start = start.max(0) as usize;
    let start = start.min(len);
    (start, (stop.max(0) as usize).clamp(start, len))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyTuple_Resize(
    place: Option<&std::cell::Cell<Out>>,
    size: isize,
) -> c_int {
    run(|| {
        let place = some(place)?;
        let old = place.take();
        let tuple = cast::<PyTuple>(old.as_deref())?;
        let size = usize::try_from(size).map_err(|_| bad_call())?;
        if !tuple.is_empty() && !tuple.is_unique() {
            return Err(bad_call());
        }
        // SAFETY: the caller fills the places in; those of the old tuple may be empty still, so
        // they are moved as pointers, and the old one is left with empty places.
        let made = unsafe {
            let made = PyTuple::with_room(size)?;
            let items = |tuple: &PyTuple| {
                (&raw const (*tuple.as_ptr().cast::<krait_abi::PyTupleObject>()).ob_item)
                    .cast::<std::cell::Cell<Ptr>>()
            };
            for index in 0..size.min(tuple.len()) {
                let item = (*items(tuple).add(index)).replace(std::ptr::null_mut());
                (*items(&made).add(index)).set(item);
            }
            made
        };
        place.set(Some(made.into_object()));
        Ok(())
    })
}

/// `PyTuple_Pack`, whose arguments `variadic/` collects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_tuple_of(items: *const Ptr, count: isize) -> Out {
    // SAFETY: the caller's objects.
    run(|| PyTuple::from_refs(unsafe { objects_of(items, count.max(0) as usize) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_FromArray(items: *const Ptr, count: isize) -> Out {
    // SAFETY: the caller's objects.
    run(|| PyTuple::from_refs(unsafe { objects_of(items, count.max(0) as usize) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_New(size: isize) -> Out {
    run(|| {
        let size = usize::try_from(size).map_err(|_| bad_call())?;
        // SAFETY: the caller fills the places in.
        unsafe { PyList::with_room(size) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Size(list: Arg) -> isize {
    run(|| Ok(cast::<PyList>(list)?.len()))
}

fn list_item(list: Arg, index: isize) -> PyResult<Obj> {
    cast::<PyList>(list)?
        .get(place(index))
        .ok_or_else(|| index_error!("list index out of range"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_GetItem(list: Arg, index: isize) -> Ptr {
    lend_result(list_item(list, index).map(Some))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_GetItemRef(list: Arg, index: isize) -> Out {
    run(|| {
        let list = some(list)?;
        if list.downcast::<PyList>().is_none() {
            return Err(krait_runtime::type_error!("expected a list"));
        }
        list_item(Some(list), index)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_SetItem(list: Arg, index: isize, item: Out) -> c_int {
    run(|| {
        let list = cast::<PyList>(list)?;
        if place(index) >= list.len() {
            return Err(index_error!("list assignment index out of range"));
        }
        let item = item.map_or(std::ptr::null_mut(), Py::into_ptr);
        // SAFETY: the index is that of a place of the list, which holds a reference or null.
        let old = unsafe {
            let items = (*list.as_ptr().cast::<krait_abi::PyListObject>())
                .ob_item
                .get();
            Obj::from_owned_ptr_opt(items.add(place(index)).replace(item))
        };
        drop(old);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Insert(list: Arg, index: isize, item: Arg) -> c_int {
    run(|| {
        let list = cast::<PyList>(list)?;
        let length = list.len() as isize;
        let index = if index < 0 {
            (index + length).max(0)
        } else {
            index.min(length)
        };
        list.insert(index as usize, some(item)?.to_obj())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Append(list: Arg, item: Arg) -> c_int {
    run(|| match item {
        Some(item) => cast::<PyList>(list)?.push(item.to_obj()),
        None => Err(bad_call()),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_GetSlice(list: Arg, start: isize, stop: isize) -> Out {
    run(|| {
        let items = cast::<PyList>(list)?.to_vec();
        let (start, stop) = clip(start, stop, items.len());
        PyList::from_vec(items[start..stop].to_vec())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_SetSlice(
    list: Arg,
    start: isize,
    stop: isize,
    items: Arg,
) -> c_int {
    run(|| {
        let list = cast::<PyList>(list)?;
        let items = match items {
            Some(items) => items.to_vec_or("must assign iterable to extended slice")?,
            None => Vec::new(),
        };
        let (start, stop) = clip(start, stop, list.len());
        list.splice(start, stop, items).map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Extend(list: Arg, items: Arg) -> c_int {
    run(|| cast::<PyList>(list)?.extend(some(items)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Clear(list: Arg) -> c_int {
    run(|| {
        cast::<PyList>(list)?.clear_items();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Sort(list: Arg) -> c_int {
    run(|| cast::<PyList>(list)?.sort(None, false))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Reverse(list: Arg) -> c_int {
    run(|| {
        cast::<PyList>(list)?
            .as_object()
            .call_method_str("reverse", &[])
            .map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_AsTuple(list: Arg) -> Out {
    run(|| PyTuple::from_vec(cast::<PyList>(list)?.to_vec()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyList_Extend(list: Arg, items: Arg) -> Out {
    run(|| {
        cast::<PyList>(list)?.extend(some(items)?)?;
        Ok(krait_runtime::none().to_obj())
    })
}
