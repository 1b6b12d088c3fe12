//! `_ConstEvaluator`: an evaluation function for a value that is known.

use krait_macros::{pyclass, pymethods};

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, PyDict, PyResult, PyStr, PyTuple, StrBuilder};

/// The format that asks for text (`annotationlib.Format.STRING`).
const FORMAT_STRING: i64 = 4;

#[pyclass(
    name = "_ConstEvaluator",
    module = "_typing",
    flags(GC, DISALLOW_INSTANTIATION),
    doc = ""
)]
#[repr(C)]
/// Gives the same value whenever it is called.
pub(crate) struct PyConstEvaluator {
    ob_base: PyObject,
    #[traverse]
    value: Field<PyObject>,
}

impl PyConstEvaluator {
    pub(super) fn over(value: Obj) -> PyResult<Obj> {
        Ok(Py::new(PyConstEvaluator {
            ob_base: PyObject::HEADER,
            value: Field::new(value),
        })?
        .into_object())
    }

    fn value(&self) -> Obj {
        self.value.get().unwrap_or_else(|| crate::none().to_obj())
    }
}

#[pymethods]
impl PyConstEvaluator {
    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(crate::type_error!(
                "constevaluator.__call__() takes no keyword arguments"
            ));
        }
        let [format] = args.as_slice() else {
            return Err(crate::type_error!(
                "constevaluator.__call__() takes exactly 1 argument ({} given)",
                args.len()
            ));
        };
        let value = self.value();
        if format.extract::<i32>()? != FORMAT_STRING as i32 {
            return Ok(value);
        }
        let Some(items) = value.downcast::<PyTuple>() else {
            return Ok(crate::generic_alias::type_repr(&value)?.into_object());
        };
        let mut text = StrBuilder::new();
        text.push_str("(");
        for (index, item) in items.as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_py(&*crate::generic_alias::type_repr(item)?);
        }
        text.push_str(")");
        Ok(text.finish()?.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let value = self.value().repr()?.to_string_lossy();
        PyStr::new(&format!("<constevaluator {value}>"))
    }
}
