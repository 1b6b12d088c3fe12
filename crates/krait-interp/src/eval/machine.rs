//! The eval loop's registers and what may be done with them.
//!
//! The functions here are what makes instructions safe to write: they are safe to call under the
//! rules of the eval loop (see [`super`]), which only [`Machine::new`]'s caller can promise.

use krait_abi as abi;
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::state::ThreadState;
use krait_runtime::{Obj, PyClass, PyCode, PyDict, PyObject, PyStr, PyTuple};

/// One code unit: an opcode and its argument, or an entry of an inline cache.
pub(crate) type Unit = abi::_Py_CODEUNIT;

/// Where the loop goes after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// To the instruction at `ip`, which has been moved on.
    Next,
    /// To the instruction at `ip`, which has rewritten itself, with the argument as it is.
    Again,
    /// To the base instruction of this specialised one: its guess was wrong.
    Base,
    /// An exception is set: note the place in its traceback and find a handler.
    Error,
    /// An exception is set again: find a handler, leave its traceback alone.
    Unwind,
    /// Out of the loop, with the value on top of the entry frame's stack.
    Exit,
}

/// `Ok`'s value; an error leaves the instruction.
macro_rules! attempt {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(_raised) => return Flow::Error,
        }
    };
}
pub(crate) use attempt;

/// A word as one arm's own value.
///
/// The code generator finds what several arms compute of the same value (`oparg + 1`, the address of
/// a frame's field…), does all of that before every dispatch, and has no registers left for the
/// machine's. What went through here it takes for another value.
#[inline(always)]
fn hide(word: usize) -> usize {
    #[cfg(not(miri))]
    {
        let mut own = word;
        // SAFETY: a comment, no instruction.
        unsafe {
            std::arch::asm!("/* {0} */", inout(reg) own, options(nomem, nostack, preserves_flags));
        }
        own
    }
    #[cfg(miri)]
    word
}

/// The argument as one arm's own value: see [`hide`].
#[inline(always)]
pub(crate) fn pin(oparg: u32) -> u32 {
    hide(oparg as usize) as u32
}

/// The registers: kept in locals of the loop, so nothing may keep a reference to them.
pub(crate) struct Machine {
    /// The instruction being run.
    pub(crate) ip: *mut Unit,
    /// The first free slot of the value stack.
    pub(crate) sp: *mut StackRef,
    /// The frame being run.
    pub(crate) frame: *mut Frame,
    /// The thread.
    pub(crate) ts: &'static ThreadState,
}

impl Machine {
    /// Takes a frame over to run it.
    ///
    /// # Safety
    /// The frame is the thread's innermost, it and its code keep the rules of the eval loop.
    #[inline(always)]
    pub(crate) unsafe fn new(ts: &'static ThreadState, frame: *mut Frame) -> Machine {
        // SAFETY: the caller's contract.
        let (ip, sp) = unsafe {
            (
                (&*frame).instr_ptr.get(),
                (&*frame).stackpointer.get().cast(),
            )
        };
        // Two loads: one of both would wait for the two stores that often come just before.
        let ip = std::ptr::with_exposed_provenance_mut(hide(ip.expose_provenance()));
        Machine { ip, sp, frame, ts }
    }

    /// The registers by value, for functions that are not inlined: the loop's own stay in registers.
    #[inline(always)]
    pub(crate) fn snapshot(&self) -> Machine {
        Machine {
            ip: self.ip,
            sp: self.sp,
            frame: self.frame,
            ts: self.ts,
        }
    }

    /// The frame.
    #[inline(always)]
    pub(crate) fn frame<'a>(&self) -> &'a Frame {
        // SAFETY: rule 1; frames are cells, so the free lifetime can only be misused by using the
        // frame after it returned, which rule 1 forbids.
        unsafe { &*self.frame }
    }

    /// The frame, by an address of the arm's own: see [`hide`].
    #[inline(always)]
    fn own_frame<'a>(&self) -> &'a Frame {
        let address = hide(self.frame.expose_provenance());
        // SAFETY: as for `frame`.
        unsafe { &*std::ptr::with_exposed_provenance::<Frame>(address) }
    }

    /// The code object being run.
    #[inline(always)]
    pub(crate) fn code<'a>(&self) -> &'a PyCode {
        // SAFETY: rule 1: the frame being run has a code object and keeps it alive.
        unsafe { &*self.frame().code_ptr() }
    }

    /// Makes the registers visible in the frame: before anything that can look at it.
    #[inline(always)]
    pub(crate) fn save(&self) {
        let frame = self.own_frame();
        frame.instr_ptr.set(self.ip);
        frame.stackpointer.set(self.sp.cast());
    }

    /// As [`Machine::save`] for the stack pointer alone.
    #[inline(always)]
    pub(crate) fn save_sp(&self) {
        self.own_frame().stackpointer.set(self.sp.cast());
    }

    /// Goes on with another frame, `skip` units after its instruction pointer.
    #[inline(always)]
    pub(crate) fn enter(&mut self, frame: *mut Frame, skip: usize) {
        self.frame = frame;
        self.ts.current_frame.set(frame.cast());
        let frame = self.frame();
        // SAFETY: rule 2: return offsets lead to instructions.
        self.ip = unsafe { frame.instr_ptr.get().add(skip) };
        self.sp = frame.stackpointer.get().cast();
    }

    /// Moves on over the instruction and its caches.
    #[inline(always)]
    pub(crate) fn next(&mut self, caches: usize) -> Flow {
        self.jump(1 + caches as isize)
    }

    /// Moves by a number of units.
    #[inline(always)]
    pub(crate) fn jump(&mut self, units: isize) -> Flow {
        let ip = std::ptr::with_exposed_provenance_mut::<Unit>(hide(self.ip.expose_provenance()));
        // SAFETY: rule 2: jumps lead to instructions.
        self.ip = unsafe { ip.offset(units) };
        Flow::Next
    }

    /// A unit after the instruction.
    #[inline(always)]
    pub(crate) fn unit(&self, index: usize) -> &Unit {
        // SAFETY: rule 2: an instruction's caches, and what follows, are within the code.
        unsafe { &*self.ip.add(index) }
    }

    /// A cache entry; the counter is entry 0.
    #[inline(always)]
    pub(crate) fn cache(&self, index: usize) -> u16 {
        self.unit(1 + index).cache.get()
    }

    /// Two cache entries as one number.
    #[inline(always)]
    pub(crate) fn cache32(&self, index: usize) -> u32 {
        // SAFETY: rule 2: both entries are within the code.
        unsafe { self.ip.add(1 + index).cast::<u32>().read_unaligned() }
    }

    /// Four cache entries as a pointer.
    #[inline(always)]
    pub(crate) fn cache_ptr(&self, index: usize) -> *mut abi::PyObject {
        // SAFETY: rule 2: the entries are within the code.
        let address = unsafe { self.ip.add(1 + index).cast::<usize>().read_unaligned() };
        std::ptr::with_exposed_provenance_mut(address)
    }

    /// Whether it is time to try a specialised form; counts down otherwise.
    #[inline(always)]
    pub(crate) fn specialize_now(&self) -> bool {
        let counter = &self.unit(1).cache;
        let value = counter.get();
        if value < 1 << abi::BACKOFF_BITS {
            return value & ((1 << abi::BACKOFF_BITS) - 1) != abi::UNREACHABLE_BACKOFF;
        }
        counter.set(value - (1 << abi::BACKOFF_BITS));
        false
    }

    /// The slot `depth` below the top (1 is the topmost value).
    #[inline(always)]
    pub(crate) fn peek(&self, depth: usize) -> StackRef {
        // SAFETY: rule 2: the compiler knows the stack's depth at each instruction.
        unsafe { *self.sp.sub(depth) }
    }

    /// The object `depth` below the top. See [`borrow`].
    #[inline(always)]
    pub(crate) fn object<'a>(&self, depth: usize) -> &'a PyObject {
        borrow(self.peek(depth))
    }

    /// The address of the slot `depth` below the top.
    #[inline(always)]
    pub(crate) fn slot_at(&self, depth: usize) -> *mut StackRef {
        // SAFETY: as for `peek`.
        unsafe { self.sp.sub(depth) }
    }

    /// Overwrites the slot `depth` below the top.
    #[inline(always)]
    pub(crate) fn poke(&mut self, depth: usize, value: StackRef) {
        // SAFETY: as for `peek`.
        unsafe { *self.sp.sub(depth) = value }
    }

    /// Puts a value on the stack.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: StackRef) {
        // SAFETY: rule 2: `co_stacksize` is the most the stack holds.
        unsafe {
            *self.sp = value;
            self.sp = self.sp.add(1);
        }
    }

    /// Puts an owned object on the stack.
    #[inline(always)]
    pub(crate) fn push_obj(&mut self, value: Obj) {
        self.push(StackRef::from_obj(value));
    }

    /// Takes the topmost value.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> StackRef {
        // SAFETY: as for `peek`.
        unsafe {
            self.sp = self.sp.sub(1);
            *self.sp
        }
    }

    /// Takes the topmost value as an owned reference.
    #[inline(always)]
    pub(crate) fn pop_obj(&mut self) -> Obj {
        own(self.pop())
    }

    /// Takes the topmost value and ends its use.
    #[inline(always)]
    pub(crate) fn drop_top(&mut self) {
        let value = self.pop();
        self.save_sp();
        close(value);
    }

    /// Takes `count` values off and ends their use, the topmost first.
    #[inline(always)]
    pub(crate) fn drop_many(&mut self, count: usize) {
        for _ in 0..count {
            self.drop_top();
        }
    }

    /// Replaces the topmost value and ends the old one's use.
    #[inline(always)]
    pub(crate) fn replace_top(&mut self, value: StackRef) {
        let old = self.peek(1);
        self.poke(1, value);
        close(old);
    }

    /// Replaces the two topmost values by one and ends their use.
    #[inline(always)]
    pub(crate) fn replace_two(&mut self, value: StackRef) {
        let right = self.pop();
        let left = self.peek(1);
        self.poke(1, value);
        self.save_sp();
        close(right);
        close(left);
    }

    /// Replaces the `count` topmost values by one and ends their use.
    #[inline(always)]
    pub(crate) fn replace_many(&mut self, count: usize, value: StackRef) {
        self.drop_many(count);
        self.push(value);
    }

    /// A local variable's slot.
    #[inline(always)]
    pub(crate) fn local(&self, index: u32) -> StackRef {
        // SAFETY: rule 2: the compiler numbers the variables.
        unsafe { *self.frame().slots().add(index as usize) }
    }

    /// Overwrites a local variable's slot.
    #[inline(always)]
    pub(crate) fn set_local(&self, index: u32, value: StackRef) {
        // SAFETY: as for `local`.
        unsafe { *self.frame().slots().add(index as usize) = value }
    }

    /// A constant.
    #[inline(always)]
    pub(crate) fn constant<'a>(&self, index: u32) -> &'a PyObject {
        // SAFETY: rule 2: the index is within the constants, which the code keeps alive.
        unsafe { PyObject::from_ptr(tuple_item(self.code().co_consts.as_ptr(), index)) }
    }

    /// A name.
    #[inline(always)]
    pub(crate) fn name<'a>(&self, index: u32) -> &'a PyStr {
        // SAFETY: rule 2: the index is within the names, which are strings.
        unsafe {
            PyObject::from_ptr(tuple_item(self.code().co_names.as_ptr(), index))
                .downcast_unchecked()
        }
    }

    /// The globals, if they are exactly a dictionary as they nearly always are.
    #[inline(always)]
    pub(crate) fn globals<'a>(&self) -> &'a PyDict {
        // SAFETY: `f_globals` is a dictionary (or of a subclass) that the frame's maker holds.
        unsafe { PyObject::from_ptr(self.frame().f_globals.get()).downcast_unchecked() }
    }
}

/// An item of a tuple that the code object holds.
///
/// # Safety
/// `tuple` is a tuple with more than `index` items.
#[inline(always)]
unsafe fn tuple_item(tuple: *mut abi::PyObject, index: u32) -> *mut abi::PyObject {
    // SAFETY: the caller's contract.
    unsafe {
        (*(*tuple.cast::<abi::PyTupleObject>())
            .ob_item
            .as_ptr()
            .add(index as usize))
        .get()
    }
}

/// The object of a slot. Rule 4: the borrow is not used after the slot is closed or overwritten.
#[inline(always)]
pub(crate) fn borrow<'a>(slot: StackRef) -> &'a PyObject {
    debug_assert!(!slot.is_null());
    // SAFETY: rules 3 and 4.
    unsafe { slot.as_ref() }
}

/// The object of a slot that may be empty. As [`borrow`].
#[inline(always)]
pub(crate) fn borrow_opt<'a>(slot: StackRef) -> Option<&'a PyObject> {
    // SAFETY: rules 3 and 4.
    unsafe { slot.as_option() }
}

/// Ends a slot's use; the caller has taken the value out of the stack.
#[inline(always)]
pub(crate) fn close(slot: StackRef) {
    // SAFETY: rule 3: the slot is given up here and nowhere else.
    unsafe { slot.close() }
}

/// As [`close`] for a slot that holds exactly an `int` or `float`: nothing can run.
#[inline(always)]
pub(crate) fn close_number(slot: StackRef) {
    // SAFETY: rule 3.
    unsafe { slot.close_plain() }
}

/// The slot's reference as an owned one; the caller has taken the value out of the stack.
#[inline(always)]
pub(crate) fn own(slot: StackRef) -> Obj {
    // SAFETY: rule 3.
    unsafe { slot.into_obj() }
}

/// As [`own`] for a slot that may be empty.
#[inline(always)]
pub(crate) fn own_opt(slot: StackRef) -> Option<Obj> {
    // SAFETY: rule 3.
    unsafe { slot.into_option() }
}

/// A second slot for the same object.
#[inline(always)]
pub(crate) fn dup(slot: StackRef) -> StackRef {
    // SAFETY: rule 3: the compiler emits copies only of live values, and a borrowing copy is used
    // only while the original could be.
    unsafe { slot.dup() }
}

/// A slot that borrows what another slot of this frame (or an immortal object's) holds.
#[inline(always)]
pub(crate) fn borrowed(slot: StackRef) -> StackRef {
    // SAFETY: rule 3: `LOAD_FAST_BORROW` is emitted only where the variable outlives the use.
    unsafe { StackRef::borrow_ptr(slot.as_ptr()) }
}

/// The slot of a truth value.
#[inline(always)]
pub(crate) fn truth(value: bool) -> StackRef {
    StackRef::from_immortal(krait_runtime::bool_object(value))
}

/// The slot of None.
#[inline(always)]
pub(crate) fn none() -> StackRef {
    StackRef::from_immortal(krait_runtime::none())
}

/// Whether a slot holds exactly an instance of `T`.
#[inline(always)]
pub(crate) fn exact<'a, T: PyClass>(slot: StackRef) -> Option<&'a T> {
    borrow(slot).downcast_exact::<T>()
}

/// A tuple's items by address, for code that must not keep a slice.
#[inline(always)]
pub(crate) fn tuple_slot(tuple: &PyTuple, index: usize) -> StackRef {
    StackRef::new(&tuple.as_slice()[index])
}
