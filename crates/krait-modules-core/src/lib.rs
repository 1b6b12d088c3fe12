//! Native modules that the language itself leans on: `builtins`, `sys`' kin, iteration and functions.
//!
//! One file or folder a module, one row each in [`MODULES`].

pub mod builtins;
pub mod codecs;
pub mod sys;
pub mod warnings;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &builtins::BUILTINS,
    &codecs::CODECS,
    &sys::SYS,
    &warnings::WARNINGS,
    &krait_runtime::context::CONTEXTVARS,
    &krait_runtime::gc::module::GC,
    &krait_runtime::weakref::module::WEAKREF,
];
