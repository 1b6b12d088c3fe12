//! Blocks of memory: size classes of 16 bytes with free lists, and the C library for large blocks.
//!
//! Small blocks come from pages of [`PAGE`] bytes in one reserved range of addresses; a page holds
//! blocks of one size class for as long as the process lives. Without a range, or when it is used up,
//! the C library gives blocks of every size: then all are large.
//!
//! Invariants:
//! 1. An address lies in the range exactly if it belongs to a small block; its page's entry in
//!    `page_class` is then its size class.
//! 2. A free list links blocks of its class only; a block on it is used by nobody.
//! 3. One thread at a time touches the heap: the one that holds the interpreter lock.
//! 4. Who frees a block may know it through a shared reference to what is in it, which gives no right to
//!    write. The allocator has exposed the provenance of all its memory, and takes it up again there.
//! 5. While blocks are traced, the lists that the quick paths see are empty and so is their range:
//!    every call comes to a slow path, which tells the tracer. The true ones are parked meanwhile.

use std::cell::{Cell, UnsafeCell};
use std::ptr;

use super::stats::{ClassStats, Stats};
use super::trace;

/// The step between size classes, and the alignment of every block.
const STEP: usize = 16;
/// Blocks up to this size have a size class.
const SMALL: usize = 1024;
/// How many size classes there are; class `n` has blocks of `n * STEP` bytes.
const CLASSES: usize = SMALL / STEP + 1;
const PAGE_BITS: u32 = 16;
/// The bytes that a size class takes from the range at a time.
const PAGE: usize = 1 << PAGE_BITS;
/// The most address space reserved for small blocks.
const MAX_RANGE: usize = if cfg!(miri) { 1 << 22 } else { 1 << 36 };
/// The least that is worth reserving.
const MIN_RANGE: usize = 1 << 22;
/// A page is cut into blocks in portions of about this size, so that memory is touched when used.
const PORTION: usize = 4096;

/// A block that nobody uses.
struct FreeBlock {
    next: *mut FreeBlock,
}

/// The rest of a page that is not yet cut into blocks.
#[derive(Clone, Copy)]
struct Uncut {
    start: *mut u8,
    bytes: usize,
}

struct Heap {
    free: [Cell<*mut FreeBlock>; CLASSES],
    /// The reserved range; empty until the first allocation, and while blocks are traced.
    range: Cell<*mut u8>,
    range_len: Cell<usize>,
    /// Blocks in use, small and large.
    live: Cell<usize>,
    uncut: [Cell<Uncut>; CLASSES],
    /// Bytes of the range given to size classes.
    range_used: Cell<usize>,
    reserved: Cell<bool>,
    /// Bytes in large blocks.
    large_bytes: Cell<usize>,
    /// How many large blocks there are.
    large_blocks: Cell<usize>,
    traced: Cell<bool>,
    /// The free lists and the length of the range while blocks are traced.
    parked_free: [Cell<*mut FreeBlock>; CLASSES],
    parked_len: Cell<usize>,
    /// `usize::MAX`: no limit.
    limit: Cell<usize>,
    page_class: UnsafeCell<[u8; MAX_RANGE >> PAGE_BITS]>,
}

// SAFETY: invariant 3.
unsafe impl Sync for Heap {}

static HEAP: Heap = Heap {
    free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
    range: Cell::new(ptr::null_mut()),
    range_len: Cell::new(0),
    live: Cell::new(0),
    uncut: [const {
        Cell::new(Uncut {
            start: ptr::null_mut(),
            bytes: 0,
        })
    }; CLASSES],
    range_used: Cell::new(0),
    reserved: Cell::new(false),
    large_bytes: Cell::new(0),
    large_blocks: Cell::new(0),
    traced: Cell::new(false),
    parked_free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
    parked_len: Cell::new(0),
    limit: Cell::new(usize::MAX),
    page_class: UnsafeCell::new([0; MAX_RANGE >> PAGE_BITS]),
};

impl Heap {
    /// The size class of a small block; `None` for a large one.
    #[inline(always)]
    fn class_of(&self, block: *mut u8) -> Option<usize> {
        let offset = block.addr().wrapping_sub(self.range.get().addr());
        if offset >= self.range_len.get() {
            return None;
        }
        // SAFETY: a plain read of a byte within the table: the range is no longer than the table.
        Some(usize::from(unsafe {
            *self.page_class.get().cast::<u8>().add(offset >> PAGE_BITS)
        }))
    }

    /// Whether `bytes` more would go over the limit.
    fn over_limit(&self, bytes: usize) -> bool {
        let used = self.range_used.get() + self.large_bytes.get();
        used.saturating_add(bytes) > self.limit.get()
    }

    /// Refills the free list of a class and takes a block of it; null when out of memory.
    #[cold]
    #[inline(never)]
    fn refill(&self, requested: usize) -> *mut u8 {
        if self.traced.get() {
            return self.allocate_traced(requested);
        }
        let class = class_for(requested);
        let size = class * STEP;
        let mut uncut = self.uncut[class].get();
        if uncut.bytes < size {
            uncut = match self.new_page(class) {
                Some(page) => page,
                None => return self.allocate_large(requested),
            };
        }
        let count = (PORTION / size).clamp(1, uncut.bytes / size);
        let mut head = ptr::null_mut();
        for index in (1..count).rev() {
            // SAFETY: the uncut rest has room for `count` blocks, which nobody uses.
            unsafe {
                let block = uncut.start.add(index * size).cast::<FreeBlock>();
                block.write(FreeBlock { next: head });
                head = block;
            }
        }
        self.free[class].set(head);
        self.uncut[class].set(Uncut {
            // SAFETY: within the page, or one past its end.
            start: unsafe { uncut.start.add(count * size) },
            bytes: uncut.bytes - count * size,
        });
        self.live.set(self.live.get() + 1);
        uncut.start
    }

    /// Gives a page of the range to a class; `None` when the range is used up or a limit reached.
    fn new_page(&self, class: usize) -> Option<Uncut> {
        if !self.reserved.get() {
            self.reserved.set(true);
            let (range, len) = reserve_range();
            self.range.set(range);
            self.range_len.set(len);
        }
        let used = self.range_used.get();
        if self.range_len.get() - used < PAGE || self.over_limit(PAGE) {
            return None;
        }
        self.range_used.set(used + PAGE);
        // SAFETY: the page is within the range, and its number within the table.
        unsafe {
            *self.page_class.get().cast::<u8>().add(used >> PAGE_BITS) = class as u8;
            Some(Uncut {
                start: self.range.get().add(used),
                bytes: PAGE,
            })
        }
    }

    #[inline(never)]
    fn allocate_large(&self, size: usize) -> *mut u8 {
        if self.traced.get() {
            return self.allocate_traced(size);
        }
        if size > isize::MAX as usize || self.over_limit(size) {
            return ptr::null_mut();
        }
        // SAFETY: `malloc` takes any size.
        let block = unsafe { libc::malloc(size) }.cast::<u8>();
        if !block.is_null() {
            block.expose_provenance();
            self.note_large(block);
        }
        block
    }

    fn note_large(&self, block: *mut u8) {
        self.live.set(self.live.get() + 1);
        self.large_blocks.set(self.large_blocks.get() + 1);
        self.large_bytes
            .set(self.large_bytes.get() + usable_size(block));
    }

    fn forget_large(&self, block: *mut u8) {
        self.live.set(self.live.get() - 1);
        self.large_blocks.set(self.large_blocks.get() - 1);
        self.large_bytes
            .set(self.large_bytes.get() - usable_size(block));
    }

    /// # Safety
    /// As [`free`], for a large block or, while blocks are traced, any.
    #[inline(never)]
    unsafe fn free_large(&self, block: *mut u8) {
        if block.is_null() {
            return;
        }
        if self.traced.get() {
            trace::untrack(trace::DEFAULT_DOMAIN, block.addr());
            // SAFETY: the caller's contract.
            return self.untraced(|| unsafe { free(block) });
        }
        self.forget_large(block);
        // SAFETY: the caller's contract.
        unsafe { libc::free(block.cast()) };
    }

    /// As [`reallocate`], for a large block or, while blocks are traced, any.
    ///
    /// # Safety
    /// As [`reallocate`].
    #[inline(never)]
    unsafe fn reallocate_large(&self, block: *mut u8, new_size: usize) -> *mut u8 {
        if self.traced.get() {
            // SAFETY: the caller's contract.
            let moved = self.untraced(|| unsafe { reallocate(block, new_size) });
            if !moved.is_null() {
                trace::untrack(trace::DEFAULT_DOMAIN, block.addr());
                trace::track(trace::DEFAULT_DOMAIN, moved.addr(), new_size);
            }
            return moved;
        }
        if new_size <= SMALL && self.range_len.get() > 0 {
            // Miri does not know how long a block is; the tests do not use the range up, so a large block is
            // longer than a small one.
            let old_size = if cfg!(miri) {
                new_size
            } else {
                usable_size(block)
            };
            // SAFETY: the caller's contract.
            return unsafe { move_block(block, old_size, new_size) };
        }
        let old_size = usable_size(block);
        if new_size > isize::MAX as usize
            || (new_size > old_size && self.over_limit(new_size - old_size))
        {
            return ptr::null_mut();
        }
        // SAFETY: the caller's contract; invariant 1.
        let moved = unsafe { libc::realloc(block.cast(), new_size) }.cast::<u8>();
        if !moved.is_null() {
            moved.expose_provenance();
            self.large_bytes
                .set(self.large_bytes.get() - old_size + usable_size(moved));
        }
        moved
    }

    fn class_stats(&self, class: usize) -> ClassStats {
        let size = class * STEP;
        let pages = (0..self.range_used.get() >> PAGE_BITS)
            // SAFETY: a plain read of a byte within the table.
            .filter(|&page| unsafe { *self.page_class.get().cast::<u8>().add(page) } == class as u8)
            .count();
        let mut free = 0;
        let mut block = self.free[class].get();
        while !block.is_null() {
            free += 1;
            // SAFETY: invariant 2.
            block = unsafe { (*block).next };
        }
        let uncut = self.uncut[class].get().bytes / size;
        ClassStats {
            size,
            pages,
            used: (pages * (PAGE / size)).saturating_sub(free + uncut),
            free,
            uncut,
        }
    }

    #[cold]
    fn allocate_traced(&self, size: usize) -> *mut u8 {
        let block = self.untraced(|| allocate(size));
        if !block.is_null() {
            trace::track(trace::DEFAULT_DOMAIN, block.addr(), size);
        }
        block
    }

    /// Does something with the true lists and range in place.
    fn untraced<R>(&self, run: impl FnOnce() -> R) -> R {
        self.set_traced(false);
        let result = run();
        self.set_traced(true);
        result
    }

    fn set_traced(&self, traced: bool) {
        if self.traced.replace(traced) != traced {
            for (list, parked) in self.free.iter().zip(&self.parked_free) {
                list.swap(parked);
            }
            self.range_len.swap(&self.parked_len);
        }
    }
}

/// The size class of small blocks of this size.
#[inline(always)]
fn class_for(size: usize) -> usize {
    size.div_ceil(STEP).max(1)
}

/// Moves a block's content to a new one; null when out of memory: the block is then unchanged.
///
/// # Safety
/// As [`free`]; both blocks have room for `old_size.min(new_size)` bytes.
unsafe fn move_block(block: *mut u8, old_size: usize, new_size: usize) -> *mut u8 {
    let moved = allocate(new_size);
    if !moved.is_null() {
        // SAFETY: two blocks that are at least this long; the old one ends here.
        unsafe {
            ptr::copy_nonoverlapping(block, moved, old_size.min(new_size));
            free(block);
        }
    }
    moved
}

/// The bytes that the C library holds for a large block.
fn usable_size(block: *mut u8) -> usize {
    // Miri does not know the function; the sum of large blocks is then not kept.
    if cfg!(miri) {
        return 0;
    }
    // SAFETY: a live block of `malloc`.
    unsafe { libc::malloc_usable_size(block.cast()) }
}

/// Reserves the range for small blocks. The system gives memory to its pages when they are touched.
///
/// The one use of `mmap` outside krait-host: the allocator must not depend on what may allocate.
fn reserve_range() -> (*mut u8, usize) {
    let mut len = MAX_RANGE;
    while len >= MIN_RANGE {
        let flags = if cfg!(miri) { 0 } else { libc::MAP_NORESERVE };
        // SAFETY: a new anonymous mapping at an address that the system chooses.
        let range = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | flags,
                -1,
                0,
            )
        };
        if range != libc::MAP_FAILED {
            range.expose_provenance();
            return (range.cast(), len);
        }
        len /= 4;
    }
    (ptr::null_mut(), 0)
}

/// A block of at least `size` bytes aligned to 16; null when out of memory or over the limit.
#[inline(always)]
pub fn allocate(size: usize) -> *mut u8 {
    if size > SMALL {
        return HEAP.allocate_large(size);
    }
    let class = class_for(size);
    let head = HEAP.free[class].get();
    if head.is_null() {
        return HEAP.refill(size);
    }
    // SAFETY: invariant 2.
    HEAP.free[class].set(unsafe { (*head).next });
    HEAP.live.set(HEAP.live.get() + 1);
    head.cast()
}

/// As [`allocate`], with every byte zero.
#[inline]
pub fn allocate_zeroed(size: usize) -> *mut u8 {
    let block = allocate(size);
    if !block.is_null() {
        // SAFETY: a new block of at least this size.
        unsafe { block.write_bytes(0, size) };
    }
    block
}

/// The block with all rights (invariant 4).
#[inline(always)]
pub(crate) fn whole<T>(block: *mut T) -> *mut T {
    ptr::with_exposed_provenance_mut(block.addr())
}

/// Frees a block; null is none.
///
/// # Safety
/// `block` is null or came from this allocator, and nobody uses it any more.
#[inline(always)]
pub unsafe fn free(block: *mut u8) {
    let block = whole(block);
    match HEAP.class_of(block) {
        Some(class) => {
            let block = block.cast::<FreeBlock>();
            // SAFETY: the caller gives the block up; every block has room for the link.
            unsafe {
                block.write(FreeBlock {
                    next: HEAP.free[class].get(),
                })
            };
            HEAP.free[class].set(block);
            HEAP.live.set(HEAP.live.get() - 1);
        }
        // SAFETY: the caller's contract; invariant 1.
        None => unsafe { HEAP.free_large(block) },
    }
}

/// Changes a block's size, moving it if need be; null when out of memory: the block is then unchanged.
///
/// # Safety
/// As [`free`]; the old pointer is void unless null is returned.
pub unsafe fn reallocate(block: *mut u8, new_size: usize) -> *mut u8 {
    if block.is_null() {
        return allocate(new_size);
    }
    let block = whole(block);
    match HEAP.class_of(block) {
        Some(class) if class_for(new_size) == class => block,
        // SAFETY: the caller's contract.
        Some(class) => unsafe { move_block(block, class * STEP, new_size) },
        // SAFETY: the caller's contract.
        None => unsafe { HEAP.reallocate_large(block, new_size) },
    }
}

/// The bytes that a block really has.
///
/// # Safety
/// `block` is a live block of this allocator.
pub unsafe fn size_of_block(block: *mut u8) -> usize {
    let size = || {
        HEAP.class_of(block)
            .map_or_else(|| usable_size(block), |class| class * STEP)
    };
    if HEAP.traced.get() {
        return HEAP.untraced(size);
    }
    size()
}

/// Sends every allocation and release by the tracer, or no longer. What was allocated before has no
/// trace.
pub(super) fn set_traced(traced: bool) {
    HEAP.set_traced(traced);
}

/// What the heap holds now.
pub fn stats() -> Stats {
    let count = || Stats {
        threshold: SMALL,
        classes: (1..CLASSES).map(|class| HEAP.class_stats(class)).collect(),
        page_bytes: HEAP.range_used.get(),
        page_size: PAGE,
        reserved_bytes: HEAP.range_len.get(),
        large_blocks: HEAP.large_blocks.get(),
        large_bytes: HEAP.large_bytes.get(),
        limit: limit(),
    };
    if HEAP.traced.get() {
        return HEAP.untraced(count);
    }
    count()
}

/// Lets the C library give every block from now on: tools that watch its heap then see each of them.
pub fn use_c_library() {
    HEAP.reserved.set(true);
}

/// How many blocks are in use: `sys.getallocatedblocks()`.
pub fn allocated_blocks() -> usize {
    HEAP.live.get()
}

/// The limit on the allocator's memory, in bytes.
pub fn limit() -> Option<usize> {
    Some(HEAP.limit.get()).filter(|&limit| limit != usize::MAX)
}

/// Sets a limit on the allocator's memory, in bytes; allocations beyond it fail.
pub fn set_limit(bytes: Option<usize>) {
    HEAP.limit.set(bytes.unwrap_or(usize::MAX));
}
