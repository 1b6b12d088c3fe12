//! What instructions need of the builtin functions.

use krait_runtime::state::Interpreter;
use krait_runtime::{Field, Obj, PyDict, PyObject, PyResult, PyStr, exc, runtime_error};

/// A function of the `builtins` module.
pub(crate) fn builtin(name: &str) -> PyResult<Obj> {
    let builtins = Interpreter::current().builtins.get();
    let found = match builtins {
        Some(builtins) => builtins.get_item(&*PyStr::intern(name)?)?,
        None => None,
    };
    found.ok_or_else(|| exc!(NameError, "name '{name}' is not defined"))
}

/// The functions that `LOAD_COMMON_CONSTANT` gives: the true ones, whatever the module has later.
struct CommonConstants {
    all: Field<PyObject>,
    any: Field<PyObject>,
}

impl Default for CommonConstants {
    fn default() -> Self {
        CommonConstants {
            all: Field::empty(),
            any: Field::empty(),
        }
    }
}

/// Remembers them; the module must be complete.
pub(crate) fn remember_constants() -> PyResult<()> {
    let constants = Interpreter::current().extension::<CommonConstants>();
    constants.all.set(Some(builtin("all")?));
    constants.any.set(Some(builtin("any")?));
    Ok(())
}

pub(crate) fn common_all() -> PyResult<Obj> {
    let constants = Interpreter::current().extension::<CommonConstants>();
    constants.all.get().map_or_else(|| builtin("all"), Ok)
}

pub(crate) fn common_any() -> PyResult<Obj> {
    let constants = Interpreter::current().extension::<CommonConstants>();
    constants.any.get().map_or_else(|| builtin("any"), Ok)
}

/// `sys.displayhook(value)`, for interactive expressions.
pub(crate) fn display(value: &PyObject) -> PyResult<Obj> {
    let hook = match Interpreter::current().sysdict.get() {
        Some(sys) => sys.get_item(krait_runtime::intern!("displayhook"))?,
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
    let keys = other.getattr(krait_runtime::intern!("keys"))?.call0()?;
    for key in keys.try_iter()? {
        let key = key?;
        put(&key, &*other.get_item(&key)?)?;
    }
    Ok(())
}

/// `builtins.__import__`.
pub(crate) fn import_function() -> PyResult<Obj> {
    match Interpreter::current().import_func.get() {
        Some(function) => Ok(function),
        None => builtin("__import__"),
    }
}
