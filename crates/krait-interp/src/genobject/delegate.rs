//! What generators and coroutines delegate to: `yield from`, `await` and `SEND`.

use krait_abi as abi;
use krait_runtime::{Obj, Py, PyClass, PyErr, PyObject, PyResult, SendResult, exc, type_error};

use super::{PyCoroutine, PyGenerator, as_generator_or_coroutine};
use crate::asyncgen::PyAsyncGenASend;

/// Sends a value to anything that can be delegated to.
#[inline(never)]
pub(crate) fn send_any(receiver: &PyObject, value: &PyObject) -> PyResult<SendResult> {
    if let Some(generator) = as_generator_or_coroutine(receiver) {
        return generator.send_raw(value);
    }
    if let Some(awaitable) = receiver.downcast_exact::<PyAsyncGenASend>() {
        let result = awaitable.send_raw(value)?;
        if let SendResult::Return(value) = &result {
            crate::monitor::iterator_returned(value)?;
        }
        return Ok(result);
    }
    // SAFETY: a class's suite lives as long as the class.
    let suite = unsafe { receiver.type_().raw().tp_as_async.get().as_ref() };
    if let Some(am_send) = suite.and_then(|suite| suite.am_send.get()) {
        let mut result = std::ptr::null_mut();
        // SAFETY: the slot takes an instance of its class, a value, and where the result goes.
        unsafe {
            let status = am_send(receiver.as_ptr(), value.as_ptr(), &raw mut result);
            return match status {
                abi::PYGEN_NEXT => Ok(SendResult::Next(Py::from_owned_ptr(result))),
                abi::PYGEN_RETURN => {
                    let value = Py::from_owned_ptr(result);
                    crate::monitor::iterator_returned(&value)?;
                    Ok(SendResult::Return(value))
                }
                _ => Err(PyErr::fetch()),
            };
        }
    }
    let result = if value.is(krait_runtime::none()) && receiver.is_iterator() {
        next_with_value(receiver)
    } else {
        receiver.call_method(krait_runtime::intern!("send"), &[value])
    };
    match result {
        Ok(value) => Ok(SendResult::Next(value)),
        Err(error) if error.matches(&exc::StopIteration) => {
            crate::monitor::iterator_stopped();
            // A callback may have raised something else, which this passes on.
            krait_runtime::err::fetch_stop_iteration_value(error).map(SendResult::Return)
        }
        Err(error) => Err(error),
    }
}

/// `next(iterator)`, where the end is `StopIteration` with its value.
pub(crate) fn next_with_value(iterator: &PyObject) -> PyResult<Obj> {
    let Some(slot) = iterator.type_().raw().tp_iternext.get() else {
        return Err(type_error!(
            "'{}' object is not an iterator",
            iterator.type_().tp_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    match unsafe { Py::from_owned_ptr_opt(slot(iterator.as_ptr())) } {
        Some(item) => Ok(item),
        None => Err(PyErr::occurred()
            .unwrap_or_else(|| krait_runtime::err::stop_iteration(krait_runtime::none().to_obj()))),
    }
}

/// The iterator that `await` drives: `_PyCoro_GetAwaitableIter`.
pub(crate) fn await_iter(value: &PyObject) -> PyResult<Obj> {
    if value.is_exact::<PyCoroutine>() {
        return Ok(value.to_obj());
    }
    if let Some(generator) = value.downcast_exact::<PyGenerator>()
        && generator.body.code().has_flag(abi::CO_ITERABLE_COROUTINE)
    {
        return Ok(value.to_obj());
    }
    // SAFETY: a class's suite lives as long as the class.
    let suite = unsafe { value.type_().raw().tp_as_async.get().as_ref() };
    let Some(slot) = suite.and_then(|suite| suite.am_await.get()) else {
        return Err(type_error!(
            "'{}' object can't be awaited",
            value.type_().tp_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    let iterator = unsafe { krait_runtime::call::result_from_ptr(slot(value.as_ptr())) }?;
    let is_coroutine = iterator.is_exact::<PyCoroutine>()
        || iterator
            .downcast_exact::<PyGenerator>()
            .is_some_and(|generator| generator.body.code().has_flag(abi::CO_ITERABLE_COROUTINE));
    if is_coroutine {
        return Err(type_error!("__await__() returned a coroutine"));
    }
    if !iterator.is_iterator() {
        return Err(type_error!(
            "__await__() returned non-iterator of type '{}'",
            iterator.type_().tp_name()
        ));
    }
    Ok(iterator)
}
