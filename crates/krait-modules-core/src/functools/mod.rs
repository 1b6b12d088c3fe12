//! `_functools`: `partial`, `lru_cache`, `cmp_to_key` and `reduce`.

mod keywrapper;
mod lru_cache;
mod partial;

use krait_macros::pyfunction;
use krait_runtime::{
    Obj, OptionalArg, PyClass, PyModule, PyObject, PyResult, exc, pymodule, type_error,
};

pymodule! {
    pub FUNCTOOLS = "_functools", "Tools that operate on functions.",
    functions: [reduce, keywrapper::cmp_to_key],
    classes: [partial::PlaceholderType, partial::Partial, lru_cache::LruCacheWrapper],
    hidden: [keywrapper::KeyWrapper],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("Placeholder", &*partial::placeholder()?)
}

/// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
///
/// This effectively reduces the iterable to a single value.  If initial is present,
/// it is placed before the items of the iterable in the calculation, and serves as
/// a default when the iterable is empty.
#[pyfunction(signature = "(function, iterable, /, initial=<unrepresentable>)")]
fn reduce(
    function: &PyObject,
    iterable: &PyObject,
    initial: OptionalArg<&PyObject>,
) -> PyResult<Obj> {
    let iter = match iterable.iter() {
        Ok(iter) => iter,
        Err(error) if error.matches(&exc::TypeError) => {
            error.clear();
            return Err(type_error!("reduce() arg 2 must support iteration"));
        }
        Err(error) => return Err(error),
    };
    let mut result = initial.present().map(PyClass::to_obj);
    while let Some(item) = iter.iter_next()? {
        result = Some(match result {
            None => item,
            Some(result) => function.call(&[&*result, &*item])?,
        });
    }
    result.ok_or_else(|| type_error!("reduce() of empty iterable with no initial value"))
}
