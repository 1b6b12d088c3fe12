//! The iterators over a context's variables.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use super::Context;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyTuple};

macro_rules! context_iterators {
    ($($(#[$doc:meta])* $class:ident = $name:literal, $item:expr;)+) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, flags(GC, DISALLOW_INSTANTIATION), doc = "")]
        #[repr(C)]
        pub(crate) struct $class {
            ob_base: PyObject,
            #[traverse]
            items: Field<PyTuple>,
            next: Cell<usize>,
        }

        impl $class {
            pub(super) fn make(context: &Context) -> PyResult<Obj> {
                let item: fn(Obj, Obj) -> PyResult<Obj> = $item;
                let items = context
                    .vars()
                    .items()
                    .into_iter()
                    .map(|(var, value)| item(var.into_object(), value))
                    .collect::<PyResult<Vec<_>>>()?;
                let iterator = Py::new($class {
                    ob_base: PyObject::HEADER,
                    items: Field::new(PyTuple::from_vec(items)?),
                    next: Cell::new(0),
                })?;
                Ok(iterator.into_object())
            }
        }

        #[pymethods]
        impl $class {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(tp_iternext)]
            fn next_item(&self) -> PyResult<Option<Obj>> {
                let index = self.next.get();
                let item = self.items.get().and_then(|items| items.as_slice().get(index).cloned());
                self.next.set(index + usize::from(item.is_some()));
                Ok(item)
            }

            #[slot(mp_length)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.items.get().map_or(0, |items| items.len()))
            }
        }
    )+};
}

context_iterators! {
    /// Goes through the variables.
    ContextKeys = "keys", |var, _| Ok(var);
    /// Goes through the values.
    ContextValues = "values", |_, value| Ok(value);
    /// Goes through pairs of variable and value.
    ContextItems = "items", |var, value| Ok(PyTuple::from_vec(vec![var, value])?.into_object());
}
