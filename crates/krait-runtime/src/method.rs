//! `method`: a callable bound to an instance.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::call::ARGUMENTS_OFFSET;
use crate::field::{Field, WeakList};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, PyResult, PyStr, PyTuple, PyType};

/// Arguments that a call copies to the native stack, up to this many.
const SMALL: usize = 8;

/// Create a bound instance method object.
#[pyclass(name = "method", symbol = PyMethod_Type, flags(GC), members = MEMBERS, vectorcall_offset = vectorcall)]
#[repr(C)]
pub struct PyMethod {
    ob_base: PyObject,
    /// The function.
    #[traverse]
    pub im_func: Field<PyObject>,
    /// What it is bound to.
    #[traverse]
    pub im_self: Field<PyObject>,
    #[weaklist]
    im_weakreflist: WeakList,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

const _: () = {
    assert!(offset_of!(PyMethod, im_func) == offset_of!(abi::PyMethodObject, im_func));
    assert!(offset_of!(PyMethod, im_self) == offset_of!(abi::PyMethodObject, im_self));
    assert!(
        offset_of!(PyMethod, im_weakreflist) == offset_of!(abi::PyMethodObject, im_weakreflist)
    );
    assert!(offset_of!(PyMethod, vectorcall) == offset_of!(abi::PyMethodObject, vectorcall));
};

impl PyMethod {
    /// `function` bound to `instance`.
    pub fn bind(function: Obj, instance: Obj) -> PyResult<Py<PyMethod>> {
        Py::new(PyMethod {
            ob_base: PyObject::HEADER,
            im_func: Field::new(function),
            im_self: Field::new(instance),
            im_weakreflist: WeakList::new(),
            vectorcall: Cell::new(Some(method_vectorcall)),
        })
    }

    /// The function.
    pub fn function(&self) -> Obj {
        self.im_func.get().unwrap_or_else(|| crate::none().to_obj())
    }

    /// What it is bound to.
    pub fn instance(&self) -> Obj {
        self.im_self.get().unwrap_or_else(|| crate::none().to_obj())
    }
}

/// Calls the function with the instance in front of the arguments.
///
/// # Safety
/// The vectorcall contract.
unsafe extern "C" fn method_vectorcall(
    callable: *mut abi::PyObject,
    args: *const *mut abi::PyObject,
    nargsf: usize,
    kwnames: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the vectorcall contract: `callable` is a method, `kwnames` null or a tuple.
    let (method, kwnames) = unsafe {
        (
            PyObject::from_ptr(callable).downcast_unchecked::<PyMethod>(),
            PyObject::from_ptr_opt(kwnames).map(|names| names.downcast_unchecked::<PyTuple>()),
        )
    };
    // Owned: the call may end the method itself.
    let (function, instance) = (method.function(), method.instance());
    let nargs = nargsf & !ARGUMENTS_OFFSET;
    let total = nargs + kwnames.map_or(0, PyTuple::len);
    let result = if nargsf & ARGUMENTS_OFFSET != 0 {
        // SAFETY: the flag lends us the slot before the arguments; it is put back afterwards.
        unsafe {
            let first = args.cast_mut().sub(1);
            let saved = *first;
            *first = instance.as_ptr();
            let result = function.vectorcall_raw(first, nargs + 1, kwnames);
            *first = saved;
            result
        }
    } else {
        let mut small = [std::ptr::null_mut(); SMALL + 1];
        let mut large = Vec::new();
        let buffer = if total < SMALL {
            &mut small[..]
        } else {
            large.resize(total + 2, std::ptr::null_mut());
            &mut large[..]
        };
        buffer[1] = instance.as_ptr();
        for (index, slot) in buffer[2..total + 2].iter_mut().enumerate() {
            // SAFETY: the caller passes `total` arguments.
            *slot = unsafe { *args.add(index) };
        }
        // SAFETY: the arguments are the caller's and the instance; `buffer[0]` is writable.
        unsafe {
            function.vectorcall_raw(
                buffer.as_ptr().add(1),
                (nargs + 1) | ARGUMENTS_OFFSET,
                kwnames,
            )
        }
    };
    crate::call::result_into_ptr(result)
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyMethod:
    c"__func__" im_func _Py_T_OBJECT c"the function (or other callable) implementing a method";
    c"__self__" im_self _Py_T_OBJECT c"the instance to which a method is bound";
};

#[pymethods]
impl PyMethod {
    #[pynew(signature = "(function, instance, /)")]
    fn new(_cls: &PyType, function: &PyObject, instance: &PyObject) -> PyResult<Py<Self>> {
        if !function.is_callable() {
            return Err(crate::type_error!("first argument must be callable"));
        }
        if instance.is(crate::none()) {
            return Err(crate::type_error!("instance must not be None"));
        }
        Self::bind(function.to_obj(), instance.to_obj())
    }

    #[pygetter]
    fn __doc__(&self) -> PyResult<Obj> {
        self.function().getattr(crate::intern!("__doc__"))
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let name = self.function().getattr(crate::intern!("__name__"))?;
        let getattr = crate::descr::builtin("getattr")?;
        let arguments = PyTuple::from_vec(vec![self.instance(), name])?;
        Ok(PyTuple::from_vec(vec![getattr, arguments.into_object()])?.into_object())
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let class = self.type_();
        if let Some(descriptor) = name.downcast::<PyStr>().and_then(|name| class.lookup(name)) {
            let Some(get) = descriptor.type_().raw().tp_descr_get.get() else {
                return Ok(descriptor);
            };
            // SAFETY: `tp_descr_get` takes the descriptor, the instance and its class.
            return unsafe {
                crate::call::result_from_ptr(get(
                    descriptor.as_ptr(),
                    self.as_ptr(),
                    class.as_ptr(),
                ))
            };
        }
        self.function().getattr(name)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, _obj: Option<&PyObject>, _ty: Option<&PyObject>) -> PyResult<Obj> {
        // Bound once and for all.
        Ok(self.to_obj())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let instance =
            (std::ptr::from_ref::<PyObject>(&self.instance()).addr() as isize).rotate_right(4);
        let hash = instance ^ self.function().hash()?;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let (Some(other), true) = (
            other.downcast::<PyMethod>(),
            matches!(op, CompareOp::Eq | CompareOp::Ne),
        ) else {
            return Ok(crate::not_implemented().to_obj());
        };
        let same = self
            .function()
            .compare_bool(&other.function(), CompareOp::Eq)?
            && self.instance().is(&other.instance());
        Ok(crate::bool_object(same == matches!(op, CompareOp::Eq)).to_obj())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let function = self.function();
        let name = match function.lookup_attr(crate::intern!("__qualname__"))? {
            Some(name) => Some(name),
            None => function.lookup_attr(crate::intern!("__name__"))?,
        };
        let name = match name.as_deref().and_then(PyObject::downcast::<PyStr>) {
            Some(name) => name.to_string_lossy(),
            None => "?".to_owned(),
        };
        let instance = self.instance().repr()?.to_string_lossy();
        Ok(PyStr::new(&format!("<bound method {name} of {instance}>"))?.into_object())
    }
}
