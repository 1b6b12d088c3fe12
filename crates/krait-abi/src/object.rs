//! `object.h`: the object header, the function types of slots, type specifications and type flags.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_uint, c_void};

use crate::{_Py_IMMORTAL_INITIAL_REFCNT, _Py_STATIC_FLAG_BITS, PyTypeObject};

/// C's `ssize_t` as Python names it.
pub type Py_ssize_t = isize;
/// The type of hash values.
pub type Py_hash_t = isize;
/// The unsigned twin of [`Py_hash_t`].
pub type Py_uhash_t = usize;

abi_structs! {
    /// The header of every object: the 32-bit count, its overflow and flag bits, and the type.
    pub struct PyObject {
        pub ob_refcnt: Cell<u32>,
        pub ob_overflow: Cell<u16>,
        pub ob_flags: Cell<u16>,
        pub ob_type: Cell<*mut PyTypeObject>,
    }

    /// The header of objects that end in a variable number of items.
    pub struct PyVarObject {
        pub ob_base: PyObject,
        pub ob_size: Cell<Py_ssize_t>,
    }

    /// One slot of a [`PyType_Spec`]: a slot id and what goes there. A slot id of 0 ends the array.
    #[derive(Clone, Copy)]
    pub struct PyType_Slot {
        pub slot: c_int,
        pub pfunc: *mut c_void,
    }

    /// What `PyType_FromSpec` makes a heap type of.
    #[derive(Clone, Copy)]
    pub struct PyType_Spec {
        pub name: *const c_char,
        pub basicsize: c_int,
        pub itemsize: c_int,
        pub flags: c_uint,
        pub slots: *mut PyType_Slot,
    }
}

abi_sync!(PyObject, PyVarObject, PyType_Slot, PyType_Spec);
abi_empty!(PyObject, PyVarObject, PyType_Slot, PyType_Spec);

/// The header of a static, immortal object of the given type.
pub const fn PyObject_HEAD_INIT(ob_type: *mut PyTypeObject) -> PyObject {
    PyObject {
        ob_refcnt: Cell::new(_Py_IMMORTAL_INITIAL_REFCNT),
        ob_overflow: Cell::new(0),
        ob_flags: Cell::new(_Py_STATIC_FLAG_BITS),
        ob_type: Cell::new(ob_type),
    }
}

/// The header of a static, immortal object of the given type with `size` items.
pub const fn PyVarObject_HEAD_INIT(ob_type: *mut PyTypeObject, size: Py_ssize_t) -> PyVarObject {
    PyVarObject {
        ob_base: PyObject_HEAD_INIT(ob_type),
        ob_size: Cell::new(size),
    }
}

/// Slot of one operand: `nb_negative`, `am_await`…
pub type unaryfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
/// Slot of two operands: `nb_add`, `mp_subscript`…
pub type binaryfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
/// Slot of three operands: `nb_power`, `tp_call`.
pub type ternaryfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
/// Slot that answers a question: 1, 0, or -1 for an error.
pub type inquiry = unsafe extern "C" fn(*mut PyObject) -> c_int;
/// Slot that gives a length, or -1 for an error.
pub type lenfunc = unsafe extern "C" fn(*mut PyObject) -> Py_ssize_t;
/// Slot of an object and an index or count: `sq_item`, `sq_repeat`.
pub type ssizeargfunc = unsafe extern "C" fn(*mut PyObject, Py_ssize_t) -> *mut PyObject;
/// Slot of an object and two indices; no slot has this type any more.
pub type ssizessizeargfunc =
    unsafe extern "C" fn(*mut PyObject, Py_ssize_t, Py_ssize_t) -> *mut PyObject;
/// Slot that assigns at an index, or deletes there when the value is null.
pub type ssizeobjargproc = unsafe extern "C" fn(*mut PyObject, Py_ssize_t, *mut PyObject) -> c_int;
/// Slot that assigns to a slice; no slot has this type any more.
pub type ssizessizeobjargproc =
    unsafe extern "C" fn(*mut PyObject, Py_ssize_t, Py_ssize_t, *mut PyObject) -> c_int;
/// Slot that assigns at a key, or deletes there when the value is null.
pub type objobjargproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
/// Slot of two objects that answers a question: `sq_contains`.
pub type objobjproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> c_int;
/// What `tp_traverse` calls for each object it refers to.
pub type visitproc = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> c_int;
/// `tp_traverse`.
pub type traverseproc = unsafe extern "C" fn(*mut PyObject, visitproc, *mut c_void) -> c_int;
/// `tp_free` and `m_free`.
pub type freefunc = unsafe extern "C" fn(*mut c_void);
/// `tp_dealloc`, `tp_del`, `tp_finalize`.
pub type destructor = unsafe extern "C" fn(*mut PyObject);
/// `tp_getattr`, the form that takes a C string.
pub type getattrfunc = unsafe extern "C" fn(*mut PyObject, *mut c_char) -> *mut PyObject;
/// `tp_getattro`.
pub type getattrofunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
/// `tp_setattr`, the form that takes a C string.
pub type setattrfunc = unsafe extern "C" fn(*mut PyObject, *mut c_char, *mut PyObject) -> c_int;
/// `tp_setattro`; a null value deletes.
pub type setattrofunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
/// `tp_repr`, `tp_str`.
pub type reprfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
/// `tp_hash`; -1 is an error.
pub type hashfunc = unsafe extern "C" fn(*mut PyObject) -> Py_hash_t;
/// `tp_richcompare`; the operator is one of `Py_LT`…`Py_GE`.
pub type richcmpfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, c_int) -> *mut PyObject;
/// `tp_iter`.
pub type getiterfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
/// `tp_iternext`; null without an error set means the end.
pub type iternextfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
/// `tp_descr_get`: descriptor, instance or null, type.
pub type descrgetfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
/// `tp_descr_set`: descriptor, instance, value or null.
pub type descrsetfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
/// `tp_init`: self, positional arguments, keyword arguments or null.
pub type initproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
/// `tp_new`: type, positional arguments, keyword arguments or null.
pub type newfunc =
    unsafe extern "C" fn(*mut PyTypeObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
/// `tp_alloc`: type and number of items.
pub type allocfunc = unsafe extern "C" fn(*mut PyTypeObject, Py_ssize_t) -> *mut PyObject;
/// Vectorcall: callable, arguments, their number and flag, tuple of keyword names or null.
pub type vectorcallfunc = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    usize,
    *mut PyObject,
) -> *mut PyObject;
/// The result of [`sendfunc`]: `PYGEN_RETURN`, `PYGEN_ERROR` or `PYGEN_NEXT`.
pub type PySendResult = c_int;
/// `am_send`: iterator, value, where the result goes.
pub type sendfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut *mut PyObject) -> PySendResult;

abi_consts! {
    /// In a vectorcall's argument count: the caller lends the place before the first argument.
    pub const PY_VECTORCALL_ARGUMENTS_OFFSET: usize = 1 << 63;

    pub const Py_LT: c_int = 0;
    pub const Py_LE: c_int = 1;
    pub const Py_EQ: c_int = 2;
    pub const Py_NE: c_int = 3;
    pub const Py_GT: c_int = 4;
    pub const Py_GE: c_int = 5;

    pub const PYGEN_RETURN: PySendResult = 0;
    pub const PYGEN_ERROR: PySendResult = -1;
    pub const PYGEN_NEXT: PySendResult = 1;

    pub const Py_PRINT_RAW: c_int = 1;

    /// A static builtin type, set up anew in each interpreter.
    pub const _Py_TPFLAGS_STATIC_BUILTIN: u64 = 1 << 1;
    /// Attribute values follow the object in memory.
    pub const Py_TPFLAGS_INLINE_VALUES: u64 = 1 << 2;
    /// The interpreter places the list of weak references, before the object.
    pub const Py_TPFLAGS_MANAGED_WEAKREF: u64 = 1 << 3;
    /// The interpreter places the dictionary, before the object.
    pub const Py_TPFLAGS_MANAGED_DICT: u64 = 1 << 4;
    pub const Py_TPFLAGS_PREHEADER: u64 = Py_TPFLAGS_MANAGED_WEAKREF | Py_TPFLAGS_MANAGED_DICT;
    pub const Py_TPFLAGS_SEQUENCE: u64 = 1 << 5;
    pub const Py_TPFLAGS_MAPPING: u64 = 1 << 6;
    pub const Py_TPFLAGS_DISALLOW_INSTANTIATION: u64 = 1 << 7;
    pub const Py_TPFLAGS_IMMUTABLETYPE: u64 = 1 << 8;
    pub const Py_TPFLAGS_HEAPTYPE: u64 = 1 << 9;
    pub const Py_TPFLAGS_BASETYPE: u64 = 1 << 10;
    pub const Py_TPFLAGS_HAVE_VECTORCALL: u64 = 1 << 11;
    pub const _Py_TPFLAGS_HAVE_VECTORCALL: u64 = Py_TPFLAGS_HAVE_VECTORCALL;
    pub const Py_TPFLAGS_READY: u64 = 1 << 12;
    pub const Py_TPFLAGS_READYING: u64 = 1 << 13;
    pub const Py_TPFLAGS_HAVE_GC: u64 = 1 << 14;
    pub const Py_TPFLAGS_HAVE_STACKLESS_EXTENSION: u64 = 0;
    pub const Py_TPFLAGS_METHOD_DESCRIPTOR: u64 = 1 << 17;
    pub const Py_TPFLAGS_VALID_VERSION_TAG: u64 = 1 << 19;
    pub const Py_TPFLAGS_IS_ABSTRACT: u64 = 1 << 20;
    /// A class pattern with one positional part matches the subject itself.
    pub const _Py_TPFLAGS_MATCH_SELF: u64 = 1 << 22;
    pub const Py_TPFLAGS_ITEMS_AT_END: u64 = 1 << 23;
    pub const Py_TPFLAGS_LONG_SUBCLASS: u64 = 1 << 24;
    pub const Py_TPFLAGS_LIST_SUBCLASS: u64 = 1 << 25;
    pub const Py_TPFLAGS_TUPLE_SUBCLASS: u64 = 1 << 26;
    pub const Py_TPFLAGS_BYTES_SUBCLASS: u64 = 1 << 27;
    pub const Py_TPFLAGS_UNICODE_SUBCLASS: u64 = 1 << 28;
    pub const Py_TPFLAGS_DICT_SUBCLASS: u64 = 1 << 29;
    pub const Py_TPFLAGS_BASE_EXC_SUBCLASS: u64 = 1 << 30;
    pub const Py_TPFLAGS_TYPE_SUBCLASS: u64 = 1 << 31;
    pub const Py_TPFLAGS_DEFAULT: u64 = Py_TPFLAGS_HAVE_STACKLESS_EXTENSION;
    pub const Py_TPFLAGS_HAVE_FINALIZE: u64 = 1 << 0;
    pub const Py_TPFLAGS_HAVE_VERSION_TAG: u64 = 1 << 18;

    pub const Py_CONSTANT_NONE: c_uint = 0;
    pub const Py_CONSTANT_FALSE: c_uint = 1;
    pub const Py_CONSTANT_TRUE: c_uint = 2;
    pub const Py_CONSTANT_ELLIPSIS: c_uint = 3;
    pub const Py_CONSTANT_NOT_IMPLEMENTED: c_uint = 4;
    pub const Py_CONSTANT_ZERO: c_uint = 5;
    pub const Py_CONSTANT_ONE: c_uint = 6;
    pub const Py_CONSTANT_EMPTY_STR: c_uint = 7;
    pub const Py_CONSTANT_EMPTY_BYTES: c_uint = 8;
    pub const Py_CONSTANT_EMPTY_TUPLE: c_uint = 9;
}
