//! Structs that CPython keeps in its `.c` files: no header shows them, so nothing outside may depend on their layout.
//! They are here for their sizes (`__basicsize__`, `sys.getsizeof`), which Python code can see.

use core::cell::Cell;
use core::ffi::{c_char, c_void};

use crate::{PyObject, inquiry, traverseproc};

/// Called when a capsule dies.
pub type PyCapsule_Destructor = unsafe extern "C" fn(*mut PyObject);

/// `PyCapsule`: a pointer with a name.
#[repr(C)]
#[allow(missing_docs, reason = "the fields are documented by their C names")]
pub struct PyCapsule {
    pub ob_base: PyObject,
    pub pointer: Cell<*mut c_void>,
    pub name: Cell<*const c_char>,
    pub context: Cell<*mut c_void>,
    pub destructor: Cell<Option<PyCapsule_Destructor>>,
    pub traverse_func: Cell<Option<traverseproc>>,
    pub clear_func: Cell<Option<inquiry>>,
}

/// `range`.
#[repr(C)]
#[allow(missing_docs, reason = "the fields are documented by their C names")]
pub struct rangeobject {
    pub ob_base: PyObject,
    pub start: Cell<*mut PyObject>,
    pub stop: Cell<*mut PyObject>,
    pub step: Cell<*mut PyObject>,
    pub length: Cell<*mut PyObject>,
}

/// `classmethod` and `staticmethod`.
#[repr(C)]
#[allow(missing_docs, reason = "the fields are documented by their C names")]
pub struct classmethod {
    pub ob_base: PyObject,
    pub cm_callable: Cell<*mut PyObject>,
    pub cm_dict: Cell<*mut PyObject>,
}
