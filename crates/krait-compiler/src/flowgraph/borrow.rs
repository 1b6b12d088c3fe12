//! Loads of locals that may borrow: the local surely keeps its value until the instruction that takes
//! the loaded reference off the stack, in the same block.

use krait_bytecode::AnyOpcode;

use super::{BlockId, Cfg};
use crate::instr::ControlFlow;

/// A reference on the simulated stack: which instruction of the block put it there, from which local.
#[derive(Clone, Copy)]
struct Ref {
    instr: Option<usize>,
    local: Option<u32>,
}

struct Simulation {
    stack: Vec<Ref>,
    /// Whether the load at each place must own its reference.
    must_own: Vec<bool>,
}

impl Simulation {
    fn push(&mut self, instr: usize) {
        self.stack.push(Ref {
            instr: Some(instr),
            local: None,
        });
    }

    fn push_local(&mut self, instr: usize, local: u32) {
        self.stack.push(Ref {
            instr: Some(instr),
            local: Some(local),
        });
    }

    fn pop(&mut self) -> Ref {
        self.stack.pop().unwrap_or(Ref {
            instr: None,
            local: None,
        })
    }

    fn pop_many(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }

    /// A local gets another value: what was loaded from it can not be borrowed.
    fn kill(&mut self, local: u32) {
        for index in 0..self.stack.len() {
            let each = self.stack[index];
            if each.local == Some(local)
                && let Some(instr) = each.instr
            {
                self.must_own[instr] = true;
            }
        }
    }

    fn store(&mut self, local: u32) {
        let value = self.pop();
        self.kill(local);
        if let Some(instr) = value.instr {
            self.must_own[instr] = true;
        }
    }
}

impl Cfg {
    pub(super) fn optimize_load_fast(&mut self) {
        let mut visited = vec![false; self.blocks.len()];
        visited[0] = true;
        let mut todo = vec![0];
        while let Some(block) = todo.pop() {
            self.borrow_in_block(block, &mut |target: Option<BlockId>| {
                if let Some(target) = target
                    && !visited[target]
                {
                    visited[target] = true;
                    todo.push(target);
                }
            });
        }
    }

    fn borrow_in_block(&mut self, block: BlockId, reach: &mut dyn FnMut(Option<BlockId>)) {
        let depth = self.blocks[block].start_depth.unwrap_or(0);
        let mut sim = Simulation {
            stack: vec![
                Ref {
                    instr: None,
                    local: None
                };
                depth
            ],
            must_own: vec![false; self.blocks[block].instrs.len()],
        };
        for (at, instr) in self.blocks[block].instrs.iter().enumerate() {
            let arg = instr.arg;
            match instr.op {
                AnyOpcode::DELETE_FAST => sim.kill(arg),
                AnyOpcode::LOAD_FAST => sim.push_local(at, arg),
                AnyOpcode::LOAD_FAST_AND_CLEAR => {
                    sim.kill(arg);
                    sim.push_local(at, arg);
                }
                AnyOpcode::LOAD_FAST_LOAD_FAST => {
                    sim.push_local(at, arg >> 4);
                    sim.push_local(at, arg & 15);
                }
                AnyOpcode::STORE_FAST => sim.store(arg),
                AnyOpcode::STORE_FAST_LOAD_FAST => {
                    sim.store(arg >> 4);
                    sim.push_local(at, arg & 15);
                }
                AnyOpcode::STORE_FAST_STORE_FAST => {
                    sim.store(arg >> 4);
                    sim.store(arg & 15);
                }
                AnyOpcode::COPY => {
                    let copied = sim.stack.len().checked_sub(arg as usize);
                    let copied = copied.map_or(
                        Ref {
                            instr: None,
                            local: None,
                        },
                        |index| sim.stack[index],
                    );
                    sim.stack.push(copied);
                }
                AnyOpcode::SWAP => {
                    let top = sim.stack.len();
                    if let Some(other) = top.checked_sub(arg as usize)
                        && top > 0
                    {
                        sim.stack.swap(other, top - 1);
                    }
                }
                _ => {
                    self.simulate(at, instr, &mut sim, reach);
                }
            }
        }
        if self.blocks[block].has_fallthrough() && !self.blocks[block].instrs.is_empty() {
            reach(self.blocks[block].next);
        }
        // What is left on the stack outlives the block.
        for each in &sim.stack {
            if let Some(instr) = each.instr {
                sim.must_own[instr] = true;
            }
        }
        for (instr, must_own) in self.blocks[block].instrs.iter_mut().zip(sim.must_own) {
            if must_own {
                continue;
            }
            instr.op = match instr.op {
                AnyOpcode::LOAD_FAST => AnyOpcode::LOAD_FAST_BORROW,
                AnyOpcode::LOAD_FAST_LOAD_FAST => AnyOpcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                op => op,
            };
        }
    }

    /// The opcodes that have nothing to do with locals.
    fn simulate(
        &self,
        at: usize,
        instr: &super::CfgInstr,
        sim: &mut Simulation,
        reach: &mut dyn FnMut(Option<BlockId>),
    ) {
        let info = instr.op.info();
        let pops = info.pops.of(instr.arg).max(0) as usize;
        let pushes = info.pushes.of(instr.arg).max(0) as usize;
        match instr.op {
            // These leave their inputs on the stack. CPython ascribes what they push to the first
            // instructions of the block (its loop variable hides the instruction's), and so must we.
            AnyOpcode::FORMAT_SIMPLE
            | AnyOpcode::GET_ANEXT
            | AnyOpcode::GET_LEN
            | AnyOpcode::GET_YIELD_FROM_ITER
            | AnyOpcode::IMPORT_FROM
            | AnyOpcode::MATCH_KEYS
            | AnyOpcode::MATCH_MAPPING
            | AnyOpcode::MATCH_SEQUENCE
            | AnyOpcode::WITH_EXCEPT_START => {
                (0..pushes.saturating_sub(pops)).for_each(|hidden| sim.push(hidden));
            }
            // These leave some of them.
            AnyOpcode::DICT_MERGE
            | AnyOpcode::DICT_UPDATE
            | AnyOpcode::LIST_APPEND
            | AnyOpcode::LIST_EXTEND
            | AnyOpcode::MAP_ADD
            | AnyOpcode::RERAISE
            | AnyOpcode::SET_ADD
            | AnyOpcode::SET_UPDATE => sim.pop_many(pops - pushes),
            AnyOpcode::CHECK_EXC_MATCH => {
                sim.pop();
                sim.push(at);
            }
            AnyOpcode::END_SEND => {
                let top = sim.pop();
                sim.pop();
                sim.stack.push(top);
            }
            AnyOpcode::FOR_ITER => {
                reach(instr.target);
                sim.push(at);
            }
            AnyOpcode::LOAD_ATTR | AnyOpcode::LOAD_SUPER_ATTR => {
                let object = sim.pop();
                if instr.op == AnyOpcode::LOAD_SUPER_ATTR {
                    sim.pop_many(2);
                }
                sim.push(at);
                if instr.arg & 1 != 0 {
                    sim.stack.push(object);
                }
            }
            AnyOpcode::LOAD_SPECIAL | AnyOpcode::PUSH_EXC_INFO => {
                let top = sim.pop();
                sim.push(at);
                sim.stack.push(top);
            }
            AnyOpcode::SEND => {
                reach(instr.target);
                sim.pop();
                sim.push(at);
            }
            _ => {
                if instr.op.has_target() {
                    reach(instr.target);
                }
                if !instr.op.is_block_push() {
                    sim.pop_many(pops);
                    (0..pushes).for_each(|_| sim.push(at));
                }
            }
        }
    }
}
