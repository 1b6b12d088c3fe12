//! `_multiprocessing`: semaphores that processes share.
//!
//! A semaphore that lost its name at once (those of forked processes) can be reached through its
//! handle only; `_rebuild` takes none but the handles of semaphores that are open here.

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::sync::{Arc, Weak};

use krait_host::fs::Moment;
use krait_host::sem::{self, Semaphore};
use krait_host::{Errno, time};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, PyDict, PyErr, PyModule, PyResult, PyType, ThreadState, exc, hooks,
    pymodule, value_error,
};

use crate::common::{add_ints, c_string, quick, raise};

pymodule! {
    pub(crate) MULTIPROCESSING = "_multiprocessing",
    "",
    functions: [sem_unlink],
    classes: [PySemLock],
    exec: Some(exec)
}

/// A lock that the thread that holds it may take again.
const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

/// The semaphores that this process has open.
#[derive(Default)]
struct OpenSemaphores(RefCell<Vec<Weak<Semaphore>>>);

impl OpenSemaphores {
    fn add(&self, semaphore: Semaphore) -> Arc<Semaphore> {
        let semaphore = Arc::new(semaphore);
        let mut all = self.0.borrow_mut();
        if all.len() == all.capacity() {
            all.retain(|other| other.strong_count() > 0);
        }
        all.push(Arc::downgrade(&semaphore));
        semaphore
    }

    fn by_handle(&self, handle: usize) -> Option<Arc<Semaphore>> {
        let all = self.0.borrow();
        all.iter()
            .filter_map(Weak::upgrade)
            .find(|semaphore| semaphore.handle() == handle)
    }
}

fn open_semaphores() -> &'static OpenSemaphores {
    Interpreter::current().extension::<OpenSemaphores>()
}

/// Semaphore/Mutex type
#[pyclass(
    name = "SemLock",
    module = "_multiprocessing",
    flags(BASETYPE),
    doc = "Semaphore/Mutex type"
)]
#[repr(C)]
struct PySemLock {
    ob_base: PyObject,
    semaphore: Arc<Semaphore>,
    kind: i32,
    maxvalue: i32,
    name: Option<CString>,
    /// The ident of the thread that took it last.
    owner: Cell<usize>,
    /// How often this process took it and did not give it back.
    count: Cell<i32>,
}

impl PySemLock {
    fn create(
        class: &PyType,
        semaphore: Arc<Semaphore>,
        kind: i32,
        maxvalue: i32,
        name: Option<CString>,
    ) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            PySemLock {
                ob_base: PyObject::HEADER,
                semaphore,
                kind,
                maxvalue,
                name,
                owner: Cell::new(0),
                count: Cell::new(0),
            },
        )
    }

    fn is_owned(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == ThreadState::current().ident.get()
    }

    fn take(&self, block: bool, deadline: Option<Moment>) -> PyResult<bool> {
        if self.kind == RECURSIVE_MUTEX && self.is_owned() {
            self.count.update(|count| count.wrapping_add(1));
            return Ok(true);
        }
        // Most of the time nobody has to wait, and the interpreter's lock need not be given up.
        let mut taken = uninterrupted(|| self.semaphore.try_wait())?;
        if block && taken == Err(Errno::EAGAIN) {
            taken = uninterrupted(|| {
                ThreadState::allow_threads(|| match deadline {
                    None => self.semaphore.wait(),
                    Some(deadline) => self.semaphore.wait_until(deadline),
                })
            })?;
        }
        match taken {
            Ok(()) => {
                self.count.update(|count| count.wrapping_add(1));
                self.owner.set(ThreadState::current().ident.get());
                Ok(true)
            }
            Err(Errno::EAGAIN | Errno::ETIMEDOUT) => Ok(false),
            Err(errno) => Err(raise(errno)),
        }
    }

    fn give(&self) -> PyResult<()> {
        if self.kind == RECURSIVE_MUTEX {
            if !self.is_owned() {
                return Err(PyErr::new(
                    &exc::AssertionError,
                    "attempt to release recursive lock not owned by thread",
                ));
            }
            if self.count.get() > 1 {
                self.count.update(|count| count - 1);
                return Ok(());
            }
        } else if quick(self.semaphore.value())? >= self.maxvalue {
            return Err(value_error!("semaphore or lock released too many times"));
        }
        quick(self.semaphore.post())?;
        self.count.update(|count| count.wrapping_sub(1));
        Ok(())
    }
}

/// Makes a call again whenever a signal interrupted it, once the signal's handler has run.
fn uninterrupted(
    mut call: impl FnMut() -> krait_host::Result<()>,
) -> PyResult<krait_host::Result<()>> {
    loop {
        match call() {
            Err(Errno::EINTR) => hooks::check_signals()?,
            answer => return Ok(answer),
        }
    }
}

/// The moment so many seconds from now; negative times are none.
fn deadline_after(seconds: f64) -> PyResult<Moment> {
    let now = quick(time::clock_gettime(libc::CLOCK_REALTIME))?;
    let seconds = seconds.max(0.0);
    let nanoseconds = ((seconds.fract() * 1e9 + 0.5) as i64).saturating_add(now.nsec);
    // Casts saturate: a wait of more seconds than the clock has never ends.
    let whole = (seconds as i64).saturating_add(now.sec);
    Ok(Moment {
        sec: whole.saturating_add(nanoseconds / 1_000_000_000),
        nsec: nanoseconds % 1_000_000_000,
    })
}

#[pymethods]
impl PySemLock {
    #[pynew(signature = "(kind, value, maxvalue, name, unlink)")]
    fn new(
        cls: &PyType,
        kind: i32,
        value: i32,
        maxvalue: i32,
        name: &str,
        unlink: bool,
    ) -> PyResult<Py<Self>> {
        if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
            return Err(value_error!("unrecognized kind"));
        }
        let name = c_string(name.as_bytes())?;
        let semaphore = quick(Semaphore::create(&name, 0o600, value.cast_unsigned()))?;
        if unlink {
            quick(sem::unlink(&name))?;
        }
        let semaphore = open_semaphores().add(semaphore);
        Self::create(cls, semaphore, kind, maxvalue, (!unlink).then_some(name))
    }

    /// Take the semaphore; return whether that worked.
    ///
    /// With block, wait until it can be taken or the timeout in seconds is over.
    #[pymethod(signature = "($self, /, block=True, timeout=None)")]
    fn acquire(&self, block: bool, timeout: Option<&PyObject>) -> PyResult<bool> {
        let deadline = match timeout {
            // The lock that is held already needs no clock, but its argument must be right.
            Some(timeout) => Some(deadline_after(timeout.to_f64()?)?),
            None => None,
        };
        self.take(block, deadline)
    }

    /// Give the semaphore back.
    #[pymethod(signature = "($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give()
    }

    /// Take the semaphore, waiting for it.
    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<bool> {
        self.take(true, None)
    }

    /// Give the semaphore back.
    #[pymethod(
        name = "__exit__",
        signature = "($self, exc_type=None, exc_value=None, exc_tb=None, /)"
    )]
    fn exit(
        &self,
        exc_type: Option<&PyObject>,
        exc_value: Option<&PyObject>,
        exc_tb: Option<&PyObject>,
    ) -> PyResult<()> {
        let _ = (exc_type, exc_value, exc_tb);
        self.give()
    }

    /// How often this process took the semaphore and did not give it back.
    #[pymethod(signature = "($self, /)")]
    fn _count(&self) -> i32 {
        self.count.get()
    }

    /// Whether this thread holds the lock.
    #[pymethod(signature = "($self, /)")]
    fn _is_mine(&self) -> bool {
        self.is_owned()
    }

    /// How often the semaphore could be taken now.
    #[pymethod(signature = "($self, /)")]
    fn _get_value(&self) -> PyResult<i32> {
        // Some systems count those who wait as a negative value.
        Ok(quick(self.semaphore.value())?.max(0))
    }

    /// Whether the semaphore cannot be taken now.
    #[pymethod(signature = "($self, /)")]
    fn _is_zero(&self) -> PyResult<bool> {
        Ok(quick(self.semaphore.value())? == 0)
    }

    /// Open a semaphore that another process made, or forked with this one.
    #[pyclassmethod(signature = "($type, handle, kind, maxvalue, name, /)")]
    fn _rebuild(
        cls: &PyType,
        handle: usize,
        kind: i32,
        maxvalue: i32,
        name: Option<&str>,
    ) -> PyResult<Py<Self>> {
        let name = name.map(|name| c_string(name.as_bytes())).transpose()?;
        let semaphore = match &name {
            Some(name) => open_semaphores().add(quick(Semaphore::open(name))?),
            None => open_semaphores()
                .by_handle(handle)
                .ok_or_else(|| raise(Errno::EINVAL))?,
        };
        Self::create(cls, semaphore, kind, maxvalue, name)
    }

    /// What the parent took is not taken by the child of a fork.
    #[pymethod(signature = "($self, /)")]
    fn _after_fork(&self) {
        self.count.set(0);
    }

    #[pygetter]
    fn handle(&self) -> usize {
        self.semaphore.handle()
    }

    #[pygetter]
    fn kind(&self) -> i32 {
        self.kind
    }

    #[pygetter]
    fn maxvalue(&self) -> i32 {
        self.maxvalue
    }

    #[pygetter]
    fn name(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// Remove the name of a semaphore.
#[pyfunction(signature = "(name, /)")]
fn sem_unlink(name: &str) -> PyResult<()> {
    quick(sem::unlink(&c_string(name.as_bytes())?))
}

fn exec(module: &PyModule) -> PyResult<()> {
    let flags = PyDict::new()?;
    add_ints(&flags, &[("HAVE_SEM_OPEN", 1), ("HAVE_SEM_TIMEDWAIT", 1)])?;
    module.add("flags", &flags)?;
    let class = PySemLock::type_object();
    class
        .dict()
        .set("SEM_VALUE_MAX", &*sem::VALUE_MAX.into_py()?)?;
    class.modified();
    Ok(())
}
