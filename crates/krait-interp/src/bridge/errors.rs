//! Errors and warnings of the front end as exceptions.
//!
//! The parser's errors carry the line that they are in. Those of the compiler do not, since it may
//! have been given a tree: the line is looked up in the file that the code is said to come from, and
//! columns are in bytes.

use std::ffi::CString;

use krait_bytecode::Location;
use krait_compiler::{CompileError, CompileErrorKind, CompileWarning};
use krait_parser::{ErrorKind, SyntaxError, Warning, WarningCategory};
use krait_runtime::hooks::ExplicitWarning;
use krait_runtime::{
    Interpreter, Obj, PyBytes, PyClass, PyErr, PyLong, PyResult, PyStr, PyTuple, PyType, exc, none,
};

/// The most bytes of a line that are shown.
const MAX_LINE: usize = 999;

/// The exception of a syntax error, with all its fields.
pub(super) fn syntax_error(error: &SyntaxError, filename: Option<&PyStr>) -> PyErr {
    let class: &PyType = match error.kind {
        ErrorKind::SyntaxError => &exc::SyntaxError,
        ErrorKind::IndentationError => &exc::IndentationError,
        ErrorKind::TabError => &exc::TabError,
        ErrorKind::IncompleteInputError => &exc::_IncompleteInputError,
        ErrorKind::MemoryError => return PyErr::new(&exc::MemoryError, &error.message),
        ErrorKind::RecursionError => return PyErr::new(&exc::RecursionError, &error.message),
        ErrorKind::ValueError => return PyErr::new(&exc::ValueError, &error.message),
    };
    let build = || -> PyResult<Obj> {
        let message = PyStr::new(&error.message)?.into_object();
        let Some(text) = &error.text else {
            return class.as_object().call1(&message);
        };
        let text = PyStr::new(text)?.into_object();
        let start = (i64::from(error.lineno), i64::from(error.offset));
        let end = (i64::from(error.end_lineno), i64::from(error.end_offset));
        let details = details(filename, start, text, Some(end))?;
        let exception = class.as_object().call(&[&message, &details])?;
        if let Some(source) = &error.source {
            let source = PyStr::new(source)?.into_object();
            let metadata = PyTuple::from_vec(vec![number(0)?, number(0)?, source])?;
            exception.setattr_str("_metadata", &metadata)?;
        }
        Ok(exception)
    };
    raised(build())
}

/// What the codec of a source raised, as a syntax error where it is about the source.
pub(super) fn of_codec(error: PyErr, filename: &PyStr) -> PyErr {
    let about_source = [&exc::LookupError, &exc::SyntaxError, &exc::ValueError];
    if !about_source.iter().any(|class| error.matches(class)) {
        return error;
    }
    let build = || -> PyResult<Obj> {
        let message = error.take().str()?.into_object();
        let details = details(Some(filename), (0, -1), none().to_obj(), None)?;
        exc::SyntaxError.as_object().call(&[&message, &details])
    };
    raised(build())
}

/// The exception of an error that the compiler found.
pub(super) fn compile_error(error: &CompileError, filename: &PyStr) -> PyErr {
    match error.kind {
        CompileErrorKind::Syntax => placed(&error.message, filename, error.location),
        CompileErrorKind::LatePlaced => late_placed(&error.message, filename, error.location),
        CompileErrorKind::Recursion => PyErr::new(&exc::RecursionError, &error.message),
        CompileErrorKind::Overflow => PyErr::new(&exc::OverflowError, &error.message),
        CompileErrorKind::InvalidTree => PyErr::new(&exc::ValueError, &error.message),
    }
}

/// Issues the warnings of the parser, one of which may be an error.
pub(super) fn warn_of_source(warnings: &[Warning], filename: &PyStr) -> PyResult<()> {
    for warning in warnings {
        let class = match warning.category {
            WarningCategory::DeprecationWarning => &exc::DeprecationWarning,
            WarningCategory::SyntaxWarning => &exc::SyntaxWarning,
        };
        let line = warning.lineno as i32;
        warn(class, &warning.message, filename, line, || {
            syntax_error(&warning.error, Some(filename))
        })?;
    }
    Ok(())
}

/// Issues the warnings of the compiler, one of which may be an error.
pub(super) fn warn_of_code(warnings: &[CompileWarning], filename: &PyStr) -> PyResult<()> {
    for CompileWarning { message, location } in warnings {
        warn(
            &exc::SyntaxWarning,
            message,
            filename,
            location.line,
            || placed(message, filename, *location),
        )?;
    }
    Ok(())
}

/// Issues a warning; if it is an error, `instead` is raised.
fn warn(
    class: &PyType,
    message: &str,
    filename: &PyStr,
    line: i32,
    instead: impl FnOnce() -> PyErr,
) -> PyResult<()> {
    let warning = ExplicitWarning {
        category: class,
        message: &*PyStr::new(message)?,
        filename,
        line,
        module: None,
        registry: None,
    };
    match (Interpreter::current().hooks.get().warn_explicit)(&warning) {
        Err(error) if error.matches(class) => {
            error.clear();
            Err(instead())
        }
        result => result,
    }
}

fn raised(exception: PyResult<Obj>) -> PyErr {
    exception.map_or_else(|error| error, PyErr::raise)
}

fn number(value: i64) -> PyResult<Obj> {
    Ok(PyLong::from_i64(value)?.into_object())
}

/// The second argument of `SyntaxError`.
fn details(
    filename: Option<&PyStr>,
    (line, offset): (i64, i64),
    text: Obj,
    end: Option<(i64, i64)>,
) -> PyResult<Obj> {
    let filename = filename.map_or(none(), PyStr::as_object).to_obj();
    let mut items = vec![filename, number(line)?, number(offset)?, text];
    if let Some((line, offset)) = end {
        items.extend([number(line)?, number(offset)?]);
    }
    Ok(PyTuple::from_vec(items)?.into_object())
}

fn placed(message: &str, filename: &PyStr, location: Location) -> PyErr {
    let build = || -> PyResult<Obj> {
        let text = program_text(filename, location.line)?.unwrap_or_else(|| none().to_obj());
        let start = (i64::from(location.line), i64::from(location.col) + 1);
        let end = (
            i64::from(location.end_line),
            i64::from(location.end_col) + 1,
        );
        let details = details(Some(filename), start, text, Some(end))?;
        let message = PyStr::new(message)?.into_object();
        exc::SyntaxError.as_object().call(&[&message, &details])
    };
    raised(build())
}

fn late_placed(message: &str, filename: &PyStr, location: Location) -> PyErr {
    let build = || -> PyResult<Obj> {
        let message = PyStr::new(message)?.into_object();
        let exception = exc::SyntaxError.as_object().call1(&message)?;
        let fields = [
            ("lineno", location.line),
            ("offset", location.col + 1),
            ("end_lineno", location.end_line),
            ("end_offset", location.end_col + 1),
        ];
        for (name, value) in fields {
            exception.setattr_str(name, &*number(i64::from(value))?)?;
        }
        exception.setattr_str("filename", filename)?;
        if let Some(text) = program_text(filename, location.line)? {
            exception.setattr_str("text", &text)?;
        }
        Ok(exception)
    };
    raised(build())
}

/// A line of the file that a program is in; `None` if there is no such file or line.
fn program_text(filename: &PyStr, line: i32) -> PyResult<Option<Obj>> {
    let Ok(path) = CString::new(filename.to_string_lossy()) else {
        return Ok(None);
    };
    let Ok(source) = krait_host::fs::read_file(&path) else {
        return Ok(None);
    };
    let Some(number) = usize::try_from(line)
        .ok()
        .and_then(|line| line.checked_sub(1))
    else {
        return Ok(None);
    };
    let source = krait_parser::newlines_only(&source, false);
    let Some(text) = source.split_inclusive(|&byte| byte == b'\n').nth(number) else {
        return Ok(None);
    };
    let text = &text[..text.len().min(MAX_LINE)];
    let text = match number {
        0 => text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text),
        _ => text,
    };
    let codec = krait_parser::declared_encoding(&source).unwrap_or_default();
    if !codec.is_empty()
        && let Some(decoded) = decode_replacing(text, &codec)
    {
        return Ok(Some(decoded));
    }
    Ok(Some(
        PyStr::new(&String::from_utf8_lossy(text))?.into_object(),
    ))
}

/// The text in a codec, if there is such a codec.
fn decode_replacing(text: &[u8], codec: &str) -> Option<Obj> {
    let decode = || -> PyResult<Obj> {
        let arguments = [PyStr::new(codec)?, PyStr::new("replace")?];
        let bytes = PyBytes::new(text)?;
        bytes.call_method(
            krait_runtime::intern!("decode"),
            &[&arguments[0], &arguments[1]],
        )
    };
    decode().map_err(|error| error.clear()).ok()
}
