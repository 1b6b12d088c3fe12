//! Sums and products of many numbers.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{Args, OptionalArg, PyFloat, PyLong, PyResult, overflow_error, value_error};

use super::{float, number};

/// The sum and what rounding lost of it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let virtual_b = sum - a;
    (sum, (a - (sum - virtual_b)) + (b - virtual_b))
}

/// Partial sums that do not overlap: their exact sum is that of all that was added (Shewchuk).
#[derive(Default)]
struct Partials {
    parts: Vec<f64>,
    special: f64,
    infinities: f64,
}

impl Partials {
    fn add(&mut self, value: f64) -> PyResult<()> {
        let mut x = value;
        let mut kept = 0;
        for index in 0..self.parts.len() {
            let (sum, lost) = two_sum(x, self.parts[index]);
            if lost != 0.0 {
                self.parts[kept] = lost;
                kept += 1;
            }
            x = sum;
        }
        self.parts.truncate(kept);
        if x == 0.0 {
            return Ok(());
        }
        if x.is_finite() {
            self.parts.push(x);
            return Ok(());
        }
        if value.is_finite() {
            return Err(overflow_error!("intermediate overflow in fsum"));
        }
        if value.is_infinite() {
            self.infinities += value;
        }
        self.special += value;
        self.parts.clear();
        Ok(())
    }

    /// The sum, correctly rounded.
    fn finish(mut self) -> PyResult<f64> {
        if self.special != 0.0 {
            if self.infinities.is_nan() {
                return Err(value_error!("-inf + inf in fsum"));
            }
            return Ok(self.special);
        }
        let Some(mut high) = self.parts.pop() else {
            return Ok(0.0);
        };
        let mut lost = 0.0;
        while let Some(next) = self.parts.pop() {
            let sum = high + next;
            lost = next - (sum - high);
            high = sum;
            if lost != 0.0 {
                break;
            }
        }
        // Half an ulp exactly: what is left decides the direction.
        if let Some(&next) = self.parts.last()
            && (lost < 0.0) == (next < 0.0)
            && lost != 0.0
            && next != 0.0
        {
            let doubled = lost * 2.0;
            let rounded = high + doubled;
            if doubled == rounded - high {
                high = rounded;
            }
        }
        Ok(high)
    }
}

/// Return an accurate floating-point sum of values in the iterable seq.
///
/// Assumes IEEE-754 floating-point arithmetic.
#[pyfunction(signature = "(seq, /)")]
pub fn fsum(seq: &PyObject) -> PyResult<Obj> {
    let mut partials = Partials::default();
    for item in seq.try_iter()? {
        partials.add(number(&*item?)?)?;
    }
    float(partials.finish()?)
}

/// The Euclidean norm: scaled so that no square overflows, with what squaring loses kept.
fn norm(values: &[f64]) -> f64 {
    if values.iter().any(|value| value.is_infinite()) {
        return f64::INFINITY;
    }
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let max = values.iter().fold(0_f64, |max, value| max.max(value.abs()));
    if max == 0.0 || values.len() <= 1 {
        return max;
    }
    let (_, exponent) = libm::frexp(max);
    let scale = |value: f64| libm::ldexp(value.abs(), -exponent);
    let (mut sum, mut lost) = (1.0, 0.0);
    for &value in values {
        let x = scale(value);
        let square = x * x;
        let square_error = x.mul_add(x, -square);
        let (next, error) = two_sum(sum, square);
        sum = next;
        lost += error + square_error;
    }
    let root = (sum - 1.0 + lost).sqrt();
    // One Newton step with the exact residual gives the last bit.
    let square = root * root;
    let square_error = root.mul_add(root, -square);
    let (rest, rest_error) = two_sum(sum - 1.0, -square);
    let residual = rest + (rest_error + lost - square_error);
    libm::ldexp(root + residual / (2.0 * root), exponent)
}

/// Multidimensional Euclidean distance from the origin to a point.
///
/// Roughly equivalent to: sqrt(sum(x**2 for x in coordinates))
#[pyfunction(signature = "(*coordinates)")]
pub fn hypot(coordinates: Args<'_>) -> PyResult<Obj> {
    let values = coordinates
        .iter()
        .map(number)
        .collect::<PyResult<Vec<_>>>()?;
    float(norm(&values))
}

/// Return the Euclidean distance between two points p and q.
///
/// The points should be specified as sequences (or iterables) of coordinates.  Both inputs must
/// have the same dimension.
#[pyfunction(signature = "(p, q, /)")]
pub fn dist(p: &PyObject, q: &PyObject) -> PyResult<Obj> {
    let (p, q) = (p.to_vec()?, q.to_vec()?);
    if p.len() != q.len() {
        return Err(value_error!(
            "both points must have the same number of dimensions"
        ));
    }
    let differences = p
        .iter()
        .zip(&q)
        .map(|(p, q)| Ok(number(p)? - number(q)?))
        .collect::<PyResult<Vec<_>>>()?;
    float(norm(&differences))
}

/// Calculate the product of all the elements in the input iterable.
///
/// The default start value for the product is 1.
/// When the iterable is empty, return the start value.  This function is intended specifically for
/// use with numeric values and may reject non-numeric types.
#[pyfunction(signature = "(iterable, /, *, start=1)")]
pub fn prod(iterable: &PyObject, start: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let mut product = match start.present() {
        Some(start) => start.to_obj(),
        None => PyLong::from_i64(1)?.into_object(),
    };
    for item in iterable.try_iter()? {
        product = product.multiply(&*item?)?;
    }
    Ok(product)
}

/// Return the sum of products of values from two iterables p and q.
///
/// Roughly equivalent to: sum(map(operator.mul, p, q, strict=True))
///
/// For float and mixed int/float inputs, the intermediate products and sums are computed with
/// extended precision.
#[pyfunction(signature = "(p, q, /)")]
pub fn sumprod(p: &PyObject, q: &PyObject) -> PyResult<Obj> {
    let (left, right) = (p.iter()?, q.iter()?);
    let mut total: Obj = PyLong::from_i64(0)?.into_object();
    let mut partials: Option<Partials> = None;
    loop {
        let (a, b) = match (left.iter_next()?, right.iter_next()?) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => break,
            _ => return Err(value_error!("Inputs are not the same length")),
        };
        let plain = |value: &PyObject| {
            value.is_exact::<PyFloat>()
                || value.is_exact::<PyLong>()
                || value.is_exact::<krait_runtime::PyBool>()
        };
        let is_float = a.is_exact::<PyFloat>() || b.is_exact::<PyFloat>();
        if is_float
            && plain(&a)
            && plain(&b)
            && let (Ok(x), Ok(y)) = (number(&a), number(&b))
            && (x * y).is_finite()
        {
            let product = x * y;
            let sum = partials.get_or_insert_with(Partials::default);
            sum.add(product)?;
            sum.add(x.mul_add(y, -product))?;
            continue;
        }
        if let Some(sum) = partials.take() {
            total = total.add(&*float(sum.finish()?)?)?;
        }
        total = total.add(&*a.multiply(&b)?)?;
    }
    match partials {
        None => Ok(total),
        Some(sum) if total.is_exact::<PyLong>() && total.int_value() == Some(0) => {
            float(sum.finish()?)
        }
        Some(sum) => total.add(&*float(sum.finish()?)?),
    }
}
