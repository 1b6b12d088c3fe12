//! Views of dictionaries (`keys()`, `values()`, `items()`) and the iterators over them.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use super::PyDict;
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, Field, PyList, PyResult, PyStr, PyTuple, exc};

/// What a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// `keys()`.
    Keys,
    /// `values()`.
    Values,
    /// `items()`.
    Items,
}

/// What an iterator yields, and from which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DictIterKind {
    Keys,
    Values,
    Items,
    ReverseKeys,
    ReverseValues,
    ReverseItems,
}

/// The state that all dictionary iterators have.
pub struct DictIter {
    dict: Field<PyDict>,
    kind: DictIterKind,
    position: Cell<usize>,
    used: Cell<usize>,
    remaining: Cell<usize>,
    /// The item given last, for the next one if nobody has kept it.
    last: Field<PyTuple>,
}

impl DictIter {
    fn over(dict: &PyDict, kind: DictIterKind) -> DictIter {
        let reverse = matches!(
            kind,
            DictIterKind::ReverseKeys | DictIterKind::ReverseValues | DictIterKind::ReverseItems
        );
        DictIter {
            dict: Field::new(PyClass::to_owned(dict)),
            kind,
            position: Cell::new(if reverse { dict.end_position() } else { 0 }),
            used: Cell::new(dict.len()),
            remaining: Cell::new(dict.len()),
            last: Field::empty(),
        }
    }

    /// An iterator over a dictionary.
    pub fn make(dict: &PyDict, kind: DictIterKind) -> PyResult<Obj> {
        let state = Self::over(dict, kind);
        let ob_base = PyObject::HEADER;
        Ok(match kind {
            DictIterKind::Keys => Py::new(PyDictKeyIter { ob_base, state })?.into_object(),
            DictIterKind::Values => Py::new(PyDictValueIter { ob_base, state })?.into_object(),
            DictIterKind::Items => Py::new(PyDictItemIter { ob_base, state })?.into_object(),
            DictIterKind::ReverseKeys => {
                Py::new(PyDictRevKeyIter { ob_base, state })?.into_object()
            }
            DictIterKind::ReverseValues => {
                Py::new(PyDictRevValueIter { ob_base, state })?.into_object()
            }
            DictIterKind::ReverseItems => {
                Py::new(PyDictRevItemIter { ob_base, state })?.into_object()
            }
        })
    }

    fn next(&self) -> PyResult<Option<Obj>> {
        // SAFETY: the borrow ends before any Python code can run.
        let Some(dict) = (unsafe { self.dict.borrow() }) else {
            return Ok(None);
        };
        if self.used.get() != dict.len() {
            // Stays wrong for good.
            self.used.set(usize::MAX);
            return Err(crate::runtime_error!(
                "dictionary changed size during iteration"
            ));
        }
        let mut position = self.position.get();
        let item = match self.kind {
            DictIterKind::Keys | DictIterKind::Values | DictIterKind::Items => {
                dict.next(&mut position)
            }
            _ => dict.previous(&mut position),
        };
        self.position.set(position);
        let Some((key, value)) = item else {
            self.dict.set(None);
            return Ok(None);
        };
        if self.remaining.get() == 0 {
            self.dict.set(None);
            return Err(crate::runtime_error!(
                "dictionary keys changed during iteration"
            ));
        }
        self.remaining.set(self.remaining.get() - 1);
        Ok(Some(match self.kind {
            DictIterKind::Keys | DictIterKind::ReverseKeys => key,
            DictIterKind::Values | DictIterKind::ReverseValues => value,
            _ => PyTuple::reuse(&self.last, [key, value])?.into_object(),
        }))
    }

    fn length_hint(&self) -> usize {
        match self.dict.get() {
            Some(dict) if self.used.get() == dict.len() => self.remaining.get(),
            _ => 0,
        }
    }

    /// Iterators pickle as an iterator over the list of what they would still yield.
    fn reduce(&self) -> PyResult<Obj> {
        let copy = DictIter {
            dict: Field::from_option(self.dict.get()),
            kind: self.kind,
            position: self.position.clone(),
            used: self.used.clone(),
            remaining: self.remaining.clone(),
            last: Field::empty(),
        };
        let rest = PyList::new()?;
        while let Some(item) = copy.next()? {
            rest.push(item)?;
        }
        crate::seq_iter::reduce_with("iter", rest.into_object(), None)
    }
}

impl crate::Traverse for DictIter {
    fn traverse(&self, visitor: &mut crate::Visitor) -> crate::gc::TraverseResult {
        self.dict.traverse(visitor)?;
        self.last.traverse(visitor)
    }

    fn clear(&self) {
        self.dict.set(None);
        self.last.set(None);
    }
}

macro_rules! dict_iterators {
    ($($class:ident $name:literal $symbol:ident $doc:literal;)*) => {$(
        #[doc = $doc]
        #[pyclass(name = $name, symbol = $symbol, flags(GC))]
        #[repr(C)]
        pub struct $class {
            ob_base: PyObject,
            #[traverse]
            state: DictIter,
        }

        #[pymethods]
        impl $class {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Obj>> {
                self.state.next()
            }

            #[pymethod(name = "__length_hint__")]
            fn length_hint(&self) -> usize {
                self.state.length_hint()
            }

            #[pymethod(name = "__reduce__")]
            fn reduce(&self) -> PyResult<Obj> {
                self.state.reduce()
            }
        }
    )*};
}

dict_iterators! {
    PyDictKeyIter "dict_keyiterator" PyDictIterKey_Type "The iterator of dictionaries.";
    PyDictValueIter "dict_valueiterator" PyDictIterValue_Type "The iterator of `values()`.";
    PyDictItemIter "dict_itemiterator" PyDictIterItem_Type "The iterator of `items()`.";
    PyDictRevKeyIter "dict_reversekeyiterator" PyDictRevIterKey_Type "`reversed(dict)`.";
    PyDictRevValueIter "dict_reversevalueiterator" PyDictRevIterValue_Type "`reversed(dict.values())`.";
    PyDictRevItemIter "dict_reverseitemiterator" PyDictRevIterItem_Type "`reversed(dict.items())`.";
}

impl PyDict {
    /// The position from which [`PyDict::previous`] starts.
    pub(crate) fn end_position(&self) -> usize {
        match self.values() {
            Some(values) => values.len(),
            None => self.keys().nentries() as usize,
        }
    }

    /// The item before `position`, which moves to it.
    pub(crate) fn previous(&self, position: &mut usize) -> Option<(Obj, Obj)> {
        // A table that has become smaller holds nothing of what was to come.
        if *position > self.end_position() {
            return None;
        }
        while *position > 0 {
            *position -= 1;
            let mut forward = *position;
            let found = self.next_pointers(&mut forward);
            // Deleted entries make `next` skip ahead: only an item right here counts.
            if let Some((key, value)) = found
                && forward == *position + 1
            {
                // SAFETY: the entry was read just now.
                return unsafe { Some((Py::from_borrowed_ptr(key), Py::from_borrowed_ptr(value))) };
            }
        }
        None
    }
}

/// The views' common layout.
pub struct DictView;

impl DictView {
    /// A view of a dictionary.
    pub fn make(dict: &PyDict, kind: ViewKind) -> PyResult<Obj> {
        let ob_base = PyObject::HEADER;
        let dict = Field::new(PyClass::to_owned(dict));
        Ok(match kind {
            ViewKind::Keys => Py::new(PyDictKeys { ob_base, dict })?.into_object(),
            ViewKind::Values => Py::new(PyDictValues { ob_base, dict })?.into_object(),
            ViewKind::Items => Py::new(PyDictItems { ob_base, dict })?.into_object(),
        })
    }

    /// `repr`: the class's name around the list of what the view shows.
    fn repr(view: &PyObject, name: &str) -> PyResult<Py<PyStr>> {
        let Some(_guard) = crate::repr::ReprGuard::enter(view) else {
            return PyStr::new("...");
        };
        let list = PyList::from_vec(view.to_vec()?)?;
        PyStr::new(&format!("{name}({})", list.repr()?.to_string_lossy()))
    }

    /// Whether every item of `left` is in `right`.
    fn all_in(left: &PyObject, right: &PyObject) -> PyResult<bool> {
        for item in left.try_iter()? {
            if !right.contains(&*item?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Set-like comparison.
    fn compare(view: &PyObject, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let set_like = other.is_instance_of::<crate::set::PySet>()
            || other.is_instance_of::<crate::set::PyFrozenSet>()
            || other.is_instance_of::<PyDictKeys>()
            || other.is_instance_of::<PyDictItems>();
        if !set_like {
            return Ok(not_implemented_if(None));
        }
        let (len, other_len) = (view.length()?, other.length()?);
        let holds = match op {
            CompareOp::Eq | CompareOp::Ne => {
                let equal = len == other_len && Self::all_in(view, other)?;
                equal == (op == CompareOp::Eq)
            }
            CompareOp::Lt => len < other_len && Self::all_in(view, other)?,
            CompareOp::Le => len <= other_len && Self::all_in(view, other)?,
            CompareOp::Gt => len > other_len && Self::all_in(other, view)?,
            CompareOp::Ge => len >= other_len && Self::all_in(other, view)?,
        };
        Ok(crate::bool_object(holds).to_obj())
    }

    /// A set operation: a set of the left side, changed by a method with the right side.
    fn set_operation(left: &PyObject, right: &PyObject, method: &'static str) -> PyResult<Obj> {
        if !is_view(left) && !is_view(right) {
            return Ok(not_implemented_if(None));
        }
        let set = crate::set::PySet::from_iterable(left)?;
        set.call_method_str(method, &[right])?;
        Ok(set.into_object())
    }

    /// `isdisjoint`.
    fn is_disjoint(view: &PyObject, other: &PyObject) -> PyResult<bool> {
        if view.is(other) {
            return Ok(view.length()? == 0);
        }
        for item in other.try_iter()? {
            if view.contains(&*item?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_view(object: &PyObject) -> bool {
    object.is_instance_of::<PyDictKeys>() || object.is_instance_of::<PyDictItems>()
}

macro_rules! dict_views {
    ($($class:ident $name:literal $symbol:ident $iter:ident $reverse:ident $doc:literal [$($tables:ident)*];)*) => {$(
        #[doc = $doc]
        #[pyclass(name = $name, symbol = $symbol, flags(GC), methods(BASIC $(, $tables)*))]
        #[repr(C)]
        pub struct $class {
            ob_base: PyObject,
            #[traverse]
            dict: Field<PyDict>,
        }

        impl $class {
            /// A view as the base of a subclass's struct.
            pub(crate) fn part(dict: &PyDict) -> Self {
                $class {
                    ob_base: PyObject::HEADER,
                    dict: Field::new(PyClass::to_owned(dict)),
                }
            }

            pub(crate) fn shown(&self) -> PyResult<Py<PyDict>> {
                self.dict.get().ok_or_else(|| crate::system_error!("a view without its dictionary"))
            }
        }

        #[pymethods(BASIC)]
        impl $class {
            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Py<PyStr>> {
                DictView::repr(self, &self.type_().name())
            }

            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                DictIter::make(&*self.shown()?, DictIterKind::$iter)
            }

            #[slot(sq_length)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.dict.get().map_or(0, |dict| dict.len()))
            }

            /// Return a reverse iterator over what the view shows.
            #[pymethod(name = "__reversed__")]
            fn reversed(&self) -> PyResult<Obj> {
                DictIter::make(&*self.shown()?, DictIterKind::$reverse)
            }

            /// The dictionary that this view refers to.
            #[pygetter]
            fn mapping(&self) -> PyResult<Obj> {
                crate::descr::PyMappingProxy::from_mapping(&*self.shown()?).map(crate::Py::into_object)
            }
        }
    )*};
}

dict_views! {
    PyDictKeys "dict_keys" PyDictKeys_Type Keys ReverseKeys "`dict.keys()`." [SETLIKE];
    PyDictValues "dict_values" PyDictValues_Type Values ReverseValues "`dict.values()`." [];
    PyDictItems "dict_items" PyDictItems_Type Items ReverseItems "`dict.items()`." [SETLIKE];
}

macro_rules! set_like {
    ($($class:ident)*) => {$(
        #[pymethods(SETLIKE)]
        impl $class {
            #[slot(sq_contains)]
            fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
                self.shows(item)
            }

            #[slot(tp_richcompare)]
            fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
                DictView::compare(self, other, op)
            }

            #[slot(nb_subtract)]
            fn subtract(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                DictView::set_operation(left, right, "difference_update")
            }

            #[slot(nb_and)]
            fn and(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                DictView::set_operation(left, right, "intersection_update")
            }

            #[slot(nb_xor)]
            fn xor(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                DictView::set_operation(left, right, "symmetric_difference_update")
            }

            #[slot(nb_or)]
            fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                DictView::set_operation(left, right, "update")
            }

            /// Return True if the view and the given iterable have a null intersection.
            #[pymethod(signature = "($self, object, /)")]
            fn isdisjoint(&self, other: &PyObject) -> PyResult<bool> {
                DictView::is_disjoint(self, other)
            }
        }
    )*};
}

set_like! { PyDictKeys PyDictItems }

impl PyDictKeys {
    fn shows(&self, key: &PyObject) -> PyResult<bool> {
        self.shown()?.contains(key)
    }
}

impl PyDictItems {
    fn shows(&self, item: &PyObject) -> PyResult<bool> {
        let Some(pair) = item.downcast::<PyTuple>() else {
            return Ok(false);
        };
        let [key, value] = pair.as_slice() else {
            return Ok(false);
        };
        match self.shown()?.get_item(key) {
            Ok(Some(found)) => found.eq(value),
            Ok(None) => Ok(false),
            Err(error) if error.matches(&exc::KeyError) => {
                error.clear();
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
