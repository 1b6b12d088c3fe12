//! Numbers: `abs`, `bin`, `divmod`, `hash`, `hex`, `oct`, `pow`, `round`.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{PyResult, PyStr, none, type_error};

/// Return the absolute value of the argument.
#[pyfunction(signature = "(x, /)")]
pub fn abs(x: &PyObject) -> PyResult<Obj> {
    x.absolute()
}

/// The text of an index in a base, with Python's prefix.
fn prefixed(number: &PyObject, radix: u32, prefix: &str) -> PyResult<String> {
    let int = number.index()?;
    let sign = if int.is_negative() { "-" } else { "" };
    Ok(format!(
        "{sign}{prefix}{}",
        int.as_int_ref().abs().to_str_radix(radix)
    ))
}

/// Return the binary representation of an integer.
///
/// >>> bin(2796202)
/// '0b1010101010101010101010'
#[pyfunction(signature = "(number, /)")]
pub fn bin(number: &PyObject) -> PyResult<String> {
    prefixed(number, 2, "0b")
}

/// Return the octal representation of an integer.
///
/// >>> oct(342391)
/// '0o1234567'
#[pyfunction(signature = "(number, /)")]
pub fn oct(number: &PyObject) -> PyResult<String> {
    prefixed(number, 8, "0o")
}

/// Return the hexadecimal representation of an integer.
///
/// >>> hex(12648430)
/// '0xc0ffee'
#[pyfunction(signature = "(number, /)")]
pub fn hex(number: &PyObject) -> PyResult<String> {
    prefixed(number, 16, "0x")
}

/// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
#[pyfunction(signature = "(x, y, /)")]
pub fn divmod(x: &PyObject, y: &PyObject) -> PyResult<Obj> {
    x.divmod(y)
}

/// Return the hash value for the given object.
///
/// Two objects that compare equal must also have the same hash value, but the reverse is not
/// necessarily true.
#[pyfunction(signature = "(obj, /)")]
pub fn hash(obj: &PyObject) -> PyResult<isize> {
    obj.hash()
}

/// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
///
/// Some types, such as ints, are able to use a more efficient algorithm when invoked using the
/// three argument form.
#[pyfunction(signature = "(base, exp, mod=None)")]
pub fn pow(base: &PyObject, exp: &PyObject, r#mod: Option<&PyObject>) -> PyResult<Obj> {
    base.power(exp, r#mod.unwrap_or(none()))
}

/// Round a number to a given precision in decimal digits.
///
/// The return value is an integer if ndigits is omitted or None.  Otherwise the return value has
/// the same type as the number.  ndigits may be negative.
#[pyfunction(signature = "(number, ndigits=None)")]
pub fn round(number: &PyObject, ndigits: Option<&PyObject>) -> PyResult<Obj> {
    let Some(method) = number.lookup_special(&*PyStr::intern("__round__")?)? else {
        return Err(type_error!(
            "type {} doesn't define __round__ method",
            number.type_().tp_name()
        ));
    };
    match ndigits {
        Some(ndigits) => method.call1(ndigits),
        None => method.call0(),
    }
}
