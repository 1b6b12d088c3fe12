//! Native modules around the operating system: files, processes, time, signals, threads.
//!
//! One file or folder a module, one row each in [`MODULES`].

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod common;
mod datetime;
mod duration;
mod errno;
mod exception;
mod faulthandler;
mod fcntl;
mod grp;
mod io;
mod mmap;
mod multiprocessing;
mod posix;
mod posixshmem;
mod posixsubprocess;
mod pwd;
mod resource;
mod select;
mod signal;
mod socket;
mod syslog;
mod termios;
mod thread;
mod time;
mod uuid;

use krait_runtime::ModuleDef;

pub use signal::disable as disable_signals;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &datetime::DATETIME,
    &errno::ERRNO,
    &io::IO,
    &faulthandler::FAULTHANDLER,
    &fcntl::FCNTL,
    &grp::GRP,
    &mmap::MMAP,
    &multiprocessing::MULTIPROCESSING,
    &posix::POSIX,
    &posixshmem::POSIXSHMEM,
    &posixsubprocess::POSIXSUBPROCESS,
    &pwd::PWD,
    &resource::RESOURCE,
    &select::SELECT,
    &signal::SIGNAL,
    &socket::SOCKET,
    &syslog::SYSLOG,
    &termios::TERMIOS,
    &thread::THREAD,
    &time::TIME,
    &uuid::UUID,
];
