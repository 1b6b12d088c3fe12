//! `SyntaxError`.

use std::ffi::CStr;
use std::mem::offset_of;

use krait_abi as abi;

use super::base::{PyBaseException, or_none, to_tuple};
use super::class::{Exception, Own, clear_all, exception_class, member, traverse_all};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyDict, PyLong, PyResult, PyStr, PyTuple};

/// `SyntaxError`.
#[repr(C)]
#[allow(
    missing_docs,
    reason = "the fields are the attributes of the same names"
)]
pub struct PySyntaxError {
    base: PyBaseException,
    pub msg: Field<PyObject>,
    pub filename: Field<PyObject>,
    pub lineno: Field<PyObject>,
    pub offset: Field<PyObject>,
    pub end_lineno: Field<PyObject>,
    pub end_offset: Field<PyObject>,
    pub text: Field<PyObject>,
    pub print_file_and_line: Field<PyObject>,
    pub metadata: Field<PyObject>,
}

const _: () = assert!(size_of::<PySyntaxError>() == size_of::<abi::PySyntaxErrorObject>());

exception_class!(PySyntaxError, SyntaxError);

impl PySyntaxError {
    fn fields(&self) -> [&Field<PyObject>; 9] {
        [
            &self.msg,
            &self.filename,
            &self.lineno,
            &self.offset,
            &self.end_lineno,
            &self.end_offset,
            &self.text,
            &self.print_file_and_line,
            &self.metadata,
        ]
    }

    /// Takes the second argument apart: file name, line, offset, text, end line, end offset, metadata.
    fn fill_location(&self, info: &PyTuple) -> PyResult<()> {
        let given = info.len();
        if given < 4 {
            return Err(crate::type_error!(
                "function takes at least 4 arguments ({given} given)"
            ));
        }
        if given > 7 {
            return Err(crate::type_error!(
                "function takes at most 7 arguments ({given} given)"
            ));
        }
        let part = |index: usize| info.as_slice().get(index).map(|part| part.to_obj());
        self.filename.set(part(0));
        self.lineno.set(part(1));
        self.offset.set(part(2));
        self.text.set(part(3));
        self.end_lineno.set(part(4));
        self.end_offset.set(part(5));
        self.metadata.set(part(6));
        if given == 5 {
            return Err(crate::type_error!(
                "end_offset must be provided when end_lineno is provided"
            ));
        }
        Ok(())
    }
}

const fn field(name: &'static CStr, offset: usize, doc: &'static CStr) -> abi::PyMemberDef {
    member(name, offset, abi::_Py_T_OBJECT, 0, doc)
}

impl Exception for PySyntaxError {
    const OWN: Own = Own {
        init: true,
        str: true,
        members: &[
            field(c"msg", offset_of!(PySyntaxError, msg), c"exception msg"),
            field(
                c"filename",
                offset_of!(PySyntaxError, filename),
                c"exception filename",
            ),
            field(
                c"lineno",
                offset_of!(PySyntaxError, lineno),
                c"exception lineno",
            ),
            field(
                c"offset",
                offset_of!(PySyntaxError, offset),
                c"exception offset",
            ),
            field(c"text", offset_of!(PySyntaxError, text), c"exception text"),
            field(
                c"end_lineno",
                offset_of!(PySyntaxError, end_lineno),
                c"exception end lineno",
            ),
            field(
                c"end_offset",
                offset_of!(PySyntaxError, end_offset),
                c"exception end offset",
            ),
            field(
                c"print_file_and_line",
                offset_of!(PySyntaxError, print_file_and_line),
                c"exception print_file_and_line",
            ),
            field(
                c"_metadata",
                offset_of!(PySyntaxError, metadata),
                c"exception private metadata",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        self.base.init(args, kwargs)?;
        if let Some(message) = args.as_slice().first() {
            self.msg.set(Some(message.to_obj()));
        }
        if args.len() == 2 {
            self.fill_location(&*to_tuple(&args.as_slice()[1])?)?;
        }
        Ok(())
    }

    fn str(&self) -> PyResult<Obj> {
        let message = or_none(self.msg.get()).str()?;
        let filename = self.filename.get().and_then(|name| {
            let name = name.downcast::<PyStr>()?.to_string_lossy();
            Some(name.rsplit('/').next().unwrap_or_default().to_owned())
        });
        let lineno = self.lineno.get().filter(|line| line.is_exact::<PyLong>());
        let lineno = match lineno {
            Some(line) => Some(line.str()?.to_string_lossy()),
            None => None,
        };
        let place = match (filename, lineno) {
            (Some(file), Some(line)) => format!("{file}, line {line}"),
            (Some(file), None) => file,
            (None, Some(line)) => format!("line {line}"),
            (None, None) => return Ok(message.into_object()),
        };
        Ok(PyStr::new(&format!("{} ({place})", message.to_string_lossy()))?.into_object())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&self.fields(), visitor)
    }

    fn clear_own(&self) {
        clear_all(&self.fields());
    }
}
