//! Descriptors: how methods, slots, struct fields and computed attributes of native classes appear
//! in class dictionaries, and `property`, `classmethod`, `staticmethod`, `mappingproxy`.
//!
//! Invariant: a descriptor's table row outlives the class that it was made for, which the
//! descriptor keeps alive.

mod classmethod;
pub(crate) mod docstring;
mod getset;
mod mappingproxy;
mod member;
mod method;
mod property;
mod structmember;
mod wrapper;

pub(crate) use classmethod::class_method_function;
pub use classmethod::{PyClassMethod, PyStaticMethod};
pub use getset::PyGetSetDescr;
pub use mappingproxy::PyMappingProxy;
pub use member::PyMemberDescr;
pub use method::{PyClassMethodDescr, PyMethodDescr};
pub use property::PyProperty;
pub use structmember::{member_get, member_set};
pub use wrapper::{PyMethodWrapper, PyWrapperDescr};

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyResult, PyStr, PyTuple, intern, type_error};

/// What all descriptors of native classes have: their class and name.
pub(crate) trait Descriptor: PyClass {
    /// `__objclass__`.
    fn d_type(&self) -> &crate::field::Field<PyType>;
    /// `__name__`.
    fn d_name(&self) -> &crate::field::Field<PyStr>;
    /// The cached `__qualname__`.
    fn d_qualname(&self) -> &crate::field::Field<PyObject>;

    /// The name as Rust text.
    fn name_text(&self) -> String {
        self.d_name()
            .get()
            .map_or_else(|| "?".to_owned(), |name| name.to_string_lossy())
    }

    /// The class's `tp_name`.
    fn class_name(&self) -> String {
        self.d_type()
            .get()
            .map_or_else(|| "?".to_owned(), |class| class.tp_name())
    }

    /// Checks that `object` is an instance of the descriptor's class.
    #[inline]
    fn check_instance(&self, object: &PyObject) -> PyResult<()> {
        // SAFETY: no Python code runs while the class is borrowed.
        let class = unsafe { self.d_type().borrow() };
        if class.is_some_and(|class| object.type_().is_subtype(class)) {
            return Ok(());
        }
        Err(wrong_instance(
            &self.name_text(),
            &self.class_name(),
            object,
        ))
    }

    /// `__qualname__`: the class's and the name.
    fn qualname(&self) -> PyResult<Obj> {
        if let Some(qualname) = self.d_qualname().get() {
            return Ok(qualname);
        }
        let class = self
            .d_type()
            .get()
            .map_or_else(|| crate::none().to_obj(), Py::into_object);
        let of_class = class.getattr(intern!("__qualname__"))?;
        let Some(of_class) = of_class.downcast::<PyStr>() else {
            return Err(type_error!(
                "<descriptor>.__objclass__.__qualname__ is not a unicode object"
            ));
        };
        let text = format!("{}.{}", of_class.to_string_lossy(), self.name_text());
        let qualname = PyStr::new(&text)?.into_object();
        self.d_qualname().set(Some(qualname.clone()));
        Ok(qualname)
    }

    /// `__reduce__`: `getattr(class, name)`.
    fn reduce_descriptor(&self) -> PyResult<Obj> {
        let name = self
            .d_name()
            .get()
            .map_or_else(|| crate::none().to_obj(), Py::into_object);
        reduce_as_getattr(self.d_type().get().map(Py::into_object), name)
    }

    /// `repr`: `<kind 'name' of 'class' objects>`.
    fn describe(&self, kind: &str) -> PyResult<Obj> {
        let text = format!(
            "<{kind} '{}' of '{}' objects>",
            self.name_text(),
            self.class_name()
        );
        PyStr::new(&text).map(Py::into_object)
    }
}

#[cold]
fn wrong_instance(name: &str, class: &str, object: &PyObject) -> crate::PyErr {
    type_error!(
        "descriptor '{name}' for '{class}' objects doesn't apply to a '{}' object",
        object.type_().tp_name()
    )
}

/// What `__reduce__` returns for something that is an attribute of `owner`.
pub(crate) fn reduce_as_getattr(owner: Option<Obj>, name: Obj) -> PyResult<Obj> {
    let getattr = builtin("getattr")?;
    let owner = owner.unwrap_or_else(|| crate::none().to_obj());
    let arguments = PyTuple::from_vec(vec![owner, name])?;
    PyTuple::from_vec(vec![getattr, arguments.into_object()]).map(Py::into_object)
}

/// A builtin function by name.
pub fn builtin(name: &str) -> PyResult<Obj> {
    let builtins = crate::Interpreter::current().builtins.get();
    match builtins
        .map(|builtins| builtins.get(name))
        .transpose()?
        .flatten()
    {
        Some(function) => Ok(function),
        None => Err(crate::attribute_error!(
            "module 'builtins' has no attribute '{name}'"
        )),
    }
}

/// Whether `object` is the wrapper descriptor of the native function at `function`.
pub(crate) fn wraps(object: &PyObject, function: *const ()) -> bool {
    object
        .downcast_exact::<PyWrapperDescr>()
        .is_some_and(|wrapper| std::ptr::addr_eq(wrapper.wrapped(), function))
}

/// Defines the common parts of a descriptor class: its [`Descriptor`] fields, and the table
/// `COMMON` with `__name__`, `__objclass__`, `__qualname__`.
macro_rules! descriptor_class {
    ($class:ident, $kind:literal) => {
        impl $crate::descr::Descriptor for $class {
            #[inline(always)]
            fn d_type(&self) -> &$crate::field::Field<$crate::PyType> {
                &self.d_type
            }
            #[inline(always)]
            fn d_name(&self) -> &$crate::field::Field<$crate::PyStr> {
                &self.d_name
            }
            #[inline(always)]
            fn d_qualname(&self) -> &$crate::field::Field<$crate::PyObject> {
                &self.d_qualname
            }
        }

        #[krait_macros::pymethods(COMMON)]
        impl $class {
            #[slot(tp_repr)]
            fn repr(&self) -> $crate::PyResult<$crate::Obj> {
                $crate::descr::Descriptor::describe(self, $kind)
            }

            #[pygetter(name = "__name__")]
            fn get_name(&self) -> $crate::PyResult<$crate::Obj> {
                let name = self.d_name.get();
                Ok(name.map_or_else($crate::typeobject::glue::none_obj, $crate::Py::into_object))
            }

            #[pygetter(name = "__objclass__")]
            fn get_objclass(&self) -> $crate::PyResult<$crate::Obj> {
                let class = self.d_type.get();
                Ok(class.map_or_else($crate::typeobject::glue::none_obj, $crate::Py::into_object))
            }

            #[pygetter(name = "__qualname__")]
            fn get_qualname(&self) -> $crate::PyResult<$crate::Obj> {
                $crate::descr::Descriptor::qualname(self)
            }
        }
    };
}
pub(crate) use descriptor_class;

/// Defines the table `REDUCE` of a descriptor class that can be pickled.
macro_rules! reducible_descriptor {
    ($class:ident) => {
        #[krait_macros::pymethods(REDUCE)]
        impl $class {
            #[pymethod(name = "__reduce__")]
            fn reduce(&self) -> $crate::PyResult<$crate::Obj> {
                $crate::descr::Descriptor::reduce_descriptor(self)
            }
        }
    };
}
pub(crate) use reducible_descriptor;
