//! Native modules of numbers, containers of numbers, hashing and compression.
//!
//! One file or folder a module, one row each in [`MODULES`].

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod array;
pub mod bisect;
pub mod bz2;
pub mod cmath;
pub mod decimal;
pub mod hashes;
pub mod heapq;
mod inflow;
pub mod lzma;
pub mod math;
pub mod queue;
pub mod statistics;
pub mod zlib;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &array::ARRAY,
    &bisect::BISECT,
    &bz2::BZ2,
    &cmath::CMATH,
    &decimal::DECIMAL,
    &hashes::blake2::BLAKE2,
    &hashes::sha::MD5,
    &hashes::sha::SHA1,
    &hashes::sha::SHA2,
    &hashes::sha3::SHA3,
    &heapq::HEAPQ,
    &lzma::LZMA,
    &math::MATH,
    &queue::QUEUE,
    &statistics::STATISTICS,
    &zlib::ZLIB,
];
