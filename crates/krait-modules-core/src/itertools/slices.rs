//! `chain`, `islice` and `zip_longest`.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Args, Field, KwArgs, Obj, Py, PyClass, PyObject, PyResult, PyTuple, PyType, exc, none,
    type_error, value_error,
};

/// Return a chain object whose .__next__() method returns elements from the first iterable until it
/// is exhausted, then elements from the next iterable, until all of the iterables are exhausted.
#[pyclass(name = "chain", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Chain {
    ob_base: PyObject,
    #[traverse]
    source: Field<PyObject>,
    #[traverse]
    active: Field<PyObject>,
}

impl Chain {
    fn over(class: &PyType, iterables: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            Chain {
                ob_base: PyObject::HEADER,
                source: Field::new(iterables.iter()?),
                active: Field::empty(),
            },
        )
    }
}

#[pymethods]
impl Chain {
    #[pynew(signature = "(*iterables)")]
    fn new(class: &PyType, iterables: Args<'_>) -> PyResult<Py<Self>> {
        let iterables = iterables.to_tuple()?;
        Self::over(class, &iterables)
    }

    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[pyclassmethod(signature = "($type, iterable, /)")]
    fn from_iterable(class: &PyType, iterable: &PyObject) -> PyResult<Py<Self>> {
        Self::over(class, iterable)
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        while let Some(source) = self.source.get() {
            let active = match self.active.get() {
                Some(active) => active,
                None => {
                    let next = match source.iter_next() {
                        Ok(Some(iterable)) => iterable.iter().map(Some),
                        other => other,
                    };
                    match next {
                        Ok(Some(active)) => {
                            self.active.set(Some(active.clone()));
                            active
                        }
                        ended => {
                            self.source.set(None);
                            return ended;
                        }
                    }
                }
            };
            if let Some(item) = active.iter_next()? {
                return Ok(Some(item));
            }
            self.active.set(None);
        }
        Ok(None)
    }
}

/// islice(iterable, stop) --> islice object
/// islice(iterable, start, stop[, step]) --> islice object
///
/// Return an iterator whose next() method returns selected values from an
/// iterable.  If start is specified, will skip all preceding elements;
/// otherwise, start defaults to zero.  Step defaults to one.  If
/// specified as another value, step determines how many values are
/// skipped between successive calls.  Works like a slice() on a list
/// but returns an iterator.
#[pyclass(name = "islice", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct ISlice {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    /// The position of the next item to return.
    next: Cell<usize>,
    stop: Cell<Option<usize>>,
    step: Cell<usize>,
    /// How many items were taken.
    taken: Cell<usize>,
}

/// An index argument: `None` for Python's None, -1 for what is no index at all.
fn index_of(argument: &PyObject) -> Option<isize> {
    if argument.is(none()) {
        return None;
    }
    match argument.as_isize(Some(&exc::OverflowError)) {
        Ok(index) => Some(index),
        Err(error) => {
            error.clear();
            Some(-1)
        }
    }
}

const RANGE: &str = "must be None or an integer: 0 <= x <= sys.maxsize.";

#[pymethods]
impl ISlice {
    #[pynew(signature = "(*args)", text_signature = "")]
    fn new(class: &PyType, args: Args<'_>) -> PyResult<Py<Self>> {
        krait_runtime::args::check_positional("islice", args.len(), 2, 4)?;
        let args = args.as_slice();
        let (start, stop) = match args {
            [_, stop] => (None, index_of(stop)),
            [_, start, stop, ..] => (index_of(start), index_of(stop)),
            _ => (None, None),
        };
        if stop == Some(-1) {
            return Err(value_error!("Stop argument for islice() {RANGE}"));
        }
        let (Ok(start), Ok(stop)) = (
            usize::try_from(start.unwrap_or(0)),
            stop.map(usize::try_from).transpose(),
        ) else {
            return Err(value_error!("Indices for islice() {RANGE}"));
        };
        let step = args.get(3).and_then(|step| index_of(step)).unwrap_or(1);
        if step < 1 {
            return Err(value_error!(
                "Step for islice() must be a positive integer or None."
            ));
        }
        Py::new_in(
            class,
            ISlice {
                ob_base: PyObject::HEADER,
                iter: Field::new(args[0].iter()?),
                next: Cell::new(start),
                stop: Cell::new(stop),
                step: Cell::new(step as usize),
                taken: Cell::new(0),
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
        let item = self.advance(&iter);
        if !matches!(item, Ok(Some(_))) {
            self.iter.set(None);
        }
        item
    }
}

impl ISlice {
    fn advance(&self, iter: &PyObject) -> PyResult<Option<Obj>> {
        let wanted = self.next.get();
        let stop = self.stop.get();
        while self.taken.get() < wanted {
            if iter.iter_next()?.is_none() {
                return Ok(None);
            }
            self.taken.set(self.taken.get() + 1);
        }
        if stop.is_some_and(|stop| self.taken.get() >= stop) {
            return Ok(None);
        }
        let Some(item) = iter.iter_next()? else {
            return Ok(None);
        };
        self.taken.set(self.taken.get() + 1);
        let next = wanted.saturating_add(self.step.get());
        self.next.set(stop.map_or(next, |stop| next.min(stop)));
        Ok(Some(item))
    }
}

/// Return a zip_longest object whose .__next__() method returns a tuple where
/// the i-th element comes from the i-th iterable argument.  The .__next__()
/// method continues until the longest iterable in the argument sequence
/// is exhausted and then it raises StopIteration.  When the shorter iterables
/// are exhausted, the fillvalue is substituted in their place.  The fillvalue
/// defaults to None or can be specified by a keyword argument.
#[pyclass(name = "zip_longest", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct ZipLongest {
    ob_base: PyObject,
    /// An exhausted iterator leaves a hole.
    #[traverse]
    iters: RefCell<Vec<Option<Obj>>>,
    #[traverse]
    fill: Field<PyObject>,
    active: Cell<usize>,
}

#[pymethods]
impl ZipLongest {
    #[pynew(
        signature = "(*iterables, **kwargs)",
        text_signature = "(*iterables, fillvalue=None)"
    )]
    fn new(class: &PyType, iterables: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Py<Self>> {
        let fill = kwargs.get("fillvalue").unwrap_or(none());
        if kwargs.iter().any(|(name, _)| !name.is_text("fillvalue")) {
            return Err(type_error!(
                "zip_longest() got an unexpected keyword argument"
            ));
        }
        let iters: Vec<Option<Obj>> = iterables
            .iter()
            .map(|iterable| iterable.iter().map(Some))
            .collect::<PyResult<_>>()?;
        Py::new_in(
            class,
            ZipLongest {
                ob_base: PyObject::HEADER,
                active: Cell::new(iters.len()),
                iters: RefCell::new(iters),
                fill: Field::new(fill.to_obj()),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(fill), true) = (self.fill.get(), self.active.get() > 0) else {
            return Ok(None);
        };
        let count = self.iters.borrow().len();
        let mut row = Vec::with_capacity(count);
        for place in 0..count {
            let iter = self.iters.borrow().get(place).cloned().flatten();
            let item = match iter {
                None => None,
                Some(iter) => match iter.iter_next() {
                    Ok(Some(item)) => Some(item),
                    Ok(None) => {
                        let ended = self
                            .iters
                            .borrow_mut()
                            .get_mut(place)
                            .and_then(Option::take);
                        if ended.is_some() {
                            self.active.set(self.active.get() - 1);
                        }
                        drop(ended);
                        if self.active.get() == 0 {
                            return Ok(None);
                        }
                        None
                    }
                    Err(error) => {
                        self.active.set(0);
                        return Err(error);
                    }
                },
            };
            row.push(item.unwrap_or_else(|| fill.clone()));
        }
        Ok(Some(PyTuple::from_vec(row)?.into_object()))
    }
}
