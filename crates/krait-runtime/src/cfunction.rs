//! `builtin_function_or_method`: a function written in C or Rust, with what it is bound to.
//!
//! Invariants:
//! 1. `m_ml` points at a row of a method table that outlives the function: tables are static, or
//!    belong to a class or module that the function keeps alive.
//! 2. `ml_flags` says which C type `ml_meth` really has.

use std::cell::Cell;
use std::ffi::CStr;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::call::{ARGUMENTS_OFFSET, result_from_ptr};
use crate::descr::docstring;
use crate::field::{Field, WeakList};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::typeobject::glue::{self, Ptr};
use crate::{CompareOp, PyDict, PyModule, PyResult, PyStr, PyTuple, intern, type_error};

/// A function written in C or Rust.
#[pyclass(
    name = "builtin_function_or_method",
    symbol = PyCFunction_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    vectorcall_offset = vectorcall
)]
#[repr(C)]
pub struct PyCFunction {
    ob_base: PyObject,
    m_ml: Cell<*mut abi::PyMethodDef>,
    #[traverse]
    m_self: Field<PyObject>,
    #[traverse]
    m_module: Field<PyObject>,
    #[weaklist]
    m_weakreflist: WeakList,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

/// A function written in C or Rust that also gets the class that defines it.
#[pyclass(name = "builtin_method", symbol = PyCMethod_Type, base = PyCFunction, flags(GC, DISALLOW_INSTANTIATION), methods())]
#[repr(C)]
pub struct PyCMethod {
    func: PyCFunction,
    #[traverse]
    mm_class: Field<PyType>,
}

const _: () = {
    assert!(offset_of!(PyCFunction, m_ml) == offset_of!(abi::PyCFunctionObject, m_ml));
    assert!(offset_of!(PyCFunction, m_self) == offset_of!(abi::PyCFunctionObject, m_self));
    assert!(offset_of!(PyCFunction, m_module) == offset_of!(abi::PyCFunctionObject, m_module));
    assert!(
        offset_of!(PyCFunction, m_weakreflist) == offset_of!(abi::PyCFunctionObject, m_weakreflist)
    );
    assert!(offset_of!(PyCFunction, vectorcall) == offset_of!(abi::PyCFunctionObject, vectorcall));
    assert!(offset_of!(PyCMethod, mm_class) == offset_of!(abi::PyCMethodObject, mm_class));
};

/// The flags that say how `ml_meth` is called.
pub(crate) const CONVENTION: i32 = abi::METH_VARARGS
    | abi::METH_FASTCALL
    | abi::METH_NOARGS
    | abi::METH_O
    | abi::METH_KEYWORDS
    | abi::METH_METHOD;
const FASTCALL_KEYWORDS: i32 = abi::METH_FASTCALL | abi::METH_KEYWORDS;
const VARARGS_KEYWORDS: i32 = abi::METH_VARARGS | abi::METH_KEYWORDS;
const METHOD: i32 = abi::METH_METHOD | FASTCALL_KEYWORDS;

impl PyCFunction {
    /// A function of a method table, bound to `this` (a module, an instance, or nothing).
    pub fn new(
        def: &abi::PyMethodDef,
        this: Option<&PyObject>,
        module: Option<&PyObject>,
    ) -> PyResult<Py<PyCFunction>> {
        Self::new_in_class(def, this, module, None)
    }

    /// As [`PyCFunction::new`], for a method that gets its defining class.
    pub fn new_in_class(
        def: &abi::PyMethodDef,
        this: Option<&PyObject>,
        module: Option<&PyObject>,
        class: Option<&PyType>,
    ) -> PyResult<Py<PyCFunction>> {
        let vectorcall: Option<abi::vectorcallfunc> = match def.ml_flags & CONVENTION {
            abi::METH_NOARGS => Some(vectorcall_noargs),
            abi::METH_O => Some(vectorcall_o),
            abi::METH_FASTCALL => Some(vectorcall_fastcall),
            FASTCALL_KEYWORDS => Some(vectorcall_fastcall_keywords),
            abi::METH_VARARGS | VARARGS_KEYWORDS => None,
            METHOD => Some(vectorcall_method),
            _ => return Err(bad_flags(def)),
        };
        let function = PyCFunction {
            ob_base: PyObject::HEADER,
            m_ml: Cell::new(std::ptr::from_ref(def).cast_mut()),
            m_self: Field::from_option(this.map(PyClass::to_obj)),
            m_module: Field::from_option(module.map(PyClass::to_obj)),
            m_weakreflist: WeakList::new(),
            vectorcall: Cell::new(vectorcall),
        };
        if def.ml_flags & CONVENTION != METHOD {
            return Py::new(function);
        }
        let Some(class) = class else {
            return Err(crate::system_error!(
                "attempting to create PyCMethod with a METH_METHOD flag but no class"
            ));
        };
        let method = PyCMethod {
            func: function,
            mm_class: Field::new(PyClass::to_owned(class)),
        };
        // SAFETY: a `PyCMethod` starts with its `PyCFunction`.
        Py::new(method).map(|method| unsafe { method.cast_unchecked() })
    }

    /// The row of the method table.
    pub fn def(&self) -> &abi::PyMethodDef {
        // SAFETY: invariant 1.
        unsafe { &*self.m_ml.get() }
    }

    /// `ml_name`.
    pub fn name(&self) -> String {
        c_text(self.def().ml_name)
    }

    /// What the function is bound to.
    pub fn bound_self(&self) -> Option<Obj> {
        self.m_self.get()
    }

    /// The address of the native function, for identity comparisons.
    pub fn function_address(&self) -> usize {
        self.def().ml_meth.map_or(0, |function| function as usize)
    }

    /// Whether the function belongs to a module, or to nothing.
    fn is_plain_function(&self) -> bool {
        self.m_self
            .get()
            .is_none_or(|this| this.downcast::<PyModule>().is_some())
    }

    /// The self pointer that the native function gets.
    #[inline(always)]
    fn self_ptr(&self) -> Ptr {
        if self.def().ml_flags & abi::METH_STATIC != 0 {
            return std::ptr::null_mut();
        }
        // SAFETY: only the address is kept, and the function holds its self during the call.
        unsafe { self.m_self.borrow() }.map_or(std::ptr::null_mut(), PyObject::as_ptr)
    }
}

#[cold]
pub(crate) fn bad_flags(def: &abi::PyMethodDef) -> crate::PyErr {
    crate::system_error!("{}() method: bad call flags", c_text(def.ml_name))
}

/// A C string of a table as Rust text; null gives the empty text.
pub(crate) fn c_text(text: *const std::ffi::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: texts in tables are C strings that live as long as the table.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// How messages name a function: `module.qualname()`, without the module if that is builtins.
#[cold]
pub fn function_str(function: &PyObject) -> PyResult<String> {
    let Some(qualname) = function.lookup_attr(intern!("__qualname__"))? else {
        return Ok(function.str()?.to_string_lossy());
    };
    let qualname = qualname.str()?.to_string_lossy();
    let module = function.lookup_attr(intern!("__module__"))?;
    Ok(match module {
        Some(module) if !module.is(crate::none()) => {
            let module = module.str()?.to_string_lossy();
            if module == "builtins" {
                format!("{qualname}()")
            } else {
                format!("{module}.{qualname}()")
            }
        }
        _ => format!("{qualname}()"),
    })
}

#[cold]
fn no_keywords(function: &PyObject) -> crate::PyErr {
    match function_str(function) {
        Ok(name) => type_error!("{name} takes no keyword arguments"),
        Err(error) => error,
    }
}

#[cold]
fn wrong_count(function: &PyObject, given: usize, expected: &str) -> crate::PyErr {
    match function_str(function) {
        Ok(name) => type_error!("{name} takes {expected} ({given} given)"),
        Err(error) => error,
    }
}

/// What a native function is called with.
#[derive(Clone, Copy)]
pub(crate) struct NativeCall {
    /// The row of the method table.
    pub(crate) def: *const abi::PyMethodDef,
    /// Self, null for static methods.
    pub(crate) this: Ptr,
    /// The defining class, for `METH_METHOD`.
    pub(crate) class: *mut abi::PyTypeObject,
    /// The arguments after self.
    pub(crate) args: *const Ptr,
    /// The number of positional ones.
    pub(crate) nargs: usize,
    /// The names of the keyword arguments, or null.
    pub(crate) kwnames: Ptr,
}

/// Calls a native function by its convention, which is a constant to the caller; `callable` is what
/// messages name.
///
/// # Safety
/// `call` describes live objects, and `FLAGS` is the row's convention.
#[inline(always)]
pub(crate) unsafe fn call_native<const FLAGS: i32>(
    callable: &PyObject,
    call: NativeCall,
) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    let def = unsafe { &*call.def };
    let Some(function) = def.ml_meth else {
        return Err(bad_flags(def));
    };
    let takes_keywords = FLAGS & abi::METH_KEYWORDS != 0;
    if !takes_keywords && !call.kwnames.is_null() {
        // SAFETY: the names are a tuple.
        let names = unsafe { glue::arg_as::<PyTuple>(call.kwnames) };
        if !names.is_empty() {
            return Err(no_keywords(callable));
        }
    }
    crate::state::enter_recursive_call(" while calling a Python object")?;
    // SAFETY: invariant 2: each function is called as its flags say, with live objects.
    unsafe {
        match FLAGS {
            abi::METH_NOARGS => {
                if call.nargs != 0 {
                    return Err(wrong_count(callable, call.nargs, "no arguments"));
                }
                result_from_ptr(function(call.this, std::ptr::null_mut()))
            }
            abi::METH_O => {
                if call.nargs != 1 {
                    return Err(wrong_count(callable, call.nargs, "exactly one argument"));
                }
                result_from_ptr(function(call.this, *call.args))
            }
            abi::METH_FASTCALL => {
                let function: abi::PyCFunctionFast = std::mem::transmute(function);
                result_from_ptr(function(call.this, call.args, call.nargs as isize))
            }
            FASTCALL_KEYWORDS => {
                let function: abi::PyCFunctionFastWithKeywords = std::mem::transmute(function);
                result_from_ptr(function(
                    call.this,
                    call.args,
                    call.nargs as isize,
                    call.kwnames,
                ))
            }
            METHOD => {
                let function: abi::PyCMethod = std::mem::transmute(function);
                result_from_ptr(function(
                    call.this,
                    call.class,
                    call.args,
                    call.nargs as isize,
                    call.kwnames,
                ))
            }
            _ => call_with_tuple(function, call, takes_keywords),
        }
    }
}

/// The conventions with a tuple and a dictionary.
///
/// # Safety
/// As [`call_native`].
unsafe fn call_with_tuple(
    function: abi::PyCFunction,
    call: NativeCall,
    takes_keywords: bool,
) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    let (names, values) = unsafe {
        let names = glue::arg_as_opt::<PyTuple>(call.kwnames);
        (
            names,
            glue::args(call.args, call.nargs + names.map_or(0, PyTuple::len)),
        )
    };
    let positional = PyTuple::from_refs(&values[..call.nargs])?;
    if !takes_keywords {
        // SAFETY: invariant 2.
        return unsafe { result_from_ptr(function(call.this, positional.as_ptr())) };
    }
    let keywords = match names {
        Some(names) if !names.is_empty() => {
            let keywords = PyDict::new()?;
            for (name, value) in names.as_slice().iter().zip(&values[call.nargs..]) {
                keywords.set_item(name, value)?;
            }
            Some(keywords)
        }
        _ => None,
    };
    let keywords_ptr = keywords
        .as_ref()
        .map_or(std::ptr::null_mut(), |dict| dict.as_ptr());
    // SAFETY: invariant 2.
    unsafe {
        let function: abi::PyCFunctionWithKeywords = std::mem::transmute(function);
        result_from_ptr(function(call.this, positional.as_ptr(), keywords_ptr))
    }
}

macro_rules! vectorcalls {
    ($($name:ident = $flags:expr;)+) => { $(
        unsafe extern "C" fn $name(callable: Ptr, args: *const Ptr, nargsf: usize, kwnames: Ptr) -> Ptr {
            // SAFETY: the vectorcall contract; the function was made with these flags.
            let result = unsafe {
                let function = glue::arg_as::<PyCFunction>(callable);
                let call = NativeCall {
                    def: function.m_ml.get(),
                    this: function.self_ptr(),
                    class: std::ptr::null_mut(),
                    args,
                    nargs: nargsf & !ARGUMENTS_OFFSET,
                    kwnames,
                };
                call_native::<{ $flags }>(function, call)
            };
            glue::obj_result(result)
        }
    )+ };
}

vectorcalls! {
    vectorcall_noargs = abi::METH_NOARGS;
    vectorcall_o = abi::METH_O;
    vectorcall_fastcall = abi::METH_FASTCALL;
    vectorcall_fastcall_keywords = FASTCALL_KEYWORDS;
}

unsafe extern "C" fn vectorcall_method(
    callable: Ptr,
    args: *const Ptr,
    nargsf: usize,
    kwnames: Ptr,
) -> Ptr {
    // SAFETY: the vectorcall contract; functions with these flags are `PyCMethod`s.
    let result = unsafe {
        let method = glue::arg_as::<PyCMethod>(callable);
        let class = method
            .mm_class
            .borrow()
            .map_or(std::ptr::null_mut(), PyType::as_type_ptr);
        let call = NativeCall {
            def: method.func.m_ml.get(),
            this: method.func.self_ptr(),
            class,
            args,
            nargs: nargsf & !ARGUMENTS_OFFSET,
            kwnames,
        };
        call_native::<METHOD>(method, call)
    };
    glue::obj_result(result)
}

#[pymethods]
impl PyCFunction {
    #[slot(tp_call)]
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if self.vectorcall.get().is_some() {
            return self.as_object().call_tuple(args, kwargs);
        }
        // The conventions that take a tuple get the caller's own.
        let def = self.def();
        let Some(function) = def.ml_meth else {
            return Err(bad_flags(def));
        };
        crate::state::enter_recursive_call(" while calling a Python object")?;
        let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
        if def.ml_flags & abi::METH_KEYWORDS != 0 {
            let kwargs = kwargs.map_or(std::ptr::null_mut(), |kwargs| kwargs.as_ptr());
            // SAFETY: invariant 2.
            return unsafe {
                let function: abi::PyCFunctionWithKeywords = std::mem::transmute(function);
                result_from_ptr(function(self.self_ptr(), args.as_ptr(), kwargs))
            };
        }
        if kwargs.is_some() {
            // CPython names the function alone here.
            return Err(type_error!("{}() takes no keyword arguments", self.name()));
        }
        // SAFETY: invariant 2.
        unsafe { result_from_ptr(function(self.self_ptr(), args.as_ptr())) }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let name = self.name();
        let text = match self.m_self.get() {
            Some(this) if this.downcast::<PyModule>().is_none() => {
                format!(
                    "<built-in method {name} of {} object at {:p}>",
                    this.type_().tp_name(),
                    &*this
                )
            }
            _ => format!("<built-in function {name}>"),
        };
        Ok(PyStr::new(&text)?.into_object())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let this = self.m_self.get().map_or(0, |this| this.as_ptr().addr());
        let rotated = |address: usize| address.rotate_right(4) as isize;
        let hash = rotated(this) ^ rotated(self.function_address());
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let other = match op {
            CompareOp::Eq | CompareOp::Ne => other.downcast::<PyCFunction>(),
            _ => None,
        };
        let Some(other) = other else {
            return Ok(glue::not_implemented_obj());
        };
        let same_self = match (self.m_self.get(), other.m_self.get()) {
            (Some(left), Some(right)) => left.is(&right),
            (left, right) => left.is_none() && right.is_none(),
        };
        let equal = same_self && self.function_address() == other.function_address();
        Ok(glue::bool_obj(equal == (op == CompareOp::Eq)))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let name = PyStr::new(&self.name())?.into_object();
        if self.is_plain_function() {
            return Ok(name);
        }
        crate::descr::reduce_as_getattr(self.m_self.get(), name)
    }

    #[pygetter(name = "__doc__")]
    fn doc(&self) -> PyResult<Obj> {
        docstring::doc_object(&self.name(), self.def().ml_doc)
    }

    #[pygetter(name = "__name__")]
    fn get_name(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&self.name())
    }

    #[pygetter(name = "__qualname__")]
    fn qualname(&self) -> PyResult<Py<PyStr>> {
        let name = self.name();
        let this = match self.m_self.get() {
            Some(this) if this.downcast::<PyModule>().is_none() => this,
            _ => return PyStr::new(&name),
        };
        let class = match this.downcast::<PyType>() {
            Some(class) => class.to_obj(),
            None => this.type_().to_obj(),
        };
        let qualname = class.getattr(intern!("__qualname__"))?;
        let Some(qualname) = qualname.downcast::<PyStr>() else {
            return Err(type_error!(
                "<method>.__class__.__qualname__ is not a unicode object"
            ));
        };
        PyStr::new(&format!("{}.{name}", qualname.to_string_lossy()))
    }

    #[pygetter(name = "__self__")]
    fn get_self(&self) -> PyResult<Obj> {
        if self.def().ml_flags & abi::METH_STATIC != 0 {
            return Ok(glue::none_obj());
        }
        Ok(self.m_self.get().unwrap_or_else(glue::none_obj))
    }

    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> PyResult<Obj> {
        docstring::signature_object(&self.name(), self.def().ml_doc)
    }

    #[pygetter(name = "__module__")]
    fn module(&self) -> PyResult<Obj> {
        Ok(self.m_module.get().unwrap_or_else(glue::none_obj))
    }

    #[pysetter(name = "__module__")]
    fn set_module(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.m_module.set(value.map(PyClass::to_obj));
        Ok(())
    }
}

struct NewDef(abi::PyMethodDef);

// SAFETY: never changed.
unsafe impl Sync for NewDef {}

/// A function with keywords under the type of those without; its flags tell.
const fn with_keywords(function: abi::PyCFunctionWithKeywords) -> Option<abi::PyCFunction> {
    // SAFETY: both are C function pointers, and callers convert back by the flags.
    Some(unsafe { std::mem::transmute::<abi::PyCFunctionWithKeywords, abi::PyCFunction>(function) })
}

static NEW_DEF: NewDef = NewDef(abi::PyMethodDef {
    ml_name: c"__new__".as_ptr(),
    ml_meth: with_keywords(crate::typeobject::tp_new_wrapper),
    ml_flags: VARARGS_KEYWORDS,
    ml_doc: c"__new__($type, *args, **kwargs)\n--\n\nCreate and return a new object.  See help(type) for accurate signature.".as_ptr(),
});

/// The `__new__` of a native class.
pub(crate) fn new_wrapper(class: &PyType) -> PyResult<Py<PyCFunction>> {
    PyCFunction::new(&NEW_DEF.0, Some(class), None)
}
