//! The methods that `bytes` and `bytearray` share: searching, splitting, stripping, case, layout.
//!
//! Each works on a copy-on-write row of bytes: a bytearray's is copied, because converting an
//! argument may run Python code that changes it.

use std::borrow::Cow;
use std::ops::Range;

use krait_macros::pymethods;
use krait_text::StrSlice;
use krait_text::search;
use krait_text::split::{self, Ends, Flavor};

use super::{PyBytes, byte_from, bytes_like};
use crate::bytearray::PyByteArray;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::clip_bounds;
use crate::{OptionalArg, PyList, PyResult, PyStr, PyTuple, PyType};

/// A class whose instances are rows of bytes.
trait ByteRow: PyClass {
    /// The bytes at this moment.
    fn row(&self) -> Cow<'_, [u8]>;
    /// A new object of the plain class.
    fn make(bytes: &[u8]) -> PyResult<Obj>;
    /// The object itself if its bytes were not changed and it may be shared.
    fn unchanged(&self) -> PyResult<Obj>;
}

impl ByteRow for PyBytes {
    fn row(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }

    fn make(bytes: &[u8]) -> PyResult<Obj> {
        Ok(PyBytes::new(bytes)?.into_object())
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
    fn row(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.to_vec())
    }

    fn make(bytes: &[u8]) -> PyResult<Obj> {
        Ok(PyByteArray::new(bytes)?.into_object())
    }

    fn unchanged(&self) -> PyResult<Obj> {
        Self::make(&self.to_vec())
    }
}

/// A bytes-like argument.
fn buffer_arg(value: &PyObject) -> PyResult<Vec<u8>> {
    bytes_like(value)?.ok_or_else(|| {
        crate::type_error!(
            "a bytes-like object is required, not '{}'",
            value.type_().tp_name()
        )
    })
}

/// What `find` and its kin look for: bytes, or one byte as an int.
fn needle_arg(value: &PyObject) -> PyResult<Vec<u8>> {
    if let Some(bytes) = bytes_like(value)? {
        return Ok(bytes);
    }
    if value.has_index() {
        return Ok(vec![byte_from(value, "byte")?]);
    }
    Err(crate::type_error!(
        "argument should be integer or bytes-like object, not '{}'",
        value.type_().tp_name()
    ))
}

/// Where `find` and its kin look; `None` if the start is beyond the end.
fn search_range(
    len: usize,
    start: Option<&PyObject>,
    end: Option<&PyObject>,
) -> PyResult<Option<Range<usize>>> {
    let (clipped, stop) = clip_bounds(start, end, len)?;
    if clipped > stop {
        return Ok(None);
    }
    // A start beyond the end finds nothing, not even the empty row.
    if let Some(start) = start
        && start.as_isize(None)? > len as isize
    {
        return Ok(None);
    }
    Ok(Some(clipped..stop))
}

fn latin(bytes: &[u8]) -> StrSlice<'_> {
    StrSlice::Latin1(bytes)
}

fn pieces<T: ByteRow>(row: &[u8], ranges: Vec<Range<usize>>) -> PyResult<Py<PyList>> {
    let items = ranges.into_iter().map(|range| T::make(&row[range]));
    PyList::from_vec(items.collect::<PyResult<_>>()?)
}

fn limit(maxsplit: isize) -> usize {
    usize::try_from(maxsplit).unwrap_or(usize::MAX)
}

fn strip<T: ByteRow>(this: &T, characters: Option<&PyObject>, ends: Ends) -> PyResult<Obj> {
    let characters = characters.map(buffer_arg).transpose()?;
    let row = this.row();
    let range = match &characters {
        None => split::strip_whitespace(latin(&row), Flavor::Bytes, ends),
        Some(characters) => split::strip_chars(latin(&row), latin(characters), ends),
    };
    if range.len() == row.len() {
        this.unchanged()
    } else {
        T::make(&row[range])
    }
}

/// `startswith` and `endswith`: one affix or a tuple of them.
fn has_affix<T: ByteRow>(
    this: &T,
    name: &str,
    affix: &PyObject,
    start: Option<&PyObject>,
    end: Option<&PyObject>,
    test: fn(&[u8], &[u8]) -> bool,
) -> PyResult<bool> {
    let one = |affix: &PyObject| -> PyResult<bool> {
        let Some(bytes) = bytes_like(affix)? else {
            return Err(crate::type_error!(
                "a bytes-like object is required, not '{}'",
                affix.type_().tp_name()
            ));
        };
        let row = this.row();
        Ok(match search_range(row.len(), start, end)? {
            Some(range) => test(&row[range], &bytes),
            None => false,
        })
    };
    if let Some(affixes) = affix.downcast::<PyTuple>() {
        for affix in affixes.as_slice() {
            if one(affix)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !affix.has_buffer() {
        return Err(crate::type_error!(
            "{name} first arg must be bytes or a tuple of bytes, not {}",
            affix.type_().tp_name()
        ));
    }
    one(affix)
}

fn partition<T: ByteRow>(this: &T, separator: &PyObject, last: bool) -> PyResult<Py<PyTuple>> {
    let separator = buffer_arg(separator)?;
    if separator.is_empty() {
        return Err(crate::value_error!("empty separator"));
    }
    let row = this.row();
    let (haystack, needle) = (latin(&row), latin(&separator));
    let at = if last {
        search::rfind(haystack, needle)
    } else {
        search::find(haystack, needle)
    };
    let parts = match at {
        Some(at) => [
            T::make(&row[..at])?,
            T::make(&separator)?,
            T::make(&row[at + separator.len()..])?,
        ],
        None if last => [T::make(b"")?, T::make(b"")?, this.unchanged()?],
        None => [this.unchanged()?, T::make(b"")?, T::make(b"")?],
    };
    PyTuple::from_vec(parts.to_vec())
}

fn fill_byte(name: &str, fill: OptionalArg<&PyObject>) -> PyResult<u8> {
    let Some(fill) = fill.present() else {
        return Ok(b' ');
    };
    match super::bytes_or_bytearray(fill).as_deref() {
        Some([byte]) => Ok(*byte),
        Some(other) => Err(crate::type_error!(
            "{name}(): argument 2 must be a byte string of length 1, not a {} object of length {}",
            fill.type_().tp_name(),
            other.len()
        )),
        None => Err(crate::type_error!(
            "{name}() argument 2 must be a byte string of length 1, not {}",
            fill.type_().tp_name()
        )),
    }
}

fn padded<T: ByteRow>(this: &T, left: usize, right: usize, fill: u8) -> PyResult<Obj> {
    let row = this.row();
    if left == 0 && right == 0 {
        return this.unchanged();
    }
    let mut bytes = vec![fill; left];
    bytes.extend_from_slice(&row);
    bytes.resize(bytes.len() + right, fill);
    T::make(&bytes)
}

/// `hex()`: two digits a byte, with a separator every so many bytes (from the right if positive).
pub fn hex_text(bytes: &[u8], separator: Option<&PyObject>, group: isize) -> PyResult<Py<PyStr>> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let separator = match separator {
        None => None,
        Some(separator) => {
            if separator.length()? != 1 {
                return Err(crate::value_error!("sep must be length 1."));
            }
            let text = match separator.downcast::<PyStr>() {
                Some(text) => text.to_wtf8().as_bytes().to_vec(),
                None => match super::bytes_or_bytearray(separator) {
                    Some(bytes) => bytes,
                    None => return Err(crate::type_error!("sep must be str or bytes.")),
                },
            };
            let [byte] = text[..] else {
                return Err(crate::value_error!("sep must be length 1."));
            };
            if !byte.is_ascii() {
                return Err(crate::value_error!("sep must be ASCII."));
            }
            Some(byte)
        }
    };
    let mut text = Vec::with_capacity(bytes.len() * 2);
    let size = group.unsigned_abs();
    for (index, byte) in bytes.iter().enumerate() {
        if let Some(separator) = separator
            && index > 0
            && size > 0
        {
            let distance = if group > 0 {
                bytes.len() - index
            } else {
                index
            };
            if distance % size == 0 {
                text.push(separator);
            }
        }
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    PyStr::from_latin1(&text)
}

/// `fromhex()`: pairs of digits, with ASCII white space between them.
fn parse_hex(value: &PyObject) -> PyResult<Vec<u8>> {
    let text = match value.downcast::<PyStr>() {
        Some(text) => text
            .as_slice()
            .iter()
            .map(|c| u8::try_from(c).unwrap_or(0xFF))
            .collect(),
        None => match bytes_like(value)? {
            Some(bytes) => bytes,
            None => {
                return Err(crate::type_error!(
                    "fromhex() argument must be str or bytes-like, not {}",
                    value.type_().tp_name()
                ));
            }
        },
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    let bad = |at: usize| {
        crate::value_error!("non-hexadecimal number found in fromhex() arg at position {at}")
    };
    while at < text.len() {
        if text[at].is_ascii_whitespace() || text[at] == 0x0B {
            at += 1;
            continue;
        }
        let digit = |at: usize| text.get(at).and_then(|&c| char::from(c).to_digit(16));
        let Some(high) = digit(at) else {
            return Err(bad(at));
        };
        let Some(low) = digit(at + 1) else {
            if at + 1 >= text.len() {
                return Err(crate::value_error!(
                    "fromhex() arg must contain an even number of hexadecimal digits"
                ));
            }
            return Err(bad(at + 1));
        };
        bytes.push((high * 16 + low) as u8);
        at += 2;
    }
    Ok(bytes)
}

/// `join`: the items between copies of the separator.
fn join<T: ByteRow>(this: &T, iterable: &PyObject) -> PyResult<Obj> {
    let items = iterable.to_vec_or("can only join an iterable")?;
    if let [only] = &items[..]
        && only.is_exact::<PyBytes>()
        && std::ptr::eq(T::type_object(), PyBytes::type_object())
    {
        return Ok(only.clone());
    }
    let separator = this.row().into_owned();
    let mut joined = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(bytes) = bytes_like(item)? else {
            return Err(crate::type_error!(
                "sequence item {index}: expected a bytes-like object, {} found",
                item.type_().tp_name()
            ));
        };
        if index > 0 {
            joined.extend_from_slice(&separator);
        }
        joined.extend_from_slice(&bytes);
    }
    T::make(&joined)
}

fn replace<T: ByteRow>(this: &T, old: &PyObject, new: &PyObject, count: isize) -> PyResult<Obj> {
    let (old, new) = (buffer_arg(old)?, buffer_arg(new)?);
    let row = this.row();
    let max = limit(count);
    let mut result = Vec::with_capacity(row.len());
    let mut rest = 0;
    let mut done = 0;
    if old.is_empty() {
        for &byte in row.iter() {
            if done < max {
                result.extend_from_slice(&new);
                done += 1;
            }
            result.push(byte);
        }
        if done < max {
            result.extend_from_slice(&new);
        }
        return T::make(&result);
    }
    for at in memchr::memmem::find_iter(&row, &old) {
        if done == max {
            break;
        }
        result.extend_from_slice(&row[rest..at]);
        result.extend_from_slice(&new);
        rest = at + old.len();
        done += 1;
    }
    if done == 0 {
        return this.unchanged();
    }
    result.extend_from_slice(&row[rest..]);
    T::make(&result)
}

fn translate<T: ByteRow>(
    this: &T,
    table: &PyObject,
    delete: OptionalArg<&PyObject>,
) -> PyResult<Obj> {
    let table = if table.is(crate::none()) {
        None
    } else {
        Some(buffer_arg(table)?)
    };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(crate::value_error!(
            "translation table must be 256 characters long"
        ));
    }
    let delete = delete
        .present()
        .map(buffer_arg)
        .transpose()?
        .unwrap_or_default();
    let row = this.row();
    let translated: Vec<u8> = row
        .iter()
        .filter(|byte| !delete.contains(byte))
        .map(|&byte| {
            table
                .as_ref()
                .map_or(byte, |table| table[usize::from(byte)])
        })
        .collect();
    if *translated == *row {
        this.unchanged()
    } else {
        T::make(&translated)
    }
}

fn maketrans(from: &PyObject, to: &PyObject) -> PyResult<Py<PyBytes>> {
    let (from, to) = (buffer_arg(from)?, buffer_arg(to)?);
    if from.len() != to.len() {
        return Err(crate::value_error!(
            "maketrans arguments must have same length"
        ));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (from, to) in from.iter().zip(&to) {
        table[usize::from(*from)] = *to;
    }
    PyBytes::new(&table)
}

fn zfill(row: &[u8], width: isize) -> Option<Vec<u8>> {
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width
        .checked_sub(row.len())
        .filter(|&missing| missing > 0)?;
    let signs = usize::from(matches!(row.first(), Some(b'+' | b'-')));
    let mut filled = row[..signs].to_vec();
    filled.resize(signs + missing, b'0');
    filled.extend_from_slice(&row[signs..]);
    Some(filled)
}

/// `is…` tests: at least one byte, and all of a kind.
fn all_of(row: &[u8], test: fn(&u8) -> bool) -> bool {
    !row.is_empty() && row.iter().all(test)
}

fn is_title(row: &[u8]) -> bool {
    let (mut cased, mut previous_cased) = (false, false);
    for byte in row {
        if byte.is_ascii_uppercase() {
            if previous_cased {
                return false;
            }
            (cased, previous_cased) = (true, true);
        } else if byte.is_ascii_lowercase() {
            if !previous_cased {
                return false;
            }
            (cased, previous_cased) = (true, true);
        } else {
            previous_cased = false;
        }
    }
    cased
}

macro_rules! row_methods {
    ($($class:ident)*) => {$(
        #[pymethods(ROWS)]
        impl $class {
            /// Return the lowest index where subsection 'sub' is found, such that 'sub' is contained
            /// within [start,end], or -1.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn find(&self, sub: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<isize> {
                let needle = needle_arg(sub)?;
                let row = self.row();
                let Some(range) = search_range(row.len(), start, end)? else { return Ok(-1) };
                let found = memchr::memmem::find(&row[range.clone()], &needle);
                Ok(found.map_or(-1, |at| (range.start + at) as isize))
            }

            /// Return the highest index where subsection 'sub' is found, such that 'sub' is contained
            /// within [start,end], or -1.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn rfind(&self, sub: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<isize> {
                let needle = needle_arg(sub)?;
                let row = self.row();
                let Some(range) = search_range(row.len(), start, end)? else { return Ok(-1) };
                let found = memchr::memmem::rfind(&row[range.clone()], &needle);
                Ok(found.map_or(-1, |at| (range.start + at) as isize))
            }

            /// Like find(), but raise ValueError when the subsection is not found.
            #[pymethod(name = "index", signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn index_of(&self, sub: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<isize> {
                match self.find(sub, start, end)? {
                    -1 => Err(crate::value_error!("subsection not found")),
                    at => Ok(at),
                }
            }

            /// Like rfind(), but raise ValueError when the subsection is not found.
            #[pymethod(name = "rindex", signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn rindex_of(&self, sub: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<isize> {
                match self.rfind(sub, start, end)? {
                    -1 => Err(crate::value_error!("subsection not found")),
                    at => Ok(at),
                }
            }

            /// Return the number of non-overlapping occurrences of subsection 'sub'.
            #[pymethod(signature = "($self, sub, start=None, end=None, /)", text_signature = "($self, sub[, start[, end]], /)")]
            fn count(&self, sub: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<usize> {
                let needle = needle_arg(sub)?;
                let row = self.row();
                let Some(range) = search_range(row.len(), start, end)? else { return Ok(0) };
                Ok(search::count(latin(&row[range]), latin(&needle), usize::MAX))
            }

            /// Return True if the bytes starts with the specified prefix, False otherwise.
            #[pymethod(signature = "($self, prefix, start=None, end=None, /)", text_signature = "($self, prefix[, start[, end]], /)")]
            fn startswith(&self, prefix: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<bool> {
                has_affix(self, "startswith", prefix, start, end, |row, affix| row.starts_with(affix))
            }

            /// Return True if the bytes ends with the specified suffix, False otherwise.
            #[pymethod(signature = "($self, suffix, start=None, end=None, /)", text_signature = "($self, suffix[, start[, end]], /)")]
            fn endswith(&self, suffix: &PyObject, start: Option<&PyObject>, end: Option<&PyObject>) -> PyResult<bool> {
                has_affix(self, "endswith", suffix, start, end, |row, affix| row.ends_with(affix))
            }

            /// Return a list of the sections in the bytes, using sep as the delimiter.
            ///
            /// With sep None, split on ASCII whitespace. maxsplit -1 means no limit.
            #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
            fn split(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
                let separator = sep.map(buffer_arg).transpose()?;
                let row = self.row();
                let ranges = match &separator {
                    None => split::split_whitespace(latin(&row), Flavor::Bytes, limit(maxsplit)),
                    Some(s) if s.is_empty() => return Err(crate::value_error!("empty separator")),
                    Some(separator) => split::split(latin(&row), latin(separator), limit(maxsplit)),
                };
                pieces::<$class>(&row, ranges)
            }

            /// Return a list of the sections in the bytes, splitting from the end.
            #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
                let separator = sep.map(buffer_arg).transpose()?;
                let row = self.row();
                let ranges = match &separator {
                    None => split::rsplit_whitespace(latin(&row), Flavor::Bytes, limit(maxsplit)),
                    Some(s) if s.is_empty() => return Err(crate::value_error!("empty separator")),
                    Some(separator) => split::rsplit(latin(&row), latin(separator), limit(maxsplit)),
                };
                pieces::<$class>(&row, ranges)
            }

            /// Return a list of the lines in the bytes, breaking at line boundaries.
            ///
            /// Line breaks are not included in the resulting list unless keepends is true.
            #[pymethod(signature = "($self, /, keepends=False)")]
            fn splitlines(&self, keepends: bool) -> PyResult<Py<PyList>> {
                let row = self.row();
                pieces::<$class>(&row, split::split_lines(latin(&row), Flavor::Bytes, keepends))
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
                let row = self.row();
                match row.strip_prefix(&prefix[..]) {
                    Some(rest) if !prefix.is_empty() => <$class>::make(rest),
                    _ => self.unchanged(),
                }
            }

            /// Return a bytes object with the given suffix string removed if present.
            #[pymethod(signature = "($self, suffix, /)")]
            fn removesuffix(&self, suffix: &PyObject) -> PyResult<Obj> {
                let suffix = buffer_arg(suffix)?;
                let row = self.row();
                match row.strip_suffix(&suffix[..]) {
                    Some(rest) if !suffix.is_empty() => <$class>::make(rest),
                    _ => self.unchanged(),
                }
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
                    krait_text::layout::center_padding(self.row().len(), width.max(0) as usize);
                padded(self, left, right, fill)
            }

            /// Return a left-justified string of length width, padded with the fill character.
            #[pymethod(signature = "($self, width, fillchar=b' ', /)")]
            fn ljust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Obj> {
                let fill = fill_byte("ljust", fillchar)?;
                padded(self, 0, (width.max(0) as usize).saturating_sub(self.row().len()), fill)
            }

            /// Return a right-justified string of length width, padded with the fill character.
            #[pymethod(signature = "($self, width, fillchar=b' ', /)")]
            fn rjust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Obj> {
                let fill = fill_byte("rjust", fillchar)?;
                padded(self, (width.max(0) as usize).saturating_sub(self.row().len()), 0, fill)
            }

            /// Pad a numeric string with zeros on the left, to fill a field of the given width.
            #[pymethod(signature = "($self, width, /)")]
            fn zfill(&self, width: isize) -> PyResult<Obj> {
                match zfill(&self.row(), width) {
                    Some(filled) => <$class>::make(&filled),
                    None => self.unchanged(),
                }
            }

            /// Return a copy where all tab characters are expanded using spaces.
            #[pymethod(signature = "($self, /, tabsize=8)")]
            fn expandtabs(&self, tabsize: i32) -> PyResult<Obj> {
                let row = self.row();
                match krait_text::layout::expand_tabs(latin(&row), tabsize.max(0) as usize) {
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
                <$class>::make(&self.row().to_ascii_uppercase())
            }

            /// Return a copy of B with all ASCII characters converted to lowercase.
            #[pymethod]
            fn lower(&self) -> PyResult<Obj> {
                <$class>::make(&self.row().to_ascii_lowercase())
            }

            /// Return a titlecased version of B: ASCII words start uppercase, the rest is lowercase.
            #[pymethod]
            fn title(&self) -> PyResult<Obj> {
                <$class>::make(&krait_text::case::ascii_title(&self.row()))
            }

            /// Return a copy of B with uppercase ASCII characters converted to lowercase and vice versa.
            #[pymethod]
            fn swapcase(&self) -> PyResult<Obj> {
                <$class>::make(&krait_text::case::ascii_swapcase(&self.row()))
            }

            /// Return a copy of B with its first character capitalized (ASCII) and the rest lowercased.
            #[pymethod]
            fn capitalize(&self) -> PyResult<Obj> {
                let mut bytes = self.row().to_ascii_lowercase();
                if let Some(first) = bytes.first_mut() {
                    first.make_ascii_uppercase();
                }
                <$class>::make(&bytes)
            }

            /// Return True if all characters in B are ASCII.
            #[pymethod]
            fn isascii(&self) -> bool {
                self.row().is_ascii()
            }

            /// Return True if all characters in B are alphabetic and there is at least one.
            #[pymethod]
            fn isalpha(&self) -> bool {
                all_of(&self.row(), u8::is_ascii_alphabetic)
            }

            /// Return True if all characters in B are alphanumeric and there is at least one.
            #[pymethod]
            fn isalnum(&self) -> bool {
                all_of(&self.row(), u8::is_ascii_alphanumeric)
            }

            /// Return True if all characters in B are digits and there is at least one.
            #[pymethod]
            fn isdigit(&self) -> bool {
                all_of(&self.row(), u8::is_ascii_digit)
            }

            /// Return True if all characters in B are whitespace and there is at least one.
            #[pymethod]
            fn isspace(&self) -> bool {
                all_of(&self.row(), |byte| matches!(byte, b' ' | 9..=13))
            }

            /// Return True if there is a cased character in B and all of them are lowercase.
            #[pymethod]
            fn islower(&self) -> bool {
                let row = self.row();
                row.iter().any(u8::is_ascii_lowercase) && !row.iter().any(u8::is_ascii_uppercase)
            }

            /// Return True if there is a cased character in B and all of them are uppercase.
            #[pymethod]
            fn isupper(&self) -> bool {
                let row = self.row();
                row.iter().any(u8::is_ascii_uppercase) && !row.iter().any(u8::is_ascii_lowercase)
            }

            /// Return True if B is a titlecased string and there is at least one character in B.
            #[pymethod]
            fn istitle(&self) -> bool {
                is_title(&self.row())
            }

            /// Decode the bytes using the codec registered for encoding.
            #[pymethod(signature = "($self, /, encoding='utf-8', errors='strict')")]
            fn decode(&self, encoding: OptionalArg<&PyStr>, errors: OptionalArg<&PyStr>) -> PyResult<Obj> {
                let encoding = encoding.present().map_or(Ok("utf-8"), PyStr::as_utf8)?;
                let errors = errors.present().map(PyStr::as_utf8).transpose()?;
                Ok(crate::codecs::decode(&self.row(), encoding, errors)?.into_object())
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
                hex_text(&self.row(), sep.present(), bytes_per_sep)
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
                let formatted = crate::formatter::percent_format_bytes(&this.row(), right)?;
                <$class>::make(&formatted)
            }
        }
    )*};
}

row_methods! { PyBytes PyByteArray }

#[pymethods(CHANGES)]
impl PyByteArray {
    /// Append a single item to the end of the bytearray.
    #[pymethod(signature = "($self, item, /)")]
    fn append(&self, item: &PyObject) -> PyResult<()> {
        self.extend(&[byte_from(item, "byte")?])
    }

    /// Append all the items from the iterator or sequence to the end of the bytearray.
    #[pymethod(name = "extend", signature = "($self, iterable_of_ints, /)")]
    fn extend_method(&self, iterable_of_ints: &PyObject) -> PyResult<()> {
        let bytes = match bytes_like(iterable_of_ints)? {
            Some(bytes) => bytes,
            None if iterable_of_ints.is_instance_of::<PyStr>() => {
                return Err(crate::type_error!(
                    "expected iterable of integers; got: 'str'"
                ));
            }
            None => match iterable_of_ints.iter() {
                Ok(_) => super::bytes_from_iterable(iterable_of_ints, "bytearray")?,
                Err(error) => {
                    error.clear();
                    return Err(crate::type_error!(
                        "can't extend bytearray with {}",
                        iterable_of_ints.type_().tp_name()
                    ));
                }
            },
        };
        self.extend(&bytes)
    }

    /// Insert a single item into the bytearray before the given index.
    #[pymethod(signature = "($self, index, item, /)")]
    fn insert(&self, index: isize, item: &PyObject) -> PyResult<()> {
        let byte = byte_from(item, "byte")?;
        let len = self.len() as isize;
        let index = if index < 0 {
            (index + len).max(0)
        } else {
            index.min(len)
        } as usize;
        self.splice(index, index, &[byte])
    }

    /// Remove and return a single item from the bytearray.
    ///
    /// If no index argument is given, will pop the last item.
    #[pymethod(signature = "($self, index=-1, /)")]
    fn pop(&self, index: isize) -> PyResult<i64> {
        if self.is_empty() {
            return Err(crate::index_error!("pop from empty bytearray"));
        }
        let Some(index) = crate::tuple::checked_index(index, self.len()) else {
            return Err(crate::index_error!("pop index out of range"));
        };
        let byte = self.as_cells()[index].get();
        self.splice(index, index + 1, b"")?;
        Ok(byte.into())
    }

    /// Remove the first occurrence of a value in the bytearray.
    #[pymethod(signature = "($self, value, /)")]
    fn remove(&self, value: &PyObject) -> PyResult<()> {
        let byte = byte_from(value, "byte")?;
        match self.with_bytes(|bytes| memchr::memchr(byte, bytes)) {
            Some(at) => self.splice(at, at + 1, b""),
            None => Err(crate::value_error!("value not found in bytearray")),
        }
    }

    /// Reverse the order of the values in the bytearray in place.
    #[pymethod]
    fn reverse(&self) {
        let cells = self.as_cells();
        let len = cells.len();
        for index in 0..len / 2 {
            cells[index].swap(&cells[len - 1 - index]);
        }
    }

    /// Remove all items from the bytearray.
    #[pymethod]
    fn clear(&self) -> PyResult<()> {
        self.resize(0)
    }

    /// Return a copy of B.
    #[pymethod]
    fn copy(&self) -> PyResult<Py<PyByteArray>> {
        PyByteArray::new(&self.to_vec())
    }

    /// Resize the internal buffer of bytearray to len.
    #[pymethod(name = "resize", signature = "($self, size, /)")]
    fn resize_method(&self, size: isize) -> PyResult<()> {
        match usize::try_from(size) {
            Ok(size) => self.resize(size),
            Err(_) => Err(crate::value_error!(
                "bytearray.resize(): new size must be >= 0, got {size}"
            )),
        }
    }

    /// Returns the size of the bytearray object in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.type_().raw().tp_basicsize.get() as usize + self.0.ob_alloc.get() as usize
    }

    /// Return the number of bytes actually allocated.
    #[pymethod(name = "__alloc__")]
    fn alloc_size(&self) -> isize {
        self.0.ob_alloc.get()
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        self.reduce_ex(2)
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce_ex__", signature = "($self, proto=0, /)")]
    fn reduce_ex(&self, proto: i32) -> PyResult<Py<PyTuple>> {
        let bytes = self.to_vec();
        let arguments = if proto < 3 {
            let text = PyStr::from_latin1(&bytes)?.into_object();
            vec![text, PyStr::intern("latin-1")?.into_object()]
        } else if bytes.is_empty() {
            Vec::new()
        } else {
            vec![PyBytes::new(&bytes)?.into_object()]
        };
        let state = self.getattr(crate::intern!("__getstate__"))?.call0()?;
        PyTuple::from_vec(vec![
            self.type_().to_obj(),
            PyTuple::from_vec(arguments)?.into_object(),
            state,
        ])
    }
}
