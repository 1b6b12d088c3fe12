//! The methods that `bytes` and `bytearray` share: searching, splitting, stripping, case, layout.
//!
//! Arguments are converted first, which may run Python code; only then the row of bytes is looked at,
//! in place and for no longer than nothing else can change it.

use std::borrow::Cow;

use krait_macros::pymethods;
use krait_text::search;
use krait_text::split::{self, Ends, Flavor};

use super::PyBytes;
use super::row_ops::{
    all_of, buffer_arg, fill_byte, find_in, has_affix, hex_text, is_title, join, latin, length,
    maketrans, mapped, needle_arg, padded, parse_hex, partition, pieces, replace, rsplit_row,
    search_range, split_row, strip, translate, zfill,
};
use crate::bytearray::PyByteArray;
use crate::convert::SliceIndex;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{OptionalArg, PyList, PyResult, PyStr, PyTuple, PyType};

/// A class whose instances are rows of bytes.
pub(super) trait ByteRow: PyClass {
    /// Runs `body` with the bytes borrowed; it must not run Python code.
    fn with_row<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R;
    /// The bytes as they are now, for what may run Python code: a bytearray's are copied.
    fn stable_row(&self) -> Cow<'_, [u8]>;
    /// A new object of the plain class.
    fn make(bytes: &[u8]) -> PyResult<Obj>;
    /// As `make`, of parts one after the other, which are `len` bytes in all.
    fn make_of<'a>(len: usize, parts: impl Iterator<Item = &'a [u8]>) -> PyResult<Obj>;
    /// The object itself if its bytes were not changed and it may be shared.
    fn unchanged(&self) -> PyResult<Obj>;
}

impl ByteRow for PyBytes {
    #[inline(always)]
    fn with_row<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R {
        body(self.as_bytes())
    }

    fn stable_row(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }

    #[inline(always)]
    fn make(bytes: &[u8]) -> PyResult<Obj> {
        Ok(PyBytes::new(bytes)?.into_object())
    }

    fn make_of<'a>(len: usize, parts: impl Iterator<Item = &'a [u8]>) -> PyResult<Obj> {
        if len <= 1 {
            let mut parts = parts.filter(|part| !part.is_empty());
            return Self::make(parts.next().unwrap_or_default());
        }
        Ok(PyBytes::from_parts(len, parts)?.into_object())
    }

    fn unchanged(&self) -> PyResult<Obj> {
        if self.is_exact::<PyBytes>() {
            Ok(self.to_obj())
        } else {
            Self::make(self.as_bytes())
        }
    }
}

impl ByteRow for PyByteArray {
    #[inline(always)]
    fn with_row<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R {
        self.with_bytes(body)
    }

    fn stable_row(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.to_vec())
    }

    fn make(bytes: &[u8]) -> PyResult<Obj> {
        Ok(PyByteArray::new(bytes)?.into_object())
    }

    fn make_of<'a>(len: usize, parts: impl Iterator<Item = &'a [u8]>) -> PyResult<Obj> {
        let array = PyByteArray::new(b"")?;
        array.resize(len)?;
        let mut at = 0;
        for part in parts {
            array.write_at(at, part);
            at += part.len();
        }
        Ok(array.into_object())
    }

    fn unchanged(&self) -> PyResult<Obj> {
        Self::make(&self.to_vec())
    }
}

macro_rules! row_methods {
    ($($class:ident)*) => {$(
        #[pymethods(ROWS)]
        impl $class {
            /// Return the lowest index where subsection 'sub' is found, such that 'sub' is contained
            /// within [start,end], or -1.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn find(&self, sub: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<isize> {
                let needle = needle_arg(sub)?;
                let found = find_in(self, start, end, |row| search::find_bytes(row, &needle));
                Ok(found.map_or(-1, |at| at as isize))
            }

            /// Return the highest index where subsection 'sub' is found, such that 'sub' is contained
            /// within [start,end], or -1.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn rfind(&self, sub: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<isize> {
                let needle = needle_arg(sub)?;
                let found = find_in(self, start, end, |row| search::rfind_bytes(row, &needle));
                Ok(found.map_or(-1, |at| at as isize))
            }

            /// Like find(), but raise ValueError when the subsection is not found.
            #[pymethod(name = "index", signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn index_of(&self, sub: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<isize> {
                match self.find(sub, start, end)? {
                    -1 => Err(crate::value_error!("subsection not found")),
                    at => Ok(at),
                }
            }

            /// Like rfind(), but raise ValueError when the subsection is not found.
            #[pymethod(name = "rindex", signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn rindex_of(&self, sub: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<isize> {
                match self.rfind(sub, start, end)? {
                    -1 => Err(crate::value_error!("subsection not found")),
                    at => Ok(at),
                }
            }

            /// Return the number of non-overlapping occurrences of subsection 'sub'.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn count(&self, sub: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<usize> {
                let needle = needle_arg(sub)?;
                Ok(self.with_row(|row| {
                    search_range(row.len(), start, end).map_or(0, |range| {
                        search::count(latin(&row[range]), latin(&needle), usize::MAX)
                    })
                }))
            }

            /// Return True if the bytes starts with the specified prefix, False otherwise.
            #[pymethod(signature = "($self, prefix, start=None, end=None, /)", text_signature = "($self, prefix[, start[, end]], /)")]
            fn startswith(&self, prefix: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<bool> {
                has_affix(self, "startswith", prefix, (start, end), |row, affix| row.starts_with(affix))
            }

            /// Return True if the bytes ends with the specified suffix, False otherwise.
            #[pymethod(signature = "($self, suffix, start=None, end=None, /)", text_signature = "($self, suffix[, start[, end]], /)")]
            fn endswith(&self, suffix: &PyObject, start: Option<SliceIndex>, end: Option<SliceIndex>) -> PyResult<bool> {
                has_affix(self, "endswith", suffix, (start, end), |row, affix| row.ends_with(affix))
            }

            /// Return a list of the sections in the bytes, using sep as the delimiter.
            ///
            /// With sep None, split on ASCII whitespace. maxsplit -1 means no limit.
            #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
            fn split(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
                split_row(self, sep, maxsplit)
            }

            /// Return a list of the sections in the bytes, splitting from the end.
            #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
                rsplit_row(self, sep, maxsplit)
            }

            /// Return a list of the lines in the bytes, breaking at line boundaries.
            ///
            /// Line breaks are not included in the resulting list unless keepends is true.
            #[pymethod(signature = "($self, /, keepends=False)")]
            fn splitlines(&self, keepends: bool) -> PyResult<Py<PyList>> {
                self.with_row(|row| {
                    pieces::<$class>(row, 0, split::split_lines(latin(row), Flavor::Bytes, keepends))
                })
            }

            /// Partition the bytes into three parts using the given separator.
            #[pymethod(signature = "($self, sep, /)")]
            fn partition(&self, sep: &PyObject) -> PyResult<Py<PyTuple>> {
                partition(self, sep, false)
            }

            /// Partition the bytes into three parts using the given separator, from the end.
            #[pymethod(signature = "($self, sep, /)")]
            fn rpartition(&self, sep: &PyObject) -> PyResult<Py<PyTuple>> {
                partition(self, sep, true)
            }

            /// Strip leading and trailing bytes contained in the argument.
            ///
            /// If the argument is omitted or None, strip ASCII whitespace.
            #[pymethod(signature = "($self, bytes=None, /)")]
            fn strip(&self, bytes: Option<&PyObject>) -> PyResult<Obj> {
                strip(self, bytes, Ends::Both)
            }

            /// Strip leading bytes contained in the argument.
            #[pymethod(signature = "($self, bytes=None, /)")]
            fn lstrip(&self, bytes: Option<&PyObject>) -> PyResult<Obj> {
                strip(self, bytes, Ends::Left)
            }

            /// Strip trailing bytes contained in the argument.
            #[pymethod(signature = "($self, bytes=None, /)")]
            fn rstrip(&self, bytes: Option<&PyObject>) -> PyResult<Obj> {
                strip(self, bytes, Ends::Right)
            }

            /// Return a bytes object with the given prefix string removed if present.
            #[pymethod(signature = "($self, prefix, /)")]
            fn removeprefix(&self, prefix: &PyObject) -> PyResult<Obj> {
                let prefix = buffer_arg(prefix)?;
                let rest = self.with_row(|row| match row.strip_prefix(&prefix[..]) {
                    Some(rest) if !prefix.is_empty() => Some(<$class>::make(rest)),
                    _ => None,
                });
                rest.unwrap_or_else(|| self.unchanged())
            }

            /// Return a bytes object with the given suffix string removed if present.
            #[pymethod(signature = "($self, suffix, /)")]
            fn removesuffix(&self, suffix: &PyObject) -> PyResult<Obj> {
                let suffix = buffer_arg(suffix)?;
                let rest = self.with_row(|row| match row.strip_suffix(&suffix[..]) {
                    Some(rest) if !suffix.is_empty() => Some(<$class>::make(rest)),
                    _ => None,
                });
                rest.unwrap_or_else(|| self.unchanged())
            }

            /// Return a copy with all occurrences of substring old replaced by new.
            ///
            /// A count of -1 (the default value) means replace all occurrences.
            #[pymethod(signature = "($self, old, new, count=-1, /)")]
            fn replace(&self, old: &PyObject, new: &PyObject, count: isize) -> PyResult<Obj> {
                replace(self, old, new, count)
            }

            /// Concatenate any number of bytes objects, with this one between them.
            #[pymethod(signature = "($self, iterable_of_bytes, /)")]
            fn join(&self, iterable_of_bytes: &PyObject) -> PyResult<Obj> {
                join(self, iterable_of_bytes)
            }

            /// Return a copy with each character mapped by the given translation table.
            ///
            /// All characters occurring in the optional argument delete are removed.
            #[pymethod(signature = "($self, table, /, delete=b'')")]
            fn translate(&self, table: &PyObject, delete: OptionalArg<&PyObject>) -> PyResult<Obj> {
                translate(self, table, delete)
            }

            /// Return a translation table usable for the bytes or bytearray translate method.
            #[pystaticmethod(signature = "(frm, to, /)")]
            fn maketrans(frm: &PyObject, to: &PyObject) -> PyResult<Py<PyBytes>> {
                maketrans(frm, to)
            }

            /// Return a centered string of length width, padded with the fill character.
            #[pymethod(signature = "($self, width, fillchar=b' ', /)")]
            fn center(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Obj> {
                let fill = fill_byte("center", fillchar)?;
                let (left, right) =
                    krait_text::layout::center_padding(length(self), width.max(0) as usize);
                padded(self, left, right, fill)
            }

            /// Return a left-justified string of length width, padded with the fill character.
            #[pymethod(signature = "($self, width, fillchar=b' ', /)")]
            fn ljust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Obj> {
                let fill = fill_byte("ljust", fillchar)?;
                padded(self, 0, (width.max(0) as usize).saturating_sub(length(self)), fill)
            }

            /// Return a right-justified string of length width, padded with the fill character.
            #[pymethod(signature = "($self, width, fillchar=b' ', /)")]
            fn rjust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Obj> {
                let fill = fill_byte("rjust", fillchar)?;
                padded(self, (width.max(0) as usize).saturating_sub(length(self)), 0, fill)
            }

            /// Pad a numeric string with zeros on the left, to fill a field of the given width.
            #[pymethod(signature = "($self, width, /)")]
            fn zfill(&self, width: isize) -> PyResult<Obj> {
                match self.with_row(|row| zfill(row, width)) {
                    Some(filled) => <$class>::make(&filled),
                    None => self.unchanged(),
                }
            }

            /// Return a copy where all tab characters are expanded using spaces.
            #[pymethod(signature = "($self, /, tabsize=8)")]
            fn expandtabs(&self, tabsize: i32) -> PyResult<Obj> {
                let expanded = self.with_row(|row| {
                    krait_text::layout::expand_tabs(latin(row), tabsize.max(0) as usize)
                });
                match expanded {
                    Some(expanded) => {
                        let bytes: Vec<u8> = expanded.as_slice().iter().map(|c| c as u8).collect();
                        <$class>::make(&bytes)
                    }
                    None => Err(crate::overflow_error!("result too long")),
                }
            }

            /// Return a copy of B with all ASCII characters converted to uppercase.
            #[pymethod]
            fn upper(&self) -> PyResult<Obj> {
                mapped(self, <[u8]>::to_ascii_uppercase)
            }

            /// Return a copy of B with all ASCII characters converted to lowercase.
            #[pymethod]
            fn lower(&self) -> PyResult<Obj> {
                mapped(self, <[u8]>::to_ascii_lowercase)
            }

            /// Return a titlecased version of B: ASCII words start uppercase, the rest is lowercase.
            #[pymethod]
            fn title(&self) -> PyResult<Obj> {
                mapped(self, krait_text::case::ascii_title)
            }

            /// Return a copy of B with uppercase ASCII characters converted to lowercase and vice versa.
            #[pymethod]
            fn swapcase(&self) -> PyResult<Obj> {
                mapped(self, krait_text::case::ascii_swapcase)
            }

            /// Return a copy of B with its first character capitalized (ASCII) and the rest lowercased.
            #[pymethod]
            fn capitalize(&self) -> PyResult<Obj> {
                mapped(self, |row| {
                    let mut bytes = row.to_ascii_lowercase();
                    if let Some(first) = bytes.first_mut() {
                        first.make_ascii_uppercase();
                    }
                    bytes
                })
            }

            /// Return True if all characters in B are ASCII.
            #[pymethod]
            fn isascii(&self) -> bool {
                self.with_row(<[u8]>::is_ascii)
            }

            /// Return True if all characters in B are alphabetic and there is at least one.
            #[pymethod]
            fn isalpha(&self) -> bool {
                self.with_row(|row| all_of(row, u8::is_ascii_alphabetic))
            }

            /// Return True if all characters in B are alphanumeric and there is at least one.
            #[pymethod]
            fn isalnum(&self) -> bool {
                self.with_row(|row| all_of(row, u8::is_ascii_alphanumeric))
            }

            /// Return True if all characters in B are digits and there is at least one.
            #[pymethod]
            fn isdigit(&self) -> bool {
                self.with_row(|row| all_of(row, u8::is_ascii_digit))
            }

            /// Return True if all characters in B are whitespace and there is at least one.
            #[pymethod]
            fn isspace(&self) -> bool {
                self.with_row(|row| all_of(row, |byte| matches!(byte, b' ' | 9..=13)))
            }

            /// Return True if there is a cased character in B and all of them are lowercase.
            #[pymethod]
            fn islower(&self) -> bool {
                self.with_row(|row| {
                    row.iter().any(u8::is_ascii_lowercase) && !row.iter().any(u8::is_ascii_uppercase)
                })
            }

            /// Return True if there is a cased character in B and all of them are uppercase.
            #[pymethod]
            fn isupper(&self) -> bool {
                self.with_row(|row| {
                    row.iter().any(u8::is_ascii_uppercase) && !row.iter().any(u8::is_ascii_lowercase)
                })
            }

            /// Return True if B is a titlecased string and there is at least one character in B.
            #[pymethod]
            fn istitle(&self) -> bool {
                self.with_row(is_title)
            }

            /// Decode the bytes using the codec registered for encoding.
            #[pymethod(signature = "($self, /, encoding='utf-8', errors='strict')")]
            fn decode(&self, encoding: OptionalArg<&str>, errors: OptionalArg<&str>) -> PyResult<Obj> {
                let (encoding, errors) = (encoding.unwrap_or("utf-8"), errors.present());
                Ok(crate::codecs::decode(&self.stable_row(), encoding, errors)?.into_object())
            }

            /// Create a string of hexadecimal numbers from a bytes object.
            ///
            ///   sep
            ///     An optional single character that separates the bytes.
            ///   bytes_per_sep
            ///     How many bytes stand between separators; counted from the right, or from the
            ///     left if negative.
            ///
            /// >>> data = b'\x01\x20\xff'
            /// >>> data.hex(), bytearray(data).hex(':')
            /// ('0120ff', '01:20:ff')
            /// >>> data.hex('-', 2), data.hex('-', -2)
            /// ('01-20ff', '0120-ff')
            #[pymethod(signature = "($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(&self, sep: OptionalArg<&PyObject>, bytes_per_sep: isize) -> PyResult<Py<PyStr>> {
                hex_text(&self.stable_row(), sep.present(), bytes_per_sep)
            }

            /// Create a bytes object from a string of hexadecimal numbers.
            ///
            /// Spaces between two numbers are accepted.
            #[pyclassmethod(signature = "($type, string, /)")]
            fn fromhex(class: &PyType, string: &PyObject) -> PyResult<Obj> {
                let made = <$class>::make(&parse_hex(string)?)?;
                if std::ptr::eq(class, <$class>::type_object()) {
                    return Ok(made);
                }
                class.call1(&made)
            }

            #[slot(nb_remainder)]
            fn remainder(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                let Some(this) = left.downcast::<$class>() else {
                    return Ok(crate::not_implemented().to_obj());
                };
                let formatted = crate::formatter::percent_format_bytes(&this.stable_row(), right)?;
                <$class>::make(&formatted)
            }
        }
    )*};
}

row_methods! { PyBytes PyByteArray }
