//! The eval loop: runs the bytecode of frames.
//!
//! The rules, on which every instruction and every `unsafe` block below rests:
//! 1. The frame being run is initialised, is the thread's `current_frame`, and keeps its code object
//!    alive. Its slots below `sp` are valid.
//! 2. The code keeps what the compiler (or whoever made the code object) promises: instructions and
//!    jumps lead to instructions, indices are in range, and the stack's depth at each instruction is
//!    known and within `co_stacksize`.
//! 3. A slot's value is given up exactly once: moved, or closed. A borrowing slot is used only while
//!    what it borrows from is unchanged ([`StackRef`]'s own rules).
//! 4. What is borrowed from a slot is used only until the slot is closed or overwritten.
//! 5. Before anything that can run Python code, raise, collect or look at frames, the registers are
//!    saved in the frame; values already taken off the stack are owned by the instruction, and the
//!    saved stack pointer does not cover them. Nothing else may change the registers of a running
//!    frame, but a call may overwrite its variables (through `f_locals`).
//! 6. An instruction that fails leaves its operands on the stack, or has closed them: the handler
//!    closes what lies above its depth.
//! 7. A specialised instruction changes nothing before it has checked its guess.
//! 8. A Python call within the loop pushes a frame; only calls from native code enter the loop anew,
//!    through an entry frame without code whose return leaves the loop.

pub(crate) mod machine;

mod arith;
mod async_ops;
pub(crate) mod attrs;
mod build;
pub(crate) mod calls;
mod calls_special;
mod compare;
mod control;
mod dispatch;
mod exceptions;
mod functions;
mod imports;
mod in_place;
pub(crate) mod iterate;
mod matching;
mod names;
mod stack;
mod text;

use std::sync::atomic::Ordering;

use krait_abi as abi;
use krait_bytecode::op;
use krait_runtime::frame::{Frame, StackRef, raw_of};
use krait_runtime::monitoring::event;
use krait_runtime::state::{ThreadState, breaker};
use krait_runtime::{Obj, PyErr, PyResult};

pub(crate) use dispatch::run;
use machine::{Machine, Unit};

/// What an entry frame "runs": after a return the second unit, after a yield the fourth.
struct Trampoline([Unit; 5]);

// SAFETY: never written to.
unsafe impl Sync for Trampoline {}

static TRAMPOLINE: Trampoline = Trampoline([
    Unit::new(op::NOP, 0),
    Unit::new(op::INTERPRETER_EXIT, 0),
    Unit::new(op::NOP, 0),
    Unit::new(op::INTERPRETER_EXIT, 0),
    Unit::new(op::NOP, 0),
]);

/// Runs a frame until it returns, yields or raises: the only way into the loop.
///
/// With `throw` set an exception is set, which is raised in the frame where it stands.
///
/// # Safety
/// The frame keeps rules 1 and 2 and is not linked yet.
pub(crate) unsafe fn eval_frame(
    ts: &'static ThreadState,
    frame: *mut Frame,
    throw: bool,
) -> PyResult<Obj> {
    ts.check_stack("")?;
    let entry = abi::_PyInterpreterFrame {
        f_executable: raw_of(StackRef::NULL).into(),
        previous: ts.current_frame.get().into(),
        f_funcobj: raw_of(StackRef::NULL).into(),
        f_globals: std::ptr::null_mut::<abi::PyObject>().into(),
        f_builtins: std::ptr::null_mut::<abi::PyObject>().into(),
        f_locals: std::ptr::null_mut::<abi::PyObject>().into(),
        frame_obj: std::ptr::null_mut::<abi::PyFrameObject>().into(),
        instr_ptr: std::ptr::from_ref(&TRAMPOLINE.0[1]).cast_mut().into(),
        stackpointer: std::ptr::null_mut::<abi::_PyStackRef>().into(),
        return_offset: 0.into(),
        owner: abi::FRAME_OWNED_BY_INTERPRETER.into(),
        visited: 0.into(),
        localsplus: [raw_of(StackRef::NULL).into()],
    };
    entry
        .stackpointer
        .set(entry.localsplus.as_ptr().cast_mut().cast());
    let entry_ptr = std::ptr::from_ref(&entry).cast_mut();
    // SAFETY: the caller's contract; the entry frame outlives the run, which ends by leaving it.
    unsafe {
        (&*frame).previous.set(entry_ptr);
        ts.current_frame.set(frame.cast());
        let result = run(ts, frame, throw);
        ts.current_frame.set(entry.previous.get());
        result
    }
}

/// Whether anything asks the loop to stop for a moment.
#[inline(always)]
fn breaker_set(ts: &ThreadState) -> bool {
    ts.eval_breaker.load(Ordering::Relaxed) & breaker::MASK != 0
}

/// Handles the eval breaker if it is set.
#[inline(always)]
pub(crate) fn check_breaker(machine: &Machine) -> PyResult<()> {
    if breaker_set(machine.ts) {
        handle_breaker(machine.snapshot())
    } else {
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn handle_breaker(machine: Machine) -> PyResult<()> {
    machine.save();
    crate::pending::handle_breaker(machine.ts)
}

/// Pops the frame that has finished and goes back to the one that called it.
///
/// # Safety
/// The machine's frame has finished; its stack is empty.
#[inline(always)]
unsafe fn leave_frame(machine: &mut Machine) {
    let frame = machine.frame;
    // SAFETY: rule 1: a running frame is linked to its caller.
    unsafe {
        let caller = (*frame).previous_frame();
        let executable = krait_runtime::frame::slot_of((&*frame).f_executable.get());
        if (&*frame).owner.get() == abi::FRAME_OWNED_BY_THREAD {
            machine.ts.current_frame.set(caller.cast());
            (*frame).clear_except_code();
            machine::close(executable);
            machine.ts.datastack.pop(frame.cast());
        } else {
            crate::genobject::finish_frame(machine.ts, frame);
            machine.ts.current_frame.set(caller.cast());
        }
        machine.ts.recursion_remaining.update(|left| left + 1);
        machine.frame = caller;
    }
}

/// Finds who handles the exception that is set, and gives the registers to go on with there; `None`
/// when the exception leaves the loop.
///
/// # Safety
/// The registers are those of a running frame; an exception is set.
#[cold]
#[inline(never)]
unsafe fn unwind(machine: Machine, add_traceback: bool) -> Option<Machine> {
    if add_traceback {
        machine.save();
        note_traceback(&machine);
    } else {
        machine.save_sp();
        crate::monitor::raised(&machine, event::RERAISE);
    }
    // SAFETY: the caller's contract.
    unsafe { unwind_noted(machine) }
}

/// As [`unwind`], of an exception that is thrown into a suspended frame. It is raised where the frame
/// was left: the instruction before the one that it would go on with.
///
/// # Safety
/// As for [`unwind`].
#[cold]
#[inline(never)]
unsafe fn unwind_thrown(mut machine: Machine) -> Option<Machine> {
    machine.save_sp();
    crate::monitor::thrown(&machine);
    // SAFETY: rule 2: a frame is suspended behind its first instruction.
    machine.ip = unsafe { machine.ip.sub(1) };
    note_traceback(&machine);
    // SAFETY: the caller's contract.
    unsafe { unwind_noted(machine) }
}

/// Finds who handles an exception whose traceback has the frame already.
///
/// # Safety
/// As for [`unwind`].
unsafe fn unwind_noted(mut machine: Machine) -> Option<Machine> {
    loop {
        if handle_in_frame(&mut machine) {
            return Some(machine);
        }
        crate::monitor::raised(&machine, event::PY_UNWIND);
        let error = PyErr::occurred().map(PyErr::take);
        pop_to(&mut machine, 0);
        // SAFETY: the frame has finished; rule 1: its caller is linked.
        unsafe {
            leave_frame(&mut machine);
            let frame = machine.frame();
            machine.ip = frame.instr_ptr.get();
            machine.sp = frame.stackpointer.get().cast();
        }
        if let Some(error) = error {
            let _set = PyErr::restore(error);
        }
        if machine.frame().owner.get() == abi::FRAME_OWNED_BY_INTERPRETER {
            return None;
        }
        machine.save();
        note_traceback(&machine);
    }
}

/// Closes what lies on the stack above this depth.
fn pop_to(machine: &mut Machine, depth: usize) {
    let base = machine.code().co_nlocalsplus.get() as usize;
    // SAFETY: rule 2: the depth is at most the stack's.
    let target = unsafe { machine.frame().slots().add(base + depth) };
    while machine.sp > target {
        machine.drop_top();
    }
}

/// Adds the frame to the traceback of the exception that is set.
fn note_traceback(machine: &Machine) {
    let frame = machine.frame();
    if frame.is_incomplete() {
        return;
    }
    if let Some(error) = PyErr::occurred() {
        let exception = error.value();
        // Without memory for the traceback, that is what is raised.
        drop(krait_runtime::traceback::add_here(&exception, frame));
        crate::monitor::raised(machine, event::RAISE);
    }
}

/// Goes to the frame's handler for the instruction, if it has one.
fn handle_in_frame(machine: &mut Machine) -> bool {
    while go_to_handler(machine) {
        if crate::monitor::handled(machine, machine.object(1)) {
            return true;
        }
    }
    false
}

/// Moves to the handler that covers the instruction; false if there is none.
fn go_to_handler(machine: &mut Machine) -> bool {
    // Not the frame's instruction: `RERAISE` sets that to where the exception first came from.
    // SAFETY: rule 2: both point into the code being run.
    let unit = unsafe { machine.ip.offset_from(machine.code().first_unit()) };
    let Some(handler) = machine.code().co_exceptiontable.get().and_then(|table| {
        krait_bytecode::exceptiontable::find_handler(table.as_bytes(), unit as usize)
    }) else {
        return false;
    };
    let error = PyErr::occurred().map(PyErr::take);
    pop_to(machine, handler.depth);
    if handler.lasti {
        machine.push(StackRef::from_int(machine.frame().unit()));
    }
    if let Some(error) = error {
        machine.push_obj(error);
    }
    // SAFETY: rule 2: handlers are instructions of the code.
    machine.ip = unsafe { machine.code().first_unit().add(handler.target) };
    // The frame still shows the instruction that raised: a line may start at the handler.
    machine.save_sp();
    true
}
