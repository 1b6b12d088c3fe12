//! `_lzma`: compression in the formats `.xz` and `.lzma` and without a container, by liblzma.

mod filters;

use std::cell::{Cell, OnceCell, RefCell};

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::typeobject::new_type;
use krait_runtime::{
    Interpreter, IntoPy, Obj, Py, PyBytes, PyClass, PyDict, PyErr, PyModule, PyObject, PyResult,
    PyStr, PyTuple, PyType, exc, pymodule, value_error,
};
use liblzma::stream::{self, Action, Check, LzmaOptions, Status, Stream};

use crate::inflow::{BLOCK, Inflow, Step};
use filters::Chain;

pymodule! {
    pub LZMA = "_lzma", "",
    functions: [_decode_filter_properties, _encode_filter_properties, is_check_supported],
    classes: [LZMACompressor, LZMADecompressor],
    exec: Some(exec),
}

const FORMAT_AUTO: i32 = 0;
const FORMAT_XZ: i32 = 1;
const FORMAT_ALONE: i32 = 2;
const FORMAT_RAW: i32 = 3;
const CHECK_NONE: i32 = 0;
const CHECK_ID_MAX: i32 = 15;
const CHECK_UNKNOWN: i32 = 16;
/// What a `.xz` file starts with; the check's number is in the second byte after it.
const MAGIC: &[u8] = b"\xfd7zXZ\0";

/// The class `_lzma.LZMAError`, per interpreter.
#[derive(Default)]
struct ErrorClass(OnceCell<Py<PyType>>);

fn error_class() -> PyResult<&'static Py<PyType>> {
    let kept = &Interpreter::current().extension::<ErrorClass>().0;
    if kept.get().is_none() {
        let dict = PyDict::new()?;
        dict.set("__module__", &*PyStr::intern("_lzma")?)?;
        dict.set("__doc__", &*PyStr::new("Call to liblzma failed.")?)?;
        let bases = PyTuple::from_refs(&[&exc::Exception])?;
        let name = PyStr::intern("LZMAError")?;
        let _ = kept.set(new_type(PyType::type_object(), &name, &bases, &dict)?);
    }
    kept.get()
        .ok_or_else(|| krait_runtime::system_error!("_lzma.LZMAError is not ready"))
}

/// Raises `LZMAError`.
#[cold]
fn raise(message: &str) -> PyErr {
    match error_class() {
        Ok(class) => PyErr::new(class, message),
        Err(error) => error,
    }
}

fn invalid_options() -> PyErr {
    failed(stream::Error::Options)
}

#[cold]
fn failed(error: stream::Error) -> PyErr {
    raise(match error {
        stream::Error::Mem => return krait_runtime::err::no_memory(),
        stream::Error::UnsupportedCheck | stream::Error::NoCheck => "Unsupported integrity check",
        stream::Error::MemLimit => "Memory usage limit exceeded",
        stream::Error::Format => "Input format not supported by decoder",
        stream::Error::Options => "Invalid or unsupported options",
        stream::Error::Data => "Corrupt input data",
        stream::Error::Program => "Internal error",
    })
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("LZMAError", &**error_class()?)?;
    let constants: &[(&str, u64)] = &[
        ("FORMAT_AUTO", FORMAT_AUTO as u64),
        ("FORMAT_XZ", FORMAT_XZ as u64),
        ("FORMAT_ALONE", FORMAT_ALONE as u64),
        ("FORMAT_RAW", FORMAT_RAW as u64),
        ("CHECK_NONE", CHECK_NONE as u64),
        ("CHECK_CRC32", 1),
        ("CHECK_CRC64", 4),
        ("CHECK_SHA256", 10),
        ("CHECK_ID_MAX", CHECK_ID_MAX as u64),
        ("CHECK_UNKNOWN", CHECK_UNKNOWN as u64),
        ("FILTER_LZMA1", filters::LZMA1),
        ("FILTER_LZMA2", filters::LZMA2),
        ("FILTER_DELTA", filters::DELTA),
        ("FILTER_X86", filters::X86),
        ("FILTER_IA64", filters::IA64),
        ("FILTER_ARM", filters::ARM),
        ("FILTER_ARMTHUMB", filters::ARM_THUMB),
        ("FILTER_SPARC", filters::SPARC),
        ("FILTER_POWERPC", filters::POWERPC),
        ("MF_HC3", 3),
        ("MF_HC4", 4),
        ("MF_BT2", 18),
        ("MF_BT3", 19),
        ("MF_BT4", 20),
        ("MODE_FAST", 1),
        ("MODE_NORMAL", 2),
        ("PRESET_DEFAULT", stream::PRESET_DEFAULT as u64),
        ("PRESET_EXTREME", stream::PRESET_EXTREME as u64),
    ];
    for (name, value) in constants {
        dict.set(name, &*value.into_py()?)?;
    }
    Ok(())
}

/// Test whether the given integrity check is supported.
///
/// Always returns True for CHECK_NONE and CHECK_CRC32.
#[pyfunction(signature = "(check_id, /)")]
pub fn is_check_supported(check_id: i32) -> bool {
    check_of(check_id).is_some()
}

/// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
///
/// The result does not include the filter ID itself, only the options.
#[pyfunction(signature = "(filter, /)")]
pub fn _encode_filter_properties(filter: &PyObject) -> PyResult<Py<PyBytes>> {
    PyBytes::new(&filters::encode_properties(filter)?)
}

/// Return a dict of the options that the stored properties of a filter say.
///
/// The result includes the filter ID.
#[pyfunction(signature = "(filter_id, encoded_props, /)")]
pub fn _decode_filter_properties(filter_id: u64, encoded_props: &PyObject) -> PyResult<Py<PyDict>> {
    let bytes = encoded_props.bytes_buffer()?.to_vec();
    filters::decode_properties(filter_id, &bytes)
}

fn check_of(id: i32) -> Option<Check> {
    Some(match id {
        CHECK_NONE => Check::None,
        1 => Check::Crc32,
        4 => Check::Crc64,
        10 => Check::Sha256,
        _ => return None,
    })
}

fn wrong_format(format: i32) -> PyErr {
    value_error!("Invalid container format: {format}")
}

/// Create a compressor object for compressing data incrementally.
///
/// format specifies the container format to use for the output. This can
/// be FORMAT_XZ (default), FORMAT_ALONE, or FORMAT_RAW.
///
/// check specifies the integrity check to use. For FORMAT_XZ, the default
/// is CHECK_CRC64. FORMAT_ALONE and FORMAT_RAW do not support integrity
/// checks; for these formats, check must be omitted, or be CHECK_NONE.
///
/// The settings are either a preset compression level, an integer in the
/// range 0-9 that may be OR-ed with PRESET_EXTREME, or a filter chain: a
/// sequence of dicts that each have an entry for "id" and entries for the
/// filter's options. FORMAT_RAW takes only filter chains.
///
/// For one-shot compression, use the compress() function instead.
#[pyclass(name = "LZMACompressor", module = "_lzma")]
#[repr(C)]
pub struct LZMACompressor {
    ob_base: PyObject,
    stream: RefCell<Stream>,
    flushed: Cell<bool>,
}

/// Sets an encoder of `.xz` files up.
fn xz_encoder(check: i32, preset: u32, chain: Option<&Chain>) -> PyResult<Stream> {
    let check = match check {
        -1 => Check::Crc64,
        id => check_of(id).ok_or_else(|| {
            failed(if (0..=CHECK_ID_MAX).contains(&id) {
                stream::Error::UnsupportedCheck
            } else {
                stream::Error::Program
            })
        })?,
    };
    let encoder = match chain {
        None => Stream::new_easy_encoder(preset, check),
        Some(chain) => Stream::new_stream_encoder(&chain.filters()?, check),
    };
    encoder.map_err(failed)
}

fn encoder(format: i32, check: i32, preset: u32, chain: Option<&Chain>) -> PyResult<Stream> {
    let encoder = match format {
        FORMAT_XZ => return xz_encoder(check, preset, chain),
        FORMAT_ALONE => {
            let options = match chain {
                None => LzmaOptions::new_preset(preset)
                    .map_err(|_| raise(&format!("Invalid compression preset: {preset}")))?,
                Some(chain) => chain.single_lzma1()?,
            };
            Stream::new_lzma_encoder(&options)
        }
        FORMAT_RAW => match chain {
            None => return Err(value_error!("Must specify filters for FORMAT_RAW")),
            Some(chain) => Stream::new_raw_encoder(&chain.filters()?),
        },
        _ => return Err(wrong_format(format)),
    };
    encoder.map_err(failed)
}

impl LZMACompressor {
    fn run(&self, mut input: &[u8], action: Action) -> PyResult<Py<PyBytes>> {
        let mut stream = self.stream.borrow_mut();
        let (mut out, mut block) = (Vec::new(), vec![0; BLOCK]);
        loop {
            let (taken, made) = (stream.total_in(), stream.total_out());
            let status = stream.process(input, &mut block, action).map_err(failed)?;
            input = &input[(stream.total_in() - taken) as usize..];
            let made = (stream.total_out() - made) as usize;
            out.extend_from_slice(&block[..made]);
            let idle = input.is_empty() && made < block.len();
            if status == Status::StreamEnd || (idle && !matches!(action, Action::Finish)) {
                return PyBytes::new(&out);
            }
        }
    }
}

#[pymethods]
impl LZMACompressor {
    #[pynew(
        signature = "(format=FORMAT_XZ, check=-1, preset=None, filters=None)",
        text_signature = ""
    )]
    fn new(
        cls: &PyType,
        format: krait_runtime::OptionalArg<i32>,
        check: i32,
        preset: Option<&PyObject>,
        filters: Option<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let format = format.unwrap_or(FORMAT_XZ);
        if preset.is_some() && filters.is_some() {
            return Err(value_error!("Cannot specify both preset and filter chain"));
        }
        if format != FORMAT_XZ && check != -1 && check != CHECK_NONE {
            return Err(value_error!(
                "Integrity checks are only supported by FORMAT_XZ"
            ));
        }
        let preset = match preset {
            None => stream::PRESET_DEFAULT,
            Some(preset) => preset.extract()?,
        };
        let chain = filters.map(Chain::parse).transpose()?;
        Py::new_in(
            cls,
            LZMACompressor {
                ob_base: PyObject::HEADER,
                stream: RefCell::new(encoder(format, check, preset, chain.as_ref())?),
                flushed: Cell::new(false),
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
        if self.flushed.get() {
            return Err(value_error!("Compressor has been flushed"));
        }
        self.run(&bytes, Action::Run)
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<Py<PyBytes>> {
        if self.flushed.replace(true) {
            return Err(value_error!("Repeated call to flush()"));
        }
        self.run(&[], Action::Finish)
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   format
///     Specifies the container format of the input stream.  If this is
///     FORMAT_AUTO (the default), the decompressor will automatically detect
///     whether the input is FORMAT_XZ or FORMAT_ALONE.  Streams created with
///     FORMAT_RAW cannot be autodetected.
///   memlimit
///     Limit the amount of memory used by the decompressor.  This will cause
///     decompression to fail if the input cannot be decompressed within the
///     given limit.
///   filters
///     A custom filter chain.  This argument is required for FORMAT_RAW, and
///     not accepted with any other format.  When provided, this should be a
///     sequence of dicts, each indicating the ID and options for a single
///     filter.
///
/// For one-shot decompression, use the decompress() function instead.
#[pyclass(name = "LZMADecompressor", module = "_lzma")]
#[repr(C)]
pub struct LZMADecompressor {
    ob_base: PyObject,
    stream: RefCell<Stream>,
    inflow: Inflow,
    check: Cell<i32>,
    /// The start of the input, as far as it is needed to know the check.
    header: RefCell<Vec<u8>>,
}

fn decoder(format: i32, memlimit: u64, chain: Option<&Chain>) -> PyResult<Stream> {
    let flags = stream::TELL_ANY_CHECK | stream::TELL_NO_CHECK;
    let decoder = match (format, chain) {
        (FORMAT_AUTO, _) => Stream::new_auto_decoder(memlimit, flags),
        (FORMAT_XZ, _) => Stream::new_stream_decoder(memlimit, flags),
        (FORMAT_ALONE, _) => Stream::new_lzma_decoder(memlimit),
        (FORMAT_RAW, Some(chain)) => Stream::new_raw_decoder(&chain.filters()?),
        _ => return Err(wrong_format(format)),
    };
    decoder.map_err(failed)
}

impl LZMADecompressor {
    /// Notes the check that the header of the input names.
    fn learn_check(&self) {
        let header = self.header.borrow();
        let id = match header.strip_prefix(MAGIC) {
            Some([_, flags, ..]) => i32::from(flags & 0xF),
            _ => CHECK_NONE,
        };
        self.check.set(id);
    }

    fn step(&self, input: &[u8], out: &mut [u8]) -> PyResult<Step> {
        let mut stream = self.stream.borrow_mut();
        let (taken, made) = (stream.total_in(), stream.total_out());
        let status = stream.process(input, out, Action::Run);
        let taken = (stream.total_in() - taken) as usize;
        let made = (stream.total_out() - made) as usize;
        let mut header = self.header.borrow_mut();
        let missing = (MAGIC.len() + 2).saturating_sub(header.len());
        header.extend_from_slice(&input[..taken.min(missing)]);
        drop(header);
        let ended = match status {
            Ok(Status::GetCheck) | Err(stream::Error::NoCheck) => {
                self.learn_check();
                false
            }
            // No progress is no error while more input may come.
            Ok(Status::MemNeeded) if taken < input.len() && made < out.len() => {
                return Err(raise("Insufficient buffer space"));
            }
            Ok(status) => status == Status::StreamEnd,
            Err(error) => return Err(failed(error)),
        };
        Ok(Step { taken, made, ended })
    }
}

#[pymethods]
impl LZMADecompressor {
    #[pynew(signature = "(format=FORMAT_AUTO, memlimit=None, filters=None)")]
    fn new(
        cls: &PyType,
        format: krait_runtime::OptionalArg<i32>,
        memlimit: Option<&PyObject>,
        filters: Option<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let format = format.unwrap_or(FORMAT_AUTO);
        if memlimit.is_some() && format == FORMAT_RAW {
            return Err(value_error!("Cannot specify memory limit with FORMAT_RAW"));
        }
        let memlimit = match memlimit {
            None => u64::MAX,
            Some(memlimit) => memlimit.extract()?,
        };
        match (format, filters) {
            (FORMAT_RAW, None) => {
                return Err(value_error!("Must specify filters for FORMAT_RAW"));
            }
            (FORMAT_RAW, Some(_)) | (_, None) => {}
            _ => {
                return Err(value_error!(
                    "Cannot specify filters except with FORMAT_RAW"
                ));
            }
        }
        let chain = filters.map(Chain::parse).transpose()?;
        let check = match format {
            FORMAT_ALONE | FORMAT_RAW => CHECK_NONE,
            _ => CHECK_UNKNOWN,
        };
        Py::new_in(
            cls,
            LZMADecompressor {
                ob_base: PyObject::HEADER,
                stream: RefCell::new(decoder(format, memlimit, chain.as_ref())?),
                inflow: Inflow::default(),
                check: Cell::new(check),
                header: RefCell::default(),
            },
        )
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes
    /// of decompressed data. If this limit is reached and further output
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
        let past_end = "Already at end of stream";
        self.inflow
            .run(data, max_length, past_end, true, |input, out| {
                self.step(input, out)
            })
    }

    /// ID of the integrity check used by the input stream.
    #[pygetter]
    fn check(&self) -> i32 {
        self.check.get()
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
        self.inflow.needs_input()
    }
}
