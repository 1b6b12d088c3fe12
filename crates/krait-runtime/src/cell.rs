//! `cell`: a variable that closures share.

use krait_abi as abi;

use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, OptionalArg, PyResult, PyStr, PyType};
use krait_macros::{pyclass, pymethods};

/// Create a new cell object.
///
///   contents
///     the contents of the cell. If not specified, the cell will be empty,
///     and further attempts to access its cell_contents attribute will
///     raise a ValueError.
#[pyclass(name = "cell", symbol = PyCell_Type, flags(GC))]
#[repr(C)]
pub struct PyCell {
    ob_base: PyObject,
    /// What the variable holds; empty while it is unbound.
    #[traverse]
    pub contents: Field<PyObject>,
}

const _: () = assert!(
    std::mem::offset_of!(PyCell, contents) == std::mem::offset_of!(abi::PyCellObject, ob_ref)
);

impl PyCell {
    /// A new cell with these contents.
    pub fn new_cell(contents: Option<Obj>) -> PyResult<Py<PyCell>> {
        Py::new(PyCell {
            ob_base: PyObject::HEADER,
            contents: Field::from_option(contents),
        })
    }
}

#[pymethods]
impl PyCell {
    #[pynew(signature = "(contents=<unrepresentable>, /)", text_signature = "")]
    fn new(_cls: &PyType, contents: OptionalArg<&PyObject>) -> PyResult<Py<Self>> {
        Self::new_cell(match contents {
            OptionalArg::Present(value) => Some(value.to_obj()),
            OptionalArg::Missing => None,
        })
    }

    /// What the cell holds.
    #[pygetter]
    fn cell_contents(&self) -> PyResult<Obj> {
        self.contents
            .get()
            .ok_or_else(|| crate::value_error!("cell is empty"))
    }

    #[pysetter]
    fn set_cell_contents(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.contents.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyCell>() else {
            return Ok(crate::not_implemented().to_obj());
        };
        match (self.contents.get(), other.contents.get()) {
            (Some(left), Some(right)) => left.rich_compare(&right, op),
            // Empty cells order before all others.
            (left, right) => {
                Ok(crate::bool_object(op.holds(left.is_some().cmp(&right.is_some()))).to_obj())
            }
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let text = match self.contents.get() {
            None => format!("<cell at {self:p}: empty>"),
            Some(value) => {
                format!(
                    "<cell at {self:p}: {} object at {:p}>",
                    value.type_().tp_name(),
                    &*value
                )
            }
        };
        Ok(PyStr::new(&text)?.into_object())
    }
}
