//! Starting programs: `_posixsubprocess.fork_exec` and `posix_spawn`.
//!
//! Between `fork` and `exec` the child does only what is safe after a signal: no allocation, no
//! locks. Everything it needs was put into plain arrays before.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::errno::{Errno, Result, direct, lent, plain, zeroed};
use crate::fd::Fd;
use crate::process::Strings;

/// The parameters of `_posixsubprocess.fork_exec`. Descriptors that are not wanted are −1.
pub struct ForkExec<'a> {
    /// The arguments of the program; `None` leaves out `exec`, as no arguments do in CPython.
    pub arguments: &'a [CString],
    /// The places where the program may be, tried in turn.
    pub executables: &'a [CString],
    /// Whether to close all descriptors but the standard ones and `keep`.
    pub close_fds: bool,
    /// Descriptors to keep, sorted.
    pub keep: &'a [Fd],
    /// The folder to run in.
    pub cwd: Option<&'a CStr>,
    /// The environment; `None` is the present one.
    pub environment: Option<&'a [CString]>,
    /// The child's standard input, and the parent's end of it.
    pub stdin: (Fd, Fd),
    /// The parent's end of standard output, and the child's.
    pub stdout: (Fd, Fd),
    /// The parent's end of standard error, and the child's.
    pub stderr: (Fd, Fd),
    /// The pipe on which a failure is told: the end to read, and the end to write.
    pub error_pipe: (Fd, Fd),
    /// Whether to restore the signals that Python ignores.
    pub restore_signals: bool,
    /// Whether to begin a session.
    pub new_session: bool,
    /// The group of processes to join; −1 for none.
    pub process_group: i32,
    /// The group to become.
    pub gid: Option<u32>,
    /// The further groups to have.
    pub groups: Option<&'a [u32]>,
    /// The user to become.
    pub uid: Option<u32>,
    /// The mask of permissions; −1 for the present one.
    pub umask: i32,
}

/// What the child runs before `exec`: whether it succeeded.
pub type Before<'a> = &'a mut dyn FnMut() -> bool;

/// Why the child could not run the program.
struct Failure {
    errno: Option<Errno>,
    message: &'static [u8],
}

fn failed(message: &'static [u8]) -> Failure {
    Failure {
        errno: Some(Errno::last()),
        message,
    }
}

/// Forks and runs a program; the answer is the child. What goes wrong in the child is written to
/// the error pipe, in the form that `subprocess` reads.
///
/// # Safety
///
/// As for [`fork`](crate::process::fork): with `before`, the state of the interpreter must be fit
/// for a child that has this thread only.
pub unsafe fn fork_exec(spec: &ForkExec<'_>, mut before: Option<Before<'_>>) -> Result<i32> {
    let arguments = Strings::new(spec.arguments);
    let environment = spec.environment.map(Strings::new);
    // SAFETY: until `exec` or `_exit` the child does only what is allowed, `before` apart, for
    // which the caller vouches.
    let pid = unsafe { crate::process::fork()? };
    if pid != 0 {
        return Ok(pid);
    }
    let failure = child(spec, &arguments, environment.as_ref(), &mut before);
    tell(spec.error_pipe.1, &failure);
    crate::process::exit_now(255)
}

fn child(
    spec: &ForkExec<'_>,
    arguments: &Strings<'_>,
    environment: Option<&Strings<'_>>,
    before: &mut Option<Before<'_>>,
) -> Failure {
    if let Err(failure) = connect(spec).and_then(|()| settle(spec)) {
        return failure;
    }
    if let Some(before) = before
        && !before()
    {
        return Failure {
            errno: None,
            message: b"Exception occurred in preexec_fn.",
        };
    }
    if spec.close_fds {
        close_others(spec.keep, spec.error_pipe.1);
    }
    let mut saved = None;
    for executable in spec.executables {
        let path = executable.as_ptr();
        match environment {
            Some(environment) => lent!(execve(path, arguments.as_ptr(), environment.as_ptr())),
            None => lent!(execv(path, arguments.as_ptr())),
        };
        let error = Errno::last();
        if saved.is_none() && !matches!(error.0, libc::ENOENT | libc::ENOTDIR) {
            saved = Some(error);
        }
    }
    Failure {
        errno: Some(saved.unwrap_or_else(Errno::last)),
        message: b"",
    }
}

/// Puts the descriptors where the program expects them.
fn connect(spec: &ForkExec<'_>) -> std::result::Result<(), Failure> {
    let noexec = |_| failed(b"noexec");
    for &fd in spec.keep {
        if fd != spec.error_pipe.1 {
            // One that is not open is not an error, as in CPython.
            let _ = crate::fd::set_inheritable(fd, true);
        }
    }
    for fd in [
        spec.stdin.1,
        spec.stdout.0,
        spec.stderr.0,
        spec.error_pipe.0,
    ] {
        if fd != -1 {
            crate::fd::close(fd).map_err(noexec)?;
        }
    }
    let (mut output, mut error) = (spec.stdout.1, spec.stderr.1);
    // What stands in the place of an earlier standard descriptor must move away first.
    if output == 0 {
        output = crate::fd::dup(output).map_err(noexec)?;
    }
    while error == 0 || error == 1 {
        error = crate::fd::dup(error).map_err(noexec)?;
    }
    for (fd, place) in [(spec.stdin.0, 0), (output, 1), (error, 2)] {
        if fd == place {
            crate::fd::set_inheritable(fd, true).map_err(noexec)?;
        } else if fd != -1 {
            crate::fd::dup2(fd, place, true).map_err(noexec)?;
        }
    }
    Ok(())
}

/// Sets folder, mask, signals, session and identity.
fn settle(spec: &ForkExec<'_>) -> std::result::Result<(), Failure> {
    let noexec = |_| failed(b"noexec");
    if let Some(cwd) = spec.cwd {
        crate::fs::chdir(cwd).map_err(|_| failed(b"noexec:chdir"))?;
    }
    if spec.umask >= 0 {
        crate::fs::umask(spec.umask as u32);
    }
    if spec.restore_signals {
        for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
            let _ = crate::signal::set_disposition(signal, crate::signal::Disposition::Default);
        }
    }
    if spec.new_session {
        crate::process::setsid().map_err(noexec)?;
    }
    if spec.process_group >= 0 {
        crate::process::setpgid(0, spec.process_group).map_err(noexec)?;
    }
    // The system calls themselves: the C library's would try to change all threads.
    if let Some(groups) = spec.groups
        && lent!(syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr())) == -1
    {
        return Err(failed(b"noexec"));
    }
    if let Some(gid) = spec.gid
        && plain!(syscall(libc::SYS_setregid, gid, gid)) == -1
    {
        return Err(failed(b"noexec"));
    }
    if let Some(uid) = spec.uid
        && plain!(syscall(libc::SYS_setreuid, uid, uid)) == -1
    {
        return Err(failed(b"noexec"));
    }
    Ok(())
}

/// Closes all descriptors from 3 on, except those to keep.
fn close_others(keep: &[Fd], error_pipe: Fd) {
    let mut low = 3;
    let mut next = keep.iter().copied().peekable();
    let mut pipe_kept = error_pipe < 3;
    loop {
        let kept = match next.peek() {
            Some(&fd) if pipe_kept || fd <= error_pipe => {
                next.next();
                pipe_kept |= fd == error_pipe;
                fd
            }
            _ if !pipe_kept => {
                pipe_kept = true;
                error_pipe
            }
            _ => break,
        };
        if kept >= low {
            crate::fd::close_range(low, kept);
            low = kept + 1;
        }
    }
    if plain!(syscall(
        libc::SYS_close_range,
        low as libc::c_uint,
        libc::c_uint::MAX,
        0
    )) != 0
    {
        let most = plain!(sysconf(libc::_SC_OPEN_MAX)).clamp(256, 1 << 20) as Fd;
        crate::fd::close_range(low, most);
    }
}

/// Writes `OSError:HEX:message`, without allocating.
fn tell(pipe: Fd, failure: &Failure) {
    let mut text = [0u8; 64];
    let mut length = 0;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes {
            if length < text.len() {
                text[length] = byte;
                length += 1;
            }
        }
    };
    match failure.errno {
        Some(Errno(number)) => {
            add(b"OSError:");
            let digits = (1..=7).rev().find(|i| number >> (4 * i) != 0).unwrap_or(0);
            for i in (0..=digits).rev() {
                add(&[b"0123456789ABCDEF"[(number >> (4 * i)) as usize & 15]]);
            }
            add(b":");
        }
        None => add(b"SubprocessError:0:"),
    }
    add(failure.message);
    let _ = crate::fd::write(pipe, &text[..length]);
}

/// Something that `posix_spawn` does with a descriptor in the child.
#[derive(Clone, Debug)]
pub enum FileAction {
    /// Opens a file.
    Open {
        /// The descriptor it becomes.
        fd: Fd,
        /// The file.
        path: CString,
        /// The flags of `open`.
        flags: c_int,
        /// The permissions of a new file.
        mode: u32,
    },
    /// Closes a descriptor.
    Close(Fd),
    /// Makes the second a copy of the first.
    Dup2(Fd, Fd),
    /// Closes all from this one on.
    CloseFrom(Fd),
}

/// What `posix_spawn` sets in the child.
#[derive(Clone, Debug, Default)]
pub struct SpawnAttributes {
    /// The group of processes to join.
    pub process_group: Option<i32>,
    /// Whether to become the real user and group.
    pub reset_ids: bool,
    /// Whether to begin a session.
    pub new_session: bool,
    /// The signals to block.
    pub mask: Option<crate::signal::SigSet>,
    /// The signals to set back.
    pub defaults: Option<crate::signal::SigSet>,
    /// The policy, if it is to be set, and the priority.
    pub scheduler: Option<(Option<c_int>, c_int)>,
}

/// The actions and attributes in C's form, given back at the end.
struct Prepared {
    actions: libc::posix_spawn_file_actions_t,
    attributes: libc::posix_spawnattr_t,
}

impl Prepared {
    fn new() -> Result<Box<Prepared>> {
        // SAFETY: both structs are made of numbers and pointers, and are initialised at once.
        let mut prepared: Box<Prepared> = Box::new(unsafe { std::mem::zeroed() });
        // SAFETY: the structs are ours.
        unsafe {
            direct(libc::posix_spawn_file_actions_init(
                &raw mut prepared.actions,
            ))?;
            direct(libc::posix_spawnattr_init(&raw mut prepared.attributes))?;
        }
        Ok(prepared)
    }

    fn action(&mut self, action: &FileAction) -> Result<()> {
        let actions = &raw mut self.actions;
        direct(match action {
            FileAction::Open {
                fd,
                path,
                flags,
                mode,
            } => lent!(posix_spawn_file_actions_addopen(
                actions,
                *fd,
                path.as_ptr(),
                *flags,
                *mode
            )),
            FileAction::Close(fd) => lent!(posix_spawn_file_actions_addclose(actions, *fd)),
            FileAction::Dup2(from, to) => {
                lent!(posix_spawn_file_actions_adddup2(actions, *from, *to))
            }
            // SAFETY: the actions are ours and initialised.
            FileAction::CloseFrom(fd) => unsafe { addclosefrom(actions, *fd) },
        })
    }

    fn attributes(&mut self, wanted: &SpawnAttributes) -> Result<()> {
        let attributes = &raw mut self.attributes;
        let mut flags = 0;
        if let Some(group) = wanted.process_group {
            direct(lent!(posix_spawnattr_setpgroup(attributes, group)))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if wanted.reset_ids {
            flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if wanted.new_session {
            flags |= libc::POSIX_SPAWN_SETSID as c_int;
        }
        if let Some(mask) = wanted.mask {
            let raw = mask.raw();
            direct(lent!(posix_spawnattr_setsigmask(
                attributes,
                &raw const raw
            )))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(defaults) = wanted.defaults {
            let raw = defaults.raw();
            direct(lent!(posix_spawnattr_setsigdefault(
                attributes,
                &raw const raw
            )))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some((policy, priority)) = wanted.scheduler {
            let mut raw = zeroed!(libc::sched_param);
            raw.sched_priority = priority;
            if let Some(policy) = policy {
                direct(lent!(posix_spawnattr_setschedpolicy(attributes, policy)))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER;
            }
            direct(lent!(posix_spawnattr_setschedparam(
                attributes,
                &raw const raw
            )))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        direct(lent!(posix_spawnattr_setflags(attributes, flags as _)))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: both were initialised, or are zero, which is an empty one in glibc.
        unsafe {
            libc::posix_spawn_file_actions_destroy(&raw mut self.actions);
            libc::posix_spawnattr_destroy(&raw mut self.attributes);
        }
    }
}

unsafe extern "C" {
    #[link_name = "posix_spawn_file_actions_addclosefrom_np"]
    fn addclosefrom(actions: *mut libc::posix_spawn_file_actions_t, from: c_int) -> c_int;
}

/// Starts a program; with `search`, looks for it along `PATH`.
pub fn posix_spawn(
    path: &CStr,
    search: bool,
    arguments: &Strings<'_>,
    environment: &Strings<'_>,
    actions: &[FileAction],
    attributes: &SpawnAttributes,
) -> Result<i32> {
    let mut prepared = Prepared::new()?;
    for action in actions {
        prepared.action(action)?;
    }
    prepared.attributes(attributes)?;
    let mut pid = 0;
    let path = path.as_ptr();
    let files = &raw const prepared.actions;
    let settings = &raw const prepared.attributes;
    // The C library reads the lists only, whatever its types say.
    let argv = arguments.as_ptr().cast::<*mut c_char>();
    let envp = environment.as_ptr().cast::<*mut c_char>();
    direct(if search {
        lent!(posix_spawnp(
            &raw mut pid,
            path,
            files,
            settings,
            argv,
            envp
        ))
    } else {
        lent!(posix_spawn(&raw mut pid, path, files, settings, argv, envp))
    })?;
    Ok(pid)
}
