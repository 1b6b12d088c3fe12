//! From source, bytes or tree to a code object: what `compile()` does.
//!
//! Parser and compiler know no object; here their errors become exceptions and their warnings are
//! issued.

use std::cell::Cell;

use krait_ast::Mod;
use krait_bytecode::Location;
use krait_compiler::{CompileError, CompileErrorKind, CompileOptions};
use krait_parser::{ErrorKind, Mode, Options, ParseError, SyntaxError, WarningCategory};
use krait_runtime::hooks::CompileRequest;
use krait_runtime::state::Interpreter;
use krait_runtime::{
    Obj, PyBytes, PyClass, PyCode, PyErr, PyLong, PyObject, PyResult, PyStr, PyTuple, PyType, exc,
    system_error, type_error, value_error,
};
use krait_text::Wtf8Buf;

/// `PyCF_*`: flags of `compile()` beyond the future features.
#[allow(missing_docs)]
pub mod cf {
    pub const DONT_IMPLY_DEDENT: u32 = 0x200;
    pub const ONLY_AST: u32 = 0x400;
    pub const IGNORE_COOKIE: u32 = 0x800;
    pub const TYPE_COMMENTS: u32 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    pub const OPTIMIZED_AST: u32 = 0x8000 | ONLY_AST;
}

/// The future features that code inherits from the code that compiles it.
const FUTURE_MASK: u32 = 0x01FE_0000;

/// How trees become objects and back: given by the `_ast` module, if there is one.
#[derive(Clone, Copy)]
pub struct TreeObjects {
    /// The `ast` object of a tree.
    pub to_object: fn(&Mod) -> PyResult<Obj>,
    /// The tree of an `ast` object, `None` if it is no such; the mode is `compile()`'s.
    pub from_object: fn(&PyObject, &str) -> PyResult<Option<Mod>>,
}

/// Where [`TreeObjects`] is kept per interpreter.
#[derive(Default)]
pub struct TreeBridge(pub Cell<Option<TreeObjects>>);

/// The hook `compile`.
pub(crate) fn compile(request: &CompileRequest<'_>) -> PyResult<Obj> {
    let mut flags = request.flags;
    if !request.dont_inherit
        && let Some(frame) = krait_runtime::frame::current_frame()
    {
        flags |= frame.code().co_flags.get() as u32 & FUTURE_MASK;
    }
    let filename = file_name(request.filename)?;
    let trees = Interpreter::current().extension::<TreeBridge>().0.get();
    let given = match trees {
        Some(trees) => (trees.from_object)(request.source, request.mode)?,
        None => None,
    };
    let (module, source) = match given {
        Some(module)
            if flags & cf::ONLY_AST != 0 && flags & cf::OPTIMIZED_AST != cf::OPTIMIZED_AST =>
        {
            let _ = module;
            return Ok(request.source.to_obj());
        }
        Some(module) => (module, None),
        None => {
            let (module, text) = parse(request, flags, &filename)?;
            (module, Some(text))
        }
    };
    if flags & cf::ONLY_AST != 0 {
        return match trees {
            Some(trees) => (trees.to_object)(&module),
            None => Err(system_error!(
                "the _ast module is missing: no tree can be made an object"
            )),
        };
    }
    let optimize = match request.optimize {
        -1 => Interpreter::current().flags.borrow().optimize.clamp(0, 2) as u8,
        level => level.clamp(0, 2) as u8,
    };
    let options = CompileOptions {
        filename: filename.to_wtf8(),
        flags,
        optimize,
        allow_top_level_await: flags & cf::ALLOW_TOP_LEVEL_AWAIT != 0,
    };
    let source = source.as_deref();
    let compiled = krait_compiler::compile(&module, &options)
        .map_err(|error| compile_error(&error, &filename, source))?;
    for warning in &compiled.warnings {
        warn_syntax(
            &exc::SyntaxWarning,
            &warning.message,
            &filename,
            warning.location,
            source,
        )?;
    }
    Ok(PyCode::from_unit(&compiled.code)?.into_object())
}

/// `filename` as text: `str`, bytes or a path object.
fn file_name(filename: &PyObject) -> PyResult<krait_runtime::Py<PyStr>> {
    if let Some(text) = filename.downcast::<PyStr>() {
        return Ok(PyClass::to_owned(text));
    }
    if let Some(bytes) = filename.downcast::<PyBytes>() {
        let arguments = [PyStr::new("utf-8")?, PyStr::new("surrogateescape")?];
        let text = bytes.call_method(
            krait_runtime::intern!("decode"),
            &[&arguments[0], &arguments[1]],
        )?;
        return text
            .cast::<PyStr>()
            .map_err(|_| type_error!("decoding a file name gave no str"));
    }
    if let Some(path) = filename.call_special("__fspath__", &[])? {
        return file_name(&path);
    }
    Err(type_error!(
        "expected str, bytes or os.PathLike object, not {}",
        filename.type_().tp_name()
    ))
}

/// Parses what was given to `compile()`; the text comes back for messages.
fn parse(request: &CompileRequest<'_>, flags: u32, filename: &PyStr) -> PyResult<(Mod, String)> {
    let mode = match request.mode {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        "func_type" => Mode::FuncType,
        other => {
            return Err(value_error!(
                "compile() mode must be 'exec', 'eval' or 'single', not '{other}'"
            ));
        }
    };
    let interp = Interpreter::current();
    let options = Options {
        type_comments: flags & cf::TYPE_COMMENTS != 0,
        dont_imply_dedent: flags & cf::DONT_IMPLY_DEDENT != 0,
        allow_incomplete_input: flags & cf::ALLOW_INCOMPLETE_INPUT != 0,
        barry_as_bdfl: flags & 0x40_0000 != 0,
        int_max_str_digits: interp.int_max_str_digits.get(),
    };
    let (parsed, text) = if let Some(text) = request.source.downcast::<PyStr>() {
        let text = text.as_utf8()?.to_owned();
        let parsed = krait_parser::parse_str(&text, mode, &options)
            .map_err(|error| syntax_error(&error, filename))?;
        (parsed, text)
    } else {
        let bytes = source_bytes(request.source)?;
        match krait_parser::parse(&bytes, mode, &options) {
            Ok(parsed) => (parsed, String::from_utf8_lossy(&bytes).into_owned()),
            Err(ParseError::Syntax(error)) => return Err(syntax_error(&error, filename)),
            Err(ParseError::ForeignCodec(codec)) => {
                let text = decode(&bytes, &codec)?;
                let parsed = krait_parser::parse_str(&text, mode, &options)
                    .map_err(|error| syntax_error(&error, filename))?;
                (parsed, text)
            }
        }
    };
    for warning in &parsed.warnings {
        let class = match warning.category {
            WarningCategory::DeprecationWarning => &exc::DeprecationWarning,
            WarningCategory::SyntaxWarning => &exc::SyntaxWarning,
        };
        let range = &warning.range;
        let location = Location {
            line: range.lineno as i32,
            end_line: range.end_lineno as i32,
            col: range.col_offset as i32,
            end_col: range.end_col_offset as i32,
        };
        warn_syntax(class, &warning.message, filename, location, Some(&text))?;
    }
    Ok((parsed.module, text))
}

fn source_bytes(source: &PyObject) -> PyResult<Vec<u8>> {
    if let Some(bytes) = source.downcast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    match source.bytes_buffer().map(|view| view.to_vec()) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.matches(&exc::TypeError) || error.matches(&exc::BufferError) => {
            error.clear();
            Err(type_error!(
                "compile() arg 1 must be a string, bytes or AST object"
            ))
        }
        Err(error) => Err(error),
    }
}

fn decode(bytes: &[u8], codec: &str) -> PyResult<String> {
    let text = PyBytes::new(bytes)?
        .call_method(krait_runtime::intern!("decode"), &[&*PyStr::new(codec)?])?;
    match text.downcast::<PyStr>() {
        Some(text) => Ok(text.as_utf8()?.to_owned()),
        None => Err(type_error!("decoding with '{codec}' gave no str")),
    }
}

/// The exception of a syntax error, with all its fields.
fn syntax_error(error: &SyntaxError, filename: &PyStr) -> PyErr {
    let class: &PyType = match error.kind {
        ErrorKind::SyntaxError => &exc::SyntaxError,
        ErrorKind::IndentationError => &exc::IndentationError,
        ErrorKind::TabError => &exc::TabError,
        ErrorKind::IncompleteInputError => &exc::_IncompleteInputError,
        ErrorKind::MemoryError => return PyErr::new(&exc::MemoryError, &error.message),
        ErrorKind::RecursionError => return PyErr::new(&exc::RecursionError, &error.message),
    };
    let place = error.text.as_ref().map(|text| Place {
        line: error.lineno as i64,
        offset: i64::from(error.offset),
        end_line: error.end_lineno as i64,
        end_offset: i64::from(error.end_offset),
        text: Some(text.clone()),
    });
    placed_error(class, &error.message, filename, place)
}

/// Where a syntax error is.
struct Place {
    line: i64,
    offset: i64,
    end_line: i64,
    end_offset: i64,
    text: Option<String>,
}

fn placed_error(class: &PyType, message: &str, filename: &PyStr, place: Option<Place>) -> PyErr {
    let build = || -> PyResult<Obj> {
        let message = PyStr::new(message)?.into_object();
        let Some(place) = place else {
            return class.as_object().call1(&message);
        };
        let number = |value: i64| Ok(PyLong::from_i64(value)?.into_object());
        let text = match &place.text {
            Some(text) => PyStr::new(text)?.into_object(),
            None => krait_runtime::none().to_obj(),
        };
        let details = PyTuple::from_vec(vec![
            filename.to_obj(),
            number(place.line)?,
            number(place.offset)?,
            text,
            number(place.end_line)?,
            number(place.end_offset)?,
        ])?;
        class.as_object().call(&[&message, &details])
    };
    match build() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

/// The text of a line of the source, with its end.
fn source_line(source: &str, line: i32) -> Option<&str> {
    source
        .split_inclusive('\n')
        .nth(usize::try_from(line).ok()?.checked_sub(1)?)
}

/// The character column (from 1) of a byte column (from 0) in a line.
fn char_offset(line: Option<&str>, column: i32) -> i64 {
    let bytes = usize::try_from(column).unwrap_or(0);
    let chars = line.map_or(bytes, |line| {
        line.char_indices()
            .take_while(|(at, _)| *at < bytes)
            .count()
    });
    chars as i64 + 1
}

/// The exception of an error that the compiler found.
fn compile_error(error: &CompileError, filename: &PyStr, source: Option<&str>) -> PyErr {
    let class: &PyType = match error.kind {
        CompileErrorKind::Syntax => &exc::SyntaxError,
        CompileErrorKind::Recursion => return PyErr::new(&exc::RecursionError, &error.message),
        CompileErrorKind::Overflow => return PyErr::new(&exc::OverflowError, &error.message),
        CompileErrorKind::InvalidTree => return PyErr::new(&exc::ValueError, &error.message),
    };
    placed_error(
        class,
        &error.message,
        filename,
        Some(place_of(error.location, filename, source)),
    )
}

fn place_of(location: Location, filename: &PyStr, source: Option<&str>) -> Place {
    let file;
    let source = match source {
        Some(source) => Some(source),
        None => {
            file = std::fs::read_to_string(filename.to_string_lossy()).ok();
            file.as_deref()
        }
    };
    let line = source.and_then(|source| source_line(source, location.line));
    let end_line = source.and_then(|source| source_line(source, location.end_line));
    Place {
        line: i64::from(location.line),
        offset: char_offset(line, location.col),
        end_line: i64::from(location.end_line),
        end_offset: char_offset(end_line, location.end_col),
        text: line.map(str::to_owned),
    }
}

/// Issues a warning about source; as an error it becomes a `SyntaxError`.
fn warn_syntax(
    class: &PyType,
    message: &str,
    filename: &PyStr,
    location: Location,
    source: Option<&str>,
) -> PyResult<()> {
    match crate::hooks::warn_explicit(class, message, filename, location.line) {
        Err(error) if error.matches(class) => {
            error.clear();
            let place = place_of(location, filename, source);
            Err(placed_error(
                &exc::SyntaxError,
                message,
                filename,
                Some(place),
            ))
        }
        result => result,
    }
}

/// Compiles source text: for start-up code and tests.
pub fn compile_source(source: &str, filename: &str, mode: &str) -> PyResult<Obj> {
    let (text, name) = (
        PyStr::new(source)?,
        PyStr::from_wtf8(&Wtf8Buf::from(filename))?,
    );
    compile(&CompileRequest {
        source: &text,
        filename: &name,
        mode,
        flags: 0,
        dont_inherit: true,
        optimize: -1,
        feature_version: -1,
    })
}
