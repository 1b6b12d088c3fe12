//! Methods that cut a string into pieces, strip and pad it, and `join`.

use std::ops::Range;

use krait_macros::pymethods;
use krait_text::split::{self, Ends, Flavor};
use krait_text::{StrSlice, layout};

use super::PyStr;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{OptionalArg, PyList, PyResult, PyTuple};

/// The `sep` of `split`: `None` for white space.
fn split_separator(sep: Option<&PyObject>) -> PyResult<Option<&PyStr>> {
    let Some(sep) = sep else { return Ok(None) };
    match sep.downcast::<PyStr>() {
        Some(sep) if sep.is_empty() => Err(crate::value_error!("empty separator")),
        Some(sep) => Ok(Some(sep)),
        None => Err(crate::type_error!(
            "must be str or None, not {}",
            sep.type_().tp_name()
        )),
    }
}

/// `maxsplit`: negative means all.
fn at_most(count: isize) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The fill character of `center` and its kin.
fn fill_character(fill: OptionalArg<&PyObject>) -> PyResult<u32> {
    let Some(fill) = fill.present() else {
        return Ok(0x20);
    };
    match fill.downcast::<PyStr>() {
        Some(text) if text.len() == 1 => Ok(text.char_at(0)),
        Some(_) => Err(crate::type_error!(
            "The fill character must be exactly one character long"
        )),
        None => Err(crate::type_error!(
            "The fill character must be a unicode character, not {}",
            fill.type_().tp_name()
        )),
    }
}

impl PyStr {
    fn pieces(
        &self,
        ranges: impl Iterator<Item = Range<usize>>,
        max: usize,
    ) -> PyResult<Py<PyList>> {
        if let Some(ascii) = self.as_ascii() {
            return PyList::from_pieces(max, ranges, |range| {
                let piece = if range.len() == ascii.len() {
                    self.exact()
                } else {
                    PyStr::from_ascii_bytes(&ascii.as_bytes()[range])
                };
                Ok(piece?.into_object())
            });
        }
        PyList::from_pieces(max, ranges, |range| {
            Ok(self.substring(range.start, range.end)?.into_object())
        })
    }

    /// The string with `left` and `right` fill characters around it.
    fn padded(&self, left: usize, right: usize, fill: u32) -> PyResult<Py<PyStr>> {
        if left == 0 && right == 0 {
            return self.exact();
        }
        PyStr::padded_slice(self.as_slice(), self.max_bound(), left, right, fill)
    }

    fn stripped(&self, chars: Option<&PyObject>, ends: Ends) -> PyResult<Py<PyStr>> {
        let text = self.as_slice();
        let range = match chars {
            None => split::strip_whitespace(text, Flavor::Str, ends),
            Some(chars) => match chars.downcast::<PyStr>() {
                Some(chars) => split::strip_chars(text, chars.as_slice(), ends),
                None => {
                    let name = match ends {
                        Ends::Left => "lstrip",
                        Ends::Right => "rstrip",
                        Ends::Both => "strip",
                    };
                    return Err(crate::type_error!("{name} arg must be None or str"));
                }
            },
        };
        self.substring(range.start, range.end)
    }

    /// `self.join(items)`: the items' text with this string between.
    pub fn join_items(&self, items: &[Obj]) -> PyResult<Py<PyStr>> {
        match items {
            [] => return Ok(PyClass::to_owned(crate::interned::empty_str())),
            [only] => {
                if let Some(only) = only.downcast_exact::<PyStr>() {
                    return Ok(PyClass::to_owned(only));
                }
            }
            _ => {}
        }
        let mut max = if items.len() > 1 {
            self.max_bound()
        } else {
            0x7F
        };
        let mut len = self.len().saturating_mul(items.len() - 1);
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.downcast::<PyStr>() else {
                return Err(crate::type_error!(
                    "sequence item {index}: expected str instance, {} found",
                    item.type_().tp_name()
                ));
            };
            max = max.max(text.max_bound());
            len = len.saturating_add(text.len());
        }
        if len > isize::MAX as usize {
            return Err(crate::overflow_error!(
                "join() result is too long for a Python string"
            ));
        }
        let parts = items
            .iter()
            .filter_map(|item| item.downcast::<PyStr>())
            .map(PyStr::as_slice);
        PyStr::join_with(parts, self.as_slice(), len, max)
    }
}

#[pymethods(LAYOUT)]
impl PyStr {
    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the front of the string and works to the end.
    #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
    fn split(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
        let (text, max) = (self.as_slice(), at_most(maxsplit));
        match split_separator(sep)? {
            None => self.pieces(split::split_whitespace(text, Flavor::Str, max), max),
            Some(sep) => self.pieces(split::split(text, sep.as_slice(), max), max),
        }
    }

    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the end of the string and works to the front.
    #[pymethod(signature = "($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(&self, sep: Option<&PyObject>, maxsplit: isize) -> PyResult<Py<PyList>> {
        let (text, max) = (self.as_slice(), at_most(maxsplit));
        let list = match split_separator(sep)? {
            None => self.pieces(split::rsplit_whitespace(text, Flavor::Str, max), max)?,
            Some(sep) => self.pieces(split::rsplit(text, sep.as_slice(), max), max)?,
        };
        list.reverse_items();
        Ok(list)
    }

    /// Return a list of the lines in the string, breaking at line boundaries.
    ///
    /// Line breaks are not included in the resulting list unless keepends is given and
    /// true.
    #[pymethod(signature = "($self, /, keepends=False)")]
    fn splitlines(&self, keepends: bool) -> PyResult<Py<PyList>> {
        self.pieces(
            split::split_lines(self.as_slice(), Flavor::Str, keepends),
            0,
        )
    }

    /// Concatenate any number of strings.
    ///
    /// The string whose method is called is inserted in between each given string.
    /// The result is returned as a new string.
    ///
    /// Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'
    #[pymethod(signature = "($self, iterable, /)")]
    fn join(&self, iterable: &PyObject) -> PyResult<Py<PyStr>> {
        if let Some(tuple) = iterable.downcast_exact::<PyTuple>() {
            return self.join_items(tuple.as_slice());
        }
        if let Some(list) = iterable.downcast_exact::<PyList>() {
            // SAFETY: no Python code runs in `join_items` (collections wait for the eval breaker), so
            // that the list stays as it is.
            return self.join_items(unsafe { list.as_slice() });
        }
        self.join_items(&iterable.to_vec_or("can only join an iterable")?)
    }

    /// Return a copy of the string with leading and trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[pymethod(signature = "($self, chars=None, /)")]
    fn strip(&self, chars: Option<&PyObject>) -> PyResult<Py<PyStr>> {
        self.stripped(chars, Ends::Both)
    }

    /// Return a copy of the string with leading whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[pymethod(signature = "($self, chars=None, /)")]
    fn lstrip(&self, chars: Option<&PyObject>) -> PyResult<Py<PyStr>> {
        self.stripped(chars, Ends::Left)
    }

    /// Return a copy of the string with trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[pymethod(signature = "($self, chars=None, /)")]
    fn rstrip(&self, chars: Option<&PyObject>) -> PyResult<Py<PyStr>> {
        self.stripped(chars, Ends::Right)
    }

    /// Return a centered string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[pymethod(signature = "($self, width, fillchar=' ', /)")]
    fn center(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Py<PyStr>> {
        let fill = fill_character(fillchar)?;
        let (left, right) = layout::center_padding(self.len(), width.max(0) as usize);
        self.padded(left, right, fill)
    }

    /// Return a left-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[pymethod(signature = "($self, width, fillchar=' ', /)")]
    fn ljust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Py<PyStr>> {
        let fill = fill_character(fillchar)?;
        self.padded(0, (width.max(0) as usize).saturating_sub(self.len()), fill)
    }

    /// Return a right-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[pymethod(signature = "($self, width, fillchar=' ', /)")]
    fn rjust(&self, width: isize, fillchar: OptionalArg<&PyObject>) -> PyResult<Py<PyStr>> {
        let fill = fill_character(fillchar)?;
        self.padded((width.max(0) as usize).saturating_sub(self.len()), 0, fill)
    }

    /// Pad a numeric string with zeros on the left, to fill a field of the given width.
    ///
    /// The string is never truncated.
    #[pymethod(signature = "($self, width, /)")]
    fn zfill(&self, width: isize) -> PyResult<Py<PyStr>> {
        let zeros = (width.max(0) as usize).saturating_sub(self.len());
        if zeros == 0 {
            return self.exact();
        }
        let text = self.as_slice();
        let head = usize::from(!text.is_empty() && matches!(text.at(0), 0x2B | 0x2D));
        let tail = PyStr::padded_slice(
            text.sub(head, text.len()),
            self.max_bound(),
            zeros,
            0,
            u32::from(b'0'),
        )?;
        if head == 0 {
            return Ok(tail);
        }
        PyStr::join_slices(&[text.sub(0, 1), tail.as_slice()], self.max_bound())
    }

    /// Return a copy where all tab characters are expanded using spaces.
    ///
    /// If tabsize is not given, a tab size of 8 characters is assumed.
    #[pymethod(signature = "($self, /, tabsize=8)")]
    fn expandtabs(&self, tabsize: i32) -> PyResult<Py<PyStr>> {
        if krait_text::search::find_char(self.as_slice(), 9).is_none() {
            return self.exact();
        }
        match layout::expand_tabs(self.as_slice(), tabsize.max(0) as usize) {
            Some(text) => PyStr::from_slice(text.as_slice()),
            None => Err(crate::overflow_error!("new string is too long")),
        }
    }
}

impl PyStr {
    /// `left` fills, the characters, `right` fills. `bound` is the characters' [`PyStr::max_bound`].
    pub(crate) fn padded_slice(
        text: StrSlice<'_>,
        bound: u32,
        left: usize,
        right: usize,
        fill: u32,
    ) -> PyResult<Py<PyStr>> {
        let too_long = || crate::overflow_error!("padded string is too long");
        let len = text
            .len()
            .checked_add(left)
            .and_then(|len| len.checked_add(right));
        len.filter(|&len| len <= isize::MAX as usize)
            .ok_or_else(too_long)?;
        if fill > 0x7F || text.is_empty() {
            return PyStr::filled(left, text, right, fill, bound.max(fill));
        }
        PyStr::filled(left, text, right, fill, bound)
    }
}
