//! Which loop and task run in each thread, and which tasks there are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use krait_runtime::weakref::{PyWeakReference, new_ref};
use krait_runtime::{
    Field, Interpreter, Obj, Py, PyClass, PyObject, PyResult, PySet, PyType, ThreadState,
    runtime_error,
};

use super::library;
use super::task::Task;

/// What runs in one thread.
struct Running {
    event_loop: Obj,
    task: Option<Obj>,
}

/// The module's state in one interpreter.
#[derive(Default)]
pub(super) struct State {
    /// By the serial number of the thread's state.
    threads: RefCell<HashMap<u64, Running>>,
    /// Tasks of this module by their address, for as long as they are not done.
    tasks: RefCell<HashMap<usize, Py<PyWeakReference>>>,
    /// Other tasks: a weak set.
    others: Field<PyObject>,
    /// Tasks that run for the first time, before they were ever scheduled.
    eager: Field<PySet>,
    /// A builtin class whose instances are known to be coroutines.
    pub(super) coroutine_class: Field<PyType>,
    /// How many tasks were given a number for a name.
    names: Cell<u64>,
}

/// The state of the current interpreter.
pub(super) fn state() -> &'static State {
    Interpreter::current().extension::<State>()
}

fn thread() -> u64 {
    ThreadState::current().serial
}

#[cold]
fn not_running(event_loop: &PyObject) -> krait_runtime::PyErr {
    runtime_error!(
        "loop {} is not the running loop",
        event_loop.to_display_repr()
    )
}

impl State {
    pub(super) fn running_loop(&self) -> Option<Obj> {
        let threads = self.threads.borrow();
        threads
            .get(&thread())
            .map(|running| running.event_loop.clone())
    }

    pub(super) fn set_running_loop(&self, event_loop: Option<Obj>) {
        let old = match event_loop {
            Some(event_loop) => {
                let running = Running {
                    event_loop,
                    task: None,
                };
                self.threads.borrow_mut().insert(thread(), running)
            }
            None => self.threads.borrow_mut().remove(&thread()),
        };
        drop(old);
    }

    /// Puts a task in the place of the one that runs in this thread; `check` refuses.
    fn replace(
        &self,
        event_loop: &PyObject,
        task: Option<Obj>,
        check: impl FnOnce(Option<&Obj>) -> Option<Obj>,
    ) -> PyResult<Result<Option<Obj>, Obj>> {
        let mut threads = self.threads.borrow_mut();
        let running = threads
            .get_mut(&thread())
            .filter(|running| running.event_loop.is(event_loop));
        let Some(running) = running else {
            drop(threads);
            return Err(not_running(event_loop));
        };
        if let Some(obstacle) = check(running.task.as_ref()) {
            return Ok(Err(obstacle));
        }
        Ok(Ok(std::mem::replace(&mut running.task, task)))
    }

    pub(super) fn enter(&self, event_loop: &PyObject, task: &PyObject) -> PyResult<()> {
        match self.replace(event_loop, Some(task.to_obj()), |current| current.cloned())? {
            Ok(_) => Ok(()),
            Err(current) => Err(runtime_error!(
                "Cannot enter into task {} while another task {} is being executed.",
                task.to_display_repr(),
                current.to_display_repr()
            )),
        }
    }

    pub(super) fn leave(&self, event_loop: &PyObject, task: &PyObject) -> PyResult<()> {
        let check = |current: Option<&Obj>| match current {
            Some(current) if current.is(task) => None,
            other => Some(super::or_none(other.cloned())),
        };
        match self.replace(event_loop, None, check)? {
            Ok(old) => {
                drop(old);
                Ok(())
            }
            Err(current) => Err(runtime_error!(
                "Invalid attempt to leave task {} while task {} is entered.",
                task.to_display_repr(),
                current.to_display_repr()
            )),
        }
    }

    pub(super) fn swap(&self, event_loop: &PyObject, task: Option<Obj>) -> PyResult<Option<Obj>> {
        Ok(self
            .replace(event_loop, task, |_| None)?
            .unwrap_or_default())
    }

    /// The task that runs in a loop, in whichever thread.
    pub(super) fn task_of(&self, event_loop: &PyObject) -> Option<Obj> {
        let threads = self.threads.borrow();
        let mut running = threads.values();
        running
            .find(|running| running.event_loop.is(event_loop))
            .and_then(|running| running.task.clone())
    }

    pub(super) fn register(&self, task: &Task) -> PyResult<()> {
        let reference = new_ref(task, None)?;
        let address = task.as_object().as_ptr().addr();
        let old = self.tasks.borrow_mut().insert(address, reference);
        drop(old);
        Ok(())
    }

    pub(super) fn forget(&self, task: &Task) {
        let address = task.as_object().as_ptr().addr();
        let old = self.tasks.borrow_mut().remove(&address);
        drop(old);
    }

    /// The tasks of this module that are not done.
    pub(super) fn registered(&self) -> Vec<Obj> {
        let tasks = self.tasks.borrow();
        tasks.values().filter_map(|task| task.get()).collect()
    }

    /// The weak set of other tasks.
    pub(super) fn others(&self) -> PyResult<Obj> {
        if let Some(others) = self.others.get() {
            return Ok(others);
        }
        let others = library("weakref", "WeakSet")?.call0()?;
        self.others.set(Some(others.clone()));
        Ok(others)
    }

    pub(super) fn others_if_any(&self) -> Option<Obj> {
        self.others.get()
    }

    pub(super) fn eager(&self) -> PyResult<Py<PySet>> {
        if let Some(eager) = self.eager.get() {
            return Ok(eager);
        }
        let eager = PySet::new()?;
        self.eager.set(Some(eager.clone()));
        Ok(eager)
    }

    /// The next number of a task.
    pub(super) fn next_number(&self) -> u64 {
        self.names.set(self.names.get() + 1);
        self.names.get()
    }
}
