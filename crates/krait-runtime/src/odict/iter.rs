//! The iterator and the views of `OrderedDict`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use super::PyODict;
use crate::dict::{PyDictItems, PyDictKeys, PyDictValues};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, PyList, PyResult, PyTuple};

/// What an iterator yields.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Keys,
    Values,
    Items,
}

/// The iterator of ordered dictionaries, in either direction.
#[pyclass(name = "odict_iterator", symbol = PyODictIter_Type, flags(GC), doc = "")]
#[repr(C)]
pub(crate) struct PyODictIter {
    ob_base: PyObject,
    #[traverse]
    odict: Field<PyODict>,
    kind: Kind,
    reverse: bool,
    position: Cell<usize>,
    state: u64,
    len: usize,
}

impl PyODictIter {
    pub(super) fn make(odict: &PyODict, kind: Kind, reverse: bool) -> PyResult<Obj> {
        let dict = odict.dict();
        let position = if reverse { dict.end_position() } else { 0 };
        let iter = Py::new(PyODictIter {
            ob_base: PyObject::HEADER,
            odict: Field::new(PyClass::to_owned(odict)),
            kind,
            reverse,
            position: Cell::new(position),
            state: odict.state.get(),
            len: dict.len(),
        })?;
        Ok(iter.into_object())
    }
}

#[pymethods]
impl PyODictIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(odict) = self.odict.get() else {
            return Ok(None);
        };
        let trouble = if odict.state.get() != self.state {
            Some("OrderedDict mutated during iteration")
        } else if odict.dict().len() != self.len {
            Some("OrderedDict changed size during iteration")
        } else {
            None
        };
        if let Some(trouble) = trouble {
            self.odict.set(None);
            return Err(crate::runtime_error!("{trouble}"));
        }
        let mut position = self.position.get();
        let item = if self.reverse {
            odict.dict().previous(&mut position)
        } else {
            odict.dict().next(&mut position)
        };
        self.position.set(position);
        let Some((key, value)) = item else {
            self.odict.set(None);
            return Ok(None);
        };
        Ok(Some(match self.kind {
            Kind::Keys => key,
            Kind::Values => value,
            Kind::Items => PyTuple::from_vec(vec![key, value])?.into_object(),
        }))
    }

    /// Return state information for pickling
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let copy = Py::new(PyODictIter {
            ob_base: PyObject::HEADER,
            odict: Field::from_option(self.odict.get()),
            kind: self.kind,
            reverse: self.reverse,
            position: self.position.clone(),
            state: self.state,
            len: self.len,
        })?;
        let rest = PyList::new()?;
        while let Some(item) = copy.next()? {
            rest.push(item)?;
        }
        crate::seq_iter::reduce_with("iter", rest.into_object(), None)
    }
}

macro_rules! odict_views {
    ($($class:ident $name:literal $symbol:ident $base:ident $kind:ident $doc:literal;)*) => {$(
        #[doc = $doc]
        #[pyclass(name = $name, symbol = $symbol, base = $base, flags(GC), doc = "")]
        #[repr(C)]
        pub(crate) struct $class {
            ob_base: $base,
        }

        impl $class {
            pub(super) fn make(odict: &PyODict) -> PyResult<Obj> {
                let view = Py::new($class { ob_base: $base::part(odict.dict()) })?;
                Ok(view.into_object())
            }

            fn over(&self, reverse: bool) -> PyResult<Obj> {
                let shown = self.ob_base.shown()?;
                match shown.as_object().downcast::<PyODict>() {
                    Some(odict) => PyODictIter::make(odict, Kind::$kind, reverse),
                    None => Err(crate::system_error!("an ordered view of no ordered dictionary")),
                }
            }
        }

        #[pymethods]
        impl $class {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                self.over(false)
            }

            #[pymethod(name = "__reversed__")]
            fn reversed(&self) -> PyResult<Obj> {
                self.over(true)
            }
        }
    )*};
}

odict_views! {
    PyODictKeys "odict_keys" PyODictKeys_Type PyDictKeys Keys "`OrderedDict.keys()`.";
    PyODictValues "odict_values" PyODictValues_Type PyDictValues Values "`OrderedDict.values()`.";
    PyODictItems "odict_items" PyODictItems_Type PyDictItems Items "`OrderedDict.items()`.";
}
