//! `pycore_context.h` and the part of `pycore_structs.h` it rests on.

use core::cell::Cell;
use core::ffi::c_int;

use crate::{Py_hash_t, Py_ssize_t, PyObject, PyVarObject};

abi_structs! {
    /// The start of every node of a [`PyHamtObject`].
    pub struct PyHamtNode {
        pub ob_base: PyObject,
    }

    /// An immutable mapping with cheap copies.
    pub struct PyHamtObject {
        pub ob_base: PyObject,
        pub h_root: Cell<*mut PyHamtNode>,
        pub h_weakreflist: Cell<*mut PyObject>,
        pub h_count: Cell<Py_ssize_t>,
    }

    /// A node with an entry for each bit set.
    pub struct PyHamtNode_Bitmap {
        pub ob_base: PyVarObject,
        pub b_bitmap: Cell<u32>,
        pub b_array: [Cell<*mut PyObject>; 1],
    }

    /// `contextvars.Context`.
    pub struct PyContext = "struct _pycontextobject" {
        pub ob_base: PyObject,
        pub ctx_prev: Cell<*mut PyContext>,
        pub ctx_vars: Cell<*mut PyHamtObject>,
        pub ctx_weakreflist: Cell<*mut PyObject>,
        pub ctx_entered: Cell<c_int>,
    }

    /// `contextvars.ContextVar`.
    pub struct PyContextVar = "struct _pycontextvarobject" {
        pub ob_base: PyObject,
        pub var_name: Cell<*mut PyObject>,
        pub var_default: Cell<*mut PyObject>,
        pub var_cached: Cell<*mut PyObject>,
        pub var_cached_tsid: Cell<u64>,
        pub var_cached_tsver: Cell<u64>,
        pub var_hash: Cell<Py_hash_t>,
    }

    /// `contextvars.Token`.
    pub struct PyContextToken = "struct _pycontexttokenobject" {
        pub ob_base: PyObject,
        pub tok_ctx: Cell<*mut PyContext>,
        pub tok_var: Cell<*mut PyContextVar>,
        pub tok_oldval: Cell<*mut PyObject>,
        pub tok_used: Cell<c_int>,
    }
}
