//! `NameError` and `AttributeError`: they know the name, for suggestions.

use std::mem::offset_of;

use krait_abi as abi;

use super::base::{PyBaseException, reduced};
use super::class::{
    Exception, Own, clear_all, exception_class, member, method_noargs, noargs, take_keywords,
    traverse_all,
};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, PyObject};
use crate::{PyDict, PyResult, PyTuple};

/// `NameError`.
#[repr(C)]
pub struct PyNameError {
    base: PyBaseException,
    /// The name that was not found.
    pub name: Field<PyObject>,
}

/// `AttributeError`.
#[repr(C)]
pub struct PyAttributeError {
    base: PyBaseException,
    /// The object that lacks the attribute.
    pub obj: Field<PyObject>,
    /// The attribute's name.
    pub name: Field<PyObject>,
}

const _: () = {
    assert!(size_of::<PyNameError>() == size_of::<abi::PyNameErrorObject>());
    assert!(offset_of!(PyAttributeError, name) == offset_of!(abi::PyAttributeErrorObject, name));
};

exception_class!(PyNameError, NameError);
exception_class!(PyAttributeError, AttributeError);

impl Exception for PyNameError {
    const OWN: Own = Own {
        init: true,
        members: &[
            member(
                c"name",
                offset_of!(PyNameError, name),
                abi::_Py_T_OBJECT,
                0,
                c"name",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, None)?;
        let [name] = take_keywords("NameError", kwargs, ["name"])?;
        self.name.set(name);
        Ok(())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&[&self.name], visitor)
    }

    fn clear_own(&self) {
        clear_all(&[&self.name]);
    }
}

impl PyAttributeError {
    /// The state for pickling. The object is left out: it may be anything.
    fn getstate(&self) -> PyResult<Obj> {
        let dict = self.base.dict.get();
        let state = match &dict {
            Some(dict) => dict.copy()?,
            None => PyDict::new()?,
        };
        if let Some(name) = self.name.get() {
            state.set("name", &name)?;
        }
        state.set("args", &*self.base.args()?)?;
        Ok(state.into_object())
    }

    fn reduce(&self) -> PyResult<Obj> {
        let state = self.getstate()?;
        reduced(self, self.base.args()?.into_object(), Some(state))
    }
}

noargs!(
    attribute_getstate = PyAttributeError,
    PyAttributeError::getstate
);
noargs!(
    attribute_reduce = PyAttributeError,
    PyAttributeError::reduce
);

impl Exception for PyAttributeError {
    const OWN: Own = Own {
        init: true,
        methods: &[
            method_noargs(
                c"__getstate__",
                c"__getstate__($self, /)\n--\n\n",
                attribute_getstate,
            ),
            method_noargs(
                c"__reduce__",
                c"__reduce__($self, /)\n--\n\n",
                attribute_reduce,
            ),
            abi::PyMethodDef::EMPTY,
        ],
        members: &[
            member(
                c"name",
                offset_of!(PyAttributeError, name),
                abi::_Py_T_OBJECT,
                0,
                c"attribute name",
            ),
            member(
                c"obj",
                offset_of!(PyAttributeError, obj),
                abi::_Py_T_OBJECT,
                0,
                c"object",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, None)?;
        let [name, obj] = take_keywords("AttributeError", kwargs, ["name", "obj"])?;
        self.name.set(name);
        self.obj.set(obj);
        Ok(())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&[&self.obj, &self.name], visitor)
    }

    fn clear_own(&self) {
        clear_all(&[&self.obj, &self.name]);
    }
}
