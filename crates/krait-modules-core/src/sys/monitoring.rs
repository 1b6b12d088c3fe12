//! `sys.monitoring` (PEP 669): its names, and which tools are registered.
//!
//! The interpreter does not send events yet: asking for any is a clear error.

use std::cell::RefCell;

use krait_macros::pyfunction;
use krait_runtime::namespace::PyNamespace;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, PyDict, PyLong, PyModule, PyResult, PyStr, none, pymodule, value_error,
};

/// The events, each a bit; the last combines two.
const EVENTS: &[(&str, i64)] = &[
    ("PY_START", 1 << 0),
    ("PY_RESUME", 1 << 1),
    ("PY_RETURN", 1 << 2),
    ("PY_YIELD", 1 << 3),
    ("CALL", 1 << 4),
    ("LINE", 1 << 5),
    ("INSTRUCTION", 1 << 6),
    ("JUMP", 1 << 7),
    ("BRANCH_LEFT", 1 << 8),
    ("BRANCH_RIGHT", 1 << 9),
    ("STOP_ITERATION", 1 << 10),
    ("RAISE", 1 << 11),
    ("EXCEPTION_HANDLED", 1 << 12),
    ("PY_UNWIND", 1 << 13),
    ("PY_THROW", 1 << 14),
    ("RERAISE", 1 << 15),
    ("C_RETURN", 1 << 16),
    ("C_RAISE", 1 << 17),
    ("BRANCH", 1 << 18),
    ("NO_EVENTS", 0),
];

const TOOLS: usize = 6;

/// What is registered for a tool.
#[derive(Default)]
struct Tool {
    name: Option<Obj>,
    callbacks: Vec<(i64, Obj)>,
}

#[derive(Default)]
struct Tools(RefCell<[Tool; TOOLS]>);

fn tools() -> &'static RefCell<[Tool; TOOLS]> {
    &Interpreter::current().extension::<Tools>().0
}

fn checked(tool_id: i32) -> PyResult<usize> {
    usize::try_from(tool_id)
        .ok()
        .filter(|&id| id < TOOLS)
        .ok_or_else(|| value_error!("invalid tool {tool_id} (must be between 0 and 5)"))
}

fn in_use(tool_id: i32) -> PyResult<usize> {
    let id = checked(tool_id)?;
    if tools().borrow()[id].name.is_none() {
        return Err(value_error!("tool {id} is not in use"));
    }
    Ok(id)
}

fn no_events(event_set: i32) -> PyResult<()> {
    if event_set == 0 {
        return Ok(());
    }
    if !(0..1 << 19).contains(&event_set) {
        return Err(value_error!("invalid event set 0x{event_set:x}"));
    }
    Err(krait_runtime::exc!(
        NotImplementedError,
        "sys.monitoring does not send events yet"
    ))
}

/// Take a tool's number for use under a name.
#[pyfunction(signature = "(tool_id, name, /)")]
fn use_tool_id(tool_id: i32, name: &PyObject) -> PyResult<()> {
    let id = checked(tool_id)?;
    if name.downcast::<PyStr>().is_none() {
        return Err(value_error!("tool name must be a str"));
    }
    if tools().borrow()[id].name.is_some() {
        return Err(value_error!("tool {id} is already in use"));
    }
    tools().borrow_mut()[id].name = Some(name.to_obj());
    Ok(())
}

/// Forget a tool's callbacks.
#[pyfunction(signature = "(tool_id, /)")]
fn clear_tool_id(tool_id: i32) -> PyResult<()> {
    let id = checked(tool_id)?;
    let callbacks = std::mem::take(&mut tools().borrow_mut()[id].callbacks);
    drop(callbacks);
    Ok(())
}

/// Give a tool's number back.
#[pyfunction(signature = "(tool_id, /)")]
fn free_tool_id(tool_id: i32) -> PyResult<()> {
    let id = checked(tool_id)?;
    let tool = std::mem::take(&mut tools().borrow_mut()[id]);
    drop(tool);
    Ok(())
}

/// Return the name of the tool that uses a number, or None.
#[pyfunction(signature = "(tool_id, /)")]
fn get_tool(tool_id: i32) -> PyResult<Option<Obj>> {
    Ok(tools().borrow()[checked(tool_id)?].name.clone())
}

/// Set what is called for an event, and return what was.
#[pyfunction(signature = "(tool_id, event, func, /)")]
fn register_callback(tool_id: i32, event: i32, func: &PyObject) -> PyResult<Option<Obj>> {
    let id = checked(tool_id)?;
    let event = i64::from(event);
    if event.count_ones() != 1 {
        return Err(value_error!(
            "The callback can only be set for one event at a time"
        ));
    }
    if !EVENTS.iter().any(|(_, bit)| *bit == event) {
        return Err(value_error!("invalid event {event}"));
    }
    let mut all = tools().borrow_mut();
    let callbacks = &mut all[id].callbacks;
    let old = callbacks
        .iter()
        .position(|(each, _)| *each == event)
        .map(|at| callbacks.remove(at).1);
    if !func.is(none()) {
        callbacks.push((event, func.to_obj()));
    }
    Ok(old)
}

/// Return the events that a tool gets from all code.
#[pyfunction(signature = "(tool_id, /)")]
fn get_events(tool_id: i32) -> PyResult<i32> {
    in_use(tool_id).map(|_| 0)
}

/// Set the events that a tool gets from all code.
#[pyfunction(signature = "(tool_id, event_set, /)")]
fn set_events(tool_id: i32, event_set: i32) -> PyResult<()> {
    in_use(tool_id)?;
    no_events(event_set)
}

/// Return the events that a tool gets from one code object.
#[pyfunction(signature = "(tool_id, code, /)")]
fn get_local_events(tool_id: i32, code: &PyObject) -> PyResult<i32> {
    let _ = code;
    in_use(tool_id).map(|_| 0)
}

/// Set the events that a tool gets from one code object.
#[pyfunction(signature = "(tool_id, code, event_set, /)")]
fn set_local_events(tool_id: i32, code: &PyObject, event_set: i32) -> PyResult<()> {
    let _ = code;
    in_use(tool_id)?;
    no_events(event_set)
}

/// Switch events on again that a callback switched off.
#[pyfunction]
fn restart_events() {}

/// Return the events in use, with the tools that get them.
#[pyfunction]
fn _all_events() -> PyResult<Py<PyDict>> {
    PyDict::new()
}

pymodule! {
    MONITORING = "sys.monitoring",
    "",
    functions: [
        use_tool_id, clear_tool_id, free_tool_id, get_tool, register_callback, get_events,
        set_events, get_local_events, set_local_events, restart_events, _all_events,
    ],
    classes: [],
    exec: None
}

/// The namespace `sys.monitoring`.
pub(super) fn create() -> PyResult<Py<PyModule>> {
    let module = MONITORING.create()?;
    let dict = module.dict();
    let sentinel = || PyObject::type_object().instantiate(&[]);
    dict.set("DISABLE", &*sentinel()?)?;
    dict.set("MISSING", &*sentinel()?)?;
    let events = PyDict::new()?;
    for (name, bit) in EVENTS {
        events.set(name, &*PyLong::from_i64(*bit)?)?;
    }
    dict.set("events", &*PyNamespace::with_dict(events)?)?;
    for (name, id) in [
        ("DEBUGGER_ID", 0),
        ("COVERAGE_ID", 1),
        ("PROFILER_ID", 2),
        ("OPTIMIZER_ID", 5),
    ] {
        dict.set(name, &*PyLong::from_i64(id)?)?;
    }
    Ok(module)
}
