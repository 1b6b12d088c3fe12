//! `cpython/weakrefobject.h`.

use core::cell::Cell;

use crate::{Py_hash_t, PyObject, Slot, vectorcallfunc};

abi_structs! {
    /// `weakref.ref` and proxies: a link in the list of its referent, or `None` when that is gone.
    pub struct PyWeakReference {
        pub ob_base: PyObject,
        pub wr_object: Cell<*mut PyObject>,
        pub wr_callback: Cell<*mut PyObject>,
        /// -1 until computed.
        pub hash: Cell<Py_hash_t>,
        pub wr_prev: Cell<*mut PyWeakReference>,
        pub wr_next: Cell<*mut PyWeakReference>,
        pub vectorcall: Slot<vectorcallfunc>,
    }
}
