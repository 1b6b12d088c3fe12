//! Attributes and classes: `getattr` and kin, `dir`, `vars`, `isinstance`, `callable`, `id`,
//! `__import__`.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, OptionalArg, PyList, PyLong, PyResult, PyStr, abstract_, exc, type_error,
};

/// Import a module.
///
/// Because this function is meant for use by the Python interpreter and not for general use, it is
/// better to use importlib.import_module() to programmatically import a module.
#[pyfunction(
    name = "__import__",
    signature = "(name, globals=None, locals=None, fromlist=(), level=0)"
)]
pub fn import(
    name: &PyObject,
    globals: Option<&PyObject>,
    locals: Option<&PyObject>,
    fromlist: Option<&PyObject>,
    level: i32,
) -> PyResult<Obj> {
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(type_error!("module name must be a string"));
    };
    (Interpreter::current().hooks.get().import)(name, globals, locals, fromlist, level)
}

/// Return whether the object is callable (i.e., some kind of function).
///
/// Note that classes are callable, as are instances of classes with a __call__() method.
#[pyfunction(signature = "(obj, /)")]
pub fn callable(obj: &PyObject) -> bool {
    obj.is_callable()
}

/// Return the identity of an object.
///
/// This is guaranteed to be unique among simultaneously existing objects.
#[pyfunction(signature = "(obj, /)")]
pub fn id(obj: &PyObject) -> PyResult<Py<PyLong>> {
    let id = PyLong::from_usize(obj.as_ptr().addr())?;
    krait_runtime::audit!("builtins.id", id.to_obj())?;
    Ok(id)
}

fn attribute_name(name: &PyObject) -> PyResult<&PyStr> {
    name.downcast::<PyStr>().ok_or_else(|| {
        type_error!(
            "attribute name must be string, not '{}'",
            name.type_().tp_name()
        )
    })
}

/// getattr(object, name[, default]) -> value
///
/// Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.
/// When a default argument is given, it is returned when the attribute doesn't exist; without it,
/// an exception is raised in that case.
#[pyfunction(
    signature = "(object, name, default=<unrepresentable>, /)",
    text_signature = ""
)]
pub fn getattr(
    object: &PyObject,
    name: &PyObject,
    default: OptionalArg<&PyObject>,
) -> PyResult<Obj> {
    let name = attribute_name(name)?;
    match default.present() {
        Some(default) => Ok(object
            .lookup_attr(name)?
            .unwrap_or_else(|| default.to_obj())),
        None => object.getattr(name),
    }
}

/// Return whether the object has an attribute with the given name.
///
/// This is done by calling getattr(obj, name) and catching AttributeError.
#[pyfunction(signature = "(obj, name, /)")]
pub fn hasattr(obj: &PyObject, name: &PyObject) -> PyResult<bool> {
    obj.has_attr(attribute_name(name)?)
}

/// Sets the named attribute on the given object to the specified value.
///
/// setattr(x, 'y', v) is equivalent to ``x.y = v``
#[pyfunction(signature = "(obj, name, value, /)")]
pub fn setattr(obj: &PyObject, name: &PyObject, value: &PyObject) -> PyResult<()> {
    obj.setattr(name, Some(value))
}

/// Deletes the named attribute from the given object.
///
/// delattr(x, 'y') is equivalent to ``del x.y``
#[pyfunction(signature = "(obj, name, /)")]
pub fn delattr(obj: &PyObject, name: &PyObject) -> PyResult<()> {
    obj.delattr(name)
}

/// Return whether an object is an instance of a class or of a subclass thereof.
///
/// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to check against.
#[pyfunction(signature = "(obj, class_or_tuple, /)")]
pub fn isinstance(obj: &PyObject, class_or_tuple: &PyObject) -> PyResult<bool> {
    abstract_::is_instance(obj, class_or_tuple)
}

/// Return whether 'cls' is derived from another class or is the same class.
///
/// A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to check against.
#[pyfunction(signature = "(cls, class_or_tuple, /)")]
pub fn issubclass(cls: &PyObject, class_or_tuple: &PyObject) -> PyResult<bool> {
    abstract_::is_subclass(cls, class_or_tuple)
}

/// The names in the innermost Python frame.
fn local_names() -> PyResult<Obj> {
    let locals = (Interpreter::current().hooks.get().current_locals)()?;
    let Some(locals) = locals else {
        return Err(krait_runtime::system_error!("frame does not exist"));
    };
    locals.call_method(krait_runtime::intern!("keys"), &[])
}

/// dir([object]) -> list of strings
///
/// If called without an argument, return the names in the current scope. Else, return an
/// alphabetized list of names comprising (some of) the attributes of the given object, and of
/// attributes reachable from it.
/// If the object supplies a method named __dir__, it will be used.
#[pyfunction(signature = "(object=<unrepresentable>, /)", text_signature = "")]
pub fn dir(object: OptionalArg<&PyObject>) -> PyResult<Py<PyList>> {
    let names = match object.present() {
        None => local_names()?,
        Some(object) => match object.call_special(krait_runtime::intern!("__dir__"), &[])? {
            Some(names) => names,
            None => return Err(type_error!("object does not provide __dir__")),
        },
    };
    let list = PyList::new()?;
    list.extend(&names)?;
    list.sort(None, false)?;
    Ok(list)
}

/// vars([object]) -> dictionary
///
/// Without arguments, equivalent to locals().
/// With an argument, equivalent to object.__dict__.
#[pyfunction(signature = "(object=<unrepresentable>, /)", text_signature = "")]
pub fn vars(object: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let Some(object) = object.present() else {
        return super::code::current_locals();
    };
    match object.getattr(krait_runtime::intern!("__dict__")) {
        Err(error) if error.matches(&exc::AttributeError) => {
            error.clear();
            Err(type_error!("vars() argument must have __dict__ attribute"))
        }
        other => other,
    }
}
