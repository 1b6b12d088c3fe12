//! Runs a Python file with the builtin functions, without `sys` or the library: to try the
//! interpreter on its own.

use std::process::ExitCode;

use krait_runtime::{Interpreter, Obj, PyDict, PyObject, PyResult, PyStr, ThreadState};

fn run(source: &str, filename: &str) -> PyResult<Obj> {
    let code = krait_interp::compile_source(source, filename, "exec")?;
    let globals = PyDict::new()?;
    globals.set("__name__", &*PyStr::intern("__main__")?)?;
    let Some(code) = code.downcast::<krait_runtime::PyCode>() else {
        return Err(krait_runtime::system_error!("compile gave no code"));
    };
    krait_interp::eval_code(code, &globals, &globals, None)
}

fn setup(interp: &'static Interpreter) -> PyResult<()> {
    krait_runtime::init(interp)?;
    for class in krait_interp::classes() {
        krait_runtime::typeobject::ready_type(class)?;
    }
    Ok(())
}

fn show(error: krait_runtime::PyErr) {
    let exception = error.take();
    let mut level = exception
        .downcast::<krait_runtime::PyBaseException>()
        .and_then(|raised| raised.traceback.get())
        .and_then(|tb| tb.cast::<krait_runtime::traceback::PyTraceback>().ok());
    while let Some(tb) = level {
        let line = tb.line().unwrap_or(-1);
        if let Some(frame) = tb.tb_frame.get() {
            let code = frame.frame().code();
            let name = code
                .co_name
                .get()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default();
            eprintln!("  line {line}, in {name}");
        }
        level = tb.tb_next.get();
    }
    eprintln!(
        "{}: {}",
        exception.type_name(),
        PyObject::to_display(&exception)
    );
}

fn main() -> ExitCode {
    let Some(filename) = std::env::args().nth(1) else {
        eprintln!("usage: run FILE");
        return ExitCode::FAILURE;
    };
    let source = match std::fs::read_to_string(&filename) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{filename}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let interp = Interpreter::create((1, 2));
    let _thread = ThreadState::attach_new(interp);
    let result = setup(interp)
        .and_then(|()| krait_interp::install(interp))
        .and_then(|()| run(&source, &filename));
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            show(error);
            ExitCode::FAILURE
        }
    }
}
