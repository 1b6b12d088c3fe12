//! The methods that change a bytearray in place, and its pickling.

use krait_macros::pymethods;

use super::PyByteArray;
use crate::bytes::{byte_from, bytes_from_iterable, bytes_like};
use crate::object::{Py, PyClass, PyObject};
use crate::{PyBytes, PyResult, PyStr, PyTuple};

#[pymethods(CHANGES)]
impl PyByteArray {
    /// Append a single item to the end of the bytearray.
    #[pymethod(signature = "($self, item, /)")]
    fn append(&self, item: &PyObject) -> PyResult<()> {
        self.extend(&[byte_from(item, "byte")?])
    }

    /// Append all the items from the iterator or sequence to the end of the bytearray.
    #[pymethod(name = "extend", signature = "($self, iterable_of_ints, /)")]
    fn extend_method(&self, iterable_of_ints: &PyObject) -> PyResult<()> {
        let lent = bytes_like(iterable_of_ints).map_err(|error| {
            error.clear();
            crate::type_error!(
                "can't set bytearray slice from {}",
                iterable_of_ints.type_().tp_name()
            )
        })?;
        let bytes = match lent {
            Some(bytes) => bytes,
            None if iterable_of_ints.is_instance_of::<PyStr>() => {
                return Err(crate::type_error!(
                    "expected iterable of integers; got: 'str'"
                ));
            }
            None => match iterable_of_ints.iter() {
                Ok(_) => {
                    iterable_of_ints.length_hint(32)?;
                    bytes_from_iterable(iterable_of_ints, "bytearray")?.into()
                }
                Err(error) => {
                    error.clear();
                    return Err(crate::type_error!(
                        "can't extend bytearray with {}",
                        iterable_of_ints.type_().tp_name()
                    ));
                }
            },
        };
        self.extend(&bytes)
    }

    /// Insert a single item into the bytearray before the given index.
    #[pymethod(signature = "($self, index, item, /)")]
    fn insert(&self, index: isize, item: &PyObject) -> PyResult<()> {
        let byte = byte_from(item, "byte")?;
        let len = self.len() as isize;
        let index = if index < 0 {
            (index + len).max(0)
        } else {
            index.min(len)
        } as usize;
        self.splice(index, index, &[byte])
    }

    /// Remove and return a single item from the bytearray.
    ///
    /// If no index argument is given, will pop the last item.
    #[pymethod(signature = "($self, index=-1, /)")]
    fn pop(&self, index: isize) -> PyResult<i64> {
        if self.is_empty() {
            return Err(crate::index_error!("pop from empty bytearray"));
        }
        let Some(index) = crate::tuple::checked_index(index, self.len()) else {
            return Err(crate::index_error!("pop index out of range"));
        };
        let byte = self.as_cells()[index].get();
        self.splice(index, index + 1, b"")?;
        Ok(byte.into())
    }

    /// Remove the first occurrence of a value in the bytearray.
    #[pymethod(signature = "($self, value, /)")]
    fn remove(&self, value: &PyObject) -> PyResult<()> {
        let byte = byte_from(value, "byte")?;
        match self.with_bytes(|bytes| memchr::memchr(byte, bytes)) {
            Some(at) => self.splice(at, at + 1, b""),
            None => Err(crate::value_error!("value not found in bytearray")),
        }
    }

    /// Reverse the order of the values in the bytearray in place.
    #[pymethod]
    fn reverse(&self) {
        let cells = self.as_cells();
        let len = cells.len();
        for index in 0..len / 2 {
            cells[index].swap(&cells[len - 1 - index]);
        }
    }

    /// Remove all items from the bytearray.
    #[pymethod]
    fn clear(&self) -> PyResult<()> {
        self.resize(0)
    }

    /// Return a copy of B.
    #[pymethod]
    fn copy(&self) -> PyResult<Py<PyByteArray>> {
        PyByteArray::new(&self.to_vec())
    }

    /// Resize the internal buffer of bytearray to len.
    #[pymethod(name = "resize", signature = "($self, size, /)")]
    fn resize_method(&self, size: isize) -> PyResult<()> {
        match usize::try_from(size) {
            Ok(size) => self.resize(size),
            Err(_) => Err(crate::value_error!(
                "bytearray.resize(): new size must be >= 0, got {size}"
            )),
        }
    }

    /// Returns the size of the bytearray object in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.type_().raw().tp_basicsize.get() as usize + self.0.ob_alloc.get() as usize
    }

    /// Return the number of bytes actually allocated.
    #[pymethod(name = "__alloc__")]
    fn alloc_size(&self) -> isize {
        self.0.ob_alloc.get()
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        self.reduce_ex(2)
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce_ex__", signature = "($self, proto=0, /)")]
    fn reduce_ex(&self, proto: i32) -> PyResult<Py<PyTuple>> {
        let bytes = self.to_vec();
        let arguments = if proto < 3 {
            let text = PyStr::from_latin1(&bytes)?.into_object();
            vec![text, PyStr::intern("latin-1")?.into_object()]
        } else if bytes.is_empty() {
            Vec::new()
        } else {
            vec![PyBytes::new(&bytes)?.into_object()]
        };
        let state = self.getattr(crate::intern!("__getstate__"))?.call0()?;
        PyTuple::from_vec(vec![
            self.type_().to_obj(),
            PyTuple::from_vec(arguments)?.into_object(),
            state,
        ])
    }
}
