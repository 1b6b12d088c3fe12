//! The environment of the process.

use std::ffi::{CStr, c_char};

use crate::errno::{Result, done, lent};

unsafe extern "C" {
    static mut environ: *const *const c_char;
}

/// All variables, as `NAME=value`. Like C's, the environment must not be changed meanwhile.
pub fn all() -> Vec<Vec<u8>> {
    let mut variables = Vec::new();
    // SAFETY: the C library keeps a list of texts that ends with a null pointer, or none at all.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            variables.push(CStr::from_ptr(*next).to_bytes().to_vec());
            next = next.add(1);
        }
    }
    variables
}

/// One variable.
pub fn get(name: &CStr) -> Option<Vec<u8>> {
    let value = lent!(getenv(name.as_ptr()));
    if value.is_null() {
        return None;
    }
    // SAFETY: the text ends with a zero; it is copied at once.
    Some(unsafe { CStr::from_ptr(value) }.to_bytes().to_vec())
}

/// Sets a variable.
///
/// # Safety
///
/// No other thread may read the environment meanwhile (the interpreter's lock sees to that for
/// Python; C code must not call `getenv` beside it).
pub unsafe fn set(name: &CStr, value: &CStr) -> Result<()> {
    done(lent!(setenv(name.as_ptr(), value.as_ptr(), 1)))
}

/// Removes a variable.
///
/// # Safety
///
/// As for [`set`].
pub unsafe fn unset(name: &CStr) -> Result<()> {
    done(lent!(unsetenv(name.as_ptr())))
}

/// Removes all variables.
///
/// # Safety
///
/// As for [`set`].
pub unsafe fn clear() -> Result<()> {
    // SAFETY: the caller keeps other threads away.
    done(unsafe { libc::clearenv() })
}
