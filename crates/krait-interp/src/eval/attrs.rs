//! Attributes: `LOAD_ATTR`, `STORE_ATTR`, `LOAD_SUPER_ATTR` and their specialised forms.
//!
//! What the specialiser saw is in the caches: `version[0..2]` (entries 1 and 2) is the version of
//! the class, `index` (entry 3) where the value is; for methods the keys' version or the
//! dictionary's offset is in entries 3 and 4 and the descriptor in entries 5 to 8.

use krait_abi as abi;
use krait_runtime::attr::Method;
use krait_runtime::frame::StackRef;
use krait_runtime::{Obj, PyClass, PyModule, PyObject, PyResult, PyStr, PyType};

use super::calls;
use super::machine::*;
use crate::specialize::{self, inline_values, managed_dict, unicode_entry};

const CACHES: usize = 9;
const STORE_CACHES: usize = 4;

#[inline(always)]
pub(super) fn load_attr(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::load_attr(m.ip, m.object(1), m.name(oparg >> 1), oparg & 1 != 0);
        return Flow::Again;
    }
    m.save();
    let name = m.name(oparg >> 1);
    if oparg & 1 == 0 {
        let value = attempt!(m.object(1).getattr(name));
        m.replace_top(StackRef::from_obj(value));
        return m.next(CACHES);
    }
    let method = attempt!(m.object(1).get_method(name));
    replace_by_method(m, method);
    m.next(CACHES)
}

/// Replaces the object on top by what a call of its method needs: the callable, and the first
/// argument or an empty slot.
#[inline(always)]
pub(super) fn replace_by_method(m: &mut Machine, method: Method) {
    match method {
        // The object stays, as the call's first argument.
        Method::Unbound(function) => {
            let object = m.peek(1);
            m.poke(1, StackRef::from_obj(function));
            m.push(object);
        }
        Method::OfClass(function, class) => {
            m.replace_top(StackRef::from_obj(function));
            m.push(StackRef::from_obj(class));
        }
        Method::Bound(function) => {
            m.replace_top(StackRef::from_obj(function));
            m.push(StackRef::NULL);
        }
    }
}

/// Whether the class of the object on top has the cached version.
#[inline(always)]
fn class_matches(m: &Machine) -> bool {
    m.object(1).type_().raw().tp_version_tag.get() == m.cache32(1)
}

/// Replaces the object on top by its attribute, and an empty slot if a call follows.
#[inline(always)]
fn finish(m: &mut Machine, oparg: u32, value: StackRef) -> Flow {
    let owner = m.peek(1);
    m.poke(1, value);
    if oparg & 1 != 0 {
        m.push(StackRef::NULL);
    }
    if owner.is_owned() {
        m.save();
        close(owner);
    }
    m.next(CACHES)
}

/// A new reference to what a raw pointer points at, unless it is null.
#[inline(always)]
fn new_ref(ptr: *mut abi::PyObject) -> Option<StackRef> {
    // SAFETY: the pointer was read from an object that holds it, just now.
    unsafe { PyObject::from_ptr_opt(ptr) }.map(StackRef::new)
}

#[inline(always)]
pub(super) fn load_attr_instance_value(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    let owner = m.object(1);
    // SAFETY: the class, whose version is the cached one, has inline values.
    let values = unsafe { inline_values(owner) };
    if values.valid.get() == 0 {
        return Flow::Base;
    }
    // SAFETY: the cached offset is that of one of the inline values.
    let value = unsafe {
        (*owner
            .as_ptr()
            .byte_add(usize::from(m.cache(3)))
            .cast::<std::cell::Cell<*mut abi::PyObject>>())
        .get()
    };
    match new_ref(value) {
        Some(value) => finish(m, oparg, value),
        None => Flow::Base,
    }
}

#[inline(always)]
pub(super) fn load_attr_module(m: &mut Machine, oparg: u32) -> Flow {
    let Some(module) = m.object(1).downcast_exact::<PyModule>() else {
        return Flow::Base;
    };
    // SAFETY: a module has a dictionary; the cached version is of a unicode key table that has an
    // entry at the cached index.
    let value = unsafe {
        let dict = (*module.as_ptr().cast::<abi::PyModuleObject>())
            .md_dict
            .get();
        let dict = &*dict.cast::<abi::PyDictObject>();
        let keys = &*dict.ma_keys.get();
        if keys.dk_version.get() != m.cache32(1) {
            return Flow::Base;
        }
        (*unicode_entry(keys, usize::from(m.cache(3))))
            .me_value
            .get()
    };
    match new_ref(value) {
        Some(value) => finish(m, oparg, value),
        None => Flow::Base,
    }
}

#[inline(always)]
pub(super) fn load_attr_with_hint(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    match hinted_entry(m.object(1), m.name(oparg >> 1), usize::from(m.cache(3))) {
        Some(entry) => {
            // SAFETY: the entry is of the object's own dictionary.
            let value = unsafe { (*entry).me_value.get() };
            match new_ref(value) {
                Some(value) => finish(m, oparg, value),
                None => Flow::Base,
            }
        }
        None => Flow::Base,
    }
}

/// The entry of a name in the object's managed dictionary, if it is where it was last time.
#[inline(always)]
fn hinted_entry(
    owner: &PyObject,
    name: &PyStr,
    hint: usize,
) -> Option<*const abi::PyDictUnicodeEntry> {
    // SAFETY: the class, whose version is the cached one, has managed dictionaries.
    let dict = unsafe { managed_dict(owner) }?;
    // SAFETY: a dictionary's key table is alive with it; the hint is checked against its size.
    unsafe {
        let keys = &*dict.ma_keys.get();
        if !dict.ma_values.get().is_null()
            || keys.dk_kind.get() != abi::DICT_KEYS_UNICODE
            || hint >= keys.dk_nentries.get() as usize
        {
            return None;
        }
        let entry = unicode_entry(keys, hint);
        ((*entry).me_key.get() == name.as_ptr()).then_some(entry)
    }
}

#[inline(always)]
pub(super) fn load_attr_slot(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    // SAFETY: the class has a slot descriptor for an object field at the cached offset.
    let value = unsafe {
        (*m.object(1)
            .as_ptr()
            .byte_add(usize::from(m.cache(3)))
            .cast::<std::cell::Cell<*mut abi::PyObject>>())
        .get()
    };
    match new_ref(value) {
        Some(value) => finish(m, oparg, value),
        None => Flow::Base,
    }
}

/// The cached descriptor, which the class with the cached version holds.
#[inline(always)]
fn descriptor(m: &Machine) -> StackRef {
    // SAFETY: a class keeps what is in its dictionary (and in its bases') while its version lasts.
    StackRef::new(unsafe { PyObject::from_ptr(m.cache_ptr(5)) })
}

#[inline(always)]
pub(super) fn load_attr_class(m: &mut Machine, oparg: u32) -> Flow {
    let Some(class) = m.object(1).downcast::<PyType>() else {
        return Flow::Base;
    };
    if class.raw().tp_version_tag.get() != m.cache32(1) {
        return Flow::Base;
    }
    let value = descriptor(m);
    finish(m, oparg, value)
}

#[inline(always)]
pub(super) fn load_attr_class_with_metaclass_check(m: &mut Machine, oparg: u32) -> Flow {
    let Some(class) = m.object(1).downcast::<PyType>() else {
        return Flow::Base;
    };
    if class.raw().tp_version_tag.get() != m.cache32(1)
        || class.type_().raw().tp_version_tag.get() != m.cache32(3)
    {
        return Flow::Base;
    }
    let value = descriptor(m);
    finish(m, oparg, value)
}

#[inline(always)]
pub(super) fn load_attr_property(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) || oparg & 1 != 0 {
        return Flow::Base;
    }
    // SAFETY: as for `descriptor`: the getter is held by the property, which the class holds.
    let getter = unsafe { PyObject::from_ptr(m.cache_ptr(5)) };
    calls::enter_getter(m, getter, None, CACHES)
}

#[inline(always)]
pub(super) fn load_attr_getattribute_overridden(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) || oparg & 1 != 0 {
        return Flow::Base;
    }
    // SAFETY: as for `descriptor`.
    let getattribute = unsafe { PyObject::from_ptr(m.cache_ptr(5)) };
    let name = m.name(oparg >> 1);
    calls::enter_getter(m, getattribute, Some(name), CACHES)
}

/// Pushes the cached method below the object on top.
#[inline(always)]
fn push_method(m: &mut Machine) -> Flow {
    let owner = m.peek(1);
    let method = descriptor(m);
    m.poke(1, method);
    m.push(owner);
    m.next(CACHES)
}

/// Whether the object has valid inline values whose shared keys have the cached version.
#[inline(always)]
fn values_match(m: &Machine) -> bool {
    let owner = m.object(1);
    // SAFETY: the class, whose version is the cached one, has inline values.
    unsafe {
        inline_values(owner).valid.get() != 0
            && specialize::cached_keys_version(owner.type_()) == m.cache32(3)
    }
}

#[inline(always)]
pub(super) fn load_attr_method_with_values(m: &mut Machine) -> Flow {
    if !class_matches(m) || !values_match(m) {
        Flow::Base
    } else {
        push_method(m)
    }
}

#[inline(always)]
pub(super) fn load_attr_method_no_dict(m: &mut Machine) -> Flow {
    if !class_matches(m) {
        Flow::Base
    } else {
        push_method(m)
    }
}

#[inline(always)]
pub(super) fn load_attr_method_lazy_dict(m: &mut Machine) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    // SAFETY: the class keeps its instances' dictionaries at the cached offset.
    let dict = unsafe {
        (*m.object(1)
            .as_ptr()
            .byte_offset(isize::from(m.cache(3) as i16))
            .cast::<std::cell::Cell<*mut abi::PyObject>>())
        .get()
    };
    if dict.is_null() {
        push_method(m)
    } else {
        Flow::Base
    }
}

#[inline(always)]
pub(super) fn load_attr_nondescriptor_with_values(m: &mut Machine) -> Flow {
    if !class_matches(m) || !values_match(m) {
        return Flow::Base;
    }
    let value = descriptor(m);
    finish(m, 0, value)
}

#[inline(always)]
pub(super) fn load_attr_nondescriptor_no_dict(m: &mut Machine) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    let value = descriptor(m);
    finish(m, 0, value)
}

#[inline(always)]
pub(super) fn store_attr(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::store_attr(m.ip, m.object(1), m.name(oparg));
        return Flow::Again;
    }
    m.save();
    attempt!(m.object(1).setattr(m.name(oparg), Some(m.object(2))));
    m.drop_many(2);
    m.next(STORE_CACHES)
}

/// Takes owner and value off the stack, whose old value is put in the value's place to be dropped.
#[inline(always)]
fn finish_store(m: &mut Machine, old: *mut abi::PyObject) -> Flow {
    let owner = m.pop();
    m.pop();
    m.save();
    if !old.is_null() {
        // SAFETY: the count that the object had on its old value.
        unsafe { krait_runtime::object::decref(old) };
    }
    close(owner);
    m.next(STORE_CACHES)
}

#[inline(always)]
pub(super) fn store_attr_instance_value(m: &mut Machine) -> Flow {
    let owner = m.object(1);
    if !class_matches(m) {
        return Flow::Base;
    }
    // SAFETY: the class, whose version is the cached one, has inline values and managed
    // dictionaries.
    unsafe {
        let values = inline_values(owner);
        if values.valid.get() == 0 || managed_dict(owner).is_some() {
            return Flow::Base;
        }
        let offset = usize::from(m.cache(3));
        let slot = owner
            .as_ptr()
            .byte_add(offset)
            .cast::<std::cell::Cell<*mut abi::PyObject>>();
        let value = own(m.peek(2)).into_ptr();
        let old = (*slot).replace(value);
        if old.is_null() {
            specialize::note_inserted(values, slot);
        }
        finish_store(m, old)
    }
}

#[inline(always)]
pub(super) fn store_attr_with_hint(m: &mut Machine, oparg: u32) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    let Some(entry) = hinted_entry(m.object(1), m.name(oparg), usize::from(m.cache(3))) else {
        return Flow::Base;
    };
    // SAFETY: the entry is of the object's own dictionary.
    let slot = unsafe { &(*entry).me_value };
    if slot.get().is_null() {
        return Flow::Base;
    }
    let value = own(m.peek(2)).into_ptr();
    let old = slot.replace(value);
    finish_store(m, old)
}

#[inline(always)]
pub(super) fn store_attr_slot(m: &mut Machine) -> Flow {
    if !class_matches(m) {
        return Flow::Base;
    }
    let value = own(m.peek(2)).into_ptr();
    // SAFETY: the class has a slot descriptor for an object field at the cached offset.
    let old = unsafe {
        (*m.object(1)
            .as_ptr()
            .byte_add(usize::from(m.cache(3)))
            .cast::<std::cell::Cell<*mut abi::PyObject>>())
        .replace(value)
    };
    finish_store(m, old)
}

#[inline(always)]
pub(super) fn delete_attr(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    attempt!(m.object(1).delattr(m.name(oparg)));
    m.drop_top();
    m.next(0)
}

/// `super().name`: the stack has `super`, the class and the instance.
#[inline(always)]
pub(super) fn load_super_attr(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::load_super_attr(m.ip, m.object(3), m.object(2), oparg & 1 != 0);
        return Flow::Again;
    }
    m.save();
    let name = m.name(oparg >> 2);
    let with_arguments = oparg & 2 != 0;
    let value = attempt!(super_attr(
        m.object(3),
        m.object(2),
        m.object(1),
        name,
        with_arguments
    ));
    m.replace_many(3, StackRef::from_obj(value));
    if oparg & 1 != 0 {
        m.push(StackRef::NULL);
    }
    m.next(1)
}

#[inline(never)]
fn super_attr(
    function: &PyObject,
    class: &PyObject,
    instance: &PyObject,
    name: &PyStr,
    with_arguments: bool,
) -> PyResult<Obj> {
    call_super(function, class, instance, with_arguments)?.getattr(name)
}

/// Calls what `super` is here.
pub(crate) fn call_super(
    function: &PyObject,
    class: &PyObject,
    instance: &PyObject,
    with_arguments: bool,
) -> PyResult<Obj> {
    if with_arguments {
        function.call(&[class, instance])
    } else {
        function.call0()
    }
}

#[inline(always)]
pub(super) fn load_super_attr_attr(m: &mut Machine, oparg: u32) -> Flow {
    let Some((class, instance)) = super_operands(m) else {
        return Flow::Base;
    };
    m.save();
    let value = attempt!(krait_runtime::typeobject::super_getattr(
        class,
        instance,
        m.name(oparg >> 2)
    ));
    m.replace_many(3, StackRef::from_obj(value));
    m.next(1)
}

#[inline(always)]
pub(super) fn load_super_attr_method(m: &mut Machine, oparg: u32) -> Flow {
    let Some((class, instance)) = super_operands(m) else {
        return Flow::Base;
    };
    m.save();
    match attempt!(krait_runtime::typeobject::super_method(
        class,
        instance,
        m.name(oparg >> 2)
    )) {
        Method::Unbound(function) => {
            let (instance, class, function_slot) = (m.pop(), m.pop(), m.pop());
            m.push_obj(function);
            m.push(instance);
            m.save_sp();
            close(class);
            close(function_slot);
        }
        Method::OfClass(function, class) => {
            m.replace_many(3, StackRef::from_obj(function));
            m.push_obj(class);
        }
        Method::Bound(value) => {
            m.replace_many(3, StackRef::from_obj(value));
            m.push(StackRef::NULL);
        }
    }
    m.next(1)
}

/// Class and instance, if `super` is itself and the class is one.
#[inline(always)]
fn super_operands<'a>(m: &Machine) -> Option<(&'a PyType, &'a PyObject)> {
    if !m
        .peek(3)
        .is(krait_runtime::typeobject::PySuper::type_object())
    {
        return None;
    }
    Some((borrow(m.peek(2)).downcast::<PyType>()?, borrow(m.peek(1))))
}
