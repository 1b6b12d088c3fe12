//! Uncaught exceptions: `sys.excepthook`, `SystemExit`, and what is left when all else fails.

use krait_modules_core::sys::print_plain;
use krait_runtime::{Obj, PyBaseException, PyClass, PyErr, PyObject, PyResult, PyStr, exc, none};

use crate::objects::{audit, ignore, sys_dict};

/// What an uncaught exception means for the process.
pub(crate) enum Outcome {
    /// It ends with this status.
    Exit(i32),
    /// It was shown; the program failed.
    Failed,
    /// As `Failed`, by `KeyboardInterrupt`.
    Interrupted,
}

/// Shows an uncaught exception, unless it asks for the end of the process.
pub(crate) fn handle(error: PyErr, inspect: bool) -> Outcome {
    if error.matches(&exc::SystemExit) && !inspect {
        let exception = error.take();
        return Outcome::Exit(exit_status(&exception));
    }
    let interrupted = error.matches(&exc::KeyboardInterrupt);
    print(error);
    if interrupted {
        Outcome::Interrupted
    } else {
        Outcome::Failed
    }
}

/// The status that a `SystemExit` asks for; a status that is no number is printed.
fn exit_status(exception: &PyObject) -> i32 {
    crate::stdio::flush();
    let code = ignore(exception.getattr_str("code")).unwrap_or_else(|| exception.to_obj());
    if code.is(none()) {
        return 0;
    }
    if code.is_instance_of::<krait_runtime::PyLong>() {
        // A number that does not fit counts as -1, as C has it.
        return code.int_value().map_or(-1, |code| code as i32);
    }
    let shown = (|| -> PyResult<()> {
        let text = code.str()?;
        match sys_dict()?.get("stderr")? {
            Some(stderr) if !stderr.is(none()) => {
                stderr.call_method_str("write", &[&*text])?;
                stderr.call_method_str("write", &[&*PyStr::new("\n")?])?;
                stderr.call_method_str("flush", &[])?;
            }
            _ => krait_host::reportln!("{}", text.to_string_lossy()),
        }
        Ok(())
    })();
    ignore(shown);
    1
}

/// Shows an exception through `sys.excepthook`.
pub(crate) fn print(error: PyErr) {
    let exception = error.take();
    let traceback = traceback_of(&exception);
    if let Some(sys) = ignore(sys_dict()) {
        let class: &PyObject = exception.type_();
        for (name, value) in [
            ("last_exc", &*exception),
            ("last_type", class),
            ("last_value", &*exception),
            ("last_traceback", &*traceback),
        ] {
            ignore(sys.set(name, value));
        }
    }
    crate::stdio::flush();
    if let Err(second) = call_hook(&exception, &traceback) {
        if second.matches(&exc::SystemExit) {
            let status = exit_status(&second.take());
            std::process::exit(crate::finalize::finalize(status));
        }
        let second = second.take();
        krait_host::reportln!("Error in sys.excepthook:");
        show(&second);
        krait_host::reportln!("\nOriginal exception was:");
        show(&exception);
    }
    crate::stdio::flush();
}

fn traceback_of(exception: &PyObject) -> Obj {
    let traceback = exception
        .downcast::<PyBaseException>()
        .and_then(|raised| raised.traceback.get());
    traceback.unwrap_or_else(|| none().to_obj())
}

fn call_hook(exception: &PyObject, traceback: &PyObject) -> PyResult<()> {
    let hook = sys_dict()?.get("excepthook")?;
    let Some(hook) = hook else {
        krait_host::reportln!("sys.excepthook is missing");
        show(exception);
        return Ok(());
    };
    let class: &PyObject = exception.type_();
    audit("sys.excepthook", &[&hook, class, exception, traceback])?;
    hook.call(&[class, exception, traceback]).map(drop)
}

/// Shows an exception on the descriptor itself.
pub(crate) fn show(exception: &PyObject) {
    match print_plain(exception) {
        Ok(text) => krait_host::report!("{text}"),
        Err(error) => {
            error.clear();
            krait_host::reportln!("{}: <exception str() failed>", exception.type_name());
        }
    }
}

/// The start-up failed.
pub(crate) fn print_fatal(step: &str, error: PyErr) {
    let exception = error.take();
    krait_host::reportln!("Fatal Python error: {step}: Failed to start the interpreter");
    krait_host::reportln!("Python runtime state: initialized");
    show(&exception);
    krait_host::reportln!();
}
