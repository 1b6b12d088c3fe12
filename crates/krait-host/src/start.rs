//! What was so when the process started, before Rust's own start changed it.

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each standard descriptor that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs before `main`: Rust puts `/dev/null` in place of standard descriptors that are closed.
extern "C" fn note_descriptors() {
    for descriptor in 0..3 {
        // SAFETY: asks about a descriptor, whether it is open or not.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } < 0 {
            CLOSED.fetch_or(1 << descriptor, Ordering::Relaxed);
        }
    }
}

// SAFETY: the section holds functions of this type, which the C library calls once at the start;
// this one needs nothing that is set up later.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_DESCRIPTORS: extern "C" fn() = note_descriptors;

/// Closes the standard descriptors again that were closed when the process started.
pub fn restore_closed_descriptors() {
    let closed = CLOSED.load(Ordering::Relaxed);
    for descriptor in 0..3 {
        if closed & 1 << descriptor != 0 {
            let _ = crate::fd::close(descriptor);
        }
    }
}
