//! What `TextIOWrapper` says of itself and passes on from its buffer.

use krait_macros::pymethods;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{PyResult, PyStr, exc, value_error};

use super::base;
use super::textio::{PyTextIOWrapper, State};

#[pymethods(ATTRIBUTES)]
impl PyTextIOWrapper {
    /// The buffer's file descriptor.
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> PyResult<Obj> {
        self.attached()?
            .call_method(krait_runtime::intern!("fileno"), &[])
    }

    /// Whether the buffer supports random access.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> PyResult<Obj> {
        self.attached()?
            .call_method(krait_runtime::intern!("seekable"), &[])
    }

    /// Whether the buffer can be read.
    #[pymethod(signature = "($self, /)")]
    fn readable(&self) -> PyResult<Obj> {
        self.attached()?
            .call_method(krait_runtime::intern!("readable"), &[])
    }

    /// Whether the buffer can be written.
    #[pymethod(signature = "($self, /)")]
    fn writable(&self) -> PyResult<Obj> {
        self.attached()?
            .call_method(krait_runtime::intern!("writable"), &[])
    }

    /// Whether the buffer is a terminal.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> PyResult<Obj> {
        self.attached()?
            .call_method(krait_runtime::intern!("isatty"), &[])
    }

    #[pymethod(name = "__getstate__", signature = "($self, /)")]
    fn getstate(&self) -> PyResult<()> {
        Err(base::cannot_pickle(self))
    }

    #[pygetter]
    fn encoding(&self) -> Option<Py<PyStr>> {
        self.encoding.get()
    }

    #[pygetter]
    fn buffer(&self) -> Option<Obj> {
        self.buffer.get()
    }

    #[pygetter]
    fn errors(&self) -> PyResult<Py<PyStr>> {
        if self.state.get() == State::New {
            return Err(value_error!("I/O operation on uninitialized object"));
        }
        self.error_mode()
    }

    #[pygetter]
    fn line_buffering(&self) -> bool {
        self.line_buffering.get()
    }

    #[pygetter]
    fn write_through(&self) -> bool {
        self.write_through.get()
    }

    #[pygetter]
    fn name(&self) -> PyResult<Obj> {
        base::attribute_below(&*self.attached()?, krait_runtime::intern!("name"))
    }

    #[pygetter]
    fn closed(&self) -> PyResult<Obj> {
        base::attribute_below(&*self.attached()?, krait_runtime::intern!("closed"))
    }

    #[pygetter]
    fn newlines(&self) -> PyResult<Obj> {
        self.attached()?;
        self.decoder.newlines()
    }

    #[pygetter(name = "_CHUNK_SIZE")]
    fn get_chunk_size(&self) -> PyResult<usize> {
        self.attached()?;
        Ok(self.chunk_size.get())
    }

    #[pysetter(name = "_CHUNK_SIZE")]
    fn set_chunk_size(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.attached()?;
        let Some(value) = value else {
            return Err(krait_runtime::attribute_error!(
                "attribute '_CHUNK_SIZE' of '_io.TextIOWrapper' objects cannot be deleted"
            ));
        };
        let size = value.as_isize(Some(&exc::ValueError))?;
        let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
            return Err(value_error!("a strictly positive integer is required"));
        };
        self.chunk_size.set(size);
        Ok(())
    }

    #[pygetter(name = "_finalizing")]
    fn get_finalizing(&self) -> bool {
        self.finalizing.get()
    }

    #[pysetter(name = "_finalizing")]
    fn set_finalizing(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.finalizing.set(base::finalizing_flag(value)?);
        Ok(())
    }
}
