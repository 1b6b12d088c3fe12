//! The table of exception classes: name, base, struct, how much of the struct's behaviour is the class's own, doc.

/// The builtin exception classes under their Python names.
#[allow(non_upper_case_globals, reason = "the names are Python's")]
pub mod exc {
    use std::ptr;

    use super::super::attribute_error::{PyAttributeError, PyNameError};
    use super::super::base::PyBaseException;
    use super::super::class::{Role, static_class};
    use super::super::group::PyBaseExceptionGroup;
    use super::super::import_error::PyImportError;
    use super::super::os_error::PyOSError;
    use super::super::simple::{PyKeyError, PyStopIteration, PySystemExit};
    use super::super::syntax_error::PySyntaxError;
    use super::super::unicode_error::{
        PyUnicodeDecodeError, PyUnicodeEncodeError, PyUnicodeTranslateError,
    };
    use crate::typeobject::PyType;

    macro_rules! exceptions {
        ($($name:ident($($base:ident)?): $layout:ident, $role:ident $(, $doc:literal)?;)+) => {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub static $name: PyType = static_class::<$layout>(
                    concat!(stringify!($name), "\0"),
                    exceptions!(@base $($base)?),
                    Role::$role,
                    exceptions!(@doc $($doc)?),
                );
            )+

            /// All of them, bases first.
            pub(in super::super) static ALL: &[(&str, &PyType)] = &[$((stringify!($name), &$name)),+];
        };
        (@base) => { ptr::null() };
        (@base $base:ident) => { &raw const $base };
        (@doc) => { None };
        (@doc $doc:literal) => { Some(concat!($doc, "\0")) };
    }

    exceptions! {
        BaseException(): PyBaseException, Owner, "Common base class for all exceptions";
        Exception(BaseException): PyBaseException, Simple, "Common base class for all non-exit exceptions.";
        GeneratorExit(BaseException): PyBaseException, Simple, "Request that a generator exit.";
        KeyboardInterrupt(BaseException): PyBaseException, Simple, "Program interrupted by user.";
        SystemExit(BaseException): PySystemExit, Owner, "Request to exit from the interpreter.";
        BaseExceptionGroup(BaseException): PyBaseExceptionGroup, Owner,
            "A combination of multiple unrelated exceptions.";
        ExceptionGroup(BaseExceptionGroup): PyBaseExceptionGroup, WeaklyReferable;
        ArithmeticError(Exception): PyBaseException, Simple, "Base class for arithmetic errors.";
        FloatingPointError(ArithmeticError): PyBaseException, Simple, "Floating-point operation failed.";
        OverflowError(ArithmeticError): PyBaseException, Simple, "Result too large to be represented.";
        ZeroDivisionError(ArithmeticError): PyBaseException, Simple,
            "Second argument to a division or modulo operation was zero.";
        AssertionError(Exception): PyBaseException, Simple, "Assertion failed.";
        AttributeError(Exception): PyAttributeError, Owner, "Attribute not found.";
        BufferError(Exception): PyBaseException, Simple, "Buffer error.";
        EOFError(Exception): PyBaseException, Simple, "Read beyond end of file.";
        ImportError(Exception): PyImportError, Owner, "Import can't find module, or can't find name in module.";
        ModuleNotFoundError(ImportError): PyImportError, Heir, "Module not found.";
        LookupError(Exception): PyBaseException, Simple, "Base class for lookup errors.";
        IndexError(LookupError): PyBaseException, Simple, "Sequence index out of range.";
        KeyError(LookupError): PyKeyError, Owner, "Mapping key not found.";
        MemoryError(Exception): PyBaseException, Simple, "Out of memory.";
        NameError(Exception): PyNameError, Owner, "Name not found globally.";
        UnboundLocalError(NameError): PyNameError, Heir, "Local name referenced but not bound to a value.";
        OSError(Exception): PyOSError, Owner, "Base class for I/O related errors.";
        BlockingIOError(OSError): PyOSError, Heir, "I/O operation would block.";
        ChildProcessError(OSError): PyOSError, Heir, "Child process error.";
        ConnectionError(OSError): PyOSError, Heir, "Connection error.";
        BrokenPipeError(ConnectionError): PyOSError, Heir, "Broken pipe.";
        ConnectionAbortedError(ConnectionError): PyOSError, Heir, "Connection aborted.";
        ConnectionRefusedError(ConnectionError): PyOSError, Heir, "Connection refused.";
        ConnectionResetError(ConnectionError): PyOSError, Heir, "Connection reset.";
        FileExistsError(OSError): PyOSError, Heir, "File already exists.";
        FileNotFoundError(OSError): PyOSError, Heir, "File not found.";
        InterruptedError(OSError): PyOSError, Heir, "Interrupted by signal.";
        IsADirectoryError(OSError): PyOSError, Heir, "Operation doesn't work on directories.";
        NotADirectoryError(OSError): PyOSError, Heir, "Operation only works on directories.";
        PermissionError(OSError): PyOSError, Heir, "Not enough permissions.";
        ProcessLookupError(OSError): PyOSError, Heir, "Process not found.";
        TimeoutError(OSError): PyOSError, Heir, "Timeout expired.";
        ReferenceError(Exception): PyBaseException, Simple, "Weak ref proxy used after referent went away.";
        RuntimeError(Exception): PyBaseException, Simple, "Unspecified run-time error.";
        NotImplementedError(RuntimeError): PyBaseException, Simple, "Method or function hasn't been implemented yet.";
        PythonFinalizationError(RuntimeError): PyBaseException, Simple,
            "Operation blocked during Python finalization.";
        RecursionError(RuntimeError): PyBaseException, Simple, "Recursion limit exceeded.";
        StopAsyncIteration(Exception): PyBaseException, Simple, "Signal the end from iterator.__anext__().";
        StopIteration(Exception): PyStopIteration, Owner, "Signal the end from iterator.__next__().";
        SyntaxError(Exception): PySyntaxError, Owner, "Invalid syntax.";
        IndentationError(SyntaxError): PySyntaxError, Heir, "Improper indentation.";
        TabError(IndentationError): PySyntaxError, Heir, "Improper mixture of spaces and tabs.";
        _IncompleteInputError(SyntaxError): PySyntaxError, Heir, "incomplete input.";
        SystemError(Exception): PyBaseException, Simple,
            "The interpreter found something wrong with itself.";
        TypeError(Exception): PyBaseException, Simple, "Inappropriate argument type.";
        ValueError(Exception): PyBaseException, Simple, "Inappropriate argument value (of correct type).";
        UnicodeError(ValueError): PyBaseException, Simple, "Unicode related error.";
        UnicodeDecodeError(UnicodeError): PyUnicodeDecodeError, Owner, "Unicode decoding error.";
        UnicodeEncodeError(UnicodeError): PyUnicodeEncodeError, Owner, "Unicode encoding error.";
        UnicodeTranslateError(UnicodeError): PyUnicodeTranslateError, Owner, "Unicode translation error.";
        Warning(Exception): PyBaseException, Simple, "Base class for warning categories.";
        BytesWarning(Warning): PyBaseException, Simple,
            "Warns about bytes that meet str: conversions and comparisons.";
        DeprecationWarning(Warning): PyBaseException, Simple, "Base class for warnings about deprecated features.";
        EncodingWarning(Warning): PyBaseException, Simple, "Base class for warnings about encodings.";
        FutureWarning(Warning): PyBaseException, Simple,
            "Warns about code whose meaning will change.";
        ImportWarning(Warning): PyBaseException, Simple,
            "Base class for warnings about probable mistakes in module imports";
        PendingDeprecationWarning(Warning): PyBaseException, Simple,
            "Warns about features that will be deprecated later.";
        ResourceWarning(Warning): PyBaseException, Simple, "Base class for warnings about resource usage.";
        RuntimeWarning(Warning): PyBaseException, Simple, "Base class for warnings about dubious runtime behavior.";
        SyntaxWarning(Warning): PyBaseException, Simple, "Base class for warnings about dubious syntax.";
        UnicodeWarning(Warning): PyBaseException, Simple,
            "Warns about problems with Unicode text.";
        UserWarning(Warning): PyBaseException, Simple, "Base class for warnings generated by user code.";
    }
}

pub(super) use exc::ALL;
