//! Compressors and decompressors that take their input in parts.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{OptionalArg, PyErr, PyResult, PyType, exc, type_error, value_error};
use libz_rs_sys as z;

use super::stream::Stream;
use super::{BLOCK, bytes_object, deflate_all, failure, invalid_option};

/// The bytes of an argument `zdict`; `None` for an empty one.
pub(super) fn dictionary(zdict: OptionalArg<&PyObject>) -> PyResult<Option<Vec<u8>>> {
    let OptionalArg::Present(zdict) = zdict else {
        return Ok(None);
    };
    if !zdict.has_buffer() {
        return Err(type_error!(
            "zdict argument must support the buffer protocol"
        ));
    }
    Ok(Some(zdict.bytes_buffer()?.to_vec()).filter(|bytes| !bytes.is_empty()))
}

fn copy_error(_: i32) -> PyErr {
    value_error!("Inconsistent stream state")
}

// Doc comments would become the classes', and CPython's have none.
#[allow(missing_docs)]
#[pyclass(name = "Compress", module = "zlib", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct Compress {
    ob_base: PyObject,
    stream: RefCell<Stream>,
}

impl Compress {
    pub(super) fn make(stream: Stream) -> PyResult<Obj> {
        let object = Py::new(Compress {
            ob_base: PyObject::HEADER,
            stream: RefCell::new(stream),
        })?;
        Ok(object.into_object())
    }
}

#[pymethods]
impl Compress {
    /// Returns a bytes object containing compressed data.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[pymethod(signature = "($self, data, /)")]
    fn compress(&self, data: &PyObject) -> PyResult<Obj> {
        let bytes = data.bytes_buffer()?.to_vec();
        let mut output = Vec::new();
        let mut stream = self.stream.borrow_mut();
        let doing = "while compressing data";
        deflate_all(&mut stream, &bytes, z::Z_NO_FLUSH, &mut output, doing)?;
        bytes_object(&output)
    }

    /// Return a bytes object containing any remaining compressed data.
    #[pymethod(signature = "($self, mode=4, /)")]
    fn flush(&self, mode: i32) -> PyResult<Obj> {
        let mut output = Vec::new();
        if mode == z::Z_NO_FLUSH {
            return bytes_object(&output);
        }
        let mut stream = self.stream.borrow_mut();
        let status = deflate_all(&mut stream, &[], mode, &mut output, "while flushing")?;
        if status == z::Z_STREAM_END && mode == z::Z_FINISH {
            stream.end();
        }
        bytes_object(&output)
    }

    /// Return a copy of the compression object.
    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Obj> {
        Compress::make(self.stream.borrow().copy().map_err(copy_error)?)
    }

    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn shallow_copy(&self) -> PyResult<Obj> {
        self.copy()
    }

    #[pymethod(name = "__deepcopy__", signature = "($self, memo, /)")]
    fn deep_copy(&self, memo: &PyObject) -> PyResult<Obj> {
        let _ = memo;
        self.copy()
    }
}

#[allow(missing_docs)]
#[pyclass(name = "Decompress", module = "zlib", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct Decompress {
    ob_base: PyObject,
    stream: RefCell<Stream>,
    dictionary: Option<Vec<u8>>,
    /// For raw streams the dictionary is set at once.
    raw: bool,
    unused: RefCell<Vec<u8>>,
    tail: RefCell<Vec<u8>>,
    at_end: Cell<bool>,
}

/// Decompresses up to `limit` bytes. The status, at an end or when no more can be done.
fn inflate_some(
    stream: &mut Stream,
    dictionary: Option<&[u8]>,
    input: &mut &[u8],
    limit: usize,
    output: &mut Vec<u8>,
) -> PyResult<i32> {
    loop {
        let before = output.len();
        let room = (limit - before).min(BLOCK);
        if room == 0 {
            return Ok(z::Z_OK);
        }
        let status = stream.step(input, output, room, z::Z_SYNC_FLUSH);
        match status {
            z::Z_STREAM_END => return Ok(status),
            z::Z_NEED_DICT if dictionary.is_some() => {
                let status = stream.set_dictionary(dictionary.unwrap_or_default());
                if status != z::Z_OK {
                    return Err(failure(None, status, "while setting zdict"));
                }
            }
            z::Z_OK | z::Z_BUF_ERROR => {
                if input.is_empty() && output.len() - before < room {
                    return Ok(z::Z_OK);
                }
            }
            other => return Err(failure(Some(stream), other, "while decompressing data")),
        }
    }
}

impl Decompress {
    pub(super) fn make(
        mut stream: Stream,
        wbits: i32,
        dictionary: Option<Vec<u8>>,
    ) -> PyResult<Obj> {
        if wbits < 0
            && let Some(dictionary) = &dictionary
        {
            let status = stream.set_dictionary(dictionary);
            if status != z::Z_OK {
                return Err(failure(None, status, "while setting zdict"));
            }
        }
        Self::with(stream, wbits < 0, dictionary, Vec::new(), Vec::new(), false)
    }

    fn with(
        stream: Stream,
        raw: bool,
        dictionary: Option<Vec<u8>>,
        unused: Vec<u8>,
        tail: Vec<u8>,
        at_end: bool,
    ) -> PyResult<Obj> {
        let object = Py::new(Decompress {
            ob_base: PyObject::HEADER,
            stream: RefCell::new(stream),
            dictionary,
            raw,
            unused: RefCell::new(unused),
            tail: RefCell::new(tail),
            at_end: Cell::new(at_end),
        })?;
        Ok(object.into_object())
    }

    fn advance(&self, mut input: &[u8], limit: usize) -> PyResult<(Vec<u8>, bool)> {
        let mut output = Vec::new();
        let dictionary = self.dictionary.as_deref().filter(|_| !self.raw);
        let mut stream = self.stream.borrow_mut();
        let status = inflate_some(&mut stream, dictionary, &mut input, limit, &mut output);
        let ended = matches!(status, Ok(z::Z_STREAM_END));
        if ended {
            self.unused.borrow_mut().extend_from_slice(input);
            self.tail.borrow_mut().clear();
            self.at_end.set(true);
        } else {
            *self.tail.borrow_mut() = input.to_vec();
        }
        status?;
        Ok((output, ended))
    }
}

#[pymethods]
impl Decompress {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[pymethod(signature = "($self, data, /, max_length=0)")]
    fn decompress(&self, data: &PyObject, max_length: isize) -> PyResult<Obj> {
        let limit = match usize::try_from(max_length) {
            Ok(0) => usize::MAX,
            Ok(limit) => limit,
            Err(_) => return Err(value_error!("max_length must be non-negative")),
        };
        let bytes = data.bytes_buffer()?.to_vec();
        bytes_object(&self.advance(&bytes, limit)?.0)
    }

    /// Return a bytes object containing any remaining decompressed data.
    #[pymethod(signature = "($self, length=16384, /)")]
    fn flush(&self, length: isize) -> PyResult<Obj> {
        if length <= 0 {
            return Err(value_error!("length must be greater than zero"));
        }
        if self.at_end.get() {
            self.stream.borrow_mut().end();
            return bytes_object(&[]);
        }
        let rest = self.tail.take();
        let (output, ended) = self.advance(&rest, usize::MAX)?;
        if ended {
            self.stream.borrow_mut().end();
        }
        bytes_object(&output)
    }

    /// Return a copy of the decompression object.
    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Obj> {
        let stream = self.stream.borrow().copy().map_err(copy_error)?;
        Decompress::with(
            stream,
            self.raw,
            self.dictionary.clone(),
            self.unused.borrow().clone(),
            self.tail.borrow().clone(),
            self.at_end.get(),
        )
    }

    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn shallow_copy(&self) -> PyResult<Obj> {
        self.copy()
    }

    #[pymethod(name = "__deepcopy__", signature = "($self, memo, /)")]
    fn deep_copy(&self, memo: &PyObject) -> PyResult<Obj> {
        let _ = memo;
        self.copy()
    }

    #[pygetter]
    fn unused_data(&self) -> PyResult<Obj> {
        bytes_object(&self.unused.borrow())
    }

    #[pygetter]
    fn unconsumed_tail(&self) -> PyResult<Obj> {
        bytes_object(&self.tail.borrow())
    }

    #[pygetter]
    fn eof(&self) -> bool {
        self.at_end.get()
    }
}

/// Create a decompressor object for decompressing data incrementally.
#[pyclass(name = "_ZlibDecompressor", module = "zlib")]
#[repr(C)]
pub struct ZlibDecompressor {
    ob_base: PyObject,
    stream: RefCell<Stream>,
    dictionary: Option<Vec<u8>>,
    /// Input that was not looked at yet; after the end, what follows the stream.
    pending: RefCell<Vec<u8>>,
    at_end: Cell<bool>,
    needs_input: Cell<bool>,
}

#[pymethods]
impl ZlibDecompressor {
    #[pynew(signature = "(wbits=15, zdict=b'')")]
    fn new(cls: &PyType, wbits: i32, zdict: OptionalArg<&PyObject>) -> PyResult<Py<Self>> {
        let dictionary = dictionary(zdict)?;
        let mut stream = Stream::inflate(wbits).map_err(invalid_option)?;
        if wbits < 0
            && let Some(dictionary) = &dictionary
        {
            let status = stream.set_dictionary(dictionary);
            if status != z::Z_OK {
                return Err(failure(None, status, "while setting zdict"));
            }
        }
        Py::new_in(
            cls,
            ZlibDecompressor {
                ob_base: PyObject::HEADER,
                stream: RefCell::new(stream),
                dictionary: dictionary.filter(|_| wbits >= 0),
                pending: RefCell::default(),
                at_end: Cell::new(false),
                needs_input: Cell::new(true),
            },
        )
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes of
    /// decompressed data. What was not read is kept for the next call.
    #[pymethod(signature = "($self, /, data, max_length=-1)")]
    fn decompress(&self, data: &PyObject, max_length: isize) -> PyResult<Obj> {
        let more = data.bytes_buffer()?.to_vec();
        if self.at_end.get() {
            return Err(PyErr::new(&exc::EOFError, "End of stream already reached"));
        }
        let mut bytes = self.pending.take();
        bytes.extend_from_slice(&more);
        let limit = usize::try_from(max_length).unwrap_or(usize::MAX);
        let mut input = &bytes[..];
        let mut output = Vec::new();
        let status = inflate_some(
            &mut self.stream.borrow_mut(),
            self.dictionary.as_deref(),
            &mut input,
            limit,
            &mut output,
        );
        let ended = matches!(status, Ok(z::Z_STREAM_END));
        self.at_end.set(ended);
        self.needs_input
            .set(!ended && input.is_empty() && output.len() < limit);
        *self.pending.borrow_mut() = input.to_vec();
        status?;
        bytes_object(&output)
    }

    /// True if the end-of-stream marker has been reached.
    #[pygetter]
    fn eof(&self) -> bool {
        self.at_end.get()
    }

    /// Data found after the end of the compressed stream.
    #[pygetter]
    fn unused_data(&self) -> PyResult<Obj> {
        if self.at_end.get() {
            return bytes_object(&self.pending.borrow());
        }
        bytes_object(&[])
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[pygetter]
    fn needs_input(&self) -> bool {
        self.needs_input.get()
    }
}
