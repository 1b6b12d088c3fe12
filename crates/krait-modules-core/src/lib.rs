//! Native modules that the language itself leans on: `builtins`, `sys`' kin, iteration and functions.
//!
//! One file or folder a module, one row each in [`MODULES`].

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod abc;
mod asyncio;
pub mod atexit;
pub mod builtins;
pub mod codecs;
pub mod collections;
mod fastcall;
pub mod functools;
pub mod itertools;
pub mod operator;
pub mod stat;
pub mod suggestions;
pub mod sys;
pub mod sysconfig;
pub mod tracemalloc;
pub mod types;
pub mod warnings;

use krait_runtime::{Field, ModuleDef, Py, PyClass, PyDict, PyObject, PyResult, type_error};

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &abc::ABC,
    &asyncio::ASYNCIO,
    &atexit::ATEXIT,
    &builtins::BUILTINS,
    &codecs::CODECS,
    &collections::COLLECTIONS,
    &functools::FUNCTOOLS,
    &itertools::ITERTOOLS,
    &operator::OPERATOR,
    &stat::STAT,
    &suggestions::SUGGESTIONS,
    &sys::SYS,
    &sysconfig::SYSCONFIG,
    &tracemalloc::TRACEMALLOC,
    &types::TYPES,
    &warnings::WARNINGS,
    &krait_runtime::context::CONTEXTVARS,
    &krait_runtime::gc::module::GC,
    &krait_runtime::typing::TYPING,
    &krait_runtime::weakref::module::WEAKREF,
];

/// `__dict__` of a native instance, made on first use.
pub(crate) fn instance_dict(field: &Field<PyDict>) -> PyResult<Py<PyDict>> {
    if let Some(dict) = field.get() {
        return Ok(dict);
    }
    let dict = PyDict::new()?;
    field.set(Some(dict.clone()));
    Ok(dict)
}

/// Assigns to `__dict__` of a native instance.
pub(crate) fn set_instance_dict(field: &Field<PyDict>, value: Option<&PyObject>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(type_error!("cannot delete __dict__"));
    };
    let Some(dict) = value.downcast::<PyDict>() else {
        return Err(type_error!(
            "__dict__ must be set to a dictionary, not a '{}'",
            value.type_name()
        ));
    };
    field.set(Some(PyClass::to_owned(dict)));
    Ok(())
}
