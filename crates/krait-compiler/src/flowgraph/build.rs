//! From an instruction sequence to basic blocks.

use krait_bytecode::AnyOpcode;

use super::{Block, BlockId, Cfg, CfgInstr};
use crate::codegen::ConstTable;
use crate::instr::{ControlFlow, Instr, InstrSeq};

/// Builds the blocks: a new one starts at every jump target and after every terminator.
pub(super) fn from_sequence(mut seq: InstrSeq, consts: ConstTable) -> Cfg {
    let annotations = seq.annotations.take();
    let labels = seq.labels;
    let count = seq.instrs.len();
    let mut is_target = vec![false; count + 1];
    for instr in &seq.instrs {
        if let Some(Some(at)) = jump_label(instr).map(|label| labels.get(label).copied().flatten())
        {
            is_target[at] = true;
        }
    }
    let mut builder = Builder {
        cfg: Cfg {
            blocks: vec![Block::default()],
            consts,
        },
        current: 0,
        pending_label: false,
    };
    // The block that starts at each instruction.
    let mut block_at: Vec<Option<BlockId>> = vec![None; count + 1];
    for (at, instr) in seq.instrs.iter().enumerate() {
        if is_target[at] {
            builder.use_label();
            block_at[at] = Some(builder.current);
        }
        if instr.op == AnyOpcode::ANNOTATIONS_PLACEHOLDER {
            for each in annotations.iter().flat_map(|seq| &seq.instrs) {
                builder.push(each, None);
            }
            continue;
        }
        let label = jump_label(instr).and_then(|label| labels.get(label).copied().flatten());
        builder.push(instr, label);
    }
    let mut cfg = builder.cfg;
    for block in &mut cfg.blocks {
        for instr in &mut block.instrs {
            // Until here the target is the index of an instruction.
            instr.target = instr.target.and_then(|at| block_at[at]);
        }
    }
    cfg
}

fn jump_label(instr: &Instr) -> Option<usize> {
    instr.op.has_target().then_some(instr.arg as usize)
}

struct Builder {
    cfg: Cfg,
    current: BlockId,
    pending_label: bool,
}

impl Builder {
    fn use_label(&mut self) {
        self.pending_label = true;
        self.maybe_start_block();
    }

    fn is_terminated(&mut self) -> bool {
        let block = &mut self.cfg.blocks[self.current];
        if block.last_op().is_some_and(ControlFlow::is_terminator) {
            return true;
        }
        if self.pending_label {
            if !block.instrs.is_empty() || block.labelled {
                return true;
            }
            block.labelled = true;
            self.pending_label = false;
        }
        false
    }

    fn maybe_start_block(&mut self) {
        if self.is_terminated() {
            let block = self.cfg.new_block();
            self.cfg.blocks[block].labelled = std::mem::take(&mut self.pending_label);
            self.cfg.blocks[self.current].next = Some(block);
            self.current = block;
        }
    }

    fn push(&mut self, instr: &Instr, target: Option<usize>) {
        self.maybe_start_block();
        let arg = if instr.op.has_target() { 0 } else { instr.arg };
        let mut new = CfgInstr::new(instr.op, arg, instr.loc);
        new.target = target;
        self.cfg.blocks[self.current].instrs.push(new);
    }
}
