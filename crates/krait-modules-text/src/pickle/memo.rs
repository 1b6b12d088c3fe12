//! What picklers and unpicklers remember, and the proxies through which Python sees it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, IntoPy, Obj, Py, PyClass, PyDict, PyLong, PyObject, PyResult, PyTuple, type_error,
    value_error,
};

use super::pickler::Pickler;
use super::unpickler::Unpickler;

/// Addresses are spread by one multiplication.
#[derive(Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 << 8 | u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn write_usize(&mut self, value: usize) {
        let spread = (value as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ spread >> 32;
    }
}

/// Pickled objects by address: their number, and the object so that it lives on.
pub(super) type Memo = HashMap<usize, (usize, Obj), BuildHasherDefault<AddressHasher>>;

/// The memo of a pickler.
#[pyclass(name = "PicklerMemoProxy", module = "_pickle", flags(GC))]
#[repr(C)]
pub(super) struct PicklerMemoProxy {
    ob_base: PyObject,
    #[traverse]
    pickler: Field<Pickler>,
}

/// The memo of an unpickler.
#[pyclass(name = "UnpicklerMemoProxy", module = "_pickle", flags(GC))]
#[repr(C)]
pub(super) struct UnpicklerMemoProxy {
    ob_base: PyObject,
    #[traverse]
    unpickler: Field<Unpickler>,
}

fn reduced(copy: Py<PyDict>) -> PyResult<Obj> {
    let class = PyDict::type_object().to_obj();
    let arguments = PyTuple::from_vec(vec![copy.into_object()])?.into_object();
    Ok(PyTuple::from_vec(vec![class, arguments])?.into_object())
}

impl PicklerMemoProxy {
    pub(super) fn new(pickler: &Pickler) -> PyResult<Py<Self>> {
        Py::new(PicklerMemoProxy {
            ob_base: PyObject::HEADER,
            pickler: Field::new(PyClass::to_owned(pickler)),
        })
    }

    /// The entries of a memo given as a proxy or a dict.
    pub(super) fn entries(value: &PyObject) -> PyResult<Memo> {
        if let Some(proxy) = value.downcast::<PicklerMemoProxy>() {
            let memo = proxy
                .pickler
                .get()
                .map(|pickler| pickler.memo().borrow().clone());
            return Ok(memo.unwrap_or_default());
        }
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(type_error!(
                "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
                value.type_().tp_name()
            ));
        };
        let mut memo = Memo::default();
        for (_, entry) in dict.items_vec() {
            let Some([number, object]) = entry.downcast::<PyTuple>().map(PyTuple::as_slice) else {
                return Err(type_error!("'memo' values must be 2-item tuples"));
            };
            let number: usize = number.extract()?;
            memo.insert(object.as_ptr().addr(), (number, object.clone()));
        }
        Ok(memo)
    }
}

#[pymethods]
impl PicklerMemoProxy {
    /// Remove all items from memo.
    #[pymethod(signature = "($self, /)")]
    fn clear(&self) {
        if let Some(pickler) = self.pickler.get() {
            pickler.forget();
        }
    }

    /// Copy the memo to a new object.
    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new()?;
        let Some(pickler) = self.pickler.get() else {
            return Ok(dict);
        };
        let memo = pickler.memo().borrow().clone();
        for (address, (number, object)) in &memo {
            let key = PyLong::from_usize(*address)?;
            let entry = PyTuple::from_vec(vec![number.into_py()?, object.clone()])?;
            dict.set_item(&key, &entry)?;
        }
        Ok(dict)
    }

    /// Implement pickle support.
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        reduced(self.copy()?)
    }
}

impl UnpicklerMemoProxy {
    pub(super) fn new(unpickler: &Unpickler) -> PyResult<Py<Self>> {
        Py::new(UnpicklerMemoProxy {
            ob_base: PyObject::HEADER,
            unpickler: Field::new(PyClass::to_owned(unpickler)),
        })
    }

    /// The entries of a memo given as a proxy or a dict.
    pub(super) fn entries(value: &PyObject) -> PyResult<Vec<Option<Obj>>> {
        if let Some(proxy) = value.downcast::<UnpicklerMemoProxy>() {
            let memo = proxy
                .unpickler
                .get()
                .map(|unpickler| unpickler.memo().borrow().clone());
            return Ok(memo.unwrap_or_default());
        }
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(type_error!(
                "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {}",
                value.type_().tp_name()
            ));
        };
        let mut memo = Vec::new();
        for (key, object) in dict.items_vec() {
            let Some(key) = key.downcast::<PyLong>() else {
                return Err(type_error!("memo key must be integers"));
            };
            let index = key.to_i64().and_then(|index| usize::try_from(index).ok());
            let index = index.ok_or_else(|| value_error!("memo key must be positive integers."))?;
            put(&mut memo, index, object)?;
        }
        Ok(memo)
    }
}

/// Remembers an object under a number; the one that was there.
pub(super) fn put(memo: &mut Vec<Option<Obj>>, index: usize, object: Obj) -> PyResult<Option<Obj>> {
    if index == memo.len() {
        memo.push(Some(object));
        return Ok(None);
    }
    if index > memo.len() {
        let more = index + 1 - memo.len();
        memo.try_reserve(more)
            .map_err(|_| krait_runtime::err::no_memory())?;
        memo.resize(index + 1, None);
    }
    Ok(memo[index].replace(object))
}

#[pymethods]
impl UnpicklerMemoProxy {
    /// Remove all items from memo.
    #[pymethod(signature = "($self, /)")]
    fn clear(&self) {
        if let Some(unpickler) = self.unpickler.get() {
            let old = unpickler.memo().take();
            drop(old);
        }
    }

    /// Copy the memo to a new object.
    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new()?;
        let Some(unpickler) = self.unpickler.get() else {
            return Ok(dict);
        };
        let memo = unpickler.memo().borrow().clone();
        for (index, object) in memo.iter().enumerate() {
            if let Some(object) = object {
                dict.set_item(&*PyLong::from_usize(index)?, object)?;
            }
        }
        Ok(dict)
    }

    /// Implement pickling support.
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        reduced(self.copy()?)
    }
}
