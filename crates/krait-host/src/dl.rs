//! Loading libraries.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

/// A library that was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library(NonNull<c_void>);

// SAFETY: the handle is a name; the dynamic linker has locks of its own.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

/// Why the last call failed, as the dynamic linker tells it.
fn error() -> Vec<u8> {
    // SAFETY: the answer is null or a text of this thread, which is copied at once.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            b"dlopen() error".to_vec()
        } else {
            CStr::from_ptr(text).to_bytes().to_vec()
        }
    }
}

/// Loads a library, or with `None` takes the program itself. The error is the linker's text.
///
/// # Safety
///
/// Loading runs the library's initialisers: the caller must trust it.
pub unsafe fn open(path: Option<&CStr>, flags: c_int) -> Result<Library, Vec<u8>> {
    let path = path.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: the path ends with a zero; the caller vouches for the library.
    NonNull::new(unsafe { libc::dlopen(path, flags) })
        .map(Library)
        .ok_or_else(error)
}

/// The address of a name in a library. It is null only if the name's value is.
pub fn symbol(library: Library, name: &CStr) -> Result<*mut c_void, Vec<u8>> {
    // SAFETY: the handle came from `open`; the first call forgets older errors.
    unsafe {
        libc::dlerror();
        let address = libc::dlsym(library.0.as_ptr(), name.as_ptr());
        if address.is_null() && !libc::dlerror().is_null() {
            libc::dlsym(library.0.as_ptr(), name.as_ptr());
            return Err(error());
        }
        Ok(address)
    }
}

/// Gives a library up.
///
/// # Safety
///
/// Nothing of it may be used afterwards.
pub unsafe fn close(library: Library) -> Result<(), Vec<u8>> {
    // SAFETY: the handle came from `open`; the caller vouches for the rest.
    if unsafe { libc::dlclose(library.0.as_ptr()) } == 0 {
        Ok(())
    } else {
        Err(error())
    }
}
