//! Processes: making them, replacing them, waiting for them.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::errno::{Errno, Result, check, done, lent, plain, zeroed};
use crate::fd::Fd;
use crate::resource::{Usage, usage_of};

/// Makes a copy of the process; the answer is 0 in the child.
///
/// # Safety
///
/// In the child only the calling thread exists: locks that others held stay locked. The caller
/// must have everything that the child uses in a state that bears this.
pub unsafe fn fork() -> Result<i32> {
    // SAFETY: see above.
    check(unsafe { libc::fork() })
}

/// A list of C strings that ends with a null pointer.
pub struct Strings<'a> {
    pointers: Vec<*const c_char>,
    // The strings that are pointed to.
    _strings: std::marker::PhantomData<&'a [CString]>,
}

impl<'a> Strings<'a> {
    /// The list of these strings.
    pub fn new(strings: &'a [CString]) -> Strings<'a> {
        let pointers = strings
            .iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect();
        Strings {
            pointers,
            _strings: std::marker::PhantomData,
        }
    }

    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// Replaces the program; returns only to tell why it failed.
pub fn execve(path: &CStr, arguments: &Strings<'_>, environment: &Strings<'_>) -> Errno {
    lent!(execve(
        path.as_ptr(),
        arguments.as_ptr(),
        environment.as_ptr()
    ));
    Errno::last()
}

/// Replaces the program by an open one, in the present environment.
pub fn execv(path: &CStr, arguments: &Strings<'_>) -> Errno {
    lent!(execv(path.as_ptr(), arguments.as_ptr()));
    Errno::last()
}

/// Replaces the program by an open one.
pub fn fexecve(fd: Fd, arguments: &Strings<'_>, environment: &Strings<'_>) -> Errno {
    lent!(fexecve(fd, arguments.as_ptr(), environment.as_ptr()));
    Errno::last()
}

/// Ends the process at once, without any cleaning up.
pub fn exit_now(status: c_int) -> ! {
    plain!(_exit(status))
}

/// Ends the process with a core dump.
pub fn abort() -> ! {
    plain!(abort())
}

/// Waits for a child: its number (0 if none is ready, with `WNOHANG`) and its status.
pub fn waitpid(pid: i32, options: c_int) -> Result<(i32, c_int)> {
    let mut status = 0;
    let child = check(lent!(waitpid(pid, &raw mut status, options)))?;
    Ok((child, status))
}

/// The same, with what the child used.
pub fn wait4(pid: i32, options: c_int) -> Result<(i32, c_int, Usage)> {
    let mut status = 0;
    let mut raw = zeroed!(libc::rusage);
    let child = check(lent!(wait4(pid, &raw mut status, options, &raw mut raw)))?;
    Ok((child, status, usage_of(&raw)))
}

/// What `waitid` tells of a child.
#[derive(Clone, Copy, Debug)]
pub struct Waited {
    /// The child.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Always `SIGCHLD`.
    pub signo: c_int,
    /// Its status.
    pub status: c_int,
    /// How it changed (`CLD_*`).
    pub code: c_int,
}

/// Waits for a child that is named in one of several ways; `None` if none is ready.
pub fn waitid(idtype: u32, id: u32, options: c_int) -> Result<Option<Waited>> {
    let mut info = zeroed!(libc::siginfo_t);
    done(lent!(waitid(idtype as _, id, &raw mut info, options)))?;
    // SAFETY: the fields share storage that the system, or we with zeros, filled with numbers.
    let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    let waited = Waited {
        pid,
        uid,
        signo: info.si_signo,
        status,
        code: info.si_code,
    };
    Ok((pid != 0).then_some(waited))
}

/// A descriptor of a process.
pub fn pidfd_open(pid: i32, flags: u32) -> Result<Fd> {
    check(plain!(syscall(libc::SYS_pidfd_open, pid, flags))).map(|fd| fd as Fd)
}

/// This process.
pub fn getpid() -> i32 {
    plain!(getpid())
}

/// Its parent.
pub fn getppid() -> i32 {
    plain!(getppid())
}

/// The group of a process.
pub fn getpgid(pid: i32) -> Result<i32> {
    check(plain!(getpgid(pid)))
}

/// The group of this process.
pub fn getpgrp() -> i32 {
    plain!(getpgrp())
}

/// Moves a process to a group.
pub fn setpgid(pid: i32, group: i32) -> Result<()> {
    done(plain!(setpgid(pid, group)))
}

/// The session of a process.
pub fn getsid(pid: i32) -> Result<i32> {
    check(plain!(getsid(pid)))
}

/// Begins a session.
pub fn setsid() -> Result<i32> {
    check(plain!(setsid()))
}

/// Adds to the niceness; the answer is the new one.
pub fn nice(increment: c_int) -> Result<c_int> {
    Errno(0).set_last();
    match check(plain!(nice(increment))) {
        Err(Errno(0)) => Ok(-1),
        other => other,
    }
}

/// The niceness of processes.
pub fn getpriority(which: c_int, who: u32) -> Result<c_int> {
    Errno(0).set_last();
    match check(plain!(getpriority(which as _, who))) {
        Err(Errno(0)) => Ok(-1),
        other => other,
    }
}

/// Sets the niceness of processes.
pub fn setpriority(which: c_int, who: u32, priority: c_int) -> Result<()> {
    done(plain!(setpriority(which as _, who, priority)))
}

/// Runs a command in the shell.
pub fn system(command: &CStr) -> c_int {
    lent!(system(command.as_ptr()))
}

/// What the system calls itself.
#[derive(Clone, Debug)]
pub struct Uname {
    /// The system.
    pub sysname: Vec<u8>,
    /// The machine's name.
    pub nodename: Vec<u8>,
    /// The release.
    pub release: Vec<u8>,
    /// The version.
    pub version: Vec<u8>,
    /// The sort of machine.
    pub machine: Vec<u8>,
}

/// What the system calls itself.
pub fn uname() -> Result<Uname> {
    let mut raw = zeroed!(libc::utsname);
    done(lent!(uname(&raw mut raw)))?;
    let text = |field: &[c_char]| {
        field
            .iter()
            .take_while(|&&c| c != 0)
            .map(|&c| c as u8)
            .collect()
    };
    Ok(Uname {
        sysname: text(&raw.sysname),
        nodename: text(&raw.nodename),
        release: text(&raw.release),
        version: text(&raw.version),
        machine: text(&raw.machine),
    })
}

/// The system's load over 1, 5 and 15 minutes.
pub fn getloadavg() -> Option<[f64; 3]> {
    let mut loads = [0.0; 3];
    (lent!(getloadavg(loads.as_mut_ptr(), 3)) == 3).then_some(loads)
}

/// Fills a buffer with random bytes.
pub fn getrandom(buffer: &mut [u8], flags: u32) -> Result<usize> {
    crate::errno::count(lent!(getrandom(
        buffer.as_mut_ptr().cast(),
        buffer.len(),
        flags
    )))
}

/// Fills a buffer with random bytes, waiting for the system's generator to be ready; a signal does
/// not cut it short.
pub fn urandom(buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match getrandom(rest, 0) {
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Moves the process to other namespaces.
pub fn unshare(flags: c_int) -> Result<()> {
    done(plain!(unshare(flags)))
}

/// Moves the process to an existing namespace.
pub fn setns(fd: Fd, kind: c_int) -> Result<()> {
    done(plain!(setns(fd, kind)))
}
