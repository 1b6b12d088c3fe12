//! Tracing and profiling: what `sys.settrace` and `sys.setprofile` hear.
//!
//! A traced thread runs another copy of the eval loop, which calls [`before`] for each instruction:
//! the ordinary loop pays nothing. The eval breaker's `TRACE` bit makes it notice at the next call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use krait_bytecode::op;
use krait_bytecode::opcode::DEOPT;
use krait_runtime::code::deinstrument;
use krait_runtime::frame::{Frame, frame_of};
use krait_runtime::state::{Interpreter, ThreadState};
use krait_runtime::{
    Obj, PyBaseException, PyCFunction, PyClass, PyCode, PyErr, PyObject, PyResult, PyStr, PyTuple,
    system_error,
};

use crate::eval::machine::{Machine, borrow};

/// Whether trace or profile functions are to be called in the thread.
#[inline(always)]
pub(crate) fn is_active(ts: &ThreadState) -> bool {
    ts.tracing.get() == 0 && (ts.trace_func.is_some() || ts.profile_func.is_some())
}

/// What the tracing loop does after [`before`].
pub(crate) enum Step {
    /// Runs the instruction.
    Go,
    /// Leaves the loop: tracing has ended.
    Stop,
    /// Unwinds: a trace function raised.
    Fail,
}

/// Where a frame's tracing stands.
#[derive(Clone, Copy)]
struct Place {
    line: i32,
    unit: isize,
}

/// The line of a code unit, and whether a run of units on that line starts there.
#[derive(Clone, Copy)]
struct UnitLine {
    line: i32,
    starts: bool,
}

/// The tracing state of an interpreter.
#[derive(Default)]
struct TraceState {
    places: RefCell<HashMap<*const Frame, Place>>,
    /// The lines of code objects, by their version.
    lines: RefCell<HashMap<u32, Rc<Vec<UnitLine>>>>,
    /// The native function that the profiled instruction calls.
    called: RefCell<Option<(*const Frame, Obj)>>,
}

fn state() -> &'static TraceState {
    Interpreter::current().extension::<TraceState>()
}

/// Instructions that never start a line for a tracer.
fn is_silent(opcode: u8) -> bool {
    matches!(
        opcode,
        op::RESUME | op::END_FOR | op::POP_ITER | op::END_SEND | op::END_ASYNC_FOR | op::CACHE
    )
}

fn lines_of(code: &PyCode) -> Rc<Vec<UnitLine>> {
    let version = code.co_version.get();
    if let Some(lines) = state().lines.borrow().get(&version) {
        return lines.clone();
    }
    let mut lines = Vec::with_capacity(code.units().len());
    let mut before = -1;
    for position in code.unit_positions() {
        let line = position.line.unwrap_or(-1);
        lines.push(UnitLine {
            line,
            starts: line != before,
        });
        before = line;
    }
    let lines = Rc::new(lines);
    if version != 0 {
        state().lines.borrow_mut().insert(version, lines.clone());
    }
    lines
}

/// Calls what is to be called before an instruction of a traced thread.
#[cold]
#[inline(never)]
pub(crate) fn before(machine: Machine) -> Step {
    let ts = machine.ts;
    if !is_active(ts) {
        return Step::Stop;
    }
    let frame = machine.frame();
    if frame.owner.get() == krait_abi::FRAME_OWNED_BY_INTERPRETER {
        return Step::Go;
    }
    machine.save();
    let unit = frame.unit();
    let opcode = frame.code().base_opcode(unit as usize);
    if unit < frame.code().co_firsttraceable.get() as isize {
        return Step::Go;
    }
    match events(&machine, frame, unit, opcode) {
        Ok(()) => Step::Go,
        Err(_set) => Step::Fail,
    }
}

fn events(machine: &Machine, frame: &Frame, unit: isize, opcode: u8) -> PyResult<()> {
    let ts = machine.ts;
    finish_native(ts, frame, "c_return")?;
    if opcode == op::RESUME {
        return call_event(ts, frame, unit);
    }
    line_event(ts, frame, unit, opcode)?;
    match opcode {
        op::RETURN_VALUE | op::YIELD_VALUE => {
            let value = machine.object(1).to_obj();
            return_event(ts, frame, Some(&value))
        }
        op::CALL | op::CALL_KW if ts.profile_func.is_some() => {
            let oparg = usize::from(machine.unit(0).arg());
            let extra = if opcode == op::CALL_KW { 3 } else { 2 };
            let callable = borrow(machine.peek(oparg + extra));
            start_native(ts, frame, callable)
        }
        _ => Ok(()),
    }
}

/// A native function is about to be called: the profiler's `c_call`.
fn start_native(ts: &ThreadState, frame: &Frame, callable: &PyObject) -> PyResult<()> {
    let is_native = callable.is_exact::<PyCFunction>()
        || callable.is_exact::<krait_runtime::descr::PyMethodDescr>();
    if !is_native {
        return Ok(());
    }
    let callable = callable.to_obj();
    *state().called.borrow_mut() = Some((std::ptr::from_ref(frame), callable.clone()));
    profile(ts, frame, "c_call", &callable)
}

/// A native function has returned or raised.
fn finish_native(ts: &ThreadState, frame: &Frame, event: &str) -> PyResult<()> {
    let called = state()
        .called
        .borrow_mut()
        .take_if(|(at, _)| std::ptr::eq(*at, frame));
    match called {
        Some((_, callable)) => profile(ts, frame, event, &callable),
        None => Ok(()),
    }
}

fn call_event(ts: &ThreadState, frame: &Frame, unit: isize) -> PyResult<()> {
    let place = Place { line: -1, unit };
    state()
        .places
        .borrow_mut()
        .insert(std::ptr::from_ref(frame), place);
    let none = krait_runtime::none();
    if let Some(function) = ts.trace_func.get() {
        call_trace(ts, frame, &function, "call", none)?;
    }
    profile(ts, frame, "call", none)
}

fn line_event(ts: &ThreadState, frame: &Frame, unit: isize, opcode: u8) -> PyResult<()> {
    let key = std::ptr::from_ref(frame);
    let lines = lines_of(frame.code());
    let Some(here) = lines.get(unit as usize).copied() else {
        return Ok(());
    };
    let last = state().places.borrow().get(&key).copied();
    let last = last.unwrap_or(Place { line: -1, unit });
    let is_new = here.line > 0
        && !is_silent(opcode)
        && (here.line != last.line || here.starts && unit != last.unit || unit < last.unit);
    let line = if is_new { here.line } else { last.line };
    state()
        .places
        .borrow_mut()
        .insert(key, Place { line, unit });
    let Some(object) = existing_object(frame) else {
        return Ok(());
    };
    if is_new && object.f_trace_lines.get() != 0 {
        local_event(ts, frame, "line", krait_runtime::none())?;
    }
    if object.f_trace_opcodes.get() != 0 {
        local_event(ts, frame, "opcode", krait_runtime::none())?;
    }
    Ok(())
}

fn return_event(ts: &ThreadState, frame: &Frame, value: Option<&PyObject>) -> PyResult<()> {
    state()
        .places
        .borrow_mut()
        .remove(&std::ptr::from_ref(frame));
    let value = value.unwrap_or_else(|| krait_runtime::none());
    local_event(ts, frame, "return", value)?;
    profile(ts, frame, "return", value)
}

/// The frame's object, if it has one: without one it has no trace function either.
fn existing_object(frame: &Frame) -> Option<krait_runtime::Py<krait_runtime::frame::PyFrame>> {
    if frame.frame_obj.get().is_null() {
        None
    } else {
        frame_of(frame).ok()
    }
}

/// Calls the frame's own trace function.
fn local_event(ts: &ThreadState, frame: &Frame, event: &str, arg: &PyObject) -> PyResult<()> {
    if ts.trace_func.is_some()
        && let Some(function) = existing_object(frame).and_then(|object| object.f_trace.get())
    {
        return call_trace(ts, frame, &function, event, arg);
    }
    Ok(())
}

/// Calls a trace function; what it returns is the frame's own from then on. One that raises ends
/// tracing.
fn call_trace(
    ts: &ThreadState,
    frame: &Frame,
    function: &PyObject,
    event: &str,
    arg: &PyObject,
) -> PyResult<()> {
    let object = frame_of(frame)?;
    match guarded(ts, || {
        function.call(&[&object, &*PyStr::intern(event)?, arg])
    }) {
        Ok(result) => {
            if !result.is(krait_runtime::none()) {
                object.f_trace.set(Some(result));
            }
            Ok(())
        }
        Err(error) => {
            ts.trace_func.set(None);
            object.f_trace.set(None);
            ts.note_tracing();
            Err(error)
        }
    }
}

/// Calls the profile function, if there is one. One that raises ends profiling.
fn profile(ts: &ThreadState, frame: &Frame, event: &str, arg: &PyObject) -> PyResult<()> {
    let Some(function) = ts.profile_func.get() else {
        return Ok(());
    };
    let object = frame_of(frame)?;
    match guarded(ts, || {
        function.call(&[&object, &*PyStr::intern(event)?, arg])
    }) {
        Ok(_) => Ok(()),
        Err(error) => {
            ts.profile_func.set(None);
            ts.note_tracing();
            Err(error)
        }
    }
}

/// Calls without being traced.
fn guarded<R>(ts: &ThreadState, call: impl FnOnce() -> R) -> R {
    ts.tracing.update(|depth| depth + 1);
    let result = call();
    ts.tracing.update(|depth| depth - 1);
    result
}

/// Runs `call` while the exception that is set is put aside; one that `call` raises replaces it.
fn with_exception_aside(call: impl FnOnce(&PyObject) -> PyResult<()>) {
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let exception = error.take();
    if call(&exception).is_ok() {
        let _set = PyErr::restore(exception);
    }
}

/// An exception passes through a frame.
pub(crate) fn exception_event(ts: &ThreadState, frame: &Frame) {
    if !is_active(ts) {
        return;
    }
    with_exception_aside(|exception| {
        finish_native(ts, frame, "c_exception")?;
        let traceback = exception
            .downcast::<PyBaseException>()
            .and_then(|raised| raised.traceback.get())
            .unwrap_or_else(|| krait_runtime::none().to_obj());
        let parts = vec![exception.type_().to_obj(), exception.to_obj(), traceback];
        local_event(ts, frame, "exception", &*PyTuple::from_vec(parts)?)
    });
}

/// An exception leaves a frame.
pub(crate) fn unwind_event(ts: &ThreadState, frame: &Frame) {
    if is_active(ts) && !frame.is_incomplete() {
        with_exception_aside(|_| return_event(ts, frame, None));
    }
}

/// What to run instead of an instruction that is not the compiler's: the base of an instrumented
/// one. An unknown opcode is an error.
#[cold]
#[inline(never)]
pub(crate) fn instrumented(machine: Machine, opcode: u8, oparg: u32) -> Option<(u8, u32)> {
    if let Some(base) = deinstrument(opcode) {
        return Some((base, oparg));
    }
    machine.save();
    let base = DEOPT[usize::from(opcode)];
    drop(system_error!(
        "{}: unknown opcode {opcode} (base {base})",
        machine.frame().line().unwrap_or(0)
    ));
    None
}
