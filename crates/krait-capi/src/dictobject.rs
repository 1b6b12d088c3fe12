//! `dictobject.h` and `setobject.h`.

use std::cell::Cell;
use std::ffi::c_int;

use krait_runtime::set::SetTable;
use krait_runtime::{Obj, PyClass, PyDict, PyFrozenSet, PyList, PyObject, PyResult, PySet};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_New() -> Out {
    run(PyDict::new)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_NewPresized(size: isize) -> Out {
    run(|| PyDict::with_capacity(size.clamp(0, 1 << 20) as usize))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Size(dict: Arg) -> isize {
    run(|| Ok(cast::<PyDict>(dict)?.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Clear(dict: Arg) {
    if let Some(dict) = dict.and_then(PyObject::downcast::<PyDict>) {
        dict.clear();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Copy(dict: Arg) -> Out {
    run(|| cast::<PyDict>(dict)?.copy())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Contains(dict: Arg, key: Arg) -> c_int {
    run(|| cast::<PyDict>(dict)?.contains(some(key)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_ContainsString(dict: Arg, key: Text) -> c_int {
    run(|| cast::<PyDict>(dict)?.contains(&*key.str()?))
}

fn item(dict: Arg, key: Arg) -> PyResult<Option<Obj>> {
    cast::<PyDict>(dict)?.get_item(some(key)?)
}

fn item_by_text(dict: Arg, key: Text) -> PyResult<Option<Obj>> {
    cast::<PyDict>(dict)?.get_item(&*key.str()?)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItemWithError(dict: Arg, key: Arg) -> Ptr {
    lend_result(item(dict, key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_GetItemWithError(dict: Arg, key: Arg) -> Ptr {
    lend_result(item(dict, key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_GetItem_KnownHash(dict: Arg, key: Arg, hash: isize) -> Ptr {
    lend_result(cast::<PyDict>(dict).and_then(|dict| dict.get_item_hash(some(key)?, hash)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_SetItem_KnownHash(
    dict: Arg,
    key: Arg,
    value: Arg,
    hash: isize,
) -> c_int {
    run(|| cast::<PyDict>(dict)?.set_item_owned(some(key)?.to_obj(), hash, some(value)?.to_obj()))
}

/// As C's older functions have it: an error is reported and counts as a missing key.
fn without_error(dict: Arg, found: impl FnOnce() -> PyResult<Option<Obj>>, context: &str) -> Ptr {
    if dict.and_then(PyObject::downcast::<PyDict>).is_none() {
        return std::ptr::null_mut();
    }
    let pending = krait_runtime::PyErr::occurred().map(krait_runtime::PyErr::take);
    let result = found();
    let value = result.unwrap_or_else(|error| {
        error.write_unraisable(Some(context), None);
        None
    });
    if let Some(pending) = pending {
        let _restored = krait_runtime::PyErr::restore(pending);
    }
    lend(value)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItem(dict: Arg, key: Arg) -> Ptr {
    without_error(dict, || item(dict, key), "in PyDict_GetItem()")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItemString(dict: Arg, key: Text) -> Ptr {
    without_error(
        dict,
        || item_by_text(dict, key),
        "in PyDict_GetItemString()",
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_GetItemStringWithError(dict: Arg, key: Text) -> Ptr {
    lend_result(item_by_text(dict, key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItemRef(dict: Arg, key: Arg, result: Place<Out>) -> c_int {
    give_optional(result, item(dict, key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItemStringRef(
    dict: Arg,
    key: Text,
    result: Place<Out>,
) -> c_int {
    give_optional(result, item_by_text(dict, key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetItem(dict: Arg, key: Arg, value: Arg) -> c_int {
    run(|| cast::<PyDict>(dict)?.set_item(some(key)?, some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetItemString(dict: Arg, key: Text, value: Arg) -> c_int {
    run(|| cast::<PyDict>(dict)?.set_item(&*key.name()?, some(value)?))
}

fn delete(dict: Arg, key: &PyObject) -> PyResult<()> {
    if cast::<PyDict>(dict)?.del_item(key)? {
        return Ok(());
    }
    Err(krait_runtime::err::key_error_object(key))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_DelItem(dict: Arg, key: Arg) -> c_int {
    run(|| delete(dict, some(key)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_DelItemString(dict: Arg, key: Text) -> c_int {
    run(|| delete(dict, &*key.str()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Pop(dict: Arg, key: Arg, result: Place<Out>) -> c_int {
    give_optional(
        result,
        cast::<PyDict>(dict).and_then(|dict| dict.pop_item_for(some(key)?)),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_PopString(dict: Arg, key: Text, result: Place<Out>) -> c_int {
    give_optional(
        result,
        cast::<PyDict>(dict).and_then(|dict| dict.pop_item_for(&*key.str()?)),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_Pop(dict: Arg, key: Arg, default: Arg) -> Out {
    run(|| {
        let key = some(key)?;
        match cast::<PyDict>(dict)?.pop_item_for(key)? {
            Some(value) => Ok(value),
            None => default
                .map(PyClass::to_obj)
                .ok_or_else(|| krait_runtime::err::key_error_object(key)),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetDefault(dict: Arg, key: Arg, default: Arg) -> Ptr {
    lend_result(cast::<PyDict>(dict).and_then(|dict| {
        dict.set_default(some(key)?, default.unwrap_or(krait_runtime::none()))
            .map(Some)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetDefaultRef(
    dict: Arg,
    key: Arg,
    default: Arg,
    result: Place<Out>,
) -> c_int {
    run(|| {
        put(result, None);
        let (dict, key) = (cast::<PyDict>(dict)?, some(key)?);
        let found = dict.get_item(key)?;
        let was_there = found.is_some();
        let value = match found {
            Some(value) => value,
            None => dict.set_default(key, default.unwrap_or(krait_runtime::none()))?,
        };
        put(result, Some(value));
        Ok(was_there)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Next(
    dict: Arg,
    position: Option<&Cell<isize>>,
    key: Place<Ptr>,
    value: Place<Ptr>,
) -> c_int {
    let (Some(dict), Some(position)) = (dict.and_then(PyObject::downcast::<PyDict>), position)
    else {
        return 0;
    };
    let mut next = position.get().max(0) as usize;
    let Some((each, its_value)) = dict.next(&mut next) else {
        return 0;
    };
    position.set(next as isize);
    // The dictionary keeps both alive until it changes.
    put(key, each.as_ptr());
    put(value, its_value.as_ptr());
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyDict_Next(
    dict: Arg,
    position: Option<&Cell<isize>>,
    key: Place<Ptr>,
    value: Place<Ptr>,
    hash: Place<isize>,
) -> c_int {
    let (Some(dict), Some(position)) = (dict.and_then(PyObject::downcast::<PyDict>), position)
    else {
        return 0;
    };
    let mut next = position.get().max(0) as usize;
    let Some((each, its_value, its_hash)) = dict.next_hash(&mut next) else {
        return 0;
    };
    position.set(next as isize);
    put(key, each.as_ptr());
    put(value, its_value.as_ptr());
    put(hash, its_hash);
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Keys(dict: Arg) -> Out {
    run(|| PyList::from_vec(cast::<PyDict>(dict)?.keys_vec()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Values(dict: Arg) -> Out {
    run(|| {
        let items = cast::<PyDict>(dict)?.items_vec();
        PyList::from_vec(items.into_iter().map(|(_, value)| value).collect())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Items(dict: Arg) -> Out {
    run(|| {
        let items = cast::<PyDict>(dict)?.items_vec().into_iter();
        let pairs = items.map(|(key, value)| {
            Ok(krait_runtime::PyTuple::from_vec(vec![key, value])?.into_object())
        });
        PyList::from_vec(pairs.collect::<PyResult<_>>()?)
    })
}

fn merge(dict: Arg, other: Arg, replace: bool) -> PyResult<()> {
    let (dict, other) = (cast::<PyDict>(dict)?, some(other)?);
    match other.downcast_exact::<PyDict>() {
        Some(other) => dict.merge(other, replace),
        None => dict.update_from_mapping(other, replace),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Merge(dict: Arg, other: Arg, replace: c_int) -> c_int {
    run(|| merge(dict, other, replace != 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Update(dict: Arg, other: Arg) -> c_int {
    run(|| merge(dict, other, true))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_MergeFromSeq2(dict: Arg, pairs: Arg, replace: c_int) -> c_int {
    run(|| {
        let dict = cast::<PyDict>(dict)?;
        for (index, pair) in some(pairs)?.try_iter()?.enumerate() {
            let pair = pair?.to_vec()?;
            let [key, value] = pair.as_slice() else {
                return Err(krait_runtime::value_error!(
                    "dictionary update sequence element #{index} has length {}; 2 is required",
                    pair.len()
                ));
            };
            if replace != 0 || !dict.contains(key)? {
                dict.set_item(key, value)?;
            }
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_New(items: Arg) -> Out {
    run(|| items.map_or_else(PySet::new, PySet::from_iterable))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrozenSet_New(items: Arg) -> Out {
    run(|| match items {
        Some(items) => PyFrozenSet::from_iterable(items),
        None => PyFrozenSet::from_vec(Vec::new()),
    })
}

fn table(set: Arg<'_>) -> PyResult<&SetTable> {
    set.and_then(SetTable::of).ok_or_else(bad_call)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Size(set: Arg) -> isize {
    run(|| Ok(table(set)?.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Contains(set: Arg, key: Arg) -> c_int {
    run(|| {
        let key = some(key)?;
        table(set)?.contains_hash(key, key.hash_for("set element")?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Add(set: Arg, key: Arg) -> c_int {
    run(|| {
        let set = some(set)?;
        // A frozen set may be filled while nobody else has seen it.
        if set.downcast::<PySet>().is_none()
            && !(set.downcast::<PyFrozenSet>().is_some() && set.is_unique())
        {
            return Err(bad_call());
        }
        table(Some(set))?.add(some(key)?).map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Discard(set: Arg, key: Arg) -> c_int {
    run(|| {
        let key = some(key)?;
        cast::<PySet>(set)?
            .table()
            .discard_hash(key, key.hash_for("set element")?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Pop(set: Arg) -> Out {
    run(|| cast::<PySet>(set)?.as_object().call_method_str("pop", &[]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySet_Clear(set: Arg) -> c_int {
    run(|| {
        cast::<PySet>(set)?.table().clear();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PySet_NextEntry(
    set: Arg,
    position: Option<&Cell<isize>>,
    key: Place<Ptr>,
    hash: Place<isize>,
) -> c_int {
    let (Some(set), Some(position)) = (set.and_then(SetTable::of), position) else {
        let _error = bad_call();
        return -1;
    };
    let mut next = position.get().max(0) as usize;
    let Some((each, its_hash)) = set.next(&mut next) else {
        return 0;
    };
    position.set(next as isize);
    put(key, each.as_ptr());
    put(hash, its_hash);
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PySet_Update(set: Arg, items: Arg) -> c_int {
    run(|| cast::<PySet>(set)?.table().update(some(items)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDictProxy_New(mapping: Arg) -> Out {
    run(|| krait_runtime::descr::PyMappingProxy::from_mapping(some(mapping)?))
}
