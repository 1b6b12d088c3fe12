//! The method resolution order: C3 over the bases' orders, or what a metaclass's `mro()` says.

use super::PyType;
use super::new::solid_base;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyTuple, intern, type_error};

/// Computes the order that `class` has by its bases: `type.mro`.
pub(super) fn compute_mro(class: &PyType) -> PyResult<Vec<Obj>> {
    let Some(bases) = class.bases() else {
        return Ok(vec![class.to_obj()]);
    };
    let mut orders = Vec::with_capacity(bases.len() + 1);
    for base in bases.as_slice() {
        let Some(base) = base.downcast::<PyType>() else {
            return Err(type_error!("bases must be types"));
        };
        let Some(mro) = base.mro() else {
            return Err(type_error!(
                "Cannot extend an incomplete type '{}'",
                base.tp_name()
            ));
        };
        orders.push(mro.as_slice().to_vec());
    }
    let mut result = vec![class.to_obj()];
    if let [only] = orders.as_slice() {
        result.extend(only.iter().cloned());
        return Ok(result);
    }
    check_duplicates(bases)?;
    orders.push(bases.as_slice().to_vec());
    merge(&mut result, &orders)?;
    Ok(result)
}

fn check_duplicates(bases: &PyTuple) -> PyResult<()> {
    let bases = bases.as_slice();
    for (index, base) in bases.iter().enumerate() {
        if bases[index + 1..].iter().any(|other| other.is(base)) {
            return Err(match base.downcast::<PyType>() {
                Some(class) => type_error!("duplicate base class {}", class.name()),
                None => type_error!("duplicate base class"),
            });
        }
    }
    Ok(())
}

/// C3: takes the first head that is in no other list's tail, until all lists are used up.
fn merge(result: &mut Vec<Obj>, orders: &[Vec<Obj>]) -> PyResult<()> {
    let mut positions = vec![0; orders.len()];
    let in_tail = |candidate: &Obj, positions: &[usize]| {
        orders.iter().zip(positions).any(|(order, &position)| {
            order
                .iter()
                .skip(position + 1)
                .any(|class| class.is(candidate))
        })
    };
    loop {
        let mut exhausted = true;
        let mut chosen = None;
        for (order, &position) in orders.iter().zip(&positions) {
            let Some(candidate) = order.get(position) else {
                continue;
            };
            exhausted = false;
            if !in_tail(candidate, &positions) {
                chosen = Some(candidate.clone());
                break;
            }
        }
        let Some(chosen) = chosen else {
            return if exhausted {
                Ok(())
            } else {
                Err(inconsistent(orders, &positions))
            };
        };
        for (order, position) in orders.iter().zip(&mut positions) {
            if order.get(*position).is_some_and(|class| class.is(&chosen)) {
                *position += 1;
            }
        }
        result.push(chosen);
    }
}

#[cold]
fn inconsistent(orders: &[Vec<Obj>], positions: &[usize]) -> crate::PyErr {
    let mut names: Vec<(Obj, String)> = Vec::new();
    for (order, &position) in orders.iter().zip(positions) {
        let Some(class) = order.get(position) else {
            continue;
        };
        if names.iter().any(|(seen, _)| seen.is(class)) {
            continue;
        }
        let name = match class
            .getattr(intern!("__name__"))
            .and_then(|name| name.str())
        {
            Ok(name) => name.to_string_lossy(),
            Err(error) => {
                error.clear();
                "?".to_owned()
            }
        };
        names.push((class.clone(), name));
    }
    let names: Vec<_> = names.into_iter().map(|(_, name)| name).collect();
    type_error!(
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    )
}

/// The order by the metaclass: its `mro()` if it overrides that, checked to fit the class's layout.
fn mro_invoke(class: &PyType) -> PyResult<Py<PyTuple>> {
    let meta = class.as_object().type_();
    let name = intern!("mro");
    let custom = !std::ptr::eq(meta, PyType::type_object())
        && meta.lookup(name).is_some_and(|found| {
            PyType::type_object()
                .lookup(name)
                .is_none_or(|native| !native.is(&found))
        });
    if !custom {
        class.raw().tp_versions_used.set(0);
        return PyTuple::from_vec(compute_mro(class)?);
    }
    let result = super::slots::call_special(name, &[class])?;
    let mro = PyTuple::from_vec(result.to_vec()?)?;
    if mro.is_empty() {
        return Err(type_error!("type MRO must not be empty"));
    }
    let solid = solid_base(class);
    for base in mro.as_slice() {
        let Some(base) = base.downcast::<PyType>() else {
            return Err(type_error!(
                "mro() returned a non-class ('{}')",
                base.type_().tp_name()
            ));
        };
        if !solid.is_subtype(solid_base(base)) {
            return Err(type_error!(
                "mro() returned base with unsuitable layout ('{}')",
                base.tp_name()
            ));
        }
    }
    // What changes in a class that is in the order but no base is not told to this class.
    let bases = class.bases();
    let is_base = |other: &PyType| {
        std::ptr::eq(class, other)
            || bases.as_ref().is_some_and(|bases| {
                let mut bases = bases.as_slice().iter();
                bases.any(|base| {
                    let base = base.downcast::<PyType>();
                    base.is_some_and(|base| base.is_subtype(other))
                })
            })
    };
    let mut order = mro.as_slice().iter();
    let all_bases = order.all(|other| other.downcast::<PyType>().is_some_and(is_base));
    let used = if all_bases { 0 } else { super::UNTAGGED };
    class.raw().tp_versions_used.set(used);
    Ok(mro)
}

/// Computes and sets the order. Answers false if a `mro()` in Python has set it meanwhile by
/// assigning to `__bases__`; the result is then left alone.
pub(super) fn mro_internal(class: &PyType) -> PyResult<bool> {
    let before = class.raw().tp_mro.get();
    // The old order must not be freed and its address used again while `mro()` runs.
    // SAFETY: `tp_mro` is null or a tuple that the class owns.
    let keep = unsafe { PyObject::from_ptr_opt(before) }.map(PyClass::to_obj);
    let mro = mro_invoke(class)?;
    let reentered = class.raw().tp_mro.get() != before;
    drop(keep);
    if reentered {
        return Ok(false);
    }
    set_mro(class, Some(mro));
    Ok(true)
}

/// Replaces the order, and tells the caches.
pub(super) fn set_mro(class: &PyType, mro: Option<Py<PyTuple>>) {
    let mro = mro.map_or(std::ptr::null_mut(), Py::into_ptr);
    let old = class.raw().tp_mro.replace(mro);
    class.modified();
    // SAFETY: the class owned its order.
    drop(unsafe { Obj::from_owned_ptr_opt(old) });
}
