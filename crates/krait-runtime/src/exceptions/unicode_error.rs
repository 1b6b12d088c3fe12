//! `UnicodeEncodeError`, `UnicodeDecodeError` and `UnicodeTranslateError`.

use std::cell::Cell;
use std::ffi::CStr;
use std::mem::offset_of;

use krait_abi as abi;

use super::base::PyBaseException;
use super::class::{
    Exception, Own, base_new, clear_all, exception_class, member, no_keywords, traverse_all,
};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyBytes, PyDict, PyErr, PyLong, PyResult, PyStr, PyTuple};

/// The struct of the three classes.
#[repr(C)]
#[allow(
    missing_docs,
    reason = "the fields are the attributes of the same names"
)]
pub struct PyUnicodeError {
    base: PyBaseException,
    pub encoding: Field<PyObject>,
    pub object: Field<PyObject>,
    pub start: Cell<isize>,
    pub end: Cell<isize>,
    pub reason: Field<PyObject>,
}

/// `UnicodeEncodeError`.
#[repr(C)]
pub(super) struct PyUnicodeEncodeError(PyUnicodeError);

/// `UnicodeDecodeError`.
#[repr(C)]
pub(super) struct PyUnicodeDecodeError(PyUnicodeError);

/// `UnicodeTranslateError`.
#[repr(C)]
pub(super) struct PyUnicodeTranslateError(PyUnicodeError);

const _: () = assert!(size_of::<PyUnicodeError>() == size_of::<abi::PyUnicodeErrorObject>());

exception_class!(PyUnicodeEncodeError, UnicodeEncodeError);
exception_class!(PyUnicodeDecodeError, UnicodeDecodeError);
exception_class!(PyUnicodeTranslateError, UnicodeTranslateError);

impl std::ops::Deref for PyUnicodeError {
    type Target = PyObject;

    #[inline(always)]
    fn deref(&self) -> &PyObject {
        &self.base
    }
}

// SAFETY: exactly the three classes and their subclasses are laid out as this struct; `check` asks
// for one of them.
unsafe impl PyClass for PyUnicodeError {
    const NAME: &'static str = "UnicodeError";

    fn type_object() -> &'static PyType {
        &super::exc::UnicodeError
    }

    fn check(object: &PyObject) -> bool {
        let class = object.type_();
        class.is_subtype(&super::exc::UnicodeEncodeError)
            || class.is_subtype(&super::exc::UnicodeDecodeError)
            || class.is_subtype(&super::exc::UnicodeTranslateError)
    }
}

/// Raises `UnicodeEncodeError`.
#[cold]
pub(crate) fn encode_error(
    encoding: &str,
    object: &PyStr,
    start: usize,
    end: usize,
    reason: &str,
) -> PyErr {
    raise(
        &super::exc::UnicodeEncodeError,
        encoding,
        object,
        start,
        end,
        reason,
    )
}

/// Raises `UnicodeDecodeError`.
#[cold]
pub(crate) fn decode_error(
    encoding: &str,
    object: &PyBytes,
    start: usize,
    end: usize,
    reason: &str,
) -> PyErr {
    raise(
        &super::exc::UnicodeDecodeError,
        encoding,
        object,
        start,
        end,
        reason,
    )
}

fn raise(
    class: &PyType,
    encoding: &str,
    object: &PyObject,
    start: usize,
    end: usize,
    reason: &str,
) -> PyErr {
    let build = || -> PyResult<Obj> {
        let args = vec![
            PyStr::new(encoding)?.into_object(),
            object.to_obj(),
            PyLong::from_i64(start as i64)?.into_object(),
            PyLong::from_i64(end as i64)?.into_object(),
            PyStr::new(reason)?.into_object(),
        ];
        super::new_with_args(class, args)
    };
    match build() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

/// `start` moved into a text of `len` characters.
pub(crate) fn clamp_start(start: isize, len: usize) -> usize {
    (start.max(0) as usize).min(len.saturating_sub(1))
}

/// `end` moved into a text of `len` characters.
pub(crate) fn clamp_end(end: isize, len: usize) -> usize {
    (end.max(1) as usize).min(len)
}

impl PyUnicodeError {
    fn fields(&self) -> [&Field<PyObject>; 3] {
        [&self.encoding, &self.object, &self.reason]
    }

    /// The text that could not be encoded or translated.
    pub fn text(&self) -> PyResult<Py<PyStr>> {
        let object = self.object.get().ok_or_else(|| not_set("object"))?;
        object
            .cast::<PyStr>()
            .map_err(|_| crate::type_error!("object attribute must be unicode"))
    }

    /// The bytes that could not be decoded.
    pub fn bytes(&self) -> PyResult<Py<PyBytes>> {
        let object = self.object.get().ok_or_else(|| not_set("object"))?;
        object
            .cast::<PyBytes>()
            .map_err(|_| crate::type_error!("object attribute must be bytes"))
    }

    /// `start` and `end`, moved into an object of `len` characters or bytes.
    pub fn range(&self, len: usize) -> (usize, usize) {
        (
            clamp_start(self.start.get(), len),
            clamp_end(self.end.get(), len),
        )
    }

    fn init(
        &self,
        args: &PyTuple,
        kwargs: Option<&PyDict>,
        has_encoding: bool,
        object_is_text: bool,
    ) -> PyResult<()> {
        no_keywords(self.type_(), kwargs)?;
        self.base.args.set(Some(args.to_owned()));
        let expected = 4 + usize::from(has_encoding);
        let given = args.len();
        if given != expected {
            return Err(crate::type_error!(
                "function takes exactly {expected} arguments ({given} given)"
            ));
        }
        let mut rest = args.as_slice().iter().enumerate();
        let mut next = move || {
            rest.next().map_or_else(
                || (0, crate::none().to_obj()),
                |(index, arg)| (index + 1, arg.to_obj()),
            )
        };
        let text = |(index, arg): (usize, Obj)| match arg.downcast::<PyStr>() {
            Some(_) => Ok(arg),
            None => Err(crate::type_error!(
                "argument {index} must be str, not {}",
                arg.type_name()
            )),
        };
        let encoding = if has_encoding {
            Some(text(next())?)
        } else {
            None
        };
        let object = if object_is_text {
            text(next())?
        } else {
            next().1
        };
        let start = next().1.as_isize(Some(&super::exc::OverflowError))?;
        let end = next().1.as_isize(Some(&super::exc::OverflowError))?;
        let reason = text(next())?;
        let object = if object_is_text || object.downcast::<PyBytes>().is_some() {
            object
        } else {
            PyBytes::new(&object.bytes_buffer()?.to_vec())?.into_object()
        };
        self.encoding.set(encoding);
        self.object.set(Some(object));
        self.start.set(start);
        self.end.set(end);
        self.reason.set(Some(reason));
        Ok(())
    }

    /// What is wrong and where: "character '\x80' in position 3" or "characters in position 3-5".
    fn describe(&self, what: &str, single: Option<String>) -> String {
        let (start, end) = (self.start.get(), self.end.get());
        match single {
            Some(single) => format!("{what} {single} in position {start}"),
            None => format!("{what}s in position {start}-{}", end.wrapping_sub(1)),
        }
    }

    /// The index of the one character that is meant, if it is one.
    fn single_index(&self, len: usize) -> Option<usize> {
        let (start, end) = (self.start.get(), self.end.get());
        let inside = start >= 0 && (start as usize) < len && end == start.wrapping_add(1);
        inside.then_some(start as usize)
    }

    fn describe_character(&self) -> PyResult<String> {
        let text = self.text()?;
        let single = self
            .single_index(text.len())
            .map(|index| match text.char_at(index) {
                code @ 0..=0xFF => format!("'\\x{code:02x}'"),
                code @ 0x100..=0xFFFF => format!("'\\u{code:04x}'"),
                code => format!("'\\U{code:08x}'"),
            });
        Ok(self.describe("character", single))
    }

    fn describe_byte(&self) -> PyResult<String> {
        let bytes = self.bytes()?;
        let single = self.single_index(bytes.as_bytes().len());
        let single = single.map(|index| format!("0x{:02x}", bytes.as_bytes()[index]));
        Ok(self.describe("byte", single))
    }

    fn message(
        &self,
        verb: Option<&str>,
        describe: fn(&Self) -> PyResult<String>,
    ) -> PyResult<Obj> {
        if !self.object.is_some() {
            return Ok(PyStr::new("")?.into_object());
        }
        let reason = super::base::or_none(self.reason.get())
            .str()?
            .to_string_lossy();
        let text = match verb {
            Some(verb) => {
                let encoding = super::base::or_none(self.encoding.get())
                    .str()?
                    .to_string_lossy();
                format!(
                    "'{encoding}' codec can't {verb} {}: {reason}",
                    describe(self)?
                )
            }
            None => format!("can't translate {}: {reason}", describe(self)?),
        };
        Ok(PyStr::new(&text)?.into_object())
    }
}

#[cold]
fn not_set(attribute: &str) -> PyErr {
    crate::type_error!("{attribute} attribute not set")
}

const fn field(
    name: &'static CStr,
    offset: usize,
    kind: i32,
    doc: &'static CStr,
) -> abi::PyMemberDef {
    member(name, offset, kind, 0, doc)
}

const OWN: Own = Own {
    init: true,
    str: true,
    new: Some(base_new),
    members: &[
        field(
            c"encoding",
            offset_of!(PyUnicodeError, encoding),
            abi::_Py_T_OBJECT,
            c"exception encoding",
        ),
        field(
            c"object",
            offset_of!(PyUnicodeError, object),
            abi::_Py_T_OBJECT,
            c"exception object",
        ),
        field(
            c"start",
            offset_of!(PyUnicodeError, start),
            abi::Py_T_PYSSIZET,
            c"exception start",
        ),
        field(
            c"end",
            offset_of!(PyUnicodeError, end),
            abi::Py_T_PYSSIZET,
            c"exception end",
        ),
        field(
            c"reason",
            offset_of!(PyUnicodeError, reason),
            abi::_Py_T_OBJECT,
            c"exception reason",
        ),
        abi::PyMemberDef::EMPTY,
    ],
    ..Own::NOTHING
};

/// The three classes differ in their arguments and their message.
macro_rules! unicode_class {
    ($class:ident, encoding: $encoding:literal, text: $text:literal, $verb:expr, $describe:path) => {
        impl Exception for $class {
            const OWN: Own = OWN;

            fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
                self.0.init(args, kwargs, $encoding, $text)
            }

            fn str(&self) -> PyResult<Obj> {
                self.0.message($verb, $describe)
            }

            fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
                traverse_all(&self.0.fields(), visitor)
            }

            fn clear_own(&self) {
                clear_all(&self.0.fields());
            }
        }
    };
}

unicode_class!(
    PyUnicodeEncodeError, encoding: true, text: true, Some("encode"),
    PyUnicodeError::describe_character
);
unicode_class!(
    PyUnicodeDecodeError, encoding: true, text: false, Some("decode"), PyUnicodeError::describe_byte
);
unicode_class!(
    PyUnicodeTranslateError, encoding: false, text: true, None, PyUnicodeError::describe_character
);
