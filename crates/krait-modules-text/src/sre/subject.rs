//! What patterns are matched against: text, or anything that lends bytes.

use krait_runtime::buffer::BufferView;
use krait_runtime::{
    Obj, PyBytes, PyClass, PyErr, PyObject, PyResult, PyStr, err, hooks, type_error,
};
use krait_sre::constants::FLAG_LOCALE;
use krait_sre::{Locale, Mode, Request, Scratch, Stop};
use krait_text::StrSlice;

use super::pattern::Pattern;

/// A subject, held for as long as matches go on.
pub(super) struct Subject {
    object: Obj,
    /// The memory of a bytes-like object other than `bytes`.
    view: Option<BufferView>,
}

impl Subject {
    /// The subject that an object is, if it is text or bytes-like.
    pub(super) fn new(object: &PyObject) -> PyResult<Subject> {
        let view = if object.is_instance_of::<PyStr>() || object.is_instance_of::<PyBytes>() {
            None
        } else {
            match object.bytes_buffer() {
                Ok(view) => Some(view),
                Err(error) => {
                    error.clear();
                    return Err(type_error!(
                        "expected string or bytes-like object, got '{}'",
                        object.type_().tp_name()
                    ));
                }
            }
        };
        Ok(Subject {
            object: object.to_obj(),
            view,
        })
    }

    /// The subject, which must be of the same sort as the pattern.
    pub(super) fn for_pattern(object: &PyObject, pattern: &Pattern) -> PyResult<Subject> {
        let subject = Subject::new(object)?;
        match pattern.is_bytes() {
            Some(false) if subject.is_bytes() => Err(type_error!(
                "cannot use a string pattern on a bytes-like object"
            )),
            Some(true) if !subject.is_bytes() => Err(type_error!(
                "cannot use a bytes pattern on a string-like object"
            )),
            _ => Ok(subject),
        }
    }

    pub(super) fn object(&self) -> &PyObject {
        &self.object
    }

    pub(super) fn is_bytes(&self) -> bool {
        !self.object.is_instance_of::<PyStr>()
    }

    /// The number of characters or bytes.
    pub(super) fn len(&self) -> usize {
        if let Some(view) = &self.view {
            view.len()
        } else if let Some(text) = self.object.downcast::<PyStr>() {
            text.len()
        } else {
            self.object.downcast::<PyBytes>().map_or(0, PyBytes::len)
        }
    }

    /// The characters, for as long as no Python code runs.
    pub(super) fn units(&self) -> StrSlice<'_> {
        if let Some(view) = &self.view {
            // SAFETY: private to this module and `substitute`, whose uses run no Python code while
            // they hold the slice: signal handlers wait (see `run`).
            StrSlice::Latin1(unsafe { view.as_slice() })
        } else if let Some(text) = self.object.downcast::<PyStr>() {
            text.as_slice()
        } else {
            let bytes = self.object.downcast::<PyBytes>();
            StrSlice::Latin1(bytes.map_or(&[], PyBytes::as_bytes))
        }
    }

    /// The part from `start` to `end` as an object of its own.
    pub(super) fn slice(&self, start: usize, end: usize) -> PyResult<Obj> {
        let len = self.len();
        let (start, end) = (start.min(len), end.min(len).max(start.min(len)));
        if let Some(text) = self.object.downcast::<PyStr>() {
            return Ok(text.substring(start, end)?.into_object());
        }
        if start == 0 && end == len && self.object.is_exact::<PyBytes>() {
            return Ok(self.object.clone());
        }
        let bytes = match self.units() {
            StrSlice::Latin1(bytes) => PyBytes::new(&bytes[start..end])?,
            _ => PyBytes::new(&[])?,
        };
        Ok(bytes.into_object())
    }

    /// `slice` of a span, or `default` where a group did not match.
    pub(super) fn group(&self, span: Option<(usize, usize)>, default: &PyObject) -> PyResult<Obj> {
        match span {
            Some((start, end)) => self.slice(start, end),
            None => Ok(default.to_obj()),
        }
    }

    /// The empty text or bytes.
    pub(super) fn empty(&self) -> PyResult<Obj> {
        if self.is_bytes() {
            Ok(PyBytes::new(&[])?.into_object())
        } else {
            Ok(krait_runtime::interned::empty_str().to_obj())
        }
    }

    /// Runs the pattern's machine once.
    fn run(
        &self,
        pattern: &Pattern,
        scratch: &mut Scratch,
        request: Request<'_>,
    ) -> PyResult<bool> {
        let immutable = self.view.is_none();
        let mut interrupt = || {
            // A handler may write to memory that is only lent.
            if immutable && hooks::check_signals().is_err() {
                return Err(Stop::Interrupted);
            }
            Ok(())
        };
        let locale;
        let mut request = request;
        if pattern.flags() as u32 & FLAG_LOCALE != 0 {
            let (lower, upper, alnum) = krait_host::locale::bytes();
            locale = Locale {
                lower,
                upper,
                alnum,
            };
            request.locale = &locale;
        }
        let program = pattern.program();
        let result = match self.units() {
            StrSlice::Latin1(units) => scratch.run(program, units, &request, &mut interrupt),
            StrSlice::Ucs2(units) => scratch.run(program, units, &request, &mut interrupt),
            StrSlice::Ucs4(units) => scratch.run(program, units, &request, &mut interrupt),
        };
        result.map_err(|stop| match stop {
            Stop::Interrupted => PyErr::fetch(),
            Stop::Memory => err::no_memory(),
        })
    }
}

/// A subject with the place that matching has reached.
pub(super) struct Cursor {
    pub(super) subject: Subject,
    /// Where the caller wanted to begin and end, within the subject.
    pub(super) pos: usize,
    pub(super) endpos: usize,
    /// Where the next match may begin.
    at: usize,
    /// The last match was empty: the next must not be empty at the same place.
    must_advance: bool,
}

impl Cursor {
    pub(super) fn new(
        pattern: &Pattern,
        object: &PyObject,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Cursor> {
        let subject = Subject::for_pattern(object, pattern)?;
        let len = subject.len() as isize;
        let pos = pos.clamp(0, len) as usize;
        Ok(Cursor {
            subject,
            pos,
            endpos: endpos.clamp(0, len) as usize,
            at: pos,
            must_advance: false,
        })
    }

    /// The next match; [`Scratch::span`] tells where it lies.
    pub(super) fn run(
        &mut self,
        pattern: &Pattern,
        scratch: &mut Scratch,
        mode: Mode,
    ) -> PyResult<bool> {
        let mut endpos = self.endpos;
        if self.at > endpos {
            if mode == Mode::Search {
                return Ok(false);
            }
            // There is no room for anything but an empty match at the beginning.
            endpos = self.at;
        }
        let request = Request {
            pos: self.at,
            endpos,
            mode,
            must_advance: self.must_advance,
            locale: &Locale::C,
        };
        self.subject.run(pattern, scratch, request)
    }

    /// The next match of a row of matches, and where it lies.
    pub(super) fn next(
        &mut self,
        pattern: &Pattern,
        scratch: &mut Scratch,
        mode: Mode,
    ) -> PyResult<Option<(usize, usize)>> {
        if !self.run(pattern, scratch, mode)? {
            return Ok(None);
        }
        let span = scratch.span(0).unwrap_or((self.at, self.at));
        self.must_advance = span.0 == span.1;
        self.at = span.1;
        Ok(Some(span))
    }
}
