//! The data stack: where a thread's frames live, one behind the other, in chunks.
//!
//! Invariant: frames are pushed and popped in order; the words from a chunk's start to `top` are in
//! use, those from `top` to `limit` are free.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr;

use krait_abi as abi;

/// Words in a chunk of usual size.
const CHUNK_WORDS: usize = abi::_PY_DATA_STACK_CHUNK_SIZE / size_of::<usize>();

/// What a chunk starts with.
#[repr(C)]
struct Chunk {
    previous: *mut Chunk,
    words: usize,
    /// `top` of this chunk while a later one is in use.
    top: *mut usize,
}

const HEADER_WORDS: usize = size_of::<Chunk>() / size_of::<usize>();

/// A thread's stack of frames.
pub struct DataStack {
    chunk: Cell<*mut Chunk>,
    top: Cell<*mut usize>,
    limit: Cell<*mut usize>,
    /// A chunk kept for the next overflow, so that a call at a chunk's edge does not allocate.
    spare: Cell<*mut Chunk>,
}

impl Default for DataStack {
    fn default() -> Self {
        Self::new()
    }
}

impl DataStack {
    /// An empty stack; the first push allocates.
    pub const fn new() -> Self {
        DataStack {
            chunk: Cell::new(ptr::null_mut()),
            top: Cell::new(ptr::null_mut()),
            limit: Cell::new(ptr::null_mut()),
            spare: Cell::new(ptr::null_mut()),
        }
    }

    /// Whether `words` fit into the current chunk.
    #[inline(always)]
    pub fn has_room(&self, words: usize) -> bool {
        words < (self.limit.get().addr() - self.top.get().addr()) / size_of::<usize>()
    }

    /// Takes `words` words; null when there is no memory.
    #[inline(always)]
    pub fn push(&self, words: usize) -> *mut usize {
        if self.has_room(words) {
            // SAFETY: there are that many words between `top` and `limit`.
            return unsafe { self.push_unchecked(words) };
        }
        self.push_chunk(words)
    }

    /// As [`DataStack::push`] after [`DataStack::has_room`].
    ///
    /// # Safety
    /// The words fit into the current chunk.
    #[inline(always)]
    pub unsafe fn push_unchecked(&self, words: usize) -> *mut usize {
        let frame = self.top.get();
        // SAFETY: the caller's contract.
        self.top.set(unsafe { frame.add(words) });
        frame
    }

    /// Gives back everything from `frame` on, the innermost push.
    ///
    /// # Safety
    /// `frame` came from the last push not yet popped.
    #[inline(always)]
    pub unsafe fn pop(&self, frame: *mut usize) {
        // SAFETY: a pushed frame lies in the current chunk.
        let first = unsafe { self.chunk.get().cast::<usize>().add(HEADER_WORDS) };
        if frame == first {
            self.pop_chunk(frame);
        } else {
            self.top.set(frame);
        }
    }

    #[cold]
    fn push_chunk(&self, words: usize) -> *mut usize {
        let mut need = CHUNK_WORDS;
        while need < words + HEADER_WORDS + 1 {
            need *= 2;
        }
        let spare = self.spare.replace(ptr::null_mut());
        // SAFETY: a spare chunk is a valid one.
        let chunk = if !spare.is_null() && unsafe { (*spare).words } >= need {
            spare
        } else {
            free_chunk(spare);
            allocate_chunk(need)
        };
        if chunk.is_null() {
            return ptr::null_mut();
        }
        // SAFETY: both chunks are valid, and the new one has room for its header and the words.
        unsafe {
            let old = self.chunk.get();
            if !old.is_null() {
                (*old).top = self.top.get();
            }
            (*chunk).previous = old;
            self.chunk.set(chunk);
            let start = chunk.cast::<usize>();
            self.limit.set(start.add((*chunk).words));
            self.top.set(start.add(HEADER_WORDS + words));
            start.add(HEADER_WORDS)
        }
    }

    #[cold]
    fn pop_chunk(&self, frame: *mut usize) {
        let chunk = self.chunk.get();
        // SAFETY: the current chunk is valid, and so is the one before it if there is one.
        unsafe {
            let previous = (*chunk).previous;
            if previous.is_null() {
                self.top.set(frame);
                return;
            }
            self.chunk.set(previous);
            self.top.set((*previous).top);
            self.limit
                .set(previous.cast::<usize>().add((*previous).words));
        }
        free_chunk(self.spare.replace(chunk));
    }
}

impl Drop for DataStack {
    fn drop(&mut self) {
        free_chunk(self.spare.get());
        let mut chunk = self.chunk.get();
        while !chunk.is_null() {
            // SAFETY: chunks are valid until freed here, once each.
            let previous = unsafe { (*chunk).previous };
            free_chunk(chunk);
            chunk = previous;
        }
    }
}

fn layout(words: usize) -> Option<Layout> {
    Layout::array::<usize>(words).ok()
}

fn allocate_chunk(words: usize) -> *mut Chunk {
    let Some(layout) = layout(words) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout is not empty; the header is initialised before anyone sees the chunk.
    unsafe {
        let chunk = std::alloc::alloc(layout).cast::<Chunk>();
        if !chunk.is_null() {
            chunk.write(Chunk {
                previous: ptr::null_mut(),
                words,
                top: ptr::null_mut(),
            });
        }
        chunk
    }
}

fn free_chunk(chunk: *mut Chunk) {
    if chunk.is_null() {
        return;
    }
    // SAFETY: the chunk was allocated with this layout.
    unsafe {
        if let Some(layout) = layout((*chunk).words) {
            std::alloc::dealloc(chunk.cast(), layout);
        }
    }
}
