//! Error handlers: the built-in ones, which need no exception object, and those that programs
//! register.

use krait_macros::pyfunction;

use super::registry;
use crate::exceptions::{PyUnicodeError, decode_error, encode_error};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyBytes, PyErr, PyLong, PyResult, PyStr, PyTuple, exc};

/// What stands for characters that could not be encoded.
pub enum Replacement {
    /// Text, to be encoded itself.
    Text(Py<PyStr>),
    /// Bytes, as they are.
    Bytes(Vec<u8>),
}

/// What a handler makes of bytes that could not be decoded.
pub struct Recovered {
    /// The text in their place.
    pub text: Py<PyStr>,
    /// Where to go on.
    pub next: usize,
    /// The bytes to go on with, if the handler changed them.
    pub input: Option<Py<PyBytes>>,
}

/// How errors are handled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// Raises the error.
    Strict,
    /// Leaves out what is wrong.
    Ignore,
    /// Puts a question mark, or U+FFFD, in its place.
    Replace,
    /// Writes characters as XML's references.
    XmlCharRef,
    /// Writes them as backslash escapes.
    Backslash,
    /// Writes them by name.
    Name,
    /// Keeps bytes as lone surrogates.
    SurrogateEscape,
    /// Lets lone surrogates through.
    SurrogatePass,
}

/// A handler that a program registered.
pub struct Registered<'a> {
    name: &'a str,
    /// The callable, once it was looked up.
    callable: Option<Obj>,
    /// A position beyond all indices is out of bounds, and no overflow.
    wide_positions: bool,
}

/// A handler in use: found by its name at the first error.
pub enum Handler<'a> {
    /// One of the interpreter's own.
    Builtin(Builtin),
    /// A program's.
    Registered(Registered<'a>),
}

/// Text by escapes for the characters.
fn escaped(codes: impl Iterator<Item = u32>, escape: impl Fn(u32) -> String) -> String {
    codes.map(escape).collect()
}

fn backslash(code: u32) -> String {
    match code {
        0..=0xFF => format!("\\x{code:02x}"),
        0x100..=0xFFFF => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

fn named(code: u32) -> String {
    match krait_unicode::names::name(code) {
        Some(name) => format!("\\N{{{name}}}"),
        None => backslash(code),
    }
}

/// The Unicode encoding that `surrogatepass` is to speak, by an error's name for it: bytes a unit,
/// and whether the most significant byte is first.
fn standard_encoding(name: &str) -> Option<(usize, bool)> {
    let name = super::normalize_name(name);
    if name == "cp65001" {
        return Some((1, false));
    }
    let rest = name.strip_prefix("utf")?;
    let rest = rest.strip_prefix('_').unwrap_or(rest);
    let (unit, order) = if let Some(order) = rest.strip_prefix("16") {
        (2, order)
    } else if let Some(order) = rest.strip_prefix("32") {
        (4, order)
    } else {
        return (rest == "8").then_some((1, false));
    };
    match order.strip_prefix('_').unwrap_or(order) {
        "" => Some((unit, cfg!(target_endian = "big"))),
        "le" => Some((unit, false)),
        "be" => Some((unit, true)),
        _ => None,
    }
}

fn is_surrogate(code: u32) -> bool {
    (0xD800..0xE000).contains(&code)
}

fn three_bytes(code: u32) -> [u8; 3] {
    [
        0xE0 | (code >> 12) as u8,
        0x80 | (code >> 6 & 0x3F) as u8,
        0x80 | (code & 0x3F) as u8,
    ]
}

impl Builtin {
    fn of_name(name: &str) -> Option<Builtin> {
        Some(match name {
            "strict" => Builtin::Strict,
            "ignore" => Builtin::Ignore,
            "replace" => Builtin::Replace,
            "xmlcharrefreplace" => Builtin::XmlCharRef,
            "backslashreplace" => Builtin::Backslash,
            "namereplace" => Builtin::Name,
            "surrogateescape" => Builtin::SurrogateEscape,
            "surrogatepass" => Builtin::SurrogatePass,
            _ => return None,
        })
    }

    /// What stands for characters of a text; `None` if the error is raised. Not all of them need be
    /// handled: the second value says where to go on.
    fn encode(
        self,
        encoding: &str,
        text: &PyStr,
        start: usize,
        end: usize,
    ) -> PyResult<Option<(Replacement, usize)>> {
        let codes = || text.as_slice().sub(start, end).iter();
        let made = match self {
            Builtin::Strict => return Ok(None),
            Builtin::Ignore => String::new(),
            Builtin::Replace => "?".repeat(end - start),
            Builtin::XmlCharRef => escaped(codes(), |code| format!("&#{code};")),
            Builtin::Backslash => escaped(codes(), backslash),
            Builtin::Name => escaped(codes(), named),
            Builtin::SurrogateEscape => {
                let bytes: Vec<u8> = codes()
                    .take_while(|code| (0xDC80..=0xDCFF).contains(code))
                    .map(|code| code as u8)
                    .collect();
                let next = start + bytes.len();
                // The characters that follow may be no escaped bytes: they fail on their own.
                return Ok((!bytes.is_empty()).then_some((Replacement::Bytes(bytes), next)));
            }
            Builtin::SurrogatePass => {
                let Some((unit, big)) = standard_encoding(encoding) else {
                    return Ok(None);
                };
                let mut bytes = Vec::new();
                for code in codes() {
                    if !is_surrogate(code) {
                        return Ok(None);
                    }
                    match (unit, big) {
                        (1, _) => bytes.extend_from_slice(&three_bytes(code)),
                        (2, true) => bytes.extend_from_slice(&(code as u16).to_be_bytes()),
                        (2, false) => bytes.extend_from_slice(&(code as u16).to_le_bytes()),
                        (_, true) => bytes.extend_from_slice(&code.to_be_bytes()),
                        (_, false) => bytes.extend_from_slice(&code.to_le_bytes()),
                    }
                }
                return Ok(Some((Replacement::Bytes(bytes), end)));
            }
        };
        Ok(Some((Replacement::Text(PyStr::new(&made)?), end)))
    }

    /// The text for bytes that could not be decoded, and where to go on; `None` if the error is
    /// raised.
    fn decode(
        self,
        encoding: &str,
        bytes: &[u8],
        start: usize,
        end: usize,
    ) -> PyResult<Option<(Py<PyStr>, usize)>> {
        let wrong = &bytes[start..end];
        let text = match self {
            Builtin::Strict => return Ok(None),
            Builtin::XmlCharRef | Builtin::Name => return Err(cannot_handle("UnicodeDecodeError")),
            Builtin::Ignore => PyStr::new("")?,
            Builtin::Replace => PyStr::new("\u{FFFD}")?,
            Builtin::Backslash => {
                PyStr::new(&escaped(wrong.iter().map(|&byte| byte.into()), backslash))?
            }
            Builtin::SurrogateEscape => {
                let codes: Vec<u16> = wrong
                    .iter()
                    .take(4)
                    .take_while(|byte| !byte.is_ascii())
                    .map(|&byte| 0xDC00 + u16::from(byte))
                    .collect();
                if codes.is_empty() {
                    return Ok(None);
                }
                let text = PyStr::from_slice(krait_text::StrSlice::Ucs2(&codes))?;
                return Ok(Some((text, start + codes.len())));
            }
            Builtin::SurrogatePass => {
                let Some((unit, big)) = standard_encoding(encoding) else {
                    return Ok(None);
                };
                let (code, width) = match (unit, big, &bytes[start..]) {
                    (1, _, &[a @ 0xE0..=0xEF, b @ 0x80..=0xBF, c @ 0x80..=0xBF, ..]) => {
                        let high = u32::from(a & 0xF) << 12 | u32::from(b & 0x3F) << 6;
                        (high | u32::from(c & 0x3F), 3)
                    }
                    (2, false, &[a, b, ..]) => (u32::from(u16::from_le_bytes([a, b])), 2),
                    (2, true, &[a, b, ..]) => (u32::from(u16::from_be_bytes([a, b])), 2),
                    (4, false, &[a, b, c, d, ..]) => (u32::from_le_bytes([a, b, c, d]), 4),
                    (4, true, &[a, b, c, d, ..]) => (u32::from_be_bytes([a, b, c, d]), 4),
                    _ => return Ok(None),
                };
                if !is_surrogate(code) {
                    return Ok(None);
                }
                return Ok(Some((PyStr::from_char(code)?, start + width)));
            }
        };
        Ok(Some((text, end)))
    }
}

#[cold]
fn cannot_handle(class: &str) -> PyErr {
    crate::type_error!("don't know how to handle {class} in error callback")
}

impl<'a> Handler<'a> {
    /// The handler of that name, which need not exist before it is asked.
    pub fn named(name: Option<&'a str>) -> Self {
        let name = name.unwrap_or("strict");
        match Builtin::of_name(name) {
            Some(builtin) => Handler::Builtin(builtin),
            None => Handler::Registered(Registered {
                name,
                callable: None,
                wide_positions: false,
            }),
        }
    }

    /// As [`Handler::named`], for the multibyte codecs, which read positions in another way.
    pub fn multibyte(name: Option<&'a str>) -> Self {
        let mut handler = Handler::named(name);
        if let Handler::Registered(registered) = &mut handler {
            registered.wide_positions = true;
        }
        handler
    }

    /// Whether errors are raised.
    pub fn is_strict(&self) -> bool {
        matches!(self, Handler::Builtin(Builtin::Strict))
    }

    /// Handles characters that could not be encoded: what stands for them, and where to go on.
    pub fn encode(
        &mut self,
        encoding: &str,
        text: &PyStr,
        start: usize,
        end: usize,
        reason: &str,
    ) -> PyResult<(Replacement, usize)> {
        let raise = || encode_error(encoding, text, start, end, reason);
        match self {
            Handler::Builtin(builtin) => {
                match builtin.encode(encoding, text, start, end)? {
                    Some(done) => Ok(done),
                    // What could not be escaped is the error, not what could.
                    None => Err(raise()),
                }
            }
            Handler::Registered(registered) => {
                let callable = registered.found()?;
                let wide = registered.wide_positions;
                let exception = raise().take();
                let message = "encoding error handler must return (str/bytes, int) tuple";
                let (replacement, next) = call(&callable, &exception, text.len(), wide, message)?;
                let replacement = match replacement.cast::<PyStr>() {
                    Ok(text) => Replacement::Text(text),
                    Err(other) => match other.downcast::<PyBytes>() {
                        Some(bytes) => Replacement::Bytes(bytes.as_bytes().to_vec()),
                        None => return Err(crate::type_error!("{message}")),
                    },
                };
                Ok((replacement, next))
            }
        }
    }

    /// Handles bytes that could not be decoded.
    pub fn decode(
        &mut self,
        encoding: &str,
        bytes: &[u8],
        start: usize,
        end: usize,
        reason: &str,
    ) -> PyResult<Recovered> {
        let raise = || match PyBytes::new(bytes) {
            Ok(object) => decode_error(encoding, &object, start, end, reason),
            Err(error) => error,
        };
        match self {
            Handler::Builtin(builtin) => match builtin.decode(encoding, bytes, start, end)? {
                Some((text, next)) => Ok(Recovered {
                    text,
                    next,
                    input: None,
                }),
                None => Err(raise()),
            },
            Handler::Registered(registered) => {
                let callable = registered.found()?;
                let wide = registered.wide_positions;
                let exception = raise().take();
                let message = "decoding error handler must return (str, int) tuple";
                // The handler may change the bytes, and positions are then in the new ones.
                let result = checked_result(callable.call1(&exception)?, message)?;
                let input = match exception.downcast::<PyUnicodeError>() {
                    Some(error) => Some(error.bytes()?),
                    None => None,
                };
                let len = input.as_ref().map_or(bytes.len(), |input| input.len());
                let next = position(&result.1, len, wide)?;
                let text = result
                    .0
                    .cast()
                    .map_err(|_| crate::type_error!("{message}"))?;
                Ok(Recovered { text, next, input })
            }
        }
    }
}

impl Registered<'_> {
    fn found(&mut self) -> PyResult<Obj> {
        if let Some(callable) = &self.callable {
            return Ok(callable.clone());
        }
        let callable = registry::lookup_error(self.name)?;
        Ok(self.callable.insert(callable).clone())
    }
}

/// The two values of a handler's result.
fn checked_result(result: Obj, message: &str) -> PyResult<(Obj, Obj)> {
    match result.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([replacement, next]) if next.downcast::<PyLong>().is_some() => {
            Ok((replacement.clone(), next.clone()))
        }
        _ => Err(crate::type_error!("{message}")),
    }
}

fn position(next: &PyObject, len: usize, wide: bool) -> PyResult<usize> {
    let out_of_bounds =
        |next: isize| crate::index_error!("position {next} from error handler out of bounds");
    let given = match next.extract::<isize>() {
        Err(error) if wide && error.matches(&exc::OverflowError) => {
            error.clear();
            return Err(out_of_bounds(-1));
        }
        given => given?,
    };
    let next = if given < 0 {
        given.saturating_add(len as isize)
    } else {
        given
    };
    usize::try_from(next)
        .ok()
        .filter(|&next| next <= len)
        .ok_or_else(|| out_of_bounds(next))
}

fn call(
    callable: &PyObject,
    exception: &PyObject,
    len: usize,
    wide: bool,
    message: &str,
) -> PyResult<(Obj, usize)> {
    let (replacement, next) = checked_result(callable.call1(exception)?, message)?;
    let next = position(&next, len, wide)?;
    Ok((replacement, next))
}

/// What the handlers that programs can call by themselves do: `(replacement, position)`.
fn handle(builtin: Builtin, exception: &PyObject) -> PyResult<Obj> {
    let unknown = || cannot_handle(&exception.type_().tp_name());
    let Some(error) = exception.downcast::<PyUnicodeError>() else {
        return Err(unknown());
    };
    let reraise = || Err(PyErr::raise(exception.to_obj()));
    let encoding = match error.encoding.get() {
        Some(name) => name.str()?.to_string_lossy(),
        None => String::new(),
    };
    let result = |replacement: Obj, next: usize| -> PyResult<Obj> {
        let next = PyLong::from_usize(next)?.into_object();
        Ok(PyTuple::from_vec(vec![replacement, next])?.into_object())
    };
    let class = exception.type_();
    if class.is_subtype(&exc::UnicodeDecodeError) {
        let bytes = error.bytes()?;
        let (start, end) = error.range(bytes.len());
        let end = end.max(start);
        return match builtin.decode(&encoding, bytes.as_bytes(), start, end)? {
            Some((text, next)) => result(text.into_object(), next),
            None => reraise(),
        };
    }
    let text = error.text()?;
    let (start, end) = error.range(text.len());
    let end = end.max(start);
    if class.is_subtype(&exc::UnicodeEncodeError) {
        if builtin == Builtin::SurrogateEscape {
            let part = text.as_slice().sub(start, end);
            if part.iter().any(|code| !(0xDC80..=0xDCFF).contains(&code)) {
                return reraise();
            }
        }
        return match builtin.encode(&encoding, &text, start, end)? {
            Some((Replacement::Text(text), next)) => result(text.into_object(), next),
            Some((Replacement::Bytes(bytes), next)) => {
                result(PyBytes::new(&bytes)?.into_object(), next)
            }
            None => reraise(),
        };
    }
    let codes = text.as_slice().sub(start, end).iter();
    let made = match builtin {
        Builtin::Ignore => String::new(),
        Builtin::Replace => "\u{FFFD}".repeat(end - start),
        Builtin::Backslash => escaped(codes, backslash),
        _ => return Err(unknown()),
    };
    result(PyStr::new(&made)?.into_object(), end)
}

/// Implements the 'strict' error handling, which raises a UnicodeError on coding errors.
#[pyfunction(signature = "($self, object, /)")]
fn strict_errors(object: &PyObject) -> PyResult<Obj> {
    if crate::exceptions::is_exception(object) {
        return Err(PyErr::raise(object.to_obj()));
    }
    Err(crate::type_error!("codec must pass exception instance"))
}

/// Implements the 'ignore' error handling, which ignores malformed data and continues.
#[pyfunction(signature = "($self, object, /)")]
fn ignore_errors(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::Ignore, object)
}

/// Implements the 'replace' error handling, which replaces malformed data with a replacement marker.
#[pyfunction(signature = "($self, object, /)")]
fn replace_errors(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::Replace, object)
}

/// Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference.
#[pyfunction(signature = "($self, object, /)")]
fn xmlcharrefreplace_errors(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::XmlCharRef, object)
}

/// Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence.
#[pyfunction(signature = "($self, object, /)")]
fn backslashreplace_errors(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::Backslash, object)
}

/// Implements the 'namereplace' error handling, which replaces an unencodable character with a \N{...} escape sequence.
#[pyfunction(signature = "($self, object, /)")]
fn namereplace_errors(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::Name, object)
}

#[pyfunction(signature = "($self, object, /)")]
fn surrogatepass(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::SurrogatePass, object)
}

#[pyfunction(signature = "($self, object, /)")]
fn surrogateescape(object: &PyObject) -> PyResult<Obj> {
    handle(Builtin::SurrogateEscape, object)
}

/// The handlers that every interpreter begins with, as functions.
pub(super) fn builtin_functions() -> [(&'static str, &'static crate::MethodDef); 8] {
    [
        ("strict", &strict_errors::DEF),
        ("ignore", &ignore_errors::DEF),
        ("replace", &replace_errors::DEF),
        ("xmlcharrefreplace", &xmlcharrefreplace_errors::DEF),
        ("backslashreplace", &backslashreplace_errors::DEF),
        ("namereplace", &namereplace_errors::DEF),
        ("surrogatepass", &surrogatepass::DEF),
        ("surrogateescape", &surrogateescape::DEF),
    ]
}
