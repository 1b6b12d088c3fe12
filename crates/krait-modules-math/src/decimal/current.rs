//! The current context of code: `getcontext`, `setcontext`, `localcontext`, and the standard contexts.

use krait_decimal::{Context, Status};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{Args, Field, PyResult, type_error, value_error};

use super::context::{Changes, PyContext, ssize};
use super::state;

/// The widest format of IEEE 754 that there is a context for.
pub(super) const IEEE_CONTEXT_MAX_BITS: i64 = 512;

/// The current context; a thread or task that has none gets a copy of the default one.
#[inline]
pub(super) fn current() -> PyResult<Py<PyContext>> {
    let state = state()?;
    match state.variable.value() {
        Some(context) => context
            .cast::<PyContext>()
            .map_err(|_| type_error!("optional argument must be a context")),
        None => start(),
    }
}

#[cold]
fn start() -> PyResult<Py<PyContext>> {
    let state = state()?;
    let context = state.templates.default.fresh()?;
    state.variable.assign(&context)?;
    Ok(context)
}

/// A `context` argument: the current one if it is `None`.
#[inline]
pub(super) fn context_or_current(context: Option<&PyObject>) -> PyResult<Py<PyContext>> {
    match context {
        None => current(),
        Some(context) => match context.downcast::<PyContext>() {
            Some(context) => Ok(PyClass::to_owned(context)),
            None => Err(type_error!("optional argument must be a context")),
        },
    }
}

/// Makes a context the current one; of the standard contexts, a copy.
fn set_current(context: &PyObject) -> PyResult<()> {
    let Some(context) = context.downcast::<PyContext>() else {
        return Err(type_error!("argument must be a context"));
    };
    let state = state()?;
    let templates = &state.templates;
    let is_template = [&templates.default, &templates.basic, &templates.extended]
        .iter()
        .any(|template| template.as_object().is(context));
    if is_template {
        return state.variable.assign(&*context.fresh()?);
    }
    state.variable.assign(context)
}

/// Get the current default context.
#[pyfunction(signature = "()")]
pub(super) fn getcontext() -> PyResult<Py<PyContext>> {
    current()
}

/// Set a new default context.
#[pyfunction(signature = "(context, /)")]
pub(super) fn setcontext(context: &PyObject) -> PyResult<()> {
    set_current(context)
}

/// Return a context manager that sets the default context to a copy of ctx
/// on entry to the with-statement and restores the previous default context
/// when exiting the with-statement. If no context is supplied, a copy of the
/// current default context is used.
#[pyfunction(
    signature = "(ctx=None, prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
    text_signature = "($module, /, ctx=None, **kwargs)",
    anonymous
)]
#[allow(clippy::too_many_arguments, reason = "Python's parameters")]
pub(super) fn localcontext(
    ctx: Option<&PyObject>,
    prec: Option<&PyObject>,
    rounding: Option<&PyObject>,
    emin: Option<&PyObject>,
    emax: Option<&PyObject>,
    capitals: Option<&PyObject>,
    clamp: Option<&PyObject>,
    flags: Option<&PyObject>,
    traps: Option<&PyObject>,
) -> PyResult<Py<PyContextManager>> {
    let global = current()?;
    let local = match ctx {
        None => global.copied()?,
        Some(_) => context_or_current(ctx)?.copied()?,
    };
    local.change(Changes {
        prec,
        rounding,
        emin,
        emax,
        capitals,
        clamp,
        flags,
        traps,
    })?;
    Py::new(PyContextManager {
        ob_base: PyObject::HEADER,
        local: Field::new(local.into_object()),
        global: Field::new(global.into_object()),
    })
}

/// Return a context object initialized to the proper values for one of the
/// IEEE interchange formats. The argument must be a multiple of 32 and less
/// than IEEE_CONTEXT_MAX_BITS.
#[pyfunction(name = "IEEEContext", signature = "(bits, /)")]
pub(super) fn ieee_context(bits: &PyObject) -> PyResult<Py<PyContext>> {
    let bits = ssize(bits)?;
    if bits <= 0 || bits > IEEE_CONTEXT_MAX_BITS || bits % 32 != 0 {
        return Err(value_error!(
            "argument must be a multiple of 32, with a maximum of {IEEE_CONTEXT_MAX_BITS}"
        ));
    }
    let emax = 3 * (1_i64 << (bits / 16 + 3));
    let context = Context {
        prec: 9 * (bits / 32) - 2,
        emax,
        emin: 1 - emax,
        clamp: true,
        ..Context::max()
    };
    PyContext::with(context, Status::empty())
}

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(
    name = "ContextManager",
    module = "decimal",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(super) struct PyContextManager {
    ob_base: PyObject,
    #[traverse]
    local: Field<PyObject>,
    #[traverse]
    global: Field<PyObject>,
}

#[pymethods]
impl PyContextManager {
    #[pymethod(name = "__enter__", signature = "($self, /)")]
    fn enter(&self) -> PyResult<Obj> {
        let local = self.local.get().ok_or_else(cleared)?;
        set_current(&local)?;
        Ok(local)
    }

    #[pymethod(name = "__exit__", signature = "($self, *args)", text_signature = "")]
    fn exit(&self, _args: Args<'_>) -> PyResult<()> {
        let global = self.global.get().ok_or_else(cleared)?;
        set_current(&global)
    }
}

fn cleared() -> krait_runtime::PyErr {
    krait_runtime::runtime_error!("the context manager was cleared")
}
