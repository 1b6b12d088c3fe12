//! The hooks of `sys`: how results, errors and events are shown; and `sys.exit`.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::structseq::{PyStructSeq, UNRAISABLE_HOOK_ARGS};
use krait_runtime::{
    Args, Interpreter, KwArgs, PyBaseException, PyDict, PyErr, PyResult, PyStr, PyTuple, exc, none,
    runtime_error, type_error,
};

use super::print_exception;

/// An attribute of `sys`.
pub(super) fn sys_attribute(name: &str) -> PyResult<Option<Obj>> {
    match Interpreter::current().sysdict.get() {
        Some(dict) => dict.get(name),
        None => Ok(None),
    }
}

/// Imports a module by its dotted name.
pub(super) fn import_module(name: &str) -> PyResult<Obj> {
    let import = Interpreter::current().hooks.get().import;
    let full = PyStr::intern(name)?;
    import(&full, None, None, None, 0)?;
    match Interpreter::current()
        .modules
        .get()
        .map(|modules| modules.get_item(&full))
    {
        Some(module) => {
            module?.ok_or_else(|| krait_runtime::key_error!("'{name}' not in sys.modules"))
        }
        None => Err(runtime_error!("unable to get sys.modules")),
    }
}

/// Add a function that is called with each audit event.
#[pyfunction(signature = "(hook)")]
pub fn addaudithook(hook: &PyObject) -> PyResult<()> {
    krait_runtime::audit::add_hook(hook.to_obj())
}

/// Pass the event to any audit hooks that are attached.
#[pyfunction(
    signature = "(event, /, *args)",
    text_signature = "($module, event, /, *args)"
)]
pub fn audit(event: &PyStr, args: Args<'_>) -> PyResult<()> {
    if !krait_runtime::audit::is_on() {
        return Ok(());
    }
    let args: Vec<&PyObject> = args.iter().collect();
    krait_runtime::audit::raise(event, &*PyTuple::from_refs(&args)?)
}

/// Tells the audit hooks of an event.
pub fn audit_event(event: &str, args: &[&PyObject]) -> PyResult<()> {
    if !krait_runtime::audit::is_on() {
        return Ok(());
    }
    krait_runtime::audit::raise(&*PyStr::intern(event)?, &*PyTuple::from_refs(args)?)
}

/// Print an object to sys.stdout and also save it in builtins._
#[pyfunction(signature = "(object, /)")]
pub fn displayhook(object: &PyObject) -> PyResult<()> {
    let Some(builtins) = Interpreter::current().builtins.get() else {
        return Err(runtime_error!("lost builtins module"));
    };
    if object.is(none()) {
        return Ok(());
    }
    builtins.set("_", none())?;
    let stdout = match sys_attribute("stdout")? {
        Some(stdout) if !stdout.is(none()) => stdout,
        _ => return Err(runtime_error!("lost sys.stdout")),
    };
    let text = object.repr()?;
    match stdout.call_method(krait_runtime::intern!("write"), &[&*text]) {
        Ok(_) => {}
        Err(error) if error.matches(&exc::UnicodeEncodeError) => {
            error.clear();
            write_escaped(&stdout, &text)?;
        }
        Err(error) => return Err(error),
    }
    stdout.call_method(krait_runtime::intern!("write"), &[&*PyStr::intern("\n")?])?;
    builtins.set("_", object)
}

/// Writes text to a stream whose encoding does not have all of its characters.
fn write_escaped(stdout: &PyObject, text: &PyStr) -> PyResult<()> {
    let encoding = stdout.getattr(krait_runtime::intern!("encoding"))?;
    let encoded = text.call_method(
        krait_runtime::intern!("encode"),
        &[&encoding, &*PyStr::intern("backslashreplace")?],
    )?;
    match stdout.lookup_attr(krait_runtime::intern!("buffer"))? {
        Some(buffer) => buffer.call_method(krait_runtime::intern!("write"), &[&encoded])?,
        None => {
            let decoded = encoded.call_method(
                krait_runtime::intern!("decode"),
                &[&encoding, &*PyStr::intern("strict")?],
            )?;
            stdout.call_method(krait_runtime::intern!("write"), &[&decoded])?
        }
    };
    Ok(())
}

/// Handle an exception by displaying it with a traceback on sys.stderr.
#[pyfunction(signature = "(exctype, value, traceback, /)")]
pub fn excepthook(exctype: &PyObject, value: &PyObject, traceback: &PyObject) -> PyResult<()> {
    let _ = exctype;
    if let Some(raised) = value.downcast::<PyBaseException>()
        && !traceback.is(none())
        && raised.traceback.get().is_none()
    {
        raised.traceback.set(Some(traceback.to_obj()));
    }
    print_exception::display(value)
}

/// Handle an exception that nobody can catch.
///
/// The argument has the attributes exc_type, exc_value, exc_traceback, err_msg and object; all but
/// the first may be None.
#[pyfunction(signature = "(unraisable, /)")]
pub fn unraisablehook(unraisable: &PyObject) -> PyResult<()> {
    let class = UNRAISABLE_HOOK_ARGS.class()?;
    let Some(arguments) = unraisable
        .downcast::<PyStructSeq>()
        .filter(|_| std::ptr::eq(unraisable.type_(), class))
    else {
        return Err(type_error!(
            "sys.unraisablehook argument type must be UnraisableHookArgs"
        ));
    };
    let field = |index: usize| arguments.field(index).filter(|value| !value.is(none()));
    let file = match sys_attribute("stderr")? {
        Some(file) if !file.is(none()) => file,
        _ => return Ok(()),
    };
    let mut head = String::new();
    match (field(3), field(4)) {
        (message, Some(object)) => {
            match message {
                Some(message) => head.push_str(&message.str()?.to_string_lossy()),
                None => head.push_str("Exception ignored in"),
            }
            head.push_str(": ");
            match object.repr() {
                Ok(text) => head.push_str(&text.to_string_lossy()),
                Err(error) => {
                    error.clear();
                    head.push_str("<object repr() failed>");
                }
            }
            head.push('\n');
        }
        (Some(message), None) => {
            head.push_str(&message.str()?.to_string_lossy());
            head.push_str(":\n");
        }
        (None, None) => {}
    }
    let mut text = head;
    if let Some(traceback) = field(2) {
        text.push_str(&print_exception::traceback_text(&traceback)?);
    }
    match (field(0), field(1)) {
        (None, _) => {}
        (Some(class), value) => {
            text.push_str(&print_exception::headline(&class, value.as_deref()));
        }
    }
    file.call_method(krait_runtime::intern!("write"), &[&*PyStr::new(&text)?])?;
    file.call_method(krait_runtime::intern!("flush"), &[])?;
    Ok(())
}

/// Exit the interpreter by raising SystemExit(status).
///
/// No status or None means success, an integer is the exit status; anything else is printed, and
/// the exit status is one.
#[pyfunction(signature = "(status=None, /)")]
pub fn exit(status: Option<&PyObject>) -> PyResult<()> {
    Err(match status {
        Some(status) => PyErr::set_object(&exc::SystemExit, status.to_obj()),
        None => PyErr::set_none(&exc::SystemExit),
    })
}

/// What breakpoint() calls: the function that $PYTHONBREAKPOINT names, or pdb.set_trace.
#[pyfunction(
    signature = "(*args, **kwargs)",
    text_signature = "($module, /, *args, **kwargs)"
)]
pub fn breakpointhook(args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    let ignore = Interpreter::current().flags.borrow().ignore_environment != 0;
    let variable = if ignore {
        None
    } else {
        krait_host::env::get(c"PYTHONBREAKPOINT")
    };
    let variable = variable.filter(|value| !value.is_empty());
    let name = variable.map_or_else(
        || "pdb.set_trace".to_owned(),
        |value| String::from_utf8_lossy(&value).into_owned(),
    );
    if name == "0" {
        return Ok(none().to_obj());
    }
    let (module, attribute) = match name.rsplit_once('.') {
        Some(("", _)) => return unimportable(&name, None),
        Some(parts) => parts,
        None => ("builtins", name.as_str()),
    };
    let module = match import_module(module) {
        Ok(module) => module,
        Err(error) => return unimportable(&name, Some(error)),
    };
    let function = match module.getattr_str(attribute) {
        Ok(function) => function,
        Err(error) => return unimportable(&name, Some(error)),
    };
    let positional: Vec<&PyObject> = args.iter().collect();
    let keywords = PyDict::new()?;
    for (key, value) in kwargs.iter() {
        keywords.set_item(key, value)?;
    }
    function.call_tuple(&*PyTuple::from_refs(&positional)?, Some(&keywords))
}

/// A breakpoint whose function is not there is passed over with a warning.
fn unimportable(name: &str, error: Option<PyErr>) -> PyResult<Obj> {
    match error {
        Some(error) if error.matches(&exc::ImportError) || error.matches(&exc::AttributeError) => {
            error.clear();
        }
        Some(error) => return Err(error),
        None => {}
    }
    let message = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\"");
    krait_runtime::hooks::warn(&exc::RuntimeWarning, &message, 0)?;
    Ok(none().to_obj())
}
