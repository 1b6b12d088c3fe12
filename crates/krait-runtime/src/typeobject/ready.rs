//! `PyType_Ready`: completes a class from its table of slots, methods and bases.
//!
//! Invariants:
//! 1. A class becomes ready after its bases, once; nothing looks names up in it before.
//! 2. `tp_subclasses` is a boxed list of the direct subclasses, without counts: a class takes itself
//!    off its bases' lists before it is freed.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};

use krait_abi as abi;

use super::PyType;
use super::slotdefs;
use crate::descr::{
    PyClassMethodDescr, PyGetSetDescr, PyMemberDescr, PyMethodDescr, PyStaticMethod, docstring,
};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyDict, PyResult, PyStr, PyTuple, intern, system_error, type_error};

/// Makes a class ready for use; does nothing if it is.
pub fn ready_type(class: &PyType) -> PyResult<()> {
    if class.has_flag(abi::Py_TPFLAGS_READY) {
        return Ok(());
    }
    if class.raw().tp_name.get().is_null() {
        return Err(system_error!("Type does not define the tp_name field."));
    }
    if class.has_flag(abi::Py_TPFLAGS_READYING) {
        return Err(system_error!(
            "type '{}' is being made ready already",
            class.tp_name()
        ));
    }
    class.set_flags(class.flags() | abi::Py_TPFLAGS_READYING);
    let result = ready(class);
    class.set_flags(class.flags() & !abi::Py_TPFLAGS_READYING);
    result?;
    class.set_flags(class.flags() | abi::Py_TPFLAGS_READY);
    Ok(())
}

fn ready(class: &PyType) -> PyResult<()> {
    if !class.is_heap_type() {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_IMMUTABLETYPE);
        if class.has_flag(abi::Py_TPFLAGS_HAVE_VECTORCALL) && class.raw().tp_call.get().is_none() {
            // What has vectorcall is callable in the other ways, too.
            class.raw().tp_call.set(Some(crate::call::vectorcall_call));
        }
    }
    set_base(class)?;
    set_bases(class)?;
    if class.raw().tp_dict.get().is_null() {
        class.raw().tp_dict.set(PyDict::new()?.into_ptr());
    }
    if class.is_heap_type() {
        super::mro::mro_internal(class)?;
    } else {
        super::mro::set_mro(
            class,
            Some(PyTuple::from_vec(super::mro::compute_mro(class)?)?),
        );
    }
    set_new(class)?;
    fill_dict(class)?;
    inherit(class)?;
    check_preheader(class)?;
    set_hash(class)?;
    add_to_bases(class);
    set_shared_keys(class)
}

/// Sets `tp_base` (every class but `object` has one) and the metaclass, and readies the base.
fn set_base(class: &PyType) -> PyResult<()> {
    let object = PyObject::type_object();
    if class.base().is_none() && !std::ptr::eq(class, object) {
        class.raw().tp_base.set(object.as_type_ptr());
    }
    if let Some(base) = class.base() {
        ready_type(base)?;
    }
    if class.as_object().type_ptr().is_null() {
        // A static class may be met as an object before `ready_all` has come to it.
        let meta = class
            .base()
            .map_or(PyType::type_object().as_type_ptr(), |base| {
                base.as_object().type_ptr()
            });
        // SAFETY: a class is laid out as its base's metaclass wants; static metaclasses are not
        // counted.
        unsafe { class.as_object().set_type_raw(meta) };
    }
    Ok(())
}

fn set_bases(class: &PyType) -> PyResult<()> {
    if class.bases().is_none() {
        let bases = class.base().map(PyClass::to_obj).into_iter().collect();
        class
            .raw()
            .tp_bases
            .set(PyTuple::from_vec(bases)?.into_ptr());
    }
    let bases = class.bases().map(PyClass::to_owned);
    for base in bases.iter().flat_map(|bases| bases.as_slice()) {
        if let Some(base) = base.downcast::<PyType>() {
            ready_type(base)?;
        }
    }
    Ok(())
}

/// `tp_new` and `__new__`.
fn set_new(class: &PyType) -> PyResult<()> {
    let raw = class.raw();
    let object = PyObject::type_object();
    let base_is_object = class.base().is_some_and(|base| std::ptr::eq(base, object));
    // A class that is there to be a base (`typing.Generic`) is a heap type in CPython: it has object's.
    let is_base = class.has_flag(abi::Py_TPFLAGS_BASETYPE);
    if raw.tp_new.get().is_none() && base_is_object && !class.is_heap_type() && !is_base {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_DISALLOW_INSTANTIATION);
    }
    if class.has_flag(abi::Py_TPFLAGS_DISALLOW_INSTANTIATION) {
        raw.tp_new.set(None);
        return Ok(());
    }
    if raw.tp_new.get().is_none() {
        raw.tp_new
            .set(class.base().and_then(|base| base.raw().tp_new.get()));
        return Ok(());
    }
    let name = intern!("__new__");
    if class.dict().get_str(name)?.is_none() {
        let wrapper = crate::cfunction::new_wrapper(class)?;
        class.dict().set_item(name, &wrapper)?;
    }
    Ok(())
}

/// Iterates a C table that ends with a row whose name is null.
fn rows<'a, T: 'a>(mut row: *mut T, name: fn(&T) -> *const c_char) -> impl Iterator<Item = &'a T> {
    std::iter::from_fn(move || {
        // SAFETY: a class's tables live as long as it, and end with a null name.
        let current = unsafe { row.as_ref() }?;
        if name(current).is_null() {
            return None;
        }
        // SAFETY: not the last row.
        row = unsafe { row.add(1) };
        Some(current)
    })
}

/// A C name, interned.
pub(crate) fn intern_c(name: *const c_char) -> PyResult<Py<PyStr>> {
    // SAFETY: names in tables are C strings.
    PyStr::intern(&unsafe { CStr::from_ptr(name) }.to_string_lossy())
}

/// Puts what the class's tables say into its dictionary; what is there already stays.
fn fill_dict(class: &PyType) -> PyResult<()> {
    slotdefs::add_operators(class)?;
    let raw = class.raw();
    let dict = class.dict();
    for row in rows(raw.tp_methods.get(), |row: &abi::PyMethodDef| row.ml_name) {
        let name = intern_c(row.ml_name)?;
        if row.ml_flags & abi::METH_COEXIST == 0 && dict.get_str(&name)?.is_some() {
            continue;
        }
        dict.set_item(&name, &*make_method(class, row)?)?;
    }
    for row in rows(raw.tp_members.get(), |row: &abi::PyMemberDef| row.name) {
        let name = intern_c(row.name)?;
        if dict.get_str(&name)?.is_none() {
            dict.set_item(&name, &*PyMemberDescr::new(class, row)?)?;
        }
    }
    for row in rows(raw.tp_getset.get(), |row: &abi::PyGetSetDef| row.name) {
        let name = intern_c(row.name)?;
        if dict.get_str(&name)?.is_none() {
            dict.set_item(&name, &*PyGetSetDescr::new(class, row)?)?;
        }
    }
    set_doc(class)
}

/// The object that a row of `tp_methods` becomes.
fn make_method(class: &PyType, row: &abi::PyMethodDef) -> PyResult<Obj> {
    if row.ml_flags & abi::METH_CLASS != 0 {
        if row.ml_flags & abi::METH_STATIC != 0 {
            return Err(crate::value_error!(
                "method cannot be both class and static"
            ));
        }
        return Ok(PyClassMethodDescr::new(class, row)?.into_object());
    }
    if row.ml_flags & abi::METH_STATIC != 0 {
        let function = crate::cfunction::PyCFunction::new(row, Some(class), None)?;
        return Ok(PyStaticMethod::from_callable(&function)?.into_object());
    }
    Ok(PyMethodDescr::new(class, row)?.into_object())
}

fn set_doc(class: &PyType) -> PyResult<()> {
    let name = intern!("__doc__");
    if class.dict().get_str(name)?.is_some() {
        return Ok(());
    }
    let doc = class.raw().tp_doc.get();
    if doc.is_null() {
        return class.dict().set_item(name, crate::none());
    }
    // SAFETY: `tp_doc` is a C string that lives as long as the class.
    let doc = unsafe { CStr::from_ptr(doc) }.to_string_lossy();
    let text = PyStr::new(docstring::without_signature(&class.tp_name(), &doc))?;
    class.dict().set_item(name, &text)
}

/// Copies what the class leaves empty from its bases.
fn inherit(class: &PyType) -> PyResult<()> {
    let Some(base) = class.base() else {
        return Ok(());
    };
    inherit_special(class, base);
    if let Some(mro) = class.mro().map(PyClass::to_owned) {
        for ancestor in mro.as_slice().iter().skip(1) {
            if let Some(ancestor) = ancestor.downcast::<PyType>() {
                inherit_slots(class, ancestor)?;
                inherit_pattern_flags(class, ancestor);
            }
        }
    }
    inherit_suites(class, base);
    Ok(())
}

/// Sizes, offsets and flags, from the base that decides the layout.
fn inherit_special(class: &PyType, base: &PyType) {
    let (raw, from) = (class.raw(), base.raw());
    let mut flags = class.flags();
    if flags & abi::Py_TPFLAGS_HAVE_GC == 0
        && base.has_flag(abi::Py_TPFLAGS_HAVE_GC)
        && raw.tp_traverse.get().is_none()
        && raw.tp_clear.get().is_none()
    {
        flags |= abi::Py_TPFLAGS_HAVE_GC;
        raw.tp_traverse.set(from.tp_traverse.get());
        raw.tp_clear.set(from.tp_clear.get());
    }
    flags |= base.flags() & abi::Py_TPFLAGS_PREHEADER;
    if raw.tp_basicsize.get() == 0 {
        raw.tp_basicsize.set(from.tp_basicsize.get());
    }
    let copy = |to: &Cell<isize>, from: &Cell<isize>| {
        if to.get() == 0 {
            to.set(from.get());
        }
    };
    copy(&raw.tp_itemsize, &from.tp_itemsize);
    copy(&raw.tp_weaklistoffset, &from.tp_weaklistoffset);
    copy(&raw.tp_dictoffset, &from.tp_dictoffset);
    const INHERITED: u64 = abi::Py_TPFLAGS_BASE_EXC_SUBCLASS
        | abi::Py_TPFLAGS_TYPE_SUBCLASS
        | abi::Py_TPFLAGS_LONG_SUBCLASS
        | abi::Py_TPFLAGS_BYTES_SUBCLASS
        | abi::Py_TPFLAGS_UNICODE_SUBCLASS
        | abi::Py_TPFLAGS_TUPLE_SUBCLASS
        | abi::Py_TPFLAGS_LIST_SUBCLASS
        | abi::Py_TPFLAGS_DICT_SUBCLASS
        | abi::_Py_TPFLAGS_MATCH_SELF
        | abi::Py_TPFLAGS_ITEMS_AT_END;
    class.set_flags(flags | base.flags() & INHERITED);
}

/// Whether pattern matching takes the class for a sequence or mapping.
fn inherit_pattern_flags(class: &PyType, base: &PyType) {
    const PATTERNS: u64 = abi::Py_TPFLAGS_SEQUENCE | abi::Py_TPFLAGS_MAPPING;
    if class.flags() & PATTERNS == 0 {
        class.set_flags(class.flags() | base.flags() & PATTERNS);
    }
}

/// Copies a slot that `class` leaves empty and that `base` does not merely have from its own base.
macro_rules! inherit_slot {
    ($class:ident, $base:ident, $basebase:ident: $($slot:ident)+) => { $(
        if $class.$slot.get().is_none()
            && let Some(slot) = $base.$slot.get()
            && $basebase.is_none_or(|basebase| {
                basebase.$slot.get().is_none_or(|other| other as usize != slot as usize)
            })
        {
            $class.$slot.set(Some(slot));
        }
    )+ };
}

fn inherit_slots(class: &PyType, base: &PyType) -> PyResult<()> {
    let basebase = base.base();
    inherit_suite(class, base, basebase, |raw| raw.tp_as_number.get());
    inherit_suite(class, base, basebase, |raw| raw.tp_as_async.get());
    inherit_suite(class, base, basebase, |raw| raw.tp_as_sequence.get());
    inherit_suite(class, base, basebase, |raw| raw.tp_as_mapping.get());
    inherit_suite(class, base, basebase, |raw| raw.tp_as_buffer.get());

    let (to, from, over) = (class.raw(), base.raw(), basebase.map(PyType::raw));
    inherit_slot!(to, from, over: tp_dealloc);
    if to.tp_getattr.get().is_none() && to.tp_getattro.get().is_none() {
        to.tp_getattr.set(from.tp_getattr.get());
        to.tp_getattro.set(from.tp_getattro.get());
    }
    if to.tp_setattr.get().is_none() && to.tp_setattro.get().is_none() {
        to.tp_setattr.set(from.tp_setattr.get());
        to.tp_setattro.set(from.tp_setattro.get());
    }
    inherit_slot!(to, from, over: tp_repr);
    if to.tp_call.get().is_none() && base.has_flag(abi::Py_TPFLAGS_HAVE_VECTORCALL) {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_HAVE_VECTORCALL);
    }
    if to.tp_vectorcall_offset.get() == 0 {
        to.tp_vectorcall_offset.set(from.tp_vectorcall_offset.get());
    }
    inherit_slot!(to, from, over: tp_call tp_str);
    if to.tp_richcompare.get().is_none() && to.tp_hash.get().is_none() && !overrides_hash(class)? {
        to.tp_richcompare.set(from.tp_richcompare.get());
        to.tp_hash.set(from.tp_hash.get());
    }
    inherit_slot!(to, from, over: tp_iter tp_iternext tp_descr_get tp_descr_set tp_init tp_alloc tp_is_gc tp_finalize);
    let same_get = to.tp_descr_get.get().map(|slot| slot as usize)
        == from.tp_descr_get.get().map(|slot| slot as usize);
    if to.tp_descr_get.get().is_some()
        && same_get
        && class.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE)
        && base.has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR)
    {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_METHOD_DESCRIPTOR);
    }
    if to.tp_dictoffset.get() == 0 {
        to.tp_dictoffset.set(from.tp_dictoffset.get());
    }
    if to.tp_free.get().is_none() {
        to.tp_free.set(from.tp_free.get());
    }
    Ok(())
}

/// Whether the class defines `__eq__` or `__hash__` itself.
fn overrides_hash(class: &PyType) -> PyResult<bool> {
    let dict = class.dict();
    Ok(dict.get_str(intern!("__eq__"))?.is_some() || dict.get_str(intern!("__hash__"))?.is_some())
}

/// Inherits the slots of one suite, all of which are nullable function pointers.
fn inherit_suite<S>(
    class: &PyType,
    base: &PyType,
    basebase: Option<&PyType>,
    suite: fn(&abi::PyTypeObject) -> *mut S,
) {
    let (to, from) = (suite(class.raw()), suite(base.raw()));
    if to.is_null() || from.is_null() || std::ptr::eq(to, from) {
        return;
    }
    let over = basebase.map_or(std::ptr::null_mut(), |basebase| suite(basebase.raw()));
    for index in 0..size_of::<S>() / size_of::<*mut c_void>() {
        let slot = |suite: *mut S| -> &Cell<*mut c_void> {
            // SAFETY: the suite is not null and has a word at `index`; it lives with its class.
            unsafe { &*suite.cast::<Cell<*mut c_void>>().add(index) }
        };
        let value = slot(from).get();
        if slot(to).get().is_null()
            && !value.is_null()
            && (over.is_null() || slot(over).get() != value)
        {
            slot(to).set(value);
        }
    }
}

/// A static class without a suite of its own uses the base's.
fn inherit_suites(class: &PyType, base: &PyType) {
    fn copy<S>(to: &Cell<*mut S>, from: &Cell<*mut S>) {
        if to.get().is_null() {
            to.set(from.get());
        }
    }
    let (to, from) = (class.raw(), base.raw());
    copy(&to.tp_as_async, &from.tp_as_async);
    copy(&to.tp_as_number, &from.tp_as_number);
    copy(&to.tp_as_sequence, &from.tp_as_sequence);
    copy(&to.tp_as_mapping, &from.tp_as_mapping);
    copy(&to.tp_as_buffer, &from.tp_as_buffer);
}

/// Dictionaries and weak references before the object need the collector's allocation.
fn check_preheader(class: &PyType) -> PyResult<()> {
    if !class.has_flag(abi::Py_TPFLAGS_PREHEADER) {
        return Ok(());
    }
    if !class.has_flag(abi::Py_TPFLAGS_HAVE_GC) {
        return Err(system_error!(
            "type {} has the Py_TPFLAGS_MANAGED_DICT flag but not Py_TPFLAGS_HAVE_GC flag",
            class.tp_name()
        ));
    }
    if class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
        class.raw().tp_dictoffset.set(-1);
    }
    if class.has_flag(abi::Py_TPFLAGS_MANAGED_WEAKREF) {
        class
            .raw()
            .tp_weaklistoffset
            .set(super::new::MANAGED_WEAKREF_OFFSET);
    }
    Ok(())
}

/// Without a hash function, `__hash__` is `None` and hashing raises.
fn set_hash(class: &PyType) -> PyResult<()> {
    if class.raw().tp_hash.get().is_some() {
        return Ok(());
    }
    let name = intern!("__hash__");
    if class.dict().get_str(name)?.is_some() {
        return Ok(());
    }
    class.dict().set_item(name, crate::none())?;
    class
        .raw()
        .tp_hash
        .set(Some(crate::abstract_::hash_not_implemented));
    Ok(())
}

/// Classes whose instances have a managed dictionary share its keys among them.
fn set_shared_keys(class: &PyType) -> PyResult<()> {
    if !class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
        return Ok(());
    }
    // Static classes have no room for shared keys: their instances get dictionaries of their own.
    let Some(heap) = class.heap() else {
        return Ok(());
    };
    if heap.ht_cached_keys.get().is_null() {
        let attributes = class.dict().get_str(intern!("__static_attributes__"))?;
        let attributes = attributes
            .as_deref()
            .and_then(PyObject::downcast::<PyTuple>);
        let names = attributes.map_or(&[][..], PyTuple::as_slice);
        heap.ht_cached_keys
            .set(crate::dict::new_shared_keys(names)?.as_ptr());
    }
    if class.raw().tp_itemsize.get() == 0 {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_INLINE_VALUES);
    }
    Ok(())
}

type SubclassList = RefCell<Vec<*const PyType>>;

/// The class's list of subclasses, if it has one.
fn subclass_list(class: &PyType) -> Option<&SubclassList> {
    // SAFETY: invariant 2.
    unsafe {
        class
            .raw()
            .tp_subclasses
            .get()
            .cast::<SubclassList>()
            .as_ref()
    }
}

/// Enters the class in its bases' lists.
pub(super) fn add_to_bases(class: &PyType) {
    for base in class.bases().into_iter().flat_map(|bases| bases.as_slice()) {
        let Some(base) = base.downcast::<PyType>() else {
            continue;
        };
        if subclass_list(base).is_none() {
            let list = Box::new(SubclassList::default());
            base.raw().tp_subclasses.set(Box::into_raw(list).cast());
        }
        if let Some(list) = subclass_list(base) {
            let mut list = list.borrow_mut();
            if !list.iter().any(|each| std::ptr::eq(*each, class)) {
                list.push(class);
            }
        }
    }
}

/// Takes the class off the lists of `bases`.
pub(super) fn remove_from_bases(class: &PyType, bases: Option<&PyTuple>) {
    for base in bases.into_iter().flat_map(|bases| bases.as_slice()) {
        let list = base.downcast::<PyType>().and_then(subclass_list);
        if let Some(list) = list {
            let mut list = list.borrow_mut();
            if let Some(index) = list.iter().rposition(|each| std::ptr::eq(*each, class)) {
                list.remove(index);
            }
        }
    }
}

/// Frees the class's own list; it has no subclasses any more.
pub(super) fn free_subclass_list(class: &PyType) {
    let list = class.raw().tp_subclasses.replace(std::ptr::null_mut());
    if !list.is_null() {
        // SAFETY: invariant 2: boxed in `add_to_bases`.
        drop(unsafe { Box::from_raw(list.cast::<SubclassList>()) });
    }
}

/// The direct subclasses, in the order of their creation.
pub(super) fn live_subclasses(class: &PyType) -> Vec<Py<PyType>> {
    let Some(list) = subclass_list(class) else {
        return Vec::new();
    };
    // SAFETY: invariant 2: a class on the list is alive.
    list.borrow()
        .iter()
        .map(|each| unsafe { PyClass::to_owned(&**each) })
        .collect()
}

/// Readies every builtin class; the table of them is in [`crate::builtin_types`].
pub fn ready_all() -> PyResult<()> {
    let is_new = |class: &&PyType| !class.has_flag(abi::Py_TPFLAGS_READY);
    for class in crate::builtin_types::builtin_types().filter(is_new) {
        class.set_flags(class.flags() | abi::_Py_TPFLAGS_STATIC_BUILTIN);
        // Readying a class looks at others as objects, which must know their class.
        // SAFETY: a static class is laid out as an instance of `type`, which is immortal.
        unsafe {
            class
                .as_object()
                .set_type_raw(PyType::type_object().as_type_ptr())
        };
    }
    for class in crate::builtin_types::builtin_types() {
        ready_type(class).inspect_err(|_| {
            debug_assert!(false, "type {} could not be made ready", class.tp_name());
        })?;
    }
    Ok(())
}

/// Whether the bases of a new class allow it to be a subclass.
pub(super) fn check_base(base: &PyObject) -> PyResult<&PyType> {
    let Some(class) = base.downcast::<PyType>() else {
        return Err(type_error!("bases must be types"));
    };
    if !class.has_flag(abi::Py_TPFLAGS_READY) {
        ready_type(class)?;
    }
    if !class.has_flag(abi::Py_TPFLAGS_BASETYPE) {
        return Err(type_error!(
            "type '{}' is not an acceptable base type",
            class.tp_name()
        ));
    }
    Ok(class)
}
