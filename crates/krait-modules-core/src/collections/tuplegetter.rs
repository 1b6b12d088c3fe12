//! `_tuplegetter`: the attribute of a named tuple that is one of its items.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyObject, PyResult, PyTuple, PyType, attribute_error, index_error,
    none, type_error,
};

#[pyclass(name = "_tuplegetter", module = "collections", flags(GC), doc = "")]
#[repr(C)]
/// A descriptor that gives the item at an index.
pub(super) struct TupleGetter {
    ob_base: PyObject,
    index: Cell<isize>,
    #[traverse]
    doc: Field<PyObject>,
}

#[pymethods]
impl TupleGetter {
    #[pynew(signature = "(index, doc, /)", text_signature = "")]
    fn new(class: &PyType, index: isize, doc: &PyObject) -> PyResult<Py<Self>> {
        Py::new_in(
            class,
            TupleGetter {
                ob_base: PyObject::HEADER,
                index: Cell::new(index),
                doc: Field::new(doc.to_obj()),
            },
        )
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object.filter(|object| !object.is(none())) else {
            return Ok(self.to_obj());
        };
        let index = self.index.get();
        let Some(tuple) = object.downcast::<PyTuple>() else {
            return Err(type_error!(
                "descriptor for index '{index}' for tuple subclasses doesn't apply to '{}' object",
                object.type_().tp_name()
            ));
        };
        match usize::try_from(index)
            .ok()
            .and_then(|index| tuple.get(index))
        {
            Some(item) => Ok(item.to_obj()),
            None => Err(index_error!("tuple index out of range")),
        }
    }

    #[slot(tp_descr_set)]
    fn descr_set(&self, _object: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        Err(match value {
            Some(_) => attribute_error!("can't set attribute"),
            None => attribute_error!("can't delete attribute"),
        })
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let doc = self.__doc__().repr()?.to_string_lossy();
        Ok(format!(
            "{}({}, {doc})",
            self.type_().name(),
            self.index.get()
        ))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> (Obj, (isize, Obj)) {
        (self.type_().to_obj(), (self.index.get(), self.__doc__()))
    }

    #[pygetter]
    fn __doc__(&self) -> Obj {
        self.doc.get().unwrap_or_else(|| none().to_obj())
    }

    #[pysetter(name = "__doc__")]
    fn set_doc(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.doc.set(value.map(PyClass::to_obj));
        Ok(())
    }
}
