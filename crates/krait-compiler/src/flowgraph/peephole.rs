//! Rewrites within a block and at its end: constants into jumps, tests into comparisons, jump threading.

use krait_bytecode::oparg::intrinsic1;
use krait_bytecode::{AnyOpcode, Const, Location};

use super::{BlockId, Cfg, CfgInstr};
use crate::constfold;

impl Cfg {
    /// Makes an instruction load a constant, a small integer without the pool.
    pub(super) fn make_load_const(&mut self, block: BlockId, at: usize, value: Const) {
        if let Some(small) = small_int(&value) {
            self.blocks[block].instrs[at].set(AnyOpcode::LOAD_SMALL_INT, small);
        } else {
            let index = self.consts.add(value);
            self.blocks[block].instrs[at].set(AnyOpcode::LOAD_CONST, index);
        }
    }

    pub(super) fn optimize_load_const(&mut self) {
        for block in self.order() {
            self.optimize_block_load_const(block);
        }
    }

    fn optimize_block_load_const(&mut self, block: BlockId) {
        // What the instruction at hand puts on top of the stack, a copy of a constant included.
        let mut current: Option<CfgInstr> = None;
        for at in 0..self.blocks[block].instrs.len() {
            let instr = self.blocks[block].instrs[at];
            if instr.op == AnyOpcode::LOAD_CONST
                && let Some(small) = small_int(self.consts.get(instr.arg))
            {
                self.blocks[block].instrs[at].set(AnyOpcode::LOAD_SMALL_INT, small);
            }
            let instr = self.blocks[block].instrs[at];
            let copies = instr.op == AnyOpcode::COPY
                && instr.arg == 1
                && current.is_some_and(|current| current.op == AnyOpcode::LOAD_CONST);
            if !copies {
                current = Some(instr);
            }
            let Some(value) = current.and_then(|current| self.loaded_const(&current)) else {
                continue;
            };
            self.use_const(block, at, &value);
        }
    }

    fn use_const(&mut self, block: BlockId, at: usize, value: &Const) {
        let instrs = &mut self.blocks[block].instrs;
        let Some(next) = instrs.get(at + 1).map(|next| next.op) else {
            return;
        };
        match next {
            AnyOpcode::POP_JUMP_IF_FALSE
            | AnyOpcode::POP_JUMP_IF_TRUE
            | AnyOpcode::JUMP_IF_FALSE
            | AnyOpcode::JUMP_IF_TRUE => {
                if matches!(
                    next,
                    AnyOpcode::POP_JUMP_IF_FALSE | AnyOpcode::POP_JUMP_IF_TRUE
                ) {
                    instrs[at].set_nop();
                }
                let if_true = matches!(next, AnyOpcode::POP_JUMP_IF_TRUE | AnyOpcode::JUMP_IF_TRUE);
                if constfold::is_true(value) == if_true {
                    instrs[at + 1].op = AnyOpcode::JUMP;
                } else {
                    instrs[at + 1].set_nop();
                }
            }
            AnyOpcode::IS_OP if *value == Const::None => {
                let inverted = instrs[at + 1].arg != 0;
                let mut jump = at + 2;
                if instrs
                    .get(jump)
                    .is_some_and(|instr| instr.op == AnyOpcode::TO_BOOL)
                {
                    instrs[jump].set_nop();
                    jump += 1;
                }
                let is_none = match instrs.get(jump).map(|instr| instr.op) {
                    Some(AnyOpcode::POP_JUMP_IF_TRUE) => !inverted,
                    Some(AnyOpcode::POP_JUMP_IF_FALSE) => inverted,
                    _ => return,
                };
                instrs[at].set_nop();
                instrs[at + 1].set_nop();
                instrs[jump].op = if is_none {
                    AnyOpcode::POP_JUMP_IF_NONE
                } else {
                    AnyOpcode::POP_JUMP_IF_NOT_NONE
                };
            }
            AnyOpcode::TO_BOOL => {
                let truth = Const::from(constfold::is_true(value));
                let index = self.consts.add(truth);
                let instrs = &mut self.blocks[block].instrs;
                instrs[at].set_nop();
                instrs[at + 1].set(AnyOpcode::LOAD_CONST, index);
            }
            _ => {}
        }
    }

    pub(super) fn optimize_basic_block(&mut self, block: BlockId) {
        let mut at = 0;
        while at < self.blocks[block].instrs.len() {
            if !self.optimize_instr(block, at) {
                at += 1;
            }
        }
        let mut at = 0;
        while at < self.blocks[block].instrs.len() {
            if self.blocks[block].instrs[at].op == AnyOpcode::SWAP {
                at = super::swaps::swaptimize(&mut self.blocks[block].instrs, at);
                super::swaps::apply_static_swaps(&mut self.blocks[block].instrs, at);
            }
            at += 1;
        }
    }

    /// Rewrites one instruction; returns whether to look at the same place again.
    fn optimize_instr(&mut self, block: BlockId, at: usize) -> bool {
        let instr = self.blocks[block].instrs[at];
        let next = self.blocks[block].instrs.get(at + 1).copied();
        let next_op = next.map(|next| next.op);
        match instr.op {
            AnyOpcode::BUILD_TUPLE => {
                let unpacked = next.is_some_and(|next| {
                    next.op == AnyOpcode::UNPACK_SEQUENCE && next.arg == instr.arg
                });
                let instrs = &mut self.blocks[block].instrs;
                match instr.arg {
                    1 if unpacked => {
                        instrs[at].set_nop();
                        instrs[at + 1].set_nop();
                    }
                    2 | 3 if unpacked => {
                        instrs[at].set_nop();
                        instrs[at + 1].op = AnyOpcode::SWAP;
                    }
                    _ => self.fold_tuple(block, at),
                }
            }
            AnyOpcode::BUILD_LIST | AnyOpcode::BUILD_SET => {
                self.fold_list_or_set(block, at, next_op);
            }
            AnyOpcode::POP_JUMP_IF_NOT_NONE
            | AnyOpcode::POP_JUMP_IF_NONE
            | AnyOpcode::POP_JUMP_IF_FALSE
            | AnyOpcode::POP_JUMP_IF_TRUE => {
                if self.target_op(&instr) == Some(AnyOpcode::JUMP) {
                    return self.thread_jump(block, at, instr.op);
                }
            }
            AnyOpcode::JUMP_IF_FALSE | AnyOpcode::JUMP_IF_TRUE => {
                return self.optimize_short_circuit(block, at, &instr);
            }
            AnyOpcode::JUMP | AnyOpcode::JUMP_NO_INTERRUPT => match self.target_op(&instr) {
                Some(AnyOpcode::JUMP) => return self.thread_jump(block, at, AnyOpcode::JUMP),
                Some(AnyOpcode::JUMP_NO_INTERRUPT) => {
                    return self.thread_jump(block, at, instr.op);
                }
                _ => {}
            },
            AnyOpcode::CONTAINS_OP => {
                self.fold_appended(block, at);
                self.optimize_plain(block, at, &instr, next);
            }
            _ => self.optimize_plain(block, at, &instr, next),
        }
        false
    }

    fn optimize_plain(
        &mut self,
        block: BlockId,
        at: usize,
        instr: &CfgInstr,
        next: Option<CfgInstr>,
    ) {
        let next_op = next.map(|next| next.op);
        let instrs = &mut self.blocks[block].instrs;
        match (instr.op, next_op) {
            (AnyOpcode::LOAD_GLOBAL, Some(AnyOpcode::PUSH_NULL)) if instr.arg & 1 == 0 => {
                instrs[at].arg |= 1;
                instrs[at + 1].set_nop();
            }
            (AnyOpcode::STORE_FAST, Some(AnyOpcode::STORE_FAST)) => {
                let same = next
                    .is_some_and(|next| next.arg == instr.arg && next.loc.line == instr.loc.line);
                if same {
                    instrs[at].set(AnyOpcode::POP_TOP, 0);
                }
            }
            (AnyOpcode::SWAP, _) if instr.arg == 1 => instrs[at].set_nop(),
            (AnyOpcode::COMPARE_OP, Some(AnyOpcode::TO_BOOL)) => {
                instrs[at].set_nop();
                instrs[at + 1].set(
                    AnyOpcode::COMPARE_OP,
                    instr.arg | krait_bytecode::oparg::compare::TO_BOOL,
                );
            }
            (AnyOpcode::CONTAINS_OP | AnyOpcode::IS_OP, Some(AnyOpcode::TO_BOOL)) => {
                instrs[at].set_nop();
                instrs[at + 1].set(instr.op, instr.arg);
            }
            (AnyOpcode::CONTAINS_OP | AnyOpcode::IS_OP, Some(AnyOpcode::UNARY_NOT)) => {
                instrs[at].set_nop();
                instrs[at + 1].set(instr.op, instr.arg ^ 1);
            }
            (AnyOpcode::TO_BOOL, Some(AnyOpcode::TO_BOOL)) => instrs[at].set_nop(),
            (AnyOpcode::UNARY_NOT, Some(AnyOpcode::TO_BOOL)) => {
                instrs[at].set_nop();
                instrs[at + 1].set(AnyOpcode::UNARY_NOT, 0);
            }
            (AnyOpcode::UNARY_NOT, Some(AnyOpcode::UNARY_NOT)) => {
                instrs[at].set_nop();
                instrs[at + 1].set_nop();
            }
            (AnyOpcode::UNARY_NOT | AnyOpcode::UNARY_INVERT | AnyOpcode::UNARY_NEGATIVE, _) => {
                self.fold_unary(block, at);
            }
            (AnyOpcode::CALL_INTRINSIC_1, _) if instr.arg == intrinsic1::LIST_TO_TUPLE => {
                let folded = self.fold_list_to_tuple(block, at);
                if !folded && next_op == Some(AnyOpcode::GET_ITER) {
                    self.blocks[block].instrs[at].set_nop();
                }
            }
            (AnyOpcode::CALL_INTRINSIC_1, _) if instr.arg == intrinsic1::UNARY_POSITIVE => {
                self.fold_unary(block, at);
            }
            (AnyOpcode::BINARY_OP, _) => self.fold_binary(block, at),
            (AnyOpcode::GET_ITER, _) => self.fold_appended(block, at),
            _ => {}
        }
    }

    /// The opcode of the first instruction a jump goes to.
    fn target_op(&self, instr: &CfgInstr) -> Option<AnyOpcode> {
        self.blocks[instr.target?]
            .instrs
            .first()
            .map(|first| first.op)
    }

    /// Makes a jump to a jump go where that goes; returns whether it changed anything.
    fn thread_jump(&mut self, block: BlockId, at: usize, op: AnyOpcode) -> bool {
        let instr = self.blocks[block].instrs[at];
        let Some(through) = instr
            .target
            .and_then(|target| self.blocks[target].instrs.first())
        else {
            return false;
        };
        let through = *through;
        if instr.target == through.target {
            return false;
        }
        let instrs = &mut self.blocks[block].instrs;
        instrs[at].set_nop();
        let mut jump = CfgInstr::new(op, 0, through.loc);
        jump.target = through.target;
        self.blocks[block].append(jump);
        true
    }

    fn optimize_short_circuit(&mut self, block: BlockId, at: usize, instr: &CfgInstr) -> bool {
        let opposite = match instr.op {
            AnyOpcode::JUMP_IF_FALSE => AnyOpcode::JUMP_IF_TRUE,
            _ => AnyOpcode::JUMP_IF_FALSE,
        };
        match self.target_op(instr) {
            Some(op) if op == AnyOpcode::JUMP || op == instr.op => {
                self.thread_jump(block, at, instr.op)
            }
            Some(op) if op == opposite => {
                // The value is known not to jump there.
                let next = instr.target.and_then(|target| self.blocks[target].next);
                self.blocks[block].instrs[at].target = next;
                next.is_some()
            }
            _ => false,
        }
    }
}

/// The value of a constant that LOAD_SMALL_INT can load.
pub(super) fn small_int(value: &Const) -> Option<u32> {
    let Const::Int(int) = value else { return None };
    match *int.digits() {
        [] => Some(0),
        [digit @ 0..=255] if !int.is_negative() => Some(digit),
        _ => None,
    }
}

/// Whether a location is none at all.
pub(super) fn clear_location(instr: &mut CfgInstr) {
    instr.loc = Location::NONE;
}
