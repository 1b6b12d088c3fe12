//! Functions of whole numbers.

use krait_macros::pyfunction;
use krait_numbers::BigInt;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{Args, PyLong, PyResult, overflow_error, value_error};

fn big(value: &BigInt) -> PyResult<Obj> {
    Ok(PyLong::from_bigint(value)?.into_object())
}

/// The product of `low..=high`, by halves so that the factors stay of like size.
fn range_product(low: u64, high: u64) -> BigInt {
    if low > high {
        return BigInt::from(1_u64);
    }
    if high - low < 16 {
        let mut product = BigInt::from(low);
        let mut chunk = 1_u64;
        for factor in low + 1..=high {
            match chunk.checked_mul(factor) {
                Some(next) => chunk = next,
                None => {
                    product = product.mul(&BigInt::from(chunk));
                    chunk = factor;
                }
            }
        }
        return product.mul(&BigInt::from(chunk));
    }
    let middle = low + (high - low) / 2;
    range_product(low, middle).mul(&range_product(middle + 1, high))
}

/// Return factorial of n.
#[pyfunction(signature = "(n, /)")]
pub fn factorial(n: &PyObject) -> PyResult<Obj> {
    let n = n.index()?;
    if n.is_negative() {
        return Err(value_error!("factorial() not defined for negative values"));
    }
    match n.to_i64() {
        Some(n) => big(&range_product(1, n as u64)),
        None => Err(overflow_error!(
            "factorial() argument should not exceed {}",
            i64::MAX
        )),
    }
}

/// A count that must not be negative; `None` if it is too large for a machine integer.
fn count(value: &PyLong, name: &str) -> PyResult<Option<u64>> {
    if value.is_negative() {
        return Err(value_error!("{name} must be a non-negative integer"));
    }
    Ok(value.to_u64())
}

/// Number of ways to choose k items from n items without repetition and with order.
///
/// Evaluates to n! / (n - k)! when k <= n and evaluates to zero when k > n.
///
/// If k is not specified or is None, then k defaults to n and the function returns n!.
///
/// Raises ValueError if either of the arguments are negative.
#[pyfunction(signature = "(n, k=None, /)")]
pub fn perm(n: &PyObject, k: Option<&PyObject>) -> PyResult<Obj> {
    let Some(k) = k else { return factorial(n) };
    let (n, k) = (n.index()?, k.index()?);
    let (small_n, small_k) = (count(&n, "n")?, count(&k, "k")?);
    if n.compare(&k).is_lt() {
        return big(&BigInt::from(0_u64));
    }
    let Some(k) = small_k else {
        return Err(overflow_error!("k must not exceed {}", i64::MAX));
    };
    match small_n {
        Some(n) => big(&range_product(n - k + 1, n)),
        None => big(&falling_product(n.to_bigint(), k)),
    }
}

/// `n * (n - 1) * …`, `k` factors.
fn falling_product(n: BigInt, k: u64) -> BigInt {
    let one = BigInt::from(1_u64);
    let (mut product, mut factor) = (one.clone(), n);
    for _ in 0..k {
        product = product.mul(&factor);
        factor = factor.sub(&one);
    }
    product
}

/// Number of ways to choose k items from n items without repetition and without order.
///
/// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates to zero when k > n.
///
/// Also called the binomial coefficient because it is equivalent to the coefficient of k-th term in
/// polynomial expansion of the expression (1 + x)**n.
///
/// Raises ValueError if either of the arguments are negative.
#[pyfunction(signature = "(n, k, /)")]
pub fn comb(n: &PyObject, k: &PyObject) -> PyResult<Obj> {
    let (n, k) = (n.index()?, k.index()?);
    let (small_n, small_k) = (count(&n, "n")?, count(&k, "k")?);
    if n.compare(&k).is_lt() {
        return big(&BigInt::from(0_u64));
    }
    if let (Some(n), Some(k)) = (small_n, small_k) {
        let k = k.min(n - k);
        let product = range_product(n - k + 1, n);
        return match product.div_floor(&range_product(1, k)) {
            Some(result) => big(&result),
            None => Err(value_error!("k! is never zero")),
        };
    }
    let rest = n.to_bigint().sub(&k.to_bigint());
    let smaller = match (small_k, rest.to_u64()) {
        (Some(k), Some(rest)) => k.min(rest),
        (Some(k), None) => k,
        (None, Some(rest)) => rest,
        (None, None) => {
            return Err(overflow_error!(
                "min(n - k, k) must not exceed {}",
                i64::MAX
            ));
        }
    };
    match falling_product(n.to_bigint(), smaller).div_floor(&range_product(1, smaller)) {
        Some(result) => big(&result),
        None => Err(value_error!("k! is never zero")),
    }
}

/// Return the integer part of the square root of the input.
#[pyfunction(signature = "(n, /)")]
pub fn isqrt(n: &PyObject) -> PyResult<Obj> {
    match n.index()?.as_int_ref().isqrt() {
        Some(root) => big(&root),
        None => Err(value_error!("isqrt() argument must be nonnegative")),
    }
}

/// Greatest Common Divisor.
#[pyfunction(signature = "(*integers)")]
pub fn gcd(integers: Args<'_>) -> PyResult<Obj> {
    let mut result = PyLong::from_i64(0)?;
    for each in integers.iter() {
        let next = each.index()?;
        result = match (result.to_i64(), next.to_i64()) {
            (Some(left), Some(right)) => {
                PyLong::from_u64(gcd_of_words(left.unsigned_abs(), right.unsigned_abs()))?
            }
            _ => PyLong::from_bigint(&result.as_int_ref().gcd(next.as_int_ref()))?,
        };
    }
    Ok(result.into_object())
}

/// Euclid's algorithm.
fn gcd_of_words(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// Least Common Multiple.
#[pyfunction(signature = "(*integers)")]
pub fn lcm(integers: Args<'_>) -> PyResult<Py<PyLong>> {
    let mut result = PyLong::from_i64(1)?;
    for each in integers.iter() {
        let next = each.index()?;
        if result.is_zero() {
            continue;
        }
        if next.is_zero() {
            result = PyLong::from_i64(0)?;
            continue;
        }
        let divisor = result.as_int_ref().gcd(next.as_int_ref());
        let Some(reduced) = result.as_int_ref().div_floor(divisor.as_ref()) else {
            continue;
        };
        let product = reduced.as_ref().mul(next.as_int_ref());
        result = PyLong::from_digits(false, product.digits())?;
    }
    Ok(result)
}
