//! Named semaphores, for `_multiprocessing`.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use crate::errno::{Errno, Result, done, lent};
use crate::fs::Moment;

/// The largest value that a semaphore can have.
pub const VALUE_MAX: c_int = c_int::MAX;

/// A semaphore that is open.
#[derive(Debug)]
pub struct Semaphore(NonNull<libc::sem_t>);

// SAFETY: semaphores are made to be used by several threads.
unsafe impl Send for Semaphore {}
// SAFETY: as above.
unsafe impl Sync for Semaphore {}

impl Semaphore {
    fn of(raw: *mut libc::sem_t) -> Result<Semaphore> {
        if raw == libc::SEM_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(raw).map(Semaphore).ok_or(Errno::EINVAL)
    }

    /// Makes a semaphore with this value; it must not exist.
    pub fn create(name: &CStr, mode: u32, value: u32) -> Result<Semaphore> {
        let flags = libc::O_CREAT | libc::O_EXCL;
        Semaphore::of(lent!(sem_open(name.as_ptr(), flags, mode, value)))
    }

    /// Opens a semaphore that exists.
    pub fn open(name: &CStr) -> Result<Semaphore> {
        Semaphore::of(lent!(sem_open(name.as_ptr(), 0)))
    }

    /// The address of the semaphore, the same for every opening of it in a process.
    pub fn handle(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Takes one, or fails with `EAGAIN`.
    pub fn try_wait(&self) -> Result<()> {
        // SAFETY: the semaphore is open as long as the value lives.
        done(unsafe { libc::sem_trywait(self.0.as_ptr()) })
    }

    /// Waits until it can take one.
    pub fn wait(&self) -> Result<()> {
        // SAFETY: as in `try_wait`.
        done(unsafe { libc::sem_wait(self.0.as_ptr()) })
    }

    /// Waits until a moment of the real-time clock, or fails with `ETIMEDOUT`.
    pub fn wait_until(&self, deadline: Moment) -> Result<()> {
        let limit = libc::timespec {
            tv_sec: deadline.sec,
            tv_nsec: deadline.nsec,
        };
        // SAFETY: as in `try_wait`; the limit lives through the call.
        done(unsafe { libc::sem_timedwait(self.0.as_ptr(), &raw const limit) })
    }

    /// Gives one back.
    pub fn post(&self) -> Result<()> {
        // SAFETY: as in `try_wait`.
        done(unsafe { libc::sem_post(self.0.as_ptr()) })
    }

    /// How many could be taken now.
    pub fn value(&self) -> Result<c_int> {
        let mut value = 0;
        // SAFETY: as in `try_wait`; the value is ours.
        done(unsafe { libc::sem_getvalue(self.0.as_ptr(), &raw mut value) })?;
        Ok(value)
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        // SAFETY: the semaphore is open, and nobody uses it afterwards.
        unsafe { libc::sem_close(self.0.as_ptr()) };
    }
}

/// Removes the name of a semaphore.
pub fn unlink(name: &CStr) -> Result<()> {
    done(lent!(sem_unlink(name.as_ptr())))
}
