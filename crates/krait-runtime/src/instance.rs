//! Where an instance keeps its attributes: embedded values, a managed dictionary, or `tp_dictoffset`.
//!
//! Invariants:
//! 1. An object of a class with `MANAGED_DICT` has a word three before it that is its dictionary or
//!    null. With `INLINE_VALUES` too, values are embedded behind `tp_basicsize`; while they are valid
//!    and a dictionary exists, the dictionary shows these very values.
//! 2. The class's shared keys (`ht_cached_keys`) live as long as the class.

use krait_abi as abi;

use crate::dict::{Keys, Values};
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyDict, PyResult, PyStr};

/// Where the managed dictionary's word is, in words from the object.
const MANAGED_DICT_WORD: isize = -3;

impl PyObject {
    /// The word that holds the managed dictionary.
    #[inline(always)]
    pub(crate) fn managed_dict(&self) -> &Field<PyDict> {
        debug_assert!(self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT));
        // SAFETY: invariant 1; a `Field` is one nullable pointer.
        unsafe {
            &*self
                .as_ptr()
                .cast::<Field<PyDict>>()
                .offset(MANAGED_DICT_WORD)
        }
    }

    /// The embedded values, valid or not, of an object whose class has them.
    #[inline(always)]
    pub(crate) fn inline_values(&self) -> Option<Values> {
        let class = self.type_();
        if !class.has_flag(abi::Py_TPFLAGS_INLINE_VALUES) {
            return None;
        }
        // SAFETY: invariant 1.
        let ptr = unsafe { self.as_ptr().byte_offset(class.raw().tp_basicsize.get()) };
        Values::from_ptr(ptr.cast())
    }

    /// The embedded values, if they are the object's attributes.
    #[inline(always)]
    pub(crate) fn valid_inline_values(&self) -> Option<Values> {
        self.inline_values()
            .filter(|values| values.header().valid.get() != 0)
    }

    /// The field that holds `__dict__` for classes with a `tp_dictoffset`; not for managed ones.
    #[inline]
    fn dict_field(&self) -> Option<&Field<PyDict>> {
        let mut offset = self.type_().raw().tp_dictoffset.get();
        if offset == 0 {
            return None;
        }
        if offset < 0 {
            // Counted from the end of an object of variable size.
            // SAFETY: only classes of variable size have negative offsets.
            let items = unsafe { &*self.as_ptr().cast::<abi::PyVarObject>() }
                .ob_size
                .get();
            let class = self.type_().raw();
            let size = class.tp_basicsize.get() + items.abs() * class.tp_itemsize.get();
            offset += (size + 7) & !7;
        }
        // SAFETY: the class says that a dictionary pointer is there.
        Some(unsafe { &*self.as_ptr().byte_offset(offset).cast::<Field<PyDict>>() })
    }

    /// The address of the dictionary's field, for classes with a `tp_dictoffset` (`_PyObject_GetDictPtr`);
    /// null for others, managed dictionaries among them.
    pub fn dict_field_ptr(&self) -> *mut *mut abi::PyObject {
        if self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            return std::ptr::null_mut();
        }
        self.dict_field().map_or(std::ptr::null_mut(), |field| {
            std::ptr::from_ref(field).cast_mut().cast()
        })
    }

    /// The instance dictionary if the object has one now; none is made.
    pub fn instance_dict(&self) -> Option<Py<PyDict>> {
        if self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            return self.managed_dict().get();
        }
        self.dict_field()?.get()
    }

    /// Whether instances of the object's class have a dictionary.
    pub fn has_instance_dict(&self) -> bool {
        let class = self.type_();
        class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) || class.raw().tp_dictoffset.get() != 0
    }

    /// `obj.__dict__`: the instance dictionary, made if need be; `None` if the class has none.
    pub fn instance_dict_or_new(&self) -> PyResult<Option<Py<PyDict>>> {
        if self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            return self.materialize_managed_dict().map(Some);
        }
        let Some(field) = self.dict_field() else {
            return Ok(None);
        };
        if let Some(dict) = field.get() {
            return Ok(Some(dict));
        }
        let dict = PyDict::new()?;
        field.set(Some(dict.clone()));
        Ok(Some(dict))
    }

    fn materialize_managed_dict(&self) -> PyResult<Py<PyDict>> {
        if let Some(dict) = self.managed_dict().get() {
            return Ok(dict);
        }
        let dict = match (self.valid_inline_values(), self.type_().cached_keys()) {
            (Some(values), Some(keys)) => PyDict::over_values(keys, values)?,
            _ => PyDict::new()?,
        };
        self.managed_dict().set(Some(dict.clone()));
        Ok(dict)
    }

    /// Replaces `obj.__dict__`; `None` deletes it.
    pub fn set_instance_dict(&self, dict: Option<Py<PyDict>>) -> PyResult<()> {
        if !self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            if let Some(field) = self.dict_field() {
                field.set(dict);
            }
            return Ok(());
        }
        match self.managed_dict().get() {
            Some(old) => {
                old.detach_from_instance()?;
                if let Some(values) = self.inline_values() {
                    values.header().valid.set(0);
                }
                self.managed_dict().set(dict);
            }
            None => {
                let values = self.valid_inline_values();
                if let Some(values) = values {
                    values.header().valid.set(0);
                }
                self.managed_dict().set(dict);
                if let Some(values) = values {
                    values.clear();
                }
            }
        }
        Ok(())
    }

    /// Looks an instance attribute up, without the class.
    #[inline]
    pub fn instance_attr(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let class = self.type_();
        if class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            if let (Some(values), Some(keys)) = (self.valid_inline_values(), class.cached_keys()) {
                let value = keys
                    .find_str(name, name.hash_text())
                    .map_or(std::ptr::null_mut(), |index| values.get(index as usize));
                // SAFETY: the instance holds the value, which nothing changes before the clone.
                return Ok(unsafe { PyObject::from_ptr_opt(value) }.map(PyClass::to_obj));
            }
            return match self.managed_dict().get() {
                Some(dict) => dict.get_str(name),
                None => Ok(None),
            };
        }
        match self.dict_field().and_then(Field::get) {
            Some(dict) => dict.get_str(name),
            None => Ok(None),
        }
    }

    /// Sets an instance attribute, or deletes it; false if there is none to delete. The class must
    /// have an instance dictionary.
    pub fn set_instance_attr(&self, name: &PyStr, value: Option<&PyObject>) -> PyResult<bool> {
        let class = self.type_();
        if class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT)
            && let (Some(values), Some(keys)) = (self.valid_inline_values(), class.cached_keys())
            && let Some(done) = self.set_inline(keys, values, name, value)
        {
            return Ok(done);
        }
        let dict = match (value, self.instance_dict()) {
            (_, Some(dict)) => dict,
            (None, None) if self.valid_inline_values().is_none() => return Ok(false),
            _ => match self.instance_dict_or_new()? {
                Some(dict) => dict,
                None => return Ok(false),
            },
        };
        match value {
            Some(value) => dict.set_item(name, value).map(|()| true),
            None => dict.del_item(name),
        }
    }

    /// Sets or deletes an embedded value; `None` if the shared keys have no room for the name.
    fn set_inline(
        &self,
        keys: Keys,
        values: Values,
        name: &PyStr,
        value: Option<&PyObject>,
    ) -> Option<bool> {
        let Some(value) = value else {
            let index = keys
                .find_str(name, name.hash_text())
                .map(|index| index as usize);
            let Some(index) = index.filter(|&index| !values.get(index).is_null()) else {
                return Some(false);
            };
            let old = values.remove(index);
            self.adjust_dict_len(-1);
            // SAFETY: the instance's count on the value.
            drop(unsafe { Py::<PyObject>::from_owned_ptr(old) });
            return Some(true);
        };
        let index = crate::dict::shared_index(keys, name)?;
        if index >= usize::from(values.header().capacity.get()) {
            return None;
        }
        self.store_inline(values, index, value.to_obj());
        Some(true)
    }

    /// Puts a value into an embedded slot. The slot must be within the capacity.
    #[inline(always)]
    pub(crate) fn store_inline(&self, values: Values, index: usize, value: Obj) {
        let old = values.replace(index, value.into_ptr());
        if old.is_null() {
            values.note_inserted(index);
            self.adjust_dict_len(1);
        } else {
            // SAFETY: the instance's count on the old value.
            unsafe { crate::object::decref(old) };
        }
    }

    /// Keeps the length of a dictionary that shows the embedded values in step.
    #[inline]
    fn adjust_dict_len(&self, by: isize) {
        // SAFETY: no Python code runs while the dictionary is borrowed.
        if let Some(dict) = unsafe { self.managed_dict().borrow() } {
            dict.0.ma_used.update(|used| used + by);
        }
    }

    /// Lets go of managed attributes: for deallocation and `tp_clear`.
    pub fn clear_managed_dict(&self) {
        if !self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            return;
        }
        let dict = self.managed_dict().take();
        if let Some(values) = self.valid_inline_values() {
            let shown = dict
                .as_ref()
                .is_some_and(|dict| dict.values() == Some(values));
            match &dict {
                Some(dict) if shown && !dict.is_unique() => {
                    if let Err(error) = dict.detach_from_instance() {
                        // Without memory for a copy the attributes go with the instance.
                        dict.forget_values();
                        error.write_unraisable(
                            Some("while detaching an instance's dictionary"),
                            None,
                        );
                    }
                }
                Some(dict) if shown => dict.forget_values(),
                _ => {}
            }
            values.header().valid.set(0);
            values.clear();
        }
        drop(dict);
    }

    /// Visits managed attributes for the collector. A dictionary that shows embedded values answers
    /// for them: they are counted once, and live as long as either can be reached.
    pub fn visit_managed_dict(&self, mut visit: impl FnMut(&PyObject) -> i32) -> i32 {
        if !self.type_().has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            return 0;
        }
        // SAFETY: visiting changes nothing.
        if let Some(dict) = unsafe { self.managed_dict().borrow() } {
            return visit(dict);
        }
        if let Some(values) = self.valid_inline_values() {
            for index in 0..usize::from(values.header().capacity.get()) {
                // SAFETY: set values are live objects.
                if let Some(value) = unsafe { PyObject::from_ptr_opt(values.get(index)) } {
                    let stop = visit(value);
                    if stop != 0 {
                        return stop;
                    }
                }
            }
        }
        0
    }
}

impl PyDict {
    /// Stops showing an instance's embedded values, leaving the dictionary empty.
    fn forget_values(&self) {
        if let Some(values) = self.values()
            && bool::from(values)
        {
            let keys = self.keys();
            self.0.ma_values.set(std::ptr::null_mut());
            self.0.ma_keys.set(Keys::empty().as_ptr());
            self.0.ma_used.set(0);
            // SAFETY: the dictionary's reference on the shared keys.
            unsafe { keys.decref() };
        }
    }
}

impl PyType {
    /// The keys that instances with embedded values share.
    #[inline(always)]
    pub(crate) fn cached_keys(&self) -> Option<Keys> {
        let keys = self
            .heap()?
            .ht_cached_keys
            .get()
            .cast::<abi::PyDictKeysObject>();
        // SAFETY: invariant 2.
        (!keys.is_null()).then(|| unsafe { Keys::from_ptr(keys) })
    }
}

/// What the specialiser asks of classes with inline values.
impl PyType {
    /// The index of a name in the keys that instances share.
    pub fn shared_key_index(&self, name: &PyStr) -> Option<usize> {
        let keys = self.cached_keys()?;
        keys.find_str(name, name.hash_text())
            .map(|index| index as usize)
    }

    /// The version of the keys that instances share, given now if there is none; 0 without any.
    pub fn shared_keys_version(&self) -> u32 {
        self.cached_keys().map_or(0, Keys::version)
    }
}
