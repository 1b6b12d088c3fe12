//! The exceptions that instructions raise by themselves, with CPython's words.

use krait_abi as abi;
use krait_runtime::{Obj, PyClass, PyCode, PyErr, PyObject, PyStr, exc};

/// `NameError: name '…' is not defined`.
#[cold]
pub(crate) fn name_error(name: &PyStr) -> PyErr {
    let error = exc!(
        NameError,
        "name '{}' is not defined",
        name.to_string_lossy()
    );
    note_name(&error, name);
    error
}

/// Sets the `name` of a fresh `NameError`, which suggestions are made from.
fn note_name(error: &PyErr, name: &PyStr) {
    let value = error.value();
    if let Err(second) = value.setattr_str("name", name.as_object()) {
        second.clear();
        // Raising was what mattered; the attribute only helps.
        let _same = PyErr::restore(value);
    }
}

/// Reading or deleting a variable that has no value.
#[cold]
pub(crate) fn unbound(code: &PyCode, index: usize) -> PyErr {
    let name = code.local_name(index);
    let text = name
        .as_ref()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    if code.local_kind(index) & abi::CO_FAST_FREE != 0 {
        let error = exc!(
            NameError,
            "cannot access free variable '{text}' where it is not associated with a value in enclosing scope"
        );
        if let Some(name) = name {
            note_name(&error, &name);
        }
        return error;
    }
    exc!(
        UnboundLocalError,
        "cannot access local variable '{text}' where it is not associated with a value"
    )
}

/// How messages about a call name what is called: `_PyObject_FunctionStr`.
pub(crate) fn function_text(function: &PyObject) -> String {
    let text = |value: Option<Obj>| {
        value.and_then(|value| value.downcast::<PyStr>().map(PyStr::to_string_lossy))
    };
    let attribute = |name: &str| match function.lookup_attr_str(name) {
        Ok(value) => text(value),
        Err(error) => {
            error.clear();
            None
        }
    };
    let Some(qualname) = attribute("__qualname__") else {
        return function.to_display();
    };
    match attribute("__module__") {
        Some(module) if module != "builtins" => format!("{module}.{qualname}()"),
        _ => format!("{qualname}()"),
    }
}

/// Turns a failed `f(*args)` into CPython's message if `args` is no iterable.
#[cold]
pub(crate) fn star_args_error(function: &PyObject, args: &PyObject) -> Option<PyErr> {
    if args.type_().raw().tp_iter.get().is_some() || args.is_sequence() {
        return None;
    }
    if let Some(pending) = PyErr::occurred() {
        pending.clear();
    }
    Some(krait_runtime::type_error!(
        "{} argument after * must be an iterable, not {}",
        function_text(function),
        args.type_().tp_name()
    ))
}

/// Turns a failed merge of `f(**kwargs)` into CPython's message.
#[cold]
pub(crate) fn star_kwargs_error(function: &PyObject, kwargs: &PyObject, error: PyErr) -> PyErr {
    if error.matches(&exc::AttributeError) {
        error.clear();
        return krait_runtime::type_error!(
            "{} argument after ** must be a mapping, not {}",
            function_text(function),
            kwargs.type_().tp_name()
        );
    }
    if !error.matches(&exc::KeyError) {
        return error;
    }
    let value = error.take();
    let key = value
        .downcast::<krait_runtime::exceptions::PyBaseException>()
        .and_then(|error| error.args.get())
        .filter(|args| args.len() == 1)
        .map(|args| args.as_slice()[0].to_obj());
    match key {
        Some(key) => match key.str() {
            Ok(name) => krait_runtime::type_error!(
                "{} got multiple values for keyword argument '{}'",
                function_text(function),
                name.to_string_lossy()
            ),
            Err(error) => error,
        },
        None => PyErr::restore(value),
    }
}
