//! Annotations: functions that evaluate them when asked (PEP 649 and 749), or strings (PEP 563).

use krait_ast::{Arg, Arguments, Expr, ExprKind, Identifier, Stmt, StmtKind};
use krait_bytecode::oparg::{common_constant, make_function};
use krait_bytecode::{AnyOpcode, CodeUnit, Const, Location};
use std::sync::Arc;

use super::Compiler;
use super::unit::{ScopeType, UnitArgs};
use crate::error::{CompileError, Result, location};
use crate::symtable::{KeyKind, NodeKey};
use crate::unparse;

/// The highest annotation format that compiled code evaluates itself.
const VALUE_WITH_FAKE_GLOBALS: i64 = 2;
/// `>` among the rich comparisons.
const GREATER: usize = 4;

impl<'a> Compiler<'a> {
    /// Opens the function that evaluates annotations, with its check of the format.
    pub(super) fn enter_annotations_scope(
        &mut self,
        name: Identifier,
        key: NodeKey,
        loc: Location,
    ) -> Result<()> {
        let args = UnitArgs {
            posonly: 1,
            ..UnitArgs::default()
        };
        self.enter_scope(name, ScopeType::Annotations, key, loc.line, None, args)?;
        let body = self.new_label();
        self.op(AnyOpcode::LOAD_FAST, 0, loc);
        self.load_const(Const::from(VALUE_WITH_FAKE_GLOBALS), loc)?;
        self.op(AnyOpcode::COMPARE_OP, Self::compare_oparg(GREATER), loc);
        self.jump(AnyOpcode::POP_JUMP_IF_FALSE, body, loc);
        self.op(
            AnyOpcode::LOAD_COMMON_CONSTANT,
            common_constant::NOT_IMPLEMENTED_ERROR,
            loc,
        );
        self.op(AnyOpcode::RAISE_VARARGS, 1, loc);
        self.use_label(body);
        Ok(())
    }

    fn leave_annotations_scope(&mut self, loc: Location) -> Result<()> {
        self.op0(AnyOpcode::RETURN_VALUE, loc);
        let code = self.finish_scope(true)?;
        // The symbol table's name for the parameter cannot clash, `inspect` shows the plain one.
        let mut code: CodeUnit = Arc::unwrap_or_clone(code);
        if let Some(first) = code.localsplusnames.first_mut() {
            *first = "format".into();
        }
        self.make_closure(Arc::new(code), 0, loc)
    }

    /// Makes the `__annotate__` of a function; returns the flag for the function's attributes.
    pub(super) fn function_annotations(
        &mut self,
        args: &'a Arguments,
        returns: Option<&'a Expr>,
        loc: Location,
    ) -> Result<u32> {
        let key = NodeKey::new(args, KeyKind::Annotations);
        let entry = self.entry_id(key)?;
        if !self.symtable.entry(entry).annotations_used {
            return Ok(0);
        }
        self.enter_annotations_scope("__annotate__".into(), key, loc)?;
        let mut count = 0;
        for arg in args.args.iter().chain(&args.posonlyargs) {
            count += self.arg_annotation(arg, false, loc)?;
        }
        if let Some(arg) = &args.vararg {
            count += self.arg_annotation(arg, true, loc)?;
        }
        for arg in &args.kwonlyargs {
            count += self.arg_annotation(arg, false, loc)?;
        }
        if let Some(arg) = &args.kwarg {
            count += self.arg_annotation(arg, false, loc)?;
        }
        if let Some(returns) = returns {
            self.annotation_entry(&"return".into(), returns, false, loc)?;
            count += 1;
        }
        self.op(AnyOpcode::BUILD_MAP, count, loc);
        self.leave_annotations_scope(loc)?;
        Ok(make_function::ANNOTATE)
    }

    fn arg_annotation(&mut self, arg: &'a Arg, is_vararg: bool, loc: Location) -> Result<u32> {
        match &arg.annotation {
            Some(annotation) => {
                self.annotation_entry(&arg.arg, annotation, is_vararg, loc)?;
                Ok(1)
            }
            None => Ok(0),
        }
    }

    fn annotation_entry(
        &mut self,
        name: &Identifier,
        annotation: &'a Expr,
        is_vararg: bool,
        loc: Location,
    ) -> Result<()> {
        let mangled = self.maybe_mangle(name);
        self.load_name_const(&mangled, loc)?;
        if self.annotations_are_strings() {
            return self.annotation_string(annotation);
        }
        match &annotation.kind {
            ExprKind::Starred { value, .. } if is_vararg => {
                self.visit_expr(value)?;
                self.op(AnyOpcode::UNPACK_SEQUENCE, 1, loc);
                Ok(())
            }
            _ => self.visit_expr(annotation),
        }
    }

    fn annotation_string(&mut self, annotation: &'a Expr) -> Result<()> {
        let text = unparse::expr_as_string(annotation)?;
        self.load_const(Const::Str(text), location(annotation.range))
    }

    pub(super) fn ann_assign(
        &mut self,
        stmt: &'a Stmt,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result<()> {
        let loc = location(stmt.range);
        if let Some(value) = value {
            self.visit_expr(value)?;
            self.visit_expr(target)?;
        }
        match &target.kind {
            ExprKind::Name { id, .. } => {
                let keeps = matches!(self.scope_type(), ScopeType::Module | ScopeType::Class);
                if !(simple && keeps) {
                    return Ok(());
                }
                if self.annotations_are_strings() {
                    self.annotation_string(annotation)?;
                    self.op_name(AnyOpcode::LOAD_NAME, &"__annotations__".into(), loc);
                    let mangled = self.maybe_mangle(id);
                    self.load_name_const(&mangled, loc)?;
                    self.op0(AnyOpcode::STORE_SUBSCR, loc);
                    return Ok(());
                }
                self.defer_annotation(stmt, loc)
            }
            ExprKind::Attribute { value: object, .. } => match value {
                None => self.evaluate_and_drop(object),
                Some(_) => Ok(()),
            },
            ExprKind::Subscript {
                value: object,
                slice,
                ..
            } => match value {
                None => {
                    self.evaluate_and_drop(object)?;
                    self.evaluate_subscript(slice)
                }
                Some(_) => Ok(()),
            },
            _ => Err(CompileError::invalid_tree(
                "invalid node type for annotated assignment",
            )),
        }
    }

    fn evaluate_and_drop(&mut self, expr: &'a Expr) -> Result<()> {
        self.visit_expr(expr)?;
        self.op0(AnyOpcode::POP_TOP, location(expr.range));
        Ok(())
    }

    fn evaluate_subscript(&mut self, expr: &'a Expr) -> Result<()> {
        match &expr.kind {
            ExprKind::Slice { lower, upper, step } => {
                for part in [lower, upper, step].into_iter().flatten() {
                    self.evaluate_and_drop(part)?;
                }
                Ok(())
            }
            ExprKind::Tuple { elts, .. } => {
                elts.iter().try_for_each(|elt| self.evaluate_subscript(elt))
            }
            _ => self.evaluate_and_drop(expr),
        }
    }

    /// Leaves an annotation for the block's `__annotate__`; a conditional one notes that it was met.
    fn defer_annotation(&mut self, stmt: &'a Stmt, loc: Location) -> Result<()> {
        let scope = self.scope_type();
        let unit = self.unit_mut();
        let conditional = scope == ScopeType::Module || unit.in_conditional_block > 0;
        let index = conditional.then_some(unit.next_conditional_annotation);
        unit.deferred_annotations.push((stmt, index));
        let Some(index) = index else { return Ok(()) };
        unit.next_conditional_annotation += 1;
        let name = Identifier::from("__conditional_annotations__");
        if scope == ScopeType::Class {
            let cell = self.deref_index(&name, true);
            self.op(AnyOpcode::LOAD_DEREF, cell, loc);
        } else {
            self.op_name(AnyOpcode::LOAD_NAME, &name, loc);
        }
        self.load_const(Const::from(i64::from(index)), loc)?;
        self.op(AnyOpcode::SET_ADD, 1, loc);
        self.op0(AnyOpcode::POP_TOP, loc);
        Ok(())
    }

    /// Makes the `__annotate__` of a module or class from the annotations met in it.
    pub(super) fn deferred_annotations(&mut self, loc: Location) -> Result<()> {
        let deferred = std::mem::take(&mut self.unit_mut().deferred_annotations);
        if deferred.is_empty() {
            return Ok(());
        }
        let scope = self.scope_type();
        let Some(entry) = self.ste().annotation_block else {
            return Err(CompileError::invalid_tree("annotations without a block"));
        };
        let Some(key) = self.symtable.key_of(entry) else {
            return Err(CompileError::invalid_tree("annotations without a node"));
        };
        if scope == ScopeType::Module {
            // A module's function is made before its first statement runs.
            let unit = self.unit_mut();
            unit.stashed = Some(std::mem::take(&mut unit.seq));
        }
        self.enter_annotations_scope("__annotate__".into(), key, loc)?;
        self.op(AnyOpcode::BUILD_MAP, 0, loc);
        for (stmt, index) in deferred {
            self.deferred_annotation(stmt, index, scope, loc)?;
        }
        self.leave_annotations_scope(loc)?;
        let name = if scope == ScopeType::Class {
            "__annotate_func__"
        } else {
            "__annotate__"
        };
        self.store_name(&name.into(), loc)?;
        if scope == ScopeType::Module {
            let unit = self.unit_mut();
            if let Some(main) = unit.stashed.take() {
                let annotations = std::mem::replace(&mut unit.seq, main);
                unit.seq.annotations = Some(Box::new(annotations));
            }
        }
        Ok(())
    }

    fn deferred_annotation(
        &mut self,
        stmt: &'a Stmt,
        index: Option<u32>,
        scope: ScopeType,
        loc: Location,
    ) -> Result<()> {
        let StmtKind::AnnAssign {
            target, annotation, ..
        } = &stmt.kind
        else {
            return Ok(());
        };
        let ExprKind::Name { id, .. } = &target.kind else {
            return Ok(());
        };
        let stmt_loc = location(stmt.range);
        let mangled = self.maybe_mangle(id);
        let not_set = self.new_label();
        if let Some(index) = index {
            self.load_const(Const::from(i64::from(index)), stmt_loc)?;
            let name = Identifier::from("__conditional_annotations__");
            if scope == ScopeType::Class {
                let cell = self.deref_index(&name, false);
                self.op(AnyOpcode::LOAD_DEREF, cell, stmt_loc);
            } else {
                let global = self.name_index(&name);
                self.op(AnyOpcode::LOAD_GLOBAL, global << 1, stmt_loc);
            }
            self.op(AnyOpcode::CONTAINS_OP, 0, stmt_loc);
            self.jump(AnyOpcode::POP_JUMP_IF_FALSE, not_set, stmt_loc);
        }
        self.visit_expr(annotation)?;
        self.op(AnyOpcode::COPY, 2, stmt_loc);
        self.load_name_const(&mangled, stmt_loc)?;
        self.op0(AnyOpcode::STORE_SUBSCR, loc);
        self.use_label(not_set);
        Ok(())
    }
}
