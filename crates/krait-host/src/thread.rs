//! Threads, as far as the standard library of Rust does not know them.

use crate::errno::{Errno, Result, direct, lent, plain, zeroed};

/// The system's number of this thread.
pub fn native_id() -> i32 {
    plain!(gettid())
}

/// The handle of this thread, which `_thread.get_ident` shows.
pub fn ident() -> u64 {
    plain!(pthread_self()) as u64
}

/// Where the stack of this thread lies.
#[derive(Clone, Copy, Debug)]
pub struct StackBounds {
    /// The lowest address that may be used.
    pub low: usize,
    /// The address after the highest.
    pub high: usize,
}

/// Where the stack of this thread lies, the guard left out. The main thread's reaches as far as
/// its limit allows.
#[cfg(not(miri))]
pub fn stack_bounds() -> Result<StackBounds> {
    let mut attributes = zeroed!(libc::pthread_attr_t);
    // SAFETY: the attributes are ours; they are filled, read and given back.
    unsafe {
        direct(libc::pthread_getattr_np(
            libc::pthread_self(),
            &raw mut attributes,
        ))?;
        let mut low = std::ptr::null_mut();
        let mut size = 0;
        let mut guard = 0;
        let stack = libc::pthread_attr_getstack(&raw const attributes, &raw mut low, &raw mut size);
        libc::pthread_attr_getguardsize(&raw const attributes, &raw mut guard);
        libc::pthread_attr_destroy(&raw mut attributes);
        direct(stack)?;
        let low = low as usize;
        Ok(StackBounds {
            low: low + guard,
            high: low + size,
        })
    }
}

/// Miri's threads have no stack with an address: nothing there comes near its end.
#[cfg(miri)]
pub fn stack_bounds() -> Result<StackBounds> {
    Ok(StackBounds {
        low: 0,
        high: usize::MAX,
    })
}

/// The smallest stack that a thread can have.
pub fn smallest_stack() -> usize {
    libc::PTHREAD_STACK_MIN
}

/// Gives this thread a name, cut to the 15 bytes that the system keeps.
pub fn set_name(name: &[u8]) -> Result<()> {
    let mut buffer = [0u8; 16];
    let length = name
        .iter()
        .position(|&b| b == 0)
        .unwrap_or(name.len())
        .min(15);
    buffer[..length].copy_from_slice(&name[..length]);
    direct(lent!(pthread_setname_np(
        libc::pthread_self(),
        buffer.as_ptr().cast()
    )))
}

/// The signature of a thread's body.
pub type Body = Box<dyn FnOnce() + Send>;

/// Begins a thread that nobody waits for, with a stack of this size (0: the usual one). The answer
/// is its handle.
pub fn start(stack_size: usize, body: Body) -> Result<u64> {
    extern "C" fn run(body: *mut libc::c_void) -> *mut libc::c_void {
        // SAFETY: `start` passed a box of this type on, and nobody else has it.
        let body = unsafe { Box::from_raw(body.cast::<Body>()) };
        // A panic must not cross into C.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(*body));
        std::ptr::null_mut()
    }
    let body = Box::into_raw(Box::new(body));
    let mut attributes = zeroed!(libc::pthread_attr_t);
    let mut thread = zeroed!(libc::pthread_t);
    // SAFETY: the attributes are ours; the body is passed to the one thread that runs it, or taken
    // back if there is none.
    unsafe {
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
        let sized = if stack_size == 0 {
            0
        } else {
            libc::pthread_attr_setstacksize(&raw mut attributes, stack_size)
        };
        let result = if sized != 0 {
            sized
        } else {
            libc::pthread_create(&raw mut thread, &raw const attributes, run, body.cast())
        };
        libc::pthread_attr_destroy(&raw mut attributes);
        if result != 0 {
            drop(Box::from_raw(body));
            return Err(Errno(result));
        }
    }
    Ok(thread as u64)
}
