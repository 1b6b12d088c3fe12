//! `memoryview.cast`: the same memory under another format or shape.

use super::element::size_of_code;
use super::{Geometry, PyMemoryView, contiguous_strides};
use crate::object::{Py, PyObject};
use crate::{PyLong, PyResult, PyStr};

/// A format argument: one native code.
fn parse_format(format: &PyStr) -> PyResult<(Vec<u8>, u8)> {
    let text = format.as_utf8()?.as_bytes().to_vec();
    let code = match text[..] {
        [code] | [b'@', code] => code,
        _ => 0,
    };
    if size_of_code(code).is_none() {
        return Err(crate::value_error!(
            "memoryview: destination format must be a native single character format prefixed with \
             an optional '@'"
        ));
    }
    Ok((text, code))
}

/// A shape argument: positive ints.
fn parse_shape(shape: &PyObject) -> PyResult<Vec<isize>> {
    let is_row =
        shape.is_instance_of::<crate::PyTuple>() || shape.is_instance_of::<crate::PyList>();
    if !is_row {
        return Err(crate::type_error!("shape must be a list or a tuple"));
    }
    let items = shape.to_vec()?;
    if items.len() > 64 {
        return Err(crate::value_error!(
            "memoryview: number of dimensions must not exceed 64"
        ));
    }
    items
        .iter()
        .map(|item| {
            let Some(size) = item.downcast::<PyLong>() else {
                return Err(crate::type_error!(
                    "memoryview.cast(): elements of shape must be integers"
                ));
            };
            match size.to_i64() {
                Some(size @ 1..) => Ok(size as isize),
                Some(_) => Err(crate::value_error!(
                    "memoryview.cast(): elements of shape must be integers > 0"
                )),
                None => Err(crate::value_error!(
                    "memoryview.cast(): product(shape) > SSIZE_MAX"
                )),
            }
        })
        .collect()
}

pub(super) fn cast(
    this: &PyMemoryView,
    format: &PyStr,
    shape: Option<&PyObject>,
) -> PyResult<Py<PyMemoryView>> {
    let geometry = this.geometry()?;
    if !geometry.is_c_contiguous() {
        return Err(crate::type_error!(
            "memoryview: casts are restricted to C-contiguous views"
        ));
    }
    if (shape.is_some() || geometry.ndim() != 1) && geometry.shape.contains(&0) {
        return Err(crate::type_error!(
            "memoryview: cannot cast view with zeros in shape or strides"
        ));
    }
    let shape = shape.map(parse_shape).transpose()?;
    if let Some(shape) = &shape
        && geometry.ndim() != 1
        && shape.len() != 1
    {
        return Err(crate::type_error!(
            "memoryview: cast must be 1D -> ND or ND -> 1D"
        ));
    }
    let (format, code) = parse_format(format)?;
    let is_byte = |code: Option<u8>| matches!(code, Some(b'b' | b'B' | b'c'));
    if !is_byte(geometry.code()) && !is_byte(Some(code)) && geometry.code() != Some(code) {
        return Err(crate::type_error!(
            "memoryview: cannot cast between two non-byte formats"
        ));
    }
    let itemsize = size_of_code(code).unwrap_or(1);
    if geometry.len % itemsize != 0 {
        return Err(crate::type_error!(
            "memoryview: length is not a multiple of itemsize"
        ));
    }
    let shape = match shape {
        None => vec![geometry.len / itemsize],
        Some(shape) => {
            let total = shape
                .iter()
                .try_fold(itemsize, |total, &size| total.checked_mul(size));
            match total {
                None => {
                    return Err(crate::value_error!(
                        "memoryview.cast(): product(shape) > SSIZE_MAX"
                    ));
                }
                Some(total) if total != geometry.len => {
                    return Err(crate::type_error!(
                        "memoryview: product(shape) * itemsize != buffer size"
                    ));
                }
                Some(_) => shape,
            }
        }
    };
    let strides = contiguous_strides(&shape, itemsize);
    let cast = Geometry {
        itemsize,
        format,
        shape,
        strides,
        suboffsets: Vec::new(),
        ..geometry
    };
    PyMemoryView::make(&this.managed()?, cast)
}
