//! The specialised forms of `CALL` that call native code.

use std::ffi::c_int;

use krait_abi as abi;
use krait_runtime::call::result_from_ptr;
use krait_runtime::frame::StackRef;
use krait_runtime::{Obj, PyClass, PyList, PyLong, PyObject, PyResult, PyStr, PyTuple, PyType};

use super::calls::finish_call;
use super::machine::*;
use crate::specialize;

const CACHES: usize = 3;

/// The callable's slot.
#[inline(always)]
fn callable<'a>(m: &Machine, oparg: u32) -> &'a PyObject {
    m.object(oparg as usize + 2)
}

/// Whether no `self` was pushed.
#[inline(always)]
fn without_self(m: &Machine, oparg: u32) -> bool {
    m.peek(oparg as usize + 1).is_null()
}

/// The first argument and how many there are, `self` included.
#[inline(always)]
fn arguments(m: &Machine, oparg: u32) -> (*const StackRef, usize) {
    let depth = oparg as usize + usize::from(!without_self(m, oparg));
    (m.slot_at(depth), depth)
}

#[inline(always)]
pub(super) fn call_type_1(m: &mut Machine, oparg: u32) -> Flow {
    if !without_self(m, oparg) || !callable(m, oparg).is(PyType::type_object()) {
        return Flow::Base;
    }
    let class = StackRef::new(m.object(1).type_().as_object());
    m.save();
    m.replace_many(3, class);
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn call_str_1(m: &mut Machine, oparg: u32) -> Flow {
    if !without_self(m, oparg) || !callable(m, oparg).is(PyStr::type_object()) {
        return Flow::Base;
    }
    m.save();
    let text = attempt!(m.object(1).str());
    finish_call(m, oparg, StackRef::from_obj(text.into_object()))
}

#[inline(always)]
pub(super) fn call_tuple_1(m: &mut Machine, oparg: u32) -> Flow {
    if !without_self(m, oparg) || !callable(m, oparg).is(PyTuple::type_object()) {
        return Flow::Base;
    }
    m.save();
    let tuple = attempt!(tuple_of(m.object(1)));
    finish_call(m, oparg, StackRef::from_obj(tuple))
}

#[inline(never)]
fn tuple_of(value: &PyObject) -> PyResult<Obj> {
    if value.is_exact::<PyTuple>() {
        return Ok(value.to_obj());
    }
    Ok(PyTuple::from_vec(value.to_vec()?)?.into_object())
}

#[inline(always)]
pub(super) fn call_builtin_class(m: &mut Machine, oparg: u32) -> Flow {
    let Some(class) = callable(m, oparg).downcast::<PyType>() else {
        return Flow::Base;
    };
    let Some(function) = class.raw().tp_vectorcall.get() else {
        return Flow::Base;
    };
    m.save();
    let (args, count) = arguments(m, oparg);
    let result = attempt!(with_pointers(args, count, |pointers| {
        // SAFETY: the vectorcall contract: the stack keeps the arguments.
        unsafe { function(class.as_ptr(), pointers, count, std::ptr::null_mut()) }
    }));
    finish_call(m, oparg, StackRef::from_obj(result))
}

/// Calls native code with the addresses of arguments on the stack.
#[inline(always)]
fn with_pointers(
    args: *const StackRef,
    count: usize,
    call: impl FnOnce(*const *mut abi::PyObject) -> *mut abi::PyObject,
) -> PyResult<Obj> {
    const SMALL: usize = 8;
    let mut small = [std::ptr::null_mut(); SMALL];
    let large: Vec<*mut abi::PyObject>;
    // SAFETY: the arguments are on the stack.
    let pointer = |index: usize| unsafe { (*args.add(index)).as_ptr() };
    let pointers = if count <= SMALL {
        for (index, place) in small[..count].iter_mut().enumerate() {
            *place = pointer(index);
        }
        small.as_ptr()
    } else {
        large = (0..count).map(pointer).collect();
        large.as_ptr()
    };
    // SAFETY: native functions return an owned reference, or null with an exception set.
    unsafe { result_from_ptr(call(pointers)) }
}

/// The row of a builtin function with these flags, and its `self`.
#[inline(always)]
fn builtin(function: &PyObject, flags: c_int) -> Option<(&abi::PyMethodDef, *mut abi::PyObject)> {
    if !function.is_exact::<krait_runtime::PyCFunction>() {
        return None;
    }
    // SAFETY: a builtin function is laid out so; its row outlives it.
    unsafe {
        let function = &*function.as_ptr().cast::<abi::PyCFunctionObject>();
        let row = &*function.m_ml.get();
        if row.ml_flags & KIND != flags {
            return None;
        }
        let receiver = if row.ml_flags & abi::METH_STATIC != 0 {
            std::ptr::null_mut()
        } else {
            function.m_self.get()
        };
        Some((row, receiver))
    }
}

/// The flags that say how a native function takes its arguments.
const KIND: c_int = abi::METH_VARARGS
    | abi::METH_FASTCALL
    | abi::METH_NOARGS
    | abi::METH_O
    | abi::METH_KEYWORDS
    | abi::METH_METHOD;

/// The function of a row as what its flags say it is.
///
/// # Safety
/// `F` is the type of function that the row's flags stand for.
#[inline(always)]
unsafe fn function_of<F: Copy>(row: &abi::PyMethodDef) -> F {
    const { assert!(size_of::<F>() == size_of::<Option<abi::PyCFunction>>()) };
    // SAFETY: the caller's contract; function pointers have one size.
    unsafe { std::mem::transmute_copy(&row.ml_meth) }
}

#[inline(always)]
pub(super) fn call_builtin_o(m: &mut Machine, oparg: u32) -> Flow {
    let (args, count) = arguments(m, oparg);
    let Some((row, receiver)) = builtin(callable(m, oparg), abi::METH_O) else {
        return Flow::Base;
    };
    if count != 1 || m.ts.stack_is_low() {
        return Flow::Base;
    }
    m.save();
    // SAFETY: the row's flags; the argument is on the stack.
    let result = attempt!(unsafe {
        let function: abi::PyCFunction = function_of(row);
        result_from_ptr(function(receiver, (*args).as_ptr()))
    });
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_builtin_fast(m: &mut Machine, oparg: u32) -> Flow {
    let Some((row, receiver)) = builtin(callable(m, oparg), abi::METH_FASTCALL) else {
        return Flow::Base;
    };
    m.save();
    let (args, count) = arguments(m, oparg);
    let result = attempt!(with_pointers(args, count, |pointers| {
        // SAFETY: the row's flags; the arguments are on the stack.
        unsafe {
            let function: abi::PyCFunctionFast = function_of(row);
            function(receiver, pointers, count as isize)
        }
    }));
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_builtin_fast_with_keywords(m: &mut Machine, oparg: u32) -> Flow {
    let flags = abi::METH_FASTCALL | abi::METH_KEYWORDS;
    let Some((row, receiver)) = builtin(callable(m, oparg), flags) else {
        return Flow::Base;
    };
    m.save();
    let (args, count) = arguments(m, oparg);
    let result = attempt!(with_pointers(args, count, |pointers| {
        // SAFETY: the row's flags; the arguments are on the stack.
        unsafe {
            let function: abi::PyCFunctionFastWithKeywords = function_of(row);
            function(receiver, pointers, count as isize, std::ptr::null_mut())
        }
    }));
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_len(m: &mut Machine, oparg: u32) -> Flow {
    if !without_self(m, oparg)
        || !specialize::is_builtin(callable(m, oparg), specialize::Known::Len)
    {
        return Flow::Base;
    }
    m.save();
    let length = attempt!(m.object(1).length());
    let slot = match PyLong::small(length as i64) {
        Some(small) => StackRef::from_immortal(small.as_object()),
        None => StackRef::from_obj(attempt!(PyLong::from_usize(length)).into_object()),
    };
    m.replace_many(3, slot);
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn call_isinstance(m: &mut Machine, oparg: u32) -> Flow {
    if !without_self(m, oparg)
        || !specialize::is_builtin(callable(m, oparg), specialize::Known::IsInstance)
    {
        return Flow::Base;
    }
    m.save();
    let result = attempt!(crate::builtins::is_instance(m.object(2), m.object(1)));
    m.replace_many(4, truth(result));
    m.next(CACHES)
}

/// `list.append(item)`, followed by `POP_TOP`, which is done too.
#[inline(always)]
pub(super) fn call_list_append(m: &mut Machine, oparg: u32) -> Flow {
    if !specialize::is_builtin(callable(m, oparg), specialize::Known::ListAppend)
        || without_self(m, oparg)
    {
        return Flow::Base;
    }
    let Some(list) = exact::<PyList>(m.peek(2)) else {
        return Flow::Base;
    };
    m.save();
    let item = m.pop_obj();
    m.save_sp();
    attempt!(list.push(item));
    let (list_slot, function) = (m.pop(), m.pop());
    m.save_sp();
    close(list_slot);
    close(function);
    m.next(CACHES + 1)
}

/// The row of a method descriptor with these flags that takes the first argument as its `self`.
#[inline(always)]
fn method<'a>(
    m: &Machine,
    oparg: u32,
    flags: c_int,
) -> Option<(&'a abi::PyMethodDef, *mut abi::PyObject)> {
    let descriptor = callable(m, oparg);
    if !descriptor.is_exact::<krait_runtime::descr::PyMethodDescr>() {
        return None;
    }
    let (args, count) = arguments(m, oparg);
    if count == 0 {
        return None;
    }
    // SAFETY: a method descriptor is laid out so; its row outlives it.
    unsafe {
        let descriptor = &*descriptor.as_ptr().cast::<abi::PyMethodDescrObject>();
        let row = &*descriptor.d_method.get();
        let receiver = (*args).as_ptr();
        let fits = row.ml_flags & KIND == flags
            && std::ptr::eq((*receiver).ob_type.get(), descriptor.d_common.d_type.get());
        fits.then_some((row, receiver))
    }
}

#[inline(always)]
pub(super) fn call_method_descriptor_o(m: &mut Machine, oparg: u32) -> Flow {
    let (args, count) = arguments(m, oparg);
    let Some((row, receiver)) = method(m, oparg, abi::METH_O) else {
        return Flow::Base;
    };
    if count != 2 || m.ts.stack_is_low() {
        return Flow::Base;
    }
    m.save();
    // SAFETY: the row's flags; the arguments are on the stack.
    let result = attempt!(unsafe {
        let function: abi::PyCFunction = function_of(row);
        result_from_ptr(function(receiver, (*args.add(1)).as_ptr()))
    });
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_method_descriptor_noargs(m: &mut Machine, oparg: u32) -> Flow {
    let (_, count) = arguments(m, oparg);
    let Some((row, receiver)) = method(m, oparg, abi::METH_NOARGS) else {
        return Flow::Base;
    };
    if count != 1 || m.ts.stack_is_low() {
        return Flow::Base;
    }
    m.save();
    // SAFETY: the row's flags; the receiver is on the stack.
    let result = attempt!(unsafe {
        let function: abi::PyCFunction = function_of(row);
        result_from_ptr(function(receiver, std::ptr::null_mut()))
    });
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_method_descriptor_fast(m: &mut Machine, oparg: u32) -> Flow {
    let Some((row, receiver)) = method(m, oparg, abi::METH_FASTCALL) else {
        return Flow::Base;
    };
    m.save();
    let (args, count) = arguments(m, oparg);
    // SAFETY: `self` is the first argument.
    let rest = unsafe { args.add(1) };
    let result = attempt!(with_pointers(rest, count - 1, |pointers| {
        // SAFETY: the row's flags; the arguments are on the stack.
        unsafe {
            let function: abi::PyCFunctionFast = function_of(row);
            function(receiver, pointers, count as isize - 1)
        }
    }));
    finish_call(m, oparg, StackRef::from_obj(result))
}

#[inline(always)]
pub(super) fn call_method_descriptor_fast_with_keywords(m: &mut Machine, oparg: u32) -> Flow {
    let flags = abi::METH_FASTCALL | abi::METH_KEYWORDS;
    let Some((row, receiver)) = method(m, oparg, flags) else {
        return Flow::Base;
    };
    m.save();
    let (args, count) = arguments(m, oparg);
    // SAFETY: `self` is the first argument.
    let rest = unsafe { args.add(1) };
    let result = attempt!(with_pointers(rest, count - 1, |pointers| {
        // SAFETY: the row's flags; the arguments are on the stack.
        unsafe {
            let function: abi::PyCFunctionFastWithKeywords = function_of(row);
            function(receiver, pointers, count as isize - 1, std::ptr::null_mut())
        }
    }));
    finish_call(m, oparg, StackRef::from_obj(result))
}
