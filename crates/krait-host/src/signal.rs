//! Signals.

use std::ffi::{CStr, c_int};

use crate::errno::{Errno, Result, check, direct, done, lent, plain, zeroed};
use crate::fs::Moment;

/// One more than the largest signal.
pub const NSIG: c_int = 65;

/// A function that the system calls with the number of a signal. It may only do what is safe
/// inside a signal handler.
pub type Handler = extern "C" fn(c_int);

/// What happens at a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// What the system does by itself.
    Default,
    /// Nothing.
    Ignore,
    /// A function is called.
    Handler(Address),
}

/// A handler that the system named. It can be put back, but not made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(usize);

fn disposition(address: usize) -> Disposition {
    match address {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignore,
        address => Disposition::Handler(Address(address)),
    }
}

fn install(signal: c_int, address: usize, flags: c_int) -> Result<Disposition> {
    let mut new = zeroed!(libc::sigaction);
    let mut old = zeroed!(libc::sigaction);
    new.sa_sigaction = address;
    new.sa_flags = flags;
    // SAFETY: the mask is ours; the address is SIG_DFL, SIG_IGN, one that the system gave, or a
    // function with the signature that goes without SA_SIGINFO.
    unsafe {
        libc::sigemptyset(&raw mut new.sa_mask);
        done(libc::sigaction(signal, &raw const new, &raw mut old))?;
    }
    Ok(disposition(old.sa_sigaction))
}

/// Sets what happens at a signal; calls are interrupted by it, not begun again. The answer is
/// what happened before.
pub fn set_disposition(signal: c_int, wanted: Disposition) -> Result<Disposition> {
    let address = match wanted {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignore => libc::SIG_IGN,
        Disposition::Handler(Address(address)) => address,
    };
    install(signal, address, libc::SA_ONSTACK)
}

/// Has a function called at a signal.
pub fn set_handler(signal: c_int, handler: Handler) -> Result<Disposition> {
    install(signal, handler as *const () as usize, libc::SA_ONSTACK)
}

/// What happens at a signal.
pub fn get_disposition(signal: c_int) -> Result<Disposition> {
    let mut old = zeroed!(libc::sigaction);
    done(lent!(sigaction(signal, std::ptr::null(), &raw mut old)))?;
    Ok(disposition(old.sa_sigaction))
}

/// Whether a signal interrupts calls or has them begun again.
pub fn siginterrupt(signal: c_int, interrupt: bool) -> Result<()> {
    let mut action = zeroed!(libc::sigaction);
    done(lent!(sigaction(signal, std::ptr::null(), &raw mut action)))?;
    if interrupt {
        action.sa_flags &= !libc::SA_RESTART;
    } else {
        action.sa_flags |= libc::SA_RESTART;
    }
    done(lent!(sigaction(
        signal,
        &raw const action,
        std::ptr::null_mut()
    )))
}

/// Signals by number: a set of 64 bits, signal 1 in the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SigSet(pub u64);

impl SigSet {
    /// Adds a signal.
    pub fn add(&mut self, signal: c_int) {
        if (1..NSIG).contains(&signal) {
            self.0 |= 1 << (signal - 1);
        }
    }

    /// The signals of the set.
    pub fn iter(self) -> impl Iterator<Item = c_int> {
        (1..NSIG).filter(move |signal| self.0 >> (signal - 1) & 1 != 0)
    }

    pub(crate) fn raw(self) -> libc::sigset_t {
        let mut raw = zeroed!(libc::sigset_t);
        // SAFETY: the set is ours, and the numbers are those of signals.
        unsafe {
            libc::sigemptyset(&raw mut raw);
            for signal in self.iter() {
                libc::sigaddset(&raw mut raw, signal);
            }
        }
        raw
    }

    fn of(raw: &libc::sigset_t) -> SigSet {
        let mut set = SigSet::default();
        for signal in 1..NSIG {
            if lent!(sigismember(raw, signal)) == 1 {
                set.add(signal);
            }
        }
        set
    }
}

/// All signals that can be used.
pub fn valid_signals() -> SigSet {
    let mut raw = zeroed!(libc::sigset_t);
    lent!(sigfillset(&raw mut raw));
    SigSet::of(&raw)
}

/// Changes the mask of the thread; the answer is the mask before.
pub fn pthread_sigmask(how: c_int, set: SigSet) -> Result<SigSet> {
    let raw = set.raw();
    let mut old = zeroed!(libc::sigset_t);
    direct(lent!(pthread_sigmask(how, &raw const raw, &raw mut old)))?;
    Ok(SigSet::of(&old))
}

/// The signals that wait to be delivered.
pub fn sigpending() -> Result<SigSet> {
    let mut raw = zeroed!(libc::sigset_t);
    done(lent!(sigpending(&raw mut raw)))?;
    Ok(SigSet::of(&raw))
}

/// Waits for a signal of the set.
pub fn sigwait(set: SigSet) -> Result<c_int> {
    let raw = set.raw();
    let mut signal = 0;
    direct(lent!(sigwait(&raw const raw, &raw mut signal)))?;
    Ok(signal)
}

/// What is known of a signal that arrived.
#[derive(Clone, Copy, Debug)]
pub struct SigInfo {
    /// The signal.
    pub signo: c_int,
    /// Why it was sent.
    pub code: c_int,
    /// An error number with it.
    pub errno: c_int,
    /// Who sent it.
    pub pid: i32,
    /// Whose process sent it.
    pub uid: u32,
    /// The status of a child.
    pub status: c_int,
    /// The event of a poll.
    pub band: i64,
}

fn info_of(raw: &libc::siginfo_t) -> SigInfo {
    // The event of `SIGPOLL` stands where the identity of the sender does.
    // SAFETY: the fields share storage that the system, or we with zeros, filled with numbers.
    let (pid, uid, status) = unsafe { (raw.si_pid(), raw.si_uid(), raw.si_status()) };
    let band = (pid as u32 as i64) | ((uid as i64) << 32);
    SigInfo {
        signo: raw.si_signo,
        code: raw.si_code,
        errno: raw.si_errno,
        pid,
        uid,
        status,
        band,
    }
}

/// Waits for a signal of the set and tells about it.
pub fn sigwaitinfo(set: SigSet) -> Result<SigInfo> {
    let raw = set.raw();
    let mut info = zeroed!(libc::siginfo_t);
    check(lent!(sigwaitinfo(&raw const raw, &raw mut info)))?;
    Ok(info_of(&info))
}

/// The same with a limit of time; `None` if no signal came.
pub fn sigtimedwait(set: SigSet, timeout: Moment) -> Result<Option<SigInfo>> {
    let raw = set.raw();
    let limit = libc::timespec {
        tv_sec: timeout.sec,
        tv_nsec: timeout.nsec,
    };
    let mut info = zeroed!(libc::siginfo_t);
    match check(lent!(sigtimedwait(
        &raw const raw,
        &raw mut info,
        &raw const limit
    ))) {
        Ok(_) => Ok(Some(info_of(&info))),
        Err(Errno(libc::EAGAIN)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Has `SIGALRM` sent after so many seconds; the answer is what was left of the last one.
pub fn alarm(seconds: u32) -> u32 {
    plain!(alarm(seconds))
}

/// Waits for any signal.
pub fn pause() {
    plain!(pause());
}

/// Sends a signal to this thread.
pub fn raise(signal: c_int) -> Result<()> {
    if plain!(raise(signal)) == 0 {
        Ok(())
    } else {
        Err(Errno::last())
    }
}

/// Sends a signal to a process.
pub fn kill(pid: i32, signal: c_int) -> Result<()> {
    done(plain!(kill(pid, signal)))
}

/// Sends a signal to a group of processes.
pub fn killpg(group: i32, signal: c_int) -> Result<()> {
    done(plain!(killpg(group, signal)))
}

/// Sends a signal to a thread of this process.
///
/// # Safety
///
/// `thread` must be the handle of a thread that was not joined.
pub unsafe fn pthread_kill(thread: u64, signal: c_int) -> Result<()> {
    // SAFETY: the caller vouches for the handle.
    direct(unsafe { libc::pthread_kill(thread as _, signal) })
}

/// Sends a signal to a process by its descriptor.
pub fn pidfd_send_signal(fd: c_int, signal: c_int, flags: u32) -> Result<()> {
    let none = std::ptr::null::<libc::siginfo_t>();
    done(plain!(syscall(
        libc::SYS_pidfd_send_signal,
        fd,
        signal,
        none,
        flags
    )))
}

/// The C library's text for a signal.
pub fn strsignal(signal: c_int) -> Option<String> {
    if !(1..NSIG).contains(&signal) {
        return None;
    }
    // SAFETY: the C library gives a text that ends with a zero; it is copied at once.
    let text = unsafe { CStr::from_ptr(libc::strsignal(signal)) };
    Some(text.to_string_lossy().into_owned())
}

/// Seconds until a timer runs out, and its period.
pub type Timer = (f64, f64);

fn timeval(seconds: f64) -> libc::timeval {
    let whole = seconds.floor();
    libc::timeval {
        tv_sec: whole as i64,
        tv_usec: ((seconds - whole) * 1e6).ceil().min(999_999.0) as _,
    }
}

fn seconds(value: libc::timeval) -> f64 {
    value.tv_sec as f64 + value.tv_usec as f64 / 1e6
}

/// Sets an interval timer; the answer is what it was.
pub fn setitimer(which: c_int, timer: Timer) -> Result<Timer> {
    let new = libc::itimerval {
        it_value: timeval(timer.0),
        it_interval: timeval(timer.1),
    };
    let mut old = zeroed!(libc::itimerval);
    done(lent!(setitimer(which as _, &raw const new, &raw mut old)))?;
    Ok((seconds(old.it_value), seconds(old.it_interval)))
}

/// The state of an interval timer.
pub fn getitimer(which: c_int) -> Result<Timer> {
    let mut now = zeroed!(libc::itimerval);
    done(lent!(getitimer(which as _, &raw mut now)))?;
    Ok((seconds(now.it_value), seconds(now.it_interval)))
}

/// Writes a byte to the descriptor that wakes an event loop up. May be called in a handler.
pub fn wake(fd: c_int, signal: c_int) -> Result<()> {
    let byte = signal as u8;
    done(lent!(write(fd, (&raw const byte).cast(), 1)))
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The numbers of the signals by name.
        pub const NAMES: &[(&str, c_int)] = &[$((stringify!($name), libc::$name)),*];
    };
}

names! {
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV
    SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU
    SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
}

/// The first signal of the user's own.
pub fn sigrtmin() -> c_int {
    libc::SIGRTMIN()
}

/// The last signal of the user's own.
pub fn sigrtmax() -> c_int {
    libc::SIGRTMAX()
}
