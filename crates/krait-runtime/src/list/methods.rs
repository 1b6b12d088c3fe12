//! What lists do.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::PyList;
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::{Separated, repr_sequence};
use crate::slice::{PySlice, SliceRange, adjust};
use crate::tuple::{checked_index, compare_rows, repeated};
use crate::{CompareOp, Field, PyResult, PyStr, PyTuple, PyType, exc, gc};

impl PyList {
    /// Appends the items of any iterable.
    pub fn extend(&self, iterable: &PyObject) -> PyResult<()> {
        if iterable.is_exact::<PyList>() || iterable.is_exact::<PyTuple>() {
            let items = iterable.to_vec()?;
            if self.0.allocated.get() == 0 {
                // Blocks come in pairs of words: an odd one would be wasted.
                self.reserve_exact(items.len().next_multiple_of(2))?;
            } else if self.len() + items.len() > self.capacity() {
                self.resize_storage(self.len() + items.len())?;
            }
            for item in items {
                self.push(item)?;
            }
            return Ok(());
        }
        let iter = iterable.iter()?;
        let hint = iterable.length_hint(8)?;
        // A wrong hint costs nothing but room, which is given back below.
        let room = self
            .len()
            .checked_add(hint)
            .filter(|&room| room <= isize::MAX as usize / 16);
        if let Some(room) = room
            && hint < 1 << 24
        {
            self.reserve_exact(match self.0.allocated.get() {
                0 => room.next_multiple_of(2),
                _ => room,
            })?;
        }
        while let Some(item) = iter.iter_next()? {
            self.push(item)?;
        }
        self.resize_storage(self.len())
    }

    /// A list of the items at the positions of a range that was clipped to the list's length.
    pub(crate) fn pick(&self, range: SliceRange) -> PyResult<Py<PyList>> {
        // SAFETY: cloning items runs no Python code.
        let items = unsafe { self.as_slice() };
        let start = range.start.max(0) as usize;
        if range.step == 1 {
            return PyList::from_exact(items[start..start + range.len].iter().cloned());
        }
        PyList::from_exact(range.indices().map(|index| items[index].clone()))
    }

    /// `self[start:stop] = items`; the old items.
    pub fn splice(&self, start: usize, stop: usize, items: Vec<Obj>) -> PyResult<Vec<Obj>> {
        let len = self.len();
        let start = start.min(len);
        let stop = stop.clamp(start, len);
        if start == stop && items.is_empty() {
            return Ok(items);
        }
        let new_len = len - (stop - start) + items.len();
        if new_len > self.capacity() {
            self.resize_storage(new_len)?;
        }
        let mut removed = Vec::with_capacity(stop - start);
        // SAFETY: there is room for `new_len` items; no Python code runs while the row has gaps.
        unsafe {
            let row = self.0.ob_item.get();
            for index in start..stop {
                removed.push(Py::from_owned_ptr(*row.add(index)));
            }
            if !row.is_null() {
                std::ptr::copy(row.add(stop), row.add(start + items.len()), len - stop);
            }
            for (offset, item) in items.into_iter().enumerate() {
                row.add(start + offset).write(item.into_ptr());
            }
        }
        self.0.ob_base.ob_size.set(new_len as isize);
        self.resize_storage(new_len)?;
        Ok(removed)
    }

    /// Replaces a short run of items by as many of a list or tuple, which needs no memory; whether it
    /// was such an assignment.
    fn replace_run(&self, range: SliceRange, value: &PyObject) -> bool {
        const SHORT: usize = 16;
        let items = if let Some(list) = value.downcast_exact::<PyList>() {
            // SAFETY: the borrow ends before anything can run: the old items are kept until then.
            unsafe { list.as_slice() }
        } else if let Some(tuple) = value.downcast_exact::<PyTuple>() {
            tuple.as_slice()
        } else {
            return false;
        };
        if range.step != 1 || range.len != items.len() || range.len > SHORT || self.is(value) {
            return false;
        }
        let mut old: [Option<Obj>; SHORT] = [const { None }; SHORT];
        for ((place, item), index) in old.iter_mut().zip(items).zip(range.indices()) {
            *place = self.replace(index, item.clone()).ok();
        }
        true
    }

    fn assign_slice(&self, slice: &PySlice, value: Option<&PyObject>) -> PyResult<()> {
        let (start, stop, step) = slice.unpack()?;
        if let Some(value) = value
            && self.replace_run(adjust(start, stop, step, self.len()), value)
        {
            return Ok(());
        }
        let items = match value {
            None => Vec::new(),
            Some(value) if step == 1 => value.to_vec_or("can only assign an iterable")?,
            Some(value) => value.to_vec_or("must assign iterable to extended slice")?,
        };
        let range = adjust(start, stop, step, self.len());
        if step == 1 {
            let removed = self.splice(
                range.start as usize,
                range.stop.max(range.start) as usize,
                items,
            )?;
            drop(removed);
            return Ok(());
        }
        if value.is_none() {
            return self.delete_positions(range);
        }
        if items.len() != range.len {
            return Err(crate::value_error!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                items.len(),
                range.len
            ));
        }
        let mut old = Vec::with_capacity(items.len());
        for (index, item) in range.indices().zip(items) {
            old.push(self.replace(index, item));
        }
        drop(old);
        Ok(())
    }

    fn delete_positions(&self, range: SliceRange) -> PyResult<()> {
        let mut positions: Vec<usize> = range.indices().collect();
        positions.sort_unstable();
        let mut rest = positions.into_iter().peekable();
        let (mut kept, mut removed) = (Vec::with_capacity(self.len()), Vec::new());
        // Moving references about runs no Python code; what is removed ends after the list is whole.
        for (index, item) in self.to_vec().into_iter().enumerate() {
            if rest.next_if_eq(&index).is_some() {
                removed.push(item);
            } else {
                kept.push(item);
            }
        }
        self.set_items(kept)
    }

    /// The position of the first item equal to `value` from `start` up to `stop`.
    fn find(&self, value: &PyObject, start: usize, stop: usize) -> PyResult<Option<usize>> {
        let mut index = start;
        while index < stop {
            let Some(item) = self.get(index) else { break };
            if item.eq(value)? {
                return Ok(Some(index));
            }
            index += 1;
        }
        Ok(None)
    }
}

#[pymethods(CORE)]
impl PyList {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&crate::PyDict>) -> PyResult<Obj> {
        class.alloc(0)
    }

    #[pyinit(signature = "(iterable=(), /)")]
    fn init(&self, iterable: crate::OptionalArg<&PyObject>) -> PyResult<()> {
        self.clear_items();
        match iterable.present() {
            Some(iterable) => self.extend(iterable),
            None => Ok(()),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let style = Separated {
            open: "[",
            close: "]",
            recursive: "[...]",
        };
        repr_sequence(self, &style, |index| self.get(index))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyList>() else {
            return Ok(not_implemented_if(None));
        };
        if self.len() != other.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(crate::bool_object(op == CompareOp::Ne).to_obj());
        }
        compare_rows(
            op,
            || self.len(),
            || other.len(),
            |i| self.get(i),
            |i| other.get(i),
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Py<PyListIter>> {
        Py::new(PyListIter {
            ob_base: PyObject::HEADER,
            index: Cell::new(0),
            list: Field::new(PyClass::to_owned(self)),
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
            .and_then(|index| self.get(index))
            .ok_or_else(|| crate::index_error!("list index out of range"))
    }

    #[slot(sq_ass_item)]
    fn assign_item(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let position = usize::try_from(index)
            .ok()
            .filter(|&index| index < self.len());
        let Some(position) = position else {
            return Err(crate::index_error!("list assignment index out of range"));
        };
        match value {
            Some(value) => drop(self.replace(position, value.to_obj())),
            None => drop(self.remove(position)),
        }
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
        Ok(self.find(item, 0, usize::MAX)?.is_some())
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Py<PyList>> {
        let Some(other) = other.downcast::<PyList>() else {
            return Err(crate::type_error!(
                "can only concatenate list (not \"{}\") to list",
                other.type_().tp_name()
            ));
        };
        // SAFETY: cloning items runs no Python code.
        let (left, right) = unsafe { (self.as_slice(), other.as_slice()) };
        PyList::from_exact((0..left.len() + right.len()).map(|index| {
            let item = left
                .get(index)
                .unwrap_or_else(|| &right[index - left.len()]);
            item.clone()
        }))
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(&self, other: &PyObject) -> PyResult<Obj> {
        self.extend(other)?;
        Ok(self.to_obj())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Py<PyList>> {
        // SAFETY: cloning items runs no Python code.
        PyList::from_exact(repeated(unsafe { self.as_slice() }, count)?)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(&self, count: isize) -> PyResult<Obj> {
        if count <= 0 {
            self.clear_items();
        } else if count > 1 && !self.is_empty() {
            let items = self.to_vec();
            let all = repeated(&items, count)?;
            self.reserve_exact(all.len())?;
            for item in all.skip(items.len()) {
                self.push(item)?;
            }
        }
        Ok(self.to_obj())
    }

    /// Return self[index].
    #[pymethod(name = "__getitem__", signature = "($self, index, /)", coexist)]
    fn getitem_method(&self, index: &PyObject) -> PyResult<Obj> {
        self.subscript(index)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return checked_index(index, self.len())
                .and_then(|index| self.get(index))
                .ok_or_else(|| crate::index_error!("list index out of range"));
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(crate::type_error!(
                "list indices must be integers or slices, not {}",
                key.type_().tp_name()
            ));
        };
        let (start, stop, step) = slice.unpack()?;
        Ok(self
            .pick(adjust(start, stop, step, self.len()))?
            .into_object())
    }

    #[slot(mp_ass_subscript)]
    fn assign_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            let index = if index < 0 {
                index + self.len() as isize
            } else {
                index
            };
            return self.assign_item(index, value);
        }
        match key.downcast::<PySlice>() {
            Some(slice) => self.assign_slice(slice, value),
            None => Err(crate::type_error!(
                "list indices must be integers or slices, not {}",
                key.type_().tp_name()
            )),
        }
    }

    /// Append object to the end of the list.
    #[pymethod(signature = "($self, object, /)")]
    fn append(&self, object: &PyObject) -> PyResult<()> {
        self.push(object.to_obj())
    }

    /// Insert object before index.
    #[pymethod(name = "insert", signature = "($self, index, object, /)")]
    fn insert_method(&self, index: isize, object: &PyObject) -> PyResult<()> {
        let index = if index < 0 {
            index.saturating_add(self.len() as isize).max(0)
        } else {
            index
        };
        self.insert(index as usize, object.to_obj())
    }

    /// Extend list by appending elements from the iterable.
    #[pymethod(name = "extend", signature = "($self, iterable, /)")]
    fn extend_method(&self, iterable: &PyObject) -> PyResult<()> {
        self.extend(iterable)
    }

    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[pymethod(signature = "($self, index=-1, /)")]
    fn pop(&self, index: isize) -> PyResult<Obj> {
        if self.is_empty() {
            return Err(crate::index_error!("pop from empty list"));
        }
        checked_index(index, self.len())
            .and_then(|index| self.remove(index))
            .ok_or_else(|| crate::index_error!("pop index out of range"))
    }

    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod(name = "remove", signature = "($self, value, /)")]
    fn remove_method(&self, value: &PyObject) -> PyResult<()> {
        match self.find(value, 0, usize::MAX)? {
            Some(index) => {
                drop(self.remove(index));
                Ok(())
            }
            None => Err(crate::value_error!("list.remove(x): x not in list")),
        }
    }

    /// Remove all items from list.
    #[pymethod]
    fn clear(&self) -> PyResult<()> {
        self.clear_items();
        Ok(())
    }

    /// Return a shallow copy of the list.
    #[pymethod]
    fn copy(&self) -> PyResult<Py<PyList>> {
        PyList::from_vec(self.to_vec())
    }

    /// Return number of occurrences of value.
    #[pymethod]
    fn count(&self, value: &PyObject) -> PyResult<usize> {
        let (mut count, mut index) = (0, 0);
        while let Some(item) = self.get(index) {
            count += usize::from(item.eq(value)?);
            index += 1;
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
        match self.find(value, start, stop)? {
            Some(index) => Ok(index),
            None => Err(crate::value_error!("list.index(x): x not in list")),
        }
    }

    /// Reverse *IN PLACE*.
    #[pymethod]
    fn reverse(&self) {
        self.reverse_items();
    }

    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place and stable: the order of equal elements is kept. A key function is
    /// applied once to each item; reverse sorts in descending order.
    #[pymethod(name = "sort", signature = "($self, /, *, key=None, reverse=False)")]
    fn sort_method(&self, key: Option<&PyObject>, reverse: bool) -> PyResult<()> {
        self.sort(key, reverse)
    }

    /// Return a reverse iterator over the list.
    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Py<PyListReverseIter>> {
        Py::new(PyListReverseIter {
            ob_base: PyObject::HEADER,
            index: Cell::new(self.len() as isize - 1),
            list: Field::new(PyClass::to_owned(self)),
        })
    }

    /// Return the size of the list in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        let basic = self.type_().raw().tp_basicsize.get() as usize;
        basic + self.capacity() * size_of::<Obj>()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a list that nothing refers to any more.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyList>();
            gc::untrack(this);
            this.clear_items();
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
        // SAFETY: the collector calls this with a live list and runs no Python code meanwhile; items
        // may still be null while C code fills the list.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyList>();
            let items = this.0.ob_item.get();
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

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> i32 {
        // SAFETY: the collector calls this with a live list.
        unsafe { PyObject::from_ptr(object).downcast_unchecked::<PyList>() }.clear_items();
        0
    }
}

/// The iterator of lists.
#[pyclass(name = "list_iterator", symbol = PyListIter_Type, flags(GC))]
#[repr(C)]
pub struct PyListIter {
    ob_base: PyObject,
    index: Cell<isize>,
    #[traverse]
    list: Field<PyList>,
}

impl PyListIter {
    /// The next item; what the specialised `FOR_ITER` does too.
    #[inline(always)]
    pub fn next_item(&self) -> Option<Obj> {
        let index = self.index.get();
        // SAFETY: the borrow ends before the list or the field can change.
        let item = unsafe { self.list.borrow() }?.get(index as usize);
        match item {
            Some(_) => self.index.set(index + 1),
            None => self.list.set(None),
        }
        item
    }
}

#[pymethods]
impl PyListIter {
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
        Ok(self.list.get().map_or(0, |list| {
            list.len().saturating_sub(self.index.get() as usize)
        }))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.list.get()?.into_object(), self.index.get()));
        crate::seq_iter::reduce_iterator("iter", rest, || Ok(PyList::new()?.into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(list) = self.list.get() {
            self.index.set(index.clamp(0, list.len() as isize));
        }
        Ok(())
    }
}

/// The reverse iterator of lists.
#[pyclass(name = "list_reverseiterator", symbol = PyListRevIter_Type, flags(GC))]
#[repr(C)]
pub struct PyListReverseIter {
    ob_base: PyObject,
    index: Cell<isize>,
    #[traverse]
    list: Field<PyList>,
}

#[pymethods]
impl PyListReverseIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let index = self.index.get();
        let item = match self.list.get() {
            Some(list) if index >= 0 => list.get(index as usize),
            _ => None,
        };
        match item {
            Some(_) => self.index.set(index - 1),
            None => {
                self.index.set(-1);
                self.list.set(None);
            }
        }
        Ok(item)
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<usize> {
        let remaining = self.index.get() + 1;
        Ok(match self.list.get() {
            Some(list) if list.len() as isize >= remaining => remaining as usize,
            _ => 0,
        })
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.list.get()?.into_object(), self.index.get()));
        crate::seq_iter::reduce_iterator("reversed", rest, || Ok(PyList::new()?.into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(list) = self.list.get() {
            self.index.set(index.clamp(-1, list.len() as isize - 1));
        }
        Ok(())
    }
}
