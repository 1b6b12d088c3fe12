//! Frozen modules: those that must be there before the import system is.

use std::cell::Cell;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    Interpreter, IntoPy, PyCode, PyDict, PyErr, PyList, PyModule, PyResult, PyStr, exc, none,
    type_error,
};

/// A frozen module: its name, the module of the library that it is, and whether that is a package.
struct Frozen {
    name: &'static str,
    /// The library's name of it.
    original: &'static str,
    package: bool,
}

const fn row(name: &'static str, original: &'static str, package: bool) -> Frozen {
    Frozen {
        name,
        original,
        package,
    }
}

/// The table; the first three are the import system itself, the others its tests' subjects.
const FROZEN: &[Frozen] = &[
    row("_frozen_importlib", "importlib._bootstrap", false),
    row(
        "_frozen_importlib_external",
        "importlib._bootstrap_external",
        false,
    ),
    row("zipimport", "zipimport", false),
    row("__hello__", "__hello__", false),
    row("__hello_alias__", "__hello__", false),
    row("__phello_alias__", "__hello__", true),
    row("__phello_alias__.spam", "__hello__", false),
    row("__phello__", "__phello__", true),
    row("__phello__.__init__", "__phello__", false),
    row("__phello__.ham", "__phello__.ham", true),
    row("__phello__.ham.__init__", "__phello__.ham", false),
    row("__phello__.ham.eggs", "__phello__.ham.eggs", false),
    row("__phello__.spam", "__phello__.spam", false),
];

/// What `_override_frozen_modules_for_tests` was told.
#[derive(Default)]
struct Override(Cell<i32>);

fn find(name: &str) -> Option<&'static Frozen> {
    let hidden = Interpreter::current().extension::<Override>().0.get() < 0;
    FROZEN
        .iter()
        .enumerate()
        .find(|(index, frozen)| frozen.name == name && !(hidden && *index > 2))
        .map(|(_, frozen)| frozen)
}

impl Frozen {
    fn code(&self) -> PyResult<Obj> {
        let Some(entry) = krait_lib::find_module(self.original) else {
            return Err(missing(self.name)?);
        };
        crate::library::code_of(entry, &format!("<frozen {}>", self.original))
    }
}

/// `ImportError` for a frozen module that is not there.
fn missing(name: &str) -> PyResult<PyErr> {
    let text = PyStr::new(&format!("No such frozen object named '{name}'"))?;
    let name = PyStr::new(name)?;
    let error = exc::ImportError
        .as_object()
        .call_kw(&[&*text], &[("name", &*name)])?;
    Ok(PyErr::raise(error))
}

/// Return information about a frozen module: (data, is_package, origname), or None.
///
/// The data is None unless it is asked for.
#[pyfunction(signature = "(name, /, *, withdata=False)")]
pub(super) fn find_frozen(name: &PyStr, withdata: bool) -> PyResult<Obj> {
    let Some(frozen) = find(&name.to_string_lossy()) else {
        return Ok(none().to_obj());
    };
    let data = if withdata {
        let bytes = crate::marshal::dumps_bytes(&*frozen.code()?, 5, true)?;
        let bytes = krait_runtime::PyBytes::new(&bytes)?;
        Some(krait_runtime::memoryview::PyMemoryView::type_object().instantiate(&[&*bytes])?)
    } else {
        None
    };
    (data, frozen.package, frozen.original).into_py()
}

/// Create a code object for a frozen module.
#[pyfunction(signature = "(name, data=None, /)")]
pub(super) fn get_frozen_object(name: &PyStr, data: Option<&PyObject>) -> PyResult<Obj> {
    let name = name.to_string_lossy();
    if let Some(data) = data {
        let bytes = data.bytes_buffer()?.to_vec();
        let code = if bytes.is_empty() {
            None
        } else {
            crate::marshal::loads_bytes(&bytes, true)
                .map_err(PyErr::clear)
                .ok()
        };
        let Some(code) = code else {
            return Err(krait_runtime::import_error!(
                "Frozen object named '{name}' is invalid"
            ));
        };
        if !code.is_instance_of::<PyCode>() {
            return Err(type_error!("frozen object '{name}' is not a code object"));
        }
        return Ok(code);
    }
    match find(&name) {
        Some(frozen) => frozen.code(),
        None => Err(missing(&name)?),
    }
}

/// Return True if the named module is a frozen package.
#[pyfunction(signature = "(name, /)")]
pub(super) fn is_frozen_package(name: &PyStr) -> PyResult<bool> {
    let name = name.to_string_lossy();
    match find(&name) {
        Some(frozen) => Ok(frozen.package),
        None => Err(missing(&name)?),
    }
}

/// Return True if the named module is frozen.
#[pyfunction(signature = "(name, /)")]
pub(super) fn is_frozen(name: &PyStr) -> bool {
    find(&name.to_string_lossy()).is_some()
}

/// Initialize a frozen module; None if there is none of the name.
#[pyfunction(signature = "(name, /)")]
pub(super) fn init_frozen(name: &PyStr) -> PyResult<Option<Obj>> {
    let name = name.to_string_lossy();
    if find(&name).is_none() {
        return Ok(None);
    }
    import_frozen(&name).map(Some)
}

/// Return the names of the frozen modules.
#[pyfunction]
pub(super) fn _frozen_module_names() -> PyResult<Obj> {
    let names = FROZEN.iter().map(|frozen| frozen.name.into_py());
    Ok(PyList::from_vec(names.collect::<PyResult<_>>()?)?.into_object())
}

/// Hide the frozen modules that are not needed, or show them (for tests only).
#[pyfunction(signature = "(override, /)")]
pub(super) fn _override_frozen_modules_for_tests(r#override: i32) {
    Interpreter::current()
        .extension::<Override>()
        .0
        .set(r#override);
}

/// Makes a frozen module, enters it into `sys.modules` and runs it, without `importlib`.
pub fn import_frozen(name: &str) -> PyResult<Obj> {
    let interp = Interpreter::current();
    let Some(frozen) = find(name) else {
        return Err(missing(name)?);
    };
    let code = frozen.code()?;
    let Some(code) = code.downcast::<PyCode>() else {
        return Err(type_error!("frozen object '{name}' is not a code object"));
    };
    let module = PyModule::new(name)?;
    let dict = module.dict();
    if let Some(modules) = interp.modules.get() {
        modules.set(name, &module)?;
    }
    if frozen.package {
        dict.set("__path__", &*PyList::new()?)?;
    }
    set_builtins(&dict)?;
    dict.set("__origname__", &*PyStr::new(frozen.original)?)?;
    (interp.hooks.get().eval_code)(code, &dict, &dict, None)?;
    match interp.modules.get() {
        Some(modules) => match modules.get(name)? {
            Some(module) => Ok(module),
            None => Err(krait_runtime::import_error!(
                "Loaded module '{name}' not found in sys.modules"
            )),
        },
        None => Ok(module.into_object()),
    }
}

/// Code needs `__builtins__` in its globals.
fn set_builtins(dict: &PyDict) -> PyResult<()> {
    match Interpreter::current().builtins.get() {
        Some(builtins) => dict.set("__builtins__", &builtins),
        None => Ok(()),
    }
}
