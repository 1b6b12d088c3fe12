//! `super`: attribute lookup in the order of resolution after a class.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::PyType;
use super::glue;
use crate::call::result_from_ptr;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Method, PyDict, PyResult, PyStr, PyTuple, intern, type_error};

/// super() -> same as super(__class__, <first argument>)
/// super(type) -> unbound super object
/// super(type, obj) -> bound super object; requires isinstance(obj, type)
/// super(type, type2) -> bound super object; requires issubclass(type2, type)
///
/// Attribute lookups on the object go past the class itself, to the next in the order of
/// resolution: for calls of methods that a class overrides.
#[pyclass(name = "super", symbol = PySuper_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PySuper {
    ob_base: PyObject,
    #[traverse]
    this_class: Field<PyType>,
    #[traverse]
    object: Field<PyObject>,
    #[traverse]
    object_class: Field<PyType>,
}

/// The class at whose order of resolution the lookup works: `object` must be an instance of
/// `class`, or a subclass of it.
pub(crate) fn check_super(class: &PyType, object: &PyObject) -> PyResult<Py<PyType>> {
    if let Some(subclass) = object.downcast::<PyType>()
        && subclass.is_subtype(class)
    {
        return Ok(PyClass::to_owned(subclass));
    }
    if object.type_().is_subtype(class) {
        return Ok(PyClass::to_owned(object.type_()));
    }
    // Proxies claim another class than their own.
    if let Some(claimed) = object.lookup_attr(intern!("__class__"))?
        && let Ok(claimed) = claimed.cast::<PyType>()
        && !std::ptr::eq(&*claimed, object.type_())
        && claimed.is_subtype(class)
    {
        return Ok(claimed);
    }
    Err(not_an_instance(object, class))
}

/// The error of `super(class, object)` for an object that is neither an instance nor a subclass.
#[cold]
pub(super) fn not_an_instance(object: &PyObject, class: &PyType) -> crate::PyErr {
    let (kind, name) = match object.downcast::<PyType>() {
        Some(class) => ("type", class.tp_name()),
        None => ("instance of", object.type_().tp_name()),
    };
    type_error!(
        "super(type, obj): obj ({kind} {name}) is not an instance or subtype of type ({}).",
        class.tp_name()
    )
}

/// Finds `name` after `class` in the order of `object_class`, unbound.
fn find_after(class: &PyType, object_class: &PyType, name: &PyStr) -> PyResult<Option<Obj>> {
    let Some(mro) = object_class.mro().map(PyClass::to_owned) else {
        return Ok(None);
    };
    let after = mro
        .as_slice()
        .iter()
        .skip_while(|each| !each.is(class))
        .skip(1);
    for each in after {
        if let Some(each) = each.downcast::<PyType>()
            && let Some(found) = each.dict().get_str(name)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The attribute that `super(class, object)` finds, bound to the object; `object_class` is what
/// [`check_super`] gave.
pub(crate) fn super_attribute(
    class: &PyType,
    object: &PyObject,
    object_class: &PyType,
    name: &PyStr,
) -> PyResult<Option<Obj>> {
    let Some(found) = find_after(class, object_class, name)? else {
        return Ok(None);
    };
    let Some(get) = found.type_().raw().tp_descr_get.get() else {
        return Ok(Some(found));
    };
    // Looked up on a class, methods stay unbound.
    let instance = if object.is(object_class) {
        std::ptr::null_mut()
    } else {
        object.as_ptr()
    };
    // SAFETY: the slot takes its own instance, an object or null, and a class.
    unsafe { result_from_ptr(get(found.as_ptr(), instance, object_class.as_ptr())) }.map(Some)
}

/// `super(class, object).name(…)` without a `super` object, for `LOAD_SUPER_ATTR`: the function and
/// whether self is still to be passed.
pub fn super_method(class: &PyType, object: &PyObject, name: &PyStr) -> PyResult<Method> {
    let object_class = check_super(class, object)?;
    if let Some(found) = find_after(class, &object_class, name)?
        && found.type_().has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR)
        && !object.is(&object_class)
    {
        return Ok(Method::Unbound(found));
    }
    super_getattr(class, object, name).map(Method::Bound)
}

/// `super(class, object).name` without a `super` object, for `LOAD_SUPER_ATTR`.
pub fn super_getattr(class: &PyType, object: &PyObject, name: &PyStr) -> PyResult<Obj> {
    let object_class = check_super(class, object)?;
    if !name.is_text("__class__")
        && let Some(value) = super_attribute(class, object, &object_class, name)?
    {
        return Ok(value);
    }
    PySuper::bound(class, object, &object_class)?.generic_getattr(name)
}

impl PySuper {
    fn bound(class: &PyType, object: &PyObject, object_class: &PyType) -> PyResult<Py<PySuper>> {
        Py::new(PySuper {
            ob_base: PyObject::HEADER,
            this_class: Field::new(PyClass::to_owned(class)),
            object: Field::new(object.to_obj()),
            object_class: Field::new(PyClass::to_owned(object_class)),
        })
    }
}

#[pymethods]
impl PySuper {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let made = Py::new_in(
            cls,
            PySuper {
                ob_base: PyObject::HEADER,
                this_class: Field::empty(),
                object: Field::empty(),
                object_class: Field::empty(),
            },
        )?;
        Ok(made.into_object())
    }

    #[slot(tp_init)]
    fn tp_init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(type_error!("super() takes no keyword arguments"));
        }
        let (class, object) = match args.as_slice() {
            [] => {
                let hooks = crate::Interpreter::current().hooks.get();
                let (object, class) = (hooks.super_arguments)()?;
                (class, Some(object))
            }
            [class] => (class.clone(), None),
            [class, object] => (class.clone(), Some(object.clone())),
            _ => {
                return Err(type_error!(
                    "super() expected at most 2 arguments, got {}",
                    args.len()
                ));
            }
        };
        let class = class.cast::<PyType>().map_err(|other| {
            type_error!(
                "super() argument 1 must be a type, not {}",
                other.type_().tp_name()
            )
        })?;
        let object = object.filter(|object| !object.is(crate::none()));
        let object_class = object
            .as_ref()
            .map(|object| check_super(&class, object))
            .transpose()?;
        self.this_class.set(Some(class));
        self.object.set(object);
        self.object_class.set(object_class);
        Ok(())
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(type_error!(
                "attribute name must be string, not '{}'",
                name.type_().tp_name()
            ));
        };
        // `super().__class__` is `super` itself, as for any object.
        if !name.is_text("__class__")
            && let (Some(class), Some(object), Some(object_class)) = (
                self.this_class.get(),
                self.object.get(),
                self.object_class.get(),
            )
            && let Some(value) = super_attribute(&class, &object, &object_class, name)?
        {
            return Ok(value);
        }
        self.generic_getattr(name)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let object = object.filter(|object| !object.is(crate::none()));
        let (Some(object), false) = (object, self.object.is_some()) else {
            return Ok(self.to_obj());
        };
        let Some(class) = self.this_class.get() else {
            return Ok(self.to_obj());
        };
        if !self.is_exact::<PySuper>() {
            return self.type_().as_object().call(&[&class, object]);
        }
        let object_class = check_super(&class, object)?;
        PySuper::bound(&class, object, &object_class).map(Py::into_object)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let name = self
            .this_class
            .get()
            .map_or_else(|| "NULL".to_owned(), |class| class.tp_name());
        let text = match self.object_class.get() {
            Some(class) => format!("<super: <class '{name}'>, <{} object>>", class.tp_name()),
            None => format!("<super: <class '{name}'>, NULL>"),
        };
        PyStr::new(&text).map(Py::into_object)
    }

    /// the class invoking super()
    #[pygetter(name = "__thisclass__")]
    fn thisclass(&self) -> PyResult<Obj> {
        Ok(self
            .this_class
            .get()
            .map_or_else(glue::none_obj, Py::into_object))
    }

    /// the instance invoking super(); may be None
    #[pygetter(name = "__self__")]
    fn get_self(&self) -> PyResult<Obj> {
        Ok(self.object.get().unwrap_or_else(glue::none_obj))
    }

    /// the type of the instance invoking super(); may be None
    #[pygetter(name = "__self_class__")]
    fn self_class(&self) -> PyResult<Obj> {
        Ok(self
            .object_class
            .get()
            .map_or_else(glue::none_obj, Py::into_object))
    }
}
