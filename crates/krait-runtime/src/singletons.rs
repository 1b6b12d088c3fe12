//! The objects that exist once: `None`, `NotImplemented`, `...`, `True`, `False`, and shared empties.

use std::cell::{Cell, OnceCell};

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyBytes, PyDict, PyLong, PyResult, PyStr, PyTuple, PyType};

macro_rules! singleton {
    ($(#[$doc:meta])* $class:ident, $name:literal, $c_type:ident, $static:ident, $access:ident, $repr:literal) => {
        $(#[$doc])*
        #[pyclass(name = $name, symbol = $c_type, methods(METHODS))]
        #[repr(transparent)]
        pub struct $class(PyObject);

        // SAFETY: immortal and without any state.
        unsafe impl Sync for $class {}

        #[doc = concat!("The one instance of [`", stringify!($class), "`].")]
        #[unsafe(no_mangle)]
        pub static $static: $class =
            $class(PyObject::immortal((&raw const $c_type).cast_mut().cast()));

        #[doc = concat!("`", $repr, "`.")]
        #[inline(always)]
        pub fn $access() -> &'static PyObject {
            &$static.0
        }
    };
}

singleton! {
    /// NoneType()
    /// --
    ///
    /// The type of the None singleton.
    PyNone, "NoneType", _PyNone_Type, _Py_NoneStruct, none, "None"
}

singleton! {
    /// NotImplementedType()
    /// --
    ///
    /// The type of the NotImplemented singleton.
    PyNotImplemented, "NotImplementedType", _PyNotImplemented_Type, _Py_NotImplementedStruct, not_implemented, "NotImplemented"
}

singleton! {
    /// ellipsis()
    /// --
    ///
    /// The type of the Ellipsis singleton.
    PyEllipsis, "ellipsis", PyEllipsis_Type, _Py_EllipsisObject, ellipsis, "Ellipsis"
}

/// Refuses arguments to the constructor of a singleton's class.
fn no_arguments(name: &str, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
    if args.is_empty() && kwargs.is_none_or(PyDict::is_empty) {
        return Ok(());
    }
    Err(crate::type_error!("{name} takes no arguments"))
}

#[pymethods]
impl PyNone {
    #[slot(tp_new)]
    fn tp_new(_cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        no_arguments("NoneType", args, kwargs)?;
        Ok(none().to_obj())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("None")
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(false)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: crate::CompareOp) -> PyResult<Obj> {
        Ok(crate::abstract_::not_implemented_if(match op {
            crate::CompareOp::Eq if self.is(other) => Some(true),
            crate::CompareOp::Ne if self.is(other) => Some(false),
            _ => None,
        }))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        // CPython's constant: `hash(None)` is the same in every process since 3.12.
        Ok(0xFCA8_6420)
    }
}

#[pymethods]
impl PyNotImplemented {
    #[slot(tp_new)]
    fn tp_new(_cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        no_arguments("NotImplementedType", args, kwargs)?;
        Ok(not_implemented().to_obj())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("NotImplemented")
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        Err(crate::type_error!(
            "NotImplemented should not be used in a boolean context"
        ))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("NotImplemented")
    }
}

#[pymethods]
impl PyEllipsis {
    #[slot(tp_new)]
    fn tp_new(_cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        no_arguments("EllipsisType", args, kwargs)?;
        Ok(ellipsis().to_obj())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("Ellipsis")
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern("Ellipsis")
    }
}

/// `bool`: `True` and `False` are ints of one digit.
#[pyclass(name = "bool", symbol = PyBool_Type, base = PyLong, methods(METHODS), layout = manual)]
#[repr(transparent)]
pub struct PyBool(PyLong);

// SAFETY: immortal and never written.
unsafe impl Sync for PyBool {}

/// `False`.
#[unsafe(no_mangle)]
pub static _Py_FalseStruct: PyBool = PyBool(PyLong(crate::long::static_long(
    0,
    abi::_PyLong_FALSE_TAG,
    &raw const PyBool_Type,
)));

/// `True`.
#[unsafe(no_mangle)]
pub static _Py_TrueStruct: PyBool = PyBool(PyLong(crate::long::static_long(
    1,
    abi::_PyLong_TRUE_TAG,
    &raw const PyBool_Type,
)));

/// `True`.
#[inline(always)]
pub fn true_() -> &'static PyObject {
    &_Py_TrueStruct.0
}

/// `False`.
#[inline(always)]
pub fn false_() -> &'static PyObject {
    &_Py_FalseStruct.0
}

/// `True` or `False`.
#[inline(always)]
pub fn bool_object(value: bool) -> &'static PyObject {
    if value { true_() } else { false_() }
}

impl PyBool {
    /// The value.
    pub fn value(&self) -> bool {
        !self.0.is_zero()
    }
}

#[pymethods]
impl PyBool {
    #[pynew(signature = "(object=False, /)")]
    fn new(_cls: &PyType, object: crate::OptionalArg<&PyObject>) -> PyResult<Obj> {
        let value = object.present().map_or(Ok(false), PyObject::is_true)?;
        Ok(bool_object(value).to_obj())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern(if self.value() { "True" } else { "False" })
    }

    #[slot(nb_and)]
    fn and(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        logical(
            left,
            right,
            |left, right| left & right,
            crate::BinaryOp::And,
        )
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        logical(left, right, |left, right| left | right, crate::BinaryOp::Or)
    }

    #[slot(nb_xor)]
    fn xor(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        logical(
            left,
            right,
            |left, right| left ^ right,
            crate::BinaryOp::Xor,
        )
    }

    #[slot(nb_invert)]
    fn invert(&self) -> PyResult<Obj> {
        crate::hooks::warn(
            &crate::exc::DeprecationWarning,
            "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This \
             returns the bitwise inversion of the underlying int object and is usually not what \
             you expect from the negation of a bool object. Use the 'not' operator for boolean \
             negation or ~int(x) for the bitwise inversion of the underlying int.",
            1,
        )?;
        Ok(PyLong::from_i64(if self.value() { -2 } else { -1 })?.into_object())
    }
}

fn logical(
    left: &PyObject,
    right: &PyObject,
    both: fn(bool, bool) -> bool,
    op: crate::BinaryOp,
) -> PyResult<Obj> {
    match (left.downcast::<PyBool>(), right.downcast::<PyBool>()) {
        (Some(left), Some(right)) => Ok(bool_object(both(left.value(), right.value())).to_obj()),
        _ => crate::long::bitwise(left, right, op),
    }
}

/// Objects that are made once, by the interpreter's first steps.
struct Shared {
    bytes: OnceCell<Vec<Py<PyBytes>>>,
}

// SAFETY: immortal objects, touched only by threads that hold the interpreter lock.
unsafe impl Sync for Shared {}

static SHARED: Shared = Shared {
    bytes: OnceCell::new(),
};

// SAFETY: immortal and never written but for its cached hash.
unsafe impl Sync for PyTuple {}

/// The collector looks for a header before every tuple.
#[repr(C)]
struct EmptyTuple {
    head: abi::PyGC_Head,
    tuple: PyTuple,
}

// SAFETY: as above; the header stays as it is.
unsafe impl Sync for EmptyTuple {}

static EMPTY_TUPLE: EmptyTuple = EmptyTuple {
    head: abi::PyGC_Head {
        _gc_next: Cell::new(0),
        _gc_prev: Cell::new(0),
    },
    tuple: PyTuple(abi::PyTupleObject {
        ob_base: abi::PyVarObject_HEAD_INIT(
            (&raw const crate::tuple::PyTuple_Type).cast_mut().cast(),
            0,
        ),
        ob_hash: Cell::new(-1),
        ob_item: [Cell::new(std::ptr::null_mut())],
    }),
};

/// The empty tuple.
#[inline(always)]
pub fn empty_tuple() -> &'static PyTuple {
    &EMPTY_TUPLE.tuple
}

/// The bytes object of no byte, or of one.
pub fn shared_bytes(byte: Option<u8>) -> &'static PyBytes {
    let table = SHARED.bytes.get_or_init(|| {
        let make = |bytes: &[u8]| match PyBytes::unshared(bytes) {
            Ok(object) => {
                object.make_immortal();
                object
            }
            Err(_) => panic!("no memory for the first objects of an interpreter"),
        };
        (0..=255)
            .map(|byte| make(&[byte]))
            .chain([make(&[])])
            .collect()
    });
    &table[byte.map_or(256, usize::from)]
}
