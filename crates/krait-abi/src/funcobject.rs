//! `cpython/funcobject.h`, `cpython/classobject.h`, `cpython/cellobject.h`: functions, bound methods, cells.

use core::cell::Cell;

use crate::{PyObject, Slot, vectorcallfunc};

abi_structs! {
    /// `function`.
    pub struct PyFunctionObject {
        pub ob_base: PyObject,
        pub func_globals: Cell<*mut PyObject>,
        pub func_builtins: Cell<*mut PyObject>,
        pub func_name: Cell<*mut PyObject>,
        pub func_qualname: Cell<*mut PyObject>,
        pub func_code: Cell<*mut PyObject>,
        pub func_defaults: Cell<*mut PyObject>,
        pub func_kwdefaults: Cell<*mut PyObject>,
        pub func_closure: Cell<*mut PyObject>,
        pub func_doc: Cell<*mut PyObject>,
        pub func_dict: Cell<*mut PyObject>,
        pub func_weakreflist: Cell<*mut PyObject>,
        pub func_module: Cell<*mut PyObject>,
        pub func_annotations: Cell<*mut PyObject>,
        pub func_annotate: Cell<*mut PyObject>,
        pub func_typeparams: Cell<*mut PyObject>,
        pub vectorcall: Slot<vectorcallfunc>,
        /// For the specialiser; any change of what it relied on resets it.
        pub func_version: Cell<u32>,
    }

    /// What a function is made of.
    #[derive(Clone, Copy)]
    pub struct PyFrameConstructor {
        pub fc_globals: *mut PyObject,
        pub fc_builtins: *mut PyObject,
        pub fc_name: *mut PyObject,
        pub fc_qualname: *mut PyObject,
        pub fc_code: *mut PyObject,
        pub fc_defaults: *mut PyObject,
        pub fc_kwdefaults: *mut PyObject,
        pub fc_closure: *mut PyObject,
    }

    /// `method`: a callable bound to an instance.
    pub struct PyMethodObject {
        pub ob_base: PyObject,
        pub im_func: Cell<*mut PyObject>,
        pub im_self: Cell<*mut PyObject>,
        pub im_weakreflist: Cell<*mut PyObject>,
        pub vectorcall: Slot<vectorcallfunc>,
    }

    /// `instancemethod`, which makes any callable bind as a function does.
    pub struct PyInstanceMethodObject {
        pub ob_base: PyObject,
        pub func: Cell<*mut PyObject>,
    }

    /// `cell`: a variable that closures share; null when unbound.
    pub struct PyCellObject {
        pub ob_base: PyObject,
        pub ob_ref: Cell<*mut PyObject>,
    }
}

abi_consts! {
    pub const FUNC_VERSION_UNSET: u32 = 0;
    pub const FUNC_VERSION_CLEARED: u32 = 1;
    pub const FUNC_VERSION_FIRST_VALID: u32 = 2;
}
