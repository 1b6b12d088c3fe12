//! `cpython/floatobject.h` and `cpython/complexobject.h`.

use core::cell::Cell;

use crate::PyObject;

abi_structs! {
    /// `float`.
    pub struct PyFloatObject {
        pub ob_base: PyObject,
        pub ob_fval: Cell<f64>,
    }

    /// A complex number as C passes it by value.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Py_complex {
        pub real: f64,
        pub imag: f64,
    }

    /// `complex`.
    pub struct PyComplexObject {
        pub ob_base: PyObject,
        pub cval: Cell<Py_complex>,
    }
}
