//! `pylifecycle.h`, `patchlevel.h` and their kin: what the program is, and its end.

use std::ffi::{c_char, c_int, c_ulong};

use krait_runtime::{Interpreter, PyErr};

use crate::glue::*;

/// `PY_VERSION_HEX` of the interface that is served.
#[unsafe(no_mangle)]
pub static Py_Version: c_ulong = 0x030E_00F0;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IsInitialized() -> c_int {
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IsFinalizing() -> c_int {
    c_int::from(Interpreter::current().finalizing.get())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetVersion() -> *const c_char {
    c"3.14.0 (Krait)".as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetPlatform() -> *const c_char {
    c"linux".as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetCopyright() -> *const c_char {
    c"Krait is under the MIT or Apache-2.0 licence.".as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetCompiler() -> *const c_char {
    c"[rustc]".as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetBuildInfo() -> *const c_char {
    c"krait".as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_PACK_FULL_VERSION(
    major: c_int,
    minor: c_int,
    micro: c_int,
    level: c_int,
    serial: c_int,
) -> u32 {
    let part = |value: c_int, bits: u32, shift: u32| (value as u32 & ((1 << bits) - 1)) << shift;
    part(major, 8, 24)
        | part(minor, 8, 16)
        | part(micro, 8, 8)
        | part(level, 4, 4)
        | part(serial, 4, 0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_PACK_VERSION(major: c_int, minor: c_int) -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { Py_PACK_FULL_VERSION(major, minor, 0, 0, 0) }
}

unsafe extern "C" {
    fn atexit(function: unsafe extern "C" fn()) -> c_int;
    fn exit(status: c_int) -> !;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_AtExit(function: unsafe extern "C" fn()) -> c_int {
    // SAFETY: C's own list of exit functions.
    if unsafe { atexit(function) } == 0 {
        0
    } else {
        -1
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_Exit(status: c_int) {
    // SAFETY: the program's end, as C has it.
    unsafe { exit(status) }
}

/// Ends the program as a `SystemExit` says that is set; one with a text is printed first.
pub(crate) fn exit_for_system_exit() {
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let exception = error.take();
    let code = exception.getattr_str("code");
    let status = match code {
        Ok(code) if code.is(krait_runtime::none()) => 0,
        Ok(code) => match code.int_value() {
            Some(status) => status as c_int,
            None => {
                // SAFETY: a live object.
                unsafe { crate::modsupport::krait_write_std(1, &code) };
                1
            }
        },
        Err(error) => {
            error.clear();
            1
        }
    };
    // SAFETY: the program's end, as C has it.
    unsafe { exit(status) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_InterruptOccurred() -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_BeforeFork() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_AfterFork_Parent() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_AfterFork_Child() {}

/// `None` for the input hook: nothing waits for input.
#[repr(transparent)]
pub struct InputHook(std::cell::Cell<Option<unsafe extern "C" fn() -> c_int>>);

// SAFETY: C code sets it while it holds the interpreter's lock.
unsafe impl Sync for InputHook {}

/// Called by a prompt that waits; no part of Krait does.
#[unsafe(no_mangle)]
pub static PyOS_InputHook: InputHook = InputHook(std::cell::Cell::new(None));

/// How many bytes at the beginning of a text are a number, without any regard to the locale.
fn float_prefix(bytes: &[u8]) -> usize {
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    for word in ["infinity", "inf", "nan"] {
        let found = bytes.get(sign..sign + word.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes())) {
            return sign + word.len();
        }
    }
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut count = whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        count += fraction;
        end += 1 + fraction;
    }
    if count == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digits(exponent) > 0 {
            end = exponent + digits(exponent);
        }
    }
    end
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_string_to_double(
    text: Text,
    end: Place<*mut c_char>,
    overflow: Arg,
) -> f64 {
    run(|| {
        let bytes = text.bytes()?;
        let read = float_prefix(bytes);
        let number = std::str::from_utf8(&bytes[..read]).unwrap_or_default();
        let value = match number.parse::<f64>() {
            Ok(value) if end.is_some() || read == bytes.len() => value,
            _ => {
                put(end, text.0.cast_mut());
                return Err(krait_runtime::value_error!(
                    "could not convert string to float: '{}'",
                    text.lossy()
                ));
            }
        };
        put(end, text.0.wrapping_add(read).cast_mut());
        let digits = bytes[..read].iter().any(u8::is_ascii_digit);
        if value.is_infinite()
            && digits
            && let Some(class) = overflow
        {
            return Err(PyErr::new(
                cast(Some(class))?,
                format!("value too large to convert to float: '{}'", text.lossy()),
            ));
        }
        Ok(value)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyOS_double_to_string(
    value: f64,
    code: c_char,
    precision: c_int,
    flags: c_int,
    kind: Place<c_int>,
) -> *mut c_char {
    const SIGN: c_int = 1;
    const ADD_DOT_0: c_int = 2;
    const ALTERNATE: c_int = 4;
    run(|| {
        put(
            kind,
            if value.is_nan() {
                2
            } else if value.is_infinite() {
                1
            } else {
                0
            },
        );
        let number = krait_runtime::PyFloat::new(value)?;
        let mut text = if code as u8 == b'r' {
            let mut text = krait_runtime::PyClass::as_object(&*number)
                .repr()?
                .to_string_lossy();
            if flags & ADD_DOT_0 == 0 && text.ends_with(".0") {
                text.truncate(text.len() - 2);
            }
            text
        } else {
            let alternate = if flags & ALTERNATE != 0 { "#" } else { "" };
            let spec = format!("{alternate}.{precision}{}", char::from(code as u8));
            let spec = krait_runtime::PyStr::new(&spec)?;
            let mut text = krait_runtime::PyClass::as_object(&*number)
                .format(&spec)?
                .to_string_lossy();
            if flags & ADD_DOT_0 != 0 && value.is_finite() && !text.contains(['.', 'e', 'E']) {
                text.push_str(".0");
            }
            text
        };
        if flags & SIGN != 0 && !text.starts_with('-') {
            text.insert(0, '+');
        }
        let block = krait_runtime::alloc::allocate(text.len() + 1);
        if block.is_null() {
            return Err(krait_runtime::err::no_memory());
        }
        // SAFETY: allocated with room for the text and its end.
        unsafe {
            block.copy_from_nonoverlapping(text.as_ptr(), text.len());
            block.add(text.len()).write(0);
        }
        Ok(block.cast::<c_char>())
    })
}
