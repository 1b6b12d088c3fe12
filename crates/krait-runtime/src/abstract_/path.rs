//! Path-like objects (PEP 519).

use crate::object::{Obj, PyClass, PyObject};
use crate::{PyBytes, PyResult, PyStr, type_error};

impl PyObject {
    /// What `__fspath__` gives, which must be str or bytes; `None` where the class has no such method, or None in its
    /// place.
    pub fn fspath_by_method(&self) -> PyResult<Option<Obj>> {
        let name = crate::intern!("__fspath__");
        if self
            .type_()
            .lookup(name)
            .is_some_and(|method| method.is(crate::none()))
        {
            return Ok(None);
        }
        let Some(path) = self.call_special(crate::intern!("__fspath__"), &[])? else {
            return Ok(None);
        };
        if is_text(&path) {
            return Ok(Some(path));
        }
        Err(type_error!(
            "expected {}.__fspath__() to return str or bytes, not {}",
            self.type_().tp_name(),
            path.type_().tp_name()
        ))
    }

    /// `os.fspath()`: the object itself if it is str or bytes.
    pub fn fspath(&self) -> PyResult<Obj> {
        if is_text(self) {
            return Ok(self.to_obj());
        }
        self.fspath_by_method()?.ok_or_else(|| {
            type_error!(
                "expected str, bytes or os.PathLike object, not {}",
                self.type_().tp_name()
            )
        })
    }
}

fn is_text(object: &PyObject) -> bool {
    object.is_instance_of::<PyStr>() || object.is_instance_of::<PyBytes>()
}
