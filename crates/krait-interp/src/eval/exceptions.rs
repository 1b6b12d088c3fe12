//! Raising, handling and `with`.

use krait_runtime::attr::Method;
use krait_runtime::exceptions::{
    PyBaseException, PyBaseExceptionGroup, given_exception_matches, is_exception_class,
};
use krait_runtime::frame::StackRef;
use krait_runtime::interned::StaticName;
use krait_runtime::{
    Obj, PyClass, PyErr, PyObject, PyResult, PyStr, PyTuple, PyType, exc, runtime_error, type_error,
};

use super::attrs::replace_by_method;
use super::machine::*;

#[inline(always)]
pub(super) fn push_exc_info(m: &mut Machine) -> Flow {
    let raised = m.pop();
    // SAFETY: the thread's stack of handled exceptions is alive.
    let item = unsafe { &*m.ts.exc_info.get() };
    let handled = item.exc_value.replace(Some(borrow(raised).to_obj()));
    m.push(handled.map_or_else(none, StackRef::from_obj));
    m.push(raised);
    m.next(0)
}

#[inline(always)]
pub(super) fn pop_except(m: &mut Machine) -> Flow {
    let previous = m.pop();
    m.save();
    // SAFETY: as above.
    let item = unsafe { &*m.ts.exc_info.get() };
    let previous = own(previous);
    item.exc_value
        .set((!previous.is(krait_runtime::none())).then_some(previous));
    m.next(0)
}

#[inline(always)]
pub(super) fn check_exc_match(m: &mut Machine) -> Flow {
    m.save();
    let matches = attempt!(exception_matches(m.object(2), m.object(1)));
    m.replace_top(truth(matches));
    m.next(0)
}

const CANNOT_CATCH: &str = "catching classes that do not inherit from BaseException is not allowed";

/// The classes of an `except` clause: one, or the items of a tuple.
fn each_class(
    classes: &PyObject,
    mut check: impl FnMut(&PyObject) -> PyResult<()>,
) -> PyResult<()> {
    match classes.downcast::<PyTuple>() {
        Some(classes) => classes.as_slice().iter().try_for_each(|class| check(class)),
        None => check(classes),
    }
}

#[inline(never)]
fn exception_matches(raised: &PyObject, classes: &PyObject) -> PyResult<bool> {
    each_class(classes, |class| {
        if is_exception_class(class) {
            Ok(())
        } else {
            Err(type_error!("{CANNOT_CATCH}"))
        }
    })?;
    Ok(given_exception_matches(raised, classes))
}

#[inline(always)]
pub(super) fn check_eg_match(m: &mut Machine) -> Flow {
    m.save();
    let (rest, matched) = attempt!(group_match(m.frame(), m.object(2), m.object(1)));
    m.drop_many(2);
    if !matched.is(krait_runtime::none()) {
        // SAFETY: the thread's stack of handled exceptions is alive.
        unsafe { &*m.ts.exc_info.get() }
            .exc_value
            .set(Some(matched.clone()));
    }
    m.push_obj(rest);
    m.push_obj(matched);
    m.next(0)
}

/// Splits an exception for `except*`: what is left, and what matches.
#[inline(never)]
fn group_match(
    frame: &krait_runtime::frame::Frame,
    raised: &PyObject,
    classes: &PyObject,
) -> PyResult<(Obj, Obj)> {
    each_class(classes, |class| {
        if !is_exception_class(class) {
            return Err(type_error!("{CANNOT_CATCH}"));
        }
        let is_group = class
            .downcast::<PyType>()
            .is_some_and(|class| class.is_subtype(PyBaseExceptionGroup::type_object()));
        if is_group {
            return Err(type_error!(
                "catching ExceptionGroup with except* is not allowed. Use except instead."
            ));
        }
        Ok(())
    })?;
    let none = || krait_runtime::none().to_obj();
    if raised.is(krait_runtime::none()) {
        return Ok((none(), none()));
    }
    if given_exception_matches(raised, classes) {
        if raised.is_instance_of::<PyBaseExceptionGroup>() {
            return Ok((none(), raised.to_obj()));
        }
        // A bare exception is wrapped, so that the handler always gets a group.
        let members = PyTuple::from_vec(vec![raised.to_obj()])?;
        let empty = PyStr::new("")?;
        let class = PyBaseExceptionGroup::type_object();
        let group = class.as_object().call(&[&empty, &members])?;
        krait_runtime::traceback::add_here(&group, frame)?;
        return Ok((none(), group));
    }
    if !raised.is_instance_of::<PyBaseExceptionGroup>() {
        return Ok((raised.to_obj(), none()));
    }
    let pair = raised.call_method(krait_runtime::intern!("split"), &[classes])?;
    let Some(pair) = pair.downcast::<PyTuple>() else {
        return Err(type_error!(
            "{}.split must return a tuple, not {}",
            raised.type_().tp_name(),
            pair.type_().tp_name()
        ));
    };
    if pair.len() < 2 {
        return Err(type_error!(
            "{}.split must return a 2-tuple, got tuple of size {}",
            raised.type_().tp_name(),
            pair.len()
        ));
    }
    Ok((pair.as_slice()[1].to_obj(), pair.as_slice()[0].to_obj()))
}

#[inline(always)]
pub(super) fn raise_varargs(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let cause = if oparg == 2 { Some(m.pop_obj()) } else { None };
    let raised = if oparg >= 1 { Some(m.pop_obj()) } else { None };
    m.save_sp();
    match raised {
        None => {
            if reraise_handled(m.ts) {
                Flow::Unwind
            } else {
                Flow::Error
            }
        }
        Some(raised) => {
            drop(raise(raised, cause));
            Flow::Error
        }
    }
}

/// `raise`: the exception being handled again; false if there is none, which is an error itself.
#[inline(never)]
fn reraise_handled(ts: &krait_runtime::state::ThreadState) -> bool {
    match ts.handled_exception() {
        Some(handled) => {
            let _set = PyErr::restore(handled);
            true
        }
        None => {
            drop(runtime_error!("No active exception to reraise"));
            false
        }
    }
}

/// An exception made of what `raise` was given: a class is called.
fn instance_of(value: Obj) -> PyResult<Option<Obj>> {
    if is_exception_class(&value) {
        let made = value.call0()?;
        if made.downcast::<PyBaseException>().is_none() {
            return Err(type_error!(
                "calling {} should have returned an instance of BaseException, not {}",
                value.repr()?.to_string_lossy(),
                made.type_().repr()?.to_string_lossy()
            ));
        }
        return Ok(Some(made));
    }
    Ok(value.is_instance_of::<PyBaseException>().then_some(value))
}

#[inline(never)]
fn raise(raised: Obj, cause: Option<Obj>) -> PyErr {
    let make = || -> PyResult<Obj> {
        let Some(exception) = instance_of(raised)? else {
            return Err(type_error!("exceptions must derive from BaseException"));
        };
        if let Some(cause) = cause {
            let cause = if cause.is(krait_runtime::none()) {
                None
            } else {
                match instance_of(cause)? {
                    Some(cause) => Some(cause),
                    None => {
                        return Err(type_error!(
                            "exception causes must derive from BaseException"
                        ));
                    }
                }
            };
            if let Some(exception) = exception.downcast::<PyBaseException>() {
                exception.cause.set(cause);
                exception.suppress_context.set(1);
            }
        }
        Ok(exception)
    };
    match make() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

#[inline(always)]
pub(super) fn reraise(m: &mut Machine, oparg: u32) -> Flow {
    let exception = m.pop_obj();
    m.save();
    if oparg != 0
        && let Some(unit) = m.peek(oparg as usize).as_int()
    {
        // Where the exception first came from: the frame shows that instruction, but the handler is
        // the one for this.
        // SAFETY: rule 2: the handler's entry pushed the index of an instruction.
        m.frame()
            .instr_ptr
            .set(unsafe { m.code().first_unit().offset(unit) });
    }
    let _set = PyErr::restore(exception);
    Flow::Unwind
}

#[inline(always)]
pub(super) fn cleanup_throw(m: &mut Machine) -> Flow {
    m.save();
    let exception = m.object(1);
    if exception.type_().is_subtype(&exc::StopIteration) {
        let value = attempt!(exception.getattr(krait_runtime::intern!("value")));
        m.drop_many(3);
        m.push(none());
        m.push_obj(value);
        return m.next(0);
    }
    let exception = m.pop_obj();
    m.save_sp();
    let _set = PyErr::restore(exception);
    Flow::Unwind
}

#[inline(always)]
pub(super) fn end_async_for(m: &mut Machine) -> Flow {
    m.save();
    let exception = m.pop_obj();
    m.save_sp();
    if exception.type_().is_subtype(&exc::StopAsyncIteration) {
        drop(exception);
        m.drop_top();
        return m.next(0);
    }
    let _set = PyErr::restore(exception);
    Flow::Unwind
}

#[inline(always)]
pub(super) fn with_except_start(m: &mut Machine) -> Flow {
    m.save();
    let result = attempt!(call_exit(m.object(5), borrow_opt(m.peek(4)), m.object(1)));
    m.push_obj(result);
    m.next(0)
}

#[inline(never)]
fn call_exit(exit: &PyObject, owner: Option<&PyObject>, exception: &PyObject) -> PyResult<Obj> {
    let traceback = exception
        .downcast::<PyBaseException>()
        .and_then(|exception| exception.traceback.get())
        .unwrap_or_else(|| krait_runtime::none().to_obj());
    let class: &PyObject = exception.type_();
    match owner {
        Some(owner) => exit.call(&[owner, class, exception, &traceback]),
        None => exit.call(&[class, exception, &traceback]),
    }
}

/// The methods that `with` needs: name, the other kind's name, and what to say without one.
static SPECIAL: [(StaticName, StaticName, &str); 4] = [
    (
        StaticName::new("__enter__"),
        StaticName::new("__aenter__"),
        "the context manager protocol",
    ),
    (
        StaticName::new("__exit__"),
        StaticName::new("__aexit__"),
        "the context manager protocol",
    ),
    (
        StaticName::new("__aenter__"),
        StaticName::new("__enter__"),
        "the asynchronous context manager protocol",
    ),
    (
        StaticName::new("__aexit__"),
        StaticName::new("__exit__"),
        "the asynchronous context manager protocol",
    ),
];

#[inline(always)]
pub(super) fn load_special(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let method = attempt!(special_method(m.object(1), oparg as usize));
    replace_by_method(m, method);
    m.next(0)
}

#[inline(never)]
fn special_method(owner: &PyObject, which: usize) -> PyResult<Method> {
    let (name, other, protocol) = &SPECIAL[which];
    if let Some(method) = owner.lookup_special_method(name.get())? {
        return Ok(method);
    }
    let class = owner.type_().qualified_name()?;
    let name = name.get().to_string_lossy();
    let mut message =
        format!("'{class}' object does not support {protocol} (missed {name} method)");
    if owner.type_().lookup(other.get()).is_some() {
        let hint = if which < 2 {
            " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
        } else {
            " but it supports the context manager protocol. Did you mean to use 'with'?"
        };
        message.push_str(hint);
    }
    Err(type_error!("{message}"))
}

#[inline(always)]
pub(super) fn exit_init_check(m: &mut Machine) -> Flow {
    if !m.peek(1).is(krait_runtime::none()) {
        m.save();
        drop(type_error!(
            "__init__() should return None, not '{}'",
            m.object(1).type_().tp_name()
        ));
        return Flow::Error;
    }
    m.pop();
    m.next(0)
}
