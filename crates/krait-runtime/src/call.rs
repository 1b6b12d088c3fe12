//! Calling objects: vectorcall, with `tp_call` behind it.

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::ThreadState;
use crate::typeobject::PyType;
use crate::{PyDict, PyErr, PyResult, PyStr, PyTuple};

/// Arguments on the native stack up to this many.
const SMALL: usize = 8;

/// Marks that the slot before the arguments may be overwritten by the callee.
pub const ARGUMENTS_OFFSET: usize = abi::PY_VECTORCALL_ARGUMENTS_OFFSET;

impl PyObject {
    /// The object's vectorcall function, if its class has one and the instance sets it.
    #[inline(always)]
    pub fn vectorcall_func(&self) -> Option<abi::vectorcallfunc> {
        let class = self.type_();
        if !class.has_flag(abi::Py_TPFLAGS_HAVE_VECTORCALL) {
            return None;
        }
        let offset = class.raw().tp_vectorcall_offset.get();
        // SAFETY: the flag promises that a `vectorcallfunc` (or null) lies at the offset.
        unsafe {
            *self
                .as_ptr()
                .byte_offset(offset)
                .cast::<Option<abi::vectorcallfunc>>()
        }
    }

    /// Calls the object with C's vectorcall arguments.
    ///
    /// # Safety
    /// `args` points at as many objects as `nargsf` and `kwnames` say, alive during the call; with
    /// the offset flag set, `args[-1]` is writable.
    #[inline]
    pub unsafe fn vectorcall_raw(
        &self,
        args: *const *mut abi::PyObject,
        nargsf: usize,
        kwnames: Option<&PyTuple>,
    ) -> PyResult<Obj> {
        let kwnames_ptr = kwnames.map_or(std::ptr::null_mut(), |names| names.as_ptr());
        match self.vectorcall_func() {
            // SAFETY: the caller's contract is the vectorcall contract.
            Some(function) => unsafe {
                result_from_ptr(function(self.as_ptr(), args, nargsf, kwnames_ptr))
            },
            None => {
                let nargs = nargsf & !ARGUMENTS_OFFSET;
                // SAFETY: the caller's contract.
                unsafe { self.call_through_tp_call(args, nargs, kwnames) }
            }
        }
    }

    #[inline(never)]
    unsafe fn call_through_tp_call(
        &self,
        args: *const *mut abi::PyObject,
        nargs: usize,
        kwnames: Option<&PyTuple>,
    ) -> PyResult<Obj> {
        let own = |index: usize| {
            // SAFETY: the caller's contract: the arguments are live objects.
            unsafe { Py::from_borrowed_ptr(*args.add(index)) }
        };
        let positional = PyTuple::from_exact((0..nargs).map(own))?;
        let keywords = match kwnames {
            Some(names) if !names.is_empty() => {
                let keywords = PyDict::new()?;
                for (index, name) in names.as_slice().iter().enumerate() {
                    keywords.set_item(name, &own(nargs + index))?;
                }
                Some(keywords)
            }
            _ => None,
        };
        self.call_slot(&positional, keywords.as_deref())
    }

    /// The error of a call of what cannot be called; a module is perhaps taken for what it holds.
    #[cold]
    fn not_callable(&self) -> PyErr {
        let name = self
            .downcast_exact::<crate::PyModule>()
            .and_then(|_| {
                self.lookup_attr(crate::intern!("__name__"))
                    .unwrap_or_else(forget)
            })
            .and_then(|name| name.cast::<PyStr>().ok());
        let meant = name.filter(|name| {
            self.lookup_attr(name)
                .unwrap_or_else(forget)
                .is_some_and(|value| value.is_callable())
        });
        let class = self.type_().tp_name();
        match meant.map(|name| name.to_string_lossy()) {
            Some(name) => crate::type_error!(
                "'{class}' object is not callable. Did you mean: '{name}.{name}(...)'?"
            ),
            None => crate::type_error!("'{class}' object is not callable"),
        }
    }

    /// Calls `tp_call` with a tuple and a dictionary.
    fn call_slot(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let Some(tp_call) = self.type_().raw().tp_call.get() else {
            return Err(self.not_callable());
        };
        ThreadState::current().check_stack(" while calling a Python object")?;
        let kwargs = kwargs.map_or(std::ptr::null_mut(), |dict| dict.as_ptr());
        // SAFETY: `tp_call` takes an instance of its class, a tuple and a dictionary or null.
        unsafe { result_from_ptr(tp_call(self.as_ptr(), args.as_ptr(), kwargs)) }
    }

    /// Calls the object with positional arguments.
    pub fn call(&self, args: &[&PyObject]) -> PyResult<Obj> {
        if args.len() < SMALL {
            // One slot in front, which the callee may use for a bound method's self.
            let mut stack = [std::ptr::null_mut(); SMALL + 1];
            for (slot, arg) in stack[1..].iter_mut().zip(args) {
                *slot = arg.as_ptr();
            }
            // SAFETY: the arguments are borrowed for the call; `stack[0]` is writable.
            return unsafe {
                self.vectorcall_raw(stack.as_ptr().add(1), args.len() | ARGUMENTS_OFFSET, None)
            };
        }
        let pointers: Vec<_> = args.iter().map(|arg| arg.as_ptr()).collect();
        // SAFETY: as above, without the offset.
        unsafe { self.vectorcall_raw(pointers.as_ptr(), pointers.len(), None) }
    }

    /// Calls the object without arguments.
    pub fn call0(&self) -> PyResult<Obj> {
        self.call(&[])
    }

    /// Calls the object with one argument.
    pub fn call1(&self, arg: &PyObject) -> PyResult<Obj> {
        self.call(&[arg])
    }

    /// Calls the object with positional and keyword arguments: the last `kwnames.len()` of `args`
    /// are the keywords' values.
    pub fn call_with_names(&self, args: &[&PyObject], kwnames: &PyTuple) -> PyResult<Obj> {
        debug_assert!(kwnames.len() <= args.len());
        if args.len() < SMALL {
            let mut stack = [std::ptr::null_mut(); SMALL + 1];
            for (slot, arg) in stack[1..].iter_mut().zip(args) {
                *slot = arg.as_ptr();
            }
            let nargs = args.len() - kwnames.len();
            // SAFETY: the arguments are borrowed for the call; `stack[0]` is writable.
            return unsafe {
                self.vectorcall_raw(
                    stack.as_ptr().add(1),
                    nargs | ARGUMENTS_OFFSET,
                    Some(kwnames),
                )
            };
        }
        let pointers: Vec<_> = args.iter().map(|arg| arg.as_ptr()).collect();
        // SAFETY: the arguments are borrowed for the call.
        unsafe {
            self.vectorcall_raw(
                pointers.as_ptr(),
                pointers.len() - kwnames.len(),
                Some(kwnames),
            )
        }
    }

    /// Calls the object with keyword arguments given by name.
    pub fn call_kw(&self, args: &[&PyObject], keywords: &[(&str, &PyObject)]) -> PyResult<Obj> {
        let mut all = args.to_vec();
        all.extend(keywords.iter().map(|(_, value)| *value));
        let names = keywords
            .iter()
            .map(|(name, _)| Ok(PyStr::intern(name)?.into_object()))
            .collect::<PyResult<Vec<_>>>()?;
        self.call_with_names(&all, &*PyTuple::from_vec(names)?)
    }

    /// `self(*args, **kwargs)`.
    pub fn call_tuple(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
        if self.vectorcall_func().is_none() {
            return self.call_slot(args, kwargs);
        }
        let Some(kwargs) = kwargs else {
            // SAFETY: the tuple keeps its items alive, each of which is a pointer to an object.
            return unsafe {
                self.vectorcall_raw(args.as_slice().as_ptr().cast(), args.len(), None)
            };
        };
        let mut pointers: Vec<_> = args.as_slice().iter().map(|arg| arg.as_ptr()).collect();
        let items = kwargs.items_vec();
        let mut names = Vec::with_capacity(items.len());
        for (key, value) in &items {
            if key.downcast::<PyStr>().is_none() {
                return Err(crate::type_error!("keywords must be strings"));
            }
            names.push(key.clone());
            pointers.push(value.as_ptr());
        }
        let names = PyTuple::from_vec(names)?;
        // SAFETY: the tuple and `items` keep the arguments alive.
        unsafe { self.vectorcall_raw(pointers.as_ptr(), args.len(), Some(&names)) }
    }

    /// `self.name(*args)`, without making a bound method.
    pub fn call_method(&self, name: &PyStr, args: &[&PyObject]) -> PyResult<Obj> {
        self.get_method(name)?.call(self, args)
    }

    /// `self.name(*args)` for a name known at build time.
    pub fn call_method_str(&self, name: &'static str, args: &[&PyObject]) -> PyResult<Obj> {
        self.call_method(&*PyStr::intern(name)?, args)
    }

    /// `callable(self)`.
    pub fn is_callable(&self) -> bool {
        self.type_().raw().tp_call.get().is_some()
    }
}

/// Turns a C function's result into ours: null means that an exception is set.
///
/// # Safety
/// `ptr` is null or an owned reference.
#[inline(always)]
pub unsafe fn result_from_ptr(ptr: *mut abi::PyObject) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    match unsafe { Py::from_owned_ptr_opt(ptr) } {
        Some(value) => Ok(value),
        None => Err(PyErr::fetch()),
    }
}

/// Turns our result into a C function's.
#[inline(always)]
pub fn result_into_ptr<T: PyClass>(result: PyResult<Py<T>>) -> *mut abi::PyObject {
    match result {
        Ok(value) => value.into_ptr(),
        // The exception is in the thread state, where C expects it.
        Err(_) => std::ptr::null_mut(),
    }
}

/// `PyVectorcall_Call`: the `tp_call` of classes whose instances have vectorcall.
///
/// # Safety
/// The contract of `tp_call`.
#[inline(never)]
pub unsafe extern "C" fn vectorcall_call(
    callable: *mut abi::PyObject,
    args: *mut abi::PyObject,
    kwargs: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_call`.
    let (callable, args, kwargs) = unsafe {
        (
            PyObject::from_ptr(callable),
            PyObject::from_ptr(args).downcast_unchecked::<PyTuple>(),
            PyObject::from_ptr_opt(kwargs).map(|dict| dict.downcast_unchecked::<PyDict>()),
        )
    };
    if callable.vectorcall_func().is_none() {
        let _error = crate::type_error!(
            "'{}' object does not support vectorcall",
            callable.type_name()
        );
        return std::ptr::null_mut();
    }
    result_into_ptr(callable.call_tuple(args, kwargs))
}

impl PyType {
    /// Calls the class with positional arguments and casts the result.
    pub fn instantiate(&self, args: &[&PyObject]) -> PyResult<Obj> {
        self.as_object().call(args)
    }
}

/// Nothing, in place of an attribute that could not be had.
fn forget(error: PyErr) -> Option<Obj> {
    error.clear();
    None
}
