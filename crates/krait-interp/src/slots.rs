//! Runs of slots that were given away: arguments on their way to a frame, items to a container.

use krait_runtime::Obj;
use krait_runtime::frame::StackRef;

/// Slots of which the ones not yet taken are closed at the end.
pub(crate) struct Slots {
    next: *const StackRef,
    end: *const StackRef,
}

impl Slots {
    /// Takes `count` slots over.
    ///
    /// # Safety
    /// The slots are valid and given up by the caller; their places are not written to meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn new(first: *const StackRef, count: usize) -> Slots {
        // SAFETY: the caller's contract.
        let end = unsafe { first.add(count) };
        Slots { next: first, end }
    }

    /// Takes the next `count`, of which there must be as many.
    pub(crate) fn split(&mut self, count: usize) -> Slots {
        debug_assert!(count <= self.len());
        // SAFETY: within the run; the slots pass from one owner to the other.
        unsafe {
            let front = Slots::new(self.next, count);
            self.next = front.end;
            front
        }
    }

    /// Takes the next one.
    #[inline(always)]
    pub(crate) fn take_slot(&mut self) -> StackRef {
        debug_assert!(self.next < self.end);
        // SAFETY: `next` is before `end`: a valid slot, given up here.
        unsafe {
            let slot = *self.next;
            self.next = self.next.add(1);
            slot
        }
    }
}

/// Yields the slots' objects as owned references; none of the slots may be empty.
impl Iterator for Slots {
    type Item = Obj;

    #[inline(always)]
    fn next(&mut self) -> Option<Obj> {
        if self.next == self.end {
            return None;
        }
        // SAFETY: the slot is given up.
        Some(unsafe { self.take_slot().into_obj() })
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        // SAFETY: both point into the same run.
        let left = unsafe { self.end.offset_from(self.next) } as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Slots {}

impl Drop for Slots {
    #[inline(always)]
    fn drop(&mut self) {
        while self.next < self.end {
            // SAFETY: the slot was given to us and has not been taken.
            unsafe { self.take_slot().close() };
        }
    }
}
