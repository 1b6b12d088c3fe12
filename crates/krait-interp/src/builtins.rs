//! What instructions need of the builtin functions, and `__build_class__`.

use krait_macros::pyfunction;
use krait_runtime::frame::StackRef;
use krait_runtime::state::Interpreter;
use krait_runtime::{
    Args, KwArgs, Obj, OptionalArg, PyCell, PyClass, PyDict, PyFunction, PyObject, PyResult, PyStr,
    PyTuple, PyType, exc, runtime_error, type_error,
};

use crate::{asyncgen, call};

/// A function of the `builtins` module.
pub(crate) fn builtin(name: &str) -> PyResult<Obj> {
    let builtins = Interpreter::current().builtins.get();
    let found = match builtins {
        Some(builtins) => builtins.get_item(&*PyStr::intern(name)?)?,
        None => None,
    };
    found.ok_or_else(|| exc!(NameError, "name '{name}' is not defined"))
}

/// `sys.displayhook(value)`, for interactive expressions.
pub(crate) fn display(value: &PyObject) -> PyResult<Obj> {
    let hook = match Interpreter::current().sysdict.get() {
        Some(sys) => sys.get_item(&*PyStr::intern("displayhook")?)?,
        None => None,
    };
    match hook {
        Some(hook) => hook.call1(value),
        None => Err(runtime_error!("lost sys.displayhook")),
    }
}

/// `isinstance(object, class)`.
pub(crate) fn is_instance(object: &PyObject, class: &PyObject) -> PyResult<bool> {
    krait_runtime::abstract_::is_instance(object, class)
}

/// What a merge does with a key that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// The new value wins.
    Replace,
    /// `KeyError(key)`.
    KeyError,
}

/// Merges any mapping into a dictionary; something that is no mapping is an `AttributeError`.
pub(crate) fn merge_mapping(
    dict: &PyDict,
    other: &PyObject,
    duplicates: Duplicates,
) -> PyResult<()> {
    let put = |key: &PyObject, value: &PyObject| -> PyResult<()> {
        if duplicates == Duplicates::KeyError && dict.contains(key)? {
            return Err(krait_runtime::err::key_error_object(key));
        }
        dict.set_item(key, value)
    };
    if let Some(other) = other.downcast_exact::<PyDict>() {
        if duplicates == Duplicates::Replace {
            return dict.merge(other, true);
        }
        return other
            .items_vec()
            .iter()
            .try_for_each(|(key, value)| put(key, value));
    }
    let keys = other.getattr_str("keys")?.call0()?;
    for key in keys.try_iter()? {
        let key = key?;
        put(&key, &*other.get_item(&key)?)?;
    }
    Ok(())
}

/// `__build_class__(func, name, /, *bases, [metaclass], **kwds)`: runs the class's body.
#[pyfunction(
    name = "__build_class__",
    signature = "(func, name, /, *bases, **kwds)",
    text_signature = "",
    doc = "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement."
)]
pub fn build_class(
    func: &PyObject,
    name: &PyObject,
    bases: Args<'_>,
    kwds: KwArgs<'_>,
) -> PyResult<Obj> {
    let Some(function) = func.downcast::<PyFunction>() else {
        return Err(type_error!("__build_class__: func must be a function"));
    };
    if name.downcast::<PyStr>().is_none() {
        return Err(type_error!("__build_class__: name is not a string"));
    }
    let original = bases.to_tuple()?;
    let bases = resolve_bases(&original)?;
    let keywords = kwds.to_dict()?;
    let meta = metaclass(&bases, &keywords)?;
    let namespace = prepare(&meta, name, &bases, &keywords)?;
    // SAFETY: the slot is a function's, with no arguments.
    let cell = unsafe {
        call::run_function(
            StackRef::new(function.as_object()),
            Some(namespace.clone()),
            &[],
            0,
            None,
        )
    }?;
    if !bases.is(&original) {
        namespace.set_item(&*PyStr::intern("__orig_bases__")?, &original)?;
    }
    let class = meta.call_tuple(
        &*PyTuple::from_vec(vec![name.to_obj(), bases.into_object(), namespace])?,
        Some(&keywords),
    )?;
    check_class_cell(name, &cell, &class)?;
    Ok(class)
}

/// The bases with `__mro_entries__` applied (PEP 560).
fn resolve_bases(bases: &krait_runtime::Py<PyTuple>) -> PyResult<krait_runtime::Py<PyTuple>> {
    let mut resolved = Vec::new();
    let mut changed = false;
    for base in bases.as_slice() {
        if base.is_instance_of::<PyType>() {
            resolved.push(base.clone());
            continue;
        }
        match base.lookup_attr_str("__mro_entries__")? {
            None => resolved.push(base.clone()),
            Some(entries) => {
                let entries = entries.call1(bases)?;
                let Some(entries) = entries.downcast::<PyTuple>() else {
                    return Err(type_error!("__mro_entries__ must return a tuple"));
                };
                changed = true;
                resolved.extend(entries.as_slice().iter().cloned());
            }
        }
    }
    if changed {
        PyTuple::from_vec(resolved)
    } else {
        Ok(bases.clone())
    }
}

/// The metaclass: as given, or the first base's; the most derived of all the bases' if it is a class.
fn metaclass(bases: &PyTuple, keywords: &PyDict) -> PyResult<Obj> {
    let given = keywords.pop_item_for(&*PyStr::intern("metaclass")?)?;
    let meta = match given {
        Some(meta) => meta,
        None => match bases.as_slice().first() {
            Some(base) => base.type_().to_obj(),
            None => PyType::type_object().to_obj(),
        },
    };
    let Some(mut winner) = meta.downcast::<PyType>() else {
        return Ok(meta);
    };
    let classes: Vec<Obj> = bases
        .as_slice()
        .iter()
        .map(|base| base.type_().to_obj())
        .collect();
    for class in &classes {
        let Some(class) = class.downcast::<PyType>() else {
            continue;
        };
        if winner.is_subtype(class) {
            continue;
        }
        if class.is_subtype(winner) {
            winner = class;
            continue;
        }
        return Err(type_error!(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        ));
    }
    Ok(winner.to_obj())
}

/// The namespace for the body: `__prepare__`'s.
fn prepare(meta: &PyObject, name: &PyObject, bases: &PyTuple, keywords: &PyDict) -> PyResult<Obj> {
    let Some(prepare) = meta.lookup_attr_str("__prepare__")? else {
        return Ok(PyDict::new()?.into_object());
    };
    let arguments = PyTuple::from_vec(vec![name.to_obj(), bases.to_obj()])?;
    let namespace = prepare.call_tuple(&arguments, Some(keywords))?;
    if namespace.is_mapping() {
        return Ok(namespace);
    }
    let meta_name = match meta.downcast::<PyType>() {
        Some(class) => class.name(),
        None => "<metaclass>".to_owned(),
    };
    Err(type_error!(
        "{meta_name}.__prepare__() must return a mapping, not {}",
        namespace.type_().tp_name()
    ))
}

/// The class must have reached its body's `__class__` cell.
fn check_class_cell(name: &PyObject, cell: &PyObject, class: &PyObject) -> PyResult<()> {
    let Some(cell) = cell.downcast::<PyCell>() else {
        return Ok(());
    };
    match cell.contents.get() {
        Some(content) if content.is(class) => Ok(()),
        None => Err(runtime_error!(
            "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
            name.repr()?.to_string_lossy(),
            class.repr()?.to_string_lossy()
        )),
        Some(content) => Err(type_error!(
            "__class__ set to {} defining {} as {}",
            content.repr()?.to_string_lossy(),
            name.repr()?.to_string_lossy(),
            class.repr()?.to_string_lossy()
        )),
    }
}

/// Return the next item from the async iterator.
#[pyfunction(
    name = "anext",
    signature = "(async_iterator, default=<unrepresentable>, /)"
)]
pub fn anext(async_iterator: &PyObject, default: OptionalArg<Obj>) -> PyResult<Obj> {
    // SAFETY: a class's suite lives as long as the class.
    let suite = unsafe { async_iterator.type_().raw().tp_as_async.get().as_ref() };
    let Some(slot) = suite.and_then(|suite| suite.am_anext.get()) else {
        return Err(type_error!(
            "'{}' object is not an async iterator",
            async_iterator.type_().tp_name()
        ));
    };
    // SAFETY: the slot takes instances of its class.
    let awaitable = unsafe { krait_runtime::call::result_from_ptr(slot(async_iterator.as_ptr())) }?;
    match default {
        OptionalArg::Missing => Ok(awaitable),
        OptionalArg::Present(default) => asyncgen::PyAnextAwaitable::over(awaitable, default),
    }
}

/// `builtins.__import__`.
pub(crate) fn import_function() -> PyResult<Obj> {
    match Interpreter::current().import_func.get() {
        Some(function) => Ok(function),
        None => builtin("__import__"),
    }
}
