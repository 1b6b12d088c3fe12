//! `unicodeobject.h`, the part about encodings and file names.

use std::cell::Cell;
use std::ffi::{c_char, c_int};

use krait_runtime::codecs::{self, Encoding};
use krait_runtime::{Py, PyBytes, PyResult, PyStr, value_error};

use crate::glue::*;
use crate::unicodeobject::text;

/// Encodes by an encoding's name; without one, UTF-8.
fn encode(object: Arg, encoding: Text, errors: Text) -> PyResult<Py<PyBytes>> {
    let (text, errors) = (text(object)?, errors.opt()?);
    codecs::encode_to_bytes(text, encoding.opt()?.unwrap_or("utf-8"), errors)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsEncodedString(
    object: Arg,
    encoding: Text,
    errors: Text,
) -> Out {
    run(|| encode(object, encoding, errors))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Decode(
    data: *const c_char,
    size: isize,
    encoding: Text,
    errors: Text,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    run(|| codecs::decode(bytes, encoding.opt()?.unwrap_or("utf-8"), errors.opt()?))
}

macro_rules! encoders {
    ($($name:ident $encoding:expr;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(object: Arg) -> Out {
            run(|| $encoding.encode(text(object)?, None))
        }
    )+ };
}

encoders! {
    PyUnicode_AsUTF8String Encoding::Utf8;
    PyUnicode_AsUTF16String Encoding::Utf16(None);
    PyUnicode_AsUTF32String Encoding::Utf32(None);
    PyUnicode_AsASCIIString Encoding::Ascii;
    PyUnicode_AsLatin1String Encoding::Latin1;
    PyUnicode_AsUnicodeEscapeString Encoding::UnicodeEscape;
    PyUnicode_AsRawUnicodeEscapeString Encoding::RawUnicodeEscape;
}

macro_rules! decoders {
    ($($name:ident $encoding:expr;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(data: *const c_char, size: isize, errors: Text) -> Out {
            // SAFETY: the caller's bytes.
            let bytes = unsafe { bytes_of(data, size) };
            run(|| Ok($encoding.decode(bytes, errors.opt()?, true)?.text))
        }
    )+ };
}

decoders! {
    PyUnicode_DecodeUTF8 Encoding::Utf8;
    PyUnicode_DecodeUTF7 Encoding::Utf7;
    PyUnicode_DecodeASCII Encoding::Ascii;
    PyUnicode_DecodeLatin1 Encoding::Latin1;
    PyUnicode_DecodeUnicodeEscape Encoding::UnicodeEscape;
    PyUnicode_DecodeRawUnicodeEscape Encoding::RawUnicodeEscape;
}

/// Decodes a part of a stream: what is incomplete at its end is left for the next part.
fn decode_part(
    encoding: Encoding,
    bytes: &[u8],
    errors: Text,
    consumed: Place<isize>,
) -> PyResult<codecs::Decoded> {
    let decoded = encoding.decode(bytes, errors.opt()?, consumed.is_none())?;
    put(consumed, decoded.consumed as isize);
    Ok(decoded)
}

macro_rules! stateful_decoders {
    ($($name:ident $encoding:expr;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(data: *const c_char, size: isize, errors: Text, consumed: Place<isize>) -> Out {
            // SAFETY: the caller's bytes.
            let bytes = unsafe { bytes_of(data, size) };
            run(|| Ok(decode_part($encoding, bytes, errors, consumed)?.text))
        }
    )+ };
}

stateful_decoders! {
    PyUnicode_DecodeUTF8Stateful Encoding::Utf8;
    PyUnicode_DecodeUTF7Stateful Encoding::Utf7;
}

/// As `PyUnicode_DecodeUTF16Stateful` has it: the order is given or found, and told.
fn decode_ordered(
    encoding: fn(Option<krait_text::codec::ByteOrder>) -> Encoding,
    bytes: &[u8],
    errors: Text,
    order: Option<&Cell<c_int>>,
    consumed: Place<isize>,
) -> PyResult<Py<PyStr>> {
    let given = match order.map_or(0, Cell::get) {
        0 => None,
        order if order < 0 => Some(krait_text::codec::ByteOrder::Little),
        _ => Some(krait_text::codec::ByteOrder::Big),
    };
    let decoded = decode_part(encoding(given), bytes, errors, consumed)?;
    if let (Some(order), Some(found)) = (order, decoded.order) {
        order.set(if found == krait_text::codec::ByteOrder::Little {
            -1
        } else {
            1
        });
    }
    Ok(decoded.text)
}

macro_rules! ordered_decoders {
    ($($name:ident $stateful:ident $encoding:expr;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(data: *const c_char, size: isize, errors: Text, order: Option<&Cell<c_int>>) -> Out {
            // SAFETY: the caller's bytes.
            let bytes = unsafe { bytes_of(data, size) };
            run(|| decode_ordered($encoding, bytes, errors, order, None))
        }


        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $stateful(
            data: *const c_char,
            size: isize,
            errors: Text,
            order: Option<&Cell<c_int>>,
            consumed: Place<isize>,
        ) -> Out {
            // SAFETY: the caller's bytes.
            let bytes = unsafe { bytes_of(data, size) };
            run(|| decode_ordered($encoding, bytes, errors, order, consumed))
        }
    )+ };
}

ordered_decoders! {
    PyUnicode_DecodeUTF16 PyUnicode_DecodeUTF16Stateful Encoding::Utf16;
    PyUnicode_DecodeUTF32 PyUnicode_DecodeUTF32Stateful Encoding::Utf32;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_DecodeCharmap(
    data: *const c_char,
    size: isize,
    mapping: Arg,
    errors: Text,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    run(|| codecs::charmap::charmap_decode(bytes, errors.opt()?, mapping))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsCharmapString(object: Arg, mapping: Arg) -> Out {
    run(|| codecs::charmap::charmap_encode(text(object)?, None, Some(some(mapping)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_DecodeFSDefaultAndSize(data: *const c_char, size: isize) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    run(|| codecs::decode(bytes, "utf-8", Some("surrogateescape")))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_DecodeFSDefault(text: Text) -> Out {
    run(|| codecs::decode(text.bytes()?, "utf-8", Some("surrogateescape")))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_EncodeFSDefault(object: Arg) -> Out {
    run(|| Encoding::Utf8.encode(text(object)?, Some("surrogateescape")))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_DecodeLocaleAndSize(
    data: *const c_char,
    size: isize,
    errors: Text,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    run(|| codecs::decode(bytes, "utf-8", errors.opt()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_DecodeLocale(text: Text, errors: Text) -> Out {
    run(|| codecs::decode(text.bytes()?, "utf-8", errors.opt()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_EncodeLocale(object: Arg, errors: Text) -> Out {
    run(|| Encoding::Utf8.encode(text(object)?, errors.opt()?))
}

/// `"O&"` converters: what is a path becomes bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FSConverter(object: Out, result: Option<&Cell<Out>>) -> c_int {
    let Some(result) = result else { return 0 };
    let Some(object) = object else {
        result.set(None);
        return 1;
    };
    let object = std::mem::ManuallyDrop::new(object);
    let converted = object
        .fspath()
        .and_then(|path| match path.downcast::<PyStr>() {
            Some(text) => Encoding::Utf8
                .encode(text, Some("surrogateescape"))
                .map(Py::into_object),
            None => Ok(path),
        });
    let checked = converted.and_then(|path| {
        let has_nul = path
            .downcast::<PyBytes>()
            .is_some_and(|bytes| bytes.as_bytes().contains(&0));
        if has_nul {
            Err(value_error!("embedded null byte"))
        } else {
            Ok(path)
        }
    });
    match checked {
        Ok(path) => {
            // C's variable may hold anything before.
            std::mem::forget(result.replace(Some(path)));
            // The caller gives what was made up by calling with null.
            0x20000
        }
        Err(_) => 0,
    }
}

/// `"O&"` converters: what is a path becomes a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FSDecoder(object: Out, result: Option<&Cell<Out>>) -> c_int {
    let Some(result) = result else { return 0 };
    let Some(object) = object else {
        result.set(None);
        return 1;
    };
    let object = std::mem::ManuallyDrop::new(object);
    let converted = object
        .fspath()
        .and_then(|path| match path.downcast::<PyBytes>() {
            Some(bytes) => codecs::decode(bytes.as_bytes(), "utf-8", Some("surrogateescape"))
                .map(Py::into_object),
            None => Ok(path),
        });
    match converted {
        Ok(path) => {
            std::mem::forget(result.replace(Some(path)));
            0x20000
        }
        Err(_) => 0,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_FSPath(path: Arg) -> Out {
    run(|| some(path)?.fspath())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_BuildEncodingMap(table: Arg) -> Out {
    run(|| codecs::charmap::charmap_build(text(table)?))
}
