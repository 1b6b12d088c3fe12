//! Format strings, and single values to and from bytes.

use krait_runtime::memoryview::{f64_to_half, half_to_f64};
use krait_runtime::{
    IntoPy, Obj, PyBytes, PyClass, PyComplex, PyErr, PyFloat, PyLong, PyObject, PyResult,
    bool_object, bytearray::PyByteArray, exc, overflow_error,
};

use super::ERROR;
use crate::util::raise;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pad,
    Char,
    Signed,
    Unsigned,
    Pointer,
    Bool,
    Half,
    Float,
    Double,
    FloatComplex,
    DoubleComplex,
    Text,
    Pascal,
}

/// A code of the format language: native size, standard size (0: there is none), alignment.
struct Code {
    code: u8,
    kind: Kind,
    native: usize,
    standard: usize,
    align: usize,
}

const fn code(code: u8, kind: Kind, native: usize, standard: usize, align: usize) -> Code {
    Code {
        code,
        kind,
        native,
        standard,
        align,
    }
}

static CODES: [Code; 23] = [
    code(b'x', Kind::Pad, 1, 1, 1),
    code(b'b', Kind::Signed, 1, 1, 1),
    code(b'B', Kind::Unsigned, 1, 1, 1),
    code(b'c', Kind::Char, 1, 1, 1),
    code(b's', Kind::Text, 1, 1, 1),
    code(b'p', Kind::Pascal, 1, 1, 1),
    code(b'h', Kind::Signed, 2, 2, 2),
    code(b'H', Kind::Unsigned, 2, 2, 2),
    code(b'i', Kind::Signed, 4, 4, 4),
    code(b'I', Kind::Unsigned, 4, 4, 4),
    code(b'l', Kind::Signed, 8, 4, 8),
    code(b'L', Kind::Unsigned, 8, 4, 8),
    code(b'n', Kind::Signed, 8, 0, 8),
    code(b'N', Kind::Unsigned, 8, 0, 8),
    code(b'q', Kind::Signed, 8, 8, 8),
    code(b'Q', Kind::Unsigned, 8, 8, 8),
    code(b'?', Kind::Bool, 1, 1, 1),
    code(b'e', Kind::Half, 2, 2, 2),
    code(b'f', Kind::Float, 4, 4, 4),
    code(b'd', Kind::Double, 8, 8, 8),
    code(b'P', Kind::Pointer, 8, 0, 8),
    code(b'F', Kind::FloatComplex, 8, 8, 4),
    code(b'D', Kind::DoubleComplex, 16, 16, 8),
];

/// A run of values of one sort.
#[derive(Clone, Debug)]
struct Item {
    code: u8,
    kind: Kind,
    offset: usize,
    /// Bytes of one value.
    size: usize,
    /// How many values.
    count: usize,
}

/// A parsed format.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    items: Vec<Item>,
    little: bool,
    /// Bytes in all.
    pub(super) size: usize,
    /// Values in all.
    pub(super) len: usize,
}

impl Layout {
    pub(super) fn parse(format: &[u8]) -> PyResult<Layout> {
        let too_long = || raise(ERROR, "total struct size too long");
        if format.contains(&0) {
            return Err(raise(ERROR, "embedded null character"));
        }
        let little_host = cfg!(target_endian = "little");
        let (native, little, rest) = match format.split_first() {
            Some((b'<', rest)) => (false, true, rest),
            Some((b'>' | b'!', rest)) => (false, false, rest),
            Some((b'=', rest)) => (false, little_host, rest),
            Some((b'@', rest)) => (true, little_host, rest),
            _ => (true, little_host, format),
        };
        let mut layout = Layout {
            items: Vec::new(),
            little,
            size: 0,
            len: 0,
        };
        let mut bytes = rest.iter().copied();
        while let Some(mut byte) = bytes.next() {
            if byte.is_ascii_whitespace() || byte == 0x0b {
                continue;
            }
            let mut count = 1usize;
            if byte.is_ascii_digit() {
                count = usize::from(byte - b'0');
                loop {
                    byte = bytes.next().ok_or_else(|| {
                        raise(ERROR, "repeat count given without format specifier")
                    })?;
                    if !byte.is_ascii_digit() {
                        break;
                    }
                    count = count
                        .checked_mul(10)
                        .and_then(|count| count.checked_add(usize::from(byte - b'0')))
                        .filter(|&count| isize::try_from(count).is_ok())
                        .ok_or_else(too_long)?;
                }
            }
            layout.push(byte, count, native)?;
        }
        Ok(layout)
    }

    fn push(&mut self, byte: u8, count: usize, native: bool) -> PyResult<()> {
        let too_long = || raise(ERROR, "total struct size too long");
        let entry = CODES
            .iter()
            .find(|entry| entry.code == byte && (native || entry.standard != 0))
            .ok_or_else(|| raise(ERROR, "bad char in struct format"))?;
        let mut size = if native { entry.native } else { entry.standard };
        if native && self.size > 0 {
            self.size = self
                .size
                .checked_next_multiple_of(entry.align)
                .ok_or_else(too_long)?;
        }
        let total = size
            .checked_mul(count)
            .and_then(|total| total.checked_add(self.size))
            .filter(|&total| isize::try_from(total).is_ok())
            .ok_or_else(too_long)?;
        let offset = std::mem::replace(&mut self.size, total);
        let mut values = count;
        match entry.kind {
            Kind::Pad => return Ok(()),
            Kind::Text | Kind::Pascal => (size, values) = (count, 1),
            _ if count == 0 => return Ok(()),
            _ => {}
        }
        self.len += values;
        self.items.push(Item {
            code: byte,
            kind: entry.kind,
            offset,
            size,
            count: values,
        });
        Ok(())
    }

    /// How many runs of values there are.
    pub(super) fn runs(&self) -> usize {
        self.items.len()
    }

    /// The values of `data`, which has the layout's size.
    pub(super) fn unpack(&self, data: &[u8]) -> PyResult<Vec<Obj>> {
        let mut values = Vec::with_capacity(self.len);
        for item in &self.items {
            if item.size == 0 {
                values.push(PyBytes::new(&[])?.into_object());
                continue;
            }
            let end = item.offset + item.size * item.count;
            for raw in data[item.offset..end].chunks_exact(item.size) {
                values.push(unpack_one(item, raw, self.little)?);
            }
        }
        Ok(values)
    }

    /// The bytes of as many values as the layout has.
    pub(super) fn pack(&self, values: &[&PyObject]) -> PyResult<Vec<u8>> {
        let mut out = vec![0; self.size];
        let mut values = values.iter();
        for item in &self.items {
            for index in 0..item.count {
                let Some(value) = values.next() else { break };
                let start = item.offset + index * item.size;
                pack_one(item, value, &mut out[start..start + item.size], self.little)?;
            }
        }
        Ok(out)
    }
}

/// Up to eight bytes as a number.
fn read(raw: &[u8], little: bool) -> u64 {
    let mut bytes = [0; 8];
    if little {
        bytes[..raw.len()].copy_from_slice(raw);
        u64::from_le_bytes(bytes)
    } else {
        bytes[8 - raw.len()..].copy_from_slice(raw);
        u64::from_be_bytes(bytes)
    }
}

/// A number as up to eight bytes.
fn write(out: &mut [u8], value: u64, little: bool) {
    let len = out.len();
    if little {
        out.copy_from_slice(&value.to_le_bytes()[..len]);
    } else {
        out.copy_from_slice(&value.to_be_bytes()[8 - len..]);
    }
}

fn read_float(raw: &[u8], little: bool) -> f64 {
    let bits = read(raw, little);
    match raw.len() {
        2 => half_to_f64(bits as u16),
        4 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    }
}

fn unpack_one(item: &Item, raw: &[u8], little: bool) -> PyResult<Obj> {
    match item.kind {
        Kind::Signed => {
            let unused = 64 - 8 * raw.len() as u32;
            ((read(raw, little) << unused) as i64 >> unused).into_py()
        }
        Kind::Unsigned | Kind::Pointer => read(raw, little).into_py(),
        Kind::Char | Kind::Text => Ok(PyBytes::new(raw)?.into_object()),
        Kind::Pascal => {
            let len = usize::from(raw[0]).min(raw.len() - 1);
            Ok(PyBytes::new(&raw[1..=len])?.into_object())
        }
        Kind::Bool => Ok(bool_object(raw[0] != 0).to_obj()),
        Kind::Half | Kind::Float | Kind::Double => read_float(raw, little).into_py(),
        Kind::FloatComplex | Kind::DoubleComplex => {
            let (real, imag) = raw.split_at(raw.len() / 2);
            let number = PyComplex::new(read_float(real, little), read_float(imag, little))?;
            Ok(number.into_object())
        }
        Kind::Pad => Ok(krait_runtime::none().to_obj()),
    }
}

/// Replaces an exception by the module's own.
fn instead(error: PyErr, message: &str) -> PyErr {
    error.clear();
    raise(ERROR, message)
}

fn out_of_range(item: &Item) -> PyErr {
    let bits = 8 * item.size as u32;
    let (low, high) = match item.kind {
        Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    };
    raise(
        ERROR,
        format!(
            "'{}' format requires {low} <= number <= {high}",
            char::from(item.code)
        ),
    )
}

fn pack_int(item: &Item, value: &PyObject, out: &mut [u8], little: bool) -> PyResult<()> {
    if !value.is_instance_of::<PyLong>() && !value.has_index() {
        return Err(raise(ERROR, "required argument is not an integer"));
    }
    let value = value.index()?;
    let bits = 8 * item.size as u32;
    let number = match item.kind {
        Kind::Signed => value
            .to_i64()
            .filter(|&number| bits == 64 || number >> (bits - 1) == number >> 63)
            .map(|number| number as u64)
            .ok_or_else(|| out_of_range(item))?,
        Kind::Pointer => value
            .to_i64()
            .map(|number| number as u64)
            .or_else(|| value.to_u64())
            .ok_or_else(|| raise(ERROR, "int too large to convert"))?,
        _ => value
            .to_u64()
            .filter(|&number| bits == 64 || number >> bits == 0)
            .ok_or_else(|| out_of_range(item))?,
    };
    write(out, number, little);
    Ok(())
}

fn float_bits(value: f64, size: usize) -> PyResult<u64> {
    let too_large = |code: char| overflow_error!("float too large to pack with {code} format");
    match size {
        2 => f64_to_half(value)
            .map(u64::from)
            .ok_or_else(|| too_large('e')),
        4 => {
            let single = value as f32;
            if single.is_infinite() && value.is_finite() {
                return Err(too_large('f'));
            }
            Ok(single.to_bits().into())
        }
        _ => Ok(value.to_bits()),
    }
}

fn bytes_of(value: &PyObject, code: u8) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    match value.downcast::<PyByteArray>() {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(raise(
            ERROR,
            format!("argument for '{}' must be a bytes object", char::from(code)),
        )),
    }
}

fn pack_one(item: &Item, value: &PyObject, out: &mut [u8], little: bool) -> PyResult<()> {
    match item.kind {
        Kind::Signed | Kind::Unsigned | Kind::Pointer => pack_int(item, value, out, little)?,
        Kind::Char => match value.downcast::<PyBytes>().map(PyBytes::as_bytes) {
            Some(&[byte]) => out[0] = byte,
            _ => {
                return Err(raise(
                    ERROR,
                    "char format requires a bytes object of length 1",
                ));
            }
        },
        Kind::Text => {
            let bytes = bytes_of(value, item.code)?;
            let len = bytes.len().min(out.len());
            out[..len].copy_from_slice(&bytes[..len]);
        }
        Kind::Pascal => {
            let bytes = bytes_of(value, item.code)?;
            if let Some((first, rest)) = out.split_first_mut() {
                let len = bytes.len().min(rest.len());
                rest[..len].copy_from_slice(&bytes[..len]);
                *first = len.min(255) as u8;
            }
        }
        Kind::Bool => out[0] = u8::from(value.is_true()?),
        Kind::Half | Kind::Float | Kind::Double => {
            let number = match value.downcast::<PyFloat>() {
                Some(number) => number.value(),
                None => value
                    .to_f64()
                    .map_err(|error| instead(error, "required argument is not a float"))?,
            };
            write(out, float_bits(number, item.size)?, little);
        }
        Kind::FloatComplex | Kind::DoubleComplex => {
            let number = PyComplex::from_object(value)
                .map_err(|error| instead(error, "required argument is not a complex"))?;
            let half = item.size / 2;
            let (real, imag) = out.split_at_mut(half);
            write(real, float_bits(number.real, half)?, little);
            write(imag, float_bits(number.imag, half)?, little);
        }
        Kind::Pad => {}
    }
    Ok(())
}

/// The bytes of a format given as text or bytes.
pub(super) fn format_bytes(format: &PyObject) -> PyResult<Vec<u8>> {
    if let Some(text) = format.downcast::<krait_runtime::PyStr>() {
        return match text.as_ascii() {
            Some(ascii) => Ok(ascii.as_bytes().to_vec()),
            // The codec knows how to complain.
            None => {
                let encoded = text.call_method(
                    krait_runtime::intern!("encode"),
                    &[&*krait_runtime::PyStr::intern("ascii")?],
                )?;
                Ok(crate::util::Data::of(&encoded)?.to_vec())
            }
        };
    }
    match format.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_bytes().to_vec()),
        None => Err(exc!(
            TypeError,
            "Struct() argument 1 must be a str or bytes object, not {}",
            format.type_().tp_name()
        )),
    }
}
