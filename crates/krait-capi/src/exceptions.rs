//! `pyerrors.h`, the part about the builtin exceptions: their names, and the parts of Unicode errors.

use std::ffi::{c_char, c_int};

use krait_abi as abi;
use krait_runtime::exceptions::new_with_args;
use krait_runtime::{Py, exc};

use crate::glue::*;

/// A decoding error of C's making.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeDecodeError_Create(
    encoding: Text,
    data: *const c_char,
    size: isize,
    start: isize,
    end: isize,
    reason: Text,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    run(|| {
        let number =
            |value: isize| krait_runtime::PyLong::from_i64(value as i64).map(Py::into_object);
        let args = vec![
            encoding.str()?.into_object(),
            krait_runtime::PyBytes::new(bytes)?.into_object(),
            number(start)?,
            number(end)?,
            reason.str()?.into_object(),
        ];
        new_with_args(&exc::UnicodeDecodeError, args)
    })
}

macro_rules! unicode_error_parts {
    ($($get:ident $name:literal;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(object: Arg) -> Out {
            run(|| some(object)?.getattr_str($name))
        }
    )+ };
}

unicode_error_parts! {
    PyUnicodeEncodeError_GetEncoding "encoding";
    PyUnicodeDecodeError_GetEncoding "encoding";
    PyUnicodeEncodeError_GetObject "object";
    PyUnicodeDecodeError_GetObject "object";
    PyUnicodeTranslateError_GetObject "object";
    PyUnicodeEncodeError_GetReason "reason";
    PyUnicodeDecodeError_GetReason "reason";
    PyUnicodeTranslateError_GetReason "reason";
}

macro_rules! unicode_error_positions {
    ($($get:ident $set:ident $name:literal;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(object: Arg, place: Place<isize>) -> c_int {
            run(|| {
                put(place, some(object)?.getattr_str($name)?.as_isize(None)?);
                Ok(())
            })
        }


        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $set(object: Arg, value: isize) -> c_int {
            run(|| some(object)?.setattr_str($name, &*krait_runtime::PyLong::from_i64(value as i64)?))
        }
    )+ };
}

unicode_error_positions! {
    PyUnicodeEncodeError_GetStart PyUnicodeEncodeError_SetStart "start";
    PyUnicodeDecodeError_GetStart PyUnicodeDecodeError_SetStart "start";
    PyUnicodeTranslateError_GetStart PyUnicodeTranslateError_SetStart "start";
    PyUnicodeEncodeError_GetEnd PyUnicodeEncodeError_SetEnd "end";
    PyUnicodeDecodeError_GetEnd PyUnicodeDecodeError_SetEnd "end";
    PyUnicodeTranslateError_GetEnd PyUnicodeTranslateError_SetEnd "end";
}

macro_rules! unicode_error_reasons {
    ($($set:ident)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $set(object: Arg, reason: Text) -> c_int {
            run(|| some(object)?.setattr_str("reason", &*reason.str()?))
        }
    )+ };
}

unicode_error_reasons! {
    PyUnicodeEncodeError_SetReason PyUnicodeDecodeError_SetReason PyUnicodeTranslateError_SetReason
}

/// `static PyObject *const PyExc_…`: a pointer to a class, as C programs read it.
#[repr(transparent)]
pub struct ExceptionPointer(*mut abi::PyObject);

// SAFETY: the classes are immortal statics; the pointers never change.
unsafe impl Sync for ExceptionPointer {}

macro_rules! exception_pointers {
    ($($symbol:ident $class:ident)+) => { $(
        #[unsafe(no_mangle)]
        pub static $symbol: ExceptionPointer =
            ExceptionPointer((&raw const exc::$class).cast_mut().cast());
    )+ };
}

exception_pointers! {
    PyExc_ArithmeticError ArithmeticError
    PyExc_AssertionError AssertionError
    PyExc_AttributeError AttributeError
    PyExc_BaseException BaseException
    PyExc_BaseExceptionGroup BaseExceptionGroup
    PyExc_BlockingIOError BlockingIOError
    PyExc_BrokenPipeError BrokenPipeError
    PyExc_BufferError BufferError
    PyExc_BytesWarning BytesWarning
    PyExc_ChildProcessError ChildProcessError
    PyExc_ConnectionAbortedError ConnectionAbortedError
    PyExc_ConnectionError ConnectionError
    PyExc_ConnectionRefusedError ConnectionRefusedError
    PyExc_ConnectionResetError ConnectionResetError
    PyExc_DeprecationWarning DeprecationWarning
    PyExc_EOFError EOFError
    PyExc_EncodingWarning EncodingWarning
    PyExc_EnvironmentError OSError
    PyExc_Exception Exception
    PyExc_FileExistsError FileExistsError
    PyExc_FileNotFoundError FileNotFoundError
    PyExc_FloatingPointError FloatingPointError
    PyExc_FutureWarning FutureWarning
    PyExc_GeneratorExit GeneratorExit
    PyExc_IOError OSError
    PyExc_ImportError ImportError
    PyExc_ImportWarning ImportWarning
    PyExc_IndentationError IndentationError
    PyExc_IndexError IndexError
    PyExc_InterruptedError InterruptedError
    PyExc_IsADirectoryError IsADirectoryError
    PyExc_KeyError KeyError
    PyExc_KeyboardInterrupt KeyboardInterrupt
    PyExc_LookupError LookupError
    PyExc_MemoryError MemoryError
    PyExc_ModuleNotFoundError ModuleNotFoundError
    PyExc_NameError NameError
    PyExc_NotADirectoryError NotADirectoryError
    PyExc_NotImplementedError NotImplementedError
    PyExc_OSError OSError
    PyExc_OverflowError OverflowError
    PyExc_PendingDeprecationWarning PendingDeprecationWarning
    PyExc_PermissionError PermissionError
    PyExc_ProcessLookupError ProcessLookupError
    PyExc_PythonFinalizationError PythonFinalizationError
    PyExc_RecursionError RecursionError
    PyExc_ReferenceError ReferenceError
    PyExc_ResourceWarning ResourceWarning
    PyExc_RuntimeError RuntimeError
    PyExc_RuntimeWarning RuntimeWarning
    PyExc_StopAsyncIteration StopAsyncIteration
    PyExc_StopIteration StopIteration
    PyExc_SyntaxError SyntaxError
    PyExc_SyntaxWarning SyntaxWarning
    PyExc_SystemError SystemError
    PyExc_SystemExit SystemExit
    PyExc_TabError TabError
    PyExc_TimeoutError TimeoutError
    PyExc_TypeError TypeError
    PyExc_UnboundLocalError UnboundLocalError
    PyExc_UnicodeDecodeError UnicodeDecodeError
    PyExc_UnicodeEncodeError UnicodeEncodeError
    PyExc_UnicodeError UnicodeError
    PyExc_UnicodeTranslateError UnicodeTranslateError
    PyExc_UnicodeWarning UnicodeWarning
    PyExc_UserWarning UserWarning
    PyExc_ValueError ValueError
    PyExc_Warning Warning
    PyExc_ZeroDivisionError ZeroDivisionError
}
