//! `sys.monitoring` (PEP 669): how a program says what it wants to hear of.

use krait_macros::pyfunction;
use krait_runtime::monitoring::{Monitoring, checked_tool, event};
use krait_runtime::namespace::PyNamespace;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, PyCode, PyDict, PyLong, PyModule, PyResult, PyStr, none, pymodule, type_error,
    value_error,
};

const BRANCH: u32 = 1 << event::BRANCH;
const BRANCHES: u32 = 1 << event::BRANCH_LEFT | 1 << event::BRANCH_RIGHT;
const C_RETURNS: u32 = 1 << event::C_RETURN | 1 << event::C_RAISE;
const C_CALLS: u32 = C_RETURNS | 1 << event::CALL;

fn monitoring() -> &'static Monitoring {
    &Interpreter::current().monitoring
}

fn tool_in_use(tool_id: i32) -> PyResult<usize> {
    let tool = checked_tool(tool_id)?;
    if monitoring().names[tool].is_some() {
        Ok(tool)
    } else {
        Err(value_error!("tool {tool} is not in use"))
    }
}

/// The event set with what comes along left out and what means several spread.
fn plain_events(event_set: i32) -> PyResult<u32> {
    let mut events = event_set.cast_unsigned();
    if events & C_RETURNS != 0 && events & C_CALLS != C_CALLS {
        return Err(value_error!(
            "cannot set C_RETURN or C_RAISE events independently"
        ));
    }
    events &= !C_RETURNS;
    if events & BRANCH != 0 {
        events = events & !BRANCH | BRANCHES;
    }
    Ok(events)
}

fn checked_code(code: &PyObject) -> PyResult<&PyCode> {
    code.downcast::<PyCode>()
        .ok_or_else(|| type_error!("code must be a code object"))
}

#[pyfunction(signature = "(tool_id, name, /)")]
fn use_tool_id(tool_id: i32, name: &PyObject) -> PyResult<()> {
    let tool = checked_tool(tool_id)?;
    if name.downcast::<PyStr>().is_none() {
        return Err(value_error!("tool name must be a str"));
    }
    let field = &monitoring().names[tool];
    if field.is_some() {
        return Err(value_error!("tool {tool} is already in use"));
    }
    field.set(Some(name.to_obj()));
    Ok(())
}

#[pyfunction(signature = "(tool_id, /)")]
fn clear_tool_id(tool_id: i32) -> PyResult<()> {
    let tool = checked_tool(tool_id)?;
    if monitoring().names[tool].is_some() {
        monitoring().clear_tool(tool)?;
    }
    Ok(())
}

#[pyfunction(signature = "(tool_id, /)")]
fn free_tool_id(tool_id: i32) -> PyResult<()> {
    clear_tool_id(tool_id)?;
    monitoring().names[checked_tool(tool_id)?].set(None);
    Ok(())
}

#[pyfunction(signature = "(tool_id, /)")]
fn get_tool(tool_id: i32) -> PyResult<Option<Obj>> {
    Ok(monitoring().names[checked_tool(tool_id)?].get())
}

#[pyfunction(signature = "(tool_id, event, func, /)")]
fn register_callback(tool_id: i32, event: i32, func: &PyObject) -> PyResult<Option<Obj>> {
    let tool = checked_tool(tool_id)?;
    if event <= 0 || event.count_ones() != 1 {
        return Err(value_error!(
            "The callback can only be set for one event at a time"
        ));
    }
    let number = event.trailing_zeros() as usize;
    if number >= event::COUNT {
        return Err(value_error!("invalid event {event}"));
    }
    krait_runtime::audit!("sys.monitoring.register_callback", func)?;
    let callable = (!func.is(none())).then(|| func.to_obj());
    Ok(monitoring().set_callback(tool, number, callable))
}

#[pyfunction(signature = "(tool_id, /)")]
fn get_events(tool_id: i32) -> PyResult<u32> {
    Ok(monitoring().events(checked_tool(tool_id)?))
}

#[pyfunction(signature = "(tool_id, event_set, /)")]
fn set_events(tool_id: i32, event_set: i32) -> PyResult<()> {
    let tool = checked_tool(tool_id)?;
    if !(0..1 << event::COUNT).contains(&event_set) {
        return Err(value_error!("invalid event set 0x{event_set:x}"));
    }
    let events = plain_events(event_set)?;
    tool_in_use(tool_id)?;
    monitoring().set_events(tool, events)
}

#[pyfunction(signature = "(tool_id, code, /)")]
fn get_local_events(tool_id: i32, code: &PyObject) -> PyResult<u32> {
    let code = checked_code(code)?;
    Ok(monitoring().local_events(checked_tool(tool_id)?, code))
}

#[pyfunction(signature = "(tool_id, code, event_set, /)")]
fn set_local_events(tool_id: i32, code: &PyObject, event_set: i32) -> PyResult<()> {
    let code = checked_code(code)?;
    checked_tool(tool_id)?;
    let events = plain_events(event_set)?;
    if events >= 1 << event::LOCAL {
        return Err(value_error!("invalid local event set 0x{events:x}"));
    }
    monitoring().set_local_events(tool_in_use(tool_id)?, code, events)
}

#[pyfunction]
fn restart_events() -> PyResult<()> {
    monitoring().restart()
}

#[pyfunction]
fn _all_events() -> PyResult<Py<PyDict>> {
    let events = PyDict::new()?;
    for (name, tools) in monitoring().all_events() {
        events.set(name, &*PyLong::from_i64(i64::from(tools))?)?;
    }
    Ok(events)
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
    dict.set("DISABLE", &*monitoring().disable()?)?;
    dict.set("MISSING", &*monitoring().missing()?)?;
    let events = PyDict::new()?;
    for (number, name) in event::NAMES.iter().enumerate() {
        events.set(name, &*PyLong::from_i64(1 << number)?)?;
    }
    events.set("NO_EVENTS", &*PyLong::from_i64(0)?)?;
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
