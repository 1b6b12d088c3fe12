//! The type codes of arrays: how an item is read from bytes and written to them.

use std::ffi::CStr;

use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{IntoPy, PyLong, PyResult, PyStr, overflow_error, type_error};

/// An item as machine bytes; only the first `size` count.
pub(super) type Item = [u8; 8];

/// A type code.
pub(super) struct Kind {
    pub(super) code: char,
    pub(super) size: usize,
    /// The code in the buffer protocol.
    pub(super) format: &'static CStr,
    /// The machine format's number when pickled, on this (little-endian) machine.
    pub(super) machine: i32,
    pub(super) get: fn(Item) -> PyResult<Obj>,
    pub(super) set: fn(&PyObject) -> PyResult<Item>,
}

impl Kind {
    /// Whether items are characters.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.code, 'u' | 'w')
    }
}

fn narrow<const N: usize>(item: Item) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&item[..N]);
    bytes
}

fn widen(bytes: &[u8]) -> Item {
    let mut item = [0; 8];
    item[..bytes.len()].copy_from_slice(bytes);
    item
}

/// A C `long`, which must be within bounds.
fn bounded(value: &PyObject, least: i64, most: i64, name: &str) -> PyResult<i64> {
    let int = value.index()?;
    let Some(number) = int.to_i64() else {
        return Err(overflow_error!("Python int too large to convert to C long"));
    };
    let side = if number < least {
        "less than minimum"
    } else if number > most {
        "greater than maximum"
    } else {
        return Ok(number);
    };
    Err(overflow_error!("{name} is {side}"))
}

fn set_i8(value: &PyObject) -> PyResult<Item> {
    let short = bounded(
        value,
        i64::from(i16::MIN),
        i64::from(i16::MAX),
        "signed short integer",
    )?;
    let side = if short < -128 {
        "less than minimum"
    } else if short > 127 {
        "greater than maximum"
    } else {
        return Ok(widen(&(short as i8).to_ne_bytes()));
    };
    Err(overflow_error!("signed char is {side}"))
}

fn set_u8(value: &PyObject) -> PyResult<Item> {
    let byte = bounded(value, 0, 255, "unsigned byte integer")?;
    Ok(widen(&[byte as u8]))
}

fn set_i16(value: &PyObject) -> PyResult<Item> {
    let (least, most) = (i64::from(i16::MIN), i64::from(i16::MAX));
    let short = bounded(value, least, most, "signed short integer")?;
    Ok(widen(&(short as i16).to_ne_bytes()))
}

fn set_u16(value: &PyObject) -> PyResult<Item> {
    let int = bounded(
        value,
        i64::from(i32::MIN),
        i64::from(i32::MAX),
        "signed integer",
    )?;
    let side = if int < 0 {
        "less than minimum"
    } else if int > 0xFFFF {
        "greater than maximum"
    } else {
        return Ok(widen(&(int as u16).to_ne_bytes()));
    };
    Err(overflow_error!("unsigned short is {side}"))
}

fn set_i32(value: &PyObject) -> PyResult<Item> {
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let int = bounded(value, least, most, "signed integer")?;
    Ok(widen(&(int as i32).to_ne_bytes()))
}

/// A C `unsigned long`.
fn unsigned_long(value: &PyObject) -> PyResult<u64> {
    let int = value.index()?;
    if int.is_negative() {
        return Err(overflow_error!(
            "can't convert negative value to unsigned int"
        ));
    }
    int.to_u64()
        .ok_or_else(|| overflow_error!("Python int too large to convert to C unsigned long"))
}

fn set_u32(value: &PyObject) -> PyResult<Item> {
    match u32::try_from(unsigned_long(value)?) {
        Ok(int) => Ok(widen(&int.to_ne_bytes())),
        Err(_) => Err(overflow_error!("unsigned int is greater than maximum")),
    }
}

fn set_long(value: &PyObject) -> PyResult<Item> {
    let long = bounded(value, i64::MIN, i64::MAX, "")?;
    Ok(long.to_ne_bytes())
}

fn set_unsigned_long(value: &PyObject) -> PyResult<Item> {
    Ok(unsigned_long(value)?.to_ne_bytes())
}

fn set_i64(value: &PyObject) -> PyResult<Item> {
    match value.index()?.to_i64() {
        Some(number) => Ok(number.to_ne_bytes()),
        None => Err(overflow_error!("int too big to convert")),
    }
}

fn set_u64(value: &PyObject) -> PyResult<Item> {
    let int = value.index()?;
    if int.is_negative() {
        return Err(overflow_error!("can't convert negative int to unsigned"));
    }
    match int.to_u64() {
        Some(number) => Ok(number.to_ne_bytes()),
        None => Err(overflow_error!("int too big to convert")),
    }
}

fn set_f32(value: &PyObject) -> PyResult<Item> {
    Ok(widen(&(value.to_f64()? as f32).to_ne_bytes()))
}

fn set_f64(value: &PyObject) -> PyResult<Item> {
    Ok(value.to_f64()?.to_ne_bytes())
}

fn set_char(value: &PyObject) -> PyResult<Item> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(type_error!(
            "array item must be a unicode character, not {}",
            value.type_().tp_name()
        ));
    };
    if text.len() != 1 {
        return Err(type_error!(
            "array item must be a unicode character, not a string of length {}",
            text.len()
        ));
    }
    Ok(widen(&text.char_at(0).to_ne_bytes()))
}

fn get_char(item: Item) -> PyResult<Obj> {
    let code = u32::from_ne_bytes(narrow(item));
    if code > 0x10_FFFF {
        return Err(krait_runtime::value_error!(
            "character U+{code:x} is not in range [U+0000; U+10ffff]"
        ));
    }
    PyStr::from_char(code)?.into_py()
}

fn get_u64(item: Item) -> PyResult<Obj> {
    PyLong::from_u64(u64::from_ne_bytes(item))?.into_py()
}

macro_rules! kind {
    ($code:literal $format:literal $machine:literal $type:ty, $set:ident) => {
        Kind {
            code: $code,
            size: size_of::<$type>(),
            format: $format,
            machine: $machine,
            get: |item| <$type>::from_ne_bytes(narrow(item)).into_py(),
            set: $set,
        }
    };
    ($code:literal $format:literal $machine:literal $type:ty, $set:ident, $get:ident) => {
        Kind {
            code: $code,
            size: size_of::<$type>(),
            format: $format,
            machine: $machine,
            get: $get,
            set: $set,
        }
    };
}

/// All type codes, in the order of `array.typecodes`.
pub(super) static KINDS: [Kind; 14] = [
    kind!('b' c"b" 1 i8, set_i8),
    kind!('B' c"B" 0 u8, set_u8),
    kind!('u' c"w" 20 u32, set_char, get_char),
    kind!('w' c"w" 20 u32, set_char, get_char),
    kind!('h' c"h" 4 i16, set_i16),
    kind!('H' c"H" 2 u16, set_u16),
    kind!('i' c"i" 8 i32, set_i32),
    kind!('I' c"I" 6 u32, set_u32),
    kind!('l' c"l" 12 i64, set_long),
    kind!('L' c"L" 10 u64, set_unsigned_long, get_u64),
    kind!('q' c"q" 12 i64, set_i64),
    kind!('Q' c"Q" 10 u64, set_u64, get_u64),
    kind!('f' c"f" 14 GetF32, set_f32, get_f32),
    kind!('d' c"d" 16 f64, set_f64),
];

/// Four bytes, as many as a C `float` has.
type GetF32 = f32;

fn get_f32(item: Item) -> PyResult<Obj> {
    f64::from(f32::from_ne_bytes(narrow(item))).into_py()
}

/// The kind with this code.
pub(super) fn find(code: u32) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code as u32 == code)
}
