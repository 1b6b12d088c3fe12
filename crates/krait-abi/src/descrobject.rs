//! `descrobject.h`, `structmember.h`: member, getset and slot descriptors and the tables they come from.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

use crate::{Py_ssize_t, PyMethodDef, PyObject, PyTypeObject, Slot, vectorcallfunc};

/// Reads an attribute: object and closure.
pub type getter = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject;
/// Writes an attribute, or deletes it when the value is null: object, value, closure.
pub type setter = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void) -> c_int;
/// Adapts a slot to a Python call: self, arguments, the slot's function.
pub type wrapperfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void) -> *mut PyObject;
/// As [`wrapperfunc`], with keyword arguments.
pub type wrapperfunc_kwds =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void, *mut PyObject) -> *mut PyObject;

abi_structs! {
    /// A row of a table of computed attributes; a null name ends the table.
    #[derive(Clone, Copy)]
    pub struct PyGetSetDef {
        pub name: *const c_char,
        pub get: Option<getter>,
        pub set: Option<setter>,
        pub doc: *const c_char,
        pub closure: *mut c_void,
    }

    /// A row of a table of struct fields shown as attributes; a null name ends the table.
    #[derive(Clone, Copy)]
    pub struct PyMemberDef {
        pub name: *const c_char,
        /// `Py_T_*`; C calls it `type`.
        pub r#type: c_int,
        pub offset: Py_ssize_t,
        pub flags: c_int,
        pub doc: *const c_char,
    }

    /// A row of the table that ties a dunder name to a slot.
    pub struct wrapperbase = "struct wrapperbase" {
        pub name: *const c_char,
        pub offset: c_int,
        pub function: *mut c_void,
        pub wrapper: Option<wrapperfunc>,
        pub doc: *const c_char,
        pub flags: c_int,
        pub name_strobj: Cell<*mut PyObject>,
    }

    /// The start of every descriptor below.
    pub struct PyDescrObject {
        pub ob_base: PyObject,
        pub d_type: Cell<*mut PyTypeObject>,
        pub d_name: Cell<*mut PyObject>,
        pub d_qualname: Cell<*mut PyObject>,
    }

    /// `method_descriptor` and `classmethod_descriptor`.
    pub struct PyMethodDescrObject {
        pub d_common: PyDescrObject,
        pub d_method: Cell<*mut PyMethodDef>,
        pub vectorcall: Slot<vectorcallfunc>,
    }

    /// `member_descriptor`.
    pub struct PyMemberDescrObject {
        pub d_common: PyDescrObject,
        pub d_member: Cell<*mut PyMemberDef>,
    }

    /// `getset_descriptor`.
    pub struct PyGetSetDescrObject {
        pub d_common: PyDescrObject,
        pub d_getset: Cell<*mut PyGetSetDef>,
    }

    /// `wrapper_descriptor`.
    pub struct PyWrapperDescrObject {
        pub d_common: PyDescrObject,
        pub d_base: Cell<*mut wrapperbase>,
        pub d_wrapped: Cell<*mut c_void>,
    }

    /// `property`.
    pub struct propertyobject {
        pub ob_base: PyObject,
        pub prop_get: Cell<*mut PyObject>,
        pub prop_set: Cell<*mut PyObject>,
        pub prop_del: Cell<*mut PyObject>,
        pub prop_doc: Cell<*mut PyObject>,
        pub prop_name: Cell<*mut PyObject>,
        pub getter_doc: Cell<c_int>,
    }
}

abi_sync!(PyGetSetDef, PyMemberDef, wrapperbase);
abi_empty!(PyGetSetDef, PyMemberDef, wrapperbase);

abi_consts! {
    pub const PyWrapperFlag_KEYWORDS: c_int = 1;
    pub const Py_T_SHORT: c_int = 0;
    pub const Py_T_INT: c_int = 1;
    pub const Py_T_LONG: c_int = 2;
    pub const Py_T_FLOAT: c_int = 3;
    pub const Py_T_DOUBLE: c_int = 4;
    pub const Py_T_STRING: c_int = 5;
    pub const _Py_T_OBJECT: c_int = 6;
    pub const Py_T_CHAR: c_int = 7;
    pub const Py_T_BYTE: c_int = 8;
    pub const Py_T_UBYTE: c_int = 9;
    pub const Py_T_USHORT: c_int = 10;
    pub const Py_T_UINT: c_int = 11;
    pub const Py_T_ULONG: c_int = 12;
    pub const Py_T_STRING_INPLACE: c_int = 13;
    pub const Py_T_BOOL: c_int = 14;
    pub const Py_T_OBJECT_EX: c_int = 16;
    pub const Py_T_LONGLONG: c_int = 17;
    pub const Py_T_ULONGLONG: c_int = 18;
    pub const Py_T_PYSSIZET: c_int = 19;
    pub const _Py_T_NONE: c_int = 20;
    pub const Py_READONLY: c_int = 1;
    pub const Py_AUDIT_READ: c_int = 2;
    pub const _Py_WRITE_RESTRICTED: c_int = 4;
    pub const Py_RELATIVE_OFFSET: c_int = 8;
}
