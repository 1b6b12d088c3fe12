//! How native classes show their fields to the collector.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::{c_int, c_void};
use std::num::NonZero;

use krait_abi as abi;

use crate::field::Field;
use crate::object::{Py, PyClass, PyObject};

/// The result of visiting: an error is a visitor's wish to stop, with its status.
pub type TraverseResult = Result<(), NonZero<c_int>>;

/// Everything was visited.
pub const TRAVERSED: TraverseResult = Ok(());

/// What `tp_traverse` returns for a result.
#[inline]
pub fn traverse_status(result: TraverseResult) -> c_int {
    result.err().map_or(0, NonZero::get)
}

/// The function that `tp_traverse` is handed, with its argument.
pub struct Visitor {
    visit: abi::visitproc,
    arg: *mut c_void,
}

impl Visitor {
    /// A visitor from the arguments of `tp_traverse`.
    ///
    /// # Safety
    /// `visit` may be called with `arg` for as long as the visitor lives.
    #[inline]
    pub unsafe fn new(visit: abi::visitproc, arg: *mut c_void) -> Self {
        Visitor { visit, arg }
    }

    /// Visits an object that the traversed one holds a reference to, once for each reference.
    #[inline]
    pub fn visit(&mut self, object: &PyObject) -> TraverseResult {
        // SAFETY: the contract of `new`.
        match NonZero::new(unsafe { (self.visit)(object.as_ptr(), self.arg) }) {
            None => TRAVERSED,
            Some(status) => Err(status),
        }
    }

    /// As [`Visitor::visit`] with the status that C functions use.
    #[inline]
    pub fn visit_raw(&mut self, object: &PyObject) -> c_int {
        traverse_status(self.visit(object))
    }
}

/// A field that holds references: `#[traverse]` in a `#[pyclass]`.
///
/// `traverse` visits each reference that the field owns, exactly as often as it owns it, and runs no
/// Python code. `clear` drops them, which may run any.
pub trait Traverse {
    /// Visits what the field refers to.
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult;

    /// Lets go of what the field refers to, as far as that breaks cycles.
    fn clear(&self);
}

impl<T: PyClass> Traverse for Field<T> {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        // SAFETY: no Python code runs while the collector visits.
        match unsafe { self.borrow() } {
            Some(value) => visitor.visit(value.as_object()),
            None => TRAVERSED,
        }
    }

    fn clear(&self) {
        self.set(None);
    }
}

/// A reference that never changes: cycles through it are broken elsewhere.
impl<T: PyClass> Traverse for Py<T> {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        visitor.visit(self.as_object())
    }

    fn clear(&self) {}
}

impl<T: Traverse> Traverse for Option<T> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.as_ref()
            .map_or(TRAVERSED, |value| value.traverse(visitor))
    }

    fn clear(&self) {
        if let Some(value) = self {
            value.clear();
        }
    }
}

impl<T: Traverse> Traverse for OnceCell<T> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.get()
            .map_or(TRAVERSED, |value| value.traverse(visitor))
    }

    fn clear(&self) {
        if let Some(value) = self.get() {
            value.clear();
        }
    }
}

impl<T: Traverse, const N: usize> Traverse for [T; N] {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.iter().try_for_each(|value| value.traverse(visitor))
    }

    fn clear(&self) {
        self.iter().for_each(Traverse::clear);
    }
}

macro_rules! traverse_sequences {
    ($($container:ident),+) => {$(
        impl<T: Traverse> Traverse for $container<T> {
            fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
                self.iter().try_for_each(|value| value.traverse(visitor))
            }

            fn clear(&self) {
                self.iter().for_each(Traverse::clear);
            }
        }
    )+};
}

traverse_sequences!(Vec, VecDeque);

impl<T: Traverse> Traverse for Box<[T]> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.iter().try_for_each(|value| value.traverse(visitor))
    }

    fn clear(&self) {
        self.iter().for_each(Traverse::clear);
    }
}

impl<K, V: Traverse, S> Traverse for HashMap<K, V, S> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.values().try_for_each(|value| value.traverse(visitor))
    }

    fn clear(&self) {
        self.values().for_each(Traverse::clear);
    }
}

impl<K, V: Traverse> Traverse for BTreeMap<K, V> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.values().try_for_each(|value| value.traverse(visitor))
    }

    fn clear(&self) {
        self.values().for_each(Traverse::clear);
    }
}

macro_rules! traverse_tuples {
    ($($($name:ident $index:tt),+;)+) => {$(
        impl<$($name: Traverse),+> Traverse for ($($name,)+) {
            fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
                $(self.$index.traverse(visitor)?;)+
                TRAVERSED
            }

            fn clear(&self) {
                $(self.$index.clear();)+
            }
        }
    )+};
}

traverse_tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
}

/// A cell that is borrowed mutably is passed over: what it holds then looks referred to from outside
/// and survives this collection.
impl<T: Traverse + Default> Traverse for RefCell<T> {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.try_borrow()
            .map_or(TRAVERSED, |value| value.traverse(visitor))
    }

    fn clear(&self) {
        // Taken out first: dropping may run code that looks at the cell.
        let taken = self
            .try_borrow_mut()
            .ok()
            .map(|mut value| std::mem::take(&mut *value));
        if let Some(taken) = &taken {
            taken.clear();
        }
    }
}
