//! The buffer protocol in Python (PEP 688): `__buffer__` and `__release_buffer__`.
//!
//! Invariant: a view that a Python `__buffer__` gave is owned by a wrapper object, which keeps the
//! memoryview and the exporter until the view is released.

use std::ffi::c_int;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::glue::{self, Ptr};
use super::slots::Special;
use crate::buffer::BufferView;
use crate::field::Field;
use crate::memoryview::PyMemoryView;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, intern, type_error, value_error};

/// What owns the views of an exporter written in Python.
#[pyclass(name = "_buffer_wrapper", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(crate) struct PyBufferWrapper {
    ob_base: PyObject,
    #[traverse]
    view: Field<PyObject>,
    #[traverse]
    exporter: Field<PyObject>,
}

#[pymethods]
impl PyBufferWrapper {
    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, view: &mut abi::Py_buffer) {
        let (Some(memory), Some(exporter)) = (self.view.take(), self.exporter.take()) else {
            return;
        };
        // SAFETY: the memoryview gave this view out, and its class has the slot.
        unsafe {
            if let Some(suite) = memory.type_().raw().tp_as_buffer.get().as_ref()
                && let Some(release) = suite.bf_releasebuffer.get()
            {
                release(memory.as_ptr(), view);
            }
        }
        // A native release function of the exporter runs when the memoryview is released.
        if has_python_release(&exporter) && !is_view_of(&memory, &exporter) {
            call_release_buffer(&exporter, &memory);
        }
    }
}

/// Whether the object's `bf_releasebuffer` is the one that calls `__release_buffer__`.
fn has_python_release(exporter: &PyObject) -> bool {
    // SAFETY: a suite lives as long as its class.
    unsafe { exporter.type_().raw().tp_as_buffer.get().as_ref() }
        .and_then(|suite| suite.bf_releasebuffer.get())
        .is_some_and(|slot| slot as usize == slot_bf_releasebuffer as *const () as usize)
}

/// Whether a memoryview shows the object's own memory.
fn is_view_of(memory: &PyObject, object: &PyObject) -> bool {
    match memory.lookup_attr(intern!("obj")) {
        Ok(shown) => shown.is_some_and(|shown| shown.is(object)),
        Err(error) => {
            error.clear();
            false
        }
    }
}

/// Calls `__release_buffer__(memory)`; errors cannot be passed on.
fn call_release_buffer(exporter: &PyObject, memory: &PyObject) {
    let pending = crate::PyErr::occurred().map(crate::PyErr::take);
    let result = (|| match Special::lookup(exporter, intern!("__release_buffer__"))? {
        Some(method) => method.call(&[exporter, memory]).map(drop),
        None => Ok(()),
    })();
    if let Err(error) = result {
        error.write_unraisable(None, Some(exporter));
    }
    if let Some(pending) = pending {
        let _error = crate::PyErr::restore(pending);
    }
}

/// `bf_getbuffer` of classes with `__buffer__` in Python.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_bf_getbuffer(
    this: Ptr,
    view: *mut abi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the slot is called on a live object, with a view to fill.
    let this = unsafe { glue::arg(this) };
    let result = (|| {
        let Some(method) = Special::lookup(this, intern!("__buffer__"))? else {
            return Err(crate::attribute_error!("__buffer__"));
        };
        let flags_object = crate::PyLong::from_i64(i64::from(flags))?;
        let memory = method.call(&[this, &flags_object])?;
        if memory.downcast::<PyMemoryView>().is_none() {
            return Err(type_error!("__buffer__ returned non-memoryview object"));
        }
        let wrapper = Py::new(PyBufferWrapper {
            ob_base: PyObject::HEADER,
            view: Field::new(memory.clone()),
            exporter: Field::new(this.to_obj()),
        })?;
        // SAFETY: `memoryview` has the slot, which fills the view with a reference to itself; that
        // reference is replaced by one to the wrapper, which holds the memoryview.
        unsafe {
            let suite = memory.type_().raw().tp_as_buffer.get().as_ref();
            let Some(get) = suite.and_then(|suite| suite.bf_getbuffer.get()) else {
                return Err(type_error!("__buffer__ returned non-memoryview object"));
            };
            glue::check_status(get(memory.as_ptr(), view, flags))?;
            let own = (*view).obj.replace(wrapper.into_ptr());
            drop(Obj::from_owned_ptr_opt(own));
        }
        Ok(())
    })();
    if result.is_err() {
        // SAFETY: the caller's view.
        unsafe { (*view).obj.set(std::ptr::null_mut()) };
    }
    glue::status(result)
}

/// `bf_releasebuffer` of classes with `__release_buffer__` in Python over a native exporter.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_bf_releasebuffer(this: Ptr, view: *mut abi::Py_buffer) {
    // SAFETY: the slot is called on a live object with a view that it gave out.
    let this = unsafe { glue::arg(this) };
    // SAFETY: the memoryview is released below, before the view itself.
    let memory = PyMemoryView::from_buffer(unsafe { BufferView::unowned(view) });
    match memory {
        Ok(memory) => {
            call_release_buffer(this, &memory);
            if let Err(error) = memory.release() {
                error.write_unraisable(None, Some(this));
            }
        }
        Err(error) => error.write_unraisable(None, Some(this)),
    }
    // The native base that made the view must be told too.
    let mut base = this.type_().base();
    while let Some(class) = base {
        // SAFETY: a suite lives as long as its class.
        let release = unsafe { class.raw().tp_as_buffer.get().as_ref() }
            .and_then(|suite| suite.bf_releasebuffer.get());
        match release {
            Some(slot) if slot as usize != slot_bf_releasebuffer as *const () as usize => {
                // SAFETY: the native exporter gets its own view back.
                unsafe { slot(this.as_ptr(), view) };
                return;
            }
            _ => base = class.base(),
        }
    }
}

/// `object.__buffer__(flags)` of a native exporter: a memoryview.
///
/// # Safety
/// `slot` is the native function of the object's class or of a base.
pub(super) unsafe fn memoryview_of(
    object: &PyObject,
    slot: abi::getbufferproc,
    flags: c_int,
) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    let buffer = unsafe { object.buffer_by(slot, flags) }?;
    PyMemoryView::from_buffer(buffer).map(Py::into_object)
}

/// `object.__release_buffer__(memory)` of a native exporter.
pub(super) fn release_memoryview(object: &PyObject, memory: &PyObject) -> PyResult<()> {
    let Some(view) = memory.downcast::<PyMemoryView>() else {
        return Err(type_error!("expected a memoryview object"));
    };
    let Ok(shown) = view.exporter().map_err(crate::PyErr::clear) else {
        return Err(value_error!(
            "memoryview's buffer has already been released"
        ));
    };
    // The memoryview of a view that is being released owns nothing.
    let Some(shown) = shown else { return Ok(()) };
    if !shown.is(object) {
        return Err(value_error!("memoryview's buffer is not this object"));
    }
    view.release()
}
