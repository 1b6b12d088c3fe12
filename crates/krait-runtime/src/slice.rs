//! `slice`, and the arithmetic of slicing.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{
    CompareOp, Field, OptionalArg, PyBytes, PyList, PyLong, PyResult, PyStr, PyTuple, PyType,
};

/// slice(stop)
/// slice(start, stop[, step])
///
/// Create a slice object, as `a[start:stop:step]` does.
#[pyclass(name = "slice", symbol = PySlice_Type, flags(GC), members = MEMBERS)]
#[repr(C)]
pub struct PySlice {
    ob_base: PyObject,
    #[traverse]
    start: Field<PyObject>,
    #[traverse]
    stop: Field<PyObject>,
    #[traverse]
    step: Field<PyObject>,
}

const _: () = assert!(size_of::<PySlice>() == size_of::<abi::PySliceObject>());

/// A slice applied to a length: `len` positions from `start`, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceRange {
    /// The first position (for a negative step, the highest).
    pub start: isize,
    /// Where to stop, exclusive; -1 for a negative step down to the first item.
    pub stop: isize,
    /// The distance of positions, not zero.
    pub step: isize,
    /// How many positions there are.
    pub len: usize,
}

impl SliceRange {
    /// The positions in order.
    pub fn indices(self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        (0..self.len).map(move |count| (self.start + count as isize * self.step) as usize)
    }
}

/// Clips a slice's bounds to a length, as `PySlice_AdjustIndices`.
pub fn adjust(start: isize, stop: isize, step: isize, len: usize) -> SliceRange {
    let len = len as isize;
    let clip = |bound: isize| {
        let bound = if bound < 0 {
            bound.saturating_add(len)
        } else {
            bound
        };
        if bound < 0 {
            if step < 0 { -1 } else { 0 }
        } else if bound >= len {
            if step < 0 { len - 1 } else { len }
        } else {
            bound
        }
    };
    let (start, stop) = (clip(start), clip(stop));
    let count = if step < 0 {
        if stop < start {
            (start - stop - 1) / -step + 1
        } else {
            0
        }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    SliceRange {
        start,
        stop,
        step,
        len: count as usize,
    }
}

/// `container[start:stop]` without a slice object, where that takes no Python code: of exactly a
/// list, tuple, `str` or `bytes`, with bounds that are None or small. `None`: do it with a slice.
pub fn get_plain_slice(
    container: &PyObject,
    start: &PyObject,
    stop: &PyObject,
) -> Option<PyResult<Obj>> {
    let (start, stop) = (plain_bound(start, 0)?, plain_bound(stop, isize::MAX)?);
    let range = |len| adjust(start, stop, 1, len);
    if let Some(list) = container.downcast_exact::<PyList>() {
        return Some(list.pick(range(list.len())).map(Py::into_object));
    }
    if let Some(text) = container.downcast_exact::<PyStr>() {
        return Some(text.pick(range(text.len())));
    }
    if let Some(tuple) = container.downcast_exact::<PyTuple>() {
        return Some(tuple.pick(range(tuple.len())));
    }
    let bytes = container.downcast_exact::<PyBytes>()?;
    Some(bytes.pick(range(bytes.len())))
}

/// A bound that is None, which means `absent`, or a small `int`.
#[inline]
fn plain_bound(bound: &PyObject, absent: isize) -> Option<isize> {
    if bound.is(crate::none()) {
        return Some(absent);
    }
    let bound = bound.downcast_exact::<PyLong>()?;
    bound.is_compact().then(|| bound.compact_value() as isize)
}

/// A slice bound as an `isize`, clipped.
fn bound(value: &PyObject) -> PyResult<isize> {
    if value.has_index() {
        return value.as_isize(None);
    }
    Err(crate::type_error!(
        "slice indices must be integers or None or have an __index__ method"
    ))
}

/// The bounds of `index(value, start, stop)` methods as positions from 0 to `len`.
pub fn clip_bounds(
    start: Option<&PyObject>,
    stop: Option<&PyObject>,
    len: usize,
) -> PyResult<(usize, usize)> {
    let position = |value: Option<&PyObject>, default: isize| -> PyResult<usize> {
        let value = match value {
            None => default,
            Some(value) if value.has_index() => value.as_isize(None)?,
            Some(_) => {
                return Err(crate::type_error!(
                    "slice indices must be integers or have an __index__ method"
                ));
            }
        };
        let value = if value < 0 {
            value.saturating_add(len as isize).max(0)
        } else {
            value
        };
        Ok((value as usize).min(len))
    };
    Ok((position(start, 0)?, position(stop, isize::MAX)?))
}

impl PySlice {
    /// `slice(start, stop, step)`.
    pub fn new(start: &PyObject, stop: &PyObject, step: &PyObject) -> PyResult<Py<PySlice>> {
        Py::new(PySlice {
            ob_base: PyObject::HEADER,
            start: Field::new(start.to_obj()),
            stop: Field::new(stop.to_obj()),
            step: Field::new(step.to_obj()),
        })
    }

    fn part(field: &Field<PyObject>) -> Obj {
        field.get().unwrap_or_else(|| crate::none().to_obj())
    }

    /// The `start` attribute.
    pub fn start(&self) -> Obj {
        Self::part(&self.start)
    }

    /// The `stop` attribute.
    pub fn stop(&self) -> Obj {
        Self::part(&self.stop)
    }

    /// The `step` attribute.
    pub fn step(&self) -> Obj {
        Self::part(&self.step)
    }

    /// The bounds as integers, before a length is known (`PySlice_Unpack`).
    pub fn unpack(&self) -> PyResult<(isize, isize, isize)> {
        if let Some(plain) = self.unpack_plain() {
            return Ok(plain);
        }
        let (start, stop, step) = (self.start(), self.stop(), self.step());
        let step = if step.is(crate::none()) {
            1
        } else {
            match bound(&step)? {
                0 => return Err(crate::value_error!("slice step cannot be zero")),
                step => step.max(-isize::MAX),
            }
        };
        let start = if start.is(crate::none()) {
            if step < 0 { isize::MAX } else { 0 }
        } else {
            bound(&start)?
        };
        let stop = if stop.is(crate::none()) {
            if step < 0 { isize::MIN } else { isize::MAX }
        } else {
            bound(&stop)?
        };
        Ok((start, stop, step))
    }

    /// As [`PySlice::unpack`], for bounds that are None or small and no step.
    #[inline]
    fn unpack_plain(&self) -> Option<(isize, isize, isize)> {
        // SAFETY: the fields never change, and the borrows end here.
        let (start, stop, step) = unsafe {
            (
                self.start.borrow()?,
                self.stop.borrow()?,
                self.step.borrow()?,
            )
        };
        if !step.is(crate::none()) {
            return None;
        }
        Some((plain_bound(start, 0)?, plain_bound(stop, isize::MAX)?, 1))
    }

    /// The positions that the slice picks from a row of `len` items. Converting the bounds may run
    /// Python code: take the length afterwards if that can change it (see [`PySlice::unpack`]).
    pub fn adjusted(&self, len: usize) -> PyResult<SliceRange> {
        let (start, stop, step) = self.unpack()?;
        Ok(adjust(start, stop, step, len))
    }
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PySlice:
    c"start" start _Py_T_OBJECT;
    c"stop" stop _Py_T_OBJECT;
    c"step" step _Py_T_OBJECT;
};

#[pymethods]
impl PySlice {
    #[pynew(
        signature = "(start, stop=<unrepresentable>, step=None, /)",
        text_signature = ""
    )]
    fn tp_new(
        _class: &PyType,
        start: &PyObject,
        stop: OptionalArg<&PyObject>,
        step: Option<&PyObject>,
    ) -> PyResult<Py<PySlice>> {
        match stop.present() {
            None => PySlice::new(crate::none(), start, crate::none()),
            Some(stop) => PySlice::new(start, stop, step.unwrap_or(crate::none())),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&format!(
            "slice({}, {}, {})",
            self.start().repr()?.to_string_lossy(),
            self.stop().repr()?.to_string_lossy(),
            self.step().repr()?.to_string_lossy()
        ))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PySlice>() else {
            return Ok(not_implemented_if(None));
        };
        let row =
            |slice: &PySlice| PyTuple::from_vec(vec![slice.start(), slice.stop(), slice.step()]);
        if std::ptr::eq(self, other) {
            return Ok(crate::bool_object(op.holds(std::cmp::Ordering::Equal)).to_obj());
        }
        row(self)?.rich_compare(&*row(other)?, op)
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        PyTuple::from_vec(vec![self.start(), self.stop(), self.step()])?.hash()
    }

    /// Return (start, stop, step) of the slice applied to a sequence of the given length.
    #[pymethod(signature = "($self, object, /)")]
    fn indices(&self, len: &PyObject) -> PyResult<Py<PyTuple>> {
        let len = len.index()?;
        if len.is_negative() {
            return Err(crate::value_error!("length should not be negative"));
        }
        big_indices(self, &len)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let parts = PyTuple::from_vec(vec![self.start(), self.stop(), self.step()])?;
        PyTuple::from_vec(vec![self.type_().to_obj(), parts.into_object()])
    }
}

/// `slice.indices` for bounds and lengths of any size.
fn big_indices(slice: &PySlice, len: &PyLong) -> PyResult<Py<PyTuple>> {
    let none = crate::none();
    let int = |value: &Obj| -> PyResult<Py<PyLong>> {
        if value.has_index() {
            return value.index();
        }
        Err(crate::type_error!(
            "slice indices must be integers or None or have an __index__ method"
        ))
    };
    let (zero, minus_one) = (PyLong::from_i64(0)?, PyLong::from_i64(-1)?);
    let step = slice.step();
    let step = if step.is(none) {
        PyLong::from_i64(1)?
    } else {
        int(&step)?
    };
    if step.is_zero() {
        return Err(crate::value_error!("slice step cannot be zero"));
    }
    let backward = step.is_negative();
    let (lower, upper) = if backward {
        (minus_one.to_obj(), len.add(&minus_one)?)
    } else {
        (zero.to_obj(), len.to_obj())
    };
    let clip = |value: Obj, default: &Obj| -> PyResult<Obj> {
        if value.is(none) {
            return Ok(default.clone());
        }
        let value = int(&value)?;
        if value.is_negative() {
            let value = value.add(len)?;
            return Ok(if value.lt(&lower)? {
                lower.clone()
            } else {
                value
            });
        }
        let value = value.into_object();
        Ok(if upper.lt(&value)? {
            upper.clone()
        } else {
            value
        })
    };
    let start = clip(slice.start(), if backward { &upper } else { &lower })?;
    let stop = clip(slice.stop(), if backward { &lower } else { &upper })?;
    PyTuple::from_vec(vec![start, stop, step.into_object()])
}
