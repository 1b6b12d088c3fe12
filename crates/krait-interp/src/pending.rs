//! What the eval loop stops for: other threads, signals, exceptions sent from other threads, the
//! collector; and the warning about coroutines that nobody awaited.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use krait_runtime::state::{Interpreter, ThreadState, breaker};
use krait_runtime::{Obj, PyErr, PyObject, PyResult, exc};

/// Calls queued by native code (`Py_AddPendingCall`), run by the loop.
#[derive(Default)]
pub struct PendingCalls(RefCell<Vec<Box<dyn FnOnce() -> PyResult<()>>>>);

impl PendingCalls {
    /// Queues a call.
    pub fn push(&self, call: Box<dyn FnOnce() -> PyResult<()>>) {
        self.0.borrow_mut().push(call);
        Interpreter::current().raise_breaker(breaker::PENDING_CALLS);
    }
}

/// Does whatever the thread's eval breaker asks for.
#[cold]
pub(crate) fn handle_breaker(ts: &'static ThreadState) -> PyResult<()> {
    let bits = ts.eval_breaker.load(Ordering::Relaxed);
    if bits & breaker::SIGNALS != 0 {
        krait_runtime::hooks::check_signals()?;
    }
    if bits & breaker::PENDING_CALLS != 0 {
        ts.clear_breaker(breaker::PENDING_CALLS);
        let calls = ts.interp.extension::<PendingCalls>();
        let queued = calls.0.take();
        for call in queued {
            call()?;
        }
    }
    if bits & breaker::COLLECT != 0 {
        ts.clear_breaker(breaker::COLLECT);
        krait_runtime::gc::run_scheduled(ts);
    }
    if bits & breaker::LOCK_REQUEST != 0 {
        ts.yield_lock();
    }
    if bits & breaker::ASYNC_EXCEPTION != 0 {
        ts.clear_breaker(breaker::ASYNC_EXCEPTION);
        if let Some(exception) = ts.async_exception.take() {
            return Err(raise_sent(exception));
        }
    }
    Ok(())
}

/// Raises what another thread sent: a class is called.
fn raise_sent(exception: Obj) -> PyErr {
    let instance = if krait_runtime::exceptions::is_exception_class(&exception) {
        match exception.call0() {
            Ok(instance) => instance,
            Err(error) => return error,
        }
    } else {
        exception
    };
    PyErr::raise(instance)
}

/// Warns that a coroutine was never awaited: through `warnings`, which adds where it was made.
pub(crate) fn warn_unawaited(coroutine: &PyObject) {
    let unraisable = |error: krait_runtime::PyErr| {
        let context = format!(
            "Exception ignored while finalizing coroutine {}",
            coroutine.to_display()
        );
        error.write_unraisable(Some(&context), None);
    };
    match warn_with_origin(coroutine) {
        Ok(true) => return,
        Ok(false) => {}
        Err(error) => {
            // The warning itself, made an error.
            let warned = error.matches(&exc::RuntimeWarning);
            unraisable(error);
            if warned {
                return;
            }
        }
    }
    let warn = || -> PyResult<()> {
        let qualname = coroutine
            .getattr(krait_runtime::intern!("__qualname__"))?
            .to_display();
        let message = format!("coroutine '{qualname}' was never awaited");
        krait_runtime::hooks::warn_about(coroutine, &exc::RuntimeWarning, &message, 1)
    };
    if let Err(error) = warn() {
        unraisable(error);
    }
}

/// Lets `warnings` do it, if it has been imported.
fn warn_with_origin(coroutine: &PyObject) -> PyResult<bool> {
    let name = krait_runtime::PyStr::intern("warnings")?;
    if let Some(modules) = Interpreter::current().modules.get()
        && let Some(module) = modules.get_item(&name)?
        && let Some(function) =
            module.lookup_attr(krait_runtime::intern!("_warn_unawaited_coroutine"))?
    {
        return function.call1(coroutine).map(|_| true);
    }
    Ok(false)
}
