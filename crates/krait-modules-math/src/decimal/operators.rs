//! The operators of `Decimal`, and its conversions to other numbers.

use krait_decimal::{Coefficient, Decimal};
use krait_decimal::{
    Rounding, Status, abs, add, div, div_int, minus, mul, plus, quantize, rem, sub,
};
use krait_macros::pymethods;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{OptionalArg, PyComplex, PyLong, PyResult, none, not_implemented, type_error};

use super::context::ssize;
use super::convert::{operand, to_float, to_int};
use super::current::current;
use super::number::PyDecimal;
use super::operations::{self, infix, prefix};

macro_rules! infix_slots {
    ($($slot:ident = $operation:path;)*) => {
        #[pymethods(NUMBER)]
        impl PyDecimal { $(
            #[slot($slot)]
            fn $slot(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                infix(left, right, $operation)
            }
        )* }
    };
}

infix_slots! {
    nb_add = add;
    nb_subtract = sub;
    nb_multiply = mul;
    nb_true_divide = div;
    nb_floor_divide = div_int;
    nb_remainder = rem;
}

#[pymethods(CONVERSIONS)]
impl PyDecimal {
    #[slot(nb_divmod)]
    fn nb_divmod(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        match (operand(left), operand(right)) {
            (Some(left), Some(right)) => operations::div_mod(&left, &right, &*current()?),
            _ => Ok(not_implemented().to_obj()),
        }
    }

    #[slot(nb_power)]
    fn nb_power(base: &PyObject, exponent: &PyObject, modulus: &PyObject) -> PyResult<Obj> {
        let (Some(base), Some(exponent)) = (operand(base), operand(exponent)) else {
            return Ok(not_implemented().to_obj());
        };
        if modulus.is(none()) {
            return operations::power(&base, &exponent, None, &*current()?);
        }
        match operand(modulus) {
            Some(modulus) => operations::power(&base, &exponent, Some(&modulus), &*current()?),
            None => Ok(not_implemented().to_obj()),
        }
    }

    #[slot(nb_negative)]
    fn nb_negative(&self) -> PyResult<Obj> {
        prefix(self, minus)
    }

    #[slot(nb_positive)]
    fn nb_positive(&self) -> PyResult<Obj> {
        prefix(self, plus)
    }

    #[slot(nb_absolute)]
    fn nb_absolute(&self) -> PyResult<Obj> {
        prefix(self, abs)
    }

    #[slot(nb_bool)]
    fn nb_bool(&self) -> bool {
        !self.value.is_zero()
    }

    #[slot(nb_int)]
    fn nb_int(&self) -> PyResult<Obj> {
        to_int(&self.value, Rounding::Down, &*current()?)
    }

    #[slot(nb_float)]
    fn nb_float(&self) -> PyResult<f64> {
        to_float(&self.value)
    }

    #[pymethod(name = "__complex__", signature = "($self, /)")]
    fn complex(&self) -> PyResult<Obj> {
        Ok(PyComplex::new(to_float(&self.value)?, 0.0)?.into_object())
    }

    #[pymethod(name = "__trunc__", signature = "($self, /)")]
    fn trunc(&self) -> PyResult<Obj> {
        self.nb_int()
    }

    #[pymethod(name = "__floor__", signature = "($self, /)")]
    fn floor(&self) -> PyResult<Obj> {
        to_int(&self.value, Rounding::Floor, &*current()?)
    }

    #[pymethod(name = "__ceil__", signature = "($self, /)")]
    fn ceil(&self) -> PyResult<Obj> {
        to_int(&self.value, Rounding::Ceiling, &*current()?)
    }

    #[pymethod(
        name = "__round__",
        signature = "($self, ndigits=<unrepresentable>, /)",
        text_signature = "",
        anonymous
    )]
    fn round(&self, ndigits: OptionalArg<&PyObject>) -> PyResult<Obj> {
        let context = current()?;
        let Some(ndigits) = ndigits.present() else {
            return to_int(&self.value, Rounding::HalfEven, &context);
        };
        if !ndigits.is_instance_of::<PyLong>() {
            return Err(type_error!("optional arg must be an integer"));
        }
        let quantum = Decimal::new(false, Coefficient::ONE, ssize(ndigits)?.saturating_neg());
        let mut status = Status::empty();
        let result = quantize(&self.value, &quantum, &context.arithmetic(), &mut status);
        context.finish(result, status)
    }
}
