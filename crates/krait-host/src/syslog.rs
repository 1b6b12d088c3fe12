//! The system's log.

use std::ffi::{CString, c_int};
use std::sync::Mutex;

use crate::errno::plain;

/// The name of the program in the log: the C library keeps the pointer.
static IDENT: Mutex<Option<CString>> = Mutex::new(None);

/// Opens the log under a name; `None` is the program's own.
pub fn openlog(ident: Option<CString>, options: c_int, facility: c_int) {
    let Ok(mut kept) = IDENT.lock() else { return };
    let pointer = ident
        .as_ref()
        .map_or(std::ptr::null(), |ident| ident.as_ptr());
    // SAFETY: the name is kept, at the same place, until another one replaced it here.
    unsafe { libc::openlog(pointer, options, facility) };
    *kept = ident;
}

/// Writes a message.
pub fn syslog(priority: c_int, message: &std::ffi::CStr) {
    let _guard = IDENT.lock();
    // SAFETY: the format takes one text, which ends with a zero.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) };
}

/// Closes the log.
pub fn closelog() {
    let Ok(mut kept) = IDENT.lock() else { return };
    plain!(closelog());
    *kept = None;
}

/// Which priorities are written; the answer is the mask before.
pub fn setlogmask(mask: c_int) -> c_int {
    plain!(setlogmask(mask))
}
