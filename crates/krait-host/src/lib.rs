//! Every call to the operating system.
//!
//! The functions are thin: C's names, numbers, slices and `CStr`s in, a [`Result`] with the
//! [`Errno`] out. A call that a signal interrupts answers `EINTR`; that it is made again once the
//! signal's handler has run (PEP 475) is the caller's business. Nothing here knows an object.

pub mod alloc;
pub mod dl;
pub mod env;
pub mod errno;
pub mod fd;
pub mod fs;
pub mod futex;
pub mod ids;
pub mod locale;
pub mod mmap;
pub mod mount;
pub mod poll;
pub mod process;
pub mod report;
pub mod resource;
pub mod sched;
pub mod sem;
pub mod signal;
pub mod socket;
pub mod spawn;
pub mod start;
pub mod sysconf;
pub mod syslog;
pub mod thread;
pub mod time;
pub mod tty;
pub mod users;

#[cfg(test)]
mod tests;

pub use errno::{Errno, Result};
