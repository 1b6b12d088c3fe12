//! What the methods of `bytes` and `bytearray` do: searching, splitting, stripping, joining, replacing.

use std::borrow::Cow;
use std::ops::Range;

use krait_text::split::{self, Ends, Flavor};
use krait_text::{StrSlice, hex, search};

use super::rows::ByteRow;
use super::{PyBytes, byte_from, bytes_if_lent, bytes_like};
use crate::convert::SliceIndex;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{OptionalArg, PyList, PyResult, PyStr, PyTuple};

/// A bytes-like argument.
#[inline]
pub(super) fn buffer_arg(value: &PyObject) -> PyResult<Cow<'_, [u8]>> {
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
pub(super) fn needle_arg(value: &PyObject) -> PyResult<Cow<'_, [u8]>> {
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
pub(super) fn search_range(
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
pub(super) fn find_in<T: ByteRow>(
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

pub(super) fn latin(bytes: &[u8]) -> StrSlice<'_> {
    StrSlice::Latin1(bytes)
}

/// A list of parts of a row.
#[inline]
pub(super) fn pieces<T: ByteRow>(
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

pub(super) fn split_row<T: ByteRow>(
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

pub(super) fn rsplit_row<T: ByteRow>(
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

pub(super) fn strip<T: ByteRow>(
    this: &T,
    characters: Option<&PyObject>,
    ends: Ends,
) -> PyResult<Obj> {
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
pub(super) fn has_affix<T: ByteRow>(
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

pub(super) fn partition<T: ByteRow>(
    this: &T,
    separator: &PyObject,
    last: bool,
) -> PyResult<Py<PyTuple>> {
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

pub(super) fn fill_byte(name: &str, fill: OptionalArg<&PyObject>) -> PyResult<u8> {
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
pub(super) fn padded<T: ByteRow>(this: &T, left: usize, right: usize, fill: u8) -> PyResult<Obj> {
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

pub(super) fn length<T: ByteRow>(this: &T) -> usize {
    this.with_row(<[u8]>::len)
}

/// The row with each byte changed.
pub(super) fn mapped<T: ByteRow>(this: &T, map: impl FnOnce(&[u8]) -> Vec<u8>) -> PyResult<Obj> {
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
pub(super) fn parse_hex(value: &PyObject) -> PyResult<Vec<u8>> {
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
pub(super) fn join<T: ByteRow>(this: &T, iterable: &PyObject) -> PyResult<Obj> {
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

pub(super) fn replace<T: ByteRow>(
    this: &T,
    old: &PyObject,
    new: &PyObject,
    count: isize,
) -> PyResult<Obj> {
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

pub(super) fn translate<T: ByteRow>(
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

pub(super) fn maketrans(from: &PyObject, to: &PyObject) -> PyResult<Py<PyBytes>> {
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

pub(super) fn zfill(row: &[u8], width: isize) -> Option<Vec<u8>> {
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
pub(super) fn all_of(row: &[u8], test: fn(&u8) -> bool) -> bool {
    !row.is_empty() && row.iter().all(test)
}

pub(super) fn is_title(row: &[u8]) -> bool {
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
