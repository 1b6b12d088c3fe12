//! The lock that a thread holds while it runs Python code.
//!
//! A thread that waits longer than the switch interval sets the holder's eval breaker; the holder
//! gives the lock up at its next check and waits until the other has had it, so that a busy loop
//! cannot starve the rest.
//!
//! Waking costs a system call whether somebody sleeps or not, so it is only done when somebody does:
//! who will sleep counts itself first, with `state` locked.

use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// See the module's text.
pub struct InterpreterLock {
    state: Mutex<State>,
    released: Condvar,
    switched: Condvar,
    interval_us: AtomicU64,
    waiters: AtomicUsize,
    breaker: AtomicPtr<AtomicUsize>,
}

#[derive(Default)]
struct State {
    held: bool,
    switches: u64,
    /// Threads that wait in `yield_to_waiter` for another to take the lock.
    yielding: usize,
    /// The breaker of the only thread that may still take the lock, as a number.
    only: Option<usize>,
}

impl State {
    /// Whether the thread with this breaker may not take the lock any more.
    fn is_closed_to(&self, breaker: &AtomicUsize) -> bool {
        self.only
            .is_some_and(|only| only != std::ptr::from_ref(breaker).addr())
    }
}

impl InterpreterLock {
    /// A free lock.
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            released: Condvar::new(),
            switched: Condvar::new(),
            interval_us: AtomicU64::new(5000),
            waiters: AtomicUsize::new(0),
            breaker: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// `sys.getswitchinterval()`, in microseconds.
    pub fn interval_us(&self) -> u64 {
        self.interval_us.load(Ordering::Relaxed)
    }

    /// `sys.setswitchinterval()`, in microseconds.
    pub fn set_interval_us(&self, interval: u64) {
        self.interval_us.store(interval.max(1), Ordering::Relaxed);
    }

    /// Whether another thread waits for the lock.
    pub fn is_wanted(&self) -> bool {
        self.waiters.load(Ordering::Relaxed) > 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the holder's eval breaker. Called with `state` locked.
    fn ask_holder(&self) {
        // SAFETY: the holder registers its breaker after taking the lock and unregisters it
        // before giving it up, both with `state` locked, so a registered breaker is alive.
        if let Some(breaker) = unsafe { self.breaker.load(Ordering::Relaxed).as_ref() } {
            breaker.fetch_or(crate::state::breaker::LOCK_REQUEST, Ordering::Relaxed);
        }
    }

    /// Waits for the lock and takes it; `breaker` is what a waiting thread sets to ask for it.
    pub(crate) fn acquire(&self, breaker: &AtomicUsize) {
        let mut state = self.state();
        if state.held {
            self.waiters.fetch_add(1, Ordering::Relaxed);
            while state.held && !state.is_closed_to(breaker) {
                let switches = state.switches;
                let interval = Duration::from_micros(self.interval_us());
                let (guard, timeout) = self
                    .released
                    .wait_timeout(state, interval)
                    .unwrap_or_else(PoisonError::into_inner);
                state = guard;
                if timeout.timed_out() && state.held && state.switches == switches {
                    self.ask_holder();
                }
            }
            self.waiters.fetch_sub(1, Ordering::Relaxed);
        }
        if state.is_closed_to(breaker) {
            hang(state);
        }
        state.held = true;
        state.switches += 1;
        self.breaker
            .store(std::ptr::from_ref(breaker).cast_mut(), Ordering::Relaxed);
        let watched = state.yielding > 0;
        drop(state);
        if watched {
            self.switched.notify_all();
        }
    }

    /// From now on only the calling thread, which has this breaker and holds the lock, can take it
    /// again: another that tries, as the interpreter ends, never goes on.
    pub(crate) fn close_to_others(&self, breaker: &AtomicUsize) {
        self.state().only = Some(std::ptr::from_ref(breaker).addr());
    }

    /// Gives the lock up.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        state.held = false;
        self.breaker.store(std::ptr::null_mut(), Ordering::Relaxed);
        let wanted = self.is_wanted();
        drop(state);
        if wanted {
            self.released.notify_one();
        }
    }

    /// Gives the lock up, waits until another thread has taken it if one waits, and takes it again.
    pub(crate) fn yield_to_waiter(&self, breaker: &AtomicUsize) {
        let mut state = self.state();
        if state.only.is_some() && !state.is_closed_to(breaker) {
            return;
        }
        state.held = false;
        self.breaker.store(std::ptr::null_mut(), Ordering::Relaxed);
        let switches = state.switches;
        self.released.notify_one();
        state.yielding += 1;
        while self.is_wanted() && state.switches == switches {
            state = self
                .switched
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.yielding -= 1;
        drop(state);
        self.acquire(breaker);
    }

    /// Keeps other threads from the lock's own state, for a fork to leave it whole in the child.
    pub fn hold_for_fork(&self) -> ForkGuard<'_> {
        ForkGuard {
            lock: self,
            state: self.state(),
        }
    }
}

/// Stops the calling thread for good.
fn hang(state: MutexGuard<'_, State>) -> ! {
    drop(state);
    loop {
        std::thread::park();
    }
}

/// What a fork holds; the parent just drops it.
pub struct ForkGuard<'a> {
    lock: &'a InterpreterLock,
    state: MutexGuard<'a, State>,
}

impl ForkGuard<'_> {
    /// In the child no other thread waits for the lock any more.
    pub fn end_in_child(mut self) {
        self.lock.waiters.store(0, Ordering::Relaxed);
        self.state.yielding = 0;
    }
}
