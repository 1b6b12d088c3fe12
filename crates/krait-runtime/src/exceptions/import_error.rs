//! `ImportError`.

use std::mem::offset_of;

use krait_abi as abi;

use super::base::{PyBaseException, reduced};
use super::class::{
    Exception, Own, clear_all, exception_class, member, method_noargs, noargs, take_keywords,
    traverse_all,
};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyDict, PyErr, PyResult, PyStr, PyTuple};

/// `ImportError`.
#[repr(C)]
pub struct PyImportError {
    base: PyBaseException,
    /// The message.
    pub msg: Field<PyObject>,
    /// The module's name.
    pub name: Field<PyObject>,
    /// The module's path.
    pub path: Field<PyObject>,
    /// The name that was not found in the module.
    pub name_from: Field<PyObject>,
}

const _: () = assert!(size_of::<PyImportError>() == size_of::<abi::PyImportErrorObject>());

exception_class!(PyImportError, ImportError);

impl PyImportError {
    /// Raises `class(message, name=…, path=…, name_from=…)`.
    #[cold]
    pub fn raise(
        class: &crate::PyType,
        message: &str,
        name: Option<&PyObject>,
        path: Option<&PyObject>,
        name_from: Option<&PyObject>,
    ) -> PyErr {
        let made = PyStr::new(message).and_then(|text| super::new_with_message(class, &text));
        match made {
            Ok(exception) => {
                if let Some(error) = exception.downcast::<PyImportError>() {
                    error.name.set(name.map(PyClass::to_obj));
                    error.path.set(path.map(PyClass::to_obj));
                    error.name_from.set(name_from.map(PyClass::to_obj));
                }
                PyErr::raise(exception)
            }
            Err(error) => error,
        }
    }

    fn getstate(&self) -> PyResult<Option<Obj>> {
        let dict = self.base.dict.get();
        let fields = [
            ("name", self.name.get()),
            ("path", self.path.get()),
            ("name_from", self.name_from.get()),
        ];
        if fields.iter().all(|(_, value)| value.is_none()) {
            return Ok(dict.map(Py::into_object));
        }
        let state = match &dict {
            Some(dict) => dict.copy()?,
            None => PyDict::new()?,
        };
        for (name, value) in fields {
            if let Some(value) = value {
                state.set(name, &value)?;
            }
        }
        Ok(Some(state.into_object()))
    }

    fn reduce(&self) -> PyResult<Obj> {
        let state = self.getstate()?;
        reduced(self, self.base.args()?.into_object(), state)
    }

    fn fields(&self) -> [&Field<PyObject>; 4] {
        [&self.msg, &self.name, &self.path, &self.name_from]
    }
}

noargs!(import_reduce = PyImportError, PyImportError::reduce);

macro_rules! import_member {
    ($name:literal, $field:ident, $doc:literal) => {
        member(
            $name,
            offset_of!(PyImportError, $field),
            abi::_Py_T_OBJECT,
            0,
            $doc,
        )
    };
}

impl Exception for PyImportError {
    const OWN: Own = Own {
        init: true,
        str: true,
        methods: &[
            method_noargs(
                c"__reduce__",
                c"__reduce__($self, /)\n--\n\n",
                import_reduce,
            ),
            abi::PyMethodDef::EMPTY,
        ],
        members: &[
            import_member!(c"msg", msg, c"exception message"),
            import_member!(c"name", name, c"module name"),
            import_member!(c"path", path, c"module path"),
            import_member!(c"name_from", name_from, c"name imported from module"),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, None)?;
        let [name, path, name_from] =
            take_keywords("ImportError", kwargs, ["name", "path", "name_from"])?;
        self.name.set(name);
        self.path.set(path);
        self.name_from.set(name_from);
        self.msg.set(match args.as_slice() {
            [message] => Some(message.to_obj()),
            _ => None,
        });
        Ok(())
    }

    fn str(&self) -> PyResult<Obj> {
        match self.msg.get() {
            Some(message) if message.is_exact::<PyStr>() => Ok(message),
            _ => self.base.base_str(),
        }
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&self.fields(), visitor)
    }

    fn clear_own(&self) {
        clear_all(&self.fields());
    }
}
