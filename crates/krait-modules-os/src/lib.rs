//! Native modules around the operating system: files, processes, time, signals, threads.
//!
//! One file or folder a module, one row each in [`MODULES`].

mod common;
mod duration;
mod errno;
mod exception;
mod io;
mod posix;
mod resource;
mod signal;
mod thread;
mod time;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &errno::ERRNO,
    &io::IO,
    &posix::POSIX,
    &resource::RESOURCE,
    &signal::SIGNAL,
    &thread::THREAD,
    &time::TIME,
];
