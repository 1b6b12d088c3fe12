//! Running code: frames, what is being handled, trace and profile functions.

use krait_macros::pyfunction;
use krait_runtime::frame::{Frame, current_frame, frame_of, visible_frame};
use krait_runtime::monitoring::legacy;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, PyBaseException, PyDict, PyLong, PyResult, PyTuple, ThreadState, audit,
    none, value_error,
};

/// Return the exception being handled as (type, value, traceback).
///
/// It is the one that the innermost except clause caught, in the calling code or in its callers.
#[pyfunction]
pub fn exc_info() -> PyResult<Obj> {
    let Some(exception) = ThreadState::current().handled_exception() else {
        return (none(), none(), none()).into_py();
    };
    let traceback = exception
        .downcast::<PyBaseException>()
        .and_then(|raised| raised.traceback.get());
    let class = exception.type_().to_obj();
    (class, exception, traceback).into_py()
}

/// Return the exception being handled, or None.
#[pyfunction]
pub fn exception() -> Option<Obj> {
    ThreadState::current().handled_exception()
}

/// Return a frame object from the call stack: the one depth calls below the top.
///
/// ValueError is raised if the stack is not as deep as that.
#[pyfunction(signature = "(depth=0, /)")]
pub fn _getframe(depth: i32) -> PyResult<Obj> {
    let mut frame = current_frame();
    for _ in 0..depth.max(0) {
        frame = frame.and_then(Frame::back);
    }
    match frame {
        Some(frame) => {
            let frame = frame_of(frame)?;
            audit!("sys._getframe", &*frame)?;
            Ok(frame.into_object())
        }
        None => Err(value_error!("call stack is not deep enough")),
    }
}

/// Return the name of the module that a frame's function belongs to, or None.
///
/// Depth 0 is the calling code's own module.
#[pyfunction(signature = "(depth=0)")]
pub fn _getframemodulename(depth: i32) -> PyResult<Option<Obj>> {
    audit!("sys._getframemodulename", depth)?;
    let mut frame = current_frame();
    for _ in 0..depth.max(0) {
        frame = frame.and_then(Frame::back);
    }
    let Some(function) = frame.and_then(|frame| frame.function()) else {
        return Ok(None);
    };
    function.lookup_attr(krait_runtime::intern!("__module__"))
}

/// A dictionary from each thread's identifier to what `find` finds in its state.
fn by_thread(find: impl Fn(&ThreadState) -> PyResult<Option<Obj>>) -> PyResult<Py<PyDict>> {
    let result = PyDict::new()?;
    let mut status = Ok(());
    Interpreter::current().for_each_thread(|thread| {
        let add = || -> PyResult<()> {
            if let Some(found) = find(thread)? {
                result.set_item(&*PyLong::from_u64(thread.ident.get() as u64)?, &found)?;
            }
            Ok(())
        };
        if status.is_ok() {
            status = add();
        }
    });
    status.map(|()| result)
}

/// Return a dict mapping each thread's id to its current stack frame.
///
/// This function should be used for specialized purposes only.
#[pyfunction]
pub fn _current_frames() -> PyResult<Py<PyDict>> {
    audit!("sys._current_frames")?;
    by_thread(|thread| {
        let frame = visible_frame(thread);
        frame
            .map(|frame| Ok(frame_of(frame)?.into_object()))
            .transpose()
    })
}

/// Return a dict mapping each thread's id to the exception it is handling.
///
/// This function should be used for specialized purposes only.
#[pyfunction]
pub fn _current_exceptions() -> PyResult<Py<PyDict>> {
    audit!("sys._current_exceptions")?;
    by_thread(|thread| {
        Ok(Some(
            thread
                .handled_exception()
                .unwrap_or_else(|| none().to_obj()),
        ))
    })
}

fn some_function(function: &PyObject) -> Option<Obj> {
    (!function.is(none())).then(|| function.to_obj())
}

/// Set the trace function of this thread: it is called on each function call.
///
/// See the debugger chapter in the library manual.
#[pyfunction(signature = "(function, /)")]
pub fn settrace(function: &PyObject) -> PyResult<()> {
    audit!("sys.settrace")?;
    legacy::set_trace(ThreadState::current(), some_function(function))
}

/// Return the trace function set with sys.settrace.
#[pyfunction]
pub fn gettrace() -> Option<Obj> {
    ThreadState::current().trace_func.get()
}

/// Set the profile function of this thread: it is called on each function call and return.
///
/// See the profiler chapter in the library manual.
#[pyfunction(signature = "(function, /)")]
pub fn setprofile(function: &PyObject) -> PyResult<()> {
    audit!("sys.setprofile")?;
    legacy::set_profile(ThreadState::current(), some_function(function))
}

/// Return the profile function set with sys.setprofile.
#[pyfunction]
pub fn getprofile() -> Option<Obj> {
    ThreadState::current().profile_func.get()
}

/// Set the trace function of all threads.
#[pyfunction(signature = "(function, /)")]
pub fn _settraceallthreads(function: &PyObject) -> PyResult<()> {
    Interpreter::current().for_each_thread(|thread| thread.trace_func.set(some_function(function)));
    legacy::note_changed()
}

/// Set the profile function of all threads.
#[pyfunction(signature = "(function, /)")]
pub fn _setprofileallthreads(function: &PyObject) -> PyResult<()> {
    Interpreter::current()
        .for_each_thread(|thread| thread.profile_func.set(some_function(function)));
    legacy::note_changed()
}

/// Call func(*args) with tracing on, as a debugger does that runs within a trace function.
#[pyfunction(signature = "(func, args, /)")]
pub fn call_tracing(func: &PyObject, args: &PyTuple) -> PyResult<Obj> {
    let thread = ThreadState::current();
    let running = thread.tracing.replace(0);
    let result = func.call_tuple(args, None);
    thread.tracing.set(running);
    result
}
