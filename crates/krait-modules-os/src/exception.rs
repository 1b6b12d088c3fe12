//! Exception classes that modules of this crate make when they are imported.

use std::cell::RefCell;
use std::collections::HashMap;

use krait_host::Errno;
use krait_runtime::object::{Py, PyClass};
use krait_runtime::{
    Interpreter, IntoPy, PyDict, PyErr, PyModule, PyResult, PyStr, PyTuple, PyType, system_error,
};

/// The classes by their full names.
#[derive(Default)]
struct Exceptions(RefCell<HashMap<&'static str, Py<PyType>>>);

/// Makes an exception class with a full name such as `signal.ItimerError`, and puts it into the
/// module.
pub(crate) fn add_exception(
    module: &PyModule,
    full_name: &'static str,
    base: &PyType,
) -> PyResult<()> {
    let (home, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    let namespace = PyDict::new()?;
    namespace.set("__module__", &*PyStr::new(home)?)?;
    let bases = PyTuple::from_vec(vec![base.to_obj()])?;
    let name_object = PyStr::intern(name)?;
    let class = PyType::type_object()
        .as_object()
        .call(&[&name_object, &bases, &namespace])?;
    let Ok(class) = class.cast::<PyType>() else {
        return Err(system_error!("{full_name} is no class"));
    };
    module.add(name, &class)?;
    let exceptions = Interpreter::current().extension::<Exceptions>();
    let old = exceptions.0.borrow_mut().insert(full_name, class);
    drop(old);
    Ok(())
}

/// Raises an exception of a class made by [`add_exception`] with a number and a text.
#[cold]
pub(crate) fn raise_numbered(full_name: &'static str, number: i32, text: &str) -> PyErr {
    let exceptions = Interpreter::current().extension::<Exceptions>();
    let class = exceptions.0.borrow().get(full_name).cloned();
    match (class, (number, text).into_py()) {
        (Some(class), Ok(arguments)) => PyErr::set_object(&class, arguments),
        (_, Err(error)) => error,
        (None, _) => system_error!("{full_name} was not made: {text}"),
    }
}

/// As [`raise_numbered`], of an error of the system.
#[cold]
pub(crate) fn raise_errno(full_name: &'static str, error: Errno) -> PyErr {
    raise_numbered(full_name, error.0, &error.text())
}
