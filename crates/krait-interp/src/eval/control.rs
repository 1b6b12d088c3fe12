//! Jumps, resuming, returning and yielding.

use krait_bytecode::oparg::resume;
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::state::Specialization;
use krait_runtime::{Obj, PyResult};

use super::machine::*;
use super::{breaker_set, check_breaker, handle_breaker, leave_frame};
use crate::genobject;

#[inline(always)]
pub(super) fn resume(m: &mut Machine, oparg: u32) -> Flow {
    if oparg & resume::LOCATION_MASK < resume::AFTER_YIELD_FROM && breaker_set(m.ts) {
        attempt!(handle_breaker(m.snapshot()));
    }
    if crate::monitor::needs_instrumentation(m) {
        crate::monitor::instrument(m.snapshot());
        return Flow::Next;
    }
    // From now on only the breaker is looked at.
    if m.unit(0).code() == krait_bytecode::op::RESUME
        && m.ts.interp.specialization.get() != Specialization::Off
    {
        let quick = u16::from_le_bytes([krait_bytecode::op::RESUME_CHECK, oparg as u8]);
        m.unit(0).cache.set(quick);
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn resume_check(m: &mut Machine) -> Flow {
    // The version of what is monitored counts too, which is not 0 once anything was.
    if m.ts.eval_breaker.load(std::sync::atomic::Ordering::Relaxed) != 0 {
        return Flow::Base;
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn jump_forward(m: &mut Machine, oparg: u32) -> Flow {
    m.jump(1 + oparg as isize)
}

#[inline(always)]
pub(super) fn jump_backward(m: &mut Machine, oparg: u32) -> Flow {
    attempt!(check_breaker(m));
    m.jump(2 - oparg as isize)
}

#[inline(always)]
pub(super) fn jump_backward_no_interrupt(m: &mut Machine, oparg: u32) -> Flow {
    m.jump(1 - oparg as isize)
}

/// Takes a truth value off and says whether it is true: only `TO_BOOL` and comparisons make it.
#[inline(always)]
fn pop_truth(m: &mut Machine) -> bool {
    m.pop().is(krait_runtime::true_())
}

#[inline(always)]
fn branch(m: &mut Machine, taken: bool, oparg: u32) -> Flow {
    m.jump(2 + if taken { oparg as isize } else { 0 })
}

#[inline(always)]
pub(super) fn pop_jump_if_true(m: &mut Machine, oparg: u32) -> Flow {
    let taken = pop_truth(m);
    branch(m, taken, oparg)
}

#[inline(always)]
pub(super) fn pop_jump_if_false(m: &mut Machine, oparg: u32) -> Flow {
    let taken = !pop_truth(m);
    branch(m, taken, oparg)
}

#[inline(always)]
pub(super) fn pop_jump_if_none(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.pop();
    m.save();
    let taken = value.is(krait_runtime::none());
    close(value);
    branch(m, taken, oparg)
}

#[inline(always)]
pub(super) fn pop_jump_if_not_none(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.pop();
    m.save();
    let taken = !value.is(krait_runtime::none());
    close(value);
    branch(m, taken, oparg)
}

#[inline(always)]
pub(super) fn return_value(m: &mut Machine) -> Flow {
    // SAFETY: rule 3: the value is moved; it may outlive what it borrows from.
    let value = unsafe { m.pop().heap_safe() };
    m.save();
    // SAFETY: the frame has returned.
    unsafe { leave_frame(m) };
    let caller = m.frame;
    let skip = usize::from(m.frame().return_offset.get());
    m.enter(caller, skip);
    m.push(value);
    Flow::Next
}

#[inline(always)]
pub(super) fn yield_value(m: &mut Machine, oparg: u32) -> Flow {
    // SAFETY: rule 3, as above.
    let value = unsafe { m.pop().heap_safe() };
    m.next(0);
    m.save();
    let frame = m.frame;
    // SAFETY: rule 2: only generators' code has this instruction.
    let caller = unsafe { genobject::suspend_frame(m.ts, frame, oparg) };
    // After `SEND` or `FOR_ITER`, or the second exit of an entry frame.
    m.enter(caller, 2);
    m.push(value);
    Flow::Next
}

#[inline(always)]
pub(super) fn return_generator(m: &mut Machine) -> Flow {
    m.save();
    let generator = attempt!(make_generator(m.ts, m.frame));
    let frame = m.frame;
    // SAFETY: the frame's content has moved into the generator; it is the innermost on the stack.
    let caller = unsafe {
        let caller = (*frame).previous_frame();
        m.ts.datastack.pop(frame.cast());
        caller
    };
    m.ts.recursion_remaining.update(|left| left + 1);
    // SAFETY: rule 1: the caller is a frame or entry frame that waits.
    let skip = usize::from(unsafe { (&*caller).return_offset.get() });
    m.enter(caller, skip);
    m.push(StackRef::from_obj(generator));
    Flow::Next
}

#[inline(never)]
fn make_generator(
    ts: &'static krait_runtime::state::ThreadState,
    frame: *mut Frame,
) -> PyResult<Obj> {
    // SAFETY: the frame is a running one on the data stack, of a generator's code.
    unsafe { genobject::from_frame(ts, frame) }
}
