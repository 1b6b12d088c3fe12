//! The registry: search functions for codecs by name, and error handlers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::{handlers, normalize_name};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Interpreter, PyBytes, PyCFunction, PyErr, PyResult, PyStr, PyTuple, exc};

/// The registry of one interpreter.
#[derive(Default)]
struct Registry {
    search_path: RefCell<Vec<Obj>>,
    cache: RefCell<HashMap<String, Obj>>,
    errors: RefCell<HashMap<String, Obj>>,
    imported: Cell<bool>,
}

fn registry() -> &'static Registry {
    Interpreter::current().extension::<Registry>()
}

/// `codecs.register(search_function)`.
pub fn register(search_function: &PyObject) -> PyResult<()> {
    if !search_function.is_callable() {
        return Err(crate::type_error!("argument must be callable"));
    }
    registry()
        .search_path
        .borrow_mut()
        .push(search_function.to_obj());
    Ok(())
}

/// `codecs.unregister(search_function)`: also forgets all codecs found so far.
pub fn unregister(search_function: &PyObject) {
    let registry = registry();
    let found = {
        let path = registry.search_path.borrow();
        path.iter().position(|each| each.is(search_function))
    };
    if let Some(index) = found {
        // Dropped after the borrows: a finalizer may look codecs up.
        let _function = registry.search_path.borrow_mut().remove(index);
        let _cache = registry.cache.take();
    }
}

/// `encodings` registers the search function of the standard library when it is imported, which
/// happens at the first lookup if the interpreter's start has not done it.
fn import_encodings() -> PyResult<()> {
    let registry = registry();
    if registry.imported.replace(true) || !registry.search_path.borrow().is_empty() {
        return Ok(());
    }
    let import = Interpreter::current().hooks.get().import;
    import(crate::intern!("encodings"), None, None, None, 0)?;
    Ok(())
}

/// `codecs.lookup(encoding)`: the `CodecInfo`, a tuple of four.
pub fn lookup(encoding: &str) -> PyResult<Obj> {
    let registry = registry();
    let name = normalize_name(encoding);
    if let Some(found) = registry.cache.borrow().get(&name) {
        return Ok(found.clone());
    }
    import_encodings()?;
    let search_path = registry.search_path.borrow().clone();
    if search_path.is_empty() {
        return Err(crate::exc!(
            LookupError,
            "no codec search functions registered: can't find encoding"
        ));
    }
    let argument = PyStr::new(&name)?.interned();
    for search in search_path {
        let found = search.call1(&argument)?;
        if found.is(crate::none()) {
            continue;
        }
        if found
            .downcast::<PyTuple>()
            .is_none_or(|tuple| tuple.len() != 4)
        {
            return Err(crate::type_error!(
                "codec search functions must return 4-tuples"
            ));
        }
        let _replaced = registry.cache.borrow_mut().insert(name, found.clone());
        return Ok(found);
    }
    Err(crate::exc!(LookupError, "unknown encoding: {encoding}"))
}

/// As [`lookup`], refusing codecs that are not between text and bytes; `alternate` is the function
/// that takes them.
fn lookup_text(encoding: &str, alternate: &str) -> PyResult<Obj> {
    let codec = lookup(encoding)?;
    if !codec.is_exact::<PyTuple>()
        && let Some(is_text) = codec.lookup_attr(crate::intern!("_is_text_encoding"))?
        && !is_text.is_true()?
    {
        return Err(crate::exc!(
            LookupError,
            "'{encoding}' is not a text encoding; use {alternate} to handle arbitrary codecs"
        ));
    }
    Ok(codec)
}

/// Calls a codec's encoder (0) or decoder (1); errors are noted to be the codec's.
fn run(
    codec: &PyObject,
    which: usize,
    object: &PyObject,
    encoding: &str,
    errors: Option<&str>,
) -> PyResult<Obj> {
    let Some(function) = codec
        .downcast::<PyTuple>()
        .and_then(|codec| codec.get(which))
    else {
        return Err(crate::type_error!(
            "codec search functions must return 4-tuples"
        ));
    };
    let result = match errors {
        Some(errors) => function.call(&[object, &*PyStr::new(errors)?]),
        None => function.call1(object),
    };
    let result = result.map_err(|error| {
        noted(
            error,
            if which == 0 { "encoding" } else { "decoding" },
            encoding,
        )
    })?;
    match result.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([value, _]) => Ok(value.clone()),
        _ if which == 0 => Err(crate::type_error!(
            "encoder must return a tuple (object, integer)"
        )),
        _ => Err(crate::type_error!(
            "decoder must return a tuple (object,integer)"
        )),
    }
}

/// Adds a note to the exception that says which codec failed.
fn noted(error: PyErr, verb: &str, encoding: &str) -> PyErr {
    let exception = error.take();
    let note = PyStr::new(&format!("{verb} with '{encoding}' codec failed"));
    match note.and_then(|note| exception.call_method(crate::intern!("add_note"), &[&*note])) {
        Ok(_) => PyErr::restore(exception),
        Err(error) => error,
    }
}

/// `codecs.encode(object, encoding, errors)`, for any codec.
pub fn encode_object(object: &PyObject, encoding: &str, errors: Option<&str>) -> PyResult<Obj> {
    run(&*lookup(encoding)?, 0, object, encoding, errors)
}

/// `codecs.decode(object, encoding, errors)`, for any codec.
pub fn decode_object(object: &PyObject, encoding: &str, errors: Option<&str>) -> PyResult<Obj> {
    run(&*lookup(encoding)?, 1, object, encoding, errors)
}

/// `str.encode` by a codec of the registry.
pub fn encode_text(text: &PyStr, encoding: &str, errors: Option<&str>) -> PyResult<Py<PyBytes>> {
    let codec = lookup_text(encoding, "codecs.encode()")?;
    let result = run(&codec, 0, text, encoding, errors)?;
    let result = match result.cast::<PyBytes>() {
        Ok(bytes) => return Ok(bytes),
        Err(other) => other,
    };
    if result.type_().tp_name() == "bytearray"
        && let Some(bytes) = crate::bytes::bytes_like(&result)?
    {
        let message = format!(
            "encoder {encoding} returned bytearray instead of bytes; use codecs.encode() to encode \
             to arbitrary types"
        );
        crate::hooks::warn(&exc::RuntimeWarning, &message, 1)?;
        return PyBytes::new(&bytes);
    }
    Err(crate::type_error!(
        "'{encoding}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to \
         arbitrary types",
        result.type_().tp_name()
    ))
}

/// `bytes.decode` by a codec of the registry.
pub fn decode_text(bytes: &PyObject, encoding: &str, errors: Option<&str>) -> PyResult<Py<PyStr>> {
    let codec = lookup_text(encoding, "codecs.decode()")?;
    run(&codec, 1, bytes, encoding, errors)?.cast().map_err(|other| {
        crate::type_error!(
            "'{encoding}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to \
             arbitrary types",
            other.type_().tp_name()
        )
    })
}

/// The table of handlers, with the built-in ones put in at first use.
fn with_builtin_errors() -> PyResult<&'static Registry> {
    let registry = registry();
    if registry.errors.borrow().is_empty() {
        let mut made = Vec::new();
        for (name, def) in handlers::builtin_functions() {
            let function = PyCFunction::new(def.raw(), None, None)?;
            made.push((name.to_owned(), function.into_object()));
        }
        registry.errors.borrow_mut().extend(made);
    }
    Ok(registry)
}

/// `codecs.register_error(name, handler)`.
pub fn register_error(name: &str, handler: &PyObject) -> PyResult<()> {
    if !handler.is_callable() {
        return Err(crate::type_error!("handler must be callable"));
    }
    let registry = with_builtin_errors()?;
    let _replaced = registry
        .errors
        .borrow_mut()
        .insert(name.to_owned(), handler.to_obj());
    Ok(())
}

/// `_codecs._unregister_error(name)`: whether there was such a handler.
pub fn unregister_error(name: &str) -> PyResult<bool> {
    if handlers::builtin_functions()
        .iter()
        .any(|(builtin, _)| *builtin == name)
    {
        return Err(crate::value_error!(
            "cannot un-register built-in error handler '{name}'"
        ));
    }
    let registry = with_builtin_errors()?;
    let removed = registry.errors.borrow_mut().remove(name);
    Ok(removed.is_some())
}

/// `codecs.lookup_error(name)`.
pub fn lookup_error(name: &str) -> PyResult<Obj> {
    let found = with_builtin_errors()?.errors.borrow().get(name).cloned();
    found.ok_or_else(|| crate::exc!(LookupError, "unknown error handler name '{name}'"))
}
