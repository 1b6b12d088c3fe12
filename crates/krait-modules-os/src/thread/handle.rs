//! Starting threads, and waiting for them.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use krait_host::{Errno, futex};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, OptionalArg, PyDict, PyErr, PyResult, PyStr, PyTuple, PyType, ThreadState,
    WeakList, exc, hooks, none, runtime_error, type_error,
};

use super::lock::Wait;

/// What the interpreter knows of its threads.
#[derive(Default)]
pub(super) struct Threads {
    pub(super) main_ident: Cell<usize>,
    pub(super) stack_size: Cell<usize>,
    /// Threads started here that have not ended.
    pub(super) running: Cell<usize>,
    /// Every thread that was started or got a handle, until nobody knows it any more.
    all: RefCell<Vec<Weak<State>>>,
    /// The threads that the end of the program waits for.
    waited_for: RefCell<Vec<Arc<State>>>,
}

fn threads() -> &'static Threads {
    Interpreter::current().extension::<Threads>()
}

/// After a fork the child has one thread, which is the main one.
pub(super) fn after_fork_in_child() {
    let thread = ThreadState::current();
    let threads = threads();
    let this = krait_host::thread::ident() as usize;
    threads.waited_for.take();
    // A thread that was about to end counts too: it had not told yet.
    for state in threads.all.borrow().iter().filter_map(Weak::upgrade) {
        let is_started = state.phase.load(Ordering::Relaxed) == STARTED;
        if is_started && state.ident.load(Ordering::Relaxed) != this {
            state.set_done();
        }
    }
    thread.ident.set(this);
    threads.main_ident.set(this);
    threads.running.set(0);
}

impl Threads {
    fn add(&self, state: &Arc<State>) {
        let mut all = self.all.borrow_mut();
        if all.len() == all.capacity() {
            all.retain(|state| state.strong_count() > 0);
        }
        all.push(Arc::downgrade(state));
    }
}

/// What a thread's stack has beyond the size that a program wants: Python code may not use the end
/// of a stack, and would have nothing of a small one.
const STACK_ROOM: usize = 512 * 1024;

const NOT_STARTED: u32 = 0;
const STARTED: u32 = 1;
const DONE: u32 = 2;

/// The state of a thread, shared with the thread itself.
#[derive(Default)]
struct State {
    phase: AtomicU32,
    ident: AtomicUsize,
}

impl State {
    fn set_done(&self) {
        self.phase.store(DONE, Ordering::Release);
        futex::wake(&self.phase, i32::MAX);
    }

    fn is_done(&self) -> bool {
        self.phase.load(Ordering::Acquire) == DONE
    }

    /// Waits for the end of the thread, at most for the given time.
    fn join(&self, wait: Wait) -> PyResult<()> {
        let deadline = match wait {
            Wait::No => return Ok(()),
            Wait::Forever => None,
            Wait::For(time) => Instant::now().checked_add(time),
        };
        loop {
            let phase = self.phase.load(Ordering::Acquire);
            if phase == DONE {
                return Ok(());
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(());
            }
            let waited = ThreadState::allow_threads(|| futex::wait(&self.phase, phase, left));
            if waited == Err(Errno::EINTR) {
                hooks::check_signals()?;
            }
        }
    }
}

/// A thread that can be waited for.
#[pyclass(name = "_ThreadHandle", module = "_thread")]
#[repr(C)]
pub(super) struct PyThreadHandle {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    state: Arc<State>,
}

impl PyThreadHandle {
    fn create() -> PyResult<Py<PyThreadHandle>> {
        Py::new(PyThreadHandle {
            ob_base: PyObject::HEADER,
            weaklist: WeakList::new(),
            state: Arc::default(),
        })
    }
}

#[pymethods]
impl PyThreadHandle {
    #[pynew(signature = "()")]
    fn new(_cls: &PyType) -> PyResult<Py<Self>> {
        Self::create()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let ident = self.state.ident.load(Ordering::Relaxed);
        let name = self.as_object().type_().tp_name();
        Ok(PyStr::new(&format!("<{name} object: ident={ident}>"))?.into_object())
    }

    #[pygetter]
    fn ident(&self) -> usize {
        self.state.ident.load(Ordering::Relaxed)
    }

    #[pymethod(signature = "($self, timeout=None, /)", text_signature = "")]
    fn join(&self, timeout: Option<&PyObject>) -> PyResult<()> {
        let wait = match timeout {
            None => Wait::Forever,
            // Any negative time means no limit.
            Some(timeout) => match timeout.to_f64()? {
                seconds if seconds < 0.0 => Wait::Forever,
                seconds => Wait::seconds(seconds)?,
            },
        };
        if self.state.phase.load(Ordering::Acquire) == NOT_STARTED {
            return Err(runtime_error!("thread not started"));
        }
        if !self.state.is_done()
            && self.state.ident.load(Ordering::Relaxed) == ThreadState::current().ident.get()
        {
            return Err(runtime_error!("Cannot join current thread"));
        }
        if !self.state.is_done() && Interpreter::current().finalizing.get() {
            // No other thread can run any more, nor end.
            return Err(krait_runtime::exc!(
                PythonFinalizationError,
                "cannot join thread at interpreter shutdown"
            ));
        }
        self.state.join(wait)
    }

    #[pymethod(signature = "($self, /)")]
    fn is_done(&self) -> bool {
        self.state.is_done()
    }

    #[pymethod(signature = "($self, /)")]
    fn _set_done(&self) -> PyResult<()> {
        if self.state.phase.load(Ordering::Acquire) == NOT_STARTED {
            return Err(runtime_error!("thread not started"));
        }
        self.state.set_done();
        Ok(())
    }
}

/// What a new thread runs: references that change threads as a whole, guarded by the lock of the
/// interpreter, which the new thread takes before it touches them.
struct Task {
    interp: &'static Interpreter,
    function: usize,
    args: usize,
    kwargs: usize,
    state: Arc<State>,
}

impl Task {
    fn run(self) {
        let thread = ThreadState::attach_new(self.interp);
        self.state
            .ident
            .store(thread.ident.get(), Ordering::Relaxed);
        // SAFETY: the parent gave these references away for the task to own.
        let (function, args, kwargs) = unsafe {
            (
                Obj::from_owned_ptr(self.function as *mut _),
                Py::<PyTuple>::from_owned_ptr(self.args as *mut _),
                Py::<PyDict>::from_owned_ptr_opt(self.kwargs as *mut _),
            )
        };
        if let Err(error) = function.call_tuple(&args, kwargs.as_deref()) {
            if error.matches(&exc::SystemExit) {
                error.clear();
            } else {
                // Showing the function runs Python code, which must not see the exception.
                let exception = error.take();
                let shown = function.repr().map_or_else(
                    |error| {
                        error.clear();
                        "?".to_owned()
                    },
                    |text| text.to_string_lossy(),
                );
                let context = format!("Exception ignored in thread started by {shown}");
                PyErr::restore(exception).write_unraisable(Some(&context), None);
            }
        }
        drop((function, args, kwargs));
        let threads = self.interp.extension::<Threads>();
        threads.running.set(threads.running.get().saturating_sub(1));
        threads
            .waited_for
            .borrow_mut()
            .retain(|state| !Arc::ptr_eq(state, &self.state));
        let state = self.state;
        // SAFETY: this thread touches no object any more.
        unsafe { ThreadState::detach_and_free(thread) };
        state.set_done();
    }
}

/// Starts a thread; its ident is the result.
fn start(
    function: &PyObject,
    args: &PyTuple,
    kwargs: Option<&PyDict>,
    state: Arc<State>,
) -> PyResult<usize> {
    let interp = Interpreter::current();
    if interp.finalizing.get() {
        return Err(krait_runtime::exc!(
            PythonFinalizationError,
            "can't create new thread at interpreter shutdown"
        ));
    }
    let task = Task {
        interp,
        function: function.to_obj().into_ptr() as usize,
        args: PyClass::to_owned(args).into_ptr() as usize,
        kwargs: kwargs.map_or(0, |kwargs| PyClass::to_owned(kwargs).into_ptr() as usize),
        state: state.clone(),
    };
    let references = [task.function, task.args, task.kwargs];
    state.phase.store(STARTED, Ordering::Release);
    let threads = threads();
    threads.add(&state);
    let stack_size = match threads.stack_size.get() {
        0 => 0,
        size => size.saturating_add(STACK_ROOM),
    };
    match krait_host::thread::start(stack_size, Box::new(move || task.run())) {
        Ok(ident) => {
            state.ident.store(ident as usize, Ordering::Relaxed);
            threads.running.set(threads.running.get() + 1);
            Ok(ident as usize)
        }
        Err(_) => {
            state.phase.store(NOT_STARTED, Ordering::Release);
            for reference in references {
                // SAFETY: no thread was started: the references are still ours.
                drop(unsafe { Obj::from_owned_ptr_opt(reference as *mut _) });
            }
            Err(runtime_error!("can't start new thread"))
        }
    }
}

/// Start a new thread that calls the function, and return its identifier.
///
/// The thread ends when the function returns. An exception that the function does not handle is
/// reported, except for SystemExit.
#[pyfunction(signature = "(function, args, kwargs={}, /)")]
pub(super) fn start_new_thread(
    function: &PyObject,
    args: &PyObject,
    kwargs: OptionalArg<&PyObject>,
) -> PyResult<usize> {
    if !function.is_callable() {
        return Err(type_error!("first arg must be callable"));
    }
    let Some(args) = args.downcast::<PyTuple>() else {
        return Err(type_error!("2nd arg must be a tuple"));
    };
    let kwargs = match kwargs.present() {
        None => None,
        Some(kwargs) => match kwargs.downcast::<PyDict>() {
            Some(kwargs) => Some(kwargs),
            None => return Err(type_error!("optional 3rd arg must be a dictionary")),
        },
    };
    krait_runtime::audit!("_thread.start_new_thread", function, args, kwargs)?;
    start(function, args, kwargs, Arc::default())
}

/// An obsolete synonym of start_new_thread().
#[pyfunction(signature = "(function, args, kwargs={}, /)")]
pub(super) fn start_new(
    function: &PyObject,
    args: &PyObject,
    kwargs: OptionalArg<&PyObject>,
) -> PyResult<usize> {
    start_new_thread(function, args, kwargs)
}

/// Start a new thread that can be waited for: for internal use by threading.
///
/// The handle is made if there is none. The end of the program does not wait for daemons.
#[pyfunction(signature = "(function, handle=None, daemon=True)")]
pub(super) fn start_joinable_thread(
    function: &PyObject,
    handle: Option<&PyObject>,
    daemon: bool,
) -> PyResult<Obj> {
    if !function.is_callable() {
        return Err(type_error!("thread function must be callable"));
    }
    krait_runtime::audit!(
        "_thread.start_joinable_thread",
        function,
        i32::from(daemon),
        handle
    )?;
    let handle = match handle {
        None => PyThreadHandle::create()?,
        Some(handle) => match handle.downcast::<PyThreadHandle>() {
            Some(handle) => PyClass::to_owned(handle),
            None => return Err(type_error!("'handle' must be a _ThreadHandle")),
        },
    };
    if handle.state.phase.load(Ordering::Acquire) != NOT_STARTED {
        return Err(runtime_error!("thread already started"));
    }
    if !daemon {
        threads().waited_for.borrow_mut().push(handle.state.clone());
    }
    let started = start(function, &PyTuple::empty(), None, handle.state.clone());
    if started.is_err() {
        threads()
            .waited_for
            .borrow_mut()
            .retain(|state| !Arc::ptr_eq(state, &handle.state));
    }
    started.map(|_| handle.into_object())
}

/// Make a handle for a running thread: for internal use by threading.
#[pyfunction(signature = "(ident, /)")]
pub(super) fn _make_thread_handle(ident: usize) -> PyResult<Obj> {
    let handle = PyThreadHandle::create()?;
    handle.state.ident.store(ident, Ordering::Relaxed);
    handle.state.phase.store(STARTED, Ordering::Release);
    threads().add(&handle.state);
    Ok(handle.into_object())
}

/// Wait for all threads but the daemons: for internal use by threading.
#[pyfunction]
pub(super) fn _shutdown() -> PyResult<Obj> {
    let this = ThreadState::current().ident.get();
    loop {
        let next = threads()
            .waited_for
            .borrow()
            .iter()
            .find(|state| state.ident.load(Ordering::Relaxed) != this)
            .cloned();
        let Some(state) = next else {
            return Ok(none().to_obj());
        };
        if let Err(error) = state.join(Wait::Forever) {
            let error: PyErr = error;
            error.write_unraisable(
                Some("Exception ignored while joining a thread in _thread._shutdown()"),
                None,
            );
        }
        threads()
            .waited_for
            .borrow_mut()
            .retain(|each| !Arc::ptr_eq(each, &state));
    }
}
