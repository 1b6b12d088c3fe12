//! Code generation: from the tree and the symbol table to instruction sequences.
//!
//! One [`Compiler`] walks the tree; for every block it opens a [`Unit`], and when the block ends, the
//! unit's instructions go through the flow graph and the assembler and become a code object.

mod annotations;
mod call;
mod checks;
mod class;
mod comprehension;
mod emit;
mod expr;
mod fstring;
mod function;
mod jump;
mod loops;
mod names;
mod pattern;
mod stmt;
mod try_stmt;
mod unit;
mod with_stmt;

use std::sync::Arc;

use krait_ast::{Mod, Stmt};
use krait_bytecode::{AnyOpcode, CodeUnit, Const, Location, oparg};
use krait_text::Wtf8Buf;

use crate::error::{CompileError, CompileWarning, Depth, Result, location};
use crate::future::FutureFeatures;
use crate::symtable::{KeyKind, NodeKey, SymbolTable};
use unit::{ScopeType, Unit, UnitArgs};

pub(crate) use unit::{ConstTable, Metadata};

/// What is compiled and how.
pub(crate) struct Settings<'a> {
    pub(crate) filename: &'a Wtf8Buf,
    /// The `co_flags` that are inherited: future features.
    pub(crate) inherited_flags: u32,
    pub(crate) optimize: u8,
    pub(crate) allow_top_level_await: bool,
}

/// The state of code generation.
pub(crate) struct Compiler<'a> {
    settings: Settings<'a>,
    future: FutureFeatures,
    symtable: SymbolTable,
    /// The open units, the innermost last.
    units: Vec<Unit<'a>>,
    interactive: bool,
    warnings: &'a mut Vec<CompileWarning>,
    depth: Depth,
}

/// Generates the code of a whole tree.
pub(crate) fn generate<'a>(
    module: &'a Mod,
    settings: Settings<'a>,
    future: FutureFeatures,
    symtable: SymbolTable,
    warnings: &'a mut Vec<CompileWarning>,
) -> Result<Arc<CodeUnit>> {
    let mut compiler = Compiler {
        settings,
        future,
        symtable,
        units: Vec::new(),
        interactive: false,
        warnings,
        depth: Depth::default(),
    };
    compiler.module(module)
}

impl<'a> Compiler<'a> {
    fn module(&mut self, module: &'a Mod) -> Result<Arc<CodeUnit>> {
        let key = NodeKey::new(module, KeyKind::Module);
        self.enter_scope(
            "<module>".into(),
            ScopeType::Module,
            key,
            1,
            None,
            UnitArgs::default(),
        )?;
        let add_none = match module {
            Mod::Module { body, .. } => {
                self.module_body(body)?;
                true
            }
            Mod::Interactive { body } => {
                self.interactive = true;
                self.module_body(body)?;
                true
            }
            Mod::Expression { body } => {
                self.visit_expr(body)?;
                false
            }
            Mod::FunctionType { .. } => {
                return Err(CompileError::invalid_tree(
                    "module kind FunctionType should not be possible",
                ));
            }
        };
        self.finish_scope(add_none)
    }

    fn module_body(&mut self, body: &'a [Stmt]) -> Result<()> {
        let start = Location {
            line: 1,
            end_line: 1,
            col: 0,
            end_col: 0,
        };
        let loc = body.first().map_or(start, |stmt| location(stmt.range));
        if self.ste().has_conditional_annotations {
            self.op(AnyOpcode::BUILD_SET, 0, loc);
            self.store_name(&"__conditional_annotations__".into(), loc)?;
        }
        self.body(body, loc)
    }

    /// The statements of a module or class, with docstring and annotations.
    fn body(&mut self, body: &'a [Stmt], loc: Location) -> Result<()> {
        let strings = self.annotations_are_strings();
        if strings && self.ste().annotations_used {
            self.op0(AnyOpcode::SETUP_ANNOTATIONS, loc);
        }
        if body.is_empty() {
            return Ok(());
        }
        let mut rest = body;
        let at_prompt = self.interactive && self.units.len() == 1;
        if !at_prompt
            && self.ste().has_docstring
            && let Some(text) = crate::future::docstring(body)
        {
            let value_loc = match &body[0].kind {
                krait_ast::StmtKind::Expr { value } => location(value.range),
                _ => loc,
            };
            self.load_const(Const::Str(clean_doc(text)), value_loc)?;
            self.store_name(&"__doc__".into(), Location::NONE)?;
            rest = &body[1..];
        }
        self.visit_stmts(rest)?;
        if !strings {
            self.deferred_annotations(loc)?;
        }
        Ok(())
    }

    fn annotations_are_strings(&self) -> bool {
        self.future.features & krait_bytecode::code_flags::FUTURE_ANNOTATIONS != 0
    }

    fn warn(&mut self, location: Location, message: String) {
        let warning = CompileWarning { message, location };
        // A `finally` body is compiled twice, but warned about once.
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn compare_oparg(operator: usize) -> u32 {
        oparg::compare::oparg(operator)
    }
}

/// A docstring with the indentation that all its lines but the first share removed.
pub(crate) fn clean_doc(text: &Wtf8Buf) -> Wtf8Buf {
    let expanded = expand_tabs(text);
    let mut lines = expanded.split(|&byte| byte == b'\n');
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let first = lines.next().unwrap_or_default();
    let margin = lines
        .clone()
        .filter(|line| indent(line) < line.len())
        .map(indent)
        .min()
        .unwrap_or(0);
    let mut out = first[indent(first)..].to_vec();
    for line in lines {
        out.push(b'\n');
        out.extend_from_slice(&line[margin.min(indent(line))..]);
    }
    Wtf8Buf::from_bytes(out).unwrap_or_default()
}

/// `str.expandtabs` with stops every eight columns.
fn expand_tabs(text: &Wtf8Buf) -> Vec<u8> {
    let mut out = Vec::new();
    let mut column = 0;
    for &byte in text.as_bytes() {
        match byte {
            b'\t' => {
                let width = 8 - column % 8;
                out.resize(out.len() + width, b' ');
                column += width;
            }
            b'\n' | b'\r' => {
                out.push(byte);
                column = 0;
            }
            _ => {
                out.push(byte);
                // Continuation bytes are part of the character before.
                column += usize::from(byte & 0xC0 != 0x80);
            }
        }
    }
    out
}
