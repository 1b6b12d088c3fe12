//! `classmethod` and `staticmethod`.

use krait_macros::{pyclass, pymethods};

use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue;
use crate::{PyDict, PyMethod, PyResult, PyStr, PyTuple, intern, type_error};

/// classmethod(function, /)
/// --
///
/// Convert a function to be a class method.
///
/// A class method gets the class as its first argument, as an instance method gets the instance.
/// It can be called on the class or on an instance, of which only the class counts.
#[pyclass(name = "classmethod", symbol = PyClassMethod_Type, flags(BASETYPE, GC), members = CLASS_MEMBERS, methods(COMMON, METHODS))]
#[repr(C)]
pub struct PyClassMethod {
    ob_base: PyObject,
    #[traverse]
    cm_callable: Field<PyObject>,
    #[dict]
    cm_dict: Field<PyDict>,
}

/// staticmethod(function, /)
/// --
///
/// Convert a function to be a static method.
///
/// A static method gets no implicit first argument. It can be called on the class or on an
/// instance.
#[pyclass(name = "staticmethod", symbol = PyStaticMethod_Type, flags(BASETYPE, GC), members = STATIC_MEMBERS, methods(COMMON, METHODS))]
#[repr(C)]
pub struct PyStaticMethod {
    ob_base: PyObject,
    #[traverse]
    sm_callable: Field<PyObject>,
    #[dict]
    sm_dict: Field<PyDict>,
}

/// What programs see of the structs.
const CLASS_MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyClassMethod:
    c"__func__" cm_callable _Py_T_OBJECT;
    c"__wrapped__" cm_callable _Py_T_OBJECT;
};
const STATIC_MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyStaticMethod:
    c"__func__" sm_callable _Py_T_OBJECT;
    c"__wrapped__" sm_callable _Py_T_OBJECT;
};

/// `functools.update_wrapper` for the attributes that wrappers take over from their function.
fn wraps(wrapper: &PyObject, wrapped: &PyObject) -> PyResult<()> {
    for name in [
        intern!("__module__"),
        intern!("__name__"),
        intern!("__qualname__"),
        intern!("__doc__"),
    ] {
        if let Some(value) = wrapped.lookup_attr(name)? {
            wrapper.setattr(name, Some(&value))?;
        }
    }
    Ok(())
}

/// The one argument of the constructors.
fn one_argument<'a>(
    name: &str,
    args: &'a PyTuple,
    kwargs: Option<&PyDict>,
) -> PyResult<&'a PyObject> {
    if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
        return Err(type_error!("{name}() takes no keyword arguments"));
    }
    match args.as_slice() {
        [callable] => Ok(callable),
        _ => Err(type_error!(
            "{name} expected 1 argument, got {}",
            args.len()
        )),
    }
}

/// `__isabstractmethod__` of what is wrapped.
pub(super) fn is_abstract(callable: Option<Obj>) -> PyResult<bool> {
    let Some(callable) = callable else {
        return Ok(false);
    };
    match callable.lookup_attr(intern!("__isabstractmethod__"))? {
        Some(value) => value.is_true(),
        None => Ok(false),
    }
}

/// Defines what the two classes have in common.
macro_rules! method_class {
    ($class:ident, $name:literal, $callable:ident, $dict:ident) => {
        impl $class {
            /// A wrapper of `callable`, whose attributes it does not take over.
            pub fn from_callable(callable: &PyObject) -> PyResult<Py<$class>> {
                Py::new($class {
                    ob_base: PyObject::HEADER,
                    $callable: Field::new(callable.to_obj()),
                    $dict: Field::empty(),
                })
            }

            /// What is wrapped.
            pub fn callable(&self) -> PyResult<Obj> {
                self.$callable.get().ok_or_else(|| {
                    crate::runtime_error!(concat!("uninitialized ", $name, " object"))
                })
            }
        }

        #[pymethods(COMMON)]
        impl $class {
            #[slot(tp_new)]
            fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
                let method = Py::new_in(
                    cls,
                    $class {
                        ob_base: PyObject::HEADER,
                        $callable: Field::new(glue::none_obj()),
                        $dict: Field::empty(),
                    },
                )?;
                Ok(method.into_object())
            }

            #[slot(tp_init)]
            fn tp_init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
                let callable = one_argument($name, args, kwargs)?;
                self.$callable.set(Some(callable.to_obj()));
                wraps(self, callable)
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Obj> {
                let callable = self.$callable.get().unwrap_or_else(glue::none_obj);
                let text = format!(
                    concat!("<", $name, "({})>"),
                    callable.repr()?.to_string_lossy()
                );
                PyStr::new(&text).map(Py::into_object)
            }

            #[pygetter(name = "__isabstractmethod__")]
            fn isabstractmethod(&self) -> PyResult<bool> {
                is_abstract(self.$callable.get())
            }

            #[pygetter(name = "__dict__")]
            fn get_dict(&self) -> PyResult<Obj> {
                crate::object_type::instance_dict_attribute(self)
            }

            #[pysetter(name = "__dict__")]
            fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
                crate::object_type::set_instance_dict_attribute(self, value)
            }

            #[pygetter(name = "__annotations__")]
            fn annotations(&self) -> PyResult<Obj> {
                self.forwarded(intern!("__annotations__"))
            }

            #[pysetter(name = "__annotations__")]
            fn set_annotations(&self, value: Option<&PyObject>) -> PyResult<()> {
                self.set_cached(intern!("__annotations__"), value)
            }

            #[pygetter(name = "__annotate__")]
            fn annotate(&self) -> PyResult<Obj> {
                self.forwarded(intern!("__annotate__"))
            }

            #[pysetter(name = "__annotate__")]
            fn set_annotate(&self, value: Option<&PyObject>) -> PyResult<()> {
                self.set_cached(intern!("__annotate__"), value)
            }

            #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
            fn class_getitem(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
                crate::generic_alias::new_generic_alias(cls, object)
            }
        }

        impl $class {
            /// An attribute of the function, remembered in the wrapper's own dictionary.
            fn forwarded(&self, name: &PyStr) -> PyResult<Obj> {
                if let Some(dict) = self.$dict.get()
                    && let Some(value) = dict.get_str(name)?
                {
                    return Ok(value);
                }
                let value = self.callable()?.getattr(name)?;
                self.set_cached(name, Some(&value))?;
                Ok(value)
            }

            fn set_cached(&self, name: &PyStr, value: Option<&PyObject>) -> PyResult<()> {
                let dict = match self.$dict.get() {
                    Some(dict) => dict,
                    None => {
                        let dict = PyDict::new()?;
                        self.$dict.set(Some(dict.clone()));
                        dict
                    }
                };
                match value {
                    Some(value) => dict.set_item(name, value),
                    None if dict.del_item(name)? => Ok(()),
                    None => Err(crate::attribute_error!("{}", name.to_string_lossy())),
                }
            }
        }
    };
}

method_class!(PyClassMethod, "classmethod", cm_callable, cm_dict);
method_class!(PyStaticMethod, "staticmethod", sm_callable, sm_dict);

#[pymethods]
impl PyClassMethod {
    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, class: Option<&PyObject>) -> PyResult<Obj> {
        let callable = self.callable()?;
        let class = match (class, object) {
            (Some(class), _) => class.to_obj(),
            (None, Some(object)) => object.type_().to_obj(),
            (None, None) => return Err(type_error!("__get__(None, None) is invalid")),
        };
        PyMethod::bind(callable, class).map(Py::into_object)
    }
}

/// What a class method calls with the class, if `descr` is one.
#[inline]
pub(crate) fn class_method_function(descr: &PyObject) -> Option<Obj> {
    descr.downcast_exact::<PyClassMethod>()?.cm_callable.get()
}

#[pymethods]
impl PyStaticMethod {
    #[slot(tp_descr_get)]
    fn descr_get(&self, _object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        self.callable()
    }

    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.callable()?.call_tuple(args, kwargs)
    }
}
