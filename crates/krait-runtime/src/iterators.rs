//! The iterators of `builtins`: `enumerate`, `reversed`, `zip`, `map`, `filter`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Args, Field, KwArgs, PyLong, PyResult, PyTuple, PyType, exc};

/// Return an enumerate object.
///
/// It yields pairs of a count (from start, which defaults to zero) and a value of the iterable.
#[pyclass(name = "enumerate", symbol = PyEnum_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyEnumerate {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    index: Cell<i64>,
    /// The count once it no longer fits `index`.
    #[traverse]
    big_index: Field<PyLong>,
    /// The pair given last, for the next one if nobody has kept it.
    #[traverse]
    last: Field<PyTuple>,
}

#[pymethods]
impl PyEnumerate {
    #[pynew(signature = "(iterable, start=0)", vectorcall)]
    fn new(
        class: &PyType,
        iterable: &PyObject,
        start: crate::OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let start = start.present().map(PyObject::index).transpose()?;
        let small = start.as_ref().map_or(Some(0), |start| start.to_i64());
        Py::new_in(
            class,
            PyEnumerate {
                ob_base: PyObject::HEADER,
                iter: Field::new(iterable.iter()?),
                index: Cell::new(small.unwrap_or(i64::MAX)),
                big_index: Field::from_option(if small.is_some() { None } else { start }),
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
        let Some(iter) = self.iter.get() else {
            return Ok(None);
        };
        let Some(item) = iter.iter_next()? else {
            return Ok(None);
        };
        let index = self.index.get();
        let count = if index < i64::MAX {
            self.index.set(index + 1);
            PyLong::from_i64(index)?
        } else {
            let count = match self.big_index.get() {
                Some(count) => count,
                None => PyLong::from_i64(i64::MAX)?,
            };
            let next = crate::long::ops::add(&count, &*PyLong::from_i64(1)?)?;
            self.big_index.set(Some(next.index()?));
            count
        };
        let pair = PyTuple::reuse(&self.last, [count.into_object(), item])?;
        Ok(Some(pair.into_object()))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let count = match self.big_index.get() {
            Some(count) => count,
            None => PyLong::from_i64(self.index.get())?,
        };
        let iter = self.iter.get().unwrap_or_else(|| crate::none().to_obj());
        let arguments = PyTuple::from_array([iter, count.into_object()])?;
        PyTuple::from_array([self.type_().to_obj(), arguments.into_object()])
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }
}

/// Return a reverse iterator over the values of the given sequence.
#[pyclass(name = "reversed", symbol = PyReversed_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyReversed {
    ob_base: PyObject,
    index: Cell<isize>,
    #[traverse]
    sequence: Field<PyObject>,
}

#[pymethods]
impl PyReversed {
    #[pynew(signature = "(sequence, /)", vectorcall)]
    fn new(class: &PyType, object: &PyObject) -> PyResult<Obj> {
        if let Some(method) = object.lookup_special(crate::intern!("__reversed__"))? {
            if method.is(crate::none()) {
                return Err(crate::type_error!(
                    "'{}' object is not reversible",
                    object.type_().tp_name()
                ));
            }
            return method.call0();
        }
        if !object.is_sequence() {
            return Err(crate::type_error!(
                "'{}' object is not reversible",
                object.type_().tp_name()
            ));
        }
        let length = object.length()? as isize;
        let reversed = Py::new_in(
            class,
            PyReversed {
                ob_base: PyObject::HEADER,
                index: Cell::new(length - 1),
                sequence: Field::new(object.to_obj()),
            },
        )?;
        Ok(reversed.into_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let index = self.index.get();
        let Some(sequence) = self.sequence.get() else {
            return Ok(None);
        };
        if index >= 0 {
            match sequence.sequence_get(index) {
                Ok(item) => {
                    self.index.set(index - 1);
                    return Ok(Some(item));
                }
                Err(error)
                    if error.matches(&exc::IndexError) || error.matches(&exc::StopIteration) =>
                {
                    error.clear();
                }
                Err(error) => return Err(error),
            }
        }
        self.index.set(-1);
        self.sequence.set(None);
        Ok(None)
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<usize> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(0);
        };
        let rest = self.index.get() + 1;
        Ok(if (sequence.length()? as isize) < rest {
            0
        } else {
            rest as usize
        })
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let class = self.type_().to_obj();
        match self.sequence.get() {
            Some(sequence) => {
                let arguments = PyTuple::from_array([sequence])?.into_object();
                let index = PyLong::from_i64(self.index.get() as i64)?.into_object();
                PyTuple::from_array([class, arguments, index])
            }
            None => {
                let empty = PyTuple::from_array([PyTuple::empty().into_object()])?;
                PyTuple::from_array([class, empty.into_object()])
            }
        }
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(sequence) = self.sequence.get() {
            self.index
                .set(index.clamp(-1, sequence.length()? as isize - 1));
        }
        Ok(())
    }
}

/// zip(*iterables, strict=False)
/// --
///
/// The zip object yields n-length tuples, where n is the number of iterables.
///
/// >>> list(zip('ab', range(2), [7, 8, 9]))
/// [('a', 0, 7), ('b', 1, 8)]
///
/// The i-th element of every tuple comes from the i-th iterable. It stops when the shortest
/// iterable is exhausted; if strict is true and one is exhausted before the others, it raises a
/// ValueError.
#[pyclass(name = "zip", symbol = PyZip_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyZip {
    ob_base: PyObject,
    #[traverse]
    iters: Field<PyTuple>,
    strict: Cell<bool>,
    /// The row given last, as for `enumerate`.
    #[traverse]
    last: Field<PyTuple>,
}

/// The value of the keyword `strict` of `zip` and `map`; other keywords are errors.
fn strict_keyword(name: &str, kwargs: &KwArgs<'_>) -> PyResult<bool> {
    let mut strict = false;
    for (key, value) in kwargs.iter() {
        if !key.is_text("strict") {
            return Err(crate::type_error!(
                "{name}() got an unexpected keyword argument '{}'",
                key.to_string_lossy()
            ));
        }
        strict = value.is_true()?;
    }
    Ok(strict)
}

/// The iterators of all arguments.
fn iterators<'a>(args: impl Iterator<Item = &'a PyObject>) -> PyResult<Py<PyTuple>> {
    PyTuple::from_vec(args.map(PyObject::iter).collect::<PyResult<_>>()?)
}

/// One item of each iterator; `None` when the first ends. With `strict`, all must end together.
fn next_row(name: &str, iters: &PyTuple, strict: bool) -> PyResult<Option<Vec<Obj>>> {
    let mut row = Vec::with_capacity(iters.len());
    for (index, iter) in iters.as_slice().iter().enumerate() {
        let Some(item) = iter.iter_next()? else {
            if strict {
                check_all_ended(name, iters, index)?;
            }
            return Ok(None);
        };
        row.push(item);
    }
    Ok(Some(row))
}

/// As [`next_row`] for a zip of `N` iterators, with the tuple of the last row once more if nobody has
/// kept it.
fn next_short_row<const N: usize>(zip: &PyZip, iters: &[Obj; N]) -> PyResult<Option<Obj>> {
    let mut row: [Obj; N] = std::array::from_fn(|_| crate::none().to_obj());
    for (index, (iter, place)) in iters.iter().zip(&mut row).enumerate() {
        let Some(item) = iter.iter_next()? else {
            if zip.strict.get()
                && let Some(iters) = zip.iters.get()
            {
                check_all_ended("zip", &iters, index)?;
            }
            return Ok(None);
        };
        *place = item;
    }
    Ok(Some(PyTuple::reuse(&zip.last, row)?.into_object()))
}

/// Iterator `ended` has ended: with `strict` the ones before it must not have given an item, nor
/// may the ones after it.
#[cold]
fn check_all_ended(name: &str, iters: &PyTuple, ended: usize) -> PyResult<()> {
    let others = |count: usize| {
        if count == 1 {
            "argument 1".to_owned()
        } else {
            format!("arguments 1-{count}")
        }
    };
    if ended > 0 {
        return Err(crate::value_error!(
            "{name}() argument {} is shorter than {}",
            ended + 1,
            others(ended)
        ));
    }
    for (index, iter) in iters.as_slice().iter().enumerate().skip(1) {
        if iter.iter_next()?.is_some() {
            return Err(crate::value_error!(
                "{name}() argument {} is longer than {}",
                index + 1,
                others(index)
            ));
        }
    }
    Ok(())
}

#[pymethods]
impl PyZip {
    #[pynew(signature = "(*iterables, **kwargs)", text_signature = "")]
    fn new(class: &PyType, iterables: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Py<Self>> {
        let strict = strict_keyword("zip", &kwargs)?;
        Py::new_in(
            class,
            PyZip {
                ob_base: PyObject::HEADER,
                iters: Field::new(iterators(iterables.iter())?),
                strict: Cell::new(strict),
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
        let Some(iters) = self.iters.get() else {
            return Ok(None);
        };
        if iters.is_empty() {
            return Ok(None);
        }
        if let Ok(pair) = iters.as_slice().try_into() {
            return next_short_row::<2>(self, pair);
        }
        if let Ok(triple) = iters.as_slice().try_into() {
            return next_short_row::<3>(self, triple);
        }
        match next_row("zip", &iters, self.strict.get())? {
            Some(row) => Ok(Some(PyTuple::from_vec(row)?.into_object())),
            None => Ok(None),
        }
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let iters = self
            .iters
            .get()
            .unwrap_or_else(PyTuple::empty)
            .into_object();
        let mut parts = vec![self.type_().to_obj(), iters];
        if self.strict.get() {
            parts.push(crate::true_().to_obj());
        }
        PyTuple::from_vec(parts)
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        self.strict.set(state.is_true()?);
        Ok(())
    }
}

/// Make an iterator that computes the function using arguments from each of the iterables.
///
/// Stops when the shortest iterable is exhausted; if strict is true and one is exhausted before
/// the others, raises a ValueError.
#[pyclass(name = "map", symbol = PyMap_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyMap {
    ob_base: PyObject,
    #[traverse]
    iters: Field<PyTuple>,
    #[traverse]
    function: Field<PyObject>,
    strict: Cell<bool>,
}

#[pymethods]
impl PyMap {
    #[pynew(
        signature = "(*args, **kwargs)",
        text_signature = "(function, iterable, /, *iterables, strict=False)"
    )]
    fn new(class: &PyType, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Py<Self>> {
        let strict = strict_keyword("map", &kwargs)?;
        let mut args = args.iter();
        let Some(function) = args.next() else {
            return Err(crate::type_error!(
                "map() must have at least two arguments."
            ));
        };
        let iters = iterators(args)?;
        if iters.is_empty() {
            return Err(crate::type_error!(
                "map() must have at least two arguments."
            ));
        }
        Py::new_in(
            class,
            PyMap {
                ob_base: PyObject::HEADER,
                iters: Field::new(iters),
                function: Field::new(function.to_obj()),
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
        let (Some(iters), Some(function)) = (self.iters.get(), self.function.get()) else {
            return Ok(None);
        };
        if let [iter] = iters.as_slice() {
            return match iter.iter_next()? {
                Some(item) => function.call1(&item).map(Some),
                None => Ok(None),
            };
        }
        match next_row("map", &iters, self.strict.get())? {
            Some(row) => {
                let row: Vec<&PyObject> = row.iter().map(|item| &**item).collect();
                function.call(&row).map(Some)
            }
            None => Ok(None),
        }
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let mut arguments = vec![
            self.function
                .get()
                .unwrap_or_else(|| crate::none().to_obj()),
        ];
        if let Some(iters) = self.iters.get() {
            arguments.extend_from_slice(iters.as_slice());
        }
        let mut parts = vec![
            self.type_().to_obj(),
            PyTuple::from_vec(arguments)?.into_object(),
        ];
        if self.strict.get() {
            parts.push(crate::true_().to_obj());
        }
        PyTuple::from_vec(parts)
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        self.strict.set(state.is_true()?);
        Ok(())
    }
}

/// Return an iterator yielding those items of iterable for which function(item) is true.
///
/// If function is None, return the items that are true.
#[pyclass(name = "filter", symbol = PyFilter_Type, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyFilter {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
}

#[pymethods]
impl PyFilter {
    #[pynew(signature = "(function, iterable, /)", vectorcall)]
    fn new(class: &PyType, function: &PyObject, iterable: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            PyFilter {
                ob_base: PyObject::HEADER,
                function: Field::new(function.to_obj()),
                iter: Field::new(iterable.iter()?),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(iter), Some(function)) = (self.iter.get(), self.function.get()) else {
            return Ok(None);
        };
        let by_truth = function.is(crate::none()) || function.is(PyType::as_object(bool_type()));
        while let Some(item) = iter.iter_next()? {
            let good = if by_truth {
                item.is_true()?
            } else {
                function.call1(&item)?.is_true()?
            };
            if good {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let part = |field: &Field<PyObject>| field.get().unwrap_or_else(|| crate::none().to_obj());
        let arguments = PyTuple::from_array([part(&self.function), part(&self.iter)])?;
        PyTuple::from_array([self.type_().to_obj(), arguments.into_object()])
    }
}

fn bool_type() -> &'static PyType {
    crate::PyBool::type_object()
}
