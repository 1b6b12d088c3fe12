//! Runs the programs in `data/`, which use the modules of this crate and check themselves; what they
//! expect is what CPython 3.14 gives.

use krait_modules_core::builtins::BUILTINS;
use krait_modules_math::MODULES;
use krait_runtime::{Interpreter, Obj, PyCode, PyDict, PyResult, PyStr, ThreadState};

fn setup(interp: &'static Interpreter) -> PyResult<()> {
    interp.interned.init()?;
    krait_runtime::typeobject::ready_all()?;
    krait_runtime::exceptions::ready()?;
    for class in krait_interp::classes() {
        krait_runtime::typeobject::ready_type(class)?;
    }
    interp.modules.set(Some(PyDict::new()?));
    interp.sysdict.set(Some(PyDict::new()?));
    let builtins = BUILTINS.create()?;
    BUILTINS.exec(&builtins)?;
    interp.builtins.set(Some(builtins.dict()));
    krait_interp::install(interp)?;
    Ok(())
}

fn run(source: &str, filename: &str) -> PyResult<Obj> {
    let globals = PyDict::new()?;
    globals.set("__name__", &*PyStr::intern("__main__")?)?;
    // `_decimal` is made of classes of the library, which is not there: `tests/programs` has its tests.
    for def in MODULES.iter().filter(|def| def.name() != "_decimal") {
        let module = def.create()?;
        def.exec(&module)?;
        globals.set(def.name(), &module)?;
    }
    let code = krait_interp::compile_source(source, filename, "exec")?;
    let code = code.downcast::<PyCode>().expect("compile gives code");
    krait_interp::eval_code(code, &globals, &globals, None)
}

/// The line and message of the exception.
fn describe(error: krait_runtime::PyErr) -> String {
    let exception = error.take();
    let mut lines = Vec::new();
    let mut level = exception
        .downcast::<krait_runtime::PyBaseException>()
        .and_then(|raised| raised.traceback.get())
        .and_then(|tb| tb.cast::<krait_runtime::traceback::PyTraceback>().ok());
    while let Some(tb) = level {
        lines.push(tb.line().unwrap_or(-1).to_string());
        level = tb.tb_next.get();
    }
    format!(
        "{}: {} (lines {})",
        exception.type_name(),
        exception.to_display(),
        lines.join(", ")
    )
}

#[test]
fn programs() {
    let interp = Interpreter::create((1, 2));
    ThreadState::attach_new(interp);
    if let Err(error) = setup(interp) {
        panic!("start: {}", describe(error));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let source = std::fs::read_to_string(&path).expect("a program");
        if let Err(error) = run(&source, &path.to_string_lossy()) {
            failures.push(format!("{}: {}", path.display(), describe(error)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
