//! Line numbers for instructions that code generation left without.

use krait_bytecode::Location;

use super::{BlockId, Cfg};
use crate::instr::ControlFlow;

impl Cfg {
    pub(super) fn resolve_line_numbers(&mut self) {
        self.duplicate_exits_without_lineno();
        self.propagate_line_numbers();
    }

    fn is_exit_or_eval_check_without_lineno(&self, block: BlockId) -> bool {
        let block = &self.blocks[block];
        (block.exits_scope() || block.has_eval_break()) && block.has_no_line()
    }

    /// An exit without a line that several jumps share gets a copy for each, with the jump's line.
    fn duplicate_exits_without_lineno(&mut self) {
        let mut at = Some(0);
        while let Some(block) = at {
            at = self.blocks[block].next;
            let Some(&last) = self.blocks[block].instrs.last() else {
                continue;
            };
            if !last.op.is_jump() {
                continue;
            }
            let Some(target) = self.next_nonempty(last.target) else {
                continue;
            };
            if !self.is_exit_or_eval_check_without_lineno(target)
                || self.blocks[target].predecessors <= 1
            {
                continue;
            }
            let copy = self.new_block();
            let mut instrs = self.blocks[target].instrs.clone();
            instrs[0].loc = last.loc;
            let next = self.blocks[target].next;
            let new = &mut self.blocks[copy];
            new.instrs = instrs;
            new.predecessors = 1;
            new.labelled = true;
            new.next = next;
            self.blocks[target].next = Some(copy);
            self.blocks[target].predecessors -= 1;
            if let Some(jump) = self.blocks[block].instrs.last_mut() {
                jump.target = Some(copy);
            }
            at = self.blocks[block].next;
        }
        // What is left is reached by falling through, from one place only.
        for block in self.order() {
            let Some(last) = self.blocks[block].instrs.last().copied() else {
                continue;
            };
            if !self.blocks[block].has_fallthrough() {
                continue;
            }
            if let Some(next) = self.blocks[block].next
                && self.is_exit_or_eval_check_without_lineno(next)
            {
                self.blocks[next].instrs[0].loc = last.loc;
            }
        }
    }

    fn propagate_line_numbers(&mut self) {
        for block in self.order() {
            let Some(last) = self.blocks[block].instrs.last().copied() else {
                continue;
            };
            let mut loc = Location::NONE;
            for instr in &mut self.blocks[block].instrs {
                if instr.loc.line == Location::NONE.line {
                    instr.loc = loc;
                } else {
                    loc = instr.loc;
                }
            }
            if self.blocks[block].has_fallthrough()
                && let Some(next) = self.blocks[block].next
            {
                self.pass_location(next, loc);
            }
            if last.op.is_jump()
                && let Some(target) = last.target
            {
                self.pass_location(target, loc);
            }
        }
    }

    fn pass_location(&mut self, block: BlockId, loc: Location) {
        let block = &mut self.blocks[block];
        if block.predecessors == 1
            && let Some(first) = block.instrs.first_mut()
            && first.loc.line == Location::NONE.line
        {
            first.loc = loc;
        }
    }
}
