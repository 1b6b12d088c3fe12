//! Symbol table, code generation, flow graph optimisation and assembly: from the tree to a code unit.
//!
//! The stages, each a module: [`future`] features, `preprocess` (debug constants, docstrings, string
//! formatting), [`symtable`], `codegen` (instruction sequences), `flowgraph` (basic blocks and their
//! optimisation), `assemble` (bytes and tables). Given the same tree, the result is CPython 3.14's.
#![forbid(unsafe_code)]

mod assemble;
mod codegen;
mod constfold;
mod error;
mod flowgraph;
pub mod future;
mod instr;
mod preprocess;
pub mod symtable;
mod unparse;

use std::sync::Arc;

use krait_ast::{Expr, Mod};
use krait_bytecode::{CodeUnit, code_flags};
use krait_text::Wtf8Buf;

pub use error::{CompileError, CompileErrorKind, CompileWarning};
use symtable::SymbolTable;

/// How to compile.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// The file's name.
    pub filename: Wtf8Buf,
    /// Future features in force (`CO_FUTURE_…`), such as those of the code that calls `compile`.
    pub flags: u32,
    /// 0; 1 drops assertions; 2 drops docstrings too.
    pub optimize: u8,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub allow_top_level_await: bool,
}

impl CompileOptions {
    /// Compiles a file of this name with nothing out of the ordinary.
    pub fn new(filename: impl Into<Wtf8Buf>) -> Self {
        Self {
            filename: filename.into(),
            flags: 0,
            optimize: 0,
            allow_top_level_await: false,
        }
    }
}

/// What compilation yields.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The module's code.
    pub code: Arc<CodeUnit>,
    /// The warnings to issue, in the order in which they were found.
    pub warnings: Vec<CompileWarning>,
}

/// The `CO_FUTURE_…` bits, which code inherits from the code that compiles it.
const FUTURE_MASK: u32 = code_flags::FUTURE_DIVISION
    | code_flags::FUTURE_ABSOLUTE_IMPORT
    | code_flags::FUTURE_WITH_STATEMENT
    | code_flags::FUTURE_PRINT_FUNCTION
    | code_flags::FUTURE_UNICODE_LITERALS
    | code_flags::FUTURE_BARRY_AS_BDFL
    | code_flags::FUTURE_GENERATOR_STOP
    | code_flags::FUTURE_ANNOTATIONS;

/// Compiles a tree. Its kind (module, interactive, expression) is the mode.
pub fn compile(module: Mod, options: &CompileOptions) -> Result<Compiled, CompileError> {
    // Deep trees are dropped by recursion that no depth check sees.
    error::with_deep_stack(|| compile_tree(module, options))
}

fn compile_tree(mut module: Mod, options: &CompileOptions) -> Result<Compiled, CompileError> {
    let mut warnings = Vec::new();
    match compile_stages(&mut module, options, &mut warnings) {
        Ok(code) => Ok(Compiled { code, warnings }),
        Err(error) => Err(CompileError { warnings, ..error }),
    }
}

fn compile_stages(
    module: &mut Mod,
    options: &CompileOptions,
    warnings: &mut Vec<CompileWarning>,
) -> Result<Arc<CodeUnit>, CompileError> {
    let mut future = future::future_from_ast(module).map_err(CompileError::late_placed)?;
    future.features |= options.flags & FUTURE_MASK;
    preprocess::preprocess(module, Some(options.optimize), warnings)?;
    let symtable = SymbolTable::build(module, &future, options.allow_top_level_await)
        .map_err(CompileError::late_placed)?;
    let settings = codegen::Settings {
        filename: &options.filename,
        inherited_flags: future.features,
        optimize: options.optimize,
        allow_top_level_await: options.allow_top_level_await,
    };
    codegen::generate(module, settings, future, symtable, warnings)
}

/// Preprocesses a tree in place, as `compile()` does for `ast.PyCF_OPTIMIZED_AST`; without a level it
/// is only looked at. Returns the warnings.
pub fn preprocess(
    module: &mut Mod,
    optimize: Option<u8>,
) -> Result<Vec<CompileWarning>, CompileError> {
    let mut warnings = Vec::new();
    error::with_deep_stack(|| preprocess::preprocess(module, optimize, &mut warnings))?;
    Ok(warnings)
}

/// Builds the symbol table of a tree, as the `_symtable` module shows it.
pub fn symbol_table(module: &Mod) -> Result<SymbolTable, CompileError> {
    let future = future::future_from_ast(module)?;
    SymbolTable::build(module, &future, false)
}

/// The source text of an expression in the form that `from __future__ import annotations` stores.
pub fn unparse_expr(expr: &Expr) -> Result<Wtf8Buf, CompileError> {
    unparse::expr_as_string(expr)
}
