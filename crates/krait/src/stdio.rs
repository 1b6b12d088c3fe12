//! `sys.stdin`, `sys.stdout`, `sys.stderr`, and `builtins.open`.

use krait_runtime::{Obj, PyClass, PyLong, PyObject, PyResult, PyStr, bool_object, none};

use crate::config::Config;
use crate::objects::{import, imported, sys_dict};

/// How a standard stream is made.
struct Stream<'a> {
    descriptor: i32,
    name: &'a str,
    output: bool,
    encoding: &'a str,
    errors: &'a str,
}

/// The codec's own name, whatever it was called.
fn codec_name(encoding: &str) -> PyResult<String> {
    let codec = import("codecs")?.call_method_str("lookup", &[&*PyStr::new(encoding)?])?;
    Ok(codec.getattr_str("name")?.str()?.to_string_lossy())
}

/// The encoding of streams that nothing else is said of.
fn locale_encoding(config: &Config) -> PyResult<String> {
    let codeset = krait_host::locale::codeset();
    if config.flags.utf8_mode > 0 || codeset.eq_ignore_ascii_case(b"UTF-8") {
        return Ok("utf-8".to_owned());
    }
    codec_name(&String::from_utf8_lossy(&codeset))
}

/// Makes the three streams.
pub(crate) fn initialize(config: &Config) -> PyResult<()> {
    let io = import("_io")?;
    if let Some(builtins) = imported("builtins")? {
        builtins.setattr_str("open", &*io.getattr_str("open")?)?;
    }
    let (encoding, errors) = &config.stdio_encoding;
    // With an encoding of its own, the stream is strict unless told otherwise.
    let default_errors = if encoding.is_some() {
        "strict"
    } else {
        config.stdio_errors
    };
    let encoding = match encoding {
        Some(encoding) => codec_name(encoding)?,
        None => locale_encoding(config)?,
    };
    let encoding = encoding.as_str();
    let errors = errors.as_deref().unwrap_or(default_errors);
    let sys = sys_dict()?;
    for (index, name) in ["stdin", "stdout", "stderr"].into_iter().enumerate() {
        let stream = create(
            config,
            &io,
            &Stream {
                descriptor: index as i32,
                name: &format!("<{name}>"),
                output: index > 0,
                encoding,
                errors: if index == 2 {
                    "backslashreplace"
                } else {
                    errors
                },
            },
        )?;
        sys.set(&format!("__{name}__"), &stream)?;
        sys.set(name, &stream)?;
    }
    Ok(())
}

/// A text stream over a descriptor; `None` if the descriptor is closed.
fn create(config: &Config, io: &PyObject, stream: &Stream<'_>) -> PyResult<Obj> {
    if krait_host::fd::get_inheritable(stream.descriptor).is_err() {
        return Ok(none().to_obj());
    }
    let unbuffered = config.unbuffered && stream.output;
    let mode = PyStr::new(if stream.output { "wb" } else { "rb" })?;
    let descriptor = PyLong::from_i64(stream.descriptor.into())?;
    let buffering = PyLong::from_i64(if unbuffered { 0 } else { -1 })?;
    let none = none();
    let open = io.getattr_str("open")?;
    let buffer = open.call(&[
        &descriptor,
        &mode,
        &buffering,
        none,
        none,
        none,
        bool_object(false),
    ])?;
    let raw = if unbuffered {
        buffer.clone()
    } else {
        buffer.getattr_str("raw")?
    };
    raw.setattr_str("name", &*PyStr::new(stream.name)?)?;
    let is_terminal = raw.call_method_str("isatty", &[])?.is_true()?;
    let line_buffering = !unbuffered && (is_terminal || stream.descriptor == 2);
    let wrapper = io.getattr_str("TextIOWrapper")?;
    let text = wrapper.call(&[
        &buffer,
        &*PyStr::new(stream.encoding)?,
        &*PyStr::new(stream.errors)?,
        &*PyStr::new("\n")?,
        bool_object(line_buffering),
        bool_object(unbuffered),
    ])?;
    text.setattr_str("mode", &*PyStr::new(if stream.output { "w" } else { "r" })?)?;
    Ok(text)
}

/// Flushes `sys.stdout` and `sys.stderr`; says whether that worked.
pub(crate) fn flush() -> bool {
    let mut good = true;
    for name in ["stdout", "stderr"] {
        let stream = sys_dict().and_then(|sys| sys.get(name));
        let Some(Some(stream)) = crate::objects::ignore(stream) else {
            continue;
        };
        if stream.is(none()) || is_closed(&stream) {
            continue;
        }
        if let Err(error) = stream.call_method_str("flush", &[]) {
            if name == "stdout" {
                error.write_unraisable(Some("Exception ignored while flushing sys.stdout"), None);
                good = false;
            } else {
                error.clear();
            }
            if name == "stderr" {
                good = false;
            }
        }
    }
    good
}

fn is_closed(stream: &PyObject) -> bool {
    let closed = stream
        .lookup_attr_str("closed")
        .and_then(|closed| match closed {
            Some(closed) => closed.is_true(),
            None => Ok(false),
        });
    crate::objects::ignore(closed).unwrap_or(false)
}

/// All that standard input has, as bytes.
pub(crate) fn read_stdin() -> PyResult<Vec<u8>> {
    let mut content = Vec::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read =
            krait_runtime::ThreadState::allow_threads(|| krait_host::fd::read(0, &mut block));
        match read {
            Ok(0) => return Ok(content),
            Ok(count) => content.extend_from_slice(&block[..count]),
            Err(krait_host::Errno::EINTR) => krait_runtime::hooks::check_signals()?,
            Err(error) => return Err(krait_runtime::err::os_error(error.0, None, None)),
        }
    }
}
