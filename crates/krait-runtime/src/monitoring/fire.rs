//! Calling the tools: one function for each way that an event is told.

use krait_bytecode::op;

use super::code::{self, Which};
use super::{Callback, Monitoring, TRACE_TOOL, USER_TOOLS, event, legacy, with_exception_aside};
use crate::frame::Frame;
use crate::object::{Obj, PyClass, PyObject};
use crate::state::ThreadState;
use crate::{PyCode, PyLong, PyResult, value_error};

/// Whether an event that no instruction stands for is to be told.
#[inline]
pub fn is_watched(ts: &ThreadState, event: usize) -> bool {
    ts.interp.monitoring.wants(event) && ts.tracing.get() == 0
}

/// Tells of an event at a unit of the frame's code; `rest` is what callbacks get after the code
/// object and the offset.
pub fn fire(
    ts: &ThreadState,
    frame: &Frame,
    unit: usize,
    event: usize,
    rest: &[&PyObject],
) -> PyResult<()> {
    fire_at(ts, frame, unit, unit, event, rest)
}

/// As [`fire`], of an instruction that tells of another one: `source` is the unit that callbacks
/// hear of.
pub fn fire_at(
    ts: &ThreadState,
    frame: &Frame,
    unit: usize,
    source: usize,
    event: usize,
    rest: &[&PyObject],
) -> PyResult<()> {
    if ts.tracing.get() != 0 {
        return Ok(());
    }
    let code = frame.code();
    let tools = tools_at(code, &ts.interp.monitoring, unit, event);
    if tools == 0 {
        return Ok(());
    }
    let told = Told {
        ts,
        frame,
        event,
        place: source,
        rest,
    };
    told.tell(tools, |tool| {
        if event >= event::LOCAL {
            let name = event::NAMES[event];
            ts.interp.monitoring.set_callback(tool, event, None);
            return Err(value_error!(
                "Cannot disable {name} events. Callback removed."
            ));
        }
        code::disable(code, unit, Which::Own, tool);
        if is_for_both_ways(&ts.interp.monitoring, tool, event) {
            disable_other_way(code, unit, source, event, tool);
        }
        Ok(())
    })
}

/// Tells of an event that the exception being raised is about; a callback that raises replaces it.
pub fn fire_exception(ts: &ThreadState, frame: &Frame, unit: usize, event: usize) {
    with_exception_aside(|exception| fire(ts, frame, unit, event, &[exception]));
}

/// Tells of a line that starts at `unit`, unless the instruction run before is on that line too.
pub fn fire_line(ts: &ThreadState, frame: &Frame, unit: usize, before: isize) -> PyResult<()> {
    let code = frame.code();
    let Some(data) = code::data(code) else {
        return Ok(());
    };
    let line = data.line(unit);
    if data.line(run_before(code, data, unit, before)) == line
        && !resumes_at(code, data, unit, before)
    {
        return Ok(());
    }
    let number = PyLong::from_i64(i64::from(line))?;
    let told = Told {
        ts,
        frame,
        event: event::LINE,
        place: unit,
        rest: &[&number],
    };
    told.tell(data.tools(unit, Which::Line, event::LINE), |tool| {
        code::disable(code, unit, Which::Line, tool);
        Ok(())
    })
}

/// Tells that an instruction is about to be run.
pub fn fire_instruction(ts: &ThreadState, frame: &Frame, unit: usize) -> PyResult<()> {
    let code = frame.code();
    let Some(data) = code::data(code) else {
        return Ok(());
    };
    let tools = data.tools(unit, Which::Instruction, event::INSTRUCTION);
    let told = Told {
        ts,
        frame,
        event: event::INSTRUCTION,
        place: unit,
        rest: &[],
    };
    told.tell(tools, |tool| {
        code::disable(code, unit, Which::Instruction, tool);
        Ok(())
    })
}

/// The unit where the frame's code was last entered or resumed, if nothing has noted a place since.
fn entry_before(code: &PyCode, before: isize) -> Option<usize> {
    let first = code.co_firsttraceable.get() as usize;
    let before = usize::try_from(before).unwrap_or(0).max(first);
    (code.base_opcode(before) == op::RESUME).then_some(before)
}

/// Whether the frame was entered or resumed right before `unit`: a line always starts there.
fn resumes_at(code: &PyCode, data: &code::Data, unit: usize, before: isize) -> bool {
    entry_before(code, before).is_some_and(|entry| unit == entry + 1 || data.is_handler(unit))
}

/// A unit on the line of the instruction run before. Not each instruction notes its place in the
/// frame, but each does that a line starts at, and each that raises: what ran after a resumption
/// without a note is on the line of what follows it.
fn run_before(code: &PyCode, data: &code::Data, unit: usize, before: isize) -> usize {
    match entry_before(code, before) {
        Some(entry) if unit != entry + 1 && !data.is_handler(unit) => entry + 1,
        Some(entry) => entry,
        None => usize::try_from(before).unwrap_or(0),
    }
}

fn tools_at(code: &PyCode, monitoring: &Monitoring, unit: usize, event: usize) -> u8 {
    // What a native call comes to is told to those who hear of calls.
    let event = if event < event::UNGROUPED {
        event
    } else {
        event::CALL
    };
    if event >= event::LOCAL {
        return monitoring.wanted[event].get();
    }
    code::data(code).map_or(0, |data| data.tools(unit, Which::Own, event))
}

fn callback(monitoring: &Monitoring, tool: usize, event: usize) -> Option<Callback> {
    monitoring.callbacks[tool][event].borrow().clone()
}

fn is_for_both_ways(monitoring: &Monitoring, tool: usize, event: usize) -> bool {
    tool < USER_TOOLS && matches!(callback(monitoring, tool, event), Some(Callback::Branch(_)))
}

/// The instruction that tells of the other way of a branch falls silent too.
fn disable_other_way(code: &PyCode, unit: usize, source: usize, event: usize, tool: usize) {
    let other = code.branches().into_iter().find_map(|branch| {
        let [at, left, right] = branch.map(|unit| unit as usize);
        if at != source {
            return None;
        }
        // A way is told of by the unit before where it leads, or by the branch itself.
        let tells_right = !matches!(code.base_opcode(source), op::FOR_ITER | op::END_SEND);
        let tells_left = code.base_opcode(source) == op::FOR_ITER;
        Some(match event {
            event::BRANCH_LEFT if tells_right => source,
            event::BRANCH_LEFT => right - 1,
            _ if tells_left => source,
            _ => left - 1,
        })
    });
    if let Some(other) = other
        && other != unit
        && other < code.units().len()
    {
        code::disable(code, other, Which::Own, tool);
    }
}

/// What callbacks are told.
struct Told<'a> {
    ts: &'a ThreadState,
    frame: &'a Frame,
    event: usize,
    /// The unit that callbacks hear of.
    place: usize,
    /// What comes after the code object and, except for lines, the offset.
    rest: &'a [&'a PyObject],
}

impl Told<'_> {
    /// Calls the tools, the highest first; `switch_off` is for one that returns `DISABLE`.
    fn tell(&self, tools: u8, switch_off: impl Fn(usize) -> PyResult<()>) -> PyResult<()> {
        for tool in (0..=TRACE_TOOL).rev() {
            if tools & 1 << tool != 0 && self.tell_one(tool)? {
                switch_off(tool)?;
            }
        }
        Ok(())
    }

    /// Whether the tool wants no more events of this place.
    fn tell_one(&self, tool: usize) -> PyResult<bool> {
        let ts = self.ts;
        let what_before = ts.what_event.replace(self.event as i32);
        let frame_before = ts.told_frame.replace(self.frame);
        ts.tracing.update(|depth| depth + 1);
        let result = if tool < USER_TOOLS {
            self.call_back(tool)
        } else {
            legacy::hear(ts, self.frame, tool, self.event, self.rest)
        };
        ts.tracing.update(|depth| depth - 1);
        ts.told_frame.set(frame_before);
        ts.what_event.set(what_before);
        result
    }

    fn call_back(&self, tool: usize) -> PyResult<bool> {
        let monitoring = &self.ts.interp.monitoring;
        let Some(callback) = callback(monitoring, tool, self.event) else {
            return Ok(false);
        };
        let result: Obj = self.call(&callback.into_callable())?;
        Ok(result.is(&*monitoring.disable()?))
    }

    fn call(&self, callable: &PyObject) -> PyResult<Obj> {
        let code = self.frame.code().as_object();
        let mut arguments = Vec::with_capacity(2 + self.rest.len());
        arguments.push(code);
        let offset = PyLong::from_i64(self.place as i64 * 2)?;
        if self.event != event::LINE {
            arguments.push(&offset);
        }
        arguments.extend_from_slice(self.rest);
        callable.call(&arguments)
    }
}
