//! `longobject.h` and `boolobject.h`.

use std::ffi::{c_char, c_double, c_int, c_long, c_longlong, c_ulong, c_ulonglong, c_void};

use krait_runtime::{
    Obj, Py, PyClass, PyErr, PyFloat, PyLong, PyObject, PyResult, PyStr, bool_object,
    overflow_error, type_error, value_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBool_FromLong(value: c_long) -> Out {
    Some(bool_object(value != 0).to_obj())
}

macro_rules! from_integers {
    ($($name:ident($type:ty) $make:ident as $wide:ty;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(value: $type) -> Out {
            run(|| PyLong::$make(value as $wide))
        }
    )+ };
}

from_integers! {
    PyLong_FromLong(c_long) from_i64 as i64;
    PyLong_FromLongLong(c_longlong) from_i64 as i64;
    PyLong_FromSsize_t(isize) from_i64 as i64;
    PyLong_FromInt32(i32) from_i64 as i64;
    PyLong_FromInt64(i64) from_i64 as i64;
    PyLong_FromUnsignedLong(c_ulong) from_u64 as u64;
    PyLong_FromUnsignedLongLong(c_ulonglong) from_u64 as u64;
    PyLong_FromSize_t(usize) from_u64 as u64;
    PyLong_FromUInt32(u32) from_u64 as u64;
    PyLong_FromUInt64(u64) from_u64 as u64;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromVoidPtr(pointer: *mut c_void) -> Out {
    run(|| PyLong::from_u64(pointer.expose_provenance() as u64))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromDouble(value: c_double) -> Out {
    run(|| PyLong::from_object(&*PyFloat::new(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromUnicodeObject(text: Arg, base: c_int) -> Out {
    run(|| from_text(cast(text)?, base))
}

fn from_text(text: &PyStr, base: c_int) -> PyResult<Py<PyLong>> {
    match u32::try_from(base) {
        Ok(base) if base == 0 || (2..=36).contains(&base) => PyLong::from_str(text, base),
        _ => Err(value_error!("int() arg 2 must be >= 2 and <= 36")),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromString(
    text: Text,
    end: Place<*mut c_char>,
    base: c_int,
) -> Out {
    run(|| {
        let bytes = text.bytes()?;
        // With a place for the end, the longest number in front counts, else all of the text.
        let made = from_text(&*text.str()?, base);
        if end.is_none() || made.is_ok() {
            put(end, text.0.wrapping_add(bytes.len()).cast_mut());
            return made;
        }
        for length in (1..bytes.len()).rev() {
            if let Err(error) = &made
                && !error.matches(&krait_runtime::exc::ValueError)
            {
                break;
            }
            let Ok(prefix) = std::str::from_utf8(&bytes[..length]) else {
                continue;
            };
            let attempt = from_text(&*PyStr::new(prefix)?, base);
            match attempt {
                Ok(number) => {
                    put(end, text.0.wrapping_add(length).cast_mut());
                    return Ok(number);
                }
                Err(error) if length > 1 => error.clear(),
                Err(error) => {
                    put(end, text.0.cast_mut());
                    return Err(error);
                }
            }
        }
        put(end, text.0.cast_mut());
        made
    })
}

/// The int behind an argument: an int itself or what `__index__` gives.
fn index(object: Arg) -> PyResult<Py<PyLong>> {
    some(object)?.index()
}

/// An argument that must be an int already.
fn int(object: Arg<'_>) -> PyResult<&PyLong> {
    some(object)?
        .downcast::<PyLong>()
        .ok_or_else(|| type_error!("an integer is required"))
}

#[cold]
fn too_large(c_type: &str) -> PyErr {
    overflow_error!("Python int too large to convert to C {c_type}")
}

#[cold]
fn too_big() -> PyErr {
    overflow_error!("int too big to convert")
}

fn signed(object: Arg, c_type: &str) -> PyResult<i64> {
    index(object)?.to_i64().ok_or_else(|| too_large(c_type))
}

fn unsigned(object: Arg, negative_to: &str, c_type: &str) -> PyResult<u64> {
    let number = int(object)?;
    if number.is_negative() {
        return Err(overflow_error!(
            "can't convert negative value to {negative_to}"
        ));
    }
    number.to_u64().ok_or_else(|| too_large(c_type))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsLong(object: Arg) -> c_long {
    signed(object, "long").unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsLongLong(object: Arg) -> c_longlong {
    index(object)
        .and_then(|number| number.to_i64().ok_or_else(too_big))
        .unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsInt(object: Arg) -> c_int {
    signed(object, "int")
        .and_then(|value| c_int::try_from(value).map_err(|_| too_large("int")))
        .unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsSsize_t(object: Arg) -> isize {
    int(object)
        .and_then(|number| number.to_i64().ok_or_else(|| too_large("ssize_t")))
        .map_or(-1, |value| value as isize)
}

fn and_overflow(object: Arg, overflow: Place<c_int>) -> i64 {
    put(overflow, 0);
    match index(object) {
        Err(_) => -1,
        Ok(number) => number.to_i64().unwrap_or_else(|| {
            put(overflow, if number.is_negative() { -1 } else { 1 });
            -1
        }),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsLongAndOverflow(object: Arg, overflow: Place<c_int>) -> c_long {
    and_overflow(object, overflow)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsLongLongAndOverflow(
    object: Arg,
    overflow: Place<c_int>,
) -> c_longlong {
    and_overflow(object, overflow)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsUnsignedLong(object: Arg) -> c_ulong {
    unsigned(object, "unsigned int", "unsigned long").unwrap_or(c_ulong::MAX)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsUnsignedLongLong(object: Arg) -> c_ulonglong {
    let converted = int(object).and_then(|number| {
        if number.is_negative() {
            return Err(overflow_error!("can't convert negative int to unsigned"));
        }
        number.to_u64().ok_or_else(too_big)
    });
    converted.unwrap_or(c_ulonglong::MAX)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsSize_t(object: Arg) -> usize {
    unsigned(object, "size_t", "size_t").map_or(usize::MAX, |value| value as usize)
}

/// The lowest 64 bits in two's complement.
fn low_bits(number: &PyLong) -> u64 {
    let mut bits = 0u64;
    for (place, &digit) in number.digits().iter().enumerate() {
        let shift = place * krait_abi::PyLong_SHIFT as usize;
        if shift >= 64 {
            break;
        }
        bits |= u64::from(digit) << shift;
    }
    if number.is_negative() {
        bits.wrapping_neg()
    } else {
        bits
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsUnsignedLongMask(object: Arg) -> c_ulong {
    index(object).map_or(c_ulong::MAX, |number| low_bits(&number))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsUnsignedLongLongMask(object: Arg) -> c_ulonglong {
    index(object).map_or(c_ulonglong::MAX, |number| low_bits(&number))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsVoidPtr(object: Arg) -> *mut c_void {
    run(|| {
        let number = int(object)?;
        let bits = match number.to_i64() {
            Some(value) => value as u64,
            None => number.to_u64().ok_or_else(|| too_large("long"))?,
        };
        Ok(std::ptr::with_exposed_provenance_mut(bits as usize))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsDouble(object: Arg) -> c_double {
    run(|| int(object)?.to_f64())
}

macro_rules! checked_conversions {
    ($($name:ident $type:ty, $what:literal;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(object: Arg, value: Place<$type>) -> c_int {
            run(|| {
                let number = index(object)?;
                let wide = match (number.to_i64(), number.to_u64()) {
                    (Some(wide), _) => i128::from(wide),
                    (None, Some(wide)) => i128::from(wide),
                    _ => i128::MAX,
                };
                if <$type>::MIN == 0 && number.is_negative() {
                    return Err(value_error!("Cannot convert negative int"));
                }
                let narrow = <$type>::try_from(wide)
                    .map_err(|_| overflow_error!(concat!("Python int too large to convert to C ", $what)))?;
                put(value, narrow);
                Ok(())
            })
        }
    )+ };
}

checked_conversions! {
    PyLong_AsInt32 i32, "int32_t";
    PyLong_AsInt64 i64, "int64_t";
    PyLong_AsUInt32 u32, "uint32_t";
    PyLong_AsUInt64 u64, "uint64_t";
}

/// The number in two's complement, little endian, with at least one sign bit.
fn twos_complement(number: &PyLong) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut window, mut bits) = (0u64, 0);
    for &digit in number.digits() {
        window |= u64::from(digit) << bits;
        bits += krait_abi::PyLong_SHIFT as u32;
        while bits >= 8 {
            bytes.push(window as u8);
            window >>= 8;
            bits -= 8;
        }
    }
    bytes.push(window as u8);
    bytes.push(0);
    if number.is_negative() {
        let mut carry = true;
        for byte in &mut bytes {
            let (flipped, overflows) = (!*byte).overflowing_add(u8::from(carry));
            *byte = flipped;
            carry = overflows;
        }
    }
    // No more sign bytes than one bit needs.
    while bytes.len() > 1 {
        let (last, before) = (bytes[bytes.len() - 1], bytes[bytes.len() - 2]);
        if (last == 0 && before < 0x80) || (last == 0xff && before >= 0x80) {
            bytes.pop();
        } else {
            break;
        }
    }
    bytes
}

/// How many bytes `PyLong_AsNativeBytes` says that the number needs, which may be more than it does:
/// a small number is taken for a machine word unless the buffer is smaller and holds it.
fn needed_bytes(number: &PyLong, bytes: &[u8], room: usize, is_unsigned: bool) -> usize {
    const WORD: usize = size_of::<isize>();
    if number.is_compact() {
        let as_unsigned = is_unsigned && bytes[bytes.len() - 1] == 0 && bytes.len() == room + 1;
        return if room > 0 && room <= WORD && (bytes.len() <= room || as_unsigned) {
            room
        } else {
            WORD
        };
    }
    // One bit more than the magnitude has, rounded up to whole bytes.
    let top = number
        .digits()
        .last()
        .map_or(0, |digit| 32 - digit.leading_zeros()) as usize;
    let bits = (number.digits().len() - 1) * krait_abi::PyLong_SHIFT as usize + top;
    let needed = bits / 8 + 1;
    if room + 1 == needed
        && bits.is_multiple_of(8)
        && (bytes.len() <= room || (is_unsigned && !number.is_negative()))
    {
        return room;
    }
    needed
}

/// Whether `flags` of the native-bytes functions ask for big endian.
fn is_big_endian(flags: c_int) -> bool {
    const NATIVE: c_int = 3;
    flags != -1 && flags & NATIVE == 0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsNativeBytes(
    object: Arg,
    buffer: *mut c_void,
    size: isize,
    flags: c_int,
) -> isize {
    const UNSIGNED: c_int = 4;
    const REJECT_NEGATIVE: c_int = 8;
    const ALLOW_INDEX: c_int = 16;
    run(|| {
        let object = some(object)?;
        let number = match object.downcast::<PyLong>() {
            Some(number) => PyClass::to_owned(number),
            None if flags != -1 && flags & ALLOW_INDEX != 0 => object.index()?,
            None => {
                return Err(type_error!("expect int, got {}", object.type_().tp_name()));
            }
        };
        let is_unsigned = flags != -1 && flags & UNSIGNED != 0;
        if flags != -1 && flags & REJECT_NEGATIVE != 0 && number.is_negative() {
            return Err(value_error!("Cannot convert negative int"));
        }
        let bytes = twos_complement(&number);
        let fill = if number.is_negative() { 0xff } else { 0 };
        let room = size.max(0) as usize;
        // SAFETY: the caller's buffer has `size` bytes.
        let cells = unsafe {
            std::slice::from_raw_parts(
                if room == 0 {
                    std::ptr::dangling()
                } else {
                    buffer.cast_const().cast::<std::cell::Cell<u8>>()
                },
                room,
            )
        };
        for (place, cell) in cells.iter().enumerate() {
            let byte = bytes.get(place).copied().unwrap_or(fill);
            let place = if is_big_endian(flags) {
                room - 1 - place
            } else {
                place
            };
            cells[place].set(byte);
            let _ = cell;
        }
        Ok(needed_bytes(&number, &bytes, room, is_unsigned))
    })
}

/// An int from bytes in two's complement.
fn from_bytes(bytes: &[u8], big_endian: bool, signed: bool) -> PyResult<Py<PyLong>> {
    let little: Vec<u8> = if big_endian {
        bytes.iter().rev().copied().collect()
    } else {
        bytes.to_vec()
    };
    let negative = signed && little.last().is_some_and(|&last| last >= 0x80);
    let mut magnitude = little;
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            let (flipped, overflows) = (!*byte).overflowing_add(u8::from(carry));
            *byte = flipped;
            carry = overflows;
        }
        magnitude.push(u8::from(carry));
    }
    let shift = krait_abi::PyLong_SHIFT as u32;
    let (mut digits, mut window, mut bits) = (Vec::new(), 0u64, 0);
    for byte in magnitude {
        window |= u64::from(byte) << bits;
        bits += 8;
        if bits >= shift {
            digits.push((window & ((1 << shift) - 1)) as u32);
            window >>= shift;
            bits -= shift;
        }
    }
    digits.push(window as u32);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    PyLong::from_digits(negative, &digits)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromNativeBytes(
    buffer: *const c_void,
    size: usize,
    flags: c_int,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(buffer.cast(), size as isize) };
    run(|| from_bytes(bytes, is_big_endian(flags), flags == -1 || flags & 4 == 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FromUnsignedNativeBytes(
    buffer: *const c_void,
    size: usize,
    flags: c_int,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(buffer.cast(), size as isize) };
    run(|| from_bytes(bytes, is_big_endian(flags), false))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_FromByteArray(
    bytes: *const u8,
    size: usize,
    little_endian: c_int,
    is_signed: c_int,
) -> Out {
    // SAFETY: the caller's bytes.
    let bytes = unsafe { bytes_of(bytes.cast(), size as isize) };
    run(|| from_bytes(bytes, little_endian == 0, is_signed != 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_AsByteArray(
    number: &PyLong,
    bytes: *mut u8,
    size: usize,
    little_endian: c_int,
    is_signed: c_int,
    with_exceptions: c_int,
) -> c_int {
    let fail = |message: &str| {
        if with_exceptions != 0 {
            let _error = PyErr::new(&krait_runtime::exc::OverflowError, message);
        }
        -1
    };
    if number.is_negative() && is_signed == 0 {
        return fail("can't convert negative int to unsigned");
    }
    let value = twos_complement(number);
    let sign_only = is_signed == 0 && value.len() > 1 && value[value.len() - 1] == 0;
    let needed = if sign_only {
        value.len() - 1
    } else {
        value.len()
    };
    let fits = needed <= size || (needed == 1 && number.is_zero());
    let fill = if number.is_negative() { 0xff } else { 0 };
    for place in 0..size {
        let at = if little_endian != 0 {
            place
        } else {
            size - 1 - place
        };
        // SAFETY: the caller's buffer has `size` bytes.
        unsafe {
            bytes
                .add(at)
                .write(value.get(place).copied().unwrap_or(fill))
        };
    }
    if fits {
        0
    } else {
        fail("int too big to convert")
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_Sign(number: &PyLong) -> c_int {
    match (number.is_zero(), number.is_negative()) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_GetSign(object: Arg, sign: Place<c_int>) -> c_int {
    run(|| {
        let number = some(object)?.downcast::<PyLong>().ok_or_else(|| {
            type_error!(
                "expect int, got {}",
                object.map_or_else(String::new, |object| object.type_().tp_name())
            )
        })?;
        put(
            sign,
            match (number.is_zero(), number.is_negative()) {
                (true, _) => 0,
                (_, true) => -1,
                _ => 1,
            },
        );
        Ok(())
    })
}

fn sign_of(object: Arg) -> PyResult<i32> {
    let object = some(object)?;
    let number = object
        .downcast::<PyLong>()
        .ok_or_else(|| type_error!("expected int, got {}", object.type_().tp_name()))?;
    Ok(match (number.is_zero(), number.is_negative()) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_IsPositive(object: Arg) -> c_int {
    run(|| Ok(sign_of(object)? > 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_IsNegative(object: Arg) -> c_int {
    run(|| Ok(sign_of(object)? < 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_IsZero(object: Arg) -> c_int {
    run(|| Ok(sign_of(object)? == 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_NumBits(object: &PyObject) -> i64 {
    let bits = object.call_method_str("bit_length", &[]);
    bits.and_then(|bits| index(Some(&bits)))
        .ok()
        .and_then(|bits| bits.to_i64())
        .unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_Copy(number: &PyLong) -> Out {
    run(|| PyLong::exact_copy(number))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_GetInfo() -> Out {
    run(|| sys_attribute("int_info"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Long_IsCompact(number: &PyLong) -> c_int {
    c_int::from(number.is_compact())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Long_CompactValue(number: &PyLong) -> isize {
    number.compact_value() as isize
}

/// An attribute of `sys`, which C code asks for by a function of its own.
pub(crate) fn sys_attribute(name: &str) -> PyResult<Obj> {
    let sys = krait_runtime::Interpreter::current().sysdict.get();
    sys.map(|sys| sys.get(name))
        .transpose()?
        .flatten()
        .ok_or_else(|| krait_runtime::runtime_error!("lost sys.{name}"))
}

/// How digits lie in memory: `PyLongLayout`.
#[repr(C)]
pub struct PyLongLayout {
    bits_per_digit: u8,
    digit_size: u8,
    digits_order: i8,
    digit_endianness: i8,
}

static LAYOUT: PyLongLayout = PyLongLayout {
    bits_per_digit: krait_abi::PyLong_SHIFT as u8,
    digit_size: 4,
    digits_order: -1,
    digit_endianness: -1,
};

/// A number as C code reads it: `PyLongExport`.
#[repr(C)]
pub struct PyLongExport {
    value: i64,
    negative: u8,
    ndigits: isize,
    digits: *const c_void,
    reserved: usize,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_GetNativeLayout() -> *const PyLongLayout {
    &raw const LAYOUT
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_Export(object: Arg, export: Place<PyLongExport>) -> c_int {
    run(|| {
        let object = some(object)?;
        let Some(number) = object.downcast::<PyLong>() else {
            return Err(type_error!(
                "expected int, got {}",
                object.type_().tp_name()
            ));
        };
        let made = match number.to_i64() {
            Some(value) => PyLongExport {
                value,
                negative: 0,
                ndigits: 0,
                digits: std::ptr::null(),
                reserved: 0,
            },
            // The reference is given back by `PyLong_FreeExport`.
            None => PyLongExport {
                value: 0,
                negative: u8::from(number.is_negative()),
                ndigits: number.digits().len() as isize,
                digits: number.digits().as_ptr().cast(),
                reserved: object.to_obj().into_ptr().expose_provenance(),
            },
        };
        put(export, made);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_FreeExport(export: *mut PyLongExport) {
    // SAFETY: filled in by `PyLong_Export`; the reference, if there is one, is given back once.
    unsafe {
        let kept = std::mem::take(&mut (*export).reserved);
        drop(Obj::from_owned_ptr_opt(
            std::ptr::with_exposed_provenance_mut(kept),
        ));
    }
}

/// A number under construction: what a `PyLongWriter *` points at.
pub struct Writer {
    negative: bool,
    digits: Box<[u32]>,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLongWriter_Create(
    negative: c_int,
    count: isize,
    digits: Place<*mut c_void>,
) -> *mut Writer {
    let Some(count) = usize::try_from(count)
        .ok()
        .filter(|&count| count > 0 && count < 1 << 40)
    else {
        let _error = value_error!("ndigits must be positive");
        return std::ptr::null_mut();
    };
    let mut writer = Box::new(Writer {
        negative: negative != 0,
        digits: vec![0; count].into_boxed_slice(),
    });
    put(digits, writer.digits.as_mut_ptr().cast());
    Box::into_raw(writer)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLongWriter_Finish(writer: *mut Writer) -> Out {
    // SAFETY: made by `PyLongWriter_Create`, and given back once.
    let writer = unsafe { Box::from_raw(writer) };
    let used = writer
        .digits
        .iter()
        .rposition(|&digit| digit != 0)
        .map_or(0, |last| last + 1);
    let mask = (1u32 << krait_abi::PyLong_SHIFT) - 1;
    let digits: Vec<u32> = writer.digits[..used]
        .iter()
        .map(|digit| digit & mask)
        .collect();
    run(|| PyLong::from_digits(writer.negative && used > 0, &digits))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLongWriter_Discard(writer: *mut Writer) {
    if !writer.is_null() {
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(writer) });
    }
}
