//! The import lock, as Python code sees it.

use krait_macros::pyfunction;
use krait_runtime::import_lock::ImportLock;
use krait_runtime::{PyResult, runtime_error};

/// Return True if the import lock is currently held.
#[pyfunction]
pub(super) fn lock_held() -> bool {
    ImportLock::current().is_held()
}

/// Acquire the interpreter's import lock for the current thread.
///
/// A thread may acquire it several times; other threads wait.
#[pyfunction]
pub(super) fn acquire_lock() {
    ImportLock::current().acquire();
}

/// Release the interpreter's import lock.
#[pyfunction]
pub(super) fn release_lock() -> PyResult<()> {
    if ImportLock::current().release() {
        Ok(())
    } else {
        Err(runtime_error!("not holding the import lock"))
    }
}
