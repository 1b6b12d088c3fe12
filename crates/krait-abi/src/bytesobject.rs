//! `cpython/bytesobject.h` and `cpython/bytearrayobject.h`.

use core::cell::Cell;

use crate::{Py_hash_t, Py_ssize_t, PyVarObject};

abi_structs! {
    /// `bytes`: `ob_size` bytes and a NUL.
    pub struct PyBytesObject {
        pub ob_base: PyVarObject,
        /// -1 until computed.
        pub ob_shash: Cell<Py_hash_t>,
        pub ob_sval: [Cell<u8>; 1],
    }

    /// `bytearray`: its bytes are `ob_size` from `ob_start` on, inside the block `ob_bytes`.
    pub struct PyByteArrayObject {
        pub ob_base: PyVarObject,
        pub ob_alloc: Cell<Py_ssize_t>,
        pub ob_bytes: Cell<*mut u8>,
        pub ob_start: Cell<*mut u8>,
        pub ob_exports: Cell<Py_ssize_t>,
    }
}

abi_sync!(PyBytesObject);
