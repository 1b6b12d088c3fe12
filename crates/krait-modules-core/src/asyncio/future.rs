//! `Future`: a result that will be there.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyBaseException, PyClass, PyDict, PyErr, PyFrozenSet, PyList,
    PyObject, PyResult, PySet, PyStr, PyTuple, PyType, WeakList, context, exc, intern, none,
    runtime_error, type_error, value_error,
};

use super::awaiting::FutureIter;
use super::{call_soon, event_loop, invalid_state, library, or_none};

/// How far a future has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Pending,
    Cancelled,
    Finished,
}

/// This class is *almost* compatible with concurrent.futures.Future.
///
/// Differences:
///
/// - result() and exception() do not take a timeout argument and
///   raise an exception when the future isn't done yet.
///
/// - Callbacks registered with add_done_callback() are always called
///   via the event loop's call_soon_threadsafe().
///
/// - This class is not compatible with the wait() and as_completed()
///   methods in the concurrent.futures package.
#[pyclass(
    name = "Future",
    module = "_asyncio",
    flags(BASETYPE, GC, MANAGED_DICT)
)]
#[repr(C)]
pub(super) struct Future {
    ob_base: PyObject,
    /// Nothing before `__init__`.
    #[traverse]
    event_loop: Field<PyObject>,
    /// What is called when it is done, each with its context.
    #[traverse]
    callbacks: RefCell<Vec<(Obj, Obj)>>,
    #[traverse]
    exception: Field<PyObject>,
    /// The exception's traceback when it was set, which raising it changes.
    #[traverse]
    traceback: Field<PyObject>,
    #[traverse]
    result: Field<PyObject>,
    #[traverse]
    source_traceback: Field<PyObject>,
    #[traverse]
    cancel_message: Field<PyObject>,
    /// The error that ended the task, to be raised once more.
    #[traverse]
    cancelled_error: Field<PyObject>,
    /// The future that awaits it, or a set of several.
    #[traverse]
    awaited_by: Field<PyObject>,
    awaited_by_set: Cell<bool>,
    progress: Cell<Progress>,
    /// Whether nobody has asked for the exception yet.
    log_traceback: Cell<bool>,
    /// Whether it was awaited, not yielded.
    blocking: Cell<bool>,
    #[weaklist]
    weaklist: WeakList,
}

#[cold]
fn uninitialized() -> PyErr {
    runtime_error!("Future object is not initialized.")
}

impl Future {
    pub(super) fn empty() -> Future {
        Future {
            ob_base: PyObject::HEADER,
            event_loop: Field::empty(),
            callbacks: RefCell::default(),
            exception: Field::empty(),
            traceback: Field::empty(),
            result: Field::empty(),
            source_traceback: Field::empty(),
            cancel_message: Field::empty(),
            cancelled_error: Field::empty(),
            awaited_by: Field::empty(),
            awaited_by_set: Cell::new(false),
            progress: Cell::new(Progress::Pending),
            log_traceback: Cell::new(false),
            blocking: Cell::new(false),
            weaklist: WeakList::new(),
        }
    }

    /// What `__init__` does.
    pub(super) fn initialize(&self, given: Option<&PyObject>) -> PyResult<()> {
        let event_loop = match given {
            Some(event_loop) => event_loop.to_obj(),
            None => event_loop()?,
        };
        for field in [
            &self.exception,
            &self.traceback,
            &self.result,
            &self.source_traceback,
            &self.cancel_message,
            &self.cancelled_error,
            &self.awaited_by,
        ] {
            field.set(None);
        }
        let old = self.callbacks.take();
        drop(old);
        self.awaited_by_set.set(false);
        self.progress.set(Progress::Pending);
        self.log_traceback.set(false);
        self.blocking.set(false);
        self.event_loop.set(Some(event_loop.clone()));
        if event_loop
            .call_method(intern!("get_debug"), &[])?
            .is_true()?
        {
            let stack = library("asyncio.format_helpers", "extract_stack")?.call0()?;
            self.source_traceback.set(Some(stack));
        }
        Ok(())
    }

    pub(super) fn is_pending(&self) -> bool {
        self.progress.get() == Progress::Pending
    }

    pub(super) fn event_loop(&self) -> PyResult<Obj> {
        self.event_loop.get().ok_or_else(uninitialized)
    }

    /// An error before `__init__`.
    fn check_initialized(&self) -> PyResult<()> {
        if self.event_loop.is_some() {
            Ok(())
        } else {
            Err(uninitialized())
        }
    }

    pub(super) fn belongs_to(&self, event_loop: &PyObject) -> bool {
        self.event_loop.is(event_loop)
    }

    pub(super) fn is_blocking(&self) -> bool {
        self.blocking.get()
    }

    pub(super) fn set_blocking(&self, blocking: bool) {
        self.blocking.set(blocking);
    }

    pub(super) fn cancel_message(&self) -> Option<Obj> {
        self.cancel_message.get()
    }

    pub(super) fn set_cancel_message(&self, message: Option<Obj>) {
        self.cancel_message.set(message);
    }

    pub(super) fn set_cancelled_error(&self, error: Obj) {
        self.cancelled_error.set(Some(error));
    }

    pub(super) fn source_traceback(&self) -> Option<Obj> {
        self.source_traceback.get()
    }

    pub(super) fn forget_traceback(&self) {
        self.log_traceback.set(false);
    }

    /// Has the loop call everybody who waits.
    fn schedule_callbacks(&self) -> PyResult<()> {
        let callbacks = self.callbacks.take();
        if callbacks.is_empty() {
            return Ok(());
        }
        let event_loop = self.event_loop()?;
        for (callback, context) in callbacks {
            call_soon(&event_loop, &callback, Some(self.as_object()), &context)?;
        }
        Ok(())
    }

    fn finish(&self) -> PyResult<()> {
        self.progress.set(Progress::Finished);
        self.schedule_callbacks()
    }

    /// `set_result`.
    pub(super) fn finish_with(&self, result: Obj) -> PyResult<()> {
        self.check_initialized()?;
        if !self.is_pending() {
            return Err(invalid_state("invalid state"));
        }
        self.result.set(Some(result));
        self.finish()
    }

    /// `set_exception`.
    pub(super) fn fail_with(&self, exception: &PyObject) -> PyResult<()> {
        self.check_initialized()?;
        if !self.is_pending() {
            return Err(invalid_state("invalid state"));
        }
        let mut exception = exception.to_obj();
        if let Some(class) = exception.downcast::<PyType>()
            && class.is_subtype(&exc::BaseException)
        {
            exception = class.as_object().call0()?;
        }
        if exception.downcast::<PyBaseException>().is_none() {
            return Err(type_error!("invalid exception object"));
        }
        if exception.type_().is_subtype(&exc::StopIteration) {
            let wrapped = runtime_error!(
                "StopIteration interacts badly with generators and cannot be raised into a Future"
            )
            .take();
            if let Some(wrapped) = wrapped.downcast::<PyBaseException>() {
                wrapped.context.set(Some(exception.clone()));
                wrapped.set_cause(Some(exception));
            }
            exception = wrapped;
        }
        let traceback = exception
            .downcast::<PyBaseException>()
            .and_then(PyBaseException::traceback);
        self.traceback.set(traceback);
        self.exception.set(Some(exception));
        self.progress.set(Progress::Finished);
        self.log_traceback.set(true);
        self.schedule_callbacks()
    }

    /// `cancel` of a future; whether it was still pending.
    pub(super) fn cancel_with(&self, message: Option<Obj>) -> PyResult<bool> {
        self.check_initialized()?;
        self.log_traceback.set(false);
        if !self.is_pending() {
            return Ok(false);
        }
        self.progress.set(Progress::Cancelled);
        self.cancel_message.set(message);
        self.schedule_callbacks()?;
        Ok(true)
    }

    /// The error that a cancelled future raises.
    pub(super) fn cancelled_error(&self) -> PyResult<Obj> {
        if let Some(error) = self.cancelled_error.take() {
            return Ok(error);
        }
        let class = library("asyncio.exceptions", "CancelledError")?;
        match self
            .cancel_message
            .get()
            .filter(|message| !message.is(none()))
        {
            Some(message) => class.call1(&message),
            None => class.call0(),
        }
    }

    /// `result()`.
    pub(super) fn outcome(&self) -> PyResult<Obj> {
        match self.progress.get() {
            Progress::Cancelled => return Err(PyErr::raise(self.cancelled_error()?)),
            Progress::Pending if !self.event_loop.is_some() => {
                return Err(invalid_state("Future object is not initialized."));
            }
            Progress::Pending => return Err(invalid_state("Result is not set.")),
            Progress::Finished => {}
        }
        self.log_traceback.set(false);
        let Some(exception) = self.exception.get() else {
            return Ok(or_none(self.result.get()));
        };
        if let Some(raised) = exception.downcast::<PyBaseException>() {
            raised.traceback.set(self.traceback.take());
        }
        Err(PyErr::raise(exception))
    }

    /// Has a callback called when the future is done.
    pub(super) fn add_callback(&self, callback: &PyObject, context: &PyObject) -> PyResult<()> {
        let Some(event_loop) = self.event_loop.get() else {
            return Err(runtime_error!("uninitialized Future object"));
        };
        if !self.is_pending() {
            return call_soon(&event_loop, callback, Some(self.as_object()), context);
        }
        let pair = (callback.to_obj(), context.to_obj());
        self.callbacks.borrow_mut().push(pair);
        Ok(())
    }

    pub(super) fn add_waiter(&self, waiter: &PyObject) -> PyResult<()> {
        let Some(present) = self.awaited_by.get() else {
            self.awaited_by.set(Some(waiter.to_obj()));
            return Ok(());
        };
        if self.awaited_by_set.get()
            && let Some(set) = present.downcast::<PySet>()
        {
            return set.table().add(waiter).map(drop);
        }
        let set = PySet::new()?;
        set.table().add(&present)?;
        set.table().add(waiter)?;
        self.awaited_by.set(Some(set.into_object()));
        self.awaited_by_set.set(true);
        Ok(())
    }

    pub(super) fn discard_waiter(&self, waiter: &PyObject) -> PyResult<()> {
        let Some(present) = self.awaited_by.get() else {
            return Ok(());
        };
        if self.awaited_by_set.get()
            && let Some(set) = present.downcast::<PySet>()
        {
            let hash = waiter.hash()?;
            return set.table().discard_hash(waiter, hash).map(drop);
        }
        if present.is(waiter) {
            self.awaited_by.set(None);
        }
        Ok(())
    }

    /// Tells the loop of something that went wrong and nobody was told of.
    pub(super) fn report(&self, what: &str, entries: &[(&str, Option<Obj>)]) -> PyResult<()> {
        let details = PyDict::new()?;
        details.set("message", &*PyStr::new(what)?)?;
        for (name, value) in entries {
            if let Some(value) = value {
                details.set(name, value)?;
            }
        }
        self.event_loop()?
            .call_method(intern!("call_exception_handler"), &[&details])
            .map(drop)
    }

    /// What is done at the end of a future's life.
    pub(super) fn end(&self) {
        if !self.log_traceback.replace(false) {
            return;
        }
        let message = format!(
            "{} exception was never retrieved",
            self.as_object().type_().name()
        );
        let reported = self.report(
            &message,
            &[
                ("exception", self.exception.get()),
                ("future", Some(self.to_obj())),
                ("source_traceback", self.source_traceback.get()),
            ],
        );
        if let Err(error) = reported {
            error.write_unraisable(None, Some(self.as_object()));
        }
    }
}

/// Runs what ends an object, which must not disturb an exception that is set.
pub(super) fn undisturbed(body: impl FnOnce()) {
    let pending = PyErr::occurred().map(PyErr::take);
    body();
    if let Some(pending) = pending {
        let _set = PyErr::restore(pending);
    }
}

#[pymethods]
impl Future {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Py::new_in(class, Future::empty())?.into_object())
    }

    #[pyinit(signature = "(*, loop=None)")]
    fn init(&self, r#loop: Option<&PyObject>) -> PyResult<()> {
        self.initialize(r#loop)
    }

    /// Return the result this future represents.
    ///
    /// If the future has been cancelled, raises CancelledError.  If the
    /// future's result isn't yet available, raises InvalidStateError.  If
    /// the future is done and has an exception set, this exception is raised.
    #[pymethod(signature = "($self, /)")]
    fn result(&self) -> PyResult<Obj> {
        self.outcome()
    }

    /// Return the exception that was set on this future.
    ///
    /// The exception (or None if no exception was set) is returned only if
    /// the future is done.  If the future has been cancelled, raises
    /// CancelledError.  If the future isn't done yet, raises
    /// InvalidStateError.
    #[pymethod(signature = "($self, /)")]
    fn exception(&self) -> PyResult<Option<Obj>> {
        match self.progress.get() {
            _ if !self.event_loop.is_some() => {
                Err(invalid_state("Future object is not initialized."))
            }
            Progress::Cancelled => Err(PyErr::raise(self.cancelled_error()?)),
            Progress::Pending => Err(invalid_state("Exception is not set.")),
            Progress::Finished => {
                self.log_traceback.set(false);
                Ok(self.exception.get())
            }
        }
    }

    /// Mark the future done and set its result.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[pymethod(signature = "($self, result, /)")]
    fn set_result(&self, result: &PyObject) -> PyResult<()> {
        self.finish_with(result.to_obj())
    }

    /// Mark the future done and set an exception.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[pymethod(signature = "($self, exception, /)")]
    fn set_exception(&self, exception: &PyObject) -> PyResult<()> {
        self.fail_with(exception)
    }

    /// Add a callback to be run when the future becomes done.
    ///
    /// The callback is called with a single argument - the future object. If
    /// the future is already done when this is called, the callback is
    /// scheduled with call_soon.
    #[pymethod(
        signature = "($self, fn, /, *, context=None)",
        text_signature = "($self, fn, /, *, context=<unrepresentable>)"
    )]
    fn add_done_callback(
        &self,
        function: &PyObject,
        context: OptionalArg<&PyObject>,
    ) -> PyResult<()> {
        let context = match context.present().filter(|context| !context.is(none())) {
            Some(context) => context.to_obj(),
            None => context::copy_current()?.into_object(),
        };
        self.add_callback(function, &context)
    }

    /// Remove all instances of a callback from the "call when done" list.
    ///
    /// Returns the number of callbacks removed.
    #[pymethod(signature = "($self, fn, /)")]
    fn remove_done_callback(&self, function: &PyObject) -> PyResult<usize> {
        self.check_initialized()?;
        // Comparing may change the callbacks: what it works on is taken out meanwhile.
        let callbacks = self.callbacks.take();
        let all = callbacks.len();
        let mut kept = Vec::with_capacity(all);
        let mut failed = None;
        for (callback, context) in callbacks {
            let same = match failed {
                None => callback.eq(function),
                Some(_) => Ok(false),
            };
            match same {
                Ok(true) => drop((callback, context)),
                Ok(false) => kept.push((callback, context)),
                Err(error) => {
                    failed = Some(error.take());
                    kept.push((callback, context));
                }
            }
        }
        let removed = all - kept.len();
        kept.append(&mut self.callbacks.borrow_mut());
        self.callbacks.replace(kept);
        match failed {
            None => Ok(removed),
            Some(error) => Err(PyErr::restore(error)),
        }
    }

    /// Cancel the future and schedule callbacks.
    ///
    /// If the future is already done or cancelled, return False.  Otherwise,
    /// change the future's state to cancelled, schedule the callbacks and
    /// return True.
    #[pymethod(signature = "($self, /, msg=None)")]
    fn cancel(&self, msg: Option<&PyObject>) -> PyResult<bool> {
        self.cancel_with(msg.map(PyClass::to_obj))
    }

    /// Return True if the future was cancelled.
    #[pymethod(signature = "($self, /)")]
    fn cancelled(&self) -> bool {
        self.progress.get() == Progress::Cancelled
    }

    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that the
    /// future was cancelled.
    #[pymethod(signature = "($self, /)")]
    fn done(&self) -> bool {
        !self.is_pending()
    }

    /// Return the event loop the Future is bound to.
    #[pymethod(signature = "($self, /)")]
    fn get_loop(&self) -> PyResult<Obj> {
        self.event_loop()
    }

    /// Create the CancelledError to raise if the Future is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    #[pymethod(name = "_make_cancelled_error", signature = "($self, /)")]
    fn make_cancelled_error(&self) -> PyResult<Obj> {
        self.cancelled_error()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        self.check_initialized()?;
        library("asyncio.base_futures", "_future_repr")?.call1(self.as_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        self.event_loop()?;
        FutureIter::over(self)
    }

    #[slot(am_await)]
    fn am_await(&self) -> PyResult<Obj> {
        self.event_loop()?;
        FutureIter::over(self)
    }

    #[slot(tp_finalize)]
    fn tp_finalize(&self) {
        undisturbed(|| self.end());
    }

    #[pygetter(name = "_state")]
    fn get_state(&self) -> PyResult<&'static str> {
        self.check_initialized()?;
        Ok(match self.progress.get() {
            Progress::Pending => "PENDING",
            Progress::Cancelled => "CANCELLED",
            Progress::Finished => "FINISHED",
        })
    }

    #[pygetter(name = "_asyncio_future_blocking")]
    fn get_blocking(&self) -> bool {
        self.blocking.get()
    }

    #[pysetter(name = "_asyncio_future_blocking")]
    fn set_blocking_attribute(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.blocking.set(assigned(value)?.is_true()?);
        Ok(())
    }

    #[pygetter(name = "_loop")]
    fn get_event_loop(&self) -> Option<Obj> {
        self.event_loop.get()
    }

    #[pygetter(name = "_callbacks")]
    fn get_callbacks(&self) -> PyResult<Option<Py<PyList>>> {
        self.check_initialized()?;
        let callbacks = self.callbacks.borrow().clone();
        if callbacks.is_empty() {
            return Ok(None);
        }
        let list = PyList::new()?;
        for (callback, context) in callbacks {
            list.push(PyTuple::from_array([callback, context])?.into_object())?;
        }
        Ok(Some(list))
    }

    #[pygetter(name = "_result")]
    fn get_result(&self) -> PyResult<Option<Obj>> {
        self.check_initialized()?;
        Ok(self.result.get())
    }

    #[pygetter(name = "_exception")]
    fn get_exception(&self) -> PyResult<Option<Obj>> {
        self.check_initialized()?;
        Ok(self.exception.get())
    }

    #[pygetter(name = "_source_traceback")]
    fn get_source_traceback(&self) -> Option<Obj> {
        self.source_traceback.get()
    }

    #[pygetter(name = "_cancel_message")]
    fn get_cancel_message(&self) -> Option<Obj> {
        self.cancel_message.get()
    }

    #[pysetter(name = "_cancel_message")]
    fn set_cancel_message_attribute(&self, value: Option<&PyObject>) -> PyResult<()> {
        let message = assigned(value)?.to_obj();
        self.cancel_message.set(Some(message));
        Ok(())
    }

    #[pygetter(name = "_log_traceback")]
    fn get_log_traceback(&self) -> PyResult<bool> {
        self.check_initialized()?;
        Ok(self.log_traceback.get())
    }

    #[pysetter(name = "_log_traceback")]
    fn set_log_traceback(&self, value: Option<&PyObject>) -> PyResult<()> {
        if assigned(value)?.is_true()? {
            return Err(value_error!("_log_traceback can only be set to False"));
        }
        self.log_traceback.set(false);
        Ok(())
    }

    #[pygetter(name = "_asyncio_awaited_by")]
    fn get_awaited_by(&self) -> PyResult<Option<Py<PyFrozenSet>>> {
        let Some(present) = self.awaited_by.get() else {
            return Ok(None);
        };
        if self.awaited_by_set.get() {
            return PyFrozenSet::from_iterable(&present).map(Some);
        }
        PyFrozenSet::from_vec(vec![present]).map(Some)
    }
}

/// The value that an attribute is set to.
pub(super) fn assigned(value: Option<&PyObject>) -> PyResult<&PyObject> {
    value.ok_or_else(|| krait_runtime::attribute_error!("cannot delete attribute"))
}
