//! The instructions of `match` statements.

use krait_abi as abi;
use krait_runtime::frame::StackRef;
use krait_runtime::set::PySet;
use krait_runtime::{
    Obj, PyClass, PyErr, PyObject, PyResult, PyStr, PyTuple, PyType, type_error, value_error,
};

use super::machine::*;

#[inline(always)]
pub(super) fn match_mapping(m: &mut Machine) -> Flow {
    let is_mapping = m.object(1).type_().has_flag(abi::Py_TPFLAGS_MAPPING);
    m.push(truth(is_mapping));
    m.next(0)
}

#[inline(always)]
pub(super) fn match_sequence(m: &mut Machine) -> Flow {
    let is_sequence = m.object(1).type_().has_flag(abi::Py_TPFLAGS_SEQUENCE);
    m.push(truth(is_sequence));
    m.next(0)
}

#[inline(always)]
pub(super) fn match_keys(m: &mut Machine) -> Flow {
    m.save();
    let values = attempt!(keys_of(m.object(2), m.object(1)));
    m.push(values.map_or_else(none, StackRef::from_obj));
    m.next(0)
}

fn contains(set: &PySet, item: &PyObject) -> PyResult<bool> {
    set.table().contains_hash(item, item.hash()?)
}

/// The values of all the keys of a mapping pattern, `None` if one is missing.
#[inline(never)]
fn keys_of(subject: &PyObject, keys: &PyObject) -> PyResult<Option<Obj>> {
    let Some(keys) = keys.downcast::<PyTuple>() else {
        return Ok(None);
    };
    if keys.is_empty() {
        return Ok(Some(PyTuple::empty().into_object()));
    }
    // `get` with a default of our own: `__missing__` must not be asked.
    let get = subject.getattr(krait_runtime::intern!("get"))?;
    let missing = PyObject::type_object().as_object().call0()?;
    let seen = PySet::new()?;
    let mut values = Vec::with_capacity(keys.len());
    for key in keys.as_slice() {
        if contains(&seen, key)? {
            return Err(value_error!(
                "mapping pattern checks duplicate key ({})",
                key.repr()?.to_string_lossy()
            ));
        }
        seen.table().add(key)?;
        let value = get.call(&[key, &missing])?;
        if value.is(&missing) {
            return Ok(None);
        }
        values.push(value);
    }
    Ok(Some(PyTuple::from_vec(values)?.into_object()))
}

#[inline(always)]
pub(super) fn match_class(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let result = attempt!(class_pattern(
        m.object(3),
        m.object(2),
        m.object(1),
        oparg as usize
    ));
    m.replace_many(3, result.map_or_else(none, StackRef::from_obj));
    m.next(0)
}

/// The attributes that a class pattern takes from the subject, `None` if it does not match.
#[inline(never)]
fn class_pattern(
    subject: &PyObject,
    class: &PyObject,
    names: &PyObject,
    positional: usize,
) -> PyResult<Option<Obj>> {
    let (Some(class_type), Some(names)) = (class.downcast::<PyType>(), names.downcast::<PyTuple>())
    else {
        return Err(type_error!("called match pattern must be a class"));
    };
    if !crate::builtins::is_instance(subject, class)? {
        return Ok(None);
    }
    let seen = PySet::new()?;
    let mut values = Vec::new();
    if positional > 0
        && !positional_attributes(subject, class_type, positional, &seen, &mut values)?
    {
        return Ok(None);
    }
    for name in names.as_slice() {
        match named_attribute(subject, class_type, name, &seen)? {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(PyTuple::from_vec(values)?.into_object()))
}

/// The attributes that `__match_args__` names; false if one is missing.
fn positional_attributes(
    subject: &PyObject,
    class: &PyType,
    positional: usize,
    seen: &PySet,
    values: &mut Vec<Obj>,
) -> PyResult<bool> {
    let (match_args, allowed, match_self) =
        match class.lookup_attr(krait_runtime::intern!("__match_args__"))? {
            Some(args) => match args.cast::<PyTuple>() {
                Ok(args) => {
                    let count = args.len();
                    (Some(args), count, false)
                }
                Err(args) => {
                    return Err(type_error!(
                        "{}.__match_args__ must be a tuple (got {})",
                        class.name(),
                        args.type_().tp_name()
                    ));
                }
            },
            None => {
                let match_self = class.has_flag(abi::_Py_TPFLAGS_MATCH_SELF);
                (None, usize::from(match_self), match_self)
            }
        };
    if allowed < positional {
        return Err(too_many_patterns(class, allowed, positional));
    }
    if match_self {
        values.push(subject.to_obj());
        return Ok(true);
    }
    let Some(match_args) = match_args else {
        return Ok(true);
    };
    for name in &match_args.as_slice()[..positional] {
        if name.downcast::<PyStr>().is_none() {
            return Err(type_error!(
                "__match_args__ elements must be strings (got {})",
                name.type_().tp_name()
            ));
        }
        match named_attribute(subject, class, name, seen)? {
            Some(value) => values.push(value),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn too_many_patterns(class: &PyType, allowed: usize, given: usize) -> PyErr {
    type_error!(
        "{}() accepts {allowed} positional sub-pattern{} ({given} given)",
        class.name(),
        if allowed == 1 { "" } else { "s" }
    )
}

fn named_attribute(
    subject: &PyObject,
    class: &PyType,
    name: &PyObject,
    seen: &PySet,
) -> PyResult<Option<Obj>> {
    if contains(seen, name)? {
        return Err(type_error!(
            "{}() got multiple sub-patterns for attribute {}",
            class.name(),
            name.repr()?.to_string_lossy()
        ));
    }
    seen.table().add(name)?;
    match name.downcast::<PyStr>() {
        Some(name) => subject.lookup_attr(name),
        None => Ok(None),
    }
}
