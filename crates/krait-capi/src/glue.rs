//! Between C's calling convention and the runtime's: what every exported function is made of.
//!
//! A reference is a pointer and an optional reference a nullable one, so the functions have Rust
//! types in their C signatures: [`Arg`] is a `PyObject *` that is borrowed, [`Out`] one that is
//! given away, null for an error.
//!
//! Invariants:
//! 1. C code passes live objects of the right types, or null; it keeps a count on each for the
//!    length of the call. A null where an object must be raises `SystemError`.
//! 2. A function answers null or -1 exactly when it leaves an exception set.
//! 3. A panic never crosses into C: it ends the process at the boundary of the `extern "C"`
//!    function.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use krait_abi as abi;
use krait_runtime::{
    Obj, Py, PyClass, PyErr, PyObject, PyResult, PyStr, PyType, codecs, system_error,
};

/// An object as C passes it where no borrow is wanted.
pub(crate) type Ptr = *mut abi::PyObject;
/// A borrowed argument.
pub(crate) type Arg<'a> = Option<&'a PyObject>;
/// A borrowed argument that is a class.
pub(crate) type TypeArg<'a> = Option<&'a PyType>;
/// A new reference, or null with an exception set.
pub(crate) type Out = Option<Obj>;
/// A place that the function fills in; it may hold anything before.
pub(crate) type Place<'a, T> = Option<&'a Cell<MaybeUninit<T>>>;

/// Fills a place in, unless it is null.
pub(crate) fn put<T>(place: Place<T>, value: T) {
    if let Some(place) = place {
        place.set(MaybeUninit::new(value));
    }
}

/// A result as C has it.
pub(crate) trait IntoC {
    /// The C type.
    type C;
    /// Converts; the exception, if there is one, is in the thread state already.
    fn into_c(self) -> Self::C;
}

impl<T: PyClass> IntoC for PyResult<Py<T>> {
    type C = Out;

    fn into_c(self) -> Out {
        self.ok().map(Py::into_object)
    }
}

impl IntoC for PyResult<()> {
    type C = c_int;

    fn into_c(self) -> c_int {
        if self.is_ok() { 0 } else { -1 }
    }
}

impl IntoC for PyResult<bool> {
    type C = c_int;

    fn into_c(self) -> c_int {
        self.map_or(-1, c_int::from)
    }
}

impl IntoC for PyResult<isize> {
    type C = isize;

    fn into_c(self) -> isize {
        self.unwrap_or(-1)
    }
}

impl IntoC for PyResult<usize> {
    type C = isize;

    fn into_c(self) -> isize {
        self.map_or(-1, |size| size as isize)
    }
}

impl IntoC for PyResult<f64> {
    type C = f64;

    fn into_c(self) -> f64 {
        self.unwrap_or(-1.0)
    }
}

impl<T> IntoC for PyResult<*mut T> {
    type C = *mut T;

    fn into_c(self) -> *mut T {
        self.unwrap_or(std::ptr::null_mut())
    }
}

impl<T> IntoC for PyResult<*const T> {
    type C = *const T;

    fn into_c(self) -> *const T {
        self.unwrap_or(std::ptr::null())
    }
}

/// Runs a function's body.
#[inline(always)]
pub(crate) fn run<R: IntoC>(body: impl FnOnce() -> R) -> R::C {
    body().into_c()
}

/// The error of a null argument.
#[cold]
pub(crate) fn null_argument() -> PyErr {
    // An error that led to the null says more.
    PyErr::occurred().unwrap_or_else(|| system_error!("null argument to internal routine"))
}

/// The error of an argument of the wrong class.
#[cold]
pub(crate) fn bad_call() -> PyErr {
    PyErr::occurred().unwrap_or_else(|| system_error!("bad argument to internal function"))
}

/// An argument that must not be null.
#[inline(always)]
pub(crate) fn some<T>(argument: Option<T>) -> PyResult<T> {
    argument.ok_or_else(null_argument)
}

/// An argument that must be an instance of `T`.
#[inline(always)]
pub(crate) fn cast<'a, T: PyClass>(argument: Arg<'a>) -> PyResult<&'a T> {
    argument
        .and_then(PyObject::downcast::<T>)
        .ok_or_else(bad_call)
}

/// Lends an object that something else keeps alive, as C's borrowed references are.
pub(crate) fn lend(object: Option<Obj>) -> Ptr {
    object.map_or(std::ptr::null_mut(), |object| object.as_ptr())
}

/// As [`lend`], null for an error.
pub(crate) fn lend_result(result: PyResult<Option<Obj>>) -> Ptr {
    lend(result.ok().flatten())
}

/// Gives what was looked up away through `place`: 1 if it is there, 0 if not, -1 for an error.
pub(crate) fn give_optional(place: Place<Out>, result: PyResult<Option<Obj>>) -> c_int {
    match result {
        Ok(Some(value)) => {
            put(place, Some(value));
            1
        }
        Ok(None) => {
            put(place, None);
            0
        }
        Err(_) => {
            put(place, None);
            -1
        }
    }
}

/// Answers a question where errors cannot be passed on.
pub(crate) fn or_unraisable(result: PyResult<bool>, context: &str) -> c_int {
    match result {
        Ok(answer) => c_int::from(answer),
        Err(error) => {
            error.write_unraisable(Some(context), None);
            0
        }
    }
}

/// A `const char *` argument: null, or a C string that lives for the length of the call.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Text<'a>(pub(crate) *const c_char, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
    /// Takes a pointer from C.
    ///
    /// # Safety
    /// The pointer is null or a C string that lives as long as `'a`.
    pub(crate) unsafe fn new(pointer: *const c_char) -> Self {
        Text(pointer, PhantomData)
    }

    /// The C string, if there is one.
    pub(crate) fn get(self) -> Option<&'a CStr> {
        // SAFETY: the type's contract, which C code keeps when it passes one.
        (!self.0.is_null()).then(|| unsafe { CStr::from_ptr(self.0) })
    }

    /// The bytes; a null is an error.
    pub(crate) fn bytes(self) -> PyResult<&'a [u8]> {
        Ok(some(self.get())?.to_bytes())
    }

    /// The text, where what is no UTF-8 is replaced.
    pub(crate) fn lossy(self) -> String {
        self.get()
            .map_or_else(String::new, |text| text.to_string_lossy().into_owned())
    }

    /// The text as Rust's, `None` for null.
    pub(crate) fn opt(self) -> PyResult<Option<&'a str>> {
        match self.get().map(CStr::to_str) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(krait_runtime::value_error!("a name is not valid UTF-8")),
        }
    }

    /// The text as a `str`, decoded from UTF-8.
    pub(crate) fn str(self) -> PyResult<Py<PyStr>> {
        utf8(self.bytes()?)
    }

    /// As [`Text::str`], interned: for names.
    pub(crate) fn name(self) -> PyResult<Py<PyStr>> {
        Ok(self.str()?.interned())
    }
}

/// Decodes UTF-8, strictly.
pub(crate) fn utf8(bytes: &[u8]) -> PyResult<Py<PyStr>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => PyStr::new(text),
        Err(_) => codecs::decode(bytes, "utf-8", None),
    }
}

/// Bytes that C passes as a pointer and a size.
///
/// # Safety
/// `data` points at `size` bytes that nobody writes for as long as the slice is used; null has none.
pub(crate) unsafe fn bytes_of<'a>(data: *const c_char, size: isize) -> &'a [u8] {
    match usize::try_from(size) {
        // SAFETY: the caller's contract.
        Ok(size) if size > 0 && !data.is_null() => unsafe {
            std::slice::from_raw_parts(data.cast(), size)
        },
        _ => &[],
    }
}

/// Objects that C passes as an array.
///
/// # Safety
/// `items` points at `count` live objects.
pub(crate) unsafe fn objects_of<'a>(items: *const Ptr, count: usize) -> &'a [&'a PyObject] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller's contract: none of them is null.
    unsafe { std::slice::from_raw_parts(items.cast(), count) }
}
