//! Raising and catching: an error is a zero-sized token, the exception is in the thread state.
//!
//! Invariant: a [`PyErr`] exists exactly while the thread's `current_exception` is set, as CPython's
//! NULL goes with a set error indicator. Whoever swallows the token clears or takes the exception.

use std::cell::Cell;

use crate::exceptions::PyBaseException;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::ThreadState;
use crate::typeobject::PyType;
use crate::{PyStr, PyTuple};

/// The result of anything that may raise.
pub type PyResult<T> = Result<T, PyErr>;

/// Says that an exception is set in the thread state; as cheap as CPython's NULL.
#[must_use = "the exception stays set until it is taken, cleared or passed on"]
pub struct PyErr(());

/// An entry of the stack of exceptions being handled: one per running generator, one per thread. Laid out as in C.
#[repr(C)]
pub struct ExcStackItem {
    /// The exception being handled here; empty or `None` when there is none.
    pub exc_value: Field<PyObject>,
    /// The next outer entry.
    pub previous: Cell<*const ExcStackItem>,
}

impl ExcStackItem {
    /// An entry without an exception.
    pub const fn new() -> Self {
        Self {
            exc_value: Field::empty(),
            previous: Cell::new(std::ptr::null()),
        }
    }
}

impl Default for ExcStackItem {
    fn default() -> Self {
        Self::new()
    }
}

impl PyErr {
    /// Raises `class(message)`.
    #[cold]
    #[inline(never)]
    pub fn new(class: &PyType, message: impl AsRef<str>) -> PyErr {
        let made = PyStr::new(message.as_ref())
            .and_then(|message| crate::exceptions::new_with_message(class, &message));
        match made {
            Ok(exception) => Self::raise(exception),
            Err(error) => error,
        }
    }

    /// Raises `class()`.
    #[cold]
    pub fn set_none(class: &PyType) -> PyErr {
        match class.as_object().call0() {
            Ok(exception) => Self::raise(exception),
            Err(error) => error,
        }
    }

    /// Raises `class(value)`; a tuple is spread into arguments and an instance of `class` is raised
    /// itself, as `PyErr_SetObject` does.
    #[cold]
    pub fn set_object(class: &PyType, value: Obj) -> PyErr {
        if value.type_().is_subtype(class) {
            return Self::raise(value);
        }
        let made = match value.downcast::<PyTuple>() {
            Some(arguments) => class.as_object().call_tuple(arguments, None),
            None if value.is(crate::none()) => class.as_object().call0(),
            None => class.as_object().call1(&value),
        };
        match made {
            Ok(exception) => Self::raise(exception),
            Err(error) => error,
        }
    }

    /// Raises an exception instance and links the exception being handled as its `__context__`.
    #[cold]
    pub fn raise(exception: Obj) -> PyErr {
        let tstate = ThreadState::current();
        if let Some(raised) = exception.downcast::<PyBaseException>() {
            if let Some(handled) = tstate.handled_exception() {
                link_context(raised, handled);
            }
            Self::restore(exception)
        } else {
            Self::new(
                &crate::exc::TypeError,
                format!(
                    "exceptions must derive from BaseException, not {}",
                    exception.type_name()
                ),
            )
        }
    }

    /// Sets an exception as it is, context and all: what was taken is raised again.
    pub fn restore(exception: Obj) -> PyErr {
        ThreadState::current()
            .current_exception
            .set(Some(exception));
        PyErr(())
    }

    /// A token for the exception that is already set; raises `SystemError` if none is.
    pub fn fetch() -> PyErr {
        if ThreadState::current().current_exception.is_some() {
            PyErr(())
        } else {
            Self::new(
                &crate::exc::SystemError,
                "error return without exception set",
            )
        }
    }

    /// A token, if an exception is set: for calls that signal errors out of band.
    pub fn occurred() -> Option<PyErr> {
        ThreadState::current()
            .current_exception
            .is_some()
            .then_some(PyErr(()))
    }

    /// Takes the exception out of the thread state.
    pub fn take(self) -> Obj {
        ThreadState::current()
            .current_exception
            .take()
            .expect("a PyErr exists only while an exception is set")
    }

    /// Forgets the exception.
    pub fn clear(self) {
        ThreadState::current().current_exception.set(None);
    }

    /// The exception, which stays set.
    pub fn value(&self) -> Obj {
        ThreadState::current()
            .current_exception
            .get()
            .expect("a PyErr exists only while an exception is set")
    }

    /// Whether the exception is an instance of `class` or of a subclass.
    pub fn matches(&self, class: &PyType) -> bool {
        // SAFETY: no Python code runs while the exception is borrowed.
        unsafe { ThreadState::current().current_exception.borrow() }
            .is_some_and(|exception| exception.type_().is_subtype(class))
    }

    /// Raises this error with `cause` as its `__cause__` (`raise … from …`).
    pub fn with_cause(self, cause: Obj) -> PyErr {
        let exception = self.take();
        if let Some(raised) = exception.downcast::<PyBaseException>() {
            raised.context.set(Some(cause.clone()));
            raised.cause.set(Some(cause));
            raised.suppress_context.set(1);
        }
        Self::restore(exception)
    }

    /// Reports an exception that cannot be passed on, through `sys.unraisablehook`.
    pub fn write_unraisable(self, context: Option<&str>, object: Option<&PyObject>) {
        let hooks = ThreadState::current().interp.hooks.get();
        (hooks.write_unraisable)(self, context, object);
    }
}

/// `MemoryError`, from the instance that is kept for it.
#[cold]
#[inline(never)]
pub fn no_memory() -> PyErr {
    PyErr::raise(crate::exceptions::memory_error())
}

/// Makes `handled` the `__context__` of `raised`, unless they are the same; a chain that already
/// leads from `handled` to `raised` is cut there, so that no cycle arises.
fn link_context(raised: &PyBaseException, handled: Obj) {
    if handled.is(raised) {
        return;
    }
    let mut link = handled.clone();
    // Floyd's slow pointer: a chain that a program made cyclic must not hang us.
    let mut slow = handled.clone();
    let mut advance_slow = false;
    while let Some(context) = context_of(&link) {
        if context.is(raised) {
            if let Some(holder) = link.downcast::<PyBaseException>() {
                holder.context.set(None);
            }
            break;
        }
        link = context;
        if link.is(&slow) {
            break;
        }
        if advance_slow && let Some(next) = context_of(&slow) {
            slow = next;
        }
        advance_slow = !advance_slow;
    }
    raised.context.set(Some(handled));
}

fn context_of(exception: &PyObject) -> Option<Obj> {
    exception.downcast::<PyBaseException>()?.context.get()
}

/// Raises `KeyError(key)`.
#[cold]
pub fn key_error_object(key: &PyObject) -> PyErr {
    // A tuple key must not be spread into arguments.
    match crate::exc::KeyError.as_object().call1(key) {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

/// Raises `StopIteration(value)`, for code that must signal the end as an exception.
#[cold]
pub fn stop_iteration(value: Obj) -> PyErr {
    if value.is(crate::none()) {
        return PyErr::set_none(&crate::exc::StopIteration);
    }
    match PyTuple::from_array([value]) {
        Ok(arguments) => PyErr::set_object(&crate::exc::StopIteration, arguments.into_object()),
        Err(error) => error,
    }
}

/// Takes the `value` of a set `StopIteration`; any other exception is passed on.
pub fn fetch_stop_iteration_value(error: PyErr) -> PyResult<Obj> {
    if !error.matches(&crate::exc::StopIteration) {
        return Err(error);
    }
    let exception = error.take();
    match exception.downcast::<crate::exceptions::PyStopIteration>() {
        Some(stop) => Ok(stop.value.get().unwrap_or_else(|| crate::none().to_obj())),
        None => exception.getattr(crate::intern!("value")),
    }
}

/// Raises the `OSError` subclass for `errno`, with up to two file names.
#[cold]
pub fn os_error(errno: i32, filename: Option<&PyObject>, filename2: Option<&PyObject>) -> PyErr {
    let build = || -> PyResult<Py<PyTuple>> {
        let number = crate::PyLong::from_i64(i64::from(errno))?.into_object();
        let text = PyStr::new(&krait_host::errno::Errno(errno).text())?.into_object();
        let mut arguments = vec![number, text];
        if let Some(filename) = filename {
            arguments.push(filename.to_obj());
            if let Some(second) = filename2 {
                arguments.extend([crate::none().to_obj(), second.to_obj()]);
            }
        }
        PyTuple::from_vec(arguments)
    };
    match build() {
        Ok(arguments) => PyErr::set_object(&crate::exc::OSError, arguments.into_object()),
        Err(error) => error,
    }
}

/// Raises an exception of a builtin class with a formatted message: `exc!(ValueError, "bad {x}")`.
#[macro_export]
macro_rules! exc {
    ($class:ident, $($format:tt)+) => {
        $crate::PyErr::new(&$crate::exc::$class, ::std::format!($($format)+))
    };
}

// Written out, because a macro that a macro defines cannot be named by its path within the crate.

/// `TypeError` with a formatted message.
#[macro_export]
macro_rules! type_error {
    ($($format:tt)+) => {
        $crate::exc!(TypeError, $($format)+)
    };
}

/// `ValueError` with a formatted message.
#[macro_export]
macro_rules! value_error {
    ($($format:tt)+) => {
        $crate::exc!(ValueError, $($format)+)
    };
}

/// `IndexError` with a formatted message.
#[macro_export]
macro_rules! index_error {
    ($($format:tt)+) => {
        $crate::exc!(IndexError, $($format)+)
    };
}

/// `KeyError` with a formatted message (for a key object: [`err::key_error_object`](crate::err::key_error_object)).
#[macro_export]
macro_rules! key_error {
    ($($format:tt)+) => {
        $crate::exc!(KeyError, $($format)+)
    };
}

/// `RuntimeError` with a formatted message.
#[macro_export]
macro_rules! runtime_error {
    ($($format:tt)+) => {
        $crate::exc!(RuntimeError, $($format)+)
    };
}

/// `OverflowError` with a formatted message.
#[macro_export]
macro_rules! overflow_error {
    ($($format:tt)+) => {
        $crate::exc!(OverflowError, $($format)+)
    };
}

/// `AttributeError` with a formatted message.
#[macro_export]
macro_rules! attribute_error {
    ($($format:tt)+) => {
        $crate::exc!(AttributeError, $($format)+)
    };
}

/// `SystemError` with a formatted message.
#[macro_export]
macro_rules! system_error {
    ($($format:tt)+) => {
        $crate::exc!(SystemError, $($format)+)
    };
}

/// `ZeroDivisionError` with a formatted message.
#[macro_export]
macro_rules! zero_division_error {
    ($($format:tt)+) => {
        $crate::exc!(ZeroDivisionError, $($format)+)
    };
}

/// `BufferError` with a formatted message.
#[macro_export]
macro_rules! buffer_error {
    ($($format:tt)+) => {
        $crate::exc!(BufferError, $($format)+)
    };
}

/// `ImportError` with a formatted message.
#[macro_export]
macro_rules! import_error {
    ($($format:tt)+) => {
        $crate::exc!(ImportError, $($format)+)
    };
}
