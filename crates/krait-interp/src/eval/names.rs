//! Names looked up in namespaces: locals of module and class bodies, globals, builtins.

use krait_abi as abi;
use krait_runtime::frame::StackRef;
use krait_runtime::{Obj, PyDict, PyObject, PyResult, PyStr, exc, system_error};

use super::machine::*;
use crate::errors::name_error;
use crate::specialize;

fn lookup_global(globals: &PyObject, builtins: &PyObject, name: &PyStr) -> PyResult<Option<Obj>> {
    if let Some(value) = namespace_get(globals, name)? {
        return Ok(Some(value));
    }
    namespace_get(builtins, name)
}

/// An entry of a namespace, which is nearly always exactly a dictionary.
fn namespace_get(namespace: &PyObject, name: &PyStr) -> PyResult<Option<Obj>> {
    match namespace.downcast_exact::<PyDict>() {
        Some(dict) => dict.get_str(name),
        None => namespace.lookup_item(name),
    }
}

#[inline(always)]
pub(super) fn load_name(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let value = attempt!(load_name_slow(m.frame().locals(), m, m.name(oparg)));
    m.push_obj(value);
    m.next(0)
}

#[inline(never)]
fn load_name_in(locals: &PyObject, name: &PyStr) -> PyResult<Option<Obj>> {
    namespace_get(locals, name)
}

#[inline(always)]
fn load_name_slow(locals: Option<&PyObject>, m: &Machine, name: &PyStr) -> PyResult<Obj> {
    if let Some(locals) = locals
        && let Some(value) = load_name_in(locals, name)?
    {
        return Ok(value);
    }
    global_of(m.frame(), name)
}

/// The value of a global or builtin name; `NameError` if there is none.
#[inline(never)]
fn global_of(frame: &krait_runtime::frame::Frame, name: &PyStr) -> PyResult<Obj> {
    match lookup_global(frame.globals(), frame.builtins(), name)? {
        Some(value) => Ok(value),
        None => Err(name_error(name)),
    }
}

#[inline(always)]
pub(super) fn load_global(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::load_global(m.frame(), m.ip, m.name(oparg >> 1));
        return Flow::Again;
    }
    m.save();
    let value = attempt!(global_of(m.frame(), m.name(oparg >> 1)));
    m.push_obj(value);
    push_null_if(m, oparg);
    m.next(4)
}

/// Pushes the empty slot that stands for "no self" when a call follows.
#[inline(always)]
fn push_null_if(m: &mut Machine, oparg: u32) {
    if oparg & 1 != 0 {
        m.push(StackRef::NULL);
    }
}

/// The value at an entry of a key table of strings, if the table's version is the cached one.
#[inline(always)]
fn cached_entry(namespace: *mut abi::PyObject, version: u16, index: u16) -> Option<StackRef> {
    // SAFETY: the specialiser has seen that globals and builtins are exactly dictionaries; the
    // version is of a unicode table with at least `index + 1` entries.
    unsafe {
        let dict = &*namespace.cast::<abi::PyDictObject>();
        let keys = &*dict.ma_keys.get();
        if keys.dk_version.get() != u32::from(version) {
            return None;
        }
        let entry = specialize::unicode_entry(keys, usize::from(index));
        let value = (*entry).me_value.get();
        (!value.is_null()).then(|| StackRef::new(PyObject::from_ptr(value)))
    }
}

#[inline(always)]
pub(super) fn load_global_module(m: &mut Machine, oparg: u32) -> Flow {
    let Some(value) = cached_entry(m.frame().f_globals.get(), m.cache(1), m.cache(3)) else {
        return Flow::Base;
    };
    m.push(value);
    push_null_if(m, oparg);
    m.next(4)
}

#[inline(always)]
pub(super) fn load_global_builtin(m: &mut Machine, oparg: u32) -> Flow {
    // SAFETY: the specialiser has seen that the globals are exactly a dictionary.
    let version = unsafe {
        let dict = &*m.frame().f_globals.get().cast::<abi::PyDictObject>();
        (*dict.ma_keys.get()).dk_version.get()
    };
    if version != u32::from(m.cache(1)) {
        return Flow::Base;
    }
    let Some(value) = cached_entry(m.frame().f_builtins.get(), m.cache(2), m.cache(3)) else {
        return Flow::Base;
    };
    m.push(value);
    push_null_if(m, oparg);
    m.next(4)
}

#[inline(always)]
pub(super) fn load_from_dict_or_globals(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let name = m.name(oparg);
    let value = match attempt!(m.object(1).lookup_item(name)) {
        Some(value) => value,
        None => attempt!(global_of(m.frame(), name)),
    };
    m.replace_top(StackRef::from_obj(value));
    m.next(0)
}

#[inline(always)]
pub(super) fn store_name(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(store_name_in(
        m.frame().locals(),
        m.name(oparg),
        m.object(1)
    ));
    m.drop_top();
    m.next(0)
}

#[inline(never)]
fn store_name_in(locals: Option<&PyObject>, name: &PyStr, value: &PyObject) -> PyResult<()> {
    match locals {
        None => Err(system_error!(
            "no locals found when storing '{}'",
            name.to_string_lossy()
        )),
        Some(locals) => match locals.downcast_exact::<PyDict>() {
            Some(dict) => dict.set_item(name, value),
            None => locals.set_item(name, value),
        },
    }
}

#[inline(always)]
pub(super) fn delete_name(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(delete_name_in(m.frame().locals(), m.name(oparg)));
    m.next(0)
}

#[inline(never)]
fn delete_name_in(locals: Option<&PyObject>, name: &PyStr) -> PyResult<()> {
    let Some(locals) = locals else {
        return Err(system_error!(
            "no locals when deleting '{}'",
            name.to_string_lossy()
        ));
    };
    match locals.del_item(name) {
        Err(error) if error.matches(&exc::KeyError) => {
            error.clear();
            Err(name_error(name))
        }
        result => result,
    }
}

#[inline(always)]
pub(super) fn store_global(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(m.globals().set_item(m.name(oparg), m.object(1)));
    m.drop_top();
    m.next(0)
}

#[inline(always)]
pub(super) fn delete_global(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    if !attempt!(m.globals().del_item(m.name(oparg))) {
        drop(name_error(m.name(oparg)));
        return Flow::Error;
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn load_locals(m: &mut Machine) -> Flow {
    m.save();
    let Some(locals) = m.frame().locals() else {
        drop(system_error!("no locals"));
        return Flow::Error;
    };
    m.push(StackRef::new(locals));
    m.next(0)
}

#[inline(always)]
pub(super) fn load_build_class(m: &mut Machine) -> Flow {
    m.save();
    let value = attempt!(build_class_function(m.frame().builtins()));
    m.push_obj(value);
    m.next(0)
}

#[inline(never)]
fn build_class_function(builtins: &PyObject) -> PyResult<Obj> {
    let name = PyStr::intern("__build_class__")?;
    match namespace_get(builtins, &name)? {
        Some(function) => Ok(function),
        None => Err(exc!(NameError, "__build_class__ not found")),
    }
}

#[inline(always)]
pub(super) fn setup_annotations(m: &mut Machine) -> Flow {
    m.save();
    attempt!(setup_annotations_in(m.frame().locals()));
    m.next(0)
}

#[inline(never)]
fn setup_annotations_in(locals: Option<&PyObject>) -> PyResult<()> {
    let Some(locals) = locals else {
        return Err(system_error!("no locals found when setting up annotations"));
    };
    let name = PyStr::intern("__annotations__")?;
    if namespace_get(locals, &name)?.is_none() {
        locals.set_item(&name, &*PyDict::new()?)?;
    }
    Ok(())
}
