//! `_posixshmem`: shared memory by name.

use std::ffi::CString;

use krait_host::{Errno, fd};
use krait_macros::pyfunction;
use krait_runtime::object::PyClass;
use krait_runtime::{PyErr, PyResult, PyStr, err, pymodule};

use crate::common::{c_string, fs_encode, retry_named};

pymodule! {
    pub(crate) POSIXSHMEM = "_posixshmem",
    "POSIX shared memory module",
    functions: [shm_open, shm_unlink],
    classes: [],
    exec: None
}

fn name_of(path: &PyStr) -> PyResult<CString> {
    c_string(fs_encode(path)?.as_bytes())
}

fn error(path: &PyStr) -> impl FnOnce(Errno) -> PyErr {
    move |errno| err::os_error(errno.0, Some(path.as_object()), None)
}

/// Open a shared memory object and return its descriptor.
#[pyfunction(signature = "(path, flags, mode=511)")]
fn shm_open(path: &PyStr, flags: i32, mode: i32) -> PyResult<i32> {
    let name = name_of(path)?;
    retry_named(&mut || fd::shm_open(&name, flags, mode as u32), error(path))
}

/// Remove the name of a shared memory object, which ends once nobody maps it any more.
#[pyfunction(signature = "(path, /)")]
fn shm_unlink(path: &PyStr) -> PyResult<()> {
    let name = name_of(path)?;
    retry_named(&mut || fd::shm_unlink(&name), error(path))
}
