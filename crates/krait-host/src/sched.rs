//! The scheduler.

use std::ffi::c_int;

use crate::errno::{Errno, Result, check, done, lent, plain, zeroed};
use crate::fs::Moment;

/// Gives the processor up.
pub fn sched_yield() -> Result<()> {
    done(plain!(sched_yield()))
}

/// The highest priority of a policy.
pub fn priority_max(policy: c_int) -> Result<c_int> {
    check(plain!(sched_get_priority_max(policy)))
}

/// The lowest priority of a policy.
pub fn priority_min(policy: c_int) -> Result<c_int> {
    check(plain!(sched_get_priority_min(policy)))
}

/// The policy of a process.
pub fn getscheduler(pid: i32) -> Result<c_int> {
    check(plain!(sched_getscheduler(pid)))
}

fn parameter(priority: c_int) -> libc::sched_param {
    let mut raw = zeroed!(libc::sched_param);
    raw.sched_priority = priority;
    raw
}

/// Sets policy and priority of a process.
pub fn setscheduler(pid: i32, policy: c_int, priority: c_int) -> Result<()> {
    let raw = parameter(priority);
    done(lent!(sched_setscheduler(pid, policy, &raw const raw)))
}

/// The priority of a process.
pub fn getparam(pid: i32) -> Result<c_int> {
    let mut raw = parameter(0);
    done(lent!(sched_getparam(pid, &raw mut raw)))?;
    Ok(raw.sched_priority)
}

/// Sets the priority of a process.
pub fn setparam(pid: i32, priority: c_int) -> Result<()> {
    let raw = parameter(priority);
    done(lent!(sched_setparam(pid, &raw const raw)))
}

/// The slice of time that a process gets.
pub fn rr_get_interval(pid: i32) -> Result<Moment> {
    let mut raw = zeroed!(libc::timespec);
    done(lent!(sched_rr_get_interval(pid, &raw mut raw)))?;
    Ok(Moment {
        sec: raw.tv_sec,
        nsec: raw.tv_nsec,
    })
}

/// The processors that a process may run on.
pub fn getaffinity(pid: i32) -> Result<Vec<usize>> {
    let mut words = vec![0u64; 16];
    loop {
        let size = words.len() * 8;
        match check(lent!(sched_getaffinity(
            pid,
            size,
            words.as_mut_ptr().cast()
        ))) {
            Ok(_) => break,
            // The machine has more processors than the set has room for.
            Err(Errno::EINVAL) if words.len() < 1 << 16 => words.resize(words.len() * 2, 0),
            Err(error) => return Err(error),
        }
    }
    Ok((0..words.len() * 64)
        .filter(|cpu| words[cpu / 64] >> (cpu % 64) & 1 != 0)
        .collect())
}

/// Sets the processors that a process may run on.
pub fn setaffinity(pid: i32, cpus: &[usize]) -> Result<()> {
    let last = cpus.iter().copied().max().unwrap_or(0);
    if last >= 1 << 22 {
        return Err(Errno::EINVAL);
    }
    let mut words = vec![0u64; (last / 64 + 1).max(16)];
    for cpu in cpus {
        words[cpu / 64] |= 1 << (cpu % 64);
    }
    done(lent!(sched_setaffinity(
        pid,
        words.len() * 8,
        words.as_ptr().cast()
    )))
}

/// The number of processors of the machine.
pub fn cpu_count() -> Option<usize> {
    usize::try_from(plain!(sysconf(libc::_SC_NPROCESSORS_ONLN)))
        .ok()
        .filter(|&count| count > 0)
}
