//! Which classes can be bases together, and which can take each other's place.

use krait_abi as abi;

use super::PyType;
use super::{mro, ready, slotdefs};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyTuple, type_error};

/// Whether instances of the class are laid out differently from its base's.
fn shape_differs(class: &PyType, base: &PyType) -> bool {
    let (class, base) = (class.raw(), base.raw());
    class.tp_basicsize.get() != base.tp_basicsize.get()
        || class.tp_itemsize.get() != base.tp_itemsize.get()
}

/// The most derived class, up the chain of bases, that adds to the layout.
pub(super) fn solid_base(class: &PyType) -> &PyType {
    let Some(base) = class.base() else {
        return PyObject::type_object();
    };
    let solid = solid_base(base);
    if shape_differs(class, solid) {
        class
    } else {
        solid
    }
}

/// The base that decides the layout of a new class.
pub(super) fn best_base(bases: &PyTuple) -> PyResult<&PyType> {
    let mut best: Option<(&PyType, &PyType)> = None;
    for base in bases.as_slice() {
        if let Some(base) = base.downcast::<PyType>()
            && base.has_flag(abi::Py_TPFLAGS_READYING)
            && base.mro().is_none()
        {
            return Err(type_error!(
                "Cannot extend an incomplete type '{}'",
                base.tp_name()
            ));
        }
        let base = ready::check_base(base)?;
        let candidate = solid_base(base);
        best = match best {
            None => Some((base, candidate)),
            Some((_, winner)) if winner.is_subtype(candidate) => best,
            Some((_, winner)) if candidate.is_subtype(winner) => Some((base, candidate)),
            Some(_) => return Err(type_error!("multiple bases have instance lay-out conflict")),
        };
    }
    match best {
        Some((base, _)) => Ok(base),
        None => Ok(PyObject::type_object()),
    }
}

/// The most derived metaclass of the bases and of `meta`.
pub fn calculate_metaclass(meta: &PyType, bases: &PyTuple) -> PyResult<Py<PyType>> {
    let mut winner = PyClass::to_owned(meta);
    for base in bases.as_slice() {
        let candidate = base.type_();
        if winner.is_subtype(candidate) {
            continue;
        }
        if candidate.is_subtype(&winner) {
            winner = PyClass::to_owned(candidate);
            continue;
        }
        return Err(type_error!(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        ));
    }
    Ok(winner)
}

/// Whether the class adds nothing to its base's layout at all, not even a dictionary.
fn compatible_with_base(class: &PyType) -> Option<&PyType> {
    let base = class.base()?;
    let (own, of_base) = (class.raw(), base.raw());
    const FLAGS: u64 = abi::Py_TPFLAGS_HAVE_GC | abi::Py_TPFLAGS_PREHEADER;
    let same_clear = own.tp_clear.get().map(|slot| slot as usize)
        == of_base.tp_clear.get().map(|slot| slot as usize);
    let same = !shape_differs(class, base)
        && own.tp_dictoffset.get() == of_base.tp_dictoffset.get()
        && own.tp_weaklistoffset.get() == of_base.tp_weaklistoffset.get()
        && class.flags() & FLAGS == base.flags() & FLAGS
        && (same_clear || super::heap::has_subtype_clear(class));
    same.then_some(base)
}

/// Whether two classes with the same base add the same to it.
fn same_slots_added(left: &PyType, right: &PyType) -> PyResult<bool> {
    const WORD: isize = size_of::<usize>() as isize;
    if left.flags() & abi::Py_TPFLAGS_PREHEADER != right.flags() & abi::Py_TPFLAGS_PREHEADER {
        return Ok(false);
    }
    let Some(base) = left.base() else {
        return Ok(false);
    };
    let mut size = base.raw().tp_basicsize.get();
    for offset in [
        |class: &PyType| class.raw().tp_dictoffset.get(),
        |class: &PyType| class.raw().tp_weaklistoffset.get(),
    ] {
        if offset(left) == size && offset(right) == size {
            size += WORD;
        }
    }
    let slots = |class: &PyType| -> Option<Obj> {
        let slots = class.heap()?.ht_slots.get();
        // SAFETY: null or a tuple that the class owns.
        unsafe { PyObject::from_ptr_opt(slots) }.map(PyClass::to_obj)
    };
    if let (Some(of_left), Some(of_right)) = (slots(left), slots(right)) {
        if !of_left.eq(&of_right)? {
            return Ok(false);
        }
        size += WORD * of_left.length()? as isize;
    }
    Ok(size == left.raw().tp_basicsize.get() && size == right.raw().tp_basicsize.get())
}

/// Checks that an instance (or subclass) of `old` can become one of `new`; `attribute` is what the
/// program assigns to.
pub(crate) fn compatible_for_assignment(
    old: &PyType,
    new: &PyType,
    attribute: &str,
) -> PyResult<()> {
    let free = |class: &PyType| class.raw().tp_free.get().map(|free| free as usize);
    if free(old) != free(new) {
        return Err(type_error!(
            "{attribute} assignment: '{}' deallocator differs from '{}'",
            new.tp_name(),
            old.tp_name()
        ));
    }
    let (mut old_base, mut new_base) = (old, new);
    while let Some(base) = compatible_with_base(new_base) {
        new_base = base;
    }
    while let Some(base) = compatible_with_base(old_base) {
        old_base = base;
    }
    if std::ptr::eq(old_base, new_base) {
        return Ok(());
    }
    let same_base = match (old_base.base(), new_base.base()) {
        (Some(left), Some(right)) => std::ptr::eq(left, right),
        _ => false,
    };
    if !same_base || !same_slots_added(new_base, old_base)? {
        return Err(type_error!(
            "{attribute} assignment: '{}' object layout differs from '{}'",
            new.tp_name(),
            old.tp_name()
        ));
    }
    Ok(())
}

/// Checks what is assigned to `__bases__`.
fn check_new_bases<'a>(class: &PyType, value: &'a PyObject) -> PyResult<&'a PyTuple> {
    let name = class.tp_name();
    let Some(bases) = value.downcast::<PyTuple>() else {
        return Err(type_error!(
            "can only assign tuple to {name}.__bases__, not {}",
            value.type_().tp_name()
        ));
    };
    if bases.is_empty() {
        return Err(type_error!(
            "can only assign non-empty tuple to {name}.__bases__, not ()"
        ));
    }
    for base in bases.as_slice() {
        let Some(base) = base.downcast::<PyType>() else {
            return Err(type_error!(
                "{name}.__bases__ must be tuple of classes, not '{}'",
                base.type_().tp_name()
            ));
        };
        let inherits = base.is_subtype(class);
        // A `mro()` in Python may leave the class itself out of a base's order.
        let mut chain = base.base();
        let mut derives = false;
        while let Some(each) = chain {
            derives |= std::ptr::eq(each, class);
            chain = each.base();
        }
        if inherits || (base.mro().is_some() && derives) {
            return Err(type_error!("a __bases__ item causes an inheritance cycle"));
        }
    }
    Ok(bases)
}

/// `cls.__bases__ = value`.
pub(super) fn set_bases(class: &PyType, value: &PyObject) -> PyResult<()> {
    let bases = check_new_bases(class, value)?;
    let new_base = best_base(bases)?;
    let old_base = class
        .base()
        .map_or_else(|| PyObject::type_object().to_owned(), PyClass::to_owned);
    compatible_for_assignment(&old_base, new_base, "__bases__")?;
    let raw = class.raw();
    // SAFETY: a heap class owns its bases.
    let old_bases = unsafe {
        let old = raw.tp_bases.replace(PyClass::to_owned(bases).into_ptr());
        Py::<PyTuple>::from_owned_ptr_opt(old)
    };
    raw.tp_base
        .set(PyClass::to_owned(new_base).into_ptr().cast());
    let mut undo = Vec::new();
    if let Err(error) = update_mro_hierarchy(class, &mut undo) {
        // Every class gets back the order it had, and this one its bases.
        let error = error.take();
        for (changed, old_mro, new_mro) in undo {
            // Unless it has an even newer one.
            if changed
                .mro()
                .is_some_and(|mro| new_mro.as_ref().is_some_and(|new| new.is(mro)))
            {
                mro::set_mro(&changed, old_mro);
            }
        }
        if raw.tp_bases.get() != bases.as_ptr() {
            // A `mro()` in Python has assigned others meanwhile: those stay.
            // SAFETY: the reference that the class held on its old base.
            unsafe { crate::object::decref(old_base.as_ptr()) };
            return Err(crate::PyErr::restore(error));
        }
        let failed = raw
            .tp_bases
            .replace(old_bases.map_or(std::ptr::null_mut(), Py::into_ptr));
        // The class's own reference to its old base was not given up.
        raw.tp_base.set(old_base.as_ptr().cast());
        // SAFETY: the references that the class was given above.
        unsafe {
            drop(Obj::from_owned_ptr_opt(failed));
            crate::object::decref(new_base.as_ptr());
        }
        return Err(crate::PyErr::restore(error));
    }
    // Unless a `mro()` in Python has assigned others meanwhile, and seen to the rest.
    if raw.tp_bases.get() == bases.as_ptr() {
        ready::remove_from_bases(class, old_bases.as_deref());
        ready::add_to_bases(class);
        slotdefs::update_all_slots(class);
        class.modified();
    }
    // The reference that the class held on its old base.
    // SAFETY: replaced above.
    unsafe { crate::object::decref(old_base.as_ptr()) };
    Ok(())
}

/// A class, the order it had, and the one that took its place.
type Undo = (Py<PyType>, Option<Py<PyTuple>>, Option<Py<PyTuple>>);

/// Computes the orders of a class and of all its subclasses again; `undo` collects the old ones.
fn update_mro_hierarchy(class: &PyType, undo: &mut Vec<Undo>) -> PyResult<()> {
    let old = class.mro().map(PyClass::to_owned);
    if !mro::mro_internal(class)? {
        // A `mro()` in Python assigned to `__bases__` itself, and the order is up to date.
        return Ok(());
    }
    let new = class.mro().map(PyClass::to_owned);
    undo.push((PyClass::to_owned(class), old, new));
    for subclass in class.subclasses() {
        update_mro_hierarchy(&subclass, undo)?;
    }
    Ok(())
}
