//! What complex numbers do.

use krait_abi as abi;
use krait_macros::pymethods;

use super::arith::{complex, product, quotient, quotient_of_real};
use super::{Operand, PyComplex, parse, power_object, special, zero_division};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, OptionalArg, PyFloat, PyLong, PyResult, PyStr, PyTuple, PyType};

fn object(value: abi::Py_complex) -> PyResult<Obj> {
    Ok(PyComplex::new(value.real, value.imag)?.into_object())
}

/// Applies an operator to two numbers; `NotImplemented` if one is none.
fn binary(
    left: &PyObject,
    right: &PyObject,
    op: impl FnOnce(Operand, Operand) -> PyResult<abi::Py_complex>,
) -> PyResult<Obj> {
    // The order matters where both are too large for floats.
    let Some(left) = Operand::of(left)? else {
        return Ok(crate::not_implemented().to_obj());
    };
    let Some(right) = Operand::of(right)? else {
        return Ok(crate::not_implemented().to_obj());
    };
    object(op(left, right)?)
}

impl PyComplex {
    fn in_class(class: &PyType, value: abi::Py_complex) -> PyResult<Obj> {
        if std::ptr::eq(class, PyComplex::type_object()) {
            return object(value);
        }
        let made = class.alloc(0)?;
        // SAFETY: an instance of a class laid out on `complex`.
        unsafe { made.downcast_unchecked::<PyComplex>() }
            .0
            .cval
            .set(value);
        Ok(made)
    }

    /// `complex(value)` with one argument.
    fn from_single(class: &PyType, value: &PyObject) -> PyResult<Obj> {
        let exact = std::ptr::eq(class, PyComplex::type_object());
        if exact && value.is_exact::<PyComplex>() {
            return Ok(value.to_obj());
        }
        if let Some(text) = value.downcast::<PyStr>() {
            let ascii = crate::str::to_ascii_digits(text);
            return match parse::parse(ascii.as_bytes()) {
                Some(value) => Self::in_class(class, value),
                None => Err(crate::value_error!("complex() arg is a malformed string")),
            };
        }
        if let Some(number) = special(value)? {
            return Self::in_class(class, number.value());
        }
        if let Some(number) = value.downcast::<PyComplex>() {
            return Self::in_class(class, number.value());
        }
        if !is_real(value)? {
            return Err(crate::type_error!(
                "complex() argument must be a string or a number, not {}",
                value.type_().tp_name()
            ));
        }
        Self::in_class(class, complex(value.to_f64()?, 0.0))
    }
}

/// Whether the object has `__float__` or `__index__`.
fn is_real(value: &PyObject) -> PyResult<bool> {
    Ok(value.has_index()
        || value.downcast::<PyFloat>().is_some()
        || value.type_().lookup(crate::intern!("__float__")).is_some())
}

/// The `real` or `imag` argument; complex numbers are deprecated there.
fn part(value: &PyObject, name: &str) -> PyResult<abi::Py_complex> {
    let message = || {
        format!(
            "complex() argument '{name}' must be a real number, not {}",
            value.type_().tp_name()
        )
    };
    let number = match value.downcast::<PyComplex>() {
        Some(number) => Some(number.value()),
        None if name == "real" => special(value)?.map(|number| number.value()),
        None => None,
    };
    if let Some(number) = number {
        crate::hooks::warn(&crate::exc::DeprecationWarning, &message(), 1)?;
        return Ok(number);
    }
    if !is_real(value)? {
        return Err(crate::type_error!("{}", message()));
    }
    Ok(complex(value.to_f64()?, 0.0))
}

#[pymethods(NUMBER)]
impl PyComplex {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        use Operand::{Complex, Real};
        binary(left, right, |left, right| {
            Ok(match (left, right) {
                (Real(a), Real(b)) => complex(a + b, 0.0),
                (Real(a), Complex(b)) => complex(a + b.real, b.imag),
                (Complex(a), Real(b)) => complex(a.real + b, a.imag),
                (Complex(a), Complex(b)) => complex(a.real + b.real, a.imag + b.imag),
            })
        })
    }

    #[slot(nb_subtract)]
    fn nb_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        use Operand::{Complex, Real};
        binary(left, right, |left, right| {
            Ok(match (left, right) {
                (Real(a), Real(b)) => complex(a - b, 0.0),
                (Real(a), Complex(b)) => complex(a - b.real, -b.imag),
                (Complex(a), Real(b)) => complex(a.real - b, a.imag),
                (Complex(a), Complex(b)) => complex(a.real - b.real, a.imag - b.imag),
            })
        })
    }

    #[slot(nb_multiply)]
    fn nb_multiply(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        use Operand::{Complex, Real};
        binary(left, right, |left, right| {
            Ok(match (left, right) {
                (Real(a), Real(b)) => complex(a * b, 0.0),
                (Real(a), Complex(b)) | (Complex(b), Real(a)) => complex(b.real * a, b.imag * a),
                (Complex(a), Complex(b)) => product(a, b),
            })
        })
    }

    #[slot(nb_true_divide)]
    fn nb_true_divide(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        use Operand::{Complex, Real};
        binary(left, right, |left, right| {
            let result = match (left, right) {
                (_, Real(0.0)) => None,
                (Real(a), Real(b)) => Some(complex(a / b, 0.0)),
                (Complex(a), Real(b)) => Some(complex(a.real / b, a.imag / b)),
                (Real(a), Complex(b)) => quotient_of_real(a, b),
                (Complex(a), Complex(b)) => quotient(a, b),
            };
            result.ok_or_else(zero_division)
        })
    }

    #[slot(nb_power)]
    fn nb_power(base: &PyObject, exponent: &PyObject, modulus: &PyObject) -> PyResult<Obj> {
        let Some(base) = Operand::of(base)? else {
            return Ok(crate::not_implemented().to_obj());
        };
        let Some(exponent) = Operand::of(exponent)? else {
            return Ok(crate::not_implemented().to_obj());
        };
        if !modulus.is(crate::none()) {
            return Err(crate::value_error!("complex modulo"));
        }
        power_object(base.complex(), exponent.complex())
    }

    #[slot(nb_negative)]
    fn nb_negative(&self) -> PyResult<Obj> {
        object(complex(-self.real(), -self.imag()))
    }

    #[slot(nb_positive)]
    fn nb_positive(&self) -> PyResult<Obj> {
        if self.is_exact::<PyComplex>() {
            Ok(self.to_obj())
        } else {
            object(self.value())
        }
    }

    #[slot(nb_absolute)]
    fn nb_absolute(&self) -> PyResult<Py<PyFloat>> {
        let abi::Py_complex { real, imag } = self.value();
        let size = real.hypot(imag);
        if size.is_infinite() && real.is_finite() && imag.is_finite() {
            return Err(crate::overflow_error!("absolute value too large"));
        }
        PyFloat::new(size)
    }

    #[slot(nb_bool)]
    fn nb_bool(&self) -> PyResult<bool> {
        Ok(self.real() != 0.0 || self.imag() != 0.0)
    }
}

#[pymethods(CORE)]
impl PyComplex {
    #[pynew(signature = "(real=0, imag=0)")]
    fn new_object(
        class: &PyType,
        real: OptionalArg<&PyObject>,
        imag: OptionalArg<&PyObject>,
    ) -> PyResult<Obj> {
        let (real, imag) = match (real.present(), imag.present()) {
            (None, None) => return PyComplex::in_class(class, complex(0.0, 0.0)),
            (Some(only), None) => return PyComplex::from_single(class, only),
            (real, Some(imag)) => (real, imag),
        };
        // Both arguments may be complex for now: the number is real + imag * j.
        let real = match real {
            Some(real) => part(real, "real")?,
            None => complex(0.0, 0.0),
        };
        let is_complex = imag.downcast::<PyComplex>().is_some();
        let imag = part(imag, "imag")?;
        let value = if is_complex {
            complex(real.real - imag.imag, real.imag + imag.real)
        } else if real.imag != 0.0 {
            complex(real.real, real.imag + imag.real)
        } else {
            complex(real.real, imag.real)
        };
        PyComplex::in_class(class, value)
    }

    /// Convert number to a complex floating-point number.
    #[pyclassmethod(signature = "($type, number, /)")]
    fn from_number(class: &PyType, number: &PyObject) -> PyResult<Obj> {
        let exact = std::ptr::eq(class, PyComplex::type_object());
        if exact && number.is_exact::<PyComplex>() {
            return Ok(number.to_obj());
        }
        let value = object(PyComplex::from_object(number)?)?;
        if exact {
            Ok(value)
        } else {
            class.call1(&value)
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&self.to_text())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let part = |value| crate::float::hash_f64(value, self) as usize;
        let hash =
            part(self.real()).wrapping_add(part(self.imag()).wrapping_mul(1_000_003)) as isize;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let value = self.value();
        let equal = if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(crate::not_implemented().to_obj());
        } else if let Some(other) = other.downcast::<PyComplex>() {
            value.real == other.real() && value.imag == other.imag()
        } else if let Some(other) = other.downcast::<PyFloat>() {
            value.real == other.value() && value.imag == 0.0
        } else if let Some(other) = other.downcast::<PyLong>() {
            // Exactly: an int may lie between two floats.
            value.imag == 0.0
                && other.as_int_ref().partial_cmp_f64(value.real) == Some(std::cmp::Ordering::Equal)
        } else {
            return Ok(crate::not_implemented().to_obj());
        };
        Ok(crate::bool_object(equal == (op == CompareOp::Eq)).to_obj())
    }

    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[pymethod(signature = "($self, /)")]
    fn conjugate(&self) -> PyResult<Obj> {
        object(complex(self.real(), -self.imag()))
    }

    /// Convert this value to exact type complex.
    #[pymethod(name = "__complex__", signature = "($self, /)")]
    fn complex_method(&self) -> PyResult<Obj> {
        self.nb_positive()
    }

    #[pymethod(name = "__getnewargs__", signature = "($self, /)")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_vec(vec![
            PyFloat::new(self.real())?.into_object(),
            PyFloat::new(self.imag())?.into_object(),
        ])
    }

    /// Convert to a string according to format_spec.
    #[pymethod(name = "__format__", signature = "($self, format_spec, /)")]
    fn format_method(&self, format_spec: &PyStr) -> PyResult<Py<PyStr>> {
        crate::formatter::format_complex(self, format_spec)
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a number that nothing refers to any more.
        unsafe { crate::alloc::free_object(object) };
    }
}
