//! Generators and coroutines: objects that hold a frame which can be left and entered again.
//!
//! Generator, coroutine and asynchronous generator are three classes of one layout, CPython's
//! `PyGenObject`; [`PyGenerator`] stands for all of them here. Invariants:
//! 1. While `gi_frame_state` is below `FRAME_CLEARED`, `gi_iframe` is a valid frame whose code object
//!    is alive; afterwards only `f_executable` still holds the code.
//! 2. `gi_exc_state` is linked into the thread's stack of handled exceptions exactly while the
//!    generator runs.

mod coroutine;
mod delegate;
mod generator;
mod lifetime;
mod methods;
mod resume;
mod throw;

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::pyclass;
use krait_runtime::err::ExcStackItem;
use krait_runtime::frame::{Frame, PyFrame, StackRef, frame_of};
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Field, Obj, Py, PyClass, PyCode, PyObject, PyResult, PyStr, PyTuple, WeakList,
};

use crate::asyncgen::PyAsyncGen;

pub(crate) use coroutine::PyCoroWrapper;
pub use coroutine::PyCoroutine;
pub(crate) use delegate::{await_iter, next_with_value, send_any};
pub(crate) use lifetime::{clear_generator, dealloc, traverse};
pub(crate) use methods::generator_attributes;
pub(crate) use throw::{thrown, thrown_with_warning};

/// What follows the object header and the weak references.
#[repr(C)]
pub struct GenBody {
    pub(crate) gi_name: Field<PyStr>,
    pub(crate) gi_qualname: Field<PyStr>,
    pub(crate) gi_exc_state: ExcStackItem,
    /// A coroutine's origin, or an asynchronous generator's finalizer.
    pub(crate) gi_origin_or_finalizer: Field<PyObject>,
    pub(crate) gi_hooks_inited: Cell<i8>,
    pub(crate) gi_closed: Cell<i8>,
    pub(crate) gi_running_async: Cell<i8>,
    pub(crate) gi_frame_state: Cell<i8>,
    pub(crate) gi_iframe: Frame,
}

const BODY: usize = offset_of!(PyGenerator, body);
const _: () = {
    assert!(BODY + offset_of!(GenBody, gi_exc_state) == offset_of!(abi::PyGenObject, gi_exc_state));
    assert!(
        BODY + offset_of!(GenBody, gi_frame_state) == offset_of!(abi::PyGenObject, gi_frame_state)
    );
    assert!(BODY + offset_of!(GenBody, gi_iframe) == offset_of!(abi::PyGenObject, gi_iframe));
};

/// The size of a generator without variables and stack.
pub(crate) const BASIC_SIZE: isize = (offset_of!(abi::PyGenObject, gi_iframe)
    + offset_of!(abi::_PyInterpreterFrame, localsplus))
    as isize;

/// A generator.
#[pyclass(
    name = "generator",
    symbol = PyGen_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = BASIC_SIZE,
    itemsize = 8,
    methods(ATTRIBUTES, RESUMPTION, METHODS, SLOTS)
)]
#[repr(C)]
pub struct PyGenerator {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

/// The object as a generator or coroutine.
#[inline(always)]
pub(crate) fn as_generator_or_coroutine(object: &PyObject) -> Option<&PyGenerator> {
    let fits = object.is_exact::<PyGenerator>() || object.is_exact::<PyCoroutine>();
    // SAFETY: the classes have one layout.
    fits.then(|| unsafe { object.downcast_unchecked() })
}

/// Whether a frame is that of a generator which is suspended at a `yield`.
pub(crate) fn is_suspended(frame: &Frame) -> bool {
    if frame.owner.get() != abi::FRAME_OWNED_BY_GENERATOR {
        return false;
    }
    // SAFETY: the frame is a generator's.
    let body = unsafe { body_of(std::ptr::from_ref(frame).cast_mut()) };
    matches!(
        body.gi_frame_state.get(),
        abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM
    )
}

/// The body that a generator's frame lies in.
///
/// # Safety
/// The frame is a generator's.
#[inline(always)]
unsafe fn body_of<'a>(frame: *mut Frame) -> &'a GenBody {
    // SAFETY: the caller's contract.
    unsafe {
        &*frame
            .byte_sub(offset_of!(GenBody, gi_iframe))
            .cast::<GenBody>()
    }
}

impl GenBody {
    /// The code object.
    pub(crate) fn code(&self) -> &PyCode {
        self.gi_iframe.code()
    }

    /// What the generator delegates to, while it is suspended in `yield from` or `await`.
    pub(crate) fn delegate(&self) -> Option<Obj> {
        if !self.awaits_something() {
            return None;
        }
        // SAFETY: invariant 1; at that point the delegate is the topmost value.
        unsafe {
            let top = self.gi_iframe.stackpointer.get().cast::<StackRef>().sub(1);
            Some((*top).as_ref().to_obj())
        }
    }

    /// Whether the generator is suspended in `yield from` or `await`.
    pub(crate) fn awaits_something(&self) -> bool {
        self.gi_frame_state.get() == abi::FRAME_SUSPENDED_YIELD_FROM
    }
}

/// Makes the generator of a frame that has just started: `RETURN_GENERATOR`. The frame's content
/// moves into it.
///
/// # Safety
/// The frame is a running one on the data stack, its code a generator's, its stack empty.
pub(crate) unsafe fn from_frame(ts: &'static ThreadState, frame: *mut Frame) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    let (source, function) = unsafe { (&*frame, (*frame).function()) };
    let code = source.code();
    let class = if code.has_flag(abi::CO_COROUTINE) {
        PyCoroutine::type_object()
    } else if code.has_flag(abi::CO_ASYNC_GENERATOR) {
        PyAsyncGen::type_object()
    } else {
        PyGenerator::type_object()
    };
    let words = code.co_framesize.get() as usize - krait_runtime::code::FRAME_SPECIALS_SIZE;
    // SAFETY: the object is laid out as a generator with room for the frame, zero all over (an
    // empty field is a null pointer); nothing can look at it before it is complete.
    unsafe {
        let object = krait_runtime::alloc::generic_alloc(class, words);
        if object.is_null() {
            return Err(krait_runtime::err::no_memory());
        }
        let object: Obj = Py::from_owned_ptr(object);
        // The allocation counts items where the weak references go.
        (*object.as_ptr().cast::<abi::PyVarObject>()).ob_size.set(0);
        let generator = object.downcast_unchecked::<PyGenerator>();
        let body = &generator.body;
        if let Some(function) = function {
            body.gi_name.set(function.func_name.get());
            body.gi_qualname.set(function.func_qualname.get());
        }
        source.instr_ptr.set(source.instr_ptr.get().add(1));
        let target = std::ptr::from_ref(&body.gi_iframe).cast_mut();
        source.move_to(target);
        (&*target).owner.set(abi::FRAME_OWNED_BY_GENERATOR);
        body.gi_frame_state.set(abi::FRAME_CREATED);
        if code.has_flag(abi::CO_COROUTINE) && ts.coroutine_origin_depth.get() > 0 {
            body.gi_origin_or_finalizer
                .set(Some(origin(ts, source.back())?));
        }
        Ok(object)
    }
}

/// `cr_origin`: where a coroutine was made, outwards from its caller.
fn origin(ts: &ThreadState, frame: Option<&Frame>) -> PyResult<Obj> {
    let mut rows = Vec::new();
    let mut cursor = frame;
    while let Some(frame) = cursor {
        if rows.len() >= ts.coroutine_origin_depth.get() {
            break;
        }
        let code = frame.code();
        let text = |text: Option<Py<PyStr>>| {
            text.map_or_else(|| krait_runtime::none().to_obj(), Py::into_object)
        };
        let line = krait_runtime::PyLong::from_i64(i64::from(frame.line().unwrap_or(-1)))?;
        let row = vec![
            text(code.co_filename.get()),
            line.into_object(),
            text(code.co_name.get()),
        ];
        rows.push(PyTuple::from_vec(row)?.into_object());
        cursor = frame.back();
    }
    Ok(PyTuple::from_vec(rows)?.into_object())
}

/// Links a suspended generator's frame below `caller` and gives it the value sent, so that the
/// eval loop can go on in it.
///
/// # Safety
/// The generator is suspended and stays alive while it runs; the value is given to its frame.
#[inline(always)]
pub(crate) unsafe fn resume_in_loop(
    ts: &ThreadState,
    generator: &PyGenerator,
    value: StackRef,
    caller: *mut Frame,
) -> *mut Frame {
    let body = &generator.body;
    let frame = &body.gi_iframe;
    // SAFETY: invariant 1: a suspended frame's stack has room for the value sent.
    unsafe {
        let top = frame.stackpointer.get().cast::<StackRef>();
        *top = value;
        frame.stackpointer.set(top.add(1).cast());
    }
    link_exceptions(ts, body);
    body.gi_frame_state.set(abi::FRAME_EXECUTING);
    frame.previous.set(caller.cast());
    ts.recursion_remaining.update(|left| left - 1);
    std::ptr::from_ref(frame).cast_mut()
}

fn link_exceptions(ts: &ThreadState, body: &GenBody) {
    body.gi_exc_state.previous.set(ts.exc_info.get());
    ts.exc_info.set(&raw const body.gi_exc_state);
}

fn unlink_exceptions(ts: &ThreadState, body: &GenBody) {
    ts.exc_info
        .set(body.gi_exc_state.previous.replace(std::ptr::null()));
}

/// Leaves a generator's frame at a `yield`; the caller's frame is the result.
///
/// # Safety
/// The frame is the running one and a generator's; it has been saved.
#[inline(always)]
pub(crate) unsafe fn suspend_frame(ts: &ThreadState, frame: *mut Frame, oparg: u32) -> *mut Frame {
    // SAFETY: the caller's contract.
    let body = unsafe { body_of(frame) };
    body.gi_frame_state.set(abi::FRAME_SUSPENDED + oparg as i8);
    unlink_exceptions(ts, body);
    ts.recursion_remaining.update(|left| left + 1);
    body.gi_iframe.previous.replace(std::ptr::null_mut()).cast()
}

/// Ends a generator's frame that has returned or raised.
///
/// # Safety
/// The frame is the running one and a generator's.
pub(crate) unsafe fn finish_frame(ts: &ThreadState, frame: *mut Frame) {
    // SAFETY: the caller's contract.
    unsafe {
        let body = body_of(frame);
        body.gi_frame_state.set(abi::FRAME_CLEARED);
        unlink_exceptions(ts, body);
        // First: who kept the frame object must not find a caller there.
        (&*frame).previous.set(std::ptr::null_mut());
        (*frame).clear_except_code();
    }
    // SAFETY: as above.
    unsafe { body_of(frame) }.gi_exc_state.exc_value.set(None);
}

impl PyGenerator {
    /// Whether the generator is suspended.
    #[inline(always)]
    pub(crate) fn can_resume(&self) -> bool {
        self.body.gi_frame_state.get() < abi::FRAME_EXECUTING
    }

    /// Whether the generator has not been entered yet.
    #[inline(always)]
    pub(crate) fn is_just_started(&self) -> bool {
        self.body.gi_frame_state.get() == abi::FRAME_CREATED
    }

    fn is_coroutine(&self) -> bool {
        self.is_exact::<PyCoroutine>()
    }

    fn is_async(&self) -> bool {
        self.is_exact::<PyAsyncGen>()
    }

    /// How messages name the object.
    fn kind(&self) -> &'static str {
        if self.is_coroutine() {
            "coroutine"
        } else if self.is_async() {
            "async generator"
        } else {
            "generator"
        }
    }

    /// `gi_frame` and its kin.
    pub(crate) fn frame_object(&self) -> PyResult<Option<Py<PyFrame>>> {
        if self.body.gi_frame_state.get() >= abi::FRAME_CLEARED
            || self.body.gi_frame_state.get() == abi::FRAME_COMPLETED
        {
            return Ok(None);
        }
        frame_of(&self.body.gi_iframe).map(Some)
    }
}

/// The object as what all three classes are laid out as.
pub(crate) fn generic<T: PyClass>(object: &T) -> &PyGenerator {
    // SAFETY: called for the three classes of one layout only.
    unsafe { object.as_object().downcast_unchecked() }
}
