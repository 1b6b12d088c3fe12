//! The `_weakref` module.

use krait_macros::pyfunction;

use super::{PyWeakCallableProxy, PyWeakProxy, PyWeakReference};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyDict, PyList, PyModule, PyResult};

/// How many weak references to 'object' there are.
#[pyfunction(signature = "(object, /)")]
fn getweakrefcount(object: &PyObject) -> usize {
    super::weakref_count(object)
}

/// All weak references and proxies to 'object', as a list.
#[pyfunction(signature = "(object, /)")]
fn getweakrefs(object: &PyObject) -> PyResult<Py<PyList>> {
    PyList::from_vec(super::weakrefs(object))
}

/// Remove the item with this key if its value is a weak reference whose referent is gone.
#[pyfunction(signature = "(dct, key, /)")]
fn _remove_dead_weakref(dct: &PyDict, key: &PyObject) -> PyResult<()> {
    let Some(value) = dct.get_item(key)? else {
        return Ok(());
    };
    let Some(reference) = PyWeakReference::any(&value) else {
        return Err(crate::type_error!("not a weakref"));
    };
    if reference.get().is_none() {
        dct.del_item(key)?;
    }
    Ok(())
}

/// Make a proxy: it acts as 'object' without keeping it alive.
///
/// 'callback' is called with the proxy when 'object' is gone.
#[pyfunction(signature = "(object, callback=None, /)")]
fn proxy(object: &PyObject, callback: Option<&PyObject>) -> PyResult<Obj> {
    super::new_proxy(object, callback)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("ref", PyWeakReference::type_object())?;
    module.add("ReferenceType", PyWeakReference::type_object())?;
    module.add("ProxyType", PyWeakProxy::type_object())?;
    module.add("CallableProxyType", PyWeakCallableProxy::type_object())
}

crate::pymodule! {
    pub WEAKREF = "_weakref", "What the module weakref is built on.",
    functions: [getweakrefcount, getweakrefs, _remove_dead_weakref, proxy],
    classes: [],
    exec: Some(exec)
}
