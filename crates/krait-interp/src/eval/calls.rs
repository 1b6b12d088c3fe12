//! Calls: `CALL`, `CALL_KW`, `CALL_FUNCTION_EX`, and the specialised forms that call Python code.
//!
//! The stack has the callable, its `self` (or an empty slot), and the arguments.

use krait_abi as abi;
use krait_runtime::call::ARGUMENTS_OFFSET;
use krait_runtime::frame::StackRef;
use krait_runtime::method::PyMethod;
use krait_runtime::{Obj, PyClass, PyCode, PyDict, PyFunction, PyObject, PyResult, PyStr, PyTuple};

use super::check_breaker;
use super::machine::*;
use crate::{call, errors, specialize};

const CACHES: usize = 3;
/// Where a call's frame returns to: after the instruction and its caches.
const AFTER: u16 = 1 + CACHES as u16;

/// A function that is called by pushing a frame.
#[inline(always)]
pub(crate) fn python_function<'a>(slot: StackRef) -> Option<&'a PyFunction> {
    let function = exact::<PyFunction>(slot)?;
    let own = function.vectorcall.get()?;
    std::ptr::fn_addr_eq(own, call::function_vectorcall as abi::vectorcallfunc).then_some(function)
}

/// Splits a bound method on the stack into function and instance.
#[inline(always)]
pub(crate) fn expand_method(m: &mut Machine, oparg: u32) {
    let depth = oparg as usize + 2;
    let slot = m.peek(depth);
    if !m.peek(depth - 1).is_null() {
        return;
    }
    if let Some(method) = exact::<PyMethod>(slot) {
        let (function, instance) = (method.function(), method.instance());
        m.poke(depth, StackRef::from_obj(function));
        m.poke(depth - 1, StackRef::from_obj(instance));
        close(slot);
    }
}

/// Splits an object with a `__call__` written in Python into that function and itself.
#[inline(always)]
fn expand_object(m: &mut Machine, oparg: u32) {
    let depth = oparg as usize + 2;
    let slot = m.peek(depth);
    let class = borrow(slot).type_();
    if !class.calls_python_method() || !m.peek(depth - 1).is_null() {
        return;
    }
    if let Some(method) = class.lookup(krait_runtime::intern!("__call__"))
        && method.is_exact::<PyFunction>()
    {
        m.poke(depth, StackRef::from_obj(method));
        m.poke(depth - 1, slot);
    }
}

/// The first argument (`self` if there is one) and how many there are.
#[inline(always)]
pub(crate) fn arguments(m: &Machine, oparg: u32) -> (*const StackRef, usize) {
    let depth = oparg as usize;
    if m.peek(depth + 1).is_null() {
        (m.slot_at(depth), depth)
    } else {
        (m.slot_at(depth + 1), depth + 1)
    }
}

#[inline(always)]
pub(super) fn call(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::call(
            m.ip,
            m.object(oparg as usize + 2),
            m.peek(oparg as usize + 1),
            oparg,
        );
        return Flow::Again;
    }
    m.save();
    expand_method(m, oparg);
    call_expanded(m, oparg)
}

/// `CALL` of anything but a bound method.
#[inline(always)]
fn call_expanded(m: &mut Machine, oparg: u32) -> Flow {
    expand_object(m, oparg);
    if python_function(m.peek(oparg as usize + 2)).is_some() {
        return enter_function(m, oparg);
    }
    call_native_op(m, oparg)
}

/// Pushes a frame for the function on the stack, whose arguments are bound in general.
#[inline(always)]
fn enter_function(m: &mut Machine, oparg: u32) -> Flow {
    let (args, count) = arguments(m, oparg);
    let function = m.peek(oparg as usize + 2);
    // SAFETY: rule 3: function and arguments move into the frame.
    m.sp = unsafe { m.sp.sub(oparg as usize + 2) };
    m.save_sp();
    m.frame().return_offset.set(AFTER);
    let frame = attempt!(push(m, function, args, count, None));
    m.enter(frame, 0);
    Flow::Next
}

#[inline(always)]
fn push(
    m: &Machine,
    function: StackRef,
    args: *const StackRef,
    count: usize,
    kwnames: Option<&PyTuple>,
) -> PyResult<*mut krait_runtime::frame::Frame> {
    // SAFETY: rule 2: the slot is a function's; the arguments are on the stack or in a buffer.
    unsafe {
        let func = borrow(function).downcast_unchecked::<PyFunction>();
        let code = call::code_of(func);
        let locals = if code.has_flag(abi::CO_OPTIMIZED) {
            None
        } else {
            func.func_globals.get().map(krait_runtime::Py::into_object)
        };
        call::push_frame(m.ts, function, locals, args, count, kwnames, m.frame)
    }
}

/// Calls something that is no Python function, with the arguments on the stack.
#[inline(never)]
pub(crate) fn vectorcall(
    callable: &PyObject,
    args: *const StackRef,
    count: usize,
    kwnames: Option<&PyTuple>,
) -> PyResult<Obj> {
    const SMALL: usize = 8;
    let total = count + kwnames.map_or(0, PyTuple::len);
    let mut small = [std::ptr::null_mut(); SMALL + 1];
    let mut large = Vec::new();
    let buffer = if total <= SMALL {
        &mut small[..=total]
    } else {
        large.resize(total + 1, std::ptr::null_mut());
        &mut large[..]
    };
    for (index, pointer) in buffer[1..].iter_mut().enumerate() {
        // SAFETY: the arguments are on the stack, which keeps them for the call.
        *pointer = unsafe { (*args.add(index)).as_ptr() };
    }
    // SAFETY: the first word of the buffer is the callee's to overwrite.
    unsafe { callable.vectorcall_raw(buffer.as_ptr().add(1), count | ARGUMENTS_OFFSET, kwnames) }
}

#[inline(always)]
fn call_native_op(m: &mut Machine, oparg: u32) -> Flow {
    let (args, count) = arguments(m, oparg);
    let result = attempt!(vectorcall(m.object(oparg as usize + 2), args, count, None));
    finish_call(m, oparg, StackRef::from_obj(result))
}

/// Puts the result in place of callable and arguments.
#[inline(always)]
pub(super) fn finish_call(m: &mut Machine, oparg: u32, result: StackRef) -> Flow {
    m.replace_many(oparg as usize + 2, result);
    attempt!(check_breaker(m));
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn call_non_py_general(m: &mut Machine, oparg: u32) -> Flow {
    let callable = m.peek(oparg as usize + 2);
    if python_function(callable).is_some() || exact::<PyMethod>(callable).is_some() {
        return Flow::Base;
    }
    m.save();
    call_expanded(m, oparg)
}

/// The function on the stack, if its version is the cached one.
#[inline(always)]
fn cached_function<'a>(m: &Machine, slot: StackRef) -> Option<&'a PyFunction> {
    let function = exact::<PyFunction>(slot)?;
    (function.func_version.get() == m.cache32(1)).then_some(function)
}

/// Whether a frame of this code can be pushed without allocation or recursion error.
#[inline(always)]
fn has_room(m: &Machine, code: &PyCode) -> bool {
    m.ts.datastack.has_room(code.co_framesize.get() as usize) && m.ts.recursion_remaining.get() > 1
}

#[inline(always)]
pub(super) fn call_py_exact_args(m: &mut Machine, oparg: u32) -> Flow {
    let slot = m.peek(oparg as usize + 2);
    let Some(function) = cached_function(m, slot) else {
        return Flow::Base;
    };
    let (args, count) = arguments(m, oparg);
    // SAFETY: the function keeps its code; nothing runs before the frame has its own reference.
    let code = unsafe { call::code_of(function) };
    if code.co_argcount.get() as usize != count || !has_room(m, code) {
        return Flow::Base;
    }
    // SAFETY: rule 3: function and arguments move into the frame; there is room for it.
    unsafe {
        m.sp = m.sp.sub(oparg as usize + 2);
        m.frame().return_offset.set(AFTER);
        m.save();
        let frame = call::push_exact(m.ts, slot, code, args, count, m.frame);
        m.enter(frame, 0);
    }
    Flow::Next
}

/// Whether a bound method's function has the cached version; splits the method then.
#[inline(always)]
fn expand_cached_method(m: &mut Machine, oparg: u32) -> bool {
    let depth = oparg as usize + 2;
    if !m.peek(depth - 1).is_null() {
        return false;
    }
    let Some(method) = exact::<PyMethod>(m.peek(depth)) else {
        return false;
    };
    // SAFETY: a method keeps its function; nothing runs while it is borrowed.
    let Some(function) = (unsafe { method.im_func.borrow() }) else {
        return false;
    };
    match function.downcast_exact::<PyFunction>() {
        Some(function) if function.func_version.get() == m.cache32(1) => {
            m.save();
            expand_method(m, oparg);
            true
        }
        _ => false,
    }
}

#[inline(always)]
pub(super) fn call_bound_method_exact_args(m: &mut Machine, oparg: u32) -> Flow {
    if expand_cached_method(m, oparg) {
        call_py_exact_args(m, oparg)
    } else {
        Flow::Base
    }
}

#[inline(always)]
pub(super) fn call_py_general(m: &mut Machine, oparg: u32) -> Flow {
    if cached_function(m, m.peek(oparg as usize + 2)).is_none() {
        return Flow::Base;
    }
    m.save();
    enter_function(m, oparg)
}

#[inline(always)]
pub(super) fn call_bound_method_general(m: &mut Machine, oparg: u32) -> Flow {
    if expand_cached_method(m, oparg) {
        enter_function(m, oparg)
    } else {
        Flow::Base
    }
}

#[inline(always)]
pub(super) fn call_kw(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::call_kw(
            m.ip,
            m.object(oparg as usize + 3),
            m.peek(oparg as usize + 2),
        );
        return Flow::Again;
    }
    m.save();
    call_kw_general(m, oparg)
}

/// `CALL_KW` of anything; the names are on top of the stack.
#[inline(always)]
fn call_kw_general(m: &mut Machine, oparg: u32) -> Flow {
    let names = m.pop();
    expand_method(m, oparg);
    if python_function(m.peek(oparg as usize + 2)).is_some() {
        return enter_function_kw(m, oparg, names);
    }
    // SAFETY: rule 2: the compiler loads a tuple of names.
    let kwnames = unsafe { borrow(names).downcast_unchecked::<PyTuple>() };
    let (args, count) = arguments(m, oparg);
    let positional = count - kwnames.len();
    let result = vectorcall(
        m.object(oparg as usize + 2),
        args,
        positional,
        Some(kwnames),
    );
    close(names);
    let result = attempt!(result);
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
fn enter_function_kw(m: &mut Machine, oparg: u32, names: StackRef) -> Flow {
    // SAFETY: rule 2: the compiler loads a tuple of names.
    let kwnames = unsafe { borrow(names).downcast_unchecked::<PyTuple>() };
    let (args, count) = arguments(m, oparg);
    let function = m.peek(oparg as usize + 2);
    // SAFETY: rule 3: function and arguments move into the frame.
    m.sp = unsafe { m.sp.sub(oparg as usize + 2) };
    m.save_sp();
    m.frame().return_offset.set(AFTER);
    let frame = push(m, function, args, count - kwnames.len(), Some(kwnames));
    close(names);
    let frame = attempt!(frame);
    m.enter(frame, 0);
    Flow::Next
}

#[inline(always)]
pub(super) fn call_kw_py(m: &mut Machine, oparg: u32) -> Flow {
    if cached_function(m, m.peek(oparg as usize + 3)).is_none() {
        return Flow::Base;
    }
    m.save();
    let names = m.pop();
    enter_function_kw(m, oparg, names)
}

#[inline(always)]
pub(super) fn call_kw_bound_method(m: &mut Machine, oparg: u32) -> Flow {
    // As if the names were an argument: what is looked at lies one deeper.
    if !expand_cached_method(m, oparg + 1) {
        return Flow::Base;
    }
    let names = m.pop();
    enter_function_kw(m, oparg, names)
}

#[inline(always)]
pub(super) fn call_kw_non_py(m: &mut Machine, oparg: u32) -> Flow {
    let callable = m.peek(oparg as usize + 3);
    if python_function(callable).is_some() || exact::<PyMethod>(callable).is_some() {
        return Flow::Base;
    }
    m.save();
    call_kw_general(m, oparg)
}

#[inline(always)]
pub(super) fn call_function_ex(m: &mut Machine) -> Flow {
    m.save();
    attempt!(spread_args(m));
    if python_function(m.peek(4)).is_some() {
        return enter_function_ex(m);
    }
    let result = attempt!(call_with_tuple(
        m.object(4),
        m.object(2),
        borrow_opt(m.peek(1))
    ));
    m.replace_many(4, StackRef::from_obj(result));
    attempt!(check_breaker(m));
    m.next(0)
}

/// Makes a tuple of the positional arguments on the stack, if they are something else.
#[inline(always)]
pub(crate) fn spread_args(m: &mut Machine) -> PyResult<()> {
    if !m.object(2).is_exact::<PyTuple>() {
        let tuple = args_tuple(m.object(4), m.object(2))?;
        let old = m.peek(2);
        m.poke(2, StackRef::from_obj(tuple));
        close(old);
    }
    Ok(())
}

#[inline(never)]
fn args_tuple(function: &PyObject, args: &PyObject) -> PyResult<Obj> {
    match args.to_vec() {
        Ok(items) => Ok(PyTuple::from_vec(items)?.into_object()),
        Err(error) => Err(errors::star_args_error(function, args).unwrap_or(error)),
    }
}

#[inline(never)]
pub(crate) fn call_with_tuple(
    function: &PyObject,
    args: &PyObject,
    kwargs: Option<&PyObject>,
) -> PyResult<Obj> {
    // SAFETY: rule 2: a tuple, made so just before, and a dictionary that `DICT_MERGE` filled.
    let (args, kwargs) = unsafe {
        (
            args.downcast_unchecked::<PyTuple>(),
            kwargs.map(|kwargs| kwargs.downcast_unchecked::<PyDict>()),
        )
    };
    function.call_tuple(args, kwargs)
}

#[inline(always)]
fn enter_function_ex(m: &mut Machine) -> Flow {
    let (kwargs, args) = (m.pop(), m.pop());
    m.pop();
    let function = m.pop();
    m.save_sp();
    m.frame().return_offset.set(1);
    let frame = attempt!(push_ex(&m.snapshot(), function, args, kwargs));
    m.enter(frame, 0);
    Flow::Next
}

#[inline(never)]
fn push_ex(
    m: &Machine,
    function: StackRef,
    args: StackRef,
    kwargs: StackRef,
) -> PyResult<*mut krait_runtime::frame::Frame> {
    const SMALL: usize = 8;
    let (args, kwargs) = (own(args), own_opt(kwargs));
    let args = args
        .downcast::<PyTuple>()
        .map_or(&[][..], PyTuple::as_slice);
    let count = args.len();
    if kwargs.is_none() && count <= SMALL {
        let mut slots = [StackRef::NULL; SMALL];
        for (slot, arg) in slots.iter_mut().zip(args) {
            *slot = StackRef::new(arg);
        }
        return push(m, function, slots.as_ptr(), count, None);
    }
    let mut slots: Vec<StackRef> = args.iter().map(|arg| StackRef::new(arg)).collect();
    let mut names = Vec::new();
    if let Some(kwargs) = kwargs.as_deref().and_then(PyObject::downcast::<PyDict>) {
        for (name, value) in kwargs.items_vec() {
            if !name.is_instance_of::<PyStr>() {
                slots.into_iter().for_each(close);
                close(function);
                return Err(krait_runtime::type_error!("keywords must be strings"));
            }
            names.push(name);
            slots.push(StackRef::from_obj(value));
        }
    }
    let names = if names.is_empty() {
        None
    } else {
        Some(PyTuple::from_vec(names)?)
    };
    push(m, function, slots.as_ptr(), count, names.as_deref())
}

/// Calls a getter (of a property, or `__getattribute__`) with the object on top, whose place the
/// result takes.
#[inline(always)]
pub(super) fn enter_getter(
    m: &mut Machine,
    getter: &PyObject,
    name: Option<&PyStr>,
    caches: usize,
) -> Flow {
    let count = 1 + usize::from(name.is_some());
    // SAFETY: the specialiser has seen a plain function.
    let code = unsafe { call::code_of(getter.downcast_unchecked::<PyFunction>()) };
    if code.co_argcount.get() as usize != count || !has_room(m, code) {
        return Flow::Base;
    }
    let owner = m.pop();
    let args = [
        owner,
        name.map_or(StackRef::NULL, |name| StackRef::new(name.as_object())),
    ];
    m.frame().return_offset.set(1 + caches as u16);
    m.save();
    // SAFETY: rule 3: the arguments move into the frame; there is room for it.
    let frame = unsafe {
        call::push_exact(
            m.ts,
            StackRef::new(getter),
            code,
            args.as_ptr(),
            count,
            m.frame,
        )
    };
    m.enter(frame, 0);
    Flow::Next
}

/// `container[sub]` by a `__getitem__` that the class caches.
#[inline(always)]
pub(super) fn binary_op_subscr_getitem(m: &mut Machine) -> Flow {
    let class = m.object(2).type_();
    let Some(heap) = class.heap() else {
        return Flow::Base;
    };
    let getitem = heap._spec_cache.getitem.get();
    if getitem.is_null() {
        return Flow::Base;
    }
    // SAFETY: the class keeps the function while the cache holds it: a change clears the cache.
    let getitem = unsafe { PyObject::from_ptr(getitem).downcast_unchecked::<PyFunction>() };
    if getitem.func_version.get() != heap._spec_cache.getitem_version.get() {
        return Flow::Base;
    }
    // SAFETY: as above.
    let code = unsafe { call::code_of(getitem) };
    if code.co_argcount.get() != 2 || !has_room(m, code) {
        return Flow::Base;
    }
    let function = StackRef::new(getitem.as_object());
    let args = m.slot_at(2);
    // SAFETY: rule 3: the operands move into the frame; there is room for it.
    unsafe {
        m.sp = m.sp.sub(2);
        m.frame().return_offset.set(6);
        m.save();
        let frame = call::push_exact(m.ts, function, code, args, 2, m.frame);
        m.enter(frame, 0);
    }
    Flow::Next
}

/// `Class(...)`: makes the instance and enters `__init__`, with a frame between that checks what it
/// returns.
#[inline(always)]
pub(super) fn call_alloc_and_enter_init(m: &mut Machine, oparg: u32) -> Flow {
    if !m.peek(oparg as usize + 1).is_null() {
        return Flow::Base;
    }
    let Some(class) = m
        .object(oparg as usize + 2)
        .downcast::<krait_runtime::PyType>()
    else {
        return Flow::Base;
    };
    if class.raw().tp_version_tag.get() != m.cache32(1) {
        return Flow::Base;
    }
    let Some(heap) = class.heap() else {
        return Flow::Base;
    };
    let init = heap._spec_cache.init.get();
    if init.is_null() {
        return Flow::Base;
    }
    // SAFETY: as for `binary_op_subscr_getitem`.
    let init = unsafe { PyObject::from_ptr(init).downcast_unchecked::<PyFunction>() };
    // SAFETY: as above.
    let code = unsafe { call::code_of(init) };
    let shim = crate::specialize::init_shim();
    let words = code.co_framesize.get() + shim.co_framesize.get();
    if !m.ts.datastack.has_room(words as usize) || m.ts.recursion_remaining.get() <= 2 {
        return Flow::Base;
    }
    m.save();
    let instance = krait_runtime::alloc::generic_alloc(class, 0);
    if instance.is_null() {
        drop(krait_runtime::err::no_memory());
        return Flow::Error;
    }
    // SAFETY: a new object with a count of its own.
    let instance: Obj = unsafe { krait_runtime::Py::from_owned_ptr(instance) };
    let init = StackRef::new(init.as_object());
    // `self` goes where the empty slot was.
    m.poke(oparg as usize + 1, StackRef::new(&instance));
    let callable = m.peek(oparg as usize + 2);
    let args = m.slot_at(oparg as usize + 1);
    // SAFETY: rule 3: the arguments move into the frame.
    m.sp = unsafe { m.sp.sub(oparg as usize + 2) };
    m.frame().return_offset.set(AFTER);
    m.save();
    // SAFETY: there is room for the shim's frame, whose stack holds the instance.
    let frame = unsafe { crate::specialize::push_init_shim(m.ts, shim, instance, m.frame) };
    let count = oparg as usize + 1;
    let exact = code.co_argcount.get() as usize == count
        && code.co_kwonlyargcount.get() == 0
        && !code.has_flag(abi::CO_VARARGS)
        && !code.has_flag(abi::CO_VARKEYWORDS);
    // SAFETY: as for other calls; the shim's frame is the caller.
    let entered = unsafe {
        if exact {
            Ok(call::push_exact(m.ts, init, code, args, count, frame))
        } else {
            call::push_frame(m.ts, init, None, args, count, None, frame)
        }
    };
    close(callable);
    m.enter(frame, 0);
    // A failure to bind unwinds through the shim.
    let entered = attempt!(entered);
    m.enter(entered, 0);
    Flow::Next
}
