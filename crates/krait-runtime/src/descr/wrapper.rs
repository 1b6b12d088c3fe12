//! `wrapper_descriptor` and `method-wrapper`: slots as methods.

use std::cell::Cell;
use std::ffi::c_void;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{Descriptor, descriptor_class, docstring, reducible_descriptor};
use crate::call::result_from_ptr;
use crate::cfunction::c_text;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::SlotDef;
use crate::typeobject::glue;
use crate::{CompareOp, PyDict, PyResult, PyStr, PyTuple, type_error};

/// A slot of a native class as a method.
#[pyclass(
    name = "wrapper_descriptor",
    symbol = PyWrapperDescr_Type,
    flags(GC, METHOD_DESCRIPTOR, DISALLOW_INSTANTIATION),
    methods(COMMON, REDUCE, METHODS)
)]
#[repr(C)]
pub struct PyWrapperDescr {
    ob_base: PyObject,
    #[traverse]
    d_type: Field<PyType>,
    d_name: Field<PyStr>,
    d_qualname: Field<PyObject>,
    d_base: Cell<*mut abi::wrapperbase>,
    d_wrapped: Cell<*mut c_void>,
}

descriptor_class!(PyWrapperDescr, "slot wrapper");
reducible_descriptor!(PyWrapperDescr);

impl PyWrapperDescr {
    /// The wrapper of a slot that `class` fills with `wrapped`.
    pub(crate) fn new(
        class: &PyType,
        base: &'static SlotDef,
        wrapped: *mut c_void,
    ) -> PyResult<Py<PyWrapperDescr>> {
        let name = crate::typeobject::row_name(base);
        Py::new(PyWrapperDescr {
            ob_base: PyObject::HEADER,
            d_type: Field::new(PyClass::to_owned(class)),
            d_name: Field::new(PyClass::to_owned(name)),
            d_qualname: Field::empty(),
            d_base: Cell::new(std::ptr::from_ref(base).cast_mut()),
            d_wrapped: Cell::new(wrapped),
        })
    }

    /// The table row.
    pub(crate) fn base(&self) -> &'static SlotDef {
        // SAFETY: rows are static, or kept for good by the C API.
        unsafe { &*self.d_base.get() }
    }

    /// The slot's function.
    pub(crate) fn wrapped(&self) -> *mut c_void {
        self.d_wrapped.get()
    }

    /// The class whose slot it is.
    pub(crate) fn class(&self) -> Option<Py<PyType>> {
        self.d_type.get()
    }

    /// Calls the wrapper with self and the other arguments.
    fn call_raw(&self, this: &PyObject, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let base = self.base();
        let Some(wrapper) = base.wrapper else {
            return Err(crate::system_error!("slot wrapper without a function"));
        };
        if base.flags & abi::PyWrapperFlag_KEYWORDS != 0 {
            let kwargs = kwargs.map_or(std::ptr::null_mut(), |kwargs| kwargs.as_ptr());
            // SAFETY: the flag says that the wrapper has this type; the rest is its contract.
            return unsafe {
                let wrapper =
                    std::mem::transmute::<abi::wrapperfunc, abi::wrapperfunc_kwds>(wrapper);
                result_from_ptr(wrapper(
                    this.as_ptr(),
                    args.as_ptr(),
                    self.wrapped(),
                    kwargs,
                ))
            };
        }
        if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            let name = c_text(base.name);
            return Err(type_error!("wrapper {name}() takes no keyword arguments"));
        }
        // SAFETY: the wrapper gets an instance of the class, a tuple and the slot it goes with.
        unsafe { result_from_ptr(wrapper(this.as_ptr(), args.as_ptr(), self.wrapped())) }
    }
}

#[pymethods]
impl PyWrapperDescr {
    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let Some(this) = args.as_slice().first() else {
            return Err(type_error!(
                "descriptor '{}' of '{}' object needs an argument",
                self.name_text(),
                self.class_name()
            ));
        };
        let class = self.d_type.get();
        if !class.is_some_and(|class| this.type_().is_subtype(&class)) {
            return Err(type_error!(
                "descriptor '{}' requires a '{}' object but received a '{}'",
                self.name_text(),
                self.class_name(),
                this.type_().tp_name()
            ));
        }
        let rest = PyTuple::from_vec(args.as_slice()[1..].to_vec())?;
        self.call_raw(this, &rest, kwargs)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object else {
            return Ok(self.to_obj());
        };
        self.check_instance(object)?;
        PyMethodWrapper::bind(self, object).map(Py::into_object)
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name_text(), self.base().doc)
    }

    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> PyResult<Obj> {
        docstring::signature_object(&self.name_text(), self.base().doc)
    }
}

/// A slot of a native class as a method bound to an instance.
#[pyclass(name = "method-wrapper", symbol = _PyMethodWrapper_Type, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyMethodWrapper {
    ob_base: PyObject,
    #[traverse]
    descr: Field<PyWrapperDescr>,
    #[traverse]
    this: Field<PyObject>,
}

impl PyMethodWrapper {
    /// The wrapper bound to an instance.
    pub fn bind(descr: &PyWrapperDescr, this: &PyObject) -> PyResult<Py<PyMethodWrapper>> {
        Py::new(PyMethodWrapper {
            ob_base: PyObject::HEADER,
            descr: Field::new(PyClass::to_owned(descr)),
            this: Field::new(this.to_obj()),
        })
    }

    fn parts(&self) -> PyResult<(Py<PyWrapperDescr>, Obj)> {
        match (self.descr.get(), self.this.get()) {
            (Some(descr), Some(this)) => Ok((descr, this)),
            _ => Err(crate::system_error!("method-wrapper was cleared")),
        }
    }
}

#[pymethods]
impl PyMethodWrapper {
    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let (descr, this) = self.parts()?;
        descr.call_raw(&this, args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let (descr, this) = self.parts()?;
        let text = format!(
            "<method-wrapper '{}' of {} object at {:p}>",
            c_text(descr.base().name),
            this.type_().tp_name(),
            &*this
        );
        PyStr::new(&text).map(Py::into_object)
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let (descr, this) = self.parts()?;
        let rotated = |address: usize| address.rotate_right(4) as isize;
        let hash = rotated(this.as_ptr().addr()) ^ rotated(descr.as_ptr().addr());
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let other = match op {
            CompareOp::Eq | CompareOp::Ne => other.downcast::<PyMethodWrapper>(),
            _ => None,
        };
        let Some(other) = other else {
            return Ok(glue::not_implemented_obj());
        };
        let ((descr, this), (other_descr, other_this)) = (self.parts()?, other.parts()?);
        let equal = descr.is(&other_descr) && this.is(&other_this);
        Ok(glue::bool_obj(equal == (op == CompareOp::Eq)))
    }

    #[pygetter(name = "__self__")]
    fn get_self(&self) -> PyResult<Obj> {
        self.parts().map(|(_, this)| this)
    }

    #[pygetter(name = "__objclass__")]
    fn objclass(&self) -> PyResult<Obj> {
        let (descr, _) = self.parts()?;
        Ok(descr.class().map_or_else(glue::none_obj, Py::into_object))
    }

    #[pygetter(name = "__name__")]
    fn name(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&c_text(self.parts()?.0.base().name))
    }

    #[pygetter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Obj> {
        self.parts()?.0.qualname()
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        let base = self.parts()?.0.base();
        docstring::doc_object(&c_text(base.name), base.doc)
    }

    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> PyResult<Obj> {
        let base = self.parts()?.0.base();
        docstring::signature_object(&c_text(base.name), base.doc)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let (descr, this) = self.parts()?;
        let name = PyStr::new(&descr.name_text())?.into_object();
        super::reduce_as_getattr(Some(this), name)
    }
}
