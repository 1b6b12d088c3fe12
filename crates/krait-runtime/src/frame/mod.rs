//! Frames: where a call of Python code keeps its variables, its value stack and its place.
//!
//! [`Frame`] is CPython's `_PyInterpreterFrame`. Invariants:
//! 1. A frame lives on the thread's data stack, in a generator, or in the frame object that took it
//!    over (`owner`); `localsplus` has room for `co_framesize` words less the header.
//! 2. Whenever anything outside the eval loop can look (any call that may run Python code, raise or
//!    collect), `instr_ptr` is at the instruction being run and `stackpointer` at the first free
//!    slot; all slots below are valid, and the object of every slot is alive.
//! 3. `previous` links frames of one thread; a generator's is set only while it runs.
//! 4. `frame_obj` is owned by the frame until the frame is cleared; a frame object still referred to
//!    then takes the frame over.

mod datastack;
mod locals;
mod object;
mod stackref;

pub use datastack::DataStack;
pub use locals::PyFrameLocalsProxy;
pub use object::{PyFrame, frame_of, locals_mapping};
pub use stackref::StackRef;

use std::ops::Deref;

use krait_abi as abi;

use crate::code::PyCode;
use crate::function::PyFunction;
use crate::object::{Obj, PyClass, PyObject, decref};

/// A frame.
#[repr(transparent)]
pub struct Frame(abi::_PyInterpreterFrame);

impl Deref for Frame {
    type Target = abi::_PyInterpreterFrame;

    #[inline(always)]
    fn deref(&self) -> &abi::_PyInterpreterFrame {
        &self.0
    }
}

impl Frame {
    /// The slot of a local variable or of the value stack.
    #[inline(always)]
    pub fn slots(&self) -> *mut StackRef {
        self.0.localsplus.as_ptr().cast_mut().cast()
    }

    /// A slot's value.
    ///
    /// # Safety
    /// `index` is within the frame and the slot is valid.
    #[inline(always)]
    pub unsafe fn slot(&self, index: usize) -> StackRef {
        // SAFETY: the caller's contract.
        unsafe { *self.slots().add(index) }
    }

    /// The address of the code object.
    #[inline(always)]
    pub fn code_ptr(&self) -> *mut PyCode {
        slot_of(self.0.f_executable.get()).as_ptr().cast()
    }

    /// The code object. Must not be used on the interpreter's entry frames, which have none.
    #[inline(always)]
    pub fn code(&self) -> &PyCode {
        // SAFETY: frames other than entry frames hold a code object while they are initialised.
        unsafe { &*self.code_ptr() }
    }

    /// The function, if the frame runs one.
    pub fn function(&self) -> Option<&PyFunction> {
        // SAFETY: `f_funcobj` is empty or holds a live object for as long as the frame runs.
        let object = unsafe { slot_of(self.0.f_funcobj.get()).as_option() };
        object.and_then(PyObject::downcast)
    }

    /// The globals dictionary.
    pub fn globals(&self) -> &PyObject {
        // SAFETY: the function, or the caller of `exec`, holds it.
        unsafe { PyObject::from_ptr(self.0.f_globals.get()) }
    }

    /// The builtins dictionary.
    pub fn builtins(&self) -> &PyObject {
        // SAFETY: as for the globals.
        unsafe { PyObject::from_ptr(self.0.f_builtins.get()) }
    }

    /// The locals mapping of a module or class body; `None` in functions.
    pub fn locals(&self) -> Option<&PyObject> {
        // SAFETY: owned by the frame.
        unsafe { PyObject::from_ptr_opt(self.0.f_locals.get()) }
    }

    /// The next outer frame of any kind.
    pub fn previous_frame(&self) -> *mut Frame {
        self.0.previous.get().cast()
    }

    /// The next outer frame that Python code may see.
    pub fn back(&self) -> Option<&'static Frame> {
        // SAFETY: a frame's `previous` is null or a frame that outlives its run (invariant 3).
        unsafe { first_complete(self.previous_frame()) }
    }

    /// The index of the code unit being run.
    pub fn unit(&self) -> isize {
        // SAFETY: both point into the same code object.
        unsafe { self.0.instr_ptr.get().offset_from(self.code().first_unit()) }
    }

    /// `f_lasti`: the byte offset of the instruction being run.
    pub fn lasti(&self) -> i32 {
        (self.unit() * 2) as i32
    }

    /// The line being run.
    pub fn line(&self) -> Option<i32> {
        self.code().line_of(self.lasti())
    }

    /// Whether the frame is not yet, or not at all, one that Python code should see.
    pub fn is_incomplete(&self) -> bool {
        match self.0.owner.get() {
            abi::FRAME_OWNED_BY_INTERPRETER | abi::FRAME_OWNED_BY_CSTACK => true,
            abi::FRAME_OWNED_BY_GENERATOR => false,
            _ => self.unit() < self.code().co_firsttraceable.get() as isize,
        }
    }

    /// How many slots are in use.
    pub fn depth(&self) -> usize {
        // SAFETY: the stack pointer points into the frame's slots.
        unsafe {
            self.0
                .stackpointer
                .get()
                .cast::<StackRef>()
                .offset_from(self.slots()) as usize
        }
    }

    /// Copies the frame to a place where it can outlive its callers: it owns all it holds then.
    ///
    /// # Safety
    /// `target` has room for the frame's header and slots; `self` must not be used any more except
    /// to be abandoned.
    pub unsafe fn move_to(&self, target: *mut Frame) {
        let source = std::ptr::from_ref(self);
        let depth = self.depth();
        // SAFETY: the caller's contract; the slots up to `depth` are valid, and each is moved.
        unsafe {
            std::ptr::copy_nonoverlapping(
                source.cast::<usize>(),
                target.cast::<usize>(),
                crate::code::FRAME_SPECIALS_SIZE,
            );
            let to = &*target;
            to.f_executable
                .set(raw_of(slot_of(self.f_executable.get()).heap_safe()));
            to.f_funcobj
                .set(raw_of(slot_of(self.f_funcobj.get()).heap_safe()));
            to.previous.set(std::ptr::null_mut());
            for index in 0..depth {
                *to.slots().add(index) = self.slot(index).heap_safe();
            }
            to.stackpointer.set(to.slots().add(depth).cast());
        }
    }

    /// Ends the use of every slot, the innermost last.
    ///
    /// # Safety
    /// Nobody uses the slots any more.
    pub unsafe fn clear_slots(&self) {
        let mut slot = self.slots();
        let end = self.stackpointer.get().cast::<StackRef>();
        // The slots are out of reach before anything runs.
        self.stackpointer.set(slot.cast());
        // SAFETY: the slots up to the stack pointer were valid.
        unsafe {
            while slot < end {
                (*slot).close();
                slot = slot.add(1);
            }
            let locals = self.f_locals.replace(std::ptr::null_mut());
            if !locals.is_null() {
                decref(locals);
            }
        }
    }

    /// Clears all but the code object: a frame object that is still in use takes the frame over.
    ///
    /// # Safety
    /// The frame has finished and is not a running thread's current one.
    pub unsafe fn clear_except_code(&self) {
        // SAFETY: the caller's contract; each owned part is given up once.
        unsafe {
            let object = self.frame_obj.replace(std::ptr::null_mut());
            if !object.is_null() {
                let frame = PyObject::from_ptr(object.cast()).downcast_unchecked::<PyFrame>();
                if frame.as_object().refcount() > 1 {
                    frame.take_over(self);
                    decref(object.cast());
                    return;
                }
                frame.detach();
                decref(object.cast());
            }
            self.clear_slots();
            slot_of(self.f_funcobj.replace(raw_of(StackRef::NULL))).close();
        }
    }
}

/// The raw form of a slot, as the struct table has it.
#[inline(always)]
pub fn raw_of(slot: StackRef) -> abi::_PyStackRef {
    // SAFETY: both are one transparent word.
    unsafe { std::mem::transmute(slot) }
}

/// The slot of a raw form.
#[inline(always)]
pub fn slot_of(raw: abi::_PyStackRef) -> StackRef {
    // SAFETY: both are one transparent word.
    unsafe { std::mem::transmute(raw) }
}

/// The innermost frame of the calling thread that Python code may see.
pub fn current_frame() -> Option<&'static Frame> {
    visible_frame(crate::state::ThreadState::current())
}

/// The innermost frame of a thread that Python code may see.
pub fn visible_frame(thread: &crate::state::ThreadState) -> Option<&'static Frame> {
    // SAFETY: `current_frame` is null or the frame that the thread runs.
    unsafe { first_complete(thread.current_frame.get().cast()) }
}

/// The first frame from here outwards that Python code may see.
///
/// # Safety
/// `frame` is null or alive, and linked as invariant 3 says.
unsafe fn first_complete(mut frame: *mut Frame) -> Option<&'static Frame> {
    // SAFETY: frames are alive while linked; the borrow ends with the caller's use of the frame,
    // before the frame returns.
    unsafe {
        while !frame.is_null() && (*frame).is_incomplete() {
            frame = (*frame).previous_frame();
        }
        frame.as_ref()
    }
}

/// The value of a local variable, looking into its cell if it has one.
pub(crate) fn local_value(frame: &Frame, index: usize) -> Option<Obj> {
    // SAFETY: `index` is within the frame's variables, whose slots are valid (invariant 2).
    let value = unsafe { frame.slot(index).as_option() }?;
    let code = frame.code();
    let kind = code.local_kind(index);
    if kind & (abi::CO_FAST_FREE | abi::CO_FAST_CELL) != 0
        && let Some(cell) = value.downcast_exact::<crate::cell::PyCell>()
    {
        // Before the cell is made, a parameter that will be in one is there itself.
        if kind & abi::CO_FAST_FREE != 0 || cell_is_made(frame, index) {
            return cell.contents.get();
        }
    }
    Some(value.to_obj())
}

/// Whether `MAKE_CELL` has run for a variable: only then is a cell in its slot the variable's own.
pub(crate) fn cell_is_made(frame: &Frame, index: usize) -> bool {
    let at = frame.unit();
    frame
        .code()
        .units()
        .iter()
        .take(usize::try_from(at).unwrap_or(0))
        .any(|unit| {
            unit.code() == krait_bytecode::op::MAKE_CELL && usize::from(unit.arg()) == index
        })
        || frame.0.owner.get() == abi::FRAME_OWNED_BY_GENERATOR
        || index > 255
}
