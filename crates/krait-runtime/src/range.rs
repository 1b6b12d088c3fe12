//! `range` and its iterators.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use crate::abstract_::not_implemented_if;
use crate::long::ops;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::PySlice;
use crate::{CompareOp, Field, OptionalArg, PyLong, PyResult, PyStr, PyTuple, PyType, exc};

/// range(stop) -> range object
/// range(start, stop[, step]) -> range object
///
/// Return an object that produces a sequence of integers from start (inclusive) to stop
/// (exclusive) by step.
#[pyclass(name = "range", symbol = PyRange_Type, flags(SEQUENCE), members = MEMBERS)]
#[repr(C)]
pub struct PyRange {
    ob_base: PyObject,
    start: Field<PyLong>,
    stop: Field<PyLong>,
    step: Field<PyLong>,
    length: Field<PyLong>,
}

/// A range whose parts all fit.
#[derive(Clone, Copy, Debug)]
pub struct SmallRange {
    /// The first value.
    pub start: i64,
    /// The distance of values.
    pub step: i64,
    /// How many values there are.
    pub len: i64,
}

impl PyRange {
    /// A range of these parts; the step must not be zero.
    pub fn make(start: Py<PyLong>, stop: Py<PyLong>, step: Py<PyLong>) -> PyResult<Py<PyRange>> {
        let length = range_length(&start, &stop, &step)?;
        Py::new(PyRange {
            ob_base: PyObject::HEADER,
            start: Field::new(start),
            stop: Field::new(stop),
            step: Field::new(step),
            length: Field::new(length),
        })
    }

    fn part(field: &Field<PyLong>) -> PyResult<Py<PyLong>> {
        field
            .get()
            .ok_or_else(|| crate::system_error!("a range without its parts"))
    }

    /// The `start` attribute.
    pub fn start(&self) -> PyResult<Py<PyLong>> {
        Self::part(&self.start)
    }

    /// The `step` attribute.
    pub fn step(&self) -> PyResult<Py<PyLong>> {
        Self::part(&self.step)
    }

    /// The number of values.
    pub fn length(&self) -> PyResult<Py<PyLong>> {
        Self::part(&self.length)
    }

    /// The range in machine integers, if all its values and its bounds fit.
    pub fn small(&self) -> Option<SmallRange> {
        let start = self.start.get()?.to_i64()?;
        let step = self.step.get()?.to_i64()?;
        let len = self.length.get()?.to_i64()?;
        // The value after the last one is computed too.
        start.checked_add(len.checked_mul(step)?)?;
        Some(SmallRange { start, step, len })
    }

    /// The value at an index that is within the range.
    fn value_at(&self, index: &PyLong) -> PyResult<Py<PyLong>> {
        let offset = ops::multiply(index, &*self.step()?)?.index()?;
        ops::add(&*self.start()?, &offset)?.index()
    }

    /// The position of an exact int, if it is in the range.
    fn position(&self, value: &PyLong) -> PyResult<Option<Py<PyLong>>> {
        let step = self.step()?;
        let stop = Self::part(&self.stop)?;
        let start = self.start()?;
        let inside = if step.is_negative() {
            stop.compare(value).is_lt() && value.compare(&start).is_le()
        } else {
            start.compare(value).is_le() && value.compare(&stop).is_lt()
        };
        if !inside {
            return Ok(None);
        }
        let offset = ops::subtract(value, &start)?.index()?;
        if !ops::remainder(&offset, &step)?.index()?.is_zero() {
            return Ok(None);
        }
        ops::floor_divide(&offset, &step)?.index().map(Some)
    }
}

/// How many values there are from `start` to `stop`.
fn range_length(start: &PyLong, stop: &PyLong, step: &PyLong) -> PyResult<Py<PyLong>> {
    let one = PyLong::from_i64(1)?;
    let (low, high, step) = if step.is_negative() {
        (
            stop,
            start,
            ops::subtract(&*PyLong::from_i64(0)?, step)?.index()?,
        )
    } else {
        (start, stop, PyClass::to_owned(step))
    };
    if low.compare(high).is_ge() {
        return PyLong::from_i64(0);
    }
    let span = ops::subtract(&*ops::subtract(high, low)?.index()?, &one)?.index()?;
    ops::add(&*ops::floor_divide(&span, &step)?.index()?, &one)?.index()
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyRange:
    c"start" start Py_T_OBJECT_EX;
    c"stop" stop Py_T_OBJECT_EX;
    c"step" step Py_T_OBJECT_EX;
};

#[pymethods]
impl PyRange {
    #[pynew(
        signature = "(start, stop=<unrepresentable>, step=<unrepresentable>, /)",
        text_signature = "",
        vectorcall
    )]
    fn new(
        _class: &PyType,
        start: &PyObject,
        stop: OptionalArg<&PyObject>,
        step: OptionalArg<&PyObject>,
    ) -> PyResult<Py<PyRange>> {
        let Some(stop) = stop.present() else {
            let stop = start.exact_index()?;
            return PyRange::make(PyLong::from_i64(0)?, stop, PyLong::from_i64(1)?);
        };
        let (start, stop) = (start.exact_index()?, stop.exact_index()?);
        let step = match step.present() {
            Some(step) => step.exact_index()?,
            None => PyLong::from_i64(1)?,
        };
        if step.is_zero() {
            return Err(crate::value_error!("range() arg 3 must not be zero"));
        }
        PyRange::make(start, stop, step)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let (start, stop, step) = (self.start()?, Self::part(&self.stop)?, self.step()?);
        let text = |value: &PyLong| -> PyResult<String> { Ok(value.repr()?.to_string_lossy()) };
        if step.to_i64() == Some(1) {
            return PyStr::new(&format!("range({}, {})", text(&start)?, text(&stop)?));
        }
        PyStr::new(&format!(
            "range({}, {}, {})",
            text(&start)?,
            text(&stop)?,
            text(&step)?
        ))
    }

    #[slot(sq_length, mp_length)]
    fn len(&self) -> PyResult<usize> {
        match self.length()?.to_i64() {
            Some(len) => Ok(len as usize),
            None => Err(crate::overflow_error!(
                "Python int too large to convert to C ssize_t"
            )),
        }
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(!self.length()?.is_zero())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        self.subscript(&*PyLong::from_i64(index as i64)?)
    }

    #[slot(sq_contains)]
    fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
        if let Some(int) = item.downcast::<PyLong>()
            && (item.is_exact::<PyLong>() || item.is_exact::<crate::PyBool>())
        {
            return Ok(self.position(int)?.is_some());
        }
        for value in self.try_iter()? {
            if value?.eq(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.index()?;
            let length = self.length()?;
            let index = if index.is_negative() {
                ops::add(&index, &length)?.index()?
            } else {
                index
            };
            if index.is_negative() || index.compare(&length).is_ge() {
                return Err(crate::index_error!("range object index out of range"));
            }
            return Ok(self.value_at(&index)?.into_object());
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(crate::type_error!(
                "range indices must be integers or slices, not {}",
                key.type_().tp_name()
            ));
        };
        let bounds = slice.call_method(crate::intern!("indices"), &[&*self.length()?])?;
        let bounds = bounds.to_vec()?;
        let [first, last, step] = &bounds[..] else {
            return Err(crate::system_error!("slice.indices() gives three ints"));
        };
        let new_step = ops::multiply(&*step.index()?, &*self.step()?)?.index()?;
        let (first, last) = (
            self.value_at(&*first.index()?)?,
            self.value_at(&*last.index()?)?,
        );
        Ok(PyRange::make(first, last, new_step)?.into_object())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyRange>() else {
            return Ok(not_implemented_if(None));
        };
        let equal = self.key()?.eq(&*other.key()?)?;
        Ok(not_implemented_if(match op {
            CompareOp::Eq => Some(equal),
            CompareOp::Ne => Some(!equal),
            _ => None,
        }))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        self.key()?.hash()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        if let Some(small) = self.small() {
            return Ok(PyRangeIter::make(small)?.into_object());
        }
        PyLongRangeIter::make(self.start()?, self.step()?, self.length()?)
    }

    /// Return a reverse iterator.
    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Obj> {
        if let Some(SmallRange { start, step, len }) = self.small()
            && let Some(back) = step.checked_neg()
        {
            let last = start + (len - 1) * step;
            return Ok(PyRangeIter::make(SmallRange {
                start: last,
                step: back,
                len,
            })?
            .into_object());
        }
        let length = self.length()?;
        let last = self.value_at(&*ops::subtract(&length, &*PyLong::from_i64(1)?)?.index()?)?;
        let back = ops::subtract(&*PyLong::from_i64(0)?, &*self.step()?)?.index()?;
        PyLongRangeIter::make(last, back, length)
    }

    /// Return number of occurrences of value.
    #[pymethod(signature = "($self, object, /)")]
    fn count(&self, value: &PyObject) -> PyResult<usize> {
        if let Some(int) = value.downcast::<PyLong>()
            && (value.is_exact::<PyLong>() || value.is_exact::<crate::PyBool>())
        {
            return Ok(usize::from(self.position(int)?.is_some()));
        }
        let mut count = 0;
        for each in self.try_iter()? {
            count += usize::from(each?.eq(value)?);
        }
        Ok(count)
    }

    /// Return index of value.
    ///
    /// Raise ValueError if the value is not present.
    #[pymethod(signature = "($self, object, /)")]
    fn index(&self, value: &PyObject) -> PyResult<Obj> {
        if let Some(int) = value.downcast::<PyLong>()
            && (value.is_exact::<PyLong>() || value.is_exact::<crate::PyBool>())
        {
            return match self.position(int)? {
                Some(position) => Ok(position.into_object()),
                None => Err(crate::value_error!(
                    "{} is not in range",
                    value.repr()?.to_string_lossy()
                )),
            };
        }
        for (index, each) in self.try_iter()?.enumerate() {
            if each?.eq(value)? {
                return crate::tuple::index_object(index);
            }
        }
        Err(crate::value_error!("sequence.index(x): x not in sequence"))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let parts = vec![
            self.start()?.into_object(),
            Self::part(&self.stop)?.into_object(),
            self.step()?.into_object(),
        ];
        let arguments = PyTuple::from_vec(parts)?.into_object();
        PyTuple::from_vec(vec![self.type_().to_obj(), arguments])
    }
}

impl PyRange {
    /// What decides equality: length, first value, and step if there are two values.
    fn key(&self) -> PyResult<Py<PyTuple>> {
        let none = || crate::none().to_obj();
        let length = self.length()?;
        let (start, step) = match length.to_i64() {
            Some(0) => (none(), none()),
            Some(1) => (self.start()?.into_object(), none()),
            _ => (self.start()?.into_object(), self.step()?.into_object()),
        };
        PyTuple::from_vec(vec![length.into_object(), start, step])
    }
}

/// The iterator of ranges in machine integers.
#[pyclass(name = "range_iterator", symbol = PyRangeIter_Type)]
#[repr(C)]
pub struct PyRangeIter {
    ob_base: PyObject,
    start: Cell<i64>,
    step: Cell<i64>,
    len: Cell<i64>,
}

impl PyRangeIter {
    fn make(range: SmallRange) -> PyResult<Py<PyRangeIter>> {
        Py::new(PyRangeIter {
            ob_base: PyObject::HEADER,
            start: Cell::new(range.start),
            step: Cell::new(range.step),
            len: Cell::new(range.len),
        })
    }

    /// The next value; what the specialised `FOR_ITER` does too.
    #[inline(always)]
    pub fn next_value(&self) -> Option<i64> {
        let len = self.len.get();
        if len <= 0 {
            return None;
        }
        let value = self.start.get();
        self.start.set(value.wrapping_add(self.step.get()));
        self.len.set(len - 1);
        Some(value)
    }
}

#[pymethods]
impl PyRangeIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        self.next_value()
            .map(|value| Ok(PyLong::from_i64(value)?.into_object()))
            .transpose()
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> i64 {
        self.len.get()
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let (start, step, len) = (self.start.get(), self.step.get(), self.len.get());
        let range = PyRange::make(
            PyLong::from_i64(start)?,
            PyLong::from_i64(start.wrapping_add(step.wrapping_mul(len)))?,
            PyLong::from_i64(step)?,
        )?;
        reduce_iterator(range.into_object(), crate::none().to_obj())
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = (state.as_isize(Some(&exc::OverflowError))? as i64).clamp(0, self.len.get());
        self.start.set(
            self.start
                .get()
                .wrapping_add(index.wrapping_mul(self.step.get())),
        );
        self.len.set(self.len.get() - index);
        Ok(())
    }
}

/// `(iter, (range,), state)`.
fn reduce_iterator(range: Obj, state: Obj) -> PyResult<Obj> {
    let arguments = PyTuple::from_vec(vec![range])?.into_object();
    let parts = vec![crate::seq_iter::builtin("iter")?, arguments, state];
    Ok(PyTuple::from_vec(parts)?.into_object())
}

/// The iterator of ranges beyond machine integers.
#[pyclass(name = "longrange_iterator", symbol = PyLongRangeIter_Type)]
#[repr(C)]
pub struct PyLongRangeIter {
    ob_base: PyObject,
    start: Field<PyLong>,
    step: Field<PyLong>,
    len: Field<PyLong>,
}

impl PyLongRangeIter {
    fn make(start: Py<PyLong>, step: Py<PyLong>, len: Py<PyLong>) -> PyResult<Obj> {
        let iter = Py::new(PyLongRangeIter {
            ob_base: PyObject::HEADER,
            start: Field::new(start),
            step: Field::new(step),
            len: Field::new(len),
        })?;
        Ok(iter.into_object())
    }
}

#[pymethods]
impl PyLongRangeIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(start), Some(step), Some(len)) =
            (self.start.get(), self.step.get(), self.len.get())
        else {
            return Ok(None);
        };
        if len.is_zero() {
            return Ok(None);
        }
        self.start.set(Some(ops::add(&start, &step)?.index()?));
        self.len
            .set(Some(ops::subtract(&len, &*PyLong::from_i64(1)?)?.index()?));
        Ok(Some(start.into_object()))
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> PyResult<Obj> {
        PyRange::part(&self.len).map(Py::into_object)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let (start, step) = (PyRange::part(&self.start)?, PyRange::part(&self.step)?);
        let span = ops::multiply(&step, &*PyRange::part(&self.len)?)?.index()?;
        let stop = ops::add(&start, &span)?.index()?;
        reduce_iterator(
            PyRange::make(start, stop, step)?.into_object(),
            crate::none().to_obj(),
        )
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let Some(state) = state.downcast::<PyLong>() else {
            return Err(crate::type_error!(
                "state must be an int, not {}",
                state.type_().tp_name()
            ));
        };
        let len = PyRange::part(&self.len)?;
        let index = if state.is_negative() {
            PyLong::from_i64(0)?
        } else if state.compare(&len).is_gt() {
            len.clone()
        } else {
            PyClass::to_owned(state)
        };
        let offset = ops::multiply(&index, &*PyRange::part(&self.step)?)?.index()?;
        self.start.set(Some(
            ops::add(&*PyRange::part(&self.start)?, &offset)?.index()?,
        ));
        self.len.set(Some(ops::subtract(&len, &index)?.index()?));
        Ok(())
    }
}
