//! The final order: jumps made to fit their direction, blocks laid out one after the other.

use krait_bytecode::{AnyOpcode, Location};

use super::{BlockId, Cfg, CfgInstr};
use crate::codegen::ConstTable;
use crate::instr::ControlFlow;

/// An instruction in its final place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearInstr {
    pub(crate) op: AnyOpcode,
    pub(crate) arg: u32,
    pub(crate) loc: Location,
    /// The index of the instruction that a jump goes to.
    pub(crate) target: Option<usize>,
    pub(crate) handler: Option<Handler>,
}

/// The handler of an instruction's exceptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Handler {
    /// The index of the handler's first instruction.
    pub(crate) at: usize,
    pub(crate) depth: usize,
    pub(crate) preserve_lasti: bool,
}

/// All instructions in order, for the assembler.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) instrs: Vec<LinearInstr>,
    pub(crate) consts: ConstTable,
    pub(crate) stacksize: u32,
    pub(crate) nlocalsplus: usize,
}

impl Cfg {
    /// Conditional jumps go forward only: one that went back is inverted and jumps over a jump back.
    pub(super) fn normalize_jumps(&mut self) {
        let mut seen = vec![false; self.blocks.len()];
        let mut at = Some(0);
        while let Some(block) = at {
            seen.resize(self.blocks.len(), false);
            seen[block] = true;
            at = self.blocks[block].next;
            let Some(&last) = self.blocks[block].instrs.last() else {
                continue;
            };
            if !last.op.is_conditional_jump() {
                continue;
            }
            let Some(target) = last.target else { continue };
            let not_taken = CfgInstr::new(AnyOpcode::NOT_TAKEN, 0, last.loc);
            if !seen[target] {
                self.blocks[block].append(not_taken);
                continue;
            }
            let back = self.new_block();
            let jump = CfgInstr {
                op: AnyOpcode::JUMP,
                target: Some(target),
                ..not_taken
            };
            let (cold, next) = (self.blocks[block].cold, self.blocks[block].next);
            let start_depth = self.blocks[target].start_depth;
            let new = &mut self.blocks[back];
            new.instrs = vec![not_taken, jump];
            new.cold = cold;
            new.next = next;
            new.start_depth = start_depth;
            self.blocks[block].next = Some(back);
            if let Some(last) = self.blocks[block].instrs.last_mut() {
                last.op = reversed(last.op);
                last.target = next;
            }
            // The new block is looked at too, but has nothing to change.
            at = Some(back);
        }
    }

    pub(super) fn into_linear(self, stacksize: u32, nlocalsplus: usize) -> Linear {
        let order = self.order();
        let mut start = vec![0; self.blocks.len()];
        let mut count = 0;
        for &block in &order {
            start[block] = count;
            count += self.blocks[block].instrs.len();
        }
        let handler = |block: BlockId| Handler {
            at: start[block],
            depth: self.blocks[block].start_depth.unwrap_or(0),
            preserve_lasti: self.blocks[block].preserve_lasti,
        };
        let mut instrs = Vec::with_capacity(count);
        for block in order {
            for instr in &self.blocks[block].instrs {
                let target = instr.target.map(|target| start[target]);
                let forward = target.is_some_and(|target| target > instrs.len());
                let op = match (instr.op, forward) {
                    (AnyOpcode::JUMP | AnyOpcode::JUMP_NO_INTERRUPT, true) => {
                        AnyOpcode::JUMP_FORWARD
                    }
                    (AnyOpcode::JUMP, false) => AnyOpcode::JUMP_BACKWARD,
                    (AnyOpcode::JUMP_NO_INTERRUPT, false) => AnyOpcode::JUMP_BACKWARD_NO_INTERRUPT,
                    (op, _) => op,
                };
                instrs.push(LinearInstr {
                    op,
                    arg: instr.arg,
                    loc: instr.loc,
                    target,
                    handler: instr.except.map(handler),
                });
            }
        }
        Linear {
            instrs,
            consts: self.consts,
            stacksize,
            nlocalsplus,
        }
    }
}

fn reversed(op: AnyOpcode) -> AnyOpcode {
    match op {
        AnyOpcode::POP_JUMP_IF_NOT_NONE => AnyOpcode::POP_JUMP_IF_NONE,
        AnyOpcode::POP_JUMP_IF_NONE => AnyOpcode::POP_JUMP_IF_NOT_NONE,
        AnyOpcode::POP_JUMP_IF_FALSE => AnyOpcode::POP_JUMP_IF_TRUE,
        AnyOpcode::POP_JUMP_IF_TRUE => AnyOpcode::POP_JUMP_IF_FALSE,
        op => op,
    }
}
