//! `cpython/pyerrors.h`: the exception structs. Each repeats the fields of [`PyBaseExceptionObject`] as C does.

use core::cell::Cell;
use core::ffi::c_char;

use crate::{Py_ssize_t, PyObject};

/// Adds the fields every exception starts with to each struct of the list.
macro_rules! exceptions {
    ($( $(#[$meta:meta])* pub struct $name:ident { $( pub $field:ident : $ty:ty ),* $(,)? } )*) => {
        abi_structs! { $(
            $(#[$meta])*
            pub struct $name {
                pub ob_base: PyObject,
                pub dict: Cell<*mut PyObject>,
                pub args: Cell<*mut PyObject>,
                pub notes: Cell<*mut PyObject>,
                pub traceback: Cell<*mut PyObject>,
                pub context: Cell<*mut PyObject>,
                pub cause: Cell<*mut PyObject>,
                pub suppress_context: Cell<c_char>,
                $( pub $field: $ty, )*
            }
        )* }
    };
}

exceptions! {
    /// `BaseException`, and every exception without fields of its own.
    pub struct PyBaseExceptionObject {}

    /// `BaseExceptionGroup`.
    pub struct PyBaseExceptionGroupObject {
        pub msg: Cell<*mut PyObject>,
        pub excs: Cell<*mut PyObject>,
        pub excs_str: Cell<*mut PyObject>,
    }

    /// `SyntaxError`.
    pub struct PySyntaxErrorObject {
        pub msg: Cell<*mut PyObject>,
        pub filename: Cell<*mut PyObject>,
        pub lineno: Cell<*mut PyObject>,
        pub offset: Cell<*mut PyObject>,
        pub end_lineno: Cell<*mut PyObject>,
        pub end_offset: Cell<*mut PyObject>,
        pub text: Cell<*mut PyObject>,
        pub print_file_and_line: Cell<*mut PyObject>,
        pub metadata: Cell<*mut PyObject>,
    }

    /// `ImportError`.
    pub struct PyImportErrorObject {
        pub msg: Cell<*mut PyObject>,
        pub name: Cell<*mut PyObject>,
        pub path: Cell<*mut PyObject>,
        pub name_from: Cell<*mut PyObject>,
    }

    /// `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`.
    pub struct PyUnicodeErrorObject {
        pub encoding: Cell<*mut PyObject>,
        pub object: Cell<*mut PyObject>,
        pub start: Cell<Py_ssize_t>,
        pub end: Cell<Py_ssize_t>,
        pub reason: Cell<*mut PyObject>,
    }

    /// `SystemExit`.
    pub struct PySystemExitObject {
        pub code: Cell<*mut PyObject>,
    }

    /// `OSError`.
    pub struct PyOSErrorObject {
        pub myerrno: Cell<*mut PyObject>,
        pub strerror: Cell<*mut PyObject>,
        pub filename: Cell<*mut PyObject>,
        pub filename2: Cell<*mut PyObject>,
        pub written: Cell<Py_ssize_t>,
    }

    /// `StopIteration`.
    pub struct PyStopIterationObject {
        pub value: Cell<*mut PyObject>,
    }

    /// `NameError`.
    pub struct PyNameErrorObject {
        pub name: Cell<*mut PyObject>,
    }

    /// `AttributeError`.
    pub struct PyAttributeErrorObject {
        pub obj: Cell<*mut PyObject>,
        pub name: Cell<*mut PyObject>,
    }
}
