//! Waiting for a word of memory to change: what locks are made of. Unlike the standard library's,
//! these waits end when a signal arrives (`EINTR`).

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use crate::errno::{Errno, Result};

/// Waits until [`wake`] is called for the word, if it holds `expected`; at most as long as `timeout`.
///
/// Ends without error also where nothing changed (`EAGAIN`): the caller looks at the word again.
/// The errors are `EINTR` and `ETIMEDOUT`.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Result<()> {
    let limit = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the word and the limit live as long as the call.
    let status = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            limit,
        )
    };
    match Errno::last() {
        _ if status == 0 => Ok(()),
        Errno(libc::EAGAIN) => Ok(()),
        error => Err(error),
    }
}

/// Wakes up to `count` threads that wait for the word.
pub fn wake(word: &AtomicU32, count: i32) {
    // SAFETY: the call only looks the address up.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            count,
        );
    }
}
