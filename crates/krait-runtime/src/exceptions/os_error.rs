//! `OSError`: `errno` decides the subclass.

use std::cell::Cell;
use std::ffi::CStr;
use std::mem::offset_of;
use std::ptr;

use krait_abi as abi;

use super::base::{self, PyBaseException, or_none, reduced};
use super::class::{
    Exception, Own, accessors, borrow, borrow_opt, clear_all, exception_class, getset, member,
    method_noargs, no_keywords, noargs, traverse_all,
};
use super::exc;
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyDict, PyLong, PyResult, PyStr, PyTuple};

/// `OSError`.
#[repr(C)]
pub struct PyOSError {
    base: PyBaseException,
    /// `errno`.
    pub myerrno: Field<PyObject>,
    /// The error's text.
    pub strerror: Field<PyObject>,
    /// The file that the call was about.
    pub filename: Field<PyObject>,
    /// The second file, for calls with two.
    pub filename2: Field<PyObject>,
    /// `characters_written`; -1 when it is not set.
    pub written: Cell<isize>,
}

const _: () = assert!(size_of::<PyOSError>() == size_of::<abi::PyOSErrorObject>());

exception_class!(PyOSError, OSError);

/// Which subclass an error number means.
static SUBCLASSES: &[(i32, &PyType)] = &[
    (libc::EAGAIN, &exc::BlockingIOError),
    (libc::EALREADY, &exc::BlockingIOError),
    (libc::EINPROGRESS, &exc::BlockingIOError),
    (libc::EWOULDBLOCK, &exc::BlockingIOError),
    (libc::EPIPE, &exc::BrokenPipeError),
    (libc::ESHUTDOWN, &exc::BrokenPipeError),
    (libc::ECHILD, &exc::ChildProcessError),
    (libc::ECONNABORTED, &exc::ConnectionAbortedError),
    (libc::ECONNREFUSED, &exc::ConnectionRefusedError),
    (libc::ECONNRESET, &exc::ConnectionResetError),
    (libc::EEXIST, &exc::FileExistsError),
    (libc::ENOENT, &exc::FileNotFoundError),
    (libc::EISDIR, &exc::IsADirectoryError),
    (libc::ENOTDIR, &exc::NotADirectoryError),
    (libc::EINTR, &exc::InterruptedError),
    (libc::EACCES, &exc::PermissionError),
    (libc::EPERM, &exc::PermissionError),
    (libc::ESRCH, &exc::ProcessLookupError),
    (libc::ETIMEDOUT, &exc::TimeoutError),
];

/// The arguments of `OSError`; all empty unless there are two to five.
#[derive(Default)]
struct Parsed {
    errno: Option<Obj>,
    strerror: Option<Obj>,
    filename: Option<Obj>,
    filename2: Option<Obj>,
}

fn parse(args: &PyTuple) -> Parsed {
    if !(2..=5).contains(&args.len()) {
        return Parsed::default();
    }
    let arg = |index: usize| args.as_slice().get(index).map(|arg| arg.to_obj());
    // The fourth is Windows' own error number, which is ignored here as in CPython.
    Parsed {
        errno: arg(0),
        strerror: arg(1),
        filename: arg(2),
        filename2: arg(4),
    }
}

/// Whether `__init__` and not `__new__` takes the arguments: a subclass that overrides `__init__`
/// alone may have arguments of its own.
fn init_takes_arguments(class: &PyType) -> bool {
    let raw = class.raw();
    let own = exc::OSError.raw();
    let init_is_ours = match (raw.tp_init.get(), own.tp_init.get()) {
        (Some(theirs), Some(ours)) => ptr::fn_addr_eq(theirs, ours),
        _ => false,
    };
    let new_is_ours = raw
        .tp_new
        .get()
        .is_some_and(|theirs| ptr::fn_addr_eq(theirs, os_error_new as abi::newfunc));
    !init_is_ours && new_is_ours
}

/// `PyNumber_Check`: whether the class says that its instances are numbers.
fn is_number(object: &PyObject) -> bool {
    // SAFETY: a number suite lives as long as its class.
    let suite = unsafe { object.type_().raw().tp_as_number.get().as_ref() };
    suite.is_some_and(|suite| {
        suite.nb_index.get().is_some()
            || suite.nb_int.get().is_some()
            || suite.nb_float.get().is_some()
    })
}

fn subclass_for(errno: &PyObject) -> Option<&'static PyType> {
    let number = errno.downcast::<PyLong>()?.to_i64()?;
    SUBCLASSES
        .iter()
        .find(|(errno, _)| i64::from(*errno) == number)
        .map(|(_, class)| *class)
}

fn new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
    let later = init_takes_arguments(class);
    let mut parsed = Parsed::default();
    let mut class = class;
    if !later {
        no_keywords(class, kwargs)?;
        parsed = parse(args);
        if ptr::eq(class, &exc::OSError)
            && let Some(subclass) = parsed.errno.as_deref().and_then(subclass_for)
        {
            class = subclass;
        }
    }
    let object = base::allocate(class, args)?;
    // SAFETY: `class` is `OSError` or a subclass of it.
    let error = unsafe { object.downcast_unchecked::<PyOSError>() };
    error.written.set(-1);
    if later {
        error.base.args.set(Some(PyTuple::from_vec(Vec::new())?));
    } else {
        error.fill(args, parsed)?;
    }
    Ok(object)
}

#[inline(never)]
unsafe extern "C" fn os_error_new(
    class: *mut abi::PyTypeObject,
    args: *mut abi::PyObject,
    kwargs: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_new`.
    let (class, args, kwargs) = unsafe {
        (
            PyType::from_type_ptr(class),
            borrow::<PyTuple>(args),
            borrow_opt::<PyDict>(kwargs),
        )
    };
    crate::call::result_into_ptr(new(class, args, kwargs))
}

impl PyOSError {
    fn fill(&self, args: &PyTuple, parsed: Parsed) -> PyResult<()> {
        let is_none =
            |value: &Option<Obj>| value.as_ref().is_none_or(|value| value.is(crate::none()));
        let mut own_args = args.to_owned();
        if !is_none(&parsed.filename) {
            let blocking = ptr::eq(self.type_(), &exc::BlockingIOError);
            let number = parsed
                .filename
                .as_ref()
                .filter(|name| blocking && is_number(name));
            if let Some(number) = number {
                // The third argument of `BlockingIOError` may be a count of characters.
                self.written.set(number.as_isize(Some(&exc::ValueError))?);
            } else {
                self.filename.set(parsed.filename);
                if !is_none(&parsed.filename2) {
                    self.filename2.set(parsed.filename2);
                }
                if (2..=5).contains(&args.len()) {
                    // File names are not part of `args`: programs unpack two values from it.
                    let first = args.as_slice()[..2]
                        .iter()
                        .map(|arg| arg.to_obj())
                        .collect();
                    own_args = PyTuple::from_vec(first)?;
                }
            }
        }
        self.myerrno.set(parsed.errno);
        self.strerror.set(parsed.strerror);
        self.base.args.set(Some(own_args));
        Ok(())
    }

    fn reduce(&self) -> PyResult<Obj> {
        let mut args = self.base.args()?;
        if args.len() == 2
            && let Some(filename) = self.filename.get()
        {
            let mut all: Vec<Obj> = args.as_slice().iter().map(|arg| arg.to_obj()).collect();
            all.push(filename);
            if let Some(second) = self.filename2.get() {
                all.extend([crate::none().to_obj(), second]);
            }
            args = PyTuple::from_vec(all)?;
        }
        reduced(
            self,
            args.into_object(),
            self.base.dict.get().map(|dict| dict.into_object()),
        )
    }

    fn get_written(&self) -> PyResult<Obj> {
        if self.written.get() == -1 {
            return Err(crate::attribute_error!("characters_written"));
        }
        Ok(PyLong::from_i64(self.written.get() as i64)?.into_object())
    }

    fn set_written(&self, value: Option<&PyObject>) -> PyResult<()> {
        match value {
            None if self.written.get() == -1 => Err(crate::attribute_error!("characters_written")),
            None => {
                self.written.set(-1);
                Ok(())
            }
            Some(value) => {
                self.written.set(value.as_isize(Some(&exc::ValueError))?);
                Ok(())
            }
        }
    }

    fn fields(&self) -> [&Field<PyObject>; 4] {
        [
            &self.myerrno,
            &self.strerror,
            &self.filename,
            &self.filename2,
        ]
    }
}

noargs!(os_error_reduce = PyOSError, PyOSError::reduce);
accessors!(
    written_get,
    written_set = PyOSError,
    PyOSError::get_written,
    PyOSError::set_written
);

const fn field(name: &'static CStr, offset: usize, doc: &'static CStr) -> abi::PyMemberDef {
    member(name, offset, abi::_Py_T_OBJECT, 0, doc)
}

impl Exception for PyOSError {
    const OWN: Own = Own {
        init: true,
        str: true,
        new: Some(os_error_new),
        methods: &[
            method_noargs(
                c"__reduce__",
                c"__reduce__($self, /)\n--\n\n",
                os_error_reduce,
            ),
            abi::PyMethodDef::EMPTY,
        ],
        members: &[
            field(
                c"errno",
                offset_of!(PyOSError, myerrno),
                c"POSIX exception code",
            ),
            field(
                c"strerror",
                offset_of!(PyOSError, strerror),
                c"exception strerror",
            ),
            field(
                c"filename",
                offset_of!(PyOSError, filename),
                c"exception filename",
            ),
            field(
                c"filename2",
                offset_of!(PyOSError, filename2),
                c"second exception filename",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        getset: &[
            getset(c"characters_written", written_get, written_set),
            abi::PyGetSetDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        if !init_takes_arguments(self.type_()) {
            return Ok(());
        }
        no_keywords(self.type_(), kwargs)?;
        self.fill(args, parse(args))
    }

    fn str(&self) -> PyResult<Obj> {
        let (errno, strerror) = (self.myerrno.get(), self.strerror.get());
        let text = match self.filename.get() {
            None => match (errno, strerror) {
                (Some(errno), Some(strerror)) => {
                    format!(
                        "[Errno {}] {}",
                        errno.str()?.to_string_lossy(),
                        strerror.str()?.to_string_lossy()
                    )
                }
                _ => return self.base.base_str(),
            },
            Some(filename) => {
                let (errno, strerror) = (or_none(errno).str()?, or_none(strerror).str()?);
                let mut text = format!(
                    "[Errno {}] {}: {}",
                    errno.to_string_lossy(),
                    strerror.to_string_lossy(),
                    filename.repr()?.to_string_lossy()
                );
                if let Some(second) = self.filename2.get() {
                    text.push_str(" -> ");
                    text.push_str(&second.repr()?.to_string_lossy());
                }
                text
            }
        };
        Ok(PyStr::new(&text)?.into_object())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&self.fields(), visitor)
    }

    fn clear_own(&self) {
        clear_all(&self.fields());
    }
}
