//! `__slots__`: what a class body asks for, checked and mangled.

use krait_abi as abi;

use super::PyType;
use crate::object::Obj;
use crate::{PyDict, PyResult, PyStr, PyTuple, intern, type_error, value_error};

/// What a new class adds to its base's layout.
#[derive(Default)]
pub(super) struct SlotsSpec {
    /// Whether there is a `__slots__` at all.
    pub(super) given: bool,
    /// The mangled names, sorted, without `__dict__` and `__weakref__`.
    pub(super) names: Vec<Obj>,
    /// Whether instances get a dictionary.
    pub(super) add_dict: bool,
    /// Whether instances get a list of weak references.
    pub(super) add_weakref: bool,
}

/// Reads `__slots__` from the namespace of a new class.
pub(super) fn read_slots(
    class_name: &PyStr,
    base: &PyType,
    bases: &PyTuple,
    dict: &PyDict,
) -> PyResult<SlotsSpec> {
    let may_add_dict = base.raw().tp_dictoffset.get() == 0;
    let may_add_weakref =
        base.raw().tp_weaklistoffset.get() == 0 && base.raw().tp_itemsize.get() == 0;
    let Some(slots) = dict.get_str(intern!("__slots__"))? else {
        return Ok(SlotsSpec {
            add_dict: may_add_dict,
            add_weakref: may_add_weakref,
            ..SlotsSpec::default()
        });
    };
    let given = if slots.downcast::<PyStr>().is_some() {
        vec![slots]
    } else {
        slots.to_vec()?
    };
    let variable_size =
        base.raw().tp_itemsize.get() != 0 && !base.has_flag(abi::Py_TPFLAGS_ITEMS_AT_END);
    if !given.is_empty() && variable_size {
        return Err(type_error!(
            "nonempty __slots__ not supported for subtype of '{}'",
            base.tp_name()
        ));
    }
    let mut spec = SlotsSpec {
        given: true,
        ..SlotsSpec::default()
    };
    for name in &given {
        let name = checked_name(name)?;
        if name.is_text("__dict__") {
            if !may_add_dict || spec.add_dict {
                return Err(type_error!("__dict__ slot disallowed: we already got one"));
            }
            spec.add_dict = true;
        } else if name.is_text("__weakref__") {
            if !may_add_weakref || spec.add_weakref {
                return Err(type_error!(
                    "__weakref__ slot disallowed: we already got one"
                ));
            }
            spec.add_weakref = true;
        }
    }
    for name in &given {
        let name = checked_name(name)?;
        if !name.is_text("__dict__") && !name.is_text("__weakref__") {
            spec.names.push(slot_name(class_name, name, dict)?);
        }
    }
    sort_names(&mut spec.names);
    add_from_other_bases(&mut spec, base, bases, may_add_dict, may_add_weakref);
    Ok(spec)
}

fn checked_name(name: &Obj) -> PyResult<&PyStr> {
    let Some(text) = name.downcast::<PyStr>() else {
        return Err(type_error!(
            "__slots__ items must be strings, not '{}'",
            name.type_().tp_name()
        ));
    };
    if !text.is_identifier() {
        return Err(type_error!("__slots__ must be identifiers"));
    }
    Ok(text)
}

/// The name of a slot's attribute, which must not be a class variable too.
fn slot_name(class_name: &PyStr, name: &PyStr, dict: &PyDict) -> PyResult<Obj> {
    let name = mangle(class_name, name)?;
    let text = name.downcast::<PyStr>();
    // The compiler puts these into the namespace; they do not stay.
    let temporary = text.is_some_and(|text| {
        ["__qualname__", "__classcell__", "__classdictcell__"]
            .iter()
            .any(|each| text.is_text(each))
    });
    if !temporary && dict.contains(&name)? {
        return Err(value_error!(
            "{} in __slots__ conflicts with class variable",
            name.repr()?.to_string_lossy()
        ));
    }
    Ok(name)
}

/// Private names carry the class's name: `__x` in `class _C` is `_C__x`.
fn mangle(class_name: &PyStr, name: &PyStr) -> PyResult<Obj> {
    let text = name.to_string_lossy();
    let class_text = class_name.to_string_lossy();
    let class_text = class_text.trim_start_matches('_');
    if !text.starts_with("__")
        || text.ends_with("__")
        || text.contains('.')
        || class_text.is_empty()
    {
        return Ok(name.interned().into_object());
    }
    Ok(PyStr::intern(&format!("_{class_text}{text}"))?.into_object())
}

/// Sorted by code points, as in CPython: the same set of slots gives the same layout.
fn sort_names(names: &mut [Obj]) {
    names.sort_by(|left, right| {
        let text = |name: &Obj| name.downcast::<PyStr>().map(PyStr::to_wtf8_codes);
        text(left).cmp(&text(right))
    });
}

impl PyStr {
    fn to_wtf8_codes(&self) -> Vec<u32> {
        self.as_slice().iter().collect()
    }
}

/// Secondary bases may bring a dictionary or weak references, without which their methods fail.
fn add_from_other_bases(
    spec: &mut SlotsSpec,
    base: &PyType,
    bases: &PyTuple,
    may_add_dict: bool,
    may_add_weakref: bool,
) {
    for other in bases.as_slice() {
        let Some(other) = other.downcast::<PyType>() else {
            continue;
        };
        if std::ptr::eq(other, base) {
            continue;
        }
        if may_add_dict && other.raw().tp_dictoffset.get() != 0 {
            spec.add_dict = true;
        }
        if may_add_weakref && other.raw().tp_weaklistoffset.get() != 0 {
            spec.add_weakref = true;
        }
    }
}
