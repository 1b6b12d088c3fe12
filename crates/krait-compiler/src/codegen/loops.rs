//! Loops, and what leaves them: `break`, `continue`, `return`, and the unwinding they need.

use krait_ast::{Expr, ExprKind, For, Stmt};
use krait_bytecode::{AnyOpcode, Location};

use super::Compiler;
use super::jump::Condition;
use super::unit::{FBlock, FBlockKind, ScopeType};
use crate::error::{CompileError, Result, location};
use crate::instr::Label;

impl<'a> Compiler<'a> {
    pub(super) fn for_stmt(&mut self, node: &'a For, loc: Location) -> Result<()> {
        let (start, cleanup, end) = (self.new_label(), self.new_label(), self.new_label());
        self.push_fblock(loc, FBlockKind::ForLoop, start, end)?;
        self.visit_expr(&node.iter)?;
        let iter_loc = location(node.iter.range);
        self.op0(AnyOpcode::GET_ITER, iter_loc);
        self.use_label(start);
        self.jump(AnyOpcode::FOR_ITER, cleanup, iter_loc);
        // Keeps the line of a target on a line of its own.
        self.op0(AnyOpcode::NOP, location(node.target.range));
        self.conditional(|this| {
            this.visit_expr(&node.target)?;
            this.visit_stmts(&node.body)?;
            this.jump(AnyOpcode::JUMP, start, Location::NONE);
            this.use_label(cleanup);
            // A generator's end jumps to END_FOR, other iterators' past it.
            this.op0(AnyOpcode::END_FOR, Location::NONE);
            this.op0(AnyOpcode::POP_ITER, Location::NONE);
            this.pop_fblock();
            this.visit_stmts(&node.orelse)?;
            this.use_label(end);
            Ok(())
        })
    }

    pub(super) fn async_for_stmt(&mut self, node: &'a For, loc: Location) -> Result<()> {
        self.check_async(loc, "'async for' outside async function")?;
        let (start, send) = (self.new_label(), self.new_label());
        let (except, end) = (self.new_label(), self.new_label());
        self.visit_expr(&node.iter)?;
        let iter_loc = location(node.iter.range);
        self.op0(AnyOpcode::GET_AITER, iter_loc);
        self.use_label(start);
        self.push_fblock(loc, FBlockKind::ForLoop, start, end)?;
        self.jump(AnyOpcode::SETUP_FINALLY, except, loc);
        self.op0(AnyOpcode::GET_ANEXT, loc);
        self.load_none(loc);
        self.use_label(send);
        self.yield_from(loc, true);
        self.op0(AnyOpcode::POP_BLOCK, loc);
        self.op0(AnyOpcode::NOT_TAKEN, loc);
        self.conditional(|this| {
            this.visit_expr(&node.target)?;
            this.visit_stmts(&node.body)?;
            this.jump(AnyOpcode::JUMP, start, Location::NONE);
            this.pop_fblock();
            this.use_label(except);
            // The end belongs to the loop's head, not to its body.
            this.jump(AnyOpcode::END_ASYNC_FOR, send, iter_loc);
            this.visit_stmts(&node.orelse)?;
            this.use_label(end);
            Ok(())
        })
    }

    /// An error unless `await` and its kin may stand here.
    pub(super) fn check_async(&self, loc: Location, message: &str) -> Result<()> {
        if self.is_top_level_await() || self.scope_type() == ScopeType::AsyncFunction {
            return Ok(());
        }
        Err(CompileError::syntax(loc, message))
    }

    pub(super) fn while_stmt(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        loc: Location,
    ) -> Result<()> {
        let (start, end, anchor) = (self.new_label(), self.new_label(), self.new_label());
        self.use_label(start);
        self.push_fblock(loc, FBlockKind::WhileLoop, start, end)?;
        self.jump_if(test, anchor, Condition::False, loc)?;
        self.conditional(|this| {
            this.visit_stmts(body)?;
            this.jump(AnyOpcode::JUMP, start, Location::NONE);
            this.pop_fblock();
            this.use_label(anchor);
            this.visit_stmts(orelse)?;
            this.use_label(end);
            Ok(())
        })
    }

    pub(super) fn return_stmt(
        &mut self,
        value: Option<&'a Expr>,
        stmt_loc: Location,
    ) -> Result<()> {
        let mut loc = stmt_loc;
        let ste = self.ste();
        if !ste.is_function_like() {
            return Err(CompileError::syntax(loc, "'return' outside function"));
        }
        if value.is_some() && ste.coroutine && ste.generator {
            return Err(CompileError::syntax(
                loc,
                "'return' with value in async generator",
            ));
        }
        let constant = match value.map(|value| &value.kind) {
            Some(ExprKind::Constant { value, .. }) => Some(value),
            _ => None,
        };
        let preserve_tos = value.is_some() && constant.is_none();
        if let Some(value) = value {
            if preserve_tos {
                self.visit_expr(value)?;
            } else {
                loc = location(value.range);
                self.op0(AnyOpcode::NOP, loc);
            }
        }
        if value.is_none_or(|value| value.range.lineno as i32 != stmt_loc.line) {
            loc = stmt_loc;
            self.op0(AnyOpcode::NOP, loc);
        }
        self.unwind_fblocks(&mut loc, preserve_tos, false)?;
        match constant {
            Some(constant) => self.load_const(super::expr::constant(constant), loc)?,
            None if value.is_none() => self.load_none(loc),
            None => {}
        }
        self.op0(AnyOpcode::RETURN_VALUE, loc);
        Ok(())
    }

    pub(super) fn break_stmt(&mut self, origin: Location) -> Result<()> {
        let mut loc = origin;
        self.op0(AnyOpcode::NOP, loc);
        let Some(block) = self.unwind_fblocks(&mut loc, false, true)? else {
            return Err(CompileError::syntax(origin, "'break' outside loop"));
        };
        self.unwind_fblock(&mut loc, &block, false)?;
        self.jump(AnyOpcode::JUMP, block.exit, loc);
        Ok(())
    }

    pub(super) fn continue_stmt(&mut self, origin: Location) -> Result<()> {
        let mut loc = origin;
        self.op0(AnyOpcode::NOP, loc);
        let Some(block) = self.unwind_fblocks(&mut loc, false, true)? else {
            return Err(CompileError::syntax(
                origin,
                "'continue' not properly in loop",
            ));
        };
        self.jump(AnyOpcode::JUMP, block.block, loc);
        Ok(())
    }

    /// Unwinds all open frame blocks from the inside out, or up to the next loop, which is returned.
    /// The blocks stay open for the code that follows.
    fn unwind_fblocks(
        &mut self,
        loc: &mut Location,
        preserve_tos: bool,
        to_loop: bool,
    ) -> Result<Option<FBlock<'a>>> {
        let mut unwound = Vec::new();
        let mut found = None;
        while let Some(top) = self.unit().fblocks.last().cloned() {
            if matches!(top.kind, FBlockKind::ExceptionGroupHandler) {
                return Err(CompileError::syntax(
                    *loc,
                    "'break', 'continue' and 'return' cannot appear in an except* block",
                ));
            }
            if to_loop && matches!(top.kind, FBlockKind::WhileLoop | FBlockKind::ForLoop) {
                found = Some(top);
                break;
            }
            self.unit_mut().fblocks.pop();
            self.unwind_fblock(loc, &top, preserve_tos)?;
            unwound.push(top);
        }
        self.unit_mut().fblocks.extend(unwound.into_iter().rev());
        Ok(found)
    }

    fn unwind_fblock(
        &mut self,
        loc: &mut Location,
        block: &FBlock<'a>,
        preserve_tos: bool,
    ) -> Result<()> {
        match &block.kind {
            FBlockKind::WhileLoop
            | FBlockKind::ExceptionHandler
            | FBlockKind::ExceptionGroupHandler
            | FBlockKind::AsyncComprehensionGenerator
            | FBlockKind::InlinedComprehension
            | FBlockKind::StopIteration => {}
            FBlockKind::ForLoop => {
                self.swap_if(preserve_tos, *loc);
                self.op0(AnyOpcode::POP_TOP, *loc);
            }
            FBlockKind::TryExcept => self.op0(AnyOpcode::POP_BLOCK, *loc),
            FBlockKind::FinallyTry(body) => {
                self.op0(AnyOpcode::POP_BLOCK, *loc);
                if preserve_tos {
                    self.push_fblock(*loc, FBlockKind::PopValue, Label::NONE, Label::NONE)?;
                }
                self.visit_stmts(body)?;
                if preserve_tos {
                    self.pop_fblock();
                }
                // What unwinds after the body comes from no line of its own.
                *loc = Location::NONE;
            }
            FBlockKind::FinallyEnd => {
                self.swap_if(preserve_tos, *loc);
                self.op0(AnyOpcode::POP_TOP, *loc);
                self.swap_if(preserve_tos, *loc);
                self.op0(AnyOpcode::POP_BLOCK, *loc);
                self.op0(AnyOpcode::POP_EXCEPT, *loc);
            }
            FBlockKind::With | FBlockKind::AsyncWith => {
                *loc = block.loc;
                self.op0(AnyOpcode::POP_BLOCK, *loc);
                if preserve_tos {
                    self.op(AnyOpcode::SWAP, 3, *loc);
                    self.op(AnyOpcode::SWAP, 2, *loc);
                }
                self.call_exit_with_nones(*loc);
                if matches!(block.kind, FBlockKind::AsyncWith) {
                    self.op(AnyOpcode::GET_AWAITABLE, 2, *loc);
                    self.load_none(*loc);
                    self.yield_from(*loc, true);
                }
                self.op0(AnyOpcode::POP_TOP, *loc);
                *loc = Location::NONE;
            }
            FBlockKind::HandlerCleanup(name) => {
                if name.is_some() {
                    self.op0(AnyOpcode::POP_BLOCK, *loc);
                }
                self.swap_if(preserve_tos, *loc);
                self.op0(AnyOpcode::POP_BLOCK, *loc);
                self.op0(AnyOpcode::POP_EXCEPT, *loc);
                if let Some(name) = name {
                    self.load_none(*loc);
                    self.store_name(name, *loc)?;
                    self.delete_name(name, *loc)?;
                }
            }
            FBlockKind::PopValue => {
                self.swap_if(preserve_tos, *loc);
                self.op0(AnyOpcode::POP_TOP, *loc);
            }
        }
        Ok(())
    }

    fn swap_if(&mut self, condition: bool, loc: Location) {
        if condition {
            self.op(AnyOpcode::SWAP, 2, loc);
        }
    }
}
