//! `cpython/setobject.h`.

use core::cell::Cell;

use crate::{Py_hash_t, Py_ssize_t, PyObject};

abi_structs! {
    /// A place in a set's table: unused (null key, hash 0), dummy (hash -1) or active.
    pub struct setentry {
        pub key: Cell<*mut PyObject>,
        pub hash: Cell<Py_hash_t>,
    }

    /// `set` and `frozenset`; `table` points to `smalltable` or to a block of its own.
    pub struct PySetObject {
        pub ob_base: PyObject,
        pub fill: Cell<Py_ssize_t>,
        pub used: Cell<Py_ssize_t>,
        pub mask: Cell<Py_ssize_t>,
        pub table: Cell<*mut setentry>,
        pub hash: Cell<Py_hash_t>,
        pub finger: Cell<Py_ssize_t>,
        pub smalltable: [setentry; PySet_MINSIZE],
        pub weakreflist: Cell<*mut PyObject>,
    }
}

abi_consts! {
    pub const PySet_MINSIZE: usize = 8;
}
