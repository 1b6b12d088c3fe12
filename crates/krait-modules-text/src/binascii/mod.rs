//! `binascii`: bytes as text and back, and checksums.

mod base64;
mod quopri;
mod uu;

use krait_macros::pyfunction;
use krait_runtime::{
    Obj, OptionalArg, Py, PyBytes, PyModule, PyObject, PyResult, PyStr, exc, pymodule, type_error,
    value_error,
};

use krait_text::hex;

use crate::util::{Data, add_exception, raise};

pymodule! {
    pub BINASCII = "binascii", "Conversion between binary data and ASCII",
    functions: [
        a2b_base64, a2b_hex, a2b_qp, a2b_uu, b2a_base64, b2a_hex, b2a_qp, b2a_uu, crc32, crc_hqx,
        hexlify, unhexlify,
    ],
    classes: [],
    exec: Some(exec)
}

/// The name of the module's exception.
const ERROR: &str = "binascii.Error";

fn exec(module: &PyModule) -> PyResult<()> {
    add_exception(module, ERROR, &[&exc::ValueError], None)?;
    add_exception(module, "binascii.Incomplete", &[&exc::Exception], None)?;
    Ok(())
}

/// The bytes of bytes-like objects, and of ASCII text.
fn ascii_data(object: &PyObject) -> PyResult<Data> {
    if let Some(text) = object.downcast::<PyStr>() {
        return match text.as_ascii() {
            Some(ascii) => Ok(Data::Copy(ascii.as_bytes().to_vec())),
            None => Err(value_error!(
                "string argument should contain only ASCII characters"
            )),
        };
    }
    Data::of(object).map_err(|error| {
        if !error.matches(&exc::TypeError) {
            return error;
        }
        error.clear();
        type_error!(
            "argument should be bytes, buffer or ASCII string, not '{}'",
            object.type_().tp_name()
        )
    })
}

/// An int's low 32 bits.
fn low_word(number: &PyObject) -> PyResult<u32> {
    Ok(number.index()?.as_int_ref().wrapping_u64() as u32)
}

/// Decode a line of base64 data.
#[pyfunction(signature = "(data, /, *, strict_mode=False)")]
fn a2b_base64(data: &PyObject, strict_mode: bool) -> PyResult<Py<PyBytes>> {
    let data = ascii_data(data)?;
    match base64::decode(&data, strict_mode) {
        Ok(bytes) => PyBytes::new(&bytes),
        Err(message) => Err(raise(ERROR, message)),
    }
}

/// Base64-code a line of data.
#[pyfunction(signature = "(data, /, *, newline=True)")]
fn b2a_base64(data: &PyObject, newline: bool) -> PyResult<Py<PyBytes>> {
    PyBytes::new(&base64::encode(&Data::of(data)?, newline))
}

/// Decode a line of uuencoded data.
#[pyfunction(signature = "(data, /)")]
fn a2b_uu(data: &PyObject) -> PyResult<Py<PyBytes>> {
    match uu::decode(&ascii_data(data)?) {
        Ok(bytes) => PyBytes::new(&bytes),
        Err(message) => Err(raise(ERROR, message)),
    }
}

/// Uuencode a line of data.
#[pyfunction(signature = "(data, /, *, backtick=False)")]
fn b2a_uu(data: &PyObject, backtick: bool) -> PyResult<Py<PyBytes>> {
    let data = Data::of(data)?;
    if data.len() > uu::LINE {
        return Err(raise(ERROR, "At most 45 bytes at once"));
    }
    PyBytes::new(&uu::encode(&data, backtick))
}

/// Decode a string of qp-encoded data.
#[pyfunction(signature = "(data, header=False)")]
fn a2b_qp(data: &PyObject, header: bool) -> PyResult<Py<PyBytes>> {
    PyBytes::new(&quopri::decode(&ascii_data(data)?, header))
}

/// Encode a string using quoted-printable encoding.
#[pyfunction(signature = "(data, quotetabs=False, istext=True, header=False)")]
fn b2a_qp(data: &PyObject, quotetabs: bool, istext: bool, header: bool) -> PyResult<Py<PyBytes>> {
    let style = quopri::Style {
        quotetabs,
        istext,
        header,
    };
    PyBytes::new(&quopri::encode(&Data::of(data)?, style))
}

/// Compute CRC-32 incrementally.
#[pyfunction(signature = "(data, crc=0, /)")]
fn crc32(data: &PyObject, crc: Option<&PyObject>) -> PyResult<u32> {
    let initial = crc.map_or(Ok(0), low_word)?;
    let mut hasher = crc32fast::Hasher::new_with_initial(initial);
    hasher.update(&Data::of(data)?);
    Ok(hasher.finalize())
}

/// Compute CRC-CCITT incrementally.
#[pyfunction(signature = "(data, crc, /)")]
fn crc_hqx(data: &PyObject, crc: &PyObject) -> PyResult<u32> {
    let data = Data::of(data)?;
    let mut crc = low_word(crc)? as u16;
    for &byte in data.iter() {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 != 0 {
                crc << 1 ^ 0x1021
            } else {
                crc << 1
            };
        }
    }
    Ok(crc.into())
}

/// The byte between groups of digits.
fn separator(sep: &PyObject) -> PyResult<u8> {
    if sep.length()? != 1 {
        return Err(value_error!("sep must be length 1."));
    }
    if let Some(text) = sep.downcast::<PyStr>() {
        return u8::try_from(text.char_at(0)).map_err(|_| value_error!("sep must be ASCII."));
    }
    match sep.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_bytes()[0]),
        None => Err(type_error!("sep must be str or bytes.")),
    }
}

fn digits_of(data: &PyObject, sep: OptionalArg<&PyObject>, group: isize) -> PyResult<Py<PyBytes>> {
    let data = Data::of(data)?;
    let sep = sep.present().map(separator).transpose()?;
    let groups = hex::Groups::new(data.len(), sep, group);
    PyBytes::new_with(hex::encoded_len(data.len(), groups), |to| {
        hex::encode(to, &data, groups);
    })
}

fn unhex(data: &PyObject) -> PyResult<Obj> {
    let data = ascii_data(data)?;
    if data.len() % 2 == 1 {
        return Err(raise(ERROR, "Odd-length string"));
    }
    match hex::decode(&data) {
        Some(bytes) => Ok(PyBytes::new(&bytes)?.into_object()),
        None => Err(raise(ERROR, "Non-hexadecimal digit found")),
    }
}

/// Return the hexadecimal digits of the bytes, with a separator between groups if one is given.
#[pyfunction(signature = "(data, sep=<unrepresentable>, bytes_per_sep=1)")]
fn b2a_hex(
    data: &PyObject,
    sep: OptionalArg<&PyObject>,
    bytes_per_sep: isize,
) -> PyResult<Py<PyBytes>> {
    digits_of(data, sep, bytes_per_sep)
}

/// Return the hexadecimal digits of the bytes, with a separator between groups if one is given.
#[pyfunction(signature = "(data, sep=<unrepresentable>, bytes_per_sep=1)")]
fn hexlify(
    data: &PyObject,
    sep: OptionalArg<&PyObject>,
    bytes_per_sep: isize,
) -> PyResult<Py<PyBytes>> {
    digits_of(data, sep, bytes_per_sep)
}

/// Return the bytes that hexadecimal digits stand for.
#[pyfunction(signature = "(hexstr, /)")]
fn a2b_hex(hexstr: &PyObject) -> PyResult<Obj> {
    unhex(hexstr)
}

/// Return the bytes that hexadecimal digits stand for.
#[pyfunction(signature = "(hexstr, /)")]
fn unhexlify(hexstr: &PyObject) -> PyResult<Obj> {
    unhex(hexstr)
}
