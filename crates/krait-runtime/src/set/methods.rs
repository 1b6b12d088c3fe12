//! What sets do.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::algebra::{hashable_key, result_class, table_of};
use super::{PyFrozenSet, PySet, SetTable};
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::ReprGuard;
use crate::{
    Args, CompareOp, Field, PyDict, PyList, PyResult, PyStr, PyTuple, PyType, StrBuilder, gc,
};

/// Both operands' tables, for operators; `None` if one is no set.
fn operands<'a>(left: &'a PyObject, right: &'a PyObject) -> Option<(&'a SetTable, &'a SetTable)> {
    Some((SetTable::of(left)?, SetTable::of(right)?))
}

fn set_repr(table: &SetTable) -> PyResult<Py<PyStr>> {
    let object = table.object();
    let name = object.type_().name();
    let Some(_guard) = ReprGuard::enter(object) else {
        return PyStr::new(&format!("{name}(...)"));
    };
    if table.is_empty() {
        return PyStr::new(&format!("{name}()"));
    }
    let plain = object.is_exact::<PySet>();
    let mut text = StrBuilder::new();
    if !plain {
        text.push_str(&name);
        text.push_str("(");
    }
    text.push_str("{");
    for (index, item) in object.to_vec()?.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_py(&*item.repr()?);
    }
    text.push_str("}");
    if !plain {
        text.push_str(")");
    }
    text.finish()
}

fn compare(table: &SetTable, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
    let Some(other) = SetTable::of(other) else {
        return Ok(not_implemented_if(None));
    };
    Ok(not_implemented_if(Some(match op {
        CompareOp::Eq => table.len() == other.len() && table.is_subset(other)?,
        CompareOp::Ne => table.len() != other.len() || !table.is_subset(other)?,
        CompareOp::Lt => table.len() < other.len() && table.is_subset(other)?,
        CompareOp::Le => table.is_subset(other)?,
        CompareOp::Gt => table.len() > other.len() && other.is_subset(table)?,
        CompareOp::Ge => other.is_subset(table)?,
    })))
}

fn reduce(object: &PyObject) -> PyResult<Py<PyTuple>> {
    let items = PyList::from_vec(object.to_vec()?)?.into_object();
    let arguments = PyTuple::from_vec(vec![items])?.into_object();
    let state = object.getattr(crate::intern!("__getstate__"))?.call0()?;
    PyTuple::from_vec(vec![object.type_().to_obj(), arguments, state])
}

macro_rules! common_methods {
    ($($class:ident)*) => {$(
        #[pymethods(COMMON)]
        impl $class {
            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Py<PyStr>> {
                set_repr(self.table())
            }

            #[slot(tp_richcompare)]
            fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
                compare(self.table(), other, op)
            }

            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Py<PySetIter>> {
                PySetIter::new(self.table())
            }

            #[slot(sq_length)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.table().len())
            }

            /// x.__contains__(y) <==> y in x.
            #[pymethod(name = "__contains__", signature = "($self, object, /)", coexist)]
            fn contains_method(&self, object: &PyObject) -> PyResult<bool> {
                self.contains_item(object)
            }

            #[slot(sq_contains)]
            fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
                let (key, hash) = hashable_key(item)?;
                self.table().contains_hash(&key, hash)
            }

            #[slot(nb_or)]
            fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                let Some((left, right)) = operands(left, right) else {
                    return Ok(not_implemented_if(None));
                };
                let result = left.copied()?;
                table_of(&result).update(right.object())?;
                Ok(result)
            }

            #[slot(nb_and)]
            fn and(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                match operands(left, right) {
                    Some((left, right)) => left.intersection(right.object()),
                    None => Ok(not_implemented_if(None)),
                }
            }

            #[slot(nb_subtract)]
            fn subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                match operands(left, right) {
                    Some((left, right)) => left.difference(right.object()),
                    None => Ok(not_implemented_if(None)),
                }
            }

            #[slot(nb_xor)]
            fn xor(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                let Some((left, right)) = operands(left, right) else {
                    return Ok(not_implemented_if(None));
                };
                let result = left.copied()?;
                table_of(&result).symmetric_difference_update(right.object())?;
                Ok(result)
            }

            /// Return a new set with elements from the set and all others.
            #[pymethod(signature = "($self, /, *others)")]
            fn union(&self, others: Args<'_>) -> PyResult<Obj> {
                let result = self.table().copied()?;
                for other in others.iter() {
                    table_of(&result).update(other)?;
                }
                Ok(result)
            }

            /// Return a new set with elements common to the set and all others.
            #[pymethod(signature = "($self, /, *others)")]
            fn intersection(&self, others: Args<'_>) -> PyResult<Obj> {
                self.table().folded(&others, SetTable::intersection)
            }

            /// Return a new set with elements in the set that are not in the others.
            #[pymethod(signature = "($self, /, *others)")]
            fn difference(&self, others: Args<'_>) -> PyResult<Obj> {
                self.table().folded(&others, SetTable::difference)
            }

            /// Return a new set with elements in either the set or other but not both.
            #[pymethod(signature = "($self, other, /)")]
            fn symmetric_difference(&self, other: &PyObject) -> PyResult<Obj> {
                let result = self.table().copied()?;
                table_of(&result).symmetric_difference_update(other)?;
                Ok(result)
            }

            /// Return True if two sets have a null intersection.
            #[pymethod(signature = "($self, other, /)")]
            fn isdisjoint(&self, other: &PyObject) -> PyResult<bool> {
                self.table().is_disjoint(other)
            }

            /// Report whether another set contains this set.
            #[pymethod(signature = "($self, other, /)")]
            fn issubset(&self, other: &PyObject) -> PyResult<bool> {
                match SetTable::of(other) {
                    Some(other) => self.table().is_subset(other),
                    None => self.table().is_subset(PySet::from_iterable(other)?.table()),
                }
            }

            /// Report whether this set contains another set.
            #[pymethod(signature = "($self, other, /)")]
            fn issuperset(&self, other: &PyObject) -> PyResult<bool> {
                if let Some(other) = SetTable::of(other) {
                    return other.is_subset(self.table());
                }
                for item in other.try_iter()? {
                    let item = item?;
                    if !self.table().contains_hash(&item, item.hash_for(super::SET_ELEMENT)?)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }

            #[pymethod(name = "__reduce__")]
            fn reduce(&self) -> PyResult<Py<PyTuple>> {
                reduce(self)
            }

            /// S.__sizeof__() -> size of S in memory, in bytes.
            #[pymethod(name = "__sizeof__")]
            fn sizeof(&self) -> usize {
                self.type_().raw().tp_basicsize.get() as usize + self.table().extra_size()
            }

            /// See PEP 585
            #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
            fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
                crate::generic_alias::new_generic_alias(class, item)
            }

            #[slot(tp_dealloc)]
            #[inline(never)]
            unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
                // SAFETY: called by the kernel with a set that nothing refers to any more.
                unsafe {
                    let this = PyObject::from_ptr(object).downcast_unchecked::<$class>();
                    gc::untrack(this);
                    crate::weakref::clear_weakrefs(this);
                    this.table().release();
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
                // SAFETY: the collector calls this with a live set and runs no Python code meanwhile.
                unsafe {
                    let table = PyObject::from_ptr(object).downcast_unchecked::<$class>().table();
                    for index in 0..=table.mask() {
                        if let Some(key) = table.key_at(index) {
                            let stop = visit(key.as_ptr(), arg);
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
                // SAFETY: the collector calls this with a live set.
                unsafe { PyObject::from_ptr(object).downcast_unchecked::<$class>() }.table().clear();
                0
            }
        }
    )*};
}

common_methods! { PySet PyFrozenSet }

#[pymethods(MUTABLE)]
impl PySet {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        SetTable::allocate(class)
    }

    // Unlike other classes, it refuses keywords even where a subclass has a `__new__` of its own.
    #[pyinit(signature = "(*args, **kwargs)")]
    fn init(&self, args: crate::Args<'_>, kwargs: crate::KwArgs<'_>) -> PyResult<()> {
        if kwargs.iter().next().is_some() {
            return Err(crate::type_error!("set() takes no keyword arguments"));
        }
        crate::args::check_positional("set", args.len(), 0, 1)?;
        self.table().clear();
        match args.get(0) {
            Some(iterable) => self.table().update(iterable),
            None => Ok(()),
        }
    }

    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    #[pymethod(signature = "($self, object, /)")]
    fn add(&self, object: &PyObject) -> PyResult<()> {
        self.table().add(object).map(drop)
    }

    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise an exception when an element is
    /// missing from the set.
    #[pymethod(signature = "($self, object, /)")]
    fn discard(&self, object: &PyObject) -> PyResult<()> {
        let (key, hash) = hashable_key(object)?;
        self.table().discard_hash(&key, hash).map(drop)
    }

    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    #[pymethod(signature = "($self, object, /)")]
    fn remove(&self, object: &PyObject) -> PyResult<()> {
        let (key, hash) = hashable_key(object)?;
        if self.table().discard_hash(&key, hash)? {
            return Ok(());
        }
        Err(crate::err::key_error_object(object))
    }

    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    #[pymethod]
    fn pop(&self) -> PyResult<Obj> {
        let table = self.table();
        // The finger remembers where the last search ended, so that emptying a set takes linear time.
        let mask = table.mask();
        let start = table.0.finger.get() as usize & mask;
        for offset in 0..=mask {
            let index = (start + offset) & mask;
            if let Some(key) = table.take_at(index) {
                table.0.finger.set(index as isize + 1);
                return Ok(key);
            }
        }
        Err(crate::key_error!("pop from an empty set"))
    }

    /// Remove all elements from this set.
    #[pymethod]
    fn clear(&self) -> PyResult<()> {
        self.table().clear();
        Ok(())
    }

    /// Return a shallow copy of a set.
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        self.table().copied()
    }

    /// Update the set, adding elements from all others.
    #[pymethod(signature = "($self, /, *others)")]
    fn update(&self, others: Args<'_>) -> PyResult<()> {
        others
            .iter()
            .try_for_each(|other| self.table().update(other))
    }

    /// Update the set, keeping only elements found in it and all others.
    #[pymethod(signature = "($self, /, *others)")]
    fn intersection_update(&self, others: Args<'_>) -> PyResult<()> {
        let result = self.table().folded(&others, SetTable::intersection)?;
        self.table().replace_with(&result)
    }

    /// Update the set, removing elements found in others.
    #[pymethod(signature = "($self, /, *others)")]
    fn difference_update(&self, others: Args<'_>) -> PyResult<()> {
        others
            .iter()
            .try_for_each(|other| self.table().difference_update(other))
    }

    /// Update the set, keeping only elements found in either set, but not in both.
    #[pymethod(signature = "($self, other, /)")]
    fn symmetric_difference_update(&self, other: &PyObject) -> PyResult<()> {
        self.table().symmetric_difference_update(other)
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        in_place(left, right, SetTable::update)
    }

    #[slot(nb_inplace_and)]
    fn inplace_and(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        in_place(left, right, |table, other| {
            let result = table.intersection(other)?;
            table.replace_with(&result)
        })
    }

    #[slot(nb_inplace_subtract)]
    fn inplace_subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        in_place(left, right, SetTable::difference_update)
    }

    #[slot(nb_inplace_xor)]
    fn inplace_xor(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        in_place(left, right, SetTable::symmetric_difference_update)
    }
}

fn in_place(
    left: &PyObject,
    right: &PyObject,
    change: impl Fn(&SetTable, &PyObject) -> PyResult<()>,
) -> PyResult<Obj> {
    match operands(left, right) {
        Some((table, _)) => {
            change(table, right)?;
            Ok(left.to_obj())
        }
        None => Ok(not_implemented_if(None)),
    }
}

#[pymethods(FROZEN)]
impl PyFrozenSet {
    #[pynew(signature = "(iterable=(), /)")]
    fn new(class: &PyType, iterable: crate::OptionalArg<&PyObject>) -> PyResult<Obj> {
        let iterable = iterable.present();
        let exact = std::ptr::eq(class, PyFrozenSet::type_object());
        if exact
            && let Some(iterable) = iterable
            && iterable.is_exact::<PyFrozenSet>()
        {
            return Ok(iterable.to_obj());
        }
        let object = SetTable::allocate(class)?;
        if let Some(iterable) = iterable {
            table_of(&object).update(iterable)?;
        }
        Ok(object)
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(self.table().frozen_hash())
    }

    /// Return a shallow copy of a set.
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        if self.is_exact::<PyFrozenSet>() {
            return Ok(self.to_obj());
        }
        debug_assert!(std::ptr::eq(result_class(self), PyFrozenSet::type_object()));
        self.table().copied()
    }
}

/// The iterator of sets.
#[pyclass(name = "set_iterator", symbol = PySetIter_Type, flags(GC))]
#[repr(C)]
pub struct PySetIter {
    ob_base: PyObject,
    #[traverse]
    set: Field<PyObject>,
    used: Cell<usize>,
    position: Cell<usize>,
    remaining: Cell<usize>,
}

impl PySetIter {
    fn new(table: &SetTable) -> PyResult<Py<PySetIter>> {
        Py::new(PySetIter {
            ob_base: PyObject::HEADER,
            set: Field::new(table.object().to_obj()),
            used: Cell::new(table.len()),
            position: Cell::new(0),
            remaining: Cell::new(table.len()),
        })
    }
}

#[pymethods]
impl PySetIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(set) = self.set.get() else {
            return Ok(None);
        };
        let table = table_of(&set);
        if self.used.get() != table.len() {
            self.used.set(usize::MAX);
            return Err(crate::runtime_error!("Set changed size during iteration"));
        }
        let mut position = self.position.get();
        let item = table.next(&mut position);
        self.position.set(position);
        match item {
            Some((key, _)) => {
                self.remaining.set(self.remaining.get().saturating_sub(1));
                Ok(Some(key))
            }
            None => {
                self.set.set(None);
                Ok(None)
            }
        }
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> usize {
        match self.set.get() {
            Some(set) if table_of(&set).len() == self.used.get() => self.remaining.get(),
            _ => 0,
        }
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let copy = Py::new(PySetIter {
            ob_base: PyObject::HEADER,
            set: Field::from_option(self.set.get()),
            used: self.used.clone(),
            position: self.position.clone(),
            remaining: self.remaining.clone(),
        })?;
        let rest = PyList::from_vec(copy.to_vec()?)?;
        crate::seq_iter::reduce_with("iter", rest.into_object(), None)
    }
}
