//! `await`, `async for` and `yield from`.

use krait_abi as abi;
use krait_runtime::frame::StackRef;
use krait_runtime::{Obj, PyObject, PyResult, runtime_error, type_error};

use super::machine::*;
use crate::genobject::{self, PyCoroutine, PyGenerator};

#[inline(always)]
pub(super) fn get_awaitable(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let iterator = attempt!(awaitable(m.object(1), oparg));
    m.replace_top(StackRef::from_obj(iterator));
    m.next(0)
}

#[inline(never)]
fn awaitable(value: &PyObject, oparg: u32) -> PyResult<Obj> {
    match genobject::await_iter(value) {
        Ok(iterator) => {
            if let Some(coroutine) = iterator.downcast_exact::<PyCoroutine>()
                && coroutine.body().awaits_something()
            {
                return Err(runtime_error!("coroutine is being awaited already"));
            }
            Ok(iterator)
        }
        Err(error) => {
            let method = match oparg {
                1 => "__aenter__",
                2 => "__aexit__",
                _ => return Err(error),
            };
            let no_await = value.type_().raw().tp_as_async.get();
            // SAFETY: a class's suite lives as long as the class.
            let has_await =
                unsafe { no_await.as_ref() }.is_some_and(|suite| suite.am_await.get().is_some());
            if has_await {
                return Err(error);
            }
            error.clear();
            Err(type_error!(
                "'async with' received an object from {method} that does not implement __await__: {}",
                value.type_().tp_name()
            ))
        }
    }
}

/// A slot of the async suite.
fn async_slot(
    object: &PyObject,
    slot: impl Fn(&abi::PyAsyncMethods) -> Option<abi::unaryfunc>,
) -> Option<abi::unaryfunc> {
    // SAFETY: a class's suite lives as long as the class.
    unsafe { object.type_().raw().tp_as_async.get().as_ref() }.and_then(slot)
}

#[inline(always)]
pub(super) fn get_aiter(m: &mut Machine) -> Flow {
    m.save();
    let iterator = attempt!(async_iter(m.object(1)));
    m.replace_top(StackRef::from_obj(iterator));
    m.next(0)
}

#[inline(never)]
fn async_iter(object: &PyObject) -> PyResult<Obj> {
    let Some(slot) = async_slot(object, |suite| suite.am_aiter.get()) else {
        return Err(type_error!(
            "'async for' requires an object with __aiter__ method, got {}",
            object.type_().tp_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    let iterator = unsafe { krait_runtime::call::result_from_ptr(slot(object.as_ptr())) }?;
    if async_slot(&iterator, |suite| suite.am_anext.get()).is_none() {
        return Err(type_error!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            iterator.type_().tp_name()
        ));
    }
    Ok(iterator)
}

#[inline(always)]
pub(super) fn get_anext(m: &mut Machine) -> Flow {
    m.save();
    let awaitable = attempt!(async_next(m.object(1)));
    m.push_obj(awaitable);
    m.next(0)
}

#[inline(never)]
fn async_next(iterator: &PyObject) -> PyResult<Obj> {
    let Some(slot) = async_slot(iterator, |suite| suite.am_anext.get()) else {
        return Err(type_error!(
            "'async for' requires an iterator with __anext__ method, got {}",
            iterator.type_().tp_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    let next = unsafe { krait_runtime::call::result_from_ptr(slot(iterator.as_ptr())) }?;
    if iterator.is_exact::<crate::asyncgen::PyAsyncGen>() {
        return Ok(next);
    }
    genobject::await_iter(&next).map_err(|error| {
        let cause = error.take();
        type_error!(
            "'async for' received an invalid object from __anext__: {}",
            next.type_().tp_name()
        )
        .with_cause(cause)
    })
}

#[inline(always)]
pub(super) fn get_yield_from_iter(m: &mut Machine) -> Flow {
    m.save();
    let flags = m.code().co_flags.get();
    if let Some(iterator) = attempt!(yield_from_iter(m.object(1), flags)) {
        m.replace_top(StackRef::from_obj(iterator));
    }
    m.next(0)
}

/// What `yield from` delegates to; `None` for the object itself.
#[inline(never)]
fn yield_from_iter(object: &PyObject, flags: i32) -> PyResult<Option<Obj>> {
    if object.is_exact::<PyCoroutine>() {
        if flags & (abi::CO_COROUTINE | abi::CO_ITERABLE_COROUTINE) == 0 {
            return Err(type_error!(
                "cannot 'yield from' a coroutine object in a non-coroutine generator"
            ));
        }
        return Ok(None);
    }
    if object.is_exact::<PyGenerator>() {
        return Ok(None);
    }
    object.iter().map(Some)
}
