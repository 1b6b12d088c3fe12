//! Native modules, from the interpreter's registry.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    Interpreter, ModuleDef, ModuleRegistry, PyModule, PyResult, PyStr, none, type_error,
};

/// Modules that the interpreter itself makes at start: they are never made again.
const MADE_AT_START: [&str; 2] = ["sys", "builtins"];

fn find(name: &str) -> Option<&'static ModuleDef> {
    Interpreter::current()
        .extension::<ModuleRegistry>()
        .find(name)
}

/// Returns 1 for a native module, -1 if it cannot be made again, 0 if there is none.
#[pyfunction(signature = "(name, /)")]
pub(super) fn is_builtin(name: &PyStr) -> i32 {
    let name = name.to_string_lossy();
    match find(&name) {
        Some(_) if MADE_AT_START.contains(&name.as_str()) => -1,
        Some(_) => 1,
        None => 0,
    }
}

/// Create a native module.
#[pyfunction(signature = "(spec, /)")]
pub(super) fn create_builtin(spec: &PyObject) -> PyResult<Obj> {
    let name = spec.getattr(krait_runtime::intern!("name"))?;
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(type_error!(
            "name must be string, not {}",
            name.type_().tp_name()
        ));
    };
    let text = name.to_string_lossy();
    if MADE_AT_START.contains(&text.as_str())
        && let Some(modules) = Interpreter::current().modules.get()
        && let Some(module) = modules.get_item(name)?
    {
        return Ok(module);
    }
    match find(&text) {
        Some(def) => Ok(def.create()?.into_object()),
        None => Ok(none().to_obj()),
    }
}

/// Run the code of a native module, the first time.
#[pyfunction(name = "exec_builtin", signature = "(mod, /)")]
pub(super) fn exec_builtin(r#mod: &PyObject) -> PyResult<i32> {
    let Some(module) = r#mod.downcast::<PyModule>() else {
        return Ok(0);
    };
    let Some(name) = module.name()? else {
        return Ok(0);
    };
    let name = name.to_string_lossy();
    if MADE_AT_START.contains(&name.as_str()) || !module.state().is_null() {
        return Ok(0);
    }
    if let Some(def) = find(&name) {
        mark_run(module)?;
        def.exec(module)?;
    }
    Ok(0)
}

/// Gives a native module a block of state, which says that its code has run.
fn mark_run(module: &PyModule) -> PyResult<()> {
    let state = krait_runtime::alloc::allocate(1);
    if state.is_null() {
        return Err(krait_runtime::err::no_memory());
    }
    // SAFETY: a block of the object allocator, which the module owns from now on; no definition.
    unsafe { module.set_def(std::ptr::null_mut(), state.cast()) };
    Ok(())
}

/// Makes a native module and enters it into `sys.modules`, without `importlib`.
pub fn import_builtin(name: &str) -> PyResult<Obj> {
    let interp = Interpreter::current();
    let Some(def) = find(name) else {
        return Err(krait_runtime::import_error!(
            "no built-in module named '{name}'"
        ));
    };
    let module = def.create()?;
    if let Some(modules) = interp.modules.get() {
        modules.set(name, &module)?;
    }
    mark_run(&module)?;
    def.exec(&module)?;
    Ok(module.into_object())
}
