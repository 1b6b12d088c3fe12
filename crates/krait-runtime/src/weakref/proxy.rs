//! `weakref.ProxyType` and `weakref.CallableProxyType`: weak references that act as their referent.

use std::ptr;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::reference::{PyWeakReference, make};
use crate::abstract_::{binary_op, inplace_op};
use crate::object::{Obj, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{BinaryOp, CompareOp, PyDict, PyResult, PyStr, PyTuple};

/// A proxy for `object`, callable if it is.
pub fn new_proxy(object: &PyObject, callback: Option<&PyObject>) -> PyResult<Obj> {
    let class = if object.is_callable() {
        PyWeakCallableProxy::type_object()
    } else {
        PyWeakProxy::type_object()
    };
    Ok(make(class, object, callback, None)?.into_object())
}

/// Whether a class is one of the proxies' (they have no subclasses).
#[inline]
pub(super) fn is_proxy_class(class: &PyType) -> bool {
    ptr::eq(class, PyWeakProxy::type_object()) || ptr::eq(class, PyWeakCallableProxy::type_object())
}

/// Whether an object is a proxy.
#[inline]
pub(super) fn is_proxy(object: &PyObject) -> bool {
    is_proxy_class(object.type_())
}

/// The referent of a proxy; any other object itself.
fn unwrap(object: &PyObject) -> PyResult<Obj> {
    if !is_proxy(object) {
        return Ok(object.to_obj());
    }
    // SAFETY: proxies are laid out as weak references.
    let reference = unsafe { object.downcast_unchecked::<PyWeakReference>() };
    reference
        .get()
        .ok_or_else(|| crate::exc!(ReferenceError, "weakly-referenced object no longer exists"))
}

fn binary(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    binary_op(&*unwrap(left)?, &*unwrap(right)?, op)
}

fn inplace(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    inplace_op(&*unwrap(left)?, &*unwrap(right)?, op)
}

macro_rules! binary_slots {
    ($class:ident: $($name:ident $slot:ident $function:ident $op:ident;)+) => {
        #[pymethods(OPERATORS)]
        impl $class {
            $(
                #[slot($slot)]
                fn $name(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                    $function(left, right, BinaryOp::$op)
                }
            )+

            #[slot(nb_power)]
            fn power(left: &PyObject, right: &PyObject, modulus: &PyObject) -> PyResult<Obj> {
                unwrap(left)?.power(&*unwrap(right)?, &*unwrap(modulus)?)
            }

            #[slot(nb_inplace_power)]
            fn inplace_power(left: &PyObject, right: &PyObject, _modulus: &PyObject) -> PyResult<Obj> {
                inplace(left, right, BinaryOp::Power)
            }
        }
    };
}

macro_rules! proxy_class {
    ($(#[$attribute:meta])* $class:ident) => {
        $(#[$attribute])*
        #[repr(C)]
        pub struct $class {
            reference: PyWeakReference,
        }

        binary_slots! { $class:
            add nb_add binary Add;
            subtract nb_subtract binary Subtract;
            multiply nb_multiply binary Multiply;
            floor_divide nb_floor_divide binary FloorDivide;
            true_divide nb_true_divide binary TrueDivide;
            remainder nb_remainder binary Remainder;
            divmod nb_divmod binary DivMod;
            lshift nb_lshift binary LShift;
            rshift nb_rshift binary RShift;
            and nb_and binary And;
            xor nb_xor binary Xor;
            or nb_or binary Or;
            matrix_multiply nb_matrix_multiply binary MatrixMultiply;
            inplace_add nb_inplace_add inplace Add;
            inplace_subtract nb_inplace_subtract inplace Subtract;
            inplace_multiply nb_inplace_multiply inplace Multiply;
            inplace_floor_divide nb_inplace_floor_divide inplace FloorDivide;
            inplace_true_divide nb_inplace_true_divide inplace TrueDivide;
            inplace_remainder nb_inplace_remainder inplace Remainder;
            inplace_lshift nb_inplace_lshift inplace LShift;
            inplace_rshift nb_inplace_rshift inplace RShift;
            inplace_and nb_inplace_and inplace And;
            inplace_xor nb_inplace_xor inplace Xor;
            inplace_or nb_inplace_or inplace Or;
            inplace_matrix_multiply nb_inplace_matrix_multiply inplace MatrixMultiply;
        }

        #[pymethods]
        impl $class {
            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Obj> {
                let text = match self.reference.get() {
                    None => format!("<weakproxy at {self:p}; dead>"),
                    Some(object) => format!(
                        "<weakproxy at {self:p}; to '{}' at {:p}>",
                        object.type_().fully_qualified_name(),
                        &*object
                    ),
                };
                Ok(PyStr::new(&text)?.into_object())
            }

            #[slot(tp_str)]
            fn str(&self) -> PyResult<Obj> {
                Ok(unwrap(self)?.str()?.into_object())
            }

            #[slot(tp_getattro)]
            fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
                unwrap(self)?.getattr(name)
            }

            #[slot(tp_setattro)]
            fn setattro(&self, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
                unwrap(self)?.setattr(name, value)
            }

            #[slot(tp_richcompare)]
            fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
                unwrap(self)?.rich_compare(&*unwrap(other)?, op)
            }

            #[slot(tp_iter)]
            fn tp_iter(&self) -> PyResult<Obj> {
                unwrap(self)?.iter()
            }

            #[slot(tp_iternext)]
            fn iternext(&self) -> PyResult<Option<Obj>> {
                let object = unwrap(self)?;
                if !object.is_iterator() {
                    return Err(crate::type_error!(
                        "Weakref proxy referenced a non-iterator '{}' object",
                        object.type_().tp_name()
                    ));
                }
                object.iter_next()
            }

            #[slot(nb_negative)]
            fn negative_slot(&self) -> PyResult<Obj> {
                unwrap(self)?.negative()
            }

            #[slot(nb_positive)]
            fn positive_slot(&self) -> PyResult<Obj> {
                unwrap(self)?.positive()
            }

            #[slot(nb_absolute)]
            fn absolute_slot(&self) -> PyResult<Obj> {
                unwrap(self)?.absolute()
            }

            #[slot(nb_invert)]
            fn invert_slot(&self) -> PyResult<Obj> {
                unwrap(self)?.invert()
            }

            #[slot(nb_int)]
            fn int_slot(&self) -> PyResult<Obj> {
                crate::PyLong::type_object().as_object().call1(&*unwrap(self)?)
            }

            #[slot(nb_float)]
            fn float_slot(&self) -> PyResult<Obj> {
                crate::PyFloat::type_object().as_object().call1(&*unwrap(self)?)
            }

            #[slot(nb_index)]
            fn index_slot(&self) -> PyResult<Obj> {
                Ok(unwrap(self)?.index()?.into_object())
            }

            #[slot(nb_bool)]
            fn bool_slot(&self) -> PyResult<bool> {
                unwrap(self)?.is_true()
            }

            #[slot(sq_length, mp_length)]
            fn length_slot(&self) -> PyResult<usize> {
                unwrap(self)?.length()
            }

            #[slot(sq_contains)]
            fn contains_slot(&self, item: &PyObject) -> PyResult<bool> {
                unwrap(self)?.contains(item)
            }

            #[slot(mp_subscript)]
            fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
                unwrap(self)?.get_item(key)
            }

            #[slot(mp_ass_subscript)]
            fn ass_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
                let object = unwrap(self)?;
                match value {
                    Some(value) => object.set_item(key, value),
                    None => object.del_item(key),
                }
            }

            #[slot(tp_dealloc)]
            #[inline(never)]
            unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
                // SAFETY: the contract of `tp_dealloc`; proxies are laid out as weak references.
                unsafe { PyWeakReference::dealloc(object) };
            }

            #[slot(tp_traverse)]
            #[inline(never)]
            unsafe extern "C" fn tp_traverse(
                object: *mut abi::PyObject,
                visit: abi::visitproc,
                arg: *mut std::ffi::c_void,
            ) -> i32 {
                // SAFETY: the contract of `tp_traverse`.
                unsafe { PyWeakReference::visit(object, visit, arg) }
            }

            #[slot(tp_clear)]
            #[inline(never)]
            unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> i32 {
                // SAFETY: the contract of `tp_clear`.
                let this = unsafe { PyObject::from_ptr(object).downcast_unchecked::<$class>() };
                this.reference.detach();
                this.reference.wr_callback.set(None);
                0
            }

            #[pymethod(name = "__bytes__", signature = "($self, /)")]
            fn bytes(&self) -> PyResult<Obj> {
                unwrap(self)?.call_method(crate::intern!("__bytes__"), &[])
            }

            #[pymethod(name = "__reversed__", signature = "($self, /)")]
            fn reversed(&self) -> PyResult<Obj> {
                unwrap(self)?.call_method(crate::intern!("__reversed__"), &[])
            }
        }
    };
}

proxy_class! {
    /// A proxy for an object that cannot be called.
    #[pyclass(
        name = "ProxyType", module = "weakref", symbol = _PyWeakref_ProxyType,
        flags(GC, DISALLOW_INSTANTIATION), methods(METHODS, OPERATORS), layout = manual, doc = ""
    )]
    PyWeakProxy
}

proxy_class! {
    /// A proxy for a callable object.
    #[pyclass(
        name = "CallableProxyType", module = "weakref", symbol = _PyWeakref_CallableProxyType,
        flags(GC, DISALLOW_INSTANTIATION), methods(METHODS, OPERATORS, CALLS), layout = manual, doc = ""
    )]
    PyWeakCallableProxy
}

#[pymethods(CALLS)]
impl PyWeakCallableProxy {
    #[slot(tp_call)]
    fn tp_call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        unwrap(self)?.call_tuple(args, kwargs)
    }
}
