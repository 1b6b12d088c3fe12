//! Native modules of numbers, containers of numbers, hashing and compression.
//!
//! One file or folder a module, one row each in [`MODULES`].

pub mod bisect;
pub mod heapq;
pub mod math;
pub mod queue;
pub mod statistics;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &bisect::BISECT,
    &heapq::HEAPQ,
    &math::MATH,
    &queue::QUEUE,
    &statistics::STATISTICS,
];
