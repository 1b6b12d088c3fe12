//! Line ends: finding them, translating them, and `IncrementalNewlineDecoder`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, IntoPy, PyBytes, PyErr, PyResult, PyStr, PyTuple, PyType, StrBuilder, none, type_error,
    value_error,
};
use krait_text::StrSlice;

const CR: u32 = '\r' as u32;
const LF: u32 = '\n' as u32;

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// At `\n` only.
    Lf,
    /// At `\r` only.
    Cr,
    /// At `\r\n` only.
    CrLf,
    /// At any of them.
    Any,
}

/// The first of one or two code points from `from` on.
fn find_unit(text: StrSlice<'_>, from: usize, first: u32, second: u32) -> Option<usize> {
    match text {
        StrSlice::Latin1(units) => {
            let rest = &units[from..];
            let found = if first == second {
                memchr::memchr(first as u8, rest)
            } else {
                memchr::memchr2(first as u8, second as u8, rest)
            };
            found.map(|at| at + from)
        }
        _ => (from..text.len()).find(|&at| {
            let unit = text.at(at);
            unit == first || unit == second
        }),
    }
}

impl LineEnd {
    /// The index after the first line end from `from` on.
    pub(crate) fn find(self, text: StrSlice<'_>, from: usize) -> Option<usize> {
        match self {
            LineEnd::Lf => find_unit(text, from, LF, LF).map(|at| at + 1),
            LineEnd::Cr => find_unit(text, from, CR, CR).map(|at| at + 1),
            LineEnd::Any => {
                let at = find_unit(text, from, CR, LF)?;
                let two = text.at(at) == CR && at + 1 < text.len() && text.at(at + 1) == LF;
                Some(at + 1 + usize::from(two))
            }
            LineEnd::CrLf => {
                let mut at = from;
                loop {
                    at = find_unit(text, at, CR, CR)? + 1;
                    if at < text.len() && text.at(at) == LF {
                        return Some(at + 1);
                    }
                }
            }
        }
    }
}

/// The line ends seen so far, and whether a `\r` waits for what follows it.
#[derive(Clone, Copy, Default)]
pub(crate) struct NewlineState {
    pub(crate) translate: bool,
    pub(crate) pending_cr: bool,
    pub(crate) seen: u8,
}

const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;

impl NewlineState {
    /// Nothing seen.
    pub(crate) const NEW: NewlineState = NewlineState {
        translate: false,
        pending_cr: false,
        seen: 0,
    };

    /// Takes text in: it comes out with a last `\r` kept back (unless `last`), and translated if wanted.
    pub(crate) fn feed(&mut self, text: Py<PyStr>, last: bool) -> PyResult<Py<PyStr>> {
        let units = text.as_slice();
        if !self.pending_cr && find_unit(units, 0, CR, CR).is_none() {
            if self.seen & SEEN_LF == 0 && find_unit(units, 0, LF, LF).is_some() {
                self.seen |= SEEN_LF;
            }
            return Ok(text);
        }
        let mut out = StrBuilder::with_capacity(units.len() + 1);
        if self.pending_cr && (!units.is_empty() || last) {
            self.pending_cr = false;
            if units.is_empty() || units.at(0) != LF {
                self.push_cr(&mut out);
            } else {
                self.push_crlf(&mut out);
                return self.feed_rest(units, 1, last, out);
            }
        }
        self.feed_rest(units, 0, last, out)
    }

    fn push_cr(&mut self, out: &mut StrBuilder) {
        self.seen |= SEEN_CR;
        out.push(if self.translate { LF } else { CR });
    }

    fn push_crlf(&mut self, out: &mut StrBuilder) {
        self.seen |= SEEN_CRLF;
        out.push_str(if self.translate { "\n" } else { "\r\n" });
    }

    fn feed_rest(
        &mut self,
        units: StrSlice<'_>,
        from: usize,
        last: bool,
        mut out: StrBuilder,
    ) -> PyResult<Py<PyStr>> {
        let mut at = from;
        while let Some(end) = find_unit(units, at, CR, LF) {
            out.push_slice(units.sub(at, end));
            at = end + 1;
            if units.at(end) == LF {
                self.seen |= SEEN_LF;
                out.push(LF);
            } else if at < units.len() {
                if units.at(at) == LF {
                    at += 1;
                    self.push_crlf(&mut out);
                } else {
                    self.push_cr(&mut out);
                }
            } else if last {
                self.push_cr(&mut out);
            } else {
                self.pending_cr = true;
            }
        }
        out.push_slice(units.sub(at, units.len()));
        out.finish()
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.seen = 0;
        self.pending_cr = false;
    }

    /// The attribute `newlines`.
    pub(crate) fn newlines(&self) -> PyResult<Obj> {
        let ends = [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")];
        let seen: Vec<&str> = ends
            .into_iter()
            .filter(|(bit, _)| self.seen & bit != 0)
            .map(|(_, end)| end)
            .collect();
        match &seen[..] {
            [] => none().into_py(),
            [end] => end.into_py(),
            _ => crate::common::tuple_of(seen),
        }
    }
}

/// Codec used when reading a file in universal newlines mode.
#[pyclass(
    name = "IncrementalNewlineDecoder",
    module = "_io",
    flags(BASETYPE, GC)
)]
#[repr(C)]
pub(crate) struct PyIncrementalNewlineDecoder {
    ob_base: PyObject,
    #[traverse]
    decoder: Field<PyObject>,
    state: Cell<NewlineState>,
}

impl PyIncrementalNewlineDecoder {
    /// A decoder around another.
    pub(crate) fn around(decoder: Obj, translate: bool) -> PyResult<Py<Self>> {
        Py::new(PyIncrementalNewlineDecoder {
            ob_base: PyObject::HEADER,
            decoder: Field::new(decoder),
            state: Cell::new(NewlineState {
                translate,
                ..NewlineState::default()
            }),
        })
    }

    fn decoder(&self) -> PyResult<Option<Obj>> {
        match self.decoder.get() {
            None => Err(value_error!(
                "IncrementalNewlineDecoder.__init__() not called"
            )),
            Some(decoder) => Ok((!decoder.is(none())).then_some(decoder)),
        }
    }
}

/// The state of a decoder: what it keeps back, and its flags.
pub(crate) fn decoder_state(state: &PyObject) -> PyResult<(Obj, i64)> {
    let Some(state) = state.downcast::<PyTuple>() else {
        return Err(type_error!("illegal decoder state"));
    };
    match state.as_slice() {
        [buffer, flags] => {
            if buffer.downcast::<PyBytes>().is_none() {
                return Err(type_error!(
                    "illegal decoder state: the first item should be a bytes object, not '{}'",
                    buffer.type_().tp_name()
                ));
            }
            Ok((buffer.clone(), flags.extract()?))
        }
        _ => Err(type_error!("illegal decoder state")),
    }
}

#[pymethods]
impl PyIncrementalNewlineDecoder {
    #[slot(tp_new)]
    fn tp_new(
        cls: &PyType,
        _args: &PyTuple,
        _kwargs: Option<&krait_runtime::PyDict>,
    ) -> PyResult<Obj> {
        let decoder = PyIncrementalNewlineDecoder {
            ob_base: PyObject::HEADER,
            decoder: Field::empty(),
            state: Cell::default(),
        };
        Ok(Py::new_in(cls, decoder)?.into_object())
    }

    #[pyinit(signature = "(decoder, translate, errors='strict')")]
    fn init(&self, decoder: &PyObject, translate: bool, errors: Option<&PyObject>) -> PyResult<()> {
        // The inner decoder has the errors.
        let _ = errors;
        self.decoder.set(Some(decoder.to_obj()));
        self.state.set(NewlineState {
            translate,
            ..NewlineState::default()
        });
        Ok(())
    }

    #[pymethod(signature = "($self, /, input, final=False)")]
    fn decode(&self, input: &PyObject, r#final: bool) -> PyResult<Py<PyStr>> {
        let output = match self.decoder()? {
            None => input.to_obj(),
            Some(decoder) => {
                let last = krait_runtime::bool_object(r#final);
                decoder.call_method(krait_runtime::intern!("decode"), &[input, last])?
            }
        };
        let output = output.cast::<PyStr>().map_err(|output| -> PyErr {
            type_error!(
                "decoder should return a string result, not '{}'",
                output.type_().tp_name()
            )
        })?;
        let mut state = self.state.get();
        let text = state.feed(output, r#final)?;
        self.state.set(state);
        Ok(text)
    }

    #[pymethod(signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Obj> {
        let (buffer, flags) = match self.decoder()? {
            None => (PyBytes::new(b"")?.into_object(), 0),
            Some(decoder) => {
                decoder_state(&*decoder.call_method(krait_runtime::intern!("getstate"), &[])?)?
            }
        };
        let pending = i64::from(self.state.get().pending_cr);
        (buffer, flags << 1 | pending).into_py()
    }

    #[pymethod(signature = "($self, state, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<Obj> {
        if state.downcast::<PyTuple>().is_none() {
            return Err(type_error!("state argument must be a tuple"));
        }
        let decoder = self.decoder()?;
        let (buffer, flags) = decoder_state(state)?;
        let mut newlines = self.state.get();
        newlines.pending_cr = flags & 1 != 0;
        self.state.set(newlines);
        match decoder {
            None => none().into_py(),
            Some(decoder) => decoder.call_method(
                krait_runtime::intern!("setstate"),
                &[&*(buffer, flags >> 1).into_py()?],
            ),
        }
    }

    #[pymethod(signature = "($self, /)")]
    fn reset(&self) -> PyResult<Obj> {
        let decoder = self.decoder()?;
        let mut state = self.state.get();
        state.reset();
        self.state.set(state);
        match decoder {
            None => none().into_py(),
            Some(decoder) => decoder.call_method(krait_runtime::intern!("reset"), &[]),
        }
    }

    #[pygetter]
    fn newlines(&self) -> PyResult<Obj> {
        self.decoder()?;
        self.state.get().newlines()
    }
}

/// What the argument `newline` of text streams means.
#[derive(Clone, Copy)]
pub(crate) struct NewlineMode {
    /// Any line end is one when reading.
    pub(crate) universal: bool,
    /// They become `\n` when reading.
    pub(crate) translate: bool,
    /// How lines end for `readline`.
    pub(crate) end: LineEnd,
    /// What `\n` becomes when writing.
    pub(crate) write: Option<&'static str>,
    /// The argument, for `__getstate__`.
    pub(crate) argument: Option<&'static str>,
}

impl NewlineMode {
    /// Reads the argument; `message` complains about another text.
    pub(crate) fn new(newline: Option<&PyStr>, repr: bool) -> PyResult<NewlineMode> {
        let Some(newline) = newline else {
            return Ok(NewlineMode {
                universal: true,
                translate: true,
                end: LineEnd::Lf,
                write: None,
                argument: None,
            });
        };
        let known = [
            ("", LineEnd::Any, None),
            ("\n", LineEnd::Lf, None),
            ("\r", LineEnd::Cr, Some("\r")),
            ("\r\n", LineEnd::CrLf, Some("\r\n")),
        ];
        for (text, end, write) in known {
            if newline.is_text(text) {
                return Ok(NewlineMode {
                    universal: text.is_empty(),
                    translate: false,
                    end,
                    write,
                    argument: Some(text),
                });
            }
        }
        let shown = if repr {
            newline.repr()?.to_string_lossy()
        } else {
            newline.to_string_lossy()
        };
        Err(value_error!("illegal newline value: {shown}"))
    }
}
