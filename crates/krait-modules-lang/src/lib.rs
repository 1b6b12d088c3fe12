//! Native modules that show the language's own pipeline: `_ast`, `_tokenize`, `_symtable`, `_opcode`, `marshal`, `_imp`.
//!
//! One file or folder a module, one row each in [`MODULES`].

pub mod ast;
pub mod imp;
pub mod library;
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
    &marshal::MARSHAL,
    &opcode::OPCODE,
    &symtable::SYMTABLE,
    &tokenize::TOKENIZE,
];
