//! What bytearrays do as sequences; searching and splitting, shared with `bytes`, are in their own
//! files.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::PyByteArray;
use crate::abstract_::not_implemented_if;
use crate::bytes::{
    byte_from, bytes_from_iterable, bytes_like, bytes_of_buffer, construct, contains, repr_bytes,
};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::{PySlice, adjust};
use crate::tuple::checked_index;
use crate::{CompareOp, Field, OptionalArg, PyDict, PyLong, PyResult, PyStr, PyTuple, PyType, exc};

fn index_error() -> crate::PyErr {
    crate::index_error!("bytearray index out of range")
}

impl PyByteArray {
    fn assign_slice(&self, slice: &PySlice, value: Option<&PyObject>) -> PyResult<()> {
        let (start, stop, step) = slice.unpack()?;
        let bytes = match value {
            None => Vec::new(),
            Some(value) if value.has_index() || value.is_instance_of::<PyStr>() => {
                return Err(crate::type_error!(
                    "can assign only bytes, buffers, or iterables of ints in range(0, 256)"
                ));
            }
            Some(value) => match bytes_of_buffer(value)? {
                Some(bytes) => bytes.into_owned(),
                None => bytes_from_iterable(value, "bytearray")?,
            },
        };
        let range = adjust(start, stop, step, self.len());
        if step == 1 {
            return self.splice(
                range.start as usize,
                range.stop.max(range.start) as usize,
                &bytes,
            );
        }
        if value.is_none() {
            let mut gone: Vec<usize> = range.indices().collect();
            gone.sort_unstable();
            let all = self.to_vec();
            let kept: Vec<u8> = all
                .iter()
                .enumerate()
                .filter(|(index, _)| gone.binary_search(index).is_err())
                .map(|(_, &byte)| byte)
                .collect();
            return self.set_bytes(&kept);
        }
        if bytes.len() != range.len {
            return Err(crate::value_error!(
                "attempt to assign bytes of size {} to extended slice of size {}",
                bytes.len(),
                range.len
            ));
        }
        for (index, byte) in range.indices().zip(bytes) {
            self.write_at(index, &[byte]);
        }
        Ok(())
    }
}

#[pymethods(CORE)]
impl PyByteArray {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Self::allocate(class)
    }

    #[pyinit(
        signature = "(source=b'', /, encoding=<unrepresentable>, errors=<unrepresentable>)",
        text_signature = ""
    )]
    fn init(
        &self,
        source: OptionalArg<&PyObject>,
        encoding: OptionalArg<&str>,
        errors: OptionalArg<&str>,
    ) -> PyResult<()> {
        self.resize(0)?;
        self.set_bytes(&construct("bytearray", source, encoding, errors)?)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let name = self.type_().name();
        PyStr::new(&format!("{name}({})", repr_bytes(&self.to_vec())))
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Py<PyStr>> {
        if crate::Interpreter::current().flags.borrow().bytes_warning > 0 {
            crate::hooks::warn(&exc::BytesWarning, "str() on a bytearray instance", 1)?;
        }
        self.repr()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        if !other.has_buffer() {
            crate::bytes::warn_comparison("bytearray", other)?;
            return Ok(not_implemented_if(None));
        }
        let Some(right) = bytes_like(other)? else {
            return Ok(not_implemented_if(None));
        };
        Ok(not_implemented_if(Some(
            op.holds(self.with_bytes(|left| left.cmp(&right))),
        )))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Py<PyByteArrayIter>> {
        Py::new(PyByteArrayIter {
            ob_base: PyObject::HEADER,
            index: Cell::new(0),
            array: Field::new(PyClass::to_owned(self)),
        })
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<i64> {
        match usize::try_from(index)
            .ok()
            .and_then(|index| self.as_cells().get(index))
        {
            Some(byte) => Ok(byte.get().into()),
            None => Err(index_error()),
        }
    }

    #[slot(sq_ass_item)]
    fn assign_item(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let byte = value.map(|value| byte_from(value, "byte")).transpose()?;
        let position = usize::try_from(index)
            .ok()
            .filter(|&index| index < self.len());
        let Some(position) = position else {
            return Err(index_error());
        };
        match byte {
            Some(byte) => {
                self.write_at(position, &[byte]);
                Ok(())
            }
            None => self.splice(position, position + 1, b""),
        }
    }

    #[slot(sq_contains)]
    fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
        contains(&self.to_vec(), item)
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Py<PyByteArray>> {
        let Some(right) = bytes_like(other)? else {
            return Err(crate::type_error!(
                "can't concat {} to {}",
                other.type_().tp_name(),
                self.type_().tp_name()
            ));
        };
        let mut bytes = self.to_vec();
        bytes.extend_from_slice(&right);
        PyByteArray::new(&bytes)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(&self, other: &PyObject) -> PyResult<Obj> {
        let Some(right) = bytes_like(other)? else {
            return Err(crate::type_error!(
                "can't concat {} to {}",
                other.type_().tp_name(),
                self.type_().tp_name()
            ));
        };
        self.extend(&right)?;
        Ok(self.to_obj())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Py<PyByteArray>> {
        PyByteArray::new(&repeated(&self.to_vec(), count)?)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(&self, count: isize) -> PyResult<Obj> {
        self.set_bytes(&repeated(&self.to_vec(), count)?)?;
        Ok(self.to_obj())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return match checked_index(index, self.len()) {
                Some(index) => {
                    Ok(PyLong::from_i64(self.as_cells()[index].get().into())?.into_object())
                }
                None => Err(index_error()),
            };
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(crate::type_error!(
                "bytearray indices must be integers or slices, not {}",
                key.type_().tp_name()
            ));
        };
        let (start, stop, step) = slice.unpack()?;
        let range = adjust(start, stop, step, self.len());
        let cells = self.as_cells();
        let picked: Vec<u8> = range.indices().map(|index| cells[index].get()).collect();
        Ok(PyByteArray::new(&picked)?.into_object())
    }

    #[slot(mp_ass_subscript)]
    fn assign_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            let index = if index < 0 {
                index + self.len() as isize
            } else {
                index
            };
            return self.assign_item(index, value);
        }
        match key.downcast::<PySlice>() {
            Some(slice) => self.assign_slice(slice, value),
            None => Err(crate::type_error!(
                "bytearray indices must be integers or slices, not {}",
                key.type_().tp_name()
            )),
        }
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut abi::Py_buffer, flags: i32) -> PyResult<()> {
        crate::buffer::fill_info(view, self, self.data(), self.len(), false, flags)?;
        self.0.ob_exports.update(|exports| exports + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, view: &mut abi::Py_buffer) {
        let _ = view;
        self.0.ob_exports.update(|exports| exports - 1);
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a bytearray that nothing refers to any more.
        unsafe {
            PyObject::from_ptr(object)
                .downcast_unchecked::<PyByteArray>()
                .release_block();
            crate::alloc::free_object(object);
        }
    }
}

fn repeated(bytes: &[u8], count: isize) -> PyResult<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(0);
    let total = bytes
        .len()
        .checked_mul(count)
        .filter(|&total| total <= isize::MAX as usize);
    let mut all = Vec::new();
    match total {
        Some(total) if all.try_reserve_exact(total).is_ok() => {}
        _ => return Err(crate::err::no_memory()),
    }
    for _ in 0..count {
        all.extend_from_slice(bytes);
    }
    Ok(all)
}

/// The iterator of bytearrays.
#[pyclass(name = "bytearray_iterator", symbol = PyByteArrayIter_Type, flags(GC))]
#[repr(C)]
pub struct PyByteArrayIter {
    ob_base: PyObject,
    index: Cell<usize>,
    #[traverse]
    array: Field<PyByteArray>,
}

#[pymethods]
impl PyByteArrayIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(array) = self.array.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        match array.as_cells().get(index).map(Cell::get) {
            Some(byte) => {
                self.index.set(index + 1);
                Ok(Some(PyLong::from_i64(byte.into())?.into_object()))
            }
            None => {
                self.array.set(None);
                Ok(None)
            }
        }
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> usize {
        self.array
            .get()
            .map_or(0, |array| array.len().saturating_sub(self.index.get()))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.array.get()?.into_object(), self.index.get() as isize));
        crate::seq_iter::reduce_iterator("iter", rest, || Ok(PyTuple::empty().into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(array) = self.array.get() {
            self.index.set((index.max(0) as usize).min(array.len()));
        }
        Ok(())
    }
}
