//! `repr` of containers: guarded against cycles, one item after another.

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyStr, StrBuilder, ThreadState};

/// How a row of items is written.
pub struct Separated {
    /// Before the first item.
    pub open: &'static str,
    /// After the last item.
    pub close: &'static str,
    /// For the container inside itself.
    pub recursive: &'static str,
}

/// Marks an object as being written, until dropped (`Py_ReprEnter` and `Py_ReprLeave`).
pub struct ReprGuard(*const PyObject);

impl ReprGuard {
    /// `None` if the object is being written already.
    pub fn enter(object: &PyObject) -> Option<ReprGuard> {
        let mut stack = ThreadState::current().repr_stack.borrow_mut();
        let address = std::ptr::from_ref(object);
        if stack.contains(&address) {
            return None;
        }
        stack.push(address);
        Some(ReprGuard(address))
    }
}

impl Drop for ReprGuard {
    fn drop(&mut self) {
        let mut stack = ThreadState::current().repr_stack.borrow_mut();
        if let Some(at) = stack.iter().rposition(|&each| each == self.0) {
            stack.remove(at);
        }
    }
}

/// Writes a row of items; `item` is asked anew each time, since writing an item may change the row.
pub fn repr_sequence(
    object: &PyObject,
    style: &Separated,
    item: impl Fn(usize) -> Option<Obj>,
) -> PyResult<Py<PyStr>> {
    let Some(_guard) = ReprGuard::enter(object) else {
        return PyStr::new(style.recursive);
    };
    let mut text = StrBuilder::new();
    text.push_str(style.open);
    let mut index = 0;
    while let Some(each) = item(index) {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_py(&*each.repr()?);
        index += 1;
    }
    if style.close == ",)" && index != 1 {
        text.push_str(")");
    } else {
        text.push_str(style.close);
    }
    text.finish()
}

/// The default `repr`: `<module.Class object at 0x…>`.
pub fn default_repr(object: &PyObject) -> PyResult<Py<PyStr>> {
    let class = object.type_();
    let module = class.lookup_attr(crate::intern!("__module__"))?;
    let qualname = class
        .getattr(crate::intern!("__qualname__"))?
        .str()?
        .to_string_lossy();
    match module.as_deref().and_then(PyObject::downcast::<PyStr>) {
        Some(module) if !module.is_text("builtins") => PyStr::new(&format!(
            "<{}.{qualname} object at {object:p}>",
            module.to_string_lossy()
        )),
        _ => PyStr::new(&format!("<{} object at {object:p}>", class.name())),
    }
}

impl std::fmt::Pointer for PyObject {
    /// The object's address, as `hex(id(obj))`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Pointer::fmt(&std::ptr::from_ref(self.as_object()), out)
    }
}
