//! `pybuffer.h`: the buffer protocol.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

use crate::{Py_ssize_t, PyObject};

abi_structs! {
    /// A view of another object's memory.
    pub struct Py_buffer {
        pub buf: Cell<*mut c_void>,
        pub obj: Cell<*mut PyObject>,
        pub len: Cell<Py_ssize_t>,
        pub itemsize: Cell<Py_ssize_t>,
        pub readonly: Cell<c_int>,
        pub ndim: Cell<c_int>,
        pub format: Cell<*mut c_char>,
        pub shape: Cell<*mut Py_ssize_t>,
        pub strides: Cell<*mut Py_ssize_t>,
        pub suboffsets: Cell<*mut Py_ssize_t>,
        pub internal: Cell<*mut c_void>,
    }
}

abi_empty!(Py_buffer);

/// `bf_getbuffer`: exporter, view to fill in, `PyBUF_*` flags.
pub type getbufferproc = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer, c_int) -> c_int;
/// `bf_releasebuffer`.
pub type releasebufferproc = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer);

abi_consts! {
    pub const PyBUF_MAX_NDIM: c_int = 64;
    pub const PyBUF_SIMPLE: c_int = 0;
    pub const PyBUF_WRITABLE: c_int = 1;
    pub const PyBUF_WRITEABLE: c_int = PyBUF_WRITABLE;
    pub const PyBUF_FORMAT: c_int = 4;
    pub const PyBUF_ND: c_int = 8;
    pub const PyBUF_STRIDES: c_int = 0x10 | PyBUF_ND;
    pub const PyBUF_C_CONTIGUOUS: c_int = 0x20 | PyBUF_STRIDES;
    pub const PyBUF_F_CONTIGUOUS: c_int = 0x40 | PyBUF_STRIDES;
    pub const PyBUF_ANY_CONTIGUOUS: c_int = 0x80 | PyBUF_STRIDES;
    pub const PyBUF_INDIRECT: c_int = 0x100 | PyBUF_STRIDES;
    pub const PyBUF_CONTIG: c_int = PyBUF_ND | PyBUF_WRITABLE;
    pub const PyBUF_CONTIG_RO: c_int = PyBUF_ND;
    pub const PyBUF_STRIDED: c_int = PyBUF_STRIDES | PyBUF_WRITABLE;
    pub const PyBUF_STRIDED_RO: c_int = PyBUF_STRIDES;
    pub const PyBUF_RECORDS: c_int = PyBUF_STRIDES | PyBUF_WRITABLE | PyBUF_FORMAT;
    pub const PyBUF_RECORDS_RO: c_int = PyBUF_STRIDES | PyBUF_FORMAT;
    pub const PyBUF_FULL: c_int = PyBUF_INDIRECT | PyBUF_WRITABLE | PyBUF_FORMAT;
    pub const PyBUF_FULL_RO: c_int = PyBUF_INDIRECT | PyBUF_FORMAT;
    pub const PyBUF_READ: c_int = 0x100;
    pub const PyBUF_WRITE: c_int = 0x200;
}
