//! `unicodeobject.h`: strings.

use std::cell::Cell;
use std::ffi::{c_char, c_int};

use krait_runtime::codecs::{self, Encoding};
use krait_runtime::{
    CompareOp, Obj, Py, PyClass, PyLong, PyObject, PyResult, PyStr, PyTuple, index_error,
    system_error, type_error, value_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_New(size: isize, max_char: u32) -> Out {
    run(|| {
        let size = usize::try_from(size)
            .map_err(|_| system_error!("Negative size passed to PyUnicode_New"))?;
        if max_char > 0x10_FFFF {
            return Err(system_error!(
                "invalid maximum character passed to PyUnicode_New"
            ));
        }
        // SAFETY: the caller writes the characters.
        unsafe { PyStr::with_room(size, max_char) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromKindAndData(
    kind: c_int,
    data: *const std::ffi::c_void,
    size: isize,
) -> Out {
    run(|| {
        let size = usize::try_from(size).map_err(|_| value_error!("size must be positive"))?;
        // SAFETY: the caller's characters of that width.
        let codes: Vec<u32> = unsafe {
            match kind {
                1 => return PyStr::from_latin1(bytes_of(data.cast(), size as isize)),
                2 => (0..size)
                    .map(|index| u32::from(data.cast::<u16>().add(index).read_unaligned()))
                    .collect(),
                4 => (0..size)
                    .map(|index| data.cast::<u32>().add(index).read_unaligned())
                    .collect(),
                _ => return Err(system_error!("invalid kind")),
            }
        };
        PyStr::from_code_points(codes)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromStringAndSize(data: *const c_char, size: isize) -> Out {
    run(|| {
        if size < 0 {
            return Err(system_error!(
                "Negative size passed to PyUnicode_FromStringAndSize"
            ));
        }
        if data.is_null() && size > 0 {
            return Err(system_error!(
                "NULL string with positive size with NULL passed to PyUnicode_FromStringAndSize"
            ));
        }
        // SAFETY: the caller's bytes.
        utf8(unsafe { bytes_of(data, size) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromString(text: Text) -> Out {
    run(|| text.str())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_InternFromString(text: Text) -> Out {
    run(|| text.name())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_InternInPlace(place: Option<&Cell<Out>>) {
    let Some(place) = place else { return };
    let Some(old) = place.take() else { return };
    let interned = old
        .downcast_exact::<PyStr>()
        .map(|text| text.interned().into_object());
    place.set(Some(interned.unwrap_or(old)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_InternImmortal(place: Option<&Cell<Out>>) {
    // SAFETY: the same contract.
    unsafe { PyUnicode_InternInPlace(place) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromOrdinal(code: c_int) -> Out {
    run(|| match u32::try_from(code) {
        Ok(code) if code <= 0x10_FFFF => PyStr::from_char(code),
        _ => Err(value_error!("chr() arg not in range(0x110000)")),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromObject(object: Arg) -> Out {
    run(|| {
        let object = some(object)?;
        match object.downcast::<PyStr>() {
            Some(text) => text.exact(),
            None => Err(type_error!(
                "Can't convert '{}' object to str implicitly",
                object.type_name()
            )),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromEncodedObject(
    object: Arg,
    encoding: Text,
    errors: Text,
) -> Out {
    run(|| {
        let object = some(object)?;
        if object.downcast::<PyStr>().is_some() {
            return Err(type_error!("decoding str is not supported"));
        }
        if !object.has_buffer() {
            return Err(type_error!(
                "decoding to str: need a bytes-like object, {} found",
                object.type_name()
            ));
        }
        let bytes = object.bytes_buffer()?.to_vec();
        codecs::decode(&bytes, encoding.opt()?.unwrap_or("utf-8"), errors.opt()?)
    })
}

pub(crate) fn text(object: Arg<'_>) -> PyResult<&PyStr> {
    match some(object)?.downcast::<PyStr>() {
        Some(text) => Ok(text),
        None => Err(type_error!("bad argument type for built-in operation")),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_GetLength(object: Arg) -> isize {
    run(|| Ok(text(object)?.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_ReadChar(object: Arg, index: isize) -> u32 {
    let read = text(object).and_then(|text| match usize::try_from(index) {
        Ok(index) if index < text.len() => Ok(text.char_at(index)),
        _ => Err(index_error!("string index out of range")),
    });
    read.unwrap_or(u32::MAX)
}

/// Writes one character of a string that only its maker has seen.
///
/// # Safety
/// The index is within the string.
unsafe fn write_char(text: &PyStr, index: usize, code: u32) {
    // SAFETY: the caller's contract; the width says what a character is.
    unsafe {
        match text.kind() {
            1 => text.data_ptr().cast::<u8>().add(index).write(code as u8),
            2 => text.data_ptr().cast::<u16>().add(index).write(code as u16),
            _ => text.data_ptr().cast::<u32>().add(index).write(code),
        }
    }
}

/// Checks that a string may still be changed: nobody else has seen it.
fn check_modifiable(text: &PyStr) -> PyResult<()> {
    if !text.is_unique() || text.is_interned() || !text.is_exact::<PyStr>() {
        return Err(system_error!("Cannot modify a string currently used"));
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_WriteChar(object: Arg, index: isize, code: u32) -> c_int {
    run(|| {
        let text = text(object)?;
        let Some(index) = usize::try_from(index)
            .ok()
            .filter(|&index| index < text.len())
        else {
            return Err(index_error!("string index out of range"));
        };
        check_modifiable(text)?;
        let limit = match text.kind() {
            1 if text.is_ascii() => 0x7F,
            1 => 0xFF,
            2 => 0xFFFF,
            _ => 0x10_FFFF,
        };
        if code > limit {
            return Err(value_error!("character out of range"));
        }
        // SAFETY: checked above.
        unsafe { write_char(text, index, code) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Fill(
    object: Arg,
    start: isize,
    length: isize,
    code: u32,
) -> isize {
    run(|| {
        let text = text(object)?;
        check_modifiable(text)?;
        let start =
            usize::try_from(start).map_err(|_| index_error!("string index out of range"))?;
        let end = start.saturating_add(length.max(0) as usize).min(text.len());
        for index in start..end {
            // SAFETY: the index is within the string.
            unsafe { write_char(text, index, code) };
        }
        Ok(end.saturating_sub(start))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_CopyCharacters(
    to: Arg,
    to_start: isize,
    from: Arg,
    from_start: isize,
    count: isize,
) -> isize {
    run(|| {
        let (to, from) = (text(to)?, text(from)?);
        let range = |value: isize| {
            usize::try_from(value).map_err(|_| index_error!("string index out of range"))
        };
        let (to_start, from_start) = (range(to_start)?, range(from_start)?);
        if to_start > to.len() || from_start > from.len() {
            return Err(index_error!("string index out of range"));
        }
        let count = (count.max(0) as usize).min(from.len() - from_start);
        if count > to.len() - to_start {
            return Err(system_error!(
                "Cannot write {count} characters at {to_start} in a string of {} characters",
                to.len()
            ));
        }
        if count == 0 {
            return Ok(0);
        }
        check_modifiable(to)?;
        if from.max_bound() > to.max_bound() {
            return Err(system_error!(
                "Cannot copy characters into a narrower string"
            ));
        }
        for offset in 0..count {
            // SAFETY: both indices are within their strings.
            unsafe { write_char(to, to_start + offset, from.char_at(from_start + offset)) };
        }
        Ok(count)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Resize(place: Option<&Cell<Out>>, size: isize) -> c_int {
    run(|| {
        let place = some(place)?;
        let old = place.take();
        let text = text(old.as_deref())?;
        let size = usize::try_from(size).map_err(|_| bad_call())?;
        // SAFETY: what was there is copied, and the caller writes the rest.
        let made = unsafe {
            let made = PyStr::with_room(size, text.max_bound())?;
            for index in 0..size.min(text.len()) {
                write_char(&made, index, text.char_at(index));
            }
            made
        };
        place.set(Some(made.into_object()));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Substring(object: Arg, start: isize, end: isize) -> Out {
    run(|| {
        if start < 0 || end < 0 {
            return Err(index_error!("string index out of range"));
        }
        let text = text(object)?;
        let end = (end as usize).min(text.len());
        text.substring((start as usize).min(end), end)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUCS4(
    object: Arg,
    buffer: *mut u32,
    size: isize,
    copy_null: c_int,
) -> *mut u32 {
    run(|| {
        let text = text(object)?;
        let needed = text.len() + usize::from(copy_null != 0);
        if buffer.is_null() || (size.max(0) as usize) < needed {
            return Err(system_error!("string is longer than the buffer"));
        }
        // SAFETY: the buffer has room for the characters and the zero.
        unsafe { copy_ucs4(text, buffer, copy_null != 0) };
        Ok(buffer)
    })
}

/// # Safety
/// The buffer has room for the characters, and the zero.
unsafe fn copy_ucs4(text: &PyStr, buffer: *mut u32, with_zero: bool) {
    for (index, code) in text.as_slice().iter().enumerate() {
        // SAFETY: the caller's contract.
        unsafe { buffer.add(index).write(code) };
    }
    if with_zero {
        // SAFETY: as above.
        unsafe { buffer.add(text.len()).write(0) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUCS4Copy(object: Arg) -> *mut u32 {
    run(|| {
        let text = text(object)?;
        let buffer = krait_runtime::alloc::allocate((text.len() + 1) * 4).cast::<u32>();
        if buffer.is_null() {
            return Err(krait_runtime::err::no_memory());
        }
        // SAFETY: allocated with that room.
        unsafe { copy_ucs4(text, buffer, true) };
        Ok(buffer)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUTF8(object: Arg) -> *const c_char {
    run(|| Ok(text(object)?.as_utf8()?.as_ptr().cast::<c_char>()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUTF8AndSize(object: Arg, size: Place<isize>) -> *const c_char {
    run(|| {
        let utf8 = text(object)
            .and_then(PyStr::as_utf8)
            .inspect_err(|_| put(size, -1))?;
        put(size, utf8.len() as isize);
        Ok(utf8.as_ptr().cast::<c_char>())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_AsUTF8String(object: Arg, errors: Text) -> Out {
    run(|| Encoding::Utf8.encode(text(object)?, errors.opt()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Concat(left: Arg, right: Arg) -> Out {
    run(|| text(left)?.concat(text(right)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Append(place: Option<&Cell<Out>>, right: Arg) {
    let Some(place) = place else { return };
    let Some(left) = place.take() else { return };
    place.set(
        text(right)
            .and_then(|right| krait_runtime::str::append_in_place(left, right))
            .ok(),
    );
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AppendAndDel(place: Option<&Cell<Out>>, right: Out) {
    // SAFETY: the same contract; the reference is dropped here.
    unsafe { PyUnicode_Append(place, right.as_deref()) }
}

/// Calls a method of `str`.
fn method(object: Arg, name: &'static str, args: &[&PyObject]) -> PyResult<Obj> {
    text(object)?.as_object().call_method_str(name, args)
}

fn number(value: isize) -> PyResult<Py<PyLong>> {
    PyLong::from_i64(value as i64)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Split(object: Arg, separator: Arg, max: isize) -> Out {
    run(|| {
        method(
            object,
            "split",
            &[separator.unwrap_or(krait_runtime::none()), &*number(max)?],
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_RSplit(object: Arg, separator: Arg, max: isize) -> Out {
    run(|| {
        method(
            object,
            "rsplit",
            &[separator.unwrap_or(krait_runtime::none()), &*number(max)?],
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Splitlines(object: Arg, keep_ends: c_int) -> Out {
    run(|| {
        method(
            object,
            "splitlines",
            &[krait_runtime::bool_object(keep_ends != 0)],
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Partition(object: Arg, separator: Arg) -> Out {
    run(|| method(object, "partition", &[text(separator)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_RPartition(object: Arg, separator: Arg) -> Out {
    run(|| method(object, "rpartition", &[text(separator)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Join(separator: Arg, items: Arg) -> Out {
    run(|| {
        let empty = PyStr::new("")?;
        let separator = separator.unwrap_or(&empty);
        method(Some(separator), "join", &[some(items)?])
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Replace(object: Arg, old: Arg, new: Arg, max: isize) -> Out {
    run(|| method(object, "replace", &[text(old)?, text(new)?, &*number(max)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Translate(object: Arg, table: Arg, _errors: Text) -> Out {
    run(|| method(object, "translate", &[some(table)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Format(format: Arg, args: Arg) -> Out {
    run(|| {
        krait_runtime::abstract_::binary_op(
            text(format)?,
            some(args)?,
            krait_runtime::BinaryOp::Remainder,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Count(
    object: Arg,
    part: Arg,
    start: isize,
    end: isize,
) -> isize {
    run(|| {
        let count = method(
            object,
            "count",
            &[text(part)?, &*number(start)?, &*number(end)?],
        )?;
        count.as_isize(None)
    })
}

/// `find` or `rfind`: -1 for none, -2 for an error.
fn find(object: Arg, part: &PyStr, start: isize, end: isize, direction: c_int) -> isize {
    let name = if direction > 0 { "find" } else { "rfind" };
    let found = number(start)
        .and_then(|start| method(object, name, &[part, &*start, &*number(end)?])?.as_isize(None));
    found.unwrap_or(-2)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Find(
    object: Arg,
    part: Arg,
    start: isize,
    end: isize,
    direction: c_int,
) -> isize {
    match text(part) {
        Ok(part) => find(object, part, start, end, direction),
        Err(_) => -2,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FindChar(
    object: Arg,
    code: u32,
    start: isize,
    end: isize,
    direction: c_int,
) -> isize {
    match PyStr::from_char(code) {
        Ok(part) => find(object, &part, start, end, direction),
        Err(_) => -2,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Tailmatch(
    object: Arg,
    part: Arg,
    start: isize,
    end: isize,
    direction: c_int,
) -> isize {
    run(|| {
        let name = if direction > 0 {
            "endswith"
        } else {
            "startswith"
        };
        let found = method(
            object,
            name,
            &[text(part)?, &*number(start)?, &*number(end)?],
        )?;
        Ok(isize::from(found.is_true()?))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Contains(object: Arg, part: Arg) -> c_int {
    run(|| text(object)?.as_object().contains(text(part)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Compare(left: Arg, right: Arg) -> c_int {
    match (text(left), text(right)) {
        (Ok(left), Ok(right)) => left.as_slice().iter().cmp(right.as_slice().iter()) as c_int,
        _ => -1,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_CompareWithASCIIString(left: &PyObject, right: Text) -> c_int {
    let Some(left) = left.downcast::<PyStr>() else {
        return -1;
    };
    let right = right
        .get()
        .map(std::ffi::CStr::to_bytes)
        .unwrap_or_default();
    left.as_slice()
        .iter()
        .cmp(right.iter().map(|&byte| u32::from(byte))) as c_int
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_EqualToASCIIString(left: &PyObject, right: Text) -> c_int {
    let same = left
        .downcast::<PyStr>()
        .is_some_and(|left| left.is_text(&right.lossy()));
    c_int::from(same)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_Equal(left: Arg, right: Arg) -> c_int {
    run(|| {
        let check = |object: &PyObject, position: &str| {
            type_error!(
                "{position} argument must be str, not {}",
                object.type_().tp_name()
            )
        };
        let (left, right) = (some(left)?, some(right)?);
        let first = left
            .downcast::<PyStr>()
            .ok_or_else(|| check(left, "first"))?;
        let second = right
            .downcast::<PyStr>()
            .ok_or_else(|| check(right, "second"))?;
        Ok(first.same_text(second))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_EQ(left: &PyStr, right: &PyStr) -> c_int {
    c_int::from(left.same_text(right))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_Equal(left: &PyStr, right: &PyStr) -> c_int {
    c_int::from(left.same_text(right))
}

fn equals_utf8(object: Arg, bytes: &[u8]) -> c_int {
    let Some(text) = object.and_then(PyObject::downcast::<PyStr>) else {
        return 0;
    };
    c_int::from(std::str::from_utf8(bytes).is_ok_and(|bytes| text.is_text(bytes)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_EqualToUTF8(object: Arg, other: Text) -> c_int {
    equals_utf8(
        object,
        other
            .get()
            .map(std::ffi::CStr::to_bytes)
            .unwrap_or_default(),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_EqualToUTF8AndSize(
    object: Arg,
    data: *const c_char,
    size: isize,
) -> c_int {
    // SAFETY: the caller's bytes.
    equals_utf8(object, unsafe { bytes_of(data, size) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_RichCompare(left: Arg, right: Arg, op: c_int) -> Out {
    run(|| {
        let op = CompareOp::from_raw(op).ok_or_else(bad_call)?;
        let (left, right) = (some(left)?, some(right)?);
        if left.downcast::<PyStr>().is_none() || right.downcast::<PyStr>().is_none() {
            return Ok(krait_runtime::not_implemented().to_obj());
        }
        left.rich_compare(right, op)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_IsIdentifier(object: Arg) -> c_int {
    run(|| Ok(text(object)?.is_identifier()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_GetDefaultEncoding() -> *const c_char {
    c"utf-8".as_ptr()
}

/// `wchar_t` is as wide as a code point on the systems that we run on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromWideChar(data: *const u32, size: isize) -> Out {
    run(|| {
        if data.is_null() {
            return if size == 0 {
                PyStr::new("")
            } else {
                Err(bad_call())
            };
        }
        let mut codes = Vec::new();
        let mut index = 0;
        // SAFETY: the caller's characters: `size` of them, or up to a zero.
        unsafe {
            while if size < 0 {
                data.add(index).read() != 0
            } else {
                index < size as usize
            } {
                codes.push(data.add(index).read());
                index += 1;
            }
        }
        PyStr::from_code_points(codes)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsWideChar(object: Arg, data: *mut u32, size: isize) -> isize {
    run(|| {
        let text = text(object)?;
        if data.is_null() {
            return Ok(text.len() + 1);
        }
        let room = size.max(0) as usize;
        let count = text.len().min(room);
        for index in 0..count {
            // SAFETY: the caller's buffer has `size` characters.
            unsafe { data.add(index).write(text.char_at(index)) };
        }
        if count < room {
            // SAFETY: as above.
            unsafe { data.add(count).write(0) };
        }
        Ok(count)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsWideCharString(object: Arg, size: Place<isize>) -> *mut u32 {
    run(|| {
        let text = text(object)?;
        if size.is_none() && text.as_slice().iter().any(|code| code == 0) {
            return Err(value_error!("embedded null character"));
        }
        let buffer = krait_runtime::alloc::allocate((text.len() + 1) * 4).cast::<u32>();
        if buffer.is_null() {
            return Err(krait_runtime::err::no_memory());
        }
        // SAFETY: allocated with that room.
        unsafe { copy_ucs4(text, buffer, true) };
        put(size, text.len() as isize);
        Ok(buffer)
    })
}

/// Whether the string is one that the interpreter may share; for C's assertions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_CheckConsistency(_object: Arg, _content: c_int) -> c_int {
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_Ready(_object: Arg) -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_JoinArray(
    separator: Arg,
    items: *const Ptr,
    count: isize,
) -> Out {
    // SAFETY: the caller's objects.
    let items = unsafe { objects_of(items, count.max(0) as usize) };
    run(|| {
        let items = PyTuple::from_refs(items)?;
        let empty = PyStr::new("")?;
        method(Some(separator.unwrap_or(&empty)), "join", &[&*items])
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_FindMaxChar(object: Arg, start: isize, end: isize) -> u32 {
    let Ok(text) = text(object) else { return 0x7F };
    let codes = text
        .as_slice()
        .iter()
        .skip(start.max(0) as usize)
        .take((end - start).max(0) as usize);
    match codes.max().unwrap_or(0) {
        0..=0x7F => 0x7F,
        0x80..=0xFF => 0xFF,
        0x100..=0xFFFF => 0xFFFF,
        _ => 0x10_FFFF,
    }
}
