//! Removal of what is not needed: unreachable blocks, NOPs, pairs, jumps, constants; inlining of small
//! exits.

use krait_bytecode::opcode::flag;
use krait_bytecode::{AnyOpcode, Location};

use super::{BlockId, Cfg, loads_const};
use crate::codegen::ConstTable;
use crate::instr::ControlFlow;

/// The most instructions an exit may have to be copied to where it is jumped to.
const MAX_COPY_SIZE: usize = 4;

impl Cfg {
    pub(super) fn inline_small_or_no_lineno_blocks(&mut self) {
        loop {
            let mut changes = false;
            for block in self.order() {
                changes |= self.inline_jump_target(block);
            }
            if !changes {
                return;
            }
        }
    }

    fn inline_jump_target(&mut self, block: BlockId) -> bool {
        let Some(last) = self.blocks[block].instrs.last() else {
            return false;
        };
        if !last.op.is_unconditional_jump() {
            return false;
        }
        let Some(target) = last.target else {
            return false;
        };
        let to = &self.blocks[target];
        let small_exit = to.exits_scope() && to.instrs.len() <= MAX_COPY_SIZE;
        let no_line_no_fallthrough = to.has_no_line() && !to.has_fallthrough();
        if !small_exit && !no_line_no_fallthrough {
            return false;
        }
        let may_interrupt = last.op == AnyOpcode::JUMP;
        let copied = to.instrs.clone();
        let from = &mut self.blocks[block].instrs;
        if let Some(jump) = from.last_mut() {
            jump.set_nop();
        }
        from.extend(copied);
        if no_line_no_fallthrough
            && may_interrupt
            && let Some(last) = from.last_mut()
            && last.op.is_unconditional_jump()
        {
            last.op = AnyOpcode::JUMP;
        }
        self.blocks[target].predecessors -= 1;
        true
    }

    pub(super) fn remove_unreachable(&mut self) {
        let mut visited = vec![false; self.blocks.len()];
        for block in &mut self.blocks {
            block.predecessors = 0;
        }
        self.blocks[0].predecessors = 1;
        visited[0] = true;
        let mut todo = vec![0];
        while let Some(block) = todo.pop() {
            let mut targets: Vec<BlockId> = Vec::new();
            if self.blocks[block].has_fallthrough() {
                targets.extend(self.blocks[block].next);
            }
            targets.extend(
                self.blocks[block]
                    .instrs
                    .iter()
                    .filter(|instr| instr.op.has_target())
                    .filter_map(|instr| instr.target),
            );
            for target in targets {
                if !visited[target] {
                    visited[target] = true;
                    todo.push(target);
                }
                self.blocks[target].predecessors += 1;
            }
        }
        for block in self.order() {
            let block = &mut self.blocks[block];
            if block.predecessors == 0 {
                block.shrink_to(Vec::new());
                block.except_handler = false;
            }
        }
    }

    /// Removes the NOPs of a block that no line number needs; returns how many.
    fn remove_block_nops(&mut self, block: BlockId) -> usize {
        let instrs = &self.blocks[block].instrs;
        if instrs.iter().all(|instr| instr.op != AnyOpcode::NOP) {
            return 0;
        }
        let mut instrs = instrs.clone();
        let before = instrs.len();
        let mut kept = Vec::with_capacity(before);
        let mut previous_line = -1;
        for at in 0..before {
            let instr = instrs[at];
            let line = instr.loc.line;
            if instr.op == AnyOpcode::NOP {
                if line == Location::NONE.line || previous_line == line {
                    continue;
                }
                if at + 1 < before {
                    let next_line = instrs[at + 1].loc.line;
                    if next_line == line {
                        continue;
                    }
                    if next_line == Location::NONE.line {
                        instrs[at + 1].loc = instr.loc;
                        continue;
                    }
                } else if self.next_line(self.blocks[block].next) == Some(line) {
                    continue;
                }
            }
            kept.push(instr);
            previous_line = line;
        }
        let removed = before - kept.len();
        self.blocks[block].shrink_to(kept);
        removed
    }

    /// The line of the next instruction that stays, from the start of a block on.
    fn next_line(&self, block: Option<BlockId>) -> Option<i32> {
        let next = self.next_nonempty(block)?;
        let stays = self.blocks[next]
            .instrs
            .iter()
            .find(|instr| !(instr.op == AnyOpcode::NOP && instr.loc.line == Location::NONE.line));
        Some(stays.map_or(Location::NONE.line, |instr| instr.loc.line))
    }

    pub(super) fn remove_redundant_nops(&mut self) -> usize {
        self.order()
            .into_iter()
            .map(|block| self.remove_block_nops(block))
            .sum()
    }

    pub(super) fn remove_redundant_nops_and_jumps(&mut self) {
        loop {
            self.remove_redundant_nops();
            if self.remove_redundant_jumps() == 0 {
                return;
            }
        }
    }

    /// A jump to what comes next anyway is none.
    fn remove_redundant_jumps(&mut self) -> usize {
        let mut changes = 0;
        for block in self.order() {
            let Some(last) = self.blocks[block].instrs.last() else {
                continue;
            };
            if !last.op.is_unconditional_jump() {
                continue;
            }
            let target = self.next_nonempty(last.target);
            if target.is_some() && target == self.next_nonempty(self.blocks[block].next) {
                changes += 1;
                if let Some(last) = self.blocks[block].instrs.last_mut() {
                    last.set_nop();
                }
            }
        }
        changes
    }

    /// Removes values that are pushed only to be popped.
    pub(super) fn remove_redundant_nops_and_pairs(&mut self) {
        let mut done = false;
        while !done {
            done = true;
            // The instruction before, which may be in the block before.
            let mut previous: Option<(BlockId, usize)> = None;
            for block in self.order() {
                self.remove_block_nops(block);
                if self.blocks[block].labelled {
                    previous = None;
                }
                for at in 0..self.blocks[block].instrs.len() {
                    let is_pop = self.blocks[block].instrs[at].op == AnyOpcode::POP_TOP;
                    if let Some((other, index)) = previous
                        && is_pop
                    {
                        let pushed = self.blocks[other].instrs[index];
                        let is_copy = pushed.op == AnyOpcode::COPY && pushed.arg == 1;
                        if loads_const(pushed.op) || is_copy {
                            self.blocks[other].instrs[index].set_nop();
                            self.blocks[block].instrs[at].set_nop();
                            done = false;
                        }
                    }
                    previous = Some((block, at));
                }
                let ends = self.blocks[block]
                    .last_op()
                    .is_some_and(ControlFlow::is_jump);
                if ends || !self.blocks[block].has_fallthrough() {
                    previous = None;
                }
            }
        }
    }

    /// Drops constants that nothing loads any more, save the first, which may be the docstring.
    pub(super) fn remove_unused_consts(&mut self) {
        let count = self.consts.len();
        if count == 0 {
            return;
        }
        let mut used = vec![false; count];
        used[0] = true;
        for instr in self
            .order()
            .into_iter()
            .flat_map(|block| &self.blocks[block].instrs)
        {
            if instr.op.has(flag::CONST) {
                used[instr.arg as usize] = true;
            }
        }
        if used.iter().all(|used| *used) {
            return;
        }
        let mut new_index = vec![0; count];
        let mut kept = Vec::new();
        for (index, value) in self.consts.take().into_iter().enumerate() {
            if used[index] {
                new_index[index] = kept.len() as u32;
                kept.push(value);
            }
        }
        self.consts = ConstTable::from_values(kept);
        for block in &mut self.blocks {
            for instr in &mut block.instrs {
                if instr.op.has(flag::CONST) {
                    instr.arg = new_index[instr.arg as usize];
                }
            }
        }
    }
}
