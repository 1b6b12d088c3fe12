//! Making functions and intrinsic functions.

use krait_bytecode::oparg::{intrinsic1, intrinsic2, make_function as part};
use krait_runtime::frame::StackRef;
use krait_runtime::{
    Obj, PyClass, PyDict, PyFunction, PyList, PyObject, PyResult, PyTuple, exc, runtime_error,
    system_error,
};

use super::machine::*;
use crate::{asyncgen, builtins, imports, typing_ops};

#[inline(always)]
pub(super) fn make_function(m: &mut Machine) -> Flow {
    m.save();
    let function = attempt!(function_of(m.object(1), m.globals()));
    m.replace_top(StackRef::from_obj(function));
    m.next(0)
}

#[inline(never)]
fn function_of(code: &PyObject, globals: &PyDict) -> PyResult<Obj> {
    // SAFETY: rule 2: the compiler loads a code object for the instruction.
    let code = unsafe { code.downcast_unchecked::<krait_runtime::PyCode>() };
    let function = PyFunction::from_code(PyClass::to_owned(code), PyClass::to_owned(globals))?;
    function.func_version.set(code.co_version.get());
    Ok(function.into_object())
}

#[inline(always)]
pub(super) fn set_function_attribute(m: &mut Machine, oparg: u32) -> Flow {
    if oparg == part::ANNOTATE {
        m.save();
        attempt!(name_annotate(m.object(1), m.object(2)));
    }
    let function = m.pop();
    let value = m.pop_obj();
    // SAFETY: rule 2: `MAKE_FUNCTION` came before.
    set_part(
        unsafe { borrow(function).downcast_unchecked::<PyFunction>() },
        value,
        oparg,
    );
    m.push(function);
    m.next(0)
}

/// Calls the function that computes annotations after the one whose they are.
#[inline(never)]
fn name_annotate(function: &PyObject, annotate: &PyObject) -> PyResult<()> {
    if let (Some(function), Some(annotate)) = (
        function.downcast_exact::<PyFunction>(),
        annotate.downcast_exact::<PyFunction>(),
    ) && let Some(owner) = function.func_qualname.get()
    {
        let name = owner.concat(krait_runtime::intern!(".__annotate__"))?;
        annotate.func_qualname.set(Some(name));
    }
    Ok(())
}

#[inline(never)]
fn set_part(function: &PyFunction, value: Obj, which: u32) {
    match which {
        part::DEFAULTS => function.func_defaults.set(value.cast::<PyTuple>().ok()),
        part::KWDEFAULTS => function.func_kwdefaults.set(value.cast::<PyDict>().ok()),
        part::ANNOTATIONS => function.func_annotations.set(Some(value)),
        part::CLOSURE => function.func_closure.set(value.cast::<PyTuple>().ok()),
        _ => function.func_annotate.set(Some(value)),
    }
}

#[inline(always)]
pub(super) fn call_intrinsic_1(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let result = attempt!(intrinsic_1(m.frame(), m.object(1), oparg));
    m.replace_top(StackRef::from_obj(result));
    m.next(0)
}

#[inline(never)]
fn intrinsic_1(frame: &krait_runtime::frame::Frame, value: &PyObject, which: u32) -> PyResult<Obj> {
    match which {
        intrinsic1::PRINT => builtins::display(value),
        intrinsic1::IMPORT_STAR => imports::import_star(frame, value),
        intrinsic1::STOPITERATION_ERROR => stop_iteration_error(frame, value),
        intrinsic1::ASYNC_GEN_WRAP => asyncgen::wrap_value(value),
        intrinsic1::UNARY_POSITIVE => value.positive(),
        intrinsic1::LIST_TO_TUPLE => Ok(PyTuple::from_vec(value.to_vec()?)?.into_object()),
        intrinsic1::TYPEVAR => typing_ops::type_var(value, None, None),
        intrinsic1::PARAMSPEC => typing_ops::param_spec(value),
        intrinsic1::TYPEVARTUPLE => typing_ops::type_var_tuple(value),
        intrinsic1::SUBSCRIPT_GENERIC => typing_ops::subscript_generic(value),
        intrinsic1::TYPEALIAS => typing_ops::type_alias(value),
        _ => Err(system_error!("unknown intrinsic function {which}")),
    }
}

/// What leaves a generator as `StopIteration` becomes a `RuntimeError` (PEP 479).
fn stop_iteration_error(frame: &krait_runtime::frame::Frame, raised: &PyObject) -> PyResult<Obj> {
    let flags = frame.code().co_flags.get();
    let is_async = flags & krait_abi::CO_ASYNC_GENERATOR != 0;
    let message = if raised.type_().is_subtype(&exc::StopIteration) {
        if is_async {
            "async generator raised StopIteration"
        } else if flags & krait_abi::CO_COROUTINE != 0 {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if is_async && raised.type_().is_subtype(&exc::StopAsyncIteration) {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(raised.to_obj());
    };
    let error = runtime_error!("{message}").take();
    if let Some(error) = error.downcast::<krait_runtime::exceptions::PyBaseException>() {
        error.cause.set(Some(raised.to_obj()));
        error.suppress_context.set(1);
        error.context.set(Some(raised.to_obj()));
    }
    Ok(error)
}

#[inline(always)]
pub(super) fn call_intrinsic_2(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let result = attempt!(intrinsic_2(m.object(2), m.object(1), oparg));
    m.replace_two(StackRef::from_obj(result));
    m.next(0)
}

#[inline(never)]
fn intrinsic_2(first: &PyObject, second: &PyObject, which: u32) -> PyResult<Obj> {
    match which {
        intrinsic2::PREP_RERAISE_STAR => match second.downcast::<PyList>() {
            Some(raised) => krait_runtime::exceptions::prep_reraise_star(first, raised),
            None => Err(system_error!(
                "the exceptions raised by except* are in no list"
            )),
        },
        intrinsic2::TYPEVAR_WITH_BOUND => typing_ops::type_var(first, Some(second), None),
        intrinsic2::TYPEVAR_WITH_CONSTRAINTS => typing_ops::type_var(first, None, Some(second)),
        intrinsic2::SET_FUNCTION_TYPE_PARAMS => {
            if let Some(function) = first.downcast::<PyFunction>() {
                function.func_typeparams.set(Some(second.to_obj()));
            }
            Ok(first.to_obj())
        }
        intrinsic2::SET_TYPEPARAM_DEFAULT => typing_ops::set_default(first, second),
        _ => Err(system_error!("unknown intrinsic function {which}")),
    }
}
