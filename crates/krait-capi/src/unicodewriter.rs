//! `PyUnicodeWriter` of `cpython/unicodeobject.h`: a string under construction.

use std::cell::RefCell;
use std::ffi::{c_char, c_int};

use krait_runtime::{PyObject, PyResult, PyStr, StrBuilder, value_error};

use crate::glue::*;

/// What a `PyUnicodeWriter *` points at.
pub struct Writer(RefCell<StrBuilder>);

impl Writer {
    fn push(&self, text: &PyStr) {
        self.0.borrow_mut().push_py(text);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_Create(length: isize) -> *mut Writer {
    if length < 0 {
        let _error = value_error!("length must be positive");
        return std::ptr::null_mut();
    }
    Box::into_raw(Box::new(Writer(RefCell::new(StrBuilder::new()))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_Discard(writer: *mut Writer) {
    if !writer.is_null() {
        // SAFETY: made by `PyUnicodeWriter_Create`, and given back once.
        drop(unsafe { Box::from_raw(writer) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_Finish(writer: *mut Writer) -> Out {
    // SAFETY: as above.
    let writer = unsafe { Box::from_raw(writer) };
    run(|| writer.0.into_inner().finish())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteChar(writer: &Writer, code: u32) -> c_int {
    run(|| {
        if code > 0x10_FFFF {
            return Err(value_error!("character must be in range(0x110000)"));
        }
        writer.0.borrow_mut().push(code);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteUTF8(
    writer: &Writer,
    data: *const c_char,
    size: isize,
) -> c_int {
    run(|| {
        // SAFETY: the caller's bytes, or its C string.
        let text = unsafe {
            if size < 0 {
                Text::new(data).str()?
            } else {
                utf8(bytes_of(data, size))?
            }
        };
        writer.push(&text);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteASCII(
    writer: &Writer,
    data: *const c_char,
    size: isize,
) -> c_int {
    // SAFETY: the same contract: ASCII is UTF-8.
    unsafe { PyUnicodeWriter_WriteUTF8(writer, data, size) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteUCS4(
    writer: &Writer,
    data: *const u32,
    size: isize,
) -> c_int {
    run(|| {
        let size = usize::try_from(size).map_err(|_| value_error!("size must be positive"))?;
        for index in 0..size {
            // SAFETY: the caller's characters.
            writer
                .0
                .borrow_mut()
                .push(unsafe { data.add(index).read() }.min(0x10_FFFF));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteWideChar(
    writer: &Writer,
    data: *const u32,
    size: isize,
) -> c_int {
    run(|| {
        // SAFETY: the caller's characters.
        let text = unsafe { crate::unicodeobject::PyUnicode_FromWideChar(data, size) };
        writer.push(cast(text.as_deref())?);
        Ok(())
    })
}

fn write_text(writer: &Writer, text: PyResult<krait_runtime::Py<PyStr>>) -> PyResult<()> {
    writer.push(&*text?);
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteStr(writer: &Writer, object: Arg) -> c_int {
    run(|| write_text(writer, some(object)?.str()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteRepr(writer: &Writer, object: Arg) -> c_int {
    run(|| {
        write_text(
            writer,
            object.map_or_else(|| PyStr::new("<NULL>"), PyObject::repr),
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_WriteSubstring(
    writer: &Writer,
    text: Arg,
    start: isize,
    end: isize,
) -> c_int {
    run(|| {
        let text = cast::<PyStr>(text)?;
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) if start <= end && end <= text.len() => {
                write_text(writer, text.substring(start, end))
            }
            _ => Err(value_error!("start and end must be within the string")),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicodeWriter_DecodeUTF8Stateful(
    writer: &Writer,
    data: *const c_char,
    size: isize,
    errors: Text,
    consumed: Place<isize>,
) -> c_int {
    run(|| {
        // SAFETY: the caller's bytes, or its C string.
        let bytes = unsafe {
            if size < 0 {
                Text::new(data).bytes()?
            } else {
                bytes_of(data, size)
            }
        };
        let decoded = krait_runtime::codecs::Encoding::Utf8.decode(
            bytes,
            errors.opt()?,
            consumed.is_none(),
        )?;
        put(consumed, decoded.consumed as isize);
        writer.push(&decoded.text);
        Ok(())
    })
}
