//! `object.h`: what every object can do.

use std::ffi::{c_int, c_uint, c_void};

use krait_abi as abi;
use krait_runtime::object_type::{identity_hash, set_instance_dict_attribute};
use krait_runtime::repr::ReprGuard;
use krait_runtime::{
    CompareOp, Interpreter, Obj, Py, PyBytes, PyClass, PyLong, PyObject, PyResult, PyStr, PyTuple,
    bool_object, ellipsis, none, not_implemented, type_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IncRef(object: Arg) {
    if let Some(object) = object {
        std::mem::forget(object.to_obj());
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_DecRef(object: Out) {
    drop(object);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_IncRef(object: &PyObject) {
    std::mem::forget(object.to_obj());
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_DecRef(object: Obj) {
    drop(object);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_Dealloc(object: Ptr) {
    // SAFETY: the caller took the last reference away; the deallocator wants a count that is gone,
    // which `decref` takes from the one that is given back here.
    unsafe {
        (*object).ob_refcnt.set(1);
        krait_runtime::object::decref(object);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_NewRef(object: Arg) -> Out {
    object.map(PyClass::to_obj)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_XNewRef(object: Arg) -> Out {
    object.map(PyClass::to_obj)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_REFCNT(object: &PyObject) -> isize {
    object.refcount() as isize
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_TYPE(object: &PyObject) -> *mut abi::PyTypeObject {
    object.type_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_Is(left: Ptr, right: Ptr) -> c_int {
    c_int::from(left == right)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IsNone(object: Ptr) -> c_int {
    c_int::from(object == none().as_ptr())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IsTrue(object: Ptr) -> c_int {
    c_int::from(object == bool_object(true).as_ptr())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IsFalse(object: Ptr) -> c_int {
    c_int::from(object == bool_object(false).as_ptr())
}

/// The objects that `Py_GetConstant` knows by number, all of them immortal.
fn constant(id: c_uint) -> PyResult<Obj> {
    Ok(match id {
        0 => none().to_obj(),
        1 => bool_object(false).to_obj(),
        2 => bool_object(true).to_obj(),
        3 => ellipsis().to_obj(),
        4 => not_implemented().to_obj(),
        5 => PyLong::from_i64(0)?.into_object(),
        6 => PyLong::from_i64(1)?.into_object(),
        7 => PyStr::new("")?.into_object(),
        8 => PyBytes::new(b"")?.into_object(),
        9 => PyTuple::empty().into_object(),
        _ => return Err(bad_call()),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetConstant(id: c_uint) -> Out {
    run(|| constant(id))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetConstantBorrowed(id: c_uint) -> Ptr {
    lend_result(constant(id).map(Some))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Repr(object: Arg) -> Out {
    run(|| object.map_or_else(|| PyStr::new("<NULL>"), PyObject::repr))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Str(object: Arg) -> Out {
    run(|| object.map_or_else(|| PyStr::new("<NULL>"), PyObject::str))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_ASCII(object: Arg) -> Out {
    run(|| object.map_or_else(|| PyStr::new("<NULL>"), PyObject::ascii))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Bytes(object: Arg) -> Out {
    run(|| match object {
        None => PyBytes::new(b"<NULL>").map(Py::into_object),
        Some(object) if object.is_exact::<PyBytes>() => Ok(object.to_obj()),
        Some(object) => {
            if let Some(bytes) = object.call_special(krait_runtime::intern!("__bytes__"), &[])? {
                if bytes.downcast::<PyBytes>().is_none() {
                    return Err(type_error!(
                        "__bytes__ returned non-bytes (type {})",
                        bytes.type_name()
                    ));
                }
                return Ok(bytes);
            }
            krait_runtime::bytes::from_object(object).map(Py::into_object)
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_RichCompare(left: Arg, right: Arg, op: c_int) -> Out {
    run(|| {
        let op = CompareOp::from_raw(op).ok_or_else(bad_call)?;
        some(left)?.rich_compare(some(right)?, op)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_RichCompareBool(left: Arg, right: Arg, op: c_int) -> c_int {
    run(|| {
        let op = CompareOp::from_raw(op).ok_or_else(bad_call)?;
        let (left, right) = (some(left)?, some(right)?);
        // Identity counts as equality here.
        match op {
            CompareOp::Eq if left.is(right) => Ok(true),
            CompareOp::Ne if left.is(right) => Ok(false),
            _ => left.compare_bool(right, op),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Hash(object: Arg) -> isize {
    run(|| some(object)?.hash())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HashNotImplemented(object: Arg) -> isize {
    run(|| Err::<isize, _>(krait_runtime::abstract_::unhashable(some(object)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericHash(object: &PyObject) -> isize {
    identity_hash(object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_HashPointer(pointer: *const c_void) -> isize {
    let address = pointer.addr().rotate_right(4) as isize;
    if address == -1 { -2 } else { address }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_HashBuffer(data: *const std::ffi::c_char, size: isize) -> isize {
    // SAFETY: the caller's bytes.
    krait_runtime::hash::hash_bytes(unsafe { bytes_of(data, size) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IsTrue(object: Arg) -> c_int {
    run(|| some(object)?.is_true())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Not(object: Arg) -> c_int {
    run(|| Ok(!some(object)?.is_true()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCallable_Check(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::is_callable))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Dir(object: Arg) -> Out {
    run(|| match object {
        Some(object) => krait_runtime::descr::builtin("dir")?.call1(object),
        None => krait_runtime::descr::builtin("dir")?.call0(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_SelfIter(object: Arg) -> Out {
    object.map(PyClass::to_obj)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetAttr(object: Arg, name: Arg) -> Out {
    run(|| some(object)?.getattr(some(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetAttrString(object: Arg, name: Text) -> Out {
    run(|| some(object)?.getattr(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetOptionalAttr(
    object: Arg,
    name: Arg,
    result: Place<Out>,
) -> c_int {
    give_optional(result, optional_attr(object, name))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetOptionalAttrString(
    object: Arg,
    name: Text,
    result: Place<Out>,
) -> c_int {
    give_optional(
        result,
        some(object).and_then(|object| object.lookup_attr(&*name.name()?)),
    )
}

fn optional_attr(object: Arg, name: Arg) -> PyResult<Option<Obj>> {
    let (object, name) = (some(object)?, some(name)?);
    match name.downcast::<PyStr>() {
        Some(name) => object.lookup_attr(name),
        None => Err(type_error!(
            "attribute name must be string, not '{}'",
            name.type_name()
        )),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HasAttrWithError(object: Arg, name: Arg) -> c_int {
    run(|| Ok(optional_attr(object, name)?.is_some()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HasAttrStringWithError(object: Arg, name: Text) -> c_int {
    run(|| some(object)?.has_attr(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HasAttr(object: Arg, name: Arg) -> c_int {
    or_unraisable(
        optional_attr(object, name).map(|value| value.is_some()),
        "in PyObject_HasAttr()",
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HasAttrString(object: Arg, name: Text) -> c_int {
    let found = some(object).and_then(|object| object.has_attr(&*name.name()?));
    or_unraisable(found, "in PyObject_HasAttrString()")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_SetAttr(object: Arg, name: Arg, value: Arg) -> c_int {
    run(|| some(object)?.setattr(some(name)?, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_SetAttrString(object: Arg, name: Text, value: Arg) -> c_int {
    run(|| some(object)?.setattr(&*name.name()?, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_DelAttr(object: Arg, name: Arg) -> c_int {
    run(|| some(object)?.delattr(some(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_DelAttrString(object: Arg, name: Text) -> c_int {
    run(|| some(object)?.delattr(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericGetAttr(object: Arg, name: Arg) -> Out {
    run(|| some(object)?.generic_getattr(cast(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericSetAttr(object: Arg, name: Arg, value: Arg) -> c_int {
    run(|| some(object)?.generic_setattr(cast(name)?, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_GenericGetAttrWithDict(
    object: Arg,
    name: Arg,
    _dict: Arg,
    _suppress: c_int,
) -> Out {
    run(|| some(object)?.generic_getattr(cast(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericGetDict(object: Arg, _context: *mut c_void) -> Out {
    run(|| match some(object)?.instance_dict_or_new()? {
        Some(dict) => Ok(dict),
        None => Err(krait_runtime::attribute_error!(
            "This object has no __dict__"
        )),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericSetDict(
    object: Arg,
    value: Arg,
    _context: *mut c_void,
) -> c_int {
    run(|| {
        let object = some(object)?;
        if !object.has_instance_dict() {
            return Err(krait_runtime::attribute_error!(
                "This object has no __dict__"
            ));
        }
        if value.is_none() {
            return Err(type_error!("cannot delete __dict__"));
        }
        set_instance_dict_attribute(object, value)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_GetDictPtr(object: Arg) -> *mut Ptr {
    let Some(object) = object else {
        return std::ptr::null_mut();
    };
    object.dict_field_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_ClearManagedDict(object: Arg) {
    if let Some(object) = object {
        object.clear_managed_dict();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_VisitManagedDict(
    object: Arg,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    object.map_or(0, |object| {
        // SAFETY: the visitor is the collector's.
        object.visit_managed_dict(|value| unsafe { visit(value.as_ptr(), arg) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_ClearWeakRefs(object: Arg) {
    if let Some(object) = object {
        krait_runtime::weakref::clear_weakrefs(object);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallFinalizer(object: Arg) {
    if let Some(object) = object {
        krait_runtime::gc::finalize(object);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallFinalizerFromDealloc(object: Ptr) -> c_int {
    // SAFETY: a deallocator calls this first, while the object is whole and its count is zero.
    if unsafe { krait_runtime::gc::finalize_from_dealloc(object) } {
        -1
    } else {
        0
    }
}

/// The objects whose `repr` C code is making.
#[derive(Default)]
struct Reprs(std::cell::RefCell<Vec<(*const PyObject, ReprGuard)>>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_ReprEnter(object: &PyObject) -> c_int {
    let Some(guard) = ReprGuard::enter(object) else {
        return 1;
    };
    let reprs = Interpreter::current().extension::<Reprs>();
    reprs.0.borrow_mut().push((object, guard));
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_ReprLeave(object: &PyObject) {
    let mut reprs = Interpreter::current().extension::<Reprs>().0.borrow_mut();
    if let Some(index) = reprs
        .iter()
        .rposition(|(each, _)| std::ptr::eq(*each, object))
    {
        reprs.remove(index);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_EnterRecursiveCall(location: Text) -> c_int {
    run(|| krait_runtime::state::enter_recursive_call(&location.lossy()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_LeaveRecursiveCall() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GenericAlias(origin: Arg, args: Arg) -> Out {
    run(|| krait_runtime::generic_alias::new_generic_alias(some(origin)?, some(args)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_AsFileDescriptor(object: Arg) -> c_int {
    fn descriptor(object: Arg) -> PyResult<i32> {
        let object = some(object)?;
        let number = if object.downcast::<PyLong>().is_some() {
            object.to_obj()
        } else {
            let Some(fileno) = object.lookup_attr_str("fileno")? else {
                return Err(type_error!(
                    "argument must be an int, or have a fileno() method."
                ));
            };
            let number = fileno.call0()?;
            if number.downcast::<PyLong>().is_none() {
                return Err(type_error!("fileno() returned a non-integer"));
            }
            number
        };
        let number: i32 = number.extract()?;
        if number < 0 {
            return Err(krait_runtime::value_error!(
                "file descriptor cannot be a negative integer ({number})"
            ));
        }
        Ok(number)
    }
    descriptor(object).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Object_IsUniqueReferencedTemporary(_object: Arg) -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_IsImmortal(object: &PyObject) -> c_int {
    c_int::from(object.is_immortal())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_EnableTryIncRef(_object: Arg) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_TryIncRef(object: &PyObject) -> c_int {
    if object.refcount() == 0 {
        return 0;
    }
    std::mem::forget(object.to_obj());
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Object_IsUniquelyReferenced(object: &PyObject) -> c_int {
    c_int::from(object.is_unique())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Object_EnableDeferredRefcount(_object: Arg) -> c_int {
    0
}

/// A deallocator that is deep in the native stack is put off by the runtime itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyTrash_thread_deposit_object(_thread: *mut c_void, object: Ptr) {
    // SAFETY: the caller's object, whose deallocation begins anew.
    unsafe { _Py_Dealloc(object) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyTrash_thread_destroy_chain(_thread: *mut c_void) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_ReachedRecursionLimitWithMargin(
    _thread: *mut c_void,
    _margin: c_int,
) -> c_int {
    0
}

/// Gives a new object its one reference: for objects that C code keeps on lists of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_NewReference(object: Ptr) {
    // SAFETY: the caller's object, whose header is set but for the count.
    unsafe { (*object).ob_refcnt.set(1) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_ForgetReference(_object: Ptr) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_SetRefcnt(object: &PyObject, count: isize) {
    if !object.is_immortal() {
        // SAFETY: the header of a live object.
        unsafe { (*object.as_ptr()).ob_refcnt.set(count as u32) }
    }
}
