//! `method_descriptor` and `classmethod_descriptor`: the methods of native classes.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{Descriptor, descriptor_class, docstring, reducible_descriptor};
use crate::call::ARGUMENTS_OFFSET;
use crate::cfunction::{
    CONVENTION, NativeCall, PyCFunction, bad_flags, c_text, call_native, function_str,
};
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue::{self, Ptr};
use crate::typeobject::intern_c;
use crate::{PyDict, PyResult, PyStr, PyTuple, type_error};

/// A method of a native class.
#[pyclass(
    name = "method_descriptor",
    symbol = PyMethodDescr_Type,
    flags(GC, METHOD_DESCRIPTOR, DISALLOW_INSTANTIATION),
    methods(COMMON, REDUCE, METHODS),
    vectorcall_offset = vectorcall
)]
#[repr(C)]
pub struct PyMethodDescr {
    ob_base: PyObject,
    #[traverse]
    d_type: Field<PyType>,
    d_name: Field<PyStr>,
    d_qualname: Field<PyObject>,
    d_method: Cell<*mut abi::PyMethodDef>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

/// A class method of a native class.
#[pyclass(
    name = "classmethod_descriptor",
    symbol = PyClassMethodDescr_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    methods(COMMON, METHODS)
)]
#[repr(C)]
pub struct PyClassMethodDescr {
    ob_base: PyObject,
    #[traverse]
    d_type: Field<PyType>,
    d_name: Field<PyStr>,
    d_qualname: Field<PyObject>,
    d_method: Cell<*mut abi::PyMethodDef>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<PyMethodDescr>() == size_of::<abi::PyMethodDescrObject>());
    assert!(offset_of!(PyMethodDescr, d_method) == offset_of!(abi::PyMethodDescrObject, d_method));
    assert!(
        offset_of!(PyMethodDescr, vectorcall) == offset_of!(abi::PyMethodDescrObject, vectorcall)
    );
};

descriptor_class!(PyMethodDescr, "method");
reducible_descriptor!(PyMethodDescr);
descriptor_class!(PyClassMethodDescr, "method");

const FASTCALL_KEYWORDS: i32 = abi::METH_FASTCALL | abi::METH_KEYWORDS;
const VARARGS_KEYWORDS: i32 = abi::METH_VARARGS | abi::METH_KEYWORDS;
const METHOD: i32 = abi::METH_METHOD | FASTCALL_KEYWORDS;

impl PyMethodDescr {
    /// The descriptor of a row of `class`'s method table.
    pub fn new(class: &PyType, def: &abi::PyMethodDef) -> PyResult<Py<PyMethodDescr>> {
        let vectorcall: abi::vectorcallfunc = match def.ml_flags & CONVENTION {
            abi::METH_VARARGS => vectorcall_varargs,
            VARARGS_KEYWORDS => vectorcall_varargs_keywords,
            abi::METH_FASTCALL => vectorcall_fastcall,
            FASTCALL_KEYWORDS => vectorcall_fastcall_keywords,
            abi::METH_NOARGS => vectorcall_noargs,
            abi::METH_O => vectorcall_o,
            METHOD => vectorcall_method,
            _ => return Err(bad_flags(def)),
        };
        Py::new(PyMethodDescr {
            ob_base: PyObject::HEADER,
            d_type: Field::new(PyClass::to_owned(class)),
            d_name: Field::new(intern_c(def.ml_name)?),
            d_qualname: Field::empty(),
            d_method: Cell::new(std::ptr::from_ref(def).cast_mut()),
            vectorcall: Cell::new(Some(vectorcall)),
        })
    }

    /// The row of the method table.
    pub fn def(&self) -> &abi::PyMethodDef {
        // SAFETY: the module's invariant.
        unsafe { &*self.d_method.get() }
    }

    /// `ml_name`.
    pub fn name(&self) -> String {
        c_text(self.def().ml_name)
    }

    /// Whether an object is an instance of the class that the method is one of.
    pub fn is_of(&self, object: &PyObject) -> bool {
        self.d_type
            .get()
            .is_some_and(|class| object.type_().is_subtype(&class))
    }
}

/// Calls a method descriptor: self is the first argument.
///
/// # Safety
/// The vectorcall contract; `FLAGS` is the convention of the descriptor's row.
#[inline(always)]
unsafe fn call_descr<const FLAGS: i32>(
    callable: Ptr,
    args: *const Ptr,
    nargsf: usize,
    kwnames: Ptr,
) -> Ptr {
    // SAFETY: the caller's contract.
    let descr = unsafe { glue::arg_as::<PyMethodDescr>(callable) };
    let nargs = nargsf & !ARGUMENTS_OFFSET;
    if nargs == 0 {
        let _error = match function_str(descr) {
            Ok(name) => type_error!("unbound method {name} needs an argument"),
            Err(error) => error,
        };
        return std::ptr::null_mut();
    }
    // SAFETY: there is a first argument, and the class is only asked for its address.
    let (this, class) = unsafe {
        (
            glue::arg(*args),
            descr
                .d_type
                .borrow()
                .map_or(std::ptr::null_mut(), PyType::as_type_ptr),
        )
    };
    glue::obj_result(descr.check_instance(this).and_then(|()| {
        // SAFETY: the arguments are the caller's, past self.
        unsafe {
            let call = NativeCall {
                def: descr.d_method.get(),
                this: this.as_ptr(),
                class,
                args: args.add(1),
                nargs: nargs - 1,
                kwnames,
            };
            call_native::<FLAGS>(descr, call)
        }
    }))
}

macro_rules! vectorcalls {
    ($($name:ident = $flags:expr;)+) => { $(
        unsafe extern "C" fn $name(callable: Ptr, args: *const Ptr, nargsf: usize, kwnames: Ptr) -> Ptr {
            // SAFETY: the vectorcall contract; the descriptor was made with these flags.
            unsafe { call_descr::<{ $flags }>(callable, args, nargsf, kwnames) }
        }
    )+ };
}

vectorcalls! {
    vectorcall_varargs = abi::METH_VARARGS;
    vectorcall_varargs_keywords = VARARGS_KEYWORDS;
    vectorcall_fastcall = abi::METH_FASTCALL;
    vectorcall_fastcall_keywords = FASTCALL_KEYWORDS;
    vectorcall_noargs = abi::METH_NOARGS;
    vectorcall_o = abi::METH_O;
    vectorcall_method = METHOD;
}

#[pymethods]
impl PyMethodDescr {
    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.as_object().call_tuple(args, kwargs)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, class: Option<&PyObject>) -> PyResult<Obj> {
        let Some(object) = object else {
            return Ok(self.to_obj());
        };
        self.check_instance(object)?;
        let def = self.def();
        if def.ml_flags & abi::METH_METHOD == 0 {
            return PyCFunction::new(def, Some(object), None).map(Py::into_object);
        }
        if let Some(class) = class
            && class.downcast::<PyType>().is_none()
        {
            return Err(type_error!(
                "descriptor '{}' needs a type, not '{}', as arg 2",
                self.name_text(),
                class.type_().tp_name()
            ));
        }
        PyCFunction::new_in_class(def, Some(object), None, self.d_type.get().as_deref())
            .map(Py::into_object)
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name_text(), self.def().ml_doc)
    }

    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> PyResult<Obj> {
        docstring::signature_object(&self.name_text(), self.def().ml_doc)
    }
}

impl PyClassMethodDescr {
    /// The descriptor of a `METH_CLASS` row of `class`'s method table.
    pub fn new(class: &PyType, def: &abi::PyMethodDef) -> PyResult<Py<PyClassMethodDescr>> {
        Py::new(PyClassMethodDescr {
            ob_base: PyObject::HEADER,
            d_type: Field::new(PyClass::to_owned(class)),
            d_name: Field::new(intern_c(def.ml_name)?),
            d_qualname: Field::empty(),
            d_method: Cell::new(std::ptr::from_ref(def).cast_mut()),
            vectorcall: Cell::new(None),
        })
    }

    /// The row of the table.
    pub(crate) fn def(&self) -> &abi::PyMethodDef {
        // SAFETY: the module's invariant.
        unsafe { &*self.d_method.get() }
    }

    /// Binds the method to a class.
    fn bind(&self, object: Option<&PyObject>, class: Option<&PyObject>) -> PyResult<Obj> {
        let (name, own_name) = (|| self.name_text(), || self.class_name());
        let class = match (class, object) {
            (Some(class), _) => class,
            (None, Some(object)) => object.type_().as_object(),
            (None, None) => {
                return Err(type_error!(
                    "descriptor '{}' for type '{}' needs either an object or a type",
                    name(),
                    own_name()
                ));
            }
        };
        let Some(class) = class.downcast::<PyType>() else {
            return Err(type_error!(
                "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
                name(),
                own_name(),
                class.type_().tp_name()
            ));
        };
        let own = self.d_type.get();
        if !own.as_ref().is_some_and(|own| class.is_subtype(own)) {
            return Err(type_error!(
                "descriptor '{}' requires a subtype of '{}' but received '{}'",
                name(),
                own_name(),
                class.tp_name()
            ));
        }
        PyCFunction::new_in_class(self.def(), Some(class), None, own.as_deref())
            .map(Py::into_object)
    }
}

#[pymethods]
impl PyClassMethodDescr {
    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let Some(class) = args.as_slice().first() else {
            return Err(type_error!(
                "descriptor '{}' of '{}' object needs an argument",
                self.name_text(),
                self.class_name()
            ));
        };
        let bound = self.bind(None, Some(class))?;
        bound.call_tuple(&*PyTuple::from_vec(args.as_slice()[1..].to_vec())?, kwargs)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, class: Option<&PyObject>) -> PyResult<Obj> {
        self.bind(object, class)
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name_text(), self.def().ml_doc)
    }

    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> PyResult<Obj> {
        docstring::signature_object(&self.name_text(), self.def().ml_doc)
    }
}
