//! For unit tests: one interpreter, which every test attaches its own thread to.

use std::sync::OnceLock;

use crate::{Interpreter, ThreadState};

/// Runs a test body with the kernel's classes ready.
pub(crate) fn with_runtime(body: impl FnOnce()) {
    let _attached = attach();
    body();
}

/// Attaches the calling thread for as long as the result lives. The allocator and the static classes
/// are the process's own: tests take turns by the interpreter's lock.
pub(crate) fn attach() -> Attached {
    static INTERPRETER: OnceLock<&'static Interpreter> = OnceLock::new();
    static READY: OnceLock<bool> = OnceLock::new();
    let interp = *INTERPRETER.get_or_init(|| Interpreter::create((1, 2)));
    let attached = Attached(ThreadState::attach_new(interp));
    let ready = READY.get_or_init(|| {
        let prepared = (|| {
            interp.interned.init()?;
            crate::typeobject::ready_all()?;
            crate::exceptions::ready()
        })();
        prepared.is_ok()
    });
    assert!(*ready, "the kernel's classes are ready");
    attached
}

/// Gives the interpreter's lock up at the end, also after a failed assertion.
pub(crate) struct Attached(&'static ThreadState);

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: made by this thread, which touches no object any more.
        unsafe { self.0.detach_and_free() };
    }
}

/// The value, or a panic that shows the exception.
#[track_caller]
pub(crate) fn ok<T>(result: crate::PyResult<T>) -> T {
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
pub(crate) fn raised<T>(result: crate::PyResult<T>) -> (String, String) {
    match result {
        Ok(_) => panic!("nothing was raised"),
        Err(error) => {
            let exception = error.take();
            (exception.type_name(), ok(exception.str()).to_string_lossy())
        }
    }
}
