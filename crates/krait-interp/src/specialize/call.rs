//! Specialising calls.

use std::sync::atomic::{AtomicPtr, Ordering};

use krait_abi as abi;
use krait_bytecode::op;
use krait_runtime::code::CodeParts;
use krait_runtime::descr::PyMethodDescr;
use krait_runtime::frame::{Frame, StackRef, raw_of};
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Obj, PyBytes, PyCFunction, PyClass, PyCode, PyFunction, PyList, PyMethod, PyObject, PyResult,
    PyStr, PyTuple, PyType,
};

use super::Site;
use crate::eval::machine::Unit;

/// Builtin functions that have a specialised call of their own.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    Len,
    IsInstance,
    ListAppend,
}

/// The rows of the method tables of the known functions: static data that all interpreters share.
static KNOWN: [AtomicPtr<abi::PyMethodDef>; 3] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; 3];

/// The code of the frame between a class's call and its `__init__`: immortal and the same everywhere.
static INIT_SHIM: AtomicPtr<PyCode> = AtomicPtr::new(std::ptr::null_mut());

/// Finds the known functions and makes the shim's code.
pub(crate) fn install() -> PyResult<()> {
    if let Ok(len) = crate::builtins::builtin("len") {
        note(Known::Len, &len);
    } else if let Some(error) = krait_runtime::PyErr::occurred() {
        error.clear();
    }
    if let Ok(isinstance) = crate::builtins::builtin("isinstance") {
        note(Known::IsInstance, &isinstance);
    } else if let Some(error) = krait_runtime::PyErr::occurred() {
        error.clear();
    }
    if let Some(append) = PyList::type_object().lookup(krait_runtime::intern!("append")) {
        note(Known::ListAppend, &append);
    }
    if INIT_SHIM.load(Ordering::Relaxed).is_null() {
        let shim = make_init_shim()?;
        shim.make_immortal();
        INIT_SHIM.store(shim.into_ptr().cast(), Ordering::Relaxed);
    }
    Ok(())
}

fn note(which: Known, function: &PyObject) {
    if let Some(row) = row_of(function) {
        KNOWN[which as usize].store(row, Ordering::Relaxed);
    }
}

/// The row that a builtin function or method descriptor was made of.
#[inline(always)]
fn row_of(function: &PyObject) -> Option<*mut abi::PyMethodDef> {
    // SAFETY: both are laid out so.
    unsafe {
        if function.is_exact::<PyCFunction>() {
            return Some(
                (*function.as_ptr().cast::<abi::PyCFunctionObject>())
                    .m_ml
                    .get(),
            );
        }
        if function.is_exact::<PyMethodDescr>() {
            return Some(
                (*function.as_ptr().cast::<abi::PyMethodDescrObject>())
                    .d_method
                    .get(),
            );
        }
    }
    None
}

/// Whether an object is one of the known functions.
#[inline(always)]
pub(crate) fn is_builtin(function: &PyObject, which: Known) -> bool {
    row_of(function) == Some(KNOWN[which as usize].load(Ordering::Relaxed))
}

/// Whether a function takes exactly `count` arguments, all positional, without variadic ones.
pub(crate) fn is_simple(function: &PyFunction, count: usize) -> bool {
    function.func_code.get().is_some_and(|code| {
        code.co_argcount.get() as usize == count && takes_only_positional(&code)
    })
}

/// Whether code has only positional parameters, and is a function's body.
#[inline(always)]
pub(crate) fn takes_only_positional(code: &PyCode) -> bool {
    const KINDS: i32 = abi::CO_VARARGS | abi::CO_VARKEYWORDS | abi::CO_OPTIMIZED;
    code.co_flags.get() & KINDS == abi::CO_OPTIMIZED && code.co_kwonlyargcount.get() == 0
}

/// Specialises `CALL`.
#[inline(never)]
pub(crate) fn call(ip: *mut Unit, callable: &PyObject, receiver: StackRef, oparg: u32) {
    let site = Site::new(ip);
    let count = oparg as usize + usize::from(!receiver.is_null());
    let opcode = if let Some(function) = callable.downcast_exact::<PyFunction>() {
        python(
            site,
            function,
            count,
            op::CALL_PY_EXACT_ARGS,
            op::CALL_PY_GENERAL,
        )
    } else if let Some(method) = callable.downcast_exact::<PyMethod>() {
        match method.function().downcast_exact::<PyFunction>() {
            Some(function) if receiver.is_null() => python(
                site,
                function,
                count + 1,
                op::CALL_BOUND_METHOD_EXACT_ARGS,
                op::CALL_BOUND_METHOD_GENERAL,
            ),
            _ => None,
        }
    } else if let Some(class) = callable.downcast::<PyType>() {
        class_call(site, class, receiver, count)
    } else if callable.is_exact::<PyCFunction>() {
        builtin(callable, receiver, count)
    } else if callable.is_exact::<PyMethodDescr>() {
        method_descriptor(ip, callable, count)
    } else {
        Some(op::CALL_NON_PY_GENERAL)
    };
    site.decide(opcode);
}

fn python(site: Site, function: &PyFunction, count: usize, exact: u8, general: u8) -> Option<u8> {
    let version = function.version();
    if version == 0 {
        return None;
    }
    site.set32(1, version);
    Some(if is_simple(function, count) {
        exact
    } else {
        general
    })
}

/// How a native function takes its arguments.
const KIND: i32 = abi::METH_VARARGS
    | abi::METH_FASTCALL
    | abi::METH_NOARGS
    | abi::METH_O
    | abi::METH_KEYWORDS
    | abi::METH_METHOD;
const FAST_WITH_KEYWORDS: i32 = abi::METH_FASTCALL | abi::METH_KEYWORDS;

fn kind_of(function: &PyObject) -> i32 {
    // SAFETY: rows outlive what is made of them.
    row_of(function).map_or(0, |row| unsafe { (*row).ml_flags } & KIND)
}

fn builtin(function: &PyObject, receiver: StackRef, count: usize) -> Option<u8> {
    let plain = receiver.is_null();
    Some(match kind_of(function) {
        abi::METH_O if plain && count == 1 && is_builtin(function, Known::Len) => op::CALL_LEN,
        abi::METH_O if count == 1 => op::CALL_BUILTIN_O,
        abi::METH_FASTCALL if plain && count == 2 && is_builtin(function, Known::IsInstance) => {
            op::CALL_ISINSTANCE
        }
        abi::METH_FASTCALL => op::CALL_BUILTIN_FAST,
        FAST_WITH_KEYWORDS => op::CALL_BUILTIN_FAST_WITH_KEYWORDS,
        _ => op::CALL_NON_PY_GENERAL,
    })
}

fn method_descriptor(ip: *mut Unit, descriptor: &PyObject, count: usize) -> Option<u8> {
    // SAFETY: an instruction follows the call and its three caches.
    let next = unsafe { &*ip.add(4) }.code();
    Some(match kind_of(descriptor) {
        abi::METH_NOARGS if count == 1 => op::CALL_METHOD_DESCRIPTOR_NOARGS,
        abi::METH_O
            if count == 2 && next == op::POP_TOP && is_builtin(descriptor, Known::ListAppend) =>
        {
            op::CALL_LIST_APPEND
        }
        abi::METH_O if count == 2 => op::CALL_METHOD_DESCRIPTOR_O,
        abi::METH_FASTCALL => op::CALL_METHOD_DESCRIPTOR_FAST,
        FAST_WITH_KEYWORDS => op::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS,
        _ => op::CALL_NON_PY_GENERAL,
    })
}

fn class_call(site: Site, class: &PyType, receiver: StackRef, count: usize) -> Option<u8> {
    if receiver.is_null() && count == 1 {
        if class.is(PyType::type_object()) {
            return Some(op::CALL_TYPE_1);
        }
        if class.is(PyStr::type_object()) {
            return Some(op::CALL_STR_1);
        }
        if class.is(PyTuple::type_object()) {
            return Some(op::CALL_TUPLE_1);
        }
    }
    if class.raw().tp_vectorcall.get().is_some() {
        return Some(op::CALL_BUILTIN_CLASS);
    }
    if receiver.is_null() && initializer(site, class).is_some() {
        return Some(op::CALL_ALLOC_AND_ENTER_INIT);
    }
    Some(op::CALL_NON_PY_GENERAL)
}

/// Caches the Python `__init__` of a class that is made in the ordinary way.
fn initializer(site: Site, class: &PyType) -> Option<()> {
    let heap = class.heap()?;
    let ordinary = class.type_().is(PyType::type_object())
        && class.has_flag(abi::Py_TPFLAGS_INLINE_VALUES)
        && !class.has_flag(abi::Py_TPFLAGS_IS_ABSTRACT)
        && same(
            class.raw().tp_new.get()?,
            PyObject::type_object().raw().tp_new.get()?,
        )
        && class.raw().tp_alloc.get().is_none_or(|alloc| {
            std::ptr::fn_addr_eq(
                alloc,
                krait_runtime::alloc::type_generic_alloc as abi::allocfunc,
            )
        });
    if !ordinary {
        return None;
    }
    let init = class.lookup(&*PyStr::intern("__init__").ok()?)?;
    let function = init.downcast_exact::<PyFunction>()?;
    let version = class.version_tag();
    let code = function.func_code.get()?;
    if version == 0 || function.version() == 0 || !code.has_flag(abi::CO_OPTIMIZED) {
        return None;
    }
    // Borrowed: the class keeps it until it changes, which clears the cache.
    heap._spec_cache.init.set(init.as_ptr());
    site.set32(1, version);
    Some(())
}

fn same(left: abi::newfunc, right: abi::newfunc) -> bool {
    std::ptr::fn_addr_eq(left, right)
}

/// Specialises `CALL_KW`.
#[inline(never)]
pub(crate) fn call_kw(ip: *mut Unit, callable: &PyObject, receiver: StackRef) {
    let site = Site::new(ip);
    let version = |function: &PyFunction| Some(function.version()).filter(|version| *version != 0);
    let opcode = if let Some(function) = callable.downcast_exact::<PyFunction>() {
        version(function).map(|version| {
            site.set32(1, version);
            op::CALL_KW_PY
        })
    } else if let Some(method) = callable.downcast_exact::<PyMethod>() {
        let function = method.function();
        function
            .downcast_exact::<PyFunction>()
            .filter(|_| receiver.is_null())
            .and_then(version)
            .map(|version| {
                site.set32(1, version);
                op::CALL_KW_BOUND_METHOD
            })
    } else {
        Some(op::CALL_KW_NON_PY)
    };
    site.decide(opcode);
}

/// The shim's code: checks what `__init__` returned, and returns the instance.
fn make_init_shim() -> PyResult<krait_runtime::Py<PyCode>> {
    let name = PyStr::intern("__init__")?;
    let code = [op::EXIT_INIT_CHECK, 0, op::RETURN_VALUE, 0, op::RESUME, 0];
    let empty = || PyBytes::new(b"");
    PyCode::build(CodeParts {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 2,
        flags: abi::CO_OPTIMIZED | abi::CO_NO_MONITORING_EVENTS,
        code: code.to_vec(),
        consts: PyTuple::empty(),
        names: PyTuple::empty(),
        localsplusnames: PyTuple::empty(),
        localspluskinds: empty()?,
        filename: PyStr::intern("")?,
        name: name.clone(),
        qualname: name,
        firstlineno: 1,
        linetable: empty()?,
        exceptiontable: empty()?,
    })
}

/// The shim's code.
#[inline(always)]
pub(crate) fn init_shim() -> &'static PyCode {
    // SAFETY: made immortal by `install`, before any code runs.
    unsafe { &*INIT_SHIM.load(Ordering::Relaxed) }
}

/// Pushes the shim's frame with the new instance on its stack.
///
/// # Safety
/// The data stack has room for it.
#[inline(always)]
pub(crate) unsafe fn push_init_shim(
    ts: &ThreadState,
    shim: &PyCode,
    instance: Obj,
    previous: *mut Frame,
) -> *mut Frame {
    // SAFETY: the caller's contract; every field of the header is set.
    unsafe {
        let frame: *mut Frame = ts
            .datastack
            .push_unchecked(shim.co_framesize.get() as usize)
            .cast();
        let header = &*frame;
        header
            .f_executable
            .set(raw_of(StackRef::from_immortal(shim.as_object())));
        header.previous.set(previous.cast());
        header.f_funcobj.set(raw_of(StackRef::NULL));
        header.f_globals.set(std::ptr::null_mut());
        header.f_builtins.set(std::ptr::null_mut());
        header.f_locals.set(std::ptr::null_mut());
        header.frame_obj.set(std::ptr::null_mut());
        header.instr_ptr.set(shim.first_unit());
        header.return_offset.set(0);
        header.owner.set(abi::FRAME_OWNED_BY_THREAD);
        header.visited.set(0);
        *header.slots() = StackRef::from_obj(instance);
        header.stackpointer.set(header.slots().add(1).cast());
        ts.recursion_remaining.update(|left| left - 1);
        frame
    }
}
