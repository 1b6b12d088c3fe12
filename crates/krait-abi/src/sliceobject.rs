//! `sliceobject.h` and `pycore_range.h`.

use core::cell::Cell;
use core::ffi::c_long;

use crate::PyObject;

abi_structs! {
    /// `slice`; an absent part is `None`.
    pub struct PySliceObject {
        pub ob_base: PyObject,
        pub start: Cell<*mut PyObject>,
        pub stop: Cell<*mut PyObject>,
        pub step: Cell<*mut PyObject>,
    }

    /// `range_iterator`, for ranges that fit a C `long`.
    pub struct _PyRangeIterObject {
        pub ob_base: PyObject,
        pub start: Cell<c_long>,
        pub step: Cell<c_long>,
        pub len: Cell<c_long>,
    }
}
