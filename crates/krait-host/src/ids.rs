//! The identity of the process: users and groups.

use std::ffi::{CStr, c_char, c_int};

use crate::errno::{Errno, Result, check, direct, done, lent, plain};

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> u32 {
            plain!($name())
        }
    )*};
}

getters! {
    /// The real user.
    getuid;
    /// The effective user.
    geteuid;
    /// The real group.
    getgid;
    /// The effective group.
    getegid;
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($($argument:ident),*);)*) => {$(
        $(#[$doc])*
        pub fn $name($($argument: u32),*) -> Result<()> {
            done(plain!($name($($argument),*)))
        }
    )*};
}

setters! {
    /// Sets the user.
    setuid(user);
    /// Sets the effective user.
    seteuid(user);
    /// Sets the group.
    setgid(group);
    /// Sets the effective group.
    setegid(group);
    /// Sets real and effective user.
    setreuid(real, effective);
    /// Sets real and effective group.
    setregid(real, effective);
    /// Sets real, effective and saved user.
    setresuid(real, effective, saved);
    /// Sets real, effective and saved group.
    setresgid(real, effective, saved);
}

/// Real, effective and saved user.
pub fn getresuid() -> Result<(u32, u32, u32)> {
    let (mut real, mut effective, mut saved) = (0, 0, 0);
    done(lent!(getresuid(
        &raw mut real,
        &raw mut effective,
        &raw mut saved
    )))?;
    Ok((real, effective, saved))
}

/// Real, effective and saved group.
pub fn getresgid() -> Result<(u32, u32, u32)> {
    let (mut real, mut effective, mut saved) = (0, 0, 0);
    done(lent!(getresgid(
        &raw mut real,
        &raw mut effective,
        &raw mut saved
    )))?;
    Ok((real, effective, saved))
}

/// The further groups of the process.
pub fn getgroups() -> Result<Vec<u32>> {
    let count = check(plain!(getgroups(0, std::ptr::null_mut())))?;
    let mut groups = vec![0; count as usize];
    let count = check(lent!(getgroups(count, groups.as_mut_ptr())))?;
    groups.truncate(count as usize);
    Ok(groups)
}

/// Sets the further groups.
pub fn setgroups(groups: &[u32]) -> Result<()> {
    done(lent!(setgroups(groups.len(), groups.as_ptr())))
}

/// Sets the further groups to those of a user.
pub fn initgroups(user: &CStr, group: u32) -> Result<()> {
    done(lent!(initgroups(user.as_ptr(), group)))
}

/// The groups of a user.
pub fn getgrouplist(user: &CStr, group: u32) -> Result<Vec<u32>> {
    let mut groups = vec![0; 64];
    loop {
        let mut count = groups.len() as i32;
        let list = groups.as_mut_ptr();
        if lent!(getgrouplist(user.as_ptr(), group, list, &raw mut count)) != -1 {
            groups.truncate(count.max(0) as usize);
            return Ok(groups);
        }
        let wanted = (count.max(0) as usize).max(groups.len() * 2);
        if wanted > 1 << 20 {
            return Err(Errno::ENOMEM);
        }
        groups.resize(wanted, 0);
    }
}

/// The name of the user who logged in.
pub fn getlogin() -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 256];
    // SAFETY: the length is the buffer's.
    direct(unsafe { getlogin_r(buffer.as_mut_ptr().cast(), buffer.len()) })?;
    let length = buffer.iter().position(|&b| b == 0).unwrap_or(0);
    buffer.truncate(length);
    Ok(buffer)
}

unsafe extern "C" {
    fn getlogin_r(buffer: *mut c_char, size: usize) -> c_int;
}

/// The address of a network card: of the first, by name, that has one.
pub fn hardware_address() -> Option<[u8; 6]> {
    let mut cards: Vec<_> = std::fs::read_dir("/sys/class/net")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    cards.sort();
    cards.iter().find_map(|card| {
        let text = std::fs::read_to_string(card.join("address")).ok()?;
        let bytes: Vec<u8> = text
            .trim()
            .split(':')
            .map(|part| u8::from_str_radix(part, 16).ok())
            .collect::<Option<_>>()?;
        let address: [u8; 6] = bytes.try_into().ok()?;
        (address != [0; 6]).then_some(address)
    })
}
