//! Code that only exceptions reach goes to the end.

use krait_bytecode::{AnyOpcode, Location};

use super::{BlockId, Cfg, CfgInstr};
use crate::instr::ControlFlow;

impl Cfg {
    /// Marks all blocks that are reached from `starts` without an exception.
    fn spread(&self, starts: Vec<BlockId>, stop: impl Fn(BlockId) -> bool) -> Vec<bool> {
        let mut marked = vec![false; self.blocks.len()];
        let mut todo = starts;
        todo.iter().for_each(|&start| marked[start] = true);
        while let Some(block) = todo.pop() {
            let fallthrough = self.blocks[block]
                .next
                .filter(|_| self.blocks[block].has_fallthrough());
            let jumps = self.blocks[block]
                .instrs
                .iter()
                .filter(|instr| instr.op.is_jump())
                .filter_map(|instr| instr.target);
            for target in fallthrough.into_iter().chain(jumps) {
                if !marked[target] && !stop(target) {
                    marked[target] = true;
                    todo.push(target);
                }
            }
        }
        marked
    }

    fn mark_cold(&mut self) {
        let warm = self.spread(vec![0], |_| false);
        let handlers = self
            .order()
            .into_iter()
            .filter(|&block| self.blocks[block].except_handler)
            .collect();
        let cold = self.spread(handlers, |block| warm[block]);
        for (block, (warm, cold)) in self.blocks.iter_mut().zip(warm.into_iter().zip(cold)) {
            block.warm = warm;
            block.cold = cold && !warm;
        }
    }

    pub(super) fn push_cold_blocks_to_end(&mut self) {
        if self.blocks[0].next.is_none() {
            return;
        }
        self.mark_cold();
        for block in self.order() {
            self.make_jump_to_warm_explicit(block);
        }
        let (cold, warm): (Vec<BlockId>, Vec<BlockId>) = self
            .order()
            .into_iter()
            .partition(|&block| self.blocks[block].cold);
        if cold.is_empty() {
            return;
        }
        let order: Vec<BlockId> = warm.into_iter().chain(cold).collect();
        for (index, &block) in order.iter().enumerate() {
            self.blocks[block].next = order.get(index + 1).copied();
        }
        self.remove_redundant_nops_and_jumps();
    }

    /// A cold block that falls through to a warm one needs a jump, since it will not stand before it.
    fn make_jump_to_warm_explicit(&mut self, block: BlockId) {
        let Some(next) = self.blocks[block].next else {
            return;
        };
        if !self.blocks[block].cold
            || !self.blocks[block].has_fallthrough()
            || !self.blocks[next].warm
        {
            return;
        }
        let jump_block = self.new_block();
        let mut jump = CfgInstr::new(AnyOpcode::JUMP_NO_INTERRUPT, 0, Location::NONE);
        jump.target = Some(next);
        self.blocks[next].labelled = true;
        let new = &mut self.blocks[jump_block];
        new.instrs.push(jump);
        new.cold = true;
        new.predecessors = 1;
        new.next = Some(next);
        self.blocks[block].next = Some(jump_block);
    }
}
