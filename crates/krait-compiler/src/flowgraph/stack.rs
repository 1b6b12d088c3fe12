//! The stack's depth at every block, and the conversion of pseudo instructions.

use krait_bytecode::AnyOpcode;
use krait_bytecode::opcode::stack_effect;

use super::{BlockId, Cfg, CfgInstr};
use crate::error::{CompileError, Result};
use crate::instr::ControlFlow;

impl Cfg {
    /// JUMP_IF_… keeps the value it tests: COPY, TO_BOOL and a popping jump.
    pub(super) fn convert_pseudo_conditional_jumps(&mut self) {
        for block in &mut self.blocks {
            let Some(last) = block.instrs.last_mut() else {
                continue;
            };
            last.op = match last.op {
                AnyOpcode::JUMP_IF_FALSE => AnyOpcode::POP_JUMP_IF_FALSE,
                AnyOpcode::JUMP_IF_TRUE => AnyOpcode::POP_JUMP_IF_TRUE,
                _ => continue,
            };
            let jump = *last;
            let at = block.instrs.len() - 1;
            let part = |op, arg| CfgInstr {
                op,
                arg,
                target: None,
                ..jump
            };
            block.instrs.splice(
                at..at,
                [part(AnyOpcode::COPY, 1), part(AnyOpcode::TO_BOOL, 0)],
            );
        }
    }

    /// Finds the depth at the start of every block and returns the greatest depth anywhere.
    pub(super) fn stack_depth(&mut self) -> Result<u32> {
        for block in &mut self.blocks {
            block.start_depth = None;
        }
        // A frame has room for one item at least.
        let mut max = 1i64;
        let mut todo = Vec::new();
        self.reach_with_depth(0, 0, &mut todo)?;
        while let Some(block) = todo.pop() {
            let mut depth = self.blocks[block].start_depth.unwrap_or(0) as i64;
            let mut falls_through = true;
            for at in 0..self.blocks[block].instrs.len() {
                let instr = self.blocks[block].instrs[at];
                let after = depth + effect(&instr, false)?;
                if after < 0 {
                    return Err(CompileError::invalid_tree("Invalid CFG, stack underflow"));
                }
                max = max.max(after);
                if instr.op.has_target()
                    && instr.op != AnyOpcode::END_ASYNC_FOR
                    && let Some(target) = instr.target
                {
                    let target_depth = depth + effect(&instr, true)?;
                    max = max.max(target_depth);
                    self.reach_with_depth(target, target_depth, &mut todo)?;
                }
                depth = after;
                if instr.op.is_unconditional_jump() || instr.op.is_scope_exit() {
                    falls_through = false;
                    break;
                }
            }
            if falls_through && let Some(next) = self.blocks[block].next {
                self.reach_with_depth(next, depth, &mut todo)?;
            }
        }
        Ok(max as u32)
    }

    fn reach_with_depth(
        &mut self,
        block: BlockId,
        depth: i64,
        todo: &mut Vec<BlockId>,
    ) -> Result<()> {
        let depth = usize::try_from(depth)
            .map_err(|_| CompileError::invalid_tree("Invalid CFG, stack underflow"))?;
        match self.blocks[block].start_depth {
            None => {
                self.blocks[block].start_depth = Some(depth);
                todo.push(block);
                Ok(())
            }
            Some(known) if known == depth => Ok(()),
            Some(_) => Err(CompileError::invalid_tree(
                "Invalid CFG, inconsistent stackdepth",
            )),
        }
    }

    pub(super) fn convert_pseudo_ops(&mut self) {
        for block in &mut self.blocks {
            for instr in &mut block.instrs {
                match instr.op {
                    op if op.is_block_push() => instr.set_nop(),
                    AnyOpcode::LOAD_CLOSURE => instr.op = AnyOpcode::LOAD_FAST,
                    AnyOpcode::STORE_FAST_MAYBE_NULL => instr.op = AnyOpcode::STORE_FAST,
                    _ => {}
                }
            }
        }
        self.remove_redundant_nops();
    }
}

fn effect(instr: &CfgInstr, jump: bool) -> Result<i64> {
    stack_effect(instr.op as u16, instr.arg, jump)
        .ok_or_else(|| CompileError::invalid_tree("Invalid stack effect"))
}
