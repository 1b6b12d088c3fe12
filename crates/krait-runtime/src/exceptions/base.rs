//! `BaseException`.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;

use super::class::{
    self, Exception, Own, accessors, getset, member, method_noargs, method_o, no_keywords, noargs,
    one_arg,
};
use super::is_exception;
use crate::err::no_memory;
use crate::field::Field;
use crate::gc::{TRAVERSED, Traverse, TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::traceback::PyTraceback;
use crate::typeobject::PyType;
use crate::{PyDict, PyList, PyResult, PyStr, PyTuple};

/// An exception: the fields that all of them have.
#[repr(C)]
pub struct PyBaseException {
    ob_base: PyObject,
    /// The instance dictionary.
    pub dict: Field<PyDict>,
    /// `args`; never empty once the exception is made.
    pub args: Field<PyTuple>,
    /// Unused, as in CPython: `__notes__` is in the dictionary.
    pub notes: Field<PyObject>,
    /// `__traceback__`; empty for `None`.
    pub traceback: Field<PyObject>,
    /// `__context__`; empty for `None`.
    pub context: Field<PyObject>,
    /// `__cause__`; empty for `None`.
    pub cause: Field<PyObject>,
    /// `__suppress_context__`.
    pub suppress_context: Cell<u8>,
}

const _: () = {
    assert!(size_of::<PyBaseException>() == size_of::<abi::PyBaseExceptionObject>());
    assert!(
        offset_of!(PyBaseException, suppress_context)
            == offset_of!(abi::PyBaseExceptionObject, suppress_context)
    );
};

impl std::ops::Deref for PyBaseException {
    type Target = PyObject;

    #[inline(always)]
    fn deref(&self) -> &PyObject {
        &self.ob_base
    }
}

// SAFETY: every exception starts with these fields (invariant 1 of the module).
unsafe impl PyClass for PyBaseException {
    const NAME: &'static str = "BaseException";

    #[inline(always)]
    fn type_object() -> &'static PyType {
        &super::exc::BaseException
    }

    #[inline(always)]
    fn check(object: &PyObject) -> bool {
        is_exception(object)
    }
}

/// The common part of an exception.
#[inline(always)]
pub(super) fn of<E: Exception>(exception: &E) -> &PyBaseException {
    // SAFETY: every struct of an exception class starts with `PyBaseException`.
    unsafe { exception.as_object().downcast_unchecked() }
}

/// What `BaseException.__new__` does: an instance of `class` with `args` and nothing else.
pub(super) fn allocate(class: &PyType, args: &PyTuple) -> PyResult<Obj> {
    let object = match class.raw().tp_alloc.get() {
        Some(tp_alloc)
            if !std::ptr::fn_addr_eq(
                tp_alloc,
                crate::alloc::type_generic_alloc as abi::allocfunc,
            ) =>
        {
            // SAFETY: `tp_alloc` takes a ready class.
            let object = unsafe { tp_alloc(class.as_type_ptr(), 0) };
            if object.is_null() {
                return Err(crate::PyErr::fetch());
            }
            object
        }
        _ => crate::alloc::generic_alloc(class, 0),
    };
    // SAFETY: an owned reference, or null.
    let exception =
        unsafe { Py::<PyBaseException>::from_owned_ptr_opt(object) }.ok_or_else(no_memory)?;
    exception.args.set(Some(args.to_owned()));
    Ok(exception.into_object())
}

impl PyBaseException {
    pub(super) fn traverse_fields(&self, visitor: &mut Visitor) -> TraverseResult {
        self.dict.traverse(visitor)?;
        self.args.traverse(visitor)?;
        class::traverse_all(
            &[&self.notes, &self.traceback, &self.context, &self.cause],
            visitor,
        )?;
        TRAVERSED
    }

    pub(super) fn clear_fields(&self) {
        self.dict.set(None);
        self.args.set(None);
        class::clear_all(&[&self.notes, &self.traceback, &self.context, &self.cause]);
    }

    /// `args`.
    pub fn args(&self) -> PyResult<Py<PyTuple>> {
        match self.args.get() {
            Some(args) => Ok(args),
            None => PyTuple::from_vec(Vec::new()),
        }
    }

    /// The first of `args`.
    pub fn first_arg(&self) -> Option<Obj> {
        self.args.get()?.as_slice().first().map(|arg| arg.to_obj())
    }

    pub(super) fn base_str(&self) -> PyResult<Obj> {
        let args = self.args()?;
        Ok(match args.as_slice() {
            [] => PyStr::new("")?,
            [message] => message.str()?,
            _ => args.str()?,
        }
        .into_object())
    }

    pub(super) fn base_repr(&self) -> PyResult<Obj> {
        let args = self.args()?;
        let name = self.type_name();
        let text = match args.as_slice() {
            [only] => format!("{name}({})", only.repr()?.to_string_lossy()),
            _ => format!("{name}{}", args.repr()?.to_string_lossy()),
        };
        Ok(PyStr::new(&text)?.into_object())
    }

    /// `__traceback__`, unless `None`.
    pub fn traceback(&self) -> Option<Obj> {
        self.traceback.get()
    }

    /// Sets `__cause__`, and with it `__suppress_context__`, as `raise … from …` does.
    pub fn set_cause(&self, cause: Option<Obj>) {
        self.cause.set(cause);
        self.suppress_context.set(1);
    }

    /// Adds a string to `__notes__`.
    pub fn add_note(&self, note: &PyObject) -> PyResult<Obj> {
        if note.downcast::<PyStr>().is_none() {
            return Err(crate::type_error!(
                "add_note() argument must be str, not {}",
                note.type_name()
            ));
        }
        let notes = match self.lookup_attr(crate::intern!("__notes__"))? {
            Some(notes) => notes,
            None => {
                let notes = PyList::from_vec(Vec::new())?.into_object();
                self.setattr_str("__notes__", &notes)?;
                notes
            }
        };
        match notes.downcast::<PyList>() {
            Some(notes) => notes.push(note.to_obj())?,
            None => {
                return Err(crate::type_error!(
                    "Cannot add note: __notes__ is not a list"
                ));
            }
        }
        Ok(crate::none().to_obj())
    }

    fn with_traceback(&self, traceback: &PyObject) -> PyResult<Obj> {
        self.set_traceback(Some(traceback))?;
        Ok(self.to_obj())
    }

    fn setstate(&self, state: &PyObject) -> PyResult<Obj> {
        if !state.is(crate::none()) {
            let Some(state) = state.downcast::<PyDict>() else {
                return Err(crate::type_error!("state is not a dictionary"));
            };
            for (name, value) in state.items_vec() {
                self.setattr(&name, Some(&value))?;
            }
        }
        Ok(crate::none().to_obj())
    }

    fn reduce(&self) -> PyResult<Obj> {
        reduced(
            self,
            self.args()?.into_object(),
            self.dict.get().map(Py::into_object),
        )
    }

    fn get_args(&self) -> PyResult<Obj> {
        Ok(self.args()?.into_object())
    }

    fn set_args(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("args may not be deleted"));
        };
        self.args.set(Some(to_tuple(value)?));
        Ok(())
    }

    fn get_traceback(&self) -> PyResult<Obj> {
        Ok(or_none(self.traceback.get()))
    }

    fn set_traceback(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("__traceback__ may not be deleted"));
        };
        if value.is(crate::none()) {
            self.traceback.set(None);
        } else if value.downcast::<PyTraceback>().is_some() {
            self.traceback.set(Some(value.to_obj()));
        } else {
            return Err(crate::type_error!(
                "__traceback__ must be a traceback or None"
            ));
        }
        Ok(())
    }

    fn get_context(&self) -> PyResult<Obj> {
        Ok(or_none(self.context.get()))
    }

    fn set_context(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.context.set(chained(value, "context")?);
        Ok(())
    }

    fn get_cause(&self) -> PyResult<Obj> {
        Ok(or_none(self.cause.get()))
    }

    fn set_cause_attr(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.set_cause(chained(value, "cause")?);
        Ok(())
    }

    fn get_dict(&self) -> PyResult<Obj> {
        Ok(or_none(self.instance_dict_or_new()?.map(Py::into_object)))
    }

    fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("cannot delete __dict__"));
        };
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(crate::type_error!(
                "__dict__ must be set to a dictionary, not a '{}'",
                value.type_name()
            ));
        };
        self.set_instance_dict(Some(dict.to_owned()))
    }
}

/// What `__cause__` or `__context__` may be set to.
fn chained(value: Option<&PyObject>, what: &str) -> PyResult<Option<Obj>> {
    match value {
        None => Err(crate::type_error!("__{what}__ may not be deleted")),
        Some(value) if value.is(crate::none()) => Ok(None),
        Some(value) if is_exception(value) => Ok(Some(value.to_obj())),
        Some(_) => Err(crate::type_error!(
            "exception {what} must be None or derive from BaseException"
        )),
    }
}

/// What `__reduce__` of exceptions gives: class, arguments, and the state if there is one.
pub(super) fn reduced(exception: &PyObject, args: Obj, state: Option<Obj>) -> PyResult<Obj> {
    let mut parts = vec![exception.type_().to_obj(), args];
    parts.extend(state);
    Ok(PyTuple::from_vec(parts)?.into_object())
}

/// A value, or `None`.
pub(super) fn or_none(value: Option<Obj>) -> Obj {
    value.unwrap_or_else(|| crate::none().to_obj())
}

/// `tuple(value)`.
pub(super) fn to_tuple(value: &PyObject) -> PyResult<Py<PyTuple>> {
    if let Some(tuple) = value.downcast_exact::<PyTuple>() {
        return Ok(tuple.to_owned());
    }
    let tuple = PyTuple::type_object().as_object().call1(value)?;
    tuple
        .cast::<PyTuple>()
        .map_err(|_| crate::system_error!("tuple() did not return a tuple"))
}

noargs!(base_reduce = PyBaseException, PyBaseException::reduce);
one_arg!(base_setstate = PyBaseException, PyBaseException::setstate);
one_arg!(
    base_with_traceback = PyBaseException,
    PyBaseException::with_traceback
);
one_arg!(base_add_note = PyBaseException, PyBaseException::add_note);
accessors!(
    args_get,
    args_set = PyBaseException,
    PyBaseException::get_args,
    PyBaseException::set_args
);
accessors!(
    dict_get,
    dict_set = PyBaseException,
    PyBaseException::get_dict,
    PyBaseException::set_dict
);
accessors!(
    traceback_get,
    traceback_set = PyBaseException,
    PyBaseException::get_traceback,
    PyBaseException::set_traceback
);
accessors!(
    context_get,
    context_set = PyBaseException,
    PyBaseException::get_context,
    PyBaseException::set_context
);
accessors!(
    cause_get,
    cause_set = PyBaseException,
    PyBaseException::get_cause,
    PyBaseException::set_cause_attr
);

impl Exception for PyBaseException {
    const OWN: Own = Own {
        init: true,
        str: true,
        repr: true,
        new: Some(class::base_new),
        methods: &[
            method_noargs(c"__reduce__", c"__reduce__($self, /)\n--\n\n", base_reduce),
            method_o(c"__setstate__", c"__setstate__($self, state, /)\n--\n\n", base_setstate),
            method_o(
                c"with_traceback",
                c"with_traceback($self, tb, /)\n--\n\nSet self.__traceback__ to tb and return self.",
                base_with_traceback,
            ),
            method_o(
                c"add_note",
                c"add_note($self, note, /)\n--\n\nAdd a note to the exception",
                base_add_note,
            ),
            abi::PyMethodDef::EMPTY,
        ],
        members: &[
            member(
                c"__suppress_context__",
                offset_of!(PyBaseException, suppress_context),
                abi::Py_T_BOOL,
                0,
                c"",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        getset: &[
            getset(c"__dict__", dict_get, dict_set),
            getset(c"args", args_get, args_set),
            getset(c"__traceback__", traceback_get, traceback_set),
            getset(c"__context__", context_get, context_set),
            getset(c"__cause__", cause_get, cause_set),
            abi::PyGetSetDef::EMPTY,
        ],
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        no_keywords(self.type_(), kwargs)?;
        self.args.set(Some(args.to_owned()));
        Ok(())
    }
}
