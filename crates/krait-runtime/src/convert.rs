//! Conversions between Python arguments and results and Rust values.
//!
//! [`FromPyObject`] says what a parameter of a native function accepts and how it complains; [`IntoPy`] makes results.

use crate::args::{ArgSpec, OptionalArg};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyErr, PyFloat, PyLong, PyResult, PyStr, PyTuple};

/// The parameter being converted, for error messages.
#[derive(Clone, Copy)]
pub struct ArgRef {
    /// The function; `None` outside of a call.
    spec: Option<&'static ArgSpec>,
    index: usize,
    /// Whether `None` would be accepted too.
    or_none: bool,
}

impl ArgRef {
    /// For conversions that are not of an argument.
    pub const NONE: ArgRef = ArgRef {
        spec: None,
        index: 0,
        or_none: false,
    };

    /// The parameter `index` of `spec`.
    #[inline(always)]
    pub fn new(spec: &'static ArgSpec, index: usize) -> Self {
        ArgRef {
            spec: Some(spec),
            index,
            or_none: false,
        }
    }

    /// Whether the parameter accepts `None` too.
    pub fn or_none(&self) -> bool {
        self.or_none
    }

    /// `f() argument 1`, `f() argument 'x'`, or nothing outside of a call.
    fn subject(&self) -> String {
        let Some(spec) = self.spec else {
            return String::new();
        };
        if spec.function.is_empty() {
            format!("argument {} ", self.index + 1)
        } else if spec.single {
            format!("{}() argument ", spec.function)
        } else if self.index < spec.positional_only {
            format!("{}() argument {} ", spec.function, self.index + 1)
        } else {
            let name = spec.params.get(self.index).copied().unwrap_or_default();
            format!("{}() argument '{name}' ", spec.function)
        }
    }

    /// `_PyArg_BadArgument`: "f() argument 1 must be str, not int".
    #[cold]
    #[inline(never)]
    pub fn bad_type(&self, expected: &str, object: &PyObject) -> PyErr {
        let or_none = if self.or_none { " or None" } else { "" };
        let actual = if object.is(crate::none()) {
            "None".to_owned()
        } else {
            object.type_().tp_name()
        };
        crate::type_error!(
            "{}must be {expected}{or_none}, not {actual}",
            self.subject()
        )
    }
}

/// What a parameter of a native function can be.
pub trait FromPyObject<'a>: Sized {
    /// Converts `object`; `arg` names the parameter in error messages.
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self>;
}

impl PyObject {
    /// Converts the object to a Rust value.
    #[inline]
    pub fn extract<'a, T: FromPyObject<'a>>(&'a self) -> PyResult<T> {
        T::from_py(self, ArgRef::NONE)
    }
}

impl<'a, T: PyClass> FromPyObject<'a> for &'a T {
    #[inline(always)]
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        match object.downcast::<T>() {
            Some(value) => Ok(value),
            None => Err(arg.bad_type(&T::type_object().tp_name(), object)),
        }
    }
}

impl<'a, T: PyClass> FromPyObject<'a> for Py<T> {
    #[inline(always)]
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        <&T>::from_py(object, arg).map(PyClass::to_owned)
    }
}

/// A missing argument is `None` as well: the macros see to that.
impl<'a, T: FromPyObject<'a>> FromPyObject<'a> for Option<T> {
    #[inline(always)]
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        if object.is(crate::none()) {
            Ok(None)
        } else {
            T::from_py(
                object,
                ArgRef {
                    or_none: true,
                    ..arg
                },
            )
            .map(Some)
        }
    }
}

impl<'a, T: FromPyObject<'a>> FromPyObject<'a> for OptionalArg<T> {
    #[inline(always)]
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        T::from_py(object, arg).map(OptionalArg::Present)
    }
}

impl<'a> FromPyObject<'a> for bool {
    #[inline]
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        object.is_true()
    }
}

impl<'a> FromPyObject<'a> for f64 {
    #[inline]
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        object.to_f64()
    }
}

impl<'a> FromPyObject<'a> for &'a str {
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        let Some(text) = object.downcast::<PyStr>() else {
            return Err(arg.bad_type("str", object));
        };
        let text = text.as_utf8()?;
        if text.contains('\0') {
            return Err(crate::value_error!("embedded null character"));
        }
        Ok(text)
    }
}

/// As `&str`, but NUL characters are fine and lone surrogates become U+FFFD: for text that only goes into messages.
impl<'a> FromPyObject<'a> for String {
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        match object.downcast::<PyStr>() {
            Some(text) => Ok(text.to_string_lossy()),
            None => Err(arg.bad_type("str", object)),
        }
    }
}

/// The one code point of a string of length 1, surrogates included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoint(pub u32);

impl<'a> FromPyObject<'a> for CodePoint {
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        let Some(text) = object.downcast::<PyStr>() else {
            return Err(arg.bad_type("a unicode character", object));
        };
        if text.len() == 1 {
            return Ok(CodePoint(text.char_at(0)));
        }
        // CPython's own message has the colon.
        let subject = arg.subject().replacen("()", "():", 1);
        Err(crate::type_error!(
            "{subject}must be a unicode character, not a string of length {}",
            text.len()
        ))
    }
}

/// An index as in slicing: through `__index__`, cut to the range of `isize` instead of overflowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceIndex(pub isize);

impl<'a> FromPyObject<'a> for SliceIndex {
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        if !object.has_index() {
            let or_none = if arg.or_none { "or None " } else { "" };
            return Err(crate::type_error!(
                "slice indices must be integers {or_none}or have an __index__ method"
            ));
        }
        object.as_isize(None).map(SliceIndex)
    }
}

impl<'a> FromPyObject<'a> for isize {
    #[inline]
    fn from_py(object: &'a PyObject, arg: ArgRef) -> PyResult<Self> {
        if arg.or_none && !object.has_index() {
            return Err(crate::type_error!(
                "argument should be integer or None, not '{}'",
                object.type_().tp_name()
            ));
        }
        signed(object, "Python int too large to convert to C ssize_t").map(|value| value as isize)
    }
}

impl<'a> FromPyObject<'a> for i64 {
    #[inline]
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        signed(object, TOO_LARGE_FOR_LONG)
    }
}

impl<'a> FromPyObject<'a> for i32 {
    #[inline]
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        const MESSAGE: &str = "Python int too large to convert to C int";
        let value = signed(object, MESSAGE)?;
        i32::try_from(value).map_err(|_| crate::overflow_error!("{MESSAGE}"))
    }
}

impl<'a> FromPyObject<'a> for i16 {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        narrow(signed(object, TOO_LARGE_FOR_LONG)?, "signed short integer")
    }
}

impl<'a> FromPyObject<'a> for i8 {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        narrow(signed(object, TOO_LARGE_FOR_LONG)?, "signed char")
    }
}

impl<'a> FromPyObject<'a> for u8 {
    fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
        narrow(signed(object, TOO_LARGE_FOR_LONG)?, "unsigned byte integer")
    }
}

macro_rules! unsigned {
    ($($ty:ty = $name:literal;)+) => { $(
        impl<'a> FromPyObject<'a> for $ty {
            #[inline]
            fn from_py(object: &'a PyObject, _: ArgRef) -> PyResult<Self> {
                unsigned(object, $name)
            }
        }
    )+ };
}

unsigned! {
    u16 = "unsigned short";
    u32 = "unsigned int";
    u64 = "unsigned long";
    usize = "size_t";
}

const TOO_LARGE_FOR_LONG: &str = "Python int too large to convert to C long";

#[inline]
fn signed(object: &PyObject, overflow: &'static str) -> PyResult<i64> {
    let value = match object.downcast::<PyLong>() {
        Some(int) => int.to_i64(),
        None => object.index()?.to_i64(),
    };
    value.ok_or_else(|| crate::overflow_error!("{overflow}"))
}

fn narrow<T: TryFrom<i64>>(value: i64, name: &str) -> PyResult<T> {
    T::try_from(value).map_err(|_| {
        let bound = if value < 0 {
            "less than minimum"
        } else {
            "greater than maximum"
        };
        crate::overflow_error!("{name} is {bound}")
    })
}

fn unsigned<T: TryFrom<u64>>(object: &PyObject, name: &str) -> PyResult<T> {
    let int = object.index()?;
    if int.is_negative() {
        return Err(crate::value_error!("Cannot convert negative int"));
    }
    int.to_u64()
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| crate::overflow_error!("Python int too large for C {name}"))
}

/// What a native function can give back.
pub trait IntoPy {
    /// Makes the Python object.
    fn into_py(self) -> PyResult<Obj>;
}

impl<T: IntoPy> IntoPy for PyResult<T> {
    #[inline(always)]
    fn into_py(self) -> PyResult<Obj> {
        self?.into_py()
    }
}

impl<T: PyClass> IntoPy for Py<T> {
    #[inline(always)]
    fn into_py(self) -> PyResult<Obj> {
        Ok(self.into_object())
    }
}

impl<T: PyClass> IntoPy for &T {
    #[inline(always)]
    fn into_py(self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }
}

impl IntoPy for () {
    #[inline(always)]
    fn into_py(self) -> PyResult<Obj> {
        Ok(crate::none().to_obj())
    }
}

impl<T: IntoPy> IntoPy for Option<T> {
    #[inline]
    fn into_py(self) -> PyResult<Obj> {
        match self {
            Some(value) => value.into_py(),
            None => ().into_py(),
        }
    }
}

impl IntoPy for bool {
    #[inline(always)]
    fn into_py(self) -> PyResult<Obj> {
        Ok(crate::bool_object(self).to_obj())
    }
}

impl IntoPy for f64 {
    #[inline]
    fn into_py(self) -> PyResult<Obj> {
        PyFloat::new(self).map(Py::into_object)
    }
}

impl IntoPy for &str {
    fn into_py(self) -> PyResult<Obj> {
        PyStr::new(self).map(Py::into_object)
    }
}

impl IntoPy for String {
    fn into_py(self) -> PyResult<Obj> {
        self.as_str().into_py()
    }
}

macro_rules! integers {
    ($($ty:ty as $wide:ty: $make:ident;)+) => { $(
        impl IntoPy for $ty {
            #[inline]
            fn into_py(self) -> PyResult<Obj> {
                PyLong::$make(self as $wide).map(Py::into_object)
            }
        }
    )+ };
}

integers! {
    i8 as i64: from_i64;
    i16 as i64: from_i64;
    i32 as i64: from_i64;
    i64 as i64: from_i64;
    isize as i64: from_i64;
    u8 as i64: from_i64;
    u16 as i64: from_i64;
    u32 as i64: from_i64;
    u64 as u64: from_u64;
    usize as u64: from_u64;
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => { $(
        impl<$($name: IntoPy),+> IntoPy for ($($name,)+) {
            #[allow(non_snake_case, reason = "the type's name doubles as the variable's")]
            fn into_py(self) -> PyResult<Obj> {
                let ($($name,)+) = self;
                PyTuple::from_vec(vec![$($name.into_py()?),+]).map(Py::into_object)
            }
        }
    )+ };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
