//! `methodobject.h`: functions written in C or Rust.

use core::cell::Cell;
use core::ffi::{c_char, c_int};

use crate::{Py_ssize_t, PyObject, PyTypeObject, Slot, vectorcallfunc};

/// `METH_VARARGS`, `METH_NOARGS`, `METH_O`: self and a tuple, null, or the one argument.
pub type PyCFunction = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
/// `METH_FASTCALL`: self, arguments and their number.
pub type PyCFunctionFast =
    unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, Py_ssize_t) -> *mut PyObject;
/// `METH_VARARGS | METH_KEYWORDS`: self, tuple, dictionary or null.
pub type PyCFunctionWithKeywords =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
/// `METH_FASTCALL | METH_KEYWORDS`: self, arguments, number of positional ones, tuple of keyword names or null.
pub type PyCFunctionFastWithKeywords = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    Py_ssize_t,
    *mut PyObject,
) -> *mut PyObject;
/// `METH_METHOD | METH_FASTCALL | METH_KEYWORDS`: as above, with the defining class after self.
pub type PyCMethod = unsafe extern "C" fn(
    *mut PyObject,
    *mut PyTypeObject,
    *const *mut PyObject,
    Py_ssize_t,
    *mut PyObject,
) -> *mut PyObject;

abi_structs! {
    /// A row of a method table; a null name ends the table. What `ml_meth` takes depends on `ml_flags`.
    #[derive(Clone, Copy)]
    pub struct PyMethodDef {
        pub ml_name: *const c_char,
        pub ml_meth: Option<PyCFunction>,
        pub ml_flags: c_int,
        pub ml_doc: *const c_char,
    }

    /// `builtin_function_or_method`.
    pub struct PyCFunctionObject {
        pub ob_base: PyObject,
        pub m_ml: Cell<*mut PyMethodDef>,
        pub m_self: Cell<*mut PyObject>,
        pub m_module: Cell<*mut PyObject>,
        pub m_weakreflist: Cell<*mut PyObject>,
        pub vectorcall: Slot<vectorcallfunc>,
    }

    /// A [`PyCFunctionObject`] that also knows its defining class.
    pub struct PyCMethodObject {
        pub func: PyCFunctionObject,
        pub mm_class: Cell<*mut PyTypeObject>,
    }
}

abi_sync!(PyMethodDef);
abi_empty!(PyMethodDef);

abi_consts! {
    pub const METH_VARARGS: c_int = 0x0001;
    pub const METH_KEYWORDS: c_int = 0x0002;
    pub const METH_NOARGS: c_int = 0x0004;
    pub const METH_O: c_int = 0x0008;
    pub const METH_CLASS: c_int = 0x0010;
    pub const METH_STATIC: c_int = 0x0020;
    pub const METH_COEXIST: c_int = 0x0040;
    pub const METH_FASTCALL: c_int = 0x0080;
    pub const METH_STACKLESS: c_int = 0x0000;
    pub const METH_METHOD: c_int = 0x0200;
}
