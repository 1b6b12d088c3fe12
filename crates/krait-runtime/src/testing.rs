//! One interpreter for all tests of a process: the allocator and the static classes are shared, so
//! that tests take turns by the interpreter's own lock.

use std::sync::OnceLock;

use crate::state::{Interpreter, ThreadState};

static INTERPRETER: OnceLock<&'static Interpreter> = OnceLock::new();

/// A test's turn: the calling thread is attached for as long as it lives.
pub struct Attached {
    tstate: &'static ThreadState,
}

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: made by `attach`, which lends the state to nobody else.
        unsafe { self.tstate.detach_and_free() };
    }
}

/// Attaches the calling thread to the tests' interpreter, made and readied on first use.
pub fn attach() -> Attached {
    let interp = INTERPRETER.get_or_init(|| {
        let interp = Interpreter::create((0, 0));
        let attached = Attached { tstate: ThreadState::attach_new(interp) };
        let readied = crate::typeobject::ready_all().and_then(|()| crate::exceptions::ready());
        assert!(readied.is_ok(), "the builtin classes can be readied");
        drop(attached);
        interp
    });
    Attached { tstate: ThreadState::attach_new(interp) }
}

/// The value, or a panic that shows the exception.
#[track_caller]
pub fn ok<T>(result: crate::PyResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            let exception = error.take();
            let shown = exception.repr().map(|text| text.to_string_lossy());
            panic!("raised {}", shown.unwrap_or_else(|_| exception.type_name()));
        }
    }
}

/// The exception's class and message, or a panic.
#[track_caller]
pub fn raised<T>(result: crate::PyResult<T>) -> (String, String) {
    match result {
        Ok(_) => panic!("nothing was raised"),
        Err(error) => {
            let exception = error.take();
            (exception.type_name(), ok(exception.str()).to_string_lossy())
        }
    }
}
