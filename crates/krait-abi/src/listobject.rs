//! `cpython/tupleobject.h`, `cpython/listobject.h` and their iterators.

use core::cell::Cell;

use crate::{Py_hash_t, Py_ssize_t, PyObject, PyVarObject};

abi_structs! {
    /// `tuple`: `ob_size` items inside the object.
    pub struct PyTupleObject {
        pub ob_base: PyVarObject,
        /// -1 until computed.
        pub ob_hash: Cell<Py_hash_t>,
        pub ob_item: [Cell<*mut PyObject>; 1],
    }

    /// `list`: `ob_size` items used of `allocated`; sorting sets `allocated` to -1 to notice changes.
    pub struct PyListObject {
        pub ob_base: PyVarObject,
        pub ob_item: Cell<*mut *mut PyObject>,
        pub allocated: Cell<Py_ssize_t>,
    }

    /// `tuple_iterator`; `it_seq` is null at the end.
    pub struct _PyTupleIterObject {
        pub ob_base: PyObject,
        pub it_index: Cell<Py_ssize_t>,
        pub it_seq: Cell<*mut PyTupleObject>,
    }

    /// `list_iterator`; `it_seq` is null at the end.
    pub struct _PyListIterObject {
        pub ob_base: PyObject,
        pub it_index: Cell<Py_ssize_t>,
        pub it_seq: Cell<*mut PyListObject>,
    }
}

abi_sync!(PyTupleObject);
