//! What dictionaries do.

use krait_abi as abi;
use krait_macros::pymethods;

use super::PyDict;
use super::views::{DictIter, DictIterKind, DictView, ViewKind};
use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::repr::ReprGuard;
use crate::{
    Args, CompareOp, KwArgs, OptionalArg, PyResult, PyStr, PyTuple, PyType, StrBuilder, gc,
};

/// Whether a dictionary's class leaves `__iter__` as it is.
fn is_iterated_as_dict(dict: &PyObject) -> bool {
    let slot = |class: &PyType| class.raw().tp_iter.get().map(|iter| iter as *const ());
    slot(dict.type_()) == slot(PyDict::type_object())
}

impl PyDict {
    /// `dict.update`: items of a mapping or of an iterable of pairs; later ones win if `replace`.
    pub fn update(&self, source: &PyObject, replace: bool) -> PyResult<()> {
        if let Some(other) = source.downcast::<PyDict>()
            && is_iterated_as_dict(source)
        {
            return self.merge(other, replace);
        }
        match source.lookup_attr(crate::intern!("keys"))? {
            Some(_) => self.update_from_mapping(source, replace),
            None => self.update_from_pairs(source, replace),
        }
    }

    fn put(&self, key: &PyObject, value: &PyObject, replace: bool) -> PyResult<()> {
        if replace {
            self.set_item(key, value)
        } else {
            self.set_default(key, value).map(drop)
        }
    }

    /// Copies the items of any mapping, by its `keys()` and `[]`.
    pub fn update_from_mapping(&self, source: &PyObject, replace: bool) -> PyResult<()> {
        for key in source
            .call_method(crate::intern!("keys"), &[])?
            .try_iter()?
        {
            let key = key?;
            if !replace && self.contains(&key)? {
                continue;
            }
            self.set_item(&key, &*source.get_item(&key)?)?;
        }
        Ok(())
    }

    fn update_from_pairs(&self, source: &PyObject, replace: bool) -> PyResult<()> {
        for (index, pair) in source.try_iter()?.enumerate() {
            let pair = pair?;
            let items = pair.to_vec_or("object is not iterable").map_err(|error| {
                match error.matches(&crate::exc::TypeError) {
                    true => note_conversion(error, index),
                    false => error,
                }
            })?;
            let [key, value] = &items[..] else {
                return Err(crate::value_error!(
                    "dictionary update sequence element #{index} has length {}; 2 is required",
                    items.len()
                ));
            };
            self.put(key, value, replace)?;
        }
        Ok(())
    }

    /// Whether both dictionaries have equal items.
    pub fn equals(&self, other: &PyDict) -> PyResult<bool> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let mut position = 0;
        while let Some((key, value, hash)) = self.next_hash(&mut position) {
            match other.get_item_hash(&key, hash)? {
                Some(found) if value.eq(&found)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn view(&self, kind: ViewKind) -> PyResult<Obj> {
        DictView::make(self, kind)
    }
}

impl PyDict {
    /// Sets the value of every key that an iterable gives; what knows their hashes is not asked to
    /// compute them again.
    fn add_keys(&self, iterable: &PyObject, value: &PyObject) -> PyResult<()> {
        let mut position = 0;
        if let Some(source) = iterable.downcast_exact::<PyDict>() {
            while let Some((key, _, hash)) = source.next_hash(&mut position) {
                self.insert(key, hash, value.to_obj())?;
            }
            return Ok(());
        }
        let is_set = iterable.is_exact::<crate::set::PySet>()
            || iterable.is_exact::<crate::set::PyFrozenSet>();
        if is_set && let Some(source) = crate::set::SetTable::of(iterable) {
            while let Some((key, hash)) = source.next(&mut position) {
                self.insert(key, hash, value.to_obj())?;
            }
            return Ok(());
        }
        for key in iterable.try_iter()? {
            self.set_item(&*key?, value)?;
        }
        Ok(())
    }
}

/// Adds which element of a sequence of pairs an error is about.
#[cold]
fn note_conversion(error: crate::PyErr, index: usize) -> crate::PyErr {
    let raised = error.take();
    let text = format!("Cannot convert dictionary update sequence element #{index} to a sequence");
    if let Some(raised) = raised.downcast::<crate::PyBaseException>()
        && let Err(error) = PyStr::new(&text).and_then(|text| raised.add_note(&text))
    {
        // The error itself matters more than its note.
        error.clear();
    }
    crate::PyErr::restore(raised)
}

#[pymethods(CORE)]
impl PyDict {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let object = class.alloc(0)?;
        // SAFETY: `tp_alloc` of a class laid out on `dict` gives zeroed fields.
        let dict = unsafe { object.downcast_unchecked::<PyDict>() };
        dict.0.ma_keys.set(super::Keys::empty().as_ptr());
        Ok(object)
    }

    #[pyinit(signature = "(*args, **kwargs)", text_signature = "")]
    fn init(&self, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<()> {
        crate::args::check_positional("dict", args.len(), 0, 1)?;
        if let Some(source) = args.get(0) {
            self.update(source, true)?;
        }
        for (key, value) in kwargs.iter() {
            self.set_item(key, value)?;
        }
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        if self.is_empty() {
            return PyStr::new("{}");
        }
        let Some(_guard) = ReprGuard::enter(self) else {
            return PyStr::new("{...}");
        };
        let mut text = StrBuilder::new();
        text.push_str("{");
        let mut position = 0;
        while let Some((key, value)) = self.next(&mut position) {
            if text.len() > 1 {
                text.push_str(", ");
            }
            text.push_py(&*key.repr()?);
            text.push_str(": ");
            text.push_py(&*value.repr()?);
        }
        text.push_str("}");
        text.finish()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyDict>() else {
            return Ok(not_implemented_if(None));
        };
        Ok(not_implemented_if(match op {
            CompareOp::Eq => Some(self.equals(other)?),
            CompareOp::Ne => Some(!self.equals(other)?),
            _ => None,
        }))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        DictIter::make(self, DictIterKind::Keys)
    }

    #[slot(mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    /// True if the dictionary has the specified key, else False.
    #[pymethod(name = "__contains__", signature = "($self, key, /)", coexist)]
    fn contains_method(&self, key: &PyObject) -> PyResult<bool> {
        self.contains(key)
    }

    /// Return self[key].
    #[pymethod(name = "__getitem__", signature = "($self, key, /)", coexist)]
    fn getitem_method(&self, key: &PyObject) -> PyResult<Obj> {
        self.subscript(key)
    }

    #[slot(sq_contains)]
    fn contains_key(&self, key: &PyObject) -> PyResult<bool> {
        self.contains(key)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if let Some(value) = self.get_item(key)? {
            return Ok(value);
        }
        if !self.is_exact::<PyDict>()
            && let Some(value) = self.call_special(crate::intern!("__missing__"), &[key])?
        {
            return Ok(value);
        }
        Err(crate::err::key_error_object(key))
    }

    #[slot(mp_ass_subscript)]
    fn assign_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        match value {
            Some(value) => self.set_item(key, value),
            None if self.del_item(key)? => Ok(()),
            None => Err(crate::err::key_error_object(key)),
        }
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let (Some(first), Some(second)) = (left.downcast::<PyDict>(), right.downcast::<PyDict>())
        else {
            return Ok(not_implemented_if(None));
        };
        let merged = first.copy()?;
        merged.merge(second, true)?;
        Ok(merged.into_object())
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        if let Some(dict) = left.downcast::<PyDict>() {
            dict.update(right, true)?;
        }
        Ok(left.to_obj())
    }

    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod(name = "get", signature = "($self, key, default=None, /)")]
    fn get_method(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        Ok(self
            .get_item(key)?
            .unwrap_or_else(|| default.unwrap_or(crate::none()).to_obj()))
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod(signature = "($self, key, default=None, /)")]
    fn setdefault(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        self.set_default(key, default.unwrap_or(crate::none()))
    }

    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise, raise a KeyError.
    #[pymethod(signature = "($self, key, default=<unrepresentable>, /)")]
    fn pop(&self, key: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        if let Some(value) = self.pop_item_for(key)? {
            return Ok(value);
        }
        match default.present() {
            Some(default) => Ok(default.to_obj()),
            None => Err(crate::err::key_error_object(key)),
        }
    }

    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    #[pymethod]
    fn popitem(&self) -> PyResult<Py<PyTuple>> {
        match self.pop_last()? {
            Some((key, value)) => PyTuple::from_array([key, value]),
            None => Err(crate::key_error!("popitem(): dictionary is empty")),
        }
    }

    /// Return a set-like object providing a view on the dict's keys.
    #[pymethod(name = "keys")]
    fn keys_method(&self) -> PyResult<Obj> {
        self.view(ViewKind::Keys)
    }

    /// Return a set-like object providing a view on the dict's items.
    #[pymethod]
    fn items(&self) -> PyResult<Obj> {
        self.view(ViewKind::Items)
    }

    /// Return an object providing a view on the dict's values.
    #[pymethod(name = "values")]
    fn values_method(&self) -> PyResult<Obj> {
        self.view(ViewKind::Values)
    }

    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    ///
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[pymethod(
        name = "update",
        signature = "($self, *args, **kwargs)",
        text_signature = ""
    )]
    fn update_method(&self, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<()> {
        if args.len() > 1 {
            return Err(crate::type_error!(
                "update expected at most 1 argument, got {}",
                args.len()
            ));
        }
        if let Some(source) = args.iter().next() {
            self.update(source, true)?;
        }
        for (key, value) in kwargs.iter() {
            self.set_item(key, value)?;
        }
        Ok(())
    }

    /// Create a new dictionary with keys from iterable and values set to value.
    #[pyclassmethod(signature = "($type, iterable, value=None, /)")]
    fn fromkeys(class: &PyType, iterable: &PyObject, value: Option<&PyObject>) -> PyResult<Obj> {
        let value = value.unwrap_or(crate::none());
        let made = class.call0()?;
        match made.downcast_exact::<PyDict>() {
            Some(dict) => dict.add_keys(iterable, value)?,
            None => {
                for key in iterable.try_iter()? {
                    made.set_item(&*key?, value)?;
                }
            }
        }
        Ok(made)
    }

    /// Remove all items from the dict.
    #[pymethod(name = "clear")]
    fn clear_method(&self) -> PyResult<()> {
        self.clear();
        Ok(())
    }

    /// Return a shallow copy of the dict.
    #[pymethod(name = "copy")]
    fn copy_method(&self) -> PyResult<Py<PyDict>> {
        self.copy()
    }

    /// Return a reverse iterator over the dict keys.
    #[pymethod(name = "__reversed__")]
    fn reversed(&self) -> PyResult<Obj> {
        DictIter::make(self, DictIterKind::ReverseKeys)
    }

    /// Return the size of the dict in memory.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.type_().raw().tp_basicsize.get() as usize + self.table_size()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(class, item)
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a dictionary that nothing refers to any more.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyDict>();
            gc::untrack(this);
            this.clear();
            crate::alloc::free_object(object);
        }
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the collector calls this with a live dictionary and runs no Python code meanwhile.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyDict>();
            this.visit_items(|each| visit(each.as_ptr(), arg))
        }
    }

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> i32 {
        // SAFETY: the collector calls this with a live dictionary.
        unsafe { PyObject::from_ptr(object).downcast_unchecked::<PyDict>() }.clear();
        0
    }
}
