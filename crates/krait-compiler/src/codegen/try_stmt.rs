//! `try` in its three forms.

use krait_ast::{ExceptHandler, Identifier, Try};
use krait_bytecode::oparg::intrinsic2;
use krait_bytecode::{AnyOpcode, Location};

use super::Compiler;
use super::unit::FBlockKind;
use crate::error::{CompileError, Result, location};
use crate::instr::Label;

impl<'a> Compiler<'a> {
    pub(super) fn try_stmt(&mut self, node: &'a Try, loc: Location) -> Result<()> {
        if node.finalbody.is_empty() {
            self.try_except(node, loc)
        } else {
            self.try_finally(node, loc, Self::try_except)
        }
    }

    pub(super) fn try_star_stmt(&mut self, node: &'a Try, loc: Location) -> Result<()> {
        if node.finalbody.is_empty() {
            self.try_star_except(node, loc)
        } else {
            self.try_finally(node, loc, Self::try_star_except)
        }
    }

    fn try_finally(
        &mut self,
        node: &'a Try,
        loc: Location,
        handlers: fn(&mut Self, &'a Try, Location) -> Result<()>,
    ) -> Result<()> {
        let (body, end) = (self.new_label(), self.new_label());
        let (exit, cleanup) = (self.new_label(), self.new_label());
        self.jump(AnyOpcode::SETUP_FINALLY, end, loc);
        self.use_label(body);
        self.push_fblock(loc, FBlockKind::FinallyTry(&node.finalbody), body, end)?;
        if node.handlers.is_empty() {
            self.visit_stmts(&node.body)?;
        } else {
            handlers(self, node, loc)?;
        }
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        self.pop_fblock();
        self.visit_stmts(&node.finalbody)?;
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, exit, Location::NONE);
        self.use_label(end);
        self.push_fblock(loc, FBlockKind::FinallyEnd, end, Label::NONE)?;
        self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, Location::NONE);
        self.op0(AnyOpcode::PUSH_EXC_INFO, Location::NONE);
        self.visit_stmts(&node.finalbody)?;
        self.pop_fblock();
        self.op(AnyOpcode::RERAISE, 0, Location::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise(Location::NONE);
        self.use_label(exit);
        Ok(())
    }

    fn try_except(&mut self, node: &'a Try, loc: Location) -> Result<()> {
        let (body, except) = (self.new_label(), self.new_label());
        let (end, cleanup) = (self.new_label(), self.new_label());
        self.jump(AnyOpcode::SETUP_FINALLY, except, loc);
        self.use_label(body);
        self.push_fblock(loc, FBlockKind::TryExcept, body, Label::NONE)?;
        self.visit_stmts(&node.body)?;
        self.pop_fblock();
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        self.visit_stmts(&node.orelse)?;
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.use_label(except);
        self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, Location::NONE);
        self.op0(AnyOpcode::PUSH_EXC_INFO, Location::NONE);
        self.push_fblock(loc, FBlockKind::ExceptionHandler, Label::NONE, Label::NONE)?;
        for (index, handler) in node.handlers.iter().enumerate() {
            let is_last = index + 1 == node.handlers.len();
            self.except_handler(handler, is_last, end)?;
        }
        self.pop_fblock();
        self.op(AnyOpcode::RERAISE, 0, Location::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise(Location::NONE);
        self.use_label(end);
        Ok(())
    }

    fn except_handler(
        &mut self,
        handler: &'a ExceptHandler,
        is_last: bool,
        end: Label,
    ) -> Result<()> {
        let loc = location(handler.range);
        if handler.type_.is_none() && !is_last {
            return Err(CompileError::syntax(loc, "default 'except:' must be last"));
        }
        let next = self.new_label();
        if let Some(type_) = &handler.type_ {
            self.visit_expr(type_)?;
            self.op0(AnyOpcode::CHECK_EXC_MATCH, loc);
            self.jump(AnyOpcode::POP_JUMP_IF_FALSE, next, loc);
        }
        let body = self.new_label();
        if let Some(name) = &handler.name {
            let cleanup = self.new_label();
            self.store_name(name, loc)?;
            self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, loc);
            self.use_label(body);
            let kind = FBlockKind::HandlerCleanup(Some(name.clone()));
            self.push_fblock(loc, kind, body, Label::NONE)?;
            self.visit_stmts(&handler.body)?;
            self.pop_fblock();
            self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
            self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
            self.op0(AnyOpcode::POP_EXCEPT, Location::NONE);
            self.unbind(name)?;
            self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
            self.use_label(cleanup);
            self.unbind(name)?;
            self.op(AnyOpcode::RERAISE, 1, Location::NONE);
        } else {
            self.use_label(body);
            self.op0(AnyOpcode::POP_TOP, loc);
            self.push_fblock(loc, FBlockKind::HandlerCleanup(None), body, Label::NONE)?;
            self.visit_stmts(&handler.body)?;
            self.pop_fblock();
            self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
            self.op0(AnyOpcode::POP_EXCEPT, Location::NONE);
            self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        }
        self.use_label(next);
        Ok(())
    }

    /// `name = None; del name`, so that the exception does not outlive its handler.
    fn unbind(&mut self, name: &Identifier) -> Result<()> {
        self.load_none(Location::NONE);
        self.store_name(name, Location::NONE)?;
        self.delete_name(name, Location::NONE)
    }

    /// `except*`: a list of what the handlers raise stands below what is still to be handled.
    fn try_star_except(&mut self, node: &'a Try, loc: Location) -> Result<()> {
        let (body, except, orelse) = (self.new_label(), self.new_label(), self.new_label());
        let (end, cleanup, reraise_star) = (self.new_label(), self.new_label(), self.new_label());
        self.jump(AnyOpcode::SETUP_FINALLY, except, loc);
        self.use_label(body);
        self.push_fblock(loc, FBlockKind::TryExcept, body, Label::NONE)?;
        self.visit_stmts(&node.body)?;
        self.pop_fblock();
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, orelse, Location::NONE);
        self.use_label(except);
        self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, Location::NONE);
        self.op0(AnyOpcode::PUSH_EXC_INFO, Location::NONE);
        self.push_fblock(
            loc,
            FBlockKind::ExceptionGroupHandler,
            Label::NONE,
            Label::NONE,
        )?;
        for (index, handler) in node.handlers.iter().enumerate() {
            if index == 0 {
                let loc = location(handler.range);
                self.op(AnyOpcode::BUILD_LIST, 0, loc);
                self.op(AnyOpcode::COPY, 2, loc);
            }
            self.except_star_handler(handler)?;
            if index + 1 == node.handlers.len() {
                self.op(AnyOpcode::LIST_APPEND, 1, Location::NONE);
                self.jump(AnyOpcode::JUMP_NO_INTERRUPT, reraise_star, Location::NONE);
            }
        }
        self.pop_fblock();
        let reraise = self.new_label();
        self.use_label(reraise_star);
        self.op(
            AnyOpcode::CALL_INTRINSIC_2,
            intrinsic2::PREP_RERAISE_STAR,
            Location::NONE,
        );
        self.op(AnyOpcode::COPY, 1, Location::NONE);
        self.jump(AnyOpcode::POP_JUMP_IF_NOT_NONE, reraise, Location::NONE);
        self.op0(AnyOpcode::POP_TOP, Location::NONE);
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        self.op0(AnyOpcode::POP_EXCEPT, Location::NONE);
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.use_label(reraise);
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        self.op(AnyOpcode::SWAP, 2, Location::NONE);
        self.op0(AnyOpcode::POP_EXCEPT, Location::NONE);
        self.op(AnyOpcode::RERAISE, 0, Location::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise(Location::NONE);
        self.use_label(orelse);
        self.visit_stmts(&node.orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn except_star_handler(&mut self, handler: &'a ExceptHandler) -> Result<()> {
        let loc = location(handler.range);
        let (next, with_error, no_match) = (self.new_label(), self.new_label(), self.new_label());
        if let Some(type_) = &handler.type_ {
            self.visit_expr(type_)?;
            self.op0(AnyOpcode::CHECK_EG_MATCH, loc);
            self.op(AnyOpcode::COPY, 1, loc);
            self.jump(AnyOpcode::POP_JUMP_IF_NONE, no_match, loc);
        }
        let (cleanup, body) = (self.new_label(), self.new_label());
        match &handler.name {
            Some(name) => self.store_name(name, loc)?,
            None => self.op0(AnyOpcode::POP_TOP, loc),
        }
        self.jump(AnyOpcode::SETUP_CLEANUP, cleanup, loc);
        self.use_label(body);
        let kind = FBlockKind::HandlerCleanup(handler.name.clone());
        self.push_fblock(loc, kind, body, Label::NONE)?;
        self.visit_stmts(&handler.body)?;
        self.pop_fblock();
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        if let Some(name) = &handler.name {
            self.unbind(name)?;
        }
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, next, Location::NONE);
        self.use_label(cleanup);
        if let Some(name) = &handler.name {
            self.unbind(name)?;
        }
        self.op(AnyOpcode::LIST_APPEND, 3, Location::NONE);
        self.op0(AnyOpcode::POP_TOP, Location::NONE);
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, with_error, Location::NONE);
        self.use_label(next);
        // Holds the location that comes from the body.
        self.op0(AnyOpcode::NOP, Location::NONE);
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, with_error, Location::NONE);
        self.use_label(no_match);
        self.op0(AnyOpcode::POP_TOP, loc);
        self.use_label(with_error);
        Ok(())
    }
}
