//! `marshal`: objects as bytes, in the formats of versions 0 to 5.
//!
//! The bytes are CPython's own: what one writes the other reads. Any input gives an object or an
//! exception.

mod reader;
mod writer;

pub use reader::loads_bytes;
pub use writer::dumps_bytes;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{PyBytes, PyLong, PyModule, PyResult, audit, pymodule};

pymodule! {
    pub MARSHAL = "marshal",
    "This module reads and writes objects in a binary form.\n\nThe form is specific to Python, but independent of the machine. It may change\nbetween versions of Python, and not every type can be written: it is what .pyc\nfiles hold.",
    functions: [dump, load, dumps, loads],
    classes: [],
    exec: Some(exec)
}

/// How deep objects may nest.
const MAX_DEPTH: usize = 2000;

/// The current version of the format.
const VERSION: i32 = 5;

/// The bit that enters an object into the table of references.
const FLAG_REF: u8 = 0x80;

/// The type codes.
mod tag {
    pub(super) const NULL: u8 = b'0';
    pub(super) const NONE: u8 = b'N';
    pub(super) const FALSE: u8 = b'F';
    pub(super) const TRUE: u8 = b'T';
    pub(super) const STOP_ITERATION: u8 = b'S';
    pub(super) const ELLIPSIS: u8 = b'.';
    pub(super) const INT: u8 = b'i';
    pub(super) const INT64: u8 = b'I';
    pub(super) const LONG: u8 = b'l';
    pub(super) const FLOAT: u8 = b'f';
    pub(super) const BINARY_FLOAT: u8 = b'g';
    pub(super) const COMPLEX: u8 = b'x';
    pub(super) const BINARY_COMPLEX: u8 = b'y';
    pub(super) const STRING: u8 = b's';
    pub(super) const INTERNED: u8 = b't';
    pub(super) const REF: u8 = b'r';
    pub(super) const TUPLE: u8 = b'(';
    pub(super) const SMALL_TUPLE: u8 = b')';
    pub(super) const LIST: u8 = b'[';
    pub(super) const DICT: u8 = b'{';
    pub(super) const CODE: u8 = b'c';
    pub(super) const UNICODE: u8 = b'u';
    pub(super) const SET: u8 = b'<';
    pub(super) const FROZENSET: u8 = b'>';
    pub(super) const SLICE: u8 = b':';
    pub(super) const ASCII: u8 = b'a';
    pub(super) const ASCII_INTERNED: u8 = b'A';
    pub(super) const SHORT_ASCII: u8 = b'z';
    pub(super) const SHORT_ASCII_INTERNED: u8 = b'Z';
}

/// Write the value to the open file.
///
/// The file must be a writable binary file. A ValueError is raised if the value is, or contains, an
/// object of a type that cannot be written.
#[pyfunction(signature = "(value, file, version=5, /, *, allow_code=True)")]
pub fn dump(value: &PyObject, file: &PyObject, version: i32, allow_code: bool) -> PyResult<Obj> {
    audit!("marshal.dumps", value, version)?;
    let bytes = dumps_bytes(value, version, allow_code)?;
    file.call_method(krait_runtime::intern!("write"), &[&*PyBytes::new(&bytes)?])
}

/// Read one value from the open file.
///
/// The file must be a readable binary file. What is no valid value raises EOFError, ValueError or
/// TypeError.
#[pyfunction(signature = "(file, /, *, allow_code=True)")]
pub fn load(file: &PyObject, allow_code: bool) -> PyResult<Obj> {
    audit!("marshal.load")?;
    reader::load_file(file, allow_code)
}

/// Return the bytes that dump() would write to a file.
#[pyfunction(signature = "(value, version=5, /, *, allow_code=True)")]
pub fn dumps(value: &PyObject, version: i32, allow_code: bool) -> PyResult<Obj> {
    audit!("marshal.dumps", value, version)?;
    Ok(PyBytes::new(&dumps_bytes(value, version, allow_code)?)?.into_object())
}

/// Convert bytes to a value; what follows the value is left alone.
#[pyfunction(signature = "(bytes, /, *, allow_code=True)")]
pub fn loads(bytes: &PyObject, allow_code: bool) -> PyResult<Obj> {
    let buffer = bytes.bytes_buffer()?;
    let content = buffer.to_vec();
    audit!("marshal.loads", PyBytes::new(&content)?)?;
    loads_bytes(&content, allow_code)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("version", &*PyLong::from_i64(VERSION.into())?)
}
