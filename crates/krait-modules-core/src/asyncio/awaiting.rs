//! What awaiting a future goes through: it gives the future once, then ends with the result.

use krait_macros::{pyclass, pymethods};
use krait_runtime::traceback::PyTraceback;
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyBaseException, PyClass, PyErr, PyObject, PyResult, PyType,
    SendResult, err, exc, hooks, none, runtime_error, type_error,
};

use super::future::Future;

/// The iterator of a future.
#[pyclass(
    name = "FutureIter",
    module = "_asyncio",
    flags(GC, DISALLOW_INSTANTIATION),
    doc = ""
)]
#[repr(C)]
pub(super) struct FutureIter {
    ob_base: PyObject,
    /// Nothing once it has ended.
    #[traverse]
    future: Field<Future>,
}

impl FutureIter {
    pub(super) fn over(future: &Future) -> PyResult<Obj> {
        let made = FutureIter {
            ob_base: PyObject::HEADER,
            future: Field::new(PyClass::to_owned(future)),
        };
        Ok(Py::new(made)?.into_object())
    }

    fn resume(&self) -> PyResult<SendResult> {
        let Some(future) = self.future.get() else {
            return Ok(SendResult::Return(none().to_obj()));
        };
        if future.is_pending() {
            if future.is_blocking() {
                return Err(runtime_error!("await wasn't used with future"));
            }
            future.set_blocking(true);
            return Ok(SendResult::Next(future.into_object()));
        }
        self.future.set(None);
        future.outcome().map(SendResult::Return)
    }
}

/// The exception that the arguments of `throw` mean.
fn thrown(kind: &PyObject, value: Option<&PyObject>) -> PyResult<Obj> {
    if let Some(class) = kind.downcast::<PyType>()
        && class.is_subtype(&exc::BaseException)
    {
        return match value.filter(|value| !value.is(none())) {
            Some(value) if value.type_().is_subtype(class) => Ok(value.to_obj()),
            Some(value) => class.as_object().call1(value),
            None => class.as_object().call0(),
        };
    }
    if kind.downcast::<PyBaseException>().is_none() {
        return Err(type_error!(
            "exceptions must be classes deriving BaseException or instances of such a class"
        ));
    }
    if value.is_some_and(|value| !value.is(none())) {
        return Err(type_error!(
            "instance exception may not have a separate value"
        ));
    }
    Ok(kind.to_obj())
}

#[pymethods]
impl FutureIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Obj>> {
        match self.resume()? {
            SendResult::Next(future) => Ok(Some(future)),
            SendResult::Return(value) if value.is(none()) => Ok(None),
            SendResult::Return(value) => Err(err::stop_iteration(value)),
        }
    }

    #[slot(am_send)]
    fn am_send(&self, value: &PyObject) -> PyResult<SendResult> {
        let _ignored = value;
        self.resume()
    }

    #[pymethod(signature = "($self, value, /)", text_signature = "")]
    fn send(&self, value: &PyObject) -> PyResult<Obj> {
        let _ignored = value;
        match self.resume()? {
            SendResult::Next(future) => Ok(future),
            SendResult::Return(value) => Err(err::stop_iteration(value)),
        }
    }

    #[pymethod(signature = "($self, typ, val=None, tb=None, /)", text_signature = "")]
    fn throw(
        &self,
        kind: &PyObject,
        value: OptionalArg<&PyObject>,
        traceback: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let (value, traceback) = (value.present(), traceback.present());
        if value.is_some() || traceback.is_some() {
            hooks::warn(
                &exc::DeprecationWarning,
                "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
                1,
            )?;
        }
        let traceback = traceback.filter(|traceback| !traceback.is(none()));
        if traceback.is_some_and(|traceback| traceback.downcast::<PyTraceback>().is_none()) {
            return Err(type_error!("throw() third argument must be a traceback"));
        }
        let exception = thrown(kind, value)?;
        if let (Some(traceback), Some(raised)) =
            (traceback, exception.downcast::<PyBaseException>())
        {
            raised.traceback.set(Some(traceback.to_obj()));
        }
        self.future.set(None);
        Err(PyErr::raise(exception))
    }

    #[pymethod(signature = "($self, /)", text_signature = "")]
    fn close(&self) {
        self.future.set(None);
    }
}
