//! Instrumented instructions: what the eval loop does at those that tell monitoring of something.
//!
//! Each has the effect of its plain form. Most tell first and then have the loop run that form;
//! those that have to tell of a result do the work themselves. A callback may have made the frame go
//! on elsewhere (by setting `f_lineno`): the registers are read from the frame again then.

use krait_abi as abi;
use krait_bytecode::op;
use krait_bytecode::oparg::resume;
use krait_bytecode::opcode::{CACHES, DEOPT};
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::method::PyMethod;
use krait_runtime::monitoring::{self, event, fire, fire_at};
use krait_runtime::state::ThreadState;
use krait_runtime::{Obj, PyClass, PyFunction, PyLong, PyObject, PyResult, PyTuple, system_error};

use crate::eval::machine::{Machine, borrow, borrow_opt};
use crate::eval::{attrs, calls, check_breaker, iterate};
use crate::genobject::as_generator_or_coroutine;

/// What the loop does after an instrumented instruction.
pub(crate) enum Step {
    /// Runs this opcode with the same argument.
    Run(u8),
    /// Goes on with these registers.
    Go(Machine),
    /// Unwinds from these registers: an exception is set.
    Fail(Machine),
}

/// Does what is to be done for an opcode that the loop does not know.
#[cold]
#[inline(never)]
pub(crate) fn step(m: Machine, opcode: u8, oparg: u32) -> Step {
    let step = match opcode {
        op::INSTRUMENTED_LINE => line(m.snapshot()),
        op::INSTRUMENTED_INSTRUCTION => instruction(m.snapshot()),
        op::INSTRUMENTED_RESUME => resume(m.snapshot(), oparg),
        op::INSTRUMENTED_RETURN_VALUE => returning(m.snapshot(), event::PY_RETURN),
        op::INSTRUMENTED_YIELD_VALUE => returning(m.snapshot(), event::PY_YIELD),
        op::INSTRUMENTED_CALL => call(m.snapshot(), oparg),
        op::INSTRUMENTED_CALL_KW => call_kw(m.snapshot(), oparg),
        op::INSTRUMENTED_CALL_FUNCTION_EX => call_function_ex(m.snapshot()),
        op::INSTRUMENTED_LOAD_SUPER_ATTR => load_super_attr(m.snapshot(), oparg),
        op::INSTRUMENTED_FOR_ITER => for_iter(m.snapshot(), oparg),
        op::INSTRUMENTED_END_FOR | op::INSTRUMENTED_END_SEND => stop_iteration(m.snapshot()),
        op::INSTRUMENTED_POP_ITER => pop_iter(m.snapshot()),
        op::INSTRUMENTED_NOT_TAKEN => not_taken(m.snapshot()),
        op::INSTRUMENTED_END_ASYNC_FOR => {
            let source = 1 - oparg as isize;
            jump(m.snapshot(), event::BRANCH_RIGHT, source, 1)
        }
        op::INSTRUMENTED_JUMP_FORWARD => jump(m.snapshot(), event::JUMP, 0, 1 + oparg as isize),
        op::INSTRUMENTED_JUMP_BACKWARD => jump(m.snapshot(), event::JUMP, 0, 2 - oparg as isize),
        op::INSTRUMENTED_POP_JUMP_IF_TRUE
        | op::INSTRUMENTED_POP_JUMP_IF_FALSE
        | op::INSTRUMENTED_POP_JUMP_IF_NONE
        | op::INSTRUMENTED_POP_JUMP_IF_NOT_NONE => pop_jump(m.snapshot(), opcode, oparg),
        _ => return unknown(m, opcode),
    };
    match step {
        Ok(Some(registers)) => Step::Go(registers),
        Ok(None) => {
            let plain = match opcode {
                op::INSTRUMENTED_LINE | op::INSTRUMENTED_INSTRUCTION => hidden(&m, opcode),
                _ => monitoring::deinstrument(opcode).unwrap_or(op::NOP),
            };
            // The plain form must not specialise: it would overwrite this instruction.
            if CACHES[usize::from(plain)] > 0 {
                let counter = &m.unit(1).cache;
                counter.set(counter.get() | 1 << abi::BACKOFF_BITS);
            }
            Step::Run(plain)
        }
        Err(registers) => Step::Fail(registers),
    }
}

/// Registers to go on with, or `None` for the plain form; an error has the registers to unwind from.
type Told = Result<Option<Machine>, Machine>;

#[cold]
fn unknown(m: Machine, opcode: u8) -> Step {
    m.save();
    let base = DEOPT[usize::from(opcode)];
    drop(system_error!(
        "{}: unknown opcode {opcode} (base {base})",
        m.frame().line().unwrap_or(0)
    ));
    Step::Fail(m)
}

fn unit(m: &Machine) -> usize {
    // SAFETY: rule 2 of the eval loop: both point into the code being run.
    unsafe { m.ip.offset_from(m.code().first_unit()) as usize }
}

fn is_silent(m: &Machine) -> bool {
    m.ts.tracing.get() != 0
}

/// The registers to go on with, if a callback made the frame go on elsewhere.
fn moved(m: &Machine) -> Option<Machine> {
    (m.frame().instr_ptr.get() != m.ip).then(|| {
        // SAFETY: the frame is the running one, and keeps the eval loop's rules.
        unsafe { Machine::new(m.ts, m.frame) }
    })
}

/// Tells of an event of the instruction being run.
fn tell(m: &Machine, event: usize, rest: &[&PyObject]) -> Told {
    m.save();
    match fire(m.ts, m.frame(), unit(m), event, rest) {
        Ok(()) => Ok(moved(m)),
        Err(_set) => Err(m.snapshot()),
    }
}

fn line(m: Machine) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    let before = m.frame().unit();
    m.save();
    match monitoring::fire_line(m.ts, m.frame(), unit(&m), before) {
        Ok(()) => Ok(moved(&m)),
        Err(_set) => Err(m),
    }
}

fn instruction(m: Machine) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    match monitoring::fire_instruction(m.ts, m.frame(), unit(&m)) {
        Ok(()) => Ok(moved(&m)),
        Err(_set) => Err(m),
    }
}

/// What stands behind an announcing instruction, which its callbacks may have switched off by now.
fn hidden(m: &Machine, opcode: u8) -> u8 {
    monitoring::hidden_opcode(m.code(), unit(m), opcode == op::INSTRUMENTED_LINE)
}

fn resume(m: Machine, oparg: u32) -> Told {
    m.save();
    if needs_instrumentation(&m) {
        monitoring::instrument(m.code(), &m.ts.interp.monitoring);
        return Ok(Some(m));
    }
    if oparg & resume::LOCATION_MASK < resume::AFTER_YIELD_FROM && check_breaker(&m).is_err() {
        return Err(m);
    }
    let event = if oparg == 0 {
        event::PY_START
    } else {
        event::PY_RESUME
    };
    if let Some(elsewhere) = tell(&m, event, &[])? {
        return Ok(Some(elsewhere));
    }
    let mut m = m;
    m.next(0);
    Ok(Some(m))
}

/// Whether what is monitored has changed since the code was instrumented.
#[inline(always)]
pub(crate) fn needs_instrumentation(m: &Machine) -> bool {
    let bits = m.ts.eval_breaker.load(std::sync::atomic::Ordering::Relaxed);
    let version = bits & !krait_runtime::state::breaker::MASK;
    version != m.code().co_instrumentation_version.get() && !is_silent(m)
}

/// `RESUME` of code whose instructions are out of date.
#[cold]
#[inline(never)]
pub(crate) fn instrument(m: Machine) {
    m.save();
    monitoring::instrument(m.code(), &m.ts.interp.monitoring);
}

fn returning(m: Machine, event: usize) -> Told {
    let value = m.object(1).to_obj();
    let told = tell(&m, event, &[&value]);
    if event == event::PY_RETURN {
        told.map(|_| None)
    } else {
        told
    }
}

/// An offset in bytes, as callbacks get it.
fn offset(m: &Machine, distance: isize) -> PyResult<krait_runtime::Py<PyLong>> {
    PyLong::from_i64((unit(m) as i64 + distance as i64) * 2)
}

/// Tells of a jump from the unit `source` to the unit `target`, both as distances.
fn jump(m: Machine, event: usize, source: isize, target: isize) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    let source = unit(&m).saturating_add_signed(source);
    let told = offset(&m, target)
        .and_then(|target| fire_at(m.ts, m.frame(), unit(&m), source, event, &[&target]));
    match told {
        Ok(()) => Ok(moved(&m)),
        Err(_set) => Err(m),
    }
}

fn pop_jump(m: Machine, opcode: u8, oparg: u32) -> Told {
    let value = m.object(1);
    let is_taken = match opcode {
        op::INSTRUMENTED_POP_JUMP_IF_TRUE => value.is(krait_runtime::true_()),
        op::INSTRUMENTED_POP_JUMP_IF_FALSE => !value.is(krait_runtime::true_()),
        op::INSTRUMENTED_POP_JUMP_IF_NONE => value.is(krait_runtime::none()),
        _ => !value.is(krait_runtime::none()),
    };
    if is_taken {
        jump(m, event::BRANCH_RIGHT, 0, 2 + oparg as isize)
    } else {
        Ok(None)
    }
}

/// `NOT_TAKEN` tells of the branch before it.
fn not_taken(m: Machine) -> Told {
    let at = unit(&m);
    let before = |distance: usize| {
        at.checked_sub(distance)
            .map(|unit| m.code().base_opcode(unit))
    };
    // A conditional jump has one cache entry.
    let is_jump = matches!(
        before(2),
        Some(
            op::POP_JUMP_IF_TRUE
                | op::POP_JUMP_IF_FALSE
                | op::POP_JUMP_IF_NONE
                | op::POP_JUMP_IF_NOT_NONE
        )
    ) && before(1) != Some(op::END_SEND);
    let source = if is_jump { -2 } else { -1 };
    jump(m, event::BRANCH_LEFT, source, 1)
}

/// `POP_ITER` tells of the loop that ends before it.
fn pop_iter(m: Machine) -> Told {
    let at = unit(&m);
    let source = monitoring::loop_before(m.code(), at).unwrap_or(at);
    let distance = source as isize - at as isize;
    jump(m, event::BRANCH_RIGHT, distance, 1)
}

fn for_iter(mut m: Machine, oparg: u32) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    match iterate::next_of(m.object(1)) {
        Err(_set) => Err(m),
        Ok(None) => {
            m.jump(2 + oparg as isize + 1);
            Ok(Some(m))
        }
        Ok(Some(item)) => {
            m.push_obj(item);
            if let Some(elsewhere) = jump(m.snapshot(), event::BRANCH_LEFT, 0, 2)? {
                return Ok(Some(elsewhere));
            }
            m.next(1);
            Ok(Some(m))
        }
    }
}

/// The end of a generator that a loop or `yield from` went through without leaving the eval loop.
fn stop_iteration(m: Machine) -> Told {
    if is_silent(&m) || as_generator_or_coroutine(m.object(2)).is_none() {
        return Ok(None);
    }
    m.save();
    let value = m.object(1).to_obj();
    let stop = krait_runtime::err::stop_iteration(value).take();
    tell(&m, event::STOP_ITERATION, &[&stop])
}

/// Tells of a call of a native function that has ended, and gives its result again.
fn tell_result(
    m: &Machine,
    callable: &PyObject,
    first: &PyObject,
    result: PyResult<Obj>,
) -> PyResult<Obj> {
    let (frame, unit) = (m.frame(), unit(m));
    match result {
        Ok(value) => {
            fire(m.ts, frame, unit, event::C_RETURN, &[callable, first])?;
            Ok(value)
        }
        Err(error) => {
            let exception = error.take();
            fire(m.ts, frame, unit, event::C_RAISE, &[callable, first])?;
            Err(krait_runtime::PyErr::restore(exception))
        }
    }
}

fn missing(m: &Machine) -> PyResult<Obj> {
    m.ts.interp.monitoring.missing()
}

/// The callable `depth` below the top, and the first of what it is called with.
fn callable_and_first(m: &Machine, depth: usize, count: usize) -> PyResult<(Obj, Obj)> {
    let callable = m.object(depth).to_obj();
    let first = match borrow_opt(m.peek(depth - 1)) {
        Some(owner) => owner.to_obj(),
        None if count > 0 => m.object(depth - 2).to_obj(),
        None => missing(m)?,
    };
    Ok((callable, first))
}

fn call(mut m: Machine, oparg: u32) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    calls::expand_method(&mut m, oparg);
    let depth = oparg as usize + 2;
    let Ok((callable, first)) = callable_and_first(&m, depth, oparg as usize) else {
        return Err(m);
    };
    if let Some(elsewhere) = tell(&m, event::CALL, &[&callable, &first])? {
        return Ok(Some(elsewhere));
    }
    if calls::python_function(m.peek(depth)).is_some() {
        return Ok(None);
    }
    let (args, count) = calls::arguments(&m, oparg);
    let result = calls::vectorcall(&callable, args, count, None);
    match tell_result(&m, &callable, &first, result) {
        Ok(value) => finish(m, depth, value, CACHES[usize::from(op::CALL)]),
        Err(_set) => Err(m),
    }
}

/// Puts a call's result in place of what lies on the stack for it, and moves on.
fn finish(mut m: Machine, depth: usize, value: Obj, caches: u8) -> Told {
    m.replace_many(depth, StackRef::from_obj(value));
    if check_breaker(&m).is_err() {
        return Err(m);
    }
    m.next(usize::from(caches));
    Ok(Some(m))
}

fn call_kw(mut m: Machine, oparg: u32) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    let names = m.pop();
    calls::expand_method(&mut m, oparg);
    m.push(names);
    let depth = oparg as usize + 3;
    let Ok((callable, first)) = callable_and_first(&m, depth, oparg as usize) else {
        return Err(m);
    };
    if let Some(elsewhere) = tell(&m, event::CALL, &[&callable, &first])? {
        return Ok(Some(elsewhere));
    }
    if calls::python_function(m.peek(depth)).is_some() {
        return Ok(None);
    }
    m.pop();
    let (args, count) = calls::arguments(&m, oparg);
    m.push(names);
    // SAFETY: rule 2 of the eval loop: the compiler loads a tuple of names.
    let kwnames = unsafe { borrow(names).downcast_unchecked::<PyTuple>() };
    let positional = count - kwnames.len();
    let result = calls::vectorcall(&callable, args, positional, Some(kwnames));
    match tell_result(&m, &callable, &first, result) {
        Ok(value) => finish(m, depth, value, CACHES[usize::from(op::CALL_KW)]),
        Err(_set) => Err(m),
    }
}

fn call_function_ex(mut m: Machine) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    if calls::spread_args(&mut m).is_err() {
        return Err(m);
    }
    let callable = m.object(4).to_obj();
    let first = m
        .object(2)
        .downcast::<PyTuple>()
        .and_then(|args| args.as_slice().first().map(|first| first.to_obj()));
    let Ok(first) = first.map_or_else(|| missing(&m), Ok) else {
        return Err(m);
    };
    if let Some(elsewhere) = tell(&m, event::CALL, &[&callable, &first])? {
        return Ok(Some(elsewhere));
    }
    if callable.is_instance_of::<PyFunction>() || callable.is_instance_of::<PyMethod>() {
        return Ok(None);
    }
    let result = calls::call_with_tuple(&callable, m.object(2), borrow_opt(m.peek(1)));
    match tell_result(&m, &callable, &first, result) {
        Ok(value) => finish(m, 4, value, 0),
        Err(_set) => Err(m),
    }
}

fn load_super_attr(m: Machine, oparg: u32) -> Told {
    if is_silent(&m) {
        return Ok(None);
    }
    m.save();
    let callable = m.object(3).to_obj();
    let first = if oparg & 2 != 0 {
        Ok(m.object(2).to_obj())
    } else {
        missing(&m)
    };
    let Ok(first) = first else { return Err(m) };
    if let Some(elsewhere) = tell(&m, event::CALL, &[&callable, &first])? {
        return Ok(Some(elsewhere));
    }
    let made = attrs::call_super(&callable, m.object(2), m.object(1), oparg & 2 != 0);
    let made = tell_result(&m, &callable, &first, made);
    let value = made.and_then(|object| object.getattr(m.name(oparg >> 2)));
    let Ok(value) = value else { return Err(m) };
    let mut m = m;
    m.replace_many(3, StackRef::from_obj(value));
    if oparg & 1 != 0 {
        m.push(StackRef::NULL);
    }
    m.next(1);
    Ok(Some(m))
}

/// An exception has been raised, or is raised again, in the frame.
pub(crate) fn raised(m: &Machine, event: usize) {
    if monitoring::is_watched(m.ts, event) && !m.frame().is_incomplete() {
        let unit = unit(m);
        // Told is the last unit of what raised, as the loop of old has it.
        let last = match event {
            event::RAISE | event::PY_UNWIND => {
                usize::from(CACHES[usize::from(m.code().base_opcode(unit))])
            }
            _ => 0,
        };
        monitoring::fire_exception(m.ts, m.frame(), unit + last, event);
    }
}

/// An exception has been thrown into a generator's frame, which goes on without its `RESUME`.
pub(crate) fn thrown(m: &Machine) {
    if needs_instrumentation(m) {
        monitoring::instrument(m.code(), &m.ts.interp.monitoring);
    }
    raised(m, event::PY_THROW);
}

/// The frame goes on at its handler, to which the exception was given; false if a callback raised.
pub(crate) fn handled(m: &Machine, exception: &PyObject) -> bool {
    if !monitoring::is_watched(m.ts, event::EXCEPTION_HANDLED) {
        return true;
    }
    let rest = [exception];
    fire(m.ts, m.frame(), unit(m), event::EXCEPTION_HANDLED, &rest).is_ok()
}

/// A native iterator has come to its end without raising: it would have raised `StopIteration`.
pub(crate) fn iterator_returned(value: &PyObject) -> PyResult<()> {
    if !monitoring::is_watched(ThreadState::current(), event::RAISE) {
        return Ok(());
    }
    let stop = krait_runtime::err::stop_iteration(value.to_obj());
    iterator_stopped();
    match krait_runtime::PyErr::occurred() {
        Some(error) if error.matches(&krait_runtime::exc::StopIteration) => {
            stop.clear();
            Ok(())
        }
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// A native iterator has raised `StopIteration`, which ends a loop or an `await`.
#[cold]
pub(crate) fn iterator_stopped() {
    let ts = ThreadState::current();
    if !monitoring::is_watched(ts, event::RAISE) {
        return;
    }
    // SAFETY: an attached thread's current frame is null or alive.
    let frame: Option<&Frame> = unsafe { ts.current_frame.get().cast::<Frame>().as_ref() };
    if let Some(frame) = frame
        && !frame.is_incomplete()
    {
        monitoring::fire_exception(ts, frame, frame.unit() as usize, event::RAISE);
    }
}
