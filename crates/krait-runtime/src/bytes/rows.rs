//! The methods that `bytes` and `bytearray` share: searching, splitting, stripping, case, layout.
//!
//! Arguments are converted first, which may run Python code; only then the row of bytes is looked at,
//! in place and for no longer than nothing else can change it.

use std::borrow::Cow;
use std::ops::Range;

use krait_macros::pymethods;
use krait_text::split::{self, Ends, Flavor};
use krait_text::{StrSlice, hex, search};

use super::{PyBytes, byte_from, bytes_if_lent, bytes_like};
use crate::bytearray::PyByteArray;
use crate::convert::SliceIndex;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{OptionalArg, PyList, PyResult, PyStr, PyTuple, PyType};

/// A class whose instances are rows of bytes.
trait ByteRow: PyClass {
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

/// A bytes-like argument.
#[inline]
fn buffer_arg(value: &PyObject) -> PyResult<Cow<'_, [u8]>> {
    match bytes_like(value)? {
        Some(bytes) => Ok(bytes),
        None => Err(not_bytes_like(value)),
    }
}

#[cold]
fn not_bytes_like(value: &PyObject) -> crate::PyErr {
    crate::type_error!(
        "a bytes-like object is required, not '{}'",
        value.type_().tp_name()
    )
}

/// What `find` and its kin look for: bytes, or one byte as an int.
#[inline]
fn needle_arg(value: &PyObject) -> PyResult<Cow<'_, [u8]>> {
    if let Some(bytes) = bytes_like(value)? {
        return Ok(bytes);
    }
    if value.has_index() {
        return Ok(Cow::Owned(vec![byte_from(value, "byte")?]));
    }
    Err(crate::type_error!(
        "argument should be integer or bytes-like object, not '{}'",
        value.type_().tp_name()
    ))
}

/// Where `find` and its kin look; `None` if the start is beyond the end, where not even the empty row
/// is found.
fn search_range(
    len: usize,
    start: Option<SliceIndex>,
    end: Option<SliceIndex>,
) -> Option<Range<usize>> {
    let position = |bound: isize| {
        if bound < 0 {
            bound.saturating_add(len as isize).max(0) as usize
        } else {
            bound as usize
        }
    };
    let start = position(start.map_or(0, |bound| bound.0));
    let end = position(end.map_or(isize::MAX, |bound| bound.0)).min(len);
    (start <= end).then_some(start..end)
}

/// Where `search` finds something in the part of the row that the bounds limit it to.
#[inline]
fn find_in<T: ByteRow>(
    this: &T,
    start: Option<SliceIndex>,
    end: Option<SliceIndex>,
    search: impl FnOnce(&[u8]) -> Option<usize>,
) -> Option<usize> {
    this.with_row(|row| {
        let range = search_range(row.len(), start, end)?;
        Some(range.start + search(&row[range])?)
    })
}

fn latin(bytes: &[u8]) -> StrSlice<'_> {
    StrSlice::Latin1(bytes)
}

/// A list of parts of a row.
#[inline]
fn pieces<T: ByteRow>(
    row: &[u8],
    max: usize,
    ranges: impl Iterator<Item = Range<usize>>,
) -> PyResult<Py<PyList>> {
    PyList::from_pieces(max, ranges, |range| T::make(&row[range]))
}

fn limit(maxsplit: isize) -> usize {
    usize::try_from(maxsplit).unwrap_or(usize::MAX)
}

fn separator_arg(sep: Option<&PyObject>) -> PyResult<Option<Cow<'_, [u8]>>> {
    match sep.map(buffer_arg).transpose()? {
        Some(separator) if separator.is_empty() => Err(crate::value_error!("empty separator")),
        separator => Ok(separator),
    }
}

fn split_row<T: ByteRow>(
    this: &T,
    sep: Option<&PyObject>,
    maxsplit: isize,
) -> PyResult<Py<PyList>> {
    let (separator, max) = (separator_arg(sep)?, limit(maxsplit));
    // Objects are made here, which runs no Python code.
    this.with_row(|row| match &separator {
        None => pieces::<T>(
            row,
            max,
            split::split_whitespace(latin(row), Flavor::Bytes, max),
        ),
        Some(separator) => pieces::<T>(row, max, split::split(latin(row), latin(separator), max)),
    })
}

fn rsplit_row<T: ByteRow>(
    this: &T,
    sep: Option<&PyObject>,
    maxsplit: isize,
) -> PyResult<Py<PyList>> {
    let (separator, max) = (separator_arg(sep)?, limit(maxsplit));
    let list = this.with_row(|row| match &separator {
        None => pieces::<T>(
            row,
            max,
            split::rsplit_whitespace(latin(row), Flavor::Bytes, max),
        ),
        Some(separator) => pieces::<T>(row, max, split::rsplit(latin(row), latin(separator), max)),
    })?;
    list.reverse_items();
    Ok(list)
}

fn strip<T: ByteRow>(this: &T, characters: Option<&PyObject>, ends: Ends) -> PyResult<Obj> {
    let characters = characters.map(buffer_arg).transpose()?;
    let stripped = this.with_row(|row| {
        let range = match &characters {
            None => split::strip_whitespace(latin(row), Flavor::Bytes, ends),
            Some(characters) => split::strip_chars(latin(row), latin(characters), ends),
        };
        (range.len() < row.len()).then(|| T::make(&row[range]))
    });
    stripped.unwrap_or_else(|| this.unchanged())
}

/// `startswith` and `endswith`: one affix or a tuple of them.
fn has_affix<T: ByteRow>(
    this: &T,
    name: &str,
    affix: &PyObject,
    bounds: (Option<SliceIndex>, Option<SliceIndex>),
    test: fn(&[u8], &[u8]) -> bool,
) -> PyResult<bool> {
    let one = |affix: &PyObject| -> PyResult<bool> {
        let affix = buffer_arg(affix)?;
        Ok(this.with_row(|row| {
            search_range(row.len(), bounds.0, bounds.1)
                .is_some_and(|range| test(&row[range], &affix))
        }))
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
    let parted = this.with_row(|row| -> PyResult<_> {
        let at = if last {
            search::rfind_bytes(row, &separator)
        } else {
            search::find_bytes(row, &separator)
        };
        let Some(at) = at else { return Ok(None) };
        Ok(Some([
            T::make(&row[..at])?,
            T::make(&separator)?,
            T::make(&row[at + separator.len()..])?,
        ]))
    })?;
    PyTuple::from_array(match parted {
        Some(parts) => parts,
        None if last => [T::make(b"")?, T::make(b"")?, this.unchanged()?],
        None => [this.unchanged()?, T::make(b"")?, T::make(b"")?],
    })
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

/// `left` fills, the row, `right` fills.
fn padded<T: ByteRow>(this: &T, left: usize, right: usize, fill: u8) -> PyResult<Obj> {
    if left == 0 && right == 0 {
        return this.unchanged();
    }
    let len = this
        .with_row(<[u8]>::len)
        .saturating_add(left)
        .saturating_add(right);
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(len)
        .map_err(|_| crate::err::no_memory())?;
    bytes.resize(left, fill);
    this.with_row(|row| bytes.extend_from_slice(row));
    bytes.resize(bytes.len() + right, fill);
    T::make(&bytes)
}

fn length<T: ByteRow>(this: &T) -> usize {
    this.with_row(<[u8]>::len)
}

/// The row with each byte changed.
fn mapped<T: ByteRow>(this: &T, map: impl FnOnce(&[u8]) -> Vec<u8>) -> PyResult<Obj> {
    this.with_row(|row| T::make(&map(row)))
}

/// `hex()`: two digits a byte, with a separator every so many bytes (from the right if positive).
pub fn hex_text(bytes: &[u8], separator: Option<&PyObject>, group: isize) -> PyResult<Py<PyStr>> {
    let separator = match separator {
        None => None,
        Some(separator) => {
            if separator.length()? != 1 {
                return Err(crate::value_error!("sep must be length 1."));
            }
            let text = match separator.downcast::<PyStr>() {
                Some(text) => Cow::Owned(text.to_wtf8().as_bytes().to_vec()),
                None => match super::bytes_or_bytearray(separator) {
                    Some(bytes) => bytes,
                    None => return Err(crate::type_error!("sep must be str or bytes.")),
                },
            };
            let [byte] = *text else {
                return Err(crate::value_error!("sep must be length 1."));
            };
            if !byte.is_ascii() {
                return Err(crate::value_error!("sep must be ASCII."));
            }
            Some(byte)
        }
    };
    let groups = hex::Groups::new(bytes.len(), separator, group);
    let len = hex::encoded_len(bytes.len(), groups);
    PyStr::new_ascii_with(len, |to| hex::encode(to, bytes, groups))
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
    if let Some(tuple) = iterable.downcast_exact::<PyTuple>() {
        return join_items(this, tuple.as_slice());
    }
    if let Some(list) = iterable.downcast_exact::<PyList>() {
        // SAFETY: `joined_bytes` runs no Python code, so that the list stays as it is.
        if let Some(joined) = unsafe { joined_bytes(this, list.as_slice()) } {
            return joined;
        }
    }
    // What the iterable runs must not change the separator.
    let lent = this.as_object().bytes_buffer()?;
    let items = iterable.to_vec_or("can only join an iterable")?;
    drop(lent);
    join_items(this, &items)
}

/// The items joined if all of them are plain bytes, which no Python code can change.
fn joined_bytes<T: ByteRow>(this: &T, items: &[Obj]) -> Option<PyResult<Obj>> {
    if items.len() < 2 {
        return None;
    }
    let mut len = 0_usize;
    for item in items {
        len = len.checked_add(item.downcast_exact::<PyBytes>()?.len())?;
    }
    this.with_row(|separator| {
        let between = separator.len().checked_mul(items.len() - 1)?;
        let len = len
            .checked_add(between)
            .filter(|&len| len <= isize::MAX as usize)?;
        let parts = items.iter().enumerate().flat_map(|(index, item)| {
            let before = if index == 0 { &[][..] } else { separator };
            let item = item.downcast_exact::<PyBytes>();
            [before, item.map_or(&[][..], PyBytes::as_bytes)]
        });
        Some(T::make_of(len, parts))
    })
}

fn join_items<T: ByteRow>(this: &T, items: &[Obj]) -> PyResult<Obj> {
    if let [only] = items
        && only.is_exact::<PyBytes>()
        && std::ptr::eq(T::type_object(), PyBytes::type_object())
    {
        return Ok(only.clone());
    }
    if let Some(joined) = joined_bytes(this, items) {
        return joined;
    }
    let separator = this.with_row(<[u8]>::to_vec);
    let mut joined = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(bytes) = bytes_if_lent(item) else {
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
    let replaced = this.with_row(|row| replaced(row, &old, &new, limit(count)));
    match replaced {
        Some(bytes) => T::make(&bytes),
        None => this.unchanged(),
    }
}

/// The row with up to `max` occurrences of `old` replaced; `None` if there is none.
fn replaced(row: &[u8], old: &[u8], new: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(row.len());
    let mut done = 0;
    if old.is_empty() {
        for &byte in row {
            if done < max {
                result.extend_from_slice(new);
                done += 1;
            }
            result.push(byte);
        }
        if done < max {
            result.extend_from_slice(new);
        }
        return Some(result);
    }
    let mut rest = 0;
    for at in search::matches(latin(row), latin(old)).take(max) {
        result.extend_from_slice(&row[rest..at]);
        result.extend_from_slice(new);
        rest = at + old.len();
        done += 1;
    }
    if done == 0 {
        return None;
    }
    result.extend_from_slice(&row[rest..]);
    Some(result)
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
    let mut map: [Option<u8>; 256] = std::array::from_fn(|byte| Some(byte as u8));
    if let Some(table) = &table {
        for (to, &byte) in map.iter_mut().zip(table.iter()) {
            *to = Some(byte);
        }
    }
    for &byte in delete.iter() {
        map[usize::from(byte)] = None;
    }
    let translated = this.with_row(|row| {
        let translated: Vec<u8> = if delete.is_empty() {
            row.iter()
                .map(|&byte| map[usize::from(byte)].unwrap_or(byte))
                .collect()
        } else {
            row.iter()
                .filter_map(|&byte| map[usize::from(byte)])
                .collect()
        };
        (translated != row).then_some(translated)
    });
    match translated {
        Some(bytes) => T::make(&bytes),
        None => this.unchanged(),
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
    for (from, to) in from.iter().zip(to.iter()) {
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
