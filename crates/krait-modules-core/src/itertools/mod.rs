//! `itertools`: iterators for efficient looping.
//!
//! Invariant of all of them: nothing of their state is borrowed while an iterator or a function of the
//! program runs, since that may come back to the same object.

mod combine;
mod endless;
mod filters;
mod groups;
mod slices;
mod tee;

use krait_runtime::{Obj, Py, PyObject, PyResult, PyTuple, pymodule};

pymodule! {
    pub ITERTOOLS = "itertools", "Functional tools for creating and using iterators.\n\n\
        Iterators without end: count, cycle, repeat. Ends with the shortest input: accumulate, batched,\n\
        chain, compress, dropwhile, groupby, filterfalse, islice, pairwise, starmap, tee, takewhile,\n\
        zip_longest. Combinatorics: product, permutations, combinations, combinations_with_replacement.",
    functions: [tee::tee],
    classes: [
        groups::Accumulate, groups::Batched, combine::Combinations, combine::CombinationsWithReplacement,
        endless::Cycle, filters::DropWhile, filters::TakeWhile, slices::ISlice, filters::StarMap,
        slices::Chain, filters::Compress, filters::FilterFalse, endless::Count, slices::ZipLongest,
        groups::Pairwise, combine::Permutations, combine::Product, endless::Repeat, groups::GroupBy,
        groups::Grouper, tee::Tee, tee::TeeData,
    ],
    exec: None
}

/// All items of an iterable.
fn pool(iterable: &PyObject) -> PyResult<Py<PyTuple>> {
    if let Some(tuple) = iterable.downcast_exact::<PyTuple>() {
        return Ok(krait_runtime::PyClass::to_owned(tuple));
    }
    PyTuple::from_vec(iterable.to_vec()?)
}

/// The items of a tuple at the given places, as a tuple.
fn pick(pool: &PyTuple, indices: &[usize]) -> PyResult<Option<Obj>> {
    let items = pool.as_slice();
    let picked = indices.iter().map(|&index| items[index].clone()).collect();
    Ok(Some(PyTuple::from_vec(picked)?.into_object()))
}
