//! From source, bytes or tree to a code object: what `compile()` does.
//!
//! Parser and compiler know no object; here their errors become exceptions and their warnings are
//! issued.

use std::cell::Cell;

use krait_ast::Mod;
use krait_compiler::CompileOptions;
use krait_parser::{Mode, Options, ParseError, Parsed, SyntaxError};
use krait_runtime::hooks::CompileRequest;
use krait_runtime::state::Interpreter;
use krait_runtime::{
    Obj, PyBytes, PyClass, PyCode, PyObject, PyResult, PyStr, exc, system_error, type_error,
    value_error,
};
use krait_text::Wtf8Buf;

mod errors;

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
pub const FUTURE_MASK: u32 = 0x01FE_0000;

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
    compile_from(request, false)
}

/// Compiles a program that is read from a file: some messages say so.
pub fn compile_file(source: &PyBytes, filename: &PyStr) -> PyResult<Obj> {
    let request = CompileRequest {
        source,
        filename,
        mode: "exec",
        flags: 0,
        dont_inherit: true,
        optimize: -1,
        feature_version: -1,
    };
    compile_from(&request, true)
}

fn compile_from(request: &CompileRequest<'_>, from_file: bool) -> PyResult<Obj> {
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
    let optimized_ast = flags & cf::OPTIMIZED_AST == cf::OPTIMIZED_AST;
    let mut module = match given {
        Some(_) if flags & cf::ONLY_AST != 0 && !optimized_ast => {
            return Ok(request.source.to_obj());
        }
        Some(module) => module,
        None => parse(request, flags, &filename, from_file)?,
    };
    let optimize = match request.optimize {
        -1 => Interpreter::current().flags.borrow().optimize.clamp(0, 2) as u8,
        level => level.clamp(0, 2) as u8,
    };
    if flags & cf::ONLY_AST != 0 {
        let level = optimized_ast.then_some(optimize);
        // What there is to warn of is said when the tree is compiled.
        krait_compiler::preprocess(&mut module, level)
            .map_err(|error| errors::compile_error(&error, &filename))?;
        return match trees {
            Some(trees) => (trees.to_object)(&module),
            None => Err(system_error!(
                "the _ast module is missing: no tree can be made an object"
            )),
        };
    }
    let options = CompileOptions {
        filename: filename.to_wtf8(),
        flags,
        optimize,
        allow_top_level_await: flags & cf::ALLOW_TOP_LEVEL_AWAIT != 0,
    };
    match krait_compiler::compile(module, &options) {
        Ok(compiled) => {
            errors::warn_of_code(&compiled.warnings, &filename)?;
            Ok(PyCode::from_unit(&compiled.code)?.into_object())
        }
        Err(error) => {
            errors::warn_of_code(&error.warnings, &filename)?;
            Err(errors::compile_error(&error, &filename))
        }
    }
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
    file_name(&*filename.fspath()?)
}

/// Parses what was given to `compile()` and issues the parser's warnings.
fn parse(
    request: &CompileRequest<'_>,
    flags: u32,
    filename: &PyStr,
    from_file: bool,
) -> PyResult<Mod> {
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
        file_name: from_file.then(|| filename.to_string_lossy()),
        ignore_cookie: flags & cf::IGNORE_COOKIE != 0,
        dont_imply_dedent: flags & cf::DONT_IMPLY_DEDENT != 0,
        allow_incomplete_input: flags & cf::ALLOW_INCOMPLETE_INPUT != 0,
        barry_as_bdfl: flags & 0x40_0000 != 0,
        int_max_str_digits: interp.int_max_str_digits.get(),
        feature_version: match u32::try_from(request.feature_version) {
            Ok(version) if flags & cf::ONLY_AST != 0 => version,
            _ => krait_parser::FEATURE_VERSION,
        },
    };
    if let Some(text) = request.source.downcast::<PyStr>() {
        let parsed = krait_parser::parse_str(text.as_utf8()?, mode, &options);
        return warned(parsed, filename);
    }
    let parsed = with_bytes(request.source, |bytes| {
        krait_parser::parse(bytes, mode, &options)
    })?;
    match parsed {
        Ok(parsed) => warned(Ok(parsed), filename),
        Err(ParseError::Syntax(error)) => warned(Err(*error), filename),
        Err(ParseError::Undecodable(error)) => {
            Err(errors::syntax_error(&error, from_file.then_some(filename)))
        }
        Err(ParseError::ForeignCodec { codec, source }) => {
            let text =
                decode(&source, &codec).map_err(|error| errors::of_codec(error, filename))?;
            let parsed = krait_parser::parse_str(text.as_utf8()?, mode, &options);
            warned(parsed, filename)
        }
    }
}

/// The result of a parse as an object's or an exception, once what it warns of is said.
fn warned(parsed: Result<Parsed, SyntaxError>, filename: &PyStr) -> PyResult<Mod> {
    match parsed {
        Ok(parsed) => {
            errors::warn_of_source(&parsed.warnings, filename)?;
            Ok(parsed.module)
        }
        Err(error) => {
            errors::warn_of_source(&error.warnings, filename)?;
            Err(errors::syntax_error(&error, Some(filename)))
        }
    }
}

/// Calls `body` with the bytes of a source that is no text.
fn with_bytes<T>(source: &PyObject, body: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
    if let Some(bytes) = source.downcast::<PyBytes>() {
        return Ok(body(bytes.as_bytes()));
    }
    Ok(body(&source_bytes(source)?))
}

fn source_bytes(source: &PyObject) -> PyResult<Vec<u8>> {
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

fn decode(bytes: &[u8], codec: &str) -> PyResult<krait_runtime::Py<PyStr>> {
    let text = PyBytes::new(bytes)?
        .call_method(krait_runtime::intern!("decode"), &[&*PyStr::new(codec)?])?;
    text.cast::<PyStr>()
        .map_err(|_| type_error!("decoding with '{codec}' gave no str"))
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
