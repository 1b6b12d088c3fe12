//! Errors of the operating system.

use std::ffi::{CStr, c_char, c_int};

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Errno(pub c_int);

/// What a call to the operating system gives.
pub type Result<T> = std::result::Result<T, Errno>;

impl Errno {
    /// The call was interrupted by a signal.
    pub const EINTR: Errno = Errno(libc::EINTR);
    /// The call would have to wait.
    pub const EAGAIN: Errno = Errno(libc::EAGAIN);
    /// The time is over.
    pub const ETIMEDOUT: Errno = Errno(libc::ETIMEDOUT);
    /// No memory.
    pub const ENOMEM: Errno = Errno(libc::ENOMEM);
    /// An argument is not valid.
    pub const EINVAL: Errno = Errno(libc::EINVAL);
    /// A buffer is too small.
    pub const ERANGE: Errno = Errno(libc::ERANGE);

    /// The error of the last call on this thread.
    pub fn last() -> Errno {
        // SAFETY: the location belongs to this thread and is always there.
        Errno(unsafe { *libc::__errno_location() })
    }

    /// Sets what [`Errno::last`] says.
    pub fn set_last(self) {
        // SAFETY: as in `last`.
        unsafe { *libc::__errno_location() = self.0 }
    }

    /// The C library's text, as `os.strerror` gives it.
    pub fn text(self) -> String {
        let mut buffer = [0; 256];
        // SAFETY: the buffer is as long as is said, and the C library ends the text with a zero.
        unsafe { strerror_r(self.0, buffer.as_mut_ptr(), buffer.len()) };
        // SAFETY: see above.
        let text = unsafe { CStr::from_ptr(buffer.as_ptr()) };
        text.to_string_lossy().into_owned()
    }
}

// The one that fills the buffer, not GNU's, which may return another.
unsafe extern "C" {
    #[link_name = "__xpg_strerror_r"]
    fn strerror_r(number: c_int, buffer: *mut c_char, size: usize) -> c_int;
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[Errno {}] {}", self.0, self.text())
    }
}

impl std::error::Error for Errno {}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// A result that is −1 on failure.
pub(crate) trait Answer: Copy {
    fn failed(self) -> bool;
}

impl Answer for i32 {
    fn failed(self) -> bool {
        self == -1
    }
}

impl Answer for i64 {
    fn failed(self) -> bool {
        self == -1
    }
}

impl Answer for isize {
    fn failed(self) -> bool {
        self == -1
    }
}

/// Turns −1 into the error of the call.
pub(crate) fn check<T: Answer>(answer: T) -> Result<T> {
    if answer.failed() {
        Err(Errno::last())
    } else {
        Ok(answer)
    }
}

/// The same, for calls that answer nothing else.
pub(crate) fn done<T: Answer>(answer: T) -> Result<()> {
    check(answer).map(|_| ())
}

/// A count of bytes; −1 is failure.
pub(crate) fn count(answer: isize) -> Result<usize> {
    usize::try_from(answer).map_err(|_| Errno::last())
}

/// A call of the pthread family, which answers the error itself.
pub(crate) fn direct(answer: c_int) -> Result<()> {
    if answer == 0 {
        Ok(())
    } else {
        Err(Errno(answer))
    }
}

/// Calls a C function that touches no memory of ours: its arguments are numbers, which the
/// callee checks.
macro_rules! plain {
    ($name:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: only numbers are passed, and the function is defined for all of them.
        unsafe { libc::$name($($argument),*) }
    }};
}

/// Calls a C function with pointers that were taken, in the call itself, from references and
/// slices: they are valid for the length that is passed, and for as long as the call lasts.
macro_rules! lent {
    ($name:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: the pointers come from references that live through the call, the lengths from
        // the same slices, and the function keeps none of them.
        unsafe { libc::$name($($argument),*) }
    }};
}

/// A plain C struct, all of whose fields are numbers, with every byte zero.
macro_rules! zeroed {
    ($ty:ty) => {{
        // SAFETY: the struct has numbers and arrays of them only: zero is a value of each.
        unsafe { std::mem::zeroed::<$ty>() }
    }};
}

pub(crate) use {lent, plain, zeroed};

macro_rules! names {
    ($($name:ident)*) => {
        /// All error numbers by name, for the module `errno`.
        pub const NAMES: &[(&str, c_int)] = &[$((stringify!($name), libc::$name)),*];
    };
}

names! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN EWOULDBLOCK ENOMEM EACCES
    EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY
    EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK EDEADLOCK ENAMETOOLONG ENOLCK ENOSYS
    ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE
    EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE
    ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG
    ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ
    EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ENOTSUP
    EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED
    ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN
    EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT
    ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD
    ENOTRECOVERABLE ERFKILL EHWPOISON
}
