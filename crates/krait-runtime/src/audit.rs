//! Audit events (PEP 578): what `sys.addaudithook` hears of.
//!
//! Native code raises one with [`audit!`](crate::audit!), which makes the arguments only if a hook is
//! there to get them.

use crate::object::{Obj, PyClass, PyObject};
use crate::state::{Interpreter, ThreadState};
use crate::{PyResult, PyStr, PyTuple, exc};

/// Whether anybody hears of events.
#[inline]
pub fn is_on() -> bool {
    !Interpreter::current().audit_hooks.borrow().is_empty()
}

/// Adds a hook. Those that are there may refuse it by an exception, which is not passed on unless it
/// is more than an `Exception`.
pub fn add_hook(hook: Obj) -> PyResult<()> {
    match crate::audit!("sys.addaudithook") {
        Ok(()) => Interpreter::current().audit_hooks.borrow_mut().push(hook),
        Err(error) if error.matches(&exc::Exception) => error.clear(),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Calls the hooks with an event. They are not traced unless they ask for it.
pub fn raise(event: &PyStr, arguments: &PyTuple) -> PyResult<()> {
    let ts = ThreadState::current();
    let hooks = Interpreter::current().audit_hooks.borrow().clone();
    ts.tracing.update(|depth| depth + 1);
    let result = hooks
        .iter()
        .try_for_each(|hook| call_hook(ts, hook, event, arguments));
    ts.tracing.update(|depth| depth - 1);
    result
}

fn call_hook(
    ts: &ThreadState,
    hook: &PyObject,
    event: &PyStr,
    arguments: &PyTuple,
) -> PyResult<()> {
    let can_trace = match hook.lookup_attr(crate::intern!("__cantrace__"))? {
        Some(flag) => flag.is_true()?,
        None => false,
    };
    let lift = usize::from(can_trace);
    ts.tracing.update(|depth| depth - lift);
    let result = hook.call(&[event.as_object(), arguments.as_object()]);
    ts.tracing.update(|depth| depth + lift);
    result.map(drop)
}

/// Raises an audit event: `audit!("name", argument, …)?`, the arguments anything that becomes an
/// object.
#[macro_export]
macro_rules! audit {
    ($event:expr $(, $argument:expr)* $(,)?) => {{
        if $crate::audit::is_on() {
            (|| -> $crate::PyResult<()> {
                let arguments = vec![$($crate::IntoPy::into_py($argument)?),*];
                let arguments = $crate::PyTuple::from_vec(arguments)?;
                $crate::audit::raise(&*$crate::PyStr::intern($event)?, &arguments)
            })()
        } else {
            Ok(())
        }
    }};
}
