//! Conditions: `if`, conditional expressions, and jumps on the truth of an expression.

use krait_ast::{BoolOp, CmpOp, Expr, ExprKind, Stmt, UnaryOp};
use krait_bytecode::oparg::compare;
use krait_bytecode::{AnyOpcode, Location};

use super::Compiler;
use crate::error::{Result, location, with_stack};
use crate::instr::Label;

/// On which truth value a jump is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    True,
    False,
}

impl Condition {
    fn negated(self) -> Self {
        match self {
            Condition::True => Condition::False,
            Condition::False => Condition::True,
        }
    }

    fn jump(self) -> AnyOpcode {
        match self {
            Condition::True => AnyOpcode::POP_JUMP_IF_TRUE,
            Condition::False => AnyOpcode::POP_JUMP_IF_FALSE,
        }
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn if_stmt(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        loc: Location,
    ) -> Result<()> {
        let end = self.new_label();
        let next = if orelse.is_empty() {
            end
        } else {
            self.new_label()
        };
        self.jump_if(test, next, Condition::False, loc)?;
        self.conditional(|this| {
            this.visit_stmts(body)?;
            if !orelse.is_empty() {
                this.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
                this.use_label(next);
                this.visit_stmts(orelse)?;
            }
            this.use_label(end);
            Ok(())
        })
    }

    pub(super) fn if_exp(
        &mut self,
        test: &'a Expr,
        body: &'a Expr,
        orelse: &'a Expr,
        loc: Location,
    ) -> Result<()> {
        let (end, next) = (self.new_label(), self.new_label());
        self.jump_if(test, next, Condition::False, loc)?;
        self.visit_expr(body)?;
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.use_label(next);
        self.visit_expr(orelse)?;
        self.use_label(end);
        Ok(())
    }

    /// Jumps to `next` if the truth of `expr` is `condition`, else falls through.
    pub(super) fn jump_if(
        &mut self,
        expr: &'a Expr,
        next: Label,
        condition: Condition,
        loc: Location,
    ) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.jump_if_inner(expr, next, condition, loc))?;
        self.depth.leave();
        Ok(())
    }

    fn jump_if_inner(
        &mut self,
        expr: &'a Expr,
        next: Label,
        condition: Condition,
        loc: Location,
    ) -> Result<()> {
        match &expr.kind {
            ExprKind::UnaryOp {
                op: UnaryOp::Not,
                operand,
            } => {
                return self.jump_if(operand, next, condition.negated(), loc);
            }
            ExprKind::BoolOp { op, values } => {
                let short = if *op == BoolOp::Or {
                    Condition::True
                } else {
                    Condition::False
                };
                let next2 = if short == condition {
                    next
                } else {
                    self.new_label()
                };
                if let Some((last, first)) = values.split_last() {
                    for value in first {
                        self.jump_if(value, next2, short, loc)?;
                    }
                    self.jump_if(last, next, condition, loc)?;
                }
                if next2 != next {
                    self.use_label(next2);
                }
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let (end, next2) = (self.new_label(), self.new_label());
                self.jump_if(test, next2, Condition::False, loc)?;
                self.jump_if(body, next, condition, loc)?;
                self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
                self.use_label(next2);
                self.jump_if(orelse, next, condition, loc)?;
                self.use_label(end);
                return Ok(());
            }
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } if ops.len() > 1 => {
                return self.jump_if_chain(expr, left, ops, comparators, next, condition);
            }
            _ => {}
        }
        self.visit_expr(expr)?;
        let loc = location(expr.range);
        self.op0(AnyOpcode::TO_BOOL, loc);
        self.jump(condition.jump(), next, loc);
        Ok(())
    }

    fn jump_if_chain(
        &mut self,
        expr: &'a Expr,
        left: &'a Expr,
        ops: &'a [CmpOp],
        comparators: &'a [Expr],
        next: Label,
        condition: Condition,
    ) -> Result<()> {
        let loc = location(expr.range);
        self.check_compare(left, ops, comparators, loc);
        let cleanup = self.new_label();
        self.visit_expr(left)?;
        let last = ops.len() - 1;
        for (op, comparator) in ops.iter().zip(comparators).take(last) {
            self.visit_expr(comparator)?;
            self.op(AnyOpcode::SWAP, 2, loc);
            self.op(AnyOpcode::COPY, 2, loc);
            self.compare(*op, loc);
            self.op0(AnyOpcode::TO_BOOL, loc);
            self.jump(AnyOpcode::POP_JUMP_IF_FALSE, cleanup, loc);
        }
        self.visit_expr(&comparators[last])?;
        self.compare(ops[last], loc);
        self.op0(AnyOpcode::TO_BOOL, loc);
        self.jump(condition.jump(), next, loc);
        let end = self.new_label();
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.use_label(cleanup);
        self.op0(AnyOpcode::POP_TOP, loc);
        if condition == Condition::False {
            self.jump(AnyOpcode::JUMP_NO_INTERRUPT, next, Location::NONE);
        }
        self.use_label(end);
        Ok(())
    }

    /// Adds the instruction of a comparison.
    pub(super) fn compare(&mut self, op: CmpOp, loc: Location) {
        let operator = match op {
            CmpOp::Lt => 0,
            CmpOp::LtE => 1,
            CmpOp::Eq => 2,
            CmpOp::NotEq => 3,
            CmpOp::Gt => 4,
            CmpOp::GtE => 5,
            CmpOp::Is => return self.op(AnyOpcode::IS_OP, 0, loc),
            CmpOp::IsNot => return self.op(AnyOpcode::IS_OP, 1, loc),
            CmpOp::In => return self.op(AnyOpcode::CONTAINS_OP, 0, loc),
            CmpOp::NotIn => return self.op(AnyOpcode::CONTAINS_OP, 1, loc),
        };
        self.op(AnyOpcode::COMPARE_OP, compare::oparg(operator), loc);
    }
}
