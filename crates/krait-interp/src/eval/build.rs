//! Building tuples, lists, sets, dictionaries, slices.

use krait_runtime::frame::StackRef;
use krait_runtime::set::PySet;
use krait_runtime::{
    Obj, PyClass, PyDict, PyErr, PyList, PyObject, PyResult, PySlice, PyTuple, exc, type_error,
};

use super::machine::*;
use crate::errors;

/// Takes `count` values off the stack, in order.
#[inline(always)]
fn take(m: &mut Machine, count: u32) -> Vec<Obj> {
    let first = m.slot_at(count as usize);
    let items = move_out(first, count as usize);
    m.sp = first;
    m.save_sp();
    items
}

/// The values of slots, which are given up.
#[inline(never)]
fn move_out(first: *const StackRef, count: usize) -> Vec<Obj> {
    // SAFETY: rules 2 and 3: the values lie on the stack, and are moved.
    (0..count)
        .map(|index| own(unsafe { *first.add(index) }))
        .collect()
}

#[inline(always)]
pub(super) fn build_tuple(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let items = take(m, oparg);
    let tuple = attempt!(PyTuple::from_vec(items));
    m.push_obj(tuple.into_object());
    m.next(0)
}

#[inline(always)]
pub(super) fn build_list(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let items = take(m, oparg);
    let list = attempt!(PyList::from_vec(items));
    m.push_obj(list.into_object());
    m.next(0)
}

#[inline(always)]
pub(super) fn build_set(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let items = take(m, oparg);
    let set = attempt!(set_of(items));
    m.push_obj(set);
    m.next(0)
}

#[inline(never)]
fn set_of(items: Vec<Obj>) -> PyResult<Obj> {
    let set = PySet::new()?;
    for item in &items {
        set.table().add(item)?;
    }
    Ok(set.into_object())
}

#[inline(always)]
pub(super) fn build_map(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let items = take(m, oparg * 2);
    let dict = attempt!(dict_of(items));
    m.push_obj(dict);
    m.next(0)
}

#[inline(never)]
fn dict_of(items: Vec<Obj>) -> PyResult<Obj> {
    let dict = if items.is_empty() {
        PyDict::new()?
    } else {
        PyDict::with_capacity(items.len() / 2)?
    };
    for pair in items.chunks_exact(2) {
        dict.set_item(&pair[0], &pair[1])?;
    }
    Ok(dict.into_object())
}

#[inline(always)]
pub(super) fn build_slice(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let items = take(m, oparg);
    let slice = attempt!(slice_of(&items));
    m.push_obj(slice);
    m.next(0)
}

#[inline(never)]
fn slice_of(items: &[Obj]) -> PyResult<Obj> {
    let none = krait_runtime::none();
    let step: &PyObject = items.get(2).map_or(none, |step| step);
    Ok(PySlice::new(&items[0], &items[1], step)?.into_object())
}

/// The container `depth` below the top, of exactly the class that the compiler made it of.
#[inline(always)]
fn container<'a, T: PyClass>(m: &Machine, depth: u32) -> &'a T {
    // SAFETY: rule 2: the compiler emits the instruction only over a container it has built.
    unsafe { m.object(depth as usize).downcast_unchecked::<T>() }
}

#[inline(always)]
pub(super) fn list_append(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let list = container::<PyList>(m, oparg + 1);
    let item = m.pop_obj();
    attempt!(list.push(item));
    m.next(0)
}

#[inline(always)]
pub(super) fn list_extend(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(extend_list(container::<PyList>(m, oparg + 1), m.object(1)));
    m.drop_top();
    m.next(0)
}

#[inline(never)]
fn extend_list(list: &PyList, iterable: &PyObject) -> PyResult<()> {
    match list.extend(iterable) {
        Err(error)
            if error.matches(&exc::TypeError)
                && iterable.type_().raw().tp_iter.get().is_none()
                && !iterable.is_sequence() =>
        {
            error.clear();
            Err(type_error!(
                "Value after * must be an iterable, not {}",
                iterable.type_().tp_name()
            ))
        }
        result => result,
    }
}

#[inline(always)]
pub(super) fn set_add(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(container::<PySet>(m, oparg + 1).table().add(m.object(1)));
    m.drop_top();
    m.next(0)
}

#[inline(always)]
pub(super) fn set_update(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(container::<PySet>(m, oparg + 1).table().update(m.object(1)));
    m.drop_top();
    m.next(0)
}

#[inline(always)]
pub(super) fn map_add(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(container::<PyDict>(m, oparg + 2).set_item(m.object(2), m.object(1)));
    m.drop_many(2);
    m.next(0)
}

#[inline(always)]
pub(super) fn dict_update(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(update_dict(container::<PyDict>(m, oparg + 1), m.object(1)));
    m.drop_top();
    m.next(0)
}

#[inline(never)]
fn update_dict(dict: &PyDict, update: &PyObject) -> PyResult<()> {
    match crate::builtins::merge_mapping(dict, update, crate::builtins::Duplicates::Replace) {
        Err(error) if error.matches(&exc::AttributeError) => {
            error.clear();
            Err(type_error!(
                "'{}' object is not a mapping",
                update.type_().tp_name()
            ))
        }
        result => result,
    }
}

#[inline(always)]
pub(super) fn dict_merge(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let function = m.object(oparg as usize + 4);
    attempt!(merge_kwargs(
        container::<PyDict>(m, oparg + 1),
        m.object(1),
        function
    ));
    m.drop_top();
    m.next(0)
}

#[inline(never)]
fn merge_kwargs(dict: &PyDict, update: &PyObject, function: &PyObject) -> PyResult<()> {
    crate::builtins::merge_mapping(dict, update, crate::builtins::Duplicates::KeyError)
        .map_err(|error: PyErr| errors::star_kwargs_error(function, update, error))
}

#[inline(always)]
pub(super) fn get_len(m: &mut Machine) -> Flow {
    m.save();
    let length = attempt!(m.object(1).length());
    let length = attempt!(krait_runtime::PyLong::from_usize(length));
    m.push(StackRef::from_obj(length.into_object()));
    m.next(0)
}
