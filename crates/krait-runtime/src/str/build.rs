//! Making strings.

use std::cell::Cell;

use krait_abi as abi;
use krait_text::{StrSlice, Wtf8Buf};

use super::PyStr;
use crate::err::no_memory;
use crate::object::{Obj, Py, PyClass};
use crate::{PyResult, alloc};

/// Room for `len` characters up to `max_char`, to be filled before anything sees the string.
#[inline]
pub(super) fn allocate(len: usize, max_char: u32) -> PyResult<Py<PyStr>> {
    match max_char {
        0..=0x7F => allocate_as(len, 1, true),
        0x80..=0xFF => allocate_as(len, 1, false),
        0x100..=0xFFFF => allocate_as(len, 2, false),
        _ => allocate_as(len, 4, false),
    }
}

/// As [`allocate`]; inlined with constants, so that the header is too.
#[inline(always)]
fn allocate_as(len: usize, kind: usize, ascii: bool) -> PyResult<Py<PyStr>> {
    let header = if ascii {
        size_of::<abi::PyASCIIObject>()
    } else {
        size_of::<abi::PyCompactUnicodeObject>()
    };
    // No slice is longer than `isize::MAX` bytes, but a length may come from a multiplication.
    if len > isize::MAX as usize / 8 {
        return Err(no_memory());
    }
    let block = alloc::allocate(header + (len + 1) * kind);
    if block.is_null() {
        return Err(no_memory());
    }
    // SAFETY: the block has room for the header, the characters and a NUL, which are set here or
    // (the characters) by the caller.
    unsafe {
        let object = block.cast::<abi::PyASCIIObject>();
        object.write(abi::PyASCIIObject {
            ob_base: crate::object::new_header(PyStr::type_object()),
            length: (len as isize).into(),
            hash: (-1).into(),
            state: abi::unicode_state(abi::SSTATE_NOT_INTERNED, kind as i32, true, ascii).into(),
        });
        if !ascii {
            // Places, not cells: setting a cell drops what it held, and here is nothing yet.
            let compact = block.cast::<abi::PyCompactUnicodeObject>();
            (&raw mut (*compact).utf8_length).write(Cell::new(0));
            (&raw mut (*compact).utf8).write(Cell::new(std::ptr::null_mut()));
        }
        let end = block.add(header + len * kind);
        match kind {
            1 => end.write(0),
            2 => end.cast::<u16>().write(0),
            _ => end.cast::<u32>().write(0),
        }
        Ok(Py::from_owned_ptr(object.cast()))
    }
}

/// The characters of a string that is being made.
///
/// # Safety
/// Nothing but the caller may have seen the string, and no other borrow of its characters is alive.
#[allow(
    clippy::mut_from_ref,
    reason = "a reference to an object says nothing of its characters"
)]
unsafe fn units_mut<T>(text: &Py<PyStr>) -> &mut [T] {
    debug_assert!(text.is_unique() && text.kind() as usize == size_of::<T>());
    // SAFETY: the caller's contract; the width was checked.
    unsafe { std::slice::from_raw_parts_mut(text.data().cast_mut().cast(), text.len()) }
}

/// The shared empty string, or the shared string of one Latin-1 character.
fn shared(units: StrSlice<'_>) -> Option<Py<PyStr>> {
    match units {
        _ if units.len() > 1 => None,
        _ if units.is_empty() => Some(crate::interned::empty_str().into()),
        _ if units.at(0) < 0x100 => Some(crate::interned::latin1_str(units.at(0) as u8).into()),
        _ => None,
    }
}

impl PyStr {
    /// A string of `len` characters up to `max_char`, which C code fills (`PyUnicode_New`).
    ///
    /// # Safety
    /// The characters are written before anything looks at the string; its ASCII flag and width
    /// are those of `max_char`, which the widest character must need.
    pub unsafe fn with_room(len: usize, max_char: u32) -> PyResult<Py<PyStr>> {
        if len == 0 {
            return Ok(crate::interned::empty_str().into());
        }
        let text = allocate(len, max_char)?;
        // SAFETY: as many bytes as the string has; what C leaves out reads as NUL.
        unsafe {
            let data = text.data().cast_mut().cast::<u8>();
            data.write_bytes(0, len * text.kind() as usize);
        }
        Ok(text)
    }

    /// The address of the characters, for C code.
    pub fn data_ptr(&self) -> *mut std::ffi::c_void {
        self.data().cast_mut().cast()
    }

    /// A string from Rust text.
    pub fn new(text: &str) -> PyResult<Py<PyStr>> {
        if text.is_ascii() {
            return Self::from_latin1(text.as_bytes());
        }
        let (mut len, mut max_char) = (0, 0);
        for each in text.chars() {
            len += 1;
            max_char = max_char.max(u32::from(each));
        }
        Self::fill(len, max_char, text.chars().map(u32::from))
    }

    /// A string from bytes that are code points below U+0100.
    pub fn from_latin1(bytes: &[u8]) -> PyResult<Py<PyStr>> {
        if let Some(shared) = shared(StrSlice::Latin1(bytes)) {
            return Ok(shared);
        }
        Self::unshared_latin1(bytes)
    }

    /// As [`PyStr::from_latin1`], never a shared string: what the shared ones are made with.
    pub(crate) fn unshared_latin1(bytes: &[u8]) -> PyResult<Py<PyStr>> {
        let ascii = bytes.is_ascii();
        let text = if ascii {
            allocate_as(bytes.len(), 1, true)?
        } else {
            allocate_as(bytes.len(), 1, false)?
        };
        // SAFETY: the string was just made.
        copy_bytes(unsafe { units_mut::<u8>(&text) }, bytes);
        Ok(text)
    }

    /// A string of bytes if all of them are below 128.
    #[inline]
    pub fn from_ascii(bytes: &[u8]) -> Option<PyResult<Py<PyStr>>> {
        bytes.is_ascii().then(|| Self::from_ascii_bytes(bytes))
    }

    /// A string of bytes that are known to be below 128.
    #[inline]
    pub(crate) fn from_ascii_bytes(bytes: &[u8]) -> PyResult<Py<PyStr>> {
        debug_assert!(bytes.is_ascii());
        if let Some(shared) = shared(StrSlice::Latin1(bytes)) {
            return Ok(shared);
        }
        let text = allocate_as(bytes.len(), 1, true)?;
        // SAFETY: the string was just made.
        copy_bytes(unsafe { units_mut::<u8>(&text) }, bytes);
        Ok(text)
    }

    /// A string from UTF-8 that may hold surrogates.
    pub fn from_wtf8(source: &Wtf8Buf) -> PyResult<Py<PyStr>> {
        match source.as_str() {
            Some(text) => Self::new(text),
            None => Self::from_code_points(source.code_points()),
        }
    }

    /// A string from code points; values above U+10FFFF become U+FFFD.
    pub fn from_code_points(codes: impl IntoIterator<Item = u32>) -> PyResult<Py<PyStr>> {
        let codes: Vec<u32> = codes
            .into_iter()
            .map(|code| if code > 0x10_FFFF { 0xFFFD } else { code })
            .collect();
        Self::from_slice(StrSlice::Ucs4(&codes))
    }

    /// A string of one code point.
    #[inline]
    pub fn from_char(code: u32) -> PyResult<Py<PyStr>> {
        if let Ok(latin1) = u8::try_from(code) {
            return Ok(crate::interned::latin1_str(latin1).into());
        }
        Self::from_slice(StrSlice::Ucs4(&[code.min(0x10_FFFF)]))
    }

    /// A string from characters of any width; it gets the narrowest that holds them.
    pub fn from_slice(units: StrSlice<'_>) -> PyResult<Py<PyStr>> {
        if let Some(shared) = shared(units) {
            return Ok(shared);
        }
        let max_char = units.max_code_point();
        Self::from_slice_with_max(units, max_char)
    }

    fn from_slice_with_max(units: StrSlice<'_>, max_char: u32) -> PyResult<Py<PyStr>> {
        let text = allocate(units.len(), max_char)?;
        write_at(&text, 0, units);
        Ok(text)
    }

    fn fill(len: usize, max_char: u32, codes: impl Iterator<Item = u32>) -> PyResult<Py<PyStr>> {
        if len == 1 && max_char < 0x100 {
            return Ok(crate::interned::latin1_str(max_char as u8).into());
        }
        let text = allocate(len, max_char)?;
        // SAFETY: the string was just made.
        unsafe {
            match text.kind() {
                1 => units_mut::<u8>(&text)
                    .iter_mut()
                    .zip(codes)
                    .for_each(|(to, c)| *to = c as u8),
                2 => {
                    units_mut::<u16>(&text)
                        .iter_mut()
                        .zip(codes)
                        .for_each(|(to, c)| *to = c as u16);
                }
                _ => units_mut::<u32>(&text)
                    .iter_mut()
                    .zip(codes)
                    .for_each(|(to, c)| *to = c),
            }
        }
        Ok(text)
    }

    /// `self + other`.
    pub fn concat(&self, other: &PyStr) -> PyResult<Py<PyStr>> {
        if self.is_empty() && other.is_exact::<PyStr>() {
            return Ok(PyClass::to_owned(other));
        }
        if other.is_empty() && self.is_exact::<PyStr>() {
            return Ok(PyClass::to_owned(self));
        }
        Self::join_slices(
            &[self.as_slice(), other.as_slice()],
            self.max_bound().max(other.max_bound()),
        )
    }

    /// A string of ASCII text changed by `map`.
    ///
    /// # Panics
    /// If `map` makes anything but ASCII of it.
    pub(super) fn from_ascii_with(source: &str, map: fn(&mut [u8])) -> PyResult<Py<PyStr>> {
        if let [only] = source.as_bytes() {
            let mut unit = [*only];
            map(&mut unit);
            return Ok(crate::interned::latin1_str(unit[0]).into());
        }
        if source.is_empty() {
            return Ok(crate::interned::empty_str().into());
        }
        let text = allocate(source.len(), 0x7F)?;
        // SAFETY: the string was just made.
        let units = unsafe { units_mut::<u8>(&text) };
        units.copy_from_slice(source.as_bytes());
        map(units);
        assert!(units.is_ascii(), "a mapping of ASCII text to ASCII text");
        Ok(text)
    }

    /// A string of `len` ASCII characters that `fill` writes over NULs.
    ///
    /// # Panics
    /// If it writes anything else.
    pub fn new_ascii_with(len: usize, fill: impl FnOnce(&mut [u8])) -> PyResult<Py<PyStr>> {
        if len <= 1 {
            let mut only = [0; 1];
            fill(&mut only[..len]);
            return PyStr::from_latin1(&only[..len]);
        }
        let text = allocate_as(len, 1, true)?;
        // SAFETY: the string was just made.
        let units = unsafe {
            text.data().cast_mut().write_bytes(0, len);
            units_mut::<u8>(&text)
        };
        fill(units);
        assert!(units.is_ascii(), "ASCII text");
        Ok(text)
    }

    /// `left` fills, the characters, `right` fills: `bound` is at least the largest character and
    /// in the same class of width.
    pub(super) fn filled(
        left: usize,
        units: StrSlice<'_>,
        right: usize,
        fill: u32,
        bound: u32,
    ) -> PyResult<Py<PyStr>> {
        let len = left + units.len() + right;
        if len <= 1 {
            return if units.is_empty() && len == 1 {
                PyStr::from_char(fill)
            } else {
                PyStr::from_slice(units)
            };
        }
        let text = allocate(len, bound)?;
        fill_at(&text, 0, left, fill);
        write_at(&text, left, units);
        fill_at(&text, left + units.len(), right, fill);
        Ok(text)
    }

    /// The parts with `separator` between them: `len` characters in all, the widest class being
    /// `max_bound`'s.
    pub(super) fn join_with<'a>(
        parts: impl Iterator<Item = StrSlice<'a>> + Clone,
        separator: StrSlice<'_>,
        len: usize,
        max_bound: u32,
    ) -> PyResult<Py<PyStr>> {
        if len <= 1 {
            let only = parts.clone().find(|part| !part.is_empty());
            return PyStr::from_slice(only.unwrap_or_else(|| separator.sub(0, len)));
        }
        let text = allocate(len, max_bound)?;
        let mut at = 0;
        for (index, part) in parts.enumerate() {
            if index > 0 && !separator.is_empty() {
                write_at(&text, at, separator);
                at += separator.len();
            }
            write_at(&text, at, part);
            at += part.len();
        }
        assert_eq!(at, len, "the length of all parts");
        Ok(text)
    }

    /// `self * count`.
    pub fn repeated(&self, count: usize) -> PyResult<Py<PyStr>> {
        let len = self.len().checked_mul(count);
        let Some(len) = len.filter(|&len| len <= isize::MAX as usize) else {
            return Err(crate::overflow_error!("repeated string is too long"));
        };
        if len <= 1 {
            return if len == 0 {
                Ok(crate::interned::empty_str().into())
            } else {
                PyStr::from_slice(self.as_slice())
            };
        }
        let text = allocate(len, self.max_bound())?;
        if self.len() == 1 {
            fill_at(&text, 0, len, self.char_at(0));
            return Ok(text);
        }
        write_at(&text, 0, self.as_slice());
        let mut done = self.len();
        // SAFETY: the string was just made.
        unsafe {
            match text.kind() {
                1 => double_up(units_mut::<u8>(&text), &mut done),
                2 => double_up(units_mut::<u16>(&text), &mut done),
                _ => double_up(units_mut::<u32>(&text), &mut done),
            }
        }
        Ok(text)
    }

    /// An upper bound of the characters that tells the width: 0x7F, 0xFF, 0xFFFF or 0x10FFFF.
    pub fn max_bound(&self) -> u32 {
        match self.kind() {
            1 if self.is_ascii() => 0x7F,
            1 => 0xFF,
            2 => 0xFFFF,
            _ => 0x10_FFFF,
        }
    }

    /// The concatenation of slices whose exact common width class is given by `max_bound`: the
    /// largest [`PyStr::max_bound`] of whole strings that the slices are.
    pub fn join_slices(parts: &[StrSlice<'_>], max_bound: u32) -> PyResult<Py<PyStr>> {
        let mut len = 0_usize;
        for part in parts {
            len = len
                .checked_add(part.len())
                .filter(|&len| len <= isize::MAX as usize)
                .ok_or_else(|| crate::overflow_error!("strings are too large to concat"))?;
        }
        if len <= 1 {
            let only = parts.iter().find(|part| !part.is_empty());
            return PyStr::from_slice(only.copied().unwrap_or(StrSlice::Latin1(&[])));
        }
        let text = allocate(len, max_bound)?;
        let mut at = 0;
        for part in parts {
            write_at(&text, at, *part);
            at += part.len();
        }
        Ok(text)
    }
}

/// Repeats the first `done` units over the rest, copying ever longer runs.
fn double_up<T: Copy>(units: &mut [T], done: &mut usize) {
    while *done < units.len() {
        let more = (*done).min(units.len() - *done);
        units.copy_within(0..more, *done);
        *done += more;
    }
}

/// Writes one character `count` times into a string that is being made and is wide enough for it.
fn fill_at(text: &Py<PyStr>, at: usize, count: usize, fill: u32) {
    // SAFETY: only makers of strings call this, before anything has seen the string.
    unsafe {
        match text.kind() {
            1 => units_mut::<u8>(text)[at..at + count].fill(fill as u8),
            2 => units_mut::<u16>(text)[at..at + count].fill(fill as u16),
            _ => units_mut::<u32>(text)[at..at + count].fill(fill),
        }
    }
}

/// `left + right`, in the memory of `left` if nobody else has it: what makes `text += more` in a
/// loop take linear time.
pub fn append_in_place(left: Obj, right: &PyStr) -> PyResult<Obj> {
    let Ok(left) = left.cast::<PyStr>() else {
        return Err(crate::system_error!("append_in_place() needs a str"));
    };
    if right.is_empty() && left.is_exact::<PyStr>() {
        return Ok(left.into_object());
    }
    let fits = left.is_unique()
        && left.is_exact::<PyStr>()
        && !left.is_interned()
        && left.max_bound() >= right.max_bound()
        && left.state() & abi::STATE_COMPACT != 0
        && !left.is_empty();
    if !fits {
        return Ok(left.concat(right)?.into_object());
    }
    let (old_len, kind) = (left.len(), left.kind() as usize);
    let header = if left.is_ascii() {
        size_of::<abi::PyASCIIObject>()
    } else {
        size_of::<abi::PyCompactUnicodeObject>()
    };
    let size = old_len
        .checked_add(right.len())
        .and_then(|len| len.checked_add(1))
        .and_then(|units| units.checked_mul(kind))
        .and_then(|data| data.checked_add(header))
        .filter(|&size| size <= isize::MAX as usize)
        .ok_or_else(no_memory)?;
    let new_len = old_len + right.len();
    // SAFETY: the only reference is `left`, which is given up for the moved block; a compact string
    // is one block, whose size was just computed, and `right` is another object, for it has an
    // owner of its own. The UTF-8 form is the string's own block.
    unsafe {
        if !left.is_ascii() {
            let compact = &*left.as_ptr().cast::<abi::PyCompactUnicodeObject>();
            let utf8 = compact.utf8.replace(std::ptr::null_mut());
            compact.utf8_length.set(0);
            if !utf8.is_null() {
                alloc::free(utf8);
            }
        }
        let old = left.into_ptr();
        let block = alloc::reallocate(old.cast(), size);
        if block.is_null() {
            // A failed reallocation leaves the old block as it is.
            drop(Obj::from_owned_ptr(old));
            return Err(no_memory());
        }
        let start = &*block.cast::<abi::PyASCIIObject>();
        start.length.set(new_len as isize);
        start.hash.set(-1);
        block.add(header + new_len * kind).write_bytes(0, kind);
        let text: Py<PyStr> = Py::from_owned_ptr(block.cast());
        write_at(&text, old_len, right.as_slice());
        Ok(text.into_object())
    }
}

/// `to.copy_from_slice(from)` without a call for what is short, as most strings are.
#[inline(always)]
pub(crate) fn copy_bytes(to: &mut [u8], from: &[u8]) {
    assert_eq!(to.len(), from.len(), "a copy fits its place");
    // Two pieces that overlap make every length between the piece's and its double.
    if let (Some(first), Some(last)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        if from.len() > 16 {
            to.copy_from_slice(from);
            return;
        }
        let len = to.len();
        to[..8].copy_from_slice(first);
        to[len - 8..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        let len = to.len();
        to[..4].copy_from_slice(first);
        to[len - 4..].copy_from_slice(last);
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// Writes characters into a string that is being made and is wide enough for them.
#[inline]
fn write_at(text: &Py<PyStr>, at: usize, units: StrSlice<'_>) {
    if let (1, StrSlice::Latin1(from)) = (text.kind(), units) {
        // SAFETY: only makers of strings call this, before anything has seen the string.
        copy_bytes(
            &mut unsafe { units_mut::<u8>(text) }[at..at + from.len()],
            from,
        );
    } else {
        write_wide_at(text, at, units);
    }
}

/// As [`write_at`], where one of the strings is wide.
#[inline(never)]
fn write_wide_at(text: &Py<PyStr>, at: usize, units: StrSlice<'_>) {
    let end = at + units.len();
    // SAFETY: only makers of strings call this, before anything has seen the string.
    unsafe {
        match (text.kind(), units) {
            (2, StrSlice::Ucs2(from)) => units_mut::<u16>(text)[at..end].copy_from_slice(from),
            (4, StrSlice::Ucs4(from)) => units_mut::<u32>(text)[at..end].copy_from_slice(from),
            (1, _) => {
                let to = &mut units_mut::<u8>(text)[at..end];
                to.iter_mut()
                    .zip(units.iter())
                    .for_each(|(to, code)| *to = code as u8);
            }
            (2, _) => {
                let to = &mut units_mut::<u16>(text)[at..end];
                to.iter_mut()
                    .zip(units.iter())
                    .for_each(|(to, code)| *to = code as u16);
            }
            _ => {
                let to = &mut units_mut::<u32>(text)[at..end];
                to.iter_mut()
                    .zip(units.iter())
                    .for_each(|(to, code)| *to = code);
            }
        }
    }
}

/// Collects a string piece by piece, widening as needed.
#[derive(Debug)]
pub struct StrBuilder {
    units: Units,
    max_char: u32,
}

#[derive(Debug)]
enum Units {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl Default for StrBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl StrBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty builder with room for `capacity` narrow characters.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            units: Units::One(Vec::with_capacity(capacity)),
            max_char: 0,
        }
    }

    /// How many characters there are.
    pub fn len(&self) -> usize {
        match &self.units {
            Units::One(units) => units.len(),
            Units::Two(units) => units.len(),
            Units::Four(units) => units.len(),
        }
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn widen_for(&mut self, max_char: u32) {
        self.max_char = self.max_char.max(max_char);
        match &mut self.units {
            Units::One(units) if max_char > 0xFFFF => {
                self.units = Units::Four(units.iter().map(|&unit| unit.into()).collect());
            }
            Units::One(units) if max_char > 0xFF => {
                self.units = Units::Two(units.iter().map(|&unit| unit.into()).collect());
            }
            Units::Two(units) if max_char > 0xFFFF => {
                self.units = Units::Four(units.iter().map(|&unit| unit.into()).collect());
            }
            _ => {}
        }
    }

    /// Appends one code point.
    pub fn push(&mut self, code: u32) {
        self.widen_for(code);
        match &mut self.units {
            Units::One(units) => units.push(code as u8),
            Units::Two(units) => units.push(code as u16),
            Units::Four(units) => units.push(code),
        }
    }

    /// Appends a code point `count` times.
    pub fn push_repeated(&mut self, code: u32, count: usize) {
        for _ in 0..count {
            self.push(code);
        }
    }

    /// Appends Rust text.
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_slice(StrSlice::Latin1(text.as_bytes()));
        } else {
            text.chars().for_each(|each| self.push(each.into()));
        }
    }

    /// Appends characters.
    pub fn push_slice(&mut self, slice: StrSlice<'_>) {
        self.widen_for(slice.max_code_point());
        match (&mut self.units, slice) {
            (Units::One(units), StrSlice::Latin1(from)) => units.extend_from_slice(from),
            (Units::Two(units), StrSlice::Ucs2(from)) => units.extend_from_slice(from),
            (Units::Four(units), StrSlice::Ucs4(from)) => units.extend_from_slice(from),
            (Units::One(units), _) => units.extend(slice.iter().map(|code| code as u8)),
            (Units::Two(units), _) => units.extend(slice.iter().map(|code| code as u16)),
            (Units::Four(units), _) => units.extend(slice.iter()),
        }
    }

    /// Appends a Python string.
    pub fn push_py(&mut self, text: &PyStr) {
        self.push_slice(text.as_slice());
    }

    /// The characters so far.
    pub fn as_slice(&self) -> StrSlice<'_> {
        match &self.units {
            Units::One(units) => StrSlice::Latin1(units),
            Units::Two(units) => StrSlice::Ucs2(units),
            Units::Four(units) => StrSlice::Ucs4(units),
        }
    }

    /// The string.
    pub fn finish(self) -> PyResult<Py<PyStr>> {
        let units = self.as_slice();
        match shared(units) {
            Some(shared) => Ok(shared),
            None => PyStr::from_slice_with_max(units, self.max_char),
        }
    }
}
