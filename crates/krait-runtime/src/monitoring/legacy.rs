//! `sys.settrace` and `sys.setprofile`: two tools of monitoring, which tell a thread's own function
//! of events in the words of old.

use super::{Monitoring, PROFILE_TOOL, TRACE_TOOL, code, event};
use crate::frame::{Frame, PyFrame, current_frame, frame_of};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::{Interpreter, ThreadState};
use crate::{PyBaseException, PyCFunction, PyErr, PyLong, PyResult, PyStr, PyTuple, none};

const fn set(events: &[usize]) -> u32 {
    let (mut bits, mut at) = (0, 0);
    while at < events.len() {
        bits |= 1 << events[at];
        at += 1;
    }
    bits
}

const TRACED: u32 = set(&[
    event::PY_START,
    event::PY_RESUME,
    event::PY_RETURN,
    event::PY_YIELD,
    event::RAISE,
    event::LINE,
    event::JUMP,
    event::PY_UNWIND,
    event::PY_THROW,
    event::STOP_ITERATION,
]);

const PROFILED: u32 = set(&[
    event::PY_START,
    event::PY_RESUME,
    event::PY_RETURN,
    event::PY_YIELD,
    event::CALL,
    event::PY_UNWIND,
    event::PY_THROW,
]);

/// Sets or removes a thread's trace function.
pub fn set_trace(ts: &ThreadState, function: Option<Obj>) -> PyResult<()> {
    let is_on = function.is_some();
    ts.trace_func.set(function);
    if is_on
        && let Some(frame) = current_frame()
        && let Some(object) = existing_object(frame)
        && object.f_trace_opcodes.get() != 0
    {
        trace_opcodes(frame)?;
    }
    note_changed()
}

/// Sets or removes a thread's profile function.
pub fn set_profile(ts: &ThreadState, function: Option<Obj>) -> PyResult<()> {
    ts.profile_func.set(function);
    note_changed()
}

/// Wants the two tools' events for as long as a thread has a function for them.
pub fn note_changed() -> PyResult<()> {
    let interp = Interpreter::current();
    let (mut traced, mut profiled) = (false, false);
    interp.for_each_thread(|thread| {
        traced |= thread.trace_func.is_some();
        profiled |= thread.profile_func.is_some();
    });
    let monitoring = &interp.monitoring;
    monitoring.set_events(TRACE_TOOL, if traced { TRACED } else { 0 })?;
    monitoring.set_events(PROFILE_TOOL, if profiled { PROFILED } else { 0 })
}

/// Has a frame's code tell of single instructions.
pub(crate) fn trace_opcodes(frame: &Frame) -> PyResult<()> {
    let monitoring = &Interpreter::current().monitoring;
    let events = monitoring.local_events(TRACE_TOOL, frame.code());
    let wanted = events | 1 << event::INSTRUCTION;
    monitoring.set_local_events(TRACE_TOOL, frame.code(), wanted)
}

/// What the two tools do with an event; true if they want no more of this place.
pub(super) fn hear(
    ts: &ThreadState,
    frame: &Frame,
    tool: usize,
    event: usize,
    rest: &[&PyObject],
) -> PyResult<bool> {
    if tool == TRACE_TOOL {
        trace_event(ts, frame, event, rest)
    } else {
        profile_event(ts, frame, event, rest).map(|()| false)
    }
}

fn trace_event(
    ts: &ThreadState,
    frame: &Frame,
    event: usize,
    rest: &[&PyObject],
) -> PyResult<bool> {
    match event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => {
            if let Some(function) = ts.trace_func.get() {
                call_trace(ts, frame, &function, "call", none())?;
            }
        }
        event::PY_RETURN | event::PY_YIELD => tell_frame(ts, frame, "return", rest[0])?,
        event::PY_UNWIND => tell_frame(ts, frame, "return", none())?,
        event::RAISE | event::STOP_ITERATION if has_own_function(ts, frame) => {
            let parts = exception_parts(rest[0])?;
            tell_frame(ts, frame, "exception", &parts)?;
        }
        event::LINE => tell_line(ts, frame)?,
        event::INSTRUCTION if wants_opcodes(frame) => {
            tell_frame(ts, frame, "opcode", none())?;
        }
        event::JUMP => return jump_event(ts, frame, rest),
        _ => {}
    }
    Ok(false)
}

fn wants_opcodes(frame: &Frame) -> bool {
    existing_object(frame).is_some_and(|object| object.f_trace_opcodes.get() != 0)
}

fn tell_line(ts: &ThreadState, frame: &Frame) -> PyResult<()> {
    if existing_object(frame).is_some_and(|object| object.f_trace_lines.get() != 0) {
        tell_frame(ts, frame, "line", none())?;
    }
    Ok(())
}

/// A jump back within a line starts it again, which no line event tells of.
fn jump_event(ts: &ThreadState, frame: &Frame, rest: &[&PyObject]) -> PyResult<bool> {
    let from = frame.unit() as usize;
    let to = rest[0].downcast::<PyLong>().and_then(PyLong::to_i64);
    let Some(to) = to.and_then(|to| usize::try_from(to / 2).ok()) else {
        return Ok(true);
    };
    let same_line = code::data(frame.code()).is_some_and(|data| data.line(from) == data.line(to));
    if to >= from || !same_line {
        return Ok(true);
    }
    tell_line(ts, frame).map(|()| false)
}

fn exception_parts(exception: &PyObject) -> PyResult<Py<PyTuple>> {
    let traceback = exception
        .downcast::<PyBaseException>()
        .and_then(|raised| raised.traceback.get())
        .unwrap_or_else(|| none().to_obj());
    PyTuple::from_vec(vec![
        exception.type_().to_obj(),
        exception.to_obj(),
        traceback,
    ])
}

/// The frame's object, if it has one: without one it has no trace function either.
fn existing_object(frame: &Frame) -> Option<Py<PyFrame>> {
    if frame.frame_obj.get().is_null() {
        None
    } else {
        frame_of(frame).ok()
    }
}

fn has_own_function(ts: &ThreadState, frame: &Frame) -> bool {
    ts.trace_func.is_some() && existing_object(frame).is_some_and(|object| object.f_trace.is_some())
}

/// Calls the frame's own trace function.
fn tell_frame(ts: &ThreadState, frame: &Frame, what: &str, arg: &PyObject) -> PyResult<()> {
    if ts.trace_func.is_some()
        && let Some(function) = existing_object(frame).and_then(|object| object.f_trace.get())
    {
        return call_trace(ts, frame, &function, what, arg);
    }
    Ok(())
}

fn call_function(
    object: &Py<PyFrame>,
    function: &PyObject,
    what: &str,
    arg: &PyObject,
) -> PyResult<Obj> {
    let name = PyStr::intern(what)?;
    function.call(&[object, &*name, arg])
}

/// Calls a trace function; what it returns is the frame's own from then on. One that raises ends
/// tracing.
fn call_trace(
    ts: &ThreadState,
    frame: &Frame,
    function: &PyObject,
    what: &str,
    arg: &PyObject,
) -> PyResult<()> {
    let object = frame_of(frame)?;
    match call_function(&object, function, what, arg) {
        Ok(result) => {
            if !result.is(none()) {
                object.f_trace.set(Some(result));
            }
            Ok(())
        }
        Err(error) => {
            let error = end(error, || set_trace(ts, None));
            object.f_trace.set(None);
            Err(error)
        }
    }
}

/// Calls the profile function, if there is one. One that raises ends profiling.
fn call_profile(ts: &ThreadState, frame: &Frame, what: &str, arg: &PyObject) -> PyResult<()> {
    let Some(function) = ts.profile_func.get() else {
        return Ok(());
    };
    let object = frame_of(frame)?;
    match call_function(&object, &function, what, arg) {
        Ok(_) => Ok(()),
        Err(error) => Err(end(error, || set_profile(ts, None))),
    }
}

/// Removes a function that raised; its error stays the one that is set.
fn end(error: PyErr, remove: impl FnOnce() -> PyResult<()>) -> PyErr {
    let exception = error.take();
    if let Err(error) = remove() {
        error.clear();
    }
    PyErr::restore(exception)
}

fn profile_event(
    ts: &ThreadState,
    frame: &Frame,
    event: usize,
    rest: &[&PyObject],
) -> PyResult<()> {
    let what = match event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => {
            return call_profile(ts, frame, "call", none());
        }
        event::PY_RETURN | event::PY_YIELD => {
            return call_profile(ts, frame, "return", rest[0]);
        }
        event::PY_UNWIND => return call_profile(ts, frame, "return", none()),
        event::CALL => "c_call",
        event::C_RETURN => "c_return",
        event::C_RAISE => "c_exception",
        _ => return Ok(()),
    };
    let &[callable, first] = rest else {
        return Ok(());
    };
    match native_function(&ts.interp.monitoring, callable, first)? {
        Some(function) => call_profile(ts, frame, what, &function),
        None => Ok(()),
    }
}

/// What a profiler hears of as a native function: methods of builtin classes as bound ones.
fn native_function(
    monitoring: &Monitoring,
    callable: &PyObject,
    first: &PyObject,
) -> PyResult<Option<Obj>> {
    if callable.is_instance_of::<PyCFunction>() {
        return Ok(Some(callable.to_obj()));
    }
    if !callable.is_instance_of::<crate::descr::PyMethodDescr>()
        || first.is(&*monitoring.missing()?)
    {
        return Ok(None);
    }
    let class: &PyObject = first.type_();
    callable
        .call_method_str("__get__", &[first, class])
        .map(Some)
}
