//! Cells that hold object references inside native classes.
//!
//! Invariant: the old value is dropped only after the new one is in place, because dropping an
//! object may run Python code that looks at the same field again.

use std::cell::UnsafeCell;

use crate::object::{Obj, Py, PyClass, PyObject};

/// A cell holding an optional reference: one nullable pointer, as in a C struct.
#[repr(transparent)]
pub struct Field<T: PyClass = PyObject>(UnsafeCell<Option<Py<T>>>);

impl<T: PyClass> Field<T> {
    /// An empty field.
    pub const fn empty() -> Self {
        Field(UnsafeCell::new(None))
    }

    /// A field that holds `value`.
    pub const fn new(value: Py<T>) -> Self {
        Field(UnsafeCell::new(Some(value)))
    }

    /// A field that holds `value`, if there is one.
    pub const fn from_option(value: Option<Py<T>>) -> Self {
        Field(UnsafeCell::new(value))
    }

    /// A new reference to the value.
    #[inline]
    pub fn get(&self) -> Option<Py<T>> {
        // SAFETY: cloning a reference only counts; no reference into the cell outlives this call.
        unsafe { (*self.0.get()).clone() }
    }

    /// Whether the field holds a value.
    #[inline]
    pub fn is_some(&self) -> bool {
        // SAFETY: a plain read.
        unsafe { (*self.0.get()).is_some() }
    }

    /// The value's address, null when empty; no count is added.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut krait_abi::PyObject {
        // SAFETY: a plain read of one nullable pointer.
        unsafe { *self.0.get().cast::<*mut krait_abi::PyObject>() }
    }

    /// Whether the field holds exactly `object`.
    #[inline]
    pub fn is(&self, object: &PyObject) -> bool {
        // SAFETY: a plain read.
        unsafe {
            (*self.0.get())
                .as_ref()
                .is_some_and(|value| value.as_object().is(object))
        }
    }

    /// Borrows the value.
    ///
    /// # Safety
    /// The field must not be set while the borrow lives: no Python code may run in between.
    #[inline(always)]
    pub unsafe fn borrow(&self) -> Option<&T> {
        // SAFETY: the caller's contract.
        unsafe { (*self.0.get()).as_deref() }
    }

    /// Puts a value in and drops the old one afterwards.
    #[inline]
    pub fn set(&self, value: Option<Py<T>>) {
        drop(self.replace(value));
    }

    /// Puts a value in and returns the old one.
    #[inline]
    pub fn replace(&self, value: Option<Py<T>>) -> Option<Py<T>> {
        // SAFETY: no reference into the cell exists during the swap.
        unsafe { std::mem::replace(&mut *self.0.get(), value) }
    }

    /// Empties the field and returns what it held.
    #[inline]
    pub fn take(&self) -> Option<Py<T>> {
        self.replace(None)
    }
}

impl<T: PyClass> Default for Field<T> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T: PyClass> From<Obj> for Field<T>
where
    Py<T>: From<Obj>,
{
    fn from(value: Obj) -> Self {
        Field::new(value.into())
    }
}

/// The head of an object's list of weak references; a native class with one accepts weak references.
#[repr(transparent)]
#[derive(Default)]
pub struct WeakList(std::cell::Cell<usize>);

impl WeakList {
    /// No weak reference yet.
    pub const fn new() -> Self {
        WeakList(std::cell::Cell::new(0))
    }
}
