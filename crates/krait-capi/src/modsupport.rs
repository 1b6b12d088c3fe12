//! `modsupport.h`: what the variadic functions of `variadic/` need beside the API itself.
//!
//! The functions named `krait_*` are for these files alone.

use std::cell::RefCell;
use std::ffi::{c_char, c_int};

use krait_runtime::{
    Obj, Py, PyClass, PyDict, PyObject, PyResult, PyStr, PyType, StrBuilder, type_error,
};

use crate::glue::*;

/// Writes a class's `tp_name`, of an object or of the class itself, into a C buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_type_name(
    object: &PyObject,
    is_type: c_int,
    out: *mut c_char,
    size: usize,
) {
    let class = if is_type != 0 {
        object.downcast::<PyType>()
    } else {
        None
    };
    let name = class.unwrap_or(object.type_()).tp_name();
    let length = name.len().min(size.saturating_sub(1));
    // SAFETY: the caller's buffer has `size` bytes.
    unsafe {
        out.cast::<u8>()
            .copy_from_nonoverlapping(name.as_ptr(), length);
        out.add(length).write(0);
    }
}

/// Whether a buffer of the object must be given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_needs_release(object: &PyObject) -> c_int {
    // SAFETY: a suite lives as long as its class.
    let suite = unsafe { object.type_().raw().tp_as_buffer.get().as_ref() };
    c_int::from(suite.is_some_and(|suite| suite.bf_releasebuffer.get().is_some()))
}

/// A text that `PyUnicode_FromFormat` makes; the first error ends it.
pub struct FormattedText {
    parts: RefCell<StrBuilder>,
    failed: std::cell::Cell<bool>,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_text_new() -> *mut FormattedText {
    Box::into_raw(Box::new(FormattedText {
        parts: RefCell::new(StrBuilder::new()),
        failed: std::cell::Cell::new(false),
    }))
}

impl FormattedText {
    /// Adds a part with the spaces that its width asks for.
    fn push(&self, part: PyResult<Py<PyStr>>, width: isize, left: bool) {
        if self.failed.get() {
            if let Err(error) = part {
                drop(error);
            }
            return;
        }
        let Ok(part) = part else {
            self.failed.set(true);
            return;
        };
        let mut parts = self.parts.borrow_mut();
        let padding = (width.max(0) as usize).saturating_sub(part.len());
        if !left {
            parts.push_repeated(u32::from(' '), padding);
        }
        parts.push_py(&part);
        if left {
            parts.push_repeated(u32::from(' '), padding);
        }
    }
}

/// Adds bytes in UTF-8; what is none is replaced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_text_push(
    text: &FormattedText,
    data: *const c_char,
    size: isize,
    width: isize,
    left: c_int,
) {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(data, size) };
    let part = match std::str::from_utf8(bytes) {
        Ok(part) => PyStr::new(part),
        Err(_) => krait_runtime::codecs::decode(bytes, "utf-8", Some("replace")),
    };
    text.push(part, width, left != 0);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_text_push_code(text: &FormattedText, code: u32) {
    let part = if code <= 0x10_FFFF {
        PyStr::from_char(code)
    } else {
        Err(krait_runtime::overflow_error!(
            "character argument not in range(0x110000)"
        ))
    };
    text.push(part, -1, false);
}

/// A class's name with its module.
fn full_name(class: &PyType, colon: bool) -> PyResult<Py<PyStr>> {
    if !colon {
        return PyStr::new(&class.qualified_name()?);
    }
    let module = class.as_object().getattr_str("__module__")?;
    let name = class
        .as_object()
        .getattr_str("__qualname__")?
        .str()?
        .to_string_lossy();
    match module.downcast::<PyStr>().map(PyStr::to_string_lossy) {
        Some(module) if module != "builtins" && module != "__main__" => {
            PyStr::new(&format!("{module}:{name}"))
        }
        _ => PyStr::new(&name),
    }
}

/// Adds an object: by `str`, `repr`, `ascii`, or its class's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_text_push_object(
    text: &FormattedText,
    object: Arg,
    how: c_int,
    width: isize,
    precision: isize,
    left: c_int,
) {
    let make = || -> PyResult<Py<PyStr>> {
        let object = some(object)?;
        let made = match how as u8 {
            b'R' => object.repr()?,
            b'A' => object.ascii()?,
            b'T' => full_name(object.type_(), false)?,
            b't' => full_name(object.type_(), true)?,
            how @ (b'N' | b'n') => match object.downcast::<PyType>() {
                Some(class) => full_name(class, how == b'n')?,
                None => return Err(type_error!("%N argument must be a type")),
            },
            _ => object.str()?,
        };
        match usize::try_from(precision) {
            Ok(precision) if precision < made.len() => made.substring(0, precision),
            _ => Ok(made),
        }
    };
    if !text.failed.get() {
        text.push(make(), width, left != 0);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_text_finish(text: *mut FormattedText) -> Out {
    // SAFETY: made by `krait_text_new`, and given back once.
    let text = unsafe { Box::from_raw(text) };
    if text.failed.get() {
        return None;
    }
    run(|| text.parts.into_inner().finish())
}

/// Reports the exception that is set, with a message of the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_write_unraisable(message: Arg, object: Arg) {
    let Some(error) = krait_runtime::PyErr::occurred() else {
        return;
    };
    let message = message
        .and_then(PyObject::downcast::<PyStr>)
        .map(PyStr::to_string_lossy);
    error.write_unraisable(message.as_deref(), object);
}

/// Writes to `sys.stdout` or `sys.stderr`; errors are left to the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_write_std(is_error: c_int, text: &PyObject) {
    let stream = crate::longobject::sys_attribute(if is_error != 0 { "stderr" } else { "stdout" });
    let _written: PyResult<Obj> =
        stream.and_then(|stream| stream.call_method_str("write", &[text]));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyArg_ValidateKeywordArguments(kwargs: Arg) -> c_int {
    let checked = cast::<PyDict>(kwargs).and_then(|kwargs| {
        let all = kwargs
            .keys_vec()
            .iter()
            .all(|key| key.downcast::<PyStr>().is_some());
        if all {
            Ok(())
        } else {
            Err(type_error!("keywords must be strings"))
        }
    });
    c_int::from(checked.is_ok())
}
