//! `Generic`: what it does is written in `typing`.

use krait_macros::{pyclass, pymethods};

use super::unpack_parameters;
use crate::descr::PyClassMethodDescr;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Args, Field, Interpreter, KwArgs, PyDict, PyResult, PyStr, PyTuple, PyType};

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name. On
/// older versions, a class inherits from Generic with type variables as its subscript.
#[pyclass(name = "Generic", module = "typing", flags(BASETYPE))]
#[repr(C)]
/// The methods of [`generic_class`] are taken from it.
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

/// The interpreter's `Generic`.
#[derive(Default)]
struct GenericClass(Field<PyType>);

/// `Generic`: a class made at run time, as in CPython. Pickling tells native classes, which know
/// how to copy themselves, from others by that.
pub(super) fn generic_class() -> PyResult<Py<PyType>> {
    let made = &Interpreter::current().extension::<GenericClass>().0;
    if let Some(class) = made.get() {
        return Ok(class);
    }
    let template = PyGeneric::type_object();
    let dict = PyDict::new()?;
    dict.set("__module__", &*PyStr::intern("typing")?)?;
    dict.set("__doc__", &*template.as_object().getattr_str("__doc__")?)?;
    // Instances are like those of `object`.
    dict.set("__slots__", &PyTuple::empty())?;
    let class = crate::typeobject::new_type(
        PyType::type_object(),
        &*PyStr::intern("Generic")?,
        &PyTuple::empty(),
        &dict,
    )?;
    let dict = class.dict();
    dict.del_item(&*PyStr::intern("__slots__")?)?;
    for (name, value) in template.dict().items_vec() {
        if let Some(method) = value.downcast::<PyClassMethodDescr>() {
            let own = PyClassMethodDescr::new(&class, method.def())?;
            dict.set_item(&name, &own)?;
        }
    }
    class.modified();
    made.set(Some(class.clone()));
    Ok(class)
}

/// `Generic[parameters]`, the implicit base of a generic class.
pub fn subscript_generic(parameters: &PyObject) -> PyResult<Obj> {
    let Some(parameters) = parameters.downcast::<PyTuple>() else {
        return Err(crate::system_error!("type parameters that are no tuple"));
    };
    let parameters = unpack_parameters(parameters)?;
    let generic = generic_class()?;
    super::call_typing("_GenericAlias", &[generic.as_object(), &parameters])
}
