//! `ContextVar` and the tokens that undo its changes.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use super::{Context, current};
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::ThreadState;
use crate::{Interpreter, OptionalArg, PyDict, PyErr, PyResult, PyStr, PyTuple, PyType, exc};

/// A variable that each context has a value of its own for.
#[pyclass(name = "ContextVar", module = "_contextvars", symbol = PyContextVar_Type, flags(GC), doc = "")]
#[repr(C)]
pub struct ContextVar {
    ob_base: PyObject,
    var_name: Field<PyStr>,
    #[traverse]
    var_default: Field<PyObject>,
    /// Borrowed from the current context, which keeps it alive while the version stands.
    var_cached: Cell<*mut krait_abi::PyObject>,
    var_cached_tsid: Cell<u64>,
    var_cached_tsver: Cell<u64>,
    var_hash: Cell<isize>,
}

const _: () = {
    assert!(size_of::<ContextVar>() == size_of::<krait_abi::PyContextVar>());
};

/// Says that a variable had no value before a change.
#[pyclass(name = "Token.MISSING", flags(DISALLOW_INSTANTIATION), doc = "")]
#[repr(C)]
pub(crate) struct TokenMissing {
    ob_base: PyObject,
}

#[pymethods]
impl TokenMissing {
    #[slot(tp_repr)]
    fn repr(&self) -> &'static str {
        "<Token.MISSING>"
    }
}

/// Undoes one change of a variable.
#[pyclass(name = "Token", module = "_contextvars", symbol = PyContextToken_Type, flags(GC), doc = "")]
#[repr(C)]
pub struct Token {
    ob_base: PyObject,
    #[traverse]
    tok_ctx: Field<Context>,
    #[traverse]
    tok_var: Field<ContextVar>,
    #[traverse]
    tok_oldval: Field<PyObject>,
    tok_used: Cell<bool>,
}

/// The interpreter's `Token.MISSING`.
#[derive(Default)]
struct Missing(Field<PyObject>);

fn missing() -> PyResult<Obj> {
    let state = Interpreter::current().extension::<Missing>();
    if let Some(missing) = state.0.get() {
        return Ok(missing);
    }
    let missing = Py::new(TokenMissing {
        ob_base: PyObject::HEADER,
    })?
    .into_object();
    state.0.set(Some(missing.clone()));
    Ok(missing)
}

/// Makes `Token.MISSING` an attribute of the class.
pub(super) fn add_missing() -> PyResult<()> {
    Token::type_object().dict().set("MISSING", &*missing()?)?;
    Token::type_object().modified();
    Ok(())
}

/// A variable without default.
pub fn new_variable(name: &str) -> PyResult<Obj> {
    Ok(ContextVar::make(&*PyStr::intern(name)?, None)?.into_object())
}

impl ContextVar {
    fn make(name: &PyStr, default: Option<&PyObject>) -> PyResult<Py<ContextVar>> {
        let name_hash = name.as_object().hash()?;
        let var = Py::new(ContextVar {
            ob_base: PyObject::HEADER,
            var_name: Field::new(PyClass::to_owned(name)),
            var_default: Field::from_option(default.map(PyClass::to_obj)),
            var_cached: Cell::new(std::ptr::null_mut()),
            var_cached_tsid: Cell::new(0),
            var_cached_tsver: Cell::new(0),
            var_hash: Cell::new(0),
        })?;
        let hash = crate::object_type::identity_hash(&var) ^ name_hash;
        var.var_hash.set(if hash == -1 { -2 } else { hash });
        Ok(var)
    }

    fn cache(&self, value: &PyObject) {
        let tstate = ThreadState::current();
        self.var_cached.set(value.as_ptr());
        self.var_cached_tsid.set(tstate.serial);
        self.var_cached_tsver.set(tstate.context_version.get());
    }

    fn forget_cached(&self) {
        self.var_cached.set(std::ptr::null_mut());
    }

    /// The value in the current context; neither default applies.
    pub fn value(&self) -> Option<Obj> {
        let tstate = ThreadState::current();
        let cached = self.var_cached.get();
        if !cached.is_null()
            && self.var_cached_tsid.get() == tstate.serial
            && self.var_cached_tsver.get() == tstate.context_version.get()
        {
            // SAFETY: under this thread and version the current context still holds the value:
            // whoever takes it out of that context clears the cache first.
            return Some(unsafe { PyObject::from_ptr(cached) }.to_obj());
        }
        let context = tstate.context.get()?;
        let value = context
            .downcast::<Context>()?
            .ctx_vars
            .borrow()
            .get(self)
            .cloned()?;
        self.cache(&value);
        Some(value)
    }

    /// Sets the value in the current context.
    pub fn assign(&self, value: &PyObject) -> PyResult<()> {
        let context = current()?;
        let vars = context.vars().with(self, value)?;
        self.forget_cached();
        context.set_vars(vars);
        if ThreadState::current().context.is(&context) {
            self.cache_current(&context);
        }
        Ok(())
    }

    /// Caches what the map holds now: dropping the old value may have run code that set another.
    fn cache_current(&self, context: &Context) {
        let value = context.ctx_vars.borrow().get(self).cloned();
        if let Some(value) = value {
            self.cache(&value);
        }
    }

    fn remove(&self, context: &Context) -> PyResult<()> {
        let vars = context.vars();
        if vars.get(self).is_none() {
            return Err(crate::err::key_error_object(self));
        }
        self.forget_cached();
        context.set_vars(vars.without(self)?);
        Ok(())
    }

    fn undo(&self, token: &Token) -> PyResult<()> {
        if token.tok_used.get() {
            return Err(crate::runtime_error!(
                "{} has already been used once",
                token.repr()?.to_string_lossy()
            ));
        }
        if !token.tok_var.is(self) {
            return Err(crate::value_error!(
                "{} was created by a different ContextVar",
                token.repr()?.to_string_lossy()
            ));
        }
        let context = current()?;
        if !token.tok_ctx.is(&context) {
            return Err(crate::value_error!(
                "{} was created in a different Context",
                token.repr()?.to_string_lossy()
            ));
        }
        token.tok_used.set(true);
        match token.tok_oldval.get() {
            Some(value) => self.assign(&value),
            None => self.remove(&context),
        }
    }
}

#[pymethods]
impl ContextVar {
    #[slot(tp_new)]
    fn tp_new(_class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let (mut name, mut default) = (args.get(0), None);
        if args.len() > 1 {
            return Err(crate::type_error!(
                "ContextVar() takes at most 1 positional argument ({} given)",
                args.len()
            ));
        }
        let keywords = kwargs.map(PyDict::items_vec).unwrap_or_default();
        for (key, value) in &keywords {
            match key.downcast::<PyStr>() {
                Some(key) if key.is_text("name") => {
                    if name.is_some() {
                        return Err(crate::type_error!(
                            "argument for ContextVar() given by name ('name') and position (1)"
                        ));
                    }
                    name = Some(value);
                }
                Some(key) if key.is_text("default") => default = Some(&**value),
                _ => {
                    return Err(crate::type_error!(
                        "ContextVar() got an unexpected keyword argument '{}'",
                        key.to_display()
                    ));
                }
            }
        }
        let Some(name) = name else {
            return Err(crate::type_error!(
                "ContextVar() takes exactly 1 positional argument (0 given)"
            ));
        };
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!("context variable name must be a str"));
        };
        Ok(ContextVar::make(name, default)?.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let name = match self.var_name.get() {
            Some(name) => name.repr()?.to_string_lossy(),
            None => String::new(),
        };
        let default = match self.var_default.get() {
            Some(default) => format!(" default={}", default.repr()?.to_string_lossy()),
            None => String::new(),
        };
        let text = format!("<ContextVar name={name}{default} at {:p}>", **self);
        Ok(PyStr::new(&text)?.into_object())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(self.var_hash.get())
    }

    /// Return a value for the variable in the current context.
    ///
    /// Without one, the argument counts, then the variable's own default; a LookupError is raised
    /// where there is neither.
    #[pymethod(signature = "($self, default=<unrepresentable>, /)")]
    fn get(&self, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        if let Some(value) = self.value() {
            return Ok(value);
        }
        match default.present() {
            Some(default) => Ok(default.to_obj()),
            None => self
                .var_default
                .get()
                .ok_or_else(|| PyErr::set_object(&exc::LookupError, self.to_obj())),
        }
    }

    /// Set a new value for the variable in the current context.
    ///
    /// Returns a Token with which reset() brings the previous value back.
    #[pymethod(signature = "($self, value, /)")]
    fn set(&self, value: &PyObject) -> PyResult<Py<Token>> {
        let context = current()?;
        let old = context.ctx_vars.borrow().get(self).cloned();
        let token = Py::new(Token {
            ob_base: PyObject::HEADER,
            tok_ctx: Field::new(context),
            tok_var: Field::new(PyClass::to_owned(self)),
            tok_oldval: Field::from_option(old),
            tok_used: Cell::new(false),
        })?;
        self.assign(value)?;
        Ok(token)
    }

    /// Give the variable the value it had before the set() that made the token.
    #[pymethod(signature = "($self, token, /)")]
    fn reset(&self, token: &PyObject) -> PyResult<()> {
        match token.downcast_exact::<Token>() {
            Some(token) => self.undo(token),
            None => Err(crate::type_error!(
                "expected an instance of Token, got {}",
                token.repr()?.to_string_lossy()
            )),
        }
    }

    /// ContextVars are generic over the type of their contained values
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    #[pygetter]
    fn name(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self.var_name.get())
    }
}

#[pymethods]
impl Token {
    #[slot(tp_new)]
    fn tp_new(_class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Err(crate::runtime_error!(
            "Tokens can only be created by ContextVars"
        ))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Err(crate::abstract_::unhashable(self))
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let used = if self.tok_used.get() { " used" } else { "" };
        let var = match self.tok_var.get() {
            Some(var) => var.as_object().repr()?.to_string_lossy(),
            None => String::new(),
        };
        PyStr::new(&format!("<Token{used} var={var} at {:p}>", **self))
    }

    /// Tokens are generic over the same type as the ContextVar which created them.
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    /// Enter into Token context manager.
    #[pymethod(name = "__enter__")]
    fn enter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    /// Exit from Token context manager, restore the linked ContextVar.
    #[pymethod(name = "__exit__", signature = "($self, type, val, tb, /)")]
    fn exit(&self, _type: &PyObject, _val: &PyObject, _tb: &PyObject) -> PyResult<()> {
        match self.tok_var.get() {
            Some(var) => var.undo(self),
            None => Ok(()),
        }
    }

    #[pygetter]
    fn var(&self) -> PyResult<Option<Py<ContextVar>>> {
        Ok(self.tok_var.get())
    }

    #[pygetter]
    fn old_value(&self) -> PyResult<Obj> {
        match self.tok_oldval.get() {
            Some(value) => Ok(value),
            None => missing(),
        }
    }
}
