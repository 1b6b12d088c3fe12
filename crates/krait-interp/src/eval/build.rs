//! Building tuples, lists, sets, dictionaries, slices.

use krait_runtime::frame::StackRef;
use krait_runtime::set::PySet;
use krait_runtime::{
    Obj, PyClass, PyDict, PyErr, PyList, PyObject, PyResult, PySlice, PyTuple, exc, type_error,
};

use super::machine::*;
use crate::errors;
use crate::slots::Slots;

/// Takes `count` values off the stack, in order.
#[inline(always)]
fn take(m: &mut Machine, count: u32) -> Slots {
    m.sp = m.slot_at(count as usize);
    m.save();
    // SAFETY: rules 2 and 3: the values lie on the stack and are moved; nothing is pushed meanwhile.
    unsafe { Slots::new(m.sp, count as usize) }
}

#[inline(always)]
pub(super) fn build_tuple(m: &mut Machine, oparg: u32) -> Flow {
    let tuple = attempt!(tuple_of(take(m, oparg)));
    m.push_obj(tuple);
    m.next(0)
}

#[inline(never)]
fn tuple_of(items: Slots) -> PyResult<Obj> {
    Ok(PyTuple::from_exact(items)?.into_object())
}

#[inline(always)]
pub(super) fn build_list(m: &mut Machine, oparg: u32) -> Flow {
    let list = attempt!(list_of(take(m, oparg)));
    m.push_obj(list);
    m.next(0)
}

#[inline(never)]
fn list_of(items: Slots) -> PyResult<Obj> {
    Ok(PyList::from_exact(items)?.into_object())
}

#[inline(always)]
pub(super) fn build_set(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let set = attempt!(set_of(m.slot_at(oparg as usize), oparg as usize));
    m.replace_many(oparg as usize, StackRef::from_obj(set));
    m.next(0)
}

/// A set of items that stay on the stack.
#[inline(never)]
fn set_of(items: *const StackRef, count: usize) -> PyResult<Obj> {
    let set = PySet::new()?;
    for index in 0..count {
        // SAFETY: the items lie on the stack, which keeps them.
        set.table().add(borrow(unsafe { *items.add(index) }))?;
    }
    Ok(set.into_object())
}

#[inline(always)]
pub(super) fn build_map(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let count = oparg as usize;
    let dict = attempt!(dict_of(m.slot_at(2 * count), count));
    m.replace_many(2 * count, StackRef::from_obj(dict));
    m.next(0)
}

/// A dictionary of `count` pairs of key and value that stay on the stack.
#[inline(never)]
fn dict_of(items: *const StackRef, count: usize) -> PyResult<Obj> {
    if count == 0 {
        return Ok(PyDict::new()?.into_object());
    }
    // SAFETY: the pairs lie on the stack, which keeps them.
    let dict = PyDict::for_items(count, borrow(unsafe { *items }))?;
    for index in 0..count {
        // SAFETY: the pairs lie on the stack, which keeps them.
        let (key, value) = unsafe { (*items.add(2 * index), *items.add(2 * index + 1)) };
        dict.set_item(borrow(key), borrow(value))?;
    }
    Ok(dict.into_object())
}

#[inline(always)]
pub(super) fn build_slice(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let depth = oparg as usize;
    let step = if oparg == 3 {
        m.object(1)
    } else {
        krait_runtime::none()
    };
    let slice = attempt!(PySlice::new(m.object(depth), m.object(depth - 1), step));
    m.replace_many(depth, StackRef::from_obj(slice.into_object()));
    m.next(0)
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
    let target = m.object(oparg as usize + 1);
    // A program may rebind the set that the annotations of conditional code are noted in.
    let Some(set) = target.downcast_exact::<PySet>() else {
        drop(not_a_set(target));
        return Flow::Error;
    };
    attempt!(set.table().add(m.object(1)));
    m.drop_top();
    m.next(0)
}

#[cold]
#[inline(never)]
fn not_a_set(object: &PyObject) -> krait_runtime::PyErr {
    krait_runtime::type_error!("'{}' object is not a set", object.type_().tp_name())
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
