//! Clocks, sleeping, and the C library's calendar.

use std::ffi::{CStr, CString, c_int};

use crate::errno::{Errno, Result, done, lent, plain, zeroed};
use crate::fs::Moment;

/// The clock that is never set.
pub const CLOCK_MONOTONIC: c_int = libc::CLOCK_MONOTONIC;

/// The numbers of the clocks, by Python's names.
pub const CLOCKS: &[(&str, c_int)] = &[
    ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
    ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
    ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
    ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
    ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
    ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
    ("CLOCK_TAI", libc::CLOCK_TAI),
];

fn moment(raw: libc::timespec) -> Moment {
    Moment {
        sec: raw.tv_sec,
        nsec: raw.tv_nsec,
    }
}

fn timespec(time: Moment) -> libc::timespec {
    libc::timespec {
        tv_sec: time.sec,
        tv_nsec: time.nsec,
    }
}

/// What a clock says.
pub fn clock_gettime(clock: c_int) -> Result<Moment> {
    let mut raw = zeroed!(libc::timespec);
    done(lent!(clock_gettime(clock, &raw mut raw)))?;
    Ok(moment(raw))
}

/// How fine a clock is.
pub fn clock_getres(clock: c_int) -> Result<Moment> {
    let mut raw = zeroed!(libc::timespec);
    done(lent!(clock_getres(clock, &raw mut raw)))?;
    Ok(moment(raw))
}

/// Sets a clock.
pub fn clock_settime(clock: c_int, time: Moment) -> Result<()> {
    let raw = timespec(time);
    done(lent!(clock_settime(clock, &raw const raw)))
}

/// The clock of a thread's processor time.
///
/// # Safety
///
/// `thread` must be the handle of a thread that was not joined.
pub unsafe fn pthread_getcpuclockid(thread: u64) -> Result<c_int> {
    let mut clock = 0;
    // SAFETY: the caller vouches for the handle.
    crate::errno::direct(unsafe { libc::pthread_getcpuclockid(thread as _, &raw mut clock) })?;
    Ok(clock)
}

/// Sleeps until a moment of the monotonic clock; `EINTR` if a signal came first.
pub fn sleep_until(deadline: Moment) -> Result<()> {
    let raw = timespec(deadline);
    let (clock, flags) = (libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME);
    crate::errno::direct(lent!(clock_nanosleep(
        clock,
        flags,
        &raw const raw,
        std::ptr::null_mut()
    )))
}

/// The parts of a moment in some zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Years since 1900.
    pub year: i32,
    /// Month, from 0.
    pub month: i32,
    /// Day of the month, from 1.
    pub day: i32,
    /// Hour.
    pub hour: i32,
    /// Minute.
    pub minute: i32,
    /// Second, up to 60.
    pub second: i32,
    /// Day of the week, from Sunday = 0.
    pub weekday: i32,
    /// Day of the year, from 0.
    pub yearday: i32,
    /// Summer time: 1, 0, or −1 for unknown.
    pub dst: i32,
    /// Seconds east of Greenwich.
    pub gmtoff: i64,
    /// The abbreviation of the zone.
    pub zone: CString,
}

fn calendar_of(raw: &libc::tm) -> Calendar {
    let zone = if raw.tm_zone.is_null() {
        CString::default()
    } else {
        // SAFETY: the C library points to the name of a zone, which ends with a zero and stays.
        unsafe { CStr::from_ptr(raw.tm_zone) }.to_owned()
    };
    Calendar {
        year: raw.tm_year,
        month: raw.tm_mon,
        day: raw.tm_mday,
        hour: raw.tm_hour,
        minute: raw.tm_min,
        second: raw.tm_sec,
        weekday: raw.tm_wday,
        yearday: raw.tm_yday,
        dst: raw.tm_isdst,
        gmtoff: raw.tm_gmtoff,
        zone,
    }
}

/// The struct of the C library; its zone points into `calendar`.
fn raw_of(calendar: &Calendar) -> libc::tm {
    libc::tm {
        tm_year: calendar.year,
        tm_mon: calendar.month,
        tm_mday: calendar.day,
        tm_hour: calendar.hour,
        tm_min: calendar.minute,
        tm_sec: calendar.second,
        tm_wday: calendar.weekday,
        tm_yday: calendar.yearday,
        tm_isdst: calendar.dst,
        tm_gmtoff: calendar.gmtoff,
        tm_zone: calendar.zone.as_ptr(),
    }
}

/// A moment in Greenwich.
pub fn gmtime(seconds: i64) -> Result<Calendar> {
    let mut raw = broken_down();
    if lent!(gmtime_r(&raw const seconds, &raw mut raw)).is_null() {
        return Err(Errno::last());
    }
    Ok(calendar_of(&raw))
}

/// A moment in the local zone.
pub fn localtime(seconds: i64) -> Result<Calendar> {
    let mut raw = broken_down();
    Errno(0).set_last();
    if lent!(localtime_r(&raw const seconds, &raw mut raw)).is_null() {
        let error = Errno::last();
        return Err(if error.0 == 0 { Errno::EINVAL } else { error });
    }
    Ok(calendar_of(&raw))
}

fn broken_down() -> libc::tm {
    raw_of(&Calendar::default())
}

/// The moment of a local time, whose parts need not be in range; `None` if there is none.
pub fn mktime(calendar: &Calendar) -> Option<i64> {
    let mut raw = raw_of(calendar);
    // The day of the week is always written: that it was not tells failure from −1.
    raw.tm_wday = -1;
    let seconds = lent!(mktime(&raw mut raw));
    (seconds != -1 || raw.tm_wday != -1).then_some(seconds)
}

/// Formats a time in the C locale's way; the answer has the bytes of the locale's encoding.
pub fn strftime(format: &CStr, calendar: &Calendar) -> Result<Vec<u8>> {
    let raw = raw_of(calendar);
    let mut size = 1024;
    loop {
        let mut buffer = vec![0u8; size];
        let length = lent!(strftime(
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            format.as_ptr(),
            &raw const raw
        ));
        // Zero may also mean an empty result: a directive never makes 256 bytes.
        if length > 0 || size >= 256 * format.count_bytes().max(1) {
            buffer.truncate(length);
            return Ok(buffer);
        }
        size *= 2;
    }
}

/// Reads the zone from the environment again.
pub fn tzset() {
    // SAFETY: the C library guards the variables of the zone with a lock of its own.
    unsafe { tzset_c() }
}

unsafe extern "C" {
    #[link_name = "tzset"]
    fn tzset_c();
}

/// User and system time of the process and of its children, in clock ticks, and the elapsed time.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// User time of the process.
    pub user: i64,
    /// System time of the process.
    pub system: i64,
    /// User time of children.
    pub children_user: i64,
    /// System time of children.
    pub children_system: i64,
    /// Time since some moment of the past.
    pub elapsed: i64,
}

/// The times of the process.
pub fn times() -> Result<Times> {
    let mut raw = zeroed!(libc::tms);
    let elapsed = crate::errno::check(lent!(times(&raw mut raw)))?;
    Ok(Times {
        user: raw.tms_utime,
        system: raw.tms_stime,
        children_user: raw.tms_cutime,
        children_system: raw.tms_cstime,
        elapsed,
    })
}

/// Clock ticks per second.
pub fn ticks_per_second() -> i64 {
    plain!(sysconf(libc::_SC_CLK_TCK))
}

/// A timer that is a file descriptor.
pub fn timerfd_create(clock: c_int, flags: c_int) -> Result<c_int> {
    crate::errno::check(plain!(timerfd_create(clock, flags)))
}

/// The time until a timer runs out, and its period.
pub type TimerState = (Moment, Moment);

/// Sets a timer; the answer is what it was.
pub fn timerfd_settime(fd: c_int, flags: c_int, state: TimerState) -> Result<TimerState> {
    let (value, interval) = state;
    let new = libc::itimerspec {
        it_value: timespec(value),
        it_interval: timespec(interval),
    };
    let mut old = zeroed!(libc::itimerspec);
    done(lent!(timerfd_settime(
        fd,
        flags,
        &raw const new,
        &raw mut old
    )))?;
    Ok((moment(old.it_value), moment(old.it_interval)))
}

/// The state of a timer.
pub fn timerfd_gettime(fd: c_int) -> Result<TimerState> {
    let mut now = zeroed!(libc::itimerspec);
    done(lent!(timerfd_gettime(fd, &raw mut now)))?;
    Ok((moment(now.it_value), moment(now.it_interval)))
}
