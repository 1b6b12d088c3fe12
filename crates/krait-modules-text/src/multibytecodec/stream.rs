//! Readers and writers of streams of encoded text.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyBytes, PyClass, PyLong, PyObject, PyResult, PyStr, PyType, true_, type_error,
};

use super::run::{Running, size_of};
use super::{checked_errors, codec_of};

#[allow(missing_docs)]
#[pyclass(
    name = "MultibyteStreamReader",
    module = "_multibytecodec",
    flags(BASETYPE, GC)
)]
#[repr(C)]
pub struct MultibyteStreamReader {
    ob_base: PyObject,
    #[traverse]
    stream: Field<PyObject>,
    running: Running,
}

impl MultibyteStreamReader {
    /// Decodes what a method of the stream gives: by the size hint, but not nothing before the end.
    fn take(&self, method: &'static str, size: Option<isize>) -> PyResult<Py<PyStr>> {
        let Some(stream) = self.stream.get() else {
            return PyStr::new("");
        };
        let mut size = size;
        loop {
            let data = match size {
                None => stream.call_method_str(method, &[])?,
                Some(size) => {
                    stream.call_method_str(method, &[&*PyLong::from_i64(size as i64)?])?
                }
            };
            let Some(data) = data.downcast::<PyBytes>() else {
                return Err(type_error!(
                    "stream function returned a non-bytes object ({})",
                    data.type_().tp_name()
                ));
            };
            let at_end = size.is_none() || data.is_empty();
            let text = self.running.decode(data.as_bytes(), at_end)?;
            if at_end || !text.is_empty() {
                return Ok(text);
            }
            // The start of a character alone: its next byte.
            size = Some(1);
        }
    }
}

#[pymethods]
impl MultibyteStreamReader {
    #[pynew(signature = "(stream, errors='strict')", text_signature = "")]
    fn new(cls: &PyType, stream: &PyObject, errors: Option<&str>) -> PyResult<Py<Self>> {
        let codec = codec_of(cls)?;
        let running = Running::new(codec, codec.decoder_state(), errors)?;
        Py::new_in(
            cls,
            MultibyteStreamReader {
                ob_base: PyObject::HEADER,
                stream: Field::new(stream.to_obj()),
                running,
            },
        )
    }

    #[pymethod(signature = "($self, sizeobj=None, /)")]
    fn read(&self, sizeobj: Option<&PyObject>) -> PyResult<Py<PyStr>> {
        match size_of(sizeobj)? {
            Some(0) => PyStr::new(""),
            size => self.take("read", size),
        }
    }

    #[pymethod(signature = "($self, sizeobj=None, /)")]
    fn readline(&self, sizeobj: Option<&PyObject>) -> PyResult<Py<PyStr>> {
        match size_of(sizeobj)? {
            Some(0) => PyStr::new(""),
            size => self.take("readline", size),
        }
    }

    #[pymethod(signature = "($self, sizehintobj=None, /)")]
    fn readlines(&self, sizehintobj: Option<&PyObject>) -> PyResult<Obj> {
        let text = self.take("read", size_of(sizehintobj)?)?;
        text.call_method(krait_runtime::intern!("splitlines"), &[true_()])
    }

    #[pymethod(signature = "($self, /)")]
    fn reset(&self) {
        self.running.reset_decoder();
    }

    #[pygetter]
    fn stream(&self) -> Option<Obj> {
        self.stream.get()
    }

    #[pysetter]
    fn set_stream(&self, value: Option<&PyObject>) {
        self.stream.set(value.map(PyClass::to_obj));
    }

    /// how to treat errors
    #[pygetter]
    fn errors(&self) -> Option<Py<PyStr>> {
        self.running.errors.get()
    }

    #[pysetter]
    fn set_errors(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.running.errors.set(Some(checked_errors(value)?));
        Ok(())
    }
}

#[allow(missing_docs)]
#[pyclass(
    name = "MultibyteStreamWriter",
    module = "_multibytecodec",
    flags(BASETYPE, GC)
)]
#[repr(C)]
pub struct MultibyteStreamWriter {
    ob_base: PyObject,
    #[traverse]
    stream: Field<PyObject>,
    running: Running,
}

impl MultibyteStreamWriter {
    fn put(&self, text: &PyObject) -> PyResult<()> {
        let bytes = self.running.encode(text, false)?;
        if let Some(stream) = self.stream.get() {
            stream.call_method(krait_runtime::intern!("write"), &[&bytes])?;
        }
        Ok(())
    }
}

#[pymethods]
impl MultibyteStreamWriter {
    #[pynew(signature = "(stream, errors='strict')", text_signature = "")]
    fn new(cls: &PyType, stream: &PyObject, errors: Option<&str>) -> PyResult<Py<Self>> {
        let codec = codec_of(cls)?;
        let running = Running::new(codec, codec.encoder_state(), errors)?;
        Py::new_in(
            cls,
            MultibyteStreamWriter {
                ob_base: PyObject::HEADER,
                stream: Field::new(stream.to_obj()),
                running,
            },
        )
    }

    #[pymethod(signature = "($self, strobj, /)")]
    fn write(&self, strobj: &PyObject) -> PyResult<()> {
        self.put(strobj)
    }

    #[pymethod(signature = "($self, lines, /)")]
    fn writelines(&self, lines: &PyObject) -> PyResult<()> {
        if !lines.is_sequence() {
            return Err(type_error!("arg must be a sequence object"));
        }
        let mut index = 0;
        while index < lines.length()? {
            self.put(&*lines.sequence_get(index as isize)?)?;
            index += 1;
        }
        Ok(())
    }

    #[pymethod(signature = "($self, /)")]
    fn reset(&self) -> PyResult<()> {
        if !self.running.text.is_some() {
            return Ok(());
        }
        let empty = PyStr::new("")?;
        let bytes = self.running.encode(&empty, true)?;
        if let Some(stream) = self.stream.get()
            && bytes
                .downcast::<PyBytes>()
                .is_some_and(|bytes| !bytes.is_empty())
        {
            stream.call_method(krait_runtime::intern!("write"), &[&bytes])?;
        }
        Ok(())
    }

    #[pygetter]
    fn stream(&self) -> Option<Obj> {
        self.stream.get()
    }

    #[pysetter]
    fn set_stream(&self, value: Option<&PyObject>) {
        self.stream.set(value.map(PyClass::to_obj));
    }

    /// how to treat errors
    #[pygetter]
    fn errors(&self) -> Option<Py<PyStr>> {
        self.running.errors.get()
    }

    #[pysetter]
    fn set_errors(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.running.errors.set(Some(checked_errors(value)?));
        Ok(())
    }
}
