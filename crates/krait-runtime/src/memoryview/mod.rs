//! `memoryview`: another object's memory as an array, without a copy.
//!
//! Invariants:
//! 1. All views of one buffer share a [`ManagedBuffer`], which holds the exporter's buffer until the
//!    last view that needs it is released.
//! 2. `view` describes the memory; its `shape`, `strides` and `suboffsets` point into `dims`, which
//!    lives as long as the memoryview.
//! 3. A released view (or one whose buffer was released) is never looked into: every method checks.

mod cast;
mod element;
mod methods;

pub use element::{f64_to_half, half_to_f64};
pub use methods::PyMemoryIter;

use std::cell::{Cell, RefCell};

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::buffer::BufferView;
use crate::object::{Py, PyObject, PyVarObject};
use crate::{Field, PyResult, PyStr, WeakList};

/// A buffer that several memoryviews share.
#[pyclass(name = "managedbuffer", symbol = _PyManagedBuffer_Type, flags(GC))]
#[repr(C)]
pub struct ManagedBuffer {
    ob_base: PyObject,
    #[traverse]
    buffer: Lent,
}

/// The buffer, which the collector looks at but does not take away: the memoryviews that are let go
/// may still be looked at, and point into it.
struct Lent(RefCell<Option<BufferView>>);

impl crate::gc::Traverse for Lent {
    fn traverse(&self, visitor: &mut crate::gc::Visitor) -> crate::gc::TraverseResult {
        crate::gc::Traverse::traverse(&self.0, visitor)
    }

    fn clear(&self) {}
}

#[pymethods]
impl ManagedBuffer {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::new("<managedbuffer>")
    }
}

/// Create a new memoryview object which references the given object.
#[pyclass(
    name = "memoryview",
    symbol = PyMemoryView_Type,
    flags(GC, SEQUENCE),
    methods(CORE, METHODS)
)]
#[repr(C)]
pub struct PyMemoryView {
    ob_base: PyVarObject,
    #[traverse]
    mbuf: Field<ManagedBuffer>,
    hash: Cell<isize>,
    flags: Cell<i32>,
    exports: Cell<isize>,
    view: abi::Py_buffer,
    #[weaklist]
    weaklist: WeakList,
    /// Shape, strides and suboffsets, `ndim` of each.
    dims: Box<[Cell<isize>]>,
    /// The format with its NUL, which `view.format` points at.
    format: Box<[u8]>,
}

/// The view was released: nothing may be looked at.
const RELEASED: i32 = abi::_Py_MEMORYVIEW_RELEASED;
/// The view must not be released or exported: C code is using it.
const RESTRICTED: i32 = abi::_Py_MEMORYVIEW_RESTRICTED;

/// What a memoryview looks at, apart from who owns it.
pub(crate) struct Geometry {
    /// The address of the first item.
    pub(crate) buf: *mut u8,
    /// Bytes in all items.
    pub(crate) len: isize,
    /// Whether writing is refused.
    pub(crate) readonly: bool,
    /// Bytes an item.
    pub(crate) itemsize: isize,
    /// How an item is encoded, in the syntax of `struct`.
    pub(crate) format: Vec<u8>,
    /// Items along each dimension.
    pub(crate) shape: Vec<isize>,
    /// Bytes from item to item along each dimension.
    pub(crate) strides: Vec<isize>,
    /// Offsets after following a pointer, for arrays of pointers; empty for plain ones.
    pub(crate) suboffsets: Vec<isize>,
}

impl Geometry {
    /// The geometry that an exporter described.
    fn of(view: &abi::Py_buffer) -> Geometry {
        let ndim = view.ndim.get().max(0) as usize;
        let itemsize = view.itemsize.get();
        let read = |pointer: *mut isize| -> Option<Vec<isize>> {
            // SAFETY: a filled view's arrays have `ndim` entries, or are null.
            (!pointer.is_null())
                .then(|| unsafe { std::slice::from_raw_parts(pointer, ndim) }.to_vec())
        };
        let shape = read(view.shape.get()).unwrap_or_else(|| {
            if ndim == 0 {
                Vec::new()
            } else {
                vec![view.len.get() / itemsize.max(1)]
            }
        });
        let strides =
            read(view.strides.get()).unwrap_or_else(|| contiguous_strides(&shape, itemsize));
        let suboffsets = read(view.suboffsets.get()).unwrap_or_default();
        let format = view.format.get();
        let format = if format.is_null() {
            b"B".to_vec()
        } else {
            // SAFETY: a filled view's format is a C string.
            unsafe { std::ffi::CStr::from_ptr(format) }
                .to_bytes()
                .to_vec()
        };
        Geometry {
            buf: view.buf.get().cast(),
            len: view.len.get(),
            readonly: view.readonly.get() != 0,
            itemsize,
            format,
            shape,
            strides,
            suboffsets,
        }
    }

    /// The number of dimensions.
    pub(crate) fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Whether the items lie one after another, the last dimension changing fastest.
    pub(crate) fn is_c_contiguous(&self) -> bool {
        if !self.suboffsets.is_empty() {
            return false;
        }
        let mut expected = self.itemsize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size > 1 && stride != expected {
                return false;
            }
            expected *= size;
        }
        true
    }

    /// Whether the items lie one after another, the first dimension changing fastest.
    pub(crate) fn is_f_contiguous(&self) -> bool {
        if !self.suboffsets.is_empty() {
            return false;
        }
        let mut expected = self.itemsize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            if size > 1 && stride != expected {
                return false;
            }
            expected *= size;
        }
        true
    }

    /// Calls `visit` with the address of each item, the last dimension changing fastest.
    pub(crate) fn for_each_item(
        &self,
        mut visit: impl FnMut(*mut u8) -> PyResult<()>,
    ) -> PyResult<()> {
        self.walk(0, self.buf, &mut visit)
    }

    fn walk(
        &self,
        dimension: usize,
        base: *mut u8,
        visit: &mut impl FnMut(*mut u8) -> PyResult<()>,
    ) -> PyResult<()> {
        if dimension == self.ndim() {
            return visit(base);
        }
        for index in 0..self.shape[dimension] {
            self.walk(dimension + 1, self.step(dimension, base, index), visit)?;
        }
        Ok(())
    }

    /// The address of item (or sub-array) `index` along a dimension; the index must be within it.
    pub(crate) fn step(&self, dimension: usize, base: *mut u8, index: isize) -> *mut u8 {
        let address = base.wrapping_offset(index * self.strides[dimension]);
        match self.suboffsets.get(dimension) {
            Some(&suboffset) if suboffset >= 0 => {
                // SAFETY: an exporter with suboffsets keeps pointers at these places.
                let next = unsafe { address.cast::<*mut u8>().read_unaligned() };
                next.wrapping_offset(suboffset)
            }
            _ => address,
        }
    }

    /// The format without its native-order mark, if it is one code.
    pub(crate) fn code(&self) -> Option<u8> {
        match self.format[..] {
            [code] | [b'@', code] => Some(code),
            _ => None,
        }
    }
}

/// Strides of items that lie one after another, the last dimension changing fastest.
pub(crate) fn contiguous_strides(shape: &[isize], itemsize: isize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut stride = itemsize;
    for (slot, &size) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        stride *= size;
    }
    strides
}

/// A view that cannot be released as long as this is there.
pub(crate) struct Hold<'a>(&'a PyMemoryView);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.exports.update(|exports| exports - 1);
    }
}

impl PyMemoryView {
    /// A memoryview of any object that lends buffers.
    pub fn from_object(object: &PyObject) -> PyResult<Py<PyMemoryView>> {
        if let Some(other) = object.downcast::<PyMemoryView>() {
            let geometry = other.geometry()?;
            return Self::make(&other.managed()?, geometry);
        }
        if !object.has_buffer() {
            return Err(crate::type_error!(
                "memoryview: a bytes-like object is required, not '{}'",
                object.type_().tp_name()
            ));
        }
        let buffer = object.buffer(abi::PyBUF_FULL_RO)?;
        Self::from_buffer(buffer)
    }

    /// A memoryview of what an exporter lends for these flags.
    pub(crate) fn from_object_with_flags(
        object: &PyObject,
        flags: i32,
    ) -> PyResult<Py<PyMemoryView>> {
        if object.is_instance_of::<PyMemoryView>() {
            return Self::from_object(object);
        }
        if !object.has_buffer() {
            return Err(crate::type_error!(
                "memoryview: a bytes-like object is required, not '{}'",
                object.type_().tp_name()
            ));
        }
        Self::from_buffer(object.buffer(flags)?)
    }

    /// A memoryview over a buffer that was borrowed already.
    pub fn from_buffer(buffer: BufferView) -> PyResult<Py<PyMemoryView>> {
        let geometry = Geometry::of(buffer.raw());
        let managed = Py::new(ManagedBuffer {
            ob_base: PyObject::HEADER,
            buffer: Lent(RefCell::new(Some(buffer))),
        })?;
        Self::make(&managed, geometry)
    }

    /// A memoryview of a geometry within a managed buffer.
    pub(crate) fn make(
        managed: &Py<ManagedBuffer>,
        geometry: Geometry,
    ) -> PyResult<Py<PyMemoryView>> {
        let ndim = geometry.ndim();
        let dims: Box<[Cell<isize>]> = geometry
            .shape
            .iter()
            .chain(&geometry.strides)
            .chain(&geometry.suboffsets)
            .map(|&value| Cell::new(value))
            .collect();
        let mut format = geometry.format.clone();
        format.push(0);
        let format = format.into_boxed_slice();
        let start = dims.as_ptr().cast_mut().cast::<isize>();
        let view = abi::Py_buffer::EMPTY;
        let at = |count: usize| start.wrapping_add(count);
        view.buf.set(geometry.buf.cast());
        view.len.set(geometry.len);
        view.itemsize.set(geometry.itemsize);
        view.readonly.set(i32::from(geometry.readonly));
        view.ndim.set(ndim as i32);
        view.format.set(format.as_ptr().cast_mut().cast());
        view.shape.set(at(0));
        view.strides.set(at(ndim));
        if !geometry.suboffsets.is_empty() {
            view.suboffsets.set(at(2 * ndim));
        }
        let exporter = managed
            .buffer
            .0
            .borrow()
            .as_ref()
            .and_then(BufferView::object);
        // The managed buffer keeps the exporter alive: the view only names it.
        view.obj
            .set(exporter.map_or(std::ptr::null_mut(), |object| object.as_ptr()));
        Py::new(PyMemoryView {
            ob_base: PyVarObject::HEADER,
            mbuf: Field::new(managed.clone()),
            hash: Cell::new(-1),
            flags: Cell::new(0),
            exports: Cell::new(0),
            view,
            weaklist: WeakList::new(),
            dims,
            format,
        })
    }

    /// The managed buffer; `ValueError` if the view was released.
    pub(crate) fn managed(&self) -> PyResult<Py<ManagedBuffer>> {
        match self.mbuf.get() {
            Some(managed) if self.flags.get() & RELEASED == 0 => Ok(managed),
            _ => Err(crate::value_error!(
                "operation forbidden on released memoryview object"
            )),
        }
    }

    /// Keeps the view from being released while Python code may run.
    pub(crate) fn hold(&self) -> PyResult<Hold<'_>> {
        self.managed()?;
        self.exports.update(|exports| exports + 1);
        Ok(Hold(self))
    }

    /// Whether the view was released.
    pub(crate) fn is_released(&self) -> bool {
        self.managed().map_err(crate::PyErr::clear).is_err()
    }

    /// The geometry; `ValueError` if the view was released.
    pub(crate) fn geometry(&self) -> PyResult<Geometry> {
        self.managed()?;
        Ok(Geometry::of(&self.view))
    }

    /// The object whose memory this is.
    pub fn exporter(&self) -> PyResult<Option<crate::Obj>> {
        let managed = self.managed()?;
        let buffer = managed.buffer.0.borrow();
        Ok(buffer.as_ref().and_then(BufferView::object))
    }

    /// Gives the buffer up; `BufferError` while others borrow from this view.
    pub(crate) fn release(&self) -> PyResult<()> {
        if self.flags.get() & RELEASED != 0 {
            return Ok(());
        }
        let exports = self.exports.get();
        if exports > 0 {
            let plural = if exports == 1 { "" } else { "s" };
            return Err(crate::buffer_error!(
                "memoryview has {exports} exported buffer{plural}"
            ));
        }
        if self.flags.get() & RESTRICTED != 0 {
            return Err(crate::value_error!(
                "cannot release a restricted memoryview"
            ));
        }
        self.flags.set(self.flags.get() | RELEASED);
        self.mbuf.set(None);
        Ok(())
    }

    /// The items' bytes, the last dimension changing fastest.
    pub(crate) fn to_vec(&self) -> PyResult<Vec<u8>> {
        let geometry = self.geometry()?;
        let mut bytes = Vec::with_capacity(geometry.len as usize);
        let itemsize = geometry.itemsize as usize;
        if geometry.is_c_contiguous() {
            if geometry.len > 0 {
                // SAFETY: a contiguous view's `len` bytes lie at `buf`; copying runs no Python code.
                bytes.extend_from_slice(unsafe {
                    std::slice::from_raw_parts(geometry.buf, geometry.len as usize)
                });
            }
            return Ok(bytes);
        }
        geometry.for_each_item(|item| {
            // SAFETY: the exporter's geometry: an item's bytes lie at its address.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(item, itemsize) });
            Ok(())
        })?;
        Ok(bytes)
    }
}
