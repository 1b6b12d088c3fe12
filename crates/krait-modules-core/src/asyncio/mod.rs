//! `_asyncio`: futures and tasks, and which of them run.
//!
//! What is done seldom is left to asyncio's own Python code: representations, stacks, the event loop's
//! policy.

mod awaiting;
mod future;
mod state;
mod step;
mod task;

use krait_macros::pyfunction;
use krait_runtime::{
    Interpreter, Obj, Py, PyClass, PyErr, PyObject, PyResult, PySet, PyStr, PyTuple, PyType, attr,
    exc, intern, none, pymodule, runtime_error,
};

use future::Future;
use state::state;
use task::Task;

pymodule! {
    pub ASYNCIO = "_asyncio", "Accelerator module for asyncio",
    functions: [
        _enter_task, _get_running_loop, _leave_task, _register_eager_task, _register_task,
        _set_running_loop, _swap_current_task, _unregister_eager_task, _unregister_task, all_tasks,
        current_task, future_add_to_awaited_by, future_discard_from_awaited_by, get_event_loop,
        get_running_loop,
    ],
    classes: [Future, Task],
    hidden: [awaiting::FutureIter, step::TaskStep, step::TaskWakeup],
    exec: None
}

/// A name of one of the library's modules.
fn library(module: &'static str, name: &'static str) -> PyResult<Obj> {
    let import = Interpreter::current().hooks.get().import;
    let full = PyStr::intern(module)?;
    import(&full, None, None, None, 0)?;
    let modules = Interpreter::current().modules.get();
    let found = match modules {
        Some(modules) => modules.get_item(&full)?,
        None => None,
    };
    match found {
        Some(module) => module.getattr(&*PyStr::intern(name)?),
        None => Err(krait_runtime::import_error!("{module} is not imported")),
    }
}

/// Raises one of the exceptions of asyncio.
#[cold]
fn raise(name: &'static str, message: &str) -> PyErr {
    let class = match library("asyncio.exceptions", name) {
        Ok(class) => class,
        Err(error) => return error,
    };
    match class.downcast::<PyType>() {
        Some(class) => PyErr::new(class, message),
        None => krait_runtime::system_error!("asyncio.exceptions.{name} is no class"),
    }
}

#[cold]
fn invalid_state(message: &str) -> PyErr {
    raise("InvalidStateError", message)
}

/// Whether an exception is a `CancelledError`.
fn is_cancellation(exception: &PyObject) -> PyResult<bool> {
    // It derives from `BaseException` itself, as few others do.
    if exception.type_().is_subtype(&exc::Exception) {
        return Ok(false);
    }
    let class = library("asyncio.exceptions", "CancelledError")?;
    Ok(class
        .downcast::<PyType>()
        .is_some_and(|class| exception.type_().is_subtype(class)))
}

/// `loop.call_soon(callback[, argument], context=context)`.
fn call_soon(
    event_loop: &PyObject,
    callback: &PyObject,
    argument: Option<&PyObject>,
    context: &PyObject,
) -> PyResult<()> {
    let names = PyTuple::from_array([intern!("context").to_obj()])?;
    let mut all = [event_loop, callback, context, context];
    let mut len = 3;
    if let Some(argument) = argument {
        all[2] = argument;
        len = 4;
    }
    match event_loop.get_method(intern!("call_soon"))? {
        attr::Method::Unbound(function) => function.call_with_names(&all[..len], &names)?,
        attr::Method::OfClass(function, class) => {
            all[0] = &*class;
            function.call_with_names(&all[..len], &names)?
        }
        attr::Method::Bound(function) => function.call_with_names(&all[1..len], &names)?,
    };
    Ok(())
}

/// The loop that is given, else the running one.
fn loop_or_running(event_loop: Option<&PyObject>) -> PyResult<Obj> {
    match event_loop {
        Some(event_loop) => Ok(event_loop.to_obj()),
        None => get_running_loop(),
    }
}

/// The loop that runs, else the one that the policy gives.
fn event_loop() -> PyResult<Obj> {
    if let Some(running) = state().running_loop() {
        return Ok(running);
    }
    library("asyncio.events", "_get_event_loop_policy")?
        .call0()?
        .call_method(intern!("get_event_loop"), &[])
}

/// Return the running event loop or None.
///
/// This is a low-level function intended to be used by event loops.
/// This function is thread-specific.
#[pyfunction(signature = "()")]
fn _get_running_loop() -> Option<Obj> {
    state().running_loop()
}

/// Set the running event loop.
///
/// This is a low-level function intended to be used by event loops.
/// This function is thread-specific.
#[pyfunction(signature = "(loop, /)")]
fn _set_running_loop(r#loop: Option<&PyObject>) {
    state().set_running_loop(r#loop.map(PyClass::to_obj));
}

/// Return the running event loop.  Raise a RuntimeError if there is none.
///
/// This function is thread-specific.
#[pyfunction(signature = "()")]
fn get_running_loop() -> PyResult<Obj> {
    state()
        .running_loop()
        .ok_or_else(|| runtime_error!("no running event loop"))
}

/// Return an asyncio event loop.
///
/// When called from a coroutine or a callback (e.g. scheduled with
/// call_soon or similar API), this function will always return the
/// running event loop.
///
/// If there is no running event loop set, the function will return
/// the result of `get_event_loop_policy().get_event_loop()` call.
#[pyfunction(signature = "()")]
fn get_event_loop() -> PyResult<Obj> {
    event_loop()
}

/// Enter into task execution or resume suspended task.
///
/// Task belongs to loop.
///
/// Returns None.
#[pyfunction(signature = "(loop, task)")]
fn _enter_task(r#loop: &PyObject, task: &PyObject) -> PyResult<()> {
    state().enter(r#loop, task)
}

/// Leave task execution or suspend a task.
///
/// Task belongs to loop.
///
/// Returns None.
#[pyfunction(signature = "(loop, task)")]
fn _leave_task(r#loop: &PyObject, task: &PyObject) -> PyResult<()> {
    state().leave(r#loop, task)
}

/// Temporarily swap in the supplied task and return the original one (or None).
///
/// This is intended for use during eager coroutine execution.
#[pyfunction(signature = "(loop, task)")]
fn _swap_current_task(r#loop: &PyObject, task: Option<&PyObject>) -> PyResult<Option<Obj>> {
    state().swap(r#loop, task.map(PyClass::to_obj))
}

/// Register a new task in asyncio as executed by loop.
///
/// Returns None.
#[pyfunction(signature = "(task)")]
fn _register_task(task: &PyObject) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => state().register(task),
        None => state()
            .others()?
            .call_method(intern!("add"), &[task])
            .map(drop),
    }
}

/// Unregister a task.
///
/// Returns None.
#[pyfunction(signature = "(task)")]
fn _unregister_task(task: &PyObject) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => {
            state().forget(task);
            Ok(())
        }
        None => state()
            .others()?
            .call_method(intern!("discard"), &[task])
            .map(drop),
    }
}

/// Register a new task in asyncio as executed by loop.
///
/// Returns None.
#[pyfunction(signature = "(task)")]
fn _register_eager_task(task: &PyObject) -> PyResult<()> {
    state().eager()?.table().add(task).map(drop)
}

/// Unregister a task.
///
/// Returns None.
#[pyfunction(signature = "(task)")]
fn _unregister_eager_task(task: &PyObject) -> PyResult<()> {
    let hash = task.hash()?;
    state().eager()?.table().discard_hash(task, hash).map(drop)
}

/// Return a currently executed task.
#[pyfunction(signature = "(loop=None)")]
fn current_task(r#loop: Option<&PyObject>) -> PyResult<Option<Obj>> {
    let event_loop = loop_or_running(r#loop)?;
    Ok(state().task_of(&event_loop))
}

/// Return a set of all tasks for the loop.
#[pyfunction(signature = "(loop=None)")]
fn all_tasks(r#loop: Option<&PyObject>) -> PyResult<Py<PySet>> {
    let event_loop = loop_or_running(r#loop)?;
    let tasks = PySet::new()?;
    for task in state().eager()?.to_vec()? {
        add_pending(&tasks, &task, &event_loop)?;
    }
    for task in state().registered() {
        add_pending(&tasks, &task, &event_loop)?;
    }
    if let Some(others) = state().others_if_any() {
        for task in others.try_iter()? {
            add_pending(&tasks, &*task?, &event_loop)?;
        }
    }
    Ok(tasks)
}

/// Adds a task that belongs to the loop and is not done.
fn add_pending(tasks: &PySet, task: &PyObject, event_loop: &PyObject) -> PyResult<()> {
    let pending = match task.downcast::<Future>() {
        Some(future) => future.is_pending() && future.belongs_to(event_loop),
        None => {
            loop_of(task)?.is(event_loop) && !task.call_method(intern!("done"), &[])?.is_true()?
        }
    };
    if pending {
        tasks.table().add(task)?;
    }
    Ok(())
}

/// The loop of anything that has the interface of a future.
fn loop_of(future: &PyObject) -> PyResult<Obj> {
    if let Some(own) = future.downcast::<Future>() {
        return own.event_loop();
    }
    match future.lookup_attr(intern!("get_loop"))? {
        Some(get_loop) => get_loop.call0(),
        None => future.getattr(intern!("_loop")),
    }
}

/// Record that `fut` is awaited on by `waiter`.
#[pyfunction(signature = "(fut, waiter, /)")]
fn future_add_to_awaited_by(fut: &PyObject, waiter: &PyObject) -> PyResult<()> {
    match (fut.downcast::<Future>(), waiter.is_instance_of::<Future>()) {
        (Some(future), true) => future.add_waiter(waiter),
        _ => Ok(()),
    }
}

/// Record that `fut` is no longer awaited on by `waiter`.
#[pyfunction(signature = "(fut, waiter, /)")]
fn future_discard_from_awaited_by(fut: &PyObject, waiter: &PyObject) -> PyResult<()> {
    match (fut.downcast::<Future>(), waiter.is_instance_of::<Future>()) {
        (Some(future), true) => future.discard_waiter(waiter),
        _ => Ok(()),
    }
}

/// Whether an error must not stay in a future alone: the program is to end.
fn ends_program(error: &PyErr) -> bool {
    error.matches(&exc::SystemExit) || error.matches(&exc::KeyboardInterrupt)
}

/// A value, or `None`.
fn or_none(value: Option<Obj>) -> Obj {
    value.unwrap_or_else(|| none().to_obj())
}
