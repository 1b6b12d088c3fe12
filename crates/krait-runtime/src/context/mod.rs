//! `contextvars`: variables whose values belong to the context that code runs in.
//!
//! Invariants:
//! 1. A context is entered at most once at a time; the thread's current one is in `ThreadState::context`,
//!    and the ones around it hang off `ctx_prev`.
//! 2. `ThreadState::context_version` changes whenever another context becomes current. A variable's cached
//!    value counts only for the thread and version it was stored under.

mod hamt;
mod variable;
mod views;

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pyfunction, pymethods};

use crate::field::{Field, WeakList};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::ThreadState;
use crate::{
    Args, CompareOp, KwArgs, OptionalArg, PyDict, PyModule, PyResult, PyTuple, PyType,
    not_implemented,
};

use hamt::Hamt;
pub(crate) use hamt::HamtNode;
pub(crate) use variable::TokenMissing;
pub use variable::{ContextVar, Token, new_variable};
pub(crate) use views::{ContextItems, ContextKeys, ContextValues};

crate::pymodule! {
    /// Registered with the modules of the core.
    pub CONTEXTVARS = "_contextvars", "Context Variables",
    functions: [copy_context],
    classes: [Context, ContextVar, Token],
    exec: Some(exec)
}

fn exec(_module: &PyModule) -> PyResult<()> {
    variable::add_missing()
}

/// The values of context variables, as code that runs in it sees them.
#[pyclass(name = "Context", module = "_contextvars", symbol = PyContext_Type, flags(GC), doc = "")]
#[repr(C)]
pub struct Context {
    ob_base: PyObject,
    #[traverse]
    ctx_prev: Field<PyObject>,
    #[traverse]
    ctx_vars: RefCell<Hamt>,
    #[weaklist]
    ctx_weakreflist: WeakList,
    ctx_entered: Cell<bool>,
}

/// Return a copy of the current context.
#[pyfunction(signature = "()")]
fn copy_context() -> PyResult<Py<Context>> {
    copy_current()
}

/// The context that the thread runs in, made on first use.
pub fn current() -> PyResult<Py<Context>> {
    let tstate = ThreadState::current();
    if let Some(context) = tstate.context.get() {
        return context
            .cast::<Context>()
            .map_err(|_| crate::system_error!("the current context is no Context"));
    }
    let context = Context::with_vars(Hamt::default())?;
    tstate.context.set(Some(context.clone().into_object()));
    Ok(context)
}

/// A copy of the context that the thread runs in.
pub fn copy_current() -> PyResult<Py<Context>> {
    current()?.copied()
}

fn next_version(tstate: &ThreadState) {
    tstate.context_version.set(tstate.context_version.get() + 1);
}

/// The key of a lookup, which must be a variable.
fn variable(key: &PyObject) -> PyResult<&ContextVar> {
    key.downcast_exact::<ContextVar>().ok_or_else(|| {
        crate::type_error!(
            "a ContextVar key was expected, got {}",
            key.to_display_repr()
        )
    })
}

impl Context {
    fn with_vars(vars: Hamt) -> PyResult<Py<Context>> {
        Py::new(Context {
            ob_base: PyObject::HEADER,
            ctx_prev: Field::empty(),
            ctx_vars: RefCell::new(vars),
            ctx_weakreflist: WeakList::new(),
            ctx_entered: Cell::new(false),
        })
    }

    /// An empty context.
    pub fn empty() -> PyResult<Py<Context>> {
        Self::with_vars(Hamt::default())
    }

    /// A context with the same values.
    pub fn copied(&self) -> PyResult<Py<Context>> {
        Self::with_vars(self.vars())
    }

    fn vars(&self) -> Hamt {
        self.ctx_vars.borrow().clone()
    }

    /// Replaces the map; the old one is dropped after the borrow ends.
    fn set_vars(&self, vars: Hamt) {
        let old = self.ctx_vars.replace(vars);
        drop(old);
    }

    /// Makes this the thread's current context.
    pub fn enter(&self) -> PyResult<()> {
        if self.ctx_entered.get() {
            return Err(crate::runtime_error!(
                "cannot enter context: {} is already entered",
                self.to_display_repr()
            ));
        }
        let tstate = ThreadState::current();
        let previous = tstate.context.replace(Some(self.to_obj()));
        self.ctx_prev.set(previous);
        self.ctx_entered.set(true);
        next_version(tstate);
        Ok(())
    }

    /// Makes the context around this one current again.
    pub fn exit(&self) -> PyResult<()> {
        if !self.ctx_entered.get() {
            return Err(crate::runtime_error!(
                "cannot exit context: {} has not been entered",
                self.to_display_repr()
            ));
        }
        let tstate = ThreadState::current();
        if !tstate.context.is(self) {
            return Err(crate::runtime_error!(
                "cannot exit context: thread state references a different context object"
            ));
        }
        self.ctx_entered.set(false);
        let current = tstate.context.replace(self.ctx_prev.take());
        next_version(tstate);
        drop(current);
        Ok(())
    }

    /// Calls `body` inside this context.
    pub fn run_in<R>(&self, body: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
        self.enter()?;
        let result = body();
        match (result, self.exit()) {
            (result, Ok(())) => result,
            (Ok(_), Err(error)) => Err(error),
            (Err(first), Err(second)) => {
                second.clear();
                Err(first)
            }
        }
    }
}

#[pymethods]
impl Context {
    #[slot(tp_new)]
    fn tp_new(_class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(crate::type_error!(
                "Context() does not accept any arguments"
            ));
        }
        Ok(Context::empty()?.into_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        ContextKeys::make(self)
    }

    #[slot(mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.ctx_vars.borrow().len())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        let var = variable(key)?;
        let value = self.ctx_vars.borrow().get(var).cloned();
        value.ok_or_else(|| crate::err::key_error_object(key))
    }

    #[slot(sq_contains)]
    fn contains_key(&self, key: &PyObject) -> PyResult<bool> {
        let var = variable(key)?;
        Ok(self.ctx_vars.borrow().get(var).is_some())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let (Some(other), CompareOp::Eq | CompareOp::Ne) = (other.downcast_exact::<Context>(), op)
        else {
            return Ok(not_implemented().to_obj());
        };
        let same = same_values(&self.vars(), &other.vars())?;
        Ok(crate::bool_object(same == (op == CompareOp::Eq)).to_obj())
    }

    /// Return the value of a variable, or the default where the context has none.
    #[pymethod(signature = "($self, key, default=None, /)")]
    fn get(&self, key: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        let var = variable(key)?;
        let value = self.ctx_vars.borrow().get(var).cloned();
        Ok(value.unwrap_or_else(|| default.unwrap_or(crate::none()).to_obj()))
    }

    /// Return all variables with their values, as pairs.
    #[pymethod]
    fn items(&self) -> PyResult<Obj> {
        ContextItems::make(self)
    }

    /// Return all variables of the context.
    #[pymethod]
    fn keys(&self) -> PyResult<Obj> {
        ContextKeys::make(self)
    }

    /// Return the values of all variables of the context.
    #[pymethod]
    fn values(&self) -> PyResult<Obj> {
        ContextValues::make(self)
    }

    /// Return a shallow copy of the context.
    #[pymethod]
    fn copy(&self) -> PyResult<Py<Context>> {
        self.copied()
    }

    #[pymethod(signature = "($self, *args, **kwargs)", text_signature = "")]
    fn run(&self, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
        let Some((callable, rest)) = args.as_slice().split_first() else {
            return Err(crate::type_error!(
                "run() missing 1 required positional argument"
            ));
        };
        if kwargs.is_empty() {
            return self.run_in(|| callable.call(rest));
        }
        let keywords = kwargs.to_dict()?;
        let rest = PyTuple::from_refs(rest)?;
        self.run_in(|| callable.call_tuple(&rest, Some(&keywords)))
    }
}

fn same_values(left: &Hamt, right: &Hamt) -> PyResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (var, value) in left.items() {
        match right.get(&var) {
            Some(other) if value.eq(other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
