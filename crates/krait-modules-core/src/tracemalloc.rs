//! `_tracemalloc`: the traces of memory blocks, as the allocator keeps them, shown to Python.

use krait_macros::pyfunction;
use krait_runtime::alloc::trace;
use krait_runtime::{
    Obj, Py, PyClass, PyList, PyLong, PyObject, PyResult, PyTuple, pymodule, value_error,
};

pymodule! {
    pub TRACEMALLOC = "_tracemalloc", "Traces of memory blocks allocated by Python.",
    functions: [
        is_tracing, clear_traces, _get_traces, _get_object_traceback, start, stop,
        get_traceback_limit, get_tracemalloc_memory, get_traced_memory, reset_peak,
    ],
    classes: [],
    exec: None
}

/// Return True if the tracemalloc module is tracing Python memory allocations.
#[pyfunction(signature = "()")]
fn is_tracing() -> bool {
    trace::is_tracing()
}

/// Clear traces of memory blocks allocated by Python.
#[pyfunction(signature = "()")]
fn clear_traces() {
    trace::clear();
}

/// Get traces of all memory blocks allocated by Python.
///
/// Return a list of (domain, size, traceback, total number of frames) tuples;
/// a traceback is a tuple of (filename, lineno) tuples. Return an empty list
/// if the tracemalloc module is disabled.
#[pyfunction(signature = "()")]
fn _get_traces() -> PyResult<Py<PyList>> {
    let snapshot = trace::snapshot();
    // Each traceback is one object, however many traces have it.
    let tracebacks = snapshot
        .tracebacks
        .iter()
        .map(|traceback| {
            Ok((
                traceback.to_tuple()?,
                PyLong::from_i64(traceback.total.into())?,
            ))
        })
        .collect::<PyResult<Vec<_>>>()?;
    let traces = PyList::new()?;
    for (domain, size, traceback) in snapshot.traces {
        let (frames, total) = &tracebacks[traceback];
        let (domain, size) = (
            PyLong::from_i64(domain.into())?,
            PyLong::from_i64(size as i64)?,
        );
        let row: [&PyObject; 4] = [&domain, &size, frames, total];
        traces.push(PyTuple::from_refs(&row)?.into_object())?;
    }
    Ok(traces)
}

/// Get the traceback where the Python object obj was allocated.
///
/// Return a tuple of (filename, lineno) tuples, or None if the tracemalloc
/// module is disabled or did not trace the allocation of the object.
#[pyfunction(signature = "(obj, /)")]
fn _get_object_traceback(obj: &PyObject) -> PyResult<Obj> {
    match trace::traceback_of_object(obj) {
        Some(traceback) => Ok(traceback.to_tuple()?.into_object()),
        None => Ok(krait_runtime::none().to_obj()),
    }
}

/// Start tracing Python memory allocations.
///
/// Also set the maximum number of frames stored in the traceback of a trace
/// to nframe.
#[pyfunction(signature = "(nframe=1, /)")]
fn start(nframe: i32) -> PyResult<()> {
    match u16::try_from(nframe) {
        Ok(nframe @ 1..) => trace::start(nframe),
        _ => Err(value_error!(
            "the number of frames must be in range [1; {}]",
            trace::MAX_FRAMES
        )),
    }
}

/// Stop tracing Python memory allocations.
///
/// Also clear traces of memory blocks allocated by Python.
#[pyfunction(signature = "()")]
fn stop() {
    trace::stop();
}

/// Get the maximum number of frames stored in the traceback of a trace.
///
/// By default, a trace of an allocated memory block only stores the most
/// recent frame: the limit is 1.
#[pyfunction(signature = "()")]
fn get_traceback_limit() -> i32 {
    trace::limit().into()
}

/// Get the memory usage in bytes of the tracemalloc module, which stores traces.
#[pyfunction(signature = "()")]
fn get_tracemalloc_memory() -> usize {
    trace::own_memory()
}

/// Get the current size and peak size of memory blocks traced by tracemalloc.
///
/// Returns a tuple: (current: int, peak: int).
#[pyfunction(signature = "()")]
fn get_traced_memory() -> (usize, usize) {
    trace::traced_memory()
}

/// Set the peak size of memory blocks traced by tracemalloc to the current size.
#[pyfunction(signature = "()")]
fn reset_peak() {
    trace::reset_peak();
}
