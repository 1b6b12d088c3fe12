//! `_queue`: an unbounded queue between threads.
//!
//! Objects are touched only under the interpreter's lock; a thread that waits has released it, and watches
//! a counter that every `put` raises.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use krait_macros::{pyclass, pymethods};
use krait_runtime::generic_alias::new_generic_alias;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::typeobject::new_type;
use krait_runtime::{
    Interpreter, PyDict, PyErr, PyFloat, PyModule, PyResult, PyStr, PyTuple, PyType, ThreadState,
    WeakList, exc, hooks, overflow_error, pymodule, type_error, value_error,
};

pymodule! {
    pub QUEUE = "_queue",
    "C implementation of the Python queue module.\nThis module is an implementation detail, please do not use it directly.",
    functions: [],
    classes: [SimpleQueue],
    exec: Some(exec),
}

/// The class `Empty`, per interpreter.
#[derive(Default)]
struct Empty(OnceCell<Py<PyType>>);

fn empty_class() -> PyResult<&'static Py<PyType>> {
    let kept = &Interpreter::current().extension::<Empty>().0;
    if kept.get().is_none() {
        let dict = PyDict::new()?;
        dict.set("__module__", &*PyStr::intern("_queue")?)?;
        let doc = PyStr::new("Exception raised by Queue.get(block=0)/get_nowait().")?;
        dict.set("__doc__", &doc)?;
        let bases = PyTuple::from_refs(&[&exc::Exception])?;
        let class = new_type(
            PyType::type_object(),
            &*PyStr::intern("Empty")?,
            &bases,
            &dict,
        )?;
        let _ = kept.set(class);
    }
    kept.get()
        .ok_or_else(|| krait_runtime::system_error!("_queue.Empty is not ready"))
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.dict().set("Empty", &**empty_class()?)
}

fn empty() -> PyErr {
    match empty_class() {
        Ok(class) => PyErr::set_none(class),
        Err(error) => error,
    }
}

/// How often a waiting thread looks for signals.
const SLICE: Duration = Duration::from_millis(50);

/// How many items were ever put, for those who wait for more.
#[derive(Default)]
struct Arrivals {
    count: Mutex<u64>,
    more: Condvar,
}

impl Arrivals {
    fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.more.notify_one();
    }

    /// Waits for more than `seen`, but not for longer than `time`.
    fn wait(&self, seen: u64, time: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if *count == seen {
            drop(
                self.more
                    .wait_timeout(count, time)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}

/// Simple, unbounded, reentrant FIFO queue.
#[pyclass(name = "SimpleQueue", module = "_queue", flags(BASETYPE, GC))]
#[repr(C)]
pub struct SimpleQueue {
    ob_base: PyObject,
    #[traverse]
    items: RefCell<VecDeque<Obj>>,
    arrivals: Arc<Arrivals>,
    #[weaklist]
    weaklist: WeakList,
}

/// When to stop waiting; `None` is never.
fn deadline(timeout: Option<&PyObject>) -> PyResult<Option<Instant>> {
    let Some(timeout) = timeout else {
        return Ok(None);
    };
    let seconds = match timeout.downcast::<PyFloat>() {
        Some(float) => float.value(),
        None if timeout.has_index() => timeout.to_f64()?,
        None => {
            return Err(type_error!(
                "'{}' object cannot be interpreted as an integer or float",
                timeout.type_().tp_name()
            ));
        }
    };
    if seconds.is_nan() {
        return Err(value_error!("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(value_error!("'timeout' must be a non-negative number"));
    }
    // What a count of nanoseconds in 64 bits can hold.
    if seconds >= 9_223_372_036.854_775 {
        return Err(overflow_error!("timestamp out of range for C PyTime_t"));
    }
    Ok(Some(Instant::now() + Duration::from_secs_f64(seconds)))
}

impl SimpleQueue {
    fn add(&self, item: &PyObject) {
        self.items.borrow_mut().push_back(item.to_obj());
        self.arrivals.add();
    }

    fn take(&self) -> Option<Obj> {
        self.items.borrow_mut().pop_front()
    }
}

#[pymethods]
impl SimpleQueue {
    #[slot(tp_new)]
    fn new(cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if std::ptr::eq(cls, SimpleQueue::type_object()) {
            if !args.is_empty() {
                return Err(type_error!("SimpleQueue() takes no positional arguments"));
            }
            if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
                return Err(type_error!("SimpleQueue() takes no keyword arguments"));
            }
        }
        let queue = SimpleQueue {
            ob_base: PyObject::HEADER,
            items: RefCell::default(),
            arrivals: Arc::default(),
            weaklist: WeakList::new(),
        };
        Ok(Py::new_in(cls, queue)?.into_object())
    }

    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this method
    /// never blocks.  They are provided for compatibility with the Queue class.
    #[pymethod(signature = "($self, /, item, block=True, timeout=None)")]
    fn put(&self, item: &PyObject, block: bool, timeout: Option<&PyObject>) {
        let _ = (block, timeout);
        self.add(item);
    }

    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    #[pymethod(signature = "($self, /, item)")]
    fn put_nowait(&self, item: &PyObject) {
        self.add(item);
    }

    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the default),
    /// block if necessary until an item is available. If 'timeout' is
    /// a non-negative number, it blocks at most 'timeout' seconds and raises
    /// the Empty exception if no item was available within that time.
    /// Otherwise ('block' is false), return an item if one is immediately
    /// available, else raise the Empty exception ('timeout' is ignored
    /// in that case).
    #[pymethod(signature = "($self, /, block=True, timeout=None)")]
    fn get(&self, block: bool, timeout: Option<&PyObject>) -> PyResult<Obj> {
        let until = if block { deadline(timeout)? } else { None };
        loop {
            let seen = self.arrivals.count();
            if let Some(item) = self.take() {
                return Ok(item);
            }
            let left = match until {
                None => SLICE,
                Some(until) => until.saturating_duration_since(Instant::now()).min(SLICE),
            };
            if !block || left.is_zero() {
                return Err(empty());
            }
            let arrivals = Arc::clone(&self.arrivals);
            ThreadState::allow_threads(move || arrivals.wait(seen, left));
            hooks::check_signals()?;
        }
    }

    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    #[pymethod(signature = "($self, /)")]
    fn get_nowait(&self) -> PyResult<Obj> {
        self.take().ok_or_else(empty)
    }

    /// Return True if the queue is empty, False otherwise (not reliable!).
    #[pymethod(signature = "($self, /)")]
    fn empty(&self) -> bool {
        self.items.borrow().is_empty()
    }

    /// Return the approximate size of the queue (not reliable!).
    #[pymethod(signature = "($self, /)")]
    fn qsize(&self) -> usize {
        self.items.borrow().len()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        new_generic_alias(cls, object)
    }
}
