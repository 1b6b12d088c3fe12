//! `_bz2`: compression in bzip2's format.

use std::cell::{Cell, RefCell};

use bzip2::{Action, Compress, Compression, Decompress, Status};
use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Obj, Py, PyBytes, PyErr, PyObject, PyResult, PyType, exc, pymodule, runtime_error, value_error,
};

use crate::inflow::{BLOCK, Inflow, Step};

pymodule! {
    pub BZ2 = "_bz2", "",
    functions: [],
    classes: [BZ2Compressor, BZ2Decompressor],
    exec: None,
}

/// Create a compressor object for compressing data incrementally.
///
///   compresslevel
///     Compression level, as a number between 1 and 9.
///
/// For one-shot compression, use the compress() function instead.
#[pyclass(name = "BZ2Compressor", module = "_bz2")]
#[repr(C)]
pub struct BZ2Compressor {
    ob_base: PyObject,
    /// `None` once all was flushed.
    stream: RefCell<Option<Compress>>,
}

fn failed(error: bzip2::Error) -> PyErr {
    match error {
        bzip2::Error::Data | bzip2::Error::DataMagic => {
            PyErr::new(&exc::OSError, "Invalid data stream")
        }
        bzip2::Error::Sequence => runtime_error!("Invalid sequence of commands sent to libbzip2"),
        bzip2::Error::Param => {
            value_error!("Internal error - invalid parameters passed to libbzip2")
        }
    }
}

/// Compresses all of the input.
fn compress_all(stream: &mut Compress, mut input: &[u8], action: Action) -> PyResult<Vec<u8>> {
    let (mut out, mut block) = (Vec::new(), vec![0; BLOCK]);
    // The library takes no call without input unless it is to finish.
    while !input.is_empty() || action == Action::Finish {
        let (taken, made) = (stream.total_in(), stream.total_out());
        let status = stream.compress(input, &mut block, action).map_err(failed)?;
        input = &input[(stream.total_in() - taken) as usize..];
        out.extend_from_slice(&block[..(stream.total_out() - made) as usize]);
        if status == Status::StreamEnd {
            break;
        }
    }
    Ok(out)
}

#[pymethods]
impl BZ2Compressor {
    #[pynew(signature = "(compresslevel=9, /)")]
    fn new(cls: &PyType, compresslevel: i32) -> PyResult<Py<Self>> {
        if !(1..=9).contains(&compresslevel) {
            return Err(value_error!("compresslevel must be between 1 and 9"));
        }
        let level = Compression::new(compresslevel as u32);
        Py::new_in(
            cls,
            BZ2Compressor {
                ob_base: PyObject::HEADER,
                stream: RefCell::new(Some(Compress::new(level, 0))),
            },
        )
    }

    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[pymethod(signature = "($self, data, /)")]
    fn compress(&self, data: &PyObject) -> PyResult<Py<PyBytes>> {
        let bytes = data.bytes_buffer()?.to_vec();
        match self.stream.borrow_mut().as_mut() {
            Some(stream) => PyBytes::new(&compress_all(stream, &bytes, Action::Run)?),
            None => Err(value_error!("Compressor has been flushed")),
        }
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<Py<PyBytes>> {
        match self.stream.borrow_mut().take() {
            Some(mut stream) => PyBytes::new(&compress_all(&mut stream, &[], Action::Finish)?),
            None => Err(value_error!("Repeated call to flush()")),
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
/// For one-shot decompression, use the decompress() function instead.
#[pyclass(name = "BZ2Decompressor", module = "_bz2")]
#[repr(C)]
pub struct BZ2Decompressor {
    ob_base: PyObject,
    stream: RefCell<Decompress>,
    inflow: Inflow,
    /// Whether the data was found to be invalid: the library cannot go on after that.
    broken: Cell<bool>,
}

#[pymethods]
impl BZ2Decompressor {
    #[pynew(signature = "()")]
    fn new(cls: &PyType) -> PyResult<Py<Self>> {
        Py::new_in(
            cls,
            BZ2Decompressor {
                ob_base: PyObject::HEADER,
                stream: RefCell::new(Decompress::new(false)),
                inflow: Inflow::default(),
                broken: Cell::new(false),
            },
        )
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes
    /// of decompressed data.  If this limit is reached and further output
    /// can be produced, *self.needs_input* will be set to ``False``.  In
    /// this case, the next call to *decompress()* may provide *data* as b''
    /// to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either
    /// because this was less than *max_length* bytes, or because
    /// *max_length* was negative), *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached
    /// raises an EOFError.  Any data found after the end of the stream is
    /// ignored and saved in the unused_data attribute.
    #[pymethod(signature = "($self, /, data, max_length=-1)")]
    fn decompress(&self, data: &PyObject, max_length: isize) -> PyResult<Obj> {
        if self.broken.get() {
            return Err(value_error!(
                "Decompressor is unusable after a previous error"
            ));
        }
        let past_end = "End of stream already reached";
        self.inflow
            .run(data, max_length, past_end, false, |input, out| {
                let mut stream = self.stream.borrow_mut();
                let (taken, made) = (stream.total_in(), stream.total_out());
                let status = stream.decompress(input, out).map_err(|error| {
                    self.broken.set(true);
                    failed(error)
                })?;
                Ok(Step {
                    taken: (stream.total_in() - taken) as usize,
                    made: (stream.total_out() - made) as usize,
                    ended: status == Status::StreamEnd,
                })
            })
    }

    /// True if the end-of-stream marker has been reached.
    #[pygetter]
    fn eof(&self) -> bool {
        self.inflow.at_end()
    }

    /// Data found after the end of the compressed stream.
    #[pygetter]
    fn unused_data(&self) -> PyResult<Obj> {
        self.inflow.unused_data()
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[pygetter]
    fn needs_input(&self) -> bool {
        !self.broken.get() && self.inflow.needs_input()
    }
}
