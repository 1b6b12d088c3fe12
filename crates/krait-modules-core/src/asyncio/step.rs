//! The steps of a task: resuming its coroutine, and what comes of it.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyErr, PyObject, PyResult, SendResult, err, exc, intern, none,
    runtime_error, type_error,
};

use super::future::Future;
use super::state::state;
use super::task::Task;
use super::{call_soon, ends_program, invalid_state, is_cancellation, loop_of};
use crate::fastcall::{CallArguments, FastCall, vectorcall};

/// What the loop calls for the next step of a task.
#[pyclass(
    name = "TaskStepMethWrapper", module = "_asyncio", flags(GC, DISALLOW_INSTANTIATION),
    vectorcall_offset = vectorcall, doc = ""
)]
#[repr(C)]
pub(super) struct TaskStep {
    ob_base: PyObject,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
    #[traverse]
    task: Field<Task>,
    /// What is thrown into the coroutine.
    #[traverse]
    exception: Field<PyObject>,
}

/// What a future calls when it is done that a task waits for.
#[pyclass(
    name = "TaskWakeupMethWrapper", module = "_asyncio", flags(GC, DISALLOW_INSTANTIATION),
    vectorcall_offset = vectorcall, doc = ""
)]
#[repr(C)]
pub(super) struct TaskWakeup {
    ob_base: PyObject,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
    #[traverse]
    task: Field<Task>,
}

impl FastCall for TaskStep {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        if args.keyword_names().is_some() {
            return Err(type_error!("function takes no keyword arguments"));
        }
        if !args.all.is_empty() {
            return Err(type_error!("function takes no positional arguments"));
        }
        if let Some(task) = self.task.get() {
            run_entered(&task, self.exception.get())?;
        }
        Ok(none().to_obj())
    }
}

impl FastCall for TaskWakeup {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let [future] = args.all else {
            return Err(type_error!("wakeup() takes exactly one argument"));
        };
        if let Some(task) = self.task.get() {
            wake(&task, future)?;
        }
        Ok(none().to_obj())
    }
}

#[pymethods]
impl TaskStep {
    #[pygetter(name = "__self__")]
    fn get_self(&self) -> Option<Py<Task>> {
        self.task.get()
    }

    #[pygetter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Option<Obj>> {
        match self.task.get().and_then(|task| task.coroutine()) {
            Some(coroutine) => coroutine.getattr(intern!("__qualname__")).map(Some),
            None => Ok(None),
        }
    }
}

#[pymethods]
impl TaskWakeup {
    #[pygetter(name = "__self__")]
    fn get_self(&self) -> Option<Py<Task>> {
        self.task.get()
    }

    #[pygetter(name = "__name__")]
    fn get_name(&self) -> &'static str {
        "task_wakeup"
    }

    #[pygetter(name = "__qualname__")]
    fn get_qualname(&self) -> Option<String> {
        let task = self.task.get()?;
        Some(format!("{}.task_wakeup", task.as_object().type_().name()))
    }
}

/// Has the loop call the next step, which throws an exception if one is given.
pub(super) fn schedule(task: &Task, exception: Option<Obj>) -> PyResult<()> {
    let callback = Py::new(TaskStep {
        ob_base: PyObject::HEADER,
        vectorcall: Cell::new(Some(vectorcall::<TaskStep>)),
        task: Field::new(PyClass::to_owned(task)),
        exception: Field::from_option(exception),
    })?;
    let event_loop = task.future().event_loop()?;
    call_soon(&event_loop, callback.as_object(), None, &*task.context()?)
}

fn wakeup(task: &Task) -> PyResult<Obj> {
    let wakeup = Py::new(TaskWakeup {
        ob_base: PyObject::HEADER,
        vectorcall: Cell::new(Some(vectorcall::<TaskWakeup>)),
        task: Field::new(PyClass::to_owned(task)),
    })?;
    Ok(wakeup.into_object())
}

/// Whether the object is a future of this module itself, of which nothing is overridden.
fn own_future(object: &PyObject) -> Option<&Future> {
    if object.is_exact::<Future>() || object.is_exact::<Task>() {
        object.downcast::<Future>()
    } else {
        None
    }
}

/// Goes on with a task whose future is done.
fn wake(task: &Task, future: &PyObject) -> PyResult<()> {
    if let Some(awaited) = future.downcast::<Future>() {
        awaited.discard_waiter(task.as_object())?;
    }
    let outcome = match own_future(future) {
        Some(own) => own.outcome(),
        None => future.call_method(intern!("result"), &[]),
    };
    match outcome {
        Ok(_) => run_entered(task, None),
        Err(error) => run_entered(task, Some(error.take())),
    }
}

/// A step in which the task is the one that runs in its loop.
fn run_entered(task: &Task, exception: Option<Obj>) -> PyResult<()> {
    let event_loop = task.future().event_loop()?;
    state().enter(&event_loop, task.as_object())?;
    let result = run(task, exception);
    let left = match result {
        Ok(()) => return state().leave(&event_loop, task.as_object()),
        Err(error) => {
            let exception = error.take();
            let left = state().leave(&event_loop, task.as_object());
            left.map(|()| exception)
        }
    };
    Err(PyErr::restore(left?))
}

/// Resumes the coroutine and sees to what comes of it.
pub(super) fn run(task: &Task, exception: Option<Obj>) -> PyResult<()> {
    let future = task.future();
    if !future.is_pending() {
        let shown = exception.map_or_else(String::new, |exception| exception.to_display_repr());
        return Err(invalid_state(&format!(
            "__step(): already done: {} {shown}",
            task.as_object().to_display_repr(),
        )));
    }
    let exception = thrown(task, exception)?;
    task.wait_for(None);
    let Some(coroutine) = task.coroutine() else {
        return Err(runtime_error!("uninitialized Task object"));
    };
    let outcome = match exception {
        None => coroutine.send(none()),
        Some(exception) => coroutine
            .call_method(intern!("throw"), &[&exception])
            .map(SendResult::Next),
    };
    match outcome {
        Ok(SendResult::Next(awaited)) => wait(task, &awaited),
        Ok(SendResult::Return(value)) => finish(task, value),
        Err(error) if error.matches(&exc::StopIteration) => {
            finish(task, err::fetch_stop_iteration_value(error)?)
        }
        Err(error) => fail(task, error),
    }
}

/// What is thrown into the coroutine: a cancellation that was asked for comes first.
fn thrown(task: &Task, exception: Option<Obj>) -> PyResult<Option<Obj>> {
    if !task.must_cancel() {
        return Ok(exception);
    }
    task.set_must_cancel(false);
    if let Some(exception) = exception
        && is_cancellation(&exception)?
    {
        return Ok(Some(exception));
    }
    task.future().cancelled_error().map(Some)
}

/// The coroutine has returned.
fn finish(task: &Task, value: Obj) -> PyResult<()> {
    state().forget(task);
    if task.must_cancel() {
        task.set_must_cancel(false);
        let message = task.future().cancel_message();
        return task.future().cancel_with(message).map(drop);
    }
    task.future().finish_with(value)
}

/// The coroutine has raised.
fn fail(task: &Task, error: PyErr) -> PyResult<()> {
    state().forget(task);
    let ends = ends_program(&error);
    let exception = error.take();
    if is_cancellation(&exception)? {
        task.future().set_cancelled_error(exception);
        return task.future().cancel_with(None).map(drop);
    }
    task.future().fail_with(&exception)?;
    if ends {
        return Err(PyErr::restore(exception));
    }
    Ok(())
}

/// Goes on at once, with an error that tells what the coroutine did wrong.
fn refuse(task: &Task, message: &str) -> PyResult<()> {
    let error = runtime_error!("{message}").take();
    schedule(task, Some(error))
}

fn shown(object: &PyObject) -> String {
    object.to_display_repr()
}

/// The coroutine has yielded: it waits for a future, or only lets others run.
fn wait(task: &Task, awaited: &PyObject) -> PyResult<()> {
    let this = task.as_object();
    if awaited.is(this) {
        return refuse(
            task,
            &format!("Task cannot await on itself: {}", shown(this)),
        );
    }
    if awaited.is(none()) {
        return schedule(task, None);
    }
    let own = own_future(awaited);
    let blocking = match own {
        Some(own) => own.is_blocking(),
        None => match awaited.lookup_attr(intern!("_asyncio_future_blocking"))? {
            Some(blocking) if !blocking.is(none()) => blocking.is_true()?,
            _ => return refuse_other(task, awaited),
        },
    };
    let event_loop = task.future().event_loop()?;
    let same_loop = match own {
        Some(own) => own.belongs_to(&event_loop),
        None => loop_of(awaited)?.is(&event_loop),
    };
    if !same_loop {
        return refuse(
            task,
            &format!(
                "Task {} got Future {} attached to a different loop",
                shown(this),
                shown(awaited)
            ),
        );
    }
    if !blocking {
        return refuse(
            task,
            &format!(
                "yield was used instead of yield from in task {} with {}",
                shown(this),
                shown(awaited)
            ),
        );
    }
    if let Some(future) = awaited.downcast::<Future>() {
        future.add_waiter(this)?;
    }
    let wakeup = wakeup(task)?;
    match own {
        Some(own) => {
            own.set_blocking(false);
            own.add_callback(&wakeup, &*task.context()?)?;
        }
        None => {
            let no = krait_runtime::bool_object(false);
            awaited.setattr(intern!("_asyncio_future_blocking"), Some(no))?;
            awaited
                .getattr(intern!("add_done_callback"))?
                .call_kw(&[&wakeup], &[("context", &*task.context()?)])?;
        }
    }
    task.wait_for(Some(awaited.to_obj()));
    if task.must_cancel() {
        let message = super::or_none(task.future().cancel_message());
        let cancel = awaited.getattr(intern!("cancel"))?;
        if cancel.call_kw(&[], &[("msg", &message)])?.is_true()? {
            task.set_must_cancel(false);
        }
    }
    Ok(())
}

/// The coroutine has yielded something that is no future.
fn refuse_other(task: &Task, yielded: &PyObject) -> PyResult<()> {
    let class = yielded.type_();
    if !class.is_heap_type() && class.name() == "generator" {
        return refuse(
            task,
            &format!(
                "yield was used instead of yield from for generator in task {} with {}",
                shown(task.as_object()),
                shown(yielded)
            ),
        );
    }
    refuse(task, &format!("Task got bad yield: {}", shown(yielded)))
}
