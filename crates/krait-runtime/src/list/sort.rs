//! `list.sort`: a stable merge sort that survives comparisons which raise or change the list.
//!
//! While sorting, the list is empty, as in CPython: whoever looks sees nothing, and whoever changes
//! it is told afterwards. The items are kept in vectors that no Python code can reach. Runs that are
//! in order already are found first and merged with galloping left to Rust's `merge`; what counts is
//! the number of comparisons, so natural runs and binary insertion are used as in Timsort.

use std::cmp::Ordering;

use super::PyList;
use crate::object::{Obj, PyObject};
use crate::{CompareOp, PyErr, PyFloat, PyLong, PyResult, PyStr};

/// An item with the key that decides its place.
struct Keyed {
    key: Obj,
    value: Option<Obj>,
}

impl PyList {
    /// Sorts in place by `<`, of the items or of `key(item)`.
    pub fn sort(&self, key: Option<&PyObject>, reverse: bool) -> PyResult<()> {
        // One that is being sorted looks empty, and stays marked.
        if self.is_empty() {
            return Ok(());
        }
        let items = self.take_items_for_sort();
        let key = key.filter(|key| !key.is(crate::none()));
        let mut keyed = Vec::with_capacity(items.len());
        let mut rest = items.into_iter();
        let mut failure: Option<PyErr> = None;
        for item in rest.by_ref() {
            match key.map(|key| key.call1(&item)).transpose() {
                Ok(Some(key)) => keyed.push(Keyed {
                    key,
                    value: Some(item),
                }),
                Ok(None) => keyed.push(Keyed {
                    key: item,
                    value: None,
                }),
                Err(error) => {
                    failure = Some(error);
                    // The rest keeps its place, as do the items that have their key.
                    keyed.push(Keyed {
                        key: item,
                        value: None,
                    });
                    break;
                }
            }
        }
        if failure.is_none() && keyed.len() > 1 {
            // Reversing before and after keeps equal items in their order.
            if reverse {
                keyed.reverse();
            }
            failure = sort_keyed(&mut keyed).err();
            if reverse {
                keyed.reverse();
            }
        }
        let mut sorted: Vec<Obj> = Vec::with_capacity(keyed.len() + rest.len());
        let mut keys = Vec::new();
        for Keyed { key, value } in keyed {
            match value {
                Some(value) => {
                    keys.push(key);
                    sorted.push(value);
                }
                None => sorted.push(key),
            }
        }
        sorted.extend(rest);
        // First, for that may run code which changes the list.
        drop(keys);
        let changed = self.0.allocated.get() != SORTING;
        if !changed {
            self.0.allocated.set(0);
        }
        let restored = self.set_items(sorted);
        match failure {
            Some(error) => Err(error),
            None => {
                restored?;
                if changed {
                    return Err(crate::value_error!("list modified during sort"));
                }
                Ok(())
            }
        }
    }

    /// Empties the list and marks it as being sorted.
    fn take_items_for_sort(&self) -> Vec<Obj> {
        let items = self.take_items();
        self.0.allocated.set(SORTING);
        items
    }
}

/// `allocated` of a list that is being sorted: any change to the list sets it to something else.
const SORTING: isize = -1;

/// Picks a comparison that all keys allow without looking at types each time.
fn sort_keyed(items: &mut [Keyed]) -> PyResult<()> {
    fn all<T: crate::PyClass>(items: &[Keyed]) -> bool {
        items.iter().all(|item| item.key.is_exact::<T>())
    }
    if all::<PyStr>(items) {
        merge_sort(items, |left, right| {
            Ok(
                match (
                    left.downcast_exact::<PyStr>(),
                    right.downcast_exact::<PyStr>(),
                ) {
                    (Some(left), Some(right)) => left.as_slice() < right.as_slice(),
                    _ => false,
                },
            )
        })
    } else if all::<PyLong>(items) {
        merge_sort(items, |left, right| {
            Ok(
                match (
                    left.downcast_exact::<PyLong>(),
                    right.downcast_exact::<PyLong>(),
                ) {
                    (Some(left), Some(right)) => left.compare(right) == Ordering::Less,
                    _ => false,
                },
            )
        })
    } else if all::<PyFloat>(items) {
        merge_sort(items, |left, right| {
            Ok(
                match (
                    left.downcast_exact::<PyFloat>(),
                    right.downcast_exact::<PyFloat>(),
                ) {
                    (Some(left), Some(right)) => left.value() < right.value(),
                    _ => false,
                },
            )
        })
    } else {
        merge_sort(items, |left, right| {
            left.rich_compare(right, CompareOp::Lt)?.is_true()
        })
    }
}

/// Runs shorter than this are lengthened by binary insertion.
const MIN_RUN: usize = 32;

fn merge_sort(
    items: &mut [Keyed],
    less: impl Fn(&PyObject, &PyObject) -> PyResult<bool>,
) -> PyResult<()> {
    let less = |left: &Keyed, right: &Keyed| less(&left.key, &right.key);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let natural = count_run(&mut items[start..], &less)?;
        let len = natural.max(MIN_RUN.min(items.len() - start));
        insertion_sort(&mut items[start..start + len], natural, &less)?;
        runs.push((start, len));
        start += len;
        // Timsort's invariants keep merges balanced.
        while runs.len() > 1 {
            let last = runs.len() - 1;
            let lens = |back: usize| runs[last - back].1;
            let merge_at = if last >= 2 && lens(2) <= lens(1) + lens(0)
                || last >= 3 && lens(3) <= lens(2) + lens(1)
            {
                if lens(2) < lens(0) {
                    last - 2
                } else {
                    last - 1
                }
            } else if lens(1) <= lens(0) {
                last - 1
            } else {
                break;
            };
            merge_runs(items, &mut runs, merge_at, &less)?;
        }
    }
    while runs.len() > 1 {
        let last = runs.len() - 1;
        let at = if last >= 2 && runs[last - 2].1 < runs[last].1 {
            last - 2
        } else {
            last - 1
        };
        merge_runs(items, &mut runs, at, &less)?;
    }
    Ok(())
}

type Less<'a> = &'a dyn Fn(&Keyed, &Keyed) -> PyResult<bool>;

/// The length of the run at the start; a strictly descending one is reversed.
fn count_run(items: &mut [Keyed], less: Less<'_>) -> PyResult<usize> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let mut len = 2;
    if less(&items[1], &items[0])? {
        while len < items.len() && less(&items[len], &items[len - 1])? {
            len += 1;
        }
        items[..len].reverse();
    } else {
        while len < items.len() && !less(&items[len], &items[len - 1])? {
            len += 1;
        }
    }
    Ok(len)
}

/// Sorts by binary insertion; the first `sorted` items are in order.
fn insertion_sort(items: &mut [Keyed], sorted: usize, less: Less<'_>) -> PyResult<()> {
    for index in sorted.max(1)..items.len() {
        let (mut low, mut high) = (0, index);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&items[index], &items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=index].rotate_right(1);
    }
    Ok(())
}

/// Merges run `at` with the one after it.
fn merge_runs(
    items: &mut [Keyed],
    runs: &mut Vec<(usize, usize)>,
    at: usize,
    less: Less<'_>,
) -> PyResult<()> {
    let (start, left_len) = runs[at];
    let (_, right_len) = runs.remove(at + 1);
    runs[at] = (start, left_len + right_len);
    merge(
        &mut items[start..start + left_len + right_len],
        left_len,
        less,
    )
}

/// Where the items of a sorted row stop being `before` a point, found by galloping from the start.
fn gallop(len: usize, before: impl Fn(usize) -> PyResult<bool>) -> PyResult<usize> {
    let (mut low, mut step) = (0, 1);
    while low + step <= len && before(low + step - 1)? {
        low += step;
        step *= 2;
    }
    let mut high = (low + step - 1).min(len);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Merges two neighbouring sorted rows, stably. After an error all items are still there.
fn merge(items: &mut [Keyed], left_len: usize, less: Less<'_>) -> PyResult<()> {
    // What is in place already needs no merging.
    let (left, right) = items.split_at(left_len);
    let skip = gallop(left_len, |index| Ok(!less(&right[0], &left[index])?))?;
    if skip == left_len {
        return Ok(());
    }
    let order = merge_order(&items[skip..], left_len - skip, less);
    let order = order?;
    apply_order(&mut items[skip..], order);
    Ok(())
}

/// The merged order of two sorted rows, as positions.
fn merge_order(items: &[Keyed], left_len: usize, less: Less<'_>) -> PyResult<Vec<u32>> {
    let (left, right) = items.split_at(left_len);
    let mut order = Vec::with_capacity(items.len());
    let (mut l, mut r) = (0, 0);
    let mut streak = 0_i32;
    while l < left.len() && r < right.len() {
        if less(&right[r], &left[l])? {
            order.push((left_len + r) as u32);
            r += 1;
            streak = if streak > 0 { streak + 1 } else { 1 };
        } else {
            order.push(l as u32);
            l += 1;
            streak = if streak < 0 { streak - 1 } else { -1 };
        }
        // One side has won often in a row: it may go on for long.
        if streak.abs() >= 7 && l < left.len() && r < right.len() {
            if streak > 0 {
                let count = gallop(right.len() - r, |i| less(&right[r + i], &left[l]))?;
                order.extend((r..r + count).map(|index| (left_len + index) as u32));
                r += count;
            } else {
                let count = gallop(left.len() - l, |i| Ok(!less(&right[r], &left[l + i])?))?;
                order.extend((l..l + count).map(|index| index as u32));
                l += count;
            }
            streak = 0;
        }
    }
    order.extend((l..left.len()).map(|index| index as u32));
    order.extend((r..right.len()).map(|index| (left_len + index) as u32));
    Ok(order)
}

/// Rearranges items so that position `i` gets what was at `order[i]`.
fn apply_order(items: &mut [Keyed], mut order: Vec<u32>) {
    for start in 0..order.len() {
        let mut at = start;
        while order[at] as usize != start {
            let from = order[at] as usize;
            items.swap(at, from);
            order[at] = at as u32;
            at = from;
        }
        order[at] = at as u32;
    }
}
