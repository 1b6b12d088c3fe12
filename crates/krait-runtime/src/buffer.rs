//! The buffer protocol: borrowing another object's memory.
//!
//! Invariant: while a [`BufferView`] lives, its exporter keeps the memory where it is (a bytearray
//! refuses to change its size); but others may write to it, so bytes are copied out, or borrowed
//! only where no Python code runs.

use std::cell::Cell;
use std::ffi::c_int;

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyErr, PyResult};

/// A buffer that an object lent; given back when dropped.
pub struct BufferView {
    view: Box<abi::Py_buffer>,
}

impl PyObject {
    /// Whether the object's class lends buffers.
    pub fn has_buffer(&self) -> bool {
        // SAFETY: a suite lives as long as its class.
        unsafe { self.type_().raw().tp_as_buffer.get().as_ref() }
            .is_some_and(|suite| suite.bf_getbuffer.get().is_some())
    }

    /// Borrows the object's memory; `flags` are `PyBUF_*`.
    pub fn buffer(&self, flags: c_int) -> PyResult<BufferView> {
        // SAFETY: a suite lives as long as its class.
        let getbuffer = unsafe { self.type_().raw().tp_as_buffer.get().as_ref() }
            .and_then(|suite| suite.bf_getbuffer.get());
        let Some(getbuffer) = getbuffer else {
            return Err(crate::type_error!(
                "a bytes-like object is required, not '{}'",
                self.type_().tp_name()
            ));
        };
        // SAFETY: the slot of the object's class.
        unsafe { self.buffer_by(getbuffer, flags) }
    }

    /// Borrows the object's memory by a slot function of one of its classes.
    ///
    /// # Safety
    /// `getbuffer` takes the object.
    pub(crate) unsafe fn buffer_by(
        &self,
        getbuffer: abi::getbufferproc,
        flags: c_int,
    ) -> PyResult<BufferView> {
        let mut view = Box::new(abi::Py_buffer::EMPTY);
        // SAFETY: the slot fills the view of an instance of its class, or raises.
        if unsafe { getbuffer(self.as_ptr(), &raw mut *view, flags) } < 0 {
            return Err(PyErr::fetch());
        }
        Ok(BufferView { view })
    }

    /// Borrows the object's memory as contiguous bytes for reading.
    pub fn bytes_buffer(&self) -> PyResult<BufferView> {
        self.buffer(abi::PyBUF_SIMPLE)
    }

    /// Borrows the object's memory as contiguous bytes for writing.
    pub fn writable_buffer(&self) -> PyResult<BufferView> {
        match self.buffer(abi::PyBUF_WRITABLE) {
            Err(error)
                if error.matches(&crate::exc::BufferError)
                    || error.matches(&crate::exc::TypeError) =>
            {
                error.clear();
                Err(crate::type_error!(
                    "a read-write bytes-like object is required, not '{}'",
                    self.type_().tp_name()
                ))
            }
            other => other,
        }
    }
}

impl BufferView {
    /// The same memory as another view, which goes on to own it.
    ///
    /// # Safety
    /// The other view outlives this one.
    pub unsafe fn unowned(view: *const abi::Py_buffer) -> BufferView {
        let mut copy = Box::new(abi::Py_buffer::EMPTY);
        // SAFETY: a view is plain data; the copy gives up the reference to the exporter.
        unsafe { std::ptr::copy_nonoverlapping(view, &raw mut *copy, 1) };
        copy.obj.set(std::ptr::null_mut());
        BufferView { view: copy }
    }

    /// Lets shape and strides point at the view's own length and item size: for a copy of a view of plain bytes,
    /// whose pointers are into the original.
    pub fn point_at_itself(&mut self) {
        let (shape, strides) = (self.view.len.as_ptr(), self.view.itemsize.as_ptr());
        self.view.shape.set(shape);
        self.view.strides.set(strides);
    }

    /// The C struct.
    pub fn raw(&self) -> &abi::Py_buffer {
        &self.view
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.view.len.get() as usize
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the memory must not be written.
    pub fn is_readonly(&self) -> bool {
        self.view.readonly.get() != 0
    }

    /// The exporter.
    pub fn object(&self) -> Option<Obj> {
        let object = self.view.obj.get();
        // SAFETY: the view holds a reference on its exporter.
        (!object.is_null()).then(|| unsafe { Py::from_borrowed_ptr(object) })
    }

    /// The bytes of a contiguous buffer.
    ///
    /// # Safety
    /// No Python code may run, and nothing may write to the memory, while the slice lives.
    pub unsafe fn as_slice(&self) -> &[u8] {
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the exporter lent `len` bytes; the caller keeps writers away.
        unsafe { std::slice::from_raw_parts(self.view.buf.get().cast_const().cast(), self.len()) }
    }

    /// The bytes as cells, through which a writable buffer may be changed.
    pub fn as_cells(&self) -> &[Cell<u8>] {
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the exporter lent `len` bytes, which are shared with whoever else may write.
        unsafe { std::slice::from_raw_parts(self.view.buf.get().cast_const().cast(), self.len()) }
    }

    /// A copy of the bytes of a contiguous buffer.
    pub fn to_vec(&self) -> Vec<u8> {
        // SAFETY: copying runs no Python code.
        unsafe { self.as_slice() }.to_vec()
    }

    /// Writes bytes at an offset of a writable buffer; what lies beyond the end is left out.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        debug_assert!(!self.is_readonly());
        for (cell, &byte) in self.as_cells().iter().skip(offset).zip(bytes) {
            cell.set(byte);
        }
    }
}

impl crate::gc::Traverse for BufferView {
    fn traverse(&self, visitor: &mut crate::gc::Visitor) -> crate::gc::TraverseResult {
        // SAFETY: a view holds a reference to its exporter, or none.
        match unsafe { PyObject::from_ptr_opt(self.view.obj.get()) } {
            Some(exporter) => visitor.visit(exporter),
            None => crate::gc::TRAVERSED,
        }
    }

    /// Whoever holds the view drops it.
    fn clear(&self) {}
}

impl Drop for BufferView {
    fn drop(&mut self) {
        // SAFETY: filled by the exporter's `bf_getbuffer`, given back once.
        unsafe { release(&raw mut *self.view) };
    }
}

/// Gives a buffer back: `PyBuffer_Release`.
///
/// # Safety
/// `view` must be a filled view, or one whose exporter is null.
pub unsafe fn release(view: *mut abi::Py_buffer) {
    // SAFETY: the caller's contract.
    unsafe {
        let exporter = (*view).obj.replace(std::ptr::null_mut());
        if exporter.is_null() {
            return;
        }
        let object = PyObject::from_ptr(exporter);
        if let Some(suite) = object.type_().raw().tp_as_buffer.get().as_ref()
            && let Some(slot) = suite.bf_releasebuffer.get()
        {
            // The slot may look at the exporter in the view.
            (*view).obj.set(exporter);
            slot(exporter, view);
            (*view).obj.set(std::ptr::null_mut());
        }
        crate::object::decref(exporter);
    }
}

/// Fills a view of plain bytes: `PyBuffer_FillInfo`.
///
/// # Errors
/// `BufferError` if writing is asked for and the memory is read-only.
pub fn fill_info(
    view: &mut abi::Py_buffer,
    exporter: &PyObject,
    data: *mut u8,
    len: usize,
    readonly: bool,
    flags: c_int,
) -> PyResult<()> {
    if flags & abi::PyBUF_WRITABLE == abi::PyBUF_WRITABLE && readonly {
        return Err(crate::buffer_error!("Object is not writable."));
    }
    view.obj.set(exporter.to_obj().into_ptr());
    view.buf.set(data.cast());
    view.len.set(len as isize);
    view.readonly.set(c_int::from(readonly));
    view.itemsize.set(1);
    let has = |flag: c_int| flags & flag == flag;
    let format = if has(abi::PyBUF_FORMAT) {
        c"B".as_ptr().cast_mut()
    } else {
        std::ptr::null_mut()
    };
    view.format.set(format);
    view.ndim.set(1);
    let shape = if has(abi::PyBUF_ND) {
        view.len.as_ptr()
    } else {
        std::ptr::null_mut()
    };
    view.shape.set(shape);
    let strides = if has(abi::PyBUF_STRIDES) {
        view.itemsize.as_ptr()
    } else {
        std::ptr::null_mut()
    };
    view.strides.set(strides);
    view.suboffsets.set(std::ptr::null_mut());
    view.internal.set(std::ptr::null_mut());
    Ok(())
}
