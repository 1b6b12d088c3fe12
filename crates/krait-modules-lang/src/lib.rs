//! Native modules that show the language's own pipeline and watch it run: `_ast`, `_tokenize`, `_symtable`, `_opcode`, `marshal`, `_imp`, `_lsprof`.
//!
//! One file or folder a module, one row each in [`MODULES`].

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod ast;
pub mod imp;
pub mod library;
pub mod lsprof;
pub mod marshal;
pub mod opcode;
pub mod symtable;
pub mod tokenize;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &ast::AST,
    &imp::IMP,
    &library::LIBRARY,
    &lsprof::LSPROF,
    &marshal::MARSHAL,
    &opcode::OPCODE,
    &symtable::SYMTABLE,
    &tokenize::TOKENIZE,
];
