//! The import lock: held by one thread, as often as it likes. A fork takes it, so that no child
//! begins amid another thread's import.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use krait_host::futex;

use crate::state::{Interpreter, ThreadState};

/// The lock of an interpreter. Its fields are guarded by the interpreter's own lock, but for
/// `freed`, which threads watch while they wait.
#[derive(Default)]
pub struct ImportLock {
    /// The serial number of the thread that holds it.
    owner: Cell<u64>,
    count: Cell<usize>,
    freed: AtomicU32,
}

impl ImportLock {
    /// The lock of the interpreter that runs.
    pub fn current() -> &'static ImportLock {
        Interpreter::current().extension::<ImportLock>()
    }

    /// Whether any thread holds it.
    pub fn is_held(&self) -> bool {
        self.count.get() > 0
    }

    /// Takes the lock, once more if the thread has it, waiting for other threads.
    pub fn acquire(&self) {
        let this = ThreadState::current().serial;
        while self.is_held() && self.owner.get() != this {
            let seen = self.freed.load(Ordering::Acquire);
            // Whatever ended the wait, the loop looks again.
            let _ended = ThreadState::allow_threads(|| futex::wait(&self.freed, seen, None));
        }
        self.owner.set(this);
        self.count.set(self.count.get() + 1);
    }

    /// Gives the lock back once; false if the thread does not hold it.
    pub fn release(&self) -> bool {
        if !self.is_held() || self.owner.get() != ThreadState::current().serial {
            return false;
        }
        self.count.set(self.count.get() - 1);
        if !self.is_held() {
            self.freed.fetch_add(1, Ordering::Release);
            futex::wake(&self.freed, 1);
        }
        true
    }
}
