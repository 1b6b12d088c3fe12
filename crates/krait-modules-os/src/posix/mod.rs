//! `posix`: the system calls behind `os`.

mod constants;
mod files;
pub(crate) mod path;
pub(crate) mod process;
mod scandir;
pub(crate) mod spawn;
pub(crate) mod stat;
pub(crate) mod system;
pub(crate) mod tree;

use krait_runtime::object::PyClass;
use krait_runtime::structseq::StructSeq;
use krait_runtime::{PyDict, PyLong, PyModule, PyResult, exc, pymodule};

pub(crate) use files::with_bytes;

pymodule! {
    pub POSIX = "posix",
    "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix manual entries for more information on calls.",
    functions: [
        stat::stat, stat::lstat, stat::fstat, stat::statvfs, stat::fstatvfs, stat::fpathconf,
        stat::pathconf,
        files::open, files::close, files::closerange, files::read, files::pread, files::readinto,
        files::write, files::pwrite, files::readv, files::writev, files::preadv, files::pwritev,
        files::lseek, files::isatty, files::dup, files::dup2, files::pipe, files::pipe2,
        files::fsync, files::fdatasync, files::sync, files::ftruncate, files::truncate,
        files::lockf, files::get_inheritable, files::set_inheritable, files::get_blocking,
        files::set_blocking, files::sendfile, files::copy_file_range, files::splice,
        files::memfd_create, files::eventfd, files::eventfd_read, files::eventfd_write,
        files::posix_fallocate, files::posix_fadvise, files::timerfd_create,
        files::timerfd_settime, files::timerfd_settime_ns, files::timerfd_gettime,
        files::timerfd_gettime_ns, files::device_encoding,
        tree::access, tree::chdir, tree::fchdir, tree::chroot, tree::getcwd, tree::getcwdb,
        tree::chmod, tree::fchmod, tree::chown, tree::fchown, tree::lchown, tree::mkdir,
        tree::rmdir, tree::unlink, tree::remove, tree::rename, tree::replace, tree::link,
        tree::symlink, tree::readlink, tree::mkfifo, tree::mknod, tree::major, tree::minor,
        tree::makedev, tree::umask, tree::utime, tree::getxattr, tree::setxattr,
        tree::removexattr, tree::listxattr, tree::fspath, tree::strerror, tree::path_normpath,
        tree::path_splitroot_ex,
        scandir::listdir, scandir::scandir,
        process::register_at_fork, process::fork, process::forkpty, process::exit_now,
        process::abort, process::execv, process::execve, process::waitpid, process::wait,
        process::wait3, process::wait4, process::waitid, process::waitstatus_to_exitcode,
        process::wcoredump, process::wifcontinued, process::wifstopped, process::wifsignaled,
        process::wifexited, process::wexitstatus, process::wtermsig, process::wstopsig,
        process::getpid, process::getppid, process::getpgrp, process::getpgid, process::setpgrp,
        process::setpgid, process::getsid, process::setsid, process::nice, process::getpriority,
        process::setpriority, process::kill, process::killpg, process::pidfd_open,
        process::unshare, process::setns, process::getuid, process::geteuid, process::getgid,
        process::getegid, process::setuid, process::seteuid, process::setgid, process::setegid,
        process::setreuid, process::setregid, process::setresuid, process::setresgid,
        process::getresuid, process::getresgid, process::getgroups, process::initgroups,
        process::getgrouplist, process::getlogin, process::tcgetpgrp, process::tcsetpgrp,
        process::ttyname, process::ctermid, process::openpty, process::login_tty,
        process::posix_openpt, process::grantpt, process::unlockpt, process::ptsname,
        process::setgroups, process::system,
        spawn::posix_spawn, spawn::posix_spawnp,
        system::sysconf, system::confstr, system::uname, system::times,
        system::get_terminal_size, system::getloadavg, system::urandom, system::getrandom,
        system::cpu_count, system::create_environ, system::putenv, system::unsetenv,
        system::sched_yield, system::sched_get_priority_max, system::sched_get_priority_min,
        system::sched_getscheduler, system::sched_setscheduler, system::sched_getparam,
        system::sched_setparam, system::sched_rr_get_interval, system::sched_getaffinity,
        system::sched_setaffinity, system::is_inputhook_installed, system::inputhook,
    ],
    classes: [scandir::DirEntry],
    hidden: [scandir::ScandirIterator],
    exec: Some(exec)
}

static STRUCTS: &[(&str, &StructSeq)] = &[
    ("stat_result", &stat::STAT_RESULT),
    ("statvfs_result", &stat::STATVFS_RESULT),
    ("terminal_size", &system::TERMINAL_SIZE),
    ("times_result", &system::TIMES_RESULT),
    ("uname_result", &system::UNAME_RESULT),
    ("sched_param", &system::SCHED_PARAM),
    ("waitid_result", &process::WAITID_RESULT),
];

fn names_dict(rows: &[(&str, i32)]) -> PyResult<krait_runtime::Py<PyDict>> {
    let dict = PyDict::new()?;
    for (name, number) in rows {
        dict.set(name, &*PyLong::from_i64(i64::from(*number))?)?;
    }
    Ok(dict)
}

fn exec(module: &PyModule) -> PyResult<()> {
    use krait_host::sysconf::{CONFSTR_NAMES, PATHCONF_NAMES, SYSCONF_NAMES};
    let dict = module.dict();
    constants::add(&dict)?;
    for (name, class) in STRUCTS {
        dict.set(name, class.class()?)?;
    }
    dict.set("error", exc::OSError.as_object())?;
    dict.set("environ", &*system::environ_dict()?)?;
    dict.set("sysconf_names", &*names_dict(SYSCONF_NAMES)?)?;
    dict.set("pathconf_names", &*names_dict(PATHCONF_NAMES)?)?;
    dict.set("confstr_names", &*names_dict(CONFSTR_NAMES)?)?;
    let functions = constants::HAVE_FUNCTIONS.iter().copied();
    dict.set("_have_functions", &*crate::common::list_of(functions)?)
}
