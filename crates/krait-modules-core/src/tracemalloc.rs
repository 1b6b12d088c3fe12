//! `_tracemalloc`: the allocator records no traces, so tracing is always off and cannot be started.

use krait_macros::pyfunction;
use krait_runtime::{Py, PyList, PyObject, PyResult, pymodule, runtime_error, value_error};

pymodule! {
    pub TRACEMALLOC = "_tracemalloc", "Traces of memory blocks allocated by Python.",
    functions: [
        is_tracing, clear_traces, _get_traces, _get_object_traceback, start, stop,
        get_traceback_limit, get_tracemalloc_memory, get_traced_memory, reset_peak,
    ],
    classes: [],
    exec: None
}

/// Whether memory allocations are being traced: they never are.
#[pyfunction(signature = "()")]
fn is_tracing() -> bool {
    false
}

/// Clear traces of memory blocks allocated by Python.
#[pyfunction(signature = "()")]
fn clear_traces() {}

/// Get traces of all memory blocks allocated by Python.
#[pyfunction(signature = "()")]
fn _get_traces() -> PyResult<Py<PyList>> {
    PyList::new()
}

/// Get the traceback where the object was allocated: None, since nothing is traced.
#[pyfunction(signature = "(obj, /)")]
fn _get_object_traceback(_obj: &PyObject) {}

/// Start tracing, which this interpreter does not support.
#[pyfunction(signature = "(nframe=1, /)")]
fn start(nframe: i32) -> PyResult<()> {
    if !(1..=65535).contains(&nframe) {
        return Err(value_error!(
            "the number of frames must be in range [1; 65535]"
        ));
    }
    Err(runtime_error!(
        "tracing memory allocations is not supported by this interpreter"
    ))
}

/// Stop tracing Python memory allocations.
#[pyfunction(signature = "()")]
fn stop() {}

/// Get the maximum number of frames stored in the traceback of a trace.
#[pyfunction(signature = "()")]
fn get_traceback_limit() -> i32 {
    1
}

/// Get the memory that traces take, in bytes.
#[pyfunction(signature = "()")]
fn get_tracemalloc_memory() -> i32 {
    0
}

/// Get the current size and peak size of the memory blocks traced.
#[pyfunction(signature = "()")]
fn get_traced_memory() -> (i32, i32) {
    (0, 0)
}

/// Set the peak size of the memory blocks traced to the current size.
#[pyfunction(signature = "()")]
fn reset_peak() {}
