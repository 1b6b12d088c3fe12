//! Iterators that need not end: `count`, `cycle` and `repeat`.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyClass, PyComplex, PyList, PyLong, PyObject, PyResult, PyType,
    type_error,
};

/// Return a count object whose next() method returns consecutive values.
///
/// Starts at start and goes up by step, which need not be integers.
#[pyclass(name = "count", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Count {
    ob_base: PyObject,
    /// The next value, as long as the step is 1 and the value fits: else `isize::MAX`.
    fast: Cell<isize>,
    #[traverse]
    value: Field<PyObject>,
    #[traverse]
    step: Field<PyObject>,
}

/// `PyNumber_Check`.
fn is_number(object: &PyObject) -> bool {
    // SAFETY: a suite lives as long as its class.
    let suite = unsafe { object.type_().raw().tp_as_number.get().as_ref() };
    suite.is_some_and(|suite: &abi::PyNumberMethods| {
        suite.nb_index.get().is_some()
            || suite.nb_int.get().is_some()
            || suite.nb_float.get().is_some()
    }) || object.is_instance_of::<PyComplex>()
}

fn as_small(object: &PyObject) -> Option<isize> {
    object
        .downcast::<PyLong>()?
        .to_i64()
        .map(|value| value as isize)
}

#[pymethods]
impl Count {
    #[pynew(signature = "(start=0, step=1)")]
    fn new(
        class: &PyType,
        start: OptionalArg<&PyObject>,
        step: OptionalArg<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let start = match start.present() {
            Some(start) => start.to_obj(),
            None => PyLong::from_i64(0)?.into_object(),
        };
        let step = match step.present() {
            Some(step) => step.to_obj(),
            None => PyLong::from_i64(1)?.into_object(),
        };
        if !is_number(&start) || !is_number(&step) {
            return Err(type_error!("a number is required"));
        }
        let fast = match (as_small(&start), as_small(&step)) {
            (Some(start), Some(1)) => start,
            _ => isize::MAX,
        };
        Py::new_in(
            class,
            Count {
                ob_base: PyObject::HEADER,
                fast: Cell::new(fast),
                value: Field::from_option((fast == isize::MAX).then_some(start)),
                step: Field::new(step),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let fast = self.fast.get();
        if fast != isize::MAX {
            self.fast.set(fast + 1);
            return Ok(Some(PyLong::from_i64(fast as i64)?.into_object()));
        }
        let value = match self.value.get() {
            Some(value) => value,
            None => PyLong::from_i64(isize::MAX as i64)?.into_object(),
        };
        let Some(step) = self.step.get() else {
            return Ok(None);
        };
        self.value.set(Some(value.add(&step)?));
        Ok(Some(value))
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let name = self.type_name();
        if self.fast.get() != isize::MAX {
            return Ok(format!("{name}({})", self.fast.get()));
        }
        let value = match self.value.get() {
            Some(value) => value.repr()?.to_string_lossy(),
            None => isize::MAX.to_string(),
        };
        match self.step.get() {
            Some(step) if as_small(&step) != Some(1) => Ok(format!(
                "{name}({value}, {})",
                step.repr()?.to_string_lossy()
            )),
            _ => Ok(format!("{name}({value})")),
        }
    }
}

/// Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.
#[pyclass(name = "cycle", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Cycle {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    #[traverse]
    saved: Field<PyList>,
    index: Cell<usize>,
}

#[pymethods]
impl Cycle {
    #[pynew(signature = "(iterable, /)", vectorcall)]
    fn new(class: &PyType, iterable: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            Cycle {
                ob_base: PyObject::HEADER,
                iter: Field::new(iterable.iter()?),
                saved: Field::new(PyList::new()?),
                index: Cell::new(0),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(saved) = self.saved.get() else {
            return Ok(None);
        };
        if let Some(iter) = self.iter.get() {
            if let Some(item) = iter.iter_next()? {
                saved.push(item.clone())?;
                return Ok(Some(item));
            }
            self.iter.set(None);
        }
        let index = self.index.get();
        let Some(item) = saved.get(index) else {
            return Ok(None);
        };
        self.index.set(if index + 1 >= saved.len() {
            0
        } else {
            index + 1
        });
        Ok(Some(item))
    }
}

/// repeat(object [,times]) -> create an iterator which returns the object
/// for the specified number of times.  If not specified, returns the object
/// endlessly.
#[pyclass(name = "repeat", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Repeat {
    ob_base: PyObject,
    #[traverse]
    element: Field<PyObject>,
    /// How often it is still returned; -1 without end.
    left: Cell<isize>,
}

#[pymethods]
impl Repeat {
    #[pynew(signature = "(object, times=<unrepresentable>)", text_signature = "")]
    fn new(class: &PyType, object: &PyObject, times: OptionalArg<isize>) -> PyResult<Py<Self>> {
        let left = times.present().map_or(-1, |times| times.max(0));
        Py::new_in(
            class,
            Repeat {
                ob_base: PyObject::HEADER,
                element: Field::new(object.to_obj()),
                left: Cell::new(left),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        match self.left.get() {
            0 => return Ok(None),
            left if left > 0 => self.left.set(left - 1),
            _ => {}
        }
        Ok(self.element.get())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let element = match self.element.get() {
            Some(element) => element.repr()?.to_string_lossy(),
            None => String::new(),
        };
        let name = self.type_name();
        Ok(match self.left.get() {
            -1 => format!("{name}({element})"),
            left => format!("{name}({element}, {left})"),
        })
    }

    /// Private method returning an estimate of len(list(it)).
    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<isize> {
        match self.left.get() {
            -1 => Err(type_error!("len() of unsized object")),
            left => Ok(left),
        }
    }
}
