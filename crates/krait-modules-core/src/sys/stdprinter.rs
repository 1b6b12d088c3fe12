//! `stderrprinter`: what `sys.stderr` is until the real streams can be made.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{Obj, Py, PyClass, PyObject, PyResult, PyStr, none};

/// Writes text to a descriptor at once.
#[pyclass(name = "stderrprinter", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct StdPrinter {
    ob_base: PyObject,
    descriptor: i32,
}

/// A stream that writes to a descriptor and needs no module of the library.
pub fn std_printer(descriptor: i32) -> PyResult<Obj> {
    let printer = StdPrinter {
        ob_base: PyObject::HEADER,
        descriptor,
    };
    Ok(Py::new(printer)?.into_object())
}

#[pymethods]
impl StdPrinter {
    /// Write the text; what has no encoding is escaped.
    #[pymethod(signature = "($self, text, /)")]
    fn write(&self, text: &PyStr) -> PyResult<usize> {
        let bytes =
            krait_runtime::codecs::encode_to_bytes(text, "utf-8", Some("backslashreplace"))?;
        let mut rest = bytes.as_bytes();
        while !rest.is_empty() {
            match krait_host::fd::write(self.descriptor, rest) {
                Ok(count) => rest = &rest[count..],
                // Nobody could be told.
                Err(_) => break,
            }
        }
        Ok(text.len())
    }

    /// Do nothing: nothing is kept back.
    #[pymethod(signature = "($self, /)")]
    fn flush(&self) {}

    /// Do nothing: the descriptor stays open.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) {}

    /// Return the descriptor.
    #[pymethod(signature = "($self, /)")]
    fn fileno(&self) -> i32 {
        self.descriptor
    }

    /// Return whether the descriptor is a terminal's.
    #[pymethod(signature = "($self, /)")]
    fn isatty(&self) -> bool {
        krait_host::fd::isatty(self.descriptor)
    }

    /// False: the descriptor is not the stream's to close.
    #[pygetter]
    fn closed(&self) -> bool {
        false
    }

    /// None: the text is written as UTF-8.
    #[pygetter]
    fn encoding(&self) -> Obj {
        none().to_obj()
    }

    #[pygetter]
    fn mode(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("w")
    }
}
