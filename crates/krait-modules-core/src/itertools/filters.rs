//! Iterators that choose among the items of one iterable: `dropwhile`, `takewhile`, `filterfalse`,
//! `compress`, and `starmap`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{Field, Obj, Py, PyBool, PyClass, PyObject, PyResult, PyTuple, PyType, none};

macro_rules! function_and_iterable {
    ($class:ident { $($extra:ident: $value:expr),* }, $type:expr, $function:expr, $iterable:expr) => {
        Py::new_in($type, $class {
            ob_base: PyObject::HEADER,
            function: Field::new($function.to_obj()),
            iter: Field::new($iterable.iter()?),
            $($extra: $value),*
        })
    };
}

/// Drop items from the iterable while predicate(item) is true.
///
/// Afterwards, return every element until the iterable is exhausted.
#[pyclass(name = "dropwhile", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct DropWhile {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
    started: Cell<bool>,
}

#[pymethods]
impl DropWhile {
    #[pynew(signature = "(predicate, iterable, /)", vectorcall)]
    fn new(class: &PyType, predicate: &PyObject, iterable: &PyObject) -> PyResult<Py<Self>> {
        function_and_iterable!(
            DropWhile {
                started: Cell::new(false)
            },
            class,
            predicate,
            iterable
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
        while let Some(item) = iter.iter_next()? {
            if self.started.get() {
                return Ok(Some(item));
            }
            if !function.call1(&item)?.is_true()? {
                self.started.set(true);
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// Return successive entries from an iterable as long as the predicate evaluates to true for each entry.
#[pyclass(name = "takewhile", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct TakeWhile {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
    stopped: Cell<bool>,
}

#[pymethods]
impl TakeWhile {
    #[pynew(signature = "(predicate, iterable, /)", vectorcall)]
    fn new(class: &PyType, predicate: &PyObject, iterable: &PyObject) -> PyResult<Py<Self>> {
        function_and_iterable!(
            TakeWhile {
                stopped: Cell::new(false)
            },
            class,
            predicate,
            iterable
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
        if self.stopped.get() {
            return Ok(None);
        }
        let Some(item) = iter.iter_next()? else {
            return Ok(None);
        };
        if function.call1(&item)?.is_true()? {
            return Ok(Some(item));
        }
        self.stopped.set(true);
        Ok(None)
    }
}

/// Return those items of iterable for which function(item) is false.
///
/// If function is None, return the items that are false.
#[pyclass(name = "filterfalse", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct FilterFalse {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
}

#[pymethods]
impl FilterFalse {
    #[pynew(signature = "(function, iterable, /)", vectorcall)]
    fn new(class: &PyType, function: &PyObject, iterable: &PyObject) -> PyResult<Py<Self>> {
        function_and_iterable!(FilterFalse {}, class, function, iterable)
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
        let by_truth = function.is(none()) || function.is(PyBool::type_object().as_object());
        while let Some(item) = iter.iter_next()? {
            let good = match by_truth {
                true => item.is_true()?,
                false => function.call1(&item)?.is_true()?,
            };
            if !good {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// Return an iterator whose values are returned from the function evaluated with an argument tuple
/// taken from the given sequence.
#[pyclass(name = "starmap", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct StarMap {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    iter: Field<PyObject>,
}

#[pymethods]
impl StarMap {
    #[pynew(signature = "(function, iterable, /)", vectorcall)]
    fn new(class: &PyType, function: &PyObject, iterable: &PyObject) -> PyResult<Py<Self>> {
        function_and_iterable!(StarMap {}, class, function, iterable)
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
        let Some(args) = iter.iter_next()? else {
            return Ok(None);
        };
        let args = match args.downcast_exact::<PyTuple>() {
            Some(args) => PyClass::to_owned(args),
            None => PyTuple::from_vec(args.to_vec()?)?,
        };
        function.call_tuple(&args, None).map(Some)
    }
}

/// Return data elements corresponding to true selector elements.
///
/// Forms a shorter iterator from selected data elements using the selectors to choose the data
/// elements.
#[pyclass(name = "compress", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Compress {
    ob_base: PyObject,
    #[traverse]
    data: Field<PyObject>,
    #[traverse]
    selectors: Field<PyObject>,
}

#[pymethods]
impl Compress {
    #[pynew(signature = "(data, selectors)")]
    fn new(class: &PyType, data: &PyObject, selectors: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            Compress {
                ob_base: PyObject::HEADER,
                data: Field::new(data.iter()?),
                selectors: Field::new(selectors.iter()?),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(data), Some(selectors)) = (self.data.get(), self.selectors.get()) else {
            return Ok(None);
        };
        loop {
            let Some(item) = data.iter_next()? else {
                return Ok(None);
            };
            let Some(selector) = selectors.iter_next()? else {
                return Ok(None);
            };
            if selector.is_true()? {
                return Ok(Some(item));
            }
        }
    }
}
