//! The incremental encoder and decoder, of which `encodings` makes a class for each codec.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    IntoPy, Obj, Py, PyBytes, PyErr, PyLong, PyObject, PyResult, PyStr, PyTuple, PyType, exc,
    overflow_error, type_error,
};
use krait_text::cjk::State;

use super::run::{MOST_BYTES, Running};
use super::{checked_errors, codec_of};

/// Bytes of UTF-8 that an encoder's state may hold.
const MOST_PENDING: usize = 8;
const STATE: usize = 8;

#[allow(missing_docs)]
#[pyclass(
    name = "MultibyteIncrementalEncoder",
    module = "_multibytecodec",
    flags(BASETYPE)
)]
#[repr(C)]
pub struct MultibyteIncrementalEncoder {
    ob_base: PyObject,
    running: Running,
}

/// An int of little-endian bytes.
fn int_of(bytes: &[u8]) -> PyResult<Py<PyLong>> {
    let digits: Vec<u32> = (0..(bytes.len() * 8).div_ceil(30))
        .map(|digit| {
            (0..30).fold(0, |value, bit| {
                let at = digit * 30 + bit;
                let set = bytes
                    .get(at / 8)
                    .is_some_and(|byte| byte >> (at % 8) & 1 == 1);
                value | u32::from(set) << bit
            })
        })
        .collect();
    PyLong::from_digits(false, &digits)
}

/// The little-endian bytes of an int.
fn bytes_of<const N: usize>(int: &PyLong) -> PyResult<[u8; N]> {
    if int.is_negative() {
        return Err(overflow_error!("can't convert negative int to unsigned"));
    }
    let mut bytes = [0; N];
    for (index, digit) in int.digits().iter().enumerate() {
        for bit in (0..30).filter(|bit| digit >> bit & 1 == 1) {
            let at = index * 30 + bit;
            let Some(byte) = bytes.get_mut(at / 8) else {
                return Err(overflow_error!("int too big to convert"));
            };
            *byte |= 1 << (at % 8);
        }
    }
    Ok(bytes)
}

#[pymethods]
impl MultibyteIncrementalEncoder {
    #[pynew(signature = "(errors='strict')", text_signature = "")]
    fn new(cls: &PyType, errors: Option<&str>) -> PyResult<Py<Self>> {
        let codec = codec_of(cls)?;
        let running = Running::new(codec, codec.encoder_state(), errors)?;
        Py::new_in(
            cls,
            MultibyteIncrementalEncoder {
                ob_base: PyObject::HEADER,
                running,
            },
        )
    }

    #[pymethod(signature = "($self, /, input, final=False)")]
    fn encode(&self, input: &PyObject, r#final: bool) -> PyResult<Obj> {
        self.running.encode(input, r#final)
    }

    #[pymethod(signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Py<PyLong>> {
        let pending = self.running.text.get();
        let pending = match &pending {
            Some(text) => text.as_utf8()?.as_bytes(),
            None => &[],
        };
        if pending.len() > MOST_PENDING {
            return Err(PyErr::new(&exc::UnicodeError, "pending buffer too large"));
        }
        let mut bytes = vec![pending.len() as u8];
        bytes.extend_from_slice(pending);
        bytes.extend_from_slice(&self.running.state.get().0);
        int_of(&bytes)
    }

    #[pymethod(signature = "($self, state, /)")]
    fn setstate(&self, state: &PyLong) -> PyResult<()> {
        let bytes: [u8; 1 + MOST_PENDING + STATE] = bytes_of(state)?;
        let len = usize::from(bytes[0]);
        if len > MOST_PENDING {
            return Err(PyErr::new(&exc::UnicodeError, "pending buffer too large"));
        }
        let text = krait_runtime::codecs::decode(&bytes[1..=len], "utf-8", None)?;
        let mut state = [0; STATE];
        state.copy_from_slice(&bytes[1 + len..1 + len + STATE]);
        self.running.text.set((!text.is_empty()).then_some(text));
        self.running.state.set(State(state));
        Ok(())
    }

    #[pymethod(signature = "($self, /)")]
    fn reset(&self) {
        self.running.reset_encoder();
    }

    /// how to treat errors
    #[pygetter]
    fn errors(&self) -> Option<Py<PyStr>> {
        self.running.errors.get()
    }

    #[pysetter]
    fn set_errors(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.running.errors.set(Some(checked_errors(value)?));
        Ok(())
    }
}

#[allow(missing_docs)]
#[pyclass(
    name = "MultibyteIncrementalDecoder",
    module = "_multibytecodec",
    flags(BASETYPE)
)]
#[repr(C)]
pub struct MultibyteIncrementalDecoder {
    ob_base: PyObject,
    running: Running,
}

#[pymethods]
impl MultibyteIncrementalDecoder {
    #[pynew(signature = "(errors='strict')", text_signature = "")]
    fn new(cls: &PyType, errors: Option<&str>) -> PyResult<Py<Self>> {
        let codec = codec_of(cls)?;
        let running = Running::new(codec, codec.decoder_state(), errors)?;
        Py::new_in(
            cls,
            MultibyteIncrementalDecoder {
                ob_base: PyObject::HEADER,
                running,
            },
        )
    }

    #[pymethod(signature = "($self, /, input, final=False)")]
    fn decode(&self, input: &PyObject, r#final: bool) -> PyResult<Py<PyStr>> {
        let data = crate::util::Data::of(input)?;
        self.running.decode(&data, r#final)
    }

    #[pymethod(signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Obj> {
        let pending = PyBytes::new(&self.running.bytes.borrow())?;
        (pending, int_of(&self.running.state.get().0)?).into_py()
    }

    #[pymethod(signature = "($self, state, /)")]
    fn setstate(&self, state: &PyTuple) -> PyResult<()> {
        let parts: Vec<_> = state.as_slice().to_vec();
        let parsed = match &parts[..] {
            [bytes, int] => bytes.downcast::<PyBytes>().zip(int.downcast::<PyLong>()),
            _ => None,
        };
        let Some((bytes, int)) = parsed else {
            return Err(type_error!("setstate(): illegal state argument"));
        };
        let state: [u8; STATE] = bytes_of(int)?;
        if bytes.len() > MOST_BYTES {
            return Err(self
                .running
                .bytes_error(bytes.as_bytes(), "pending buffer too large"));
        }
        *self.running.bytes.borrow_mut() = bytes.as_bytes().to_vec();
        self.running.state.set(State(state));
        Ok(())
    }

    #[pymethod(signature = "($self, /)")]
    fn reset(&self) {
        self.running.reset_decoder();
    }

    /// how to treat errors
    #[pygetter]
    fn errors(&self) -> Option<Py<PyStr>> {
        self.running.errors.get()
    }

    #[pysetter]
    fn set_errors(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.running.errors.set(Some(checked_errors(value)?));
        Ok(())
    }
}
