//! `bytes % args`.

use super::number::{format_number, is_numeric};
use super::{Arguments, Conversion, Reader, character};
use crate::object::PyObject;
use crate::{PyBytes, PyResult};

/// `format % args` for bytes or a bytearray.
pub fn percent_format_bytes(format: &[u8], args: &PyObject) -> PyResult<Vec<u8>> {
    let is_bytes = args.downcast::<PyBytes>().is_some() || args.type_().tp_name() == "bytearray";
    let is_text = is_bytes || args.downcast::<crate::PyStr>().is_some();
    let mut args = Arguments::new(args, is_text, "bytes");
    let mut out = Vec::with_capacity(format.len() + 32);
    let mut reader = Reader {
        at: 0,
        len: format.len(),
        unit: |index| u32::from(format[index]),
    };
    while reader.at < format.len() {
        let rest = &format[reader.at..];
        let Some(found) = memchr::memchr(b'%', rest) else {
            out.extend_from_slice(rest);
            break;
        };
        out.extend_from_slice(&rest[..found]);
        reader.at += found + 1;
        if reader.take(b'%') {
            out.push(b'%');
            continue;
        }
        if reader.take(b'(') {
            let Some(mapping) = args.mapping else {
                return Err(crate::type_error!("format requires a mapping"));
            };
            let (start, end) = reader.key()?;
            args.select(&*PyBytes::new(&format[start..end])?, mapping)?;
        }
        let conversion = reader.conversion(&mut args)?;
        push_converted(&mut out, &conversion, &mut args)?;
    }
    args.finish()?;
    Ok(out)
}

fn push_converted(
    out: &mut Vec<u8>,
    conversion: &Conversion,
    args: &mut Arguments<'_>,
) -> PyResult<()> {
    let value = args.next()?;
    let cut = |mut text: Vec<u8>| {
        text.truncate(conversion.precision.unwrap_or(usize::MAX));
        text
    };
    let text = match conversion.byte() {
        b's' | b'b' => cut(object_bytes(&value)?),
        // `%r` is `%a`, for code that is to run under Python 2, too.
        b'r' | b'a' => cut(value.ascii()?.to_string_lossy().into_bytes()),
        b'c' => vec![byte_character(&value)?],
        code if is_numeric(code) => {
            out.extend_from_slice(format_number(conversion, &value, false)?.as_bytes());
            return Ok(());
        }
        _ => return Err(conversion.unsupported()),
    };
    let (left, right) = conversion.padding(text.len());
    let len = out
        .len()
        .saturating_add(left)
        .saturating_add(right)
        .saturating_add(text.len());
    out.try_reserve(len - out.len())
        .map_err(|_| crate::err::no_memory())?;
    out.extend(std::iter::repeat_n(b' ', left));
    out.extend_from_slice(&text);
    out.extend(std::iter::repeat_n(b' ', right));
    Ok(())
}

/// The argument of `%b`.
fn object_bytes(value: &PyObject) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast_exact::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Some(made) = value.call_special(crate::intern!("__bytes__"), &[])? {
        return match made.downcast::<PyBytes>() {
            Some(bytes) => Ok(bytes.as_bytes().to_vec()),
            None => Err(crate::type_error!(
                "__bytes__ returned non-bytes (type {})",
                made.type_().tp_name()
            )),
        };
    }
    match crate::bytes::bytes_like(value)? {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(crate::type_error!(
            "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
            value.type_().tp_name()
        )),
    }
}

/// The argument of `%c`.
fn byte_character(value: &PyObject) -> PyResult<u8> {
    let is_bytearray = value.type_().tp_name() == "bytearray";
    if value.downcast::<PyBytes>().is_some() || is_bytearray {
        let bytes = crate::bytes::bytes_like(value)?.map_or(Vec::new(), |bytes| bytes.to_vec());
        if let [byte] = *bytes {
            return Ok(byte);
        }
        return Err(crate::type_error!(
            "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
            value.type_().tp_name(),
            bytes.len()
        ));
    }
    if !value.has_index() {
        return Err(crate::type_error!(
            "%c requires an integer in range(256) or a single byte, not {}",
            value.type_().tp_name()
        ));
    }
    match character(value, 256)? {
        Some(code) => Ok(code as u8),
        None => Err(crate::overflow_error!("%c arg not in range(256)")),
    }
}
