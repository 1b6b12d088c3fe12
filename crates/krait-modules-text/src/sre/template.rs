//! Parsed replacement templates.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyBytes, PyClass, PyList, PyLong, PyObject, PyResult, PyStr, PyTuple,
    type_error,
};

/// A parsed replacement.
#[pyclass(
    name = "SRE_Template",
    module = "_sre",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(super) struct Template {
    ob_base: PyObject,
    /// One literal more than there are groups: they stand around the groups.
    #[traverse]
    literals: Field<PyTuple>,
    groups: Vec<usize>,
}

#[pymethods]
impl Template {}

impl Template {
    /// Reads `[literal, group, literal, group, …, literal]`.
    pub(super) fn parse(template: &PyList) -> PyResult<Py<Template>> {
        let items = template.to_vec();
        if items.len().is_multiple_of(2) {
            return Err(type_error!("invalid template"));
        }
        let (mut literals, mut groups) = (Vec::new(), Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            if index % 2 == 0 {
                literals.push(item);
                continue;
            }
            let Some(number) = item.downcast::<PyLong>() else {
                return Err(type_error!("an integer is required"));
            };
            let number = number
                .to_i64()
                .and_then(|value| usize::try_from(value).ok());
            groups.push(number.ok_or_else(|| type_error!("invalid template"))?);
        }
        Py::new(Template {
            ob_base: PyObject::HEADER,
            literals: Field::new(PyTuple::from_vec(literals)?),
            groups,
        })
    }

    /// The literals around the groups.
    pub(super) fn literals(&self) -> Py<PyTuple> {
        self.literals.get().unwrap_or_else(PyTuple::empty)
    }

    /// The groups.
    pub(super) fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// The replacement, if it has no group.
    pub(super) fn as_literal(&self) -> Option<Obj> {
        if !self.groups.is_empty() {
            return None;
        }
        self.literals().get(0).map(PyClass::to_obj)
    }

    /// The replacement for one match, of which `group` gives the groups.
    pub(super) fn expand(
        &self,
        empty: &PyObject,
        mut group: impl FnMut(usize) -> PyResult<Obj>,
    ) -> PyResult<Obj> {
        if let Some(literal) = self.as_literal() {
            return Ok(literal);
        }
        let literals = self.literals();
        let mut parts = Vec::with_capacity(literals.len() + self.groups.len());
        for (index, literal) in literals.as_slice().iter().enumerate() {
            if !is_empty(literal) {
                parts.push(literal.clone());
            }
            if let Some(&number) = self.groups.get(index) {
                let value = group(number)?;
                if !value.is(krait_runtime::none()) {
                    parts.push(value);
                }
            }
        }
        join(empty, parts)
    }
}

fn is_empty(literal: &PyObject) -> bool {
    literal.downcast::<PyStr>().is_some_and(PyStr::is_empty)
        || literal.downcast::<PyBytes>().is_some_and(PyBytes::is_empty)
}

/// `empty.join(parts)`.
pub(super) fn join(empty: &PyObject, parts: Vec<Obj>) -> PyResult<Obj> {
    if let Some(separator) = empty.downcast::<PyStr>() {
        return Ok(separator.join_items(&parts)?.into_object());
    }
    let parts = PyList::from_vec(parts)?;
    empty.call_method(krait_runtime::intern!("join"), &[&parts])
}
