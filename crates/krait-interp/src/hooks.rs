//! The functions that the runtime calls back: what `install` puts into the interpreter's hooks.

use krait_abi as abi;
use krait_runtime::cell::PyCell;
use krait_runtime::frame::{PyFrame, current_frame, locals_mapping};
use krait_runtime::state::Interpreter;
use krait_runtime::traceback::PyTraceback;
use krait_runtime::{
    Obj, Py, PyBaseException, PyClass, PyCode, PyDict, PyErr, PyLong, PyObject, PyResult, PyStr,
    PyType, runtime_error,
};

/// Fills the interpreter's hooks and finds what the specialiser needs. Builtin classes must be
/// ready, and the builtins' dictionary there.
pub fn install(interp: &'static Interpreter) -> PyResult<()> {
    let mut hooks = interp.hooks.get();
    hooks.function_vectorcall = crate::call::function_vectorcall;
    hooks.eval_code = crate::call::eval_code;
    hooks.compile = crate::bridge::compile;
    hooks.import = crate::import::import_module_level;
    hooks.current_globals = current_globals;
    hooks.current_locals = || current_frame().map(locals_mapping).transpose();
    hooks.current_builtins = current_builtins;
    hooks.super_arguments = super_arguments;
    hooks.add_traceback = add_traceback;
    hooks.write_unraisable = write_unraisable;
    hooks.anext_with_default = |awaitable, default| {
        crate::asyncgen::PyAnextAwaitable::over(awaitable.to_obj(), default.to_obj())
    };
    hooks.set_frame_line = crate::jump::set_frame_line;
    hooks.clear_generator = crate::genobject::clear_generator;
    interp.hooks.set(hooks);
    crate::template::add_constants()?;
    crate::builtins::remember_constants()?;
    crate::specialize::install()
}

/// The classes that this crate defines, for `ready`.
pub fn classes() -> [&'static PyType; 11] {
    [
        crate::genobject::PyGenerator::type_object(),
        crate::genobject::PyCoroutine::type_object(),
        crate::genobject::PyCoroWrapper::type_object(),
        crate::asyncgen::PyAsyncGen::type_object(),
        crate::asyncgen::PyAsyncGenWrappedValue::type_object(),
        crate::asyncgen::PyAsyncGenASend::type_object(),
        crate::asyncgen::PyAsyncGenAThrow::type_object(),
        crate::asyncgen::PyAnextAwaitable::type_object(),
        crate::template::PyTemplate::type_object(),
        crate::template::PyInterpolation::type_object(),
        crate::template::PyTemplateIter::type_object(),
    ]
}

fn current_globals() -> Option<Py<PyDict>> {
    current_frame()?
        .globals()
        .downcast::<PyDict>()
        .map(PyClass::to_owned)
}

fn current_builtins() -> Option<Py<PyDict>> {
    current_frame()?
        .builtins()
        .downcast::<PyDict>()
        .map(PyClass::to_owned)
}

/// The instance and the class that `super()` without arguments means.
fn super_arguments() -> PyResult<(Obj, Obj)> {
    let Some(frame) = current_frame() else {
        return Err(runtime_error!("super(): no current frame"));
    };
    let code = frame.code();
    if code.co_argcount.get() == 0 {
        return Err(runtime_error!("super(): no arguments"));
    }
    // SAFETY: the first parameter's slot is valid.
    let first = unsafe { frame.slot(0).as_option() }.map(PyClass::to_obj);
    let instance = match first {
        Some(cell) if code.local_kind(0) & abi::CO_FAST_CELL != 0 => match cell.cast::<PyCell>() {
            Ok(cell) => cell.contents.get(),
            Err(value) => Some(value),
        },
        first => first,
    };
    let Some(instance) = instance else {
        return Err(runtime_error!("super(): arg[0] deleted"));
    };
    let first_free = (code.co_nlocalsplus.get() - code.co_nfreevars.get()) as usize;
    for index in first_free..code.co_nlocalsplus.get() as usize {
        if !code
            .local_name(index)
            .is_some_and(|name| name.is_text("__class__"))
        {
            continue;
        }
        // SAFETY: a free variable's slot is valid.
        let cell = unsafe { frame.slot(index).as_option() };
        let Some(cell) = cell.and_then(PyObject::downcast::<PyCell>) else {
            return Err(runtime_error!("super(): bad __class__ cell"));
        };
        let Some(class) = cell.contents.get() else {
            return Err(runtime_error!("super(): empty __class__ cell"));
        };
        if !class.is_instance_of::<PyType>() {
            return Err(runtime_error!(
                "super(): __class__ is not a type ({})",
                class.type_().tp_name()
            ));
        }
        return Ok((instance, class));
    }
    Err(runtime_error!("super(): __class__ cell not found"))
}

/// Adds an entry for a native function to the traceback of the exception that is set.
fn add_traceback(function: &str, file: &str, line: i32) {
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let exception = error.take();
    // Without the entry the exception is still the right one.
    if let Err(error) = add_level(&exception, function, file, line) {
        error.clear();
    }
    let _error = PyErr::restore(exception);
}

fn add_level(exception: &PyObject, function: &str, file: &str, line: i32) -> PyResult<()> {
    let Some(raised) = exception.downcast::<PyBaseException>() else {
        return Ok(());
    };
    let module = crate::bridge::compile_source("", file, "exec")?;
    let name = PyStr::new(function)?;
    let replace = module.getattr_str("replace")?;
    let code = replace.call_kw(
        &[],
        &[
            ("co_name", &*name),
            ("co_qualname", &*name),
            ("co_firstlineno", &*PyLong::from_i64(i64::from(line))?),
        ],
    )?;
    let Ok(code) = code.cast::<PyCode>() else {
        return Ok(());
    };
    let frame = PyFrame::new_stopped(code, PyDict::new()?, None)?;
    let lasti = frame.frame().lasti();
    let next = raised.traceback().and_then(|next| next.cast().ok());
    let level = PyTraceback::at(next, frame, lasti, line)?;
    raised.traceback.set(Some(level.into_object()));
    Ok(())
}

/// Reports an exception that cannot be raised, through `sys.unraisablehook`.
fn write_unraisable(error: PyErr, context: Option<&str>, object: Option<&PyObject>) {
    let exception = error.take();
    if let Err(second) = report_unraisable(&exception, context, object) {
        let second = second.take();
        let show =
            |exception: &PyObject| format!("{}: {}", exception.type_name(), exception.to_display());
        krait_host::reportln!(
            "Exception ignored: {}\nin sys.unraisablehook: {}",
            show(&exception),
            show(&second)
        );
    }
}

fn report_unraisable(
    exception: &PyObject,
    context: Option<&str>,
    object: Option<&PyObject>,
) -> PyResult<()> {
    let Some(sys) = Interpreter::current().sysdict.get() else {
        return Err(runtime_error!("lost sys"));
    };
    let Some(hook) = sys.get_item(krait_runtime::intern!("unraisablehook"))? else {
        return Err(runtime_error!("lost sys.unraisablehook"));
    };
    let none = || krait_runtime::none().to_obj();
    if let Some(raised) = exception.downcast::<krait_runtime::PyBaseException>()
        && !raised.traceback.is_some()
        && let Some(frame) = current_frame()
    {
        // It was raised by native code: say at least where that was called.
        krait_runtime::traceback::add_here(exception, frame)?;
    }
    let traceback = exception
        .downcast::<krait_runtime::PyBaseException>()
        .and_then(|raised| raised.traceback.get())
        .unwrap_or_else(none);
    let context = match context {
        Some(context) => PyStr::new(context)?.into_object(),
        None => none(),
    };
    let parts = vec![
        exception.type_().to_obj(),
        exception.to_obj(),
        traceback,
        context,
        object.map_or_else(none, PyClass::to_obj),
    ];
    let arguments = krait_runtime::structseq::UNRAISABLE_HOOK_ARGS.make(parts)?;
    hook.call1(&arguments).map(drop)
}
