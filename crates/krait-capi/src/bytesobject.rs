//! `bytesobject.h` and `bytearrayobject.h`.

use std::cell::Cell;
use std::ffi::{c_char, c_int};

use krait_runtime::{
    Obj, Py, PyBytes, PyClass, PyObject, PyResult, bytearray::PyByteArray, type_error, value_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_FromStringAndSize(data: *const c_char, size: isize) -> Out {
    run(|| {
        if size < 0 {
            return Err(krait_runtime::system_error!(
                "Negative size passed to PyBytes_FromStringAndSize"
            ));
        }
        if data.is_null() && size > 0 {
            // C code fills the bytes in: never a shared object.
            return PyBytes::new_with(size as usize, |_| ());
        }
        // SAFETY: the caller's bytes.
        PyBytes::new(unsafe { bytes_of(data, size) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_FromString(text: Text) -> Out {
    run(|| PyBytes::new(text.bytes()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_FromObject(object: Arg) -> Out {
    run(|| {
        let object = some(object)?;
        if object.is_exact::<PyBytes>() {
            return Ok(object.to_obj());
        }
        krait_runtime::bytes::from_object(object).map(Py::into_object)
    })
}

fn expected_bytes(object: Arg<'_>) -> PyResult<&PyBytes> {
    let object = some(object)?;
    object
        .downcast::<PyBytes>()
        .ok_or_else(|| type_error!("expected bytes, {} found", object.type_().tp_name()))
}

/// The address of the bytes, which end with a NUL.
fn data_of(bytes: &PyBytes) -> *mut c_char {
    bytes.as_bytes().as_ptr().cast_mut().cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_Size(object: Arg) -> isize {
    run(|| Ok(expected_bytes(object)?.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_AsString(object: Arg) -> *mut c_char {
    run(|| Ok(data_of(expected_bytes(object)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_AsStringAndSize(
    object: Arg,
    data: Place<*mut c_char>,
    size: Place<isize>,
) -> c_int {
    run(|| {
        let bytes = expected_bytes(object)?;
        if size.is_none() && bytes.as_bytes().contains(&0) {
            return Err(value_error!("embedded null byte"));
        }
        put(data, data_of(bytes));
        put(size, bytes.len() as isize);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_Repr(object: Arg, _smart_quotes: c_int) -> Out {
    run(|| {
        krait_runtime::PyStr::new(&krait_runtime::bytes::repr_bytes(
            expected_bytes(object)?.as_bytes(),
        ))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_DecodeEscape(
    data: *const c_char,
    size: isize,
    errors: Text,
    _: isize,
    _: *const c_char,
) -> Out {
    run(|| {
        // SAFETY: the caller's bytes.
        let bytes = PyBytes::new(unsafe { bytes_of(data, size) })?;
        let decoded =
            krait_runtime::codecs::registry::decode_object(&bytes, "escape", errors.opt()?)?;
        Ok::<Obj, _>(decoded)
    })
}

/// Replaces what a C variable holds by what `make` gives of it; null after an error.
fn replace(place: Option<&Cell<Out>>, make: impl FnOnce(&PyObject) -> PyResult<Obj>) {
    let Some(place) = place else { return };
    let Some(old) = place.take() else { return };
    place.set(make(&old).ok());
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_Concat(place: Option<&Cell<Out>>, object: Arg) {
    replace(place, |left| concat(left, some(object)?));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_ConcatAndDel(place: Option<&Cell<Out>>, object: Out) {
    replace(place, |left| concat(left, some(object.as_deref())?));
}

fn concat(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
    let mut bytes = left.bytes_buffer()?.to_vec();
    bytes.extend(right.bytes_buffer()?.to_vec());
    PyBytes::new(&bytes).map(Py::into_object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyBytes_Resize(place: Option<&Cell<Out>>, size: isize) -> c_int {
    run(|| {
        let place = some(place)?;
        let old = place.take();
        let bytes = cast::<PyBytes>(old.as_deref())?;
        if size < 0 {
            return Err(bad_call());
        }
        let size = size as usize;
        let made = PyBytes::new_with(size, |to| {
            let kept = size.min(bytes.len());
            to[..kept].copy_from_slice(&bytes.as_bytes()[..kept]);
        })?;
        place.set(Some(made.into_object()));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_Join(separator: Arg, items: Arg) -> Out {
    run(|| some(separator)?.call_method_str("join", &[some(items)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyBytes_Join(separator: Arg, items: Arg) -> Out {
    run(|| some(separator)?.call_method_str("join", &[some(items)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_FromObject(object: Arg) -> Out {
    run(|| PyByteArray::type_object().as_object().call1(some(object)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_FromStringAndSize(data: *const c_char, size: isize) -> Out {
    run(|| {
        if size < 0 {
            return Err(krait_runtime::system_error!(
                "Negative size passed to PyByteArray_FromStringAndSize"
            ));
        }
        if data.is_null() {
            let array = PyByteArray::new(b"")?;
            array.resize(size as usize)?;
            return Ok(array);
        }
        // SAFETY: the caller's bytes.
        PyByteArray::new(unsafe { bytes_of(data, size) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_Concat(left: Arg, right: Arg) -> Out {
    run(|| {
        let mut bytes = some(left)?.bytes_buffer()?.to_vec();
        bytes.extend(some(right)?.bytes_buffer()?.to_vec());
        PyByteArray::new(&bytes)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_Size(object: Arg) -> isize {
    run(|| Ok(cast::<PyByteArray>(object)?.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_AsString(object: Arg) -> *mut c_char {
    run(|| {
        let array = cast::<PyByteArray>(object)?;
        Ok(if array.is_empty() {
            // Nobody writes to no bytes; C code only wants an address.
            c"".as_ptr().cast_mut()
        } else {
            array.as_cells().as_ptr().cast_mut().cast()
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyByteArray_Resize(object: Arg, size: isize) -> c_int {
    run(|| {
        let array = cast::<PyByteArray>(object)?;
        if size < 0 {
            return Err(value_error!(
                "Can only resize to positive sizes, got {size}"
            ));
        }
        array.resize(size as usize)
    })
}
