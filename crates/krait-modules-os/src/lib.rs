//! Native modules around the operating system: files, processes, time, signals, threads.
//!
//! One file or folder a module, one row each in [`MODULES`].

mod common;
mod errno;
mod posix;
mod resource;
mod thread;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &errno::ERRNO,
    &posix::POSIX,
    &resource::RESOURCE,
    &thread::THREAD,
];
