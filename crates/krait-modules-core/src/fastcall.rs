//! Vectorcall for native callables: what a `#[pyclass]` needs to be called without an argument tuple.

use krait_abi as abi;
use krait_runtime::call::{ARGUMENTS_OFFSET, result_into_ptr};
use krait_runtime::{Obj, PyClass, PyObject, PyResult, PyTuple};

/// The arguments of one vectorcall.
pub(crate) struct CallArguments<'a> {
    /// The positional arguments, then the keywords' values.
    pub(crate) all: &'a [&'a PyObject],
    /// The keywords' names.
    pub(crate) names: Option<&'a PyTuple>,
}

impl<'a> CallArguments<'a> {
    /// The positional arguments.
    pub(crate) fn positional(&self) -> &'a [&'a PyObject] {
        &self.all[..self.all.len() - self.names.map_or(0, PyTuple::len)]
    }

    /// The keywords' values.
    pub(crate) fn keyword_values(&self) -> &'a [&'a PyObject] {
        &self.all[self.positional().len()..]
    }

    /// The names, if there is at least one.
    pub(crate) fn keyword_names(&self) -> Option<&'a PyTuple> {
        self.names.filter(|names| !names.is_empty())
    }

    /// Calls `callable` with exactly these arguments.
    pub(crate) fn pass_to(&self, callable: &PyObject) -> PyResult<Obj> {
        match self.keyword_names() {
            Some(names) => callable.call_with_names(self.all, names),
            None => callable.call(self.all),
        }
    }
}

/// A class whose instances are called through [`vectorcall`].
pub(crate) trait FastCall: PyClass {
    /// The call.
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj>;
}

/// The `vectorcallfunc` of a class.
///
/// # Safety
/// The vectorcall contract, with an instance of `T` as the callable.
pub(crate) unsafe extern "C" fn vectorcall<T: FastCall>(
    callable: *mut abi::PyObject,
    args: *const *mut abi::PyObject,
    nargsf: usize,
    kwnames: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the vectorcall contract: a live callable, and null or a tuple of names. The callable is
    // owned here, because the call may end it.
    let (callable, names) = unsafe {
        (
            PyObject::from_ptr(callable)
                .downcast_unchecked::<T>()
                .to_owned(),
            PyObject::from_ptr_opt(kwnames).map(|names| names.downcast_unchecked::<PyTuple>()),
        )
    };
    let total = (nargsf & !ARGUMENTS_OFFSET) + names.map_or(0, PyTuple::len);
    let all: &[&PyObject] = if total == 0 {
        &[]
    } else {
        // SAFETY: the contract: as many live objects, none of them null.
        unsafe { std::slice::from_raw_parts(args.cast(), total) }
    };
    result_into_ptr(callable.fast_call(CallArguments { all, names }))
}
