//! `pickle.PickleBuffer`: a buffer that may be pickled out of band.

use std::cell::RefCell;

use krait_abi::{self as abi, Py_buffer};
use krait_macros::{pyclass, pymethods};
use krait_runtime::buffer::BufferView;
use krait_runtime::memoryview::PyMemoryView;
use krait_runtime::{
    Field, Obj, Py, PyClass, PyErr, PyObject, PyResult, PyType, WeakList, buffer_error, value_error,
};

/// Wrapper for potentially out-of-band buffers
#[pyclass(name = "PickleBuffer", module = "pickle", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct PickleBuffer {
    ob_base: PyObject,
    /// What lends the memory; nothing once released.
    #[traverse]
    exporter: Field<PyObject>,
    /// Keeps the memory where it is.
    #[traverse]
    view: RefCell<Option<BufferView>>,
    #[weaklist]
    weaklist: WeakList,
}

impl PickleBuffer {
    fn exporter(&self) -> PyResult<Obj> {
        self.exporter
            .get()
            .ok_or_else(|| value_error!("operation forbidden on released PickleBuffer object"))
    }

    /// The bytes, and whether they must not be written; `None` if they do not lie together.
    pub(super) fn contents(&self) -> PyResult<Option<(Vec<u8>, bool)>> {
        let exporter = self.exporter()?;
        match exporter.buffer(abi::PyBUF_ANY_CONTIGUOUS) {
            Ok(view) => Ok(Some((view.to_vec(), view.is_readonly()))),
            Err(error) => {
                error.clear();
                Ok(None)
            }
        }
    }
}

#[pymethods]
impl PickleBuffer {
    #[pynew(signature = "(object, /)")]
    fn new(class: &PyType, object: &PyObject) -> PyResult<Py<Self>> {
        let view = object.buffer(abi::PyBUF_FULL_RO)?;
        Py::new_in(
            class,
            PickleBuffer {
                ob_base: PyObject::HEADER,
                exporter: Field::new(object.to_obj()),
                view: RefCell::new(Some(view)),
                weaklist: WeakList::new(),
            },
        )
    }

    /// Return a memoryview of the raw memory underlying this buffer.
    #[pymethod(signature = "($self, /)")]
    fn raw(&self) -> PyResult<Py<PyMemoryView>> {
        let exporter = self.exporter()?;
        let Ok(view) = exporter
            .buffer(abi::PyBUF_ANY_CONTIGUOUS)
            .map_err(PyErr::clear)
        else {
            return Err(buffer_error!(
                "cannot extract raw buffer from non-contiguous buffer"
            ));
        };
        drop(view);
        let memory = PyMemoryView::from_object(&exporter)?;
        if memory
            .getattr(krait_runtime::intern!("nbytes"))?
            .eq(&*krait_runtime::PyLong::from_i64(0)?)?
        {
            return Ok(memory);
        }
        let format = krait_runtime::PyStr::new("B")?;
        let flat = memory.call_method(krait_runtime::intern!("cast"), &[&format])?;
        flat.cast::<PyMemoryView>()
            .map_err(|_| buffer_error!("cannot extract raw buffer from non-contiguous buffer"))
    }

    /// Release the underlying buffer.
    #[pymethod(signature = "($self, /)")]
    fn release(&self) {
        let view = self.view.take();
        drop(view);
        self.exporter.set(None);
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(&self, view: &mut Py_buffer, flags: i32) -> PyResult<()> {
        let exporter = self.exporter()?;
        // SAFETY: a suite lives as long as its class.
        let getbuffer = unsafe { exporter.type_().raw().tp_as_buffer.get().as_ref() }
            .and_then(|suite| suite.bf_getbuffer.get());
        let Some(getbuffer) = getbuffer else {
            return Err(buffer_error!("the exporter lends no memory"));
        };
        // SAFETY: the exporter's own slot fills the view, of which it becomes the owner: the
        // consumer gives the memory back to it.
        if unsafe { getbuffer(exporter.as_ptr(), std::ptr::from_mut(view), flags) } < 0 {
            return Err(PyErr::fetch());
        }
        Ok(())
    }
}
