//! `FrameLocalsProxy`: `frame.f_locals` of a function, which writes through to its variables.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{Frame, PyFrame, StackRef, cell_is_made, local_value};
use crate::cell::PyCell;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, PyDict, PyList, PyResult, PyStr, PyTuple, PyType};

/// A live view of a frame's variables.
#[pyclass(name = "FrameLocalsProxy", symbol = PyFrameLocalsProxy_Type, flags(GC, MAPPING), methods(METHODS, SLOTS))]
#[repr(C)]
pub struct PyFrameLocalsProxy {
    ob_base: PyObject,
    #[traverse]
    frame: Field<PyFrame>,
}

impl PyFrameLocalsProxy {
    /// The view of a frame's variables.
    pub fn over(frame: Py<PyFrame>) -> PyResult<Py<PyFrameLocalsProxy>> {
        Py::new(PyFrameLocalsProxy {
            ob_base: PyObject::HEADER,
            frame: Field::new(frame),
        })
    }

    fn frame(&self) -> PyResult<Py<PyFrame>> {
        self.frame
            .get()
            .ok_or_else(|| crate::runtime_error!("the frame is gone"))
    }

    /// The index of a variable: hidden ones (of inlined comprehensions) do not count, nor, for
    /// reading, unbound ones.
    fn find(frame: &Frame, key: &PyObject, reading: bool) -> PyResult<Option<usize>> {
        let code = frame.code();
        let hash = key.hash()?;
        let count = code.co_nlocalsplus.get() as usize;
        let fits = |index: usize| {
            let hidden = code.local_kind(index) & abi::CO_FAST_HIDDEN != 0;
            if reading {
                local_value(frame, index).is_some()
            } else {
                !hidden
            }
        };
        // Most keys are the very names.
        let mut known = false;
        for index in 0..count {
            if code.local_name(index).is_some_and(|name| key.is(&name)) {
                if fits(index) {
                    return Ok(Some(index));
                }
                known = true;
            }
        }
        if known {
            return Ok(None);
        }
        for index in 0..count {
            let Some(name) = code.local_name(index) else {
                continue;
            };
            if name.hash()? == hash && name.eq(key)? && fits(index) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn lookup(&self, key: &PyObject) -> PyResult<Option<Obj>> {
        let object = self.frame()?;
        let frame = object.frame();
        if let Some(index) = Self::find(frame, key, true)? {
            return Ok(local_value(frame, index));
        }
        match object.f_extra_locals.get() {
            Some(extra) => extra.get_item(key),
            None => Ok(None),
        }
    }

    fn store(&self, key: &PyObject, value: &PyObject) -> PyResult<()> {
        let object = self.frame()?;
        let frame = object.frame();
        let Some(index) = Self::find(frame, key, false)? else {
            let extra = match object.f_extra_locals.get() {
                Some(extra) => extra,
                None => {
                    let extra = PyDict::new()?;
                    object.f_extra_locals.set(Some(extra.clone()));
                    extra
                }
            };
            return extra.set_item(key, value);
        };
        // SAFETY: `index` is a variable of the frame, whose slot is valid. The old value stays alive
        // in the frame object, because the stack may borrow it.
        unsafe {
            let slot = frame.slots().add(index);
            let old = (*slot).as_option();
            let kind = frame.code().local_kind(index);
            let has_cell = kind & abi::CO_FAST_FREE != 0
                || (kind & abi::CO_FAST_CELL != 0 && cell_is_made(frame, index));
            match old.and_then(PyObject::downcast_exact::<PyCell>) {
                Some(cell) if has_cell => cell.contents.set(Some(value.to_obj())),
                _ => {
                    let old = *slot;
                    *slot = StackRef::new(value);
                    if let Some(old) = old.into_option() {
                        object.keep_overwritten(old)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Names and values, the extra ones last.
    pub fn items_vec(&self) -> PyResult<Vec<(Obj, Obj)>> {
        let object = self.frame()?;
        let frame = object.frame();
        let code = frame.code();
        let mut items = Vec::new();
        for index in 0..code.co_nlocalsplus.get() as usize {
            if let (Some(name), Some(value)) = (code.local_name(index), local_value(frame, index)) {
                items.push((name.into_object(), value));
            }
        }
        if let Some(extra) = object.f_extra_locals.get() {
            items.extend(extra.items_vec());
        }
        Ok(items)
    }

    fn to_dict(&self) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new()?;
        for (name, value) in self.items_vec()? {
            dict.set_item(&name, &value)?;
        }
        Ok(dict)
    }

    fn keys_list(&self) -> PyResult<Py<PyList>> {
        PyList::from_vec(
            self.items_vec()?
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
        )
    }

    fn merge(&self, other: &PyObject) -> PyResult<()> {
        for key in other.call_method(crate::intern!("keys"), &[])?.try_iter()? {
            let key = key?;
            self.store(&key, &*other.get_item(&key)?)?;
        }
        Ok(())
    }
}

/// Whether names and values can be taken over from the object.
fn can_merge(other: &PyObject) -> bool {
    other.is_instance_of::<PyDict>() || other.is_instance_of::<PyFrameLocalsProxy>()
}

#[pymethods]
impl PyFrameLocalsProxy {
    #[pynew(signature = "(frame, /)")]
    fn new(_cls: &PyType, frame: &PyFrame) -> PyResult<Py<Self>> {
        Self::over(PyClass::to_owned(frame))
    }

    #[pymethod(signature = "($self, key, default=None, /)")]
    fn get(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let default = default.unwrap_or_else(|| crate::none());
        Ok(self.lookup(key)?.unwrap_or_else(|| default.to_obj()))
    }

    #[pymethod(signature = "($self, key, default=None, /)")]
    fn setdefault(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        if let Some(value) = self.lookup(key)? {
            return Ok(value);
        }
        let default = default.unwrap_or_else(|| crate::none());
        self.store(key, default)?;
        Ok(default.to_obj())
    }

    #[pymethod(signature = "($self, key, default=<unrepresentable>, /)")]
    fn pop(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let object = self.frame()?;
        if Self::find(object.frame(), key, false)?.is_some() {
            return Err(crate::value_error!(
                "cannot remove local variables from FrameLocalsProxy"
            ));
        }
        let found = match object.f_extra_locals.get() {
            Some(extra) => extra.pop_item_for(key)?,
            None => None,
        };
        match (found, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_obj()),
            (None, None) => Err(crate::err::key_error_object(key)),
        }
    }

    #[pymethod(signature = "($self, other, /)")]
    fn update(&self, other: &PyObject) -> PyResult<()> {
        if !can_merge(other) {
            return Err(crate::type_error!(
                "update() argument must be dict or another FrameLocalsProxy"
            ));
        }
        self.merge(other)
    }

    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Obj> {
        Ok(self.to_dict()?.into_object())
    }

    #[pymethod(signature = "($self, /)")]
    fn keys(&self) -> PyResult<Obj> {
        Ok(self.keys_list()?.into_object())
    }

    #[pymethod(signature = "($self, /)")]
    fn values(&self) -> PyResult<Obj> {
        let values = self
            .items_vec()?
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        Ok(PyList::from_vec(values)?.into_object())
    }

    #[pymethod(signature = "($self, /)")]
    fn items(&self) -> PyResult<Obj> {
        let items = self.items_vec()?.into_iter();
        let pairs =
            items.map(|(name, value)| Ok(PyTuple::from_vec(vec![name, value])?.into_object()));
        Ok(PyList::from_vec(pairs.collect::<PyResult<_>>()?)?.into_object())
    }

    #[pymethod(name = "__reversed__", signature = "($self, /)")]
    fn reversed(&self) -> PyResult<Obj> {
        let names = self
            .items_vec()?
            .into_iter()
            .rev()
            .map(|(name, _)| name)
            .collect();
        Ok(PyList::from_vec(names)?.into_object())
    }
}

#[pymethods(SLOTS)]
impl PyFrameLocalsProxy {
    #[slot(mp_length)]
    fn len(&self) -> PyResult<usize> {
        Ok(self.items_vec()?.len())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        match self.lookup(key)? {
            Some(value) => Ok(value),
            None => Err(crate::key_error!(
                "local variable '{}' is not defined",
                key.repr()?.to_string_lossy()
            )),
        }
    }

    #[slot(mp_ass_subscript)]
    fn ass_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        if let Some(value) = value {
            return self.store(key, value);
        }
        let object = self.frame()?;
        if Self::find(object.frame(), key, false)?.is_some() {
            return Err(crate::value_error!(
                "cannot remove local variables from FrameLocalsProxy"
            ));
        }
        match object.f_extra_locals.get() {
            Some(extra) if extra.del_item(key)? => Ok(()),
            _ => Err(crate::err::key_error_object(key)),
        }
    }

    #[slot(sq_contains)]
    fn contains(&self, key: &PyObject) -> PyResult<bool> {
        Ok(self.lookup(key)?.is_some())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        self.keys_list()?.iter()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let Some(_guard) = crate::repr::ReprGuard::enter(self.as_object()) else {
            return Ok(PyStr::new("{...}")?.into_object());
        };
        Ok(self.to_dict()?.repr()?.into_object())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(crate::not_implemented().to_obj());
        }
        if let Some(other) = other.downcast::<PyFrameLocalsProxy>() {
            let same = self.frame()?.is(&*other.frame()?);
            return Ok(crate::bool_object(same == (op == CompareOp::Eq)).to_obj());
        }
        if other.is_instance_of::<PyDict>() {
            return self.to_dict()?.rich_compare(other, op);
        }
        Ok(crate::not_implemented().to_obj())
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let dict = PyDict::new()?;
        for side in [left, right] {
            match (
                side.downcast::<PyFrameLocalsProxy>(),
                side.downcast::<PyDict>(),
            ) {
                (Some(proxy), _) => {
                    for (name, value) in proxy.items_vec()? {
                        dict.set_item(&name, &value)?;
                    }
                }
                (None, Some(other)) => dict.merge(other, true)?,
                (None, None) => return Ok(crate::not_implemented().to_obj()),
            }
        }
        Ok(dict.into_object())
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        match left.downcast::<PyFrameLocalsProxy>() {
            Some(proxy) if can_merge(right) => {
                proxy.merge(right)?;
                Ok(left.to_obj())
            }
            _ => Ok(crate::not_implemented().to_obj()),
        }
    }
}
