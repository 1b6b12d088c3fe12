//! The `%` operator of `str` and `bytes`.
//!
//! The grammar of conversions, the supply of arguments and numbers are the same for both; what is
//! different is how text comes out of other objects ([`text`] and [`bytes`]).

mod bytes;
mod number;
mod text;

pub use bytes::percent_format_bytes;
pub use text::percent_format;

use crate::object::{Obj, PyClass, PyObject};
use crate::{PyErr, PyLong, PyResult, PyStr, PyTuple, exc};

/// The flags between `%` and the width.
#[derive(Clone, Copy, Default)]
struct Flags {
    left: bool,
    sign: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
}

/// A conversion, without its mapping key, which has been looked up.
#[derive(Clone, Copy)]
struct Conversion {
    flags: Flags,
    width: usize,
    precision: Option<usize>,
    code: u32,
    /// Where the code is in the format.
    index: usize,
}

impl Conversion {
    /// The code as a byte; 0 for what is none.
    fn byte(&self) -> u8 {
        u8::try_from(self.code).unwrap_or(0)
    }

    #[cold]
    fn unsupported(&self) -> PyErr {
        let shown = match u8::try_from(self.code) {
            Ok(byte @ 32..=127) => char::from(byte),
            _ => '?',
        };
        crate::value_error!(
            "unsupported format character '{shown}' (0x{:x}) at index {}",
            self.code,
            self.index
        )
    }

    /// How many fill characters go before and after a text of so many characters.
    fn padding(&self, len: usize) -> (usize, usize) {
        let padding = self.width.saturating_sub(len);
        if self.flags.left {
            (0, padding)
        } else {
            (padding, 0)
        }
    }

    /// Whether the conversion is the code alone.
    fn is_plain(&self) -> bool {
        let Flags {
            left,
            sign,
            blank,
            alternate,
            zero,
        } = self.flags;
        !(left || sign || blank || alternate || zero) && self.width == 0 && self.precision.is_none()
    }
}

/// Hands out the operator's right side: a tuple's items, a mapping's values, or the one object.
struct Arguments<'a> {
    whole: &'a PyObject,
    mapping: Option<&'a PyObject>,
    /// A value that a key gave, for the conversion at hand.
    keyed: Option<Obj>,
    next: usize,
    /// What is said if arguments are left: "string" or "bytes".
    kind: &'static str,
}

impl<'a> Arguments<'a> {
    fn new(whole: &'a PyObject, is_text: bool, kind: &'static str) -> Self {
        let no_mapping = whole.downcast::<PyTuple>().is_some() || is_text || !whole.is_mapping();
        let mapping = if no_mapping { None } else { Some(whole) };
        Self {
            whole,
            mapping,
            keyed: None,
            next: 0,
            kind,
        }
    }

    fn tuple(&self) -> Option<&'a PyTuple> {
        self.whole.downcast::<PyTuple>()
    }

    /// Makes the value of `key` the next argument.
    fn select(&mut self, key: &PyObject, mapping: &PyObject) -> PyResult<()> {
        self.keyed = Some(mapping.get_item(key)?);
        self.next = 0;
        Ok(())
    }

    fn next(&mut self) -> PyResult<Obj> {
        let index = self.next;
        self.next += 1;
        let found = if let Some(keyed) = &self.keyed {
            (index == 0).then(|| keyed.clone())
        } else if let Some(tuple) = self.tuple() {
            tuple.get(index).map(PyClass::to_obj)
        } else {
            (index == 0).then(|| self.whole.to_obj())
        };
        found.ok_or_else(|| crate::type_error!("not enough arguments for format string"))
    }

    /// Complains of arguments that no conversion took.
    fn finish(&self) -> PyResult<()> {
        let given = self.tuple().map_or(1, PyTuple::len);
        if self.mapping.is_none() && self.keyed.is_none() && self.next < given {
            return Err(crate::type_error!(
                "not all arguments converted during {} formatting",
                self.kind
            ));
        }
        Ok(())
    }
}

/// A format being read: its units as code points.
struct Reader<F> {
    at: usize,
    len: usize,
    unit: F,
}

impl<F: Fn(usize) -> u32> Reader<F> {
    fn peek(&self) -> Option<u32> {
        (self.at < self.len).then(|| (self.unit)(self.at))
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(u32::from(wanted));
        self.at += usize::from(found);
        found
    }

    /// The key in parentheses behind an opening one, which may contain balanced pairs.
    fn key(&mut self) -> PyResult<(usize, usize)> {
        let start = self.at;
        let mut depth = 1;
        while let Some(code) = self.peek() {
            self.at += 1;
            match u8::try_from(code) {
                Ok(b'(') => depth += 1,
                Ok(b')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok((start, self.at - 1));
            }
        }
        Err(crate::value_error!("incomplete format key"))
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(code) = self.peek() {
            match u8::try_from(code) {
                Ok(b'-') => flags.left = true,
                Ok(b'+') => flags.sign = true,
                Ok(b' ') => flags.blank = true,
                Ok(b'#') => flags.alternate = true,
                Ok(b'0') => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    /// Digits, as a number of at most `limit`.
    fn number(&mut self, limit: usize, message: &str) -> PyResult<usize> {
        let mut value = 0_usize;
        while let Some(digit @ 0..=9) = self.peek().map(|code| code.wrapping_sub(u32::from(b'0'))) {
            let next = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(digit as usize));
            value = next
                .filter(|&value| value <= limit)
                .ok_or_else(|| crate::value_error!("{message}"))?;
            self.at += 1;
        }
        Ok(value)
    }

    /// A conversion that is the code alone, if one follows.
    #[inline]
    fn plain_conversion(&mut self) -> Option<Conversion> {
        let code = self.peek()?;
        if !matches!(u8::try_from(code), Ok(b's' | b'd' | b'r' | b'x' | b'i')) {
            return None;
        }
        self.at += 1;
        Some(Conversion {
            flags: Flags::default(),
            width: 0,
            precision: None,
            code,
            index: self.at - 1,
        })
    }

    /// What follows `%` and the key.
    fn conversion(&mut self, args: &mut Arguments<'_>) -> PyResult<Conversion> {
        let mut flags = self.flags();
        let width = if self.take(b'*') {
            let value = args.next()?;
            let value = star(&value)?;
            let Some(value) = value.to_i64() else {
                return Err(crate::overflow_error!(
                    "Python int too large to convert to C ssize_t"
                ));
            };
            flags.left |= value < 0;
            value.unsigned_abs() as usize
        } else {
            self.number(isize::MAX as usize, "width too big")?
        };
        let mut precision = None;
        if self.take(b'.') {
            precision = Some(if self.take(b'*') {
                let value = args.next()?;
                let value = star(&value)?.to_i64();
                let Some(value) = value.and_then(|value| i32::try_from(value).ok()) else {
                    return Err(crate::overflow_error!(
                        "Python int too large to convert to C int"
                    ));
                };
                value.max(0) as usize
            } else {
                self.number(i32::MAX as usize, "precision too big")?
            });
        }
        // A length modifier of C means nothing here.
        let _modifier = self.take(b'h') || self.take(b'l') || self.take(b'L');
        let Some(code) = self.peek() else {
            return Err(crate::value_error!("incomplete format"));
        };
        self.at += 1;
        Ok(Conversion {
            flags,
            width,
            precision,
            code,
            index: self.at - 1,
        })
    }
}

/// The argument of a `*`.
fn star(value: &PyObject) -> PyResult<&PyLong> {
    value
        .downcast::<PyLong>()
        .ok_or_else(|| crate::type_error!("* wants int"))
}

/// The code point of an int for `%c`; `None` beyond `limit`.
fn character(value: &PyObject, limit: u32) -> PyResult<Option<u32>> {
    let code = value
        .index()?
        .to_i64()
        .and_then(|value| u32::try_from(value).ok());
    Ok(code.filter(|&code| code < limit))
}

/// The text of an object for `%s`, `%r` and `%a`.
fn object_text(value: &PyObject, code: u8) -> PyResult<crate::object::Py<PyStr>> {
    match code {
        b's' => value.str(),
        b'r' => value.repr(),
        _ => value.ascii(),
    }
}

/// Whether an error says that a conversion does not take the object.
fn is_type_error(error: &PyErr) -> bool {
    error.matches(&exc::TypeError)
}
