//! `tuple`: an immutable row of references behind a header of variable size.
//!
//! Invariant: the items are set before anything but the maker sees the tuple, and never change; so
//! they may be borrowed for as long as the tuple lives.

mod methods;

pub use methods::PyTupleIter;
pub(crate) use methods::{checked_index, compare_rows, index_object, repeated};

use krait_abi as abi;
use krait_macros::pyclass;

use crate::err::no_memory;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject, new_header};
use crate::slice::SliceRange;
use crate::{PyResult, alloc, gc};

/// tuple(iterable=(), /)
///
/// An immutable sequence of objects.
#[pyclass(
    name = "tuple",
    symbol = PyTuple_Type,
    flags(BASETYPE, GC, TUPLE_SUBCLASS, SEQUENCE, MATCH_SELF),
    methods(CORE),
    itemsize = 8,
    basicsize = std::mem::offset_of!(abi::PyTupleObject, ob_item),
    layout = manual
)]
#[repr(transparent)]
pub struct PyTuple(pub(crate) abi::PyTupleObject);

/// Bytes before the items.
const HEADER: usize = std::mem::offset_of!(abi::PyTupleObject, ob_item);

/// A tuple that others may refer to before all of its items are there: what `marshal` reads. An item
/// that is not there yet is None.
pub struct TupleInProgress {
    tuple: Py<PyTuple>,
    filled: usize,
}

impl TupleInProgress {
    /// A tuple of `len` items.
    pub fn new(len: usize) -> PyResult<TupleInProgress> {
        let items = std::iter::repeat_with(|| crate::none().to_obj());
        let tuple = PyTuple::from_vec(items.take(len).collect())?;
        if len > 0 {
            gc::track(&tuple);
        }
        Ok(TupleInProgress { tuple, filled: 0 })
    }

    /// The tuple as it is.
    pub fn tuple(&self) -> &PyTuple {
        &self.tuple
    }

    /// Puts the next item in place.
    pub fn push(&mut self, item: Obj) {
        assert!(self.filled < self.tuple.len(), "one item for each place");
        // SAFETY: the index is in range, so that the tuple is not the shared empty one. The item
        // that goes is None, which outlives any borrow of it.
        unsafe {
            let slot = self
                .tuple
                .as_ptr()
                .byte_add(HEADER)
                .cast::<Obj>()
                .add(self.filled);
            drop(slot.replace(item));
        }
        self.filled += 1;
    }

    /// The whole tuple.
    pub fn finish(self) -> Py<PyTuple> {
        // What a container in it made of it while it was not whole does not count.
        self.tuple.0.ob_hash.set(-1);
        self.tuple
    }
}

impl PyTuple {
    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.0.ob_base.ob_size.get() as usize
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Obj] {
        // SAFETY: the module's invariant; `Obj` is one non-null pointer.
        unsafe {
            std::slice::from_raw_parts(
                std::ptr::from_ref(self).byte_add(HEADER).cast::<Obj>(),
                self.len(),
            )
        }
    }

    /// The items of a tuple that C code may still be filling: `None` for an empty place.
    pub(crate) fn items_or_null(&self) -> impl Iterator<Item = Option<&PyObject>> {
        let items = std::ptr::from_ref(self).cast::<Option<Obj>>();
        // SAFETY: the module's invariant, but for places that are null.
        let items = unsafe { std::slice::from_raw_parts(items.byte_add(HEADER), self.len()) };
        items.iter().map(Option::as_deref)
    }

    /// The item at `index`, if there is one.
    pub fn get(&self, index: usize) -> Option<&PyObject> {
        self.as_slice().get(index).map(|item| &**item)
    }

    /// The empty tuple.
    pub fn empty() -> Py<PyTuple> {
        PyClass::to_owned(crate::singletons::empty_tuple())
    }

    /// A tuple of the given items.
    pub fn from_vec(items: Vec<Obj>) -> PyResult<Py<PyTuple>> {
        Self::from_exact(items.into_iter())
    }

    /// A tuple of the given items, which needs no memory but the tuple's own.
    pub fn from_array<const N: usize>(items: [Obj; N]) -> PyResult<Py<PyTuple>> {
        Self::from_exact(items.into_iter())
    }

    /// A tuple of new references to the given objects.
    pub fn from_refs(items: &[&PyObject]) -> PyResult<Py<PyTuple>> {
        Self::from_exact(items.iter().map(|item| item.to_obj()))
    }

    /// A tuple of the items of an iterator that knows how many they are and runs no Python code.
    #[inline]
    pub fn from_exact(items: impl ExactSizeIterator<Item = Obj>) -> PyResult<Py<PyTuple>> {
        let len = items.len();
        if len == 0 {
            return Ok(Self::empty());
        }
        // SAFETY: `fill` writes each of the `len` slots.
        unsafe {
            Self::new_with(len, |slots| {
                let mut filled = 0;
                for (index, item) in items.take(len).enumerate() {
                    slots.add(index).write(item);
                    filled += 1;
                }
                assert_eq!(filled, len, "the iterator is at least as long as said");
            })
        }
    }

    /// A tuple of the given items: the one in `last` once more if nobody else refers to it, as for
    /// iterators whose rows are mostly unpacked at once.
    ///
    /// Always inlined: items that are passed in memory and then moved in one piece have the processor
    /// wait for them.
    #[inline(always)]
    pub fn reuse<const N: usize>(last: &Field<PyTuple>, items: [Obj; N]) -> PyResult<Py<PyTuple>> {
        // SAFETY: the borrow ends with the count of our own.
        let unique = unsafe { last.borrow() }
            .filter(|tuple| tuple.is_unique() && tuple.len() == N)
            .map(PyClass::to_owned);
        let Some(tuple) = unique else {
            let tuple = Self::from_array(items)?;
            gc::track(&tuple);
            if !last.is_some() {
                last.set(Some(tuple.clone()));
            }
            return Ok(tuple);
        };
        // SAFETY: nobody but `last` knows the tuple, so that its items may change; the old ones go
        // when the new ones are in place.
        let old = unsafe {
            let slots = tuple.as_ptr().byte_add(HEADER).cast::<[Obj; N]>();
            slots.replace(items)
        };
        tuple.0.ob_hash.set(-1);
        // The collector may have found nothing worth tracking in the old items.
        gc::track(&tuple);
        drop(old);
        Ok(tuple)
    }

    /// The items at these positions; the tuple itself if they are all in order.
    pub(crate) fn pick(&self, range: SliceRange) -> PyResult<Obj> {
        let items = self.as_slice();
        let picked = if range.step == 1 {
            if range.len == items.len() && self.is_exact::<PyTuple>() {
                return Ok(self.to_obj());
            }
            let start = range.start as usize;
            PyTuple::from_exact(items[start..start + range.len].iter().cloned())
        } else {
            PyTuple::from_exact(range.indices().map(|index| items[index].clone()))
        };
        Ok(picked?.into_object())
    }

    /// A tuple of `len` empty places, which C code fills (`PyTuple_New`).
    ///
    /// # Safety
    /// Every place is filled before anything but the collector looks at the tuple.
    pub unsafe fn with_room(len: usize) -> PyResult<Py<PyTuple>> {
        if len == 0 {
            return Ok(Self::empty());
        }
        // SAFETY: a null place is one that the collector and the deallocator pass over.
        unsafe { Self::new_with(len, |slots| slots.write_bytes(0, len)) }
    }

    /// A tuple whose items `fill` writes.
    ///
    /// # Safety
    /// `fill` must write all `len` slots and run no Python code. `len` must not be 0.
    pub(crate) unsafe fn new_with(
        len: usize,
        fill: impl FnOnce(*mut Obj),
    ) -> PyResult<Py<PyTuple>> {
        let size = len
            .checked_mul(size_of::<Obj>())
            .and_then(|items| items.checked_add(HEADER))
            .ok_or_else(no_memory)?;
        let block = alloc::allocate_gc(size);
        if block.is_null() {
            return Err(no_memory());
        }
        // SAFETY: the block has room for header and items, which are all set before it is seen.
        unsafe {
            let object = block.cast::<abi::PyTupleObject>();
            (&raw mut (*object).ob_base).write(abi::PyVarObject {
                ob_base: new_header(PyTuple::type_object()),
                ob_size: (len as isize).into(),
            });
            (&raw mut (*object).ob_hash).write((-1).into());
            fill(block.add(HEADER).cast());
            let tuple: Py<PyTuple> = Py::from_owned_ptr(block.cast());
            // No cycle goes through items that the collector does not know. What has empty places
            // yet may get others.
            let slots = block.add(HEADER).cast::<*mut abi::PyObject>();
            let may_refer = |index: usize| {
                let item = *slots.add(index);
                item.is_null()
                    || PyObject::from_ptr(item)
                        .type_()
                        .has_flag(abi::Py_TPFLAGS_HAVE_GC)
            };
            if (0..len).any(may_refer) {
                gc::track_new(tuple.as_ptr());
            } else {
                gc::init_untracked(tuple.as_ptr());
            }
            Ok(tuple)
        }
    }
}
