//! `_io`: streams of bytes and of text.

mod base;
mod buffered;
mod bufferedclasses;
mod bytesio;
mod coder;
mod fileio;
mod newline;
mod stringio;
mod textattrs;
mod textio;
mod textpos;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Interpreter, PyDict, PyErr, PyLong, PyModule, PyResult, PyStr, PyTuple, PyType, exc, hooks,
    none, pymodule, value_error,
};

use base::chain;
use bufferedclasses::{PyBufferedRandom, PyBufferedReader, PyBufferedWriter};
use fileio::PyFileIO;
use textio::PyTextIOWrapper;

/// The size of a buffer, unless the file has its own idea.
pub(crate) const DEFAULT_BUFFER_SIZE: i64 = 131_072;

/// The largest buffer that a file's own idea leads to.
const LARGEST_BUFFER: i64 = 8 * 1024 * 1024;

pymodule! {
    pub IO = "_io",
    "The io module provides the Python interfaces to stream handling. The\nbuiltin open function is defined in this module.",
    functions: [open, open_code, text_encoding],
    classes: [
        base::PyIOBase,
        base::PyRawIOBase,
        base::PyBufferedIOBase,
        base::PyTextIOBase,
        fileio::PyFileIO,
        bytesio::PyBytesIO,
        bytesio::PyBytesIOBuffer,
        stringio::PyStringIO,
        bufferedclasses::PyBufferedReader,
        bufferedclasses::PyBufferedWriter,
        bufferedclasses::PyBufferedRandom,
        bufferedclasses::PyBufferedRWPair,
        textio::PyTextIOWrapper,
        newline::PyIncrementalNewlineDecoder,
    ],
    exec: Some(exec)
}

/// Classes that the module makes at run time.
#[derive(Default)]
struct Classes {
    unsupported: std::cell::RefCell<Option<Py<PyType>>>,
}

/// `io.UnsupportedOperation`.
fn unsupported_class() -> PyResult<Py<PyType>> {
    let classes = Interpreter::current().extension::<Classes>();
    if let Some(class) = &*classes.unsupported.borrow() {
        return Ok(class.clone());
    }
    let dict = PyDict::new()?;
    dict.set("__module__", &*PyStr::intern("io")?)?;
    let bases = PyTuple::from_refs(&[exc::OSError.as_object(), exc::ValueError.as_object()])?;
    let name = PyStr::intern("UnsupportedOperation")?;
    let class = PyType::type_object().instantiate(&[&name, &bases, &dict])?;
    let class = class
        .cast::<PyType>()
        .map_err(|_| krait_runtime::system_error!("type() returned no class"))?;
    *classes.unsupported.borrow_mut() = Some(class.clone());
    Ok(class)
}

/// Raises `io.UnsupportedOperation`.
#[cold]
pub(crate) fn unsupported(message: &str) -> PyErr {
    match unsupported_class() {
        Ok(class) => PyErr::new(&class, message),
        Err(error) => error,
    }
}

/// The name of the encoding that the locale asks for.
fn locale_encoding() -> String {
    if Interpreter::current().flags.borrow().utf8_mode > 0 {
        return "utf-8".to_owned();
    }
    match String::from_utf8(krait_host::locale::codeset()) {
        Ok(name) if !name.is_empty() => name,
        _ => "UTF-8".to_owned(),
    }
}

/// `EncodingWarning`, if it is asked for.
fn warn_default_encoding(stack_level: isize) -> PyResult<()> {
    if Interpreter::current().flags.borrow().warn_default_encoding > 0 {
        hooks::warn(
            &exc::EncodingWarning,
            "'encoding' argument not specified",
            stack_level,
        )?;
    }
    Ok(())
}

/// A helper function to choose the text encoding.
///
/// When encoding is not None, this function returns it.
/// Otherwise, this function returns the default text encoding (i.e. "locale" or "utf-8", depending
/// on the UTF-8 mode).
#[pyfunction(signature = "(encoding, stacklevel=2, /)")]
fn text_encoding(encoding: &PyObject, stacklevel: i32) -> PyResult<Obj> {
    if !encoding.is(none()) {
        return Ok(encoding.to_obj());
    }
    warn_default_encoding(stacklevel as isize)?;
    let utf8 = Interpreter::current().flags.borrow().utf8_mode > 0;
    Ok(PyStr::intern(if utf8 { "utf-8" } else { "locale" })?.into_object())
}

/// Opens the provided file with the intent to import the contents.
#[pyfunction(signature = "(path)")]
fn open_code(path: &PyStr) -> PyResult<Obj> {
    let options = Options {
        buffering: -1,
        encoding: None,
        errors: None,
        newline: None,
        closefd: true,
        opener: None,
    };
    open_stream(path, "rb", &options)
}

/// The parameters of `open` after the mode.
struct Options<'a> {
    buffering: i64,
    encoding: Option<&'a str>,
    errors: Option<&'a str>,
    newline: Option<&'a PyStr>,
    closefd: bool,
    opener: Option<&'a PyObject>,
}

/// What a mode asks for.
#[derive(Default)]
struct OpenMode {
    reading: bool,
    writing: bool,
    updating: bool,
    text: bool,
    binary: bool,
    raw: String,
}

impl OpenMode {
    fn parse(mode: &str) -> PyResult<OpenMode> {
        let mut parsed = OpenMode::default();
        let mut kinds = 0;
        for (index, letter) in mode.char_indices() {
            if mode[..index].contains(letter) {
                return Err(value_error!("invalid mode: '{mode}'"));
            }
            match letter {
                'r' => parsed.reading = true,
                'w' | 'x' | 'a' => parsed.writing = true,
                '+' => parsed.updating = true,
                't' => parsed.text = true,
                'b' => parsed.binary = true,
                _ => return Err(value_error!("invalid mode: '{mode}'")),
            }
            kinds += usize::from(matches!(letter, 'r' | 'w' | 'x' | 'a'));
            if !matches!(letter, 't' | 'b') {
                parsed.raw.push(letter);
            }
        }
        if parsed.text && parsed.binary {
            return Err(value_error!("can't have text and binary mode at once"));
        }
        if kinds > 1 {
            return Err(value_error!(
                "must have exactly one of create/read/write/append mode"
            ));
        }
        Ok(parsed)
    }
}

fn open_stream(file: &PyObject, mode: &str, options: &Options<'_>) -> PyResult<Obj> {
    let file = if file.downcast::<PyLong>().is_some() {
        file.to_obj()
    } else {
        file.fspath()?
    };
    let parsed = OpenMode::parse(mode)?;
    if parsed.binary {
        let given = [
            (options.encoding.is_some(), "an encoding"),
            (options.errors.is_some(), "an errors"),
            (options.newline.is_some(), "a newline"),
        ];
        for (is_given, name) in given {
            if is_given {
                return Err(value_error!("binary mode doesn't take {name} argument"));
            }
        }
        if options.buffering == 1 {
            hooks::warn(
                &exc::RuntimeWarning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
                1,
            )?;
        }
    }
    let raw = PyFileIO::open(&file, &parsed.raw, options.closefd, options.opener)?;
    let mut stream = raw.clone().into_object();
    match wrap(&raw, &parsed, mode, options, &mut stream) {
        Ok(()) => Ok(stream),
        Err(error) => chain(Err(error), || {
            stream.call_method(krait_runtime::intern!("close"), &[])
        }),
    }
}

/// Puts the buffer and the text layer around a file; `stream` is the outermost layer that was made.
fn wrap(
    raw: &Py<PyFileIO>,
    parsed: &OpenMode,
    mode: &str,
    options: &Options<'_>,
    stream: &mut Obj,
) -> PyResult<()> {
    let mut buffering = options.buffering;
    let mut line_buffering = false;
    let terminal = buffering < 0 && raw.is_terminal()?;
    if buffering == 1 && !parsed.binary || terminal {
        buffering = -1;
        line_buffering = true;
    } else if buffering == 1 {
        buffering = -1;
    }
    if buffering < 0 {
        buffering = i64::from(raw.block_size()).clamp(DEFAULT_BUFFER_SIZE, LARGEST_BUFFER);
    }
    if buffering == 0 {
        if !parsed.binary {
            return Err(value_error!("can't have unbuffered text I/O"));
        }
        return Ok(());
    }
    let size = buffering as isize;
    let buffer = if parsed.updating {
        PyBufferedRandom::over(raw, size)?.into_object()
    } else if parsed.writing {
        PyBufferedWriter::over(raw, size)?.into_object()
    } else if parsed.reading {
        PyBufferedReader::over(raw, size)?.into_object()
    } else {
        return Err(value_error!("unknown mode: '{mode}'"));
    };
    *stream = buffer.clone();
    if parsed.binary {
        return Ok(());
    }
    let text = PyTextIOWrapper::over(
        &buffer,
        options.encoding,
        options.errors,
        options.newline,
        line_buffering,
    )?;
    *stream = text.into_object();
    stream.setattr_str("mode", &*PyStr::new(mode)?)
}

/// Open file and return a stream.  Raise OSError upon failure.
#[pyfunction(
    signature = "(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
)]
fn open(
    file: &PyObject,
    mode: &str,
    buffering: i32,
    encoding: Option<&str>,
    errors: Option<&str>,
    newline: Option<&PyStr>,
    closefd: bool,
    opener: Option<&PyObject>,
) -> PyResult<Obj> {
    let options = Options {
        buffering: i64::from(buffering),
        encoding,
        errors,
        newline,
        closefd,
        opener,
    };
    open_stream(file, mode, &options)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set(
        "DEFAULT_BUFFER_SIZE",
        &*PyLong::from_i64(DEFAULT_BUFFER_SIZE)?,
    )?;
    dict.set("UnsupportedOperation", &*unsupported_class()?)?;
    dict.set("BlockingIOError", exc::BlockingIOError.as_object())
}
