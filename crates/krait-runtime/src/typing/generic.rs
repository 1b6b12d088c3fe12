//! `Generic`: what it does is written in `typing`.

use krait_macros::{pyclass, pymethods};

use super::unpack_parameters;
use crate::object::{Obj, PyClass, PyObject};
use crate::{Args, Interpreter, KwArgs, PyResult, PyTuple, PyType};

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name. On
/// older versions, a class inherits from Generic with type variables as its subscript.
#[pyclass(name = "Generic", module = "typing", flags(BASETYPE))]
#[repr(C)]
pub(crate) struct PyGeneric {
    ob_base: PyObject,
}

/// Calls a function of `typing` with the class in front of the arguments.
fn call(name: &str, class: &PyType, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    let import = Interpreter::current().hooks.get().import;
    let module = import(crate::intern!("typing"), None, None, None, 0)?;
    let mut all = vec![class.to_obj()];
    all.extend(args.iter().map(PyClass::to_obj));
    let all = PyTuple::from_vec(all)?;
    module
        .getattr_str(name)?
        .call_tuple(&all, Some(&*kwargs.to_dict()?))
}

#[pymethods]
impl PyGeneric {
    /// Parameterizes a generic class.
    #[pyclassmethod(
        name = "__class_getitem__",
        signature = "($type, *args, **kwargs)",
        text_signature = ""
    )]
    fn class_getitem(class: &PyType, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
        call("_generic_class_getitem", class, args, kwargs)
    }

    /// Function to initialize subclasses.
    #[pyclassmethod(
        name = "__init_subclass__",
        signature = "($type, *args, **kwargs)",
        text_signature = ""
    )]
    fn init_subclass(class: &PyType, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
        call("_generic_init_subclass", class, args, kwargs)
    }
}

/// `Generic`, made like `object` by its very `__new__`: a slot of our own would make `object` refuse
/// arguments that are meant for a subclass's `__init__`.
pub(super) fn generic_class() -> &'static PyType {
    let class = PyGeneric::type_object();
    let raw = class.raw();
    if raw.tp_new.get().is_none() {
        raw.tp_new.set(PyObject::type_object().raw().tp_new.get());
        class.set_flags(class.flags() & !krait_abi::Py_TPFLAGS_DISALLOW_INSTANTIATION);
        class.modified();
    }
    class
}

/// `Generic[parameters]`, the implicit base of a generic class.
pub fn subscript_generic(parameters: &PyObject) -> PyResult<Obj> {
    let Some(parameters) = parameters.downcast::<PyTuple>() else {
        return Err(crate::system_error!("type parameters that are no tuple"));
    };
    let parameters = unpack_parameters(parameters)?;
    let generic = generic_class();
    super::call_typing("_GenericAlias", &[generic.as_object(), &parameters])
}
