//! What the code that `krait-macros` generates calls: borrowing C's arguments, finishing C's results, and the slots that
//! every native class needs.
//!
//! Generated trampolines have the signature of their slot or calling convention and are called by its rules: objects
//! are live for the call, `self` is an instance of the class, tuples and dictionaries are what they should be. The
//! `unsafe` functions below each rest on that rule; nothing else in generated code is unsafe.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

pub use krait_abi as abi;
pub use krait_abi::{METH_CLASS, METH_COEXIST, METH_STATIC, Py_buffer};

pub use crate::args::{ArgSpec, CallArgs, Slots};
pub use crate::class::{
    GetSetDef, MethodDef, StaticClass, TypeParts, TypeSpec, doc_bytes, doc_len, doc_ptr,
    getset_count, getset_ptr, join_getset, join_methods, method_count, methods_ptr, static_type,
    static_type_ptr, used,
};
pub use crate::convert::{FromPyObject, IntoPy};
pub use crate::gc::{TRAVERSED, Traverse, TraverseResult, Visitor};
pub use crate::object::{Allocation, PyClass, PyObject};
pub use crate::{PyDict, PyTuple, PyType};

use crate::args::OptionalArg;
use crate::convert::ArgRef;
use crate::object::Obj;
use crate::{CompareOp, PyErr, PyResult, SendResult, gc};

/// Any object as C sees it.
pub type Raw = abi::PyObject;
/// A class as C sees it.
pub type RawType = abi::PyTypeObject;

/// Borrows an argument.
///
/// # Safety
/// `ptr` is a live object for `'a`.
#[inline(always)]
pub unsafe fn borrow<'a>(ptr: *mut Raw) -> &'a PyObject {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr(ptr) }
}

/// Borrows an argument that may be null.
///
/// # Safety
/// As [`borrow`], unless null.
#[inline(always)]
pub unsafe fn borrow_nullable<'a>(ptr: *mut Raw) -> Option<&'a PyObject> {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr_opt(ptr) }
}

/// Borrows an argument whose class the calling convention vouches for.
///
/// # Safety
/// `ptr` is a live object laid out as a `T` for `'a`.
#[inline(always)]
pub unsafe fn receiver<'a, T: PyClass>(ptr: *mut Raw) -> &'a T {
    // SAFETY: the caller's contract.
    unsafe { &*ptr.cast::<T>() }
}

/// As [`receiver`], for an argument that may be null.
///
/// # Safety
/// As [`receiver`], unless null.
#[inline(always)]
pub unsafe fn receiver_nullable<'a, T: PyClass>(ptr: *mut Raw) -> Option<&'a T> {
    // SAFETY: the caller's contract.
    unsafe { ptr.cast::<T>().as_ref() }
}

/// Borrows a class.
///
/// # Safety
/// `ptr` is a live class for `'a`.
#[inline(always)]
pub unsafe fn type_ref<'a>(ptr: *mut RawType) -> &'a PyType {
    // SAFETY: the caller's contract.
    unsafe { PyType::from_type_ptr(ptr) }
}

/// Borrows the buffer that a caller wants filled or released.
///
/// # Safety
/// `view` points at a `Py_buffer` that nobody else looks at during the call.
#[inline(always)]
pub unsafe fn buffer<'a>(view: *mut Py_buffer) -> &'a mut Py_buffer {
    // SAFETY: the caller's contract.
    unsafe { &mut *view }
}

/// The header of a class's struct.
///
/// # Safety
/// `T` is `repr(C)` and starts with the object header.
#[inline(always)]
pub unsafe fn header_of<T>(object: &T) -> &PyObject {
    // SAFETY: the caller's contract.
    unsafe { &*std::ptr::from_ref(object).cast() }
}

/// The comparison that a caller of `tp_richcompare` asks for.
#[inline(always)]
pub fn compare_op(op: c_int) -> CompareOp {
    // C callers pass only the six operators.
    CompareOp::from_raw(op).unwrap_or(CompareOp::Eq)
}

/// Converts a required argument.
#[inline(always)]
pub fn required<'a, T: FromPyObject<'a>>(
    slots: Slots<'a>,
    index: usize,
    spec: &'static ArgSpec,
) -> PyResult<T> {
    match slots.get(index).copied().flatten() {
        Some(object) => T::from_py(object, ArgRef::new(spec, index)),
        None => Err(missing(spec, index)),
    }
}

#[cold]
fn missing(spec: &ArgSpec, index: usize) -> PyErr {
    let name = spec.params.get(index).copied().unwrap_or_default();
    crate::type_error!(
        "{}() missing required argument '{name}' (pos {})",
        spec.function,
        index + 1
    )
}

/// Converts the one argument of a `METH_O` function.
#[inline(always)]
pub fn single<'a, T: FromPyObject<'a>>(
    object: &'a PyObject,
    spec: &'static ArgSpec,
) -> PyResult<T> {
    T::from_py(object, ArgRef::new(spec, 0))
}

/// Converts an argument for which missing and `None` are one.
#[inline(always)]
pub fn optional<'a, T: FromPyObject<'a>>(
    slots: Slots<'a>,
    index: usize,
    spec: &'static ArgSpec,
) -> PyResult<Option<T>> {
    match slots.get(index).copied().flatten() {
        Some(object) => Option::<T>::from_py(object, ArgRef::new(spec, index)),
        None => Ok(None),
    }
}

/// Converts an argument for which missing and `None` differ.
#[inline(always)]
pub fn maybe_missing<'a, T: FromPyObject<'a>>(
    slots: Slots<'a>,
    index: usize,
    spec: &'static ArgSpec,
) -> PyResult<OptionalArg<T>> {
    match slots.get(index).copied().flatten() {
        Some(object) => T::from_py(object, ArgRef::new(spec, index)).map(OptionalArg::Present),
        None => Ok(OptionalArg::Missing),
    }
}

/// Converts an argument with a default.
#[inline(always)]
pub fn or_default<'a, T: FromPyObject<'a>>(
    slots: Slots<'a>,
    index: usize,
    spec: &'static ArgSpec,
    default: impl FnOnce() -> T,
) -> PyResult<T> {
    match slots.get(index).copied().flatten() {
        Some(object) => T::from_py(object, ArgRef::new(spec, index)),
        None => Ok(default()),
    }
}

/// Makes the result object.
#[inline(always)]
pub fn into_object<R: IntoPy>(result: R) -> PyResult<Obj> {
    result.into_py()
}

/// A result without a value.
#[inline(always)]
pub fn into_unit<R: IntoResult<()>>(result: R) -> PyResult<()> {
    result.into_result()
}

/// Finishes with an object, or null for an error.
#[inline(always)]
pub fn finish<R: IntoPy>(result: R) -> *mut Raw {
    match result.into_py() {
        Ok(value) => value.into_ptr(),
        Err(_) => null_mut(),
    }
}

/// Runs a body that may fail and finishes with an object.
#[inline(always)]
pub fn finish_try(body: impl FnOnce() -> PyResult<Obj>) -> *mut Raw {
    finish(body())
}

/// Runs a body that may fail and finishes with 0, or -1 for an error.
#[inline(always)]
pub fn finish_try_unit(body: impl FnOnce() -> PyResult<()>) -> c_int {
    finish_unit(body())
}

/// `PyResult<T>`, or a plain `T` from functions that cannot fail.
pub trait IntoResult<T> {
    /// The result.
    fn into_result(self) -> PyResult<T>;
}

impl<T> IntoResult<T> for T {
    #[inline(always)]
    fn into_result(self) -> PyResult<T> {
        Ok(self)
    }
}

impl<T> IntoResult<T> for PyResult<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult<T> {
        self
    }
}

/// Finishes with 0, or -1 for an error.
#[inline(always)]
pub fn finish_unit<R: IntoResult<()>>(result: R) -> c_int {
    match result.into_result() {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

/// Finishes with 0 or 1, or -1 for an error.
#[inline(always)]
pub fn finish_bool<R: IntoResult<bool>>(result: R) -> c_int {
    match result.into_result() {
        Ok(value) => c_int::from(value),
        Err(_) => -1,
    }
}

/// Finishes with a hash, which is never -1, or -1 for an error.
#[inline(always)]
pub fn finish_hash<R: IntoResult<isize>>(result: R) -> isize {
    match result.into_result() {
        Ok(-1) => -2,
        Ok(hash) => hash,
        Err(_) => -1,
    }
}

/// Finishes with a length, or -1 for an error.
#[inline(always)]
pub fn finish_len<R: IntoResult<usize>>(result: R) -> isize {
    match result.into_result().map(isize::try_from) {
        Ok(Ok(length)) => length,
        Ok(Err(_)) => {
            let _raised = crate::overflow_error!("cannot fit 'int' into an index-sized integer");
            -1
        }
        Err(_) => -1,
    }
}

/// Finishes with the next item; null both for the end and for an error, which only the error sets.
#[inline(always)]
pub fn finish_next<T: IntoPy, R: IntoResult<Option<T>>>(result: R) -> *mut Raw {
    match result.into_result() {
        Ok(Some(value)) => finish(value),
        Ok(None) | Err(_) => null_mut(),
    }
}

/// Finishes a slot that can report nothing: an error is written to `sys.unraisablehook`.
#[inline(always)]
pub fn finish_nothing<R: IntoResult<()>>(result: R) {
    if let Err(error) = result.into_result() {
        error.write_unraisable(None, None);
    }
}

/// Finishes `am_send`: the value goes to `out`.
///
/// # Safety
/// `out` is valid for a write.
#[inline(always)]
pub unsafe fn finish_send<R: IntoResult<SendResult>>(result: R, out: *mut *mut Raw) -> c_int {
    let (value, status) = match result.into_result() {
        Ok(SendResult::Next(value)) => (value.into_ptr(), abi::PYGEN_NEXT),
        Ok(SendResult::Return(value)) => (value.into_ptr(), abi::PYGEN_RETURN),
        Err(_) => (null_mut(), abi::PYGEN_ERROR),
    };
    // SAFETY: the caller's contract.
    unsafe { out.write(value) };
    status
}

/// What the fields of a class mean to deallocation and to the collector.
///
/// # Safety
/// `traverse_fields` visits nothing but what the fields own; `BASE` is the class that the first field is laid out as.
pub unsafe trait ClassFields: StaticClass {
    /// The base, unless it is `object`.
    const BASE: Option<*mut RawType>;
    /// Whether the class itself, not a base, gives its instances weak references.
    const WEAKREFS: bool;
    /// Whether the class itself gives its instances a managed dictionary.
    const MANAGED_DICT: bool;

    /// Visits what the class's own fields refer to.
    fn traverse_fields(&self, visitor: &mut Visitor) -> TraverseResult;

    /// Lets go of what the class's own fields refer to.
    fn clear_fields(&self);

    /// Drops the class's own fields: all but the first.
    ///
    /// # Safety
    /// `this` is being deallocated and its own fields are not looked at again.
    unsafe fn drop_fields(this: *mut Self);
}

/// Adds what every class needs for its instances to end.
pub const fn fill_plain<T: ClassFields>(parts: &mut TypeParts) {
    parts.ty.tp_dealloc = Cell::new(Some(dealloc::<T>));
}

/// Adds what a class whose instances the collector tracks needs.
pub const fn fill_collected<T: ClassFields>(parts: &mut TypeParts) {
    fill_plain::<T>(parts);
    parts.ty.tp_traverse = Cell::new(Some(traverse::<T>));
    parts.ty.tp_clear = Cell::new(Some(clear::<T>));
}

/// `tp_dealloc`: drops the fields, then leaves the rest to the base.
///
/// # Safety
/// The contract of `tp_dealloc`: the last reference to an instance of `T` is gone.
pub unsafe extern "C" fn dealloc<T: ClassFields>(object: *mut Raw) {
    // SAFETY: the contract of `tp_dealloc`.
    unsafe {
        let class = PyObject::from_ptr(object).type_();
        let finalizer = class.raw().tp_finalize.get().is_some();
        // A class made at run time has called the finalizer before it came here.
        if finalizer && !class.is_heap_type() && gc::finalize_from_dealloc(object) {
            return;
        }
        if class.has_flag(abi::Py_TPFLAGS_HAVE_GC) {
            gc::untrack_raw(object);
        }
        if T::WEAKREFS {
            crate::weakref::clear_weakrefs(PyObject::from_ptr(object));
        }
        if T::MANAGED_DICT {
            PyObject::from_ptr(object).clear_managed_dict();
        }
        T::drop_fields(object.cast::<T>());
        match T::BASE.and_then(|base| (*base).tp_dealloc.get()) {
            Some(base_dealloc) => base_dealloc(object),
            None => crate::alloc::free_by_slot(object),
        }
    }
}

/// `tp_traverse`: the class's own fields, then the base's.
///
/// # Safety
/// The contract of `tp_traverse`.
pub unsafe extern "C" fn traverse<T: ClassFields>(
    object: *mut Raw,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the contract of `tp_traverse`.
    unsafe {
        let mut visitor = Visitor::new(visit, arg);
        let mut status = gc::traverse_status((*object.cast::<T>()).traverse_fields(&mut visitor));
        if T::MANAGED_DICT && status == 0 {
            status =
                PyObject::from_ptr(object).visit_managed_dict(|value| visitor.visit_raw(value));
        }
        if status != 0 {
            return status;
        }
        match T::BASE.and_then(|base| (*base).tp_traverse.get()) {
            Some(base_traverse) => base_traverse(object, visit, arg),
            None => 0,
        }
    }
}

/// `tp_clear`: the class's own fields, then the base's.
///
/// # Safety
/// The contract of `tp_clear`.
pub unsafe extern "C" fn clear<T: ClassFields>(object: *mut Raw) -> c_int {
    // SAFETY: the contract of `tp_clear`.
    unsafe {
        (*object.cast::<T>()).clear_fields();
        if T::MANAGED_DICT {
            PyObject::from_ptr(object).clear_managed_dict();
        }
        match T::BASE.and_then(|base| (*base).tp_clear.get()) {
            Some(base_clear) => base_clear(object),
            None => 0,
        }
    }
}
