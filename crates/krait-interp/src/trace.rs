//! Tracing and profiling: what `sys.settrace`, `sys.setprofile` and `sys.monitoring` hear.

use krait_bytecode::opcode::DEOPT;
use krait_runtime::code::deinstrument;
use krait_runtime::frame::Frame;
use krait_runtime::state::ThreadState;
use krait_runtime::system_error;

use crate::eval::machine::Machine;

/// Whether the thread is traced or profiled.
#[inline(always)]
pub(crate) fn is_active(ts: &ThreadState) -> bool {
    ts.trace_func.is_some() || ts.profile_func.is_some()
}

/// An exception passes through a frame.
pub(crate) fn exception_event(_ts: &ThreadState, _frame: &Frame) {}

/// What to run instead of an instruction that is not the compiler's: the base of an instrumented
/// one. An unknown opcode is an error.
#[cold]
#[inline(never)]
pub(crate) fn instrumented(machine: Machine, opcode: u8, oparg: u32) -> Option<(u8, u32)> {
    if let Some(base) = deinstrument(opcode) {
        return Some((base, oparg));
    }
    machine.save();
    let base = DEOPT[usize::from(opcode)];
    drop(system_error!(
        "{}: unknown opcode {opcode} (base {base})",
        machine.frame().line().unwrap_or(0)
    ));
    None
}
