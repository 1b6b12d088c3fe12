//! `float`: an IEEE 754 double.

mod methods;

pub(crate) use methods::hash_f64;
pub use methods::power;

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Py, PyClass, new_header};
use crate::{PyResult, alloc};

/// float(x=0, /)
///
/// A floating-point number.
#[pyclass(
    name = "float",
    symbol = PyFloat_Type,
    flags(BASETYPE, MATCH_SELF),
    methods(CORE, NUMBER),
    layout = manual
)]
#[repr(transparent)]
pub struct PyFloat(pub(crate) abi::PyFloatObject);

impl PyFloat {
    /// A new float.
    #[inline]
    pub fn new(value: f64) -> PyResult<Py<PyFloat>> {
        let block = alloc::allocate(size_of::<abi::PyFloatObject>());
        if block.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the block has room for the struct.
        unsafe {
            block
                .cast::<abi::PyFloatObject>()
                .write(abi::PyFloatObject {
                    ob_base: new_header(PyFloat::type_object()),
                    ob_fval: value.into(),
                });
            Ok(Py::from_owned_ptr(block.cast()))
        }
    }

    /// The value.
    #[inline(always)]
    pub fn value(&self) -> f64 {
        self.0.ob_fval.get()
    }
}
