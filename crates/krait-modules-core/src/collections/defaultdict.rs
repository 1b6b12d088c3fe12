//! `defaultdict`: a dictionary that makes the values of missing keys.

use krait_macros::{pyclass, pymethods};
use krait_runtime::repr::ReprGuard;
use krait_runtime::{
    Field, Obj, Py, PyClass, PyDict, PyErr, PyObject, PyResult, PyTuple, PyType, none,
    not_implemented, type_error,
};

/// defaultdict(default_factory=None, /, [...]) --> dict with default factory
///
/// The default factory is called without arguments to produce
/// a new value when a key is not present, in __getitem__ only.
/// A defaultdict compares equal to a dict with the same items.
/// All remaining arguments are treated the same as if they were
/// passed to the dict constructor, including keyword arguments.
#[pyclass(
    name = "defaultdict", module = "collections", base = PyDict,
    flags(BASETYPE, GC, DICT_SUBCLASS, MAPPING)
)]
#[repr(C)]
pub(super) struct DefaultDict {
    ob_base: PyDict,
    #[traverse]
    factory: Field<PyObject>,
}

impl DefaultDict {
    fn factory_or_none(&self) -> Obj {
        self.factory.get().unwrap_or_else(|| none().to_obj())
    }

    /// A new dictionary of the same class and factory with the items of `source`.
    fn like(&self, source: &PyObject) -> PyResult<Obj> {
        self.type_()
            .as_object()
            .call(&[&*self.factory_or_none(), source])
    }

    fn copied(&self) -> PyResult<Obj> {
        self.like(self)
    }
}

/// `dict.__init__` with what is left of the arguments.
fn init_base(dict: &PyObject, args: &[Obj], kwargs: Option<&PyDict>) -> PyResult<()> {
    let Some(init) = PyDict::type_object().raw().tp_init.get() else {
        return Ok(());
    };
    let args = PyTuple::from_vec(args.to_vec())?;
    let kwargs = kwargs.map_or(std::ptr::null_mut(), |kwargs| kwargs.as_ptr());
    // SAFETY: `tp_init` takes an instance of its class, a tuple, and a dictionary or null.
    match unsafe { init(dict.as_ptr(), args.as_ptr(), kwargs) } {
        0 => Ok(()),
        _ => Err(PyErr::fetch()),
    }
}

/// `dict.__repr__`.
fn repr_base(dict: &PyObject) -> PyResult<String> {
    let repr = PyDict::type_object()
        .getattr(krait_runtime::intern!("__repr__"))?
        .call1(dict)?;
    Ok(repr.to_display())
}

#[pymethods]
impl DefaultDict {
    #[slot(tp_init)]
    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        let (first, rest) = match args.as_slice() {
            [] => (None, &[][..]),
            [first, rest @ ..] => (Some(first), rest),
        };
        let factory = first.filter(|first| !first.is(none()));
        if factory.is_some_and(|factory| !factory.is_callable()) {
            return Err(type_error!("first argument must be callable or None"));
        }
        let old = self.factory.replace(factory.or(first).cloned());
        let done = init_base(self, rest, kwargs);
        drop(old);
        done
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let items = repr_base(self)?;
        let name = self.type_().name();
        let Some(factory) = self.factory.get() else {
            return Ok(format!("{name}(None, {items})"));
        };
        let shown = match ReprGuard::enter(&factory) {
            Some(_guard) => factory.repr()?.to_string_lossy(),
            None => "...".to_owned(),
        };
        Ok(format!("{name}({shown}, {items})"))
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let (own, other) = match left.downcast::<DefaultDict>() {
            Some(own) => (own, right),
            None => match right.downcast::<DefaultDict>() {
                Some(own) => (own, left),
                None => return Ok(not_implemented().to_obj()),
            },
        };
        if !other.is_instance_of::<PyDict>() {
            return Ok(not_implemented().to_obj());
        }
        let merged = own.like(left)?;
        match merged.downcast::<PyDict>() {
            Some(dict) => dict.update(right, true)?,
            None => {
                merged.call_method(krait_runtime::intern!("update"), &[right])?;
            }
        }
        Ok(merged)
    }

    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    ///   if self.default_factory is None: raise KeyError((key,))
    ///   self[key] = value = self.default_factory()
    ///   return value
    #[pymethod(name = "__missing__", signature = "($self, object, /)")]
    fn missing(&self, key: &PyObject) -> PyResult<Obj> {
        let Some(factory) = self.factory.get().filter(|factory| !factory.is(none())) else {
            return Err(krait_runtime::err::key_error_object(key));
        };
        let value = factory.call0()?;
        // What the factory itself may have stored under the key stays.
        self.ob_base.set_default(key, &value)
    }

    /// D.copy() -> a shallow copy of D.
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        self.copied()
    }

    /// D.copy() -> a shallow copy of D.
    #[pymethod(name = "__copy__")]
    fn dunder_copy(&self) -> PyResult<Obj> {
        self.copied()
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let factory = self.factory.get().filter(|factory| !factory.is(none()));
        let args = PyTuple::from_vec(factory.into_iter().collect())?;
        let items = self
            .call_method(krait_runtime::intern!("items"), &[])?
            .iter()?;
        PyTuple::from_vec(vec![
            self.type_().to_obj(),
            args.into_object(),
            none().to_obj(),
            none().to_obj(),
            items,
        ])
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    /// Factory for default value called by __missing__().
    #[pygetter]
    fn default_factory(&self) -> Obj {
        self.factory_or_none()
    }

    #[pysetter]
    fn set_default_factory(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.factory.set(value.map(PyClass::to_obj));
        Ok(())
    }
}
