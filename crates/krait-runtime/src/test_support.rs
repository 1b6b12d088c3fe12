//! For unit tests: one interpreter, which every test attaches its own thread to.

use std::sync::OnceLock;

use crate::{Interpreter, ThreadState};

/// Runs a test body with the kernel's classes ready.
pub(crate) fn with_runtime(body: impl FnOnce()) {
    static INTERPRETER: OnceLock<&'static Interpreter> = OnceLock::new();
    static READY: OnceLock<bool> = OnceLock::new();
    let interp = *INTERPRETER.get_or_init(|| Interpreter::create((1, 2)));
    let _attached = Attached(ThreadState::attach_new(interp));
    let ready = READY.get_or_init(|| {
        let prepared = (|| {
            interp.interned.init()?;
            crate::typeobject::ready_all()?;
            crate::exceptions::ready()
        })();
        prepared.is_ok()
    });
    assert!(*ready, "the kernel's classes are ready");
    body();
}

/// Gives the interpreter's lock up at the end, also after a failed assertion.
struct Attached(&'static ThreadState);

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: made by this thread, which touches no object any more.
        unsafe { self.0.detach_and_free() };
    }
}
