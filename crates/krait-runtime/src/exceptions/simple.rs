//! `StopIteration`, `SystemExit`, and `KeyError`'s way to be shown.

use std::mem::offset_of;

use krait_abi as abi;

use super::base::PyBaseException;
use super::class::{Exception, Own, clear_all, exception_class, member, traverse_all};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyDict, PyResult, PyTuple};

/// `StopIteration`.
#[repr(C)]
pub struct PyStopIteration {
    base: PyBaseException,
    /// The generator's return value.
    pub value: Field<PyObject>,
}

/// `SystemExit`.
#[repr(C)]
pub struct PySystemExit {
    base: PyBaseException,
    /// The exit status; empty for `None`.
    pub code: Field<PyObject>,
}

/// `KeyError`: no field of its own.
#[repr(C)]
pub(super) struct PyKeyError {
    base: PyBaseException,
}

const _: () = {
    assert!(size_of::<PyStopIteration>() == size_of::<abi::PyStopIterationObject>());
    assert!(size_of::<PySystemExit>() == size_of::<abi::PySystemExitObject>());
};

exception_class!(PyStopIteration, StopIteration);
exception_class!(PySystemExit, SystemExit);
exception_class!(PyKeyError, KeyError);

impl Exception for PyStopIteration {
    const OWN: Own = Own {
        init: true,
        members: &[
            member(
                c"value",
                offset_of!(PyStopIteration, value),
                abi::_Py_T_OBJECT,
                0,
                c"generator return value",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, kwargs)?;
        let value = args
            .as_slice()
            .first()
            .map_or_else(|| crate::none().to_obj(), |arg| arg.to_obj());
        self.value.set(Some(value));
        Ok(())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&[&self.value], visitor)
    }

    fn clear_own(&self) {
        clear_all(&[&self.value]);
    }
}

impl Exception for PySystemExit {
    const OWN: Own = Own {
        init: true,
        members: &[
            member(
                c"code",
                offset_of!(PySystemExit, code),
                abi::_Py_T_OBJECT,
                0,
                c"exception code",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, kwargs)?;
        let code: Option<Obj> = match args.as_slice() {
            [] => return Ok(()),
            [code] => Some(code.to_obj()),
            _ => Some(args.to_obj()),
        };
        self.code.set(code);
        Ok(())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&[&self.code], visitor)
    }

    fn clear_own(&self) {
        clear_all(&[&self.code]);
    }
}

impl Exception for PyKeyError {
    const OWN: Own = Own {
        str: true,
        ..Own::NOTHING
    };

    /// The key as `repr` shows it: an empty string would be no message at all.
    fn str(&self) -> PyResult<Obj> {
        match self.base.args()?.as_slice() {
            [key] => Ok(key.repr()?.into_object()),
            _ => self.base.base_str(),
        }
    }
}
