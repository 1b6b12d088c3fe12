//! `pyerrors.h` and `warnings.h`: raising, catching and warning.

use std::cell::Cell;
use std::ffi::{c_char, c_int};

use krait_runtime::exceptions::{given_exception_matches, is_exception, is_exception_class};
use krait_runtime::hooks::ExplicitWarning;
use krait_runtime::object::PyClass as _;
use krait_runtime::{
    Interpreter, Obj, Py, PyBaseException, PyDict, PyErr, PyObject, PyResult, PyStr, PyTuple,
    PyType, ThreadState, err, exc, none, system_error, type_error, typeobject,
};

use crate::glue::*;

/// Raises `class(value)`, whatever C passes as a class.
fn raise(class: Arg, value: Option<Obj>) -> PyErr {
    match class.and_then(PyObject::downcast::<PyType>) {
        Some(class) if is_exception_class(class) => match value {
            Some(value) => PyErr::set_object(class, value),
            None => PyErr::set_none(class),
        },
        _ => system_error!(
            "_PyErr_SetObject: exception {} is not a BaseException subclass",
            class.map_or_else(|| "NULL".to_owned(), PyObject::to_display)
        ),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetString(class: Arg, message: Text) {
    // The message's decoding must not see an older error.
    forget_error();
    let _error = match krait_runtime::codecs::decode(
        message.bytes().unwrap_or_default(),
        "utf-8",
        Some("replace"),
    ) {
        Ok(message) => raise(class, Some(message.into_object())),
        Err(error) => error,
    };
}

fn forget_error() {
    if let Some(error) = PyErr::occurred() {
        error.clear();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetObject(class: Arg, value: Arg) {
    forget_error();
    let _error = raise(class, value.map(PyObject::to_obj));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetNone(class: Arg) {
    forget_error();
    let _error = raise(class, None);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyErr_SetKeyError(key: Arg) {
    let _error = err::key_error_object(key.unwrap_or(none()));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Occurred() -> Ptr {
    // The thread state may be away: then there is no error.
    if ThreadState::current_opt().is_none() {
        return std::ptr::null_mut();
    }
    match PyErr::occurred() {
        Some(error) => error.value().type_().as_ptr(),
        None => std::ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Clear() {
    forget_error();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_GetRaisedException() -> Out {
    PyErr::occurred().map(PyErr::take)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetRaisedException(exception: Out) {
    forget_error();
    if let Some(exception) = exception {
        let _error = PyErr::restore(exception);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Fetch(class: Place<Out>, value: Place<Out>, traceback: Place<Out>) {
    let taken = PyErr::occurred().map(PyErr::take);
    put(class, taken.as_ref().map(|taken| taken.type_().to_obj()));
    let trace = taken
        .as_deref()
        .and_then(PyObject::downcast::<PyBaseException>);
    put(traceback, trace.and_then(PyBaseException::traceback));
    put(value, taken);
}

/// The exception that C's three parts stand for.
fn normalized(class: Option<Obj>, value: Option<Obj>) -> PyResult<Obj> {
    let class = some(class)?;
    if let Some(value) = &value
        && is_exception(value)
        && class
            .downcast::<PyType>()
            .is_some_and(|class| value.type_().is_subtype(class))
    {
        return Ok(value.clone());
    }
    let error = raise(Some(&class), value);
    Ok(error.take())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Restore(class: Out, value: Out, traceback: Out) {
    forget_error();
    if class.is_none() {
        return;
    }
    let exception = match normalized(class, value) {
        Ok(exception) => exception,
        Err(_) => return,
    };
    if let Some(traceback) = traceback.filter(|traceback| !traceback.is(none()))
        && let Err(error) = exception.setattr_str("__traceback__", &traceback)
    {
        error.clear();
    }
    let _error = PyErr::restore(exception);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_NormalizeException(
    class: Option<&Cell<Out>>,
    value: Option<&Cell<Out>>,
    _traceback: Option<&Cell<Out>>,
) {
    let (Some(class), Some(value)) = (class, value) else {
        return;
    };
    let Some(given) = class.take() else { return };
    let exception = match normalized(Some(given), value.take()) {
        Ok(exception) => exception,
        Err(error) => error.take(),
    };
    class.set(Some(exception.type_().to_obj()));
    value.set(Some(exception));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_GivenExceptionMatches(exception: Arg, class: Arg) -> c_int {
    let (Some(exception), Some(class)) = (exception, class) else {
        return 0;
    };
    c_int::from(given_exception_matches(exception, class))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_ExceptionMatches(class: Arg) -> c_int {
    let (Some(error), Some(class)) = (PyErr::occurred(), class) else {
        return 0;
    };
    c_int::from(given_exception_matches(&error.value(), class))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_GetHandledException() -> Out {
    ThreadState::current().handled_exception()
}

/// Sets what `sys.exception()` gives.
fn set_handled(exception: Option<Obj>) {
    let item = ThreadState::current().exc_info.get();
    // SAFETY: the innermost entry is alive.
    if let Some(item) = unsafe { item.as_ref() } {
        item.exc_value
            .set(exception.filter(|exception| !exception.is(none())));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetHandledException(exception: Arg) {
    set_handled(exception.map(PyObject::to_obj));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_GetExcInfo(
    class: Place<Out>,
    value: Place<Out>,
    traceback: Place<Out>,
) {
    let handled = ThreadState::current().handled_exception();
    put(
        class,
        handled.as_ref().map(|handled| handled.type_().to_obj()),
    );
    let trace = handled
        .as_deref()
        .and_then(PyObject::downcast::<PyBaseException>);
    put(traceback, trace.and_then(PyBaseException::traceback));
    put(value, handled);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetExcInfo(class: Out, value: Out, traceback: Out) {
    set_handled(value);
    drop((class, traceback));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_NoMemory() -> Ptr {
    let _error = err::no_memory();
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_BadArgument() -> c_int {
    let _error = type_error!("bad argument type for built-in operation");
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_BadInternalCall() {
    let _error = system_error!("bad argument to internal function");
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyErr_BadInternalCall(file: Text, line: c_int) {
    let _error = system_error!("{}:{line}: bad argument to internal function", file.lossy());
}

/// Raises the `OSError`, or whatever C asks for, of the last system call.
fn from_errno(class: Arg, names: [Arg; 2]) -> PyErr {
    let errno = krait_host::errno::Errno::last().0;
    if errno == 4
        && let Err(error) = krait_runtime::hooks::check_signals()
    {
        return error;
    }
    let build = || -> PyResult<Py<PyTuple>> {
        let number = krait_runtime::PyLong::from_i64(i64::from(errno))?.into_object();
        let text = PyStr::new(&krait_host::errno::Errno(errno).text())?.into_object();
        let mut parts = vec![number, text];
        if let Some(name) = names[0] {
            parts.push(name.to_obj());
            if let Some(second) = names[1] {
                parts.extend([none().to_obj(), second.to_obj()]);
            }
        }
        PyTuple::from_vec(parts)
    };
    match build() {
        Ok(parts) => raise(class, Some(parts.into_object())),
        Err(error) => error,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetFromErrno(class: Arg) -> Ptr {
    let _error = from_errno(class, [None, None]);
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetFromErrnoWithFilenameObject(class: Arg, name: Arg) -> Ptr {
    let _error = from_errno(class, [name, None]);
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetFromErrnoWithFilenameObjects(
    class: Arg,
    name: Arg,
    second: Arg,
) -> Ptr {
    let _error = from_errno(class, [name, second]);
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetFromErrnoWithFilename(class: Arg, name: Text) -> Ptr {
    let errno = krait_host::errno::Errno::last();
    let name = name.get().map(|name| {
        krait_runtime::codecs::decode(name.to_bytes(), "utf-8", Some("surrogateescape"))
    });
    errno.set_last();
    let _error = match name.transpose() {
        Ok(name) => from_errno(class, [name.as_deref().map(|name| name.as_object()), None]),
        Err(error) => error,
    };
    std::ptr::null_mut()
}

fn import_error(class: Arg, message: Arg, name: Arg, path: Arg) -> PyErr {
    let make = || -> PyResult<Obj> {
        let class = cast::<PyType>(class)?;
        if !class.is_subtype(&exc::ImportError) {
            return Err(type_error!("expected a subclass of ImportError"));
        }
        let message = message.ok_or_else(|| type_error!("expected a message argument"))?;
        let keywords = [
            ("name", name.unwrap_or(none())),
            ("path", path.unwrap_or(none())),
        ];
        class.as_object().call_kw(&[message], &keywords)
    };
    match make() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetImportError(message: Arg, name: Arg, path: Arg) -> Ptr {
    let _error = import_error(Some(exc::ImportError.as_object()), message, name, path);
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetImportErrorSubclass(
    class: Arg,
    message: Arg,
    name: Arg,
    path: Arg,
) -> Ptr {
    let _error = import_error(class, message, name, path);
    std::ptr::null_mut()
}

fn new_exception(name: Text, doc: Text, base: Arg, dict: Arg) -> PyResult<Py<PyType>> {
    let full = name.lossy();
    let Some((module, name)) = full.rsplit_once('.') else {
        return Err(system_error!(
            "PyErr_NewException: name must be module.class"
        ));
    };
    let dict = match dict {
        Some(dict) => cast::<PyDict>(Some(dict))?.copy()?,
        None => PyDict::new()?,
    };
    if !dict.contains(&*PyStr::intern("__module__")?)? {
        dict.set("__module__", &*PyStr::new(module)?)?;
    }
    if doc.get().is_some() {
        dict.set("__doc__", &*doc.str()?)?;
    }
    let base = base.unwrap_or(exc::Exception.as_object()).to_obj();
    let bases = match base.cast::<PyTuple>() {
        Ok(bases) => bases,
        Err(base) => PyTuple::from_vec(vec![base])?,
    };
    typeobject::new_type(PyType::type_object(), &*PyStr::intern(name)?, &bases, &dict)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_NewException(name: Text, base: Arg, dict: Arg) -> Out {
    // SAFETY: a null text.
    let no_doc = unsafe { Text::new(std::ptr::null()) };
    run(|| new_exception(name, no_doc, base, dict))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_NewExceptionWithDoc(
    name: Text,
    doc: Text,
    base: Arg,
    dict: Arg,
) -> Out {
    run(|| new_exception(name, doc, base, dict))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_WriteUnraisable(object: Arg) {
    if let Some(error) = PyErr::occurred() {
        error.write_unraisable(None, object);
    }
}

/// Prints the exception that is set by `sys.excepthook`.
fn print(remember: bool) {
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let exception = error.take();
    if exception.type_().is_subtype(&exc::SystemExit) {
        // The program's top level ends it as the exception says.
        let _error = PyErr::restore(exception);
        crate::pylifecycle::exit_for_system_exit();
        return;
    }
    let show = || -> PyResult<()> {
        let class = exception.type_();
        let traceback = exception.getattr_str("__traceback__")?;
        if remember && let Some(sys) = Interpreter::current().sysdict.get() {
            sys.set("last_exc", &exception)?;
            sys.set("last_type", class)?;
            sys.set("last_value", &exception)?;
            sys.set("last_traceback", &traceback)?;
        }
        let hook = crate::longobject::sys_attribute("excepthook")?;
        hook.call(&[class, &exception, &traceback]).map(drop)
    };
    if let Err(error) = show() {
        error.write_unraisable(Some("in PyErr_Print()"), None);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Print() {
    print(true);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_PrintEx(set_sys_last: c_int) {
    print(set_sys_last != 0);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_DisplayException(exception: Arg) {
    if let Some(exception) = exception {
        let pending = PyErr::occurred().map(PyErr::take);
        let _error = PyErr::restore(exception.to_obj());
        print(false);
        if let Some(pending) = pending {
            let _error = PyErr::restore(pending);
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Display(_class: Arg, value: Arg, _traceback: Arg) {
    // SAFETY: the same contract.
    unsafe { PyErr_DisplayException(value) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_CheckSignals() -> c_int {
    run(krait_runtime::hooks::check_signals)
}

/// Issues a warning of a category; null means `RuntimeWarning`.
fn warn(category: Arg, message: &str, level: isize, source: Arg) -> PyResult<()> {
    let category = category.unwrap_or(exc::RuntimeWarning.as_object());
    (Interpreter::current().hooks.get().warn)(category, message, level, source)
}

/// What the variadic functions warn with: also of an object that the warning is about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn krait_warn(
    category: Arg,
    message: Text,
    level: isize,
    source: Arg,
) -> c_int {
    run(|| warn(category, &message.lossy(), level, source))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_WarnEx(category: Arg, message: Text, level: isize) -> c_int {
    run(|| warn(category, &message.lossy(), level, None))
}

fn warn_explicit(
    category: Arg,
    message: &PyObject,
    file: &PyObject,
    line: c_int,
    module: Arg,
    registry: Arg,
) -> PyResult<()> {
    let warning = ExplicitWarning {
        category: category.unwrap_or(exc::RuntimeWarning.as_object()),
        message,
        filename: file,
        line,
        module,
        registry: registry.filter(|registry| !registry.is(none())),
    };
    (Interpreter::current().hooks.get().warn_explicit)(&warning)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_WarnExplicitObject(
    category: Arg,
    message: Arg,
    file: Arg,
    line: c_int,
    module: Arg,
    registry: Arg,
) -> c_int {
    run(|| {
        warn_explicit(
            category,
            some(message)?,
            some(file)?,
            line,
            module,
            registry,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_WarnExplicit(
    category: Arg,
    message: Text,
    file: Text,
    line: c_int,
    module: Text,
    registry: Arg,
) -> c_int {
    run(|| {
        let module = module.get().map(|_| module.str()).transpose()?;
        let module = module.as_deref().map(|module| module.as_object());
        warn_explicit(
            category,
            &*message.str()?,
            &*file.str()?,
            line,
            module,
            registry,
        )
    })
}

fn exception(object: Arg<'_>) -> PyResult<&PyBaseException> {
    cast(object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_GetTraceback(object: Arg) -> Out {
    exception(object).ok()?.traceback()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_SetTraceback(object: Arg, traceback: Arg) -> c_int {
    run(|| {
        exception(object)?
            .as_object()
            .setattr_str("__traceback__", traceback.unwrap_or(none()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_GetContext(object: Arg) -> Out {
    exception(object).ok()?.context.get()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_SetContext(object: Arg, context: Out) {
    if let Ok(exception) = exception(object) {
        exception.context.set(context);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_GetCause(object: Arg) -> Out {
    exception(object).ok()?.cause.get()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_SetCause(object: Arg, cause: Out) {
    if let Ok(exception) = exception(object) {
        exception.set_cause(cause);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_GetArgs(object: Arg) -> Out {
    run(|| exception(object)?.args())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyException_SetArgs(object: Arg, args: Arg) {
    let set = exception(object)
        .and_then(|exception| exception.as_object().setattr_str("args", some(args)?));
    if let Err(error) = set {
        error.clear();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyExceptionClass_Name(class: &PyType) -> *const c_char {
    class.raw().tp_name.get()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyErr_ChainExceptions1(exception: Out) {
    let Some(exception) = exception else { return };
    match PyErr::occurred() {
        None => {
            let _error = PyErr::restore(exception);
        }
        Some(error) => {
            let newer = error.take();
            if let Some(newer) = newer.downcast::<PyBaseException>() {
                newer.context.set(Some(exception));
            }
            let _error = PyErr::restore(newer);
        }
    }
}
