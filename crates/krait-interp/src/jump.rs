//! Assigning to `f_lineno`: a debugger makes a frame go on at another line.
//!
//! The value stack must suit the new place. What kinds of values are on it at each instruction is
//! found by following the code; a jump may only take values off, and what stays must be of the kinds
//! that the target expects.

use krait_bytecode::exceptiontable::ExceptionTableReader;
use krait_bytecode::op;
use krait_bytecode::opcode::{CACHES, OPCODES, flag};
use krait_runtime::frame::{Frame, PyFrame, StackRef};
use krait_runtime::monitoring::event;
use krait_runtime::state::ThreadState;
use krait_runtime::{PyCode, PyResult, exc, system_error, value_error};

use crate::genobject;

/// What a value on the stack is to a jump. In the order in which CPython prefers targets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Iterator,
    /// An exception, or the one that was handled before it.
    Except,
    Object,
    /// A slot that may be empty.
    Null,
    /// Where an exception came from.
    Lasti,
}

/// The values on the stack, the innermost last.
type Stack = Vec<Kind>;

/// Sets the line at which a frame goes on.
pub(crate) fn set_frame_line(object: &PyFrame, line: Option<i64>) -> PyResult<()> {
    let frame = object.frame();
    check_event(frame)?;
    let out_of_range = || value_error!("lineno out of range");
    let line = line.and_then(|line| i32::try_from(line).ok());
    let line = line.ok_or_else(out_of_range)?;
    let code = frame.code();
    if line < code.co_firstlineno.get() {
        return Err(value_error!(
            "line {line} comes before the current code block"
        ));
    }
    let starts = line_starts(code);
    let later = starts.iter().flatten().filter(|start| **start >= line);
    let Some(&line) = later.min() else {
        return Err(value_error!(
            "line {line} comes after the current code block"
        ));
    };
    let stacks = stacks(code);
    let start = stacks.get(frame.unit() as usize).cloned().flatten();
    let (unit, target) = best_target(&starts, &stacks, start.as_ref(), line)
        .map_err(|message| value_error!("{message}"))?;
    bind_locals(frame)?;
    let mut stack = start.unwrap_or_default();
    if genobject::is_suspended(frame) {
        // What the generator will be sent is not there yet.
        stack.pop();
    }
    pop_values(frame, stack, target.len());
    object.f_lineno.set(0);
    // SAFETY: an instruction of the frame's own code, at which the stack has this depth.
    frame.instr_ptr.set(unsafe { code.first_unit().add(unit) });
    Ok(())
}

/// Only a callback may jump, and only where the frame stands between two lines.
fn check_event(frame: &Frame) -> PyResult<()> {
    let ts = ThreadState::current();
    let what = usize::try_from(ts.what_event.get());
    // Another frame stands within an instruction, which could not be gone back to.
    if what.is_ok() && !std::ptr::eq(ts.told_frame.get(), frame) {
        return Err(value_error!(
            "f_lineno can only be set for the frame that is being traced"
        ));
    }
    let message = match what {
        Ok(
            event::LINE
            | event::JUMP
            | event::PY_RESUME
            | event::PY_YIELD
            | event::BRANCH_LEFT
            | event::BRANCH_RIGHT,
        ) => return Ok(()),
        Ok(event::PY_START) => "can't jump from the 'call' trace event of a new frame",
        Ok(event::CALL | event::C_RETURN) => "can't jump during a call",
        Ok(event::RERAISE) => return Err(system_error!("unexpected event type")),
        Ok(_) => "can only jump from a 'line' trace event",
        Err(_) => "f_lineno can only be set in a trace function",
    };
    Err(value_error!("{message}"))
}

/// The line of each unit that is the first on another line than what comes before it.
fn line_starts(code: &PyCode) -> Vec<Option<i32>> {
    let mut starts = vec![None; code.units().len()];
    let mut before = -1;
    for entry in code.line_entries() {
        let line = entry.location.line;
        if line >= 0 && line != before {
            before = line;
            if let Some(start) = starts.get_mut(entry.start) {
                *start = Some(line);
            }
        }
    }
    starts
}

/// The unit on the line whose stack keeps most of what is there.
fn best_target<'a>(
    starts: &[Option<i32>],
    stacks: &'a [Option<Stack>],
    start: Option<&Stack>,
    line: i32,
) -> Result<(usize, &'a Stack), &'static str> {
    let mut best: Option<(usize, &Stack)> = None;
    let mut message = "cannot find bytecode for specified line";
    let mut explained = false;
    let on_line = starts.iter().zip(stacks).enumerate();
    for (unit, (_, target)) in on_line.filter(|(_, (start, _))| **start == Some(line)) {
        let fits = matches!((start, target), (Some(from), Some(to)) if is_compatible(from, to));
        match target {
            Some(target) if fits => {
                let is_better = |best: &Stack| (target.len(), target) > (best.len(), best);
                if best.is_none_or(|(_, best)| is_better(best)) {
                    best = Some((unit, target));
                }
            }
            _ if best.is_some() || explained => {}
            _ if start.is_none() => message = "can't jump from unreachable code",
            _ => {
                message = explain(target.as_ref());
                explained = true;
            }
        }
    }
    best.ok_or(message)
}

fn is_compatible(from: &Stack, to: &Stack) -> bool {
    to.len() <= from.len()
        && from.iter().zip(to).all(|(from, to)| match to {
            Kind::Object => *from != Kind::Null,
            Kind::Null => true,
            _ => from == to,
        })
}

fn explain(target: Option<&Stack>) -> &'static str {
    match target.map(|stack| stack.last()) {
        None => "can't jump into unreachable code",
        Some(Some(Kind::Except)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Lasti)) => "can't jump into a re-raising block as there's no location",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        Some(_) => "incompatible stacks",
    }
}

/// A variable that the compiler found to be bound at the target may not be here: it becomes None.
fn bind_locals(frame: &Frame) -> PyResult<()> {
    let count = frame.code().co_nlocalsplus.get() as usize;
    // SAFETY: the frame's variables are valid slots.
    let unbound = || (0..count).filter(|&index| unsafe { frame.slot(index) }.is_null());
    let missing = unbound().count();
    if missing == 0 {
        return Ok(());
    }
    let plural = if missing == 1 { "" } else { "s" };
    krait_runtime::hooks::warn(
        &exc::RuntimeWarning,
        &format!("assigning None to {missing} unbound local{plural}"),
        0,
    )?;
    for index in unbound() {
        // SAFETY: as above; the slot is empty.
        unsafe { *frame.slots().add(index) = StackRef::from_immortal(krait_runtime::none()) };
    }
    Ok(())
}

/// Takes values off the frame's stack until `depth` are left; an exception that was being handled
/// gives way to the one before it.
fn pop_values(frame: &Frame, mut stack: Stack, depth: usize) {
    while stack.len() > depth
        && let Some(kind) = stack.pop()
    {
        // SAFETY: the frame's stack is as deep as the code says at its instruction; each value is
        // taken off before it is given up.
        let value = unsafe {
            let top = frame.stackpointer.get().cast::<StackRef>().sub(1);
            frame.stackpointer.set(top.cast());
            (*top).into_option()
        };
        if kind == Kind::Except {
            let handled = value.filter(|value| !value.is(krait_runtime::none()));
            // SAFETY: the thread's stack of handled exceptions is alive.
            let item = unsafe { &*ThreadState::current().exc_info.get() };
            item.exc_value.set(handled);
        }
    }
}

/// The stack before each instruction; `None` where nothing leads.
fn stacks(code: &PyCode) -> Vec<Option<Stack>> {
    let count = code.units().len();
    let mut flow = Flow {
        code,
        stacks: vec![None; count],
        work: Vec::new(),
        handlers: Vec::new(),
    };
    if let Some(table) = code.co_exceptiontable.get() {
        flow.handlers
            .extend(ExceptionTableReader::new(table.as_bytes()));
    }
    flow.lead(0, Stack::new());
    while let Some(unit) = flow.work.pop() {
        flow.follow(unit);
    }
    flow.stacks
}

/// Follows the code from instruction to instruction.
struct Flow<'a> {
    code: &'a PyCode,
    stacks: Vec<Option<Stack>>,
    /// Units whose stack is known and that have not been followed.
    work: Vec<usize>,
    handlers: Vec<krait_bytecode::exceptiontable::ExceptionEntry>,
}

impl Flow<'_> {
    /// Notes that control can come to a unit with this stack.
    fn lead(&mut self, unit: usize, stack: Stack) {
        if let Some(slot @ None) = self.stacks.get_mut(unit) {
            *slot = Some(stack);
            self.work.push(unit);
        }
    }

    fn lead_to_handler(&mut self, unit: usize, stack: &Stack) {
        let found = self
            .handlers
            .iter()
            .find(|entry| entry.start <= unit && unit < entry.end);
        if let Some(&entry) = found {
            let mut stack: Stack = stack.iter().copied().take(entry.depth).collect();
            if entry.lasti {
                stack.push(Kind::Lasti);
            }
            stack.push(Kind::Except);
            self.lead(entry.target, stack);
        }
    }

    fn follow(&mut self, unit: usize) {
        let Some(stack) = self.stacks[unit].clone() else {
            return;
        };
        let (mut at, mut oparg) = (unit, 0u32);
        let opcode = loop {
            self.lead_to_handler(at, &stack);
            let opcode = self.code.base_opcode(at);
            oparg = oparg << 8 | u32::from(self.code.units()[at].arg());
            if opcode != op::EXTENDED_ARG || at + 1 >= self.code.units().len() {
                break opcode;
            }
            at += 1;
            self.stacks[at].get_or_insert_with(|| stack.clone());
        };
        let next = at + 1 + usize::from(CACHES[usize::from(opcode)]);
        let (fall, jump) = after(opcode, oparg, stack);
        if let Some(jump) = jump
            && let Some(target) = jump_target(opcode, oparg, next)
        {
            self.lead(target, jump);
        }
        if let Some(fall) = fall {
            self.lead(next, fall);
        }
    }
}

fn jump_target(opcode: u8, oparg: u32, next: usize) -> Option<usize> {
    match opcode {
        op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT => next.checked_sub(oparg as usize),
        _ => Some(next + oparg as usize),
    }
}

/// The stacks after an instruction: where it falls through, and where it jumps to.
fn after(opcode: u8, oparg: u32, mut stack: Stack) -> (Option<Stack>, Option<Stack>) {
    let info = &OPCODES[usize::from(opcode)];
    match opcode {
        op::RETURN_VALUE | op::RAISE_VARARGS | op::RERAISE | op::INTERPRETER_EXIT => {
            return (None, None);
        }
        op::JUMP_FORWARD | op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT => {
            return (None, Some(stack));
        }
        op::GET_ITER | op::GET_AITER => replace(&mut stack, 1, &[Kind::Iterator]),
        op::SEND => return (Some(stack.clone()), Some(stack)),
        op::FOR_ITER => {
            stack.push(Kind::Object);
            return (Some(stack.clone()), Some(stack));
        }
        op::PUSH_NULL => stack.push(Kind::Null),
        op::PUSH_EXC_INFO => stack.push(Kind::Except),
        op::COPY => {
            let depth = stack.len().checked_sub(oparg as usize);
            let kind = depth.and_then(|depth| stack.get(depth).copied());
            stack.push(kind.unwrap_or(Kind::Object));
        }
        op::SWAP => {
            let top = stack.len().wrapping_sub(1);
            let other = stack.len().wrapping_sub(oparg as usize);
            if top < stack.len() && other < stack.len() {
                stack.swap(top, other);
            }
        }
        op::LOAD_GLOBAL | op::LOAD_ATTR | op::LOAD_SUPER_ATTR => {
            let pushed = [Kind::Object, Kind::Null];
            let pushes = 1 + (oparg & 1) as usize;
            replace(&mut stack, info.pops.of(oparg), &pushed[..pushes]);
        }
        op::GET_YIELD_FROM_ITER | op::NOP => {}
        _ => {
            let pushes = info.pushes.of(oparg).max(0) as usize;
            keep_below(&mut stack, info.pops.of(oparg), pushes);
        }
    }
    // `END_ASYNC_FOR` names where the loop began, but does not go there.
    let jumps = info.has(flag::JUMP) && opcode != op::END_ASYNC_FOR;
    let jumps = jumps.then(|| stack.clone());
    (Some(stack), jumps)
}

fn replace(stack: &mut Stack, pops: i64, pushed: &[Kind]) {
    stack.truncate(stack.len().saturating_sub(pops.max(0) as usize));
    stack.extend_from_slice(pushed);
}

/// Applies an effect of plain values. An instruction that looks below what it takes (`LIST_APPEND`
/// and its like count that as taken and put back) leaves those values what they were.
fn keep_below(stack: &mut Stack, pops: i64, pushes: usize) {
    let pops = usize::try_from(pops).unwrap_or(0).min(stack.len());
    let base = stack.len() - pops;
    let kept = pops.min(pushes);
    let kinds: Stack = if kept > 1 || pushes > pops {
        stack[base..base + kept].to_vec()
    } else {
        Stack::new()
    };
    stack.truncate(base);
    stack.extend(kinds);
    while stack.len() < base + pushes {
        stack.push(Kind::Object);
    }
}
