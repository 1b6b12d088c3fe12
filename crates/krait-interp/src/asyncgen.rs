//! Asynchronous generators, and what their `__anext__`, `asend`, `athrow` and `aclose` return.
//!
//! A value that an asynchronous generator yields is wrapped ([`PyAsyncGenWrappedValue`]), so that it
//! can be told from what an `await` inside it passes through.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::frame::{PyFrame, frame_of};
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyErr, PyObject, PyResult, PyStr, SendResult, WeakList,
    exc, runtime_error, type_error,
};

use crate::genobject::{BASIC_SIZE, GenBody, await_iter, dealloc, generic, traverse};

/// An asynchronous generator.
#[pyclass(
    name = "async_generator",
    symbol = PyAsyncGen_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = BASIC_SIZE,
    itemsize = 8,
    methods(METHODS, ATTRIBUTES, SLOTS)
)]
#[repr(C)]
pub struct PyAsyncGen {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    body: GenBody,
}

/// A value yielded by an asynchronous generator.
#[pyclass(
    name = "async_generator_wrapped_value",
    symbol = _PyAsyncGenWrappedValue_Type,
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct PyAsyncGenWrappedValue {
    ob_base: PyObject,
    #[traverse]
    value: Field<PyObject>,
}

#[pymethods]
impl PyAsyncGenWrappedValue {}

/// Wraps what an asynchronous generator yields.
pub(crate) fn wrap_value(value: &PyObject) -> PyResult<Obj> {
    let wrapped = PyAsyncGenWrappedValue {
        ob_base: PyObject::HEADER,
        value: Field::new(value.to_obj()),
    };
    Ok(Py::new(wrapped)?.into_object())
}

/// How far an awaitable of an asynchronous generator has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Init,
    Iter,
    Closed,
}

impl PyAsyncGen {
    /// Calls the hooks of the event loop when the generator is first used.
    fn init_hooks(&self) -> PyResult<()> {
        if self.body.gi_hooks_inited.replace(1) != 0 {
            return Ok(());
        }
        let ts = ThreadState::current();
        if let Some(finalizer) = ts.async_gen_finalizer.get() {
            self.body.gi_origin_or_finalizer.set(Some(finalizer));
        }
        match ts.async_gen_firstiter.get() {
            Some(first) => first.call1(self.as_object()).map(drop),
            None => Ok(()),
        }
    }

    fn set_running(&self, running: bool) {
        self.body.gi_running_async.set(i8::from(running));
    }

    fn is_running(&self) -> bool {
        self.body.gi_running_async.get() != 0
    }

    /// What came out of the generator, for who awaits it: a yielded value ends the awaiting.
    fn unwrap(&self, result: PyResult<Obj>) -> PyResult<Obj> {
        match result {
            Err(error) => {
                if error.matches(&exc::StopAsyncIteration) || error.matches(&exc::GeneratorExit) {
                    self.body.gi_closed.set(1);
                }
                self.set_running(false);
                Err(error)
            }
            Ok(value) => match value.downcast_exact::<PyAsyncGenWrappedValue>() {
                Some(wrapped) => {
                    self.set_running(false);
                    let value = wrapped
                        .value
                        .get()
                        .unwrap_or_else(|| krait_runtime::none().to_obj());
                    Err(krait_runtime::err::stop_iteration(value))
                }
                None => Ok(value),
            },
        }
    }

    /// Sends a value; the end of the generator is `StopAsyncIteration`.
    fn send_value(&self, value: &PyObject) -> PyResult<Obj> {
        match generic(self).send_raw(value)? {
            SendResult::Next(value) => Ok(value),
            SendResult::Return(_) => Err(PyErr::set_none(&exc::StopAsyncIteration)),
        }
    }
}

#[pymethods]
impl PyAsyncGen {
    /// Return an awaitable, that resumes the async generator with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn asend(&self, value: &PyObject) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenASend::over(self, Some(value.to_obj()))
    }

    /// Return an awaitable, that raises an exception where the generator is suspended.
    #[pymethod(
        signature = "($self, type, value=None, traceback=None, /)",
        text_signature = ""
    )]
    fn athrow(
        &self,
        kind: Obj,
        value: OptionalArg<Obj>,
        traceback: OptionalArg<Obj>,
    ) -> PyResult<Obj> {
        let mut args = vec![kind];
        if let OptionalArg::Present(value) = value {
            krait_runtime::hooks::warn(
                &exc::DeprecationWarning,
                "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
                1,
            )?;
            args.push(value);
        }
        if let OptionalArg::Present(traceback) = traceback {
            args.push(traceback);
        }
        self.init_hooks()?;
        PyAsyncGenAThrow::over(self, Some(krait_runtime::PyTuple::from_vec(args)?))
    }

    /// Return an awaitable, that raises GeneratorExit where the generator is suspended.
    #[pymethod(signature = "($self, /)")]
    fn aclose(&self) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenAThrow::over(self, None)
    }

    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> PyResult<isize> {
        let code = self.body.code();
        let words = code.co_nlocalsplus.get() + code.co_stacksize.get();
        Ok(BASIC_SIZE + words as isize * size_of::<usize>() as isize)
    }

    /// See PEP 585
    #[pyclassmethod(signature = "($type, object, /)")]
    fn __class_getitem__(class: &krait_runtime::PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }
}

#[pymethods(ATTRIBUTES)]
impl PyAsyncGen {
    /// The generator's name.
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

    /// The generator's qualified name.
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

    #[pygetter]
    fn ag_frame(&self) -> PyResult<Option<Py<PyFrame>>> {
        if self.body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            return Ok(None);
        }
        frame_of(&self.body.gi_iframe).map(Some)
    }

    #[pygetter]
    fn ag_code(&self) -> Obj {
        self.body.code().to_obj()
    }

    #[pygetter]
    fn ag_running(&self) -> bool {
        self.is_running()
    }

    #[pygetter]
    fn ag_suspended(&self) -> bool {
        matches!(
            self.body.gi_frame_state.get(),
            abi::FRAME_SUSPENDED | abi::FRAME_SUSPENDED_YIELD_FROM
        )
    }

    /// What the generator is awaiting, or None.
    #[pygetter]
    fn ag_await(&self) -> Option<Obj> {
        self.body.delegate()
    }
}

#[pymethods(SLOTS)]
impl PyAsyncGen {
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
        let name = self
            .body
            .gi_qualname
            .get()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        Ok(PyStr::new(&format!("<async_generator object {name} at {self:p}>"))?.into_object())
    }

    #[slot(am_aiter)]
    fn am_aiter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(am_anext)]
    fn am_anext(&self) -> PyResult<Obj> {
        self.init_hooks()?;
        PyAsyncGenASend::over(self, None)
    }
}

/// What `__anext__` and `asend` return.
#[pyclass(name = "async_generator_asend", symbol = _PyAsyncGenASend_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyAsyncGenASend {
    ob_base: PyObject,
    #[traverse]
    generator: Field<PyAsyncGen>,
    #[traverse]
    value: Field<PyObject>,
    state: Cell<State>,
}

const ASEND_REUSED: &str = "cannot reuse already awaited __anext__()/asend()";

impl PyAsyncGenASend {
    fn over(generator: &PyAsyncGen, value: Option<Obj>) -> PyResult<Obj> {
        let made = PyAsyncGenASend {
            ob_base: PyObject::HEADER,
            generator: Field::new(PyClass::to_owned(generator)),
            value: Field::from_option(value),
            state: Cell::new(State::Init),
        };
        Ok(Py::new(made)?.into_object())
    }

    /// Marks generator and awaitable as running; an error if either cannot be.
    fn start(&self) -> PyResult<Py<PyAsyncGen>> {
        let generator = self
            .generator
            .get()
            .ok_or_else(|| runtime_error!("{ASEND_REUSED}"))?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ASEND_REUSED}"));
        }
        if self.state.get() == State::Init {
            if generator.is_running() {
                self.state.set(State::Closed);
                return Err(runtime_error!(
                    "anext(): asynchronous generator is already running"
                ));
            }
            self.state.set(State::Iter);
        }
        generator.set_running(true);
        Ok(generator)
    }

    fn finish(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<Obj> {
        let result = generator.unwrap(result);
        if result.is_err() {
            self.state.set(State::Closed);
        }
        result
    }
}

#[pymethods]
impl PyAsyncGenASend {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        let first = self.state.get() == State::Init;
        let generator = self.start()?;
        let own = self.value.get();
        let value = match &own {
            Some(own) if first && value.is(krait_runtime::none()) => own,
            _ => value,
        };
        let result = generator.send_value(value);
        self.finish(&generator, result)
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
        let generator = self.start()?;
        let result = generic(&*generator).gen_throw(&thrown(kind, value, traceback), true);
        self.finish(&generator, result)
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.state.get() == State::Closed {
            return Ok(());
        }
        let exit = exc::GeneratorExit.to_obj();
        closed(self.throw(exit, OptionalArg::Missing, OptionalArg::Missing))
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        if self.state.get() == State::Init
            && let Some(generator) = self.generator.get()
        {
            warn_unawaited_method(&generator, "asend");
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.send(krait_runtime::none()).map(Some)
    }
}

fn thrown(kind: Obj, value: OptionalArg<Obj>, traceback: OptionalArg<Obj>) -> Vec<Obj> {
    let mut args = vec![kind];
    if let OptionalArg::Present(value) = value {
        args.push(value);
    }
    if let OptionalArg::Present(traceback) = traceback {
        args.push(traceback);
    }
    args
}

/// Warns that what a method of an asynchronous generator returned was never awaited.
fn warn_unawaited_method(generator: &PyAsyncGen, method: &str) {
    let pending = PyErr::occurred().map(PyErr::take);
    let name = generator
        .body
        .gi_qualname
        .get()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let message = format!("coroutine method '{method}' of '{name}' was never awaited");
    if let Err(error) =
        krait_runtime::hooks::warn_about(generator, &exc::RuntimeWarning, &message, 1)
    {
        let context =
            format!("Exception ignored while finalizing coroutine method '{method}' of '{name}'");
        error.write_unraisable(Some(&context), None);
    }
    if let Some(pending) = pending {
        let _set = PyErr::restore(pending);
    }
}

/// What `close()` makes of what a thrown `GeneratorExit` led to.
fn closed(result: PyResult<Obj>) -> PyResult<()> {
    match result {
        Ok(_) => Err(runtime_error!("coroutine ignored GeneratorExit")),
        Err(error)
            if error.matches(&exc::StopIteration)
                || error.matches(&exc::StopAsyncIteration)
                || error.matches(&exc::GeneratorExit) =>
        {
            error.clear();
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// What `athrow` and `aclose` return.
#[pyclass(name = "async_generator_athrow", symbol = _PyAsyncGenAThrow_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyAsyncGenAThrow {
    ob_base: PyObject,
    #[traverse]
    generator: Field<PyAsyncGen>,
    /// What is thrown; empty for `aclose`.
    #[traverse]
    args: Field<krait_runtime::PyTuple>,
    state: Cell<State>,
}

const ATHROW_REUSED: &str = "cannot reuse already awaited aclose()/athrow()";

impl PyAsyncGenAThrow {
    fn over(generator: &PyAsyncGen, args: Option<Py<krait_runtime::PyTuple>>) -> PyResult<Obj> {
        let made = PyAsyncGenAThrow {
            ob_base: PyObject::HEADER,
            generator: Field::new(PyClass::to_owned(generator)),
            args: Field::from_option(args),
            state: Cell::new(State::Init),
        };
        Ok(Py::new(made)?.into_object())
    }

    fn is_aclose(&self) -> bool {
        !self.args.is_some()
    }

    /// The method that made it.
    fn method_name(&self) -> &'static str {
        if self.is_aclose() { "aclose" } else { "athrow" }
    }

    fn generator(&self) -> PyResult<Py<PyAsyncGen>> {
        self.generator
            .get()
            .ok_or_else(|| runtime_error!("{ATHROW_REUSED}"))
    }

    /// The first resumption: throws.
    fn begin(&self, generator: &PyAsyncGen) -> PyResult<Obj> {
        if generator.is_running() {
            self.state.set(State::Closed);
            let name = self.method_name();
            return Err(runtime_error!(
                "{name}(): asynchronous generator is already running"
            ));
        }
        if generator.body.gi_closed.get() != 0 {
            self.state.set(State::Closed);
            return Err(PyErr::set_none(&exc::StopAsyncIteration));
        }
        self.state.set(State::Iter);
        generator.set_running(true);
        match self.args.get() {
            None => {
                generator.body.gi_closed.set(1);
                let result = generic(generator).gen_throw(&[exc::GeneratorExit.to_obj()], false);
                self.finish_close(generator, result)
            }
            Some(args) => {
                let args: Vec<Obj> = args.as_slice().to_vec();
                let result = generic(generator).gen_throw(&args, false);
                let result = generator.unwrap(result);
                if result.is_err() {
                    self.check_error(generator, result)
                } else {
                    result
                }
            }
        }
    }

    /// In `aclose`, a generator that yields a value has ignored the request.
    fn finish_close(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<Obj> {
        match result {
            Ok(value) if value.is_exact::<PyAsyncGenWrappedValue>() => {
                generator.set_running(false);
                self.state.set(State::Closed);
                Err(runtime_error!("async generator ignored GeneratorExit"))
            }
            Ok(value) => Ok(value),
            Err(error) => self.check_error(generator, Err(error)),
        }
    }

    fn check_error(&self, generator: &PyAsyncGen, result: PyResult<Obj>) -> PyResult<Obj> {
        generator.set_running(false);
        self.state.set(State::Closed);
        match result {
            Err(error)
                if self.is_aclose()
                    && (error.matches(&exc::StopAsyncIteration)
                        || error.matches(&exc::GeneratorExit)) =>
            {
                error.clear();
                Err(PyErr::set_none(&exc::StopIteration))
            }
            result => result,
        }
    }
}

#[pymethods]
impl PyAsyncGenAThrow {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        let generator = self.generator()?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ATHROW_REUSED}"));
        }
        if generator.body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            self.state.set(State::Closed);
            return Err(PyErr::set_none(&exc::StopIteration));
        }
        if self.state.get() == State::Init {
            if !value.is(krait_runtime::none()) && !generator.is_running() {
                return Err(runtime_error!(
                    "can't send non-None value to a just-started coroutine"
                ));
            }
            return self.begin(&generator);
        }
        let result = generator.send_value(value);
        if self.is_aclose() {
            return self.finish_close(&generator, result);
        }
        generator.unwrap(result)
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
        let generator = self.generator()?;
        if self.state.get() == State::Closed {
            return Err(runtime_error!("{ATHROW_REUSED}"));
        }
        if self.state.get() == State::Init {
            if generator.is_running() {
                self.state.set(State::Closed);
                let name = self.method_name();
                return Err(runtime_error!(
                    "{name}(): asynchronous generator is already running"
                ));
            }
            self.state.set(State::Iter);
            generator.set_running(true);
        }
        let result = generic(&*generator).gen_throw(&thrown(kind, value, traceback), true);
        if self.is_aclose() {
            return self.finish_close(&generator, result);
        }
        let result = generator.unwrap(result);
        if result.is_err() {
            self.state.set(State::Closed);
        }
        result
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.state.get() == State::Closed {
            return Ok(());
        }
        let exit = exc::GeneratorExit.to_obj();
        closed(self.throw(exit, OptionalArg::Missing, OptionalArg::Missing))
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        if self.state.get() == State::Init
            && let Some(generator) = self.generator.get()
        {
            warn_unawaited_method(&generator, self.method_name());
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        self.send(krait_runtime::none()).map(Some)
    }
}

/// What `anext(iterator, default)` returns.
#[pyclass(name = "anext_awaitable", symbol = _PyAnextAwaitable_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyAnextAwaitable {
    ob_base: PyObject,
    #[traverse]
    wrapped: Field<PyObject>,
    #[traverse]
    default: Field<PyObject>,
}

impl PyAnextAwaitable {
    /// Awaits `wrapped`; its end gives `default`.
    pub fn over(wrapped: Obj, default: Obj) -> PyResult<Obj> {
        let made = PyAnextAwaitable {
            ob_base: PyObject::HEADER,
            wrapped: Field::new(wrapped),
            default: Field::new(default),
        };
        Ok(Py::new(made)?.into_object())
    }

    /// The iterator that drives what is awaited.
    fn driver(&self) -> PyResult<Obj> {
        let wrapped = self
            .wrapped
            .get()
            .unwrap_or_else(|| krait_runtime::none().to_obj());
        let iterator = await_iter(&wrapped)?;
        if iterator.is_iterator() {
            return Ok(iterator);
        }
        // A coroutine: its own `__await__` gives an iterator.
        match iterator.call_special("__await__", &[])? {
            Some(driver) => Ok(driver),
            None => Err(type_error!(
                "'{}' object can't be awaited",
                iterator.type_().tp_name()
            )),
        }
    }

    fn or_default(&self, result: PyResult<Obj>) -> PyResult<Obj> {
        match result {
            Err(error) if error.matches(&exc::StopAsyncIteration) => {
                error.clear();
                let default = self
                    .default
                    .get()
                    .unwrap_or_else(|| krait_runtime::none().to_obj());
                Err(krait_runtime::err::stop_iteration(default))
            }
            result => result,
        }
    }

    fn proxy(&self, method: &'static str, args: &[&PyObject]) -> PyResult<Obj> {
        let driver = self.driver()?;
        self.or_default(driver.call_method_str(method, args))
    }
}

#[pymethods]
impl PyAnextAwaitable {
    /// Resume with a value.
    #[pymethod(signature = "($self, object, /)")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        self.proxy("send", &[value])
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
        let args = thrown(kind, value, traceback);
        let args: Vec<&PyObject> = args.iter().map(|arg| &**arg).collect();
        self.proxy("throw", &args)
    }

    /// Raise GeneratorExit where execution is suspended.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) -> PyResult<Obj> {
        self.proxy("close", &[])
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        let driver = self.driver()?;
        match self.or_default(crate::genobject::next_with_value(&driver)) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error),
        }
    }
}
