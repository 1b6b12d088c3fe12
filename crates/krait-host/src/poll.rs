//! Waiting for many descriptors.

use std::ffi::c_int;

use crate::errno::{Errno, Result, check, done, lent, plain, zeroed};
use crate::fd::Fd;

/// Descriptors from this on do not fit into a set of `select`.
pub const FD_SETSIZE: Fd = libc::FD_SETSIZE as Fd;

/// Waits until some descriptor of the three lists is ready; `None` waits without end. The lists
/// are cut to those that are. Every descriptor must be below [`FD_SETSIZE`].
pub fn select(
    read: &mut Vec<Fd>,
    write: &mut Vec<Fd>,
    except: &mut Vec<Fd>,
    timeout: Option<(i64, i64)>,
) -> Result<()> {
    let mut highest = -1;
    let mut sets = [
        zeroed!(libc::fd_set),
        zeroed!(libc::fd_set),
        zeroed!(libc::fd_set),
    ];
    for (list, set) in [&*read, &*write, &*except].into_iter().zip(&mut sets) {
        for &fd in list {
            if !(0..FD_SETSIZE).contains(&fd) {
                return Err(Errno::EINVAL);
            }
            highest = highest.max(fd);
            // SAFETY: the descriptor was just found to be inside the set.
            unsafe { libc::FD_SET(fd, set) };
        }
    }
    let mut limit = timeout.map(|(sec, usec)| libc::timeval {
        tv_sec: sec,
        tv_usec: usec as _,
    });
    let limit = limit
        .as_mut()
        .map_or(std::ptr::null_mut(), |limit| limit as *mut libc::timeval);
    let [r, w, x] = &mut sets;
    check(lent!(select(
        highest + 1,
        &raw mut *r,
        &raw mut *w,
        &raw mut *x,
        limit
    )))?;
    for (list, set) in [read, write, except].into_iter().zip(&sets) {
        // SAFETY: all descriptors of the lists are inside the sets.
        list.retain(|&fd| unsafe { libc::FD_ISSET(fd, set) });
    }
    Ok(())
}

/// A descriptor to wait for, and what happened to it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PollFd {
    /// The descriptor.
    pub fd: Fd,
    /// What to wait for.
    pub events: i16,
    /// What happened.
    pub revents: i16,
}

/// Waits for some milliseconds (−1: without end); the answer is how many are ready.
pub fn poll(list: &mut [PollFd], milliseconds: c_int) -> Result<usize> {
    // SAFETY: `PollFd` has the layout of C's struct, and the length is the list's.
    let ready = unsafe { libc::poll(list.as_mut_ptr().cast(), list.len() as _, milliseconds) };
    check(ready).map(|count| count as usize)
}

/// An event of `epoll`: what happened, and the number that was given with the descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What happened.
    pub events: u32,
    /// The number given.
    pub data: u64,
}

/// A set of descriptors that is kept by the system.
pub fn epoll_create(flags: c_int) -> Result<Fd> {
    check(plain!(epoll_create1(flags)))
}

/// Adds, changes or removes a descriptor.
pub fn epoll_ctl(epoll: Fd, operation: c_int, fd: Fd, events: u32, data: u64) -> Result<()> {
    let mut event = libc::epoll_event { events, u64: data };
    done(lent!(epoll_ctl(epoll, operation, fd, &raw mut event)))
}

/// Waits for events, at most `most` of them.
pub fn epoll_wait(epoll: Fd, most: usize, milliseconds: c_int) -> Result<Vec<Event>> {
    let mut list = vec![libc::epoll_event { events: 0, u64: 0 }; most.max(1)];
    let count = check(lent!(epoll_wait(
        epoll,
        list.as_mut_ptr(),
        list.len() as c_int,
        milliseconds
    )))?;
    let events = list.iter().take(count as usize);
    Ok(events
        .map(|event| Event {
            events: event.events,
            data: event.u64,
        })
        .collect())
}
