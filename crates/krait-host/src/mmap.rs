//! Memory that is mapped.

use std::ffi::c_int;
use std::ptr::NonNull;

use crate::errno::{Errno, Result, done};
use crate::fd::Fd;

/// A mapping, given back when it is dropped. What it shows may be changed by other processes: its
/// bytes are read and written through the pointer, never lent as a slice.
#[derive(Debug)]
pub struct Map {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to the value, and to no thread.
unsafe impl Send for Map {}

impl Map {
    /// Maps `length` bytes of a file (or, with the descriptor −1, fresh memory).
    pub fn new(length: usize, protection: c_int, flags: c_int, fd: Fd, offset: i64) -> Result<Map> {
        if flags & libc::MAP_FIXED != 0 {
            return Err(Errno::EINVAL);
        }
        // SAFETY: without MAP_FIXED the system chooses a place that nothing else uses.
        let start =
            unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let start = NonNull::new(start.cast()).ok_or(Errno::EINVAL)?;
        Ok(Map { start, length })
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Changes the length; the mapping may move, so that no pointer into it may be kept.
    pub fn resize(&mut self, length: usize) -> Result<()> {
        let (start, flags) = (self.start.as_ptr().cast(), libc::MREMAP_MAYMOVE);
        // SAFETY: the mapping is ours, and no reference into it exists.
        let start = unsafe { libc::mremap(start, self.length, length, flags) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        self.start = NonNull::new(start.cast()).ok_or(Errno::EINVAL)?;
        self.length = length;
        Ok(())
    }

    fn part(&self, offset: usize, length: usize) -> Result<*mut libc::c_void> {
        match offset.checked_add(length) {
            // SAFETY: the offset is inside the mapping.
            Some(end) if end <= self.length => Ok(unsafe { self.as_ptr().add(offset) }.cast()),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Writes a part to the file.
    pub fn sync(&self, offset: usize, length: usize, flags: c_int) -> Result<()> {
        let start = self.part(offset, length)?;
        // SAFETY: the part is inside the mapping.
        done(unsafe { libc::msync(start, length, flags) })
    }

    /// Says how a part will be used.
    pub fn advise(&self, offset: usize, length: usize, advice: c_int) -> Result<()> {
        let start = self.part(offset, length)?;
        // SAFETY: the part is inside the mapping.
        done(unsafe { libc::madvise(start, length, advice) })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nobody uses it afterwards.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// The size of a page.
pub fn page_size() -> usize {
    usize::try_from(crate::errno::plain!(sysconf(libc::_SC_PAGESIZE))).unwrap_or(4096)
}
