//! Text in and out: `print`, `input`, `repr`, `ascii`, `format`, `chr`, `ord`, `breakpoint`.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, Interpreter, KwArgs, OptionalArg, PyErr, PyResult, PyStr, exc, none, runtime_error,
    type_error, value_error,
};

/// Return the canonical string representation of the object.
///
/// For many object types, including most builtins, eval() will be able to reconstruct the object
/// from this string.
#[pyfunction(signature = "(obj, /)")]
pub fn repr(obj: &PyObject) -> PyResult<Py<PyStr>> {
    obj.repr()
}

/// Return an ASCII-only representation of an object.
///
/// As repr(), return a string containing a printable representation of an object, but escape the
/// non-ASCII characters in the string returned by repr() using \\x, \\u or \\U escapes.
#[pyfunction(signature = "(obj, /)")]
pub fn ascii(obj: &PyObject) -> PyResult<Py<PyStr>> {
    obj.ascii()
}

/// Return type(value).__format__(value, format_spec)
///
/// Many built-in types implement format_spec according to the Format Specification Mini-language.
#[pyfunction(signature = "(value, format_spec='', /)")]
pub fn format(value: &PyObject, format_spec: OptionalArg<&PyStr>) -> PyResult<Py<PyStr>> {
    match format_spec.present() {
        Some(spec) => value.format(spec),
        None => value.format(krait_runtime::interned::empty_str()),
    }
}

/// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
#[pyfunction(signature = "(i, /)")]
pub fn chr(i: &PyObject) -> PyResult<Py<PyStr>> {
    let int = i.index()?;
    match int.to_i64() {
        Some(code @ 0..=0x10_FFFF) => PyStr::from_char(code as u32),
        _ => Err(value_error!("chr() arg not in range(0x110000)")),
    }
}

/// Return the Unicode code point for a one-character string.
#[pyfunction(signature = "(character, /)")]
pub fn ord(character: &PyObject) -> PyResult<u32> {
    let length = if let Some(text) = character.downcast::<PyStr>() {
        if text.len() == 1 {
            return Ok(text.char_at(0));
        }
        text.len()
    } else if let Some(bytes) = krait_runtime::bytes::bytes_or_bytearray(character) {
        if let [byte] = bytes[..] {
            return Ok(byte.into());
        }
        bytes.len()
    } else {
        return Err(type_error!(
            "ord() expected string of length 1, but {} found",
            character.type_().tp_name()
        ));
    };
    Err(type_error!(
        "ord() expected a character, but string of length {length} found"
    ))
}

/// A `sys` attribute; `None` if there is none.
fn sys_attribute(name: &str) -> PyResult<Option<Obj>> {
    match Interpreter::current().sysdict.get() {
        Some(dict) => dict.get(name),
        None => Ok(None),
    }
}

/// A keyword of `print` that must be text or None.
fn text_keyword<'a>(name: &str, value: Option<&'a PyObject>) -> PyResult<Option<&'a PyStr>> {
    match value.filter(|value| !value.is(none())) {
        None => Ok(None),
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => Ok(Some(text)),
            None => Err(type_error!(
                "{name} must be None or a string, not {}",
                value.type_().tp_name()
            )),
        },
    }
}

/// Prints the values to a stream, or to sys.stdout by default.
///
/// sep
///   string inserted between values, default a space.
/// end
///   string appended after the last value, default a newline.
/// file
///   a file-like object (stream); defaults to the current sys.stdout.
/// flush
///   whether to forcibly flush the stream.
#[pyfunction(signature = "(*args, sep=' ', end='\\n', file=None, flush=False)")]
pub fn print(
    args: Args<'_>,
    sep: OptionalArg<&PyObject>,
    end: OptionalArg<&PyObject>,
    file: Option<&PyObject>,
    flush: bool,
) -> PyResult<()> {
    let file = match file {
        Some(file) => file.to_obj(),
        None => match sys_attribute("stdout")? {
            None => return Err(runtime_error!("lost sys.stdout")),
            // A process without a standard output prints nowhere.
            Some(file) if file.is(none()) => return Ok(()),
            Some(file) => file,
        },
    };
    let sep = text_keyword("sep", sep.present())?;
    let end = text_keyword("end", end.present())?;
    let write = file.getattr(krait_runtime::intern!("write"))?;
    let space = PyStr::intern(" ")?;
    for (index, value) in args.iter().enumerate() {
        if index > 0 {
            write.call1(sep.unwrap_or(&space))?;
        }
        write.call1(&*value.str()?)?;
    }
    let newline = PyStr::intern("\n")?;
    write.call1(end.unwrap_or(&newline))?;
    if flush {
        file.call_method(krait_runtime::intern!("flush"), &[])?;
    }
    Ok(())
}

/// A standard stream for `input`; `RuntimeError` if the program lost it.
fn standard_stream(name: &str) -> PyResult<Obj> {
    match sys_attribute(name)? {
        Some(stream) if !stream.is(none()) => Ok(stream),
        _ => Err(runtime_error!("input(): lost sys.{name}")),
    }
}

/// Whether a stream is the terminal behind the descriptor.
fn is_terminal(stream: &PyObject, descriptor: i64) -> PyResult<bool> {
    let number = match stream.call_method(krait_runtime::intern!("fileno"), &[]) {
        Ok(number) => number,
        Err(error) => {
            error.clear();
            return Ok(false);
        }
    };
    Ok(number.int_value() == Some(descriptor) && krait_host::fd::isatty(descriptor as i32))
}

/// Flushes a stream as far as it can be.
fn flush(stream: &PyObject) {
    if let Err(error) = stream.call_method(krait_runtime::intern!("flush"), &[]) {
        error.clear();
    }
}

/// Read a string from standard input.  The trailing newline is stripped.
///
/// The prompt string, if given, is printed to standard output without a trailing newline before
/// reading input.
///
/// If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.
#[pyfunction(signature = "(prompt='', /)")]
pub fn input(prompt: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let stdin = standard_stream("stdin")?;
    let stdout = standard_stream("stdout")?;
    let stderr = standard_stream("stderr")?;
    flush(&stderr);
    if let Some(prompt) = prompt.present() {
        let text = prompt.str()?;
        stdout.call_method(krait_runtime::intern!("write"), &[&*text])?;
    }
    if is_terminal(&stdin, 0)? && is_terminal(&stdout, 1)? || prompt.present().is_some() {
        flush(&stdout);
    }
    let line = stdin.call_method(krait_runtime::intern!("readline"), &[])?;
    let Some(text) = line.downcast::<PyStr>() else {
        return Err(type_error!("object.readline() returned non-string"));
    };
    if text.is_empty() {
        return Err(PyErr::new(&exc::EOFError, "EOF when reading a line"));
    }
    let len = text.len();
    if text.char_at(len - 1) == u32::from(b'\n') {
        return Ok(PyStr::from_slice(text.as_slice().sub(0, len - 1))?.into_object());
    }
    Ok(line)
}

/// Call sys.breakpointhook(*args, **kws).
///
/// sys.breakpointhook() must accept whatever arguments are passed.
/// By default, this drops you into the pdb debugger.
#[pyfunction(signature = "(*args, **kws)")]
pub fn breakpoint(args: Args<'_>, kws: KwArgs<'_>) -> PyResult<Obj> {
    let Some(hook) = sys_attribute("breakpointhook")? else {
        return Err(runtime_error!("lost sys.breakpointhook"));
    };
    let positional: Vec<&PyObject> = args.iter().collect();
    let keywords = krait_runtime::PyDict::new()?;
    for (key, value) in kws.iter() {
        keywords.set_item(key, value)?;
    }
    hook.call_tuple(
        &*krait_runtime::PyTuple::from_refs(&positional)?,
        Some(&keywords),
    )
}
