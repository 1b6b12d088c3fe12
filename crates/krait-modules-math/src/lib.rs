//! Native modules of numbers, containers of numbers, hashing and compression.
//!
//! One file or folder a module, one row each in [`MODULES`].

pub mod math;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&math::MATH];
