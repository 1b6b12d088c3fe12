//! Runs a codec over its input, asking the error handler at each error.

use std::cell::{Cell, RefCell};

use krait_runtime::codecs::{Handler, Replacement};
use krait_runtime::{
    Field, IntoPy, Obj, Py, PyBytes, PyClass, PyErr, PyObject, PyResult, PyStr, exc, index_error,
    type_error,
};
use krait_text::StrBuf;
use krait_text::cjk::{Codec, State, Stop};

const ILLEGAL: &str = "illegal multibyte sequence";
const INCOMPLETE: &str = "incomplete multibyte sequence";
/// So many characters at most wait for others in an encoder.
const MOST_CHARACTERS: usize = 2;
/// So many bytes at most wait for others in a decoder.
pub(super) const MOST_BYTES: usize = 8;

/// The text of an argument: other objects' `str()`.
fn text_of(input: &PyObject) -> PyResult<Py<PyStr>> {
    match input.downcast::<PyStr>() {
        Some(text) => Ok(PyClass::to_owned(text)),
        None => input.str(),
    }
}

/// Encodes text up to its end, or to what waits for more (unless this is the `last` of it); how far it came.
fn encode_text(
    codec: &Codec,
    state: &mut State,
    text: &PyStr,
    errors: Option<&str>,
    last: bool,
    out: &mut Vec<u8>,
) -> PyResult<usize> {
    let codes: Vec<u32> = text.as_slice().iter().collect();
    let mut handler = Handler::multibyte(errors);
    let mut at = 0;
    loop {
        let (end, reason) = match codec.encode(state, &codes, &mut at, last, out) {
            Ok(()) => break,
            Err(Stop::Incomplete) if !last => return Ok(at),
            Err(Stop::Incomplete) => (codes.len(), INCOMPLETE),
            Err(Stop::Illegal(count)) => ((at + count).min(codes.len()), ILLEGAL),
        };
        let (replacement, next) = handler.encode(codec.name, text, at, end, reason)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(instead) => {
                let codes: Vec<u32> = instead.as_slice().iter().collect();
                let is_mark = matches!(handler, Handler::Builtin(_)) && codes == [u32::from(b'?')];
                match codec.encode(state, &codes, &mut 0, true, out) {
                    Ok(()) => {}
                    Err(_) if is_mark => out.push(b'?'),
                    Err(_) => {
                        let mut strict = Handler::named(None);
                        strict.encode(codec.name, &instead, 0, codes.len().min(1), ILLEGAL)?;
                    }
                }
            }
        }
        at = next;
    }
    if last {
        codec.finish(state, out);
    }
    Ok(codes.len())
}

/// Decodes bytes up to the first that wait for more; how far it came.
fn decode_bytes(
    codec: &Codec,
    state: &mut State,
    input: &[u8],
    errors: Option<&str>,
    last: bool,
    out: &mut StrBuf,
) -> PyResult<usize> {
    let mut handler = Handler::multibyte(errors);
    let mut at = 0;
    loop {
        let (end, reason) = match codec.decode(state, input, &mut at, out) {
            Ok(()) => return Ok(at),
            Err(Stop::Incomplete) if !last => return Ok(at),
            Err(Stop::Incomplete) => (input.len(), INCOMPLETE),
            Err(Stop::Illegal(count)) => ((at + count).min(input.len()), ILLEGAL),
        };
        let done = handler.decode(codec.name, input, at, end, reason)?;
        if done.next > input.len() {
            return Err(index_error!(
                "position {} from error handler out of bounds",
                done.next
            ));
        }
        out.push_slice(done.text.as_slice());
        at = done.next;
    }
}

/// `MultibyteCodec.encode`.
pub(super) fn encode_whole(codec: &Codec, input: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    let text = text_of(input)?;
    let mut out = Vec::with_capacity(text.len());
    let mut state = codec.encoder_state();
    encode_text(codec, &mut state, &text, errors, true, &mut out)?;
    (PyBytes::new(&out)?, text.len()).into_py()
}

/// `MultibyteCodec.decode`.
pub(super) fn decode_whole(codec: &Codec, input: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
    let data = crate::util::Data::of(input)?;
    let mut out = StrBuf::with_capacity(data.len());
    let mut state = codec.decoder_state();
    decode_bytes(codec, &mut state, &data, errors, true, &mut out)?;
    (PyStr::from_slice(out.as_slice())?, data.len()).into_py()
}

/// A codec in use from call to call, in one direction.
pub(super) struct Running {
    pub(super) codec: &'static Codec,
    pub(super) state: Cell<State>,
    /// What an encoder has not encoded yet.
    pub(super) text: Field<PyStr>,
    /// What a decoder has not decoded yet.
    pub(super) bytes: RefCell<Vec<u8>>,
    pub(super) errors: Field<PyStr>,
}

impl Running {
    /// In the state that text starts with.
    pub(super) fn new(
        codec: &'static Codec,
        state: State,
        errors: Option<&str>,
    ) -> PyResult<Running> {
        let errors = match errors {
            Some(errors) => PyStr::new(errors)?,
            None => PyStr::intern("strict")?,
        };
        Ok(Running {
            codec,
            state: Cell::new(state),
            text: Field::empty(),
            bytes: RefCell::default(),
            errors: Field::new(errors),
        })
    }

    /// Encodes more text.
    pub(super) fn encode(&self, input: &PyObject, last: bool) -> PyResult<Obj> {
        let given = text_of(input)?;
        let text = match self.text.get() {
            Some(pending) => pending.concat(&given)?,
            None => given,
        };
        let errors = self.errors.get();
        let mut out = Vec::new();
        let mut state = self.state.get();
        let done = encode_text(
            self.codec,
            &mut state,
            &text,
            errors.as_ref().map(|errors| errors.as_utf8()).transpose()?,
            last,
            &mut out,
        );
        self.state.set(state);
        let done = done?;
        let rest = text.as_slice().sub(done, text.len());
        if rest.len() > MOST_CHARACTERS {
            let reason = "pending buffer overflow";
            let mut strict = Handler::named(None);
            strict.encode(self.codec.name, &text, done, text.len(), reason)?;
        }
        let rest = (!rest.is_empty())
            .then(|| PyStr::from_slice(rest))
            .transpose()?;
        self.text.set(rest);
        Ok(PyBytes::new(&out)?.into_object())
    }

    /// Ends the encoded text without writing its end.
    pub(super) fn reset_encoder(&self) {
        let mut state = self.state.get();
        self.codec.finish(&mut state, &mut Vec::new());
        self.state.set(state);
        self.text.set(None);
    }

    /// Decodes more bytes.
    pub(super) fn decode(&self, more: &[u8], last: bool) -> PyResult<Py<PyStr>> {
        let mut data = self.bytes.borrow().clone();
        data.extend_from_slice(more);
        let errors = self.errors.get();
        let mut out = StrBuf::with_capacity(data.len());
        let mut state = self.state.get();
        let done = decode_bytes(
            self.codec,
            &mut state,
            &data,
            errors.as_ref().map(|errors| errors.as_utf8()).transpose()?,
            last,
            &mut out,
        );
        self.state.set(state);
        let rest = data.split_off(done?);
        if rest.len() > MOST_BYTES {
            return Err(self.bytes_error(&rest, "pending buffer overflow"));
        }
        *self.bytes.borrow_mut() = rest;
        PyStr::from_slice(out.as_slice())
    }

    /// A `UnicodeDecodeError` for bytes as a whole.
    pub(super) fn bytes_error(&self, bytes: &[u8], reason: &str) -> PyErr {
        let mut strict = Handler::named(None);
        match strict.decode(self.codec.name, bytes, 0, bytes.len(), reason) {
            Err(error) => error,
            Ok(_) => PyErr::new(&exc::UnicodeError, reason),
        }
    }

    pub(super) fn reset_decoder(&self) {
        let mut state = self.state.get();
        self.codec.reset_decoder(&mut state);
        self.state.set(state);
        self.bytes.borrow_mut().clear();
    }
}

/// A size as the methods of stream readers take it: none at all for `None` and negative numbers.
pub(super) fn size_of(size: Option<&PyObject>) -> PyResult<Option<isize>> {
    let Some(size) = size.filter(|size| !size.is(krait_runtime::none())) else {
        return Ok(None);
    };
    if !size.is_instance_of::<krait_runtime::PyLong>() {
        return Err(type_error!("arg 1 must be an integer"));
    }
    Ok(Some(size.as_isize(Some(&exc::OverflowError))?).filter(|&size| size >= 0))
}
