//! `array`: rows of numbers or characters in machine form.
//!
//! Invariant: while buffers are lent (`exports` is not zero), the bytes stay where they are: every change
//! of the size goes through [`PyArray::resizable`]. No borrow of the bytes is held while Python code runs.

mod kinds;
mod methods;
mod reconstruct;

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, Interpreter, PyErr, PyModule, PyResult, PyStr, PyTuple, PyType, WeakList, buffer_error,
    pymodule,
};

use kinds::{Item, KINDS, Kind};

pymodule! {
    pub ARRAY = "array",
    "This module defines an object type which can efficiently represent\nan array of basic values: characters, integers, floating-point\nnumbers.  Arrays are sequence types and behave very much like lists,\nexcept that the type of objects stored in them is constrained.\n",
    functions: [reconstruct::_array_reconstructor],
    classes: [PyArray],
    hidden: [PyArrayIter],
    exec: Some(exec),
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.dict().set("ArrayType", PyArray::type_object())?;
    let codes: String = KINDS.iter().map(|kind| kind.code).collect();
    module.dict().set("typecodes", &*PyStr::new(&codes)?)?;
    register()
}

/// Makes arrays mutable sequences, as the ABC has it.
fn register() -> PyResult<()> {
    let interp = Interpreter::current();
    if interp.importlib.get().is_none() {
        // A test of the module alone: there is no class to register with.
        return Ok(());
    }
    let collections =
        (interp.hooks.get().import)(&*PyStr::intern("collections.abc")?, None, None, None, 0)?;
    let class = collections
        .getattr(krait_runtime::intern!("abc"))?
        .getattr(krait_runtime::intern!("MutableSequence"))?;
    class.call_method(
        krait_runtime::intern!("register"),
        &[PyArray::type_object()],
    )?;
    Ok(())
}

/// array(typecode [, initializer]) -> array
///
/// Return a new array whose items are restricted by typecode, and
/// initialized from the optional initializer value, which must be a list,
/// string or iterable over elements of the appropriate type.
#[pyclass(
    name = "array",
    module = "array",
    flags(BASETYPE, SEQUENCE),
    methods(CORE, METHODS)
)]
#[repr(C)]
pub struct PyArray {
    ob_base: PyObject,
    kind: &'static Kind,
    bytes: RefCell<Vec<u8>>,
    exports: Cell<usize>,
    /// The length while buffers are lent, for their `shape`.
    shape: Cell<isize>,
    stride: isize,
    #[weaklist]
    weaklist: WeakList,
}

impl PyArray {
    fn with_bytes(cls: &PyType, kind: &'static Kind, bytes: Vec<u8>) -> PyResult<Py<PyArray>> {
        Py::new_in(
            cls,
            PyArray {
                ob_base: PyObject::HEADER,
                kind,
                bytes: RefCell::new(bytes),
                exports: Cell::new(0),
                shape: Cell::new(0),
                stride: kind.size as isize,
                weaklist: WeakList::new(),
            },
        )
    }

    /// The number of items.
    fn len(&self) -> usize {
        self.bytes.borrow().len() / self.kind.size
    }

    fn raw(&self, index: usize) -> Option<Item> {
        let bytes = self.bytes.borrow();
        let at = index.checked_mul(self.kind.size)?;
        let source = bytes.get(at..at + self.kind.size)?;
        let mut item = [0; 8];
        item[..source.len()].copy_from_slice(source);
        Some(item)
    }

    /// The item at an index.
    fn item(&self, index: usize) -> PyResult<Option<Obj>> {
        self.raw(index).map(self.kind.get).transpose()
    }

    /// Overwrites an item; `false` if the array is too short.
    fn overwrite(&self, index: usize, item: Item) -> bool {
        let mut bytes = self.bytes.borrow_mut();
        let at = index * self.kind.size;
        match bytes.get_mut(at..at + self.kind.size) {
            Some(target) => {
                target.copy_from_slice(&item[..self.kind.size]);
                true
            }
            None => false,
        }
    }

    /// The bytes, whose number may be changed; `BufferError` while a buffer is lent.
    fn resizable(&self) -> PyResult<std::cell::RefMut<'_, Vec<u8>>> {
        if self.exports.get() > 0 {
            return Err(buffer_error!(
                "cannot resize an array that is exporting buffers"
            ));
        }
        Ok(self.bytes.borrow_mut())
    }

    /// Adds an item at the end.
    fn push(&self, value: &PyObject) -> PyResult<()> {
        let item = (self.kind.set)(value)?;
        let mut bytes = self.resizable()?;
        grow(&mut bytes, self.kind.size)?;
        bytes.extend_from_slice(&item[..self.kind.size]);
        Ok(())
    }

    /// Adds machine bytes at the end, a whole number of items.
    fn push_bytes(&self, more: &[u8]) -> PyResult<()> {
        if !more.len().is_multiple_of(self.kind.size) {
            return Err(krait_runtime::value_error!(
                "bytes length not a multiple of item size"
            ));
        }
        if more.is_empty() {
            return Ok(());
        }
        let mut bytes = self.resizable()?;
        grow(&mut bytes, more.len())?;
        bytes.extend_from_slice(more);
        Ok(())
    }
}

/// Makes room for more bytes, or `MemoryError`.
fn grow(bytes: &mut Vec<u8>, more: usize) -> PyResult<()> {
    bytes
        .try_reserve(more)
        .map_err(|_| krait_runtime::err::no_memory())
}

fn no_memory() -> PyErr {
    krait_runtime::err::no_memory()
}

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(
    name = "arrayiterator",
    module = "array",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct PyArrayIter {
    ob_base: PyObject,
    #[traverse]
    array: Field<PyArray>,
    next: Cell<usize>,
}

impl PyArrayIter {
    fn make(array: &PyArray) -> PyResult<Obj> {
        let iterator = Py::new(PyArrayIter {
            ob_base: PyObject::HEADER,
            array: Field::new(PyClass::to_owned(array)),
            next: Cell::new(0),
        })?;
        Ok(iterator.into_object())
    }
}

#[pymethods]
impl PyArrayIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(array) = self.array.get() else {
            return Ok(None);
        };
        let index = self.next.get();
        match array.item(index)? {
            Some(item) => {
                self.next.set(index + 1);
                Ok(Some(item))
            }
            None => {
                self.array.set(None);
                Ok(None)
            }
        }
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        use krait_runtime::seq_iter::{builtin, reduce_with};
        match self.array.get() {
            Some(array) => reduce_with("iter", array.into_object(), Some(self.next.get() as isize)),
            None => {
                let empty = PyTuple::from_vec(vec![PyTuple::empty().into_object()])?;
                let parts = vec![builtin("iter")?, empty.into_object()];
                Ok(PyTuple::from_vec(parts)?.into_object())
            }
        }
    }

    /// Set state information for unpickling.
    #[pymethod(name = "__setstate__", signature = "($self, state, /)")]
    fn setstate(&self, state: isize) {
        if let Some(array) = self.array.get() {
            self.next.set(state.clamp(0, array.len() as isize) as usize);
        }
    }
}
