//! `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`: message digests.
//!
//! The algorithms are RustCrypto's; here they become objects with `update`, `digest` and `copy`.

pub mod blake2;
pub mod sha;
pub mod sha3;

use krait_abi as abi;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{
    OptionalArg, PyBytes, PyLong, PyModule, PyResult, PyStr, buffer_error, type_error,
};

/// From how many bytes on CPython hashes without its lock, which its tests want to know.
fn add_min_size(module: &PyModule) -> PyResult<()> {
    module.dict().set("_GIL_MINSIZE", &*PyLong::from_i64(2048)?)
}

/// The bytes of an argument.
fn bytes_of(data: &PyObject) -> PyResult<Vec<u8>> {
    if let Some(bytes) = data.downcast_exact::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if data.is_instance_of::<PyStr>() {
        return Err(type_error!("Strings must be encoded before hashing"));
    }
    if !data.has_buffer() {
        return Err(type_error!("object supporting the buffer API required"));
    }
    let view = data.buffer(abi::PyBUF_SIMPLE)?;
    if view.raw().ndim.get() > 1 {
        return Err(buffer_error!("Buffer must be single dimension"));
    }
    Ok(view.to_vec())
}

/// What a new object hashes at once, from its arguments `data` and `string`.
fn initial(data: OptionalArg<&PyObject>, string: Option<&PyObject>) -> PyResult<Option<Vec<u8>>> {
    match (data, string) {
        (OptionalArg::Present(_), Some(_)) => Err(type_error!(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version."
        )),
        (OptionalArg::Present(data), None) | (OptionalArg::Missing, Some(data)) => {
            bytes_of(data).map(Some)
        }
        (OptionalArg::Missing, None) => Ok(None),
    }
}

fn bytes_object(bytes: &[u8]) -> PyResult<Obj> {
    Ok(PyBytes::new(bytes)?.into_object())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
