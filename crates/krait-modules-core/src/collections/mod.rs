//! `_collections`: `deque`, `defaultdict`, `OrderedDict`, and what `Counter` and `namedtuple` lean on.

mod defaultdict;
mod deque;
mod tuplegetter;

use krait_macros::pyfunction;
use krait_runtime::odict::PyODict;
use krait_runtime::{Obj, PyClass, PyDict, PyLong, PyObject, PyResult, PyStr, pymodule};

pymodule! {
    pub COLLECTIONS = "_collections", "High performance data structures.\n\
        - deque:        ordered collection accessible from endpoints only\n\
        - defaultdict:  dict subclass with a default value factory\n",
    functions: [_count_elements],
    classes: [
        deque::Deque, defaultdict::DefaultDict, PyODict, deque::DequeIter, deque::DequeReverseIter,
        tuplegetter::TupleGetter,
    ],
    exec: None
}

/// Count elements in the iterable, updating the mapping
#[pyfunction(signature = "(mapping, iterable, /)")]
fn _count_elements(mapping: &PyObject, iterable: &PyObject) -> PyResult<()> {
    let iter = iterable.iter()?;
    let one = PyLong::from_i64(1)?;
    if let Some(dict) = plain_counts(mapping)? {
        while let Some(key) = iter.iter_next()? {
            let hash = key.hash()?;
            let count = match dict.get_item_hash(&key, hash)? {
                Some(count) => count.add(&one)?,
                None => one.clone().into_object(),
            };
            dict.set_item_owned(key, hash, count)?;
        }
        return Ok(());
    }
    let get = mapping.getattr(krait_runtime::intern!("get"))?;
    let zero = PyLong::from_i64(0)?;
    while let Some(key) = iter.iter_next()? {
        let count: Obj = get.call(&[&*key, &zero])?.add(&one)?;
        mapping.set_item(&key, &count)?;
    }
    Ok(())
}

/// The mapping as a dictionary, if its class overrides neither `get` nor `__setitem__`.
fn plain_counts(mapping: &PyObject) -> PyResult<Option<&PyDict>> {
    let Some(dict) = mapping.downcast::<PyDict>() else {
        return Ok(None);
    };
    for name in ["get", "__setitem__"] {
        let name = PyStr::intern(name)?;
        let (own, base) = (
            mapping.type_().lookup(&name),
            PyDict::type_object().lookup(&name),
        );
        match (own, base) {
            (Some(own), Some(base)) if own.is(&base) => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(dict))
}
