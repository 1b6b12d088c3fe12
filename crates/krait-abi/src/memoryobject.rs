//! `cpython/memoryobject.h`.

use core::cell::Cell;
use core::ffi::c_int;

use crate::{Py_buffer, Py_hash_t, Py_ssize_t, PyObject, PyVarObject};

abi_structs! {
    /// The one buffer that several memory views share.
    pub struct _PyManagedBufferObject {
        pub ob_base: PyObject,
        pub flags: Cell<c_int>,
        pub exports: Cell<Py_ssize_t>,
        pub master: Py_buffer,
    }

    /// `memoryview`; `ob_array` holds shape, strides and suboffsets.
    pub struct PyMemoryViewObject {
        pub ob_base: PyVarObject,
        pub mbuf: Cell<*mut _PyManagedBufferObject>,
        pub hash: Cell<Py_hash_t>,
        pub flags: Cell<c_int>,
        pub exports: Cell<Py_ssize_t>,
        pub view: Py_buffer,
        pub weakreflist: Cell<*mut PyObject>,
        pub ob_array: [Cell<Py_ssize_t>; 1],
    }
}

abi_consts! {
    pub const _Py_MANAGED_BUFFER_RELEASED: c_int = 0x001;
    pub const _Py_MANAGED_BUFFER_FREE_FORMAT: c_int = 0x002;
    pub const _Py_MEMORYVIEW_RELEASED: c_int = 0x001;
    pub const _Py_MEMORYVIEW_C: c_int = 0x002;
    pub const _Py_MEMORYVIEW_FORTRAN: c_int = 0x004;
    pub const _Py_MEMORYVIEW_SCALAR: c_int = 0x008;
    pub const _Py_MEMORYVIEW_PIL: c_int = 0x010;
    pub const _Py_MEMORYVIEW_RESTRICTED: c_int = 0x020;
}
