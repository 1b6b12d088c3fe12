//! The databases of users and groups.

use std::ffi::{CStr, c_char, c_int};

use crate::errno::{Errno, Result, lent, plain, zeroed};

/// A user.
#[derive(Clone, Debug)]
pub struct Passwd {
    /// The name.
    pub name: Vec<u8>,
    /// The password, or what stands for it.
    pub passwd: Vec<u8>,
    /// The number.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The name in full and more.
    pub gecos: Vec<u8>,
    /// The home.
    pub dir: Vec<u8>,
    /// The shell.
    pub shell: Vec<u8>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name.
    pub name: Vec<u8>,
    /// The password, or what stands for it.
    pub passwd: Vec<u8>,
    /// The number.
    pub gid: u32,
    /// The users in it.
    pub members: Vec<Vec<u8>>,
}

/// Copies a C string; a null pointer is the empty one.
///
/// # Safety
///
/// The pointer is null or to a text that ends with a zero.
unsafe fn text(pointer: *const c_char) -> Vec<u8> {
    if pointer.is_null() {
        return Vec::new();
    }
    // SAFETY: see above.
    unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec()
}

/// # Safety
///
/// The C library filled the struct, and its texts are still there.
unsafe fn passwd_of(raw: &libc::passwd) -> Passwd {
    // SAFETY: see above.
    unsafe {
        Passwd {
            name: text(raw.pw_name),
            passwd: text(raw.pw_passwd),
            uid: raw.pw_uid,
            gid: raw.pw_gid,
            gecos: text(raw.pw_gecos),
            dir: text(raw.pw_dir),
            shell: text(raw.pw_shell),
        }
    }
}

/// # Safety
///
/// As for [`passwd_of`].
unsafe fn group_of(raw: &libc::group) -> Group {
    let mut members = Vec::new();
    let mut next = raw.gr_mem;
    // SAFETY: the list ends with a null pointer; see above for the rest.
    unsafe {
        while !next.is_null() && !(*next).is_null() {
            members.push(text(*next));
            next = next.add(1);
        }
        Group {
            name: text(raw.gr_name),
            passwd: text(raw.gr_passwd),
            gid: raw.gr_gid,
            members,
        }
    }
}

/// Calls one of the `_r` functions with growing buffers; `None` if there is no entry.
fn entry(mut ask: impl FnMut(&mut [c_char], &mut bool) -> c_int) -> Result<bool> {
    let mut buffer = vec![0; 1024];
    loop {
        let mut found = false;
        match ask(&mut buffer, &mut found) {
            0 => return Ok(found),
            libc::ERANGE if buffer.len() < 1 << 24 => buffer.resize(buffer.len() * 2, 0),
            // "Not found" has many names.
            libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Ok(false),
            error => return Err(Errno(error)),
        }
    }
}

macro_rules! lookup {
    ($($(#[$doc:meta])* $name:ident($key:ident: $ty:ty => $arg:expr) -> $out:ty, $f:ident, $raw:ident, $of:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name($key: $ty) -> Result<Option<$out>> {
            let mut answer = None;
            entry(|buffer, found| {
                let mut raw = zeroed!(libc::$raw);
                let mut result = std::ptr::null_mut();
                let code = lent!($f(
                    $arg,
                    &raw mut raw,
                    buffer.as_mut_ptr(),
                    buffer.len(),
                    &raw mut result
                ));
                if code == 0 && !result.is_null() {
                    *found = true;
                    // SAFETY: the call filled the struct; its texts are in `buffer`.
                    answer = Some(unsafe { $of(&raw) });
                }
                code
            })?;
            Ok(answer)
        }
    )*};
}

lookup! {
    /// The user with this name.
    getpwnam(name: &CStr => name.as_ptr()) -> Passwd, getpwnam_r, passwd, passwd_of;
    /// The user with this number.
    getpwuid(uid: u32 => uid) -> Passwd, getpwuid_r, passwd, passwd_of;
    /// The group with this name.
    getgrnam(name: &CStr => name.as_ptr()) -> Group, getgrnam_r, group, group_of;
    /// The group with this number.
    getgrgid(gid: u32 => gid) -> Group, getgrgid_r, group, group_of;
}

/// The databases are read with one position for the whole process.
static READING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// All users.
pub fn getpwall() -> Vec<Passwd> {
    let _guard = READING.lock();
    let mut all = Vec::new();
    plain!(setpwent());
    loop {
        let entry = plain!(getpwent());
        if entry.is_null() {
            break;
        }
        // SAFETY: the entry stays until the next call, which the lock keeps others from making.
        all.push(unsafe { passwd_of(&*entry) });
    }
    plain!(endpwent());
    all
}

/// All groups.
pub fn getgrall() -> Vec<Group> {
    let _guard = READING.lock();
    let mut all = Vec::new();
    plain!(setgrent());
    loop {
        let entry = plain!(getgrent());
        if entry.is_null() {
            break;
        }
        // SAFETY: as in `getpwall`.
        all.push(unsafe { group_of(&*entry) });
    }
    plain!(endgrent());
    all
}
