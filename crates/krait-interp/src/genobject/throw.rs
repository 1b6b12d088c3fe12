//! `throw` and `close`: exceptions that go into a generator, to its innermost delegate first.

use krait_abi as abi;
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Obj, OptionalArg, PyClass, PyErr, PyObject, PyResult, PyTuple, exc, runtime_error, type_error,
};

use super::{PyGenerator, as_generator_or_coroutine};

impl PyGenerator {
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

    /// The method `throw`, as Python code sees it.
    pub(super) fn throw_given(
        &self,
        kind: Obj,
        value: OptionalArg<Obj>,
        traceback: OptionalArg<Obj>,
    ) -> PyResult<Obj> {
        self.gen_throw(&thrown_with_warning("throw", kind, value, traceback)?, true)
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
}

/// The arguments of a `throw` method, as they were given.
pub(crate) fn thrown(kind: Obj, value: OptionalArg<Obj>, traceback: OptionalArg<Obj>) -> Vec<Obj> {
    let given = |argument| match argument {
        OptionalArg::Present(argument) => Some(argument),
        OptionalArg::Missing => None,
    };
    [Some(kind), given(value), given(traceback)]
        .into_iter()
        .flatten()
        .collect()
}

/// As [`thrown`], with the warning that several arguments are deprecated for `method`.
pub(crate) fn thrown_with_warning(
    method: &str,
    kind: Obj,
    value: OptionalArg<Obj>,
    traceback: OptionalArg<Obj>,
) -> PyResult<Vec<Obj>> {
    let args = thrown(kind, value, traceback);
    if args.len() > 1 {
        krait_runtime::hooks::warn(
            &exc::DeprecationWarning,
            &format!(
                "the (type, exc, tb) signature of {method}() is deprecated, \
                 use the single-arg signature instead."
            ),
            1,
        )?;
    }
    Ok(args)
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
