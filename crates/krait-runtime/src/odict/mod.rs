//! `collections.OrderedDict`.
//!
//! The order is that of the dictionary's own entries: moving a key to the end inserts it anew, moving one
//! to the front rebuilds the table.
//!
//! Invariants:
//! 1. `state` changes with every change of the keys or of their order that goes through this class.
//! 2. `first` says from where on entries of one table may be live; it counts only while that table is
//!    the dictionary's, so that taking items off the front stays cheap.

mod iter;
mod update;

pub(crate) use iter::{PyODictItems, PyODictIter, PyODictKeys, PyODictValues};

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};

use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::ReprGuard;
use crate::{
    Args, CompareOp, Field, KwArgs, OptionalArg, PyDict, PyResult, PyStr, PyTuple, PyType, WeakList,
};
use iter::Kind;

/// Dictionary that remembers insertion order
#[pyclass(
    name = "OrderedDict", module = "collections", base = PyDict, symbol = PyODict_Type,
    flags(BASETYPE, GC, DICT_SUBCLASS, MAPPING)
)]
#[repr(C)]
pub struct PyODict {
    ob_base: PyDict,
    state: Cell<u64>,
    /// The address of a table of entries, and an index that no live entry of it comes before.
    first: Cell<(usize, usize)>,
    #[dict]
    inst_dict: Field<PyDict>,
    #[weaklist]
    weaklist: WeakList,
}

impl PyODict {
    /// The dictionary below.
    pub fn dict(&self) -> &PyDict {
        &self.ob_base
    }

    fn is_plain(&self) -> bool {
        self.is_exact::<PyODict>()
    }

    fn new() -> PyResult<Py<PyODict>> {
        Self::type_object()
            .as_object()
            .call0()?
            .cast::<PyODict>()
            .map_err(|_| crate::system_error!("OrderedDict() made something else"))
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
        let table = self.table();
        if self.first.get().0 != table {
            self.first.set((table, 0));
        }
    }

    fn table(&self) -> usize {
        self.ob_base.keys().as_ptr().addr()
    }

    /// The first item with the index of its entry.
    fn first_item(&self) -> Option<(usize, Obj, Obj)> {
        let (table, hint) = self.first.get();
        let mut position = if table == self.table() { hint } else { 0 };
        let mut item = self.ob_base.next(&mut position);
        if item.is_none() && !self.ob_base.is_empty() {
            position = 0;
            item = self.ob_base.next(&mut position);
        }
        let (key, value) = item?;
        self.first.set((self.table(), position - 1));
        Some((position - 1, key, value))
    }

    /// Sets an item without asking a subclass.
    fn put(&self, key: &PyObject, value: &PyObject) -> PyResult<()> {
        let before = self.ob_base.len();
        let done = self.ob_base.set_item(key, value);
        if self.ob_base.len() != before {
            self.changed();
        }
        done
    }

    /// Removes an item without asking a subclass.
    fn take(&self, key: &PyObject) -> PyResult<Option<Obj>> {
        let value = self.ob_base.pop_item_for(key)?;
        if value.is_some() {
            self.changed();
        }
        Ok(value)
    }

    /// `pop`, without asking a subclass.
    fn pop_value(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let value = self.take(key)?;
        match (value, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_obj()),
            (None, None) => Err(crate::err::key_error_object(key)),
        }
    }

    fn move_key(&self, key: &PyObject, last: bool) -> PyResult<()> {
        let hash = key.hash()?;
        let dict = &self.ob_base;
        let Some(index) = dict.find(key, hash)? else {
            return Err(crate::err::key_error_object(key));
        };
        let mut position = index as usize;
        let Some((key, value)) = dict.next(&mut position) else {
            return Err(crate::err::key_error_object(key));
        };
        if last {
            let mut end = dict.end_position();
            if dict
                .previous(&mut end)
                .is_some_and(|(found, _)| found.is(&key))
            {
                return Ok(());
            }
            drop(dict.remove(&key, hash)?);
            dict.insert(key, hash, value)?;
        } else {
            if self
                .first_item()
                .is_some_and(|(_, found, _)| found.is(&key))
            {
                return Ok(());
            }
            let items = dict.items_vec();
            dict.clear();
            dict.insert(key.clone(), hash, value)?;
            for (each, value) in items {
                if !each.is(&key) {
                    let hash = each.hash()?;
                    dict.insert(each, hash, value)?;
                }
            }
            self.first.set((0, 0));
        }
        self.changed();
        Ok(())
    }

    /// An error if the dictionary is no longer as it was at `state`.
    fn check_unchanged(&self, state: u64) -> PyResult<()> {
        if self.state.get() == state {
            return Ok(());
        }
        Err(crate::runtime_error!(
            "OrderedDict mutated during iteration"
        ))
    }

    /// Whether both have the same keys in the same order.
    fn same_order(&self, other: &PyODict) -> PyResult<bool> {
        let states = (self.state.get(), other.state.get());
        let (mut left, mut right) = (0, 0);
        loop {
            match (self.ob_base.next(&mut left), other.ob_base.next(&mut right)) {
                (Some((left, _)), Some((right, _))) => {
                    let equal = left.eq(&right)?;
                    self.check_unchanged(states.0)?;
                    other.check_unchanged(states.1)?;
                    if !equal {
                        return Ok(false);
                    }
                }
                (None, None) => return Ok(true),
                _ => return Ok(false),
            }
        }
    }
}

#[pymethods]
impl PyODict {
    #[slot(tp_init)]
    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        let args: Vec<&PyObject> = args.as_slice().iter().map(|arg| &**arg).collect();
        if args.len() > 1 {
            return Err(crate::type_error!(
                "expected at most 1 argument, got {}",
                args.len()
            ));
        }
        update::update_from(self, args.first().copied())?;
        update::add_items(self, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let name = self.type_().name();
        if self.ob_base.is_empty() {
            return PyStr::new(&format!("{name}()"));
        }
        let Some(_guard) = ReprGuard::enter(self) else {
            return PyStr::new("...");
        };
        let copy = if self.is_plain() {
            self.ob_base.copy()?
        } else {
            let copy = PyDict::new()?;
            copy.update(&*self.call_method(crate::intern!("items"), &[])?, true)?;
            copy
        };
        PyStr::new(&format!(
            "{name}({})",
            copy.as_object().repr()?.to_string_lossy()
        ))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let (Some(dict), CompareOp::Eq | CompareOp::Ne) = (other.downcast::<PyDict>(), op) else {
            return Ok(not_implemented_if(None));
        };
        let mut same = self.ob_base.equals(dict)?;
        if same && let Some(other) = other.downcast::<PyODict>() {
            same = self.same_order(other)?;
        }
        Ok(crate::bool_object(same == (op == CompareOp::Eq)).to_obj())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        PyODictIter::make(self, Kind::Keys, false)
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        match value {
            Some(value) => self.put(key, value),
            None if self.take(key)?.is_some() => Ok(()),
            None => Err(crate::err::key_error_object(key)),
        }
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let class = if left.is_instance_of::<PyODict>() {
            left.type_()
        } else {
            right.type_()
        };
        if !left.is_instance_of::<PyDict>() || !right.is_instance_of::<PyDict>() {
            return Ok(not_implemented_if(None));
        }
        let merged = class.as_object().call1(left)?;
        update::update_from(&merged, Some(right))?;
        Ok(merged)
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        update::update_from(left, Some(right))?;
        Ok(left.to_obj())
    }

    /// Create a new ordered dictionary with keys from iterable and values set to value.
    #[pyclassmethod(signature = "($type, /, iterable, value=None)")]
    fn fromkeys(class: &PyType, iterable: &PyObject, value: Option<&PyObject>) -> PyResult<Obj> {
        let made = class.as_object().call0()?;
        for key in iterable.try_iter()? {
            made.set_item(&*key?, value.unwrap_or(crate::none()))?;
        }
        Ok(made)
    }

    /// Return state information for pickling
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let state = self.getattr(crate::intern!("__getstate__"))?.call0()?;
        let items = self.call_method(crate::intern!("items"), &[])?.iter()?;
        PyTuple::from_vec(vec![
            self.type_().to_obj(),
            PyTuple::empty().into_object(),
            state,
            crate::none().to_obj(),
            items,
        ])
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod(signature = "($self, /, key, default=None)")]
    fn setdefault(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let default = default.unwrap_or(crate::none());
        if self.is_plain() {
            if let Some(value) = self.ob_base.get_item(key)? {
                return Ok(value);
            }
            self.put(key, default)?;
            return Ok(default.to_obj());
        }
        if self.contains(key)? {
            return self.get_item(key);
        }
        self.set_item(key, default)?;
        Ok(default.to_obj())
    }

    /// od.pop(key[,default]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise, raise a KeyError.
    #[pymethod(signature = "($self, /, key, default=<unrepresentable>)")]
    fn pop(&self, key: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        self.pop_value(key, default.present())
    }

    /// Remove and return a (key, value) pair from the dictionary.
    ///
    /// Pairs are returned in LIFO order if last is true or FIFO order if false.
    #[pymethod(signature = "($self, /, last=True)")]
    fn popitem(&self, last: bool) -> PyResult<Py<PyTuple>> {
        let item = if last {
            let mut end = self.ob_base.end_position();
            self.ob_base.previous(&mut end)
        } else {
            self.first_item().map(|(_, key, value)| (key, value))
        };
        let Some((key, _)) = item else {
            return Err(crate::key_error!("dictionary is empty"));
        };
        if self.is_plain() && last {
            let Some((key, value)) = self.ob_base.pop_last()? else {
                return Err(crate::key_error!("dictionary is empty"));
            };
            self.changed();
            return PyTuple::from_vec(vec![key, value]);
        }
        let value = self.pop_value(&key, None)?;
        PyTuple::from_vec(vec![key, value])
    }

    /// A set-like object providing a view on the keys
    #[pymethod]
    fn keys(&self) -> PyResult<Obj> {
        PyODictKeys::make(self)
    }

    /// An object providing a view on the values
    #[pymethod]
    fn values(&self) -> PyResult<Obj> {
        PyODictValues::make(self)
    }

    /// A set-like object providing a view on the items
    #[pymethod]
    fn items(&self) -> PyResult<Obj> {
        PyODictItems::make(self)
    }

    /// Takes the items of a mapping, of an iterable of pairs, and of the keywords.
    #[pymethod(signature = "($self, *args, **kwargs)", text_signature = "")]
    fn update(&self, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<()> {
        if args.len() > 1 {
            return Err(crate::type_error!(
                "update() takes at most 1 positional argument ({} given)",
                args.len()
            ));
        }
        update::update_from(self, args.get(0))?;
        for (key, value) in kwargs.iter() {
            self.set_item(key, value)?;
        }
        Ok(())
    }

    /// Remove all items from ordered dict.
    #[pymethod]
    fn clear(&self) -> PyResult<()> {
        self.changed();
        self.ob_base.clear();
        self.changed();
        Ok(())
    }

    /// A shallow copy of ordered dict.
    #[pymethod]
    fn copy(&self) -> PyResult<Obj> {
        if self.is_plain() {
            let copy = PyODict::new()?;
            copy.ob_base.merge(&self.ob_base, true)?;
            return Ok(copy.into_object());
        }
        let copy = self.type_().as_object().call0()?;
        let state = self.state.get();
        for key in self.ob_base.keys_vec() {
            let value = self.get_item(&key)?;
            self.check_unchanged(state)?;
            copy.set_item(&key, &value)?;
            self.check_unchanged(state)?;
        }
        Ok(copy)
    }

    /// od.__reversed__() <==> reversed(od)
    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Obj> {
        PyODictIter::make(self, Kind::Keys, true)
    }

    /// Move an existing element to the end (or beginning if last is false).
    ///
    /// Raise KeyError if the element does not exist.
    #[pymethod(signature = "($self, /, key, last=True)")]
    fn move_to_end(&self, key: &PyObject, last: bool) -> PyResult<()> {
        self.move_key(key, last)
    }

    #[pygetter]
    fn __dict__(&self) -> PyResult<Py<PyDict>> {
        if let Some(dict) = self.inst_dict.get() {
            return Ok(dict);
        }
        let dict = PyDict::new()?;
        self.inst_dict.set(Some(dict.clone()));
        Ok(dict)
    }

    #[pysetter(name = "__dict__")]
    fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("cannot delete __dict__"));
        };
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(crate::type_error!(
                "__dict__ must be set to a dictionary, not a '{}'",
                value.type_name()
            ));
        };
        self.inst_dict.set(Some(PyClass::to_owned(dict)));
        Ok(())
    }
}

/// What a cache with a limit needs.
impl PyODict {
    /// An empty ordered dictionary.
    pub fn empty() -> PyResult<Py<PyODict>> {
        Self::new()
    }

    /// The value for `key`, which becomes the newest.
    pub fn get_and_renew(&self, key: &PyObject, hash: isize) -> PyResult<Option<Obj>> {
        let dict = &self.ob_base;
        let Some(index) = dict.find(key, hash)? else {
            return Ok(None);
        };
        let mut position = index as usize;
        let Some((key, value)) = dict.next(&mut position) else {
            return Ok(None);
        };
        if position < dict.end_position() {
            drop(dict.remove_at(index, hash)?);
            dict.insert(key, hash, value.clone())?;
            self.changed();
        }
        Ok(Some(value))
    }

    /// Adds an item as the newest.
    pub fn insert_newest(&self, key: Obj, hash: isize, value: Obj) -> PyResult<()> {
        self.ob_base.insert(key, hash, value)?;
        self.changed();
        Ok(())
    }

    /// Removes the oldest item.
    pub fn pop_oldest(&self) -> PyResult<Option<(Obj, Obj)>> {
        let Some((_, key, _)) = self.first_item() else {
            return Ok(None);
        };
        Ok(self.take(&key)?.map(|value| (key, value)))
    }
}
