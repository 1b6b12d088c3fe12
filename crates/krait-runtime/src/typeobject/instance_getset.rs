//! `__dict__` and `__weakref__` of instances of classes made in Python.

use std::ffi::{c_int, c_void};

use krait_abi as abi;

use super::PyType;
use super::glue::{self, Ptr};
use crate::attribute_error;
use crate::object::{PyClass, PyObject};

#[inline(never)]
unsafe extern "C" fn instance_dict(this: Ptr, _: *mut c_void) -> Ptr {
    // SAFETY: a getter is called on an instance.
    let this = unsafe { glue::arg(this) };
    glue::obj_result(match native_base_with_dict(this.type_()) {
        Some(base) => get_by_native_base(this, base),
        None => crate::object_type::instance_dict_attribute(this),
    })
}

#[inline(never)]
unsafe extern "C" fn set_instance_dict(this: Ptr, value: Ptr, _: *mut c_void) -> c_int {
    // SAFETY: a setter is called on an instance, with a value or null.
    let (this, value) = unsafe { (glue::arg(this), glue::arg_opt(value)) };
    if let Some(base) = native_base_with_dict(this.type_()) {
        return glue::status(set_by_native_base(this, base, value));
    }
    let result = match value {
        // Unlike assignment, deletion just empties what the instance has.
        None => this.set_instance_dict(None),
        Some(_) => crate::object_type::set_instance_dict_attribute(this, value),
    };
    glue::status(result)
}

/// The native class among the bases whose instances have a dictionary of their own accord.
fn native_base_with_dict(class: &PyType) -> Option<&PyType> {
    let mut class = class;
    while let Some(base) = class.base() {
        if !class.is_heap_type() && class.raw().tp_dictoffset.get() != 0 {
            return Some(class);
        }
        class = base;
    }
    None
}

/// `__dict__` as the native class shows it: a class's is read-only.
fn get_by_native_base(this: &PyObject, base: &PyType) -> crate::PyResult<crate::Obj> {
    let descr = base.lookup(crate::intern!("__dict__"));
    let get = descr
        .as_ref()
        .and_then(|descr| descr.type_().raw().tp_descr_get.get());
    let (Some(descr), Some(get)) = (descr, get) else {
        return Err(attribute_error!("This object has no __dict__"));
    };
    // SAFETY: `tp_descr_get` takes a descriptor of its class, an instance and its class.
    unsafe {
        crate::call::result_from_ptr(get(descr.as_ptr(), this.as_ptr(), this.type_().as_ptr()))
    }
}

/// Assigns or deletes `__dict__` as the native class has it, which may well refuse.
fn set_by_native_base(
    this: &PyObject,
    base: &PyType,
    value: Option<&PyObject>,
) -> crate::PyResult<()> {
    let descr = base.lookup(crate::intern!("__dict__"));
    let set = descr
        .as_ref()
        .and_then(|descr| descr.type_().raw().tp_descr_set.get());
    let (Some(descr), Some(set)) = (descr, set) else {
        return Err(attribute_error!("This object has no __dict__"));
    };
    let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
    // SAFETY: `tp_descr_set` takes a descriptor of its class, an instance, a value or null.
    glue::check_status(unsafe { set(descr.as_ptr(), this.as_ptr(), value) })
}

#[inline(never)]
unsafe extern "C" fn instance_weakref(this: Ptr, _: *mut c_void) -> Ptr {
    // SAFETY: a getter is called on an instance.
    let this = unsafe { glue::arg(this) };
    let offset = this.type_().raw().tp_weaklistoffset.get();
    if offset == 0 {
        let _error = attribute_error!("This object has no __weakref__");
        return std::ptr::null_mut();
    }
    // SAFETY: the class says that the first weak reference's pointer is there, or null.
    let first = unsafe { PyObject::from_ptr_opt(*this.as_ptr().byte_offset(offset).cast::<Ptr>()) };
    first
        .map_or_else(glue::none_obj, PyClass::to_obj)
        .into_ptr()
}

struct InstanceGetSet([abi::PyGetSetDef; 3]);

// SAFETY: never changed.
unsafe impl Sync for InstanceGetSet {}

const DICT: abi::PyGetSetDef = abi::PyGetSetDef {
    name: c"__dict__".as_ptr(),
    get: Some(instance_dict),
    set: Some(set_instance_dict),
    doc: c"dictionary for instance variables".as_ptr(),
    closure: std::ptr::null_mut(),
};
const WEAKREF: abi::PyGetSetDef = abi::PyGetSetDef {
    name: c"__weakref__".as_ptr(),
    get: Some(instance_weakref),
    set: None,
    doc: c"list of weak references to the object".as_ptr(),
    closure: std::ptr::null_mut(),
};
const END: abi::PyGetSetDef = abi::PyGetSetDef::EMPTY;

static DICT_AND_WEAKREF: InstanceGetSet = InstanceGetSet([DICT, WEAKREF, END]);
static DICT_ONLY: InstanceGetSet = InstanceGetSet([DICT, END, END]);
static WEAKREF_ONLY: InstanceGetSet = InstanceGetSet([WEAKREF, END, END]);

/// The computed attributes of a class whose instances get a dictionary or weak references.
pub(super) fn instance_getset(dict: bool, weakref: bool) -> *mut abi::PyGetSetDef {
    let table = match (dict, weakref) {
        (true, true) => &DICT_AND_WEAKREF,
        (true, false) => &DICT_ONLY,
        (false, true) => &WEAKREF_ONLY,
        (false, false) => return std::ptr::null_mut(),
    };
    table.0.as_ptr().cast_mut()
}
