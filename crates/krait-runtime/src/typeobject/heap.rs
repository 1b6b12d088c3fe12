//! The life of classes made at run time, and of their instances: traversal, clearing, deallocation.
//!
//! Invariants:
//! 1. A heap type's members (its `__slots__`) follow the type object; `ob_size` counts them.
//! 2. An instance owns a reference to its class if that is a heap type.

use std::ffi::{c_int, c_void};

use krait_abi as abi;

use super::PyType;
use super::glue::{self, Ptr};
use super::ready;
use crate::PyDict;
use crate::dict::Keys;
use crate::field::Field;
use crate::gc;
use crate::object::{Obj, PyClass, PyObject, decref};

/// The rows that describe a class's own slots.
pub(super) fn own_members(class: &PyType) -> &[abi::PyMemberDef] {
    if !class.is_heap_type() {
        return &[];
    }
    let count = class.raw().ob_base.ob_size.get();
    if count <= 0 {
        return &[];
    }
    let offset = class.as_object().type_().raw().tp_basicsize.get();
    // SAFETY: invariant 1.
    unsafe { std::slice::from_raw_parts(class.as_ptr().byte_offset(offset).cast(), count as usize) }
}

/// The object fields of an instance that a class's `__slots__` made.
fn slot_fields<'a>(this: &'a PyObject, class: &'a PyType) -> impl Iterator<Item = &'a Field> {
    own_members(class)
        .iter()
        .filter(|member| {
            member.r#type == abi::Py_T_OBJECT_EX && member.flags & abi::Py_READONLY == 0
        })
        // SAFETY: the class's layout has an object pointer at the offset.
        .map(|member| unsafe { &*this.as_ptr().byte_offset(member.offset).cast::<Field>() })
}

/// The first base whose slot is not the one of classes made in Python.
#[inline]
fn native_base(class: &PyType, is_ours: impl Fn(&PyType) -> bool) -> Option<&PyType> {
    let mut each = class;
    while is_ours(each) {
        each = each.base()?;
    }
    Some(each)
}

/// The classes from the object's own up to `end`, that one left out.
fn made_here<'a>(class: &'a PyType, end: Option<&'a PyType>) -> impl Iterator<Item = &'a PyType> {
    std::iter::successors(Some(class), |class| class.base())
        .take_while(move |class| !end.is_some_and(|end| std::ptr::eq(end, *class)))
}

fn has_subtype_dealloc(class: &PyType) -> bool {
    class
        .raw()
        .tp_dealloc
        .get()
        .is_some_and(|slot| slot as usize == subtype_dealloc as *const () as usize)
}

fn has_subtype_traverse(class: &PyType) -> bool {
    class
        .raw()
        .tp_traverse
        .get()
        .is_some_and(|slot| slot as usize == subtype_traverse as *const () as usize)
}

/// Whether the class's `tp_clear` is the one of classes made in Python.
pub(super) fn has_subtype_clear(class: &PyType) -> bool {
    class
        .raw()
        .tp_clear
        .get()
        .is_some_and(|slot| slot as usize == subtype_clear as *const () as usize)
}

/// The dictionary's field of an instance whose class, but not its native base, has one by offset.
fn own_dict_field<'a>(this: &'a PyObject, base: Option<&PyType>) -> Option<&'a Field<PyDict>> {
    let class = this.type_();
    let offset = class.raw().tp_dictoffset.get();
    let of_base = base.map_or(0, |base| base.raw().tp_dictoffset.get());
    if class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) || offset <= 0 || offset == of_base {
        return None;
    }
    // SAFETY: the class says that the dictionary's pointer is there.
    Some(unsafe { &*this.as_ptr().byte_offset(offset).cast::<Field<PyDict>>() })
}

/// `tp_dealloc` of classes made in Python.
///
/// # Safety
/// The contract of `tp_dealloc`.
#[inline(never)]
pub(crate) unsafe extern "C" fn subtype_dealloc(this: Ptr) {
    // SAFETY: the last reference has gone; the object stays whole until `end_instance`.
    unsafe {
        let class = glue::arg(this).type_();
        if class.raw().tp_finalize.get().is_some() && gc::finalize_from_dealloc(this) {
            return;
        }
        if class.has_flag(abi::Py_TPFLAGS_HAVE_GC) {
            gc::untrack_raw(this);
        }
        end_instance(this);
    }
}

/// The part of [`subtype_dealloc`] that may end other objects.
///
/// # Safety
/// Nothing refers to the object, which is not tracked any more.
unsafe fn end_instance(object: Ptr) {
    // SAFETY: nothing refers to the object; its class lives until its reference is dropped below.
    unsafe {
        let this = glue::arg(object);
        let class: *const PyType = this.type_();
        let base = native_base(&*class, has_subtype_dealloc);
        let base_has_weaklist = base.is_some_and(|base| base.raw().tp_weaklistoffset.get() != 0);
        if !base_has_weaklist && this.type_().raw().tp_weaklistoffset.get() != 0 {
            crate::weakref::clear_weakrefs(this);
        }
        for class in made_here(this.type_(), base) {
            slot_fields(this, class).for_each(|field| field.set(None));
        }
        this.clear_managed_dict();
        if let Some(field) = own_dict_field(this, base) {
            field.set(None);
        }
        let base_is_heap = base.is_some_and(PyType::is_heap_type);
        match base.and_then(|base| base.raw().tp_dealloc.get()) {
            Some(base_dealloc) => base_dealloc(object),
            None => crate::alloc::free_object(object),
        }
        if !base_is_heap && (*class).is_heap_type() {
            decref((*class).as_ptr());
        }
    }
}

/// `tp_traverse` of classes made in Python.
///
/// # Safety
/// The contract of `tp_traverse`.
#[inline(never)]
pub(crate) unsafe extern "C" fn subtype_traverse(
    object: Ptr,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the contract of `tp_traverse`.
    unsafe {
        let this = glue::arg(object);
        let base = native_base(this.type_(), has_subtype_traverse);
        for class in made_here(this.type_(), base) {
            for field in slot_fields(this, class) {
                if let Some(value) = field.borrow() {
                    let status = visit(value.as_ptr(), arg);
                    if status != 0 {
                        return status;
                    }
                }
            }
        }
        let base_has_dict = base.is_some_and(|base| base.has_flag(abi::Py_TPFLAGS_MANAGED_DICT));
        if !base_has_dict {
            let status = this.visit_managed_dict(|value| visit(value.as_ptr(), arg));
            if status != 0 {
                return status;
            }
        }
        if let Some(dict) = own_dict_field(this, base).and_then(|field| field.borrow()) {
            let status = visit(dict.as_ptr(), arg);
            if status != 0 {
                return status;
            }
        }
        let base_traverse = base.and_then(|base| base.raw().tp_traverse.get());
        let base_visits_class = base_traverse.is_some() && base.is_some_and(PyType::is_heap_type);
        if this.type_().is_heap_type() && !base_visits_class {
            let status = visit(this.type_().as_ptr(), arg);
            if status != 0 {
                return status;
            }
        }
        base_traverse.map_or(0, |traverse| traverse(object, visit, arg))
    }
}

/// `tp_clear` of classes made in Python.
///
/// # Safety
/// The contract of `tp_clear`.
#[inline(never)]
pub(crate) unsafe extern "C" fn subtype_clear(object: Ptr) -> c_int {
    // SAFETY: the contract of `tp_clear`: the collector holds a reference meanwhile.
    unsafe {
        let this = glue::arg(object);
        let base = native_base(this.type_(), has_subtype_clear);
        for class in made_here(this.type_(), base) {
            slot_fields(this, class).for_each(|field| field.set(None));
        }
        this.clear_managed_dict();
        if let Some(field) = own_dict_field(this, base) {
            field.set(None);
        }
        match base.and_then(|base| base.raw().tp_clear.get()) {
            Some(clear) => clear(object),
            None => 0,
        }
    }
}

/// Only classes made at run time are tracked by the collector.
///
/// # Safety
/// The contract of `tp_is_gc` for classes.
#[inline(never)]
pub(super) unsafe extern "C" fn type_is_gc(class: Ptr) -> c_int {
    // SAFETY: the slot is called on a class.
    c_int::from(unsafe { glue::arg_as::<PyType>(class) }.is_heap_type())
}

/// # Safety
/// The contract of `tp_traverse` for classes.
#[inline(never)]
pub(super) unsafe extern "C" fn type_traverse(
    class: Ptr,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the slot is called on a class.
    let class = unsafe { glue::arg_as::<PyType>(class) };
    let Some(heap) = class.heap() else { return 0 };
    let raw = class.raw();
    let held = [
        raw.tp_dict.get(),
        raw.tp_cache.get(),
        raw.tp_mro.get(),
        raw.tp_bases.get(),
        raw.tp_base.get().cast(),
        heap.ht_module.get(),
    ];
    for each in held {
        if !each.is_null() {
            // SAFETY: the class holds a reference to each.
            let status = unsafe { visit(each, arg) };
            if status != 0 {
                return status;
            }
        }
    }
    0
}

/// # Safety
/// The contract of `tp_clear` for classes.
#[inline(never)]
pub(super) unsafe extern "C" fn type_clear(class: Ptr) -> c_int {
    // SAFETY: the slot is called on a class.
    let class = unsafe { glue::arg_as::<PyType>(class) };
    let Some(heap) = class.heap() else { return 0 };
    class.modified();
    if !class.raw().tp_dict.get().is_null() {
        class.dict().clear();
    }
    // SAFETY: the class owns both references.
    unsafe { glue::set_field(&heap.ht_module, None) };
    super::mro::set_mro(class, None);
    0
}

/// `tp_dealloc` of classes: only those made at run time end.
///
/// # Safety
/// The contract of `tp_dealloc`.
#[inline(never)]
pub(super) unsafe extern "C" fn type_dealloc(object: Ptr) {
    // SAFETY: nothing refers to the class: it has no instances and no subclasses.
    unsafe {
        let class = glue::arg_as::<PyType>(object);
        let Some(heap) = class.heap() else { return };
        gc::untrack_raw(object);
        class.modified();
        crate::weakref::clear_weakrefs(class);
        let raw = class.raw();
        ready::remove_from_bases(class, class.bases());
        ready::free_subclass_list(class);
        let doc = raw.tp_doc.replace(std::ptr::null());
        if !doc.is_null() {
            drop(std::ffi::CString::from_raw(doc.cast_mut()));
        }
        let base = raw.tp_base.replace(std::ptr::null_mut());
        drop(Obj::from_owned_ptr_opt(base.cast()));
        for field in [&raw.tp_dict, &raw.tp_bases, &raw.tp_mro, &raw.tp_cache] {
            glue::set_field(field, None);
        }
        for field in [
            &heap.ht_name,
            &heap.ht_qualname,
            &heap.ht_slots,
            &heap.ht_module,
        ] {
            glue::set_field(field, None);
        }
        let tp_name = heap._ht_tpname.replace(std::ptr::null_mut());
        if !tp_name.is_null() {
            drop(std::ffi::CString::from_raw(tp_name));
        }
        let keys = heap.ht_cached_keys.replace(std::ptr::null_mut());
        if !keys.is_null() {
            Keys::from_ptr(keys).decref();
        }
        match class.as_object().type_().raw().tp_free.get() {
            Some(free) => free(object.cast()),
            None => crate::alloc::free_object(object),
        }
    }
}
