//! Comparison of decimal numbers with other numbers, and their hash.

use krait_decimal::{Context, Decimal, Kind, LIMB_BASE, Status, mul};
use krait_macros::pymethods;
use krait_runtime::abstract_::is_instance;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    CompareOp, PyComplex, PyFloat, PyLong, PyResult, intern, not_implemented, type_error,
};

use super::context::PyContext;
use super::convert::{Operand, from_float, from_int};
use super::current::current;
use super::number::PyDecimal;
use super::signals::FLOAT_OPERATION;
use super::state;

/// The prime that hashes of numbers are taken modulo.
const MODULUS: u64 = (1 << 61) - 1;
/// The inverse of 10 modulo that prime.
const INVERSE_OF_TEN: u64 = 2_075_258_708_292_324_556;
const HASH_OF_INFINITY: isize = 314_159;

fn times(left: u64, right: u64) -> u64 {
    (u128::from(left) * u128::from(right) % u128::from(MODULUS)) as u64
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent != 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

/// The hash of a finite number: that of an equal int, float or fraction.
fn finite_hash(value: &Decimal) -> isize {
    let base = LIMB_BASE % MODULUS;
    let limbs = value.coefficient().limbs().iter().rev();
    let coefficient = limbs.fold(0, |hash, limb| {
        (times(hash, base) + limb % MODULUS) % MODULUS
    });
    let ten = if value.exponent() < 0 {
        INVERSE_OF_TEN
    } else {
        10
    };
    let hash = times(coefficient, power(ten, value.exponent().unsigned_abs())) as isize;
    match if value.negative() { -hash } else { hash } {
        -1 => -2,
        hash => hash,
    }
}

fn is_equality(op: CompareOp) -> bool {
    matches!(op, CompareOp::Eq | CompareOp::Ne)
}

/// Both sides of a comparison of a decimal number as exact numbers; `None` if the other is no number.
fn sides<'a>(
    number: &'a Decimal,
    other: &PyObject,
    op: CompareOp,
    context: &PyContext,
) -> PyResult<Option<(Operand<'a>, Decimal)>> {
    let float = |value: f64| {
        if is_equality(op) {
            context.note(FLOAT_OPERATION);
        } else {
            context.report(FLOAT_OPERATION)?;
        }
        Ok(Some((Operand::Borrowed(number), from_float(value))))
    };
    if let Some(value) = other.downcast::<PyLong>() {
        return Ok(Some((Operand::Borrowed(number), from_int(value))));
    }
    if let Some(value) = other.downcast::<PyFloat>() {
        return float(value.value());
    }
    if let Some(value) = other.downcast::<PyComplex>() {
        return if is_equality(op) && value.imag() == 0.0 {
            float(value.real())
        } else {
            Ok(None)
        };
    }
    if !is_instance(other, &state()?.rational)? {
        return Ok(None);
    }
    fraction(number, other, context).map(Some)
}

/// The number times a fraction's denominator, and its numerator.
fn fraction<'a>(
    number: &'a Decimal,
    other: &PyObject,
    context: &PyContext,
) -> PyResult<(Operand<'a>, Decimal)> {
    let integer = |value: Obj| -> PyResult<Decimal> {
        value
            .downcast::<PyLong>()
            .map(from_int)
            .ok_or_else(|| type_error!("argument must be an integer"))
    };
    let numerator = integer(other.getattr(intern!("numerator"))?)?;
    if !number.is_finite() {
        return Ok((Operand::Borrowed(number), numerator));
    }
    let denominator = integer(other.getattr(intern!("denominator"))?)?;
    // Without its exponent, so that the product is exact however small the number is.
    let plain = Decimal::new(number.negative(), number.coefficient().clone(), 0);
    let mut status = Status::empty();
    let product = mul(&plain, &denominator, &Context::max(), &mut status);
    context.report(status)?;
    let scaled = Decimal::new(
        product.negative(),
        product.coefficient().clone(),
        number.exponent(),
    );
    Ok((Operand::Owned(scaled), numerator))
}

/// What a comparison of two numbers says that have no order: one of them is a NaN.
#[cold]
fn unordered(left: &Decimal, right: &Decimal, op: CompareOp, context: &PyContext) -> PyResult<Obj> {
    // Signaling NaNs always signal, quiet ones only where an order is asked for.
    if left.is_snan() || right.is_snan() || !is_equality(op) {
        context.report(Status::InvalidOperation)?;
    }
    Ok(krait_runtime::bool_object(op == CompareOp::Ne).to_obj())
}

#[pymethods(COMPARISON)]
impl PyDecimal {
    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let holds = |order| Ok(krait_runtime::bool_object(op.holds(order)).to_obj());
        if let Some(other) = other.downcast::<PyDecimal>() {
            return match self.value.partial_cmp_value(&other.value) {
                Some(order) => holds(order),
                None => unordered(&self.value, &other.value, op, &*current()?),
            };
        }
        let context = current()?;
        let Some((left, right)) = sides(&self.value, other, op, &context)? else {
            return Ok(not_implemented().to_obj());
        };
        match left.partial_cmp_value(&right) {
            Some(order) => holds(order),
            None => unordered(&left, &right, op, &context),
        }
    }

    #[slot(tp_hash)]
    fn get_hash(&self) -> PyResult<isize> {
        let known = self.hash.get();
        if known != -1 {
            return Ok(known);
        }
        let hash = match self.value.kind() {
            Kind::Finite => finite_hash(&self.value),
            Kind::Infinity if self.value.negative() => -HASH_OF_INFINITY,
            Kind::Infinity => HASH_OF_INFINITY,
            Kind::QuietNan => krait_runtime::object_type::identity_hash(self.as_object()),
            Kind::SignalingNan => {
                return Err(type_error!("Cannot hash a signaling NaN value"));
            }
        };
        self.hash.set(hash);
        Ok(hash)
    }

    /// Compare two numbers by their representation: in this total order
    /// equal numbers with different exponents are different, and all NaNs
    /// have their places. No context is used; the result is -1, 0 or 1.
    ///
    ///     >>> Decimal('12.0').compare_total(Decimal('12'))
    ///     Decimal('-1')
    #[pymethod(signature = "($self, /, other, context=None)", anonymous)]
    fn compare_total(&self, other: &PyObject, context: Option<&PyObject>) -> PyResult<Obj> {
        super::operations::total_order(self, other, context, Decimal::total_cmp)
    }

    /// As compare_total(), but of the numbers without their signs.
    #[pymethod(signature = "($self, /, other, context=None)", anonymous)]
    fn compare_total_mag(&self, other: &PyObject, context: Option<&PyObject>) -> PyResult<Obj> {
        super::operations::total_order(self, other, context, Decimal::total_cmp_magnitude)
    }

    /// Test whether self and other have the same exponent, or are both
    /// infinities, or are both NaNs. Nothing is signaled or rounded.
    #[pymethod(signature = "($self, /, other, context=None)", anonymous)]
    fn same_quantum(&self, other: &PyObject, context: Option<&PyObject>) -> PyResult<bool> {
        super::current::context_or_current(context)?;
        Ok(self.value.same_quantum(&*super::convert::needed(other)?))
    }
}
