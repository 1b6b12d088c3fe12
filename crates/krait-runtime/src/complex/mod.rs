//! `complex`: a pair of doubles.

mod arith;
mod methods;
mod parse;

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::object::{Obj, Py, PyClass, PyObject, new_header};
use crate::{PyErr, PyFloat, PyLong, PyResult, alloc};

use arith::{PowerError, complex, power};

const PARTS: usize = std::mem::offset_of!(abi::PyComplexObject, cval);

/// What programs see of the struct.
const MEMBERS: &[abi::PyMemberDef] = &[
    crate::class::member(
        c"real",
        abi::Py_T_DOUBLE,
        PARTS + std::mem::offset_of!(abi::Py_complex, real),
        Some(c"the real part of a complex number"),
    ),
    crate::class::member(
        c"imag",
        abi::Py_T_DOUBLE,
        PARTS + std::mem::offset_of!(abi::Py_complex, imag),
        Some(c"the imaginary part of a complex number"),
    ),
    abi::PyMemberDef::EMPTY,
];

/// complex(real=0, imag=0)
///
/// Create a complex number from a string or numbers: of a string that is parsed, of a single
/// number that is converted, or of a real and an imaginary part.
#[pyclass(
    name = "complex",
    symbol = PyComplex_Type,
    flags(BASETYPE),
    methods(CORE, NUMBER),
    members = MEMBERS,
    layout = manual
)]
#[repr(transparent)]
pub struct PyComplex(pub(crate) abi::PyComplexObject);

impl PyComplex {
    /// A new complex number.
    pub fn new(real: f64, imag: f64) -> PyResult<Py<PyComplex>> {
        let block = alloc::allocate(size_of::<abi::PyComplexObject>());
        if block.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the block has room for the struct.
        unsafe {
            block
                .cast::<abi::PyComplexObject>()
                .write(abi::PyComplexObject {
                    ob_base: new_header(PyComplex::type_object()),
                    cval: complex(real, imag).into(),
                });
            Ok(Py::from_owned_ptr(block.cast()))
        }
    }

    /// Both parts.
    #[inline(always)]
    pub fn value(&self) -> abi::Py_complex {
        self.0.cval.get()
    }

    /// The real part.
    pub fn real(&self) -> f64 {
        self.value().real
    }

    /// The imaginary part.
    pub fn imag(&self) -> f64 {
        self.value().imag
    }

    /// The number as `repr` writes it.
    pub fn to_text(&self) -> String {
        use krait_numbers::float::{Style, format_double};
        let abi::Py_complex { real, imag } = self.value();
        let part = |value, plus| {
            format_double(
                value,
                b'r',
                0,
                Style {
                    plus,
                    ..Style::default()
                },
            )
        };
        if real == 0.0 && real.is_sign_positive() {
            return format!("{}j", part(imag, false));
        }
        format!("({}{}j)", part(real, false), part(imag, true))
    }

    /// The value of `complex(value)` for what is no text: a complex number, something with
    /// `__complex__`, or a real number (`PyComplex_AsCComplex`).
    pub fn from_object(value: &PyObject) -> PyResult<abi::Py_complex> {
        if let Some(number) = value.downcast::<PyComplex>() {
            return Ok(number.value());
        }
        match special(value)? {
            Some(number) => Ok(number.value()),
            None => Ok(complex(value.to_f64()?, 0.0)),
        }
    }
}

/// What `__complex__` gives, if the class has it.
fn special(value: &PyObject) -> PyResult<Option<Py<PyComplex>>> {
    let Some(result) = value.call_special(crate::intern!("__complex__"), &[])? else {
        return Ok(None);
    };
    let number = result.cast::<PyComplex>().map_err(|other| {
        crate::type_error!(
            "__complex__ returned non-complex (type {})",
            other.type_().tp_name()
        )
    })?;
    if !number.is_exact::<PyComplex>() {
        let message = format!(
            "__complex__ returned non-complex (type {}).  The ability to return an instance of a \
             strict subclass of complex is deprecated, and may not be supported in a future version \
             of Python.",
            number.type_().tp_name()
        );
        crate::hooks::warn(&crate::exc::DeprecationWarning, &message, 1)?;
    }
    Ok(Some(number))
}

/// `base ** exponent` as complex numbers, for floats whose power is no real number.
pub fn power_of_floats(base: f64, exponent: f64) -> PyResult<Obj> {
    power_object(complex(base, 0.0), complex(exponent, 0.0))
}

fn power_object(base: abi::Py_complex, exponent: abi::Py_complex) -> PyResult<Obj> {
    match power(base, exponent) {
        Ok(value) => Ok(PyComplex::new(value.real, value.imag)?.into_object()),
        Err(PowerError::Domain) => Err(crate::zero_division_error!(
            "zero to a negative or complex power"
        )),
        Err(PowerError::Range) => Err(crate::overflow_error!("complex exponentiation")),
    }
}

/// An operand of an operator.
enum Operand {
    Real(f64),
    Complex(abi::Py_complex),
}

impl Operand {
    /// `None` for what is no number of the tower's builtin classes.
    fn of(value: &PyObject) -> PyResult<Option<Operand>> {
        if let Some(number) = value.downcast::<PyComplex>() {
            return Ok(Some(Operand::Complex(number.value())));
        }
        if let Some(float) = value.downcast::<PyFloat>() {
            return Ok(Some(Operand::Real(float.value())));
        }
        match value.downcast::<PyLong>() {
            Some(int) => Ok(Some(Operand::Real(int.to_f64()?))),
            None => Ok(None),
        }
    }

    fn complex(self) -> abi::Py_complex {
        match self {
            Operand::Real(value) => complex(value, 0.0),
            Operand::Complex(value) => value,
        }
    }
}

#[cold]
fn zero_division() -> PyErr {
    crate::zero_division_error!("division by zero")
}
