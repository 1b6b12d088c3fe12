//! `tee`: several iterators over one, with a shared queue of what some have seen and others not.
//!
//! The queue is a chain of blocks; a block dies when the last iterator has moved past it.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyList, PyObject, PyResult, PyTuple, PyType, WeakList, none,
    runtime_error, type_error, value_error,
};

/// Items in a block: as many as make it a little under eight cache lines.
const BLOCK: usize = 57;

/// Data container common to multiple tee objects.
#[pyclass(name = "_tee_dataobject", module = "itertools", flags(GC))]
#[repr(C)]
pub(super) struct TeeData {
    ob_base: PyObject,
    #[traverse]
    iter: Field<PyObject>,
    #[traverse]
    values: RefCell<Vec<Obj>>,
    #[traverse]
    next: Field<TeeData>,
    running: Cell<bool>,
}

impl TeeData {
    fn over(iter: &PyObject) -> PyResult<Py<TeeData>> {
        Py::new(TeeData {
            ob_base: PyObject::HEADER,
            iter: Field::new(iter.to_obj()),
            values: RefCell::default(),
            next: Field::empty(),
            running: Cell::new(false),
        })
    }

    fn item(&self, index: usize) -> PyResult<Option<Obj>> {
        if let Some(value) = self.values.borrow().get(index) {
            return Ok(Some(value.clone()));
        }
        if self.running.replace(true) {
            return Err(runtime_error!("cannot re-enter the tee iterator"));
        }
        let item = self.iter.get().map_or(Ok(None), |iter| iter.iter_next());
        self.running.set(false);
        let item = item?;
        if let Some(item) = &item {
            self.values.borrow_mut().push(item.clone());
        }
        Ok(item)
    }

    /// The block after this one, made on first use.
    fn following(&self) -> PyResult<Option<Py<TeeData>>> {
        if let Some(next) = self.next.get() {
            return Ok(Some(next));
        }
        let Some(iter) = self.iter.get() else {
            return Ok(None);
        };
        let next = TeeData::over(&iter)?;
        self.next.set(Some(next.clone()));
        Ok(Some(next))
    }
}

#[pymethods]
impl TeeData {
    #[pynew(signature = "(iterable, values, next, /)", text_signature = "")]
    fn new(
        _class: &PyType,
        iterable: &PyObject,
        values: &PyObject,
        next: &PyObject,
    ) -> PyResult<Py<Self>> {
        let Some(values) = values.downcast::<PyList>() else {
            return Err(type_error!(
                "teedataobject() argument 2 must be list, not {}",
                values.type_().tp_name()
            ));
        };
        let values = values.to_vec();
        let data = TeeData::over(iterable)?;
        if values.len() > BLOCK {
            return Err(value_error!("Invalid arguments"));
        }
        if !next.is(none()) {
            let (true, Some(next)) = (values.len() == BLOCK, next.downcast::<TeeData>()) else {
                return Err(value_error!("Invalid arguments"));
            };
            data.next.set(Some(PyClass::to_owned(next)));
        }
        *data.values.borrow_mut() = values;
        Ok(data)
    }
}

/// Iterator wrapped to make it copyable.
#[pyclass(name = "_tee", module = "itertools", flags(GC))]
#[repr(C)]
pub(super) struct Tee {
    ob_base: PyObject,
    #[traverse]
    data: Field<TeeData>,
    index: Cell<usize>,
    #[weaklist]
    weaklist: WeakList,
}

impl Tee {
    fn at(data: Option<Py<TeeData>>, index: usize) -> PyResult<Py<Tee>> {
        Py::new(Tee {
            ob_base: PyObject::HEADER,
            data: Field::from_option(data),
            index: Cell::new(index),
            weaklist: WeakList::new(),
        })
    }

    fn over(iterable: &PyObject) -> PyResult<Py<Tee>> {
        let iter = iterable.iter()?;
        match iter.downcast::<Tee>() {
            Some(tee) => tee.copied(),
            None => Self::at(Some(TeeData::over(&iter)?), 0),
        }
    }

    fn copied(&self) -> PyResult<Py<Tee>> {
        Self::at(self.data.get(), self.index.get())
    }
}

#[pymethods]
impl Tee {
    #[pynew(signature = "(iterable, /)")]
    fn new(_class: &PyType, iterable: &PyObject) -> PyResult<Py<Self>> {
        Self::over(iterable)
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(mut data) = self.data.get() else {
            return Ok(None);
        };
        if self.index.get() >= BLOCK {
            let Some(next) = data.following()? else {
                return Ok(None);
            };
            self.index.set(0);
            self.data.set(Some(next.clone()));
            data = next;
        }
        let index = self.index.get();
        let item = data.item(index)?;
        if item.is_some() {
            self.index.set(index + 1);
        }
        Ok(item)
    }

    /// Returns an independent iterator.
    #[pymethod(name = "__copy__")]
    fn copy(&self) -> PyResult<Py<Tee>> {
        self.copied()
    }
}

/// Returns a tuple of n independent iterators.
#[pyfunction(signature = "(iterable, n=2, /)")]
pub(super) fn tee(iterable: &PyObject, n: isize) -> PyResult<Obj> {
    let Ok(count) = usize::try_from(n) else {
        return Err(value_error!("n must be >= 0"));
    };
    let mut iterators = Vec::new();
    iterators
        .try_reserve_exact(count)
        .map_err(|_| krait_runtime::err::no_memory())?;
    if count > 0 {
        let first = Tee::over(iterable)?;
        for _ in 1..count {
            iterators.push(first.copied()?.into_object());
        }
        iterators.insert(0, first.into_object());
    }
    Ok(PyTuple::from_vec(iterators)?.into_object())
}
