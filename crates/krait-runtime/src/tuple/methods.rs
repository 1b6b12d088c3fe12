//! What tuples do: construction, indexing, comparison, hashing, text.

use std::ops::Deref;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::PyTuple;
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::{Separated, repr_sequence};
use crate::slice::PySlice;
use crate::{CompareOp, Field, PyLong, PyResult, PyStr, PyType, exc, gc};

/// Compares two rows of items: the first pair that differs decides, then the lengths.
///
/// The items of rows that a comparison may change are owned references.
#[inline(always)]
pub(crate) fn compare_rows<R: Deref<Target = PyObject>>(
    op: CompareOp,
    left_len: impl Fn() -> usize,
    right_len: impl Fn() -> usize,
    left: impl Fn(usize) -> Option<R>,
    right: impl Fn(usize) -> Option<R>,
) -> PyResult<Obj> {
    let mut index = 0;
    while let (Some(a), Some(b)) = (left(index), right(index)) {
        if !a.eq(&b)? {
            // The comparison may have shortened the rows.
            if index >= left_len() || index >= right_len() {
                break;
            }
            return match op {
                CompareOp::Eq => Ok(crate::false_().to_obj()),
                CompareOp::Ne => Ok(crate::true_().to_obj()),
                _ => a.rich_compare(&b, op),
            };
        }
        index += 1;
    }
    Ok(crate::bool_object(op.holds(left_len().cmp(&right_len()))).to_obj())
}

/// Turns an index that may count from the end into a position below `len`.
pub(crate) fn checked_index(index: isize, len: usize) -> Option<usize> {
    let index = if index < 0 {
        index + len as isize
    } else {
        index
    };
    usize::try_from(index).ok().filter(|&index| index < len)
}

impl PyTuple {
    /// The items from `start` up to `end`, clipped to the tuple.
    pub fn sub(&self, start: usize, end: usize) -> PyResult<Py<PyTuple>> {
        let end = end.min(self.len());
        let start = start.min(end);
        if start == 0 && end == self.len() && self.is_exact::<PyTuple>() {
            return Ok(PyClass::to_owned(self));
        }
        PyTuple::from_vec(self.as_slice()[start..end].to_vec())
    }

    /// Makes an instance of a subclass of `tuple` with the given items.
    fn from_exact_in(class: &PyType, items: impl ExactSizeIterator<Item = Obj>) -> PyResult<Obj> {
        if std::ptr::eq(class, PyTuple::type_object()) {
            return Ok(Self::from_exact(items)?.into_object());
        }
        let len = items.len();
        let object = crate::alloc::alloc_object(class, len)?;
        // SAFETY: a class laid out on `tuple` has room for as many (null) items.
        unsafe {
            let raw = &*object.as_ptr().cast::<abi::PyTupleObject>();
            raw.ob_hash.set(-1);
            let slots = object.as_ptr().byte_add(super::HEADER).cast::<Obj>();
            for (index, item) in items.take(len).enumerate() {
                slots.add(index).write(item);
            }
        }
        crate::gc::track(&object);
        Ok(object)
    }
}

#[pymethods(CORE)]
impl PyTuple {
    #[pynew(signature = "(iterable=(), /)", vectorcall)]
    fn new(class: &PyType, iterable: crate::OptionalArg<&PyObject>) -> PyResult<Obj> {
        let Some(iterable) = iterable.present() else {
            return Self::from_exact_in(class, std::iter::empty());
        };
        let Some(tuple) = iterable.downcast_exact::<PyTuple>() else {
            return Self::from_exact_in(class, iterable.to_vec()?.into_iter());
        };
        if std::ptr::eq(class, PyTuple::type_object()) {
            return Ok(tuple.to_obj());
        }
        Self::from_exact_in(class, tuple.as_slice().iter().cloned())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let style = if self.len() == 1 {
            Separated {
                open: "(",
                close: ",)",
                recursive: "(...)",
            }
        } else {
            Separated {
                open: "(",
                close: ")",
                recursive: "(...)",
            }
        };
        repr_sequence(self, &style, |index| self.get(index).map(PyClass::to_obj))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let cached = self.0.ob_hash.get();
        if cached != -1 {
            return Ok(cached);
        }
        // xxHash's mixing of 64-bit lanes, as CPython applies it to the items' hashes.
        const PRIME_1: u64 = 11_400_714_785_074_694_791;
        const PRIME_2: u64 = 14_029_467_366_897_019_727;
        const PRIME_5: u64 = 2_870_177_450_012_600_261;
        let mut acc = PRIME_5;
        for item in self.as_slice() {
            acc = acc.wrapping_add((item.hash()? as u64).wrapping_mul(PRIME_2));
            acc = acc.rotate_left(31).wrapping_mul(PRIME_1);
        }
        acc = acc.wrapping_add(self.len() as u64 ^ (PRIME_5 ^ 3_527_539));
        let hash = if acc == u64::MAX {
            1_546_275_796
        } else {
            acc as isize
        };
        self.0.ob_hash.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyTuple>() else {
            return Ok(not_implemented_if(None));
        };
        compare_rows(
            op,
            || self.len(),
            || other.len(),
            |index| self.get(index),
            |index| other.get(index),
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Py<PyTupleIter>> {
        Py::new(PyTupleIter {
            ob_base: PyObject::HEADER,
            index: 0.into(),
            tuple: Field::new(PyClass::to_owned(self)),
        })
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.as_slice().get(index).cloned())
            .ok_or_else(|| crate::index_error!("tuple index out of range"))
    }

    #[slot(sq_contains)]
    fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
        for each in self.as_slice() {
            if each.eq(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyTuple>() else {
            return Err(crate::type_error!(
                "can only concatenate tuple (not \"{}\") to tuple",
                other.type_().tp_name()
            ));
        };
        if other.is_empty() && self.is_exact::<PyTuple>() {
            return Ok(self.to_obj());
        }
        if self.is_empty() && other.is_exact::<PyTuple>() {
            return Ok(other.to_obj());
        }
        Ok(PyTuple::from_vec([self.as_slice(), other.as_slice()].concat())?.into_object())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Obj> {
        if count == 1 && self.is_exact::<PyTuple>() {
            return Ok(self.to_obj());
        }
        Ok(PyTuple::from_exact(repeated(self.as_slice(), count)?)?.into_object())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return match checked_index(index, self.len()) {
                Some(index) => Ok(self.as_slice()[index].clone()),
                None => Err(crate::index_error!("tuple index out of range")),
            };
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(crate::type_error!(
                "tuple indices must be integers or slices, not {}",
                key.type_().tp_name()
            ));
        };
        self.pick(slice.adjusted(self.len())?)
    }

    /// Return number of occurrences of value.
    #[pymethod]
    fn count(&self, value: &PyObject) -> PyResult<usize> {
        let mut count = 0;
        for each in self.as_slice() {
            count += usize::from(each.eq(value)?);
        }
        Ok(count)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod(signature = "($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        &self,
        value: &PyObject,
        start: crate::OptionalArg<&PyObject>,
        stop: crate::OptionalArg<&PyObject>,
    ) -> PyResult<usize> {
        let (start, stop) = crate::slice::clip_bounds(start.present(), stop.present(), self.len())?;
        for (index, each) in self.as_slice().iter().enumerate().take(stop).skip(start) {
            if each.eq(value)? {
                return Ok(index);
            }
        }
        Err(crate::value_error!("tuple.index(x): x not in tuple"))
    }

    #[pymethod(name = "__getnewargs__")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        let items = PyTuple::from_vec(self.as_slice().to_vec())?;
        PyTuple::from_vec(vec![items.into_object()])
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a tuple that nothing refers to any more.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyTuple>();
            gc::untrack(this);
            let items = object.byte_add(super::HEADER).cast::<*mut abi::PyObject>();
            for index in (0..this.len()).rev() {
                let item = *items.add(index);
                if !item.is_null() {
                    crate::object::decref(item);
                }
            }
            crate::alloc::free_object(object);
        }
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the collector calls this with a live tuple; items may still be null while a
        // subclass's instance is being filled.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyTuple>();
            let items = object.byte_add(super::HEADER).cast::<*mut abi::PyObject>();
            for index in 0..this.len() {
                let item = *items.add(index);
                if !item.is_null() {
                    let stop = visit(item, arg);
                    if stop != 0 {
                        return stop;
                    }
                }
            }
        }
        0
    }
}

/// The items of `count` copies of a row; `MemoryError` if they are more than memory can hold.
pub(crate) fn repeated(
    items: &[Obj],
    count: isize,
) -> PyResult<impl ExactSizeIterator<Item = Obj> + '_> {
    let count = usize::try_from(count).unwrap_or(0);
    let total = items
        .len()
        .checked_mul(count)
        .filter(|&total| total <= isize::MAX as usize / 8)
        .ok_or_else(crate::err::no_memory)?;
    let mut index = 0;
    Ok((0..total).map(move |_| {
        let item = items[index].clone();
        index = if index + 1 == items.len() {
            0
        } else {
            index + 1
        };
        item
    }))
}

/// The iterator of tuples.
#[pyclass(name = "tuple_iterator", symbol = PyTupleIter_Type, flags(GC))]
#[repr(C)]
pub struct PyTupleIter {
    ob_base: PyObject,
    index: std::cell::Cell<usize>,
    #[traverse]
    tuple: Field<PyTuple>,
}

impl PyTupleIter {
    /// The next item; what the specialised `FOR_ITER` does too.
    #[inline(always)]
    pub fn next_item(&self) -> Option<Obj> {
        let index = self.index.get();
        // SAFETY: the borrow ends before the field can change.
        let item = unsafe { self.tuple.borrow() }?
            .as_slice()
            .get(index)
            .cloned();
        match item {
            Some(_) => self.index.set(index + 1),
            None => self.tuple.set(None),
        }
        item
    }
}

#[pymethods]
impl PyTupleIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        Ok(self.next_item())
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<usize> {
        Ok(self
            .tuple
            .get()
            .map_or(0, |tuple| tuple.len() - self.index.get()))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.tuple.get()?.into_object(), self.index.get() as isize));
        crate::seq_iter::reduce_iterator("iter", rest, || Ok(PyTuple::empty().into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(tuple) = self.tuple.get() {
            self.index.set((index.max(0) as usize).min(tuple.len()));
        }
        Ok(())
    }
}

/// An int for an index.
pub(crate) fn index_object(index: usize) -> PyResult<Obj> {
    Ok(PyLong::from_usize(index)?.into_object())
}
