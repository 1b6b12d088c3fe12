//! `_bisect`: search in sorted sequences.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{PyList, PyLong, PyResult, pymodule, value_error};

pymodule! {
    pub BISECT = "_bisect",
    "Bisection algorithms.\n\nThis module provides support for maintaining a list in sorted order without\nhaving to sort the list after each insertion. For long lists of items with\nexpensive comparison operations, this can be an improvement over the more\ncommon approach.\n",
    functions: [bisect_right, insort_right, bisect_left, insort_left],
    classes: [],
    exec: None,
}

/// On which side of equal items the place is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

fn item_at(sequence: &PyObject, index: usize) -> PyResult<Obj> {
    if let Some(list) = sequence.downcast_exact::<PyList>()
        && let Some(item) = list.get(index)
    {
        return Ok(item);
    }
    sequence.sequence_get(index as isize)
}

fn search(
    sequence: &PyObject,
    item: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
    side: Side,
) -> PyResult<usize> {
    let Ok(mut lo) = usize::try_from(lo) else {
        return Err(value_error!("lo must be non-negative"));
    };
    let mut hi = match hi {
        Some(hi) if hi != -1 => usize::try_from(hi).unwrap_or(0),
        _ => sequence.length()?,
    };
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        let mut other = item_at(sequence, middle)?;
        if let Some(key) = key {
            other = key.call1(&other)?;
        }
        let go_left = match side {
            Side::Right => item.lt(&other)?,
            Side::Left => !other.lt(item)?,
        };
        if go_left {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    Ok(lo)
}

fn insort(
    sequence: &PyObject,
    item: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
    side: Side,
) -> PyResult<()> {
    let index = match key {
        None => search(sequence, item, lo, hi, None, side)?,
        Some(key) => search(sequence, &*key.call1(item)?, lo, hi, Some(key), side)?,
    };
    if let Some(list) = sequence.downcast_exact::<PyList>() {
        return list.insert(index.min(list.len()), item.to_obj());
    }
    let index = PyLong::from_usize(index)?;
    sequence.call_method(krait_runtime::intern!("insert"), &[&index, item])?;
    Ok(())
}

/// Return the index where to insert item x in list a, assuming a is sorted.
///
/// The return value i is such that all e in a[:i] have e <= x, and all e in
/// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will
/// insert just after the rightmost x already there.
///
/// Optional args lo (default 0) and hi (default len(a)) bound the
/// slice of a to be searched.
///
/// A custom key function can be supplied to customize the sort order.
#[pyfunction(signature = "(a, x, lo=0, hi=None, *, key=None)")]
pub fn bisect_right(
    a: &PyObject,
    x: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
) -> PyResult<usize> {
    search(a, x, lo, hi, key, Side::Right)
}

/// Return the index where to insert item x in list a, assuming a is sorted.
///
/// The return value i is such that all e in a[:i] have e < x, and all e in
/// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will
/// insert just before the leftmost x already there.
///
/// Optional args lo (default 0) and hi (default len(a)) bound the
/// slice of a to be searched.
///
/// A custom key function can be supplied to customize the sort order.
#[pyfunction(signature = "(a, x, lo=0, hi=None, *, key=None)")]
pub fn bisect_left(
    a: &PyObject,
    x: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
) -> PyResult<usize> {
    search(a, x, lo, hi, key, Side::Left)
}

/// Insert item x in list a, and keep it sorted assuming a is sorted.
///
/// If x is already in a, insert it to the right of the rightmost x.
///
/// Optional args lo (default 0) and hi (default len(a)) bound the
/// slice of a to be searched.
///
/// A custom key function can be supplied to customize the sort order.
#[pyfunction(signature = "(a, x, lo=0, hi=None, *, key=None)")]
pub fn insort_right(
    a: &PyObject,
    x: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
) -> PyResult<()> {
    insort(a, x, lo, hi, key, Side::Right)
}

/// Insert item x in list a, and keep it sorted assuming a is sorted.
///
/// If x is already in a, insert it to the left of the leftmost x.
///
/// Optional args lo (default 0) and hi (default len(a)) bound the
/// slice of a to be searched.
///
/// A custom key function can be supplied to customize the sort order.
#[pyfunction(signature = "(a, x, lo=0, hi=None, *, key=None)")]
pub fn insort_left(
    a: &PyObject,
    x: &PyObject,
    lo: isize,
    hi: Option<isize>,
    key: Option<&PyObject>,
) -> PyResult<()> {
    insort(a, x, lo, hi, key, Side::Left)
}
