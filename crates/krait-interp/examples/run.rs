//! Runs a Python file with the builtin functions, without `sys` or the library: to try the
//! interpreter on its own.

use std::cell::RefCell;
use std::process::ExitCode;

use krait_runtime::{Interpreter, Obj, PyClass, PyDict, PyObject, PyResult, PyStr, ThreadState};

pub(crate) fn run(source: &str, filename: &str) -> PyResult<Obj> {
    let code = krait_interp::compile_source(source, filename, "exec")?;
    let globals = PyDict::new()?;
    globals.set("__name__", &*PyStr::intern("__main__")?)?;
    let Some(code) = code.downcast::<krait_runtime::PyCode>() else {
        return Err(krait_runtime::system_error!("compile gave no code"));
    };
    krait_interp::eval_code(code, &globals, &globals, None)
}

thread_local! {
    /// What programs have printed.
    pub(crate) static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Where the runner's `print` writes: `sys.stdout` with only what `print` asks of it.
#[krait_macros::pyclass(name = "Stdout", module = "run")]
#[repr(C)]
struct Stdout {
    ob_base: PyObject,
}

#[krait_macros::pymethods]
impl Stdout {
    #[pymethod(signature = "($self, text, /)")]
    fn write(&self, text: &PyStr) -> PyResult<usize> {
        WRITTEN.with_borrow_mut(|written| written.push_str(&text.to_string_lossy()));
        Ok(text.len())
    }

    #[pymethod(signature = "($self, /)")]
    fn flush(&self) -> PyResult<()> {
        Ok(())
    }
}

fn setup(interp: &'static Interpreter) -> PyResult<()> {
    interp.interned.init()?;
    krait_runtime::typeobject::ready_all()?;
    krait_runtime::exceptions::ready()?;
    for class in krait_interp::classes() {
        krait_runtime::typeobject::ready_type(class)?;
    }
    krait_runtime::typeobject::ready_type(Stdout::type_object())?;
    interp.modules.set(Some(PyDict::new()?));
    let sys = PyDict::new()?;
    let stdout = krait_runtime::Py::new(Stdout {
        ob_base: PyObject::HEADER,
    })?;
    sys.set("stdout", &stdout)?;
    interp.sysdict.set(Some(sys));
    let builtins = krait_modules_core::builtins::BUILTINS.create()?;
    krait_modules_core::builtins::BUILTINS.exec(&builtins)?;
    interp.builtins.set(Some(builtins.dict()));
    Ok(())
}

pub(crate) fn show(error: krait_runtime::PyErr) {
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

/// Makes the interpreter, on the calling thread.
pub(crate) fn start() -> PyResult<()> {
    let interp = Interpreter::create((1, 2));
    let _thread = ThreadState::attach_new(interp);
    setup(interp)?;
    krait_interp::install(interp)
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
    let result = start().and_then(|()| run(&source, &filename));
    print!("{}", WRITTEN.take());
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            show(error);
            ExitCode::FAILURE
        }
    }
}
