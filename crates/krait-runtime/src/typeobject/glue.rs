//! Between C's calling convention and ours: what hand-written slot functions are made of.
//!
//! Invariant: every function with a C shape gets live objects (or null where C allows it) from its
//! caller, and answers null or -1 exactly when an exception is set.

use std::ffi::c_int;

use krait_abi as abi;

use crate::PyResult;
use crate::object::{Obj, Py, PyClass, PyObject};

/// An object as C passes it.
pub(crate) type Ptr = *mut abi::PyObject;

/// Borrows an argument.
///
/// # Safety
/// `ptr` must be a live object for as long as the borrow is used.
#[inline(always)]
pub(crate) unsafe fn arg<'a>(ptr: Ptr) -> &'a PyObject {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr(ptr) }
}

/// Borrows an argument that may be null.
///
/// # Safety
/// As [`arg`], unless null.
#[inline(always)]
pub(crate) unsafe fn arg_opt<'a>(ptr: Ptr) -> Option<&'a PyObject> {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr_opt(ptr) }
}

/// Borrows an argument as a `T`.
///
/// # Safety
/// As [`arg`], and the object is laid out as a `T`.
#[inline(always)]
pub(crate) unsafe fn arg_as<'a, T: PyClass>(ptr: Ptr) -> &'a T {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr(ptr).downcast_unchecked() }
}

/// Borrows an argument as a `T`, unless it is null.
///
/// # Safety
/// As [`arg_as`], unless null.
#[inline(always)]
pub(crate) unsafe fn arg_as_opt<'a, T: PyClass>(ptr: Ptr) -> Option<&'a T> {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr_opt(ptr).map(|object| object.downcast_unchecked()) }
}

/// Borrows a C array of objects.
///
/// # Safety
/// `args` points at `count` live objects (or is null when there are none).
#[inline(always)]
pub(crate) unsafe fn args<'a>(args: *const Ptr, count: usize) -> &'a [&'a PyObject] {
    if count == 0 {
        return &[];
    }
    // SAFETY: a `&PyObject` is a non-null pointer to a live object, as the caller promises.
    unsafe { std::slice::from_raw_parts(args.cast::<&PyObject>(), count) }
}

/// An object result as C returns it.
#[inline(always)]
pub(crate) fn obj_result<T: PyClass>(result: PyResult<Py<T>>) -> Ptr {
    crate::call::result_into_ptr(result)
}

/// What `body` gives, as C returns it.
#[inline(always)]
pub(crate) fn obj_of(body: impl FnOnce() -> PyResult<Obj>) -> Ptr {
    obj_result(body())
}

/// How `body` went, as C returns it.
#[inline(always)]
pub(crate) fn status_of(body: impl FnOnce() -> PyResult<()>) -> c_int {
    status(body())
}

/// A status as C returns it.
#[inline(always)]
pub(crate) fn status(result: PyResult<()>) -> c_int {
    if result.is_ok() { 0 } else { -1 }
}

/// A truth value as C returns it.
#[inline(always)]
pub(crate) fn truth(result: PyResult<bool>) -> c_int {
    result.map_or(-1, c_int::from)
}

/// A size or hash as C returns it.
#[inline(always)]
pub(crate) fn size(result: PyResult<isize>) -> isize {
    result.unwrap_or(-1)
}

/// Turns a C status into ours: negative means that an exception is set.
#[inline(always)]
pub(crate) fn check_status(status: c_int) -> PyResult<()> {
    if status < 0 {
        Err(crate::PyErr::fetch())
    } else {
        Ok(())
    }
}

/// A new reference to `None`.
#[inline(always)]
pub(crate) fn none_obj() -> Obj {
    crate::none().to_obj()
}

/// A new reference to `NotImplemented`.
#[inline(always)]
pub(crate) fn not_implemented_obj() -> Obj {
    crate::not_implemented().to_obj()
}

/// A new reference to a `bool`.
#[inline(always)]
pub(crate) fn bool_obj(value: bool) -> Obj {
    crate::bool_object(value).to_obj()
}

/// Reads a raw object field as a new reference.
///
/// # Safety
/// The field is null or a live object.
#[inline(always)]
pub(crate) unsafe fn field_obj(field: &std::cell::Cell<Ptr>) -> Option<Obj> {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr_opt(field.get()) }.map(PyClass::to_obj)
}

/// Replaces a raw object field that owns its reference; the old value is dropped afterwards.
///
/// # Safety
/// The field is null or owns a reference.
#[inline]
pub(crate) unsafe fn set_field(field: &std::cell::Cell<Ptr>, value: Option<Obj>) {
    let old = field.replace(value.map_or(std::ptr::null_mut(), Py::into_ptr));
    // SAFETY: the field owned the reference.
    drop(unsafe { Obj::from_owned_ptr_opt(old) });
}
