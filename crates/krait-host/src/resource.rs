//! What processes use, and may use.

use std::ffi::c_int;

use crate::errno::{Result, done, lent, zeroed};

/// What a process used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds in the program.
    pub utime: f64,
    /// Seconds in the system.
    pub stime: f64,
    /// Largest resident size, in kilobytes.
    pub maxrss: i64,
    /// Shared memory.
    pub ixrss: i64,
    /// Memory of its own.
    pub idrss: i64,
    /// Stack.
    pub isrss: i64,
    /// Page faults without reading.
    pub minflt: i64,
    /// Page faults with reading.
    pub majflt: i64,
    /// Times it was swapped out.
    pub nswap: i64,
    /// Blocks read.
    pub inblock: i64,
    /// Blocks written.
    pub oublock: i64,
    /// Messages sent.
    pub msgsnd: i64,
    /// Messages received.
    pub msgrcv: i64,
    /// Signals received.
    pub nsignals: i64,
    /// Times it gave the processor up.
    pub nvcsw: i64,
    /// Times the processor was taken from it.
    pub nivcsw: i64,
}

pub(crate) fn usage_of(raw: &libc::rusage) -> Usage {
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    Usage {
        utime: seconds(raw.ru_utime),
        stime: seconds(raw.ru_stime),
        maxrss: raw.ru_maxrss,
        ixrss: raw.ru_ixrss,
        idrss: raw.ru_idrss,
        isrss: raw.ru_isrss,
        minflt: raw.ru_minflt,
        majflt: raw.ru_majflt,
        nswap: raw.ru_nswap,
        inblock: raw.ru_inblock,
        oublock: raw.ru_oublock,
        msgsnd: raw.ru_msgsnd,
        msgrcv: raw.ru_msgrcv,
        nsignals: raw.ru_nsignals,
        nvcsw: raw.ru_nvcsw,
        nivcsw: raw.ru_nivcsw,
    }
}

/// What this process, its children or this thread used.
pub fn getrusage(who: c_int) -> Result<Usage> {
    let mut raw = zeroed!(libc::rusage);
    done(lent!(getrusage(who, &raw mut raw)))?;
    Ok(usage_of(&raw))
}

/// A limit, and how far it can be raised; all bits are "no limit".
pub type Limit = (u64, u64);

/// A limit of this process.
pub fn getrlimit(resource: c_int) -> Result<Limit> {
    let mut raw = zeroed!(libc::rlimit);
    done(lent!(getrlimit(resource as _, &raw mut raw)))?;
    Ok((raw.rlim_cur, raw.rlim_max))
}

/// Sets a limit of this process.
pub fn setrlimit(resource: c_int, limit: Limit) -> Result<()> {
    let raw = libc::rlimit {
        rlim_cur: limit.0,
        rlim_max: limit.1,
    };
    done(lent!(setrlimit(resource as _, &raw const raw)))
}

/// Gets a limit of a process, and sets it if one is given.
pub fn prlimit(pid: i32, resource: c_int, limit: Option<Limit>) -> Result<Limit> {
    let new = limit.map(|(rlim_cur, rlim_max)| libc::rlimit { rlim_cur, rlim_max });
    let mut old = zeroed!(libc::rlimit);
    let new = new
        .as_ref()
        .map_or(std::ptr::null(), |new| new as *const libc::rlimit);
    done(lent!(prlimit(pid, resource as _, new, &raw mut old)))?;
    Ok((old.rlim_cur, old.rlim_max))
}
