//! Iterators that look at neighbouring items: `accumulate`, `batched`, `groupby` and `pairwise`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyObject, PyResult, PyTuple, PyType, none, value_error,
};

/// Return series of accumulated sums (or other binary function results).
#[pyclass(name = "accumulate", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Accumulate {
    ob_base: PyObject,
    #[traverse]
    total: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    initial: Field<PyObject>,
}

#[pymethods]
impl Accumulate {
    #[pynew(signature = "(iterable, func=None, *, initial=None)")]
    fn new(
        class: &PyType,
        iterable: &PyObject,
        func: Option<&PyObject>,
        initial: Option<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let present = |value: Option<&PyObject>| {
            Field::from_option(value.filter(|value| !value.is(none())).map(PyClass::to_obj))
        };
        Py::new_in(
            class,
            Accumulate {
                ob_base: PyObject::HEADER,
                total: Field::empty(),
                iter: Field::new(iterable.iter()?),
                function: present(func),
                initial: present(initial),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        if let Some(initial) = self.initial.take() {
            self.total.set(Some(initial.clone()));
            return Ok(Some(initial));
        }
        let Some(item) = self.iter.get().map_or(Ok(None), |iter| iter.iter_next())? else {
            return Ok(None);
        };
        let total = match (self.total.get(), self.function.get()) {
            (None, _) => item,
            (Some(total), None) => total.add(&item)?,
            (Some(total), Some(function)) => function.call(&[&*total, &*item])?,
        };
        self.total.set(Some(total.clone()));
        Ok(Some(total))
    }
}

/// Batch data into tuples of length n. The last batch may be shorter than n.
///
/// >>> list(batched(range(5), 2))
/// [(0, 1), (2, 3), (4,)]
///
/// Loops over the input iterable and accumulates data into tuples up to size n. The input is
/// consumed lazily, just enough to fill a batch. If "strict" is True, a ValueError is raised if the
/// final batch is shorter than n.
#[pyclass(name = "batched", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Batched {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    size: Cell<usize>,
    strict: Cell<bool>,
}

#[pymethods]
impl Batched {
    #[pynew(signature = "(iterable, n, *, strict=False)")]
    fn new(class: &PyType, iterable: &PyObject, n: isize, strict: bool) -> PyResult<Py<Self>> {
        if n < 1 {
            return Err(value_error!("n must be at least one"));
        }
        Py::new_in(
            class,
            Batched {
                ob_base: PyObject::HEADER,
                iter: Field::new(iterable.iter()?),
                size: Cell::new(n as usize),
                strict: Cell::new(strict),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(iter) = self.iter.get() else {
            return Ok(None);
        };
        let size = self.size.get();
        let mut batch = Vec::with_capacity(size.min(64));
        while batch.len() < size {
            match iter.iter_next() {
                Ok(Some(item)) => batch.push(item),
                Ok(None) => {
                    self.iter.set(None);
                    break;
                }
                Err(error) => {
                    self.iter.set(None);
                    return Err(error);
                }
            }
        }
        if batch.is_empty() {
            return Ok(None);
        }
        if batch.len() < size && self.strict.get() {
            return Err(value_error!("batched(): incomplete batch"));
        }
        Ok(Some(PyTuple::from_vec(batch)?.into_object()))
    }
}

/// Return an iterator of overlapping pairs taken from the input iterator.
///
/// s -> (s0,s1), (s1,s2), (s2, s3), ...
#[pyclass(name = "pairwise", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Pairwise {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    #[traverse]
    old: Field<PyObject>,
    /// The pair given last, as for `enumerate`.
    #[traverse]
    last: Field<PyTuple>,
}

#[pymethods]
impl Pairwise {
    #[pynew(signature = "(iterable, /)", vectorcall)]
    fn new(class: &PyType, iterable: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            Pairwise {
                ob_base: PyObject::HEADER,
                iter: Field::new(iterable.iter()?),
                old: Field::empty(),
                last: Field::empty(),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let pair = self.advance();
        if !matches!(pair, Ok(Some(_))) {
            self.iter.set(None);
            self.old.set(None);
        }
        pair
    }
}

impl Pairwise {
    fn advance(&self) -> PyResult<Option<Obj>> {
        let Some(iter) = self.iter.get() else {
            return Ok(None);
        };
        let old = match self.old.get() {
            Some(old) => old,
            None => {
                let Some(first) = iter.iter_next()? else {
                    return Ok(None);
                };
                self.old.set(Some(first.clone()));
                // Reading the first item may have used up this very iterator.
                if !self.iter.is_some() {
                    return Ok(None);
                }
                first
            }
        };
        let Some(new) = iter.iter_next()? else {
            return Ok(None);
        };
        self.old.set(Some(new.clone()));
        Ok(Some(PyTuple::reuse(&self.last, [old, new])?.into_object()))
    }
}

/// make an iterator that returns consecutive keys and groups from the iterable
///
/// The key is what the function gives for an item, or the item itself.
#[pyclass(name = "groupby", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct GroupBy {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    #[traverse]
    key_function: Field<PyObject>,
    #[traverse]
    target_key: Field<PyObject>,
    #[traverse]
    current_key: Field<PyObject>,
    #[traverse]
    current_value: Field<PyObject>,
    /// The group that may still take items, for comparison only.
    current_group: Cell<*const PyObject>,
}

impl GroupBy {
    /// Reads the next item and its key; false at the end.
    fn step(&self) -> PyResult<bool> {
        let Some(value) = self.iter.get().map_or(Ok(None), |iter| iter.iter_next())? else {
            return Ok(false);
        };
        let key = match self.key_function.get() {
            Some(function) => function.call1(&value)?,
            None => value.clone(),
        };
        self.current_value.set(Some(value));
        self.current_key.set(Some(key));
        Ok(true)
    }
}

#[pymethods]
impl GroupBy {
    #[pynew(signature = "(iterable, key=None)")]
    fn new(class: &PyType, iterable: &PyObject, key: Option<&PyObject>) -> PyResult<Py<Self>> {
        let key = key.filter(|key| !key.is(none()));
        Py::new_in(
            class,
            GroupBy {
                ob_base: PyObject::HEADER,
                iter: Field::new(iterable.iter()?),
                key_function: Field::from_option(key.map(PyClass::to_obj)),
                target_key: Field::empty(),
                current_key: Field::empty(),
                current_value: Field::empty(),
                current_group: Cell::new(std::ptr::null()),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        self.current_group.set(std::ptr::null());
        loop {
            let current = self.current_key.get();
            match (&current, self.target_key.get()) {
                (None, _) => {}
                (Some(_), None) => break,
                (Some(current), Some(target)) if !target.eq(current)? => break,
                _ => {}
            }
            if !self.step()? {
                return Ok(None);
            }
        }
        let Some(key) = self.current_key.get() else {
            return Ok(None);
        };
        self.target_key.set(Some(key.clone()));
        let group = Grouper::of(self, &key)?;
        Ok(Some(
            PyTuple::from_vec(vec![key, group.into_object()])?.into_object(),
        ))
    }
}

/// One group of a groupby object: its items, as long as nobody has moved on to the next.
#[pyclass(name = "_grouper", module = "itertools", flags(GC), doc = "")]
#[repr(C)]
pub(super) struct Grouper {
    ob_base: PyObject,
    #[traverse]
    parent: Field<GroupBy>,
    #[traverse]
    key: Field<PyObject>,
}

impl Grouper {
    fn of(parent: &GroupBy, key: &PyObject) -> PyResult<Py<Self>> {
        let group = Py::new(Grouper {
            ob_base: PyObject::HEADER,
            parent: Field::new(PyClass::to_owned(parent)),
            key: Field::new(key.to_obj()),
        })?;
        parent
            .current_group
            .set(std::ptr::from_ref(group.as_object()));
        Ok(group)
    }
}

#[pymethods]
impl Grouper {
    #[pynew(signature = "(parent, tgtkey, /)", text_signature = "")]
    fn new(_class: &PyType, parent: &GroupBy, tgtkey: &PyObject) -> PyResult<Py<Self>> {
        Self::of(parent, tgtkey)
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(parent), Some(key)) = (self.parent.get(), self.key.get()) else {
            return Ok(None);
        };
        if !std::ptr::eq(parent.current_group.get(), self.as_object()) {
            return Ok(None);
        }
        if !parent.current_value.is_some() && !parent.step()? {
            return Ok(None);
        }
        let Some(current) = parent.current_key.get() else {
            return Ok(None);
        };
        if !key.eq(&current)? {
            return Ok(None);
        }
        parent.current_key.set(None);
        Ok(parent.current_value.take())
    }
}
