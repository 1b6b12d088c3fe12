//! `MemoryError` without memory: an instance is kept for it.

use std::cell::RefCell;

use crate::alloc;
use crate::object::{Obj, Py};
use crate::state::Interpreter;
use crate::{PyResult, PyTuple};

use super::base::PyBaseException;

#[derive(Default)]
struct Reserve {
    last_resort: RefCell<Option<Obj>>,
    no_args: RefCell<Option<Py<PyTuple>>>,
}

/// Makes the instance that is kept for when there is no memory.
pub(super) fn reserve() -> PyResult<()> {
    let reserve = Interpreter::current().extension::<Reserve>();
    let no_args = PyTuple::from_vec(Vec::new())?;
    *reserve.last_resort.borrow_mut() =
        Some(super::base::allocate(&super::exc::MemoryError, &no_args)?);
    *reserve.no_args.borrow_mut() = Some(no_args);
    Ok(())
}

/// A `MemoryError`: a new one if that is possible, the one that is kept if not.
pub fn memory_error() -> Obj {
    let reserve = Interpreter::current().extension::<Reserve>();
    let object = alloc::generic_alloc(&super::exc::MemoryError, 0);
    // SAFETY: an owned reference, or null.
    if let Some(fresh) = unsafe { Py::<PyBaseException>::from_owned_ptr_opt(object) } {
        fresh.args.set(reserve.no_args.borrow().clone());
        return fresh.into_object();
    }
    let kept = reserve.last_resort.borrow().clone();
    let Some(kept) = kept else {
        // Out of memory before the first line of Python: nobody could handle an exception.
        std::process::abort();
    };
    if let Some(exception) = kept.downcast::<PyBaseException>() {
        // What an earlier use left behind.
        exception.traceback.set(None);
        exception.context.set(None);
        exception.cause.set(None);
    }
    kept
}
