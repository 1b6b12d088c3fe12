//! `deque`: a ring of items that grows and shrinks at both ends.
//!
//! Invariant: no borrow of the ring outlives the call that takes it: an item that leaves is dropped, and
//! one that is compared is compared, after the borrow has ended. `state` tells iterators of changes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use krait_macros::{pyclass, pymethods};
use krait_runtime::convert::SliceIndex;
use krait_runtime::repr::ReprGuard;
use krait_runtime::{
    CompareOp, Field, Obj, OptionalArg, Py, PyClass, PyDict, PyList, PyObject, PyResult, PyTuple,
    PyType, WeakList, bool_object, exc, index_error, none, not_implemented, runtime_error,
    type_error, value_error,
};

/// A list-like sequence optimized for data accesses near its endpoints.
#[pyclass(name = "deque", module = "collections", flags(BASETYPE, GC, SEQUENCE))]
#[repr(C)]
pub(super) struct Deque {
    ob_base: PyObject,
    #[traverse]
    items: RefCell<VecDeque<Obj>>,
    /// `None` without limit.
    maxlen: Cell<Option<usize>>,
    state: Cell<u64>,
    #[weaklist]
    weaklist: WeakList,
}

const MUTATED: &str = "deque mutated during iteration";

impl Deque {
    fn make(class: &PyType) -> PyResult<Py<Deque>> {
        Py::new_in(
            class,
            Deque {
                ob_base: PyObject::HEADER,
                items: RefCell::default(),
                maxlen: Cell::new(None),
                state: Cell::new(0),
                weaklist: WeakList::new(),
            },
        )
    }

    fn len(&self) -> usize {
        self.items.borrow().len()
    }

    fn item(&self, index: usize) -> Option<Obj> {
        self.items.borrow().get(index).cloned()
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn push_back(&self, item: Obj) {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_back(item);
        let full = self.maxlen.get().is_some_and(|maxlen| items.len() > maxlen);
        let out = if full { items.pop_front() } else { None };
        drop(items);
        drop(out);
    }

    fn push_front(&self, item: Obj) {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_front(item);
        let full = self.maxlen.get().is_some_and(|maxlen| items.len() > maxlen);
        let out = if full { items.pop_back() } else { None };
        drop(items);
        drop(out);
    }

    fn take_all(&self) -> VecDeque<Obj> {
        self.changed();
        self.items.take()
    }

    fn remove_at(&self, index: usize) {
        self.changed();
        let removed = self.items.borrow_mut().remove(index);
        drop(removed);
    }

    fn each(&self, iterable: &PyObject, push: impl Fn(Obj)) -> PyResult<()> {
        if iterable.is(self) {
            let items: Vec<Obj> = self.items.borrow().iter().cloned().collect();
            items.into_iter().for_each(push);
            return Ok(());
        }
        for item in iterable.try_iter()? {
            push(item?);
        }
        Ok(())
    }

    /// The place that `index` means, counted from the end if negative.
    fn place(&self, index: isize) -> PyResult<usize> {
        usize::try_from(index)
            .ok()
            .filter(|&index| index < self.len())
            .ok_or_else(|| index_error!("deque index out of range"))
    }

    /// Whether the item at `index` equals `value`; a change meanwhile is an error.
    fn compare_at(&self, index: usize, value: &PyObject) -> PyResult<Option<bool>> {
        let state = self.state.get();
        let Some(item) = self.item(index) else {
            return Ok(None);
        };
        let equal = item.eq(value)?;
        if self.state.get() != state {
            return Err(runtime_error!("{MUTATED}"));
        }
        Ok(Some(equal))
    }

    fn copied(&self) -> PyResult<Obj> {
        if self.is_exact::<Deque>() {
            let copy = Deque::make(Deque::type_object())?;
            copy.maxlen.set(self.maxlen.get());
            *copy.items.borrow_mut() = self.items.borrow().clone();
            return Ok(copy.into_object());
        }
        let class = self.type_().as_object();
        let copy = match self.maxlen.get() {
            None => class.call1(self)?,
            Some(maxlen) => {
                let maxlen = krait_runtime::PyLong::from_usize(maxlen)?;
                class.call(&[self, &maxlen])?
            }
        };
        if !copy.is_instance_of::<Deque>() {
            return Err(type_error!(
                "{}() must return a deque, not {}",
                self.type_().tp_name(),
                copy.type_().tp_name()
            ));
        }
        Ok(copy)
    }

    fn multiply(&self, count: isize) -> PyResult<()> {
        let count = count.max(0) as usize;
        let items: Vec<Obj> = self.items.borrow().iter().cloned().collect();
        if count == 0 || items.is_empty() {
            let old = self.take_all();
            drop(old);
            return Ok(());
        }
        let total = items
            .len()
            .checked_mul(count)
            .filter(|&total| total <= isize::MAX as usize / size_of::<Obj>())
            .ok_or_else(krait_runtime::err::no_memory)?;
        // With a limit only the last items survive: the rounds before them need not be made.
        let wanted = self.maxlen.get().map_or(total, |maxlen| maxlen.min(total));
        let mut result = VecDeque::new();
        result
            .try_reserve_exact(wanted)
            .map_err(|_| krait_runtime::err::no_memory())?;
        for index in total - wanted..total {
            result.push_back(items[index % items.len()].clone());
        }
        self.changed();
        let old = self.items.replace(result);
        drop(old);
        Ok(())
    }

    fn find(&self, value: &PyObject, start: usize, stop: usize) -> PyResult<Option<usize>> {
        let state = self.state.get();
        for index in start..stop {
            let Some(item) = self.item(index) else {
                break;
            };
            // A change does not matter to what is found.
            if item.eq(value)? {
                return Ok(Some(index));
            }
            if self.state.get() != state {
                return Err(runtime_error!("{MUTATED}"));
            }
        }
        Ok(None)
    }
}

fn compare(left: &Deque, right: &Deque, op: CompareOp) -> PyResult<Obj> {
    if left.len() != right.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(bool_object(op == CompareOp::Ne).to_obj());
    }
    let states = (left.state.get(), right.state.get());
    let mut index = 0;
    loop {
        if states != (left.state.get(), right.state.get()) {
            return Err(runtime_error!("{MUTATED}"));
        }
        let (Some(one), Some(two)) = (left.item(index), right.item(index)) else {
            let order = left.len().cmp(&right.len());
            return Ok(bool_object(op.holds(order)).to_obj());
        };
        if !one.eq(&two)? {
            return match op {
                CompareOp::Eq => Ok(bool_object(false).to_obj()),
                CompareOp::Ne => Ok(bool_object(true).to_obj()),
                _ => one.rich_compare(&two, op),
            };
        }
        index += 1;
    }
}

#[pymethods]
impl Deque {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Deque::make(class)?.into_object())
    }

    #[pyinit(
        signature = "(iterable=<unrepresentable>, maxlen=None)",
        text_signature = "([iterable[, maxlen]])"
    )]
    fn init(&self, iterable: OptionalArg<&PyObject>, maxlen: Option<&PyObject>) -> PyResult<()> {
        let maxlen = match maxlen.filter(|maxlen| !maxlen.is(none())) {
            None => None,
            Some(maxlen) => {
                if !maxlen.is_instance_of::<krait_runtime::PyLong>() {
                    return Err(type_error!("an integer is required"));
                }
                let maxlen = maxlen.as_isize(Some(&exc::OverflowError))?;
                Some(
                    usize::try_from(maxlen)
                        .map_err(|_| value_error!("maxlen must be non-negative"))?,
                )
            }
        };
        self.maxlen.set(maxlen);
        let old = self.take_all();
        drop(old);
        match iterable.present() {
            Some(iterable) => self.each(iterable, |item| self.push_back(item)),
            None => Ok(()),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let Some(_guard) = ReprGuard::enter(self) else {
            return Ok("[...]".to_owned());
        };
        let items = PyList::from_vec(self.to_vec()?)?;
        let name = self.type_().name();
        let items = items.as_object().repr()?.to_string_lossy();
        Ok(match self.maxlen.get() {
            None => format!("{name}({items})"),
            Some(maxlen) => format!("{name}({items}, maxlen={maxlen})"),
        })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        match other.downcast::<Deque>() {
            Some(other) => compare(self, other, op),
            None => Ok(not_implemented().to_obj()),
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(DequeIter::over(self)?.into_object())
    }

    #[slot(sq_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn get(&self, index: isize) -> PyResult<Obj> {
        let index = self.place(index)?;
        self.item(index)
            .ok_or_else(|| index_error!("deque index out of range"))
    }

    #[slot(sq_ass_item)]
    fn assign(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let index = self.place(index)?;
        let Some(value) = value else {
            self.remove_at(index);
            return Ok(());
        };
        let old = self
            .items
            .borrow_mut()
            .get_mut(index)
            .map(|slot| std::mem::replace(slot, value.to_obj()));
        drop(old);
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains_item(&self, value: &PyObject) -> PyResult<bool> {
        Ok(self.find(value, 0, self.len())?.is_some())
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Obj> {
        if !other.is_instance_of::<Deque>() {
            return Err(type_error!(
                "can only concatenate deque (not \"{}\") to deque",
                other.type_().tp_name()
            ));
        }
        let copy = self.copied()?;
        if let Some(deque) = copy.downcast::<Deque>() {
            deque.each(other, |item| deque.push_back(item))?;
        }
        Ok(copy)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(&self, other: &PyObject) -> PyResult<Obj> {
        self.each(other, |item| self.push_back(item))?;
        Ok(self.to_obj())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Obj> {
        let copy = self.copied()?;
        if let Some(deque) = copy.downcast::<Deque>() {
            deque.multiply(count)?;
        }
        Ok(copy)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(&self, count: isize) -> PyResult<Obj> {
        self.multiply(count)?;
        Ok(self.to_obj())
    }

    /// Add an element to the right side of the deque.
    #[pymethod(signature = "($self, item, /)")]
    fn append(&self, item: &PyObject) {
        self.push_back(item.to_obj());
    }

    /// Add an element to the left side of the deque.
    #[pymethod(signature = "($self, item, /)")]
    fn appendleft(&self, item: &PyObject) {
        self.push_front(item.to_obj());
    }

    /// Remove all elements from the deque.
    #[pymethod]
    fn clear(&self) {
        let old = self.take_all();
        drop(old);
    }

    /// Return a shallow copy of a deque.
    #[pymethod(name = "__copy__")]
    fn dunder_copy(&self) -> PyResult<Obj> {
        self.copied()
    }

    /// Return a shallow copy of a deque.
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        self.copied()
    }

    /// Return number of occurrences of value.
    #[pymethod(signature = "($self, value, /)")]
    fn count(&self, value: &PyObject) -> PyResult<usize> {
        let mut count = 0;
        let mut index = 0;
        while let Some(equal) = self.compare_at(index, value)? {
            count += usize::from(equal);
            index += 1;
        }
        Ok(count)
    }

    /// Extend the right side of the deque with elements from the iterable.
    #[pymethod(signature = "($self, iterable, /)")]
    fn extend(&self, iterable: &PyObject) -> PyResult<()> {
        self.each(iterable, |item| self.push_back(item))
    }

    /// Extend the left side of the deque with elements from the iterable.
    #[pymethod(signature = "($self, iterable, /)")]
    fn extendleft(&self, iterable: &PyObject) -> PyResult<()> {
        self.each(iterable, |item| self.push_front(item))
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod(
        signature = "($self, value, start=0, stop=<unrepresentable>, /)",
        text_signature = "($self, value, [start, [stop]])"
    )]
    fn index(
        &self,
        value: &PyObject,
        start: OptionalArg<SliceIndex>,
        stop: OptionalArg<SliceIndex>,
    ) -> PyResult<usize> {
        let len = self.len();
        let place = |index: isize| {
            if index < 0 {
                (index.saturating_add(len as isize)).max(0) as usize
            } else {
                index as usize
            }
        };
        let start = start.present().map_or(0, |start| place(start.0));
        let stop = stop.present().map_or(len, |stop| place(stop.0)).min(len);
        self.find(value, start, stop)?
            .ok_or_else(|| value_error!("deque.index(x): x not in deque"))
    }

    /// Insert value before index.
    #[pymethod(signature = "($self, index, value, /)")]
    fn insert(&self, index: isize, value: &PyObject) -> PyResult<()> {
        let len = self.len();
        if self.maxlen.get() == Some(len) {
            return Err(index_error!("deque already at its maximum size"));
        }
        let index = if index < 0 {
            index.saturating_add(len as isize).max(0) as usize
        } else {
            (index as usize).min(len)
        };
        self.changed();
        self.items.borrow_mut().insert(index, value.to_obj());
        Ok(())
    }

    /// Remove and return the rightmost element.
    #[pymethod]
    fn pop(&self) -> PyResult<Obj> {
        let item = self.items.borrow_mut().pop_back();
        self.changed();
        item.ok_or_else(|| index_error!("pop from an empty deque"))
    }

    /// Remove and return the leftmost element.
    #[pymethod]
    fn popleft(&self) -> PyResult<Obj> {
        let item = self.items.borrow_mut().pop_front();
        self.changed();
        item.ok_or_else(|| index_error!("pop from an empty deque"))
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let state = self
            .getattr(krait_runtime::intern!("__getstate__"))?
            .call0()?;
        let args = match self.maxlen.get() {
            None => PyTuple::empty(),
            Some(maxlen) => PyTuple::from_vec(vec![
                PyTuple::empty().into_object(),
                krait_runtime::PyLong::from_usize(maxlen)?.into_object(),
            ])?,
        };
        let items = self.as_object().iter()?;
        PyTuple::from_vec(vec![
            self.type_().to_obj(),
            args.into_object(),
            state,
            items,
        ])
    }

    /// Remove first occurrence of value.
    #[pymethod(signature = "($self, value, /)")]
    fn remove(&self, value: &PyObject) -> PyResult<()> {
        let state = self.state.get();
        let mut index = 0;
        while let Some(item) = self.item(index) {
            let equal = item.eq(value)?;
            if self.state.get() != state {
                return Err(index_error!("{MUTATED}"));
            }
            if equal {
                self.remove_at(index);
                return Ok(());
            }
            index += 1;
        }
        Err(value_error!("deque.remove(x): x not in deque"))
    }

    /// Return a reverse iterator over the deque.
    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Py<DequeReverseIter>> {
        DequeReverseIter::over(self)
    }

    /// Reverse *IN PLACE*.
    #[pymethod]
    fn reverse(&self) {
        self.items.borrow_mut().make_contiguous().reverse();
    }

    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    #[pymethod(signature = "($self, n=1, /)")]
    fn rotate(&self, n: isize) {
        let mut items = self.items.borrow_mut();
        if !items.is_empty() {
            let steps = n.rem_euclid(items.len() as isize) as usize;
            items.rotate_right(steps);
            if steps != 0 {
                self.changed();
            }
        }
    }

    /// Return the size of the deque in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.type_().raw().tp_basicsize.get() as usize
            + self.items.borrow().capacity() * size_of::<Obj>()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    /// maximum size of a deque or None if unbounded
    #[pygetter]
    fn maxlen(&self) -> Option<usize> {
        self.maxlen.get()
    }
}

macro_rules! deque_iterators {
    ($($(#[$doc:meta])* $class:ident = $name:literal, $first:expr, $place:expr;)+) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, module = "collections", flags(GC), doc = "")]
        #[repr(C)]
        pub(super) struct $class {
            ob_base: PyObject,
            #[traverse]
            deque: Field<Deque>,
            done: Cell<usize>,
            left: Cell<usize>,
            state: Cell<u64>,
        }

        impl $class {
            fn over(deque: &Deque) -> PyResult<Py<Self>> {
                Py::new($class {
                    ob_base: PyObject::HEADER,
                    deque: Field::new(PyClass::to_owned(deque)),
                    done: Cell::new(0),
                    left: Cell::new(deque.len()),
                    state: Cell::new(deque.state.get()),
                })
            }
        }

        #[pymethods]
        impl $class {
            #[slot(tp_new)]
            fn tp_new(_class: &PyType, args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
                let (deque, index) = iterator_arguments(args)?;
                let iter = Self::over(deque)?;
                for _ in 0..index {
                    if iter.next()?.is_none() {
                        break;
                    }
                }
                Ok(iter.into_object())
            }

            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Obj>> {
                let place: fn(usize, usize) -> usize = $place;
                let Some(deque) = self.deque.get() else {
                    return Ok(None);
                };
                // Backwards, an iterator that has ended looks at nothing any more.
                if self.left.get() == 0 && !$first {
                    return Ok(None);
                }
                if deque.state.get() != self.state.get() {
                    self.left.set(0);
                    return Err(runtime_error!("{MUTATED}"));
                }
                if self.left.get() == 0 {
                    return Ok(None);
                }
                let done = self.done.get();
                let item = deque.item(place(done, deque.len()));
                self.done.set(done + 1);
                self.left.set(self.left.get() - 1);
                Ok(item)
            }

            /// Private method returning an estimate of len(list(it)).
            #[pymethod(name = "__length_hint__")]
            fn length_hint(&self) -> usize {
                self.left.get()
            }

            /// Return state information for pickling.
            #[pymethod(name = "__reduce__")]
            fn reduce(&self) -> PyResult<(Obj, (Option<Py<Deque>>, usize))> {
                let deque = self.deque.get();
                let len = deque.as_ref().map_or(0, |deque| deque.len());
                Ok((self.type_().to_obj(), (deque, len.saturating_sub(self.left.get()))))
            }
        }
    )+};
}

deque_iterators! {
    /// Goes from left to right.
    DequeIter = "_deque_iterator", true, |done, _| done;
    /// Goes from right to left.
    DequeReverseIter = "_deque_reverse_iterator", false, |done, len| len.wrapping_sub(done + 1);
}

/// A deque, and how many items are skipped.
fn iterator_arguments(args: &PyTuple) -> PyResult<(&Deque, isize)> {
    let (deque, index) = match args.as_slice() {
        [deque] => (deque, 0),
        [deque, index] => (deque, index.as_isize(Some(&exc::OverflowError))?),
        [] => {
            return Err(type_error!("function takes at least 1 argument (0 given)"));
        }
        more => {
            return Err(type_error!(
                "function takes at most 2 arguments ({} given)",
                more.len()
            ));
        }
    };
    match deque.downcast::<Deque>() {
        Some(deque) => Ok((deque, index)),
        None => Err(type_error!(
            "argument 1 must be collections.deque, not {}",
            deque.type_().tp_name()
        )),
    }
}
