//! `_heapq`: heaps in lists, the smallest or the largest item first.
//!
//! Comparisons run Python code, which may change the list: its size is checked after each.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{PyErr, PyList, PyResult, index_error, pymodule, runtime_error};

pymodule! {
    pub HEAPQ = "_heapq",
    "Heap queue algorithm (a.k.a. priority queue).\n\nHeaps are lists in which each item is no larger than its two children: a[k] <= a[2*k+1] and\na[k] <= a[2*k+2], counting from 0. So heap[0] is always the smallest item.\n",
    functions: [
        heappush, heappushpop, heappop, heapreplace, heapify, heappush_max, heappushpop_max,
        heappop_max, heapreplace_max, heapify_max,
    ],
    classes: [],
    exec: None,
}

/// Which item is the first.
#[derive(Clone, Copy)]
enum Order {
    Min,
    Max,
}

impl Order {
    /// Whether `left` belongs before `right`.
    fn before(self, left: &PyObject, right: &PyObject) -> PyResult<bool> {
        match self {
            Order::Min => left.lt(right),
            Order::Max => right.lt(left),
        }
    }
}

fn out_of_range() -> PyErr {
    index_error!("index out of range")
}

fn changed() -> PyErr {
    runtime_error!("list changed size during iteration")
}

fn at(heap: &PyList, index: usize) -> PyResult<Obj> {
    heap.get(index).ok_or_else(out_of_range)
}

fn put(heap: &PyList, index: usize, item: Obj) -> PyResult<Obj> {
    heap.replace(index, item).map_err(|_| changed())
}

fn swap(heap: &PyList, left: usize, right: usize) -> PyResult<()> {
    let (first, second) = (at(heap, left)?, at(heap, right)?);
    put(heap, left, second)?;
    put(heap, right, first)?;
    Ok(())
}

/// Compares two items; the list must keep its size meanwhile.
fn compare(heap: &PyList, left: usize, right: usize, size: usize, order: Order) -> PyResult<bool> {
    let (left, right) = (at(heap, left)?, at(heap, right)?);
    let before = order.before(&left, &right)?;
    if heap.len() != size {
        return Err(changed());
    }
    Ok(before)
}

/// Moves the item at `position` up to where it belongs.
fn sift_down(heap: &PyList, start: usize, mut position: usize, order: Order) -> PyResult<()> {
    let size = heap.len();
    if position >= size {
        return Err(out_of_range());
    }
    while position > start {
        let parent = (position - 1) / 2;
        if !compare(heap, position, parent, size, order)? {
            break;
        }
        swap(heap, position, parent)?;
        position = parent;
    }
    Ok(())
}

/// Moves the item at `position` down: first along the better children to a leaf, then up again.
fn sift_up(heap: &PyList, position: usize, order: Order) -> PyResult<()> {
    let size = heap.len();
    if position >= size {
        return Err(out_of_range());
    }
    let mut hole = position;
    while hole < size / 2 {
        let mut child = 2 * hole + 1;
        if child + 1 < size && !compare(heap, child, child + 1, size, order)? {
            child += 1;
        }
        swap(heap, child, hole)?;
        hole = child;
    }
    sift_down(heap, position, hole, order)
}

fn push(heap: &PyList, item: &PyObject, order: Order) -> PyResult<()> {
    heap.push(item.to_obj())?;
    sift_down(heap, 0, heap.len() - 1, order)
}

fn pop(heap: &PyList, order: Order) -> PyResult<Obj> {
    let last = heap
        .len()
        .checked_sub(1)
        .and_then(|last| heap.remove(last))
        .ok_or_else(out_of_range)?;
    if heap.is_empty() {
        return Ok(last);
    }
    let first = put(heap, 0, last)?;
    sift_up(heap, 0, order)?;
    Ok(first)
}

fn replace(heap: &PyList, item: &PyObject, order: Order) -> PyResult<Obj> {
    if heap.is_empty() {
        return Err(out_of_range());
    }
    let first = put(heap, 0, item.to_obj())?;
    sift_up(heap, 0, order)?;
    Ok(first)
}

fn push_pop(heap: &PyList, item: &PyObject, order: Order) -> PyResult<Obj> {
    let Some(first) = heap.get(0) else {
        return Ok(item.to_obj());
    };
    if !order.before(&first, item)? {
        return Ok(item.to_obj());
    }
    replace(heap, item, order)
}

fn make_heap(heap: &PyList, order: Order) -> PyResult<()> {
    (0..heap.len() / 2)
        .rev()
        .try_for_each(|position| sift_up(heap, position, order))
}

/// Push item onto heap, maintaining the heap invariant.
#[pyfunction(signature = "(heap, item, /)")]
pub fn heappush(heap: &PyList, item: &PyObject) -> PyResult<()> {
    push(heap, item, Order::Min)
}

/// Push item on the heap, then pop and return the smallest item from the heap.
///
/// The combined action runs more efficiently than heappush() followed by
/// a separate call to heappop().
#[pyfunction(signature = "(heap, item, /)")]
pub fn heappushpop(heap: &PyList, item: &PyObject) -> PyResult<Obj> {
    push_pop(heap, item, Order::Min)
}

/// Pop the smallest item off the heap, maintaining the heap invariant.
#[pyfunction(signature = "(heap, /)")]
pub fn heappop(heap: &PyList) -> PyResult<Obj> {
    pop(heap, Order::Min)
}

/// Pop and return the current smallest value, and add the new item.
///
/// This is more efficient than heappop() followed by heappush(), and can be
/// more appropriate when using a fixed-size heap.  Note that the value
/// returned may be larger than item!  That constrains reasonable uses of
/// this routine unless written as part of a conditional replacement:
///
///     if item > heap[0]:
///         item = heapreplace(heap, item)
#[pyfunction(signature = "(heap, item, /)")]
pub fn heapreplace(heap: &PyList, item: &PyObject) -> PyResult<Obj> {
    replace(heap, item, Order::Min)
}

/// Transform list into a heap, in-place, in O(len(heap)) time.
#[pyfunction(signature = "(heap, /)")]
pub fn heapify(heap: &PyList) -> PyResult<()> {
    make_heap(heap, Order::Min)
}

/// Push item onto max heap, maintaining the heap invariant.
#[pyfunction(signature = "(heap, item, /)")]
pub fn heappush_max(heap: &PyList, item: &PyObject) -> PyResult<()> {
    push(heap, item, Order::Max)
}

/// Maxheap variant of heappushpop.
///
/// The combined action runs more efficiently than heappush_max()
/// followed by a separate call to heappop_max().
#[pyfunction(signature = "(heap, item, /)")]
pub fn heappushpop_max(heap: &PyList, item: &PyObject) -> PyResult<Obj> {
    push_pop(heap, item, Order::Max)
}

/// Maxheap variant of heappop.
#[pyfunction(signature = "(heap, /)")]
pub fn heappop_max(heap: &PyList) -> PyResult<Obj> {
    pop(heap, Order::Max)
}

/// Maxheap variant of heapreplace.
#[pyfunction(signature = "(heap, item, /)")]
pub fn heapreplace_max(heap: &PyList, item: &PyObject) -> PyResult<Obj> {
    replace(heap, item, Order::Max)
}

/// Maxheap variant of heapify.
#[pyfunction(signature = "(heap, /)")]
pub fn heapify_max(heap: &PyList) -> PyResult<()> {
    make_heap(heap, Order::Max)
}
