//! Iteration: `GET_ITER`, `FOR_ITER`, `SEND`, unpacking.

use krait_runtime::frame::StackRef;
use krait_runtime::{
    Obj, PyClass, PyErr, PyList, PyObject, PyResult, PyTuple, exc, type_error, value_error,
};

use super::in_place::reuse_loop_variable;
use super::machine::*;
use crate::genobject::{self, PyGenerator};
use crate::specialize;

#[inline(always)]
pub(super) fn get_iter(m: &mut Machine) -> Flow {
    m.save();
    let iterator = attempt!(m.object(1).iter());
    m.replace_top(StackRef::from_obj(iterator));
    m.next(0)
}

/// `FOR_ITER` is over: the iterator is left for `END_FOR` and `POP_ITER`, of which the first is
/// jumped over.
#[inline(always)]
fn end_of_loop(m: &mut Machine, oparg: u32) -> Flow {
    m.jump(2 + oparg as isize + 1)
}

#[inline(always)]
pub(super) fn for_iter(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::for_iter(m.ip, m.object(1));
        return Flow::Again;
    }
    m.save();
    match attempt!(next_of(m.object(1))) {
        Some(item) => {
            m.push_obj(item);
            m.next(1)
        }
        None => end_of_loop(m, oparg),
    }
}

#[inline(always)]
pub(crate) fn next_of(iterator: &PyObject) -> PyResult<Option<Obj>> {
    let Some(slot) = iterator.type_().raw().tp_iternext.get() else {
        return Err(type_error!(
            "'{}' object is not an iterator",
            iterator.type_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    match unsafe { krait_runtime::Py::from_owned_ptr_opt(slot(iterator.as_ptr())) } {
        Some(item) => Ok(Some(item)),
        None => end_or_error(),
    }
}

#[inline(never)]
fn end_or_error() -> PyResult<Option<Obj>> {
    match PyErr::occurred() {
        None => Ok(None),
        Some(error) if error.matches(&exc::StopIteration) => {
            crate::monitor::iterator_stopped();
            match PyErr::occurred() {
                // A callback may have raised something else.
                Some(error) if !error.matches(&exc::StopIteration) => return Err(error),
                Some(error) => error.clear(),
                None => {}
            }
            Ok(None)
        }
        Some(error) => Err(error),
    }
}

#[inline(always)]
pub(super) fn for_iter_list(m: &mut Machine, oparg: u32) -> Flow {
    match specialize::next_of_list(m.object(1)) {
        None => Flow::Base,
        Some(Some(item)) => {
            m.push(item);
            m.next(1)
        }
        Some(None) => end_of_loop(m, oparg),
    }
}

#[inline(always)]
pub(super) fn for_iter_tuple(m: &mut Machine, oparg: u32) -> Flow {
    match specialize::next_of_tuple(m.object(1)) {
        None => Flow::Base,
        Some(Some(item)) => {
            m.push(item);
            m.next(1)
        }
        Some(None) => end_of_loop(m, oparg),
    }
}

#[inline(always)]
pub(super) fn for_iter_range(m: &mut Machine, oparg: u32) -> Flow {
    match specialize::next_of_range(m.object(1)) {
        None => Flow::Base,
        Some(Some(number)) => {
            let slot = match krait_runtime::PyLong::small(number) {
                Some(small) => StackRef::from_immortal(small.as_object()),
                None => match reuse_loop_variable(m, 1, number) {
                    Some(slot) => slot,
                    None => {
                        m.save();
                        let number = attempt!(krait_runtime::PyLong::from_i64(number));
                        StackRef::from_obj(number.into_object())
                    }
                },
            };
            m.push(slot);
            m.next(1)
        }
        Some(None) => end_of_loop(m, oparg),
    }
}

#[inline(always)]
pub(super) fn for_iter_gen(m: &mut Machine, oparg: u32) -> Flow {
    let Some(generator) = m.object(1).downcast_exact::<PyGenerator>() else {
        return Flow::Base;
    };
    if !generator.can_resume() || m.ts.recursion_remaining.get() <= 1 {
        return Flow::Base;
    }
    // The frame's return goes to after the loop, its yield to the loop's body.
    m.frame().return_offset.set((2 + oparg) as u16);
    m.save();
    // SAFETY: the generator is suspended and alive: the iterator is on this frame's stack.
    let frame = unsafe { genobject::resume_in_loop(m.ts, generator, none(), m.frame) };
    m.enter(frame, 0);
    Flow::Next
}

#[inline(always)]
pub(super) fn end_for(m: &mut Machine) -> Flow {
    let value = m.pop();
    m.save_sp();
    close(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn pop_iter(m: &mut Machine) -> Flow {
    let iterator = m.pop();
    m.save();
    close(iterator);
    m.next(0)
}

#[inline(always)]
pub(super) fn send(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::send(m.ip, m.object(2));
        return Flow::Again;
    }
    if let Some(flow) = send_in_loop(m, oparg) {
        return flow;
    }
    m.save();
    match attempt!(genobject::send_any(m.object(2), m.object(1))) {
        krait_runtime::SendResult::Next(value) => {
            m.replace_top(StackRef::from_obj(value));
            m.next(1)
        }
        krait_runtime::SendResult::Return(value) => {
            m.replace_top(StackRef::from_obj(value));
            m.jump(2 + oparg as isize)
        }
    }
}

/// Resumes a generator or coroutine without leaving the loop, if it can be.
#[inline(always)]
fn send_in_loop(m: &mut Machine, oparg: u32) -> Option<Flow> {
    let generator = genobject::as_generator_or_coroutine(m.object(2))?;
    if !generator.can_resume() || m.ts.recursion_remaining.get() <= 1 {
        return None;
    }
    if generator.is_just_started() && !m.peek(1).is(krait_runtime::none()) {
        return None;
    }
    // SAFETY: rule 3: the value moves into the generator's frame, which may outlive this one.
    let value = unsafe { m.pop().heap_safe() };
    m.frame().return_offset.set((2 + oparg) as u16);
    m.save();
    // SAFETY: the generator is suspended and alive: it is on this frame's stack.
    let frame = unsafe { genobject::resume_in_loop(m.ts, generator, value, m.frame) };
    m.enter(frame, 0);
    Some(Flow::Next)
}

#[inline(always)]
pub(super) fn send_gen(m: &mut Machine, oparg: u32) -> Flow {
    match send_in_loop(m, oparg) {
        Some(flow) => flow,
        None => Flow::Base,
    }
}

#[inline(always)]
pub(super) fn end_send(m: &mut Machine) -> Flow {
    let value = m.pop();
    let receiver = m.peek(1);
    m.poke(1, value);
    m.save();
    close(receiver);
    m.next(0)
}

#[inline(always)]
pub(super) fn unpack_sequence(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::unpack_sequence(m.ip, m.object(1), oparg);
        return Flow::Again;
    }
    m.save();
    let items = attempt!(unpack(m.object(1), oparg as usize, None));
    m.drop_top();
    for item in items.into_iter().rev() {
        m.push_obj(item);
    }
    m.next(1)
}

#[inline(always)]
pub(super) fn unpack_sequence_two_tuple(m: &mut Machine) -> Flow {
    let Some(tuple) = exact::<PyTuple>(m.peek(1)) else {
        return Flow::Base;
    };
    if tuple.len() != 2 {
        return Flow::Base;
    }
    let (first, second) = (tuple_slot(tuple, 0), tuple_slot(tuple, 1));
    let tuple = m.pop();
    m.push(second);
    m.push(first);
    m.save();
    close(tuple);
    m.next(1)
}

#[inline(always)]
pub(super) fn unpack_sequence_tuple(m: &mut Machine, oparg: u32) -> Flow {
    let Some(tuple) = exact::<PyTuple>(m.peek(1)) else {
        return Flow::Base;
    };
    if tuple.len() != oparg as usize {
        return Flow::Base;
    }
    let slot = m.pop();
    for index in (0..oparg as usize).rev() {
        m.push(tuple_slot(tuple, index));
    }
    m.save();
    close(slot);
    m.next(1)
}

#[inline(always)]
pub(super) fn unpack_sequence_list(m: &mut Machine, oparg: u32) -> Flow {
    let Some(list) = exact::<PyList>(m.peek(1)) else {
        return Flow::Base;
    };
    if list.len() != oparg as usize {
        return Flow::Base;
    }
    let slot = m.pop();
    for index in (0..oparg as usize).rev() {
        let Some(item) = list.get(index) else {
            return Flow::Base;
        };
        m.push_obj(item);
    }
    m.save();
    close(slot);
    m.next(1)
}

#[inline(always)]
pub(super) fn unpack_ex(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let (before, after) = ((oparg & 0xFF) as usize, (oparg >> 8) as usize);
    let items = attempt!(unpack(m.object(1), before, Some(after)));
    m.drop_top();
    for item in items.into_iter().rev() {
        m.push_obj(item);
    }
    m.next(0)
}

/// The items of an iterable that must have `before` of them, or with `after` at least as many and
/// that many more; those between become a list.
#[inline(never)]
fn unpack(iterable: &PyObject, before: usize, after: Option<usize>) -> PyResult<Vec<Obj>> {
    let iterator = match iterable.iter() {
        Ok(iterator) => iterator,
        Err(error) => return Err(not_unpackable(iterable, error)),
    };
    let mut items = Vec::with_capacity(before + after.map_or(0, |after| after + 1));
    while items.len() < before {
        match iterator.iter_next()? {
            Some(item) => items.push(item),
            None => {
                return Err(match after {
                    None => value_error!(
                        "not enough values to unpack (expected {before}, got {})",
                        items.len()
                    ),
                    Some(after) => value_error!(
                        "not enough values to unpack (expected at least {}, got {})",
                        before + after,
                        items.len()
                    ),
                });
            }
        }
    }
    let Some(after) = after else {
        if iterator.iter_next()?.is_some() {
            return Err(too_many(iterable, before));
        }
        return Ok(items);
    };
    let mut rest = iterator.to_vec()?;
    if rest.len() < after {
        return Err(value_error!(
            "not enough values to unpack (expected at least {}, got {})",
            before + after,
            before + rest.len()
        ));
    }
    let last = rest.split_off(rest.len() - after);
    items.push(PyList::from_vec(rest)?.into_object());
    items.extend(last);
    Ok(items)
}

#[cold]
fn too_many(iterable: &PyObject, expected: usize) -> PyErr {
    let exact_size = iterable.is_exact::<PyTuple>()
        || iterable.is_exact::<PyList>()
        || iterable.is_exact::<krait_runtime::PyDict>();
    if exact_size
        && let Ok(length) = iterable.length()
        && length > expected
    {
        return value_error!("too many values to unpack (expected {expected}, got {length})");
    }
    value_error!("too many values to unpack (expected {expected})")
}

#[cold]
fn not_unpackable(iterable: &PyObject, error: PyErr) -> PyErr {
    if error.matches(&exc::TypeError)
        && iterable.type_().raw().tp_iter.get().is_none()
        && !iterable.is_sequence()
    {
        error.clear();
        return type_error!(
            "cannot unpack non-iterable {} object",
            iterable.type_().tp_name()
        );
    }
    error
}
