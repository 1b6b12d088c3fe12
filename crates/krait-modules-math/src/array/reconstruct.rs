//! `_array_reconstructor`: arrays pickled on any machine.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    IntoPy, PyBytes, PyFloat, PyList, PyLong, PyResult, PyStr, PyType, type_error, value_error,
};

use super::PyArray;
use super::kinds::find;

/// A machine format: the size of an item, and how it is written.
#[derive(Clone, Copy)]
enum Format {
    Integer {
        size: usize,
        signed: bool,
        big: bool,
    },
    Float {
        size: usize,
        big: bool,
    },
    Text {
        size: usize,
        big: bool,
    },
}

fn format_of(number: i32) -> Option<Format> {
    let integer = |size, signed, big| Some(Format::Integer { size, signed, big });
    let number = u8::try_from(number).ok()?;
    let big = number % 2 == 1;
    match number {
        0 => integer(1, false, false),
        1 => integer(1, true, false),
        2 | 3 => integer(2, false, big),
        4 | 5 => integer(2, true, big),
        6 | 7 => integer(4, false, big),
        8 | 9 => integer(4, true, big),
        10 | 11 => integer(8, false, big),
        12 | 13 => integer(8, true, big),
        14 | 15 => Some(Format::Float { size: 4, big }),
        16 | 17 => Some(Format::Float { size: 8, big }),
        18 | 19 => Some(Format::Text { size: 2, big }),
        20 | 21 => Some(Format::Text { size: 4, big }),
        _ => None,
    }
}

impl Format {
    fn size(self) -> usize {
        match self {
            Format::Integer { size, .. }
            | Format::Float { size, .. }
            | Format::Text { size, .. } => size,
        }
    }

    fn is_big(self) -> bool {
        match self {
            Format::Integer { big, .. } | Format::Float { big, .. } | Format::Text { big, .. } => {
                big
            }
        }
    }

    /// The value of one item, its bytes in little-endian order.
    fn value(self, bytes: [u8; 8]) -> PyResult<Obj> {
        let unsigned = u64::from_le_bytes(bytes);
        match self {
            Format::Integer { size, signed, .. } if signed => {
                let shift = 64 - 8 * size as u32;
                PyLong::from_i64((unsigned << shift) as i64 >> shift)?.into_py()
            }
            Format::Integer { .. } => PyLong::from_u64(unsigned)?.into_py(),
            Format::Float { size: 4, .. } => {
                PyFloat::new(f64::from(f32::from_bits(unsigned as u32)))?.into_py()
            }
            Format::Float { .. } => PyFloat::new(f64::from_bits(unsigned))?.into_py(),
            // Text is decoded as a whole.
            Format::Text { .. } => PyStr::from_char(unsigned as u32)?.into_py(),
        }
    }
}

/// Internal. Used for pickling support.
#[pyfunction(signature = "(arraytype, typecode, mformat_code, items, /)")]
pub fn _array_reconstructor(
    arraytype: &PyObject,
    typecode: krait_runtime::convert::CodePoint,
    mformat_code: i32,
    items: &PyObject,
) -> PyResult<Obj> {
    let Some(class) = arraytype.downcast::<PyType>() else {
        return Err(type_error!(
            "first argument must be a type object, not {}",
            arraytype.type_().tp_name()
        ));
    };
    if !class.is_subtype(PyArray::type_object()) {
        return Err(type_error!(
            "{} is not a subtype of {}",
            class.tp_name(),
            PyArray::type_object().tp_name()
        ));
    }
    let Some(kind) = find(typecode.0) else {
        return Err(value_error!("second argument must be a valid type code"));
    };
    let Some(format) = format_of(mformat_code) else {
        return Err(value_error!(
            "third argument must be a valid machine format code."
        ));
    };
    let Some(bytes) = items.downcast::<PyBytes>() else {
        return Err(type_error!(
            "fourth argument should be bytes, not {}",
            items.type_().tp_name()
        ));
    };
    let bytes = bytes.as_bytes();
    let code = PyStr::from_char(typecode.0)?;
    if mformat_code == kind.machine {
        if bytes.len() % kind.size != 0 {
            return Err(value_error!("bytes length not a multiple of item size"));
        }
        let array = class.as_object().call1(&code)?;
        array.call_method(krait_runtime::intern!("frombytes"), &[items])?;
        return Ok(array);
    }
    let size = format.size();
    // Text of either width is counted in four bytes.
    let counted = if matches!(format, Format::Text { .. }) {
        4
    } else {
        size
    };
    if bytes.len() % counted != 0 {
        return Err(value_error!("string length not a multiple of item size"));
    }
    if let Format::Text { size, big } = format {
        let encoding = match (size, big) {
            (2, false) => "utf-16-le",
            (2, true) => "utf-16-be",
            (_, false) => "utf-32-le",
            (_, true) => "utf-32-be",
        };
        let text = krait_runtime::codecs::decode(bytes, encoding, None)?;
        return class.as_object().call(&[&code, &text]);
    }
    let values = bytes
        .chunks_exact(size)
        .map(|chunk| {
            let mut item = [0; 8];
            item[..size].copy_from_slice(chunk);
            if format.is_big() {
                item[..size].reverse();
            }
            format.value(item)
        })
        .collect::<PyResult<Vec<Obj>>>()?;
    let values = PyList::from_vec(values)?;
    class.as_object().call(&[&code, &values])
}
