//! `_codecs`: the functions behind the `codecs` module and the `encodings` package.

use krait_macros::pyfunction;
use std::borrow::Cow;

use krait_runtime::bytes::bytes_like;
use krait_runtime::codecs::{self, Decoded, Encoding};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    PyBytes, PyDict, PyLong, PyResult, PyStr, PyTuple, hooks, pymodule, type_error, value_error,
};
use krait_text::codec::ByteOrder;
use krait_text::escape::{self, BadHex};

macro_rules! table {
    ($(
        $encode:ident $encoding:expr;
    )*) => {
        $(
            /// Encode text; return the bytes and how many characters were read.
            #[pyfunction(signature = "(str, errors=None, /)")]
            pub fn $encode(str: &PyStr, errors: Option<&str>) -> PyResult<Obj> {
                encoded(str, $encoding.encode(str, errors)?)
            }
        )*
    };
}

table! {
    ascii_encode Encoding::Ascii;
    latin_1_encode Encoding::Latin1;
    utf_7_encode Encoding::Utf7;
    utf_8_encode Encoding::Utf8;
    utf_16_le_encode Encoding::Utf16(Some(ByteOrder::Little));
    utf_16_be_encode Encoding::Utf16(Some(ByteOrder::Big));
    utf_32_le_encode Encoding::Utf32(Some(ByteOrder::Little));
    utf_32_be_encode Encoding::Utf32(Some(ByteOrder::Big));
    unicode_escape_encode Encoding::UnicodeEscape;
    raw_unicode_escape_encode Encoding::RawUnicodeEscape;
}

macro_rules! decoders {
    ($($name:ident $encoding:expr, $data:ident, $signature:literal;)*) => {$(
        /// Decode bytes; return the text and how many bytes were read.
        #[pyfunction(signature = $signature)]
        pub fn $name(data: &PyObject, errors: Option<&str>, r#final: bool) -> PyResult<Obj> {
            let bytes = $data(data)?;
            decoded($encoding.decode(&bytes, errors, r#final)?)
        }
    )*};
}

decoders! {
    utf_7_decode Encoding::Utf7, bytes_of, "(data, errors=None, final=False, /)";
    utf_8_decode Encoding::Utf8, bytes_of, "(data, errors=None, final=False, /)";
    utf_16_decode Encoding::Utf16(None), bytes_of, "(data, errors=None, final=False, /)";
    utf_16_le_decode Encoding::Utf16(Some(ByteOrder::Little)), bytes_of, "(data, errors=None, final=False, /)";
    utf_16_be_decode Encoding::Utf16(Some(ByteOrder::Big)), bytes_of, "(data, errors=None, final=False, /)";
    utf_32_decode Encoding::Utf32(None), bytes_of, "(data, errors=None, final=False, /)";
    utf_32_le_decode Encoding::Utf32(Some(ByteOrder::Little)), bytes_of, "(data, errors=None, final=False, /)";
    utf_32_be_decode Encoding::Utf32(Some(ByteOrder::Big)), bytes_of, "(data, errors=None, final=False, /)";
    unicode_escape_decode Encoding::UnicodeEscape, data_of, "(data, errors=None, final=True, /)";
    raw_unicode_escape_decode Encoding::RawUnicodeEscape, data_of, "(data, errors=None, final=True, /)";
}

/// Decode bytes; return the text and how many bytes were read.
#[pyfunction(signature = "(data, errors=None, /)")]
pub fn ascii_decode(data: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    decoded(Encoding::Ascii.decode(&bytes_of(data)?, errors, true)?)
}

/// Decode bytes; return the text and how many bytes were read.
#[pyfunction(signature = "(data, errors=None, /)")]
pub fn latin_1_decode(data: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    decoded(Encoding::Latin1.decode(&bytes_of(data)?, errors, true)?)
}

/// The bytes of a buffer.
fn bytes_of(data: &PyObject) -> PyResult<Cow<'_, [u8]>> {
    bytes_like(data)?.ok_or_else(|| {
        type_error!(
            "a bytes-like object is required, not '{}'",
            data.type_().tp_name()
        )
    })
}

/// The bytes of a buffer, or of text as UTF-8: what the escape codecs decode.
fn data_of(data: &PyObject) -> PyResult<Cow<'_, [u8]>> {
    match data.downcast::<PyStr>() {
        Some(text) => Ok(Cow::Borrowed(text.as_utf8()?.as_bytes())),
        None => bytes_of(data),
    }
}

fn pair(value: Obj, count: usize) -> PyResult<Obj> {
    let count = PyLong::from_usize(count)?.into_object();
    Ok(PyTuple::from_vec(vec![value, count])?.into_object())
}

fn encoded(text: &PyStr, bytes: Py<PyBytes>) -> PyResult<Obj> {
    pair(bytes.into_object(), text.len())
}

fn decoded(decoded: Decoded) -> PyResult<Obj> {
    pair(decoded.text.into_object(), decoded.consumed)
}

/// The byte order that -1, 0 and 1 stand for; 0 is native, with a mark.
fn order(byteorder: i32) -> Option<ByteOrder> {
    match byteorder {
        0 => None,
        order if order < 0 => Some(ByteOrder::Little),
        _ => Some(ByteOrder::Big),
    }
}

/// Encode text; return the bytes and how many characters were read.
#[pyfunction(signature = "(str, errors=None, byteorder=0, /)")]
pub fn utf_16_encode(str: &PyStr, errors: Option<&str>, byteorder: i32) -> PyResult<Obj> {
    encoded(str, Encoding::Utf16(order(byteorder)).encode(str, errors)?)
}

/// Encode text; return the bytes and how many characters were read.
#[pyfunction(signature = "(str, errors=None, byteorder=0, /)")]
pub fn utf_32_encode(str: &PyStr, errors: Option<&str>, byteorder: i32) -> PyResult<Obj> {
    encoded(str, Encoding::Utf32(order(byteorder)).encode(str, errors)?)
}

/// Text, bytes read, and the byte order found, as the incremental decoders keep it.
fn decoded_with_order(decoded: Decoded, given: i32) -> PyResult<Obj> {
    let order = match decoded.order {
        Some(ByteOrder::Little) => -1,
        Some(ByteOrder::Big) => 1,
        None => given,
    };
    let parts = vec![
        decoded.text.into_object(),
        PyLong::from_usize(decoded.consumed)?.into_object(),
        PyLong::from_i64(order.into())?.into_object(),
    ];
    Ok(PyTuple::from_vec(parts)?.into_object())
}

/// Decode UTF-16; return the text, how many bytes were read and the byte order.
#[pyfunction(signature = "(data, errors=None, byteorder=0, final=False, /)")]
pub fn utf_16_ex_decode(
    data: &PyObject,
    errors: Option<&str>,
    byteorder: i32,
    r#final: bool,
) -> PyResult<Obj> {
    let encoding = Encoding::Utf16(order(byteorder));
    decoded_with_order(
        encoding.decode(&bytes_of(data)?, errors, r#final)?,
        byteorder,
    )
}

/// Decode UTF-32; return the text, how many bytes were read and the byte order.
#[pyfunction(signature = "(data, errors=None, byteorder=0, final=False, /)")]
pub fn utf_32_ex_decode(
    data: &PyObject,
    errors: Option<&str>,
    byteorder: i32,
    r#final: bool,
) -> PyResult<Obj> {
    let encoding = Encoding::Utf32(order(byteorder));
    decoded_with_order(
        encoding.decode(&bytes_of(data)?, errors, r#final)?,
        byteorder,
    )
}

/// Encode text by a mapping; return the bytes and how many characters were read.
#[pyfunction(signature = "(str, errors=None, mapping=None, /)")]
pub fn charmap_encode(
    str: &PyStr,
    errors: Option<&str>,
    mapping: Option<&PyObject>,
) -> PyResult<Obj> {
    encoded(str, codecs::charmap::charmap_encode(str, errors, mapping)?)
}

/// Decode bytes by a mapping; return the text and how many bytes were read.
#[pyfunction(signature = "(data, errors=None, mapping=None, /)")]
pub fn charmap_decode(
    data: &PyObject,
    errors: Option<&str>,
    mapping: Option<&PyObject>,
) -> PyResult<Obj> {
    let bytes = bytes_of(data)?;
    let text = codecs::charmap::charmap_decode(&bytes, errors, mapping)?;
    pair(text.into_object(), bytes.len())
}

/// Make an encoding map of a decoding table.
#[pyfunction(signature = "(map, /)")]
pub fn charmap_build(map: &PyStr) -> PyResult<Py<PyDict>> {
    codecs::charmap::charmap_build(map)
}

/// Read the escapes of bytes literals; return the bytes and how many were read.
#[pyfunction(signature = "(data, errors=None, /)")]
pub fn escape_decode(data: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    let bytes = data_of(data)?;
    let bad_hex = match errors.unwrap_or("strict") {
        "strict" => BadHex::Strict,
        "replace" => BadHex::Replace,
        "ignore" => BadHex::Ignore,
        other => {
            return Err(value_error!(
                "decoding error; unknown error handling code: {other}"
            ));
        }
    };
    let (result, invalid) = match escape::decode_bytes_escape(&bytes, bad_hex) {
        Ok(result) => result,
        Err(error) => return Err(value_error!("{}", error.message())),
    };
    if let Some(invalid) = invalid {
        hooks::warn(
            &krait_runtime::exc::DeprecationWarning,
            &invalid.message(),
            1,
        )?;
    }
    pair(PyBytes::new(&result)?.into_object(), bytes.len())
}

/// Write bytes with the escapes of bytes literals.
#[pyfunction(signature = "(data, errors=None, /)")]
pub fn escape_encode(data: &PyBytes, errors: Option<&str>) -> PyResult<Obj> {
    let _ = errors;
    let escaped = krait_text::repr::escape_encode(data.as_bytes());
    pair(PyBytes::new(&escaped)?.into_object(), data.len())
}

/// The bytes of a buffer, or of text as UTF-8, with their number.
#[pyfunction(signature = "(data, errors=None, /)")]
pub fn readbuffer_encode(data: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    let _ = errors;
    let bytes = data_of(data)?;
    pair(PyBytes::new(&bytes)?.into_object(), bytes.len())
}

/// Register a codec search function.
///
/// Search functions are expected to take one argument, the encoding name in all lower case letters,
/// and either return None, or a tuple of functions (encoder, decoder, stream_reader,
/// stream_writer) (or a CodecInfo object).
#[pyfunction(signature = "(search_function, /)")]
pub fn register(search_function: &PyObject) -> PyResult<()> {
    codecs::registry::register(search_function)
}

/// Unregister a codec search function and clear the registry's cache.
///
/// If the search function is not registered, do nothing.
#[pyfunction(signature = "(search_function, /)")]
pub fn unregister(search_function: &PyObject) {
    codecs::registry::unregister(search_function);
}

/// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
#[pyfunction(signature = "(encoding, /)")]
pub fn lookup(encoding: &str) -> PyResult<Obj> {
    codecs::registry::lookup(encoding)
}

/// Encodes obj using the codec registered for encoding.
///
/// The default encoding is 'utf-8'.  errors may be given to set a different error handling scheme.
#[pyfunction(signature = "(obj, encoding='utf-8', errors='strict')")]
pub fn encode(obj: &PyObject, encoding: Option<&str>, errors: Option<&str>) -> PyResult<Obj> {
    codecs::registry::encode_object(obj, encoding.unwrap_or("utf-8"), errors)
}

/// Decodes obj using the codec registered for encoding.
///
/// The default encoding is 'utf-8'.  errors may be given to set a different error handling scheme.
#[pyfunction(signature = "(obj, encoding='utf-8', errors='strict')")]
pub fn decode(obj: &PyObject, encoding: Option<&str>, errors: Option<&str>) -> PyResult<Obj> {
    codecs::registry::decode_object(obj, encoding.unwrap_or("utf-8"), errors)
}

/// Register the specified error handler under the name errors.
///
/// handler must be a callable object, that will be called with an exception instance containing
/// information about the location of the encoding/decoding error and must return a (replacement,
/// new position) tuple.
#[pyfunction(signature = "(errors, handler, /)")]
pub fn register_error(errors: &str, handler: &PyObject) -> PyResult<()> {
    codecs::registry::register_error(errors, handler)
}

/// Un-register the specified error handler for the error handling `errors'.
///
/// Only custom error handlers can be un-registered.
#[pyfunction(signature = "(errors, /)")]
pub fn _unregister_error(errors: &str) -> PyResult<bool> {
    codecs::registry::unregister_error(errors)
}

/// Return the error handler for the specified error handling name.
///
/// Raise a LookupError, if no handler exists under this name.
#[pyfunction(signature = "(name, /)")]
pub fn lookup_error(name: &str) -> PyResult<Obj> {
    codecs::registry::lookup_error(name)
}

pymodule! {
    pub CODECS = "_codecs", "",
    functions: [
        register, unregister, lookup, encode, decode, register_error, _unregister_error, lookup_error,
        escape_encode, escape_decode, readbuffer_encode,
        utf_8_encode, utf_8_decode, utf_7_encode, utf_7_decode,
        utf_16_encode, utf_16_le_encode, utf_16_be_encode, utf_16_decode, utf_16_le_decode,
        utf_16_be_decode, utf_16_ex_decode, utf_32_encode, utf_32_le_encode, utf_32_be_encode,
        utf_32_decode, utf_32_le_decode, utf_32_be_decode, utf_32_ex_decode,
        unicode_escape_encode, unicode_escape_decode, raw_unicode_escape_encode,
        raw_unicode_escape_decode, latin_1_encode, latin_1_decode, ascii_encode, ascii_decode,
        charmap_encode, charmap_decode, charmap_build,
    ],
    classes: [],
    exec: None
}
