//! Terminals.

use std::ffi::c_int;

use crate::errno::{Result, check, direct, done, lent, plain, zeroed};
use crate::fd::Fd;

/// The settings of a terminal.
#[derive(Clone, Debug)]
pub struct Termios {
    /// Input flags.
    pub iflag: u32,
    /// Output flags.
    pub oflag: u32,
    /// Control flags.
    pub cflag: u32,
    /// Local flags.
    pub lflag: u32,
    /// Input speed.
    pub ispeed: u32,
    /// Output speed.
    pub ospeed: u32,
    /// Control characters.
    pub cc: [u8; libc::NCCS],
}

/// The settings of a terminal.
pub fn tcgetattr(fd: Fd) -> Result<Termios> {
    let mut raw = zeroed!(libc::termios);
    done(lent!(tcgetattr(fd, &raw mut raw)))?;
    Ok(Termios {
        iflag: raw.c_iflag,
        oflag: raw.c_oflag,
        cflag: raw.c_cflag,
        lflag: raw.c_lflag,
        ispeed: lent!(cfgetispeed(&raw const raw)),
        ospeed: lent!(cfgetospeed(&raw const raw)),
        cc: raw.c_cc,
    })
}

/// Changes the settings of a terminal.
pub fn tcsetattr(fd: Fd, when: c_int, settings: &Termios) -> Result<()> {
    let mut raw = zeroed!(libc::termios);
    // What is not named here stays as it is.
    done(lent!(tcgetattr(fd, &raw mut raw)))?;
    raw.c_iflag = settings.iflag;
    raw.c_oflag = settings.oflag;
    raw.c_cflag = settings.cflag;
    raw.c_lflag = settings.lflag;
    raw.c_cc = settings.cc;
    done(lent!(cfsetispeed(&raw mut raw, settings.ispeed)))?;
    done(lent!(cfsetospeed(&raw mut raw, settings.ospeed)))?;
    done(lent!(tcsetattr(fd, when, &raw const raw)))
}

/// Sends a break.
pub fn tcsendbreak(fd: Fd, duration: c_int) -> Result<()> {
    done(plain!(tcsendbreak(fd, duration)))
}

/// Waits until everything was sent.
pub fn tcdrain(fd: Fd) -> Result<()> {
    done(plain!(tcdrain(fd)))
}

/// Drops what waits.
pub fn tcflush(fd: Fd, queue: c_int) -> Result<()> {
    done(plain!(tcflush(fd, queue)))
}

/// Stops and starts the flow.
pub fn tcflow(fd: Fd, action: c_int) -> Result<()> {
    done(plain!(tcflow(fd, action)))
}

/// The group of processes in the foreground.
pub fn tcgetpgrp(fd: Fd) -> Result<i32> {
    check(plain!(tcgetpgrp(fd)))
}

/// Sets it.
pub fn tcsetpgrp(fd: Fd, group: i32) -> Result<()> {
    done(plain!(tcsetpgrp(fd, group)))
}

/// The size of a terminal: columns and lines.
pub fn window_size(fd: Fd) -> Result<(u16, u16)> {
    let mut raw = zeroed!(libc::winsize);
    done(lent!(ioctl(fd, libc::TIOCGWINSZ, &raw mut raw)))?;
    Ok((raw.ws_col, raw.ws_row))
}

/// Sets the size of a terminal.
pub fn set_window_size(fd: Fd, columns: u16, lines: u16) -> Result<()> {
    let raw = libc::winsize {
        ws_row: lines,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    done(lent!(ioctl(fd, libc::TIOCSWINSZ, &raw const raw)))
}

/// The name of a terminal.
pub fn ttyname(fd: Fd) -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 4096];
    direct(lent!(ttyname_r(
        fd,
        buffer.as_mut_ptr().cast(),
        buffer.len()
    )))?;
    let length = buffer.iter().position(|&b| b == 0).unwrap_or(0);
    buffer.truncate(length);
    Ok(buffer)
}

/// A pseudo-terminal: the controlling end and the terminal's, neither inherited.
pub fn openpty() -> Result<(Fd, Fd)> {
    let (mut controller, mut terminal) = (-1, -1);
    let none = std::ptr::null_mut();
    done(lent!(openpty(
        &raw mut controller,
        &raw mut terminal,
        none,
        std::ptr::null_mut(),
        std::ptr::null_mut()
    )))?;
    crate::fd::set_inheritable(controller, false)?;
    crate::fd::set_inheritable(terminal, false)?;
    Ok((controller, terminal))
}

/// Forks a child whose terminal is a new one: the child's number (0 in it) and the other end.
///
/// # Safety
///
/// As for [`fork`](crate::process::fork).
pub unsafe fn forkpty() -> Result<(i32, Fd)> {
    let mut controller = -1;
    let none = std::ptr::null_mut();
    let (settings, size) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the pointer is to a local variable; the caller vouches for the fork.
    let pid = check(unsafe { libc::forkpty(&raw mut controller, none, settings, size) })?;
    Ok((pid, controller))
}

/// Makes a terminal the controlling one, and standard input, output and error.
pub fn login_tty(fd: Fd) -> Result<()> {
    done(plain!(login_tty(fd)))
}

/// Opens the controlling end of a new pseudo-terminal.
pub fn posix_openpt(flags: c_int) -> Result<Fd> {
    check(plain!(posix_openpt(flags)))
}

/// Gives the user the terminal's end.
pub fn grantpt(fd: Fd) -> Result<()> {
    done(plain!(grantpt(fd)))
}

/// Lets the terminal's end be opened.
pub fn unlockpt(fd: Fd) -> Result<()> {
    done(plain!(unlockpt(fd)))
}

/// The name of the terminal's end.
pub fn ptsname(fd: Fd) -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 256];
    direct(lent!(ptsname_r(
        fd,
        buffer.as_mut_ptr().cast(),
        buffer.len()
    )))?;
    let length = buffer.iter().position(|&b| b == 0).unwrap_or(0);
    buffer.truncate(length);
    Ok(buffer)
}
