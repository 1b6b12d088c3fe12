//! `lock` and `RLock`.
//!
//! A lock is one word: 0 is free, 1 is locked, 2 is locked with threads waiting. Waiting ends at
//! signals, so that handlers run and may raise.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use krait_host::{Errno, futex};
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, PyErr, PyResult, PyStr, PyTuple, PyType, ThreadState, WeakList, hooks, overflow_error,
    runtime_error, value_error,
};

const FREE: u32 = 0;
const LOCKED: u32 = 1;
const CONTENDED: u32 = 2;

/// The word that a lock is.
#[derive(Default)]
pub(super) struct RawLock(AtomicU32);

impl RawLock {
    fn try_acquire(&self) -> bool {
        self.0
            .compare_exchange(FREE, LOCKED, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Waits for the lock; false when the time is over.
    pub(super) fn acquire(&self, wait: Wait) -> PyResult<bool> {
        if self.try_acquire() {
            return Ok(true);
        }
        let deadline = match wait {
            Wait::No => return Ok(false),
            Wait::Forever => None,
            Wait::For(time) => Instant::now().checked_add(time),
        };
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            let waited = ThreadState::allow_threads(|| futex::wait(&self.0, CONTENDED, left));
            if waited == Err(Errno::EINTR) {
                hooks::check_signals()?;
            }
        }
        Ok(true)
    }

    /// Frees the lock; false if it was free.
    pub(super) fn release(&self) -> bool {
        match self.0.swap(FREE, Ordering::Release) {
            FREE => false,
            LOCKED => true,
            _ => {
                futex::wake(&self.0, 1);
                true
            }
        }
    }

    fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) != FREE
    }

    fn reset(&self) {
        self.0.store(FREE, Ordering::Relaxed);
    }
}

/// How long to wait.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    No,
    Forever,
    For(Duration),
}

impl Wait {
    /// From the arguments of `acquire`.
    fn from_arguments(blocking: bool, timeout: Option<&PyObject>) -> PyResult<Wait> {
        let seconds = match timeout {
            None => -1.0,
            Some(timeout) => timeout.to_f64()?,
        };
        if seconds.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        if !blocking {
            if seconds != -1.0 {
                return Err(value_error!(
                    "can't specify a timeout for a non-blocking call"
                ));
            }
            return Ok(Wait::No);
        }
        if seconds == -1.0 {
            return Ok(Wait::Forever);
        }
        Self::seconds(seconds)
    }

    /// A given time.
    pub(super) fn seconds(seconds: f64) -> PyResult<Wait> {
        if seconds < 0.0 {
            return Err(value_error!("timeout value must be a non-negative number"));
        }
        if seconds > super::TIMEOUT_MAX {
            return Err(overflow_error!("timeout value is too large"));
        }
        match Duration::try_from_secs_f64(seconds) {
            Ok(time) if time.is_zero() => Ok(Wait::No),
            Ok(time) => Ok(Wait::For(time)),
            Err(_) => Err(overflow_error!(
                "timestamp too large to convert to C PyTime_t"
            )),
        }
    }
}

fn unlocked() -> PyErr {
    runtime_error!("release unlocked lock")
}

/// A lock.
///
/// Only one thread holds it at a time. It does not belong to the thread that locked it: any thread
/// may release it, and a thread that acquires it twice waits for itself.
#[pyclass(name = "lock", module = "_thread")]
#[repr(C)]
pub(super) struct PyLock {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    raw: RawLock,
}

impl PyLock {
    pub(super) fn create() -> PyResult<Py<PyLock>> {
        Py::new(PyLock {
            ob_base: PyObject::HEADER,
            weaklist: WeakList::new(),
            raw: RawLock::default(),
        })
    }
}

#[pymethods]
impl PyLock {
    #[pynew(signature = "()")]
    fn new(_cls: &PyType) -> PyResult<Py<Self>> {
        Self::create()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let state = if self.raw.is_locked() {
            "locked"
        } else {
            "unlocked"
        };
        let name = self.as_object().type_().tp_name();
        Ok(PyStr::new(&format!(
            "<{state} {name} object at {:p}>",
            self.as_object()
        ))?
        .into_object())
    }

    /// Lock the lock. Return False if that did not work: it is taken and blocking is false, or the
    /// timeout is over.
    #[pymethod(signature = "($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<&PyObject>) -> PyResult<bool> {
        self.raw.acquire(Wait::from_arguments(blocking, timeout)?)
    }

    /// An obsolete synonym of acquire().
    #[pymethod(signature = "($self, /, blocking=True, timeout=-1)")]
    fn acquire_lock(&self, blocking: bool, timeout: Option<&PyObject>) -> PyResult<bool> {
        self.acquire(blocking, timeout)
    }

    /// Release the lock, which must be locked, for another thread to take.
    #[pymethod(signature = "($self, /)")]
    fn release(&self) -> PyResult<()> {
        if self.raw.release() {
            Ok(())
        } else {
            Err(unlocked())
        }
    }

    /// An obsolete synonym of release().
    #[pymethod(signature = "($self, /)")]
    fn release_lock(&self) -> PyResult<()> {
        self.release()
    }

    /// Return whether the lock is locked.
    #[pymethod(signature = "($self, /)")]
    fn locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// An obsolete synonym of locked().
    #[pymethod(signature = "($self, /)")]
    fn locked_lock(&self) -> bool {
        self.raw.is_locked()
    }

    /// Lock the lock.
    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<bool> {
        self.raw.acquire(Wait::Forever)
    }

    /// Release the lock.
    #[pymethod(name = "__exit__", signature = "($self, /, *exc_info)")]
    fn exit(&self, exc_info: Args<'_>) -> PyResult<()> {
        let _ = exc_info;
        self.release()
    }

    #[pymethod(signature = "($self, /)")]
    fn _at_fork_reinit(&self) {
        self.raw.reset();
    }
}

/// A lock that the thread that holds it may lock again; it is free once it was released as often.
#[pyclass(name = "RLock", module = "_thread", flags(BASETYPE))]
#[repr(C)]
pub(super) struct PyRLock {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    raw: RawLock,
    /// The ident of the thread that holds the lock.
    owner: Cell<u64>,
    count: Cell<u64>,
}

fn this_thread() -> u64 {
    ThreadState::current().ident.get() as u64
}

impl PyRLock {
    fn lock(&self, wait: Wait) -> PyResult<bool> {
        let thread = this_thread();
        if self.count.get() > 0 && self.owner.get() == thread {
            self.count.set(self.count.get() + 1);
            return Ok(true);
        }
        if !self.raw.acquire(wait)? {
            return Ok(false);
        }
        self.owner.set(thread);
        self.count.set(1);
        Ok(true)
    }

    fn is_owned(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == this_thread()
    }

    fn unlock(&self) -> PyResult<()> {
        if !self.is_owned() {
            return Err(runtime_error!("cannot release un-acquired lock"));
        }
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.owner.set(0);
            self.raw.release();
        }
        Ok(())
    }
}

#[pymethods]
impl PyRLock {
    #[slot(tp_new)]
    fn tp_new(
        cls: &PyType,
        _args: &PyTuple,
        _kwargs: Option<&krait_runtime::PyDict>,
    ) -> PyResult<Obj> {
        let lock = PyRLock {
            ob_base: PyObject::HEADER,
            weaklist: WeakList::new(),
            raw: RawLock::default(),
            owner: Cell::new(0),
            count: Cell::new(0),
        };
        Ok(Py::new_in(cls, lock)?.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let state = if self.count.get() > 0 {
            "locked"
        } else {
            "unlocked"
        };
        let text = format!(
            "<{state} {} object owner={} count={} at {:p}>",
            self.as_object().type_().tp_name(),
            self.owner.get(),
            self.count.get(),
            self.as_object()
        );
        Ok(PyStr::new(&text)?.into_object())
    }

    /// Lock the lock, once more if this thread holds it. Return False if that did not work.
    #[pymethod(signature = "($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<&PyObject>) -> PyResult<bool> {
        self.lock(Wait::from_arguments(blocking, timeout)?)
    }

    /// Release the lock once.
    #[pymethod(signature = "($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.unlock()
    }

    /// Return whether any thread holds the lock.
    #[pymethod(signature = "($self, /)")]
    fn locked(&self) -> bool {
        self.count.get() > 0
    }

    /// For internal use by threading.Condition.
    #[pymethod(name = "_is_owned", signature = "($self, /)")]
    fn py_is_owned(&self) -> bool {
        self.is_owned()
    }

    /// For internal use by threading.Condition.
    #[pymethod(signature = "($self, state, /)")]
    fn _acquire_restore(&self, state: &PyTuple) -> PyResult<()> {
        let Some((count, owner)) = super::pair(state) else {
            return Err(value_error!("not a saved state of a lock"));
        };
        self.raw.acquire(Wait::Forever)?;
        self.owner.set(owner);
        self.count.set(count);
        Ok(())
    }

    /// For internal use by threading.Condition.
    #[pymethod(signature = "($self, /)")]
    fn _release_save(&self) -> PyResult<(u64, u64)> {
        if self.count.get() == 0 {
            return Err(runtime_error!("cannot release un-acquired lock"));
        }
        let state = (self.count.replace(0), self.owner.replace(0));
        self.raw.release();
        Ok(state)
    }

    /// How often this thread has locked the lock.
    #[pymethod(signature = "($self, /)")]
    fn _recursion_count(&self) -> u64 {
        if self.is_owned() { self.count.get() } else { 0 }
    }

    /// Lock the lock.
    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<bool> {
        self.lock(Wait::Forever)
    }

    /// Release the lock.
    #[pymethod(name = "__exit__", signature = "($self, /, *exc_info)")]
    fn exit(&self, exc_info: Args<'_>) -> PyResult<()> {
        let _ = exc_info;
        self.unlock()
    }

    #[pymethod(signature = "($self, /)")]
    fn _at_fork_reinit(&self) {
        self.raw.reset();
        self.owner.set(0);
        self.count.set(0);
    }
}
