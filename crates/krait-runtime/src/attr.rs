//! Attribute access: descriptors, instance attributes, and the protocol around them.

use krait_abi as abi;

use crate::call::result_from_ptr;
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyErr, PyResult, PyStr};

/// What calling a method needs: the function and whether `self` is already bound to it.
pub enum Method {
    /// A function that takes `self` as its first argument.
    Unbound(Obj),
    /// A class method's function, and the class that it takes as its first argument.
    OfClass(Obj, Obj),
    /// Anything else: called with the arguments alone.
    Bound(Obj),
}

impl Method {
    /// Calls the method, which was looked up on `this`.
    pub fn call(&self, this: &PyObject, args: &[&PyObject]) -> PyResult<Obj> {
        /// Arguments that are joined on the native stack, up to this many.
        const FEW: usize = 4;
        let (function, first) = match self {
            Method::Unbound(function) => (function, this),
            Method::OfClass(function, class) => (function, &**class),
            Method::Bound(function) => return function.call(args),
        };
        if args.len() < FEW {
            let mut all = [first; FEW];
            all[1..=args.len()].copy_from_slice(args);
            return function.call(&all[..=args.len()]);
        }
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(first);
        all.extend_from_slice(args);
        function.call(&all)
    }
}

/// Looks up `__get__` of an object's class and binds it.
#[inline]
fn descr_get(
    descr: &PyObject,
    get: abi::descrgetfunc,
    obj: Option<&PyObject>,
    class: &PyObject,
) -> PyResult<Obj> {
    let obj = obj.map_or(std::ptr::null_mut(), PyObject::as_ptr);
    // SAFETY: `tp_descr_get` takes a descriptor of its class, an instance or null, and a class.
    unsafe { result_from_ptr(get(descr.as_ptr(), obj, class.as_ptr())) }
}

/// Whether a class attribute goes before the instance's: it has `__set__` or `__delete__`.
#[inline]
fn is_data_descriptor(descr: &PyObject) -> bool {
    descr.type_().raw().tp_descr_set.get().is_some()
}

impl PyObject {
    /// `getattr(self, name)`.
    pub fn getattr(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "attribute name must be string, not '{}'",
                name.type_name()
            ));
        };
        let result = match self.type_().raw().tp_getattro.get() {
            // SAFETY: `tp_getattro` takes an instance of its class and a `str`.
            Some(getattro) => unsafe { result_from_ptr(getattro(self.as_ptr(), name.as_ptr())) },
            None => Err(no_attribute(self, text)),
        };
        result.inspect_err(|error| note_attribute_error(error, self, name))
    }

    /// `getattr(self, name)` for a name known at build time.
    pub fn getattr_str(&self, name: &str) -> PyResult<Obj> {
        self.getattr(&*PyStr::intern(name)?)
    }

    /// `getattr(self, name)`, `None` instead of `AttributeError`.
    pub fn lookup_attr(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let getattro = self.type_().raw().tp_getattro.get();
        if getattro.is_some_and(is_generic_getattr) {
            return self.generic_lookup(name);
        }
        if getattro.is_some_and(crate::typeobject::is_type_getattro)
            && let Some(class) = self.downcast::<crate::PyType>()
        {
            return class.type_lookup_attr(name);
        }
        match self.getattr(name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.matches(&crate::exc::AttributeError) => {
                error.clear();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// As [`PyObject::lookup_attr`] for a name known at build time.
    pub fn lookup_attr_str(&self, name: &str) -> PyResult<Option<Obj>> {
        self.lookup_attr(&*PyStr::intern(name)?)
    }

    /// `hasattr(self, name)`.
    pub fn has_attr(&self, name: &PyStr) -> PyResult<bool> {
        Ok(self.lookup_attr(name)?.is_some())
    }

    /// `setattr(self, name, value)`; `None` deletes.
    pub fn setattr(&self, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "attribute name must be string, not '{}'",
                name.type_name()
            ));
        };
        // Attribute names are interned so that instances share them and lookups compare addresses.
        let interned = text.interned();
        let Some(setattro) = self.type_().raw().tp_setattro.get() else {
            let class = self.type_name();
            return Err(if self.type_().raw().tp_getattro.get().is_none() {
                crate::type_error!(
                    "'{class}' object has no attributes ({} .{})",
                    if value.is_some() { "assign to" } else { "del" },
                    text.to_string_lossy()
                )
            } else {
                crate::type_error!(
                    "'{class}' object has only read-only attributes ({} .{})",
                    if value.is_some() { "assign to" } else { "del" },
                    text.to_string_lossy()
                )
            });
        };
        let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
        // SAFETY: `tp_setattro` takes an instance of its class, a `str`, and a value or null.
        let status = unsafe { setattro(self.as_ptr(), interned.as_ptr(), value) };
        if status < 0 {
            Err(PyErr::fetch())
        } else {
            Ok(())
        }
    }

    /// `setattr(self, name, value)` for a name known at build time.
    pub fn setattr_str(&self, name: &str, value: &PyObject) -> PyResult<()> {
        self.setattr(&*PyStr::intern(name)?, Some(value))
    }

    /// `delattr(self, name)`.
    pub fn delattr(&self, name: &PyObject) -> PyResult<()> {
        self.setattr(name, None)
    }

    /// What `self.name(…)` calls, without making a bound method where a function would do.
    pub fn get_method(&self, name: &PyStr) -> PyResult<Method> {
        let class = self.type_();
        if !class
            .raw()
            .tp_getattro
            .get()
            .is_some_and(is_generic_getattr)
        {
            if let Some(this) = self.downcast::<crate::PyType>()
                && let Some(method) = crate::typeobject::class_method_of_type(this, name)
            {
                return Ok(method);
            }
            return self.getattr(name).map(Method::Bound);
        }
        let descr = class.lookup(name);
        if let Some(descr) = &descr {
            let get = descr.type_().raw().tp_descr_get.get();
            if descr.type_().has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
                if self.instance_attr(name)?.is_none() {
                    return Ok(Method::Unbound(descr.clone()));
                }
            } else if let Some(get) = get
                && is_data_descriptor(descr)
            {
                return descr_get(descr, get, Some(self), class)
                    .inspect_err(|error| note_attribute_error(error, self, name))
                    .map(Method::Bound);
            }
        }
        if let Some(value) = self.instance_attr(name)? {
            return Ok(Method::Bound(value));
        }
        let Some(descr) = descr else {
            let error = no_attribute(self, name);
            note_attribute_error(&error, self, name);
            return Err(error);
        };
        if let Some(function) = crate::descr::class_method_function(&descr) {
            return Ok(Method::OfClass(function, class.to_obj()));
        }
        match descr.type_().raw().tp_descr_get.get() {
            Some(get) => descr_get(&descr, get, Some(self), class).map(Method::Bound),
            None => Ok(Method::Bound(descr)),
        }
    }

    /// `PyObject_GenericGetAttr` with `None` for a missing attribute.
    pub fn generic_lookup(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let class = self.type_();
        let descr = class.lookup(name);
        let mut get = None;
        if let Some(descr) = &descr {
            get = descr.type_().raw().tp_descr_get.get();
            if let Some(get) = get
                && is_data_descriptor(descr)
            {
                return suppress_attribute_error(descr_get(descr, get, Some(self), class));
            }
        }
        if let Some(value) = self.instance_attr(name)? {
            return Ok(Some(value));
        }
        match (descr, get) {
            (Some(descr), Some(get)) => {
                suppress_attribute_error(descr_get(&descr, get, Some(self), class))
            }
            (descr, _) => Ok(descr),
        }
    }

    /// `PyObject_GenericGetAttr`: `object.__getattribute__`.
    pub fn generic_getattr(&self, name: &PyStr) -> PyResult<Obj> {
        let class = self.type_();
        let descr = class.lookup(name);
        let mut get = None;
        if let Some(descr) = &descr {
            get = descr.type_().raw().tp_descr_get.get();
            if let Some(get) = get
                && is_data_descriptor(descr)
            {
                return descr_get(descr, get, Some(self), class);
            }
        }
        if let Some(value) = self.instance_attr(name)? {
            return Ok(value);
        }
        match (descr, get) {
            (Some(descr), Some(get)) => descr_get(&descr, get, Some(self), class),
            (Some(descr), None) => Ok(descr),
            (None, _) => Err(no_attribute(self, name)),
        }
    }

    /// `PyObject_GenericSetAttr`: `object.__setattr__` and `__delattr__`.
    pub fn generic_setattr(&self, name: &PyStr, value: Option<&PyObject>) -> PyResult<()> {
        let class = self.type_();
        let descr = class.lookup(name);
        if let Some(descr) = &descr
            && let Some(set) = descr.type_().raw().tp_descr_set.get()
        {
            let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
            // SAFETY: `tp_descr_set` takes a descriptor of its class, an instance, a value or null.
            let status = unsafe { set(descr.as_ptr(), self.as_ptr(), value) };
            return if status < 0 {
                Err(PyErr::fetch())
            } else {
                Ok(())
            };
        }
        if !self.has_instance_dict() {
            let error = if descr.is_some() {
                crate::attribute_error!(
                    "'{}' object attribute '{}' is read-only",
                    class.tp_name(),
                    name.to_string_lossy()
                )
            } else if class
                .raw()
                .tp_setattro
                .get()
                .is_some_and(is_generic_setattr)
            {
                crate::attribute_error!(
                    "'{}' object has no attribute '{}' and no __dict__ for setting new attributes",
                    class.tp_name(),
                    name.to_string_lossy()
                )
            } else {
                no_attribute(self, name)
            };
            note_attribute_error(&error, self, name);
            return Err(error);
        }
        if self.set_instance_attr(name, value)? {
            return Ok(());
        }
        let error = no_attribute(self, name);
        note_attribute_error(&error, self, name);
        Err(error)
    }

    /// Looks a special method up on the class and binds it; the instance is not asked.
    pub fn lookup_special(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let Some(descr) = self.type_().lookup(name) else {
            return Ok(None);
        };
        match descr.type_().raw().tp_descr_get.get() {
            Some(get) => descr_get(&descr, get, Some(self), self.type_()).map(Some),
            None => Ok(Some(descr)),
        }
    }

    /// As [`PyObject::lookup_special`], unbound where it is a plain function.
    pub fn lookup_special_method(&self, name: &PyStr) -> PyResult<Option<Method>> {
        let Some(descr) = self.type_().lookup(name) else {
            return Ok(None);
        };
        if descr.type_().has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
            return Ok(Some(Method::Unbound(descr)));
        }
        match descr.type_().raw().tp_descr_get.get() {
            Some(get) => descr_get(&descr, get, Some(self), self.type_())
                .map(|bound| Some(Method::Bound(bound))),
            None => Ok(Some(Method::Bound(descr))),
        }
    }

    /// Calls a special method of the class with `self`; `None` if the class has none.
    pub fn call_special(&self, name: &PyStr, args: &[&PyObject]) -> PyResult<Option<Obj>> {
        self.lookup_special_method(name)?
            .map(|method| method.call(self, args))
            .transpose()
    }
}

fn suppress_attribute_error(result: PyResult<Obj>) -> PyResult<Option<Obj>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.matches(&crate::exc::AttributeError) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Raises CPython's `AttributeError` for a missing attribute of an instance.
#[cold]
pub fn no_attribute(object: &PyObject, name: &PyStr) -> PyErr {
    let error = crate::attribute_error!(
        "'{}' object has no attribute '{}'",
        object.type_().tp_name(),
        name.to_string_lossy()
    );
    note_attribute_error(&error, object, name);
    error
}

/// Fills in `name` and `obj` of a fresh `AttributeError`, which suggestions are made from.
#[cold]
pub fn note_attribute_error(error: &PyErr, object: &PyObject, name: &PyObject) {
    if !error.matches(&crate::exc::AttributeError) {
        return;
    }
    let value = error.value();
    if let Some(raised) = value.downcast::<crate::exceptions::PyAttributeError>()
        && !raised.name.is_some()
        && !raised.obj.is_some()
    {
        raised.name.set(Some(name.to_obj()));
        raised.obj.set(Some(object.to_obj()));
    }
}

/// `PyObject_GenericGetAttr` as a slot.
///
/// # Safety
/// The contract of `tp_getattro`.
#[inline(never)]
pub unsafe extern "C" fn generic_getattro(
    object: *mut abi::PyObject,
    name: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_getattro`.
    let (object, name) = unsafe { (PyObject::from_ptr(object), PyObject::from_ptr(name)) };
    crate::call::result_into_ptr(match name.downcast::<PyStr>() {
        Some(name) => object.generic_getattr(name),
        None => Err(crate::type_error!(
            "attribute name must be string, not '{}'",
            name.type_name()
        )),
    })
}

/// `PyObject_GenericSetAttr` as a slot.
///
/// # Safety
/// The contract of `tp_setattro`.
#[inline(never)]
pub unsafe extern "C" fn generic_setattro(
    object: *mut abi::PyObject,
    name: *mut abi::PyObject,
    value: *mut abi::PyObject,
) -> i32 {
    // SAFETY: the contract of `tp_setattro`.
    let (object, name, value) = unsafe {
        (
            PyObject::from_ptr(object),
            PyObject::from_ptr(name),
            PyObject::from_ptr_opt(value),
        )
    };
    let result = match name.downcast::<PyStr>() {
        Some(name) => object.generic_setattr(name, value),
        None => Err(crate::type_error!(
            "attribute name must be string, not '{}'",
            name.type_name()
        )),
    };
    if result.is_ok() { 0 } else { -1 }
}

/// Whether a slot is the generic one, so that its logic may be done in place.
#[inline(always)]
pub fn is_generic_getattr(slot: abi::getattrofunc) -> bool {
    std::ptr::fn_addr_eq(slot, generic_getattro as abi::getattrofunc)
}

/// Whether a slot is the generic one.
#[inline(always)]
pub fn is_generic_setattr(slot: abi::setattrofunc) -> bool {
    std::ptr::fn_addr_eq(slot, generic_setattro as abi::setattrofunc)
}
