//! Generators and coroutines: objects that hold a frame which can be left and entered again.
//!
//! Generator, coroutine and asynchronous generator are three classes of one layout, CPython's
//! `PyGenObject`; [`PyGenerator`] stands for all of them here. Invariants:
//! 1. While `gi_frame_state` is below `FRAME_CLEARED`, `gi_iframe` is a valid frame whose code object
//!    is alive; afterwards only `f_executable` still holds the code.
//! 2. `gi_exc_state` is linked into the thread's stack of handled exceptions exactly while the
//!    generator runs.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::err::ExcStackItem;
use krait_runtime::frame::{Frame, PyFrame, StackRef, frame_of, raw_of, slot_of};
use krait_runtime::gc;
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Field, Obj, Py, PyClass, PyCode, PyErr, PyObject, PyResult, PyStr, PyTuple, SendResult,
    WeakList, exc, runtime_error, type_error, value_error,
};

use crate::asyncgen::PyAsyncGen;
use crate::eval::eval_frame;

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
    methods(METHODS, SLOTS)
)]
#[repr(C)]
pub struct PyGenerator {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

/// A coroutine: what calling an `async def` function makes.
#[pyclass(
    name = "coroutine",
    symbol = PyCoro_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = BASIC_SIZE,
    itemsize = 8,
    methods(METHODS, SLOTS)
)]
#[repr(C)]
pub struct PyCoroutine {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

impl PyCoroutine {
    /// What all generators have.
    pub(crate) fn body(&self) -> &GenBody {
        &self.body
    }

    /// The coroutine as what it is laid out as.
    pub(crate) fn as_generator(&self) -> &PyGenerator {
        // SAFETY: the classes have one layout.
        unsafe { self.as_object().downcast_unchecked() }
    }
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

/// How a generator is resumed from native code.
enum Resume<'a> {
    /// `next()`: nothing is said when it has already finished.
    Next,
    /// `send(value)`.
    Send(&'a PyObject),
    /// The exception that is set is raised in it.
    Throw {
        /// It is being closed: that it has already finished is no error.
        closing: bool,
    },
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

    /// Runs the generator until it yields, returns or raises; `None` if it had finished before.
    fn resume(&self, how: Resume<'_>) -> PyResult<Option<SendResult>> {
        let body = &self.body;
        let state = body.gi_frame_state.get();
        if state == abi::FRAME_CREATED
            && let Resume::Send(value) = &how
            && !value.is(krait_runtime::none())
        {
            return Err(type_error!(
                "can't send non-None value to a just-started {}",
                self.kind()
            ));
        }
        if state == abi::FRAME_EXECUTING {
            return Err(value_error!("{} already executing", self.kind()));
        }
        if state > abi::FRAME_EXECUTING {
            return self.resume_finished(&how);
        }
        let ts = ThreadState::current();
        let throw = matches!(how, Resume::Throw { .. });
        crate::call::check_recursion(ts)?;
        // The frame may be the last to refer to the generator.
        let _alive = self.to_obj();
        let value = match how {
            Resume::Send(value) => StackRef::new(value),
            _ => StackRef::from_immortal(krait_runtime::none()),
        };
        if throw {
            chain_context(ts, body);
        }
        // SAFETY: the generator is suspended, and alive during the run.
        let result = unsafe {
            let frame = resume_in_loop(ts, self, value, std::ptr::null_mut());
            eval_frame(ts, frame, throw)
        };
        let suspended = body.gi_frame_state.get() < abi::FRAME_EXECUTING;
        match result {
            Ok(value) if suspended => Ok(Some(SendResult::Next(value))),
            Ok(value) => Ok(Some(SendResult::Return(value))),
            Err(error) => {
                if body.gi_frame_state.get() == abi::FRAME_EXECUTING {
                    // The loop was never entered.
                    unlink_exceptions(ts, body);
                    body.gi_frame_state.set(state);
                }
                Err(error)
            }
        }
    }

    fn resume_finished(&self, how: &Resume<'_>) -> PyResult<Option<SendResult>> {
        if self.is_coroutine() && !matches!(how, Resume::Throw { closing: true }) {
            if let Some(pending) = PyErr::occurred() {
                pending.clear();
            }
            return Err(runtime_error!("cannot reuse already awaited coroutine"));
        }
        match how {
            Resume::Send(_) => Ok(Some(SendResult::Return(krait_runtime::none().to_obj()))),
            Resume::Next => Ok(None),
            Resume::Throw { .. } => Err(PyErr::fetch()),
        }
    }

    /// `send` as the `am_send` slot does it: no `StopIteration` is made.
    pub(crate) fn send_raw(&self, value: &PyObject) -> PyResult<SendResult> {
        match self.resume(Resume::Send(value))? {
            Some(result) => Ok(result),
            None => Ok(SendResult::Return(krait_runtime::none().to_obj())),
        }
    }

    /// `send` as Python code sees it.
    pub(crate) fn gen_send(&self, value: &PyObject) -> PyResult<Obj> {
        match self.send_raw(value)? {
            SendResult::Next(value) => Ok(value),
            SendResult::Return(value) => Err(self.stop(value)),
        }
    }

    /// The exception that ends an iteration with this value.
    fn stop(&self, value: Obj) -> PyErr {
        if self.is_async() && value.is(krait_runtime::none()) {
            return PyErr::set_none(&exc::StopAsyncIteration);
        }
        krait_runtime::err::stop_iteration(value)
    }

    /// `__next__`: `None` at the end, an exception if the return value is not None.
    pub(crate) fn next(&self) -> PyResult<Option<Obj>> {
        match self.resume(Resume::Next)? {
            Some(SendResult::Next(value)) => Ok(Some(value)),
            None => Ok(None),
            Some(SendResult::Return(value)) if value.is(krait_runtime::none()) => Ok(None),
            Some(SendResult::Return(value)) => Err(self.stop(value)),
        }
    }

    /// Raises the exception that is set inside the generator.
    fn throw_set(&self, closing: bool) -> PyResult<Obj> {
        match self.resume(Resume::Throw { closing })? {
            Some(SendResult::Next(value)) => Ok(value),
            Some(SendResult::Return(value)) => Err(self.stop(value)),
            None => Err(PyErr::fetch()),
        }
    }

    /// Runs `body` while the generator counts as running, for a delegate that acts in its place.
    fn while_delegating<R>(&self, run: impl FnOnce() -> R) -> R {
        let ts = ThreadState::current();
        let frame = &self.body.gi_iframe;
        let state = self.body.gi_frame_state.replace(abi::FRAME_EXECUTING);
        let outer = ts.current_frame.get();
        frame.previous.set(outer);
        ts.current_frame
            .set(std::ptr::from_ref(frame).cast_mut().cast());
        let result = run();
        ts.current_frame.set(outer);
        frame.previous.set(std::ptr::null_mut());
        self.body.gi_frame_state.set(state);
        result
    }

    /// `throw(exception)`: to the innermost delegate first.
    pub(crate) fn gen_throw(&self, args: &[Obj], close_on_exit: bool) -> PyResult<Obj> {
        if let Some(delegate) = self.body.delegate() {
            let is_exit =
                krait_runtime::exceptions::given_exception_matches(&args[0], &exc::GeneratorExit);
            if is_exit && close_on_exit {
                if self.while_delegating(|| close_iterator(&delegate)).is_err() {
                    return self.throw_set(false);
                }
            } else if let Some(inner) = as_generator_or_coroutine(&delegate) {
                return match self.while_delegating(|| inner.gen_throw(args, close_on_exit)) {
                    Ok(value) => Ok(value),
                    Err(_set) => self.throw_set(false),
                };
            } else if let Some(method) = delegate.lookup_attr(krait_runtime::intern!("throw"))? {
                let arguments: Vec<&PyObject> = args.iter().map(|arg| &**arg).collect();
                return match self.while_delegating(|| method.call(&arguments)) {
                    Ok(value) => Ok(value),
                    Err(_set) => self.throw_set(false),
                };
            }
        }
        let _set = PyErr::restore(thrown_exception(args)?);
        self.throw_set(false)
    }

    /// `close()`: what the generator returned, or None.
    pub(crate) fn gen_close(&self) -> PyResult<Obj> {
        let none = || krait_runtime::none().to_obj();
        let body = &self.body;
        if body.gi_frame_state.get() == abi::FRAME_CREATED {
            let _alive = self.to_obj();
            self.clear_frame();
            return Ok(none());
        }
        if body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            return Ok(none());
        }
        let mut failed = false;
        if let Some(delegate) = body.delegate() {
            let state = body.gi_frame_state.replace(abi::FRAME_EXECUTING);
            failed = close_iterator(&delegate).is_err();
            body.gi_frame_state.set(state);
        }
        if !failed {
            if self.has_no_handler() {
                body.gi_frame_state.set(abi::FRAME_COMPLETED);
                self.clear_frame();
                return Ok(none());
            }
            let _set = PyErr::set_none(&exc::GeneratorExit);
        }
        match self.throw_set(true) {
            Ok(yielded) => {
                drop(yielded);
                Err(runtime_error!("{} ignored GeneratorExit", self.kind()))
            }
            Err(error) if error.matches(&exc::StopIteration) => {
                krait_runtime::err::fetch_stop_iteration_value(error)
            }
            Err(error) if error.matches(&exc::GeneratorExit) => {
                error.clear();
                Ok(none())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether nothing in the code could handle an exception raised where the generator stands.
    fn has_no_handler(&self) -> bool {
        use krait_bytecode::{op, oparg::resume};
        // SAFETY: invariant 1: the instruction pointer points into the code.
        let unit = unsafe { &*self.body.gi_iframe.instr_ptr.get() };
        let depth1 = u32::from(unit.arg()) & resume::DEPTH1_MASK != 0;
        matches!(unit.code(), op::RESUME | op::RESUME_CHECK)
            && depth1
            && u32::from(unit.arg()) & resume::LOCATION_MASK == resume::AFTER_YIELD
            && self.body.gi_frame_state.get() == abi::FRAME_SUSPENDED
            && !self.is_unwinding_watched()
    }

    /// Whether somebody is to be told that an exception leaves the generator.
    fn is_unwinding_watched(&self) -> bool {
        use krait_runtime::monitoring::{event, is_watched};
        is_watched(ThreadState::current(), event::PY_UNWIND)
    }

    /// Empties the frame of a generator that will not run again.
    fn clear_frame(&self) {
        let frame = &self.body.gi_iframe;
        self.body.gi_frame_state.set(abi::FRAME_CLEARED);
        // SAFETY: nobody runs the frame, and nobody will.
        unsafe {
            frame.previous.set(std::ptr::null_mut());
            frame.clear_except_code();
        }
        self.body.gi_exc_state.exc_value.set(None);
    }

    /// What happens when nobody refers to the generator any more: `tp_finalize`.
    pub(crate) fn finalize(&self) {
        let body = &self.body;
        if body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            return;
        }
        let pending = PyErr::occurred().map(PyErr::take);
        self.finalize_running();
        if let Some(pending) = pending {
            let _set = PyErr::restore(pending);
        }
    }

    fn finalize_running(&self) {
        let body = &self.body;
        if self.is_async()
            && let Some(finalizer) = body.gi_origin_or_finalizer.get()
            && body.gi_closed.get() == 0
        {
            if let Err(error) = finalizer.call1(self.as_object()) {
                error.write_unraisable(None, Some(self.as_object()));
            }
            return;
        }
        if self.is_coroutine() && body.gi_frame_state.get() == abi::FRAME_CREATED {
            crate::pending::warn_unawaited(self.as_object());
            return;
        }
        if let Err(error) = self.gen_close() {
            let context = format!(
                "Exception ignored while closing generator {}",
                self.to_display()
            );
            error.write_unraisable(Some(&context), None);
        }
    }

    /// `gi_frame` and its kin.
    fn frame_object(&self) -> PyResult<Option<Py<PyFrame>>> {
        if self.body.gi_frame_state.get() >= abi::FRAME_CLEARED
            || self.body.gi_frame_state.get() == abi::FRAME_COMPLETED
        {
            return Ok(None);
        }
        frame_of(&self.body.gi_iframe).map(Some)
    }
}

/// Links what is being handled outside the generator as the context of what is thrown into it.
fn chain_context(ts: &ThreadState, body: &GenBody) {
    let handled = body.gi_exc_state.exc_value.get();
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let _ = ts;
    let exception = error.value();
    if let (Some(handled), Some(raised)) = (
        handled,
        exception.downcast::<krait_runtime::PyBaseException>(),
    ) && !handled.is(&exception)
        && !raised.context.is_some()
    {
        raised.context.set(Some(handled));
    }
}

/// The exception that `throw(type, value, traceback)` describes, or what making it raised; an error
/// is that nothing of the kind is described.
fn thrown_exception(args: &[Obj]) -> PyResult<Obj> {
    let (kind, value, traceback) = (&args[0], args.get(1), args.get(2));
    let not_none = |value: &&Obj| !value.is(krait_runtime::none());
    let traceback = traceback.filter(not_none);
    if traceback.is_some_and(|traceback| {
        !traceback.is_instance_of::<krait_runtime::traceback::PyTraceback>()
    }) {
        return Err(type_error!(
            "throw() third argument must be a traceback object"
        ));
    }
    let value = value.filter(not_none);
    let exception = if krait_runtime::exceptions::is_exception_class(kind) {
        made_exception(kind, value).unwrap_or_else(PyErr::take)
    } else if krait_runtime::exceptions::is_exception(kind) {
        if value.is_some() {
            return Err(type_error!(
                "instance exception may not have a separate value"
            ));
        }
        kind.clone()
    } else {
        return Err(type_error!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            kind.type_().tp_name()
        ));
    };
    if let (Some(traceback), Some(raised)) = (
        traceback,
        exception.downcast::<krait_runtime::PyBaseException>(),
    ) {
        raised.traceback.set(Some(traceback.clone()));
    }
    Ok(exception)
}

/// An instance of an exception class, made from `value` unless that is one already.
fn made_exception(class: &PyObject, value: Option<&Obj>) -> PyResult<Obj> {
    let made = match (value, class.downcast::<krait_runtime::PyType>()) {
        (Some(value), Some(class)) if value.type_().is_subtype(class) => value.clone(),
        (Some(value), _) => match value.downcast::<PyTuple>() {
            Some(arguments) => class.call_tuple(arguments, None)?,
            None => class.call1(value)?,
        },
        (None, _) => class.call0()?,
    };
    // A class may make anything in its `__new__`.
    if krait_runtime::exceptions::is_exception(&made) {
        return Ok(made);
    }
    Err(type_error!(
        "calling {} should have returned an instance of BaseException, not {}",
        class.repr()?.to_string_lossy(),
        made.type_().tp_name()
    ))
}

/// Closes what a generator delegates to.
fn close_iterator(delegate: &PyObject) -> PyResult<()> {
    if let Some(inner) = as_generator_or_coroutine(delegate) {
        return inner.gen_close().map(drop);
    }
    match delegate.lookup_attr(krait_runtime::intern!("close")) {
        Ok(Some(close)) => close.call0().map(drop),
        Ok(None) => Ok(()),
        Err(error) => {
            error.write_unraisable(None, Some(delegate));
            Ok(())
        }
    }
}

/// Sends a value to anything that can be delegated to.
#[inline(never)]
pub(crate) fn send_any(receiver: &PyObject, value: &PyObject) -> PyResult<SendResult> {
    if let Some(generator) = as_generator_or_coroutine(receiver) {
        return generator.send_raw(value);
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

/// Clears the generator that a suspended or finished frame belongs to.
pub(crate) fn clear_generator(frame: &Frame) -> PyResult<()> {
    let offset = offset_of!(abi::PyGenObject, gi_iframe);
    // SAFETY: a frame owned by a generator lies inside one, which is alive with it.
    let generator = unsafe {
        PyObject::from_ptr(std::ptr::from_ref(frame).cast_mut().byte_sub(offset).cast())
            .downcast_unchecked::<PyGenerator>()
    };
    generator.finalize();
    Ok(())
}

/// The deallocator of all three classes.
///
/// # Safety
/// The contract of `tp_dealloc`.
pub(crate) unsafe extern "C" fn dealloc(object: *mut abi::PyObject) {
    // SAFETY: the contract of `tp_dealloc`; all three classes have one layout.
    unsafe {
        let this = PyObject::from_ptr(object).downcast_unchecked::<PyGenerator>();
        let body = &this.body;
        krait_runtime::weakref::clear_weakrefs(this.as_object());
        if body.gi_frame_state.get() < abi::FRAME_COMPLETED && gc::finalize_from_dealloc(object) {
            // Brought back to life.
            return;
        }
        gc::untrack_raw(object);
        body.gi_origin_or_finalizer.set(None);
        if body.gi_frame_state.get() != abi::FRAME_CLEARED {
            this.clear_frame();
        }
        slot_of(body.gi_iframe.f_executable.replace(raw_of(StackRef::NULL))).close();
        body.gi_name.set(None);
        body.gi_qualname.set(None);
        body.gi_exc_state.exc_value.set(None);
        krait_runtime::alloc::free_object(object);
    }
}

/// The collector's visit of all three classes.
///
/// # Safety
/// The contract of `tp_traverse`.
pub(crate) unsafe extern "C" fn traverse(
    object: *mut abi::PyObject,
    visit: abi::visitproc,
    arg: *mut std::ffi::c_void,
) -> i32 {
    // SAFETY: the contract of `tp_traverse`.
    unsafe {
        let body = &PyObject::from_ptr(object)
            .downcast_unchecked::<PyGenerator>()
            .body;
        let fields = [
            body.gi_name.as_ptr(),
            body.gi_qualname.as_ptr(),
            body.gi_origin_or_finalizer.as_ptr(),
            body.gi_exc_state.exc_value.as_ptr(),
        ];
        for field in fields {
            if !field.is_null() {
                let stop = visit(field, arg);
                if stop != 0 {
                    return stop;
                }
            }
        }
        if body.gi_frame_state.get() < abi::FRAME_CLEARED {
            return body.gi_iframe.visit(visit, arg);
        }
        let code = slot_of(body.gi_iframe.f_executable.get());
        if code.is_owned() && !code.as_ptr().is_null() {
            visit(code.as_ptr(), arg)
        } else {
            0
        }
    }
}

/// `tp_iternext` and `tp_iter` of generators, `await` of coroutines.
macro_rules! common_methods {
    ($class:ident [$name:tt $qualname:tt $send:tt $throw:tt $close:tt] { $($extra:tt)* }) => {
        #[pymethods]
        impl $class {
            #[doc = $name]
            #[pygetter]
            fn __name__(&self) -> Option<Py<PyStr>> {
                self.body.gi_name.get()
            }

            #[pysetter(name = "__name__")]
            fn set_name(&self, value: Option<&PyObject>) -> PyResult<()> {
                let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
                    return Err(type_error!("__name__ must be set to a string object"));
                };
                self.body.gi_name.set(Some(PyClass::to_owned(name)));
                Ok(())
            }

            #[doc = $qualname]
            #[pygetter]
            fn __qualname__(&self) -> Option<Py<PyStr>> {
                self.body.gi_qualname.get()
            }

            #[pysetter(name = "__qualname__")]
            fn set_qualname(&self, value: Option<&PyObject>) -> PyResult<()> {
                let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
                    return Err(type_error!("__qualname__ must be set to a string object"));
                };
                self.body.gi_qualname.set(Some(PyClass::to_owned(name)));
                Ok(())
            }

            #[doc = $send]
            #[pymethod(signature = "($self, object, /)")]
            fn send(&self, value: &PyObject) -> PyResult<Obj> {
                generic(self).gen_send(value)
            }

            #[doc = $throw]
            #[pymethod(signature = "($self, type, value=None, traceback=None, /)", text_signature = "")]
            fn throw(&self, kind: Obj, value: OptionalArg<Obj>, traceback: OptionalArg<Obj>) -> PyResult<Obj> {
                throw_with_warning(generic(self), kind, value, traceback)
            }

            #[doc = $close]
            #[pymethod(signature = "($self, /)")]
            fn close(&self) -> PyResult<Obj> {
                generic(self).gen_close()
            }

            #[pymethod(name = "__sizeof__", signature = "($self, /)")]
            fn sizeof(&self) -> PyResult<isize> {
                let code = self.body.code();
                let words = code.co_nlocalsplus.get() + code.co_stacksize.get();
                Ok(BASIC_SIZE + words as isize * size_of::<usize>() as isize)
            }

            $($extra)*
        }

        #[pymethods(SLOTS)]
        impl $class {
            #[slot(tp_dealloc)]
            unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
                // SAFETY: the contract of `tp_dealloc`.
                unsafe { dealloc(object) }
            }

            #[slot(tp_traverse)]
            unsafe extern "C" fn tp_traverse(
                object: *mut abi::PyObject,
                visit: abi::visitproc,
                arg: *mut std::ffi::c_void,
            ) -> i32 {
                // SAFETY: the contract of `tp_traverse`.
                unsafe { traverse(object, visit, arg) }
            }

            #[slot(tp_finalize)]
            fn tp_finalize(&self) {
                generic(self).finalize();
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Obj> {
                let name = self.body.gi_qualname.get().map(|name| name.to_string_lossy());
                let text = format!(
                    "<{} object {} at {:p}>",
                    <$class as PyClass>::NAME,
                    name.unwrap_or_default(),
                    self
                );
                Ok(PyStr::new(&text)?.into_object())
            }

            #[slot(am_send)]
            fn am_send(&self, value: &PyObject) -> PyResult<SendResult> {
                generic(self).send_raw(value)
            }
        }
    };
}
use krait_runtime::OptionalArg;

/// The object as what all three classes are laid out as.
pub(crate) fn generic<T: PyClass>(object: &T) -> &PyGenerator {
    // SAFETY: called for the three classes of one layout only.
    unsafe { object.as_object().downcast_unchecked() }
}

/// `throw`, whose form with several arguments is deprecated.
pub(crate) fn throw_with_warning(
    generator: &PyGenerator,
    kind: Obj,
    value: OptionalArg<Obj>,
    traceback: OptionalArg<Obj>,
) -> PyResult<Obj> {
    let mut args = vec![kind];
    if let OptionalArg::Present(value) = value {
        krait_runtime::hooks::warn(
            &exc::DeprecationWarning,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
            1,
        )?;
        args.push(value);
    }
    if let OptionalArg::Present(traceback) = traceback {
        args.push(traceback);
    }
    generator.gen_throw(&args, true)
}

common_methods!(PyGenerator [
    "The name of the generator."
    "The qualified name of the generator."
    "send(value) -> go on inside the generator with value, and\nreturn the next value it yields or raise StopIteration."
    "throw(exception) -> raise the exception inside the generator, and\nreturn the next value it yields or raise StopIteration."
    "close() -> raise GeneratorExit inside the generator."
] {
    #[pygetter]
    fn gi_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        generic(self).frame_object()
    }

    #[pygetter]
    fn gi_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn gi_running(&self) -> bool {
        self.body.gi_frame_state.get() == abi::FRAME_EXECUTING
    }

    #[pygetter]
    fn gi_suspended(&self) -> bool {
        matches!(self.body.gi_frame_state.get(), abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM)
    }

    /// What the generator is iterating over with `yield from`, or None.
    #[pygetter]
    fn gi_yieldfrom(&self) -> Option<Obj> {
        self.body.delegate()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.next()
    }

    /// See PEP 585
    #[pyclassmethod(signature = "($type, object, /)")]
    fn __class_getitem__(class: &krait_runtime::PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }
});

common_methods!(PyCoroutine [
    "The name of the coroutine."
    "The qualified name of the coroutine."
    "send(value) -> pass the value into coroutine, and\nreturn the next value it yields or raise StopIteration."
    "throw(exception) -> raise the exception in coroutine, and\nreturn the next value it yields or raise StopIteration."
    "close() -> raise GeneratorExit inside coroutine."
] {
    #[pygetter]
    fn cr_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        generic(self).frame_object()
    }

    #[pygetter]
    fn cr_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn cr_running(&self) -> bool {
        self.body.gi_frame_state.get() == abi::FRAME_EXECUTING
    }

    #[pygetter]
    fn cr_suspended(&self) -> bool {
        matches!(self.body.gi_frame_state.get(), abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM)
    }

    /// What the coroutine is awaiting, or None.
    #[pygetter]
    fn cr_await(&self) -> Option<Obj> {
        self.body.delegate()
    }

    #[pygetter]
    fn cr_origin(&self) -> Option<Obj> {
        self.body.gi_origin_or_finalizer.get()
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        Ok(PyCoroWrapper::over(self)?.into_object())
    }

    /// See PEP 585
    #[pyclassmethod(signature = "($type, object, /)")]
    fn __class_getitem__(class: &krait_runtime::PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }
});

/// What a coroutine's `__await__` returns: an iterator that drives it.
#[pyclass(name = "coroutine_wrapper", symbol = _PyCoroWrapper_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyCoroWrapper {
    ob_base: PyObject,
    #[traverse]
    coroutine: Field<PyCoroutine>,
}

impl PyCoroWrapper {
    fn over(coroutine: &PyCoroutine) -> PyResult<Py<PyCoroWrapper>> {
        Py::new(PyCoroWrapper {
            ob_base: PyObject::HEADER,
            coroutine: Field::new(PyClass::to_owned(coroutine)),
        })
    }

    fn coroutine(&self) -> PyResult<Py<PyCoroutine>> {
        self.coroutine
            .get()
            .ok_or_else(|| runtime_error!("the coroutine is gone"))
    }
}

#[pymethods]
impl PyCoroWrapper {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        self.coroutine()?.as_generator().gen_send(value)
    }

    /// Raise an exception where execution is suspended.
    #[pymethod(
        signature = "($self, type, value=None, traceback=None, /)",
        text_signature = ""
    )]
    fn throw(
        &self,
        kind: Obj,
        value: OptionalArg<Obj>,
        traceback: OptionalArg<Obj>,
    ) -> PyResult<Obj> {
        throw_with_warning(self.coroutine()?.as_generator(), kind, value, traceback)
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        self.coroutine()?.as_generator().gen_close()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.coroutine()?.as_generator().next()
    }
}
