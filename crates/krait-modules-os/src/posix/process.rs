//! Processes: starting, ending and waiting, and who they run as.

use std::cell::RefCell;
use std::ffi::CString;

use krait_host::process::{self, Strings};
use krait_host::resource::Usage;
use krait_host::{ids, signal, tty};
use krait_macros::pyfunction;
use krait_runtime::import_lock::ImportLock;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{
    Interpreter, IntoPy, OptionalArg, PyErr, PyList, PyLong, PyResult, PyStr, PyTuple, ThreadState,
    exc, type_error, value_error,
};

use super::path::{Gid, PATH, PATH_OR_FD, PathArg, Uid};
use crate::common::{FsPath, c_string, fs_decode, fs_path, list_of, quick, raise, retry};

/// What `register_at_fork` was given.
#[derive(Default)]
pub(crate) struct AtFork {
    before: RefCell<Vec<Obj>>,
    in_parent: RefCell<Vec<Obj>>,
    in_child: RefCell<Vec<Obj>>,
}

fn run_hooks(hooks: Vec<Obj>) {
    for hook in hooks {
        if let Err(error) = hook.call0() {
            error.write_unraisable(Some("Exception ignored in fork hook"), Some(&hook));
        }
    }
}

/// What Python code wants done before a fork; then waits until no other thread imports.
pub(crate) fn before_fork() {
    let hooks = Interpreter::current().extension::<AtFork>();
    let before: Vec<Obj> = hooks.before.borrow().iter().rev().cloned().collect();
    run_hooks(before);
    ImportLock::current().acquire();
}

/// What must be done in a child, and what Python code wants done there.
pub(crate) fn after_fork_in_child() {
    crate::thread::after_fork_in_child();
    crate::signal::after_fork_in_child();
    ImportLock::current().release();
    ThreadState::current().forget_others();
    let hooks = Interpreter::current().extension::<AtFork>();
    let in_child = hooks.in_child.borrow().clone();
    run_hooks(in_child);
}

/// What Python code wants done in the parent.
pub(crate) fn after_fork_in_parent() {
    ImportLock::current().release();
    let hooks = Interpreter::current().extension::<AtFork>();
    let in_parent = hooks.in_parent.borrow().clone();
    run_hooks(in_parent);
}

/// Runs a fork with what must go before and after it; the answer is the child's number.
pub(crate) fn with_fork_hooks<T>(fork: impl FnOnce() -> T, is_child: impl FnOnce(&T) -> bool) -> T {
    before_fork();
    let guard = Interpreter::current().lock.hold_for_fork();
    let answer = fork();
    if is_child(&answer) {
        guard.end_in_child();
        after_fork_in_child();
    } else {
        drop(guard);
        after_fork_in_parent();
    }
    answer
}

/// Register callables to be called when forking a new process.
#[pyfunction(
    signature = "(*, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
)]
pub(crate) fn register_at_fork(
    before: OptionalArg<&PyObject>,
    after_in_child: OptionalArg<&PyObject>,
    after_in_parent: OptionalArg<&PyObject>,
) -> PyResult<()> {
    let hooks = Interpreter::current().extension::<AtFork>();
    let given = [
        ("before", before.present(), &hooks.before),
        ("after_in_child", after_in_child.present(), &hooks.in_child),
        (
            "after_in_parent",
            after_in_parent.present(),
            &hooks.in_parent,
        ),
    ];
    if given.iter().all(|(_, hook, _)| hook.is_none()) {
        return Err(type_error!("At least one argument is required."));
    }
    for (name, hook, _) in &given {
        if let Some(hook) = hook
            && !hook.is_callable()
        {
            return Err(type_error!(
                "'{name}' must be callable, not {}",
                hook.type_().tp_name()
            ));
        }
    }
    for (_, hook, list) in given {
        if let Some(hook) = hook {
            list.borrow_mut().push(hook.to_obj());
        }
    }
    Ok(())
}

/// Refuses to fork while the interpreter ends: the child would end it a second time.
pub(crate) fn check_running() -> PyResult<()> {
    if krait_runtime::Interpreter::current().finalizing.get() {
        return Err(krait_runtime::exc!(
            PythonFinalizationError,
            "can't fork at interpreter shutdown"
        ));
    }
    Ok(())
}

/// A child could not run Python code when its parent cannot any more.
pub(crate) fn refuse_at_end(message: &str) -> PyResult<()> {
    if Interpreter::current().finalizing.get() {
        return Err(PyErr::new(&exc::PythonFinalizationError, message));
    }
    Ok(())
}

/// Fork a child process.
#[pyfunction(signature = "()")]
pub(crate) fn fork() -> PyResult<i32> {
    refuse_at_end("can't fork at interpreter shutdown")?;
    check_running()?;
    let answer = with_fork_hooks(
        // SAFETY: the child has this thread only, which holds the interpreter's lock.
        || unsafe { process::fork() },
        |answer| matches!(answer, Ok(0)),
    );
    warn_threads("fork", matches!(answer, Ok(0)))?;
    quick(answer)
}

/// Fork a new process with a new pseudo-terminal as controlling tty.
#[pyfunction(signature = "()")]
pub(crate) fn forkpty() -> PyResult<(i32, i32)> {
    refuse_at_end("can't fork at interpreter shutdown")?;
    check_running()?;
    let answer = with_fork_hooks(
        // SAFETY: as in `fork`.
        || unsafe { tty::forkpty() },
        |answer| matches!(answer, Ok((0, _))),
    );
    warn_threads("forkpty", matches!(answer, Ok((0, _))))?;
    quick(answer)
}

/// A fork with other threads running is likely to end in a deadlock.
pub(crate) fn warn_threads(name: &str, in_child: bool) -> PyResult<()> {
    if in_child || crate::thread::count() == 0 {
        return Ok(());
    }
    krait_runtime::hooks::warn(
        &exc::DeprecationWarning,
        &format!(
            "This process (pid={}) is multi-threaded, use of {name}() may lead to deadlocks in the child.",
            process::getpid()
        ),
        1,
    )
}

/// Exit to the system with specified status, without normal exit processing.
#[pyfunction(name = "_exit", signature = "(status)")]
pub(crate) fn exit_now(status: i32) {
    process::exit_now(status)
}

/// Abort the interpreter immediately.
#[pyfunction(signature = "()")]
pub(crate) fn abort() {
    process::abort()
}

/// The arguments of a program; `function` begins the messages.
pub(crate) fn arguments(function: &str, argv: &PyObject) -> PyResult<Vec<CString>> {
    if argv.downcast::<PyList>().is_none() && argv.downcast::<PyTuple>().is_none() {
        return Err(type_error!("{function} must be a tuple or list"));
    }
    let items = argv.to_vec()?;
    if items.is_empty() {
        return Err(value_error!("{function} must not be empty"));
    }
    let list = items.iter().map(|item| fs_path(item));
    let list = list.collect::<PyResult<Vec<_>>>()?;
    if list[0].is_empty() {
        return Err(value_error!("{function} first element cannot be empty"));
    }
    Ok(list)
}

/// The environment of a program.
pub(crate) fn environment(function: &str, env: &PyObject) -> PyResult<Vec<CString>> {
    if !env.is_mapping() {
        return Err(type_error!(
            "{function}: environment must be a mapping object"
        ));
    }
    let keys = env
        .call_method(krait_runtime::intern!("keys"), &[])?
        .to_vec()?;
    let values = env
        .call_method(krait_runtime::intern!("values"), &[])?
        .to_vec()?;
    let mut list = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(&values) {
        let (key, value) = (fs_path(key)?, fs_path(value)?);
        let name = key.to_bytes();
        if name.is_empty() || name.contains(&b'=') {
            return Err(value_error!("illegal environment variable name"));
        }
        list.push(c_string(&[name, b"=", value.to_bytes()].concat())?);
    }
    Ok(list)
}

/// Execute an executable path with arguments, replacing current process.
#[pyfunction(signature = "(path, argv, /)")]
pub(crate) fn execv(path: &PyObject, argv: &PyObject) -> PyResult<()> {
    let path = PathArg::new("execv", "path", path, PATH)?;
    let arguments = arguments("execv() arg 2", argv)?;
    Err(raise(process::execv(path.c(), &Strings::new(&arguments))))
}

/// Execute an executable path with arguments, replacing current process.
#[pyfunction(signature = "(path, argv, env)")]
pub(crate) fn execve(path: &PyObject, argv: &PyObject, env: &PyObject) -> PyResult<()> {
    let path = PathArg::new("execve", "path", path, PATH_OR_FD)?;
    let arguments = arguments("execve: argv", argv)?;
    let environment = environment("execve", env)?;
    let (arguments, environment) = (Strings::new(&arguments), Strings::new(&environment));
    let errno = match path.fd {
        Some(fd) => process::fexecve(fd, &arguments, &environment),
        None => process::execve(path.c(), &arguments, &environment),
    };
    Err(path.error(errno))
}

/// Wait for completion of a given child process.
#[pyfunction(signature = "(pid, options, /)")]
pub(crate) fn waitpid(pid: i32, options: i32) -> PyResult<(i32, i32)> {
    retry(|| process::waitpid(pid, options))
}

/// Wait for completion of a child process.
#[pyfunction(signature = "()")]
pub(crate) fn wait() -> PyResult<(i32, i32)> {
    retry(|| process::waitpid(-1, 0))
}

/// `resource.struct_rusage`, made from what the system says.
pub(crate) fn usage_object(usage: &Usage) -> PyResult<Obj> {
    let numbers = [
        usage.maxrss,
        usage.ixrss,
        usage.idrss,
        usage.isrss,
        usage.minflt,
        usage.majflt,
        usage.nswap,
        usage.inblock,
        usage.oublock,
        usage.msgsnd,
        usage.msgrcv,
        usage.nsignals,
        usage.nvcsw,
        usage.nivcsw,
    ];
    let mut values = vec![usage.utime.into_py()?, usage.stime.into_py()?];
    for number in numbers {
        values.push(number.into_py()?);
    }
    crate::resource::STRUCT_RUSAGE.make(values)
}

fn waited(answer: (i32, i32, Usage)) -> PyResult<Obj> {
    let (pid, status, usage) = answer;
    (pid, status, usage_object(&usage)?).into_py()
}

/// Wait for completion of a child process.
#[pyfunction(signature = "(options)")]
pub(crate) fn wait3(options: i32) -> PyResult<Obj> {
    waited(retry(|| process::wait4(-1, options))?)
}

/// Wait for completion of a specific child process.
#[pyfunction(signature = "(pid, options)")]
pub(crate) fn wait4(pid: i32, options: i32) -> PyResult<Obj> {
    waited(retry(|| process::wait4(pid, options))?)
}

pub(crate) static WAITID_RESULT: StructSeq = StructSeq::new(
    "posix.waitid_result",
    "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.",
    &[
        ("si_pid", ""),
        ("si_uid", ""),
        ("si_signo", ""),
        ("si_status", ""),
        ("si_code", ""),
    ],
);

/// Returns the result of waiting for a process or processes.
#[pyfunction(signature = "(idtype, id, options, /)")]
pub(crate) fn waitid(idtype: i32, id: i64, options: i32) -> PyResult<Option<Obj>> {
    match retry(|| process::waitid(idtype as u32, id as u32, options))? {
        None => Ok(None),
        Some(info) => WAITID_RESULT
            .make(vec![
                info.pid.into_py()?,
                info.uid.into_py()?,
                info.signo.into_py()?,
                info.status.into_py()?,
                info.code.into_py()?,
            ])
            .map(Some),
    }
}

/// Convert a wait status to an exit code.
#[pyfunction(signature = "(status)")]
pub(crate) fn waitstatus_to_exitcode(status: i32) -> PyResult<i32> {
    if libc::WIFEXITED(status) {
        return Ok(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(-libc::WTERMSIG(status));
    }
    if libc::WIFSTOPPED(status) {
        return Err(value_error!(
            "process stopped by delivery of signal {}",
            libc::WSTOPSIG(status)
        ));
    }
    Err(value_error!("invalid wait status: {status}"))
}

macro_rules! status_functions {
    ($($(#[$doc:meta])* $name:ident = $call:ident -> $answer:ty, $python:literal, $signature:literal;)*) => {$(
        $(#[$doc])*
        #[pyfunction(name = $python, signature = $signature)]
        pub(crate) fn $name(status: i32) -> $answer {
            libc::$call(status)
        }
    )*};
}

status_functions! {
    /// Return True if the process returning status was dumped to a core file.
    wcoredump = WCOREDUMP -> bool, "WCOREDUMP", "(status, /)";
    /// Return True if a particular process was continued from a job control stop.
    wifcontinued = WIFCONTINUED -> bool, "WIFCONTINUED", "(status)";
    /// Return True if the process returning status was stopped.
    wifstopped = WIFSTOPPED -> bool, "WIFSTOPPED", "(status)";
    /// Return True if the process returning status was terminated by a signal.
    wifsignaled = WIFSIGNALED -> bool, "WIFSIGNALED", "(status)";
    /// Return True if the process returning status exited via the exit() system call.
    wifexited = WIFEXITED -> bool, "WIFEXITED", "(status)";
    /// Return the process return code from status.
    wexitstatus = WEXITSTATUS -> i32, "WEXITSTATUS", "(status)";
    /// Return the signal that terminated the process that provided the status value.
    wtermsig = WTERMSIG -> i32, "WTERMSIG", "(status)";
    /// Return the signal that stopped the process that provided the status value.
    wstopsig = WSTOPSIG -> i32, "WSTOPSIG", "(status)";
}

macro_rules! simple {
    ($($(#[$doc:meta])* $name:ident($signature:literal $(, $argument:ident: $ty:ty)*) -> $answer:ty = $call:expr;)*) => {$(
        $(#[$doc])*
        #[pyfunction(signature = $signature)]
        pub(crate) fn $name($($argument: $ty),*) -> $answer {
            $call
        }
    )*};
}

simple! {
    /// Return the current process id.
    getpid("()") -> i32 = process::getpid();
    /// Return the parent's process id.
    getppid("()") -> i32 = process::getppid();
    /// Return the current process group id.
    getpgrp("()") -> i32 = process::getpgrp();
    /// Call the system call getpgid(), and return the result.
    getpgid("(pid)", pid: i32) -> PyResult<i32> = quick(process::getpgid(pid));
    /// Make the current process the leader of its process group.
    setpgrp("()") -> PyResult<()> = quick(process::setpgid(0, 0));
    /// Call the system call setpgid(pid, pgrp).
    setpgid("(pid, pgrp, /)", pid: i32, pgrp: i32) -> PyResult<()> = quick(process::setpgid(pid, pgrp));
    /// Call the system call getsid(pid) and return the result.
    getsid("(pid, /)", pid: i32) -> PyResult<i32> = quick(process::getsid(pid));
    /// Call the system call setsid().
    setsid("()") -> PyResult<()> = quick(process::setsid()).map(|_| ());
    /// Add increment to the priority of process and return the new priority.
    nice("(increment, /)", increment: i32) -> PyResult<i32> = quick(process::nice(increment));
    /// Return program scheduling priority.
    getpriority("(which, who)", which: i32, who: i32) -> PyResult<i32> =
        quick(process::getpriority(which, who as u32));
    /// Set program scheduling priority.
    setpriority("(which, who, priority)", which: i32, who: i32, priority: i32) -> PyResult<()> =
        quick(process::setpriority(which, who as u32, priority));
    /// Kill a process with a signal.
    kill("(pid, signal, /)", pid: i32, signal: i32) -> PyResult<()> = {
        quick(signal::kill(pid, signal))?;
        // A signal to ourselves has arrived by now.
        krait_runtime::hooks::check_signals()
    };
    /// Kill a process group with a signal.
    killpg("(pgid, signal, /)", pgid: i32, signal: i32) -> PyResult<()> =
        quick(signal::killpg(pgid, signal));
    /// Return a file descriptor referring to the process pid.
    pidfd_open("(pid, flags=0)", pid: i32, flags: u32) -> PyResult<i32> =
        quick(process::pidfd_open(pid, flags));
    /// Disassociate parts of a process (or thread) execution context.
    unshare("(flags)", flags: i32) -> PyResult<()> = quick(process::unshare(flags));
    /// Move the calling thread into different namespaces.
    setns("(fd, nstype=0)", fd: crate::common::Fildes, nstype: i32) -> PyResult<()> =
        quick(process::setns(fd.0, nstype));
    /// Return the current process's user id.
    getuid("()") -> u32 = ids::getuid();
    /// Return the current process's effective user id.
    geteuid("()") -> u32 = ids::geteuid();
    /// Return the current process's group id.
    getgid("()") -> u32 = ids::getgid();
    /// Return the current process's effective group id.
    getegid("()") -> u32 = ids::getegid();
    /// Set the current process's user id.
    setuid("(uid, /)", uid: Uid) -> PyResult<()> = quick(ids::setuid(uid.0));
    /// Set the current process's effective user id.
    seteuid("(euid, /)", euid: Uid) -> PyResult<()> = quick(ids::seteuid(euid.0));
    /// Set the current process's group id.
    setgid("(gid, /)", gid: Gid) -> PyResult<()> = quick(ids::setgid(gid.0));
    /// Set the current process's effective group id.
    setegid("(egid, /)", egid: Gid) -> PyResult<()> = quick(ids::setegid(egid.0));
    /// Set the current process's real and effective user ids.
    setreuid("(ruid, euid, /)", ruid: Uid, euid: Uid) -> PyResult<()> = quick(ids::setreuid(ruid.0, euid.0));
    /// Set the current process's real and effective group ids.
    setregid("(rgid, egid, /)", rgid: Gid, egid: Gid) -> PyResult<()> = quick(ids::setregid(rgid.0, egid.0));
    /// Set the current process's real, effective, and saved user ids.
    setresuid("(ruid, euid, suid, /)", ruid: Uid, euid: Uid, suid: Uid) -> PyResult<()> =
        quick(ids::setresuid(ruid.0, euid.0, suid.0));
    /// Set the current process's real, effective, and saved group ids.
    setresgid("(rgid, egid, sgid, /)", rgid: Gid, egid: Gid, sgid: Gid) -> PyResult<()> =
        quick(ids::setresgid(rgid.0, egid.0, sgid.0));
    /// Return a tuple of the current process's real, effective, and saved user ids.
    getresuid("()") -> PyResult<(u32, u32, u32)> = quick(ids::getresuid());
    /// Return a tuple of the current process's real, effective, and saved group ids.
    getresgid("()") -> PyResult<(u32, u32, u32)> = quick(ids::getresgid());
    /// Return list of supplemental group IDs for the process.
    getgroups("()") -> PyResult<Py<PyList>> = list_of(quick(ids::getgroups())?);
    /// Initialize the group access list.
    initgroups("(username, gid, /)", username: FsPath, gid: Gid) -> PyResult<()> =
        quick(ids::initgroups(&username.0, gid.0));
    /// Returns a list of groups to which a user belongs.
    getgrouplist("(user, group, /)", user: &str, group: Gid) -> PyResult<Py<PyList>> =
        list_of(quick(ids::getgrouplist(&c_string(user.as_bytes())?, group.0))?);
    /// Return the actual login name.
    getlogin("()") -> PyResult<Py<PyStr>> = fs_decode(&quick(ids::getlogin())?);
    /// Return the process group associated with the terminal specified by fd.
    tcgetpgrp("(fd, /)", fd: i32) -> PyResult<i32> = quick(tty::tcgetpgrp(fd));
    /// Set the process group associated with the terminal specified by fd.
    tcsetpgrp("(fd, pgid, /)", fd: i32, pgid: i32) -> PyResult<()> = quick(tty::tcsetpgrp(fd, pgid));
    /// Return the name of the terminal device connected to 'fd'.
    ttyname("(fd, /)", fd: i32) -> PyResult<Py<PyStr>> = fs_decode(&quick(tty::ttyname(fd))?);
    /// Return the name of the controlling terminal for this process.
    ctermid("()") -> &'static str = "/dev/tty";
    /// Open a pseudo-terminal.
    openpty("()") -> PyResult<(i32, i32)> = quick(tty::openpty());
    /// Prepare the tty of which fd is a file descriptor for a new login session.
    login_tty("(fd, /)", fd: crate::common::Fildes) -> PyResult<()> = quick(tty::login_tty(fd.0));
    /// Open and return a file descriptor for a master pseudo-terminal device.
    posix_openpt("(oflag, /)", oflag: i32) -> PyResult<i32> = quick(tty::posix_openpt(oflag));
    /// Grant access to the slave pseudo-terminal device.
    grantpt("(fd, /)", fd: crate::common::Fildes) -> PyResult<()> = quick(tty::grantpt(fd.0));
    /// Unlock a pseudo-terminal master/slave pair.
    unlockpt("(fd, /)", fd: crate::common::Fildes) -> PyResult<()> = quick(tty::unlockpt(fd.0));
    /// Return the name of the slave pseudo-terminal device.
    ptsname("(fd, /)", fd: crate::common::Fildes) -> PyResult<Py<PyStr>> = fs_decode(&quick(tty::ptsname(fd.0))?);
}

/// Set the groups of the current process to list.
#[pyfunction(signature = "(groups, /)")]
pub(crate) fn setgroups(groups: &PyObject) -> PyResult<()> {
    if !groups.is_sequence() {
        return Err(type_error!("setgroups argument must be a sequence"));
    }
    let groups = groups.to_vec()?;
    let groups = groups.iter().map(|group| {
        if group.downcast::<PyLong>().is_none() {
            return Err(type_error!("groups must be integers"));
        }
        Ok(group.extract::<Gid>()?.0)
    });
    quick(ids::setgroups(&groups.collect::<PyResult<Vec<_>>>()?))
}

/// Execute the command in a subshell.
#[pyfunction(signature = "(command)")]
pub(crate) fn system(command: FsPath) -> i32 {
    krait_runtime::ThreadState::allow_threads(|| process::system(&command.0))
}
