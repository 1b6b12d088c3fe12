//! Runs an encoder or decoder to its end, asking the error handler at each error.

use krait_text::codec::{DecodeError, EncodeError};
use krait_text::{StrBuf, StrSlice};

use super::handlers::{Handler, Replacement};
use crate::exceptions::{decode_error, encode_error};
use crate::object::Py;
use crate::{PyBytes, PyResult, PyStr};

/// Encodes `text` by `step`, which appends to the bytes until the end or the first error. Bytes
/// that a handler gives must be whole units of the encoding, of `unit` bytes.
pub(super) fn encode_by(
    text: &PyStr,
    encoding: &str,
    errors: Option<&str>,
    unit: usize,
    mut out: Vec<u8>,
    mut step: impl FnMut(StrSlice<'_>, usize, &mut Vec<u8>) -> Result<(), EncodeError>,
) -> PyResult<Py<PyBytes>> {
    let mut handler = None;
    let is_unicode = encoding.starts_with("utf-");
    let mut from = 0;
    while let Err(error) = step(text.as_slice(), from, &mut out) {
        let raise = || encode_error(encoding, text, error.start, error.end, error.reason);
        let handler = handler.get_or_insert_with(|| Handler::named(errors));
        let (replacement, next) =
            handler.encode(encoding, text, error.start, error.end, error.reason)?;
        match replacement {
            Replacement::Bytes(bytes) if bytes.len() % unit == 0 => out.extend_from_slice(&bytes),
            Replacement::Bytes(_) => return Err(raise()),
            // The Unicode encodings write only ASCII for a handler.
            Replacement::Text(text) if is_unicode && !text.is_ascii() => return Err(raise()),
            // The replacement is not handled again where it cannot be encoded itself.
            Replacement::Text(text) => {
                step(text.as_slice(), 0, &mut out).map_err(|_| raise())?;
            }
        }
        from = next;
    }
    PyBytes::new(&out)
}

/// Decodes `bytes` by `step`, which appends to the text until the end or the first error and says
/// how far it came.
pub(super) fn decode_by(
    bytes: &[u8],
    encoding: &str,
    errors: Option<&str>,
    mut step: impl FnMut(&[u8], usize, &mut StrBuf) -> Result<usize, DecodeError>,
) -> PyResult<(Py<PyStr>, usize)> {
    let mut out = StrBuf::with_capacity(bytes.len());
    let mut from = 0;
    // A handler may put other bytes in the place of those being decoded.
    let mut replaced: Option<Py<PyBytes>> = None;
    let mut handler = None;
    loop {
        let input = replaced.as_ref().map_or(bytes, |bytes| bytes.as_bytes());
        match step(input, from, &mut out) {
            Ok(consumed) => return Ok((PyStr::from_slice(out.as_slice())?, consumed)),
            Err(error) => {
                let handler = handler.get_or_insert_with(|| Handler::named(errors));
                if handler.is_strict() {
                    let object = PyBytes::new(input)?;
                    return Err(decode_error(
                        encoding,
                        &object,
                        error.start,
                        error.end,
                        error.reason,
                    ));
                }
                let done = handler.decode(encoding, input, error.start, error.end, error.reason)?;
                out.push_slice(done.text.as_slice());
                from = done.next;
                if let Some(bytes) = done.input {
                    replaced = Some(bytes);
                }
            }
        }
    }
}
