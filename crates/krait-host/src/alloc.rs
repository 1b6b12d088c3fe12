//! What Rust code allocates: small blocks from mimalloc, which is quick at them, large ones from the C library.
//!
//! mimalloc maps memory without asking whether the machine has it: a block of terabytes is there at once, and the
//! process ends when it is filled. The C library says no, so that whoever asks by `try_reserve` can raise `MemoryError`.

use std::alloc::{GlobalAlloc, Layout, System};

use mimalloc::MiMalloc;

/// Blocks of more bytes come from the C library.
const SMALL: usize = 1 << 26;

/// The process's allocator.
pub struct Allocator;

// SAFETY: both are allocators; a block's size, which its layout tells, says whose it is, and `realloc` moves a block
// whose new size is the other's.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract.
        unsafe {
            if layout.size() <= SMALL {
                MiMalloc.alloc(layout)
            } else {
                System.alloc(layout)
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract.
        unsafe {
            if layout.size() <= SMALL {
                MiMalloc.alloc_zeroed(layout)
            } else {
                System.alloc_zeroed(layout)
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract; the size tells whose block it is.
        unsafe {
            if layout.size() <= SMALL {
                MiMalloc.dealloc(block, layout);
            } else {
                System.dealloc(block, layout);
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's contract; the sizes tell whose the blocks are.
        unsafe {
            match (layout.size() <= SMALL, new_size <= SMALL) {
                (true, true) => MiMalloc.realloc(block, layout, new_size),
                (false, false) => System.realloc(block, layout, new_size),
                _ => self.move_block(block, layout, new_size),
            }
        }
    }
}

impl Allocator {
    /// Moves a block from one source to the other.
    ///
    /// # Safety
    /// The contract of [`GlobalAlloc::realloc`].
    #[cold]
    unsafe fn move_block(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the new block holds what is copied, and nobody uses the old one afterwards.
        unsafe {
            let layout_now = Layout::from_size_align_unchecked(new_size, layout.align());
            let moved = self.alloc(layout_now);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
