//! The `charmap` codec: one byte a character, by a table that a program gives.

use std::cell::RefCell;

use krait_text::codec::{DecodeError, EncodeError};
use krait_text::{StrBuf, StrSlice};

use super::Encoding;
use super::drive::{decode_by, encode_by};
use crate::object::{Obj, Py, PyObject};
use crate::{PyBytes, PyDict, PyErr, PyLong, PyResult, PyStr, exc};

const UNDEFINED: &str = "character maps to <undefined>";

/// What a table of an encoder says of a character.
enum Encoded {
    Undefined,
    Byte(u8),
    Bytes(Obj),
}

/// `mapping[key]`, with `None` for a missing key.
fn look_up(mapping: &PyObject, key: u32) -> PyResult<Option<Obj>> {
    match mapping.get_item(&*PyLong::from_i64(i64::from(key))?) {
        Ok(found) if found.is(crate::none()) => Ok(None),
        Ok(found) => Ok(Some(found)),
        Err(error) if error.matches(&exc::LookupError) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn encoded(mapping: &PyObject, code: u32) -> PyResult<Encoded> {
    let Some(found) = look_up(mapping, code)? else {
        return Ok(Encoded::Undefined);
    };
    if let Some(int) = found.downcast::<PyLong>() {
        return match int.to_i64().and_then(|value| u8::try_from(value).ok()) {
            Some(byte) => Ok(Encoded::Byte(byte)),
            None => Err(crate::type_error!(
                "character mapping must be in range(256)"
            )),
        };
    }
    if found.downcast::<PyBytes>().is_some() {
        return Ok(Encoded::Bytes(found));
    }
    Err(crate::type_error!(
        "character mapping must return integer, bytes or None, not {}",
        found.type_().tp_name()
    ))
}

/// The error that a step cannot return, for steps only know errors of codecs.
type Raised = RefCell<Option<PyErr>>;

/// Encodes from `from` on; a Python error goes into `raised` and looks like the end.
fn encode_step(
    mapping: &PyObject,
    text: StrSlice<'_>,
    from: usize,
    out: &mut Vec<u8>,
    raised: &Raised,
) -> Result<(), EncodeError> {
    let mut wrong_from = None;
    for index in from..text.len() {
        let encoded = match encoded(mapping, text.at(index)) {
            Ok(encoded) => encoded,
            Err(error) => {
                raised.replace(Some(error));
                return Ok(());
            }
        };
        match (encoded, wrong_from) {
            (Encoded::Undefined, None) => wrong_from = Some(index),
            (Encoded::Undefined, Some(_)) => {}
            (_, Some(start)) => {
                return Err(EncodeError {
                    start,
                    end: index,
                    reason: UNDEFINED,
                });
            }
            (Encoded::Byte(byte), None) => out.push(byte),
            (Encoded::Bytes(bytes), None) => {
                if let Some(bytes) = bytes.downcast::<PyBytes>() {
                    out.extend_from_slice(bytes.as_bytes());
                }
            }
        }
    }
    match wrong_from {
        Some(start) => Err(EncodeError {
            start,
            end: text.len(),
            reason: UNDEFINED,
        }),
        None => Ok(()),
    }
}

/// `codecs.charmap_encode(text, errors, mapping)`, the bytes of it.
pub fn charmap_encode(
    text: &PyStr,
    errors: Option<&str>,
    mapping: Option<&PyObject>,
) -> PyResult<Py<PyBytes>> {
    let Some(mapping) = mapping else {
        return Encoding::Latin1.encode(text, errors);
    };
    let raised = Raised::default();
    let result = encode_by(text, "charmap", errors, 1, Vec::new(), |text, from, out| {
        encode_step(mapping, text, from, out, &raised)
    });
    match raised.into_inner() {
        Some(error) => Err(error),
        None => result,
    }
}

/// Appends what a table of a decoder says of a byte; whether it says anything.
fn decoded(mapping: &PyObject, byte: u8, out: &mut StrBuf) -> PyResult<bool> {
    if let Some(table) = mapping.downcast_exact::<PyStr>() {
        if usize::from(byte) >= table.len() {
            return Ok(false);
        }
        let code = table.char_at(byte.into());
        if code != 0xFFFE {
            out.push(code);
        }
        return Ok(code != 0xFFFE);
    }
    let Some(found) = look_up(mapping, byte.into())? else {
        return Ok(false);
    };
    if let Some(int) = found.downcast::<PyLong>() {
        return match int.to_i64().and_then(|value| u32::try_from(value).ok()) {
            Some(0xFFFE) => Ok(false),
            Some(code) if code <= 0x10_FFFF => {
                out.push(code);
                Ok(true)
            }
            _ => Err(crate::type_error!(
                "character mapping must be in range(0x110000)"
            )),
        };
    }
    let Some(text) = found.downcast::<PyStr>() else {
        return Err(crate::type_error!(
            "character mapping must return integer, None or str"
        ));
    };
    if text.len() == 1 && text.char_at(0) == 0xFFFE {
        return Ok(false);
    }
    out.push_slice(text.as_slice());
    Ok(true)
}

/// `codecs.charmap_decode(data, errors, mapping)`, the text of it.
pub fn charmap_decode(
    bytes: &[u8],
    errors: Option<&str>,
    mapping: Option<&PyObject>,
) -> PyResult<Py<PyStr>> {
    let Some(mapping) = mapping else {
        return PyStr::from_latin1(bytes);
    };
    let raised = Raised::default();
    let result = decode_by(bytes, "charmap", errors, |bytes, from, out| {
        for (index, &byte) in bytes.iter().enumerate().skip(from) {
            match decoded(mapping, byte, out) {
                Ok(true) => {}
                Ok(false) => {
                    return Err(DecodeError {
                        start: index,
                        end: index + 1,
                        reason: UNDEFINED,
                    });
                }
                Err(error) => {
                    raised.replace(Some(error));
                    break;
                }
            }
        }
        Ok(bytes.len())
    });
    match raised.into_inner() {
        Some(error) => Err(error),
        None => Ok(result?.0),
    }
}

/// `codecs.charmap_build(table)`: the encoder's table for a decoder's.
pub fn charmap_build(table: &PyStr) -> PyResult<Py<PyDict>> {
    let mapping = PyDict::new()?;
    for (index, code) in table.as_slice().iter().take(256).enumerate() {
        if code == 0xFFFE {
            continue;
        }
        let key = PyLong::from_i64(i64::from(code))?;
        mapping.set_item(&key, &*PyLong::from_usize(index)?)?;
    }
    Ok(mapping)
}
