//! Folding of constants: displays and operations whose operands are all loaded just before.

use krait_bytecode::{AnyOpcode, Const};

use super::peephole::clear_location;
use super::{BlockId, Cfg, loads_const};
use crate::constfold;

/// Above this size displays are built piece by piece and not folded here.
const STACK_USE_GUIDELINE: u32 = 30;
/// Shorter lists and sets are cheaper to build than to copy from a constant.
const MIN_CONST_SEQUENCE_SIZE: u32 = 3;

impl Cfg {
    /// The places of the `count` instructions before `at` that load constants, NOPs apart.
    fn const_loads(&self, block: BlockId, at: usize, count: usize) -> Option<Vec<usize>> {
        let mut places = Vec::with_capacity(count);
        let mut place = at;
        while places.len() < count {
            place = place.checked_sub(1)?;
            match self.blocks[block].instrs[place].op {
                AnyOpcode::NOP => {}
                op if loads_const(op) => places.push(place),
                _ => return None,
            }
        }
        places.reverse();
        Some(places)
    }

    fn const_operands(&self, block: BlockId, places: &[usize]) -> Vec<Const> {
        places
            .iter()
            .filter_map(|&place| self.loaded_const(&self.blocks[block].instrs[place]))
            .collect()
    }

    fn nop_out(&mut self, block: BlockId, places: &[usize]) {
        for &place in places {
            let instr = &mut self.blocks[block].instrs[place];
            clear_location(instr);
            instr.set_nop();
        }
    }

    pub(super) fn fold_tuple(&mut self, block: BlockId, at: usize) {
        let count = self.blocks[block].instrs[at].arg;
        if count > STACK_USE_GUIDELINE {
            return;
        }
        let Some(places) = self.const_loads(block, at, count as usize) else {
            return;
        };
        let items = self.const_operands(block, &places);
        self.nop_out(block, &places);
        self.make_load_const(block, at, Const::Tuple(items));
    }

    /// A long tuple is a list that is appended to and then made a tuple. Returns whether all its
    /// items were constants.
    pub(super) fn fold_list_to_tuple(&mut self, block: BlockId, at: usize) -> bool {
        let Some((start, items)) =
            self.appended_consts(block, at, AnyOpcode::BUILD_LIST, AnyOpcode::LIST_APPEND)
        else {
            return false;
        };
        self.nop_out_range(block, start, at);
        self.make_load_const(block, at, Const::Tuple(items));
        true
    }

    /// A long list or set that is only iterated over or searched is a constant.
    pub(super) fn fold_appended(&mut self, block: BlockId, at: usize) {
        let instrs = &self.blocks[block].instrs;
        let Some(last) = (0..at)
            .rev()
            .find(|&place| instrs[place].op != AnyOpcode::NOP)
        else {
            return;
        };
        let (build, add) = match instrs[last].op {
            AnyOpcode::LIST_APPEND => (AnyOpcode::BUILD_LIST, AnyOpcode::LIST_APPEND),
            AnyOpcode::SET_ADD => (AnyOpcode::BUILD_SET, AnyOpcode::SET_ADD),
            _ => return,
        };
        let Some((start, items)) = self.appended_consts(block, last + 1, build, add) else {
            return;
        };
        // The constant's instruction has no place of its own in CPython either.
        self.nop_out_range(block, start, last + 1);
        let value = match build {
            AnyOpcode::BUILD_LIST => Const::Tuple(items),
            _ => constfold::frozenset(items),
        };
        self.make_load_const(block, last, value);
    }

    /// The constants that are added one by one before `at`, and where their collection is built.
    fn appended_consts(
        &self,
        block: BlockId,
        at: usize,
        build: AnyOpcode,
        add: AnyOpcode,
    ) -> Option<(usize, Vec<Const>)> {
        let mut expect_add = true;
        let mut places = Vec::new();
        for place in (0..at).rev() {
            let instr = self.blocks[block].instrs[place];
            match instr.op {
                AnyOpcode::NOP => continue,
                op if op == build && instr.arg == 0 => {
                    places.reverse();
                    return expect_add.then(|| (place, self.const_operands(block, &places)));
                }
                op if op == add && expect_add && instr.arg == 1 => {}
                op if !expect_add && loads_const(op) => places.push(place),
                _ => return None,
            }
            expect_add = !expect_add;
        }
        None
    }

    fn nop_out_range(&mut self, block: BlockId, start: usize, end: usize) {
        let places: Vec<usize> = (start..end)
            .filter(|&place| self.blocks[block].instrs[place].op != AnyOpcode::NOP)
            .collect();
        self.nop_out(block, &places);
    }

    pub(super) fn fold_list_or_set(&mut self, block: BlockId, at: usize, next: Option<AnyOpcode>) {
        let instr = self.blocks[block].instrs[at];
        let contains_or_iter = matches!(next, Some(AnyOpcode::GET_ITER | AnyOpcode::CONTAINS_OP));
        let is_list = instr.op == AnyOpcode::BUILD_LIST;
        let too_small = instr.arg < MIN_CONST_SEQUENCE_SIZE && !contains_or_iter;
        if instr.arg > STACK_USE_GUIDELINE || too_small {
            return;
        }
        let Some(places) = self.const_loads(block, at, instr.arg as usize) else {
            if contains_or_iter && is_list {
                self.blocks[block].instrs[at].op = AnyOpcode::BUILD_TUPLE;
            }
            return;
        };
        let items = self.const_operands(block, &places);
        let value = if is_list {
            Const::Tuple(items)
        } else {
            constfold::frozenset(items)
        };
        let index = self.consts.add(value);
        self.nop_out(block, &places);
        let instrs = &mut self.blocks[block].instrs;
        if contains_or_iter {
            instrs[at].set(AnyOpcode::LOAD_CONST, index);
        } else {
            instrs[at - 2].loc = instr.loc;
            instrs[at - 2].set(instr.op, 0);
            instrs[at - 1].set(AnyOpcode::LOAD_CONST, index);
            let extend = if is_list {
                AnyOpcode::LIST_EXTEND
            } else {
                AnyOpcode::SET_UPDATE
            };
            instrs[at].set(extend, 1);
        }
    }

    pub(super) fn fold_unary(&mut self, block: BlockId, at: usize) {
        let Some(places) = self.const_loads(block, at, 1) else {
            return;
        };
        let operands = self.const_operands(block, &places);
        let [operand] = &operands[..] else { return };
        let op = self.blocks[block].instrs[at].op;
        let Some(value) = constfold::unary(op, operand) else {
            return;
        };
        self.nop_out(block, &places);
        self.make_load_const(block, at, value);
    }

    pub(super) fn fold_binary(&mut self, block: BlockId, at: usize) {
        let Some(places) = self.const_loads(block, at, 2) else {
            return;
        };
        let operands = self.const_operands(block, &places);
        let [left, right] = &operands[..] else { return };
        let operator = self.blocks[block].instrs[at].arg;
        let Some(value) = constfold::binary(operator, left, right) else {
            return;
        };
        self.nop_out(block, &places);
        self.make_load_const(block, at, value);
    }
}
