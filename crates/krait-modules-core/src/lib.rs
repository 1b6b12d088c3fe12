//! Native modules that the language itself leans on: `builtins`, `sys`' kin, iteration and functions.
//!
//! One file or folder a module, one row each in [`MODULES`].

pub mod abc;
pub mod atexit;
pub mod builtins;
pub mod codecs;
pub mod collections;
pub mod itertools;
pub mod stat;
pub mod sys;
pub mod sysconfig;
pub mod tracemalloc;
pub mod warnings;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &abc::ABC,
    &atexit::ATEXIT,
    &builtins::BUILTINS,
    &codecs::CODECS,
    &collections::COLLECTIONS,
    &itertools::ITERTOOLS,
    &stat::STAT,
    &sys::SYS,
    &sysconfig::SYSCONFIG,
    &tracemalloc::TRACEMALLOC,
    &warnings::WARNINGS,
    &krait_runtime::context::CONTEXTVARS,
    &krait_runtime::gc::module::GC,
    &krait_runtime::typing::TYPING,
    &krait_runtime::weakref::module::WEAKREF,
];
