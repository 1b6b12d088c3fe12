//! `moduleobject.h` and `pycore_moduleobject.h`.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

use crate::{Py_ssize_t, PyMethodDef, PyObject, freefunc, inquiry, traverseproc};

/// A module's `PyInit_` function.
pub type PyModInitFunction = unsafe extern "C" fn() -> *mut PyObject;

abi_structs! {
    /// The part of a module definition that the interpreter fills in.
    pub struct PyModuleDef_Base {
        pub ob_base: PyObject,
        pub m_init: Cell<Option<PyModInitFunction>>,
        pub m_index: Cell<Py_ssize_t>,
        pub m_copy: Cell<*mut PyObject>,
    }

    /// A slot of a module definition; a slot id of 0 ends the array.
    #[derive(Clone, Copy)]
    pub struct PyModuleDef_Slot {
        pub slot: c_int,
        pub value: *mut c_void,
    }

    /// What a module is made from.
    pub struct PyModuleDef {
        pub m_base: PyModuleDef_Base,
        pub m_name: *const c_char,
        pub m_doc: *const c_char,
        pub m_size: Py_ssize_t,
        pub m_methods: *mut PyMethodDef,
        pub m_slots: *mut PyModuleDef_Slot,
        pub m_traverse: Option<traverseproc>,
        pub m_clear: Option<inquiry>,
        pub m_free: Option<freefunc>,
    }

    /// `module`.
    pub struct PyModuleObject {
        pub ob_base: PyObject,
        pub md_dict: Cell<*mut PyObject>,
        pub md_def: Cell<*mut PyModuleDef>,
        pub md_state: Cell<*mut c_void>,
        pub md_weaklist: Cell<*mut PyObject>,
        pub md_name: Cell<*mut PyObject>,
    }
}

abi_sync!(PyModuleDef_Base, PyModuleDef_Slot, PyModuleDef);
abi_empty!(PyModuleDef_Base, PyModuleDef_Slot, PyModuleDef);

abi_consts! {
    pub const Py_mod_create: c_int = 1;
    pub const Py_mod_exec: c_int = 2;
    pub const Py_mod_multiple_interpreters: c_int = 3;
    pub const Py_mod_gil: c_int = 4;
    pub const _Py_mod_LAST_SLOT: c_int = 4;
    pub const Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED: usize = 0;
    pub const Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED: usize = 1;
    pub const Py_MOD_PER_INTERPRETER_GIL_SUPPORTED: usize = 2;
    pub const Py_MOD_GIL_USED: usize = 0;
    pub const Py_MOD_GIL_NOT_USED: usize = 1;
}
