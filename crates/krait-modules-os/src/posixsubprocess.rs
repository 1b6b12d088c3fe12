//! `_posixsubprocess`: starting a program for `subprocess`.

use std::ffi::CString;

use krait_host::spawn::{self, ForkExec};
use krait_macros::pyfunction;
use krait_runtime::object::PyObject;
use krait_runtime::{Interpreter, PyLong, PyResult, PyTuple, pymodule, type_error, value_error};

use crate::common::{FsPath, fs_path, quick};
use crate::posix::path::{Gid, Uid};
use crate::posix::process;

pymodule! {
    pub(crate) POSIXSUBPROCESS = "_posixsubprocess",
    "Forking and executing for the module subprocess.",
    functions: [fork_exec],
    classes: [],
    exec: None
}

fn strings(list: &PyObject, message: &str) -> PyResult<Vec<CString>> {
    let items = list.to_vec_or(message)?;
    items.iter().map(|item| fs_path(item)).collect()
}

/// The descriptors to keep, which the child needs sorted.
fn descriptors(list: &PyTuple) -> PyResult<Vec<i32>> {
    let mut fds: Vec<i32> = Vec::with_capacity(list.len());
    for item in list.as_slice() {
        let fd = item
            .downcast::<PyLong>()
            .and_then(PyLong::to_i64)
            .and_then(|fd| i32::try_from(fd).ok());
        match fd {
            Some(fd) if fds.last().is_none_or(|&last| fd > last) && fd >= 0 => fds.push(fd),
            _ => return Err(value_error!("bad value(s) in fds_to_keep")),
        }
    }
    Ok(fds)
}

fn group_ids(groups: &PyObject) -> PyResult<Vec<u32>> {
    if !groups.is_sequence() {
        return Err(type_error!("setgroups argument must be a sequence"));
    }
    let items = groups.to_vec()?;
    if items.len() > 65536 {
        return Err(value_error!("too many extra_groups"));
    }
    items
        .iter()
        .map(|item| match item.extract::<Gid>() {
            Ok(gid) => Ok(gid.0),
            Err(error) => {
                error.clear();
                Err(value_error!("invalid group id"))
            }
        })
        .collect()
}

/// Runs `preexec_fn` in the child, which has this thread only; false if it raised.
fn run_in_child(preexec_fn: &PyObject) -> bool {
    process::after_fork_in_child();
    match preexec_fn.call0() {
        Ok(result) => {
            drop(result);
            true
        }
        Err(error) => {
            error.clear();
            false
        }
    }
}

/// Spawn a fresh new child process.
///
/// The many arguments are those of subprocess.Popen, once it has prepared them. Returns the
/// child's process ID; what goes wrong in the child is written to errpipe_write.
#[pyfunction(
    signature = "(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)"
)]
fn fork_exec(
    args: &PyObject,
    executable_list: &PyObject,
    close_fds: bool,
    pass_fds: &PyTuple,
    cwd: Option<FsPath>,
    env: Option<&PyObject>,
    p2cread: i32,
    p2cwrite: i32,
    c2pread: i32,
    c2pwrite: i32,
    errread: i32,
    errwrite: i32,
    errpipe_read: i32,
    errpipe_write: i32,
    restore_signals: bool,
    call_setsid: bool,
    pgid_to_set: i32,
    gid: Option<Gid>,
    extra_groups: Option<&PyObject>,
    uid: Option<Uid>,
    child_umask: i32,
    preexec_fn: Option<&PyObject>,
) -> PyResult<i32> {
    if preexec_fn.is_some() {
        process::refuse_at_end("preexec_fn not supported at interpreter shutdown")?;
    }
    krait_runtime::audit!("_posixsubprocess.fork_exec", executable_list, args, env)?;
    if close_fds && errpipe_write < 3 {
        return Err(value_error!("errpipe_write must be >= 3"));
    }
    let keep = descriptors(pass_fds)?;
    let executables = strings(executable_list, "executable_list must be a sequence")?;
    let arguments = strings(args, "argv must be a tuple")?;
    let environment = env
        .map(|env| strings(env, "env must be a sequence"))
        .transpose()?;
    let groups = extra_groups.map(group_ids).transpose()?;
    let spec = ForkExec {
        arguments: &arguments,
        executables: &executables,
        close_fds,
        keep: &keep,
        cwd: cwd.as_ref().map(|cwd| cwd.0.as_c_str()),
        environment: environment.as_deref(),
        stdin: (p2cread, p2cwrite),
        stdout: (c2pread, c2pwrite),
        stderr: (errread, errwrite),
        error_pipe: (errpipe_read, errpipe_write),
        restore_signals,
        new_session: call_setsid,
        process_group: pgid_to_set,
        gid: gid.map(|gid| gid.0),
        groups: groups.as_deref(),
        uid: uid.map(|uid| uid.0),
        umask: child_umask,
    };
    let Some(preexec_fn) = preexec_fn else {
        // SAFETY: nothing of the interpreter runs in the child.
        return quick(unsafe { spawn::fork_exec(&spec, None) });
    };
    process::before_fork();
    let mut guard = Some(Interpreter::current().lock.hold_for_fork());
    let mut before = || {
        if let Some(guard) = guard.take() {
            guard.end_in_child();
        }
        run_in_child(preexec_fn)
    };
    // SAFETY: the child has this thread only, which holds the interpreter's lock, and puts the
    // state of threads right before it runs Python code.
    let answer = unsafe { spawn::fork_exec(&spec, Some(&mut before)) };
    drop(guard);
    process::after_fork_in_parent();
    process::warn_threads("fork", false)?;
    quick(answer)
}
