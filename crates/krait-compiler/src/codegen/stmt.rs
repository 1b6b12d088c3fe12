//! Simple statements, and the dispatch over all statements.

use krait_ast::{Alias, Expr, ExprKind, Identifier, Operator, Stmt, StmtKind};
use krait_bytecode::oparg::{common_constant, intrinsic1, nb};
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::jump::Condition;
use crate::error::{CompileError, Result, location, with_stack};

impl<'a> Compiler<'a> {
    pub(super) fn visit_stmts(&mut self, body: &'a [Stmt]) -> Result<()> {
        body.iter().try_for_each(|stmt| self.visit_stmt(stmt))
    }

    pub(super) fn visit_stmt(&mut self, stmt: &'a Stmt) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.stmt(stmt))?;
        self.depth.leave();
        Ok(())
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Result<()> {
        let loc = location(stmt.range);
        match &stmt.kind {
            StmtKind::FunctionDef(function) => self.function_def(stmt, function, false),
            StmtKind::AsyncFunctionDef(function) => self.function_def(stmt, function, true),
            StmtKind::ClassDef(class) => self.class_def(stmt, class),
            StmtKind::TypeAlias {
                name,
                type_params,
                value,
            } => self.type_alias(name, type_params, value, loc),
            StmtKind::Return { value } => self.return_stmt(value.as_deref(), loc),
            StmtKind::Delete { targets } => self.visit_exprs(targets),
            StmtKind::Assign { targets, value, .. } => self.assign(targets, value, loc),
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value, loc),
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => self.ann_assign(stmt, target, annotation, value.as_deref(), *simple),
            StmtKind::For(node) => self.for_stmt(node, loc),
            StmtKind::AsyncFor(node) => self.async_for_stmt(node, loc),
            StmtKind::While { test, body, orelse } => self.while_stmt(test, body, orelse, loc),
            StmtKind::If { test, body, orelse } => self.if_stmt(test, body, orelse, loc),
            StmtKind::With(node) => self.conditional(|this| this.with_stmt(node, 0)),
            StmtKind::AsyncWith(node) => {
                self.conditional(|this| this.async_with_stmt(node, 0, loc))
            }
            StmtKind::Match { subject, cases } => {
                self.conditional(|this| this.match_stmt(subject, cases))
            }
            StmtKind::Raise { exc, cause } => {
                let mut count = 0;
                for part in exc.iter().chain(exc.as_ref().and(cause.as_ref())) {
                    self.visit_expr(part)?;
                    count += 1;
                }
                self.op(AnyOpcode::RAISE_VARARGS, count, loc);
                Ok(())
            }
            StmtKind::Try(node) => self.conditional(|this| this.try_stmt(node, loc)),
            StmtKind::TryStar(node) => self.conditional(|this| this.try_star_stmt(node, loc)),
            StmtKind::Assert { test, msg } => self.assert_stmt(test, msg.as_deref(), loc),
            StmtKind::Import { names } => self.import(names, loc),
            StmtKind::ImportFrom {
                module,
                names,
                level,
            } => self.import_from(module.as_ref(), names, *level, loc),
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Expr { value } => self.expr_stmt(value, loc),
            StmtKind::Pass => {
                self.op0(AnyOpcode::NOP, loc);
                Ok(())
            }
            StmtKind::Break => self.break_stmt(loc),
            StmtKind::Continue => self.continue_stmt(loc),
        }
    }

    fn expr_stmt(&mut self, value: &'a Expr, loc: Location) -> Result<()> {
        if self.interactive && self.units.len() == 1 {
            self.visit_expr(value)?;
            self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::PRINT, loc);
        } else if matches!(value.kind, ExprKind::Constant { .. }) {
            self.op0(AnyOpcode::NOP, loc);
            return Ok(());
        } else {
            self.visit_expr(value)?;
        }
        self.op0(AnyOpcode::POP_TOP, Location::NONE);
        Ok(())
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, loc: Location) -> Result<()> {
        self.visit_expr(value)?;
        for (index, target) in targets.iter().enumerate() {
            if index + 1 < targets.len() {
                self.op(AnyOpcode::COPY, 1, loc);
            }
            self.visit_expr(target)?;
        }
        Ok(())
    }

    fn aug_assign(
        &mut self,
        target: &'a Expr,
        operator: Operator,
        value: &'a Expr,
        stmt_loc: Location,
    ) -> Result<()> {
        let loc = location(target.range);
        let inplace = nb_oparg(operator) + nb::INPLACE;
        match &target.kind {
            ExprKind::Attribute {
                value: object,
                attr,
                ..
            } => {
                self.visit_expr(object)?;
                self.op(AnyOpcode::COPY, 1, loc);
                let attr_loc = attribute_location(loc, target);
                self.load_attr(attr, attr_loc);
                self.visit_expr(value)?;
                self.op(AnyOpcode::BINARY_OP, inplace, stmt_loc);
                self.op(AnyOpcode::SWAP, 2, attr_loc);
                self.op_name(AnyOpcode::STORE_ATTR, attr, attr_loc);
            }
            ExprKind::Subscript {
                value: object,
                slice,
                ..
            } => {
                self.visit_expr(object)?;
                let two_parts = super::expr::is_two_element_slice(slice);
                if two_parts {
                    self.slice_two_parts(slice)?;
                    for _ in 0..3 {
                        self.op(AnyOpcode::COPY, 3, loc);
                    }
                    self.op0(AnyOpcode::BINARY_SLICE, loc);
                } else {
                    self.visit_expr(slice)?;
                    self.op(AnyOpcode::COPY, 2, loc);
                    self.op(AnyOpcode::COPY, 2, loc);
                    self.op(AnyOpcode::BINARY_OP, nb::SUBSCR, loc);
                }
                self.visit_expr(value)?;
                self.op(AnyOpcode::BINARY_OP, inplace, stmt_loc);
                if two_parts {
                    self.op(AnyOpcode::SWAP, 4, loc);
                }
                self.op(AnyOpcode::SWAP, 3, loc);
                self.op(AnyOpcode::SWAP, 2, loc);
                let store = if two_parts {
                    AnyOpcode::STORE_SLICE
                } else {
                    AnyOpcode::STORE_SUBSCR
                };
                self.op0(store, loc);
            }
            ExprKind::Name { id, .. } => {
                self.load_name(id, loc)?;
                self.visit_expr(value)?;
                self.op(AnyOpcode::BINARY_OP, inplace, stmt_loc);
                self.store_name(id, loc)?;
            }
            _ => {
                return Err(CompileError::invalid_tree(
                    "invalid node type for augmented assignment",
                ));
            }
        }
        Ok(())
    }

    fn assert_stmt(&mut self, test: &'a Expr, msg: Option<&'a Expr>, loc: Location) -> Result<()> {
        self.check_assert(test, loc);
        if self.settings.optimize > 0 {
            return Ok(());
        }
        let end = self.new_label();
        self.jump_if(test, end, Condition::True, loc)?;
        self.op(
            AnyOpcode::LOAD_COMMON_CONSTANT,
            common_constant::ASSERTION_ERROR,
            loc,
        );
        if let Some(msg) = msg {
            self.visit_expr(msg)?;
            self.op(AnyOpcode::CALL, 0, loc);
        }
        self.op(AnyOpcode::RAISE_VARARGS, 1, location(test.range));
        self.use_label(end);
        Ok(())
    }

    fn import(&mut self, names: &'a [Alias], loc: Location) -> Result<()> {
        for alias in names {
            self.load_const(Const::from(0), loc)?;
            self.load_none(loc);
            self.op_name(AnyOpcode::IMPORT_NAME, &alias.name, loc);
            let (first, rest) = match alias.name.split_once('.') {
                Some((first, rest)) => (Identifier::from(first), Some(rest)),
                None => (alias.name.clone(), None),
            };
            match (&alias.asname, rest) {
                (None, _) => self.store_name(&first, loc)?,
                (Some(asname), None) => self.store_name(asname, loc)?,
                (Some(asname), Some(rest)) => {
                    // IMPORT_NAME gave the first package; go down to the module that is wanted.
                    for (index, part) in rest.split('.').enumerate() {
                        if index > 0 {
                            self.op(AnyOpcode::SWAP, 2, loc);
                            self.op0(AnyOpcode::POP_TOP, loc);
                        }
                        self.op_name(AnyOpcode::IMPORT_FROM, &part.into(), loc);
                    }
                    self.store_name(asname, loc)?;
                    self.op0(AnyOpcode::POP_TOP, loc);
                }
            }
        }
        Ok(())
    }

    fn import_from(
        &mut self,
        module: Option<&Identifier>,
        names: &'a [Alias],
        level: u32,
        loc: Location,
    ) -> Result<()> {
        self.load_const(Const::from(i64::from(level)), loc)?;
        let items = names
            .iter()
            .map(|alias| Const::from(alias.name.as_str()))
            .collect();
        self.load_const(Const::Tuple(items), loc)?;
        let empty = Identifier::from("");
        self.op_name(AnyOpcode::IMPORT_NAME, module.unwrap_or(&empty), loc);
        for alias in names {
            if alias.name == "*" {
                self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::IMPORT_STAR, loc);
                self.op0(AnyOpcode::POP_TOP, Location::NONE);
                return Ok(());
            }
            self.op_name(AnyOpcode::IMPORT_FROM, &alias.name, loc);
            self.store_name(alias.asname.as_ref().unwrap_or(&alias.name), loc)?;
        }
        self.op0(AnyOpcode::POP_TOP, loc);
        Ok(())
    }
}

/// The argument of `BINARY_OP` for an operator.
pub(super) fn nb_oparg(operator: Operator) -> u32 {
    match operator {
        Operator::Add => nb::ADD,
        Operator::Sub => nb::SUBTRACT,
        Operator::Mult => nb::MULTIPLY,
        Operator::MatMult => nb::MATRIX_MULTIPLY,
        Operator::Div => nb::TRUE_DIVIDE,
        Operator::Mod => nb::REMAINDER,
        Operator::Pow => nb::POWER,
        Operator::LShift => nb::LSHIFT,
        Operator::RShift => nb::RSHIFT,
        Operator::BitOr => nb::OR,
        Operator::BitXor => nb::XOR,
        Operator::BitAnd => nb::AND,
        Operator::FloorDiv => nb::FLOOR_DIVIDE,
    }
}

/// For an attribute on a later line than where its expression starts, the place of its name.
pub(super) fn attribute_location(mut loc: Location, node: &Expr) -> Location {
    let ExprKind::Attribute { attr, .. } = &node.kind else {
        return loc;
    };
    let end = location(node.range);
    if loc.line != end.end_line {
        loc.line = end.end_line;
        let length = attr.chars().count() as i32;
        if length <= end.end_col {
            loc.col = end.end_col - length;
        } else {
            loc.col = -1;
            loc.end_col = -1;
        }
        loc.end_line = loc.end_line.max(loc.line);
    }
    loc
}
