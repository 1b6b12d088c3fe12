//! What monitoring keeps for a code object, and the rewriting of its instructions.
//!
//! Invariant: `active` is what the instructions were last rewritten for. A unit that is
//! `INSTRUMENTED_LINE` or `INSTRUMENTED_INSTRUCTION` has the opcode that it stands before in
//! `hidden`: a base opcode or its instrumented form, never a specialised one.

use std::cell::Cell;

use krait_abi as abi;
use krait_bytecode::exceptiontable::ExceptionTableReader;
use krait_bytecode::opcode::{CACHES, DEOPT, MIN_INSTRUMENTED_OPCODE, op};

use super::{Monitoring, TOOLS, event};
use crate::PyCode;
use crate::code::initial_counter;
use crate::state::Interpreter;

/// Which of an instruction's events is meant.
#[derive(Clone, Copy)]
pub(super) enum Which {
    /// What the instruction itself does.
    Own,
    Line,
    Instruction,
}

/// What is kept for each code unit.
#[derive(Default)]
pub(super) struct Place {
    /// The opcode behind one that announces a line or an instruction.
    hidden: Cell<u8>,
    /// The tools that switched an event off here, by [`Which`].
    disabled: [Cell<u8>; 3],
    /// Whether a line event belongs here.
    starts_line: Cell<bool>,
    /// Whether exceptions lead here.
    is_handler: Cell<bool>,
    /// The line, or -1.
    line: Cell<i32>,
}

/// What is kept for a code object that somebody watches or watched.
#[derive(Default)]
pub(super) struct Data {
    /// The tools that want events from this code alone.
    pub(super) local: [Cell<u8>; event::LOCAL],
    /// The tools that get events.
    pub(super) active: [Cell<u8>; event::LOCAL],
    tool_versions: [Cell<usize>; TOOLS],
    places: Vec<Place>,
}

impl Data {
    /// Forgets what tools wanted that were cleared since.
    pub(super) fn drop_stale(&self, monitoring: &Monitoring) {
        for (tool, version) in monitoring.tool_versions.iter().enumerate() {
            if self.tool_versions[tool].replace(version.get()) != version.get() {
                super::put_set(&self.local, tool, 0);
            }
        }
    }

    /// The tools that get an event of this place.
    pub(super) fn tools(&self, unit: usize, which: Which, event: usize) -> u8 {
        self.active[event].get() & !self.places[unit].disabled[which as usize].get()
    }

    /// Whether exceptions lead to a place.
    pub(super) fn is_handler(&self, unit: usize) -> bool {
        self.places[unit].is_handler.get()
    }

    /// The line of a place, or -1.
    pub(super) fn line(&self, unit: usize) -> i32 {
        self.places.get(unit).map_or(-1, |place| place.line.get())
    }
}

/// What is kept for the code object, if anything.
pub(super) fn data(code: &PyCode) -> Option<&Data> {
    // SAFETY: null, or made by `data_or_new` and alive as long as the code object.
    unsafe { code.co_monitoring.get().cast::<Data>().as_ref() }
}

/// What is kept for the code object.
pub(super) fn data_or_new(code: &PyCode) -> &Data {
    if code.co_monitoring.get().is_null() {
        let mut data = Box::new(Data::default());
        for (version, current) in data
            .tool_versions
            .iter()
            .zip(&Interpreter::current().monitoring.tool_versions)
        {
            version.set(current.get());
        }
        data.places.resize_with(code.units().len(), Place::default);
        find_lines(code, &data.places);
        code.co_monitoring
            .set(Box::into_raw(data).cast::<abi::_PyCoMonitoringData>());
    }
    // SAFETY: set just now or before, from a box that lives until the object dies.
    unsafe { &*code.co_monitoring.get().cast::<Data>() }
}

/// Frees what is kept for a code object that dies.
pub(crate) fn free_data(code: &PyCode) {
    let data = code.co_monitoring.replace(std::ptr::null_mut());
    if !data.is_null() {
        // SAFETY: made by `Box::into_raw` in `data_or_new`; nobody borrows it any more.
        drop(unsafe { Box::from_raw(data.cast::<Data>()) });
    }
}

/// The instructions from `first` on: unit, base opcode, and argument with its extensions.
pub(super) fn instructions(
    code: &PyCode,
    first: usize,
) -> impl Iterator<Item = (usize, u8, u32)> + '_ {
    let (mut at, mut extended) = (first, 0u32);
    std::iter::from_fn(move || {
        let unit = code.units().get(at)?;
        let (here, opcode) = (at, code.base_opcode(at));
        let oparg = extended << 8 | u32::from(unit.arg());
        extended = if opcode == op::EXTENDED_ARG { oparg } else { 0 };
        at += 1 + usize::from(CACHES[usize::from(opcode)]);
        Some((here, opcode, oparg))
    })
}

/// Where an instruction may jump to.
pub(super) fn jump_target(unit: usize, opcode: u8, oparg: u32) -> Option<usize> {
    let next = unit + 1 + usize::from(CACHES[usize::from(opcode)]);
    let oparg = oparg as usize;
    match opcode {
        op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT => next.checked_sub(oparg),
        op::JUMP_FORWARD
        | op::FOR_ITER
        | op::SEND
        | op::POP_JUMP_IF_TRUE
        | op::POP_JUMP_IF_FALSE
        | op::POP_JUMP_IF_NONE
        | op::POP_JUMP_IF_NOT_NONE => Some(next + oparg),
        _ => None,
    }
}

/// Finds the line of each unit and the units that a line event belongs to: those whose line is not
/// that of the unit before, and those that jumps and handlers lead to. Instructions that are only
/// ever run right after another's work on the same line start none.
fn find_lines(code: &PyCode, places: &[Place]) {
    let positions = code.unit_positions();
    let line_of = |unit: usize| positions.get(unit).and_then(|at| at.line).unwrap_or(-1);
    for (unit, place) in places.iter().enumerate() {
        place.line.set(line_of(unit));
    }
    let first = code.co_firsttraceable.get() as usize;
    let never = |opcode| {
        matches!(
            opcode,
            op::RESUME | op::END_FOR | op::POP_ITER | op::END_SEND | op::END_ASYNC_FOR
        )
    };
    let mut before = -1;
    for (unit, opcode, _) in instructions(code, first) {
        if !never(opcode) {
            let line = line_of(unit);
            places[unit].starts_line.set(line >= 0 && line != before);
            before = line;
        }
    }
    let mark = |unit: usize| {
        if let Some(place) = places.get(unit)
            && place.line.get() >= 0
            && !never(code.base_opcode(unit))
        {
            place.starts_line.set(true);
        }
    };
    for (unit, opcode, oparg) in instructions(code, first) {
        if let Some(target) = jump_target(unit, opcode, oparg) {
            mark(target);
        }
    }
    if let Some(table) = code.co_exceptiontable.get() {
        for entry in ExceptionTableReader::new(table.as_bytes()) {
            if let Some(place) = places.get(entry.target) {
                place.is_handler.set(true);
            }
            mark(entry.target);
        }
    }
}

/// Rewrites a code object's instructions, if what is wanted has changed since it was last done.
pub fn instrument(code: &PyCode, monitoring: &Monitoring) {
    if code.co_instrumentation_version.get() != monitoring.version() {
        instrument_now(code, monitoring);
    }
}

pub(super) fn instrument_now(code: &PyCode, monitoring: &Monitoring) {
    let before = code
        .co_instrumentation_version
        .replace(monitoring.version());
    let any_wanted = monitoring.wanted[..event::LOCAL]
        .iter()
        .any(|tools| tools.get() != 0);
    if data(code).is_none() && !any_wanted || code.has_flag(abi::CO_NO_MONITORING_EVENTS) {
        return;
    }
    let data = data_or_new(code);
    data.drop_stale(monitoring);
    let restarted = monitoring.restart_version.get() > before;
    let mut fresh = [0; event::LOCAL];
    let mut changed = false;
    for (event, fresh) in fresh.iter_mut().enumerate() {
        let wanted = monitoring.wanted[event].get() | data.local[event].get();
        let active = data.active[event].replace(wanted);
        *fresh = if restarted { u8::MAX } else { wanted & !active };
        changed |= wanted != active || restarted && wanted != 0;
    }
    if !changed {
        return;
    }
    let enable = |place: &Place, which: Which, event: usize| {
        let disabled = &place.disabled[which as usize];
        disabled.set(disabled.get() & !fresh[event]);
    };
    let first = code.co_firsttraceable.get() as usize;
    for (unit, opcode, oparg) in instructions(code, first) {
        let place = &data.places[unit];
        if let Some(event) = event_of(opcode, oparg) {
            enable(place, Which::Own, event);
        }
        enable(place, Which::Line, event::LINE);
        enable(place, Which::Instruction, event::INSTRUCTION);
        rewrite(code, data, unit, opcode, oparg);
    }
}

/// Switches an event of a place off for a tool.
pub(super) fn disable(code: &PyCode, unit: usize, which: Which, tool: usize) {
    let Some(data) = data(code) else { return };
    let disabled = &data.places[unit].disabled[which as usize];
    disabled.set(disabled.get() | 1 << tool);
    let (opcode, oparg) = (code.base_opcode(unit), u32::from(code.units()[unit].arg()));
    rewrite(code, data, unit, opcode, oparg);
}

/// Gives a unit the opcode that its active events call for.
fn rewrite(code: &PyCode, data: &Data, unit: usize, base: u8, oparg: u32) {
    let (place, instruction) = (&data.places[unit], &code.units()[unit]);
    let current = instruction.code();
    let watched = event_of(base, oparg)
        .filter(|event| data.tools(unit, Which::Own, *event) != 0)
        .and_then(|_| instrumented(base));
    let announced = if place.starts_line.get() && data.tools(unit, Which::Line, event::LINE) != 0 {
        Some(op::INSTRUMENTED_LINE)
    } else if data.tools(unit, Which::Instruction, event::INSTRUCTION) != 0 {
        Some(op::INSTRUMENTED_INSTRUCTION)
    } else {
        None
    };
    let plain = watched.unwrap_or(base);
    let opcode = match announced {
        Some(announced) => {
            place.hidden.set(plain);
            announced
        }
        // A specialised form stays.
        None if watched.is_none() && current < MIN_INSTRUMENTED_OPCODE => return,
        None => plain,
    };
    instruction
        .cache
        .set(u16::from_le_bytes([opcode, instruction.arg()]));
    // What a specialised form left in the first cache is no counter.
    if CACHES[usize::from(base)] > 0
        && let Some(counter) = code.units().get(unit + 1)
        && current != opcode
    {
        let specialization = Interpreter::current().specialization.get();
        counter.cache.set(initial_counter(base, specialization));
    }
}

/// What is to be run after a line (or an instruction) has been announced: the announcement of the
/// instruction, or its plain or instrumented form.
pub fn hidden_opcode(code: &PyCode, unit: usize, after_line: bool) -> u8 {
    let current = code.units()[unit].code();
    let announces = matches!(
        current,
        op::INSTRUMENTED_LINE | op::INSTRUMENTED_INSTRUCTION
    );
    let Some(data) = data(code) else {
        return DEOPT[usize::from(current)];
    };
    if after_line && data.tools(unit, Which::Instruction, event::INSTRUCTION) != 0 {
        op::INSTRUMENTED_INSTRUCTION
    } else if announces {
        data.places[unit].hidden.get()
    } else {
        current
    }
}

/// The `FOR_ITER` whose loop ends before the `POP_ITER` at `unit`.
pub fn loop_before(code: &PyCode, unit: usize) -> Option<usize> {
    let first = code.co_firsttraceable.get() as usize;
    instructions(code, first)
        .take_while(|(at, ..)| *at < unit)
        .find(|&(at, opcode, oparg)| {
            opcode == op::FOR_ITER && jump_target(at, opcode, oparg) == Some(unit - 1)
        })
        .map(|(at, ..)| at)
}

/// The base opcode of a unit that announces a line or an instruction.
pub fn base_under(code: &PyCode, unit: usize) -> u8 {
    let hidden = data(code).map_or(op::NOP, |data| data.places[unit].hidden.get());
    deinstrument(hidden).unwrap_or(hidden)
}

/// The event that an instruction stands for, beside its line and itself.
fn event_of(opcode: u8, oparg: u32) -> Option<usize> {
    Some(match opcode {
        op::RESUME if oparg == 0 => event::PY_START,
        op::RESUME => event::PY_RESUME,
        op::RETURN_VALUE => event::PY_RETURN,
        op::YIELD_VALUE => event::PY_YIELD,
        op::CALL | op::CALL_KW | op::CALL_FUNCTION_EX | op::LOAD_SUPER_ATTR => event::CALL,
        op::JUMP_FORWARD | op::JUMP_BACKWARD => event::JUMP,
        op::NOT_TAKEN | op::FOR_ITER => event::BRANCH_LEFT,
        op::POP_JUMP_IF_FALSE
        | op::POP_JUMP_IF_TRUE
        | op::POP_JUMP_IF_NONE
        | op::POP_JUMP_IF_NOT_NONE
        | op::POP_ITER
        | op::END_ASYNC_FOR => event::BRANCH_RIGHT,
        op::END_FOR | op::END_SEND => event::STOP_ITERATION,
        _ => return None,
    })
}

/// The plain opcodes that have an instrumented form, with that form.
const FORMS: [(u8, u8); 19] = [
    (op::RESUME, op::INSTRUMENTED_RESUME),
    (op::RETURN_VALUE, op::INSTRUMENTED_RETURN_VALUE),
    (op::YIELD_VALUE, op::INSTRUMENTED_YIELD_VALUE),
    (op::CALL, op::INSTRUMENTED_CALL),
    (op::CALL_KW, op::INSTRUMENTED_CALL_KW),
    (op::CALL_FUNCTION_EX, op::INSTRUMENTED_CALL_FUNCTION_EX),
    (op::LOAD_SUPER_ATTR, op::INSTRUMENTED_LOAD_SUPER_ATTR),
    (op::FOR_ITER, op::INSTRUMENTED_FOR_ITER),
    (op::END_FOR, op::INSTRUMENTED_END_FOR),
    (op::POP_ITER, op::INSTRUMENTED_POP_ITER),
    (op::END_SEND, op::INSTRUMENTED_END_SEND),
    (op::END_ASYNC_FOR, op::INSTRUMENTED_END_ASYNC_FOR),
    (op::JUMP_FORWARD, op::INSTRUMENTED_JUMP_FORWARD),
    (op::JUMP_BACKWARD, op::INSTRUMENTED_JUMP_BACKWARD),
    (op::NOT_TAKEN, op::INSTRUMENTED_NOT_TAKEN),
    (op::POP_JUMP_IF_TRUE, op::INSTRUMENTED_POP_JUMP_IF_TRUE),
    (op::POP_JUMP_IF_FALSE, op::INSTRUMENTED_POP_JUMP_IF_FALSE),
    (op::POP_JUMP_IF_NONE, op::INSTRUMENTED_POP_JUMP_IF_NONE),
    (
        op::POP_JUMP_IF_NOT_NONE,
        op::INSTRUMENTED_POP_JUMP_IF_NOT_NONE,
    ),
];

fn instrumented(base: u8) -> Option<u8> {
    let found = FORMS.iter().find(|(plain, _)| *plain == base);
    found.map(|(_, form)| *form)
}

/// The plain opcode of an instrumented one that names it.
pub fn deinstrument(opcode: u8) -> Option<u8> {
    let found = FORMS.iter().find(|(_, form)| *form == opcode);
    found.map(|(plain, _)| *plain)
}
