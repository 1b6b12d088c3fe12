//! What several modules of this crate need.

use krait_runtime::{Interpreter, Obj, PyResult, PyStr};

/// A module of the standard library, by its full name.
pub(crate) fn import(name: &str) -> PyResult<Obj> {
    let interp = Interpreter::current();
    let modules = |interp: &Interpreter| match interp.modules.get() {
        Some(modules) => modules.get(name),
        None => Ok(None),
    };
    if let Some(module) = modules(interp)? {
        return Ok(module);
    }
    let package = (interp.hooks.get().import)(&*PyStr::intern(name)?, None, None, None, 0)?;
    // The hook gives the outermost package of a dotted name.
    Ok(modules(interp)?.unwrap_or(package))
}
