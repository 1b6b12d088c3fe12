//! `with` and `async with`.

use krait_ast::With;
use krait_bytecode::oparg::special;
use krait_bytecode::{AnyOpcode, Location};

use super::Compiler;
use super::unit::FBlockKind;
use crate::error::{Result, location};
use crate::instr::Label;

impl<'a> Compiler<'a> {
    pub(super) fn call_exit_with_nones(&mut self, loc: Location) {
        for _ in 0..3 {
            self.load_none(loc);
        }
        self.op(AnyOpcode::CALL, 3, loc);
    }

    fn await_value(&mut self, kind: u32, loc: Location) {
        self.op(AnyOpcode::GET_AWAITABLE, kind, loc);
        self.load_none(loc);
        self.yield_from(loc, true);
    }

    pub(super) fn with_stmt(&mut self, node: &'a With, at: usize) -> Result<()> {
        self.with_item(node, at, None)
    }

    pub(super) fn async_with_stmt(
        &mut self,
        node: &'a With,
        at: usize,
        stmt_loc: Location,
    ) -> Result<()> {
        self.check_async(stmt_loc, "'async with' outside async function")?;
        self.with_item(node, at, Some(stmt_loc))
    }

    /// One context manager and, inside it, the rest of them or the body.
    fn with_item(&mut self, node: &'a With, at: usize, is_async: Option<Location>) -> Result<()> {
        let item = &node.items[at];
        let loc = location(item.context_expr.range);
        let (block, last) = (self.new_label(), self.new_label());
        let (exit, cleanup) = (self.new_label(), self.new_label());
        self.visit_expr(&item.context_expr)?;
        let (enter_method, exit_method, kind) = match is_async {
            Some(_) => (special::AENTER, special::AEXIT, FBlockKind::AsyncWith),
            None => (special::ENTER, special::EXIT, FBlockKind::With),
        };
        self.op(AnyOpcode::COPY, 1, loc);
        self.op(AnyOpcode::LOAD_SPECIAL, exit_method, loc);
        self.op(AnyOpcode::SWAP, 2, loc);
        self.op(AnyOpcode::SWAP, 3, loc);
        self.op(AnyOpcode::LOAD_SPECIAL, enter_method, loc);
        self.op(AnyOpcode::CALL, 0, loc);
        if is_async.is_some() {
            self.await_value(1, loc);
        }
        self.jump(AnyOpcode::SETUP_WITH, last, loc);
        self.use_label(block);
        self.push_fblock(loc, kind, block, last)?;
        match &item.optional_vars {
            Some(target) => self.visit_expr(target)?,
            None => self.op0(AnyOpcode::POP_TOP, loc),
        }
        match (at + 1 == node.items.len(), is_async) {
            (true, _) => self.visit_stmts(&node.body)?,
            (false, None) => self.with_stmt(node, at + 1)?,
            (false, Some(stmt_loc)) => self.async_with_stmt(node, at + 1, stmt_loc)?,
        }
        self.pop_fblock();
        let pop_loc = if is_async.is_some() {
            loc
        } else {
            Location::NONE
        };
        self.op0(AnyOpcode::POP_BLOCK, pop_loc);
        self.call_exit_with_nones(loc);
        if is_async.is_some() {
            self.await_value(2, loc);
        }
        self.op0(AnyOpcode::POP_TOP, loc);
        self.jump(AnyOpcode::JUMP, exit, loc);
        self.use_label(last);
        self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, loc);
        self.op0(AnyOpcode::PUSH_EXC_INFO, loc);
        self.op0(AnyOpcode::WITH_EXCEPT_START, loc);
        if is_async.is_some() {
            self.await_value(2, loc);
        }
        self.with_except_finish(cleanup);
        self.use_label(exit);
        Ok(())
    }

    fn with_except_finish(&mut self, cleanup: Label) {
        let none = Location::NONE;
        let suppress = self.new_label();
        self.op0(AnyOpcode::TO_BOOL, none);
        self.jump(AnyOpcode::POP_JUMP_IF_TRUE, suppress, none);
        self.op(AnyOpcode::RERAISE, 2, none);
        self.use_label(suppress);
        self.op0(AnyOpcode::POP_TOP, none);
        self.op0(AnyOpcode::POP_BLOCK, none);
        self.op0(AnyOpcode::POP_EXCEPT, none);
        for _ in 0..3 {
            self.op0(AnyOpcode::POP_TOP, none);
        }
        let exit = self.new_label();
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, exit, none);
        self.use_label(cleanup);
        self.pop_except_and_reraise(none);
        self.use_label(exit);
    }
}
