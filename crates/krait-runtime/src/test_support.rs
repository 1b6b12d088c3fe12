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
    static READY: OnceLock<bool> = OnceLock::new();
    if cfg!(miri) {
        // A block of its own for every object: Miri sees what goes beyond one or comes too late.
        crate::alloc::use_c_library();
    }
    let attached = attach_without_classes();
    let ready = READY.get_or_init(|| {
        let prepared = (|| {
            attached.0.interp.interned.init()?;
            crate::typeobject::ready_all()?;
            crate::exceptions::ready()
        })();
        prepared.is_ok()
    });
    assert!(*ready, "the kernel's classes are ready");
    attached
}

/// As [`attach`], for tests of what lies below all objects.
pub(crate) fn attach_without_classes() -> Attached {
    static INTERPRETER: OnceLock<&'static Interpreter> = OnceLock::new();
    let interp = *INTERPRETER.get_or_init(|| Interpreter::create((1, 2)));
    Attached(ThreadState::attach_new(interp))
}

/// Gives the interpreter's lock up at the end, also after a failed assertion.
pub(crate) struct Attached(&'static ThreadState);

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: made by this thread, which touches no object any more.
        unsafe { ThreadState::detach_and_free(self.0) };
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
