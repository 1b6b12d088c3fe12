//! Native modules around the operating system: files, processes, time, signals, threads.
//!
//! One file or folder a module, one row each in [`MODULES`].

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[];
