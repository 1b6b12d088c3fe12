//! `atexit`: functions to be called when the interpreter ends.

use std::cell::RefCell;

use krait_macros::pyfunction;
use krait_runtime::{
    Args, Interpreter, KwArgs, Obj, Py, PyClass, PyDict, PyObject, PyResult, PyTuple, pymodule,
    type_error,
};

pymodule! {
    pub ATEXIT = "atexit", "Functions to be called upon normal termination of the program.",
    functions: [register, _clear, unregister, _run_exitfuncs, _ncallbacks],
    classes: [],
    exec: None
}

/// One registered call.
#[derive(Clone)]
struct Callback {
    function: Obj,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
}

/// The calls of one interpreter; a removed one leaves a hole, so that indices stand during a search.
#[derive(Default)]
struct Callbacks(RefCell<Vec<Option<Callback>>>);

fn callbacks() -> &'static RefCell<Vec<Option<Callback>>> {
    &Interpreter::current().extension::<Callbacks>().0
}

/// Register a function to be executed upon normal program termination.
///
/// The function is called with the arguments that follow it; it is returned, so that register can
/// be used as a decorator.
#[pyfunction(signature = "(func, /, *args, **kwargs)")]
fn register(func: &PyObject, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    if !func.is_callable() {
        return Err(type_error!("the first argument must be callable"));
    }
    let callback = Callback {
        function: func.to_obj(),
        args: args.to_tuple()?,
        kwargs: match kwargs.is_empty() {
            true => None,
            false => Some(kwargs.to_dict()?),
        },
    };
    callbacks().borrow_mut().push(Some(callback));
    Ok(func.to_obj())
}

/// Clear the list of previously registered exit functions.
#[pyfunction(signature = "()")]
fn _clear() {
    let old = callbacks().take();
    drop(old);
}

/// Unregister an exit function which was previously registered using atexit.register
#[pyfunction(signature = "(func, /)")]
fn unregister(func: &PyObject) -> PyResult<()> {
    let mut index = 0;
    loop {
        let function = match callbacks().borrow().get(index) {
            None => return Ok(()),
            Some(callback) => callback.as_ref().map(|callback| callback.function.clone()),
        };
        if let Some(function) = function
            && function.eq(func)?
        {
            let removed = callbacks()
                .borrow_mut()
                .get_mut(index)
                .and_then(Option::take);
            drop(removed);
        }
        index += 1;
    }
}

/// Run all registered exit functions.
///
/// If a callback raises an exception, it is logged with sys.unraisablehook.
#[pyfunction(signature = "()")]
fn _run_exitfuncs() {
    run_exit_functions();
}

/// Return the number of registered exit functions.
#[pyfunction(signature = "()")]
fn _ncallbacks() -> usize {
    callbacks().borrow().iter().flatten().count()
}

/// Calls what was registered, the last first; errors are reported, since nobody can catch them.
pub fn run_exit_functions() {
    loop {
        let last = callbacks().borrow_mut().pop();
        let Some(last) = last else {
            return;
        };
        let Some(Callback {
            function,
            args,
            kwargs,
        }) = last
        else {
            continue;
        };
        if let Err(error) = function.call_tuple(&args, kwargs.as_deref()) {
            let exception = error.take();
            let shown = match function.repr() {
                Ok(text) => text.to_string_lossy(),
                Err(second) => {
                    second.clear();
                    "<unprintable function>".to_owned()
                }
            };
            krait_runtime::PyErr::restore(exception).write_unraisable(
                Some(&format!("Exception ignored in atexit callback {shown}")),
                None,
            );
        }
    }
}
