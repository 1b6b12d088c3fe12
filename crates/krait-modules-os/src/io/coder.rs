//! How `TextIOWrapper` turns bytes into text and back: codecs that need no registry directly, others
//! through their incremental codec objects.

use std::cell::{Cell, RefCell};

use krait_runtime::codecs::{Encoding, normalize_name, registry};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    Field, IntoPy, PyBytes, PyErr, PyLong, PyResult, PyStr, bool_object, exc, none, type_error,
};

use super::newline::{NewlineState, PyIncrementalNewlineDecoder, decoder_state};

/// The codec, if text can be converted without the registry and without state but for an incomplete
/// sequence.
pub(super) fn native(encoding: &str) -> Option<Encoding> {
    match Encoding::without_registry(&normalize_name(encoding)) {
        Some(found @ (Encoding::Utf8 | Encoding::Ascii | Encoding::Latin1)) => Some(found),
        _ => None,
    }
}

/// The registry's entry for an encoding of text.
pub(super) fn codec_info(encoding: &str) -> PyResult<Obj> {
    let info = registry::lookup(encoding)?;
    if let Some(flag) = info.lookup_attr(krait_runtime::intern!("_is_text_encoding"))?
        && !flag.is_true()?
    {
        return Err(PyErr::new(
            &exc::LookupError,
            format!("'{encoding}' is not a text encoding"),
        ));
    }
    Ok(info)
}

/// The reading half.
pub(super) struct Decoder {
    native: Cell<Option<Encoding>>,
    object: Field<PyObject>,
    leftover: RefCell<Vec<u8>>,
    newlines: Cell<NewlineState>,
    universal: Cell<bool>,
}

impl Decoder {
    pub(super) const fn none() -> Decoder {
        Decoder {
            native: Cell::new(None),
            object: Field::empty(),
            leftover: RefCell::new(Vec::new()),
            newlines: Cell::new(NewlineState::NEW),
            universal: Cell::new(false),
        }
    }

    /// Whether the stream can be read.
    pub(super) fn exists(&self) -> bool {
        self.native.get().is_some() || self.object.is_some()
    }

    pub(super) fn remove(&self) {
        self.native.set(None);
        self.object.set(None);
        self.leftover.borrow_mut().clear();
    }

    /// Sets the decoder up for an encoding.
    pub(super) fn install(
        &self,
        encoding: &str,
        errors: &PyStr,
        universal: bool,
        translate: bool,
    ) -> PyResult<()> {
        self.remove();
        self.universal.set(universal);
        self.newlines.set(NewlineState {
            translate,
            ..NewlineState::NEW
        });
        if let Some(encoding) = native(encoding) {
            self.native.set(Some(encoding));
            return Ok(());
        }
        let factory =
            codec_info(encoding)?.getattr(krait_runtime::intern!("incrementaldecoder"))?;
        let mut decoder = factory.call1(errors)?;
        if universal {
            decoder = PyIncrementalNewlineDecoder::around(decoder, translate)?.into_object();
        }
        self.object.set(Some(decoder));
        Ok(())
    }

    /// Decodes the next bytes.
    pub(super) fn decode(
        &self,
        bytes: &Py<PyBytes>,
        errors: &PyStr,
        last: bool,
    ) -> PyResult<Py<PyStr>> {
        let Some(encoding) = self.native.get() else {
            let Some(decoder) = self.object.get() else {
                return Err(super::unsupported("not readable"));
            };
            let text = decoder.call_method(
                krait_runtime::intern!("decode"),
                &[bytes, bool_object(last)],
            )?;
            return text.cast::<PyStr>().map_err(|text| {
                type_error!(
                    "decoder should return a string result, not '{}'",
                    text.type_().tp_name()
                )
            });
        };
        let mut data = self.leftover.take();
        let decoded = if data.is_empty() {
            let decoded = encoding.decode(bytes.as_bytes(), Some(errors.as_utf8()?), last)?;
            data.extend_from_slice(&bytes.as_bytes()[decoded.consumed..]);
            decoded
        } else {
            data.extend_from_slice(bytes.as_bytes());
            let decoded = encoding.decode(&data, Some(errors.as_utf8()?), last)?;
            data.drain(..decoded.consumed);
            decoded
        };
        self.leftover.replace(data);
        if !self.universal.get() {
            return Ok(decoded.text);
        }
        let mut newlines = self.newlines.get();
        let text = newlines.feed(decoded.text, last)?;
        self.newlines.set(newlines);
        Ok(text)
    }

    /// What the decoder keeps back, and its flags.
    pub(super) fn state(&self) -> PyResult<(Py<PyBytes>, i64)> {
        if self.native.get().is_some() {
            let pending = self.universal.get() && self.newlines.get().pending_cr;
            let kept = PyBytes::new(&self.leftover.borrow())?;
            return Ok((kept, i64::from(pending)));
        }
        let Some(decoder) = self.object.get() else {
            return Ok((PyBytes::new(b"")?, 0));
        };
        let (kept, flags) =
            decoder_state(&*decoder.call_method(krait_runtime::intern!("getstate"), &[])?)?;
        let kept = kept
            .cast::<PyBytes>()
            .map_err(|_| type_error!("illegal decoder state"))?;
        Ok((kept, flags))
    }

    pub(super) fn set_state(&self, kept: &Py<PyBytes>, flags: i64) -> PyResult<()> {
        if self.native.get().is_some() {
            self.leftover.replace(kept.as_bytes().to_vec());
            let mut newlines = self.newlines.get();
            newlines.pending_cr = flags & 1 != 0;
            self.newlines.set(newlines);
            return Ok(());
        }
        if let Some(decoder) = self.object.get() {
            let state = (kept.clone(), flags).into_py()?;
            decoder.call_method(krait_runtime::intern!("setstate"), &[&state])?;
        }
        Ok(())
    }

    pub(super) fn reset(&self) -> PyResult<()> {
        if self.native.get().is_some() {
            self.leftover.borrow_mut().clear();
            let mut newlines = self.newlines.get();
            newlines.reset();
            self.newlines.set(newlines);
            return Ok(());
        }
        if let Some(decoder) = self.object.get() {
            decoder.call_method(krait_runtime::intern!("reset"), &[])?;
        }
        Ok(())
    }

    /// Whether each of these bytes becomes one character, whatever came before them.
    pub(super) fn is_bytewise(&self, bytes: &[u8]) -> bool {
        self.native.get().is_some()
            && bytes.is_ascii()
            && !(self.universal.get() && memchr::memchr(b'\r', bytes).is_some())
    }

    pub(super) fn newlines(&self) -> PyResult<Obj> {
        if self.native.get().is_some() {
            if self.universal.get() {
                return self.newlines.get().newlines();
            }
            return none().into_py();
        }
        match self.object.get() {
            None => none().into_py(),
            Some(decoder) => match decoder.lookup_attr(krait_runtime::intern!("newlines"))? {
                Some(newlines) => Ok(newlines),
                None => none().into_py(),
            },
        }
    }
}

impl krait_runtime::Traverse for Decoder {
    fn traverse(&self, visitor: &mut krait_runtime::Visitor) -> krait_runtime::gc::TraverseResult {
        self.object.traverse(visitor)
    }

    fn clear(&self) {
        self.object.clear();
    }
}

/// The writing half.
pub(super) struct Encoder {
    native: Cell<Option<Encoding>>,
    object: Field<PyObject>,
}

impl Encoder {
    pub(super) const fn none() -> Encoder {
        Encoder {
            native: Cell::new(None),
            object: Field::empty(),
        }
    }

    /// Whether the stream can be written.
    pub(super) fn exists(&self) -> bool {
        self.native.get().is_some() || self.object.is_some()
    }

    pub(super) fn remove(&self) {
        self.native.set(None);
        self.object.set(None);
    }

    pub(super) fn install(&self, encoding: &str, errors: &PyStr) -> PyResult<()> {
        self.remove();
        if let Some(encoding) = native(encoding) {
            self.native.set(Some(encoding));
            return Ok(());
        }
        let factory =
            codec_info(encoding)?.getattr(krait_runtime::intern!("incrementalencoder"))?;
        self.object.set(Some(factory.call1(errors)?));
        Ok(())
    }

    /// Adds the text's bytes to `out`.
    pub(super) fn encode(&self, text: &PyStr, errors: &PyStr, out: &mut Vec<u8>) -> PyResult<()> {
        if let Some(encoding) = self.native.get() {
            match text.as_slice() {
                krait_text::StrSlice::Latin1(units)
                    if text.is_ascii() || encoding == Encoding::Latin1 =>
                {
                    out.extend_from_slice(units);
                }
                _ => {
                    let bytes = encoding.encode(text, Some(errors.as_utf8()?))?;
                    out.extend_from_slice(bytes.as_bytes());
                }
            }
            return Ok(());
        }
        let Some(encoder) = self.object.get() else {
            return Err(super::unsupported("not writable"));
        };
        let bytes = encoder.call_method(krait_runtime::intern!("encode"), &[text])?;
        let Some(bytes) = bytes.downcast::<PyBytes>() else {
            return Err(type_error!(
                "encoder should return a bytes object, not '{}'",
                bytes.type_().tp_name()
            ));
        };
        out.extend_from_slice(bytes.as_bytes());
        Ok(())
    }

    /// Sets the encoder back to where a file begins, or past it.
    pub(super) fn restart(&self, at_start: bool) -> PyResult<()> {
        let Some(encoder) = self.object.get() else {
            return Ok(());
        };
        if at_start {
            encoder.call_method(krait_runtime::intern!("reset"), &[])?;
        } else {
            encoder.call_method(
                krait_runtime::intern!("setstate"),
                &[&*PyLong::from_i64(0)?],
            )?;
        }
        Ok(())
    }
}

impl krait_runtime::Traverse for Encoder {
    fn traverse(&self, visitor: &mut krait_runtime::Visitor) -> krait_runtime::gc::TraverseResult {
        self.object.traverse(visitor)
    }

    fn clear(&self) {
        self.object.clear();
    }
}
