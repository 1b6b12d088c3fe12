//! The import lock: held by one thread, as often as it likes.

use std::sync::{Condvar, Mutex, PoisonError};

use krait_macros::pyfunction;
use krait_runtime::{Interpreter, PyResult, ThreadState, runtime_error};

/// Who holds the lock, and how often.
#[derive(Default)]
struct ImportLock {
    holder: Mutex<Option<(u64, usize)>>,
    freed: Condvar,
}

impl ImportLock {
    fn current() -> &'static ImportLock {
        Interpreter::current().extension::<ImportLock>()
    }

    fn holder(&self) -> std::sync::MutexGuard<'_, Option<(u64, usize)>> {
        // What the lock guards is whole at every moment.
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock if it is free or the thread's own.
    fn try_acquire(&self, thread: u64) -> bool {
        let mut holder = self.holder();
        match &mut *holder {
            None => *holder = Some((thread, 1)),
            Some((owner, count)) if *owner == thread => *count += 1,
            Some(_) => return false,
        }
        true
    }
}

/// Return True if the import lock is currently held.
#[pyfunction]
pub(super) fn lock_held() -> bool {
    ImportLock::current().holder().is_some()
}

/// Acquire the interpreter's import lock for the current thread.
///
/// A thread may acquire it several times; other threads wait.
#[pyfunction]
pub(super) fn acquire_lock() {
    let lock = ImportLock::current();
    let thread = ThreadState::current().serial;
    while !lock.try_acquire(thread) {
        ThreadState::allow_threads(|| {
            let holder = lock.holder();
            if holder.is_some() {
                drop(lock.freed.wait(holder));
            }
        });
    }
}

/// Release the interpreter's import lock.
#[pyfunction]
pub(super) fn release_lock() -> PyResult<()> {
    let lock = ImportLock::current();
    let mut holder = lock.holder();
    match &mut *holder {
        Some((owner, count)) if *owner == ThreadState::current().serial => {
            *count -= 1;
            if *count == 0 {
                *holder = None;
                lock.freed.notify_one();
            }
            Ok(())
        }
        _ => {
            drop(holder);
            Err(runtime_error!("not holding the import lock"))
        }
    }
}
