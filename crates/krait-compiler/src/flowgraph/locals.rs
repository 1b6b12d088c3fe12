//! Locals: checks where a local may be unbound, combined loads and stores, the frame's layout.

use krait_bytecode::{AnyOpcode, Location, code_flags};

use super::{BlockId, Cfg, CfgInstr};
use crate::codegen::Metadata;
use crate::instr::ControlFlow;

/// How many locals are followed through the whole graph.
const MAX_TRACKED: usize = 64;

impl Cfg {
    /// Makes loads of locals that may be unbound check for it.
    pub(super) fn check_uninitialized_locals(&mut self, nlocals: usize, nparams: usize) {
        if nlocals == 0 {
            return;
        }
        if nlocals > MAX_TRACKED {
            self.check_locals_by_block(nlocals);
        }
        let tracked = nlocals.min(MAX_TRACKED);
        let start: u64 = (nparams..tracked).fold(0, |mask, local| mask | 1 << local);
        let mut scan = Scan {
            masks: vec![0; self.blocks.len()],
            queued: vec![false; self.blocks.len()],
            todo: Vec::new(),
        };
        scan.reach(0, start);
        // A block may unbind locals though all are bound at the start.
        for block in self.order() {
            self.scan_block(block, &mut scan);
        }
        while let Some(block) = scan.todo.pop() {
            scan.queued[block] = false;
            self.scan_block(block, &mut scan);
        }
    }

    fn scan_block(&mut self, block: BlockId, scan: &mut Scan) {
        let mut mask = scan.masks[block];
        for at in 0..self.blocks[block].instrs.len() {
            let instr = &mut self.blocks[block].instrs[at];
            if let Some(handler) = instr.except {
                scan.reach(handler, mask);
            }
            if instr.arg as usize >= MAX_TRACKED {
                continue;
            }
            let bit = 1u64 << instr.arg;
            match instr.op {
                AnyOpcode::DELETE_FAST
                | AnyOpcode::LOAD_FAST_AND_CLEAR
                | AnyOpcode::STORE_FAST_MAYBE_NULL => mask |= bit,
                AnyOpcode::STORE_FAST | AnyOpcode::LOAD_FAST_CHECK => mask &= !bit,
                AnyOpcode::LOAD_FAST => {
                    if mask & bit != 0 {
                        instr.op = AnyOpcode::LOAD_FAST_CHECK;
                    }
                    mask &= !bit;
                }
                _ => {}
            }
        }
        if self.blocks[block].has_fallthrough()
            && let Some(next) = self.blocks[block].next
        {
            scan.reach(next, mask);
        }
        if let Some(last) = self.blocks[block].instrs.last()
            && last.op.is_jump()
            && let Some(target) = last.target
        {
            scan.reach(target, mask);
        }
    }

    /// For locals past the tracked ones: bound only if the same block has bound them before.
    fn check_locals_by_block(&mut self, nlocals: usize) {
        let mut bound_in = vec![usize::MAX; nlocals];
        for (number, block) in self.order().into_iter().enumerate() {
            for instr in &mut self.blocks[block].instrs {
                let local = instr.arg as usize;
                if local < MAX_TRACKED {
                    continue;
                }
                match instr.op {
                    AnyOpcode::DELETE_FAST
                    | AnyOpcode::LOAD_FAST_AND_CLEAR
                    | AnyOpcode::STORE_FAST_MAYBE_NULL => bound_in[local] = usize::MAX,
                    AnyOpcode::STORE_FAST => bound_in[local] = number,
                    AnyOpcode::LOAD_FAST => {
                        if bound_in[local] != number {
                            instr.op = AnyOpcode::LOAD_FAST_CHECK;
                        }
                        bound_in[local] = number;
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn insert_superinstructions(&mut self) {
        for block in self.order() {
            let instrs = &mut self.blocks[block].instrs;
            for at in 0..instrs.len().saturating_sub(1) {
                let (first, second) = (instrs[at], instrs[at + 1]);
                let both = match (first.op, second.op) {
                    (AnyOpcode::LOAD_FAST, AnyOpcode::LOAD_FAST) => AnyOpcode::LOAD_FAST_LOAD_FAST,
                    (AnyOpcode::STORE_FAST, AnyOpcode::LOAD_FAST) => {
                        AnyOpcode::STORE_FAST_LOAD_FAST
                    }
                    (AnyOpcode::STORE_FAST, AnyOpcode::STORE_FAST) => {
                        AnyOpcode::STORE_FAST_STORE_FAST
                    }
                    _ => continue,
                };
                let (line_a, line_b) = (first.loc.line, second.loc.line);
                if line_a >= 0 && line_b >= 0 && line_a != line_b {
                    continue;
                }
                if first.arg >= 16 || second.arg >= 16 {
                    continue;
                }
                instrs[at].set(both, first.arg << 4 | second.arg);
                instrs[at + 1].set_nop();
            }
        }
        self.remove_redundant_nops();
    }

    /// Gives cells and free variables their place in the frame and adds what sets them up. Returns
    /// the number of variables in the frame.
    pub(super) fn prepare_localsplus(&mut self, meta: &Metadata, flags: u32) -> usize {
        let nlocals = meta.varnames.len();
        let ncells = meta.cellvars.len();
        let nfree = meta.freevars.len();
        // A cell of a parameter (or other local) takes that one's place.
        let mut fixed: Vec<usize> = (0..ncells + nfree).map(|index| nlocals + index).collect();
        for (index, name) in meta.cellvars.names().iter().enumerate() {
            if let Some(local) = meta.varnames.get(name) {
                fixed[index] = local as usize;
            }
        }
        self.insert_prefix(meta, flags, &fixed, nfree);
        let mut dropped = 0;
        for (index, place) in fixed.iter_mut().enumerate() {
            if *place == index + nlocals {
                *place -= dropped;
            } else {
                dropped += 1;
            }
        }
        for block in &mut self.blocks {
            for instr in &mut block.instrs {
                if matches!(
                    instr.op,
                    AnyOpcode::MAKE_CELL
                        | AnyOpcode::LOAD_CLOSURE
                        | AnyOpcode::LOAD_DEREF
                        | AnyOpcode::STORE_DEREF
                        | AnyOpcode::DELETE_DEREF
                        | AnyOpcode::LOAD_FROM_DICT_OR_DEREF
                ) && let Some(&place) = fixed.get(instr.arg as usize)
                {
                    instr.arg = place as u32;
                }
            }
        }
        nlocals + ncells + nfree - dropped
    }

    fn insert_prefix(&mut self, meta: &Metadata, flags: u32, fixed: &[usize], nfree: usize) {
        let mut prefix = Vec::new();
        if nfree > 0 {
            prefix.push(CfgInstr::new(
                AnyOpcode::COPY_FREE_VARS,
                nfree as u32,
                Location::NONE,
            ));
        }
        let mut cells: Vec<usize> = (0..meta.cellvars.len()).collect();
        cells.sort_by_key(|&cell| fixed[cell]);
        for cell in cells {
            prefix.push(CfgInstr::new(
                AnyOpcode::MAKE_CELL,
                cell as u32,
                Location::NONE,
            ));
        }
        let generator = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
        if flags & generator != 0 {
            let loc = Location::line_only(meta.firstlineno);
            prefix.push(CfgInstr::new(AnyOpcode::RETURN_GENERATOR, 0, loc));
            prefix.push(CfgInstr::new(AnyOpcode::POP_TOP, 0, loc));
        }
        self.blocks[0].instrs.splice(0..0, prefix);
    }
}

/// The state of the search for unbound locals.
struct Scan {
    /// For each block, the locals that may be unbound at its start.
    masks: Vec<u64>,
    queued: Vec<bool>,
    todo: Vec<BlockId>,
}

impl Scan {
    fn reach(&mut self, block: BlockId, mask: u64) {
        let both = self.masks[block] | mask;
        if both != self.masks[block] {
            self.masks[block] = both;
            if !self.queued[block] {
                self.queued[block] = true;
                self.todo.push(block);
            }
        }
    }
}
