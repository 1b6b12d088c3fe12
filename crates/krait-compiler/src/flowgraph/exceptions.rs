//! Which handler covers each instruction, from the block-opening pseudo instructions.

use krait_bytecode::AnyOpcode;
use krait_bytecode::oparg::resume;

use super::{BlockId, Cfg};
use crate::instr::ControlFlow;

impl Cfg {
    pub(super) fn mark_except_handlers(&mut self) {
        let handlers: Vec<BlockId> = self
            .blocks
            .iter()
            .flat_map(|block| &block.instrs)
            .filter(|instr| instr.op.is_block_push())
            .filter_map(|instr| instr.target)
            .collect();
        for handler in handlers {
            self.blocks[handler].except_handler = true;
        }
    }

    /// Walks the graph with the stack of open handlers and labels each instruction with the
    /// innermost. POP_BLOCKs have then done their work.
    pub(super) fn label_exception_targets(&mut self) {
        let mut stacks: Vec<Option<Vec<BlockId>>> = vec![None; self.blocks.len()];
        let mut visited = vec![false; self.blocks.len()];
        stacks[0] = Some(Vec::new());
        visited[0] = true;
        let mut todo = vec![0];
        while let Some(block) = todo.pop() {
            let mut stack = stacks[block].take().unwrap_or_default();
            let mut last_yield_depth = 0;
            let mut reach = |target: BlockId, stack: &Vec<BlockId>, todo: &mut Vec<BlockId>| {
                if !visited[target] {
                    visited[target] = true;
                    stacks[target] = Some(stack.clone());
                    todo.push(target);
                }
            };
            for at in 0..self.blocks[block].instrs.len() {
                let instr = self.blocks[block].instrs[at];
                if instr.op.is_block_push() {
                    let Some(target) = instr.target else { continue };
                    reach(target, &stack, &mut todo);
                    if instr.op != AnyOpcode::SETUP_FINALLY {
                        self.blocks[target].preserve_lasti = true;
                    }
                    stack.push(target);
                    continue;
                }
                if instr.op == AnyOpcode::POP_BLOCK {
                    stack.pop();
                    self.blocks[block].instrs[at].set_nop();
                    continue;
                }
                let new = &mut self.blocks[block].instrs[at];
                new.except = stack.last().copied();
                match instr.op {
                    AnyOpcode::RESUME
                        if instr.arg != resume::AT_FUNC_START && last_yield_depth == 1 =>
                    {
                        new.arg |= resume::DEPTH1_MASK;
                    }
                    AnyOpcode::YIELD_VALUE => last_yield_depth = stack.len(),
                    op if op.is_jump() => {
                        if let Some(target) = instr.target {
                            reach(target, &stack, &mut todo);
                        }
                    }
                    _ => {}
                }
            }
            if self.blocks[block].has_fallthrough()
                && let Some(next) = self.blocks[block].next
            {
                reach(next, &stack, &mut todo);
            }
        }
    }
}
