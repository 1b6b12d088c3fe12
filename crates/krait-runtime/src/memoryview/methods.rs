//! What memoryviews do.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::element::{pack, unpack, unsupported};
use super::{Geometry, PyMemoryView};
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::PySlice;
use crate::{
    Args, CompareOp, Field, PyBytes, PyList, PyLong, PyResult, PyStr, PyTuple, PyType, exc,
};

fn code_of(geometry: &Geometry) -> PyResult<u8> {
    geometry.code().ok_or_else(|| unsupported(&geometry.format))
}

/// The position of an index in a dimension.
fn position(geometry: &Geometry, dimension: usize, index: isize) -> PyResult<isize> {
    let size = geometry.shape[dimension];
    let absolute = if index < 0 { index + size } else { index };
    if (0..size).contains(&absolute) {
        return Ok(absolute);
    }
    Err(crate::index_error!(
        "index out of bounds on dimension {}",
        dimension + 1
    ))
}

/// A row of sizes as a tuple.
fn sizes(values: &[isize]) -> PyResult<Py<PyTuple>> {
    let ints = values
        .iter()
        .map(|&value| Ok(PyLong::from_i64(value as i64)?.into_object()));
    PyTuple::from_vec(ints.collect::<PyResult<_>>()?)
}

impl PyMemoryView {
    /// The address that a full index leads to.
    fn address(geometry: &Geometry, indices: &[isize]) -> PyResult<*mut u8> {
        let mut address = geometry.buf;
        for (dimension, &index) in indices.iter().enumerate() {
            let index = position(geometry, dimension, index)?;
            address = geometry.step(dimension, address, index);
        }
        Ok(address)
    }

    /// The indices of a subscript that picks one item; `None` for slices.
    fn item_indices(key: &PyObject, ndim: usize) -> PyResult<Option<Vec<isize>>> {
        let index = |value: &PyObject| value.as_isize(Some(&exc::IndexError));
        if key.has_index() {
            let index = index(key)?;
            return match ndim {
                0 => Err(crate::type_error!("invalid indexing of 0-dim memory")),
                1 => Ok(Some(vec![index])),
                _ => Err(crate::exc!(
                    NotImplementedError,
                    "multi-dimensional sub-views are not implemented"
                )),
            };
        }
        let Some(keys) = key.downcast::<PyTuple>() else {
            return Ok(None);
        };
        if !keys.as_slice().iter().all(|key| key.has_index()) {
            return Ok(None);
        }
        if keys.len() < ndim {
            return Err(crate::exc!(
                NotImplementedError,
                "sub-views are not implemented"
            ));
        }
        if keys.len() > ndim {
            return Err(crate::type_error!(
                "cannot index {ndim}-dimension view with {}-element tuple",
                keys.len()
            ));
        }
        keys.as_slice()
            .iter()
            .map(|key| index(key))
            .collect::<PyResult<_>>()
            .map(Some)
    }

    /// The view that a slice of the first dimension shows.
    fn sliced(geometry: Geometry, bounds: (isize, isize, isize)) -> Geometry {
        let mut geometry = geometry;
        let (start, stop, step) = bounds;
        let range = crate::slice::adjust(start, stop, step, geometry.shape[0] as usize);
        geometry.buf = geometry
            .buf
            .wrapping_offset(range.start * geometry.strides[0]);
        geometry.shape[0] = range.len as isize;
        geometry.strides[0] *= range.step;
        geometry.len = geometry.shape.iter().product::<isize>() * geometry.itemsize;
        geometry
    }

    /// Whether a key is a tuple of slices alone.
    fn is_multislice(key: &PyObject) -> bool {
        key.downcast::<PyTuple>().is_some_and(|keys| {
            !keys.is_empty() && keys.as_slice().iter().all(|key| key.is_exact::<PySlice>())
        })
    }

    fn list_of(geometry: &Geometry, code: u8, dimension: usize, base: *mut u8) -> PyResult<Obj> {
        if dimension == geometry.ndim() {
            // SAFETY: the exporter's geometry: an item lies at its address.
            return unsafe { unpack(code, base) };
        }
        let mut items = Vec::new();
        for index in 0..geometry.shape[dimension] {
            let address = geometry.step(dimension, base, index);
            items.push(Self::list_of(geometry, code, dimension + 1, address)?);
        }
        Ok(PyList::from_vec(items)?.into_object())
    }

    /// Whether both views show equal items.
    fn equals(&self, other: &PyObject) -> PyResult<Option<bool>> {
        // A released view equals itself alone, which the caller has looked at.
        let Ok(_held) = self.hold().map_err(crate::PyErr::clear) else {
            return Ok(Some(false));
        };
        let left = self.geometry()?;
        if let Some(other) = other.downcast::<PyMemoryView>()
            && other.is_released()
        {
            return Ok(Some(false));
        }
        if !other.has_buffer() {
            return Ok(None);
        }
        let other_view = match PyMemoryView::from_object(other) {
            Ok(view) => view,
            Err(error) => {
                error.clear();
                return Ok(None);
            }
        };
        let right = other_view.geometry()?;
        if left.shape != right.shape {
            return Ok(Some(false));
        }
        let (Some(left_code), Some(right_code)) = (left.code(), right.code()) else {
            return Ok(Some(
                left.format == right.format && self.to_vec()? == other_view.to_vec()?,
            ));
        };
        if left_code == right_code && !matches!(left_code, b'f' | b'd' | b'e' | b'?') {
            return Ok(Some(self.to_vec()? == other_view.to_vec()?));
        }
        let left = Self::list_of(&left, left_code, 0, left.buf)?;
        let right = Self::list_of(&right, right_code, 0, right.buf)?;
        left.rich_compare(&right, CompareOp::Eq)?
            .is_true()
            .map(Some)
    }
}

#[pymethods(CORE)]
impl PyMemoryView {
    #[pynew(signature = "(object)")]
    fn new(_class: &PyType, object: &PyObject) -> PyResult<Py<PyMemoryView>> {
        PyMemoryView::from_object(object)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let state = if self.flags.get() & super::RELEASED != 0 {
            "released memory"
        } else {
            "memory"
        };
        PyStr::new(&format!("<{state} at {:p}>", self.as_object()))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let cached = self.hash.get();
        if cached != -1 {
            return Ok(cached);
        }
        let geometry = self.geometry()?;
        if !geometry.readonly {
            return Err(crate::value_error!(
                "cannot hash writable memoryview object"
            ));
        }
        if !matches!(geometry.code(), Some(b'B' | b'b' | b'c')) {
            return Err(crate::value_error!(
                "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"
            ));
        }
        if let Some(exporter) = self.exporter()? {
            let _held = self.hold()?;
            exporter.hash()?;
        }
        let hash = crate::hash::hash_bytes(&self.to_vec()?);
        self.hash.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let equal = match op {
            CompareOp::Eq | CompareOp::Ne => {
                if self.is(other) {
                    Some(true)
                } else {
                    self.equals(other)?
                }
            }
            _ => None,
        };
        Ok(not_implemented_if(
            equal.map(|equal| equal == (op == CompareOp::Eq)),
        ))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Py<PyMemoryIter>> {
        let geometry = self.geometry()?;
        if geometry.ndim() == 0 {
            return Err(crate::type_error!("invalid indexing of 0-dim memory"));
        }
        if geometry.ndim() != 1 {
            return Err(crate::exc!(
                NotImplementedError,
                "multi-dimensional sub-views are not implemented"
            ));
        }
        code_of(&geometry)?;
        Py::new(PyMemoryIter {
            ob_base: PyObject::HEADER,
            index: Cell::new(0),
            view: Field::new(PyClass::to_owned(self)),
        })
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        match self.geometry()?.shape.first() {
            Some(&len) => Ok(len as usize),
            None => Err(crate::type_error!("0-dim memory has no length")),
        }
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        let geometry = self.geometry()?;
        let code = code_of(&geometry)?;
        match geometry.ndim() {
            0 => Err(crate::type_error!("invalid indexing of 0-dim memory")),
            1 => {
                let address = Self::address(&geometry, &[index])?;
                // SAFETY: the exporter's geometry: an item lies at its address.
                unsafe { unpack(code, address) }
            }
            _ => Err(crate::exc!(
                NotImplementedError,
                "multi-dimensional sub-views are not implemented"
            )),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        let geometry = self.geometry()?;
        if geometry.ndim() == 0 {
            if key.is(crate::ellipsis()) {
                return Ok(self.to_obj());
            }
            if key.downcast::<PyTuple>().is_some_and(PyTuple::is_empty) {
                // SAFETY: the exporter's geometry: the one item lies at the start.
                return unsafe { unpack(code_of(&geometry)?, geometry.buf) };
            }
            return Err(crate::type_error!("invalid indexing of 0-dim memory"));
        }
        if let Some(indices) = Self::item_indices(key, geometry.ndim())? {
            // Converting an index may have run Python code.
            let geometry = self.geometry()?;
            let code = code_of(&geometry)?;
            let address = Self::address(&geometry, &indices)?;
            // SAFETY: the exporter's geometry: an item lies at its address.
            return unsafe { unpack(code, address) };
        }
        if let Some(slice) = key.downcast::<PySlice>() {
            // A view of its own keeps the memory while the bounds are converted, which may run
            // Python code that releases this one.
            let managed = self.managed()?;
            let whole = Self::make(&managed, geometry)?;
            let bounds = slice.unpack()?;
            let view = Self::make(&managed, Self::sliced(whole.geometry()?, bounds))?;
            return Ok(view.into_object());
        }
        if Self::is_multislice(key) {
            return Err(crate::exc!(
                NotImplementedError,
                "multi-dimensional slicing is not implemented"
            ));
        }
        Err(crate::type_error!("memoryview: invalid slice key"))
    }

    #[slot(mp_ass_subscript)]
    fn assign_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let geometry = self.geometry()?;
        if geometry.readonly {
            return Err(crate::type_error!("cannot modify read-only memory"));
        }
        let Some(value) = value else {
            return Err(crate::type_error!("cannot delete memory"));
        };
        if geometry.ndim() == 0 {
            let whole = key.is(crate::ellipsis())
                || key.downcast::<PyTuple>().is_some_and(PyTuple::is_empty);
            if !whole {
                return Err(crate::type_error!("invalid indexing of 0-dim memory"));
            }
            let bytes = pack(code_of(&geometry)?, value)?;
            return self.store(&[], &bytes);
        }
        if let Some(indices) = Self::item_indices(key, geometry.ndim())? {
            Self::address(&self.geometry()?, &indices)?;
            let bytes = pack(code_of(&geometry)?, value)?;
            return self.store(&indices, &bytes);
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(if Self::is_multislice(key) {
                crate::exc!(
                    NotImplementedError,
                    "memoryview slice assignments are currently restricted to ndim = 1"
                )
            } else {
                crate::type_error!("memoryview: invalid slice key")
            });
        };
        if geometry.ndim() != 1 {
            return Err(crate::exc!(
                NotImplementedError,
                "memoryview slice assignments are currently restricted to ndim = 1"
            ));
        }
        let source = PyMemoryView::from_object(value)?;
        // Converting the bounds may have run Python code, even released the view.
        let bounds = slice.unpack()?;
        let target = Self::sliced(self.geometry()?, bounds);
        let from = source.geometry()?;
        if from.code() != target.code() || from.shape != target.shape {
            return Err(crate::value_error!(
                "memoryview assignment: lvalue and rvalue have different structures"
            ));
        }
        // A copy first: source and target may overlap.
        let bytes = source.to_vec()?;
        let mut chunks = bytes.chunks_exact(target.itemsize.max(1) as usize);
        target.for_each_item(|item| {
            if let Some(chunk) = chunks.next() {
                // SAFETY: the exporter's geometry: an item's bytes may be written at its address.
                unsafe { item.copy_from_nonoverlapping(chunk.as_ptr(), chunk.len()) };
            }
            Ok(())
        })
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut abi::Py_buffer, flags: i32) -> PyResult<()> {
        let geometry = self.geometry()?;
        let has = |flag: i32| flags & flag == flag;
        if has(abi::PyBUF_WRITABLE) && geometry.readonly {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer is not writable"
            ));
        }
        if has(abi::PyBUF_C_CONTIGUOUS) && !geometry.is_c_contiguous() {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer is not C-contiguous"
            ));
        }
        if has(abi::PyBUF_F_CONTIGUOUS) && !geometry.is_f_contiguous() {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer is not Fortran contiguous"
            ));
        }
        if has(abi::PyBUF_ANY_CONTIGUOUS)
            && !geometry.is_c_contiguous()
            && !geometry.is_f_contiguous()
        {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer is not contiguous"
            ));
        }
        if !has(abi::PyBUF_INDIRECT) && !geometry.suboffsets.is_empty() {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer requires suboffsets"
            ));
        }
        if !has(abi::PyBUF_STRIDES) && !geometry.is_c_contiguous() {
            return Err(crate::buffer_error!(
                "memoryview: underlying buffer is not C-contiguous"
            ));
        }
        let null: *mut u8 = std::ptr::null_mut();
        view.obj.set(self.to_obj().into_ptr());
        view.buf.set(self.view.buf.get());
        view.len.set(self.view.len.get());
        view.readonly.set(self.view.readonly.get());
        view.itemsize.set(self.view.itemsize.get());
        view.ndim.set(if has(abi::PyBUF_ND) {
            self.view.ndim.get()
        } else {
            1
        });
        view.format.set(if has(abi::PyBUF_FORMAT) {
            self.view.format.get()
        } else {
            null.cast()
        });
        view.shape.set(if has(abi::PyBUF_ND) {
            self.view.shape.get()
        } else {
            null.cast()
        });
        view.strides.set(if has(abi::PyBUF_STRIDES) {
            self.view.strides.get()
        } else {
            null.cast()
        });
        view.suboffsets.set(self.view.suboffsets.get());
        view.internal.set(null.cast());
        self.exports.update(|exports| exports + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, view: &mut abi::Py_buffer) {
        let _ = view;
        self.exports.update(|exports| exports - 1);
    }
}

impl PyMemoryView {
    /// Writes an item's bytes; the value's conversion may have released the view.
    fn store(&self, indices: &[isize], bytes: &[u8]) -> PyResult<()> {
        let geometry = self.geometry()?;
        let address = Self::address(&geometry, indices)?;
        // SAFETY: the exporter's geometry: a writable item of this size lies at the address.
        unsafe { address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }
}

#[pymethods(METHODS)]
impl PyMemoryView {
    /// Create a memoryview of what an object lends when asked with these flags.
    #[pyclassmethod(name = "_from_flags", signature = "($type, /, object, flags)")]
    fn from_flags(class: &PyType, object: &PyObject, flags: i32) -> PyResult<Py<PyMemoryView>> {
        let _ = class;
        PyMemoryView::from_object_with_flags(object, flags)
    }

    /// Release the underlying buffer exposed by the memoryview object.
    #[pymethod(name = "release")]
    fn release_method(&self) -> PyResult<()> {
        self.release()
    }

    /// Return the data in the buffer as a byte string.
    ///
    /// Order can be {'C', 'F', 'A'}.
    #[pymethod(signature = "($self, /, order='C')")]
    fn tobytes(&self, order: Option<&PyStr>) -> PyResult<Py<PyBytes>> {
        let geometry = self.geometry()?;
        let fortran = match order {
            None => false,
            Some(order) if order.is_text("C") => false,
            Some(order) if order.is_text("F") => true,
            Some(order) if order.is_text("A") => geometry.is_f_contiguous(),
            Some(_) => return Err(crate::value_error!("order must be 'C', 'F' or 'A'")),
        };
        if !fortran || geometry.ndim() <= 1 {
            return PyBytes::new(&self.to_vec()?);
        }
        let reversed = Geometry {
            shape: geometry.shape.iter().rev().copied().collect(),
            strides: geometry.strides.iter().rev().copied().collect(),
            suboffsets: geometry.suboffsets.iter().rev().copied().collect(),
            ..geometry
        };
        PyBytes::new(&Self::make(&self.managed()?, reversed)?.to_vec()?)
    }

    /// Return the data in the buffer as a str of hexadecimal numbers.
    ///
    /// >>> memoryview(b'\x0a\x0b\x0c').hex('.')
    /// '0a.0b.0c'
    #[pymethod(signature = "($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(&self, sep: crate::OptionalArg<&PyObject>, bytes_per_sep: isize) -> PyResult<Py<PyStr>> {
        let _held = self.hold()?;
        crate::bytes::hex_text(&self.to_vec()?, sep.present(), bytes_per_sep)
    }

    /// Return the data in the buffer as a list of elements.
    #[pymethod]
    fn tolist(&self) -> PyResult<Obj> {
        let geometry = self.geometry()?;
        Self::list_of(&geometry, code_of(&geometry)?, 0, geometry.buf)
    }

    /// Return a readonly version of the memoryview.
    #[pymethod]
    fn toreadonly(&self) -> PyResult<Py<PyMemoryView>> {
        let geometry = Geometry {
            readonly: true,
            ..self.geometry()?
        };
        Self::make(&self.managed()?, geometry)
    }

    /// Cast a memoryview to a new format or shape.
    #[pymethod(signature = "($self, /, format, shape=<unrepresentable>)")]
    fn cast(
        &self,
        format: &PyStr,
        shape: crate::OptionalArg<&PyObject>,
    ) -> PyResult<Py<PyMemoryView>> {
        super::cast::cast(self, format, shape.present())
    }

    /// Count the number of occurrences of a value.
    #[pymethod]
    fn count(&self, value: &PyObject) -> PyResult<usize> {
        let mut count = 0;
        for item in self.try_iter()? {
            count += usize::from(item?.eq(value)?);
        }
        Ok(count)
    }

    /// Return the index of the first occurrence of a value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod(signature = "($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        &self,
        value: &PyObject,
        start: crate::OptionalArg<&PyObject>,
        stop: crate::OptionalArg<&PyObject>,
    ) -> PyResult<usize> {
        let (start, stop) =
            crate::slice::clip_bounds(start.present(), stop.present(), self.length()?)?;
        for index in start..stop.min(self.length()?) {
            if self.item(index as isize)?.eq(value)? {
                return Ok(index);
            }
        }
        Err(crate::value_error!("memoryview.index(x): x not found"))
    }

    #[pymethod(name = "__enter__")]
    fn enter(&self) -> PyResult<Obj> {
        self.managed()?;
        Ok(self.to_obj())
    }

    #[pymethod(name = "__exit__", signature = "($self, /, *exc_info)")]
    fn exit(&self, args: Args<'_>) -> PyResult<()> {
        let _ = args;
        self.release()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    /// The underlying object of the memoryview.
    #[pygetter]
    fn obj(&self) -> PyResult<Option<Obj>> {
        self.exporter()
    }

    /// The amount of space in bytes that the array would use in a contiguous representation.
    #[pygetter]
    fn nbytes(&self) -> PyResult<isize> {
        let geometry = self.geometry()?;
        Ok(geometry.shape.iter().product::<isize>() * geometry.itemsize)
    }

    /// A bool indicating whether the memory is read only.
    #[pygetter]
    fn readonly(&self) -> PyResult<bool> {
        Ok(self.geometry()?.readonly)
    }

    /// The size in bytes of each element of the memoryview.
    #[pygetter]
    fn itemsize(&self) -> PyResult<isize> {
        Ok(self.geometry()?.itemsize)
    }

    /// A string containing the format (in struct module style) for each element in the view.
    #[pygetter]
    fn format(&self) -> PyResult<String> {
        Ok(String::from_utf8_lossy(&self.geometry()?.format).into_owned())
    }

    /// An integer indicating how many dimensions of a multi-dimensional array the memory represents.
    #[pygetter]
    fn ndim(&self) -> PyResult<usize> {
        Ok(self.geometry()?.ndim())
    }

    /// A tuple of ndim integers giving the shape of the memory as an N-dimensional array.
    #[pygetter]
    fn shape(&self) -> PyResult<Py<PyTuple>> {
        sizes(&self.geometry()?.shape)
    }

    /// A tuple of ndim integers giving the size in bytes to access each element for each dimension.
    #[pygetter]
    fn strides(&self) -> PyResult<Py<PyTuple>> {
        sizes(&self.geometry()?.strides)
    }

    /// A tuple of integers used internally for PIL-style arrays.
    #[pygetter]
    fn suboffsets(&self) -> PyResult<Py<PyTuple>> {
        sizes(&self.geometry()?.suboffsets)
    }

    /// A bool indicating whether the memory is C contiguous.
    #[pygetter]
    fn c_contiguous(&self) -> PyResult<bool> {
        Ok(self.geometry()?.is_c_contiguous())
    }

    /// A bool indicating whether the memory is Fortran contiguous.
    #[pygetter]
    fn f_contiguous(&self) -> PyResult<bool> {
        Ok(self.geometry()?.is_f_contiguous())
    }

    /// A bool indicating whether the memory is contiguous.
    #[pygetter]
    fn contiguous(&self) -> PyResult<bool> {
        let geometry = self.geometry()?;
        Ok(geometry.is_c_contiguous() || geometry.is_f_contiguous())
    }
}

/// The iterator of memoryviews.
#[pyclass(name = "memory_iterator", symbol = _PyMemoryIter_Type, flags(GC))]
#[repr(C)]
pub struct PyMemoryIter {
    ob_base: PyObject,
    index: Cell<usize>,
    #[traverse]
    view: Field<PyMemoryView>,
}

#[pymethods]
impl PyMemoryIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(view) = self.view.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        if index >= view.length()? {
            self.view.set(None);
            return Ok(None);
        }
        self.index.set(index + 1);
        view.item(index as isize).map(Some)
    }
}
