//! Encoding and decoding: the registry of codecs and error handlers, and the built-in codecs.
//!
//! The algorithms are `krait-text`'s, which stop at the first error; here an error handler is asked
//! and the algorithm goes on from where the handler says. What `_codecs` and `str` offer is
//! [`Encoding`], [`charmap`] and the functions of [`registry`].

pub mod charmap;
mod drive;
mod encoding;
mod handlers;
pub mod registry;

use crate::object::Py;
use crate::{PyBytes, PyResult, PyStr};

pub use encoding::{Decoded, Encoding};
pub use handlers::{Handler, Recovered, Registered, Replacement};

/// An encoding's name in the form that lookups compare: lower case, with `_` for each run of what
/// is neither letter, digit nor point.
pub fn normalize_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for each in name.chars() {
        if each.is_ascii_alphanumeric() || each == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(each.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// In development mode, names that nobody needs here are looked up all the same.
#[inline]
fn check_names(builtin: Option<Encoding>, encoding: &str, errors: Option<&str>) -> PyResult<()> {
    let known = matches!(
        errors,
        None | Some("strict" | "ignore" | "replace" | "surrogateescape" | "surrogatepass")
    );
    if (builtin.is_some() && known) || !crate::Interpreter::current().flags.borrow().dev_mode {
        return Ok(());
    }
    if builtin.is_none() {
        registry::lookup(encoding)?;
    }
    match errors {
        Some(errors) if !known => registry::lookup_error(errors).map(drop),
        _ => Ok(()),
    }
}

/// `str.encode(encoding, errors)`.
pub fn encode_to_bytes(
    text: &PyStr,
    encoding: &str,
    errors: Option<&str>,
) -> PyResult<Py<PyBytes>> {
    let builtin = match encoding {
        "utf-8" => Some(Encoding::Utf8),
        _ => Encoding::without_registry(&normalize_name(encoding)),
    };
    check_names(builtin, encoding, errors)?;
    match builtin {
        Some(encoding) => encoding.encode(text, errors),
        None => registry::encode_text(text, encoding, errors),
    }
}

/// `bytes.decode(encoding, errors)`.
pub fn decode(bytes: &[u8], encoding: &str, errors: Option<&str>) -> PyResult<Py<PyStr>> {
    let builtin = match encoding {
        "utf-8" => Some(Encoding::Utf8),
        _ => Encoding::without_registry(&normalize_name(encoding)),
    };
    check_names(builtin, encoding, errors)?;
    match builtin {
        Some(encoding) => Ok(encoding.decode(bytes, errors, true)?.text),
        None => registry::decode_text(&*PyBytes::new(bytes)?, encoding, errors),
    }
}
