//! `_PyStackRef`: what a slot of a frame holds.
//!
//! A slot is an object's address with a tag in its lowest bit:
//! 1. Bit 0 clear: the slot owns a count on the object.
//! 2. Bit 0 set: the slot borrows. Something else keeps the object alive for as long as the slot is
//!    used: the object is immortal, or a local variable of the same frame or of a calling frame
//!    holds it (the compiler emits `LOAD_FAST_BORROW` only where that variable outlives the use,
//!    and a frame that outlives its caller is made to own all it holds: [`StackRef::heap_safe`]).
//! 3. The null slot is the bit alone, so that closing it is no special case.
//! 4. Both low bits set with something above them: a small integer that is no object (the
//!    instruction offset that an exception handler keeps).

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject, decref, decref_plain};

/// A slot's value; copying it does not count (see the module's rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct StackRef(usize);

const BORROWED: usize = abi::Py_TAG_REFCNT;
const TAG_MASK: usize = abi::Py_TAG_BITS;

impl StackRef {
    /// The empty slot.
    pub const NULL: StackRef = StackRef(abi::PyStackRef_NULL_BITS);

    /// Takes over an owned reference.
    #[inline(always)]
    pub fn from_obj(object: Obj) -> StackRef {
        StackRef(object.into_ptr().addr_exposed())
    }

    /// Takes over an owned pointer.
    ///
    /// # Safety
    /// `ptr` is a live object with a count that the caller gives away.
    #[inline(always)]
    pub unsafe fn from_owned_ptr(ptr: *mut abi::PyObject) -> StackRef {
        StackRef(ptr.addr_exposed())
    }

    /// Borrows an object.
    ///
    /// # Safety
    /// Rule 2: something keeps the object alive for as long as the slot is used.
    #[inline(always)]
    pub unsafe fn borrow_ptr(ptr: *mut abi::PyObject) -> StackRef {
        StackRef(ptr.addr_exposed() | BORROWED)
    }

    /// A slot for an immortal object, which needs no count.
    #[inline(always)]
    pub fn from_immortal(object: &PyObject) -> StackRef {
        debug_assert!(object.is_immortal());
        StackRef(object.as_ptr().addr_exposed() | BORROWED)
    }

    /// A slot that owns a new count on the object.
    #[inline(always)]
    pub fn new(object: &PyObject) -> StackRef {
        Self::from_obj(object.to_obj())
    }

    /// A small integer that is no object.
    #[inline(always)]
    pub fn from_int(value: isize) -> StackRef {
        StackRef(((value as usize) << 2) | abi::Py_INT_TAG)
    }

    /// The small integer, if the slot holds one.
    #[inline(always)]
    pub fn as_int(self) -> Option<isize> {
        (self.0 & TAG_MASK == abi::Py_INT_TAG).then_some(self.0 as isize >> 2)
    }

    /// Whether the slot is empty.
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.0 == Self::NULL.0
    }

    /// Whether the slot owns a count.
    #[inline(always)]
    pub fn is_owned(self) -> bool {
        self.0 & BORROWED == 0
    }

    /// The object's address; null for the empty slot.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut abi::PyObject {
        std::ptr::with_exposed_provenance_mut(self.0 & !BORROWED)
    }

    /// The object.
    ///
    /// # Safety
    /// The slot holds an object, which stays alive for `'a`.
    #[inline(always)]
    pub unsafe fn as_ref<'a>(self) -> &'a PyObject {
        // SAFETY: the caller's contract.
        unsafe { PyObject::from_ptr(self.as_ptr()) }
    }

    /// The object, `None` for the empty slot.
    ///
    /// # Safety
    /// As [`StackRef::as_ref`], unless empty.
    #[inline(always)]
    pub unsafe fn as_option<'a>(self) -> Option<&'a PyObject> {
        // SAFETY: the caller's contract.
        unsafe { PyObject::from_ptr_opt(self.as_ptr()) }
    }

    /// Whether the slot holds exactly this object.
    #[inline(always)]
    pub fn is(self, object: &PyObject) -> bool {
        std::ptr::eq(self.as_ptr(), object.as_ptr())
    }

    /// A second slot for the same object: it owns if this one does.
    ///
    /// # Safety
    /// The object is alive; rule 2 holds for the new slot too.
    #[inline(always)]
    pub unsafe fn dup(self) -> StackRef {
        if self.is_owned() {
            // SAFETY: an owning slot holds a live object.
            std::mem::forget(unsafe { self.as_ref() }.to_obj());
        }
        self
    }

    /// The slot's reference as an owned one; a borrowed one is counted now.
    ///
    /// # Safety
    /// The slot holds a live object and is given up.
    #[inline(always)]
    pub unsafe fn into_obj(self) -> Obj {
        // SAFETY: an owning slot gives its count away; a borrowing one gets one.
        unsafe {
            if self.is_owned() {
                Py::from_owned_ptr(self.as_ptr())
            } else {
                self.as_ref().to_obj()
            }
        }
    }

    /// As [`StackRef::into_obj`], `None` for the empty slot.
    ///
    /// # Safety
    /// As [`StackRef::into_obj`], unless empty.
    #[inline(always)]
    pub unsafe fn into_option(self) -> Option<Obj> {
        if self.is_null() {
            None
        } else {
            // SAFETY: the caller's contract.
            Some(unsafe { self.into_obj() })
        }
    }

    /// The same slot, owning: for a place that outlives what is borrowed from.
    ///
    /// # Safety
    /// The slot is empty, a small integer, or holds a live object; it is given up.
    #[inline(always)]
    pub unsafe fn heap_safe(self) -> StackRef {
        if self.is_owned() || self.is_null() || self.as_int().is_some() {
            return self;
        }
        // SAFETY: the slot borrows a live object.
        Self::new(unsafe { self.as_ref() })
    }

    /// Ends the slot's use: gives its count up if it owns one.
    ///
    /// # Safety
    /// The slot is given up.
    #[inline(always)]
    pub unsafe fn close(self) {
        if self.is_owned() {
            // SAFETY: the slot's own count.
            unsafe { decref(self.as_ptr()) }
        }
    }

    /// As [`StackRef::close`] for an exact `int` or `float`, which ends without running anything.
    ///
    /// # Safety
    /// The slot is given up; it holds an instance of exactly one of those classes.
    #[inline(always)]
    pub unsafe fn close_plain(self) {
        if self.is_owned() {
            // SAFETY: the slot's own count.
            unsafe { decref_plain(self.as_ptr()) }
        }
    }
}

/// Addresses of objects go through integers in slots.
trait ExposedAddr {
    fn addr_exposed(self) -> usize;
}

impl ExposedAddr for *mut abi::PyObject {
    #[inline(always)]
    fn addr_exposed(self) -> usize {
        self.expose_provenance()
    }
}
