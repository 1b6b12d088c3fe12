//! `_compare_digest`: comparison in a time that does not depend on where the arguments differ.

use krait_macros::pyfunction;
use krait_runtime::{PyObject, PyResult, PyStr, type_error};

/// Whether both are equal; the time depends on the length of `right` alone.
fn equal(left: &[u8], right: &[u8]) -> bool {
    let same_length = left.len() == right.len();
    let left = if same_length { left } else { right };
    let mut difference = u8::from(!same_length);
    for (one, two) in left.iter().zip(right) {
        difference = std::hint::black_box(difference | (one ^ two));
    }
    difference == 0
}

/// Return 'a == b'.
///
/// This function uses an approach designed to prevent
/// timing analysis, making it appropriate for cryptography.
///
/// a and b must both be of the same type: either str (ASCII only),
/// or any bytes-like object.
#[pyfunction(signature = "(a, b, /)")]
pub(super) fn _compare_digest(a: &PyObject, b: &PyObject) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (a.downcast::<PyStr>(), b.downcast::<PyStr>()) {
        let (Some(a), Some(b)) = (a.as_ascii(), b.as_ascii()) else {
            return Err(type_error!(
                "comparing strings with non-ASCII characters is not supported"
            ));
        };
        return Ok(equal(a.as_bytes(), b.as_bytes()));
    }
    if !a.has_buffer() || !b.has_buffer() {
        return Err(type_error!(
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            a.type_().tp_name(),
            b.type_().tp_name()
        ));
    }
    let (a, b) = (a.bytes_buffer()?, b.bytes_buffer()?);
    Ok(equal(&a.to_vec(), &b.to_vec()))
}
