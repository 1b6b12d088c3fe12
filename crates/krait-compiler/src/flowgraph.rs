//! The flow graph: basic blocks built from an instruction sequence, optimised, and laid out again.
//!
//! Blocks live in one vector and name each other by index; `next` is their order in the code.

mod assemble_order;
mod borrow;
mod build;
mod cleanup;
mod cold;
mod exceptions;
mod fold;
mod lines;
mod locals;
mod peephole;
mod stack;
mod swaps;

use krait_bytecode::{AnyOpcode, Const, Location};

use crate::codegen::Metadata;
use crate::error::Result;
use crate::instr::{ControlFlow, InstrSeq};

pub(crate) use assemble_order::{Handler, Linear, LinearInstr};

/// The index of a block.
pub(crate) type BlockId = usize;

/// An instruction in a block; `target` stands for the argument of what jumps or opens a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CfgInstr {
    pub(crate) op: AnyOpcode,
    pub(crate) arg: u32,
    pub(crate) loc: Location,
    pub(crate) target: Option<BlockId>,
    /// The handler that an exception here goes to.
    pub(crate) except: Option<BlockId>,
}

impl CfgInstr {
    fn new(op: AnyOpcode, arg: u32, loc: Location) -> Self {
        Self {
            op,
            arg,
            loc,
            target: None,
            except: None,
        }
    }

    /// Makes the instruction another one, without a target.
    fn set(&mut self, op: AnyOpcode, arg: u32) {
        self.op = op;
        self.arg = arg;
        self.target = None;
    }

    fn set_nop(&mut self) {
        self.set(AnyOpcode::NOP, 0);
    }
}

/// A run of instructions that is entered at its start only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) instrs: Vec<CfgInstr>,
    pub(crate) next: Option<BlockId>,
    /// Whether something jumps here.
    pub(crate) labelled: bool,
    pub(crate) predecessors: i32,
    pub(crate) start_depth: Option<usize>,
    pub(crate) except_handler: bool,
    /// Whether the handler wants the offset of the instruction that raised.
    pub(crate) preserve_lasti: bool,
    pub(crate) cold: bool,
    pub(crate) warm: bool,
    /// The handlers of instructions that once stood past the end, by place. CPython gives an appended
    /// instruction the handler that is left over in its place, and exception tables show it.
    left_over: Vec<Option<BlockId>>,
}

impl Block {
    /// Appends an instruction, which gets the handler left over in its place.
    fn append(&mut self, mut instr: CfgInstr) {
        instr.except = self.left_over.get(self.instrs.len()).copied().flatten();
        self.instrs.push(instr);
    }

    /// Puts `kept` in the place of all instructions.
    fn shrink_to(&mut self, kept: Vec<CfgInstr>) {
        let old = std::mem::replace(&mut self.instrs, kept);
        if self.left_over.len() < old.len() {
            self.left_over.resize(old.len(), None);
        }
        for (place, instr) in old.iter().enumerate().skip(self.instrs.len()) {
            self.left_over[place] = instr.except;
        }
    }

    fn last_op(&self) -> Option<AnyOpcode> {
        self.instrs.last().map(|instr| instr.op)
    }

    fn exits_scope(&self) -> bool {
        self.last_op().is_some_and(ControlFlow::is_scope_exit)
    }

    fn has_fallthrough(&self) -> bool {
        !self
            .last_op()
            .is_some_and(|op| op.is_scope_exit() || op.is_unconditional_jump())
    }

    fn has_no_line(&self) -> bool {
        self.instrs.iter().all(|instr| instr.loc.line < 0)
    }

    fn has_eval_break(&self) -> bool {
        self.instrs
            .iter()
            .any(|instr| instr.op.has(krait_bytecode::opcode::flag::EVAL_BREAK))
    }
}

/// All blocks of one code object; block 0 is the entry.
#[derive(Debug)]
pub(crate) struct Cfg {
    pub(crate) blocks: Vec<Block>,
    /// The constants, which folding adds to.
    pub(crate) consts: crate::codegen::ConstTable,
}

impl Cfg {
    /// The blocks in the order of the code.
    fn order(&self) -> Vec<BlockId> {
        let mut order = Vec::with_capacity(self.blocks.len());
        let mut at = Some(0);
        while let Some(block) = at {
            order.push(block);
            at = self.blocks[block].next;
        }
        order
    }

    /// The block itself if it has instructions, else the next one that has.
    fn next_nonempty(&self, mut block: Option<BlockId>) -> Option<BlockId> {
        while let Some(id) = block {
            if !self.blocks[id].instrs.is_empty() {
                return Some(id);
            }
            block = self.blocks[id].next;
        }
        None
    }

    fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::default());
        self.blocks.len() - 1
    }

    /// The constant that an instruction loads, if it loads one.
    fn loaded_const(&self, instr: &CfgInstr) -> Option<Const> {
        match instr.op {
            AnyOpcode::LOAD_CONST => Some(self.consts.get(instr.arg).clone()),
            AnyOpcode::LOAD_SMALL_INT => Some(Const::from(i64::from(instr.arg))),
            _ => None,
        }
    }
}

fn loads_const(op: AnyOpcode) -> bool {
    matches!(op, AnyOpcode::LOAD_CONST | AnyOpcode::LOAD_SMALL_INT)
}

/// Takes an instruction sequence through all passes, up to instructions with labels in final order.
pub(crate) fn optimize_and_linearize(
    seq: InstrSeq,
    meta: &mut Metadata,
    flags: u32,
) -> Result<Linear> {
    let consts = std::mem::take(&mut meta.consts);
    let mut cfg = build::from_sequence(seq, consts);
    cfg.mark_except_handlers();
    cfg.label_exception_targets();
    cfg.optimize();
    cfg.remove_unused_consts();
    cfg.check_uninitialized_locals(meta.varnames.len(), meta.nparams);
    cfg.insert_superinstructions();
    cfg.push_cold_blocks_to_end();
    cfg.resolve_line_numbers();
    cfg.convert_pseudo_conditional_jumps();
    let stacksize = cfg.stack_depth()?;
    let nlocalsplus = cfg.prepare_localsplus(meta, flags);
    cfg.convert_pseudo_ops();
    cfg.normalize_jumps();
    cfg.optimize_load_fast();
    Ok(cfg.into_linear(stacksize, nlocalsplus))
}

impl Cfg {
    fn optimize(&mut self) {
        self.inline_small_or_no_lineno_blocks();
        self.remove_unreachable();
        self.resolve_line_numbers();
        self.optimize_load_const();
        for block in self.order() {
            self.optimize_basic_block(block);
        }
        self.remove_redundant_nops_and_pairs();
        self.remove_unreachable();
        self.remove_redundant_nops_and_jumps();
    }
}
