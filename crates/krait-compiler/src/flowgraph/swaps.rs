//! SWAP instructions: fewer of them, and none where stores can change places instead.

use krait_bytecode::AnyOpcode;

use super::CfgInstr;

/// Replaces a run of SWAPs by the shortest one with the same effect. Returns the run's last index.
pub(super) fn swaptimize(instrs: &mut [CfgInstr], start: usize) -> usize {
    let run = &mut instrs[start..];
    let mut depth = run[0].arg as usize;
    let mut length = 1;
    let mut more = false;
    while let Some(instr) = run.get(length) {
        match instr.op {
            AnyOpcode::SWAP => {
                depth = depth.max(instr.arg as usize);
                more = true;
            }
            AnyOpcode::NOP => {}
            _ => break,
        }
        length += 1;
    }
    if !more {
        return start;
    }
    let mut stack: Vec<Option<usize>> = (0..depth).map(Some).collect();
    for instr in &run[..length] {
        if instr.op == AnyOpcode::SWAP {
            stack.swap(0, instr.arg as usize - 1);
        }
    }
    // Undo the permutation cycle by cycle, always by a swap with the top; backwards, that makes it.
    let mut current = length;
    for first in 0..depth {
        if stack[first].is_none_or(|item| item == first) {
            continue;
        }
        let mut item = first;
        loop {
            if item > 0 {
                current -= 1;
                run[current].set(AnyOpcode::SWAP, item as u32 + 1);
            }
            let Some(next) = stack[item].take() else {
                break;
            };
            item = next;
        }
    }
    for instr in &mut run[..current] {
        instr.set_nop();
    }
    start + length - 1
}

fn is_swappable(op: AnyOpcode) -> bool {
    matches!(
        op,
        AnyOpcode::STORE_FAST | AnyOpcode::STORE_FAST_MAYBE_NULL | AnyOpcode::POP_TOP
    )
}

fn stores_to(instr: &CfgInstr) -> Option<u32> {
    matches!(
        instr.op,
        AnyOpcode::STORE_FAST | AnyOpcode::STORE_FAST_MAYBE_NULL
    )
    .then_some(instr.arg)
}

/// The next instruction after `at` that takes one item off the stack, on the line if one is given.
fn next_swappable(instrs: &[CfgInstr], at: usize, line: Option<i32>) -> Option<usize> {
    for (place, instr) in instrs.iter().enumerate().skip(at + 1) {
        if line.is_some_and(|line| line >= 0 && instr.loc.line != line) {
            return None;
        }
        if instr.op == AnyOpcode::NOP {
            continue;
        }
        return is_swappable(instr.op).then_some(place);
    }
    None
}

/// Applies SWAPs up to `at` by exchanging the instructions that then take the items.
pub(super) fn apply_static_swaps(instrs: &mut [CfgInstr], at: usize) {
    for place in (0..=at).rev() {
        let swap = instrs[place];
        if swap.op != AnyOpcode::SWAP {
            if swap.op == AnyOpcode::NOP || is_swappable(swap.op) {
                continue;
            }
            return;
        }
        let Some(first) = next_swappable(instrs, place, None) else {
            return;
        };
        let mut second = first;
        let line = instrs[first].loc.line;
        for _ in 1..swap.arg {
            match next_swappable(instrs, second, Some(line)) {
                Some(next) => second = next,
                None => return,
            }
        }
        let (store_a, store_b) = (stores_to(&instrs[first]), stores_to(&instrs[second]));
        if store_a.is_some() || store_b.is_some() {
            if store_a == store_b {
                return;
            }
            let clash = instrs[first + 1..second].iter().filter_map(stores_to);
            if clash
                .into_iter()
                .any(|store| Some(store) == store_a || Some(store) == store_b)
            {
                return;
            }
        }
        instrs[place].set_nop();
        instrs.swap(first, second);
    }
}
