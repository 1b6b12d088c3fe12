//! Specialising attribute access.

use krait_abi as abi;
use krait_bytecode::op;
use krait_runtime::attr::{is_generic_getattr, is_generic_setattr};
use krait_runtime::descr::{PyMemberDescr, PyProperty};
use krait_runtime::{Obj, PyClass, PyDict, PyFunction, PyModule, PyObject, PyStr, PyType};

use super::{Site, has_unicode_keys, inline_values, managed_dict};
use crate::eval::machine::Unit;

/// The type code of a slot that holds an object or nothing: `Py_T_OBJECT_EX`.
const T_OBJECT_EX: i32 = 16;

/// What a class attribute means for attribute access.
enum Kind {
    Absent,
    /// A function or something that binds like one.
    Method(Obj),
    /// A slot at this offset.
    Slot(u16),
    Property(Obj),
    /// Without `__get__`.
    Plain(Obj),
    Other,
}

fn classify(class: &PyType, name: &PyStr, store: bool) -> Kind {
    let Some(descr) = class.lookup(name) else {
        return Kind::Absent;
    };
    let kind = descr.type_();
    if kind.raw().tp_descr_set.get().is_some() {
        if let Some(member) = descr.downcast_exact::<PyMemberDescr>() {
            let row = member.def();
            let writable = !store || row.flags & abi::Py_READONLY == 0;
            return match u16::try_from(row.offset) {
                Ok(offset) if row.r#type == T_OBJECT_EX && writable => Kind::Slot(offset),
                _ => Kind::Other,
            };
        }
        if descr.is_exact::<PyProperty>() {
            return Kind::Property(descr);
        }
        return Kind::Other;
    }
    if store {
        // Class attributes without `__set__` do not matter for storing.
        return Kind::Absent;
    }
    if kind.has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
        return Kind::Method(descr);
    }
    if kind.raw().tp_descr_get.get().is_some() {
        Kind::Other
    } else {
        Kind::Plain(descr)
    }
}

/// Specialises `LOAD_ATTR`; `is_method` if a call follows.
#[inline(never)]
pub(crate) fn load_attr(ip: *mut Unit, owner: &PyObject, name: &PyStr, is_method: bool) {
    let site = Site::new(ip);
    let opcode = if let Some(module) = owner.downcast_exact::<PyModule>() {
        module_attr(site, module, name)
    } else if let Some(class) = owner.downcast::<PyType>() {
        class_attr(site, class, name)
    } else {
        instance_attr(site, owner, name, is_method)
    };
    site.decide(opcode);
}

fn module_attr(site: Site, module: &PyModule, name: &PyStr) -> Option<u8> {
    let dict = module.dict();
    if !has_unicode_keys(&dict) {
        return None;
    }
    let index = dict.index_of_str(name)?;
    let version = dict.keys_version();
    if version == 0 {
        return None;
    }
    site.set32(1, version);
    site.set(3, u16::try_from(index).ok()?);
    Some(op::LOAD_ATTR_MODULE)
}

fn class_attr(site: Site, class: &PyType, name: &PyStr) -> Option<u8> {
    let meta = class.type_();
    let own_getattr = PyType::type_object().raw().tp_getattro.get()?;
    if !std::ptr::fn_addr_eq(meta.raw().tp_getattro.get()?, own_getattr) {
        return None;
    }
    if let Some(descr) = meta.lookup(name)
        && descr.type_().raw().tp_descr_set.get().is_some()
    {
        return None;
    }
    let (Kind::Method(descr) | Kind::Plain(descr)) = classify(class, name, false) else {
        return None;
    };
    let version = class.version_tag();
    if version == 0 {
        return None;
    }
    site.set32(1, version);
    site.set64(5, descr.as_ptr().expose_provenance() as u64);
    if meta.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE) {
        return Some(op::LOAD_ATTR_CLASS);
    }
    let meta_version = meta.version_tag();
    if meta_version == 0 {
        return None;
    }
    site.set32(3, meta_version);
    Some(op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK)
}

fn instance_attr(site: Site, owner: &PyObject, name: &PyStr, is_method: bool) -> Option<u8> {
    let class = owner.type_();
    if !is_generic_getattr(class.raw().tp_getattro.get()?) {
        return None;
    }
    let version = class.version_tag();
    if version == 0 {
        return None;
    }
    site.set32(1, version);
    match classify(class, name, false) {
        Kind::Method(descr) if is_method => class_value(site, owner, name, &descr, true),
        Kind::Plain(descr) if !is_method => class_value(site, owner, name, &descr, false),
        Kind::Slot(offset) => {
            site.set(3, offset);
            Some(op::LOAD_ATTR_SLOT)
        }
        Kind::Property(property) if !is_method => property_attr(site, &property),
        Kind::Absent => instance_value(
            site,
            owner,
            name,
            op::LOAD_ATTR_INSTANCE_VALUE,
            op::LOAD_ATTR_WITH_HINT,
        ),
        _ => None,
    }
}

/// A class attribute that no instance attribute hides.
fn class_value(
    site: Site,
    owner: &PyObject,
    name: &PyStr,
    descr: &PyObject,
    is_method: bool,
) -> Option<u8> {
    let class = owner.type_();
    site.set64(5, descr.as_ptr().expose_provenance() as u64);
    if class.has_flag(abi::Py_TPFLAGS_INLINE_VALUES) {
        if class.shared_key_index(name).is_some() {
            return None;
        }
        let version = class.shared_keys_version();
        if version == 0 {
            return None;
        }
        site.set32(3, version);
        return Some(if is_method {
            op::LOAD_ATTR_METHOD_WITH_VALUES
        } else {
            op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
        });
    }
    let offset = if class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
        -3 * size_of::<usize>() as isize
    } else {
        class.raw().tp_dictoffset.get()
    };
    if offset == 0 {
        return Some(if is_method {
            op::LOAD_ATTR_METHOD_NO_DICT
        } else {
            op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
        });
    }
    if !is_method || owner.instance_dict().is_some() || class.raw().tp_itemsize.get() != 0 {
        return None;
    }
    site.set(3, i16::try_from(offset).ok()? as u16);
    Some(op::LOAD_ATTR_METHOD_LAZY_DICT)
}

fn property_attr(site: Site, property: &PyObject) -> Option<u8> {
    let getter = property.downcast_exact::<PyProperty>()?.getter_function()?;
    let function = getter.downcast_exact::<PyFunction>()?;
    if function.version() == 0 || !super::call::is_simple(function, 1) {
        return None;
    }
    site.set64(5, getter.as_ptr().expose_provenance() as u64);
    Some(op::LOAD_ATTR_PROPERTY)
}

/// An attribute of the instance itself.
fn instance_value(
    site: Site,
    owner: &PyObject,
    name: &PyStr,
    with_values: u8,
    with_hint: u8,
) -> Option<u8> {
    let class = owner.type_();
    if !class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
        return None;
    }
    // SAFETY: the class has managed dictionaries.
    let dict = unsafe { managed_dict(owner) };
    if class.has_flag(abi::Py_TPFLAGS_INLINE_VALUES) {
        // SAFETY: the class has inline values.
        let values = unsafe { inline_values(owner) };
        let shown = dict.is_none_or(|dict| std::ptr::eq(dict.ma_values.get(), values));
        if values.valid.get() != 0 && shown {
            let index = class.shared_key_index(name)?;
            if index >= usize::from(values.capacity.get()) {
                return None;
            }
            let slot = std::ptr::from_ref(&values.values).addr() + index * size_of::<usize>();
            site.set(3, u16::try_from(slot - owner.as_ptr().addr()).ok()?);
            return Some(with_values);
        }
    }
    let dict = owner.instance_dict()?;
    let dict: &PyDict = &dict;
    if !dict.is_exact::<PyDict>() || !has_unicode_keys(dict) {
        return None;
    }
    site.set(3, u16::try_from(dict.index_of_str(name)?).ok()?);
    Some(with_hint)
}

/// Specialises `STORE_ATTR`.
#[inline(never)]
pub(crate) fn store_attr(ip: *mut Unit, owner: &PyObject, name: &PyStr) {
    let site = Site::new(ip);
    site.decide(specialize_store(site, owner, name));
}

fn specialize_store(site: Site, owner: &PyObject, name: &PyStr) -> Option<u8> {
    let class = owner.type_();
    if owner.is_instance_of::<PyModule>() || !is_generic_setattr(class.raw().tp_setattro.get()?) {
        return None;
    }
    let version = class.version_tag();
    if version == 0 {
        return None;
    }
    site.set32(1, version);
    match classify(class, name, true) {
        Kind::Slot(offset) => {
            site.set(3, offset);
            Some(op::STORE_ATTR_SLOT)
        }
        Kind::Absent => instance_value(
            site,
            owner,
            name,
            op::STORE_ATTR_INSTANCE_VALUE,
            op::STORE_ATTR_WITH_HINT,
        ),
        _ => None,
    }
}

/// Specialises `LOAD_SUPER_ATTR`.
#[inline(never)]
pub(crate) fn load_super_attr(
    ip: *mut Unit,
    function: &PyObject,
    class: &PyObject,
    is_method: bool,
) {
    let site = Site::new(ip);
    let fits = function.is(krait_runtime::typeobject::PySuper::type_object())
        && class.is_instance_of::<PyType>();
    site.decide(fits.then_some(if is_method {
        op::LOAD_SUPER_ATTR_METHOD
    } else {
        op::LOAD_SUPER_ATTR_ATTR
    }));
}
