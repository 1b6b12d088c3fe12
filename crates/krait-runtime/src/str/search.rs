//! Methods that look for a part of the string.

use krait_macros::pymethods;
use krait_text::{StrSlice, search};

use super::PyStr;
use crate::convert::SliceIndex;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyTuple};

/// How many places of a replacement need no memory.
const FEW: usize = 16;

/// The part of the string that `start` and `end` limit a search to, and where it begins; `None` if
/// `start` is behind the end, where not even the empty string is found.
fn limited(
    text: &PyStr,
    start: Option<SliceIndex>,
    end: Option<SliceIndex>,
) -> Option<(StrSlice<'_>, usize)> {
    let len = text.len() as isize;
    let position = |bound: isize| {
        if bound < 0 {
            bound.saturating_add(len).max(0)
        } else {
            bound
        }
    };
    let start = position(start.map_or(0, |bound| bound.0));
    let end = position(end.map_or(len, |bound| bound.0)).min(len);
    (start <= end).then(|| {
        (
            text.as_slice().sub(start as usize, end as usize),
            start as usize,
        )
    })
}

impl PyStr {
    fn find_in(
        &self,
        sub: &PyStr,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> Option<usize> {
        if start.is_none() && end.is_none() {
            return search::find(self.as_slice(), sub.as_slice());
        }
        let (part, offset) = limited(self, start, end)?;
        Some(search::find(part, sub.as_slice())? + offset)
    }

    fn rfind_in(
        &self,
        sub: &PyStr,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> Option<usize> {
        let (part, offset) = limited(self, start, end)?;
        Some(search::rfind(part, sub.as_slice())? + offset)
    }

    /// `startswith` or `endswith` of one string or any of a tuple.
    fn tail_match(
        &self,
        affix: &PyObject,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
        name: &str,
        matches: impl Fn(StrSlice<'_>, StrSlice<'_>) -> bool,
    ) -> PyResult<bool> {
        let part = if start.is_none() && end.is_none() {
            Some((self.as_slice(), 0))
        } else {
            limited(self, start, end)
        };
        let holds = |affix: &PyStr| part.is_some_and(|(part, _)| matches(part, affix.as_slice()));
        if let Some(affix) = affix.downcast::<PyStr>() {
            return Ok(holds(affix));
        }
        let Some(affixes) = affix.downcast::<PyTuple>() else {
            return Err(crate::type_error!(
                "{name} first arg must be str or a tuple of str, not {}",
                affix.type_().tp_name()
            ));
        };
        for each in affixes.as_slice() {
            let Some(each) = each.downcast::<PyStr>() else {
                return Err(crate::type_error!(
                    "tuple for {name} must only contain str, not {}",
                    each.type_().tp_name()
                ));
            };
            if holds(each) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the string begins with `prefix`.
    pub fn has_prefix(&self, prefix: &PyStr) -> bool {
        has_prefix(self.as_slice(), prefix.as_slice())
    }

    /// Whether the string ends with `suffix`.
    pub fn has_suffix(&self, suffix: &PyStr) -> bool {
        has_suffix(self.as_slice(), suffix.as_slice())
    }
}

#[inline(always)]
fn has_prefix(text: StrSlice<'_>, prefix: StrSlice<'_>) -> bool {
    if let (StrSlice::Latin1(text), StrSlice::Latin1(prefix)) = (text, prefix) {
        return text.starts_with(prefix);
    }
    prefix.len() <= text.len() && text.sub(0, prefix.len()) == prefix
}

#[inline(always)]
fn has_suffix(text: StrSlice<'_>, suffix: StrSlice<'_>) -> bool {
    if let (StrSlice::Latin1(text), StrSlice::Latin1(suffix)) = (text, suffix) {
        return text.ends_with(suffix);
    }
    suffix.len() <= text.len() && text.sub(text.len() - suffix.len(), text.len()) == suffix
}

fn position(found: Option<usize>) -> isize {
    found.map_or(-1, |index| index as isize)
}

fn not_found() -> crate::PyErr {
    crate::value_error!("substring not found")
}

#[pymethods(SEARCH)]
impl PyStr {
    /// Return the number of non-overlapping occurrences of substring sub in string S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    #[pymethod(
        signature = "($self, sub, start=None, end=None, /)",
        text_signature = "($self, sub[, start[, end]], /)"
    )]
    fn count(&self, sub: &PyStr, start: Option<SliceIndex>, end: Option<SliceIndex>) -> usize {
        limited(self, start, end).map_or(0, |(part, _)| {
            search::count(part, sub.as_slice(), usize::MAX)
        })
    }

    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[pymethod(
        signature = "($self, sub, start=None, end=None, /)",
        text_signature = "($self, sub[, start[, end]], /)"
    )]
    fn find(&self, sub: &PyStr, start: Option<SliceIndex>, end: Option<SliceIndex>) -> isize {
        position(self.find_in(sub, start, end))
    }

    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[pymethod(
        signature = "($self, sub, start=None, end=None, /)",
        text_signature = "($self, sub[, start[, end]], /)"
    )]
    fn index(
        &self,
        sub: &PyStr,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> PyResult<usize> {
        self.find_in(sub, start, end).ok_or_else(not_found)
    }

    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[pymethod(
        signature = "($self, sub, start=None, end=None, /)",
        text_signature = "($self, sub[, start[, end]], /)"
    )]
    fn rfind(&self, sub: &PyStr, start: Option<SliceIndex>, end: Option<SliceIndex>) -> isize {
        position(self.rfind_in(sub, start, end))
    }

    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[pymethod(
        signature = "($self, sub, start=None, end=None, /)",
        text_signature = "($self, sub[, start[, end]], /)"
    )]
    fn rindex(
        &self,
        sub: &PyStr,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> PyResult<usize> {
        self.rfind_in(sub, start, end).ok_or_else(not_found)
    }

    /// Return True if the string starts with the specified prefix, False otherwise.
    ///
    ///   prefix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[pymethod(
        signature = "($self, prefix, start=None, end=None, /)",
        text_signature = "($self, prefix[, start[, end]], /)"
    )]
    fn startswith(
        &self,
        prefix: &PyObject,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> PyResult<bool> {
        self.tail_match(prefix, start, end, "startswith", has_prefix)
    }

    /// Return True if the string ends with the specified suffix, False otherwise.
    ///
    ///   suffix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[pymethod(
        signature = "($self, suffix, start=None, end=None, /)",
        text_signature = "($self, suffix[, start[, end]], /)"
    )]
    fn endswith(
        &self,
        suffix: &PyObject,
        start: Option<SliceIndex>,
        end: Option<SliceIndex>,
    ) -> PyResult<bool> {
        self.tail_match(suffix, start, end, "endswith", has_suffix)
    }

    /// Return a str with the given prefix string removed if present.
    #[pymethod(signature = "($self, prefix, /)")]
    fn removeprefix(&self, prefix: &PyStr) -> PyResult<Py<PyStr>> {
        let start = if self.has_prefix(prefix) {
            prefix.len()
        } else {
            0
        };
        self.substring(start, self.len())
    }

    /// Return a str with the given suffix string removed if present.
    #[pymethod(signature = "($self, suffix, /)")]
    fn removesuffix(&self, suffix: &PyStr) -> PyResult<Py<PyStr>> {
        let cut = if self.has_suffix(suffix) {
            suffix.len()
        } else {
            0
        };
        self.substring(0, self.len() - cut)
    }

    /// Partition the string into three parts using the given separator.
    ///
    /// Returns what is before the first separator, the separator, and what is after it; the
    /// string and two empty strings if there is no separator.
    #[pymethod(signature = "($self, sep, /)")]
    fn partition(&self, sep: &PyObject) -> PyResult<Py<PyTuple>> {
        let sep = separator(sep)?;
        match search::find(self.as_slice(), sep.as_slice()) {
            Some(at) => self.parted(sep, at),
            None => parts([self.exact()?.into_object(), empty(), empty()]),
        }
    }

    /// Partition the string into three parts using the given separator.
    ///
    /// Returns what is before the last separator, the separator, and what is after it; two empty
    /// strings and the string if there is no separator.
    #[pymethod(signature = "($self, sep, /)")]
    fn rpartition(&self, sep: &PyObject) -> PyResult<Py<PyTuple>> {
        let sep = separator(sep)?;
        match search::rfind(self.as_slice(), sep.as_slice()) {
            Some(at) => self.parted(sep, at),
            None => parts([empty(), empty(), self.exact()?.into_object()]),
        }
    }
}

#[pymethods(REPLACE)]
impl PyStr {
    /// Return a copy with all occurrences of substring old replaced by new.
    ///
    ///   count
    ///     Maximum number of occurrences to replace.
    ///     -1 (the default value) means replace all occurrences.
    ///
    /// With a count given, only the first that many occurrences are replaced.
    #[pymethod(signature = "($self, old, new, /, count=-1)")]
    fn replace(&self, old: &PyStr, new: &PyStr, count: isize) -> PyResult<Py<PyStr>> {
        self.replaced(old, new, usize::try_from(count).unwrap_or(usize::MAX))
    }
}

fn empty() -> Obj {
    crate::interned::empty_str().to_obj()
}

fn parts(parts: [Obj; 3]) -> PyResult<Py<PyTuple>> {
    PyTuple::from_vec(parts.into())
}

/// The argument of `partition`.
fn separator(sep: &PyObject) -> PyResult<&PyStr> {
    let Some(sep) = sep.downcast::<PyStr>() else {
        return Err(crate::type_error!(
            "must be str, not {}",
            sep.type_().tp_name()
        ));
    };
    if sep.is_empty() {
        return Err(crate::value_error!("empty separator"));
    }
    Ok(sep)
}

impl PyStr {
    fn parted(&self, sep: &PyStr, at: usize) -> PyResult<Py<PyTuple>> {
        parts([
            self.substring(0, at)?.into_object(),
            sep.to_obj(),
            self.substring(at + sep.len(), self.len())?.into_object(),
        ])
    }

    /// The string with the first `max` occurrences of `old` replaced by `new`.
    pub fn replaced(&self, old: &PyStr, new: &PyStr, max: usize) -> PyResult<Py<PyStr>> {
        let (text, from, to) = (self.as_slice(), old.as_slice(), new.as_slice());
        if max == 0 || from.len() > text.len() || old.same_text(new) {
            return self.exact();
        }
        if old.is_empty() {
            return self.interleaved(to, max);
        }
        if let (StrSlice::Latin1(units), &StrSlice::Latin1(&[from]), &StrSlice::Latin1(&[to])) =
            (text, &from, &to)
            && max >= text.len()
            && from.is_ascii()
            && to.is_ascii()
        {
            return self.byte_replaced(units, from, to);
        }
        let mut places = search::matches(text, from).take(max);
        let Some(first) = places.next() else {
            return self.exact();
        };
        // The places first, so that the result is allocated once, at its size.
        let mut few = [first; FEW];
        let mut count = 1;
        for (slot, place) in few[1..].iter_mut().zip(&mut places) {
            *slot = place;
            count += 1;
        }
        if count < FEW {
            return self.replaced_at(&few[..count], from.len(), new);
        }
        let mut many = few.to_vec();
        many.extend(places);
        self.replaced_at(&many, from.len(), new)
    }

    /// The string with each of one ASCII character replaced by another.
    fn byte_replaced(&self, units: &[u8], from: u8, to: u8) -> PyResult<Py<PyStr>> {
        if memchr::memchr(from, units).is_none() {
            return self.exact();
        }
        let replace = |unit: &u8| if *unit == from { to } else { *unit };
        if self.is_ascii() && units.len() > 1 {
            return PyStr::new_ascii_with(units.len(), |out| {
                for (out, unit) in out.iter_mut().zip(units) {
                    *out = replace(unit);
                }
            });
        }
        PyStr::from_latin1(&units.iter().map(replace).collect::<Vec<u8>>())
    }

    /// The string with `new` in place of what is at some places, each `len` characters long.
    fn replaced_at(&self, places: &[usize], len: usize, new: &PyStr) -> PyResult<Py<PyStr>> {
        let (text, to) = (self.as_slice(), new.as_slice());
        let pieces = places
            .iter()
            .scan(0, |start, &place| {
                let kept = text.sub(*start, place);
                *start = place + len;
                Some([kept, to])
            })
            .flatten();
        let tail = places.last().map_or(0, |last| last + len);
        let pieces = pieces.chain(std::iter::once(text.sub(tail, text.len())));
        let grown = to.len().checked_mul(places.len());
        let total = grown.and_then(|grown| (text.len() - places.len() * len).checked_add(grown));
        let Some(total) = total.filter(|&total| total <= isize::MAX as usize / 4) else {
            return Err(crate::overflow_error!("replace string is too long"));
        };
        // The widest characters may all have been replaced, so only ASCII is known without looking.
        let max = if self.is_ascii() && new.is_ascii() {
            0x7F
        } else {
            let widest = pieces.clone().map(StrSlice::max_code_point).max();
            widest.unwrap_or(0)
        };
        PyStr::join_with(pieces, StrSlice::Latin1(&[]), total, max)
    }

    /// `replace('', new)`: before each character and at the end.
    fn interleaved(&self, new: StrSlice<'_>, max: usize) -> PyResult<Py<PyStr>> {
        let text = self.as_slice();
        let mut out = krait_text::StrBuf::with_capacity(text.len());
        let grown = new
            .len()
            .checked_mul(max.min(text.len() + 1))
            .and_then(|n| n.checked_add(text.len()));
        if grown.is_none_or(|len| len > isize::MAX as usize / 4) {
            return Err(crate::overflow_error!("replace string is too long"));
        }
        for index in 0..text.len() {
            if index < max {
                out.push_slice(new);
            }
            out.push(text.at(index));
        }
        if text.len() < max {
            out.push_slice(new);
        }
        PyStr::from_slice(out.as_slice())
    }
}
