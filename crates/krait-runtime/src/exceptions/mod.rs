//! The builtin exceptions: their structs, classes ([`exc`]) and what the kernel does with them.
//!
//! Invariants:
//! 1. Every exception starts with [`PyBaseException`], laid out as CPython's struct.
//! 2. An exception's fields are valid when they are all zero, so that `tp_new` of a class is an
//!    allocation, and `args` alone is set at once.
//! 3. The classes are static: `exc::NAME` for each name that `builtins` has.

mod attribute_error;
mod base;
mod class;
mod group;
mod import_error;
mod memory_error;
mod os_error;
mod simple;
mod syntax_error;
mod table;
mod unicode_error;

pub use attribute_error::{PyAttributeError, PyNameError};
pub use base::PyBaseException;
pub use group::{
    GroupMatch, PyBaseExceptionGroup, create_group, exception_group_match, prep_reraise_star,
};
pub use import_error::PyImportError;
pub use memory_error::memory_error;
pub use os_error::PyOSError;
pub use simple::{PyStopIteration, PySystemExit};
pub use syntax_error::PySyntaxError;
pub use table::exc;
pub use unicode_error::PyUnicodeError;
pub(crate) use unicode_error::{decode_error, encode_error};

use krait_abi as abi;

use crate::object::{Obj, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyErr, PyResult, PyStr, PyTuple};

/// Makes the exception classes ready; called once when the runtime starts, after `object`, `type`,
/// `tuple`, `str` and `dict` are ready.
pub fn ready() -> PyResult<()> {
    for (_, class) in table::ALL {
        // CPython's `ExceptionGroup` is the one builtin exception with two bases.
        if std::ptr::eq(*class, &exc::ExceptionGroup) && class.raw().tp_bases.get().is_null() {
            let bases = vec![exc::BaseExceptionGroup.to_obj(), exc::Exception.to_obj()];
            class
                .raw()
                .tp_bases
                .set(PyTuple::from_vec(bases)?.into_ptr());
        }
        class.set_flags(class.flags() | abi::_Py_TPFLAGS_STATIC_BUILTIN);
        crate::typeobject::ready_type(class)?;
    }
    memory_error::reserve()
}

/// The exception classes by the names that `builtins` has for them, aliases included.
pub fn builtin_names() -> impl Iterator<Item = (&'static str, &'static PyType)> {
    let aliases = [
        ("EnvironmentError", &exc::OSError),
        ("IOError", &exc::OSError),
    ];
    table::ALL.iter().copied().chain(aliases)
}

/// Makes `class(message)` for any exception class, without a call where none can be noticed.
pub fn new_with_message(class: &PyType, message: &PyStr) -> PyResult<Obj> {
    new_with_args(class, vec![message.to_obj()])
}

/// Makes `class(*args)` for any exception class, without a call where none can be noticed.
pub fn new_with_args(class: &PyType, args: Vec<Obj>) -> PyResult<Obj> {
    let args = PyTuple::from_vec(args)?;
    let raw = class.raw();
    if !class.has_flag(abi::Py_TPFLAGS_READY) {
        // While the first classes are made ready, an exception is an instance with `args` alone.
        return base::allocate(class, &args);
    }
    // `__call__` of a metaclass could tell the difference.
    let is_plain = class.type_ptr() == PyType::type_object().as_type_ptr()
        && raw.tp_new.get().is_some_and(class::is_base_new);
    if !is_plain {
        return class.as_object().call_tuple(&args, None);
    }
    let exception = base::allocate(class, &args)?;
    match raw.tp_init.get() {
        Some(tp_init) if !class::is_base_init(tp_init) => {
            // SAFETY: `tp_init` takes an instance of its class, a tuple and null for no keywords.
            let status =
                unsafe { tp_init(exception.as_ptr(), args.as_ptr(), std::ptr::null_mut()) };
            if status < 0 {
                Err(PyErr::fetch())
            } else {
                Ok(exception)
            }
        }
        _ => Ok(exception),
    }
}

/// Whether `object` is a class that derives from `BaseException`.
pub fn is_exception_class(object: &PyObject) -> bool {
    object
        .downcast::<PyType>()
        .is_some_and(|class| class.has_flag(abi::Py_TPFLAGS_BASE_EXC_SUBCLASS))
}

/// Whether `object` is an instance of `BaseException`.
#[inline]
pub fn is_exception(object: &PyObject) -> bool {
    object.type_().has_flag(abi::Py_TPFLAGS_BASE_EXC_SUBCLASS)
}

/// `PyErr_GivenExceptionMatches`: whether an exception (or class) is one of `types`, a class or a
/// tuple of such. No Python code runs: `except` looks at the MRO alone.
pub fn given_exception_matches(exception: &PyObject, types: &PyObject) -> bool {
    if let Some(types) = types.downcast::<PyTuple>() {
        return types
            .as_slice()
            .iter()
            .any(|each| given_exception_matches(exception, each));
    }
    let class: &PyObject = if is_exception(exception) {
        exception.type_()
    } else {
        exception
    };
    match (class.downcast::<PyType>(), types.downcast::<PyType>()) {
        (Some(class), Some(wanted)) if is_exception_class(class) && is_exception_class(wanted) => {
            class.is_subtype(wanted)
        }
        _ => class.is(types),
    }
}

#[cfg(test)]
mod tests;
