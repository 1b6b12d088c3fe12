//! `zlib`: compression in the formats zlib, gzip and raw deflate, by zlib-rs.

mod objects;
mod stream;

use std::cell::OnceCell;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::typeobject::new_type;
use krait_runtime::{
    Interpreter, OptionalArg, PyBytes, PyDict, PyErr, PyLong, PyModule, PyResult, PyStr, PyTuple,
    PyType, exc, pymodule, value_error,
};
use libz_rs_sys as z;

use objects::{Compress, Decompress, ZlibDecompressor};
use stream::{Setup, Stream};

pymodule! {
    pub ZLIB = "zlib",
    "Compression and decompression in zlib's formats.\n\nadler32(string[, start]) -- Compute an Adler-32 checksum.\ncompress(data[, level]) -- Compress data, with compression level 0-9 or -1.\ncompressobj([level[, ...]]) -- Return a compressor object.\ncrc32(string[, start]) -- Compute a CRC-32 checksum.\ndecompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.\ndecompressobj([wbits[, zdict]]) -- Return a decompressor object.\n",
    functions: [adler32, compress, compressobj, crc32, decompress, decompressobj],
    classes: [ZlibDecompressor],
    hidden: [Compress, Decompress],
    exec: Some(exec),
}

/// How much output is asked for at a time.
const BLOCK: usize = 16 * 1024;

/// The class `zlib.error`, per interpreter.
#[derive(Default)]
struct ErrorClass(OnceCell<Py<PyType>>);

fn error_class() -> PyResult<&'static Py<PyType>> {
    let kept = &Interpreter::current().extension::<ErrorClass>().0;
    if kept.get().is_none() {
        let dict = PyDict::new()?;
        dict.set("__module__", &*PyStr::intern("zlib")?)?;
        let bases = PyTuple::from_refs(&[&exc::Exception])?;
        let name = PyStr::intern("error")?;
        let _ = kept.set(new_type(PyType::type_object(), &name, &bases, &dict)?);
    }
    kept.get()
        .ok_or_else(|| krait_runtime::system_error!("zlib.error is not ready"))
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("error", &**error_class()?)?;
    let constants = [
        ("MAX_WBITS", 15),
        ("DEFLATED", 8),
        ("DEF_MEM_LEVEL", 8),
        ("DEF_BUF_SIZE", BLOCK as i64),
        ("Z_NO_COMPRESSION", 0),
        ("Z_BEST_SPEED", 1),
        ("Z_BEST_COMPRESSION", 9),
        ("Z_DEFAULT_COMPRESSION", -1),
        ("Z_FILTERED", 1),
        ("Z_HUFFMAN_ONLY", 2),
        ("Z_RLE", 3),
        ("Z_FIXED", 4),
        ("Z_DEFAULT_STRATEGY", 0),
        ("Z_NO_FLUSH", 0),
        ("Z_PARTIAL_FLUSH", 1),
        ("Z_SYNC_FLUSH", 2),
        ("Z_FULL_FLUSH", 3),
        ("Z_FINISH", 4),
        ("Z_BLOCK", 5),
        ("Z_TREES", 6),
    ];
    for (name, value) in constants {
        dict.set(name, &*PyLong::from_i64(value)?)?;
    }
    let version = PyStr::new("1.3.1")?;
    dict.set("ZLIB_VERSION", &version)?;
    dict.set("ZLIB_RUNTIME_VERSION", &version)
}

/// Raises `zlib.error` with this message.
fn raise(message: &str) -> PyErr {
    match error_class() {
        Ok(class) => PyErr::new(class, message),
        Err(error) => error,
    }
}

/// Raises `zlib.error` for a status of zlib's.
fn failure(stream: Option<&Stream>, status: i32, doing: &str) -> PyErr {
    let own = match status {
        z::Z_BUF_ERROR => Some("incomplete or truncated stream"),
        z::Z_STREAM_ERROR => Some("inconsistent stream state"),
        z::Z_DATA_ERROR => Some("invalid input data"),
        _ => None,
    };
    let message = stream
        .and_then(Stream::message)
        .filter(|_| status != z::Z_BUF_ERROR && status != z::Z_STREAM_ERROR)
        .filter(|_| status != z::Z_NEED_DICT)
        .or_else(|| own.map(str::to_owned));
    raise(&match message {
        Some(message) => format!("Error {status} {doing}: {message}"),
        None => format!("Error {status} {doing}"),
    })
}

fn invalid_option(status: i32) -> PyErr {
    match status {
        z::Z_MEM_ERROR => krait_runtime::err::no_memory(),
        _ => value_error!("Invalid initialization option"),
    }
}

fn bytes_object(bytes: &[u8]) -> PyResult<Obj> {
    Ok(PyBytes::new(bytes)?.into_object())
}

/// Compresses all of the input into the output.
fn deflate_all(
    stream: &mut Stream,
    mut input: &[u8],
    flush: i32,
    output: &mut Vec<u8>,
    doing: &str,
) -> PyResult<i32> {
    loop {
        let before = output.len();
        let status = stream.step(&mut input, output, BLOCK, flush);
        if status == z::Z_STREAM_ERROR {
            return Err(failure(Some(stream), status, doing));
        }
        if input.is_empty() && output.len() - before < BLOCK {
            return Ok(status);
        }
    }
}

/// Compute an Adler-32 checksum of data.
///
/// The returned checksum is an integer.
#[pyfunction(signature = "(data, value=1, /)")]
pub fn adler32(data: &PyObject, value: OptionalArg<&PyObject>) -> PyResult<u32> {
    let bytes = data.bytes_buffer()?.to_vec();
    Ok(stream::adler32(start_value(value, 1)?, &bytes))
}

/// Compute a CRC-32 checksum of data.
///
/// The returned checksum is an integer.
#[pyfunction(signature = "(data, value=0, /)")]
pub fn crc32(data: &PyObject, value: OptionalArg<&PyObject>) -> PyResult<u32> {
    let bytes = data.bytes_buffer()?.to_vec();
    Ok(stream::crc32(start_value(value, 0)?, &bytes))
}

/// The low 32 bits of a checksum to go on from.
fn start_value(value: OptionalArg<&PyObject>, default: u32) -> PyResult<u32> {
    let OptionalArg::Present(value) = value else {
        return Ok(default);
    };
    let mask = PyLong::from_u64(u64::from(u32::MAX))?;
    let low =
        krait_runtime::abstract_::binary_op(&*value.index()?, &mask, krait_runtime::BinaryOp::And)?;
    low.extract::<u32>()
}

/// Returns a bytes object containing compressed data.
#[pyfunction(signature = "(data, /, level=-1, wbits=15)")]
pub fn compress(data: &PyObject, level: i32, wbits: i32) -> PyResult<Obj> {
    let bytes = data.bytes_buffer()?.to_vec();
    let setup = Setup {
        level,
        method: z::Z_DEFLATED,
        window_bits: wbits,
        memory_level: 8,
        strategy: z::Z_DEFAULT_STRATEGY,
    };
    let mut stream = Stream::deflate(&setup).map_err(|status| match status {
        z::Z_MEM_ERROR => krait_runtime::err::no_memory(),
        z::Z_STREAM_ERROR => raise("Bad compression level"),
        other => failure(None, other, "while compressing data"),
    })?;
    let mut output = Vec::new();
    let doing = "while compressing data";
    deflate_all(&mut stream, &bytes, z::Z_FINISH, &mut output, doing)?;
    bytes_object(&output)
}

/// Returns a bytes object containing the uncompressed data.
#[pyfunction(signature = "(data, /, wbits=15, bufsize=16384)")]
pub fn decompress(data: &PyObject, wbits: i32, bufsize: isize) -> PyResult<Obj> {
    if bufsize < 0 {
        return Err(value_error!("bufsize must be non-negative"));
    }
    let bytes = data.bytes_buffer()?.to_vec();
    let mut stream = Stream::inflate(wbits)
        .map_err(|status| failure(None, status, "while preparing to decompress data"))?;
    let mut input = &bytes[..];
    let mut output = Vec::new();
    loop {
        let before = output.len();
        let status = stream.step(&mut input, &mut output, BLOCK, z::Z_SYNC_FLUSH);
        let stuck = output.len() == before && input.is_empty();
        match status {
            z::Z_STREAM_END => return bytes_object(&output),
            z::Z_OK | z::Z_BUF_ERROR if !stuck => {}
            z::Z_OK | z::Z_BUF_ERROR => {
                let status = z::Z_BUF_ERROR;
                return Err(failure(Some(&stream), status, "while decompressing data"));
            }
            other => return Err(failure(Some(&stream), other, "while decompressing data")),
        }
    }
}

/// Return a compressor object.
#[pyfunction(
    signature = "(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=<unrepresentable>)"
)]
#[allow(non_snake_case)]
pub fn compressobj(
    level: i32,
    method: i32,
    wbits: i32,
    memLevel: i32,
    strategy: i32,
    zdict: OptionalArg<&PyObject>,
) -> PyResult<Obj> {
    let dictionary = match zdict {
        OptionalArg::Present(zdict) => Some(zdict.bytes_buffer()?.to_vec()),
        OptionalArg::Missing => None,
    };
    let setup = Setup {
        level,
        method,
        window_bits: wbits,
        memory_level: memLevel,
        strategy,
    };
    let mut stream = Stream::deflate(&setup).map_err(invalid_option)?;
    if let Some(dictionary) = dictionary
        && stream.set_dictionary(&dictionary) != z::Z_OK
    {
        return Err(value_error!("Invalid dictionary"));
    }
    Compress::make(stream)
}

/// Return a decompressor object.
#[pyfunction(signature = "(wbits=15, zdict=b'')")]
pub fn decompressobj(wbits: i32, zdict: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let stream = Stream::inflate(wbits).map_err(invalid_option)?;
    Decompress::make(stream, wbits, objects::dictionary(zdict)?)
}
