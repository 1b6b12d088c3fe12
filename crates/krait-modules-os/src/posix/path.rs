//! Path arguments: strings, bytes, `os.PathLike`, and where the system allows it a descriptor.

use std::ffi::{CStr, CString};

use krait_host::errno::{Errno, Result};
use krait_host::fd::{AT_FDCWD, Fd};
use krait_runtime::convert::{ArgRef, FromPyObject};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    PyBytes, PyErr, PyResult, PyStr, ThreadState, err, none, overflow_error, type_error,
    value_error,
};

use crate::common::{fs_decode, fs_encode};

/// A path argument after conversion.
pub(crate) struct PathArg {
    /// What the caller gave, `__fspath__` applied: error messages show it.
    pub(crate) object: Obj,
    /// The text for the system; empty if there is a descriptor.
    pub(crate) text: CString,
    /// The descriptor that stands for the path.
    pub(crate) fd: Option<Fd>,
    /// Whether results are bytes.
    pub(crate) is_bytes: bool,
}

/// What a function takes in place of a path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Allowed {
    pub(crate) fd: bool,
    pub(crate) none: bool,
}

/// Paths only.
pub(crate) const PATH: Allowed = Allowed {
    fd: false,
    none: false,
};
/// Paths and descriptors.
pub(crate) const PATH_OR_FD: Allowed = Allowed {
    fd: true,
    none: false,
};

impl PathArg {
    /// Converts the argument `argument` of `function`.
    pub(crate) fn new(
        function: &str,
        argument: &str,
        object: &PyObject,
        allowed: Allowed,
    ) -> PyResult<PathArg> {
        if object.is(none()) && allowed.none {
            return Ok(PathArg {
                object: object.to_obj(),
                text: c".".to_owned(),
                fd: None,
                is_bytes: false,
            });
        }
        if let Some(text) = object.downcast::<PyStr>() {
            return Self::of_bytes(
                function,
                argument,
                object,
                fs_encode(text)?.as_bytes(),
                false,
            );
        }
        if let Some(bytes) = object.downcast::<PyBytes>() {
            return Self::of_bytes(function, argument, object, bytes.as_bytes(), true);
        }
        if allowed.fd && object.has_index() {
            return Ok(PathArg {
                object: object.to_obj(),
                text: CString::default(),
                fd: Some(fd_number(object)?),
                is_bytes: false,
            });
        }
        match object.fspath_by_method()? {
            Some(path) => Self::new(function, argument, &path, PATH),
            None => Err(Self::bad_type(function, argument, object, allowed)),
        }
    }

    fn of_bytes(
        function: &str,
        argument: &str,
        object: &PyObject,
        bytes: &[u8],
        is_bytes: bool,
    ) -> PyResult<PathArg> {
        let text = CString::new(bytes)
            .map_err(|_| value_error!("{function}: embedded null character in {argument}"))?;
        Ok(PathArg {
            object: object.to_obj(),
            text,
            fd: None,
            is_bytes,
        })
    }

    #[cold]
    fn bad_type(function: &str, argument: &str, object: &PyObject, allowed: Allowed) -> PyErr {
        let kinds = match (allowed.fd, allowed.none) {
            (true, true) => "string, bytes, os.PathLike, integer or None",
            (true, false) => "string, bytes, os.PathLike or integer",
            (false, true) => "string, bytes, os.PathLike or None",
            (false, false) => "string, bytes or os.PathLike",
        };
        type_error!(
            "{function}: {argument} should be {kinds}, not {}",
            object.type_().tp_name()
        )
    }

    /// The path for the system.
    pub(crate) fn c(&self) -> &CStr {
        &self.text
    }

    /// The `OSError` about the path.
    #[cold]
    pub(crate) fn error(&self, errno: Errno) -> PyErr {
        if self.object.is(none()) {
            return err::os_error(errno.0, None, None);
        }
        err::os_error(errno.0, Some(&self.object), None)
    }

    /// Calls the system without the lock and blames the path for a failure.
    pub(crate) fn run<T>(&self, call: impl FnOnce(&CStr) -> Result<T>) -> PyResult<T> {
        let text = self.c();
        ThreadState::allow_threads(|| call(text)).map_err(|errno| self.error(errno))
    }

    /// A name that belongs with the path: bytes if the path was.
    pub(crate) fn name(&self, bytes: &[u8]) -> PyResult<Obj> {
        if self.is_bytes {
            PyBytes::new(bytes).map(Py::into_object)
        } else {
            fs_decode(bytes).map(Py::into_object)
        }
    }

    /// Refuses arguments that a descriptor makes meaningless.
    pub(crate) fn check_fd(&self, function: &str, dir_fd: Fd, follow: bool) -> PyResult<()> {
        if self.fd.is_none() {
            return Ok(());
        }
        if dir_fd != AT_FDCWD {
            return Err(value_error!(
                "{function}: can't specify dir_fd without matching path"
            ));
        }
        if !follow {
            return Err(value_error!(
                "{function}: cannot use fd and follow_symlinks together"
            ));
        }
        Ok(())
    }
}

fn fd_number(object: &PyObject) -> PyResult<Fd> {
    crate::common::warn_bool_descriptor(object)?;
    let number = object.index()?;
    let negative = number.is_negative();
    match number.to_i64().map(Fd::try_from) {
        Some(Ok(fd)) => Ok(fd),
        _ if negative => Err(overflow_error!("fd is less than minimum")),
        _ => Err(overflow_error!("fd is greater than maximum")),
    }
}

/// The parameter `dir_fd`; `AT_FDCWD` if it is None or missing.
#[derive(Clone, Copy)]
pub(crate) struct DirFd(pub(crate) Fd);

impl<'a> FromPyObject<'a> for DirFd {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        if object.has_index() {
            return fd_number(object).map(DirFd);
        }
        Err(type_error!(
            "argument should be integer or None, not {}",
            object.type_().tp_name()
        ))
    }
}

/// The folder that relative paths start from.
pub(crate) fn folder(dir_fd: Option<DirFd>) -> Fd {
    dir_fd.map_or(AT_FDCWD, |dir| dir.0)
}

macro_rules! id_type {
    ($name:ident, $text:literal) => {
        /// The number of a user or a group; −1 leaves things as they are.
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) u32);

        impl<'a> FromPyObject<'a> for $name {
            fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
                if !object.has_index() {
                    return Err(type_error!(
                        concat!($text, " should be integer, not {}"),
                        object.type_().tp_name()
                    ));
                }
                let number = object.index()?;
                match number.to_i64() {
                    Some(-1) => Ok($name(u32::MAX)),
                    Some(id) if id >= 0 && id < i64::from(u32::MAX) => Ok($name(id as u32)),
                    _ if number.is_negative() => {
                        Err(overflow_error!(concat!($text, " is less than minimum")))
                    }
                    _ => Err(overflow_error!(concat!($text, " is greater than maximum"))),
                }
            }
        }
    };
}

id_type!(Uid, "uid");
id_type!(Gid, "gid");
